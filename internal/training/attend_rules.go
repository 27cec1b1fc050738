package training

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"kladka/internal/platform/secrets"
)

// Mark is how somebody attended one meeting.
type Mark string

// The marks.
const (
	MarkPresent Mark = "present"
	MarkLate    Mark = "late"
	MarkExcused Mark = "excused" // was not there, with a reason
	MarkAbsent  Mark = "absent"
)

// Marks are all marks, in the order in which they are offered.
func Marks() []Mark { return []Mark{MarkPresent, MarkLate, MarkExcused, MarkAbsent} }

// How a mark came about.
const (
	markByCode  = "code"  // the person typed the code of the room
	markByList  = "list"  // somebody who leads or organizes took it
	markByClose = "close" // nobody had marked the person when the list was closed
)

// lessonHour is an hour of a form of training. Domain brief, section 1.
const lessonHour = 45 * time.Minute

// Times around a meeting.
const (
	codeBefore  = 15 * time.Minute // the code opens so long before the meeting
	codeWindow  = time.Minute      // and changes so often
	listBefore  = time.Hour        // marks other than "excused" are taken from then on
	mostTries   = 10               // codes that one enrollment may type at one meeting
	codeModulus = 1_000_000
	codePurpose = "training.attendance"
)

// hoursOf is how many lesson hours of a meeting count for somebody. Who was
// late loses the whole lesson hours that were missed, and no part of one.
func hoursOf(m Mark, hours int, late time.Duration) int {
	switch m {
	case MarkPresent:
		return hours
	case MarkLate:
		return max(0, hours-int(late/lessonHour))
	}
	return 0
}

// arrival is the mark of somebody who types the code: late from so many minutes
// after the beginning.
func arrival(starts, at time.Time, grace time.Duration) (Mark, time.Duration) {
	late := at.Sub(starts)
	if late < grace || late <= 0 {
		return MarkPresent, 0
	}
	return MarkLate, late
}

// codeOpen tells whether the code of a meeting holds: 0 yes, -1 not yet, 1 not
// any more. A closed list ends it before its time.
func codeOpen(m Meeting, now time.Time) int {
	switch at := now.Unix(); {
	case at < m.StartsAt-int64(codeBefore/time.Second):
		return -1
	case at >= m.EndsAt || m.TakenAt > 0:
		return 1
	}
	return 0
}

// codeAt is the code of a meeting in the minute of a moment: six digits that
// only this installation can work out.
func codeAt(keys *secrets.Keys, m MeetingID, at time.Time) string {
	window := at.Unix() / int64(codeWindow/time.Second)
	sum := keys.MAC(codePurpose, string(m), fmt.Sprint(window))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%codeModulus)
}

// codeFits takes the code of this minute and of the one before: people type
// while it changes.
func codeFits(keys *secrets.Keys, m MeetingID, now time.Time, typed string) bool {
	return typed == codeAt(keys, m, now) || typed == codeAt(keys, m, now.Add(-codeWindow))
}

// lists tells whether somebody stands on the list of a meeting: all at those for
// everybody, and of parallel sessions those who chose it or none.
func lists(m Meeting, e Enrollment) bool {
	return e.State.In() && (m.Track == "" || e.Track == "" || m.Track == e.Track)
}

// attended is what somebody did at one meeting.
type attended struct {
	Meeting Meeting
	Mark    Mark // "" where nobody marked it
	Hours   int
}

// Record is the papers of a qualification course about one person.
type courseRecord struct {
	Grade    string
	Practice int
	Exam     string // "", passed, failed
}

// The results of an exam.
const (
	examPassed = "passed"
	examFailed = "failed"
)

// Verdict is whether somebody completed a training, and on what that rests.
type Verdict struct {
	Completed bool
	Hours     int      // attended
	Total     int      // that could be attended
	Percent   int      // rounded down
	Threshold int      // percent that was asked for
	Lacks     []string // keys of what else a qualification course asks for
	Exception bool     // decided by a person, against the count
	Why       string   // their words
}

// counted are the hours of a person: of parallel sessions only the chosen one,
// or where none was chosen, the longest one attended.
func counted(all []attended, track string) (hours, total int) {
	type session struct{ hours, total int }
	free := map[int64]session{} // by the beginning: parallel sessions begin together
	for _, a := range all {
		if a.Meeting.Track != "" && track == "" {
			s, there := free[a.Meeting.StartsAt]
			if !there || a.Hours > s.hours || a.Hours == s.hours && a.Meeting.Hours < s.total && a.Hours == 0 {
				free[a.Meeting.StartsAt] = session{a.Hours, a.Meeting.Hours}
			}
			continue
		}
		if a.Meeting.Track == "" || a.Meeting.Track == track {
			hours, total = hours+a.Hours, total+a.Meeting.Hours
		}
	}
	for _, s := range free {
		hours, total = hours+s.hours, total+s.total
	}
	return hours, total
}

// threshold is the percent that is asked for: the training's own, or the law's
// number for its length.
func threshold(own, hours int, law Thresholds) int {
	switch {
	case own > 0:
		return own
	case hours <= law.ShortHours:
		return law.Short
	}
	return law.Long
}

// Thresholds are the numbers of the law for trainings that set none.
type Thresholds struct{ ShortHours, Short, Long int }

// verdict is the rule of completion. A training without lesson hours is
// completed by whoever came at least once.
func verdict(t Training, all []attended, track string, rec courseRecord, law Thresholds) Verdict {
	v := Verdict{}
	v.Hours, v.Total = counted(all, track)
	v.Threshold = threshold(t.Threshold, cmp.Or(t.Hours, v.Total), law)
	if v.Total > 0 {
		v.Percent = v.Hours * 100 / v.Total
		v.Completed = v.Hours*100 >= v.Threshold*v.Total
	} else {
		v.Completed = slices.ContainsFunc(all, func(a attended) bool { return a.Mark == MarkPresent || a.Mark == MarkLate })
	}
	v.Lacks = lacks(t, rec)
	v.Completed = v.Completed && len(v.Lacks) == 0
	return v
}

// lacks is what a qualification course asks for beside attendance and did not
// get. Other forms ask for nothing.
func lacks(t Training, rec courseRecord) (keys []string) {
	if t.Form != QualificationCourse {
		return nil
	}
	if rec.Grade == "" {
		keys = append(keys, "training.desk.lack.grade")
	}
	if rec.Practice < t.PracticeHours {
		keys = append(keys, "training.desk.lack.practice")
	}
	if t.Exam && rec.Exam != examPassed {
		keys = append(keys, "training.desk.lack.exam")
	}
	return keys
}
