package trace_test

import (
	"context"
	"errors"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/testkit"
)

func TestMatterSaysWhereStepsOfOthersLie(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		a, _ := trace.New()
		b, _ := trace.New()
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			var all []error
			for _, s := range []trace.StepRow{step(a, "1", 10, "public"), step(a, "2", 20, "person:x"), step(a, "3", 30, "inst:y"),
				step(b, "4", 40, "public"), step(b, "5", 50, "person:x"), step(b, "5", 50, "inst:y")} {
				all = append(all, trace.Step(ctx, tx, s))
			}
			return errors.Join(append(all, trace.Link(ctx, tx, a, b))...)
		})
		for _, c := range []struct {
			name      string
			audiences []string
			want      string
		}{
			{"the public", []string{"public"}, "1?4?"},
			{"who may see the end too", []string{"public", "inst:y"}, "1?345"},
			{"who sees everything", []string{"public", "inst:y", "person:x"}, "12345"},
		} {
			got := ""
			list, err := trace.Matter(t.Context(), d, a, c.audiences)
			for _, s := range list {
				if s.Hidden && (s.ID != "" || s.At != 0 || s.TitleKey != "" || s.Audience != "") {
					t.Errorf("%s: a hidden line tells %+v", c.name, s)
				}
				if s.Hidden {
					s.ID = "?"
				}
				got += s.ID
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
			}
		}
		if _, err := trace.Matter(t.Context(), d, a, []string{"person:z"}); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("a matter without a step of the reader's: %v", err)
		}
	})
}
