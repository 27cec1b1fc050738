package files

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
)

const isPDFScript = "files.refused.pdf_script"

// Words of a PDF that make it do things: scripts, starting programs, sending
// forms, playing what is packed into it. Locked ones cannot be looked into.
var (
	pdfActs   = regexp.MustCompile(`/(JavaScript|JS|Launch|RichMedia|EmbeddedFiles?|SubmitForm|ImportData|GoToE)[\s/<>\[\]()%]`)
	pdfLocked = regexp.MustCompile(`/Encrypt[\s/<>\[\]()%]`)
	pdfEscape = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	pdfStream = regexp.MustCompile(`>>[ \t\r\n\x00]*stream\r?\n`)
)

const (
	pdfObjects = 16 << 20 // of unpacked object streams, together
	pdfDict    = 2048     // how far back the dictionary of a stream is looked for
)

// checkPDF refuses a PDF that would act by itself. It reads everything outside
// of streams, and the object streams, where newer programs put their
// dictionaries. It is a plain search and not a reader of PDF: a stream dressed
// up as another, or packed twice, gets by. So a PDF is only ever downloaded.
func checkPDF(r io.ReaderAt, size int64) error {
	data := make([]byte, size)
	if _, err := r.ReadAt(data, 0); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Contains(data[max(0, len(data)-4096):], []byte("%%EOF")) {
		return refused(isBroken)
	}
	left := int64(pdfObjects)
	for len(data) > 0 {
		at := pdfStream.FindIndex(data)
		if at == nil {
			return pdfWords(data)
		}
		if err := pdfWords(data[:at[0]+2]); err != nil {
			return err
		}
		dict, body := data[max(0, at[0]-pdfDict):at[0]+2], data[at[1]:]
		end := bytes.Index(body, []byte("endstream"))
		if end < 0 {
			return pdfWords(body)
		}
		if err := pdfObjectStream(dict, body[:end], &left); err != nil {
			return err
		}
		data = body[end:]
	}
	return nil
}

// pdfWords looks for the words, also when letters of them are written as #4A.
func pdfWords(data []byte) error {
	if bytes.IndexByte(data, '#') >= 0 {
		data = pdfEscape.ReplaceAllFunc(data, func(e []byte) []byte { return []byte{hexDigit(e[1])<<4 | hexDigit(e[2])} })
	}
	data = append(data[:len(data):len(data)], ' ') // the word may be the last one
	if pdfLocked.Match(data) {
		return refused(isLocked)
	}
	if pdfActs.Match(data) {
		return refused(isPDFScript)
	}
	return nil
}

func hexDigit(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// pdfObjectStream looks into a packed list of objects. Other streams are
// pictures, fonts and pages: they are only drawn.
func pdfObjectStream(dict, body []byte, left *int64) error {
	if i := bytes.LastIndex(dict, []byte(" obj")); i >= 0 {
		dict = dict[i:]
	}
	if !bytes.Contains(dict, []byte("ObjStm")) {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return pdfWords(body) // not packed, or in a way that no common program writes
	}
	data, err := io.ReadAll(io.LimitReader(z, *left+1))
	if *left -= int64(len(data)); *left < 0 {
		return refused(isBomb)
	}
	if err != nil && len(data) == 0 {
		return refused(isBroken)
	}
	return pdfWords(data)
}
