package directory

import (
	"slices"
	"testing"

	"kladka/internal/directory/register"
)

// Every field that people may correct is one that the register is watched for,
// and what is put into a row is read from it as it was put.
func TestCorrectableFields(t *testing.T) {
	good := map[string]string{"name": "Szkoła „Łąka”", "official_name": "SZKOŁA", "city": "Liszki", "street": "Polna", "house": "1a", "flat": "2", "post_code": "32-060",
		"point": "50.0500000, 19.7500000", "regon": "123456785", "nip": "6761013717", "phone": "12 345 67 89", "email": "biuro@example.org",
		"website": "https://sp.example.org", "public": "public", "pupils": "321", "founded_on": "1999-09-01"}
	for _, c := range correctables {
		if !slices.Contains(register.Fields(), c.field) || takes[c.field] == nil {
			t.Errorf("%s is no field of the register", c.field)
		}
		value := good[c.field]
		var i Institution
		c.set(&i, value)
		if value == "" || c.fault(value) != "" || c.text(&i) != value || tidyValue(c.field, value) != value {
			t.Errorf("%s: %q became %q, fault %q", c.field, value, c.text(&i), c.fault(value))
		}
	}
	for _, field := range []string{"type", "municipality", "running_name", "running_kind", "parent", "closed_on"} {
		if _, ok := correctableBy(field); ok {
			t.Errorf("%s gives rights and can be corrected", field)
		}
	}
	for value, want := range map[string]string{"\u200bA  b\u00a0c\n": "A b c", "\u202eabc": "abc"} {
		if got := tidyValue("name", value); got != want {
			t.Errorf("%q became %q", value, got)
		}
	}
}

// What passes the checks goes into a row and comes out the same, whatever was typed.
func FuzzCorrectedValue(f *testing.F) {
	for n := range correctables {
		for _, seed := range []string{"", "50.05, 19.75", "NaN,NaN", "1e1, 1e1", "-0", "007", "https://a.example/ x", "javascript:x", "a@b.c", "2020-02-30", "\u200b", "\xff"} {
			f.Add(n, seed)
		}
	}
	f.Fuzz(func(t *testing.T, n int, text string) {
		if n < 0 {
			return
		}
		c := correctables[n%len(correctables)]
		value := tidyValue(c.field, text)
		if tidyValue(c.field, value) != value {
			t.Fatalf("%s: %q is not tidy", c.field, value)
		}
		if c.fault(value) != "" {
			return
		}
		var i Institution
		if c.set(&i, value); c.text(&i) != value {
			t.Fatalf("%s: %q became %q", c.field, value, c.text(&i))
		}
	})
}
