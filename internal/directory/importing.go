package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// maxFile is the longest file of the register that is read. The whole of
// Poland takes about 30 MB.
const maxFile = 64 << 20

// ImportID names a file of the register that was read.
type ImportID string

// ImportState is where a read file stands.
type ImportState string

// The states: shown, then applied or discarded; from the page by way of
// applying, which may fail.
const (
	ImportShown     ImportState = "shown"
	ImportApplying  ImportState = "applying"
	ImportApplied   ImportState = "applied"
	ImportDiscarded ImportState = "discarded"
	ImportFailed    ImportState = "failed"
)

// Import is a file of the register, compared with the directory.
type Import struct {
	ID          ImportID       `db:"id"`
	Shape       register.Shape `db:"shape"`
	FileName    string         `db:"file_name"`
	SHA256      string         `db:"sha256"`
	State       ImportState    `db:"state"`
	Read        int            `db:"read_rows"`
	New         int            `db:"new_rows"`
	Changed     int            `db:"changed"`
	Closed      int            `db:"closed"`
	Reopened    int            `db:"reopened"`
	Problems    int            `db:"problems"`
	MassClosing bool           `db:"mass_closing"`
	BasedOn     int64          `db:"based_on"` // version of the directory that was compared with
	RefusalKey  string         `db:"refusal_key"`
	Progress    string         `db:"progress"`
	Person      string         `db:"person"` // who read the file; "" for the command line
	SettledBy   string         `db:"settled_by"`
	CreatedAt   int64          `db:"created_at"`
	AppliedAt   *int64         `db:"applied_at"`
}

// Changes tells how many institutions would change.
func (i Import) Changes() int { return i.New + i.Changed + i.Closed + i.Reopened }

// Report is what the command line prints of an import.
type Report struct {
	Read     int `json:"read"`
	New      int `json:"new"`
	Changed  int `json:"changed"`
	Closed   int `json:"closed"`
	Problems int `json:"problems"`
	Reopened int `json:"reopened,omitempty"`
}

// Report is the import in numbers.
func (i Import) Report() Report {
	return Report{Read: i.Read, New: i.New, Changed: i.Changed, Closed: i.Closed, Problems: i.Problems, Reopened: i.Reopened}
}

// ImportChange is what an import would do to one institution.
type ImportChange struct {
	N           int
	Kind        register.ChangeKind
	RSPO        int
	Institution access.InstitutionID // "" for a new one
	Name        string
	Fields      []register.FieldChange
	Record      register.Record
}

// Vanished tells the two ways of closing apart: the file does not list the
// institution any more, or it states the day of the closing.
func (c ImportChange) Vanished() bool {
	return c.Kind == register.Closed && c.Record.ClosedOn == ""
}

// ImportProblem is a finding about a file. Key is a message, Args fill it.
type ImportProblem struct {
	N     int
	Row   int // as a spreadsheet counts, 0 when it is not about one row
	RSPO  int
	Level register.Level
	Key   string
	Args  map[string]string
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
	sum := sha256.New()
	file, err := register.Read(io.TeeReader(r, sum), maxFile)
	if err != nil {
		return Import{}, refused(err)
	}
	seen, err := s.look(ctx)
	if err != nil {
		return Import{}, err
	}
	prepareFile(&file, seen)
	d := register.Compare(seen.known, file)
	file.Problems = append(file.Problems, findings(d)...)
	file.Problems = append(file.Problems, register.CheckPoints(file.Records, seen.places.inside)...)
	i := s.newImport(who, fileName, file, d, sum)
	i.BasedOn = seen.version
	return i, s.db.Write(ctx, func(tx *db.Tx) error { return insertImport(ctx, tx, i, d.Changes, file.Problems) })
}

func (s *Service) newImport(who access.Actor, fileName string, f register.File, d register.Difference, sum hash.Hash) Import {
	return Import{
		ID: ImportID(uuid.Must(uuid.NewV7()).String()), Shape: f.Shape, FileName: clip(fileName, 200),
		SHA256: hex.EncodeToString(sum.Sum(nil)), State: ImportShown, Read: d.Read, New: d.New, Changed: d.Changed,
		Closed: d.Closed, Reopened: d.Reopened, Problems: len(f.Problems), MassClosing: d.MassClosing,
		Person: string(who.Person), CreatedAt: s.now().Unix(),
	}
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
	version int64
	known   []register.Known
	taken   map[int]bool // numbers of the register that invented or entered rows carry
	places  places
}

// look reads it. The version comes first: what changes meanwhile makes the
// difference outdated, which Apply notices.
func (s *Service) look(ctx context.Context) (seen sight, err error) {
	defer fault.Wrap(&err, "look at the directory")
	if seen.version, err = db.Version(ctx, s.db, versionName); err != nil {
		return seen, err
	}
	if seen.known, err = readKnown(ctx, s.db); err != nil {
		return seen, err
	}
	if seen.taken, err = readTaken(ctx, s.db); err != nil {
		return seen, err
	}
	seen.places, err = readPlaces(ctx, s.db)
	return seen, err
}

// prepareFile settles what Compare cannot know:
//  1. a number that an invented or entered institution carries is not taken in;
//  2. a row whose municipality could not be read stays in the one we know, and
//     is left out when we know none: an institution belongs to a municipality.
func prepareFile(f *register.File, seen sight) {
	at := make(map[int]string, len(seen.known))
	for _, k := range seen.known {
		at[k.Record.RSPO] = k.Record.Municipality
	}
	f.Records = slices.DeleteFunc(slices.Clone(f.Records), func(r register.Record) bool {
		key := ""
		switch {
		case seen.taken[r.RSPO]:
			key = "import.problem.number_taken"
		case r.Municipality == "" && at[r.RSPO] == "":
			key = "import.problem.no_municipality"
		default:
			return false
		}
		f.Problems = append(f.Problems, register.Problem{RSPO: r.RSPO, Level: register.Error, Key: key,
			Args: map[string]string{"name": clip(r.Name, 120)}})
		return true
	})
	for n := range f.Records {
		if r := &f.Records[n]; r.Municipality == "" {
			r.Municipality = at[r.RSPO]
		}
	}
}

// findings puts into words what the difference counts but does not list.
func findings(d register.Difference) (list []register.Problem) {
	add := func(n int, level register.Level, key string) {
		if n > 0 {
			list = append(list, register.Problem{Level: level, Key: key, Args: map[string]string{"count": strconv.Itoa(n)}})
		}
	}
	add(d.Past, register.Note, "import.problem.past")
	add(d.Withheld, register.Warning, "import.problem.withheld")
	return list
}

// Discard throws a shown difference away: its numbers stay, its rows go, for
// every look from the command line ends here. Who asks must hold
// ImportRegister; one that is settled already is a Conflict.
func (s *Service) Discard(ctx context.Context, who access.Actor, id ImportID) (err error) {
	defer fault.Wrap(&err, "discard import %s", id)
	if err := who.Must(access.ImportRegister); err != nil {
		return err
	}
	if _, err := importByID(ctx, s.db, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_imports set state = ?, settled_by = ? where id = ? and state in (?, ?)`,
			ImportDiscarded, who.Person, id, ImportShown, ImportFailed)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "import.refused.settled")
		}
		if _, err := tx.Exec(ctx, `delete from directory_import_changes where import = ?`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from directory_import_problems where import = ?`, id)
		return err
	})
}

// ImportByID reads one import. Who asks must hold SeeImports.
func (s *Service) ImportByID(ctx context.Context, who access.Actor, id ImportID) (Import, error) {
	if err := who.Must(access.SeeImports); err != nil {
		return Import{}, err
	}
	return importByID(ctx, s.db, id)
}

// EachChange gives all changes of an import, in order, for the command line.
func (s *Service) EachChange(ctx context.Context, who access.Actor, id ImportID, f func(ImportChange) error) error {
	if err := who.Must(access.SeeImports); err != nil {
		return err
	}
	return eachChange(ctx, s.db, id, f)
}

// EachProblem gives all findings about the file of an import, in order.
func (s *Service) EachProblem(ctx context.Context, who access.Actor, id ImportID, f func(ImportProblem) error) error {
	if err := who.Must(access.SeeImports); err != nil {
		return err
	}
	return eachProblem(ctx, s.db, id, f)
}

// clip shortens what is kept of foreign text.
func clip(text string, runes int) string {
	short := []rune(text)
	if len(short) <= runes {
		return text
	}
	return string(short[:runes-1]) + "…"
}
