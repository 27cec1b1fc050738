package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"text/tabwriter"

	"kladka/internal/budget/tally"
)

// tallyCmd counts a file on anybody's machine: no database, no settings. With
// --open the file is a sealed box.
type tallyCmd struct {
	openCmd

	File       string   `arg:"" optional:"" placeholder:"FILE.pb" help:"Election in the Pabulib format; - reads the standard input."`
	Rule       string   `enum:",greedy,mes" default:"" help:"greedy: by score, skipping what does not fit. mes: the method of equal shares."`
	Utility    string   `default:"cost" enum:"cost,cardinality,points" help:"What a project is worth to its supporters. Greedy counts points, or votes where there are none; with cardinality votes per cost. Default: ${default}."`
	Completion string   `default:"none" enum:"none,add1,add1-exhaustive,greedy,add1+greedy" help:"How equal shares spends the rest. Default: ${default}."`
	Step       int64    `default:"1" help:"By how many whole currency units add1 raises each voter's share. Default: ${default}."`
	Start      string   `default:"exact" enum:"exact,floor" help:"The first share: budget/voters, or that rounded down to a whole unit. Default: ${default}."`
	MinShare   string   `placeholder:"X" help:"A project may win when votes/voters is at least X times cost/budget; 1/3 or 0.25."`
	Threshold  int64    `placeholder:"N" help:"A project may win from N supporters on."`
	Exclude    []string `sep:"none" placeholder:"A,B" help:"Projects of which at most one may win; may be repeated."`
	Barred     []string `sep:"none" placeholder:"A=B" help:"A project that may not win, because B, which excludes it, won in another pool; may be repeated."`
	Ties       string   `default:"file" help:"Order of breaking ties: cost, votes, first, file, id, lot:SEED, with commas between. Default: ${default}."`
	Plain      bool     `help:"Count with the second, slow implementation, which follows the definition."`
	JSON       bool     `name:"json" help:"Print the whole count, with every round."`
}

// Run counts and prints. What was read although it was not clean is told beside
// the count, on the error stream.
func (cmd *tallyCmd) Run(_ context.Context, s *streams) error {
	switch {
	case cmd.Open != "" && (cmd.File != "" || cmd.Rule != ""):
		return errors.New("--open counts by the rules in the box: give neither a file nor --rule")
	case cmd.Open != "":
		return cmd.openCmd.run(os.Stdin, s, cmd.JSON)
	case len(cmd.Share) > 0 || cmd.Out != "":
		return errors.New("--share and --out need --open")
	case cmd.File == "":
		return errors.New("a FILE.pb is needed, or --open EXPORT")
	case cmd.Rule == "":
		return errors.New("missing flags: --rule=STRING")
	}
	e, err := cmd.read()
	if err != nil {
		return err
	}
	rule, err := cmd.rule(e)
	if err != nil {
		return err
	}
	count := tally.Count
	if cmd.Plain {
		count = tally.CountPlainly
	}
	outcome, err := count(e, rule)
	if err != nil {
		return err
	}
	for _, w := range e.Warnings {
		fmt.Fprintln(s.err, "warning:", w)
	}
	cmd.warnOfThreshold(s.err, e)
	report := e.Report(outcome)
	if cmd.JSON {
		return printJSON(s.out, report)
	}
	return printCount(s.out, e, report)
}

func (cmd *tallyCmd) read() (*tally.Election, error) {
	if cmd.File == "-" {
		return tally.Parse(os.Stdin)
	}
	f, err := os.Open(cmd.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e, err := tally.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd.File, err)
	}
	return e, nil
}

// rule puts the rule together. What it gets wrong is said in the words of the
// flags.
func (cmd *tallyCmd) rule(e *tally.Election) (rule tally.Rule, err error) {
	if cmd.Step < 1 {
		return rule, &tally.RuleFault{What: "step", Text: "at least 1 is needed"}
	}
	rule = tally.Rule{
		Name: tally.RuleName(cmd.Rule), Utility: tally.Utility(cmd.Utility), Completion: tally.Completion(cmd.Completion),
		Step: cmd.Step, Start: tally.Start(cmd.Start), Threshold: cmd.Threshold,
	}
	if rule.Ties, err = tally.ParseTies(cmd.Ties); err != nil {
		return rule, err
	}
	if cmd.MinShare != "" {
		if rule.MinShare, err = tally.ParseShare(cmd.MinShare); err != nil {
			return rule, err
		}
	}
	if rule.Excludes, err = e.ParseExcludes(strings.Join(cmd.Exclude, "\n")); err != nil {
		return rule, err
	}
	for _, text := range cmd.Barred {
		b, err := barred(e, text)
		if err != nil {
			return rule, err
		}
		rule.Barred = append(rule.Barred, b)
	}
	return rule, nil
}

// barred reads "A=B", or "A" alone where nobody cares which project of another
// pool it was.
func barred(e *tally.Election, text string) (b tally.Barred, err error) {
	id := text
	if b.Project = e.Find(id); b.Project < 0 {
		id, b.By, _ = strings.Cut(text, "=")
		b.Project = e.Find(strings.TrimSpace(id))
	}
	if b.Project < 0 {
		return b, &tally.RuleFault{What: "barred", Text: fmt.Sprintf("no project %q", id)}
	}
	return b, nil
}

// warnOfThreshold speaks of a threshold that the file knows and the count does
// not: what the threshold is measured in differs from city to city, so it is
// never applied unasked.
func (cmd *tallyCmd) warnOfThreshold(w io.Writer, e *tally.Election) {
	if told := e.MetaValue("min_project_score_threshold"); told != "" && cmd.Threshold == 0 {
		fmt.Fprintf(w, "warning: the file speaks of a threshold of %s for each project; --threshold applies one\n", told)
	}
}

func printJSON(w io.Writer, report tally.Report) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// printCount prints the count as a table for people.
func printCount(out io.Writer, e *tally.Election, r tally.Report) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d voters, %d projects, budget %s\n\n", r.Voters, r.Projects, r.Budget)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ROUND\tPROJECT\tCOST\tSCORE\tVOTES\tLEFT\tNAME")
	for _, p := range r.Rounds {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Round, tally.OneLine(p.Project), p.Cost, p.Score, p.Supporters, p.Left, nameOf(e, p.Project))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%d projects win and cost %s.\n", len(r.Winners), r.Cost)
	if r.Steps > 0 {
		fmt.Fprintf(&b, "A voter's share rose from %s to %s in %d steps.\n", about(r.Start), about(r.Endowment), r.Steps)
	}
	for _, t := range r.Ties {
		fmt.Fprintf(&b, "Tie in round %d: %s; %s was first by %s.\n", t.Round, tally.OneLine(strings.Join(t.Tied, ", ")), tally.OneLine(t.Won), t.By)
	}
	_, err := out.Write(b.Bytes())
	return err
}

// about rounds an exact amount for people.
func about(amount string) string {
	exact, ok := new(big.Rat).SetString(amount)
	if !ok {
		return amount
	}
	return exact.FloatString(2)
}

// nameOf is the beginning of a project's name.
func nameOf(e *tally.Election, id string) string {
	const most = 60
	name := []rune(tally.OneLine(e.Projects[e.Find(id)].Name))
	if len(name) > most {
		return string(name[:most]) + "…"
	}
	return string(name)
}
