package notify

import (
	"crypto/hmac"
	"encoding/base64"
	"strings"

	"kladka/internal/platform/fault"
)

// stopPath is where letters lead people who want no more of them (RFC 8058).
const stopPath = "/powiadomienia/wypisz/"

// stopToken names a person and a topic, signed: nobody else can end somebody's
// letters. It holds for ever, as the letter with the link does.
func (s *Service) stopToken(person, topic string) string {
	sum := s.keys.MAC("unsubscribe", person, topic)
	return base64.RawURLEncoding.EncodeToString([]byte(person + "\n" + topic + "\n" + string(sum)))
}

// stopping reads a token. A forged one is fault.NotFound.
func (s *Service) stopping(token string) (person, topic string, err error) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", "", fault.ErrNotFound
	}
	parts := strings.SplitN(string(data), "\n", 3)
	if len(parts) != 3 || !hmac.Equal([]byte(parts[2]), s.keys.MAC("unsubscribe", parts[0], parts[1])) {
		return "", "", fault.ErrNotFound
	}
	return parts[0], parts[1], nil
}
