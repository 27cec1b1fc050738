// Package audit keeps the log of official acts and of sensitive reads, so that
// nobody, the administrator of the machine included, can later change what
// happened without being found out.
//
// # How a line becomes evidence
//
// Record writes a plain row in the transaction of the act: no act without its
// line, no line without its act, and no waiting for others, because the row is
// not chained yet. It comes with what else follows the act, in one row of the
// database's outbox, or to audit_waiting, which has no indexes to keep up.
// Every second a job links the waiting rows (link.go): each moves to
// audit_rows, where people look for it, and gets the next number in audit_chain
// and a hash over its content and the hash before it, and the end of the chain
// is signed with a key that does not lie in the database.
// Every hour the signed end leaves the machine (checkpoint.go). Verify reads
// the chain from the beginning and names what was changed, removed, inserted,
// moved or cut off (verify.go).
//
// # What is chained, and what can be forgotten
//
// A log that proves everything forever would never forget a person. So a row
// has two halves. Chained are the number, the hour, the action, the kind and
// id of the object, the institution, a mark of the person who acted, and three
// salted digests. Beside the chain, in audit_rows, stand the three parts that
// the digests prove: who (ids of the person and of whom they acted for, the
// role, the exact second), about (the subject, and the object's id when it is a
// person) and details. To erase a part its words and its salt are blanked: then
// the digest proves and betrays nothing, and the chain stays whole.
//
// The mark of a person is an HMAC of their id under a key of the installation.
// Record has no key, so the linker computes it: for about a second, until it is
// linked, a row is plain and provable by nobody. Whoever holds the key and the
// id of an erased person can still find their marks; the id itself is random
// and stands in no part of the log any more.
//
// An erasure is an act itself: it writes a row whose object is the digest of
// the list of what was erased. A part that is blank and on no such list was
// erased silently, and Verify says so.
package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// By is who acted. Names are not kept here: they are looked up when the log is
// shown, so that a person who was erased leaves no name in it.
type By struct {
	Person      string // id of the person, "" for the program itself
	For         string // on whose behalf, "" for oneself
	Role        string // the role that gave the right
	Institution string // in which that role is held, "" for the whole installation
}

// Entry is one line of the log.
type Entry struct {
	Action      string            // "people.invite"; its name is the text audit.action.people.invite
	Object      string            // kind of thing acted upon: "person", "institution"
	ObjectID    string            // its id
	Institution string            // whose matter it is, "" for nobody's
	Subject     string            // whose personal data were changed or read, "" for nobody's
	Read        bool              // a look at sensitive data, not a change
	Hidden      bool              // never shown to the subject: confidential reports
	Details     map[string]string // further words; they may be personal and can be erased
}

// Record writes a line in the transaction of the act. It costs next to nothing
// beside it: the line goes with the commit in the one row of what follows a deed
// (see db.Tx.Later). The same read (Entry.Read) by the same person within the
// same hour is written once. Details are words for people: no passwords, codes
// or sealed content.
func Record(ctx context.Context, tx *db.Tx, by By, e Entry, at time.Time) (err error) {
	defer fault.Wrap(&err, "record %s", e.Action)
	r, err := newRow(by, e, at)
	if err != nil {
		return err
	}
	if e.Read || e.Hidden {
		// A look must find that of a moment ago; and what travels with others
		// would tell the moment of a hidden line.
		return insertWaiting(ctx, tx, r)
	}
	return tx.Later(ctx, "audit_waiting", r.ID, r.At, r.Hour, r.Action, r.Object, r.ObjectID, r.Institution, r.Reading, r.Hidden,
		r.Actor, r.ActingFor, r.Role, r.RoleInstitution, r.Subject, r.Details, r.SaltWho, r.SaltAbout, r.SaltDetails)
}

// newRow is the row of a line, with new salts for the parts that have words.
func newRow(by By, e Entry, at time.Time) (r waitingRow, err error) {
	if e.Action == "" {
		return r, errors.New("an entry needs an action")
	}
	details, err := detailsText(e.Details)
	if err != nil {
		return r, err
	}
	u, err := newID(e)
	if err != nil {
		return r, err
	}
	if e.Hidden {
		at = time.Unix(hourOf(at), 0)
	}
	salts := newSalts()
	if e.Subject == "" && !personal(by, e) {
		salts.about = ""
	}
	if details == "" {
		salts.details = ""
	}
	return waitingRow{ReadKey: readKey(by, e, details, at), row: row{ID: u.String(), At: at.Unix(), Hour: hourOf(at), Action: e.Action,
		Object: e.Object, ObjectID: e.ObjectID, Institution: e.Institution, Reading: e.Read, Hidden: e.Hidden,
		Actor: by.Person, ActingFor: by.For, Role: by.Role, RoleInstitution: by.Institution, Subject: e.Subject, Details: details,
		SaltWho: salts.who, SaltAbout: salts.about, SaltDetails: salts.details}}, nil
}

// insertWaiting writes a row that waits to be linked, but not a look that is
// there already.
func insertWaiting(ctx context.Context, tx *db.Tx, r waitingRow) error {
	if known, err := alreadyRead(ctx, tx, r.ReadKey); err != nil || known {
		return err
	}
	_, err := tx.Exec(ctx, `insert into audit_waiting (id, at, hour, action, object, object_id, institution, reading, hidden,
			actor, acting_for, role, role_institution, subject, details, salt_who, salt_about, salt_details, read_key)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (read_key) where read_key is not null do nothing`,
		r.ID, r.At, r.Hour, r.Action, r.Object, r.ObjectID, r.Institution, r.Reading, r.Hidden,
		r.Actor, r.ActingFor, r.Role, r.RoleInstitution, r.Subject, r.Details, r.SaltWho, r.SaltAbout, r.SaltDetails, r.ReadKey)
	return err
}

// alreadyRead looks for the same look of this hour among the linked rows;
// among those that wait, the insert itself does.
func alreadyRead(ctx context.Context, r db.Reader, key *string) (known bool, err error) {
	if key == nil {
		return false, nil
	}
	err = r.Get(ctx, &known, `select exists (select 1 from audit_rows where read_key = ?)`, *key)
	return known, err
}

// newID is a UUIDv7, but for hidden rows: it prints the millisecond, and of
// those only the hour may be known, to keep apart who reported and who was seen
// at a computer just then.
func newID(e Entry) (uuid.UUID, error) {
	if e.Hidden {
		return uuid.NewRandom()
	}
	return uuid.NewV7()
}

// personal tells whether the object's id names a person, so that the chain
// must not hold it in clear.
func personal(by By, e Entry) bool {
	return personalObject(e.Object, e.ObjectID, e.Subject, by.Person, by.For)
}

func personalObject(object, id string, people ...string) bool {
	if id == "" {
		return false
	}
	if object == "person" {
		return true
	}
	for _, p := range people {
		if id == p {
			return true
		}
	}
	return false
}

// hourOf is the beginning of the hour, in UTC seconds: what the chain tells of
// the time for ever.
func hourOf(at time.Time) int64 { return at.Unix() / 3600 * 3600 }

// detailsText is how details lie in the row: JSON with sorted keys, so that
// the digest is over one text, or "" when there are none.
func detailsText(details map[string]string) (string, error) {
	if len(details) == 0 {
		return "", nil
	}
	b := make([]byte, 0, 128)
	for _, key := range slices.Sorted(maps.Keys(details)) {
		if !plain(key) || !plain(details[key]) {
			text, err := json.Marshal(details)
			return string(text), err
		}
		b = append(b, `,"`...)
		b = append(b, key...)
		b = append(b, `":"`...)
		b = append(b, details[key]...)
		b = append(b, '"')
	}
	b[0] = '{'
	return string(append(b, '}')), nil
}

// plain tells that JSON writes a text as it is. Most are, and finding that out
// costs less than package json does.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// readKey is the same for the same look of the same person within an hour.
func readKey(by By, e Entry, details string, at time.Time) *string {
	if !e.Read {
		return nil
	}
	sum := sha256.Sum256(fields(by.Person, by.For, by.Role, by.Institution, e.Action, e.Object, e.ObjectID,
		e.Institution, e.Subject, details, number(hourOf(at))))
	key := text(sum[:])
	return &key
}

// saltSize is enough that nobody guesses a short text from its digest.
const saltSize = 16

type salts struct{ who, about, details string }

func newSalts() salts {
	var b [3 * saltSize]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return salts{text(b[:saltSize]), text(b[saltSize : 2*saltSize]), text(b[2*saltSize:])}
}

// text is how bytes are written in rows and files.
func text(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }
