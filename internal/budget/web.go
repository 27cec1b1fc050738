package budget

import (
	"net/http"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// formPage is one thing to fill in: forms of the module that need a page of
// their own are drawn alike.
type formPage struct {
	web.Page
	Text           string   // what it is for
	Next           web.Step // of a form that begins or moves a process; the zero step is none
	Sees, SeesMore string   // who reads personal words, "" where none are asked for
	Action, Button string
	Back           web.Link
	Fields         []templ.Component
	Hidden         []web.Pair
}

// form shows a form; a refusal of its words stands at the fields.
func (p formPage) form(w http.ResponseWriter, r *web.Request, refusal error) error {
	p.NoIndex = true
	status := http.StatusOK
	if refusal != nil {
		status = http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, formView(p))
}

// invalid tells that the words of a form are to be mended; other errors are not
// the form's.
func invalid(err error) bool { return fault.KindOf(err) == fault.Invalid }

// done ends a form that was taken: notice and the page to go on with.
func done(w http.ResponseWriter, r *web.Request, notice, to string) error {
	r.Notify(w, "notice.budget."+notice)
	return r.Redirect(w, to)
}

// runsGuard lets in whoever runs budgets somewhere; at which owner, the service says.
func runsGuard() web.Guard { return access.Can(access.BudgetRun) }

// Routes opens the doors of the package. Each part has its own file.
func (s *Service) Routes(sh *web.Shell) {
	s.editionRoutes(sh)
	s.projectRoutes(sh)
	s.mergeRoutes(sh)
	s.drawRoutes(sh)
	s.campaignRoutes(sh)
	s.milestoneRoutes(sh)
	s.priceRoutes(sh)
	s.schoolRoutes(sh)
	s.lessonRoutes(sh)
}
