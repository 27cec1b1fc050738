package budget

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Code is why a project was rejected; its words are budget.code.…
type Code string

// The codes. Whoever rejects names one and says the rest in own words.
const (
	NoSupport     Code = "support"       // too few signatures in time; the program says so by itself
	Incomplete    Code = "incomplete"    // what was asked to be mended was not
	NotOwnTask    Code = "task"          // no task of the municipality, or of the school
	NotOwnLand    Code = "land"          // land that does not belong to it
	Unlawful      Code = "law"           //
	TooDear       Code = "cost"          // really costs more than the pool lets
	NotFeasible   Code = "feasible"      // cannot be done, or not in a year
	AgainstPlans  Code = "plans"         // collides with what is planned there
	Twin          Code = "twin"          // the same as another project
	NotAccessible Code = "accessibility" // not open to everybody
	OtherReason   Code = "other"         //
)

// Codes are all codes that a person can name.
func Codes() []Code {
	return []Code{Incomplete, NotOwnTask, NotOwnLand, Unlawful, TooDear, NotFeasible, AgainstPlans, Twin, NotAccessible, OtherReason}
}

// fixDays is how long a proposer has to mend what a formal check asks for.
const fixDays = 7

// stepMend is the step of asking for it. Its words are between the office and the
// proposer.
const stepMend = "mend"

// stepFinally is the step of a rejection against which the rules know no protest.
const stepFinally = "rejected_finally"

// Verdict is what a valuator thinks of a project.
type Verdict string

// The verdicts; "" is one that was asked for and not given yet.
const (
	Asked       Verdict = ""
	Feasible    Verdict = "yes"
	WithChanges Verdict = "changes"
	Infeasible  Verdict = "no"
)

// Verdicts are all verdicts that can be given.
func Verdicts() []Verdict { return []Verdict{Feasible, WithChanges, Infeasible} }

// Opinion is what one valuator says about the merits of a project.
type Opinion struct {
	ID       string          `db:"id"`
	Valuator access.PersonID `db:"valuator"`
	Verdict  Verdict         `db:"verdict"`
	Cost     int64           `db:"cost"` // grosze, as the valuator reckons; 0 not said
	Words    string          `db:"words"`
	AskedAt  int64           `db:"asked_at"`
	GivenAt  int64           `db:"given_at"`
}

// OpinionsOf are the opinions about a project in the order in which they were asked for.
func OpinionsOf(ctx context.Context, r db.Reader, id ProjectID) (list []Opinion, err error) {
	return list, r.Select(ctx, &list, `select o.id, o.valuator, o.verdict, o.cost, o.words, o.asked_at, o.given_at from budget_project_opinions o
		where o.project = ? order by o.asked_at, o.id`, id)
}

// Partial tells why somebody must not judge a project, "" when nothing speaks
// against it: the proposer, whoever signed it, and who belongs to the proposer's
// institution. When that is the owner of the edition itself, as it always is in a
// school, everybody who could judge belongs to it: then the first two count.
func Partial(p Project, owner access.InstitutionID, person access.PersonID, at []access.InstitutionID, signed bool) string {
	switch {
	case person != "" && p.Proposer == person:
		return "budget.fault.own_project"
	case signed:
		return "budget.fault.signed_project"
	case p.Institution != "" && p.Institution != owner && slices.Contains(at, p.Institution):
		return "budget.fault.same_institution"
	}
	return ""
}

// impartial refuses who must not judge the project.
func (s *Service) impartial(ctx context.Context, who access.Actor, p Project, e Edition) error {
	signed, err := s.Signed(ctx, who, p.ID)
	if err != nil {
		return err
	}
	at := make([]access.InstitutionID, len(who.Roles))
	for n, h := range who.Roles {
		at[n] = h.Institution
	}
	if key := Partial(p, e.Owner, speaks(who), at, signed); key != "" {
		return fault.New(fault.Forbidden, key)
	}
	return nil
}

// staffed reads a project about which the actor has a right at the owner, and no
// interest in it. It is the one gate of all that the office does with a project.
func (s *Service) staffed(ctx context.Context, who access.Actor, id ProjectID, right access.Permission) (p Project, e Edition, err error) {
	if p, e, err = s.SeesProject(ctx, who, id); err != nil {
		return p, e, err
	}
	if err := who.MayAt(ctx, right, e.Owner); err != nil {
		return p, e, err
	}
	return p, e, s.impartial(ctx, who, p, e)
}

// inState is the Conflict of a project that is not, or no longer, in the state.
func (p Project) inState(list ...ProjectState) error {
	if !p.State.In(list...) {
		return fault.New(fault.Conflict, "budget.fault.moved")
	}
	return nil
}

// AskToMend asks the proposer to mend something before the form is judged. Who
// may: BudgetCheck at the owner. It can be asked again after the days are over.
func (s *Service) AskToMend(ctx context.Context, who access.Actor, id ProjectID, what string) (err error) {
	defer fault.Wrap(&err, "ask to mend project %s", id)
	p, e, err := s.staffed(ctx, who, id, access.BudgetCheck)
	if err != nil {
		return err
	}
	if err := p.inState(ProjectFormal); err != nil {
		return err
	}
	what = words(what)
	if err := fault.InvalidFields(needed(nil, "poprawki", what, mostWords)); err != nil {
		return err
	}
	until := midnightAfter(s.now().Unix(), fixDays)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.note(ctx, tx, p, step{To: p.State, What: stepMend, Words: what, Args: map[string]string{"until_date": dayOf(until - 1)}})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update budget_projects set fix = ?, fix_until = ? where id = ?`, what, until, id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "mend", p, e)
	})
}

// Mended says that the proposer has mended what was asked for. The project must
// be whole, as when it was filed.
func (s *Service) Mended(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "project %s is mended", id)
	p, e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	if p.State != ProjectFormal {
		return fault.New(fault.Conflict, "budget.fault.not_editable")
	}
	if err := s.editable(p, e); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.whole(ctx, tx, e, p, Declared{OldEnough: true}); err != nil {
			return err
		}
		if _, err := s.note(ctx, tx, p, step{To: p.State, What: "mended"}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update budget_projects set fix = '', fix_until = 0 where id = ?`, id)
		return err
	})
}

// PassForm says that the form of a project is right; its merits are checked next.
// Who may: BudgetCheck at the owner, while nothing is left to be mended.
func (s *Service) PassForm(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "pass the form of project %s", id)
	p, e, err := s.staffed(ctx, who, id, access.BudgetCheck)
	if err != nil {
		return err
	}
	if p.Fix != "" && s.now().Unix() < p.FixUntil {
		return fault.New(fault.Conflict, "budget.fault.mending")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.move(ctx, tx, e, p, step{To: ProjectMerit, By: ByChecker})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update budget_projects set checked = ?, fix = '', fix_until = 0, verdict = '', code = '', reason = '' where id = ?`, true, id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "form", p, e)
	})
}

// AskOpinion asks a valuator for an opinion about a project. Who may: BudgetRun at
// the owner. The valuator holds BudgetCheck there and is impartial.
func (s *Service) AskOpinion(ctx context.Context, who access.Actor, id ProjectID, valuator access.PersonID) (err error) {
	defer fault.Wrap(&err, "ask for an opinion about project %s", id)
	p, e, err := s.SeesProject(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.Runs(ctx, who, e); err != nil {
		return err
	}
	if err := p.inState(ProjectMerit); err != nil {
		return err
	}
	them, err := s.People.Actor(ctx, valuator)
	if err != nil {
		return err
	}
	if err := them.MayAt(ctx, access.BudgetCheck, e.Owner); err != nil {
		return fault.InvalidFields([]fault.Field{{Name: "osoba", Key: "budget.lack.choose"}})
	}
	if err := s.impartial(ctx, them, p, e); err != nil {
		return onField("osoba", err)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := stillOpen(ctx, tx, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `insert into budget_project_opinions (id, project, valuator, asked_at) values (?, ?, ?, ?) on conflict (project, valuator) where valuator <> '' do nothing`,
			newID(), id, valuator, s.now().Unix())
		if err != nil || n == 0 {
			return err
		}
		if err := s.told(ctx, tx, []access.PersonID{valuator}, "opinion_asked", id, p.Version, p.Title, nil); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "ask", p, e)
	})
}

// stillOpen holds a project whose merits are checked, with no decision noted. The
// version goes up: a decision whose rules were asked before this opinion is stale.
func stillOpen(ctx context.Context, tx *db.Tx, id ProjectID) error {
	n, err := tx.Exec(ctx, `update budget_projects set version = version + 1 where id = ? and state = ? and verdict = ''`, id, ProjectMerit)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "budget.fault.decided")
	}
	return err
}

// onField turns a refusal of a whole deed into a fault of one field.
func onField(name string, err error) error {
	if f := fault.As(err); f != nil && f.Kind == fault.Forbidden {
		return fault.InvalidFields([]fault.Field{{Name: name, Key: f.Key, Args: f.Args}})
	}
	return err
}

// GiveOpinion writes, or writes over, the actor's own opinion about the merits of
// a project, until a decision is noted. Who may: BudgetCheck at the owner, asked
// for it or not, and impartial. What changes a project would need, and why it
// cannot be done, must be said in words.
func (s *Service) GiveOpinion(ctx context.Context, who access.Actor, id ProjectID, verdict Verdict, cost, text string) (err error) {
	defer fault.Wrap(&err, "give an opinion about project %s", id)
	p, e, err := s.staffed(ctx, who, id, access.BudgetCheck)
	if err != nil {
		return err
	}
	if err := p.inState(ProjectMerit); err != nil {
		return err
	}
	if p.Verdict != "" {
		return fault.New(fault.Conflict, "budget.fault.decided")
	}
	text = words(text)
	price, fields, err := opinionFields(verdict, cost, text)
	if err := errors.Join(err, fault.InvalidFields(fields)); err != nil {
		return err
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := stillOpen(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into budget_project_opinions (id, project, valuator, verdict, cost, words, asked_at, given_at) values (?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (project, valuator) where valuator <> '' do update set verdict = excluded.verdict, cost = excluded.cost, words = excluded.words, given_at = excluded.given_at`,
			newID(), id, who.Person, verdict, price, text, now, now)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "opinion", p, e)
	})
}

func opinionFields(verdict Verdict, cost, text string) (price int64, fields []fault.Field, err error) {
	if !slices.Contains(Verdicts(), verdict) {
		fields = append(fields, fault.Field{Name: "ocena", Key: "budget.lack.choose"})
	}
	price, ok := parseAmount(cost)
	if !ok {
		fields = append(fields, fault.Field{Name: "kwota", Key: "budget.lack.amount"})
	}
	if verdict != Feasible {
		return price, needed(fields, "uwagi", text, mostWords), nil
	}
	return price, free(fields, "uwagi", text, mostWords), nil
}

// Decision is what the office decides about a project.
type Decision struct {
	Accept bool
	Code   Code // of a rejection
	Reason string
}

// Decide notes a decision about a project; nobody outside the office sees it
// before it is published. Who may: BudgetRun at the owner, impartial. A rejection
// needs a code and words. Acceptance needs the form passed and every opinion that
// was asked for, at least one; against an opinion that it cannot be done it needs
// words too. Until it is published it can be noted anew.
func (s *Service) Decide(ctx context.Context, who access.Actor, id ProjectID, d Decision) (err error) {
	defer fault.Wrap(&err, "decide about project %s", id)
	p, e, err := s.staffed(ctx, who, id, access.BudgetRun)
	if err != nil {
		return err
	}
	if err := p.inState(ProjectFormal, ProjectMerit); err != nil {
		return err
	}
	opinions, err := OpinionsOf(ctx, s.db, id)
	if err != nil {
		return err
	}
	d.Reason = words(d.Reason)
	if err := d.check(p, opinions); err != nil {
		return err
	}
	verdict := ProjectRejected
	if d.Accept {
		verdict, d.Code = ProjectAccepted, ""
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		err := changedOne(tx.Exec(ctx, `update budget_projects set verdict = ?, code = ?, reason = ?, decided_by = ?, decided_at = ?, version = version + 1
			where id = ? and version = ?`, verdict, d.Code, d.Reason, who.Person, s.now().Unix(), id, p.Version))
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "decide", p, e)
	})
}

// check is the rule of decisions.
func (d Decision) check(p Project, opinions []Opinion) error {
	if !d.Accept {
		var fields []fault.Field
		if !slices.Contains(Codes(), d.Code) {
			fields = append(fields, fault.Field{Name: "kod", Key: "budget.lack.code"})
		}
		if d.Reason == "" { // the summary names the field
			return fault.InvalidFields(append(fields, fault.Field{Name: "uzasadnienie", Key: "budget.lack.reason"}))
		}
		return fault.InvalidFields(needed(fields, "uzasadnienie", d.Reason, mostWords))
	}
	if p.State != ProjectMerit {
		return fault.New(fault.Conflict, "budget.fault.form_first")
	}
	waiting := slices.ContainsFunc(opinions, func(o Opinion) bool { return o.Verdict == Asked })
	if len(opinions) == 0 || waiting {
		return fault.New(fault.Conflict, "budget.fault.opinions_first")
	}
	if slices.ContainsFunc(opinions, func(o Opinion) bool { return o.Verdict == Infeasible }) {
		return fault.InvalidFields(needed(nil, "uzasadnienie", d.Reason, mostWords))
	}
	return fault.InvalidFields(free(nil, "uzasadnienie", d.Reason, mostWords))
}

// Publish makes all decisions of an edition that are noted public, each on its
// own, and tells how many. The clock of protests starts with it. Who may:
// BudgetRun at the owner. Asked twice it publishes nothing twice.
func (s *Service) Publish(ctx context.Context, who access.Actor, edition EditionID) (n int, err error) {
	defer fault.Wrap(&err, "publish decisions of edition %s", edition)
	e, err := EditionByID(ctx, s.db, edition)
	if err != nil {
		return 0, err
	}
	if err := s.Runs(ctx, who, e); err != nil {
		return 0, err
	}
	var noted []Project
	err = s.db.Select(ctx, &noted, `select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.verdict <> '' and p.state in (?, ?) order by p.number, p.id`,
		e.ID, ProjectFormal, ProjectMerit)
	if err != nil {
		return 0, err
	}
	for _, p := range noted {
		err := s.db.Write(ctx, func(tx *db.Tx) error { return s.publishOne(ctx, tx, who, e, p) })
		if fault.KindOf(err) == fault.Conflict {
			continue // somebody published it, or it was withdrawn, meanwhile
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Service) publishOne(ctx context.Context, tx *db.Tx, who access.Actor, e Edition, p Project) error {
	if err := s.record(ctx, tx, who, "publish", p, e); err != nil {
		return err
	}
	if p.Verdict == ProjectRejected {
		return s.reject(ctx, tx, e, p, ByRunner, p.Code, p.Reason)
	}
	if _, err := s.move(ctx, tx, e, p, step{To: ProjectAccepted, By: ByRunner, Words: p.Reason}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update budget_projects set published_at = ?, verdict = '' where id = ?`, s.now().Unix(), p.ID)
	return err
}

// reject makes a rejection public, from which moment the days of a protest count.
// Where the rules give none, it is final.
func (s *Service) reject(ctx context.Context, tx *db.Tx, e Edition, p Project, by Mover, code Code, reason string) error {
	now := s.now().Unix()
	st, until := step{To: ProjectRejected, By: by, Words: reason, What: stepFinally}, int64(0)
	if e.Rules.ProtestDays > 0 {
		until = midnightAfter(now, e.Rules.ProtestDays)
		st.What, st.Args = "", map[string]string{"until_date": dayOf(until - 1)}
	}
	if _, err := s.move(ctx, tx, e, p, st); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update budget_projects set published_at = ?, protest_until = ?, verdict = '', code = ?, reason = ? where id = ?`, now, until, code, reason, p.ID)
	return err
}
