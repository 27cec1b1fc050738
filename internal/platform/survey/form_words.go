package survey

import (
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

// conditionWords says conditions in words, for paper and for pages on which
// everything is shown.
type conditionWords struct {
	l         *i18n.L
	questions map[string]*Question
	numbers   map[string]int
}

// wordsOf prepares the words of a definition; nil maps do where it has no
// conditions.
func wordsOf(l *i18n.L, d *Definition) conditionWords {
	w := conditionWords{l: l}
	if !d.conditional() {
		return w
	}
	w.questions, w.numbers = map[string]*Question{}, map[string]int{}
	for i := range d.Sections {
		for j := range d.Sections[i].Questions {
			q := &d.Sections[i].Questions[j]
			w.questions[q.ID], w.numbers[q.ID] = q, len(w.numbers)+1
		}
	}
	return w
}

// conditional tells whether anything is asked of some people only.
func (d *Definition) conditional() bool {
	for i := range d.Sections {
		if d.Sections[i].When != nil {
			return true
		}
		for j := range d.Sections[i].Questions {
			if d.Sections[i].Questions[j].When != nil {
				return true
			}
		}
	}
	return false
}

// sentence is the condition in the sentence of a key, "" for no condition.
func (c conditionWords) sentence(key string, w *Condition) string {
	if w == nil {
		return ""
	}
	return c.l.T(key, "when", c.words(w, false))
}

func (c conditionWords) words(w *Condition, inner bool) string {
	list, key := w.All, "survey.form.when.and"
	if len(w.Any) > 0 {
		list, key = w.Any, "survey.form.when.or"
	}
	if len(list) == 0 {
		return c.look(w)
	}
	parts := make([]string, len(list))
	for i := range list {
		parts[i] = c.words(&list[i], true)
	}
	s := strings.Join(parts, " "+c.l.T(key)+" ")
	if inner && len(parts) > 1 {
		return "(" + s + ")"
	}
	return s
}

// look says what a condition asks of one question.
func (c conditionWords) look(w *Condition) string {
	q := c.questions[w.Question]
	if q == nil {
		return w.Question
	}
	n := strconv.Itoa(c.numbers[w.Question])
	if i := optionAt(q.Rows, w.Row); i >= 0 {
		n += "." + strconv.Itoa(i+1)
	}
	switch {
	case w.Answered != nil && *w.Answered:
		return c.l.T("survey.form.when.answered", "question", n)
	case w.Answered != nil:
		return c.l.T("survey.form.when.unanswered", "question", n)
	case w.AtLeast != nil:
		return c.l.T("survey.form.when.at_least", "question", n, "value", strconv.Itoa(*w.AtLeast))
	}
	values := make([]string, len(w.Is))
	for i, id := range w.Is {
		values[i] = id
		if at := optionAt(q.Options, id); at >= 0 {
			values[i], _ = q.Options[at].Text.In(c.l)
			values[i] = c.l.T("survey.form.when.quote", "text", values[i])
		}
	}
	return c.l.T("survey.form.when.is", "question", n, "values", strings.Join(values, " "+c.l.T("survey.form.when.or")+" "))
}
