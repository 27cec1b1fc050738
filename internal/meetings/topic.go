package meetings

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
)

// Proposal is a topic as somebody proposes it.
type Proposal struct {
	Series  SeriesID
	Title   string
	Words   string
	Subject string // topic of the vocabulary, "" for none
	Hidden  bool   // the name is not shown to peers
}

// Propose sends a topic. Who may: whoever has a seat in the series; a head of
// another authority is refused with the reason. The proposer's voice supports it
// from the start.
func (s *Service) Propose(ctx context.Context, who access.Actor, p Proposal) (id TopicID, err error) {
	defer fault.Wrap(&err, "propose a topic to series %s", p.Series)
	series, err := SeriesByID(ctx, s.db, p.Series)
	if err != nil {
		return "", err
	}
	seat, err := s.SeatOf(ctx, who, series)
	if err != nil {
		return "", err
	}
	if series.Ended {
		return "", fault.New(fault.Conflict, "meetings.fault.ended")
	}
	t, err := s.proposal(ctx, p)
	if err != nil {
		return "", err
	}
	now := s.now().Unix()
	t.ID, t.Trace, t.Series, t.Kind, t.Owner, t.State, t.Revision = TopicID(newID()), newID(), series.ID, series.Kind, series.Owner, Proposed, 1
	t.Proposer, t.Supports, t.ProposedAt, t.ChangedAt = speaks(who), 1, now, now
	if len(seat.Units) > 0 {
		t.Institution = seat.Units[0]
	}
	return t.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertTopic(ctx, tx, t); err != nil {
			return err
		}
		if err := putVoice(ctx, tx, t.ID, seat, speaks(who), now); err != nil {
			return err
		}
		if err := s.useSubject(ctx, tx, t); err != nil {
			return err
		}
		if err := s.step(ctx, tx, t, Step{What: "proposed"}); err != nil {
			return err
		}
		if err := s.tellLater(ctx, tx, telling{What: "topic_new", Topic: t.ID}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "propose", "meetings_topic", string(t.ID), t.Owner, nil)
	})
}

// proposal checks the words of a topic.
func (s *Service) proposal(ctx context.Context, p Proposal) (t Topic, err error) {
	t.Title, t.Words, t.Subject, t.Hidden = line(p.Title), words(p.Words), p.Subject, p.Hidden
	t.TitleKey = i18n.SortKey(t.Title)
	fields := free(needed(nil, "tytul", t.Title, longestTitle), "opis", t.Words, longestWords)
	if t.Subject != "" {
		read, err := s.Vocabulary.Resolve(ctx, []string{t.Subject})
		if err != nil {
			return t, err
		}
		if t.Subject = read[t.Subject]; t.Subject == "" {
			fields = append(fields, fault.Field{Name: "haslo", Key: "meetings.lack.subject"})
		}
	}
	if len(fields) > 0 {
		return t, fault.InvalidFields(fields)
	}
	return t, nil
}

func (s *Service) useSubject(ctx context.Context, tx *db.Tx, t Topic) error {
	if t.Subject == "" {
		return nil
	}
	return s.Vocabulary.Use(ctx, tx, "meetings.topic", string(t.ID), []string{t.Subject})
}

func insertTopic(ctx context.Context, tx *db.Tx, t Topic) error {
	_, err := tx.Exec(ctx, `insert into meetings_topics (id, revision, trace, series, kind, owner, state, title, title_key, words, subject, proposer, institution,
		hidden, supports, reason, into_topic, meeting, proposed_at, changed_at) values `+db.Marks(1, 20),
		t.ID, t.Revision, t.Trace, t.Series, t.Kind, t.Owner, t.State, t.Title, t.TitleKey, t.Words, t.Subject, t.Proposer, t.Institution,
		t.Hidden, t.Supports, t.Reason, t.Into, t.Meeting, t.ProposedAt, t.ChangedAt)
	return err
}

// putVoice writes one voice under all its keys, or is the conflict of a second
// voice when one of them is taken.
func putVoice(ctx context.Context, tx *db.Tx, id TopicID, seat Seat, person access.PersonID, at int64) error {
	voice := newID()
	for _, key := range seat.Keys {
		n, err := tx.Exec(ctx, `insert into meetings_supports (topic, unit, voice, person, at) values (?, ?, ?, ?, ?) on conflict (topic, unit) do nothing`,
			id, key, voice, person, at)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.voice_given")
		}
	}
	return nil
}

// Support gives the actor's voice to a topic. One head has one voice: from a
// second unit of the same head, and from a deputy after the head, it is a
// Conflict that says so. Who may: whoever has a seat in the series.
func (s *Service) Support(ctx context.Context, who access.Actor, id TopicID) (err error) {
	defer fault.Wrap(&err, "support topic %s", id)
	t, seat, err := s.topicSeat(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_topics set supports = supports + 1, revision = revision + 1 where id = ? and state in (?, ?, ?, ?)`,
			id, Proposed, Accepted, Deferred, OnAgenda)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.topic_closed")
		}
		if err := putVoice(ctx, tx, id, seat, speaks(who), now.Unix()); err != nil {
			return err
		}
		return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(t.Trace), Kind: "meetings.support", ID: string(id), TitleKey: "meetings.step.supported",
			At: now.Unix(), Audience: "person:" + string(speaks(who))})
	})
}

// Unsupport takes the voice back that the same person gave. The proposer's stays.
func (s *Service) Unsupport(ctx context.Context, who access.Actor, id TopicID) (err error) {
	defer fault.Wrap(&err, "take a voice for topic %s back", id)
	t, _, err := s.topicSeat(ctx, who, id)
	if err != nil {
		return err
	}
	if t.Proposer == speaks(who) || !t.State.Open() {
		return fault.New(fault.Conflict, "meetings.fault.voice_stays")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from meetings_supports where topic = ? and person = ?`, id, speaks(who))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		_, err = tx.Exec(ctx, `update meetings_topics set revision = revision + 1,
			supports = (select count(distinct v.voice) from meetings_supports v where v.topic = meetings_topics.id) where id = ?`, id)
		return err
	})
}

// topicSeat reads a topic that the actor may support, and the seat for it. To
// whoever has none the topic is not there.
func (s *Service) topicSeat(ctx context.Context, who access.Actor, id TopicID) (t Topic, seat Seat, err error) {
	if t, err = TopicByID(ctx, s.db, id); err != nil {
		return t, seat, err
	}
	series, err := SeriesByID(ctx, s.db, t.Series)
	if err != nil {
		return t, seat, err
	}
	if seat, err = s.SeatOf(ctx, who, series); fault.KindOf(err) == fault.Forbidden && Runs(who, t.Kind, t.Owner) != nil {
		err = fault.ErrNotFound
	}
	return t, seat, err
}

// Decide accepts, defers or declines a topic; deferring and declining need a
// reason. Everybody who proposed or supported it is told. Who may: whoever runs
// the series.
func (s *Service) Decide(ctx context.Context, who access.Actor, id TopicID, to TopicState, reason string) (err error) {
	defer fault.Wrap(&err, "decide about topic %s", id)
	t, err := s.topicRun(ctx, who, id)
	if err != nil {
		return err
	}
	reason = words(reason)
	fields := free(nil, "uzasadnienie", reason, longestWords)
	if to != Accepted {
		fields = needed(nil, "uzasadnienie", reason, longestWords)
	}
	if to != Accepted && to != Deferred && to != Declined {
		fields = append(fields, fault.Field{Name: "decyzja", Key: "meetings.lack.empty"})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.moveTopic(ctx, tx, t, to, reason, Proposed, Accepted, Deferred); err != nil {
			return err
		}
		return s.record(ctx, tx, who, string(to), "meetings_topic", string(id), t.Owner, nil)
	})
}

// Withdraw takes an own topic back, before it is on an agenda.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id TopicID) (err error) {
	defer fault.Wrap(&err, "withdraw topic %s", id)
	t, _, err := s.topicSeat(ctx, who, id)
	if err != nil {
		return err
	}
	if t.Proposer != speaks(who) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.moveTopic(ctx, tx, t, Withdrawn, "", Proposed, Accepted, Deferred); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "withdraw", "meetings_topic", string(id), t.Owner, nil)
	})
}

// topicRun reads a topic about which the actor decides.
func (s *Service) topicRun(ctx context.Context, who access.Actor, id TopicID) (t Topic, err error) {
	if t, err = TopicByID(ctx, s.db, id); err != nil {
		return t, err
	}
	if err := Runs(who, t.Kind, t.Owner); err != nil {
		series, also := SeriesByID(ctx, s.db, t.Series)
		if also != nil {
			return t, also
		}
		return t, hide(err, s.SeesSeries(ctx, who, series))
	}
	return t, nil
}

// moveTopic moves a topic from one of the states, writes the step and has it told.
func (s *Service) moveTopic(ctx context.Context, tx *db.Tx, t Topic, to TopicState, reason string, from ...TopicState) error {
	query, args, err := db.In(`update meetings_topics set state = ?, reason = ?, revision = revision + 1, changed_at = ? where id = ? and state in (?)`,
		to, reason, s.now().Unix(), t.ID, from)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, query, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "meetings.fault.topic_moved")
	}
	var revision int64
	if err := tx.Get(ctx, &revision, `select revision from meetings_topics where id = ?`, t.ID); err != nil {
		return err
	}
	return s.stepTold(ctx, tx, t, Step{What: string(to), Words: reason, Once: string(to) + "/" + number(revision)})
}

// Merge joins a topic into another of the same series: the voices go over, none
// is counted twice, the traces become one matter, and everybody concerned is
// told. Who may: whoever runs the series.
func (s *Service) Merge(ctx context.Context, who access.Actor, from, into TopicID) (err error) {
	defer fault.Wrap(&err, "merge topic %s into %s", from, into)
	a, err := s.topicRun(ctx, who, from)
	if err != nil {
		return err
	}
	b, err := s.topicRun(ctx, who, into)
	if err != nil {
		return err
	}
	if a.Series != b.Series || from == into {
		return fault.InvalidFields([]fault.Field{{Name: "do", Key: "meetings.lack.merge"}})
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_topics set revision = revision + 1 where id = ? and state in (?, ?, ?, ?)`, into, Proposed, Accepted, Deferred, OnAgenda)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.topic_closed")
		}
		n, err = tx.Exec(ctx, `update meetings_topics set state = ?, into_topic = ?, revision = revision + 1, changed_at = ? where id = ? and state in (?, ?, ?)`,
			Merged, into, now, from, Proposed, Accepted, Deferred)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.topic_moved")
		}
		if _, err := tx.Exec(ctx, `update meetings_topics set into_topic = ? where into_topic = ?`, into, from); err != nil {
			return err
		}
		if err := moveVoices(ctx, tx, from, into); err != nil {
			return err
		}
		if err := trace.Link(ctx, tx, trace.ID(a.Trace), trace.ID(b.Trace)); err != nil {
			return err
		}
		if err := s.stepTold(ctx, tx, a, Step{What: "merged", Words: b.Title, Path: TopicHref(into)}); err != nil {
			return err
		}
		if err := s.step(ctx, tx, b, Step{What: "took_in", Words: a.Title, Path: TopicHref(from), Once: "took_in/" + string(from)}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "merge", "meetings_topic", string(from), a.Owner, map[string]string{"into": string(into)})
	})
}

// moveVoices copies the voices of one topic to another. A voice of which one
// key is there already was given there by the same head: it is left out whole.
func moveVoices(ctx context.Context, tx *db.Tx, from, into TopicID) error {
	_, err := tx.Exec(ctx, `insert into meetings_supports (topic, unit, voice, person, at)
		select ?, v.unit, v.voice, v.person, v.at from meetings_supports v where v.topic = ? and v.voice not in (
			select w.voice from meetings_supports w join meetings_supports x on x.topic = ? and x.unit = w.unit where w.topic = ?)
		on conflict (topic, unit) do nothing`, into, from, into, from)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update meetings_topics set supports = (select count(distinct v.voice) from meetings_supports v where v.topic = meetings_topics.id) where id = ?`, into)
	return err
}

// Step is one thing that happened to a topic.
type Step struct {
	What    string // "accepted": of the texts meetings.step.… and meetings.told.topic_…
	Words   string // a reason, a title
	Path    string // a page of ours to go on to
	Figures Figures
	Once    string // what is written once however often it is told; What when empty
}

// StepRow is a step as it lies.
type StepRow struct {
	ID      string  `db:"id"`
	Topic   TopicID `db:"topic"`
	What    string  `db:"what"`
	Words   string  `db:"words"`
	Path    string  `db:"path"`
	Figures string  `db:"figures"`
	Once    string  `db:"once"`
	At      int64   `db:"at"`
}

// step writes a step of a topic and of its trace: for those who run the series or
// belong to it, and for the proposer. Others at the owner's office do not read it. A step that is there
// already stays as it was, and is told of by false.
func (s *Service) step(ctx context.Context, tx *db.Tx, t Topic, st Step) error {
	_, err := s.stepNew(ctx, tx, t, st)
	return err
}

func (s *Service) stepNew(ctx context.Context, tx *db.Tx, t Topic, st Step) (fresh bool, err error) {
	if st.Once == "" {
		st.Once = st.What
	}
	figures, err := st.Figures.text()
	if err != nil {
		return false, err
	}
	if s.Touch != nil {
		if err := s.Touch(ctx, tx, string(t.ID)); err != nil {
			return false, err
		}
	}
	now := s.now().Unix()
	n, err := tx.Exec(ctx, `insert into meetings_steps (id, topic, what, words, path, figures, once, at) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (topic, once) do nothing`,
		newID(), t.ID, st.What, st.Words, st.Path, figures, st.Once, now)
	if err != nil || n == 0 {
		return false, err
	}
	audiences := []string{seriesAudience(t.Series)}
	if t.Proposer != "" {
		audiences = append(audiences, "person:"+string(t.Proposer))
	}
	for _, a := range audiences {
		if err := trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(t.Trace), Kind: "meetings.topic." + st.What, ID: string(t.ID),
			FromKind: "meetings.topic", FromID: string(t.ID), TitleKey: "meetings.step." + st.What, At: now, Audience: a}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// stepTold writes a step and has everybody told who proposed or supported the topic.
func (s *Service) stepTold(ctx context.Context, tx *db.Tx, t Topic, st Step) error {
	fresh, err := s.stepNew(ctx, tx, t, st)
	if err != nil || !fresh {
		return err
	}
	once := st.Once
	if once == "" {
		once = st.What
	}
	return s.tellLater(ctx, tx, telling{What: "topic", Topic: t.ID, Step: once})
}

// StepsOf are the steps of a topic in their order.
func StepsOf(ctx context.Context, r db.Reader, id TopicID) (list []StepRow, err error) {
	return list, r.Select(ctx, &list, `select p.id, p.topic, p.what, p.words, p.path, p.figures, p.once, p.at from meetings_steps p where p.topic = ? order by p.at, p.id`, id)
}

// heardFrom are those who proposed or supported a topic, or one merged into it,
// each once: those who are told.
func heardFrom(ctx context.Context, r db.Reader, id TopicID) (list []access.PersonID, err error) {
	err = r.Select(ctx, &list, `select proposer from meetings_topics where (id = ? or into_topic = ?) and proposer <> ''
		union select v.person from meetings_supports v join meetings_topics t on t.id = v.topic where (t.id = ? or t.into_topic = ?) and v.person <> ''`, id, id, id, id)
	slices.Sort(list)
	return slices.Compact(list), err
}
