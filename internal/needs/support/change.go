package support

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/trace"
)

var (
	errChanged = fault.New(fault.Conflict, "support.fault.changed")
	errState   = fault.New(fault.Conflict, "support.fault.state")
)

// deed is one change of a process, by one of its sides.
type deed struct {
	*Whole
	s     *Service
	who   access.Actor
	at    time.Time
	heads []string // who is told on the school's side, and on the center's
	staff []string
	name  string // of the school
}

// change runs a deed in a transaction, when the process still has the revision
// that the page showed. It may run twice, each time on a fresh copy. Faults of
// every change: SignedOut, NotFound for who has no side, Conflict for an old page.
func (s *Service) change(ctx context.Context, who access.Actor, id string, revision int64, f func(ctx context.Context, tx *db.Tx, d *deed) error) error {
	w, err := s.Find(ctx, who, id)
	if err != nil {
		return err
	}
	if w.State.Over() {
		return fault.New(fault.Conflict, "support.fault.over")
	}
	if w.Revision != revision {
		return errChanged
	}
	d := deed{s: s, who: who, at: s.now()}
	if err := d.addressees(ctx, w.Process); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		again := w
		again.Needs, again.Forms = slices.Clone(w.Needs), slices.Clone(w.Forms)
		run := d
		run.Whole = &again
		if err := claim(ctx, tx, &again.Process, d.at.Unix()); err != nil {
			return err
		}
		if err := f(ctx, tx, &run); err != nil {
			return err
		}
		return keep(ctx, tx, again.Process)
	})
}

// addressees finds who is told on both sides. For the center it is the person
// named for the process, or else its management and officers.
func (d *deed) addressees(ctx context.Context, p Process) error {
	heads, err := d.s.People.Holders(ctx, access.SupportOwn, p.School, p.HeadUnit)
	if err != nil {
		return err
	}
	staff := []access.PersonID{access.PersonID(p.Person)}
	if p.Person == "" {
		if staff, err = d.s.People.Holders(ctx, access.ManageTrainings, p.Center); err != nil {
			return err
		}
	}
	d.heads, d.staff = others(heads, d.who), others(staff, d.who)
	names, err := d.s.Directory.Names(ctx, []access.InstitutionID{p.School})
	d.name = names[p.School]
	return err
}

// others are the people without the one who acts.
func others(list []access.PersonID, who access.Actor) (ids []string) {
	for _, id := range list {
		if id != who.Person {
			ids = append(ids, string(id))
		}
	}
	return ids
}

// touch makes a new version of a part when somebody said something to the
// present one: consents are to words, and these words are no more. What the
// other side had agreed to it is asked anew, and told.
func (d *deed) touch(ctx context.Context, tx *db.Tx, what Part) error {
	_, school := d.consent(what, School)
	_, center := d.consent(what, Center)
	if !school && !center {
		return nil
	}
	*d.version(what)++
	d.Consents = slices.DeleteFunc(slices.Clone(d.Consents), func(c Consent) bool { return c.What == what })
	if what == ofDiagnosis {
		d.State = Diagnosis
	}
	return d.tell(ctx, tx, d.Side.Other(), "again_"+string(what))
}

// TopicKey is what both sides are told in their inbox.
const TopicKey = "needs.support"

// NotifyTopics are the topics of this package, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicKey}} }

// tell tells a side. The same news of the same revision is told once.
func (d *deed) tell(ctx context.Context, tx *db.Tx, side Side, news string) error {
	if d.s.Tell == nil {
		return nil
	}
	to := d.staff
	if side == School {
		to = d.heads
	}
	for _, person := range to {
		err := d.s.Tell(ctx, tx, notify.Message{To: person, Topic: TopicKey, Key: "support.tell." + news, Args: map[string]string{"school": d.name},
			Link: Href(d.ID), Once: "support/" + d.ID + "/" + strconv.FormatInt(d.Revision, 10) + "/" + news})
		if err != nil {
			return err
		}
	}
	return nil
}

// log writes the line of the deed; details are no words of the sides.
func (d *deed) log(ctx context.Context, tx *db.Tx, act string, details map[string]string) error {
	return audit.Record(ctx, tx, d.who.By(), audit.Entry{Action: "needs.support." + act, Object: "support", ObjectID: d.ID, Institution: string(d.School), Details: details}, d.at)
}

// step writes a step of the matter for both sides.
func (d *deed) step(ctx context.Context, tx *db.Tx, kind, id, act string) error {
	return step(ctx, tx, d.Process, kind, id, act, d.at)
}

func step(ctx context.Context, tx *db.Tx, p Process, kind, id, act string, at time.Time) error {
	for _, inst := range []access.InstitutionID{p.School, p.Center} {
		row := trace.StepRow{Trace: trace.ID(p.Trace), Kind: kind, ID: id, TitleKey: "support.trace." + act, At: at.Unix(), Audience: "inst:" + string(inst)}
		if id != p.ID {
			row.FromKind, row.FromID = processThing, p.ID
		}
		if err := trace.Step(ctx, tx, row); err != nil {
			return err
		}
	}
	return nil
}

// The kinds of things on a trace.
const (
	processThing = "support"
	formThing    = "support.form"
)

// The bounds of what is typed, in letters or pieces.
const (
	longestWords  = 300
	longestText   = 4000
	longestReason = 600
	mostNeeds     = 30
	mostForms     = 40
	mostHours     = 500
	mostPeople    = 1000
)

// line brings one line of words into the form in which it is kept.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// block is text of several lines: whole lines, without spaces around.
func block(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// checker gathers what is wrong with the fields of a form.
type checker []fault.Field

func (c *checker) add(name, key string, args ...any) {
	*c = append(*c, fault.Field{Name: name, Key: key, Args: args})
}

// text checks that there are words, and not too many of them.
func (c *checker) text(name, value string, most int, must bool) {
	switch n := utf8.RuneCountInString(value); {
	case n == 0 && must:
		c.add(name, "support.fault.missing")
	case n > most:
		c.add(name, "support.fault.long", "n", most)
	}
}

func (c *checker) number(name string, value, least, most int) {
	if value < least || value > most {
		c.add(name, "support.fault.number", "least", least, "most", most)
	}
}

// day checks a day YYYY-MM-DD between two others.
func (c *checker) day(name, value, first, last string) {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil || t.Format(time.DateOnly) != value || value < first || value > last {
		c.add(name, "support.fault.day")
	}
}

func (c checker) fault() error { return fault.InvalidFields(c) }

// schoolYears are those for which a process can be begun: this one and the next.
func (s *Service) schoolYears() []int {
	year := directory.SchoolYear(s.now())
	return []int{year, year + 1}
}
