package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
)

// TestAVoteLeavesTwoRowsInTheWholeProgram votes once with a slip and once by an
// account, through everything that the program puts around its pages: sessions,
// repeated forms, counts of visits, traces. Of all tables two rows change for each,
// and no page that anybody may open says more or less than before.
func TestAVoteLeavesTwoRowsInTheWholeProgram(t *testing.T) {
	h := openHouse(t)
	ctx := context.Background()
	id := budget.EditionID(h.word(`select ` + schoolVote))
	e, err := budget.EditionByID(ctx, h.db, id)
	if err != nil {
		t.Fatal(err)
	}
	pool := e.Rules.Pools[0]
	_, codes, err := h.Votes().Print(ctx, h.actor(access.SchoolHead), id, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	teacher := h.person(access.Teacher)
	h.exec(`insert into budget_electors (edition, id, source, person, mark, class) values (?, ?, 'desk', ?, '', '')`, id, strings.Repeat("ab", 16), teacher)
	h.exec(`insert into budget_rights (edition, pool, elector) values (?, ?, ?)`, id, pool.ID, strings.Repeat("ab", 16))
	list, err := budget.OnBallot(ctx, h.db, id, pool.ID)
	if err != nil {
		t.Fatal(err)
	}
	path := vote.VoteHref(id) + "/" + string(pool.ID)
	voters := map[string]*visitor{"a slip": h.stranger(), "an account": h.as(access.Teacher)}
	seen := h.watchers(id)
	pages, before := seen(), h.rows()
	for name, v := range voters {
		form := url.Values{"krok": {"glosuje"}, "koperta": {vote.NewEnvelope()}, "p_" + string(list[0].ID): {"tak"}}
		if name == "a slip" {
			form.Set("kod", codes[0].Letters())
			h.shows(v.post(vote.VoteHref(id), url.Values{"kod": form["kod"]}), name+": the code")
		} else {
			h.shows(v.get(vote.VoteHref(id)), name+": the beginning")
			h.shows(v.get(path), name+": the ballot")
		}
		for range 2 { // the answer was lost on the way
			if n := h.shows(v.post(path, form), name+": the vote").Find("[data-digest]").Length(); n != 1 {
				t.Errorf("%s: no receipt", name)
			}
		}
	}
	after := h.rows()
	if got := changed(before, after); !slices.Equal(got, []string{"budget_envelopes +2 -0", "budget_rights +2 -2"}) {
		t.Errorf("two votes changed: %s", strings.Join(got, ", "))
	}
	if head := pages[string(access.SchoolHead)+" at "+vote.Href(id)]; !strings.HasPrefix(head, "200") {
		t.Error("the head does not even see the page of rights:", head)
	}
	for name, text := range seen() {
		if text != pages[name] {
			t.Errorf("%s tells that somebody voted", name)
		}
	}
}

// rows are all rows of all tables, as texts.
func (h *house) rows() map[string][]string {
	h.t.Helper()
	ctx := context.Background()
	tables, err := h.db.Tables(ctx, h.db)
	if err != nil {
		h.t.Fatal(err)
	}
	all := map[string][]string{}
	for _, table := range tables {
		if table.Name == "search_index" {
			continue // of a type that only the search reads
		}
		if err := h.db.EachRow(ctx, h.db, table, func(row []any) error {
			all[table.Name] = append(all[table.Name], fmt.Sprintf("%q", row))
			return nil
		}); err != nil {
			h.t.Fatal(err)
		}
	}
	return all
}

// changed tells how many rows of which tables came and went.
func changed(before, after map[string][]string) (list []string) {
	for table, rows := range after {
		was := map[string]int{}
		for _, row := range before[table] {
			was[row]++
		}
		come, gone := 0, len(before[table])
		for _, row := range rows {
			if was[row] > 0 {
				was[row]--
				gone--
			} else {
				come++
			}
		}
		if come+gone > 0 {
			list = append(list, fmt.Sprintf("%s +%d -%d", table, come, gone))
		}
	}
	slices.Sort(list)
	return list
}

// shows reads a page that must be one.
func (h *house) shows(res *http.Response, what string) *goquery.Document {
	h.t.Helper()
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: status %d, %v", what, res.StatusCode, err)
	}
	return doc
}

// watchers reads, whenever it is asked, every page about an edition that somebody
// might look at during the vote: what stands on it, without the marks of forms.
func (h *house) watchers(id budget.EditionID) func() map[string]string {
	h.t.Helper()
	people := map[string]*visitor{"stranger": h.stranger()}
	for _, role := range []access.Role{access.SchoolHead, access.CouncilSupervisor, access.AuthorityOfficer, access.Administrator} {
		people[string(role)] = h.as(role)
	}
	paths := []string{budget.Path, budget.Href(id), budget.RulesHref(id), budget.ProjectsHref(id), budget.ResultsHref(id), vote.Href(id), vote.SlipsHref(id),
		vote.KeyHref(id), vote.BoxHref(id), budget.Href(id) + "/liczenie", "/"}
	return func() map[string]string {
		texts := map[string]string{}
		for name, v := range people {
			for _, path := range paths {
				res := v.get(path)
				doc, err := goquery.NewDocumentFromReader(res.Body)
				res.Body.Close()
				if err != nil {
					h.t.Fatal(err)
				}
				texts[name+" at "+path] = fmt.Sprint(res.StatusCode, strings.Join(strings.Fields(doc.Find("main").Text()), " "))
			}
		}
		return texts
	}
}
