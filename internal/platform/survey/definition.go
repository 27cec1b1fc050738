package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Lang is a language of the pages.
type Lang = i18n.Lang

// Text is a text in every language of the pages. An optional text is nil; one
// that is there has all languages.
type Text map[Lang]string

// In is the text in the reader's language, and the language it really is in:
// where the reader's is missing, the first that is there in the order of the
// switch, so that the page can say so in the attribute lang.
func (t Text) In(l *i18n.L) (text string, lang Lang) {
	if s := t[l.Lang]; s != "" {
		return s, l.Lang
	}
	for _, lang := range i18n.Langs {
		if s := t[lang]; s != "" {
			return s, lang
		}
	}
	return "", l.Lang
}

// Definition is a questionnaire as data: what is asked, in which order, under
// which conditions, in every language. A version of it that was used in a round
// never changes.
type Definition struct {
	Code     string    `json:"code"`    // lasting name; one that begins with "_" is made by a program
	Version  int       `json:"version"` // given when it is saved
	Title    Text      `json:"title"`
	Intro    Text      `json:"intro,omitempty"`
	Thanks   Text      `json:"thanks,omitempty"`
	Sections []Section `json:"sections"`

	drawn *formKept // empty forms; only of one that DefinitionByID returned
}

// Section is a part of a questionnaire, a page where one section stands on each.
type Section struct {
	ID        string     `json:"id"`
	Title     Text       `json:"title"`
	Text      Text       `json:"text,omitempty"`
	When      *Condition `json:"when,omitempty"`
	Questions []Question `json:"questions"`
}

// Kind is a kind of question.
type Kind string

// The kinds. FreeText takes words, every other kind takes ids or a whole number.
const (
	Single   Kind = "single"
	Multiple Kind = "multiple"
	Scale    Kind = "scale"
	Matrix   Kind = "matrix"
	Ranking  Kind = "ranking"
	Number   Kind = "number"
	FreeText Kind = "text"
)

// Question is one question.
type Question struct {
	ID       string     `json:"id"`
	Kind     Kind       `json:"kind"`
	Title    Text       `json:"title"`
	Help     Text       `json:"help,omitempty"`
	Required bool       `json:"required,omitempty"`
	Options  []Option   `json:"options,omitempty"`   // of single, multiple, ranking; the columns of a matrix
	Rows     []Option   `json:"rows,omitempty"`      // of a matrix, each answered by one option
	Low      int        `json:"low,omitempty"`       // of a scale or a number
	High     int        `json:"high,omitempty"`      //
	LowText  Text       `json:"low_text,omitempty"`  // what the ends of a scale mean
	HighText Text       `json:"high_text,omitempty"` //
	Most     int        `json:"most,omitempty"`      // options of multiple and ranking, letters of a text; 0 for the usual limit
	Least    int        `json:"least,omitempty"`     // options of multiple and ranking, where it is answered at all
	When     *Condition `json:"when,omitempty"`
}

// Option is one thing to choose, or a row of a matrix.
type Option struct {
	ID    string `json:"id"`
	Text  Text   `json:"text"`
	Alone bool   `json:"alone,omitempty"` // "none of these": cannot stand with others
}

// Condition says when a question or a section is asked. It is one of three
// things: All or Any of others, or a look at a question that stands earlier,
// by exactly one of Is, AtLeast and Answered. A question that was not asked
// counts as not answered.
type Condition struct {
	All      []Condition `json:"all,omitempty"`
	Any      []Condition `json:"any,omitempty"`
	Question string      `json:"question,omitempty"`
	Row      string      `json:"row,omitempty"`      // of a matrix; "" for any of its rows
	Is       []string    `json:"is,omitempty"`       // one of these options was chosen
	AtLeast  *int        `json:"at_least,omitempty"` // a scale or a number
	Answered *bool       `json:"answered,omitempty"`
}

// Limits of a definition. Beyond them stands a slip or an attack, not a
// questionnaire that a person would finish.
const (
	MaxDefinition = 512 << 10 // bytes of a file
	maxSections   = 60
	maxQuestions  = 200
	maxOptions    = 150
	maxColumns    = 12 // options of a matrix, which stand side by side
	maxRows       = 60
	maxPlaces     = 10 // of a ranking
	maxLetters    = 4000
	usualLetters  = 1000 // of a text answer whose question does not say
	maxDepth      = 8    // of conditions
	maxLooks      = 50   // questions that one condition looks at
	maxNumber     = 1_000_000_000
	maxID         = 40
)

// defFile is a definition with the mark of its format.
type defFile struct {
	Format int `json:"kladka_survey"`
	Definition
}

const defFormat = 1

// Parse reads a definition from a file. It is strict: unknown and doubled
// names, broken UTF-8 and anything after the end are refused, and so is a
// definition with a fault. Every refusal is a fault of kind Invalid (TooLarge
// beyond MaxDefinition); its fields tell the places.
func Parse(r io.Reader) (d Definition, err error) {
	defer fault.Wrap(&err, "read a questionnaire")
	data, err := io.ReadAll(io.LimitReader(r, MaxDefinition+1))
	if err != nil {
		return d, err
	}
	if len(data) > MaxDefinition {
		return d, fault.New(fault.TooLarge, "survey.definition.large", "kb", MaxDefinition>>10)
	}
	if !utf8.Valid(data) {
		return d, fault.New(fault.Invalid, "survey.definition.utf8")
	}
	if err := defStrict(data); err != nil {
		return d, err
	}
	var file defFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return d, defSyntax(err)
	}
	if file.Format != defFormat {
		return d, fault.New(fault.Invalid, "survey.definition.format")
	}
	d = file.Definition
	d.defTidy()
	return d, defInvalid(d.Faults())
}

// defInvalid makes one fault of all the places, nil when there are none.
func defInvalid(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	e := &fault.Error{Kind: fault.Invalid, Key: "survey.definition.faults"}
	for _, f := range faults {
		e.Fields = append(e.Fields, fault.Field{Name: f.Place, Key: f.Key, Args: f.Args})
	}
	return e
}

// defSyntax names what the reader of JSON did not take.
func defSyntax(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fault.New(fault.Invalid, "survey.definition.type", "place", wrong.Field)
	}
	return fmt.Errorf("%w (%v)", fault.New(fault.Invalid, "survey.definition.json"), err)
}

// defStrict refuses what encoding/json forgives: names stated twice, names in
// other letters than ours (it would take "Title" for "title"), data after the
// end, and nesting without an end.
func defStrict(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := defValue(dec, 0); err != nil {
		if fault.As(err) != nil {
			return err
		}
		return defSyntax(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fault.New(fault.Invalid, "survey.definition.trailing")
	}
	return nil
}

// defNesting is deeper than any definition within maxDepth.
const defNesting = 8 + 2*maxDepth

func defValue(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth > defNesting {
		return fault.New(fault.Invalid, "survey.definition.deep")
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			if err := defName(seen, name.(string)); err != nil {
				return err
			}
		}
		if err := defValue(dec, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func defName(seen map[string]bool, name string) error {
	if !defPlain(name) {
		return fault.New(fault.Invalid, "survey.definition.name", "name", defShort(name))
	}
	if seen[name] {
		return fault.New(fault.Invalid, "survey.definition.twice_name", "name", name)
	}
	seen[name] = true
	return nil
}

// defShort keeps a message from being as long as what it complains about.
func defShort(s string) string {
	if r := []rune(s); len(r) > maxID {
		return string(r[:maxID]) + "…"
	}
	return s
}

// defPlain tells whether s is an id: 1 to 40 of a–z, 0–9 and _.
func defPlain(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// Write writes the definition as a file. Parse reads the same definition from
// it, and the same definition gives the same bytes.
func (d Definition) Write(w io.Writer) (err error) {
	defer fault.Wrap(&err, "write questionnaire %s", d.Code)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(defFile{defFormat, d})
}

// defTidy makes what is empty nil, so that two definitions that say the same
// are equal.
func (d *Definition) defTidy() {
	for _, t := range []*Text{&d.Title, &d.Intro, &d.Thanks} {
		defTidyText(t)
	}
	if len(d.Sections) == 0 {
		d.Sections = nil
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		defTidyText(&s.Title)
		defTidyText(&s.Text)
		s.When.tidy()
		if len(s.Questions) == 0 {
			s.Questions = nil
		}
		for j := range s.Questions {
			s.Questions[j].tidy()
		}
	}
}

func (q *Question) tidy() {
	for _, t := range []*Text{&q.Title, &q.Help, &q.LowText, &q.HighText} {
		defTidyText(t)
	}
	for _, list := range []*[]Option{&q.Options, &q.Rows} {
		if len(*list) == 0 {
			*list = nil
		}
		for i := range *list {
			defTidyText(&(*list)[i].Text)
		}
	}
	q.When.tidy()
}

func (c *Condition) tidy() {
	if c == nil {
		return
	}
	for _, list := range []*[]Condition{&c.All, &c.Any} {
		if len(*list) == 0 {
			*list = nil
		}
		for i := range *list {
			(*list)[i].tidy()
		}
	}
	if len(c.Is) == 0 {
		c.Is = nil
	}
}

func defTidyText(t *Text) {
	if len(*t) == 0 {
		*t = nil
	}
}
