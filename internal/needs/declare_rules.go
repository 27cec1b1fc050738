package needs

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/fault"
)

// Limits of one declaration.
const (
	declareHeadsMost = 5000 // people in one line of an authority: more work for none
	declareHeadsFew  = 50   // people in one line of a school of which no more is known
	declareHeadsTime = 3    // so many times the people with accounts may be needed: not everybody has one
	declareWords     = 300  // letters of own words
	declareRows      = 30   // rows with a topic
	declareOwn       = 10   // rows in own words
	declareShown     = 5    // rows that an empty form shows
)

// declareForm is one row of the form, as it was typed.
type declareForm struct {
	Own             bool // in own words
	N               int  // its number on the page, from 1
	Topic, Words    string
	Priority, Heads string
}

func (f declareForm) blank() bool {
	return f.Topic == "" && f.Words == "" && f.Priority == "" && f.Heads == ""
}

// name is the name of a field of the row.
func (f declareForm) name(field string) string {
	if f.Own {
		return field + "-w" + strconv.Itoa(f.N)
	}
	return field + "-" + strconv.Itoa(f.N)
}

// declareLines turns the rows of a form into lines. A draft may be unfinished:
// what is missing stays 0 (priority) and -1 (people). Sending needs every row
// whole, and a row at least, unless it is said that nothing is needed.
func declareLines(rows []declareForm, offered func(topic string) bool, send, nothing bool) (lines []Line, fields []fault.Field) {
	wrong := func(f declareForm, field, key string, args ...any) {
		fields = append(fields, fault.Field{Name: f.name(field), Key: "needs.answer.fault." + key, Args: append([]any{"row", f.N}, args...)})
	}
	seen, words := map[string]bool{}, map[string]bool{}
	for _, f := range rows {
		if f.blank() {
			continue
		}
		l := Line{Topic: f.Topic, Words: strings.Join(strings.Fields(f.Words), " ")}
		switch {
		case f.Own && l.Words == "":
			wrong(f, "slowa", "words")
		case f.Own && utf8.RuneCountInString(l.Words) > declareWords:
			wrong(f, "slowa", "words_long", "n", declareWords)
		case f.Own && words[textsKey(l.Words)]:
			wrong(f, "slowa", "twice")
		case !f.Own && l.Topic == "":
			wrong(f, "temat", "topic")
		case !f.Own && !offered(l.Topic):
			wrong(f, "temat", "topic")
		case !f.Own && seen[l.Topic]:
			wrong(f, "temat", "twice")
		}
		seen[l.Topic], words[textsKey(l.Words)] = true, l.Words != ""
		var ok bool
		if l.Priority, ok = declarePriority(f.Priority); !ok || send && l.Priority == 0 {
			wrong(f, "waga", "priority")
		}
		if l.Heads, ok = declareCount(f.Heads); !ok || send && l.Heads < 0 {
			wrong(f, "ile", "heads", "n", declareHeadsMost)
		}
		l.Row = f.N
		lines = append(lines, l)
	}
	if send && len(lines) == 0 && !nothing && len(fields) == 0 {
		fields = append(fields, fault.Field{Name: "temat-1", Key: "needs.answer.fault.nothing"})
	}
	if nothing && len(lines) > 0 {
		fields = append(fields, fault.Field{Name: "brak", Key: "needs.answer.fault.not_nothing"})
	}
	return lines, fields
}

// declareMost is how many people one line may name. The numbers decide about
// places in the ranking and about seats, so one school, or an adviser who writes
// about it, cannot outweigh a city: the roster of the opening bounds them. Who
// runs many institutions speaks for all their people.
func declareMost(a Asked, as As) int {
	if as == AsOffice || as == AsAuthority {
		return declareHeadsMost
	}
	return min(max(declareHeadsFew, declareHeadsTime*a.Roster), declareHeadsMost)
}

// declareTooMany names the rows with more people than that.
func declareTooMany(lines []Line, most int) (fields []fault.Field) {
	for n, l := range lines {
		f := declareForm{Own: l.Topic == "", N: l.Row}
		if f.N == 0 {
			f.N = n + 1
		}
		if l.Heads > most {
			fields = append(fields, fault.Field{Name: f.name("ile"), Key: "needs.answer.fault.heads_many", Args: []any{"row", f.N, "n", most}})
		}
	}
	return fields
}

// declarePriority reads 1 to 3, 0 for nothing.
func declarePriority(text string) (n int, ok bool) {
	switch text {
	case "":
		return 0, true
	case "1", "2", "3":
		return int(text[0] - '0'), true
	}
	return 0, false
}

// declareCount reads a number of people, -1 for nothing. Zero is no need.
func declareCount(text string) (n int, ok bool) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\u00a0", "")
	if text == "" {
		return -1, true
	}
	n, err := strconv.Atoi(strings.ReplaceAll(text, " ", ""))
	if err != nil || n < 0 || n > declareHeadsMost {
		return -1, false
	}
	return n, true
}
