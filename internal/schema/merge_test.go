package schema

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"kladka/internal/platform/db"
)

// files makes a module of files that hold their own name as a comment.
func files(module string, names ...string) Module {
	m := fstest.MapFS{}
	for _, n := range names {
		m["migrations/"+n] = &fstest.MapFile{Data: []byte("-- " + n)}
	}
	return Module{Name: module, Files: m}
}

func TestMerge(t *testing.T) {
	modules := []Module{
		files("b", "202601020000_second.sql", "202601040000_fourth.sqlite.sql", "202601040000_fourth.postgres.sql", "README.md"),
		files("a", "202601030000_third.sql", "202601010000_first.sql"),
		files("empty"),
	}
	for engine, fourth := range map[db.Engine]string{db.SQLite: "202601040000_fourth.sqlite", db.Postgres: "202601040000_fourth.postgres"} {
		list, err := merge(engine, modules)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range list {
			names = append(names, m.name)
			if m.sql != "-- "+m.name+".sql" {
				t.Errorf("%s holds %q", m.name, m.sql)
			}
		}
		if want := []string{"202601010000_first", "202601020000_second", "202601030000_third", fourth}; !slices.Equal(names, want) {
			t.Errorf("%s: %v", engine, names)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	for want, modules := range map[string][]Module{
		"a/202601010000_x and b/202601010000_y carry the same date":      {files("a", "202601010000_x.sql"), files("b", "202601010000_y.sql")},
		"a/202601010000_x and a/202601010000_x.sqlite carry the same":    {files("a", "202601010000_x.sql", "202601010000_x.sqlite.sql")},
		"of a: migrations/20260101_x.sql: the name must begin with YYYY": {files("a", "20260101_x.sql")},
		"of a: migrations/first_x.sql: the name must begin with YYYY":    {files("a", "first_x.sql")},
		"-20260101000":                {files("a", "-20260101000_x.sql")},
		"migrations/202601010000.sql": {files("a", "202601010000.sql")},
		"of a: permission denied":     {{Name: "a", Files: closed{}}},
	} {
		if _, err := merge(db.SQLite, modules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// closed is a folder with a file that cannot be read.
type closed struct{ fs.FS }

func (closed) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

func (closed) ReadDir(string) ([]fs.DirEntry, error) {
	return fstest.MapFS{"202601010000_x.sql": {}}.ReadDir(".")
}

func (closed) Stat(name string) (fs.FileInfo, error) {
	return fstest.MapFS{name: {}}.Stat(name)
}
