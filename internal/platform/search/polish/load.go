package polish

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
)

var (
	//go:embed data/words.dic.gz
	wordsFile []byte
	//go:embed data/rules.aff.gz
	rulesFile []byte
	//go:embed data/own.aff
	ownRules string
	//go:embed data/own.dic
	ownFile string
	//go:embed data/forms.txt
	formsFile string
)

// version changes with the data or, by hand, with the way of reducing words:
// then everything that was indexed by it is indexed anew.
func version() string {
	sum := sha256.New()
	for _, part := range [][]byte{wordsFile, rulesFile, []byte(ownRules), []byte(ownFile), []byte(formsFile)} {
		sum.Write(part)
	}
	return "1-" + hex.EncodeToString(sum.Sum(nil)[:8])
}

// Version names the dictionary and the way it is used.
func (l *Lazy) Version() string { return version() }

// Load reads the dictionary out of the program: about a quarter of a second and
// 14 MB. Programs want one, by way of Lazy.
func Load() (*Dictionary, error) {
	rules, err := unpack(rulesFile)
	if err != nil {
		return nil, fmt.Errorf("rules of the Polish dictionary: %w", err)
	}
	lines, err := unpack(wordsFile)
	if err != nil {
		return nil, fmt.Errorf("words of the Polish dictionary: %w", err)
	}
	d := &Dictionary{letters: newLetters()}
	if d.undo, err = readRules(&d.letters, rules+ownRules); err != nil {
		return nil, err
	}
	if d.words, err = readWords(&d.letters, lines+ownFile); err != nil {
		return nil, err
	}
	d.undo.families(&d.words)
	d.forms, err = readForms(&d.letters, formsFile)
	return d, err
}

func unpack(file []byte) (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if size := len(file); size > 4 { // the last four bytes are the length
		b.Grow(int(file[size-4]) | int(file[size-3])<<8 | int(file[size-2])<<16 + len(ownFile))
	}
	_, err = io.Copy(&b, z)
	return b.String(), err
}

// readForms reads lines "lemma: form form …".
func readForms(l *letters, text string) (map[string][]form, error) {
	forms := map[string][]form{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		lemma, list, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		folded, isWord := l.word(nil, strings.TrimSpace(lemma))
		for _, f := range strings.Fields(list) {
			key, ok := l.word(nil, f)
			if !ok || !isWord {
				return nil, fmt.Errorf("form %q of %q is not of letters", f, lemma)
			}
			forms[string(key)] = append(forms[string(key)], form{f, string(folded)})
		}
	}
	return forms, nil
}

// Lazy is a dictionary that loads itself when first asked, so that the program
// starts without it. The zero value is ready; safe for concurrent use.
type Lazy struct {
	once sync.Once
	d    *Dictionary
	err  error
}

// Warm loads the dictionary if that was not done, and says if it failed. The data
// is part of the program, so a failure is a mistake in making it.
func (l *Lazy) Warm() error {
	l.once.Do(func() {
		if l.d, l.err = Load(); l.err != nil {
			l.d = &Dictionary{} // knows nothing: every word is its own lemma
		}
	})
	return l.err
}

func (l *Lazy) dictionary() *Dictionary {
	_ = l.Warm()
	return l.d
}

// Lemmas is that of Dictionary.
func (l *Lazy) Lemmas(word string) []string { return l.dictionary().Lemmas(word) }

// Known is that of Dictionary.
func (l *Lazy) Known(word string) bool { return l.dictionary().Known(word) }

// Suggest is that of Dictionary.
func (l *Lazy) Suggest(word string, n int) []string { return l.dictionary().Suggest(word, n) }
