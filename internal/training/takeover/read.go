package takeover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
)

// Limits are those of a sheet that is taken over: a register of twenty years is
// some forty thousand rows.
func Limits() sheet.Limits {
	return sheet.Limits{Bytes: 16 << 20, Rows: 60_000, Columns: 60, Cell: 1000}
}

// How long words may be, in letters.
const (
	longestTitle  = 300
	longestName   = 120
	longestPlace  = 200
	longestNumber = 60
	mostHours     = 2000 // of the longest qualification course, and some
)

// reader goes through the rows of a sheet and keeps what is wrong with them.
type reader struct {
	s        *Service
	ctx      context.Context
	center   directory.Institution
	table    *sheet.Table
	match    sheet.Match
	row      sheet.Row
	about    string // natural key of the row, once it is known
	bad      bool   // the row is left out
	left     int
	far      int // numbers far above the greatest known
	problems []importing.Problem
	places   map[string]place
	batch    importing.BatchID
}

// newReader finds the columns. What is not one of them is named in a finding and
// not silently passed over. Missing columns are Invalid.
func (s *Service) newReader(ctx context.Context, center access.InstitutionID, t *sheet.Table, columns []sheet.Column) (*reader, error) {
	m, err := t.Match(columns...)
	if err != nil {
		return nil, err
	}
	at, err := directory.ByID(ctx, s.db, center)
	if err != nil {
		return nil, err
	}
	r := &reader{s: s, ctx: ctx, center: at, table: t, match: m, places: map[string]place{}}
	for _, name := range m.Unknown {
		r.note(importing.LevelWarning, "column", "name", name)
	}
	return r, nil
}

// each calls read for every row; what it returned is kept by the reader's owner
// when the row is not bad.
func (r *reader) each(read func() error) error {
	for _, row := range r.table.Rows {
		r.row, r.about, r.bad = row, "", false
		if err := read(); err != nil {
			return err
		}
		if r.bad {
			r.left++
		}
	}
	return nil
}

// note keeps a finding; pairs fill its text.
func (r *reader) note(level, key string, pairs ...string) {
	p := importing.Problem{Row: r.row.N, About: r.about, Level: level, Key: "takeover.problem." + key}
	if len(pairs) > 0 {
		p.Args = map[string]string{}
		for n := 0; n+1 < len(pairs); n += 2 {
			p.Args[pairs[n]] = pairs[n+1]
		}
	}
	r.problems = append(r.problems, p)
}

// wrong leaves the row out, with the reason.
func (r *reader) wrong(key string, pairs ...string) {
	r.bad = true
	r.note(importing.LevelError, key, pairs...)
}

func (r *reader) cell(name string) string {
	return strings.Join(strings.Fields(r.match.Value(r.row, name)), " ")
}

// text is a cell of bounded length; a must that is empty is wrong.
func (r *reader) text(name string, most int, must bool) string {
	v := r.cell(name)
	switch n := utf8.RuneCountInString(v); {
	case n == 0 && must:
		r.wrong("empty", "column", r.match.Where(name))
	case n > most:
		r.wrong("long", "column", r.match.Where(name), "n", strconv.Itoa(most))
		return ""
	}
	return v
}

// day is a cell that holds a day.
func (r *reader) day(name string, must bool) string {
	v := r.cell(name)
	if v == "" {
		if must {
			r.wrong("empty", "column", r.match.Where(name))
		}
		return ""
	}
	day, ok := ParseDay(v)
	if !ok {
		r.wrong("day", "column", r.match.Where(name), "value", short(v))
	}
	return day
}

var wholeNumber = regexp.MustCompile(`^(\d{1,6})(?:[.,]0{1,4})?(?: ?(?:h|godz\.?|godzin[ya]?|g))?$`)

// hours is a cell of lesson hours: a whole number, also as "8 godz.".
func (r *reader) hours(name string, must bool) int {
	v := strings.ToLower(r.cell(name))
	if v == "" && !must {
		return 0
	}
	m := wholeNumber.FindStringSubmatch(v)
	if m == nil {
		r.wrong("hours", "column", r.match.Where(name), "value", short(v))
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	if n > mostHours {
		r.wrong("hours", "column", r.match.Where(name), "value", short(v))
		return 0
	}
	return n
}

// yes is a cell that says yes or no.
func (r *reader) yes(name string) bool {
	switch v := i18n.Fold(r.cell(name)); v {
	case "tak", "t", "yes", "y", "1", "prawda", "true", "x", "tak ukonczono", "ukonczono", "ukonczyl", "ukonczyla", "так":
		return true
	case "nie", "n", "no", "0", "falsz", "false", "nieukonczono", "nie ukonczono", "ні":
		return false
	default:
		r.wrong("yes", "column", r.match.Where(name), "value", short(r.cell(name)))
		return false
	}
}

// person is the name of somebody, in one column or in two.
func (r *reader) person() string {
	name := r.cell("name")
	if name == "" {
		name = strings.TrimSpace(r.cell("given") + " " + r.cell("surname"))
	}
	n := utf8.RuneCountInString(name)
	if n == 0 {
		r.wrong("no_name")
	} else if n > longestName || !strings.Contains(name, " ") || strings.ContainsAny(name, "@<>0123456789;/\\") {
		r.wrong("name", "value", short(name))
	}
	return name
}

// address is a mail address, "" for none.
func (r *reader) address(name string) string {
	v := strings.ToLower(r.cell(name))
	if v == "" || v == "-" || v == "brak" {
		return ""
	}
	a, err := mail.ParseAddress(v)
	if err != nil || a.Address != v || len(v) > 200 {
		r.wrong("email", "column", r.match.Where(name), "value", short(v))
		return ""
	}
	return v
}

// place is an institution as a sheet names it.
type place struct {
	ID        string
	Typed     string
	BySeat    string
	ByRunning string
}

// institution finds what a cell names: by the RSPO number, or by a name that one
// institution alone has. What is not in the directory stays as it is typed.
func (r *reader) institution(name string) (place, error) {
	v := r.text(name, longestPlace, false)
	if found, known := r.places[v]; known || v == "" {
		return found, nil
	}
	found, err := r.find(v)
	if err != nil {
		return found, err
	}
	if found.ID == "" && isNumber(v) {
		r.wrong("rspo", "column", r.match.Where(name), "value", v)
		return found, nil
	}
	r.places[v] = found
	return found, nil
}

func (r *reader) find(v string) (place, error) {
	id := access.InstitutionID("")
	if isNumber(v) {
		n, err := strconv.Atoi(v)
		if err != nil || n > 1<<31-1 {
			return place{}, nil
		}
		i, err := directory.ByRSPO(r.ctx, r.s.db, n)
		if fault.KindOf(err) == fault.NotFound {
			return place{}, nil
		}
		return placeOf(i), err
	}
	ids, err := r.s.Directory.FindNames(r.ctx, v, 2)
	if err != nil {
		return place{}, err
	}
	if len(ids) == 1 {
		id = access.InstitutionID(ids[0])
		i, err := directory.ByID(r.ctx, r.s.db, id)
		if err != nil || i18n.Fold(i.Name) == i18n.Fold(v) {
			return placeOf(i), err
		}
	}
	return place{Typed: v}, nil
}

func placeOf(i directory.Institution) place {
	return place{ID: string(i.ID), BySeat: i.Municipality, ByRunning: i.RunningMunicipality}
}

func isNumber(v string) bool { return v != "" && strings.Trim(v, "0123456789") == "" }

// ownCenter checks the column of the center, where there is one: a sheet of
// another center is read there.
func (r *reader) ownCenter() {
	v := r.cell("center")
	if v == "" || r.center.RSPO != nil && v == strconv.Itoa(*r.center.RSPO) ||
		i18n.Fold(v) == i18n.Fold(r.center.Name) || i18n.Fold(v) == i18n.Fold(r.center.OfficialName) {
		return
	}
	r.wrong("other_center", "value", short(v))
}

func short(v string) string {
	if letters := []rune(v); len(letters) > 40 {
		return string(letters[:39]) + "…"
	}
	return v
}

// plan is what a sheet would do.
type plan struct {
	reader *reader
	lines  []importing.Line
}

// Preview reads a sheet of a kind for a center, compares it with what we hold and
// keeps the difference to be looked at. Who asks must hold ImportTrainings there.
// A file that is no sheet, or lacks columns, is Invalid or TooLarge.
func (s *Service) Preview(ctx context.Context, who access.Actor, kind string, center access.InstitutionID, fileName string, from io.Reader) (_ importing.Batch, err error) {
	defer fault.Wrap(&err, "read a sheet of %s", kind)
	if !ours(kind) || center == "" {
		return importing.Batch{}, fault.ErrNotFound
	}
	if err := who.MayAt(ctx, access.ImportTrainings, center); err != nil {
		return importing.Batch{}, err
	}
	sum := sha256.New()
	table, err := sheet.Read(io.TeeReader(from, sum), Limits())
	if err != nil {
		return importing.Batch{}, err
	}
	b := importing.Batch{ID: importing.NewID(), Kind: kind, FileName: fileName, SHA256: hex.EncodeToString(sum.Sum(nil)), Scope: string(center), Read: len(table.Rows)}
	p, err := s.plan(ctx, kind, center, b.ID, table)
	if err != nil {
		return importing.Batch{}, err
	}
	return s.Imports.Show(ctx, Importer(who), b, func(yield func(importing.Line, error) bool) {
		for _, l := range p.lines {
			if !yield(l, nil) {
				return
			}
		}
	}, func(b *importing.Batch) ([]importing.Problem, error) {
		switch r := p.reader; {
		case r.far > 0:
			b.Guard, b.GuardN = "takeover.guard_far", r.far
		case r.left > 0 && len(p.lines) > 0:
			b.Guard, b.GuardN = "takeover.guard", r.left
		}
		return p.reader.problems, nil
	})
}

func (s *Service) plan(ctx context.Context, kind string, center access.InstitutionID, batch importing.BatchID, t *sheet.Table) (plan, error) {
	columns, read := trainingColumns, s.planTrainings
	switch kind {
	case Participants:
		columns, read = personColumns, s.planPeople
	case Certificates:
		columns, read = paperColumns, s.planPapers
	}
	r, err := s.newReader(ctx, center, t, columns)
	if err != nil {
		return plan{}, err
	}
	r.batch = batch
	lines, err := read(r)
	return plan{r, lines}, err
}

// Purposes of the keys under which words lie sealed.
const (
	lineSeal  = "takeover.line"  // in the lines of an import
	wordsSeal = "takeover.words" // with a paper that was taken over
)

// seal keeps the words of a row in the lines of an import so that only the
// program reads them, and only with their batch.
func (s *Service) seal(b importing.BatchID, v any) (json.RawMessage, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(s.Keys.Seal(lineSeal, string(b), data))
}

// unseal reads them back. False for a line whose words were forgotten since, or
// that was sealed under keys that are no more.
func (s *Service) unseal(b importing.BatchID, from json.RawMessage, into any) bool {
	var sealed string
	if json.Unmarshal(from, &sealed) != nil {
		return false
	}
	data, err := s.Keys.Unseal(lineSeal, string(b), sealed)
	return err == nil && json.Unmarshal(data, into) == nil
}

// mac is a key that finds the same words again and does not tell them.
func (s *Service) mac(purpose string, parts ...string) string {
	return hex.EncodeToString(s.Keys.MAC("takeover."+purpose, parts...))
}

// taken is a row of what was taken over before.
type taken struct {
	Kind   string `db:"kind"`
	Key    string `db:"key"`
	Object string `db:"object"`
}

// The kinds of rows in training_taken.
const (
	takenTraining = "training"
	takenPerson   = "person"
	takenPaper    = "paper"
)

// takenBefore are the rows of a kind that a center took over, by key.
func (s *Service) takenBefore(ctx context.Context, r db.Reader, center access.InstitutionID, kind string) (map[string]string, error) {
	var rows []taken
	if err := r.Select(ctx, &rows, `select kind, key, object from training_taken where center = ? and kind = ?`, center, kind); err != nil {
		return nil, err
	}
	all := make(map[string]string, len(rows))
	for _, row := range rows {
		all[row.Key] = row.Object
	}
	return all, nil
}
