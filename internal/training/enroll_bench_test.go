package training

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestEnrollmentSpeed measures; it is run by hand with KLADKA_TRAINING_SPEED=1.
// The floor is the bare transaction: one update of the pool, one row of an
// enrollment, one line of the log, and nothing looked up or told.
func TestEnrollmentSpeed(t *testing.T) {
	if os.Getenv("KLADKA_TRAINING_SPEED") == "" {
		t.Skip("KLADKA_TRAINING_SPEED is not set")
	}
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.rush(2000, 300)
		if strings.HasSuffix(t.Name(), "serializable") {
			return // there the bare loop fails by itself: all want one row
		}
		people := speedPeople(k, 500)
		for _, hands := range []int{1, 8, 32} {
			var bare, ours []time.Duration
			for range 5 {
				bare = append(bare, k.bareLoop(500, hands))
				ours = append(ours, k.enrollLoop(people, hands))
			}
			b, o := middle(bare), middle(ours)
			fmt.Printf("%s, %d at once: bare %.0f/s, enrollments %.0f/s, ratio %.2f\n", t.Name(), hands, 500/b.Seconds(), 500/o.Seconds(), b.Seconds()/o.Seconds())
		}
	})
}

func middle(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func speedPeople(k *kit, n int) []access.Actor {
	people := make([]access.Actor, n)
	for i := range people {
		people[i] = k.person(fmt.Sprintf("Osoba Numer %d", i), access.Teacher, k.school)
	}
	return people
}

// spread runs f for 0…n-1 in so many hands and tells how long all took.
func spread(n, hands int, f func(i int) error) (time.Duration, error) {
	var wait sync.WaitGroup
	next, errs := make(chan int), make(chan error, n)
	began := time.Now()
	for range hands {
		wait.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					errs <- err
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	close(errs)
	return time.Since(began), <-errs
}

func (k *kit) bareLoop(n, hands int) time.Duration {
	tr := k.publish(k.t, func(tr *Training) { tr.Capacity = n })
	ctx := k.t.Context()
	took, err := spread(n, hands, func(i int) error {
		e := &Enrollment{ID: EnrollmentID(newID()), Training: tr.ID, State: Confirmed, Seated: true, Active: true, WhoKey: fmt.Sprint(i), Name: "Osoba", Email: "osoba@example.org", Payer: Nobody}
		return k.db.Write(ctx, func(tx *db.Tx) error {
			var seq int64
			err := tx.Get(ctx, &seq, `update training_pools set taken = taken + 1, seq = seq + 1 where training = ? and pool = '' and taken < seats and waiting = 0 returning seq`, tr.ID)
			if err != nil {
				return err
			}
			e.Place = seq
			if err := insertEnrollments(ctx, tx, []*Enrollment{e}); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `insert into training_queue (training, pool, seq, act, enrollment, n, by_person, at) values (?, '', ?, 'seated', ?, ?, '', ?)`, tr.ID, seq, e.ID, seq, 0)
			return err
		})
	})
	k.ok(err)
	return took
}

func (k *kit) enrollLoop(people []access.Actor, hands int) time.Duration {
	tr := k.publish(k.t, func(tr *Training) { tr.Capacity = len(people) })
	took, err := spread(len(people), hands, func(i int) error {
		_, err := k.Enroll(k.t.Context(), people[i], tr.ID, k.applicant(tr), BySelf)
		return err
	})
	k.ok(err)
	return took
}

// rush is the first minute of a wanted training: everybody at once, for far
// fewer seats.
func (k *kit) rush(people, seats int) {
	tr := k.publish(k.t, func(tr *Training) { tr.Capacity = seats })
	ctx, begin := k.t.Context(), make(chan struct{})
	took := make([]time.Duration, people)
	var wait sync.WaitGroup
	for n := range people {
		wait.Go(func() {
			<-begin
			began := time.Now()
			a := k.guest(tr, n)
			a.Phone = fmt.Sprint(n)
			if _, err := k.Enroll(ctx, k.officer, tr.ID, a, ByPhone); err != nil {
				k.t.Errorf("%d: %v", n, err)
			}
			took[n] = time.Since(began)
		})
	}
	close(begin)
	wait.Wait()
	slices.Sort(took)
	pools, err := Pools(context.Background(), k.db, tr.ID)
	k.ok(err)
	fmt.Printf("%s: %d people, %d seats: taken %d, waiting %d, median %v, p99 %v, last %v\n", k.t.Name(), people, seats,
		pools[0].Taken, pools[0].Waiting, took[people/2].Round(time.Millisecond), took[people*99/100].Round(time.Millisecond), took[people-1].Round(time.Millisecond))
	if pools[0].Taken != seats || pools[0].Waiting != people-seats {
		k.t.Errorf("taken %d, waiting %d", pools[0].Taken, pools[0].Waiting)
	}
	whole(k.t, k.db, tr.ID)
}
