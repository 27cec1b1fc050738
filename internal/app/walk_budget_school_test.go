package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/tally"
	"kladka/internal/directory"
	"kladka/internal/testkit/browser"
)

// What the pupils of the walk want, and what becomes of it: the first two fit
// into 5 000 zł, the third does not, the fourth is refused.
const (
	walkBudget   = "Szkolny budżet zmyślonej podstawówki"
	walkLoungers = "Leżaki na korytarz"
	walkTennis   = "Stół do tenisa"
	walkCamera   = "Aparat do szkolnej gazetki"
	walkRoof     = "Tor rolkowy na dachu"
	walkNoRoof   = "Dach nie wytrzyma toru, a wejścia nie da się zabezpieczyć."
)

// The class of the walk: more than the twenty who make a vote secret.
const (
	pupilsOfWalk = 23
	slipsOfWalk  = 25 // two are never handed out
)

// TestWalkOfSchoolBudget goes from a pupil's idea to the winner: rules from the
// template, a project in four stages, signatures, checks with a refusal, the
// freeze, the key, slips, a vote by turns at one computer, the close, the count.
// Nobody at the computer sees anything of whoever sat there before.
func TestWalkOfSchoolBudget(t *testing.T) {
	walks(t)
	w := openSchoolBudgetWalk(t)
	w.makesClass()
	w.makesEdition()
	w.files()
	w.gathers()
	w.checks()
	w.freezes()
	w.keeps()
	w.handsOut()
	w.votesByTurns()
	w.votesWithoutScripts()
	w.othersVote()
	w.closes()
	w.settlesSlips()
	w.counts()
	w.explains()
	w.repeats()
	w.tellsProposer()
}

// schoolBudgetWalk is a walk with one class of the demo's school.
type schoolBudgetWalk struct {
	*walk
	school   access.InstitutionID
	class    string // address
	pupils   []directory.Member
	cards    []printedCard
	edition  string            // address
	projects map[string]string // ids by title
	shares   map[string]string // by the name of the keeper
	codes    []string          // of slips, in the order of the sheet
	cast     int
	receipt  string // of the first vote
	computer *walker
}

func openSchoolBudgetWalk(t *testing.T) *schoolBudgetWalk {
	t.Helper()
	w := &schoolBudgetWalk{walk: openInventedWalk(t, needsDay(time.February, 28, 9)), projects: map[string]string{}, shares: map[string]string{}}
	w.school = w.schoolOf(access.SchoolHead)
	w.computer = w.comesWith(browser.StartWhole(t), "shared computer", w.server.URL+"/", needsDesk("pl"))
	return w
}

// must ends the walk when something that is set up could not be done.
func (w *schoolBudgetWalk) must(what string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(what, ": ", err)
	}
}

// actor is somebody with all roles.
func (w *schoolBudgetWalk) actor(id access.PersonID) access.Actor {
	w.t.Helper()
	who, err := w.Access().Actor(context.Background(), id)
	w.must("actor", err)
	who.Fresh = true
	return who
}

// staff lets somebody of the school in, by the name of the role.
func (w *schoolBudgetWalk) staff(role access.Role, v browser.View) *walker {
	w.t.Helper()
	return w.joins(string(role), w.person(role), v)
}

func (w *schoolBudgetWalk) id() budget.EditionID {
	return budget.EditionID(strings.TrimPrefix(w.edition, budget.Path+"/"))
}

func (w *schoolBudgetWalk) read() budget.Edition {
	w.t.Helper()
	e, err := budget.EditionByID(context.Background(), w.db, w.id())
	w.must("edition", err)
	return e
}

// makesClass: the head makes a class and prints cards for its pupils.
func (w *schoolBudgetWalk) makesClass() {
	w.t.Helper()
	var names []string
	for n := range pupilsOfWalk {
		names = append(names, fmt.Sprintf("Głosująca%c Zuzanna", 'a'+n))
	}
	head := w.signedIn(w.person(access.SchoolHead))
	classes := "/instytucje/" + string(w.school) + "/klasy"
	year := head.page(classes).Find(`input[name="rok"]`).First().AttrOr("value", "")
	w.class = head.post(classes, url.Values{"nazwa": {"6b"}, "rok": {year}}).Header.Get("Location")
	head.post(w.class+"/uczniowie", url.Values{"osoby": {strings.Join(names, "\n")}})
	_, members, err := w.Directory().Roster(context.Background(), w.actor(w.person(access.SchoolHead)), w.school, w.classID())
	w.must("roster", err)
	w.pupils = members
	paper, err := io.ReadAll(head.post(w.class+"/karty", url.Values{"kto": {"bez"}}).Body)
	w.must("cards", err)
	if w.cards = printedCards(w.t, paper); len(w.cards) != pupilsOfWalk || len(w.pupils) != pupilsOfWalk {
		w.t.Fatalf("%d cards for %d pupils", len(w.cards), len(w.pupils))
	}
}

func (w *schoolBudgetWalk) classID() directory.ClassID {
	return directory.ClassID(w.class[strings.LastIndex(w.class, "/")+1:])
}

// springOfWalk is the calendar of the walk, half a year before the template's:
// sessions end by the clock of the machine, and so a walk must not go beyond it.
var springOfWalk = map[string]string{"zglaszanie_od": "2026-03-05", "zglaszanie_do": "2026-03-23", "ocena_do": "2026-04-06", "protest_do": "2026-04-13",
	"wycofanie_do": "2026-04-13", "losowanie": "2026-04-16", "glosowanie_od": "2026-04-24T08:00", "glosowanie_do": "2026-04-26T15:00",
	"wyniki_do": "2026-04-27", "sprzeciw_do": "2026-05-11", "realizacja_do": "2027-12-31"}

// makesEdition: the supervisor of the pupils' council takes the template, says
// that slips go by the lists of classes, and announces it.
func (w *schoolBudgetWalk) makesEdition() {
	w.t.Helper()
	p := w.staff(access.CouncilSupervisor, needsDesk("pl"))
	p.visit(budget.Path, http.StatusOK)
	p.shoots("01-list")
	p.click(`main a[href="` + budget.Path + `/nowa"]`)
	p.did("template", p.tab.Toggle(`main [name=wzor][value=school]`))
	p.did("owner", p.tab.Pick("#prowadzi", w.nameOfPlace()))
	p.fill("tytul", walkBudget)
	p.shoots("02-new")
	p.send("tytul")
	p.saved()
	p.shoots("03-settings")
	p.click(`main form:has([name=podstawa]) button.btn[type=submit]`)
	p.saved()
	w.edition = strings.TrimSuffix(p.path(), "/ustawienia")
	if res := w.stranger().get(w.edition); res.StatusCode != http.StatusNotFound {
		w.t.Errorf("a stranger sees the draft: %d", res.StatusCode)
	}
	p.visit(w.edition+"/ustawienia/kalendarz", http.StatusOK)
	p.sends(springOfWalk)
	p.shoots("03-calendar")
	p.visit(w.edition, http.StatusOK)
	p.shoots("04-draft")
	p.click(`main form[action$="/oglos"] button`)
	p.saved()
	p.shoots("05-announced")
	p.visit(w.edition+"/zasady", http.StatusOK)
	p.shoots("06-rules")
	w.drain()
}

func (w *schoolBudgetWalk) nameOfPlace() string {
	w.t.Helper()
	names, err := w.Directory().Names(context.Background(), []access.InstitutionID{w.school})
	w.must("names", err)
	return names[w.school]
}

// files: a pupil writes a project at the computer of the school, stage by stage;
// three others are filed beside it.
func (w *schoolBudgetWalk) files() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 6, 10))
	c := w.computer
	c.first(w.cards[0], w.pupils[0].Name)
	c.shoots("10-pupil-desk")
	c.visit(w.edition, http.StatusOK)
	c.shoots("11-edition-pupil")
	c.click(`main a.btn[href$="/projekty/nowy"]`)
	c.shoots("12-idea")
	c.fill("tytul", walkLoungers, "opis", "Na długiej przerwie nie ma gdzie odpocząć.\nSześć leżaków stanie na pierwszym piętrze.")
	c.send("tytul")
	c.saved()
	c.shoots("13-place")
	c.fill("miejsce", "Korytarz na pierwszym piętrze", "punkt", "50.0614, 19.9366")
	c.send("miejsce")
	c.shoots("14-cost")
	for _, one := range [][2]string{{"Leżak, 6 sztuk", "1 500"}, {"Dywan", "300"}} {
		c.fill("nazwa", one[0], "kwota", one[1], "skad", "cennik sklepu")
		c.send("nazwa")
		c.saved()
	}
	c.shoots("15-cost-kept")
	c.click(`main a[href$="/edycja/wyslij"]`)
	c.shoots("16-send")
	c.click(`main form[action$="/edycja/wyslij"] button.btn`)
	c.saved()
	c.shoots("17-filed")
	w.projects[walkLoungers] = strings.TrimPrefix(c.path(), budget.ProjectPath+"/")
	w.passesOn()
	w.fileOther(1, walkTennis, "2500")
	w.fileOther(2, walkCamera, "2000")
	w.fileOther(3, walkRoof, "3000")
}

// passesOn ends the visit of a pupil; pages that come back name nobody.
func (w *schoolBudgetWalk) passesOn() {
	w.t.Helper()
	w.computer.finish()
	for range 2 {
		w.computer.did("back", w.computer.tab.Back())
		w.namesNobody(w.computer)
	}
}

// namesNobody: the page holds the name of no pupil.
func (w *schoolBudgetWalk) namesNobody(p *walker) {
	w.t.Helper()
	source := browser.Must(w.t, p.tab.Source)
	for _, u := range w.pupils {
		if strings.Contains(source, u.Name) {
			w.t.Errorf("%s, %s: the page at %s names %s", p.name, p.last, p.path(), u.Name)
		}
	}
}

func (w *schoolBudgetWalk) fileOther(pupil int, title, cost string) {
	w.t.Helper()
	ctx, who, b := context.Background(), w.actor(w.pupils[pupil].ID), w.Budget()
	id, err := b.StartProject(ctx, who, w.id(), budget.Idea{Pool: w.read().Rules.Pools[0].ID, Title: title, Words: "Będzie dla wszystkich klas."})
	w.must(title, err)
	w.must(title, b.SavePlace(ctx, who, id, budget.Where{Place: "Na terenie szkoły"}))
	w.must(title, b.AddItem(ctx, who, id, title, cost, "oferta sklepu"))
	w.must(title, b.FileProject(ctx, who, id, budget.Declared{}))
	w.projects[title] = string(id)
}

// gathers: nine pupils sign the project, the tenth does it at the computer.
func (w *schoolBudgetWalk) gathers() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 7, 10))
	ctx := context.Background()
	for title, id := range w.projects {
		signs := w.pupils[4:14]
		if title == walkLoungers {
			signs = w.pupils[4:13]
		}
		for _, u := range signs {
			w.must("sign "+title, w.Budget().Sign(ctx, w.actor(u.ID), budget.ProjectID(id)))
		}
	}
	c, path := w.computer, w.projectPath(walkLoungers)
	c.first(w.cards[1], w.pupils[1].Name)
	c.visit(path+"/poparcie", http.StatusOK)
	c.shoots("20-support")
	c.click(`main form[action$="/poparcie"] button`)
	c.saved()
	c.shoots("21-signed")
	w.passesOn()
	if res := w.signedIn(w.person(access.Teacher)).post(path+"/poparcie", url.Values{}); res.StatusCode < 400 {
		w.t.Errorf("somebody of another school signs: %d", res.StatusCode)
	}
	w.drain()
}

func (w *schoolBudgetWalk) projectPath(title string) string {
	return budget.ProjectPath + "/" + w.projects[title]
}

// checks: the secretary checks form and merits, the head decides, and all
// decisions are published at once.
func (w *schoolBudgetWalk) checks() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 2, 9))
	ctx, secretary, head := context.Background(), w.actor(w.person(access.SchoolSecretary)), w.actor(w.person(access.SchoolHead))
	p := w.staff(access.SchoolSecretary, needsDesk("pl"))
	p.visit(w.edition+"/oceny", http.StatusOK)
	p.shoots("30-office")
	p.visit(w.projectPath(walkLoungers)+"/ocena", http.StatusOK)
	p.shoots("31-form")
	p.click(`main form[action$="/ocena/formalna"] button`)
	p.saved()
	p.did("verdict", p.tab.Toggle(`main [name=ocena][value=yes]`))
	p.fill("kwota", "1800")
	p.send("ocena")
	p.saved()
	p.shoots("32-opinion")
	for _, title := range []string{walkTennis, walkCamera, walkRoof} {
		id, verdict, words := budget.ProjectID(w.projects[title]), budget.Feasible, ""
		if title == walkRoof {
			verdict, words = budget.Infeasible, "Dach jest na to za słaby."
		}
		w.must("form", w.Budget().PassForm(ctx, secretary, id))
		w.must("opinion", w.Budget().GiveOpinion(ctx, secretary, id, verdict, "", words))
		if title != walkRoof {
			w.must("decision", w.Budget().Decide(ctx, head, id, budget.Decision{Accept: true}))
		}
	}
	w.decides()
}

// decides: the head accepts one project and refuses another with a reason, which
// nobody reads before it is published.
func (w *schoolBudgetWalk) decides() {
	w.t.Helper()
	p := w.staff(access.SchoolHead, needsDesk("pl"))
	p.visit(w.projectPath(walkLoungers)+"/ocena", http.StatusOK)
	p.did("yes", p.tab.Toggle(`main [name=decyzja][value=tak]`))
	p.send("decyzja")
	p.saved()
	p.visit(w.projectPath(walkRoof)+"/ocena", http.StatusOK)
	p.did("no", p.tab.Toggle(`main [name=decyzja][value=nie]`))
	p.did("sent without a reason", p.tab.Click(`main form:has([name=decyzja]) button.btn`))
	p.looks(http.StatusUnprocessableEntity)
	p.shoots("33-no-reason")
	p.did("no", p.tab.Toggle(`main [name=decyzja][value=nie]`))
	p.did("code", p.tab.Pick("#kod", "wykona"))
	p.fill("uzasadnienie", walkNoRoof)
	p.send("decyzja")
	p.saved()
	p.shoots("34-decided")
	if said := text(w.stranger().page(w.projectPath(walkRoof)).Find("main")); strings.Contains(said, walkNoRoof) {
		w.t.Error("the decision is read before it is published")
	}
	p.visit(w.edition+"/oceny", http.StatusOK)
	p.shoots("35-office")
	p.click(`main form[action$="/oceny/publikacja"] button`)
	p.saved()
	w.drain()
	reader := w.comes("reader", w.server.URL+w.projectPath(walkRoof), needsPhone("uk"))
	reader.holds("main", walkNoRoof)
	reader.shoots("36-rejected")
	reader.visit(w.edition+"/projekty", http.StatusOK)
	reader.holds("main", walkTennis)
	reader.shoots("37-projects")
	w.namesNobody(reader)
}

// freezes: the rules and the ballot get a hash that anybody can make again.
func (w *schoolBudgetWalk) freezes() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 16, 9))
	p := w.staff(access.SchoolHead, needsDesk("pl"))
	p.visit(w.edition, http.StatusOK)
	p.shoots("40-before-freeze")
	p.click(`main form[action$="/zamroz"] button`)
	p.saved()
	p.shoots("41-frozen")
	document, err := io.ReadAll(w.stranger().get(w.edition + "/zasady.json").Body)
	w.must("document", err)
	sum := sha256.Sum256(document)
	p.visit(w.edition+"/zasady", http.StatusOK)
	p.holds("#skrot ~ p code", hex.EncodeToString(sum[:]))
	w.drain()
}

// keeps: the head makes the key and gives its three shares to three people; all
// confirm theirs, and two open the trial together.
func (w *schoolBudgetWalk) keeps() {
	w.t.Helper()
	p := w.staff(access.SchoolHead, needsDesk("pl"))
	w.ahead.Add(int64(11 * time.Minute)) // since the head has signed in
	p.visit(w.edition+"/klucz", http.StatusOK)
	if p.has("main [name=osoba]") {
		w.t.Error("whoever sits down at a computer left alone can make a key")
	}
	p.shoots("41-prove")
	p.click("main a[data-prove]")
	p.click(`main form[action="/konto/potwierdz"] button`)
	p.at(w.edition + "/klucz")
	p.shoots("42-key")
	for _, role := range []access.Role{access.SchoolHead, access.DeputyHead, access.SchoolSecretary} {
		if box := fmt.Sprintf(`main input[name=osoba][value=%q]`, w.person(role)); !p.has(box + ":checked") {
			p.did("chose "+string(role), p.tab.Toggle(box))
		}
	}
	p.send("osoba")
	p.shoots("43-shares")
	texts := p.words("main pre")
	for n, head := range p.words("main section.sheet h2") {
		w.shares[head[strings.Index(head, ": ")+2:]] = texts[n]
	}
	if len(w.shares) != 3 {
		w.t.Fatalf("%d shares: %s", len(w.shares), p.words("main"))
	}
	p.click(`main a.btn[href$="/klucz"]`)
	p.givesShare("potwierdzenie", w.shareOf(access.SchoolHead))
	for n, k := range w.keepers() {
		k.visit(w.edition+"/klucz", http.StatusOK)
		k.givesShare("potwierdzenie", w.shareOf(keepersOfWalk[n]))
		k.shoots(fmt.Sprint("44-confirmed-", n))
	}
	for n, k := range w.keepers() {
		k.visit(w.edition+"/klucz", http.StatusOK)
		k.givesShare("proba", w.shareOf(keepersOfWalk[n]))
		k.shoots(fmt.Sprint("45-trial-", n))
	}
	p.visit(w.edition, http.StatusOK)
	p.shoots("46-after-key")
	w.drain()
}

var keepersOfWalk = []access.Role{access.DeputyHead, access.SchoolSecretary}

// keepers are the two who bring their shares each time: the deputy at a desk, the
// secretary by telephone.
func (w *schoolBudgetWalk) keepers() []*walker {
	w.t.Helper()
	return []*walker{w.staff(keepersOfWalk[0], needsDesk("pl")), w.staff(keepersOfWalk[1], needsPhone("pl"))}
}

// shareOf is the share on the sheet of a keeper.
func (w *schoolBudgetWalk) shareOf(role access.Role) string {
	w.t.Helper()
	return w.shares[w.nameOf(w.person(role))]
}

// givesShare types a share into the form of a deed; the answer does not hold it.
func (p *walker) givesShare(deed, share string) {
	p.t.Helper()
	form := `main form[action$="/` + deed + `"]`
	p.did("typed a share", p.tab.Type(form+` [name=udzial]`, share))
	p.click(form + ` button.btn`)
	p.saved()
	p.lacks(tailOf(share))
}

// handsOut: the class is put on the roll, slips are printed, drawn from the box
// and ticked off.
func (w *schoolBudgetWalk) handsOut() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 18, 9))
	p := w.staff(access.SchoolHead, needsDesk("pl"))
	p.visit(w.edition+"/uprawnienia/klasy", http.StatusOK)
	p.shoots("50-classes")
	p.click(`main table a[href$="/klasy/` + string(w.classID()) + `"]`)
	p.shoots("51-class")
	p.click(`main section:has(#poza) form button`)
	p.saved()
	class := p.path()
	p.visit(w.edition+"/kartki", http.StatusOK)
	p.shoots("52-slips")
	p.fill("liczba", fmt.Sprint(slipsOfWalk))
	p.did("as a page", p.tab.Toggle(`main [name=postac][value=strona]`))
	p.send("liczba")
	p.shoots("53-sheet")
	if w.codes = p.words("main [data-code]"); len(w.codes) != slipsOfWalk {
		w.t.Fatalf("%d slips: %s", len(w.codes), p.words("main"))
	}
	p.visit(w.edition+"/kartki", http.StatusOK)
	p.lacks(w.codes[0])
	p.visit(class, http.StatusOK)
	places := w.signedIn(w.person(access.SchoolHead)).page(class).Find(`[name=miejsce]`).Map(attr("value"))
	for _, place := range places[:2] {
		p.did("ticked", p.tab.Toggle(fmt.Sprintf(`main [name=miejsce][value=%q]`, place)))
	}
	p.send("miejsce")
	p.saved()
	p.shoots("54-handed")
	if res := w.signedIn(w.person(access.SchoolHead)).post(class+"/wydaj", url.Values{"miejsce": places[2:]}); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("handing out: %d", res.StatusCode)
	}
	p.visit(w.edition, http.StatusOK)
	p.shoots("55-ready")
	if e := w.read(); e.State != budget.Frozen {
		w.t.Fatalf("the edition is %s", e.State)
	}
}

// slip begins a vote with a code at the computer: the code is in no address.
func (w *schoolBudgetWalk) slip(p *walker, code string) {
	w.t.Helper()
	p.visit(w.edition+"/glosowanie", http.StatusOK)
	p.fill("kod", strings.ToLower(code))
	p.send("kod")
	if strings.Contains(p.path(), strings.Fields(code)[0]) {
		w.t.Errorf("the code is in the address %s", p.path())
	}
}

// casts fills in the ballot that is open, looks it over and casts it.
func (w *schoolBudgetWalk) casts(p *walker, titles ...string) (digest string) {
	w.t.Helper()
	for _, title := range titles {
		p.did("crossed "+title, p.tab.Toggle(fmt.Sprintf(`main [name="p_%s"]`, w.projects[title])))
	}
	p.shoots(fmt.Sprint("61-ballot-", w.cast))
	p.click(`main button[name=krok][value=sprawdzam]`)
	p.holds("main [data-chosen]", titles[0])
	p.shoots(fmt.Sprint("62-check-", w.cast))
	p.click(`main button[name=krok][value=glosuje]`)
	p.shoots(fmt.Sprint("63-receipt-", w.cast))
	w.cast++
	return strings.Join(p.words("main [data-digest]"), "")
}

// votesByTurns: two pupils, one after the other, at the computer that runs
// scripts and keeps pages. What the first has left is looked for by every way
// that a browser offers.
func (w *schoolBudgetWalk) votesByTurns() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 24, 9))
	if e := w.read(); e.State != budget.Voting {
		w.t.Fatalf("the vote is not open but %s: %v", e.State, w.obstacles())
	}
	c := w.computer
	c.visit(w.edition+"/glosowanie", http.StatusOK)
	c.shoots("60-start")
	for n, choice := range [][]string{{walkLoungers, walkTennis}, {walkTennis}} {
		w.slip(c, w.codes[n])
		w.empty(c)
		digest := w.casts(c, choice...)
		if w.receipt == "" {
			w.receipt = digest
		}
		c.click(`main form[action$="/koniec"] button`)
		c.at(w.edition + "/glosowanie")
		w.leavesNothing(c, w.codes[n], digest)
	}
	w.refusedCodes(c)
}

// obstacles are what keeps the edition from its next state.
func (w *schoolBudgetWalk) obstacles() []budget.Obstacle {
	w.t.Helper()
	list, err := w.Budget().Obstacles(context.Background(), w.db, w.read())
	w.must("obstacles", err)
	return list
}

// empty: nothing is chosen on the ballot.
func (w *schoolBudgetWalk) empty(p *walker) {
	w.t.Helper()
	if !p.has("main [data-ballot]") || p.has("main input:checked") {
		w.t.Fatalf("%s: no empty ballot at %s: %.400s", p.name, p.path(), p.words("main"))
	}
}

// leavesNothing: going back, sending kept forms again, loading the page anew and
// typing its address show nothing of the vote before: no code and no mark. Only
// the ballot itself, sent again by a browser that asks first, is answered with
// its receipt, which says nothing of what was chosen.
func (w *schoolBudgetWalk) leavesNothing(p *walker, code, digest string) {
	w.t.Helper()
	look := func(again bool) {
		w.t.Helper()
		source := browser.Must(w.t, p.tab.Source)
		left := []string{code, strings.ReplaceAll(code, " ", ""), strings.ToLower(code)}
		if !again || !p.has("main [data-receipt]") {
			left = append(left, digest)
		}
		for _, what := range left {
			if strings.Contains(source, what) {
				w.t.Errorf("%s, %s: the page at %s holds %q: %.200s", p.name, p.last, p.path(), what, p.words("main"))
			}
		}
		if p.has("main input:checked, main [data-chosen]") {
			w.t.Errorf("%s, %s: marks of the vote before are left: %.300s", p.name, p.last, p.words("main"))
		}
	}
	look(false)
	for range 4 {
		asked, err := p.tab.Resend()
		p.did("went back", err)
		p.shoots(fmt.Sprint("64-back-", w.cast))
		look(asked)
	}
	for _, path := range []string{"/glosowanie", "/glosowanie/" + string(w.read().Rules.Pools[0].ID)} {
		p.did("typed the address", p.tab.Visit(w.server.URL+w.edition+path))
		look(false)
	}
	browser.Must(w.t, p.tab.Console) // refusals of kept forms stand there
}

// refusedCodes: a used code and a mistyped one are told so kindly.
func (w *schoolBudgetWalk) refusedCodes(p *walker) {
	w.t.Helper()
	w.slip(p, w.codes[0])
	p.shoots("65-used")
	if p.has("main [data-ballot]") {
		w.t.Error("a used code opens a ballot")
	}
	wrong := "2222 2222 2222"
	p.visit(w.edition+"/glosowanie", http.StatusOK)
	p.fill("kod", wrong)
	p.did("sent a wrong code", p.tab.Click(`main form:has([name=kod]) button.btn`))
	p.looks(http.StatusUnprocessableEntity)
	p.shoots("66-wrong")
	p.lacks(wrong)
}

// votesWithoutScripts: the same at a computer without scripts, in Ukrainian.
func (w *schoolBudgetWalk) votesWithoutScripts() {
	w.t.Helper()
	p := w.comes("computer without scripts", w.server.URL+w.edition+"/glosowanie", needsPhone("uk"))
	w.slip(p, w.codes[2])
	p.sound()
	p.did("sent an empty ballot", p.tab.Click(`main button[name=krok][value=sprawdzam]`))
	p.looks(http.StatusUnprocessableEntity)
	p.shoots("67-empty")
	digest := w.casts(p, walkCamera, walkLoungers)
	p.sound()
	p.click(`main form[action$="/koniec"] button`)
	w.leavesNothing(p, w.codes[2], digest)
	w.slip(p, w.codes[3])
	w.empty(p)
	w.casts(p, walkLoungers)
	p.click(`main form[action$="/koniec"] button`)
}

// ballot is the form that a browser without a window gets for a code.
func (w *schoolBudgetWalk) ballot(v *visitor, code string, titles ...string) (action string, form url.Values) {
	w.t.Helper()
	doc := document(w.t, v.post(w.edition+"/glosowanie", url.Values{"kod": {code}}))
	ballot := doc.Find("form[data-ballot]")
	if action, form = ballot.AttrOr("action", ""), fields(ballot); action == "" {
		w.t.Fatalf("no ballot: %.300s", text(doc.Find("main")))
	}
	for _, title := range titles {
		form.Set("p_"+w.projects[title], "tak")
	}
	form.Set("krok", "glosuje")
	return action, form
}

// othersVote: the rest of the class, without windows; a form sent twice is one
// vote. The last code stays in the pocket until the hours are over.
func (w *schoolBudgetWalk) othersVote() {
	w.t.Helper()
	choices := [][]string{{walkLoungers, walkTennis}, {walkLoungers, walkCamera}, {walkTennis}}
	for n, code := range w.codes[4:22] {
		v := w.stranger()
		action, form := w.ballot(v, code, choices[n%len(choices)]...)
		first := document(w.t, v.post(action, form)).Find("[data-digest]").Text()
		again := document(w.t, v.post(action, form)).Find("[data-digest]").Text()
		if first == "" || first != again {
			w.t.Fatalf("receipts %q and %q", first, again)
		}
		w.cast++
	}
}

// closes: the hours end, and a ballot that comes a second later is refused.
func (w *schoolBudgetWalk) closes() {
	w.t.Helper()
	ends := time.Unix(w.read().Rules.Calendar.VoteTo, 0)
	w.ahead.Store(int64(time.Until(ends.Add(-time.Minute))))
	v := w.stranger()
	action, form := w.ballot(v, w.codes[22], walkTennis)
	w.ahead.Store(int64(time.Until(ends.Add(time.Second))))
	if res := v.post(action, form); res.StatusCode != http.StatusConflict {
		w.t.Errorf("a vote one second late: %d", res.StatusCode)
	}
	w.goesOn(ends.Add(20 * time.Minute)) // digests are out some minutes after the close
	p := w.comes("reader", w.server.URL+w.edition+"/urna", needsDesk("pl"))
	p.shoots("70-urn")
	p.fill("skrot", w.receipt)
	p.send("skrot")
	if !strings.Contains(strings.Join(p.words("main [data-answer]"), ""), w.read().Rules.Pools[0].Name) {
		w.t.Errorf("the envelope of %q is not found: %s", w.receipt, p.words("main [data-answer]"))
	}
	p.shoots("71-found")
}

// settlesSlips: one person counts the slips that are left, another one finds that on
// the desk, does not agree at first, and confirms what was counted again.
func (w *schoolBudgetWalk) settlesSlips() {
	w.t.Helper()
	box := w.edition + "/kartki/1"
	p := w.staff(access.SchoolHead, needsDesk("pl"))
	counts := func(n string) {
		w.t.Helper()
		p.visit(box, http.StatusOK)
		p.shoots("72-count-" + n)
		p.fill("liczba", n)
		p.send("liczba")
		p.saved()
	}
	counts("1")
	p.visit(box, http.StatusOK)
	if p.has(`main form[action$="/zniszczone"]`) {
		w.t.Error("who counted the slips can confirm them")
	}
	second := w.staff(access.DeputyHead, needsPhone("pl"))
	second.visit("/moje-sprawy", http.StatusOK)
	second.click(`main a[href="` + w.edition + `/kartki"]`)
	second.click(`main a[href="` + box + `"]`)
	second.shoots("72-doubt")
	second.soundOnPhone()
	second.fill("opis", "Zostały dwie.")
	second.send("opis")
	second.saved()
	counts("2")
	second.visit(box, http.StatusOK)
	second.shoots("73-confirm")
	second.click(`main form[action$="/zniszczone"] button`)
	second.saved()
	second.shoots("73-settled")
}

// counts: two keepers open the box, and the results are there.
func (w *schoolBudgetWalk) counts() {
	w.t.Helper()
	var last *walker
	for n, k := range w.keepers() {
		k.visit(w.edition+"/liczenie", http.StatusOK)
		k.shoots(fmt.Sprint("80-opening-", n))
		k.givesShare("liczenie", w.shareOf(keepersOfWalk[n]))
		last = k
	}
	for range 100 {
		w.drain()
		if o, err := result.OpeningOf(context.Background(), w.db, w.id()); err == nil && o.Published() {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	last.visit(w.edition+"/liczenie", http.StatusOK)
	last.shoots("81-counted")
}

// explains: everybody reads why each project won or lost.
func (w *schoolBudgetWalk) explains() {
	w.t.Helper()
	p := w.comes("reader", w.server.URL+w.edition+"/wyniki", needsDesk("pl"))
	p.shoots("82-results")
	p.click(`main table a`)
	p.shoots("83-pool")
	for title, badge := range map[string]string{walkLoungers: "ok", walkTennis: "ok", walkCamera: ""} {
		row := `main tr[id="` + w.projects[title] + `"]`
		if got := p.has(row + " .tag.ok"); got != (badge == "ok") || !p.has(row) {
			w.t.Errorf("%s: %s", title, p.words(row))
		}
		if cells := p.words(row + " td:last-child"); len(cells) != 1 || cells[0] == "" {
			w.t.Errorf("%s is not told why: %q", title, cells)
		}
	}
	p.lacks(walkRoof)
	w.namesNobody(p)
	p.visit(w.edition, http.StatusOK)
	p.shoots("84-edition-counted")
	p.visit(w.projectPath(walkCamera), http.StatusOK)
	p.shoots("85-lost")
	p.visit(w.projectPath(walkLoungers), http.StatusOK)
	p.shoots("86-won")
}

// repeats: the published file, counted by the package that knows no database,
// has the winners of the page; the page counts again as well.
func (w *schoolBudgetWalk) repeats() {
	w.t.Helper()
	e := w.read()
	pool := e.Rules.Pools[0]
	data, err := io.ReadAll(w.stranger().get(result.FileHref(e.ID, pool.ID)).Body)
	w.must("file", err)
	election, err := tally.Parse(bytes.NewReader(data))
	w.must("parse", err)
	rule, err := result.RuleOf(e, pool, election)
	w.must("rule", err)
	o, err := tally.Count(election, rule)
	w.must("count", err)
	var winners []string
	for _, n := range o.Winners {
		winners = append(winners, election.Projects[n].Name)
	}
	p := w.comes("reader", w.server.URL+result.PoolHref(e.ID, pool.ID), needsDesk("pl"))
	if shown := p.words("#wygrane ~ ol a"); !slices.Equal(shown, winners) || len(shown) != 2 {
		w.t.Errorf("the page says %q, the file %q", shown, winners)
	}
	if ballots := election.Voters(); ballots != w.cast {
		w.t.Errorf("%d ballots in the file, %d cast", ballots, w.cast)
	}
	p.visit(result.CountHref(e.ID, pool.ID), http.StatusOK)
	p.shoots("90-again")
	p.click(`main form[action$="/przelicz"] button`)
	p.shoots("91-same")
	if !p.has("main [role=status] .tag.ok") {
		w.t.Errorf("counted again: %s", p.words("main [role=status]"))
	}
}

// tellsProposer: the pupil who had the idea learns at the computer that it won.
func (w *schoolBudgetWalk) tellsProposer() {
	w.t.Helper()
	w.drain()
	c := w.computer
	c.cardIn(w.cards[0])
	c.pictures(walkPictures)
	c.looks(http.StatusOK)
	c.visit("/konto/powiadomienia", http.StatusOK)
	c.shoots("92-news")
	c.opensNews(walkLoungers)
	c.at(w.projectPath(walkLoungers))
	c.finish()
}
