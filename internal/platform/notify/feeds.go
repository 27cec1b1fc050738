package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/feeds"

	"kladka/internal/platform/audit"
	ical "kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// A kind of personal address.
const (
	calendar = "calendar"
	feed     = "feed"
)

var feedKinds = [...]string{calendar, feed}

// Entry is one thing in a person's calendar. Its words are the person's own
// matters; they name no other person's address.
type Entry struct {
	ID       string // of the thing, the same each time
	Title    string
	Place    string
	Link     string // a path of ours, "" for none
	From, To time.Time
	AllDay   bool // From and To are days; To is the day after the last
	Canceled bool
	Changed  time.Time
}

// CalendarSource gives the entries of a person that touch the span.
type CalendarSource func(ctx context.Context, person string, from, to time.Time) ([]Entry, error)

// AddCalendar lets a module put entries into people's calendars. It is called
// while the program is put together.
func (s *Service) AddCalendar(source CalendarSource) { s.sources = append(s.sources, source) }

// NewFeed makes a person's address of a kind, voids the one before, and
// returns the secret in it: 130 bits, shown once, kept as a keyed hash.
func (s *Service) NewFeed(ctx context.Context, by audit.By, kind string) (secret string, err error) {
	defer fault.Wrap(&err, "new personal address")
	if !slices.Contains(feedKinds[:], kind) {
		return "", fault.New(fault.BadRequest, "fault.bad_request")
	}
	secret, at := strings.ToLower(rand.Text()), s.now()
	return secret, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into notify_feeds (kind, person, secret, made_at) values (?, ?, ?, ?)
			on conflict (kind, person) do update set secret = excluded.secret, made_at = excluded.made_at`,
			kind, by.Person, s.feedHash(kind, secret), at.Unix())
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "notify.feed_made", Object: kind, ObjectID: by.Person, Subject: by.Person}, at)
	})
}

// EndFeed voids a person's address of a kind.
func (s *Service) EndFeed(ctx context.Context, by audit.By, kind string) (err error) {
	defer fault.Wrap(&err, "end personal address")
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from notify_feeds where kind = ? and person = ?`, kind, by.Person)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "notify.feed_ended", Object: kind, ObjectID: by.Person, Subject: by.Person}, at)
	})
}

func (s *Service) feedHash(kind, secret string) string {
	return hex.EncodeToString(s.keys.MAC("feed", kind, secret))
}

// feedsOf tells when a person's addresses were made, by kind.
func (s *Service) feedsOf(ctx context.Context, person string) (map[string]int64, error) {
	made := map[string]int64{}
	err := s.db.Each(ctx, func(scan func(...any) error) error {
		var kind string
		var at int64
		err := scan(&kind, &at)
		made[kind] = at
		return err
	}, `select kind, made_at from notify_feeds where person = ?`, person)
	return made, err
}

var secretShape = regexp.MustCompile(`^[a-z2-7]{26}$`)

// owner finds whose address it is. A changed, ended or made-up secret is
// fault.NotFound, and so is that of a closed account.
func (s *Service) owner(ctx context.Context, kind, secret string) (person string, a Addressee, err error) {
	if !secretShape.MatchString(secret) {
		return "", a, fault.ErrNotFound
	}
	err = s.db.Get(ctx, &person, `select person from notify_feeds where secret = ? and kind = ?`, s.feedHash(kind, secret), kind)
	if err != nil {
		return "", a, err
	}
	if a, err = s.people.Addressee(ctx, person); err == nil && !a.Active {
		err = fault.ErrNotFound
	}
	return person, a, err
}

// A calendar reaches three months back and thirteen ahead.
const monthsBack, monthsAhead = -3, 13

// calendarOf is a person's calendar, as calendar programs read it.
func (s *Service) calendarOf(ctx context.Context, person string, l *i18n.L) (string, error) {
	now := s.now()
	c := ical.Calendar{Name: l.T("notify.calendar.name"), Refresh: time.Hour}
	for _, source := range s.sources {
		entries, err := source(ctx, person, now.AddDate(0, monthsBack, 0), now.AddDate(0, monthsAhead, 0))
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			c.Events = append(c.Events, s.event(e, now))
		}
	}
	var b strings.Builder
	err := ical.Write(&b, c)
	return b.String(), err
}

// event is an entry for calendar programs. Its ID goes hashed: it is unique as
// it was, and tells nothing whatever a module names its things by.
func (s *Service) event(e Entry, now time.Time) ical.Event {
	v := ical.Event{
		UID:   hex.EncodeToString(s.keys.MAC("calendar entry", e.ID)[:16]) + "@kladka",
		Title: wordsOnly(e.Title), Place: wordsOnly(e.Place),
		Starts: e.From, Ends: e.To, AllDay: e.AllDay, Stamp: e.Changed, Changed: e.Changed, Canceled: e.Canceled,
	}
	if e.Changed.IsZero() {
		v.Stamp = now
	}
	if e.To.Before(e.From) {
		v.Ends = time.Time{} // one odd entry must not hide the others
	}
	if e.Link != "" {
		v.URL = s.post.URL(e.Link)
	}
	return v
}

// wordsOnly leaves no end of a line and no address of a person in words that
// go out to other programs.
func wordsOnly(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return address.ReplaceAllString(strings.TrimSpace(text), "…")
}

// shownInFeed is how many things a feed tells.
const shownInFeed = 50

// feedOf is a person's inbox as a feed: titles and links, nothing more. The
// links ask for signing in.
func (s *Service) feedOf(ctx context.Context, person string, l *i18n.L) (string, error) {
	var rows []item
	err := s.db.Select(ctx, &rows, `select id, topic, message, args, link, created_at from notify_items
		where person = ? order by id desc limit ?`, person, shownInFeed)
	if err != nil {
		return "", err
	}
	f := &feeds.AtomFeed{Xmlns: "http://www.w3.org/2005/Atom", Title: l.T("notify.feed.name"), Id: s.post.URL(inboxPath),
		Updated: s.now().UTC().Format(time.RFC3339), Link: &feeds.AtomLink{Href: s.post.URL(inboxPath)}, Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: "Kładka"}}}
	for n, i := range rows {
		at := i.created().UTC().Format(time.RFC3339)
		if n == 0 {
			f.Updated = at
		}
		f.Entries = append(f.Entries, &feeds.AtomEntry{Title: wordsOnly(s.title(ctx, l, i)), Updated: at, Id: "urn:uuid:" + i.ID,
			Links: []feeds.AtomLink{{Href: s.post.URL(inboxPath + "/" + i.ID), Rel: "alternate"}}})
	}
	return feeds.ToXML(f)
}
