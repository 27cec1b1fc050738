package meetings

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// formPage is one thing to fill in: all forms of the module that need a page of
// their own are drawn alike.
type formPage struct {
	web.Page
	Text           string // what it is for
	Sees, SeesMore string // who reads personal words, "" where none are asked for
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
	r.Notify(w, "notice.meetings."+notice)
	return r.Redirect(w, to)
}

// whole reads a number typed into a form, -1 for what is none.
func whole(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// The guards of the module: which series and meeting, the service says.
func reads() web.Guard {
	return access.CanAny(access.JoinMeetings, access.RunMeetings, access.RecordMeetings)
}
func runsGuard() web.Guard    { return access.Can(access.RunMeetings) }
func recordsGuard() web.Guard { return access.CanAny(access.RecordMeetings, access.RunMeetings) }
