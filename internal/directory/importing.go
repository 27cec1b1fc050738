package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
)

// ImportKind is the name of the register among the kinds of imports.
const ImportKind = "register"

// maxFile is the longest file of the register that is read. The whole of
// Poland takes about 30 MB.
const maxFile = 64 << 20

// Import is a file of the register, compared with the directory; package
// importing keeps it, shows it and takes it in.
type (
	Import   = importing.Batch
	ImportID = importing.BatchID
)

// Report is what the command line prints of an import.
type Report struct {
	Read     int `json:"read"`
	New      int `json:"new"`
	Changed  int `json:"changed"`
	Closed   int `json:"closed"`
	Problems int `json:"problems"`
	Reopened int `json:"reopened,omitempty"`
}

// ReportOf is an import in numbers.
func ReportOf(i Import) Report {
	return Report{Read: i.Read, New: i.New, Changed: i.Changed, Closed: i.Closed, Problems: i.Problems, Reopened: i.Reopened}
}

// stated is what a line of an import keeps beside the fields that differ.
type stated struct {
	Record   register.Record `json:"record"`
	Vanished bool            `json:"vanished,omitempty"` // the file does not list the institution any more
}

// Preview reads a file of the register and shows what it would change, without
// changing anything but the list of imports. Who asks must hold ImportRegister.
// A file that cannot be used is a fault of kind Invalid at the field "plik",
// one that is too long of kind TooLarge.
func (s *Service) Preview(ctx context.Context, who access.Actor, fileName string, r io.Reader) (_ Import, err error) {
	defer fault.Wrap(&err, "read a file of the register")
	if err := who.Must(access.ImportRegister); err != nil {
		return Import{}, err
	}
	file, sum, err := readFile(r)
	if err != nil {
		return Import{}, err
	}
	return s.PreviewFile(ctx, who, "", Source{Name: fileName, SHA256: sum, File: file})
}

// Source is the register as some reader took it: from a file, or over its API.
type Source struct {
	Name   string // of the file, or a word for where it came from
	SHA256 string // hex, "" when it is no file
	File   register.File
}

// PreviewFile shows what a source that was read already would change. With an
// office, only what that authority runs is compared, and who asks must hold
// ImportOwn there; without, ImportRegister. An office that runs nothing, or a
// source that holds nothing of it, is Invalid at the field "plik". The records
// of the source are taken over and may be changed.
func (s *Service) PreviewFile(ctx context.Context, who access.Actor, office access.InstitutionID, from Source) (_ Import, err error) {
	defer fault.Wrap(&err, "compare the register")
	if err := s.MayImport(ctx, who, importing.Decide, string(office)); err != nil {
		return Import{}, err
	}
	if s.imports == nil {
		return Import{}, errors.New("directory: no service of imports is connected")
	}
	seen, err := s.look(ctx)
	if err != nil {
		return Import{}, err
	}
	file := from.File
	var extra []register.Problem
	if office != "" {
		if extra, err = s.narrow(ctx, office, &seen, &file); err != nil {
			return Import{}, err
		}
	}
	prepareFile(&file, seen)
	c := register.Prepare(seen.known, file)
	d := c.Sum()
	batch := Import{Kind: ImportKind, Shape: string(file.Shape), FileName: clip(from.Name, 200), SHA256: from.SHA256,
		Scope: string(office), Read: d.Read, BasedOn: seen.version}
	batch.Guard, batch.GuardN = guardOf(d)
	found := slices.Concat(extra, file.Problems, findings(d), register.CheckPoints(file.Records, seen.places.inside))
	return s.imports.Show(ctx, s.Importer(who), batch, linesOf(c, seen.revisions), func(*importing.Batch) ([]importing.Problem, error) {
		return problemsOf(found), nil
	})
}

func readFile(r io.Reader) (_ register.File, sum string, err error) {
	hash := sha256.New()
	file, err := register.Read(io.TeeReader(r, hash), maxFile)
	if err != nil {
		return file, "", refused(err)
	}
	return file, hex.EncodeToString(hash.Sum(nil)), nil
}

// guardOf is the warning that must be ticked off before a difference is
// approved: a file that slipped or was cut looks like many closings.
func guardOf(d register.Difference) (key string, n int) {
	switch {
	case d.Shifted:
		return "import.guard.shifted", d.Closed
	case d.Swapped:
		return "import.guard.swapped", d.Changed
	case d.MassClosing:
		return "import.guard.closing", d.Closed
	}
	return "", 0
}

// linesOf gives the changes one by one, so that a register of the whole country
// is never held twice.
func linesOf(c *register.Comparison, revisions map[string]int64) iter.Seq2[importing.Line, error] {
	return func(yield func(importing.Line, error) bool) {
		for change := range c.All() {
			line, err := lineOf(change)
			line.Base = revisions[change.ID]
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func lineOf(c register.Change) (importing.Line, error) {
	record, err := json.Marshal(stated{c.Record, c.Vanished})
	line := importing.Line{Action: importing.Action(c.Kind), Key: strconv.Itoa(c.RSPO), Object: c.ID, Name: c.Name, Record: record}
	for _, f := range c.Fields {
		line.Fields = append(line.Fields, importing.Field{Name: f.Field, Before: f.Before, After: f.After, Ours: f.Ours, Clash: f.Clash})
	}
	return line, err
}

func problemsOf(list []register.Problem) []importing.Problem {
	out := make([]importing.Problem, len(list))
	for n, p := range list {
		out[n] = importing.Problem{Row: p.Row, Level: string(p.Level), Key: p.Key, Args: p.Args}
		if p.RSPO > 0 {
			out[n].About = strconv.Itoa(p.RSPO)
		}
	}
	return out
}

// refused turns the reader's refusal into a fault that a page can show.
func refused(err error) error {
	var refusal *register.Refusal
	if errors.As(err, &refusal) {
		return refusedFile(refusal.Key, refusal.Args)
	}
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "import.refused.too_large", "limit", maxFile>>20)
	}
	if fault.As(err) != nil {
		return err
	}
	return fault.New(fault.BadRequest, "import.refused.broken_off")
}

// fileField is the name of the field that takes a file.
const fileField = "plik"

func refusedFile(key string, args map[string]string) error {
	list := pairsOf(args)
	kind := fault.Invalid
	if strings.HasSuffix(key, ".too_large") {
		kind = fault.TooLarge
	}
	return &fault.Error{Kind: kind, Key: key, Args: list,
		Fields: []fault.Field{{Name: fileField, Key: key, Args: list}}}
}

// pairsOf makes arguments of a message of a map; their order does not matter.
func pairsOf(args map[string]string) []any {
	list := make([]any, 0, 2*len(args))
	for name, value := range args {
		list = append(list, name, value)
	}
	return list
}

// sight is what of the directory a file is compared with.
type sight struct {
	version   int64
	known     []register.Known
	revisions map[string]int64 // of the known
	taken     map[int]bool     // numbers of the register that invented or entered rows carry
	places    places
}

// look reads it. The version comes first: what changes meanwhile has a new
// revision, which Apply notices.
func (s *Service) look(ctx context.Context) (seen sight, err error) {
	defer fault.Wrap(&err, "look at the directory")
	if seen.version, err = db.Version(ctx, s.db, versionName); err != nil {
		return seen, err
	}
	if seen.known, seen.revisions, err = readKnown(ctx, s.db); err != nil {
		return seen, err
	}
	// After the revisions: a correction that is accepted in between is seen, and
	// its institution held for the revision that has passed.
	ours, err := readOurs(ctx, s.db)
	if err != nil {
		return seen, err
	}
	for n := range seen.known {
		seen.known[n].Ours = ours[seen.known[n].ID]
	}
	if seen.taken, err = readTaken(ctx, s.db); err != nil {
		return seen, err
	}
	seen.places, err = readPlaces(ctx, s.db, nil)
	return seen, err
}

// readKnown reads what the register stated so far, and the revisions. Rows of
// other origin are none of its business.
func readKnown(ctx context.Context, r db.Reader) (known []register.Known, revisions map[string]int64, err error) {
	defer fault.Wrap(&err, "read what the register stated")
	revisions = map[string]int64{}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var k register.Known
		var record string
		var revision int64
		if err := scan(&k.ID, &k.Closed, &record, &revision); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(record), &k.Record); err != nil {
			return err
		}
		revisions[k.ID] = revision
		known = append(known, k)
		return nil
	}, `select id, closed, stated, revision from directory_institutions where origin = ? and stated <> ''`, FromRegister)
	return known, revisions, err
}

func readTaken(ctx context.Context, r db.Reader) (map[int]bool, error) {
	var numbers []int
	err := r.Select(ctx, &numbers, `select rspo from directory_institutions
		where rspo is not null and origin <> ?`, FromRegister)
	taken := make(map[int]bool, len(numbers))
	for _, n := range numbers {
		taken[n] = true
	}
	return taken, err
}

// prepareFile settles what Compare cannot know:
//  1. a number that an invented or entered institution carries is not taken in;
//  2. a row whose municipality could not be read stays in the one we know; with
//     none known, its point tells it, where boundaries are imported; else it is
//     left out: an institution belongs to a municipality.
func prepareFile(f *register.File, seen sight) {
	at := make(map[int]string, len(seen.known))
	for _, k := range seen.known {
		at[k.Record.RSPO] = k.Record.Municipality
	}
	say := func(r register.Record, level register.Level, key string) {
		f.Problems = append(f.Problems, register.Problem{RSPO: r.RSPO, Level: level, Key: key,
			Args: map[string]string{"name": clip(r.Name, 120)}})
	}
	f.Records = slices.DeleteFunc(f.Records, func(r register.Record) bool {
		switch {
		case seen.taken[r.RSPO]:
			say(r, register.Error, "import.problem.number_taken")
		case r.Municipality == "" && at[r.RSPO] == "" && seen.places.municipalityAt(r) == "":
			say(r, register.Error, "import.problem.no_municipality")
		default:
			return false
		}
		return true
	})
	for n := range f.Records {
		r := &f.Records[n]
		if r.Municipality == "" {
			r.Municipality = at[r.RSPO]
		}
		if r.Municipality == "" {
			r.Municipality = seen.places.municipalityAt(*r)
			say(*r, register.Warning, "import.problem.by_point")
		}
	}
}

// findings puts into words what the difference counts but does not list.
func findings(d register.Difference) (list []register.Problem) {
	add := func(n int, level register.Level, key string) {
		if n > 0 {
			list = append(list, counted(n, level, key))
		}
	}
	add(d.Past, register.Note, "import.problem.past")
	add(d.Withheld, register.Warning, "import.problem.withheld")
	return list
}

func counted(n int, level register.Level, key string) register.Problem {
	return register.Problem{Level: level, Key: key, Args: map[string]string{"count": strconv.Itoa(n)}}
}

// Apply takes in all that Preview showed and returns when it is done, for the
// command line. What was changed here since is held, and listed. A difference
// with a warning is refused as Invalid unless confirmed says that a person
// looked at it.
func (s *Service) Apply(ctx context.Context, who access.Actor, id ImportID, confirmed bool) (Import, error) {
	return s.imports.ApplyNow(ctx, s.Importer(who), id, importing.Everything, confirmed)
}

// Discard throws a shown difference away: its numbers stay, its lines go.
func (s *Service) Discard(ctx context.Context, who access.Actor, id ImportID) error {
	return s.imports.Discard(ctx, s.Importer(who), id)
}

// Undo takes back all that an import did, except what was edited since.
func (s *Service) Undo(ctx context.Context, who access.Actor, id ImportID) (Import, error) {
	return s.imports.UndoNow(ctx, s.Importer(who), id)
}

// ImportByID reads one import.
func (s *Service) ImportByID(ctx context.Context, who access.Actor, id ImportID) (Import, error) {
	return s.imports.ByID(ctx, s.Importer(who), id)
}

// EachChange gives all lines of an import, in order, for the command line.
func (s *Service) EachChange(ctx context.Context, who access.Actor, id ImportID, f func(importing.Line) error) error {
	return s.imports.EachLine(ctx, s.Importer(who), id, f)
}

// EachProblem gives the findings about the file of an import, in order.
func (s *Service) EachProblem(ctx context.Context, who access.Actor, id ImportID, f func(importing.Problem) error) error {
	return s.imports.EachProblem(ctx, s.Importer(who), id, f)
}

// clip shortens what is kept of foreign text.
func clip(text string, runes int) string {
	short := []rune(text)
	if len(short) <= runes {
		return text
	}
	return string(short[:runes-1]) + "…"
}
