package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

// lesson is one training to invent.
type lesson struct {
	form     training.Form
	title    string
	summary  string
	words    []string // beginnings of names of topics, any of which will do
	in       int      // days from today to the first meeting; below zero it is over, at zero it goes on now
	meetings int
	hours    int // lesson hours of each meeting
	seats    int
	people   int // who are enrolled, more than the seats: they wait
	price    int64
	mode     training.Mode
	teacher  standing // of the demo's teacher
	change   func(*training.Whole)
}

// standing is how the demo's teacher stands in a lesson.
type standing int

const (
	away  standing = iota
	first          // enrolls before all others
	waits          // comes when all seats are taken, and one is offered
)

// lessons are the offer of a center in a usual term.
func lessons() []lesson {
	quota := func(w *training.Whole) {
		if w.Capacity > 10 {
			w.Pools = map[string]int{"": w.Capacity - 8, krakowKey: 5, wieliczkaKey: 3}
		}
	}
	asks := func(w *training.Whole) { w.Approval = true }
	return []lesson{
		{training.Workshop, "Matematyka w ruchu. Zabawy liczbowe w klasach 1-3", "Ćwiczenia, które można zrobić następnego dnia na korytarzu i na boisku.", []string{"Matem"}, 9, 1, 6, 20, 26, 0, training.OnSite, away, quota},
		{training.Course, "Rozmowa o trudnych emocjach w klasie", "Jak zacząć, czego nie mówić i kiedy poprosić o pomoc psychologa.", []string{"Psych", "Pomoc", "Wspar"}, 12, 2, 5, 24, 27, 0, training.OnSite, waits, nil},
		{training.Webinar, "Prawa autorskie w szkole bez tajemnic", "Co wolno kopiować, pokazywać i publikować na stronie szkoły.", []string{"Prawo", "Infor"}, 5, 1, 2, 200, 48, 0, training.Online, first, nil},
		{training.Conference, "Dobre praktyki oceniania kształtującego", "Trzy równoległe ścieżki: klasy młodsze, starsze i szkoły ponadpodstawowe.", []string{"Ewalu", "Ocen"}, 30, 1, 7, 80, 34, 0, training.OnSite, away, tracks},
		{training.Seminar, "Nadzór i autonomia. Seminarium dla kadry kierowniczej", "Spotkanie dyrektorek i dyrektorów szkół metropolii.", []string{"Zarz", "Nadz"}, 16, 1, 4, 30, 12, 0, training.OnSite, away,
			func(w *training.Whole) { w.Eligible.Roles = []access.Role{access.SchoolHead, access.DeputyHead} }},
		{training.Course, "Roboty i kodowanie na co dzień", "Od pierwszego skryptu do projektu klasowego, na sprzęcie ośrodka.", []string{"Rob", "Program", "Infor"}, 21, 3, 5, 16, 21, 12000, training.OnSite, first, asks},
		{training.Workshop, "Uczennice i uczniowie z doświadczeniem migracji", "Jak włączyć do klasy osobę, która dopiero uczy się polskiego.", []string{"Wielo", "Język"}, 26, 2, 4, 25, 9, 0, training.Hybrid, away, few},
		{training.Lecture, "Sen, ekran i uczenie się", "Wykład otwarty z pytaniami z sali.", []string{"Zdrow", "Profil"}, 37, 1, 2, 120, 15, 0, training.OnSite, away, nil},
		{training.QualificationCourse, "Kurs kwalifikacyjny z zakresu zarządzania oświatą", "Dwa semestry, praktyka w placówce i egzamin.", []string{"Zarz"}, 44, 10, 8, 25, 6, 180000, training.OnSite, away, qualification},
		{training.Course, "Pierwsza pomoc w szkole", "Ćwiczenia na fantomach, po zajęciach odświeżenie wiedzy co dwa lata.", []string{"Bezp", "Zdrow"}, 51, 1, 8, 15, 0, 8000, training.OnSite, away, nil},
		{training.StaffTraining, "Dostosowania na egzaminie. Szkolenie rady pedagogicznej", "Zamówione przez szkołę na pierwszy dzień ferii.", []string{"Egzam", "Spec"}, 33, 1, 4, 45, 14, 0, training.OnSite, away, nil},
		{training.Workshop, "Głos i mowa w pracy nauczycielskiej", "Emisja głosu w małej grupie.", []string{"Głos", "Zdrow"}, -20, 2, 4, 12, 12, 0, training.OnSite, first, nil},
		{training.Course, "Arkusz kalkulacyjny dla sekretariatu", "Listy, sumy i wykresy bez frustracji.", []string{"Infor"}, -34, 1, 6, 14, 10, 6000, training.OnSite, away, nil},
		{training.Course, "Ocenianie opisowe bez gotowców", "Jak napisać ocenę, z której dziecko i rodzic coś wiedzą.", []string{"Ocen", "Ewalu"}, -12, 2, 4, 18, 13, 0, training.OnSite, away, nil},
		{training.Workshop, "Czytanie ze zrozumieniem. Zajęcia otwarte", "Lekcja pokazowa i rozmowa po niej.", []string{"Język", "Czyt"}, 0, 1, 4, 16, 11, 0, training.OnSite, first, nil},
		{training.Seminar, "Szkoła w kryzysie. Seminarium", "Szkic na wiosnę: czekamy na potwierdzenie terminu.", []string{"Bezp", "Psych"}, 75, 1, 4, 30, 0, 0, training.OnSite, away,
			func(w *training.Whole) { w.State = training.Draft }},
	}
}

func tracks(w *training.Whole) {
	first := w.Meetings[0]
	w.Meetings[0].Title, w.Meetings[0].EndsAt, w.Meetings[0].Hours = "Wykład otwierający", first.StartsAt+90*60, 2
	for n, name := range []string{"Klasy 1-3", "Klasy 4-8", "Szkoły ponadpodstawowe"} {
		w.Meetings = append(w.Meetings, training.Meeting{Title: "Warsztaty: " + name, Track: name, StartsAt: first.StartsAt + 2*3600, EndsAt: first.StartsAt + 6*3600, Hours: 5,
			Room: fmt.Sprintf("sala %d", 101+n)})
	}
}

func few(w *training.Whole) {
	w.MinPeople = 12
	w.DecideAt = w.Meetings[0].StartsAt - 7*24*3600
}

func qualification(w *training.Whole) {
	w.Admission, w.Paper, w.Exam, w.PracticeHours = true, training.Diploma, true, 60
	w.ConsentNo, w.Framework = "ZGODA/DEMO/1", "Program ramowy kursu (demonstracja)"
	w.LegalBasis = "podstawa prawna do wpisania przez ośrodek"
}

// Trainings lets the invented center publish its offer and people enroll, in the
// ways that people go; what is over was attended, settled and certified. A world
// without a center's officer stays without, and papers may be nil.
func Trainings(ctx context.Context, d *db.DB, people *access.Service, t *training.Service, issuing *papers.Service, world World) (err error) {
	defer fault.Wrap(&err, "let the invented center train")
	c := center{d: d, service: t, papers: issuing, schools: openSchools(world), names: newMaker(worldSeed + 1).newNames(), now: t.Now()}
	if len(c.schools) == 0 {
		return nil
	}
	if err := c.hire(ctx, people, world); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	if c.topics, err = t.Topics.Choices(ctx, t.Catalog.In(i18n.PL)); err != nil {
		return err
	}
	// What is over happened at a clock of its own: the program lets nobody enroll
	// after the beginning, and no list be closed before it.
	back := t.Config
	back.Now = func() time.Time { return c.past }
	c.earlier = training.New(back)
	for n, l := range lessons() {
		if len(c.schools) < manySchools {
			l.seats, l.people = min(l.seats, 4), min(l.people, 6)
		}
		if err := c.give(ctx, n, l); err != nil {
			return err
		}
	}
	return nil
}

// center is the invented center at work.
type center struct {
	made int // trainings so far

	d       *db.DB
	service *training.Service
	earlier *training.Service // the same, at the clock past
	papers  *papers.Service
	at      access.InstitutionID

	officer, trainer, head, teacher access.Actor
	headAt, teacherAt               access.InstitutionID

	schools   []directory.Institution
	topics    []web.Choice
	names     *names
	now, past time.Time
}

// hire finds who acts. A world may lack a trainer.
func (c *center) hire(ctx context.Context, people *access.Service, world World) (err error) {
	if c.officer, c.at, err = actorOf(ctx, people, world, access.CenterOfficer, ""); err != nil {
		return err
	}
	if c.head, c.headAt, err = actorOf(ctx, people, world, access.SchoolHead, ""); err != nil {
		return err
	}
	if c.teacher, c.teacherAt, err = actorOf(ctx, people, world, access.Teacher, ""); err != nil {
		return err
	}
	c.trainer, _, err = actorOf(ctx, people, world, access.Trainer, c.at)
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return err
}

// give publishes a lesson and fills it.
func (c *center) give(ctx context.Context, n int, l lesson) error {
	w := l.whole(c.now, c.at, c.trainer)
	if id := topicOf(c.topics, l.words); id != "" {
		w.Topics = []string{id}
	}
	if l.form == training.StaffTraining {
		w.ForInstitution = string(c.headAt)
	}
	if l.in <= 0 {
		c.past = time.Unix(w.Meetings[0].StartsAt, 0).AddDate(0, 0, -10)
		return c.gave(ctx, n, l, w)
	}
	id, err := c.insert(ctx, c.service, w)
	if err != nil || w.State == training.Draft {
		return err
	}
	if w.Admission {
		if err := c.service.RequirePapers(ctx, c.officer, id, []string{"Dyplom ukończenia studiów", "Zaświadczenie o zatrudnieniu"}); err != nil {
			return err
		}
	}
	if l.form == training.StaffTraining {
		return c.sendStaff(ctx, id, l)
	}
	came, err := c.enroll(ctx, c.service, id, n, l)
	if err != nil || l.teacher != waits {
		return err
	}
	// Somebody falls ill: the seat is offered to whoever waits first.
	return c.service.Resign(ctx, training.Holder{Actor: c.officer}, came[0], "choroba")
}

// insert gives each training an id of its place in the list: what a guide shows
// is what the reader finds, whichever the database.
func (c *center) insert(ctx context.Context, t *training.Service, w training.Whole) (id training.ID, err error) {
	c.made++
	w.ID = training.ID(fmt.Sprintf("01900000-0000-7000-8001-%012d", c.made))
	return id, c.d.Write(ctx, func(tx *db.Tx) error {
		id, err = t.Insert(ctx, tx, c.officer, w)
		return err
	})
}

// whole is the training of a lesson, as Insert takes it.
func (l lesson) whole(now time.Time, center access.InstitutionID, trainer access.Actor) training.Whole {
	w := training.Whole{Training: training.Training{Center: center, Form: l.form, State: training.Published, Title: l.title, Summary: l.summary, Capacity: l.seats,
		Body:  "Zajęcia prowadzone są w małych grupach. Materiały dostaje każda osoba uczestnicząca.",
		Price: l.price, Payer: training.Nobody, Mode: l.mode, Paper: training.Certificate, AskNeeds: true, QuotaBy: training.ByPlace,
		AudienceText: "Nauczycielki i nauczyciele oraz kadra szkół i placówek", CreatedAt: now.AddDate(0, 0, min(l.in, 0)-20).Unix()}}
	if l.price > 0 {
		w.Payer = training.School
	}
	if l.mode != training.Online {
		w.Place, w.Municipality, w.AccessInfo = "ul. Demonstracyjna 3, Kraków", krakowKey, "Wejście bez schodów od podwórza, winda, pętla indukcyjna w auli."
		lat, lon := 50.0619, 19.9369
		w.Lat, w.Lon = &lat, &lon
	}
	if l.mode != training.OnSite {
		w.Link = "https://pokoj.example/" + string(l.form)
	}
	if trainer.Person != "" {
		w.Trainers = []training.Trainer{{No: 1, Person: string(trainer.Person), Name: trainer.Name, About: "prowadzi zajęcia w ośrodku"}}
	}
	room := "sala 12"
	if l.mode == training.Online {
		room = ""
	}
	for n := range l.meetings {
		day := schoolDay(now.AddDate(0, 0, l.in+7*n), l.in > 0)
		start := time.Date(day.Year(), day.Month(), day.Day(), 14, 30, 0, 0, web.Warsaw)
		if l.hours > 4 {
			start = start.Add(-5 * time.Hour)
		}
		if l.in == 0 {
			start = now.Add(-20 * time.Minute).Truncate(5 * time.Minute) // at this very hour, whatever it is
		}
		w.Meetings = append(w.Meetings, training.Meeting{StartsAt: start.Unix(), EndsAt: start.Add(time.Duration(l.hours)*45*time.Minute + 30*time.Minute).Unix(), Hours: l.hours, Room: room})
	}
	if l.change != nil {
		l.change(&w)
	}
	return w
}

// schoolDay is the day itself, or the Monday after a weekend; when it is to come,
// also the first day after the free days of winter.
func schoolDay(t time.Time, ahead bool) time.Time {
	t = t.In(web.Warsaw)
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday ||
		ahead && (t.Month() == time.December && t.Day() > 22 || t.Month() == time.January && t.Day() < 7) {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

// enroll lets people of several schools enroll on the phone, and the teacher of
// the demo where the lesson says so. Who finds no seat waits. It returns those
// who found one, without the teacher.
func (c *center) enroll(ctx context.Context, t *training.Service, id training.ID, n int, l lesson) (seated []training.EnrollmentID, err error) {
	role := access.Teacher
	if l.form == training.Seminar {
		role = access.SchoolHead
	}
	for k := range l.people {
		if l.teacher == first && k == 0 || l.teacher == waits && k == l.seats {
			if err := c.enrollTeacher(ctx, t, id); err != nil {
				return nil, err
			}
		}
		at := c.schools[(n+k*7)%len(c.schools)].ID
		r, err := t.Enroll(ctx, c.officer, id, c.guest(role, at), training.ByPhone)
		if err != nil {
			return nil, err
		}
		if r.State.In() {
			seated = append(seated, r.ID)
		}
	}
	return seated, nil
}

// guest is somebody without an account.
func (c *center) guest(role access.Role, at access.InstitutionID) training.Applicant {
	a := training.Applicant{Name: c.names.draw(i18n.PL), Role: role, Lang: i18n.PL, Institution: at}
	a.Email = strings.ReplaceAll(i18n.Fold(a.Name), " ", ".") + "@example.org"
	return a
}

func (c *center) enrollTeacher(ctx context.Context, t *training.Service, id training.ID) error {
	is, err := training.ByID(ctx, c.d, id)
	if err != nil {
		return err
	}
	_, err = t.Enroll(ctx, c.teacher, id, training.Applicant{Role: access.Teacher, Lang: i18n.PL, Institution: c.teacherAt, SeenRev: is.Revision}, training.BySelf)
	return err
}

// sendStaff has the head enroll people of the school at once.
func (c *center) sendStaff(ctx context.Context, id training.ID, l lesson) error {
	var staff []training.Applicant
	for range l.people {
		staff = append(staff, c.guest(access.Teacher, c.headAt))
	}
	_, err := c.service.EnrollStaff(ctx, c.head, id, c.headAt, staff)
	return err
}

// manySchools is from how many on a world is large: below it few people enroll.
const manySchools = 10

// openSchools are some schools of the world, a few of each municipality.
func openSchools(world World) (some []directory.Institution) {
	of := map[string]int{}
	for _, i := range world.Institutions {
		if !i.Closed && i.Kind == directory.Kind(register.Primary) && i.RunningMunicipality != "" && of[i.Municipality] < 4 {
			some = append(some, i)
			of[i.Municipality]++
		}
	}
	return some
}

func topicOf(choices []web.Choice, words []string) string {
	for _, word := range words {
		at := slices.IndexFunc(choices, func(c web.Choice) bool { return strings.HasPrefix(strings.TrimSpace(c.Label), word) })
		if at >= 0 {
			return choices[at].Value
		}
	}
	return ""
}
