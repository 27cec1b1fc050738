package vote

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Names of the fields of ballots. The code of a slip goes from form to form and
// never stands in an address; the same holds for the number of the envelope.
const (
	fieldCode     = "kod"
	fieldEnvelope = "koperta"
	fieldSecond   = "drugi"  // second secret that the receipt will tell, drawn by us
	fieldSecret   = "sekret" // that of an earlier receipt, typed
	fieldStep     = "krok"
)

// Steps of a ballot: what the pressed button says.
const (
	stepCheck = "sprawdzam"
	stepCast  = "glosuje"
)

// castHandlers are the pages of voting. Ballots of votes that are open are kept
// by the process: the hash in their key covers rules and lists of projects, so one
// that was read stays right.
type castHandlers struct {
	*Service
	ballots  *sync.Map // ballotKey -> *ballot
	editions *sync.Map // budget.EditionID -> budget.Edition
}

type ballotKey struct {
	edition budget.EditionID
	pool    budget.PoolID
	hash    string
}

// CastRoutes opens the doors of voting. All of them are quiet: nothing tells who
// came to vote, nor when. None is Idempotent, which would remember forms: sending
// one twice is made harmless by the number of its envelope.
func (s *Service) CastRoutes(sh *web.Shell) {
	h := castHandlers{s, &sync.Map{}, &sync.Map{}}
	const start = edition + "/glosowanie"
	sh.Handle("GET "+start, web.Public, h.getStart, web.Quiet())
	sh.Handle("POST "+start, web.Public, h.postCode, web.Quiet())
	sh.Handle("POST "+start+"/koniec", web.Public, h.postEnd, web.Quiet())
	sh.Handle("GET "+start+"/{pool}", web.Public, h.getBallot, web.Quiet())
	sh.Handle("POST "+start+"/{pool}", web.Public, h.postBallot, web.Quiet())
	sh.Handle("GET "+start+"/{pool}/zmiana", web.Public, h.getChange, web.Quiet())
	sh.Handle("POST "+start+"/{pool}/zmiana", web.Public, h.postChange, web.Quiet())
	sh.Handle("GET "+budget.SlipPath, web.Public, h.getSlip, web.Quiet())
	sh.Handle("POST "+budget.SlipPath, web.Public, h.postSlip, web.Quiet())
	h.urnRoutes(sh)
}

// ballotOf is the ballot of a pool.
func (h castHandlers) ballotOf(ctx context.Context, e budget.Edition, pool budget.PoolID) (*ballot, error) {
	key := ballotKey{e.ID, pool, e.RulesHash}
	if b, known := h.ballots.Load(key); known {
		return b.(*ballot), nil
	}
	b, err := readBallot(ctx, h.db, e, pool)
	if err == nil && e.State == budget.Voting { // before that another key may still be made
		h.ballots.Store(key, b)
	}
	return b, err
}

// edition is the edition that an address leads to.
func (h castHandlers) edition(r *web.Request) (budget.Edition, error) {
	e, _, err := h.visited(r)
	return e, err
}

// visited is that edition with the sealed key of its marks.
func (h castHandlers) visited(r *web.Request) (e budget.Edition, marks string, err error) {
	if e, marks, err = h.current(r.Context(), editionOf(r)); err != nil {
		return e, marks, err
	}
	return e, marks, h.Budget.Sees(r.Context(), access.ActorOf(r.Request), e)
}

// current is an edition as it is now, with the sealed key of its marks, "" while
// there is none. While people vote, an edition that was read before is used as long
// as its version stands: the rules of a city take longer to read than a vote takes
// to write. The key is read each time, so that nothing keeps it after the end.
func (h castHandlers) current(ctx context.Context, id budget.EditionID) (e budget.Edition, marks string, err error) {
	var now struct {
		Version int64  `db:"version"`
		Marks   string `db:"marks"`
	}
	err = h.db.Get(ctx, &now, `select e.version, coalesce(k.sealed, '') as marks from budget_editions e left join budget_mark_keys k on k.edition = e.id where e.id = ?`, id)
	if err != nil {
		return e, "", err
	}
	if kept, found := h.editions.Load(id); found {
		if e = kept.(budget.Edition); e.Version == now.Version {
			return e, now.Marks, nil
		}
	}
	e, err = budget.EditionByID(ctx, h.db, id)
	if err == nil && e.State == budget.Voting {
		h.editions.Store(id, e)
	}
	return e, now.Marks, err
}

// voter is who votes: by an account, or by the code of a slip.
type voter struct {
	place
	Way  Way
	Code string // of the slip, as it was typed
}

// comes reads the edition of an address and finds out who votes there. A code in
// the form goes before the account: at a computer where a teacher is signed in,
// pupils vote with slips.
func (h castHandlers) comes(r *web.Request) (e budget.Edition, v voter, err error) {
	e, marks, err := h.visited(r)
	if err != nil {
		return e, v, err
	}
	v, err = h.voter(r, e, marks)
	return e, v, err
}

func (h castHandlers) voter(r *web.Request, e budget.Edition, marks string) (v voter, err error) {
	ctx, pool := r.Context(), budget.PoolID(r.PathValue("pool"))
	if v.Code = r.PostFormValue(fieldCode); v.Code != "" {
		v.Way = Slip
		v.place, err = h.slipPlace(ctx, e, marks, r.Network(), v.Code, pool)
		return v, err
	}
	v.Way = Online
	v.place, err = h.placeAt(ctx, h.db, access.ActorOf(r.Request), e, pool)
	if errors.Is(err, fault.ErrNotFound) {
		err = &web.Detour{Path: OwnHref(e.ID), Err: fault.New(fault.Forbidden, "vote.fault.no_elector")}
	}
	return v, err
}

func crumbsBelow(r *web.Request, e budget.Edition) []web.Link {
	return append(crumbs(r.L, e), web.Link{Text: r.L.T("vote.cast.title"), Href: VoteHref(e.ID)})
}

// startPage is where voting begins: who somebody is, and where they may vote.
type startPage struct {
	web.Page
	Edition budget.Edition
	Open    bool
	Status  string // that it is open, or not yet, or not any more
	Kind    string // of the mark of the status
	Pools   []poolLine
	Code    string // of the slip, as it was typed
	ByCode  bool   // the pools are those of a slip
	Slips   bool   // slips may be used
	Account bool   // accounts may have rights
	Own     string // where somebody finds their right, "" when they have it
	Changes bool
	Next    web.Step
}

// used tells that a slip has voted wherever it could: there is nothing to fill in.
func (p startPage) used() bool {
	return p.ByCode && !p.Changes && len(p.Pools) > 0 && !slices.ContainsFunc(p.Pools, func(l poolLine) bool { return !l.Spent })
}

// poolLine is a pool in which somebody may vote.
type poolLine struct {
	budget.Pool
	Money string
	How   string
	Spent bool
}

func (p poolLine) href(id budget.EditionID) string { return VoteHref(id) + "/" + string(p.ID) }

func (h castHandlers) getStart(w http.ResponseWriter, r *web.Request) error {
	e, marks, err := h.visited(r)
	if err != nil {
		return err
	}
	if !access.ActorOf(r.Request).SignedIn() {
		return h.drawStart(w, r, e, voter{}, nil)
	}
	v, err := h.voter(r, e, marks)
	if fault.KindOf(err) == fault.Forbidden {
		v, err = voter{}, nil // the page says what they can do about it
	}
	if err != nil {
		return err
	}
	return h.drawStart(w, r, e, v, nil)
}

// postCode takes the code of a slip and shows where it votes.
func (h castHandlers) postCode(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, marks, err := h.visited(r)
	if err != nil {
		return err
	}
	if r.Value(fieldCode) == "" {
		return h.drawStart(w, r, e, voter{}, fault.InvalidFields([]fault.Field{{Name: fieldCode, Key: "vote.cast.no_code"}}))
	}
	v, err := h.voter(r, e, marks)
	if fault.KindOf(err) == fault.Invalid {
		return h.drawStart(w, r, e, voter{}, err)
	}
	if err != nil {
		return err
	}
	return h.goIn(w, r, e, v)
}

// goIn shows who votes with a slip where they may: the ballot itself, when that
// is the only pool.
func (h castHandlers) goIn(w http.ResponseWriter, r *web.Request, e budget.Edition, v voter) error {
	rights, err := Rights(r.Context(), h.db, e.ID, v.Elector)
	if err != nil {
		return err
	}
	if len(rights) == 1 && !rights[0].Spent && votes(e, h.now()) == nil {
		return h.openBallot(w, r, e, v, rights[0].Pool)
	}
	return h.drawStart(w, r, e, v, nil)
}

func (h castHandlers) drawStart(w http.ResponseWriter, r *web.Request, e budget.Edition, v voter, refused error) error {
	p := startPage{Page: r.Page(w, r.L.T("vote.cast.title"), crumbs(r.L, e)...).WithErrors(refused), Edition: e, Code: v.Code, ByCode: v.Code != "",
		Slips: e.Rules.Who.Has(budget.Slips), Changes: mayChange(e), Account: hasAccounts(e)}
	p.NoIndex, p.Lead = true, e.Title
	p.status(r, votes(e, h.now()))
	if p.Account && v.Elector == "" {
		p.Own = OwnHref(e.ID)
	}
	rights, err := Rights(r.Context(), h.db, e.ID, v.Elector)
	if err != nil {
		return err
	}
	p.Pools = poolLines(r, e, rights)
	p.Next = h.nextStep(r, e)
	if p.Open && !p.used() {
		p.Next = castStep(r, e)
	}
	return r.RenderStatus(w, statusOf(refused), startView(p))
}

// hasAccounts tells that some rights belong to accounts. Pupils of a roster have
// none where there are slips: see AddClass.
func hasAccounts(e budget.Edition) bool {
	slips := e.Rules.Who.Has(budget.Slips)
	return slices.ContainsFunc(e.Rules.Who.Sources, func(s budget.Source) bool {
		return s != budget.Slips && (s != budget.Roster || !slips)
	})
}

// status says whether votes are taken now.
func (p *startPage) status(r *web.Request, refused error) {
	p.Open = refused == nil
	if f := fault.As(refused); f != nil {
		p.Status, p.Kind = r.L.T(f.Key, f.Args...), "warn"
		return
	}
	p.Status, p.Kind = r.L.T("vote.cast.open", "until", budget.EndWords(r.L, p.Edition.Rules.Calendar.VoteTo)), "ok"
}

// hours is an instant of the calendar in words.
func hours(r *web.Request, at int64) string { return r.L.DateTime(time.Unix(at, 0).In(web.Warsaw)) }

// poolLines are the pools of rights, in the order of the rules.
func poolLines(r *web.Request, e budget.Edition, rights []Right) (lines []poolLine) {
	for _, p := range e.Rules.Pools {
		for _, right := range rights {
			if right.Pool == p.ID {
				lines = append(lines, poolLine{Pool: p, Money: budget.Money(r.L, p.Budget), How: howWords(r.L, p.Ballot), Spent: right.Spent})
			}
		}
	}
	return lines
}

// howWords says how one votes on a ballot.
func howWords(l *i18n.L, b budget.BallotRules) string {
	text := l.T("vote.cast.how."+string(b.Type), "points", numbers(l, b.Points), "total", b.Total)
	if b.Type == budget.One {
		return text
	}
	return text + " " + b.HowMany(l)
}

func numbers(l *i18n.L, list []int) string {
	var parts []string
	for _, n := range list {
		parts = append(parts, l.Number(n))
	}
	return strings.Join(parts, ", ")
}

// nextStep is what happens after the vote.
func (h castHandlers) nextStep(r *web.Request, e budget.Edition) web.Step {
	if now := h.now().Unix(); now < e.Rules.Calendar.VoteFrom {
		return web.Step{What: r.L.T("vote.cast.next_open"), When: hours(r, e.Rules.Calendar.VoteFrom)}
	}
	return web.Step{What: r.L.T("vote.cast.next_box"), Who: r.L.T("vote.cast.next_who"),
		When: r.L.T("vote.cast.next_when", "date", budget.EndWords(r.L, e.Rules.Calendar.VoteTo)), Href: BoxHref(e.ID)}
}

// castStep is what happens next to somebody who has not voted yet: they vote.
func castStep(r *web.Request, e budget.Edition) web.Step {
	return web.Step{What: r.L.T("vote.cast.next_cast"), Who: r.L.T("vote.cast.next_voter"), When: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)}
}

// postEnd ends a visit to a computer at which people take turns: the browser is
// told to forget the pages, and the next person begins anew.
func (h castHandlers) postEnd(w http.ResponseWriter, r *web.Request) error {
	e, err := h.edition(r)
	if err != nil {
		return err
	}
	web.LeaveNothing(w)
	return r.Redirect(w, VoteHref(e.ID))
}

// shared tells that somebody else sits down at the computer after this vote.
func (h castHandlers) shared(r *web.Request, v voter) bool { return v.Way == Slip || r.Viewer().Shared }

// numbersOf are the number and the second secret of a form: those that came with
// it, or new ones.
func numbersOf(form url.Values, e budget.Edition) (envelope, second string) {
	if envelope, second = form.Get(fieldEnvelope), form.Get(fieldSecond); envelopeShape(envelope) {
		return envelope, second
	}
	if mayChange(e) {
		second = NewSecret()
	}
	return NewEnvelope(), second
}
