package demo

import (
	"fmt"
	"strconv"
)

// regon makes a number with a right check digit. No voivodeship has 99.
func (m *maker) regon() string {
	digits := fmt.Sprintf("99%06d", m.chance.IntN(1_000_000))
	return digits + strconv.Itoa(checksum(digits, 8, 9, 2, 3, 4, 5, 6, 7)%10)
}

// nip makes a number with a right check digit. No tax office has 999.
func (m *maker) nip() string {
	for {
		digits := fmt.Sprintf("999%06d", m.chance.IntN(1_000_000))
		if check := checksum(digits, 6, 5, 7, 2, 3, 4, 5, 6, 7); check < 10 {
			return digits + strconv.Itoa(check)
		}
	}
}

func checksum(digits string, weights ...int) int {
	sum := 0
	for n, weight := range weights {
		sum += weight * int(digits[n]-'0')
	}
	return sum % 11
}

// phone makes one of a hundred numbers that are plainly no one's. Many share
// one: it is better that they repeat than that somebody answers.
func (m *maker) phone() string {
	m.phones++
	return fmt.Sprintf("12 555 01 %02d", m.phones%100)
}

// host makes a web name that no one has had yet. The number of the register
// tells apart those that would be alike.
func (m *maker) host(mark, town string, rspo int) string {
	name := mark + "-" + slug(town)
	if m.slugs[name] {
		name += "-" + strconv.Itoa(rspo)
	}
	m.slugs[name] = true
	return name
}
