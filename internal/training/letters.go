package training

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
)

// reader is to whom a letter goes.
type reader struct {
	person string // "" for a guest
	email  string // "" for none: the inbox alone tells
	lang   i18n.Lang
}

// notice is all that the words of a letter are made of.
type notice struct {
	News
	e        Enrollment
	t        Training
	meetings []Meeting
	to       reader
	center   directory.Institution
	place    Position
	pool     string // name of the municipality of the queue, "" for everybody
	link     string // whole address of the enrollment's page
	now      time.Time
}

// writeLetter tells one person one thing: a letter, a line in the inbox, or
// both, in one transaction with the mark that it was told.
func (s *Service) writeLetter(ctx context.Context, _ jobs.Job, p letterJob) (err error) {
	defer fault.Wrap(&err, "letter %s about enrollment %s", p.News, p.Enrollment)
	n, err := s.noticeOf(ctx, p)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // erased meanwhile, or the account is closed
	}
	if err != nil || !n.stands(n.e) {
		return err
	}
	var heads []access.PersonID
	if p.News == NewsAsked {
		if heads, err = s.headsOf(ctx, n.e); err != nil {
			return err
		}
	}
	write := func(tx *db.Tx) error {
		fresh, err := markTold(ctx, tx, string(n.e.ID), p.News, p.Once, n.now)
		if err != nil || !fresh {
			return err
		}
		if p.News == NewsAsked {
			return s.tellHeads(ctx, tx, n, heads, p.Once)
		}
		return s.deliver(ctx, tx, n, p.Once)
	}
	err = s.db.Write(ctx, write)
	if fault.KindOf(err) == fault.Invalid && n.to.email != "" {
		s.Log.Warn("no letter can be sent to this address", "enrollment", n.e.ID)
		n.to.email = ""
		err = s.db.Write(ctx, write)
	}
	return err
}

// noticeOf gathers what the letter says. NotFound when there is nobody to tell.
func (s *Service) noticeOf(ctx context.Context, p letterJob) (n notice, err error) {
	n.News, n.now = p.News, s.now()
	if n.e, err = EnrollmentByID(ctx, s.db, p.Enrollment); err != nil {
		return n, err
	}
	if n.t, err = ByID(ctx, s.db, n.e.Training); err != nil {
		return n, err
	}
	if n.to, err = s.readerOf(ctx, n.e); err != nil {
		return n, err
	}
	all, err := Meetings(ctx, s.db, n.t.ID)
	if err != nil {
		return n, err
	}
	n.meetings = ownMeetings(all, n.e.Track)
	if n.center, err = directory.ByID(ctx, s.db, n.t.Center); err != nil && fault.KindOf(err) != fault.NotFound {
		return n, err
	}
	if n.e.State == Waiting {
		if n.place, n.pool, err = s.standing(ctx, n.e); err != nil {
			return n, err
		}
	}
	n.link = s.Mail.URL(s.pathFor(n.e, n.to.person == ""))
	return n, nil
}

// readerOf is who is told: the account's address where there is one.
func (s *Service) readerOf(ctx context.Context, e Enrollment) (reader, error) {
	if e.Person == "" {
		return reader{email: e.Email, lang: e.Lang}, nil
	}
	p, err := s.People.Reachable(ctx, access.PersonID(e.Person))
	if err == nil && p.ClosedAt != nil {
		err = fault.ErrNotFound
	}
	lang := p.Lang
	if !i18n.Valid(string(lang)) {
		lang = e.Lang
	}
	return reader{e.Person, p.Email, lang}, err
}

// pathFor is the page of an enrollment: for a guest with the secret that lets in.
func (s *Service) pathFor(e Enrollment, guest bool) string {
	path := EnrollPath + "/" + string(e.ID)
	if guest {
		path += "/" + s.Key(e)
	}
	return path
}

// ownMeetings are the meetings that a participant comes to: those for everybody
// and those of the chosen parallel session.
func ownMeetings(all []Meeting, track string) []Meeting {
	return slices.DeleteFunc(slices.Clone(all), func(m Meeting) bool { return m.Track != "" && m.Track != track })
}

// standing is the place in the queue with the name of its municipality.
func (s *Service) standing(ctx context.Context, e Enrollment) (p Position, pool string, err error) {
	if p, err = s.Position(ctx, s.db, e); err != nil || p.Pool == "" {
		return p, "", err
	}
	pool, err = s.townName(ctx, p.Pool)
	return p, pool, err
}

// townName is the name of a municipality, its number when it is not known.
func (s *Service) townName(ctx context.Context, id string) (string, error) {
	all, err := directory.Municipalities(ctx, s.db)
	if err != nil {
		return "", err
	}
	for _, m := range all {
		if m.ID == id {
			return m.Name, nil
		}
	}
	return id, nil
}

// deliver writes the letter, and the line in the inbox of an account.
func (s *Service) deliver(ctx context.Context, tx *db.Tx, n notice, once string) error {
	entered, err := s.entered(ctx, tx, n.e.ID)
	if err != nil {
		return err
	}
	struck := entered && n.strikes() && (n.News == NewsPostponed || !n.e.State.In())
	byLetter := n.to.email != "" && (n.to.person == "" || n.atOnce() || struck)
	if byLetter {
		letter, err := s.letterOf(n, struck)
		if err != nil {
			return err
		}
		if _, err := s.Mail.Send(ctx, tx, letter); err != nil {
			return err
		}
	}
	if n.News == NewsMoved {
		if err := s.strikeFormer(ctx, tx, n.e); err != nil {
			return err
		}
	}
	if n.to.person == "" || s.Tell == nil {
		return nil
	}
	topic := topicOwn
	switch {
	case byLetter:
		topic = topicLetters
	case n.News == NewsReminder:
		topic = topicReminder
	}
	return s.Tell(ctx, tx, notify.Message{To: n.to.person, Topic: topic, Key: "training.people.tell." + string(n.News), Args: n.tellArgs(),
		Link: s.pathFor(n.e, false), Once: "training/" + string(n.e.ID) + "/" + string(n.News) + "/" + once})
}

// strikeFormer has the date from which somebody moved struck out of their calendar.
func (s *Service) strikeFormer(ctx context.Context, tx *db.Tx, e Enrollment) error {
	var id EnrollmentID
	err := tx.Get(ctx, &id, `select id from training_enrollments where training = ? and who_key = ? and state = ? order by id desc limit 1`, e.MovedFrom, e.WhoKey, Resigned)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	entered := false
	if err == nil {
		entered, err = s.entered(ctx, tx, id)
	}
	if err != nil || !entered {
		return err
	}
	return jobs.EnqueueLater(ctx, tx, letterKind, letterJob{id, NewsResigned, "moved"})
}

// tellArgs fill the line in the inbox. It holds no names of people.
func (n notice) tellArgs() map[string]string {
	return map[string]string{"title": n.t.Title, "starts_at": strconv.FormatInt(n.t.StartsAt, 10), "until_at": strconv.FormatInt(n.e.OfferUntil, 10),
		"hours": strconv.Itoa(n.e.Hours)}
}

// entered tells whether a letter put the meetings into the person's calendar.
func (s *Service) entered(ctx context.Context, r db.Reader, id EnrollmentID) (bool, error) {
	var n int
	err := r.Get(ctx, &n, `select count(*) from training_told where object = ? and news in (?, ?, ?, ?)`, id, NewsConfirmed, NewsSwapped, NewsMoved, NewsChanged)
	return n > 0, err
}

// headsOf are those who approve the enrollments of an institution, or lead the
// complex of which it is a part.
func (s *Service) headsOf(ctx context.Context, e Enrollment) ([]access.PersonID, error) {
	at, err := s.approvedAt(ctx, e.Institution)
	if err != nil || len(at) == 0 {
		return nil, err
	}
	return s.People.Holders(ctx, access.ApproveTrainings, at...)
}

// approvedAt are the institutions whose heads approve the enrollments of one:
// itself, and the complex of which it is a part.
func (s *Service) approvedAt(ctx context.Context, institution string) ([]access.InstitutionID, error) {
	if institution == "" {
		return nil, nil
	}
	at := []access.InstitutionID{access.InstitutionID(institution)}
	i, err := directory.ByID(ctx, s.db, at[0])
	if err == nil && i.HeadUnit != "" && i.HeadUnit != i.ID {
		at = append(at, i.HeadUnit)
	}
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return at, err
}

// tellHeads says that an enrollment waits for approval, and not whose.
func (s *Service) tellHeads(ctx context.Context, tx *db.Tx, n notice, heads []access.PersonID, once string) error {
	if s.Tell == nil {
		return nil
	}
	for _, head := range heads {
		err := s.Tell(ctx, tx, notify.Message{To: string(head), Topic: topicStaff, Key: "training.people.tell.asked", Args: n.tellArgs(), Link: StaffPath,
			Once: "training/" + string(n.e.ID) + "/asked/" + once})
		if err != nil {
			return err
		}
	}
	return nil
}

// letterOf makes the letter. Who has no account gets the secret of the link.
func (s *Service) letterOf(n notice, struck bool) (mail.Letter, error) {
	l := s.Catalog.In(n.to.lang)
	letter := mail.Letter{To: n.to.email, Lang: n.to.lang, Person: n.to.person, Topic: topicLetters, Secret: n.to.person == "",
		Bulk: n.News == NewsReminder || n.News == NewsCompleted, Subject: n.subject(l)}
	file, method, err := s.calendarFor(n, struck)
	if err != nil {
		return letter, err
	}
	letter.Calendar, letter.CalendarMethod = file, method
	letter.Text = n.text(l, method != "")
	return letter, nil
}
