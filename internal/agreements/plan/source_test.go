package plan

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// kitAsks stands for the other modules.
type kitAsks struct{ town string }

func (a *kitAsks) SchoolsIn(_ context.Context, _ *i18n.L, town string, _ int) ([]School, int, error) {
	if town != a.town {
		return nil, 0, nil
	}
	return []School{{"Szkoła w Lipowej", "szkoła podstawowa", "/instytucje/1"}, {"Szkoła w Dębinie", "szkoła podstawowa", "/instytucje/2"}, {"Przedszkole", "przedszkole", "/instytucje/3"}}, 3, nil
}

func (a *kitAsks) CameBack(context.Context, access.Actor, *i18n.L, string, int) ([]CameBack, error) {
	return []CameBack{{Topic: "Autyzm", Answer: "szkolenie"}, {Topic: "Algebra"}}, nil
}

func (a *kitAsks) OpenIn(context.Context, access.Actor, *i18n.L, string) ([]Matter, error) {
	return []Matter{{Title: "Wspólny doradca", Who: "Urząd Gminy", Href: "/porozumienia", By: "2026-12-31"}}, nil
}

func (a *kitAsks) ActsOf(context.Context, string, int, web.Cursor, int) ([]ledger.Listed, bool, error) {
	return []ledger.Listed{{Activity: ledger.Activity{Title: "Warsztat o autyzmie", Path: "/szkolenia/1", On: "2026-10-10"}}}, false, nil
}

func (a *kitAsks) Figures(*i18n.L) []OwnFigure {
	return []OwnFigure{{Key: "schools", Kind: Register, Title: "Szkoły", Unit: "szkół"}}
}

func (a *kitAsks) Read(context.Context, string) ([]Datum, error) {
	return []Datum{{Year: 2026, Value: "4"}, {Town: a.town, Year: 2026, Value: "3"}}, nil
}

// diagnosis begins the plan that is drafted.
func (k *drafting) diagnosis() {
	exams := k.sources()
	k.findings(exams)
	k.ownFigures()
	k.diagnosisPages(exams)
}

func examSource() Source {
	return Source{Kind: Exams, Title: "Egzamin ósmoklasisty, matematyka", Unit: "%", Publisher: "Okręgowa Komisja Egzaminacyjna", Link: "https://example.org/wyniki", Period: schoolPeriod,
		TakenOn: "2026-07-03", Words: "Średni wynik uczennic i uczniów."}
}

func (k *drafting) sources() string {
	ctx := k.t.Context()
	_, err := k.SaveSource(ctx, k.delegate, k.plan, examSource(), 0)
	k.refuses("a delegate adds a source", err, fault.Forbidden)
	for what, spoil := range map[string]func(*Source){"a script as address": func(s *Source) { s.Link = "javascript:alert(1)" }, "no publisher": func(s *Source) { s.Publisher = " " },
		"a day to come": func(s *Source) { s.TakenOn = "2027-01-01" }, "no kind": func(s *Source) { s.Kind = "gossip" }, "no period": func(s *Source) { s.Period = "" }} {
		src := examSource()
		spoil(&src)
		_, err := k.SaveSource(ctx, k.officer, k.plan, src, 0)
		k.refuses(what, err, fault.Invalid)
	}
	id, err := k.SaveSource(ctx, k.officer, k.plan, examSource(), 0)
	k.ok(err)
	_, _, err = k.TakeSheet(ctx, k.delegate, id, strings.NewReader("Gmina;Rok;Wynik\nRazem;2025;1"))
	k.refuses("a delegate brings a sheet", err, fault.Forbidden)
	_, _, err = k.TakeSheet(ctx, k.officer, id, strings.NewReader("Imię;Nazwisko\nJan;Kowalski"))
	k.refuses("a sheet of something else", err, fault.Invalid)
	_, troubles, err := k.TakeSheet(ctx, k.officer, id, strings.NewReader("Gmina;Rok;Wynik\nRazem;2025;60\nAtlantyda;2025;1"))
	if err != nil || len(troubles) != 1 || troubles[0].Row != 3 {
		k.t.Errorf("troubles %v, %v", troubles, err)
	}
	if _, _, list, err := k.SourceByID(ctx, k.officer, id); err != nil || len(list) != 0 {
		k.t.Errorf("a wrong sheet left %v, %v", list, err)
	}
	n, _, err := k.TakeSheet(ctx, k.officer, id, strings.NewReader("Gmina;Rok szkolny;Wynik\nRazem;2025/2026;60,5\n"+city+";2025/2026;66\n"+town+";2025/2026;41"))
	k.ok(err)
	k.ok(k.AddFigure(ctx, k.officer, id, "", "2024/2025", "58,20", "przed zmianą arkusza"))
	k.refuses("no number", k.AddFigure(ctx, k.officer, id, town, "2025/2026", "dużo", ""), fault.Invalid)
	src, _, list, err := k.SourceByID(ctx, k.delegate, id)
	k.ok(err)
	if n != 3 || src.Figures != 4 || len(list) != 4 || list[3].Value != "58.2" || list[3].Note == "" {
		k.t.Errorf("source %+v with %v", src, list)
	}
	return id
}

func (k *drafting) findings(source string) {
	ctx := k.t.Context()
	goal, err := k.SaveGoal(ctx, k.officer, Goal{Plan: k.plan, Title: "Wyrównać wyniki", Words: "Po prostu."})
	k.ok(err)
	f := Finding{Title: "W małych gminach wyniki są niższe", Theme: Inclusion, Goals: []GoalID{goal, GoalID(newID())},
		Rests: []Rest{{Source: source, Town: town, Year: 2025}, {Source: source, Town: "", Year: 2025}}}
	_, err = k.SaveFinding(ctx, k.delegate, k.plan, f, 0, false)
	k.refuses("a delegate writes a finding", err, fault.Forbidden)
	for what, spoil := range map[string]func(*Finding){"no figures": func(f *Finding) { f.Rests = nil }, "a figure that is not there": func(f *Finding) { f.Rests = []Rest{{Source: source, Town: town, Year: 1999}} },
		"no words": func(f *Finding) { f.Title = "" }, "no such theme": func(f *Finding) { f.Theme = newID() }} {
		wrong := f
		spoil(&wrong)
		_, err := k.SaveFinding(ctx, k.officer, k.plan, wrong, 0, false)
		k.refuses(what, err, fault.Invalid)
	}
	id, err := k.SaveFinding(ctx, k.officer, k.plan, f, 0, false)
	k.ok(err)
	second, err := k.SaveFinding(ctx, k.officer, k.plan, f, 0, false)
	k.ok(err)
	// The source changes: the finding keeps the number that it was written about.
	k.ok(k.AddFigure(ctx, k.officer, source, town, "2025/2026", "43", ""))
	got, _, err := k.FindingByID(ctx, k.delegate, id)
	k.ok(err)
	if got.No != 1 || len(got.Goals) != 1 || len(got.Rests) != 2 || got.Rests[1].Value != "41" || got.Rests[1].Now != "43" || !got.Rests[1].Stale() || got.Rests[0].Stale() {
		k.t.Errorf("finding %+v", got)
	}
	f.ID = id
	_, err = k.SaveFinding(ctx, k.officer, k.plan, f, 9, false)
	k.refuses("from an older screen", err, fault.Conflict)
	for renew, want := range map[bool]string{false: "41", true: "43"} {
		f.ID, f.Title = second, "Inaczej"
		now, _, err := k.FindingByID(ctx, k.officer, second)
		k.ok(err)
		if now.Rests[1].Value == "43" {
			continue // taken anew already
		}
		_, err = k.SaveFinding(ctx, k.officer, k.plan, f, now.Revision, renew)
		k.ok(err)
		if now, _, err = k.FindingByID(ctx, k.officer, second); err != nil || now.Rests[1].Value != want {
			k.t.Errorf("renew %v gives %+v, %v", renew, now.Rests, err)
		}
	}
	if list, err := k.FindingsOfGoal(ctx, goal); err != nil || len(list) != 2 || list[0].ID != id {
		k.t.Errorf("findings of the goal: %v, %v", list, err)
	}
}

func (k *drafting) ownFigures() {
	ctx := k.t.Context()
	src := examSource()
	src.Kind, src.Title, src.OwnKey = Register, "Szkoły", "schools"
	id, err := k.SaveSource(ctx, k.officer, k.plan, src, 0)
	k.ok(err)
	_, err = k.TakeOwn(ctx, k.delegate, id)
	k.refuses("a delegate reads own figures", err, fault.Forbidden)
	n, err := k.TakeOwn(ctx, k.officer, id)
	k.ok(err)
	now, _, _, err := k.SourceByID(ctx, k.officer, id)
	k.ok(err)
	if n != 2 || now.Figures != 2 || now.TakenOn != "2026-11-23" {
		k.t.Errorf("own source %+v", now)
	}
}

func (k *drafting) diagnosisPages(source string) {
	all := diagnosisHref(k.plan)
	k.inAll(k.delegate, all, "article[data-finding]:contains('41') .tag:contains('43')")
	k.inAll(k.delegate, sourceHref(source), "table:contains('58')")
	k.inAll(k.officer, sourceHref(source)+"/arkusz", "input[type=file]")
	k.inAll(k.officer, sourceHref(source)+"/liczba", "select[name=gmina]")
	k.inAll(k.officer, sourceHref(source)+"/zmien", "input[name=tytul]")
	k.inAll(k.officer, all+"/zrodlo", "select[name=wlasne]")
	k.inAll(k.officer, all+"/wniosek", "input[name=liczby]")
	k.missing(k.stranger, all, sourceHref(source), sourceHref(source)+"/dane")
	k.missing(k.officer, sourceHref(newID()), sourceHref("x"))
	k.answers(http.StatusUnprocessableEntity, k.officer, all+"/zrodlo", "rodzaj", "exams")
	k.answers(http.StatusSeeOther, k.officer, all+"/zrodlo", "rodzaj", "exams", "tytul", "Egzamin, język", "wydawca", "OKE", "stan", "2026-01-01", "okres", "calendar")
	k.answers(http.StatusUnprocessableEntity, k.officer, all+"/wniosek", "tytul", "Bez liczb")
	k.answers(http.StatusSeeOther, k.officer, all+"/wniosek", "tytul", "Z liczbą", "liczby", restKey(source, 2025, ""))
	for sent, want := range map[string]int{"Gmina;Rok;Wynik\nRazem;2026;1": http.StatusSeeOther, "Gmina;Rok;Wynik\nX;2026;1": http.StatusUnprocessableEntity, "": http.StatusUnprocessableEntity} {
		if w := k.upload(sourceHref(source)+"/arkusz", sent); w.Code != want {
			k.t.Errorf("upload of %q: %d, want %d", sent, w.Code, want)
		}
	}
	// What goes out comes in again, in each language.
	for _, k.lang = range i18n.Langs {
		out := k.get(k.delegate, sourceHref(source)+"/dane").Body.String()
		if _, troubles, err := k.TakeSheet(k.t.Context(), k.officer, source, strings.NewReader(out)); err != nil || len(troubles) > 0 {
			k.t.Errorf("in %s: %v, %v, of %q", k.lang, troubles, err, out)
		}
	}
	k.lang = i18n.PL
}

// upload sends a file as the officer.
func (k *drafting) upload(path, content string) *httptest.ResponseRecorder {
	k.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("plik", "liczby.csv")
	k.ok(err)
	_, err = file.Write([]byte(content))
	k.ok(err)
	k.ok(form.Close())
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), k.officer), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}
