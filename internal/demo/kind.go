package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// What a database holds is written in it, so that no flag can lay invented
// people over real ones or show invented schools as real.
const (
	propertyData = "data"
	dataReal     = "real"
	demoPrefix   = "demo:"
)

func demoOf(scale Scale) string { return demoPrefix + string(scale) }

// CheckKind tells whether the program may serve the database as what it was
// asked for: the scale of a demo, or "" for real data. The refusals are
// sentences for the command line.
//  1. A demo is never served as real. A database that says nothing yet becomes
//     real, for good.
//  2. A demo is never laid over real data, nor over another scale, nor over a
//     database that holds something and does not say what.
//  3. An empty database may become a demo; Fill writes that into it.
func CheckKind(ctx context.Context, d *db.DB, wanted string) error {
	data, err := dataOf(ctx, d)
	switch {
	case err != nil:
		return err
	case wanted != "":
		return mayBeDemo(ctx, d, data, wanted)
	case data != "":
		return mayBeReal(data)
	}
	if err := MarkReal(ctx, d); err != nil {
		return err
	}
	// Another process may have made a demo of it meanwhile.
	if data, err = dataOf(ctx, d); err != nil {
		return err
	}
	return mayBeReal(data)
}

// dataOf is what the database says that it holds, "" when it does not say.
func dataOf(ctx context.Context, r db.Reader) (_ string, err error) {
	defer fault.Wrap(&err, "what does the database hold")
	return db.Property(ctx, r, propertyData)
}

func mayBeReal(data string) error {
	if data == dataReal {
		return nil
	}
	if scale, demo := strings.CutPrefix(data, demoPrefix); demo {
		return fmt.Errorf("this database holds an invented %[1]s: serve it with --demo=%[1]s, or give another database with --data or --database", scale)
	}
	return unknownData(data)
}

func mayBeDemo(ctx context.Context, d *db.DB, data, wanted string) error {
	if !Valid(wanted) {
		return fmt.Errorf("--demo=%s: want school or metropolis", wanted)
	}
	scale, demo := strings.CutPrefix(data, demoPrefix)
	switch {
	case data == demoOf(Scale(wanted)):
		return nil
	case demo:
		return fmt.Errorf("this database holds an invented %[1]s, not a %[2]s: serve it with --demo=%[1]s, or give another database with --data or --database", scale, wanted)
	case data == dataReal:
		return errReal
	case data != "":
		return unknownData(data)
	}
	held, err := holdsSomething(ctx, d)
	if err != nil {
		return err
	}
	if held {
		return errNotEmpty
	}
	return nil
}

var (
	errReal     = errors.New("this database holds real data: a demo needs a database of its own, give another with --data or --database")
	errNotEmpty = errors.New("this database is not empty and does not say that it is a demo: give another with --data or --database")
)

func unknownData(data string) error {
	return fmt.Errorf("this database says that it holds %q, which this version of the program does not know", data)
}

// seedVersion is what the directory's counter shows when nothing but its seed
// of municipalities was ever written. A higher number means that institutions
// or boundaries came in, even if they are gone again.
const seedVersion = 1

// holdsSomething tells whether there are people, or was ever a change of the
// directory. Both questions go through what their owners export: the tables
// are not ours to name.
func holdsSomething(ctx context.Context, r db.Reader) (_ bool, err error) {
	defer fault.Wrap(&err, "is the database empty")
	people, err := access.AnyPeople(ctx, r)
	if err != nil || people {
		return people, err
	}
	version, err := db.Version(ctx, r, "directory")
	return version > seedVersion, err
}

// MarkReal writes that the database holds real data, unless it says already
// what it holds. A demo stays one. Call it before anything real is written.
func MarkReal(ctx context.Context, d *db.DB) (err error) {
	defer fault.Wrap(&err, "mark the database as holding real data")
	return d.Write(ctx, func(tx *db.Tx) error {
		data, err := dataOf(ctx, tx)
		if err != nil || data != "" {
			return err
		}
		return db.SetProperty(ctx, tx, propertyData, dataReal)
	})
}
