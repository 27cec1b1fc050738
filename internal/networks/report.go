package networks

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Report is the yearly report of a network.
type Report struct {
	Network    ID     `db:"network"`
	Revision   int64  `db:"revision"`
	Done       string `db:"done"` // what was done, drafted from the records
	Effects    string `db:"effects"`
	Next       string `db:"next"`
	Frozen     string `db:"figures"`
	FinishedBy string `db:"finished_by"`
	FinishedAt int64  `db:"finished_at"`
	At         int64  `db:"at"`
}

// Figures are what the records of a network add up to. They are exact.
type Figures struct {
	Planned        int `json:"planned"` // meetings, canceled ones left out
	Held           int `json:"held"`
	Members        int `json:"members"`
	Schools        int `json:"schools"`        // of people who were at a meeting
	People         int `json:"people"`         // who were at a meeting
	Participations int `json:"participations"` // people and meetings
	Hours          int `json:"hours"`          // lesson hours of all together, each person's rounded down
	Tasks          int `json:"tasks"`
	Done           int `json:"done"` // times that somebody did one
	Materials      int `json:"materials"`
}

// Figures adds up the records of a network; of a finished report they are those
// of its day. The caller has checked who reads.
func (s *Service) Figures(ctx context.Context, id ID) (f Figures, err error) {
	defer fault.Wrap(&err, "figures of network %s", id)
	if r, err := reportOf(ctx, s.db, id); err != nil || r.Frozen != "" {
		if err == nil {
			err = json.Unmarshal([]byte(r.Frozen), &f)
		}
		return f, err
	}
	return figures(ctx, s.db, id)
}

func figures(ctx context.Context, r db.Reader, id ID) (f Figures, err error) {
	for _, ask := range []struct {
		into  *int
		query string
		args  []any
	}{
		{&f.Planned, `select count(*) from networks_meetings where network = ? and state <> ?`, []any{id, Canceled}},
		{&f.Held, `select count(*) from networks_meetings where network = ? and state = ?`, []any{id, Held}},
		{&f.Members, `select count(*) from networks_members where network = ? and state = ?`, []any{id, Joined}},
		{&f.Tasks, `select count(*) from networks_tasks where network = ?`, []any{id}},
		{&f.Done, `select count(*) from networks_done d join networks_tasks t on t.id = d.task where t.network = ?`, []any{id}},
		{&f.Materials, `select count(*) from networks_materials where network = ?`, []any{id}},
		{&f.Schools, `select count(distinct a.institution) from networks_attendance a join networks_meetings x on x.id = a.meeting where x.network = ? and a.present = ?`, []any{id, true}},
		{&f.Participations, `select count(*) from networks_attendance a join networks_meetings x on x.id = a.meeting where x.network = ? and a.present = ?`, []any{id, true}},
	} {
		if err := r.Get(ctx, ask.into, ask.query, ask.args...); err != nil {
			return f, err
		}
	}
	return f, r.Each(ctx, func(scan func(dest ...any) error) error {
		var person string
		var minutes int64
		err := scan(&person, &minutes)
		f.People++
		f.Hours += calendar.LessonHours(time.Duration(minutes) * time.Minute)
		return err
	}, `select a.person, cast(sum(a.minutes) as bigint) from networks_attendance a join networks_meetings x on x.id = a.meeting
		where x.network = ? and a.present = ? group by a.person`, id, true)
}

func reportOf(ctx context.Context, r db.Reader, id ID) (rep Report, err error) {
	var list []Report
	err = r.Select(ctx, &list, `select network, revision, done, effects, next, figures, finished_by, finished_at, at from networks_reports where network = ?`, id)
	if err != nil || len(list) == 0 {
		return rep, err
	}
	return list[0], nil
}

// ReportOf reads the report of a network: a finished one for everybody inside, a
// draft for those who lead. None yet: the zero value.
func (s *Service) ReportOf(ctx context.Context, who access.Actor, id ID) (n Network, st Standing, rep Report, err error) {
	defer fault.Wrap(&err, "report of network %s", id)
	if n, st, err = s.entered(ctx, who, id, toEnter); err != nil {
		return n, st, rep, err
	}
	rep, err = reportOf(ctx, s.db, id)
	if rep.FinishedAt == 0 && !st.Leads {
		rep = Report{}
	}
	return n, st, rep, err
}

// Draft writes the draft of a report from the records, in a language. What was
// written by hand in a draft before stays. Who may: whoever leads the network.
func (s *Service) Draft(ctx context.Context, who access.Actor, id ID, l *i18n.L) (err error) {
	defer fault.Wrap(&err, "draft the report of network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	if n.State != Active {
		return over()
	}
	words, err := s.drafted(ctx, n, l)
	if err != nil {
		return err
	}
	at := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into networks_reports (network, done, at) values (?, ?, ?)
			on conflict (network) do update set done = excluded.done, revision = networks_reports.revision + 1, at = excluded.at where networks_reports.finished_at = 0`,
			id, words, at)
		return err
	})
}

// drafted are the words of a draft: what was planned, and what came of it.
func (s *Service) drafted(ctx context.Context, n Network, l *i18n.L) (string, error) {
	f, err := figures(ctx, s.db, n.ID)
	if err != nil {
		return "", err
	}
	meetings, err := s.Meetings(ctx, n.ID)
	if err != nil {
		return "", err
	}
	tasks, err := s.Tasks(ctx, n.ID, "")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	say := func(text string) { b.WriteString(text + "\n") }
	say(l.T("networks.draft.meetings", "held", f.Held, "planned", f.Planned))
	for _, m := range meetings {
		if m.Network == n.ID {
			say("– " + l.DateText(dayAt(m.StartsAt)) + ": " + m.Title + " (" + l.T("networks.meeting_state."+string(m.State)) + ")")
		}
	}
	say(l.T("networks.draft.people", "people", f.People, "schools", f.Schools, "hours", f.Hours))
	if len(tasks) > 0 {
		say(l.T("networks.draft.tasks"))
	}
	for _, t := range tasks {
		say("– " + t.Title + ": " + l.N("networks.done_by", t.Done))
	}
	return strings.TrimSpace(b.String()), nil
}

// Written are the words of a report, as they are typed.
type Written struct{ Done, Effects, Next string }

// Write keeps the words of a report and, with finish, finishes it: the figures are
// frozen, the center is told, and the network is reported. Who may: whoever leads
// the network. Faults: Conflict when somebody was faster or there is no draft,
// Invalid with fields.
func (s *Service) Write(ctx context.Context, who access.Actor, id ID, seen int64, words Written, finish bool) (err error) {
	defer fault.Wrap(&err, "write the report of network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	words = Written{text(words.Done), text(words.Effects), text(words.Next)}
	least := 0
	if finish {
		least = leastWhy
	}
	faults := wrong(nil, "zrobiono", words.Done, least, mostRecord)
	faults = wrong(faults, "efekty", words.Effects, least, mostRecord)
	faults = wrong(faults, "wnioski", words.Next, least, mostRecord)
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	if n.State != Active {
		return over()
	}
	officers, err := s.officers(ctx, n.Center)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update networks_reports set done = ?, effects = ?, next = ?, revision = revision + 1, at = ? where network = ? and revision = ? and finished_at = 0`,
			words.Done, words.Effects, words.Next, now.Unix(), id, seen)
		if err == nil && rows == 0 {
			err = faster()
		}
		if err != nil || !finish {
			return err
		}
		return s.finish(ctx, tx, who, n, officers, now)
	})
}

func (s *Service) finish(ctx context.Context, tx *db.Tx, who access.Actor, n Network, officers []access.PersonID, at time.Time) error {
	if err := changed(ctx, tx, n, 0, at, `state = ?, reason = ''`, Reported); err != nil {
		return err
	}
	f, err := figures(ctx, tx, n.ID)
	if err != nil {
		return err
	}
	frozen, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update networks_reports set figures = ?, finished_by = ?, finished_at = ? where network = ?`, string(frozen), who.Person, at.Unix(), n.ID); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, n, news{What: "reported", Once: at.Format(time.RFC3339), Link: Href(n.ID) + tabReport}, officers...); err != nil {
		return err
	}
	if err := step(ctx, tx, n, "network", string(n.ID), "reported", at); err != nil {
		return err
	}
	if err := record(ctx, tx, who, n, "reported", "", at, nil); err != nil {
		return err
	}
	return s.touch(ctx, tx, n.ID)
}
