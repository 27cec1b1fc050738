package talk

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Open begins a thread with its first post. Who may: whoever is inside the
// network, in the own name. Faults: those of networks.Service.MayRead, Conflict
// for a network that is closed, Invalid.
func (s *Service) Open(ctx context.Context, who access.Actor, network networks.ID, d Draft) (id ThreadID, err error) {
	defer fault.Wrap(&err, "open a thread in network %s", network)
	rm, err := s.enterToWrite(ctx, who, network)
	if err != nil {
		return "", err
	}
	if d, err = d.checked(rm, string(who.Person), true); err != nil {
		return "", err
	}
	now := s.now()
	ends := time.Date(rm.N.SchoolYear+1, time.September, 1, 0, 0, 0, 0, web.Warsaw)
	t := Thread{ID: ThreadID(newID()), Network: network, Center: rm.N.Center, Title: d.Title}
	return t.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into talk_threads (id, network, center, title, author, institution, at, last_at, year_ends) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			t.ID, network, t.Center, t.Title, who.Person, rm.school(string(who.Person)), now.Unix(), now.Unix(), ends.Unix())
		if err != nil {
			return err
		}
		if _, err := s.put(ctx, tx, rm, t, who.Person, d, nil, now); err != nil {
			return err
		}
		return s.tellOpened(ctx, tx, rm, t, who.Person)
	})
}

// Answer adds a post to a thread and returns its number. Who may: as Open. Faults:
// also Conflict for a thread that is closed.
func (s *Service) Answer(ctx context.Context, who access.Actor, network networks.ID, id ThreadID, d Draft) (n int, err error) {
	defer fault.Wrap(&err, "answer in thread %s", id)
	rm, err := s.enterToWrite(ctx, who, network)
	if err != nil {
		return 0, err
	}
	t, err := threadOf(ctx, s.db, network, id)
	if err != nil {
		return 0, err
	}
	if d, err = d.checked(rm, string(who.Person), false); err != nil {
		return 0, err
	}
	return s.add(ctx, rm, t, who.Person, d, nil)
}

// add writes a post and tells of it. Letter is the mailed link by which it came,
// nil for none.
func (s *Service) add(ctx context.Context, rm room, t Thread, author access.PersonID, d Draft, letter *string) (n int, err error) {
	now := s.now()
	return n, s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = s.put(ctx, tx, rm, t, author, d, letter, now); err != nil {
			return err
		}
		return s.tellAnswered(ctx, tx, rm, t, author, d.Mentions, now)
	})
}

// put writes a post under the next number of its thread. The number is drawn in
// one statement, so two posts at once follow one another.
func (s *Service) put(ctx context.Context, tx *db.Tx, rm room, t Thread, author access.PersonID, d Draft, letter *string, at time.Time) (n int, err error) {
	if err := calm(ctx, tx, author, at); err != nil {
		return 0, err
	}
	var drawn []int
	err = tx.Select(ctx, &drawn, `update talk_threads set posts = posts + 1, last_at = ? where id = ? and closed = ? returning posts`, at.Unix(), t.ID, false)
	if err != nil {
		return 0, err
	}
	if len(drawn) == 0 {
		return 0, fault.New(fault.Conflict, "talk.fault.closed")
	}
	n = drawn[0]
	id := newID()
	rows, err := tx.Exec(ctx, `insert into talk_posts (id, thread, n, author, institution, words, at, letter) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (letter) do nothing`,
		id, t.ID, n, author, rm.school(string(author)), d.Words, at.Unix(), letter)
	if err != nil {
		return 0, err
	}
	if rows == 0 {
		return 0, fault.New(fault.Conflict, "talk.fault.answered")
	}
	if err := mark(ctx, tx, author, t.ID, n, FollowInbox); err != nil {
		return 0, err
	}
	for _, p := range d.Mentions {
		if _, err := tx.Exec(ctx, `insert into talk_mentions (post, person) values (?, ?)`, id, p); err != nil {
			return 0, err
		}
		if err := mark(ctx, tx, access.PersonID(p), t.ID, 0, FollowInbox); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// calm refuses a flood of posts by one person.
func calm(ctx context.Context, tx *db.Tx, author access.PersonID, at time.Time) error {
	var n int
	err := tx.Get(ctx, &n, `select count(*) from talk_posts where author = ? and at > ?`, author, at.Add(-time.Hour).Unix())
	if err == nil && n >= mostHour {
		err = fault.New(fault.Conflict, "talk.fault.flood", "most", mostHour)
	}
	return err
}

// mark notes that somebody has seen a thread up to a number, and follows it unless
// they have said how.
func mark(ctx context.Context, tx *db.Tx, person access.PersonID, id ThreadID, seen int, follow Follow) error {
	_, err := tx.Exec(ctx, `insert into talk_marks (person, thread, seen, follow) values (?, ?, ?, ?)
		on conflict (person, thread) do update set seen = case when excluded.seen > talk_marks.seen then excluded.seen else talk_marks.seen end,
			follow = case when talk_marks.follow = '' then excluded.follow else talk_marks.follow end`, person, id, seen, follow)
	return err
}

// own reads a post for its author, who may still write in the network.
func (s *Service) own(ctx context.Context, who access.Actor, network networks.ID, id PostID) (p Post, t Thread, err error) {
	if _, err := s.enterToWrite(ctx, who, network); err != nil {
		return p, t, err
	}
	if p, t, err = postOf(ctx, s.db, network, id); err != nil {
		return p, t, err
	}
	if p.Author != string(who.Person) {
		return p, t, fault.New(fault.Forbidden, "talk.fault.not_yours")
	}
	return p, t, nil
}

// untouched is the condition under which an author changes a post: it stands, in
// the revision that was seen, and nobody has asked those who lead to look at it.
const untouched = ` where id = ? and gone = '' and hidden_at = 0 and (revision = ? or ? = 0)
	and not exists (select 1 from talk_reports r where r.post = talk_posts.id and r.state = ?)`

// Mend changes the words of an own post within EditWindow. Seen is the revision
// that the author saw. Faults: Forbidden, Conflict when the time is over, the
// post was changed meanwhile, hidden or reported, Invalid.
func (s *Service) Mend(ctx context.Context, who access.Actor, network networks.ID, id PostID, seen int64, words string) (t Thread, err error) {
	defer fault.Wrap(&err, "mend post %s", id)
	p, t, err := s.own(ctx, who, network, id)
	if err != nil {
		return t, err
	}
	now := s.now()
	if !p.mends(now) || t.Closed {
		return t, fault.New(fault.Conflict, "talk.fault.window", "minutes", int(EditWindow/time.Minute))
	}
	words = text(words)
	if err := fault.InvalidFields(wrong(nil, "slowa", words, 1, mostWords)); err != nil {
		return t, err
	}
	return t, s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update talk_posts set words = ?, edited_at = ?, revision = revision + 1`+untouched, words, now.Unix(), id, seen, seen, reportOpen)
		return taken(rows, err)
	})
}

// Withdraw takes back the words of an own post, at any time; its place stays.
// Faults: Forbidden, Conflict as for Mend.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, network networks.ID, id PostID) (t Thread, err error) {
	defer fault.Wrap(&err, "withdraw post %s", id)
	_, t, err = s.own(ctx, who, network, id)
	if err != nil {
		return t, err
	}
	return t, s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update talk_posts set words = '', gone = ?, revision = revision + 1`+untouched, withdrawn, id, 0, 0, reportOpen)
		return taken(rows, err)
	})
}

// taken turns no row into the fault of a change to what is no more as it was.
func taken(rows int64, err error) error {
	if err == nil && rows == 0 {
		err = fault.New(fault.Conflict, "talk.fault.faster")
	}
	return err
}
