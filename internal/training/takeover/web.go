package takeover

import (
	"errors"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Addresses of the package.
const (
	Path      = "/osrodek/przejecie"
	PairsPath = "/osrodek/powtorzenia"
)

const (
	centerField = "osrodek"
	fileField   = "plik"
	stateField  = "stan"
	pairsOnPage = 20
)

// parts are the kinds by what stands in addresses.
var parts = []struct{ Path, Kind string }{{"szkolenia", Trainings}, {"uczestnicy", Participants}, {"dokumenty", Certificates}}

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell) {
	may := access.Can(access.ImportTrainings)
	sh.Handle("GET "+Path, may, s.getTakeover)
	sh.Handle("GET "+Path+"/{what}/wzor.csv", may, s.getTemplate)
	sh.Handle("POST "+Path+"/{what}", may, s.postSheet, web.Body(Limits().Bytes+64<<10))
	sh.Handle("GET "+PairsPath, may, s.getPairs)
	sh.Handle("POST "+PairsPath, may, s.postLook, web.Idempotent())
	sh.Handle("GET "+PairsPath+"/{id}", may, s.getPair)
	sh.Handle("POST "+PairsPath+"/{id}", may, s.postPair, web.Idempotent())
}

// centerOf is the center that a page is about: the one asked for, or the only one.
// A center where the actor does not import is not there.
func centerOf(r *web.Request) (access.InstitutionID, error) {
	all := Centers(access.ActorOf(r.Request))
	asked := access.InstitutionID(r.URL.Query().Get(centerField))
	switch {
	case len(all) == 0:
		return "", fault.New(fault.Forbidden, "fault.forbidden")
	case asked == "":
		return all[0], nil
	case slices.Contains(all, asked):
		return asked, nil
	}
	return "", fault.ErrNotFound
}

// centerLinks let somebody choose who takes over at several centers.
func (s *Service) centerLinks(r *web.Request, path string, here access.InstitutionID) (links []web.Link, name string, err error) {
	all := Centers(access.ActorOf(r.Request))
	names, err := s.Directory.Names(r.Context(), all)
	if len(all) > 1 {
		for _, id := range all {
			links = append(links, web.Link{Text: names[id], Href: path + "?" + centerField + "=" + string(id), Current: id == here})
		}
	}
	return links, names[here], err
}

type takeoverPage struct {
	web.Page
	Center  string
	Centers []web.Link
	Parts   []partView
	Next    web.Step
	Pairs   string
}

type partView struct {
	Kind, Title, Lead, Action, Template string
	Columns                             []string
	Input                               web.Input
}

func (s *Service) takeoverPage(w http.ResponseWriter, r *web.Request) (p takeoverPage, err error) {
	center, err := centerOf(r)
	if err != nil {
		return p, err
	}
	p = takeoverPage{Page: r.Page(w, r.L.T("takeover.title")), Pairs: PairsPath + "?" + centerField + "=" + string(center)}
	p.NoIndex = true
	if p.Centers, p.Center, err = s.centerLinks(r, Path, center); err != nil {
		return p, err
	}
	for _, part := range parts {
		v := partView{Kind: part.Kind, Title: r.L.T("takeover.kind." + part.Kind), Lead: r.L.T("takeover.lead." + part.Kind),
			Action: Path + "/" + part.Path + "?" + centerField + "=" + string(center), Template: Path + "/" + part.Path + "/wzor.csv",
			Input: web.Input{Name: fileField + "-" + part.Path, Label: r.L.T("takeover.file"), Hint: r.L.T("takeover.file_hint", "n", r.L.Number(Limits().Rows)),
				Type: "file", Accept: ".xlsx,.csv,text/csv", Required: true}}
		for _, c := range columnsOf(part.Kind) {
			text := c.Titles[0]
			if c.Required {
				text = r.L.T("takeover.required", "column", text)
			}
			v.Columns = append(v.Columns, text)
		}
		p.Parts = append(p.Parts, v)
	}
	p.Next = web.Step{What: r.L.T("takeover.next"), Who: r.L.T("takeover.next_who"), When: r.L.T("takeover.next_when")}
	return p, nil
}

func columnsOf(kind string) []sheet.Column {
	switch kind {
	case Participants:
		return personColumns
	case Certificates:
		return paperColumns
	}
	return trainingColumns
}

func (s *Service) getTakeover(w http.ResponseWriter, r *web.Request) error {
	p, err := s.takeoverPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, takeoverView(p))
}

// partOf is the kind that stands in the address.
func partOf(r *web.Request) (path, kind string, err error) {
	for _, part := range parts {
		if part.Path == r.PathValue("what") {
			return part.Path, part.Kind, nil
		}
	}
	return "", "", fault.ErrNotFound
}

// examples are the rows of the sheets to fill in: invented.
var examples = map[string]map[string]string{
	Trainings: {"code": "W-17/2023", "title": "Matematyka w ruchu", "form": "warsztat", "first": "2023-03-05", "last": "2023-03-06", "hours": "8",
		"place": "Kraków, ul. Lubelska 23", "trainers": "Zofia Przykładna; Jan Wzorcowy"},
	Participants: {"code": "W-17/2023", "email": "anna.przykladna@example.org", "institution": "Szkoła Podstawowa nr 1", "attended": "8", "done": "tak", "name": "Anna Przykładna"},
	Certificates: {"number": "17/WZ/2023", "kind": "zaświadczenie", "title": "Matematyka w ruchu", "hours": "8", "first": "2023-03-05", "last": "2023-03-06", "issued": "2023-03-07",
		"birth": "1980-05-01", "birthplace": "Kraków", "institution": "Szkoła Podstawowa nr 1", "code": "W-17/2023", "name": "Anna Przykładna"},
}

// getTemplate is a sheet to fill in, with one invented row.
func (s *Service) getTemplate(w http.ResponseWriter, r *web.Request) error {
	path, kind, err := partOf(r)
	if err != nil {
		return err
	}
	var header, row []string
	for _, c := range columnsOf(kind) {
		if c.Name == "given" || c.Name == "surname" || c.Name == "center" {
			continue // another way to say the same
		}
		if kind == Participants && (c.Name == "title" || c.Name == "first") {
			continue
		}
		header, row = append(header, c.Titles[0]), append(row, examples[kind][c.Name])
	}
	w.Header().Set("Content-Type", sheet.CSV.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+sheet.CSV.File("wzor-"+path)+`"`)
	var rows iter.Seq2[[]string, error] = func(yield func([]string, error) bool) { yield(row, nil) }
	return sheet.Write(w, sheet.CSV, "", header, rows)
}

// postSheet reads the sheet while it arrives and leads to its difference.
func (s *Service) postSheet(w http.ResponseWriter, r *web.Request) error {
	path, kind, err := partOf(r)
	if err != nil {
		return err
	}
	center, err := centerOf(r)
	if err != nil {
		return err
	}
	field := fileField + "-" + path
	b, err := s.uploaded(r, kind, center, field)
	if err == nil {
		return r.Redirect(w, importing.Path(b.ID))
	}
	e := fault.As(err)
	if e == nil || e.Kind != fault.Invalid && e.Kind != fault.TooLarge {
		return err
	}
	p, pageErr := s.takeoverPage(w, r)
	if pageErr != nil {
		return pageErr
	}
	p.Page = p.WithErrors(fault.InvalidFields([]fault.Field{{Name: field, Key: e.Key, Args: e.Args}}))
	return r.RenderStatus(w, e.Kind.Status(), takeoverView(p))
}

func (s *Service) uploaded(r *web.Request, kind string, center access.InstitutionID, field string) (importing.Batch, error) {
	part, err := filePart(r, field)
	if err != nil {
		return importing.Batch{}, err
	}
	b, err := s.Preview(r.Context(), access.ActorOf(r.Request), kind, center, strings.ToValidUTF8(part.FileName(), "?"), part)
	return b, partFault(err)
}

// filePart finds the file among the parts of the form.
func filePart(r *web.Request, field string) (*multipart.Part, error) {
	all, err := r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.BadRequest, "fault.bad_request")
	}
	for {
		part, err := all.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "takeover.fault.no_file")
		}
		if err != nil {
			return nil, partFault(err)
		}
		if part.FormName() != field {
			continue
		}
		if part.FileName() == "" {
			return nil, fault.New(fault.Invalid, "takeover.fault.no_file")
		}
		return part, nil
	}
}

// partFault tells a body that is too long or was broken off from other faults.
func partFault(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "sheet.fault.too_large", "n", Limits().Bytes>>20)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return err
}

type pairsPage struct {
	web.Page
	Center  string
	Centers []web.Link
	States  []web.Link
	State   PairState
	Pairs   []pairView
	Look    string
	Pager   web.Pager
}

type pairView struct {
	Pair
	Href   string
	Why    web.Reason
	Sides  []sideView
	Kept   string // the name of who stays
	Decide bool
}

// sideView is one of two participants beside each other.
type sideView struct {
	Face, Name, Email, Institution, Birth string
	Account                               bool
	Rows                                  Gathered
}

func (s *Service) getPairs(w http.ResponseWriter, r *web.Request) error {
	center, err := centerOf(r)
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	state := PairState(r.URL.Query().Get(stateField))
	if state != PairMerged && state != PairApart {
		state = PairOpen
	}
	p := pairsPage{Page: r.Page(w, r.L.T("takeover.pairs.title"), web.Link{Text: r.L.T("takeover.title"), Href: Path}), State: state,
		Look: PairsPath + "?" + centerField + "=" + string(center)}
	p.NoIndex = true
	if p.Centers, p.Center, err = s.centerLinks(r, PairsPath, center); err != nil {
		return err
	}
	for _, one := range []PairState{PairOpen, PairMerged, PairApart} {
		p.States = append(p.States, web.Link{Text: r.L.T("takeover.pairs.state." + string(one)), Href: p.Look + "&" + stateField + "=" + string(one), Current: one == state})
	}
	pairs, err := s.Pairs(r.Context(), access.ActorOf(r.Request), center, state, at.ID, pairsOnPage+1)
	if err != nil {
		return err
	}
	if len(pairs) > pairsOnPage {
		pairs = pairs[:pairsOnPage]
		p.Pager.Next = web.WithQuery(r.URL, "od", web.Cursor{ID: pairs[pairsOnPage-1].ID}.String())
	}
	if at.ID != "" {
		p.Pager.First = web.WithQuery(r.URL, "", "", "od")
	}
	for _, pair := range pairs {
		v, err := s.pairView(r, pair)
		if fault.KindOf(err) == fault.NotFound {
			continue // nobody is behind it any more; the next look takes it away
		}
		if err != nil {
			return err
		}
		p.Pairs = append(p.Pairs, v)
	}
	return r.Render(w, pairsView(p))
}

func (s *Service) pairView(r *web.Request, pair Pair) (v pairView, err error) {
	v = pairView{Pair: pair, Href: PairsPath + "/" + pair.ID, Decide: pair.State == PairOpen}
	for _, id := range []string{pair.A, pair.B} {
		side, err := s.sideView(r, id)
		if err != nil {
			return v, err
		}
		v.Sides = append(v.Sides, side)
		if id == pair.Kept {
			v.Kept = side.Name
		}
	}
	v.Why = web.Reason{Text: r.L.T("takeover.why." + string(pair.Reason)), Rule: r.L.T("takeover.why.rule"), About: v.Sides[0].Name}
	return v, nil
}

func (s *Service) sideView(r *web.Request, id string) (v sideView, err error) {
	row, err := s.rowOf(r.Context(), s.db, id)
	if err != nil {
		return v, err
	}
	v = sideView{Face: id, Name: row.Name, Email: row.Email, Institution: row.Typed, Account: row.Person != ""}
	if row.Birth != "" {
		v.Birth = r.L.DateText(row.Birth)
	}
	if row.Institution != "" {
		i, err := directory.ByID(r.Context(), s.db, access.InstitutionID(row.Institution))
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return v, err
		}
		v.Institution = i.Name
	}
	v.Rows, err = gatheredBy(r.Context(), s.db, []string{id})
	return v, err
}

func (s *Service) postLook(w http.ResponseWriter, r *web.Request) error {
	center, err := centerOf(r)
	if err != nil {
		return err
	}
	if err := s.Look(r.Context(), center); err != nil {
		return err
	}
	r.Notify(w, "notice.takeover.looked")
	return r.Redirect(w, PairsPath+"?"+centerField+"="+string(center))
}

type pairPage struct {
	web.Page
	Pair     pairView
	Gathered *Gathered // of a merge: everything together
	Next     web.Step
}

func (s *Service) getPair(w http.ResponseWriter, r *web.Request) error {
	pair, err := s.Pair(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	back := PairsPath + "?" + centerField + "=" + string(pair.Center)
	p := pairPage{Page: r.Page(w, r.L.T("takeover.pair.title"), web.Link{Text: r.L.T("takeover.title"), Href: Path}, web.Link{Text: r.L.T("takeover.pairs.title"), Href: back})}
	p.NoIndex = true
	if p.Pair, err = s.pairView(r, pair); err != nil {
		return err
	}
	if pair.State == PairMerged {
		faces, err := together(r.Context(), s.db, pair.Kept)
		if err != nil {
			return err
		}
		g, err := gatheredBy(r.Context(), s.db, faces)
		if err != nil {
			return err
		}
		p.Gathered = &g
	}
	p.Next = web.Step{What: r.L.T("takeover.pair.next." + string(pair.State)), Who: r.L.T("takeover.next_who")}
	return r.Render(w, pairPageView(p))
}

func (s *Service) postPair(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who, id := access.ActorOf(r.Request), r.PathValue("id")
	revision, err := strconv.ParseInt(r.Value("wersja"), 10, 64)
	if err != nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	notice := ""
	switch decision := r.Value("decyzja"); decision {
	case "osobno":
		notice, err = "notice.takeover.apart", s.KeepApart(r.Context(), who, id, revision)
	case "cofnij":
		notice, err = "notice.takeover.reopened", s.Reopen(r.Context(), who, id, revision)
	default:
		kept, merge := strings.CutPrefix(decision, "zostaje-")
		if !merge {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
		notice, err = "notice.takeover.merged", s.Merge(r.Context(), who, id, kept, revision)
	}
	if err != nil {
		return err
	}
	pair, err := s.Pair(r.Context(), who, id)
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	if pair.State == PairMerged {
		return r.Redirect(w, PairsPath+"/"+id)
	}
	return r.Redirect(w, PairsPath+"?"+centerField+"="+string(pair.Center))
}

func dayText(p web.Page, at int64) string {
	if at == 0 {
		return "–"
	}
	return p.L.Date(time.Unix(at, 0).In(web.Warsaw))
}

func stateText(p web.Page, st training.State) string { return p.T("training.status." + string(st)) }

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
