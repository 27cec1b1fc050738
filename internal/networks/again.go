package networks

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Again begins the next school year of a network from this one: goal, topics,
// schools and those who lead are carried over, members are invited and say
// themselves whether they stay. The matter is the same: it keeps its trace. Who
// may: whoever leads the network, once it is reported, closed, or its year is
// over. Asked again, it answers with the network that was begun. Faults: Conflict
// for a network at work.
func (s *Service) Again(ctx context.Context, who access.Actor, id ID) (next ID, err error) {
	defer fault.Wrap(&err, "begin the next year of network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return "", err
	}
	now := s.now()
	if n.Working() && now.Before(yearEnds(n.SchoolYear)) {
		return "", fault.New(fault.Conflict, "networks.fault.at_work")
	}
	topics, err := topicsOf(ctx, s.db, id)
	if err != nil {
		return "", err
	}
	fresh := n
	fresh.ID, fresh.State, fresh.Previous, fresh.Need, fresh.Reason, fresh.MadeBy = ID(newID()), Forming, id, n.Need, "", string(who.Person)
	fresh.SchoolYear = max(n.SchoolYear+1, directory.SchoolYear(now))
	slot := "next:" + string(id)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		made, err := s.insert(ctx, tx, fresh, topics, slot, now)
		if err != nil || !made {
			return err
		}
		if err := carryOver(ctx, tx, n.ID, fresh.ID, now.Unix()); err != nil {
			return err
		}
		var people []access.PersonID
		if err := tx.Select(ctx, &people, `select person from networks_members where network = ? and state = ?`, fresh.ID, Invited); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, fresh, news{What: "again"}, people...); err != nil {
			return err
		}
		return record(ctx, tx, who, fresh, "made", "", now, map[string]string{"network_before": string(id)})
	})
	if err != nil {
		return "", err
	}
	return next, s.db.Get(ctx, &next, `select id from networks_networks where slot = ?`, slot)
}

// carryOver copies the people and the schools of a network into the next year.
// Whoever was erased is not carried over.
func carryOver(ctx context.Context, tx *db.Tx, from, to ID, at int64) error {
	if _, err := tx.Exec(ctx, `insert into networks_leads (network, person, duty, since) select ?, person, duty, ? from networks_leads where network = ? and ended = 0`, to, at, from); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into networks_schools (network, institution, why, at) select ?, institution, why, ? from networks_schools where network = ?`, to, at, from); err != nil {
		return err
	}
	var joined []Member
	if err := tx.Select(ctx, &joined, `select `+memberColumns+` from networks_members m where m.network = ? and m.state = ? and m.name_key <> '' order by m.id`, from, Joined); err != nil {
		return err
	}
	for _, m := range joined {
		if _, err := tx.Exec(ctx, `insert into networks_members (id, network, person, state, name_key, at) values (?, ?, ?, ?, ?, ?)`, newID(), to, m.Person, Invited, m.NameKey, at); err != nil {
			return err
		}
	}
	return nil
}

// nextOf is the network of the following year, "" while there is none.
func nextOf(ctx context.Context, r db.Reader, id ID) (next ID, err error) {
	err = r.Get(ctx, &next, `select id from networks_networks where slot = ?`, "next:"+string(id))
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return next, err
}
