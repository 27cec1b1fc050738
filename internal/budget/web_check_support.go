package budget

import (
	"context"
	"net/http"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) supportRoutes(sh *web.Shell) {
	one, once := ProjectPath+"/{project}/poparcie", web.Idempotent()
	sh.Handle("GET "+one, web.Public, s.getSupport)
	sh.Handle("POST "+one, access.SignedIn, s.postSign("signed", s.Sign), once)
	sh.Handle("POST "+one+"/cofnij", access.SignedIn, s.postSign("unsigned", s.Unsign))
	sh.Handle("POST "+one+"/lista", access.Can(access.BudgetDesk), s.postList, SupportFiles().Room())
	sh.Handle("GET "+one+"/lista/{plik}", access.Can(access.BudgetDesk), s.getList)
}

// supportPage is the list of support of a project.
type supportPage struct {
	partView
	Count   string
	Left    string
	Signs   bool // the reader can sign now
	Signed  bool
	SignsIn bool // a stranger is led to sign in
	Why     string
	Counts  bool // the reader counts lists on paper
	Lists   []listLine
}

type listLine struct{ When, Valid, Refused, Href string }

func (s *Service) getSupport(w http.ResponseWriter, r *web.Request) error {
	return s.showSupport(w, r, nil)
}

func (s *Service) showSupport(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	part, err := s.partPage(w, r, "support", refusal)
	if err != nil {
		return err
	}
	v := supportPage{partView: part}
	p, e := v.Of, v.Edition
	v.Count = l.T("budget.project.of", "n", p.Support(), "all", e.Rules.Signatures)
	if Gathering(p, s.now()) == nil {
		v.Left = lastDay(l, p.SupportUntil)
	}
	if v.Signed, err = s.Signed(ctx, who, p.ID); err != nil {
		return err
	}
	_, _, err = s.signable(ctx, who, p.ID)
	switch f := fault.As(err); {
	case err == nil:
		v.Signs = !v.Signed
	case f == nil:
		return err
	case f.Kind == fault.SignedOut:
		v.SignsIn = true
	default:
		v.Why = l.T(f.Key, f.Args...)
	}
	if _, _, err := s.counts(ctx, who, p.ID); err == nil && p.State == ProjectSupport {
		v.Counts = true
	}
	if who.MayAt(ctx, access.BudgetDesk, e.Owner) == nil {
		if v.Lists, err = s.paperLists(ctx, l, p.ID); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, statusOf(refusal), supportView(v))
}

// paperLists are the lists counted on paper, as the office sees them.
func (s *Service) paperLists(ctx context.Context, l *i18n.L, id ProjectID) (lines []listLine, err error) {
	var list []struct {
		File    string `db:"file"`
		Valid   int    `db:"valid"`
		Refused int    `db:"refused"`
		At      int64  `db:"at"`
	}
	err = s.db.Select(ctx, &list, `select p.file, p.valid, p.refused, p.at from budget_project_lists p where p.project = ? order by p.id`, id)
	for _, one := range list {
		line := listLine{When: moment(l, one.At), Valid: l.Number(one.Valid), Refused: l.Number(one.Refused)}
		if one.File != "" {
			line.Href = ProjectHref(id) + "/poparcie/lista/" + one.File
		}
		lines = append(lines, line)
	}
	return lines, err
}

func (s *Service) postList(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project"))
	if _, _, err := s.counts(ctx, who, id); err != nil {
		return err
	}
	f, err := s.Files.Receive(r, who.By(), SupportUse, "plik")
	if err == nil {
		err = s.CountList(ctx, who, id, PaperList{Valid: typedNumber(f.Values.Get("wazne")), Refused: typedNumber(f.Values.Get("niewazne")), File: f.File.ID})
	}
	if invalid(err) {
		return s.showSupport(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "counted", ProjectHref(id)+"/poparcie")
}

// typedNumber reads a number of a form: nothing is 0, what is none is -1.
func typedNumber(text string) int {
	if text = line(text); text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// getList sends a scanned list to those who count lists at the owner.
func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	p, _, err := s.counts(r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project")))
	if err != nil {
		return err
	}
	if err := known(r.PathValue("plik")); err != nil {
		return err
	}
	return s.Files.Serve(w, r, supportOwner(p.ID), files.ID(r.PathValue("plik")))
}
