package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"

	"kladka/internal/platform/secrets"
)

// What is hashed is written in one way only: each field as its length, a
// colon and its bytes. So no two contents have one encoding, and anybody can
// recompute it with ten lines of any language.

func fields(parts ...string) []byte {
	size := 0
	for _, p := range parts {
		size += len(p) + 6
	}
	b := make([]byte, 0, size)
	for _, p := range parts {
		b = strconv.AppendInt(b, int64(len(p)), 10)
		b = append(b, ':')
		b = append(b, p...)
	}
	return b
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func yes(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// row is a line of the log as it lies in audit_rows or audit_waiting.
type row struct {
	ID              string `db:"id"`
	At              int64  `db:"at"`
	Hour            int64  `db:"hour"`
	Action          string `db:"action"`
	Object          string `db:"object"`
	ObjectID        string `db:"object_id"`
	Institution     string `db:"institution"`
	Reading         bool   `db:"reading"`
	Hidden          bool   `db:"hidden"`
	Actor           string `db:"actor"`
	ActingFor       string `db:"acting_for"`
	Role            string `db:"role"`
	RoleInstitution string `db:"role_institution"`
	Subject         string `db:"subject"`
	Details         string `db:"details"`
	SaltWho         string `db:"salt_who"`
	SaltAbout       string `db:"salt_about"`
	SaltDetails     string `db:"salt_details"`
}

// waitingRow is a row that is not linked yet.
type waitingRow struct {
	row
	ReadKey *string `db:"read_key"`
}

// rowColumns are the columns of row, with the name that queries give the table.
const rowColumns = `r.id, r.at, r.hour, r.action, r.object, r.object_id, r.institution, r.reading, r.hidden,
	r.actor, r.acting_for, r.role, r.role_institution, r.subject, r.details, r.salt_who, r.salt_about, r.salt_details`

// personal tells whether the object's id is a person's.
func (r row) personal() bool {
	return personalObject(r.Object, r.ObjectID, r.Subject, r.Actor, r.ActingFor)
}

// personalID is the object's id as far as it belongs to the part "about".
func (r row) personalID() string {
	if r.personal() {
		return r.ObjectID
	}
	return ""
}

// link is a row's place in the chain.
type link struct {
	Seq        int64  `db:"seq"`
	RowID      string `db:"row_id"`
	ActorMark  string `db:"actor_mark"`
	ObjectMark string `db:"object_mark"`
	Who        string `db:"who"`
	About      string `db:"about_digest"`
	Details    string `db:"details_digest"`
	Prev       string `db:"prev"`
	Hash       string `db:"hash"`
}

const linkColumns = `c.seq, c.row_id, c.actor_mark, c.object_mark, c.who, c.about as about_digest, c.details as details_digest, c.prev, c.hash`

// hash is what the chain holds of a row at the place seq after prev.
func (c link) hash(r row, seq int64, prev string) string {
	sum := sha256.Sum256(fields("kladka audit 1", prev, number(seq), c.RowID, number(r.Hour), r.Action, r.Object, c.ObjectMark,
		r.Institution, yes(r.Reading), yes(r.Hidden), c.ActorMark, c.Who, c.About, c.Details))
	return text(sum[:])
}

// The digests of the three parts that can be erased. A part that never had
// words has no salt and no digest.

func (r row) whoDigest() string {
	return digest(r.SaltWho, number(r.At), r.Actor, r.ActingFor, r.Role, r.RoleInstitution)
}

func (r row) aboutDigest(personalID string) string {
	return digest(r.SaltAbout, r.Subject, personalID)
}

func (r row) detailsDigest() string { return digest(r.SaltDetails, r.Details) }

func digest(salt string, parts ...string) string {
	if salt == "" {
		return ""
	}
	sum := sha256.Sum256(fields(append([]string{salt}, parts...)...))
	return text(sum[:])
}

// marker makes the marks of people. Its key is derived once, not per row.
type marker struct{ key []byte }

func newMarker(keys *secrets.Keys) marker { return marker{keys.Key("audit mark")} }

// markSign begins every mark, so that a mark is never taken for an id.
const markSign = "~"

// mark is the pseudonym of a person; nobody ("") has none.
func (m marker) mark(person string) string {
	if person == "" {
		return ""
	}
	mac := hmac.New(sha256.New, m.key)
	mac.Write([]byte(person))
	return markSign + text(mac.Sum(nil))
}

// objectMark is the object as the chain holds it.
func (m marker) objectMark(r row) string {
	if r.personal() {
		return m.mark(r.ObjectID)
	}
	return r.ObjectID
}
