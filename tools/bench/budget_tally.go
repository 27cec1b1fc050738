package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"kladka/internal/budget/tally"
)

// tallied is a count that is measured, with the most it may cost in times of
// reading the file.
type tallied struct {
	name, aim string
	parse     bool // the reading is counted too
	rule      tally.Rule
	runs      int
}

func counts() []tallied {
	points := tally.Rule{Name: tally.EqualShares, Utility: tally.UtilityPoints}
	add1, exhaustive := points, points
	add1.Completion, exhaustive.Completion = tally.CompleteAdd1, tally.CompleteAdd1Exhaustive
	return []tallied{
		{"parse and greedy", "1.5x", true, tally.Rule{Name: tally.Greedy}, 9},
		{"one exact pass of equal shares, points", "2x", false, points, 7},
		{"equal shares, add1 until it overspends", "60x", false, add1, 3},
		{"equal shares, add1-exhaustive", "60x", false, exhaustive, 3},
	}
}

// tallies measures counting in times of reading the same file, in CPU time.
func tallies(t *table) error {
	name, city := cityFile()
	if _, err := tallyFile(t, name, city); err != nil {
		return err
	}
	const ballots, projects = 130_000, 200
	var all [][]time.Duration
	for _, part := range []int{4, 2, 1} {
		quiet := &table{}
		if part == 1 {
			quiet = t
		}
		took, err := tallyFile(quiet, fmt.Sprintf("%d invented ballots, %d projects", ballots/part, projects), inventedBallots(ballots/part, projects))
		if err != nil {
			return err
		}
		all = append(all, took)
	}
	for n, what := range append([]string{"parse"}, countNames()...) {
		t.add("tally: "+what+", each ballot at 130 000 and 65 000 / at 32 500",
			fmt.Sprintf("%.2fx, %.2fx", float64(all[2][n])/float64(all[0][n])/4, float64(all[1][n])/float64(all[0][n])/2), "1x: linear")
	}
	return nil
}

func countNames() (names []string) {
	for _, c := range counts() {
		names = append(names, c.name)
	}
	return names
}

// tallyFile measures one file and returns how long reading it and the counts took.
func tallyFile(t *table, name string, file []byte) (took []time.Duration, err error) {
	election, err := tally.Parse(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	parse := func() (time.Duration, error) {
		began := cpu()
		_, err := tally.Parse(bytes.NewReader(file))
		return cpu() - began, err
	}
	for _, c := range counts() {
		var steps int
		base, count, err := alternating(c.runs, parse, func() (time.Duration, error) {
			began, of := cpu(), election
			if c.parse {
				if of, err = tally.Parse(bytes.NewReader(file)); err != nil {
					return 0, err
				}
			}
			out, err := tally.Count(of, c.rule)
			if err == nil {
				steps = out.Steps
			}
			return cpu() - began, err
		})
		if err != nil {
			return nil, err
		}
		ratio := ratioOf(count, base)
		if took == nil {
			took = append(took, base[0])
			t.add("tally: "+name+": parse", fmt.Sprintf("%s, %.1f MB, %d ballots", ms(base[0]), float64(len(file))/1e6, election.Voters()), "–")
		}
		took = append(took, count[0])
		t.add("tally: "+name+": "+c.name+" / parse", fmt.Sprintf("%.2fx (%s, %d steps)", ratio, ms(count[0]), steps), c.aim)
	}
	t.add("tally: "+name+": live heap at most / file", times(liveHeap(file, counts()[2].rule)), "10x")
	return took, nil
}

// liveHeap is the most that is alive while a file is read and counted, in times
// of the file: the collector runs all the time beside it and says what it marked.
func liveHeap(file []byte, rule tally.Rule) float64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	alive := func() uint64 {
		runtime.GC()
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	alive()
	before, most := alive(), uint64(0)
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			most = max(most, alive())
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	election, err := tally.Parse(bytes.NewReader(file))
	if err == nil {
		_, err = tally.Count(election, rule)
	}
	close(over)
	<-watched
	if err != nil {
		return math.NaN()
	}
	return float64(most-before) / float64(len(file))
}

// cityFile is the city-wide vote of Kraków in 2024 from the folder shared beside
// the project, or an invented one of that size.
func cityFile() (name string, file []byte) {
	file, err := os.ReadFile(filepath.Join("..", "shared", "data", "pb", "Poland_Krakow_2024.pb"))
	if errors.Is(err, fs.ErrNotExist) {
		return "invented, the size of Kraków 2024", inventedBallots(65_101, 119)
	}
	return "Kraków 2024", file
}

// inventedBallots are ballots of three places. Some projects are much better
// liked than others, and most voters like those of their own part of the town.
func inventedBallots(ballots, projects int) []byte {
	draw := rand.New(rand.NewPCG(2026, 7))
	var b bytes.Buffer
	money := 140 * ballots
	fmt.Fprintf(&b, "META\nkey;value\ndescription;invented\nunit;Town\ninstance;2026\nnum_projects;%d\nnum_votes;%d\nbudget;%d\nvote_type;ordinal\nrule;greedy\n", projects, ballots, money)
	b.WriteString("PROJECTS\nproject_id;cost;name\n")
	for p := range projects {
		fmt.Fprintf(&b, "BO.%d/26;%d;Project number %d\n", p, money/200+draw.IntN(money/8), p)
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
