package access

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// counted is a directory that counts questions.
type counted struct {
	Directory // the other questions are not asked
	n         int
	over      bool
	err       error
}

func (a *counted) Over(context.Context, InstitutionID, InstitutionID) (bool, error) {
	a.n++
	return a.over, a.err
}

func (a *counted) Leads(context.Context, InstitutionID, InstitutionID) (bool, error) {
	a.n++
	return !a.over, a.err
}

func TestReach(t *testing.T) {
	ctx := t.Context()
	d := &counted{err: errors.New("no database")}
	r := &reach{Directory: d}
	if over, err := r.Over(ctx, "office", "school"); over || err == nil {
		t.Errorf("an error became %v", over)
	}
	d.err, d.over = nil, true
	for range 3 {
		if over, err := r.Over(ctx, "office", "school"); !over || err != nil {
			t.Errorf("%v, %v", over, err)
		}
	}
	if d.n != 2 {
		t.Errorf("asked %d times; an error must not be remembered, an answer must", d.n)
	}
	for range 2 {
		if leads, err := r.Leads(ctx, "office", "school"); leads || err != nil {
			t.Errorf("who runs was taken for who leads: %v, %v", leads, err)
		}
	}
	d.n = 2
	d.over = false
	for range 2 {
		if over, err := r.Over(ctx, "school", "office"); over || err != nil {
			t.Errorf("the other way round: %v, %v", over, err)
		}
	}
	for i := range 2 * mostReached {
		if _, err := r.Over(ctx, "office", InstitutionID(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.known) > mostReached {
		t.Errorf("%d are remembered", len(r.known))
	}
}
