package training

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"pgregory.net/rapid"

	"kladka/internal/access"
	"kladka/internal/platform/db"
)

// enroll brings people of the kit in, each as a teacher of the school.
func (k *kit) enroll(tr Training, who access.Actor) Receipt {
	k.t.Helper()
	r, err := k.Enroll(k.t.Context(), who, tr.ID, k.applicant(tr), BySelf)
	k.ok(err)
	return r
}

func (k *kit) applicant(tr Training) Applicant {
	return Applicant{Institution: k.school, Role: access.Teacher, SeenRev: tr.Revision}
}

// guest is somebody without an account, by number.
func (k *kit) guest(tr Training, n int) Applicant {
	return Applicant{Name: fmt.Sprintf("Gość Numer %d", n), Email: fmt.Sprintf("gosc%d@example.org", n), TypedName: "Przedszkole w Liszkach",
		Role: access.Teacher, SeenRev: tr.Revision}
}

func (k *kit) enrollGuest(tr Training, n int) Enrollment {
	k.t.Helper()
	r, err := k.Enroll(k.t.Context(), access.Stranger(), tr.ID, k.guest(tr, n), ByGuest)
	k.ok(err)
	return k.enrollment(r.ID)
}

// link is the holder of the mailed link.
func (k *kit) link(e Enrollment) Holder { return Holder{Key: k.Key(e)} }

// state checks where an enrollment stands.
func (k *kit) state(what string, id EnrollmentID, want State) Enrollment {
	k.t.Helper()
	e := k.enrollment(id)
	if e.State != want {
		k.t.Errorf("%s: %s, want %s", what, e.State, want)
	}
	return e
}

func (k *kit) later(d time.Duration) { k.now = k.now.Add(d) }

// whole does the logs of all pools of a training again and compares them with
// the tables.
func whole(t rapid.TB, d *db.DB, id ID) {
	t.Helper()
	ctx := context.Background()
	pools, err := Pools(ctx, d, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pools {
		log, err := QueueLog(ctx, d, id, p.Name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Replay(log)
		if err != nil {
			t.Errorf("pool %q: %v", p.Name, err)
			for _, row := range log {
				t.Logf("%+v", row)
			}
			continue
		}
		if len(log) == 0 {
			got = Queue{Seats: p.Seats, Seated: []EnrollmentID{}, Waiting: []EnrollmentID{}}
		}
		want := Queue{Seats: p.Seats, Seated: []EnrollmentID{}, Waiting: []EnrollmentID{}}
		for list, where := range map[*[]EnrollmentID]string{&want.Seated: "e.seated", &want.Waiting: "e.state = 'waiting'"} {
			if err := d.Select(ctx, list, `select e.id from training_enrollments e where e.training = ? and e.pool = ? and `+where+` order by e.place`, id, p.Name); err != nil {
				t.Fatal(err)
			}
		}
		if len(want.Seated) == 0 {
			want.Seated = []EnrollmentID{}
		}
		if len(want.Waiting) == 0 {
			want.Waiting = []EnrollmentID{}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("pool %q: the log comes to %+v, the tables say %+v", p.Name, got, want)
		}
		if p.Taken != len(want.Seated) || p.Waiting != len(want.Waiting) || p.Taken > p.Seats || p.Seq != int64(len(log)) {
			t.Errorf("pool %+v with %d seated, %d waiting, %d lines", p, len(want.Seated), len(want.Waiting), len(log))
		}
	}
}
