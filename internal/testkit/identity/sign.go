package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
)

// sign makes a token, in the way that the knobs say.
func (s *Server) sign(k Knobs, claims map[string]any) string {
	key, alg := s.key, "ES256"
	switch {
	case k.Unsigned:
		alg = "none"
	case k.Shared:
		alg = "HS256"
	case k.OtherKey:
		key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	head, _ := json.Marshal(map[string]string{"alg": alg, "kid": "1", "typ": "JWT"})
	body, _ := json.Marshal(claims)
	text := part(head) + "." + part(body)
	sum := sha256.Sum256([]byte(text))
	switch alg {
	case "none":
		return text + "."
	case "HS256":
		mac := hmac.New(sha256.New, []byte(Secret))
		mac.Write([]byte(text))
		return text + "." + part(mac.Sum(nil))
	}
	r, v, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		panic(err) // only a broken key cannot sign
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return text + "." + part(signature)
}
