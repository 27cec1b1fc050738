package meetings

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// MyActionsPath are the tasks of whoever asks.
const MyActionsPath = Path + "/zadania"

func (s *Service) actionRoutes(sh *web.Shell) {
	one, once := Path+"/{id}/zadania", web.Idempotent()
	sh.Handle("GET "+MyActionsPath, access.SignedIn, s.getMyActions)
	sh.Handle("GET "+one+"/nowe", recordsGuard(), s.getNewAction)
	sh.Handle("POST "+one+"/nowe", recordsGuard(), s.postNewAction, once)
	sh.Handle("GET "+one+"/{action}", access.SignedIn, s.getAction)
	sh.Handle("GET "+one+"/{action}/zmien", recordsGuard(), s.getChangeAction)
	sh.Handle("POST "+one+"/{action}/zmien", recordsGuard(), s.postChangeAction, once)
	sh.Handle("POST "+one+"/{action}/wynik", access.SignedIn, s.postEndAction, once)
	sh.AddDesk(s.deskActions)
}

func actionForm(r *web.Request) NewAction {
	return NewAction{Item: ItemID(r.Value("punkt")), What: r.Value("zadanie"), Person: access.PersonID(r.Value("osoba")), Name: r.Value("kto"),
		Institution: access.InstitutionID(r.Value("instytucja")), DueOn: r.Value("termin"), Revision: int64(whole(r.Value("wersja")))}
}

func (s *Service) getNewAction(w http.ResponseWriter, r *web.Request) error {
	return s.showActionForm(w, r, "", actionForm(r), nil)
}

func (s *Service) postNewAction(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, n := MeetingID(r.PathValue("id")), actionForm(r)
	_, err := s.AddAction(r.Context(), access.ActorOf(r.Request), id, n)
	if refused(err) {
		return s.showActionForm(w, r, "", n, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "action_given", writeHref(id)+"#"+textField(n.Item))
}

func (s *Service) getChangeAction(w http.ResponseWriter, r *web.Request) error {
	a, err := actionByID(r.Context(), s.db, MeetingID(r.PathValue("id")), r.PathValue("action"))
	if err != nil {
		return err
	}
	return s.showActionForm(w, r, a.ID, NewAction{Item: a.Item, What: a.What, Person: a.Person, Name: a.Name, Institution: a.Institution, DueOn: a.DueOn, Revision: a.Revision}, nil)
}

func (s *Service) postChangeAction(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, action, n := MeetingID(r.PathValue("id")), r.PathValue("action"), actionForm(r)
	err := s.ChangeAction(r.Context(), access.ActorOf(r.Request), id, action, n)
	if refused(err) {
		return s.showActionForm(w, r, action, n, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", ActionHref(id, action))
}

func (s *Service) showActionForm(w http.ResponseWriter, r *web.Request, action string, n NewAction, refusal error) error {
	ctx, l := r.Context(), r.L
	m, err := s.meetingRecord(ctx, access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	people, err := s.peopleAt(ctx, m.ID)
	if err != nil {
		return err
	}
	places, err := s.placesOf(ctx, m)
	if err != nil {
		return err
	}
	p := formPage{Page: s.frame(w, r, m, l.T("meetings.action.new")).WithErrors(refusal), Text: l.T("meetings.action.new_text"), Button: l.T("meetings.action.button"),
		Action: Href(m.ID) + "/zadania/nowe", Back: web.Link{Text: l.T("meetings.tab.minutes"), Href: writeHref(m.ID)}, Hidden: []web.Pair{{Name: "punkt", Value: string(n.Item)}}}
	if action != "" {
		p.Action, p.Button = ActionHref(m.ID, action)+"/zmien", l.T("meetings.save")
		p.Hidden = append(p.Hidden, web.Pair{Name: "wersja", Value: number(n.Revision)})
	}
	p.Sees, p.SeesMore = minutesSees(l)
	p.Fields = []templ.Component{refusalView(stopOf(l, refusal)),
		web.Textarea(p.Page, web.Area{Name: "zadanie", Label: l.T("meetings.action.field_what"), Value: n.What, Rows: 3, Required: true}),
		web.Select(p.Page, web.Pick{Name: "osoba", Label: l.T("meetings.action.field_person"), Prompt: l.T("meetings.none"), Choices: people, Value: string(n.Person)}),
		web.Field(p.Page, web.Input{Name: "kto", Label: l.T("meetings.action.field_name"), Hint: l.T("meetings.action.hint_name"), Value: n.Name}),
		web.Select(p.Page, web.Pick{Name: "instytucja", Label: l.T("meetings.action.field_place"), Prompt: l.T("meetings.none"), Choices: places, Value: string(n.Institution)}),
		web.Field(p.Page, web.Input{Name: "termin", Label: l.T("meetings.field_due"), Type: "date", Value: n.DueOn, Short: true, Required: true})}
	return p.form(w, r, refusal)
}

// peopleAt are the people who have a seat at a meeting.
func (s *Service) peopleAt(ctx context.Context, id MeetingID) (list []web.Choice, err error) {
	invitations, err := InvitationsOf(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, v := range invitations {
		ids = append(ids, string(v.Person))
	}
	names, err := s.People.NamesOf(ctx, ids)
	for _, person := range ids {
		if names[person] != "" {
			list = append(list, web.Choice{Value: person, Label: names[person]})
		}
	}
	return list, err
}

func (s *Service) getAction(w http.ResponseWriter, r *web.Request) error {
	return s.showAction(w, r, url.Values{}, nil)
}

func (s *Service) showAction(w http.ResponseWriter, r *web.Request, v url.Values, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	a, m, mine, err := s.actionSeen(ctx, who, MeetingID(r.PathValue("id")), r.PathValue("action"))
	if err != nil {
		return err
	}
	x := paperData{m: m, actions: []Action{a}}
	if err := s.nameAll(ctx, &x, false); err != nil {
		return err
	}
	row := actionRow(l, a, x.names, false)
	p := sheetPage{Page: r.Page(w, row.Label, web.Link{Text: l.T("meetings.action.mine"), Href: MyActionsPath}).WithErrors(refusal), Stop: stopOf(l, refusal), Badge: row.Badge, Kind: row.Kind,
		Words: []string{a.What}, Facts: []web.Fact{{Name: l.T("meetings.action.field_person"), Value: actionWho(l, a, x.names)}, {Name: l.T("meetings.field_due"), Value: l.DateText(a.DueOn)},
			{Name: l.T("meetings.action.meeting"), Value: m.Title + ", " + dayWords(l, m.StartsAt)}},
		Next: web.Step{What: l.T("meetings.action.next"), Who: actionWho(l, a, x.names), When: l.DateText(a.DueOn)}}
	p.NoIndex = true
	if a.State != ActionOpen {
		p.Next = web.Step{What: l.T("meetings.action.next_over")}
	}
	if a.Note != "" {
		p.Whys = []web.Reason{{Text: a.Note, Human: true, About: row.Badge}}
	}
	if mine && a.State == ActionOpen {
		sees, more := minutesSees(l)
		p.Forms = []deedForm{{Title: l.T("meetings.action.end"), Sees: sees, SeesMore: more, Action: ActionHref(m.ID, a.ID) + "/wynik", Button: l.T("meetings.save"), Fields: []templ.Component{
			web.Radios(p.Page, web.Pick{Name: "stan", Label: l.T("meetings.action.end_what"), Required: true, Value: v.Get("stan"), Choices: []web.Choice{
				{Value: string(ActionDone), Label: l.T("meetings.action.state_done")}, {Value: string(ActionCanceled), Label: l.T("meetings.action.state_canceled")}}}),
			web.Textarea(p.Page, web.Area{Name: "wynik", Label: l.T("meetings.action.end_note"), Value: v.Get("wynik"), Rows: 3, Required: true})}}}
	}
	return r.RenderStatus(w, statusOf(refusal), sheetView(p))
}

func (s *Service) postEndAction(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, action := MeetingID(r.PathValue("id")), r.PathValue("action")
	err := s.EndAction(r.Context(), access.ActorOf(r.Request), id, action, ActionState(r.Value("stan")), r.Value("wynik"))
	if refused(err) {
		return s.showAction(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", ActionHref(id, action))
}

func (s *Service) getMyActions(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	from, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	ended := r.Value("stan") == "zakonczone"
	list, more, err := s.MyActions(ctx, access.ActorOf(r.Request), ended, from, rowsOnPage)
	if err != nil {
		return err
	}
	p := rowsPage{Page: r.Page(w, l.T("meetings.action.mine")), Tabs: turns(l, MyActionsPath, ended), None: l.T("meetings.action.mine_none"), Next: web.Step{What: l.T("meetings.action.mine_next")}}
	p.NoIndex = true
	for _, a := range list {
		p.Rows = append(p.Rows, actionRow(l, a, nil, false))
	}
	for n, a := range list {
		p.Rows[n].More = []string{l.T("meetings.due", "day", l.DateText(a.DueOn))}
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, from, web.Cursor{Key: number(first.DueAt), ID: first.ID}, web.Cursor{Key: number(last.DueAt), ID: last.ID}, more)
	}
	return r.Render(w, rowsView(p))
}

// mostDeskActions keeps a desk readable; the list has the rest.
const mostDeskActions = 3

// deskActions puts the tasks that press most on "Moje sprawy".
func (s *Service) deskActions(r *web.Request) (items []web.DeskItem, err error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared {
		return nil, nil
	}
	list, _, err := s.MyActions(r.Context(), who, false, web.Cursor{}, mostDeskActions)
	for _, a := range list {
		rank := 40
		if a.Late(s.now()) {
			rank = 20
		}
		items = append(items, web.DeskItem{Rank: rank, Title: r.L.T("meetings.action.desk"), Text: a.What, Href: ActionHref(a.Meeting, a.ID), By: r.L.DateText(a.DueOn)})
	}
	return items, err
}
