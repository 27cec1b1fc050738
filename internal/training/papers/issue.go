package papers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Candidate is somebody in a training, on the way to a paper.
type Candidate struct {
	Enrollment training.Enrollment
	Birth      bool // birth date and place are there
	Paper      Paper
}

// Ready tells whether the paper of this person can be issued.
func (c Candidate) Ready() bool {
	return c.Enrollment.State == training.Completed && c.Birth && c.Enrollment.Name != ""
}

// Outlook is what stands between a training and its papers.
type Outlook struct {
	Training   training.Training
	Center     Center
	Candidates []Candidate
	Ready      int
	Missing    []string // message keys of what is missing for all
	Blanks     int      // blank forms at hand, of a diploma
}

// mostCandidates bounds the list of one training.
const mostCandidates = 3000

// Outlook lists who of a training gets a paper and what is missing, for who
// issues papers at its center.
func (s *Service) Outlook(ctx context.Context, who access.Actor, id training.ID) (o Outlook, err error) {
	defer fault.Wrap(&err, "papers of training %s", id)
	if o.Training, err = training.ByID(ctx, s.db, id); err != nil {
		return o, err
	}
	if err := hide(who.MayAt(ctx, access.IssuePapers, o.Training.Center)); err != nil {
		return o, err
	}
	if o.Center, err = s.settingsOf(ctx, o.Training.Center); err != nil {
		return o, err
	}
	if o.Training.Paper == training.Diploma {
		if o.Blanks, err = freeBlanks(ctx, s.db, o.Training.Center); err != nil {
			return o, err
		}
	}
	if o.Candidates, err = s.candidates(ctx, o.Training); err != nil {
		return o, err
	}
	for _, c := range o.Candidates {
		if c.Ready() {
			o.Ready++
		}
	}
	o.Missing = missing(o.Training, o.Center)
	if o.Training.Paper == training.Diploma && o.Blanks < o.Ready {
		o.Missing = append(o.Missing, "papers.missing.blanks")
	}
	return o, nil
}

func (s *Service) candidates(ctx context.Context, t training.Training) ([]Candidate, error) {
	var list []training.Enrollment
	err := s.db.Select(ctx, &list, `select `+training.EnrollmentColumns+` from training_enrollments e where e.training = ? and e.state in (?, ?, ?, ?)
		order by e.name_key, e.id limit ?`, t.ID, training.Confirmed, training.Attended, training.Completed, training.Issued, mostCandidates)
	if err != nil {
		return nil, err
	}
	var births []string
	if err := s.db.Select(ctx, &births, `select b.enrollment from training_paper_births b join training_enrollments e on e.id = b.enrollment where e.training = ?`, t.ID); err != nil {
		return nil, err
	}
	var papers []Paper
	if err := s.db.Select(ctx, &papers, `select `+paperColumns+` from training_papers p where p.training = ? and p.state <> ? order by p.id`, t.ID, Voided); err != nil {
		return nil, err
	}
	given, issued := map[string]bool{}, map[training.EnrollmentID]Paper{}
	for _, id := range births {
		given[id] = true
	}
	for _, p := range papers {
		issued[p.Enrollment] = p
	}
	out := make([]Candidate, len(list))
	for n, e := range list {
		out[n] = Candidate{e, given[string(e.ID)], issued[e.ID]}
	}
	return out, nil
}

// missing is what the papers of a training lack before anybody's own data.
func missing(t training.Training, c Center) (keys []string) {
	lacks := func(key string, is bool) {
		if is {
			keys = append(keys, "papers.missing."+key)
		}
	}
	lacks("paper", t.Paper == training.NoPaper)
	lacks("closed", t.State != training.Closed)
	lacks("center", c.FullName == "" || t.Paper != training.NoPaper && c.Codes[t.Paper] == "")
	lacks("consent", t.Paper == training.Diploma && t.ConsentNo == "")
	lacks("framework", t.Paper == training.Diploma && t.Framework == "")
	return keys
}

// Issue gives somebody who completed a closed training the paper. Who asks
// issues papers at the center. What is missing is a Conflict that says so.
func (s *Service) Issue(ctx context.Context, who access.Actor, id training.EnrollmentID) (ID, error) {
	_, t, err := s.candidate(ctx, who, id)
	if err != nil {
		return "", err
	}
	paper, copied, err := s.issue(ctx, who, t, id)
	if err != nil {
		return "", err
	}
	return paper, s.print(ctx, copied)
}

// issue writes the paper in one transaction, without its PDF.
func (s *Service) issue(ctx context.Context, who access.Actor, t training.Training, id training.EnrollmentID) (_ ID, _ CopyID, err error) {
	defer fault.Wrap(&err, "issue the paper of enrollment %s", id)
	b, err := s.birthOf(ctx, s.db, id)
	if err != nil {
		return "", "", err
	}
	if !b.whole() {
		return "", "", fault.New(fault.Conflict, "papers.missing.birth")
	}
	d := draft{paper: ID(newID()), copied: CopyID(newID()), key: newKey(), birth: b, at: s.now()}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.issueIn(ctx, tx, who, t.ID, id, d) })
	return d.paper, d.copied, err
}

// draft is what is drawn before the transaction, which may run twice.
type draft struct {
	paper  ID
	copied CopyID
	key    string
	birth  Birth
	at     time.Time
}

func (s *Service) issueIn(ctx context.Context, tx *db.Tx, who access.Actor, tid training.ID, id training.EnrollmentID, d draft) error {
	t, err := training.ByID(ctx, tx, tid)
	if err != nil {
		return err
	}
	c, err := centerByID(ctx, tx, t.Center)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if keys := missing(t, c); len(keys) > 0 {
		return fault.New(fault.Conflict, keys[0])
	}
	e, err := training.EnrollmentByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := training.MarkIssued(ctx, tx, id, true, d.at.Unix()); err != nil {
		return err
	}
	p := s.fresh(t, e, c, d)
	p.IssuedBy = string(who.Person)
	if t.Paper == training.Diploma {
		if p.Blank, err = takeBlank(ctx, tx, p, who, d.at); err != nil {
			return err
		}
	}
	if p.Seq, err = counter.Next(ctx, tx, counterName(p.Kind, p.Series, p.Year)); err != nil {
		return err
	}
	p.Number = number(p.Seq, p.Series, p.Year)
	p.NumberKey, p.Sort = NumberKey(p.Number), sortOf(p.Year, p.Seq)
	if err := insertPaper(ctx, tx, p); err != nil {
		return err
	}
	if err := s.addCopy(ctx, tx, p, contentOf(p, t, e, c, d.birth), copyRow{ID: d.copied, No: 1, What: original, By: string(who.Person), At: d.at}); err != nil {
		return err
	}
	return s.announce(ctx, tx, who, p, e, d.at)
}

// counterName is the series of numbers: per kind, code and year. Codes belong to
// one center and one kind; the kind stands in it for the reader.
func counterName(kind Kind, code string, year int) string {
	return "training." + string(kind) + "/" + code + "/" + strconv.Itoa(year)
}

// fresh is the row of a paper that has no number yet.
func (s *Service) fresh(t training.Training, e training.Enrollment, c Center, d draft) Paper {
	return Paper{ID: d.paper, Kind: t.Paper, Center: t.Center, Series: c.Codes[t.Paper], Year: d.at.In(web.Warsaw).Year(), State: Issued, Version: 1, Revision: 1,
		KeyHash: hashKey(d.key), KeySealed: s.Keys.Seal("training paper key", string(d.paper), []byte(d.key)), Training: t.ID, Enrollment: e.ID, Trace: t.Trace,
		Person: e.Person, Name: e.Name, NameKey: e.NameKey, Title: t.Title, Form: t.Form, Hours: e.Hours,
		StartsOn: dayOf(time.Unix(t.StartsAt, 0)), EndsOn: dayOf(time.Unix(t.EndsAt, 0)), IssuedOn: dayOf(d.at), IssuedAt: d.at.Unix()}
}

func contentOf(p Paper, t training.Training, e training.Enrollment, c Center, b Birth) Content {
	return Content{Kind: p.Kind, Number: p.Number, Name: p.Name, BirthDay: b.Day, BirthPlace: b.Place, Title: p.Title, Form: p.Form, Hours: p.Hours,
		StartsOn: p.StartsOn, EndsOn: p.EndsOn, Heading: c.Heading, Center: c.FullName, Accreditation: c.Accreditation, Place: c.Place, Signs: c.Signs,
		LegalBasis: t.LegalBasis, ConsentNo: t.ConsentNo, Framework: t.Framework, Practice: e.Practice, Grade: e.Grade, IssuedOn: p.IssuedOn}
}

func insertPaper(ctx context.Context, tx *db.Tx, p Paper) error {
	_, err := tx.Exec(ctx, `insert into training_papers (id, kind, center, series, year, seq, number, number_key, sort, state, version, revision, key_hash,
		key_sealed, training, enrollment, trace, person, name, name_key, name_fold, title, form, hours, starts_on, ends_on, issued_on, imported, void_class,
		void_reason, voided_on, changed_on, blank, issued_by, issued_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Kind, p.Center, p.Series, p.Year, p.Seq, p.Number, p.NumberKey, p.Sort, p.State, p.Version, p.KeyHash,
		p.KeySealed, p.Training, p.Enrollment, p.Trace, p.Person, p.Name, p.NameKey, foldOf(p.Name), p.Title, p.Form, p.Hours, p.StartsOn, p.EndsOn, p.IssuedOn, p.Imported,
		p.VoidClass, p.VoidReason, p.VoidedOn, p.ChangedOn, p.Blank, p.IssuedBy, p.IssuedAt)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into training_paper_badges (paper, version, badge, subject) values (?, ?, ?, ?)`, p.ID, p.Version, uuid.NewString(), uuid.NewString())
	return err
}

// foldOf is a name as it is looked up: each word after a blank.
func foldOf(name string) string { return " " + i18n.Fold(name) }

// announce tells the rest of the house, in the transaction of the paper.
func (s *Service) announce(ctx context.Context, tx *db.Tx, who access.Actor, p Paper, e training.Enrollment, at time.Time) error {
	err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.issue", Object: "paper", ObjectID: string(p.ID), Institution: string(p.Center),
		Subject: p.Person, Details: map[string]string{"number": p.Number, "kind": string(p.Kind)}}, at)
	if err != nil {
		return err
	}
	if err := s.step(ctx, tx, p, "issued", at); err != nil {
		return err
	}
	if err := s.emit(ctx, tx, PaperIssued{Paper: string(p.ID), Kind: string(p.Kind), Number: p.Number, Training: string(p.Training), Enrollment: string(p.Enrollment),
		Center: string(p.Center), Institution: e.Institution, BySeat: e.BySeat, ByRunning: e.ByRunning, Hours: p.Hours}, p, at); err != nil {
		return err
	}
	return s.touch(ctx, tx, string(p.ID))
}

// Events of this package. They hold ids and numbers.
type (
	// PaperIssued tells that a paper has its number.
	PaperIssued struct {
		Paper, Kind, Number, Training, Enrollment, Center, Institution, BySeat, ByRunning string
		Hours                                                                             int
	}
	// PaperVoided tells that a paper holds no more.
	PaperVoided struct{ Paper, Kind, Number, Training, Enrollment, Center, Class string }
)

// EventName implements events.Event.
func (PaperIssued) EventName() string { return "training.paper_issued" }

// EventName implements events.Event.
func (PaperVoided) EventName() string { return "training.paper_voided" }

func (s *Service) emit(ctx context.Context, tx *db.Tx, e events.Event, p Paper, at time.Time) error {
	if s.Bus == nil {
		return nil
	}
	return s.Bus.Emit(ctx, tx, e, events.Envelope{Subject: string(p.ID), Version: p.Revision, Trace: trace.ID(p.Trace), At: at})
}

// step writes what happened to a paper into the matter of its training: for the
// center, and for the holder.
func (s *Service) step(ctx context.Context, tx *db.Tx, p Paper, what string, at time.Time) error {
	if p.Trace == "" {
		return nil
	}
	audiences := []string{"inst:" + string(p.Center)}
	if p.Person != "" {
		audiences = append(audiences, "person:"+p.Person)
	}
	for _, a := range audiences {
		err := trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(p.Trace), Kind: "paper", ID: string(p.ID), FromKind: "enrollment", FromID: string(p.Enrollment),
			TitleKey: "papers.trace." + what, At: at.Unix(), Audience: a})
		if err != nil {
			return err
		}
	}
	return nil
}
