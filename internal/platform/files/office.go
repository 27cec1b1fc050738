package files

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"kladka/internal/platform/fault"
)

// Files of office programs are zip archives full of XML. What is asked of one:
//
//  1. It begins with its first entry and ends with its table, entries do not
//     overlap, and none lies outside: no second file hides in it.
//  2. It holds no more than officeEntries entries and unpacks, really and not
//     only by its own word, to no more than officeBytes and officeRatio times
//     its size: no bomb.
//  3. Nothing in it is locked, nothing runs (macros, ActiveX, scripts, packed
//     programs), nothing is fetched from elsewhere when it is opened.
//  4. No archives within, but for one level of office files, which is how
//     charts keep their numbers; those are asked the same.
const (
	officeEntries = 5000
	officeBytes   = 256 << 20
	officeRatio   = 150
	officeLeast   = 16 << 20 // a small file of blank pages may well shrink further
	officeInner   = 32 << 20 // of an office file within an office file
)

const (
	isBroken  = "files.refused.broken"
	isMacro   = "files.refused.macro"
	isLocked  = "files.refused.locked"
	isBomb    = "files.refused.bomb"
	isNested  = "files.refused.nested"
	isTricky  = "files.refused.tricky_paths"
	isFetcher = "files.refused.fetches"
)

// mainParts tell by the list of contents what an OOXML file is. A file with
// macros, a template and an add-in have other words there.
var mainParts = map[string]string{
	DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
	XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
	PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}

const contentTypes = "[Content_Types].xml"

// officeType tells which office file a zip archive is, "" for none of ours.
func officeType(r io.ReaderAt, size int64) string {
	z, err := zip.NewReader(r, size)
	if err != nil || len(z.File) == 0 || len(z.File) > officeEntries {
		return ""
	}
	if first := z.File[0]; first.Name == "mimetype" && first.Method == zip.Store {
		name, err := readEntry(first, 100)
		if err != nil || !slices.Contains([]string{ODT, ODS, ODP}, string(name)) {
			return ""
		}
		return string(name)
	}
	for _, f := range z.File {
		if f.Name != contentTypes {
			continue
		}
		text, err := readEntry(f, 1<<20)
		if err != nil {
			return ""
		}
		return ooxmlType(text)
	}
	return ""
}

func ooxmlType(text []byte) string {
	for name, part := range mainParts {
		if bytes.Contains(text, []byte(`"`+part+`"`)) {
			return name
		}
	}
	// One with macros is known as what it would be without them, so that the
	// check of the macros tells the sender about them.
	for name, word := range map[string]string{DOCX: "ms-word.document.macroEnabled", XLSX: "ms-excel.sheet.macroEnabled", PPTX: "ms-powerpoint.presentation.macroEnabled"} {
		if bytes.Contains(text, []byte(word)) {
			return name
		}
	}
	return ""
}

func readEntry(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("too long")
	}
	return data, err
}

// office checks one office file. Left is how many bytes it may still unpack
// to, those of files within it included.
type office struct {
	left  int64
	spent int64 // by a file within, during one entry
	inner bool  // it lies within another
}

// checkOffice refuses an office file that is a bomb, is locked, or holds what
// runs. See the list above.
func checkOffice(r io.ReaderAt, size int64) error {
	return (&office{left: min(officeBytes, max(officeLeast, officeRatio*size))}).check(r, size)
}

func (o *office) check(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return refused(isBroken)
	}
	if err := o.table(z, r, size); err != nil {
		return err
	}
	for _, f := range z.File {
		if err := o.entry(f); err != nil {
			return err
		}
	}
	return nil
}

// table checks what the archive says of itself, before anything is unpacked.
func (o *office) table(z *zip.Reader, r io.ReaderAt, size int64) error {
	if len(z.File) > officeEntries {
		return refused(isBomb)
	}
	if z.Comment != "" || !endsWithTable(r, size) {
		return refused(isTwoThings)
	}
	seen, declared := map[string]bool{}, uint64(0)
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return refused(isLocked)
		}
		if trickyPath(f.Name) || seen[strings.ToLower(f.Name)] || f.Mode()&^0o7777 != 0 && !f.Mode().IsDir() {
			return refused(isTricky)
		}
		seen[strings.ToLower(f.Name)] = true
		if f.Method != zip.Store && f.Method != zip.Deflate {
			return refused(isBroken)
		}
		if declared += f.UncompressedSize64; f.UncompressedSize64 > uint64(o.left) || declared > uint64(o.left) {
			return refused(isBomb)
		}
		if err := byName(f.Name); err != nil {
			return err
		}
	}
	return overlapping(z, size)
}

// endsWithTable tells that nothing follows the end record, which has 22 bytes
// when there is no comment.
func endsWithTable(r io.ReaderAt, size int64) bool {
	end := make([]byte, 4)
	if size < 22 {
		return false
	}
	_, err := r.ReadAt(end, size-22)
	return err == nil && string(end) == "PK\x05\x06"
}

// overlapping refuses entries that share bytes: the trick of small bombs.
func overlapping(z *zip.Reader, size int64) error {
	type span struct{ from, to int64 }
	var spans []span
	for _, f := range z.File {
		from, err := f.DataOffset()
		if err != nil || f.CompressedSize64 > uint64(size) {
			return refused(isBroken)
		}
		spans = append(spans, span{from, from + int64(f.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	const localHeader = 30
	for i := 1; i < len(spans); i++ {
		if spans[i-1].to+localHeader > spans[i].from {
			return refused(isBomb)
		}
	}
	return nil
}

// trickyPath tells whether a name would leave the folder it is unpacked into,
// or is another name on another system.
func trickyPath(name string) bool {
	return name == "" || len(name) > 1000 || strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\:\x00") ||
		slices.Contains(strings.Split(name, "/"), "..") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// runs are the places of macros, scripts, controls and packed programs.
var runs = regexp.MustCompile(`(?i)(^|/)(vbaproject[^/]*\.bin|vbadata\.xml|activex|macrosheets|dialogsheets|customui|basic|scripts)(/|$)|(^|/)oleobject[^/]*$|\.(vbs?|js|exe|dll|com|bat|cmd|scr|jar|hta|lnk|ps1|swf|svgz)$`)

func byName(name string) error {
	if runs.MatchString(name) {
		return refused(isMacro)
	}
	return nil
}

// archives and programs by their first bytes.
var packed = []string{"PK\x03\x04", "PK\x05\x06", "Rar!\x1a", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08", "BZh9", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "MSCF"}

var programs = []string{"MZ", "\x7fELF", "\xca\xfe\xba\xbe", "\xcf\xfa\xed\xfe", "\xd0\xcf\x11\xe0", "#!"}

// entry unpacks one entry to nowhere, counting: what an archive says of its
// sizes may be a lie.
func (o *office) entry(f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return refused(isBroken)
	}
	defer in.Close()
	counted := &io.LimitedReader{R: in, N: o.left + 1}
	o.spent = 0
	err = o.look(f.Name, counted)
	o.left = counted.N - 1 - o.spent
	if o.left < 0 {
		return refused(isBomb)
	}
	if err != nil && fault.As(err) == nil {
		return refused(isBroken) // what cannot be unpacked cannot be checked
	}
	return err
}

func (o *office) look(name string, r io.Reader) error {
	head := make([]byte, 16)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head = head[:n]
	whole := io.MultiReader(bytes.NewReader(head), r)
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case slices.ContainsFunc(programs, begins):
		return refused(isMacro)
	case slices.ContainsFunc(packed, begins):
		return o.within(whole)
	}
	return lookXML(name, whole)
}

// within checks an office file inside the office file.
func (o *office) within(r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, officeInner+1))
	if err != nil {
		return err
	}
	in := bytes.NewReader(data)
	if o.inner || len(data) > officeInner || officeType(in, in.Size()) == "" {
		return refused(isNested)
	}
	within := &office{left: o.left, inner: true}
	err = within.check(in, in.Size())
	o.spent = o.left - within.left
	return err
}

// lookXML reads the parts that can name what is fetched or locked, and looks
// for entities in all others, which no office program writes.
func lookXML(name string, r io.Reader) error {
	switch {
	case path.Ext(name) == ".rels":
		return checkLinks(r)
	case name == contentTypes:
		return forbid(r, isMacro, "macroenabled", "vbaproject", "activex")
	case name == "META-INF/manifest.xml":
		return forbid(r, isLocked, "encryption-data")
	case path.Ext(name) == ".xml":
		return forbid(r, isBroken, "<!entity")
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

// forbid reads to the end and refuses when it meets one of the words, in
// whatever letters.
func forbid(r io.Reader, key string, words ...string) error {
	const overlap = 32 // longer than any word: one may lie across two reads
	buf, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buf[kept:])
		text := bytes.ToLower(buf[:kept+n])
		for _, w := range words {
			if bytes.Contains(text, []byte(w)) {
				return refused(key)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		kept = copy(buf, buf[max(0, kept+n-overlap):kept+n])
	}
}

// fetched are the kinds of links that are followed when the file is opened. A
// link that a reader clicks is none of them.
var fetched = []string{"attachedtemplate", "oleobject", "frame", "subdocument", "externallinkpath", "control", "vbaproject"}

// checkLinks refuses links to elsewhere that open by themselves: a template
// from a stranger's server brings the macros that the file itself lacks.
func checkLinks(r io.Reader) error {
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, ok := token.(xml.Directive); ok {
			return refused(isBroken) // a DTD: none belongs here
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Relationship" {
			continue
		}
		if err := checkLink(start.Attr); err != nil {
			return err
		}
	}
}

func checkLink(attributes []xml.Attr) error {
	link := map[string]string{}
	for _, a := range attributes {
		link[a.Name.Local] = strings.ToLower(strings.TrimSpace(a.Value))
	}
	scheme, _, _ := strings.Cut(link["Target"], ":")
	if slices.Contains([]string{"javascript", "vbscript", "data", "mhtml", "ms-msdt", "search-ms"}, scheme) {
		return refused(isFetcher)
	}
	if link["TargetMode"] == "external" && slices.Contains(fetched, path.Base(link["Type"])) {
		return refused(isFetcher)
	}
	return nil
}
