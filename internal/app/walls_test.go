package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kladka/internal/app"
)

// source is one Go file of the project.
type source struct {
	pkg  string // folder below the root, "internal/access"
	file string
	ast  *ast.File
	fset *token.FileSet
	test bool
}

const root = "../.."

// sources parses all Go files once.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != "." && d.Name() != ".." || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all = append(all, source{filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel), f, fset, strings.HasSuffix(path, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// module is the feature or layer that a package belongs to.
func module(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, "internal/")
	if !ok {
		return pkg
	}
	if strings.HasPrefix(rest, "platform/") {
		return "platform"
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// mayImport is who may import whom (docs/architecture.md). A module that is
// not listed is a feature: it may import access, directory and platform.
var mayImport = map[string][]string{
	"platform":   {"assets"},
	"schema":     {"platform"},
	"access":     {"platform"},
	"directory":  {"access", "platform"},
	"backup":     {"platform", "schema"},
	"demo":       {"access", "directory", "platform", "training", "needs", "agreements", "meetings", "networks", "budget"},
	"app":        {"*"},
	"testkit":    {"platform", "schema", "assets"},
	"cmd/kladka": {"*"},
}

// centerKit is for tests alone and stands for the whole module of training.
const centerKit = "internal/testkit/center"

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.pkg, "tools/") || strings.HasPrefix(s.pkg, "assets") || s.pkg == centerKit {
			continue
		}
		from := module(s.pkg)
		allowed, known := mayImport[from]
		if !known {
			allowed = []string{"access", "directory", "platform"}
		}
		for _, i := range s.ast.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			own, ok := strings.CutPrefix(path, "kladka/")
			if !ok {
				continue
			}
			to := module(own)
			if to == "testkit" || own == "assets/axe" {
				if from != "testkit" {
					t.Errorf("%s imports %s, which is for tests", s.file, path)
				}
				continue
			}
			if to != from && !slices.Contains(allowed, to) && !slices.Contains(allowed, "*") {
				t.Errorf("%s (%s) may not import %s (%s)", s.file, from, path, to)
			}
		}
	}
}

func TestEveryPackageTellsItsStory(t *testing.T) {
	told := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		told[s.pkg] = told[s.pkg] || s.ast.Doc != nil && len(s.ast.Doc.Text()) > 40
	}
	for pkg, ok := range told {
		if !ok {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

func TestOnlyTheDatabaseKnowsItsEngine(t *testing.T) {
	allowed := []string{"internal/platform/db", "internal/platform/search", "internal/schema", "internal/testkit"}
	for _, s := range sources(t) {
		if s.test || slices.Contains(allowed, s.pkg) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && (sel.Sel.Name == "Engine" || sel.Sel.Name == "Postgres" || sel.Sel.Name == "SQLite") {
				t.Errorf("%s asks for the engine", s.fset.Position(sel.Pos()))
			}
			return true
		})
	}
}

// tableWords finds the names after the words that precede a table in SQL.
var (
	tableWords = regexp.MustCompile(`(?is)\b(?:from|join|into|update|references|create table|alter table|drop table)\s+([a-z_][a-z0-9_]*)`)
	looksSQL   = regexp.MustCompile(`(?is)^\s*(?:with|select|insert|update|delete|create|alter|drop)\s`)
	commonName = regexp.MustCompile(`(?is)(?:\bwith|,)\s+(?:recursive\s+)?([a-z_][a-z0-9_]*)\s+(?:\([a-z_, ]*\)\s+)?as\s*(?:materialized\s*)?\(`)
)

// owners are the packages whose tables do not begin with their own name.
var owners = map[string][]string{
	"internal/platform/db":     {"db", "versions", "properties", "pg", "pragma"}, // and the engines' own
	"internal/platform/jobs":   {"jobs"},
	"internal/platform/events": {"events"},
	"internal/platform/trace":  {"trace"},
	// Large enough to be known by their own names.
	"internal/agreements/ledger": {"ledger"},
	"internal/agreements/plan":   {"plan"},
	"internal/networks/talk":     {"talk"},
}

func TestTables(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !strings.HasPrefix(s.pkg, "internal/") || s.pkg == "internal/testkit" || s.pkg == centerKit {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil || !looksSQL.MatchString(text) {
				return true
			}
			for _, table := range tablesIn(text) {
				if !ownTable(s.pkg, table) {
					t.Errorf("%s names the table %s", s.fset.Position(lit.Pos()), table)
				}
			}
			return true
		})
	}
}

// handedOver are migrations in which a package gives tables away to another.
var handedOver = map[string]string{"survey/migrations/202611221441_custody.sql": "internal/platform/custody"}

func TestTablesInMigrations(t *testing.T) {
	for _, m := range app.Modules() {
		files, err := fs.Glob(m.Files, "migrations/*.sql")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no migrations (%v)", m.Name, err)
		}
		for _, file := range files {
			text, err := fs.ReadFile(m.Files, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range tablesIn(stripComments(string(text))) {
				pkg := "internal/" + m.Name
				if _, err := os.Stat(root + "/internal/platform/" + m.Name); err == nil {
					pkg = "internal/platform/" + m.Name
				}
				if !ownTable(pkg, table) && !ownTable(handedOver[m.Name+"/"+file], table) {
					t.Errorf("%s/%s names the table %s", m.Name, file, table)
				}
			}
		}
	}
}

func stripComments(sql string) string {
	return regexp.MustCompile(`--[^\n]*`).ReplaceAllString(sql, "")
}

func tablesIn(sql string) []string {
	local := map[string]bool{}
	for _, m := range commonName.FindAllStringSubmatch(sql, -1) {
		local[strings.ToLower(m[1])] = true
	}
	var out []string
	for _, m := range tableWords.FindAllStringSubmatch(sql, -1) {
		name := strings.ToLower(m[1])
		// "do update set", "is distinct from ?" and the like are no tables,
		// nor are functions that give rows.
		if local[name] || slices.Contains([]string{"set", "select", "if", "json_each", "unnest"}, name) {
			continue
		}
		out = append(out, name)
	}
	return out
}

func ownTable(pkg, table string) bool {
	if names, ok := owners[pkg]; ok {
		return slices.ContainsFunc(names, func(n string) bool { return table == n || strings.HasPrefix(table, n+"_") })
	}
	name := module(pkg)
	if name == "platform" {
		name = path.Base(pkg)
	}
	return table == name || strings.HasPrefix(table, name+"_")
}

func TestTemplatesKeepThePolicy(t *testing.T) {
	forbidden := regexp.MustCompile(`\sstyle=|\son[a-z]+=|<script>|<style>|hx-on|javascript:`)
	err := filepath.WalkDir(root+"/internal", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".templ") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if m := forbidden.FindString(line); m != "" {
				t.Errorf("%s:%d: %q is stopped by our content security policy", file, i+1, m)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
