package plan

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// VersionState is where a version of the text stands.
type VersionState string

// The states: Writing → Remarks → Answering → Past or Final. A version in the
// writing is seen by those who run the plan alone. It is Past when the next one
// was opened.
const (
	Writing   VersionState = "writing"
	Remarks   VersionState = "remarks"   // municipalities and experts say what they think of it
	Answering VersionState = "answering" // no more remarks; each gets its answer
	Past      VersionState = "past"
	Final     VersionState = "final" // put before the municipalities to be adopted
)

// Version is one version of a plan's text. Instants are UTC seconds.
type Version struct {
	ID         string       `db:"id"`
	Plan       ID           `db:"plan"`
	No         int          `db:"no"`
	Revision   int64        `db:"revision"`
	State      VersionState `db:"state"`
	Words      string       `db:"words"`
	UntilOn    string       `db:"until_on"` // last day for remarks
	Remarks    int          `db:"remarks"`
	Unanswered int          `db:"unanswered"`
	CreatedBy  string       `db:"created_by"`
	CreatedAt  int64        `db:"created_at"`
	ChangedAt  int64        `db:"changed_at"`
}

const versionColumns = `v.id, v.plan, v.no, v.revision, v.state, v.words, v.until_on, v.remarks, v.unanswered, v.created_by, v.created_at, v.changed_at`

// takesRemarks tells whether somebody may still remark on a day.
func (v Version) takesRemarks(day string) bool { return v.State == Remarks && day <= v.UntilOn }

const longestWords = 2000 // letters of a remark, an answer, a note

// Versions are the versions of a plan's text that the actor sees, the newest
// first. Faults: NotFound for who may not see the plan.
func (s *Service) Versions(ctx context.Context, who access.Actor, p Plan) (list []Version, err error) {
	defer fault.Wrap(&err, "read versions of plan %s", p.ID)
	if err := Sees(who, p); err != nil {
		return nil, err
	}
	err = s.db.Select(ctx, &list, `select `+versionColumns+` from plan_versions v where v.plan = ? order by v.no desc`, p.ID)
	if Runs(who) != nil {
		list = slices.DeleteFunc(list, func(v Version) bool { return v.State == Writing })
	}
	return list, err
}

// paragraphsOf are the paragraphs of a version in their order.
func paragraphsOf(ctx context.Context, r db.Reader, version string) (list []Paragraph, err error) {
	err = r.Select(ctx, &list, `select version, no, para_key, heading, words from plan_paragraphs where version = ? order by no`, version)
	return list, err
}

// latest is the newest version of a plan's text; zero when nothing was written.
func latest(ctx context.Context, r db.Reader, plan ID) (v Version, err error) {
	err = r.Get(ctx, &v, `select `+versionColumns+` from plan_versions v where v.plan = ? order by v.no desc limit 1`, plan)
	if fault.KindOf(err) == fault.NotFound {
		return Version{}, nil
	}
	return v, err
}

// SaveText keeps the text of the version in the writing, or begins the next one:
// the first, or one after a version whose remarks all have an answer. Seen is
// the revision of the version that the writer began from, 0 for none. Words say
// what is new.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden; Invalid for a text
// that is empty or too long; Conflict when somebody wrote meanwhile, when
// remarks are being taken or wait for an answer.
func (s *Service) SaveText(ctx context.Context, who access.Actor, plan ID, seen int64, text, words string) (err error) {
	defer fault.Wrap(&err, "save the text of plan %s", plan)
	p, err := s.run(ctx, who, plan)
	if err != nil {
		return err
	}
	parts := splitText(text)
	words = tidy(words)
	if err := checkText(text, words, parts); err != nil {
		return err
	}
	id, at := newID(), s.now()
	fresh := make([]string, len(parts))
	for n := range fresh {
		fresh[n] = newID()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, old, err := s.writingIn(ctx, tx, who, p, id, seen, words, at)
		if err != nil {
			return err
		}
		return putParagraphs(ctx, tx, v.ID, carryKeys(old, parts, fresh))
	})
}

func checkText(text, words string, parts []part) error {
	var wrong []fault.Field
	switch {
	case len(parts) == 0:
		wrong = append(wrong, fault.Field{Name: "tekst", Key: "plan.draft.fault.empty"})
	case len(parts) > mostParts:
		wrong = append(wrong, fault.Field{Name: "tekst", Key: "plan.draft.fault.many", Args: []any{"n", mostParts}})
	case utf8.RuneCountInString(text) > longestText:
		wrong = append(wrong, fault.Field{Name: "tekst", Key: "plan.fault.long", Args: []any{"most", longestText}})
	default:
		for n, p := range parts {
			if utf8.RuneCountInString(p.Text) > longestPart {
				wrong = append(wrong, fault.Field{Name: "tekst", Key: "plan.draft.fault.long_part", Args: []any{"no", n + 1, "n", longestPart}})
				break
			}
		}
	}
	if utf8.RuneCountInString(words) > longestWords {
		wrong = append(wrong, fault.Field{Name: "opis", Key: "plan.fault.long", Args: []any{"most", longestWords}})
	}
	return fault.InvalidFields(wrong)
}

// writingIn is the version that is written on, made when there is none, with the
// paragraphs that stood before.
func (s *Service) writingIn(ctx context.Context, tx *db.Tx, who access.Actor, p Plan, id string, seen int64, words string, at time.Time) (v Version, old []Paragraph, err error) {
	if v, err = latest(ctx, tx, p.ID); err != nil {
		return v, nil, err
	}
	switch {
	case v.Revision != seen:
		return v, nil, fault.New(fault.Conflict, "plan.fault.faster")
	case v.State == Remarks:
		return v, nil, fault.New(fault.Conflict, "plan.draft.fault.being_remarked")
	case v.Unanswered > 0:
		return v, nil, fault.New(fault.Conflict, "plan.draft.fault.unanswered", "n", v.Unanswered)
	}
	if old, err = paragraphsOf(ctx, tx, v.ID); err != nil {
		return v, nil, err
	}
	if v.State == Writing {
		n, err := tx.Exec(ctx, `update plan_versions set words = ?, revision = revision + 1, changed_at = ? where id = ? and state = ? and revision = ?`,
			words, at.Unix(), v.ID, Writing, seen)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "plan.fault.faster")
		}
		return v, old, err
	}
	v = Version{ID: id, No: v.No + 1}
	n, err := tx.Exec(ctx, `insert into plan_versions (id, plan, no, state, words, created_by, created_at, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (plan, no) do nothing`,
		id, p.ID, v.No, Writing, words, who.Person, at.Unix(), at.Unix())
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "plan.fault.faster")
	}
	if err != nil {
		return v, nil, err
	}
	return v, old, noteText(ctx, tx, who, p, "written", v.No, at)
}

func putParagraphs(ctx context.Context, tx *db.Tx, version string, list []Paragraph) error {
	if _, err := tx.Exec(ctx, `delete from plan_paragraphs where version = ?`, version); err != nil {
		return err
	}
	for some := range slices.Chunk(list, 100) {
		var args []any
		for _, p := range some {
			args = append(args, version, p.No, p.Key, p.Heading, p.Text)
		}
		if _, err := tx.Exec(ctx, `insert into plan_paragraphs (version, no, para_key, heading, words) values `+db.Marks(len(some), 5), args...); err != nil {
			return err
		}
	}
	return nil
}

func noteText(ctx context.Context, tx *db.Tx, who access.Actor, p Plan, deed string, no int, at time.Time) error {
	return note(ctx, tx, who, "plan.text."+deed, "plan", string(p.ID), p, map[string]string{"version": strconv.Itoa(no)}, at)
}

// Advance leads the newest version of a plan's text one step on: opens it for
// remarks until a day (which is included), closes the remarks, or makes it final.
// The version before it becomes Past when it is opened or made final. Those who
// may remark are told of the opening.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden; Invalid for a day
// that is too near or too far; Conflict when it stands elsewhere, when somebody was faster
// (seen is its revision), or when a remark has no answer.
func (s *Service) Advance(ctx context.Context, who access.Actor, plan ID, seen int64, to VersionState, untilOn string) (err error) {
	defer fault.Wrap(&err, "lead the text of plan %s to %s", plan, to)
	p, err := s.run(ctx, who, plan)
	if err != nil {
		return err
	}
	at := s.now()
	if to == Remarks {
		if err := s.checkUntil(ctx, untilOn, at); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, err := latest(ctx, tx, plan)
		if err != nil {
			return err
		}
		if err := v.mayGo(seen, to); err != nil {
			return err
		}
		if to != Remarks {
			untilOn = v.UntilOn
		}
		n, err := tx.Exec(ctx, `update plan_versions set state = ?, until_on = ?, revision = revision + 1, changed_at = ? where id = ? and revision = ? and unanswered <= ?`,
			to, untilOn, at.Unix(), v.ID, seen, v.Unanswered)
		if err := faster(n, err); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update plan_versions set state = ? where plan = ? and no < ? and state = ?`, Past, plan, v.No, Answering); err != nil {
			return err
		}
		if to == Remarks {
			if err := askLater(ctx, tx, v.ID, untilOn); err != nil {
				return err
			}
		}
		return noteText(ctx, tx, who, p, string(to), v.No, at)
	})
}

// mayGo is the rule of the steps. A version that answers the remarks to the one
// before may become final without being opened again; the first one may not, for
// nobody was asked.
func (v Version) mayGo(seen int64, to VersionState) error {
	may := map[VersionState][]VersionState{Writing: {Remarks, Final}, Remarks: {Answering}, Answering: {Remarks, Final}}
	switch {
	case v.ID == "" || !slices.Contains(may[v.State], to):
		return fault.New(fault.Conflict, "plan.draft.fault.step")
	case v.Revision != seen:
		return fault.New(fault.Conflict, "plan.fault.faster")
	case to == Final && v.State == Writing && v.No == 1:
		return fault.New(fault.Conflict, "plan.draft.fault.nobody_asked")
	case to == Final && v.Unanswered > 0:
		return fault.New(fault.Conflict, "plan.draft.fault.unanswered", "n", v.Unanswered)
	}
	return nil
}

// checkUntil takes the last day for remarks: a real day, far enough for a
// council to talk about it.
func (s *Service) checkUntil(ctx context.Context, untilOn string, at time.Time) error {
	least, err := s.Law.Int(ctx, s.db, RemarkDays, at)
	if err != nil {
		return err
	}
	day, err := time.Parse(time.DateOnly, untilOn)
	today, _ := time.Parse(time.DateOnly, at.In(web.Warsaw).Format(time.DateOnly)) // written by us a moment ago
	first := today.AddDate(0, 0, int(least.Int))
	if err != nil || day.Before(first) || day.After(today.AddDate(1, 0, 0)) {
		return fault.InvalidFields([]fault.Field{{Name: "do", Key: "plan.draft.fault.until", Args: []any{"date", first.Format(time.DateOnly)}}})
	}
	return nil
}

// tidy keeps the lines of words that were typed and nothing that does not show.
func tidy(words string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(words), "\n") {
		lines = append(lines, cleanLine(line))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
