package access

import (
	"context"
	"encoding/hex"

	"kladka/internal/access/otp"
	"kladka/internal/platform/db"
)

// Codes that work once: a printed list of them is a second factor of its own,
// for people without a phone or a computer of their own; recovery codes lie in
// a drawer for the day when the phone is lost.

type codeKind string

const (
	printedCodes  codeKind = "printed"
	recoveryCodes codeKind = "recovery"
)

const (
	recoveryN = 8
	// fewCodes is when people are reminded to print a new list.
	fewCodes = 5
)

// codeHash is how a code is kept. Forty codes of one person are few enough to
// be guessed from a plain hash by whoever holds a dump; the key is elsewhere.
func (s *Service) codeHash(person PersonID, code string) string {
	return hex.EncodeToString(s.keys.MAC("code", string(person), otp.Normalize(code)))
}

// replaceCodes stores new codes of one kind; the old ones work no more.
func (s *Service) replaceCodes(ctx context.Context, tx *db.Tx, person PersonID, kind codeKind, codes []string, at int64) error {
	if _, err := tx.Exec(ctx, `delete from access_codes where person = ? and kind = ?`, person, kind); err != nil {
		return err
	}
	for i, code := range codes {
		_, err := tx.Exec(ctx, `insert into access_codes (person, kind, number, hash, made_at) values (?, ?, ?, ?, ?)`,
			person, kind, i+1, s.codeHash(person, code), at)
		if err != nil {
			return err
		}
	}
	return nil
}

// spendCode uses up a code. Of two requests that bring the same one at once,
// one finds it used.
func (s *Service) spendCode(ctx context.Context, tx *db.Tx, person PersonID, code string, at int64) (codeKind, bool, error) {
	if otp.Normalize(code) == "" {
		return "", false, nil
	}
	hash := s.codeHash(person, code)
	for _, kind := range []codeKind{printedCodes, recoveryCodes} {
		n, err := tx.Exec(ctx, `update access_codes set used_at = ? where person = ? and kind = ? and hash = ? and used_at is null`,
			at, person, kind, hash)
		if err != nil || n > 0 {
			return kind, n > 0, err
		}
	}
	return "", false, nil
}
