package training

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Whole is a training with everything that belongs to it, for whoever makes one
// at once: the demo, an import, a need that was answered.
type Whole struct {
	Training
	Meetings []Meeting
	// Pools are the seats: "" for everybody, six digits for a municipality.
	// Nil: all seats of the capacity are for everybody.
	Pools    map[string]int
	Eligible Eligible
	Trainers []Trainer
	Partners []Partner
	Topics   []string
	Link     string // to the online room, as it is typed; it is sealed here
}

// Insert writes a whole training. Ids, the trace, sort key, school year,
// beginning, end, hours and capacity are reckoned where they are left empty; a
// state of "" is a draft. Nothing is checked but that the database can hold it,
// and nobody's right: the caller has.
func (s *Service) Insert(ctx context.Context, tx *db.Tx, who access.Actor, w Whole) (_ ID, err error) {
	defer fault.Wrap(&err, "insert training")
	if err := s.wholeOf(&w, who); err != nil {
		return "", err
	}
	if w.Link != "" {
		w.OnlineLink = s.seal(w.ID, w.Link)
	}
	if err := insertTraining(ctx, tx, w.Training); err != nil {
		return "", err
	}
	if err := saveMeetings(ctx, tx, w.ID, nil, w.Meetings); err != nil {
		return "", err
	}
	if err := insertPools(ctx, tx, w.ID, w.Pools); err != nil {
		return "", err
	}
	if err := saveEligible(ctx, tx, w.ID, w.Eligible); err != nil {
		return "", err
	}
	if err := saveTrainers(ctx, tx, w.ID, w.Trainers); err != nil {
		return "", err
	}
	if err := savePartners(ctx, tx, w.ID, w.Partners); err != nil {
		return "", err
	}
	if err := s.saveTopics(ctx, tx, w.ID, w.Topics); err != nil {
		return "", err
	}
	if err := s.offerStep(ctx, tx, w.Training, "drafted", w.CreatedAt); err != nil {
		return "", err
	}
	if w.PublishedAt > 0 {
		if err := s.offerStep(ctx, tx, w.Training, "published", w.PublishedAt); err != nil {
			return "", err
		}
	}
	return w.ID, s.touch(ctx, tx, string(w.ID))
}

// wholeOf fills in what can be reckoned.
func (s *Service) wholeOf(w *Whole, who access.Actor) error {
	now := s.now()
	t := &w.Training
	if t.ID == "" {
		t.ID = ID(newID())
	}
	if t.Trace == "" {
		id, err := trace.New()
		if err != nil {
			return err
		}
		t.Trace = string(id)
	}
	if t.Revision == 0 {
		t.Revision = 1
	}
	t.State, t.Lang = cmp.Or(t.State, Draft), cmp.Or(t.Lang, i18n.PL)
	t.QuotaBy, t.Payer = cmp.Or(t.QuotaBy, ByPlace), cmp.Or(t.Payer, Nobody)
	t.Mode, t.Paper = cmp.Or(t.Mode, OnSite), cmp.Or(t.Paper, Certificate)
	t.TitleKey = i18n.SortKey(t.Title)
	t.CreatedBy = cmp.Or(t.CreatedBy, string(who.Person))
	t.CreatedAt = cmp.Or(t.CreatedAt, now.Unix())
	t.ChangedAt = cmp.Or(t.ChangedAt, t.CreatedAt)
	if t.PublishedAt == 0 && t.State != Draft && t.State != Canceled {
		t.PublishedAt = t.CreatedAt
	}
	w.Meetings = slices.Clone(w.Meetings)
	for n := range w.Meetings {
		m := &w.Meetings[n]
		if m.ID == "" {
			m.ID = MeetingID(newID())
		}
	}
	spanOf(t, w.Meetings)
	t.SchoolYear = cmp.Or(t.SchoolYear, schoolYearOf(t.StartsAt, now))
	if w.Pools == nil {
		w.Pools = map[string]int{"": t.Capacity}
	}
	t.Capacity = sumSeats(w.Pools)
	return nil
}

// sumSeats are those of all pools together.
func sumSeats(pools map[string]int) (n int) {
	for _, of := range pools {
		n += of
	}
	return n
}

// schoolYearOf is the school year of a beginning, of today when there is none.
func schoolYearOf(startsAt int64, now time.Time) int {
	if startsAt == 0 {
		return directory.SchoolYear(now.In(web.Warsaw))
	}
	return directory.SchoolYear(time.Unix(startsAt, 0).In(web.Warsaw))
}

// spanOf puts beginning, end and hours of the meetings onto their training, and
// numbers them in the order of time. Of parallel sessions one is attended: of
// the tracks the longest counts.
func spanOf(t *Training, all []Meeting) {
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b Meeting) int {
		return cmp.Or(cmp.Compare(a.StartsAt, b.StartsAt), cmp.Compare(a.Track, b.Track))
	})
	t.StartsAt, t.EndsAt = all[0].StartsAt, 0
	tracks := map[string]int{}
	for n := range all {
		all[n].Training, all[n].No = t.ID, n+1
		t.EndsAt = max(t.EndsAt, all[n].EndsAt)
		tracks[all[n].Track] += all[n].Hours
	}
	longest := 0
	for track, hours := range tracks {
		if track != "" {
			longest = max(longest, hours)
		}
	}
	t.Hours = tracks[""] + longest
}

// seal closes the link to an online room; OnlineLink opens it.
func (s *Service) seal(id ID, link string) string {
	return s.Keys.Seal("training link online", string(id), []byte(link))
}

// OnlineLink is the link to the online room, "" when there is none. It is shown
// to people who are in, and to those who run or lead the training: the caller
// has checked that.
func (s *Service) OnlineLink(t Training) (string, error) {
	if t.OnlineLink == "" {
		return "", nil
	}
	plain, err := s.Keys.Unseal("training link online", string(t.ID), t.OnlineLink)
	return string(plain), err
}

// offerStep writes a step of the offer's trace, for everybody once it is public.
func (s *Service) offerStep(ctx context.Context, tx *db.Tx, t Training, what string, at int64) error {
	row := trace.StepRow{Trace: trace.ID(t.Trace), Kind: SearchKind, ID: string(t.ID), TitleKey: "training.trace." + what, At: at, Audience: "public"}
	if what == "drafted" {
		row.Audience = "inst:" + string(t.Center)
		if t.Need != "" {
			row.FromKind, row.FromID = "need", t.Need
		}
	}
	return trace.Step(ctx, tx, row)
}

func insertTraining(ctx context.Context, tx *db.Tx, t Training) error {
	args := []any{t.ID, t.Revision, t.Trace, t.Center, t.Form, t.State, t.Lang, t.Title, t.TitleKey, t.Summary, t.Body, t.AudienceText,
		t.SchoolYear, t.StartsAt, t.EndsAt, t.Hours, t.Threshold, t.EnrollFrom, t.EnrollUntil, t.FreeUntil, t.OfferHours, t.Capacity,
		t.MinPeople, t.DecideAt, t.Decided, t.Approval, t.Admission, t.AskNeeds, t.QuotaBy, t.Price, t.Payer, t.Mode, t.Place,
		t.Municipality, t.Lat, t.Lon, t.AccessInfo, t.OnlineLink, t.Paper, t.ConsentNo, t.Framework, t.LegalBasis, t.PracticeHours,
		t.Exam, t.ForInstitution, t.Need, t.Series, t.SeriesNo, t.Why, t.CreatedBy, t.CreatedAt, t.ChangedAt, t.PublishedAt, t.ClosedAt,
		t.FirstUntil, t.FirstDays}
	_, err := tx.Exec(ctx, `insert into training_trainings (id, revision, trace, center, form, state, lang, title, title_key, summary, body, audience_text,
		school_year, starts_at, ends_at, hours, threshold, enroll_from, enroll_until, free_until, offer_hours, capacity,
		min_people, decide_at, decided, approval, admission, ask_needs, quota_by, price, payer, mode, place,
		municipality, lat, lon, access_info, online_link, paper, consent_no, framework, legal_basis, practice_hours,
		exam, for_institution, need, series, series_no, why, created_by, created_at, changed_at, published_at, closed_at,
		first_until, first_days) values `+db.Marks(1, len(args)), args...)
	return err
}

// updateTraining writes everything that can change, when nobody was faster.
// The row's revision becomes that of t.
func updateTraining(ctx context.Context, tx *db.Tx, t Training, was int64) error {
	n, err := tx.Exec(ctx, `update training_trainings set revision = ?, form = ?, state = ?, lang = ?, title = ?, title_key = ?, summary = ?, body = ?,
		audience_text = ?, school_year = ?, starts_at = ?, ends_at = ?, hours = ?, threshold = ?, enroll_from = ?, enroll_until = ?, free_until = ?,
		offer_hours = ?, capacity = ?, min_people = ?, decide_at = ?, decided = ?, approval = ?, admission = ?, ask_needs = ?, quota_by = ?, price = ?,
		payer = ?, mode = ?, place = ?, municipality = ?, lat = ?, lon = ?, access_info = ?, online_link = ?, paper = ?, consent_no = ?, framework = ?,
		legal_basis = ?, practice_hours = ?, exam = ?, for_institution = ?, why = ?, changed_at = ?, published_at = ?, first_until = ?, first_days = ?
		where id = ? and revision = ?`,
		t.Revision, t.Form, t.State, t.Lang, t.Title, i18n.SortKey(t.Title), t.Summary, t.Body,
		t.AudienceText, t.SchoolYear, t.StartsAt, t.EndsAt, t.Hours, t.Threshold, t.EnrollFrom, t.EnrollUntil, t.FreeUntil,
		t.OfferHours, t.Capacity, t.MinPeople, t.DecideAt, t.Decided, t.Approval, t.Admission, t.AskNeeds, t.QuotaBy, t.Price,
		t.Payer, t.Mode, t.Place, t.Municipality, t.Lat, t.Lon, t.AccessInfo, t.OnlineLink, t.Paper, t.ConsentNo, t.Framework,
		t.LegalBasis, t.PracticeHours, t.Exam, t.ForInstitution, t.Why, t.ChangedAt, t.PublishedAt, t.FirstUntil, t.FirstDays, t.ID, was)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "training.offer.fault.faster")
	}
	return err
}

// saveMeetings writes the meetings in place of those that were. One that keeps
// its id is the same meeting at another time: calendars of people move it.
func saveMeetings(ctx context.Context, tx *db.Tx, id ID, were, are []Meeting) error {
	known := map[MeetingID]bool{}
	for _, m := range were {
		known[m.ID] = true
	}
	for _, m := range are {
		if known[m.ID] {
			delete(known, m.ID)
			if _, err := tx.Exec(ctx, `update training_meetings set no = ?, title = ?, track = ?, starts_at = ?, ends_at = ?, hours = ?, room = ?, place = ?
				where id = ? and training = ?`, m.No, m.Title, m.Track, m.StartsAt, m.EndsAt, m.Hours, m.Room, m.Place, m.ID, id); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec(ctx, `insert into training_meetings (id, training, no, title, track, starts_at, ends_at, hours, room, place, taken_at, taken_by)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, m.ID, id, m.No, m.Title, m.Track, m.StartsAt, m.EndsAt, m.Hours, m.Room, m.Place, m.TakenAt, m.TakenBy); err != nil {
			return err
		}
	}
	for gone := range known {
		if err := removeMeeting(ctx, tx, id, gone); err != nil {
			return err
		}
	}
	return nil
}

// removeMeeting drops a meeting of which no attendance is known.
func removeMeeting(ctx context.Context, tx *db.Tx, id ID, gone MeetingID) error {
	n, err := tx.Exec(ctx, `delete from training_meetings where id = ? and training = ? and taken_at = 0
		and not exists (select 1 from training_attendance a where a.meeting = training_meetings.id)`, gone, id)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "training.offer.fault.taken")
	}
	return err
}

func insertPools(ctx context.Context, tx *db.Tx, id ID, pools map[string]int) error {
	names := slices.Sorted(maps.Keys(pools))
	if _, there := pools[""]; !there {
		names = append(names, "")
	}
	for _, name := range names {
		if _, err := tx.Exec(ctx, `insert into training_pools (training, pool, seats) values (?, ?, ?)`, id, name, pools[name]); err != nil {
			return err
		}
	}
	return nil
}

func saveEligible(ctx context.Context, tx *db.Tx, id ID, e Eligible) error {
	if _, err := tx.Exec(ctx, `delete from training_eligible where training = ?`, id); err != nil {
		return err
	}
	add := func(kind, value string) error {
		_, err := tx.Exec(ctx, `insert into training_eligible (training, kind, value) values (?, ?, ?) on conflict do nothing`, id, kind, value)
		return err
	}
	var all []error
	for _, r := range e.Roles {
		all = append(all, add("role", string(r)))
	}
	for _, k := range e.Schools {
		all = append(all, add("school", string(k)))
	}
	for _, m := range e.Municipalities {
		all = append(all, add("municipality", m))
	}
	return errors.Join(all...)
}

func saveTrainers(ctx context.Context, tx *db.Tx, id ID, all []Trainer) error {
	if _, err := tx.Exec(ctx, `delete from training_trainers where training = ?`, id); err != nil {
		return err
	}
	for n, t := range all {
		if _, err := tx.Exec(ctx, `insert into training_trainers (training, no, person, name, about) values (?, ?, ?, ?, ?)`, id, n+1, t.Person, t.Name, t.About); err != nil {
			return err
		}
	}
	return nil
}

func savePartners(ctx context.Context, tx *db.Tx, id ID, all []Partner) error {
	if _, err := tx.Exec(ctx, `delete from training_partners where training = ?`, id); err != nil {
		return err
	}
	for n, p := range all {
		if _, err := tx.Exec(ctx, `insert into training_partners (training, no, institution, name) values (?, ?, ?, ?)`, id, n+1, p.Institution, p.Name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) saveTopics(ctx context.Context, tx *db.Tx, id ID, topics []string) error {
	if _, err := tx.Exec(ctx, `delete from training_topics where training = ?`, id); err != nil {
		return err
	}
	for _, topic := range topics {
		if _, err := tx.Exec(ctx, `insert into training_topics (training, topic) values (?, ?) on conflict do nothing`, id, topic); err != nil {
			return err
		}
	}
	if s.Topics == nil {
		return nil
	}
	return s.Topics.Use(ctx, tx, SearchKind, string(id), topics)
}

// TopicsOf are the topics of a training, as they were chosen.
func TopicsOf(ctx context.Context, r db.Reader, id ID) (ids []string, err error) {
	return ids, r.Select(ctx, &ids, `select topic from training_topics where training = ? order by topic`, id)
}
