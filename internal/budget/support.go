package budget

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/jobs"
)

// countingDays is how long after the last day of gathering the office may still
// count lists on paper that came in on that day; a project is rejected for lack of
// support only after them.
const countingDays = 3

// SupportUse is what scanned lists of support are taken for. They hold names of
// those who signed: only the office that counts them opens them.
const SupportUse = "budget_support"

// SupportFiles is the use of scanned lists, to be declared in wiring.
func SupportFiles() files.Use {
	return files.Use{Name: SupportUse, MaxBytes: 10 << 20, Types: []string{files.PDF, files.PNG, files.JPEG}}
}

func supportOwner(id ProjectID) files.Owner { return files.Owner{Module: "budget", ID: string(id)} }

// Gathering returns nil while a project can be signed.
func Gathering(p Project, now time.Time) error {
	switch {
	case p.State != ProjectSupport:
		return fault.New(fault.Conflict, "budget.fault.not_gathering")
	case now.Unix() >= p.SupportUntil:
		return fault.New(fault.Conflict, "budget.fault.support_late")
	}
	return nil
}

// Sign gives one signature to a project. Who may: see Signs; not its proposer,
// whose support is taken for granted. A second signature changes nothing. With
// the last signature that was needed the project goes on to the formal check.
func (s *Service) Sign(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "sign project %s", id)
	p, e, err := s.signable(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into budget_project_signatures (project, person, at) values (?, ?, ?) on conflict (project, person) do nothing`, id, speaks(who), now)
		if err != nil || n == 0 {
			return err
		}
		return s.gather(ctx, tx, e, p.ID, `signed = signed + 1`)
	})
}

// Unsign takes the signature back as long as signatures are gathered.
func (s *Service) Unsign(ctx context.Context, who access.Actor, id ProjectID) (err error) {
	defer fault.Wrap(&err, "take a signature under project %s back", id)
	p, e, err := s.signable(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from budget_project_signatures where project = ? and person = ?`, id, speaks(who))
		if err != nil || n == 0 {
			return err
		}
		return s.gather(ctx, tx, e, p.ID, `signed = signed - 1`)
	})
}

func (s *Service) signable(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	if p, e, err = s.SeesProject(ctx, who, id); err != nil {
		return p, e, err
	}
	if err := Signs(who, e); err != nil {
		return p, e, err
	}
	if p.Mine(who) {
		return p, e, fault.New(fault.Forbidden, "budget.fault.own_support")
	}
	return p, e, Gathering(p, s.now())
}

// gather changes the count of signatures, as one of the two texts above and below
// says, and moves a project on that has enough.
func (s *Service) gather(ctx context.Context, tx *db.Tx, e Edition, id ProjectID, change string, args ...any) error {
	n, err := tx.Exec(ctx, `update budget_projects set version = version + 1, `+change+` where id = ? and state = ?`, append(args, id, ProjectSupport)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "budget.fault.not_gathering")
	}
	p, err := ProjectByID(ctx, tx, id)
	if err != nil || p.Support() < e.Rules.Signatures {
		return err
	}
	_, err = s.move(ctx, tx, e, p, step{To: ProjectFormal, By: ByProgram})
	return err
}

// Signed tells whether the actor signed the project.
func (s *Service) Signed(ctx context.Context, who access.Actor, id ProjectID) (signed bool, err error) {
	return signed, s.db.Get(ctx, &signed, `select exists (select 1 from budget_project_signatures g where g.project = ? and g.person = ?)`, id, speaks(who))
}

// PaperList is a list of support signed on paper, as the office counted it.
type PaperList struct {
	Valid, Refused int
	File           files.ID // scan, "" for none
}

const mostOnList = 100_000 // on one list

// CountList adds signatures counted on paper. Who may: BudgetDesk at the owner,
// but not the proposer. The office has some days after the last day of gathering:
// lists come in on that day too.
func (s *Service) CountList(ctx context.Context, who access.Actor, id ProjectID, l PaperList) (err error) {
	defer fault.Wrap(&err, "count a list of project %s", id)
	p, e, err := s.counts(ctx, who, id)
	if err != nil {
		return err
	}
	var fields []fault.Field
	for name, n := range map[string]int{"wazne": l.Valid, "niewazne": l.Refused} {
		if n < 0 || n > mostOnList {
			fields = append(fields, fault.Field{Name: name, Key: "budget.lack.signatures"})
		}
	}
	if err := fault.InvalidFields(fields); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into budget_project_lists (id, project, file, valid, refused, counted_by, at) values (?, ?, ?, ?, ?, ?, ?)`,
			newID(), id, string(l.File), l.Valid, l.Refused, who.Person, now.Unix())
		if err != nil {
			return err
		}
		if l.File != "" {
			if err := s.Files.Claim(ctx, tx, who.By(), SupportUse, l.File, supportOwner(id), now); err != nil {
				return err
			}
		}
		if err := s.gather(ctx, tx, e, id, `counted = counted + ?`, l.Valid); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "count", p, e)
	})
}

// counts reads a project whose paper lists the actor counts.
func (s *Service) counts(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	return s.staffed(ctx, who, id, access.BudgetDesk)
}

// EndSupport rejects the projects of which the time of gathering is over. The
// protest clock starts at once: nobody has to publish what a count says.
func (s *Service) EndSupport(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "end the gathering of support")
	before := s.now().AddDate(0, 0, -countingDays).Unix()
	var late []ProjectID
	err = s.db.Select(ctx, &late, `select p.id from budget_projects p where p.state = ? and p.support_until <= ? order by p.id limit 500`, ProjectSupport, before)
	if err != nil {
		return err
	}
	for _, id := range late {
		err := s.db.Write(ctx, func(tx *db.Tx) error { return s.tooFew(ctx, tx, id) })
		if err != nil && fault.KindOf(err) != fault.Conflict { // somebody moved it meanwhile
			return err
		}
	}
	return nil
}

func (s *Service) tooFew(ctx context.Context, tx *db.Tx, id ProjectID) error {
	p, err := ProjectByID(ctx, tx, id)
	if err != nil {
		return err
	}
	e, err := EditionByID(ctx, tx, p.Edition)
	if err != nil {
		return err
	}
	return s.reject(ctx, tx, e, p, ByProgram, NoSupport, "")
}

func (s *Service) supportJobs(r *jobs.Registry) {
	r.Every("budget.support", time.Hour, s.EndSupport)
	r.Every("budget.drafts", 24*time.Hour, s.EndDrafts)
}
