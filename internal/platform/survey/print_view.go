package survey

import (
	"strconv"

	"kladka/internal/platform/i18n"
)

// paperQuestion is a question as it stands on paper.
type paperQuestion struct {
	*Question
	No    int
	Title string
	Help  string
	Only  string
	Lang  string
}

type paperSection struct {
	Title, Text, Only, Lang string
	Questions               []paperQuestion
}

// paperSections are all sections with their conditions in words.
func paperSections(l *i18n.L, d *Definition) []paperSection {
	words := wordsOf(l, d)
	var all []paperSection
	n := 0
	for i := range d.Sections {
		s := &d.Sections[i]
		out := paperSection{Only: words.sentence("survey.form.only_section", s.When)}
		out.Title, out.Lang = paperText(l, s.Title)
		out.Text, _ = s.Text.In(l)
		for j := range s.Questions {
			n++
			q := paperQuestion{Question: &s.Questions[j], No: n}
			q.Title, q.Lang = paperText(l, q.Question.Title)
			q.Help, _ = q.Question.Help.In(l)
			q.Only = words.sentence("survey.form.only", q.When)
			out.Questions = append(out.Questions, q)
		}
		all = append(all, out)
	}
	return all
}

// paperText is a text with the attribute of its language, "" for the page's.
func paperText(l *i18n.L, t Text) (text, other string) {
	text, lang := t.In(l)
	if lang == l.Lang {
		return text, ""
	}
	return text, string(lang)
}

func paperOption(l *i18n.L, o Option) string {
	text, _ := o.Text.In(l)
	return text
}

// steps are the labels of a scale.
func (q paperQuestion) steps(l *i18n.L) []string {
	var labels []string
	for n := q.Low; n <= q.High; n++ {
		labels = append(labels, scaleLabel(l, q.Question, n))
	}
	return labels
}

// rule tells how much may be written or chosen. On paper places are numbers
// beside the options, and a matrix needs no word.
func (q paperQuestion) rule(l *i18n.L) string {
	switch q.Kind {
	case Ranking:
		return l.T("survey.form.paper.rank", "n", strconv.Itoa(q.most()))
	case Matrix:
		return ""
	}
	return ruleWords(l, q.Question)
}

// lines is how many ruled lines a text gets.
func (q paperQuestion) lines() int {
	return min(12, max(2, q.most()/100))
}

func (q paperQuestion) row(n int) string { return strconv.Itoa(q.No) + "." + strconv.Itoa(n+1) }

// paperMark names the version that was printed, so that whoever types it in
// takes the same one.
func paperMark(l *i18n.L, d *Definition) string {
	if d.Version == 0 {
		return l.T("survey.form.paper.version_free", "code", d.Code)
	}
	return l.T("survey.form.paper.version", "code", d.Code, "version", strconv.Itoa(d.Version))
}
