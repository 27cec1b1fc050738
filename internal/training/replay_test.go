package training

import (
	"reflect"
	"strings"
	"testing"
)

// rows makes a log of words "act enrollment n", numbered.
func rows(lines ...string) []QueueRow {
	var log []QueueRow
	for n, line := range lines {
		w := strings.Fields(line)
		row := QueueRow{Training: "t", Seq: int64(n + 1), Act: Act(w[0])}
		if len(w) > 2 {
			row.Enrollment = EnrollmentID(w[1])
		}
		row.N = int64(w[len(w)-1][0] - '0')
		log = append(log, row)
	}
	return log
}

func TestReplay(t *testing.T) {
	got, err := Replay(rows("seats 2", "seated a 2", "seated b 3", "waits c 4", "waits d 5", "waits e 6", "resigned a 2", "offered c 4", "accepted c 4",
		"swapped f 3", "lapsed c 4", "skipped d 5", "called e 6", "seats 3", "offered d 5"))
	want := Queue{3, []EnrollmentID{"f", "d", "e"}, []EnrollmentID{}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for name, log := range map[string][]QueueRow{
		"an oversell":                         rows("seats 1", "seated a 2", "seated b 3"),
		"an offer without a seat":             rows("seats 1", "seated a 2", "waits b 3", "offered b 3"),
		"seats taken away":                    rows("seats 1", "seated a 2", "seats 0"),
		"an offer past the first":             rows("seats 1", "seated a 2", "waits b 3", "waits c 4", "resigned a 2", "offered c 4"),
		"a newcomer past the queue":           rows("seats 1", "seated a 2", "waits b 3", "resigned a 2", "seated c 5"),
		"a call past somebody":                rows("seats 1", "seated a 2", "waits b 3", "waits c 4", "resigned a 2", "called c 4"),
		"a wait beside a free seat":           rows("seats 1", "waits a 2"),
		"somebody twice":                      rows("seats 2", "seated a 2", "seated a 3"),
		"another's place":                     rows("seats 1", "seated a 2", "resigned a 3"),
		"nobody leaves":                       rows("seats 1", "resigned a 2"),
		"a place that is no number":           rows("seats 1", "seated a 5"),
		"accepted without an offer":           rows("seats 0", "waits a 2", "accepted a 2"),
		"an offer to who sits":                rows("seats 1", "seated a 2", "offered a 2"),
		"a swap with nobody":                  rows("seats 1", "swapped a 2"),
		"no seats at first":                   rows("seated a 1"),
		"an act that is none":                 rows("seats 1", "seated a 2", "waits b 3", "danced b 3"),
		"a gap":                               append(rows("seats 1", "seated a 2"), QueueRow{Training: "t", Seq: 4, Act: ActResigned, Enrollment: "a", N: 2}),
		"the same number again":               append(rows("seats 1", "seated a 2"), QueueRow{Training: "t", Seq: 2, Act: ActResigned, Enrollment: "a", N: 2}),
		"a line of another queue":             append(rows("seats 1"), QueueRow{Training: "t", Pool: "x", Seq: 2, Act: ActSeated, Enrollment: "a", N: 2}),
		"called past one who was not skipped": rows("seats 1", "seated a 2", "waits b 3", "waits c 4", "waits d 5", "skipped b 3", "resigned a 2", "called d 5"),
	} {
		if q, err := Replay(log); err == nil {
			t.Errorf("%s: %v", name, q)
		}
	}
	if q, err := Replay(nil); err != nil || len(q.Seated)+len(q.Waiting) != 0 {
		t.Errorf("nothing: %v, %v", q, err)
	}
}
