package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/platform/importing"
)

// importVocabularyCmd takes in topics from a sheet.
type importVocabularyCmd struct{ fileOptions }

// vocabularyReport is what the command prints with --json.
type vocabularyReport struct {
	Read     int `json:"read"`
	New      int `json:"new"`
	Changed  int `json:"changed"`
	Problems int `json:"problems"`
	Applied  int `json:"applied"`
	Held     int `json:"held"`
}

// Run shows what the sheet would change, and changes it when told to.
func (cmd *importVocabularyCmd) Run(ctx context.Context, c *Common, s *streams) error {
	a, done, err := c.build(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	b, err := cmd.preview(ctx, a)
	if err != nil {
		return err
	}
	if !cmd.JSON {
		if err := cmd.print(ctx, a, b, s.out); err != nil {
			return err
		}
	}
	if !cmd.Apply {
		err = a.Imports().Discard(ctx, importing.Program(), b.ID)
	} else {
		b, err = a.Imports().ApplyNow(ctx, importing.Program(), b.ID, importing.Everything, true)
	}
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(s.out).Encode(vocabularyReport{b.Read, b.New, b.Changed, b.Problems, b.TakenIn, b.Held})
	}
	return cmd.printEnd(b, s.out)
}

func (cmd *importVocabularyCmd) preview(ctx context.Context, a *app.App) (importing.Batch, error) {
	file, err := os.Open(cmd.File)
	if err != nil {
		return importing.Batch{}, err
	}
	defer file.Close()
	return a.Topics().PreviewImport(ctx, access.System(), filepath.Base(cmd.File), file)
}

// print lists the changes and the findings.
func (cmd *importVocabularyCmd) print(ctx context.Context, a *app.App, b importing.Batch, out io.Writer) error {
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	err = a.Imports().EachLine(ctx, importing.Program(), b.ID, func(line importing.Line) error {
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\n", l.T("change."+string(line.Action)), line.Key, line.Name)
		return err
	})
	if err != nil {
		return err
	}
	err = a.Imports().EachProblem(ctx, importing.Program(), b.ID, func(p importing.Problem) error {
		_, err := fmt.Fprintf(w, "%d\t%s\t%s\n", p.Row, p.About, l.T(p.Key, pairs(p.Args)...))
		return err
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

func (cmd *importVocabularyCmd) printEnd(b importing.Batch, out io.Writer) error {
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	key := "cli.not_applied"
	if cmd.Apply {
		key = "cli.applied"
	}
	_, err = fmt.Fprintf(out, "\n%s\n%s\n", l.T("cli.sum", "read", b.Read, "new", b.New, "changed", b.Changed, "closed", b.Closed, "problems", b.Problems), l.T(key))
	if err == nil && cmd.Apply {
		_, err = fmt.Fprintln(out, undoHint(b.ID))
	}
	return err
}

// pairs makes arguments of a message of a map.
func pairs(args map[string]string) (list []any) {
	for name, value := range args {
		list = append(list, name, value)
	}
	return list
}
