package talk

import (
	"context"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Listed is a thread in a list, with how far the reader has read it.
type Listed struct {
	Thread
	Seen int `db:"seen"`
}

// threads lists the threads of a network, the liveliest first. The caller has
// asked whether the reader is inside.
func (s *Service) threads(ctx context.Context, reader access.PersonID, network networks.ID, at web.Cursor, most int) (list []Listed, more bool, err error) {
	where, args := "", []any{reader, network}
	if at.ID != "" {
		last, err := numberAt(at)
		if err != nil {
			return nil, false, err
		}
		where = ` and (t.last_at < ? or t.last_at = ? and t.id < ?)`
		if at.Back {
			where = ` and (t.last_at > ? or t.last_at = ? and t.id > ?)`
		}
		args = append(args, last, last, at.ID)
	}
	order := ` order by t.last_at desc, t.id desc`
	if at.Back {
		order = ` order by t.last_at, t.id`
	}
	err = s.db.Select(ctx, &list, `select `+threadColumns+`, coalesce(m.seen, 0) as seen from talk_threads t
		left join talk_marks m on m.thread = t.id and m.person = ? where t.network = ?`+where+order+` limit ?`, append(args, most+1)...)
	list, more = cut(list, most, at)
	return list, more, err
}

// posts reads one page of a thread. The number of a post is its place, so every
// page is one look into the index, wherever in the thread it lies.
func (s *Service) posts(ctx context.Context, id ThreadID, at web.Cursor, most int) (list []Post, more bool, err error) {
	n, err := numberAt(at)
	if err != nil {
		return nil, false, err
	}
	which := ` and p.n > ? order by p.n`
	if at.Back {
		which = ` and p.n < ? order by p.n desc`
	}
	err = s.db.Select(ctx, &list, `select `+postColumns+` from talk_posts p where p.thread = ?`+which+` limit ?`, id, n, most+1)
	list, more = cut(list, most, at)
	return list, more, err
}

// numberAt is the number in a place of a list, 0 for its beginning.
func numberAt(at web.Cursor) (int64, error) {
	if at.Key == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(at.Key, 16, 64)
	if err != nil {
		return 0, fault.New(fault.BadRequest, "fault.cursor")
	}
	return n, nil
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

// mentionsOf are the people mentioned in posts.
func (s *Service) mentionsOf(ctx context.Context, list []Post) (map[PostID][]string, error) {
	all := map[PostID][]string{}
	if len(list) == 0 {
		return all, nil
	}
	var ids []string
	for _, p := range list {
		ids = append(ids, string(p.ID))
	}
	query, args, err := db.In(`select post, person from talk_mentions where post in (?) order by post, person`, ids)
	if err != nil {
		return nil, err
	}
	return all, s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var post PostID
		var person string
		err := scan(&post, &person)
		all[post] = append(all[post], person)
		return err
	}, query, args...)
}

// saw notes that the reader was shown a thread up to a number. It writes only
// when that is further than before.
func (s *Service) saw(ctx context.Context, who access.Actor, m Mark, n int) error {
	if n <= m.Seen || who.For != "" {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return mark(ctx, tx, who.Person, m.Thread, n, "") })
}

// SetFollow says how the actor hears of new posts in a thread. Who may: the people
// of the network, in the own name.
func (s *Service) SetFollow(ctx context.Context, who access.Actor, network networks.ID, id ThreadID, how Follow) (err error) {
	defer fault.Wrap(&err, "follow thread %s", id)
	rm, err := s.enter(ctx, who, network)
	if err != nil {
		return err
	}
	if who.For != "" || rm.find(string(who.Person)) == nil {
		return fault.New(fault.Forbidden, "talk.fault.own_name")
	}
	if !slices.Contains([]Follow{FollowInbox, FollowLetters, FollowOff}, how) {
		return fault.InvalidFields([]fault.Field{{Name: "sposob", Key: "talk.fault.choose"}})
	}
	t, err := threadOf(ctx, s.db, network, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// Letters tell of what is said from now on.
		_, err := tx.Exec(ctx, `insert into talk_marks (person, thread, follow, lettered) values (?, ?, ?, ?)
			on conflict (person, thread) do update set follow = excluded.follow, lettered = excluded.lettered`, who.Person, id, how, t.Posts)
		return err
	})
}
