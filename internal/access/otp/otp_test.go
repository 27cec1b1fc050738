package otp

import (
	"encoding/base32"
	"encoding/xml"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"
)

// rfc is the secret of the test vectors of RFC 6238, appendix B.
var rfc = base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))

func TestVectorsOfTheStandard(t *testing.T) {
	for seconds, code := range map[int64]string{ // the last six of the eight digits there
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		now := time.Unix(seconds, 0)
		if got, err := Code(rfc, now); err != nil || got != code {
			t.Errorf("%d: %s, %v; want %s", seconds, got, err, code)
		}
		if step, ok := Check(rfc, code, now, -1); !ok || step != seconds/30 {
			t.Errorf("%d: %s is refused (%d)", seconds, code, step)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	now := time.Unix(1111111111, 0)
	for name, c := range map[string]struct {
		secret, code string
		last         int64
	}{
		"another code":         {rfc, "050472", -1},
		"nothing":              {rfc, "", -1},
		"five digits":          {rfc, "50471", -1},
		"seven digits":         {rfc, "0504711", -1},
		"letters":              {rfc, "O5O471", -1},
		"digits elsewhere":     {rfc, "٠٥٠٤٧١", -1},
		"full width":           {rfc, "０５０４７１", -1},
		"long":                 {rfc, strings.Repeat(" ", 1e6) + "050471", -1},
		"used":                 {rfc, "050471", 1111111111 / 30},
		"a later one was used": {rfc, "050471", 1111111111/30 + 1},
		"no secret":            {"", mustCode(t, "", now), -1},
		"short secret":         {"GEZDGNBV", mustCode(t, "GEZDGNBV", now), -1},
		"broken secret":        {"1", "050471", -1},
		"another secret":       {NewSecret(), "050471", -1},
	} {
		if step, ok := Check(c.secret, c.code, now, c.last); ok || step != 0 {
			t.Errorf("%s: taken as step %d", name, step)
		}
	}
}

func mustCode(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	code, err := Code(secret, now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestClocksMayDifferByOneStep(t *testing.T) {
	secret := NewSecret()
	now := time.Unix(1_800_000_015, 0)
	current := now.Unix() / Period
	for away := int64(-3); away <= 3; away++ {
		code := mustCode(t, secret, now.Add(time.Duration(away)*Period*time.Second))
		step, ok := Check(secret, code, now, -1)
		if near := away >= -1 && away <= 1; ok != near || ok && step != current+away {
			// Once in 300 000 runs two steps share a code.
			t.Errorf("%d steps away: %v, %d", away, ok, step-current)
		}
	}
}

// Whoever looks over a shoulder has the digits, too.
func TestEachCodeWorksOnce(t *testing.T) {
	secret := NewSecret()
	now := time.Unix(1_800_000_015, 0)
	code := mustCode(t, secret, now)
	last, ok := Check(secret, code, now, -1)
	if !ok {
		t.Fatal("the first use is refused")
	}
	for _, later := range []time.Duration{0, time.Second, 20 * time.Second, 40 * time.Second} {
		if _, ok := Check(secret, code, now.Add(later), last); ok {
			t.Errorf("taken again after %s", later)
		}
	}
	before := mustCode(t, secret, now.Add(-Period*time.Second))
	if _, ok := Check(secret, before, now, last); ok {
		t.Error("a code older than the used one is taken")
	}
	next := now.Add(Period * time.Second)
	if step, ok := Check(secret, mustCode(t, secret, next), next, last); !ok || step != last+1 {
		t.Error("the next code is refused")
	}
}

func TestBlanksInCodes(t *testing.T) {
	now := time.Unix(1111111111, 0)
	for _, typed := range []string{"050 471", " 050471\n", "050-471", "050\u00a0471", "0 5 0 4 7 1"} {
		if _, ok := Check(rfc, typed, now, -1); !ok {
			t.Errorf("%q is refused", typed)
		}
	}
}

func TestSecrets(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if a == b || len(a) != 32 || !sound(a) {
		t.Error(a, b)
	}
	if got := strings.Join(Groups(a), ""); got != a || len(Groups(a)) != 8 || len(Groups("")) != 1 {
		t.Error(Groups(a))
	}
}

func TestURI(t *testing.T) {
	text := URI("Kładka: Gmina & Spółka", "anna+kot@example.org", rfc)
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Kładka Gmina & Spółka:anna+kot@example.org" ||
		q.Get("secret") != rfc || q.Get("issuer") != "Kładka Gmina & Spółka" || q.Get("digits") != "6" || q.Get("period") != "30" || len(q) != 5 {
		t.Errorf("%s\n%s %v", text, u.Path, q)
	}
	if strings.ContainsAny(text, " +") && strings.Contains(text[strings.Index(text, "?"):], "+") {
		t.Error(text)
	}
}

func TestCodes(t *testing.T) {
	codes := NewCodes(OnList)
	seen := map[string]bool{}
	for _, c := range codes {
		if seen[c] {
			t.Error("twice", c)
		}
		seen[c] = true
		for _, typed := range []string{c, FormatCode(c), strings.ToLower(c[:4] + " " + c[4:] + " ")} {
			if got := Normalize(typed); got != c {
				t.Errorf("%q: %q, want %q", typed, got, c)
			}
		}
	}
	if len(codes) != OnList {
		t.Error(len(codes))
	}
	for _, typed := range []string{"", "ABCDEFG", "ABCDEFGHJ", "0BCDEFGH", "123456", "234567", "żBCDEFGH", strings.Repeat("A", 1e6)} {
		if got := Normalize(typed); got != "" {
			t.Errorf("%.20q is taken as %q", typed, got)
		}
	}
}

// The path draws the very modules of the code and nothing else.
func TestQR(t *testing.T) {
	text := URI("Kładka", "anna@example.org", rfc)
	q, err := NewQR(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(q.Path, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		for i := range n {
			dark[[2]int{x + i, y}] = true
		}
	}
	for y := range q.Size {
		for x := range q.Size {
			if dark[[2]int{x, y}] != code.Black(x-quiet, y-quiet) {
				t.Fatalf("module %d,%d", x, y)
			}
		}
	}
	decoder := xml.NewDecoder(strings.NewReader(q.SVG()))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(q.SVG(), "style") || !strings.Contains(q.SVG(), q.ViewBox()) || q.Width() != strconv.Itoa(q.Size) {
		t.Error(q.SVG()[:120])
	}
	if _, err := NewQR(strings.Repeat("x", 5000)); err == nil {
		t.Error("no QR code holds that much")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(rfc, "050 471", int64(1111111111), int64(-1))
	f.Add("", "", int64(-5), int64(0))
	f.Add("=====", "000000", int64(1)<<62, int64(1))
	f.Fuzz(func(t *testing.T, secret, code string, at, last int64) {
		step, ok := Check(secret, code, time.Unix(at, 0), last)
		if ok && (step <= last || step < at/Period-1 || step > at/Period+1) {
			t.Errorf("step %d at %d after %d", step, at/Period, last)
		}
		if c := Normalize(code); c != "" {
			if again := Normalize(FormatCode(c)); again != c {
				t.Errorf("%q: %q", code, c)
			}
		}
	})
}
