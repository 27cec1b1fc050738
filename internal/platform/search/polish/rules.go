package polish

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// rule is one line of the rules: a word with the flag, that ends as the condition
// says, loses strip at its end and gets add.
type rule struct {
	flag       flags
	strip, add string
	ending     []letterClass // the last letter first
}

// letterClass is a letter of a condition: one of these, or none of these.
type letterClass struct {
	not     bool
	letters string
}

func (c letterClass) holds(r rune) bool { return strings.ContainsRune(c.letters, r) != c.not }

// fits says whether the rule may have been used on the word.
func (r *rule) fits(word string) bool {
	if len(word) <= len(r.strip) || !strings.HasSuffix(word, r.strip) {
		return false
	}
	for _, c := range r.ending {
		last, size := utf8.DecodeLastRuneInString(word)
		if size == 0 || !c.holds(last) {
			return false
		}
		word = word[:len(word)-size]
	}
	return true
}

// makes is the form the rule makes of a word it fits.
func (r *rule) makes(word string) string { return strings.TrimSuffix(word, r.strip) + r.add }

// undo holds the rules by what they add, folded, and then by what they strip.
type undo struct {
	byEnd   map[string][]taken
	longest int   // of the ends, in letters
	negated flags // the flag of the prefix "nie"
	akin    map[flags]flags

	gerunds, adjective flags // read off the file, which has no names for them
}

// taken are the rules that take the same folded letters off.
type taken struct {
	strip string // folded
	rules []rule
}

// readRules takes the lines "SFX flag strip add condition" and the one for the
// prefix "nie". All other lines of the file are for spelling.
func readRules(l *letters, text string) (undo, error) {
	u := undo{byEnd: map[string][]taken{}, gerunds: flag('i') | flag('j'), adjective: flag('X') | flag('x') | flag('Y')}
	for line := range strings.Lines(text) {
		cells := strings.Fields(line)
		if len(cells) != 5 {
			continue
		}
		if cells[0] == "PFX" && cells[3] == "nie" {
			u.negated = flag(cells[1][0])
		}
		if cells[0] != "SFX" {
			continue
		}
		r, err := newRule(cells)
		if err != nil {
			return undo{}, err
		}
		if err := u.add(l, r); err != nil {
			return undo{}, err
		}
	}
	return u, nil
}

func newRule(cells []string) (rule, error) {
	r := rule{flag: flag(cells[1][0]), strip: zero(cells[2]), add: zero(cells[3])}
	if r.flag == 0 || len(cells[1]) != 1 {
		return rule{}, fmt.Errorf("flag %q is not a letter", cells[1])
	}
	var err error
	r.ending, err = readEnding(cells[4])
	return r, err
}

// zero is how the file writes nothing.
func zero(s string) string {
	if s == "0" {
		return ""
	}
	return s
}

// readEnding reads a condition such as "[^dsz]nąć"; "." is any letter.
func readEnding(s string) ([]letterClass, error) {
	var classes []letterClass
	for s != "" {
		c := letterClass{}
		r, size := utf8.DecodeRuneInString(s)
		switch r {
		case '[':
			inside, rest, closed := strings.Cut(s[1:], "]")
			if !closed {
				return nil, fmt.Errorf("condition %q has no end", s)
			}
			c.letters, c.not = strings.CutPrefix(inside, "^")
			s = rest
		case '.':
			c.not = true
			s = s[size:]
		default:
			c.letters = s[:size]
			s = s[size:]
		}
		classes = append([]letterClass{c}, classes...)
	}
	return classes, nil
}

// add files a rule under what it adds.
func (u *undo) add(l *letters, r rule) error {
	end, ok := l.word(nil, r.add)
	strip, ok2 := l.word(nil, r.strip)
	if !ok || !ok2 {
		return fmt.Errorf("rule %q to %q is not of letters", r.strip, r.add)
	}
	u.longest = max(u.longest, len(end))
	list := u.byEnd[string(end)]
	for i := range list {
		if list[i].strip == string(strip) {
			list[i].rules = append(list[i].rules, r)
			return nil
		}
	}
	u.byEnd[string(end)] = append(list, taken{string(strip), []rule{r}})
	return nil
}

// often is how many words must have two flags together for these to be of one
// family, so that a slip in the dictionary makes none.
const often = 40

// families notes for each flag which others go with it.
func (u *undo) families(w *words) {
	together := map[[2]flags]int{}
	counts := make([]int, len(w.sets))
	for _, n := range w.set {
		counts[n]++
	}
	for n, set := range w.sets {
		for a := set; a != 0; a &= a - 1 {
			for b := set; b != 0; b &= b - 1 {
				together[[2]flags{a & -a, b & -b}] += counts[n]
			}
		}
	}
	u.akin = map[flags]flags{}
	for pair, n := range together {
		if n >= often {
			u.akin[pair[0]] |= pair[1]
		}
	}
}
