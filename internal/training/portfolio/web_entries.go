package portfolio

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

// entryPage is the form of an entry, and what becomes of it.
type entryPage struct {
	web.Page
	Action   string
	New      bool
	V        url.Values
	Revision string
	Forms    []web.Choice
	Scan     string // its name
	ScanHref string
	Sent     string // a scan that came with a form that was refused
	State    State
	Badge    string
	Kind     string
	Said     string // who confirmed, where and when
	Why      *web.Reason
	Next     web.Step
	Places   []web.Choice
	Note     string
	Stop     string
}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	return s.showNew(w, r, url.Values{}, "", nil)
}

func (s *Service) showNew(w http.ResponseWriter, r *web.Request, v url.Values, sent string, wrong error) error {
	if err := own(access.ActorOf(r.Request)); err != nil {
		return err
	}
	p := s.entryForm(w, r, r.L.T("portfolio.new"), v, sent, wrong)
	p.Action, p.New = Path+"/nowe", true
	return r.RenderStatus(w, statusOf(wrong), entryView(p))
}

func (s *Service) entryForm(w http.ResponseWriter, r *web.Request, title string, v url.Values, sent string, wrong error) entryPage {
	p := entryPage{Page: r.Page(w, title, web.Link{Text: r.L.T("portfolio.title"), Href: Path}).WithErrors(wrong), V: v, Sent: sent}
	p.NoIndex = true
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		p.Stop = r.L.T(e.Key, e.Args...)
	}
	for _, f := range Forms() {
		p.Forms = append(p.Forms, web.Choice{Value: f, Label: formName(r.L, f)})
	}
	return p
}

func statusOf(wrong error) int {
	if e := fault.As(wrong); e != nil {
		return e.Kind.Status()
	}
	return http.StatusOK
}

// sentForm is a form of an entry as it came in.
type sentForm struct {
	V    url.Values
	Scan files.ID
}

// receive reads a form with its scan. A scan that came with a form that was
// refused before is named by it, so that it need not be sent again: only who
// sent it can claim it.
func (s *Service) receive(r *web.Request) (f sentForm, err error) {
	who := access.ActorOf(r.Request)
	if err := own(who); err != nil {
		return f, err
	}
	form, err := s.Files.Receive(r, who.By(), use, "skan")
	f.V, f.Scan = form.Values, form.File.ID
	if f.Scan == "" && err == nil {
		if id := f.V.Get("przyslany"); known(id) == nil {
			f.Scan = files.ID(id)
		}
	}
	return f, err
}

func (f sentForm) words() Words {
	hours, _ := strconv.Atoi(strings.TrimSpace(f.V.Get("godziny"))) // no number is a fault of the field
	return Words{Title: f.V.Get("tytul"), Issuer: f.V.Get("organizator"), Form: f.V.Get("forma"), Hours: hours, DoneOn: strings.TrimSpace(f.V.Get("dzien"))}
}

// shown tells whether a fault is shown with the form, which keeps its words.
func shown(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Invalid || kind == fault.Conflict)
}

func (s *Service) postNew(w http.ResponseWriter, r *web.Request) error {
	f, err := s.receive(r)
	if err == nil {
		_, err = s.Add(r.Context(), access.ActorOf(r.Request), f.words(), f.Scan)
	}
	if shown(err) && f.V != nil {
		return s.showNew(w, r, f.V, string(f.Scan), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.portfolio.added")
	return r.Redirect(w, Path+"?rok="+strconv.Itoa(yearOf(f.words().DoneOn)))
}

func (s *Service) getEntry(w http.ResponseWriter, r *web.Request) error {
	return s.showEntry(w, r, nil, "", nil)
}

func (s *Service) showEntry(w http.ResponseWriter, r *web.Request, v url.Values, sent string, wrong error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.Entry(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	if v == nil {
		v = url.Values{"tytul": {e.Title}, "organizator": {e.Issuer}, "forma": {e.Form}, "godziny": {strconv.Itoa(e.Hours)}, "dzien": {e.DoneOn}}
	}
	p := s.entryForm(w, r, r.L.T("portfolio.entry"), v, sent, wrong)
	p.Action, p.Revision, p.State, p.Note = entryPath(e.ID), strconv.FormatInt(e.Revision, 10), e.State, notePath(keyOf(External, e.ID))
	if e.Scan != "" {
		f, err := s.Files.Find(ctx, ownerOf(e.ID), files.ID(e.Scan))
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		p.Scan, p.ScanHref = f.Name, entryPath(e.ID)+"/skan"
	}
	if err := s.addState(r, &p, e); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(wrong), entryView(p))
}

// addState says what the head said, and what can be done next.
func (s *Service) addState(r *web.Request, p *entryPage, e Entry) error {
	ctx := r.Context()
	p.Badge, p.Kind = stateBadge(r.L, e.State)
	people, err := s.People.NamesOf(ctx, []string{e.DecidedBy})
	if err != nil {
		return err
	}
	switch e.State {
	case Asked:
		names, err := s.Directory.Names(ctx, []access.InstitutionID{e.AskAt})
		if err != nil {
			return err
		}
		p.Said = r.L.T("portfolio.next.since", "date", r.L.Date(localTime(time.Unix(e.AskedAt, 0))))
		p.Next = web.Step{What: r.L.T("portfolio.next.asked"), Who: r.L.T("portfolio.next.head", "place", names[e.AskAt])}
		return nil
	case Confirmed:
		p.Said = confirmedText(r.L, e, people)
		reason := e.Reason
		if reason == "" {
			reason = r.L.T("portfolio.seen")
		}
		p.Why = &web.Reason{Text: reason, Human: true}
		return nil
	case Refused:
		who := people[e.DecidedBy]
		if who == "" {
			who = r.L.T("role." + string(e.DecidedRole))
		}
		p.Said = r.L.T("portfolio.refused", "place", e.Place, "who", who, "date", r.L.Date(localTime(time.Unix(e.DecidedAt, 0))))
		p.Why = &web.Reason{Text: e.Reason, Human: true}
	}
	ids, names, err := s.Places(ctx, access.ActorOf(r.Request))
	for _, id := range ids {
		p.Places = append(p.Places, web.Choice{Value: string(id), Label: names[id]})
	}
	return err
}

func (s *Service) postEntry(w http.ResponseWriter, r *web.Request) error {
	f, err := s.receive(r)
	if err == nil {
		err = s.Change(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), Change{Words: f.words(), Revision: revisionOf(f.V.Get("wersja")), Scan: f.Scan,
			Drop: f.V.Get("bez-skanu") != ""})
	}
	if shown(err) && f.V != nil {
		return s.showEntry(w, r, f.V, string(f.Scan), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.portfolio.changed")
	return r.Redirect(w, entryPath(r.PathValue("id")))
}

func revisionOf(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64) // what is none fits no row
	return n
}

func (s *Service) postRemove(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	var err error
	if r.Value("potwierdzam") == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "portfolio.fault.sure"}})
	} else {
		err = s.Remove(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), revisionOf(r.Value("wersja")))
	}
	return s.after(w, r, err, Path, "notice.portfolio.removed")
}

func (s *Service) postAsk(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.Ask(r.Context(), access.ActorOf(r.Request), id, revisionOf(r.Value("wersja")), access.InstitutionID(r.Value("placowka")))
	return s.after(w, r, err, entryPath(id), "notice.portfolio.asked")
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.Withdraw(r.Context(), access.ActorOf(r.Request), id, revisionOf(r.Value("wersja")))
	return s.after(w, r, err, entryPath(id), "notice.portfolio.withdrawn")
}

// after goes on when all went well; what was refused is shown with the entry.
func (s *Service) after(w http.ResponseWriter, r *web.Request, err error, path, notice string) error {
	if shown(err) {
		return s.showEntry(w, r, nil, "", err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, path)
}

func (s *Service) getScan(w http.ResponseWriter, r *web.Request) error {
	e, err := s.Entry(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.Files.Serve(w, r, ownerOf(e.ID), files.ID(e.Scan))
}

// notePage is the private note about an item.
type notePage struct {
	web.Page
	Action   string
	Item     string
	Text     string
	Revision string
	Stop     string
}

func (s *Service) getNote(w http.ResponseWriter, r *web.Request) error {
	return s.showNote(w, r, nil)
}

func (s *Service) showNote(w http.ResponseWriter, r *web.Request, wrong error) error {
	i, n, err := s.NoteOf(r.Context(), access.ActorOf(r.Request), r.PathValue("item"))
	if err != nil {
		return err
	}
	p := notePage{Page: r.Page(w, r.L.T("portfolio.note.title"), web.Link{Text: r.L.T("portfolio.title"), Href: Path}).WithErrors(wrong), Action: notePath(i.Key),
		Item: i.Title, Text: n.Text, Revision: strconv.FormatInt(n.Revision, 10)}
	p.NoIndex = true
	if wrong != nil {
		p.Text = r.Value("notatka")
		if e := fault.As(wrong); len(e.Fields) == 0 {
			p.Stop = r.L.T(e.Key, e.Args...)
		}
	}
	return r.RenderStatus(w, statusOf(wrong), noteView(p))
}

func (s *Service) postNote(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.SetNote(r.Context(), access.ActorOf(r.Request), r.PathValue("item"), r.Value("notatka"), revisionOf(r.Value("wersja")))
	if shown(err) {
		return s.showNote(w, r, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.portfolio.noted")
	return r.Redirect(w, notePath(r.PathValue("item")))
}
