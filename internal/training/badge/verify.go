package badge

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The one kind of proof that we make and check.
const (
	proofType = "DataIntegrityProof"
	suite     = "eddsa-jcs-2022"
	purpose   = "assertionMethod"
)

// Why a proof is not believed. A page tells a person no more than "not signed by
// us"; the difference is for those who look after the program.
//
// A badge that was altered and one that was forged in the name of a key of ours
// look alike: the signature does not fit (ErrSignature). One that was forged with
// the forger's own key is ErrKey.
var (
	ErrNoProof   = errors.New("the badge has no proof, or more than one")
	ErrProof     = errors.New("the proof is not whole")
	ErrSuite     = errors.New("the proof is of another kind")
	ErrPurpose   = errors.New("the proof was made for another purpose")
	ErrContext   = errors.New("the proof was made for another meaning of the words")
	ErrKey       = errors.New("the key is unknown")
	ErrRevoked   = errors.New("the key was revoked")
	ErrSignature = errors.New("the signature does not fit: altered or forged")
)

// Verify checks the proof of a credential with the key that find knows under the
// proof's method, and nothing else: see Examine. It is the way back of Sign and
// checks other credentials with an eddsa-jcs-2022 proof as well. It answers with
// one of the errors above, with ErrJSON, or with that of find.
func Verify(doc []byte, find func(method string) (ed25519.PublicKey, error)) error {
	v, err := read(doc)
	if err != nil {
		return err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%w: not an object", ErrJSON)
	}
	proof, signature, err := takeProof(m)
	if err != nil {
		return err
	}
	if c, ok := proof["@context"]; ok {
		if !begins(m["@context"], c) {
			return ErrContext
		}
		m["@context"] = c
	}
	method, _ := proof["verificationMethod"].(string)
	if method == "" {
		return fmt.Errorf("%w: no method", ErrProof)
	}
	key, err := find(method)
	if err != nil {
		return err
	}
	if len(key) != ed25519.PublicKeySize {
		return ErrKey
	}
	sum, err := digest(proof, m)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, sum, signature) {
		return ErrSignature
	}
	return nil
}

// takeProof takes the proof out of the document and the value out of the proof.
func takeProof(m map[string]any) (proof map[string]any, signature []byte, err error) {
	v := m["proof"]
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	proof, ok := v.(map[string]any)
	if !ok {
		return nil, nil, ErrNoProof
	}
	if proof["type"] != proofType || proof["cryptosuite"] != suite {
		return nil, nil, fmt.Errorf("%w: %.40v %.40v", ErrSuite, proof["type"], proof["cryptosuite"])
	}
	if proof["proofPurpose"] != purpose {
		return nil, nil, fmt.Errorf("%w: %.40v", ErrPurpose, proof["proofPurpose"])
	}
	if created, ok := proof["created"]; ok {
		if _, err := instant(created); err != nil {
			return nil, nil, fmt.Errorf("%w: made at no time", ErrProof)
		}
	}
	text, _ := proof["proofValue"].(string)
	signature, err = parseBase58(text)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, nil, fmt.Errorf("%w: no signature", ErrProof)
	}
	delete(m, "proof")
	delete(proof, "proofValue")
	return proof, signature, nil
}

// begins tells whether the context of the document is that of the proof, or
// goes on after it.
func begins(document, proof any) bool {
	have, want := asList(document), asList(proof)
	if len(have) < len(want) {
		return false
	}
	a, errA := write(have[:len(want)])
	b, errB := write(want)
	return errA == nil && errB == nil && string(a) == string(b)
}

func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// Why a credential whose proof is good is no good badge.
var (
	ErrKind    = errors.New("not an Open Badges 3.0 credential")
	ErrIssuer  = errors.New("signed by somebody else than the issuer it names")
	ErrNotYet  = errors.New("not valid yet")
	ErrExpired = errors.New("not valid any more")
)

// Examine checks what Verify leaves: that the credential is a badge in the words
// of ours (ErrKind): with the two contexts that Sign writes and no third, which
// could give the words another meaning,
// that the key is one of the issuer it names (ErrIssuer), and that it is valid
// at a moment (ErrNotYet, ErrExpired). Whether it was voided, only the register
// knows. Call it after Verify; alone it proves nothing.
func Examine(doc []byte, at time.Time) error {
	v, err := read(doc)
	if err != nil {
		return err
	}
	m, _ := v.(map[string]any)
	types := asList(m["type"])
	context := asList(m["@context"])
	if !slices.Contains(types, any("VerifiableCredential")) || len(context) != 2 || context[0] != contextVC || context[1] != contextBadge ||
		!slices.Contains(types, any("OpenBadgeCredential")) && !slices.Contains(types, any("AchievementCredential")) {
		return ErrKind
	}
	if err := ofIssuer(m); err != nil {
		return err
	}
	from, err := instant(m["validFrom"])
	if err != nil {
		return fmt.Errorf("%w: valid from no time", ErrKind)
	}
	if at.Before(from) {
		return ErrNotYet
	}
	if m["validUntil"] == nil {
		return nil
	}
	until, err := instant(m["validUntil"])
	if err != nil {
		return fmt.Errorf("%w: valid until no time", ErrKind)
	}
	if !at.Before(until) {
		return ErrExpired
	}
	return nil
}

// ofIssuer tells whether the method of the proof is of the issuer.
func ofIssuer(m map[string]any) error {
	issuer, _ := m["issuer"].(string)
	if profile, ok := m["issuer"].(map[string]any); ok {
		issuer, _ = profile["id"].(string)
	}
	var method string
	if proofs := asList(m["proof"]); len(proofs) == 1 {
		proof, _ := proofs[0].(map[string]any)
		method, _ = proof["verificationMethod"].(string)
	}
	controller, _, _ := strings.Cut(method, "#")
	if issuer == "" || controller != issuer {
		return ErrIssuer
	}
	return nil
}

func instant(v any) (time.Time, error) {
	s, _ := v.(string)
	return time.Parse(time.RFC3339, s)
}
