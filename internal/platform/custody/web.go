package custody

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/web"
)

// Names of the fields of forms.
const (
	fieldKeeper = "osoba"
	fieldShare  = "udzial"
	fieldAgain  = "ponownie"
	fieldBack   = "wraca"
	fieldLost   = "utrata" // that somebody's share is gone for good
)

// Owner is a module with envelopes: it puts the pages of a key among its own.
type Owner interface {
	// Key is the page of the key that an address leads to, as the person who asks
	// may see it. Its error is shown instead.
	Key(r *web.Request) (View, error)
	// Keepers are the people among whom whoever runs the matter chooses those
	// who keep the shares. With two or three of them nothing is left to choose.
	Keepers(r *web.Request, b Box) (people []string, err error)
	// After is called in the transaction of a deed that was done on these pages.
	// The owner refuses what its state does not allow, and writes and tells what
	// follows. It may run twice.
	After(ctx context.Context, tx *db.Tx, b Box, what Change, k Key) error
}

// Change is what was done with a key on its pages.
type Change string

// The changes.
const (
	WasMade      Change = "made"      // or made anew
	WasConfirmed Change = "confirmed" // one share
	WasTried     Change = "tried"     // two keepers have opened the trial envelope
	WasHanded    Change = "keeper"    // a keeper is gone, or back
)

// View is the page of a key for one person.
type View struct {
	Box         Box
	By          audit.By // who asks
	Institution string   // whose matter it is, for the log
	Title       string   // of the matter
	Path        string   // address of this page; its forms go to addresses below it
	Crumbs      []web.Link

	// Refused says why the person who asks does not run the matter, nil when
	// they do. It is shown to somebody who keeps no share either.
	Refused error
	// MayMake says that a key may be made or made anew: there is no envelope yet.
	MayMake bool
	// Over says that the envelopes are opened or destroyed: nothing is changed.
	Over bool
	// Trial says that two keepers open a trial envelope.
	Trial bool

	Intro string // a sentence: what the key closes
	Lost  string // a sentence: what follows when fewer than two shares are left
	// Nobody says what to do when there are fewer than two people to choose from.
	Nobody string
	// Next is what happens when nothing is missing any more.
	Next web.Step
}

func (v View) act(o Owner, what Change) Act {
	return Act{By: v.By, Box: v.Box, Institution: v.Institution, Runs: v.Refused == nil,
		Also: func(ctx context.Context, tx *db.Tx, k Key) error { return o.After(ctx, tx, v.Box, what, k) }}
}

// Mount opens the pages of an owner's keys at a pattern of paths, such as
// "/sprawa/{id}/klucz": the key, its making, a share as a file, the confirming of
// shares, the trial, keepers who are gone. Sees lets in people who are signed in;
// the owner says who of them sees what. Acts is asked besides where something is
// done that cannot be taken back, the making and the trial: that it is still the
// same person who sits there. Where Acts answers with a web.Detour, the page leads
// there before anybody types a share that would be lost on the way.
func (s *Service) Mount(sh *web.Shell, pattern string, sees, acts web.Guard, o Owner) {
	h := handlers{s, o, acts}
	sh.Handle("GET "+pattern, sees, h.getKey)
	// Not Idempotent: the answer is a page with shares and must not be remembered.
	sh.Handle("POST "+pattern, acts, h.postMake)
	// Whoever has just made the key takes the shares along, however long that lasts.
	sh.Handle("POST "+pattern+"/plik", sees, h.postFile, web.Quiet())
	sh.Handle("POST "+pattern+"/potwierdzenie", sees, h.postConfirm)
	sh.Handle("POST "+pattern+"/proba", acts, h.postTrial)
	sh.Handle("POST "+pattern+"/osoba", sees, h.postGone, web.Idempotent())
}

type handlers struct {
	*Service
	owner Owner
	acts  web.Guard
}

// Prove is the page where somebody shows first that it is still them, with the way
// back to a page of this site; "" when the guard lets them act, or refuses for good.
func Prove(r *web.Request, acts web.Guard, back string) string {
	var d *web.Detour
	if !errors.As(acts.Allow(r), &d) {
		return ""
	}
	return d.Path + "?dalej=" + url.QueryEscape(back)
}

// view is the page of a key that the person who asks may see: they run the
// matter, or keep a share.
func (h handlers) view(r *web.Request) (v View, k Key, err error) {
	if v, err = h.owner.Key(r); err != nil {
		return v, k, err
	}
	if k, err = Read(r.Context(), h.db, v.Box); err != nil {
		return v, k, err
	}
	if _, keeps := k.Keepers.Of(v.By.Person); keeps {
		return v, k, nil
	}
	return v, k, v.Refused
}

// run is the page of a key for whoever runs the matter.
func (h handlers) run(r *web.Request) (View, Key, error) {
	v, k, err := h.view(r)
	if err == nil {
		err = v.Refused
	}
	if err == nil {
		err = r.Form()
	}
	return v, k, err
}

// keyPage is where a key is made, confirmed and tried.
type keyPage struct {
	web.Page
	View
	Key
	Runs       bool
	Next       web.Step
	Rows       []keeperRow
	Mine       bool // the person who asks has a share to confirm
	Deposit    bool // the share in deposit is still to be confirmed
	Trying     *Bringing
	Prove      string // see Bringing.Prove
	Chosen     []string
	Candidates []web.Choice
}

// at is the address of a form.
func (p keyPage) at(below string) string { return p.View.Path + below }

// keeperRow is a keeper as people read them.
type keeperRow struct {
	Keeper
	Name  string
	State string
	Kind  string // of the mark
}

func (h handlers) getKey(w http.ResponseWriter, r *web.Request) error {
	v, k, err := h.view(r)
	if err != nil {
		return err
	}
	return h.draw(w, r, v, k, nil)
}

// draw draws the page of a key; refused is what was wrong with a form. One form
// for a share at a time stands on it: who has several to bring is led through them.
func (h handlers) draw(w http.ResponseWriter, r *web.Request, v View, k Key, refused error) (err error) {
	p := keyPage{Page: r.Page(w, r.L.T("custody.title"), v.Crumbs...).WithErrors(refused), View: v, Key: k, Runs: v.Refused == nil}
	p.NoIndex = true
	p.Prove = Prove(r, h.acts, v.Path)
	if p.Rows, err = h.rows(r, k.Keepers); err != nil {
		return err
	}
	p.Next = h.next(r, v, k)
	own, keeps := k.Keepers.Of(v.By.Person)
	p.Mine = keeps && !own.Confirmed
	switch untried := v.Trial && k.Public != "" && !k.Tried && !v.Over; {
	case p.Mine:
	case untried && keeps: // before the deposit, which may wait in its envelope
		if p.Trying, err = h.Bringing(r, v.Box, OnTrial, v.By.Person, p.at("/proba")); err != nil {
			return err
		}
		p.Trying.Prove = p.Prove
	default:
		p.Deposit = p.Runs && !v.Over && slices.ContainsFunc(k.Keepers, func(c Keeper) bool { return c.Deposit() && !c.Confirmed })
	}
	if p.Runs && v.MayMake {
		if p.Candidates, err = h.candidates(r, v); err != nil {
			return err
		}
		if len(p.Candidates) <= Parts {
			for _, c := range p.Candidates {
				p.Chosen = append(p.Chosen, c.Value)
			}
		}
	}
	status := http.StatusOK
	if refused != nil {
		status = http.StatusUnprocessableEntity
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, keyView(p))
}

// next is what happens next with a key, and who does it.
func (h handlers) next(r *web.Request, v View, k Key) web.Step {
	lack := k.Lacks(v.Trial)
	switch {
	case v.Over:
		return v.Next
	case !v.MayMake && k.Lost():
		return web.Step{What: r.L.T("custody.fault.lost") + " " + v.Lost}
	case !v.MayMake || lack == "":
		return v.Next
	}
	return web.Step{What: r.L.T("custody.lack." + string(lack)), Who: r.L.T("custody.who." + string(lack))}
}

func (h handlers) rows(r *web.Request, keepers Keepers) (list []keeperRow, err error) {
	var ids []string
	for _, c := range keepers {
		if c.Person != "" {
			ids = append(ids, c.Person)
		}
	}
	called, err := h.people(r.Context(), ids...)
	if err != nil {
		return nil, err
	}
	for _, c := range keepers {
		row := keeperRow{Keeper: c, Name: called(c.Person), State: r.L.T("custody.waiting"), Kind: "warn"}
		switch {
		case c.Deposit():
			row.Name = r.L.T("custody.deposit")
		case c.Person == "":
			row.Name = r.L.T("custody.nobody")
		}
		switch {
		case c.Gone:
			row.State, row.Kind = r.L.T("custody.gone"), "bad"
		case c.Confirmed:
			row.State, row.Kind = r.L.T("custody.confirmed"), "ok"
		}
		list = append(list, row)
	}
	return list, nil
}

// people answers with the names of people; of somebody whose name nobody knows
// it says the id.
func (s *Service) people(ctx context.Context, ids ...string) (func(id string) string, error) {
	var names map[string]string
	var err error
	if s.names != nil && len(ids) > 0 {
		names, err = s.names.People(ctx, ids)
	}
	return func(id string) string {
		if name := names[id]; name != "" {
			return name
		}
		return id
	}, err
}

func (h handlers) candidates(r *web.Request, v View) (list []web.Choice, err error) {
	ids, err := h.owner.Keepers(r, v.Box)
	if err != nil {
		return nil, err
	}
	called, err := h.people(r.Context(), ids...)
	for _, id := range ids {
		list = append(list, web.Choice{Value: id, Label: called(id)})
	}
	return list, err
}

// sharesPage shows the shares of a new key, once.
type sharesPage struct {
	web.Page
	View
	Address     string // of the page of the key, whole where that is known
	Next        web.Step
	Fingerprint string
	Shares      []shareSheet
}

// shareSheet is one share, for the sheet and the file of its keeper.
type shareSheet struct {
	Name    string
	No      int
	Text    string
	Deposit bool
}

// postMake makes the key and shows its shares in the answer itself: they are
// nowhere else, and nobody can come back for them. Whoever makes the key sees all
// three, which no order of pages would change: the page says so, and gives each
// share a sheet of its own to be handed over.
func (h handlers) postMake(w http.ResponseWriter, r *web.Request) error {
	v, k, err := h.run(r)
	if err != nil {
		return err
	}
	people := r.PostForm[fieldKeeper]
	candidates, err := h.candidates(r, v)
	if err != nil {
		return err
	}
	for _, id := range people {
		if !slices.ContainsFunc(candidates, func(c web.Choice) bool { return c.Value == id }) {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
	}
	shares, err := h.Make(r.Context(), v.act(h.owner, WasMade), people, r.Value(fieldAgain) != "")
	if fault.KindOf(err) == fault.Invalid {
		return h.draw(w, r, v, k, err)
	}
	if err != nil {
		return err
	}
	return h.drawShares(w, r, v, shares)
}

func (h handlers) drawShares(w http.ResponseWriter, r *web.Request, v View, shares []seal.Share) error {
	crumbs := append(slices.Clone(v.Crumbs), web.Link{Text: r.L.T("custody.title"), Href: v.Path})
	p := sharesPage{Page: r.Page(w, r.L.T("custody.shares"), crumbs...), View: v, Address: address(r, v.Path),
		Next: web.Step{What: r.L.T("custody.next_hand"), Who: r.L.T("custody.who.confirmed"), Href: v.Path}}
	p.NoIndex = true
	k, err := Read(r.Context(), h.db, v.Box)
	if err != nil {
		return err
	}
	rows, err := h.rows(r, k.Keepers)
	if err != nil {
		return err
	}
	for i, share := range shares {
		p.Fingerprint = share.Key
		p.Shares = append(p.Shares, shareSheet{Name: rows[i].Name, No: share.No, Text: share.Text(), Deposit: rows[i].Deposit()})
		share.Forget()
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, sharesView(p))
}

// address is that of a page as whoever finds a sheet in a drawer can type it: by the
// name of the site by which whoever makes the key has come, or the path alone when
// that is no name that could be printed.
func address(r *web.Request, path string) string {
	plain := r.Host != "" && len(r.Host) <= 100 && !strings.ContainsFunc(r.Host, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-:[]", c))
	})
	switch {
	case !plain:
		return path
	case r.Shell.HTTPS:
		return "https://" + r.Host + path
	}
	return "http://" + r.Host + path
}

// postFile gives a share back as a file. It came with the form, for nothing of
// it is kept here; what is no share of this key is not given back.
func (h handlers) postFile(w http.ResponseWriter, r *web.Request) error {
	v, k, err := h.run(r)
	if err != nil {
		return err
	}
	share, err := k.belongs(r.PostFormValue(fieldShare))
	if err != nil {
		return err
	}
	defer share.Forget()
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="kladka-udzial-`+strconv.Itoa(share.No)+`.txt"`)
	head.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(v.Title + "\n" + address(r, v.Path) + "\n\n" + share.Text()))
	return err
}

func (h handlers) postConfirm(w http.ResponseWriter, r *web.Request) error {
	return h.taken(w, r, func(v View) (string, error) {
		return "notice.custody_confirmed", h.Confirm(r.Context(), v.act(h.owner, WasConfirmed), r.PostFormValue(fieldShare))
	})
}

func (h handlers) postTrial(w http.ResponseWriter, r *web.Request) error {
	return h.taken(w, r, func(v View) (string, error) {
		if !v.Trial {
			return "", fault.ErrNotFound
		}
		opened, err := h.Try(r.Context(), v.act(h.owner, WasTried), r.PostFormValue(fieldShare))
		if opened {
			return "notice.custody_tried", err
		}
		return "notice.custody_first", err
	})
}

// taken answers a form with a share: a slip of the pen is shown at its field.
func (h handlers) taken(w http.ResponseWriter, r *web.Request, do func(v View) (notice string, err error)) error {
	v, k, err := h.view(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	notice, err := do(v)
	if f := fault.As(err); f != nil && f.Key == "custody.fault.other_share" {
		err = fault.InvalidFields([]fault.Field{{Name: fieldShare, Key: f.Key}}) // the wrong sheet was at hand
	}
	if fault.KindOf(err) == fault.Invalid {
		return h.draw(w, r, v, k, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, v.Path)
}

// lostField is the box that says of one share that it is gone: the page has one for
// each of them.
func lostField(no int) string { return fieldLost + "-" + strconv.Itoa(no) }

// postGone notes that a share is gone, which is said in two steps: too many of them,
// and nobody opens the envelopes.
func (h handlers) postGone(w http.ResponseWriter, r *web.Request) error {
	v, k, err := h.run(r)
	if err != nil {
		return err
	}
	no, err := strconv.Atoi(r.Value(fieldShare))
	if err != nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if r.Value(fieldBack) == "" && r.Value(fieldLost) == "" {
		return h.draw(w, r, v, k, fault.InvalidFields([]fault.Field{{Name: lostField(no), Key: "custody.fault.sure"}}))
	}
	if err := h.Gone(r.Context(), v.act(h.owner, WasHanded), no, r.Value(fieldBack) == ""); err != nil {
		return err
	}
	r.Notify(w, "notice.custody_keeper")
	return r.Redirect(w, v.Path)
}

// Bringing is the form by which two people bring their shares, see Bring.
type Bringing struct {
	Deed   Deed
	Action string // where the form goes, by POST; the share is its field ShareField
	First  string // who brought the first share, "" when it is still to come
	Until  string // how long that waits
	Mine   bool   // the person who asks brought it
	// Prove is where the person shows first that it is still them, "" when nothing
	// asks for that; the owner sets it, see the function Prove.
	Prove string
}

// ShareField is the field of the form in which a share comes. Read it with
// r.PostFormValue: it may end in spaces.
const ShareField = fieldShare

// Bringing is the form for a person at an owner's page of the opening, drawn
// with the component Bring.
func (s *Service) Bringing(r *web.Request, b Box, deed Deed, person, action string) (*Bringing, error) {
	form := &Bringing{Deed: deed, Action: action}
	first, err := s.Waiting(r.Context(), s.db, b, deed)
	if err != nil || first == nil {
		return form, err
	}
	called, err := s.people(r.Context(), first.Person)
	if err != nil {
		return nil, err
	}
	form.First, form.Mine = called(first.Person), first.Person == person
	form.Until = r.L.DateTime(time.Unix(first.Until, 0).In(web.Warsaw))
	return form, nil
}
