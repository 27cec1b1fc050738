package settlement

import (
	"context"
	"errors"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Buyer is who buys and who receives, for the people of one institution.
type Buyer struct {
	Institution      string `db:"institution"`
	Name             string `db:"buyer"`
	NIP              string `db:"nip"`
	Address          string `db:"address"`
	Recipient        string `db:"recipient"`
	RecipientAddress string `db:"recipient_address"`
	Email            string `db:"email"`
	Revision         int64  `db:"revision"` // 0: proposed from the directory, saved by nobody yet
}

const buyerColumns = `institution, buyer, nip, address, recipient, recipient_address, email, revision`

// mayBuy returns nil when the actor enrolls the staff of the institution, or
// settles trainings of a center in which somebody of it ever enrolled.
func mayBuy(ctx context.Context, r db.Reader, who access.Actor, at access.InstitutionID) error {
	refused := who.MayAt(ctx, access.EnrollStaff, at)
	if refused == nil {
		return nil
	}
	for _, center := range centers(who) {
		var n int
		if err := r.Get(ctx, &n, `select count(*) from (select 1 from training_enrollments e join training_trainings t on t.id = e.training
			where e.institution = ? and t.center = ? limit 1) as found`, at, center); err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return refused
}

// BuyerOf is the buyer of an institution; where nobody saved one, what the
// directory lets us propose. Faults: SignedOut, Forbidden, NotFound.
func (s *Service) BuyerOf(ctx context.Context, who access.Actor, at access.InstitutionID) (b Buyer, i directory.Institution, err error) {
	defer fault.Wrap(&err, "buyer of %s", at)
	if err := mayBuy(ctx, s.db, who, at); err != nil {
		return b, i, err
	}
	if i, err = directory.ByID(ctx, s.db, at); err != nil {
		return b, i, err
	}
	b, err = buyerOf(ctx, s.db, string(at))
	if errors.Is(err, fault.ErrNotFound) {
		b, err = Propose(i), nil
	}
	return b, i, err
}

func buyerOf(ctx context.Context, r db.Reader, at string) (b Buyer, err error) {
	return b, r.Get(ctx, &b, `select `+buyerColumns+` from training_buyers where institution = ?`, at)
}

// Propose is what the directory knows: a public school is bought for by the
// body that runs it, whose tax number the register does not hold; every other
// one buys for itself.
func Propose(i directory.Institution) Buyer {
	own := strings.TrimSpace(strings.Join([]string{i.Street, i.House}, " ") + ", " + i.Postcode + " " + i.City)
	own = strings.TrimPrefix(own, ", ")
	b := Buyer{Institution: string(i.ID), Name: i.Name, NIP: i.NIP, Address: own}
	if i.RunningMunicipality != "" && i.RunningName != "" {
		b = Buyer{Institution: string(i.ID), Name: i.RunningName, Recipient: i.Name, RecipientAddress: own}
	}
	return b
}

// tidy brings a buyer into the form in which it is kept.
func (b *Buyer) tidy() {
	for _, f := range []*string{&b.Name, &b.Address, &b.Recipient, &b.RecipientAddress, &b.Email} {
		*f = strings.Join(strings.Fields(*f), " ")
	}
	b.NIP = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		if strings.ContainsRune(" -\u00a0", r) {
			return -1
		}
		return 'x' // kept as a fault
	}, strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(b.NIP)), "PL"))
}

const mostLine = 200

func (b Buyer) check() (faults []fault.Field) {
	need := func(name, value string, required bool) {
		if required && value == "" || len([]rune(value)) > mostLine {
			faults = append(faults, fault.Field{Name: name, Key: "settlement.fault.line", Args: []any{"n", mostLine}})
		}
	}
	need("nabywca", b.Name, true)
	if !register.NIPValid(b.NIP) {
		faults = append(faults, fault.Field{Name: "nip", Key: "settlement.fault.nip"})
	}
	need("adres", b.Address, true)
	need("odbiorca", b.Recipient, false)
	need("adres-odbiorcy", b.RecipientAddress, false)
	if need("email", b.Email, false); b.Email != "" && (!strings.Contains(b.Email, "@") || strings.ContainsAny(b.Email, " ,;<>")) {
		faults = append(faults, fault.Field{Name: "email", Key: "settlement.fault.email"})
	}
	return faults
}

// SetBuyer saves the buyer of an institution. The revision is the one that the
// actor had on the screen; another one is a Conflict. Faults as BuyerOf, and
// Invalid with fields.
func (s *Service) SetBuyer(ctx context.Context, who access.Actor, b Buyer) (err error) {
	defer fault.Wrap(&err, "save the buyer of %s", b.Institution)
	at := access.InstitutionID(b.Institution)
	if err := mayBuy(ctx, s.db, who, at); err != nil {
		return err
	}
	if _, err := directory.ByID(ctx, s.db, at); err != nil {
		return err
	}
	b.tidy()
	if err := fault.InvalidFields(b.check()); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		before, err := buyerOf(ctx, tx, b.Institution)
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		n, err := tx.Exec(ctx, `insert into training_buyers (`+buyerColumns+`, changed_by, changed_at) values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
			on conflict (institution) do update set buyer = excluded.buyer, nip = excluded.nip, address = excluded.address,
				recipient = excluded.recipient, recipient_address = excluded.recipient_address, email = excluded.email,
				revision = training_buyers.revision + 1, changed_by = excluded.changed_by, changed_at = excluded.changed_at
			where training_buyers.revision = ?`,
			b.Institution, b.Name, b.NIP, b.Address, b.Recipient, b.RecipientAddress, b.Email, who.Person, now.Unix(), b.Revision)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "settlement.fault.changed")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.buyer", Object: "institution", ObjectID: b.Institution, Institution: b.Institution,
			Details: map[string]string{"nip_before": before.NIP, "nip": b.NIP}}, now)
	})
}

// Statement is an institution's word that public money pays.
type Statement struct {
	Institution string `db:"institution"`
	Share       string `db:"share"` // "all" or "most"
	By          string `db:"by_person"`
	At          int64  `db:"at"`
}

// Shares are what part of the money is public.
func Shares() []string { return []string{"all", "most"} }

// State notes an institution's statement for a training: by the head of that
// institution or by who settles the training. Faults: SignedOut, Forbidden,
// NotFound when nobody of the institution owes anything there, Invalid.
func (s *Service) State(ctx context.Context, who access.Actor, id training.ID, at access.InstitutionID, share string) (err error) {
	defer fault.Wrap(&err, "statement of %s for training %s", at, id)
	t, err := training.ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if settles(ctx, who, t) != nil {
		if err := who.MayAt(ctx, access.ApproveTrainings, at); err != nil {
			return err
		}
	}
	if share != "all" && share != "most" {
		return fault.InvalidFields([]fault.Field{{Name: "czesc", Key: "settlement.fault.share"}})
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select count(*)`+owing+` and e.institution = ?`, id, at); err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		_, err := tx.Exec(ctx, `insert into training_statements (training, institution, share, by_person, at) values (?, ?, ?, ?, ?)
			on conflict (training, institution) do update set share = excluded.share, by_person = excluded.by_person, at = excluded.at`,
			id, at, share, who.Person, now.Unix())
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.statement", Object: "training", ObjectID: string(id), Institution: string(at),
			Details: map[string]string{"share": share}}, now)
	})
}

// statements are those of a training, by institution.
func (s *Service) statements(ctx context.Context, id training.ID) (map[string]Statement, error) {
	var all []Statement
	if err := s.db.Select(ctx, &all, `select institution, share, by_person, at from training_statements where training = ?`, id); err != nil {
		return nil, err
	}
	by := map[string]Statement{}
	for _, st := range all {
		by[st.Institution] = st
	}
	return by, nil
}

func day(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }
