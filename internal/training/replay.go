package training

import (
	"fmt"
	"slices"
)

// Queue is what a pool comes to when its log is done again.
type Queue struct {
	Seats   int
	Seated  []EnrollmentID // in the order of their places
	Waiting []EnrollmentID // in the order of their places
}

// Replay does the log of one pool again from its beginning. It shares no code
// with what wrote the log, and refuses what must never be: a number that is
// missing or comes twice, more people than seats, an offer to somebody while
// another waits before, a seat for a newcomer while somebody waits, an act of
// somebody who is not there.
func Replay(log []QueueRow) (Queue, error) {
	r := replay{place: map[EnrollmentID]int64{}, seated: map[EnrollmentID]bool{}, skipped: map[EnrollmentID]bool{}}
	for n, row := range log {
		if row.Seq != int64(n+1) {
			return Queue{}, fmt.Errorf("number %d stands where %d should", row.Seq, n+1)
		}
		if n == 0 && row.Act != ActSeats {
			return Queue{}, fmt.Errorf("the log begins with %q and not with the seats", row.Act)
		}
		if row.Training != log[0].Training || row.Pool != log[0].Pool {
			return Queue{}, fmt.Errorf("number %d is of another queue", row.Seq)
		}
		if err := r.do(row); err != nil {
			return Queue{}, fmt.Errorf("number %d, %s of %s: %w", row.Seq, row.Act, row.Enrollment, err)
		}
		if len(r.seated) > r.seats {
			return Queue{}, fmt.Errorf("number %d, %s: %d people on %d seats", row.Seq, row.Act, len(r.seated), r.seats)
		}
	}
	return Queue{r.seats, r.in(true), r.in(false)}, nil
}

// replay holds who is in the queue: all have a place, some a seat.
type replay struct {
	seats   int
	place   map[EnrollmentID]int64
	seated  map[EnrollmentID]bool
	skipped map[EnrollmentID]bool
}

func (r *replay) in(seated bool) []EnrollmentID {
	list := []EnrollmentID{}
	for e := range r.place {
		if r.seated[e] == seated {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b EnrollmentID) int { return int(r.place[a] - r.place[b]) })
	return list
}

func (r *replay) do(row QueueRow) error {
	e := row.Enrollment
	place, here := r.place[e]
	if row.Act == ActSeats {
		r.seats = int(row.N)
		return nil
	}
	if row.Act == ActSeated || row.Act == ActWaits {
		return r.come(row, here)
	}
	if row.Act == ActSwapped {
		return r.swap(row, here)
	}
	switch {
	case !here:
		return fmt.Errorf("is not in the queue")
	case row.N != place:
		return fmt.Errorf("has place %d and not %d", place, row.N)
	case row.Act.ends():
		delete(r.place, e)
		delete(r.seated, e)
		return nil
	case row.Act == ActAccepted:
		if !r.seated[e] {
			return fmt.Errorf("has no seat")
		}
		return nil
	case r.seated[e]:
		return fmt.Errorf("has a seat already")
	}
	return r.rise(row)
}

func (r *replay) come(row QueueRow, here bool) error {
	waiting := len(r.place) - len(r.seated)
	switch {
	case here:
		return fmt.Errorf("came already")
	case row.N != row.Seq:
		return fmt.Errorf("has place %d", row.N)
	case row.Act == ActSeated && waiting > 0:
		return fmt.Errorf("got a seat while %d wait", waiting)
	case row.Act == ActWaits && waiting == 0 && len(r.seated) < r.seats:
		return fmt.Errorf("waits while a seat is free")
	}
	r.place[row.Enrollment] = row.N
	if row.Act == ActSeated {
		r.seated[row.Enrollment] = true
	}
	return nil
}

// rise is what happens to somebody who waits.
func (r *replay) rise(row QueueRow) error {
	e := row.Enrollment
	first := r.in(false)[0]
	switch row.Act {
	case ActSkipped:
		r.skipped[e] = true
		return nil
	case ActOffered:
		if first != e {
			return fmt.Errorf("%s waits before", first)
		}
	case ActCalled:
		for _, other := range r.in(false) {
			if other == e {
				break
			}
			if !r.skipped[other] {
				return fmt.Errorf("%s waits before and was not called", other)
			}
		}
	default:
		return fmt.Errorf("is no act")
	}
	r.seated[e] = true
	return nil
}

func (r *replay) swap(row QueueRow, here bool) error {
	if here {
		return fmt.Errorf("has a place already")
	}
	for old, place := range r.place {
		if place != row.N {
			continue
		}
		delete(r.place, old)
		r.place[row.Enrollment] = place
		if r.seated[old] {
			delete(r.seated, old)
			r.seated[row.Enrollment] = true
		}
		return nil
	}
	return fmt.Errorf("nobody has place %d", row.N)
}
