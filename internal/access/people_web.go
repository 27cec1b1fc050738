package access

import (
	"context"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) peopleRoutes(sh *web.Shell) {
	sh.Handle("GET /administracja/osoby", Can(ManagePeople), s.getPeople)
	sh.Handle("GET /administracja/osoby.csv", Can(ManagePeople), s.getPeopleCSV)
	sh.Handle("GET /administracja/osoby/{id}", Can(ManagePeople), s.getPerson)
	sh.Handle("POST /administracja/osoby/{id}/zakoncz", Both(Can(ManagePeople), Fresh), s.postEndRole)
	sh.Handle("POST /administracja/osoby/{id}/zamknij", Both(Can(ManagePeople), Fresh), s.postClose)
	sh.Handle("POST /administracja/osoby/{id}/drugi-krok", Both(Can(ManagePeople), Fresh), s.postResetFactors)
	sh.Handle("GET /administracja/zaproszenia", Can(ManagePeople), s.getInvitations)
	sh.Handle("POST /administracja/zaproszenia", Both(Can(ManagePeople), Fresh), s.postInvitation, web.Idempotent())
	sh.Handle("POST /administracja/zaproszenia/cofnij", Can(ManagePeople), s.postWithdraw)

	sh.Handle("GET /instytucje/{id}/osoby", Can(SeePeople), s.getStaff)
	sh.Handle("GET /instytucje/{id}/osoby.csv", Can(SeePeople), s.getStaffCSV)
	sh.Handle("GET /instytucje/{id}/osoby/zapros", Both(Can(SeePeople), FreshFor(ManageStaff)), s.getInvite)
	sh.Handle("POST /instytucje/{id}/osoby/zapros", Both(Can(SeePeople), FreshFor(ManageStaff)), s.postInvite, web.Idempotent())
	sh.Handle("POST /instytucje/{id}/osoby/cofnij", Can(SeePeople), s.postWithdraw)
	sh.Handle("POST /instytucje/{id}/osoby/potwierdz", Both(Can(ManageStaff), Fresh), s.postConfirm)
	sh.Handle("GET /instytucje/{id}/osoby/{person}", Can(SeePeople), s.getMember)
	sh.Handle("POST /instytucje/{id}/osoby/{person}/odejscie", Both(Can(ManageStaff), Fresh), s.postMemberLeaves)
	sh.Handle("GET /instytucje/{id}/dolacz", SignedIn, s.getClaim)
	sh.Handle("POST /instytucje/{id}/dolacz", SignedIn, s.postClaim)

	sh.Handle("GET /zaproszenie/{token}", web.Public, s.getAccept)
	sh.Handle("POST /zaproszenie/{token}", web.Public, s.postAccept)

	sh.Handle("GET "+ActsPath, SignedIn, s.getActs)
	sh.Handle("POST "+ActsPath, SignedIn, s.postActs)
	sh.Handle("GET /konto/zastepstwa", SignedIn, s.getProxies)
	sh.Handle("POST /konto/zastepstwa", Fresh, s.postProxy, web.Idempotent())
	sh.Handle("POST /konto/zastepstwa/cofnij", SignedIn, s.postRevoke)
	sh.Handle("POST /konto/odejscie", Fresh, s.postLeave)
}

const adminPeople = "/administracja/osoby"

func staffPath(at InstitutionID) string {
	if at == "" {
		return "/administracja/zaproszenia"
	}
	return "/instytucje/" + string(at) + "/osoby"
}

func institutionOf(r *web.Request) InstitutionID { return InstitutionID(r.PathValue("id")) }

// peoplePage is a list of people: of the installation or of an institution.
type peoplePage struct {
	web.Page
	Filter web.Filter
	Rows   []Row
	Places map[InstitutionID]string
	Pager  web.Pager
	Export string
	Detail string // before a person's id
	Closed bool

	// Of an institution only:
	Institution InstitutionID
	Place       string
	Claims      []Claim
	Invitations []Invitation
	MayGive     []Role
	MayPrepare  bool
}

func filterOf(r *web.Request) (Filter, error) {
	f := Filter{Text: r.Value("q"), Role: Role(r.Value("rola")), Closed: r.Value("zamkniete") != ""}
	if f.Role != "" && (!f.Role.Valid() || f.Role == Pupil || f.Role == Guardian) {
		return f, fault.New(fault.BadRequest, "fault.bad_request")
	}
	return f, nil
}

func (s *Service) getPeople(w http.ResponseWriter, r *web.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	p := peoplePage{Page: r.Page(w, r.L.T("people.title"), adminCrumb(r)), Detail: adminPeople + "/", Closed: f.Closed}
	if err := s.fillPeople(r, &p, f, adminPeople); err != nil {
		return err
	}
	return r.Render(w, peopleView(p))
}

func adminCrumb(r *web.Request) web.Link {
	return web.Link{Text: r.L.T("nav.administration"), Href: "/administracja"}
}

func (s *Service) fillPeople(r *web.Request, p *peoplePage, f Filter, action string) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	rows, more, err := s.People(r.Context(), ActorOf(r.Request), f, at)
	if err != nil {
		return err
	}
	p.Rows = rows
	if len(rows) > 0 {
		first, last := rows[0], rows[len(rows)-1]
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{Key: first.SortKey, ID: string(first.ID)}, web.Cursor{Key: last.SortKey, ID: string(last.ID)}, more)
	}
	p.Filter = web.Filter{Action: action, Label: r.L.T("people.find"), Value: f.Text, Picks: []web.Pick{{Name: "rola", Label: r.L.T("people.role"),
		Prompt: r.L.T("people.any_role"), Value: string(f.Role), Choices: roleChoices(r.L, listed())}}}
	if f != (Filter{Institution: f.Institution}) {
		p.Filter.Clear = action
	}
	p.Export = web.WithQuery(r.URL, "", "", "od", "do")
	p.Export = strings.Replace(p.Export, action, action+".csv", 1)
	p.Places, err = s.places(r.Context(), rows)
	return err
}

// listed are the roles by which lists can be narrowed.
func listed() []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return r == Pupil || r == Guardian })
}

func roleChoices(l *i18n.L, roles []Role) []web.Choice {
	var c []web.Choice
	for _, r := range roles {
		c = append(c, web.Choice{Value: string(r), Label: l.T("role." + string(r))})
	}
	return c
}

func (s *Service) places(ctx context.Context, rows []Row) (map[InstitutionID]string, error) {
	var ids []InstitutionID
	for _, row := range rows {
		for _, h := range row.Roles {
			if h.Institution != "" && !slices.Contains(ids, h.Institution) {
				ids = append(ids, h.Institution)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.directory.Names(ctx, ids)
}

// RoleWords is a role with its place.
func (p peoplePage) RoleWords(h Held) string {
	words := p.T("role." + string(h.Role))
	if h.Institution != "" && h.Institution != p.Institution {
		words += ", " + p.Places[h.Institution]
	}
	return words
}

func (s *Service) getPeopleCSV(w http.ResponseWriter, r *web.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	return s.exportPeople(w, r, f)
}

func (s *Service) getStaffCSV(w http.ResponseWriter, r *web.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	if f.Institution, _, err = s.place(r); err != nil {
		return err
	}
	if err := ActorOf(r.Request).MayAt(r.Context(), SeePeople, f.Institution); err != nil {
		return err
	}
	return s.exportPeople(w, r, f)
}

// exportPeople writes names and roles, a row per person, and notes that it did.
func (s *Service) exportPeople(w http.ResponseWriter, r *web.Request, f Filter) error {
	who := ActorOf(r.Request)
	now := s.now()
	err := s.db.Write(r.Context(), func(tx *db.Tx) error {
		return audit.Record(r.Context(), tx, who.By(), audit.Entry{Action: "access.export", Object: "people", Institution: string(f.Institution), Read: true}, now)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="osoby.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	out := csv.NewWriter(w)
	if err := out.Write([]string{r.L.T("people.name"), r.L.T("people.roles")}); err != nil {
		return err
	}
	err = s.EachPerson(r.Context(), who, f, func(row Row) error {
		names, err := s.places(r.Context(), []Row{row})
		if err != nil {
			return err
		}
		p := peoplePage{Page: web.Page{L: r.L}, Places: names, Institution: f.Institution}
		var roles []string
		for _, h := range row.Roles {
			roles = append(roles, p.RoleWords(h))
		}
		return out.Write([]string{web.Defuse(row.Name), web.Defuse(strings.Join(roles, "; "))})
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		s.log.Error("export of people", "err", err) // half is on its way: no error page any more
	}
	return nil
}

// personPage is an account as administrators see it.
type personPage struct {
	web.Page
	Person   Person
	Masked   string
	Roles    []roleLine
	Sessions int
	Own      bool
}

type roleLine struct {
	Held
	Since int64  `db:"since"`
	Until *int64 `db:"until"`
	By    string `db:"by"`
	Place string `db:"-"`
	Now   bool   `db:"-"`
}

func (line roleLine) words(p web.Page) string {
	words := p.T("role." + string(line.Role))
	if line.Place != "" {
		words += ", " + line.Place
	}
	return words
}

func (s *Service) roleLines(ctx context.Context, id PersonID, at InstitutionID) ([]roleLine, error) {
	query := `select r.role, r.institution, r.since, r.until, coalesce(g.name, '') as by from access_roles r
		left join access_people g on g.id = r.granted_by where r.person = ?`
	args := []any{id}
	if at != "" {
		query += ` and r.institution = ?`
		args = append(args, at)
	}
	var lines []roleLine
	if err := s.db.Select(ctx, &lines, query, args...); err != nil {
		return nil, err
	}
	now := s.now().Unix()
	var ids []InstitutionID
	for i := range lines {
		lines[i].Now = lines[i].Since <= now && (lines[i].Until == nil || *lines[i].Until > now)
		if lines[i].Institution != "" {
			ids = append(ids, lines[i].Institution)
		}
	}
	names := map[InstitutionID]string{}
	if len(ids) > 0 {
		var err error
		if names, err = s.directory.Names(ctx, ids); err != nil {
			return nil, err
		}
	}
	for i := range lines {
		lines[i].Place = names[lines[i].Institution]
	}
	slices.SortStableFunc(lines, func(a, b roleLine) int {
		if a.Now != b.Now {
			if a.Now {
				return -1
			}
			return 1
		}
		return byRank(a.Held, b.Held)
	})
	return lines, nil
}

// personByID is an account, open or closed, for administrators.
func (s *Service) personByID(ctx context.Context, who Actor, id PersonID) (Person, error) {
	var p Person
	if err := who.Must(ManagePeople); err != nil {
		return p, err
	}
	err := s.db.Get(ctx, &p, `select `+personColumns+` from access_people where id = ?
		and (exists (select 1 from access_roles r where r.person = access_people.id and r.role not in ('pupil', 'guardian'))
			or not exists (select 1 from access_roles r where r.person = access_people.id))`, id)
	return p, err
}

func (s *Service) getPerson(w http.ResponseWriter, r *web.Request) error {
	who := ActorOf(r.Request)
	person, err := s.personByID(r.Context(), who, PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := personPage{Page: r.Page(w, person.Name, adminCrumb(r), web.Link{Text: r.L.T("people.title"), Href: adminPeople}),
		Person: person, Masked: mask(person.Email), Own: person.ID == who.Person}
	if p.Roles, err = s.roleLines(r.Context(), person.ID, ""); err != nil {
		return err
	}
	if err := s.db.Get(r.Context(), &p.Sessions, `select count(*) from access_sessions where person = ? and expires_at > ?`, person.ID, s.now().Unix()); err != nil {
		return err
	}
	return r.Render(w, personView(p))
}

// mask leaves so much of an address that a wrong one can be told from a right
// one: no page shows one person another's address.
func mask(email string) string {
	name, domain, ok := strings.Cut(email, "@")
	if !ok || name == "" {
		return ""
	}
	first := []rune(name)[0]
	return string(first) + "…@" + domain
}

func (s *Service) postEndRole(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if _, err := s.personByID(r.Context(), ActorOf(r.Request), PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	person := PersonID(r.PathValue("id"))
	h := Held{Role(r.Value("rola")), InstitutionID(r.Value("instytucja"))}
	if err := s.End(r.Context(), ActorOf(r.Request), person, h, ""); err != nil {
		return err
	}
	r.Notify(w, "notice.role_ended")
	return r.Redirect(w, adminPeople+"/"+string(person))
}

func (s *Service) postClose(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if _, err := s.personByID(r.Context(), ActorOf(r.Request), PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	if r.Value("potwierdzam") == "" {
		return fault.New(fault.Invalid, "access.fault.confirm")
	}
	if err := s.Close(r.Context(), ActorOf(r.Request), PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	r.Notify(w, "notice.account_closed")
	return r.Redirect(w, adminPeople)
}

func (s *Service) postResetFactors(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if _, err := s.personByID(r.Context(), ActorOf(r.Request), PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	person := PersonID(r.PathValue("id"))
	if err := s.ResetFactors(r.Context(), ActorOf(r.Request), person, r.Value("powod")); err != nil {
		return err
	}
	r.Notify(w, "notice.factors_reset")
	return r.Redirect(w, adminPeople+"/"+string(person))
}

// invitationsPage invites people to roles of the whole installation.
type invitationsPage struct {
	web.Page
	Form        inviteForm
	Invitations []Invitation
	Links       []InvitationLink // shown once, when no letters leave this machine
}

type inviteForm struct {
	Action     string
	Name       string
	Email      string
	Role       string
	Until      string
	Roles      []web.Choice
	Institute  InstitutionID
	Place      string
	MayPrepare bool // may only prepare; the head sends
}

func (s *Service) getInvitations(w http.ResponseWriter, r *web.Request) error {
	return s.showInvitations(w, r, http.StatusOK, nil, nil)
}

func (s *Service) showInvitations(w http.ResponseWriter, r *web.Request, status int, links []InvitationLink, fail error) error {
	who := ActorOf(r.Request)
	p := invitationsPage{Page: r.Page(w, r.L.T("invite.title"), adminCrumb(r)).WithErrors(fail), Links: links}
	p.Form = formOf(r, staffPath(""))
	for _, role := range Roles() {
		if role.Everywhere() && who.MayGive(r.Context(), role, "") == nil {
			p.Form.Roles = append(p.Form.Roles, web.Choice{Value: string(role), Label: r.L.T("role." + string(role))})
		}
	}
	if links != nil {
		p.Form = inviteForm{Action: p.Form.Action, Roles: p.Form.Roles}
	}
	err := s.db.Select(r.Context(), &p.Invitations, `select `+invitationColumns+` from access_invitations
		where institution = '' and state = 'open' and expires_at > ? order by id desc limit 200`, s.now().Unix())
	if err != nil {
		return err
	}
	return r.RenderStatus(w, status, invitationsView(p))
}

func formOf(r *web.Request, action string) inviteForm {
	f := inviteForm{Action: action}
	if r.Method == http.MethodPost {
		f.Name, f.Email, f.Role, f.Until = r.Value("name"), r.Value("email"), r.Value("role"), r.Value("until")
	}
	return f
}

func inviteeOf(r *web.Request, at InstitutionID) (Invitee, error) {
	n := Invitee{Name: r.Value("name"), Email: r.Value("email"), Lang: r.L.Lang, Role: Role(r.Value("role")), Institution: at}
	if day := r.Value("until"); day != "" {
		end, err := dayAfter(day)
		if err != nil {
			return n, fault.InvalidFields([]fault.Field{{Name: "until", Key: "access.fault.day"}})
		}
		n.Until = end.Unix()
	}
	return n, nil
}

// dayAfter is the midnight that ends a day written as 2026-11-30.
func dayAfter(day string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02", day, web.Warsaw)
	return t.AddDate(0, 0, 1), err
}

func (s *Service) postInvitation(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	n, err := inviteeOf(r, "")
	var links []InvitationLink
	if err == nil {
		links, err = s.Invite(r.Context(), ActorOf(r.Request), []Invitee{n})
	}
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showInvitations(w, r, e.Kind.Status(), nil, err)
	}
	if err != nil {
		return err
	}
	if !s.letters.Delivers() {
		return s.showInvitations(w, r, http.StatusOK, links, nil)
	}
	r.Notify(w, "notice.invited", "name", n.Name)
	return r.Redirect(w, staffPath(""))
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.Withdraw(r.Context(), ActorOf(r.Request), r.Value("zaproszenie")); err != nil {
		return err
	}
	r.Notify(w, "notice.withdrawn")
	return r.Redirect(w, staffPath(institutionOf(r)))
}

// place is the name of the institution of the address; NotFound when there is none.
func (s *Service) place(r *web.Request) (InstitutionID, string, error) {
	at := institutionOf(r)
	names, err := s.directory.Names(r.Context(), []InstitutionID{at})
	if err != nil {
		return at, "", err
	}
	if names[at] == "" {
		return at, "", fault.ErrNotFound
	}
	return at, names[at], nil
}

func (s *Service) getStaff(w http.ResponseWriter, r *web.Request) error {
	at, place, err := s.place(r)
	if err != nil {
		return err
	}
	who := ActorOf(r.Request)
	if err := who.MayAt(r.Context(), SeePeople, at); err != nil {
		return err
	}
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Institution, f.Closed = at, false
	p := peoplePage{Page: r.Page(w, r.L.T("staff.title"), web.Link{Text: place, Href: "/instytucje/" + string(at)}),
		Detail: staffPath(at) + "/", Institution: at, Place: place, MayGive: s.givable(r.Context(), who, at),
		MayPrepare: who.MayAt(r.Context(), PrepareActs, at) == nil}
	if err := s.fillPeople(r, &p, f, staffPath(at)); err != nil {
		return err
	}
	if p.Claims, err = s.Claims(r.Context(), who, at); err != nil {
		return err
	}
	if p.Invitations, err = s.Invitations(r.Context(), who, at); err != nil {
		return err
	}
	return r.Render(w, staffView(p))
}

// givable are the roles that the actor may give at the institution.
func (s *Service) givable(ctx context.Context, who Actor, at InstitutionID) []Role {
	var roles []Role
	for _, role := range Roles() {
		if !role.Everywhere() && who.MayGive(ctx, role, at) == nil {
			roles = append(roles, role)
		}
	}
	return roles
}

func (s *Service) getInvite(w http.ResponseWriter, r *web.Request) error {
	return s.showInvite(w, r, http.StatusOK, nil, nil)
}

type invitePage struct {
	web.Page
	Form  inviteForm
	Links []InvitationLink
}

func (s *Service) showInvite(w http.ResponseWriter, r *web.Request, status int, links []InvitationLink, fail error) error {
	at, place, err := s.place(r)
	if err != nil {
		return err
	}
	who := ActorOf(r.Request)
	if err := who.MayAt(r.Context(), SeePeople, at); err != nil {
		return err
	}
	p := invitePage{Page: r.Page(w, r.L.T("invite.staff_title"), web.Link{Text: place, Href: "/instytucje/" + string(at)},
		web.Link{Text: r.L.T("staff.title"), Href: staffPath(at)}).WithErrors(fail), Links: links}
	p.Form = formOf(r, staffPath(at)+"/zapros")
	p.Form.Place = place
	roles := s.givable(r.Context(), who, at)
	if len(roles) == 0 {
		if err := who.MayAt(r.Context(), PrepareActs, at); err != nil {
			return err
		}
		p.Form.MayPrepare = true
		roles = preparable(who, at)
	}
	p.Form.Roles = roleChoices(r.L, roles)
	if links != nil {
		p.Form = inviteForm{Action: p.Form.Action, Roles: p.Form.Roles, Place: place}
	}
	return r.RenderStatus(w, status, inviteView(p))
}

// preparable are the roles that the head of those who prepare gives.
func preparable(who Actor, at InstitutionID) []Role {
	for _, h := range who.Roles {
		if h.Institution == at && h.Role == CenterOfficer {
			return CenterDirector.Grants()
		}
	}
	return SchoolHead.Grants()
}

func (s *Service) postInvite(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, _, err := s.place(r)
	if err != nil {
		return err
	}
	who := ActorOf(r.Request)
	n, err := inviteeOf(r, at)
	var links []InvitationLink
	prepared := false
	switch {
	case err != nil:
	case len(s.givable(r.Context(), who, at)) == 0:
		prepared = true
		err = s.PrepareInvitations(r.Context(), who, at, []Invitee{n})
	default:
		links, err = s.Invite(r.Context(), who, []Invitee{n})
	}
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showInvite(w, r, e.Kind.Status(), nil, err)
	}
	if err != nil {
		return err
	}
	if prepared {
		r.Notify(w, "notice.prepared")
		return r.Redirect(w, ActsPath)
	}
	if !s.letters.Delivers() {
		return s.showInvite(w, r, http.StatusOK, links, nil)
	}
	r.Notify(w, "notice.invited", "name", n.Name)
	return r.Redirect(w, staffPath(at))
}

func (s *Service) postConfirm(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	yes := r.Value("odpowiedz") == "tak"
	if err := s.Confirm(r.Context(), ActorOf(r.Request), r.Value("zgloszenie"), yes); err != nil {
		return err
	}
	key := "notice.claim_refused"
	if yes {
		key = "notice.claim_confirmed"
	}
	r.Notify(w, key)
	return r.Redirect(w, staffPath(institutionOf(r)))
}

// memberPage is a person as an institution sees its own people.
type memberPage struct {
	web.Page
	Institution InstitutionID
	Person      Row
	Roles       []roleLine
	Successors  []web.Choice
	MayEnd      bool
	Own         bool
}

// member is a person with a role at the institution of the address.
func (s *Service) member(r *web.Request, at InstitutionID) (Row, []roleLine, error) {
	var row Row
	if err := ActorOf(r.Request).MayAt(r.Context(), SeePeople, at); err != nil {
		return row, nil, err
	}
	id := PersonID(r.PathValue("person"))
	err := s.db.Get(r.Context(), &row, `select p.id, p.name, p.sort_key, p.closed_at from access_people p where p.id = ? and p.closed_at is null
		and exists (select 1 from access_roles r where r.person = p.id and r.institution = ? and r.role not in ('pupil', 'guardian'))`, id, at)
	if err != nil {
		return row, nil, err
	}
	lines, err := s.roleLines(r.Context(), id, at)
	return row, lines, err
}

func (s *Service) getMember(w http.ResponseWriter, r *web.Request) error {
	return s.showMember(w, r, http.StatusOK, nil)
}

func (s *Service) showMember(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	at, place, err := s.place(r)
	if err != nil {
		return err
	}
	row, lines, err := s.member(r, at)
	if err != nil {
		return err
	}
	who := ActorOf(r.Request)
	p := memberPage{Page: r.Page(w, row.Name, web.Link{Text: place, Href: "/instytucje/" + string(at)}, web.Link{Text: r.L.T("staff.title"), Href: staffPath(at)}).WithErrors(fail),
		Institution: at, Person: row, Roles: lines, Own: row.ID == who.Person}
	for _, line := range lines {
		p.MayEnd = p.MayEnd || line.Now && who.MayGive(r.Context(), line.Role, at) == nil
	}
	staff, _, err := s.People(r.Context(), who, Filter{Institution: at}, web.Cursor{})
	if err != nil {
		return err
	}
	for _, other := range staff {
		if other.ID != row.ID {
			p.Successors = append(p.Successors, web.Choice{Value: string(other.ID), Label: other.Name})
		}
	}
	return r.RenderStatus(w, status, memberView(p))
}

func (s *Service) postMemberLeaves(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at := institutionOf(r)
	row, _, err := s.member(r, at)
	if err != nil {
		return err
	}
	err = s.LeaveInstitution(r.Context(), ActorOf(r.Request), row.ID, at, PersonID(r.Value("successor")))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showMember(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.left", "name", row.Name)
	return r.Redirect(w, staffPath(at))
}

type claimPage struct {
	web.Page
	Institution InstitutionID
	Place       string
	Roles       []web.Choice
	Role        string
}

func (s *Service) getClaim(w http.ResponseWriter, r *web.Request) error {
	return s.showClaim(w, r, http.StatusOK, nil)
}

func (s *Service) showClaim(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	at, place, err := s.place(r)
	if err != nil {
		return err
	}
	p := claimPage{Page: r.Page(w, r.L.T("claim.title"), web.Link{Text: place, Href: "/instytucje/" + string(at)}).WithErrors(fail),
		Institution: at, Place: place, Roles: roleChoices(r.L, ClaimedRoles), Role: r.Value("role")}
	return r.RenderStatus(w, status, claimView(p))
}

func (s *Service) postClaim(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.ClaimPlace(r.Context(), ActorOf(r.Request), institutionOf(r), Role(r.Value("role")))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showClaim(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.claimed")
	return r.Redirect(w, "/konto")
}

type acceptPage struct {
	web.Page
	Token      string
	Invitation Invitation
	Inviter    string
	Place      string
	Known      bool // there is an account of this address
	Own        bool // and it is the one signed in
	Name       string
}

func (s *Service) getAccept(w http.ResponseWriter, r *web.Request) error {
	return s.showAccept(w, r, http.StatusOK, nil)
}

func (s *Service) showAccept(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	token := r.PathValue("token")
	i, err := s.InvitationBy(r.Context(), token)
	if err != nil {
		return err
	}
	p := acceptPage{Page: r.Page(w, r.L.T("accept.title")).WithErrors(fail), Token: token, Invitation: i, Name: i.Name}
	if r.Method == http.MethodPost {
		p.Name = r.Value("name")
	}
	p.NoIndex = true
	inviter, err := s.Actor(r.Context(), i.Inviter)
	if err != nil {
		return err
	}
	p.Inviter = inviter.Name
	names, err := s.directory.Names(r.Context(), []InstitutionID{i.Institution})
	if err != nil {
		return err
	}
	if p.Place = names[i.Institution]; i.Institution == "" {
		p.Place = r.L.T("rights.everywhere")
	}
	known, err := personByLogin(r.Context(), s.db, i.Login)
	p.Known = err == nil
	p.Own = p.Known && known.ID == ActorOf(r.Request).Person
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	// The address holds a secret: it must not travel on, nor stay in a cache.
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, acceptView(p))
}

func (s *Service) postAccept(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := ActorOf(r.Request)
	n := NewPerson{Name: r.Value("name"), Password: r.PostFormValue("password"), Lang: r.L.Lang}
	id, err := s.Accept(r.Context(), who, r.PathValue("token"), n)
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showAccept(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.accepted")
	if who.SignedIn() {
		return r.Redirect(w, "/konto")
	}
	return s.enter(w, r, id, ByPassword, oneStep)
}

type actsPage struct {
	web.Page
	Approve  []actLine
	Prepared []actLine
}

type actLine struct {
	Act
	Words string
	Lines []string // everything it would do, when Words do not say it all
}

func (s *Service) getActs(w http.ResponseWriter, r *web.Request) error {
	approve, prepared, err := s.ActsFor(r.Context(), ActorOf(r.Request))
	if err != nil {
		return err
	}
	p := actsPage{Page: r.Page(w, r.L.T("acts.title"), web.Link{Text: r.L.T("account.title"), Href: "/konto"}),
		Approve: s.actLines(r.L, approve), Prepared: s.actLines(r.L, prepared)}
	return r.Render(w, actsView(p))
}

func (s *Service) actLines(l *i18n.L, acts []Act) []actLine {
	var lines []actLine
	for _, a := range acts {
		line := actLine{Act: a, Words: l.T("act.unreadable")}
		if k, known := s.acts[a.Kind]; known {
			key, args := k.Tell(a)
			line.Words = l.T(key, args...)
			if k.Lines != nil {
				line.Lines = k.Lines(l, a)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *Service) postActs(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	yes := r.Value("odpowiedz") == "tak"
	if err := s.Decide(r.Context(), ActorOf(r.Request), r.Value("sprawa"), yes, r.Value("powod")); err != nil {
		return err
	}
	key := "notice.act_refused"
	if yes {
		key = "notice.act_approved"
	}
	r.Notify(w, key)
	return r.Redirect(w, ActsPath)
}

type proxiesPage struct {
	web.Page
	Given  []Proxy
	Roles  []web.Choice // "role/institution" of the actor
	Agents []web.Choice
	Scope  string
	Until  string
	Role   string
	Agent  string
}

func (s *Service) getProxies(w http.ResponseWriter, r *web.Request) error {
	return s.showProxies(w, r, http.StatusOK, nil)
}

func (s *Service) showProxies(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	who := ActorOf(r.Request)
	p := proxiesPage{Page: r.Page(w, r.L.T("proxy.title"), web.Link{Text: r.L.T("account.title"), Href: "/konto"}).WithErrors(fail),
		Scope: r.Value("scope"), Until: r.Value("until"), Role: r.Value("role"), Agent: r.Value("agent")}
	var err error
	if p.Given, err = s.ProxiesOf(r.Context(), who); err != nil {
		return err
	}
	if who.For == "" {
		if err := s.fillProxies(r, &p, who); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, proxiesView(p))
}

func (s *Service) fillProxies(r *web.Request, p *proxiesPage, who Actor) error {
	for _, h := range who.Roles {
		if h.Institution == "" || h.Role == Pupil || h.Role == Guardian || h.Role == ReportOfficer {
			continue
		}
		p.Roles = append(p.Roles, web.Choice{Value: string(h.Role) + "/" + string(h.Institution), Label: r.L.T("role." + string(h.Role))})
		if len(p.Agents) > 0 || who.MayAt(r.Context(), SeePeople, h.Institution) != nil {
			continue
		}
		staff, _, err := s.People(r.Context(), who, Filter{Institution: h.Institution}, web.Cursor{})
		if err != nil {
			return err
		}
		for _, other := range staff {
			if other.ID != who.Person {
				p.Agents = append(p.Agents, web.Choice{Value: string(other.ID), Label: other.Name})
			}
		}
	}
	return nil
}

func (s *Service) postProxy(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	role, at, _ := strings.Cut(r.Value("role"), "/")
	x := Proxy{Agent: PersonID(r.Value("agent")), Role: Role(role), Institution: InstitutionID(at), Scope: r.Value("scope")}
	if end, err := dayAfter(r.Value("until")); err == nil {
		x.Until = end.Unix()
	}
	err := s.Entrust(r.Context(), ActorOf(r.Request), x)
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showProxies(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.entrusted")
	return r.Redirect(w, "/konto/zastepstwa")
}

func (s *Service) postRevoke(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.Revoke(r.Context(), ActorOf(r.Request), r.Value("zastepstwo")); err != nil {
		return err
	}
	r.Notify(w, "notice.revoked")
	return r.Redirect(w, "/konto/zastepstwa")
}

// postLeave lets a person go from an institution by their own word.
func (s *Service) postLeave(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := ActorOf(r.Request)
	if err := s.LeaveInstitution(r.Context(), who, who.Person, InstitutionID(r.Value("instytucja")), ""); err != nil {
		return err
	}
	r.Notify(w, "notice.left_self")
	return r.Redirect(w, "/konto")
}

func number(n int) string { return strconv.Itoa(n) }
