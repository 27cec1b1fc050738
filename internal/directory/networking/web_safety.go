package networking

import (
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// reportPage is the form by which something is reported.
type reportPage struct {
	web.Page
	Kind, ID string
	Text     string
	Back     string
	Reason   string
	Talk     bool // part of a talk can be attached
	Attach   bool
	Context  int
}

func (s *Service) getReport(w http.ResponseWriter, r *web.Request) error {
	return s.showReport(w, r, http.StatusOK, nil)
}

func (s *Service) showReport(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	x, err := s.piece(r.Context(), access.ActorOf(r.Request), r.Value("co"), r.Value("id"))
	if err != nil {
		return err
	}
	p := reportPage{Page: r.Page(w, r.L.T("networking.report"), web.Link{Text: r.L.T("networking.contacts"), Href: contactsPath}).WithErrors(fail),
		Kind: x.Kind, ID: x.ID, Text: x.Text, Back: x.Back, Reason: r.Value("powod"), Talk: x.Request != "", Attach: r.Value("rozmowa") == "tak", Context: mostContext}
	p.NoIndex = true
	return r.RenderStatus(w, status, reportView(p))
}

func (s *Service) postReport(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	back, err := s.Report(r.Context(), access.ActorOf(r.Request), r.Value("co"), r.Value("id"), r.Value("powod"), r.Value("rozmowa") == "tak")
	if e := refused(err); e != nil {
		return s.showReport(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.reported")
	return r.Redirect(w, back)
}

// blocksPage is the list of those whom the reader blocked.
type blocksPage struct {
	web.Page
	People []blockedItem
}

type blockedItem struct{ ID, Name, Since string }

func (s *Service) getBlocks(w http.ResponseWriter, r *web.Request) error {
	list, err := s.Blocks(r.Context(), access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	var people []string
	for _, b := range list {
		people = append(people, b.Person)
	}
	names, err := s.wordsFor(r.Context(), r.L, nil, people, nil)
	if err != nil {
		return err
	}
	p := blocksPage{Page: r.Page(w, r.L.T("networking.blocks"))}
	p.NoIndex = true
	for _, b := range list {
		p.People = append(p.People, blockedItem{b.Person, names.person(b.Person), r.L.Date(unix(b.At))})
	}
	return r.Render(w, blocksView(p))
}

func (s *Service) postBlock(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if _, err := s.Block(r.Context(), access.ActorOf(r.Request), r.Value("co"), r.Value("id")); err != nil {
		return err
	}
	r.Notify(w, "notice.networking.blocked")
	return r.Redirect(w, blocksPath)
}

func (s *Service) postUnblock(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.Unblock(r.Context(), access.ActorOf(r.Request), r.Value("osoba")); err != nil {
		return err
	}
	r.Notify(w, "notice.networking.unblocked")
	return r.Redirect(w, blocksPath)
}

// hintsPage is who is suggested to others.
type hintsPage struct {
	web.Page
	Rows []hintRow
}

type hintRow struct {
	Name, Institution string
	Out               bool
}

func (s *Service) getHints(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := hintsPage{Page: r.Page(w, r.L.T("networking.hints"))}
	p.NoIndex = true
	if who.For == "" {
		out, err := s.LeftOut(ctx, ownPerson, string(who.Person))
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, hintRow{Name: r.L.T("networking.hints.me"), Out: out})
	}
	places, err := s.places(ctx, who)
	if err != nil {
		return err
	}
	names, err := s.wordsFor(ctx, r.L, nil, nil, places)
	if err != nil {
		return err
	}
	for _, id := range places {
		out, err := s.LeftOut(ctx, ownInstitution, id)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, hintRow{names.place(id), id, out})
	}
	return r.Render(w, hintsView(p))
}

func (s *Service) postHints(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	out := r.Value("pomijac") == "tak"
	if err := s.LeaveOut(r.Context(), access.ActorOf(r.Request), r.Value("instytucja"), out); err != nil {
		return err
	}
	notice := "notice.networking.suggested"
	if out {
		notice = "notice.networking.left_out"
	}
	r.Notify(w, notice)
	return r.Redirect(w, hintsPath)
}

// casesPage lists reports for moderators.
type casesPage struct {
	web.Page
	Open, Done []caseItem
}

type caseItem struct{ Href, Kind, When, State, Mark string }

func (s *Service) getCases(w http.ResponseWriter, r *web.Request) error {
	p := casesPage{Page: r.Page(w, r.L.T("networking.cases"), web.Link{Text: r.L.T("nav.administration"), Href: "/administracja"})}
	p.NoIndex = true
	for _, part := range []struct {
		open bool
		into *[]caseItem
	}{{true, &p.Open}, {false, &p.Done}} {
		list, err := s.Reports(r.Context(), access.ActorOf(r.Request), part.open)
		if err != nil {
			return err
		}
		for _, x := range list {
			mark := ""
			if part.open {
				mark = "warn"
			}
			*part.into = append(*part.into, caseItem{casesPath + "/" + x.ID, r.L.T("networking.piece." + x.Kind), r.L.DateTime(unix(x.CreatedAt)),
				r.L.T("networking.case." + x.State), mark})
		}
	}
	return r.Render(w, casesView(p))
}

// casePage is one report.
type casePage struct {
	web.Page
	Path     string
	Kind     string
	When     string
	Reason   string
	Text     string
	Quotes   []Quoted
	Person   string
	State    string
	Open     bool
	Decided  *web.Reason
	Verdict  string
	Words    string
	Until    string
	Verdicts []web.Choice
}

func (s *Service) getCase(w http.ResponseWriter, r *web.Request) error {
	return s.showCase(w, r, http.StatusOK, nil)
}

func (s *Service) showCase(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	x, err := s.OpenReport(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	names, err := s.wordsFor(r.Context(), r.L, nil, []string{x.Person}, nil)
	if err != nil {
		return err
	}
	p := casePage{Page: r.Page(w, r.L.T("networking.case"), web.Link{Text: r.L.T("nav.administration"), Href: "/administracja"},
		web.Link{Text: r.L.T("networking.cases"), Href: casesPath}).WithErrors(fail), Path: casesPath + "/" + x.ID, Kind: r.L.T("networking.piece." + x.Kind),
		When: r.L.DateTime(unix(x.CreatedAt)), Reason: x.Reason, Text: x.Piece, Quotes: x.Quotes(), Person: names.person(x.Person),
		State: r.L.T("networking.case." + x.State), Open: x.State == stateOpen, Verdict: r.Value("rozstrzygniecie"), Words: r.Value("uzasadnienie"), Until: r.Value("do")}
	p.NoIndex = true
	for _, v := range []string{Dismissed, Hidden, Suspended} {
		p.Verdicts = append(p.Verdicts, web.Choice{Value: v, Label: r.L.T("networking.verdict." + v), Hint: r.L.T("networking.verdict." + v + "_hint")})
	}
	if !p.Open && x.Words != "" {
		p.Decided = &web.Reason{Text: x.Words, Human: true}
	}
	return r.RenderStatus(w, status, caseView(p))
}

func (s *Service) postCase(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	err := s.Decide(r.Context(), who, r.PathValue("id"), Verdict{r.Value("rozstrzygniecie"), r.Value("uzasadnienie"), r.Value("do")})
	if e := refused(err); e != nil {
		return s.showCase(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.decided")
	return r.Redirect(w, casesPath)
}

// desk is what waits for the person: requests, introductions, and reports for
// moderators.
func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.SignedIn() {
		return nil, nil
	}
	var items []web.DeskItem
	add := func(rank, n int, key, href string) {
		if n > 0 {
			items = append(items, web.DeskItem{Rank: rank, Title: r.L.N("networking.desk."+key, n), Text: r.L.T("networking.desk." + key + "_text"), Href: href})
		}
	}
	waiting, err := s.Waiting(ctx, who)
	if err != nil {
		return nil, err
	}
	add(15, waiting, "requests", contactsPath)
	if who.May(access.UseContacts) && who.For == "" {
		n, err := s.introsWaiting(r, who)
		if err != nil {
			return nil, err
		}
		add(16, n, "intros", contactsPath)
	}
	if who.May(access.ModerateContacts) {
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from directory_contact_reports where state = ?`, stateOpen); err != nil {
			return nil, err
		}
		add(10, n, "reports", casesPath)
	}
	return items, nil
}

func (s *Service) introsWaiting(r *web.Request, who access.Actor) (n int, err error) {
	list, err := s.Introductions(r.Context(), who)
	me, now := string(who.Person), s.now()
	for _, i := range list {
		if i.StateAt(now) == stateOpen && (i.First == me && i.FirstSays == "" || i.Second == me && i.SecondSays == "") {
			n++
		}
	}
	return n, err
}

// firstSteps: whoever may use contacts begins by saying what they help with.
func (s *Service) firstSteps(r *web.Request) ([]web.StepItem, error) {
	who := access.ActorOf(r.Request)
	if !who.May(access.UseContacts) || who.For != "" {
		return nil, nil
	}
	var n int
	err := s.db.Get(r.Context(), &n, `select count(*) from directory_network_entries where person = ?`, string(who.Person))
	return []web.StepItem{{Rank: 70, Title: r.L.T("networking.first"), Text: r.L.T("networking.first_text"), Href: listPath, Done: n > 0}}, err
}
