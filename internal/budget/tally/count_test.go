package tally

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// endsAfter is a context that ends when it was asked so often.
type endsAfter struct {
	context.Context
	left int
}

func (c *endsAfter) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestCountStops: wherever the context ends, what comes is its error, and when it
// does not end in time, the whole outcome; never a part of one.
func TestCountStops(t *testing.T) {
	e, rule := waiting(t)
	for name, count := range map[string]func(context.Context, *Election, Rule) (*Outcome, error){"fast": CountContext, "plain": CountPlainlyContext} {
		for _, rule := range []Rule{{Name: Greedy}, rule, {Name: EqualShares, Completion: CompleteAdd1Exhaustive}, {Name: EqualShares, Completion: CompleteGreedy}} {
			whole, err := Count(e, rule)
			if err != nil {
				t.Fatal(err)
			}
			stopped := 0
			for asked := 0; ; asked++ {
				out, err := count(&endsAfter{t.Context(), asked}, e, rule)
				if err == nil {
					if diff := cmp.Diff(whole, out, sameNumbers); diff != "" {
						t.Errorf("%s, %s %s, asked %d times: %s", name, rule.Name, rule.Completion, asked, diff)
					}
					break
				}
				if !errors.Is(err, context.Canceled) || out != nil {
					t.Fatal(out, err)
				}
				stopped++
			}
			if stopped == 0 {
				t.Errorf("%s, %s %s: it asked nobody", name, rule.Name, rule.Completion)
			}
		}
	}
}

// TestLongCountStops: unless it is stopped, this one takes minutes. Who pays for
// project 0 has less than half of project 1 left, so that its price changes at each
// of fifty million steps and none may be left out; project 2 keeps add1 waiting.
func TestLongCountStops(t *testing.T) {
	e := piles(t, Approval, 1_650_000_000, []Money{100_000_000, 1_000_000_000, 900_000_000}, pile{1, []int32{0, 1}}, pile{1, []int32{1}}, pile{1, []int32{2}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	at := time.Now()
	rule := Rule{Name: EqualShares, Utility: UtilityCardinality, Completion: CompleteAdd1}
	if out, err := CountContext(ctx, e, rule); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(out, err)
	}
	if took := time.Since(at); took > 5*time.Second {
		t.Error("it stopped after", took)
	}
}

// TestTieInJSON: with small names, and readable as it was stored before.
func TestTieInJSON(t *testing.T) {
	want := TieRecord{Round: 2, Tied: []int{1, 0}, By: Tie{By: TieLot, Seed: "ziarno"}, Won: 1}
	text, err := json.Marshal(want)
	if err != nil || string(text) != `{"round":2,"tied":[1,0],"by":{"by":"lot","seed":"ziarno"},"won":1}` {
		t.Error(string(text), err)
	}
	for _, stored := range []string{string(text), `{"Round":2,"Tied":[1,0],"By":{"By":"lot","Seed":"ziarno"},"Won":1}`} {
		var got TieRecord
		if err := json.Unmarshal([]byte(stored), &got); err != nil || cmp.Diff(want, got) != "" {
			t.Error(stored, got, err)
		}
	}
}

func TestRoundUp(t *testing.T) {
	for from, want := range map[string]int64{"0": 0, "3": 3, "7/2": 4, "1/1000": 1, "-7/2": -3} {
		r, _ := new(big.Rat).SetString(from)
		if got := RoundUp(r); got != want {
			t.Errorf("%s: %d, want %d", from, got, want)
		}
	}
	if RoundUp(nil) != 0 {
		t.Error("nothing is more than nothing")
	}
}
