package training

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// The words.

func (s *Service) loadWords(ctx context.Context, p *offerPage) error {
	t := p.Of
	for name, value := range map[string]string{"forma": string(t.Form), "tytul": t.Title, "skrot": t.Summary, "opis": t.Body, "dla_kogo": t.AudienceText, "jezyk": string(t.Lang)} {
		p.V.Set(name, value)
	}
	topics, err := TopicsOf(ctx, s.db, t.ID)
	for n, topic := range topics {
		p.V.Set("temat"+strconv.Itoa(n+1), topic)
	}
	return err
}

func (s *Service) drawWords(ctx context.Context, _ access.Actor, p *offerPage) error {
	p.Choices["forma"] = formChoices(p.L)
	for _, lang := range []string{"pl", "en", "uk"} {
		p.Choices["jezyk"] = append(p.Choices["jezyk"], web.Choice{Value: lang, Label: p.L.T("training.offer.lang." + lang)})
	}
	topics, err := s.Topics.Choices(ctx, p.L)
	if err != nil {
		return err
	}
	var had []string
	for n := range mostTopics {
		if id := p.V.Get("temat" + strconv.Itoa(n+1)); id != "" {
			had = append(had, id)
		}
	}
	names, err := s.Topics.Names(ctx, p.L, had)
	for _, id := range had {
		if names[id] != "" && !slices.ContainsFunc(topics, func(c web.Choice) bool { return c.Value == id }) {
			topics = append(topics, web.Choice{Value: id, Label: names[id]})
		}
	}
	p.Choices["temat"] = topics
	return err
}

func (s *Service) saveWords(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
	f := offerFields{v: p.V}
	w := Words{Form: Form(f.text("forma")), Title: f.text("tytul"), Summary: f.text("skrot"), Body: f.text("opis"), Audience: f.text("dla_kogo"),
		Lang: offerLang(f.text("jezyk")), Small: f.yes("drobna")}
	for n := range mostTopics {
		if id := f.text("temat" + strconv.Itoa(n+1)); id != "" {
			w.Topics = append(w.Topics, id)
		}
	}
	return true, s.EditWords(ctx, who, p.Of.ID, seen, w)
}

// When and where.

func (s *Service) loadDates(ctx context.Context, p *offerPage) error {
	t := p.Of
	link, err := s.OnlineLink(t)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"tryb": string(t.Mode), "miejsce": t.Place, "gmina": t.Municipality, "dostepnosc": t.AccessInfo, "link": link,
		"zapisy_od": momentField(t.EnrollFrom), "zapisy_do": momentField(t.EnrollUntil), "rezygnacja_do": momentField(t.FreeUntil)} {
		p.V.Set(name, value)
	}
	meetings, err := Meetings(ctx, s.db, t.ID)
	for row, m := range meetings {
		putMeeting(p.V, row, m)
	}
	p.V.Set("wiersze", strconv.Itoa(len(meetings)+1))
	return err
}

func (s *Service) drawDates(ctx context.Context, _ access.Actor, p *offerPage) (err error) {
	p.Rows = meetingRows(p.V)
	for _, m := range []Mode{OnSite, Online, Hybrid} {
		p.Choices["tryb"] = append(p.Choices["tryb"], web.Choice{Value: string(m), Label: p.L.T("training.mode." + string(m))})
	}
	if err := s.townChoices(ctx, p); err != nil {
		return err
	}
	f := offerFields{v: p.V}
	meetings, _ := f.meetings()
	if p.Clashes, err = s.clashWords(ctx, p, meetings); err != nil {
		return err
	}
	p.Numbers, err = s.NumbersOf(ctx, s.db, p.Of)
	return err
}

func (s *Service) clashWords(ctx context.Context, p *offerPage, meetings []Meeting) (words []string, err error) {
	clashes, err := s.Clashes(ctx, p.Of, meetings)
	for _, c := range clashes {
		words = append(words, p.L.T("training.offer.clash", "room", c.Room, "title", c.Title, "when", offerMoment(p.L, c.StartsAt)))
	}
	return words, err
}

// townChoices are the municipalities, those of the metropolis first.
func (s *Service) townChoices(ctx context.Context, p *offerPage) error {
	list, err := directory.Municipalities(ctx, s.db)
	if err != nil {
		return err
	}
	for _, member := range []bool{true, false} {
		for _, m := range list {
			if m.Member == member {
				p.Choices["gmina"] = append(p.Choices["gmina"], web.Choice{Value: m.ID, Label: m.Name, Group: p.L.T("training.offer." + map[bool]string{true: "members", false: "others"}[member])})
			}
			if m.Member && member {
				p.Towns = append(p.Towns, m)
			}
		}
	}
	return nil
}

func (s *Service) saveDates(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
	f := offerFields{v: p.V}
	switch p.V.Get("dodaj") {
	case "wiersz":
		p.V.Set("wiersze", strconv.Itoa(len(meetingRows(p.V))+1))
		return false, nil
	case "seria":
		f.series()
		return false, fault.InvalidFields(f.faults)
	}
	d := Dates{Mode: Mode(f.text("tryb")), Place: f.text("miejsce"), Host: f.number("rspo"), Municipality: f.text("gmina"), AccessInfo: f.text("dostepnosc"),
		Link: f.text("link"), EnrollFrom: f.moment("zapisy_od"), EnrollUntil: f.moment("zapisy_do"), FreeUntil: f.moment("rezygnacja_do")}
	var rows []int
	d.Meetings, rows = f.meetings()
	if len(f.faults) > 0 {
		return true, fault.InvalidFields(f.faults)
	}
	return true, f.ownRows(s.EditDates(ctx, who, p.Of.ID, seen, d), rows)
}

// series adds rows of meetings at the same hours in a rhythm of weeks.
func (f *offerFields) series() {
	day, from, to := f.text("seria_dzien"), f.text("seria_od"), f.text("seria_do")
	minutes, err := calendar.ParseHour(from)
	if err != nil {
		f.bad("seria_od", "hour")
	}
	if f.at("seria_dzien", "seria_do", day, to) == 0 || len(f.faults) > 0 {
		return
	}
	times := f.number("seria_razy")
	starts, err := calendar.Expand(calendar.Rule{Every: max(1, f.number("seria_co")), Times: times, Skip: days(f.text("seria_bez"))}, day, minutes)
	if err != nil || len(starts)+len(meetingRows(f.v)) > mostRows {
		f.bad("seria_razy", "rule")
		return
	}
	rows := len(meetingRows(f.v))
	// The empty row at the end makes way.
	if last := "s" + strconv.Itoa(rows-1) + "_"; rows > 0 && f.text(last+"dzien") == "" && f.text(last+"id") == "" {
		rows--
	}
	for n, start := range starts {
		in := "s" + strconv.Itoa(rows+n) + "_"
		f.v.Set(in+"dzien", calendar.DayOf(start))
		f.v.Set(in+"od", from)
		f.v.Set(in+"do", to)
		f.v.Set(in+"sala", f.text("seria_sala"))
	}
	f.v.Set("wiersze", strconv.Itoa(rows+len(starts)))
	for _, name := range []string{"seria_dzien", "seria_od", "seria_do", "seria_razy", "seria_bez", "seria_sala"} {
		f.v.Del(name)
	}
}

// days are dates written one after the other, by commas, spaces or lines.
func days(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// Seats and who may.

func (s *Service) loadPlaces(ctx context.Context, p *offerPage) error {
	t := p.Of
	for name, value := range map[string]string{"miejsca": numberField(t.Capacity), "limity_wg": t.QuotaBy, "minimum": numberField(t.MinPeople), "decyzja": momentField(t.DecideAt),
		"zgoda_dyrekcji": yesField(t.Approval), "kwalifikacja": yesField(t.Admission), "potrzeby": yesField(t.AskNeeds), "godziny_odpowiedzi": numberField(t.OfferHours)} {
		p.V.Set(name, value)
	}
	pools, err := Pools(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	for _, pool := range pools {
		if pool.Name != "" {
			p.V.Set("limit_"+pool.Name, numberField(pool.Seats))
		}
	}
	e, err := EligibleFor(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	for _, r := range e.Roles {
		p.V.Add("rola", string(r))
	}
	for _, k := range e.Schools {
		p.V.Add("rodzaj", string(k))
	}
	for _, m := range e.Municipalities {
		p.V.Add("gmina", m)
	}
	if t.ForInstitution == "" {
		return nil
	}
	i, err := directory.ByID(ctx, s.db, access.InstitutionID(t.ForInstitution))
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if i.RSPO != nil {
		p.V.Set("zamawia", strconv.Itoa(*i.RSPO))
	}
	return err
}

func (s *Service) drawPlaces(ctx context.Context, _ access.Actor, p *offerPage) (err error) {
	for _, r := range EligibleRoles() {
		p.Choices["rola"] = append(p.Choices["rola"], web.Choice{Value: string(r), Label: p.L.T("role." + string(r))})
	}
	for _, k := range directory.Kinds() {
		p.Choices["rodzaj"] = append(p.Choices["rodzaj"], web.Choice{Value: string(k), Label: p.L.T("type." + string(k))})
	}
	for _, by := range []string{ByPlace, ByRunning} {
		p.Choices["limity_wg"] = append(p.Choices["limity_wg"], web.Choice{Value: by, Label: p.L.T("training.offer.quota_by." + by)})
	}
	if err := s.townChoices(ctx, p); err != nil {
		return err
	}
	if p.Crowd, err = crowd(ctx, s.db, p.Of.ID); err != nil {
		return err
	}
	p.Numbers, err = s.NumbersOf(ctx, s.db, p.Of)
	return err
}

func (s *Service) savePlaces(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
	f := offerFields{v: p.V}
	x := Places{Total: f.number("miejsca"), Quotas: map[string]int{}, QuotaBy: f.text("limity_wg"), MinPeople: f.number("minimum"), DecideAt: f.moment("decyzja"),
		Approval: f.yes("zgoda_dyrekcji"), Admission: f.yes("kwalifikacja"), AskNeeds: f.yes("potrzeby"), OfferHours: f.number("godziny_odpowiedzi"), For: f.number("zamawia")}
	for name := range p.V {
		if town, ok := strings.CutPrefix(name, "limit_"); ok {
			if n := f.number(name); n > 0 {
				x.Quotas[town] = n
			}
		}
	}
	for _, v := range p.V["rola"] {
		x.Eligible.Roles = append(x.Eligible.Roles, access.Role(v))
	}
	for _, v := range p.V["rodzaj"] {
		x.Eligible.Schools = append(x.Eligible.Schools, directory.Kind(v))
	}
	x.Eligible.Municipalities = slices.Clone(p.V["gmina"])
	if len(f.faults) > 0 {
		return true, fault.InvalidFields(f.faults)
	}
	return true, s.EditPlaces(ctx, who, p.Of.ID, seen, x)
}

// Money and paper.

func (s *Service) loadTerms(_ context.Context, p *offerPage) error {
	t := p.Of
	for name, value := range map[string]string{"cena": groszeText(t.Price), "platnik": string(t.Payer), "dokument": string(t.Paper), "prog": numberField(t.Threshold),
		"zgoda": t.ConsentNo, "ramowy": t.Framework, "podstawa": t.LegalBasis, "praktyka": numberField(t.PracticeHours), "egzamin": yesField(t.Exam)} {
		p.V.Set(name, value)
	}
	return nil
}

func (s *Service) drawTerms(ctx context.Context, _ access.Actor, p *offerPage) (err error) {
	for _, x := range Payers() {
		p.Choices["platnik"] = append(p.Choices["platnik"], web.Choice{Value: string(x), Label: p.L.T("training.payer." + string(x))})
	}
	for _, x := range Papers() {
		p.Choices["dokument"] = append(p.Choices["dokument"], web.Choice{Value: string(x), Label: p.L.T("training.paper." + string(x))})
	}
	p.Numbers, err = s.NumbersOf(ctx, s.db, p.Of)
	return err
}

func (s *Service) saveTerms(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
	f := offerFields{v: p.V}
	x := Terms{Price: f.price("cena"), Payer: Payer(f.text("platnik")), Paper: Paper(f.text("dokument")), Threshold: f.number("prog"), ConsentNo: f.text("zgoda"),
		Framework: f.text("ramowy"), LegalBasis: f.text("podstawa"), PracticeHours: f.number("praktyka"), Exam: f.yes("egzamin")}
	if len(f.faults) > 0 {
		return true, fault.InvalidFields(f.faults)
	}
	return true, s.EditTerms(ctx, who, p.Of.ID, seen, x)
}

// Who leads, and with whom.

// leaderRows and partnerRows are at least how many rows the form shows.
const (
	leaderRows  = 4
	partnerRows = 3
)

func (s *Service) loadLeaders(ctx context.Context, p *offerPage) error {
	trainers, err := Trainers(ctx, s.db, p.Of.ID)
	if err != nil {
		return err
	}
	for n, t := range trainers {
		row := strconv.Itoa(n)
		p.V.Set("osoba"+row, t.Person)
		p.V.Set("o"+row, t.About)
		if t.Person == "" {
			p.V.Set("nazwisko"+row, t.Name)
		}
	}
	partners, err := Partners(ctx, s.db, p.Of.ID)
	if err != nil {
		return err
	}
	for n, x := range partners {
		row := strconv.Itoa(n)
		p.V.Set("partner"+row, x.Name)
		if x.Institution == "" {
			continue
		}
		i, err := directory.ByID(ctx, s.db, access.InstitutionID(x.Institution))
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if i.RSPO != nil {
			p.V.Set("rspo"+row, strconv.Itoa(*i.RSPO))
		}
	}
	p.V.Set("osoby", strconv.Itoa(min(max(leaderRows, len(trainers)+2), mostLeaders)))
	p.V.Set("partnerzy", strconv.Itoa(min(max(partnerRows, len(partners)+1), mostPartners)))
	return nil
}

func (s *Service) drawLeaders(ctx context.Context, who access.Actor, p *offerPage) error {
	staff, err := s.staffList(ctx, who, p.Of.Center)
	if err != nil {
		return err
	}
	for _, row := range staff {
		p.Choices["osoba"] = append(p.Choices["osoba"], web.Choice{Value: string(row.ID), Label: row.Name})
	}
	named, err := Trainers(ctx, s.db, p.Of.ID)
	for _, t := range named {
		if t.Person != "" && !slices.ContainsFunc(p.Choices["osoba"], func(c web.Choice) bool { return c.Value == t.Person }) {
			p.Choices["osoba"] = append(p.Choices["osoba"], web.Choice{Value: t.Person, Label: t.Name})
		}
	}
	return err
}

// rowsOf are the numbers of the rows that a form says it has.
func rowsOf(v url.Values, name string, most int) (rows []int) {
	n, _ := strconv.Atoi(v.Get(name))
	for row := range min(max(n, 0), most) {
		rows = append(rows, row)
	}
	return rows
}

func (s *Service) saveLeaders(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
	f := offerFields{v: p.V}
	var trainers []Trainer
	for _, n := range rowsOf(p.V, "osoby", mostLeaders) {
		row := strconv.Itoa(n)
		t := Trainer{Person: f.text("osoba" + row), Name: f.text("nazwisko" + row), About: f.text("o" + row)}
		if t.Person != "" {
			t.Name = ""
		}
		if t != (Trainer{}) {
			trainers = append(trainers, t)
		}
	}
	var partners []Partner
	for _, n := range rowsOf(p.V, "partnerzy", mostPartners) {
		row := strconv.Itoa(n)
		x := Partner{Name: f.text("partner" + row)}
		if rspo := f.number("rspo" + row); rspo > 0 {
			i, err := s.hostOf(ctx, rspo)
			if err != nil {
				if fault.KindOf(err) != fault.Invalid {
					return true, err
				}
				f.bad("rspo"+row, "rspo")
				continue
			}
			x.Institution, x.Name = string(i.ID), i.Name
		}
		if x != (Partner{}) {
			partners = append(partners, x)
		}
	}
	if len(f.faults) > 0 {
		return true, fault.InvalidFields(f.faults)
	}
	return true, s.EditLeaders(ctx, who, p.Of.ID, seen, trainers, partners)
}

// What is asked before something is done.

func (s *Service) drawCrowd(ctx context.Context, _ access.Actor, p *offerPage) (err error) {
	p.Crowd, err = crowd(ctx, s.db, p.Of.ID)
	return err
}

func (s *Service) drawDecision(ctx context.Context, who access.Actor, p *offerPage) error {
	if err := s.drawCrowd(ctx, who, p); err != nil {
		return err
	}
	p.Decision = decisionOf(p.Of, p.Crowd, s.now())
	for _, what := range []string{DecideRun, DecidePostpone, DecideCancel} {
		p.Choices["decyzja"] = append(p.Choices["decyzja"], web.Choice{Value: what, Label: p.L.T("training.offer.decide." + what), Hint: p.L.T("training.offer.decide." + what + "_hint")})
	}
	return nil
}

// offerPreview is what people will read.
type offerPreview struct {
	Title, Form, When, Place, Summary, Audience, Price, Seats, Enroll, Paper string
	Body                                                                     []string
	Meetings                                                                 []string
	Leaders                                                                  []string
}

func (s *Service) drawPublish(ctx context.Context, _ access.Actor, p *offerPage) error {
	meetings, err := Meetings(ctx, s.db, p.Of.ID)
	if err != nil {
		return err
	}
	p.Lacks = s.lackLinks(p, offerLacks(p.Of, meetings, s.now()))
	p.Preview, err = s.previewOf(ctx, p, meetings)
	return err
}

func (s *Service) previewOf(ctx context.Context, p *offerPage, meetings []Meeting) (*offerPreview, error) {
	t, l := p.Of, p.L
	x := &offerPreview{Title: t.Title, Form: l.T("training.form." + string(t.Form)), When: offerDates(l, t), Place: t.Place, Summary: t.Summary,
		Audience: t.AudienceText, Price: priceWords(p, t), Seats: l.N("training.offer.seats_n", t.Capacity), Paper: l.T("training.paper." + string(t.Paper)), Body: paragraphsOf(t.Body)}
	if t.Mode != OnSite {
		x.Place = strings.TrimPrefix(t.Place+", "+l.T("training.mode."+string(t.Mode)), ", ")
	}
	x.Enroll = enrollWords(p, t)
	for _, m := range meetings {
		x.Meetings = append(x.Meetings, meetingWords(p, m))
	}
	trainers, err := Trainers(ctx, s.db, t.ID)
	for _, who := range trainers {
		x.Leaders = append(x.Leaders, who.Name)
	}
	return x, err
}

func paragraphsOf(text string) (all []string) {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func priceWords(p *offerPage, t Training) string {
	if t.Price == 0 {
		return p.L.T("training.offer.free")
	}
	return p.L.T("training.offer.price", "price", fmt.Sprintf("%d,%02d", t.Price/100, t.Price%100)) + ". " + p.L.T("training.payer."+string(t.Payer))
}

func enrollWords(p *offerPage, t Training) string {
	until := offerMoment(p.L, t.EnrollUntil)
	if until == "" {
		until = p.L.T("training.offer.until_start")
	}
	if t.EnrollFrom == 0 {
		return p.L.T("training.offer.enroll_until", "until", until)
	}
	return p.L.T("training.offer.enroll_span", "from", offerMoment(p.L, t.EnrollFrom), "until", until)
}

// meetingWords is one meeting in a line.
func meetingWords(p *offerPage, m Meeting) string {
	start, end := time.Unix(m.StartsAt, 0).In(web.Warsaw), time.Unix(m.EndsAt, 0).In(web.Warsaw)
	words := p.L.Day(start) + ", " + start.Format("15:04") + "–" + end.Format("15:04")
	for _, x := range []string{m.Title, m.Track, m.Room, m.Place} {
		if x != "" {
			words += ", " + x
		}
	}
	return words + " (" + p.L.N("training.offer.lessons", m.Hours) + ")"
}
