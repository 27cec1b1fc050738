package agreements

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Find reads an agreement with all that belongs to it. A draft is there for
// those who run it only. Faults: NotFound.
func (s *Service) Find(ctx context.Context, who access.Actor, id ID) (w Whole, err error) {
	defer fault.Wrap(&err, "agreement %s", id)
	if w, err = whole(ctx, s.db, id); err != nil {
		return w, err
	}
	if w.State == Draft {
		if err := runs(who, w); err != nil {
			return Whole{}, err
		}
	}
	return w, nil
}

// managed is an agreement for whoever may change it.
func (s *Service) managed(ctx context.Context, who access.Actor, id ID) (w Whole, err error) {
	if w, err = whole(ctx, s.db, id); err != nil {
		return w, err
	}
	return w, runs(who, w)
}

// whole reads an agreement as it lies, whoever asks.
func whole(ctx context.Context, r db.Reader, id ID) (w Whole, err error) {
	if err := known(string(id)); err != nil {
		return w, err
	}
	if err := r.Get(ctx, &w.Agreement, `select `+columns+` from agreements_agreements a where a.id = ?`, id); err != nil {
		return w, err
	}
	for _, part := range []struct {
		dest  any
		query string
	}{
		{&w.Parties, `select ` + partyColumns + ` from agreements_parties p where p.agreement = ? order by p.no`},
		{&w.Signatories, `select s.agreement, s.no, s.party, s.name, s.function from agreements_signatories s where s.agreement = ? order by s.party, s.no`},
		{&w.Areas, `select ` + areaColumns + ` from agreements_areas r where r.agreement = ? order by r.no`},
		{&w.Outcomes, `select o.id, o.agreement, o.no, o.words, o.grp, o.baseline, o.area from agreements_outcomes o where o.agreement = ? order by o.no`},
		{&w.Annexes, `select x.id, x.agreement, x.no, x.signed_on, x.holds_from, x.words, x.valid_to from agreements_annexes x where x.agreement = ? order by x.no`},
	} {
		if err := r.Select(ctx, part.dest, part.query, id); err != nil {
			return w, err
		}
	}
	return w, nil
}

// insert writes a new agreement with all its parts.
func insert(ctx context.Context, tx *db.Tx, w Whole) error {
	a := w.Agreement
	_, err := tx.Exec(ctx, `insert into agreements_agreements (id, trace, kind, under_id, title, title_key, number, words, source, signed_on, valid_from, valid_to,
		state, ended_on, ended_why, created_by, created_at, changed_at) values `+db.Marks(1, 18),
		a.ID, a.Trace, a.Kind, a.Under, a.Title, a.TitleKey, a.Number, a.Words, a.Source, a.SignedOn, a.ValidFrom, a.ValidTo, a.State, a.EndedOn, a.EndedWhy,
		a.CreatedBy, a.CreatedAt, a.ChangedAt)
	if err != nil {
		return err
	}
	for _, p := range w.Parties {
		if err := insertParty(ctx, tx, p); err != nil {
			return err
		}
	}
	for _, g := range w.Signatories {
		if err := insertSignatory(ctx, tx, g); err != nil {
			return err
		}
	}
	for _, r := range w.Areas {
		if err := insertArea(ctx, tx, r); err != nil {
			return err
		}
	}
	for _, o := range w.Outcomes {
		if err := insertOutcome(ctx, tx, o); err != nil {
			return err
		}
	}
	for _, x := range w.Annexes {
		if err := insertAnnex(ctx, tx, x); err != nil {
			return err
		}
	}
	return nil
}

func insertParty(ctx context.Context, tx *db.Tx, p Party) error {
	_, err := tx.Exec(ctx, `insert into agreements_parties (id, agreement, no, institution, name, association, ours) values (?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Agreement, p.No, p.Institution, p.Name, p.Association, p.Ours)
	return err
}

func insertSignatory(ctx context.Context, tx *db.Tx, g Signatory) error {
	_, err := tx.Exec(ctx, `insert into agreements_signatories (agreement, no, party, name, function) values (?, ?, ?, ?, ?)`, g.Agreement, g.No, g.Party, g.Name, g.Function)
	return err
}

func insertArea(ctx context.Context, tx *db.Tx, a Area) error {
	_, err := tx.Exec(ctx, `insert into agreements_areas (id, agreement, no, title, words, valid_from, valid_to) values (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Agreement, a.No, a.Title, a.Words, a.ValidFrom, a.ValidTo)
	return err
}

func insertOutcome(ctx context.Context, tx *db.Tx, o Outcome) error {
	_, err := tx.Exec(ctx, `insert into agreements_outcomes (id, agreement, no, words, grp, baseline, area) values (?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.Agreement, o.No, o.Words, o.Group, o.Baseline, o.Area)
	return err
}

func insertAnnex(ctx context.Context, tx *db.Tx, x Annex) error {
	_, err := tx.Exec(ctx, `insert into agreements_annexes (id, agreement, no, signed_on, holds_from, words, valid_to) values (?, ?, ?, ?, ?, ?, ?)`,
		x.ID, x.Agreement, x.No, x.SignedOn, x.HoldsFrom, x.Words, x.ValidTo)
	return err
}

// errChanged is said when somebody else changed the same row meanwhile.
var errChanged = fault.New(fault.Conflict, "agreements.fault.changed")

// claim makes the agreement the writer's: nobody else writes on from the same
// revision. Its parts change only after it, in the same transaction.
func claim(ctx context.Context, tx *db.Tx, w *Whole, at int64) error {
	n, err := tx.Exec(ctx, `update agreements_agreements set revision = revision + 1, changed_at = ? where id = ? and revision = ?`, at, w.ID, w.Revision)
	if err == nil && n == 0 {
		return errChanged
	}
	w.Revision++
	return err
}

// keep writes the row of a claimed agreement.
func keep(ctx context.Context, tx *db.Tx, a Agreement) error {
	_, err := tx.Exec(ctx, `update agreements_agreements set kind = ?, under_id = ?, title = ?, title_key = ?, number = ?, words = ?, source = ?, signed_on = ?,
		valid_from = ?, valid_to = ?, state = ?, ended_on = ?, ended_why = ? where id = ?`,
		a.Kind, a.Under, a.Title, a.TitleKey, a.Number, a.Words, a.Source, a.SignedOn, a.ValidFrom, a.ValidTo, a.State, a.EndedOn, a.EndedWhy, a.ID)
	return err
}

// listed is an agreement of a list, with its sides.
type listed struct {
	Agreement
	Parties []Party
	Areas   int
}

// list reads a page of the register by title: what is or was in force, and for
// those who run agreements their drafts.
func (s *Service) list(ctx context.Context, who access.Actor, at web.Cursor, n int) (list []listed, more bool, err error) {
	defer fault.Wrap(&err, "list agreements")
	drafts, err := s.draftsOf(ctx, who)
	if err != nil {
		return nil, false, err
	}
	side, order := ">", "asc"
	if at.Back {
		side, order = "<", "desc"
	}
	place, args := "", []any{Draft, drafts}
	if at.ID != "" {
		place, args = ` and (a.title_key, a.id) `+side+` (?, ?)`, append(args, at.Key, at.ID)
	}
	query, args, err := db.In(`select `+columns+` from agreements_agreements a where (a.state <> ? or a.id in (?))`+place+` order by a.title_key `+order+`, a.id `+order+` limit ?`,
		append(args, n+1)...)
	if err != nil {
		return nil, false, err
	}
	var rows []Agreement
	if err := s.db.Select(ctx, &rows, query, args...); err != nil || len(rows) == 0 {
		return nil, false, err
	}
	more = len(rows) > n
	rows = rows[:min(len(rows), n)]
	for _, a := range rows {
		list = append(list, listed{Agreement: a})
	}
	if at.Back {
		reverse(list)
	}
	return list, more, s.fill(ctx, list)
}

func reverse[T any](list []T) {
	for a, b := 0, len(list)-1; a < b; a, b = a+1, b-1 {
		list[a], list[b] = list[b], list[a]
	}
}

// fill reads the sides of a page of agreements.
func (s *Service) fill(ctx context.Context, list []listed) error {
	at, ids := map[ID]*listed{}, make([]ID, len(list))
	for n := range list {
		ids[n], at[list[n].ID] = list[n].ID, &list[n]
	}
	var parties []Party
	query, args, err := db.In(`select `+partyColumns+` from agreements_parties p where p.agreement in (?) order by p.agreement, p.no`, ids)
	if err != nil {
		return err
	}
	if err := s.db.Select(ctx, &parties, query, args...); err != nil {
		return err
	}
	for _, p := range parties {
		at[p.Agreement].Parties = append(at[p.Agreement].Parties, p)
	}
	query, args, err = db.In(`select r.agreement, count(*) from agreements_areas r where r.agreement in (?) group by r.agreement`, ids)
	if err != nil {
		return err
	}
	return s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id ID
		var n int
		if err := scan(&id, &n); err != nil {
			return err
		}
		at[id].Areas = n
		return nil
	}, query, args...)
}

// draftsOf are the drafts that the actor sees. An id that is none keeps the
// list of the statement from being empty.
func (s *Service) draftsOf(ctx context.Context, who access.Actor) ([]ID, error) {
	ids := []ID{"-"}
	if !who.May(access.ManageAgreements) {
		return ids, nil
	}
	where, args := placesOf(who).where()
	query, args, err := db.In(`select distinct p.agreement from agreements_parties p join agreements_agreements a on a.id = p.agreement
		where a.state = ? and `+where+` order by p.agreement limit 500`, append([]any{Draft}, args...)...)
	if err != nil {
		return nil, err
	}
	var found []ID
	err = s.db.Select(ctx, &found, query, args...)
	return append(ids, found...), err
}

// places are where an actor holds the right: institutions, or everywhere.
type places struct {
	at  []access.InstitutionID
	all bool // keeps the register
}

func placesOf(who access.Actor) (p places) {
	p.at = []access.InstitutionID{"-"}
	for _, h := range who.Roles {
		if !h.Role.Gives(access.ManageAgreements) {
			continue
		}
		if h.Role.Everywhere() {
			p.all = true
		} else if len(p.at) < 200 {
			p.at = append(p.at, h.Institution)
		}
	}
	return p
}

// where is the condition that a party p is one of the actor's; who keeps the
// register sees every draft.
func (p places) where() (string, []any) {
	return `(p.institution in (?) or ?)`, []any{p.at, p.all}
}

// whose is the condition that the actor speaks for a party p.
func (p places) whose() (string, []any) {
	return `(p.institution in (?) or (p.association and ?))`, []any{p.at, p.all}
}
