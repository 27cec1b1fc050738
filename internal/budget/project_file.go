package budget

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// A project is written one thing at a time: the idea, the place, what it costs.
// Each is kept at once, so that nothing typed is lost; nobody else sees it
// before it is filed.

// Idea is the first thing that is said of a project.
type Idea struct {
	Pool     PoolID
	Title    string
	Words    string
	Category string
}

const mostDrafts = 20 // of one person in one edition

// cleaned checks an idea for the edition.
func (i Idea) cleaned(e Edition) (Idea, error) {
	i.Title, i.Words = line(i.Title), words(i.Words)
	fields := needed(needed(nil, "tytul", i.Title, mostTitle), "opis", i.Words, mostWords)
	if _, ok := e.Pool(i.Pool); !ok {
		fields = append(fields, fault.Field{Name: "pula", Key: "budget.lack.choose"})
	}
	if i.Category != "" && !slices.Contains(Categories(), i.Category) {
		fields = append(fields, fault.Field{Name: "kategoria", Key: "budget.lack.choose"})
	}
	return i, fault.InvalidFields(fields)
}

// StartProject writes the draft of a project. Who may: see Proposes; only while
// projects are taken.
func (s *Service) StartProject(ctx context.Context, who access.Actor, edition EditionID, idea Idea) (id ProjectID, err error) {
	defer fault.Wrap(&err, "start a project in edition %s", edition)
	e, err := s.openTo(ctx, who, edition)
	if err != nil {
		return "", err
	}
	if idea, err = idea.cleaned(e); err != nil {
		return "", err
	}
	whole, err := s.People.Actor(ctx, speaks(who)) // a pupil is one under every hat
	if err != nil {
		return "", err
	}
	area, _ := e.areaIn(idea.Pool, "")
	now := s.now().Unix()
	p := Project{ID: ProjectID(newID()), Trace: newID(), Proposer: speaks(who), Pupil: whole.Has(access.Pupil)}
	if len(who.Roles) > 0 {
		p.Institution = who.Roles[0].Institution
	}
	return p.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		var drafts int
		err := tx.Get(ctx, &drafts, `select count(*) from budget_projects p where p.proposer = ? and p.edition = ? and p.state = ?`, p.Proposer, e.ID, ProjectDraft)
		if err != nil {
			return err
		}
		if drafts >= mostDrafts {
			return fault.New(fault.Conflict, "budget.fault.drafts", "n", mostDrafts)
		}
		_, err = tx.Exec(ctx, `insert into budget_projects (id, trace, edition, pool, state, title, title_key, words, category, area, proposer, institution, pupil, created_at, changed_at)
			values `+db.Marks(1, 15), p.ID, p.Trace, e.ID, idea.Pool, ProjectDraft, idea.Title, i18n.SortKey(idea.Title), idea.Words, idea.Category, area, p.Proposer,
			p.Institution, p.Pupil, now, now)
		return err
	})
}

// openTo reads an edition in which the actor may file projects now.
func (s *Service) openTo(ctx context.Context, who access.Actor, id EditionID) (e Edition, err error) {
	if e, err = EditionByID(ctx, s.db, id); err != nil {
		return e, err
	}
	if err := s.Sees(ctx, who, e); err != nil {
		return e, err
	}
	if err := s.Proposes(who, e); err != nil {
		return e, err
	}
	return e, Filing(e, s.now())
}

// editable returns nil while the proposer may write: a draft as long as projects
// are taken, and a filed one that the office asked to be mended.
func (s *Service) editable(p Project, e Edition) error {
	switch {
	case p.State == ProjectDraft:
		return Filing(e, s.now())
	case p.State == ProjectFormal && p.Fix != "" && s.now().Unix() < p.FixUntil:
		return nil
	}
	return fault.New(fault.Conflict, "budget.fault.not_editable")
}

// edit lets the proposer write one thing of a project.
func (s *Service) edit(ctx context.Context, who access.Actor, id ProjectID, write func(tx *db.Tx, e Edition, p Project) error) error {
	p, e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.editable(p, e); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The state in the condition: whoever files, or decides about it, meanwhile comes first.
		n, err := tx.Exec(ctx, `update budget_projects set version = version + 1, changed_at = ? where id = ? and state = ? and version = ?`,
			s.now().Unix(), p.ID, p.State, p.Version)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "budget.fault.moved")
		}
		return write(tx, e, p)
	})
}

// SaveIdea writes the title, the words, the pool and the category anew.
func (s *Service) SaveIdea(ctx context.Context, who access.Actor, id ProjectID, idea Idea) (err error) {
	defer fault.Wrap(&err, "save the idea of project %s", id)
	return s.edit(ctx, who, id, func(tx *db.Tx, e Edition, p Project) error {
		if p.State != ProjectDraft {
			idea.Pool = p.Pool // a filed project stays in the pool in which it gathered support
		}
		i, err := idea.cleaned(e)
		if err != nil {
			return err
		}
		area := p.Area
		if i.Pool != p.Pool { // the district is that of the new pool, or is asked anew
			area, _ = e.areaIn(i.Pool, "")
		}
		_, err = tx.Exec(ctx, `update budget_projects set title = ?, title_key = ?, words = ?, pool = ?, category = ?, area = ? where id = ?`,
			i.Title, i18n.SortKey(i.Title), i.Words, i.Pool, i.Category, area, id)
		return err
	})
}

// Where is where a project is: in words, as coordinates when they are known, and in
// which district of the edition. Of the district only projects are asked that are in
// the pool of none.
type Where struct{ Place, Spot, Area string }

// SavePlace writes where the project is.
func (s *Service) SavePlace(ctx context.Context, who access.Actor, id ProjectID, w Where) (err error) {
	defer fault.Wrap(&err, "save the place of project %s", id)
	place := line(w.Place)
	return s.edit(ctx, who, id, func(tx *db.Tx, e Edition, p Project) error {
		fields := needed(nil, "miejsce", place, mostLine)
		at, ok := ParseSpot(w.Spot)
		if !ok {
			fields = append(fields, fault.Field{Name: "punkt", Key: "budget.lack.spot"})
		}
		area, ok := e.areaIn(p.Pool, w.Area)
		if !ok {
			fields = append(fields, fault.Field{Name: "dzielnica", Key: "budget.lack.choose"})
		}
		if err := fault.InvalidFields(fields); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update budget_projects set place = ?, lat = ?, lon = ?, area = ? where id = ?`, place, at.Lat, at.Lon, area, id)
		return err
	})
}

// AddItem adds one thing that the project costs, with the price as it was typed.
func (s *Service) AddItem(ctx context.Context, who access.Actor, id ProjectID, name, amount, source string) (err error) {
	defer fault.Wrap(&err, "add a cost to project %s", id)
	name, source = line(name), line(source)
	fields := free(needed(nil, "nazwa", name, mostLine), "skad", source, mostLine)
	price, ok := ParseMoney(amount)
	if !ok {
		fields = append(fields, fault.Field{Name: "kwota", Key: "budget.lack.amount"})
	}
	return s.edit(ctx, who, id, func(tx *db.Tx, _ Edition, _ Project) error {
		if err := fault.InvalidFields(fields); err != nil {
			return err
		}
		var last int
		if err := tx.Get(ctx, &last, `select coalesce(max(i.no), 0) from budget_project_items i where i.project = ?`, id); err != nil {
			return err
		}
		if last >= mostItems {
			return fault.New(fault.Conflict, "budget.fault.items", "n", mostItems)
		}
		if _, err := tx.Exec(ctx, `insert into budget_project_items (project, no, name, amount, source) values (?, ?, ?, ?, ?)`, id, last+1, name, price, source); err != nil {
			return err
		}
		return sumUp(ctx, tx, id)
	})
}

// DropItem takes a cost away.
func (s *Service) DropItem(ctx context.Context, who access.Actor, id ProjectID, no int) (err error) {
	defer fault.Wrap(&err, "drop a cost of project %s", id)
	return s.edit(ctx, who, id, func(tx *db.Tx, _ Edition, _ Project) error {
		list, err := ItemsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if no < 1 || no > len(list) {
			return fault.ErrNotFound
		}
		if _, err := tx.Exec(ctx, `delete from budget_project_items where project = ?`, id); err != nil {
			return err
		}
		for n, i := range slices.Delete(list, no-1, no) {
			if _, err := tx.Exec(ctx, `insert into budget_project_items (project, no, name, amount, source) values (?, ?, ?, ?, ?)`, id, n+1, i.Name, i.Amount, i.Source); err != nil {
				return err
			}
		}
		return sumUp(ctx, tx, id)
	})
}

func sumUp(ctx context.Context, tx *db.Tx, id ProjectID) error {
	_, err := tx.Exec(ctx, `update budget_projects set cost = (select coalesce(sum(i.amount), 0) from budget_project_items i where i.project = budget_projects.id) where id = ?`, id)
	return err
}

// Declared is what a proposer says when filing.
type Declared struct {
	OldEnough bool // is of the age from which one may propose, where it is asked: see Edition.asksAge
	Named     bool // agrees to be named in public; never taken from a pupil
}

// FileProject sends a draft. It goes on to the gathering of support, or to the
// formal check where the rules ask for no signatures. A draft without a place, a
// price or words, one that costs more than the pool lets, and one that is filed
// in another pool already are refused with the fields to mend.
func (s *Service) FileProject(ctx context.Context, who access.Actor, id ProjectID, d Declared) (err error) {
	defer fault.Wrap(&err, "file project %s", id)
	p, e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	if err := Filing(e, s.now()); err != nil {
		return err
	}
	if err := s.Proposes(who, e); err != nil {
		return err
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.whole(ctx, tx, e, p, d); err != nil {
			return err
		}
		n, err := counter.Next(ctx, tx, "budget.projects/"+string(e.ID))
		if err != nil {
			return err
		}
		next, until := ProjectFormal, int64(0)
		if e.Rules.Signatures > 0 {
			next, until = ProjectSupport, midnightAfter(now, e.Rules.SignatureDays)
		}
		p, err := s.move(ctx, tx, e, p, step{To: ProjectFiled, By: ByProposer, Quiet: true})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update budget_projects set number = ?, filed_at = ?, support_until = ?, named = ? where id = ?`,
			n, now, until, d.Named && !p.Pupil, id); err != nil {
			return err
		}
		if _, err := s.move(ctx, tx, e, p, step{To: next, By: ByProgram, Args: map[string]string{"until_date": dayOf(max(until-1, 0))}}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "file", p, e)
	})
}

// asksAge is the age that a proposer confirms in their own words when filing, 0 when
// nobody is asked. In a school its own pupils propose and nobody else, and it knows
// them. Nothing is kept of the answer: without it there is no project.
func (e Edition) asksAge() int {
	if e.Kind == School {
		return 0
	}
	return e.Rules.Who.ProposeAge
}

// whole refuses a draft that lacks something.
func (s *Service) whole(ctx context.Context, r db.Reader, e Edition, p Project, d Declared) error {
	items, err := ItemsOf(ctx, r, p.ID)
	if err != nil {
		return err
	}
	pool, ok := e.Pool(p.Pool)
	fields := Missing(p, items, pool)
	if !ok {
		fields = append(fields, fault.Field{Name: "pula", Key: "budget.lack.choose"})
	}
	if e.asksAge() > 0 && !d.OldEnough {
		fields = append(fields, fault.Field{Name: "wiek", Key: "budget.lack.age"})
	}
	if e.Rules.NoTwins {
		twin, err := twinOf(ctx, r, p)
		if err != nil {
			return err
		}
		if twin {
			fields = append(fields, fault.Field{Name: "tytul", Key: "budget.lack.twin"})
		}
	}
	return fault.InvalidFields(fields)
}

// gone are the states in which a project stands in nobody's way.
var gone = []ProjectState{ProjectDraft, ProjectWithdrawn, ProjectMerged, ProjectUpheld}

// twinOf tells whether a project of the same title was filed in another pool.
// What is the same under another title people find: see the checks.
func twinOf(ctx context.Context, r db.Reader, p Project) (bool, error) {
	query, args, err := db.In(`select count(*) from budget_projects p where p.edition = ? and p.title_key = ? and p.pool <> ? and p.id <> ? and p.state not in (?)`,
		p.Edition, p.TitleKey, p.Pool, p.ID, gone)
	if err != nil {
		return false, err
	}
	var n int
	err = r.Get(ctx, &n, query, args...)
	return n > 0, err
}

// Withdraw takes an own project back: a draft at any time, for good; a filed one
// until the cutoff of the calendar.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "withdraw project %s", id)
	p, e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	if p.State == ProjectDraft {
		return s.db.Write(ctx, func(tx *db.Tx) error { return dropDraft(ctx, tx, id) })
	}
	if err := Cutoff(e, s.now()); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.move(ctx, tx, e, p, step{To: ProjectWithdrawn, By: ByProposer})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "withdraw", p, e)
	})
}

// dropDraft deletes a draft: nobody but its author ever saw it.
func dropDraft(ctx context.Context, tx *db.Tx, id ProjectID) error {
	if _, err := tx.Exec(ctx, `delete from budget_project_items where project = ? and exists (select 1 from budget_projects p where p.id = ? and p.state = ?)`, id, id, ProjectDraft); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from budget_projects where id = ? and state = ?`, id, ProjectDraft)
	return err
}

// Watch has the actor told of each step of a project, Unwatch no more. Who may:
// anybody signed in who sees it.
func (s *Service) Watch(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "watch project %s", id)
	return s.watching(ctx, who, id, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into budget_project_watchers (project, person, at) values (?, ?, ?) on conflict (project, person) do nothing`, id, speaks(who), s.now().Unix())
		return err
	})
}

// Unwatch ends a watch.
func (s *Service) Unwatch(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "unwatch project %s", id)
	return s.watching(ctx, who, id, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from budget_project_watchers where project = ? and person = ?`, id, speaks(who))
		return err
	})
}

func (s *Service) watching(ctx context.Context, who access.Actor, id ProjectID, write func(tx *db.Tx) error) error {
	if !who.SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	if _, _, err := s.SeesProject(ctx, who, id); err != nil {
		return err
	}
	return s.db.Write(ctx, write)
}

// draftDays is how long a draft stays after the last day of filing: whoever wrote
// it may want its words for the next edition.
const draftDays = 30

// EndDrafts deletes the drafts of editions whose filing is long over, and those
// whose author has no account any more.
func (s *Service) EndDrafts(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "end drafts")
	var editions []EditionID
	if err := s.db.Select(ctx, &editions, `select distinct p.edition from budget_projects p where p.state = ? order by p.edition`, ProjectDraft); err != nil {
		return err
	}
	for _, id := range editions {
		e, err := EditionByID(ctx, s.db, id)
		if err != nil {
			return err
		}
		ends := dayStop(e.Rules.Calendar.FilingTo)
		over := e.State == Canceled || !ends.IsZero() && !s.now().Before(ends.AddDate(0, 0, draftDays))
		if err := s.endDrafts(ctx, id, over); err != nil {
			return err
		}
	}
	return nil
}

// endDrafts deletes the drafts of one edition, or only those that nobody reads.
func (s *Service) endDrafts(ctx context.Context, edition EditionID, all bool) error {
	var list []ProjectID
	err := s.db.Select(ctx, &list, `select p.id from budget_projects p where p.edition = ? and p.state = ? and (p.proposer = '' or ?) order by p.id limit 1000`, edition, ProjectDraft, all)
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return dropDraft(ctx, tx, id) }); err != nil {
			return err
		}
	}
	return nil
}
