package audit

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
)

// Names tells how people and institutions are called now. The log keeps ids
// only. An id that is unknown, because the person was erased, is left out.
type Names interface {
	People(ctx context.Context, ids []string) (map[string]string, error)
	Institutions(ctx context.Context, ids []string) (map[string]string, error)
}

// Veil is what Names may know as well: of whom the log names no name. It is
// read by people who must not see who goes to which school.
type Veil interface {
	Veiled(ctx context.Context, ids []string) (map[string]bool, error)
}

// Config is what the log needs.
type Config struct {
	DB    *db.DB
	Keys  *secrets.Keys
	Names Names
	Now   func() time.Time
	Log   *slog.Logger

	// Folder, when set, gets a file checkpoints.jsonl with a line an hour. It
	// should lie on another machine, or be copied there.
	Folder string
	// Deliver, when set, takes a checkpoint off the machine, for instance by
	// mail. It may be called more than once for the same checkpoint.
	Deliver func(ctx context.Context, c Checkpoint) error
	// Keep tells after how many months the personal parts are erased (KRI: two
	// years at least). Without it nothing is ever erased by age.
	Keep func(ctx context.Context) (months int, err error)
}

// Log is the service: it links, seals, shows and erases. Writing needs none,
// see Record.
type Log struct {
	Config
	signing ed25519.PrivateKey
	marks   marker
}

// New makes the service.
func New(c Config) *Log {
	return &Log{Config: c, signing: c.Keys.Signing(signingPurpose), marks: newMarker(c.Keys)}
}

const signingPurpose = "audit"

// PublicKey is the public half of the key that seals the log of this
// installation. Keep it where you keep the checkpoints.
func PublicKey(keys *secrets.Keys) ed25519.PublicKey {
	return keys.Signing(signingPurpose).Public().(ed25519.PublicKey)
}

const deliverKind = "audit.deliver"

// Jobs registers the work of the log: linking every second, the alarm every
// minute, checkpoints every hour, erasure by age every day.
func (s *Log) Jobs(r *jobs.Registry) {
	r.Every("audit.link", time.Second, func(ctx context.Context) error {
		_, err := s.Link(ctx)
		return err
	})
	r.Every("audit.watch", time.Minute, s.watch)
	r.Every("audit.checkpoint", time.Hour, func(ctx context.Context) error {
		_, err := s.Checkpoint(ctx)
		return err
	})
	r.Every("audit.expire", 24*time.Hour, func(ctx context.Context) error {
		_, err := s.Expire(ctx)
		return err
	})
	jobs.On(r, deliverKind, func(ctx context.Context, _ jobs.Job, _ struct{}) error { return s.deliver(ctx) })
}

// Read writes that somebody looked at sensitive data. Call it before the data
// is shown: what cannot be logged is not shown. The same look within the hour
// costs a search in an index and writes nothing, once the first is linked.
func (s *Log) Read(ctx context.Context, by By, e Entry) (err error) {
	defer fault.Wrap(&err, "record the read %s", e.Action)
	e.Read = true
	now := s.Now()
	details, err := detailsText(e.Details)
	if err != nil {
		return err
	}
	known, err := alreadyRead(ctx, s.DB, readKey(by, e, details, now))
	if err != nil || known {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return Record(ctx, tx, by, e, now) })
}
