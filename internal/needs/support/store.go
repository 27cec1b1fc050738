package support

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// byID reads a process as it lies, whoever asks.
func byID(ctx context.Context, r db.Reader, id string) (p Process, err error) {
	if err := known(id); err != nil {
		return p, err
	}
	return p, r.Get(ctx, &p, `select `+columns+` from needs_support_processes p where p.id = ?`, id)
}

// side tells for which side the actor acts, under the hat worn now. For the
// center these are its management and officers, and whoever is named for the
// process; other advisers of the center have no part in it. Whoever has no side
// learns nothing: fault.ErrNotFound.
func (s *Service) side(ctx context.Context, who access.Actor, p Process) (Side, error) {
	if !who.SignedIn() {
		return "", fault.New(fault.SignedOut, "fault.signed_out")
	}
	err := who.MayAt(ctx, access.SupportOwn, p.School)
	if err == nil {
		return School, nil
	}
	if fault.KindOf(err) != fault.Forbidden {
		return "", err
	}
	if err = who.MayAt(ctx, access.SupportSchool, p.Center); err == nil {
		if p.Person == string(who.Person) {
			return Center, nil
		}
		err = who.MayAt(ctx, access.ManageTrainings, p.Center)
	}
	if fault.KindOf(err) == fault.Forbidden && err != nil {
		return "", fault.ErrNotFound
	}
	return Center, err
}

// Find reads a process for one of its sides. Faults: SignedOut, NotFound.
func (s *Service) Find(ctx context.Context, who access.Actor, id string) (w Whole, err error) {
	defer fault.Wrap(&err, "support process %s", id)
	if w.Process, err = byID(ctx, s.db, id); err != nil {
		return w, err
	}
	if w.Side, err = s.side(ctx, who, w.Process); err != nil {
		return Whole{}, err
	}
	list := []Whole{w}
	err = load(ctx, s.db, list)
	return list[0], err
}

// load reads what belongs to processes, at most a page of them: four queries,
// however many they are.
func load(ctx context.Context, r db.Reader, list []Whole) error {
	if len(list) == 0 {
		return nil
	}
	at, ids := map[string]*Whole{}, make([]string, len(list))
	for n := range list {
		ids[n] = list[n].ID
		at[ids[n]] = &list[n]
	}
	var needs []Need
	if err := chosen(ctx, r, &needs, `select `+needColumns+` from needs_support_needs n where n.process in (?) order by n.process, n.no`, ids); err != nil {
		return err
	}
	nos := map[string]int{}
	for _, n := range needs {
		nos[n.ID] = n.No
		at[n.Process].Needs = append(at[n.Process].Needs, n)
	}
	if err := loadForms(ctx, r, at, ids, nos); err != nil {
		return err
	}
	var said []Consent
	if err := chosen(ctx, r, &said, `select `+consentColumns+` from needs_support_consents c where c.process in (?) order by c.at, c.what, c.side`, ids); err != nil {
		return err
	}
	for _, c := range said {
		if w := at[c.Process]; c.Version == *w.version(c.What) {
			w.Consents = append(w.Consents, c)
		}
	}
	return nil
}

const consentColumns = `c.process, c.what, c.version, c.side, c.agrees, c.words, c.person, c.at`

// loadForms reads the forms with the needs that they answer, in the order of both.
func loadForms(ctx context.Context, r db.Reader, at map[string]*Whole, ids []string, nos map[string]int) error {
	var forms []Form
	if err := chosen(ctx, r, &forms, `select `+formColumns+` from needs_support_forms f where f.process in (?) order by f.process, f.no`, ids); err != nil {
		return err
	}
	var answers []struct {
		Form string `db:"form"`
		Need string `db:"need"`
	}
	if err := chosen(ctx, r, &answers, `select a.form, a.need from needs_support_forms f join needs_support_answers a on a.form = f.id
		join needs_support_needs n on n.id = a.need where f.process in (?) order by n.process, n.no`, ids); err != nil {
		return err
	}
	by := map[string][]string{}
	for _, a := range answers {
		by[a.Form] = append(by[a.Form], a.Need)
	}
	for _, f := range forms {
		f.Needs = by[f.ID]
		for _, need := range f.Needs {
			f.NeedNos = append(f.NeedNos, nos[need])
		}
		at[f.Process].Forms = append(at[f.Process].Forms, f)
	}
	return nil
}

// chosen selects by a list.
func chosen(ctx context.Context, r db.Reader, dest any, query string, args ...any) error {
	query, args, err := db.In(query, args...)
	if err != nil {
		return err
	}
	return r.Select(ctx, dest, query, args...)
}

// consent is what a side said to the present version of a part.
func (w Whole) consent(what Part, side Side) (Consent, bool) {
	for _, c := range w.Consents {
		if c.What == what && c.Side == side {
			return c, true
		}
	}
	return Consent{}, false
}

// need and form are one of the process.
func (w Whole) need(id string) (Need, error) {
	for _, n := range w.Needs {
		if n.ID == id {
			return n, nil
		}
	}
	return Need{}, fault.ErrNotFound
}

func (w Whole) form(id string) (Form, error) {
	for _, f := range w.Forms {
		if f.ID == id {
			return f, nil
		}
	}
	return Form{}, fault.ErrNotFound
}

// insert writes a new process.
func insert(ctx context.Context, tx *db.Tx, p Process) error {
	_, err := tx.Exec(ctx, `insert into needs_support_processes (id, revision, trace, slot, school, school_key, head_unit, center, person, school_year, year_ends, state,
		begun_by, begun_side, created_at, changed_at) values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Trace, p.Slot, p.School, p.SchoolKey, p.HeadUnit, p.Center, p.Person, p.SchoolYear, p.YearEnds, p.State, p.BegunBy, p.BegunSide, p.CreatedAt, p.ChangedAt)
	return err
}

// claim makes the process the writer's: nobody else writes on from the same
// revision. The other tables change only after it, in the same transaction.
func claim(ctx context.Context, tx *db.Tx, p *Process, at int64) error {
	n, err := tx.Exec(ctx, `update needs_support_processes set revision = revision + 1, changed_at = ? where id = ? and revision = ?`, at, p.ID, p.Revision)
	if err == nil && n == 0 {
		return errChanged
	}
	p.Revision, p.ChangedAt = p.Revision+1, at
	return err
}

// keep writes what a deed changed in the row of a claimed process.
func keep(ctx context.Context, tx *db.Tx, p Process) error {
	_, err := tx.Exec(ctx, `update needs_support_processes set slot = ?, person = ?, state = ?, ways = ?, goals = ?, conclusions = ?, diagnosis_version = ?, diagnosis_agreed = ?,
		plan_version = ?, plan_agreed = ?, effects_version = ?, effects_agreed = ?, reason = ? where id = ?`,
		p.Slot, p.Person, p.State, p.Ways, p.Goals, p.Conclusions, p.DiagnosisVersion, p.DiagnosisAgreed, p.PlanVersion, p.PlanAgreed,
		p.EffectsVersion, p.EffectsAgreed, p.Reason, p.ID)
	return err
}
