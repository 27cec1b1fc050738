package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
)

// importUndoCmd takes an import of any kind back.
type importUndoCmd struct {
	ID   string `arg:"" help:"Id of the import, as printed when it was taken in, or as in the address of its page."`
	JSON bool   `name:"json" help:"Print the numbers as JSON."`
}

// undoReport is what the command prints with --json.
type undoReport struct {
	Undone int `json:"undone"`
	Kept   int `json:"kept"` // changed since, and left alone
}

// undoHint says how to take an import back.
func undoHint(id importing.BatchID) string { return "kladka import undo " + string(id) }

// Run takes the import back as the program itself: whoever may start it with
// this database may do so. What stays is listed with the reason.
func (cmd *importUndoCmd) Run(ctx context.Context, c *Common, s *streams) error {
	a, done, err := c.build(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	imports := a.Imports()
	b, err := imports.UndoNow(ctx, importing.Program(), importing.BatchID(cmd.ID))
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(s.out).Encode(undoReport{b.TakenBack, b.Kept})
	}
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	if err := printKept(ctx, imports, l, b, s.out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: %d\n%s: %d\n", l.T("importing.part.undone"), b.TakenBack, l.T("importing.part.kept"), b.Kept)
	return err
}

func printKept(ctx context.Context, imports *importing.Service, l *i18n.L, b importing.Batch, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	err := imports.EachLine(ctx, importing.Program(), b.ID, func(line importing.Line) error {
		if line.State != importing.LineKept {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\n", line.Key, line.Name, l.T(line.Why))
		return err
	})
	return errors.Join(err, w.Flush())
}
