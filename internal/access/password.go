package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of argon2id follows the OWASP cheat sheet: 19 MiB, two passes.
// It stands in each hash, so raising it later leaves old ones readable.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
)

var b64 = base64.RawStdEncoding

// hashPassword makes "argon2id$v=19$m=…,t=…,p=…$SALT$KEY". It waits for its
// turn: each takes 19 MiB, and two thousand at once would not fit. TooMany when
// the line is too long.
func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails, see crypto/rand
	key, err := s.derive(ctx, password, salt, argonMemory, argonTime, argonLanes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func (s *Service) derive(ctx context.Context, password string, salt []byte, memory, time uint32, lanes uint8) ([]byte, error) {
	done, err := s.hashing.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return argon2.IDKey([]byte(password), salt, time, memory, lanes, argonKey), nil
}

// nobody is compared with when there is no such account, so that the answer
// takes as long as for a wrong password.
const nobody = "argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// passwordMatches compares in constant time. A hash that cannot be read, such
// as that of an account without a password, matches nothing.
func (s *Service) passwordMatches(ctx context.Context, hash, password string) (bool, error) {
	salt, want, memory, time, lanes, ok := splitHash(hash)
	if !ok {
		salt, _, memory, time, lanes, _ = splitHash(nobody)
		want = nil
	}
	got, err := s.derive(ctx, password, salt, memory, time, lanes)
	if err != nil {
		return false, err
	}
	return len(want) == len(got) && subtle.ConstantTimeCompare(got, want) == 1, nil
}

func splitHash(hash string) (salt, key []byte, memory, time uint32, lanes uint8, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 5 || parts[0] != "argon2id" {
		return nil, nil, 0, 0, 0, false
	}
	if _, err := fmt.Sscanf(parts[2], "m=%d,t=%d,p=%d", &memory, &time, &lanes); err != nil {
		return nil, nil, 0, 0, 0, false
	}
	salt, err := b64.DecodeString(parts[3])
	if err != nil {
		return nil, nil, 0, 0, 0, false
	}
	key, err = b64.DecodeString(parts[4])
	return salt, key, memory, time, lanes, err == nil && len(key) > 0
}
