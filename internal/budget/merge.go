package budget

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/trace"
)

// Two projects for one place become one when both proposers agree. One offers,
// the other answers; the project that stays keeps its number, its signatures and
// its place in the checks. Signatures are not added up: those who signed read the
// other project, not this one. Whoever followed the project that goes follows the
// other from then on.

// Answers to an offer to merge; Waiting is none yet.
const (
	MergeWaiting   = ""
	MergeYes       = "yes"
	MergeNo        = "no"
	MergeWithdrawn = "withdrawn"
	MergeVoid      = "void" // one of the two was merged elsewhere meanwhile
)

// Merge is an offer to merge two projects.
type Merge struct {
	ID         string          `db:"id"`
	Project    ProjectID       `db:"project"`      // goes
	Into       ProjectID       `db:"into_project"` // stays
	For        ProjectID       `db:"offered_for"`  // the one of the two whose proposer offered
	Items      bool            `db:"items"`        // costs of the one that goes are added
	Words      string          `db:"words"`
	OfferedBy  access.PersonID `db:"offered_by"`
	OfferedAt  int64           `db:"offered_at"`
	Answer     string          `db:"answer"`
	AnsweredAt int64           `db:"answered_at"`
}

const mergeColumns = `m.id, m.project, m.into_project, m.offered_for, m.items, m.words, m.offered_by, m.offered_at, m.answer, m.answered_at`

// asked is the project whose proposer answers the offer.
func (m Merge) asked() ProjectID {
	if m.For == m.Project {
		return m.Into
	}
	return m.Project
}

// MergeOffer is what a proposer offers to another one.
type MergeOffer struct {
	Number int  // of the other project
	Stays  bool // the offering project stays and takes the other in
	Items  bool
	Words  string
}

// MayMerge returns nil when the first project can be merged into the second:
// both on their way to the ballot of one pool.
func MayMerge(from, into Project) error {
	switch {
	case from.ID == into.ID || from.Edition != into.Edition || from.Pool != into.Pool:
		return fault.New(fault.Conflict, "budget.fault.merge_pool")
	case !MayMove(from.State, ProjectMerged, ByProposer) || !MayMove(into.State, ProjectMerged, ByProposer):
		return fault.New(fault.Conflict, "budget.fault.merge_state")
	}
	return nil
}

// mayAddItems returns nil while costs can be added to a project: until the check
// of its merits, which judges the price.
func mayAddItems(into Project) error {
	if !into.State.In(ProjectFiled, ProjectSupport, ProjectFormal) {
		return fault.New(fault.Conflict, "budget.fault.merge_items")
	}
	return nil
}

// OfferMerge offers the proposer of another project to make one of the two. Who
// may: the proposer, until the cutoff.
func (s *Service) OfferMerge(ctx context.Context, who access.Actor, id ProjectID, o MergeOffer) (err error) {
	defer fault.Wrap(&err, "offer to merge project %s", id)
	p, e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	if err := Cutoff(e, s.now()); err != nil {
		return err
	}
	o.Words = words(o.Words)
	other, err := s.numberedOther(ctx, p, o.Number)
	if err != nil {
		return err
	}
	m := Merge{ID: newID(), Project: p.ID, Into: other.ID, For: p.ID}
	from, into := p, other
	if o.Stays {
		m.Project, m.Into, from, into = other.ID, p.ID, other, p
	}
	if err := MayMerge(from, into); err != nil {
		return fault.InvalidFields([]fault.Field{{Name: "numer", Key: fault.As(err).Key}})
	}
	fields := needed(nil, "wiadomosc", o.Words, mostWords)
	if o.Items && mayAddItems(into) != nil {
		fields = append(fields, fault.Field{Name: "koszty", Key: "budget.fault.merge_items"})
	}
	if err := fault.InvalidFields(fields); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into budget_merges (id, project, into_project, offered_for, items, words, offered_by, offered_at) values `+db.Marks(1, 8)+`
			on conflict (project, into_project) where answer = '' do nothing`, m.ID, m.Project, m.Into, m.For, o.Items, o.Words, who.Person, s.now().Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "budget.fault.merge_twice")
		}
		return s.tellMerge(ctx, tx, other, "offered", m.ID)
	})
}

// numberedOther finds the other project of an offer by the number that people
// know it by. One without a proposer cannot agree.
func (s *Service) numberedOther(ctx context.Context, p Project, number int) (other Project, err error) {
	var list []Project
	err = s.db.Select(ctx, &list, `select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.number = ? and p.number > 0 and p.proposer <> '' and p.id <> ?`,
		p.Edition, number, p.ID)
	if err != nil {
		return other, err
	}
	if len(list) != 1 {
		return other, fault.InvalidFields([]fault.Field{{Name: "numer", Key: "budget.lack.merge_number"}})
	}
	return list[0], nil
}

// tellMerge tells the proposer of a project of an offer or its answer.
func (s *Service) tellMerge(ctx context.Context, tx *db.Tx, p Project, what, id string) error {
	if p.Proposer == "" {
		return nil
	}
	return s.tellAll(ctx, tx, []access.PersonID{p.Proposer}, notify.Message{Topic: News, Key: "budget.told.merge_" + what, Args: map[string]string{"title": p.Title},
		Link: MergeHref(p.ID), Once: "budget/merge/" + id + "/" + what})
}

// MergesOf are the offers about a project, the latest first. It does not ask who
// reads.
func MergesOf(ctx context.Context, r db.Reader, id ProjectID) (list []Merge, err error) {
	return list, r.Select(ctx, &list, `select `+mergeColumns+` from budget_merges m where m.project = ? or m.into_project = ? order by m.id desc limit 50`, id, id)
}

// mergeAt reads an offer that waits for an answer.
func mergeAt(ctx context.Context, r db.Reader, id string) (m Merge, err error) {
	if err := known(id); err != nil {
		return m, err
	}
	if err := r.Get(ctx, &m, `select `+mergeColumns+` from budget_merges m where m.id = ?`, id); err != nil {
		return m, err
	}
	if m.Answer != MergeWaiting {
		return m, fault.New(fault.Conflict, "budget.fault.merge_answered")
	}
	return m, nil
}

// TakeBackMerge takes an offer back that nobody answered. Who may: the proposer
// who offered.
func (s *Service) TakeBackMerge(ctx context.Context, who access.Actor, id string) (err error) {
	defer fault.Wrap(&err, "take offer %s back", id)
	m, err := mergeAt(ctx, s.db, id)
	if err != nil {
		return err
	}
	if _, _, err := s.own(ctx, who, m.For); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.answer(ctx, tx, m, MergeWithdrawn) })
}

func (s *Service) answer(ctx context.Context, tx *db.Tx, m Merge, answer string) error {
	n, err := tx.Exec(ctx, `update budget_merges set answer = ?, answered_at = ? where id = ? and answer = ''`, answer, s.now().Unix(), m.ID)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "budget.fault.merge_answered")
	}
	return err
}

// AnswerMerge answers an offer. With yes the projects are one at once: their
// traces are linked and their followers are told. Who may: the proposer who was
// asked, until the cutoff.
func (s *Service) AnswerMerge(ctx context.Context, who access.Actor, id string, yes bool) (err error) {
	defer fault.Wrap(&err, "answer offer %s", id)
	m, err := mergeAt(ctx, s.db, id)
	if err != nil {
		return err
	}
	_, e, err := s.own(ctx, who, m.asked())
	if err != nil {
		return err
	}
	if err := Cutoff(e, s.now()); err != nil && yes {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		offering, err := ProjectByID(ctx, tx, m.For)
		if err != nil {
			return err
		}
		if !yes {
			if err := s.answer(ctx, tx, m, MergeNo); err != nil {
				return err
			}
			return s.tellMerge(ctx, tx, offering, "refused", m.ID)
		}
		if err := s.answer(ctx, tx, m, MergeYes); err != nil {
			return err
		}
		return s.merge(ctx, tx, who, e, m)
	})
}

// merge makes one project of two.
func (s *Service) merge(ctx context.Context, tx *db.Tx, who access.Actor, e Edition, m Merge) error {
	from, err := ProjectByID(ctx, tx, m.Project)
	if err != nil {
		return err
	}
	into, err := ProjectByID(ctx, tx, m.Into)
	if err != nil {
		return err
	}
	if err := MayMerge(from, into); err != nil {
		return err
	}
	if m.Items {
		if err := addItemsOf(ctx, tx, e, from, into); err != nil {
			return err
		}
	}
	if from, err = s.move(ctx, tx, e, from, step{To: ProjectMerged, By: ByProposer, Words: into.Title}); err != nil {
		return err
	}
	if err := s.follow(ctx, tx, from, into); err != nil {
		return err
	}
	if _, err = s.note(ctx, tx, into, step{To: into.State, What: "took_in", Words: from.Title}); err != nil {
		return err
	}
	if err := trace.Link(ctx, tx, trace.ID(from.Trace), trace.ID(into.Trace)); err != nil {
		return err
	}
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "budget.project.merge", Object: "budget_project", ObjectID: string(from.ID), Institution: string(e.Owner),
		Details: map[string]string{"into": string(into.ID)}}, s.now())
}

// follow leads everything that led to a merged project to the one that took it
// in: projects merged before, followers, the proposer. Other offers are void.
func (s *Service) follow(ctx context.Context, tx *db.Tx, from, into Project) error {
	now := s.now().Unix()
	if _, err := tx.Exec(ctx, `update budget_projects set merged_into = ? where id = ? or merged_into = ?`, into.ID, from.ID, from.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into budget_project_watchers (project, person, at) select ?, w.person, w.at from budget_project_watchers w
		where w.project = ? and w.person <> ? on conflict (project, person) do nothing`, into.ID, from.ID, into.Proposer); err != nil {
		return err
	}
	if from.Proposer != "" && from.Proposer != into.Proposer {
		if _, err := tx.Exec(ctx, `insert into budget_project_watchers (project, person, at) values (?, ?, ?) on conflict (project, person) do nothing`,
			into.ID, from.Proposer, now); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `update budget_merges set answer = ?, answered_at = ? where answer = '' and (project = ? or into_project = ?)`, MergeVoid, now, from.ID, from.ID)
	return err
}

// addItemsOf adds what one project costs to another, as far as the pool lets.
func addItemsOf(ctx context.Context, tx *db.Tx, e Edition, from, into Project) error {
	if err := mayAddItems(into); err != nil {
		return err
	}
	have, err := ItemsOf(ctx, tx, into.ID)
	if err != nil {
		return err
	}
	more, err := ItemsOf(ctx, tx, from.ID)
	if err != nil {
		return err
	}
	pool, _ := e.Pool(into.Pool)
	if len(have)+len(more) > mostItems || Total(have)+Total(more) > pool.MostCost() {
		return fault.New(fault.Conflict, "budget.fault.merge_dear")
	}
	for n, i := range more {
		if _, err := tx.Exec(ctx, `insert into budget_project_items (project, no, name, amount, source) values (?, ?, ?, ?, ?)`,
			into.ID, len(have)+n+1, i.Name, i.Amount, i.Source); err != nil {
			return err
		}
	}
	return sumUp(ctx, tx, into.ID)
}

// MergeHref is where the proposer of a project offers to merge and answers.
func MergeHref(id ProjectID) string { return ProjectHref(id) + "/polaczenie" }
