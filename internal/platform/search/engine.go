package search

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/db"
)

// index is the engine: it finds the docids whose tokens match. This file is the
// only one here that knows which of the two it is.
type index struct{ postgres bool }

func (x index) text(e node) string {
	if x.postgres {
		return e.text(pgSigns)
	}
	return e.text(ftsSigns)
}

// What the engines are asked. All docids come as one text: a row for each would
// cost more than finding it. On PostgreSQL "docid + 0" keeps the planner from
// reading the whole index of docids beside that of the tokens.
const (
	ftsList = `select coalesce(group_concat(docid), '') from (
		select rowid as docid from search_index where search_index match ? and rowid >= ? and rowid <= ? limit ?) as hits`
	pgList = `select coalesce(string_agg(cast(docid as text), ','), '') from (
		select docid from search_index where terms @@ cast(? as tsquery) and docid + 0 >= ? and docid + 0 <= ? limit ?) as hits`

	// The same for two expressions at once, the second for the titles.
	ftsBoth = `select (` + ftsList + `) as a, (` + ftsList + `) as b`
	pgBoth  = `select (` + pgList + `) as a, (` + pgList + `) as b`

	ftsUp   = `select rowid from search_index where search_index match ? and rowid >= ? and rowid <= ? order by rowid limit ?`
	ftsDown = `select rowid from search_index where search_index match ? and rowid >= ? and rowid <= ? order by rowid desc limit ?`

	// Sparse matches are gathered before they are put in order; else the
	// planner may walk the whole table in its order to find twenty.
	pgUp   = `with hits as materialized (select docid from search_index where terms @@ cast(? as tsquery) and docid + 0 >= ? and docid + 0 <= ?) select docid from hits order by docid limit ?`
	pgDown = `with hits as materialized (select docid from search_index where terms @@ cast(? as tsquery) and docid + 0 >= ? and docid + 0 <= ?) select docid from hits order by docid desc limit ?`

	// The docids come back as the text in which they were found.
	ftsFacets = `select name, value, count(*) as n from search_facets
		where docid in (select cast(value as integer) from json_each('[' || ? || ']')) group by name, value`
	pgFacets = `select name, value, count(*) as n from search_facets
		where docid = any(cast(string_to_array(?, ',') as bigint[])) group by name, value`
)

func (x index) pick(fts, pg string) string {
	if x.postgres {
		return pg
	}
	return fts
}

// list is at most limit docids that match, in no promised order.
func (x index) list(ctx context.Context, r db.Reader, e node, in span, limit int) ([]int64, error) {
	if e.op == opNone || limit <= 0 {
		return nil, nil
	}
	var text string
	if err := r.Get(ctx, &text, x.pick(ftsList, pgList), x.text(e), in.lo, in.hi, limit); err != nil {
		return nil, err
	}
	return numbers(text)
}

// both is two lists in one question.
func (x index) both(ctx context.Context, r db.Reader, e, f node, in span, limit int) (a, b []int64, err error) {
	if e.op == opNone || f.op == opNone {
		a, err = x.list(ctx, r, e, in, limit)
		return a, nil, err
	}
	var text struct {
		A string `db:"a"`
		B string `db:"b"`
	}
	err = r.Get(ctx, &text, x.pick(ftsBoth, pgBoth), x.text(e), in.lo, in.hi, limit, x.text(f), in.lo, in.hi, limit)
	if err != nil {
		return nil, nil, err
	}
	if a, err = numbers(text.A); err == nil {
		b, err = numbers(text.B)
	}
	return a, b, err
}

func numbers(text string) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	out := make([]int64, 0, strings.Count(text, ",")+1)
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// ordered is the first n docids that match, or with down the last n, last first.
func (x index) ordered(ctx context.Context, r db.Reader, e node, in span, n int, down bool) ([]int64, error) {
	if e.op == opNone || n <= 0 || in.lo > in.hi {
		return nil, nil
	}
	query := x.pick(ftsUp, pgUp)
	if down {
		query = x.pick(ftsDown, pgDown)
	}
	var out []int64
	err := r.Select(ctx, &out, query, x.text(e), in.lo, in.hi, n)
	return out, err
}

type facetCount struct {
	Name  string `db:"name"`
	Value string `db:"value"`
	N     int    `db:"n"`
}

// facets counts the values of documents.
func (x index) facets(ctx context.Context, r db.Reader, docids []int64) ([]facetCount, error) {
	if len(docids) == 0 {
		return nil, nil
	}
	list := make([]byte, 0, 20*len(docids))
	for _, id := range docids {
		list = append(strconv.AppendInt(list, id, 10), ',')
	}
	var out []facetCount
	err := r.Select(ctx, &out, x.pick(ftsFacets, pgFacets), string(list[:len(list)-1]))
	return out, err
}

// entry is a document ready to be written.
type entry struct {
	doc   Doc
	docid int64
	terms []string
	words map[string]string // of a public document: folded -> as written
	print string
}

// put writes tokens. The entries are ordered by docid: FTS5 begins a new piece
// of its index whenever the numbers go back.
func (x index) put(ctx context.Context, tx *db.Tx, entries []entry) error {
	if !x.postgres {
		for _, e := range entries {
			if _, err := tx.Exec(ctx, `insert into search_index (rowid, terms) values (?, ?)`, e.docid, strings.Join(e.terms, " ")); err != nil {
				return err
			}
		}
		return nil
	}
	const columns = 2
	for batch := range slices.Chunk(entries, 100) {
		args := make([]any, 0, len(batch)*columns)
		for _, e := range batch {
			args = append(args, e.docid, "'"+strings.Join(e.terms, "' '")+"'")
		}
		row := ", (cast(? as bigint), cast(? as tsvector))"
		_, err := tx.Exec(ctx, `insert into search_index (docid, terms) values `+strings.TrimPrefix(strings.Repeat(row, len(batch)), ", "), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// drop deletes the tokens of documents, at most MaxParams of them.
func (x index) drop(ctx context.Context, tx *db.Tx, docids []int64) error {
	if len(docids) == 0 {
		return nil
	}
	query, args, err := db.In(x.pick(`delete from search_index where rowid in (?)`, `delete from search_index where docid in (?)`), docids)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, query, args...)
	return err
}

// settle ends a run of changes, by a bounded amount of work: on PostgreSQL
// entries that still wait go where they belong; on SQLite pieces of the index of
// like size are folded together. It tells whether there is more to do.
func (x index) settle(ctx context.Context, tx *db.Tx) (more bool, err error) {
	if x.postgres {
		var pages int64
		return false, tx.Get(ctx, &pages, `select gin_clean_pending_list('search_index_terms')`)
	}
	return merge(ctx, tx, 500)
}

// tidy folds all of the index together, a bounded amount at a time, so that the
// tokens of deleted documents leave the file. It tells whether there is more to
// do. PostgreSQL's vacuum does that by itself.
func (x index) tidy(ctx context.Context, tx *db.Tx) (more bool, err error) {
	if x.postgres {
		return x.settle(ctx, tx)
	}
	return merge(ctx, tx, -500)
}

// merge is FTS5's: a negative number of pages folds pieces of any size. It has
// nothing left to do when hardly a row changes.
func merge(ctx context.Context, tx *db.Tx, pages int) (more bool, err error) {
	var before, after int64
	if err := tx.Get(ctx, &before, `select total_changes()`); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `insert into search_index (search_index, rank) values ('merge', ?)`, pages); err != nil {
		return false, err
	}
	err = tx.Get(ctx, &after, `select total_changes()`)
	return after-before >= 2, err
}

// filled tells whether the index holds anything.
func (x index) filled(ctx context.Context, r db.Reader) (bool, error) {
	var n int
	err := r.Get(ctx, &n, x.pick(`select count(*) from (select rowid from search_index limit 1) as one`, `select count(*) from (select docid from search_index limit 1) as one`))
	return n > 0, err
}
