package training

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

// offerLack is something that is missing, and the page where it is put right.
type offerLack struct {
	Text string
	Href string
}

// lackPages tells on which page a field stands.
var lackPages = map[string]string{
	"tytul": "/zmien", "forma": "/zmien", "skrot": "/zmien", "osrodek": "/zmien",
	"spotkania": "/terminy", "miejsce": "/terminy", "zapisy_do": "/terminy", "rezygnacja_do": "/terminy",
	"miejsca": "/miejsca", "minimum": "/miejsca", "decyzja": "/miejsca", "zamawia": "/miejsca",
	"platnik": "/warunki", "dokument": "/warunki", "zgoda": "/warunki", "ramowy": "/warunki", "podstawa": "/warunki",
}

func (s *Service) lackLinks(p *offerPage, faults []fault.Field) (all []offerLack) {
	for _, f := range faults {
		all = append(all, offerLack{Text: p.L.T(f.Key, f.Args...), Href: p.Desk + lackPages[f.Name] + "#" + f.Name})
	}
	return all
}

// offerPart is one topic of the overview, with the page that changes it.
type offerPart struct {
	ID, Title, Href string
	Facts           []web.Fact
	Lines           []string
}

func (s *Service) getOffer(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	p, err := s.offerPage(w, r, "", "")
	if err != nil {
		return err
	}
	meetings, err := Meetings(ctx, s.db, p.Of.ID)
	if err != nil {
		return err
	}
	if p.Crowd, err = crowd(ctx, s.db, p.Of.ID); err != nil {
		return err
	}
	if p.Numbers, err = s.NumbersOf(ctx, s.db, p.Of); err != nil {
		return err
	}
	if p.Clashes, err = s.clashWords(ctx, &p, meetings); err != nil {
		return err
	}
	p.Decision = decisionOf(p.Of, p.Crowd, s.now())
	if p.Of.State == Draft {
		p.Lacks = s.lackLinks(&p, offerLacks(p.Of, meetings, s.now()))
	} else {
		p.Public = Path(p.Of.ID)
		p.Stats = crowdStats(&p)
	}
	if p.Sections, err = s.sections(ctx, &p, meetings); err != nil {
		return err
	}
	p.Deeds = s.deeds(&p)
	p.LastStep = s.nextStep(&p)
	return r.Render(w, offerView(p))
}

func crowdStats(p *offerPage) []web.Figure {
	c, l := p.Crowd, p.L
	list := []web.Figure{
		{Value: l.Number(c.Taken) + " / " + l.Number(c.Seats), Label: l.T("training.offer.stat.taken"), Href: p.Desk + "/zapisy"},
		{Value: l.Number(c.In), Label: l.T("training.offer.stat.in"), Href: p.Desk + "/zapisy"},
		{Value: l.Number(c.Waiting), Label: l.T("training.offer.stat.waiting"), Href: p.Desk + "/zapisy"},
	}
	if p.Of.MinPeople > 0 {
		list = append(list, web.Figure{Value: l.Number(p.Of.MinPeople), Label: l.T("training.offer.stat.min"), Href: p.Desk + "/decyzja", More: offerMoment(l, p.Of.DecideAt)})
	}
	return list
}

// deeds are what can be done now.
func (s *Service) deeds(p *offerPage) (all []web.Link) {
	add := func(may bool, key, suffix string) {
		if may {
			all = append(all, web.Link{Text: p.L.T("training.offer." + key), Href: p.Desk + suffix})
		}
	}
	state, running := p.Of.State, offerBegun(p.Of, s.now().Unix())
	add(state == Draft, "publish", "/opublikuj")
	add(state == Published && p.Of.MinPeople > 0 && p.Of.Decided == "" && !running, "decide", "/decyzja")
	add(p.Of.StartsAt > 0, "repeat", "/powtorz")
	add(state == Published && !running, "postpone", "/przeloz")
	add(slices.Contains([]TrainingState{Draft, Published, Postponed}, state), "cancel", "/odwolaj")
	return all
}

// nextStep says what happens next, who does it and by when.
func (s *Service) nextStep(p *offerPage) *web.Step {
	l, t := p.L, p.Of
	center := l.T("training.offer.next.center")
	switch {
	case t.State == Draft && len(p.Lacks) == 0:
		return &web.Step{What: l.T("training.offer.next.publish"), Who: center, Href: p.Desk + "/opublikuj"}
	case t.State == Draft:
		return &web.Step{What: l.T("training.offer.next.fill"), Who: center}
	case t.State == Postponed:
		return &web.Step{What: l.T("training.offer.next.dates"), Who: center, Href: p.Desk + "/terminy"}
	case p.Decision.Due:
		return &web.Step{What: l.T("training.offer.next.decide"), Who: center, When: offerMoment(l, t.DecideAt), Href: p.Desk + "/decyzja"}
	case t.State == Published && t.StartsAt > s.now().Unix():
		until := t.EnrollUntil
		if until == 0 {
			until = t.StartsAt
		}
		return &web.Step{What: l.T("training.offer.next.enroll"), Who: l.T("training.offer.next.people"), When: offerMoment(l, until), Href: p.Desk + "/zapisy"}
	case t.State == Published, t.State == Held:
		return &web.Step{What: l.T("training.offer.next.attend"), Who: l.T("training.offer.next.trainers"), Href: p.Desk + "/obecnosc"}
	case t.State == Closed:
		return &web.Step{What: l.T("training.offer.next.papers"), Who: center, Href: p.Desk + "/dokumenty"}
	}
	return nil
}

// lawWords is a number of the law with its basis.
func lawWords(p *offerPage, v law.Value) string {
	return p.L.T("training.offer.by_law", "value", v.Words(p.L), "basis", v.Basis)
}

func (s *Service) sections(ctx context.Context, p *offerPage, meetings []Meeting) (all []offerPart, err error) {
	t, l := p.Of, p.L
	fact := func(key, value string) web.Fact {
		if value == "" {
			value = l.T("training.offer.unset")
		}
		return web.Fact{Name: l.T("training.offer.fact." + key), Value: value}
	}
	words := offerPart{ID: "slowa", Title: l.T("training.offer.words"), Href: "/zmien", Facts: []web.Fact{fact("form", l.T("training.form."+string(t.Form))),
		fact("summary", t.Summary), fact("audience", t.AudienceText)}}
	free := offerMoment(l, t.FreeUntil)
	if free == "" {
		free = lawWords(p, p.Numbers.FreeDays)
	}
	dates := offerPart{ID: "terminy", Title: l.T("training.offer.dates"), Href: "/terminy", Facts: []web.Fact{fact("when", offerDates(l, t)), fact("hours", l.N("training.offer.lessons", t.Hours)),
		fact("mode", l.T("training.mode."+string(t.Mode))), fact("place", t.Place), fact("enroll", enrollWords(p, t)), fact("free", free)}}
	for _, m := range meetings {
		dates.Lines = append(dates.Lines, meetingWords(p, m))
	}
	offer := lawWords(p, p.Numbers.OfferHours)
	if t.OfferHours > 0 {
		offer = l.N("training.offer.hours_n", t.OfferHours)
	}
	places := offerPart{ID: "miejsca", Title: l.T("training.offer.places"), Href: "/miejsca", Facts: []web.Fact{fact("capacity", l.N("training.offer.seats_n", t.Capacity)),
		fact("minimum", numberField(t.MinPeople)), fact("decide", offerMoment(l, t.DecideAt)), fact("offer", offer)}}
	threshold := lawWords(p, p.Numbers.Threshold)
	if t.Threshold > 0 {
		threshold = strconv.Itoa(t.Threshold) + "%"
	}
	terms := offerPart{ID: "warunki", Title: l.T("training.offer.terms"), Href: "/warunki", Facts: []web.Fact{fact("price", priceWords(p, t)),
		fact("paper", l.T("training.paper."+string(t.Paper))), fact("threshold", threshold)}}
	if t.Form == QualificationCourse {
		terms.Facts = append(terms.Facts, fact("consent", t.ConsentNo), fact("framework", t.Framework), fact("basis", t.LegalBasis))
	}
	leaders, err := s.leaderSection(ctx, p)
	if err != nil {
		return nil, err
	}
	materials := offerPart{ID: "materialy", Title: l.T("training.offer.materials"), Href: "/materialy"}
	files, err := s.Materials(ctx, t.ID, true)
	for _, m := range files {
		materials.Lines = append(materials.Lines, materialTitle(m))
	}
	if err != nil {
		return nil, err
	}
	all = []offerPart{words, dates, places, terms, leaders, materials}
	first, err := s.firstSection(ctx, p)
	if first.Title != "" {
		all = slices.Insert(all, 3, first)
	}
	for n := range all {
		all[n].Href = p.Desk + all[n].Href
	}
	return all, err
}

func (s *Service) leaderSection(ctx context.Context, p *offerPage) (x offerPart, err error) {
	x = offerPart{ID: "prowadzacy", Title: p.L.T("training.offer.leaders"), Href: "/prowadzacy"}
	trainers, err := Trainers(ctx, s.db, p.Of.ID)
	if err != nil {
		return x, err
	}
	for _, t := range trainers {
		x.Lines = append(x.Lines, t.Name)
	}
	partners, err := Partners(ctx, s.db, p.Of.ID)
	for _, t := range partners {
		x.Lines = append(x.Lines, p.L.T("training.offer.with", "name", t.Name))
	}
	return x, err
}

func materialTitle(m Material) string {
	if m.Title != "" {
		return m.Title
	}
	return m.Name
}

// Repeating.

// repetitionOf reads the form of a repetition.
func repetitionOf(v url.Values) (Repetition, error) {
	f := offerFields{v: v}
	r := Repetition{From: f.text("od"), Publish: f.yes("publikuj"), Rule: calendar.Rule{Every: max(1, f.number("co")), Times: f.number("razy"), Skip: days(f.text("bez"))}}
	for _, day := range r.Rule.Skip {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			f.bad("bez", "days")
			break
		}
	}
	return r, fault.InvalidFields(f.faults)
}

// getRepeat asks for the rhythm, and shows the dates before they are made.
func (s *Service) getRepeat(w http.ResponseWriter, r *web.Request) error {
	p, err := s.offerPage(w, r, "/powtorz", r.L.T("training.offer.repeat"))
	if err != nil {
		return err
	}
	p.V = r.URL.Query()
	if p.V.Get("od") == "" {
		return r.Render(w, repeatView(p))
	}
	return s.showRepeat(w, r, p, http.StatusOK)
}

func (s *Service) showRepeat(w http.ResponseWriter, r *web.Request, p offerPage, status int) error {
	rep, err := repetitionOf(p.V)
	var plan []Repeated
	if err == nil {
		plan, err = s.Plan(r.Context(), access.ActorOf(r.Request), p.Of.ID, rep)
	}
	if kind := fault.KindOf(err); err != nil && kind == fault.Invalid {
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, repeatView(p))
	}
	if err != nil {
		return err
	}
	for _, one := range plan {
		var words []string
		for _, m := range one.Meetings {
			words = append(words, meetingWords(&p, m))
		}
		p.Planned = append(p.Planned, strings.Join(words, "; "))
	}
	return r.RenderStatus(w, status, repeatView(p))
}

func (s *Service) postRepeat(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	p, err := s.offerPage(w, r, "/powtorz", r.L.T("training.offer.repeat"))
	if err != nil {
		return err
	}
	p.V = r.PostForm
	rep, err := repetitionOf(p.V)
	var ids []ID
	if err == nil {
		ids, err = s.Repeat(r.Context(), access.ActorOf(r.Request), p.Of.ID, rep)
	}
	if err != nil && fault.KindOf(err) == fault.Invalid {
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, repeatView(p))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.offer.repeated", "n", strconv.Itoa(len(ids)))
	return r.Redirect(w, CenterPath+"?osrodek="+string(p.Of.Center))
}

// Materials.

func (s *Service) getMaterials(w http.ResponseWriter, r *web.Request) error {
	p, err := s.offerPage(w, r, "/materialy", r.L.T("training.offer.materials"))
	if err != nil {
		return err
	}
	return s.showMaterials(w, r, p, http.StatusOK)
}

func (s *Service) showMaterials(w http.ResponseWriter, r *web.Request, p offerPage, status int) (err error) {
	if p.Materials, err = s.Materials(r.Context(), p.Of.ID, true); err != nil {
		return err
	}
	for _, who := range []string{"wszyscy", "uczestnicy"} {
		p.Choices["kto"] = append(p.Choices["kto"], web.Choice{Value: who, Label: r.L.T("training.offer.material." + who)})
	}
	return r.RenderStatus(w, status, materialsView(p))
}

func (s *Service) postMaterial(w http.ResponseWriter, r *web.Request) error {
	p, err := s.offerPage(w, r, "/materialy", r.L.T("training.offer.materials"))
	if err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	form, err := s.Files.Receive(r, who.By(), MaterialUse, "plik")
	if form.Values != nil {
		p.V = form.Values
	}
	if err == nil && form.File.ID == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "plik", Key: "training.offer.lack.file"}})
	}
	if kto := p.V.Get("kto"); err == nil && kto != "wszyscy" && kto != "uczestnicy" {
		err = fault.InvalidFields([]fault.Field{{Name: "kto", Key: "training.offer.lack.choice"}})
	}
	if err == nil {
		err = s.AddMaterial(r.Context(), who, p.Of.ID, form.File.ID, p.V.Get("nazwa"), p.V.Get("kto") == "uczestnicy")
	}
	if err != nil && fault.KindOf(err) == fault.Invalid {
		p.Page = p.WithErrors(err)
		return s.showMaterials(w, r, p, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.offer.material")
	return r.Redirect(w, p.Path)
}

func (s *Service) postRemoveMaterial(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	file, err := known(r.PathValue("file"))
	if err != nil {
		return err
	}
	id := ID(r.PathValue("id"))
	if err := s.RemoveMaterial(r.Context(), access.ActorOf(r.Request), id, files.ID(file)); err != nil {
		return err
	}
	r.Notify(w, "notice.offer.material_gone")
	return r.Redirect(w, DeskPath(id)+"/materialy")
}

// getMaterial sends a file of a public training to who may have it.
func (s *Service) getMaterial(w http.ResponseWriter, r *web.Request) error {
	who := access.ActorOf(r.Request)
	t, err := ByID(r.Context(), s.db, ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := s.mayRead(r.Context(), who, t); err != nil {
		return err
	}
	inside, err := s.Inside(r.Context(), who, t)
	if err != nil {
		return err
	}
	return s.ServeMaterial(w, r, t.ID, r.PathValue("file"), inside)
}
