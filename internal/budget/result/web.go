package result

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// fieldWhy is the field of the reason for holding a result.
const fieldWhy = "powod"

// Routes opens the doors of the package. Results and everything that proves them
// are public; opening is for those who keep a share or run the edition, which the
// service checks.
func (s *Service) Routes(sh *web.Shell) {
	edition := budget.Path + "/{id}"
	sh.Handle("GET "+edition+"/liczenie", web.Public, s.getOpening)
	// What opens the box or ends in destroying it is done by somebody who has shown
	// just now that it is still them.
	sh.Handle("POST "+edition+"/liczenie", access.Both(access.CanAny(access.BudgetKeep, access.BudgetRun), access.Fresh), s.postShare)
	sh.Handle("POST "+edition+"/liczenie/ostatecznie", access.Both(access.Can(access.BudgetRun), access.Fresh), s.postFinish, web.Idempotent())
	sh.Handle("POST "+edition+"/liczenie/wstrzymaj", access.Can(access.BudgetRun), s.postHold, web.Idempotent())
	sh.Handle("GET "+edition+"/liczenie/urna", access.Both(access.Can(access.BudgetRun), access.Fresh), s.getBox)
	sh.Handle("GET "+edition+"/wyniki", web.Public, s.getResults)
	sh.Handle("GET "+edition+"/wyniki/pokwitowanie", web.Public, s.getReceipt)
	sh.Handle("GET "+edition+"/wyniki/{pool}", web.Public, s.getPool)
	sh.Handle("GET "+edition+"/wyniki/{pool}/glosy.pb", web.Public, s.getFile)
	sh.Handle("GET "+edition+"/wyniki/{pool}/przelicz", web.Public, s.getAgain)
	sh.Handle("POST "+edition+"/wyniki/{pool}/przelicz", web.Public, s.postAgain)
	sh.Handle("GET "+RecountPath, web.Public, s.getCountFile)
	sh.Handle("POST "+RecountPath, web.Public, s.postCountFile, web.Body(mostFile+64<<10))
	s.explainRoutes(sh)
	sh.AddDesk(s.desk)
}

func editionOf(r *web.Request) budget.EditionID { return budget.EditionID(r.PathValue("id")) }

// crumbs are the way to a page of an edition's results.
func crumbs(l *i18n.L, e budget.Edition, more ...web.Link) []web.Link {
	return append([]web.Link{{Text: l.T("result.crumb"), Href: budget.Path}, {Text: e.Title, Href: budget.Href(e.ID)}}, more...)
}

// nextStep says what happens next with the votes of an edition.
func nextStep(l *i18n.L, e budget.Edition, o Opening) web.Step {
	key, when, href := "result.next."+string(o.State), "", ""
	switch {
	case o.State == Sealed && e.State != budget.Closed:
		key, href = "result.next.early", budget.Href(e.ID)
		if e.Rules.Calendar.VoteTo > 0 {
			when = l.DateTime(time.Unix(e.Rules.Calendar.VoteTo, 0).In(web.Warsaw))
		}
	case o.State == Sealed:
		href = OpenHref(e.ID)
	case o.State == Counted && o.HeldAt != 0:
		key = "result.next.held"
	case o.State == Counted && objectionsEnd(e).IsZero():
		key = "result.next.decision"
	case o.State == Counted:
		when = l.T("result.next.day", "day", l.DateText(e.Rules.Calendar.ObjectTo))
	case o.State == Final || o.State == Destroyed:
		href = budget.DeliveriesHref(e.ID)
	}
	return web.Step{What: l.T(key), Who: l.T(key + "_who"), When: when, Href: href}
}

// done goes on after a form, with a notice.
func done(w http.ResponseWriter, r *web.Request, notice, path string) error {
	r.Notify(w, "notice.result."+notice)
	return r.Redirect(w, path)
}

// Command is what counts a file again on anybody's machine.
func Command(rule Rule, file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kladka tally %s --rule %s --utility %s", file, rule.Name, rule.Utility)
	if rule.Name != "greedy" {
		fmt.Fprintf(&b, " --completion %s --step %d --start %s", rule.Completion, rule.Step, rule.Start)
	}
	if rule.MinShare != "" {
		b.WriteString(" --min-share " + rule.MinShare)
	}
	if rule.Threshold > 0 {
		fmt.Fprintf(&b, " --threshold %d", rule.Threshold)
	}
	for _, group := range rule.Excludes {
		ids := make([]string, len(group))
		for i, id := range group {
			ids[i] = string(id)
		}
		b.WriteString(" --exclude " + word(strings.Join(ids, ",")))
	}
	for _, bar := range rule.Barred {
		b.WriteString(" --barred " + word(string(bar.Project)+"="+string(bar.By)))
	}
	if rule.Ties != "" {
		b.WriteString(" --ties " + word(rule.Ties))
	}
	return b.String() + " --json"
}

// word is a text as one word of a command line. Ids of projects and seeds come from
// files that anybody brings, and people copy the line.
func word(text string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.,:=/", c)
	}
	if text != "" && !strings.ContainsFunc(text, func(c rune) bool { return !plain(c) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
