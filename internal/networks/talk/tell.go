package talk

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// What people are told of, by the settings of notifications: threads they follow,
// and posts that speak to them.
const (
	TopicThreads  = "talk.threads"
	TopicMentions = "talk.mentions"
)

// NotifyTopics are the kinds of news of this package, to be declared in wiring.
// None is told at once: by default they come in the gathered letter of the day,
// at the hour that the person chose.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicThreads}, {Key: TopicMentions}} }

// news is one thing to tell some people of a thread.
type news struct {
	Topic string // TopicThreads where it is ""
	What  string // "talk.tell.WHAT" is the sentence
	Once  string // with the thread, told once
	Link  string // the thread's end where it is ""
	Args  map[string]string
}

func (s *Service) tell(ctx context.Context, tx *db.Tx, t Thread, x news, people ...access.PersonID) error {
	if s.Tell == nil {
		return nil
	}
	if x.Topic == "" {
		x.Topic = TopicThreads
	}
	if x.Link == "" {
		x.Link = ThreadHref(t.Network, t.ID)
	}
	args := map[string]string{"thread": t.Title}
	if t.Hidden {
		args["thread"] = "…"
	}
	for name, value := range x.Args {
		args[name] = value
	}
	for _, p := range people {
		err := s.Tell(ctx, tx, notify.Message{To: string(p), Topic: x.Topic, Key: "talk.tell." + x.What, Args: args, Link: x.Link,
			Once: "talk/" + string(t.ID) + "/" + x.What + "/" + x.Once})
		if err != nil {
			return err
		}
	}
	return nil
}

// tellOpened tells the whole network, which is a bounded number of people, of a
// new thread. Those mentioned in it are told by the same line: it is new to them.
func (s *Service) tellOpened(ctx context.Context, tx *db.Tx, rm room, t Thread, author access.PersonID) error {
	return s.tell(ctx, tx, t, news{What: "opened", Args: map[string]string{"network": rm.N.Title}}, rm.others(author)...)
}

// others are the people of a network but one, each once.
func (rm room) others(author access.PersonID) (people []access.PersonID) {
	for _, m := range rm.people {
		if p := access.PersonID(m.Person); p != author && !slices.Contains(people, p) {
			people = append(people, p)
		}
	}
	return people
}

// tellAnswered tells those who follow a thread, once a day, and those mentioned,
// each time. Who is no longer inside hears nothing.
func (s *Service) tellAnswered(ctx context.Context, tx *db.Tx, rm room, t Thread, author access.PersonID, mentions []string, at time.Time) error {
	var marks []struct {
		Person access.PersonID `db:"person"`
		Follow Follow          `db:"follow"`
	}
	err := tx.Select(ctx, &marks, `select person, follow from talk_marks where thread = ? and follow in (?, ?) order by person`, t.ID, FollowInbox, FollowLetters)
	if err != nil {
		return err
	}
	inside := rm.others(author)
	var inbox, mentioned []access.PersonID
	for _, m := range marks {
		switch named := slices.Contains(mentions, string(m.Person)); {
		case !slices.Contains(inside, m.Person):
		case m.Follow == FollowLetters:
			if err := s.askLetter(ctx, tx, m.Person, t.ID, at); err != nil {
				return err
			}
		case !named:
			inbox = append(inbox, m.Person)
		}
	}
	for _, p := range mentions {
		mentioned = append(mentioned, access.PersonID(p))
	}
	if err := s.tellPosted(ctx, tx, rm, t, at, inbox...); err != nil {
		return err
	}
	return s.tell(ctx, tx, t, news{Topic: TopicMentions, What: "mentioned", Once: at.Format(time.RFC3339), Args: map[string]string{"who_person": string(author)}}, mentioned...)
}

// tellPosted says that there are new posts: of one thread once a day.
func (s *Service) tellPosted(ctx context.Context, tx *db.Tx, rm room, t Thread, at time.Time, people ...access.PersonID) error {
	return s.tell(ctx, tx, t, news{What: "answered", Once: at.In(web.Warsaw).Format(time.DateOnly), Args: map[string]string{"network": rm.N.Title}}, people...)
}

// askLetter has a letter of a thread written to somebody, when it may be read. One
// that waits already will tell of this post as well.
func (s *Service) askLetter(ctx context.Context, tx *db.Tx, person access.PersonID, id ThreadID, at time.Time) error {
	_, err := jobs.Enqueue(ctx, tx, letterKind, letterJob{person, id}, jobs.Unique(string(person)+"/"+string(id)), jobs.At(letterAt(at)))
	return err
}

// leads are those who lead a network; while nobody does, those who run the
// center's networks.
func (s *Service) leads(ctx context.Context, n networks.Network) (people []access.PersonID, err error) {
	list, err := networks.Leads(ctx, s.db, n.ID)
	for _, l := range list {
		people = append(people, l.Person)
	}
	if err != nil || len(people) > 0 {
		return people, err
	}
	return s.People.Holders(ctx, access.RunNetworks, n.Center)
}

// record writes the line of the log about a deed of those who lead.
func record(ctx context.Context, tx *db.Tx, who access.Actor, n networks.Network, act, object, id, subject string, at time.Time, details map[string]string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "talk." + act, Object: object, ObjectID: id, Institution: string(n.Center), Subject: subject, Details: details}, at)
}
