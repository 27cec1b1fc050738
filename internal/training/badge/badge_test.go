package badge

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kladka/internal/testkit"
)

var (
	awarded = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)
	signed  = awarded.Add(time.Hour)
)

const issuerID = "https://kladka.example/wydawcy/kr"

// keyOf is a key that is the same in each run.
func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func publicOf(seed byte) ed25519.PublicKey { return keyOf(seed).Public().(ed25519.PublicKey) }

func sample() Badge {
	return Badge{
		ID: "urn:uuid:0c2f6a2e-6c7e-4b7c-9a55-0e4f6a1d2b3c", Issuer: Issuer{ID: issuerID, Name: "Małopolskie Centrum", URL: "https://mcdn.example/"},
		Achievement: Achievement{ID: "https://kladka.example/szkolenia/1", Name: "Ocenianie kształtujące", Type: "CertificateOfCompletion",
			Description: "Warsztat, 15 godzin lekcyjnych po 45 minut", Criteria: "Obecność na co najmniej 75% zajęć", Lang: "pl", Hours: 15},
		SubjectID: "urn:uuid:7b1c9f0e-3d52-4f1a-8a90-5b0f3c2d1e4f", Number: "17/KR/2026", Hours: 14,
		From: awarded.AddDate(0, -1, 0), Until: awarded.AddDate(0, 0, -1), Awarded: awarded, ValidUntil: awarded.AddDate(10, 0, 0),
		Status: Status{ID: "https://kladka.example/zaswiadczenia/stan/1", Type: "1EdTechRevocationList"},
	}
}

func sign(t testing.TB, b Badge, seed byte) []byte {
	t.Helper()
	doc, err := Sign(b, keyOf(seed), Method(b.Issuer.ID, publicOf(seed)), signed)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func ours() func(string) (ed25519.PublicKey, error) {
	return Find(issuerID, []Key{{Public: publicOf(1)}, {Public: publicOf(2), Retired: awarded}, {Public: publicOf(3), Revoked: awarded}})
}

// with changes a signed badge and leaves its signature.
func with(t testing.TB, doc []byte, change func(doc, proof map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatal(err)
	}
	change(m, m["proof"].([]any)[0].(map[string]any))
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVerifyRefuses(t *testing.T) {
	doc := sign(t, sample(), 1)
	proof := func(name string, value any) []byte {
		return with(t, doc, func(_, p map[string]any) { p[name] = value })
	}
	other := keyOf(9).Public().(ed25519.PublicKey)
	forger := sample()
	forger.Issuer.ID = "https://falsz.example/wydawca"
	for name, c := range map[string]struct {
		doc  []byte
		want error
	}{
		"altered":                    {with(t, doc, func(m, _ map[string]any) { m["name"] = "Doktorat" }), ErrSignature},
		"another moment of signing":  {proof("created", "2026-12-03T13:00:01Z"), ErrSignature},
		"a name added":               {with(t, doc, func(m, _ map[string]any) { m["credentialSubject"].(map[string]any)["role"] = "x" }), ErrSignature},
		"forged in our name":         {with(t, sign(t, forger, 9), func(_, p map[string]any) { p["verificationMethod"] = Method(issuerID, publicOf(1)) }), ErrSignature},
		"another's signature":        {proof("proofValue", base58(ed25519.Sign(keyOf(9), []byte("x")))), ErrSignature},
		"the wrong one of our keys":  {proof("verificationMethod", Method(issuerID, publicOf(2))), ErrSignature},
		"forged with an own key":     {sign(t, forger, 9), ErrKey},
		"an unknown key":             {proof("verificationMethod", Method(issuerID, other)), ErrKey},
		"a revoked key":              {sign(t, sample(), 3), ErrRevoked},
		"no method":                  {proof("verificationMethod", 7), ErrProof},
		"a method without scheme":    {proof("verificationMethod", Multikey(publicOf(1))), ErrKey},
		"another purpose":            {proof("proofPurpose", "authentication"), ErrPurpose},
		"no purpose":                 {proof("proofPurpose", nil), ErrPurpose},
		"another suite":              {proof("cryptosuite", "eddsa-rdfc-2022"), ErrSuite},
		"another type":               {proof("type", "Ed25519Signature2020"), ErrSuite},
		"made at no time":            {proof("created", "wczoraj"), ErrProof},
		"another meaning":            {proof("@context", []any{contextVC, "https://falsz.example/context"}), ErrContext},
		"another meaning altogether": {with(t, doc, func(m, p map[string]any) { m["@context"] = "x"; p["@context"] = []any{"x", "y"} }), ErrContext},
		"no signature":               {proof("proofValue", ""), ErrProof},
		"a signature in hex":         {proof("proofValue", "ff00"), ErrProof},
		"a short signature":          {proof("proofValue", base58(make([]byte, 63))), ErrProof},
		"a long signature":           {proof("proofValue", "z"+strings.Repeat("2", 100_000)), ErrProof},
		"letters of no alphabet":     {proof("proofValue", "z0OIl"), ErrProof},
		"no proof":                   {with(t, doc, func(m, _ map[string]any) { delete(m, "proof") }), ErrNoProof},
		"an empty list":              {with(t, doc, func(m, _ map[string]any) { m["proof"] = []any{} }), ErrNoProof},
		"two proofs":                 {with(t, doc, func(m, p map[string]any) { m["proof"] = []any{p, p} }), ErrNoProof},
		"a list":                     {[]byte(`[]`), ErrJSON},
		"a key twice":                {bytes.Replace(doc, []byte(`{`), []byte(`{"name":"Doktorat",`), 1), ErrJSON},
	} {
		if err := Verify(c.doc, ours()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	none := func(string) (ed25519.PublicKey, error) { return nil, nil }
	if err := Verify(doc, none); !errors.Is(err, ErrKey) {
		t.Errorf("a key of no bytes: %v", err)
	}
}

func TestSignAndVerify(t *testing.T) {
	named := sample()
	named.HolderName = "Łucja Żółć-Ковальська"
	for _, seed := range []byte{1, 2} { // 2 is retired, and what it signed stays good
		for _, b := range []Badge{sample(), named} {
			doc := sign(t, b, seed)
			pretty := with(t, doc, func(_, _ map[string]any) {})
			for _, d := range [][]byte{doc, pretty} {
				if err := errors.Join(Verify(d, ours()), Examine(d, signed)); err != nil {
					t.Errorf("key %d: %v", seed, err)
				}
			}
			if !bytes.Equal(doc, sign(t, b, seed)) {
				t.Error("the same badge signed twice differs")
			}
		}
	}
	object := with(t, sign(t, sample(), 1), func(m, p map[string]any) { m["proof"] = p })
	if err := Verify(object, ours()); err != nil {
		t.Errorf("a proof without a list: %v", err)
	}
}

func TestExamine(t *testing.T) {
	doc := sign(t, sample(), 1)
	change := func(name string, v any) []byte {
		return with(t, doc, func(m, _ map[string]any) { m[name] = v })
	}
	for name, c := range map[string]struct {
		doc  []byte
		at   time.Time
		want error
	}{
		"a second before":    {doc, awarded.Add(-time.Second), ErrNotYet},
		"its first second":   {doc, awarded, nil},
		"its last second":    {doc, awarded.AddDate(10, 0, 0).Add(-time.Second), nil},
		"a second late":      {doc, awarded.AddDate(10, 0, 0), ErrExpired},
		"for ever":           {change("validUntil", nil), awarded.AddDate(100, 0, 0), nil},
		"another type":       {change("type", []any{"VerifiableCredential", "OtherCredential"}), signed, ErrKind},
		"no credential":      {change("type", "OpenBadgeCredential"), signed, ErrKind},
		"version 1":          {change("@context", []any{"https://www.w3.org/2018/credentials/v1", contextBadge}), signed, ErrKind},
		"no context":         {change("@context", contextVC), signed, ErrKind},
		"no badge's context": {change("@context", []any{contextVC, "https://x.example"}), signed, ErrKind},
		"a third context":    {change("@context", []any{contextVC, contextBadge, "https://falsz.example/context"}), signed, ErrKind},
		"an older context":   {change("@context", []any{contextVC, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"}), signed, ErrKind},
		"a context of words": {change("@context", []any{contextVC, map[string]any{"name": "https://falsz.example"}}), signed, ErrKind},
		"valid from no time": {change("validFrom", "2026"), signed, ErrKind},
		"valid until never":  {change("validUntil", 7), signed, ErrKind},
		"another issuer":     {change("issuer", map[string]any{"id": "https://falsz.example"}), signed, ErrIssuer},
		"issuer as address":  {change("issuer", issuerID), signed, nil},
		"no issuer":          {change("issuer", nil), signed, ErrIssuer},
		"no proof":           {change("proof", []any{}), signed, ErrIssuer},
		"a number":           {[]byte("7"), signed, ErrKind},
		"no JSON":            {[]byte("{"), signed, ErrJSON},
	} {
		if err := Examine(c.doc, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Badge){
		"no id":                func(b *Badge) { b.ID = "" },
		"an id of no address":  func(b *Badge) { b.ID = "17/KR/2026" },
		"issuer over http":     func(b *Badge) { b.Issuer.ID = "http://kladka.example" },
		"issuer with fragment": func(b *Badge) { b.Issuer.ID += "#x" },
		"issuer's page":        func(b *Badge) { b.Issuer.URL = "javascript:alert(1)" },
		"issuer without name":  func(b *Badge) { b.Issuer.Name = "" },
		"an e-mail as subject": func(b *Badge) { b.SubjectID = "mailto:anna@szkola.example" },
		"a hash as subject":    func(b *Badge) { b.SubjectID = "sha256$" + strings.Repeat("a", 64) },
		"a subject with time":  func(b *Badge) { b.SubjectID = "urn:uuid:0193a5c0-0000-7000-8000-000000000000" },
		"no subject":           func(b *Badge) { b.SubjectID = "" },
		"an e-mail as name":    func(b *Badge) { b.HolderName = "anna@szkola.example" },
		"type":                 func(b *Badge) { b.Achievement.Type = "DoctoralDegree" },
		"language":             func(b *Badge) { b.Achievement.Lang = "polski" },
		"no criteria":          func(b *Badge) { b.Achievement.Criteria = "" },
		"broken letters":       func(b *Badge) { b.Achievement.Name = "\xff" },
		"hours":                func(b *Badge) { b.Hours = -1 },
		"not awarded":          func(b *Badge) { b.Awarded = time.Time{} },
		"valid for no time":    func(b *Badge) { b.ValidUntil = b.Awarded },
		"ends before":          func(b *Badge) { b.Until = b.From.Add(-1) },
		"half a status":        func(b *Badge) { b.Status.Type = "" },
	} {
		b := sample()
		spoil(&b)
		if doc, err := Sign(b, keyOf(1), Method(b.Issuer.ID, publicOf(1)), signed); !errors.Is(err, ErrBadge) && !errors.Is(err, ErrJSON) || doc != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := sample()
	for name, try := range map[string]func() ([]byte, error){
		"no key":        func() ([]byte, error) { return Sign(b, nil, Method(issuerID, publicOf(1)), signed) },
		"another key":   func() ([]byte, error) { return Sign(b, keyOf(2), Method(issuerID, publicOf(1)), signed) },
		"another place": func() ([]byte, error) { return Sign(b, keyOf(1), Method("https://x.example", publicOf(1)), signed) },
		"no moment":     func() ([]byte, error) { return Sign(b, keyOf(1), Method(issuerID, publicOf(1)), time.Time{}) },
	} {
		if _, err := try(); !errors.Is(err, ErrBadge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNothingOfThePerson: a badge without a name holds nothing that leads to
// the person, with one it holds the name once and nothing else.
func TestNothingOfThePerson(t *testing.T) {
	name := "Anna Kowalska"
	bare := string(sign(t, sample(), 1))
	b := sample()
	b.HolderName = name
	full := string(sign(t, b, 1))
	for _, bad := range []string{"Kowalska", "identifier", "identityHash", "@szkola", "mailto:", "emailAddress", "sha256", "md5", "salt", `"hashed"`} {
		if strings.Contains(bare, bad) {
			t.Errorf("%q in %s", bad, bare)
		}
	}
	if strings.Count(bare, "@") != strings.Count(bare, `"@context"`) {
		t.Errorf("something like an address in %s", bare)
	}
	for _, mail := range []string{"anna@szkola.example", "anna.kowalska@szkola.example"} {
		for _, sum := range []string{fmt.Sprintf("%x", sha256.Sum256([]byte(mail))), fmt.Sprintf("%x", sha256.Sum256([]byte(name)))} {
			if strings.Contains(full, sum) {
				t.Errorf("a hash of %s", mail)
			}
		}
	}
	if strings.Count(full, name) != 1 || !strings.Contains(full, `"hashed":false`) || strings.Contains(full, `"hashed":true`) || strings.Contains(full, "email") {
		t.Error(full)
	}
}

func TestController(t *testing.T) {
	doc, err := Controller(issuerID, []Key{{Public: publicOf(1)}, {Public: publicOf(2), Retired: awarded}, {Public: publicOf(3), Revoked: signed}})
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		ID                 string
		VerificationMethod []struct{ ID, Type, Controller, PublicKeyMultibase, Retired, Revoked, Expires string }
		AssertionMethod    []string
	}
	if err := json.Unmarshal(doc, &c); err != nil {
		t.Fatal(err)
	}
	if c.ID != issuerID || len(c.VerificationMethod) != 3 || strings.Join(c.AssertionMethod, " ") != Method(issuerID, publicOf(1))+" "+Method(issuerID, publicOf(2)) {
		t.Errorf("%s", doc)
	}
	for i, m := range c.VerificationMethod {
		key, err := ParseMultikey(m.PublicKeyMultibase)
		if err != nil || !key.Equal(publicOf(byte(i+1))) || m.ID != issuerID+"#"+m.PublicKeyMultibase || m.Type != "Multikey" || m.Controller != issuerID ||
			m.Expires != "" || (m.Retired != "") != (i == 1) || (m.Revoked != "") != (i == 2) {
			t.Errorf("key %d: %+v, %v", i, m, err)
		}
	}
	for name, try := range map[string]func() ([]byte, error){
		"no key":   func() ([]byte, error) { return Controller(issuerID, nil) },
		"half key": func() ([]byte, error) { return Controller(issuerID, []Key{{Public: publicOf(1)[:31]}}) },
		"http":     func() ([]byte, error) { return Controller("http://x.example", []Key{{Public: publicOf(1)}}) },
	} {
		if _, err := try(); !errors.Is(err, ErrBadge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMultikey(t *testing.T) {
	for _, seed := range []byte{1, 2, 200} {
		s := Multikey(publicOf(seed))
		key, err := ParseMultikey(s)
		if err != nil || !key.Equal(publicOf(seed)) || !strings.HasPrefix(s, "z6Mk") {
			t.Errorf("%s: %v", s, err)
		}
	}
	good := Multikey(publicOf(1))
	for _, bad := range []string{"", "z", good[1:], good[:len(good)-1], good + "1", "u" + good[1:], "z1" + good[1:], strings.Replace(good, "6", "0", 1), base58(append([]byte("\x80\x24"), publicOf(1)...))} {
		if key, err := ParseMultikey(bad); !errors.Is(err, ErrMultikey) {
			t.Errorf("%q is %x, %v", bad, key, err)
		}
	}
	// The vectors of the draft on base 58 (draft-msporny-base58-03), and zeros.
	for in, want := range map[string]string{"Hello World!": "z2NEpo7TZRRrLZSi2U", "\x00\x00\x28\x7f\xb4\xcd": "z11233QC4", "": "z", "\x00": "z1",
		"The quick brown fox jumps over the lazy dog.": "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"} {
		if got := base58([]byte(in)); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
		if back, err := parseBase58(want); want != "z" && (err != nil || string(back) != in) {
			t.Errorf("%s is %q (%v)", want, back, err)
		}
	}
}

// TestVectors compares each step with the vectors of the standard.
func TestVectors(t *testing.T) {
	text := func(name string) string {
		b, err := os.ReadFile(testkit.Shared(t, filepath.Join("data/vc/eddsa-jcs-2022", name)))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	canonical := func(v any) string {
		b, err := write(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	same := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s\n is %s\nwant %s", what, got, want)
		}
	}
	doc := []byte(text("signedJCS.json"))
	v, err := read(doc)
	if err != nil {
		t.Fatal(err)
	}
	m := v.(map[string]any)
	proof, signature, err := takeProof(m)
	if err != nil {
		t.Fatal(err)
	}
	same("document", canonical(m), text("canonDocJCS.txt"))
	same("hash", sum(canonical(m)), text("docHashJCS.txt"))
	same("proof", canonical(proof), text("proofCanonJCS.txt"))
	same("its hash", sum(canonical(proof)), text("proofHashJCS.txt"))
	config, err := Canonical([]byte(text("proofConfigJCS.json")))
	if err != nil {
		t.Error(err)
	}
	same("configuration", string(config), text("proofCanonJCS.txt"))
	both, err := digest(proof, m)
	if err != nil {
		t.Error(err)
	}
	same("both hashes", hex.EncodeToString(both), text("combinedHashJCS.txt"))
	same("signature", hex.EncodeToString(signature), text("sigHexJCS.txt"))
	same("signature in base 58", base58(signature), text("sigBTC58JCS.txt"))

	method := proof["verificationMethod"].(string)
	didKey := func(method string) (ed25519.PublicKey, error) {
		_, key, _ := strings.Cut(method, "#")
		return ParseMultikey(key)
	}
	if err := Verify(doc, didKey); err != nil {
		t.Errorf("the vector: %v", err)
	}
	// The private key of the vectors, as the standard prints it (RFC 8037, A.1).
	seed, err := parseBase58("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
	if err != nil || len(seed) != 34 || string(seed[:2]) != "\x80\x26" {
		t.Fatalf("%x, %v", seed, err)
	}
	made, err := prove(m, ed25519.NewKeyFromSeed(seed[2:]), method, time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	same("our signature", made["proofValue"].(string), text("sigBTC58JCS.txt"))
}

// official is the schema of badges, compiled without a network.
func official(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "data/openbadges/ob_v3p0_achievementcredential_schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	c.AssertFormat()
	if err := c.AddResource("https://kladka.example/schema.json", v); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("https://kladka.example/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func conforms(t *testing.T, s *jsonschema.Schema, doc []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestOfficialSchema(t *testing.T) {
	s := official(t)
	full, bare := sample(), sample()
	full.HolderName = "Anna Kowalska"
	bare.Issuer.URL, bare.Number, bare.Achievement.Lang, bare.Hours, bare.Achievement.Hours = "", "", "", 0, 0
	bare.From, bare.Until, bare.ValidUntil, bare.Status = time.Time{}, time.Time{}, time.Time{}, Status{}
	for name, b := range map[string]Badge{"full": full, "bare": bare} {
		for _, kind := range Types {
			b.Achievement.Type = kind
			if err := conforms(t, s, sign(t, b, 1)); err != nil {
				t.Errorf("%s %s: %v", name, kind, err)
			}
		}
	}
	broken := with(t, sign(t, full, 1), func(m, _ map[string]any) { m["validFrom"] = "wczoraj" })
	if err := conforms(t, s, broken); err == nil {
		t.Error("the schema checks nothing")
	}
}

// TestSharedCredentials puts the credentials of others before our check. They
// are signed in other ways or not at all, so the answer is which; the schema
// knows of the errors in their names what a schema can know. Those with other
// contexts than ours are good badges elsewhere, and none of ours.
func TestSharedCredentials(t *testing.T) {
	s := official(t)
	unknown := func(string) (ed25519.PublicKey, error) { return nil, ErrKey }
	late := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		schema          bool
		verify, examine error
	}{
		"ref/minimal_valid_obv3.json":                                     {true, ErrNoProof, ErrIssuer},
		"ref/full_ex.json":                                                {true, ErrNoProof, ErrKind},
		"validator-cases/simple.json":                                     {true, ErrSuite, nil},
		"validator-cases/simple-noproof.json":                             {false, ErrNoProof, ErrKind},
		"validator-cases/simple-multiple-proofs.json":                     {true, ErrNoProof, ErrIssuer},
		"validator-cases/simple-eddsa-2022.json":                          {false, ErrSuite, ErrKind},
		"validator-cases/simple-err-context.json":                         {false, ErrSuite, ErrKind},
		"validator-cases/simple-err-type.json":                            {false, ErrSuite, ErrKind},
		"validator-cases/simple-err-expired.json":                         {true, ErrSuite, ErrExpired},
		"validator-cases/simple-err-issued.json":                          {false, ErrSuite, ErrNotYet},
		"validator-cases/simple-err-issuer-type.json":                     {false, ErrSuite, nil},
		"validator-cases/simple-err-credential-subject-type.json":         {false, ErrSuite, nil},
		"validator-cases/simple-err-proof-method.json":                    {false, ErrSuite, ErrKind},
		"validator-cases/simple-err-proof-method-no-scheme.json":          {true, ErrSuite, ErrIssuer},
		"validator-cases/simple-err-proof-method-unknown-scheme.json":     {true, ErrSuite, ErrIssuer},
		"validator-cases/simple-err-proof-method-unknown-did-method.json": {true, ErrSuite, ErrIssuer},
		"validator-cases/simple-did-key-method.json":                      {true, ErrSuite, ErrKind},
	} {
		doc, err := os.ReadFile(testkit.Shared(t, "data/openbadges/"+name))
		if err != nil {
			t.Fatal(err)
		}
		if got := conforms(t, s, doc); (got == nil) != c.schema {
			t.Errorf("%s: the schema says %v", name, got)
		}
		if got := Verify(doc, unknown); !errors.Is(got, c.verify) {
			t.Errorf("%s: %v, want %v", name, got, c.verify)
		}
		if got := Examine(doc, late); !errors.Is(got, c.examine) {
			t.Errorf("%s: %v, want %v", name, got, c.examine)
		}
	}
}

// FuzzVerify: nothing but the very badge is believed, and nothing breaks us.
func FuzzVerify(f *testing.F) {
	doc := sign(f, sample(), 1)
	f.Add(doc)
	for _, seed := range []string{`{"proof":[]}`, `{"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","proofValue":"z1"}}`, `{"type":[{}],"@context":[[],{}],"proof":[[]]}`, `7`, ``} {
		f.Add([]byte(seed))
	}
	form, err := Canonical(doc)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_ = Examine(in, signed)
		if Verify(in, ours()) != nil {
			return
		}
		v, err := read(in)
		if err != nil {
			t.Fatal(err)
		}
		// The list around the proof is not signed.
		m := v.(map[string]any)
		if p, ok := m["proof"].(map[string]any); ok {
			m["proof"] = []any{p}
		}
		if got, err := write(m); err != nil || !bytes.Equal(got, form) {
			t.Errorf("believed: %s", in)
		}
	})
}
