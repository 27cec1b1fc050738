// Package settlement knows who pays for a training and whether they did.
//
// Invoices are made by the bookkeeping system, not here: the center's list goes
// to the accountant as a sheet, and the number of the invoice comes back and is
// noted. A municipality often buys and a school receives; both are kept per
// institution, so that nobody types them for every training. An institution
// states that public money pays, which frees the training from VAT.
package settlement

import (
	"context"
	"embed"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// VATExemption is the text of the law by which publicly paid training is free
// of VAT. We know it from practice only; it is shown with that remark.
const VATExemption = "training.vat_exemption"

// Params are the numbers and texts of the law, to be declared in wiring.
func Params() []law.Param {
	return []law.Param{{Key: VATExemption, Unit: law.Text, Title: "settlement.param.vat",
		Default: []law.Default{{Value: "kształcenie finansowane ze środków publicznych w całości lub w co najmniej 70%",
			Basis: "art. 43 ust. 1 pkt 29 ustawy o VAT i przepisy wykonawcze (do sprawdzenia)"}}}}
}

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Directory *directory.Service
	Law       *law.Service
	Texts     *i18n.L // Polish: for the download of one's data
}

// Service is the package.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes the package.
func New(c Config) *Service { return &Service{Config: c, db: c.DB, now: c.Now} }

// State is what became of what is owed.
type State string

// The states.
const (
	Unpaid State = "unpaid"
	Paid   State = "paid"
	Waived State = "waived"
)

// Due is what is owed for one participant.
type Due struct {
	Enrollment  training.EnrollmentID `db:"id"`
	Name        string                `db:"name"`
	NameKey     string                `db:"name_key"`
	Institution string                `db:"institution"`
	TypedName   string                `db:"institution_name"`
	Payer       training.Payer        `db:"payer"`
	Stage       training.State        `db:"stage"`
	Amount      int64                 `db:"amount"` // grosze
	State       State                 `db:"state"`
	PaidOn      string                `db:"paid_on"`
	Invoice     string                `db:"invoice"`
	Note        string                `db:"note"`
	Revision    int64                 `db:"revision"` // 0: never settled
}

// Late tells that somebody resigned when that was free no more.
func (d Due) Late() bool { return d.Stage == training.Resigned }

// Sums are the amounts by state, in grosze.
type Sums struct {
	Unpaid, Paid, Waived int64
	People               int
}

// SumOf adds up what is owed.
func SumOf(dues []Due) (s Sums) {
	for _, d := range dues {
		s.People++
		switch d.State {
		case Paid:
			s.Paid += d.Amount
		case Waived:
			s.Waived += d.Amount
		default:
			s.Unpaid += d.Amount
		}
	}
	return s
}

// settles returns nil when the actor settles trainings of the center.
func settles(ctx context.Context, who access.Actor, t training.Training) error {
	err := who.MayAt(ctx, access.SettleTrainings, t.Center)
	if err != nil && t.State == training.Draft && fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// owing are those for whom something is owed: who is in, and who resigned when
// it was free no more. Who handed the place over owes nothing: the other does.
const owing = ` from training_enrollments e join training_trainings t on t.id = e.training
	left join training_dues d on d.enrollment = e.id
	where e.training = ? and t.price > 0 and e.payer <> 'nobody'
	and (e.state in ('confirmed', 'attended', 'absent', 'completed', 'certificate_issued')
		or e.state = 'resigned' and (d.enrollment is not null or e.late))`

// Dues are what is owed for a training, by name. A training has at most some
// hundreds of participants, so the list is whole. Faults: SignedOut, Forbidden,
// NotFound.
func (s *Service) Dues(ctx context.Context, who access.Actor, id training.ID) (t training.Training, all []Due, err error) {
	defer fault.Wrap(&err, "what is owed for training %s", id)
	if t, err = training.ByID(ctx, s.db, id); err != nil {
		return t, nil, err
	}
	if err = settles(ctx, who, t); err != nil {
		return t, nil, err
	}
	return t, all, s.db.Select(ctx, &all, `select e.id, e.name, e.name_key, e.institution, e.institution_name, e.payer, e.state as stage,
		coalesce(d.amount, t.price) as amount, coalesce(d.state, 'unpaid') as state, coalesce(d.paid_on, '') as paid_on,
		coalesce(d.invoice, '') as invoice, coalesce(d.note, '') as note, coalesce(d.revision, 0) as revision`+owing+` order by e.name_key, e.id`, id)
}

// Change is what an officer or the accountant says of some dues.
type Change struct {
	State   State
	PaidOn  string // YYYY-MM-DD, of Paid
	Invoice string // number in the bookkeeping system; "" leaves what is there
	Note    string // why, of Waived
}

const (
	mostNote    = 300
	mostInvoice = 60
	mostAtOnce  = 500
)

// check finds what is wrong with a change; the day is that of the center's clock.
func (c Change) check(today string) (faults []fault.Field) {
	switch c.State {
	case Paid:
		if _, err := time.Parse(time.DateOnly, c.PaidOn); err != nil || c.PaidOn > today {
			faults = append(faults, fault.Field{Name: "dnia", Key: "settlement.fault.day"})
		}
	case Waived:
		if c.Note == "" {
			faults = append(faults, fault.Field{Name: "powod", Key: "settlement.fault.note"})
		}
	case Unpaid:
	default:
		faults = append(faults, fault.Field{Name: "stan", Key: "settlement.fault.state"})
	}
	if len([]rune(c.Note)) > mostNote {
		faults = append(faults, fault.Field{Name: "powod", Key: "settlement.fault.long", Args: []any{"n", mostNote}})
	}
	if len([]rune(c.Invoice)) > mostInvoice {
		faults = append(faults, fault.Field{Name: "faktura", Key: "settlement.fault.long", Args: []any{"n", mostInvoice}})
	}
	return faults
}

// Mark settles the dues given, all or none. Faults: SignedOut, Forbidden,
// NotFound for one that is not owed in this training, Invalid with fields.
func (s *Service) Mark(ctx context.Context, who access.Actor, id training.ID, which []training.EnrollmentID, c Change) (err error) {
	defer fault.Wrap(&err, "settle dues of training %s", id)
	t, err := training.ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if err := settles(ctx, who, t); err != nil {
		return err
	}
	now := s.now()
	faults := c.check(now.In(web.Warsaw).Format(time.DateOnly))
	if len(which) == 0 || len(which) > mostAtOnce {
		faults = append(faults, fault.Field{Name: "kto", Key: "settlement.fault.who", Args: []any{"n", mostAtOnce}})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	if c.State != Paid {
		c.PaidOn = ""
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, e := range which {
			if err := s.mark(ctx, tx, who, t, e, c, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) mark(ctx context.Context, tx *db.Tx, who access.Actor, t training.Training, e training.EnrollmentID, c Change, at time.Time) error {
	var person string
	if err := tx.Get(ctx, &person, `select e.person`+owing+` and e.id = ?`, t.ID, e); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into training_dues (enrollment, training, amount, state, paid_on, invoice, note, changed_by, changed_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (enrollment) do update set state = excluded.state, paid_on = excluded.paid_on, note = excluded.note,
			invoice = case when excluded.invoice = '' then training_dues.invoice else excluded.invoice end,
			revision = training_dues.revision + 1, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
		e, t.ID, t.Price, c.State, c.PaidOn, c.Invoice, c.Note, who.Person, at.Unix())
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.due." + string(c.State), Object: "enrollment", ObjectID: string(e),
		Institution: string(t.Center), Subject: person, Details: map[string]string{"invoice": c.Invoice}}, at)
}

// Overview is a training with what is owed for it.
type Overview struct {
	ID       training.ID `db:"id"`
	Title    string      `db:"title"`
	StartsAt int64       `db:"starts_at"`
	People   int         `db:"people"`
	Unpaid   int64       `db:"unpaid"`
	Paid     int64       `db:"paid"`
	Waived   int64       `db:"waived"`
}

// Overviews are the paid trainings of a center, the newest first, n from the
// cursor on. Faults as Dues.
func (s *Service) Overviews(ctx context.Context, who access.Actor, center access.InstitutionID, before int64, beforeID training.ID, n int) (all []Overview, err error) {
	defer fault.Wrap(&err, "settlements of %s", center)
	if err := who.MayAt(ctx, access.SettleTrainings, center); err != nil {
		return nil, err
	}
	return all, s.db.Select(ctx, &all, `select p.id, p.title, p.starts_at, cast(count(e.id) as bigint) as people,
			cast(coalesce(sum(case when e.id is not null and coalesce(d.state, 'unpaid') = 'unpaid' then coalesce(d.amount, p.price) else 0 end), 0) as bigint) as unpaid,
			cast(coalesce(sum(case when d.state = 'paid' then d.amount else 0 end), 0) as bigint) as paid,
			cast(coalesce(sum(case when d.state = 'waived' then d.amount else 0 end), 0) as bigint) as waived
		from (select id, title, starts_at, price, free_until from training_trainings
			where center = ? and price > 0 and state <> 'draft' and (starts_at < ? or starts_at = ? and id < ?)
			order by starts_at desc, id desc limit ?) p
		left join training_enrollments e on e.training = p.id and e.payer <> 'nobody'
			and (e.state in ('confirmed', 'attended', 'absent', 'completed', 'certificate_issued')
				or e.state = 'resigned' and (e.late or exists (select 1 from training_dues x where x.enrollment = e.id)))
		left join training_dues d on d.enrollment = e.id
		group by p.id, p.title, p.starts_at, p.price
		order by p.starts_at desc, p.id desc`, center, before, before, beforeID, n)
}
