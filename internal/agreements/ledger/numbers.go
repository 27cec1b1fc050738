package ledger

import (
	"errors"
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

var errNumber = errors.New("not a number")

// hundredths reads a decimal number as people type it ("1 250,50", "6.5", "12
// zł"), times a hundred. Empty is zero; no more than two digits after the comma.
func hundredths(text string, most int64) (int64, error) {
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
	whole, part, comma := strings.Cut(text, ",")
	n, err := strconv.ParseUint(whole, 10, 40)
	if err != nil || int64(n) > most || len(part) > 2 || comma && part == "" {
		return 0, errNumber
	}
	rest, err := strconv.ParseUint((part + "00")[:2], 10, 8)
	if err != nil {
		return 0, errNumber
	}
	return int64(n)*100 + int64(rest), nil
}

// moneyText writes an amount of grosze: 1 250,50 zł.
func moneyText(l *i18n.L, grosze int64) string {
	sign := ""
	if grosze < 0 {
		sign, grosze = "−", -grosze
	}
	return sign + l.T("ledger.money", "zl", l.Number(int(grosze/100)), "gr", twoDigits(grosze%100))
}

// hoursText writes minutes as lesson hours, rounded down to a tenth.
func hoursText(l *i18n.L, minutes int64) string {
	hours, rest := LessonHours(minutes)
	text := l.Number(int(hours))
	if tenths := rest * 10 / lesson; tenths > 0 {
		text += l.T("ledger.comma") + strconv.FormatInt(tenths, 10)
	}
	return text
}

func twoDigits(n int64) string { return strconv.FormatInt(n/10, 10) + strconv.FormatInt(n%10, 10) }
