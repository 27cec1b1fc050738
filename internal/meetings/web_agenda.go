package meetings

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

func (s *Service) agendaRoutes(sh *web.Shell) {
	one := Path + "/{id}"
	sh.Handle("GET "+one+"/porzadek", runsGuard(), s.getAgenda)
	sh.Handle("POST "+one+"/porzadek", runsGuard(), s.postItem, web.Idempotent())
	sh.Handle("GET "+one+"/porzadek/{punkt}", runsGuard(), s.getItem)
	sh.Handle("POST "+one+"/porzadek/{punkt}", runsGuard(), s.postChangeItem, web.Idempotent())
	sh.Handle("POST "+one+"/porzadek/{punkt}/przesun", runsGuard(), s.postMoveItem)
	sh.Handle("POST "+one+"/porzadek/{punkt}/usun", runsGuard(), s.postRemoveItem)
	sh.Handle("POST "+one+"/porzadek/{punkt}/omowiony", recordsGuard(), s.postFinish)
	sh.Handle("POST "+one+"/wzor", runsGuard(), s.postUsual)
	sh.Handle("POST "+one+"/materialy", runsGuard(), s.postMaterial, materialUse().Room())
	sh.Handle("POST "+one+"/materialy/usun", runsGuard(), s.postMaterialOut)
	sh.Handle("GET "+one+"/materialy/{plik}", access.SignedIn, s.getMaterial)
}

// agendaPage is where an agenda is made.
type agendaPage struct {
	web.Page
	Of      Meeting
	Tabs    []web.Link
	Lines   []agendaLine
	Total   string
	Fits    bool // into the time of the meeting
	Topics  []web.Choice
	Items   []web.Choice
	Files   []fileLine
	Open    bool // may be changed
	V       func(name string) string
	Accepts string
}

func (s *Service) getAgenda(w http.ResponseWriter, r *web.Request) error {
	return s.showAgenda(w, r, http.StatusOK, nil)
}

func (s *Service) showAgenda(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRun(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := agendaPage{Page: s.frame(w, r, m, l.T("meetings.agenda")).WithErrors(refusal), Of: m, Tabs: Tabs(l, who, m, "/porzadek"), Open: m.State == Planned || m.State.Announced(),
		V: func(string) string { return "" }, Accepts: materialUse().Accept()}
	if refusal != nil {
		p.V = r.Value
	}
	if p.Lines, p.Files, err = s.agendaOf(ctx, l, m); err != nil {
		return err
	}
	n := agendaLength(p.Lines)
	p.Total, p.Fits = l.N("meetings.minutes", n), int64(n)*60 <= m.EndsAt-m.StartsAt
	for _, a := range p.Lines {
		p.Items = append(p.Items, web.Choice{Value: string(a.ID), Label: a.Title})
	}
	var topics []Topic
	if err := s.db.Select(ctx, &topics, `select `+TopicColumns+` from meetings_topics t where t.series = ? and t.state in (?, ?, ?)
		order by t.supports desc, t.title_key, t.id limit 200`, m.Series, Proposed, Accepted, Deferred); err != nil {
		return err
	}
	for _, t := range topics {
		p.Topics = append(p.Topics, web.Choice{Value: string(t.ID), Label: t.Title + " (" + l.N("meetings.topic.supports", t.Supports) + ")"})
	}
	return r.RenderStatus(w, status, agendaView(p))
}

func itemOf(r *web.Request) NewItem {
	return NewItem{Title: r.Value("tytul"), Words: r.Value("opis"), Topic: TopicID(r.Value("temat")), Minutes: whole(r.Value("minuty")), Speaker: r.Value("referuje"),
		Guests: r.Value("goscie"), Revision: int64(whole(r.Value("wersja")))}
}

// onAgenda does a deed with an agenda and goes back to its page.
func (s *Service) onAgenda(w http.ResponseWriter, r *web.Request, do func(ctx context.Context, who access.Actor, id MeetingID, item ItemID) error) error {
	id := MeetingID(r.PathValue("id"))
	err := do(r.Context(), access.ActorOf(r.Request), id, ItemID(r.PathValue("punkt")))
	if invalid(err) {
		return s.showAgenda(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "agenda", Href(id)+"/porzadek")
}

func (s *Service) postItem(w http.ResponseWriter, r *web.Request) error {
	return s.onAgenda(w, r, func(ctx context.Context, who access.Actor, id MeetingID, _ ItemID) error {
		_, err := s.AddItem(ctx, who, id, itemOf(r))
		return err
	})
}

func (s *Service) postMoveItem(w http.ResponseWriter, r *web.Request) error {
	return s.onAgenda(w, r, func(ctx context.Context, who access.Actor, id MeetingID, item ItemID) error {
		return s.MoveItem(ctx, who, id, item, r.Value("gdzie") == "wyzej")
	})
}

func (s *Service) postRemoveItem(w http.ResponseWriter, r *web.Request) error {
	return s.onAgenda(w, r, s.RemoveItem)
}

func (s *Service) postUsual(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "usual", "/porzadek", s.SaveUsual)
}

func (s *Service) postFinish(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "finished", "", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Finish(ctx, who, id, ItemID(r.PathValue("punkt")), r.Value("omowiony") == "tak")
	})
}

func (s *Service) getItem(w http.ResponseWriter, r *web.Request) error { return s.itemForm(w, r, nil) }

func (s *Service) itemForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx := r.Context()
	m, err := s.meetingRun(ctx, access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	i, err := ItemByID(ctx, s.db, m.ID, ItemID(r.PathValue("punkt")))
	if err != nil {
		return err
	}
	n := NewItem{Title: i.Title, Words: i.Words, Minutes: i.Minutes, Speaker: i.Speaker, Guests: i.Guests, Revision: i.Revision}
	if refusal != nil {
		n = itemOf(r)
	}
	p := formPage{Page: s.frame(w, r, m, r.L.T("meetings.item.change")).WithErrors(refusal), Action: Href(m.ID) + "/porzadek/" + string(i.ID), Button: r.L.T("meetings.save"),
		Back: web.Link{Text: r.L.T("meetings.agenda"), Href: Href(m.ID) + "/porzadek"}, Hidden: []web.Pair{{Name: "wersja", Value: number(n.Revision)}}}
	p.Fields = itemFields(p.Page, n)
	return p.form(w, r, refusal)
}

func itemFields(p web.Page, n NewItem) []templ.Component {
	minutes := ""
	if n.Minutes > 0 {
		minutes = number(int64(n.Minutes))
	}
	return []templ.Component{
		web.Field(p, web.Input{Name: "tytul", Label: p.T("meetings.field.item"), Value: n.Title, Required: true}),
		web.Field(p, web.Input{Name: "minuty", Label: p.T("meetings.field.minutes"), Value: minutes, Mode: "numeric", Short: true}),
		web.Field(p, web.Input{Name: "referuje", Label: p.T("meetings.field.speaker"), Hint: p.T("meetings.field.speaker_hint"), Value: n.Speaker}),
		web.Textarea(p, web.Area{Name: "goscie", Label: p.T("meetings.field.guests"), Hint: p.T("meetings.field.guests_hint"), Value: n.Guests, Rows: 2}),
		web.Textarea(p, web.Area{Name: "opis", Label: p.T("meetings.field.words"), Value: n.Words, Rows: 4})}
}

func (s *Service) postChangeItem(w http.ResponseWriter, r *web.Request) error {
	id := MeetingID(r.PathValue("id"))
	err := s.ChangeItem(r.Context(), access.ActorOf(r.Request), id, ItemID(r.PathValue("punkt")), itemOf(r))
	if invalid(err) {
		return s.itemForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "agenda", Href(id)+"/porzadek")
}
