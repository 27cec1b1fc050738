// Package polish knows the base forms of Polish words, so that a search for
// "szkolenia dla nauczycieli" finds "Szkolenie nauczyciela".
//
// # How it works
//
// It reads the Polish dictionary of hunspell: some 280 000 words, each with
// letters (flags) that name the sets of endings it takes. A rule of such a set
// says: take this off the end of the word, put that on, if the word ends so.
//
//	SFX M   ka   ce   [^cs]ka      Wieliczka -> Wieliczce
//
// A speller uses the rules forward. We undo them: for "wieliczce" each rule that
// could have written its end is taken back, and where the dictionary holds the
// result, with the flag of the rule and the ending the rule asks for, it is a
// base form ("lemma"). Nothing the dictionary knows is cut off by guess, as a
// stemmer does; that is why "szkoła" and "szkolenie" stay two words.
//
// All comparing is done over folded words (i18n.Fold: small letters, no marks),
// so "lodzi" finds what "Łodzi" finds. A word typed with Polish letters is taken
// at its word: "sądu" is only "sąd". Typed without, it may be any of its
// readings: "sadu" is "sad" and "sąd". The lemmas themselves are folded, so a
// text with and a query without the marks always meet.
//
// Seven things are ours and not hunspell's:
//
//  1. "nie" is not taken off: "niepublicznych" becomes "niepubliczny", which is
//     another kind of school than a "publiczny" one.
//  2. "naj" is: "najmłodszych" is "młodszy" too.
//  3. A noun made of a verb ("szkolenia") is the noun where the dictionary has
//     it. Where it has not, it is both: "uczenia" is "uczenie" and "uczyć".
//     Else "szkola", which without marks may be "szkolą", would find every
//     training there is.
//  4. Forms which the dictionary lists as words without flags ("dworów") are
//     reduced by the rules of flags that usually go with those of the base word.
//  5. Names the dictionary has not are reduced only where nothing else can be
//     meant: "Korczakowskiej" is "korczakowski", "Mistrzejowicach" is
//     "mistrzejowice".
//  6. data/own.aff holds rules the dictionary lacks ("Moniuszki" of "Moniuszko").
//  7. data/forms.txt holds forms no rule can make ("dzieci" of "dziecko"), and
//     data/own.dic words the dictionary lacks: towns near us, and what schools
//     have learned to say since it was made ("webinar").
//
// # Sources
//
// The format is described in the manual page hunspell(5). The dictionary is the
// npm package dictionary-pl; who made it and how it is licensed is in
// data/NOTICE. To make data/rules.aff.gz and data/words.dic.gz anew:
//
//	go run ./tools/dictionary
package polish

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kladka/internal/platform/i18n"
)

const (
	longest = 64 // letters; a longer word is no word
	most    = 16 // lemmas of one word
)

// Dictionary is safe for concurrent use: nothing in it changes after Load.
type Dictionary struct {
	letters letters
	words   words
	undo    undo
	forms   map[string][]form // folded form -> what forms.txt says
}

// form is a line of forms.txt taken apart: a form, small letters, of a lemma.
type form struct{ form, lemma string }

// Lemmas are the base forms of a word, folded, sorted, each once, at most 16.
// The word may have any case, and Polish letters or not. A word that is not
// Polish, or not known, or longer than 64 letters, is its own folded self (but
// see 5 above).
// Nothing but signs has no lemmas. Several words at once are not taken apart.
func (d *Dictionary) Lemmas(word string) []string {
	folded := fold(word)
	if folded == "" {
		return nil
	}
	var lemmas []string
	for _, r := range d.readings(folded, asTyped(word, folded)) {
		lemmas = append(lemmas, r.lemma)
		if r.kind == gerund {
			lemmas = append(lemmas, verbalNoun(folded))
		}
	}
	if lemmas == nil {
		return []string{d.nameBase(folded)}
	}
	slices.Sort(lemmas)
	lemmas = slices.Compact(lemmas)
	return lemmas[:min(len(lemmas), most)]
}

// Known says whether the dictionary has the word, in any form, with its Polish
// letters or without any.
func (d *Dictionary) Known(word string) bool {
	folded := fold(word)
	return len(d.readings(folded, asTyped(word, folded))) > 0
}

// fold is i18n.Fold, which does not fold all of a text with broken letters in it.
func fold(word string) string { return i18n.Fold(strings.ToValidUTF8(word, " ")) }

// asTyped is the word in small letters with its marks, or "" when it has none
// and so may stand for a word that has.
func asTyped(word, folded string) string {
	typed := strings.ToLower(norm.NFC.String(word))
	typed = strings.TrimFunc(typed, func(r rune) bool { return !unicode.IsLetter(r) })
	if typed == folded {
		return ""
	}
	return typed
}

// reading is one way to understand a word.
type reading struct {
	form  string // as the dictionary writes it, with marks
	lemma string // folded
	kind  kind
	base  bool // the form is the base form
}

type kind uint8

const (
	plain  kind = iota
	gerund      // a noun made of a verb by a rule of the verb
	orphan      // listed as it is, without flags: base form or not, who knows
)

// readings are those that write the word as typed; if none does (or nothing was
// typed with marks), all that fold to it.
func (d *Dictionary) readings(folded, typed string) []reading {
	if !d.letters.plain(folded) || len(folded) > longest {
		return nil
	}
	all := d.understand(folded)
	if typed != "" {
		exact := slices.DeleteFunc(slices.Clone(all), func(r reading) bool { return strings.ToLower(r.form) != typed })
		if len(exact) > 0 {
			all = exact
		}
	}
	return nounsFirst(all, verbalNoun(folded))
}

// nounsFirst drops what a verb says of a form if the dictionary has the noun
// (rule 3).
func nounsFirst(all []reading, noun string) []reading {
	if !slices.ContainsFunc(all, func(r reading) bool { return r.kind != gerund && r.lemma == noun }) {
		return all
	}
	return slices.DeleteFunc(all, func(r reading) bool { return r.kind == gerund })
}

// understand collects all readings of a folded word.
func (d *Dictionary) understand(folded string) []reading {
	var all []reading
	for _, f := range d.forms[folded] {
		all = append(all, reading{form: f.form, lemma: f.lemma})
	}
	all = d.reduce(all, folded, usual)
	all = d.negations(all, folded)
	all = d.highest(all, folded)
	switch {
	case len(all) == 0:
		return nil
	case stranger(all):
		return d.adopt(all, folded)
	}
	return all
}

// negations reads "nie" with a word that may follow it; the lemma keeps it.
func (d *Dictionary) negations(all []reading, folded string) []reading {
	rest, ok := strings.CutPrefix(folded, "nie")
	if !ok {
		return all
	}
	for _, r := range d.reduce(nil, rest, negated) {
		r.form, r.lemma = "nie"+r.form, "nie"+r.lemma
		all = append(all, r)
	}
	return all
}

// highest reads "naj" with a comparative, all of which end alike.
func (d *Dictionary) highest(all []reading, folded string) []reading {
	rest, ok := strings.CutPrefix(folded, "naj")
	if !ok {
		return all
	}
	for _, r := range d.reduce(nil, rest, usual) {
		if strings.HasSuffix(r.lemma, "szy") || strings.HasSuffix(r.lemma, "iej") {
			all = append(all, reading{form: "naj" + r.form, lemma: r.lemma})
		}
	}
	return all
}

// stranger tells a form that no rule explains.
func stranger(all []reading) bool {
	return !slices.ContainsFunc(all, func(r reading) bool { return r.kind != orphan })
}

// adopt looks for the family of a word that is listed without flags.
func (d *Dictionary) adopt(all []reading, folded string) []reading {
	if strings.HasSuffix(folded, "ac") { // "ucząc" goes with "uczący"
		for _, r := range d.reduce(nil, folded+"y", usual) {
			if r.kind == plain && !r.base {
				r.form = strings.TrimSuffix(r.form, "y")
				all = append(all, r)
			}
		}
	}
	if len(folded) >= adoptable {
		all = d.reduce(all, folded, akin)
	}
	return all
}
