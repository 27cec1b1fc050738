package networks

import (
	"context"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Answer is what somebody says to a date.
type Answer string

// The answers.
const (
	Yes   Answer = "yes"
	Maybe Answer = "maybe"
	No    Answer = "no"
)

// Answers are all of them, in the order of the form.
func Answers() []Answer { return []Answer{Yes, Maybe, No} }

// Poll is a question about the date of a meeting. Everybody inside sees how many
// can come on which date; who said what is shown to nobody else.
type Poll struct {
	ID      string `db:"id"`
	Network ID     `db:"network"`
	Title   string `db:"title"`
	Until   string `db:"until"`  // last day to answer
	Chosen  string `db:"chosen"` // the date that was taken, "" while none is
	Dates   []Date
}

// Open tells whether answers are taken on a day.
func (p Poll) Open(today string) bool { return p.Chosen == "" && today <= p.Until }

// Date is one date of a poll.
type Date struct {
	ID       string `db:"id"`
	Poll     string `db:"poll"`
	StartsAt int64  `db:"starts_at"`
	EndsAt   int64  `db:"ends_at"`
	Yes      int    `db:"yes"`
	Maybe    int    `db:"maybe"`
	No       int    `db:"no"`
	Mine     Answer `db:"mine"`
}

// When is a date in the words of the form.
type When struct{ Day, From, To string }

const (
	leastDates = 2
	mostDates  = 8
	mostPolls  = 20
)

// PollDates asks the members which date suits them. Who may: whoever leads the
// network; members are told. Faults: Conflict, Invalid with fields.
func (s *Service) PollDates(ctx context.Context, who access.Actor, id ID, title, until string, dates []When) (err error) {
	defer fault.Wrap(&err, "poll for a date in network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	now := s.now()
	list, faults := pollDates(n, dates)
	title = line(title)
	faults = wrong(faults, "tytul", title, 3, mostTitle)
	if _, err := calendar.Midnight(until); err != nil || until < dayOf(now) {
		faults = append(faults, fault.Field{Name: "odpowiedz", Key: "networks.fault.until"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	poll := newID()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `insert into networks_polls (id, network, title, until, at) select ?, ?, ?, ?, ?
			where (select count(*) from networks_polls where network = ?) < ?`, poll, id, title, until, now.Unix(), id, mostPolls)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "networks.fault.too_many", "n", mostPolls)
		}
		if err != nil {
			return err
		}
		for _, d := range list {
			if _, err := tx.Exec(ctx, `insert into networks_dates (id, poll, starts_at, ends_at) values (?, ?, ?, ?)`, newID(), poll, d.StartsAt, d.EndsAt); err != nil {
				return err
			}
		}
		people, err := members(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, n, news{What: "poll", Once: poll, Link: Href(n.ID) + tabPolls, Args: map[string]string{"meeting": title, "until_date": until}}, people...)
	})
}

// pollDates reads the dates of a form; rows left empty are no dates. The fields of
// a row end in its number.
func pollDates(n Network, dates []When) (list []Date, faults []fault.Field) {
	for row, d := range dates {
		if d == (When{}) {
			continue
		}
		starts, ends, wrong := span(n, d.Day, d.From, d.To, "-"+strconv.Itoa(row+1))
		faults = append(faults, wrong...)
		list = append(list, Date{StartsAt: starts, EndsAt: ends})
	}
	if len(faults) == 0 && (len(list) < leastDates || len(list) > mostDates) {
		faults = append(faults, fault.Field{Name: "dzien-1", Key: "networks.fault.dates", Args: []any{"least", leastDates, "most", mostDates}})
	}
	return list, faults
}

// Vote writes what the actor says to the dates of a poll; again, it replaces what
// was said. Who may: a member, until the last day. Faults: Conflict after it or
// when a date was taken, Invalid for an unknown answer or date.
func (s *Service) Vote(ctx context.Context, who access.Actor, id ID, poll string, answers map[string]Answer) (err error) {
	defer fault.Wrap(&err, "answer poll %s", poll)
	n, st, err := s.entered(ctx, who, id, toEnter)
	if err != nil {
		return err
	}
	if st.Member != Joined {
		return fault.New(fault.Forbidden, "networks.fault.inside")
	}
	today := dayOf(s.now())
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The row is taken first, so that no answer slips in beside a date being taken.
		rows, err := tx.Exec(ctx, `update networks_polls set chosen = '' where id = ? and network = ? and chosen = ''`, poll, id)
		if err != nil {
			return err
		}
		p, err := pollByID(ctx, tx, id, poll, who.Person)
		if err != nil {
			return err
		}
		if rows == 0 || !p.Open(today) || !n.Working() {
			return fault.New(fault.Conflict, "networks.fault.poll_over")
		}
		for _, d := range p.Dates {
			a := answers[d.ID]
			if !slices.Contains(Answers(), a) {
				return fault.InvalidFields([]fault.Field{{Name: "data-" + d.ID, Key: "networks.fault.choose"}})
			}
			if _, err := tx.Exec(ctx, `insert into networks_votes (date, person, answer) values (?, ?, ?)
				on conflict (date, person) do update set answer = excluded.answer`, d.ID, who.Person, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// Take takes a date of a poll: a meeting is planned on it, the poll ends, and what
// people said is deleted. Who may: whoever leads the network. Faults: Conflict
// when a date was taken already, Invalid with fields that end in the poll's id.
func (s *Service) Take(ctx context.Context, who access.Actor, id ID, poll, date, place string) (meeting MeetingID, err error) {
	defer fault.Wrap(&err, "take a date of poll %s", poll)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return "", err
	}
	p, err := pollByID(ctx, s.db, id, poll, who.Person)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(p.Dates, func(d Date) bool { return d.ID == date })
	faults := wrong(nil, "miejsce-"+poll, line(place), 2, mostReason)
	if at < 0 {
		faults = append(faults, fault.Field{Name: "termin-" + poll, Key: "networks.fault.choose"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return "", err
	}
	if !n.Working() {
		return "", over()
	}
	now := s.now()
	m := Meeting{ID: MeetingID(newID()), Network: id, Title: p.Title, Place: line(place), StartsAt: p.Dates[at].StartsAt, EndsAt: p.Dates[at].EndsAt}
	return m.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update networks_polls set chosen = ? where id = ? and chosen = ''`, date, poll)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "networks.fault.poll_over")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from networks_votes where date in (select id from networks_dates where poll = ?)`, poll); err != nil {
			return err
		}
		return s.addMeeting(ctx, tx, who, n, m, now)
	})
}

func pollByID(ctx context.Context, r db.Reader, id ID, poll string, reader access.PersonID) (p Poll, err error) {
	if err := r.Get(ctx, &p, `select id, network, title, until, chosen from networks_polls where id = ? and network = ?`, poll, id); err != nil {
		return p, err
	}
	p.Dates, err = datesOf(ctx, r, p.ID, reader)
	return p, err
}

// Polls are those of a network, the newest first, with what the reader said. The
// caller has checked who reads.
func (s *Service) Polls(ctx context.Context, id ID, reader access.PersonID) (list []Poll, err error) {
	err = s.db.Select(ctx, &list, `select id, network, title, until, chosen from networks_polls where network = ? order by id desc`, id)
	for n := range list {
		if err == nil {
			list[n].Dates, err = datesOf(ctx, s.db, list[n].ID, reader)
		}
	}
	return list, err
}

func datesOf(ctx context.Context, r db.Reader, poll string, reader access.PersonID) (list []Date, err error) {
	return list, r.Select(ctx, &list, `select d.id, d.poll, d.starts_at, d.ends_at,
		coalesce(sum(case when v.answer = 'yes' then 1 else 0 end), 0) as yes, coalesce(sum(case when v.answer = 'maybe' then 1 else 0 end), 0) as maybe,
		coalesce(sum(case when v.answer = 'no' then 1 else 0 end), 0) as no, coalesce(max(case when v.person = ? then v.answer else '' end), '') as mine
		from networks_dates d left join networks_votes v on v.date = d.id where d.poll = ? group by d.id, d.poll, d.starts_at, d.ends_at order by d.starts_at, d.id`,
		reader, poll)
}
