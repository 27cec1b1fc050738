package survey

import (
	"context"
	"html"
	"io"
	"strconv"
)

// Questions are written by hand and not by templates: a form of thirty has
// some two hundred inputs, and a template pays three allocations for each of
// their attributes. formWriter has two deeds, and only put takes constants of
// the program; every other text goes through esc.
type formWriter struct {
	b        []byte
	optional string // words that every question needs
	prefix   string
	choose   string
}

func (w *formWriter) put(constant string) { w.b = append(w.b, constant...) }

// esc writes any text, between tags or between quotation marks.
func (w *formWriter) esc(s string) {
	for i := range len(s) {
		switch s[i] {
		case '&', '<', '>', '"', '\'':
			w.b = append(w.b, html.EscapeString(s)...)
			return
		}
	}
	w.b = append(w.b, s...)
}

// attr writes an attribute; name is a constant that begins with a space.
func (w *formWriter) attr(name, value string) {
	w.put(name)
	w.put(`="`)
	w.esc(value)
	w.put(`"`)
}

// nth writes the id of the n-th input of a field. The first has the name of
// the field itself, so that the summary of errors leads to it.
func (w *formWriter) nth(attr, name string, n int) {
	w.put(attr)
	w.put(`="`)
	w.esc(name)
	if n > 0 {
		w.put(`-`)
		w.b = strconv.AppendInt(w.b, int64(n+1), 10)
	}
	w.put(`"`)
}

// note writes a paragraph that describes a field.
func (w *formWriter) note(class, name, id, text string) {
	if text == "" {
		return
	}
	w.put(`<p class="`)
	w.put(class)
	w.put(`" id="`)
	w.esc(name)
	w.put(id)
	w.put(`">`)
	w.esc(text)
	w.put(`</p>`)
}

func (w *formWriter) fault(name, text string) {
	if text == "" {
		return
	}
	w.put(`<p class="msg" id="`)
	w.esc(name)
	w.put(`-error"><span class="vh">`)
	w.esc(w.prefix)
	w.put(`</span>`)
	w.esc(text)
	w.put(`</p>`)
}

// Render draws the questions of a section; with it a section is a component.
func (s formSection) Render(_ context.Context, out io.Writer) error {
	w := &formWriter{b: make([]byte, 0, 2048*len(s.Questions)), optional: s.Optional, prefix: s.Prefix, choose: s.Choose}
	for i := range s.Questions {
		w.question(&s.Questions[i])
	}
	_, err := out.Write(w.b)
	return err
}

func (w *formWriter) question(q *formQuestion) {
	group := q.Kind != FreeText && q.Kind != Number
	if group {
		w.put(`<fieldset class="field`)
	} else {
		w.put(`<div class="field`)
	}
	if q.Kind == Matrix {
		w.put(` whole`)
	}
	if q.Fault != "" {
		w.put(` err`)
	}
	w.put(`"`)
	if q.Lang != "" {
		w.attr(` lang`, q.Lang)
	}
	if group {
		w.described(q)
		w.put(`><legend class="legend">`)
		w.head(q)
		w.put(`</legend>`)
	} else {
		w.nth(`><label for`, q.Name, 0)
		w.put(`>`)
		w.head(q)
		w.put(`</label>`)
	}
	w.note("only", q.Name, "-only", q.Only)
	w.note("hint words", q.Name, "-help", q.Help)
	w.note("hint", q.Name, "-hint", q.Rule)
	w.fault(q.Name, q.Fault)
	w.inputs(q)
	if group {
		w.put(`</fieldset>`)
	} else {
		w.put(`</div>`)
	}
}

func (w *formWriter) head(q *formQuestion) {
	w.put(`<span class="no">`)
	w.b = strconv.AppendInt(w.b, int64(q.No), 10)
	w.put(`.</span> `)
	w.esc(q.Title)
	if !q.Required {
		w.put(` <span class="muted">`)
		w.esc(w.optional)
		w.put(`</span>`)
	}
}

// described leads from a field to what stands between its title and itself.
func (w *formWriter) described(q *formQuestion) {
	open := false
	for _, part := range [...]struct{ text, id string }{{q.Only, "-only"}, {q.Help, "-help"}, {q.Rule, "-hint"}, {q.Fault, "-error"}} {
		if part.text == "" {
			continue
		}
		if open {
			w.put(` `)
		} else {
			w.put(` aria-describedby="`)
		}
		open = true
		w.esc(q.Name)
		w.put(part.id)
	}
	if open {
		w.put(`"`)
	}
}

func (w *formWriter) inputs(q *formQuestion) {
	switch q.Kind {
	case Matrix:
		w.matrix(q)
	case Ranking:
		w.put(`<div class="places">`)
		for i, r := range q.Rows {
			w.place(q, i, r)
		}
		w.put(`</div>`)
	case Number, FreeText:
		w.typed(q)
	default:
		if q.Kind == Scale {
			w.put(`<div class="picks scale">`)
		} else {
			w.put(`<div class="picks">`)
		}
		for i := range q.Choices {
			w.choice(q, i)
		}
		w.put(`</div>`)
	}
}

func (w *formWriter) typed(q *formQuestion) {
	if q.Kind == Number {
		w.put(`<input class="input short" autocomplete="off"`)
		w.attr(` value`, q.Value)
		if q.Digits { // no minus on the keyboard of some telephones
			w.put(` inputmode="numeric"`)
		}
	} else {
		w.put(`<textarea class="input" rows="`)
		w.b = strconv.AppendInt(w.b, int64(q.Lines), 10)
		w.put(`"`)
	}
	w.nth(` id`, q.Name, 0)
	w.attr(` name`, q.Name)
	w.described(q)
	if q.Fault != "" {
		w.put(` aria-invalid="true"`)
	}
	w.put(`>`)
	if q.Kind == FreeText {
		w.put("\n") // browsers drop the first end of line, whosever it is
		w.esc(q.Value)
		w.put(`</textarea>`)
	}
}

// input opens the n-th input of a group.
func (w *formWriter) input(kind Kind, name string, n int, value string, on bool) {
	if kind == Multiple {
		w.put(`<input type="checkbox"`)
	} else {
		w.put(`<input type="radio"`)
	}
	w.nth(` id`, name, n)
	w.attr(` name`, name)
	w.attr(` value`, value)
	if on {
		w.put(` checked`)
	}
}

func (w *formWriter) choice(q *formQuestion, i int) {
	c := &q.Choices[i]
	w.put(`<div class="radio">`)
	w.input(q.Kind, q.Name, i, c.Value, c.On)
	w.nth(`><label for`, q.Name, i)
	w.put(`>`)
	w.esc(c.Label)
	if c.Note != "" {
		w.put(` <span class="muted">`)
		w.esc(c.Note)
		w.put(`</span>`)
	}
	w.put(`</label></div>`)
}

// matrix is a table where there is room, and a group of choices per row where
// there is not: the labels in the cells belong to the same inputs, and the
// style sheet shows them in place of the heads of the columns. Either way the
// name of an input is its row with its column.
func (w *formWriter) matrix(q *formQuestion) {
	w.put(`<table class="matrix"><thead><tr><td></td>`)
	for i, c := range q.Choices {
		w.put(`<th scope="col" id="`)
		w.column(q.Name, i)
		w.put(`">`)
		w.esc(c.Label)
		w.put(`</th>`)
	}
	w.put(`</tr></thead><tbody>`)
	for i, r := range q.Rows {
		w.row(q, i, r)
	}
	w.put(`</tbody></table>`)
}

// column writes the id of the head of the n-th column.
func (w *formWriter) column(name string, n int) {
	w.esc(name)
	w.put(`-c`)
	w.b = strconv.AppendInt(w.b, int64(n+1), 10)
}

func (w *formWriter) row(q *formQuestion, n int, r formRow) {
	if r.Fault != "" {
		w.put(`<tr class="err">`)
	} else {
		w.put(`<tr>`)
	}
	w.put(`<th scope="row"><span id="`)
	w.esc(r.Name)
	w.put(`-row"><span class="no">`)
	w.b = strconv.AppendInt(w.b, int64(q.No), 10)
	w.put(`.`)
	w.b = strconv.AppendInt(w.b, int64(n+1), 10)
	w.put(`</span> `)
	w.esc(r.Label)
	w.put(`</span>`)
	w.fault(r.Name, r.Fault)
	w.put(`</th>`)
	for i, c := range q.Choices {
		w.put(`<td>`)
		w.input(Matrix, r.Name, i, c.Value, c.Value == r.Value && r.Value != "")
		w.put(` aria-labelledby="`)
		w.esc(r.Name)
		w.put(`-row `)
		w.column(q.Name, i)
		w.put(`"`)
		if r.Fault != "" {
			w.put(` aria-describedby="`)
			w.esc(r.Name)
			w.put(`-error"`)
		}
		w.nth(`><label for`, r.Name, i)
		w.put(`>`)
		w.esc(c.Label)
		w.put(`</label></td>`)
	}
	w.put(`</tr>`)
}

// place draws one place of a ranking.
func (w *formWriter) place(q *formQuestion, n int, r formRow) {
	w.nth(`<div class="place"><label for`, q.Name, n)
	w.put(`>`)
	w.esc(r.Label)
	w.nth(`</label><select class="input" id`, q.Name, n)
	w.attr(` name`, r.Name)
	w.put(`><option value="">`)
	w.esc(w.choose)
	w.put(`</option>`)
	for i := range q.Choices {
		c := &q.Choices[i]
		w.attr(`<option value`, c.Value)
		if c.Value == r.Value {
			w.put(` selected`)
		}
		w.put(`>`)
		w.esc(c.Label)
		w.put(`</option>`)
	}
	w.put(`</select></div>`)
}
