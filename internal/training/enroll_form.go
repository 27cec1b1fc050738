package training

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// enrollPage is the one page on which somebody enrolls.
type enrollPage struct {
	web.Page
	Action   string
	Back     string
	Facts    []web.Fact
	Closed   string // why one cannot enroll now, "" when one can
	Room     string // seats that are free, or how many wait
	Stop     string // why the form was refused, beside the faults of fields
	Changed  []Difference
	Guest    bool
	Seen     string // the offer as it stands on this page, to be agreed to
	Revision string
	Form     enrollForm
	Places   []web.Choice // institutions of the person, or those that a typed name may mean
	Roles    []web.Choice
	Tracks   []web.Choice
	Payers   []web.Choice
	Needs    bool
	Approval bool
	SignIn   string // the door of the account, and back here
	Staff    string // where a head enrolls the staff, "" for others
	First    *web.Reason
}

// enrollForm is what was typed.
type enrollForm struct {
	Name, Email, Typed, Place, Role, Needs, Track, Payer string
	Seen                                                 string
	Revision                                             int64
}

// The names of the fields. Engine faults are told under the same names.
const (
	fieldName  = "imie"
	fieldEmail = "email"
	fieldTyped = "instytucja"
	fieldPlace = "placowka"
	fieldRole  = "rola"
	fieldNeeds = "potrzeby"
	fieldTrack = "sesja"
	fieldPayer = "platnik"
)

// asTyped is the choice "leave the institution as it was typed".
const asTyped = "wpisana"

func formOf(r *web.Request) enrollForm {
	f := enrollForm{Name: r.Value(fieldName), Email: r.Value(fieldEmail), Typed: r.Value(fieldTyped), Place: r.Value(fieldPlace), Role: r.Value(fieldRole),
		Needs: r.Value(fieldNeeds), Track: r.Value(fieldTrack), Payer: r.Value(fieldPayer), Seen: r.Value("oferta")}
	f.Revision, _ = strconv.ParseInt(r.Value("wersja"), 10, 64)
	return f
}

func (s *Service) getEnroll(w http.ResponseWriter, r *web.Request) error {
	t, err := s.openTraining(r)
	if err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	if who.SignedIn() && who.For == "" {
		switch e, err := s.ownIn(r.Context(), who, t.ID); {
		case err != nil:
			return err
		case e != "":
			return r.Redirect(w, EnrollPath+"/"+string(e))
		}
	}
	return s.showEnroll(w, r, http.StatusOK, t, enrollForm{Revision: t.Revision}, nil, nil)
}

// openTraining is the training of the address. A draft is not there, and one that
// was ordered for one staff is not there for others.
func (s *Service) openTraining(r *web.Request) (Training, error) {
	t, err := ByID(r.Context(), s.db, ID(r.PathValue("id")))
	if err != nil {
		return t, err
	}
	return t, s.mayOpen(r, t)
}

// openOffered is the same for a form that comes back, from what is kept of the
// offer: whoever enrolls asks for state and revision again inside the queue.
func (s *Service) openOffered(r *web.Request) (Training, error) {
	o, err := s.offer(r.Context(), s.db, ID(r.PathValue("id")))
	if err != nil {
		return o.t, err
	}
	return o.t, s.mayOpen(r, o.t)
}

func (s *Service) mayOpen(r *web.Request, t Training) error {
	if t.State == Draft {
		return fault.ErrNotFound
	}
	return s.mayRead(r.Context(), access.ActorOf(r.Request), t)
}

// ownIn is the actor's own enrollment in a training that still counts, "" for none.
func (s *Service) ownIn(ctx context.Context, who access.Actor, id ID) (e EnrollmentID, err error) {
	err = s.db.Get(ctx, &e, `select id from training_enrollments where training = ? and who_key = ? and active = ?`, id, "person:"+string(who.Person), true)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return e, err
}

// closedKey is why nobody can enroll by themselves now, "" when they can.
func closedKey(t Training, now time.Time) string {
	at := now.Unix()
	switch {
	case t.State == Canceled || t.State == Postponed:
		return "training.people.closed." + string(t.State)
	case t.State != Published || t.StartsAt > 0 && at >= t.StartsAt:
		return "training.people.closed.over"
	case t.EnrollFrom > 0 && at < t.EnrollFrom:
		return "training.people.closed.early"
	case t.EnrollUntil > 0 && at >= t.EnrollUntil:
		return "training.people.closed.late"
	}
	return ""
}

func (s *Service) showEnroll(w http.ResponseWriter, r *web.Request, status int, t Training, f enrollForm, maybe []web.Choice, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := enrollPage{Page: r.Page(w, r.L.T("training.people.enroll.title"), web.Link{Text: r.L.T("training.title"), Href: CatalogPath},
		web.Link{Text: t.Title, Href: Path(t.ID)}).WithErrors(fail), Action: Path(t.ID) + "/zapis", Back: Path(t.ID), Guest: !who.SignedIn(),
		Revision: strconv.FormatInt(t.Revision, 10), Form: f, Places: maybe, Needs: t.AskNeeds, Approval: t.Approval, SignIn: signIn(Path(t.ID) + "/zapis")}
	p.NoIndex = true
	if who.May(access.EnrollStaff) {
		p.Staff = StaffPath + "/zapis/" + string(t.ID)
	}
	if key := closedKey(t, s.now()); key != "" {
		p.Closed = r.L.T(key, "from", dashed(toldMoment(r.L, t.EnrollFrom)), "until", dashed(toldMoment(r.L, t.EnrollUntil)))
	} else if who.For != "" {
		p.Closed = r.L.T("training.people.fault.own_name")
	}
	first, err := s.firstShown(r, t, &p.Closed, s.firstFor(ctx, who, t))
	if err != nil {
		return err
	}
	p.First = first
	if e := fault.As(fail); e != nil && len(e.Fields) == 0 {
		p.Stop = r.L.T(e.Key, e.Args...)
	}
	meetings, err := Meetings(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	now := agreedNow(t, meetings)
	seen, err := json.Marshal(now)
	if err != nil {
		return err
	}
	p.Seen = string(seen)
	if was, ok := (Enrollment{Agreed: f.Seen}).agreed(); ok && f.Revision != t.Revision {
		p.Changed = differences(r.L, was, now)
	}
	if p.Facts, err = s.offerFacts(r, t, Enrollment{}, meetings); err != nil {
		return err
	}
	if p.Room, err = s.roomText(ctx, r.L, t.ID); err != nil {
		return err
	}
	if err := s.enrollChoices(r, who, t, meetings, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, enrollView(p))
}

// offerFacts are what one agrees to: when, where, for how much, who pays, until
// when one resigns freely, and what paper there is.
func (s *Service) offerFacts(r *web.Request, t Training, e Enrollment, meetings []Meeting) ([]web.Fact, error) {
	l := r.L
	facts := []web.Fact{{Name: l.T("training.people.offer.training"), Value: t.Title, Href: Path(t.ID)}}
	for _, m := range meetings {
		line := meetingLine(l, m)
		if m.Track != "" {
			line = m.Track + ": " + line
		}
		facts = append(facts, web.Fact{Name: l.T("training.people.offer.date"), Value: line})
	}
	if len(meetings) == 0 {
		facts = append(facts, web.Fact{Name: l.T("training.people.offer.date"), Value: toldSpan(l, t.StartsAt, t.EndsAt)})
	}
	place := t.Place
	if t.Mode == Online || place == "" {
		place = l.T("training.mode." + string(t.Mode))
	}
	facts = append(facts, web.Fact{Name: l.T("training.people.offer.place"), Value: place},
		web.Fact{Name: l.T("training.people.offer.hours"), Value: l.N("training.people.hours", t.Hours)},
		web.Fact{Name: l.T("training.people.offer.price"), Value: toldPrice(l, t.Price)})
	if t.Price > 0 {
		facts = append(facts, web.Fact{Name: l.T("training.people.offer.payer"), Value: l.T("training.payer." + string(t.Payer))})
	}
	free, err := s.resignTextOf(r.Context(), l, t, e)
	if err != nil {
		return nil, err
	}
	return append(facts, web.Fact{Name: l.T("training.people.offer.free"), Value: free},
		web.Fact{Name: l.T("training.people.offer.paper"), Value: l.T("training.paper." + string(t.Paper))}), nil
}

// signIn leads through the door of the account and back to a page.
func signIn(back string) string { return web.SignInPath + "?dalej=" + url.QueryEscape(back) }

// roomText says how many seats are free for everybody, or that one would wait.
func (s *Service) roomText(ctx context.Context, l *i18n.L, id ID) (string, error) {
	pools, err := Pools(ctx, s.db, id)
	if err != nil {
		return "", err
	}
	free, waiting := 0, 0
	for _, p := range pools {
		free, waiting = free+p.Free(), waiting+p.Waiting
	}
	switch {
	case free > 0 && len(pools) > 1:
		return l.N("training.people.room.quotas", free), nil
	case free > 0:
		return l.N("training.people.room.free", free), nil
	case waiting > 0:
		return l.N("training.people.room.waiting", waiting), nil
	}
	return l.T("training.people.room.none"), nil
}

// guestRoles are the roles that a stranger may say they have.
var guestRoles = []access.Role{access.Teacher, access.SchoolSpecialist, access.ClassTutor, access.Counselor, access.SchoolHead, access.DeputyHead,
	access.SchoolSecretary, access.Trainer, access.PartnerRepresentative, access.Guardian, access.Resident}

func (s *Service) enrollChoices(r *web.Request, who access.Actor, t Training, meetings []Meeting, p *enrollPage) (err error) {
	for _, m := range meetings {
		if m.Track != "" && !slices.ContainsFunc(p.Tracks, func(c web.Choice) bool { return c.Value == m.Track }) {
			p.Tracks = append(p.Tracks, web.Choice{Value: m.Track, Label: m.Track, Hint: meetingLine(r.L, m)})
		}
	}
	if all := payers(t); len(all) > 1 {
		for _, payer := range all {
			p.Payers = append(p.Payers, web.Choice{Value: string(payer), Label: r.L.T("training.payer." + string(payer))})
		}
		if p.Form.Payer == "" {
			p.Form.Payer = string(t.Payer)
		}
	}
	if !p.Guest {
		if p.Places, err = s.ownPlaces(r.Context(), who); err != nil {
			return err
		}
		if len(p.Places) > 0 {
			if p.Form.Place == "" {
				p.Form.Place = p.Places[0].Value
			}
			return nil
		}
	}
	for _, role := range guestRoles {
		if p.Guest && young(role) {
			continue
		}
		p.Roles = append(p.Roles, web.Choice{Value: string(role), Label: r.L.T("role." + string(role))})
	}
	return nil
}

// ownPlaces are the institutions in which the actor holds a role now, under
// whatever hat, that of the hat worn first.
func (s *Service) ownPlaces(ctx context.Context, who access.Actor) ([]web.Choice, error) {
	var ids []access.InstitutionID
	for _, hat := range append([]string{who.Hat}, who.Hats...) {
		if _, err := uuid.Parse(hat); err == nil && !slices.Contains(ids, access.InstitutionID(hat)) {
			ids = append(ids, access.InstitutionID(hat))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	names, err := s.Directory.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	var list []web.Choice
	for _, id := range ids {
		if names[id] != "" {
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, nil
}

// roleAt is the foremost role that the actor holds at one of their institutions.
func (s *Service) roleAt(ctx context.Context, who access.Actor, at access.InstitutionID) (access.Role, error) {
	held := append(slices.Clone(who.Roles), who.Locked...)
	for _, grown := range []bool{true, false} { // a teacher may be a pupil's guardian as well
		for _, h := range held {
			if h.Institution == at && young(h.Role) != grown {
				return h.Role, nil
			}
		}
	}
	for _, role := range access.Roles() {
		holds, err := s.People.HoldsAt(ctx, who.Person, at, role)
		if err != nil || holds {
			return role, err
		}
	}
	return "", fault.InvalidFields([]fault.Field{{Name: fieldPlace, Key: "training.people.fault.place"}})
}

// mostNamesakes are how many institutions are offered for a typed name.
const mostNamesakes = 8

// institutionOf finds the institution that somebody typed: by its number in the
// register, or by its name when one alone has it. Several that it may mean come
// back as choices; none at all is no fault, for it may not be in the directory.
func (s *Service) institutionOf(ctx context.Context, l *i18n.L, typed string) (id access.InstitutionID, maybe []web.Choice, err error) {
	if number, err := strconv.Atoi(typed); err == nil {
		i, err := directory.ByRSPO(ctx, s.db, number)
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return i.ID, nil, err
	}
	found, err := s.Directory.FindNames(ctx, typed, mostNamesakes)
	if err != nil {
		return "", nil, err
	}
	for _, one := range found {
		i, err := directory.ByID(ctx, s.db, access.InstitutionID(one))
		if err != nil {
			return "", nil, err
		}
		if i18n.Fold(i.Name) == i18n.Fold(typed) && len(found) == 1 {
			return i.ID, nil, nil
		}
		maybe = append(maybe, web.Choice{Value: string(i.ID), Label: i.Name, Hint: strings.TrimSpace(strings.Join([]string{i.Street, i.House, i.City}, " "))})
	}
	if len(maybe) > 0 {
		maybe = append(maybe, web.Choice{Value: asTyped, Label: l.T("training.people.enroll.as_typed", "name", typed)})
	}
	return "", maybe, nil
}
