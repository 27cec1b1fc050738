package demo_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"kladka/internal/app"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/vote"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// A stranger finds budgets in all their phases: projects that come in, a vote
// that goes on, and what was voted about before, counted and being delivered.
func TestBudgetsOfADemo(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		a, err := app.New(t.Context(), d, app.Settings{Demo: string(demo.School), Folder: t.TempDir(), Base: "https://kladka.example", Listen: "127.0.0.1:8080"},
			slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		more := demo.Modules{Budget: a.Budget(), Votes: a.Votes(), Results: a.Results()}
		if err := demo.Fill(t.Context(), d, a.Access(), a.Directory(), more, demo.School); err != nil {
			t.Fatal(err)
		}
		site := httptest.NewServer(a.Handler())
		defer site.Close()
		var phases []string
		for _, e := range editions(t, d) {
			phases = append(phases, string(e.Kind)+" "+string(e.Phase(time.Now())))
			opens(t, site, budget.Href(e.ID), budget.RulesHref(e.ID), budget.ProjectsHref(e.ID))
			switch e.State {
			case budget.Final:
				wasCounted(t, site, d, e)
			case budget.Voting:
				goesOn(t, site, d, e)
			}
		}
		slices.Sort(phases)
		if want := []string{"city delivery", "city filing", "school delivery", "school voting"}; !slices.Equal(phases, want) {
			t.Errorf("%q, want %q", phases, want)
		}
		states := map[budget.ProjectState]bool{}
		for _, s := range projectStates(t, d) {
			states[s] = true
		}
		// What is not there is passed in a moment, or by two proposers together.
		for _, s := range budget.ProjectStates() {
			if want := !s.In(budget.ProjectFiled, budget.ProjectMerged); states[s] != want {
				t.Errorf("is there a project in the state %s: %t", s, !want)
			}
		}
	})
}

func editions(t *testing.T, d *db.DB) (list []budget.Edition) {
	t.Helper()
	if err := d.Select(t.Context(), &list, `select `+budget.EditionColumns+` from budget_editions e order by e.id`); err != nil {
		t.Fatal(err)
	}
	return list
}

func projectStates(t *testing.T, d *db.DB) (list []budget.ProjectState) {
	t.Helper()
	if err := d.Select(t.Context(), &list, `select distinct state from budget_projects`); err != nil {
		t.Fatal(err)
	}
	return list
}

// wasCounted checks that all that was cast was opened, and that there are
// winners and losers.
func wasCounted(t *testing.T, site *httptest.Server, d *db.DB, e budget.Edition) {
	t.Helper()
	opens(t, site, result.Href(e.ID))
	for _, p := range e.Rules.Pools {
		c, err := result.CountOf(t.Context(), d, e.ID, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.Valid < result.LeastBallots || len(result.Differences(c.Turnout, c.Numbers)) > 0 {
			t.Errorf("%s, %s: %+v, %+v", e.Title, p.Name, c.Numbers, c.Turnout)
		}
		if won := len(c.Outcome.Winners); won == 0 || won == len(c.Outcome.Standings) {
			t.Errorf("%s, %s: %d of %d won", e.Title, p.Name, won, len(c.Outcome.Standings))
		}
		opens(t, site, result.PoolHref(e.ID, p.ID), result.FileHref(e.ID, p.ID))
	}
}

// goesOn checks that a guest may print some slips more and vote with them, in
// some weeks as well.
func goesOn(t *testing.T, site *httptest.Server, d *db.DB, e budget.Edition) {
	t.Helper()
	opens(t, site, vote.VoteHref(e.ID))
	if left := time.Until(time.Unix(e.Rules.Calendar.VoteTo, 0)); left < 30*24*time.Hour {
		t.Errorf("the vote ends in %s", left)
	}
	printed, err := vote.Slips(t.Context(), d, e)
	if err != nil {
		t.Fatal(err)
	}
	classes, err := vote.ClassCounts(t.Context(), d, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	pupils := 0
	for _, c := range classes {
		pupils += c.On
	}
	if printed.Handed == 0 || printed.Printed >= pupils+10 {
		t.Errorf("%+v for %d pupils", printed, pupils)
	}
}

// opens asks for pages as a stranger does.
func opens(t *testing.T, site *httptest.Server, paths ...string) {
	t.Helper()
	for _, path := range paths {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := site.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}
