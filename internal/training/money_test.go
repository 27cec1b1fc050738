package training

import "testing"

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "0": 0, "120": 12000, "1 250,50": 125050, "1250.5 zł": 125050, "99,9": 9990, "1\u00a0000 ZŁ": 100000} {
		if got, err := ParseMoney(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"-1", "abc", "1,234", "12,", "1e3", "100001", "1,2,3", "+5", "99999999999999999999"} {
		if got, err := ParseMoney(text); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
