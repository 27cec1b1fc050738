package privacy

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
)

// Numbers that this package reckons with beside those of the law. Nobody has
// found them in an act: they are settings, to be agreed with the officer.
const (
	RequestsKeep = "privacy.requests_keep"
	ConsentsKeep = "privacy.consents_keep"
)

// Params are the declarations of these numbers.
func Params() []law.Param {
	const basis = "ustawienie tej instalacji, do uzgodnienia z inspektorem ochrony danych"
	setting := func(key, months string) law.Param {
		return law.Param{Key: key, Unit: law.Months, Title: "privacy.param." + key[len("privacy."):],
			Default: []law.Default{{Value: months, Basis: basis}}}
	}
	return []law.Param{setting(RequestsKeep, "36"), setting(ConsentsKeep, "36")}
}

// cutoff is the moment before which data of a purpose has had its time, and
// whether there is one: documentation has none.
func (s *Service) cutoff(ctx context.Context, r db.Reader, k Keep, now time.Time) (time.Time, bool, error) {
	switch {
	case k.Filed:
		return time.Time{}, false, nil
	case k.Days > 0:
		return now.AddDate(0, 0, -k.Days), true, nil
	}
	v, err := s.Law.Int(ctx, r, k.Param, now)
	if err != nil {
		return time.Time{}, false, err
	}
	return v.Before(now), true, nil
}

// keepWords says how long data is kept: "24 miesiące od zakończenia sprawy".
func (s *Service) keepWords(ctx context.Context, l *i18n.L, k Keep) (string, error) {
	switch {
	case k.Filed:
		return l.T("privacy.keep.filed"), nil
	case k.Days > 0:
		return l.T("privacy.keep.since", "time", l.N("law.unit.days", k.Days), "since", l.T(k.Since)), nil
	}
	v, err := s.Law.Int(ctx, s.DB, k.Param, s.Now())
	if err != nil {
		return "", err
	}
	return l.T("privacy.keep.since", "time", v.Words(l), "since", l.T(k.Since)), nil
}
