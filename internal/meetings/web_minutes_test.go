package meetings

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func TestMinutesPages(t *testing.T) {
	k := minutesKit(t, testkit.SQLite(t, modules))
	id, item := k.recorded()
	ctx := t.Context()
	k.came(id, k.head, k.twoHead, k.complexHead)
	write, field := writeHref(id), textField(item)
	w := k.post(k.recorder, write+"/"+string(item), field, "Ustalono.\r\nOmówiono.", "wersja", "0")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("saved by the button: %d", w.Code)
	}
	r := httptest.NewRequestWithContext(access.WithActor(ctx, k.clerk), http.MethodPost, write+"/"+string(item),
		strings.NewReader(url.Values{field: {"Dopisano."}, "wersja": {"0"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	w = httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	var saved savedAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &saved); err != nil || saved.Text != "Ustalono.\nOmówiono.\nDopisano." || saved.Revision != 2 {
		t.Errorf("saved by the script: %d %q %v", w.Code, w.Body, err)
	}
	decision, err := k.AddDecision(ctx, k.recorder, id, NewDecision{Item: item, Title: "Powstanie warsztat", DueOn: "2026-12-31", Institution: k.school})
	k.ok(err)
	action, err := k.AddAction(ctx, k.recorder, id, NewAction{Item: item, What: "Przesłać listę", Person: k.head.Person, DueOn: "2026-12-20"})
	k.ok(err)
	vote, err := k.OpenVote(ctx, k.recorder, id, item, "Czy zamówić?", Rules{Way: Secret, Majority: Simple})
	k.ok(err)
	series := k.meeting(id).Series
	for _, lang := range i18n.Langs {
		k.lang = lang
		for path, who := range map[string]access.Actor{MinutesHref(id): k.head, write: k.recorder, DecisionHref(id, decision): k.clerk, DecisionHref(id, decision) + "/zmien": k.recorder,
			Href(id) + "/decyzje/nowa?punkt=" + string(item): k.recorder, Href(id) + "/zadania/nowe?punkt=" + string(item): k.recorder, Href(id) + "/glosowania/nowe?punkt=" + string(item): k.recorder,
			ActionHref(id, action): k.head, ActionHref(id, action) + "/zmien": k.clerk, voteHref(id, vote): k.head, MyActionsPath: k.head, SeriesHref(series) + "/decyzje": k.head,
			SeriesHref(series) + "/glosowanie": k.clerk} {
			k.looks(t, who, path)
		}
	}
	k.lang = i18n.PL
	for _, who := range []access.Actor{k.head, k.twoHead, k.complexHead} {
		if w := k.post(who, voteHref(id, vote)+"/glos", "glos", "for"); w.Code != http.StatusSeeOther {
			t.Errorf("a ballot: %d", w.Code)
		}
	}
	if w := k.post(k.head, voteHref(id, vote)+"/glos", "glos", "against"); w.Code != http.StatusConflict {
		t.Errorf("a second ballot: %d", w.Code)
	}
	if w := k.post(k.recorder, voteHref(id, vote)+"/zamknij"); w.Code != http.StatusSeeOther {
		t.Errorf("closed: %d", w.Code)
	}
	k.minutesGoOut(t, id, action)
}

// looks opens a page: one heading, a next step, no id twice, and who sees what is
// typed in words.
func (k *kit) looks(t *testing.T, who access.Actor, path string) {
	t.Helper()
	doc := k.page(who, path)
	if doc.Find("h1").Length() != 1 {
		t.Errorf("%s: %s has no single heading", k.lang, path)
	}
	if doc.Find(`form.stack textarea`).Length() > 0 && doc.Find(`[data-promise="who-sees"]`).Length() == 0 {
		t.Errorf("%s: %s does not say who sees it", k.lang, path)
	}
	ids := map[string]bool{}
	doc.Find("main [id]").Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("id", ""); ids[id] {
			t.Errorf("%s: %s: id %s twice", k.lang, path, id)
		} else {
			ids[id] = true
		}
	})
}

// minutesGoOut sends, adopts and publishes minutes, and reads them as a stranger.
func (k *kit) minutesGoOut(t *testing.T, id MeetingID, action string) {
	t.Helper()
	ctx, path := t.Context(), MinutesHref(id)
	k.ok(k.Hold(ctx, k.clerk, id, 90))
	if w := k.get(k.nobody, path); w.Code == http.StatusOK {
		t.Error("a stranger reads minutes that nobody published")
	}
	for _, deed := range []string{"/rozeslij", "/przyjmij"} {
		if w := k.post(k.clerk, path+deed); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", deed, w.Code)
		}
	}
	if w := k.post(k.clerk, path+"/opublikuj", "publicznie", "tak"); w.Code != http.StatusSeeOther {
		t.Errorf("published: %d", w.Code)
	}
	page := text(k.page(k.nobody, path).Find("main"))
	for want, there := range map[string]bool{"Ustalono.": true, "Powstanie warsztat": true, "Przesłać listę": true, k.head.Name: false, "Czy zamówić?": true} {
		if strings.Contains(page, want) != there {
			t.Errorf("%q in public: %v", want, !there)
		}
	}
	for file, begins := range map[string]string{"/pdf": "%PDF", "/tekst": "Protokół", "/terminy.ics": "BEGIN:VCALENDAR"} {
		w := k.get(k.nobody, path+file)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), begins) || strings.Contains(w.Body.String(), k.head.Name) {
			t.Errorf("%s: %d %.40q", file, w.Code, w.Body)
		}
	}
	if calendar := k.get(k.head, path+"/terminy.ics").Body.String(); strings.Count(calendar, "BEGIN:VEVENT") != 2 || !strings.Contains(calendar, "20261220") {
		t.Errorf("due dates: %s", calendar)
	}
	if w := k.get(k.nobody, ActionHref(id, action)); w.Code == http.StatusOK {
		t.Error("a stranger reads a task")
	}
}

func TestMinutesTexts(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range c.Check() {
		t.Error(wrong)
	}
	l := c.In(i18n.PL)
	var keys []string
	for _, w := range Ways() {
		keys = append(keys, "meetings.vote.way_"+string(w), "meetings.vote.hint_"+string(w))
	}
	for _, v := range []Verdict{Carried, Lost, NoneHere, TooFew} {
		keys = append(keys, "meetings.vote.verdict_"+string(v), "meetings.vote.why_"+string(v))
	}
	for _, q := range Quorums() {
		keys = append(keys, "meetings.vote.quorum_"+string(q))
	}
	for _, m := range Majorities() {
		keys = append(keys, "meetings.vote.majority_"+string(m))
	}
	for _, x := range []Waits{WaitsSending, WaitsAnswers, WaitsAgain, WaitsDays} {
		keys = append(keys, "meetings.fault.adopt_"+string(x), "meetings.paper.next_"+string(x))
	}
	for _, key := range keys {
		if !c.Has(key) {
			t.Errorf("no text %s (%s)", key, l.Lang)
		}
	}
}
