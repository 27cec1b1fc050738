package topics

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
)

// The acts of the history.
const (
	actCreated   = "created"
	actEdited    = "edited"
	actMoved     = "moved"
	actMerged    = "merged"   // into another
	actReceived  = "received" // another one
	actUnmerged  = "unmerged"
	actReleased  = "released" // another one, that had been merged into it
	actSplit     = "split"
	actPart      = "part" // made a part of another one
	actUnsplit   = "unsplit"
	actUnpart    = "unpart"
	actRetired   = "retired"
	actRestored  = "restored"
	actWithdrawn = "withdrawn" // a sheet was taken back that had brought it in
)

// work is one act inside its transaction, with the vocabulary as it is there.
type work struct {
	*Service
	ctx    context.Context
	tx     *db.Tx
	v      *vocabulary
	by     audit.By
	source string
	at     time.Time
}

// change runs one act of an editor, who must hold EditTopics. Raising the
// version comes first: it is one row, so acts wait for each other, and what is
// read after it is what the act before left. Rules are then checked over the
// whole vocabulary and cannot be broken by two acts together.
func (s *Service) change(ctx context.Context, who access.Actor, f func(w *work) error) error {
	if err := who.Must(access.EditTopics); err != nil {
		return err
	}
	at, by := s.now(), who.By()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, err := s.begin(ctx, tx, by, "", at)
		if err != nil {
			return err
		}
		return f(w)
	})
}

// begin takes the vocabulary for an act.
func (s *Service) begin(ctx context.Context, tx *db.Tx, by audit.By, source string, at time.Time) (*work, error) {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return nil, err
	}
	v, err := read(ctx, tx)
	if err != nil {
		return nil, err
	}
	return &work{Service: s, ctx: ctx, tx: tx, v: v, by: by, source: source, at: at}, nil
}

// topic is one of the vocabulary at the revision that the editor saw.
func (w *work) topic(id ID, revision int64) (*Topic, error) {
	t := w.v.byID[id]
	if t == nil {
		return nil, fault.ErrNotFound
	}
	if t.Revision != revision {
		return nil, errEdited
	}
	return t, nil
}

// done is what an act did to one topic.
type done struct {
	act           string
	id            ID
	code          string
	before, after Record
	others        []ID
	uses          map[string]int
	version       int64
}

// tell writes an act into the history, and when it is the act itself and not
// its other side, into the log and to whoever listens.
func (w *work) tell(d done, main bool) error {
	if err := w.remember(d); err != nil {
		return err
	}
	return w.announce(d, main)
}

// gone tells that a topic is no longer there.
func (w *work) gone(t *Topic) error {
	return w.announce(done{act: actWithdrawn, id: t.ID, code: t.Code, version: t.Revision + 1}, true)
}

// announce is the part of tell that leaves the vocabulary.
func (w *work) announce(d done, main bool) error {
	if w.touch != nil {
		if err := w.touch(w.ctx, w.tx, string(d.id)); err != nil {
			return err
		}
	}
	if !main {
		return nil
	}
	if w.bus != nil {
		err := w.bus.Emit(w.ctx, w.tx, Changed{ID: d.id, What: d.act, Others: d.others}, events.Envelope{Subject: string(d.id), Version: d.version, At: w.at})
		if err != nil {
			return err
		}
	}
	details := map[string]string{"code": d.code}
	if len(d.others) > 0 {
		details["others"] = strings.Join(w.codes(d.others), ", ")
	}
	return audit.Record(w.ctx, w.tx, w.by, audit.Entry{Action: auditAction[d.act], Object: "topic", ObjectID: string(d.id), Details: details}, w.at)
}

// auditAction names the acts in the log.
var auditAction = map[string]string{
	actCreated: "topics.create", actEdited: "topics.edit", actMoved: "topics.move", actMerged: "topics.merge", actUnmerged: "topics.unmerge",
	actSplit: "topics.split", actUnsplit: "topics.unsplit", actRetired: "topics.retire", actRestored: "topics.restore", actWithdrawn: "topics.withdraw",
}

func (w *work) codes(ids []ID) (codes []string) {
	for _, id := range ids {
		if t := w.v.byID[id]; t != nil {
			codes = append(codes, t.Code)
		}
	}
	return codes
}

func (w *work) remember(d done) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	others, uses := "", ""
	if len(d.others) > 0 {
		others = jsonText(d.others)
	}
	if len(d.uses) > 0 {
		uses = jsonText(d.uses)
	}
	_, err = w.tx.Exec(w.ctx, `insert into directory_topic_history (id, topic, act, source, other, before_act, after_act, uses, person, acting_for, at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id.String(), d.id, d.act, w.source, others, d.before.text(), d.after.text(), uses, w.by.Person, w.by.For, w.at.Unix())
	return err
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // ids, names of kinds and numbers always encode
	return string(text)
}

// step is an entry of the history as it is read.
type step struct {
	ID        string `db:"id"`
	Topic     ID     `db:"topic"`
	Act       string `db:"act"`
	Source    string `db:"source"`
	Other     string `db:"other"`
	BeforeAct string `db:"before_act"`
	AfterAct  string `db:"after_act"`
	Uses      string `db:"uses"`
	Person    string `db:"person"`
	ActingFor string `db:"acting_for"`
	At        int64  `db:"at"`
}

func (e step) others() (ids []ID) {
	if e.Other != "" && json.Unmarshal([]byte(e.Other), &ids) != nil {
		return nil
	}
	return ids
}

func (e step) used() map[string]int {
	uses := map[string]int{}
	if e.Uses == "" || json.Unmarshal([]byte(e.Uses), &uses) != nil {
		return nil
	}
	return uses
}

// mostSteps is how much of a topic's history is shown.
const mostSteps = 200

// historyOf is what was done to a topic, the newest first.
func historyOf(ctx context.Context, r db.Reader, id ID) (list []step, err error) {
	err = r.Select(ctx, &list, `select id, topic, act, source, other, before_act, after_act, uses, person, acting_for, at
		from directory_topic_history where topic = ? order by id desc limit ?`, id, mostSteps)
	return list, err
}

// former are the names a topic had, the newest first, in one language.
func former(history []step, name func(Record) string, now string) (names []string) {
	for _, e := range history {
		old := name(recordOf(e.BeforeAct))
		if old != "" && old != now && !slices.Contains(names, old) {
			names = append(names, old)
		}
	}
	return names
}

// sum is how many uses there are of all kinds.
func sum(counts map[string]int) (n int) {
	for c := range maps.Values(counts) {
		n += c
	}
	return n
}
