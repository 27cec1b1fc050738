package chart

import "kladka/internal/platform/i18n"

// table is the data of a picture, for those who read rather than look.
type table struct {
	heads []string // of all columns, the first that of the names
	rows  []tableRow
	words int // how many columns after the first hold words rather than numbers
}

type tableRow struct {
	name  string
	href  string
	cells []string
}

func (h Head) names(l *i18n.L) string {
	if h.Names != "" {
		return h.Names
	}
	return l.T("chart.name")
}

// rowsTable is the table of named rows under columns. Values beyond the columns
// are left out, as in the picture.
func rowsTable(l *i18n.L, h Head, columns []string, rows []Row) table {
	t := table{heads: append([]string{h.names(l)}, columns...)}
	for _, r := range rows {
		out := tableRow{name: r.Name, href: r.Href}
		for i := range columns {
			out.cells = append(out.cells, r.at(i).in(l, h.Unit))
		}
		t.rows = append(t.rows, out)
	}
	return t
}

// extremes finds the greatest and the least number with the names of its place,
// and writes them as a summary. Without numbers it is "".
type extremes struct {
	unit      Unit
	any       bool
	low, high float64
	at, least string
	count     int
}

func (e *extremes) add(v Value, place string) {
	n, ok := v.N()
	if !ok {
		return
	}
	e.count++
	if !e.any || n > e.high {
		e.high, e.at = n, place
	}
	if !e.any || n < e.low {
		e.low, e.least = n, place
	}
	e.any = true
}

func (e *extremes) words(l *i18n.L) string {
	switch {
	case !e.any:
		return l.T("chart.empty")
	case e.count == 1 || e.unit.whole(e.low) == e.unit.whole(e.high):
		return l.T("chart.says.same", "value", e.unit.text(l, e.high), "place", e.at)
	}
	return l.T("chart.says.extremes", "high", e.unit.text(l, e.high), "at", e.at, "low", e.unit.text(l, e.low), "least", e.least)
}
