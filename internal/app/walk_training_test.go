package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
	"kladka/internal/testkit/center"
)

// What the people of the walk write.
const (
	walkCourse      = "Ćwiczenia z żonglerki liczbami"
	walkInBrief     = "Jak liczyć w ruchu, gdy za oknem pada."
	walkGuest       = "Grażyna Żółć-Łęcka"
	walkGuestMail   = "grazyna@poczta.example"
	walkGuestSchool = "Pracownia Edukacji Plenerowej „Źdźbło”"
	walkCenterName  = "Ośrodek Doskonalenia Zmyślonego w Krakowie"
)

// walkDays is how long ago the walk begins; it meets a day before today.
const walkDays = 10

// TestWalkOfTraining goes from an offer to a certificate that a stranger
// verifies: an officer publishes, a teacher without an account waits, is offered
// a seat and takes it, a trainer takes attendance on a phone, the director signs.
func TestWalkOfTraining(t *testing.T) {
	walks(t)
	w := openTrainingWalk(t)
	desk, phone := browser.View{Width: 1280, Lang: "pl", Scripts: true}, browser.View{Width: 390, Lang: "pl"}
	officer := w.enters("officer", w.person(access.CenterOfficer), desk)
	course := officer.drafts()
	starts := officer.completes()
	officer.publishes()

	teacher := w.enters("teacher", w.person(access.Teacher), browser.View{Width: 390, Lang: "pl", Scripts: true})
	teacher.seats(course.public)
	other := w.enters("other", w.person(access.SchoolSpecialist), browser.View{Width: 1280, Lang: "pl"})
	other.seats(course.public)

	guest := w.comes("guest", w.server.URL+"/szkolenia", phone)
	guest.enrolls(course.public)
	link := guest.confirms()
	guest.waitsForSeat()
	other.resigns()
	guest.acceptsSeat(link)

	w.goesTo(starts.Add(10 * time.Minute))
	w.attend(phone, guest, link)
	w.goesTo(starts.Add(4 * time.Hour))
	officer = w.enters("officer", w.person(access.CenterOfficer), desk)
	officer.settles(course)
	guest.givesBirth(link)
	officer.setsCenter()
	officer.issues(course)
	w.enters("director", w.person(access.CenterDirector), desk).signs()

	number, key := guest.fetches()
	w.comes("stranger", w.server.URL+"/zaswiadczenia", phone).verifies(number, key)
	w.comes("stranger with scripts", w.server.URL+"/zaswiadczenia", desk).isRefused(number, key)
}

// openTrainingWalk opens a walk over invented people and institutions, without
// trainings. Jobs run when the walk drains them, or when a page watches them.
// The clock begins days ago and is put forward to yesterday at most: sessions
// count their time by the real one.
func openTrainingWalk(t *testing.T) *walk {
	t.Helper()
	w := &walk{browser: browser.Start(t)}
	w.ahead.Store(int64(-walkDays * 24 * time.Hour))
	server := httptest.NewUnstartedServer(nil)
	d := testkit.SQLite(t, app.Modules())
	a, err := app.New(t.Context(), d, app.Settings{Demo: string(demo.School), Folder: t.TempDir(), Base: "http://" + server.Listener.Addr().String()},
		slog.New(slog.DiscardHandler), w.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(t.Context(), d, a.Access(), a.Directory(), demo.Modules{}, demo.School); err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	server.Config.Handler = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/strumien") { // a page asks how far the work is
			working.Go(func() {
				if err := a.Drain(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		a.Handler().ServeHTTP(out, r)
	})
	t.Cleanup(working.Wait)
	server.Start()
	t.Cleanup(server.Close)
	w.house = &house{a, t, d, server}
	w.drain()
	return w
}

// goesTo puts the clock forward, and does what is due by then.
func (w *walk) goesTo(at time.Time) {
	w.t.Helper()
	w.ahead.Store(int64(time.Until(at)))
	w.drain()
}

// courseAt is where a training stands for its center and for the public.
type courseAt struct{ desk, public string }

// unfolds goes to a place that the main navigation has folded into its field.
func (p *walker) unfolds(href string) {
	p.t.Helper()
	place := `header nav.wide a[href="` + href + `"]`
	p.did("unfolded", p.tab.Press(`header nav.wide .fold:has(a[href="`+href+`"]) > summary`))
	p.click(place)
}

// drafts begins a training from the desk with the short form.
func (p *walker) drafts() courseAt {
	p.t.Helper()
	p.unfolds("/osrodek/szkolenia")
	p.click(`main a[href="/osrodek/szkolenia/nowe"]`)
	p.did("form", p.tab.Pick("#forma", "Warsztat"))
	p.fill("tytul", walkCourse)
	p.send("tytul")
	at := p.path()
	if !strings.HasPrefix(at, "/osrodek/szkolenia/") {
		p.t.Fatalf("%s drafted, and came to %s: %s", p.name, at, p.words("main"))
	}
	p.holds(`[data-promise="next"]`, "Uzupełnij")
	id := strings.TrimPrefix(at, "/osrodek/szkolenia/")
	if res := p.stranger().get("/szkolenia/" + id); res.StatusCode != http.StatusNotFound {
		p.t.Errorf("a stranger sees the draft: %d", res.StatusCode)
	}
	return courseAt{at, "/szkolenia/" + id}
}

// completes goes by the list of what is missing, until nothing is.
func (p *walker) completes() (starts time.Time) {
	p.t.Helper()
	p.click(`main [aria-labelledby="braki"] a[href*="/zmien"]`)
	p.fill("skrot", walkInBrief)
	p.saves()
	day := p.now().In(web.Warsaw).AddDate(0, 0, walkDays-1)
	p.click(`main [aria-labelledby="braki"] a[href*="/terminy"]`)
	p.fill("miejsce", "ul. Zmyślona 7, Kraków")
	p.sends(map[string]string{"s0_dzien": day.Format(time.DateOnly), "s0_od": "10:00", "s0_do": "13:00"})
	p.click(`main [aria-labelledby="braki"] a[href*="/miejsca"]`)
	p.fill("miejsca", "2")
	p.saves()
	if p.has(`main [aria-labelledby="braki"]`) {
		p.t.Errorf("%s: still missing: %s", p.name, p.words(`main [aria-labelledby="braki"]`))
	}
	p.click(`main a[href$="/prowadzacy"]`)
	p.did("leader", p.tab.Pick("#osoba0", p.nameOf(p.person(access.Trainer))))
	p.saves()
	p.holds("#prowadzacy ~ .rows", p.nameOf(p.person(access.Trainer)))
	return time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, web.Warsaw)
}

// saves presses the button of an offer's form, not one that only adds a row.
func (p *walker) saves() {
	p.t.Helper()
	p.click(`main form.stack button.btn[type=submit]:not(.ghost)`)
	p.saved()
}

// sends fills fields that a browser has its own pickers for, and sends the form.
func (p *walker) sends(fields map[string]string) {
	p.t.Helper()
	p.did(fmt.Sprint("sent ", fields), p.tab.Send("main form.stack", fields))
	p.looks(http.StatusOK)
	p.saved()
}

func (p *walker) saved() {
	p.t.Helper()
	if !p.has(`.notice[role=status]`) {
		p.t.Errorf("%s, %s: is not told that it is saved: %.300s", p.name, p.last, p.words("main"))
	}
}

// nameOf is how somebody is called.
func (h *house) nameOf(id access.PersonID) (name string) {
	h.t.Helper()
	if err := h.db.Get(context.Background(), &name, `select name from access_people where id = ?`, id); err != nil {
		h.t.Fatal(err)
	}
	return name
}

// publishes after a look at what people will read.
func (p *walker) publishes() {
	p.t.Helper()
	p.click(`main p.row a.btn[href$="/opublikuj"]`)
	p.holds("main article", walkInBrief)
	p.saves()
	p.holds("main .notice", "w katalogu")
	p.sound()
	p.drain()
}

// seats finds the training by the catalog and takes a seat with the own account.
func (p *walker) seats(course string) {
	p.t.Helper()
	p.visit("/szkolenia", http.StatusOK)
	p.click(`main a[href="` + course + `"]`)
	p.click(`main a.btn[href$="/zapis"]`)
	p.click(`main form[action$="/zapis"] button.btn[type=submit]`)
	if !strings.HasPrefix(p.path(), "/zapisy/") {
		p.t.Fatalf("%s enrolled, and came to %s: %s", p.name, p.path(), p.words("main"))
	}
	p.holds("main .tag", "Miejsce potwierdzone")
}

// enrolls somebody without an account.
func (p *walker) enrolls(course string) {
	p.t.Helper()
	p.click(`main a[href="` + course + `"]`)
	p.holds("main", walkInBrief)
	p.click(`main a.btn[href$="/zapis"]`)
	p.holds("main", "Nie ma wolnych miejsc")
	p.sound()
	p.fill("imie", walkGuest, "email", walkGuestMail, "instytucja", walkGuestSchool)
	p.send("email")
	p.holds("main", walkGuestMail)
	p.holds(`[data-promise="next"]`, "potwierdź")
}

// linkIn is the link of the newest letter to an address.
func (w *walk) linkIn(to, subject string) string {
	w.t.Helper()
	w.drain()
	letters, err := w.Mail().Outbox(context.Background(), to)
	if err != nil || len(letters) == 0 {
		w.t.Fatal("no letter to ", to, err)
	}
	link := regexp.MustCompile(regexp.QuoteMeta(w.server.URL) + `/zapisy/\S+`).FindString(letters[0].Text)
	if !strings.Contains(letters[0].Subject, subject) || link == "" {
		w.t.Fatalf("the letter to %s is %q: %s", to, letters[0].Subject, letters[0].Text)
	}
	return link
}

// standing is all that the database says of where an enrollment stands.
func (h *house) standing(link string) (state string) {
	h.t.Helper()
	id := regexp.MustCompile(`/zapisy/([0-9a-f-]+)`).FindStringSubmatch(link)[1]
	var row struct {
		State    string `db:"state"`
		Revision int64  `db:"revision"`
		Acts     int    `db:"acts"`
	}
	err := h.db.Get(context.Background(), &row, `select e.state, e.revision, (select count(*) from training_queue q where q.training = e.training) as acts
		from training_enrollments e where e.id = ?`, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintf("%s, revision %d, %d acts", row.State, row.Revision, row.Acts)
}

// confirms opens the link of the letter, which changes nothing, and presses the
// button. A wrong key opens nothing.
func (p *walker) confirms() (link string) {
	p.t.Helper()
	link = p.linkIn(walkGuestMail, "Potwierdź zapis")
	before := p.standing(link)
	scanner := p.stranger()
	for _, path := range []string{"", "/termin.ics"} {
		if res := scanner.get(strings.TrimPrefix(link, p.server.URL) + path); res.StatusCode != http.StatusOK {
			p.t.Errorf("a scanner of letters at %s: %d", path, res.StatusCode)
		}
	}
	p.visit(link, http.StatusOK)
	if after := p.standing(link); after != before || !strings.HasPrefix(after, "pending") {
		p.t.Errorf("to look changes something: %s, then %s", before, after)
	}
	p.holds("main", walkGuest)
	p.sound()
	p.visit(link[:len(link)-4]+"aaaa", http.StatusNotFound)
	p.lacks(walkGuest, walkCourse)
	p.visit(link, http.StatusOK)
	p.click(`main form[action$="/potwierdz"] button`)
	return link
}

// waitsForSeat reads place and rule.
func (p *walker) waitsForSeat() {
	p.t.Helper()
	p.holds("main .tag", "rezerwow")
	p.holds(`[data-promise="why"]`, "Dlaczego?")
	p.holds(`[data-promise="why"]`, "jedyną osobą na liście rezerwowej")
	p.did("unfolded the rule", p.tab.Toggle(`[data-promise="why"] summary`))
	p.holds(`[data-promise="why"]`, "Nikt nie dostaje miejsca poza kolejką")
	p.holds(`[data-promise="next"]`, "dostaniesz list")
	p.lacks(p.nameOf(p.person(access.Teacher)))
	p.sound()
}

// resigns from the own page, with the box ticked.
func (p *walker) resigns() {
	p.t.Helper()
	p.did("unfolded", p.tab.Toggle("#rezygnacja > summary"))
	p.did("ticked", p.tab.Toggle("#rezygnacja #potwierdzam"))
	p.click(`#rezygnacja form[action$="/rezygnacja"] button[type=submit]`)
	p.saved()
}

// acceptsSeat by the link of the letter with the offer.
func (p *walker) acceptsSeat(known string) {
	p.t.Helper()
	link := p.linkIn(walkGuestMail, "Zwolniło się miejsce")
	if link != known {
		p.t.Errorf("the letter leads to %s, not to %s", link, known)
	}
	before := p.standing(link)
	p.visit(link, http.StatusOK)
	if after := p.standing(link); after != before || !strings.HasPrefix(after, "offered") {
		p.t.Errorf("to look changes something: %s, then %s", before, after)
	}
	p.sound()
	p.click(`main form[action$="/odpowiedz"] button[value=tak]`)
	p.holds("main .tag", "Miejsce potwierdzone")
	p.linkIn(walkGuestMail, "Masz miejsce")
}

// attend is the meeting: the trainer opens the list on a phone and shows the
// code, which the guest types; the trainer marks the teacher and closes the list.
func (w *walk) attend(phone browser.View, guest *walker, link string) {
	w.t.Helper()
	trainer := w.enters("trainer", w.person(access.Trainer), phone)
	trainer.click(`main ol.list a[href^="/prowadze/"]`)
	list := trainer.path()
	trainer.sound()
	trainer.click(`main a[href$="/kod"]`)
	code := strings.Join(trainer.words(`p.code [aria-hidden]`), "")

	guest.visit(link, http.StatusOK)
	guest.click(`main a[href^="/obecnosc/"]`)
	guest.sound()
	guest.fill("kod", code)
	guest.send("kod")
	guest.saved()

	trainer.click(`main a[href="` + list + `"]`)
	trainer.holds("main", "1 z 2")
	trainer.did("marked", trainer.tab.Toggle(trainer.row(w.nameOf(w.person(access.Teacher)))+` input[value=present]`))
	trainer.click(`main form[action="` + list + `"] > p > button`)
	trainer.holds("main", "2 z 2")
	trainer.click(`main form[action$="/zamknij"] button`)
	trainer.sound()
}

// row is the selector of somebody on the list of a meeting.
func (p *walker) row(name string) string {
	p.t.Helper()
	for n, legend := range p.words("fieldset.attend legend") {
		if strings.Contains(legend, name) {
			return fmt.Sprintf("fieldset.attend:nth-of-type(%d)", n+1)
		}
	}
	p.t.Fatalf("%s is not on the list: %s", name, p.words("fieldset.attend legend"))
	return ""
}

// givesBirth: what stands on a certificate is asked only now.
func (p *walker) givesBirth(link string) {
	p.t.Helper()
	p.visit(link, http.StatusOK)
	p.click(`main a[href$="/dokument"]`)
	p.sound()
	p.fill("miejsce", "Świątniki Górne")
	p.sends(map[string]string{"urodzenie": "1981-02-03"})
	p.lacks("1981-02-03", "Świątniki")
}

// settles counts the hours and closes the training.
func (p *walker) settles(course courseAt) {
	p.t.Helper()
	p.unfolds("/osrodek/szkolenia")
	p.click(`main a[href="` + course.desk + `"]`)
	p.click(`main a[href="` + course.desk + `/obecnosc"]`)
	p.click(`main a[href$="/obecnosc/rozlicz"]`)
	p.holds("main table", walkGuest)
	p.sound()
	p.did("ticked", p.tab.Toggle("#potwierdzam"))
	p.click(`main form[action$="/rozlicz"] button`)
	p.saved()
	p.drain()
}

// setsCenter says what stands on the papers of the center, to which the list of
// what is missing leads.
func (p *walker) setsCenter() {
	p.t.Helper()
	p.click(`main a[href$="/dokumenty"]`)
	p.click(`main [aria-labelledby="braki"] a[href="/osrodek/rejestr/ustawienia"]`)
	p.sound()
	p.fill("nazwa", walkCenterName, "miejscowosc", "Kraków", "podpisuje", "dr Dobrosława Dąb", "kod", "ZM", "kod-swiadectw", "ZMS")
	p.send("kod")
	p.saved()
}

// issues the papers in the background, and watches.
func (p *walker) issues(course courseAt) {
	p.t.Helper()
	p.visit(course.desk+"/dokumenty", http.StatusOK)
	p.click(`main form[action$="/dokumenty"] button`)
	for range 30 {
		if p.has("#postep a.btn") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !p.has("#postep a.btn") { // the bar stands still: look again, as one does without scripts
		p.drain()
		p.click("#postep a:not(.btn)")
	}
	p.click("#postep a.btn")
	p.holds("main table", "/ZM/")
	p.sound()
}

// signs: the director gathers a batch, sends it out, signs it with a program of
// the director, and takes it back.
func (p *walker) signs() {
	p.t.Helper()
	p.click(`main ol.list a[href="/osrodek/podpis"]`)
	p.click(`main form[action="/osrodek/podpis"] button`)
	batch := p.path()
	out, err := p.tab.Download(`main form[action$="/paczka"] button`, p.t.TempDir())
	p.did("sent out", err)
	p.visit(batch, http.StatusOK)
	for _, back := range []struct {
		sign func(*testing.T, []byte) []byte
		want string
	}{{forgedSignature, "podpis nie obejmuje całego pliku"}, {directorSigns, "1 z 1"}} {
		p.did("chose the signed files", p.tab.Attach("#plik", fileOf(p.t, "podpisane.zip", signedBatch(p.t, out, back.sign))))
		p.click(`main form[action$="/wgraj"] button`)
		p.holds("main", back.want)
	}
	p.sound()
	p.click(`main form[action$="/zamknij"] button`)
	p.holds("main .tag", "Zamknięta")
}

// directorSigns appends a signature as a program of the director does.
func directorSigns(t *testing.T, pdf []byte) []byte {
	t.Helper()
	signed, err := center.SignForTest(pdf)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// forgedSignature looks like a signature to nobody but a search.
func forgedSignature(_ *testing.T, pdf []byte) []byte {
	return append(slices.Clone(pdf), "\n9 0 obj\n<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>\nendobj\n%%EOF\n"...)
}

// signedBatch is the one file of the batch, signed, as it comes back.
func signedBatch(t *testing.T, out []byte, sign func(*testing.T, []byte) []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(out), int64(len(out)))
	if err != nil || len(in.File) != 1 {
		t.Fatal("the batch: ", err)
	}
	from, err := in.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	var back bytes.Buffer
	pack := zip.NewWriter(&back)
	into, err := pack.Create(strings.TrimSuffix(in.File[0].Name, ".pdf") + "-podpisany.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := into.Write(sign(t, pdf)); err != nil {
		t.Fatal(err)
	}
	if err := pack.Close(); err != nil {
		t.Fatal(err)
	}
	return back.Bytes()
}

// fetches the signed paper by the link of the letter, and reads it.
func (p *walker) fetches() (number, key string) {
	p.t.Helper()
	link := p.linkIn(walkGuestMail, "Dokument gotowy")
	p.visit(link, http.StatusOK)
	p.click(`main a.btn[href$="/dokument"]`)
	p.sound()
	paper, err := p.tab.Download(`main form[action$="/plik"] button`, p.t.TempDir())
	p.did("fetched the paper", err)
	words := paperWords(p.t, paper)
	for _, want := range []string{walkGuest, walkCourse, walkCenterName, "Świątniki Górne"} {
		if !strings.Contains(words, want) {
			p.t.Errorf("the paper lacks %q: %s", want, words)
		}
	}
	number = regexp.MustCompile(`[0-9]+/ZM/[0-9]{4}`).FindString(words)
	address := regexp.MustCompile(`/zaswiadczenia/[0-9A-Z-]+/([A-Z]{16})\b`).FindStringSubmatch(words)
	if number == "" || address == nil {
		p.t.Fatalf("no number %q or no address with a key on the paper: %s", number, words)
	}
	return number, address[1]
}

// paperWords is what a PDF says, on one line.
func paperWords(t *testing.T, paper []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		testkit.Missing(t, "pdftotext is not installed")
	}
	cmd := exec.Command(tool, "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(paper)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// verifies types what stands on the paper, and learns no name.
func (p *walker) verifies(number, key string) {
	p.t.Helper()
	p.sound()
	p.fill("numer", number, "klucz", key)
	p.send("klucz")
	for _, words := range []string{number, walkCourse, "ważn"} {
		p.holds("main", words)
	}
	p.lacks(walkGuest, "Grażyna", "Żółć", "1981", walkGuestMail)
	p.sound()
	p.fill("nazwisko", walkGuest)
	p.send("nazwisko")
	p.holds(".notice", "Zgadza się")
}

// isRefused with the right number and another key.
func (p *walker) isRefused(number, key string) {
	p.t.Helper()
	wrong := "A" + key[1:]
	if wrong == key {
		wrong = "B" + key[1:]
	}
	p.fill("numer", number, "klucz", wrong)
	p.did("sent a wrong key", p.tab.Click(`main form:has([name="klucz"]) button.btn[type=submit]`))
	p.looks(http.StatusNotFound)
	p.holds(".notice", "do siebie nie pasują")
	p.lacks(walkCourse, walkGuest)
}
