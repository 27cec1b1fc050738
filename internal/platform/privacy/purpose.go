package privacy

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"kladka/internal/platform/db"
)

// ControllerKind tells who answers for the data of a purpose.
type ControllerKind string

// The kinds of controller.
const (
	Operator    ControllerKind = "operator"    // who runs the installation
	Institution ControllerKind = "institution" // each public body for itself; the operator processes for it
	Joint       ControllerKind = "joint"       // both, by an arrangement (GDPR art. 26)
)

// Purpose is one reason for holding personal data. The texts of a purpose are
// message keys of the module that declares it: Text + ".title" names it, Text +
// ".why" says in a sentence what the data is for.
type Purpose struct {
	Key        string // "access.accounts", also in the address of its notice
	Module     string // the module that stays closed without an agreement
	Text       string // prefix of its message keys
	Controller ControllerKind
	Basis      string // "art. 6 ust. 1 lit. e RODO", then the act that gives the task
	Special    string // for special categories: "art. 9 ust. 2 lit. g RODO"; "" for none
	Voluntary  bool   // nothing happens to a person who gives no data
	Categories []string
	Recipients []string
	Keep       Keep
	Holds      []Holding
}

// Keep is how long data is kept. Exactly one of Param, Days and Filed is set.
type Keep struct {
	Param string // key of a number of the law, in days, months or years
	Days  int
	Filed bool   // office documentation: as long as its archive category says
	Since string // message key: from what on ("from the end of the account"); not for Filed
}

// Holding is one table in which data of a purpose lies.
type Holding struct {
	Table string
	Title string // message key: what a row is, in people's words

	// Export lists what is held about a person. Nil only with Withheld, a
	// message key that says why it is not in the download.
	Export   func(ctx context.Context, person string) ([]Item, error)
	Withheld string

	// Erase removes the person from the rows, or the rows, and tells how many it
	// changed. It is called again, each time in a transaction of its own, until
	// it changes none; so it may take a batch at a time, and must be repeatable.
	// Nil when nothing is erased. Keeps is a message key that says what stays
	// after an erasure and why; it is a must when Erase is nil.
	Erase func(ctx context.Context, tx *db.Tx, person string) (int, error)
	Keeps string

	// Expired counts the rows whose time ran out before the moment; Sweep deletes
	// at most limit of them. Both, or neither for documentation (Keep.Filed).
	Expired func(ctx context.Context, r db.Reader, before time.Time) (int, error)
	Sweep   func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error)
}

// Item is one thing held about a person.
type Item struct {
	ID     string
	At     time.Time // zero for none
	Fields []Field
}

// Field is a name, as a message key, and a value. The last part of the key is
// the name in the machine-readable file.
type Field struct {
	Key   string
	Value string
}

// Registry holds the declared purposes. It is filled while the program is put
// together and only read afterwards.
type Registry struct {
	purposes []Purpose
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{} }

// Declare adds purposes and returns the registry. A purpose that lacks its
// basis, its time or a way to export, erase and delete is a mistake in the
// wiring and panics, as http.ServeMux does: no table of personal data may go
// live without an answer to these questions.
func (r *Registry) Declare(purposes ...Purpose) *Registry {
	for _, p := range purposes {
		if _, known := r.Purpose(p.Key); known {
			panic(fmt.Sprintf("privacy: purpose %q is declared twice", p.Key))
		}
		if why := p.fault(); why != "" {
			panic(fmt.Sprintf("privacy: purpose %q: %s", p.Key, why))
		}
		r.purposes = append(r.purposes, p)
	}
	return r
}

// Purposes are all purposes in the order of their declaration.
func (r *Registry) Purposes() []Purpose { return slices.Clone(r.purposes) }

// Purpose is the declaration of a key.
func (r *Registry) Purpose(key string) (Purpose, bool) {
	i := slices.IndexFunc(r.purposes, func(p Purpose) bool { return p.Key == key })
	if i < 0 {
		return Purpose{}, false
	}
	return r.purposes[i], true
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

func (p Purpose) fault() string {
	set := 0
	for _, is := range []bool{p.Keep.Param != "", p.Keep.Days > 0, p.Keep.Filed} {
		if is {
			set++
		}
	}
	switch {
	case !keyShape.MatchString(p.Key):
		return "the key is no dotted word"
	case p.Module == "" || p.Text == "":
		return "no module or text"
	case p.Controller != Operator && p.Controller != Institution && p.Controller != Joint:
		return "no controller"
	case letter(p.Basis) == 0:
		return "the basis does not begin as in art. 6 ust. 1 lit. e RODO"
	case len(p.Categories) == 0 || len(p.Recipients) == 0:
		return "no categories or recipients"
	case set != 1 || !p.Keep.Filed && p.Keep.Since == "":
		return "say how long it is kept, once, and from what on"
	}
	counted := map[string]bool{} // what a run of the deletion counts, it counts by purpose and table
	for _, h := range p.Holds {
		if why := h.fault(p.Keep); why != "" {
			return h.Table + ": " + why
		}
		if h.Expired != nil && counted[h.Table] {
			return h.Table + ": is held twice; give it a purpose of its own"
		}
		counted[h.Table] = counted[h.Table] || h.Expired != nil
	}
	return ""
}

func (h Holding) fault(k Keep) string {
	switch {
	case h.Table == "" || h.Title == "":
		return "no table or title"
	case (h.Export == nil) != (h.Withheld != ""):
		return "either an export, or a reason for none"
	case h.Erase == nil && h.Keeps == "":
		return "nothing is erased and nobody says why"
	case (h.Expired == nil) != (h.Sweep == nil) || h.Sweep == nil && !k.Filed:
		return "nobody deletes it in time"
	}
	return ""
}

var basisShape = regexp.MustCompile(`^art\. 6 ust\. 1 lit\. ([a-f]) RODO`)

// letter is the letter of GDPR art. 6(1) in a basis, 0 for none.
func letter(basis string) byte {
	m := basisShape.FindStringSubmatch(basis)
	if m == nil {
		return 0
	}
	return m[1][0]
}

// right is something that a person may ask for.
type right string

// rights are what a person may ask for under a basis (GDPR art. 15-22): who
// must act by law cannot be told to stop, and what is carried away must have
// been given by consent or contract.
func rights(basis string) []right {
	list := []right{"access", "rectification", "restriction"}
	switch letter(basis) {
	case 'a':
		list = append(list, "erasure", "portability", "withdrawal")
	case 'b':
		list = append(list, "erasure", "portability")
	case 'd':
		list = append(list, "erasure")
	case 'e', 'f':
		list = append(list, "erasure", "objection")
	}
	return append(list, "complaint")
}
