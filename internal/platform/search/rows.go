package search

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// Row is one result as it is shown.
type Row struct {
	Kind, ID string
	Lang     i18n.Lang
	URL      string
	Note     string
	Date     string
	Title    []Piece
	Excerpt  []Piece // of the body, around the first word found; none without a body
	Reasons  []Reason
	Missing  []string // what was asked for and is not there, when not all words matched
}

// Piece is a part of a text; Mark says that it was asked for.
type Piece struct {
	Text string
	Mark bool
}

// Reason says why a row is there: a message key ("search.why.title"), and for
// "search.why.form" the words as they stand in the text.
type Reason struct {
	Key   string
	Words string
}

// stored is a document as it is kept.
type stored struct {
	DocID    int64  `db:"docid"`
	Kind     string `db:"kind"`
	ID       string `db:"id"`
	Lang     string `db:"lang"`
	Title    string `db:"title"`
	Body     string `db:"body"`
	Codes    string `db:"codes"`
	URL      string `db:"url"`
	Note     string `db:"note"`
	Date     string `db:"date"`
	Audience string `db:"audience"`
	Public   bool   `db:"public"`
}

// rows reads what is shown, all groups at once. A document that changed its
// audience since the engine found it is left out.
func (f finder) rows(ctx context.Context, r *Result, w way, spots map[int][]spot) error {
	var ids []int64
	for _, list := range spots {
		for _, p := range list {
			ids = append(ids, p.docid)
		}
	}
	docs, err := f.docs(ctx, ids)
	if err != nil {
		return err
	}
	seek := newSeeker(w.items, f.m)
	for i := range r.Groups {
		for _, p := range spots[i] {
			d, there := docs[p.docid]
			if there && f.may(d) {
				r.Groups[i].Rows = append(r.Groups[i].Rows, seek.row(d, w.how))
			}
		}
	}
	return nil
}

func (f finder) docs(ctx context.Context, ids []int64) (map[int64]stored, error) {
	out := make(map[int64]stored, len(ids))
	for batch := range slices.Chunk(ids, db.MaxParams) {
		query, args, err := db.In(`select docid, kind, id, lang, title, body, codes, url, note, date, audience, public
			from search_docs where docid in (?)`, padded(batch))
		if err != nil {
			return nil, err
		}
		var list []stored
		if err := f.db.Select(ctx, &list, query, args...); err != nil {
			return nil, err
		}
		for _, d := range list {
			out[d.DocID] = d
		}
	}
	return out, nil
}

// padded repeats the last id up to a round number: statements of few lengths
// stay prepared.
func padded(ids []int64) []int64 {
	out := slices.Clone(ids)
	for len(out)%20 != 0 {
		out = append(out, ids[len(ids)-1])
	}
	return out
}

func (f finder) may(d stored) bool {
	if d.Public {
		return true
	}
	for a := range strings.SplitSeq(d.Audience, "\n") {
		if slices.Contains(f.q.Audience, a) {
			return true
		}
	}
	return false
}

// seeker finds in a text what was asked for, to mark it and to give the reason.
type seeker struct {
	items    []item
	lemmas   *lemmas
	memo     map[string]uint16 // of a word: the items it matches, and whether by another form
	starts   map[string]bool   // the first two letters of what was asked for and its base forms
	thorough bool              // look at words that begin otherwise, too
}

// newSeeker makes a seeker that looks up the base forms of those words only that
// begin like one that was asked for: nearly all forms do, and the rest is sought
// thoroughly when something is missing otherwise.
func newSeeker(items []item, m *lemmas) seeker {
	k := seeker{items: items, lemmas: m, memo: map[string]uint16{}, starts: map[string]bool{}}
	for _, it := range items {
		for _, b := range it.base {
			k.starts[cut(b, 2)] = true
		}
		for _, w := range it.words {
			k.starts[cut(w.fold, 2)] = true
		}
	}
	return k
}

// There are at most twelve items; two more bits say how.
const (
	byForm  = 1 << 14 // by another form of the word
	byBegin = 1 << 15 // as a beginning
)

// finding is what a text holds.
type finding struct {
	spans [][2]int // what to mark, in order
	items uint16
	forms []string
	begun bool
}

func (k seeker) row(d stored, how How) Row {
	lang := i18n.Lang(d.Lang)
	row := Row{Kind: d.Kind, ID: d.ID, Lang: lang, URL: d.URL, Note: d.Note, Date: d.Date}
	codes := k.codes(d.Codes)
	title := k.find(d.Title, lang, true, 0)
	body := k.find(d.Body, lang, false, k.whole()&^(title.items|codes))
	if !k.thorough && k.whole()&^(title.items|codes|body.items) != 0 {
		k.thorough, k.memo = true, map[string]uint16{}
		return k.row(d, how)
	}
	row.Title = pieces(d.Title, 0, len(d.Title), title.spans)
	if strings.TrimSpace(d.Title) == "" { // a link must have words
		row.Title = []Piece{{Text: cmp.Or(d.Note, d.URL)}}
	}
	row.Excerpt = excerpt(d.Body, body.spans)
	if codes != 0 {
		row.Reasons = append(row.Reasons, Reason{Key: "search.why.code"})
	}
	if title.items != 0 {
		row.Reasons = append(row.Reasons, Reason{Key: "search.why.title"})
	}
	if body.items&^title.items != 0 {
		row.Reasons = append(row.Reasons, Reason{Key: "search.why.body"})
	}
	if forms := uniqueForms(title.forms, body.forms); len(forms) > 0 {
		row.Reasons = append(row.Reasons, Reason{Key: "search.why.form", Words: strings.Join(forms, ", ")})
	}
	if title.begun {
		row.Reasons = append(row.Reasons, Reason{Key: "search.why.beginning"})
	}
	if how != HowAll && how != HowBeginning {
		for i, it := range k.items {
			if (title.items|body.items|codes)&(1<<i) == 0 {
				row.Missing = append(row.Missing, it.shown)
			}
		}
	}
	return row
}

func (k seeker) whole() uint16 { return 1<<len(k.items) - 1 }

func (k seeker) codes(codes string) uint16 {
	var found uint16
	for i, it := range k.items {
		if it.code != "" && slices.Contains(strings.Fields(codes), it.code) {
			found |= 1 << i
		}
	}
	return found
}

// excerptBytes is about how long an excerpt is.
const excerptBytes = 220

// find walks a text: a title to its end, a body until all that is needed was
// found and the excerpt is past.
func (k seeker) find(text string, lang i18n.Lang, title bool, need uint16) finding {
	var out finding
	var before []word // the words before this one, for phrases
	for w := range eachWord(text) {
		if !title && need&^out.items == 0 && w.start > excerptBytes && (len(out.spans) == 0 && w.start > 2000 || len(out.spans) > 0 && w.start > out.spans[0][0]+2*excerptBytes) {
			break
		}
		got := k.word(w, lang)
		from := w.start
		if before = append(before, w); len(before) > MaxWords {
			before = before[1:]
		}
		for i, it := range k.items {
			if len(it.words) > 1 && ends(before, it.words) {
				got |= 1 << i
				from = min(from, before[len(before)-len(it.words)].start)
			}
		}
		got = k.titleOnly(got, title)
		if got&k.whole() == 0 {
			continue
		}
		out.items |= got & k.whole()
		out.spans = append(out.spans, [2]int{from, w.end})
		if got&byForm != 0 && len(out.forms) < 3 && !slices.Contains(out.forms, w.shown) {
			out.forms = append(out.forms, w.shown)
		}
		out.begun = out.begun || got&byBegin != 0
	}
	return out
}

// titleOnly drops what counts in a title only: a beginning.
func (k seeker) titleOnly(got uint16, title bool) uint16 {
	if got&byBegin != 0 && !title {
		return 0
	}
	return got
}

func ends(text, phrase []word) bool {
	if len(text) < len(phrase) {
		return false
	}
	for i, w := range text[len(text)-len(phrase):] {
		if w.fold != phrase[i].fold {
			return false
		}
	}
	return true
}

// word tells which items a word of a text matches.
func (k seeker) word(w word, lang i18n.Lang) uint16 {
	if !k.thorough && !k.starts[cut(w.fold, 2)] {
		return 0
	}
	key := string(lang) + w.shown
	if got, known := k.memo[key]; known {
		return got
	}
	var got uint16
	for i, it := range k.items {
		if len(it.words) != 1 {
			continue
		}
		asked := it.words[0].fold
		switch {
		case w.fold == asked:
			return k.keep(key, got&k.whole()|1<<i)
		case it.quoted:
		case shareForm(k.lemmas.of(w, lang), it.base):
			got |= 1<<i | byForm
		case it.begun && strings.HasPrefix(w.fold, asked) && got == 0:
			got |= 1<<i | byBegin
		}
	}
	return k.keep(key, got)
}

func (k seeker) keep(key string, got uint16) uint16 {
	k.memo[key] = got
	return got
}

func shareForm(a, b []string) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

func uniqueForms(lists ...[]string) []string {
	var out []string
	for _, list := range lists {
		for _, f := range list {
			if !slices.Contains(out, f) && len(out) < 3 {
				out = append(out, f)
			}
		}
	}
	return out
}

// pieces cuts text[from:to] at the spans.
func pieces(text string, from, to int, spans [][2]int) []Piece {
	var out []Piece
	at := from
	for _, s := range spans {
		if s[0] < at || s[1] > to {
			continue
		}
		if s[0] > at {
			out = append(out, Piece{Text: text[at:s[0]]})
		}
		out = append(out, Piece{text[s[0]:s[1]], true})
		at = s[1]
	}
	if at < to {
		out = append(out, Piece{Text: text[at:to]})
	}
	return out
}

// inOneLine keeps apart in an excerpt what stood on lines of its own.
var inOneLine = strings.NewReplacer(".\n\n", ". ", ".\n", ". ", "\n\n", " · ", "\n", " · ")

// excerpt is the part of a body around the first word found, cut between words.
func excerpt(body string, spans [][2]int) []Piece {
	if strings.TrimSpace(body) == "" {
		return nil
	}
	from := 0
	if len(spans) > 0 && spans[0][0] > excerptBytes/2 {
		from = spans[0][0] - excerptBytes/3
		if space := strings.IndexAny(body[from:spans[0][0]], " \n\t"); space >= 0 {
			from += space + 1
		} else {
			from = spans[0][0]
		}
	}
	to := min(from+excerptBytes, len(body))
	if to < len(body) {
		if space := strings.LastIndexAny(body[from:to], " \n\t"); space > 0 {
			to = from + space
		} else {
			to = from + len(strings.ToValidUTF8(body[from:to], ""))
		}
	}
	if len(spans) > 0 && to < spans[0][1] {
		to = spans[0][1]
	}
	out := pieces(body, from, to, spans)
	for n := range out {
		out[n].Text = inOneLine.Replace(out[n].Text)
	}
	if from > 0 {
		out = append([]Piece{{Text: "… "}}, out...)
	}
	if to < len(body) {
		out = append(out, Piece{Text: " …"})
	}
	return out
}
