package budget

import (
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Most letters of texts of this module.
const (
	mostTitle = 160
	mostLine  = 300
	mostWords = 4000
)

// line is a text in one line, words one in paragraphs.
func line(text string) string  { return strings.Join(strings.Fields(text), " ") }
func words(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }

func tooLong(text string, most int) bool { return len([]rune(text)) > most }

// needed checks a text that must be there.
func needed(fields []fault.Field, name, text string, most int) []fault.Field {
	switch {
	case text == "":
		return append(fields, fault.Field{Name: name, Key: "budget.lack.empty"})
	case tooLong(text, most):
		return append(fields, fault.Field{Name: name, Key: "budget.lack.long", Args: []any{"n", most}})
	}
	return fields
}

// free checks a text that may be empty.
func free(fields []fault.Field, name, text string, most int) []fault.Field {
	if text == "" {
		return fields
	}
	return needed(fields, name, text, most)
}

// stale says that somebody else wrote meanwhile.
func stale() error { return fault.New(fault.Conflict, "budget.fault.stale") }

// changedOne turns an update of no row into the conflict that it is.
func changedOne(n int64, err error) error {
	if err == nil && n == 0 {
		return stale()
	}
	return err
}

// nextMidnight ends the day of a moment: a date means "before the next local midnight".
func nextMidnight(t time.Time) time.Time {
	y, mo, d := t.In(web.Warsaw).Date()
	return time.Date(y, mo, d+1, 0, 0, 0, 0, web.Warsaw)
}

// dayStart and dayStop are the midnights around a day YYYY-MM-DD in Kraków; the
// zero time when there is no such day.
func dayStart(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, web.Warsaw)
	if err != nil {
		return time.Time{}
	}
	return t
}

func dayStop(day string) time.Time {
	if t := dayStart(day); !t.IsZero() {
		return nextMidnight(t)
	}
	return time.Time{}
}
