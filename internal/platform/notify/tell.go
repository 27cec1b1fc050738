package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

// Message is one thing to tell one person.
type Message struct {
	To    string // id of the person
	Topic string // declared in the registry
	// Key is the text of the sentence; KEY_text, where there is one, says more.
	Key string
	// Args fill the texts. One whose name ends in _date is a day YYYY-MM-DD,
	// one whose name ends in _at is a moment in UTC seconds; both are written
	// as the reader's language does. One whose name ends in _person is the id
	// of a person, named when it is read: no name lies in an inbox.
	Args map[string]string
	Link string // a path of ours, "" for none
	// Once names what is told, such as "enrollment/ID/offered": the same name
	// is told to a person once, however often the teller repeats itself.
	Once   string
	Urgent bool // at once, though the topic is not urgent as a whole
}

// How long a row of the inbox stays.
const (
	readFor   = 12 // months after it was read
	unreadFor = 24 // months after it was written
)

// Tell writes a message to a person's inbox in the caller's transaction, and
// has it told by letter as the person chose. An unknown topic or text, or a
// link that leaves this site, is a mistake of the caller and an error.
func (s *Service) Tell(ctx context.Context, tx *db.Tx, m Message) (err error) {
	defer fault.Wrap(&err, "tell %s about %s", m.To, m.Topic)
	topic, known := s.topics.byKey[m.Topic]
	switch {
	case m.To == "":
		return fmt.Errorf("nobody to tell")
	case !known:
		return fmt.Errorf("the topic is not declared")
	case !s.catalog.Has(m.Key):
		return fmt.Errorf("there is no text %q", m.Key)
	case m.Link != "" && !web.Local(m.Link):
		return fmt.Errorf("the link %q leaves this site", m.Link)
	}
	wish, err := wishOf(ctx, tx, m.To, m.Topic, s.hour)
	if err != nil {
		return err
	}
	now := s.now()
	f := topic.frequency(wish.Frequency, m.Urgent)
	fresh, err := insert(ctx, tx, m, f, now, wish.Hour)
	if err != nil || !fresh || f != Now {
		return err
	}
	return ask(ctx, tx, m.To)
}

// wish is what a person chose for a topic, and the hour of gathered letters.
type wish struct {
	Frequency Frequency `db:"frequency"`
	Hour      int       `db:"hour"`
}

func wishOf(ctx context.Context, r db.Reader, person, topic string, usual int) (w wish, err error) {
	err = r.Get(ctx, &w, `select coalesce((select frequency from notify_choices where person = ? and topic = ?), '') as frequency,
		coalesce((select hour from notify_people where person = ?), 0) as hour`, person, topic, person)
	if w.Hour == 0 {
		w.Hour = usual
	}
	return w, err
}

// insert tells whether the row is new.
func insert(ctx context.Context, tx *db.Tx, m Message, f Frequency, now time.Time, hour int) (bool, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return false, err
	}
	args, err := json.Marshal(withoutAddresses(m.Args))
	if err != nil {
		return false, err
	}
	var once *string
	if m.Once != "" {
		once = &m.Once
	}
	n, err := tx.Exec(ctx, `insert into notify_items (id, person, topic, message, args, link, once, urgent, created_at, due_at, expires_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (person, once) do nothing`,
		id.String(), m.To, m.Topic, m.Key, string(args), m.Link, once, f == Now, now.Unix(), dueAt(f, now, hour),
		now.AddDate(0, unreadFor, 0).Unix())
	return n > 0, err
}

func dueAt(f Frequency, now time.Time, hour int) *int64 {
	at, ok := due(f, now, hour)
	if !ok {
		return nil
	}
	seconds := at.Unix()
	return &seconds
}

// ask has a letter written to a person now. Letters asked for meanwhile are one.
func ask(ctx context.Context, tx *db.Tx, person string, options ...jobs.Option) error {
	_, err := jobs.Enqueue(ctx, tx, "notify.letter", letterJob{person}, append(options, jobs.Unique(person))...)
	return err
}

// addresses of people have no business in what is told to others. They come
// along in titles that people type; the rest of the title stays.
var address = regexp.MustCompile(`[\p{L}\d._%+'-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+`)

func withoutAddresses(args map[string]string) map[string]string {
	clean := make(map[string]string, len(args))
	for name, value := range args {
		clean[name] = address.ReplaceAllString(value, "…")
	}
	return clean
}
