package meetings

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Seat is one voice in a series: a head with all units led, or a member.
//
//  1. A complex and its parts have one head: the keys of a voice are head units.
//  2. Whoever heads two units has both keys, so neither gives a second voice.
//  3. A deputy speaks with the head's voice, under the same keys.
//  4. A head who comes to a unit that has spoken already finds its key taken.
type Seat struct {
	Person access.PersonID        // whose seat it is; "" where a unit has no head with an account
	Role   access.Role            //
	Units  []access.InstitutionID // for which it is listed
	Keys   []string               // under which the voice is kept: head units, an institution, or a person
	sort   string                 // sort key of the first unit
}

// SeatOf is the seat with which the actor speaks in the series. A head of
// another authority, and whoever is no member, is refused with the reason.
func (s *Service) SeatOf(ctx context.Context, who access.Actor, series Series) (seat Seat, err error) {
	defer fault.Wrap(&err, "seat in series %s", series.ID)
	if err := who.Must(access.JoinMeetings); err != nil {
		return seat, err
	}
	if series.Kind == Heads {
		return s.headSeat(ctx, who, series)
	}
	return s.memberSeat(ctx, who, series)
}

// speaks is whose name counts: the person's on whose behalf somebody acts.
func speaks(who access.Actor) access.PersonID { return cmp.Or(who.For, who.Person) }

// headSeat finds the seat of a head or a deputy under the hat that is worn.
func (s *Service) headSeat(ctx context.Context, who access.Actor, series Series) (seat Seat, err error) {
	var at access.InstitutionID
	heads := false
	for _, h := range who.Roles {
		if h.Role != access.SchoolHead && h.Role != access.DeputyHead && h.Role != access.CenterDirector {
			continue
		}
		over, err := s.Directory.Over(ctx, series.Owner, h.Institution)
		if err != nil {
			return seat, err
		}
		if over && h.Institution != series.Owner && (at == "" || !heads) {
			at, heads = h.Institution, h.Role != access.DeputyHead
		}
	}
	if at == "" {
		return seat, fault.New(fault.Forbidden, "meetings.fault.other_authority")
	}
	unit, err := directory.ByID(ctx, s.db, at)
	if err != nil {
		return seat, err
	}
	seat = Seat{Role: access.SchoolHead, Person: speaks(who)}
	if !heads {
		if seat.Person, err = s.headOf(ctx, unit.HeadUnit, at); err != nil {
			return seat, err
		}
	}
	return s.unitsOf(ctx, seat, series.Owner, unit.HeadUnit)
}

// headOf is who heads a group of units: the head at its head unit, else one at
// the unit itself, "" when neither has an account.
func (s *Service) headOf(ctx context.Context, units ...access.InstitutionID) (access.PersonID, error) {
	for _, id := range units {
		list, err := s.People.Holders(ctx, access.ApproveActs, id)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			return list[0], nil
		}
	}
	return "", nil
}

// unitsOf lists the units of a seat: of everything its person heads, as far as
// the owner of the series runs it.
func (s *Service) unitsOf(ctx context.Context, seat Seat, owner, headUnit access.InstitutionID) (Seat, error) {
	from := []access.InstitutionID{headUnit}
	if seat.Person != "" {
		head, err := s.People.Actor(ctx, seat.Person)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return seat, err
		}
		for _, h := range head.Roles {
			if h.Role.Gives(access.ApproveActs) && h.Institution != "" {
				from = append(from, h.Institution)
			}
		}
	}
	led, err := s.Directory.Led(ctx, from)
	if err != nil {
		return seat, err
	}
	var units []directory.Institution
	for _, id := range led {
		over, err := s.Directory.Over(ctx, owner, id)
		if err != nil {
			return seat, err
		}
		if !over || id == owner {
			continue
		}
		unit, err := directory.ByID(ctx, s.db, id)
		if err != nil {
			return seat, err
		}
		units = append(units, unit)
	}
	seat.list(units)
	return seat, nil
}

// list puts units into a seat: those that lead first, then by name.
func (seat *Seat) list(units []directory.Institution) {
	slices.SortFunc(units, func(a, b directory.Institution) int {
		return cmp.Or(cmp.Compare(below(a), below(b)), strings.Compare(a.SortKey, b.SortKey), strings.Compare(string(a.ID), string(b.ID)))
	})
	for _, u := range units {
		if u.Closed {
			continue
		}
		if seat.sort == "" {
			seat.sort = u.SortKey
		}
		seat.Units, seat.Keys = append(seat.Units, u.ID), append(seat.Keys, string(u.HeadUnit))
	}
	slices.Sort(seat.Keys)
	seat.Keys = slices.Compact(seat.Keys)
}

func below(i directory.Institution) int {
	if i.Leads() {
		return 0
	}
	return 1
}

// memberSeat finds the seat of a member: first for an institution, so that an
// institution speaks once, else for the person.
func (s *Service) memberSeat(ctx context.Context, who access.Actor, series Series) (seat Seat, err error) {
	members, err := s.membersOf(ctx, s.db, series.ID)
	if err != nil {
		return seat, err
	}
	for _, h := range who.Roles {
		if h.Institution == "" || !h.Role.Gives(access.JoinMeetings) {
			continue
		}
		named := slices.ContainsFunc(members, func(m Member) bool { return m.Person == "" && m.Institution == h.Institution })
		if named || series.Kind == Forum && h.Role == access.ForumDelegate {
			// Whoever speaks for an institution has spoken as a person too.
			return Seat{Person: speaks(who), Role: h.Role, Units: []access.InstitutionID{h.Institution}, Keys: []string{string(h.Institution), string(speaks(who))}}, nil
		}
	}
	for _, m := range members {
		if m.Person != "" && m.Person == speaks(who) {
			return s.personSeat(ctx, m)
		}
	}
	return seat, fault.New(fault.Forbidden, "meetings.fault.not_member")
}

// personSeat is the seat of a member named by person.
func (s *Service) personSeat(ctx context.Context, m Member) (Seat, error) {
	seat := Seat{Person: m.Person, Keys: []string{string(m.Person)}}
	who, err := s.People.Actor(ctx, m.Person)
	if fault.KindOf(err) == fault.NotFound {
		return seat, nil
	}
	for _, h := range who.Roles {
		if h.Role.Gives(access.JoinMeetings) && (m.Institution == "" || h.Institution == m.Institution) {
			seat.Role = h.Role
			break
		}
	}
	if m.Institution != "" {
		seat.Units = []access.InstitutionID{m.Institution}
	}
	return seat, err
}

func (s *Service) membersOf(ctx context.Context, r db.Reader, id SeriesID) (list []Member, err error) {
	return list, r.Select(ctx, &list, `select m.series, m.id, m.person, m.institution, m.since from meetings_members m where m.series = ? order by m.id`, id)
}

// seats are all seats of a series as the directory and the accounts have them
// now, each head and each member once, by the names of institutions.
func (s *Service) seats(ctx context.Context, series Series) (list []Seat, err error) {
	defer fault.Wrap(&err, "seats of series %s", series.ID)
	if series.Kind == Heads {
		list, err = s.headSeats(ctx, series.Owner)
	} else {
		list, err = s.memberSeats(ctx, series)
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b Seat) int { return strings.Compare(a.sort, b.sort) })
	return list, nil
}

// headSeats groups what an authority runs by head units, and these by heads.
func (s *Service) headSeats(ctx context.Context, owner access.InstitutionID) (list []Seat, err error) {
	units, err := s.runBy(ctx, owner)
	if err != nil {
		return nil, err
	}
	groups := map[access.InstitutionID][]directory.Institution{}
	for _, u := range units {
		groups[u.HeadUnit] = append(groups[u.HeadUnit], u)
	}
	byHead := map[string][]directory.Institution{} // a unit without a head's account stands under its own id
	person := map[string]access.PersonID{}
	for headUnit, group := range groups {
		ask := []access.InstitutionID{headUnit}
		for _, u := range group {
			ask = append(ask, u.ID)
		}
		head, err := s.headOf(ctx, ask...)
		if err != nil {
			return nil, err
		}
		key := cmp.Or(string(head), string(headUnit))
		byHead[key], person[key] = append(byHead[key], group...), head
	}
	for key, group := range byHead {
		seat := Seat{Person: person[key], Role: access.SchoolHead}
		seat.list(group)
		list = append(list, seat)
	}
	slices.SortFunc(list, func(a, b Seat) int { return strings.Compare(a.Keys[0], b.Keys[0]) })
	return list, nil
}

// runBy are the open units that an authority runs, as directory.Over has it.
//
// The directory does not list them for other modules yet, so its walk for the
// index serves: one read for each institution, once for each meeting.
func (s *Service) runBy(ctx context.Context, owner access.InstitutionID) (list []directory.Institution, err error) {
	office, err := directory.ByID(ctx, s.db, owner)
	if err != nil {
		return nil, err
	}
	all, err := s.standing(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[access.InstitutionID]directory.Institution{}
	for _, i := range all {
		byID[i.ID] = i
	}
	for _, i := range all {
		if slices.Contains(directory.Bodies(), i.Kind) || i.ID == owner {
			continue
		}
		if runs(office, i) || runs(office, byID[i.HeadUnit]) {
			list = append(list, i)
		}
	}
	return list, nil
}

// runs tells whether the office runs the unit.
func runs(office, i directory.Institution) bool {
	return i.RunningID != nil && *i.RunningID == office.ID ||
		office.Kind == directory.Office && office.RunningMunicipality != "" && i.RunningMunicipality == office.RunningMunicipality
}

func (s *Service) standing(ctx context.Context) (list []directory.Institution, err error) {
	walk := s.Directory.SearchKind(nil).After
	for after := ""; ; {
		ids, err := walk(ctx, after, 500)
		if err != nil || len(ids) == 0 {
			return list, err
		}
		for _, id := range ids {
			i, err := directory.ByID(ctx, s.db, access.InstitutionID(id))
			if err != nil {
				return nil, err
			}
			if !i.Closed {
				list = append(list, i)
			}
		}
		after = ids[len(ids)-1]
	}
}

// memberSeats are the named members, and at a Forum the delegates of all
// municipalities. An institution has one seat; who answers first takes it.
func (s *Service) memberSeats(ctx context.Context, series Series) (list []Seat, err error) {
	members, err := s.membersOf(ctx, s.db, series.ID)
	if err != nil {
		return nil, err
	}
	var at []access.InstitutionID
	for _, m := range members {
		if m.Person != "" {
			seat, err := s.personSeat(ctx, m)
			if err != nil {
				return nil, err
			}
			list = append(list, seat)
		} else {
			at = append(at, m.Institution)
		}
	}
	if series.Kind == Forum {
		offices, err := s.Directory.OfKind(ctx, directory.Office)
		if err != nil {
			return nil, err
		}
		for _, o := range offices {
			at = append(at, o.ID)
		}
	}
	for n, id := range at {
		if slices.Contains(at[:n], id) {
			continue
		}
		seat := Seat{Units: []access.InstitutionID{id}, Keys: []string{string(id)}}
		if series.Kind == Forum && !slices.ContainsFunc(members, func(m Member) bool { return m.Institution == id && m.Person == "" }) {
			delegate, err := s.delegateOf(ctx, id)
			if err != nil {
				return nil, err
			}
			if delegate == "" {
				continue // a municipality that named nobody
			}
			seat.Person, seat.Role = delegate, access.ForumDelegate
		}
		list = append(list, seat)
	}
	list = onceEach(list)
	for n := range list {
		if len(list[n].Units) == 0 {
			continue
		}
		i, err := directory.ByID(ctx, s.db, list[n].Units[0])
		if err != nil {
			return nil, err
		}
		list[n].sort = i.SortKey
	}
	return list, nil
}

// onceEach joins the seats of one person: whoever was named and is a delegate too
// is invited once, and listed for both.
func onceEach(list []Seat) (once []Seat) {
	for _, seat := range list {
		n := slices.IndexFunc(once, func(other Seat) bool { return seat.Person != "" && other.Person == seat.Person })
		if n < 0 {
			once = append(once, seat)
			continue
		}
		once[n].Units, once[n].Keys = append(once[n].Units, seat.Units...), append(once[n].Keys, seat.Keys...)
		once[n].Role = cmp.Or(once[n].Role, seat.Role)
	}
	return once
}

// delegateOf is who speaks for a municipality at the Forum.
func (s *Service) delegateOf(ctx context.Context, office access.InstitutionID) (access.PersonID, error) {
	people, err := s.People.Holders(ctx, access.JoinMeetings, office)
	if err != nil {
		return "", err
	}
	for _, id := range people {
		if is, err := s.People.HoldsAt(ctx, id, office, access.ForumDelegate); err != nil || is {
			return id, err
		}
	}
	return "", nil
}
