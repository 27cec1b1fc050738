package seal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/bits"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kladka/internal/platform/fault"
)

func TestMakeRefuses(t *testing.T) {
	for _, c := range [][2]int{{0, 0}, {1, 1}, {1, 3}, {3, 2}, {2, 10}, {-1, 3}, {10, 10}, {258, 258}} {
		if p, shares, err := Make(c[0], c[1]); err == nil || p != "" || shares != nil {
			t.Error("made", c)
		}
	}
}

func TestJoinRefuses(t *testing.T) {
	p, s := made(t, 3, 5)
	_, foreign := made(t, 3, 5)
	forged := s[1]
	body := *s[1].body()
	body[31] ^= 1
	forged.body = keep(&body)
	renamed := s[1]
	renamed.No = 4
	for name, c := range map[string]struct {
		shares []Share
		kind   fault.Kind
		key    string
		args   []any
	}{
		"none":            {nil, fault.Conflict, "few", []any{"need", 3, "given", 0}},
		"two":             {s[:2], fault.Conflict, "few", []any{"need", 3, "given", 2}},
		"twice":           {[]Share{s[0], s[3], s[0]}, fault.Invalid, "twice", []any{"no", 1}},
		"enough, twice":   {[]Share{s[0], s[1], s[2], s[2]}, fault.Invalid, "twice", []any{"no", 3}},
		"another key":     {[]Share{s[0], s[1], foreign[2]}, fault.Invalid, "other", []any{"no", 3}},
		"one too much":    {[]Share{s[0], s[1], s[2], foreign[3]}, fault.Invalid, "other", []any{"no", 4}},
		"an empty share":  {[]Share{s[0], s[1], {}}, fault.Invalid, "other", nil},
		"a changed body":  {[]Share{s[0], forged, s[2]}, fault.Invalid, "forged", []any{"no", 2}},
		"another number":  {[]Share{s[0], renamed, s[2]}, fault.Invalid, "forged", []any{"no", 4}},
		"number 0":        {[]Share{{Key: s[0].Key, Need: 3, Of: 5, body: s[0].body}}, fault.Invalid, "forged", nil},
		"number 6":        {[]Share{{Key: s[0].Key, Need: 3, Of: 5, No: 6, body: s[0].body}}, fault.Invalid, "forged", nil},
		"fewer needed":    {[]Share{{Key: s[0].Key, Need: 2, Of: 5, No: 1, body: s[0].body}, s[1]}, fault.Invalid, "forged", nil},
		"need beyond":     {[]Share{{Key: s[0].Key, Need: 3 + 256, Of: 5, No: 1, body: s[0].body}, s[1]}, fault.Invalid, "forged", nil},
		"of another size": {[]Share{{Key: s[0].Key, Need: 3, Of: 4, No: 1, body: s[0].body}, s[1]}, fault.Invalid, "forged", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := Join(p, c.shares...)
			fails(t, err, c.kind, "seal.fault."+c.key, c.args...)
			if o != nil {
				t.Error("an opener beside the error")
			}
		})
	}
	if err := p.Belongs(s[4]); err != nil {
		t.Error(err)
	}
	fails(t, p.Belongs(foreign[0]), fault.Invalid, "seal.fault.other")
	fails(t, p.Belongs(forged), fault.Invalid, "seal.fault.forged")
	fails(t, Public("x").Belongs(s[0]), fault.Invalid, "seal.fault.public")
	_, err := Join("x", s...)
	fails(t, err, fault.Invalid, "seal.fault.public")
}

// TestJoinChecksTheKey puts shares of one key under the public half of another,
// with marks that fit: only comparing the keys can notice it.
func TestJoinChecksTheKey(t *testing.T) {
	_, shares := made(t, 2, 3)
	q, _ := made(t, 2, 3)
	k, err := q.parse()
	if err != nil {
		t.Fatal(err)
	}
	p, shares, err := assemble(k.key, 2, [][seedSize]byte{*shares[0].body(), *shares[1].body(), *shares[2].body()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Join(p, shares[0], shares[1])
	fails(t, err, fault.Conflict, "seal.fault.unfit")
}

// TestAnyEnoughOpen tries every set of shares of every small key.
func TestAnyEnoughOpen(t *testing.T) {
	for of := 2; of <= 5; of++ {
		for need := 2; need <= of; need++ {
			p, shares := made(t, need, of)
			e := sealed(t, p, 20, "tak")
			for set := range 1 << of {
				var some []Share
				for i, s := range shares {
					if set>>i&1 == 1 {
						some = append(some, s)
					}
				}
				o, err := Join(p, some...)
				if bits.OnesCount(uint(set)) < need {
					fails(t, err, fault.Conflict, "seal.fault.few", "need", need, "given", len(some))
					continue
				}
				if err != nil {
					t.Fatalf("%d of %d, set %b: %v", need, of, set, err)
				}
				if words, err := o.Open(info, e); err != nil || string(words) != "tak" {
					t.Fatalf("%d of %d, set %b: %q, %v", need, of, set, words, err)
				}
			}
		}
	}
}

// TestJoinInAnyOrder goes through paper: shares are typed in, in any order.
// Fewer than needed make no key even when nobody counts them.
func TestJoinInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		of := rapid.IntRange(2, Most).Draw(rt, "of")
		need := rapid.IntRange(2, of).Draw(rt, "need")
		p, shares := made(t, need, of)
		e := sealed(t, p, 20, "tak")
		shares = rapid.Permutation(shares).Draw(rt, "order")[:rapid.IntRange(1, of).Draw(rt, "given")]
		for i, s := range shares {
			typed, err := ParseShare(s.Text())
			if err != nil {
				rt.Fatal(err)
			}
			shares[i] = typed
		}
		o, err := Join(p, shares...)
		if len(shares) < need {
			fails(t, err, fault.Conflict, "seal.fault.few")
			k, _ := p.parse()
			_, err = k.join(shares)
			fails(t, err, fault.Conflict, "seal.fault.unfit")
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if words, err := o.Open(info, e); err != nil || string(words) != "tak" {
			rt.Fatalf("%q, %v", words, err)
		}
	})
}

func TestParsePublic(t *testing.T) {
	p, _ := made(t, 2, 3)
	good := string(p)
	if got, err := ParsePublic("\r\n " + good + "\n"); err != nil || got != p {
		t.Error(err)
	}
	if need, of, err := p.Shares(); need != 2 || of != 3 || err != nil {
		t.Error(need, of, err)
	}
	part := strings.Split(good, ".")
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	for name, text := range map[string]string{
		"nothing":          "",
		"no version":       join("kladka", part[1], part[2], part[3]),
		"a part less":      join(part[:3]...),
		"a part more":      good + ".",
		"fewer shares":     join(part[0], "2of2", part[2], part[3]),
		"more shares":      join(part[0], "2of4", part[2], part[3]),
		"one is enough":    join(part[0], "1of3", part[2], part[3]),
		"more than all":    join(part[0], "4of3", part[2], part[3]),
		"words":            join(part[0], "two3", part[2], part[3]),
		"other words":      join(part[0], "2aa3", part[2], part[3]),
		"short key":        join(part[0], part[1], part[2][:100], part[3]),
		"a key of letters": join(part[0], part[1], strings.Repeat("_", len(part[2])), part[3]), // coefficients beyond the modulus
		"a strange letter": join(part[0], part[1], "+"+part[2][1:], part[3]),
		"short marks":      join(part[0], part[1], part[2], part[3][:40]),
		"strange marks":    join(part[0], part[1], part[2], "*"+part[3][1:]),
		"loose last bits":  join(part[0], part[1], part[2][:len(part[2])-1]+loose(part[2]), part[3]),
		"break for letter": join(part[0], part[1], part[2], part[3][:40]+"\n\n\n\n"+part[3][44:]),
		"a line break":     join(part[0], part[1], part[2], part[3][:40]+"\n"+part[3][40:]),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePublic(text)
			fails(t, err, fault.Invalid, "seal.fault.public")
		})
	}
	_, err := ParsePublic(join("kladka-seal-2", part[1], part[2], part[3]))
	fails(t, err, fault.Invalid, "seal.fault.version")
}

// loose is the letter of the end that decodes to the same bytes less strictly.
func loose(text string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(letters[strings.IndexByte(letters, text[len(text)-1])^1])
}

func TestFingerprint(t *testing.T) {
	p, shares := made(t, 2, 3)
	q, _ := made(t, 2, 3)
	if f := p.Fingerprint(); !sixteen.MatchString(f) || f != p.Fingerprint() || f == q.Fingerprint() || f != shares[1].Key {
		t.Error(f, q.Fingerprint(), shares[1].Key)
	}
	changed := strings.Replace(string(p), "2of3", "3of3", 1)
	if Public(changed).Fingerprint() == p.Fingerprint() {
		t.Error("a changed number of shares is not seen")
	}
}

func FuzzParsePublic(f *testing.F) {
	p, _ := made(f, 2, 2)
	f.Add(string(p))
	f.Add("kladka-seal-1.2of3..")
	f.Add("kladka-seal-9")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParsePublic(text)
		if err == nil && string(got) != strings.TrimSpace(text) {
			t.Fatal(got)
		}
	})
}

// TestSharesStayOutOfLogs prints a share in every way that a log may.
func TestSharesStayOutOfLogs(t *testing.T) {
	_, shares := made(t, 2, 2)
	s := shares[0]
	holder := struct {
		name  string
		share Share
		more  []Share
	}{"officer", s, shares}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", &s)
		fmt.Fprintf(&out, verb+"\n", holder)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("share", "share", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("share", "share", s, "holder", holder)
	if err := json.NewEncoder(&out).Encode(s); err != nil {
		t.Fatal(err)
	}
	body := s.body()[:4]
	for _, secret := range []string{s.Text()[30:40], string(body), fmt.Sprintf("%x", body), fmt.Sprintf("%X", body),
		strings.Trim(fmt.Sprint(body), "[]"), strings.Trim(fmt.Sprintf("%#v", body), "[]byte{}")} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "share 1 of 2 of the key "+s.Key) {
		t.Error("the log does not say which share it was")
	}
}

func TestForget(t *testing.T) {
	p, shares := made(t, 2, 2)
	other := shares[0]
	shares[0].Forget()
	Share{}.Forget()
	if *other.body() != [seedSize]byte{} {
		t.Error("a copy remembers")
	}
	fails(t, p.Belongs(other), fault.Invalid, "seal.fault.forged")
}
