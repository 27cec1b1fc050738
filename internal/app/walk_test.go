package app_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"kladka/internal/access/otp"
	"kladka/internal/app"
	"kladka/internal/platform/mail"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
)

// The people of the walk. Their letters go to a real server of mail.
const (
	walkPassword = "zielony most nad Wisłą"
	walkSchool   = "Liceum Ogólnokształcące im. Jana III Zmyślonego"
	walkOffice   = "Urząd Zmyślony Miasta Krakowa"
)

var (
	walkPupils   = []string{"Ćwiąkalska Żaneta", "Lis Jan", "Щербина Олександр"}
	walkPictures = []string{"moon", "key", "fish", "kite"}
)

// walks is how every walk begins. They take half a minute each, and wait for the
// browser for most of it: two of them share the time.
func walks(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
}

// TestWalkOfPeople goes the whole way in a real browser, over real data, by
// clicking what people click: from the link of the first administrator to the
// pupil at a shared computer, and until the head has left.
func TestWalkOfPeople(t *testing.T) {
	walks(t)
	w := openWalk(t)
	admin := w.setUp()
	admin.takeInRegister()
	admin.addOffice()
	admin.invite("Ola Urzędowa", "ola@office.example", "urzędu prowadzącego")
	officer := w.accepts("ola@office.example", browser.View{Width: 1280, Lang: "pl", Scripts: true})
	officer.secondStep("lista")
	officer.find(walkSchool)
	officer.invite("Ewa Łoś", "ewa@school.example", "Dyrektorka lub dyrektor")
	head := w.accepts("ewa@school.example", browser.View{Width: 390, Lang: "pl", Scripts: true})
	head.secondStep("aplikacja")
	head.inviteBySheet()
	teacher := w.accepts("jan@school.example", browser.View{Width: 390, Lang: "pl"})
	teacher.at("/moje-sprawy") // nobody else's data: no second step
	tutor := w.accepts("zofia@school.example", browser.View{Width: 1280, Lang: "pl", Scripts: true})
	tutor.at("/moje-sprawy")
	head.makeClass("Zofia Żak")
	cards := tutor.printCards()
	w.shareComputer(cards)
	w.keepSheet(cards[0])
	w.shareWithoutScripts(cards)
	w.headLeaves(officer, head)
}

// walk is a running installation with real data, its mail, and a clock that
// can be put forward.
type walk struct {
	*house
	browser *browser.Browser
	box     *walkBox
	ahead   atomic.Int64 // of the clock, in nanoseconds
	hurry   atomic.Bool  // pages without scripts leave after a second, not after three minutes
	school  string       // address of its page
}

func (w *walk) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func openWalk(t *testing.T) *walk {
	t.Helper()
	w := &walk{browser: browser.Start(t), box: openBox(t)}
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	d := testkit.SQLite(t, app.Modules())
	a, err := app.New(t.Context(), d, app.Settings{Folder: t.TempDir(), Base: base, SMTP: w.box.settings()}, slog.New(slog.DiscardHandler), w.now)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = w.hasten(a.Handler())
	server.Start()
	t.Cleanup(server.Close)
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan struct{})
	go func() { defer close(worked); a.Work(ctx) }()
	t.Cleanup(func() { stop(); <-worked })
	w.house = &house{a, t, d, server}
	return w
}

// hasten shortens the three minutes after which a page without scripts leaves
// a shared computer, when the walk is in a hurry.
func (w *walk) hasten(h http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if !w.hurry.Load() {
			h.ServeHTTP(out, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			out.Header()[name] = values
		}
		out.WriteHeader(rec.Code)
		io.WriteString(out, strings.ReplaceAll(rec.Body.String(), `content="180;`, `content="1;`))
	})
}

// walker is a person at a browser of their own.
type walker struct {
	*walk
	name string
	tab  *browser.Tab
	last string // what was done last, for the report of a fault
}

func (w *walk) comes(name, address string, v browser.View) *walker {
	w.t.Helper()
	return w.comesWith(w.browser, name, address, v)
}

func (w *walk) comesWith(b *browser.Browser, name, address string, v browser.View) *walker {
	w.t.Helper()
	p := &walker{walk: w, name: name, tab: b.Open(w.t, address, v), last: "came to " + address}
	p.looks(http.StatusOK)
	return p
}

// did ends the test when a step could not be made.
func (p *walker) did(what string, err error) {
	p.t.Helper()
	p.last = what
	if err != nil {
		at, _ := p.tab.Address()
		words, _ := p.tab.Words("main")
		p.t.Fatalf("%s, %s: %v\nat %s: %.600s", p.name, what, err, at, words)
	}
}

// looks checks what holds for every page of the walk: its status, no text that
// is missing, no complaint of the console.
func (p *walker) looks(status int) {
	p.t.Helper()
	words := strings.Join(p.words("main"), " ")
	if got := p.tab.Status(); got != status {
		at, _ := p.tab.Address()
		p.t.Fatalf("%s, %s: answered with %d, not %d, at %s: %.600s", p.name, p.last, got, status, at, words)
	}
	if strings.Contains(words, "⟦") {
		p.t.Errorf("%s, %s: a text is missing: %s", p.name, p.last, words)
	}
	for _, c := range browser.Must(p.t, p.tab.Console) {
		p.t.Errorf("%s, %s: %s", p.name, p.last, c)
	}
}

func (p *walker) click(selector string) {
	p.t.Helper()
	p.did("clicked "+selector, p.tab.Click(selector))
	p.looks(http.StatusOK)
}

func (p *walker) visit(path string, status int) {
	p.t.Helper()
	p.did("visited "+path, p.tab.Visit(p.server.URL+strings.TrimPrefix(path, p.server.URL)))
	p.looks(status)
}

// fill types into fields, in the order of the pairs of name and words.
func (p *walker) fill(pairs ...string) {
	p.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p.did("typed into "+pairs[i], p.tab.Type(`main [name="`+pairs[i]+`"]`, pairs[i+1]))
	}
}

// send presses the button of the form with the field.
func (p *walker) send(field string) {
	p.t.Helper()
	p.click(`main form:has([name="` + field + `"]) button.btn[type=submit]`)
}

func (p *walker) words(selector string) []string {
	p.t.Helper()
	return browser.Must(p.t, func() ([]string, error) { return p.tab.Words(selector) })
}

func (p *walker) has(selector string) bool { p.t.Helper(); return len(p.words(selector)) > 0 }

func (p *walker) path() string {
	p.t.Helper()
	return browser.Must(p.t, p.tab.Address)
}

func (p *walker) at(path string) {
	p.t.Helper()
	if got := p.path(); got != path {
		p.t.Fatalf("%s, %s: came to %s, not %s: %.300s", p.name, p.last, got, path, p.words("main"))
	}
}

// sound looks at a page that the list of pages cannot reach.
func (p *walker) sound() {
	p.t.Helper()
	for _, f := range browser.Must(p.t, func() ([]string, error) { return p.tab.Findings(browser.Page{Status: p.tab.Status()}) }) {
		p.t.Errorf("%s, %s: %s", p.name, p.last, f)
	}
}

// setUp makes the first administrator out of the link that the program prints.
func (w *walk) setUp() *walker {
	w.t.Helper()
	token, err := w.Access().SetupToken(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	admin := w.comes("administrator", w.server.URL+"/konto/pierwsze/"+token, browser.Desk)
	admin.fill("name", "Adam Administrujący", "email", "adam@office.example", "password", walkPassword)
	admin.send("password")
	admin.secondStep("aplikacja")
	return admin
}

// secondStep sets up the second factor to which a person was led, and goes on
// to the desk.
func (p *walker) secondStep(way string) {
	p.t.Helper()
	if !strings.HasPrefix(p.path(), "/konto/drugi-krok?") {
		p.t.Fatalf("%s was not led to the second step but to %s", p.name, p.path())
	}
	p.click(`main a[href^="/konto/drugi-krok/` + way + `"]`)
	code := ""
	if way == "aplikacja" {
		secret := strings.Join(strings.Fields(strings.Join(p.words("main details code"), "")), "")
		var err error
		if code, err = otp.Code(secret, p.now()); err != nil {
			p.t.Fatal(err)
		}
	} else {
		asked := regexp.MustCompile(`[0-9]+`).FindString(p.words(`label[for="kod"]`)[0])
		n, err := strconv.Atoi(asked)
		codes := p.words(".codes code")
		if err != nil || n < 1 || n > len(codes) {
			p.t.Fatalf("asked for code %q of %d", asked, len(codes))
		}
		code = codes[n-1]
	}
	p.fill("kod", code)
	p.send("kod")
	if n := len(p.words(".codes code")); n == 0 {
		p.t.Errorf("%s got no recovery codes", p.name)
	}
	p.click("main p > a.btn")
	p.at("/moje-sprawy")
}

// takeInRegister uploads the sample, approves the difference and waits until
// the work is done.
func (p *walker) takeInRegister() {
	p.t.Helper()
	p.click(`main ol.todo a[href="/administracja/rejestr"]`)
	p.did("chose the register", p.tab.Attach(`input[type=file]`, "../directory/register/testdata/smk-2022.csv"))
	p.send("plik")
	difference := p.path()
	if p.has("#zgoda") { // so many changes need a tick
		p.did("ticked", p.tab.Toggle("#zgoda"))
	}
	p.did("approved", p.tab.Click(`main form[action$="/zatwierdz"] button`))
	for range 50 {
		if p.visit(difference, http.StatusOK); p.has("main .tag.ok") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("the register was not taken in: %s", p.words("main"))
}

// find searches from the front page and opens what is found.
func (p *walker) find(name string) {
	p.t.Helper()
	p.click("a.brand")
	p.fill("q", name)
	p.click(`main form[role=search] button`)
	p.click(`main ol.list a[href^="/instytucje/"]`)
	if got := p.words("h1"); !strings.Contains(got[0], name) {
		p.t.Fatalf("found %q", got)
	}
	if p.school == "" {
		p.school = p.path()
	}
}

// addOffice adds the authority's office, which no register holds, and opens its page.
func (p *walker) addOffice() {
	p.t.Helper()
	p.visit("/instytucje/nowa", http.StatusOK)
	p.did("kind", p.tab.Pick("#rodzaj", "rząd"))
	p.did("municipality", p.tab.Pick("#gmina", "Kraków"))
	p.fill("nazwa", walkOffice)
	p.did("runs the schools", p.tab.Toggle("#prowadzi"))
	p.send("nazwa")
	if got := p.words("h1"); got[0] != walkOffice {
		p.t.Fatalf("added %q: %s", got, p.words("main"))
	}
}

// invite asks somebody to take a role at the institution whose page is open.
func (p *walker) invite(name, email, role string) {
	p.t.Helper()
	p.click(`main a[href$="/osoby"]`)
	p.click(`main a[href$="/osoby/zapros"]`)
	p.fill("name", name, "email", email)
	p.did("role", p.tab.Pick("#role", role))
	p.send("email")
	if !p.has(`.notice[role=status]`) || p.has("code.secret") {
		p.t.Errorf("%s does not learn that the letter is on its way: %s", p.name, p.words("main"))
	}
}

// accepts opens the link of the newest letter and makes the account.
func (w *walk) accepts(email string, v browser.View) *walker {
	w.t.Helper()
	p := w.comes(email, w.box.link(w.t, email, w.server.URL), v)
	p.sound()
	p.fill("password", walkPassword)
	p.send("password")
	return p
}

// inviteBySheet uploads the staff, looks at the plan and sends the letters.
func (p *walker) inviteBySheet() {
	p.t.Helper()
	p.click(`main a[href="` + p.school + `/osoby/wczytaj"]`)
	file := filepath.Join(p.t.TempDir(), "kadra.csv")
	sheet := "Imię i nazwisko;E-mail;Rola\nJan Ćwik;jan@school.example;nauczyciel\nZofia Żak;zofia@school.example;nauczycielka\n"
	if err := os.WriteFile(file, []byte(sheet), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.did("chose the sheet", p.tab.Attach(`input[name=arkusz]`, file))
	p.send("arkusz")
	if rows := p.words(`[data-plan="new"] tbody tr`); len(rows) != 2 {
		p.t.Fatalf("the plan: %q", rows)
	}
	p.send("lista")
	if at := p.path(); !strings.HasPrefix(at, "/administracja/wczytania/") {
		p.t.Fatalf("the sheet leads to %s, not to its import: %.300s", at, p.words("main"))
	}
	p.visit(p.school+"/osoby", http.StatusOK)
}

// makeClass makes a class, types its pupils and names the tutor.
func (p *walker) makeClass(tutor string) {
	p.t.Helper()
	p.desk()
	p.click(`main a[href="` + p.school + `/klasy"]`)
	p.fill("nazwa", "1ż")
	p.send("nazwa")
	p.fill("osoby", strings.Join(walkPupils, "\n"))
	p.send("osoby")
	if got := p.words("main tbody th"); !slices.Equal(got, walkPupils) {
		p.t.Errorf("the roster: %q", got)
	}
	p.did("tutor", p.tab.Pick("#wychowawca", tutor))
	p.send("wychowawca")
}

// desk goes to the desk by the navigation, on a narrow screen by the menu.
func (p *walker) desk() {
	p.t.Helper()
	if !p.has(".nav.wide a[aria-current], .nav.wide a") || p.tab.Width() < 600 {
		p.did("menu", p.tab.Toggle(".menu > summary"))
	}
	p.click(`header a[href="/moje-sprawy"]`)
}

// printCards takes the tutor to the second step that the new role wants, then
// to the cards of the class. The file is what the printer gets.
func (p *walker) printCards() []printedCard {
	p.t.Helper()
	p.desk()
	p.click(`main ol.list a[href^="/konto/drugi-krok"]`)
	if p.path() == "/konto/drugi-krok" {
		p.visit("/konto/drugi-krok?dalej=/moje-sprawy", http.StatusOK)
	}
	p.secondStep("lista")
	p.click(`main ol.list a[href^="` + p.school + `/klasy/"]`)
	p.click(`main a[href$="/karty"]`)
	paper, err := p.tab.Download(`main form:has([value="bez"]) button`, p.t.TempDir())
	p.did("printed", err)
	cards := printedCards(p.t, paper)
	if len(cards) != len(walkPupils) {
		p.t.Fatalf("%d cards", len(cards))
	}
	return cards
}

// cardIn brings a card to the computer: the address is that of its QR code, the
// secret is typed.
func (p *walker) cardIn(c printedCard) {
	p.t.Helper()
	p.visit("/konto/karta?nr="+strings.Join(strings.Fields(c.number), ""), http.StatusOK)
	p.fill("kod", strings.ToLower(c.secret))
	p.send("kod")
	p.at("/konto/karta/pin")
	p.leaksNothing(c)
}

// leaksNothing: the secret stands in no address and on no page.
func (p *walker) leaksNothing(c printedCard) {
	p.t.Helper()
	source := strings.ToUpper(browser.Must(p.t, p.tab.Source) + p.path())
	if strings.Contains(source, c.secret) {
		p.t.Errorf("%s, %s: the page repeats the secret", p.name, p.last)
	}
}

func (p *walker) pictures(names []string) {
	p.t.Helper()
	for _, name := range names {
		p.did("pressed "+name, p.tab.Click(`.pictures button[value="`+name+`"]`))
	}
}

// first is the first sign-in with a card: pictures are chosen and confirmed.
func (p *walker) first(c printedCard, name string) {
	p.t.Helper()
	p.cardIn(c)
	p.sound()
	p.pictures(walkPictures)
	p.looks(http.StatusOK)
	p.sound()
	p.click(`main button[name=pewne]`)
	p.in(name)
}

// in: the desk is that of the pupil, and names none of the others.
func (p *walker) in(name string) {
	p.t.Helper()
	p.at("/moje-sprawy")
	source := browser.Must(p.t, p.tab.Source)
	if !strings.Contains(source, name) {
		p.t.Errorf("%s is not at the own desk: %s", name, p.words("main"))
	}
	p.strange(source, name)
}

// strange: a page names no pupil but, if anybody, this one.
func (p *walker) strange(source, but string) {
	p.t.Helper()
	for _, other := range walkPupils {
		if other != but && strings.Contains(source, other) {
			p.t.Errorf("%s, %s: the page at %s names %s", p.name, p.last, p.path(), other)
		}
	}
}

// gone: the start page or the page that says it is over, and nothing of any pupil.
func (p *walker) gone(paths ...string) {
	p.t.Helper()
	if got := p.path(); !slices.Contains(paths, got) {
		p.t.Errorf("%s, %s: at %s, not %s", p.name, p.last, got, paths)
	}
	p.strange(browser.Must(p.t, p.tab.Source), "")
}

// shareComputer lets one pupil after another sign in at one computer. Going
// back there must be tried in a browser that keeps pages whole.
func (w *walk) shareComputer(cards []printedCard) {
	w.t.Helper()
	c := w.comesWith(browser.StartWhole(w.t), "shared computer", w.server.URL+"/", browser.View{Width: 1280, Lang: "pl", Scripts: true})
	c.first(cards[0], walkPupils[0])
	c.did("went to the own account", c.tab.Click("header a.me"))
	c.finish()
	for range 2 { // the account and the desk
		c.did("back", c.tab.Back())
		c.gone("/")
	}

	c.resend(cards[0])

	c.first(cards[1], walkPupils[1])
	c.did("slept for three minutes", c.tab.Wait(func() error { return c.tab.Sleep(3 * time.Minute) }))
	c.gone("/konto/koniec?wspolny=1")
	c.did("back", c.tab.Back())
	c.gone("/")

	// Again with the pictures, then away from the keyboard where no script watches.
	c.cardIn(cards[1])
	c.pictures(walkPictures)
	c.looks(http.StatusOK)
	c.in(walkPupils[1])
	w.ahead.Add(int64(4 * time.Minute))
	c.did("came back after four minutes", c.tab.Click("header a.me"))
	c.gone("/")
}

// ends waits until the browser has gone by itself to the address.
func (p *walker) ends(path string) {
	p.t.Helper()
	p.last = "waited for " + path
	for range 100 {
		// A page that just goes away gives no address.
		if at, err := p.tab.Address(); err == nil && at == path {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.at(path)
}

// resend: the next at the computer, who kept the sheet, finds the forms of the
// pupil before in the history of the browser and sends them again.
func (p *walker) resend(c printedCard) {
	p.t.Helper()
	p.cardIn(c)
	forms := 0
	for range 7 {
		asked, err := p.tab.Resend()
		p.did("sent old forms again", err)
		if asked {
			forms++
		}
		if p.path() == "/moje-sprawy" || p.has("main ol.pictures, main button[name=pewne]") {
			p.t.Fatalf("%s: an old form sent again leads to %s: %s", p.name, p.path(), p.words("main"))
		}
	}
	if forms == 0 {
		p.t.Error("the history held no form: the walk tried nothing")
	}
}

// finish presses the big button.
func (p *walker) finish() {
	p.t.Helper()
	p.click("header button.finish-now")
	p.gone("/konto/koniec?wspolny=1")
}

// keepSheet: whoever kept the printed sheet has the number and the secret, and
// yet does not get in.
func (w *walk) keepSheet(c printedCard) {
	w.t.Helper()
	thief := w.comes("thief", w.server.URL+"/konto/karta", browser.Desk)
	thief.cardIn(c)
	thief.sound()
	thief.pictures([]string{"star", "tree", "book", "boat"})
	thief.looks(http.StatusUnprocessableEntity)
	if thief.has("main button[name=pewne]") {
		thief.t.Error("the thief may choose pictures anew")
	}
	thief.visit("/moje-sprawy", http.StatusOK)
	if thief.at("/konto/zaloguj?dalej=%2Fmoje-sprawy"); thief.has("header .me") {
		thief.t.Error("the thief is in")
	}
}

// shareWithoutScripts is a shared computer whose browser runs no scripts.
func (w *walk) shareWithoutScripts(cards []printedCard) {
	w.t.Helper()
	c := w.comes("computer without scripts", w.server.URL+"/", browser.View{Width: 390, Lang: "uk"})
	c.first(cards[2], walkPupils[2])
	c.finish()
	c.did("back", c.tab.Back())
	c.gone("/")
	w.hurry.Store(true)
	c.cardIn(cards[0])
	c.pictures(walkPictures)
	c.ends("/konto/koniec?wspolny=1")
	w.hurry.Store(false)
	c.gone("/konto/koniec?wspolny=1")
	c.visit("/moje-sprawy", http.StatusOK)
	c.gone("/")
}

// headLeaves: the officer ends what the head is at the school; the next click
// of the head is refused, and what the head had promised is void.
func (w *walk) headLeaves(officer, head *walker) {
	w.t.Helper()
	head.visit(w.school, http.StatusOK)
	head.invite("Kazimiera Późna", "kazimiera@school.example", "Specjalistka")
	link := w.box.link(w.t, "kazimiera@school.example", w.server.URL)
	guest := w.comes("kazimiera@school.example", link, browser.Desk)

	officer.find(walkSchool)
	officer.click(`main a[href$="/osoby"]`)
	officer.click(`main th a[href*="/osoby/"]`)
	if got := officer.words("h1"); got[0] != "Ewa Łoś" {
		w.t.Fatalf("opened %q", got)
	}
	officer.click(`main form[action$="/odejscie"] button`)

	head.did("clicked after leaving", head.tab.Click(`main a[href$="/osoby/zapros"]`))
	head.looks(http.StatusForbidden)
	head.visit("/moje-sprawy", http.StatusForbidden)
	guest.visit(link, http.StatusNotFound)
}

// walkBox is a server of mail that keeps what it is given.
type walkBox struct {
	port    int
	mu      sync.Mutex
	letters []walkLetter
}

type walkLetter struct{ to, text string }

func openBox(t *testing.T) *walkBox {
	t.Helper()
	box := &walkBox{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &walkTalk{box: box}, nil }))
	server.Domain, server.ErrorLog = "mx.example", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box.port = l.Addr().(*net.TCPAddr).Port
	go server.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { server.Close() })
	return box
}

func (b *walkBox) settings() *mail.SMTP {
	return &mail.SMTP{Host: "127.0.0.1", Port: b.port, TLS: "none", From: "Kładka <kladka@mail.example>"}
}

// link waits for a letter and finds the invitation in the newest.
func (b *walkBox) link(t *testing.T, to, base string) string {
	t.Helper()
	shape := regexp.MustCompile(regexp.QuoteMeta(base) + `/zaproszenie/[A-Z0-9]+`)
	for range 200 {
		b.mu.Lock()
		for _, l := range slices.Backward(b.letters) {
			if link := shape.FindString(l.text); l.to == to && link != "" {
				b.mu.Unlock()
				return link
			}
		}
		b.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("no letter with an invitation came to %s", to)
	return ""
}

// walkTalk is one conversation with the server.
type walkTalk struct {
	box *walkBox
	to  string
}

func (s *walkTalk) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *walkTalk) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }
func (s *walkTalk) Reset()                                    { s.to = "" }
func (s *walkTalk) Logout() error                             { return nil }

func (s *walkTalk) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.letters = append(s.box.letters, walkLetter{s.to, string(text)})
	return nil
}
