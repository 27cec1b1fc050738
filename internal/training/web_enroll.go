package training

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// enrollRoutes opens the doors of participants and of heads. A link of a letter
// only ever shows: whatever is done, is done by a button (POST), for mail
// programs and virus scanners open links before people do.
func (s *Service) enrollRoutes(sh *web.Shell) {
	sh.Handle("GET "+CatalogPath+"/{id}/zapis", web.Public, s.getEnroll)
	// Not Idempotent: who is enrolled already is found again and nothing is done,
	// so sending twice does no harm, and two more writes would halve the rate.
	sh.Handle("POST "+CatalogPath+"/{id}/zapis", web.Public, s.postEnroll)
	for _, door := range []struct {
		path  string
		guard web.Guard
	}{{EnrollPath + "/{id}", access.SignedIn}, {EnrollPath + "/{id}/{key}", web.Public}} {
		path, guard := door.path, door.guard
		sh.Handle("GET "+path, guard, s.getPlace)
		sh.Handle("GET "+path+"/termin.ics", guard, s.getPlaceCalendar)
		sh.Handle("GET "+path+"/materialy", guard, s.getPlaceMaterial)
		sh.Handle("GET "+path+"/zalaczniki", guard, s.getPlacePaper)
		sh.Handle("POST "+path+"/zalaczniki", guard, s.postPlacePaper, admissionUse().Room())
		sh.Handle("POST "+path+"/zalaczniki/usun", guard, s.postTakePaper)
		sh.Handle("POST "+path+"/potwierdz", guard, s.postConfirm)
		sh.Handle("POST "+path+"/odpowiedz", guard, s.postAnswer)
		sh.Handle("POST "+path+"/rezygnacja", guard, s.postResign)
		sh.Handle("POST "+path+"/zastepstwo", guard, s.postSwap)
		sh.Handle("POST "+path+"/przenies", guard, s.postMove)
	}
	sh.Handle("POST "+EnrollPath+"/{id}/spotkam", access.SignedIn, s.postMeet)
	sh.Handle("GET "+OwnPath, access.SignedIn, s.getOwn)
	sh.Handle("POST "+OwnPath+"/dolacz", access.SignedIn, s.postGather)
	staff := access.CanAny(access.EnrollStaff, access.ApproveTrainings)
	sh.Handle("GET "+StaffPath, staff, s.getStaff)
	sh.Handle("POST "+StaffPath+"/zgoda/{id}", access.Can(access.ApproveTrainings), s.postApprove)
	sh.Handle("GET "+StaffPath+"/zapis/{id}", access.Can(access.EnrollStaff), s.getStaffEnroll)
	sh.Handle("POST "+StaffPath+"/zapis/{id}", access.Can(access.EnrollStaff), s.postStaffEnroll)
	sh.AddAccount(20, "training.people.own.title", OwnPath)
	sh.AddDesk(s.deskOfPeople)
}

func (s *Service) postEnroll(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	t, err := s.openOffered(r)
	if err != nil {
		return err
	}
	f, who := formOf(r), access.ActorOf(r.Request)
	if f.Revision != t.Revision {
		return s.showEnroll(w, r, http.StatusConflict, t, f, nil, fault.New(fault.Conflict, "training.people.fault.changed"))
	}
	if closedKey(t, s.now()) != "" {
		return s.showEnroll(w, r, http.StatusConflict, t, f, nil, nil)
	}
	if who.For != "" {
		return fault.New(fault.Forbidden, "training.people.fault.own_name")
	}
	done, a, maybe, err := s.tryEnroll(r, who, t, f)
	if e := fault.As(err); e != nil && e.Kind != fault.Internal && e.Kind != fault.NotFound {
		if t, err := s.openTraining(r); err == nil { // it may have changed this moment
			return s.showEnroll(w, r, e.Kind.Status(), t, f, maybe, e)
		}
	}
	if err != nil {
		return err
	}
	if !who.SignedIn() {
		return s.showSent(w, r, t, a.Email)
	}
	key := "notice.people." + string(done.State)
	if done.Known {
		key = "notice.people.known"
	}
	r.Notify(w, key)
	return r.Redirect(w, EnrollPath+"/"+string(done.ID))
}

// tryEnroll enrolls who sent the form. Choices come back, with a fault, when it
// is not clear which institution is meant.
func (s *Service) tryEnroll(r *web.Request, who access.Actor, t Training, f enrollForm) (done Receipt, a Applicant, maybe []web.Choice, err error) {
	a, maybe, err = s.applicantOf(r, who, t, f)
	switch {
	case err != nil:
		return done, a, maybe, err
	case len(maybe) > 0:
		return done, a, maybe, fault.InvalidFields([]fault.Field{{Name: fieldPlace, Key: "training.people.fault.which"}})
	case who.SignedIn():
		done, err = s.Enroll(r.Context(), who, t.ID, a, BySelf)
		return done, a, nil, err
	}
	if err = s.countTry(r.Context(), t.ID, a.Email, r.Network()); err != nil {
		return done, a, nil, err
	}
	hold, err := s.mayHold(r.Context(), t, r.Network())
	if err != nil {
		return done, a, nil, err
	}
	a.NoSeat = !hold
	done, err = s.Enroll(r.Context(), who, t.ID, a, ByGuest)
	return done, a, nil, err
}

// applicantOf is what the form says, with the institution found. Choices come
// back when it is not clear which one is meant.
func (s *Service) applicantOf(r *web.Request, who access.Actor, t Training, f enrollForm) (a Applicant, maybe []web.Choice, err error) {
	ctx := r.Context()
	a = Applicant{Person: who.Person, Name: who.Name, Lang: r.L.Lang, Needs: f.Needs, Track: f.Track, Payer: Payer(f.Payer), SeenRev: f.Revision, Role: access.Role(f.Role)}
	if !t.AskNeeds {
		a.Needs = ""
	}
	if who.SignedIn() { // Enroll knows name and address of an account
		own, err := s.ownPlaces(ctx, who)
		if err != nil {
			return a, nil, err
		}
		if len(own) > 0 {
			if !slices.ContainsFunc(own, func(c web.Choice) bool { return c.Value == f.Place }) {
				return a, nil, fault.InvalidFields([]fault.Field{{Name: fieldPlace, Key: "training.people.fault.place"}})
			}
			a.Institution = access.InstitutionID(f.Place)
			a.Role, err = s.roleAt(ctx, who, a.Institution)
			return a, nil, err
		}
	} else {
		a.Name, a.Email = f.Name, f.Email
	}
	if err := s.checkGuest(who, f); err != nil {
		return a, nil, err
	}
	a.Institution, a.TypedName, maybe, err = s.placeTyped(r, f)
	return a, maybe, err
}

// checkGuest tells what is missing in what a stranger typed.
func (s *Service) checkGuest(who access.Actor, f enrollForm) error {
	var wrong []fault.Field
	if !who.SignedIn() && f.Name == "" {
		wrong = append(wrong, fault.Field{Name: fieldName, Key: "training.people.fault.name"})
	}
	if !who.SignedIn() && f.Email == "" {
		wrong = append(wrong, fault.Field{Name: fieldEmail, Key: "training.people.fault.email"})
	}
	if f.Typed == "" {
		wrong = append(wrong, fault.Field{Name: fieldTyped, Key: "training.people.fault.typed"})
	}
	if f.Role != "" && !slices.Contains(guestRoles, access.Role(f.Role)) {
		wrong = append(wrong, fault.Field{Name: fieldRole, Key: "training.people.fault.role"})
	}
	return fault.InvalidFields(wrong)
}

// placeTyped is the institution of a stranger: the one chosen of those that the
// name may mean, the one that it means, or the words as they were typed.
func (s *Service) placeTyped(r *web.Request, f enrollForm) (id access.InstitutionID, typed string, maybe []web.Choice, err error) {
	if f.Place == asTyped {
		return "", f.Typed, nil, nil
	}
	id, maybe, err = s.institutionOf(r.Context(), r.L, f.Typed)
	if err != nil || id != "" {
		return id, "", nil, err
	}
	if slices.ContainsFunc(maybe, func(c web.Choice) bool { return c.Value == f.Place }) {
		return access.InstitutionID(f.Place), "", nil, nil
	}
	return "", f.Typed, maybe, nil
}

// sentPage says that a letter is on its way: the same for an address that is
// enrolled already and for one that is not.
type sentPage struct {
	web.Page
	Email   string
	Minutes string
	Back    string
	Next    web.Step
}

func (s *Service) showSent(w http.ResponseWriter, r *web.Request, t Training, email string) error {
	minutes, err := s.Law.Int(r.Context(), s.db, HoldMinutes, s.now())
	if err != nil {
		return err
	}
	p := sentPage{Page: r.Page(w, r.L.T("training.people.sent.title"), web.Link{Text: r.L.T("training.title"), Href: CatalogPath}, web.Link{Text: t.Title, Href: Path(t.ID)}),
		Email: email, Minutes: r.L.N("training.people.minutes", int(minutes.Int)), Back: Path(t.ID)}
	p.NoIndex = true
	p.Next = web.Step{What: r.L.T("training.people.sent.next"), Who: r.L.T("training.people.you"),
		When: toldMoment(r.L, s.now().Add(time.Duration(minutes.Int)*time.Minute).Unix())}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, sentView(p))
}

// holderOf is who acts on the enrollment of the address: the actor, or whoever
// holds the secret.
func holderOf(r *web.Request) (Holder, EnrollmentID) {
	return Holder{Actor: access.ActorOf(r.Request), Key: r.PathValue("key")}, EnrollmentID(r.PathValue("id"))
}

// open is the enrollment for its holder. At an address with a secret the secret
// alone counts: a wrong one is NotFound for everybody.
func (s *Service) open(ctx context.Context, h Holder, id EnrollmentID) (Enrollment, error) {
	e, err := s.Open(ctx, h, id)
	if err == nil && h.Key != "" && subtle.ConstantTimeCompare([]byte(strings.ToLower(h.Key)), []byte(s.Key(e))) != 1 {
		return Enrollment{}, fault.ErrNotFound
	}
	return e, err
}

// placePath is the page of the enrollment as it was entered, with its secret.
func placePath(r *web.Request) string {
	path := EnrollPath + "/" + r.PathValue("id")
	if key := r.PathValue("key"); key != "" {
		path += "/" + key
	}
	return path
}

// keepSecret lets an address that holds a secret travel nowhere and stay nowhere.
func keepSecret(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

// act does something with an enrollment and shows it again: with the notice, or
// with what stood in the way.
func (s *Service) act(w http.ResponseWriter, r *web.Request, notice string, do func(ctx context.Context, h Holder, id EnrollmentID) error) error {
	keepSecret(w)
	if err := r.Form(); err != nil {
		return err
	}
	h, id := holderOf(r)
	_, err := s.open(r.Context(), h, id)
	if err == nil {
		err = do(r.Context(), h, id)
	}
	if e := fault.As(err); e != nil && (e.Kind == fault.Conflict || e.Kind == fault.Invalid) {
		return s.showPlace(w, r, e.Kind.Status(), e)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, placePath(r))
}

func (s *Service) postConfirm(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.people.taken", func(ctx context.Context, h Holder, id EnrollmentID) error {
		_, err := s.Confirm(ctx, h, id)
		return err
	})
}

func (s *Service) postAnswer(w http.ResponseWriter, r *web.Request) error {
	answer := r.Value("odpowiedz")
	notice := "notice.people.answered_yes"
	if answer != "tak" {
		notice = "notice.people.answered_no"
	}
	return s.act(w, r, notice, func(ctx context.Context, h Holder, id EnrollmentID) error {
		if answer != "tak" && answer != "nie" {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
		_, err := s.Answer(ctx, h, id, answer == "tak")
		return err
	})
}

func (s *Service) postResign(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.people.resigned", func(ctx context.Context, h Holder, id EnrollmentID) error {
		if r.Value("potwierdzam") == "" {
			return fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "training.people.fault.sure"}})
		}
		e, err := s.open(ctx, h, id)
		if err == nil {
			err = s.Resign(ctx, h, id, r.Value("powod"))
		}
		if err == nil && s.Meet != nil && h.Key == "" {
			err = s.Meet.StayAway(ctx, h.Actor, SearchKind, string(e.Training))
		}
		return err
	})
}

// postSwap hands the seat over. Who takes it is asked by a letter, and the page
// says the same whether that person is enrolled already or not.
func (s *Service) postSwap(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.people.swapped", func(ctx context.Context, h Holder, id EnrollmentID) error {
		e, err := s.open(ctx, h, id)
		if err != nil {
			return err
		}
		a := Applicant{Name: r.Value(fieldName), Email: r.Value(fieldEmail), Lang: r.L.Lang, Institution: access.InstitutionID(e.Institution), TypedName: e.TypedName,
			Role: e.Role, Track: e.Track, Payer: e.Payer, SeenRev: e.AgreedRev}
		var wrong []fault.Field
		if a.Name == "" {
			wrong = append(wrong, fault.Field{Name: fieldName, Key: "training.people.fault.name"})
		}
		if a.Email == "" {
			wrong = append(wrong, fault.Field{Name: fieldEmail, Key: "training.people.fault.email"})
		}
		if err := fault.InvalidFields(wrong); err != nil {
			return err
		}
		if err := s.countTry(ctx, e.Training, a.Email, r.Network()); err != nil {
			return err
		}
		_, err = s.Swap(ctx, h, id, a)
		return err
	})
}

// postMove changes to another date of the series. The new enrollment has its own
// page, and for a guest its own secret.
func (s *Service) postMove(w http.ResponseWriter, r *web.Request) error {
	keepSecret(w)
	if err := r.Form(); err != nil {
		return err
	}
	h, id := holderOf(r)
	to := ID(r.Value("termin"))
	if to == "" {
		return s.showPlace(w, r, http.StatusUnprocessableEntity, fault.InvalidFields([]fault.Field{{Name: "termin", Key: "training.people.fault.date"}}))
	}
	if _, err := s.open(r.Context(), h, id); err != nil {
		return err
	}
	done, err := s.Move(r.Context(), h, id, to)
	if e := fault.As(err); e != nil && (e.Kind == fault.Conflict || e.Kind == fault.Invalid) {
		return s.showPlace(w, r, e.Kind.Status(), e)
	}
	if err != nil {
		return err
	}
	e, err := EnrollmentByID(r.Context(), s.db, done.ID)
	if err != nil {
		return err
	}
	r.Notify(w, "notice.people.moved")
	return r.Redirect(w, s.pathFor(e, h.Key != ""))
}
