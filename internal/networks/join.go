package networks

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// home is the institution in which somebody joins, as it is now.
type home struct {
	Institution access.InstitutionID
	BySeat      string
	ByRunning   string
	Role        access.Role
}

// homeOf is the institution in which the actor joins a network: the one of the
// role that is worn now and may join. Faults: SignedOut, Forbidden.
func (s *Service) homeOf(ctx context.Context, who access.Actor) (h home, err error) {
	if err := who.Must(access.JoinNetworks); err != nil {
		return h, err
	}
	if who.For != "" || who.Shared {
		return h, fault.New(fault.Forbidden, "networks.fault.own_name")
	}
	at := slices.IndexFunc(who.Roles, func(x access.Held) bool { return x.Institution != "" && x.Role.Gives(access.JoinNetworks) })
	if at < 0 {
		return h, fault.New(fault.Forbidden, "fault.forbidden")
	}
	h.Institution, h.Role = who.Roles[at].Institution, who.Roles[at].Role
	i, err := directory.ByID(ctx, s.db, h.Institution)
	h.BySeat, h.ByRunning = i.Municipality, i.RunningMunicipality
	return h, err
}

// Ask asks to become a member, or accepts an invitation. Who was invited by those
// who lead, and whoever works at a school that was, comes in at once; of others
// those who lead are told. Who may: whoever holds JoinNetworks, in the own name. Faults:
// NotFound for a network that one may not know of, Conflict when it takes nobody
// or the person is in already, Invalid.
func (s *Service) Ask(ctx context.Context, who access.Actor, id ID, words string) (state MemberState, err error) {
	defer fault.Wrap(&err, "ask to join network %s", id)
	n, st, err := s.entered(ctx, who, id, toRead)
	if err != nil {
		return "", err
	}
	h, err := s.homeOf(ctx, who)
	if err != nil {
		return "", err
	}
	words = text(words)
	if err := fault.InvalidFields(wrong(nil, "slowa", words, 0, mostReason)); err != nil {
		return "", err
	}
	if err := mayCome(n, st); err != nil {
		return "", err
	}
	if state, err = s.comesAs(ctx, n, st, h); err != nil {
		return "", err
	}
	officers, err := s.officers(ctx, n.Center)
	if err != nil {
		return "", err
	}
	now := s.now()
	return state, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.put(ctx, tx, n, who, h, state, words, now); err != nil {
			return err
		}
		what := map[MemberState]string{Asked: "asked", Joined: "joined"}[state]
		return s.tellLeads(ctx, tx, n, officers, news{What: what, Once: string(who.Person) + "/" + now.Format(time.DateOnly), Link: Href(n.ID) + tabMembers,
			Args: map[string]string{"who_person": string(who.Person)}})
	})
}

// mayCome returns nil when the actor can ask now.
func mayCome(n Network, st Standing) error {
	switch {
	case st.Leads && !st.Runs:
		return fault.New(fault.Conflict, "networks.fault.leads_it")
	case st.Member == Joined || st.Member == Asked:
		return fault.New(fault.Conflict, "networks.fault.in_already")
	case st.Member == Removed:
		return fault.New(fault.Forbidden, "networks.fault.removed")
	case !n.Working():
		return over()
	case n.Full():
		return fault.New(fault.Conflict, "networks.fault.full", "n", n.Places)
	case !n.Open && !st.Welcome:
		return fault.New(fault.Conflict, "networks.fault.not_open")
	}
	return nil
}

// comesAs tells whether somebody comes in at once or has to wait for an answer.
func (s *Service) comesAs(ctx context.Context, n Network, st Standing, h home) (MemberState, error) {
	if st.Welcome {
		return Joined, nil
	}
	invited, err := s.schoolInvited(ctx, n.ID, h.Institution)
	if err != nil || !invited {
		return Asked, err
	}
	return Joined, nil
}

// put writes the standing of the actor. A place is taken inside the statement, so
// that the last one goes to one person.
func (s *Service) put(ctx context.Context, tx *db.Tx, n Network, who access.Actor, h home, state MemberState, words string, at time.Time) error {
	if state == Joined {
		if err := takePlace(ctx, tx, n, at); err != nil {
			return err
		}
	}
	rows, err := tx.Exec(ctx, `insert into networks_members (id, network, person, state, institution, by_seat, by_running, role, name_key, words, at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (network, person) do update set state = excluded.state, institution = excluded.institution, by_seat = excluded.by_seat,
			by_running = excluded.by_running, role = excluded.role, name_key = excluded.name_key, words = excluded.words, reason = '',
			revision = networks_members.revision + 1, at = excluded.at
		where networks_members.state not in (?, ?, ?)`,
		newID(), n.ID, who.Person, state, h.Institution, h.BySeat, h.ByRunning, h.Role, i18n.SortKey(who.Name), words, at.Unix(), Joined, Asked, Removed)
	if err == nil && rows == 0 {
		err = fault.New(fault.Conflict, "networks.fault.in_already")
	}
	return err
}

// takePlace counts one member more while there is room.
func takePlace(ctx context.Context, tx *db.Tx, n Network, at time.Time) error {
	rows, err := tx.Exec(ctx, `update networks_networks set members = members + 1, revision = revision + 1, changed_at = ?
		where id = ? and state in (?, ?) and (places = 0 or members < places)`, at.Unix(), n.ID, Forming, Active)
	if err == nil && rows == 0 {
		err = fault.New(fault.Conflict, "networks.fault.full", "n", n.Places)
	}
	return err
}

// givePlace frees the place of somebody whose membership ended, and forgets which
// dates suited them: these are counted for those who can come.
func givePlace(ctx context.Context, tx *db.Tx, id ID, person string, at time.Time) error {
	if _, err := tx.Exec(ctx, `delete from networks_votes where person = ? and date in (
		select d.id from networks_dates d join networks_polls p on p.id = d.poll where p.network = ?)`, person, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update networks_networks set members = members - 1, revision = revision + 1, changed_at = ? where id = ? and members > 0`, at.Unix(), id)
	return err
}

// Go ends what the actor has in a network: a membership, a request, an
// invitation. Hours that were written down stay. Faults: NotFound for none.
func (s *Service) Go(ctx context.Context, who access.Actor, id ID) (err error) {
	defer fault.Wrap(&err, "leave network %s", id)
	n, st, err := s.entered(ctx, who, id, toRead)
	if err != nil {
		return err
	}
	if st.Member != Joined && st.Member != Asked && st.Member != Invited {
		return fault.ErrNotFound
	}
	officers, err := s.officers(ctx, n.Center)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := raise(ctx, tx, n.ID, now); err != nil {
			return err
		}
		m, err := memberOf(ctx, tx, n.ID, string(who.Person))
		if err != nil {
			return err
		}
		if err := moveMember(ctx, tx, m, Left, "", now); err != nil || m.State != Joined {
			return err
		}
		if err := givePlace(ctx, tx, n.ID, m.Person, now); err != nil {
			return err
		}
		return s.tellLeads(ctx, tx, n, officers, news{What: "left", Once: string(who.Person) + "/" + now.Format(time.DateOnly), Link: Href(n.ID) + tabMembers,
			Args: map[string]string{"who_person": string(who.Person)}})
	})
}

// moveMember changes the standing of somebody, unless another did so meanwhile.
func moveMember(ctx context.Context, tx *db.Tx, m Member, to MemberState, reason string, at time.Time) error {
	rows, err := tx.Exec(ctx, `update networks_members set state = ?, reason = ?, revision = revision + 1, at = ? where id = ? and state = ? and revision = ?`,
		to, reason, at.Unix(), m.ID, m.State, m.Revision)
	if err == nil && rows == 0 {
		err = faster()
	}
	return err
}

// Decide answers a request (Joined, Refused), ends a membership (Removed) or lets
// somebody who was removed ask again (Left). A refusal and a removal need a
// reason, which the person is told. Who may: whoever leads the network. Faults:
// NotFound, Conflict when the place or the request is gone, Invalid.
func (s *Service) Decide(ctx context.Context, who access.Actor, id ID, member string, to MemberState, reason string) (err error) {
	defer fault.Wrap(&err, "decide on member %s of network %s", member, id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	if err := known(member); err != nil {
		return err
	}
	reason, err = reasonFor(reason, to == Joined || to == Left)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := raise(ctx, tx, n.ID, now); err != nil {
			return err
		}
		var m Member
		if err := tx.Get(ctx, &m, `select `+memberColumns+` from networks_members m where m.id = ? and m.network = ?`, member, n.ID); err != nil {
			return err
		}
		if !decidable(m.State, to) {
			return faster()
		}
		if err := movePlace(ctx, tx, n, m, to, now); err != nil {
			return err
		}
		if err := moveMember(ctx, tx, m, to, reason, now); err != nil {
			return err
		}
		act := map[MemberState]string{Joined: "admitted", Refused: "refused", Removed: "removed", Left: "forgiven"}[to]
		if err := s.tell(ctx, tx, n, news{What: act, Once: m.ID + "/" + now.Format(time.RFC3339), Args: map[string]string{"reason": reason}}, access.PersonID(m.Person)); err != nil {
			return err
		}
		return record(ctx, tx, who, n, act, m.Person, now, map[string]string{"reason": reason})
	})
}

// decidable is what those who lead can make of a standing.
func decidable(from, to MemberState) bool {
	switch to {
	case Joined, Refused:
		return from == Asked
	case Removed:
		return from == Joined || from == Invited
	case Left:
		return from == Removed
	}
	return false
}

func movePlace(ctx context.Context, tx *db.Tx, n Network, m Member, to MemberState, at time.Time) error {
	switch {
	case to == Joined:
		return takePlace(ctx, tx, n, at)
	case m.State == Joined:
		return givePlace(ctx, tx, n.ID, m.Person, at)
	}
	return nil
}

// Invite asks somebody in. Those who lead invite people who were members of
// another network of the center, and these come in without waiting; a head
// recommends a network of the public list to people of the own school, who then
// ask like others. So nobody looks through the staff of other people's schools,
// and no head opens a network that is not theirs. Faults: Forbidden, NotFound, Conflict when the person is in
// already, asked, or was removed.
func (s *Service) Invite(ctx context.Context, who access.Actor, id ID, person access.PersonID, at access.InstitutionID) (err error) {
	defer fault.Wrap(&err, "invite into network %s", id)
	n, st, err := s.entered(ctx, who, id, toRead)
	if err != nil {
		return err
	}
	if err := s.mayInvite(ctx, who, n, st, person, at); err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	names, err := s.People.NamesOf(ctx, []string{string(person)})
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `insert into networks_members (id, network, person, state, institution, name_key, at) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (network, person) do update set state = excluded.state, institution = excluded.institution, revision = networks_members.revision + 1,
				at = excluded.at, reason = ''
			where networks_members.state in (?, ?)`, newID(), n.ID, person, Invited, at, i18n.SortKey(names[string(person)]), now.Unix(), Refused, Left)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "networks.fault.invited")
		}
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, n, news{What: "invited", Once: now.Format(time.RFC3339)}, person); err != nil {
			return err
		}
		return record(ctx, tx, who, n, "invited", string(person), now, nil)
	})
}

func (s *Service) mayInvite(ctx context.Context, who access.Actor, n Network, st Standing, person access.PersonID, at access.InstitutionID) error {
	leads := st.Leads && at == ""
	if !leads {
		if err := who.MayAt(ctx, access.EnrollStaff, at); err != nil {
			return err
		}
	}
	if known(string(person)) != nil {
		return fault.InvalidFields([]fault.Field{{Name: "osoba", Key: "networks.fault.choose"}})
	}
	var near bool
	var err error
	if leads {
		near, err = s.metAt(ctx, n.Center, person)
	} else {
		near, err = s.People.HoldsAt(ctx, person, at, joinRoles()...)
	}
	if err == nil && !near {
		err = fault.New(fault.Forbidden, "networks.fault.stranger")
	}
	return err
}

func joinRoles() []access.Role {
	return slices.DeleteFunc(access.Roles(), func(r access.Role) bool { return !r.Gives(access.JoinNetworks) })
}

// metAt tells whether somebody is, or was, a member of a network of the center.
func (s *Service) metAt(ctx context.Context, center access.InstitutionID, person access.PersonID) (bool, error) {
	var n int
	err := s.db.Get(ctx, &n, `select count(*) from networks_members m join networks_networks n on n.id = m.network
		where m.person = ? and n.center = ? and m.state in (?, ?)`, person, center, Joined, Left)
	return n > 0, err
}

// Acquainted are members of other networks of the same center who stand in no
// relation to this one, the first hundred by name: whom those who lead can invite.
func (s *Service) Acquainted(ctx context.Context, who access.Actor, id ID) (people []string, err error) {
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Person string `db:"person"`
		Key    string `db:"name_key"`
	}
	err = s.db.Select(ctx, &rows, `select distinct m.person, m.name_key from networks_members m join networks_networks o on o.id = m.network
		where o.center = ? and o.id <> ? and m.state = ? and m.name_key <> ''
			and not exists (select 1 from networks_members h where h.network = ? and h.person = m.person and h.state not in (?, ?))
		order by m.name_key, m.person limit 100`, n.Center, n.ID, Joined, n.ID, Left, Refused)
	for _, r := range rows {
		people = append(people, r.Person)
	}
	return people, err
}

// InviteSchool invites a school: its head is told, and its people come in without
// waiting. Who may: whoever leads the network. Told again, it changes nothing.
func (s *Service) InviteSchool(ctx context.Context, who access.Actor, id ID, school access.InstitutionID) (err error) {
	defer fault.Wrap(&err, "invite a school into network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	if known(string(school)) != nil {
		return fault.InvalidFields([]fault.Field{{Name: "szkola", Key: "networks.fault.choose"}})
	}
	if _, err := directory.ByID(ctx, s.db, school); err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	heads, err := s.People.Holders(ctx, access.EnrollStaff, school)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := inviteSchool(ctx, tx, n.ID, school, "invited", now); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, n, news{What: "school", Once: string(school)}, heads...); err != nil {
			return err
		}
		return record(ctx, tx, who, n, "school", "", now, map[string]string{"network_school": string(school)})
	})
}

func inviteSchool(ctx context.Context, tx *db.Tx, id ID, school access.InstitutionID, why string, at time.Time) error {
	_, err := tx.Exec(ctx, `insert into networks_schools (network, institution, why, at) values (?, ?, ?, ?) on conflict do nothing`, id, school, why, at.Unix())
	return err
}

func (s *Service) schoolInvited(ctx context.Context, id ID, school access.InstitutionID) (bool, error) {
	var n int
	err := s.db.Get(ctx, &n, `select count(*) from networks_schools where network = ? and institution = ?`, id, school)
	return n > 0, err
}

// Schools are those that a network invites.
func (s *Service) Schools(ctx context.Context, id ID) (list []access.InstitutionID, err error) {
	return list, s.db.Select(ctx, &list, `select institution from networks_schools where network = ? order by institution`, id)
}

// Members lists a network's people in one state, by name; for whoever is inside
// those who are in, for whoever leads all others too.
func (s *Service) Members(ctx context.Context, who access.Actor, id ID, state MemberState, at web.Cursor, n int) (list []Member, more bool, err error) {
	defer fault.Wrap(&err, "members of network %s", id)
	what := toLead
	if state == Joined {
		what = toEnter
	}
	if _, _, err := s.entered(ctx, who, id, what); err != nil {
		return nil, false, err
	}
	where, args := page(at, "m.name_key", "m.id", []any{id, state})
	err = s.db.Select(ctx, &list, `select `+memberColumns+` from networks_members m where m.network = ? and m.state = ?`+where+` limit ?`, append(args, n+1)...)
	list, more = cut(list, n, at)
	return list, more, err
}

// page is the condition and the order of a list by (key, id) from a place on.
func page(at web.Cursor, key, id string, args []any) (string, []any) {
	switch {
	case at.Back:
		return ` and (` + key + ` < ? or ` + key + ` = ? and ` + id + ` < ?) order by ` + key + ` desc, ` + id + ` desc`, append(args, at.Key, at.Key, at.ID)
	case at.ID != "":
		return ` and (` + key + ` > ? or ` + key + ` = ? and ` + id + ` > ?) order by ` + key + `, ` + id, append(args, at.Key, at.Key, at.ID)
	}
	return ` order by ` + key + `, ` + id, args
}

// cut takes the row beyond the page away, and turns a page read backwards.
func cut[T any](list []T, n int, at web.Cursor) ([]T, bool) {
	more := len(list) > n
	list = list[:min(len(list), n)]
	if at.Back {
		slices.Reverse(list)
	}
	return list, more
}

// MembersOf are the people inside a network with their institutions, those who
// lead it first; for package talk, which lets them be mentioned. The caller has
// asked MayRead.
func (s *Service) MembersOf(ctx context.Context, id ID) (list []Member, err error) {
	n, err := ByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	leads, err := Leads(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	var joined []Member
	err = s.db.Select(ctx, &joined, `select `+memberColumns+` from networks_members m where m.network = ? and m.state = ? order by m.name_key, m.id`, id, Joined)
	for _, l := range leads {
		list = append(list, Member{Network: id, Person: string(l.Person), State: Joined, Institution: n.Center})
	}
	return append(list, joined...), err
}
