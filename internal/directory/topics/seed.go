package topics

import (
	"bufio"
	"context"
	_ "embed" // the starting set
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

//go:embed starting/vocabulary.txt
var startingSet string

// space makes the ids of the starting set from their codes, so that two
// installations have the same topic under the same id.
var space = uuid.MustParse("3b8b6a0e-6f0e-5f5c-9c39-7a3d1a7f9a11")

func seededID(code string) ID { return ID(uuid.NewSHA1(space, []byte(code)).String()) }

// Seed fills an empty vocabulary with the starting set; of one that is not
// empty it touches nothing. Two processes that start together fill it once.
func (s *Service) Seed(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "seed the vocabulary")
	filled, err := db.AnyRow(ctx, s.db, "directory_topics")
	if err != nil || filled {
		return err
	}
	records, err := parseSet(strings.NewReader(startingSet))
	if err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, err := s.begin(ctx, tx, audit.By{}, "seed", at)
		if err != nil || len(w.v.list) > 0 {
			return err
		}
		for _, r := range records {
			t := r.apply(nil, "")
			t.ID = seededID(r.Code)
			t.StandsFor, t.CreatedAt, t.UpdatedAt = t.ID, at.Unix(), at.Unix()
			if r.Parent != "" {
				t.Parent = seededID(r.Parent)
			}
			if err := insert(ctx, tx, t); err != nil {
				return err
			}
			err := w.remember(done{act: actCreated, id: t.ID, after: r})
			if err == nil && s.touch != nil {
				err = s.touch(ctx, tx, string(t.ID))
			}
			if err != nil {
				return err
			}
		}
		return nil // not in the log: an installation nobody has used holds no acts
	})
}

// parseSet reads the format that the starting set describes, strictly: whatever
// it does not know is an error with the number of the line. The records come in
// the order of the file, so that a parent stands before what is below it.
func parseSet(r io.Reader) (records []Record, err error) {
	var kind Kind
	var chain []string // codes of the ancestors
	seen := map[string]bool{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " ")
		text := strings.TrimLeft(line, " ")
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
			continue
		case strings.HasPrefix(line, "["):
			kind, chain = Kind(strings.Trim(line, "[]")), nil
			if !slices.Contains(Kinds(), kind) || line != "["+string(kind)+"]" {
				return nil, fmt.Errorf("line %d: no such kind: %s", n, line)
			}
			continue
		case kind == "":
			return nil, fmt.Errorf("line %d: a topic before the first kind", n)
		}
		level, odd := (len(line)-len(text))/2, (len(line)-len(text))%2
		if odd != 0 || level > len(chain) || level >= Levels {
			return nil, fmt.Errorf("line %d: indented wrongly", n)
		}
		rec, err := parseLine(text, kind)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if seen[rec.Code] {
			return nil, fmt.Errorf("line %d: %s stands twice", n, rec.Code)
		}
		seen[rec.Code] = true
		chain = append(chain[:level], rec.Code)
		if level > 0 {
			rec.Parent = chain[level-1]
		}
		records = append(records, rec)
	}
	return records, lines.Err()
}

// parseLine reads one topic: code, three names, then named lists and dates.
func parseLine(text string, kind Kind) (Record, error) {
	cells := strings.Split(text, "|")
	for n := range cells {
		cells[n] = strings.TrimSpace(cells[n])
	}
	if len(cells) < 4 {
		return Record{}, fmt.Errorf("%d cells, want a code and three names", len(cells))
	}
	r := Record{Code: cells[0], Kind: kind, Names: map[i18n.Lang]string{i18n.PL: cells[1], i18n.EN: cells[2], i18n.UK: cells[3]},
		Synonyms: map[i18n.Lang][]string{}}
	given := map[string]bool{}
	for _, cell := range cells[4:] {
		name, value, found := strings.Cut(cell, ":")
		value = strings.TrimSpace(value)
		if !found || value == "" || given[name] {
			return Record{}, fmt.Errorf("cell %q", cell)
		}
		given[name] = true
		switch {
		case i18n.Valid(name):
			lang := i18n.Lang(name)
			r.Synonyms[lang] = words(value, r.Names[lang])
			if len(r.Synonyms[lang]) != strings.Count(value, ";")+1 {
				return Record{}, fmt.Errorf("cell %q repeats a word", cell)
			}
		case name == "from":
			r.From = value
		case name == "until":
			r.Until = value
		case name == "basis":
			r.Basis = value
		default:
			return Record{}, fmt.Errorf("cell %q", cell)
		}
	}
	if faults := r.faults(); len(faults) > 0 {
		return Record{}, fmt.Errorf("%s: %s", r.Code, fault.InvalidFields(faults))
	}
	return r, nil
}
