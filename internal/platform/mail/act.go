package mail

import (
	"context"
	"errors"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
)

// Retry hands a letter over once more: one that was given up, one that waits,
// or one kept from before a server was set. It returns fault.Conflict when the
// letter was delivered or dropped, or when no server is set. The caller's
// guard has let the office in.
func (s *Service) Retry(ctx context.Context, by audit.By, id string) (err error) {
	defer fault.Wrap(&err, "retry letter %s", id)
	if _, err := letterByID(ctx, s.db, id); err != nil {
		return err
	}
	if s.smtp == nil {
		return fault.New(fault.Conflict, "mail.fault.no_server")
	}
	return s.act(ctx, by, id, "mail.retry", func(tx *db.Tx, _ row) error {
		n, err := tx.Exec(ctx, `update mail_letters set state = 'waiting', trouble = '', code = 0
			where id = ? and words <> '' and state in ('waiting', 'kept', 'failed')`, id)
		if err := settled(n, err); err != nil {
			return err
		}
		job, err := jobs.Enqueue(ctx, tx, "mail.deliver", delivery{id}, jobs.Unique(id))
		if err != nil || job == "" {
			return err
		}
		_, err = tx.Exec(ctx, `update mail_letters set job = ? where id = ?`, job, id)
		return err
	})
}

// Drop gives a letter up: its words go, and so does the job that was parked
// because of it. It returns fault.Conflict when it was delivered or dropped.
func (s *Service) Drop(ctx context.Context, by audit.By, id string) (err error) {
	defer fault.Wrap(&err, "drop letter %s", id)
	at := s.now().Unix()
	return s.act(ctx, by, id, "mail.drop", func(tx *db.Tx, l row) error {
		n, err := tx.Exec(ctx, `update mail_letters set state = 'dropped', words = '', settled_at = ?
			where id = ? and state in ('waiting', 'kept', 'failed')`, at, id)
		if err := settled(n, err); err != nil || l.Job == "" {
			return err
		}
		err = jobs.Discard(ctx, tx, jobs.ID(l.Job))
		if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Conflict {
			return nil // it is done, or will find nothing to send
		}
		return err
	})
}

// act runs one act of the office on a letter, with its line in the log.
func (s *Service) act(ctx context.Context, by audit.By, id, action string, do func(tx *db.Tx, l row) error) error {
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := letterByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := do(tx, l); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: action, Object: "letter", ObjectID: id, Subject: l.Person}, at)
	})
}

func settled(n int64, err error) error {
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "mail.fault.settled")
	}
	return err
}

// SendTest writes a letter to the person who asks, to see whether mail works.
func (s *Service) SendTest(ctx context.Context, by audit.By, to string, lang i18n.Lang) (id string, err error) {
	defer fault.Wrap(&err, "test letter")
	l, at := s.catalog.In(lang), s.now()
	letter := Letter{To: to, Lang: lang, Person: by.Person, Topic: "mail.test",
		Subject: l.T("mail.test.subject"), Text: l.T("mail.test.text", "link", s.URL("/"))}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if id, err = s.Send(ctx, tx, letter); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "mail.test", Object: "letter", ObjectID: id, Subject: by.Person}, at)
	})
	return id, err
}

// look is a letter that the office opened. Why says, by a message key, why the
// words are not shown; it is "" when they are.
type look struct {
	row
	To    string
	Words words
	Why   string
}

// look opens a letter, and its words where that is allowed: in a demo all, on
// an installation without a server those that hold no link that lets in, else
// none. Each look at words is a line in the log, which their reader can see.
func (s *Service) look(ctx context.Context, by audit.By, id string) (v look, err error) {
	defer fault.Wrap(&err, "look at letter %s", id)
	if v.row, err = letterByID(ctx, s.db, id); err != nil {
		return v, err
	}
	address, err := s.keys.Unseal("mail address", id, v.Address)
	if err == nil {
		v.To = string(address)
	}
	if v.Why = s.whyNot(v.row); v.Why != "" {
		return v, nil
	}
	if _, v.Words, err = s.open(v.row); err != nil {
		v.Why = "mail.why.unreadable"
		return v, nil
	}
	at := s.now()
	return v, s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, by, audit.Entry{Action: "mail.read", Object: "letter", ObjectID: id, Subject: v.Person, Read: true}, at)
	})
}

func (s *Service) whyNot(l row) string {
	switch {
	case l.Words == "":
		return "mail.why.erased"
	case s.demo:
		return ""
	case s.smtp != nil:
		return "mail.why.leaves"
	case l.Secret:
		return "mail.why.secret"
	}
	return ""
}

// Outbox is the letters to an address whose words are still here, the newest
// first. Only a demo gives them out: it is for tests and for the pages that
// show an invented person what they would have got.
func (s *Service) Outbox(ctx context.Context, to string) ([]Letter, error) {
	if !s.demo {
		return nil, errors.New("mail: the outbox is read in a demo only")
	}
	var rows []row
	err := s.db.Select(ctx, &rows, `select id, topic, person, lang, address, words, secret from mail_letters
		where recipient = ? and words <> '' order by id desc limit 100`, s.hash(to))
	if err != nil {
		return nil, err
	}
	var list []Letter
	for _, l := range rows {
		address, w, err := s.open(l)
		if err != nil {
			return nil, err
		}
		list = append(list, Letter{To: address, Lang: i18n.Lang(l.Lang), Subject: w.Subject, Text: w.Text, Secret: l.Secret,
			Person: l.Person, Topic: l.Topic, UnsubscribeURL: w.Unsubscribe, Calendar: []byte(w.Calendar), CalendarMethod: w.Method})
	}
	return list, nil
}
