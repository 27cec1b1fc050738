package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// fault in one line, as "key row 3 column B", or what else it is.
func told(err error) string {
	f := fault.As(err)
	if err == nil || f == nil {
		return fmt.Sprint(err)
	}
	text := strings.TrimPrefix(f.Key, "sheet.fault.")
	for i := 0; i+1 < len(f.Args); i += 2 {
		text += fmt.Sprintf(" %v %v", f.Args[i], f.Args[i+1])
	}
	return text
}

func read(data string) (*Table, error) { return Read(strings.NewReader(data), Limits{}) }

// shown is a table in one text: header, then "number: cells".
func shown(t *Table) string {
	var b strings.Builder
	b.WriteString(strings.Join(t.Header, "|"))
	for _, r := range t.Rows {
		fmt.Fprintf(&b, " / %d: %s", r.N, strings.Join(r.Cells, "|"))
	}
	return b.String()
}

// book makes a workbook. Cells are strings, or functions that set them.
func book(t testing.TB, fill func(*excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

// archive makes a zip of pairs of name and content.
func archive(t testing.TB, pairs ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// raw makes a workbook of a sheet written by hand.
func raw(t testing.TB, sheetData, shared string) string {
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	return archive(t,
		"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<?xml version="1.0"?><workbook `+ns+` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<?xml version="1.0"?><worksheet `+ns+`><sheetData>`+sheetData+`</sheetData></worksheet>`,
		"xl/sharedStrings.xml", `<?xml version="1.0"?><sst `+ns+`>`+shared+`</sst>`)
}

func TestTextIsRead(t *testing.T) {
	const rows = "Imię;Nazwisko\r\nŻaneta;Ćwiąkalska\r\n"
	const want = "Imię|Nazwisko / 2: Żaneta|Ćwiąkalska"
	windows, _ := charmap.Windows1250.NewEncoder().String(rows)
	iso, _ := charmap.ISO8859_2.NewEncoder().String(rows)
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(rows, ";", "\t"))
	for name, c := range map[string]struct{ in, want string }{
		"UTF-8":             {rows, want},
		"with its mark":     {"\ufeff" + rows, want},
		"Windows-1250":      {windows, want},
		"ISO-8859-2":        {iso, want},
		"UTF-16, tabs":      {utf16, want},
		"commas":            {strings.ReplaceAll(rows, ";", ","), want},
		"tabs":              {strings.ReplaceAll(rows, ";", "\t"), want},
		"sep":               {"sep=,\r\na,b\r\nc;d,e\r\n", "a|b / 3: c;d|e"},
		"old Macintosh":     {"a;b\rc;d\r", "a|b / 2: c|d"},
		"no end":            {"a;b\nc;d", "a|b / 2: c|d"},
		"one column":        {"a\nb\n", "a / 2: b"},
		"blank rows count":  {"\n\na;b\n;\n\nc;d\n", "a|b / 6: c|d"},
		"short rows":        {"a;b;c\nd\n", "a|b|c / 2: d||"},
		"empty at the end":  {"a;b;;;\nc;d;;;;;;;\n", "a|b / 2: c|d"},
		"quotes":            {"a;b\n\"x;y\";\"say \"\"hi\"\"\"\n", "a|b / 2: x;y|say \"hi\""},
		"a break in quotes": {"a;b\n\"x\r\ny\";z\nc;d\n", "a|b / 2: x y|z / 3: c|d"},
		"a stray quote":     {"a;b\n5\" dysk;\"x\"y\n", "a|b / 2: 5\" dysk|xy"},
		"delimiter quoted":  {"\"a,b,c,d\";e\nf;g\n", "a,b,c,d|e / 2: f|g"},
		"kept zeros":        {"a;b\n=\"0123\";'0123\n", "a|b / 2: 0123|0123"},
		"formulas are text": {"a;b\n=1+1;@SUM(A1)\n", "a|b / 2: =1+1|@SUM(A1)"},
		"hidden characters": {"a;b\nx\u200by\u202e;\u00a0 z \t\n", "a|b / 2: xy|z"},
	} {
		table, err := read(c.in)
		if err != nil || shown(table) != c.want || table.Format != CSV {
			t.Errorf("%s: %+v, %v; want %s", name, table, err, c.want)
		}
	}
}

func TestWorkbookIsRead(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		if _, err := f.NewSheet("Kadra"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.NewSheet("Ukryty"); err != nil {
			t.Fatal(err)
		}
		for cell, v := range map[string]any{"A2": "Imię", "B2": "Data", "C2": "Liczba", "D2": "Tak",
			"A4": "Żaneta\nMaria", "B4": time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), "C4": 12.5, "D4": true, "A5": "0012", "C5": 48123456789} {
			set(t, f, "Kadra", cell, v)
		}
		if err := f.SetCellFormula("Kadra", "C4", "1+1"); err != nil {
			t.Fatal(err)
		}
		style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStyle("Kadra", "B4", "B4", style); err != nil {
			t.Fatal(err)
		}
	})
	table, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shown(table), "Imię|Data|Liczba|Tak / 4: Żaneta Maria|2026-11-22|12.5|TRUE / 5: 0012||48123456789|"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if table.Format != XLSX || table.Sheet != "Kadra" {
		t.Errorf("%s %q", table.Format, table.Sheet)
	}
}

func TestHiddenSheetsAreNotRead(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		set(t, f, "Sheet1", "A1", "stare")
		if _, err := f.NewSheet("Nowe"); err != nil {
			t.Fatal(err)
		}
		set(t, f, "Nowe", "A1", "nowe")
		f.SetActiveSheet(1)
		if err := f.SetSheetVisible("Sheet1", false); err != nil {
			t.Fatal(err)
		}
	})
	if table, err := read(data); err != nil || shown(table) != "nowe" {
		t.Errorf("%+v %v", table, err)
	}
}

// A formula is its saved value; one without a saved value is empty; it is never
// worked out, and what it would fetch is not fetched.
func TestFormulasAreNotWorkedOut(t *testing.T) {
	data := raw(t, `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>
		<row r="2"><c r="A2"><f>1+1</f><v>7</v></c><c r="B2" t="str"><f>WEBSERVICE("http://192.0.2.1/")</f><v>x</v></c></row>
		<row r="3"><c r="A3"><f>1+1</f></c><c r="B3" t="str"><v>=1+1</v></c></row>`, "")
	table, err := read(data)
	if err != nil || shown(table) != "a|b / 2: 7|x / 3: |=1+1" {
		t.Errorf("%+v %v", table, err)
	}
}

func TestSheetsAreRefused(t *testing.T) {
	encrypted := book(t, func(f *excelize.File) { set(t, f, "Sheet1", "A1", "x") })
	locked, err := excelize.Encrypt([]byte(encrypted), &excelize.Options{Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	cell := func(text string) string { return `<c t="inlineStr"><is><t>` + text + `</t></is></c>` }
	for name, c := range map[string]struct{ in, want string }{
		"nothing":              {"", "empty"},
		"blanks":               {" \n;;\n\"\"\n", "empty"},
		"an empty workbook":    {book(t, func(*excelize.File) {}), "empty"},
		"encrypted":            {string(locked), "encrypted"},
		"XLS":                  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", "old_format"},
		"XLSB":                 {archive(t, "xl/workbook.bin", "x"), "old_format"},
		"ODS":                  {archive(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), "not_a_sheet"},
		"DOCX":                 {archive(t, "word/document.xml", "<x/>"), "not_a_sheet"},
		"an empty archive":     {archive(t), "not_a_sheet"},
		"PDF":                  {"%PDF-1.7\n", "not_a_sheet"},
		"HTML":                 {"\n <html><table>", "not_a_sheet"},
		"bytes":                {"a;b\x00c\n", "not_a_sheet"},
		"cut off":              {encrypted[:len(encrypted)/2], "broken"},
		"no zip":               {"PK\x03\x04zzzzzzzzz", "broken"},
		"broken XML":           {archive(t, "xl/workbook.xml", "<workbook"), "broken"},
		"open quote":           {"a;b\nc;d\ne;\"f\n", "open_quote row 3 column B"},
		"swallowing quote":     {"a;b\nc;\"d\n" + strings.Repeat("e;f\n", 5000), "open_quote row 2 column B"},
		"no heading":           {"a;b\nc;d\ne;f;;g\n", "no_heading row 3 column C"},
		"long cell":            {"a;b\nc;" + strings.Repeat("ż", 1001) + "\n", "long_cell row 2 column B n 1000"},
		"endless cell":         {"a;b\n" + strings.Repeat("x", 1_000_000), "long_cell row 2 column A n 1000"},
		"many columns":         {strings.Repeat("a;", 61) + "\n", "too_many_columns row 1 n 60"},
		"many rows":            {strings.Repeat("a\n", 20_002), "too_many_rows n 20000"},
		"large":                {strings.Repeat("a\n", 5<<20), "too_large n 8"},
		"far column":           {raw(t, `<row r="1">`+cell("a")+`<c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>`, ""), "too_many_columns row 1 n 60"},
		"column that is none":  {raw(t, `<row r="1"><c r="ZZZZZZ1" t="inlineStr"><is><t>x</t></is></c></row>`, ""), "broken_row row 1"},
		"blank far away":       {raw(t, strings.Repeat(`<row><c r="XFD1" t="inlineStr"><is><t> </t></is></c></row>`, 150_000), ""), "too_many_columns row 1 n 60"},
		"endless blanks":       {strings.Repeat(";", 1_000_000), "too_many_columns row 1 n 1000"},
		"row that is none":     {raw(t, `<row r="99999999">`+cell("a")+`</row>`, ""), "broken"},
		"workbook, no heading": {raw(t, `<row r="1">`+cell("a")+`</row><row r="7">`+cell("a")+cell("b")+`</row>`, ""), "no_heading row 7 column B"},
		"a bomb":               {archive(t, "xl/workbook.xml", "<x/>", "xl/media/a.png", strings.Repeat("0", maxUnpacked+1)), "too_large n 32"},
		"a bomb of tags":       {archive(t, "xl/workbook.xml", strings.Repeat("<a/>", maxTags+1)), "too_large n 32"},
		"a bomb of files":      {archive(t, append([]string{"xl/workbook.xml", "<x/>"}, make([]string, 2*maxParts)...)...), "too_large n 32"},
		"one text many times":  {raw(t, strings.Repeat(`<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 50)+`</row>`, 800), `<si><t>`+strings.Repeat("x", 1000)+`</t></si>`), "too_large n 32"},
	} {
		table, err := read(c.in)
		if told(err) != c.want || table != nil {
			t.Errorf("%s: %v; want %s", name, told(err), c.want)
		}
	}
}

func TestBrokenReader(t *testing.T) {
	if _, err := Read(iotest.ErrReader(io.ErrUnexpectedEOF), Limits{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// What the archive says of its sizes is not believed.
func TestLyingArchive(t *testing.T) {
	data := []byte(archive(t, "xl/workbook.xml", "<x/>", "xl/a.bin", strings.Repeat("0", maxUnpacked+1)))
	// The size in the directory at the end of the file, made small.
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	copy(data[at+24:], []byte{16, 0, 0, 0})
	if _, err := read(string(data)); told(err) != "too_large n 32" && told(err) != "broken" {
		t.Error(told(err))
	}
}

func TestNothingIsLeftInTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	data := raw(t, `<row><c t="s"><v>0</v></c></row>`, strings.Repeat("<si><t>Anna Kowalska, klasa 7b, ulica Długa</t></si>", 400_000))
	if table, err := read(data); err != nil || len(table.Header) != 1 {
		t.Error(told(err))
	}
	if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
		t.Error(left)
	}
}

func TestMatch(t *testing.T) {
	columns := []Column{{"name", []string{"Imię i nazwisko", "Full name"}, true}, {"mail", []string{"Adres e-mail", "E-mail"}, true}, {"role", []string{"Rola"}, false}}
	table, err := read("IMIE I  NAZWISKO;uwagi;e-mail;\nAnna Kot;x;a@example.org\n")
	if err != nil {
		t.Fatal(err)
	}
	m, err := table.Match(columns...)
	if err != nil {
		t.Fatal(err)
	}
	row := table.Rows[0]
	if m.Value(row, "name") != "Anna Kot" || m.Value(row, "mail") != "a@example.org" || m.Value(row, "role") != "" || m.Has("role") || m.Where("mail") != "C" || m.Where("role") != "(role)" {
		t.Errorf("%+v", m)
	}
	if diff := cmp.Diff([]string{"uwagi"}, m.Unknown); diff != "" {
		t.Error(diff)
	}
	for in, want := range map[string]string{
		"Rola;Uwagi\n":                        "missing_columns names Imię i nazwisko, Adres e-mail",
		"Full name;E-mail;Imię i nazwisko\nx": "double_column name Imię i nazwisko column C",
	} {
		table, err := read(in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := table.Match(columns...); told(err) != want {
			t.Errorf("%s: %v", in, told(err))
		}
	}
}

func TestLetters(t *testing.T) {
	for n, want := range map[int]string{1: "A", 26: "Z", 27: "AA", 52: "AZ", 53: "BA", 702: "ZZ", 703: "AAA", 16384: "XFD", 0: ""} {
		if got := Letters(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func each(rows ...[]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// dangerous are cells that a spreadsheet would take for formulas.
var dangerous = []string{"=1+1", "+48 12 345 67 89", "@SUM(A1)", "-2+3", "=HYPERLINK(\"http://a.example\";\"x\")", "=cmd|'/c calc'!A0"}

func TestWriteDefuses(t *testing.T) {
	for _, f := range []Format{CSV, XLSX} {
		var out bytes.Buffer
		if err := Write(&out, f, "Kadra: [7b]/'x'", dangerous, each(dangerous, []string{"-2", "-2,5", "Żółć; \"x\"", "", "0012", "12"})); err != nil {
			t.Fatal(err)
		}
		if f == XLSX {
			book, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			for i := range dangerous {
				cell := Letters(i+1) + "2"
				value, _ := book.GetCellValue("Kadra 7bx", cell)
				formula, _ := book.GetCellFormula("Kadra 7bx", cell)
				kind, _ := book.GetCellType("Kadra 7bx", cell)
				if value != "'"+dangerous[i] || formula != "" || kind == excelize.CellTypeFormula || kind == excelize.CellTypeNumber {
					t.Errorf("%s: %q, formula %q, type %v", cell, value, formula, kind)
				}
			}
			book.Close()
		} else if text := out.String(); !strings.HasPrefix(text, "\ufeff'=1+1;'+48") || !strings.Contains(text, "\r\n-2;-2,5;\"Żółć; \"\"x\"\"\";;0012;12\r\n") {
			t.Errorf("%q", text)
		}
		// Read back, everything is what it was.
		table, err := read(out.String())
		if err != nil {
			t.Fatal(f, told(err))
		}
		want := &Table{Format: f, Header: dangerous, Rows: []Row{{2, dangerous}, {3, []string{"-2", "-2,5", "Żółć; \"x\"", "", "0012", "12"}}}}
		if f == XLSX {
			want.Sheet = "Kadra 7bx"
		}
		if diff := cmp.Diff(want, table); diff != "" {
			t.Error(f, diff)
		}
	}
}

func TestWriteEndsAtAnError(t *testing.T) {
	gone := errors.New("the database is gone")
	rows := func(yield func([]string, error) bool) {
		_ = yield([]string{"a"}, nil) && yield(nil, gone)
	}
	for _, f := range []Format{CSV, XLSX} {
		if err := Write(io.Discard, f, "x", []string{"h"}, rows); !errors.Is(err, gone) {
			t.Errorf("%s: %v", f, err)
		}
		if err := Write(full{}, f, "x", []string{"h"}, each([]string{strings.Repeat("x", 10_000)})); err == nil {
			t.Errorf("%s: a full disk is no error", f)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestFormats(t *testing.T) {
	if FormatOf("xlsx") != XLSX || FormatOf("") != CSV || FormatOf("exe") != CSV || XLSX.File("kadra") != "kadra.xlsx" || !strings.HasPrefix(CSV.ContentType(), "text/csv") {
		t.Error("formats")
	}
	for in, want := range map[string]string{"": "", "[]": "", strings.Repeat("ż", 40): strings.Repeat("ż", 31)} {
		if got := sheetName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestMessages(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range c.Check() {
		t.Error(fault)
	}
	used := map[string]bool{"sheet.fault.too_large": true}
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`invalid\("([a-z_]+)"`).FindAllSubmatch(source, -1) {
			used["sheet.fault."+string(m[1])] = true
		}
	}
	for key := range used {
		if !c.Has(key) {
			t.Error("no text for", key)
		}
	}
	for _, key := range c.In(i18n.PL).Keys() {
		if !used[key] {
			t.Error("used nowhere:", key)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Imię;Nazwisko\nAnna;\"Kot\"\"\"\n"))
	f.Add([]byte("sep=,\na,b\n=\"0\",'1\n"))
	f.Add([]byte("\xff\xfea\x00;\x00b\x00\n\x00"))
	f.Add([]byte("\xb9\x9c;\xea\r\"\r\n\""))
	f.Add([]byte(book(f, func(b *excelize.File) { set(f, b, "Sheet1", "A1", "x"); set(f, b, "Sheet1", "B2", 1.5) })))
	f.Add([]byte(raw(f, `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`, `<si><t>a</t></si>`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := Limits{Bytes: 1 << 20, Rows: 50, Columns: 8, Cell: 100}
		table, err := Read(bytes.NewReader(data), l)
		if err != nil {
			if fault.As(err) == nil || table != nil {
				t.Errorf("%v", err)
			}
			return
		}
		if len(table.Header) == 0 || len(table.Header) > l.Columns || len(table.Rows) > l.Rows {
			t.Errorf("%d columns, %d rows", len(table.Header), len(table.Rows))
		}
		last := 0
		for _, r := range table.Rows {
			if r.N <= last || len(r.Cells) != len(table.Header) {
				t.Errorf("row %d after %d with %d cells", r.N, last, len(r.Cells))
			}
			last = r.N
			for _, c := range r.Cells {
				if len([]rune(c)) > l.Cell || strings.ContainsAny(c, "\n\r\t\x00") {
					t.Errorf("%q", c)
				}
			}
		}
		var out bytes.Buffer
		if err := Write(&out, CSV, "", table.Header, each()); err != nil {
			t.Error(err)
		}
	})
}
