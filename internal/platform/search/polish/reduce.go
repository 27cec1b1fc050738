package polish

// mode is how strict reduce is about the flags of a base word.
type mode uint8

const (
	usual   mode = iota // it has the flag of the rule
	negated             // and that of the prefix "nie"
	akin                // it has flags that usually go with that of the rule
)

const (
	adoptable = 5 // letters; shorter forms without flags are too many words' forms
	root      = 3 // letters that a form and its adopted base share
)

// reduce appends the readings of a folded word: as it is, and with every rule
// that could have written its end taken back.
func (d *Dictionary) reduce(all []reading, folded string, m mode) []reading {
	if len(d.words.slots) == 0 {
		return all // nothing was loaded
	}
	if m != akin {
		all = d.asItIs(all, folded, m)
	}
	buffer := make([]byte, 0, 2*longest)
	for n := len(folded) - d.words.known(folded); n <= min(d.undo.longest, len(folded)-1); n++ {
		stem := folded[:len(folded)-n]
		if m == akin && len(stem) < root {
			break
		}
		list := d.undo.byEnd[folded[len(stem):]]
		for i := range list {
			buffer = append(append(buffer[:0], stem...), list[i].strip...)
			d.words.each(&d.letters, buffer, func(word uint32) {
				all = d.apply(all, &list[i], word, m)
			})
		}
	}
	return all
}

// asItIs finds the word itself in the dictionary.
func (d *Dictionary) asItIs(all []reading, folded string, m mode) []reading {
	d.words.each(&d.letters, []byte(folded), func(i uint32) {
		f := d.words.flags(i)
		if m == negated && f&d.undo.negated == 0 {
			return
		}
		r := reading{form: d.words.word(i), lemma: folded, base: true}
		if f == 0 {
			r.kind = orphan
		}
		all = append(all, r)
	})
	return all
}

// apply appends a reading for each of the rules that fits the base word. One is
// enough for one form.
func (d *Dictionary) apply(all []reading, t *taken, i uint32, m mode) []reading {
	word, has := d.words.word(i), d.words.flags(i)
	if m == negated && has&d.undo.negated == 0 {
		return all
	}
	for k := range t.rules {
		r := &t.rules[k]
		if !d.allows(r.flag, has, m) || !r.fits(word) {
			continue
		}
		found := reading{form: r.makes(word), lemma: d.folded(word)}
		if r.flag&d.undo.gerunds != 0 {
			found.kind = gerund
		}
		if len(all) == 0 || all[len(all)-1] != found {
			all = append(all, found)
		}
	}
	return all
}

// allows says whether a word with these flags may take a rule of this flag. Of
// words without flags only adjectives have a family ("przeniesiony").
func (d *Dictionary) allows(rule, has flags, m mode) bool {
	switch {
	case m != akin:
		return has&rule != 0
	case has == 0:
		return rule&d.undo.adjective != 0
	}
	return has&rule == 0 && has&^d.undo.akin[rule] == 0
}

func (d *Dictionary) folded(word string) string {
	b, _ := d.letters.word(make([]byte, 0, len(word)), word)
	return string(b)
}
