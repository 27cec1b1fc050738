package vote

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// ballotPage is a ballot to be filled in, or one that is looked over before it is
// cast.
type ballotPage struct {
	web.Page
	Edition  budget.Edition
	Pool     budget.Pool
	Action   string
	Code     string
	Envelope string
	Second   string
	Change   bool   // it goes in the place of an earlier vote
	Secret   string // of that one, as it was typed
	How      string
	Rows     []ballotRow // in the drawn order
	Stands   soFar
	Marks    []web.Pair
	Next     web.Step
}

// ballotRow is one project on the ballot.
type ballotRow struct {
	budget.BallotProject
	Money string
	Field string
	Mark  string // what stands there, "" for nothing
}

// ballotVisit is what a request has to do with a ballot.
type ballotVisit struct {
	e      budget.Edition
	v      voter
	on     *ballot
	action string
	change bool
}

// getBallot draws an empty ballot for somebody who votes by an account.
func (h castHandlers) getBallot(w http.ResponseWriter, r *web.Request) error {
	e, v, err := h.comes(r)
	if err != nil {
		return err
	}
	return h.openBallot(w, r, e, v, budget.PoolID(r.PathValue("pool")))
}

// openBallot draws an empty ballot for whoever can still cast it.
func (h castHandlers) openBallot(w http.ResponseWriter, r *web.Request, e budget.Edition, v voter, pool budget.PoolID) error {
	b, err := h.visit(r, e, v, pool)
	if err == nil {
		err = h.canCast(r, b)
	}
	if err != nil {
		return h.turnedAway(w, r, b, err)
	}
	return h.drawBallot(w, r, b, filled{}, nil)
}

func (h castHandlers) visit(r *web.Request, e budget.Edition, v voter, pool budget.PoolID) (b ballotVisit, err error) {
	b = ballotVisit{e: e, v: v, action: VoteHref(e.ID) + "/" + string(pool)}
	if err := votes(e, h.now()); err != nil && e.RulesHash == "" {
		return b, err // there is no ballot yet
	}
	b.on, err = h.ballotOf(r.Context(), e, pool)
	return b, err
}

// canCast refuses whoever has no right in the pool, or has spent it, before a mark
// is shown: pressing Back at a shared computer brings back nobody's ballot.
func (h castHandlers) canCast(r *web.Request, b ballotVisit) error {
	if err := votes(b.e, h.now()); err != nil {
		return err
	}
	rights, err := Rights(r.Context(), h.db, b.e.ID, b.v.Elector)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(rights, func(x Right) bool { return x.Pool == b.on.Pool.ID })
	switch {
	case at < 0:
		return fault.New(fault.Forbidden, "vote.fault.no_right")
	case rights[at].Spent:
		return fault.New(fault.Conflict, "vote.fault.spent")
	}
	return nil
}

// spentPage answers who comes back to a ballot after their vote was cast.
type spentPage struct {
	web.Page
	Edition budget.Edition
	Action  string
	Changes bool
	Shared  bool // somebody else sits down next
	SignOut bool // they were signed in by a printed card
	Next    web.Step
}

// turnedAway answers who cannot cast. Whoever has voted pressed Back, mostly: the page
// says that their vote stands as it was, and leads on. It holds no code of a slip, for
// it may be the next person at the computer who sends the form again.
func (h castHandlers) turnedAway(w http.ResponseWriter, r *web.Request, b ballotVisit, refused error) error {
	f := fault.As(refused)
	if f == nil || f.Key != "vote.fault.spent" {
		return refused
	}
	p := spentPage{Page: r.Page(w, r.L.T("vote.cast.used_pool"), crumbsBelow(r, b.e)...), Edition: b.e, Action: b.action, Changes: mayChange(b.e),
		Shared: h.shared(r, b.v), SignOut: r.Viewer().Shared && b.v.Way != Slip, Next: h.nextStep(r, b.e)}
	p.NoIndex, p.Lead = true, b.on.Pool.Name
	if p.Shared {
		web.LeaveNothing(w)
	}
	return r.RenderStatus(w, http.StatusConflict, spentPoolView(p))
}

// postBallot goes on with a ballot: it is drawn, looked over, mended, cast.
func (h castHandlers) postBallot(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at := h.now() // the hours count by the arrival of the form, before anything is read
	e, v, err := h.comes(r)
	if err != nil {
		return err
	}
	b, err := h.visit(r, e, v, budget.PoolID(r.PathValue("pool")))
	if err != nil {
		return err
	}
	f := b.on.fill(r.PostForm)
	if r.PostFormValue(fieldStep) != stepCast {
		if err := h.canCast(r, b); err != nil {
			return h.turnedAway(w, r, b, err)
		}
		return h.goOn(w, r, b, f)
	}
	if len(f.Faults) > 0 {
		if err := h.canCast(r, b); err != nil {
			return h.turnedAway(w, r, b, err)
		}
		return h.drawBallot(w, r, b, f, fault.InvalidFields(f.Faults))
	}
	receipt, err := h.cast(r.Context(), e, b.on, Ballot{Pool: b.on.Pool.ID, Elector: v.Elector, Way: v.Way,
		Envelope: r.PostFormValue(fieldEnvelope), Secret: r.PostFormValue(fieldSecond), Choice: f.Choice, At: at})
	if err != nil {
		return h.turnedAway(w, r, b, err)
	}
	return h.drawReceipt(w, r, b, receipt)
}

// goOn draws the ballot, or what is on it to be looked over.
func (h castHandlers) goOn(w http.ResponseWriter, r *web.Request, b ballotVisit, f filled) error {
	if r.PostFormValue(fieldStep) != stepCheck {
		return h.drawBallot(w, r, b, f, nil)
	}
	if len(f.Faults) > 0 {
		return h.drawBallot(w, r, b, f, fault.InvalidFields(f.Faults))
	}
	return h.drawCheck(w, r, b, f)
}

// getChange draws an empty ballot for whoever holds the second secret of an
// earlier one. It asks who they are no more than the secret does.
func (h castHandlers) getChange(w http.ResponseWriter, r *web.Request) error {
	b, err := h.changing(r)
	if err != nil {
		return err
	}
	return h.drawBallot(w, r, b, filled{}, nil)
}

func (h castHandlers) changing(r *web.Request) (b ballotVisit, err error) {
	e, err := h.edition(r)
	if err != nil {
		return b, err
	}
	if !mayChange(e) {
		return b, fault.New(fault.Conflict, "vote.fault.no_change")
	}
	if b, err = h.visit(r, e, voter{}, budget.PoolID(r.PathValue("pool"))); err != nil {
		return b, err
	}
	b.action, b.change = b.action+"/zmiana", true
	return b, nil
}

func (h castHandlers) postChange(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at := h.now()
	b, err := h.changing(r)
	if err != nil {
		return err
	}
	f := b.on.fill(r.PostForm)
	if readLetters(r.PostFormValue(fieldSecret), secretLength) == "" {
		f.Faults = append(f.Faults, fault.Field{Name: fieldSecret, Key: "vote.fault.secret"})
	}
	if r.PostFormValue(fieldStep) != stepCast || len(f.Faults) > 0 {
		return h.goOn(w, r, b, f)
	}
	receipt, err := h.change(r.Context(), b.e, b.on, Ballot{Pool: b.on.Pool.ID, Envelope: r.PostFormValue(fieldEnvelope),
		Secret: r.PostFormValue(fieldSecret), Next: r.PostFormValue(fieldSecond), Choice: f.Choice, At: at})
	if fault.KindOf(err) == fault.Invalid {
		return h.drawBallot(w, r, b, f, err)
	}
	if err != nil {
		return err
	}
	return h.drawReceipt(w, r, b, receipt)
}

// page begins the page of a ballot.
func (h castHandlers) page(w http.ResponseWriter, r *web.Request, b ballotVisit, title string, f filled, refused error) ballotPage {
	p := ballotPage{Page: r.Page(w, title, crumbsBelow(r, b.e)...).WithErrors(refused), Edition: b.e, Pool: b.on.Pool, Action: b.action, Code: b.v.Code,
		Change: b.change, How: howWords(r.L, b.on.Pool.Ballot), Stands: f.Stands, Next: castStep(r, b.e)}
	p.NoIndex, p.Lead, p.Next.Who = true, b.on.Pool.Name, r.L.T("vote.cast.next_self")
	p.Envelope, p.Second = numbersOf(r.PostForm, b.e)
	if b.change {
		p.Secret = r.PostFormValue(fieldSecret)
	}
	for _, project := range b.on.Projects {
		p.Rows = append(p.Rows, ballotRow{BallotProject: project, Money: budget.Money(r.L, project.Cost), Field: fieldOf(project.ID), Mark: f.Marks.of(project.ID)})
	}
	if f.Marks == nil {
		p.Stands = b.on.stands(budget.Choice{})
	}
	return p
}

func (h castHandlers) drawBallot(w http.ResponseWriter, r *web.Request, b ballotVisit, f filled, refused error) error {
	title := r.L.T("vote.cast.ballot")
	if b.change {
		title = r.L.T("vote.cast.change_title")
	}
	p := h.page(w, r, b, title, f, refused)
	p.Scripts = []string{"vote.js"} // counts along; the rules are the server's
	return r.RenderStatus(w, statusOf(refused), ballotView(p))
}

// drawCheck shows a ballot without faults before it is cast.
func (h castHandlers) drawCheck(w http.ResponseWriter, r *web.Request, b ballotVisit, f filled) error {
	p := h.page(w, r, b, r.L.T("vote.cast.check"), f, nil)
	p.Marks = f.Marks.pairs(b.on.Pool.Ballot)
	p.Next.What = r.L.T("vote.cast.next_send")
	return r.Render(w, checkView(p))
}

// pairs are the marks as hidden fields of the next form.
func (m marks) pairs(b budget.BallotRules) (list []web.Pair) {
	for id, values := range m {
		for _, v := range values {
			if b.Type == budget.One {
				list = append(list, web.Pair{Name: budget.CheckField, Value: string(id)})
			} else {
				list = append(list, web.Pair{Name: fieldOf(id), Value: v})
			}
		}
	}
	slices.SortFunc(list, func(x, y web.Pair) int { return strings.Compare(x.Name+x.Value, y.Name+y.Value) })
	return list
}

// chosen are the rows that bear a mark: those with more points first.
func (p ballotPage) chosen() (rows []ballotRow) {
	for _, row := range p.Rows {
		if row.Mark != "" {
			rows = append(rows, row)
		}
	}
	if pointed(p.Pool.Ballot) {
		slices.SortStableFunc(rows, func(x, y ballotRow) int { return y.points() - x.points() })
	}
	return rows
}

func (r ballotRow) points() int {
	n, _ := strconv.Atoi(r.Mark)
	return n
}

// kindIs tells the type of the ballot.
func (p ballotPage) kindIs(t budget.BallotType) bool { return p.Pool.Ballot.Type == t }

// receiptPage is what a voter takes home.
type receiptPage struct {
	web.Page
	Receipt
	Edition budget.Edition
	Pool    budget.Pool
	Code    string // of the slip
	More    bool   // other rights wait
	Shared  bool   // somebody else sits down next
	SignOut bool   // they were signed in by a printed card
	Next    web.Step
}

// drawReceipt answers a vote with its receipt, in the answer itself: an address
// for it would be an address of the envelope. Loading the page anew sends the same
// form, which gets the same receipt.
func (h castHandlers) drawReceipt(w http.ResponseWriter, r *web.Request, b ballotVisit, receipt Receipt) error {
	p := receiptPage{Page: r.Page(w, r.L.T("vote.cast.receipt"), crumbsBelow(r, b.e)...), Receipt: receipt, Edition: b.e, Pool: b.on.Pool,
		Code: b.v.Code, More: b.v.More, Shared: h.shared(r, b.v), SignOut: r.Viewer().Shared && b.v.Way != Slip, Next: h.nextStep(r, b.e)}
	p.NoIndex, p.Lead = true, b.on.Pool.Name
	if p.Shared {
		p.Scripts = []string{"vote.js"} // takes the receipt out of the history
		web.LeaveNothing(w)
	}
	web.Uncompressed(w) // it holds a code or a second secret
	return r.Render(w, receiptView(p))
}

// leave is the address that the script puts in place of the receipt's where
// somebody else sits down next, "" elsewhere.
func (p receiptPage) leave() string {
	if p.Shared {
		return VoteHref(p.Edition.ID)
	}
	return ""
}

// openPoints are the points that no project has yet.
func (p ballotPage) openPoints() string {
	if len(p.Stands.Open) == 0 {
		return p.T("vote.cast.points_none")
	}
	return numbers(p.L, p.Stands.Open)
}

// numbersText are numbers for the script.
func numbersText(list []int) string {
	var parts []string
	for _, n := range list {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, " ")
}
