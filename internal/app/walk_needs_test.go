package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

// What the people of the walk write and read.
const (
	walkAsked    = "Czego nam trzeba w przyszłym roku"
	walkWanted   = "Matematyka"              // most declare it
	walkSecond   = "Język angielski"         // the small school wants it
	walkThird    = "Język polski"            // the authority names it
	walkSecret   = "Sowa w zielonym szaliku" // begins what people write in own words
	walkLarge    = "Szkoła Podstawowa Zmyślona pod Kopcem"
	walkSmall    = "Szkółka Zmyślona na Skraju"
	walkOffered  = "Matematyka w ruchu"
	walkOwnWords = "Liczydło na sznurku"
	walkRefusal  = "Zajęcia z języka prowadzi w tym roku sieć, do której można się dopisać."
)

// TestWalkOfNeeds goes from a question to what was used in class: the
// association asks, schools, a municipality and their people answer, two
// officers open the envelopes, a training answers the first need of the list,
// those who asked enroll before the others, and weeks later they say what of it
// was of use. All of it by clicking, but for a crowd that sends the same forms.
func TestWalkOfNeeds(t *testing.T) {
	walks(t)
	w := openNeedsWalk(t)
	w.prepares()
	w.answer()
	w.opens()
	w.ranks()
	w.decides()
	w.told()
	w.offers()
	w.enrollFirst()
	w.isHeld()
	w.isRated()
	w.isUsed()
	w.traces()
	w.leaksNothing()
}

// needsWalk is a walk with the people whom the demo lacks.
type needsWalk struct {
	*walk
	complex, large, small  access.InstitutionID
	second                 access.PersonID // officer of the association, beside the demo's
	largeHead, smallHead   access.PersonID
	largeStaff, smallStaff []access.PersonID
	complexStaff           []access.PersonID
	campaign, round, link  string // addresses
	need, declined         string
	course                 courseAt
	shares                 []string
	topics                 map[string]string // ids by Polish names
}

// The views of the walk: a desk with scripts and a telephone without.
func needsDesk(lang string) browser.View  { return browser.View{Width: 1280, Lang: lang, Scripts: true} }
func needsPhone(lang string) browser.View { return browser.View{Width: 390, Lang: lang} }

// openNeedsWalk opens a walk over the invented complex in Wieliczka and two
// schools in Kraków, one of them with four teachers.
func openNeedsWalk(t *testing.T) *needsWalk {
	t.Helper()
	w := &needsWalk{walk: openInventedWalk(t, needsDay(time.March, 2, 10))}
	w.settle()
	w.drain()
	return w
}

// openInventedWalk opens a walk over invented people and institutions who have
// not done anything yet. The clock begins at the given hour and goes on from
// there, whatever day it is: months pass in a minute.
func openInventedWalk(t *testing.T, begins time.Time) *walk {
	t.Helper()
	w := &walk{browser: browser.Start(t)}
	w.ahead.Store(int64(time.Until(begins)))
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
	server.Config.Handler = a.Handler()
	server.Start()
	t.Cleanup(server.Close)
	w.house = &house{a, t, d, server}
	return w
}

// needsDay is an hour of a day of the walk.
func needsDay(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, web.Warsaw)
}

// settle adds two schools in Kraków and the people of all three.
func (w *needsWalk) settle() {
	w.t.Helper()
	ctx := context.Background()
	head, err := w.Access().Actor(ctx, w.person(access.SchoolHead))
	if err != nil {
		w.t.Fatal(err)
	}
	w.complex, w.large, w.small = head.Roles[0].Institution, access.InstitutionID(newWalkID()), access.InstitutionID(newWalkID())
	towns, err := directory.Municipalities(ctx, w.db)
	if err != nil {
		w.t.Fatal(err)
	}
	city := towns[slices.IndexFunc(towns, func(m directory.Municipality) bool { return strings.HasSuffix(m.Name, "Kraków") })].ID
	made := func(id access.InstitutionID, name string) directory.Institution {
		return directory.Institution{ID: id, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: name, Municipality: city, RunningMunicipality: city}
	}
	var people []access.DemoPerson
	add := func(lang i18n.Lang, role access.Role, at access.InstitutionID, name string) access.PersonID {
		id := access.PersonID(newWalkID())
		people = append(people, access.DemoPerson{ID: id, NewPerson: access.NewPerson{Name: name, Email: fmt.Sprintf("potrzeby%d@example.org", len(people)), Lang: lang, Demo: true,
			Roles: []access.Held{{Role: role, Institution: at}}}})
		return id
	}
	w.second = add(i18n.EN, access.AssociationOfficer, "", "Wanda Drugoklucz")
	w.largeHead = add(i18n.UK, access.SchoolHead, w.large, "Оксана Директоренко")
	w.smallHead = add(i18n.EN, access.SchoolHead, w.small, "Mała Dyrekcja")
	for n := range 14 {
		w.largeStaff = append(w.largeStaff, add(i18n.UK, access.Teacher, w.large, fmt.Sprintf("Ucząca Duża %c", 'A'+n)))
	}
	for n := range 4 {
		w.smallStaff = append(w.smallStaff, add(i18n.PL, access.Teacher, w.small, fmt.Sprintf("Ucząca Mała %c", 'A'+n)))
	}
	for n := range 12 {
		w.complexStaff = append(w.complexStaff, add(i18n.PL, access.Teacher, w.complex, fmt.Sprintf("Ucząca Zespołowa %c", 'A'+n)))
	}
	if err := w.db.Write(ctx, func(tx *db.Tx) error {
		if err := w.Directory().Save(ctx, tx, []directory.Institution{made(w.large, walkLarge), made(w.small, walkSmall)}); err != nil {
			return err
		}
		return w.Access().AddDemoPeople(ctx, tx, people)
	}); err != nil {
		w.t.Fatal(err)
	}
	choices, err := networking.Vocabulary{Topics: w.Topics()}.Choices(ctx, w.Texts().In(i18n.PL))
	if err != nil {
		w.t.Fatal(err)
	}
	w.topics = map[string]string{}
	for _, c := range choices {
		w.topics[strings.TrimSpace(strings.Trim(c.Label, "–— \u00a0"))] = c.Value
	}
}

func newWalkID() string { return uuid.Must(uuid.NewV7()).String() }

// signedIn is a browser without a window of somebody: for a crowd, and for what
// no page offers.
func (w *walk) signedIn(id access.PersonID) *visitor {
	w.t.Helper()
	v := w.stranger()
	if res := v.post("/konto/przyklad", url.Values{"osoba": {string(id)}}); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("sign in as %s: %d", id, res.StatusCode)
	}
	return v
}

// joins signs somebody in who does not stand on the page of sign-in.
func (w *walk) joins(name string, id access.PersonID, v browser.View) *walker {
	w.t.Helper()
	at, err := url.Parse(w.server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	v.Cookies = w.signedIn(id).client.Jar.Cookies(at)
	p := w.comes(name, w.server.URL+"/moje-sprawy", v)
	p.at("/moje-sprawy")
	return p
}

// goesOn puts the clock forward, and does what is due by then: what was asked
// for, and what comes by the clock.
func (w *walk) goesOn(at time.Time) {
	w.t.Helper()
	w.ahead.Store(int64(time.Until(at)))
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan struct{})
	go func() { defer close(worked); w.Work(ctx) }()
	for range 500 { // until the last work that comes several times a day was asked for, by name
		var last []int64
		if err := w.db.Select(ctx, &last, `select started from jobs_periods where kind = 'training.reminders'`); err != nil {
			w.t.Fatal(err)
		}
		if len(last) > 0 && time.Unix(last[0], 0).After(at.Add(-16*time.Minute)) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	<-worked
	w.drain()
	var failed []string
	if err := w.db.Select(context.Background(), &failed, `select kind || ': ' || last_error from jobs where last_error <> ''`); err != nil || len(failed) > 0 {
		w.t.Errorf("work failed by %s: %v %q", at, err, failed)
	}
}

// prepares: the association writes a campaign, makes the key with a second
// officer, and opens it when both have confirmed their shares.
func (w *needsWalk) prepares() {
	w.t.Helper()
	first := w.enters("first officer", w.person(access.AssociationOfficer), needsDesk("pl"))
	first.click(`main ol.todo a[href="/potrzeby/kampanie"]`)
	first.click(`main a[href="/potrzeby/kampanie/nowa"]`)
	first.sound()
	first.fill("tytul", walkAsked, "slowa", "Z odpowiedzi powstanie oferta ośrodka.")
	first.did("center", first.tab.Pick("#osrodek", "Ośrodek"))
	first.did("mode", first.tab.Toggle(`input[name=tryb][value=anonymous]`))
	for _, name := range []string{walkWanted, walkSecond, walkThird, "Fizyka", "Chemia", "Geografia"} {
		first.did("topic "+name, first.tab.Toggle(fmt.Sprintf(`input[name=tematy][value=%q]`, w.topics[name])))
	}
	first.sends(map[string]string{"do": "2026-03-11"})
	w.campaign = first.path()
	first.holds("#zasieg + p", "osób")
	if res := w.signedIn(w.person(access.Teacher)).get(w.campaign); res.StatusCode == http.StatusOK {
		w.t.Errorf("a teacher sees the draft: %d", res.StatusCode)
	}
	first.click(`main form[action$="/przygotuj"] button`)
	w.round = strings.TrimSuffix(first.path(), "/klucz")
	w.makesKey(first)
	first.visit(w.campaign, http.StatusOK)
	if first.has(`form[action$="/otworz"]`) {
		w.t.Error("the campaign can open before the officers have confirmed")
	}
	second := w.joins("second officer", w.second, needsPhone("en"))
	first.confirmsShare(w.shares[1], http.StatusUnprocessableEntity) // of somebody else
	first.confirmsShare(w.shares[0], http.StatusOK)
	second.confirmsShare(w.shares[1], http.StatusOK)
	first.visit(w.campaign, http.StatusOK)
	first.click(`main form[action$="/otworz"] button`)
	first.saved()
	first.holds("main .tag", "trwa")
	first.sound()
	w.drain()
}

// makesKey shows three shares once, and keeps none of them.
func (w *needsWalk) makesKey(first *walker) {
	w.t.Helper()
	officers := []access.PersonID{w.person(access.AssociationOfficer), w.second}
	for _, id := range officers {
		if box := fmt.Sprintf(`main input[name=osoba][value=%q]`, id); !first.has(box + ":checked") {
			first.did("chose "+w.nameOf(id), first.tab.Toggle(box))
		}
	}
	first.send("osoba")
	w.shares = first.words("main pre")
	first.click(`main a.btn[href$="/klucz"]`)
	if len(w.shares) != 3 {
		w.t.Fatalf("%d shares: %s", len(w.shares), first.words("main"))
	}
	for _, share := range w.shares {
		first.lacks(tailOf(share))
	}
}

// tailOf is the last group of letters of a share: enough to know it by.
func tailOf(share string) string {
	groups := strings.Fields(share)
	return groups[len(groups)-1]
}

// confirmsShare types a share on the page of the key, which keeps nothing of it.
func (p *walker) confirmsShare(share string, status int) {
	p.t.Helper()
	p.visit(p.roundOf()+"/klucz", http.StatusOK)
	p.fill("udzial", share)
	p.did("sent a share", p.tab.Click(`main form[action$="/potwierdzenie"] button`))
	p.looks(status)
	p.soundOnPhone()
	if status == http.StatusOK {
		p.saved()
		p.lacks(tailOf(share))
	}
}

// soundOnPhone looks at a page where it is narrow: on a wide screen the check
// unfolds the navigation of an officer, which then lies over the page.
func (p *walker) soundOnPhone() {
	p.t.Helper()
	if p.tab.Width() < 600 {
		p.sound()
	}
}

// roundOf is the address of the only asking of people there is.
func (h *house) roundOf() (path string) {
	h.t.Helper()
	if err := h.db.Get(context.Background(), &path, `select '/ankieta/' || id from survey_rounds where owner = 'needs'`); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// needsLine is one need as somebody types it into a declaration.
type needsLine struct{ topic, urgency, heads string }

// declares answers for an institution, from the desk.
func (p *walker) declares(as string, lines ...needsLine) {
	p.t.Helper()
	p.visit("/moje-sprawy", http.StatusOK)
	p.click(`main ol.list a[href*="/zgloszenie"][href*="jako=` + as + `"]`)
	p.soundOnPhone()
	for n, l := range lines {
		if l.topic == "" { // own words stand in fields of their own
			p.did("urgency", p.tab.Pick("#waga-w1", l.urgency))
			p.fill("slowa-w1", walkOwnWords, "ile-w1", l.heads)
			continue
		}
		p.did("topic", p.tab.Pick(fmt.Sprintf("#temat-%d", n+1), l.topic))
		p.did("urgency", p.tab.Pick(fmt.Sprintf("#waga-%d", n+1), l.urgency))
		p.fill(fmt.Sprintf("ile-%d", n+1), l.heads)
	}
	if len(lines) == 0 {
		p.did("nothing", p.tab.Toggle("#brak"))
	}
	p.click(`main button[name=akcja][value=wyslij]`)
	p.saved()
}

// answer: heads and an officer for their institutions, teachers for themselves.
func (w *needsWalk) answer() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 3, 9))
	word := func(lang i18n.Lang, n int) string { return w.Texts().In(lang).T(fmt.Sprintf("needs.priority.%d", n)) }
	w.enters("head", w.person(access.SchoolHead), needsDesk("pl")).declares("school", needsLine{walkWanted, word(i18n.PL, 3), "6"}, needsLine{walkSecond, word(i18n.PL, 1), "2"})
	w.joins("head of the large school", w.largeHead, needsPhone("uk")).declares("school", needsLine{"Математика", word(i18n.UK, 2), "8"}, needsLine{"", word(i18n.UK, 1), "1"})
	small := w.joins("head of the small school", w.smallHead, needsDesk("en"))
	small.declares("school", needsLine{"Mathematics", word(i18n.EN, 1), "1"}, needsLine{"English", word(i18n.EN, 3), "4"})
	small.lacks(walkLarge, walkOwnWords)
	office := w.enters("authority", w.person(access.AuthorityOfficer), needsDesk("pl"))
	office.declares("authority", needsLine{walkThird, word(i18n.PL, 2), "5"})
	office.declares("office")
	w.answersOnPaper()
	w.answersByLink()
	w.answersByTelephone()
	w.crowdAnswers()
	w.opensEarly()
}

// chooses fills in the questionnaire in the order of its questions.
func (p *walker) chooses(words string, topics ...string) {
	p.t.Helper()
	for n, topic := range topics {
		p.did("topic", p.tab.Pick(fmt.Sprintf(`[name="q.topics.%d"]`, n+1), topic))
	}
	p.did("form", p.tab.Toggle(`[name="q.form"][value=workshop]`))
	p.did("time", p.tab.Toggle(`[name="q.when"][value=saturday]`))
	p.fill("q.other", words)
	p.click(`#ankieta button[value=wysylam]`)
}

// answersOnPaper: the secretary marks who handed in a form, and types it in.
func (w *needsWalk) answersOnPaper() {
	w.t.Helper()
	p := w.enters("secretary", w.person(access.SchoolSecretary), needsDesk("pl"))
	p.visit(w.round+"/papier", http.StatusOK)
	p.sound()
	p.fill("miejsca", "2")
	p.click(`main form[action$="/link"] button`)
	p.saved()
	w.link = regexp.MustCompile(regexp.QuoteMeta(w.round) + `/[0-9a-f-]{36}/[0-9a-f]{32}`).FindString(browser.Must(w.t, p.tab.Source))
	if w.link == "" {
		w.t.Fatal("the secretary sees no link: ", p.words("main"))
	}
	p.did("marked", p.tab.Toggle(fmt.Sprintf(`main input[name=osoba][value=%q]`, w.complexStaff[0])))
	p.send("osoba")
	p.saved()
	p.click(`main a.btn[href$="/formularz"]`)
	p.lacks(w.nameOf(w.complexStaff[0]))
	p.chooses(walkSecret+" z kartki", walkWanted)
	p.holds("main", "Do przepisania: 0")
	p.lacks(walkSecret)
}

// answersByLink: the link of the staff room has two seats.
func (w *needsWalk) answersByLink() {
	w.t.Helper()
	p := w.comes("staff room", w.server.URL+w.link, needsPhone("pl"))
	p.holds("[data-oneway]", "nie da się zmienić")
	p.sound()
	p.chooses(walkSecret+" z linku", walkWanted)
	p.at(w.link + "/dziekujemy")
	p.lacks(walkSecret)
	w.casts(w.stranger(), w.link, walkThird)
	p.visit(w.link, http.StatusConflict)
	p.holds("main", "Wszystkie miejsca tego linku (2) są wykorzystane")
	p.visit(w.link[:len(w.link)-4]+"0000", http.StatusNotFound)
}

// answersByTelephone: a teacher answers without scripts, and asks, apart from
// the answer, to be told.
func (w *needsWalk) answersByTelephone() {
	w.t.Helper()
	p := w.joins("teacher", w.largeStaff[0], needsPhone("uk"))
	p.click(`main ol.list a[href="` + w.round + `"]`)
	p.holds("[data-oneway]", "Wanda Drugoklucz") // who opens stands before the first question
	p.sound()
	p.chooses(walkSecret+" z telefonu", "Математика", "Польська")
	p.at(w.round + "/dziekujemy")
	p.lacks(walkSecret)
	p.click(`main a[href$="/powiadom"]`)
	p.sound()
	p.did("topic", p.tab.Toggle(fmt.Sprintf(`input[name=tematy][value=%q]`, w.topics[walkWanted])))
	p.click(`main form:has([name=tematy]) button`)
	p.saved()
	p.visit(w.round, http.StatusOK)
	if p.has("#ankieta") {
		w.t.Error("one answers twice")
	}
	p.lacks(walkSecret)
}

// casts sends the form of the page as it is drawn, filled in.
func (w *needsWalk) casts(v *visitor, path string, topics ...string) {
	w.t.Helper()
	form, doc := url.Values{}, v.page(path)
	for _, field := range doc.Find("#ankieta input[type=hidden]").EachIter() {
		form.Set(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	for n, topic := range topics {
		form.Set(fmt.Sprintf("q.topics.%d", n+1), strings.ReplaceAll(w.topics[topic], "-", ""))
	}
	form.Set("q.form", "course")
	form.Set("q.when", "afternoon")
	form.Set("q.other", walkSecret+" z tłumu")
	form.Set("krok", "wysylam")
	if res := v.post(path, form); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("an answer at %s: %d", path, res.StatusCode)
	}
}

// crowdAnswers: with those before, 15 answer in Kraków, three of them from the
// small school, and 14 in Wieliczka; 8 and 7 of them want mathematics.
func (w *needsWalk) crowdAnswers() {
	w.t.Helper()
	cast := func(people []access.PersonID, wanted int) {
		for n, id := range people {
			topic := walkThird
			if n < wanted {
				topic = walkWanted
			}
			w.casts(w.signedIn(id), w.round, topic)
		}
	}
	cast(w.largeStaff[1:12], 6)
	cast(w.complexStaff[1:], 5)
	w.casts(w.signedIn(w.smallStaff[0]), w.round, walkWanted, walkSecond)
	for _, id := range w.smallStaff[1:3] {
		w.casts(w.signedIn(id), w.round, walkSecond)
	}
}

// opensEarly is refused, and logged.
func (w *needsWalk) opensEarly() {
	w.t.Helper()
	first := w.enters("first officer", w.person(access.AssociationOfficer), needsDesk("pl"))
	first.visit(w.round+"/otwarcie", http.StatusOK)
	first.holds("main .card", "jeszcze się nie skończyła")
	if first.has(`main [name=udzial]`) {
		w.t.Error("the page takes a share early")
	}
	if res := w.signedIn(w.person(access.AssociationOfficer)).post(w.round+"/otwarcie", url.Values{"udzial": {w.shares[0]}}); res.StatusCode != http.StatusConflict {
		w.t.Errorf("a share too early: %d", res.StatusCode)
	}
	w.drain() // the log is written later
	var logged int
	if err := w.db.Get(context.Background(), &logged, `select (select count(*) from audit_rows where action = 'survey.early') + (select count(*) from audit_waiting where action = 'survey.early')`); err != nil || logged != 1 {
		w.t.Errorf("the log holds %d tries to open early: %v", logged, err)
	}
	first.visit(w.campaign+"/postep", http.StatusOK)
	first.sound()
	first.holds("main ol.list, main ul.list", walkSmall+" Kraków")
	first.holds("main tbody tr", "Kraków 2 2 15 z 20")
	first.visit(w.round+"/przebieg", http.StatusOK)
	first.holds("main dl", "27") // and two by the link
	first.holds("main dl", "wykorzystano 2 z 2")
	first.holds("main tbody", "mniej niż 5 –") // of the one in the counseling center
	first.lacks(walkSecret)
}

// opens: the campaign ends by itself, two officers bring their shares.
func (w *needsWalk) opens() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 12, 8))
	first := w.enters("first officer", w.person(access.AssociationOfficer), needsDesk("pl"))
	first.click(`main ol.list a[href$="/otwarcie"]`)
	first.fill("udzial", w.shares[0])
	first.send("udzial")
	first.holds("main", "Twój udział czeka")
	first.lacks(tailOf(w.shares[0]))
	second := w.joins("second officer", w.second, needsPhone("en"))
	second.click(`main ol.list a[href$="/otwarcie"]`)
	second.sound()
	second.fill("udzial", w.shares[1])
	second.send("udzial")
	for range 50 {
		if second.has("main dl") {
			break
		}
		time.Sleep(100 * time.Millisecond)
		second.visit(w.round+"/otwarcie", http.StatusOK)
	}
	second.holds("main dl", "Answers read 29")
	second.lacks(tailOf(w.shares[1]), walkSecret)
	w.drain()
}

// ranks: an officer gives own words a topic, and reads the list; answers of
// people are seen only where nobody can be told.
func (w *needsWalk) ranks() {
	w.t.Helper()
	first := w.enters("first officer", w.person(access.AssociationOfficer), needsDesk("pl"))
	first.click(`main ol.list a[href$="/wlasnymi-slowami"]`)
	first.holds("main form h3", walkOwnWords)
	first.holds("main", "dopiero od 30 odpowiedzi")
	first.lacks(walkSecret)
	first.sound()
	first.did("topic", first.tab.Pick(`main select[name^="temat-"]`, walkWanted))
	first.click(`main form:has(select[name^="temat-"]) button`)
	first.saved()
	w.drain()
	w.readsList(first)
	small := w.joins("head of the small school", w.smallHead, needsDesk("en"))
	small.visit(w.campaign+"/lista", http.StatusOK)
	small.holds("main tbody", "1 English 4")
	small.lacks(walkLarge, walkThird, walkSecret)
	w.readsYear()
}

// readsList: place, people and reason of each need, and the map of it.
func (w *needsWalk) readsList(first *walker) {
	w.t.Helper()
	first.click(`main a[href$="/lista"]`)
	first.sound()
	rows := first.words("main tbody tr")
	for n, want := range []string{"1 Matematyka 16 3 6 × 3 + 8 × 2 + 2 × 1 = 36", "2 Język angielski 6 2 4 × 3 + 2 × 1 = 14", "3 Język polski 5 1 5 × 2 = 10"} {
		if len(rows) != 3 || !strings.HasPrefix(rows[n], want) {
			w.t.Errorf("place %d of the list: %q, not %q", n+1, rows, want)
		}
	}
	first.holds("main tbody tr", "bez odpowiedzi")
	first.click(`main a[href$="/mapa"]`)
	first.sound()
	first.holds("main tbody tr", "Matematyka 16 10 6")
	first.holds("main tbody tr", "Język polski 5 0 5")
	first.lacks(walkSecret)
}

// readsYear is what everybody reads: declared and said on pages of their own,
// exact where enough people stand behind it, and no school by itself.
func (w *needsWalk) readsYear() {
	w.t.Helper()
	p := w.comes("reader", w.server.URL+"/potrzeby/2026", needsPhone("pl"))
	p.sound()
	for _, topic := range []string{walkWanted, walkSecond, walkThird} { // three institutions are too few
		p.holds("main tbody tr", topic+" ukryto")
	}
	p.lacks(walkSmall, walkLarge, walkSecret, walkOwnWords)
	p.click(`main .seg a:not([aria-current])`)
	p.sound()
	// What came by the link and on paper raises k: the numbers of municipalities would be too small beside it.
	for _, row := range []string{"Odpowiedziało 29 15 14", "Matematyka 15 ukryto ukryto", "Język polski 13 ukryto ukryto", "Język angielski ukryto ukryto ukryto"} {
		p.holds("main tbody tr", row)
	}
	p.holds("[data-unsigned]", "bez logowania")
	p.did("Kraków", p.tab.Pick(`main form.filter select`, "Kraków"))
	p.click(`main form.filter button`)
	p.holds("main tbody tr", "Odpowiedziało 15")
	p.lacks(walkSmall, walkSecret, walkOwnWords) // it is counted with a neighbor
}

// decides: the officer opens a training from the first need, with the seats that
// are proposed for each municipality, declines the second with a reason, and
// answers the third in part.
func (w *needsWalk) decides() {
	w.t.Helper()
	first := w.enters("first officer", w.person(access.AssociationOfficer), needsDesk("pl"))
	first.visit(w.campaign+"/lista", http.StatusOK)
	first.click(`main tbody tr:nth-of-type(1) th a`)
	w.need = first.path()
	first.sound()
	first.click(`main a[href$="rodzaj=training"]`)
	first.sound()
	first.fill("tytul", walkOffered, "miejsca", "18")
	first.click(`main button[name=przelicz]`)
	first.holds("main fieldset", "Zgłoszono 10 osób, propozycja: 10")
	first.holds("main fieldset", "Zgłoszono 6 osób, propozycja: 6")
	first.click(`main #formularz p.row button.btn`)
	first.saved()
	first.holds("main .tag", "odpowiedź dla wszystkich")
	first.visit(w.campaign+"/lista", http.StatusOK)
	first.click(`main tbody tr:nth-of-type(2) th a`)
	w.declined = first.path()
	first.click(`main a[href$="rodzaj=declined"]`)
	first.fill("slowa", "Nie.")
	first.did("declined without a reason", first.tab.Click(`main #formularz p.row button.btn`))
	first.looks(http.StatusUnprocessableEntity)
	first.fill("slowa", walkRefusal)
	first.click(`main #formularz p.row button.btn`)
	first.saved()
	first.visit(w.campaign+"/lista", http.StatusOK)
	first.click(`main tbody tr:nth-of-type(3) th a`)
	first.click(`main a[href$="rodzaj=consultation"]`)
	first.fill("miejsca", "3")
	first.click(`main #formularz p.row button.btn`)
	first.holds("main .tag", "odpowiedź dla części osób")
	first.holds("main .why", "Nie ma jeszcze miejsc dla: 2 osoby")
	first.sound()
	w.drain()
	first.visit(w.campaign+"/lista", http.StatusOK)
	for n, want := range []string{"szkolenie", "odmowa", "konsultacje"} {
		first.holds(fmt.Sprintf("main tbody tr:nth-of-type(%d)", n+1), want)
	}
}

// told: on the desk and in the inbox, those who declared it or asked for it,
// and nobody else.
func (w *needsWalk) told() {
	w.t.Helper()
	head := w.enters("head", w.person(access.SchoolHead), needsDesk("pl"))
	head.holds("main ol.list", "Twoja potrzeba: "+walkWanted)
	head.click(`main ol.list a[href="` + w.need + `"]`)
	head.sound()
	head.holds("main", "w przygotowaniu")
	head.lacks(walkLarge, walkSmall)
	small := w.joins("head of the small school", w.smallHead, needsDesk("en"))
	small.opensNews(walkSecond)
	small.at(w.declined)
	small.holds("main", walkRefusal)
	small.lacks(w.nameOf(w.person(access.AssociationOfficer)))
	teacher := w.joins("teacher", w.largeStaff[0], needsPhone("uk"))
	teacher.holds("main ol.list", "Математика")
	teacher.opensNews(walkOffered)
	teacher.at(w.need)
	teacher.sound()
	silent := w.joins("teacher who asked for no news", w.complexStaff[1], needsPhone("pl"))
	silent.lacks(walkOffered)
	silent.visit("/konto/powiadomienia", http.StatusOK)
	silent.lacks(walkOffered)
	silent.visit(w.need, http.StatusNotFound)
}

// opensNews opens the message of the inbox that holds the words.
func (p *walker) opensNews(words string) {
	p.t.Helper()
	p.visit("/konto/powiadomienia", http.StatusOK)
	all := p.words("main ul.rows > li h2")
	n := slices.IndexFunc(all, func(s string) bool { return strings.Contains(s, words) })
	if n < 0 {
		p.t.Fatalf("%s has no news of %q: %q", p.name, words, all)
	}
	p.click(fmt.Sprintf("main ul.rows > li:nth-of-type(%d) h2 a", n+1))
}

// offers: the center completes the draft that came from the need, and publishes it.
func (w *needsWalk) offers() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 13, 9))
	p := w.enters("center", w.person(access.CenterOfficer), needsDesk("pl"))
	p.visit("/osrodek/szkolenia", http.StatusOK)
	draft := `main a[href^="/osrodek/szkolenia/"][href$="` + w.drafted() + `"]`
	p.click(draft)
	w.course = courseAt{p.path(), "/szkolenia/" + w.drafted()}
	p.holds(`[aria-labelledby="pierwszenstwo"]`, "7 dni")
	p.holds(`[aria-labelledby="pierwszenstwo"]`, "pierwszeństwem 6 Osoby") // by their number alone, the parts of the complex among them
	p.lacks(walkLarge, walkSmall)
	p.click(`main [aria-labelledby="braki"] a[href*="/zmien"]`)
	p.fill("skrot", walkInBrief)
	p.saves()
	p.click(`main [aria-labelledby="braki"] a[href*="/terminy"]`)
	p.fill("miejsce", "ul. Zmyślona 7, Wieliczka")
	p.sends(map[string]string{"s0_dzien": "2026-04-20", "s0_od": "10:00", "s0_do": "13:00"})
	if p.has(`main [aria-labelledby="braki"]`) {
		w.t.Errorf("still missing: %s", p.words(`main [aria-labelledby="braki"]`))
	}
	p.click(`main a[href$="/prowadzacy"]`)
	p.did("leader", p.tab.Pick("#osoba0", w.nameOf(w.person(access.Trainer))))
	p.saves()
	p.publishes()
	p.holds(`[aria-labelledby="pierwszenstwo"]`, "20 marca 2026")
}

// drafted is the training that the decision made.
func (w *needsWalk) drafted() (id string) {
	w.t.Helper()
	if err := w.db.Get(context.Background(), &id, `select id from training_trainings where title = ?`, walkOffered); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// enrollFirst: one who asked gets a seat, one who did not reads why not yet.
func (w *needsWalk) enrollFirst() {
	w.t.Helper()
	w.goesOn(needsDay(time.March, 14, 9))
	teacher := w.joins("teacher", w.largeStaff[0], needsPhone("uk"))
	teacher.visit(w.need, http.StatusOK)
	teacher.click(`main a[href="` + w.course.public + `"]`)
	teacher.sound()
	teacher.click(`main a.btn[href$="/zapis"]`)
	teacher.sound()
	teacher.click(`main form[action$="/zapis"] button.btn[type=submit]`)
	if !strings.HasPrefix(teacher.path(), "/zapisy/") {
		w.t.Fatal("the teacher enrolled, and came to ", teacher.path(), teacher.words("main"))
	}
	teacher.holds("main .tag", "підтверджено")
	other := w.enters("one who did not ask", w.person(access.Counselor), needsDesk("pl"))
	other.visit(w.course.public+"/zapis", http.StatusOK)
	other.holds("main", "Zapisy dla wszystkich zaczną się: 20 marca 2026, 09:00")
	other.lacks(walkLarge, walkSmall)
	other.sound()
	if other.has(`main form[action$="/zapis"]`) {
		w.t.Error("who did not ask finds the form")
	}
	w.pushesIn(w.person(access.Counselor))
	for _, id := range slices.Concat(w.largeStaff[1:10], w.complexStaff[:5]) {
		w.enrolls(w.signedIn(id))
	}
	w.goesOn(needsDay(time.March, 20, 12))
	other.visit(w.course.public+"/zapis", http.StatusOK)
	other.click(`main form[action$="/zapis"] button.btn[type=submit]`)
	other.holds("main .tag", "Miejsce potwierdzone")
}

// enrolls sends the form as it is drawn.
func (w *needsWalk) enrolls(v *visitor) {
	w.t.Helper()
	form := url.Values{}
	for _, field := range v.page(w.course.public + "/zapis").Find(`form[action$="/zapis"] input[type=hidden]`).EachIter() {
		form.Set(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	if res := v.post(w.course.public+"/zapis", form); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("enrolled with %d: %.500s", res.StatusCode, body(w.t, res))
	}
}

// pushesIn sends a form that no page drew, and is told the day.
func (w *needsWalk) pushesIn(id access.PersonID) {
	w.t.Helper()
	who, err := w.Access().Actor(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	var revision string
	if err := w.db.Get(context.Background(), &revision, `select cast(revision as text) from training_trainings where id = ?`, w.drafted()); err != nil {
		w.t.Fatal(err)
	}
	res := w.signedIn(id).post(w.course.public+"/zapis", url.Values{"wersja": {revision}, "placowka": {string(who.Roles[0].Institution)}})
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if words := text(doc.Find("main")); res.StatusCode != http.StatusConflict || !strings.Contains(words, "Do 20.03.2026, 09:00 na to szkolenie mogą się zapisać tylko") {
		w.t.Errorf("a form sent early: %d, %s", res.StatusCode, words)
	}
}

// isHeld: attendance, hours and papers, which another walk goes through by hand.
func (w *needsWalk) isHeld() {
	w.t.Helper()
	ctx, id := context.Background(), training.ID(w.drafted())
	done := func(what string, err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(what, ": ", err)
		}
	}
	w.goesOn(needsDay(time.April, 20, 11))
	officer, err := w.Access().Actor(ctx, w.person(access.CenterOfficer))
	done("officer", err)
	officer.Fresh = true
	meetings, err := training.Meetings(ctx, w.db, id)
	done("meetings", err)
	_, list, err := w.Training().Account(ctx, officer, id)
	done("account", err)
	var marks []training.Setting
	for _, x := range list {
		marks = append(marks, training.Setting{Enrollment: x.ID, Mark: training.MarkPresent})
	}
	_, err = w.Training().Take(ctx, officer, meetings[0].ID, marks)
	done("marks", err)
	_, err = w.Training().CloseMeeting(ctx, officer, meetings[0].ID)
	done("the list", err)
	w.goesOn(needsDay(time.April, 20, 14))
	done("hours", w.Training().Settle(ctx, officer, id))
	done("center", w.Papers().SetCenter(ctx, officer, papers.Center{Center: officer.Roles[0].Institution, FullName: walkCenterName, Place: "Kraków", Signs: "Dyrektor",
		Codes: map[papers.Kind]string{training.Certificate: "ZM", training.Diploma: "ZMS"}}))
	for _, x := range list[:2] {
		done("birth", w.Papers().TypeBirth(ctx, officer, x.ID, papers.Birth{Day: "1980-02-03", Place: "Kraków"}))
		_, err = w.Papers().Issue(ctx, officer, x.ID)
		done("paper", err)
	}
	w.drain()
}

// asking is where those who were there are asked, after it or weeks later.
func (w *needsWalk) asking(stage string) (path string) {
	w.t.Helper()
	if err := w.db.Get(context.Background(), &path, `select '/ankieta/' || id from needs_eval_rounds where subject = ? and stage = ? and state = 'open'`, w.drafted(), stage); err != nil {
		w.t.Fatal("nobody is asked ", stage, ": ", err)
	}
	return path
}

// came are those who enrolled, after the teacher and the one who had to wait.
func (w *needsWalk) came() []access.PersonID {
	return slices.Concat(w.largeStaff[1:10], w.complexStaff[:5])
}

// rates sends an answer of somebody of the crowd about the training.
func (w *needsWalk) rates(id access.PersonID, path string, answers url.Values) {
	w.t.Helper()
	v := w.signedIn(id)
	for _, field := range v.page(path).Find("#ankieta input[type=hidden]").EachIter() {
		answers.Set(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	answers.Set("krok", "wysylam")
	if res := v.post(path, answers); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("an answer at %s: %d", path, res.StatusCode)
	}
}

// isRated right after: the trainer reads sums when the time is over, nothing before.
func (w *needsWalk) isRated() {
	w.t.Helper()
	w.goesOn(needsDay(time.April, 22, 9))
	path := w.asking("after")
	teacher := w.joins("teacher", w.largeStaff[0], needsPhone("uk"))
	teacher.click(`main ol.list a[href="` + path + `"]`)
	teacher.sound()
	for _, question := range []string{"overall", "useful", "trainer"} {
		teacher.did(question, teacher.tab.Toggle(`[name="q.`+question+`"][value="5"]`))
	}
	teacher.did("pace", teacher.tab.Toggle(`[name="q.fit.pace"][value=right]`))
	teacher.fill("q.change", walkSecret+" po szkoleniu")
	teacher.click(`#ankieta button[value=wysylam]`)
	teacher.at(path + "/dziekujemy")
	teacher.lacks(walkSecret)
	for n, id := range w.came() {
		w.rates(id, path, url.Values{"q.overall": {fmt.Sprint(4 + n%2)}, "q.useful": {fmt.Sprint(3 + n%3)}, "q.trainer": {"4"}})
	}
	if res := w.signedIn(w.smallHead).get(path); res.StatusCode != http.StatusForbidden {
		w.t.Errorf("who was not there is asked: %d", res.StatusCode)
	}
	trainer := w.enters("trainer", w.person(access.Trainer), needsPhone("pl"))
	trainer.visit("/prowadze/oceny", http.StatusOK)
	trainer.holds("main tbody tr", walkOffered)
	trainer.holds("main tbody tr", "trwa")
	w.goesOn(needsDay(time.May, 8, 9))
	trainer = w.enters("trainer", w.person(access.Trainer), needsPhone("pl"))
	trainer.visit("/prowadze/oceny", http.StatusOK)
	trainer.click(`main tbody th a`)
	trainer.sound()
	trainer.holds("#after ~ *, [data-stage] table", "15")
	trainer.holds("[data-stage]", "Odpowiedziało 15 z 16 osób")
	trainer.lacks(walkSecret, w.nameOf(w.largeStaff[0]))
}

// isUsed: weeks later they are asked again, and the center reads what was of use.
func (w *needsWalk) isUsed() {
	w.t.Helper()
	w.goesOn(needsDay(time.June, 3, 9))
	path := w.asking("later")
	other := w.enters("one who had to wait", w.person(access.Counselor), needsDesk("pl"))
	other.click(`main ol.list a[href="` + path + `"]`)
	other.sound()
	other.did("used", other.tab.Toggle(`[name="q.used"][value=yes]`))
	other.fill("q.example", walkSecret+" w poradni")
	other.click(`#ankieta button[value=wysylam]`)
	other.at(path + "/dziekujemy")
	for n, id := range w.came() {
		w.rates(id, path, url.Values{"q.used": {[]string{"yes", "partly"}[n%2]}, "q.obstacles": {"time"}})
	}
	w.goesOn(needsDay(time.June, 19, 9))
	center := w.enters("center", w.person(access.CenterOfficer), needsDesk("pl"))
	center.visit("/osrodek/oceny", http.StatusOK)
	center.sound()
	center.holds("main tbody tr", walkOffered+" 20 kwietnia 2026")
	center.holds("main tbody tr", "od 65 do 100%")
	public := w.comes("reader", w.server.URL+"/szkolenia/oceny", needsPhone("uk"))
	public.holds("main tbody tr", "від 65 до 100%")
	public.lacks(walkOffered, walkSecret)
}

// traces: the head who reported follows the need to what became of it.
func (w *needsWalk) traces() {
	w.t.Helper()
	head := w.enters("head", w.person(access.SchoolHead), needsPhone("pl"))
	head.opensNews(walkOffered)
	head.at(w.need)
	head.click(`main a[href="` + w.need + `/slad"]`)
	head.sound()
	if stages, done := head.words("main ol.trace > li"), head.words("main ol.trace > li.done"); len(stages) != 8 || len(done) != 8 {
		w.t.Errorf("the way of the need: %d stages, %d of them reached: %q", len(stages), len(done), stages)
	}
	for _, words := range []string{"Zespół Placówek Oświatowych", "Szkolenie: " + walkOffered, "18 miejsc", "16 osób", "razem 64 godziny", "2 dokumenty", "od 65 do 100%"} {
		head.holds("main ol.trace", words)
	}
	head.lacks(walkSecret, walkLarge, walkSmall, w.nameOf(w.largeStaff[0]), w.nameOf(w.complexStaff[0]))
	officer := w.enters("first officer", w.person(access.AssociationOfficer), needsDesk("pl"))
	officer.visit(w.need+"/slad", http.StatusOK)
	officer.sound()
	officer.holds("main ol.trace", "3 zgłaszające placówki lub urzędy; 16 osób")
	officer.lacks(walkSecret, w.nameOf(w.largeStaff[0]))
}

// leaksNothing: what people wrote in own words stands nowhere, whoever looks,
// and in no sheet: too few answered for that.
func (w *needsWalk) leaksNothing() {
	w.t.Helper()
	pages := []string{"/potrzeby", "/potrzeby/2026", "/potrzeby/bez-odpowiedzi", w.campaign, w.campaign + "/postep", w.campaign + "/wlasnymi-slowami", w.campaign + "/lista",
		w.campaign + "/lista/arkusz?format=csv", w.campaign + "/glosy", w.campaign + "/glosy/arkusz?format=csv", w.campaign + "/mapa", w.round + "/przebieg",
		w.round + "/otwarcie", w.round + "/wyniki", w.need, w.need + "/slad", w.course.public, w.course.desk}
	for _, id := range []access.PersonID{w.person(access.AssociationOfficer), w.person(access.CenterOfficer), w.person(access.SchoolHead), w.person(access.Administrator), w.largeStaff[0]} {
		v := w.signedIn(id)
		for _, path := range pages {
			res := v.get(path)
			said, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode >= http.StatusInternalServerError {
				w.t.Errorf("%s: %d, %v", path, res.StatusCode, err)
			}
			if strings.Contains(string(said), walkSecret) {
				w.t.Errorf("%s tells what somebody wrote, to %s", path, w.nameOf(id))
			}
		}
	}
}
