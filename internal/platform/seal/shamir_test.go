package seal

import (
	"bytes"
	"testing"
)

// TestMul compares with multiplication as taught: first the whole product of
// two polynomials, then the remainder of the division by x^8+x^4+x^3+x+1.
func TestMul(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			product := 0
			for i := range 8 {
				if b>>i&1 == 1 {
					product ^= a << i
				}
			}
			for i := 14; i >= 8; i-- {
				if product>>i&1 == 1 {
					product ^= 0x11b << (i - 8)
				}
			}
			if got := mul(byte(a), byte(b)); int(got) != product {
				t.Fatalf("%d times %d is %d, not %d", a, b, product, got)
			}
		}
	}
	for a := 1; a < 256; a++ {
		if mul(byte(a), inverse(byte(a))) != 1 {
			t.Error("the inverse of", a)
		}
	}
	if inverse(0) != 0 {
		t.Error("the inverse of 0")
	}
}

// TestSplitByHand: with the coefficients 2 and 1 the secret s becomes
// s + 2x + x², so at 1 s+3, at 2 s+0 and at 3 s+3, where + is exclusive or.
func TestSplitByHand(t *testing.T) {
	secret := bytes.Repeat([]byte{0x50}, seedSize)
	coefficients := append(bytes.Repeat([]byte{2}, seedSize), bytes.Repeat([]byte{1}, seedSize)...)
	for i, want := range []byte{0x53, 0x50, 0x53} {
		for _, got := range split(secret, coefficients, 3)[i] {
			if got != want {
				t.Fatalf("share %d has %x, want %x", i+1, got, want)
			}
		}
	}
}

// TestFewerTellNothing: of three needed, two shares are seen. Over all random
// coefficients each pair of values comes exactly once, whatever the secret is;
// so a pair that is seen speaks for no secret more than for another.
func TestFewerTellNothing(t *testing.T) {
	for _, secret := range []byte{0, 1, 0x53, 255} {
		var seen [1 << 16]bool
		coefficients := make([]byte, 2*seedSize)
		whole := bytes.Repeat([]byte{secret}, seedSize)
		for first := 0; first < 1<<16; first += seedSize { // each byte of a block is a trial of its own
			for j := range seedSize {
				coefficients[j], coefficients[seedSize+j] = byte(first>>8), byte(first+j)
			}
			shares := split(whole, coefficients, 5)
			for j := range seedSize {
				pair := int(shares[1][j])<<8 | int(shares[4][j])
				if seen[pair] {
					t.Fatalf("secret %d: the pair %04x comes twice", secret, pair)
				}
				seen[pair] = true
			}
		}
	}
}
