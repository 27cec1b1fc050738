package register

// NIPValid reports whether a tax number has ten digits and the right check digit. Separators are not forgiven here.
func NIPValid(nip string) bool {
	return len(nip) == 10 && allDigits(nip) && nip != "0000000000" &&
		weighted(nip, []int{6, 5, 7, 2, 3, 4, 5, 6, 7}) == int(nip[9]-'0') // a remainder of 10 matches no digit
}

// REGONValid reports whether a statistical number of 9 or 14 digits has the right check digits. The first nine digits
// of the long form are the number of the parent body and must be right as well.
func REGONValid(regon string) bool {
	switch len(regon) {
	case 9:
		return regon9(regon)
	case 14:
		return regon9(regon[:9]) && allDigits(regon) &&
			weighted(regon, []int{2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8})%10 == int(regon[13]-'0')
	}
	return false
}

func regon9(regon string) bool {
	return allDigits(regon) && regon != "000000000" &&
		weighted(regon, []int{8, 9, 2, 3, 4, 5, 6, 7})%10 == int(regon[8]-'0')
}

// weighted is the weighted sum of the leading digits modulo 11.
func weighted(digits string, weights []int) int {
	sum := 0
	for i, weight := range weights {
		sum += weight * int(digits[i]-'0')
	}
	return sum % 11
}

func allDigits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
