package meetings

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// DecisionState is what became of a decision.
type DecisionState string

// The states of a decision. Open ones stand first on the next agenda.
const (
	DecisionOpen      DecisionState = "open"
	DecisionDone      DecisionState = "done"
	DecisionWithdrawn DecisionState = "withdrawn"
)

// Decision is what a meeting decided at an item. Its number is one of the series
// and the year, without a gap; a decision that was taken back keeps it.
type Decision struct {
	ID          string               `db:"id"`
	Revision    int64                `db:"revision"`
	Meeting     MeetingID            `db:"meeting"`
	Series      SeriesID             `db:"series"`
	Owner       access.InstitutionID `db:"owner"`
	Kind        Kind                 `db:"kind"`
	Item        ItemID               `db:"item"`
	Topic       TopicID              `db:"topic"`
	No          int64                `db:"no"`
	Year        int                  `db:"year"`
	Title       string               `db:"title"`
	Words       string               `db:"words"`
	Institution access.InstitutionID `db:"institution"` // that carries it out, "" for none
	DueOn       string               `db:"due_on"`
	DueAt       int64                `db:"due_at"`
	State       DecisionState        `db:"state"`
	Note        string               `db:"note"` // what came of it, or why it was taken back
	Vote        string               `db:"vote"`
	Agreement   string               `db:"agreement"`
	Area        string               `db:"area"`
	MarkedAt    int64                `db:"marked_at"`
	By          string               `db:"by_person"`
	At          int64                `db:"at"`
	ChangedAt   int64                `db:"changed_at"`
}

const decisionColumns = `d.id, d.revision, d.meeting, d.series, d.owner, d.kind, d.item, d.topic, d.no, d.year, d.title, d.words, d.institution, d.due_on, d.due_at,
	d.state, d.note, d.vote, d.agreement, d.area, d.marked_at, d.by_person, d.at, d.changed_at`

// Number is the number as people write it: 3/2026.
func (d Decision) Number() string {
	return strconv.FormatInt(d.No, 10) + "/" + strconv.Itoa(d.Year)
}

// DecisionHref is the page of a decision.
func DecisionHref(m MeetingID, decision string) string { return Href(m) + "/decyzje/" + decision }

// decisionByID reads a decision of the meeting. Not there, or another's: fault.ErrNotFound.
func decisionByID(ctx context.Context, r db.Reader, meeting MeetingID, id string) (d Decision, err error) {
	if err := known(id); err != nil {
		return d, err
	}
	return d, r.Get(ctx, &d, `select `+decisionColumns+` from meetings_decisions d where d.id = ? and d.meeting = ?`, id, meeting)
}

// DecisionsOf are the decisions of a meeting by number.
func DecisionsOf(ctx context.Context, r db.Reader, id MeetingID) (list []Decision, err error) {
	return list, r.Select(ctx, &list, `select `+decisionColumns+` from meetings_decisions d where d.meeting = ? order by d.no, d.id`, id)
}

// mostStanding is how many decisions head an agenda; the page of the series has all.
const mostStanding = 30

// StandingDecisions are the decisions of a series that are still open, those
// due first in front, as they head its next agenda. It asks for nobody's right.
func StandingDecisions(ctx context.Context, r db.Reader, series SeriesID) (list []Decision, err error) {
	return list, r.Select(ctx, &list, `select `+decisionColumns+` from meetings_decisions d where d.series = ? and d.state = ? order by d.due_at, d.id limit ?`,
		series, DecisionOpen, mostStanding)
}

// Standing lists the open decisions of a series, or, with ended, the others; a
// page of them from a cursor (its key is DueAt as text). Who may read the series
// may.
func (s *Service) Standing(ctx context.Context, who access.Actor, id SeriesID, ended bool, from web.Cursor, n int) (list []Decision, more bool, err error) {
	defer fault.Wrap(&err, "decisions of series %s", id)
	series, err := SeriesByID(ctx, s.db, id)
	if err != nil {
		return nil, false, err
	}
	if err := s.SeesSeries(ctx, who, series); err != nil {
		return nil, false, err
	}
	where, order, args := pageOf("d", from)
	state := `d.state = ?`
	if ended {
		state = `d.state <> ?`
	}
	args = append([]any{id, DecisionOpen}, append(args, n+1)...)
	if err := s.db.Select(ctx, &list, `select `+decisionColumns+` from meetings_decisions d where d.series = ? and `+state+where+order, args...); err != nil {
		return nil, false, err
	}
	list, more = cutPage(list, n, from)
	return list, more, nil
}

// pageOf is how a page of rows with due_at is asked for.
func pageOf(table string, from web.Cursor) (where, order string, args []any) {
	due, id := table+".due_at", table+".id"
	order = ` order by ` + due + `, ` + id + ` limit ?`
	if from.ID == "" {
		return "", order, nil
	}
	op := ` > `
	if from.Back {
		op, order = ` < `, ` order by `+due+` desc, `+id+` desc limit ?`
	}
	key, _ := strconv.ParseInt(from.Key, 10, 64) // a key that is none begins at the beginning
	return ` and (` + due + op + `? or ` + due + ` = ? and ` + id + op + `?)`, order, []any{key, key, from.ID}
}

// cutPage takes the row too many away, and turns a page that was read backwards.
func cutPage[T any](list []T, n int, from web.Cursor) ([]T, bool) {
	more := len(list) > n
	if more {
		list = list[:n]
	}
	if from.Back {
		slices.Reverse(list)
	}
	return list, more
}

// NewDecision is a decision as it is typed.
type NewDecision struct {
	Item        ItemID
	Title       string
	Words       string
	Institution access.InstitutionID
	DueOn       string
	Vote        string // that carried it, "" for none
	Revision    int64  // of a change: what was read
}

func (n *NewDecision) check() (due int64, err error) {
	n.Title, n.Words = line(n.Title), words(n.Words)
	fields := free(needed(nil, "tytul", n.Title, longestTitle), "tresc", n.Words, longestWords)
	due, ok := dueAt(n.DueOn)
	if !ok {
		fields = append(fields, fault.Field{Name: "termin", Key: "meetings.fault.day"})
	}
	if len(fields) > 0 {
		return 0, fault.InvalidFields(fields)
	}
	return due, nil
}

// AddDecision notes what was decided at an item and gives it its number. A topic
// that stands there is Decided, and those who proposed and supported it are
// told. Who records the meeting may. Faults: those of the right, Invalid,
// Conflict when the minutes are adopted or the vote did not carry it.
func (s *Service) AddDecision(ctx context.Context, who access.Actor, id MeetingID, n NewDecision) (decision string, err error) {
	defer fault.Wrap(&err, "decide at item %s", n.Item)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return "", err
	}
	due, err := n.check()
	if err != nil {
		return "", err
	}
	if n.Institution != "" {
		if _, err := directory.ByID(ctx, s.db, n.Institution); err != nil {
			return "", err
		}
	}
	decision = newID()
	return decision, s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		item, err := ItemByID(ctx, tx, id, n.Item)
		if err != nil {
			return err
		}
		if err := carriedBy(ctx, tx, id, n.Vote); err != nil {
			return err
		}
		x := Decision{ID: decision, Meeting: id, Series: m.Series, Owner: m.Owner, Kind: m.Kind, Item: n.Item, Topic: item.Topic, Year: localDay(m.StartsAt).Year(),
			Title: n.Title, Words: n.Words, Institution: n.Institution, DueOn: n.DueOn, DueAt: due, State: DecisionOpen, Vote: n.Vote}
		return d.decide(ctx, tx, x)
	})
}

func localDay(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

// carriedBy refuses a vote that did not carry what is noted as decided.
func carriedBy(ctx context.Context, r db.Reader, id MeetingID, vote string) error {
	if vote == "" {
		return nil
	}
	v, err := voteByID(ctx, r, id, vote)
	if err == nil && v.Verdict != Carried {
		err = fault.New(fault.Conflict, "meetings.fault.not_carried")
	}
	return err
}

// decide writes a decision. Its number comes last, because the series of numbers
// is held until the transaction ends.
func (d *paperDeed) decide(ctx context.Context, tx *db.Tx, x Decision) (err error) {
	topic := Topic{Trace: d.m.Trace}
	if x.Topic != "" {
		if topic, err = d.topicDecided(ctx, tx, x); err != nil {
			return err
		}
	}
	if err := d.trace(ctx, tx, topic, x, "decision"); err != nil {
		return err
	}
	if err := d.log(ctx, tx, "decided", "meetings_decision", x.ID); err != nil {
		return err
	}
	if err := d.touch(ctx, tx); err != nil {
		return err
	}
	if x.No, err = counter.Next(ctx, tx, "meetings.decision/"+string(x.Series)+"/"+strconv.Itoa(x.Year)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into meetings_decisions (id, meeting, series, owner, kind, item, topic, no, year, title, words, institution, due_on, due_at, state, vote, by_person, at, changed_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, x.ID, x.Meeting, x.Series, x.Owner, x.Kind, x.Item, x.Topic, x.No, x.Year, x.Title, x.Words,
		x.Institution, x.DueOn, x.DueAt, x.State, x.Vote, d.who.Person, d.at.Unix(), d.at.Unix())
	return err
}

// topicDecided takes the topic further that a decision is about.
func (d *paperDeed) topicDecided(ctx context.Context, tx *db.Tx, x Decision) (t Topic, err error) {
	if t, err = TopicByID(ctx, tx, x.Topic); err != nil {
		return t, err
	}
	if _, err := tx.Exec(ctx, `update meetings_topics set state = ?, revision = revision + 1, changed_at = ? where id = ? and state = ?`,
		Decided, d.at.Unix(), t.ID, OnAgenda); err != nil {
		return t, err
	}
	return t, d.s.stepTold(ctx, tx, t, Step{What: "decided", Words: x.Title, Path: DecisionHref(x.Meeting, x.ID), Once: "decided/" + x.ID})
}

// trace writes a step of the matter for those whose meeting it was. That a topic
// was decided, and a workshop ordered for it, the step of the topic says.
func (d *paperDeed) trace(ctx context.Context, tx *db.Tx, t Topic, x Decision, what string) error {
	if t.ID != "" && what != "arranged" {
		return nil
	}
	row := trace.StepRow{Trace: trace.ID(t.Trace), Kind: "meetings.decision", ID: x.ID, FromKind: "meetings.meeting", FromID: string(x.Meeting),
		TitleKey: "meetings.step." + what, At: d.at.Unix(), Audience: seriesAudience(x.Series)}
	if t.ID != "" {
		row.FromKind, row.FromID = "meetings.topic", string(t.ID)
	}
	return trace.Step(ctx, tx, row)
}

// ChangeDecision changes the words of a decision before the minutes are adopted.
// The item and the number stay. Faults: as AddDecision, Conflict when somebody
// else changed it.
func (s *Service) ChangeDecision(ctx context.Context, who access.Actor, id MeetingID, decision string, n NewDecision) (err error) {
	defer fault.Wrap(&err, "change decision %s", decision)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	due, err := n.check()
	if err != nil {
		return err
	}
	if n.Institution != "" {
		if _, err := directory.ByID(ctx, s.db, n.Institution); err != nil {
			return err
		}
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if err := carriedBy(ctx, tx, id, n.Vote); err != nil {
			return err
		}
		if err := changedOne(tx.Exec(ctx, `update meetings_decisions set title = ?, words = ?, institution = ?, due_on = ?, due_at = ?, vote = ?, changed_at = ?, revision = revision + 1
			where id = ? and meeting = ? and revision = ?`, n.Title, n.Words, n.Institution, n.DueOn, due, n.Vote, d.at.Unix(), decision, id, n.Revision)); err != nil {
			return err
		}
		return d.touch(ctx, tx)
	})
}

// SettleDecision says what came of a decision: done, or taken back, in words.
// What was adopted in the minutes stays there; this is told beside it. Who
// records the meeting may. Faults: those of the right, Invalid without words,
// Conflict when it is not open any more.
func (s *Service) SettleDecision(ctx context.Context, who access.Actor, id MeetingID, decision string, state DecisionState, note string) (err error) {
	defer fault.Wrap(&err, "settle decision %s", decision)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	note = words(note)
	if state != DecisionDone && state != DecisionWithdrawn {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if wrong := needed(nil, "wynik", note, longestWords); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changedOne(tx.Exec(ctx, `update meetings_decisions set state = ?, note = ?, changed_at = ?, revision = revision + 1 where id = ? and meeting = ? and state = ?`,
			state, note, now, decision, id, DecisionOpen)); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "decision_"+string(state), "meetings_decision", decision, m.Owner, nil)
	})
}

// onDecision runs a change of an open decision by whoever runs its meeting.
func (s *Service) onDecision(ctx context.Context, who access.Actor, id MeetingID, decision string, change func(ctx context.Context, tx *db.Tx, d *paperDeed, x Decision, t Topic) error) error {
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		d := &paperDeed{s: s, who: who, m: m, at: now}
		if err := changedOne(tx.Exec(ctx, `update meetings_decisions set revision = revision + 1, changed_at = ? where id = ? and meeting = ? and state = ?`,
			now.Unix(), decision, id, DecisionOpen)); err != nil {
			return err
		}
		x, err := decisionByID(ctx, tx, id, decision)
		if err != nil {
			return err
		}
		t := Topic{Trace: m.Trace}
		if x.Topic != "" {
			if t, err = TopicByID(ctx, tx, x.Topic); err != nil {
				return err
			}
		}
		return change(ctx, tx, d, x, t)
	})
}

// MakeArrangement asks for an executive arrangement under an area of an
// agreement ("agreement/area", one of Config.Areas). Who runs the Forum may,
// once for a decision. Faults: those of the right, Invalid for an area that is
// not offered, Conflict when it was asked for before or no Forum decided.
func (s *Service) MakeArrangement(ctx context.Context, who access.Actor, id MeetingID, decision, area string) (err error) {
	defer fault.Wrap(&err, "arrangement of decision %s", decision)
	agreement, part, _ := strings.Cut(area, "/")
	choices, err := s.areas(ctx, s.Catalog.In(i18n.PL))
	if err != nil {
		return err
	}
	if area == "" || !slices.ContainsFunc(choices, func(c web.Choice) bool { return c.Value == area }) {
		return fault.InvalidFields([]fault.Field{{Name: "obszar", Key: "meetings.lack.empty"}})
	}
	return s.onDecision(ctx, who, id, decision, func(ctx context.Context, tx *db.Tx, d *paperDeed, x Decision, t Topic) error {
		if x.Kind != Forum {
			return fault.New(fault.Conflict, "meetings.fault.forum_only")
		}
		if x.Agreement != "" {
			return fault.New(fault.Conflict, "meetings.fault.marked")
		}
		if _, err := tx.Exec(ctx, `update meetings_decisions set agreement = ?, area = ?, marked_at = ? where id = ?`, agreement, part, d.at.Unix(), decision); err != nil {
			return err
		}
		if err := d.trace(ctx, tx, t, x, "arranged"); err != nil {
			return err
		}
		if err := d.log(ctx, tx, "arranged", "meetings_decision", decision); err != nil {
			return err
		}
		return s.Bus.Emit(ctx, tx, WasDecided{Meeting: id, Decision: decision, Agreement: agreement, Area: part, SchoolYear: d.m.SchoolYear},
			events.Envelope{Subject: decision, Version: x.Revision, Trace: trace.ID(t.Trace), At: d.at})
	})
}

// areas are the areas of agreements that a decision can be put under.
func (s *Service) areas(ctx context.Context, l *i18n.L) ([]web.Choice, error) {
	if s.Areas == nil {
		return nil, nil
	}
	return s.Areas(ctx, l)
}

// ArrangementPlan is what an executive arrangement is made of.
type ArrangementPlan struct {
	Decision
	Trace string
}

// ArrangementFor are the words of a decision that was told by the event
// WasDecided, for whoever makes the arrangement. Not there, or not marked:
// fault.ErrNotFound.
func (s *Service) ArrangementFor(ctx context.Context, decision string) (p ArrangementPlan, err error) {
	defer fault.Wrap(&err, "words of decision %s", decision)
	if err := s.db.Get(ctx, &p.Decision, `select `+decisionColumns+` from meetings_decisions d where d.id = ? and d.agreement <> ''`, decision); err != nil {
		return p, err
	}
	p.Trace, err = s.traceOf(ctx, p.Decision)
	return p, err
}

// traceOf is the matter that a decision belongs to: its topic's, or else the meeting's.
func (s *Service) traceOf(ctx context.Context, x Decision) (string, error) {
	if x.Topic != "" {
		t, err := TopicByID(ctx, s.db, x.Topic)
		return t.Trace, err
	}
	m, err := MeetingByID(ctx, s.db, x.Meeting)
	return m.Trace, err
}
