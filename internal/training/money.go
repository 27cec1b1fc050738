package training

import (
	"errors"
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

// Money writes an amount of grosze: 1 250,50 zł.
func Money(l *i18n.L, grosze int64) string {
	sign := ""
	if grosze < 0 {
		sign, grosze = "−", -grosze
	}
	return sign + l.T("training.money", "zl", l.Number(int(grosze/100)), "gr", strconv.Itoa(int(grosze%100/10))+strconv.Itoa(int(grosze%10)))
}

var errMoney = errors.New("not an amount")

// mostZloty is the greatest price of one participant; beyond it stands a slip
// of the hand.
const mostZloty = 100_000

// ParseMoney reads an amount as people type it, in grosze: "1250", "1 250,50",
// "1250.5 zł". Empty is zero.
func ParseMoney(text string) (int64, error) {
	text = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "zł")
	text = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'':
			return -1
		case '.':
			return ','
		}
		return r
	}, text)
	if text == "" {
		return 0, nil
	}
	whole, part, _ := strings.Cut(text, ",")
	zl, err := strconv.ParseUint(whole, 10, 32)
	if err != nil || zl > mostZloty || len(part) > 2 || strings.HasSuffix(text, ",") {
		return 0, errMoney
	}
	gr, err := strconv.ParseUint((part + "00")[:2], 10, 8)
	if err != nil {
		return 0, errMoney
	}
	return int64(zl)*100 + int64(gr), nil
}
