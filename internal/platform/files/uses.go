package files

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Use is what files are taken for, declared by the module that takes them.
// Its name for people is the text files.use.NAME of that module's messages.
type Use struct {
	Name     string   // "training_material"
	MaxBytes int64    // of one file, as it is sent
	Types    []string // of our list: JPEG, PDF …
	Inline   bool     // images may be shown within a page; otherwise everything is downloaded
	KeepDays int      // days from the claim to deletion; 0: as long as the owner keeps it
}

// keepUntil is when a file claimed now is deleted, nil for "with its owner".
func (u Use) keepUntil(at time.Time) *int64 {
	if u.KeepDays <= 0 {
		return nil
	}
	until := at.AddDate(0, 0, u.KeepDays).Unix()
	return &until
}

// Registry knows all uses. It is filled while the program is put together and
// only read afterwards.
type Registry struct {
	uses map[string]Use
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{uses: map[string]Use{}} }

// Declare adds a use. A use declared twice, without a limit, or with a type
// that we do not know is a mistake in the program and panics.
func (r *Registry) Declare(u Use) {
	if _, known := r.uses[u.Name]; known || u.Name == "" {
		panic(fmt.Sprintf("files: use %q is declared twice or has no name", u.Name))
	}
	if u.MaxBytes <= 0 || len(u.Types) == 0 {
		panic(fmt.Sprintf("files: use %q has no limit or no types", u.Name))
	}
	for _, t := range u.Types {
		if _, known := kinds[t]; !known {
			panic(fmt.Sprintf("files: use %q: unknown type %q", u.Name, t))
		}
	}
	r.uses[u.Name] = u
}

// Uses are all uses by name.
func (r *Registry) Uses() []Use {
	var list []Use
	for _, name := range slices.Sorted(maps.Keys(r.uses)) {
		list = append(list, r.uses[name])
	}
	return list
}

// Accept is the value of the attribute accept of an input for the use: a help
// for the person who chooses, not a check.
func (u Use) Accept() string {
	accept := ""
	for _, t := range u.Types {
		for _, e := range kinds[t].extensions {
			accept += ",." + e
		}
	}
	return accept[min(1, len(accept)):]
}

// Endings names the types for people: "jpg, pdf".
func (u Use) Endings() string {
	var list []string
	for _, t := range u.Types {
		list = append(list, kinds[t].extensions[0])
	}
	return joined(list)
}
