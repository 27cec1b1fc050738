// Package badge makes a certificate that a machine can check: an Open Badges 3.0
// credential (W3C Verifiable Credentials 2.0) with a proof of the kind
// eddsa-jcs-2022, and checks such proofs. It is pure: values in, bytes out, no
// database, no clock, no network, and no key is kept here.
//
// A badge says what was achieved, who awarded it and when. Of the person it says
// a random number, never an address, not even as a hash, for a hash of an
// address is found by trying addresses. The name stands only in the file that
// the holder takes home (HolderName), who alone decides who sees it.
//
// The files: badge.go what is signed; verify.go what is checked; canonical.go
// the one form of a JSON document that can be hashed (RFC 8785); keys.go how
// keys are written and how those that were changed stay known.
package badge

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Addresses that stand in every badge. Nothing is ever fetched from them.
const (
	contextVC    = "https://www.w3.org/ns/credentials/v2"
	contextBadge = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
)

// Issuer is the center that awards.
type Issuer struct {
	ID   string // https address of its controller document (see Controller), without a fragment
	Name string
	URL  string // its page; "" leaves it out
}

// Achievement is what was achieved, the same for all who did.
type Achievement struct {
	ID          string // https address or URN
	Name        string
	Type        string // one of Types
	Description string
	Criteria    string // what had to be done, in words
	Lang        string // of the words, "pl"; "" says nothing
	Hours       int    // lesson hours of 45 minutes that it takes; 0 says nothing. Say the unit in Description
}

// Types are the kinds of achievement that we award, of the many that the
// standard knows. A course that gives a qualification is a Certification; all
// else that our centers run is a CertificateOfCompletion.
var Types = [...]string{"CertificateOfCompletion", "Certification", "Course", "MicroCredential"}

// Badge is one award to one person.
type Badge struct {
	ID          string // of this badge: https address or URN, with no name and no number of a person in it
	Issuer      Issuer
	Achievement Achievement
	SubjectID   string    // "urn:uuid:" and a random UUID (version 4), drawn for this badge alone
	HolderName  string    // only in the holder's own file; "" leaves it out
	Number      string    // of the paper, "17/KR/2026"; "" leaves it out
	Hours       int       // lesson hours that this person attended; 0 says nothing
	From, Until time.Time // of the training; zero leaves them out
	Awarded     time.Time
	ValidUntil  time.Time // zero: for ever
	Status      Status
}

// Status is where to ask whether the badge was voided; zero leaves it out.
type Status struct{ ID, Type string }

// ErrBadge is a badge that must not be signed as it is. It is a mistake of the
// program, not of a person.
var ErrBadge = errors.New("no badge to sign")

// Sign makes the credential and its proof, as JSON. The method is what Method
// gives for the issuer and the key; at is the moment of signing. The same
// arguments give the same bytes.
func Sign(b Badge, key ed25519.PrivateKey, method string, at time.Time) ([]byte, error) {
	if err := b.fits(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadge, err)
	}
	if len(key) != ed25519.PrivateKeySize || at.IsZero() {
		return nil, fmt.Errorf("%w: no key or no moment", ErrBadge)
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || method != Method(b.Issuer.ID, public) {
		return nil, fmt.Errorf("%w: the method %q is not of this issuer and key", ErrBadge, method)
	}
	doc := b.document()
	proof, err := prove(doc, key, method, at)
	if err != nil {
		return nil, err
	}
	doc["proof"] = []any{proof} // a list, as the schema of badges wants
	return write(doc)
}

// prove makes the proof of a document that has none (Data Integrity EdDSA
// Cryptosuites 1.0, section 3.3.1). The context is signed with the proof, so
// that nobody gives the words another meaning.
func prove(doc map[string]any, key ed25519.PrivateKey, method string, at time.Time) (map[string]any, error) {
	proof := map[string]any{
		"@context": doc["@context"], "type": proofType, "cryptosuite": suite, "created": moment(at),
		"verificationMethod": method, "proofPurpose": purpose,
	}
	sum, err := digest(proof, doc)
	if err != nil {
		return nil, err
	}
	proof["proofValue"] = base58(ed25519.Sign(key, sum))
	return proof, nil
}

// digest is what is signed: the hash of the proof without its value, then that
// of the document without its proof.
func digest(proof, doc map[string]any) ([]byte, error) {
	config, err := write(proof)
	if err != nil {
		return nil, err
	}
	data, err := write(doc)
	if err != nil {
		return nil, err
	}
	first, second := sha256.Sum256(config), sha256.Sum256(data)
	return slices.Concat(first[:], second[:]), nil
}

var (
	// randomID lets no other kind of number in: an id of ours would link badges
	// of one person, and its time would tell when the account was made.
	randomID      = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	languageShape = regexp.MustCompile(`^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
)

// fits tells why a badge cannot be signed.
func (b Badge) fits() error {
	a := b.Achievement
	switch {
	case !isURI(b.ID) || !isURI(a.ID):
		return errors.New("the badge and the achievement need addresses")
	case !isWeb(b.Issuer.ID) || strings.Contains(b.Issuer.ID, "#") || b.Issuer.URL != "" && !isWeb(b.Issuer.URL):
		return errors.New("the issuer needs an https address without a fragment")
	case !randomID.MatchString(b.SubjectID):
		return errors.New("the subject is not a random number")
	case b.Issuer.Name == "" || a.Name == "" || a.Description == "" || a.Criteria == "":
		return errors.New("words are missing")
	case !slices.Contains(Types[:], a.Type):
		return fmt.Errorf("type %q", a.Type)
	case a.Lang != "" && !languageShape.MatchString(a.Lang):
		return fmt.Errorf("language %q", a.Lang)
	case strings.Contains(b.HolderName, "@"):
		return errors.New("an address is no name")
	case b.Hours < 0 || a.Hours < 0:
		return errors.New("negative hours")
	case b.Awarded.IsZero() || !b.ValidUntil.IsZero() && !b.ValidUntil.After(b.Awarded) || !b.Until.IsZero() && b.Until.Before(b.From):
		return errors.New("times out of order")
	case (b.Status.ID == "") != (b.Status.Type == "") || b.Status.ID != "" && !isURI(b.Status.ID):
		return errors.New("half a status")
	}
	return nil
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "urn" && u.Opaque != "" || isWeb(s))
}

func isWeb(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// document is the credential without its proof.
func (b Badge) document() map[string]any {
	issuer := map[string]any{"id": b.Issuer.ID, "type": []any{"Profile"}, "name": b.Issuer.Name}
	optional(issuer, "url", b.Issuer.URL)
	doc := map[string]any{
		"@context": []any{contextVC, contextBadge}, "id": b.ID, "type": []any{"VerifiableCredential", "OpenBadgeCredential"},
		"name": b.Achievement.Name, "issuer": issuer, "validFrom": moment(b.Awarded), "awardedDate": moment(b.Awarded),
		"credentialSubject": b.subject(),
	}
	optionalTime(doc, "validUntil", b.ValidUntil)
	if b.Status.ID != "" {
		doc["credentialStatus"] = map[string]any{"id": b.Status.ID, "type": b.Status.Type}
	}
	return doc
}

func (b Badge) subject() map[string]any {
	a := b.Achievement
	achievement := map[string]any{
		"id": a.ID, "type": []any{"Achievement"}, "achievementType": a.Type, "name": a.Name, "description": a.Description,
		"criteria": map[string]any{"narrative": a.Criteria},
	}
	optional(achievement, "inLanguage", a.Lang)
	optionalNumber(achievement, "creditsAvailable", a.Hours)
	s := map[string]any{"id": b.SubjectID, "type": []any{"AchievementSubject"}, "achievement": achievement}
	optional(s, "licenseNumber", b.Number)
	optionalNumber(s, "creditsEarned", b.Hours)
	optionalTime(s, "activityStartDate", b.From)
	optionalTime(s, "activityEndDate", b.Until)
	if b.HolderName != "" {
		// The field is called a hash by the standard; "hashed": false says that
		// it is the name itself.
		s["identifier"] = []any{map[string]any{"type": "IdentityObject", "hashed": false, "identityType": "name", "identityHash": b.HolderName}}
	}
	return s
}

func optional(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}

func optionalNumber(m map[string]any, name string, n int) {
	if n != 0 {
		m[name] = float64(n)
	}
}

func optionalTime(m map[string]any, name string, t time.Time) {
	if !t.IsZero() {
		m[name] = moment(t)
	}
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
