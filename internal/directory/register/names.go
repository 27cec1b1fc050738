package register

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Two files, two kinds of harm. The exports of 2020 shout ("ZESPÓŁ SZKÓŁ NR 1 IM. JANA PAWŁA II"); Readable gives
// such names back their small letters. The file of 2022 was title-cased by a program that knew no Polish ("Xxx
// Liceum", "Dzieci I Młodzieży", "KróLów"); Repair mends those places and nothing else.

// Readable turns a name written all in capitals into ordinary Polish writing and leaves any other name alone. It is
// meant for display: abbreviations it does not know come out as words.
func Readable(name string) string {
	if !shouts(name) {
		return name
	}
	name = rewrite(name, func(w word) string { return w.lowered() })
	return limited.ReplaceAllString(unglue(name, false), "${1}z o.o")
}

// Repair mends what careless title-casing does to a name: Roman numerals, small words and capitals inside a word.
func Repair(name string) string {
	if shouts(name) {
		return name
	}
	name = rewrite(name, func(w word) string { return w.mended() })
	return limited.ReplaceAllString(unglue(name, true), "${1}z o.o")
}

var (
	limited = regexp.MustCompile(`( |^)[zZ] [oO]\. ?[oO](?:$|\b)`) // a company's "z o.o."
	glued   = regexp.MustCompile(`(^|[ "(])(im|ul|al|ks|Ks|św|Św|gen|Gen|prof|Prof)\.(\p{L})`)
)

// unglue puts the blank back into "im.Jana". After careless title-casing the name behind the period is small, for
// the program took the two for one word: raise lifts it again.
func unglue(name string, raise bool) string {
	for range 2 { // "im.ks.Jana" needs a second pass
		name = glued.ReplaceAllStringFunc(name, func(match string) string {
			at := strings.LastIndexByte(match, '.') + 1
			letter := match[at:]
			if raise {
				letter = strings.ToUpper(letter)
			}
			return match[:at] + " " + letter
		})
	}
	return name
}

// numeralsRepaired reports whether Repair changes more of a name than small words: a difference worth a note.
func numeralsRepaired(name string) bool {
	found := false
	rewrite(name, func(w word) string {
		found = found || w.titledNumeral() || straighten(w.text) != w.text
		return w.text
	})
	return found && !shouts(name)
}

// shouts reports whether a name has a word of three capitals or more and no small letter at all.
func shouts(name string) bool {
	run, longest := 0, 0
	for _, r := range name {
		switch {
		case unicode.IsLower(r):
			return false
		case unicode.IsUpper(r):
			run++
			longest = max(longest, run)
		default:
			run = 0
		}
	}
	return longest >= 3
}

// word is a run of letters and what stands around it.
type word struct {
	text             string
	before, after    rune   // the characters next to it, 0 at the ends
	digitBefore      bool   // "600-LECIA", "7GO"
	previous, follow string // neighboring words, lower case
	first            bool
}

// rewrite passes every word of a name through change and keeps everything between the words.
func rewrite(name string, change func(word) string) string {
	runes := []rune(name)
	spans := letterRuns(runes)
	var out strings.Builder
	end := 0
	for i, span := range spans {
		out.WriteString(string(runes[end:span[0]]))
		out.WriteString(change(wordAt(runes, spans, i)))
		end = span[1]
	}
	out.WriteString(string(runes[end:]))
	return out.String()
}

func letterRuns(runes []rune) (spans [][2]int) {
	start := -1
	for i, r := range append(runes, ' ') {
		letter := unicode.IsLetter(r) || unicode.IsMark(r)
		if letter && start < 0 {
			start = i
		}
		if !letter && start >= 0 {
			spans = append(spans, [2]int{start, i})
			start = -1
		}
	}
	return spans
}

func wordAt(runes []rune, spans [][2]int, i int) word {
	start, end := spans[i][0], spans[i][1]
	w := word{text: string(runes[start:end]), first: i == 0}
	if start > 0 {
		w.before = runes[start-1]
		w.digitBefore = unicode.IsDigit(w.before) || w.before == '-' && start > 1 && unicode.IsDigit(runes[start-2])
	}
	if end < len(runes) {
		w.after = runes[end]
	}
	if i > 0 {
		w.previous = strings.ToLower(string(runes[spans[i-1][0]:spans[i-1][1]]))
	}
	if i+1 < len(spans) {
		w.follow = strings.ToLower(string(runes[spans[i+1][0]:spans[i+1][1]]))
	}
	return w
}

// lowered is the readable form of a word of capitals. The order matters: an initial ("W. Witosa") before the small
// words, numerals before abbreviations.
func (w word) lowered() string {
	small := strings.ToLower(w.text)
	switch {
	case small == "i" && w.after != '.':
		return w.conjunctionOrFirst()
	case w.initial():
		return w.text
	case w.digitBefore:
		return small
	case roman(w.text) && w.meantAsNumeral():
		return w.text
	case !w.first && w.before != '"' && w.before != '„' && w.after != '-' && slices.Contains(smallWords, small):
		return small
	case (small == "stopnia" || small == "stopień") && roman(strings.ToUpper(w.previous)):
		return small
	case w.acronym():
		return w.text
	}
	return title(w.text)
}

// mended is the word of a title-cased name with its harm undone.
func (w word) mended() string {
	switch {
	case w.text == "I" && w.after == ' ' && w.before == ' ':
		return w.conjunctionOrFirst()
	case w.titledNumeral():
		return strings.ToUpper(w.text)
	case w.titledSmallWord():
		return strings.ToLower(w.text)
	}
	return straighten(w.text)
}

// titledSmallWord finds "Im.", "W" or "Dla" in the middle of a name. At its beginning, in quotes and after a dash a
// capital is right, and a letter with a period is an initial.
func (w word) titledSmallWord() bool {
	if w.first || w.before != ' ' || w.after == '-' || w.initial() || w.text != title(w.text) {
		return false
	}
	return slices.Contains(lowerAnyway, strings.ToLower(w.text))
}

// titledNumeral finds "Xxx", "Iii", "Ii": a valid numeral of two letters or more, its first letter capital.
func (w word) titledNumeral() bool {
	return len(w.text) > 1 && w.text == title(w.text) && roman(strings.ToUpper(w.text)) && w.meantAsNumeral()
}

// meantAsNumeral keeps words and names that happen to be numerals. Those of I, V and X are no Polish words; those
// with an L may be ("Li", "Liv", "Lii") and count only where a school's number stands. C, D and M are never read as
// numerals (see roman): "Mi", "Di", "Ci" are words, and no school bears such a number.
func (w word) meantAsNumeral() bool {
	if !strings.ContainsAny(w.text, "Ll") || strings.HasPrefix(w.text, "X") {
		return true
	}
	return slices.Contains(schoolWords, w.follow)
}

// conjunctionOrFirst decides what a lone I is: "Technikum i Liceum" or "I stopnia", "Zygmunta I".
func (w word) conjunctionOrFirst() string {
	numeralBefore := roman(strings.ToUpper(w.previous))
	switch {
	case w.first, w.follow == "":
		return "I"
	case numeralBefore:
		return "i" // "Jana Pawła II i …", "I i II stopnia"
	case w.follow == "i" || slices.Contains(numbered, w.follow) || slices.Contains(schoolWords, w.follow):
		return "I"
	case slices.Contains(rulers, w.previous) || w.previous == "nr":
		return "I"
	}
	return "i"
}

// initial is a single letter with a period: "A. Mickiewicza".
func (w word) initial() bool {
	return w.after == '.' && len([]rune(w.text)) == 1
}

// acronym keeps known abbreviations and words that cannot be spoken ("ZDZ", "PCK"). With a period behind it such a
// word is cut short, not an acronym ("WLKP.").
func (w word) acronym() bool {
	small := strings.ToLower(w.text)
	if slices.Contains(acronyms, small) {
		return true
	}
	return w.after != '.' && len([]rune(w.text)) <= 5 && len([]rune(w.text)) > 1 &&
		!strings.ContainsAny(small, "aeiouyąęó") && !slices.Contains([]string{"st", "wł", "krz"}, small)
}

// roman reports whether a word of capitals is a numeral below 90.
func roman(text string) bool {
	rest := text
	for _, group := range []struct{ units, four, nine string }{{"X", "XL", ""}, {"I", "IV", "IX"}} {
		switch {
		case group.nine != "" && strings.HasPrefix(rest, group.nine):
			rest = rest[2:]
		case strings.HasPrefix(rest, group.four):
			rest = rest[2:]
		default:
			five := map[string]string{"X": "L", "I": "V"}[group.units]
			rest = strings.TrimPrefix(rest, five)
			for n := 0; n < 3; n++ {
				rest = strings.TrimPrefix(rest, group.units)
			}
		}
	}
	return text != "" && rest == ""
}

// title writes the first letter large and the rest small.
func title(text string) string {
	runes := []rune(strings.ToLower(text))
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// straighten lowers a capital that follows a letter beyond ASCII inside a title-cased word: the program took the
// letter for a gap and began a new word ("KróLów", "ŚLąskich").
func straighten(text string) string {
	runes := []rune(text)
	for i := 1; i+1 < len(runes); i++ {
		if runes[i-1] > unicode.MaxASCII && unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i+1]) {
			runes[i] = unicode.ToLower(runes[i])
		}
	}
	return string(runes)
}

// smallWords are written small inside a name: prepositions, and titles before a patron's name.
var smallWords = append([]string{
	"a", "o", "u", "po", "bez", "za", "ku", "od", "nad", "przez", "ze", "we",
	"ks", "św", "bł", "gen", "płk", "ppłk", "kpt", "mjr", "por", "ppor", "rtm", "prof", "dr", "hab", "inż", "mgr",
	"kard", "bp", "abp", "hr", "marsz", "pn",
}, lowerAnyway...)

// lowerAnyway are the small words that careless title-casing raised. Titles are not among them: "Ks." and "Św." are a
// matter of taste and the file has them large throughout.
var lowerAnyway = []string{"w", "z", "im", "nr", "dla", "na", "ul", "al", "przy", "pod", "do", "oraz", "we", "ze"}

var acronyms = []string{
	"ak", "ken", "sosw", "teb", "ohp", "agh", "onz", "unesco", "unicef", "lo", "sto", "mos", "mow", "awf", "uj",
	"rcez", "cku", "kul", "asp", "umcs", "ckziu", "ckp", "sa", "ue", "ptsm",
}

// schoolWords follow the number of a school.
var schoolWords = []string{"liceum", "lo", "społeczne", "prywatne", "akademickie", "zaoczne", "publiczne",
	"niepubliczne", "katolickie", "dwujęzyczne", "ogólnokształcące", "technikum", "gimnazjum"}

// numbered follow an ordinal: levels of schools, and units and wars in patrons' names.
var numbered = []string{"stopnia", "stopień", "stopina", "st", "w", "we", "wojny", "armii", "dywizji", "pułku", "korpusu",
	"brygady", "batalionu", "kadrowej", "kompanii", "rzeczypospolitej"}

// rulers bear numbers: kings and popes as patrons, in the genitive in which names put them.
var rulers = []string{"zygmunta", "kazimierza", "bolesława", "mieszka", "władysława", "jana", "pawła", "stefana",
	"henryka", "augusta", "przemysła", "leszka", "stanisława"}
