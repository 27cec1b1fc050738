package vote

import (
	"slices"
	"strings"

	"kladka/internal/access/card"
	"kladka/internal/platform/fault"
)

// CodeLength is how many letters stand on a slip: eleven drawn ones and one of
// check. There are 31^11 codes, about 2^54, so that guessing is hopeless even
// for a machine that nobody slows.
const CodeLength = 12

// Code is what a slip says, or the number of a declaration. It prints itself as nothing, so that it gets into no
// log by mistake. The zero value is no code.
type Code struct{ letters string }

func drawCode() Code {
	drawn := card.Draw(CodeLength - 1)
	return Code{drawn + string(checkLetter(drawn))}
}

// ParseCode reads a code as people type it: in small letters, with blanks and
// hyphens. The faults, of kind Invalid at the input "kod", say which slip it was,
// and none of them is a guess: the check is arithmetic that everybody may do.
func ParseCode(typed string) (Code, error) {
	letters, err := card.Letters(typed, CodeLength)
	switch e := fault.As(err); {
	case e != nil:
		return Code{}, &fault.Error{Kind: fault.Invalid, Key: e.Key, Args: e.Args, Fields: []fault.Field{{Name: "kod", Key: e.Key, Args: e.Args}}}
	case err != nil:
		return Code{}, err
	case len(letters) != CodeLength:
		return Code{}, codeFault("vote.fault.code_short")
	case letters[CodeLength-1] != checkLetter(letters[:CodeLength-1]):
		return Code{}, codeFault("vote.fault.code_slip")
	}
	return Code{letters}, nil
}

func codeFault(key string) error {
	return fault.InvalidFields([]fault.Field{{Name: "kod", Key: key}})
}

// checkLetter is a sum in which each place weighs differently. The alphabet has
// 31 letters, a prime, so one wrong letter and two that changed places always
// show.
func checkLetter(letters string) byte {
	sum := 0
	for i := range len(letters) {
		sum += (i + 1) * strings.IndexByte(card.Alphabet, letters[i])
	}
	return card.Alphabet[sum%len(card.Alphabet)]
}

// Letters are the twelve letters in the one form that is marked.
func (c Code) Letters() string { return c.letters }

// Groups are the letters as they are printed: four at a time.
func (c Code) Groups() (list []string) {
	for some := range slices.Chunk([]byte(c.letters), 4) {
		list = append(list, string(some))
	}
	return list
}

// String hides the code from everything that prints.
func (Code) String() string { return "…" }

// GoString hides it from %#v, too.
func (Code) GoString() string { return "vote.Code{…}" }
