package training

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// rivals are people who act on one training at once, in two processes.
type rivals struct {
	*kit
	t      testing.TB
	tr     Training
	shops  [2]*Service
	people []access.Actor
	clock  *atomic.Int64
}

func newRivals(t *testing.T, d *db.DB) *rivals {
	k := newKit(t, d)
	c := &rivals{kit: k, t: t, clock: &atomic.Int64{}, people: []access.Actor{k.ewa, k.jan, k.iza, k.head, k.deputy, k.otherHead}}
	c.clock.Store(k.now.Unix())
	for n := range c.shops {
		c.shops[n] = New(k.Config)
		c.shops[n].now = func() time.Time { return time.Unix(c.clock.Load(), 0) }
	}
	return c
}

// deed is one thing that one of them does.
type deed struct {
	Shop, Act, Who, N int
}

func deeds(t *rapid.T, workers int) [][]deed {
	one := rapid.Custom(func(t *rapid.T) deed {
		return deed{rapid.IntRange(0, 1).Draw(t, "shop"), rapid.IntRange(0, 13).Draw(t, "act"), rapid.IntRange(0, 5).Draw(t, "who"), rapid.IntRange(0, 4).Draw(t, "n")}
	})
	all := make([][]deed, workers)
	for n := range all {
		all[n] = rapid.SliceOfN(one, 4, 9).Draw(t, fmt.Sprintf("worker %d", n))
	}
	return all
}

// do does it. An error is one that no person may ever see.
func (c *rivals) do(ctx context.Context, x deed) error {
	s, who := c.shops[x.Shop], c.people[x.Who]
	a := Applicant{Institution: c.school, Role: access.Teacher, SeenRev: 1}
	if x.N%2 == 1 {
		a.Institution = c.other
	}
	var err error
	switch x.Act {
	case 0, 1, 2, 3:
		_, err = s.Enroll(ctx, who, c.tr.ID, a, BySelf)
	case 4, 5:
		g := c.guest(c.tr, x.Who)
		g.Institution = a.Institution
		_, err = s.Enroll(ctx, access.Stranger(), c.tr.ID, g, ByGuest)
	case 6:
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			return s.setPools(ctx, tx, c.officer, c.tr.ID, map[string]int{"": 1 + x.N, town: x.N})
		})
	case 7:
		c.clock.Add([]int64{1, 3601, 3601, 48 * 3600, 1}[x.N])
		err = s.Expire(ctx)
	default:
		err = c.onOne(ctx, s, x)
	}
	if err != nil && fault.KindOf(err) == fault.Internal {
		return fmt.Errorf("%+v: %w", x, err)
	}
	return nil
}

// onOne acts on some enrollment of the training.
func (c *rivals) onOne(ctx context.Context, s *Service, x deed) error {
	var all []Enrollment
	if err := s.db.Select(ctx, &all, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.active order by e.id`, c.tr.ID); err != nil || len(all) == 0 {
		return err
	}
	e := all[(x.Who*5+x.N)%len(all)]
	h := Holder{Key: s.Key(e)}
	var err error
	switch x.Act {
	case 8:
		_, err = s.Confirm(ctx, h, e.ID)
	case 9, 10:
		_, err = s.Answer(ctx, h, e.ID, x.Act == 9)
	case 11:
		_, err = s.Swap(ctx, h, e.ID, Applicant{Person: c.people[x.N].Person})
	default:
		err = s.Resign(ctx, h, e.ID, "")
	}
	return err
}

// atOnce runs several lists of deeds at the same time.
func (c *rivals) atOnce(ctx context.Context, lists [][]deed) error {
	var wait sync.WaitGroup
	errs := make(chan error, len(lists))
	for _, list := range lists {
		wait.Go(func() {
			for _, x := range list {
				if err := c.do(ctx, x); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	return <-errs
}

// What two do at the same moment, and then whatever many do: the log done again
// gives the people who sit and who wait, in the same order, and never more than
// there are seats.
func TestNoOversellAndNoQueueJump(t *testing.T) {
	few(t, "3")
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		c := newRivals(t, d)
		c.confirmTwice()
		c.resignWhileOffered()
		c.acceptWhileLapsing()
		c.lastSeat()
		if t.Failed() {
			return
		}
		rapid.Check(t, func(rt *rapid.T) {
			c.clock.Store(c.now.Unix())
			c.tr = c.publish(t, nil)
			c.pools(c.tr.ID, map[string]int{"": rapid.IntRange(0, 3).Draw(rt, "seats"), town: rapid.IntRange(0, 2).Draw(rt, "quota")})
			if err := c.atOnce(t.Context(), deeds(rt, 4)); err != nil {
				rt.Fatal(err)
			}
			whole(rt, d, c.tr.ID)
		})
	})
}

// few bounds the tries of a property for one test: each takes a database through
// dozens of transactions. The flag still rules when it is given.
func few(t *testing.T, checks string) {
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(f.DefValue); err != nil {
			t.Error(err)
		}
	})
}

// together runs two acts at the same moment, in two processes.
func together(f, g func() error) (a, b error) {
	var wait sync.WaitGroup
	wait.Go(func() { a = f() })
	wait.Go(func() { b = g() })
	wait.Wait()
	return a, b
}

func (c *rivals) ownerOf(e EnrollmentID) Holder { return c.link(c.enrollment(e)) }

// confirmTwice: a mailed link used twice at once gives one seat.
func (c *rivals) confirmTwice() {
	ctx := c.t.Context()
	c.tr = c.publish(c.t, func(tr *Training) { tr.Capacity = 1 })
	g := c.enrollGuest(c.tr, 1)
	a, b := together(func() error { _, err := c.shops[0].Confirm(ctx, c.link(g), g.ID); return err },
		func() error { _, err := c.shops[1].Confirm(ctx, c.link(g), g.ID); return err })
	if a != nil || b != nil {
		c.t.Errorf("confirm twice: %v, %v", a, b)
	}
	c.state("the guest", g.ID, Confirmed)
	whole(c.t, c.db, c.tr.ID)
}

// resignWhileOffered: who waits resigns while the seat before comes free. The
// seat goes to the next in either case.
func (c *rivals) resignWhileOffered() {
	ctx := c.t.Context()
	c.tr = c.publish(c.t, func(tr *Training) { tr.Capacity = 1 })
	ewa, jan, iza := c.enroll(c.tr, c.ewa), c.enroll(c.tr, c.jan), c.enroll(c.tr, c.iza)
	a, b := together(func() error { return c.shops[0].Resign(ctx, c.ownerOf(ewa.ID), ewa.ID, "") },
		func() error { return c.shops[1].Resign(ctx, c.ownerOf(jan.ID), jan.ID, "") })
	if a != nil || b != nil {
		c.t.Errorf("resign twice: %v, %v", a, b)
	}
	c.state("the last", iza.ID, Offered)
	whole(c.t, c.db, c.tr.ID)
}

// acceptWhileLapsing: the answer and the end of its time come at once. The
// request that came in time counts or does not, but only one of the two has the seat.
func (c *rivals) acceptWhileLapsing() {
	ctx := c.t.Context()
	c.tr = c.publish(c.t, func(tr *Training) { tr.Capacity = 1 })
	ewa, jan, iza := c.enroll(c.tr, c.ewa), c.enroll(c.tr, c.jan), c.enroll(c.tr, c.iza)
	c.ok(c.Resign(ctx, c.ownerOf(ewa.ID), ewa.ID, ""))
	c.shops[1].now = func() time.Time { return c.now.Add(48 * time.Hour) }
	a, b := together(func() error { _, err := c.shops[0].Answer(ctx, c.ownerOf(jan.ID), jan.ID, true); return err },
		func() error { return c.shops[1].Expire(ctx) })
	c.shops[1].now = c.shops[0].now
	j, i := c.enrollment(jan.ID), c.enrollment(iza.ID)
	if b != nil || (a == nil) != (j.State == Confirmed) || j.Seated == i.Seated {
		c.t.Errorf("answer %v, lapse %v: %s and %s", a, b, j.State, i.State)
	}
	whole(c.t, c.db, c.tr.ID)
}

// lastSeat: two want the last seat, and one of them comes twice.
func (c *rivals) lastSeat() {
	ctx := c.t.Context()
	c.tr = c.publish(c.t, func(tr *Training) { tr.Capacity = 1 })
	var wait sync.WaitGroup
	got := make([]Receipt, 6)
	for n := range got {
		wait.Go(func() {
			r, err := c.shops[n%2].Enroll(ctx, c.people[n/2], c.tr.ID, c.applicant(c.tr), BySelf)
			if err != nil {
				c.t.Errorf("enroll: %v", err)
			}
			got[n] = r
		})
	}
	wait.Wait()
	for n := 0; n < len(got); n += 2 {
		if got[n].ID != got[n+1].ID || got[n].Known == got[n+1].Known {
			c.t.Errorf("one person, two receipts: %+v %+v", got[n], got[n+1])
		}
	}
	whole(c.t, c.db, c.tr.ID)
}
