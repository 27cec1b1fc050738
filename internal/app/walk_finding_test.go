package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/directory/networking"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/search"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
)

// openDemoWalk opens a walk over invented data that is indexed. Jobs run when
// the walk drains them, and when a page asks how far they are: so the page with
// the bar is always drawn before the work begins.
func openDemoWalk(t *testing.T) *walk {
	t.Helper()
	w := &walk{browser: browser.Start(t), house: openHouse(t)}
	w.drain()
	w.server.Close()
	var working sync.WaitGroup
	w.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/postep") {
			working.Go(func() {
				if err := w.Drain(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		w.Handler().ServeHTTP(out, r)
	}))
	t.Cleanup(working.Wait)
	t.Cleanup(w.server.Close)
	return w
}

func (h *house) drain() {
	h.t.Helper()
	if err := h.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// enters signs in by a click on the page of sign-in, in a browser of one's own.
func (w *walk) enters(name string, id access.PersonID, v browser.View) *walker {
	w.t.Helper()
	p := w.comes(name, w.server.URL+"/konto/zaloguj", v)
	button := fmt.Sprintf(`main button.person[value=%q]`, id)
	if p.has(`main details ` + strings.TrimPrefix(button, "main ")) {
		p.did("more people", p.tab.Toggle(`main details:has(button.person) > summary`))
	}
	p.click(button)
	p.at("/moje-sprawy")
	return p
}

// seeks asks the box in the header.
func (p *walker) seeks(words string) {
	p.t.Helper()
	p.did("typed into the header", p.tab.Type(`header form.seek input[name="q"]`, words))
	p.click(`header form.seek button`)
}

// address is the one that a person signs in with.
func (h *house) address(id access.PersonID) string {
	h.t.Helper()
	var address string
	if err := h.db.Get(context.Background(), &address, `select email from access_people where id = ?`, id); err != nil || address == "" {
		h.t.Fatal(address, err)
	}
	return address
}

// lacks: what must not be known stands nowhere on the page, nor in it.
func (p *walker) lacks(what ...string) {
	p.t.Helper()
	source := browser.Must(p.t, p.tab.Source)
	for _, w := range what {
		if strings.Contains(source, w) {
			p.t.Errorf("%s, %s: the page at %s holds %q", p.name, p.last, p.path(), w)
		}
	}
}

// holds: the words stand where the selector says.
func (p *walker) holds(selector, words string) {
	p.t.Helper()
	if got := strings.Join(p.words(selector), " | "); !strings.Contains(got, words) {
		p.t.Errorf("%s, %s: %s at %s says %.400q, not %q", p.name, p.last, selector, p.path(), got, words)
	}
}

const (
	walkWhy    = "Uczę w klasach 4-6. Chcemy zobaczyć taką lekcję, zanim kupimy zestawy."
	walkAnswer = "Zapraszamy w każdy czwartek po lekcjach."
	walkThanks = "Dziękuję, będziemy w dwie osoby."
)

// TestWalkOfFindingHelp: somebody who teaches finds a school that can help,
// asks, is accepted, and they talk; later the head wants no more of it.
func TestWalkOfFindingHelp(t *testing.T) {
	walks(t)
	w := openDemoWalk(t)
	one, other := w.person(access.Teacher), w.person(access.SchoolHead)
	teacher := w.enters("teacher", one, browser.View{Width: 390, Lang: "pl", Scripts: true})
	head := w.enters("head", other, browser.View{Width: 1280, Lang: "pl"})
	teacher.findsHelp("pracowni robotyki", "Mamy pracownię robotyki")
	talk := teacher.asks(walkWhy)
	teacher.lacks(w.address(other))
	waiting := teacher.waits()

	head.accepts(talk, w.address(one))
	teacher.talksWith(head, talk)
	teacher.lacks(w.address(other))
	head.lacks(w.address(one))
	teacher.sound()
	teacher.fill("adres", w.address(one))
	teacher.send("adres")
	teacher.lacks(w.address(other))
	head.visit(talk, http.StatusOK)
	head.holds(`[data-part="adresy"]`, w.address(one))

	third := w.enters("third", w.person(access.MethodologicalAdviser), browser.View{Width: 390, Lang: "uk"})
	third.visit(talk, http.StatusNotFound)
	third.lacks(walkWhy, walkAnswer, w.address(one))

	head.blocks()
	teacher.findsHelp("oceny cząstkowe", "Szukamy szkoły")
	again := teacher.asks("Chętnie opowiem, jak to u nas wygląda.")
	if got := teacher.waits(); got != waiting {
		t.Errorf("to be blocked looks unlike waiting:\n%s", cmp.Diff(waiting, got))
	}
	head.visit(again, http.StatusNotFound)
	head.visit("/kontakty", http.StatusOK)
	head.lacks(again)
}

// findsHelp searches from the header for words in some inflection, sees why it
// is a result, and opens it.
func (p *walker) findsHelp(asked, begins string) {
	p.t.Helper()
	p.seeks(asked)
	p.sound()
	result := `section[aria-labelledby="grupa-offer"] li.item:first-of-type`
	p.holds(result, begins)
	if p.holds(result+" [data-why]", "odmianie"); !p.has(result + " mark") {
		p.t.Errorf("%s, %s: nothing is marked: %s", p.name, p.last, p.words(result))
	}
	p.click(result + ` a[href^="/kto-pomoze/"]`)
	p.holds("main .card", begins)
}

// asks sends a request and comes to where it waits.
func (p *walker) asks(why string) (request string) {
	p.t.Helper()
	p.holds(`[data-promise="next"]`, "Co dalej")
	p.fill("powod", why)
	p.send("powod")
	if request = p.path(); !strings.HasPrefix(request, "/kontakty/") {
		p.t.Fatalf("%s asked and came to %s: %s", p.name, request, p.words("main"))
	}
	p.holds("main", why)
	return request
}

var digits = regexp.MustCompile(`[0-9]+`)

// waits is all that the page of a request that waits says of its state.
func (p *walker) waits() string {
	p.t.Helper()
	p.holds(`[data-promise="next"]`, "Co dalej")
	said := slices.Concat(p.words("h1"), p.words("main .tag"), p.words("main .notice"), p.words(`[data-promise="next"]`), p.words("main form"))
	return digits.ReplaceAllString(strings.Join(said, "\n"), "0")
}

// accepts sees on the desk that somebody asks, reads it and agrees.
func (p *walker) accepts(request, address string) {
	p.t.Helper()
	p.desk()
	p.click(`main ol.list a[href="/kontakty"]`)
	p.click(`main a[href="` + request + `"]`)
	p.holds(`[data-part="powod"]`, walkWhy)
	p.lacks(address)
	p.click(`main form[action$="/przyjmij"] button`)
	p.at(request)
	p.lacks(address)
}

// talksWith exchanges a message with the other side, and neither learns more.
func (p *walker) talksWith(other *walker, talk string) {
	p.t.Helper()
	p.visit(talk, http.StatusOK)
	p.says(walkThanks)
	other.visit(talk, http.StatusOK)
	other.holds(`ol[data-part="rozmowa"]`, walkThanks)
	other.says(walkAnswer)
	p.visit(talk, http.StatusOK)
	p.holds(`ol[data-part="rozmowa"]`, walkAnswer)
	for _, side := range []*walker{p, other} {
		if side.has(`[data-part="adresy"]`) {
			p.t.Errorf("%s sees an address before anybody showed one", side.name)
		}
	}
}

func (p *walker) says(words string) {
	p.t.Helper()
	p.fill("tresc", words)
	p.send("tresc")
	p.holds(`ol[data-part="rozmowa"] li:last-of-type`, words)
}

// blocks whoever is on the other side of the talk.
func (p *walker) blocks() {
	p.t.Helper()
	p.did("unfolded", p.tab.Toggle(`main details:has(form[action="/konto/blokady"]) > summary`))
	p.click(`main form[action="/konto/blokady"] button`)
}

// registerRow is an institution in an invented file of the register.
type registerRow struct {
	number                     int
	name, phone, house, closed string
	pupils                     int
}

// registerRows are schools of Kraków that nobody has seen.
func registerRows(from, to int) (rows []registerRow) {
	for n := from; n <= to; n++ {
		rows = append(rows, registerRow{number: 930000 + n, name: fmt.Sprintf("Szkoła Podstawowa nr %d im. Zmyślonej Poetki", 700+n),
			phone: fmt.Sprintf("12 000 00 %02d", n), pupils: 200 + n, house: strconv.Itoa(n)})
	}
	return rows
}

// laterRows are the same a year later, with exactly forty changes: 12 names, 10
// telephones, 8 numbers of pupils, 4 closings in both ways, 6 new schools.
func laterRows() []registerRow {
	rows := registerRows(1, 60)
	for n := range 12 {
		rows[n].name = fmt.Sprintf("Szkoła Podstawowa nr %d im. Wymyślonego Lotnika", 701+n)
	}
	for n := 12; n < 22; n++ {
		rows[n].phone = fmt.Sprintf("12 000 01 %02d", n+1)
	}
	for n := 22; n < 30; n++ {
		rows[n].pupils += 50
	}
	rows[30].closed, rows[31].closed = "2026-08-31", "2026-08-31"
	return append(slices.Delete(rows, 32, 34), registerRows(61, 66)...)
}

// registerFile writes rows as the register exports them today: read by the
// names of the columns in the invented sample.
func registerFile(t *testing.T, rows []registerRow) []byte {
	t.Helper()
	sample, err := os.ReadFile("../directory/register/testdata/rspo-today.csv")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(strings.TrimPrefix(string(sample), "\ufeff"), "\n")
	columns := slices.DeleteFunc(strings.Split(strings.TrimSpace(head), ";"), func(c string) bool { return strings.HasPrefix(c, "Zmyślona") })
	var b strings.Builder
	b.WriteString("\ufeff" + strings.Join(columns, ";") + "\r\n")
	for _, r := range rows {
		cells := map[string]string{"Numer RSPO": fmt.Sprintf(`="%d"`, r.number), "Typ": "Szkoła podstawowa", "Nazwa": r.name,
			"Kod terytorialny województwo": `="12"`, "Kod terytorialny powiat": `="1261"`, "Kod terytorialny gmina": `="1261011"`,
			"Województwo": "MAŁOPOLSKIE", "Powiat": "Kraków", "Gmina": "Kraków", "Miejscowość": "Kraków", "Rodzaj miejscowości": "miasto",
			"Ulica": "ul. Zmyślona", "Numer budynku": fmt.Sprintf(`="%s"`, r.house), "Kod pocztowy": `="30-001"`, "Poczta": "Kraków", "Telefon": r.phone,
			"Publiczność status": "publiczna", "Kategoria uczniów": "Dzieci lub młodzież", "Specyfika placówki": "brak specyfiki",
			"Data likwidacji": r.closed, "Typ organu prowadzącego": "Miasto na prawach powiatu", "Nazwa organu prowadzącego": "GMINA MIEJSKA KRAKÓW",
			"Liczba uczniów": strconv.Itoa(r.pupils), "Tereny sportowe": "boisko", "Języki nauczane": "angielski"}
		row := make([]string, len(columns))
		for n, c := range columns {
			row[n] = cells[c]
			delete(cells, c)
		}
		if len(cells) > 0 {
			t.Fatalf("the sample has no columns %v", cells)
		}
		b.WriteString(strings.Join(row, ";") + "\r\n")
	}
	return []byte(b.String())
}

// fileOf puts bytes where a browser can take them from.
func fileOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// registered is the id of a school of the invented file.
func (h *house) registered(number int) (id string) {
	h.t.Helper()
	if err := h.db.Get(context.Background(), &id, `select id from directory_institutions where rspo = ?`, 930000+number); err != nil {
		h.t.Fatal(number, err)
	}
	return id
}

// pageOf is the page of a school of the invented file.
func (h *house) pageOf(number int) string {
	h.t.Helper()
	return "/instytucje/" + h.registered(number)
}

// headOf lets somebody be head of a school of the invented file.
func (h *house) headOf(number int) access.PersonID {
	h.t.Helper()
	ctx, at := context.Background(), access.InstitutionID(h.registered(number))
	id := access.PersonID(uuid.Must(uuid.NewV7()).String())
	err := h.db.Write(ctx, func(tx *db.Tx) error {
		return h.Access().AddDemoPeople(ctx, tx, []access.DemoPerson{{ID: id, NewPerson: access.NewPerson{Name: "Ewa Przybyła", Email: "ewa.przybyla@example.org",
			Lang: i18n.PL, Demo: true, Roles: []access.Held{{Role: access.SchoolHead, Institution: at}}}}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// state is what the directory says of the schools of the register, but of some.
func (h *house) state(but ...int) string {
	h.t.Helper()
	var rows []struct {
		Number int    `db:"rspo"`
		Name   string `db:"name"`
		Phone  string `db:"phone"`
		Stated string `db:"stated"`
		Pupils int    `db:"pupils"`
		Closed bool   `db:"closed"`
	}
	err := h.db.Select(context.Background(), &rows, `select rspo, name, phone, stated, coalesce(pupils, -1) as pupils, closed
		from directory_institutions where origin = 'register' order by rspo`)
	if err != nil || len(rows) == 0 {
		h.t.Fatal(len(rows), err)
	}
	var b strings.Builder
	for _, r := range rows {
		if !slices.Contains(but, r.Number-930000) {
			text, err := json.Marshal(r)
			if err != nil {
				h.t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s\n", text)
		}
	}
	return b.String()
}

// The telephone of the school that its head has corrected, and its number.
const (
	walkPhone     = "12 999 99 99"
	walkCorrected = 13
	walkLeft      = 14 // what the officer leaves out
	walkEdited    = 2  // what the officer edits before undoing
)

// TestWalkOfFindingChanges: an officer takes in today's register, sees forty
// changes, approves, and undoes, while the people of two schools work on.
func TestWalkOfFindingChanges(t *testing.T) {
	walks(t)
	w := openDemoWalk(t)
	officer := w.enters("officer", w.person(access.AssociationOfficer), browser.Desk)
	officer.handsIn("pierwszy.csv", registerRows(1, 60))
	officer.countsChanges(map[string]string{"new": "60", "changed": "0", "closed": "0"})
	officer.approves()
	head := w.enters("head", w.headOf(walkCorrected), browser.View{Width: 390, Lang: "pl"})
	head.proposesPhone()
	officer.acceptsPhone()
	before := w.state(walkEdited)

	officer.handsIn("drugi.csv", laterRows())
	batch := officer.path()
	officer.countsChanges(map[string]string{"clashes": "1", "new": "6", "changed": "30", "closed": "4"})
	officer.decides()
	officer.approves()
	officer.at(batch)
	officer.countsChanges(map[string]string{"applied": "39", "left": "1"})
	officer.seesNewNames()
	head.visit(w.pageOf(walkCorrected), http.StatusOK)
	head.holds("main", walkPhone)

	officer.editsGroup()
	officer.undoes(batch)
	if diff := cmp.Diff(before, w.state(walkEdited)); diff != "" {
		t.Errorf("undone, but not as before: %s", diff)
	}
	officer.visit(w.pageOf(walkEdited), http.StatusOK)
	officer.holds("h1", "im. Wymyślonego Lotnika")
	officer.visit(w.pageOf(1), http.StatusOK)
	officer.holds("h1", "im. Zmyślonej Poetki")
	head.visit(w.pageOf(walkCorrected), http.StatusOK)
	head.holds("main", walkPhone)
}

// handsIn uploads a file of the register and comes to its difference.
func (p *walker) handsIn(name string, rows []registerRow) {
	p.t.Helper()
	p.visit("/administracja/rejestr", http.StatusOK)
	p.did("chose "+name, p.tab.Attach(`main input[type=file]`, fileOf(p.t, name, registerFile(p.t, rows))))
	p.send("plik")
	if !strings.HasPrefix(p.path(), "/administracja/wczytania/") {
		p.t.Fatalf("handed in, and at %s: %s", p.path(), p.words("main"))
	}
}

// countsChanges looks at the figures that lead to the parts of a difference.
func (p *walker) countsChanges(want map[string]string) {
	p.t.Helper()
	got := map[string]string{}
	for name := range want {
		got[name] = strings.Join(p.words(`main a.tile[href$="co=`+name+`"] strong`), ",")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("%s, %s: the figures: %s", p.name, p.last, diff)
	}
}

// approves all that was not left out, and watches the work until it is done:
// the page is not asked for again.
func (p *walker) approves() {
	p.t.Helper()
	if p.has("#zgoda") {
		p.did("ticked", p.tab.Toggle("#zgoda"))
	}
	p.click(`main form[action$="/zatwierdz"] button[value=wszystkie]`)
	p.watches("zmiany wprowadzono")
}

// watches the bar until the stream says that it is over.
func (p *walker) watches(over string) {
	p.t.Helper()
	for range 100 {
		if p.has("#postep a.btn") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.holds("#postep", over)
	p.drain() // the index, which follows
	p.click("#postep a.btn")
	p.holds("main .tag", over)
}

// proposesPhone: the head says what the register has wrong.
func (p *walker) proposesPhone() {
	p.t.Helper()
	p.visit(p.pageOf(walkCorrected), http.StatusOK)
	p.click(`main a[href$="/poprawki"]`)
	p.fill("phone", walkPhone, "uzasadnienie", "Ten numer działa od września.")
	p.send("phone")
	p.holds(`[data-correction="proposed"]`, walkPhone)
	p.sound()
}

// acceptsPhone: the officer finds it on the desk and agrees.
func (p *walker) acceptsPhone() {
	p.t.Helper()
	p.desk()
	p.click(`main ol.list a[href="/administracja/poprawki"]`)
	p.holds(`[data-correction="proposed"]`, walkPhone)
	p.click(`[data-correction="proposed"] button[value=przyjmij]`)
	p.visit(p.pageOf(walkCorrected), http.StatusOK)
	p.holds("[data-corrected]", walkPhone)
}

// decides keeps what the head corrected, and leaves one line out.
func (p *walker) decides() {
	p.t.Helper()
	p.click(`main a.tile[href$="co=clashes"]`)
	p.sound()
	line := p.line(walkCorrected)
	for _, words := range []string{"sprzeczne", walkPhone, "12 000 00 13", "12 000 01 13"} {
		p.holds(line, words)
	}
	p.did("kept ours", p.tab.Toggle(line+` input[value=ours]`))
	p.click(`main form.stack[action*="/wybor"] button`)
	p.click(`main a.tile[href$="co=changed"]`)
	p.did("left one out", p.tab.Toggle(p.line(walkLeft)+` input[value=leave]`))
	p.click(`main form.stack[action*="/wybor"] button`)
}

// line is the selector of the line about a school.
func (p *walker) line(number int) string {
	p.t.Helper()
	at := slices.IndexFunc(p.words("main li.change"), func(words string) bool { return strings.Contains(words, strconv.Itoa(930000+number)) })
	if at < 0 {
		p.t.Fatalf("%s, %s: no line about %d: %s", p.name, p.last, number, p.words("main li.change"))
	}
	return fmt.Sprintf("main li.change:nth-of-type(%d)", at+1)
}

// seesNewNames: the new name is found and stands on the page, with the old one
// under what was.
func (p *walker) seesNewNames() {
	p.t.Helper()
	p.seeks("szkole nr 701 Lotnika")
	p.click(`main li.item a[href="` + p.pageOf(1) + `"]`)
	p.holds("h1", "im. Wymyślonego Lotnika")
	p.holds(`section[aria-labelledby="dawniej"]`, "im. Zmyślonej Poetki")
	p.sound()
	p.visit(p.pageOf(33), http.StatusOK)
	p.holds("main", "zamknięt")
	p.visit(p.pageOf(walkLeft), http.StatusOK)
	p.holds("main", "12 000 00 14")
}

// editsGroup: the officer says that a school stands alone.
func (p *walker) editsGroup() {
	p.t.Helper()
	p.visit(p.pageOf(walkEdited), http.StatusOK)
	p.click(`main a[href$="/zespol"]`)
	p.did("alone", p.tab.Toggle("#wybor-alone"))
	p.send("wybor")
}

// undoes the whole import: what was edited since is listed before and after.
func (p *walker) undoes(batch string) {
	p.t.Helper()
	p.visit(batch, http.StatusOK)
	p.click(`main a[href$="/cofniecie"]`)
	p.sound()
	p.holds("main li.card", strconv.Itoa(930000+walkEdited))
	p.holds("main li.card", "Po wczytaniu ktoś zmienił dane")
	p.click(`main form[action$="/cofniecie"] button`)
	p.watches("zmiany cofnięto")
	p.countsChanges(map[string]string{"undone": "38", "kept": "1"})
	p.click(`main a.tile[href$="co=kept"]`)
	p.holds(p.line(walkEdited), "Po wczytaniu ktoś zmienił dane")
}

// TestWayOfFindingChanges is the same way without a browser, on both databases.
func TestWayOfFindingChanges(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		officer := h.as(access.AssociationOfficer)
		officer.takesIn(h, registerRows(1, 60), nil)
		h.correctsPhone(officer)
		before := h.state(walkEdited)

		batch := officer.takesIn(h, laterRows(), officer.leavesOneOut)
		for number, want := range map[int]string{1: "im. Wymyślonego Lotnika", walkCorrected: walkPhone, walkLeft: "12 000 00 14", 33: "zamknięt"} {
			if got := text(officer.page(h.pageOf(number)).Find("main")); !strings.Contains(got, want) {
				t.Errorf("%d lacks %q: %.400s", number, want, got)
			}
		}
		if got := text(officer.page(h.pageOf(1)).Find(`section[aria-labelledby="dawniej"]`)); !strings.Contains(got, "im. Zmyślonej Poetki") {
			t.Errorf("the old name is forgotten: %s", got)
		}

		edit := h.pageOf(walkEdited) + "/zespol"
		revision := officer.page(edit).Find(`[name="rewizja"]`).AttrOr("value", "")
		officer.sends(edit, url.Values{"wybor": {"alone"}, "rewizja": {revision}})
		officer.sends(batch+"/cofniecie", nil)
		h.drain()
		if got := text(officer.page(batch + "?co=kept").Find("li.change")); !strings.Contains(got, strconv.Itoa(930000+walkEdited)) {
			t.Errorf("what was kept is not listed: %q", got)
		}
		if diff := cmp.Diff(before, h.state(walkEdited)); diff != "" {
			t.Errorf("undone, but not as before: %s", diff)
		}
	})
}

// leavesOneOut counts the forty changes and the clash, and leaves out one.
func (v *visitor) leavesOneOut(difference string) {
	v.t.Helper()
	for part, want := range map[string]int{"clashes": 1, "new": 6, "changed": 30, "closed": 4} {
		if got := v.page(difference + "?co=" + part).Find("li.change").Length(); got != want {
			v.t.Errorf("%d %s, not %d", got, part, want)
		}
	}
	v.sends(difference+"/wybor?co=changed", url.Values{v.choiceOf(difference, walkLeft): {"leave"}})
}

// sends a form that must be taken.
func (v *visitor) sends(path string, form url.Values) *http.Response {
	v.t.Helper()
	res := v.post(path, form)
	if res.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("POST %s: %d %s", path, res.StatusCode, body(v.t, res))
	}
	return res
}

// takesIn hands in a file, lets somebody look, approves it and waits.
func (v *visitor) takesIn(h *house, rows []registerRow, look func(difference string)) (difference string) {
	v.t.Helper()
	res := v.upload("/administracja/rejestr", "plik", "dzis.csv", registerFile(v.t, rows))
	if res.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("upload: %d %s", res.StatusCode, body(v.t, res))
	}
	difference = res.Header.Get("Location")
	if look != nil {
		look(difference)
	}
	v.sends(difference+"/zatwierdz", url.Values{"zakres": {"wszystkie"}, "zgoda": {"tak"}})
	h.drain()
	return difference
}

// choiceOf is the field that decides on the line about a school.
func (v *visitor) choiceOf(difference string, number int) (field string) {
	v.t.Helper()
	v.page(difference + "?co=changed").Find("li.change").Each(func(_ int, line *goquery.Selection) {
		if strings.Contains(line.Text(), strconv.Itoa(930000+number)) {
			field = line.Find("input[type=radio]").AttrOr("name", "")
		}
	})
	if field == "" {
		v.t.Fatalf("nothing decides on %d", number)
	}
	return field
}

// correctsPhone: the head proposes, the officer accepts.
func (h *house) correctsPhone(officer *visitor) {
	h.t.Helper()
	head := h.stranger()
	head.sends("/konto/przyklad", url.Values{"osoba": {string(h.headOf(walkCorrected))}})
	page := h.pageOf(walkCorrected) + "/poprawki"
	head.sends(page, url.Values{"phone": {walkPhone}, "jest-phone": {"12 000 00 13"}})
	action := officer.page(page).Find(`[data-correction="proposed"] form`).AttrOr("action", "")
	officer.sends(action, url.Values{"co": {"przyjmij"}})
}

// TestFindingIsTheSame: both databases give the same results in the same order,
// for a stranger and for somebody who teaches, on all pages of the search.
func TestFindingIsTheSame(t *testing.T) {
	first := map[string]string{}
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.Metropolis))
		h.fixEntries()
		h.drain()
		var number string
		if err := d.Get(context.Background(), &number, `select min(rspo) from directory_institutions where rspo is not null`); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for name, v := range map[string]*visitor{"stranger": h.stranger(), "teacher": h.as(access.Teacher)} {
			for _, asked := range append(slices.Clone(askedOfBoth), number) {
				v.lookUp(name, asked, got)
			}
		}
		if len(first) == 0 {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("the databases differ: %s", diff)
		}
	})
}

// fixEntries gives what people offer the same ids in every database: those
// decide between results of one day. All else that is invented has fixed ids.
func (h *house) fixEntries() {
	h.t.Helper()
	ctx := context.Background()
	var ids []string
	if err := h.db.Select(ctx, &ids, `select id from directory_network_entries order by created_at, id`); err != nil || len(ids) == 0 {
		h.t.Fatal(ids, err)
	}
	err := h.db.Write(ctx, func(tx *db.Tx) error {
		for n, was := range ids {
			is := fmt.Sprintf("01900000-0000-7000-8000-%012d", n)
			for _, statement := range []string{
				`insert into directory_network_entries (id, side, owner, person, institution, role, lang, body, open_to_all, until, ends_at, state, created_at, changed_at)
					select ?, side, owner, person, institution, role, lang, body, open_to_all, until, ends_at, state, created_at, changed_at from directory_network_entries where id = ?`,
				`update directory_network_topics set entry = ? where entry = ?`,
				`update directory_topic_uses set object = ? where object = ?`,
				`update directory_contact_requests set entry = ? where entry = ?`,
			} {
				if _, err := tx.Exec(ctx, statement, is, was); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `delete from directory_network_entries where id = ?`, was); err != nil {
				return err
			}
			if err := search.Touch(ctx, tx, networking.EntryKind, is); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

var askedOfBoth = []string{
	"krakow", "w Wieliczce", "swiatniki gorne", "niepołomicach", "przedszkola w Skawinie", "szkole podstawowej", "liceum ogólnokształcące",
	"robotyką", "pracowni robotyki", "nauczycieli matematyki", "zajęciami z języka ukraińskiego", "\"szkoła podstawowa nr\"", "poradni psychologicznej",
	"doskonalenia nauczycieli", "zespołu szkół", "uczniów ze specjalnymi potrzebami", "pzredszkole", "szkoła podstawowa w Atlantydzie", "\"niezamknięty cudzysłów",
}

// lookUp asks for all kinds together and for each kind by two pages, and keeps
// what is to be read there, with the addresses of institutions and topics.
func (v *visitor) lookUp(name, asked string, got map[string]string) {
	v.t.Helper()
	at := "/szukaj?" + url.Values{"q": {asked}}.Encode()
	all := v.page(at)
	got[name+" "+asked] = said(all)
	found := all.Find(".item")
	switch {
	case asked == "pzredszkole" && !strings.Contains(text(all.Find("main")), "Czy chodziło o: przedszkole"):
		v.t.Errorf("%s: no suggestion: %s", asked, text(all.Find("main")))
	case !strings.HasPrefix(asked, `"niezamk`) && asked != "pzredszkole" && found.Length() == 0 && name != "stranger":
		v.t.Errorf("%s finds nothing: %s", asked, text(all.Find("main")))
	}
	for _, kind := range []string{"institution", "topic", "offer"} {
		one := v.page(at + "&rodzaj=" + kind)
		got[name+" "+asked+" "+kind] = said(one)
		if next := one.Find(`main a[rel=next]`).AttrOr("href", ""); next != "" {
			got[name+" "+asked+" "+kind+" next"] = said(v.page(next))
		}
	}
}

// said is the results of a page of search, in order, with their reasons, and
// the counts.
func said(doc *goquery.Document) string {
	lines := []string{text(doc.Find("#ile")), text(doc.Find("main .notice")), text(doc.Find("main h3 .muted")), text(doc.Find("aside.facets"))}
	doc.Find("main .item").Each(func(_ int, item *goquery.Selection) {
		address := item.Find("a").First().AttrOr("href", "")
		marked, _ := item.Find("mark").First().Html()
		lines = append(lines, address+" "+text(item)+" "+marked)
	})
	return strings.Join(lines, "\n")
}
