package importing

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// ListPath is the page that lists batches of all kinds.
const ListPath = "/administracja/wczytania"

// Path is the page of a batch.
func Path(id BatchID) string { return ListPath + "/" + string(id) }

const rowsOnPage = 50

// Names of fields in forms and addresses.
const (
	choiceField = "wybor"  // of one line, with "-" and its number
	wholeField  = "calosc" // of all lines of the part
	scopeField  = "zakres"
	partField   = "co"
	textField   = "q"
)

// Doors are who may pass, and who asks.
type Doors struct {
	Office web.Guard              // may see imports of some kind; Who decides of which
	Who    func(*web.Request) Who // who asks
}

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	h := pages{s, d.Who}
	one := ListPath + "/{id}"
	sh.Handle("GET "+ListPath, d.Office, h.list)
	sh.Handle("GET "+one, d.Office, h.show)
	sh.Handle("GET "+one+"/postep", d.Office, h.progress)
	sh.Handle("GET "+one+"/wykaz", d.Office, h.export)
	sh.Handle("POST "+one+"/wybor", d.Office, h.choose)
	sh.Handle("POST "+one+"/zatwierdz", d.Office, h.approve, web.Idempotent())
	sh.Handle("POST "+one+"/odrzuc", d.Office, h.discard, web.Idempotent())
	sh.Handle("POST "+one+"/dokoncz", d.Office, h.resume, web.Idempotent())
	sh.Handle("GET "+one+"/cofniecie", d.Office, h.askUndo)
	sh.Handle("POST "+one+"/cofniecie", d.Office, h.undo, web.Idempotent())
}

type pages struct {
	*Service
	who func(*web.Request) Who
}

// listPage lists the batches that a person may see.
type listPage struct {
	web.Page
	Rows  []batchRow
	Pager web.Pager
	New   []web.Link
	Kinds []web.Link // of which kind; drawn for two or more
	Next  web.Step
}

type batchRow struct{ Href, Title, Kind, When, State, Tag, Figures string }

func (h pages) list(w http.ResponseWriter, r *web.Request) error {
	who := h.who(r)
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	created, err := numberIn(at)
	if err != nil {
		return err
	}
	sights, err := h.sees(r.Context(), who)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("importing.title"))}
	p.Lead, p.NoIndex = r.L.T("importing.lead"), true
	p.New, p.Kinds = h.kindLinks(r, who, sights)
	if kind := r.URL.Query().Get("rodzaj"); kind != "" {
		sights = slices.DeleteFunc(sights, func(g sight) bool { return g.kind != kind })
	}
	list, err := h.listBatches(r.Context(), sights, created, at.ID, at.Back, rowsOnPage)
	if err != nil {
		return err
	}
	for _, b := range list.Rows {
		p.Rows = append(p.Rows, h.rowOf(r, b))
	}
	if n := len(list.Rows); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, placeOf(list.Rows[0]), placeOf(list.Rows[n-1]), list.More)
	}
	p.Next = web.Step{What: r.L.T("importing.next.list"), Who: r.L.T("importing.who"), When: r.L.T("importing.when.list")}
	return r.Render(w, listView(p))
}

// kindLinks lead to where sources are read, and narrow the list to one kind.
func (h pages) kindLinks(r *web.Request, who Who, sights []sight) (read, narrow []web.Link) {
	asked := r.URL.Query().Get("rodzaj")
	narrow = []web.Link{{Text: r.L.T("importing.all_kinds"), Href: ListPath, Current: asked == ""}}
	for _, g := range sights {
		k, _ := h.kind(g.kind)
		title := r.L.T(k.TitleKey)
		narrow = append(narrow, web.Link{Text: title, Href: ListPath + "?rodzaj=" + url.QueryEscape(k.Name), Current: asked == k.Name})
		if k.NewPath != "" && mayDecideSomewhere(r.Context(), who, g) {
			read = append(read, web.Link{Text: title, Href: k.NewPath})
		}
	}
	if len(sights) < 2 {
		narrow = nil
	}
	return read, narrow
}

func mayDecideSomewhere(ctx context.Context, who Who, g sight) bool {
	if g.all {
		return who.may(ctx, Decide, g.kind, "") == nil
	}
	return slices.ContainsFunc(g.scopes, func(scope string) bool { return who.may(ctx, Decide, g.kind, scope) == nil })
}

// numberIn reads the number out of a place in a list: it is kept in a cursor as
// hex of one length, so that it orders as text does.
func numberIn(c web.Cursor) (int64, error) {
	if c.ID == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(c.Key, 16, 64)
	if err != nil || n > 1<<40 {
		return 0, fault.New(fault.BadRequest, "fault.cursor")
	}
	return n, nil
}

func placeOf(b Batch) web.Cursor {
	return web.Cursor{Key: fmt.Sprintf("%016x", b.CreatedAt), ID: string(b.ID)}
}

func (h pages) rowOf(r *web.Request, b Batch) batchRow {
	return batchRow{Href: Path(b.ID), Title: h.titleOf(r.L, b), Kind: h.kindTitle(r.L, b), When: r.L.DateTime(localTime(b.CreatedAt)),
		State: r.L.T("importing.state." + string(b.State)), Tag: stateTags[b.State], Figures: figuresOf(r.L, b)}
}

var stateTags = map[State]string{Shown: "warn", Applying: "warn", Undoing: "warn", Applied: "ok", Failed: "bad"}

func (h pages) kindTitle(l *i18n.L, b Batch) string {
	if k, known := h.kind(b.Kind); known {
		return l.T(k.TitleKey)
	}
	return b.Kind
}

// titleOf is what a batch is called: the file, or the kind with its date.
func (h pages) titleOf(l *i18n.L, b Batch) string {
	if b.FileName != "" {
		return b.FileName
	}
	return l.T("importing.unnamed", "kind", h.kindTitle(l, b), "date", l.DateTime(localTime(b.CreatedAt)))
}

func figuresOf(l *i18n.L, b Batch) string {
	if b.Changes() == 0 {
		return l.T("importing.no_changes")
	}
	return l.T("importing.figures", "new", b.New, "changed", b.Changed, "closed", b.Closed, "reopened", b.Reopened)
}

func localTime(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

// batchPage shows a difference and what became of it.
type batchPage struct {
	web.Page
	Batch    Batch
	State    string
	Tag      string
	Facts    []web.Fact
	Result   []web.Figure // what became of the lines, once approved
	Tiles    []tile
	Part     string
	Empty    string
	Filter   web.Filter
	Query    string // of this page, for the form of choices
	KeyTitle string
	Lines    []lineView
	Problems []problemView
	Cut      string // not all problems are kept
	Pager    web.Pager
	Why      web.Reason
	Next     web.Step
	Warning  string
	Progress *progressView
	Export   bool

	MayChoose  bool
	MayApprove bool
	MayDiscard bool
	MayResume  bool
	MayUndo    bool
	Guard      string // label of the box to tick, "" when not needed
	Chosen     string // how many lines were chosen so far
	ForAll     web.Pick
}

type tile struct {
	Label, N, Href string
	Current        bool
}

type lineView struct {
	N                                              int
	Name, Href, Key, Action, Tag, Note, State, Why string
	Clash                                          bool
	Ours                                           bool   // some field was corrected here
	Taken                                          string // of a line that clashes and was applied: whose values came out
	Fields                                         []fieldView
	Pick                                           web.Pick
}

type fieldView struct {
	Label, Before, After, Ours string
	Clash                      bool
}

type problemView struct{ Level, Tag, Row, About, Text string }

func (h pages) show(w http.ResponseWriter, r *web.Request) error {
	p, err := h.page(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, batchView(p))
}

func (h pages) page(w http.ResponseWriter, r *web.Request) (p batchPage, err error) {
	ctx, who := r.Context(), h.who(r)
	b, err := h.ByID(ctx, who, BatchID(r.PathValue("id")))
	if err != nil {
		return p, err
	}
	p.Page = h.begin(w, r, r.L.T("importing.one", "name", h.titleOf(r.L, b)))
	p.Batch, p.State, p.Tag = b, r.L.T("importing.state."+string(b.State)), stateTags[b.State]
	if p.Facts, err = h.factsOf(r, b); err != nil {
		return p, err
	}
	p.Result = resultOf(r.L, b)
	p.Part = partOf(r, b)
	p.Tiles, p.Why = tilesOf(r, b, p.Part), h.whyOf(r.L, b, p.Part)
	p.Export = b.Changes() > 0 && !b.Swept && b.State != Reading
	if err := h.decisions(r, who, &p); err != nil {
		return p, err
	}
	if b.State == Applying || b.State == Undoing || b.State == Reading {
		p.Progress = progressOf(r.L, b)
		p.Scripts = []string{"htmx.min.js", "htmx-sse.js"}
	}
	return p, h.fillPart(r, &p)
}

// begin starts a page of one batch.
func (h pages) begin(w http.ResponseWriter, r *web.Request, title string) web.Page {
	p := r.Page(w, title, web.Link{Text: r.L.T("importing.title"), Href: ListPath})
	p.NoIndex = true
	return p
}

// decisions says what the person may do now and what comes next.
func (h pages) decisions(r *web.Request, who Who, p *batchPage) error {
	b := p.Batch
	k, known := h.kind(b.Kind)
	may := known && who.may(r.Context(), Decide, b.Kind, b.Scope) == nil
	lost, err := lostJob(r.Context(), h.db, b)
	if err != nil {
		return err
	}
	p.MayChoose = may && b.State == Shown && b.Changes() > 0
	p.MayApprove = may && b.State == Shown
	p.MayDiscard = may && (b.State == Shown || b.State == Failed && b.Stage == Applying && b.TakenIn == 0)
	p.MayResume = may && !b.Swept && (b.State == Failed || lost)
	p.MayUndo = may && k.Undo != nil && b.CanUndo()
	p.Next = web.Step{What: r.L.T("importing.next." + string(b.State)), Who: r.L.T("importing.who"), When: r.L.T("importing.when." + string(b.State))}
	switch {
	case b.State == Failed:
		p.Warning = r.L.T(b.RefusalKey)
	case lost:
		p.Warning = r.L.T("importing.lost")
		p.Next.What, p.Next.When = r.L.T("importing.next.failed"), r.L.T("importing.when.failed")
	case b.State == Shown && b.Changes() == 0:
		p.Next.What = r.L.T("importing.next.nothing")
	}
	if b.Guard != "" {
		p.Guard = r.L.N(b.Guard, b.GuardN)
	}
	if !p.MayChoose {
		return nil
	}
	n, err := h.chosen(r.Context(), b.ID)
	p.Chosen = r.L.N("importing.chosen", n)
	return err
}

// chosen counts the lines that somebody chose to take.
func (h pages) chosen(ctx context.Context, id BatchID) (n int, err error) {
	err = h.db.Get(ctx, &n, `select count(*) from importing_lines where batch = ? and choice in (?, ?)`, id, Take, KeepOurs)
	return n, err
}

func (h pages) factsOf(r *web.Request, b Batch) ([]web.Fact, error) {
	named, err := h.named(r, b)
	if err != nil {
		return nil, err
	}
	facts := []web.Fact{{Name: r.L.T("importing.kind"), Value: h.kindTitle(r.L, b)}}
	add := func(key, value string) { facts = append(facts, web.Fact{Name: r.L.T(key), Value: value}) }
	if b.Scope != "" {
		add("importing.scope", named(b.Scope))
	}
	add("importing.read_at", r.L.T("importing.when_and_who", "when", r.L.DateTime(localTime(b.CreatedAt)), "who", named(b.Person)))
	if k, known := h.kind(b.Kind); known && k.Shape != nil && b.Shape != "" {
		add("importing.shape", k.Shape(r.L, b.Shape))
	}
	add("importing.read", r.L.Number(b.Read))
	if b.AppliedAt != nil {
		add("importing.applied_at", r.L.T("importing.when_and_who", "when", r.L.DateTime(localTime(*b.AppliedAt)), "who", named(b.SettledBy)))
	}
	if b.UndoneAt != nil {
		add("importing.undone_at", r.L.T("importing.when_and_who", "when", r.L.DateTime(localTime(*b.UndoneAt)), "who", named(b.UndoneBy)))
	}
	if len(b.SHA256) > 16 {
		add("importing.sum", b.SHA256[:16]+"…")
	}
	return facts, nil
}

// named looks up whom a page names.
func (h pages) named(r *web.Request, b Batch) (func(id string) string, error) {
	names := map[string]string{"": r.L.T("importing.by_program")}
	if h.names != nil {
		people := slices.DeleteFunc([]string{b.Person, b.SettledBy, b.UndoneBy}, func(id string) bool { return id == "" })
		found, err := h.names.People(r.Context(), people)
		if err != nil {
			return nil, err
		}
		for id, name := range found {
			names[id] = name
		}
		if b.Scope != "" {
			if found, err = h.names.Institutions(r.Context(), []string{b.Scope}); err != nil {
				return nil, err
			}
			names[b.Scope] = found[b.Scope]
		}
	}
	return func(id string) string {
		if names[id] == "" {
			return r.L.T("importing.by_somebody")
		}
		return names[id]
	}, nil
}

// resultOf counts what became of the lines.
func resultOf(l *i18n.L, b Batch) (figures []web.Figure) {
	if b.Mode == "" {
		return nil
	}
	add := func(key string, n int, part string) {
		if n > 0 {
			figures = append(figures, web.Figure{Value: l.Number(n), Label: l.T("importing.result." + key), Href: Path(b.ID) + "?" + partField + "=" + part})
		}
	}
	add("applied", b.TakenIn-b.TakenBack-b.Kept, "applied")
	add("held", b.Held, "held")
	add("left", b.Left, "left")
	add("undone", b.TakenBack, "undone")
	add("kept", b.Kept, "kept")
	return figures
}

// part is a tab: which lines stand there, and how many.
type part struct {
	name   string
	filter Filter
	count  func(Batch) int
	always bool // shown when empty as well
}

const problemsPart = "problems"

var parts = []part{
	{"clashes", Filter{Clashes: true}, func(b Batch) int { return b.Clashes }, false},
	{"new", Filter{Action: ActionNew}, func(b Batch) int { return b.New }, true},
	{"changed", Filter{Action: ActionChanged}, func(b Batch) int { return b.Changed }, true},
	{"closed", Filter{Action: ActionClosed}, func(b Batch) int { return b.Closed }, true},
	{"reopened", Filter{Action: ActionReopened}, func(b Batch) int { return b.Reopened }, false},
	{problemsPart, Filter{}, func(b Batch) int { return b.Problems }, true},
}

// results are the parts that the figures of the result lead to.
var results = []part{
	{"applied", Filter{State: LineApplied}, nil, false},
	{"held", Filter{State: LineHeld}, nil, false},
	{"left", Filter{State: LineLeft}, nil, false},
	{"undone", Filter{State: LineUndone}, nil, false},
	{"kept", Filter{State: LineKept}, nil, false},
}

func partNamed(name string) (part, bool) {
	for _, p := range slices.Concat(parts, results) {
		if p.name == name {
			return p, true
		}
	}
	return part{}, false
}

// partOf is the tab asked for, or the first that is not empty.
func partOf(r *web.Request, b Batch) string {
	if asked := r.URL.Query().Get(partField); asked != "" {
		if _, known := partNamed(asked); known {
			return asked
		}
	}
	for _, p := range parts {
		if p.count(b) > 0 {
			return p.name
		}
	}
	return "new"
}

func tilesOf(r *web.Request, b Batch, current string) (tiles []tile) {
	for _, p := range parts {
		n := p.count(b)
		if n == 0 && !p.always && current != p.name {
			continue // so rare that an empty tile only puzzles
		}
		tiles = append(tiles, tile{Label: r.L.T("importing.part." + p.name), N: r.L.Number(n),
			Href: Path(b.ID) + "?" + partField + "=" + p.name, Current: p.name == current})
	}
	return tiles
}

// whyOf says by which rule the lines of a part came there.
func (h pages) whyOf(l *i18n.L, b Batch, name string) web.Reason {
	p, _ := partNamed(name)
	reason := web.Reason{}
	if k, known := h.kind(b.Kind); known && k.Why != nil && p.count != nil {
		reason = k.Why(l, b, name)
	}
	if reason.Text == "" {
		reason = web.Reason{Text: l.T("importing.why." + name), Rule: l.T("importing.rule." + name)}
	}
	if reason.Numbers == nil && p.count != nil {
		reason.Numbers = []web.Pair{{Name: l.T("importing.read"), Value: l.Number(b.Read)},
			{Name: l.T("importing.part." + name), Value: l.Number(p.count(b))}}
	}
	return reason
}

func (h pages) fillPart(r *web.Request, p *batchPage) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	n, err := numberIn(at)
	if err != nil || n > math.MaxInt32 {
		return fault.New(fault.BadRequest, "fault.cursor")
	}
	b, text := p.Batch, r.Value(textField)
	if b.State == Reading {
		return nil // what is still being read may yet be refused
	}
	switch {
	case b.Swept:
		p.Empty = r.L.T("importing.empty.swept")
		return nil
	case text != "":
		p.Empty = r.L.T("importing.empty.found")
	default:
		p.Empty = r.L.T("importing.empty." + p.Part)
	}
	p.Query = keepQuery(r.URL.Query())
	if p.Part == problemsPart {
		return h.fillProblems(r, p, int(n), at)
	}
	return h.fillLines(r, p, int(n), at, text)
}

func (h pages) fillLines(r *web.Request, p *batchPage, n int, at web.Cursor, text string) error {
	b := p.Batch
	p.Filter = web.Filter{Action: Path(b.ID), Label: r.L.T("importing.find"), Name: textField, Value: text, Hint: r.L.T("importing.find_hint")}
	if text != "" {
		p.Filter.Clear = Path(b.ID) + "?" + partField + "=" + p.Part
	}
	of, _ := partNamed(p.Part)
	of.filter.Text = text
	list, err := listLines(r.Context(), h.db, b.ID, of.filter, n, at.Back, rowsOnPage)
	if err != nil || len(list.Rows) == 0 {
		p.MayChoose = false
		return err
	}
	k, known := h.kind(b.Kind)
	if known && k.KeyTitle != "" {
		p.KeyTitle = r.L.T(k.KeyTitle)
	}
	for _, l := range list.Rows {
		p.Lines = append(p.Lines, viewOf(r, k, b, l, p.MayChoose))
	}
	p.ForAll = forAll(r.L, of.filter.Clashes)
	p.Pager = numberedPager(r, b.ID, at, list.Rows[0].N, list.Rows[len(list.Rows)-1].N, list.More)
	return nil
}

func (h pages) fillProblems(r *web.Request, p *batchPage, n int, at web.Cursor) error {
	b := p.Batch
	p.MayChoose = false
	list, err := listProblems(r.Context(), h.db, b.ID, n, at.Back, rowsOnPage)
	if err != nil || len(list.Rows) == 0 {
		return err
	}
	k, _ := h.kind(b.Kind)
	if k.KeyTitle != "" {
		p.KeyTitle = r.L.T(k.KeyTitle)
	}
	for _, problem := range list.Rows {
		p.Problems = append(p.Problems, problemOf(r.L, k, problem))
	}
	if b.Problems > KeptProblems {
		p.Cut = r.L.T("importing.problems_cut", "kept", r.L.Number(KeptProblems), "all", r.L.Number(b.Problems))
	}
	p.Pager = numberedPager(r, b.ID, at, list.Rows[0].N, list.Rows[len(list.Rows)-1].N, list.More)
	return nil
}

// numberedPager links the pages of rows that are numbered within a batch.
func numberedPager(r *web.Request, id BatchID, at web.Cursor, first, last int, more bool) web.Pager {
	place := func(n int) web.Cursor { return web.Cursor{Key: fmt.Sprintf("%08x", n), ID: string(id)} }
	return web.PagerFor(r.URL, at, place(first), place(last), more)
}

// keepQuery is the part of a query that says which lines a page shows.
func keepQuery(q url.Values) string {
	kept := url.Values{}
	for _, name := range []string{partField, textField, "od", "do"} {
		if v := q.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return "?" + kept.Encode()
}

func viewOf(r *web.Request, k Kind, b Batch, l Line, choose bool) lineView {
	v := lineView{N: l.N, Name: l.Name, Key: l.Key, Action: r.L.T("importing.action." + string(l.Action)), Tag: actionTags[l.Action],
		Clash: l.Clashes()}
	if v.Name == "" {
		v.Name = l.Key
	}
	if l.Object != "" && k.Link != nil {
		v.Href = k.Link(l.Object)
	}
	if k.Note != nil {
		v.Note = k.Note(r.L, l)
	}
	if l.State != LineOpen {
		v.State = r.L.T("importing.line." + string(l.State))
	}
	if l.Why != "" {
		v.Why = r.L.T(l.Why)
	}
	if v.Clash && (l.State == LineApplied || l.State == LineUndone || l.State == LineKept) {
		v.Taken = r.L.T("importing.taken." + string(l.asTaken(b.Mode).Choice))
	}
	for _, f := range l.Fields {
		v.Ours = v.Ours || f.Ours != "" || f.Clash
		v.Fields = append(v.Fields, fieldView{Label: k.label(r.L, f.Name), Before: k.value(r, f.Name, f.Before),
			After: k.value(r, f.Name, f.After), Ours: k.value(r, f.Name, f.Ours), Clash: f.Clash})
	}
	if choose {
		v.Pick = pickOf(r.L, v, l.Choice)
	}
	return v
}

var actionTags = map[Action]string{ActionNew: "ok", ActionChanged: "warn", ActionClosed: "bad", ActionReopened: "ok"}

func (k Kind) label(l *i18n.L, field string) string {
	if k.FieldLabel == nil {
		return field
	}
	return k.FieldLabel(l, field)
}

func (k Kind) value(r *web.Request, field, value string) string {
	if value == "" || k.Value == nil {
		return value
	}
	return k.Value(r.Context(), r.L, field, value)
}

// undecided is how a form names NoChoice.
const undecided = "brak"

func pickOf(l *i18n.L, v lineView, c Choice) web.Pick {
	k := web.Pick{Name: choiceField + "-" + strconv.Itoa(v.N), Label: l.T("importing.decision", "name", v.Name), Value: string(c), Required: true,
		Choices: choicesOf(l, v.Clash)}
	if c == NoChoice {
		k.Value = undecided
	}
	return k
}

func choicesOf(l *i18n.L, clash bool) []web.Choice {
	if !clash {
		return []web.Choice{{Value: undecided, Label: l.T("importing.choice.none")},
			{Value: string(Take), Label: l.T("importing.choice.take")}, {Value: string(LeaveOut), Label: l.T("importing.choice.leave")}}
	}
	return []web.Choice{{Value: undecided, Label: l.T("importing.choice.none_ours")},
		{Value: string(KeepOurs), Label: l.T("importing.choice.ours")},
		{Value: string(Take), Label: l.T("importing.choice.take_over")}, {Value: string(LeaveOut), Label: l.T("importing.choice.leave")}}
}

// forAll is one decision for all lines that the part and the search show.
func forAll(l *i18n.L, clash bool) web.Pick {
	return web.Pick{Name: wholeField, Label: l.T("importing.for_all_label"), Choices: choicesOf(l, clash), Required: true}
}

func problemOf(l *i18n.L, k Kind, p Problem) problemView {
	args := p.Args
	if k.Problem != nil {
		args = k.Problem(l, p)
	}
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	v := problemView{Level: l.T("importing.level." + p.Level), Tag: levelTags[p.Level], About: p.About, Text: l.T(p.Key, pairs...)}
	if p.Row > 0 {
		v.Row = strconv.Itoa(p.Row)
	}
	return v
}

var levelTags = map[string]string{LevelWarning: "warn", LevelError: "bad"}

// choose takes the choices of the lines on one page, or one for all lines of
// the part.
func (h pages) choose(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, who := BatchID(r.PathValue("id")), h.who(r)
	var err error
	if all := r.PostForm.Get(wholeField); all != "" {
		of, known := partNamed(r.URL.Query().Get(partField))
		if !known || of.name == problemsPart {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
		of.filter.Text = strings.TrimSpace(r.URL.Query().Get(textField))
		err = h.ChooseAll(r.Context(), who, id, of.filter, choiceNamed(all))
	} else {
		var choices map[Choice][]int
		if choices, err = choicesIn(r.PostForm); err == nil {
			err = h.Service.choose(r.Context(), who, id, choices)
		}
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.importing.chosen")
	return r.Redirect(w, Path(id)+keepQuery(r.URL.Query()))
}

func choiceNamed(value string) Choice {
	if value == undecided {
		return NoChoice
	}
	return Choice(value)
}

// choicesIn reads the choices out of a form. One form shows rowsOnPage lines; more
// come from no page of ours.
func choicesIn(form url.Values) (map[Choice][]int, error) {
	choices, seen := map[Choice][]int{}, 0
	for name, values := range form {
		number, ours := strings.CutPrefix(name, choiceField+"-")
		if !ours {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 32)
		c := choiceNamed(values[0])
		if seen++; err != nil || len(values) != 1 || !c.valid() || values[0] == "" || seen > 2*rowsOnPage {
			return nil, fault.New(fault.BadRequest, "fault.bad_request")
		}
		choices[c] = append(choices[c], int(n))
	}
	return choices, nil
}

func (h pages) approve(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, mode := BatchID(r.PathValue("id")), Everything
	if r.Value(scopeField) == "wybrane" {
		mode = OnlyChosen
	}
	err := h.ApplyLater(r.Context(), h.who(r), id, mode, r.Value(GuardField) == "tak")
	if fault.KindOf(err) == fault.Invalid {
		p, pageErr := h.page(w, r)
		if pageErr != nil {
			return pageErr
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, batchView(p))
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, Path(id))
}

func (h pages) discard(w http.ResponseWriter, r *web.Request) error {
	if err := h.Discard(r.Context(), h.who(r), BatchID(r.PathValue("id"))); err != nil {
		return err
	}
	r.Notify(w, "notice.importing.discarded")
	return r.Redirect(w, ListPath)
}

func (h pages) resume(w http.ResponseWriter, r *web.Request) error {
	id := BatchID(r.PathValue("id"))
	if err := h.Resume(r.Context(), h.who(r), id); err != nil {
		return err
	}
	return r.Redirect(w, Path(id))
}

// undoPage says what an undo would do, and asks.
type undoPage struct {
	web.Page
	Batch    Batch
	Figures  []web.Figure
	Unsure   bool // it is not told beforehand what would stay
	Kept     []lineView
	More     string // how many of those are not listed
	Next     web.Step
	KeyTitle string
}

func (h pages) askUndo(w http.ResponseWriter, r *web.Request) error {
	b, k, err := h.mayDecide(r.Context(), h.who(r), BatchID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if k.Undo == nil || !b.CanUndo() {
		return fault.New(fault.Conflict, "importing.fault.no_undo")
	}
	p := undoPage{Page: r.Page(w, r.L.T("importing.undo_title"), web.Link{Text: r.L.T("importing.title"), Href: ListPath},
		web.Link{Text: h.titleOf(r.L, b), Href: Path(b.ID)}), Batch: b,
		Unsure: k.CanUndo == nil || b.TakenIn > mostForeseen}
	p.NoIndex = true
	if k.KeyTitle != "" {
		p.KeyTitle = r.L.T(k.KeyTitle)
	}
	kept, err := h.foresee(r, k, b, &p)
	if err != nil {
		return err
	}
	p.Figures = []web.Figure{{Value: r.L.Number(b.TakenIn - kept), Label: r.L.T("importing.will_undo")}}
	if !p.Unsure {
		p.Figures = append(p.Figures, web.Figure{Value: r.L.Number(kept), Label: r.L.T("importing.will_keep")})
	}
	if kept > len(p.Kept) {
		p.More = r.L.N("importing.more_kept", kept-len(p.Kept))
	}
	p.Next = web.Step{What: r.L.T("importing.next.undoing"), Who: r.L.T("importing.who"), When: r.L.T("importing.when.undoing")}
	return r.Render(w, undoView(p))
}

// mostForeseen is how many lines are looked at for the page before an undo:
// nobody waits for it longer than some seconds.
const mostForeseen = 10_000

// foresee asks the kind, chunk by chunk, which lines an undo would leave alone.
func (h pages) foresee(r *web.Request, k Kind, b Batch, p *undoPage) (kept int, err error) {
	if p.Unsure {
		return 0, nil
	}
	for at := 0; ; {
		list, err := listLines(r.Context(), h.db, b.ID, Filter{State: LineApplied}, at, false, ChunkLines-1)
		if err != nil || len(list.Rows) == 0 {
			return kept, err
		}
		reasons, err := k.CanUndo(r.Context(), list.Rows)
		if err != nil {
			return kept, err
		}
		for _, l := range list.Rows {
			if reasons[l.N] == "" {
				continue
			}
			if kept++; len(p.Kept) < rowsOnPage {
				l.Why, l.State = reasons[l.N], LineOpen
				p.Kept = append(p.Kept, viewOf(r, k, b, l, false))
			}
		}
		at = list.Rows[len(list.Rows)-1].N
	}
}

func (h pages) undo(w http.ResponseWriter, r *web.Request) error {
	id := BatchID(r.PathValue("id"))
	if err := h.UndoLater(r.Context(), h.who(r), id); err != nil {
		return err
	}
	return r.Redirect(w, Path(id))
}

// queryOf is the part and the search of a page, without its place in the list:
// a decision for all lines ends at the first of them.
func queryOf(p batchPage) string {
	q := url.Values{partField: {p.Part}}
	if p.Filter.Value != "" {
		q.Set(textField, p.Filter.Value)
	}
	return "?" + q.Encode()
}
