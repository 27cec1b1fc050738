package register

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNIPValid(t *testing.T) {
	for nip, want := range map[string]bool{
		"5991113333": true, "5372618325": true, // as published by two schools
		"5991113334": false, "599111333": false, "59911133333": false, "599-111-33-33": false, "": false,
		"0000000000": false, "123456789a": false, "1234567890": false, // remainder 10
	} {
		if NIPValid(nip) != want {
			t.Errorf("NIPValid(%q) = %v", nip, !want)
		}
	}
}

func TestREGONValid(t *testing.T) {
	for regon, want := range map[string]bool{
		"210203232": true, "061446270": true, "06157878600039": true, "00058355600020": true,
		"210203233": false, "06157878600038": false,
		"21020323200000": false, // padding is no local unit
		"21020323":       false, "": false, "000000000": false, "2102O3232": false,
	} {
		if REGONValid(regon) != want {
			t.Errorf("REGONValid(%q) = %v", regon, !want)
		}
	}
}

// A wrong local number with right check digits of its own must not hide a wrong parent number.
func TestREGONLongNeedsRightParent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		regon := rapid.StringMatching(`[0-9]{14}`).Draw(t, "regon")
		if REGONValid(regon) && !REGONValid(regon[:9]) {
			t.Fatal(regon)
		}
	})
}

// No single wrong digit passes: every weight is prime to 11.
func TestNIPCatchesOneWrongDigit(t *testing.T) {
	nip := "5991113333"
	for i := range nip {
		for digit := byte('0'); digit <= '9'; digit++ {
			changed := nip[:i] + string(digit) + nip[i+1:]
			if changed != nip && NIPValid(changed) {
				t.Error(changed)
			}
		}
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add("5991113333")
	f.Add("06157878600039")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if (NIPValid(text) || REGONValid(text)) && !allDigits(text) {
			t.Errorf("%q taken for a number", text)
		}
	})
}
