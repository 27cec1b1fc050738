package register

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// magics are beginnings of files that people hand in under a name ending in .csv.
var magics = []struct{ begins, key string }{
	{"PK\x03\x04", "zip"}, // also XLSX and ODS
	{"PK\x05\x06", "zip"},
	{"\x1f\x8b", "zip"},
	{"7z\xbc\xaf", "zip"},
	{"Rar!", "zip"},
	{"\xd0\xcf\x11\xe0", "spreadsheet"}, // XLS
	{"\xff\xfe", "utf16"},
	{"\xfe\xff", "utf16"},
	{"%PDF", "pdf"},
}

// load reads at most limit bytes and refuses what is not UTF-8 text.
func load(r io.Reader, limit int64) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", err
	}
	if int64(len(data)) > limit {
		return "", refuse("too_large", "limit", itoa(int(max(1, limit>>20))))
	}
	if refusal := judge(data); refusal != nil {
		return "", refusal
	}
	return string(bytes.TrimPrefix(data, []byte("\ufeff"))), nil
}

// judge looks at raw bytes. Known kinds come before NUL bytes and both before the encoding, so that the message names
// what the person most likely did.
func judge(data []byte) *Refusal {
	for _, magic := range magics {
		if bytes.HasPrefix(data, []byte(magic.begins)) {
			return refuse(magic.key)
		}
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		if looksUTF16(data) {
			return refuse("utf16")
		}
		return refuse("binary", "line", itoa(lineOf(data, at)))
	}
	if !utf8.Valid(data) {
		return notUTF8(data)
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(data[:min(len(data), 1024)]), "\ufeff"))
	if text == "" && len(bytes.TrimSpace(data)) <= 3 {
		return refuse("empty")
	}
	if looksHTML(text) {
		return refuse("html")
	}
	return nil
}

func looksHTML(text string) bool {
	return containsAny(strings.ToLower(text), []string{"<!doctype", "<html", "<head", "<body", "<?xml"})
}

// looksUTF16 finds UTF-16 without its mark: in Latin text every other byte is NUL.
func looksUTF16(data []byte) bool {
	sample := data[:min(len(data), 400)]
	return bytes.Count(sample, []byte{0})*3 > len(sample)
}

func lineOf(data []byte, at int) int {
	return 1 + bytes.Count(data[:at], []byte("\n"))
}

func notUTF8(data []byte) *Refusal {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	line := itoa(lineOf(data, at))
	if name := guessEncoding(data); name != "" {
		return refuse("other_encoding", "line", line, "encoding", name)
	}
	return refuse("not_utf8", "line", line)
}

// guessEncoding tells the two old Polish encodings apart by the six letters on which they differ: ą ś ź and their
// capitals. The other twelve lie at the same places and speak for both.
func guessEncoding(data []byte) string {
	windows := count(data, "\xb9\x9c\x9f\xa5\x8c\x8f")
	iso := count(data, "\xb1\xb6\xbc\xa1\xa6\xac")
	both := count(data, "\xe6\xea\xb3\xf1\xf3\xbf\xc6\xca\xa3\xd1\xd3\xaf")
	high := 0
	for _, b := range data {
		if b >= 0x80 {
			high++
		}
	}
	if (windows+iso+both)*10 < high*9 { // too much that is not Polish
		return ""
	}
	if iso > windows {
		return "ISO-8859-2"
	}
	return "Windows-1250"
}

func count(data []byte, set string) int {
	n := 0
	for _, b := range data {
		if strings.IndexByte(set, b) >= 0 {
			n++
		}
	}
	return n
}
