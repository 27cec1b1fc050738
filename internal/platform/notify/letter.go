package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/web"
)

// letterJob is the payload of a person's job.
type letterJob struct {
	Person string `json:"person"`
}

// Jobs registers the work of this package.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("notify.gather", 5*time.Minute, s.Gather)
	r.Every("notify.sweep", 24*time.Hour, s.Sweep)
	jobs.On(r, "notify.letter", func(ctx context.Context, _ jobs.Job, p letterJob) error { return s.write(ctx, p.Person) })
}

// batch is how many people or rows one transaction touches.
const batch = 200

// Gather finds the people with something due and enqueues a job for each. It
// is run by a periodic job; run twice, it does nothing new.
func (s *Service) Gather(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "gather")
	now := s.now()
	for after := ""; ; {
		var people []string
		err := s.db.Select(ctx, &people, `select distinct person from notify_items
			where due_at is not null and due_at <= ? and person > ? order by person limit ?`, now.Unix(), after, batch)
		if err != nil || len(people) == 0 {
			return err
		}
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			for _, p := range people {
				if err := ask(ctx, tx, p, jobs.At(now)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(people) < batch {
			return err
		}
		after = people[len(people)-1]
	}
}

// write sends a person one letter about everything that is due. Who has no
// address or no account any more gets none, now or later: the inbox tells.
func (s *Service) write(ctx context.Context, person string) (err error) {
	defer fault.Wrap(&err, "letter to %s", person)
	a, err := s.people.Addressee(ctx, person)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return s.silence(ctx, person)
	}
	if err != nil {
		return err
	}
	if !a.Active || a.Email == "" {
		return s.silence(ctx, person)
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.writeIn(ctx, tx, person, a, now) })
	if fault.KindOf(err) == fault.Invalid {
		s.log.Warn("no letter can be sent to this address", "person", person)
		return s.silence(ctx, person)
	}
	return err
}

func (s *Service) silence(ctx context.Context, person string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update notify_items set due_at = null where person = ? and due_at is not null`, person)
		return err
	})
}

func (s *Service) writeIn(ctx context.Context, tx *db.Tx, person string, a Addressee, now time.Time) error {
	if err := s.hold(ctx, tx, person, now); err != nil {
		return err
	}
	var items []item
	err := tx.Select(ctx, &items, `update notify_items set due_at = null where person = ? and due_at is not null and due_at <= ?
		returning id, topic, message, args, link, urgent, created_at, read_at`, person, now.Unix())
	if err != nil {
		return err
	}
	// What the person read meanwhile needs no letter.
	items = slices.DeleteFunc(items, func(i item) bool { return i.ReadAt != nil })
	if len(items) == 0 {
		return nil
	}
	slices.SortFunc(items, func(x, y item) int { return strings.Compare(x.ID, y.ID) })
	id, err := s.post.Send(ctx, tx, s.letter(ctx, person, a, items))
	if err != nil {
		return err
	}
	for part := range slices.Chunk(ids(items), batch) {
		query, args, err := db.In(`update notify_items set letter = ? where id in (?)`, id, part)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

func ids(items []item) []string {
	list := make([]string, len(items))
	for n, i := range items {
		list[n] = i.ID
	}
	return list
}

// hold puts off what would be one letter too many: gathered things to the next
// morning, urgent ones to the next hour. The counters are raised only for what
// is then written, in the same transaction.
func (s *Service) hold(ctx context.Context, tx *db.Tx, person string, now time.Time) error {
	var counts struct {
		Gathered int `db:"gathered"`
		Urgent   int `db:"urgent"`
	}
	err := tx.Get(ctx, &counts, `select cast(coalesce(sum(case when urgent then 0 else 1 end), 0) as integer) as gathered,
		cast(coalesce(sum(case when urgent then 1 else 0 end), 0) as integer) as urgent
		from notify_items where person = ? and due_at is not null and due_at <= ? and read_at is null`, person, now.Unix())
	if err != nil {
		return err
	}
	if counts.Gathered > 0 {
		if err := s.holdPart(ctx, tx, person, now, false); err != nil {
			return err
		}
	}
	if counts.Urgent > 0 {
		return s.holdPart(ctx, tx, person, now, true)
	}
	return nil
}

func (s *Service) holdPart(ctx context.Context, tx *db.Tx, person string, now time.Time, urgent bool) error {
	kind, period, limit, until := "day", dayNumber(now), 1, time.Time{}
	if urgent {
		kind, period, limit, until = "hour", hourNumber(now), s.limit, nextHour(now)
	}
	n, err := tx.Exec(ctx, `insert into notify_letters (person, kind, period, n, at) values (?, ?, ?, 1, ?)
		on conflict (person, kind, period) do update set n = notify_letters.n + 1 where notify_letters.n < ?`,
		person, kind, period, now.Unix(), limit)
	if err != nil || n > 0 {
		return err
	}
	if !urgent {
		w, err := wishOf(ctx, tx, person, "", s.hour)
		if err != nil {
			return err
		}
		until = morning(now.In(web.Warsaw), 1, w.Hour)
	}
	_, err = tx.Exec(ctx, `update notify_items set due_at = ? where person = ? and due_at is not null and due_at <= ? and urgent = ?`,
		until.Unix(), person, now.Unix(), urgent)
	return err
}

// shownInLetter is how many things one letter tells; the inbox has the rest.
const shownInLetter = 40

// letter composes a letter to a person about several things, by topics.
func (s *Service) letter(ctx context.Context, person string, a Addressee, items []item) mail.Letter {
	l := s.catalog.In(a.Lang)
	topic, urgent := items[0].Topic, false
	for _, i := range items {
		urgent = urgent || i.Urgent
		if i.Topic != topic {
			topic = everything
		}
	}
	letter := mail.Letter{To: a.Email, Lang: l.Lang, Person: person, Topic: "notify.digest", Bulk: !urgent,
		Subject: l.N("notify.letter.subject", len(items)), UnsubscribeURL: s.post.URL(stopPath + s.stopToken(person, topic))}
	if len(items) == 1 {
		letter.Subject = s.title(ctx, l, items[0])
	}
	if topic != everything {
		letter.Topic = topic
	}
	var b strings.Builder
	b.WriteString(l.T("notify.letter.hello") + "\n\n")
	s.list(ctx, &b, l, items)
	stop := l.T("notify.letter.stop_all")
	if topic != everything {
		stop = l.T("notify.letter.stop", "topic", s.topicName(l, topic))
	}
	b.WriteString("-- \n" + l.T("notify.letter.footer", "settings", s.post.URL(settingsPath)) + "\n" + stop + "\n" + letter.UnsubscribeURL)
	letter.Text = b.String()
	return letter
}

// list writes the things under the names of their topics. Links lead by way of
// the inbox, so that what was opened from a letter is read there as well.
func (s *Service) list(ctx context.Context, b *strings.Builder, l *i18n.L, items []item) {
	rest := max(0, len(items)-shownInLetter)
	items = items[:len(items)-rest]
	var topics []string
	for _, i := range items {
		if !slices.Contains(topics, i.Topic) {
			topics = append(topics, i.Topic)
		}
	}
	for _, topic := range topics {
		b.WriteString(strings.ToUpper(s.topicName(l, topic)) + "\n\n")
		for _, i := range items {
			if i.Topic == topic {
				s.listOne(ctx, b, l, i)
			}
		}
	}
	if rest > 0 {
		b.WriteString(l.N("notify.letter.rest", rest) + "\n" + s.post.URL(inboxPath) + "\n\n")
	}
}

func (s *Service) listOne(ctx context.Context, b *strings.Builder, l *i18n.L, i item) {
	b.WriteString("* " + s.title(ctx, l, i) + "\n")
	if more := s.more(ctx, l, i); more != "" {
		b.WriteString(more + "\n")
	}
	if i.Link != "" {
		b.WriteString(s.post.URL(inboxPath+"/"+i.ID) + "\n")
	}
	b.WriteString("\n")
}
