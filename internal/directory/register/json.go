package register

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// The register's API answers a list of institutions page by page. People save such answers in several ways, and all of
// them are read:
//  1. one page, a plain array, as API 1.2.0 answers;
//  2. one page in an envelope with "hydra:member" and "hydra:totalItems", as its forerunner answered;
//  3. an array of pages, which package registerapi writes, or pages one behind the other.
//
// The text is read as it comes: no more than one value is held beside the records.

const (
	maxValue = 64 << 10 // bytes of one value; the longest honest one is a list of children
	maxLists = 2        // a list of pages, a page
)

// beginsJSON looks past a byte-order mark and blanks.
func beginsJSON(r *bufio.Reader) (bool, error) {
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	return len(head) > 0 && (head[0] == '[' || head[0] == '{'), nil
}

func readJSON(r *bufio.Reader, limit int64) (File, error) {
	if head, err := r.Peek(3); err == nil && string(head) == "\ufeff" {
		_, _ = r.Discard(3)
		limit -= 3
	}
	counted := &io.LimitedReader{R: r, N: limit + 1}
	j := &jsonReading{in: json.NewDecoder(counted), seen: map[string]bool{}, total: -1,
		reading: reading{layout: layoutOf(RSPOAPI), at: apiPlaces(), file: File{Shape: RSPOAPI}}}
	j.in.UseNumber()
	err := j.all()
	if counted.N <= 0 {
		return File{}, refuse("too_large", "limit", itoa(int(max(1, limit>>20))))
	}
	if err != nil {
		return File{}, j.refusal(err)
	}
	if j.file.Rows == 0 {
		return File{}, refuse("json_empty")
	}
	if !j.seen["numerRspo"] {
		return File{}, refuse("json_other")
	}
	j.weigh()
	return j.finish(), nil
}

func layoutOf(shape Shape) layout {
	all := layouts()
	return all[slices.IndexFunc(all, func(l layout) bool { return l.shape == shape })]
}

// jsonReading walks over the values of a file.
type jsonReading struct {
	reading
	in    *json.Decoder
	skip  json.RawMessage // room for values nobody reads
	seen  map[string]bool // names of the API that occurred
	odd   map[string]bool // names that are not the API's
	pages []int           // institutions on each page
	total int             // as an envelope says, or -1
}

// refusal tells a file that ends too early from one that is no JSON. Errors of the reader pass.
func (j *jsonReading) refusal(err error) error {
	var refused *Refusal
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return refuse("json_truncated", "row", itoa(j.file.Rows))
	case errors.As(err, &syntax):
		return refuse("json_bad", "row", itoa(j.file.Rows))
	}
	return err
}

// all reads the lists of a file, one behind the other.
func (j *jsonReading) all() error {
	for {
		token, err := j.in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['):
			err = j.list(1)
		case json.Delim('{'):
			err = j.object(1)
		default:
			err = refuse("json_other")
		}
		if err != nil {
			return err
		}
	}
}

// list reads the rest of an array. It is a page as soon as it holds anything but lists.
func (j *jsonReading) list(deep int) error {
	if deep > maxLists {
		return refuse("json_other")
	}
	rows, pages := 0, len(j.pages)
	for j.in.More() {
		token, err := j.in.Token()
		if err != nil {
			return err
		}
		before := j.file.Rows
		switch token {
		case json.Delim('['):
			err = j.list(deep + 1)
		case json.Delim('{'):
			err = j.object(deep + 1)
			rows += j.file.Rows - before
		default:
			rows++
			err = j.stranger()
		}
		if err != nil {
			return err
		}
	}
	if len(j.pages) == pages && (rows > 0 || deep > 1) {
		j.pages = append(j.pages, rows)
	}
	_, err := j.in.Token()
	return err
}

// stranger is an element that is no object.
func (j *jsonReading) stranger() error {
	if err := j.count(); err != nil {
		return err
	}
	j.problem(Problem{Row: j.file.Rows, Level: Error}, "json_row")
	return nil
}

func (j *jsonReading) count() error {
	if j.file.Rows++; j.file.Rows > maxRows {
		return refuse("too_many_rows", "limit", itoa(maxRows))
	}
	return nil
}

// object reads the rest of an object: an institution, or the envelope of a page.
func (j *jsonReading) object(deep int) error {
	values, envelope := map[string]json.RawMessage{}, false
	for j.in.More() {
		token, err := j.in.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if name == "hydra:member" || name == "member" {
			envelope = true
			err = j.members(deep)
		} else {
			err = j.value(name, values)
		}
		if err != nil {
			return err
		}
	}
	if _, err := j.in.Token(); err != nil {
		return err
	}
	switch {
	case envelope:
		return nil
	case deep == 1: // an object by itself is an error message or anything else
		return refuse("json_other")
	}
	return j.institution(values)
}

func (j *jsonReading) members(deep int) error {
	token, err := j.in.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('[') {
		return refuse("json_other")
	}
	return j.list(max(deep, maxLists)) // whether the envelope stands alone or in a list of pages: this is a page
}

// value keeps what the API is read for, and the total an envelope states.
func (j *jsonReading) value(name string, values map[string]json.RawMessage) error {
	_, wanted := apiFields[name]
	if !wanted {
		j.note(name)
		if err := j.in.Decode(&j.skip); err != nil {
			return err
		}
		if name == "hydra:totalItems" || name == "totalItems" {
			if n, err := number(j.skip); err == nil {
				j.total = max(j.total, n)
			}
		}
		if cap(j.skip) > maxValue {
			j.skip = nil
		}
		return nil
	}
	var raw json.RawMessage
	if err := j.in.Decode(&raw); err != nil {
		return err
	}
	if !utf8.Valid(raw) {
		return refuse("json_not_utf8")
	}
	if len(raw) > maxValue {
		raw = json.RawMessage(`{}`) // of no type that is wanted: reported as any other
	}
	j.seen[name] = true
	values[name] = raw
	return nil
}

func number(raw json.RawMessage) (n int, err error) {
	err = json.Unmarshal(raw, &n)
	return n, err
}

// note remembers a name nobody knows; a hostile file has no end of them.
func (j *jsonReading) note(name string) {
	if slices.Contains(apiUnused, name) || len(j.odd) >= 20 {
		return
	}
	if j.odd == nil {
		j.odd = map[string]bool{}
	}
	j.odd[clip(name, 60)] = true
}

func (j *jsonReading) institution(values map[string]json.RawMessage) error {
	if err := j.count(); err != nil {
		return err
	}
	j.take(j.row(values))
	return nil
}

// weigh says what is known about the file as a whole: fields nobody states, and whether it holds everything. A page by
// itself looks like a register that lost the other pages. Where nothing proves the file whole, a problem of level error
// without a number keeps Compare from closing what it does not list.
func (j *jsonReading) weigh() {
	for _, name := range slices.Sorted(maps.Keys(apiFields)) {
		if !j.seen[name] {
			j.file.Absent = append(j.file.Absent, apiFields[name].states...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.odd)) {
		j.problem(Problem{Level: Note}, "unknown_column", "column", name)
	}
	rows, last := j.distinct(), len(j.pages)-1 // a page saved twice is no other page
	switch {
	case j.total >= 0 && j.total != rows:
		j.problem(Problem{Level: Error}, "json_part", "rows", itoa(rows), "total", itoa(j.total))
	case j.total < 0 && (last < 1 || j.pages[last] > 0 || rows < len(j.found)):
		j.problem(Problem{Level: Error}, "json_unproven", "rows", itoa(rows))
	}
}

func (j *jsonReading) distinct() int {
	numbers := make(map[int]bool, len(j.found))
	for _, f := range j.found {
		numbers[f.record.RSPO] = true
	}
	return len(numbers)
}
