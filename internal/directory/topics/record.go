package topics

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Record is a topic as words: what a form, a row of a sheet or a line of the
// history says. The parent is named by its code.
type Record struct {
	Code     string                 `json:"code"`
	Kind     Kind                   `json:"kind"`
	Parent   string                 `json:"parent,omitempty"`
	Names    map[i18n.Lang]string   `json:"names"`
	Synonyms map[i18n.Lang][]string `json:"synonyms,omitempty"`
	From     string                 `json:"from,omitempty"`
	Until    string                 `json:"until,omitempty"`
	Basis    string                 `json:"basis,omitempty"`
	State    State                  `json:"state,omitempty"`
}

// record is a topic in words.
func (v *vocabulary) record(t *Topic) Record {
	c := t.clone()
	r := Record{Code: c.Code, Kind: c.Kind, Names: c.Names, Synonyms: c.Synonyms, From: c.From, Until: c.Until, Basis: c.Basis, State: c.State}
	if p := v.byID[c.Parent]; p != nil {
		r.Parent = p.Code
	}
	for lang, list := range r.Synonyms {
		if len(list) == 0 {
			delete(r.Synonyms, lang)
		}
	}
	return r
}

func (r Record) text() string {
	if r.Code == "" {
		return ""
	}
	text, _ := json.Marshal(r) // strings always encode
	return string(text)
}

func recordOf(text string) (r Record) {
	if text == "" || json.Unmarshal([]byte(text), &r) != nil {
		return Record{}
	}
	return r
}

// Difference is one field that two records have otherwise.
type Difference struct {
	Name, Before, After string
}

// Names of the fields, for the form, the sheet and the history.
const (
	fieldCode   = "kod"
	fieldKind   = "rodzaj"
	fieldParent = "nadrzedny"
	fieldFrom   = "od"
	fieldUntil  = "do"
	fieldBasis  = "podstawa"
	fieldState  = "stan"
)

func nameField(lang i18n.Lang) string     { return "nazwa_" + string(lang) }
func synonymsField(lang i18n.Lang) string { return "synonimy_" + string(lang) }

// fields are a record's values by the names of its fields, in the order shown.
func (r Record) fields() []Difference {
	list := []Difference{{Name: fieldCode, After: r.Code}, {Name: fieldKind, After: string(r.Kind)}, {Name: fieldParent, After: r.Parent}}
	for _, lang := range i18n.Langs {
		list = append(list, Difference{Name: nameField(lang), After: r.Names[lang]})
	}
	for _, lang := range i18n.Langs {
		list = append(list, Difference{Name: synonymsField(lang), After: strings.Join(r.Synonyms[lang], "; ")})
	}
	return append(list, Difference{Name: fieldFrom, After: r.From}, Difference{Name: fieldUntil, After: r.Until},
		Difference{Name: fieldBasis, After: r.Basis}, Difference{Name: fieldState, After: string(r.State)})
}

// differences are the fields in which two records differ.
func differences(before, after Record) (list []Difference) {
	was := before.fields()
	for n, f := range after.fields() {
		if was[n].After != f.After {
			list = append(list, Difference{f.Name, was[n].After, f.After})
		}
	}
	return list
}

// Bounds of what an editor types.
const (
	longestName    = 120
	longestCode    = 60
	mostSynonyms   = 30
	longestBasis   = 500
	latestWordYear = 2200
)

var codeShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// reserved codes are addresses of our own pages.
var reserved = []string{"nowy", "arkusz", "wczytaj", "oczekujace"}

// faults lists what is wrong with the words of a topic, in the order of the
// form. Parent and namesakes are the vocabulary's to check.
func (r Record) faults() (list []fault.Field) {
	add := func(wrong bool, field, key string, args ...any) {
		if wrong && !slices.ContainsFunc(list, func(f fault.Field) bool { return f.Name == field }) {
			list = append(list, fault.Field{Name: field, Key: key, Args: args})
		}
	}
	add(!slices.Contains(Kinds(), r.Kind), fieldKind, "topics.fault.kind")
	// Without a name there was nothing to make a code of: the name is what is missing.
	unnamed := r.Code == "" && i18n.Fold(r.Names[i18n.PL]) == ""
	add(!unnamed && (!codeShape.MatchString(r.Code) || len(r.Code) > longestCode), fieldCode, "topics.fault.code", "n", longestCode)
	add(slices.Contains(reserved, r.Code), fieldCode, "topics.fault.code_reserved")
	for _, lang := range i18n.Langs {
		name := r.Names[lang]
		add(i18n.Fold(name) == "", nameField(lang), "topics.fault.name_"+string(lang))
		add(!plain(name, longestName), nameField(lang), "topics.fault.long", "n", longestName)
		synonyms := r.Synonyms[lang]
		add(len(synonyms) > mostSynonyms, synonymsField(lang), "topics.fault.synonyms_many", "n", mostSynonyms)
		add(slices.ContainsFunc(synonyms, func(w string) bool { return !plain(w, longestName) }), synonymsField(lang), "topics.fault.long", "n", longestName)
	}
	if r.Kind == Policy {
		from, fromOK := day(r.From)
		until, untilOK := day(r.Until)
		add(!fromOK, fieldFrom, "topics.fault.date")
		add(!untilOK, fieldUntil, "topics.fault.date")
		add(fromOK && untilOK && until.Before(from), fieldUntil, "topics.fault.until")
		add(strings.TrimSpace(r.Basis) == "", fieldBasis, "topics.fault.basis")
	} else {
		add(r.From != "" || r.Until != "", fieldFrom, "topics.fault.no_dates")
	}
	add(!plain(r.Basis, longestBasis), fieldBasis, "topics.fault.long", "n", longestBasis)
	return list
}

// plain tells whether a text is one line of letters, not too long.
func plain(text string, longest int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}

func day(text string) (time.Time, bool) {
	d, err := time.Parse(time.DateOnly, text)
	return d, err == nil && d.Year() >= 1900 && d.Year() < latestWordYear
}

// CodeOf makes a code of a Polish name: small letters without marks, dashes
// between words.
func CodeOf(name string) string {
	code := strings.ReplaceAll(i18n.Fold(name), " ", "-")
	code = strings.Trim(strings.Map(func(r rune) rune {
		if r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, code), "-")
	for len(code) > longestCode {
		cut := strings.LastIndex(code[:longestCode+1], "-")
		if cut < 0 {
			cut = longestCode
		}
		code = code[:cut]
	}
	return code
}

// apply makes a topic of a record: a copy of the one that was, or a new one.
// An old name becomes a synonym, so that whoever knows it still finds the topic.
func (r Record) apply(was *Topic, parent ID) *Topic {
	t := r.exactly(was, parent)
	if was == nil {
		return t
	}
	for _, lang := range i18n.Langs {
		t.Synonyms[lang] = words(strings.Join(append(t.Synonyms[lang], was.Names[lang]), "\n"), t.Names[lang])
	}
	return t
}

// exactly is apply that adds nothing: for taking a change back.
func (r Record) exactly(was *Topic, parent ID) *Topic {
	t := &Topic{Code: r.Code, Kind: r.Kind, State: Current, Revision: 1}
	if was != nil {
		t = was.clone()
	}
	t.Parent, t.From, t.Until, t.Basis = parent, r.From, r.Until, strings.TrimSpace(r.Basis)
	t.Names, t.Synonyms = map[i18n.Lang]string{}, map[i18n.Lang][]string{}
	for _, lang := range i18n.Langs {
		t.Names[lang] = strings.Join(strings.Fields(r.Names[lang]), " ")
		t.Synonyms[lang] = words(strings.Join(r.Synonyms[lang], "\n"), t.Names[lang])
	}
	return t
}
