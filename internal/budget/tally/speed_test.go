package tally

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSpeed measures; it is run by hand with KLADKA_TALLY_SPEED=1. Everything is
// told in times of what reading the file takes, so that the machine matters
// little.
func TestSpeed(t *testing.T) {
	if os.Getenv("KLADKA_TALLY_SPEED") == "" {
		t.Skip("KLADKA_TALLY_SPEED is not set")
	}
	figures(t, "invented, a quarter", inventedFile(32_500, 200))
	figures(t, "invented", inventedFile(130_000, 200))
	figures(t, "Kraków 2024", readShared(t, "Poland_Krakow_2024.pb"))
}

// inventedFile has ballots of three places. Some projects are much better liked
// than others, and most voters like those of their own part of the town.
func inventedFile(ballots, projects int) []byte {
	draw := rand.New(rand.NewPCG(2026, 7))
	var b bytes.Buffer
	budget := 140 * ballots
	fmt.Fprintf(&b, "META\nkey;value\ndescription;invented\nunit;Town\ninstance;2026\nnum_projects;%d\nnum_votes;%d\nbudget;%d\nvote_type;ordinal\nrule;greedy\n", projects, ballots, budget)
	b.WriteString("PROJECTS\nproject_id;cost;name\n")
	for p := range projects {
		fmt.Fprintf(&b, "BO.%d/26;%d;Project number %d\n", p, budget/200+draw.IntN(budget/8), p)
	}
	b.WriteString("VOTES\nvoter_id;vote;points;voting_method\n")
	for i := range ballots {
		part := draw.IntN(10) * projects / 10
		var places []string
		for len(places) < 3 {
			p := int(math.Abs(draw.NormFloat64()) * float64(projects) / 8)
			if draw.IntN(10) < 7 {
				p = part + p%(projects/10)
			}
			if id := fmt.Sprintf("BO.%d/26", p%projects); !slices.Contains(places, id) {
				places = append(places, id)
			}
		}
		fmt.Fprintf(&b, "%d;%s;3,2,1;internet\n", i+1, strings.Join(places, ","))
	}
	return b.Bytes()
}

func figures(t *testing.T, name string, file []byte) {
	t.Helper()
	e := parsed(t, file)
	parse := middle(9, func() { e = parsed(t, file) })
	t.Logf("FIGURE %s: parse of %d ballots, %.1f MB: %v", name, e.Voters(), float64(len(file))/1e6, parse.Round(10*time.Microsecond))
	for _, f := range []struct {
		what string
		rule Rule
		aim  float64
	}{
		{"greedy", Rule{Name: Greedy}, 0.5},
		{"one pass, points", Rule{Name: EqualShares, Utility: UtilityPoints}, 1},
		{"one pass, cost", Rule{Name: EqualShares}, 1},
		{"add1, points", Rule{Name: EqualShares, Utility: UtilityPoints, Completion: CompleteAdd1}, 60},
		{"add1, cost", Rule{Name: EqualShares, Completion: CompleteAdd1}, 60},
		{"add1-exhaustive, points", Rule{Name: EqualShares, Utility: UtilityPoints, Completion: CompleteAdd1Exhaustive}, 60},
	} {
		var out *Outcome
		took := middle(3, func() { out = mustCount(t, e, f.rule) })
		t.Logf("FIGURE %s: %s, %d winners, %d steps: %v, %.2f of the parse (aim %.1f)", name, f.what, len(out.Winners), out.Steps,
			took.Round(10*time.Microsecond), took.Seconds()/parse.Seconds(), f.aim)
	}
	reading := held(func() any { return parsed(t, file) })
	counting := held(func() any {
		c := newSharing(e, &Rule{Name: EqualShares, Utility: UtilityPoints, Start: StartExact, Step: 1})
		c.outcome(0)
		return c
	})
	t.Logf("FIGURE %s: live heap %.2f of the file, %.2f more while counting (aim 10 together)", name, float64(reading)/float64(len(file)), float64(counting)/float64(len(file)))
	runtime.KeepAlive(file)
	runtime.KeepAlive(e)
}

func parsed(t *testing.T, file []byte) *Election {
	e, err := Parse(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// middle is the middle time of several runs.
func middle(runs int, f func()) time.Duration {
	var all []time.Duration
	for range runs {
		at := time.Now()
		f()
		all = append(all, time.Since(at))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// held is the live heap that something made takes.
func held(f func() any) int64 {
	before := live()
	made := f()
	after := live()
	runtime.KeepAlive(made)
	return after - before
}

func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
