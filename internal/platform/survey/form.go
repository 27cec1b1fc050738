package survey

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// fieldPrefix begins the name of every field of a drawn questionnaire.
const fieldPrefix = "q."

// Form is a questionnaire to be drawn with Fields.
type Form struct {
	Def     Definition
	Answers Answers
	Faults  map[string]string // text by the name of the field; nil for those of the page
	Section int               // index of the section to draw, -1 for all on one page
}

// Fields draws the questions of a form, without the form around them: one
// section, or all of them. The page's title is its h1; sections are h2. Errors
// are those of the form, or of the page when the form has none; draw
// web.ErrorSummary above. Every field is named "q.<question>", of a matrix
// "q.<question>.<row>", of a ranking "q.<question>.<place>"; FromForm reads
// them back.
func Fields(p web.Page, f Form) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if f.Def.drawn.keeps(p, f) {
			return f.Def.drawn.write(ctx, w, p, f)
		}
		return formSections(f.sections(p)).Render(ctx, w)
	})
}

// formKept keeps the empty forms of one definition as they were drawn: whoever
// begins to answer gets the same bytes. It goes with a definition that
// DefinitionByID returned, and serves nothing but its very sections.
type formKept struct {
	sections *Section // the first
	n        int
	drawn    sync.Map // formKey → []byte
}

type formKey struct {
	l       *i18n.L
	section int
}

func keepForms(d *Definition) *formKept {
	if len(d.Sections) == 0 {
		return nil
	}
	return &formKept{sections: &d.Sections[0], n: len(d.Sections)}
}

// keeps tells that the form is an empty one of this definition.
func (k *formKept) keeps(p web.Page, f Form) bool {
	return k != nil && len(f.Def.Sections) == k.n && &f.Def.Sections[0] == k.sections &&
		len(f.Answers) == 0 && len(f.Faults) == 0 && len(p.Errors) == 0 && f.Section < k.n
}

func (k *formKept) write(ctx context.Context, w io.Writer, p web.Page, f Form) error {
	key := formKey{p.L, max(f.Section, -1)}
	if b, ok := k.drawn.Load(key); ok {
		_, err := w.Write(b.([]byte))
		return err
	}
	var b bytes.Buffer
	if err := formSections(f.sections(p)).Render(ctx, &b); err != nil {
		return err
	}
	k.drawn.Store(key, b.Bytes())
	_, err := w.Write(b.Bytes())
	return err
}

// FromForm reads the answers from a form drawn by Fields. A field of a
// questionnaire that is none of d's is kept under its name, so that Check
// refuses it: a form drawn from another version is not taken by halves.
func FromForm(d Definition, v url.Values) Answers {
	a := Answers{}
	taken := map[string]bool{}
	for _, s := range d.Sections {
		for i := range s.Questions {
			q := &s.Questions[i]
			for _, key := range q.keys() {
				var values []string
				for _, name := range q.fields(key) {
					taken[name] = true
					values = append(values, v[name]...)
				}
				values = slices.DeleteFunc(values, func(s string) bool { return strings.TrimSpace(s) == "" })
				if len(values) > 0 {
					a[key] = values
				}
			}
		}
	}
	for name, values := range v {
		if key, ok := strings.CutPrefix(name, fieldPrefix); ok && !taken[name] {
			a[key] = values
		}
	}
	return a
}

// fields are the names of the fields that hold the answer of a key: of a
// ranking one for each place, else one.
func (q *Question) fields(key string) []string {
	if q.Kind != Ranking {
		return []string{fieldPrefix + key}
	}
	names := make([]string, q.most())
	for i := range names {
		names[i] = fieldPrefix + key + "." + strconv.Itoa(i+1)
	}
	return names
}
