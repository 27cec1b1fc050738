package notify

import (
	"context"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// The hours at which a gathered letter can come.
const (
	firstHour = 5
	lastHour  = 22
)

// everything stands for all topics in a link to unsubscribe.
const everything = "*"

// Settings are what a person chose.
type Settings struct {
	Hour   int
	Topics map[string]Frequency // that differ from the usual
}

// Settings reads what a person chose.
func (s *Service) Settings(ctx context.Context, person string) (Settings, error) {
	return settingsOf(ctx, s.db, person, s.hour)
}

func settingsOf(ctx context.Context, r db.Reader, person string, usual int) (Settings, error) {
	w, err := wishOf(ctx, r, person, "", usual)
	set := Settings{Hour: w.Hour, Topics: map[string]Frequency{}}
	if err != nil {
		return set, err
	}
	var rows []struct {
		Topic     string    `db:"topic"`
		Frequency Frequency `db:"frequency"`
	}
	err = r.Select(ctx, &rows, `select topic, frequency from notify_choices where person = ?`, person)
	for _, row := range rows {
		set.Topics[row.Topic] = row.Frequency
	}
	return set, err
}

// Choose writes what a person wants, for the topics named and no others, and
// moves what still waits for a letter. An unknown topic, frequency or hour is a
// fault of kind BadRequest: our forms offer none.
func (s *Service) Choose(ctx context.Context, person string, set Settings) (err error) {
	defer fault.Wrap(&err, "choose frequencies")
	if set.Hour < firstHour || set.Hour > lastHour {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	for topic, f := range set.Topics {
		if _, known := s.topics.byKey[topic]; !known || !slices.Contains(frequencies[:], f) {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into notify_people (person, hour) values (?, ?)
			on conflict (person) do update set hour = excluded.hour`, person, set.Hour)
		if err != nil {
			return err
		}
		for _, t := range s.topics.topics {
			if f, named := set.Topics[t.Key]; named {
				if err := s.choose(ctx, tx, person, t, f); err != nil {
					return err
				}
			}
		}
		return s.replan(ctx, tx, person, now)
	})
}

// choose keeps a row only for what differs from the usual.
func (s *Service) choose(ctx context.Context, tx *db.Tx, person string, t Topic, f Frequency) error {
	if f == t.frequency("", false) {
		_, err := tx.Exec(ctx, `delete from notify_choices where person = ? and topic = ?`, person, t.Key)
		return err
	}
	_, err := tx.Exec(ctx, `insert into notify_choices (person, topic, frequency) values (?, ?, ?)
		on conflict (person, topic) do update set frequency = excluded.frequency`, person, t.Key, f)
	return err
}

// replan gives everything that waits for a gathered letter its time by the
// settings of now. What is urgent by itself keeps its time, unless no letters
// are wanted at all.
func (s *Service) replan(ctx context.Context, tx *db.Tx, person string, now time.Time) error {
	set, err := settingsOf(ctx, tx, person, s.hour)
	if err != nil {
		return err
	}
	soon := false
	for _, t := range s.topics.topics {
		f := t.frequency(set.Topics[t.Key], false)
		which := ` and urgent = false`
		if f == Never {
			which = ``
		}
		n, err := tx.Exec(ctx, `update notify_items set due_at = ?, urgent = ? where person = ? and topic = ? and due_at is not null`+which,
			dueAt(f, now, set.Hour), f == Now, person, t.Key)
		if err != nil {
			return err
		}
		soon = soon || f == Now && n > 0
	}
	if !soon {
		return nil
	}
	return ask(ctx, tx, person)
}

// stop ends letters: about one topic, or everything that is gathered. Urgent
// news of topics that were not named still comes; it can be ended by itself.
func (s *Service) stop(ctx context.Context, person, topic string) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		set, err := settingsOf(ctx, tx, person, s.hour)
		if err != nil {
			return err
		}
		for _, t := range s.topics.topics {
			gathered := t.frequency(set.Topics[t.Key], false) != Now
			if t.Key == topic || topic == everything && gathered {
				if err := s.choose(ctx, tx, person, t, Never); err != nil {
					return err
				}
			}
		}
		return s.replan(ctx, tx, person, now)
	})
}

// Held is all that is kept about a person here.
type Held struct {
	Inbox    []HeldItem           `json:"inbox"`
	Topics   map[string]Frequency `json:"topics"`
	Hour     int                  `json:"hour"`
	Calendar bool                 `json:"calendar"` // a personal address is open
	Feed     bool                 `json:"feed"`
}

// HeldItem is one thing that a person was told, in the person's language.
type HeldItem struct {
	At    int64  `json:"at"` // UTC seconds
	Topic string `json:"topic"`
	Text  string `json:"text"`
	Read  bool   `json:"read"`
}

// Held gathers what is kept about a person, for the download of all that is.
func (s *Service) Held(ctx context.Context, person string) (h Held, err error) {
	defer fault.Wrap(&err, "what is held in the inbox")
	a, err := s.people.Addressee(ctx, person)
	if err != nil {
		return h, err
	}
	l := s.catalog.In(a.Lang)
	var rows []item
	err = s.db.Select(ctx, &rows, `select id, topic, message, args, link, created_at, read_at from notify_items where person = ? order by id`, person)
	if err != nil {
		return h, err
	}
	for _, i := range rows {
		h.Inbox = append(h.Inbox, HeldItem{i.CreatedAt, s.topicName(l, i.Topic), s.title(ctx, l, i), i.ReadAt != nil})
	}
	set, err := s.Settings(ctx, person)
	if err != nil {
		return h, err
	}
	h.Topics, h.Hour = set.Topics, set.Hour
	made, err := s.feedsOf(ctx, person)
	h.Calendar, h.Feed = made[calendar] != 0, made[feed] != 0
	return h, err
}

// Erase deletes all that is kept about a person and tells how many rows that was.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, person string) (rows int, err error) {
	defer fault.Wrap(&err, "erase inbox")
	for _, statement := range []string{`delete from notify_items where person = ?`, `delete from notify_choices where person = ?`,
		`delete from notify_people where person = ?`, `delete from notify_letters where person = ?`, `delete from notify_feeds where person = ?`} {
		n, err := tx.Exec(ctx, statement, person)
		if err != nil {
			return 0, err
		}
		rows += int(n)
	}
	return rows, nil
}
