package plan

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/formula"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// maxNote are the characters of a remark beside a reading.
const maxNote = 1000

// ReadingByID is a reading, or ErrNotFound.
func ReadingByID(ctx context.Context, r db.Reader, id ReadingID) (one Reading, err error) {
	if _, err = known(string(id)); err != nil {
		return one, err
	}
	return one, r.Get(ctx, &one, `select `+readingColumns+` from plan_readings r where r.id = ?`, id)
}

// place is where and when a reading is of; what was approved has it as its slot.
func (r Reading) place() string {
	return string(r.Indicator) + "/" + strconv.Itoa(r.SchoolYear) + "/" + strconv.Itoa(r.Half) + "/" + r.Town
}

// waiting is the slot of what an institution entered and nobody approved yet.
func (r Reading) waiting() string { return r.place() + "/" + string(r.Institution) }

// Entry is what an institution enters. Institution is the one the actor enters
// for; Town "" is the whole.
type Entry struct {
	Institution access.InstitutionID
	Indicator   IndicatorID
	Town        string
	Year, Half  int
	Value, Note string
}

// check is what can be said of an entry by itself. Terms are those that ended.
func (e Entry) check(i Indicator, terms []term) (text string, bad []fault.Field) {
	text, _, ok := formula.Decimal(e.Value)
	if !ok {
		bad = append(bad, fault.Field{Name: "wartosc", Key: "plan.indicator.fault.number"})
	}
	if !slices.Contains(terms, term{e.Year, e.Half}) {
		bad = append(bad, fault.Field{Name: "okres", Key: "plan.reading.fault.term"})
	}
	if len([]rune(e.Note)) > maxNote {
		bad = append(bad, fault.Field{Name: "uwagi", Key: "plan.fault.long", Args: []any{"most", maxNote}})
	}
	if e.Town != "" && i.Asked != AskTowns {
		bad = append(bad, fault.Field{Name: "gmina", Key: "plan.reading.fault.whole"})
	}
	return text, bad
}

// EnterReading writes a value, which then waits for approval. What the same
// institution entered before and nobody approved yet is written over; what was
// approved stays until the new value is. Who may: EnterReadings at the
// institution. An office of a municipality enters for its own municipality, the
// institution that answers for the figure enters the whole, and the association
// both. Faults: NotFound, Forbidden, Invalid with fields; Conflict for an
// indicator that is reckoned, or of a plan that is not in force.
func (s *Service) EnterReading(ctx context.Context, who access.Actor, e Entry) (err error) {
	defer fault.Wrap(&err, "enter a reading of %s", e.Indicator)
	i, p, err := s.readable(ctx, who, e.Indicator)
	if err != nil {
		return err
	}
	may, err := s.mayEnter(ctx, who, i, e)
	if err == nil && !may {
		err = fault.New(fault.Forbidden, "plan.reading.fault.place")
	}
	if err != nil {
		return err
	}
	if who.May(access.RunPlan) {
		e.Institution = "" // the association enters in its own name
	}
	e.Note = tidy(e.Note)
	at := s.now()
	text, bad := e.check(i, ended(p, i.Frequency, at.In(web.Warsaw)))
	if bad, err = s.checkTown(ctx, e.Town, bad); err != nil {
		return err
	}
	if err := fault.InvalidFields(bad); err != nil {
		return err
	}
	r := Reading{ID: ReadingID(newID()), Indicator: i.ID, Town: e.Town, SchoolYear: e.Year, Half: e.Half, Value: text, Note: e.Note,
		Institution: e.Institution, State: WaitsForYes, By: who.Person, At: at.Unix()}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into plan_readings (id, indicator, town, school_year, half, value, note, institution, state, by_person, at, slot)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (slot) do update set value = excluded.value, note = excluded.note, state = excluded.state,
			reason = '', by_person = excluded.by_person, at = excluded.at, revision = plan_readings.revision + 1`,
			r.ID, r.Indicator, r.Town, r.SchoolYear, r.Half, r.Value, r.Note, r.Institution, r.State, r.By, r.At, r.waiting()); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.reading", "plan.indicator", string(i.ID), p, map[string]string{"town": r.Town, "year": strconv.Itoa(r.SchoolYear)}, at)
	})
}

// readable is an indicator that is entered, of a plan in force.
func (s *Service) readable(ctx context.Context, who access.Actor, id IndicatorID) (i Indicator, p Plan, err error) {
	if i, err = IndicatorByID(ctx, s.db, id); err != nil {
		return i, p, err
	}
	if p, err = s.see(ctx, who, i.Plan); err != nil {
		return i, p, err
	}
	if i.Way != Entered {
		return i, p, fault.New(fault.Conflict, "plan.reading.fault.reckoned")
	}
	if p.State == Drafting {
		return i, p, fault.New(fault.Conflict, "plan.reading.fault.draft")
	}
	return i, p, nil
}

// mayEnter tells whether the actor may enter a value of that place.
func (s *Service) mayEnter(ctx context.Context, who access.Actor, i Indicator, e Entry) (bool, error) {
	if who.System() || who.May(access.RunPlan) {
		return true, nil
	}
	if err := who.MayAt(ctx, access.EnterReadings, e.Institution); err != nil {
		return false, err
	}
	if i.Asked == AskOwner || e.Town == "" {
		return e.Institution == i.Owner, nil
	}
	at, err := directory.ByID(ctx, s.db, e.Institution)
	return err == nil && officeOf(at) == e.Town, err
}

// officeOf is the municipality that an institution is the office of, "" for none:
// the office of a county or of a ministry lies in a municipality, too, and does
// not speak for it.
func officeOf(i directory.Institution) string {
	if i.Kind != directory.Office {
		return ""
	}
	return i.RunningMunicipality
}

func (s *Service) checkTown(ctx context.Context, town string, bad []fault.Field) ([]fault.Field, error) {
	if town == "" {
		return bad, nil
	}
	towns, err := s.members(ctx)
	if err == nil && !slices.ContainsFunc(towns, func(m directory.Municipality) bool { return m.ID == town }) {
		bad = append(bad, fault.Field{Name: "gmina", Key: "plan.fault.choose"})
	}
	return bad, err
}

// members are the municipalities of the association, by name.
func (s *Service) members(ctx context.Context) ([]directory.Municipality, error) {
	all, err := directory.Municipalities(ctx, s.db)
	return slices.DeleteFunc(all, func(m directory.Municipality) bool { return !m.Member }), err
}

// Approve makes a reading count. Another that was approved for the same place
// and time is replaced, and stays to be seen. Who entered it is told. Who may:
// see Runs, and not who entered it while there is another. Conflict when the
// reading changed since it was seen.
func (s *Service) Approve(ctx context.Context, who access.Actor, id ReadingID, seen int64) (err error) {
	defer fault.Wrap(&err, "approve reading %s", id)
	r, p, err := s.decidable(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.otherThanEntered(ctx, who, r); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update plan_readings set state = ?, slot = id, revision = revision + 1 where slot = ?`, Replaced, r.place()); err != nil {
			return err
		}
		// Two approvals at once for one place want one slot: the later is told so.
		n, err := tx.Exec(ctx, `update plan_readings set state = ?, slot = ?, decided_by = ?, decided_at = ?, revision = revision + 1 where id = ? and revision = ? and state = ?`,
			Approved, r.place(), who.Person, at.Unix(), id, seen, WaitsForYes)
		if db.Duplicate(err) {
			n, err = 0, nil
		}
		if err := faster(n, err); err != nil {
			return err
		}
		return s.decided(ctx, tx, who, r, p, Approved, at)
	})
}

// otherThanEntered wants a second person beside the one who entered a value;
// where the association has one officer only, that one does both, and the log
// says so.
func (s *Service) otherThanEntered(ctx context.Context, who access.Actor, r Reading) error {
	if r.By == "" || r.By != who.Person {
		return nil
	}
	officers, err := s.People.Everywhere(ctx, access.RunPlan)
	if err == nil && slices.ContainsFunc(officers, func(id access.PersonID) bool { return id != who.Person }) {
		err = fault.New(fault.Conflict, "plan.reading.fault.own")
	}
	return err
}

// Return gives a reading back to who entered it, with the reason. Who may: see
// Runs. Invalid without a reason, Conflict as of Approve.
func (s *Service) Return(ctx context.Context, who access.Actor, id ReadingID, seen int64, reason string) (err error) {
	defer fault.Wrap(&err, "return reading %s", id)
	r, p, err := s.decidable(ctx, who, id)
	if err != nil {
		return err
	}
	reason = tidy(reason)
	if n := len([]rune(reason)); n == 0 || n > maxNote {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "plan.reading.fault.reason", Args: []any{"most", maxNote}}})
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := faster(tx.Exec(ctx, `update plan_readings set state = ?, reason = ?, decided_by = ?, decided_at = ?, revision = revision + 1 where id = ? and revision = ? and state = ?`,
			Returned, reason, who.Person, at.Unix(), id, seen, WaitsForYes)); err != nil {
			return err
		}
		return s.decided(ctx, tx, who, r, p, Returned, at)
	})
}

// decidable is a reading for who decides about it.
func (s *Service) decidable(ctx context.Context, who access.Actor, id ReadingID) (r Reading, p Plan, err error) {
	if err := Runs(who); err != nil {
		return r, p, err
	}
	if r, err = ReadingByID(ctx, s.db, id); err != nil {
		return r, p, err
	}
	i, err := IndicatorByID(ctx, s.db, r.Indicator)
	if err != nil {
		return r, p, err
	}
	p, err = s.run(ctx, who, i.Plan)
	return r, p, err
}

// decided logs a decision and tells who entered the value, unless they decided
// themselves.
func (s *Service) decided(ctx context.Context, tx *db.Tx, who access.Actor, r Reading, p Plan, to ReadingState, at time.Time) error {
	if s.Tell != nil && r.By != "" && r.By != who.Person {
		if err := s.Tell(ctx, tx, notify.Message{To: string(r.By), Topic: TopicPlan, Key: "plan.told." + string(to), Args: map[string]string{"year": yearWords(r.SchoolYear)},
			Link: IndicatorHref(r.Indicator), Once: "plan.reading/" + string(r.ID) + "/" + strconv.FormatInt(r.Revision, 10)}); err != nil {
			return err
		}
	}
	return note(ctx, tx, who, "plan."+string(to), "plan.indicator", string(r.Indicator), p, map[string]string{"reading": string(r.ID)}, at)
}

// TopicPlan is what people are told of by this module, by the notification's
// settings.
const TopicPlan = "plan"

// NotifyTopics are the kinds of news of this module, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicPlan}} }
