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
	"strings"
	"text/tabwriter"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
)

type importCmd struct {
	RSPO importRegisterCmd `cmd:"" name:"rspo" help:"Take in a file of the register of schools."`
	Geo  importGeoCmd      `cmd:"" help:"Take in boundaries of municipalities or districts from GeoJSON."`

	Vocabulary importVocabularyCmd `cmd:"" help:"Take in topics from a sheet (XLSX or CSV) in the columns of the export /tematy.csv."`
	Fetch      importFetchCmd      `cmd:"" help:"Fetch the register from its own service into a file."`

	People importPeopleCmd `cmd:"" help:"Invite the staff of an institution from a sheet (XLSX or CSV)."`

	Trainings    importTrainingsCmd    `cmd:"" help:"Take over past trainings of a center from a sheet (XLSX or CSV)."`
	Participants importParticipantsCmd `cmd:"" help:"Take over the people of past trainings from a sheet."`
	Certificates importCertificatesCmd `cmd:"" help:"Take over the register of issued papers from a sheet, with its numbers."`

	Undo importUndoCmd `cmd:"" help:"Take back all that an import did, except what was changed since."`
}

// fileOptions are those of every import.
type fileOptions struct {
	File  string `arg:"" type:"existingfile" help:"File to read."`
	Apply bool   `help:"Take the difference in. Without it nothing changes."`
	JSON  bool   `name:"json" help:"Print the numbers as JSON."`
}

type importRegisterCmd struct {
	fileOptions
	AllowClosing bool `help:"Close institutions even when the file would close an unlikely number of them."`
	All          bool `help:"Print every change and problem instead of the first ones of each kind."`
}

// shownRows is how many rows of each kind a person sees without --all.
const shownRows = 20

// Run reads a file of the register as the program itself: whoever may start
// it with this database may do so.
func (cmd *importRegisterCmd) Run(ctx context.Context, c *Common, s *streams) error {
	a, done, err := c.build(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	preview, err := cmd.preview(ctx, a)
	if err != nil {
		return err
	}
	if !cmd.JSON {
		if err := cmd.print(ctx, a, preview, s.out); err != nil {
			return err
		}
	}
	if err := cmd.settle(ctx, a, preview); err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(s.out).Encode(directory.ReportOf(preview))
	}
	return cmd.printEnd(preview, s.out)
}

func (cmd *importRegisterCmd) preview(ctx context.Context, a *app.App) (directory.Import, error) {
	file, err := os.Open(cmd.File)
	if err != nil {
		return directory.Import{}, err
	}
	defer file.Close()
	return a.Directory().Preview(ctx, access.System(), filepath.Base(cmd.File), file)
}

// settle applies the difference or leaves no trace of having looked.
func (cmd *importRegisterCmd) settle(ctx context.Context, a *app.App, i directory.Import) error {
	if !cmd.Apply {
		return a.Directory().Discard(ctx, access.System(), i.ID)
	}
	if _, err := a.Directory().Apply(ctx, access.System(), i.ID, cmd.AllowClosing); err != nil {
		if fault.KindOf(err) == fault.Invalid && i.Guard != "" {
			return errors.New(refusedByGuard(i))
		}
		return err
	}
	return nil
}

// refusedByGuard says why a difference is not taken in without a second look.
func refusedByGuard(i directory.Import) string {
	const then = "; look at the list, then use --allow-closing"
	switch i.Guard {
	case "import.guard.shifted":
		return fmt.Sprintf("no RSPO number of the file is known and %d institutions would be closed: its columns have probably slipped%s", i.Closed, then)
	case "import.guard.swapped":
		return fmt.Sprintf("most known RSPO numbers would get another name and address (%d changes): the rows of the file have probably slipped%s", i.Changed, then)
	}
	return fmt.Sprintf("%d of the institutions would be closed%s", i.Closed, then)
}

func (cmd *importRegisterCmd) printEnd(i directory.Import, out io.Writer) error {
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	key := "cli.not_applied"
	if cmd.Apply {
		key = "cli.applied"
	}
	_, err = fmt.Fprintf(out, "\n%s\n%s\n", l.T("cli.sum", "read", i.Read, "new", i.New, "changed", i.Changed, "closed", i.Closed, "problems", i.Problems), l.T(key))
	return err
}

// print writes the difference as a table: what would happen, to whom, how.
func (cmd *importRegisterCmd) print(ctx context.Context, a *app.App, i directory.Import, out io.Writer) error {
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	left := map[string]int{}
	err = a.Directory().EachChange(ctx, access.System(), i.ID, func(c importing.Line) error {
		if cmd.skip(left, string(c.Action)) {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.T("change."+string(c.Action)), c.Key, c.Name, fields(l, c))
		return err
	})
	if err != nil {
		return err
	}
	err = a.Directory().EachProblem(ctx, access.System(), i.ID, func(p importing.Problem) error {
		if cmd.skip(left, p.Level+p.Key) {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.T("level."+p.Level), p.About, place(l, p), problem(l, p))
		return err
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	hidden := 0
	for _, n := range left {
		hidden += max(0, n-shownRows)
	}
	if hidden > 0 && !cmd.All {
		fmt.Fprintln(out, l.N("cli.hidden", hidden))
	}
	return nil
}

// skip counts a row of its kind and tells whether it is one too many to show.
func (cmd *importRegisterCmd) skip(seen map[string]int, kind string) bool {
	seen[kind]++
	return !cmd.All && seen[kind] > shownRows
}

func place(l *i18n.L, p importing.Problem) string {
	if p.Row == 0 {
		return ""
	}
	return l.T("cli.row", "n", strconv.Itoa(p.Row))
}

func fields(l *i18n.L, c importing.Line) string {
	if c.Action != importing.ActionChanged && c.Action != importing.ActionReopened {
		return ""
	}
	var out []string
	for _, f := range c.Fields {
		out = append(out, fmt.Sprintf("%s: %s → %s", l.T("field."+f.Name), shortened(f.Before), shortened(f.After)))
	}
	return strings.Join(out, "; ")
}

func shortened(s string) string {
	if s == "" {
		return "–"
	}
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

func problem(l *i18n.L, p importing.Problem) string {
	var args []any
	for name, value := range p.Args {
		if name == "field" || name == "shape" {
			value = l.T(name + "." + value)
		}
		args = append(args, name, value)
	}
	return l.T(p.Key, args...)
}

type importGeoCmd struct{ fileOptions }

// Run reads boundaries; what is found is printed, and kept with --apply.
func (cmd *importGeoCmd) Run(ctx context.Context, c *Common, s *streams) error {
	a, done, err := c.build(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	file, err := os.Open(cmd.File)
	if err != nil {
		return err
	}
	defer file.Close()
	report, err := a.Directory().ImportBoundaries(ctx, access.System(), file, cmd.Apply)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(s.out).Encode(report)
	}
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, l.T("cli.geo", "municipalities", report.Municipalities, "districts", report.Districts, "skipped", len(report.Skipped), "problems", len(report.Problems)))
	key := "cli.not_applied"
	if report.Applied {
		key = "cli.applied"
	}
	_, err = fmt.Fprintln(s.out, l.T(key))
	return err
}

// importPeopleCmd invites a staff. The settings of mail are those of serve, so
// that letters leave as they would from the page.
type importPeopleCmd struct {
	fileOptions
	Institution string `required:"" help:"Where: the RSPO number or the id of the institution."`
	By          string `required:"" placeholder:"ADDRESS" help:"In whose name: the address of a person who may invite there."`

	mailFlags
}

// peopleReport is what the command prints with --json.
type peopleReport struct {
	New      int          `json:"new"`
	Known    int          `json:"known"`
	Problems int          `json:"problems"`
	Prepared bool         `json:"prepared"` // for the head to approve
	Applied  bool         `json:"applied"`
	Held     int          `json:"held,omitempty"`  // not sent after all; the import says why
	Links    []peopleLink `json:"links,omitempty"` // where no letters leave

	Batch importing.BatchID `json:"batch,omitempty"` // for import undo
}

type peopleLink struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Run reads a sheet in the name of a person: whoever may start this program
// with this database may do so, and the log says in whose name it was. The
// program gives nobody more rights than the person has.
func (cmd *importPeopleCmd) Run(ctx context.Context, c *Common, s *streams) error {
	a, done, err := cmd.build(ctx, c, s)
	if err != nil {
		return err
	}
	defer done()
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	who, err := a.Access().ActorByAddress(ctx, cmd.By)
	if fault.KindOf(err) == fault.NotFound {
		return errors.New(l.T("cli.people_nobody"))
	}
	if err != nil {
		return err
	}
	plan, err := cmd.plan(ctx, a, who, l)
	if err != nil {
		return err
	}
	if !cmd.JSON {
		if err := cmd.print(l, plan, s.out); err != nil {
			return err
		}
	}
	return cmd.settle(ctx, a, who, plan, l, s.out)
}

// build makes the program as serve would, as far as letters go.
func (cmd *importPeopleCmd) build(ctx context.Context, c *Common, s *streams) (*app.App, func() error, error) {
	d, _, err := c.open(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	fail := func(err error) (*app.App, func() error, error) { return nil, nil, errors.Join(err, d.Close()) }
	if err := demo.CheckKind(ctx, d, ""); err != nil {
		return fail(err)
	}
	keys, err := c.keys(false)
	if err != nil {
		return fail(err)
	}
	a, err := app.New(ctx, d, app.Settings{Folder: c.folder(false), Keys: keys, SMTP: cmd.smtp(), ReplyTo: cmd.ReplyTo, Base: cmd.Base, Listen: "127.0.0.1:8080"}, c.logger(s.err), time.Now)
	if err != nil {
		return fail(err)
	}
	return a, d.Close, nil
}

func (cmd *importPeopleCmd) plan(ctx context.Context, a *app.App, who access.Actor, l *i18n.L) (access.StaffPlan, error) {
	at, err := cmd.at(ctx, a)
	if err != nil {
		return access.StaffPlan{}, err
	}
	file, err := os.Open(cmd.File)
	if err != nil {
		return access.StaffPlan{}, err
	}
	defer file.Close()
	table, err := sheet.Read(file, access.StaffLimits())
	if err != nil {
		return access.StaffPlan{}, err
	}
	return a.Access().PlanStaff(ctx, who, at, l.Lang, table)
}

// at is the institution: a short number is one of the register, the rest is an id.
func (cmd *importPeopleCmd) at(ctx context.Context, a *app.App) (access.InstitutionID, error) {
	if n, err := strconv.Atoi(cmd.Institution); err == nil {
		i, err := directory.ByRSPO(ctx, a.DB(), n)
		return i.ID, err
	}
	i, err := directory.ByID(ctx, a.DB(), access.InstitutionID(cmd.Institution))
	return i.ID, err
}

// settle invites, or says that nothing was changed. Links are printed when no
// letters leave this machine, for they are known at this moment only.
func (cmd *importPeopleCmd) settle(ctx context.Context, a *app.App, who access.Actor, plan access.StaffPlan, l *i18n.L, out io.Writer) error {
	report := peopleReport{New: len(plan.New), Known: len(plan.Known), Problems: len(plan.Problems), Prepared: plan.Prepares}
	if cmd.Apply && len(plan.New) > 0 {
		done, err := a.Access().InviteStaff(ctx, who, plan.Institution, plan.List())
		if err != nil {
			return err
		}
		report.Applied, report.Prepared, report.Held, report.Batch = true, done.Prepared, done.Held, done.Batch
		if cmd.MailHost == "" {
			for _, link := range done.Links {
				report.Links = append(report.Links, peopleLink{link.Name, link.URL})
			}
		}
	}
	if cmd.JSON {
		return json.NewEncoder(out).Encode(report)
	}
	for _, link := range report.Links {
		fmt.Fprintf(out, "%s  %s\n", link.Name, link.URL)
	}
	key := "cli.not_applied"
	switch {
	case report.Applied && report.Prepared:
		key = "cli.people_prepared"
	case report.Applied:
		key = "cli.applied"
	}
	_, err := fmt.Fprintf(out, "\n%s\n%s\n", l.T("cli.people", "new", report.New, "known", report.Known, "problems", report.Problems), l.T(key))
	if report.Batch != "" {
		_, err = fmt.Fprintln(out, undoHint(report.Batch))
	}
	return err
}

// print writes what the sheet would do, row by row.
func (cmd *importPeopleCmd) print(l *i18n.L, plan access.StaffPlan, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(n int, what, name, words string) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.T("cli.row", "n", strconv.Itoa(n)), what, name, words)
	}
	for _, row := range plan.New {
		line(row.N, l.T("cli.people_new"), row.Name, l.T("role."+string(row.Role)))
	}
	for _, k := range plan.Known {
		line(k.N, l.T("cli.people_known"), k.Name, l.T(k.Key, k.Args...))
	}
	for _, p := range plan.Problems {
		line(p.N, l.T("cli.people_problem"), l.T("staff.field."+p.Field), p.Words(l))
	}
	return w.Flush()
}

// terminalTexts are the texts in the language of the terminal: Polish or
// Ukrainian when it says so, else English, like the help of the commands.
func terminalTexts() (*i18n.L, error) {
	catalog, err := app.Catalog()
	if err != nil {
		return nil, err
	}
	lang := i18n.EN
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if base, _, _ := strings.Cut(value, "_"); i18n.Valid(base) {
				lang = i18n.Lang(base)
			}
			break
		}
	}
	return catalog.In(lang), nil
}

// explain is an error as a person at a terminal should read it: a fault in
// words, anything else as it is.
func explain(err error) string {
	e := fault.As(err)
	if e == nil || e.Kind == fault.Internal {
		return err.Error()
	}
	l, loadErr := terminalTexts()
	if loadErr != nil {
		return errors.Join(err, loadErr).Error()
	}
	var parts []string
	for _, f := range e.Fields {
		parts = append(parts, l.T(f.Key, f.Args...))
	}
	if len(parts) == 0 {
		parts = []string{l.T(e.Key, e.Args...)}
	}
	return strings.Join(parts, " ")
}
