// Package notify tells people what happens in their own matters.
//
// A module calls Tell in the transaction of what happened. A row goes into the
// person's inbox at /konto/powiadomienia, and, as the person chose for the
// topic, into a letter: at once, gathered once a day, gathered on Mondays, or
// never. Whoever chose nothing gets at most one gathered letter a day, however
// many modules have something to say, and urgent ones at once.
//
// How letters come about:
//
//  1. Tell writes beside the row when a letter may tell of it (due_at), by the
//     settings of that moment; changing the settings moves what still waits.
//  2. Every five minutes a job looks for people with something due, in batches
//     by their ids, and enqueues one job for each. What is told at once does
//     not wait for that: Tell enqueues the person's job itself.
//  3. The person's job writes one letter about everything that is due. The
//     letter and the marks on the rows are one transaction: a crash repeats
//     both or neither, so nothing is told twice and nothing is lost.
//  4. Counters in a table keep to one gathered letter a day and ten urgent ones
//     an hour. What is too much waits for the next hour, and is then one letter.
//
// The words are made when they are read, in the reader's language: a row keeps
// the key of a sentence and its arguments.
package notify

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/secrets"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// Frequency is how often letters tell of a topic.
type Frequency string

// The frequencies. Never means that the inbox alone tells.
const (
	Now    Frequency = "now"
	Daily  Frequency = "daily"
	Weekly Frequency = "weekly"
	Never  Frequency = "never"
)

var frequencies = [...]Frequency{Now, Daily, Weekly, Never}

// Topic is a kind of news that people can choose a frequency for. Its name and
// what it is about are the texts topic.KEY and topic.KEY_text of the module.
type Topic struct {
	Key     string    // "training.seats"
	Urgent  bool      // is told at once unless a person chose otherwise
	Default Frequency // "" is Daily
}

// Registry knows the topics. It is filled while the program is put together.
type Registry struct {
	topics []Topic
	byKey  map[string]Topic
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{byKey: map[string]Topic{}} }

// Declare adds topics, in the order in which the settings show them. A key
// declared twice, or an unknown frequency, is a mistake in the wiring and panics.
func (r *Registry) Declare(topics ...Topic) {
	for _, t := range topics {
		if t.Default == "" {
			t.Default = Daily
		}
		if _, known := r.byKey[t.Key]; known || t.Key == "" || !slices.Contains(frequencies[:], t.Default) {
			panic(fmt.Sprintf("notify: topic %q (%s) is declared twice or wrongly", t.Key, t.Default))
		}
		r.byKey[t.Key] = t
		r.topics = append(r.topics, t)
	}
}

// Topics lists the topics in the order of their declaration.
func (r *Registry) Topics() []Topic { return slices.Clone(r.topics) }

// Addressee is what letters need to know of a person.
type Addressee struct {
	Name   string
	Email  string // "" when there is none, as with pupils: the inbox alone tells
	Lang   i18n.Lang
	Active bool // a closed account gets no letters and its feeds are gone
}

// People knows addressees. One who is not there is fault.NotFound.
type People interface {
	Addressee(ctx context.Context, id string) (Addressee, error)
}

// Post sends letters; mail.Service does.
type Post interface {
	Send(ctx context.Context, tx *db.Tx, l mail.Letter) (id string, err error)
	URL(path string) string
}

// Config is what the service is made of.
type Config struct {
	DB      *db.DB
	Keys    *secrets.Keys
	Catalog *i18n.Catalog
	Log     *slog.Logger
	Now     func() time.Time
	Post    Post
	People  People
	Topics  *Registry
	Hour    int // of the gathered letter, by the clock in Kraków; 7 when 0
	Limit   int // urgent letters to one person in an hour; 10 when 0
}

// Service tells people. Make it with New.
type Service struct {
	db      *db.DB
	keys    *secrets.Keys
	catalog *i18n.Catalog
	log     *slog.Logger
	now     func() time.Time
	post    Post
	people  People
	topics  *Registry
	hour    int
	limit   int
	sources []CalendarSource
}

// New makes a service.
func New(c Config) *Service {
	s := &Service{db: c.DB, keys: c.Keys, catalog: c.Catalog, log: c.Log, now: c.Now, post: c.Post, people: c.People,
		topics: c.Topics, hour: c.Hour, limit: c.Limit}
	if s.hour == 0 {
		s.hour = 7
	}
	if s.limit == 0 {
		s.limit = 10
	}
	return s
}
