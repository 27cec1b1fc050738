package networks

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Paths of the module.
const (
	Path    = "/sieci-wspolpracy"
	OwnPath = Path + "/moje"
	NewPath = Path + "/nowa"
)

// The pages of one network, after Href.
const (
	tabHome      = ""
	tabPlan      = "/plan"
	tabMembers   = "/czlonkowie"
	tabMaterials = "/materialy"
	tabPolls     = "/terminy"
	tabReport    = "/sprawozdanie"
	tabSettings  = "/ustawienia"
)

// Href is the page of a network, MeetingHref that of a meeting, TalkHref that of
// its discussion, which package talk answers.
func Href(id ID) string                           { return Path + "/" + string(id) }
func MeetingHref(id ID, meeting MeetingID) string { return Href(id) + "/spotkania/" + string(meeting) }
func TalkHref(id ID) string                       { return Href(id) + tabTalk }

// Standing is what an actor may do in a network.
type Standing struct {
	Runs    bool        // for the center: names who leads, closes
	Leads   bool        // named for it, or runs it
	Member  MemberState // own standing, "" for none
	Welcome bool        // invited by those who lead, so comes in without waiting
	Away    bool        // the role that is worn now may join no networks
}

// Inside tells whether the actor reads who the members are, minutes, files. A
// member who acts as a parent, or works at no school any more, is not inside.
func (s Standing) Inside() bool { return s.Leads || s.Member == Joined && !s.Away }

// Standing finds what the actor may do in a network. Who acts for somebody else,
// or sits at a computer that many use, is nobody's member here: a membership is
// one's own.
func (s *Service) Standing(ctx context.Context, who access.Actor, n Network) (st Standing, err error) {
	if who.System() {
		return Standing{Runs: true, Leads: true}, nil
	}
	if !who.SignedIn() || who.Shared {
		return st, nil
	}
	if st.Runs, err = may(ctx, who, access.RunNetworks, n.Center); err != nil {
		return st, err
	}
	st.Leads = st.Runs
	if who.For != "" {
		return st, nil
	}
	if !st.Leads {
		if st.Leads, err = s.named(ctx, who, n); err != nil {
			return st, err
		}
	}
	m, err := memberOf(ctx, s.db, n.ID, string(who.Person))
	st.Member, st.Welcome, st.Away = m.State, m.welcome(), !who.May(access.JoinNetworks)
	return st, err
}

// named tells whether the actor was named to lead the network, and still holds
// the right at its center.
func (s *Service) named(ctx context.Context, who access.Actor, n Network) (bool, error) {
	right, err := may(ctx, who, access.LeadNetworks, n.Center)
	if err != nil || !right {
		return false, err
	}
	leads, err := Leads(ctx, s.db, n.ID)
	return slices.ContainsFunc(leads, func(l Lead) bool { return l.Person == who.Person }), err
}

// may is MayAt as a yes or no.
func may(ctx context.Context, who access.Actor, p access.Permission, at access.InstitutionID) (bool, error) {
	err := who.MayAt(ctx, p, at)
	switch fault.KindOf(err) {
	case fault.Forbidden, fault.SignedOut:
		return false, nil
	}
	return err == nil, err
}

// need is what a deed asks of the actor.
type need int

const (
	toRead  need = iota // the page: everybody, of a network that is not public those who have to do with it
	toEnter             // what is for those inside
	toLead
	toRun
)

// entered reads a network for an actor who needs a standing in it. Faults: to
// whoever may not know of it the network is not there (NotFound); others are
// refused (SignedOut, Forbidden).
func (s *Service) entered(ctx context.Context, who access.Actor, id ID, what need) (n Network, st Standing, err error) {
	if n, err = ByID(ctx, s.db, id); err != nil {
		return n, st, err
	}
	if st, err = s.Standing(ctx, who, n); err != nil {
		return n, st, err
	}
	if !n.Public && !st.Inside() && st.Member != Invited && st.Member != Asked {
		return n, st, fault.ErrNotFound
	}
	has := map[need]bool{toRead: true, toEnter: st.Inside(), toLead: st.Leads, toRun: st.Runs}[what]
	switch {
	case has:
		return n, st, nil
	case !who.SignedIn():
		return n, st, fault.New(fault.SignedOut, "fault.signed_out")
	case what == toEnter:
		return n, st, fault.New(fault.Forbidden, "networks.fault.inside")
	}
	return n, st, fault.New(fault.Forbidden, "fault.forbidden")
}

// Find reads a network for whoever may see its page.
func (s *Service) Find(ctx context.Context, who access.Actor, id ID) (n Network, st Standing, err error) {
	defer fault.Wrap(&err, "network %s", id)
	return s.entered(ctx, who, id, toRead)
}

// MayRead returns nil for those who read what is inside a network, MayModerate
// for those who lead it. Package talk asks by them.
func (s *Service) MayRead(ctx context.Context, who access.Actor, id ID) error {
	_, _, err := s.entered(ctx, who, id, toEnter)
	return err
}

func (s *Service) MayModerate(ctx context.Context, who access.Actor, id ID) error {
	_, _, err := s.entered(ctx, who, id, toLead)
	return err
}

// places are the institutions where the actor holds a permission by a role of
// that institution.
func places(who access.Actor, p access.Permission) (list []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Role.Gives(p) && h.Institution != "" && !slices.Contains(list, h.Institution) {
			list = append(list, h.Institution)
		}
	}
	return list
}
