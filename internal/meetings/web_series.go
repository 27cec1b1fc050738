package meetings

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) seriesRoutes(sh *web.Shell) {
	one := SeriesPath + "/{id}"
	sh.Handle("GET "+Path, reads(), s.getIndex)
	sh.Handle("GET "+SeriesPath+"/nowy", runsGuard(), s.getNewSeries)
	sh.Handle("POST "+SeriesPath+"/nowy", runsGuard(), s.postNewSeries, web.Idempotent())
	sh.Handle("GET "+one, reads(), s.getSeries)
	sh.Handle("POST "+one+"/sklad", runsGuard(), s.postMember, web.Idempotent())
	sh.Handle("POST "+one+"/sklad/usun", runsGuard(), s.postMemberOut)
	sh.Handle("GET "+one+"/spotkanie", runsGuard(), s.getPlan)
	sh.Handle("POST "+one+"/spotkanie", runsGuard(), s.postPlan, web.Idempotent())
}

// indexPage is the beginning of the module: what comes, what was, whose series.
type indexPage struct {
	web.Page
	Coming, Past []meetingLine
	Series       []web.Link
	Proposes     bool // may propose a topic somewhere
	NewSeries    bool
}

// meetingLine is a meeting in a list.
type meetingLine struct {
	Title, Href, When, Place, State, Badge, Series string
}

func (s *Service) getIndex(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := indexPage{Page: r.Page(w, r.L.T("meetings.title")), NewSeries: who.May(access.RunMeetings), Proposes: who.May(access.JoinMeetings)}
	p.NoIndex = true
	list, err := s.SeriesFor(ctx, who)
	if err != nil {
		return err
	}
	for _, one := range list {
		p.Series = append(p.Series, web.Link{Text: one.Title, Href: SeriesHref(one.ID)})
	}
	if p.Coming, p.Past, err = s.meetingLines(r, who, list); err != nil {
		return err
	}
	return r.Render(w, indexView(p))
}

const (
	linesComing = 50
	linesPast   = 30
)

// meetingLines are the meetings of some series that the actor may read: what
// comes, the nearest first, and what was, the newest first.
func (s *Service) meetingLines(r *web.Request, who access.Actor, list []Series) (coming, past []meetingLine, err error) {
	now := s.now().Unix()
	var rows []Meeting
	for _, one := range list {
		var some []Meeting
		if err := s.db.Select(r.Context(), &some, `select `+MeetingColumns+` from meetings_meetings m where m.series = ? and m.ends_at > ? order by m.starts_at, m.id limit ?`,
			one.ID, now, linesComing); err != nil {
			return nil, nil, err
		}
		rows = append(rows, some...)
		if err := s.db.Select(r.Context(), &some, `select `+MeetingColumns+` from meetings_meetings m where m.series = ? and m.ends_at <= ? order by m.starts_at desc, m.id desc limit ?`,
			one.ID, now, linesPast); err != nil {
			return nil, nil, err
		}
		rows = append(rows, some...)
	}
	slices.SortStableFunc(rows, func(a, b Meeting) int { return int(a.StartsAt - b.StartsAt) })
	for _, m := range rows {
		if m.AnnouncedAt == 0 && Runs(who, m.Kind, m.Owner) != nil {
			continue
		}
		n := slices.IndexFunc(list, func(one Series) bool { return one.ID == m.Series })
		l := lineOf(r.L, m, list[n].Title)
		if m.EndsAt > now {
			coming = append(coming, l)
		} else {
			past = append([]meetingLine{l}, past...)
		}
	}
	return coming, past, nil
}

func lineOf(l *i18n.L, m Meeting, series string) meetingLine {
	return meetingLine{Title: m.Title, Href: Href(m.ID), When: span(l, m), Place: m.Place, State: l.T("meetings.state." + string(m.State)), Badge: stateBadge(m.State), Series: series}
}

// span is when a meeting is, in words.
func span(l *i18n.L, m Meeting) string {
	from, to := time.Unix(m.StartsAt, 0).In(web.Warsaw), time.Unix(m.EndsAt, 0).In(web.Warsaw)
	return l.DateTime(from) + "–" + to.Format("15:04")
}

func stateBadge(s State) string {
	switch {
	case s == Canceled:
		return "bad"
	case s == Convened || s == MinutesAdopted:
		return "ok"
	case s == AgendaOpen || s == MinutesDraft:
		return "warn"
	}
	return ""
}

// seriesPage is one body: its meetings, its members.
type seriesPage struct {
	web.Page
	Of            Series
	Owner         string
	Runs          bool
	Coming, Past  []meetingLine
	Members       []memberLine
	People, Homes []web.Choice
	Topics        string
}

type memberLine struct{ ID, Name string }

func (s *Service) getSeries(w http.ResponseWriter, r *web.Request) error {
	return s.showSeries(w, r, http.StatusOK, nil)
}

func (s *Service) showSeries(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	series, err := SeriesByID(ctx, s.db, SeriesID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := s.SeesSeries(ctx, who, series); err != nil {
		return err
	}
	p := seriesPage{Page: r.Page(w, series.Title, web.Link{Text: r.L.T("meetings.title"), Href: Path}).WithErrors(refusal), Of: series,
		Runs: Runs(who, series.Kind, series.Owner) == nil, Topics: TopicsPath + "?cykl=" + string(series.ID)}
	p.NoIndex = true
	names, err := s.Directory.Names(ctx, []access.InstitutionID{series.Owner})
	if err != nil {
		return err
	}
	p.Owner = names[series.Owner]
	if p.Coming, p.Past, err = s.meetingLines(r, who, []Series{series}); err != nil {
		return err
	}
	if series.Kind != Heads {
		if p.Members, err = s.memberLines(ctx, series.ID); err != nil {
			return err
		}
		if p.Runs {
			if p.Homes, p.People, err = s.memberChoices(ctx, series); err != nil {
				return err
			}
		}
	}
	return r.RenderStatus(w, status, seriesView(p))
}

func (s *Service) memberLines(ctx context.Context, id SeriesID) (lines []memberLine, err error) {
	members, err := s.membersOf(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	var people []string
	var at []access.InstitutionID
	for _, m := range members {
		people, at = append(people, string(m.Person)), append(at, m.Institution)
	}
	names, err := s.People.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	places, err := s.Directory.Names(ctx, at)
	for _, m := range members {
		lines = append(lines, memberLine{m.ID, joined(", ", names[string(m.Person)], places[m.Institution])})
	}
	slices.SortFunc(lines, func(a, b memberLine) int { return compareWords(a.Name, b.Name) })
	return lines, err
}

// memberChoices are the institutions and the people that can be named: bodies
// and centers; and who joins meetings there, or heads a unit of the owner.
func (s *Service) memberChoices(ctx context.Context, series Series) (homes, people []web.Choice, err error) {
	if homes, err = s.homes(ctx); err != nil {
		return nil, nil, err
	}
	owner, err := directory.ByID(ctx, s.db, series.Owner)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	if owner.Kind == directory.Office {
		seats, err := s.headSeats(ctx, series.Owner)
		if err != nil {
			return nil, nil, err
		}
		for _, seat := range seats {
			ids = append(ids, string(seat.Person))
		}
	}
	for _, home := range homes {
		some, err := s.People.Holders(ctx, access.JoinMeetings, access.InstitutionID(home.Value))
		if err != nil {
			return nil, nil, err
		}
		for _, id := range some {
			ids = append(ids, string(id))
		}
	}
	people, err = s.choosePeople(ctx, ids)
	return homes, people, err
}

func (s *Service) choosePeople(ctx context.Context, ids []string) (list []web.Choice, err error) {
	names, err := s.People.NamesOf(ctx, ids)
	for id, name := range names {
		if name != "" {
			list = append(list, web.Choice{Value: id, Label: name})
		}
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return compareWords(a.Label+a.Value, b.Label+b.Value) })
	return list, err
}

// homes are the institutions from which members and experts come: bodies that
// run nothing below a head, and centers.
func (s *Service) homes(ctx context.Context) (list []web.Choice, err error) {
	for _, kind := range directory.Bodies() {
		some, err := s.Directory.OfKind(ctx, kind)
		if err != nil {
			return nil, err
		}
		for _, i := range some {
			list = append(list, web.Choice{Value: string(i.ID), Label: i.Name})
		}
	}
	if s.Centers != nil {
		centers, err := s.Centers(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, centers...)
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return compareWords(a.Label+a.Value, b.Label+b.Value) })
	return slices.CompactFunc(list, func(a, b web.Choice) bool { return a.Value == b.Value }), nil
}

func (s *Service) postMember(w http.ResponseWriter, r *web.Request) error {
	id := SeriesID(r.PathValue("id"))
	err := s.AddMember(r.Context(), access.ActorOf(r.Request), id, access.PersonID(r.Value("osoba")), access.InstitutionID(r.Value("instytucja")))
	if invalid(err) {
		return s.showSeries(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "member", SeriesHref(id))
}

func (s *Service) postMemberOut(w http.ResponseWriter, r *web.Request) error {
	id := SeriesID(r.PathValue("id"))
	if err := s.RemoveMember(r.Context(), access.ActorOf(r.Request), id, r.Value("osoba")); err != nil {
		return err
	}
	return done(w, r, "member_out", SeriesHref(id))
}

func (s *Service) getNewSeries(w http.ResponseWriter, r *web.Request) error {
	return s.newSeriesForm(w, r, nil)
}

func (s *Service) newSeriesForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	p := formPage{Page: r.Page(w, r.L.T("meetings.series.new"), web.Link{Text: r.L.T("meetings.title"), Href: Path}).WithErrors(refusal),
		Text: r.L.T("meetings.series.new_text"), Action: SeriesPath + "/nowy", Button: r.L.T("meetings.series.add"), Back: web.Link{Text: r.L.T("meetings.title"), Href: Path}}
	owners, err := s.owners(r)
	if err != nil {
		return err
	}
	var kinds []web.Choice
	for _, k := range Kinds() {
		kinds = append(kinds, web.Choice{Value: string(k), Label: r.L.T("meetings.kind." + string(k)), Hint: r.L.T("meetings.kind_hint." + string(k))})
	}
	p.Fields = []templ.Component{
		web.Radios(p.Page, web.Pick{Name: "rodzaj", Label: r.L.T("meetings.field.kind"), Choices: kinds, Value: r.Value("rodzaj"), Required: true}),
		web.Select(p.Page, web.Pick{Name: "prowadzi", Label: r.L.T("meetings.field.owner"), Choices: owners, Value: r.Value("prowadzi"), Required: true}),
		web.Field(p.Page, web.Input{Name: "nazwa", Label: r.L.T("meetings.field.name"), Hint: r.L.T("meetings.field.name_hint"), Value: r.Value("nazwa"), Required: true}),
		web.Textarea(p.Page, web.Area{Name: "opis", Label: r.L.T("meetings.field.words"), Value: r.Value("opis")})}
	return p.form(w, r, refusal)
}

// owners are the institutions for which the actor can run a series: where the
// right is held, and for a role of the whole installation the association.
func (s *Service) owners(r *web.Request) (list []web.Choice, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	var ids []access.InstitutionID
	for _, h := range who.Roles {
		if !h.Role.Gives(access.RunMeetings) {
			continue
		}
		if h.Institution != "" {
			ids = append(ids, h.Institution)
			continue
		}
		bodies, err := s.Directory.OfKind(ctx, directory.Association)
		if err != nil {
			return nil, err
		}
		for _, b := range bodies {
			ids = append(ids, b.ID)
		}
	}
	names, err := s.Directory.Names(ctx, ids)
	for _, id := range ids {
		if !slices.ContainsFunc(list, func(c web.Choice) bool { return c.Value == string(id) }) {
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, err
}

func (s *Service) postNewSeries(w http.ResponseWriter, r *web.Request) error {
	id, err := s.AddSeries(r.Context(), access.ActorOf(r.Request), NewSeries{Kind: Kind(r.Value("rodzaj")), Owner: access.InstitutionID(r.Value("prowadzi")),
		Title: r.Value("nazwa"), Words: r.Value("opis")})
	if invalid(err) {
		return s.newSeriesForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "series", SeriesHref(id))
}
