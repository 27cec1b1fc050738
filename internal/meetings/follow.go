package meetings

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Figures are official numbers of what followed from a topic.
type Figures struct {
	Seats  int `json:"seats,omitempty"`
	People int `json:"people,omitempty"`
	Hours  int `json:"hours,omitempty"` // lesson hours of all who completed together
}

func figuresOf(text string) (f Figures) {
	if text != "" && json.Unmarshal([]byte(text), &f) != nil {
		return Figures{}
	}
	return f
}

// text is how figures lie in a step, "" for none.
func (f Figures) text() (string, error) {
	if f == (Figures{}) {
		return "", nil
	}
	text, err := json.Marshal(f)
	return string(text), err
}

func (f Figures) args() map[string]string {
	return map[string]string{"seats": strconv.Itoa(f.Seats), "people": strconv.Itoa(f.People), "hours": strconv.Itoa(f.Hours)}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// Followed notes what followed from the topics of a trace, and tells everybody
// who proposed or supported them, or a topic merged into them: "published" when
// a workshop stands in the offer, "held" when it took place; the topic is Done
// then. Wiring calls it again as figures become known: the step of a page stands
// once, with the latest figures, and that a workshop was held is told when it is
// known how many completed it. A trace of which no topic knows changes nothing.
func (s *Service) Followed(ctx context.Context, traceID, what, path string, f Figures) (err error) {
	defer fault.Wrap(&err, "what followed in trace %s", traceID)
	if what != "published" && what != "held" {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	var topics []Topic
	if err := s.db.Select(ctx, &topics, `select `+TopicColumns+` from meetings_topics t where t.trace = ? order by t.id`, traceID); err != nil {
		return err
	}
	for _, t := range topics {
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			return s.followed(ctx, tx, t, Step{What: what, Path: path, Figures: f, Once: what + path})
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) followed(ctx context.Context, tx *db.Tx, t Topic, st Step) error {
	if st.What == "held" {
		if _, err := tx.Exec(ctx, `update meetings_topics set state = ?, revision = revision + 1, changed_at = ? where id = ? and state = ?`,
			Done, s.now().Unix(), t.ID, Decided); err != nil {
			return err
		}
	}
	if _, err := s.stepNew(ctx, tx, t, st); err != nil {
		return err
	}
	figures, err := st.Figures.text()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update meetings_steps set figures = ? where topic = ? and once = ? and figures <> ?`, figures, t.ID, st.Once, figures); err != nil {
		return err
	}
	if st.What == "held" && st.Figures.People == 0 {
		return nil
	}
	return s.tellLater(ctx, tx, telling{What: "topic", Topic: t.ID, Step: st.Once})
}

// ActivityRow is a meeting as the register of activities shows it: the shape of
// its Source, adapted in wiring. Title and Path are those of the meeting's page.
type ActivityRow struct {
	ID         string
	Form       string   // the kind of the meeting
	Topics     []string // of the vocabulary, by the topics on its agenda
	Owner      access.InstitutionID
	On         string
	SchoolYear int
	Trace      string
	Title      string
	Path       string
}

// Activity is a meeting for the register of activities. There is none:
// fault.ErrNotFound.
func (s *Service) Activity(ctx context.Context, id string) (a ActivityRow, err error) {
	m, err := MeetingByID(ctx, s.db, MeetingID(id))
	if err != nil {
		return a, err
	}
	a = ActivityRow{ID: id, Form: string(m.Kind), Owner: m.Owner, On: dayOf(m.StartsAt), SchoolYear: m.SchoolYear, Trace: m.Trace, Title: m.Title, Path: Href(m.ID)}
	return a, s.db.Select(ctx, &a.Topics, `select distinct t.subject from meetings_items i join meetings_topics t on t.id = i.topic
		where i.meeting = ? and t.subject <> '' order by t.subject`, id)
}

// Named is what a step of a matter is about, its title and its page, for whoever
// may read it; kind is that of the step. To others, and of another kind, there is
// none: fault.ErrNotFound or the refusal of the page.
func (s *Service) Named(ctx context.Context, who access.Actor, kind, id string) (title, href string, err error) {
	defer fault.Wrap(&err, "name %s %s", kind, id)
	switch {
	case kind == "meetings.decision":
		var x Decision
		if err := s.db.Get(ctx, &x, `select `+decisionColumns+` from meetings_decisions d where d.id = ?`, id); err != nil {
			return "", "", err
		}
		_, err := s.meetingSeen(ctx, who, x.Meeting)
		return x.Title, DecisionHref(x.Meeting, x.ID), err
	case strings.HasPrefix(kind, "meetings.meeting."):
		m, err := s.meetingSeen(ctx, who, MeetingID(id))
		return m.Title, Href(m.ID), err
	case kind == "meetings.support" || strings.HasPrefix(kind, "meetings.topic."):
		t, err := TopicByID(ctx, s.db, TopicID(id))
		if err != nil {
			return "", "", err
		}
		series, err := SeriesByID(ctx, s.db, t.Series)
		if err != nil {
			return "", "", err
		}
		return t.Title, TopicHref(t.ID), s.SeesSeries(ctx, who, series)
	}
	return "", "", fault.ErrNotFound
}
