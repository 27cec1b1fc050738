package app_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/budget/vote"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// What the people of the walk write and read.
const (
	cityOffice   = "Wydział Zmyślonej Partycypacji"
	cityTitle    = "Budżet Zmyślonego Miasta"
	cityPark     = "Park kieszonkowy nad zmyślonym potokiem"
	cityParking  = "Parking nad zmyślonym potokiem" // on the ground of the park
	cityBikes    = "Stojaki na rowery"              // a valuator's own
	cityLibrary  = "Biblioteka na kołach"
	cityRefusal  = "Teren należy do kolei i miasto nie może na nim budować."
	cityProtest  = "Kolej przekazała teren miastu w styczniu, dołączam wypis z rejestru."
	cityCouncil  = "Rada Budżetu popiera przywrócenie projektu."
	cityRestored = "Wypis potwierdza, że teren jest miejski."
	cityProposer = "Wiktoria Zmyślona"
	cityMail     = "wiktoria@poczta.example"
	cityDeskOnly = "Spoza Spisu Osoba" // came to the desk
)

// cityIdea is a project as it is filed: the pool counts from 0, money is in zlotys.
type cityIdea struct {
	pool  int
	title string
	cost  int
}

// cityIdeas are all projects but the park, whose proposer walks by hand. The first
// is the valuator's.
var cityIdeas = []cityIdea{{0, cityBikes, 200_000}, {0, cityParking, 1_400_000}, {0, "Plac zabaw dla wszystkich", 1_000_000}, {0, cityLibrary, 600_000},
	{1, "Ławki na Plantach", 80_000}, {1, "Zielona ściana", 90_000}, {1, "Kino pod chmurką", 60_000},
	{2, "Boisko przy zmyślonej szkole", 120_000}, {2, "Łąka kwietna", 30_000}, {2, "Domki dla jeży", 10_000}}

// TestWalkOfCityBudget goes from a template to destroyed keys: a city makes its
// budget, a resident's project is rejected and restored, people vote at home, on
// telephones and on paper, two of three open the box, and a stranger counts the
// published ballots again.
func TestWalkOfCityBudget(t *testing.T) {
	walks(t)
	w := openCityWalk(t)
	w.makes()
	w.files()
	w.signs()
	w.checks()
	w.rejects()
	w.protests()
	w.restores()
	w.freezes()
	w.keeps()
	w.enrolls()
	w.votes()
	w.votesOnPaper()
	w.types()
	w.closes()
	w.opens()
	w.recounts()
	w.ends()
}

// cityWalk borrows what the walk of meetings does with its people.
type cityWalk struct {
	*meetingsWalk
	owner                  access.InstitutionID
	officer, second, third access.PersonID // of the office; the first rejects
	valuator, other        access.PersonID
	residents              []access.PersonID // those with accounts, in the order of the roll
	roll                   []cityElector
	edition                budget.EditionID
	page, project, digest  string // addresses; the digest is a receipt's
	ids                    map[string]budget.ProjectID
	shares                 []string
	outcome                map[int][]string // winners of pools by title, as the page has them
}

// cityElector is a line of the roll.
type cityElector struct {
	vote.Identity
	district string
}

const (
	cityAccounts = 30 // residents with an account
	cityOnPaper  = 20 // electors who vote on paper: as many as one batch takes
	cityInFirst  = 23 // accounts that live in the first district
)

func openCityWalk(t *testing.T) *cityWalk {
	t.Helper()
	w := &cityWalk{meetingsWalk: &meetingsWalk{walk: openInventedWalk(t, needsDay(time.March, 2, 9))}, ids: map[string]budget.ProjectID{}, outcome: map[int][]string{}}
	w.peoples()
	w.drain()
	return w
}

// peoples adds the office, its people and the residents.
func (w *cityWalk) peoples() {
	w.t.Helper()
	ctx := context.Background()
	towns, err := directory.Municipalities(ctx, w.db)
	w.did("towns", err)
	city := towns[slices.IndexFunc(towns, func(m directory.Municipality) bool { return strings.HasSuffix(m.Name, "Kraków") })].ID
	office := directory.Institution{ID: access.InstitutionID(newWalkID()), Origin: directory.Invented, Kind: directory.Office, Name: cityOffice, Municipality: city, RunningMunicipality: city}
	w.owner = office.ID
	var people []access.DemoPerson
	add := func(lang i18n.Lang, name string, held access.Held) access.PersonID {
		id := access.PersonID(newWalkID())
		people = append(people, access.DemoPerson{ID: id, NewPerson: access.NewPerson{Name: name, Email: fmt.Sprintf("miasto%d@example.org", len(people)), Lang: lang, Demo: true, Roles: []access.Held{held}}})
		return id
	}
	at := func(role access.Role) access.Held { return access.Held{Role: role, Institution: w.owner} }
	w.officer = add(i18n.PL, "Ola Prowadząca", at(access.BudgetOfficer))
	w.second = add(i18n.EN, "Second Officer", at(access.BudgetOfficer))
	w.third = add(i18n.PL, "Trzeci Powiernik", at(access.AuthorityOfficer))
	w.valuator = add(i18n.PL, "Rzeczoznawczyni Zmyślona", at(access.Valuator))
	w.other = add(i18n.PL, "Inny Oceniający", at(access.Valuator))
	for n := range cityAccounts + cityOnPaper {
		one := cityElector{vote.Identity{Name: fmt.Sprintf("%s Zmyślona%c%c", []string{"Anna", "Jan", "Zofia", "Łukasz"}[n%4], 'a'+n/26, 'a'+n%26),
			Born: fmt.Sprintf("19%02d-03-%02d", 50+n, 1+n%28), Address: fmt.Sprintf("ul. Zmyślona %d/2, Kraków", n+1)}, "Dzielnica II Grzegórzki"}
		if n < cityInFirst {
			one.district = "I Stare Miasto"
		}
		w.roll = append(w.roll, one)
		if n < cityAccounts {
			w.residents = append(w.residents, add(i18n.PL, one.Name, access.Held{Role: access.Resident}))
		}
	}
	w.roll = append(w.roll, cityElector{vote.Identity{Name: cityProposer, Born: "1988-05-05", Address: "ul. Zmyślona 200, Kraków"}, "I"})
	w.did("people", w.db.Write(ctx, func(tx *db.Tx) error {
		if err := w.Directory().Save(ctx, tx, []directory.Institution{office}); err != nil {
			return err
		}
		return w.Access().AddDemoPeople(ctx, tx, people)
	}))
}

// e is the edition as it lies.
func (w *cityWalk) e() budget.Edition {
	w.t.Helper()
	e, err := budget.EditionByID(context.Background(), w.db, w.edition)
	w.did("the edition", err)
	return e
}

// makes: an officer begins with the template of Kraków, leaves two districts of
// eighteen, types the money and announces.
func (w *cityWalk) makes() {
	w.t.Helper()
	p := w.desk(w.officer, "pl")
	p.visit("/budzet-obywatelski", http.StatusOK)
	p.click(`main a.btn[href="/budzet-obywatelski/nowa"]`)
	p.shoots("01-new")
	p.did("template", p.tab.Toggle(`main [name=wzor][value=krakow_2025]`))
	p.did("owner", p.tab.Pick("#prowadzi", cityOffice))
	p.fill("tytul", cityTitle, "rok", "2026")
	p.send("tytul")
	p.saved()
	p.shoots("02-settings")
	w.edition = budget.EditionID(strings.Split(p.path(), "/")[2])
	w.page = budget.Href(w.edition)
	p.click(`main section ul.list li:nth-of-type(19) a`)
	p.shoots("03-pool")
	p.click(`main form[action$="/usun"] button`)
	p.saved()
	boss := w.actor(w.officer)
	for _, pool := range w.e().Rules.Pools[3:] {
		w.did("a pool less", w.Budget().DropPool(context.Background(), boss, w.edition, w.e().Version, pool.ID))
	}
	p.visit(w.page, http.StatusOK)
	p.holds("main #prowadzenie ~ ul", "Cały Kraków, Dzielnica I Stare Miasto, Dzielnica II Grzegórzki")
	p.shoots("04-draft")
	if p.has(`main form[action$="/oglos"]`) {
		w.t.Error("an edition without money can be announced")
	}
	p.visit(budget.SettingsHref(w.edition), http.StatusOK)
	p.click(`main a[href$="/ustawienia/kwoty"]`)
	p.fill("kwota_0", "2 400 000", "kwota_1", "200000", "kwota_2", "150 000,00")
	p.shoots("05-amounts")
	p.send("kwota_0")
	p.saved()
	p.click(`main #prowadzenie ~ p a[href$="/kalendarz"]`)
	p.sends(map[string]string{"wyniki_do": "2026-10-09", "sprzeciw_do": "2026-10-20"})
	p.click(`main form[action$="/oglos"] button`)
	p.saved()
	w.drain()
}

// byLink signs somebody in by a letter, from where they are; a stranger becomes a
// resident.
func (p *walker) byLink(email, name string) {
	p.t.Helper()
	p.click(`main a[href^="/konto/odnosnik"]`)
	p.fill("email", email)
	p.send("email")
	p.drain()
	letters, err := p.Mail().Outbox(context.Background(), email)
	if err != nil || len(letters) == 0 {
		p.t.Fatal("no letter to ", email, err)
	}
	link := regexp.MustCompile(regexp.QuoteMeta(p.server.URL) + `/konto/odnosnik/[A-Z0-9]+`).FindString(letters[0].Text)
	p.visit(link, http.StatusOK)
	if name != "" {
		p.fill("name", name)
	}
	p.click(`main form button.btn`)
}

// files: a resident finds the budget on a telephone, signs in by a letter and
// files a project step by step; the others' come by themselves.
func (w *cityWalk) files() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 3, 9))
	p := w.comes("resident", w.server.URL+"/budzet-obywatelski", needsPhone("pl"))
	p.shoots("06-list")
	p.click(`main a[href="` + w.page + `"]`)
	p.shoots("07-edition")
	p.click(`main p.row a.btn[href$="/projekty/nowy"]`)
	p.byLink(cityMail, cityProposer)
	p.at(budget.ProjectsHref(w.edition) + "/nowy")
	p.fill("tytul", cityPark, "opis", "Drzewa, ławki i wodopój dla ptaków na pustym placu nad potokiem.")
	p.did("pool", p.tab.Pick("#pula", "Cały Kraków"))
	p.did("category", p.tab.Pick("#kategoria", w.Texts().In(i18n.PL).T("budget.category.greenery")))
	p.shoots("08-idea")
	p.send("tytul")
	p.did("without a place", p.tab.Click(`main form:has([name=miejsce]) button.btn`))
	p.looks(http.StatusUnprocessableEntity)
	p.fill("miejsce", "Plac nad potokiem, ul. Zmyślona 7", "punkt", "50.0614, 19.9366")
	p.send("miejsce")
	p.fill("nazwa", "Nasadzenia i ławki", "kwota", "1 200 000 zł", "skad", "oferta ogrodnika")
	p.send("kwota")
	p.shoots("09-cost")
	p.click(`main a[href$="/edycja/wyslij"]`)
	p.soundOnPhone()
	p.did("named", p.tab.Toggle(`main [name=nazwisko]`))
	p.shoots("10-send")
	p.send("nazwisko")
	p.saved()
	p.shoots("11-filed")
	w.project = p.path()
	w.ids[cityPark] = budget.ProjectID(strings.TrimPrefix(w.project, budget.ProjectPath+"/"))
	for n, idea := range cityIdeas {
		w.fileIdea(n, idea)
	}
	w.drain()
}

// fileIdea files a project with its support on a paper list.
func (w *cityWalk) fileIdea(n int, idea cityIdea) {
	w.t.Helper()
	ctx, b, who := context.Background(), w.Budget(), w.actor(w.residents[n])
	if idea.title == cityBikes {
		who = w.actor(w.valuator)
	}
	id, err := b.StartProject(ctx, who, w.edition, budget.Idea{Pool: w.e().Rules.Pools[idea.pool].ID, Title: idea.title, Words: "Zmyślony opis."})
	w.did("a draft", err)
	w.did("a place", b.SavePlace(ctx, who, id, budget.Where{Place: "ul. Zmyślona 8"}))
	w.did("a cost", b.AddItem(ctx, who, id, "Całość", strconv.Itoa(idea.cost), "oferta"))
	w.did("filed", b.FileProject(ctx, who, id, budget.Declared{}))
	w.did("support", b.CountList(ctx, w.actor(w.second), id, budget.PaperList{Valid: 15, Refused: 1}))
	w.ids[idea.title] = id
}

// signs: fifteen sign for the park: here, and on a list that the desk counts. The
// proposer cannot sign.
func (w *cityWalk) signs() {
	w.t.Helper()
	ctx := context.Background()
	w.goesOn(needsDay(time.March, 4, 9))
	p := w.phone(w.residents[0], "pl")
	p.visit(w.project, http.StatusOK)
	p.click(`main a[href$="/poparcie"]`)
	p.shoots("12-support")
	p.click(`main form[action$="/poparcie"] button`)
	p.saved()
	p.click(`main form[action$="/poparcie/cofnij"] button`)
	p.click(`main form[action$="/poparcie"] button`)
	for _, id := range w.residents[1:12] {
		w.did("signed", w.Budget().Sign(ctx, w.actor(id), w.ids[cityPark]))
	}
	if err := w.Budget().Sign(ctx, w.actor(w.residents[1]), w.ids[cityPark]); err != nil && fault.KindOf(err) != fault.Conflict {
		w.t.Error("signed twice: ", err)
	}
	desk := w.desk(w.officer, "pl")
	desk.visit(w.project+"/poparcie", http.StatusOK)
	desk.holds("main .lead", "12")
	desk.fill("wazne", "3", "niewazne", "1")
	desk.shoots("13-list")
	desk.send("wazne")
	desk.saved()
	desk.visit(w.project, http.StatusOK)
	desk.holds("main .tag", w.Texts().In(i18n.PL).T("budget.project.state.formal_check"))
	w.drain()
}

// checks: the form is passed, two valuators say what they think, and none may
// judge an own project.
func (w *cityWalk) checks() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 20, 9))
	desk := w.desk(w.officer, "pl")
	desk.visit(w.page+"/oceny", http.StatusOK)
	desk.shoots("14-office")
	desk.click(`main a[href="` + w.project + `/ocena"]`)
	desk.shoots("15-formal")
	desk.click(`main form[action$="/ocena/formalna"] button`)
	desk.saved()
	for _, name := range []string{"Rzeczoznawczyni", "Inny"} {
		desk.did("asked "+name, desk.tab.Pick("#osoba", name))
		desk.send("osoba")
		desk.saved()
	}
	w.drain()
	first := w.phone(w.valuator, "pl")
	first.opensNews(cityPark)
	first.at(w.project + "/ocena")
	first.did("feasible", first.tab.Toggle(`main [name=ocena][value=yes]`))
	first.fill("kwota", "1 190 000", "uwagi", "Wykonalne w jednym sezonie.")
	first.shoots("16-opinion")
	first.send("ocena")
	first.saved()
	second := w.desk(w.other, "pl")
	second.visit(w.project+"/ocena", http.StatusOK)
	second.did("cannot be done", second.tab.Toggle(`main [name=ocena][value=no]`))
	second.did("without a word", second.tab.Click(`main form:has([name=ocena]) button.btn`))
	second.looks(http.StatusUnprocessableEntity)
	second.fill("uwagi", "Mapa pokazuje teren kolejowy.")
	second.send("ocena")
	second.saved()
	w.judgesOwn(first)
}

// judgesOwn: the valuator whose project it is finds no form, and is refused.
func (w *cityWalk) judgesOwn(valuator *walker) {
	w.t.Helper()
	own := budget.ProjectHref(w.ids[cityBikes])
	boss, ctx := w.actor(w.officer), context.Background()
	for title, id := range w.ids {
		if title == cityPark {
			continue
		}
		w.did("form of "+title, w.Budget().PassForm(ctx, boss, id))
		w.did("opinion on "+title, w.Budget().GiveOpinion(ctx, w.actor(w.other), id, budget.Feasible, "", ""))
		w.did("decision on "+title, w.Budget().Decide(ctx, boss, id, budget.Decision{Accept: true}))
	}
	valuator.visit(own+"/ocena", http.StatusOK)
	valuator.shoots("17-barred")
	if valuator.has("main [name=ocena]") {
		w.t.Error("a valuator can judge an own project")
	}
	if res := w.signedIn(w.valuator).post(own+"/ocena/opinia", url.Values{"ocena": {"yes"}}); res.StatusCode != http.StatusForbidden {
		w.t.Errorf("a valuator judges an own project: %d", res.StatusCode)
	}
}

// rejects: the park is rejected with a code and words, and nobody learns of it
// before it is published with the others.
func (w *cityWalk) rejects() {
	w.t.Helper()
	desk := w.desk(w.officer, "pl")
	desk.visit(w.project+"/ocena", http.StatusOK)
	desk.shoots("18-decision")
	desk.did("no", desk.tab.Toggle(`main [name=decyzja][value=nie]`))
	desk.fill("uzasadnienie", cityRefusal)
	desk.did("without a code", desk.tab.Click(`main form:has([name=kod]) button.btn`))
	desk.looks(http.StatusUnprocessableEntity)
	desk.did("code", desk.tab.Pick("#kod", w.Texts().In(i18n.PL).T("budget.code.land")))
	desk.send("kod")
	desk.saved()
	w.comes("reader", w.server.URL+w.project, needsPhone("pl")).lacks(cityRefusal)
	desk.visit(w.page+"/oceny", http.StatusOK)
	desk.shoots("19-publish")
	desk.click(`main form[action$="/oceny/publikacja"] button`)
	desk.saved()
	w.drain()
}

// returns lets the proposer in again by a letter.
func (w *cityWalk) returns() *walker {
	w.t.Helper()
	p := w.comes("proposer", w.server.URL+"/konto/zaloguj", needsPhone("pl"))
	p.byLink(cityMail, "")
	return p
}

// protests: the proposer reads why, and answers within the days of the rules.
func (w *cityWalk) protests() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 30, 23))
	p := w.returns()
	p.opensNews(cityPark)
	p.at(w.project)
	p.holds("main", cityRefusal)
	p.shoots("20-rejected")
	p.click(`main a[href$="/protest"]`)
	p.fill("uzasadnienie", cityProtest)
	p.shoots("21-protest")
	p.send("uzasadnienie")
	p.saved()
	w.drain()
	reader := w.comes("reader", w.server.URL+w.project+"/protest", needsPhone("pl"))
	reader.lacks(cityProtest)
}

// restores: the proposer is heard, the council says its opinion, and another
// officer decides than the one who rejected.
func (w *cityWalk) restores() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 8, 9))
	first := w.desk(w.officer, "pl")
	first.visit(w.project+"/protest", http.StatusOK)
	first.shoots("22-protest-office")
	first.did("hearing", first.tab.Send(`main form[action$="/wysluchanie"]`, map[string]string{"kiedy": "2026-04-20T10:00", "gdzie": "Sala 2 urzędu"}))
	first.looks(http.StatusOK)
	first.saved()
	first.fill("opinia", cityCouncil)
	first.send("opinia")
	first.saved()
	w.goesOn(needsDay(time.April, 21, 9))
	first = w.desk(w.officer, "pl")
	first.visit(w.project+"/protest", http.StatusOK)
	first.shoots("23-same-person")
	if first.has(`main form[action$="/protest/decyzja"]`) {
		w.t.Error("who rejected a project can decide about the protest")
	}
	if res := w.signedIn(w.officer).post(w.project+"/protest/decyzja", url.Values{"decyzja": {"tak"}, "uzasadnienie": {"x"}}); res.StatusCode != http.StatusForbidden {
		w.t.Errorf("who rejected a project decides about the protest: %d", res.StatusCode)
	}
	second := w.desk(w.second, "en")
	second.visit(w.project+"/protest", http.StatusOK)
	second.did("restore", second.tab.Toggle(`main [name=decyzja][value=tak]`))
	second.did("reason", second.tab.Type(`main form[action$="/protest/decyzja"] [name=uzasadnienie]`, cityRestored))
	second.shoots("24-decides")
	second.click(`main form[action$="/protest/decyzja"] button`)
	second.saved()
	w.drain()
	p := w.returns()
	p.opensNews(cityPark)
	p.holds("main .tag", w.Texts().In(i18n.PL).T("budget.project.state.restored"))
	p.shoots("25-restored")
}

// freezes: two projects for one plot exclude each other, the order is drawn and
// the hash is public.
func (w *cityWalk) freezes() {
	w.t.Helper()
	w.goesOn(needsDay(time.September, 5, 9))
	desk := w.desk(w.officer, "pl")
	desk.visit(budget.ExcludesHref(w.edition), http.StatusOK)
	pair := fmt.Sprintf("%d, %d", w.number(cityPark), w.number(cityParking))
	desk.fill("wykluczenia", pair)
	desk.shoots("26-excludes")
	desk.send("wykluczenia")
	desk.saved()
	desk.visit(w.page, http.StatusOK)
	desk.shoots("27-before-freeze")
	desk.click(`main form[action$="/zamroz"] button`)
	desk.saved()
	desk.shoots("28-frozen")
	w.drain()
	reader := w.comes("reader", w.server.URL+budget.RulesHref(w.edition), needsPhone("pl"))
	reader.holds("#skrot ~ p code", w.e().RulesHash)
	reader.visit(budget.DrawHref(w.edition), http.StatusOK)
	reader.holds("main ul li", cityParking)
	reader.shoots("29-rules")
}

// number is the one by which people call a project.
func (w *cityWalk) number(title string) int {
	w.t.Helper()
	p, err := budget.ProjectByID(context.Background(), w.db, w.ids[title])
	w.did(title, err)
	return p.Number
}

// keeps: a key is made for three, each confirms a share, two open the trial.
func (w *cityWalk) keeps() {
	w.t.Helper()
	keepers := []access.PersonID{w.officer, w.second, w.third}
	maker := w.desk(w.officer, "pl")
	maker.visit(w.page, http.StatusOK)
	maker.click(`main #prowadzenie ~ ul a[href$="/klucz"]`)
	maker.shoots("30-key")
	for _, id := range keepers {
		if box := fmt.Sprintf(`main input[name=osoba][value=%q]`, id); !maker.has(box + ":checked") {
			maker.did("chose "+w.nameOf(id), maker.tab.Toggle(box))
		}
	}
	maker.send("osoba")
	w.shares = maker.words("main pre")
	maker.shoots("31-shares")
	maker.click(`main a.btn[href$="/klucz"]`)
	if len(w.shares) != 3 {
		w.t.Fatalf("%d shares", len(w.shares))
	}
	by := map[access.PersonID]*walker{w.officer: maker, w.second: w.phone(w.second, "en"), w.third: w.desk(w.third, "pl")}
	for n, id := range keepers {
		by[id].brings(w.page+"/klucz", "/potwierdzenie", w.shares[n])
		by[id].lacks(tailOf(w.shares[n]))
	}
	maker.visit(w.page+"/klucz", http.StatusOK)
	maker.shoots("32-confirmed")
	maker.brings(w.page+"/klucz", "/proba", w.shares[0])
	by[w.third].brings(w.page+"/klucz", "/proba", w.shares[2])
	by[w.third].holds("main", w.Texts().In(i18n.PL).T("custody.trial.opened"))
	by[w.third].shoots("33-tried")
}

// brings types a share where it is asked for.
func (p *walker) brings(path, action, share string) {
	p.t.Helper()
	p.visit(path, http.StatusOK)
	p.fill("udzial", share)
	p.click(`main form[action$="` + action + `"] button`)
	p.saved()
}

// enrolls: the roll comes in as a sheet with one bad row, and somebody who is not
// on it at the desk.
func (w *cityWalk) enrolls() {
	w.t.Helper()
	boss := w.desk(w.officer, "pl")
	boss.visit(vote.Href(w.edition)+"/spis", http.StatusOK)
	boss.shoots("34-roll")
	boss.did("sheet", boss.tab.Attach(`main [name=arkusz]`, fileOf(w.t, "spis.csv", w.sheet())))
	boss.click(`main form[enctype] button.btn`)
	boss.shoots("35-roll-plan")
	boss.holds("[data-problems]", strconv.Itoa(len(w.roll)+2))
	boss.click(`main form[action$="/uzyj"] button`)
	boss.saved()
	w.drain()
	boss.visit(vote.Href(w.edition)+"/stanowisko", http.StatusOK)
	boss.fill("imie", cityDeskOnly, "adres", "ul. Zmyślona 300, Kraków")
	boss.did("district", boss.tab.Pick("#dzielnica", "Stare Miasto"))
	boss.did("born", boss.tab.Send(`main form.card`, map[string]string{"urodzenie": "2001-01-31"}))
	boss.looks(http.StatusOK)
	boss.holds("[data-absent]", w.Texts().In(i18n.PL).T("vote.desk.absent"))
	boss.shoots("36-desk-absent")
	boss.click(`main [data-absent] form button`)
	boss.looks(http.StatusOK)
	boss.holds("[data-found]", w.Texts().In(i18n.PL).T("vote.desk.new"))
	boss.shoots("36-desk")
	boss.visit(vote.Href(w.edition), http.StatusOK)
	boss.holds("[data-rights]", strconv.Itoa(len(w.roll)+1))
	boss.shoots("37-numbers")
}

// sheet is the roll in the columns of the model that the page offers, with a row
// in which the day of birth is missing.
func (w *cityWalk) sheet() []byte {
	w.t.Helper()
	model := body(w.t, w.signedIn(w.officer).get(vote.Href(w.edition)+"/spis/wzor.csv"))
	head, _, _ := strings.Cut(strings.TrimPrefix(model, "\ufeff"), "\n")
	comma := ','
	if strings.Contains(head, ";") {
		comma = ';'
	}
	var b bytes.Buffer
	b.WriteString(head + "\n")
	out := csv.NewWriter(&b)
	out.Comma = comma
	for _, one := range append(slices.Clone(w.roll), cityElector{Identity: vote.Identity{Name: "Bez Daty", Address: "ul. Zmyślona 1"}}) {
		w.did("a row", out.Write([]string{one.Name, one.Born, one.Address, one.district}))
	}
	out.Flush()
	return b.Bytes()
}

// pool is one of the three, from 0.
func (w *cityWalk) pool(n int) budget.PoolID { return w.e().Rules.Pools[n].ID }

// chooses marks a ballot with 3, 2 and 1 points for the projects of these titles.
func (w *cityWalk) chooses(titles ...string) (c budget.Choice) {
	for n, title := range titles {
		c.Picks = append(c.Picks, budget.Pick{Project: w.ids[title], Points: 3 - n})
	}
	return c
}

// votes: the proposer on a telephone without scripts, one at a desk with them, and
// the others of the roll by the same service.
func (w *cityWalk) votes() {
	w.t.Helper()
	w.goesOn(needsDay(time.September, 14, 9))
	if e := w.e(); e.State != budget.Voting {
		list, err := w.Budget().Obstacles(context.Background(), w.db, e)
		w.t.Fatalf("the vote did not open: %s %+v %v", e.State, list, err)
	}
	w.votesByPhone()
	w.votesAtDesk()
	ctx, e := context.Background(), w.e()
	for n, id := range w.residents[1 : cityAccounts-1] {
		elector, err := w.Votes().Claim(ctx, w.actor(id), w.edition, w.roll[n+1].Identity)
		w.did("claimed", err)
		city := w.chooses(cityPark, cityParking, "Plac zabaw dla wszystkich")
		if n%3 == 0 {
			city = w.chooses(cityPark, "Plac zabaw dla wszystkich", cityBikes)
		}
		w.casts(e, 0, elector, city)
		if n+1 < cityInFirst {
			w.casts(e, 1, elector, w.chooses("Ławki na Plantach", "Zielona ściana", "Kino pod chmurką"))
		} else {
			w.casts(e, 2, elector, w.chooses("Łąka kwietna", "Domki dla jeży", "Boisko przy zmyślonej szkole"))
		}
	}
	// Nobody learns anything before the close.
	reader := w.comes("reader", w.server.URL+budget.ResultsHref(w.edition), needsPhone("pl"))
	reader.lacks(w.digest, cityPark)
	reader.visit(vote.BoxHref(w.edition), http.StatusOK)
	reader.lacks("skroty.txt")
	officer := w.desk(w.officer, "pl")
	officer.visit(vote.Href(w.edition), http.StatusOK)
	officer.holds("main", w.Texts().In(i18n.PL).T("vote.numbers.no_turnout"))
	officer.shoots("46-numbers-voting")
}

func (w *cityWalk) casts(e budget.Edition, pool int, elector vote.ElectorID, c budget.Choice) {
	w.t.Helper()
	_, err := w.Votes().Cast(context.Background(), e, vote.Ballot{Pool: e.Rules.Pools[pool].ID, Elector: elector, Way: vote.Online, Envelope: vote.NewEnvelope(), Choice: c, At: w.now()})
	w.did("cast", err)
}

// claims finds the own place on the roll.
func (p *walker) claims(w *cityWalk, one cityElector) {
	p.t.Helper()
	p.visit(w.page, http.StatusOK)
	p.click(`main a.btn[href$="/glosowanie"]`)
	p.click(`main a[href$="/uprawnienia/ja"]`)
	p.fill("imie", one.Name, "adres", one.Address)
	p.did("claimed", p.tab.Send(`main form:has([name=urodzenie])`, map[string]string{"urodzenie": one.Born}))
	p.looks(http.StatusOK)
	p.saved()
}

// points gives points to the project of a title.
func (p *walker) points(w *cityWalk, title, words string) {
	p.t.Helper()
	p.did(words+" for "+title, p.tab.Pick(`[name="p_`+string(w.ids[title])+`"]`, words))
}

// votesByPhone: marks that are no vote come back with help, and the receipt stays
// on the screen.
func (w *cityWalk) votesByPhone() {
	w.t.Helper()
	p := w.returns()
	p.claims(w, w.roll[len(w.roll)-1])
	p.shoots("38-place")
	p.visit(budget.VoteHref(w.edition), http.StatusOK)
	p.shoots("39-start")
	p.click(`main a.btn[href$="/` + string(w.pool(0)) + `"]`)
	p.shoots("40-ballot")
	p.points(w, cityPark, "3 punkty")
	p.points(w, cityParking, "3 punkty")
	p.did("two with the same points", p.tab.Click(`main form[data-ballot] button.btn`))
	p.looks(http.StatusUnprocessableEntity)
	p.shoots("41-refused")
	p.holds("main .errsum", "3")
	p.points(w, cityParking, "2 punkty")
	p.points(w, cityLibrary, "1 punkt")
	p.click(`main form[data-ballot] button.btn`)
	p.holds("[data-chosen]", cityLibrary)
	p.shoots("42-look-over")
	p.soundOnPhone()
	p.click(`main button[value=glosuje]`)
	w.digest = strings.Join(p.words("[data-digest]"), "")
	p.shoots("43-receipt")
	p.soundOnPhone()
	p.click(`main a.btn[href$="/glosowanie"]`)
	p.holds("main .card .tag", w.Texts().In(i18n.PL).T("vote.cast.spent"))
	p.visit(budget.VoteHref(w.edition)+"/"+string(w.pool(0)), http.StatusConflict)
}

// votesAtDesk: with scripts the page counts along.
func (w *cityWalk) votesAtDesk() {
	w.t.Helper()
	p := w.desk(w.residents[0], "pl")
	p.claims(w, w.roll[0])
	p.visit(budget.VoteHref(w.edition)+"/"+string(w.pool(1)), http.StatusOK)
	p.points(w, "Ławki na Plantach", "3 punkty")
	p.points(w, "Kino pod chmurką", "2 punkty")
	p.shoots("44-ballot-scripts")
	p.holds("[data-count]", "2")
	p.points(w, "Zielona ściana", "1 punkt")
	p.click(`main form[data-ballot] button.btn`)
	p.click(`main button[value=glosuje]`)
	p.shoots("45-receipt-desk")
	if p.words("[data-digest]")[0] == w.digest {
		w.t.Error("two envelopes have one digest")
	}
}

// votesOnPaper: a declaration at the desk spends the right, and the account finds
// it spent.
func (w *cityWalk) votesOnPaper() {
	w.t.Helper()
	ctx := context.Background()
	last := cityAccounts - 1
	_, err := w.Votes().Claim(ctx, w.actor(w.residents[last]), w.edition, w.roll[last].Identity)
	w.did("claimed", err)
	clerk := w.desk(w.officer, "pl")
	clerk.visit(vote.PaperHref(w.edition), http.StatusOK)
	clerk.shoots("50-paper")
	clerk.finds(w, w.roll[last])
	clerk.shoots("51-paper-found")
	clerk.did("pool", clerk.tab.Toggle(fmt.Sprintf(`main [data-declare] [value=%q]`, w.pool(0))))
	clerk.click(`main [data-declare] button`)
	wrong := w.withdraws(clerk)
	clerk.visit(vote.PaperHref(w.edition), http.StatusOK)
	clerk.finds(w, w.roll[last])
	clerk.did("pool", clerk.tab.Toggle(fmt.Sprintf(`main [data-declare] [value=%q]`, w.pool(0))))
	clerk.click(`main [data-declare] button`)
	if got := clerk.words("main [data-number]"); len(got) != 1 || got[0] == wrong {
		w.t.Errorf("numbers of declarations: %q and %q", wrong, got)
	}
	clerk.visit(vote.PaperHref(w.edition)+"/karta/"+string(w.pool(0)), http.StatusOK)
	clerk.shoots("52-paper-ballot")
	p := w.phone(w.residents[last], "pl")
	p.visit(budget.VoteHref(w.edition), http.StatusOK)
	p.shoots("53-spent-on-paper")
	p.holds(fmt.Sprintf(`[data-pool=%q] .tag`, w.pool(0)), w.Texts().In(i18n.PL).T("vote.cast.spent"))
	p.visit(budget.VoteHref(w.edition)+"/"+string(w.pool(0)), http.StatusConflict)
	boss := w.actor(w.second)
	for _, one := range w.roll[cityAccounts : cityAccounts+cityOnPaper-1] {
		found, err := w.Votes().FindForPaper(ctx, boss, w.edition, one.Identity, string(w.pool(2)))
		w.did("found", err)
		w.did("declared", w.Votes().DeclareOnPaper(ctx, boss, w.edition, vote.NewNumber(), found.Elector, []budget.PoolID{w.pool(0)}))
	}
}

// finds looks for somebody who brings a declaration.
func (p *walker) finds(w *cityWalk, one cityElector) {
	p.t.Helper()
	p.fill("imie", one.Name, "adres", one.Address)
	p.did("district", p.tab.Pick("#dzielnica", "Grzegórzki"))
	p.did("found", p.tab.Send(`main form.card:has([name=urodzenie])`, map[string]string{"urodzenie": one.Born}))
	p.looks(http.StatusOK)
}

// withdraws: the declaration that was taken just now was a mistake. Its number is
// typed by whoever took it and, from the same sheet, by another officer.
func (w *cityWalk) withdraws(clerk *walker) string {
	w.t.Helper()
	clerk.shoots("51-paper-taken")
	number := strings.Join(clerk.words("main [data-number]"), "")
	clerk.click(`main a[href="` + vote.WithdrawHref(w.edition) + `"]`)
	clerk.fill("kod", strings.ToLower(number), "opis", "Zaznaczono nie tę pulę.")
	clerk.did("apart", clerk.tab.Toggle(`main [name=osobno]`))
	clerk.shoots("51-withdraw")
	clerk.send("kod")
	clerk.saved()
	clerk.lacks(number)
	if clerk.has(`main [name=kod2]`) {
		w.t.Error("who asks to withdraw a declaration can confirm it")
	}
	second := w.phone(w.second, "en")
	second.visit("/moje-sprawy", http.StatusOK)
	second.click(`main a[href="` + vote.WithdrawHref(w.edition) + `"]`)
	second.fill("kod2", number)
	second.shoots("51-withdraw-second")
	second.soundOnPhone()
	second.send("kod2")
	second.saved()
	if second.has("main [data-asked]") {
		w.t.Error("the declaration waits still")
	}
	return number
}

// types: twenty ballots are typed, typed blind by another, and the one that
// differs is mended.
func (w *cityWalk) types() {
	w.t.Helper()
	w.goesOn(needsDay(time.September, 22, 9))
	line := func(titles ...string) string {
		on, err := budget.OnBallot(context.Background(), w.db, w.edition, w.pool(0))
		w.did("the ballot", err)
		var places []string
		for _, title := range titles {
			places = append(places, strconv.Itoa(on[slices.IndexFunc(on, func(b budget.BallotProject) bool { return b.Title == title })].Order))
		}
		return strings.Join(places, " ")
	}
	good, slip := line(cityParking, cityPark, cityLibrary), line(cityParking, cityLibrary, cityPark)
	lines := map[string]string{}
	for n := range cityOnPaper {
		lines[fmt.Sprintf("k_%d", n+1)] = good
	}
	lines["k_7"] = "x" // blank
	first := w.desk(w.officer, "pl")
	first.visit(vote.BatchesHref(w.edition), http.StatusOK)
	first.did("pool", first.tab.Pick("#pula", "Cały Kraków"))
	first.fill("liczba", strconv.Itoa(cityOnPaper))
	first.shoots("54-batches")
	first.send("liczba")
	batch := first.path()
	first.shoots("55-typing")
	first.types(lines)
	first.click(`main form[action$="/koniec"] button`)
	first.saved()
	first.visit(batch, http.StatusOK)
	first.holds("[data-wait]", w.Texts().In(i18n.PL).T("vote.fault.paper_same"))
	second := w.desk(w.third, "pl")
	second.visit(batch, http.StatusOK)
	second.lacks(good)
	lines["k_12"] = slip
	second.types(lines)
	second.click(`main form[action$="/koniec"] button`)
	second.shoots("56-differs")
	if got := second.words("main form[data-typing] li label"); len(got) != 1 || !strings.Contains(got[0], "12") {
		w.t.Fatalf("places that differ: %q", got)
	}
	second.types(map[string]string{"k_12": good})
	second.saved()
	second.shoots("57-batch-done")
	second.lacks(cityPark)
}

// types fills in lines of a batch and keeps them.
func (p *walker) types(lines map[string]string) {
	p.t.Helper()
	p.did("typed", p.tab.Send("main form[data-typing]", lines))
	p.looks(http.StatusOK)
}

// closes: a vote that comes a second late is none, paper is finished, and digests
// are public.
func (w *cityWalk) closes() {
	w.t.Helper()
	e := w.e()
	late := vote.Ballot{Pool: e.Rules.Pools[2].ID, Way: vote.Online, Envelope: vote.NewEnvelope(), Choice: w.chooses("Łąka kwietna", "Domki dla jeży", "Boisko przy zmyślonej szkole"),
		At: time.Unix(e.Rules.Calendar.VoteTo, 0)}
	if _, err := w.Votes().Cast(context.Background(), e, late); fault.KindOf(err) != fault.Conflict {
		w.t.Error("a vote as late as the close is taken: ", err)
	}
	w.goesOn(needsDay(time.September, 30, 1))
	boss := w.desk(w.officer, "pl")
	boss.visit(w.page, http.StatusOK)
	boss.shoots("58-closed")
	boss.visit(vote.BatchesHref(w.edition), http.StatusOK)
	boss.shoots("59-paper-end")
	boss.click(fmt.Sprintf(`main [data-end=%q] form button`, w.pool(0)))
	boss.saved()
	w.drain()
}

// opens: two keepers bring their shares, numbers agree, and the result has reasons.
func (w *cityWalk) opens() {
	w.t.Helper()
	first := w.desk(w.officer, "pl")
	first.holds("main ol.list", cityTitle)
	first.brings(w.page+"/liczenie", "/liczenie", w.shares[0])
	first.shoots("60-first-share")
	second := w.phone(w.second, "pl")
	second.brings(w.page+"/liczenie", "/liczenie", w.shares[1])
	w.did("opened", w.Results().Wait(context.Background()))
	w.drain()
	second.visit(w.page+"/liczenie", http.StatusOK)
	second.shoots("61-opened")
	second.lacks(tailOf(w.shares[0]), tailOf(w.shares[1]))
	w.drain()
	reader := w.comes("reader", w.server.URL+w.page, needsPhone("pl"))
	reader.shoots("62-edition-counted")
	reader.click(`main p.row a.btn[href$="/wyniki"]`)
	reader.shoots("63-results")
	reader.soundOnPhone()
	for n, want := range []string{"48", "23", "6"} {
		reader.holds(fmt.Sprintf("main tbody tr:nth-of-type(%d)", n+1), want)
		reader.holds(fmt.Sprintf("main tbody tr:nth-of-type(%d) .tag", n+1), w.Texts().In(i18n.PL).T("result.numbers.even"))
	}
	for n := range 3 {
		reader.visit(budget.ResultsHref(w.edition)+"/"+string(w.pool(n)), http.StatusOK)
		reader.shoots(fmt.Sprintf("64-pool-%d", n))
		w.outcome[n] = reader.words("#wygrane ~ ol a")
	}
	if got := w.outcome[0]; !slices.Equal(got, []string{cityPark, "Plac zabaw dla wszystkich", cityBikes}) {
		w.t.Errorf("the city wins %q", got)
	}
	wide := w.comes("wide reader", w.server.URL+budget.ResultsHref(w.edition)+"/"+string(w.pool(0)), needsDesk("pl"))
	wide.holds(`tr[id="`+string(w.ids[cityParking])+`"]`, cityPark)
	wide.shoots("65-pool-wide")
	wide.visit(w.project, http.StatusOK)
	wide.holds("main .tag", w.Texts().In(i18n.PL).T("budget.project.state.won"))
	wide.shoots("66-won")
}

// recounts: a stranger downloads the ballots, counts them as the command on the
// page says, has the page count them, and looks for a receipt in the box.
func (w *cityWalk) recounts() {
	w.t.Helper()
	p := w.comes("stranger", w.server.URL+budget.ResultsHref(w.edition)+"/"+string(w.pool(0)), needsDesk("pl"))
	command := strings.Join(p.words("main p > code"), " ")
	data, err := p.tab.Download(`main a[download]`, w.t.TempDir())
	p.did("downloaded", err)
	if got := w.tally(data, command); !slices.Equal(got, w.outcome[0]) {
		w.t.Errorf("the stranger counts %q, the page says %q", got, w.outcome[0])
	}
	p.click(`main a[href$="/przelicz"]`)
	p.click(`main form[action$="/przelicz"] button`)
	p.shoots("70-recount")
	p.holds("main .tag", w.Texts().In(i18n.PL).T("result.again.same"))
	p.visit("/budzet-obywatelski/przelicz", http.StatusOK)
	file := filepath.Join(w.t.TempDir(), "glosy.pb")
	w.did("a file", os.WriteFile(file, data, 0o600))
	p.did("file", p.tab.Attach(`main [name=plik]`, file))
	p.shoots("71-file")
	p.click(`main form[enctype] button`)
	p.shoots("72-file-counted")
	p.holds("main .tag", w.Texts().In(i18n.PL).T("result.file.agree"))
	if res := w.stranger().get(budget.ResultsHref(w.edition) + "/" + string(w.pool(2)) + "/glosy.pb"); res.StatusCode != http.StatusConflict {
		w.t.Errorf("six ballots are published: %d", res.StatusCode)
	}
	phone := w.comes("somebody with a receipt", w.server.URL+vote.BoxHref(w.edition), needsPhone("pl"))
	phone.fill("skrot", strings.ToLower(w.digest))
	phone.send("skrot")
	phone.holds("[data-answer]", "Cały Kraków")
	phone.shoots("73-receipt-found")
	list := body(w.t, w.stranger().get(vote.BoxHref(w.edition)+"/"+string(w.pool(0))+"/skroty.txt"))
	if lines := strings.Fields(list); len(lines) != 49 || !slices.IsSorted(lines) || !slices.Contains(lines, w.digest) {
		w.t.Errorf("%d digests, the receipt's among them: %t", len(lines), slices.Contains(lines, w.digest))
	}
}

// tally counts a file by the words of a command, as the program on anybody's
// machine does, and names the winners.
func (w *cityWalk) tally(data []byte, command string) (winners []string) {
	w.t.Helper()
	election, err := tally.Parse(bytes.NewReader(data))
	w.did("read the file", err)
	var rule tally.Rule
	words := strings.Fields(command)
	for n, word := range words[:len(words)-1] {
		switch value := words[n+1]; word {
		case "--rule":
			rule.Name = tally.RuleName(value)
		case "--utility":
			rule.Utility = tally.Utility(value)
		case "--threshold":
			rule.Threshold, err = strconv.ParseInt(value, 10, 64)
		case "--ties":
			rule.Ties, err = tally.ParseTies(value)
		case "--exclude":
			var group []int
			for id := range strings.SplitSeq(value, ",") {
				group = append(group, election.Find(id))
			}
			rule.Excludes = append(rule.Excludes, group)
		}
		w.did(word, err)
	}
	out, err := tally.Count(election, rule)
	w.did("counted", err)
	for _, p := range out.Winners {
		winners = append(winners, election.Projects[p].Name)
	}
	return winners
}

// ends: nobody objects, the result stands, and envelopes and keys are destroyed on
// record.
func (w *cityWalk) ends() {
	w.t.Helper()
	w.goesOn(needsDay(time.October, 21, 3))
	if e := w.e(); e.State != budget.Final {
		w.t.Errorf("the result is %s after the days of objections", e.State)
	}
	boss := w.phone(w.officer, "pl")
	boss.visit(w.page+"/liczenie", http.StatusOK)
	boss.holds("#zniszczone ~ p", "78 kopert")
	boss.shoots("80-destroyed")
	if n := w.count(`select count(*) from budget_envelopes where edition = ?`, w.edition); n != 0 {
		w.t.Errorf("%d envelopes are left", n)
	}
	boss.visit(w.page+"/klucz", http.StatusOK)
	boss.shoots("81-key-gone")
	boss.visit(w.page, http.StatusOK)
	boss.shoots("82-final")
	p := w.returns()
	p.opensNews(cityTitle)
	p.visit(w.project, http.StatusOK)
	p.click(`main a[href^="/sprawa/"]`)
	p.shoots("83-matter")
}
