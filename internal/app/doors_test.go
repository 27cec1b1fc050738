package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/needs"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// TestRoutes keeps all doors with their guards in a file, so that an opened
// door shows in a review. Doors of a demo stand in a file of their own.
func TestRoutes(t *testing.T) {
	h := openHouse(t)
	var doors, demoDoors []string
	for _, r := range h.Shell().Routes() {
		line := fmt.Sprintf("%-44s %s", r.Pattern, r.Guard)
		if r.Demo {
			demoDoors = append(demoDoors, line)
		} else {
			doors = append(doors, line)
		}
	}
	slices.Sort(doors)
	slices.Sort(demoDoors)
	golden(t, "routes.txt", strings.Join(doors, "\n")+"\n")
	golden(t, "routes_demo.txt", strings.Join(demoDoors, "\n")+"\n")
}

// TestRealDataHasNoDemoDoors opens the house with real data.
func TestRealDataHasNoDemoDoors(t *testing.T) {
	h := openHouseReal(t)
	for _, r := range h.Shell().Routes() {
		if r.Demo || strings.Contains(r.Pattern, "przyklad") {
			t.Errorf("%s is open", r.Pattern)
		}
	}
	res := h.stranger().post("/konto/przyklad", url.Values{"osoba": {string(access.NewPersonID())}})
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("got %d, want 404", res.StatusCode)
	}
}

// TestMatrix tries every door as a stranger and as every role. Forms are sent
// empty, and ids are of things that exist: what is tested is who passes. An
// answer below is grouped: in (the page, or a form refused for its content),
// sign-in, forbidden, absent.
func TestMatrix(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ids := h.examples()
	visitors := []struct {
		name string
		v    *visitor
	}{{"stranger", h.stranger()}}
	for _, role := range access.Roles() {
		visitors = append(visitors, struct {
			name string
			v    *visitor
		}{string(role), h.as(role)})
	}
	var lines []string
	for _, route := range h.Shell().Routes() {
		if strings.Contains(route.Pattern, "wyloguj") || route.Demo || strings.HasSuffix(route.Pattern, "/postep") {
			continue // would end the visit, or the answer has no end
		}
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		path := ids.fill(t, pattern)
		var answers []string
		for _, who := range visitors {
			answers = append(answers, who.name+"="+who.v.try(method, path))
		}
		lines = append(lines, route.Pattern+"\n    "+strings.Join(group(answers), "\n    "))
	}
	slices.Sort(lines)
	golden(t, "matrix.txt", strings.Join(lines, "\n")+"\n")
}

// group turns answers of all visitors into a line per kind of answer.
func group(answers []string) []string {
	byAnswer := map[string][]string{}
	for _, a := range answers {
		who, what, _ := strings.Cut(a, "=")
		byAnswer[what] = append(byAnswer[what], who)
	}
	var out []string
	for what, who := range byAnswer {
		if len(who) == len(answers) {
			out = append(out, what+": everybody")
		} else {
			out = append(out, what+": "+strings.Join(who, ", "))
		}
	}
	slices.Sort(out)
	return out
}

func (v *visitor) try(method, path string) string {
	v.t.Helper()
	var res *http.Response
	if method == http.MethodPost {
		res = v.post(path, url.Values{})
	} else {
		res = v.get(path)
	}
	res.Body.Close() // now, not at the end: thousands of doors are tried here
	switch {
	case res.StatusCode == http.StatusSeeOther && strings.HasPrefix(res.Header.Get("Location"), web.SignInPath), res.StatusCode == http.StatusUnauthorized:
		return "sign-in"
	case res.StatusCode == http.StatusForbidden:
		return "forbidden"
	case res.StatusCode == http.StatusNotFound:
		return "absent"
	case res.StatusCode >= 500:
		return fmt.Sprintf("BROKEN %d", res.StatusCode)
	}
	return "in"
}

// examples are ids that exist, by the name of the placeholder in a pattern.
type examples struct {
	institution access.InstitutionID
	person      access.PersonID // of the staff there
	class       string
	pupil       string
	rspo        string
	upload      string
	entry       string // of the demo's head
	request     string // about it

	training   string // of the demo's center, closed, so that what may be pressed there changes nothing
	meeting    string
	enrollment string // of the demo's teacher there, with a paper
	paper      string
	number     string // of the paper, and the key to it
	key        string
	batch      string
	trace      string // of the training, which is public

	campaign string // last year's, answered: what may be pressed there changes nothing
	round    string // of this year's, which is open and anonymous
	link     string // the key of the link of the institution's staff room in it
	need     string // that a network answers
	order    string // of that network, done

	support string // of the institution by the center, with a need and a form of work
	lack    string // that need
	form    string

	together []string // parts of patterns, each with what to put there
}

// examples: the institution is one of the pupils' school, which the demo's
// head leads and its authority runs.
func (h *house) examples() examples {
	h.t.Helper()
	var e examples
	a, err := h.Access().Actor(context.Background(), h.person(access.SchoolHead))
	if err != nil {
		h.t.Fatal(err)
	}
	e.institution = a.Roles[0].Institution
	e.person = h.person(access.DeputyHead)
	if err := h.db.Get(context.Background(), &e.class, `select id from directory_classes where institution = ?`, e.institution); err != nil {
		h.t.Fatal(err)
	}
	if err := h.db.Get(context.Background(), &e.pupil, `select min(person) from directory_class_members where class = ?`, e.class); err != nil {
		h.t.Fatal(err)
	}
	if err := h.db.Get(context.Background(), &e.rspo, `select cast(min(rspo) as text) from directory_institutions where rspo is not null`); err != nil {
		h.t.Fatal(err)
	}
	e.upload = h.previewSample()
	for query, to := range map[string]*string{
		`select min(id) from directory_network_entries where owner = 'institution'`: &e.entry,
		`select min(id) from directory_contact_requests`:                            &e.request,
	} {
		if err := h.db.Get(context.Background(), to, query); err != nil {
			h.t.Fatal(err)
		}
	}
	h.trainingExamples(&e)
	h.needsExamples(&e)
	h.togetherExamples(&e)
	return e
}

func (h *house) needsExamples(e *examples) {
	h.t.Helper()
	ctx := context.Background()
	for _, one := range []struct {
		to    *string
		query string
		arg   any
	}{
		{&e.campaign, `select id from needs_campaigns where state = ?`, needs.Ranked},
		{&e.round, `select round from needs_campaigns where state = ?`, needs.Open},
		{&e.need, `select need from needs_decisions where kind = ?`, needs.Network},
		{&e.support, `select id from needs_support_processes where school = ?`, e.institution},
		{&e.lack, `select min(id) from needs_support_needs where process = ?`, &e.support},
		{&e.form, `select id from needs_support_forms where process = ? and state = 'held'`, &e.support},
		{&e.order, `select target from needs_decisions where kind = ?`, needs.Network},
	} {
		if text, ok := one.arg.(*string); ok {
			one.arg = *text
		}
		if err := h.db.Get(ctx, one.to, one.query, one.arg); err != nil {
			h.t.Fatal(err)
		}
	}
	planner, err := h.Access().Actor(ctx, h.person(access.AssociationOfficer))
	if err != nil {
		h.t.Fatal(err)
	}
	// Done already, so that the next visitor of the matrix finds the same.
	if err := h.Needs().EndOrder(ctx, planner, e.order, 1, "done", "Sieć działa."); err != nil {
		h.t.Fatal(err)
	}
	l, err := h.Surveys().LinkOf(ctx, h.db, survey.RoundID(e.round), string(e.institution))
	if err != nil {
		h.t.Fatal(err)
	}
	// A questionnaire in the library, as whoever looks after it takes it.
	if err := h.db.Write(ctx, func(tx *db.Tx) error {
		_, err := h.Surveys().SaveDefinition(ctx, tx, planner.By(), survey.Ready()[0])
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	e.link = l.Path[strings.LastIndex(l.Path, "/")+1:]
}

func (h *house) trainingExamples(e *examples) {
	h.t.Helper()
	ctx := context.Background()
	for _, one := range []struct {
		to    *string
		query string
		arg   any
	}{
		{&e.enrollment, `select min(id) from training_enrollments where person = ? and state = 'certificate_issued'`, h.person(access.Teacher)},
		{&e.training, `select training from training_enrollments where id = ?`, &e.enrollment},
		{&e.meeting, `select min(id) from training_meetings where training = ?`, &e.training},
		{&e.paper, `select id from training_papers where enrollment = ?`, &e.enrollment},
		{&e.trace, `select trace from training_trainings where id = ?`, &e.training},
	} {
		if text, ok := one.arg.(*string); ok {
			one.arg = *text // found by a line before
		}
		if err := h.db.Get(ctx, one.to, one.query, one.arg); err != nil {
			h.t.Fatal(err)
		}
	}
	// A wrong key would be counted, and after some dozens nobody may try any more.
	check := h.as(access.CenterOfficer).page("/osrodek/rejestr/"+e.paper).Find(`main a[href^="/zaswiadczenia/"]`).AttrOr("href", "")
	e.number, e.key, _ = strings.Cut(strings.TrimPrefix(check, "/zaswiadczenia/"), "/")
	officer, err := h.Access().Actor(ctx, h.person(access.CenterOfficer))
	if err != nil {
		h.t.Fatal(err)
	}
	if e.batch, err = h.Papers().Gather(ctx, officer, officer.Roles[0].Institution, "", "electronic"); err != nil {
		h.t.Fatal(err)
	}
}

func (e examples) fill(t *testing.T, pattern string) string {
	t.Helper()
	replacements := map[string]string{
		"{lang}": "pl", "{theme}": "dark", "{token}": "nie-ma", "{key}": "126101", "{$}": "", "{number}": e.rspo,
		"{correction}": string(access.NewPersonID()), "{code}": "matematyka",
		"{meeting}": e.meeting, "{enrollment}": e.enrollment, "{zapis}": e.enrollment, "{postep}": string(access.NewPersonID()), "{druk}": string(access.NewPersonID()),
		"{plik}": "nie-ma", "{institution}": string(e.institution), "{what}": "szkolenia", "{item}": "nie-ma",
		"{person}": string(e.person), "{file}": "nie-ma.ics", "{purpose}": "privacy.requests", "{kind}": "entrustment", "{run}": string(access.NewPersonID()), "{deed}": "nie-ma",
		"{year}": "2026", "{round}": e.round, "{unit}": string(e.institution), "{trace}": e.trace,
	}
	if strings.Contains(pattern, "/zaswiadczenia/") {
		replacements["{number}"], replacements["{key}"] = e.number, e.key
	}
	if strings.Contains(pattern, "/zapisy/{id}/{key}") {
		replacements["{key}"] = strings.Repeat("a", 32) // a wrong secret
	}
	replacements["{need}"], replacements["{form}"] = e.lack, e.form
	if strings.Contains(pattern, "/{unit}/{key}") {
		replacements["{key}"] = e.link
	}
	if strings.Contains(pattern, "/oceny/{kind}") {
		replacements["{kind}"] = "szkolenie"
	}
	if strings.HasPrefix(pattern, "/ankiety/wzory/") {
		replacements["{code}"] = "after"
	}
	if strings.Contains(pattern, "/prawo/") {
		replacements["{key}"] = law.AuditKeep
	}
	replacements["{class}"] = e.class
	if strings.Contains(pattern, "/uczniowie/{person}") {
		replacements["{person}"] = e.pupil
	}
	if strings.HasSuffix(pattern, "/odejscie") {
		// Who may would really do it, and the next visitor would meet another house.
		replacements["{person}"] = string(access.NewPersonID())
	}
	path := e.fillTogether(pattern)
	for name, value := range replacements {
		path = strings.ReplaceAll(path, name, value)
	}
	id := string(e.institution)
	for part, of := range map[string]string{"/wczytania/": e.upload, "/kto-pomoze/": e.entry, "/kontakty/": e.request,
		"/przedstawienia/": string(access.NewPersonID()), "/zgloszenia-kontaktow/": string(access.NewPersonID()), "/tematy/id/": string(access.NewPersonID()),
		"/szkolenia/": e.training, "/osrodek/rejestr/": e.paper, "/dokumenty/znalezione/": e.paper,
		"/kampanie/": e.campaign, "/potrzeba/": e.need, "/zlecenia/": e.order, "/oceny/{kind}/": e.training, "/wspomaganie/": e.support,
		"/osrodek/podpis/": e.batch, "/osrodek/powtorzenia/": string(access.NewPersonID())} {
		if strings.Contains(pattern, part) {
			id = of
		}
	}
	if strings.HasPrefix(pattern, "/zapisy/") || strings.Contains(pattern, "/zgoda/{id}") {
		id = e.enrollment
	}
	if strings.Contains(pattern, "/instytucje/{id}/{number}") {
		id = "rspo"
	}
	if strings.HasPrefix(pattern, "/administracja/osoby/") {
		id = string(e.person)
	}
	if strings.Contains(pattern, "/zadania/{id}") {
		id = string(access.NewPersonID())
	}
	path = strings.ReplaceAll(path, "{id}", id)
	if strings.ContainsRune(path, '{') {
		t.Fatalf("the matrix does not know what to put into %s", pattern)
	}
	return path
}

// TestForeignInstitutions: a right at one institution is none at another. The
// officer of one authority, a head and everybody else are turned away at a
// school that somebody else runs.
func TestForeignInstitutions(t *testing.T) {
	h := openHouse(t)
	foreign := h.foreignSchool()
	for _, role := range []access.Role{access.AuthorityOfficer, access.SchoolHead, access.Teacher} {
		v := h.as(role)
		for _, path := range []string{"/instytucje/" + foreign + "/zespol"} {
			if got := v.try(http.MethodGet, path); got != "forbidden" {
				t.Errorf("%s at GET %s: %s", role, path, got)
			}
			if got := v.try(http.MethodPost, path); got != "forbidden" {
				t.Errorf("%s at POST %s: %s", role, path, got)
			}
		}
	}
}

// answersAll are doors that answer alike whatever is asked for.
var answersAll = map[string]string{
	"GET /ankiety/{round}":                             "sends on to the new address, where it is asked whether there is such a round",
	"GET /zaswiadczenia/{number}":                      "asks for the key, whether there is such a paper or not",
	"GET /zaswiadczenia/wystawca/{plik}/odwolane.json": "an empty list of who issues nothing",
}

// TestForeignCenter: who runs one center is turned away from the trainings of
// another, at every door.
func TestForeignCenter(t *testing.T) {
	h := openHouse(t)
	ctx := context.Background()
	var foreign training.ID
	elsewhere := access.InstitutionID(h.foreignSchool())
	err := h.db.Write(ctx, func(tx *db.Tx) (err error) {
		foreign, err = h.Training().Insert(ctx, tx, access.System(), training.Whole{Training: training.Training{Title: "Cudze", Form: training.Workshop, State: training.Published,
			Center: elsewhere, Capacity: 5}, Meetings: []training.Meeting{{StartsAt: time.Now().Unix() + 600, EndsAt: time.Now().Unix() + 3600, Hours: 1}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	meetings, err := training.Meetings(ctx, h.db, foreign)
	if err != nil || len(meetings) != 1 {
		t.Fatal(meetings, err)
	}
	guest := training.Applicant{Name: "Cudza Osoba", Email: "cudza@example.org", Role: access.Teacher, Lang: i18n.PL, TypedName: "Cudza Szkoła", SeenRev: 1}
	enrolled, err := h.Training().Enroll(ctx, access.Stranger(), foreign, guest, training.ByGuest)
	if err != nil {
		t.Fatal(err)
	}
	ids := h.examples()
	ids.training, ids.meeting, ids.enrollment = string(foreign), string(meetings[0].ID), string(enrolled.ID)
	for _, role := range []access.Role{access.CenterDirector, access.Trainer} {
		v := h.as(role)
		for _, route := range h.Shell().Routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			if !strings.HasPrefix(pattern, "/osrodek/szkolenia/{id}") && !strings.HasPrefix(pattern, "/prowadze/{meeting}") {
				continue
			}
			if got := v.try(method, ids.fill(t, pattern)); got != "forbidden" && got != "absent" {
				t.Errorf("%s at %s: %s", role, route.Pattern, got)
			}
		}
	}
}

// TestMadeUpIdentifiers: what does not exist is 404 for those who may pass,
// in every address, however odd.
func TestMadeUpIdentifiers(t *testing.T) {
	h := openHouse(t)
	admin := h.as(access.Administrator)
	for _, route := range h.Shell().Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if !strings.ContainsRune(pattern, '{') || strings.Contains(pattern, "{$}") || answersAll[route.Pattern] != "" {
			continue
		}
		for _, odd := range []string{"0", "zzz", "00000000-0000-7000-8000-000000000000", "%00", "%ff%fe", "..%2f..%2fetc", strings.Repeat("a", 5000), "'%20or%201=1--"} {
			path := placeholder.ReplaceAllString(pattern, odd)
			switch got := admin.try(method, path); got {
			case "absent", "forbidden":
			case "in":
				if res := admin.raw(method, path); res.StatusCode != http.StatusBadRequest {
					t.Errorf("%s %s: %d", method, path[:min(len(path), 90)], res.StatusCode)
				}
			default:
				t.Errorf("%s %s: %s", method, path[:min(len(path), 90)], got)
			}
		}
	}
}

func (v *visitor) raw(method, path string) *http.Response {
	if method == http.MethodPost {
		return v.post(path, url.Values{})
	}
	return v.get(path)
}

// TestGuardsBeforeMethods: an unknown address is 404, a wrong method 405.
func TestUnknownDoors(t *testing.T) {
	v := openHouse(t).stranger()
	if res := v.get("/nie-ma-takiej-strony"); res.StatusCode != http.StatusNotFound {
		t.Errorf("unknown: %d", res.StatusCode)
	}
	res := v.post("/uprawnienia", nil)
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") == "" {
		t.Errorf("wrong method: %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

// TestEveryPageInEveryLanguage opens every page as a stranger and as every role,
// by turns in three languages, and each page that opens in all of them.
func TestEveryPageInEveryLanguage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	paths, languages := h.pages(t, h.examples()), []string{"pl", "en", "uk"}
	shown := map[string]map[string]access.Role{} // by address and language, who got the page
	for n, role := range append([]access.Role{""}, access.Roles()...) {
		v := h.visitorAs(role)
		for l, lang := range languages {
			v.get("/jezyk/" + lang)
			for m, path := range paths {
				if (n+m)%len(languages) != l || !checkPage(t, v, path, lang) {
					continue
				}
				if shown[path] == nil {
					shown[path] = map[string]access.Role{}
				}
				shown[path][lang] = role
			}
		}
	}
	h.checkMissing(t, languages, shown)
}

// checkMissing looks at pages in the languages in which nobody has got them yet.
func (h *house) checkMissing(t *testing.T, languages []string, shown map[string]map[string]access.Role) {
	t.Helper()
	type visit struct {
		role access.Role
		lang string
	}
	rest := map[visit][]string{}
	for path, got := range shown {
		for _, lang := range languages {
			if _, there := got[lang]; there {
				continue
			}
			for _, role := range got {
				rest[visit{role, lang}] = append(rest[visit{role, lang}], path)
				break
			}
		}
	}
	for who, paths := range rest {
		v := h.visitorAs(who.role)
		v.get("/jezyk/" + who.lang)
		for _, path := range paths {
			checkPage(t, v, path, who.lang)
		}
	}
}

// visitorAs is somebody in a role, or a stranger.
func (h *house) visitorAs(role access.Role) *visitor {
	if role == "" {
		return h.stranger()
	}
	return h.as(role)
}

// pages are the addresses of all pages that people read.
func (h *house) pages(t *testing.T, ids examples) (paths []string) {
	t.Helper()
	machine := []string{"/pdf", "/kod/{code}/plik", ".json", ".ics", ".atom", ".pdf", "/{plik}", "/{druk}", "/strumien", "/skan", "/zestawienie", ".jsonld", "/wykaz", "/arkusz", ".geojson", ".csv", "/robots.txt", "/zdrowie", "/postep", "/pobierz", "/plan/{id}/wskazniki", "/wskaznik/{id}/odczyty", "/dane", "/protokol/tekst", "/skroty.txt", ".pb", "/male", "/liczenie/urna"}
	for _, route := range h.Shell().Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if method != http.MethodGet || strings.HasPrefix(pattern, "/jezyk") || strings.HasPrefix(pattern, "/motyw") ||
			slices.ContainsFunc(machine, func(s string) bool { return strings.HasSuffix(pattern, s) }) {
			continue
		}
		paths = append(paths, ids.fill(t, pattern))
	}
	return paths
}

// checkPage looks at what a visitor gets, and tells whether it was the page itself.
func checkPage(t *testing.T, v *visitor, path, lang string) (itself bool) {
	t.Helper()
	res := v.get(path)
	defer res.Body.Close()
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return false
	}
	doc := document(t, res)
	where := lang + " " + path
	if got := doc.Find("html").AttrOr("lang", ""); got != lang {
		t.Errorf("%s: lang is %q", where, got)
	}
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d headings of the first level", where, n)
	}
	if text(doc.Find("title")) == "" || doc.Find("main#main").Length() != 1 || doc.Find("a.skip").Length() != 1 {
		t.Errorf("%s: no title, main or skip link", where)
	}
	if whole := doc.Text(); strings.Contains(whole, "⟦") {
		i := strings.Index(whole, "⟦")
		t.Errorf("%s: a text is missing: %s", where, whole[i:min(len(whole), i+60)])
	}
	if n := doc.Find("[style]").Length(); n != 0 {
		t.Errorf("%s: %d style attributes", where, n)
	}
	seen := map[string]bool{}
	for _, id := range doc.Find("[id]").Map(attr("id")) {
		if seen[id] {
			t.Errorf("%s: id %q twice", where, id)
		}
		seen[id] = true
	}
	return res.StatusCode == http.StatusOK
}
