package training

import (
	"slices"
	"testing"
	"time"

	"kladka/internal/platform/secrets"
)

func TestHoursOfAMark(t *testing.T) {
	for _, c := range []struct {
		mark Mark
		late time.Duration
		want int
	}{
		{MarkPresent, 0, 4}, {MarkPresent, time.Hour, 4},
		{MarkLate, 0, 4}, {MarkLate, 44*time.Minute + 59*time.Second, 4}, {MarkLate, 45 * time.Minute, 3}, {MarkLate, 91 * time.Minute, 2}, {MarkLate, 9 * time.Hour, 0},
		{MarkExcused, 0, 0}, {MarkAbsent, 0, 0}, {"", 0, 0}, {"forged", 0, 0},
	} {
		if got := hoursOf(c.mark, 4, c.late); got != c.want {
			t.Errorf("%s late %s: %d, want %d", c.mark, c.late, got, c.want)
		}
	}
}

func TestArrival(t *testing.T) {
	start := time.Date(2026, 12, 14, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after, grace time.Duration
		want         Mark
	}{
		{-15 * time.Minute, 15 * time.Minute, MarkPresent}, {0, 15 * time.Minute, MarkPresent}, {15*time.Minute - time.Second, 15 * time.Minute, MarkPresent},
		{15 * time.Minute, 15 * time.Minute, MarkLate}, {time.Second, 0, MarkLate}, {0, 0, MarkPresent},
	} {
		if got, late := arrival(start, start.Add(c.after), c.grace); got != c.want || got == MarkLate && late != c.after {
			t.Errorf("%s after the beginning: %s, %s", c.after, got, late)
		}
	}
}

func TestCodeOfAMeeting(t *testing.T) {
	keys := secrets.New()
	start := time.Date(2026, 12, 14, 9, 0, 0, 0, time.UTC)
	m := Meeting{ID: "a", StartsAt: start.Unix(), EndsAt: start.Add(2 * time.Hour).Unix()}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{-15*time.Minute - time.Second, -1}, {-15 * time.Minute, 0}, {2*time.Hour - time.Second, 0}, {2 * time.Hour, 1}} {
		if got := codeOpen(m, start.Add(c.after)); got != c.want {
			t.Errorf("%s after the beginning: %d, want %d", c.after, got, c.want)
		}
	}
	closed := m
	closed.TakenAt = start.Unix()
	if codeOpen(closed, start.Add(time.Minute)) != 1 {
		t.Error("the code of a closed list holds")
	}
	code := codeAt(keys, m.ID, start)
	if len(code) != 6 || codeAt(keys, m.ID, start.Add(59*time.Second)) != code {
		t.Errorf("code %q changes within its minute", code)
	}
	if !codeFits(keys, m.ID, start.Add(119*time.Second), code) || codeFits(keys, m.ID, start.Add(120*time.Second), code) {
		t.Error("a code holds for its minute and the next one, no longer")
	}
	if codeAt(keys, "b", start) == code || codeAt(secrets.New(), m.ID, start) == code {
		t.Error("another meeting, or another installation, has the same code")
	}
}

func TestVerdict(t *testing.T) {
	law := Thresholds{ShortHours: 10, Short: 100, Long: 75}
	day := func(track string, hours, got int, at int64) attended {
		mark := MarkPresent
		if got == 0 {
			mark = MarkAbsent
		}
		return attended{Meeting{Track: track, Hours: hours, StartsAt: at}, mark, got}
	}
	course := Training{Form: QualificationCourse, Hours: 100, PracticeHours: 30, Exam: true}
	for _, c := range []struct {
		name  string
		t     Training
		marks []attended
		track string
		rec   courseRecord
		want  Verdict
	}{
		{"short, all of it", Training{Hours: 8}, []attended{day("", 8, 8, 1)}, "", courseRecord{}, Verdict{Completed: true, Hours: 8, Total: 8, Percent: 100, Threshold: 100}},
		{"ten hours are short", Training{Hours: 10}, []attended{day("", 10, 9, 1)}, "", courseRecord{}, Verdict{Hours: 9, Total: 10, Percent: 90, Threshold: 100}},
		{"long, three quarters", Training{Hours: 12}, []attended{day("", 12, 9, 1)}, "", courseRecord{}, Verdict{Completed: true, Hours: 9, Total: 12, Percent: 75, Threshold: 75}},
		{"long, a little less", Training{Hours: 30}, []attended{day("", 15, 15, 1), day("", 15, 7, 2)}, "", courseRecord{}, Verdict{Hours: 22, Total: 30, Percent: 73, Threshold: 75}},
		{"own threshold", Training{Hours: 8, Threshold: 50}, []attended{day("", 8, 4, 1)}, "", courseRecord{}, Verdict{Completed: true, Hours: 4, Total: 8, Percent: 50, Threshold: 50}},
		{"rounded down, not up", Training{Hours: 30, Threshold: 67}, []attended{day("", 30, 20, 1)}, "", courseRecord{}, Verdict{Hours: 20, Total: 30, Percent: 66, Threshold: 67}},
		{"the chosen session only", Training{Hours: 6, Threshold: 100}, []attended{day("", 2, 2, 1), day("A", 4, 4, 2), day("B", 4, 0, 2)}, "A", courseRecord{},
			Verdict{Completed: true, Hours: 6, Total: 6, Percent: 100, Threshold: 100}},
		{"none chosen: the one attended", Training{Hours: 6, Threshold: 100}, []attended{day("", 2, 2, 1), day("A", 4, 0, 2), day("B", 3, 3, 2)}, "", courseRecord{},
			Verdict{Completed: true, Hours: 5, Total: 5, Percent: 100, Threshold: 100}},
		{"no hours: came once", Training{}, []attended{day("", 0, 0, 1), {Meeting{}, MarkPresent, 0}}, "", courseRecord{}, Verdict{Completed: true, Threshold: 100}},
		{"no meetings", Training{}, nil, "", courseRecord{}, Verdict{Threshold: 100}},
		{"course without its record", course, []attended{day("", 100, 100, 1)}, "", courseRecord{}, Verdict{Hours: 100, Total: 100, Percent: 100, Threshold: 75,
			Lacks: []string{"training.desk.lack.grade", "training.desk.lack.practice", "training.desk.lack.exam"}}},
		{"course, exam failed", course, []attended{day("", 100, 100, 1)}, "", courseRecord{"dobra", 30, examFailed}, Verdict{Hours: 100, Total: 100, Percent: 100, Threshold: 75,
			Lacks: []string{"training.desk.lack.exam"}}},
		{"course with everything", course, []attended{day("", 100, 80, 1)}, "", courseRecord{"dobra", 30, examPassed}, Verdict{Completed: true, Hours: 80, Total: 100, Percent: 80, Threshold: 75}},
	} {
		got := verdict(c.t, c.marks, c.track, c.rec, law)
		if got.Completed != c.want.Completed || got.Hours != c.want.Hours || got.Total != c.want.Total || got.Percent != c.want.Percent ||
			got.Threshold != c.want.Threshold || !slices.Equal(got.Lacks, c.want.Lacks) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
