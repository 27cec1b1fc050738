package vote

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Identity is what tells one person from another on a roll, at a desk and in a
// declaration: the same three words everywhere.
type Identity struct {
	Name    string // "Anna Maria Nowak" or "Nowak Anna Maria"
	Born    string // YYYY-MM-DD
	Address string // of residence, in one line
}

// Limits of the words.
const (
	maxName    = 120
	maxAddress = 200
)

// read cleans an identity as people type it. The faults are at the inputs
// imie, urodzenie and adres.
func (i Identity) read(now time.Time) (Identity, []fault.Field) {
	i.Name, i.Born, i.Address = strings.Join(strings.Fields(i.Name), " "), strings.TrimSpace(i.Born), strings.Join(strings.Fields(i.Address), " ")
	var faults []fault.Field
	at := func(name, key string) { faults = append(faults, fault.Field{Name: name, Key: key}) }
	if words := strings.Fields(foldWords(i.Name)); len(i.Name) > maxName || len(words) < 2 {
		at("imie", "vote.fault.name")
	}
	if day, err := readDay(i.Born); err != nil && dayShape(i.Born) {
		at("urodzenie", "vote.fault.no_such_day")
	} else if err != nil || day.After(now) || day.Year() < now.Year()-120 {
		at("urodzenie", "vote.fault.born")
	} else {
		i.Born = day.Format(time.DateOnly)
	}
	if !addressShape(i.Address) {
		at("adres", "vote.fault.address")
	}
	return i, faults
}

// addressShape tells that a text may be an address: it has the number of a house.
func addressShape(text string) bool {
	return len(text) <= maxAddress && strings.ContainsAny(text, "0123456789") && foldAddress(text) != ""
}

var errDay = errors.New("vote: not a day")

// readDay reads a day as forms, spreadsheets and people write it.
func readDay(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "02.01.2006", "2.1.2006", "02-01-2006", "02/01/2006"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	return time.Time{}, errDay
}

// dayShape tells that a text has the day, the month and the year of a date, though
// the calendar may not know it.
func dayShape(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	return len(parts) == 3 && (len(parts[0]) == 4 || len(parts[2]) == 4) && strings.Trim(text, "0123456789-./") == ""
}

// oldEnough tells whether somebody has that age on the day of a moment. It is the
// day here that counts: a vote that opens at midnight opens the day before in UTC.
func oldEnough(born string, years int, at time.Time) bool {
	day, err := time.Parse(time.DateOnly, born)
	return err == nil && day.AddDate(years, 0, 0).Format(time.DateOnly) <= at.In(web.Warsaw).Format(time.DateOnly)
}

// foldName makes one text of a name, whichever of its words comes first:
// registers write the last name first, people do not.
func foldName(name string) string {
	words := strings.Fields(foldWords(name))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// foldAddress makes one text of an address: without signs, and without the words
// that one writes and another leaves out. Numbers keep their order, so that 3/5
// is not 5/3.
func foldAddress(address string) string {
	words := strings.Fields(foldWords(address))
	kept := words[:0]
	for _, w := range words {
		switch w {
		case "ul", "ulica", "m", "mieszkanie", "lok", "lokal", "nr":
		default:
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// foldWords folds letters and makes a blank of every sign.
func foldWords(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 {
			return r
		}
		return ' '
	}, i18n.Fold(text))
}

// markKey makes marks of one edition.
type markKey []byte

// marks of different kinds never meet, whatever their words are.
func (k markKey) of(kind string, parts ...string) string {
	mac := hmac.New(sha256.New, k)
	for _, p := range append([]string{kind}, parts...) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		mac.Write(n[:])
		mac.Write([]byte(p))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// person is the mark of an identity.
func (k markKey) person(i Identity) string {
	return k.of("person", foldName(i.Name), i.Born, foldAddress(i.Address))
}

// sameName is the mark of a name and a date of birth, whatever the address: two
// places that share it may be of one person.
func (k markKey) sameName(i Identity) string { return k.of("name", foldName(i.Name), i.Born) }

// slip is the mark of a slip's letters.
func (k markKey) slip(letters string) string { return k.of("slip", letters) }

const markPurpose = "budget.vote.marks"

// markKey is the key of an edition, made when it is first asked for. After it
// was destroyed it is a Conflict.
func (s *Service) markKey(ctx context.Context, e budget.EditionID) (markKey, error) {
	key, err := s.readMarkKey(ctx, e)
	if !errors.Is(err, fault.ErrNotFound) {
		return key, err
	}
	fresh := make([]byte, 32)
	rand.Read(fresh) // never fails, see crypto/rand
	now, sealed := s.now(), s.Keys.Seal(markPurpose, string(e), fresh)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into budget_mark_keys (edition, sealed, made_at) values (?, ?, ?) on conflict (edition) do nothing`, e, sealed, now.Unix())
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.readMarkKey(ctx, e)
}

func (s *Service) readMarkKey(ctx context.Context, e budget.EditionID) (markKey, error) {
	var sealed string
	if err := s.db.Get(ctx, &sealed, `select sealed from budget_mark_keys where edition = ?`, e); err != nil {
		return nil, err
	}
	if sealed == "" {
		return nil, fault.New(fault.Conflict, "vote.fault.key_gone")
	}
	return s.openMarkKey(e, sealed)
}

func (s *Service) openMarkKey(e budget.EditionID, sealed string) (markKey, error) {
	return s.Keys.Unseal(markPurpose, string(e), sealed)
}
