package directory

import (
	"context"
	"encoding/json"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/web"
)

// importKind is how the register takes part in package importing.
func (s *Service) importKind() importing.Kind {
	return importing.Kind{
		Name: ImportKind, TitleKey: "import.kind", KeyTitle: "import.rspo", NewPath: importsPath,
		FieldLabel: func(l *i18n.L, field string) string { return l.T("field." + field) },
		Value:      func(_ context.Context, l *i18n.L, field, value string) string { return valueText(l, field, value) },
		Shape:      func(l *i18n.L, shape string) string { return l.T("shape." + shape) },
		Note:       lineNote,
		Why:        partWhy,
		Problem:    problemWords,
		Link:       func(object string) string { return href(access.InstitutionID(object)) },
		Apply:      s.applyLines,
		Undo:       s.undoLines,
		Finish:     s.finishImport,
		CanUndo:    s.canUndo,
	}
}

// valueText puts a code into words.
func valueText(l *i18n.L, field, value string) string {
	if value == "" {
		return ""
	}
	switch field {
	case "type":
		return l.T("type." + value)
	case "running_kind":
		return l.T("running." + value)
	case "public":
		return l.T("public." + value)
	case "specialists":
		var names []string
		for one := range strings.SplitSeq(value, ",") {
			names = append(names, l.T("specialist."+strings.TrimSpace(one)))
		}
		return strings.Join(names, ", ")
	case "founded_on", "closed_on", "started_on":
		return l.DateText(value)
	}
	return value
}

// lineNote says about a new line what and where it is, and of a closing why.
func lineNote(l *i18n.L, line importing.Line) string {
	var what stated
	if err := json.Unmarshal(line.Record, &what); err != nil {
		return ""
	}
	switch {
	case what.Vanished:
		return l.T("import.why_vanished")
	case line.Action == importing.ActionClosed:
		return l.T("import.why_closed", "date", l.DateText(what.Record.ClosedOn))
	case line.Action == importing.ActionNew:
		return capital(kindLabel(l, Kind(what.Record.Type))) + ", " + what.Record.MunicipalityName
	}
	return ""
}

// partWhy says by which rule the lines of a part came there.
func partWhy(l *i18n.L, b importing.Batch, part string) web.Reason {
	return web.Reason{Text: l.T("import.why." + part), Rule: l.T("import.rule." + part),
		Numbers: []web.Pair{{Name: l.T("import.read"), Value: l.Number(b.Read)}}}
}

// problemWords turns the codes among the arguments of a problem into words.
func problemWords(l *i18n.L, p importing.Problem) map[string]string {
	out := make(map[string]string, len(p.Args))
	for name, value := range p.Args {
		if name == "field" || name == "shape" {
			value = l.T(name + "." + value)
		}
		out[name] = value
	}
	return out
}

// MayImport tells who may see and decide on imports of the register: those who
// answer for the whole installation all of them, an authority those of its own
// institutions. Looking is open to all offices, for the register is public.
func (s *Service) MayImport(ctx context.Context, who access.Actor, act importing.Act, scope string) error {
	if act == importing.See {
		return who.Must(access.SeeImports)
	}
	if scope == "" || who.May(access.ImportRegister) {
		return who.Must(access.ImportRegister)
	}
	if !who.May(access.ImportOwn) {
		return who.Must(access.ImportOwn)
	}
	office, err := ByID(ctx, s.db, access.InstitutionID(scope))
	if err != nil {
		return err
	}
	if office.Kind != Office { // a role over a school is none at its office
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return who.MayAt(ctx, access.ImportOwn, office.ID)
}

// Importer is a person as package importing wants to know them, for imports of
// the register only; wiring joins it with the other kinds by MayImport.
func (s *Service) Importer(who access.Actor) importing.Who {
	return importing.Who{By: who.By(),
		May: func(ctx context.Context, act importing.Act, kind, scope string) error {
			if kind != ImportKind {
				return fault.New(fault.Forbidden, "fault.forbidden")
			}
			return s.MayImport(ctx, who, act, scope)
		},
		Scopes: func(_ context.Context, kind string) (bool, []string, error) {
			return kind == ImportKind && who.May(access.SeeImports), nil, nil
		},
	}
}

// narrow leaves of the known and of the file what an authority runs. The rules
// keep a file from giving an office what is not its own:
//  1. a known institution counts as run by the office when the directory says
//     so, whatever the file claims; only such ones can change or close;
//  2. a number that nobody knows counts when the file says that the office's
//     municipality runs it, unless an institution of somebody else hangs on that
//     number: its new parent would bring the office rights over it;
//  3. a municipality that nobody knows is not brought in by an office: a second
//     one of the same name would leave all schools of the first without a body
//     that runs them.
func (s *Service) narrow(ctx context.Context, office access.InstitutionID, seen *sight, f *register.File) ([]register.Problem, error) {
	own, err := s.ownUnits(ctx, office)
	if err != nil {
		return nil, err
	}
	body, err := ByID(ctx, s.db, office)
	if err != nil {
		return nil, err
	}
	towns, err := Municipalities(ctx, s.db)
	if err != nil {
		return nil, err
	}
	runs := newRunners(towns)
	for n := range f.Records {
		if _, known := runs.known[f.Records[n].Municipality]; !known {
			f.Records[n].Municipality = "" // prepareFile finds the one that we know
		}
	}
	numbers, strangers := map[int]bool{}, map[int]bool{}
	var known []register.Known
	for _, k := range seen.known {
		if own[access.InstitutionID(k.ID)] {
			known = append(known, k)
			numbers[k.Record.RSPO] = true
			continue
		}
		strangers[k.Record.RSPO] = true
		strangers[k.Record.Parent] = true
	}
	mine := func(r register.Record) bool {
		if numbers[r.RSPO] {
			return true
		}
		return !strangers[r.RSPO] && body.RunningMunicipality != "" &&
			runs.of(r.RunningName, string(r.RunningKind), r.Municipality) == body.RunningMunicipality
	}
	left := keepMine(f, numbers, mine)
	seen.known = known
	if len(f.Records) == 0 {
		return nil, refusedFile("import.refused.none_own", nil)
	}
	if left == 0 {
		return nil, nil
	}
	return []register.Problem{counted(left, register.Note, "import.problem.not_own")}, nil
}

// keepMine drops the records that are not the office's, and the findings about
// them; findings about no number stay.
func keepMine(f *register.File, known map[int]bool, mine func(register.Record) bool) (left int) {
	kept := map[int]bool{0: true}
	for n := range known {
		kept[n] = true
	}
	var records []register.Record
	for _, r := range f.Records {
		if mine(r) {
			records = append(records, r)
			kept[r.RSPO] = true
		}
	}
	left = len(f.Records) - len(records)
	var problems []register.Problem
	for _, p := range f.Problems {
		if kept[p.RSPO] {
			problems = append(problems, p)
		}
	}
	f.Records, f.Problems = records, problems
	return left
}

// ownUnits are the institutions of the register that an office runs, open and closed.
func (s *Service) ownUnits(ctx context.Context, office access.InstitutionID) (map[access.InstitutionID]bool, error) {
	var ids []access.InstitutionID
	err := s.db.Select(ctx, &ids, `select b.id from directory_institutions b join directory_institutions a on a.id = ?
		where b.origin = ? and (b.running_id = a.id
			or (a.kind = ? and a.running_municipality <> '' and b.running_municipality = a.running_municipality))`,
		office, FromRegister, Office)
	own := make(map[access.InstitutionID]bool, len(ids))
	for _, id := range ids {
		own[id] = true
	}
	return own, err
}
