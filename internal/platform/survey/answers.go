package survey

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/fault"
)

// Answers are what one person answered: by the id of the question, of a matrix
// by "question.row". The values are ids of options (of a ranking in the order
// of the places), a whole number in digits, or a text. What was not answered
// is not there.
type Answers map[string][]string

// Ask is what is asked, given the answers so far: the sections and questions
// whose conditions are met, without sections that are left empty.
func (d Definition) Ask(a Answers) []Section {
	var asked []Section
	d.walk(a, func(i, j int, q *Question) {
		s := d.Sections[i]
		if n := len(asked); n == 0 || asked[n-1].ID != s.ID {
			s.Questions = nil
			asked = append(asked, s)
		}
		last := &asked[len(asked)-1]
		last.Questions = append(last.Questions, *q)
	}, nil)
	return asked
}

// Pages are the indexes of the sections of which anything is asked, for a
// form with one section on a page.
func (d Definition) Pages(a Answers) []int {
	var pages []int
	d.walk(a, func(i, _ int, _ *Question) {
		if n := len(pages); n == 0 || pages[n-1] != i {
			pages = append(pages, i)
		}
	}, nil)
	return pages
}

// SectionOf is the index of the section in which a field of the form stands,
// -1 for a field of none.
func (d Definition) SectionOf(field string) int {
	id, ok := strings.CutPrefix(field, fieldPrefix)
	if !ok {
		return -1
	}
	id, _, _ = strings.Cut(id, ".")
	for i, s := range d.Sections {
		for _, q := range s.Questions {
			if q.ID == id {
				return i
			}
		}
	}
	return -1
}

// Check takes the answers that belong to questions that are asked, in the form
// that Encode expects, and names every fault by the field of the form. An
// answer that a condition hides is dropped. What is at fault is not among the
// clean answers; draw the form again from the answers as they came.
func (d Definition) Check(a Answers) (clean Answers, fields []fault.Field) {
	return d.check(a, len(d.Sections))
}

// CheckDraft is Check where nothing is required yet.
func (d Definition) CheckDraft(a Answers) (clean Answers, fields []fault.Field) {
	return d.check(a, 0)
}

// CheckThrough is Check where only the sections up to the index last must be
// filled in: what a person does who fills in one section after the other.
func (d Definition) CheckThrough(a Answers, last int) (clean Answers, fields []fault.Field) {
	return d.check(a, last+1)
}

// check requires answers in the first `through` sections.
func (d Definition) check(a Answers, through int) (clean Answers, fields []fault.Field) {
	clean = d.walk(a, nil, func(i int, f fault.Field) {
		if i < through || f.Key != keyRequired {
			fields = append(fields, f)
		}
	})
	known := map[string]bool{}
	for _, s := range d.Sections {
		for k := range s.Questions {
			for _, key := range s.Questions[k].keys() {
				known[key] = true
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if !known[key] && len(a[key]) > 0 {
			fields = append(fields, fault.Field{Name: fieldPrefix + defShort(key), Key: "survey.form.fault.unknown"})
		}
	}
	return clean, fields
}

const keyRequired = "survey.form.fault.required"

// walk goes through the definition in order, keeping the answers that are
// right, so that a condition never rests on a wrong or a hidden one.
func (d Definition) walk(a Answers, asked func(i, j int, q *Question), wrong func(i int, f fault.Field)) Answers {
	clean, n := Answers{}, 0
	kinds := map[string]*Question{}
	for i := range d.Sections {
		s := &d.Sections[i]
		on := s.When.met(clean, kinds)
		for j := range s.Questions {
			q := &s.Questions[j]
			n++
			kinds[q.ID] = q
			if !on || !q.When.met(clean, kinds) {
				continue
			}
			if asked != nil {
				asked(i, j, q)
			}
			for k, key := range q.keys() {
				values, why, args := q.clean(a[key])
				if why == "" && len(values) > 0 {
					clean[key] = values
				}
				if why != "" && wrong != nil {
					wrong(i, fault.Field{Name: fieldPrefix + key, Key: "survey.form.fault." + why,
						Args: append([]any{"n", numeral(n, k, q)}, args...)})
				}
			}
		}
	}
	return clean
}

// numeral is the number of a question, of a row of a matrix with that of the
// row: "7", "7.3". The form and the paper show the same.
func numeral(n, row int, q *Question) string {
	if q.Kind == Matrix {
		return strconv.Itoa(n) + "." + strconv.Itoa(row+1)
	}
	return strconv.Itoa(n)
}

// keys are the keys of the answers to a question.
func (q *Question) keys() []string {
	if q.Kind != Matrix {
		return []string{q.ID}
	}
	keys := make([]string, len(q.Rows))
	for i, r := range q.Rows {
		keys[i] = q.ID + "." + r.ID
	}
	return keys
}

// met tells whether a condition holds; none always does.
func (w *Condition) met(a Answers, questions map[string]*Question) bool {
	if w == nil {
		return true
	}
	if len(w.All) > 0 {
		for i := range w.All {
			if !w.All[i].met(a, questions) {
				return false
			}
		}
		return true
	}
	if len(w.Any) > 0 {
		for i := range w.Any {
			if w.Any[i].met(a, questions) {
				return true
			}
		}
		return false
	}
	return w.seen(a, questions[w.Question])
}

// seen looks at one question; q is nil when it does not stand earlier.
func (w *Condition) seen(a Answers, q *Question) bool {
	if q == nil {
		return w.Answered != nil && !*w.Answered
	}
	answered, is := false, false
	for _, key := range q.keys() {
		if w.Row != "" && key != q.ID+"."+w.Row {
			continue
		}
		for _, v := range a[key] {
			answered = true
			if n, err := strconv.Atoi(v); slices.Contains(w.Is, v) || w.AtLeast != nil && err == nil && n >= *w.AtLeast {
				is = true
			}
		}
	}
	if w.Answered != nil {
		return answered == *w.Answered
	}
	return is
}

// clean is one answer in its canonical form, or the reason why it is refused:
// the end of a message key and its arguments.
func (q *Question) clean(values []string) (_ []string, why string, args []any) {
	var given []string
	for _, v := range values {
		if v = answerText(v, q.Kind == FreeText); v != "" {
			given = append(given, v)
		}
	}
	if len(given) == 0 {
		if q.Required {
			return nil, "required", nil
		}
		return nil, "", nil
	}
	switch q.Kind {
	case Multiple, Ranking:
		return q.cleanOptions(given)
	}
	if len(given) > 1 {
		return nil, "one", nil
	}
	return q.cleanOne(given[0])
}

func (q *Question) cleanOne(v string) (_ []string, why string, args []any) {
	switch q.Kind {
	case Scale, Number:
		n, ok := q.number(v)
		if !ok {
			return nil, "number", []any{"low", q.Low, "high", q.High}
		}
		v = strconv.Itoa(n)
	case FreeText:
		if n := utf8.RuneCountInString(v); n > q.most() {
			return nil, "long", []any{"most", q.most(), "have", n}
		}
	default:
		if optionAt(q.Options, v) < 0 {
			return nil, "option", nil
		}
	}
	return []string{v}, "", nil
}

// cleanOptions puts what was ticked in the order of the options; the order of
// a ranking is the answer itself.
func (q *Question) cleanOptions(given []string) (_ []string, why string, args []any) {
	alone := false
	for i, v := range given {
		at := optionAt(q.Options, v)
		if at < 0 {
			return nil, "option", nil
		}
		if slices.Contains(given[:i], v) {
			return nil, "twice", nil
		}
		alone = alone || q.Options[at].Alone
	}
	switch {
	case alone && len(given) > 1:
		return nil, "alone", nil
	case len(given) > q.most():
		return nil, "most", []any{"most", q.most()}
	case len(given) < q.least() && !alone:
		return nil, "least", []any{"least", q.least()}
	}
	if q.Kind == Multiple {
		slices.SortFunc(given, func(x, y string) int { return optionAt(q.Options, x) - optionAt(q.Options, y) })
	}
	return given, "", nil
}

// number reads a whole number within the question's bounds.
func (q *Question) number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= q.Low && n <= q.High
}

// answerText is what was typed without what no keyboard types: broken letters,
// control characters, the ends of lines of other systems, spaces around.
func answerText(s string, lines bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }) >= 0 {
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
		s = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && (r != '\n' && r != '\t' || !lines) {
				return -1
			}
			return r
		}, s)
	}
	return strings.TrimSpace(s)
}

// answersFormat is the first byte of encoded answers.
const answersFormat = 1

// Encode writes answers so that equal answers give equal bytes: a byte for the
// format, the number of keys, and in the order of keys each with its values;
// every text after its length. Values stand in the order they have, which
// Check made canonical.
func (a Answers) Encode() []byte {
	b := binary.AppendUvarint([]byte{answersFormat}, uint64(len(a)))
	for _, key := range slices.Sorted(maps.Keys(a)) {
		b = appendText(b, key)
		b = binary.AppendUvarint(b, uint64(len(a[key])))
		for _, v := range a[key] {
			b = appendText(b, v)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// ErrAnswers is what DecodeAnswers says of bytes that Encode did not write.
var ErrAnswers = errors.New("survey: broken answers")

// DecodeAnswers reads what Encode wrote, and nothing else: whatever it takes
// encodes to the same bytes again.
func DecodeAnswers(b []byte) (Answers, error) {
	r := answerReader{rest: b}
	if len(b) == 0 || b[0] != answersFormat {
		return nil, ErrAnswers
	}
	r.rest = b[1:]
	a := Answers{}
	for range r.count() {
		key, n := r.text(), r.count()
		values := make([]string, 0, min(n, 8))
		for range n {
			values = append(values, r.text())
		}
		if r.bad {
			return nil, ErrAnswers
		}
		a[key] = values
	}
	// Keys out of order or twice, and lengths written longer than needed, come
	// out otherwise.
	if r.bad || len(r.rest) > 0 || !bytes.Equal(a.Encode(), b) {
		return nil, ErrAnswers
	}
	return a, nil
}

type answerReader struct {
	rest []byte
	bad  bool
}

// count reads a number of things that follow, of which each takes a byte at least.
func (r *answerReader) count() int {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)-size) {
		r.rest, r.bad = nil, true
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *answerReader) text() string {
	n := r.count()
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

// MaxBytes bounds the length of Encode over all answers that Check takes, so
// that sealed answers can all be padded to one length. Conditions do not
// matter: it is reckoned as if everything were asked.
func (d Definition) MaxBytes() int {
	keys, n := 0, 1
	for _, s := range d.Sections {
		for i := range s.Questions {
			q := &s.Questions[i]
			for _, key := range q.keys() {
				keys++
				n += sizeOf(len(key)) + q.maxValues()
			}
		}
	}
	return n + uvarintSize(keys)
}

// maxValues bounds the values of one key, with their number.
func (q *Question) maxValues() int {
	switch q.Kind {
	case Scale, Number:
		return 1 + sizeOf(max(len(strconv.Itoa(q.Low)), len(strconv.Itoa(q.High))))
	case FreeText:
		return 1 + sizeOf(utf8.UTFMax*q.most())
	}
	var sizes []int
	for _, o := range q.Options {
		sizes = append(sizes, sizeOf(len(o.ID)))
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	most := 1
	if q.Kind == Multiple || q.Kind == Ranking {
		most = q.most()
	}
	n := uvarintSize(most)
	for _, size := range sizes[:min(most, len(sizes))] {
		n += size
	}
	return n
}

// sizeOf is the length of an encoded text of n bytes.
func sizeOf(n int) int { return uvarintSize(n) + n }

func uvarintSize(n int) int { return len(binary.AppendUvarint(nil, uint64(n))) }
