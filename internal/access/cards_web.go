package access

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"kladka/internal/access/card"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

const (
	cardPath = card.Path
	pinPath  = card.Path + "/pin"
)

// cardsRoutes opens the doors for people with a printed card. Nothing secret
// ever stands in an address there: forms go by POST, and the number that the QR
// code brings is public.
func (s *Service) cardsRoutes(sh *web.Shell) {
	sh.Handle("GET "+cardPath, web.Public, s.getCard)
	sh.Handle("POST "+cardPath, web.Public, s.postCard)
	sh.Handle("GET "+pinPath, web.Public, s.getPIN)
	sh.Handle("POST "+pinPath, web.Public, s.postPIN)
	sh.Handle("GET "+web.FinishedPath, web.Public, s.getFinished)
}

type cardPage struct {
	web.Page
	Number string
	Ticket string
	Next   string
}

// getCard shows the form to everybody: whoever sits down at a computer where
// the last person did not sign out signs in over them.
func (s *Service) getCard(w http.ResponseWriter, r *web.Request) error {
	n, err := card.ParseNumber(r.Value("nr"))
	p := cardPage{Next: localOr(r.Value("dalej"), "")}
	if err == nil {
		p.Number = n.Format()
	}
	return s.showCard(w, r, http.StatusOK, p, nil)
}

func (s *Service) showCard(w http.ResponseWriter, r *web.Request, status int, p cardPage, err error) error {
	p.Page = r.Page(w, r.L.T("cards.enter.title")).WithErrors(err)
	p.Page.Path = cardPath
	quietly(w, &p.Page)
	return r.RenderStatus(w, status, cardView(p))
}

func (s *Service) postCard(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx := r.Context()
	p := cardPage{Number: r.PostFormValue("nr"), Next: localOr(r.Value("dalej"), "")}
	n, secret, err := readCard(r.PostFormValue("nr"), r.PostFormValue("kod"))
	if err == nil {
		err = s.checkCard(ctx, r.Network(), n, secret, r.PostFormValue("bilet"))
	}
	if err == nil {
		if err := s.rememberCard(ctx, n); err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		return r.Redirect(w, withNext(pinPath, p.Next))
	}
	var wait pause
	if errors.As(err, &wait) {
		p.Ticket = s.newTicket(r.Network(), n, s.now().Add(time.Duration(wait.seconds)*time.Second))
		w.Header().Set("Retry-After", strconv.FormatInt(wait.seconds, 10))
		return s.showCard(w, r, http.StatusTooManyRequests, p, atField(wait.Unwrap(), "kod"))
	}
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showCard(w, r, e.Kind.Status(), p, err)
	}
	return err
}

// readCard reads what was typed. A slip is told at its field and is no guess.
func readCard(number, secret string) (card.Number, card.Secret, error) {
	var slips []fault.Field
	n, err := card.ParseNumber(number)
	if e := fault.As(err); e != nil {
		slips = append(slips, fault.Field{Name: "nr", Key: e.Key, Args: e.Args})
	}
	k, err := card.Parse(secret)
	if e := fault.As(err); e != nil {
		slips = append(slips, fault.Field{Name: "kod", Key: e.Key, Args: e.Args})
	}
	return n, k, fault.InvalidFields(slips)
}

// atField tells a fault at a field of the form.
func atField(err error, name string) error {
	e := fault.As(err)
	return &fault.Error{Kind: e.Kind, Key: e.Key, Args: e.Args, Fields: []fault.Field{{Name: name, Key: e.Key, Args: e.Args}}}
}

// pinPage asks for the PIN, or for a new one at the first use.
type pinPage struct {
	web.Page
	Card    livingCard
	First   bool
	Used    string
	Chosen  []string // pictures so far
	Confirm bool     // show them once more before they are kept
	Next    string
}

// The fields of the PIN.
const (
	pictureField = "obrazek"
	wordField    = "slowo"
	stepField    = "krok"
)

func pinField(kind string) string {
	if kind == wordPIN {
		return wordField
	}
	return pictureField
}

func (s *Service) getPIN(w http.ResponseWriter, r *web.Request) error {
	c, err := s.cardAtHand(r.Context())
	if err != nil {
		return s.noCardAtHand(w, r, err)
	}
	return s.showPIN(w, r, http.StatusOK, pinPage{Card: c}, nil)
}

// noCardAtHand leads back to the first step.
func (s *Service) noCardAtHand(w http.ResponseWriter, r *web.Request, err error) error {
	if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Redirect(w, withNext(cardPath, r.Value("dalej")))
}

func (s *Service) showPIN(w http.ResponseWriter, r *web.Request, status int, p pinPage, err error) error {
	p.First = p.Card.PIN == ""
	title := "cards.pin.title"
	if p.First {
		title = "cards.pin.title_first"
	}
	p.Page = r.Page(w, r.L.T(title)).WithErrors(err)
	p.Page.Path = cardPath
	p.Next = localOr(r.Value("dalej"), "")
	if p.Card.UsedAt != nil {
		p.Used = r.L.DateTime(time.Unix(*p.Card.UsedAt, 0).In(web.Warsaw))
	}
	quietly(w, &p.Page)
	return r.RenderStatus(w, status, pinView(p))
}

func (s *Service) postPIN(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	c, err := s.cardAtHand(r.Context())
	if err != nil {
		return s.noCardAtHand(w, r, err)
	}
	// The history of a browser keeps forms that were answered with a page: those
	// of an earlier pupil, sent again after their card was brought once more,
	// would choose their pictures.
	if step := r.PostFormValue(stepField); step != "" && step != c.Step {
		w.Header().Set("Cache-Control", "no-store")
		return r.Redirect(w, withNext(pinPath, r.Value("dalej")))
	}
	p := pinPage{Card: c}
	if word := r.PostFormValue(wordField); word == "" && !r.PostForm.Has(wordField) {
		p.Chosen = r.PostForm[pictureField]
		if len(p.Chosen) < card.PicturesInPIN && known(p.Chosen) {
			return s.showPIN(w, r, http.StatusOK, p, nil) // the next picture
		}
	}
	if c.PIN == "" {
		return s.firstPIN(w, r, p)
	}
	pin, err := s.readPIN(r, p.Chosen)
	if err == nil {
		err = s.checkPIN(r.Context(), c, pin)
	}
	if err != nil {
		return s.refusePIN(w, r, c, err)
	}
	r.Notify(w, "notice.cards.in", "at", r.L.DateTime(time.Unix(*c.UsedAt, 0).In(web.Warsaw)))
	return s.enter(w, r, c.Person, ByCard, oneStep)
}

func known(pictures []string) bool {
	for _, name := range pictures {
		if !isPicture(name) {
			return false
		}
	}
	return true
}

func isPicture(name string) bool {
	for _, p := range card.Pictures() {
		if p == name {
			return true
		}
	}
	return false
}

// readPIN takes what was typed or picked at a later sign-in.
func (s *Service) readPIN(r *web.Request, pictures []string) (card.PIN, error) {
	if r.PostForm.Has(wordField) {
		return card.ReadWord(r.PostFormValue(wordField))
	}
	return card.ReadPictures(pictures)
}

// firstPIN takes a new PIN. Pictures are shown once more before they are kept,
// a word is typed twice.
func (s *Service) firstPIN(w http.ResponseWriter, r *web.Request, p pinPage) error {
	pin, err := s.newPIN(r, p)
	if err == nil && pin.OfPictures() && r.Value("pewne") == "" {
		p.Confirm = true
		return s.showPIN(w, r, http.StatusOK, p, nil)
	}
	if err == nil {
		err = s.choosePIN(r.Context(), p.Card, pin)
	}
	if err != nil {
		return s.refusePIN(w, r, p.Card, err)
	}
	r.Notify(w, "notice.cards.first")
	return s.enter(w, r, p.Card.Person, ByCard, oneStep)
}

func (s *Service) newPIN(r *web.Request, p pinPage) (card.PIN, error) {
	if !r.PostForm.Has(wordField) {
		return card.ChoosePictures(p.Chosen)
	}
	word := r.PostFormValue(wordField)
	if word != r.PostFormValue("slowo2") {
		return card.PIN{}, fault.New(fault.Invalid, "cards.fault.not_twice")
	}
	names, err := s.institutionName(r, p.Card.Institution)
	if err != nil {
		return card.PIN{}, err
	}
	return card.ChooseWord(word, p.Card.Name, string(p.Card.Number), names)
}

func (s *Service) institutionName(r *web.Request, id InstitutionID) (string, error) {
	if s.directory == nil {
		return "", nil
	}
	names, err := s.directory.Names(r.Context(), []InstitutionID{id})
	return names[id], err
}

// refusePIN shows the page anew with what is wrong.
func (s *Service) refusePIN(w http.ResponseWriter, r *web.Request, c livingCard, err error) error {
	var wait pause
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.FormatInt(wait.seconds, 10))
		err := fault.New(fault.TooMany, "cards.fault.wait_pin", "n", wait.seconds)
		return s.showPIN(w, r, http.StatusTooManyRequests, pinPage{Card: c}, atField(err, pinField(c.Kind)))
	}
	e := fault.As(err)
	if e == nil || e.Kind != fault.Invalid {
		return err
	}
	if len(e.Fields) == 0 {
		field := pictureField
		if r.PostForm.Has(wordField) {
			field = wordField
		}
		err = atField(err, field)
	}
	return s.showPIN(w, r, e.Kind.Status(), pinPage{Card: c}, err)
}

type finishedPage struct{ web.Page }

// getFinished ends a session at a shared computer, and no other one, and says
// that everything is over. A browser comes here by itself after three minutes
// without a click. The page is drawn after a second visit, to a stranger.
func (s *Service) getFinished(w http.ResponseWriter, r *web.Request) error {
	a := ActorOf(r.Request)
	if a.SignedIn() && !a.Shared {
		web.LeaveNothing(w)
		return r.Redirect(w, home(a))
	}
	halfway := s.session(r.Context()).Asked[cardStepKey] != "" // brought a card, and went away
	if a.SignedIn() || halfway {
		if err := s.sessions.Destroy(r.Context()); err != nil {
			return err
		}
		return r.FinishShared(w)
	}
	web.LeaveNothing(w)
	r.StayShared(w)
	p := finishedPage{r.Page(w, r.L.T("cards.finished.title"))}
	p.NoIndex = true
	return r.Render(w, finishedView(p))
}
