package talk

import (
	"cmp"
	"context"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/web"
)

// When letters of a thread go: what is said within ten minutes is one letter; at
// night and at weekends none comes, for nobody has to read about work then. What
// was said meanwhile comes in the next morning's letter.
const (
	gathers      = 10 * time.Minute
	quietFrom    = 20 // hours by the clock in Kraków
	quietUntil   = 7
	shownPosts   = 10                  // in one letter; the thread has the rest
	shownBytes   = 64 << 10            // of words after the first post: letters have a longest size
	linkHolds    = 14 * 24 * time.Hour // two weeks: over a break between terms
	letterStays  = 30 * 24 * time.Hour // after that, so that a late click is answered by a reason
	letterKind   = "talk.letter"
	sweepLetters = 1000
)

// letterAt is when a letter about something said now may come.
func letterAt(now time.Time) time.Time {
	at := now.Add(gathers).In(web.Warsaw)
	for quiet(at) {
		day := at.Day()
		if at.Hour() >= quietUntil {
			day++
		}
		at = time.Date(at.Year(), at.Month(), day, quietUntil, 0, 0, 0, web.Warsaw)
	}
	return at
}

// quiet tells whether no letter comes at a time by the clock in Kraków.
func quiet(at time.Time) bool {
	day := at.Weekday()
	return day == time.Saturday || day == time.Sunday || at.Hour() < quietUntil || at.Hour() >= quietFrom
}

// letterJob is the payload of a letter of one thread to one person.
type letterJob struct {
	Person access.PersonID `json:"person"`
	Thread ThreadID        `json:"thread"`
}

// Jobs registers the letters, and the forgetting of old ones.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, letterKind, func(ctx context.Context, _ jobs.Job, p letterJob) error { return s.write(ctx, p) })
	r.Every("talk.sweep", 24*time.Hour, s.Sweep)
}

// Sweep deletes letters whose link ran out long ago.
func (s *Service) Sweep(ctx context.Context) error {
	before := s.now().Add(-letterStays).Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from talk_letters where id in (select id from talk_letters where expires_at < ? order by expires_at, id limit ?)`, before, sweepLetters)
		return err
	})
}

// write sends somebody what was said in a thread since they read it or since the
// last letter. Whoever is no longer inside gets none; who has no address is told
// in the inbox.
func (s *Service) write(ctx context.Context, p letterJob) (err error) {
	defer fault.Wrap(&err, "letter of thread %s to %s", p.Thread, p.Person)
	var t Thread
	err = s.db.Get(ctx, &t, `select `+threadColumns+` from talk_threads t where t.id = ?`, p.Thread)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	rm, err := s.insider(ctx, p.Person, t)
	if refused(err) {
		return nil
	}
	if err != nil {
		return err
	}
	to, err := s.People.Reachable(ctx, p.Person)
	if err != nil {
		return err
	}
	l := letter{To: to, T: t, Network: rm.N.Title, L: s.Catalog.In(to.Lang), Sent: s.now()}
	if l.M, err = markOf(ctx, s.db, p.Person, t.ID); err != nil || l.M.Follow != FollowLetters {
		return err
	}
	if err := s.fill(ctx, rm, &l); err != nil || len(l.Posts) == 0 {
		return err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.send(ctx, tx, l) })
	if fault.KindOf(err) == fault.Invalid { // no letter comes to this address, or there is none
		return s.db.Write(ctx, func(tx *db.Tx) error { return s.tellPosted(ctx, tx, rm, t, l.Sent, p.Person) })
	}
	return err
}

// insider reads the network of a thread for somebody who is not here, as they
// would find it now: with all roles of their account, in the own name.
func (s *Service) insider(ctx context.Context, person access.PersonID, t Thread) (rm room, err error) {
	who, err := s.People.Actor(ctx, person)
	if err != nil {
		return rm, err
	}
	return s.enter(ctx, who, t.Network)
}

// refused tells whether an error says that somebody may not, or is not there.
func refused(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Forbidden || kind == fault.NotFound || kind == fault.SignedOut)
}

// letter is one letter of a thread.
type letter struct {
	To      access.Person
	T       Thread
	M       Mark
	Network string
	L       *i18n.L
	Posts   []Post // what is told, without own posts and those that show nothing
	Last    int    // number up to which the letter tells
	More    bool   // something was left out
	Names   map[string]string
	Schools map[access.InstitutionID]string
	Sent    time.Time
}

// fill reads what a letter tells.
func (s *Service) fill(ctx context.Context, rm room, l *letter) (err error) {
	from := max(l.M.Seen, l.M.Lettered)
	err = s.db.Select(ctx, &l.Posts, `select `+postColumns+` from talk_posts p where p.thread = ? and p.n > ? and p.n <= ? and p.author <> ? and p.gone = '' and p.hidden_at = 0
		order by p.n limit ?`, l.T.ID, from, l.T.Posts, l.To.ID, shownPosts+1)
	if err != nil {
		return err
	}
	l.Last = l.T.Posts
	l.Posts, l.More = fitting(l.Posts)
	l.Names, l.Schools, err = s.authors(ctx, l.Posts)
	return err
}

// fitting are the posts that one letter holds, and whether some are left out.
func fitting(list []Post) ([]Post, bool) {
	bytes := 0
	for n, p := range list {
		if n == shownPosts || n > 0 && bytes+len(p.Words) > shownBytes {
			return list[:n], true
		}
		bytes += len(p.Words)
	}
	return list, false
}

// authors names who wrote posts, and their schools.
func (s *Service) authors(ctx context.Context, list []Post, more ...string) (names map[string]string, schools map[access.InstitutionID]string, err error) {
	var at []access.InstitutionID
	for _, p := range list {
		more, at = append(more, p.Author), append(at, p.Institution)
	}
	if names, err = s.People.NamesOf(ctx, more); err != nil {
		return nil, nil, err
	}
	schools, err = s.Schools.Names(ctx, at)
	return names, schools, err
}

// send writes the letter and notes how far it tells, both or neither.
func (s *Service) send(ctx context.Context, tx *db.Tx, l letter) error {
	link := Link{ID: newID(), Person: l.To.ID, Thread: l.T.ID, At: l.Sent.Unix(), ExpiresAt: l.Sent.Add(linkHolds).Unix()}
	_, err := tx.Exec(ctx, `insert into talk_letters (id, person, thread, at, expires_at) values (?, ?, ?, ?, ?)`, link.ID, link.Person, link.Thread, link.At, link.ExpiresAt)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update talk_marks set lettered = ? where person = ? and thread = ?`, l.Last, l.To.ID, l.T.ID); err != nil {
		return err
	}
	_, err = s.Mail.Send(ctx, tx, mail.Letter{To: l.To.Email, Lang: l.L.Lang, Subject: l.L.T("talk.letter.subject", "thread", title(l.L, l.T, false)),
		Text: s.written(l, link), Secret: true, Bulk: true, Person: string(l.To.ID), Topic: letterKind})
	return err
}

// written are the words of a letter.
func (s *Service) written(l letter, link Link) string {
	var b strings.Builder
	b.WriteString(l.L.T("talk.letter.hello", "network", l.Network) + "\n\n")
	for _, p := range l.Posts {
		by := cmp.Or(l.Names[p.Author], l.L.T("talk.gone_author"))
		if school := l.Schools[p.Institution]; school != "" {
			by += ", " + school
		}
		b.WriteString(by + ", " + l.L.DateTime(time.Unix(p.At, 0).In(web.Warsaw)) + "\n" + p.Words + "\n\n")
	}
	if l.More {
		b.WriteString(l.L.T("talk.letter.more") + "\n\n")
	}
	until := l.L.Date(time.Unix(link.ExpiresAt, 0).In(web.Warsaw))
	b.WriteString(l.L.T("talk.letter.answer", "until_day", until) + "\n" + s.Mail.URL(s.linkPath(link)) + "\n\n")
	b.WriteString(l.L.T("talk.letter.read") + "\n" + s.Mail.URL(ThreadHref(l.T.Network, l.T.ID)) + "\n\n-- \n" + l.L.T("talk.letter.footer"))
	return b.String()
}

// title is what a thread is called for a reader: those who lead read it though it
// is hidden.
func title(l *i18n.L, t Thread, leads bool) string {
	if t.Hidden && !leads {
		return l.T("talk.hidden_title")
	}
	return t.Title
}
