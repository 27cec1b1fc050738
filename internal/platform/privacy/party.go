package privacy

import (
	"cmp"
	"context"
	"errors"
	"net/mail"
	"slices"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Party is a controller with its data-protection officer. Institution "" is
// who runs the installation.
type Party struct {
	Institution  string `db:"institution"`
	Name         string `db:"name"`
	Address      string `db:"address"`
	Mail         string `db:"mail"`
	Phone        string `db:"phone"`
	OfficerName  string `db:"officer_name"`
	OfficerMail  string `db:"officer_mail"`
	OfficerPhone string `db:"officer_phone"`
}

// Known tells that somebody entered the controller.
func (p Party) Known() bool { return p.Mail != "" || p.Address != "" }

// Party is the controller of an institution. One that nobody entered has the
// name of the institution and nothing else.
func (s *Service) Party(ctx context.Context, institution string) (p Party, err error) {
	defer fault.Wrap(&err, "read the controller %s", institution)
	err = s.DB.Get(ctx, &p, `select institution, name, address, mail, phone, officer_name, officer_mail, officer_phone
		from privacy_parties where institution = ?`, institution)
	if !errors.Is(err, fault.ErrNotFound) {
		return p, err
	}
	p = Party{Institution: institution}
	if institution == "" {
		return p, nil
	}
	names, err := s.Names.Institutions(ctx, []string{institution})
	p.Name = names[institution]
	return p, err
}

// check finds what is wrong with a controller as it was typed.
func (p Party) check() []fault.Field {
	var fields []fault.Field
	need := func(name, value string, least int) {
		if n := utf8.RuneCountInString(value); n < least || n > 300 {
			fields = append(fields, fault.Field{Name: name, Key: "privacy.fault." + name})
		}
	}
	address := func(name, value string, must bool) {
		if value == "" && !must {
			return
		}
		a, err := mail.ParseAddress(value)
		if err != nil || a.Address != value || len(value) > 200 {
			fields = append(fields, fault.Field{Name: name, Key: "privacy.fault.mail"})
		}
	}
	need("nazwa", p.Name, 3)
	need("adres", p.Address, 5)
	address("poczta", p.Mail, true)
	need("telefon", p.Phone, 0)
	need("iod", p.OfficerName, 3)
	address("iod_poczta", p.OfficerMail, true)
	need("iod_telefon", p.OfficerPhone, 0)
	return fields
}

// SetParty enters or replaces a controller. Faults: Invalid with fields,
// Forbidden for somebody whose role does not reach the institution.
func (s *Service) SetParty(ctx context.Context, by audit.By, p Party) (err error) {
	defer fault.Wrap(&err, "enter the controller %s", p.Institution)
	if !reaches(by, p.Institution) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	if err := fault.InvalidFields(p.check()); err != nil {
		return err
	}
	now := s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into privacy_parties
			(institution, name, address, mail, phone, officer_name, officer_mail, officer_phone, updated_by, updated_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (institution) do update set name = excluded.name, address = excluded.address, mail = excluded.mail,
				phone = excluded.phone, officer_name = excluded.officer_name, officer_mail = excluded.officer_mail,
				officer_phone = excluded.officer_phone, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
			p.Institution, p.Name, p.Address, p.Mail, p.Phone, p.OfficerName, p.OfficerMail, p.OfficerPhone, by.Person, now.Unix())
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.controller", Object: "institution", ObjectID: p.Institution, Institution: p.Institution}, now)
	})
}

// parties are the institutions whose controller was entered, in Polish order.
func (s *Service) parties(ctx context.Context) ([]Party, error) {
	var all []Party
	err := s.DB.Select(ctx, &all, `select institution, name, address, mail, phone, officer_name, officer_mail, officer_phone
		from privacy_parties where institution <> ''`)
	slices.SortFunc(all, func(a, b Party) int {
		return cmp.Or(cmp.Compare(i18n.SortKey(a.Name), i18n.SortKey(b.Name)), cmp.Compare(a.Institution, b.Institution))
	})
	return all, err
}
