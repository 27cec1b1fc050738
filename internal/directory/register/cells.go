package register

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cells gives the values of one row by field and collects what is wrong with them.
type cells struct {
	row, rspo int
	values    []string
	at        map[string]int
	problems  []Problem
	silent    []string // fields this row says nothing about, though the file has them (JSON only)
}

// has reports whether the row says anything about a field, be it "none".
func (c *cells) has(field string) bool { return !slices.Contains(c.silent, field) }

// dropped reports whether the value of a field was already found unusable.
func (c *cells) dropped(field string) bool {
	return slices.ContainsFunc(c.problems, func(p Problem) bool { return p.Dropped && p.Field == field })
}

// settle names the institution, also on what was reported before its number was known.
func (c *cells) settle(rspo int) {
	c.rspo = rspo
	for i := range c.problems {
		c.problems[i].RSPO = rspo
	}
}

func (c *cells) report(level Level, field, key string, args ...string) {
	c.problems = append(c.problems, Problem{Row: c.row, RSPO: c.rspo, Level: level,
		Key: "register.problem." + key, Field: field, Args: pairs(args)})
}

// drop reports a value that is not taken.
func (c *cells) drop(level Level, field, key, value string) {
	c.report(level, field, key, "value", clip(value, 60))
	c.problems[len(c.problems)-1].Dropped = true
}

func (c *cells) raw(field string) string {
	at, ok := c.at[field]
	if !ok || at >= len(c.values) {
		return ""
	}
	return c.values[at]
}

// text is a cell as plain text.
func (c *cells) text(field string) string {
	raw := c.raw(field)
	text, removed := clean(raw)
	if text == "-" {
		return "" // written in place of "none"
	}
	if removed {
		c.report(Note, field, "cleaned", "field", field)
	}
	if formula(raw) && text != "" {
		c.report(Note, field, "formula", "field", field, "value", clip(text, 60))
	}
	if short := []rune(text); len(short) > maxCell {
		c.report(Warning, field, "too_long", "field", field, "limit", itoa(maxCell))
		text = strings.TrimSpace(string(short[:maxCell]))
	}
	return text
}

// number reads an institution number; ok is false when the cell holds something else.
func (c *cells) number(field string) (n int, ok bool) {
	text, _ := clean(c.raw(field))
	if text == "" {
		return 0, true
	}
	if !allDigits(text) || len(text) > 9 {
		return 0, false
	}
	n, _ = strconv.Atoi(text)
	return n, n > 0
}

func (c *cells) parent() int {
	n, ok := c.number("parent")
	if !ok {
		c.drop(Warning, "parent", "parent_invalid", c.text("parent"))
	}
	return n
}

func (c *cells) pupils() (n int, ok bool) {
	text, _ := clean(c.raw("pupils")) // not by text: a minus is no formula here
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 100_000 {
		c.drop(Warning, "pupils", "pupils_invalid", text)
		return 0, false
	}
	return n, true
}

// date accepts YYYY-MM-DD and DD.MM.YYYY, which Polish spreadsheets make of it.
func (c *cells) date(field string) string {
	text := c.text(field)
	if text == "" {
		return ""
	}
	for _, form := range []string{time.DateOnly, "02.01.2006"} {
		if day, err := time.Parse(form, text); err == nil && day.Year() > 1000 {
			return day.Format(time.DateOnly)
		}
	}
	c.drop(Warning, field, "date_invalid", text)
	return ""
}

// regon takes a number with wrong check digits too, with a warning: REGON is informative (domain.md, section 12).
// Nine digits padded with zeros to fourteen are nobody's local unit and are cut back.
func (c *cells) regon(field string) string {
	number := digitsOnly(c.text(field))
	if number == "" || REGONValid(number) {
		return number
	}
	if len(number) == 14 && strings.HasSuffix(number, "00000") && REGONValid(number[:9]) {
		return number[:9]
	}
	c.report(Warning, field, "regon_invalid", "value", clip(number, 20))
	return number
}

// nip blocks a number with a wrong check digit: the number, not the school. The cell is not taken, the rest of the
// row is. The institution's own stands at level error because it goes onto invoices.
func (c *cells) nip(field string, level Level) string {
	number := strings.TrimPrefix(digitsOnly(c.text(field)), "PL")
	if number == "" || NIPValid(number) {
		return number
	}
	c.drop(level, field, "nip_invalid", number)
	return ""
}

// postCode brings five digits into the form 00-000 and warns of anything else.
func (c *cells) postCode() string {
	text := c.text("post_code")
	digits := digitsOnly(text)
	if text == "" {
		return ""
	}
	if len(digits) != 5 || !allDigits(digits) || digits == "00000" {
		c.report(Warning, "post_code", "post_code", "value", clip(text, 20))
		return text
	}
	return digits[:2] + "-" + digits[2:]
}

// website takes http and https addresses only: it becomes a link, so "javascript:" must not pass. A bare "http://"
// is what the register writes for none.
func (c *cells) website() string {
	text := c.text("website")
	switch strings.ToLower(text) {
	case "", "http://", "https://", "http:", "brak":
		return ""
	}
	address := text
	if !strings.Contains(address, "://") && !strings.Contains(address, ":") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.User != nil || !strings.Contains(parsed.Host, ".") || strings.ContainsAny(address, " \"<>") ||
		parsed.Scheme != "http" && parsed.Scheme != "https" {
		c.drop(Warning, "website", "website_invalid", text)
		return ""
	}
	return address
}

// email keeps an odd address as text, with a note: a person can still read it.
func (c *cells) email() string {
	text := c.text("email")
	if text != "" && (strings.Count(text, "@") != 1 || strings.ContainsAny(text, " ,;<>") ||
		strings.HasPrefix(text, "@") || strings.HasSuffix(text, "@")) {
		c.report(Note, "email", "email_odd", "value", clip(text, 60))
	}
	return text
}

// street drops the word "ul.", which one file writes and the other does not.
func (c *cells) street() string {
	text := c.text("street")
	for _, word := range []string{"ul. ", "Ul. ", "UL. "} {
		text = strings.TrimPrefix(text, word)
	}
	// The file of 2022 puts the kind of the street before a name that holds it
	// already: "Osiedle Osiedle Dywizjonu 303".
	if first, rest, ok := strings.Cut(text, " "); ok && strings.HasPrefix(rest, first+" ") {
		text = rest
	}
	return text
}
