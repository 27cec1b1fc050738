package training

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// trainingPage is the public page of a training.
type trainingPage struct {
	web.Page
	Offer     Training
	Form      string
	Stand     string
	Kind      string // of its badge
	State     string // canceled, postponed: said above everything
	Center    web.Link
	Why       *web.Reason // why one cannot enroll now
	Unfit     *web.Reason // why this reader cannot
	First     *web.Reason // who enrolls before the others, while they do
	Enroll    string      // address of the form, "" where there is none
	Button    string
	Own       *ownPlace
	Body      []string
	Facts     []web.Fact
	Meetings  []meetingRow
	Tracks    bool
	Seats     []string
	SeatsRule string
	Audience  []string
	Quality   []web.Fact // paper, threshold, exam
	Trainers  []Trainer
	Partners  []web.Link
	Topics    []web.Link
	Materials []web.Link
	Changed   string
	Desk      string // for those who run it
	Calendar  string
	Schema    string // the same in the words of schema.org
}

// ownPlace is where the reader stands in this training.
type ownPlace struct{ Href, State string }

type meetingRow struct{ When, Title, Place, Track, Hours string }

// lang is the language of the training's words, "" where it is the page's.
func (p trainingPage) lang() string {
	if p.Offer.Lang == p.L.Lang {
		return ""
	}
	return string(p.Offer.Lang)
}

func (s *Service) getTraining(w http.ResponseWriter, r *web.Request) error {
	who := access.ActorOf(r.Request)
	t, err := ByID(r.Context(), s.db, ID(r.PathValue("id")))
	if err == nil {
		err = s.mayRead(r.Context(), who, t)
	}
	if err != nil {
		return err
	}
	p, err := s.trainingPage(w, r, who, t)
	if err != nil {
		return err
	}
	return r.Render(w, trainingView(p))
}

func (s *Service) trainingPage(w http.ResponseWriter, r *web.Request, who access.Actor, t Training) (p trainingPage, err error) {
	defer fault.Wrap(&err, "page of training %s", t.ID)
	ctx, l := r.Context(), r.L
	ro, err := s.rollNow(ctx)
	if err != nil {
		return p, err
	}
	pools, err := Pools(ctx, s.db, t.ID)
	if err != nil {
		return p, err
	}
	meetings, err := Meetings(ctx, s.db, t.ID)
	if err != nil {
		return p, err
	}
	stand := standOf(t, seatsOf(pools), s.now().Unix())
	p = trainingPage{Page: r.Page(w, t.Title, web.Link{Text: l.T("training.title"), Href: CatalogPath}), Offer: t, Form: l.T("training.form." + string(t.Form)),
		Stand: stand.words(l), Kind: stand.Kind, Why: stand.reason(l, t), Body: paragraphs(t.Body), Seats: ro.seatLines(l, pools), Meetings: shownMeetings(l, t, meetings)}
	p.NoIndex = t.State == Draft || t.ForInstitution != ""
	p.Lead = t.Summary
	if t.State == Canceled || t.State == Postponed || t.State == Draft {
		p.State = l.T("training.state." + string(t.State))
	}
	if stand.Open {
		p.Enroll, p.Button = Path(t.ID)+"/zapis", l.T("training.catalog.enroll")
		if stand.Key == "full" || stand.Key == "queue" {
			p.Button = l.T("training.catalog.enroll_queue")
		}
	}
	p.Tracks = slices.ContainsFunc(meetings, func(m Meeting) bool { return m.Track != "" })
	if len(pools) > 1 {
		p.SeatsRule = l.T("training.catalog.quota.rule." + t.QuotaBy)
	}
	if t.State != Draft && t.PublishedAt > 0 && t.ChangedAt > t.PublishedAt+60 {
		p.Changed = l.T("training.catalog.changed", "when", toldMoment(l, t.ChangedAt))
	}
	if len(meetings) > 0 && t.State != Postponed {
		p.Calendar = Path(t.ID) + "/termin.ics"
	}
	if !p.NoIndex {
		if p.Schema, err = s.eventSchema(ro, t, stand); err != nil {
			return p, err
		}
	}
	steps := []func() error{
		func() (err error) { p.Center, err = s.centerLink(ctx, t.Center); return },
		func() (err error) { p.Facts, err = s.trainingFacts(ctx, l, ro, t); return },
		func() (err error) { p.Quality, err = s.qualityFacts(ctx, l, t); return },
		func() (err error) { p.Trainers, err = Trainers(ctx, s.db, t.ID); return },
		func() (err error) { p.Partners, err = s.partnerLinks(ctx, t.ID); return },
		func() (err error) { p.Topics, err = s.topicLinksOf(ctx, l, t.ID); return },
		func() (err error) { p.Materials, err = s.materialLinks(ctx, t.ID); return },
		func() error { return s.forReader(ctx, l, who, t, ro, &p) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// forReader adds what depends on who asks: whom it is for and whether the reader
// fits, where the reader stands already, and the door of those who run it.
func (s *Service) forReader(ctx context.Context, l *i18n.L, who access.Actor, t Training, ro *catalogRoll, p *trainingPage) error {
	if stops, err := s.mustWait(ctx, who, t); err != nil {
		return err
	} else if p.First = firstReason(l, t, s.now()); stops {
		p.Enroll = ""
	}
	e, err := EligibleFor(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	p.Audience = ro.audienceLines(l, t, e)
	if who.SignedIn() && !who.Shared {
		if err := s.ownPlaceIn(ctx, l, who, t.ID, p); err != nil {
			return err
		}
		if p.Own == nil && p.Enroll != "" && who.For == "" {
			fits, err := fits(ctx, s.db, who, e)
			if err != nil {
				return err
			}
			if !fits {
				p.Unfit = &web.Reason{Text: l.T("training.catalog.unfit"), Rule: strings.Join(p.Audience, " ")}
			}
		}
	}
	if who.May(access.ManageTrainings) {
		switch err := Manages(ctx, who, t); {
		case err == nil:
			p.Desk = DeskPath(t.ID)
		case fault.KindOf(err) == fault.Internal:
			return err
		}
	}
	return nil
}

func (s *Service) ownPlaceIn(ctx context.Context, l *i18n.L, who access.Actor, id ID, p *trainingPage) error {
	var e struct {
		ID    EnrollmentID `db:"id"`
		State State        `db:"state"`
	}
	err := s.db.Get(ctx, &e, `select id, state from training_enrollments where training = ? and person = ? and active = ?`, id, who.Person, true)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	p.Own = &ownPlace{Href: EnrollPath + "/" + string(e.ID), State: l.T("training.status." + string(e.State))}
	return err
}

// fits tells whether any role of somebody that counts now is one that a
// training is for. The form decides; this is for the reader, before filling it in.
func fits(ctx context.Context, r db.Reader, who access.Actor, e Eligible) (bool, error) {
	if len(e.Roles)+len(e.Schools)+len(e.Municipalities) == 0 {
		return true, nil
	}
	for _, h := range who.Roles {
		if len(e.Roles) > 0 && !slices.Contains(e.Roles, h.Role) {
			continue
		}
		if len(e.Schools)+len(e.Municipalities) == 0 {
			return true, nil
		}
		if h.Institution == "" {
			continue
		}
		i, err := directory.ByID(ctx, r, h.Institution)
		if err != nil {
			return false, err
		}
		in := slices.Contains(e.Municipalities, i.Municipality) || slices.Contains(e.Municipalities, i.RunningMunicipality)
		if (len(e.Schools) == 0 || slices.Contains(e.Schools, i.Kind)) && (len(e.Municipalities) == 0 || in) {
			return true, nil
		}
	}
	return false, nil
}

// audienceLines say whom a training is for.
func (r *catalogRoll) audienceLines(l *i18n.L, t Training, e Eligible) (lines []string) {
	if t.AudienceText != "" {
		lines = append(lines, t.AudienceText)
	}
	add := func(key string, names []string) {
		if len(names) > 0 {
			lines = append(lines, l.T("training.catalog.for."+key, "list", strings.Join(names, "; ")))
		}
	}
	var roles, schools, towns []string
	for _, role := range e.Roles {
		roles = append(roles, l.T("role."+string(role)))
	}
	for _, kind := range e.Schools {
		schools = append(schools, l.T("type."+string(kind)))
	}
	for _, id := range e.Municipalities {
		towns = append(towns, r.townName(id))
	}
	add("roles", roles)
	add("schools", schools)
	add("towns", towns)
	if t.ForInstitution != "" {
		lines = append(lines, l.T("training.catalog.for.staff"))
	}
	if len(lines) == 0 {
		lines = append(lines, l.T("training.catalog.for.all"))
	}
	return lines
}

func paragraphs(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// seatLines are the seats as they are promised: "dla gminy Skawina: 5 miejsc,
// wolne: 2".
func (r *catalogRoll) seatLines(l *i18n.L, pools []Pool) (lines []string) {
	for _, p := range pools {
		whom := l.T("training.catalog.pool.all")
		if p.Name != "" {
			whom = l.T("training.catalog.pool.town", "town", r.townName(p.Name))
		}
		if len(pools) == 1 {
			whom = l.T("training.catalog.pool.one")
		}
		line := l.N("training.catalog.pool", p.Seats, "whom", whom, "free", p.Free())
		if p.Waiting > 0 {
			line += ", " + l.N("training.catalog.pool.waiting", p.Waiting)
		}
		lines = append(lines, line)
	}
	return lines
}

func shownMeetings(l *i18n.L, t Training, meetings []Meeting) (rows []meetingRow) {
	if t.State == Postponed {
		return nil
	}
	for _, m := range meetings {
		row := meetingRow{Title: m.Title, Track: m.Track, Place: placeOf(t, m), Hours: l.N("training.catalog.hours", m.Hours)}
		row.When = hoursOfDay(l, time.Unix(m.StartsAt, 0).In(web.Warsaw), time.Unix(m.EndsAt, 0).In(web.Warsaw))
		if t.Mode == Online && m.Place == "" {
			row.Place = l.T("training.catalog.online")
		}
		rows = append(rows, row)
	}
	return rows
}

// trainingFacts are when, where, for how much and until when.
func (s *Service) trainingFacts(ctx context.Context, l *i18n.L, ro *catalogRoll, t Training) ([]web.Fact, error) {
	var facts []web.Fact
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: l.T("training.catalog.fact." + key), Value: value})
		}
	}
	add("when", offerSpan(l, t))
	add("mode", l.T("training.mode."+string(t.Mode)))
	add("place", ro.placeOf(l, t))
	if t.Mode != OnSite {
		add("link", l.T("training.catalog.link"))
	}
	if t.Mode != Online {
		access := t.AccessInfo
		if access == "" {
			access = l.T("training.catalog.access_unknown")
		}
		add("access", access)
	}
	if t.Hours > 0 {
		add("hours", l.N("training.catalog.hours.long", t.Hours))
	}
	add("price", offerPrice(l, t.Price))
	if t.Price > 0 {
		add("payer", l.T("training.payer."+string(t.Payer)))
	}
	if t.State == Published {
		add("window", window(l, t))
		free, err := s.resignText(ctx, l, t)
		if err != nil {
			return nil, err
		}
		add("free", free)
	}
	if t.MinPeople > 0 {
		add("min", l.N("training.catalog.min", t.MinPeople, "when", dashed(toldMoment(l, t.DecideAt))))
	}
	if t.Approval {
		add("approval", l.T("training.catalog.approval"))
	}
	if t.Admission {
		add("admission", l.T("training.catalog.admission"))
	}
	return facts, nil
}

// window is when one can enroll, in words.
func window(l *i18n.L, t Training) string {
	until := t.EnrollUntil
	if until == 0 {
		until = t.StartsAt
	}
	switch {
	case t.EnrollFrom > 0 && until > 0:
		return l.T("training.catalog.window", "from", shortMoment(l, t.EnrollFrom), "until", shortMoment(l, until))
	case t.EnrollFrom > 0:
		return l.T("training.catalog.window.from", "from", shortMoment(l, t.EnrollFrom))
	case until > 0:
		return l.T("training.catalog.window.until", "until", shortMoment(l, until))
	}
	return ""
}

// qualityFacts are what one gets, and what is asked for it with its basis.
func (s *Service) qualityFacts(ctx context.Context, l *i18n.L, t Training) ([]web.Fact, error) {
	facts := []web.Fact{{Name: l.T("training.catalog.fact.paper"), Value: l.T("training.paper." + string(t.Paper))}}
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: l.T("training.catalog.fact." + key), Value: value})
		}
	}
	limits, err := s.thresholds(ctx, s.db, t)
	if err != nil {
		return nil, err
	}
	if t.Hours > 0 {
		basis := l.T("training.catalog.basis.own")
		if t.Threshold == 0 {
			if basis, err = s.thresholdBasis(ctx, l, t, limits); err != nil {
				return nil, err
			}
		}
		add("threshold", l.T("training.catalog.threshold", "n", threshold(t.Threshold, t.Hours, limits), "basis", basis))
	}
	if t.PracticeHours > 0 {
		add("practice", l.N("training.catalog.hours.long", t.PracticeHours))
	}
	if t.Exam {
		add("exam", l.T("training.catalog.exam"))
	}
	add("consent", t.ConsentNo)
	add("framework", t.Framework)
	add("basis", t.LegalBasis)
	return facts, nil
}

func (s *Service) thresholdBasis(ctx context.Context, l *i18n.L, t Training, limits Thresholds) (string, error) {
	key := ShortThreshold
	if t.Hours > limits.ShortHours {
		key = LongThreshold
	}
	on := s.now()
	if t.StartsAt > 0 {
		on = time.Unix(t.StartsAt, 0)
	}
	v, err := s.Law.Int(ctx, s.db, key, on)
	return l.T("training.catalog.basis.law", "hours", strconv.Itoa(limits.ShortHours), "basis", v.Basis), err
}

func (s *Service) centerLink(ctx context.Context, id access.InstitutionID) (web.Link, error) {
	names, err := s.Directory.Names(ctx, []access.InstitutionID{id})
	return web.Link{Text: names[id], Href: institutionPath(string(id))}, err
}

func institutionPath(id string) string { return "/instytucje/" + id }

func (s *Service) partnerLinks(ctx context.Context, id ID) (list []web.Link, err error) {
	partners, err := Partners(ctx, s.db, id)
	for _, p := range partners {
		link := web.Link{Text: p.Name}
		if p.Institution != "" {
			link.Href = institutionPath(p.Institution)
		}
		list = append(list, link)
	}
	return list, err
}

// topicLinksOf are the topics, each leading to the trainings about it.
func (s *Service) topicLinksOf(ctx context.Context, l *i18n.L, id ID) (list []web.Link, err error) {
	ids, err := TopicsOf(ctx, s.db, id)
	if err != nil || len(ids) == 0 || s.Topics == nil {
		return nil, err
	}
	read, err := s.Topics.Resolve(ctx, ids)
	if err != nil {
		return nil, err
	}
	names, err := s.Topics.Names(ctx, l, ids)
	seen := map[string]bool{}
	for _, id := range ids {
		if now := read[id]; now != "" && !seen[now] && names[id] != "" {
			seen[now] = true
			list = append(list, web.Link{Text: names[id], Href: catalogFilter{Topics: []string{now}}.href(CatalogPath)})
		}
	}
	return list, err
}

// materialLinks are the files for everybody.
func (s *Service) materialLinks(ctx context.Context, id ID) (list []web.Link, err error) {
	all, err := s.Materials(ctx, id, false)
	for _, m := range all {
		list = append(list, web.Link{Text: cmp.Or(m.Title, m.Name), Href: MaterialPath(id, string(m.File))})
	}
	return list, err
}

// eventSchema is a training in the vocabulary of schema.org, which search
// engines read. It stands in the page as data that no browser runs; json.Marshal
// escapes the signs that could end it.
func (s *Service) eventSchema(ro *catalogRoll, t Training, stand offerStand) (string, error) {
	type thing map[string]any
	status := map[TrainingState]string{Canceled: "EventCancelled", Postponed: "EventPostponed"}[t.State]
	if status == "" {
		status = "EventScheduled"
	}
	e := thing{"@context": "https://schema.org", "@type": "EducationEvent", "name": t.Title, "inLanguage": t.Lang,
		"eventStatus":         "https://schema.org/" + status,
		"eventAttendanceMode": "https://schema.org/" + map[Mode]string{OnSite: "Offline", Online: "Online", Hybrid: "Mixed"}[t.Mode] + "EventAttendanceMode",
		"organizer":           thing{"@type": "EducationalOrganization", "name": ro.called[string(t.Center)], "url": s.Base + institutionPath(string(t.Center))}}
	if t.Summary != "" {
		e["description"] = t.Summary
	}
	if s.Base != "" {
		e["url"] = s.Base + Path(t.ID)
	}
	if t.StartsAt > 0 && t.State != Postponed {
		e["startDate"], e["endDate"] = isoWarsaw(t.StartsAt), isoWarsaw(t.EndsAt)
	}
	if t.Mode != Online {
		place := thing{"@type": "Place", "name": t.Place, "address": thing{"@type": "PostalAddress", "streetAddress": t.Place,
			"addressLocality": ro.townName(t.Municipality), "addressCountry": "PL"}}
		if t.Lat != nil && t.Lon != nil {
			place["geo"] = thing{"@type": "GeoCoordinates", "latitude": *t.Lat, "longitude": *t.Lon}
		}
		e["location"] = place
	} else {
		e["location"] = thing{"@type": "VirtualLocation", "url": s.Base + Path(t.ID)}
	}
	e["isAccessibleForFree"] = t.Price == 0
	offer := thing{"@type": "Offer", "price": strconv.FormatFloat(float64(t.Price)/100, 'f', 2, 64), "priceCurrency": "PLN", "url": s.Base + Path(t.ID),
		"availability": "https://schema.org/" + availability(stand)}
	if t.EnrollFrom > 0 {
		offer["validFrom"] = isoWarsaw(t.EnrollFrom)
	}
	e["offers"] = offer
	data, err := json.Marshal(e)
	return string(data), err
}

func availability(o offerStand) string {
	switch {
	case o.Key == "not_yet":
		return "PreOrder"
	case o.Open && o.Kind == "ok":
		return "InStock"
	}
	return "SoldOut"
}

func isoWarsaw(at int64) string { return time.Unix(at, 0).In(web.Warsaw).Format(time.RFC3339) }
