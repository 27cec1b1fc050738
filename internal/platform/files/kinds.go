package files

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"kladka/internal/platform/fault"
)

// The types that a use may name. There are no others: what is not listed here
// is not taken in, and nothing else is ever sent as a Content-Type.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
	GIF  = "image/gif"
	PDF  = "application/pdf"
	Text = "text/plain"
	CSV  = "text/csv"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	ODT  = "application/vnd.oasis.opendocument.text"
	ODS  = "application/vnd.oasis.opendocument.spreadsheet"
	ODP  = "application/vnd.oasis.opendocument.presentation"
)

// Images are the types of pictures.
func Images() []string { return []string{JPEG, PNG, GIF} }

// Documents are what offices write and print.
func Documents() []string { return []string{PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP} }

// kind is what we know of a type.
type kind struct {
	name       string
	extensions []string
	image      bool
	zipped     bool
}

var kinds = map[string]kind{
	JPEG: {JPEG, []string{"jpg", "jpeg", "jpe", "jfif"}, true, false},
	PNG:  {PNG, []string{"png"}, true, false},
	GIF:  {GIF, []string{"gif"}, true, false},
	PDF:  {PDF, []string{"pdf"}, false, false},
	Text: {Text, []string{"txt"}, false, false},
	CSV:  {CSV, []string{"csv"}, false, false},
	DOCX: {DOCX, []string{"docx"}, false, true},
	XLSX: {XLSX, []string{"xlsx"}, false, true},
	PPTX: {PPTX, []string{"pptx"}, false, true},
	ODT:  {ODT, []string{"odt"}, false, true},
	ODS:  {ODS, []string{"ods"}, false, true},
	ODP:  {ODP, []string{"odp"}, false, true},
}

// Readings of a file that is not taken in. Each is a text for the sender.
const (
	tooEmpty    = "files.refused.empty"
	isUnknown   = "files.refused.unknown"
	isActive    = "files.refused.active"
	isProgram   = "files.refused.program"
	isArchive   = "files.refused.archive"
	isOldOffice = "files.refused.old_office"
	isOtherPic  = "files.refused.other_image"
	isTwoThings = "files.refused.two_things"
)

// refused makes the fault of a file that is not taken in.
func refused(key string, args ...any) error { return fault.New(fault.Invalid, key, args...) }

// headSize is how much of a file is looked at to tell what it is.
const headSize = 4096

// kindOf tells what the bytes are, by content alone, and refuses what is on no
// list of ours. The name decides only between plain text and a sheet of text,
// which no content can tell apart. What lies deeper in a file is checked by
// the functions of its kind.
func kindOf(r io.ReaderAt, size int64, name string) (kind, error) {
	head := make([]byte, min(size, headSize))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return kind{}, err
	}
	if len(head) == 0 {
		return kind{}, refused(tooEmpty)
	}
	k, ok := byMagic(r, size, head)
	if !ok {
		return kind{}, refused(refusalOf(head))
	}
	if k.name == Text {
		return textKind(r, size, head, name)
	}
	if !k.zipped && isZip(r, size) || k.name == PDF && marked(head) {
		return kind{}, refused(isTwoThings) // a picture that is also a program (GIFAR)
	}
	return k, nil
}

// byMagic looks at the first bytes, which must begin the file at its very
// start, and asks the library whether it agrees.
func byMagic(r io.ReaderAt, size int64, head []byte) (kind, bool) {
	second := mimetype.Detect(head)
	for _, m := range []struct{ magic, name string }{
		{"\xff\xd8\xff", JPEG}, {"\x89PNG\r\n\x1a\n", PNG}, {"GIF87a", GIF}, {"GIF89a", GIF}, {"%PDF-", PDF},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return kinds[m.name], agrees(second, m.name)
		}
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		name := officeType(r, size)
		return kinds[name], name != ""
	}
	return kinds[Text], agrees(second, Text)
}

// agrees asks for the type or one of its descendants (an animated PNG is a PNG).
func agrees(m *mimetype.MIME, name string) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is(name) {
			return true
		}
	}
	return false
}

// plainTexts are the kinds of text without a meaning that something runs.
var plainTexts = []string{Text, CSV, "text/tab-separated-values", "application/json", "application/x-ndjson", "application/x-subrip"}

// markers begin what a browser would draw, or a server run.
var markers = regexp.MustCompile(`(?i)<(!doctype|html|head|body|script|svg|iframe|object|embed|img|math|\?xml|\?php|%@)|^#!|^mime-version:`)

func marked(head []byte) bool { return markers.Match(head) }

// textKind accepts text that is nothing but text: letters without controls,
// and no beginning that a program would take for more.
func textKind(r io.ReaderAt, size int64, head []byte, name string) (kind, error) {
	second := mimetype.Detect(head)
	if !slices.ContainsFunc(plainTexts, second.Is) {
		return kind{}, refused(refusalOf(head))
	}
	start := strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n")
	if strings.HasPrefix(start, "<") || marked([]byte(start)) {
		return kind{}, refused(isActive)
	}
	ok, err := lettersOnly(r, size)
	if err != nil {
		return kind{}, err
	}
	if !ok {
		return kind{}, refused(isUnknown)
	}
	if isZip(r, size) {
		return kind{}, refused(isTwoThings)
	}
	if strings.HasSuffix(strings.ToLower(CleanName(name)), ".csv") {
		return kinds[CSV], nil
	}
	return kinds[Text], nil
}

// lettersOnly tells whether no control byte is in the text. Letters of an
// eight-bit code page are taken as well as UTF-8: sheets of older programs are
// full of them.
func lettersOnly(r io.ReaderAt, size int64) (bool, error) {
	in, buf := io.NewSectionReader(r, 0, size), make([]byte, 64<<10)
	for {
		n, err := in.Read(buf)
		for _, c := range buf[:n] {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

func isZip(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	return err == nil && len(z.File) > 0
}

// refusalOf says what kind of thing it is that we do not take, so that the
// sender knows what to do.
func refusalOf(head []byte) string {
	m := mimetype.Detect(head)
	for ; m != nil; m = m.Parent() {
		name, _, _ := strings.Cut(m.String(), ";")
		for key, list := range refusals {
			if slices.Contains(list, name) {
				return key
			}
		}
	}
	if marked(head) {
		return isActive
	}
	return isUnknown
}

var refusals = map[string][]string{
	isActive: {"text/html", "text/xml", "application/xml", "image/svg+xml", "application/xhtml+xml", "text/javascript",
		"application/javascript", "application/x-shockwave-flash", "text/x-php", "application/x-httpd-php"},
	isProgram: {"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary",
		"application/x-java-applet", "application/java-archive", "application/vnd.android.package-archive",
		"application/x-ms-shortcut", "application/x-ms-installer", "application/wasm", "application/vnd.debian.binary-package",
		"application/x-rpm", "application/x-chrome-extension", "text/x-python", "text/x-perl", "text/x-lua", "text/x-tcl",
		"text/x-ruby", "text/x-shellscript", "text/x-sh"},
	isArchive: {"application/zip", "application/vnd.rar", "application/x-rar-compressed", "application/x-7z-compressed",
		"application/gzip", "application/x-tar", "application/x-bzip2", "application/x-xz", "application/zstd",
		"application/x-archive", "application/vnd.ms-cab-compressed", "application/lzip", "application/x-lzip"},
	isOldOffice: {"application/x-ole-storage"},
	isOtherPic: {"image/webp", "image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif",
		"image/tiff", "image/bmp", "image/jxl", "image/jp2", "image/vnd.adobe.photoshop", "image/x-icon"},
}
