package training

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// How somebody came to be enrolled.
type How string

// The ways.
const (
	BySelf   How = "self"   // signed in
	ByGuest  How = "guest"  // without an account, by a mailed link
	ByPhone  How = "phone"  // by the center's staff
	ByHead   How = "head"   // by the head, for the staff
	BySwap   How = "swap"   // a colleague hands the place over, and this person confirms
	ByImport How = "import" // taken over from an older system
)

// Enrollment is a person in a training, or on the way into it.
type Enrollment struct {
	ID          EnrollmentID `db:"id"`
	Training    ID           `db:"training"`
	Pool        string       `db:"pool"`
	State       State        `db:"state"`
	Seated      bool         `db:"seated"`
	Active      bool         `db:"active"`
	Place       int64        `db:"place"` // number of arrival in the pool; not the place in the queue of today
	WhoKey      string       `db:"who_key"`
	Person      string       `db:"person"`
	Name        string       `db:"name"`
	NameKey     string       `db:"name_key"`
	Email       string       `db:"email"`
	EmailKey    string       `db:"email_key"`
	Phone       string       `db:"phone"`
	Lang        i18n.Lang    `db:"lang"`
	Institution string       `db:"institution"`
	TypedName   string       `db:"institution_name"`
	Role        access.Role  `db:"role"`
	BySeat      string       `db:"by_seat"`
	ByRunning   string       `db:"by_running"`
	How         How          `db:"how"`
	EnrolledBy  string       `db:"enrolled_by"`
	LinkNo      int          `db:"link_no"`
	Needs       string       `db:"needs"` // sealed
	Note        string       `db:"note"`
	Track       string       `db:"track"`
	Agreed      string       `db:"agreed"`
	AgreedRev   int64        `db:"agreed_rev"`
	Payer       Payer        `db:"payer"`
	HoldUntil   int64        `db:"hold_until"`
	OfferUntil  int64        `db:"offer_until"`
	ApprovedBy  string       `db:"approved_by"`
	ApprovedAt  int64        `db:"approved_at"`
	SwappedFrom string       `db:"swapped_from"`
	MovedFrom   string       `db:"moved_from"`
	Hours       int          `db:"hours"`
	Grade       string       `db:"grade"`
	Practice    int          `db:"practice"`
	ExamResult  string       `db:"exam"`
	LeftAt      int64        `db:"left_at"` // when they left, 0 while they did not
	Late        bool         `db:"late"`    // resigned after the last moment of free resignation
	Revision    int64        `db:"revision"`
	CreatedAt   int64        `db:"created_at"`
	ChangedAt   int64        `db:"changed_at"`
}

// EnrollmentColumns are all columns of an Enrollment, of the table under the name e.
const EnrollmentColumns = `e.id, e.training, e.pool, e.state, e.seated, e.active, e.place, e.who_key, e.person, e.name, e.name_key, e.email,
	e.email_key, e.phone, e.lang, e.institution, e.institution_name, e.role, e.by_seat, e.by_running, e.how, e.enrolled_by, e.link_no,
	e.needs, e.note, e.track, e.agreed, e.agreed_rev, e.payer, e.hold_until, e.offer_until, e.approved_by, e.approved_at, e.swapped_from,
	e.moved_from, e.hours, e.grade, e.practice, e.exam, e.left_at, e.late, e.revision, e.created_at, e.changed_at`

// EnrollmentByID reads one as it lies, whoever asks.
func EnrollmentByID(ctx context.Context, r db.Reader, id EnrollmentID) (e Enrollment, err error) {
	if _, err := known(string(id)); err != nil {
		return e, err
	}
	return e, r.Get(ctx, &e, `select `+EnrollmentColumns+` from training_enrollments e where e.id = ?`, id)
}
