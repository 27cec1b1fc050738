package budget

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
)

// Project is one idea for the money of a pool. Instants are UTC seconds, 0 until
// they come; money is in grosze.
type Project struct {
	ID           ProjectID            `db:"id"`
	Version      int64                `db:"version"`
	Trace        string               `db:"trace"`
	Edition      EditionID            `db:"edition"`
	Pool         PoolID               `db:"pool"`
	State        ProjectState         `db:"state"`
	Number       int                  `db:"number"` // within the edition, from 1; 0 of a draft
	Title        string               `db:"title"`
	TitleKey     string               `db:"title_key"`
	Words        string               `db:"words"`
	Category     string               `db:"category"`
	Place        string               `db:"place"` // in words
	Area         string               `db:"area"`  // district, "": the whole city, several of them, or an edition without districts
	Lat          int64                `db:"lat"`   // millionths of a degree
	Lon          int64                `db:"lon"`
	Cost         int64                `db:"cost"`
	Proposer     access.PersonID      `db:"proposer"` // "" once erased
	Institution  access.InstitutionID `db:"institution"`
	Pupil        bool                 `db:"pupil"`   // the name is never shown
	Named        bool                 `db:"named"`   // agreed to be named
	Signed       int                  `db:"signed"`  // signatures given here
	Counted      int                  `db:"counted"` // counted on paper
	SupportUntil int64                `db:"support_until"`
	FiledAt      int64                `db:"filed_at"`
	Fix          string               `db:"fix"` // what the proposer is asked to mend
	FixUntil     int64                `db:"fix_until"`
	Verdict      ProjectState         `db:"verdict"` // accepted or rejected, noted and not published yet
	Code         Code                 `db:"code"`
	Reason       string               `db:"reason"`
	Checked      bool                 `db:"checked"` // its form was found right
	DecidedBy    access.PersonID      `db:"decided_by"`
	DecidedAt    int64                `db:"decided_at"`
	PublishedAt  int64                `db:"published_at"`
	ProtestUntil int64                `db:"protest_until"`
	MergedInto   ProjectID            `db:"merged_into"`
	BallotOrder  int                  `db:"ballot_order"`
	CreatedAt    int64                `db:"created_at"`
	ChangedAt    int64                `db:"changed_at"`
}

// ProjectColumns are all columns of a Project, of the table under the name p.
const ProjectColumns = `p.id, p.version, p.trace, p.edition, p.pool, p.state, p.number, p.title, p.title_key, p.words, p.category, p.place, p.area, p.lat, p.lon,
	p.cost, p.proposer, p.institution, p.pupil, p.named, p.signed, p.counted, p.support_until, p.filed_at, p.fix, p.fix_until, p.verdict, p.code, p.reason,
	p.checked, p.decided_by, p.decided_at, p.published_at, p.protest_until, p.merged_into, p.ballot_order, p.created_at, p.changed_at`

// Spot is where the project is on the map.
func (p Project) Spot() Spot { return Spot{p.Lat, p.Lon} }

// Support is how many signed, here and on paper.
func (p Project) Support() int { return p.Signed + p.Counted }

// Categories are what projects are about; their names are budget.category.…
func Categories() []string {
	return []string{"greenery", "sport", "culture", "education", "safety", "roads", "accessibility", "health", "environment", "other"}
}

// ProjectMoved tells that a project went on to a state. Its subject is the
// project, its version that of the project after the step.
type ProjectMoved struct {
	Project ProjectID            `json:"project"`
	Edition EditionID            `json:"edition"`
	Owner   access.InstitutionID `json:"owner"`
	Version int64                `json:"version"`
	State   ProjectState         `json:"state"`
}

// EventName implements events.Event.
func (ProjectMoved) EventName() string { return "budget.project_moved" }

// ProjectByID reads a project as it lies, whoever asks. Not there: fault.ErrNotFound.
func ProjectByID(ctx context.Context, r db.Reader, id ProjectID) (p Project, err error) {
	if err := known(string(id)); err != nil {
		return p, err
	}
	return p, r.Get(ctx, &p, `select `+ProjectColumns+` from budget_projects p where p.id = ?`, id)
}

// ItemsOf are the costs of a project in their order.
func ItemsOf(ctx context.Context, r db.Reader, id ProjectID) (list []Item, err error) {
	return list, r.Select(ctx, &list, `select i.name, i.amount, i.source from budget_project_items i where i.project = ? order by i.no`, id)
}

// ProjectStep is one thing that happened to a project.
type ProjectStep struct {
	Version int64  `db:"version"`
	What    string `db:"what"`
	Words   string `db:"words"`
	At      int64  `db:"at"`
}

// ProjectSteps are what happened to a project, in order.
func ProjectSteps(ctx context.Context, r db.Reader, id ProjectID) (list []ProjectStep, err error) {
	return list, r.Select(ctx, &list, `select s.version, s.what, s.words, s.at from budget_project_steps s where s.project = ? order by s.version`, id)
}

// speaks is the person in whose matter the actor acts.
func speaks(who access.Actor) access.PersonID { return cmp.Or(who.For, who.Person) }

// Mine tells whether the actor is the proposer.
func (p Project) Mine(who access.Actor) bool {
	return p.Proposer != "" && p.Proposer == speaks(who)
}

// SeesProject reads a project with its edition for somebody. A draft is there
// for its author alone, and nothing is there of an edition that is not public.
func (s *Service) SeesProject(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	if p, err = ProjectByID(ctx, s.db, id); err != nil {
		return p, e, err
	}
	if e, err = EditionByID(ctx, s.db, p.Edition); err != nil {
		return p, e, err
	}
	if !p.State.Public() && !p.Mine(who) {
		return p, e, fault.ErrNotFound
	}
	return p, e, s.Sees(ctx, who, e)
}

// Proposes returns nil when the actor may file projects in the edition: anybody
// signed in, and in a school its pupils alone, for the budget is theirs.
func (s *Service) Proposes(who access.Actor, e Edition) error {
	switch {
	case !who.SignedIn():
		return fault.New(fault.SignedOut, "fault.signed_out")
	case e.Kind == School && !pupilAt(who, e.Owner):
		return fault.New(fault.Forbidden, "budget.fault.pupils_only")
	}
	return nil
}

// Signs returns nil when the actor may sign the support of the edition's
// projects. In a school those who learn or work there may.
func Signs(who access.Actor, e Edition) error {
	switch {
	case !who.SignedIn():
		return fault.New(fault.SignedOut, "fault.signed_out")
	case e.Kind == School && !slices.ContainsFunc(who.Roles, func(h access.Held) bool { return h.Institution == e.Owner }):
		return fault.New(fault.Forbidden, "budget.fault.school_only")
	}
	return nil
}

func pupilAt(who access.Actor, at access.InstitutionID) bool {
	return slices.ContainsFunc(who.Roles, func(h access.Held) bool { return h.Role == access.Pupil && h.Institution == at })
}

// own reads a project that the actor proposed; of others it says what they may
// know.
func (s *Service) own(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	if p, e, err = s.SeesProject(ctx, who, id); err != nil {
		return p, e, err
	}
	if !p.Mine(who) {
		return p, e, fault.New(fault.Forbidden, "budget.fault.not_yours")
	}
	return p, e, nil
}

// step is a move of a project with what people are told of it.
type step struct {
	To    ProjectState
	By    Mover
	What  string // of the texts budget.project.step.… and budget.told.project_…; the state when empty
	Words string // a reason
	Args  map[string]string
	Quiet bool // who follows the project is not told: another step comes at once
}

// move brings a project from the state in which it was read to the next: one
// conditional update, the step, the event, the trace and the news to proposer and
// watchers. Whoever was faster makes it a Conflict. It returns the project as it
// is then. Fields that go with the move the caller writes beside it.
func (s *Service) move(ctx context.Context, tx *db.Tx, e Edition, p Project, st step) (Project, error) {
	if !MayMove(p.State, st.To, st.By) {
		return p, fault.New(fault.Conflict, "budget.fault.moved")
	}
	p, err := s.note(ctx, tx, p, st)
	if err != nil {
		return p, err
	}
	return p, s.Bus.Emit(ctx, tx, ProjectMoved{Project: p.ID, Edition: e.ID, Owner: e.Owner, Version: p.Version, State: p.State},
		events.Envelope{Subject: string(p.ID), Version: p.Version, Trace: trace.ID(p.Trace), At: s.now()})
}

// note writes a step of a project, with or without a change of its state, and
// tells of it.
func (s *Service) note(ctx context.Context, tx *db.Tx, p Project, st step) (Project, error) {
	now := s.now().Unix()
	n, err := tx.Exec(ctx, `update budget_projects set state = ?, version = version + 1, changed_at = ? where id = ? and state = ? and version = ?`,
		st.To, now, p.ID, p.State, p.Version)
	if err != nil {
		return p, err
	}
	if n == 0 {
		return p, fault.New(fault.Conflict, "budget.fault.moved")
	}
	p.State, p.Version, p.ChangedAt = st.To, p.Version+1, now
	what := cmp.Or(st.What, string(st.To))
	if _, err := tx.Exec(ctx, `insert into budget_project_steps (project, version, what, words, at) values (?, ?, ?, ?, ?)`, p.ID, p.Version, what, st.Words, now); err != nil {
		return p, err
	}
	err = trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(p.Trace), Kind: "budget.project." + what, ID: string(p.ID), FromKind: "budget.project", FromID: string(p.ID),
		TitleKey: "budget.project.step." + what, At: now, Audience: projectAudience(p)})
	if err != nil {
		return p, err
	}
	if st.Quiet {
		return p, nil
	}
	people, err := followers(ctx, tx, p)
	if err != nil {
		return p, err
	}
	return p, s.told(ctx, tx, people, "project_"+what, p.ID, p.Version, p.Title, st.Args)
}

// projectAudience is who reads the trace of a project: everybody, but of a draft.
func projectAudience(p Project) string {
	if p.State.Public() {
		return "public"
	}
	return "person:" + string(p.Proposer)
}

// followers are those who are told of a project: who proposed it and who watches.
func followers(ctx context.Context, r db.Reader, p Project) (list []access.PersonID, err error) {
	err = r.Select(ctx, &list, `select w.person from budget_project_watchers w where w.project = ? order by w.person`, p.ID)
	if p.Proposer != "" && !slices.Contains(list, p.Proposer) {
		list = append(list, p.Proposer)
	}
	return list, err
}

// record writes a deed about a project into the log.
func (s *Service) record(ctx context.Context, tx *db.Tx, who access.Actor, deed string, p Project, e Edition) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "budget.project." + deed, Object: "budget_project", ObjectID: string(p.ID), Institution: string(e.Owner)}, s.now())
}
