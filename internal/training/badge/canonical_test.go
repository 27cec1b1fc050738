package badge

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		` { "b" : [ 1 , true , null , false ] , "a" : { } } `: `{"a":{},"b":[1,true,null,false]}`,
		`[]`:   `[]`,
		`"ż"`:  `"ż"`,
		`-0.0`: `0`,
		// RFC 8785, 3.2.2
		`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`: `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		// RFC 8785, 3.2.3: keys by UTF-16 code units, the beyond before U+FB33
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`: "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}",
		`"\b\t\n\f\r\u0001\u007f\u2028"`:                                              "\"\\b\\t\\n\\f\\r\\u0001\u007f\u2028\"",
	} {
		got, err := Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s\n is %s (%v)\nwant %s", in, got, err, want)
		}
	}
}

// TestNumbers holds the table of RFC 8785, appendix B.
func TestNumbers(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308", 0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992", 0x4430000000000000: "295147905179352830000", 0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23", 0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21", 0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001", 0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333", 0x41b3de4355555556: "333333333.3333334", 0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333", 0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		got, err := appendNumber(nil, math.Float64frombits(bits))
		if err != nil || string(got) != want {
			t.Errorf("%x is %s (%v), want %s", bits, got, err, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := appendNumber(nil, f); !errors.Is(err, ErrJSON) {
			t.Errorf("%v: %v", f, err)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing": "", "spaces": " \n", "no value": "nul", "NaN": "NaN", "Infinity": "-Infinity", "hex": "0x10", "plus": "+1", "point": "1.", "leading point": ".5",
		"leading zero": "01", "no exponent": "1e", "too large": "1e400", "underscore": "1_000", "after the end": "{} {}", "a zero byte": "1\x00", "comma": "[1,]", "no comma": "[1 2]",
		"open": `{"a":1`, "key": `{a:1}`, "no colon": `{"a" 1}`, "comma in object": `{"a":1,}`, "a key twice": `{"a":1,"b":2,"a":1}`, "the same key written otherwise": `{"a":1,"\u0061":1}`,
		"not UTF-8": "\"\xff\"", "a surrogate in UTF-8": "\"\xed\xa0\x80\"", "half a letter": `"\ud83d"`, "half and another": `"\ud83dx"`, "the second half": `"\ude00"`, "two firsts": `"\ud83d\ud83d"`,
		"half then end": `"\ud83d\u"`, "escape": `"\x41"`, "short escape": `"\u41"`, "signed escape": `"\u+041"`, "open string": `"a`, "open escape": `"\`, "control character": "\"\n\"", "byte order mark": "\ufeff{}",
		"too deep": strings.Repeat("[", 66) + strings.Repeat("]", 66), "too deep and open": strings.Repeat(`{"a":`, 100_000), "too long": `"` + strings.Repeat("a", mostBytes) + `"`, "single quotes": "'a'", "comment": "1//",
	} {
		if got, err := Canonical([]byte(in)); !errors.Is(err, ErrJSON) {
			t.Errorf("%s: %.80s, %v", name, got, err)
		}
	}
	deep := strings.Repeat("[", mostDeep) + "1" + strings.Repeat("]", mostDeep)
	if got, err := Canonical([]byte(deep)); err != nil || string(got) != deep {
		t.Errorf("as deep as may be: %v", err)
	}
	for name, v := range map[string]any{"an int": 1, "letters": "\xff", "a key": map[string]any{"\xff": nil}} {
		if _, err := write(v); !errors.Is(err, ErrJSON) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCanonical: a canonical form is its own canonical form, and means the same
// to the standard library as the text did.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b":[1,-0,1e21,1e-7],"a":"\ud83d\ude00\u0000"}`, `[[[]]]`, `{"a":1,"a":2}`, `"\ud800"`, `1e400`, "\"\xff\"", `{"\u20ac":{"x":null}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Canonical(in)
		if err != nil {
			if !errors.Is(err, ErrJSON) {
				t.Fatal(err)
			}
			return
		}
		if again, err := Canonical(got); err != nil || !bytes.Equal(got, again) {
			t.Errorf("%q, then %q (%v)", got, again, err)
		}
		var was, is any
		if err := json.Unmarshal(in, &was); err != nil {
			t.Fatalf("we read %q, others do not: %v", in, err)
		}
		if err := json.Unmarshal(got, &is); err != nil {
			t.Fatal(err)
		}
		a, errA := json.Marshal(was)
		b, errB := json.Marshal(is)
		if errA != nil || errB != nil || strings.ReplaceAll(string(a), "-0", "0") != strings.ReplaceAll(string(b), "-0", "0") {
			t.Errorf("%q means %s, its form %q means %s", in, a, got, b)
		}
	})
}
