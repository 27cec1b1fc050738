package app_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"kladka/internal/app"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestDumpSQLite and TestDumpPostgres keep the shape of both databases in
// files, so that a migration shows in a review as what it makes.
func TestDumpSQLite(t *testing.T) {
	golden(t, "schema_sqlite.txt", dump(t, testkit.SQLite(t, app.Modules()), `select sql || ';' from sqlite_master
		where sql is not null and name not like 'sqlite_%' and name not like 'goose%' order by type desc, name`))
}

func TestDumpPostgres(t *testing.T) {
	d := testkit.Postgres(t, app.Modules(), "")
	columns := dump(t, d, `select table_name || '.' || column_name || ' ' || data_type ||
		case when is_nullable = 'NO' then ' not null' else '' end || coalesce(' default ' || column_default, '')
		from information_schema.columns where table_schema = 'public' and table_name not like 'goose%'
		order by table_name collate "C", ordinal_position`)
	indexes := dump(t, d, `select indexdef from pg_indexes where schemaname = 'public' and tablename not like 'goose%' order by indexname collate "C"`)
	golden(t, "schema_postgres.txt", columns+"\n"+indexes)
}

func dump(t *testing.T, d *db.DB, query string) string {
	t.Helper()
	var b strings.Builder
	err := d.Each(context.Background(), func(scan func(dest ...any) error) error {
		var line string
		if err := scan(&line); err != nil {
			return err
		}
		b.WriteString(line + "\n")
		return nil
	}, query)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDependencies compares go.mod with the reasons in docs/architecture.md:
// a new dependency needs a reason, and a reason needs its dependency.
func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(root + "/docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+\.\S+/?\S*) v\S+$`).FindAllStringSubmatch(string(mod), -1) {
		direct[m[1]] = true
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(doc), -1) {
		told[m[1]] = true
	}
	for m := range direct {
		if !told[m] {
			t.Errorf("%s has no reason in docs/architecture.md", m)
		}
	}
	for m := range told {
		if strings.Contains(m, ".") && !direct[m] && !strings.Contains(string(mod), m+" ") {
			t.Errorf("docs/architecture.md tells of %s, which go.mod does not hold", m)
		}
	}
	if len(direct) < 10 {
		t.Errorf("only %d direct dependencies were found", len(direct))
	}
}
