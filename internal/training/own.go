package training

import (
	"context"
	"net/http"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// ownRow is an enrollment with what its line in a list says of the training.
type ownRow struct {
	ID         EnrollmentID  `db:"id"`
	Training   ID            `db:"training"`
	State      State         `db:"state"`
	Hours      int           `db:"hours"`
	OfferUntil int64         `db:"offer_until"`
	Title      string        `db:"title"`
	Lang       string        `db:"lang"`
	Status     TrainingState `db:"status"`
	StartsAt   int64         `db:"starts_at"`
	EndsAt     int64         `db:"ends_at"`
	Place      string        `db:"place"`
	Mode       Mode          `db:"mode"`
	Year       int           `db:"school_year"`
}

const ownColumns = `e.id, e.training, e.state, e.hours, e.offer_until, t.title, t.lang, t.state as status, t.starts_at, t.ends_at, t.place, t.mode, t.school_year`

// mine is the condition that an enrollment is the person's own: under the
// account, or under its confirmed address from before there was one.
func (s *Service) mine(ctx context.Context, person string) (where string, args []any, err error) {
	p, err := s.People.Reachable(ctx, access.PersonID(person))
	if err != nil {
		return "", nil, err
	}
	key := s.emailKey(p.Email)
	if key == "" {
		return `e.person = ?`, []any{person}, nil
	}
	return `(e.person = ? or e.email_key = ? and e.person = '')`, []any{person, key}, nil
}

// ownPage is /moje-szkolenia.
type ownPage struct {
	web.Page
	Waiting, Planned, Past []ownItem
	Years                  []ownYear
	Pager                  web.Pager
	Guest                  int  // enrollments from before the account, which it can take over
	Staff                  bool // there is a page of the own staff for this person
}

type ownItem struct {
	Href, Title, Lang, When, Where, State, Kind, Hours, Until string
}

// ownYear are the figures of one school year.
type ownYear struct {
	Year      int `db:"school_year"`
	N         int `db:"n"` // trainings attended enough
	Hours     int `db:"hours"`
	Name      string
	HoursText string
}

const (
	mostOwn  = 100 // standing enrollments of one person that are shown
	pastPage = 50
)

func (s *Service) getOwn(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p := ownPage{Page: r.Page(w, r.L.T("training.people.own.title"))}
	p.NoIndex, p.Staff = true, who.May(access.EnrollStaff) || who.May(access.ApproveTrainings)
	if p.Guest, err = s.guestOnes(ctx, who); err != nil {
		return err
	}
	standing, err := s.ownStanding(ctx, string(who.Person))
	if err != nil {
		return err
	}
	for _, row := range standing {
		if row.State.In() {
			p.Planned = append(p.Planned, s.ownItem(r, row))
		} else {
			p.Waiting = append(p.Waiting, s.ownItem(r, row))
		}
	}
	past, more, err := s.ownPast(ctx, string(who.Person), at)
	if err != nil {
		return err
	}
	for _, row := range past {
		p.Past = append(p.Past, s.ownItem(r, row))
	}
	if len(past) > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: string(past[0].ID)}, web.Cursor{ID: string(past[len(past)-1].ID)}, more)
	}
	if p.Years, err = s.ownYears(ctx, string(who.Person)); err != nil {
		return err
	}
	for n, y := range p.Years {
		p.Years[n].Name, p.Years[n].HoursText = yearText(y.Year), r.L.N("training.people.hours", y.Hours)
	}
	return r.Render(w, ownView(p))
}

// over is the condition that an enrollment is of the past: left, or settled, or
// of a training that is over.
const over = `(e.active = ? or e.state in (?, ?, ?) or t.state in (?, ?, ?))`

func overArgs() []any {
	return []any{false, Completed, Absent, Issued, Held, Closed, Canceled}
}

// ownStanding are the enrollments whose training is still to come, by its beginning.
func (s *Service) ownStanding(ctx context.Context, person string) (list []ownRow, err error) {
	where, args, err := s.mine(ctx, person)
	if err != nil {
		return nil, err
	}
	args = append(append(args, overArgs()...), mostOwn)
	err = s.db.Select(ctx, &list, `select `+ownColumns+` from training_enrollments e join training_trainings t on t.id = e.training
		where `+where+` and not `+over+` order by t.starts_at, e.id limit ?`, args...)
	now := s.now().Unix()
	for n, row := range list {
		if (row.State == Offered || row.State == Qualified) && row.OfferUntil <= now {
			list[n].State = Lapsed // the job that writes it down comes within minutes
		}
	}
	return list, err
}

// ownPast are the others, the latest enrollment first, a page from the cursor on.
func (s *Service) ownPast(ctx context.Context, person string, at web.Cursor) (list []ownRow, more bool, err error) {
	where, args, err := s.mine(ctx, person)
	if err != nil {
		return nil, false, err
	}
	args, order, from := append(args, overArgs()...), `desc`, ``
	switch {
	case at.ID != "" && at.Back:
		order, from = `asc`, ` and e.id > ?`
	case at.ID != "":
		from = ` and e.id < ?`
	}
	if from != "" {
		args = append(args, at.ID)
	}
	args = append(args, pastPage+1)
	err = s.db.Select(ctx, &list, `select `+ownColumns+` from training_enrollments e join training_trainings t on t.id = e.training
		where `+where+` and `+over+from+` order by e.id `+order+` limit ?`, args...)
	if more = len(list) > pastPage; more {
		list = list[:pastPage]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, more, err
}

// ownYears count the trainings attended enough and their lesson hours.
func (s *Service) ownYears(ctx context.Context, person string) (list []ownYear, err error) {
	where, args, err := s.mine(ctx, person)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select t.school_year, count(*) as n, cast(coalesce(sum(e.hours), 0) as integer) as hours
		from training_enrollments e join training_trainings t on t.id = e.training
		where `+where+` and e.state in (?, ?) group by t.school_year order by t.school_year desc`, append(args, Completed, Issued)...)
}

func (s *Service) ownItem(r *web.Request, row ownRow) ownItem {
	it := ownItem{Href: EnrollPath + "/" + string(row.ID), Title: row.Title, Lang: row.Lang, When: toldSpan(r.L, row.StartsAt, row.EndsAt), Where: row.Place,
		State: r.L.T("training.status." + string(row.State)), Kind: placeKind(row.State)}
	if row.Mode == Online || row.Place == "" {
		it.Where = r.L.T("training.mode." + string(row.Mode))
	}
	if row.Status == Postponed && row.State.Active() {
		it.When = r.L.T("training.state.postponed")
	}
	if row.State == Offered || row.State == Qualified {
		it.Until = r.L.T("training.people.own.answer", "until", dashed(toldMoment(r.L, row.OfferUntil)))
	}
	if row.State == Completed || row.State == Issued || row.State == Absent {
		it.Hours = r.L.N("training.people.hours", row.Hours)
	}
	return it
}

// deskOfPeople puts on desks what waits for an answer, what is tomorrow, and, for
// those who approve, how many wait for them.
func (s *Service) deskOfPeople(r *web.Request) (items []web.DeskItem, err error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() {
		return nil, nil
	}
	if who.For == "" {
		if items, err = s.ownDesk(r, who); err != nil {
			return nil, err
		}
	}
	if !who.May(access.ApproveTrainings) {
		return items, nil
	}
	var n int
	places, err := s.placesLed(r.Context(), who, access.ApproveTrainings)
	if err != nil || len(places) == 0 {
		return items, err
	}
	query, args, err := db.In(`select count(*) from training_enrollments e join training_trainings t on t.id = e.training
		where e.state = ? and t.approval = ? and t.admission = ? and e.institution in (?)`, Applied, true, false, places)
	if err != nil {
		return nil, err
	}
	if err := s.db.Get(r.Context(), &n, query, args...); err != nil {
		return nil, err
	}
	if n > 0 {
		items = append(items, web.DeskItem{Rank: 20, Title: r.L.N("training.people.desk.approve", n), Text: r.L.T("training.people.desk.approve_text"), Href: StaffPath})
	}
	return items, nil
}

func (s *Service) ownDesk(r *web.Request, who access.Actor) (items []web.DeskItem, err error) {
	list, err := s.ownStanding(r.Context(), string(who.Person))
	if err != nil {
		return nil, err
	}
	local := s.now().In(web.Warsaw)
	tomorrow := local.AddDate(0, 0, 1).Format(time.DateOnly)
	for _, row := range list {
		item := web.DeskItem{Href: EnrollPath + "/" + string(row.ID), Text: row.Title}
		day := time.Unix(row.StartsAt, 0).In(web.Warsaw)
		switch {
		case row.State == Offered || row.State == Qualified:
			item.Rank, item.Title, item.By = 5, r.L.T("training.people.desk."+string(row.State)), toldMoment(r.L, row.OfferUntil)
		case row.State.In() && row.Status == Published && row.StartsAt > 0 && day.Format(time.DateOnly) == tomorrow:
			item.Rank, item.Title, item.By = 10, r.L.T("training.people.desk.tomorrow", "time", day.Format("15:04")), toldMoment(r.L, row.StartsAt)
		default:
			continue
		}
		items = append(items, item)
	}
	return items, nil
}

// placesGiving are the institutions in which the actor's roles of now give a permission.
func placesGiving(who access.Actor, p access.Permission) (ids []string) {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(p) && !slices.Contains(ids, string(h.Institution)) {
			ids = append(ids, string(h.Institution))
		}
	}
	return ids
}

// placesLed are the institutions in which the actor's roles of now give a
// permission, and the units that these lead: the parts of a complex have its head.
func (s *Service) placesLed(ctx context.Context, who access.Actor, p access.Permission) ([]string, error) {
	own := placesGiving(who, p)
	if len(own) == 0 {
		return nil, nil
	}
	units := make([]access.InstitutionID, len(own))
	for n, id := range own {
		units[n] = access.InstitutionID(id)
	}
	led, err := s.Directory.Led(ctx, units)
	for _, id := range led {
		if !slices.Contains(own, string(id)) {
			own = append(own, string(id))
		}
	}
	return own, err
}

// guestOnes counts the enrollments under the actor's confirmed address that are
// nobody's yet and that Gather would give to the account.
func (s *Service) guestOnes(ctx context.Context, who access.Actor) (n int, err error) {
	p, err := s.People.Reachable(ctx, who.Person)
	key := s.emailKey(p.Email)
	if err != nil || who.For != "" || key == "" {
		return 0, err
	}
	return n, s.db.Get(ctx, &n, `select count(*) from training_enrollments where email_key = ? and person = '' and not exists
		(select 1 from training_enrollments o where o.training = training_enrollments.training and o.who_key = ? and o.active)`, key, "person:"+string(who.Person))
}

// postGather takes enrollments from before the account over.
func (s *Service) postGather(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if _, err := s.Gather(r.Context(), access.ActorOf(r.Request)); err != nil {
		return err
	}
	r.Notify(w, "notice.people.gathered")
	return r.Redirect(w, OwnPath)
}

// Calendar are the meetings of a person's own trainings within a span, for
// notify.AddCalendar. Those struck out stay in it as canceled, so that programs
// that follow strike them out too.
func (s *Service) Calendar(ctx context.Context, person string, from, to time.Time) (entries []notify.Entry, err error) {
	defer fault.Wrap(&err, "calendar of trainings")
	where, args, err := s.mine(ctx, person)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Meeting
		Enrollment EnrollmentID  `db:"enrollment"`
		State      State         `db:"e_state"`
		Chosen     string        `db:"chosen"`
		Whole      string        `db:"whole"`
		Venue      string        `db:"venue"`
		Status     TrainingState `db:"status"`
		ChangedAt  int64         `db:"changed_at"`
	}
	args = append(args, from.Unix(), to.Unix(), Confirmed, Attended, Completed, Issued, Absent, Dropped)
	err = s.db.Select(ctx, &rows, `select m.id, m.training, m.no, m.title, m.track, m.starts_at, m.ends_at, m.hours, m.room, m.place, m.taken_at, m.taken_by,
		e.id as enrollment, e.state as e_state, e.track as chosen, t.title as whole, t.place as venue, t.state as status, t.changed_at
		from training_enrollments e join training_trainings t on t.id = e.training join training_meetings m on m.training = t.id
		where `+where+` and m.ends_at >= ? and m.starts_at < ? and e.state in (?, ?, ?, ?, ?, ?) order by m.starts_at, m.id limit 500`, args...)
	for _, row := range rows {
		if row.Track != "" && row.Track != row.Chosen {
			continue
		}
		title := row.Whole
		if row.Title != "" && row.Title != title {
			title += ": " + row.Title
		}
		entries = append(entries, notify.Entry{ID: "training/" + string(row.Meeting.ID), Title: title, Place: placeOf(Training{Place: row.Venue}, row.Meeting),
			Link: EnrollPath + "/" + string(row.Enrollment), From: time.Unix(row.Meeting.StartsAt, 0), To: time.Unix(row.Meeting.EndsAt, 0),
			Canceled: row.State == Dropped || row.Status == Canceled || row.Status == Postponed, Changed: time.Unix(row.ChangedAt, 0)})
	}
	return entries, err
}

// unitNames are names by id, for lists.
func (s *Service) unitNames(ctx context.Context, ids []string) (map[access.InstitutionID]string, error) {
	list := make([]access.InstitutionID, 0, len(ids))
	for _, id := range ids {
		list = append(list, access.InstitutionID(id))
	}
	return s.Directory.Names(ctx, list)
}

// unitOf is an institution by its id, the zero value for none.
func (s *Service) unitOf(ctx context.Context, id string) (i directory.Institution, err error) {
	i, err = directory.ByID(ctx, s.db, access.InstitutionID(id))
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return i, err
}
