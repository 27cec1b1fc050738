package stage

import (
	"context"
	"fmt"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit/browser"
	"kladka/internal/training"
	"kladka/internal/training/papers"
	"kladka/internal/training/portfolio"
	"kladka/internal/training/takeover"
)

// lessons are trainings of every demo that the pages look at, by a short name.
var lessons = map[string]string{"full": "Matematyka w ruchu%", "offered": "Rozmowa o trudnych%", "webinar": "Prawa autorskie%", "conference": "Dobre praktyki%",
	"asks": "Roboty i kodowanie%", "few": "Uczennice i uczniowie%", "course": "Kurs kwalifikacyjny%", "empty": "Pierwsza pomoc%", "staff": "Dostosowania%",
	"certified": "Głos i mowa%", "paid": "Arkusz kalkulacyjny%", "over": "Ocenianie opisowe%", "now": "Czytanie ze zrozumieniem%", "draft": "Szkoła w kryzysie%"}

// train furnishes the pages of trainings: most of it every demo has.
func (h House) train(ctx context.Context, site *browser.Site) error {
	for name, title := range lessons {
		id, err := h.one(ctx, `select id from training_trainings where title like ?`, title)
		if err != nil {
			return fmt.Errorf("the demo has no training %s: %w", name, err)
		}
		site.Paths["training-"+name], site.Paths["offer-"+name] = training.Path(training.ID(id)), training.DeskPath(training.ID(id))
	}
	for _, furnish := range []func(context.Context, *browser.Site) error{h.queue, h.offer, h.teach, h.certify, h.takeOver, h.learnElsewhere} {
		if err := furnish(ctx, site); err != nil {
			return err
		}
	}
	return nil
}

// one reads one word of the database, where no page tells it.
func (h House) one(ctx context.Context, query string, args ...any) (word string, err error) {
	return word, h.DB().Get(ctx, &word, query, args...)
}

func idOf(site *browser.Site, lesson string) string {
	return strings.TrimPrefix(site.Paths["training-"+lesson], training.CatalogPath+"/")
}

// queue finds places of the teacher, and has a stranger enroll who has not
// confirmed yet.
func (h House) queue(ctx context.Context, site *browser.Site) error {
	for _, lesson := range []string{"offered", "webinar", "asks", "certified", "now"} {
		id, err := h.one(ctx, `select id from training_enrollments where training = ? and person = ?`, idOf(site, lesson), site.People["teacher"])
		if err != nil {
			return fmt.Errorf("the teacher is not in %s: %w", lesson, err)
		}
		site.Paths["place-"+lesson] = training.EnrollPath + "/" + id
	}
	t, err := training.ByID(ctx, h.DB(), training.ID(idOf(site, "empty")))
	if err != nil {
		return err
	}
	for name, how := range map[string]training.How{"pending": training.ByGuest, "guest": training.ByPhone} {
		who := access.Stranger()
		if how == training.ByPhone {
			if who, err = h.as(ctx, site, access.CenterOfficer); err != nil {
				return err
			}
		}
		a := training.Applicant{Name: "Gabriela Gościnna", Email: name + "@szkola.example", Role: access.Teacher, Lang: i18n.PL, TypedName: "Szkoła Podstawowa w Zmyślonej",
			SeenRev: t.Revision, Needs: "Potrzebne miejsce blisko tablicy i pętla indukcyjna."}
		r, err := h.Training().Enroll(ctx, who, t.ID, a, how)
		if err != nil {
			return err
		}
		e, err := training.EnrollmentByID(ctx, h.DB(), r.ID)
		if err != nil {
			return err
		}
		site.Paths["place-"+name] = training.EnrollPath + "/" + string(e.ID) + "/" + h.Training().Key(e)
	}
	return nil
}

// offer finds those pages of a center's training that are about one person.
func (h House) offer(ctx context.Context, site *browser.Site) error {
	for name, of := range map[string]struct{ lesson, between, query string }{
		"desk-person":    {"full", "/zapisy/osoba/", `select min(id) from training_enrollments where training = ? and state = 'waiting'`},
		"desk-applicant": {"course", "/zapisy/kwalifikacja/", `select min(id) from training_enrollments where training = ?`},
		"account-over":   {"over", "/obecnosc/osoba/", `select min(id) from training_enrollments where training = ? and active`},
		"account-closed": {"paid", "/obecnosc/osoba/", `select min(id) from training_enrollments where training = ? and active`},
		"candidate":      {"paid", "/dokumenty/", `select min(id) from training_enrollments where training = ? and state = 'completed'`},
	} {
		id, err := h.one(ctx, of.query, idOf(site, of.lesson))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		site.Paths[name] = site.Paths["offer-"+of.lesson] + of.between + id
	}
	for name, tail := range map[string]string{"words": "/zmien", "dates": "/terminy", "places": "/miejsca", "terms": "/warunki", "leaders": "/prowadzacy",
		"repeat": "/powtorz", "materials": "/materialy", "cancel": "/odwolaj", "postpone": "/przeloz", "people": "/zapisy", "needs": "/zapisy/udogodnienia",
		"phone": "/zapisy/telefon", "substitutes": "/zapisy/zastepstwa", "attendance": "/obecnosc", "settle": "/obecnosc/rozlicz", "prints": "/druki",
		"list": "/druki/lista", "history": "/historia", "papers": "/dokumenty", "dues": "/rozliczenie", "admission": "/zapisy/kwalifikacja",
		"publish": "/opublikuj", "decide": "/decyzja", "record": "/obecnosc/przebieg"} {
		for lesson := range lessons {
			site.Paths[name+"-"+lesson] = site.Paths["offer-"+lesson] + tail
		}
	}
	site.Paths["enroll"], site.Paths["enroll-full"] = site.Paths["training-empty"]+"/zapis", site.Paths["training-full"]+"/zapis"
	site.Paths["enroll-asks"], site.Paths["enroll-tracks"] = site.Paths["training-asks"]+"/zapis", site.Paths["training-conference"]+"/zapis"
	head, err := h.as(ctx, site, access.SchoolHead)
	site.Paths["buyer"] = "/nabywcy/" + string(placeOf(head, access.SchoolHead))
	site.Paths["staff-enroll"] = training.StaffPath + "/zapis/" + idOf(site, "staff")
	return err
}

// teach finds the meetings that a trainer leads.
func (h House) teach(ctx context.Context, site *browser.Site) error {
	for name, lesson := range map[string]string{"now": "now", "later": "full", "over": "over"} {
		meetings, err := training.Meetings(ctx, h.DB(), training.ID(idOf(site, lesson)))
		if err != nil || len(meetings) == 0 {
			return fmt.Errorf("%s has no meeting: %w", lesson, err)
		}
		id := meetings[len(meetings)-1].ID
		site.Paths["take-"+name], site.Paths["code-"+name] = training.LeadPath+"/"+string(id), training.LeadPath+"/"+string(id)+"/kod"
		site.Paths["presence-"+name] = training.PresencePath + "/" + string(id)
		if name == "now" {
			own := strings.TrimPrefix(site.Paths["place-now"], training.EnrollPath+"/")
			site.Paths["presence-own"] = training.PresenceLink(id, training.EnrollmentID(own), "")
		}
	}
	return nil
}

// certify has papers corrected, voided, put into a batch, and issued by a job.
func (h House) certify(ctx context.Context, site *browser.Site) error {
	officer, err := h.as(ctx, site, access.CenterOfficer)
	if err != nil {
		return err
	}
	p, at := h.Papers(), placeOf(officer, access.CenterOfficer)
	batch, err := p.Gather(ctx, officer, at, training.ID(idOf(site, "certified")), "electronic")
	if err != nil {
		return err
	}
	var ids []string
	if err := h.DB().Select(ctx, &ids, `select id from training_papers where person = '' order by id`); err != nil || len(ids) < 2 {
		return fmt.Errorf("the demo has %d papers of guests: %w", len(ids), err)
	}
	own, err := h.one(ctx, `select id from training_papers where person = ?`, site.People["teacher"])
	if err != nil {
		return err
	}
	paper, _, c, err := p.Open(ctx, officer, papers.ID(ids[0]))
	if err != nil {
		return err
	}
	fix := papers.Fix{Name: "Halina Poprawiona", BirthDay: c.BirthDay, BirthPlace: c.BirthPlace, Title: c.Title, Hours: c.Hours, StartsOn: c.StartsOn, EndsOn: c.EndsOn}
	if _, err := p.Correct(ctx, officer, paper.ID, paper.Revision, fix, "Literówka w nazwisku."); err != nil {
		return err
	}
	if paper, _, _, err = p.Open(ctx, officer, papers.ID(ids[1])); err != nil {
		return err
	}
	if err := p.Void(ctx, officer, paper.ID, paper.Revision, papers.VoidClasses()[0], "Wydano osobie, której nie było na zajęciach."); err != nil {
		return err
	}
	if _, err := p.ReceiveBlanks(ctx, officer, at, "A 000101", "A 000120"); err != nil {
		return err
	}
	var ready []string
	if err := h.DB().Select(ctx, &ready, `select id from training_enrollments where training = ? and state = 'completed' order by id`, idOf(site, "paid")); err != nil || len(ready) < 2 {
		return fmt.Errorf("%d people wait for a paper: %w", len(ready), err)
	}
	for _, id := range ready[1:] { // of the first nobody knows the birth date yet
		if err := p.TypeBirth(ctx, officer, training.EnrollmentID(id), papers.Birth{Day: "1979-04-11", Place: "Wieliczka"}); err != nil {
			return err
		}
	}
	progress, err := p.IssueAll(ctx, officer, training.ID(idOf(site, "paid")))
	if err != nil {
		return err
	}
	for name, path := range map[string]string{"batch": papers.SignPath + "/" + batch, "paper": papers.RegisterPath + "/" + own, "paper-corrected": papers.RegisterPath + "/" + ids[0],
		"paper-voided": papers.RegisterPath + "/" + ids[1], "paper-correct": papers.RegisterPath + "/" + own + "/popraw",
		"issuing": site.Paths["papers-paid"] + "/postep/" + string(progress), "holder": site.Paths["place-certified"] + "/dokument",
		"own-history": site.Paths["place-certified"] + "/historia", "birth": site.Paths["place-now"] + "/dokument", "holder-guest": site.Paths["place-guest"] + "/dokument",
		"found": "/dokumenty/znalezione/" + own} {
		site.Paths[name] = path
	}
	for name, of := range map[string]string{"verified": "paper", "verified-corrected": "paper-corrected", "verified-voided": "paper-voided"} {
		address, _, err := site.Locate(browser.Page{Name: of, Staged: of, Follow: []string{`^/zaswiadczenia/[^/]+/[^/]+$`}, Role: "center_officer"})
		if err != nil {
			return err
		}
		path := strings.TrimPrefix(address, site.Base)
		site.Paths[name], site.Paths["number"] = path, path[:strings.LastIndex(path, "/")]
	}
	return nil
}

// takeOver brings people from an older list, two of whom may be one, and leaves a
// sheet whose difference waits.
func (h House) takeOver(ctx context.Context, site *browser.Site) error {
	officer, err := h.as(ctx, site, access.CenterOfficer)
	if err != nil {
		return err
	}
	at := placeOf(officer, access.CenterOfficer)
	trainings := "Kod szkolenia;Tytuł;Forma;Data rozpoczęcia;Godziny;Prowadzący\nD-1;Klasa bez ławek;warsztaty;2026-03-05;8;Zofia Wzorcowa\nD-2;Ciche przerwy;kurs;2026-04-09;6;Jan Próbny\n"
	people := "Kod szkolenia;Imię i nazwisko;E-mail;Szkoła;Godziny obecności;Ukończono\nD-1;Anna Powtórzona;anna@szkola.example;Szkoła w Zmyślonej;8;tak\n" +
		"D-2;Anna Powtórzona;anna.powtorzona@dom.example;Szkoła w Zmyślonej;6;tak\nD-2;Bogumił Pojedynczy;bogumil@szkola.example;Szkoła w Zmyślonej;2;nie\n"
	for _, sheet := range []struct{ kind, text string }{{takeover.Trainings, trainings}, {takeover.Participants, people}} {
		b, err := h.Takeover().Preview(ctx, access.System(), sheet.kind, at, "dawny-system.csv", strings.NewReader(sheet.text))
		if err != nil {
			return err
		}
		if _, err := h.Imports().ApplyNow(ctx, importing.Program(), b.ID, importing.Everything, true); err != nil {
			return err
		}
	}
	if err := h.Takeover().Look(ctx, at); err != nil {
		return err
	}
	b, err := h.Takeover().Preview(ctx, officer, takeover.Trainings, at, "nowe.csv", strings.NewReader(trainings+"D-3;Ogród przy szkole;seminarium;2026-05-14;4;\nD-4;Z błędem;seminarium;kiedyś;4;\n"))
	site.Paths["takeover-shown"] = importing.Path(b.ID)
	return err
}

// learnElsewhere has the teacher enter a paper from elsewhere and ask the head to
// look at the original.
func (h House) learnElsewhere(ctx context.Context, site *browser.Site) error {
	teacher, err := h.as(ctx, site, access.Teacher)
	if err != nil {
		return err
	}
	var id string
	for _, title := range []string{"Tablica interaktywna na co dzień", "Pierwsze kroki z mikrokontrolerem"} {
		w := portfolio.Words{Title: title, Issuer: "Fundacja Przykładowa", Form: string(training.Course), Hours: 12, DoneOn: "2026-05-20"}
		if id, err = h.Portfolio().Add(ctx, teacher, w, ""); err != nil {
			return err
		}
	}
	site.Paths["learned"] = portfolio.Path + "/" + id
	return h.Portfolio().Ask(ctx, teacher, id, 1, placeOf(teacher, access.Teacher))
}
