package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// Wherever a file is cut off or a bit of it falls over: it is refused, or what
// it says is the same as before.
func TestDamagedAnywhere(t *testing.T) {
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	key := identity(t)
	for name, to := range map[string][]age.Recipient{"plain": nil, "encrypted": {key.Recipient()}} {
		t.Run(name, func(t *testing.T) {
			src := source(d)
			src.To = to
			src.Blobs = &memory{files: map[string]string{"a": strings.Repeat("abc ", 300)}}
			data, want := backup(t, src)
			step := max(1, len(data)/700)
			for i := 0; i < len(data); i += step {
				if _, _, err := Verify(t.Context(), bytes.NewReader(data[:i]), []age.Identity{key}, nil); err == nil {
					t.Fatalf("cut off after %d of %d bytes: taken", i, len(data))
				}
				broken := bytes.Clone(data)
				broken[i] ^= 1 << rand.IntN(8)
				_, m, err := Verify(t.Context(), bytes.NewReader(broken), []age.Identity{key}, nil)
				if err == nil && !cmp.Equal(m, want) {
					t.Fatalf("byte %d: taken as %v", i, m)
				}
				if err != nil && !clear(err) {
					t.Fatalf("byte %d: nobody understands %v", i, err)
				}
			}
			if _, _, err := Verify(t.Context(), bytes.NewReader(append(bytes.Clone(data), 'x')), []age.Identity{key}, nil); err == nil {
				t.Error("something at the end is taken")
			}
		})
	}
}

func clear(err error) bool {
	for _, e := range []error{ErrDamaged, ErrNotBackup, ErrWrongKey, ErrNeedsKey, ErrNewer} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// A damaged file changes nothing in the place either.
func TestDamagedChangesNothing(t *testing.T) {
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	data, _ := backup(t, source(d))
	for _, e := range engines() {
		p := place(e.empty(t))
		for _, bad := range [][]byte{nil, []byte("PK\x03\x04"), data[:len(data)-1], data[:len(data)/2]} {
			if _, _, err := Restore(t.Context(), bytes.NewReader(bad), nil, p); !clear(err) {
				t.Errorf("%d bytes: %v", len(bad), err)
			}
			if e.name == "sqlite" {
				wantNothing(t, p.Address)
			} else if tables, err := openAt(t, p.Address).Tables(t.Context(), openAt(t, p.Address)); err != nil || len(tables) != 0 {
				t.Errorf("%v, %v", tables, err)
			}
		}
	}
}

// part is one part of a file made by hand.
type part struct {
	name, body string
	kind       byte
	size       int64 // when it lies about it
}

func byHand(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(window))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, p := range parts {
		h := &tar.Header{Name: p.name, Size: int64(len(p.body)), Typeflag: tar.TypeReg, Mode: 0o600}
		if p.kind != 0 {
			h.Typeflag, h.Size, h.Linkname = p.kind, 0, "/etc/passwd"
		}
		if p.size != 0 {
			h.Size = p.size
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if p.kind == 0 {
			io.WriteString(w, p.body)
		}
	}
	w.Close() // complains of the liars
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func headWith(tables ...string) part {
	h := Head{Format: Format, Program: "hand", At: at}
	for _, name := range tables {
		h.Tables = append(h.Tables, Shape{name, []db.Column{{Name: "id", Kind: db.Text}}})
	}
	text, _ := json.Marshal(h)
	return part{name: headName, body: string(text)}
}

func TestHostile(t *testing.T) {
	manifest := part{name: manifestName, body: `{}`}
	file := func(name string) []part { return []part{headWith(), {name: "files/" + name, body: "x"}, manifest} }
	for name, parts := range map[string][]part{
		"nothing":              {},
		"not our tar":          {{name: "etc/passwd", body: "root"}},
		"no manifest":          {headWith()},
		"above":                file("../keys.json"),
		"above in the middle":  file("a/../../keys.json"),
		"absolute":             file("/etc/passwd"),
		"backslash":            file(`..\keys.json`),
		"drive":                file("c:keys.json"),
		"line end":             file("a\nb"),
		"no text":              file("a\xff"),
		"folder":               {headWith(), {name: "files/a/", kind: tar.TypeDir}, manifest},
		"link":                 {headWith(), {name: "files/a", kind: tar.TypeSymlink}, manifest},
		"hard link":            {headWith(), {name: "files/a", kind: tar.TypeLink}, manifest},
		"device":               {headWith(), {name: "files/a", kind: tar.TypeChar}, manifest},
		"file before table":    {headWith("a"), {name: "files/a", body: "x"}, {name: "tables/a/00001.jsonl", body: "[\"x\"]\n"}, manifest},
		"piece missing":        {headWith("a"), {name: "tables/a/00002.jsonl", body: "[\"x\"]\n"}, manifest},
		"piece too large":      {headWith("a"), {name: "tables/a/00001.jsonl", body: "x", size: 1 << 40}},
		"file larger than all": {headWith(), {name: "files/a", body: "x", size: 1 << 40}},
		"head too large":       {{name: headName, body: "x", size: 1 << 40}},
		"head is no JSON":      {{name: headName, body: "<html>"}},
		"table with a quote":   {headWith(`a"; drop table b; --`), manifest},
		"table twice":          {headWith("a", "a"), manifest},
		"table of another":     {headWith("a"), {name: "tables/b/00001.jsonl", body: "[\"x\"]\n"}, manifest},
		"row too long":         {headWith("a"), {name: "tables/a/00001.jsonl", body: "[\"x\",1]\n"}, manifest},
		"row is no row":        {headWith("a"), {name: "tables/a/00001.jsonl", body: "{}\n"}, manifest},
		"wrong kind":           {headWith("a"), {name: "tables/a/00001.jsonl", body: "[1]\n"}, manifest},
		"sums missing":         {headWith("a"), {name: "tables/a/00001.jsonl", body: "[\"x\"]\n"}, manifest},
		"two manifests":        {headWith(), manifest, manifest},
	} {
		t.Run(name, func(t *testing.T) {
			p := place("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
			blobs := &memory{}
			p.Blobs = blobs
			_, _, err := Restore(t.Context(), bytes.NewReader(byHand(t, parts...)), nil, p)
			if !clear(err) {
				t.Errorf("%v", err)
			}
			if len(blobs.files) != 0 {
				t.Error("a file was written")
			}
			wantNothing(t, p.Address)
		})
	}
}

func TestFormatOfTheFuture(t *testing.T) {
	_, _, err := Verify(t.Context(), bytes.NewReader(byHand(t, part{name: headName, body: `{"format": 2, "program": "kladka 9"}`})), nil, nil)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "kladka 9") {
		t.Error(err)
	}
}

// zeros never end, like a bomb.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestBomb(t *testing.T) {
	g := &guarded{r: zeros{}, packed: &counted{n: 1 << 20}, n: maxExpanded - 1<<20}
	n, err := io.Copy(io.Discard, g)
	if !errors.Is(err, ErrDamaged) || n > 2<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
	g = &guarded{r: io.LimitReader(zeros{}, 8<<20), packed: &counted{n: maxExpanded / 100}, n: maxExpanded}
	if _, err := io.Copy(io.Discard, g); err != nil {
		t.Errorf("an honest file: %v", err)
	}
	// A frame that asks for a window of gigabytes gets none.
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(zstd.MaxWindowSize))
	if err != nil {
		t.Fatal(err)
	}
	io.CopyN(z, zeros{}, 64<<20)
	z.Close()
	if _, _, err := Verify(t.Context(), &b, nil, nil); !clear(err) {
		t.Error(err)
	}
}

var kinds = []db.Kind{db.Text, db.Integer, db.Boolean, db.Real, db.Bytes}

func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "n")
		columns, row := make([]db.Column, n), make([]any, n)
		for i := range row {
			columns[i] = db.Column{Name: fmt.Sprint("c", i), Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
			row[i] = drawValue(t, columns[i].Kind)
		}
		line := appendRow(nil, row)
		if bytes.Count(line, []byte("\n")) != 1 || !json.Valid(line) {
			t.Fatalf("%q is no line of JSON", line)
		}
		back, err := readRow(line[:len(line)-1], columns)
		if err != nil || !reflect.DeepEqual(row, back) {
			t.Fatalf("%#v became %#v, %v", row, back, err)
		}
	})
}

func drawValue(t *rapid.T, kind db.Kind) any {
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return nil
	}
	switch kind {
	case db.Integer:
		return rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, 1<<53 + 1})).Draw(t, "integer")
	case db.Boolean:
		return rapid.Bool().Draw(t, "boolean")
	case db.Real:
		return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.Copysign(0, -1)})).Draw(t, "real")
	case db.Bytes:
		return rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
	}
	return rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\"\\\x00\x1f\n\r\u2028<ż"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
}

func TestNotANumber(t *testing.T) {
	columns := []db.Column{{Name: "x", Kind: db.Real}}
	row, err := readRow(bytes.TrimSpace(appendRow(nil, []any{math.NaN()})), columns)
	if err != nil || !math.IsNaN(row[0].(float64)) {
		t.Errorf("%v, %v", row, err)
	}
}

func FuzzReadRow(f *testing.F) {
	f.Add([]byte(`["a",1,true,0.5,{"base64":"AA=="}]`))
	f.Add([]byte(`[null,null,null,"NaN",null]`))
	f.Add([]byte(`["\ud800",9223372036854775808,0,1e999,{"base64":null}]`))
	columns := make([]db.Column, len(kinds))
	for i, k := range kinds {
		columns[i] = db.Column{Name: string(k), Kind: k}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := readRow(line, columns)
		if err != nil {
			return
		}
		again := appendRow(nil, row)
		back, err := readRow(again[:len(again)-1], columns)
		if err != nil || !bytes.Equal(appendRow(nil, back), again) {
			t.Errorf("%q: %#v became %#v, %v", line, row, back, err)
		}
	})
}

// FuzzVerify reads whatever bytes as a file, and as the tar inside of one.
func FuzzVerify(f *testing.F) {
	good := byHand(f, headWith("a"), part{name: "tables/a/00001.jsonl", body: "[\"x\"]\n"}, part{name: "files/x", body: "y"}, part{name: manifestName, body: "{}"})
	f.Add(good)
	if z, err := zstd.NewReader(bytes.NewReader(good)); err == nil {
		plain, _ := io.ReadAll(z)
		f.Add(plain)
		z.Close()
	}
	f.Add([]byte(ageMagic + "\n-> X25519 x\n"))
	pack, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, file := range [][]byte{data, pack.EncodeAll(data, nil)} {
			if _, _, err := Verify(context.Background(), bytes.NewReader(file), nil, nil); err != nil && !clear(err) {
				t.Errorf("nobody understands %v", err)
			}
		}
	})
}

func TestToFile(t *testing.T) {
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	dir := t.TempDir()
	path := filepath.Join(dir, "kladka.backup")
	calls := 0
	src := source(d)
	src.Progress = func(Progress) { calls++ }
	if _, _, err := ToFile(t.Context(), src, path); err != nil || calls == 0 {
		t.Fatalf("%v, %d calls", err, calls)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, _, err := ToFile(t.Context(), src, path); err == nil {
		t.Error("it was overwritten")
	}
	src.Blobs = &memory{files: map[string]string{"..": ""}}
	if _, _, err := ToFile(t.Context(), src, filepath.Join(dir, "fails")); err == nil {
		t.Error("no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := ToFile(ctx, source(d), filepath.Join(dir, "canceled")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	after, _ := os.ReadFile(path)
	left, _ := os.ReadDir(dir)
	if len(left) != 1 || !bytes.Equal(before, after) {
		t.Errorf("%v", left)
	}
}

func TestReadErasures(t *testing.T) {
	journal := "{\"person\":\"a\",\"at\":1700000000}\n\n{\"person\":\"b\",\"at\":\"2026-11-22T12:00:00Z\",\"by\":\"x\"}\n{\"person\":\"c\",\"at\":1900000000}\n"
	for want, since := range map[string]time.Time{"abc": {}, "bc": at, "c": at.Add(time.Second)} {
		list, err := ReadErasures(strings.NewReader(journal), since)
		got := ""
		for _, e := range list {
			got += e.Person
		}
		if err != nil || got != want {
			t.Errorf("since %v: %q, %v", since, got, err)
		}
	}
	for _, bad := range []string{`{"person":"a"}`, `{"at":1}`, `{"person":"a","at":null}`, `{"person":"a","at":"soon"}`, `{"person":"a","at":17`, `[]`, `x`} {
		if _, err := ReadErasures(strings.NewReader(journal+bad), at); err == nil || !strings.Contains(err.Error(), "line 5") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func FuzzReadErasures(f *testing.F) {
	f.Add(`{"person":"a","at":1700000000}`)
	f.Add(`{"person":"a","at":"2026-11-22T12:00:00Z"}`)
	f.Fuzz(func(t *testing.T, journal string) {
		list, err := ReadErasures(strings.NewReader(journal), time.Time{})
		for _, e := range list {
			if err == nil && (e.Person == "" || e.At.IsZero()) {
				t.Errorf("%+v", e)
			}
		}
	})
}
