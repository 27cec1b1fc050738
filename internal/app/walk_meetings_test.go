package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/plan"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/meetings"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit/browser"
)

// What the people of the walk write and read.
const (
	walkTopic     = "Dziecko w spektrum autyzmu w klasie"
	walkTwin      = "Uczeń w spektrum autyzmu: co robić"
	walkHeads     = "Narady zmyślonych dyrekcji"
	walkGathering = "Narada wiosenna"
	walkResolved  = "Warsztat o uczniach w spektrum dla naszych szkół"
	walkWorkshop  = "W spektrum i w klasie"
	walkAgreement = "Porozumienie o współpracy na rzecz zmyślonej edukacji"
	walkArea      = "Doskonalenie kadr oświaty"
	walkHides     = "Соломія Прихована" // proposes, and hides her name from peers
	walkInstead   = "Zastępczyni Zmyślona"
	walkForum     = "Forum Zmyślonej Edukacji"
	walkArranged  = "Wspólny wykaz ekspertek i ekspertów"
	walkResult    = "Wykaz ma dwanaście nazwisk i stoi na stronie ośrodka."
)

// TestWalkOfMeetings goes from a topic that a head proposes to what came of it:
// it is merged with another's, supported, talked about and decided; the decision
// orders a workshop, people come, the figures of the plan and of the agreement
// move, and the head is told. All of it by clicking. Peers never learn who
// proposed, strangers learn no more than what is theirs.
func TestWalkOfMeetings(t *testing.T) {
	walks(t)
	w := openMeetingsWalk(t)
	w.measures()
	w.proposes()
	w.merges()
	w.supports()
	w.announces()
	w.answer()
	w.meets()
	recorder, office := w.writes()
	w.decides(recorder, office)
	w.adopts(office)
	w.offers()
	w.enroll()
	w.isHeld()
	w.maps()
	w.marks()
	w.moved()
	w.told()
	w.follows()
	w.arranges()
	w.hides()
}

// meetingsWalk is a walk with heads whom the demo lacks: of five schools that
// the demo's office runs, two of which have one head, and of a school that
// another authority runs.
type meetingsWalk struct {
	*walk
	office, center, union                           access.InstitutionID
	schools                                         []access.InstitutionID
	proposer, twin, both, third, fourth, elsewhere  access.PersonID
	teacher                                         access.PersonID // at the school of the twin's proposer
	series, topic, second, trace, meeting, decision string          // addresses
	agreement, area, indicator                      string          // the area is an id
	shown                                           string          // the arrangement's address
	course                                          courseAt
}

func openMeetingsWalk(t *testing.T) *meetingsWalk {
	t.Helper()
	w := &meetingsWalk{walk: openInventedWalk(t, needsDay(time.March, 2, 9))}
	w.settle()
	w.agrees()
	w.drain()
	return w
}

// desk and phone let somebody in: at a desk with scripts, on a telephone without.
func (w *meetingsWalk) desk(id access.PersonID, lang string) *walker {
	w.t.Helper()
	return w.joins(w.nameOf(id), id, needsDesk(lang))
}

func (w *meetingsWalk) phone(id access.PersonID, lang string) *walker {
	w.t.Helper()
	return w.joins(w.nameOf(id), id, needsPhone(lang))
}

// shoots keeps a picture of the page for those who want to look at the walk
// with their own eyes: KLADKA_WALK_PICTURES names the folder.
func (p *walker) shoots(name string) {
	p.t.Helper()
	folder := os.Getenv("KLADKA_WALK_PICTURES")
	if folder == "" {
		return
	}
	picture := browser.Must(p.t, p.tab.Screenshot)
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// settle adds the schools and their people.
func (w *meetingsWalk) settle() {
	w.t.Helper()
	ctx := context.Background()
	at := func(role access.Role) access.InstitutionID { return w.actor(w.person(role)).Roles[0].Institution }
	w.office, w.center = at(access.AuthorityOfficer), at(access.CenterOfficer)
	office, err := directory.ByID(ctx, w.db, w.office)
	if err != nil {
		w.t.Fatal(err)
	}
	towns, err := directory.Municipalities(ctx, w.db)
	if err != nil {
		w.t.Fatal(err)
	}
	other := towns[slices.IndexFunc(towns, func(m directory.Municipality) bool { return m.ID != office.RunningMunicipality })].ID
	made := func(kind directory.Kind, name, town string) directory.Institution {
		return directory.Institution{ID: access.InstitutionID(newWalkID()), Origin: directory.Invented, Kind: kind, Name: name, Municipality: town, RunningMunicipality: town}
	}
	list := []directory.Institution{made(directory.Office, "Urząd Zmyślony gdzie indziej", other), made(directory.Kind(register.Primary), "Szkoła Zmyślona gdzie indziej", other)}
	for _, name := range []string{"Pod Dębem", "Pod Lipą", "Pod Sosną", "Pod Klonem", "Pod Jodłą", "Pod Bukiem"} {
		list = append(list, made(directory.Kind(register.Primary), "Szkoła Zmyślona "+name, office.RunningMunicipality))
		w.schools = append(w.schools, list[len(list)-1].ID)
	}
	union := made(directory.Association, "Stowarzyszenie Zmyślonej Metropolii", office.Municipality)
	union.RunningMunicipality = ""
	w.union, list = union.ID, append(list, union)
	var people []access.DemoPerson
	add := func(lang i18n.Lang, role access.Role, name string, at ...access.InstitutionID) access.PersonID {
		p := access.DemoPerson{ID: access.PersonID(newWalkID()), NewPerson: access.NewPerson{Name: name, Email: fmt.Sprintf("spotkania%d@example.org", len(people)), Lang: lang, Demo: true}}
		for _, i := range at {
			p.Roles = append(p.Roles, access.Held{Role: role, Institution: i})
		}
		people = append(people, p)
		return p.ID
	}
	w.proposer = add(i18n.UK, access.SchoolHead, walkHides, w.schools[0])
	w.twin = add(i18n.EN, access.SchoolHead, "Twin Idea", w.schools[1])
	w.both = add(i18n.PL, access.SchoolHead, "Dwoje Wjednej", w.schools[2], w.schools[3])
	w.third = add(i18n.UK, access.SchoolHead, "Третя Директорка", w.schools[4])
	w.fourth = add(i18n.PL, access.SchoolHead, "Czwarta Zgoda", w.schools[5])
	w.elsewhere = add(i18n.PL, access.SchoolHead, "Obca Narada", list[1].ID)
	w.teacher = add(i18n.UK, access.Teacher, "Учителька Бліда", w.schools[1])
	add(i18n.PL, access.ForumDelegate, "Delegat Gdzieindziej", list[0].ID)
	w.did("people", w.db.Write(ctx, func(tx *db.Tx) error {
		if err := w.Directory().Save(ctx, tx, list); err != nil {
			return err
		}
		return w.Access().AddDemoPeople(ctx, tx, people)
	}))
}

// did ends the walk when something that is set up could not be done.
func (w *meetingsWalk) did(what string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(what, ": ", err)
	}
}

// actor is somebody after both steps.
func (w *meetingsWalk) actor(id access.PersonID) access.Actor {
	w.t.Helper()
	who, err := w.Access().Actor(context.Background(), id)
	w.did("actor", err)
	who.Fresh = true
	return who
}

// agrees writes what was there before: the agreement of the association and the
// center with seven areas, and a plan with one action.
func (w *meetingsWalk) agrees() {
	w.t.Helper()
	ctx, boss := context.Background(), w.actor(w.person(access.AssociationOfficer))
	whole := agreements.Whole{Agreement: agreements.Agreement{Title: walkAgreement, State: agreements.InForce, Words: "Razem dla szkół metropolii.", SignedOn: "2022-10-27", ValidFrom: "2022-10-27"},
		Parties: []agreements.Party{{Association: true, Name: "Stowarzyszenie"}, {Institution: w.center, Name: "Ośrodek"}}}
	for _, title := range []string{"Eksperci", "Diagnoza", walkArea, "Wspomaganie", "Sieci", "Konferencje", "Promocja"} {
		whole.Areas = append(whole.Areas, agreements.Area{ID: newWalkID(), Title: title})
	}
	id, err := w.Agreements().Add(ctx, boss, whole)
	w.did("agreement", err)
	w.agreement, w.area = agreements.Href(id), whole.Areas[2].ID

	of, err := w.Plan().SavePlan(ctx, boss, plan.Plan{Title: "Plan zmyślonej jakości", YearFrom: 2025, YearTo: 2027})
	w.did("plan", err)
	goal, err := w.Plan().SaveGoal(ctx, boss, plan.Goal{Plan: of, Title: "Szkoły przyjazne każdemu"})
	w.did("goal", err)
	_, err = w.Plan().SaveAction(ctx, boss, plan.Action{Plan: of, Goal: goal, Code: "A1", Title: "Warsztaty dla kadr", Kind: plan.Mandatory})
	w.did("action", err)
	p, err := plan.ByID(ctx, w.db, of)
	w.did("plan", err)
	w.did("adoption", w.Plan().MovePlan(ctx, boss, of, p.Revision, plan.Adopted))
	w.indicator = plan.Href(of) // until the indicator is there
}

// measures: an indicator is reckoned from the ledger, and there is nothing yet.
func (w *meetingsWalk) measures() {
	w.t.Helper()
	p := w.enters("association", w.person(access.AssociationOfficer), needsDesk("pl"))
	p.visit(w.indicator, http.StatusOK)
	p.click(`main a[href$="/wskaznik"]`)
	p.fill("tytul", "Udziały w warsztatach", "jednostka", "udziały", "docelowo", "10")
	p.did("goal", p.tab.Pick("#cel", "Szkoły przyjazne"))
	p.fill("wzor", "participations(action=A9)")
	p.did("sent", p.tab.Click(`main form.stack button.btn[type=submit]`))
	p.looks(http.StatusUnprocessableEntity) // no such action
	p.holds("main .errsum", "A9")
	p.fill("wzor", "participations(action=A1)")
	p.click(`main form.stack button.btn[type=submit]`)
	p.saved()
	w.indicator = p.path()
	p.holds("main ul.tiles li:first-child", "0")
}

// proposes: a head proposes by telephone and hides her name, another sees that
// there is a topic like hers and sends her own all the same; a head of another
// authority is refused.
func (w *meetingsWalk) proposes() {
	w.t.Helper()
	office := w.enters("office", w.person(access.AuthorityOfficer), needsDesk("pl"))
	office.visit("/cykle-spotkan/nowy", http.StatusOK)
	office.did("kind", office.tab.Toggle(`main [name=rodzaj][value=heads]`))
	office.did("owner", office.tab.Pick("#prowadzi", "Wydział Edukacji"))
	office.fill("nazwa", walkHeads)
	office.send("nazwa")
	office.saved()
	w.series = office.path()
	first := w.phone(w.proposer, "uk")
	first.visit("/spotkania", http.StatusOK)
	first.click(`main a[href="/tematy-spotkan/nowy"]`)
	first.did("series", first.tab.Pick("#cykl", walkHeads))
	first.fill("tytul", walkTopic, "opis", "Nauczyciele pytają, jak prowadzić lekcję.")
	first.did("hidden", first.tab.Toggle(`main [name=ukryj]`))
	first.send("tytul")
	first.saved()
	w.topic = first.path()
	first.holds("main dl", walkHides) // she sees it herself
	second := w.desk(w.twin, "en")
	second.visit("/spotkania/tematy", http.StatusOK)
	second.click(`main a[href="/tematy-spotkan/nowy"]`)
	second.did("series", second.tab.Pick("#cykl", walkHeads))
	second.fill("tytul", walkTwin)
	second.send("tytul")
	second.holds("#podobne-tematy li", walkTopic)
	second.shoots("similar")
	second.lacks(walkHides, "Pod Dębem")
	second.send("tytul")
	second.saved()
	w.second = second.path()
	other := w.phone(w.elsewhere, "pl")
	other.visit("/tematy-spotkan/nowy", http.StatusOK)
	other.lacks(walkHeads)
	res := w.signedIn(w.elsewhere).post("/tematy-spotkan/nowy", url.Values{"cykl": {strings.TrimPrefix(w.series, "/cykle-spotkan/")}, "tytul": {walkTopic}})
	if said := body(w.t, res); res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusNotFound || strings.Contains(said, walkHeads) {
		w.t.Errorf("a head of another authority proposes: %d", res.StatusCode)
	}
	other.visit(w.topic, http.StatusNotFound)
	w.drain()
}

// merges: the office joins the second topic into the first.
func (w *meetingsWalk) merges() {
	w.t.Helper()
	office := w.enters("office", w.person(access.AuthorityOfficer), needsDesk("pl"))
	office.click(`main ol.list a[href^="/spotkania/tematy"]`)
	office.click(`main a[href="` + w.second + `"]`)
	office.did("into", office.tab.Pick("#do", walkTopic))
	office.send("do")
	office.saved()
	w.drain()
	office.visit(w.topic, http.StatusOK)
	office.holds("main dl", walkHides) // who runs the meetings knows
	office.holds("main dl", "2 głosy")
	w.trace = office.matter()
	second := w.phone(w.twin, "en")
	second.opensNews(walkTwin)
	second.at(w.second)
	second.click(`main a[href="` + w.topic + `"]`)
	second.lacks(walkHides, "Pod Dębem")
}

// matter is the address of the whole matter, as the page has it.
func (p *walker) matter() string {
	p.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(browser.Must(p.t, p.tab.Source)))
	link, ok := doc.Find(`main a[href^="/sprawa/"]`).Attr("href")
	if err != nil || !ok {
		p.t.Fatalf("%s finds no history at %s: %v", p.name, p.path(), err)
	}
	return link
}

// supports: three heads more, one of whom heads two schools. It takes one voice.
func (w *meetingsWalk) supports() {
	w.t.Helper()
	for n, p := range []*walker{w.phone(w.both, "pl"), w.desk(w.third, "uk"), w.phone(w.fourth, "pl")} {
		p.visit("/spotkania/tematy", http.StatusOK)
		p.click(`main a[href="` + w.topic + `"]`)
		p.lacks(walkHides, "Pod Dębem")
		p.click(`main form[action$="/poparcie"] button`)
		p.saved()
		if p.has(`main form[action$="/poparcie"]`) {
			w.t.Errorf("%s can support twice", p.name)
		}
		p.holds("main dl", fmt.Sprint(n+3))
	}
	res := w.signedIn(w.both).post(w.topic+"/poparcie", url.Values{})
	if res.StatusCode != http.StatusConflict {
		w.t.Errorf("a second voice of one head: %d", res.StatusCode)
	}
	w.drain()
}

// announces: the topic is accepted, a meeting is planned and announced, and the
// topic put on its agenda.
func (w *meetingsWalk) announces() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 4, 9))
	office := w.enters("office", w.person(access.AuthorityOfficer), needsPhone("pl"))
	office.visit(w.topic, http.StatusOK)
	office.holds("main dl", "5 głosów")
	office.did("accepted", office.tab.Toggle(`main [name=decyzja][value=accepted]`))
	office.send("decyzja")
	office.saved()
	office.visit(w.series, http.StatusOK)
	office.click(`main a[href$="/spotkanie"]`)
	office.fill("tytul", walkGathering, "miejsce", "Sala zmyślona 1")
	office.sends(map[string]string{"dzien": "2026-03-25", "od": "10:00", "do": "12:00"})
	w.meeting = strings.TrimSuffix(office.path(), "/porzadek")
	office.click(`main a[href="` + w.meeting + `"]`)
	office.click(`main form[action$="/oglos"] button`)
	office.saved()
	office.visit(w.topic, http.StatusOK)
	office.did("meeting", office.tab.Pick("#spotkanie", walkGathering))
	office.send("spotkanie")
	office.saved()
	office.visit(w.meeting, http.StatusOK)
	office.holds("#porzadek ~ ol", walkTopic)
	w.drain()
}

// answer: from the desk, by hand, or by naming a substitute; the head of two
// schools is invited once, for both.
func (w *meetingsWalk) answer() {
	w.t.Helper()
	for _, x := range []struct {
		p     *walker
		reply string
	}{{w.phone(w.proposer, "uk"), "yes"}, {w.desk(w.both, "pl"), "yes"}, {w.phone(w.third, "uk"), "substitute"}} {
		x.p.click(`main ol.list a[href="` + w.meeting + `"]`)
		x.p.did("reply", x.p.tab.Toggle(`main [name=odpowiedz][value=`+x.reply+`]`))
		if x.reply == "substitute" {
			x.p.fill("zastepstwo", walkInstead)
		}
		x.p.send("odpowiedz")
		x.p.saved()
		x.p.lacks(w.nameOf(w.fourth))
	}
	office := w.enters("office", w.person(access.AuthorityOfficer), needsDesk("pl"))
	office.visit(w.meeting, http.StatusOK)
	office.click(`main a[href$="/zaproszenia"]`)
	office.shoots("seats")
	rows := slices.DeleteFunc(office.words("main tbody tr"), func(row string) bool { return !strings.Contains(row, "Dwoje Wjednej") })
	if len(rows) != 1 || !strings.Contains(rows[0], "Pod Sosną") || !strings.Contains(rows[0], "Pod Klonem") {
		w.t.Errorf("the head of two schools is invited as %q", rows)
	}
	office.holds("main tbody", walkInstead)
	office.click(`main form[action$="/przypomnij"] button`)
	office.saved()
	w.drain()
	w.desk(w.fourth, "pl").opensNews("Czekamy na odpowiedź")
	office.visit(w.meeting, http.StatusOK)
	office.click(`main form[action$="/zwolaj"] button`)
	office.saved()
	w.drain()
}

// meets: the office says that the meeting was held, and who came.
func (w *meetingsWalk) meets() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 25, 12).Add(10 * time.Minute))
	office := w.enters("office", w.person(access.AuthorityOfficer), needsPhone("pl"))
	office.visit(w.meeting, http.StatusOK)
	office.fill("minuty", "135")
	office.send("minuty")
	office.saved()
	office.at(w.meeting + "/obecnosc")
	for _, name := range []string{walkHides, "Twin Idea", "Dwoje Wjednej", "Третя Директорка", "Czwarta Zgoda"} {
		office.did("came "+name, office.tab.Toggle(fmt.Sprintf(`main [name=jest][aria-label*=%q]`, name)))
	}
	office.click(`main form[action$="/obecnosc"] button.btn`)
	office.saved()
	office.holds("main ul.tiles", "5")
	w.drain()
}

// writes: two people write at one item at once, and nothing is lost.
func (w *meetingsWalk) writes() (recorder, office *walker) {
	w.t.Helper()
	recorder = w.enters("recorder", w.person(access.MeetingRecorder), needsDesk("pl"))
	recorder.visit(w.meeting+"/protokol", http.StatusOK)
	recorder.click(`main a[href$="/protokol/pisz"]`)
	item := fmt.Sprintf(`main section[data-item][aria-label*=%q]`, walkTopic)
	field := item + ` textarea`
	recorder.savesItself(item, field, "Otwarto dyskusję.\nGłos zabrało pięć osób.\nTemat wraca jesienią.")
	office = w.enters("office", w.person(access.AuthorityOfficer), needsPhone("pl"))
	office.visit(w.meeting+"/protokol/pisz", http.StatusOK)
	recorder.savesItself(item, field, "Otwarto dyskusję o spektrum autyzmu.\nGłos zabrało pięć osób.\nTemat wraca jesienią.")
	office.did("typed", office.tab.Type(field, "Otwarto dyskusję.\nGłos zabrało pięć osób.\nTemat wraca jesienią.\nPotrzebny jest warsztat."))
	office.click(item + ` form[data-minutes] button`)
	office.saved()
	for _, line := range []string{"Otwarto dyskusję o spektrum autyzmu.", "Głos zabrało pięć osób.", "Temat wraca jesienią.", "Potrzebny jest warsztat."} {
		if !strings.Contains(browser.Must(w.t, office.tab.Source), line) {
			w.t.Errorf("the minutes lost %q", line)
		}
	}
	office.sound()
	recorder.visit(w.meeting+"/protokol", http.StatusOK)
	recorder.holds("main section[data-item]", "Potrzebny jest warsztat.")
	return recorder, office
}

// savesItself types into an item and waits until the script has saved it.
func (p *walker) savesItself(item, field, words string) {
	p.t.Helper()
	p.did("typed minutes", p.tab.Type(field, words))
	saved := p.Texts().In(i18n.PL).T("notice.meetings.saved")
	for range 50 {
		if slices.Contains(p.words(item+` [data-state]`), saved) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("%s: the minutes do not save themselves: %q", p.name, p.words(item+` [data-state]`))
}

// decides: the recorder notes the decision, the office orders a workshop by it.
func (w *meetingsWalk) decides(recorder, office *walker) {
	w.t.Helper()
	recorder.visit(w.meeting+"/protokol/pisz", http.StatusOK)
	recorder.click(fmt.Sprintf(`main section[data-item][aria-label*=%q] a[href*="/decyzje/nowa"]`, walkTopic))
	recorder.fill("tytul", walkResolved)
	recorder.send("tytul")
	recorder.saved()
	w.decision = recorder.path()
	if recorder.has(`main form[action$="/warsztat"]`) {
		w.t.Error("a recorder can order a workshop")
	}
	office.visit(w.decision, http.StatusOK)
	office.fill("nazwa", walkWorkshop, "miejsca", "12", "pierwszenstwo", "7")
	office.did("center", office.tab.Toggle(fmt.Sprintf(`main [name=osrodek][value=%q]`, w.center)))
	office.send("osrodek")
	office.saved()
	office.shoots("decision")
	w.drain()
	third := w.phone(w.third, "uk")
	third.opensNews(walkTopic)
	third.at(w.topic)
	third.holds("main ol.list", walkWorkshop)
	third.lacks(walkHides, "Pod Dębem")
}

// adopts: the minutes are sent, nobody objects, and they hold.
func (w *meetingsWalk) adopts(office *walker) {
	w.t.Helper()
	office.visit(w.meeting+"/protokol", http.StatusOK)
	office.click(`main form[action$="/rozeslij"] button`)
	office.saved()
	w.goesOn(needsDay(time.April, 8, 9))
	head := w.desk(w.fourth, "pl")
	head.visit(w.meeting+"/protokol", http.StatusOK)
	head.holds("main .tag", "Przyjęty")
	head.holds("main", walkResolved)
	head.shoots("minutes")
	head.lacks(walkHides, "Pod Dębem")
}

// ordered is the training that the decision asked for.
func (w *meetingsWalk) ordered() (id string) {
	w.t.Helper()
	w.did("the workshop", w.db.Get(context.Background(), &id, `select id from training_trainings where title = ?`, walkWorkshop))
	return id
}

// offers: the center finds the draft, completes and publishes it.
func (w *meetingsWalk) offers() {
	w.t.Helper()
	p := w.enters("center", w.person(access.CenterOfficer), needsDesk("pl"))
	p.visit("/osrodek/szkolenia", http.StatusOK)
	p.click(`main a[href="/osrodek/szkolenia/` + w.ordered() + `"]`)
	w.course = courseAt{p.path(), "/szkolenia/" + w.ordered()}
	p.holds(`[aria-labelledby="pierwszenstwo"]`, "7 dni")
	p.lacks(walkHides, "Pod Dębem")
	p.click(`main [aria-labelledby="braki"] a[href*="/zmien"]`)
	p.fill("skrot", walkInBrief)
	p.saves()
	p.click(`main [aria-labelledby="braki"] a[href*="/terminy"]`)
	p.fill("miejsce", "ul. Zmyślona 7")
	p.sends(map[string]string{"s0_dzien": "2026-04-20", "s0_od": "10:00", "s0_do": "13:00"})
	if p.has(`main [aria-labelledby="braki"]`) {
		w.t.Errorf("still missing: %s", p.words(`main [aria-labelledby="braki"]`))
	}
	p.click(`main a[href$="/prowadzacy"]`)
	p.did("leader", p.tab.Pick("#osoba0", w.nameOf(w.person(access.Trainer))))
	p.saves()
	p.publishes()
	w.drain()
}

// enroll: a teacher from one of the schools that asked, and two heads who gave
// their voices; a head of another authority waits.
func (w *meetingsWalk) enroll() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 9, 12))
	for _, p := range []*walker{w.phone(w.teacher, "uk"), w.desk(w.both, "pl"), w.phone(w.third, "uk")} {
		p.visit(w.course.public, http.StatusOK)
		p.lacks(walkHides)
		p.click(`main a.btn[href$="/zapis"]`)
		p.click(`main form[action$="/zapis"] button.btn[type=submit]`)
		if !strings.HasPrefix(p.path(), "/zapisy/") {
			w.t.Fatal(p.name, " enrolled, and came to ", p.path(), p.words("main"))
		}
	}
	other := w.desk(w.elsewhere, "pl")
	other.visit(w.course.public+"/zapis", http.StatusOK)
	if other.has(`main form[action$="/zapis"]`) {
		w.t.Error("who did not ask enrolls first")
	}
	other.lacks(walkHides, "Pod Dębem")
}

// isHeld: the trainer marks who is there by telephone, the center settles.
func (w *meetingsWalk) isHeld() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 20, 10).Add(20 * time.Minute))
	trainer := w.enters("trainer", w.person(access.Trainer), needsPhone("pl"))
	trainer.click(`main ol.list a[href^="/prowadze/"]`)
	list := trainer.path()
	for _, id := range []access.PersonID{w.teacher, w.both, w.third} {
		trainer.did("marked", trainer.tab.Toggle(trainer.row(w.nameOf(id))+` input[value=present]`))
	}
	trainer.click(`main form[action="` + list + `"] > p > button`)
	trainer.holds("main", "3 z 3")
	trainer.click(`main form[action$="/zamknij"] button`)
	w.goesOn(needsDay(time.April, 20, 14))
	p := w.enters("center", w.person(access.CenterOfficer), needsDesk("pl"))
	p.visit(w.course.desk+"/obecnosc", http.StatusOK)
	p.click(`main a[href$="/obecnosc/rozlicz"]`)
	p.did("ticked", p.tab.Toggle("#potwierdzam"))
	p.click(`main form[action$="/rozlicz"] button`)
	p.saved()
	w.drain()
}

// maps: a rule leads trainings to area 3 and to the plan's action; a look ahead
// shows what would move.
func (w *meetingsWalk) maps() {
	w.t.Helper()
	p := w.enters("association", w.person(access.AssociationOfficer), needsDesk("pl"))
	p.visit(w.indicator, http.StatusOK)
	p.holds("main ul.tiles li:first-child", "0")
	p.visit("/porozumienia/rejestr/zasady", http.StatusOK)
	p.click(`main a[href$="/zasady/nowe"]`)
	p.fill("words", "Szkolenia liczą się do doskonalenia kadr.", "miejsce1", "1")
	p.did("kind", p.tab.Pick("#rodzaj1", w.Texts().In(i18n.PL).T("ledger.kind.training")))
	p.did("area", p.tab.Pick("#obszar1", walkArea))
	p.did("action", p.tab.Pick("#zadanie1", "Warsztaty dla kadr"))
	p.did("from", p.tab.Send("main form.stack", map[string]string{"valid_from": "2025-09-01"})) // a look ahead: no button was pressed
	p.looks(http.StatusOK)
	p.holds("main section.card table", walkWorkshop)
	p.shoots("preview")
	p.click(`main form.stack button[value=zapisz]`)
	p.saved()
	w.drain()
}

// marks: the association says that the workshop was common work.
func (w *meetingsWalk) marks() {
	w.t.Helper()
	reader := w.comes("reader", w.server.URL+w.agreement, needsPhone("uk"))
	reader.holds(`[data-near="3"] p`, "1")
	if n := len(reader.words(`[data-area="3"] > ul a`)); n != 0 {
		w.t.Errorf("%d activities stand under the area before anybody marked them", n)
	}
	p := w.enters("association", w.person(access.AssociationOfficer), needsPhone("pl"))
	p.visit(w.agreement, http.StatusOK)
	p.click(`main a[href$="/wspolne"]`)
	if !p.has(`main a[href$="?obszar=` + w.area + `"]:not([aria-current])`) {
		w.t.Fatal("the areas cannot be chosen from: ", p.words("main"))
	}
	if len(p.words(`main details[open]`)) == 0 {
		p.did("areas", p.tab.Toggle("main details > summary"))
	}
	p.click(`main details a[href$="?obszar=` + w.area + `"]`)
	p.sound()
	p.click(fmt.Sprintf(`main [data-activity=%q] button.btn`, w.ordered()))
	p.saved()
	w.drain()
}

// moved: the indicator on its page, and the agreement's area, for everybody.
func (w *meetingsWalk) moved() {
	w.t.Helper()
	reader := w.comes("reader", w.server.URL+w.indicator, needsPhone("pl"))
	reader.holds("main ul.tiles li:first-child", "3")
	reader.holds("main ul.tiles li:first-child", "2025/2026")
	reader.shoots("indicator")
	reader.visit(w.agreement, http.StatusOK)
	reader.shoots("agreement")
	for _, words := range []string{walkArea, walkWorkshop, "1 działanie, 3 uczestnictwa, 12 godzin"} {
		reader.holds(`[data-area="3"]`, words)
	}
	for n := range 7 {
		if n != 2 {
			if got := strings.Join(reader.words(fmt.Sprintf(`[data-area="%d"]`, n+1)), " "); strings.Contains(got, walkWorkshop) {
				w.t.Errorf("the workshop stands under area %d: %s", n+1, got)
			}
		}
	}
	reader.click(`[data-area="3"] a[href="` + w.course.public + `"]`)
	reader.lacks(walkHides)
}

// told: the head who proposed reads in her own language what came of it, and so
// does every other who gave a voice.
func (w *meetingsWalk) told() {
	w.t.Helper()
	head := w.phone(w.proposer, "uk")
	head.opensNews(w.Texts().In(i18n.UK).T("meetings.told.topic_held", "title", walkTopic, "people", "3", "hours", "12"))
	head.at(w.topic)
	head.shoots("topic")
	head.sound()
	head.holds("main .tag", w.Texts().In(i18n.UK).T("meetings.topic.state.done"))
	head.holds("main ol.list", "12")
	head.click(`main a[href="` + w.trace + `"]`)
	head.sound()
	head.shoots("matter")
	w.desk(w.twin, "en").opensNews(walkTopic)
	fourth := w.phone(w.fourth, "pl")
	fourth.opensNews("Warsztat z tematu")
	fourth.lacks(walkHides)
}

// follows: one address has the whole way. Steps that are somebody else's say so,
// and nothing of themselves.
func (w *meetingsWalk) follows() {
	w.t.Helper()
	pl := w.Texts().In(i18n.PL)
	var whole []string
	for _, key := range []string{"proposed", "accepted", "on_agenda", "decided", "ordered", "published", "held"} {
		whole = append(whole, pl.T("meetings.step."+key))
	}
	for _, p := range []*walker{w.desk(w.proposer, "pl"), w.phone(w.fourth, "pl"), w.enters("office", w.person(access.AuthorityOfficer), needsDesk("pl"))} {
		p.visit(w.trace, http.StatusOK)
		got := strings.Join(p.words("main ol.matter > li"), " | ")
		at := 0
		for _, step := range whole {
			n := strings.Index(got[at:], step)
			if n < 0 {
				w.t.Errorf("%s finds no %q after the others: %s", p.name, step, got)
				break
			}
			at += n
		}
		p.holds("main ol.matter", walkWorkshop)
		p.holds("main ol.matter", "3 osoby")
		p.holds("main ol.matter", "12 godzin")
	}
	for _, p := range []*walker{w.phone(w.elsewhere, "pl"), w.comes("stranger", w.server.URL+w.trace, needsDesk("pl"))} {
		p.visit(w.trace, http.StatusOK)
		p.holds("main ol.matter > li.muted", pl.T("matter.hidden"))
		p.holds("main ol.matter", walkWorkshop)
		p.shoots("matter-of-" + p.name)
		p.lacks(walkTopic, walkTwin, walkHides, walkHeads, walkGathering, walkResolved, "Pod Dębem")
		for _, step := range whole[:5] {
			if strings.Contains(strings.Join(p.words("main ol.matter"), " "), step) {
				w.t.Errorf("%s learns of %q", p.name, step)
			}
		}
	}
}

// forum is a meeting of the Forum that was held with one decision; the walk goes
// by hand from there.
func (w *meetingsWalk) forum() (decision string) {
	w.t.Helper()
	ctx, boss, m := context.Background(), w.actor(w.person(access.AssociationOfficer)), w.Meetings()
	series, err := m.AddSeries(ctx, boss, meetings.NewSeries{Kind: meetings.Forum, Owner: w.union, Title: walkForum})
	w.did("the Forum", err)
	starts := needsDay(time.May, 12, 10)
	id, err := m.PlanMeeting(ctx, boss, meetings.Plan{Series: series, Title: walkForum, Starts: starts, Ends: starts.Add(2 * time.Hour)})
	w.did("a meeting", err)
	item, err := m.AddItem(ctx, boss, id, meetings.NewItem{Title: "Eksperci", Minutes: 30})
	w.did("an item", err)
	w.did("announced", m.Announce(ctx, boss, id, ""))
	w.goesOn(starts.Add(150 * time.Minute))
	w.did("held", m.Hold(ctx, boss, id, 120))
	decision, err = m.AddDecision(ctx, boss, id, meetings.NewDecision{Item: item, Title: walkArranged, Institution: w.center, DueOn: "2026-06-30"})
	w.did("decided", err)
	return meetings.DecisionHref(id, decision)
}

// arranges: a decision of the Forum becomes an executive arrangement under an
// area, the center is told, and it ends with what came of it.
func (w *meetingsWalk) arranges() {
	w.t.Helper()
	decision := w.forum()
	boss := w.enters("association", w.person(access.AssociationOfficer), needsDesk("pl"))
	boss.visit(decision, http.StatusOK)
	boss.did("area", boss.tab.Pick("#obszar", walkArea))
	boss.send("obszar")
	boss.saved()
	w.drain()
	boss.visit(w.agreement, http.StatusOK)
	boss.holds(`[data-area="3"] [data-arrangement]`, walkArranged)
	boss.click(`[data-area="3"] [data-arrangement] a`)
	w.shown = boss.path()
	w.goesOn(needsDay(time.June, 28, 9))
	center := w.enters("center", w.person(access.CenterDirector), needsPhone("pl"))
	center.click(`main ol.list a[href^="` + w.shown + `"]`)
	center.click(`main a[href*="/prowadzenie/stan?dla="]`)
	center.did("done", center.tab.Toggle(`main [name=stan][value=done]`))
	center.did("closed without a word", center.tab.Click(`main form:has([name=wynik]) button.btn`))
	center.looks(http.StatusUnprocessableEntity)
	center.fill("wynik", walkResult)
	center.did("effect", center.tab.Toggle(fmt.Sprintf(`main [name=efekty][value=%q]`, "training/"+w.ordered())))
	center.send("wynik")
	center.saved()
	center.shoots("closed")
	w.drain()
	reader := w.comes("reader", w.server.URL+w.agreement, needsDesk("uk"))
	reader.holds(`[data-area="3"] [data-arrangement]`, walkResult)
	reader.holds(`[data-area="3"]`, w.Texts().In(i18n.UK).N("agreements.activities", 2))
	reader.click(`[data-area="3"] [data-arrangement] a`)
	reader.at(w.shown)
	reader.holds("main ul", walkWorkshop)
	reader.shoots("arrangement")
}

// hides: the name of who proposed stands nowhere for peers and strangers,
// neither on a page nor in a file.
func (w *meetingsWalk) hides() {
	w.t.Helper()
	about := []string{"/spotkania", "/spotkania/tematy", w.topic, w.second, w.trace, w.series, w.meeting, w.meeting + "/kalendarz.ics", w.meeting + "/protokol",
		w.meeting + "/protokol/tekst", w.decision, w.series + "/decyzje"}
	others := []string{"/moje-sprawy", "/konto/powiadomienia", "/szukaj?q=spektrum", w.agreement, w.agreement + "/rok/2025", w.indicator, w.course.public,
		w.course.desk, w.course.desk + "/zapisy", "/porozumienia/rejestr"}
	ask := func(who string, v *visitor) {
		for n, path := range slices.Concat(about, others) {
			res := v.get(path)
			said, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode >= http.StatusInternalServerError {
				w.t.Errorf("%s: %d, %v", path, res.StatusCode, err)
			}
			if strings.Contains(string(said), walkHides) || n < len(about) && strings.Contains(string(said), "Pod Dębem") {
				w.t.Errorf("%s tells %s who proposed", path, who)
			}
		}
	}
	ask("a stranger", w.stranger())
	for _, id := range []access.PersonID{w.twin, w.both, w.third, w.fourth, w.elsewhere, w.teacher, w.person(access.CenterOfficer), w.person(access.Trainer), w.person(access.ForumDelegate)} {
		ask(w.nameOf(id), w.signedIn(id))
	}
	if own := w.signedIn(w.proposer); !strings.Contains(text(own.page(w.topic).Find("main")), walkHides) {
		w.t.Error("the head who proposed does not see her own name: the walk looks for nothing")
	}
}
