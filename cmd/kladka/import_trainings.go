package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/training/takeover"
)

// takeoverOptions are those of the three sheets of an older system.
type takeoverOptions struct {
	fileOptions
	Center string `required:"" help:"Whose trainings these were: the RSPO number or the id of the training center."`
	Partly bool   `help:"Take the good rows over even when others must be left out."`
	All    bool   `help:"Print every change and problem instead of the first ones of each kind."`
}

type (
	importTrainingsCmd    struct{ takeoverOptions }
	importParticipantsCmd struct{ takeoverOptions }
	importCertificatesCmd struct{ takeoverOptions }
)

// Run shows which trainings a sheet would bring, and brings them when told to.
func (cmd *importTrainingsCmd) Run(ctx context.Context, c *Common, s *streams) error {
	return cmd.run(ctx, c, s, takeover.Trainings)
}

// Run is the same for the people of these trainings.
func (cmd *importParticipantsCmd) Run(ctx context.Context, c *Common, s *streams) error {
	return cmd.run(ctx, c, s, takeover.Participants)
}

// Run is the same for the register of papers.
func (cmd *importCertificatesCmd) Run(ctx context.Context, c *Common, s *streams) error {
	return cmd.run(ctx, c, s, takeover.Certificates)
}

// takeoverReport is what the commands print with --json.
type takeoverReport struct {
	Read     int               `json:"read"`
	New      int               `json:"new"`
	Changed  int               `json:"changed"`
	Problems int               `json:"problems"`
	LeftOut  int               `json:"left_out"` // rows with faults
	Applied  int               `json:"applied"`
	Held     int               `json:"held"`
	Batch    importing.BatchID `json:"batch,omitempty"` // for import undo
}

// run reads the sheet as the program itself: whoever may start it with this
// database may do so.
func (o *takeoverOptions) run(ctx context.Context, c *Common, s *streams, kind string) error {
	a, done, err := c.build(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	b, err := o.preview(ctx, a, kind)
	if err != nil {
		return err
	}
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	if !o.JSON {
		if err := o.print(ctx, a, l, b, s.out); err != nil {
			return err
		}
	}
	left := b.GuardN
	refused := o.Apply && left > 0 && !o.Partly
	if o.Apply && b.Changes() > 0 && !refused {
		b, err = a.Imports().ApplyNow(ctx, importing.Program(), b.ID, importing.Everything, o.Partly)
	} else {
		err = a.Imports().Discard(ctx, importing.Program(), b.ID)
	}
	if err != nil {
		return err
	}
	if refused {
		return errors.New(l.N(b.Guard, left) + " (--partly)")
	}
	return o.end(l, b, left, s.out)
}

func (o *takeoverOptions) preview(ctx context.Context, a *app.App, kind string) (importing.Batch, error) {
	at := access.InstitutionID(o.Center)
	if n, err := strconv.Atoi(o.Center); err == nil {
		i, err := directory.ByRSPO(ctx, a.DB(), n)
		if err != nil {
			return importing.Batch{}, err
		}
		at = i.ID
	}
	file, err := os.Open(o.File)
	if err != nil {
		return importing.Batch{}, err
	}
	defer file.Close()
	return a.Takeover().Preview(ctx, access.System(), kind, at, filepath.Base(o.File), file)
}

// print lists the changes and the findings.
func (o *takeoverOptions) print(ctx context.Context, a *app.App, l *i18n.L, b importing.Batch, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	seen, hidden := map[string]int{}, 0
	skip := func(kind string) bool {
		if seen[kind]++; o.All || seen[kind] <= shownRows {
			return false
		}
		hidden++
		return true
	}
	err := a.Imports().EachLine(ctx, importing.Program(), b.ID, func(line importing.Line) error {
		if skip(string(line.Action)) {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\n", l.T("change."+string(line.Action)), line.Key, line.Name)
		return err
	})
	if err != nil {
		return err
	}
	err = a.Imports().EachProblem(ctx, importing.Program(), b.ID, func(p importing.Problem) error {
		if skip(p.Key) {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\n", place(l, p), p.About, l.T(p.Key, pairs(p.Args)...))
		return err
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil || hidden == 0 {
		return err
	}
	_, err = fmt.Fprintln(out, l.N("cli.hidden", hidden))
	return err
}

func (o *takeoverOptions) end(l *i18n.L, b importing.Batch, left int, out io.Writer) error {
	report := takeoverReport{b.Read, b.New, b.Changed, b.Problems, left, b.TakenIn, b.Held, ""}
	applied := b.State == importing.Applied
	if applied {
		report.Batch = b.ID
	}
	if o.JSON {
		return json.NewEncoder(out).Encode(report)
	}
	key := "cli.not_applied"
	if applied {
		key = "cli.applied"
	}
	_, err := fmt.Fprintf(out, "\n%s\n%s\n", l.T("cli.sum", "read", b.Read, "new", b.New, "changed", b.Changed, "closed", b.Closed, "problems", b.Problems), l.T(key))
	if err == nil && applied {
		_, err = fmt.Fprintln(out, undoHint(b.ID))
	}
	return err
}
