package budget

import (
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

const nbsp = "\u00a0"

// amount writes grosze with the Polish comma, without grosze that are none:
// 2 000 000 zł; 12,50 zł.
func amount(grosze int64) string {
	sign := ""
	if grosze < 0 {
		sign, grosze = "−", -grosze
	}
	text := strconv.FormatInt(grosze/100, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + nbsp + text[at:]
	}
	if part := grosze % 100; part != 0 {
		text += "," + strconv.FormatInt(100+part, 10)[1:]
	}
	return sign + text + nbsp + "zł"
}

// Money writes an amount of grosze as the reader's language does.
func Money(l *i18n.L, grosze int64) string {
	text := amount(grosze)
	if l.Lang == i18n.EN {
		text = strings.Replace(text, ",", ".", 1)
	}
	return text
}

// parseAmount reads zlotys as ParseMoney does; nothing typed is no money.
func parseAmount(text string) (grosze int64, ok bool) {
	if line(text) == "" {
		return 0, true
	}
	return ParseMoney(text)
}

// typed writes an amount as it stands in a field of a form: 1250,50.
func typed(grosze int64) string {
	return strings.TrimSuffix(strings.ReplaceAll(amount(grosze), nbsp, ""), "zł")
}
