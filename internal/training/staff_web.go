package training

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// staffPage is the page of a head, a deputy or a secretary: what waits for
// approval, and where the own staff is enrolled.
type staffPage struct {
	web.Page
	Place     string
	MayAnswer bool
	MayEnroll bool
	Asked     []askedItem
	Ordered   []web.Link // staff trainings ordered for the institution
	Rows      []staffItem
	Pager     web.Pager
	Stop      string
	Field     string // whose reason is at fault
}

// askedItem is an enrollment that waits for the head.
type askedItem struct {
	ID, Name, Title, Href, When, Price, Hours, Since, Field string
}

type staffItem struct {
	Name, Title, Href, When, State, Kind string
}

// staffRow is an enrollment of somebody of the own staff.
type staffRow struct {
	ownRow
	Name    string `db:"name"`
	Person  string `db:"person"`
	Price   int64  `db:"price"`
	Whole   int    `db:"whole_hours"`
	Payer   Payer  `db:"payer"`
	Created int64  `db:"created_at"`
}

const staffColumns = ownColumns + `, e.name, e.person, t.price, t.hours as whole_hours, e.payer, e.created_at`

const staffOnPage = 50

// placeOfStaff is the institution for which the actor works on these pages: the
// one that the form names, or that of the hat.
func placeOfStaff(r *web.Request, who access.Actor, p access.Permission) (access.InstitutionID, error) {
	places := placesGiving(who, p)
	if at := r.Value(fieldPlace); at != "" {
		if !slices.Contains(places, at) {
			return "", fault.ErrNotFound
		}
		return access.InstitutionID(at), nil
	}
	if len(places) == 0 {
		return "", fault.New(fault.Forbidden, "fault.forbidden")
	}
	return access.InstitutionID(places[0]), nil
}

func (s *Service) getStaff(w http.ResponseWriter, r *web.Request) error {
	return s.showStaff(w, r, http.StatusOK, "", nil)
}

func (s *Service) showStaff(w http.ResponseWriter, r *web.Request, status int, field string, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := staffPage{Page: r.Page(w, r.L.T("training.people.staff.title")).WithErrors(fail), Field: field}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = r.L.T(f.Key, f.Args...)
	}
	answers, err := s.placesLed(ctx, who, access.ApproveTrainings)
	if err != nil {
		return err
	}
	enrolls := placesGiving(who, access.EnrollStaff)
	p.MayAnswer, p.MayEnroll = len(answers) > 0, len(enrolls) > 0
	places := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(answers), enrolls...))))
	if len(places) == 0 {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	names, err := s.unitNames(ctx, places)
	if err != nil {
		return err
	}
	for n, id := range places {
		if n > 0 {
			p.Place += ", "
		}
		p.Place += names[access.InstitutionID(id)]
	}
	if p.MayAnswer {
		if p.Asked, err = s.askedItems(r, answers); err != nil {
			return err
		}
	}
	if p.MayEnroll {
		if p.Ordered, err = s.orderedFor(r, enrolls); err != nil {
			return err
		}
	}
	if err := s.staffNow(r, places, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, staffView(p))
}

// askedItems are what waits for the head, the oldest first, at most 200.
func (s *Service) askedItems(r *web.Request, places []string) (items []askedItem, err error) {
	query, args, err := db.In(`select `+staffColumns+` from training_enrollments e join training_trainings t on t.id = e.training
		where e.state = ? and t.approval = ? and t.admission = ? and e.institution in (?) order by e.id limit 200`, Applied, true, false, places)
	if err != nil {
		return nil, err
	}
	var list []staffRow
	if err := s.db.Select(r.Context(), &list, query, args...); err != nil {
		return nil, err
	}
	for _, row := range list {
		price := toldPrice(r.L, row.Price)
		if row.Price > 0 {
			price += ". " + r.L.T("training.payer."+string(row.Payer))
		}
		items = append(items, askedItem{ID: string(row.ID), Name: row.Name, Title: row.Title, Href: Path(row.Training), When: toldSpan(r.L, row.StartsAt, row.EndsAt),
			Price: price, Hours: r.L.N("training.people.hours", row.Whole), Since: toldMoment(r.L, row.Created), Field: "powod-" + string(row.ID)})
	}
	return items, nil
}

// orderedFor are the staff trainings that were ordered for the institutions.
func (s *Service) orderedFor(r *web.Request, places []string) (links []web.Link, err error) {
	query, args, err := db.In(`select `+Columns+` from training_trainings t where t.state = ? and t.starts_at > ? and t.for_institution in (?) order by t.starts_at, t.id limit 20`,
		Published, s.now().Unix(), places)
	if err != nil {
		return nil, err
	}
	var list []Training
	err = s.db.Select(r.Context(), &list, query, args...)
	for _, t := range list {
		links = append(links, web.Link{Text: t.Title + " (" + toldSpan(r.L, t.StartsAt, t.EndsAt) + ")", Href: StaffPath + "/zapis/" + string(t.ID)})
	}
	return links, err
}

// staffNow are the standing enrollments of the own staff, the latest first.
func (s *Service) staffNow(r *web.Request, places []string, p *staffPage) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	where, order := ``, `desc`
	switch {
	case at.ID != "" && at.Back:
		where, order = ` and e.id > ?`, `asc`
	case at.ID != "":
		where = ` and e.id < ?`
	}
	query, args, err := db.In(`select `+staffColumns+` from training_enrollments e join training_trainings t on t.id = e.training
		where e.institution in (?) and not `+over, append([]any{places}, overArgs()...)...)
	if err != nil {
		return err
	}
	if where != "" {
		args = append(args, at.ID)
	}
	var list []staffRow
	if err := s.db.Select(r.Context(), &list, query+where+` order by e.id `+order+` limit ?`, append(args, staffOnPage+1)...); err != nil {
		return err
	}
	more := len(list) > staffOnPage
	list = list[:min(len(list), staffOnPage)]
	if at.Back {
		slices.Reverse(list)
	}
	for _, row := range list {
		p.Rows = append(p.Rows, staffItem{row.Name, row.Title, Path(row.Training), toldSpan(r.L, row.StartsAt, row.EndsAt), r.L.T("training.status." + string(row.State)), placeKind(row.State)})
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: string(list[0].ID)}, web.Cursor{ID: string(list[len(list)-1].ID)}, more)
	}
	return nil
}

func (s *Service) postApprove(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, answer, why := EnrollmentID(r.PathValue("id")), r.Value("odpowiedz"), r.Value("powod")
	if answer != "tak" && answer != "nie" {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if answer == "nie" && why == "" {
		field := "powod-" + string(id)
		return s.showStaff(w, r, http.StatusUnprocessableEntity, field, fault.InvalidFields([]fault.Field{{Name: field, Key: "training.people.fault.why"}}))
	}
	err := s.Approve(r.Context(), access.ActorOf(r.Request), id, answer == "tak", why)
	if e := fault.As(err); e != nil && e.Kind == fault.Conflict {
		return s.showStaff(w, r, e.Kind.Status(), "", e)
	}
	if err != nil {
		return err
	}
	notice := "notice.people.approved"
	if answer == "nie" {
		notice = "notice.people.refused"
	}
	r.Notify(w, notice)
	return r.Redirect(w, StaffPath)
}

// staffFormPage is where the people to enroll are ticked; after sending it shows
// what came of everybody.
type staffFormPage struct {
	web.Page
	Action   string
	Title    string
	Facts    []web.Fact
	Room     string
	Closed   string
	First    *web.Reason
	Stop     string
	Place    string
	PlaceID  string
	People   web.Pick
	In       []staffItem // enrolled already
	Revision string
	Done     []staffItem // after sending
	Next     web.Step
}

func (s *Service) getStaffEnroll(w http.ResponseWriter, r *web.Request) error {
	return s.showStaffEnroll(w, r, http.StatusOK, nil, nil)
}

func (s *Service) showStaffEnroll(w http.ResponseWriter, r *web.Request, status int, chosen []string, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	t, err := s.openTraining(r)
	if err != nil {
		return err
	}
	at, err := placeOfStaff(r, who, access.EnrollStaff)
	if err != nil {
		return err
	}
	p := s.staffFormPage(w, r, t, at, fail)
	if key := closedKey(t, s.now()); key != "" {
		p.Closed = r.L.T(key, "from", dashed(toldMoment(r.L, t.EnrollFrom)), "until", dashed(toldMoment(r.L, t.EnrollUntil)))
	}
	if p.First, err = s.firstShown(r, t, &p.Closed, s.firstAt(ctx, t, at)); err != nil {
		return err
	}
	unit, err := s.unitOf(ctx, string(at))
	if err != nil {
		return err
	}
	p.Place = unit.Name
	meetings, err := Meetings(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	if p.Facts, err = s.offerFacts(r, t, Enrollment{}, meetings); err != nil {
		return err
	}
	if p.Room, err = s.roomText(ctx, r.L, t.ID); err != nil {
		return err
	}
	people, err := s.peopleOf(ctx, who, at)
	if err != nil {
		return err
	}
	in, err := s.statesIn(ctx, t.ID, at)
	if err != nil {
		return err
	}
	p.People = web.Pick{Name: "osoby", Label: r.L.T("training.people.staff.who"), Required: true, Values: chosen}
	for _, row := range people {
		if state, ok := in[string(row.ID)]; ok {
			p.In = append(p.In, staffItem{Name: row.Name, State: r.L.T("training.status." + string(state)), Kind: placeKind(state)})
			continue
		}
		p.People.Choices = append(p.People.Choices, web.Choice{Value: string(row.ID), Label: row.Name, Hint: r.L.T("role." + string(roleOfRow(row, at)))})
	}
	return r.RenderStatus(w, status, staffFormView(p))
}

func (s *Service) staffFormPage(w http.ResponseWriter, r *web.Request, t Training, at access.InstitutionID, fail error) staffFormPage {
	p := staffFormPage{Page: r.Page(w, r.L.T("training.people.staff.enroll"), web.Link{Text: r.L.T("training.people.staff.title"), Href: StaffPath}).WithErrors(fail),
		Action: StaffPath + "/zapis/" + string(t.ID), Title: t.Title, PlaceID: string(at), Revision: strconv.FormatInt(t.Revision, 10)}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = r.L.T(f.Key, f.Args...)
	}
	return p
}

// mostStaff bounds the people of one institution that are shown to tick.
const mostStaff = 600

// peopleOf are the people of an institution, as many as the list shows.
func (s *Service) peopleOf(ctx context.Context, who access.Actor, at access.InstitutionID) (all []access.Row, err error) {
	for cursor := (web.Cursor{}); len(all) < mostStaff; {
		rows, more, err := s.People.People(ctx, who, access.Filter{Institution: at}, cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if !more || len(rows) == 0 {
			break
		}
		last := rows[len(rows)-1]
		cursor = web.Cursor{Key: last.SortKey, ID: string(last.ID)}
	}
	return all, nil
}

// roleOfRow is the foremost role of a person at the institution.
func roleOfRow(row access.Row, at access.InstitutionID) (role access.Role) {
	for _, h := range row.Roles {
		if h.Institution == at && (role == "" || h.Role.Rank() < role.Rank()) {
			role = h.Role
		}
	}
	return role
}

// statesIn are the standing enrollments of an institution's people in a training.
func (s *Service) statesIn(ctx context.Context, id ID, at access.InstitutionID) (map[string]State, error) {
	in := map[string]State{}
	return in, s.db.Each(ctx, func(scan func(...any) error) error {
		var person string
		var state State
		err := scan(&person, &state)
		in[person] = state
		return err
	}, `select person, state from training_enrollments where training = ? and institution = ? and active = ? and person <> ''`, id, at, true)
}

func (s *Service) postStaffEnroll(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who, chosen := r.Context(), access.ActorOf(r.Request), r.PostForm["osoby"]
	t, err := s.openTraining(r)
	if err != nil {
		return err
	}
	at, err := placeOfStaff(r, who, access.EnrollStaff)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return s.showStaffEnroll(w, r, http.StatusUnprocessableEntity, chosen, fault.InvalidFields([]fault.Field{{Name: "osoby", Key: "training.people.fault.nobody"}}))
	}
	if r.Value("wersja") != strconv.FormatInt(t.Revision, 10) {
		return s.showStaffEnroll(w, r, http.StatusConflict, chosen, fault.New(fault.Conflict, "training.people.fault.changed"))
	}
	list, err := s.staffApplicants(ctx, who, at, t, chosen)
	if err != nil {
		return err
	}
	done, err := s.EnrollStaff(ctx, who, t.ID, at, list)
	if e := fault.As(err); e != nil && (e.Kind == fault.Conflict || e.Kind == fault.Invalid) {
		return s.showStaffEnroll(w, r, e.Kind.Status(), chosen, e)
	}
	if err != nil {
		return err
	}
	p := s.staffFormPage(w, r, t, at, nil)
	for n, receipt := range done {
		if n < len(list) {
			item := staffItem{Name: list[n].Name, Kind: "bad", State: r.L.T("training.people.staff.not_enrolled")}
			if refused := fault.As(receipt.Refused); refused != nil {
				item.State = r.L.T(refused.Key, refused.Args...)
			} else if receipt.Refused == nil {
				item.State, item.Kind = r.L.T("training.status."+string(receipt.State)), placeKind(receipt.State)
			}
			p.Done = append(p.Done, item)
		}
	}
	p.Next = web.Step{What: r.L.T("training.people.staff.next"), Who: r.L.T("training.people.staff.next_who"), Href: StaffPath}
	return r.Render(w, staffDoneView(p))
}

// staffApplicants are the ticked people, as their accounts know them. Somebody
// who is not of the institution is not there.
func (s *Service) staffApplicants(ctx context.Context, who access.Actor, at access.InstitutionID, t Training, chosen []string) (list []Applicant, err error) {
	people, err := s.peopleOf(ctx, who, at)
	if err != nil {
		return nil, err
	}
	for _, id := range chosen {
		n := slices.IndexFunc(people, func(row access.Row) bool { return string(row.ID) == id })
		if n < 0 {
			return nil, fault.ErrNotFound
		}
		p, err := s.People.Reachable(ctx, people[n].ID)
		if err != nil {
			return nil, err
		}
		list = append(list, Applicant{Person: p.ID, Name: p.Name, Email: p.Email, Lang: p.Lang, Institution: at, Role: roleOfRow(people[n], at), SeenRev: t.Revision})
	}
	return list, nil
}
