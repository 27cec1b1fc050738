package seal

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"kladka/internal/platform/fault"
)

func TestSealRefuses(t *testing.T) {
	p, _ := made(t, 2, 3)
	if _, err := p.Seal(info, 4, []byte("żółw")); !errors.Is(err, ErrLong) {
		t.Error("seven bytes went into four:", err)
	}
	for _, size := range []int{-1, MaxSize + 1} {
		if _, err := p.Seal(info, size, nil); err == nil {
			t.Error("there is an envelope of size", size)
		}
	}
	_, err := Public("").Seal(info, 4, nil)
	fails(t, err, fault.Invalid, "seal.fault.public")
}

func TestOpenRefuses(t *testing.T) {
	p, o := joined(t)
	other, _ := joined(t)
	good := sealed(t, p, 40, "tak, chętnie")
	zeros := make([]byte, len(good))
	zeros[0] = version // with a public point that X25519 must refuse
	for name, c := range map[string]struct{ info, sealed []byte }{
		"nothing":          {info, nil},
		"one byte":         {info, good[:1]},
		"half":             {info, good[:len(good)/2]},
		"no inside":        {info, good[:1+encSize]},
		"shorter than any": {info, good[:SealedSize(0)-1]},
		"as short as any":  {info, good[:SealedSize(0)]},
		"a byte less":      {info, good[:len(good)-1]},
		"a byte more":      {info, append(bytes.Clone(good), 0)},
		"another version":  {info, append([]byte{2}, good[1:]...)},
		"another info":     {[]byte("round 8, definition 3"), good},
		"longer info":      {append(bytes.Clone(info), 0), good},
		"no info":          {nil, good},
		"another key":      {info, sealed(t, other, 40, "tak, chętnie")},
		"all zeros":        {info, zeros},
	} {
		if words, err := o.Open(c.info, c.sealed); err != ErrUnreadable || words != nil {
			t.Errorf("%s: %q, %v", name, words, err)
		}
	}
	if words, err := o.Open(info, good); err != nil || string(words) != "tak, chętnie" {
		t.Errorf("the good one: %q, %v", words, err)
	}
}

func TestEachByteIsNoticed(t *testing.T) {
	p, o := joined(t)
	good := sealed(t, p, 24, "szachy")
	for i := range good {
		bits := []byte{1 << (i % 8)}
		if i == encSize { // the highest bit of an X25519 point is one that X25519 itself ignores
			bits = []byte{1, 2, 4, 8, 16, 32, 64, 128}
		}
		for _, bit := range bits {
			good[i] ^= bit
			if _, err := o.Open(info, good); err != ErrUnreadable {
				t.Errorf("byte %d, bit %d: changed, and it opens: %v", i, bit, err)
			}
			good[i] ^= bit
		}
	}
	if _, err := o.Open(info, good); err != nil {
		t.Error(err)
	}
}

func TestWhatIsSealedOpens(t *testing.T) {
	p, o := joined(t)
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(0, 300).Draw(rt, "size")
		words := rapid.SliceOfN(rapid.Byte(), 0, size).Draw(rt, "words")
		about := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(rt, "info")
		e, err := p.Seal(about, size, words)
		if err != nil {
			rt.Fatal(err)
		}
		if len(e) != SealedSize(size) {
			rt.Fatalf("%d bytes, others of this size have %d", len(e), SealedSize(size))
		}
		got, err := o.Open(about, e)
		if err != nil || !bytes.Equal(got, words) {
			rt.Fatalf("%q, %v", got, err)
		}
	})
}

// TestEnvelopesTellNothing: equal words look different, in both halves of the
// encapsulated key and in the inside.
func TestEnvelopesTellNothing(t *testing.T) {
	p, _ := made(t, 2, 2)
	a, b := sealed(t, p, 64, ""), sealed(t, p, 64, "")
	for _, part := range [][2]int{{1, 1 + 1088}, {1 + 1088, 1 + encSize}, {1 + encSize, len(a)}} {
		if bytes.Equal(a[part[0]:part[1]], b[part[0]:part[1]]) {
			t.Error("two envelopes share the bytes", part)
		}
	}
	if bytes.Contains(sealed(t, p, 64, strings.Repeat("x", 64)), []byte("xxxx")) {
		t.Error("the words can be read")
	}
}

func TestUnpad(t *testing.T) {
	for _, c := range []struct {
		inside, want string
		fails        bool
	}{
		{inside: "\x00\x00\x00\x00"},
		{inside: "\x00\x00\x00\x02ab", want: "ab"},
		{inside: "\x00\x00\x00\x02ab\x00\x00", want: "ab"},
		{inside: "\x00\x00\x00\x03ab\x00\x00", want: "ab\x00"},
		{inside: "\x00\x00\x00\x03ab", fails: true},
		{inside: "\xff\xff\xff\xffab", fails: true},
		{inside: "\x00\x00\x00\x02ab\x00c", fails: true}, // hidden words
	} {
		got, err := unpad([]byte(c.inside))
		if string(got) != c.want || (err != nil) != c.fails {
			t.Errorf("%q: %q, %v", c.inside, got, err)
		}
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	p, o := joined(t)
	var wait sync.WaitGroup
	for i := range 8 {
		words := fmt.Sprint("answer ", i)
		e := sealed(t, p, 32, words)
		wait.Go(func() {
			for range 5 {
				if got, err := o.Open(info, e); err != nil || string(got) != words {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	wait.Wait()
	e := sealed(t, p, 32, "late")
	o.Close()
	o.Close()
	if _, err := o.Open(info, e); err != ErrClosed {
		t.Error("a forgotten key opened:", err)
	}
}

var sixteen = regexp.MustCompile(`^([` + alphabet + `]{4}-){3}[` + alphabet + `]{4}$`)

func TestDigest(t *testing.T) {
	p, _ := made(t, 2, 2)
	a, b := sealed(t, p, 8, "a"), sealed(t, p, 8, "a")
	if !sixteen.MatchString(Digest(a)) || Digest(a) != Digest(bytes.Clone(a)) || Digest(a) == Digest(b) {
		t.Error(Digest(a), Digest(b))
	}
	if Digest([]byte(p)) == p.Fingerprint() {
		t.Error("a digest can be taken for a fingerprint")
	}
}

func FuzzOpen(f *testing.F) {
	p, o := joined(f)
	good := sealed(f, p, 16, "tak")
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{version})
	f.Add(good[:len(good)-1])
	f.Add(make([]byte, SealedSize(0)))
	f.Fuzz(func(t *testing.T, data []byte) {
		words, err := o.Open(info, data)
		if bytes.Equal(data, good) != (err == nil) {
			t.Fatalf("%q, %v", words, err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	p, _ := made(b, 2, 3)
	words := make([]byte, 3000)
	for b.Loop() {
		if _, err := p.Seal(info, 4096, words); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	p, o := joined(b)
	e := sealed(b, p, 4096, "tak")
	for b.Loop() {
		if _, err := o.Open(info, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJoin(b *testing.B) {
	p, shares := made(b, 2, 3)
	for b.Loop() {
		if _, err := Join(p, shares[1], shares[2]); err != nil {
			b.Fatal(err)
		}
	}
}
