package files

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

// Files made by hand, byte by byte where it matters.

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// halves is an image whose left half is red and right half blue.
func halves(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			if x >= w/2 {
				c = color.RGBA{0, 0, 255, 255}
			}
			m.Set(x, y, c)
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, png.Encode(&b, m))
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}))
	return b.Bytes()
}

func gifOf(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black})
		p.SetColorIndex(i%40, 5, 1)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	check(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

const (
	camera   = "SecretCam 9000"
	gpsMark  = "GPSPLACE"
	comment  = "comment of a person"
	appended = "appended after the end"
)

// exif is an APP1 segment with an orientation, a camera and a place.
func exif(orientation int, order binary.ByteOrder) []byte {
	var tiff bytes.Buffer
	if order == binary.LittleEndian {
		tiff.WriteString("II")
	} else {
		tiff.WriteString("MM")
	}
	put := func(v any) { _ = binary.Write(&tiff, order, v) }
	put(uint16(42))
	put(uint32(8))
	put(uint16(3))
	entry := func(tag, kind uint16, n, value uint32) { put(tag); put(kind); put(n); put(value) }
	entry(0x010f, 2, uint32(len(camera)), 200) // who made the camera
	value := uint32(orientation)
	if order == binary.BigEndian {
		value <<= 16 // a short stands at the front of its four bytes
	}
	entry(0x0112, 3, 1, value)
	entry(0x8825, 4, 1, 100) // where the place is written
	for tiff.Len() < 100 {
		tiff.WriteByte(0)
	}
	tiff.WriteString(gpsMark)
	for tiff.Len() < 200 {
		tiff.WriteByte(0)
	}
	tiff.WriteString(camera)
	return segment(0xe1, append([]byte("Exif\x00\x00"), tiff.Bytes()...))
}

func segment(marker byte, data []byte) []byte {
	s := []byte{0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(s[2:], uint16(len(data)+2))
	return append(s, data...)
}

// phonePhoto is a JPEG as a phone makes it, with everything that must go.
func phonePhoto(t testing.TB, m image.Image, orientation int, order binary.ByteOrder) []byte {
	t.Helper()
	plain := jpegOf(t, m)
	out := append([]byte{}, plain[:2]...)
	out = append(out, exif(orientation, order)...)
	out = append(out, segment(0xfe, []byte(comment))...)
	out = append(out, plain[2:]...)
	return append(out, appended...)
}

// chunk is a piece of a PNG.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// hugePNG says it has w x h points and holds almost nothing.
func hugePNG(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0))...)
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	zw.Write(make([]byte, 1000))
	zw.Close()
	return append(append(b, chunk("IDAT", z.Bytes())...), chunk("IEND", nil)...)
}

// part is an entry of an archive.
type part struct {
	name string
	text string
}

const wordTypes = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`

const sheetTypes = `<?xml version="1.0"?><Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`

func zipOf(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		if p.name == "mimetype" {
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		check(t, err)
		_, err = f.Write([]byte(p.text))
		check(t, err)
	}
	check(t, w.Close())
	return b.Bytes()
}

// docx is a small text document with further parts.
func docx(t testing.TB, more ...part) []byte {
	t.Helper()
	parts := []part{
		{contentTypes, wordTypes},
		{"_rels/.rels", `<?xml version="1.0"?><Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p>Zażółć</w:p></w:body></w:document>`},
	}
	return zipOf(t, append(parts, more...)...)
}

func odt(t testing.TB, more ...part) []byte {
	t.Helper()
	return zipOf(t, append([]part{{"mimetype", ODT}, {"content.xml", `<office:document-content/>`}, {"META-INF/manifest.xml", `<manifest:manifest/>`}}, more...)...)
}

// lying is a document whose table says that the big part is small.
func lying(t testing.TB) []byte {
	t.Helper()
	data := docx(t, part{"word/media/big.bin", strings.Repeat("\x00", 40<<20)})
	size := binary.LittleEndian.AppendUint32(nil, 40<<20)
	if !bytes.Contains(data, size) {
		t.Fatal("the size is not where it was thought to be")
	}
	return bytes.ReplaceAll(data, size, binary.LittleEndian.AppendUint32(nil, 1000))
}

func pdf(objects ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+3, o)
	}
	b.WriteString("trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n")
	return []byte(b.String())
}

func pdfPacked(t testing.TB, kind, text string) string {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err := w.Write([]byte(text))
	check(t, err)
	check(t, w.Close())
	return fmt.Sprintf("<< /Type /%s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", kind, z.Len(), z.String())
}
