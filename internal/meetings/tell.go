package meetings

import (
	"context"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// News is the kind of news of this module in people's settings.
const News = "meetings"

// NotifyTopics are the kinds of news of this module, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: News}} }

const (
	tellKind   = "meetings.tell"
	tellAtOnce = 200 // people in one transaction
)

// telling is what is to be told to many, after the transaction of the deed: a
// step of a topic, or something about a meeting.
type telling struct {
	What    string    `json:"what"`
	Topic   TopicID   `json:"topic,omitempty"`
	Step    string    `json:"step,omitempty"` // of the topic, by its name Once
	Meeting MeetingID `json:"meeting,omitempty"`
	Round   int64     `json:"round,omitempty"` // tells news of one kind apart
}

func (s *Service) tellLater(ctx context.Context, tx *db.Tx, t telling) error {
	if s.Tell == nil {
		return nil
	}
	_, err := jobs.Enqueue(ctx, tx, tellKind, t, jobs.Unique(t.What+"/"+string(t.Topic)+string(t.Meeting)+"/"+t.Step+"/"+strconv.FormatInt(t.Round, 10)))
	return err
}

func (s *Service) tellJobs(r *jobs.Registry) {
	jobs.On(r, tellKind, func(ctx context.Context, _ jobs.Job, t telling) error { return s.tellThem(ctx, t) })
}

// tellThem may run again at any point: nobody is told twice.
func (s *Service) tellThem(ctx context.Context, t telling) (err error) {
	defer fault.Wrap(&err, "tell of %s", t.What)
	switch t.What {
	case "topic":
		return s.tellStep(ctx, t)
	case "topic_new":
		return s.tellNewTopic(ctx, t)
	case "experts":
		return s.tellExperts(ctx, t)
	}
	return s.tellMeeting(ctx, t)
}

// tellStep tells those who proposed or supported a topic what happened to it.
func (s *Service) tellStep(ctx context.Context, p telling) error {
	t, err := TopicByID(ctx, s.db, p.Topic)
	if err != nil {
		return err
	}
	var st StepRow
	if err := s.db.Get(ctx, &st, `select what, words, figures from meetings_steps where topic = ? and once = ?`, p.Topic, p.Step); err != nil {
		return err
	}
	people, err := heardFrom(ctx, s.db, p.Topic)
	if err != nil {
		return err
	}
	args := map[string]string{"title": t.Title, "words": st.Words}
	for name, value := range figuresOf(st.Figures).args() {
		args[name] = value
	}
	return s.tellAll(ctx, people, notify.Message{Topic: News, Key: "meetings.told.topic_" + st.What, Args: args, Link: TopicHref(t.ID),
		Once: "meetings/topic/" + string(t.ID) + "/" + p.Step})
}

// tellNewTopic tells those who run the series that a topic waits.
func (s *Service) tellNewTopic(ctx context.Context, p telling) error {
	t, err := TopicByID(ctx, s.db, p.Topic)
	if err != nil {
		return err
	}
	people, err := s.runners(ctx, t.Owner)
	if err != nil {
		return err
	}
	return s.tellAll(ctx, people, notify.Message{Topic: News, Key: "meetings.told.topic_new", Args: map[string]string{"title": t.Title}, Link: TopicHref(t.ID),
		Once: "meetings/topic/" + string(t.ID) + "/new"})
}

// runners are those who run meetings of an owner. The association has no
// accounts of its own: its officers hold their role everywhere.
func (s *Service) runners(ctx context.Context, owner access.InstitutionID) ([]access.PersonID, error) {
	list, err := s.People.Holders(ctx, access.RunMeetings, owner)
	if err != nil || len(list) > 0 {
		return list, err
	}
	return s.People.Everywhere(ctx, access.RunMeetings)
}

// tellMeeting tells those who have a seat at a meeting.
func (s *Service) tellMeeting(ctx context.Context, p telling) error {
	m, err := MeetingByID(ctx, s.db, p.Meeting)
	if err != nil {
		return err
	}
	list, err := InvitationsOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	if p.What == "remind" {
		list = slices.DeleteFunc(list, func(v Invitation) bool { return v.Reply != NoReply })
	}
	people, err := s.seated(ctx, list)
	if err != nil {
		return err
	}
	link := Href(m.ID)
	if p.What == "minutes_sent" || p.What == "minutes_adopted" {
		link = MinutesHref(m.ID)
	}
	return s.tellAll(ctx, people, notify.Message{Topic: News, Key: "meetings.told." + p.What, Link: link,
		Args: map[string]string{"title": m.Title, "start_at": strconv.FormatInt(m.StartsAt, 10), "place": m.Place, "why": m.CanceledWhy,
			"reply_date": dayOf(m.ReplyUntil - 1), "topics_date": dayOf(m.TopicsUntil - 1)},
		Once: "meetings/" + string(m.ID) + "/" + p.What + "/" + strconv.FormatInt(p.Round, 10)})
}

// seated are the people of seats; of a seat without a person, whoever may
// answer for its units.
func (s *Service) seated(ctx context.Context, list []Invitation) (people []access.PersonID, err error) {
	for _, v := range list {
		if v.Person != "" {
			people = append(people, v.Person)
			continue
		}
		some, err := s.People.Holders(ctx, access.JoinMeetings, v.Institution)
		if err != nil {
			return nil, err
		}
		people = append(people, some...)
	}
	slices.Sort(people)
	return slices.Compact(people), nil
}

// tellAll tells people the same.
func (s *Service) tellAll(ctx context.Context, people []access.PersonID, m notify.Message) error {
	if s.Tell == nil {
		return nil
	}
	for some := range slices.Chunk(people, tellAtOnce) {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range some {
				m.To = string(id)
				if err := s.Tell(ctx, tx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
