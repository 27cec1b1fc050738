// Package mail sends letters, one recipient each, and shows what became of them.
//
// Send writes a letter in the transaction of the change that it tells of: no
// letter without the change, and none twice because the transaction ran twice.
// A job then hands it to the SMTP server. Without SMTP settings, and in a demo,
// whose people are invented, no letter leaves: it is kept, and the office reads
// it at /administracja/poczta and passes it on by other means.
//
// What a writer of letters must know:
//
//  1. A letter is plain text in the reader's language, written by the caller
//     (paragraphs parted by an empty line, no width of their own). It never
//     holds another person's address; the only address in it is the reader's.
//  2. Links are made with URL, from the address in the settings. The Host
//     header is what a stranger says about us, and is used nowhere here.
//  3. The words wait sealed under a key outside the database, because they may
//     hold one-time links, and are erased when they were delivered.
//  4. Whoever opens a letter lets in whoever has its link: mark it Secret.
//  5. A letter may carry a calendar, which mail programs take in. Programs that
//     know none show the text, so the text says all that the calendar says.
//  6. Delivery is at least once: a process that dies between the server's "250"
//     and our commit sends again, under the same Message-ID, by which mailboxes
//     know the copy.
package mail

import (
	"context"
	"crypto/x509"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// maxText is the most bytes of one letter.
const maxText = 200_000

// Letter is one letter to one person.
type Letter struct {
	To      string // the address alone, without a name
	Lang    i18n.Lang
	Subject string
	Text    string
	Secret  bool   // holds a link that lets in whoever has it
	Bulk    bool   // nobody waits for it: it gives way to letters that somebody does
	Person  string // id of the reader, "" when they have no account
	Topic   string // "access.link", "notify.digest"; for the office's page
	// UnsubscribeURL, made with URL, ends letters of this kind (RFC 8058).
	UnsubscribeURL string
	// Calendar is what package calendar wrote, nil for none: mail programs enter
	// it into the reader's calendar, change it there or strike it out, as
	// CalendarMethod says (calendar.Publish, Request or Cancel), which must be
	// the method inside.
	Calendar       []byte
	CalendarMethod string
}

// SMTP is how letters leave.
type SMTP struct {
	Host     string
	Port     int // 0: 465 for "tls", 587 for "starttls", 25 for "none"
	User     string
	Password string
	TLS      string // "starttls" (also when empty), "tls", or "none", for this machine only
	From     string // "Kładka <kladka@example.org>"

	roots   *x509.CertPool // of tests
	timeout time.Duration  // of one talk with the server; 30 s when 0
}

// Config is what the service is made of.
type Config struct {
	DB      *db.DB
	Keys    *secrets.Keys
	Catalog *i18n.Catalog
	Log     *slog.Logger
	Now     func() time.Time
	Demo    bool
	SMTP    *SMTP  // nil: letters are kept for the office to read
	ReplyTo string // an address that people may answer to, "" for none
	Base    string // how people reach us: "https://kladka.example"
	Listen  string // host and port we listen on, for links while Base is ""
}

// Service sends letters. Make it with New.
type Service struct {
	db      *db.DB
	keys    *secrets.Keys
	catalog *i18n.Catalog
	log     *slog.Logger
	now     func() time.Time
	demo    bool
	smtp    *SMTP // nil: nothing leaves
	from    *netmail.Address
	replyTo string
	base    string
}

// New checks the settings; what is wrong with them is an error at the start
// and not at the first letter.
func New(c Config) (_ *Service, err error) {
	defer fault.Wrap(&err, "mail")
	s := &Service{db: c.DB, keys: c.Keys, catalog: c.Catalog, log: c.Log, now: c.Now, demo: c.Demo}
	if s.base, err = baseOf(c.Base, c.Listen); err != nil {
		return nil, err
	}
	if c.ReplyTo != "" {
		if s.replyTo, err = addressOf(c.ReplyTo); err != nil {
			return nil, fmt.Errorf("address for answers %q: not an address", c.ReplyTo)
		}
	}
	if c.SMTP == nil {
		return s, nil
	}
	if s.from, err = c.SMTP.check(); err != nil {
		return nil, err
	}
	if c.Base == "" && !c.Demo {
		return nil, errors.New("letters hold links: the address at which people reach us must be set")
	}
	if !c.Demo { // invented people have addresses that may be real
		s.smtp = c.SMTP
	}
	return s, nil
}

// baseOf is the beginning of every link, without a slash at its end.
func baseOf(base, listen string) (string, error) {
	if base == "" {
		base = "http://" + listen
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("address %q: want https://HOST", base)
	}
	return u.Scheme + "://" + u.Host, nil
}

// URL is the whole address of a page of ours, for letters and feeds. What does
// not stay on this site becomes the front page.
func (s *Service) URL(path string) string {
	if !web.Local(path) {
		path = "/"
	}
	return s.base + path
}

// Leaves tells whether letters leave this machine.
func (s *Service) Leaves() bool { return s.smtp != nil }

// words are what is sealed.
type words struct {
	Subject     string `json:"s"`
	Text        string `json:"t"`
	Unsubscribe string `json:"u,omitempty"`
	Calendar    string `json:"c,omitempty"`
	Method      string `json:"m,omitempty"`
}

// Send writes a letter in the caller's transaction and enqueues its delivery.
// An address that cannot be one is a fault of kind Invalid (mail.fault.address)
// for the field "email". Control characters of subject and text are taken out.
func (s *Service) Send(ctx context.Context, tx *db.Tx, l Letter) (id string, err error) {
	defer fault.Wrap(&err, "letter about %s", l.Topic)
	to, err := addressOf(l.To)
	if err != nil {
		return "", err
	}
	w := words{Subject: oneLine(l.Subject), Text: plainText(l.Text), Unsubscribe: l.UnsubscribeURL, Calendar: string(l.Calendar), Method: l.CalendarMethod}
	switch {
	case w.Subject == "" || w.Text == "" || l.Topic == "":
		return "", errors.New("subject, text or topic is empty")
	case len(w.Text) > maxText:
		return "", errors.New("the text is too long")
	case w.Unsubscribe != "" && !s.own(w.Unsubscribe):
		return "", errors.New("the address to unsubscribe is not ours")
	case !w.calendarFits():
		return "", errors.New("the calendar is none, too long, or of another method")
	}
	return s.insert(ctx, tx, l, to, w)
}

// own tells whether an address was made with URL.
func (s *Service) own(address string) bool {
	path, ok := strings.CutPrefix(address, s.base)
	return ok && web.Local(path) && !strings.ContainsAny(path, "<> ")
}

// calendarFits tells whether the calendar, if there is one, can travel. Its
// method stands in a header as well, so that no other word may come there.
func (w words) calendarFits() bool {
	if w.Calendar == "" {
		return w.Method == ""
	}
	known := w.Method == calendar.Publish || w.Method == calendar.Request || w.Method == calendar.Cancel
	return known && len(w.Calendar) <= maxText && strings.HasPrefix(w.Calendar, "BEGIN:VCALENDAR\r\n") &&
		strings.Contains(w.Calendar, "\r\nMETHOD:"+w.Method+"\r\n")
}

// Sender is the address from which letters come, "" while none leave. Calendar
// programs change an event only for whoever asked for it first, so events in
// letters name it as their organizer.
func (s *Service) Sender() string {
	if s.from == nil {
		return ""
	}
	return s.from.Address
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, l Letter, to string, w words) (string, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	id, now, state, job := u.String(), s.now(), kept, jobs.ID("")
	if s.smtp != nil {
		state = waiting
		options := []jobs.Option{jobs.Unique(id)}
		if l.Bulk {
			options = append(options, jobs.At(now))
		}
		if job, err = jobs.Enqueue(ctx, tx, "mail.deliver", delivery{id}, options...); err != nil {
			return "", err
		}
	}
	_, err = tx.Exec(ctx, `insert into mail_letters
		(id, topic, person, lang, address, recipient, domain, words, secret, state, job, day, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, l.Topic, l.Person, l.Lang, s.keys.Seal("mail address", id, []byte(to)), s.hash(to), domainOf(to),
		s.keys.Seal("mail", id, data), l.Secret, state, job, dayOf(now), now.Unix())
	return id, err
}

func dayOf(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }
