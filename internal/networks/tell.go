package networks

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
)

// TopicNetworks is what people are told of by this module, by the notification's
// settings.
const TopicNetworks = "networks"

// NotifyTopics are the kinds of news of this module, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicNetworks}} }

// news is one thing to tell some people of a network.
type news struct {
	What string // "networks.tell.WHAT" is the sentence
	Once string // with the network and what it is about, told once
	Link string // the page of the network where it is ""
	Args map[string]string
}

// tell tells people, in the transaction of the deed. A network has a bounded
// number of members, so they are told at once.
func (s *Service) tell(ctx context.Context, tx *db.Tx, n Network, x news, people ...access.PersonID) error {
	if s.Tell == nil {
		return nil
	}
	args := map[string]string{"network": n.Title}
	for name, value := range x.Args {
		args[name] = value
	}
	link := x.Link
	if link == "" {
		link = Href(n.ID)
	}
	people = slices.Clone(people)
	slices.Sort(people)
	for _, id := range slices.Compact(people) {
		if id == "" {
			continue
		}
		err := s.Tell(ctx, tx, notify.Message{To: string(id), Topic: TopicNetworks, Key: "networks.tell." + x.What, Args: args, Link: link,
			Once: "network/" + string(n.ID) + "/" + x.What + "/" + x.Once})
		if err != nil {
			return err
		}
	}
	return nil
}

// tellLeads tells those who lead a network; while nobody does, those who run the
// center's networks.
func (s *Service) tellLeads(ctx context.Context, tx *db.Tx, n Network, officers []access.PersonID, x news) error {
	leads, err := Leads(ctx, tx, n.ID)
	if err != nil {
		return err
	}
	if len(leads) == 0 {
		return s.tell(ctx, tx, n, x, officers...)
	}
	return s.tell(ctx, tx, n, x, leadPeople(leads)...)
}

func leadPeople(leads []Lead) (people []access.PersonID) {
	for _, l := range leads {
		people = append(people, l.Person)
	}
	return people
}

// members are the people who are members of a network now.
func members(ctx context.Context, r db.Reader, id ID) (people []access.PersonID, err error) {
	return people, r.Select(ctx, &people, `select person from networks_members where network = ? and state = ? order by id`, id, Joined)
}

// officers are those who run the networks of a center.
func (s *Service) officers(ctx context.Context, center access.InstitutionID) ([]access.PersonID, error) {
	return s.People.Holders(ctx, access.RunNetworks, center)
}

// record writes the line of the log about a deed in a network.
func record(ctx context.Context, tx *db.Tx, who access.Actor, n Network, act, subject string, at time.Time, details map[string]string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "networks." + act, Object: "network", ObjectID: string(n.ID), Institution: string(n.Center),
		Subject: subject, Details: details}, at)
}

// faster is the fault of a change to what somebody else has changed meanwhile.
func faster() error { return fault.New(fault.Conflict, "networks.fault.faster") }

// over is the fault of a deed in a network that is over, or not there yet.
func over() error { return fault.New(fault.Conflict, "networks.fault.state") }

// changed raises the revision of a network in one of some states, with what else
// is set. Seen is the revision that the actor saw; 0 for any.
func changed(ctx context.Context, tx *db.Tx, n Network, seen int64, at time.Time, set string, args ...any) error {
	args = append(args, at.Unix(), n.ID, n.State, seen, seen)
	rows, err := tx.Exec(ctx, `update networks_networks set `+set+`, revision = revision + 1, changed_at = ?
		where id = ? and state = ? and (revision = ? or ? = 0)`, args...)
	if err == nil && rows == 0 {
		err = faster()
	}
	return err
}

// touch has a network indexed anew.
func (s *Service) touch(ctx context.Context, tx *db.Tx, id ID) error {
	if s.Touch == nil {
		return nil
	}
	return s.Touch(ctx, tx, string(id))
}
