package meetings

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Paper is the minutes of a meeting as a whole. Instants are UTC seconds.
//
// Content is raised by every change of what the paper says: a text, a decision,
// a task, a result. What is adopted is what was sent round, so a paper that
// changed since then has to be sent again; see Clock.
type Paper struct {
	Meeting     MeetingID `db:"meeting"`
	Revision    int64     `db:"revision"`
	Content     int64     `db:"content"`
	SentContent int64     `db:"sent_content"`
	SentAt      int64     `db:"sent_at"`
	UntilAt     int64     `db:"until_at"` // objections are taken before it
	AdoptedAt   int64     `db:"adopted_at"`
	Silently    bool      `db:"silently"`
	PublishedAt int64     `db:"published_at"`
	Chair       string    `db:"chair"`
	Recorder    string    `db:"recorder"`
}

const paperColumns = `p.meeting, p.revision, p.content, p.sent_content, p.sent_at, p.until_at, p.adopted_at, p.silently, p.published_at, p.chair, p.recorder`

// Text is what the minutes say at an item.
type Text struct {
	Item     ItemID    `db:"item"`
	Meeting  MeetingID `db:"meeting"`
	Revision int64     `db:"revision"`
	Text     string    `db:"text"`
	Marked   string    `db:"clashes"` // JSON of Clashes
	At       int64     `db:"changed_at"`
}

const textColumns = `x.item, x.meeting, x.revision, x.text, x.clashes, x.changed_at`

// Clashes are the places of the text that two people changed in different ways.
func (t Text) Clashes() (list []Clash) {
	if t.Marked != "" {
		_ = json.Unmarshal([]byte(t.Marked), &list) // written by ourselves; a broken mark marks nothing
	}
	return list
}

// The bounds of what is typed, in letters and lines.
const (
	longestText = 20000
	longestName = 120
	mostLines   = 2000
)

var (
	errPaperOver = fault.New(fault.Conflict, "meetings.fault.paper_over")
	errPaperSoon = fault.New(fault.Conflict, "meetings.fault.paper_soon")
)

// PaperOf reads the minutes of a meeting; of one that has none yet they are
// empty. It asks for nobody's right.
func PaperOf(ctx context.Context, r db.Reader, id MeetingID) (p Paper, err error) {
	err = r.Get(ctx, &p, `select `+paperColumns+` from meetings_papers p where p.meeting = ?`, id)
	if errors.Is(err, fault.ErrNotFound) {
		return Paper{Meeting: id, Revision: 1, Content: 1}, nil
	}
	return p, err
}

// textsOf are the texts of a meeting by item.
func textsOf(ctx context.Context, r db.Reader, id MeetingID) (map[ItemID]Text, error) {
	var list []Text
	if err := r.Select(ctx, &list, `select `+textColumns+` from meetings_texts x where x.meeting = ?`, id); err != nil {
		return nil, err
	}
	texts := map[ItemID]Text{}
	for _, t := range list {
		texts[t.Item] = t
	}
	return texts, nil
}

// written tells whether minutes of the meeting can be written: from the moment
// it is announced, so that a recorder can prepare, until they are adopted.
func (m Meeting) written(p Paper) error {
	switch {
	case p.AdoptedAt > 0 || m.State.In(MinutesAdopted, Archived, Canceled):
		return errPaperOver
	case m.State == Planned:
		return errPaperSoon
	}
	return nil
}

// paperDeed is a change of minutes in its transaction.
type paperDeed struct {
	s   *Service
	who access.Actor
	m   Meeting
	p   Paper
	at  time.Time
}

// onPaper runs a change of what the minutes of a meeting say. The row of the
// paper is taken first, so that those who write at once stand in line.
func (s *Service) onPaper(ctx context.Context, who access.Actor, m Meeting, change func(ctx context.Context, tx *db.Tx, d *paperDeed) error) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) (err error) {
		d := &paperDeed{s: s, who: who, at: now}
		if err := takePaper(ctx, tx, m.ID); err != nil {
			return err
		}
		if d.m, err = MeetingByID(ctx, tx, m.ID); err != nil {
			return err
		}
		if d.p, err = PaperOf(ctx, tx, m.ID); err != nil {
			return err
		}
		if err := d.m.written(d.p); err != nil {
			return err
		}
		return change(ctx, tx, d)
	})
}

// takePaper makes the row of a paper, or takes the one that is there.
func takePaper(ctx context.Context, tx *db.Tx, id MeetingID) error {
	_, err := tx.Exec(ctx, `insert into meetings_papers (meeting) values (?) on conflict (meeting) do update set revision = meetings_papers.revision + 1`, id)
	return err
}

// touch notes that the paper says something else now.
func (d *paperDeed) touch(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `update meetings_papers set content = content + 1 where meeting = ?`, d.m.ID)
	return err
}

// log writes what was done.
func (d *paperDeed) log(ctx context.Context, tx *db.Tx, act, object, id string) error {
	return d.s.record(ctx, tx, d.who, act, object, id, d.m.Owner, nil)
}

// Typed is what somebody typed at an item, and what was on the screen before.
type Typed struct {
	Item ItemID
	Base int64 // revision of the text that was there before, 0 for none
	// Sent tells that the base is what was sent for that revision, and not what
	// became of it: the writer typed on while it was being saved.
	Sent  bool
	Words string
}

// Saved is what became of it.
type Saved struct {
	Revision int64
	Text     string
	Joined   bool // with what others typed meanwhile
	Clashes  []Clash
}

// SaveText saves what was typed at an item, joined with what others saved there
// since: no line that somebody typed is lost. It may be sent twice. Who records
// the meeting may. Faults: those of the right, Conflict when the minutes are
// adopted, Invalid when the text is too long.
func (s *Service) SaveText(ctx context.Context, who access.Actor, id MeetingID, t Typed) (saved Saved, err error) {
	defer fault.Wrap(&err, "save minutes of item %s", t.Item)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return saved, err
	}
	mine := splitLines(t.Words)
	if utf8.RuneCountInString(t.Words) > longestText || len(mine) > mostLines {
		return saved, fault.InvalidFields([]fault.Field{{Name: textField(t.Item), Key: "meetings.lack.long", Args: []any{"n", longestText}}})
	}
	return saved, s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		saved, err = d.save(ctx, tx, t, mine)
		return err
	})
}

// textField is the name of the field of an item on the page of writing.
func textField(id ItemID) string { return "tekst-" + string(id) }

func (d *paperDeed) save(ctx context.Context, tx *db.Tx, t Typed, mine []string) (saved Saved, err error) {
	if _, err := ItemByID(ctx, tx, d.m.ID, t.Item); err != nil {
		return saved, err
	}
	stored, err := textOf(ctx, tx, t.Item)
	if err != nil {
		return saved, err
	}
	base, err := d.baseOf(ctx, tx, t)
	if err != nil {
		return saved, err
	}
	lines, clashes := merge(splitLines(base), mine, splitLines(stored.Text))
	saved = Saved{Revision: stored.Revision, Text: strings.Join(lines, "\n"), Joined: !slices.Equal(lines, mine), Clashes: stored.Clashes()}
	if saved.Text == stored.Text && !saved.Joined {
		return saved, nil // what was joined is kept even then: the writer may go on from what was sent
	}
	saved.Revision++
	for _, c := range clashes {
		if !slices.ContainsFunc(saved.Clashes, c.same) {
			saved.Clashes = append(saved.Clashes, c)
		}
	}
	return saved, d.keep(ctx, tx, t.Item, saved, mine)
}

func (c Clash) same(other Clash) bool {
	return slices.Equal(c.Theirs, other.Theirs) && slices.Equal(c.Mine, other.Mine)
}

// keep writes the new text, and the state that somebody's next words will be
// joined to.
func (d *paperDeed) keep(ctx context.Context, tx *db.Tx, item ItemID, saved Saved, mine []string) error {
	marked := ""
	if len(saved.Clashes) > 0 {
		text, err := json.Marshal(saved.Clashes)
		if err != nil {
			return err
		}
		marked = string(text)
	}
	if _, err := tx.Exec(ctx, `insert into meetings_texts (item, meeting, revision, text, clashes, changed_at) values (?, ?, ?, ?, ?, ?)
		on conflict (item) do update set revision = excluded.revision, text = excluded.text, clashes = excluded.clashes, changed_at = excluded.changed_at`,
		item, d.m.ID, saved.Revision, saved.Text, marked, d.at.Unix()); err != nil {
		return err
	}
	sent := ""
	if saved.Joined {
		sent = strings.Join(mine, "\n")
	}
	if _, err := tx.Exec(ctx, `insert into meetings_saves (item, revision, text, sent, joined, person, at) values (?, ?, ?, ?, ?, ?, ?)`,
		item, saved.Revision, saved.Text, sent, saved.Joined, d.who.Person, d.at.Unix()); err != nil {
		return err
	}
	return d.touch(ctx, tx)
}

func textOf(ctx context.Context, r db.Reader, item ItemID) (t Text, err error) {
	err = r.Get(ctx, &t, `select `+textColumns+` from meetings_texts x where x.item = ?`, item)
	if errors.Is(err, fault.ErrNotFound) {
		return Text{Item: item}, nil
	}
	return t, err
}

// baseOf is the text that the writer began with. Without one that we know, all
// that is there and all that was typed stays.
func (d *paperDeed) baseOf(ctx context.Context, r db.Reader, t Typed) (string, error) {
	if t.Base <= 0 {
		return "", nil
	}
	var base struct {
		Text   string          `db:"text"`
		Sent   string          `db:"sent"`
		Joined bool            `db:"joined"`
		Person access.PersonID `db:"person"`
	}
	err := r.Get(ctx, &base, `select text, sent, joined, person from meetings_saves where item = ? and revision = ?`, t.Item, t.Base)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return "", nil
	case !t.Sent || !base.Joined:
		return base.Text, err
	case base.Person != d.who.Person:
		return "", err // somebody else's words are nobody's to take out
	}
	return base.Sent, err
}

// splitLines are the lines of a text as it is typed; an empty text has none.
func splitLines(text string) []string {
	if text = strings.ReplaceAll(text, "\r\n", "\n"); text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// SettleClashes notes that somebody has chosen between the wordings at an item.
// Who records the meeting may.
func (s *Service) SettleClashes(ctx context.Context, who access.Actor, id MeetingID, item ItemID) (err error) {
	defer fault.Wrap(&err, "settle item %s", item)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		_, err := tx.Exec(ctx, `update meetings_texts set clashes = '' where item = ? and meeting = ?`, item, m.ID)
		return err
	})
}

// SetSigners says who chaired the meeting and who wrote the minutes, as printed.
// Who records the meeting may.
func (s *Service) SetSigners(ctx context.Context, who access.Actor, id MeetingID, chair, recorder string) (err error) {
	defer fault.Wrap(&err, "signers of the minutes of %s", id)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	chair, recorder = line(chair), line(recorder)
	if wrong := free(free(nil, "przewodniczy", chair, longestName), "protokoluje", recorder, longestName); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if _, err := tx.Exec(ctx, `update meetings_papers set chair = ?, recorder = ? where meeting = ?`, chair, recorder, m.ID); err != nil {
			return err
		}
		return d.touch(ctx, tx)
	})
}
