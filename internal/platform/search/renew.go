package search

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// renew reads documents and replaces what is indexed of them. What was touched
// again since the batch was taken is left for later: what we read may be old.
func (s *Service) renew(ctx context.Context, kind Kind, batch []queued) (err error) {
	defer fault.Wrap(&err, "index kind %s", kind.Name)
	ids, marks := make([]string, len(batch)), make([]string, len(batch))
	for i, q := range batch {
		ids[i], marks[i] = q.ID, q.Mark
	}
	docs, err := kind.Load(ctx, ids)
	if err != nil {
		return err
	}
	entries := s.entries(kind, ids, docs)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		query, args, err := db.In(`delete from search_queue where mark in (?) returning id`, marks)
		if err != nil {
			return err
		}
		var ours []string
		if err := tx.Select(ctx, &ours, query, args...); err != nil || len(ours) == 0 {
			return err
		}
		return s.replace(ctx, tx, kind, ours, entries)
	})
}

// entries analyzes documents, outside of the transaction. Documents that nobody
// may find are left out.
func (s *Service) entries(kind Kind, asked []string, docs []Doc) map[string]entry {
	out := map[string]entry{}
	wanted := map[string]bool{}
	for _, id := range asked {
		wanted[id] = true
	}
	m := s.lemmas()
	for _, d := range docs {
		if d.Audience = readers(d.Audience); !wanted[d.ID] || len(d.Audience) == 0 {
			continue
		}
		d.Kind = kind.Name
		d.Title, d.Body = clean(cut(d.Title, longestTitle)), clean(shortened(d.Body))
		d.URL, d.Note = clean(d.URL), clean(d.Note)
		if d.Lang == "" {
			d.Lang = i18n.PL
		}
		e := entry{doc: d, print: s.print(kind, d)}
		title := wordsOf(d.Title, mostWords)
		body := wordsOf(d.Body, mostWords)
		if e.terms = m.terms(d, title, body); len(e.terms) == 0 {
			continue // nothing to find it by
		}
		if public(d.Audience) {
			e.words = counted(title, body)
		}
		out[d.ID] = e
	}
	return out
}

// readers is the keys that can be kept: in lines, none of them empty.
func readers(audience []string) []string {
	return slices.DeleteFunc(slices.Clone(audience), func(a string) bool {
		return a == "" || strings.ContainsAny(a, "\n\x00") || !utf8.ValidString(a)
	})
}

// shortened cuts a long text at a whole letter.
func shortened(s string) string {
	if len(s) <= longestBody {
		return s
	}
	return strings.ToValidUTF8(s[:longestBody], "")
}

// clean takes out what PostgreSQL does not store.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

// print tells whether a document, or the way it is indexed, changed.
func (s *Service) print(kind Kind, d Doc) string {
	text, err := json.Marshal(d)
	if err != nil {
		return "" // cannot be: strings always encode
	}
	sum := sha256.Sum256(append(text, s.version(kind)...))
	return hex.EncodeToString(sum[:])
}

// old is what is indexed of a document.
type old struct {
	DocID   int64  `db:"docid"`
	ID      string `db:"id"`
	Title   string `db:"title"`
	Body    string `db:"body"`
	Public  bool   `db:"public"`
	Counted string `db:"counted"`
	Print   string `db:"print"`
}

func (s *Service) replace(ctx context.Context, tx *db.Tx, kind Kind, ids []string, entries map[string]entry) error {
	was, err := indexed(ctx, tx, kind.Name, ids)
	if err != nil {
		return err
	}
	count := map[string]delta{}
	var put []entry
	var drop []int64
	for _, id := range ids {
		e, wanted := entries[id]
		before, there := was[id]
		if wanted && there && e.print == before.Print {
			continue
		}
		if there {
			drop = append(drop, before.DocID)
			if before.Public && before.Counted == analysis {
				less(count, counted(wordsOf(before.Title, mostWords), wordsOf(before.Body, mostWords)))
			}
		}
		if wanted {
			put = append(put, e)
			more(count, e.words)
		}
	}
	if err := s.dropDocs(ctx, tx, drop); err != nil {
		return err
	}
	if err := place(ctx, tx, kind, put); err != nil {
		return err
	}
	slices.SortFunc(put, func(a, b entry) int { return cmp.Compare(a.docid, b.docid) })
	if err := putDocs(ctx, tx, put); err != nil {
		return err
	}
	if err := s.index.put(ctx, tx, put); err != nil {
		return err
	}
	return recount(ctx, tx, count)
}

func indexed(ctx context.Context, tx *db.Tx, kind string, ids []string) (map[string]old, error) {
	query, args, err := db.In(`select docid, id, title, body, public, counted, print from search_docs where kind = ? and id in (?)`, kind, ids)
	if err != nil {
		return nil, err
	}
	var rows []old
	if err := tx.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := map[string]old{}
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, nil
}

// dropDocs takes documents out of all tables.
func (s *Service) dropDocs(ctx context.Context, tx *db.Tx, docids []int64) error {
	if len(docids) == 0 {
		return nil
	}
	slices.Sort(docids)
	for _, statement := range []string{`delete from search_docs where docid in (?)`, `delete from search_facets where docid in (?)`} {
		query, args, err := db.In(statement, docids)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return s.index.drop(ctx, tx, docids)
}

// place gives each entry its docid, the next one where it is taken.
func place(ctx context.Context, tx *db.Tx, kind Kind, put []entry) error {
	for i := range put {
		put[i].docid = docID(kind.Rank, put[i].doc.Date, put[i].doc.ID)
	}
	// In the order of ids, so that it does not depend on how they came.
	slices.SortFunc(put, func(a, b entry) int { return strings.Compare(a.doc.ID, b.doc.ID) })
	taken := map[int64]bool{}
	for open := 0; open < len(put); {
		wanted := make([]int64, 0, len(put)-open)
		for _, e := range put[open:] {
			wanted = append(wanted, e.docid)
		}
		query, args, err := db.In(`select docid from search_docs where docid in (?)`, wanted)
		if err != nil {
			return err
		}
		var there []int64
		if err := tx.Select(ctx, &there, query, args...); err != nil {
			return err
		}
		for _, n := range there {
			taken[n] = true
		}
		for ; open < len(put) && !taken[put[open].docid]; open++ {
			taken[put[open].docid] = true
		}
		if open < len(put) {
			put[open].docid++
		}
	}
	return nil
}

func putDocs(ctx context.Context, tx *db.Tx, put []entry) error {
	const columns = 14
	for batch := range slices.Chunk(put, db.MaxParams/columns) {
		args := make([]any, 0, len(batch)*columns)
		for _, e := range batch {
			d := e.doc
			args = append(args, e.docid, d.Kind, d.ID, string(d.Lang), d.Title, d.Body, strings.Join(codesOf(d.Codes), " "), d.URL, d.Note, d.Date,
				strings.Join(d.Audience, "\n"), public(d.Audience), analysis, e.print)
		}
		_, err := tx.Exec(ctx, `insert into search_docs (docid, kind, id, lang, title, body, codes, url, note, date, audience, public, counted, print)
			values `+db.Marks(len(batch), columns), args...)
		if err != nil {
			return err
		}
	}
	return putFacets(ctx, tx, put)
}

func putFacets(ctx context.Context, tx *db.Tx, put []entry) error {
	type row struct {
		docid       int64
		name, value string
	}
	var rows []row
	for _, e := range put {
		for _, name := range slices.Sorted(maps.Keys(e.doc.Facets)) {
			values := slices.Clone(e.doc.Facets[name])
			slices.Sort(values)
			for _, v := range slices.Compact(values) {
				rows = append(rows, row{e.docid, clean(name), clean(v)})
			}
		}
	}
	const columns = 3
	for batch := range slices.Chunk(rows, db.MaxParams/columns) {
		args := make([]any, 0, len(batch)*columns)
		for _, r := range batch {
			args = append(args, r.docid, r.name, r.value)
		}
		_, err := tx.Exec(ctx, `insert into search_facets (docid, name, value) values `+db.Marks(len(batch), columns), args...)
		if err != nil {
			return fmt.Errorf("facets: %w", err)
		}
	}
	return nil
}
