package seal

// Shamir's scheme: each byte of the secret is the value at 0 of a polynomial of
// degree need-1 whose other coefficients are random, and share x holds its value
// at x. Through need-1 points and any guess of the secret goes exactly one such
// polynomial, so need-1 shares add nothing to what is public, whatever computer
// one has.
//
// Bytes are numbers of GF(256) with the polynomial of AES. Nothing here branches
// on a secret byte or takes one as an index, so neither the time nor the cache
// tells of it.

// mul multiplies in GF(256), bit by bit, always in eight steps.
func mul(a, b byte) byte {
	var p byte
	for range 8 {
		p ^= a & -(b & 1)       // adds a where the bit is set
		a = a<<1 ^ 0x1b&-(a>>7) // times x
		b >>= 1
	}
	return p
}

// inverse is a to the power of 254; of 0 it is 0.
func inverse(a byte) byte {
	p := byte(1)
	for range 7 { // 254 = 2+4+8+…+128
		a = mul(a, a)
		p = mul(p, a)
	}
	return p
}

// split gives the values at 1, 2, …, of. The coefficients are whole blocks of
// the secret's length, one block for each degree from 1.
func split(secret, coefficients []byte, of int) [][seedSize]byte {
	shares := make([][seedSize]byte, of)
	for i := range shares {
		x := byte(i + 1)
		for j := range secret {
			var y byte
			for d := len(coefficients) - seedSize; d >= 0; d -= seedSize { // Horner's rule
				y = mul(y^coefficients[d+j], x)
			}
			shares[i][j] = y ^ secret[j]
		}
	}
	return shares
}

// combine gives the value at 0 of the polynomial through the shares, by
// Lagrange. Their numbers differ and are no secret.
func combine(shares []Share) []byte {
	secret := make([]byte, seedSize)
	for i, s := range shares {
		weight := byte(1)
		for j, t := range shares {
			if i != j {
				weight = mul(weight, mul(byte(t.No), inverse(byte(t.No^s.No))))
			}
		}
		for n := range secret {
			secret[n] ^= mul(s.body()[n], weight)
		}
	}
	return secret
}
