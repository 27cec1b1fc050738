package backup

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Erasure is a line of the journal that platform/privacy keeps outside the
// database, so that a restore cannot forget who was erased.
type Erasure struct {
	Person string
	At     time.Time
	Line   json.RawMessage // all that the journal tells of it
}

// ReadErasures reads the lines {"person": …, "at": …} of a journal that are
// not older than since. At is in seconds since 1970 or in RFC 3339; other
// fields are not looked at. A line that cannot be read is an error, also the
// last one: it may be somebody's erasure.
func ReadErasures(journal io.Reader, since time.Time) ([]Erasure, error) {
	var out []Erasure
	lines := bufio.NewScanner(journal)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		e, err := readErasure(line)
		if err != nil {
			return nil, fmt.Errorf("journal of erasures, line %d: %w", n, err)
		}
		if !e.At.Before(since) {
			out = append(out, e)
		}
	}
	return out, lines.Err()
}

func readErasure(line []byte) (Erasure, error) {
	var raw struct {
		Person string          `json:"person"`
		At     json.RawMessage `json:"at"`
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return Erasure{}, err
	}
	e := Erasure{Person: raw.Person, Line: bytes.Clone(line)}
	if seconds, err := strconv.ParseInt(string(raw.At), 10, 64); err == nil {
		e.At = time.Unix(seconds, 0).UTC()
	} else if err := json.Unmarshal(raw.At, &e.At); err != nil || len(raw.At) == 0 {
		return Erasure{}, fmt.Errorf("it does not say when")
	}
	if e.Person == "" || e.At.IsZero() {
		return Erasure{}, fmt.Errorf("it does not say who and when")
	}
	return e, nil
}
