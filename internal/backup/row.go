package backup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"kladka/internal/platform/db"
)

// A row is a line: a JSON array with a value for each column. Integers are
// written as integers, whatever their size. What JSON cannot say is written
// as text in the column's place (NaN, infinity) or as an object: bytes and
// text that is no UTF-8 are {"base64": "…"}.

type sealed struct {
	Base64 *string `json:"base64"`
}

// appendRow writes a row with its line end.
func appendRow(b []byte, row []any) []byte {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return append(b, ']', '\n')
}

func appendValue(b []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendText(b, x)
	case int64:
		return strconv.AppendInt(b, x, 10)
	case bool:
		return strconv.AppendBool(b, x)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return appendText(b, strconv.FormatFloat(x, 'g', -1, 64))
		}
		return strconv.AppendFloat(b, x, 'g', -1, 64)
	case []byte:
		return appendBytes(b, x)
	}
	panic(fmt.Sprintf("a value of type %T", v)) // db.EachRow gives no other
}

func appendBytes(b, x []byte) []byte {
	b = append(b, `{"base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, x)
	return append(b, `"}`...)
}

// appendText escapes only what JSON demands, so that people can read the file.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		return appendBytes(b, []byte(s))
	}
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

var errRow = errors.New("a row does not have the shape of its table")

// readRow reads a line that appendRow wrote.
func readRow(line []byte, columns []db.Column) ([]any, error) {
	if !utf8.Valid(line) {
		return nil, errRow
	}
	var cells []json.RawMessage
	if err := json.Unmarshal(line, &cells); err != nil || len(cells) != len(columns) {
		return nil, errRow
	}
	row := make([]any, len(cells))
	for i, cell := range cells {
		v, err := readValue(cell, columns[i].Kind)
		if err != nil {
			return nil, fmt.Errorf("%w: column %s", errRow, columns[i].Name)
		}
		row[i] = v
	}
	return row, nil
}

func readValue(cell json.RawMessage, kind db.Kind) (any, error) {
	if bytes.Equal(cell, []byte("null")) {
		return nil, nil
	}
	switch kind {
	case db.Integer:
		return strconv.ParseInt(string(cell), 10, 64)
	case db.Boolean:
		var v bool
		err := json.Unmarshal(cell, &v)
		return v, err
	case db.Real:
		return readReal(cell)
	case db.Bytes:
		return readBytes(cell)
	case db.Text:
		if len(cell) > 0 && cell[0] == '{' {
			b, err := readBytes(cell)
			return string(b), err
		}
		var v string
		err := json.Unmarshal(cell, &v)
		return v, err
	}
	return nil, errRow
}

func readReal(cell json.RawMessage) (float64, error) {
	text := string(cell)
	if len(cell) > 0 && cell[0] == '"' {
		if err := json.Unmarshal(cell, &text); err != nil {
			return 0, err
		}
	}
	return strconv.ParseFloat(text, 64)
}

func readBytes(cell json.RawMessage) ([]byte, error) {
	var v sealed
	if err := json.Unmarshal(cell, &v); err != nil {
		return nil, err
	}
	if v.Base64 == nil {
		return nil, errRow
	}
	return base64.StdEncoding.DecodeString(*v.Base64)
}
