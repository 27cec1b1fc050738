package topics

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
)

// ImportName is the kind of our batches.
const ImportName = "topics"

// ImportKind is the import of the vocabulary, to be declared while wiring.
func (s *Service) ImportKind() importing.Kind {
	return importing.Kind{
		Name: ImportName, TitleKey: "topics.import.title", KeyTitle: "topics.field.kod", NewPath: loadPath,
		FieldLabel: func(l *i18n.L, field string) string { return l.T("topics.field." + field) },
		Value: func(_ context.Context, l *i18n.L, field, value string) string {
			return valueWords(l, field, value)
		},
		Problem: func(_ *i18n.L, p importing.Problem) map[string]string { return p.Args },
		Link: func(object string) string {
			if object == "" {
				return ""
			}
			return idPath + object
		},
		Apply: s.applyLines, Undo: s.undoLines,
	}
}

// PreviewImport reads a sheet, compares it with the vocabulary and stores the
// difference to be looked at. Who asks must hold EditTopics. A file that is no
// sheet of topics is Invalid or TooLarge.
func (s *Service) PreviewImport(ctx context.Context, who access.Actor, fileName string, r io.Reader) (_ importing.Batch, err error) {
	defer fault.Wrap(&err, "read a sheet of topics")
	if err := who.Must(access.EditTopics); err != nil {
		return importing.Batch{}, err
	}
	sum := sha256.New()
	table, err := sheet.Read(io.TeeReader(r, sum), SheetLimits())
	if err != nil {
		return importing.Batch{}, err
	}
	plan, err := s.PlanImport(ctx, who, table)
	if err != nil {
		return importing.Batch{}, err
	}
	b := importing.Batch{Kind: ImportName, FileName: fileName, SHA256: hex.EncodeToString(sum.Sum(nil)), Read: plan.Read}
	return s.imports.Show(ctx, Importer(who), b, plan.lines, func(*importing.Batch) ([]importing.Problem, error) {
		return plan.findings(), nil
	})
}

// Importer is who brings a sheet, as package importing asks.
func Importer(who access.Actor) importing.Who {
	if who.System() {
		return importing.Program()
	}
	return importing.Who{By: who.By(), May: func(_ context.Context, _ importing.Act, kind, _ string) error {
		if kind != ImportName {
			return fault.New(fault.Forbidden, "fault.forbidden")
		}
		return who.Must(access.EditTopics)
	}}
}

// lines are the changes of a plan.
func (p Plan) lines(yield func(importing.Line, error) bool) {
	for _, c := range p.Changes {
		line := importing.Line{Action: importing.Action(c.Action), Key: c.After.Code, Name: c.After.Names[i18n.PL], Base: c.Base}
		if c.Base != 0 {
			line.Object = string(c.ID)
		}
		for _, f := range c.Fields {
			line.Fields = append(line.Fields, importing.Field{Name: f.Name, Before: f.Before, After: f.After})
		}
		record, err := json.Marshal(c)
		line.Record = record
		if !yield(line, err) {
			return
		}
	}
}

// findings are the problems of a plan. A row that is left out is an error.
func (p Plan) findings() (list []importing.Problem) {
	for _, f := range p.Problems {
		args := map[string]string{}
		for n := 0; n+1 < len(f.Args); n += 2 {
			args[fmt.Sprint(f.Args[n])] = fmt.Sprint(f.Args[n+1])
		}
		list = append(list, importing.Problem{Row: f.Row, About: f.Code, Level: importing.LevelError, Key: f.Key, Args: args})
	}
	return list
}

func (s *Service) applyLines(_ context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
	changes := make([]Change, len(lines))
	for n, l := range lines {
		if err := json.Unmarshal(l.Record, &changes[n]); err != nil {
			return nil, err
		}
	}
	return s.step(b, at, func(w *work) (list []importing.Outcome, err error) {
		for n, l := range lines {
			t, err := w.take(changes[n])
			if err != nil {
				return nil, err
			}
			o := importing.Outcome{N: l.N, Object: string(changes[n].ID), Before: json.RawMessage(t.before.text()), Revision: t.revision, Held: t.held}
			if t.held != "" {
				o.Object = ""
			}
			list = append(list, o)
		}
		return list, nil
	}), nil
}

func (s *Service) undoLines(_ context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
	return s.step(b, at, func(w *work) (list []importing.Outcome, err error) {
		for _, l := range lines {
			t, err := w.takeBack(ID(l.Object), l.Revision, recordOf(string(l.Before)))
			if err != nil {
				return nil, err
			}
			list = append(list, importing.Outcome{N: l.N, Revision: t.revision, Held: t.held})
		}
		return list, nil
	}), nil
}

// step runs lines as one act of whoever settled the batch.
func (s *Service) step(b importing.Batch, at time.Time, f func(w *work) ([]importing.Outcome, error)) importing.Step {
	person := b.SettledBy
	if b.State == importing.Undoing {
		person = b.UndoneBy
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) {
		w, err := s.begin(ctx, tx, audit.By{Person: person}, "import", at)
		if err != nil {
			return nil, err
		}
		return f(w)
	}
}
