package talk

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Complaint asks those who lead the network to look at a post, with words or
// without. They are told who asks; the author is not. Who may: whoever is inside.
// Faults: Conflict for a post that shows nothing, or that the person has reported
// already, Invalid.
func (s *Service) Complaint(ctx context.Context, who access.Actor, network networks.ID, id PostID, words string) (t Thread, err error) {
	defer fault.Wrap(&err, "report post %s", id)
	rm, err := s.enter(ctx, who, network)
	if err != nil {
		return t, err
	}
	p, t, err := postOf(ctx, s.db, network, id)
	if err != nil {
		return t, err
	}
	words = text(words)
	switch {
	case who.For != "":
		return t, fault.New(fault.Forbidden, "talk.fault.own_name")
	case !p.there() || p.Author == string(who.Person):
		return t, fault.New(fault.Conflict, "talk.fault.nothing")
	}
	if err := fault.InvalidFields(wrong(nil, "uwaga", words, 0, mostReport)); err != nil {
		return t, err
	}
	judges, err := s.judges(ctx, rm.N, p)
	if err != nil {
		return t, err
	}
	now := s.now()
	return t, s.db.Write(ctx, func(tx *db.Tx) error {
		report := newID()
		rows, err := tx.Exec(ctx, `insert into talk_reports (id, post, person, words, at, state) values (?, ?, ?, ?, ?, ?) on conflict (post, person) do nothing`,
			report, id, who.Person, words, now.Unix(), reportOpen)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "talk.fault.reported")
		}
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, t, news{Topic: TopicMentions, What: "reported", Once: report, Link: networks.TalkHref(network) + reportsTab}, judges...)
	})
}

// judges are those who can settle a report: who leads the network, and where the
// author does, the center as well, for nobody judges their own words.
func (s *Service) judges(ctx context.Context, n networks.Network, p Post) ([]access.PersonID, error) {
	people, err := s.leads(ctx, n)
	if err != nil || !slices.Contains(people, access.PersonID(p.Author)) {
		return people, err
	}
	officers, err := s.People.Holders(ctx, access.RunNetworks, n.Center)
	people = append(people, officers...)
	slices.Sort(people)
	return slices.DeleteFunc(slices.Compact(people), func(x access.PersonID) bool { return string(x) == p.Author }), err
}

// Hide takes a post from sight, with a reason that its author reads; with the
// first post goes the title of its thread. Reports of it are settled. Who may:
// whoever leads the network and did not write the post. Faults: Forbidden, Conflict when nothing is shown,
// Invalid.
func (s *Service) Hide(ctx context.Context, who access.Actor, network networks.ID, id PostID, reason string) (t Thread, err error) {
	reason = text(reason)
	return s.judge(ctx, who, network, id, func(tx *db.Tx, rm room, p Post, at time.Time) error {
		if err := fault.InvalidFields(wrong(nil, "powod", reason, leastReason, mostReport)); err != nil {
			return err
		}
		rows, err := tx.Exec(ctx, `update talk_posts set hidden_at = ?, hidden_by = ?, reason = ?, revision = revision + 1 where id = ? and hidden_at = 0 and gone = ''`,
			at.Unix(), who.Person, reason, id)
		if err := taken(rows, err); err != nil {
			return err
		}
		return s.turned(ctx, tx, who, rm, p, true, reason, at)
	})
}

// Restore shows a hidden post again. Who may, and faults: as Hide.
func (s *Service) Restore(ctx context.Context, who access.Actor, network networks.ID, id PostID) (t Thread, err error) {
	return s.judge(ctx, who, network, id, func(tx *db.Tx, rm room, p Post, at time.Time) error {
		rows, err := tx.Exec(ctx, `update talk_posts set hidden_at = 0, hidden_by = '', reason = '', revision = revision + 1 where id = ? and hidden_at > 0`, id)
		if err := taken(rows, err); err != nil {
			return err
		}
		return s.turned(ctx, tx, who, rm, p, false, "", at)
	})
}

// judge runs a deed of those who lead on a post that another wrote: who hides an
// own one would settle its reports, and could show it again.
func (s *Service) judge(ctx context.Context, who access.Actor, network networks.ID, id PostID, do func(tx *db.Tx, rm room, p Post, at time.Time) error) (t Thread, err error) {
	defer fault.Wrap(&err, "judge post %s", id)
	rm, err := s.enterToModerate(ctx, who, network)
	if err != nil {
		return t, err
	}
	p, t, err := postOf(ctx, s.db, network, id)
	if err != nil {
		return t, err
	}
	if p.Author == string(who.Person) {
		return t, fault.New(fault.Forbidden, "talk.fault.own_report")
	}
	now := s.now()
	return t, s.db.Write(ctx, func(tx *db.Tx) error { return do(tx, rm, p, now) })
}

// turned follows a post that was hidden or shown again.
func (s *Service) turned(ctx context.Context, tx *db.Tx, who access.Actor, rm room, p Post, hidden bool, reason string, at time.Time) error {
	t, err := threadOf(ctx, tx, rm.N.ID, p.Thread)
	if err != nil {
		return err
	}
	if p.N == 1 {
		if _, err := tx.Exec(ctx, `update talk_threads set hidden = ? where id = ?`, hidden, p.Thread); err != nil {
			return err
		}
	}
	act := map[bool]string{true: "hidden", false: "shown"}[hidden]
	if rm.find(p.Author) != nil {
		err := s.tell(ctx, tx, t, news{Topic: TopicMentions, What: act, Once: string(p.ID) + "/" + at.Format(time.RFC3339), Link: PostHref(rm.N.ID, p.Thread, p.ID),
			Args: map[string]string{"reason": reason}}, access.PersonID(p.Author))
		if err != nil {
			return err
		}
	}
	if hidden {
		if err := s.settle(ctx, tx, who, t, p.ID, reportHidden, at); err != nil {
			return err
		}
	}
	return record(ctx, tx, who, rm.N, act, "talk_post", string(p.ID), p.Author, at, map[string]string{"reason": reason})
}

// Keep settles the reports of a post that stays. Who may: whoever leads the network. Faults: Forbidden, Conflict when none
// is open.
func (s *Service) Keep(ctx context.Context, who access.Actor, network networks.ID, id PostID) (t Thread, err error) {
	return s.judge(ctx, who, network, id, func(tx *db.Tx, rm room, p Post, at time.Time) error {
		t, err := threadOf(ctx, tx, network, p.Thread)
		if err != nil {
			return err
		}
		var n int
		if err := tx.Get(ctx, &n, `select count(*) from talk_reports where post = ? and state = ?`, id, reportOpen); err != nil {
			return err
		}
		if err := taken(int64(n), nil); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, who, t, id, reportKept, at); err != nil {
			return err
		}
		return record(ctx, tx, who, rm.N, "kept", "talk_post", string(id), p.Author, at, nil)
	})
}

// settle ends the open reports of a post and tells who made them.
func (s *Service) settle(ctx context.Context, tx *db.Tx, who access.Actor, t Thread, id PostID, to string, at time.Time) error {
	var people []access.PersonID
	err := tx.Select(ctx, &people, `update talk_reports set state = ?, settled_by = ?, settled_at = ? where post = ? and state = ? returning person`,
		to, who.Person, at.Unix(), id, reportOpen)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, t, news{Topic: TopicMentions, What: "settled_" + to, Once: string(id) + "/" + at.Format(time.RFC3339)}, people...)
}

// Shut closes a thread, so that it takes no posts, or opens it again. Who may:
// whoever leads the network.
func (s *Service) Shut(ctx context.Context, who access.Actor, network networks.ID, id ThreadID, closed bool) (err error) {
	defer fault.Wrap(&err, "close thread %s", id)
	rm, err := s.enterToModerate(ctx, who, network)
	if err != nil {
		return err
	}
	if _, err := threadOf(ctx, s.db, network, id); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update talk_threads set closed = ? where id = ? and closed = ?`, closed, id, !closed)
		if err := taken(rows, err); err != nil {
			return err
		}
		act := map[bool]string{true: "closed", false: "opened"}[closed]
		return record(ctx, tx, who, rm.N, act, "talk_thread", string(id), "", now, nil)
	})
}

// Reported is an open report with the post that it is about.
type Reported struct {
	Post
	Report string `db:"report"`
	Person string `db:"person"`
	Why    string `db:"why"`
	SentAt int64  `db:"sent_at"`
}

const reportQuery = `select ` + postColumns + `, r.id as report, r.person, r.words as why, r.at as sent_at from talk_reports r
	join talk_posts p on p.id = r.post join talk_threads t on t.id = p.thread where r.state = ? and `

// reports are the open reports in a network, the oldest first. Those beyond the
// first hundred come when these are settled. The caller has asked MayModerate.
func (s *Service) reports(ctx context.Context, network networks.ID) (list []Reported, err error) {
	return list, s.db.Select(ctx, &list, reportQuery+`t.network = ? order by r.id limit 100`, reportOpen, network)
}

// reportsOf are the open reports of a post.
func (s *Service) reportsOf(ctx context.Context, id PostID) (list []Reported, err error) {
	return list, s.db.Select(ctx, &list, reportQuery+`p.id = ? order by r.id limit 100`, reportOpen, id)
}
