// Package i18n holds every text that people read, in Polish, English and
// Ukrainian, and writes numbers, dates and plurals as each language does.
//
// Each module brings messages/pl.json, en.json and uk.json (a large module also
// messages/PART.pl.json and so on): an object of key to text, or of key to
// plural forms. A text holds its arguments in braces,
// as in "Znaleziono {n}". The texts are cut into pieces once, at the start, so
// that a page of sixty messages costs sixty map look-ups.
package i18n

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Lang is a language of the pages, as in the attribute lang.
type Lang string

// The languages. All hold all keys; a test sees to it.
const (
	PL Lang = "pl"
	EN Lang = "en"
	UK Lang = "uk"
)

// Langs are the languages in the order of the switch; the first is the default.
var Langs = [...]Lang{PL, EN, UK}

// Valid tells whether s names a language of the pages.
func Valid(s string) bool { return slices.Contains(Langs[:], Lang(s)) }

// forms are the plural forms that a message must have in each language
// (whole numbers only: CLDR's "other" of Polish and Ukrainian is for fractions).
var forms = map[Lang][]string{
	PL: {"one", "few", "many"},
	EN: {"one", "other"},
	UK: {"one", "few", "many"},
}

var tags = map[Lang]language.Tag{PL: language.Polish, EN: language.English, UK: language.Ukrainian}

// Catalog is all texts in all languages.
type Catalog struct {
	langs map[Lang]*L
}

// L is all texts in one language. Its methods are safe to use at once.
type L struct {
	Lang  Lang
	tag   language.Tag
	texts map[string]*message
}

type message struct {
	plain []piece            // nil when the message has plural forms
	forms map[string][]piece // by CLDR name of the form
}

// piece is a text, or the name of an argument.
type piece struct {
	text string
	arg  string
}

// Load reads the messages of each source. A key that two sources
// state, a broken file or an unclosed brace is an error.
func Load(sources ...fs.FS) (*Catalog, error) {
	c := &Catalog{langs: map[Lang]*L{}}
	for _, lang := range Langs {
		l := &L{Lang: lang, tag: tags[lang], texts: map[string]*message{}}
		for _, source := range sources {
			if err := l.load(source); err != nil {
				return nil, err
			}
		}
		c.langs[lang] = l
	}
	return c, nil
}

func (l *L) load(source fs.FS) error {
	names := []string{"messages/" + string(l.Lang) + ".json"}
	parts, err := fs.Glob(source, "messages/*."+string(l.Lang)+".json")
	if err != nil {
		return err
	}
	for _, name := range append(names, parts...) {
		if err := l.loadFile(source, name); err != nil {
			return err
		}
	}
	return nil
}

func (l *L) loadFile(source fs.FS, name string) error {
	data, err := fs.ReadFile(source, name)
	if err != nil {
		return err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for key, value := range raw {
		if l.texts[key] != nil {
			return fmt.Errorf("%s: %q is stated twice", name, key)
		}
		m, err := parse(value)
		if err != nil {
			return fmt.Errorf("%s: %q: %w", name, key, err)
		}
		l.texts[key] = m
	}
	return nil
}

func parse(value json.RawMessage) (*message, error) {
	var text string
	if json.Unmarshal(value, &text) == nil {
		pieces, err := cut(text)
		return &message{plain: pieces}, err
	}
	var byForm map[string]string
	if err := json.Unmarshal(value, &byForm); err != nil {
		return nil, err
	}
	m := &message{forms: map[string][]piece{}}
	for form, text := range byForm {
		pieces, err := cut(text)
		if err != nil {
			return nil, err
		}
		m.forms[form] = pieces
	}
	return m, nil
}

func cut(text string) ([]piece, error) {
	out := []piece{}
	for text != "" {
		before, rest, ok := strings.Cut(text, "{")
		if before != "" {
			out = append(out, piece{text: before})
		}
		if !ok {
			break
		}
		arg, after, ok := strings.Cut(rest, "}")
		if !ok || arg == "" {
			return nil, fmt.Errorf("brace without an argument in %q", text)
		}
		out = append(out, piece{arg: arg})
		text = after
	}
	return out, nil
}

// In is the texts in one language, Polish for a language that we do not have.
func (c *Catalog) In(lang Lang) *L {
	if l := c.langs[lang]; l != nil {
		return l
	}
	return c.langs[PL]
}

// Has tells whether the catalog knows a key.
func (c *Catalog) Has(key string) bool { return c.langs[PL].texts[key] != nil }

// Keys are all keys of one language, sorted.
func (l *L) Keys() []string { return slices.Sorted(maps.Keys(l.texts)) }

// Check lists what is missing: keys, plural forms, arguments that differ.
func (c *Catalog) Check() []string {
	var faults []string
	all := map[string]bool{}
	for _, l := range c.langs {
		for key := range l.texts {
			all[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		for _, lang := range Langs {
			faults = append(faults, c.langs[lang].check(key, c.langs[PL].texts[key])...)
		}
	}
	return faults
}

func (l *L) check(key string, polish *message) []string {
	m := l.texts[key]
	if m == nil || polish == nil {
		return []string{fmt.Sprintf("%s: %s is missing", l.Lang, key)}
	}
	if (m.plain == nil) != (polish.plain == nil) {
		return []string{fmt.Sprintf("%s: %s is plural in one language only", l.Lang, key)}
	}
	var faults []string
	if m.plain == nil {
		for _, form := range forms[l.Lang] {
			if m.forms[form] == nil {
				faults = append(faults, fmt.Sprintf("%s: %s lacks the form %q", l.Lang, key, form))
			}
		}
	}
	if a, b := m.args(), polish.args(); !maps.Equal(a, b) {
		faults = append(faults, fmt.Sprintf("%s: %s takes %v, in Polish %v", l.Lang, key, a, b))
	}
	return faults
}

func (m *message) args() map[string]bool {
	args := map[string]bool{}
	add := func(pieces []piece) {
		for _, p := range pieces {
			// The number itself may be left out of a form ("jedna szkoła").
			if p.arg != "" && p.arg != "n" {
				args[p.arg] = true
			}
		}
	}
	add(m.plain)
	for _, pieces := range m.forms {
		add(pieces)
	}
	return args
}

// T is the text of a key. Args are pairs of an argument's name and its value;
// whole numbers are written as the language groups them. An unknown key shows
// itself between double brackets, which no page of ours may contain.
func (l *L) T(key string, args ...any) string {
	m := l.texts[key]
	if m == nil || m.plain == nil {
		return "⟦" + key + "⟧"
	}
	return l.fill(m.plain, args)
}

// N is the text of a key in the plural form for n; the argument {n} is the
// number itself.
func (l *L) N(key string, n int, args ...any) string {
	m := l.texts[key]
	if m == nil || m.forms == nil {
		return "⟦" + key + "⟧"
	}
	pieces := m.forms[l.form(n)]
	if pieces == nil {
		pieces = m.forms["other"]
	}
	return l.fill(pieces, append([]any{"n", n}, args...))
}

func (l *L) form(n int) string {
	if n < 0 {
		n = -n
	}
	switch plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0) {
	case plural.One:
		return "one"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}

func (l *L) fill(pieces []piece, args []any) string {
	if len(pieces) == 1 && pieces[0].arg == "" {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.arg == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(l.arg(p.arg, args))
	}
	return b.String()
}

func (l *L) arg(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return v
		case int:
			return l.Number(v)
		case int64:
			return l.Number(int(v))
		default:
			return fmt.Sprint(v)
		}
	}
	return "⟦" + name + "⟧"
}
