package result

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// againPage counts a published pool anew.
type againPage struct {
	web.Page
	Edition budget.Edition
	Pool    budget.Pool
	Count   PoolCount
	Command string
	Done    bool // it was counted now
	Agree   bool // and everything that was counted is as published
	Plain   bool // the second implementation was run too
	Hashes  []web.Fact
	// Unopened says why there is nothing to count, "" when there is.
	Unopened string
	Next     web.Step
}

func (s *Service) getAgain(w http.ResponseWriter, r *web.Request) error {
	return s.drawAgain(w, r, nil)
}

func (s *Service) postAgain(w http.ResponseWriter, r *web.Request) error {
	again, err := s.Again(r.Context(), access.ActorOf(r.Request), editionOf(r), budget.PoolID(r.PathValue("pool")))
	if err != nil {
		return err
	}
	return s.drawAgain(w, r, &again)
}

func (s *Service) drawAgain(w http.ResponseWriter, r *web.Request, now *Recount) error {
	e, c, pool, err := s.published(r.Context(), access.ActorOf(r.Request), editionOf(r), budget.PoolID(r.PathValue("pool")))
	if err != nil {
		return err
	}
	o, err := OpeningOf(r.Context(), s.db, e.ID)
	if err != nil {
		return err
	}
	p := againPage{Next: nextStep(r.L, e, o), Page: r.Page(w, r.L.T("result.again.title"), crumbs(r.L, e, web.Link{Text: r.L.T("result.title"), Href: Href(e.ID)}, web.Link{Text: pool.Name, Href: PoolHref(e.ID, pool.ID)})...),
		Edition: e, Pool: pool, Count: c, Command: Command(c.Outcome.Rule, fileName(e, pool))}
	p.Lead = r.L.T("result.pool.title", "pool", pool.Name)
	p.Hashes = []web.Fact{{Name: r.L.T("result.hash.outcome"), Value: c.OutcomeHash}}
	if c.Public() {
		p.Hashes = append(p.Hashes, web.Fact{Name: r.L.T("result.hash.file"), Value: c.FileHash})
	}
	if c.Unopened {
		p.Unopened = unopenedWords(r.L)
	}
	if now != nil {
		p.Done, p.Plain = true, now.PlainHash != ""
		p.Agree = now.OutcomeHash == c.OutcomeHash && now.FileHash == c.FileHash && (!p.Plain || now.Agree())
		p.Hashes = append(p.Hashes, recountHashes(r.L, *now, c.Public())...)
		if !p.Agree {
			p.Next = web.Step{What: r.L.T("result.next.other"), Who: r.L.T("result.next.other_who"), Href: officeHref(e)}
		}
	}
	return r.Render(w, againView(p))
}

// recountHashes are those of a count that was made now. That of the ballots is told
// where the ballots are: few of them could be guessed and tried until it fits.
func recountHashes(l *i18n.L, c Recount, public bool) []web.Fact {
	facts := []web.Fact{{Name: l.T("result.hash.now_fast"), Value: c.OutcomeHash}}
	if c.PlainHash != "" {
		facts = append(facts, web.Fact{Name: l.T("result.hash.now_plain"), Value: c.PlainHash})
	}
	if public {
		facts = append(facts, web.Fact{Name: l.T("result.hash.now_file"), Value: c.FileHash})
	}
	return facts
}

// filePage counts a file that anybody brings.
type filePage struct {
	web.Page
	Rule     budget.CountRules
	Step     string // as typed
	Least    string
	Excludes string // groups of ids, as typed
	Result   *Recount
	Next     web.Step
	Recorded []string // how far the file records the same winners
	Facts    []web.Fact
	Why      web.Reason
	Projects []projectLine
	Ties     []string
	Warnings []string
	Hashes   []web.Fact
	Command  string
	Points   bool
}

func (s *Service) getCountFile(w http.ResponseWriter, r *web.Request) error {
	return s.drawCountFile(w, r, http.StatusOK, filePage{Rule: budget.CountRules{Rule: string(tally.Greedy), Utility: string(tally.UtilityCost),
		Completion: string(tally.CompleteNone), Start: string(tally.StartExact)}, Step: "1"}, nil)
}

func (s *Service) drawCountFile(w http.ResponseWriter, r *web.Request, status int, p filePage, refused error) error {
	p.Page = r.Page(w, r.L.T("result.file.title"), web.Link{Text: r.L.T("result.crumb"), Href: budget.Path}).WithErrors(refused)
	p.Lead = r.L.T("result.file.lead")
	p.Next = web.Step{What: r.L.T("result.next.file"), Who: r.L.T("result.next.file_who"), Href: "#policz"}
	if p.Result != nil {
		p.fill(r.L)
	}
	return r.RenderStatus(w, status, fileView(p))
}

// fill draws what was counted.
func (p *filePage) fill(l *i18n.L) {
	c, o := *p.Result, p.Result.Outcome
	p.Next.What = l.T("result.next.file_done")
	p.Recorded, p.Points = recordedWords(l, c.Recorded), c.Pointed
	amount := func(n int64) string { return money(l, n, c.Decimals) }
	p.Facts = []web.Fact{{Name: l.T("result.number.valid"), Value: l.Number(o.Voters)}, {Name: l.T("result.fact.budget"), Value: amount(o.Budget)},
		{Name: l.T("result.fact.cost"), Value: amount(o.Cost)}, {Name: l.T("result.fact.winners"), Value: l.Number(len(o.Winners))}}
	p.Why = web.Reason{Text: l.T("result.rule." + o.Rule.Name), Rule: ruleWords(l, o.Rule), Numbers: ruleNumbers(l, o)}
	p.Projects = projectLines(l, PoolCount{Outcome: o, Reasons: c.Reasons}, c.Names, c.Decimals, c.Pointed)
	if c.Pointed && c.PointDecimals > 0 {
		scores := map[string]int64{}
		for _, s := range o.Standings {
			scores[string(s.Project)] = s.Score
		}
		for i := range p.Projects {
			p.Projects[i].Points = decimalText(l, scores[p.Projects[i].ID], c.PointDecimals)
		}
	}
	p.Ties = tieWords(l, o, c.Names)
	p.Hashes = recountHashes(l, c, true)
	p.Command = Command(o.Rule, "FILE.pb")
	for _, f := range c.Warnings {
		p.Warnings = append(p.Warnings, faultWords(l, f))
	}
}

// recordedMost is how many projects are named that a file and a count see differently.
const recordedMost = 10

// recordedWords tell whether a file records the winners that were counted.
func recordedWords(l *i18n.L, r *Recorded) []string {
	switch {
	case r == nil:
		return []string{l.T("result.recorded.none")}
	case r.Same():
		return []string{l.T("result.recorded.same")}
	}
	lines := []string{l.T("result.recorded.other")}
	add := func(key string, names []string) {
		if len(names) == 0 {
			return
		}
		quoted := make([]string, min(len(names), recordedMost))
		for i := range quoted {
			quoted[i] = l.T("result.quoted", "name", shortened(names[i]))
		}
		words := strings.Join(quoted, ", ")
		if more := len(names) - recordedMost; more > 0 {
			words = l.T("result.recorded.more", "list", words, "n", l.Number(more))
		}
		lines = append(lines, l.T(key, "list", words))
	}
	add("result.recorded.only_file", r.OnlyFile)
	add("result.recorded.only_count", r.OnlyCount)
	return lines
}

// postCountFile counts a file. It is not read while others are. What is wrong with it or with the rule is told at
// the fields; nothing is kept of either.
func (s *Service) postCountFile(w http.ResponseWriter, r *web.Request) error {
	back, err := s.mayRead()
	if err != nil {
		return err
	}
	defer back()
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(readFor)) // not every connection can have one: tests have none
	data, values, err := readForm(r)
	_ = deadline.SetReadDeadline(time.Time{})
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return err
	}
	p := filePage{Rule: budget.CountRules{Rule: values["metoda"], Utility: values["uzytecznosc"], Completion: values["dopelnienie"], Start: values["poczatek"],
		MinShare: strings.TrimSpace(values["prog_udzialu"]), Ties: strings.TrimSpace(values["remisy"])}, Step: strings.TrimSpace(values["krok"]), Least: strings.TrimSpace(values["prog_glosow"]),
		Excludes: strings.TrimSpace(values["wykluczenia"])}
	if p.Rule.Rule == string(tally.Greedy) {
		p.Rule.Completion = string(tally.CompleteNone) // it leaves nothing to complete
	}
	var fields []fault.Field
	if f := fault.As(err); f != nil {
		fields = f.Fields
	}
	step, least := number(p.Step, 1), number(p.Least, 0)
	if step < 1 {
		fields = append(fields, fault.Field{Name: "krok", Key: "result.lack.step"})
	}
	if least < 0 {
		fields = append(fields, fault.Field{Name: "prog_glosow", Key: "result.lack.threshold"})
	}
	if p.Rule.Step = int64(step); len(fields) > 0 {
		return s.drawCountFile(w, r, http.StatusUnprocessableEntity, p, fault.InvalidFields(fields))
	}
	c, err := s.CountFile(data, p.Rule, least, p.Excludes)
	if refused := onFields(r.L, err); refused != nil {
		return s.drawCountFile(w, r, http.StatusUnprocessableEntity, p, refused)
	}
	if err != nil {
		return err
	}
	p.Result = &c
	return s.drawCountFile(w, r, http.StatusOK, p, nil)
}

// number reads a number that may be left out; -1 when it is none.
func number(text string, without int) int {
	if text == "" {
		return without
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// ruleFields are the fields of the form by the parts of a rule.
var ruleFields = map[string]string{"rule": "metoda", "utility": "uzytecznosc", "completion": "dopelnienie", "step": "krok", "start": "poczatek",
	"min-share": "prog_udzialu", "threshold": "prog_glosow", "ties": "remisy"}

// onFields puts what package tally found wrong at the fields of the form; nil for
// any other error.
func onFields(l *i18n.L, err error) error {
	var file *tally.Fault
	var rule *tally.RuleFault
	var group *tally.ExcludeFault
	switch {
	case errors.As(err, &group) && group.Project == "":
		return fault.InvalidFields([]fault.Field{{Name: "wykluczenia", Key: "result.lack.exclude_one", Args: []any{"no", group.Group}}})
	case errors.As(err, &group):
		return fault.InvalidFields([]fault.Field{{Name: "wykluczenia", Key: "result.lack.exclude_unknown", Args: []any{"id", shortened(group.Project)}}})
	case errors.As(err, &file):
		return fault.InvalidFields([]fault.Field{{Name: "plik", Key: "result.lack.file", Args: []any{"words", faultWords(l, file)}}})
	case errors.As(err, &rule):
		what := rule.What
		if ruleFields[what] == "" {
			what = "rule"
		}
		return fault.InvalidFields([]fault.Field{{Name: ruleFields[what], Key: "result.lack." + strings.ReplaceAll(what, "-", "_")}})
	}
	return nil
}

// faultWords is a fault of a file in the reader's language, with its line.
func faultWords(l *i18n.L, f *tally.Fault) string {
	args := []any{"a", "", "b", "", "c", ""}
	for i, a := range f.Args[:min(3, len(f.Args))] {
		args[2*i+1] = shortened(a)
	}
	words := l.T("result.pb."+string(f.Key), args...)
	if f.Line > 0 {
		return l.T("result.pb.line", "line", f.Line, "words", words)
	}
	return words
}

// shortened is as much of a foreign text as stands in a sentence.
func shortened(text string) string {
	const most = 60
	if letters := []rune(strings.ToValidUTF8(text, "?")); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// readForm reads the form with its file into memory: it is counted and let go.
func readForm(r *web.Request) (data []byte, values map[string]string, err error) {
	values = map[string]string{}
	missing := fault.InvalidFields([]fault.Field{{Name: "plik", Key: "result.lack.no_file"}})
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, values, fault.New(fault.BadRequest, "fault.bad_request")
	}
	for range 20 {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, values, formFault(err)
		}
		if data, err = readPart(part, data, values); err != nil {
			return nil, values, err
		}
	}
	if len(data) == 0 {
		return nil, values, missing
	}
	return data, values, nil
}

func readPart(part *multipart.Part, data []byte, values map[string]string) ([]byte, error) {
	if part.FormName() == "plik" {
		file, err := io.ReadAll(io.LimitReader(part, mostFile+1))
		if err != nil {
			return nil, formFault(err)
		}
		if len(file) > mostFile {
			return nil, fault.New(fault.TooLarge, "fault.too_large")
		}
		return file, nil
	}
	value, err := io.ReadAll(io.LimitReader(part, mostValue+1))
	if err != nil {
		return nil, formFault(err)
	}
	if len(value) > mostValue { // half of a group of projects would be another group
		return nil, fault.New(fault.TooLarge, "fault.too_large")
	}
	if !utf8.Valid(value) || slices.Contains(value, 0) {
		return nil, fault.New(fault.BadRequest, "fault.bad_request")
	}
	values[part.FormName()] = string(value)
	return data, nil
}

func formFault(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "fault.too_large")
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

// choices are the words of a part of a rule, as a form offers them.
func choices[T ~string](l *i18n.L, group string, list ...T) (choices []web.Choice) {
	for _, v := range list {
		choices = append(choices, web.Choice{Value: string(v), Label: l.T(group + strings.ReplaceAll(string(v), "+", "_"))})
	}
	return choices
}

// breakable is a hash that a narrow page can break, and that is copied whole. It
// holds hex digits of ours and nothing else.
func breakable(hash string) string {
	var b strings.Builder
	for part := range slices.Chunk([]byte(hash), 8) {
		b.Write(part)
		b.WriteString("<wbr>")
	}
	return b.String()
}
