package training

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// Form is the form of work. The names are the glossary's.
type Form string

// The forms.
const (
	Workshop            Form = "workshop"
	Course              Form = "course" // szkolenie, kurs doskonalący
	Seminar             Form = "seminar"
	Conference          Form = "conference" // may have parallel sessions
	Lecture             Form = "lecture"
	Webinar             Form = "webinar"
	StaffTraining       Form = "staff_training"       // ordered by a head for the staff of one institution
	QualificationCourse Form = "qualification_course" // gives a formal qualification, ends with a diploma
)

// Forms are all forms, in the order in which they are offered to choose from.
func Forms() []Form {
	return []Form{Workshop, Course, Seminar, Conference, Lecture, Webinar, StaffTraining, QualificationCourse}
}

// TrainingState is where a training stands.
type TrainingState string

// The states: Draft → Published → (Postponed →) Held → Closed; Canceled from
// any of the first three.
const (
	Draft     TrainingState = "draft"
	Published TrainingState = "published"
	Postponed TrainingState = "postponed" // stands in the catalog without a date; people keep their seats
	Held      TrainingState = "held"      // the last meeting is over, attendance is being settled
	Closed    TrainingState = "closed"    // everybody's hours are settled, papers may be issued
	Canceled  TrainingState = "canceled"
)

// Mode is where people meet.
type Mode string

// The modes.
const (
	OnSite Mode = "on_site"
	Online Mode = "online"
	Hybrid Mode = "hybrid"
)

// Payer is who pays for a participant.
type Payer string

// The payers.
const (
	Nobody      Payer = "nobody" // free of charge
	Participant Payer = "participant"
	School      Payer = "school"
	Authority   Payer = "authority" // the school's running authority
	Center      Payer = "center"
	Other       Payer = "other"
)

// Paper is what somebody gets who completed the training. The two are never
// merged: see domain brief, section 3.
type Paper string

// The papers.
const (
	NoPaper     Paper = "none"
	Certificate Paper = "certificate" // zaświadczenie
	Diploma     Paper = "diploma"     // świadectwo ukończenia kursu kwalifikacyjnego
)

// Training is one row of the offer. Instants are UTC seconds, money is grosze.
type Training struct {
	ID             ID                   `db:"id"`
	Revision       int64                `db:"revision"`
	Trace          string               `db:"trace"`
	Center         access.InstitutionID `db:"center"`
	Form           Form                 `db:"form"`
	State          TrainingState        `db:"state"`
	Lang           i18n.Lang            `db:"lang"`
	Title          string               `db:"title"`
	TitleKey       string               `db:"title_key"`
	Summary        string               `db:"summary"`
	Body           string               `db:"body"`
	AudienceText   string               `db:"audience_text"`
	SchoolYear     int                  `db:"school_year"`
	StartsAt       int64                `db:"starts_at"`
	EndsAt         int64                `db:"ends_at"`
	Hours          int                  `db:"hours"`
	Threshold      int                  `db:"threshold"`
	EnrollFrom     int64                `db:"enroll_from"`
	EnrollUntil    int64                `db:"enroll_until"`
	FreeUntil      int64                `db:"free_until"`
	OfferHours     int                  `db:"offer_hours"`
	Capacity       int                  `db:"capacity"`
	MinPeople      int                  `db:"min_people"`
	DecideAt       int64                `db:"decide_at"`
	Decided        string               `db:"decided"`
	Approval       bool                 `db:"approval"`
	Admission      bool                 `db:"admission"`
	AskNeeds       bool                 `db:"ask_needs"`
	QuotaBy        string               `db:"quota_by"` // ByPlace or ByRunning
	Price          int64                `db:"price"`
	Payer          Payer                `db:"payer"`
	Mode           Mode                 `db:"mode"`
	Place          string               `db:"place"`
	Municipality   string               `db:"municipality"`
	Lat            *float64             `db:"lat"`
	Lon            *float64             `db:"lon"`
	AccessInfo     string               `db:"access_info"`
	OnlineLink     string               `db:"online_link"` // sealed; open it with Service.onlineLink
	Paper          Paper                `db:"paper"`
	ConsentNo      string               `db:"consent_no"`
	Framework      string               `db:"framework"`
	LegalBasis     string               `db:"legal_basis"`
	PracticeHours  int                  `db:"practice_hours"`
	Exam           bool                 `db:"exam"`
	ForInstitution string               `db:"for_institution"`
	Need           string               `db:"need"`
	Series         string               `db:"series"`
	SeriesNo       int                  `db:"series_no"`
	Why            string               `db:"why"`
	CreatedBy      string               `db:"created_by"`
	CreatedAt      int64                `db:"created_at"`
	ChangedAt      int64                `db:"changed_at"`
	PublishedAt    int64                `db:"published_at"`
	ClosedAt       int64                `db:"closed_at"`
	FirstUntil     int64                `db:"first_until"` // who asked for it enrolls alone until then, 0: all alike
	FirstDays      int                  `db:"first_days"`  // from which it is reckoned when it is published
}

// Columns are all columns of a Training, of the table under the name t.
const Columns = `t.id, t.revision, t.trace, t.center, t.form, t.state, t.lang, t.title, t.title_key, t.summary, t.body, t.audience_text,
	t.school_year, t.starts_at, t.ends_at, t.hours, t.threshold, t.enroll_from, t.enroll_until, t.free_until, t.offer_hours, t.capacity,
	t.min_people, t.decide_at, t.decided, t.approval, t.admission, t.ask_needs, t.quota_by, t.price, t.payer, t.mode, t.place,
	t.municipality, t.lat, t.lon, t.access_info, t.online_link, t.paper, t.consent_no, t.framework, t.legal_basis, t.practice_hours,
	t.exam, t.for_institution, t.need, t.series, t.series_no, t.why, t.created_by, t.created_at, t.changed_at, t.published_at, t.closed_at,
	t.first_until, t.first_days`

// Whose municipality a quota means.
const (
	ByPlace   = "seat"    // where the participant's institution lies
	ByRunning = "running" // the municipality that runs it; county, voivodeship and private schools have none
)

// Meeting is one meeting of a training.
type Meeting struct {
	ID       MeetingID `db:"id"`
	Training ID        `db:"training"`
	No       int       `db:"no"`
	Title    string    `db:"title"`
	Track    string    `db:"track"` // one of parallel sessions; "" for everybody
	StartsAt int64     `db:"starts_at"`
	EndsAt   int64     `db:"ends_at"`
	Hours    int       `db:"hours"` // lesson hours
	Room     string    `db:"room"`
	Place    string    `db:"place"`
	TakenAt  int64     `db:"taken_at"`
	TakenBy  string    `db:"taken_by"`
}

// Pool is seats that are given in one order.
type Pool struct {
	Training ID     `db:"training"`
	Name     string `db:"pool"` // "" for everybody, or the six digits of a municipality
	Seats    int    `db:"seats"`
	Taken    int    `db:"taken"`
	Waiting  int    `db:"waiting"`
	Seq      int64  `db:"seq"`
}

// Free is how many seats can be taken at once: none while somebody waits.
func (p Pool) Free() int {
	if p.Waiting > 0 || p.Taken >= p.Seats {
		return 0
	}
	return p.Seats - p.Taken
}

// Eligible is who may enroll: a participant fits when, of each kind that is
// listed, one value is theirs.
type Eligible struct {
	Roles          []access.Role
	Schools        []directory.Kind
	Municipalities []string
}

// Trainer leads a training; Partner organizes it together with the center.
type (
	Trainer struct {
		No     int    `db:"no"`
		Person string `db:"person"`
		Name   string `db:"name"`
		About  string `db:"about"`
	}
	Partner struct {
		No          int    `db:"no"`
		Institution string `db:"institution"`
		Name        string `db:"name"`
	}
)

// ByID reads a training as it lies, whoever asks. Not there: fault.ErrNotFound.
func ByID(ctx context.Context, r db.Reader, id ID) (t Training, err error) {
	if _, err := known(string(id)); err != nil {
		return t, err
	}
	return t, r.Get(ctx, &t, `select `+Columns+` from training_trainings t where t.id = ?`, id)
}

// Meetings are those of a training in the order of time.
func Meetings(ctx context.Context, r db.Reader, id ID) (all []Meeting, err error) {
	return all, r.Select(ctx, &all, `select id, training, no, title, track, starts_at, ends_at, hours, room, place, taken_at, taken_by
		from training_meetings where training = ? order by starts_at, id`, id)
}

// Pools are those of a training, that of everybody first.
func Pools(ctx context.Context, r db.Reader, id ID) (all []Pool, err error) {
	return all, r.Select(ctx, &all, `select training, pool, seats, taken, waiting, seq from training_pools where training = ? order by pool`, id)
}

// Trainers are those of a training, in their order.
func Trainers(ctx context.Context, r db.Reader, id ID) (all []Trainer, err error) {
	return all, r.Select(ctx, &all, `select no, person, name, about from training_trainers where training = ? order by no`, id)
}

// Partners are the co-organizers of a training, in their order.
func Partners(ctx context.Context, r db.Reader, id ID) (all []Partner, err error) {
	return all, r.Select(ctx, &all, `select no, institution, name from training_partners where training = ? order by no`, id)
}

// EligibleFor is who may enroll in a training.
func EligibleFor(ctx context.Context, r db.Reader, id ID) (e Eligible, err error) {
	var rows []struct {
		Kind  string `db:"kind"`
		Value string `db:"value"`
	}
	if err := r.Select(ctx, &rows, `select kind, value from training_eligible where training = ? order by kind, value`, id); err != nil {
		return e, err
	}
	for _, row := range rows {
		switch row.Kind {
		case "role":
			e.Roles = append(e.Roles, access.Role(row.Value))
		case "school":
			e.Schools = append(e.Schools, directory.Kind(row.Value))
		case "municipality":
			e.Municipalities = append(e.Municipalities, row.Value)
		}
	}
	return e, nil
}
