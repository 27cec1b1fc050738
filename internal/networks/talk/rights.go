package talk

import (
	"context"
	"fmt"
	"slices"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// ReplyPath is where the links of letters lead, with the letter and its secret.
const ReplyPath = "/odpowiedz"

// ThreadHref is the page of a thread from its first post on, PostHref that of one
// post with what can be done about it.
func ThreadHref(network networks.ID, id ThreadID) string {
	return networks.TalkHref(network) + "/" + string(id)
}

func PostHref(network networks.ID, id ThreadID, post PostID) string {
	return ThreadHref(network, id) + "/wpisy/" + string(post)
}

// after is the page that follows a post, latest the last page.
func after(network networks.ID, id ThreadID, n int) string {
	return ThreadHref(network, id) + "?od=" + cursor(n).String()
}

func latest(network networks.ID, t Thread) string {
	return fmt.Sprintf("%s?do=%s#wpis-%d", ThreadHref(network, t.ID), cursor(beyond), t.Posts)
}

// beyond is a number after every post.
const beyond = 1<<31 - 1

// cursor is the place of a post: its number is enough, the id stands for the form.
func cursor(n int) web.Cursor {
	return web.Cursor{Key: fmt.Sprintf("%08x", n), ID: "00000000-0000-0000-0000-000000000000"}
}

// room is a network with the people inside it, for an actor who is one of them.
type room struct {
	N      networks.Network
	St     networks.Standing
	people []networks.Member
}

// enter reads a network for an actor who is inside. Faults: those of
// networks.Service.MayRead.
func (s *Service) enter(ctx context.Context, who access.Actor, id networks.ID) (rm room, err error) {
	if rm.N, rm.St, err = s.Place.Find(ctx, who, id); err != nil {
		return rm, err
	}
	if !rm.St.Inside() {
		return rm, s.Place.MayRead(ctx, who, id)
	}
	rm.people, err = s.Place.MembersOf(ctx, id)
	return rm, err
}

// enterToWrite is enter for who wants to say something, in the own name only and
// while the network is not over. Faults: Forbidden, Conflict.
func (s *Service) enterToWrite(ctx context.Context, who access.Actor, id networks.ID) (rm room, err error) {
	if rm, err = s.enter(ctx, who, id); err != nil {
		return rm, err
	}
	return rm, mayWrite(who, rm.N)
}

func mayWrite(who access.Actor, n networks.Network) error {
	switch {
	case !who.SignedIn() || who.For != "":
		return fault.New(fault.Forbidden, "talk.fault.own_name")
	case n.State == networks.Closed:
		return fault.New(fault.Conflict, "talk.fault.over")
	}
	return nil
}

// enterToModerate is enter for who leads the network.
func (s *Service) enterToModerate(ctx context.Context, who access.Actor, id networks.ID) (rm room, err error) {
	if err := s.Place.MayModerate(ctx, who, id); err != nil {
		return rm, err
	}
	return s.enter(ctx, who, id)
}

// find is somebody among the people inside, nil for others.
func (rm room) find(person string) *networks.Member {
	at := slices.IndexFunc(rm.people, func(m networks.Member) bool { return m.Person == person })
	if at < 0 {
		return nil
	}
	return &rm.people[at]
}

// school is where somebody belongs who writes: in which they joined, or the
// center for those who run the network.
func (rm room) school(person string) access.InstitutionID {
	if m := rm.find(person); m != nil {
		return m.Institution
	}
	return rm.N.Center
}
