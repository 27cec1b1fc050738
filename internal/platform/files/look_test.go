package files

import (
	"bytes"
	"strings"
	"testing"

	"kladka/internal/platform/fault"
)

func everything() Use {
	var all []string
	for name := range kinds {
		all = append(all, name)
	}
	return Use{Name: "all", MaxBytes: 64 << 20, Types: all}
}

// lookAt is look and redraw: all that decides whether bytes are taken.
func lookAt(data []byte, name string) (content, error) {
	c, err := look(bytes.NewReader(data), int64(len(data)), everything(), name)
	if err == nil && c.kind.image {
		_, err = redraw(data, c.kind)
	}
	return c, err
}

func TestRefused(t *testing.T) {
	image := halves(20, 10)
	html := `<html><body onload="alert(1)">`
	svg := `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`
	external := func(kind, target string) part {
		return part{"word/_rels/settings.xml.rels", `<Relationships><Relationship Id="r" Type="http://x/relationships/` + kind + `" Target="` + target + `" TargetMode="External"/></Relationships>`}
	}
	sheet := zipOf(t, part{contentTypes, sheetTypes}, part{"xl/workbook.xml", "<workbook/>"})
	for title, c := range map[string]struct {
		name string
		data string
		want string
	}{
		"empty":                     {"a.txt", "", tooEmpty},
		"svg":                       {"a.svg", svg, isActive},
		"svg as picture":            {"a.png", svg, isActive},
		"svg after a declaration":   {"a.png", `<?xml version="1.0"?><!-- -->` + svg, isActive},
		"html":                      {"a.html", html, isActive},
		"html as picture":           {"a.png", "<!DOCTYPE html>" + html, isActive},
		"html as text":              {"a.txt", "\n\n  <!-- x -->" + html, isActive},
		"html after a mark":         {"a.txt", "\ufeff" + html, isActive},
		"html within text":          {"a.txt", "x <script>alert(1)</script>", isActive},
		"xhtml":                     {"a.txt", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`, isActive},
		"php":                       {"a.txt", "<?php system($_GET[0]);", isActive},
		"mail archive":              {"a.txt", "MIME-Version: 1.0\r\nContent-Type: multipart/related", isActive},
		"shell script":              {"a.txt", "#!/bin/sh\nrm -rf /\n", isProgram},
		"script":                    {"a.txt", "#!/usr/bin/foo\n", isActive},
		"windows program":           {"a.pdf", "MZ\x90\x00" + strings.Repeat("\x00", 300), isProgram},
		"linux program":             {"a.jpg", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 300), isProgram},
		"text with controls":        {"a.txt", "abc\x00def", isUnknown},
		"text, controls deep":       {"a.txt", strings.Repeat("abcd ", 40_000) + "\x01", isUnknown},
		"zip":                       {"a.zip", string(zipOf(t, part{"a.txt", "x"})), isArchive},
		"zip as document":           {"a.docx", string(zipOf(t, part{"word/document.xml", "x"})), isArchive},
		"gzip":                      {"a.pdf", "\x1f\x8b\x08\x00\x00\x00\x00\x00", isArchive},
		"old office":                {"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), isOldOffice},
		"webp":                      {"a.webp", "RIFF\x24\x00\x00\x00WEBPVP8 ", isOtherPic},
		"picture and archive":       {"a.gif", string(gifOf(t, 1)) + string(zipOf(t, part{"a.class", "x"})), isTwoThings},
		"pdf and archive":           {"a.pdf", string(pdf()) + string(zipOf(t, part{"a", "x"})), isTwoThings},
		"html before pdf":           {"a.pdf", html + string(pdf()), isActive},
		"html in pdf's head":        {"a.pdf", "%PDF-1.7\n" + html + string(pdf()), isTwoThings},
		"text and archive":          {"a.txt", "hello " + strings.Repeat("PK", 9) + "\n" + string(zipOf(t, part{"a", "x"})), isUnknown},
		"picture under other name":  {"a.jpg", string(pngOf(t, image)), "files.refused.ending"},
		"picture as program":        {"a.png.exe", string(pngOf(t, image)), "files.refused.ending"},
		"half a picture":            {"a.png", string(pngOf(t, image)[:60]), isImageBroken},
		"huge png":                  {"a.png", string(hugePNG(60_000, 60_000)), isImageHuge},
		"long png":                  {"a.png", string(hugePNG(30_000, 1)), isImageHuge},
		"no width":                  {"a.png", string(hugePNG(0, 5)), isImageBroken},
		"many scans":                {"a.jpg", string(jpegOf(t, image)) + strings.Repeat("\xff\xda\x00\x02", 70), isImageBroken},
		"gif with too many frames":  {"a.gif", manyFrames(t), isImageHuge},
		"pdf without end":           {"a.pdf", "%PDF-1.7\n1 0 obj", isBroken},
		"pdf script":                {"a.pdf", string(pdf("<< /S /JavaScript /JS (app.alert\\(1\\)) >>")), isPDFScript},
		"pdf script, escaped":       {"a.pdf", string(pdf("<< /S /J#61vaScript >>")), isPDFScript},
		"pdf launch":                {"a.pdf", string(pdf("<< /Type /Action /S /Launch /F (cmd.exe) >>")), isPDFScript},
		"pdf attachment":            {"a.pdf", string(pdf("<< /EmbeddedFiles 9 0 R >>")), isPDFScript},
		"pdf script, packed":        {"a.pdf", string(pdf(pdfPacked(t, "ObjStm", "5 0 << /S/JavaScript/JS(x) >>"))), isPDFScript},
		"pdf bomb":                  {"a.pdf", string(pdf(pdfPacked(t, "ObjStm", strings.Repeat(" ", 20<<20)))), isBomb},
		"pdf locked":                {"a.pdf", string(pdf("<< /Encrypt 5 0 R >>")), isLocked},
		"macro":                     {"a.docx", string(docx(t, part{"word/vbaProject.bin", "x"})), isMacro},
		"macro, other letters":      {"a.docx", string(docx(t, part{"word/VBAPROJECT.BIN", "x"})), isMacro},
		"macro file":                {"a.docm", string(zipOf(t, part{contentTypes, strings.ReplaceAll(wordTypes, "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "vnd.ms-word.document.macroEnabled.main+xml")}, part{"word/vbaProject.bin", "x"})), "files.refused.ending"},
		"macro file, renamed":       {"a.docx", string(zipOf(t, part{contentTypes, strings.ReplaceAll(wordTypes, "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "vnd.ms-word.document.macroEnabled.main+xml")}, part{"word/x.bin", "x"})), isMacro},
		"macro sheet":               {"a.xlsx", string(zipOf(t, part{contentTypes, sheetTypes}, part{"xl/macrosheets/sheet1.xml", "x"})), isMacro},
		"control":                   {"a.docx", string(docx(t, part{"word/activeX/activeX1.bin", "x"})), isMacro},
		"packed program":            {"a.docx", string(docx(t, part{"word/media/image1.png", "MZ\x90\x00"})), isMacro},
		"packed object":             {"a.docx", string(docx(t, part{"word/embeddings/oleObject1.bin", "x"})), isMacro},
		"odf macro":                 {"a.odt", string(odt(t, part{"Basic/Standard/Module1.xml", "x"})), isMacro},
		"odf locked":                {"a.odt", string(zipOf(t, part{"mimetype", ODT}, part{"META-INF/manifest.xml", "<manifest:encryption-data/>"})), isLocked},
		"template from elsewhere":   {"a.docx", string(docx(t, external("attachedTemplate", "https://evil.example/a.dotm"))), isFetcher},
		"object from elsewhere":     {"a.docx", string(docx(t, external("oleObject", "mhtml:https://evil.example!x"))), isFetcher},
		"diagnostic link":           {"a.docx", string(docx(t, external("hyperlink", "ms-msdt:/id"))), isFetcher},
		"links with a dtd":          {"a.docx", string(docx(t, part{"word/_rels/a.rels", `<!DOCTYPE a [<!ENTITY b "c">]><Relationships/>`})), isBroken},
		"entities":                  {"a.docx", string(docx(t, part{"word/a.xml", `<!DOCTYPE a [<!ENTITY b "c">]><a/>`})), isBroken},
		"entities across a reading": {"a.docx", string(docx(t, part{"word/a.xml", strings.Repeat(" ", 64<<10-20) + `<!ENTITY b "c">`})), isBroken},
		"bomb":                      {"a.docx", string(docx(t, part{"word/media/big.bin", strings.Repeat("\x00", 40<<20)})), isBomb},
		"lying bomb":                {"a.docx", string(lying(t)), isBroken},
		"many entries":              {"a.docx", string(docx(t, manyParts(officeEntries+1)...)), isArchive},
		"archive within":            {"a.docx", string(docx(t, part{"word/a.bin", string(zipOf(t, part{"a", "x"}))})), isNested},
		"rar within":                {"a.docx", string(docx(t, part{"word/a.png", "Rar!\x1a\x07\x00"})), isNested},
		"office in office twice":    {"a.docx", string(docx(t, part{"word/embeddings/a.xlsx", string(zipOf(t, part{contentTypes, sheetTypes}, part{"xl/b.xlsx", string(sheet)}))})), isNested},
		"macro within":              {"a.docx", string(docx(t, part{"word/embeddings/a.xlsx", string(zipOf(t, part{contentTypes, sheetTypes}, part{"xl/vbaProject.bin", "x"}))})), isMacro},
		"path up":                   {"a.docx", string(docx(t, part{"../../etc/passwd", "x"})), isTricky},
		"path from the root":        {"a.docx", string(docx(t, part{"/etc/passwd", "x"})), isTricky},
		"path of windows":           {"a.docx", string(docx(t, part{`word\..\..\a`, "x"})), isTricky},
		"name twice":                {"a.docx", string(docx(t, part{"WORD/document.xml", "x"})), isTricky},
		"data after the end":        {"a.docx", string(docx(t)) + "tail", isTwoThings},
		"locked entry":              {"a.docx", string(lockedEntry(t)), isLocked},
	} {
		_, err := lookAt([]byte(c.data), c.name)
		f := fault.As(err)
		if f == nil || f.Key != c.want || f.Kind != fault.Invalid {
			t.Errorf("%s: %v, want %s", title, err, c.want)
		}
	}
}

func manyParts(n int) []part {
	var list []part
	for i := range n {
		list = append(list, part{"word/" + strings.Repeat("a", i%50) + string(rune('0'+i%10)) + "/" + strings.Repeat("b", i/50), ""})
	}
	return list
}

// manyFrames says so often that it has a frame of the whole screen.
func manyFrames(t testing.TB) string {
	one := gifOf(t, 1)
	at := bytes.IndexByte(one[13:], 0x2c) + 13
	frame := one[at : len(one)-1]
	return string(one[:at]) + strings.Repeat(string(frame), maxGIFFrames+1) + ";"
}

// lockedEntry sets the mark of a locked entry in the table.
func lockedEntry(t testing.TB) []byte {
	data := docx(t)
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	data[at+8] |= 1
	return data
}

func TestTaken(t *testing.T) {
	image := halves(20, 10)
	sheet := string(zipOf(t, part{contentTypes, sheetTypes}, part{"xl/workbook.xml", "<workbook/>"}))
	link := part{"word/_rels/document.xml.rels", `<Relationships><Relationship Id="r" Type="http://x/relationships/hyperlink" Target="https://www.krakow.pl" TargetMode="External"/></Relationships>`}
	for title, c := range map[string]struct {
		name, data, want, as string
	}{
		"text":                {"Zażółć gęślą.txt", "Zażółć gęślą jaźń\r\n", Text, "Zażółć gęślą.txt"},
		"windows text":        {"a.txt", "Za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1 i jeszcze troch\xea tekstu", Text, "a.txt"},
		"marked text":         {"a.txt", "\ufeffabc", Text, "a.txt"},
		"less than":           {"a.txt", "5 < 7 oraz 8 > 3", Text, "a.txt"},
		"sheet of text":       {"a.CSV", "a;b\n1;2\n", CSV, "a.csv"},
		"json in text":        {"a.txt", `{"a": 1}`, Text, "a.txt"},
		"png":                 {"a.png", string(pngOf(t, image)), PNG, "a.png"},
		"jpeg":                {"A.JPEG", string(jpegOf(t, image)), JPEG, "A.jpeg"},
		"no ending":           {"zdjęcie", string(jpegOf(t, image)), JPEG, "zdjęcie.jpg"},
		"date as ending":      {"plan 11.2026", string(pdf()), PDF, "plan 11.2026.pdf"},
		"gif":                 {"a.gif", string(gifOf(t, 3)), GIF, "a.gif"},
		"pdf":                 {"a.pdf", string(pdf("<< /OpenAction [3 0 R /Fit] >>")), PDF, "a.pdf"},
		"pdf, word in a scan": {"a.pdf", string(pdf("<< /Length 9 >>\nstream\n/JS << /Encrypt \nendstream")), PDF, "a.pdf"},
		"pdf, packed":         {"a.pdf", string(pdf(pdfPacked(t, "ObjStm", "5 0 << /Type /Page >>"))), PDF, "a.pdf"},
		"docx":                {"a.docx", string(docx(t, link)), DOCX, "a.docx"},
		"docx with a chart":   {"a.docx", string(docx(t, part{"word/embeddings/a.xlsx", sheet})), DOCX, "a.docx"},
		"xlsx":                {"a.xlsx", sheet, XLSX, "a.xlsx"},
		"odt":                 {"a.odt", string(odt(t)), ODT, "a.odt"},
		"blank pages":         {"a.docx", string(docx(t, part{"word/a.xml", strings.Repeat("<p/>", 1<<20)})), DOCX, "a.docx"},
	} {
		got, err := lookAt([]byte(c.data), c.name)
		if err != nil || got.kind.name != c.want || got.name != c.as {
			t.Errorf("%s: %s %q, %v; want %s %q", title, got.kind.name, got.name, err, c.want, c.as)
		}
	}
}

func TestOnlyTypesOfTheUse(t *testing.T) {
	data := pdf()
	_, err := look(bytes.NewReader(data), int64(len(data)), Use{Types: Images()}, "a.pdf")
	if f := fault.As(err); f == nil || f.Key != "files.refused.type" || f.Args[1] != "jpg, png, gif" {
		t.Error(err)
	}
}

func TestDeclare(t *testing.T) {
	for title, u := range map[string]Use{
		"no name":      {MaxBytes: 1, Types: Images()},
		"no limit":     {Name: "a", Types: Images()},
		"no types":     {Name: "a", MaxBytes: 1},
		"unknown type": {Name: "a", MaxBytes: 1, Types: []string{"image/svg+xml"}},
		"twice":        {Name: "there", MaxBytes: 1, Types: Images()},
	} {
		r := NewRegistry()
		r.Declare(Use{Name: "there", MaxBytes: 1, Types: Images()})
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was declared", title)
				}
			}()
			r.Declare(u)
		}()
	}
	if got := (Use{Types: []string{PNG, PDF}}).Accept(); got != ".png,.pdf" {
		t.Error(got)
	}
}

func FuzzLook(f *testing.F) {
	image := halves(20, 10)
	for name, data := range map[string][]byte{"a.png": pngOf(f, image), "a.jpg": jpegOf(f, image), "a.gif": gifOf(f, 2), "a.pdf": pdf(pdfPacked(f, "ObjStm", "/Page")),
		"a.docx": docx(f), "a.odt": odt(f), "a.txt": []byte("Zażółć"), "b.png": []byte("<svg/>"), "b.pdf": []byte("%PDF-<html>")} {
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c, err := lookAt(data, name)
		if err != nil {
			if e := fault.As(err); e == nil || e.Kind != fault.Invalid {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if _, known := kinds[c.kind.name]; !known {
			t.Fatalf("type %q", c.kind.name)
		}
		if got := CleanName(c.name); got != c.name {
			t.Fatalf("name %q is not clean: %q", c.name, got)
		}
		start := strings.TrimLeft(strings.TrimPrefix(string(data), "\ufeff"), " \t\r\n\f")
		if strings.HasPrefix(start, "<") || strings.HasPrefix(start, "#!") || strings.HasPrefix(start, "MZ\x90") {
			t.Fatalf("taken as %s: %.40q", c.kind.name, start)
		}
	})
}
