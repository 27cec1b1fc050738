package plan

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// Verdict is what became of a remark.
type Verdict string

// The verdicts. Partly and Not are given with reasons.
const (
	Taken  Verdict = "taken"
	Partly Verdict = "partly"
	Not    Verdict = "not"
)

// Verdicts are all of them in the order of the form.
func Verdicts() []Verdict { return []Verdict{Taken, Partly, Not} }

// Remark is what an institution or an expert said of a paragraph.
type Remark struct {
	ID          string               `db:"id"`
	Revision    int64                `db:"revision"`
	Plan        ID                   `db:"plan"`
	Version     string               `db:"version"`
	Key         string               `db:"para_key"`
	Institution access.InstitutionID `db:"institution"`
	Town        string               `db:"town"` // of a municipality's office
	Expert      bool                 `db:"expert"`
	By          access.PersonID      `db:"by_person"`
	Words       string               `db:"words"`
	Wording     string               `db:"wording"` // how the paragraph should read instead
	At          int64                `db:"at"`
	Answer      Verdict              `db:"answer"` // "" waits
	AnswerWords string               `db:"answer_words"`
	AnsweredBy  access.PersonID      `db:"answered_by"`
	AnsweredAt  int64                `db:"answered_at"`
}

const remarkColumns = `r.id, r.revision, r.plan, r.version, r.para_key, r.institution, r.town, r.expert, r.by_person, r.words, r.wording, r.at,
	r.answer, r.answer_words, r.answered_by, r.answered_at`

// placesWith are the institutions in which the actor's roles give a permission,
// each once.
func placesWith(who access.Actor, p access.Permission) (list []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(p) && !slices.Contains(list, h.Institution) {
			list = append(list, h.Institution)
		}
	}
	return list
}

// expertAt tells whether it is as an expert or an adviser, and not for the
// institution, that the actor speaks there.
func expertAt(who access.Actor, at access.InstitutionID) bool {
	speaks, only := false, true
	for _, h := range who.Roles {
		if h.Institution == at && h.Role.Gives(access.RemarkPlan) {
			speaks = true
			only = only && (h.Role == access.Expert || h.Role == access.MethodologicalAdviser)
		}
	}
	return speaks && only
}

// AddRemark says something of a paragraph of a version, for an institution of
// the actor, and returns the remark's id. Wording may be "".
//
// Who may: whoever holds the permission to remark in that institution. Faults:
// NotFound, Forbidden; Invalid for missing or long words; Conflict when remarks
// are not taken (any more).
func (s *Service) AddRemark(ctx context.Context, who access.Actor, version, key string, at access.InstitutionID, words, wording string) (id string, err error) {
	defer fault.Wrap(&err, "remark on paragraph %s of version %s", key, version)
	v, p, err := s.versionByID(ctx, who, version)
	if err != nil {
		return "", err
	}
	if err := who.MayAt(ctx, access.RemarkPlan, at); err != nil {
		return "", err
	}
	i, err := directory.ByID(ctx, s.db, at)
	if err != nil {
		return "", err
	}
	now := s.now()
	m := Remark{ID: newID(), Plan: p.ID, Version: v.ID, Key: key, Institution: at, Expert: expertAt(who, at), By: who.Person,
		Words: tidy(words), Wording: tidy(wording), At: now.Unix()}
	var stands string
	if err := s.db.Get(ctx, &stands, `select words from plan_paragraphs where version = ? and para_key = ?`, v.ID, key); err != nil {
		return "", err
	}
	if m.Wording == stands {
		m.Wording = "" // the form came with the paragraph filled in
	}
	if !m.Expert {
		m.Town = officeOf(i)
	}
	if err := checkRemark(m); err != nil {
		return "", err
	}
	return m.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update plan_versions set remarks = remarks + 1, unanswered = unanswered + 1 where id = ? and state = ? and until_on >= ?`, v.ID, Remarks, dayOf(now))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "plan.remark.fault.closed")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into plan_remarks (id, plan, version, para_key, institution, town, expert, by_person, words, wording, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			m.ID, m.Plan, m.Version, m.Key, m.Institution, m.Town, m.Expert, m.By, m.Words, m.Wording, m.At)
		if err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.remark", "plan.remark", m.ID, p, nil, now)
	})
}

func dayOf(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

func checkRemark(m Remark) error {
	var wrong []fault.Field
	if m.Words == "" {
		wrong = append(wrong, fault.Field{Name: "uwaga", Key: "plan.remark.fault.empty"})
	}
	if utf8.RuneCountInString(m.Words) > longestWords {
		wrong = append(wrong, fault.Field{Name: "uwaga", Key: "plan.fault.long", Args: []any{"most", longestWords}})
	}
	if utf8.RuneCountInString(m.Wording) > longestPart {
		wrong = append(wrong, fault.Field{Name: "brzmienie", Key: "plan.fault.long", Args: []any{"most", longestPart}})
	}
	return fault.InvalidFields(wrong)
}

// versionByID is a version with its plan for whoever may see it.
func (s *Service) versionByID(ctx context.Context, who access.Actor, id string) (v Version, p Plan, err error) {
	if id, err = known(id); err != nil {
		return v, p, err
	}
	if err = s.db.Get(ctx, &v, `select `+versionColumns+` from plan_versions v where v.id = ?`, id); err != nil {
		return v, p, err
	}
	if p, err = ByID(ctx, s.db, v.Plan); err != nil {
		return v, p, err
	}
	err = Sees(who, p)
	if err == nil && v.State == Writing && Runs(who) != nil {
		err = fault.ErrNotFound
	}
	return v, p, err
}

// RemarksOf are the remarks to a version, in the order in which they came; with
// waiting only those without an answer. They are public with the version: who
// takes part in a consultation is heard by all.
func (s *Service) RemarksOf(ctx context.Context, who access.Actor, version string, waiting bool) (list []Remark, err error) {
	defer fault.Wrap(&err, "read remarks to version %s", version)
	if _, _, err := s.versionByID(ctx, who, version); err != nil {
		return nil, err
	}
	query, args := `select `+remarkColumns+` from plan_remarks r where r.version = ?`, []any{version}
	if waiting {
		query, args = query+` and r.answer = ?`, append(args, "")
	}
	return list, s.db.Select(ctx, &list, query+` order by r.id`, args...)
}

// RemarksTo are the remarks to one paragraph through all versions up to one,
// which the caller may see.
func (s *Service) RemarksTo(ctx context.Context, v Version, key string) (list []Remark, err error) {
	err = s.db.Select(ctx, &list, `select `+remarkColumns+` from plan_remarks r join plan_versions v on v.id = r.version
		where r.plan = ? and r.para_key = ? and v.no <= ? order by r.id`, v.Plan, key, v.No)
	return list, err
}

// AnswerRemark answers a remark, or corrects the answer while the version is
// still worked on; who wrote it is told. Seen is the remark's revision.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden; Invalid without a
// verdict, or without words when not all of it was taken; Conflict when the
// version is past or somebody was faster.
func (s *Service) AnswerRemark(ctx context.Context, who access.Actor, id string, seen int64, verdict Verdict, words string) (err error) {
	defer fault.Wrap(&err, "answer remark %s", id)
	m, v, p, err := s.remarkByID(ctx, who, id)
	if err != nil {
		return err
	}
	if err := runs(who, p); err != nil {
		return err
	}
	words = tidy(words)
	if err := checkAnswer(verdict, words); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		first := 0
		if m.Answer == "" {
			first = 1
		}
		n, err := tx.Exec(ctx, `update plan_versions set unanswered = unanswered - ? where id = ? and state in (?, ?)`, first, v.ID, Remarks, Answering)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "plan.remark.fault.past")
		}
		if err != nil {
			return err
		}
		n, err = tx.Exec(ctx, `update plan_remarks set answer = ?, answer_words = ?, answered_by = ?, answered_at = ?, revision = revision + 1 where id = ? and revision = ?`,
			verdict, words, who.Person, at.Unix(), m.ID, seen)
		if m.Revision != seen {
			n = 0 // the count of the unanswered above was made for what m says
		}
		if err := faster(n, err); err != nil {
			return err
		}
		if err := note(ctx, tx, who, "plan.answer", "plan.remark", m.ID, p, map[string]string{"verdict": string(verdict)}, at); err != nil || m.By == "" || s.Tell == nil {
			return err
		}
		return s.Tell(ctx, tx, notify.Message{To: string(m.By), Topic: TopicPlan, Key: "plan.told.answered", Args: map[string]string{"plan": p.Title},
			Link: remarkHref(v, m.Key), Once: "plan.remark/" + m.ID})
	})
}

func checkAnswer(verdict Verdict, words string) error {
	var wrong []fault.Field
	if !slices.Contains(Verdicts(), verdict) {
		wrong = append(wrong, fault.Field{Name: "odpowiedz", Key: "plan.remark.fault.verdict"})
	}
	if words == "" && verdict != Taken {
		wrong = append(wrong, fault.Field{Name: "slowa", Key: "plan.remark.fault.reason"})
	}
	if utf8.RuneCountInString(words) > longestWords {
		wrong = append(wrong, fault.Field{Name: "slowa", Key: "plan.fault.long", Args: []any{"most", longestWords}})
	}
	return fault.InvalidFields(wrong)
}

func (s *Service) remarkByID(ctx context.Context, who access.Actor, id string) (m Remark, v Version, p Plan, err error) {
	if id, err = known(id); err != nil {
		return m, v, p, err
	}
	if err = s.db.Get(ctx, &m, `select `+remarkColumns+` from plan_remarks r where r.id = ?`, id); err != nil {
		return m, v, p, err
	}
	v, p, err = s.versionByID(ctx, who, m.Version)
	return m, v, p, err
}
