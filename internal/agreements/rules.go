package agreements

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/fault"
)

// How long words may be, in letters, and how many parts an agreement has.
const (
	longestTitle = 300
	longestWords = 4000
	mostParts    = 40
)

// tidy makes one line of words that may hold breaks by mistake.
func tidy(text string) string { return strings.Join(strings.Fields(text), " ") }

// tidyLines keeps the lines and nothing around them.
func tidyLines(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// lines are the lines that say something.
func lines(text string) (list []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

// lacks collects faults of fields.
type lacks []fault.Field

func (x *lacks) add(name, key string) {
	*x = append(*x, fault.Field{Name: name, Key: "agreements.fault." + key})
}

// text wants words of at most so many letters; none are taken unless must.
func (x *lacks) text(name, value string, most int, must bool) {
	switch n := utf8.RuneCountInString(value); {
	case n == 0 && must:
		x.add(name, "empty")
	case n > most:
		x.add(name, "long")
	}
}

// day wants a day; none is taken unless must.
func (x *lacks) day(name, value string, must bool) {
	if (value != "" || must) && !validDay(value) {
		x.add(name, "day")
	}
}

// check says what is wrong with an agreement that is typed in. What it lacks
// for coming into force is asked by ready.
func (a Agreement) check() (x lacks) {
	x.text("tytul", a.Title, longestTitle, true)
	x.text("numer", a.Number, 100, false)
	x.text("opis", a.Words, longestWords, false)
	x.text("zrodlo", a.Source, longestWords, false)
	x.day("podpisano", a.SignedOn, false)
	x.day("od", a.ValidFrom, false)
	x.day("do", a.ValidTo, false)
	if a.Kind != Framework && a.Kind != Detailed {
		x.add("rodzaj", "choose")
	}
	if a.Kind == Framework && a.Under != "" {
		x.add("ramowe", "under_framework")
	}
	if validDay(a.ValidTo) && validDay(a.ValidFrom) && a.ValidTo < a.ValidFrom {
		x.add("do", "before")
	}
	return x
}

// ready says what an agreement lacks for being in force, as ends of message keys
// agreements.lacks.….
func (w Whole) ready() (list []string) {
	if !validDay(w.SignedOn) || !validDay(w.ValidFrom) {
		list = append(list, "days")
	}
	if len(w.Parties) < 2 {
		list = append(list, "parties")
	}
	if len(w.Areas) == 0 {
		list = append(list, "areas")
	}
	return list
}

// check says what is wrong with a whole agreement that was put together by a
// program: the first fault counts.
func (w Whole) check() error {
	x := w.Agreement.check()
	for n, p := range w.Parties {
		p.check(&x, w.Parties[:n])
	}
	for _, s := range w.Signatories {
		x.text("podpis", s.Name, longestTitle, true)
		if s.Party < 1 || s.Party > len(w.Parties) {
			x.add("podpis", "choose")
		}
	}
	for _, a := range w.Areas {
		a.check(&x, w.Agreement)
	}
	for _, o := range w.Outcomes {
		o.check(&x, w)
	}
	return fault.InvalidFields(x)
}

// check says what is wrong with a party beside those before it. Nobody stands on
// both sides, and a party is spoken for either here or by the association: else
// one officer could sign for two.
func (p Party) check(x *lacks, others []Party) {
	x.text("strona", p.Name, longestTitle, true)
	x.text("korzysci", p.Ours, longestWords, false)
	twice := func(o Party) bool {
		return p.Institution != "" && o.Institution == p.Institution || p.Association && o.Association
	}
	if slices.ContainsFunc(others, twice) {
		x.add("strona", "party_twice")
	}
	if p.Institution != "" && p.Association {
		x.add("stowarzyszenie", "party_both")
	}
}

func (a Area) check(x *lacks, of Agreement) {
	x.text("obszar", a.Title, longestTitle, true)
	x.text("obszar_opis", a.Words, longestWords, false)
	x.day("obszar_od", a.ValidFrom, of.State == InForce)
	x.day("obszar_do", a.ValidTo, false)
	if a.ValidTo != "" && a.ValidFrom != "" && a.ValidTo < a.ValidFrom {
		x.add("obszar_do", "before")
	}
	if of.ValidFrom != "" && a.ValidFrom != "" && a.ValidFrom < of.ValidFrom {
		x.add("obszar_od", "outside")
	}
}

func (o Outcome) check(x *lacks, of Whole) {
	x.text("rezultat", o.Words, longestWords, true)
	if o.Group != "" && !slices.Contains(Outcome{}.Groups(), o.Group) {
		x.add("grupa", "choose")
	}
	if o.Baseline != 0 && (o.Baseline < 1990 || o.Baseline > 2100) {
		x.add("rok", "year")
	}
	if o.Area != "" {
		if _, ok := of.area(o.Area); !ok {
			x.add("rezultat_obszar", "choose")
		}
	}
}

// ParseYear reads a school year as people write it: 2021/2022, or 2021. Empty
// is 0, and so is what is no year.
func ParseYear(text string) int {
	first, second, both := strings.Cut(strings.TrimSpace(text), "/")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || n < 1990 || n > 2100 {
		return 0
	}
	if m, err := strconv.Atoi(strings.TrimSpace(second)); both && (err != nil || m != n+1) {
		return 0
	}
	return n
}

// ParseMoney reads zlotys as people write them, in grosze: 1250; 1 250,50 zł.
// Empty is 0: without money. What is no amount, or more than a milliard, is not ok.
func ParseMoney(text string) (grosze int64, ok bool) {
	text = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "zł")
	text = strings.NewReplacer(" ", "", "\u00a0", "", ".", ",").Replace(text)
	if text == "" {
		return 0, true
	}
	whole, part, _ := strings.Cut(text, ",")
	if len(part) > 2 || whole == "" || len(whole) > 10 {
		return 0, false
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	grosze, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return grosze, err == nil && grosze <= 100_000_000_000
}

// figures are what is confirmed of an area and a year.
type figures struct {
	Area           string `db:"area"`
	Activities     int64  `db:"activities"`
	Participations int64  `db:"participations"`
	People         int64  `db:"people"`
	Minutes        int64  `db:"minutes"`
	Money          int64  `db:"money"`
}

func figuresOf(area string, t ledger.Totals) figures {
	return figures{area, t.Activities, t.Participations, t.People, t.Minutes, t.Money}
}

// same tells whether two are alike, whatever area they are of.
func (f figures) same(other figures) bool {
	other.Area = f.Area
	return f == other
}
