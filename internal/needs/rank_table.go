package needs

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// heatTable is a shaded table as it is drawn and as it is taken away: the sheet
// holds the texts of the same cells.
type heatTable struct {
	ID      string
	Caption string
	Corner  string // heading of the first column
	Columns []string
	Rows    []heatRow
	Darker  string // what a stronger color means
	Legend  []heatKey
	Hidden  string // why a number is hidden
	Hides   bool   // at least one cell is hidden
}

type heatRow struct {
	Name  string
	Href  string
	Cells []heatCell
}

type heatCell struct {
	Text   string
	Class  heatClass
	Total  bool // a sum, not shaded
	Hidden bool
}

func (c heatCell) class() string {
	switch {
	case c.Total:
		return "n total"
	case c.Hidden:
		return "n heat-hidden"
	}
	return "n heat-" + strconv.Itoa(int(c.Class))
}

func (k heatKey) class() string { return "heat-" + strconv.Itoa(int(k.Class)) }

// header and rows are the sheet of the table.
func (t heatTable) header() []string { return append([]string{t.Corner}, t.Columns...) }

func (t heatTable) rows() iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, r := range t.Rows {
			cells := []string{r.Name}
			for _, c := range r.Cells {
				cells = append(cells, c.Text)
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
}

// heatDeclared draws a map of declared needs. Names are of topics, towns of
// municipalities; href leads to a need, or is nil.
func heatDeclared(l *i18n.L, h heatMap, names, towns map[string]string, href func(NeedID) string) heatTable {
	scale := heatScaleOf(h.values())
	t := heatTable{Corner: l.T("needs.rank.column.topic"), Columns: []string{l.T("needs.level.all")}, Darker: l.T("needs.heat.legend"), Legend: scale.legend(l)}
	for _, u := range h.Units {
		t.Columns = append(t.Columns, towns[u])
	}
	rests := h.rests()
	if rests {
		t.Columns = append(t.Columns, l.T("needs.heat.rest"))
	}
	for _, topic := range h.Topics {
		row := heatRow{Name: names[topic.Topic], Cells: make([]heatCell, 0, len(t.Columns))}
		if href != nil {
			row.Href = href(topic.Need)
		}
		row.Cells = append(row.Cells, heatCell{Text: l.Number(topic.Heads), Total: true})
		for _, u := range h.Units {
			n := h.Heads[u][topic.Topic]
			row.Cells = append(row.Cells, heatCell{Text: l.Number(n), Class: scale.class(n)})
		}
		if rests {
			n := h.Rest[topic.Topic]
			row.Cells = append(row.Cells, heatCell{Text: l.Number(n), Class: scale.class(n)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// heatReleased draws a release: a node and its children as columns, categories
// as rows, those shown for the node first and the largest above. The first row is
// how many answered: people, or institutions.
func heatReleased(l *i18n.L, r disclosure.Table, node string, names map[string]string, people bool) heatTable {
	var nodes []disclosure.Node
	for _, n := range r.Nodes {
		if n.ID == node || n.Parent == node {
			nodes = append(nodes, n)
		}
	}
	answered := l.T("needs.voices.answered")
	t := heatTable{Corner: l.T("needs.rank.column.category"), Darker: l.T("needs.heat.legend"), Hidden: l.T("needs.voices.hidden_long")}
	if !people {
		answered, t.Corner = l.T("needs.voices.answered_declared"), l.T("needs.rank.column.topic")
		t.Darker, t.Hidden = l.T("needs.heat.legend_declared"), l.T("needs.voices.hidden_long_declared")
	}
	if len(nodes) == 0 {
		return t
	}
	for _, node := range nodes {
		t.Columns = append(t.Columns, heatNodeName(l, node))
	}
	values := heatShown(nodes[1:])
	scale := heatScaleOf(values)
	if len(values) > 0 { // else nothing is shaded
		t.Legend = scale.legend(l)
	}
	first := heatRow{Name: answered}
	for _, n := range nodes {
		first.Cells = append(first.Cells, t.cell(l, n.Respondents, scale, true))
	}
	t.Rows = append(t.Rows, first)
	for _, c := range heatOrder(nodes[0].Cells, len(r.Categories)) {
		row := heatRow{Name: names[r.Categories[c]]}
		if row.Name == "" {
			row.Name = l.T("needs.rank.gone_topic")
		}
		for n, node := range nodes {
			var cell disclosure.Cell
			if c < len(node.Cells) {
				cell = node.Cells[c]
			}
			row.Cells = append(row.Cells, t.cell(l, cell, scale, n == 0))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// heatShown are the numbers that are shaded.
func heatShown(nodes []disclosure.Node) (values []int) {
	for _, node := range nodes {
		for _, c := range node.Cells {
			if c.Shown {
				values = append(values, c.N)
			}
		}
	}
	return values
}

// cell draws one number of a release.
func (t *heatTable) cell(l *i18n.L, c disclosure.Cell, scale heatScale, total bool) heatCell {
	if !c.Shown {
		t.Hides = true
		return heatCell{Text: disclosure.Words(l, c), Hidden: true}
	}
	return heatCell{Text: disclosure.Words(l, c), Class: scale.class(c.N), Total: total}
}

// heatOrder are the indexes of categories: shown before hidden, large before
// small, else as they stand.
func heatOrder(cells []disclosure.Cell, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	size := func(i int) int {
		if i < len(cells) && cells[i].Shown {
			return cells[i].N
		}
		return -1
	}
	slices.SortStableFunc(order, func(a, b int) int { return size(b) - size(a) })
	return order
}

// heatNodeName is the name of a unit; of merged ones all names.
func heatNodeName(l *i18n.L, n disclosure.Node) string {
	if n.Parent == "" {
		return l.T("needs.level.all")
	}
	return disclosure.UnitName(l, n)
}

// rankSheet sends a table as a file. It holds what the page shows and nothing
// else, in the reader's language.
func (s *Service) rankSheet(w http.ResponseWriter, r *web.Request, base, title string, header []string, rows iter.Seq2[[]string, error]) error {
	f := sheet.FormatOf(r.URL.Query().Get("format"))
	head := w.Header()
	head.Set("Content-Type", f.ContentType())
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Disposition", `attachment; filename="`+f.File(base+"-"+s.now().In(web.Warsaw).Format(time.DateOnly))+`"`)
	return sheet.Write(w, f, title, header, rows)
}
