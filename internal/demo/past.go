package demo

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

// gave lets a lesson happen that has begun: people enrolled in time, somebody
// took the lists of the meetings that are over, and what is over for a week is
// settled. The papers of the first are issued.
func (c *center) gave(ctx context.Context, n int, l lesson, w training.Whole) (err error) {
	defer fault.Wrap(&err, "let %q happen", l.title)
	id, err := c.insert(ctx, c.earlier, w)
	if err != nil {
		return err
	}
	l.people = min(l.people, l.seats-1) // nobody waits for what is over
	came, err := c.enroll(ctx, c.earlier, id, n, l)
	if err != nil {
		return err
	}
	meetings, err := training.Meetings(ctx, c.d, id)
	if err != nil {
		return err
	}
	for k, m := range meetings {
		if m.EndsAt > c.now.Unix() {
			return nil // goes on, or is still to come
		}
		if err := c.took(ctx, id, m, k == 0 || l.settled()); err != nil || k == len(meetings)-1 && !l.settled() {
			return err
		}
	}
	c.past = time.Unix(meetings[len(meetings)-1].EndsAt, 0).AddDate(0, 0, 1)
	if err := c.earlier.Settle(ctx, c.officer, id); err != nil || l.teacher != first || c.papers == nil {
		return err
	}
	return c.issue(ctx, id, min(len(came), 3))
}

// settled tells whether a lesson is over for long enough to be settled.
func (l lesson) settled() bool { return l.in < -14 }

// took takes the list of a meeting: most were there, some late, some not. A list
// that is not closed waits for the trainer.
func (c *center) took(ctx context.Context, id training.ID, m training.Meeting, close bool) error {
	c.past = time.Unix(m.EndsAt, 0)
	who := c.trainer
	if who.Person == "" {
		who = c.officer
	}
	_, list, err := c.service.Account(ctx, c.officer, id)
	if err != nil {
		return err
	}
	var marks []training.Setting
	for n, x := range list {
		switch {
		case string(c.teacher.Person) == x.Person || n%5 < 3:
			marks = append(marks, training.Setting{Enrollment: x.ID, Mark: training.MarkPresent})
		case n%5 == 3:
			marks = append(marks, training.Setting{Enrollment: x.ID, Mark: training.MarkLate, Late: 20})
		}
	}
	if _, err := c.earlier.Take(ctx, who, m.ID, marks); err != nil || !close {
		return err
	}
	_, err = c.earlier.CloseMeeting(ctx, who, m.ID)
	return err
}

// issue sets up the center's papers and issues some of them.
func (c *center) issue(ctx context.Context, id training.ID, most int) error {
	err := c.papers.SetCenter(ctx, c.officer, papers.Center{Center: c.at, Heading: "Przykładowy samorząd", FullName: "Przykładowe Centrum Doskonalenia Nauczycieli",
		Place: "Kraków", Signs: "Dyrektor Centrum", Codes: map[papers.Kind]string{training.Certificate: "PCDN", training.Diploma: "PCDNK"}})
	if err != nil {
		return err
	}
	_, list, err := c.service.Account(ctx, c.officer, id)
	if err != nil {
		return err
	}
	issued := 0
	for n, x := range list {
		own := x.Person == string(c.teacher.Person)
		if x.State != training.Completed || issued >= most && !own {
			continue
		}
		born := papers.Birth{Day: fmt.Sprintf("19%02d-%02d-%02d", 70+n%25, 1+n%12, 3+n%24), Place: "Kraków"}
		if err := c.papers.TypeBirth(ctx, c.officer, x.ID, born); err != nil {
			return err
		}
		if _, err := c.papers.Issue(ctx, c.officer, x.ID); err != nil {
			return err
		}
		if !own {
			issued++
		}
	}
	return nil
}
