package meetings

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// DoorHref is the door page of a meeting.
func DoorHref(id MeetingID) string { return Href(id) + "/wejscie" }

const (
	doorFound  = 12  // names that are shown
	doorAtOnce = 100 // codes in one parcel
)

// The door is open to every account: who stands there is said by the meeting.
func (s *Service) doorRoutes(sh *web.Shell) {
	sh.Handle("GET "+Path+"/{id}/wejscie", access.SignedIn, s.getDoor)
	sh.Handle("POST "+Path+"/{id}/wejscie", access.SignedIn, s.postDoor)
	sh.Handle("POST "+Path+"/{id}/wejscie/kody.json", access.SignedIn, s.postCodes)
}

// doorPage is what those at the door look at. A scanner types into its only
// field and presses Enter; names are typed into the same.
type doorPage struct {
	web.Page
	Of     Meeting
	Open   bool
	Here   string
	Sought string
	Found  []doorLine
	Many   bool // more were found than are shown
}

// doorLine is somebody who may be let in.
type doorLine struct {
	expectedRow
	Code, State string
}

func (s *Service) getDoor(w http.ResponseWriter, r *web.Request) error {
	m, err := s.atDoor(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	// A telephone that read a badge's picture opens the page with its code: who
	// it is stands there with a button, since opening a page changes nothing.
	return s.showDoor(w, r, m, r.Value("kod"))
}

func (s *Service) showDoor(w http.ResponseWriter, r *web.Request, m Meeting, sought string) (err error) {
	ctx, l := r.Context(), r.L
	p := doorPage{Page: r.Page(w, l.T("meetings.door.title")), Of: m, Open: s.doorOpen(m), Sought: sought}
	p.NoIndex, p.Scripts, p.Lead = true, []string{"door.js"}, m.Title
	if p.Here, err = s.hereText(ctx, l, m.ID); err != nil {
		return err
	}
	if sought != "" {
		if err := s.seek(ctx, r, &p); err != nil {
			return err
		}
	}
	return r.Render(w, doorView(p))
}

func (s *Service) hereText(ctx context.Context, l *i18n.L, id MeetingID) (string, error) {
	c, err := CrowdOf(ctx, s.db, id)
	return l.T("meetings.door.here", "n", l.Number(c.Here()), "of", l.Number(c.Expected())), err
}

// seek finds people by a code, or by the beginnings of the words of their name
// or institution.
func (s *Service) seek(ctx context.Context, r *web.Request, p *doorPage) error {
	codes, err := s.badgesOf(ctx, p.Of.ID)
	if err != nil {
		return err
	}
	rows, err := s.expected(ctx, r, p.Of)
	if err != nil {
		return err
	}
	code, coded := codeIn(p.Sought)
	for _, row := range rows {
		own := codes[row.Holder].Code
		if coded && own != code || !coded && !matches(row.Name+" "+row.From, p.Sought) {
			continue
		}
		if len(p.Found) == doorFound {
			p.Many = true
			break
		}
		line := doorLine{expectedRow: row, Code: own}
		if row.Here {
			line.State = r.L.T("meetings.door.since", "hour", hour(row.Since))
		}
		p.Found = append(p.Found, line)
	}
	return nil
}

// matches tells whether each word that is sought begins a word of the text.
func matches(text, sought string) bool {
	have, want := strings.Fields(i18n.Fold(text)), strings.Fields(i18n.Fold(sought))
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || strings.HasPrefix(h, w)
		}
		if !found {
			return false
		}
	}
	return len(want) > 0
}

// postDoor takes what was scanned or typed. A code lets its holder in; anything
// else is sought for.
func (s *Service) postDoor(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id"))
	text := r.Value("kod")
	if _, coded := codeIn(text); !coded {
		m, err := s.atDoor(ctx, who, id)
		if err != nil {
			return err
		}
		return s.showDoor(w, r, m, text)
	}
	p, err := s.Pass(ctx, who, id, text, r.Value("kto"))
	if err != nil {
		return err
	}
	r.Notify(w, "notice.meetings.door_"+string(p.What), "name", joined(", ", p.Name, p.From), "hour", hour(p.Since))
	return r.Redirect(w, DoorHref(id))
}

// entryLine is what became of a code, for the script: the code as it was sent,
// so that it can be struck off the list of what waits.
type entryLine struct {
	Sent string `json:"sent"`
	What Entry  `json:"what"`
	Text string `json:"text"`
}

// postCodes takes a parcel of codes that a browser kept, as often as it is sent.
func (s *Service) postCodes(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	if err := r.Form(); err != nil {
		return err
	}
	sent := r.PostForm["kod"]
	if len(sent) == 0 || len(sent) > doorAtOnce {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	id := MeetingID(r.PathValue("id"))
	out := struct {
		Entries []entryLine `json:"entries"`
		Here    string      `json:"here"`
	}{}
	for _, text := range sent {
		p, err := s.Pass(ctx, who, id, text, "")
		if err != nil {
			return err
		}
		out.Entries = append(out.Entries, entryLine{Sent: text, What: p.What, Text: entryText(l, p)})
	}
	var err error
	if out.Here, err = s.hereText(ctx, l, id); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(out)
}

// entryText is what became of a code, in words. A code that is none is not
// repeated: it may be anything.
func entryText(l *i18n.L, p Passed) string {
	return l.T("notice.meetings.door_"+string(p.What), "name", joined(", ", p.Name, p.From), "hour", hour(p.Since))
}
