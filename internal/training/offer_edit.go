package training

import (
	"context"
	"net/url"
	"reflect"
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

// Here is how the parts of an offer are changed, one topic at a time, as the
// pages are. Who may, and what follows, is the same for all: see editOffer.

// Words is what the offer says.
type Words struct {
	Form     Form
	Title    string
	Summary  string
	Body     string
	Audience string
	Lang     i18n.Lang
	Topics   []string
	// Small says that only the wording got better: nobody is told.
	Small bool
}

// mostTopics bounds the topics of a training.
const mostTopics = 5

// EditWords changes what the offer says. Invalid names fields.
func (s *Service) EditWords(ctx context.Context, who access.Actor, id ID, seen int64, w Words) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		c.t.Form, c.t.Lang, c.t.Title = w.Form, offerLang(string(w.Lang)), strings.Join(strings.Fields(w.Title), " ")
		c.t.Summary, c.t.Body, c.t.AudienceText = tidyWords(w.Summary), tidyWords(w.Body), tidyWords(w.Audience)
		c.silent = w.Small
		faults := titleFaults(c.t)
		for _, x := range []struct {
			field, words string
			most         int
		}{{"skrot", c.t.Summary, longestSummary}, {"opis", c.t.Body, longestBody}, {"dla_kogo", c.t.AudienceText, longestBody}} {
			if offerTooLong(x.words, x.most) {
				faults = append(faults, fault.Field{Name: x.field, Key: "training.offer.lack.long"})
			}
		}
		was, err := TopicsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		topics := slices.Compact(slices.Sorted(slices.Values(w.Topics)))
		if len(topics) > mostTopics {
			faults = append(faults, fault.Field{Name: "temat1", Key: "training.offer.lack.topics", Args: []any{"n", mostTopics}})
		}
		if err := fault.InvalidFields(faults); err != nil {
			return err
		}
		if slices.Equal(was, topics) {
			return nil
		}
		read, err := s.Topics.Resolve(ctx, topics)
		if err != nil {
			return err
		}
		for _, topic := range topics {
			if read[topic] == "" {
				return fault.InvalidFields([]fault.Field{{Name: "temat1", Key: "training.offer.lack.topic"}})
			}
		}
		c.parts = true
		return s.saveTopics(ctx, tx, id, topics)
	})
}

// tidyWords are words as they are kept: one kind of line ends, nothing around.
func tidyWords(words string) string {
	return strings.TrimSpace(strings.ReplaceAll(words, "\r\n", "\n"))
}

// Dates is when and where.
type Dates struct {
	Meetings     []Meeting // one without an id is new; hours of 0 are reckoned from the times
	Mode         Mode
	Place        string
	Host         int // RSPO number of the institution in which it takes place, 0 for none
	Municipality string
	AccessInfo   string
	Link         string // to the online room
	EnrollFrom   int64
	EnrollUntil  int64
	FreeUntil    int64
}

// EditDates changes when and where a training is. A postponed training that is
// given new dates is published again, and everybody is told.
func (s *Service) EditDates(ctx context.Context, who access.Actor, id ID, seen int64, d Dates) error {
	host, err := s.hostOf(ctx, d.Host)
	if err != nil {
		return err
	}
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		were, err := Meetings(ctx, tx, id)
		if err != nil {
			return err
		}
		t := &c.t
		t.Mode, t.AccessInfo = d.Mode, tidyWords(d.AccessInfo)
		t.EnrollFrom, t.EnrollUntil, t.FreeUntil = d.EnrollFrom, d.EnrollUntil, d.FreeUntil
		movePlace(t, d, host)
		faults := placeFaults(*t, d)
		are, more := newMeetings(*t, were, d.Meetings)
		if faults = append(faults, more...); len(faults) == 0 {
			t.StartsAt, t.EndsAt, t.Hours = 0, 0, 0
			spanOf(t, are)
			t.SchoolYear = schoolYearOf(t.StartsAt, s.now())
			faults = s.dateFaults(*t, c.was, are)
		}
		if err := fault.InvalidFields(faults); err != nil {
			return err
		}
		if err := s.newLink(c, d.Link); err != nil {
			return err
		}
		if t.State == Postponed {
			t.State, t.Decided, t.Why, c.step = Published, "", "", "dated"
		}
		t.FirstUntil = firstCapped(*t, s.now().Unix())
		if slices.Equal(were, are) {
			return nil
		}
		c.parts = true
		return saveMeetings(ctx, tx, id, were, are)
	})
}

// hostOf is the institution of a number, nil for none.
func (s *Service) hostOf(ctx context.Context, rspo int) (*directory.Institution, error) {
	if rspo == 0 {
		return nil, nil
	}
	i, err := directory.ByRSPO(ctx, s.db, rspo)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.InvalidFields([]fault.Field{{Name: "rspo", Key: "training.offer.lack.rspo"}})
	}
	return &i, err
}

// movePlace sets the venue. Its point on the map comes from the institution
// that hosts it and goes when the venue changes otherwise.
func movePlace(t *Training, d Dates, host *directory.Institution) {
	place := tidyWords(d.Place)
	if host != nil {
		t.Place, t.Municipality, t.Lat, t.Lon = venueOf(*host), host.Municipality, host.Lat, host.Lon
		return
	}
	if place != t.Place || d.Municipality != t.Municipality {
		t.Lat, t.Lon = nil, nil
	}
	t.Place, t.Municipality = place, d.Municipality
	if t.Mode == Online {
		t.Lat, t.Lon = nil, nil
	}
}

func placeFaults(t Training, d Dates) (all []fault.Field) {
	add := func(bad bool, field, key string) {
		if bad {
			all = append(all, fault.Field{Name: field, Key: "training.offer.lack." + key})
		}
	}
	add(!slices.Contains([]Mode{OnSite, Online, Hybrid}, t.Mode), "tryb", "choice")
	add(offerTooLong(t.Place, longestLine), "miejsce", "long")
	add(offerTooLong(t.AccessInfo, longestBody), "dostepnosc", "long")
	add(t.Municipality != "" && !sixDigits(t.Municipality), "gmina", "choice")
	add(d.Link != "" && !webAddress(d.Link), "link", "link")
	return all
}

func sixDigits(text string) bool { _, err := strconv.Atoi(text); return err == nil && len(text) == 6 }

// webAddress tells whether words are an address of a room: https, and short.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && len(text) <= 2000
}

// newMeetings are the meetings as they will be, and what is wrong with them.
func newMeetings(t Training, were, wanted []Meeting) (are []Meeting, faults []fault.Field) {
	old := map[MeetingID]Meeting{}
	for _, m := range were {
		old[m.ID] = m
	}
	for n, m := range wanted {
		if m.Hours == 0 {
			m.Hours = lessonHours(m.StartsAt, m.EndsAt)
		}
		field := "s" + strconv.Itoa(n) + "_"
		faults = append(faults, badMeeting(m, field)...)
		was, there := old[m.ID]
		delete(old, m.ID)
		if !there {
			m.ID, m.TakenAt, m.TakenBy = MeetingID(newID()), 0, ""
		} else {
			m.TakenAt, m.TakenBy = was.TakenAt, was.TakenBy
			if was.TakenAt > 0 && (m.StartsAt != was.StartsAt || m.EndsAt != was.EndsAt || m.Hours != was.Hours) {
				faults = append(faults, fault.Field{Name: field + "dzien", Key: "training.offer.fault.taken"})
			}
		}
		m.Training = t.ID
		are = append(are, m)
	}
	return are, faults
}

// dateFaults checks the dates of a training that people see already; a draft
// may have holes.
func (s *Service) dateFaults(t, was Training, meetings []Meeting) (all []fault.Field) {
	all = offerWindow(t)
	if was.State == Draft {
		return all
	}
	if len(meetings) == 0 && t.Form.dated() {
		all = append(all, fault.Field{Name: "spotkania", Key: "training.offer.lack.meetings"})
	}
	if t.StartsAt > 0 && t.StartsAt != was.StartsAt && t.StartsAt <= s.now().Unix() {
		all = append(all, fault.Field{Name: "spotkania", Key: "training.offer.lack.past"})
	}
	if t.Mode != Online && t.Place == "" {
		all = append(all, fault.Field{Name: "miejsce", Key: "training.offer.lack.place"})
	}
	if t.StartsAt > 0 && t.MinPeople > 0 && t.DecideAt >= t.StartsAt && was.State == Published {
		all = append(all, fault.Field{Name: "spotkania", Key: "training.offer.lack.decide_late"})
	}
	return all
}

// newLink seals a link when it is another one.
func (s *Service) newLink(c *offerChange, link string) error {
	was, err := s.OnlineLink(c.was)
	if err != nil || was == link {
		return err
	}
	c.t.OnlineLink = ""
	if link != "" {
		c.t.OnlineLink = s.seal(c.t.ID, link)
	}
	return nil
}

// Places is who may come, and how many.
type Places struct {
	Total      int            // seats of all pools together
	Quotas     map[string]int // seats promised to municipalities, six digits each
	QuotaBy    string
	Eligible   Eligible
	MinPeople  int
	DecideAt   int64
	Approval   bool
	Admission  bool
	AskNeeds   bool
	OfferHours int // 0: the law's number
	For        int // staff training: RSPO number of the institution that ordered it
}

// pools are the seats by pool: what is not promised is for everybody.
func (p Places) pools() map[string]int {
	all := map[string]int{}
	promised := 0
	for name, n := range p.Quotas {
		if n > 0 {
			all[name] = n
			promised += n
		}
	}
	all[""] = p.Total - promised
	return all
}

// EditPlaces changes the seats and who may have them. Of a public training no
// pool shrinks below its taken seats (Conflict); added seats are offered to who
// waits at once.
func (s *Service) EditPlaces(ctx context.Context, who access.Actor, id ID, seen int64, p Places) error {
	host, err := s.hostOf(ctx, p.For)
	if err != nil {
		if e := fault.As(err); e != nil && len(e.Fields) > 0 {
			err = fault.InvalidFields([]fault.Field{{Name: "zamawia", Key: e.Fields[0].Key}})
		}
		return err
	}
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		t := &c.t
		t.Capacity, t.QuotaBy, t.MinPeople, t.DecideAt = p.Total, p.QuotaBy, p.MinPeople, p.DecideAt
		t.Approval, t.Admission, t.AskNeeds, t.OfferHours = p.Approval, p.Admission, p.AskNeeds, p.OfferHours
		t.ForInstitution = ""
		if host != nil {
			t.ForInstitution = string(host.ID)
		}
		if t.DecideAt != c.was.DecideAt || t.MinPeople != c.was.MinPeople {
			t.Decided = ""
		}
		if err := fault.InvalidFields(placesFaults(*t, p)); err != nil {
			return err
		}
		was, err := EligibleFor(ctx, tx, id)
		if err != nil {
			return err
		}
		if e := sortedEligible(p.Eligible); !reflect.DeepEqual(was, e) {
			c.parts = true
			if err := saveEligible(ctx, tx, id, e); err != nil {
				return err
			}
		}
		return s.editPools(ctx, tx, who, c, p.pools())
	})
}

// sortedEligible is a choice as EligibleFor reads it.
func sortedEligible(e Eligible) Eligible {
	slices.Sort(e.Roles)
	slices.Sort(e.Schools)
	slices.Sort(e.Municipalities)
	return Eligible{Roles: slices.Compact(e.Roles), Schools: slices.Compact(e.Schools), Municipalities: slices.Compact(e.Municipalities)}
}

// EligibleRoles are the roles that an offer can be limited to.
func EligibleRoles() []access.Role {
	return []access.Role{access.Teacher, access.ClassTutor, access.SchoolHead, access.DeputyHead, access.SchoolSpecialist, access.Counselor,
		access.NetworkCoordinator, access.MethodologicalAdviser, access.SchoolSecretary, access.AuthorityOfficer}
}

func placesFaults(t Training, p Places) (all []fault.Field) {
	add := func(bad bool, field, key string, args ...any) {
		if bad {
			all = append(all, fault.Field{Name: field, Key: "training.offer.lack." + key, Args: args})
		}
	}
	add(p.Total < 0 || p.Total > mostSeats || p.Total == 0 && t.State != Draft, "miejsca", "capacity")
	promised := 0
	for name, n := range p.Quotas {
		add(n < 0 || !sixDigits(name), "limit_"+name, "number")
		promised += n
	}
	add(promised > p.Total, "miejsca", "quotas", "n", promised)
	add(t.QuotaBy != ByPlace && t.QuotaBy != ByRunning, "limity_wg", "choice")
	add(t.OfferHours < 0 || t.OfferHours > 30*24, "godziny_odpowiedzi", "number")
	add(t.MinPeople < 0, "minimum", "number")
	for _, r := range p.Eligible.Roles {
		add(!slices.Contains(EligibleRoles(), r), "rola", "choice")
	}
	for _, k := range p.Eligible.Schools {
		add(!slices.Contains(directory.Kinds(), k), "rodzaj", "choice")
	}
	for _, m := range p.Eligible.Municipalities {
		add(!sixDigits(m), "gmina", "choice")
	}
	if t.State != Draft || t.Capacity > 0 {
		all = append(all, offerMinimum(t)...)
	}
	return all
}

// editPools writes the seats: of a draft as they are, of a public training
// through the queue.
func (s *Service) editPools(ctx context.Context, tx *db.Tx, who access.Actor, c *offerChange, want map[string]int) error {
	pools, err := Pools(ctx, tx, c.t.ID)
	if err != nil {
		return err
	}
	same := len(pools) == len(want)
	for _, p := range pools {
		n, there := want[p.Name]
		same = same && there && n == p.Seats
	}
	if same {
		return nil
	}
	c.parts = true
	if c.was.State != Draft {
		c.after = func(tx *db.Tx) error { return s.setPools(ctx, tx, who, c.t.ID, want) }
		return nil
	}
	if _, err := tx.Exec(ctx, `delete from training_pools where training = ?`, c.t.ID); err != nil {
		return err
	}
	return insertPools(ctx, tx, c.t.ID, want)
}

// Terms is money and paper.
type Terms struct {
	Price         int64
	Payer         Payer
	Paper         Paper
	Threshold     int // percent; 0: the law's number for the length
	ConsentNo     string
	Framework     string
	LegalBasis    string
	PracticeHours int
	Exam          bool
}

// Payers and Papers are all there are, in the order offered.
func Payers() []Payer { return []Payer{Nobody, Participant, School, Authority, Center, Other} }
func Papers() []Paper { return []Paper{Certificate, Diploma, NoPaper} }

// EditTerms changes the price, who pays, and what one gets at the end.
func (s *Service) EditTerms(ctx context.Context, who access.Actor, id ID, seen int64, x Terms) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		t := &c.t
		t.Price, t.Payer, t.Paper, t.Threshold = x.Price, x.Payer, x.Paper, x.Threshold
		t.ConsentNo, t.Framework, t.LegalBasis = tidyWords(x.ConsentNo), tidyWords(x.Framework), tidyWords(x.LegalBasis)
		t.PracticeHours, t.Exam = x.PracticeHours, x.Exam
		return fault.InvalidFields(termsFaults(*t))
	})
}

func termsFaults(t Training) (all []fault.Field) {
	add := func(bad bool, field, key string) {
		if bad {
			all = append(all, fault.Field{Name: field, Key: "training.offer.lack." + key})
		}
	}
	add(t.Price < 0 || t.Price > mostPrice, "cena", "price")
	add(!slices.Contains(Payers(), t.Payer), "platnik", "choice")
	add(!slices.Contains(Papers(), t.Paper), "dokument", "choice")
	add(t.Threshold < 0 || t.Threshold > 100, "prog", "percent")
	add(t.PracticeHours < 0 || t.PracticeHours > 5000, "praktyka", "number")
	add(offerTooLong(t.ConsentNo, longestLine), "zgoda", "long")
	add(offerTooLong(t.Framework, longestLine), "ramowy", "long")
	add(offerTooLong(t.LegalBasis, longestLine), "podstawa", "long")
	for _, f := range offerMoney(t) {
		// A draft may lack what only publishing asks for; the two papers are
		// told apart from the beginning.
		if t.State != Draft || f.Name == "dokument" || f.Name == "platnik" {
			all = append(all, f)
		}
	}
	return all
}

// mostLeaders bounds the people named, mostPartners the co-organizers.
const (
	mostLeaders  = 20
	mostPartners = 10
)

// EditLeaders changes who leads a training and who organizes it together with
// the center. An account must be one of the center's, or have been named before.
func (s *Service) EditLeaders(ctx context.Context, who access.Actor, id ID, seen int64, trainers []Trainer, partners []Partner) error {
	t, err := s.Managed(ctx, who, id)
	if err != nil {
		return err
	}
	staff, err := s.staffOf(ctx, who, t.Center)
	if err != nil {
		return err
	}
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		wereTrainers, err := Trainers(ctx, tx, id)
		if err != nil {
			return err
		}
		werePartners, err := Partners(ctx, tx, id)
		if err != nil {
			return err
		}
		faults := leaderFaults(trainers, wereTrainers, staff)
		for n := range partners {
			partners[n].No = n + 1
			if partners[n].Name == "" || offerTooLong(partners[n].Name, longestLine) {
				faults = append(faults, fault.Field{Name: "partner" + strconv.Itoa(n), Key: "training.offer.lack.name"})
			}
		}
		if len(trainers) > mostLeaders || len(partners) > mostPartners {
			faults = append(faults, fault.Field{Name: "osoba0", Key: "training.offer.lack.many"})
		}
		if err := fault.InvalidFields(faults); err != nil {
			return err
		}
		if !slices.Equal(trainers, wereTrainers) {
			c.parts = true
			if err := saveTrainers(ctx, tx, id, trainers); err != nil {
				return err
			}
		}
		if slices.Equal(partners, werePartners) {
			return nil
		}
		c.parts = true
		return savePartners(ctx, tx, id, partners)
	})
}

// leaderFaults numbers the trainers, names those with an account and checks them.
func leaderFaults(trainers, were []Trainer, staff map[string]string) (faults []fault.Field) {
	named := map[string]string{}
	for _, t := range were {
		if t.Person != "" {
			named[t.Person] = t.Name
		}
	}
	for n := range trainers {
		t, field := &trainers[n], "osoba"+strconv.Itoa(n)
		t.No, t.About = n+1, tidyWords(t.About)
		if t.Person != "" {
			if staff[t.Person] == "" && named[t.Person] == "" {
				faults = append(faults, fault.Field{Name: field, Key: "training.offer.lack.person"})
				continue
			}
			t.Name = staff[t.Person]
			if t.Name == "" {
				t.Name = named[t.Person]
			}
		}
		if t.Name == "" || offerTooLong(t.Name, 200) || offerTooLong(t.About, longestBody) {
			faults = append(faults, fault.Field{Name: field, Key: "training.offer.lack.name"})
		}
	}
	return faults
}

// staffPages bounds how many pages of people are read to choose from.
const staffPages = 6

// staffOf are the people of the center by id.
func (s *Service) staffOf(ctx context.Context, who access.Actor, center access.InstitutionID) (map[string]string, error) {
	all := map[string]string{}
	list, err := s.staffList(ctx, who, center)
	for _, row := range list {
		all[string(row.ID)] = row.Name
	}
	return all, err
}

func (s *Service) staffList(ctx context.Context, who access.Actor, center access.InstitutionID) (all []access.Row, err error) {
	at := web.Cursor{}
	for range staffPages {
		rows, more, err := s.People.People(ctx, who, access.Filter{Institution: center}, at)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if !more || len(rows) == 0 {
			break
		}
		last := rows[len(rows)-1]
		at = web.Cursor{Key: last.SortKey, ID: string(last.ID)}
	}
	return all, nil
}

// Clash is a room that another training of the center uses at the same time.
type Clash struct {
	Room     string `db:"room"`
	Training ID     `db:"training"`
	Title    string `db:"title"`
	StartsAt int64  `db:"starts_at"`
	EndsAt   int64  `db:"ends_at"`
}

// Clashes are such rooms, for a warning: two halves of a hall may bear one name.
func (s *Service) Clashes(ctx context.Context, t Training, meetings []Meeting) (all []Clash, err error) {
	for _, m := range meetings {
		if m.Room == "" {
			continue
		}
		var found []Clash
		err := s.db.Select(ctx, &found, `select m.room, m.training, t.title, m.starts_at, m.ends_at from training_meetings m
			join training_trainings t on t.id = m.training
			where m.room = ? and m.starts_at < ? and m.starts_at > ? and m.ends_at > ? and m.training <> ? and t.center = ? and t.state in (?, ?)
			order by m.starts_at, m.id limit 5`,
			m.Room, m.EndsAt, m.StartsAt-int64(longestDay/time.Second), m.StartsAt, t.ID, t.Center, Draft, Published)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for n, a := range meetings {
		for _, b := range meetings[n+1:] {
			if a.Room != "" && a.Room == b.Room && meetingsOverlap(a, b) {
				all = append(all, Clash{Room: a.Room, Training: t.ID, Title: t.Title, StartsAt: b.StartsAt, EndsAt: b.EndsAt})
			}
		}
	}
	return all, nil
}
