package survey

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Each calls f for the answers of a round that is counted (see Round.Counted),
// without the words and without the person; it is for counting, and what is
// counted is published through package disclosure only. Before that it is the
// Conflict survey.fault.not_counted.
func (s *Service) Each(ctx context.Context, r db.Reader, round RoundID, f func(unit string, a Answers) error) (err error) {
	defer fault.Wrap(&err, "answers of round %s", round)
	rd, d, err := s.counted(ctx, r, round)
	if err != nil {
		return err
	}
	if rd.Mode == Anonymous {
		return r.Each(ctx, func(scan func(...any) error) error {
			var unit string
			var body []byte
			if err := scan(&unit, &body); err != nil {
				return err
			}
			a, err := DecodeAnswers(body)
			if err != nil {
				return err
			}
			return f(unit, a)
		}, `select unit, body from survey_opened where round = ? order by n`, round)
	}
	words := textKeys(d)
	return s.eachKept(ctx, r, round, func(_, unit string, a Answers) error {
		for key := range words {
			delete(a, key)
		}
		return f(unit, a)
	})
}

// EachNamed is Each for a named round, with the person ("" for answers from a
// link or from paper) and with the words. The page promised so to those who
// answered: it is a Conflict for any other round. Who may is asked by the caller.
func (s *Service) EachNamed(ctx context.Context, r db.Reader, round RoundID, f func(person, unit string, a Answers) error) (err error) {
	defer fault.Wrap(&err, "named answers of round %s", round)
	rd, _, err := s.counted(ctx, r, round)
	if err != nil {
		return err
	}
	if rd.Mode != Named {
		return fault.New(fault.Conflict, "survey.fault.not_named")
	}
	return s.eachKept(ctx, r, round, f)
}

func (s *Service) counted(ctx context.Context, r db.Reader, round RoundID) (rd Round, d Definition, err error) {
	if rd, err = s.RoundByID(ctx, r, round); err != nil {
		return rd, d, err
	}
	if !rd.Counted() {
		return rd, d, fault.New(fault.Conflict, "survey.fault.not_counted")
	}
	d, err = s.DefinitionByID(ctx, r, rd.Definition)
	return rd, d, err
}

func (s *Service) eachKept(ctx context.Context, r db.Reader, round RoundID, f func(person, unit string, a Answers) error) error {
	return r.Each(ctx, func(scan func(...any) error) error {
		var id, person, unit, sealed string
		if err := scan(&id, &person, &unit, &sealed); err != nil {
			return err
		}
		a, err := s.unseal(answersKey, round, id, sealed)
		if err != nil {
			return err
		}
		return f(person, unit, a)
	}, `select id, person, unit, sealed from survey_answers where round = ?`, round)
}

// From how many answers of a round on its words may be read.
const (
	textsAnonymous = 30
	textsOthers    = 5
)

// TextAnswer is what somebody wrote. PossibleNames are words in it that may name
// a person: the officer who decides what is published is warned of them.
type TextAnswer struct {
	Body          string
	PossibleNames []string
}

// Texts are the words given to a question, in the order of their letters and
// without unit or person. When fewer than 30 answers (anonymous) or 5 (others)
// came to the round it is the Conflict survey.fault.few_texts. MostUnsigned answers
// do not count there: whoever made them up would know whose the others are.
func (s *Service) Texts(ctx context.Context, r db.Reader, round RoundID, question string) (list []TextAnswer, err error) {
	defer fault.Wrap(&err, "words of round %s", round)
	rd, d, err := s.counted(ctx, r, round)
	if err != nil {
		return nil, err
	}
	if !textKeys(d)[question] {
		return nil, fault.ErrNotFound
	}
	answers, least, bodies := rd.Readable, textsAnonymous, []string(nil)
	if rd.Mode == Anonymous {
		err = r.Select(ctx, &bodies, `select body from survey_texts where round = ? and question = ?`, round, question)
	} else {
		answers, least = 0, textsOthers
		err = s.eachKept(ctx, r, round, func(_, _ string, a Answers) error {
			answers++
			bodies = append(bodies, a[question]...)
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	unsigned, err := MostUnsigned(ctx, r, round)
	if err != nil {
		return nil, err
	}
	if answers-unsigned < least {
		return nil, fault.New(fault.Conflict, "survey.fault.few_texts", "least", least)
	}
	slices.Sort(bodies)
	for _, body := range bodies {
		list = append(list, TextAnswer{body, PossibleNames(body)})
	}
	return list, nil
}

// PossibleNames are the words of a text that may name somebody: those with a
// capital letter that do not begin a sentence, and any that stand beside another
// such word. It warns a person who reads; it finds neither all names nor only
// names.
func PossibleNames(text string) []string {
	var found []string
	begins, before := true, false
	words := strings.Fields(text)
	for i, w := range words {
		word := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
		name := capital(word)
		beside := before || i+1 < len(words) && !ends(w) && capital(strings.TrimFunc(words[i+1], func(r rune) bool { return !unicode.IsLetter(r) }))
		if name && (!begins || beside) && !slices.Contains(found, word) {
			found = append(found, word)
		}
		begins, before = ends(w), name && !ends(w)
	}
	return found
}

// ends tells that a sentence ends after the word.
func ends(w string) bool {
	return strings.HasSuffix(w, ".") && utf8.RuneCountInString(w) > 3 || strings.HasSuffix(w, "!") || strings.HasSuffix(w, "?")
}

// capital tells that a word is written as a name: a capital letter, then a small one.
func capital(word string) bool {
	first, n := utf8.DecodeRuneInString(word)
	second, _ := utf8.DecodeRuneInString(word[min(n, len(word)):])
	return unicode.IsUpper(first) && unicode.IsLower(second)
}
