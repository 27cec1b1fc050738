package meetings

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// minutesRoutes opens the doors of minutes, decisions, tasks and votes. Minutes
// that were published are read by everybody, so their doors are public, and the
// service asks who reads.
func (s *Service) minutesRoutes(sh *web.Shell) {
	one, once := Path+"/{id}", web.Idempotent()
	sh.Handle("GET "+one+"/protokol", web.Public, s.getPaper)
	sh.Handle("GET "+one+"/protokol/pdf", web.Public, s.getPaperPDF)
	sh.Handle("GET "+one+"/protokol/tekst", web.Public, s.getPaperText)
	sh.Handle("GET "+one+"/protokol/terminy.ics", web.Public, s.getPaperCalendar)
	sh.Handle("GET "+one+"/protokol/pisz", recordsGuard(), s.getWrite)
	sh.Handle("POST "+one+"/protokol/pisz/{item}", recordsGuard(), s.postText)
	sh.Handle("POST "+one+"/protokol/pisz/{item}/wybrano", recordsGuard(), s.postSettled, once)
	sh.Handle("POST "+one+"/protokol/podpisy", recordsGuard(), s.postSigners, once)
	sh.Handle("POST "+one+"/protokol/rozeslij", runsGuard(), s.postSend, once)
	sh.Handle("POST "+one+"/protokol/przyjmij", runsGuard(), s.postAdopt, once)
	sh.Handle("POST "+one+"/protokol/opublikuj", runsGuard(), s.postPublish, once)
	sh.Handle("POST "+one+"/protokol/uwagi", access.SignedIn, s.postObjection, once)
	sh.Handle("POST "+one+"/protokol/uwagi/{objection}", runsGuard(), s.postAnswerObjection, once)
	s.decisionRoutes(sh)
	s.actionRoutes(sh)
	s.voteRoutes(sh)
}

// deedForm is one form of a page that has several.
type deedForm struct {
	Title, Text    string
	Sees, SeesMore string // who reads personal words, "" where none are asked for
	Action, Button string
	Ghost          bool
	Fields         []templ.Component
	Hidden         []web.Pair
}

// sheetPage is a decision, a task or a vote: what is known, what comes next, and
// what the reader can do.
type sheetPage struct {
	web.Page
	Badge, Kind string
	Stop        string
	Words       []string
	Facts       []web.Fact
	Whys        []web.Reason
	Next        web.Step
	Table       *sheetTable
	Forms       []deedForm
	Back        web.Link
}

// sheetTable is a table of a page.
type sheetTable struct {
	Caption string
	Columns []string
	Rows    [][]string
}

// minutesSees says who reads what is typed into minutes.
func minutesSees(l *i18n.L) (short, more string) {
	return l.T("meetings.paper.sees"), l.T("meetings.paper.sees_more")
}

// writePage is where minutes are written, item by item.
type writePage struct {
	web.Page
	Of             Meeting
	Paper          Paper
	Tabs           []web.Link
	Items          []writeItem
	Next           web.Step
	Sees, SeesMore string
	Stop           string
}

// writeItem is an item with its field. A clash shows both wordings.
type writeItem struct {
	Item
	Heading  string
	Field    string
	Text     string
	Revision string
	Clashes  []Clash
	Rows     []paperRow
	Standing []web.Link
	Action   string
}

func (s *Service) getWrite(w http.ResponseWriter, r *web.Request) error {
	return s.showWrite(w, r, "", "", nil)
}

// showWrite draws the page, with what was typed at the item whose save was refused.
func (s *Service) showWrite(w http.ResponseWriter, r *web.Request, typedAt ItemID, typed string, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRecord(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	x, err := s.paperData(ctx, m, false)
	if err != nil {
		return err
	}
	if err := m.written(x.p); err != nil && refusal == nil {
		return err
	}
	clock, err := clockOf(ctx, s.db, x.p)
	if err != nil {
		return err
	}
	p := writePage{Page: s.frame(w, r, m, l.T("meetings.write.title", "title", m.Title)).WithErrors(refusal), Of: m, Paper: x.p, Tabs: Tabs(l, who, m, "/protokol"),
		Next: paperNext(l, m, x.p, clock.Waits(s.now().Unix())), Stop: stopOf(l, refusal)}
	p.Scripts = []string{"minutes.js"}
	p.Sees, p.SeesMore = minutesSees(l)
	open, err := StandingDecisions(ctx, s.db, m.Series)
	if err != nil {
		return err
	}
	for _, i := range paperItems(l, x, false) {
		t := x.texts[i.ID]
		item := writeItem{Item: i.Item, Heading: i.Heading, Field: textField(i.ID), Text: t.Text, Revision: number(t.Revision), Clashes: t.Clashes(), Rows: i.Rows,
			Action: writeHref(m.ID) + "/" + string(i.ID)}
		if i.ID == typedAt {
			item.Text = typed
		}
		if i.Kind == Standing {
			item.Standing = decisionLinks(open)
		}
		p.Items = append(p.Items, item)
	}
	return r.RenderStatus(w, statusOf(refusal), writeView(p))
}

func decisionLinks(list []Decision) (links []web.Link) {
	for _, d := range list {
		links = append(links, web.Link{Text: d.Number() + " " + d.Title, Href: DecisionHref(d.Meeting, d.ID)})
	}
	return links
}

// savedAnswer is what the script learns of a save.
type savedAnswer struct {
	Revision int64  `json:"revision"`
	Text     string `json:"text"`
	Words    string `json:"words"` // what happened, to be read out
	Clash    bool   `json:"clash"`
}

// postText saves an item: for the script that saves by itself, which wants to
// know what became of it, or for the button, which wants the page again. It
// needs no memory of what was sent: to save twice changes nothing.
func (s *Service) postText(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, item := MeetingID(r.PathValue("id")), ItemID(r.PathValue("item"))
	base, _ := strconv.ParseInt(r.Value("wersja"), 10, 64) // none is the beginning
	typed := strings.ReplaceAll(r.PostForm.Get(textField(item)), "\r\n", "\n")
	saved, err := s.SaveText(r.Context(), access.ActorOf(r.Request), id, Typed{Item: item, Base: base, Sent: r.Value("podstawa") == "wyslane", Words: typed})
	notice := "saved"
	switch {
	case len(saved.Clashes) > 0:
		notice = "saved_clash"
	case saved.Joined:
		notice = "saved_joined"
	}
	if r.Header.Get("Accept") == "application/json" {
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		return json.NewEncoder(w).Encode(savedAnswer{saved.Revision, saved.Text, r.L.T("notice.meetings." + notice), len(saved.Clashes) > 0})
	}
	if refused(err) {
		return s.showWrite(w, r, item, typed, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, writeHref(id)+"#"+textField(item))
}

func (s *Service) postSettled(w http.ResponseWriter, r *web.Request) error {
	id, item := MeetingID(r.PathValue("id")), ItemID(r.PathValue("item"))
	if err := s.SettleClashes(r.Context(), access.ActorOf(r.Request), id, item); err != nil {
		return err
	}
	return done(w, r, "settled", writeHref(id)+"#"+textField(item))
}

func (s *Service) postSigners(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := MeetingID(r.PathValue("id"))
	err := s.SetSigners(r.Context(), access.ActorOf(r.Request), id, r.Value("przewodniczy"), r.Value("protokoluje"))
	if refused(err) {
		return s.showWrite(w, r, "", "", err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", writeHref(id))
}

// paperDeed is the end of a deed about the minutes: the page again with what
// stands in the way, or with the notice.
func (s *Service) afterPaper(w http.ResponseWriter, r *web.Request, notice string, err error) error {
	if refused(err) {
		return s.showPaper(w, r, r.Value("uwaga"), err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, MinutesHref(MeetingID(r.PathValue("id"))))
}

func (s *Service) postSend(w http.ResponseWriter, r *web.Request) error {
	return s.afterPaper(w, r, "minutes_sent", s.SendMinutes(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id"))))
}

func (s *Service) postAdopt(w http.ResponseWriter, r *web.Request) error {
	return s.afterPaper(w, r, "minutes_adopted", s.AdoptMinutes(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id"))))
}

func (s *Service) postPublish(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	public, notice := r.Value("publicznie") == "tak", "minutes_hidden"
	if public {
		notice = "minutes_published"
	}
	return s.afterPaper(w, r, notice, s.PublishMinutes(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), public))
}

func (s *Service) postObjection(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	return s.afterPaper(w, r, "objected", s.Object(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), ItemID(r.Value("punkt")), r.Value("uwaga")))
}

func (s *Service) postAnswerObjection(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	state := map[string]ObjectionState{"tak": Taken, "nie": Dismissed}[r.Value("uznana")]
	err := s.AnswerObjection(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), r.PathValue("objection"), state, r.Value("odpowiedz"))
	return s.afterPaper(w, r, "objection_answered", err)
}
