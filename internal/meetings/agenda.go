package meetings

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

const mostItems = 60 // of one agenda

// NewItem is an item as it is typed.
type NewItem struct {
	Kind     ItemKind
	Title    string
	Words    string
	Topic    TopicID // of an item about a topic that was accepted
	Minutes  int
	Speaker  string
	Guests   string
	Revision int64 // of a change: what was read
}

func (n *NewItem) check() error {
	n.Title, n.Words, n.Speaker, n.Guests = line(n.Title), words(n.Words), line(n.Speaker), words(n.Guests)
	fields := free(needed(nil, "tytul", n.Title, longestTitle), "opis", n.Words, longestWords)
	fields = free(free(fields, "referuje", n.Speaker, longestLine), "goscie", n.Guests, longestWords)
	if n.Minutes < 0 || n.Minutes > 600 {
		fields = append(fields, fault.Field{Name: "minuty", Key: "meetings.lack.minutes"})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return nil
}

// firstAgenda is what a new meeting begins with: the open decisions, what the
// series did not finish, and its usual items.
func firstAgenda(ctx context.Context, tx *db.Tx, m Meeting) error {
	if err := putItem(ctx, tx, Item{ID: ItemID(newID()), Meeting: m.ID, Kind: Standing}); err != nil {
		return err
	}
	if err := carry(ctx, tx, m); err != nil {
		return err
	}
	var usual []Item
	if err := tx.Select(ctx, &usual, `select kind, title, words, minutes, speaker from meetings_usual where series = ? order by no`, m.Series); err != nil {
		return err
	}
	for _, i := range usual {
		i.ID, i.Meeting = ItemID(newID()), m.ID
		if err := putItem(ctx, tx, i); err != nil {
			return err
		}
	}
	return nil
}

// carry takes over what the latest meeting of the series did not finish. An
// item goes on once, with its topic; one that went to a meeting that was
// canceled goes on again.
func carry(ctx context.Context, tx *db.Tx, m Meeting) error {
	var last MeetingID
	err := tx.Get(ctx, &last, `select m.id from meetings_meetings m where m.series = ? and m.id <> ? and m.state in (?, ?, ?, ?) and m.starts_at < ?
		order by m.starts_at desc, m.id desc limit 1`, m.Series, m.ID, Held, MinutesDraft, MinutesAdopted, Archived, m.StartsAt)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var open []Item
	if err := tx.Select(ctx, &open, `select `+ItemColumns+` from meetings_items i where i.meeting = ? and i.done = ? and i.kind in (?, ?)
		and not exists (select 1 from meetings_items n join meetings_meetings c on c.id = n.meeting where n.from_item = i.id and c.state <> ?)
		order by i.no, i.id`, last, false, Plain, OfTopic, Canceled); err != nil {
		return err
	}
	for _, i := range open {
		i.From, i.ID, i.Meeting = i.ID, ItemID(newID()), m.ID
		if err := putItem(ctx, tx, i); err != nil {
			return err
		}
		if i.Topic != "" {
			if _, err := tx.Exec(ctx, `update meetings_topics set state = ?, meeting = ?, revision = revision + 1 where id = ? and state in (?, ?)`,
				OnAgenda, m.ID, i.Topic, OnAgenda, Accepted); err != nil {
				return err
			}
		}
	}
	return nil
}

// putItem writes an item at the end of its agenda.
func putItem(ctx context.Context, tx *db.Tx, i Item) error {
	_, err := tx.Exec(ctx, `insert into meetings_items (id, meeting, revision, no, kind, title, words, topic, from_item, minutes, speaker, guests, done)
		values (?, ?, 1, coalesce((select max(n.no) from meetings_items n where n.meeting = ?), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.Meeting, i.Meeting, i.Kind, i.Title, i.Words, i.Topic, i.From, i.Minutes, i.Speaker, i.Guests, false)
	return err
}

// editAgenda opens a transaction in which the agenda of a meeting yet to come is
// changed. The meeting's row is touched first, so that two changes of one agenda
// follow one another.
func (s *Service) editAgenda(ctx context.Context, who access.Actor, id MeetingID, act string, do func(tx *db.Tx, m Meeting) error) error {
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_meetings set changed_at = ? where id = ? and state in (?, ?, ?, ?)`, s.now().Unix(), id, Planned, AgendaOpen, AgendaClosed, Convened)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.over")
		}
		if err := do(tx, m); err != nil {
			return err
		}
		return s.record(ctx, tx, who, act, "meeting", string(id), m.Owner, nil)
	})
}

// AddItem puts an item at the end of an agenda. One with a topic puts the topic
// on the agenda, and everybody who proposed or supported it is told. Who may:
// whoever runs the meeting, until it is held.
func (s *Service) AddItem(ctx context.Context, who access.Actor, id MeetingID, n NewItem) (item ItemID, err error) {
	defer fault.Wrap(&err, "add an item to meeting %s", id)
	n.Kind = Plain
	var t Topic
	if n.Topic != "" {
		if t, err = s.topicRun(ctx, who, n.Topic); err != nil {
			return "", err
		}
		n.Kind, n.Title = OfTopic, t.Title
		if n.Words == "" {
			n.Words = t.Words
		}
	}
	if err := n.check(); err != nil {
		return "", err
	}
	item = ItemID(newID())
	return item, s.editAgenda(ctx, who, id, "item", func(tx *db.Tx, m Meeting) error {
		var count int
		if err := tx.Get(ctx, &count, `select count(*) from meetings_items where meeting = ?`, id); err != nil {
			return err
		}
		if count >= mostItems {
			return fault.New(fault.Conflict, "meetings.fault.items", "n", mostItems)
		}
		if n.Topic != "" {
			if err := s.topicOnto(ctx, tx, t, m); err != nil {
				return err
			}
		}
		return putItem(ctx, tx, Item{ID: item, Meeting: id, Kind: n.Kind, Title: n.Title, Words: n.Words, Topic: n.Topic, Minutes: n.Minutes, Speaker: n.Speaker, Guests: n.Guests})
	})
}

// topicOnto puts a topic of the same series onto the agenda of a meeting.
func (s *Service) topicOnto(ctx context.Context, tx *db.Tx, t Topic, m Meeting) error {
	if t.Series != m.Series {
		return fault.New(fault.Conflict, "meetings.fault.other_series")
	}
	n, err := tx.Exec(ctx, `update meetings_topics set state = ?, meeting = ?, revision = revision + 1, changed_at = ? where id = ? and state in (?, ?, ?)`,
		OnAgenda, m.ID, s.now().Unix(), t.ID, Proposed, Accepted, Deferred)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "meetings.fault.topic_moved")
	}
	return s.stepTold(ctx, tx, t, Step{What: "on_agenda", Words: m.Title, Path: Href(m.ID), Once: "on_agenda/" + string(m.ID)})
}

// ChangeItem changes the words, the time or the people of an item.
func (s *Service) ChangeItem(ctx context.Context, who access.Actor, id MeetingID, item ItemID, n NewItem) (err error) {
	defer fault.Wrap(&err, "change item %s", item)
	if err := n.check(); err != nil {
		return err
	}
	return s.editAgenda(ctx, who, id, "item", func(tx *db.Tx, _ Meeting) error {
		return changedOne(tx.Exec(ctx, `update meetings_items set title = ?, words = ?, minutes = ?, speaker = ?, guests = ?, revision = revision + 1
			where id = ? and meeting = ? and revision = ? and kind <> ?`, n.Title, n.Words, n.Minutes, n.Speaker, n.Guests, item, id, n.Revision, Standing))
	})
}

// RemoveItem takes an item off an agenda; its topic waits for another meeting.
func (s *Service) RemoveItem(ctx context.Context, who access.Actor, id MeetingID, item ItemID) (err error) {
	defer fault.Wrap(&err, "remove item %s", item)
	return s.editAgenda(ctx, who, id, "item_out", func(tx *db.Tx, m Meeting) error {
		i, err := ItemByID(ctx, tx, id, item)
		if err != nil {
			return err
		}
		if i.Kind == Standing {
			return fault.New(fault.Conflict, "meetings.fault.standing")
		}
		if err := unwritten(ctx, tx, item); err != nil {
			return err
		}
		for _, q := range []string{`delete from meetings_remarks where item = ?`, `update meetings_materials set item = '' where item = ?`, `delete from meetings_items where id = ?`} {
			if _, err := tx.Exec(ctx, q, item); err != nil {
				return err
			}
		}
		if i.Topic != "" {
			if _, err := tx.Exec(ctx, `update meetings_topics set state = ?, meeting = '', revision = revision + 1 where id = ? and meeting = ? and state = ?`, Accepted, i.Topic, id, OnAgenda); err != nil {
				return err
			}
		}
		return renumber(ctx, tx, id, func(list []Item) []Item { return list })
	})
}

// unwritten refuses an item of which the minutes say something already.
func unwritten(ctx context.Context, tx *db.Tx, item ItemID) error {
	var n int
	err := tx.Get(ctx, &n, `select (select count(*) from meetings_texts x where x.item = ?) + (select count(*) from meetings_decisions d where d.item = ?)
		+ (select count(*) from meetings_actions c where c.item = ?) + (select count(*) from meetings_votes b where b.item = ?)`, item, item, item, item)
	if err == nil && n > 0 {
		return fault.New(fault.Conflict, "meetings.fault.item_written")
	}
	return err
}

// MoveItem moves an item one place up or down. The open decisions stay first.
func (s *Service) MoveItem(ctx context.Context, who access.Actor, id MeetingID, item ItemID, up bool) (err error) {
	defer fault.Wrap(&err, "move item %s", item)
	return s.editAgenda(ctx, who, id, "item", func(tx *db.Tx, _ Meeting) error {
		return renumber(ctx, tx, id, func(list []Item) []Item { return moved(list, item, up) })
	})
}

// moved is an agenda with one item a place further up or down, where it can go.
func moved(list []Item, item ItemID, up bool) []Item {
	n := slices.IndexFunc(list, func(i Item) bool { return i.ID == item })
	to := n + 1
	if up {
		to = n - 1
	}
	if n < 0 || to < 0 || to >= len(list) || list[n].Kind == Standing || list[to].Kind == Standing {
		return list
	}
	list[n], list[to] = list[to], list[n]
	return list
}

// renumber writes the numbers of an agenda anew in another order.
func renumber(ctx context.Context, tx *db.Tx, id MeetingID, order func([]Item) []Item) error {
	list, err := ItemsOf(ctx, tx, id)
	if err != nil {
		return err
	}
	for n, i := range order(list) {
		if _, err := tx.Exec(ctx, `update meetings_items set no = ? where id = ? and no <> ?`, n+1, i.ID, n+1); err != nil {
			return err
		}
	}
	return nil
}

// SaveUsual makes the agenda of a meeting the usual one of its series: titles,
// times and speakers, without topics.
func (s *Service) SaveUsual(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "save the agenda of meeting %s as usual", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from meetings_usual where series = ?`, m.Series); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into meetings_usual (series, no, kind, title, words, minutes, speaker)
			select ?, i.no, i.kind, i.title, i.words, i.minutes, i.speaker from meetings_items i where i.meeting = ? and i.kind in (?, ?) and i.from_item = ''`,
			m.Series, id, Plain, Pause); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "usual", "meetings_series", string(m.Series), m.Owner, nil)
	})
}

// Finish says whether an item was finished at a meeting that was held. What was
// not goes on to the next meeting of the series: to one that is planned already
// at once, else when it is planned. Who may: whoever records the meeting.
func (s *Service) Finish(ctx context.Context, who access.Actor, id MeetingID, item ItemID, done bool) (err error) {
	defer fault.Wrap(&err, "finish item %s", item)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	if !m.State.Over() {
		return fault.New(fault.Conflict, "meetings.fault.early")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changedOne(tx.Exec(ctx, `update meetings_items set done = ?, revision = revision + 1 where id = ? and meeting = ? and kind in (?, ?)`, done, item, id, Plain, OfTopic)); err != nil {
			return err
		}
		if done {
			return nil
		}
		return carryOn(ctx, tx, m)
	})
}

// carryOn lets what waits go on to the next meeting of the series that is planned.
func carryOn(ctx context.Context, tx *db.Tx, m Meeting) error {
	var next Meeting
	err := tx.Get(ctx, &next, `select `+MeetingColumns+` from meetings_meetings m where m.series = ? and m.starts_at > ? and m.state in (?, ?, ?, ?)
		order by m.starts_at, m.id limit 1`, m.Series, m.StartsAt, Planned, AgendaOpen, AgendaClosed, Convened)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return carry(ctx, tx, next)
}
