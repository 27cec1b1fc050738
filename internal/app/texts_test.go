package app_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/platform/i18n"
)

func catalog(t *testing.T) *i18n.Catalog {
	t.Helper()
	c, err := app.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLanguagesAreComplete(t *testing.T) {
	for _, fault := range catalog(t).Check() {
		t.Error(fault)
	}
}

func TestEveryRoleAndPermissionHasAName(t *testing.T) {
	c := catalog(t)
	for _, r := range access.Roles() {
		if !c.Has("role." + string(r)) {
			t.Errorf("role %s has no name", r)
		}
	}
	for _, p := range access.Permissions() {
		if !c.Has("permission." + string(p)) {
			t.Errorf("permission %s has no name", p)
		}
	}
}

// keyShape is a whole message key written in the code.
var keyShape = regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)+$`)

// TestKeysExist looks at every text in the code that begins like a known
// group of keys: a typing error in a key would be seen by people only.
func TestKeysExist(t *testing.T) {
	c := catalog(t)
	groups := map[string]bool{}
	for _, key := range c.In(i18n.PL).Keys() {
		group, _, _ := strings.Cut(key, ".")
		groups[group] = true
	}
	notKeys := regexp.MustCompile(`\.(json|csv|geojson|css|js|svg|png|woff2|sql|db|txt|pl|org|test)$`)
	for _, s := range sources(t) {
		if s.test || !strings.HasPrefix(s.pkg, "internal/") || strings.HasPrefix(s.pkg, "internal/demo") || strings.HasPrefix(s.pkg, "internal/testkit") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if slices.Contains(takesNames, name) {
				return false
			}
			for _, arg := range call.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				key, err := strconv.Unquote(lit.Value)
				if err != nil || !keyShape.MatchString(key) || notKeys.MatchString(key) {
					continue
				}
				group, _, _ := strings.Cut(key, ".")
				if groups[group] && !c.Has(key) && name != "Name" {
					t.Errorf("%s: there is no message %q", s.fset.Position(lit.Pos()), key)
				}
			}
			return true
		})
	}
}

// takesNames are functions whose arguments look like keys and are none: names of
// jobs, events and periodic work, what a keyed hash is for, deeds and objects of
// the log (their texts are checked by the log's own test), kinds of things in the
// vocabulary, and beginnings of keys.
var takesNames = []string{"Every", "On", "Enqueue", "MAC", "len", "note", "recordHand", "rejoin", "Use", "choicesOf"}

// masculine are forms that speak to or of men only, where the house speaks to
// everybody: past tense and adjectives of the second person, and names of
// roles without their pair.
var masculine = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\p{L}+(ł|eł)eś\b`), // zrobiłeś, wysłałeś
	regexp.MustCompile(`(?i)\b(powinieneś|gotowy jesteś|jesteś pew(ien|ny)|zalogowany jesteś|jesteś zalogowany)\b`),
	regexp.MustCompile(`(?i)(^|[^\p{L}])(nauczyciel|dyrektor|uczeń|mieszkaniec|użytkownik|administrator|rodzic|urzędnik|pracownik|specjalista|doradca)([^\p{L}]|$)`),
	regexp.MustCompile(`(?i)(^|[^\p{L}])(nauczyciele|dyrektorzy|uczniowie|mieszkańcy|użytkownicy|administratorzy|urzędnicy|pracownicy|specjaliści)([^\p{L}]|$)`),
}

// paired are the same names beside their feminine form, or neutral ones.
var paired = regexp.MustCompile(`(?i)(nauczycielk\p{L}*|dyrektork\p{L}*|uczennic\p{L}*|mieszkank\p{L}*|administratork\p{L}*|specjalistk\p{L}*|mieszkan\p{L}+ (i|lub)|uczenn\p{L}+)`)

func TestPolishSpeaksToEverybody(t *testing.T) {
	files, err := filepath.Glob(root + "/internal/*/messages/*pl.json")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob(root + "/internal/*/*/messages/*pl.json")
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			_, line, _ = strings.Cut(line, `": `) // the key is for programs
			for _, m := range masculine {
				if found := m.FindString(line); found != "" && !paired.MatchString(line) && !exempt(line) {
					t.Errorf("%s:%d: %q speaks of men only: %s", file, i+1, found, strings.TrimSpace(line))
				}
			}
		}
	}
}

// exempt are names that we do not change: of an office, and the term of the
// law for whoever decides about personal data, who is an institution.
func exempt(line string) bool {
	for _, name := range []string{"Rzecznika Praw Dziecka", "Administrator danych", "Administratorzy danych"} {
		if strings.Contains(line, name) {
			return true
		}
	}
	return false
}
