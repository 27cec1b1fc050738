package training

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// placePage is one enrollment for whoever it is about: where they stand and why,
// what comes next, and everything that can be done.
type placePage struct {
	web.Page
	Base      string // address of this page; what is done is done below it
	Guest     bool
	Name      string
	Training  web.Link
	State     string
	StateKind string
	Stop      string // why something was refused
	Why       *web.Reason
	Next      web.Step
	Facts     []web.Fact
	Agreed    []Difference // what was agreed to and is not so any more
	AgreedAt  string
	Meetings  []placeMeeting
	Online    string
	In        bool
	Files     []placeFile
	File      string // calendar file
	Paper     string // page of the paper, "" while there is none
	PaperText string
	Confirm   bool
	Offer     string // until when the offered seat waits, "" when none is offered
	Resign    bool
	FreeRule  string
	Swap      bool
	Dates     []web.Choice // of the series, to move to
	Meet      *placeMeet
	Presence  []web.Link   // where the code of a meeting that runs is typed
	Papers    []placePaper // of admission
	Lacking   int          // of these, neither sent nor at the center
	SignIn    string       // for a guest: the door of the account; "" where there is no need
}

type placeMeeting struct {
	When, Where string
	Hours       string
	Over        bool
}

type placeFile struct{ Title, Href, Size string }

// placeMeet is whom one will meet there, for those who say that they come.
type placeMeet struct {
	Shown bool // the person is seen by the others
	Asked bool // they have answered
	List  []Met
}

// Meet is "kogo tu spotkam" as this package needs it; package networking
// answers it in wiring.
type Meet interface {
	// Attend says that the actor comes, and whether the others who come may see it.
	Attend(ctx context.Context, who access.Actor, kind, id string, show bool) error
	// StayAway takes that back.
	StayAway(ctx context.Context, who access.Actor, kind, id string) error
	// Meeting are those who agreed to be seen, for somebody who comes too; others
	// get NotFound.
	Meeting(ctx context.Context, who access.Actor, kind, id string) ([]Met, error)
}

// Met is somebody to be met.
type Met struct {
	Person      string
	Name        string
	Role        string
	Institution string
}

func (s *Service) getPlace(w http.ResponseWriter, r *web.Request) error {
	return s.showPlace(w, r, http.StatusOK, nil)
}

// showPlace draws the page. A key that is wrong and an enrollment that is not
// there look the same.
func (s *Service) showPlace(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	keepSecret(w)
	h, id := holderOf(r)
	e, err := s.open(r.Context(), h, id)
	if err != nil {
		return err
	}
	if e.ranOut(s.now().Unix()) { // the job that writes it down comes within minutes
		e.State = Lapsed
	}
	t, err := ByID(r.Context(), s.db, e.Training)
	if err != nil {
		return err
	}
	all, err := Meetings(r.Context(), s.db, t.ID)
	if err != nil {
		return err
	}
	l := r.L
	p := placePage{Page: r.Page(w, l.T("training.people.place_title")).WithErrors(fail), Base: placePath(r), Guest: h.Key != "", Name: e.Name,
		Training: web.Link{Text: t.Title, Href: Path(t.ID)}, State: l.T("training.status." + string(e.State)), StateKind: placeKind(e.State), In: e.State.In()}
	p.NoIndex = true
	if h.Key == "" {
		p.Crumbs = []web.Link{{Text: l.T("nav.start"), Href: "/"}, {Text: l.T("training.people.own.title"), Href: OwnPath}}
	}
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = l.T(f.Key, f.Args...)
	}
	if h.Key != "" && !h.Actor.SignedIn() {
		p.SignIn = signIn(OwnPath)
	}
	p.File = p.Base + "/termin.ics"
	for _, fill := range []func(*web.Request, Holder, Enrollment, Training, []Meeting, *placePage) error{s.placeWords, s.placeOffer, s.placeInside, s.placeDeeds, s.placeAsks} {
		if err := fill(r, h, e, t, all, &p); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, placeView(p))
}

// placeKind is the color that repeats what the word of a state says.
func placeKind(s State) string {
	switch {
	case s.In() && s != Absent:
		return "ok"
	case s == Pending || s == Offered || s == Qualified:
		return "warn"
	case !s.Active():
		return "bad"
	}
	return ""
}

// placeWords say where the person stands, by which rule, and what comes next.
func (s *Service) placeWords(r *web.Request, _ Holder, e Enrollment, t Training, _ []Meeting, p *placePage) error {
	l := r.L
	key, who, when := string(e.State), l.T("training.people.you"), ""
	switch e.State {
	case Pending:
		when = toldMoment(l, e.HoldUntil)
	case Offered, Qualified:
		when = toldMoment(l, e.OfferUntil)
		if e.State == Offered {
			p.Offer = when
			p.Why = &web.Reason{Text: l.T("training.people.why.offered", "until", dashed(when)), Rule: l.T("training.people.rule.more")}
		}
	case Applied:
		who = l.T("training.people.who.head")
		if t.Admission {
			key, who = "applied_admission", l.T("training.people.who.center")
		}
	case Waiting:
		place, pool, err := s.standing(r.Context(), e)
		if err != nil {
			return err
		}
		who = l.T("training.people.who.queue")
		if place.Place > 0 {
			why := standingReason(l, place, pool)
			p.Why = &why
		}
	case Confirmed:
		when = toldMoment(l, t.StartsAt)
		if t.State == Postponed {
			key, who = "postponed", l.T("training.people.who.center")
		} else if t.State == Held || t.EndsAt > 0 && t.EndsAt <= s.now().Unix() {
			key, who, when = "attended", l.T("training.people.who.center"), ""
		}
	case Attended, Completed:
		who = l.T("training.people.who.center")
	case Lapsed:
		if t.EndsAt > 0 && t.EndsAt <= s.now().Unix() && t.State != Postponed {
			key = "over"
		}
	case Rejected, Dropped:
		who = ""
		if e.Note != "" || e.State == Dropped && t.Why != "" {
			p.Why = &web.Reason{Text: strings.TrimSpace(e.Note + " " + map[bool]string{true: t.Why}[e.State == Dropped]), Human: true}
		}
	}
	p.Next = web.Step{What: l.T("training.people.next." + key), Who: who, When: when}
	if !e.State.Active() {
		p.Next.Href, p.Next.Who = CatalogPath, ""
	}
	return nil
}

// placeOffer is what the person agreed to, and what of it has changed since.
func (s *Service) placeOffer(r *web.Request, _ Holder, e Enrollment, t Training, all []Meeting, p *placePage) (err error) {
	l := r.L
	if p.Facts, err = s.offerFacts(r, t, e, ownMeetings(all, e.Track)); err != nil {
		return err
	}
	p.Facts = p.Facts[1:] // the title stands above
	if place, err := s.placeName(r.Context(), e); err != nil {
		return err
	} else if place != "" {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("training.people.offer.institution"), Value: place})
	}
	if slices.Contains([]State{Attended, Completed, Issued, Absent}, e.State) {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("training.people.offer.attended"), Value: l.N("training.people.hours", e.Hours)})
	}
	p.AgreedAt = toldMoment(l, e.CreatedAt)
	if was, ok := e.agreed(); ok && e.AgreedRev != t.Revision {
		p.Agreed = differences(l, was, agreedNow(t, all))
	}
	return nil
}

// placeName is the institution of an enrollment, in words.
func (s *Service) placeName(ctx context.Context, e Enrollment) (string, error) {
	if e.Institution == "" {
		return e.TypedName, nil
	}
	id := access.InstitutionID(e.Institution)
	names, err := s.Directory.Names(ctx, []access.InstitutionID{id})
	return names[id], err
}

// placeInside is what people who are in see: the online room, the materials, the
// paper, and whom they will meet.
func (s *Service) placeInside(r *web.Request, h Holder, e Enrollment, t Training, all []Meeting, p *placePage) error {
	now := s.now().Unix()
	for _, m := range ownMeetings(all, e.Track) {
		where := m.Title
		if place := placeOf(t, m); place != "" {
			where = strings.TrimPrefix(where+", "+place, ", ")
		}
		p.Meetings = append(p.Meetings, placeMeeting{When: toldSpan(r.L, m.StartsAt, m.EndsAt), Where: where, Hours: r.L.N("training.people.hours", m.Hours), Over: m.EndsAt <= now})
	}
	list, err := s.Materials(r.Context(), t.ID, e.State.In())
	if err != nil {
		return err
	}
	for _, m := range list {
		title := m.Title
		if title == "" {
			title = m.Name
		}
		p.Files = append(p.Files, placeFile{title, p.Base + "/materialy?plik=" + m.File, files.Bytes(m.Size)})
	}
	if !e.State.In() || t.State == Canceled {
		return nil
	}
	if t.Mode != OnSite {
		if p.Online, err = s.OnlineLink(t); err != nil {
			return err
		}
	}
	return s.placeMeeters(r, h, e, t, p)
}

func (s *Service) placeMeeters(r *web.Request, h Holder, e Enrollment, t Training, p *placePage) error {
	if s.Meet == nil || h.Key != "" || h.Actor.For != "" || !h.Actor.May(access.UseContacts) {
		return nil
	}
	list, err := s.Meet.Meeting(r.Context(), h.Actor, SearchKind, string(t.ID))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		p.Meet = &placeMeet{}
		return nil
	}
	p.Meet = &placeMeet{Asked: true, List: list}
	return err
}

// placeDeeds are what the person may do now.
func (s *Service) placeDeeds(r *web.Request, _ Holder, e Enrollment, t Training, _ []Meeting, p *placePage) (err error) {
	now := s.now().Unix()
	begun := t.StartsAt > 0 && now >= t.StartsAt && t.State != Postponed
	p.Confirm = (e.State == Pending || e.State == Qualified) && !begun
	p.Resign = slices.Contains([]State{Pending, Applied, Waiting, Offered, Qualified, Confirmed}, e.State) && !begun
	p.Swap = e.State == Confirmed && !begun && !t.Admission && t.ForInstitution == ""
	if p.FreeRule, err = s.resignTextOf(r.Context(), r.L, t, e); err != nil {
		return err
	}
	if !slices.Contains([]State{Applied, Waiting, Offered, Confirmed}, e.State) || begun || t.Series == "" {
		return nil
	}
	others, err := s.MovesTo(r.Context(), e)
	for _, o := range others {
		p.Dates = append(p.Dates, web.Choice{Value: string(o.ID), Label: toldSpan(r.L, o.StartsAt, o.EndsAt), Hint: o.Place})
	}
	return err
}

// resignText is until when one resigns without a fee, and what comes after.
func (s *Service) resignText(ctx context.Context, l *i18n.L, t Training) (string, error) {
	return s.resignTextOf(ctx, l, t, Enrollment{})
}

// resignTextOf is the same for somebody who is enrolled: who agreed to other
// dates is not bound by these.
func (s *Service) resignTextOf(ctx context.Context, l *i18n.L, t Training, e Enrollment) (string, error) {
	if t.Price == 0 {
		return l.T("training.people.resign.free"), nil
	}
	free, err := s.FreeUntil(ctx, s.db, t, e)
	if err != nil {
		return "", err
	}
	until := max(0, free.Unix())
	switch {
	case t.State == Postponed && e.ID != "":
		return l.T("training.people.resign.postponed"), nil
	case e.newDates(t) && s.now().Unix() < until:
		return l.T("training.people.resign.new_dates", "until", toldMoment(l, until)), nil
	case until == 0:
		return l.T("training.people.resign.no_date"), nil
	case s.now().Unix() >= until:
		return l.T("training.people.resign.late", "until", toldMoment(l, until)), nil
	}
	return l.T("training.people.resign.until", "until", toldMoment(l, until)), nil
}

// getPlaceMaterial sends a file of the training to somebody who is in it.
func (s *Service) getPlaceMaterial(w http.ResponseWriter, r *web.Request) error {
	keepSecret(w)
	h, id := holderOf(r)
	e, err := s.open(r.Context(), h, id)
	if err != nil {
		return err
	}
	return s.ServeMaterial(w, r, e.Training, r.Value("plik"), e.State.In())
}

// getPlaceCalendar is the file with the person's meetings.
func (s *Service) getPlaceCalendar(w http.ResponseWriter, r *web.Request) error {
	keepSecret(w)
	h, id := holderOf(r)
	e, err := s.open(r.Context(), h, id)
	if err != nil {
		return err
	}
	n := notice{News: NewsConfirmed, e: e, now: s.now()}
	if n.t, err = ByID(r.Context(), s.db, e.Training); err != nil {
		return err
	}
	all, err := Meetings(r.Context(), s.db, n.t.ID)
	if err != nil {
		return err
	}
	if n.center, err = directory.ByID(r.Context(), s.db, n.t.Center); err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	n.meetings = ownMeetings(all, e.Track)
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="termin.ics"`)
	return calendar.Write(w, calendar.Calendar{Name: n.t.Title, Lang: string(n.t.Lang), Events: s.eventsOf(n, n.t.State == Canceled || !e.State.Active())})
}

// postMeet says whether the others who come may see that the person does.
func (s *Service) postMeet(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.people.met", func(ctx context.Context, h Holder, id EnrollmentID) error {
		e, err := s.open(ctx, h, id)
		if err != nil {
			return err
		}
		if s.Meet == nil || !e.State.In() {
			return fault.ErrNotFound
		}
		if r.Value("widac") == "wycofuje" {
			return s.Meet.StayAway(ctx, h.Actor, SearchKind, string(e.Training))
		}
		return s.Meet.Attend(ctx, h.Actor, SearchKind, string(e.Training), r.Value("widac") == "tak")
	})
}

// yearText names a school year: 2026/2027.
func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }
