package privacy

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// AgreementKind is what an institution signs with who runs the installation.
type AgreementKind string

// The kinds of agreement.
const (
	Entrustment AgreementKind = "entrustment" // GDPR art. 28: the operator processes for the institution
	JointRules  AgreementKind = "joint"       // GDPR art. 26: both are controllers
)

// Agreement is a signed paper, as the register has it.
type Agreement struct {
	ID          string        `db:"id"`
	Institution string        `db:"institution"`
	Kind        AgreementKind `db:"kind"`
	Module      string        `db:"module"` // "" for all modules
	SignedOn    string        `db:"signed_on"`
	ValidFrom   string        `db:"valid_from"`
	ValidUntil  string        `db:"valid_until"` // the last day, "" for no end
	Reference   string        `db:"reference"`   // case number or file reference
	EndedOn     string        `db:"ended_on"`
	EndedReason string        `db:"ended_reason"`
}

// Holds tells whether the agreement is in force on a day.
func (a Agreement) Holds(on string) bool {
	return a.ValidFrom <= on && (a.ValidUntil == "" || on <= a.ValidUntil) && (a.EndedOn == "" || on < a.EndedOn)
}

// required are the agreements without which a module stays closed.
func (r *Registry) required(module string) []AgreementKind {
	var kinds []AgreementKind
	add := func(k AgreementKind) {
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	for _, p := range r.purposes {
		if p.Module != module || module == ownModule {
			continue
		}
		switch p.Controller {
		case Institution:
			add(Entrustment)
		case Joint:
			add(JointRules)
		}
	}
	return kinds
}

// modules are those that need an agreement, in the order of declaration.
func (r *Registry) modules() []string {
	var names []string
	for _, p := range r.purposes {
		if p.Controller != Operator && p.Module != ownModule && !slices.Contains(names, p.Module) {
			names = append(names, p.Module)
		}
	}
	return names
}

const agreementColumns = `id, institution, kind, module, signed_on, valid_from, valid_until, reference, ended_on, ended_reason`

// Missing are the agreements that the institution still has to sign before the
// module may hold data for it; none when it is open.
func (s *Service) Missing(ctx context.Context, module, institution string) ([]AgreementKind, error) {
	required := s.Registry.required(module)
	if len(required) == 0 {
		return nil, nil
	}
	var signed []Agreement
	err := s.DB.Select(ctx, &signed, `select `+agreementColumns+` from privacy_agreements where institution = ?`, institution)
	if err != nil {
		return nil, err
	}
	return missing(required, signed, module, day(s.Now())), nil
}

func missing(required []AgreementKind, signed []Agreement, module, today string) []AgreementKind {
	return slices.DeleteFunc(slices.Clone(required), func(k AgreementKind) bool {
		return slices.ContainsFunc(signed, func(a Agreement) bool {
			return a.Kind == k && (a.Module == "" || a.Module == module) && a.Holds(today)
		})
	})
}

// Unsigned is an agreement that an institution has still to sign.
type Unsigned struct {
	Party  Party
	Module string
	Kind   AgreementKind
}

// Unsigned are the agreements that the institutions entered as controllers have
// not signed. Which other institutions use a module, only that module knows.
func (s *Service) Unsigned(ctx context.Context) ([]Unsigned, error) {
	parties, err := s.parties(ctx)
	if err != nil {
		return nil, err
	}
	var all []Agreement
	if err := s.DB.Select(ctx, &all, `select `+agreementColumns+` from privacy_agreements`); err != nil {
		return nil, err
	}
	signed := map[string][]Agreement{}
	for _, a := range all {
		signed[a.Institution] = append(signed[a.Institution], a)
	}
	var out []Unsigned
	for _, p := range parties {
		for _, m := range s.Registry.modules() {
			for _, k := range missing(s.Registry.required(m), signed[p.Institution], m, day(s.Now())) {
				out = append(out, Unsigned{p, m, k})
			}
		}
	}
	return out, nil
}

// Open is nil when the module may hold data for the institution. Otherwise it
// is a fault of kind Conflict that says what must be signed; WhyClosed says by
// whom. A module that needs no agreement is open.
func (s *Service) Open(ctx context.Context, module, institution string) (err error) {
	defer fault.Wrap(&err, "open %s for %s", module, institution)
	kinds, err := s.Missing(ctx, module, institution)
	if err != nil || len(kinds) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "privacy.fault.unsigned_"+string(kinds[0]))
}

// WhyClosed says in the reader's words who must sign what; zero when the module
// is open for the institution.
func (s *Service) WhyClosed(ctx context.Context, l *i18n.L, module, institution string) (web.Reason, error) {
	kinds, err := s.Missing(ctx, module, institution)
	if err != nil || len(kinds) == 0 {
		return web.Reason{}, err
	}
	party, err := s.Party(ctx, institution)
	if err != nil {
		return web.Reason{}, err
	}
	operator, err := s.Party(ctx, "")
	if err != nil {
		return web.Reason{}, err
	}
	if operator.Name == "" {
		operator.Name = l.T("privacy.operator_unknown")
	}
	reason := web.Reason{Text: l.T("privacy.closed", "institution", party.Name), Rule: l.T("privacy.closed_rule", "operator", operator.Name)}
	for _, k := range kinds {
		reason.Numbers = append(reason.Numbers, web.Pair{Name: l.T("privacy.closed_sign"), Value: l.T("privacy.agreement." + string(k))})
	}
	return reason, nil
}

// check finds what is wrong with an agreement as it was typed.
func (a Agreement) check(r *Registry, today string) []fault.Field {
	var fields []fault.Field
	wrong := func(name, key string) { fields = append(fields, fault.Field{Name: name, Key: key}) }
	if a.Institution == "" {
		wrong("instytucja", "privacy.fault.institution")
	}
	if a.Kind != Entrustment && a.Kind != JointRules {
		wrong("rodzaj", "privacy.fault.kind")
	}
	if a.Module != "" && !slices.Contains(r.modules(), a.Module) {
		wrong("modul", "privacy.fault.module")
	}
	if !isDate(a.SignedOn) || a.SignedOn > today {
		wrong("podpisano", "privacy.fault.signed_on")
	}
	if !isDate(a.ValidFrom) {
		wrong("od", "privacy.fault.date")
	}
	if a.ValidUntil != "" && (!isDate(a.ValidUntil) || a.ValidUntil < a.ValidFrom) {
		wrong("do", "privacy.fault.until")
	}
	if n := utf8.RuneCountInString(a.Reference); n < 3 || n > 200 {
		wrong("znak", "privacy.fault.reference")
	}
	return fields
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Sign enters a signed agreement into the register. Faults: Forbidden for a
// role that does not act for the whole installation (the operator's side keeps
// the papers), Invalid with fields.
func (s *Service) Sign(ctx context.Context, by audit.By, a Agreement) (err error) {
	defer fault.Wrap(&err, "enter an agreement")
	if err := whole(by); err != nil {
		return err
	}
	now := s.Now()
	if err := fault.InvalidFields(a.check(s.Registry, day(now))); err != nil {
		return err
	}
	a.ID = newID()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into privacy_agreements
			(id, institution, kind, module, signed_on, valid_from, valid_until, reference, entered_by, entered_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.ID, a.Institution, a.Kind, a.Module, a.SignedOn, a.ValidFrom, a.ValidUntil, a.Reference, by.Person, now.Unix())
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.sign", Object: "agreement", ObjectID: a.ID, Institution: a.Institution,
			Details: map[string]string{"kind": string(a.Kind), "module": a.Module, "reference": a.Reference}}, now)
	})
}

// End ends an agreement from today on; the row stays. Faults: Forbidden,
// Invalid without a reason, Conflict when it was ended already.
func (s *Service) End(ctx context.Context, by audit.By, id, reason string) (err error) {
	defer fault.Wrap(&err, "end agreement %s", id)
	if err := whole(by); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(reason); n < 3 || n > 500 {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "privacy.fault.reason"}})
	}
	if !isID(id) {
		return fault.ErrNotFound
	}
	now := s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		var institution []string
		err := tx.Select(ctx, &institution, `update privacy_agreements set ended_on = ?, ended_by = ?, ended_reason = ?
			where id = ? and ended_on = '' returning institution`, day(now), by.Person, reason, id)
		if err != nil || len(institution) == 0 {
			return orConflict(err)
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.end", Object: "agreement", ObjectID: id, Institution: institution[0],
			Details: map[string]string{"reason": reason}}, now)
	})
}

// Agreements is a page of the register, the newest first, as far as the role reaches.
func (s *Service) Agreements(ctx context.Context, by audit.By, at web.Cursor, size int) (all []Agreement, more bool, err error) {
	sign, order := "<", "desc"
	if at.Back {
		sign, order = ">", "asc"
	}
	query, args := `select `+agreementColumns+` from privacy_agreements where 1 = 1`, []any{}
	if by.Institution != "" {
		query, args = query+` and institution = ?`, append(args, by.Institution)
	}
	if at.ID != "" {
		query, args = query+` and id `+sign+` ?`, append(args, at.ID)
	}
	err = s.DB.Select(ctx, &all, query+` order by id `+order+` limit ?`, append(args, size+1)...)
	if more = len(all) > size; more {
		all = all[:size]
	}
	if at.Back {
		slices.Reverse(all)
	}
	return all, more, err
}
