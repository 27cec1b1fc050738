package register

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
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

// load reads at most limit bytes of text in UTF-8 or, where it is plainly that, Windows-1250; decoded then names it.
func load(r io.Reader, limit int64) (text, decoded string, err error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", "", err
	}
	if int64(len(data)) > limit {
		return "", "", refuse("too_large", "limit", itoa(int(max(1, limit>>20))))
	}
	if refusal := judge(data); refusal != nil {
		return "", "", refusal
	}
	if !utf8.Valid(data) {
		if data, err = decode1250(data); err != nil {
			return "", "", err
		}
		decoded = windows1250
	}
	text = string(bytes.TrimPrefix(data, []byte("\ufeff")))
	if looksHTML(text) {
		return "", "", refuse("html")
	}
	return text, decoded, nil
}

// judge looks at raw bytes. Known kinds come before NUL bytes, so that the message names what the person most likely
// did.
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
	if len(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))) == 0 {
		return refuse("empty")
	}
	return nil
}

func looksHTML(text string) bool {
	return containsAny(strings.ToLower(text[:min(len(text), 1024)]), []string{"<!doctype", "<html", "<head", "<body", "<?xml"})
}

// looksUTF16 finds UTF-16 without its mark: in Latin text every other byte is NUL.
func looksUTF16(data []byte) bool {
	sample := data[:min(len(data), 400)]
	return bytes.Count(sample, []byte{0})*3 > len(sample)
}

func lineOf(data []byte, at int) int {
	return 1 + bytes.Count(data[:at], []byte("\n"))
}

const windows1250 = "Windows-1250"

// decode1250 makes UTF-8 of Windows-1250, in which the register's export comes as well. It refuses what only may be
// that: a wrong guess would write wrong letters into the names of all schools.
func decode1250(data []byte) ([]byte, error) {
	at := firstForeign(data)
	line := itoa(lineOf(data, at))
	switch name := guessEncoding(data); {
	case name == "" || mixed(data):
		return nil, refuse("not_utf8", "line", line)
	case name != windows1250:
		return nil, refuse("other_encoding", "line", line, "encoding", name)
	}
	text, err := charmap.Windows1250.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) { // five bytes mean nothing in it
		return nil, refuse("not_utf8", "line", line)
	}
	return text, nil
}

// firstForeign is the place of the first byte that is no UTF-8.
func firstForeign(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return at
}

// mixed finds Polish letters in UTF-8 among other bytes: two files in two encodings, put one behind the other.
func mixed(data []byte) bool {
	for i := 1; i < len(data); i++ {
		if lead := data[i-1]; (lead == 0xc4 || lead == 0xc5 || lead == 0xc3) && data[i] >= 0x80 && data[i] <= 0xbf {
			return true
		}
	}
	return false
}

// guessEncoding tells the two old Polish encodings apart by the six letters on which they differ: ą ś ź and their
// capitals. The other twelve lie at the same places and speak for both. Windows-1250 has typographic quotes and dashes
// besides, which patrons' names are written with, and a hard blank.
func guessEncoding(data []byte) string {
	windows := count(data, "\xb9\x9c\x9f\xa5\x8c\x8f")
	marks := count(data, "\x82\x84\x85\x91\x92\x93\x94\x96\x97\xa0\xa7\xab\xb0\xbb")
	iso := count(data, "\xb1\xb6\xbc\xa1\xa6\xac")
	both := count(data, "\xe6\xea\xb3\xf1\xf3\xbf\xc6\xca\xa3\xd1\xd3\xaf")
	high := 0
	for _, b := range data {
		if b >= 0x80 {
			high++
		}
	}
	switch {
	case (windows+iso+both+marks)*10 < high*9, marks > windows+iso+both: // too much that is not Polish
		return ""
	case iso > windows:
		return "ISO-8859-2"
	case iso*20 > windows:
		return ""
	}
	return windows1250
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
