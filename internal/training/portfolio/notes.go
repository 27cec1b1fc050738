package portfolio

import (
	"context"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Note is what the owner noted about an item.
type Note struct {
	Item      string `db:"item"`
	Sealed    string `db:"sealed"`
	Revision  int64  `db:"revision"` // 0: there is none yet
	ChangedAt int64  `db:"changed_at"`
	Text      string `db:"-"`
}

const (
	sealed      = "portfolio.note"
	longestNote = 4000
)

// context binds the sealed words to whose they are and what they are about.
func (n Note) context(person string) string { return person + "/" + n.Item }

func (s *Service) open(person string, n Note) (Note, error) {
	plain, err := s.Keys.Unseal(sealed, n.context(person), n.Sealed)
	n.Text = string(plain)
	return n, err
}

// NoteOf is the actor's own note about an item of the own portfolio. Faults:
// SignedOut, Forbidden, NotFound for what is not in it.
func (s *Service) NoteOf(ctx context.Context, who access.Actor, key string) (i Item, n Note, err error) {
	defer fault.Wrap(&err, "note about %s", key)
	f, err := s.Folder(ctx, who)
	if err != nil {
		return i, n, err
	}
	i, there := f.Item(key)
	if !there || i.Kind == Network {
		return i, n, fault.ErrNotFound
	}
	err = s.db.Get(ctx, &n, `select item, sealed, revision, changed_at from training_portfolio_notes where person = ? and item = ?`, who.Person, key)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return i, Note{Item: key}, nil
	}
	if err != nil {
		return i, n, err
	}
	n, err = s.open(string(who.Person), n)
	return i, n, err
}

// SetNote writes it; no words delete it. Faults as NoteOf, Invalid, and Conflict
// for a page that is old.
func (s *Service) SetNote(ctx context.Context, who access.Actor, key, text string, revision int64) (err error) {
	defer fault.Wrap(&err, "write the note about %s", key)
	if _, _, err := s.NoteOf(ctx, who, key); err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > longestNote {
		return fault.InvalidFields([]fault.Field{{Name: "notatka", Key: "portfolio.fault.long", Args: []any{"n", longestNote}}})
	}
	words := s.Keys.Seal(sealed, Note{Item: key}.context(string(who.Person)), []byte(text))
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if text == "" {
			n, err := tx.Exec(ctx, `delete from training_portfolio_notes where person = ? and item = ? and revision = ?`, who.Person, key, revision)
			if err == nil && n == 0 && revision > 0 {
				err = errChanged
			}
			return err
		}
		n, err := tx.Exec(ctx, `insert into training_portfolio_notes (person, item, sealed, revision, changed_at) values (?, ?, ?, 1, ?)
			on conflict (person, item) do update set sealed = excluded.sealed, revision = training_portfolio_notes.revision + 1, changed_at = excluded.changed_at
			where training_portfolio_notes.revision = ?`, who.Person, key, words, now.Unix(), revision)
		if err == nil && n == 0 {
			err = errChanged
		}
		return err
	})
}

// noted are the items about which there is a note.
func (s *Service) noted(ctx context.Context, person string) (map[string]bool, error) {
	var keys []string
	if err := s.db.Select(ctx, &keys, `select item from training_portfolio_notes where person = ?`, person); err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, key := range keys {
		there[key] = true
	}
	return there, nil
}
