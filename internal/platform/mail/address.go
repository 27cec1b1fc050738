package mail

import (
	"encoding/hex"
	netmail "net/mail"
	"strings"
	"unicode"

	"kladka/internal/platform/fault"
)

// maxAddress is what SMTP takes (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// addressOf is the address when it is one, alone: without a name, a comment, a
// second address or a character that could begin a header or a command.
func addressOf(s string) (string, error) {
	refused := fault.InvalidFields([]fault.Field{{Name: "email", Key: "mail.fault.address"}})
	if len(s) > maxAddress || strings.ContainsFunc(s, unfit) {
		return "", refused
	}
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", refused
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !hostname(domain) {
		return "", refused
	}
	return s, nil
}

// unfit are characters that stand in no address of ours: spaces and controls,
// quotes and brackets, and letters outside ASCII, which few servers take.
func unfit(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),:;<>[\]`, r)
}

func hostname(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r != '-' && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && !('0' <= r && r <= '9') {
				return false
			}
		}
	}
	return true
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// hash finds the letters to an address without saying which it is.
func (s *Service) hash(address string) string {
	return hex.EncodeToString(s.keys.MAC("mail recipient", strings.ToLower(address)))
}

// oneLine makes words fit for a header: what would end the line, or would be
// read as something else than it is, becomes a space.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || disguising(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	const longest = 150
	if len(runes) > longest {
		return strings.TrimSpace(string(runes[:longest-1])) + "…"
	}
	return string(runes)
}

// plainText keeps letters, spaces and ends of lines.
func plainText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || disguising(r):
			return -1
		}
		return r
	}, s)
	return strings.Trim(s, "\n ")
}

// disguising are marks that turn the direction of reading, by which an address
// can be made to look like another, and characters without a width.
func disguising(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200b' || r == '\u2060' || r == '\ufeff'
}
