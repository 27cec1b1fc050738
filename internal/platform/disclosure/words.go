package disclosure

import (
	"cmp"
	"fmt"
	"strings"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Words is a cell as people read it, on pages and in files alike: a number, a
// band with its word, "at least" of a sum with hidden parts, or that it is
// hidden. A cell that is counted in one before it is "".
func Words(l *i18n.L, c Cell) string {
	if c.Span < 0 {
		return ""
	}
	if !c.Shown {
		return l.T("disclosure.hidden")
	}
	text := l.Number(c.N)
	if c.To > 0 {
		text += "–" + l.Number(c.To)
	}
	if c.Word > 0 {
		text = l.T("disclosure.word."+fmt.Sprint(c.Word)) + " (" + text + ")"
	}
	return atLeast(l, c, text)
}

// MeanWords is a mean as people read it.
func MeanWords(l *i18n.L, c Cell) string {
	if !c.Shown {
		return l.T("disclosure.hidden")
	}
	if c.To > 0 {
		return l.T("disclosure.mean_between", "low", tenths(l, c.N), "high", tenths(l, c.To))
	}
	return tenths(l, c.N)
}

func tenths(l *i18n.L, n int) string {
	point := ","
	if l.Lang == i18n.EN {
		point = "."
	}
	return fmt.Sprintf("%d%s%d", n/10, point, n%10)
}

func atLeast(l *i18n.L, c Cell, text string) string {
	if c.Holes > 0 {
		return l.T("disclosure.at_least", "n", text)
	}
	return text
}

// UnitName is the name of a node; of merged units all their names.
func UnitName(l *i18n.L, n Node) string {
	if strings.Contains(n.ID, "+") {
		return l.T("disclosure.together", "names", n.Name)
	}
	return n.Name
}

// Label is the name of the category at i, with those that are counted together
// with it: "1–3" reads "1, 2, 3".
func (t Table) Label(i int, c Cell, name func(category string) string) string {
	var names []string
	for _, category := range t.Categories[i:min(len(t.Categories), i+max(1, c.Span))] {
		names = append(names, name(category))
	}
	return strings.Join(names, ", ")
}

// Reason is the rule in words, for web.Why.
func Reason(l *i18n.L, t Table) web.Reason {
	rule := "disclosure.rule"
	switch {
	case t.Class == Sensitive:
		rule = "disclosure.rule_sensitive"
	case t.Mean:
		rule = "disclosure.rule_mean"
	}
	r := web.Reason{Text: l.T("disclosure.why"), Rule: l.T(rule, "k", t.K), About: l.T("disclosure.about")}
	if n, ok := t.root(); ok {
		r.Numbers = []web.Pair{
			{Name: l.T("disclosure.k"), Value: l.Number(t.K)},
			{Name: l.T("disclosure.respondents"), Value: respondents(l, n)},
		}
	}
	return r
}

func respondents(l *i18n.L, n Node) string {
	if !n.Respondents.Shown {
		return l.T("disclosure.few", "k", bands[0])
	}
	return Words(l, n.Respondents)
}

func (t Table) root() (Node, bool) {
	if len(t.Nodes) == 0 {
		return Node{}, false
	}
	return t.Nodes[0], true
}

// Hides tells that something of the table is hidden, so that the page owes the
// reader the reason. Official figures hide nothing.
func (t Table) Hides() bool {
	for _, n := range t.Nodes {
		if t.Mean && (!n.Mean.Shown || n.Mean.To > 0) {
			return true
		}
		for _, c := range n.Cells {
			if !c.Shown && c.Span == 0 || c.Span != 0 || c.Holes > 0 {
				return true
			}
		}
	}
	return false
}

// Rows are the table for a file, with the words of the page: a row of heads and
// one per unit.
func Rows(l *i18n.L, t Table, name func(category string) string) [][]string {
	head := []string{l.T("disclosure.unit"), l.T("disclosure.respondents")}
	if t.Mean {
		head = append(head, l.T("disclosure.mean"))
	} else {
		for _, c := range t.Categories {
			head = append(head, name(c))
		}
	}
	rows := [][]string{head}
	for _, n := range t.Nodes {
		row := []string{UnitName(l, n), respondents(l, n)}
		if t.Mean {
			row = append(row, MeanWords(l, n.Mean))
		}
		for i, c := range n.Cells {
			row = append(row, t.inFile(l, i, c, n, name))
		}
		rows = append(rows, row)
	}
	return rows
}

// inFile is a cell of a file, where nothing can span two columns: the first
// says which are counted together, and the others say with which they are.
func (t Table) inFile(l *i18n.L, i int, c Cell, n Node, name func(category string) string) string {
	switch {
	case c.Span < 0:
		for i > 0 && n.Cells[i].Span < 0 {
			i--
		}
		return l.T("disclosure.with", "name", name(t.Categories[i]))
	case c.Span > 1:
		return l.T("disclosure.sum_of", "n", Words(l, c), "names", t.Label(i, c, name))
	}
	return Words(l, c)
}

// View is a table to be drawn.
type View struct {
	Table   Table
	ID      string            // of the caption, unique on the page
	Caption string            //
	Names   map[string]string // category → what people read; one without a name is read as it is
}

func (v View) name(category string) string { return cmp.Or(v.Names[category], category) }

// heads are cells of a node in which something is shown: all such nodes count the
// same categories together, and the heads say which.
func (v View) heads() []Cell {
	for _, n := range v.Table.Nodes {
		if n.Shown {
			return n.Cells
		}
	}
	return make([]Cell, len(v.Table.Categories))
}
