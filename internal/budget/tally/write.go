package tally

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Write publishes the election in the Pabulib format, so that anybody can count
// it again.
//
// Nothing in it tells who a voter was or when the vote came: the ballots stand
// in the order of their content, the voter is the number of the line, and of
// all columns only the choices are written. On ballots without an order the
// projects stand in the order of the list, since the order of clicking belongs
// to the voter too. A rare ranking stays rare: the count could not be repeated
// without it.
//
// META is written as it is, but for the numbers that follow from the rest.
func (e *Election) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	e.writeMeta(b)
	e.writeProjects(b)
	e.writeBallots(b)
	return b.Flush()
}

func (e *Election) writeMeta(b *bufio.Writer) {
	row(b, sectionMeta)
	row(b, "key", "value")
	own := []Field{
		{"num_projects", strconv.Itoa(len(e.Projects))},
		{"num_votes", strconv.Itoa(e.Voters())},
		{"budget", e.Amount(e.Budget)},
		{"vote_type", string(e.Type)},
	}
	for _, f := range e.Meta {
		if at := slices.IndexFunc(own, func(o Field) bool { return o.Key == f.Key }); at >= 0 {
			f = own[at]
			own = slices.Delete(own, at, at+1)
		}
		row(b, f.Key, f.Value)
	}
	for _, f := range own {
		row(b, f.Key, f.Value)
	}
}

// column is a column of PROJECTS. It is written when any project has a value.
type column struct {
	name  string
	value func(i int) string
}

// published are the columns beyond our own that say where a project lies and
// what it is, and nothing of a person.
var published = []string{"description", "subunit", "neighborhood", "latitude", "longitude", "public_id"}

func (e *Election) writeProjects(b *bufio.Writer) {
	columns := slices.DeleteFunc(e.projectColumns(e.named()), func(c column) bool {
		for i := range e.Projects {
			if c.value(i) != "" {
				return false
			}
		}
		return c.name != "project_id" && c.name != "cost"
	})
	row(b, sectionProjects)
	fields := make([]string, len(columns))
	for at, c := range columns {
		fields[at] = c.name
	}
	row(b, fields...)
	for i := range e.Projects {
		for at, c := range columns {
			fields[at] = c.value(i)
		}
		row(b, fields...)
	}
}

func (e *Election) projectColumns(named []int64) []column {
	columns := []column{
		{"project_id", func(i int) string { return e.Projects[i].ID }},
		{"cost", func(i int) string { return e.Amount(e.Projects[i].Cost) }},
		{"votes", func(i int) string { return strconv.FormatInt(named[i], 10) }},
	}
	if e.Type.Pointed() {
		columns = append(columns, column{"score", func(i int) string { return decimal(e.score[i], e.PointDecimals) }})
	}
	columns = append(columns,
		column{"name", func(i int) string { return e.Projects[i].Name }},
		column{"category", func(i int) string { return strings.Join(e.Projects[i].Categories, ",") }},
		column{"target", func(i int) string { return strings.Join(e.Projects[i].Targets, ",") }},
		column{"district", func(i int) string { return e.Projects[i].District }},
		column{"selected", func(i int) string {
			if n := e.Projects[i].Selected; n != Unsaid {
				return strconv.Itoa(n)
			}
			return ""
		}})
	for _, name := range published {
		columns = append(columns, column{name, func(i int) string {
			at := slices.IndexFunc(e.Projects[i].Extra, func(f Field) bool { return f.Key == name })
			if at < 0 {
				return ""
			}
			return e.Projects[i].Extra[at].Value
		}})
	}
	return columns
}

// named is how many ballots name each project, with points or without.
func (e *Election) named() []int64 {
	named := make([]int64, len(e.Projects))
	for _, p := range e.choices {
		named[p]++
	}
	return named
}

// writeBallots writes VOTES.
func (e *Election) writeBallots(b *bufio.Writer) {
	points := e.Type.Pointed() && !e.placesTell()
	row(b, sectionVotes)
	if points {
		row(b, "voter_id", "vote", "points")
	} else {
		row(b, "voter_id", "vote")
	}
	ballots := e.byContent()
	var vote, given strings.Builder
	for number, picks := range ballots {
		vote.Reset()
		given.Reset()
		for i, p := range picks {
			if i > 0 {
				vote.WriteByte(',')
				given.WriteByte(',')
			}
			vote.WriteString(e.Projects[p.Project].ID)
			given.WriteString(decimal(p.Points, e.PointDecimals))
		}
		if points {
			row(b, strconv.Itoa(number+1), vote.String(), given.String())
		} else {
			row(b, strconv.Itoa(number+1), vote.String())
		}
	}
}

// placesTell says whether the points follow from the places, as Parse gives
// them, so that they need not be written.
func (e *Election) placesTell() bool {
	if e.Type != Ordinal || e.PointDecimals > 0 {
		return false
	}
	for i := range e.Voters() {
		_, points := e.Ballot(i)
		for at, n := range points {
			if int(n) != len(points)-at {
				return false
			}
		}
	}
	return true
}

// byContent are the ballots in the order of what they say.
func (e *Election) byContent() [][]Pick {
	all := make([][]Pick, e.Voters())
	picks := make([]Pick, 0, len(e.choices))
	for i := range all {
		projects, points := e.Ballot(i)
		from := len(picks)
		for j, p := range projects {
			pick := Pick{Project: p}
			if points != nil {
				pick.Points = int64(points[j])
			}
			picks = append(picks, pick)
		}
		all[i] = picks[from:]
		if e.Type != Ordinal {
			slices.SortFunc(all[i], comparePicks)
		}
	}
	slices.SortFunc(all, func(a, b []Pick) int { return slices.CompareFunc(a, b, comparePicks) })
	return all
}

func comparePicks(a, b Pick) int {
	return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(b.Points, a.Points))
}

// row writes a record. Errors stay in the writer until Flush.
func row(b *bufio.Writer, fields ...string) {
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(';')
		}
		if strings.ContainsAny(f, ";\"\r\n") {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		b.WriteString(f)
	}
	b.WriteByte('\n')
}
