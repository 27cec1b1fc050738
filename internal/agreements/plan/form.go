package plan

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// formPage is one simple form: its fields in their order, and where it leads.
type formPage struct {
	web.Page
	Intro  string
	Action string
	Send   string // words of the button
	Back   web.Link
	Hidden []web.Pair
	Sees   web.Audience // above the fields, when words may name somebody
	Parts  []templ.Component
	After  []templ.Component // below the form
	Stop   string            // why nothing was done, beside the faults of fields
	Next   web.Step
}

// newForm begins the page of a form that was sent with a fault, or is shown anew.
func newForm(w http.ResponseWriter, r *web.Request, title string, fail error, crumbs ...web.Link) formPage {
	p := formPage{Page: r.Page(w, title, crumbs...).WithErrors(fail)}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = r.L.T(f.Key, f.Args...)
	}
	if len(crumbs) > 0 {
		p.Back = crumbs[len(crumbs)-1]
	}
	p.Send = r.L.T("plan.save")
	p.Action = r.URL.Path
	return p
}

// again tells whether a form is to be shown again with what was wrong.
func again(err error) bool {
	f := fault.As(err)
	return f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict)
}

// render draws a form; one that was sent with a fault has the fault's status.
func (p formPage) render(w http.ResponseWriter, r *web.Request, fail error) error {
	status := http.StatusOK
	if f := fault.As(fail); f != nil {
		status = f.Kind.Status()
	}
	return r.RenderStatus(w, status, formView(p))
}

// whole is a number of a form, -1 for what is none.
func whole(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// seen is the revision that a form was drawn from.
func seen(r *web.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	return n
}

// version carries the revision in a form.
func version(n int64) web.Pair { return web.Pair{Name: "wersja", Value: strconv.FormatInt(n, 10)} }

// years are the choices of a school year, both ends included.
func years(from, to int) (list []web.Choice) {
	for y := from; y <= to; y++ {
		list = append(list, web.Choice{Value: strconv.Itoa(y), Label: yearWords(y)})
	}
	return list
}
