package demo

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
)

// maker invents a world. All chance comes from one generator in one order, so
// the same seed gives the same world; nothing here may range over a map.
type maker struct {
	chance *rand.Rand
	ids    int64 // keys made so far
	list   []directory.Institution

	rspo     int
	numbered map[string]int  // last number of a kind of school in a town
	slugs    map[string]bool // web names taken
	phones   int

	offices map[string]*access.InstitutionID // by municipality
	ngos    []runner

	patrons, saints, composers, streets, fancies, mottoes, tales, companies, congregations, courses, professions *deck[string]
	trades                                                                                                       *deck[trade]
}

// firstNumber of the invented register; the real one has six digits.
const firstNumber = 9_000_000

func newMaker(seed uint64) *maker {
	const stream = 0x6b6c61646b61 // any fixed number
	m := &maker{chance: rand.New(rand.NewPCG(seed, stream)), rspo: firstNumber,
		numbered: map[string]int{}, slugs: map[string]bool{}, offices: map[string]*access.InstitutionID{}}
	m.patrons, m.saints, m.composers = newDeck(m.chance, patrons()), newDeck(m.chance, saints()), newDeck(m.chance, composers())
	m.streets, m.tales = newDeck(m.chance, streets()), newDeck(m.chance, tales())
	m.fancies, m.mottoes = newDeck(m.chance, fancies()), newDeck(m.chance, mottoes())
	m.companies, m.congregations = newDeck(m.chance, companies()), newDeck(m.chance, congregations())
	m.courses, m.professions = newDeck(m.chance, courses()), newDeck(m.chance, professions())
	m.trades = newDeck(m.chance, trades())
	return m
}

// happens tells yes in so many of a hundred cases.
func (m *maker) happens(percent int) bool { return m.chance.IntN(100) < percent }

// between draws from low to high, both possible.
func (m *maker) between(low, high int) int { return low + m.chance.IntN(high-low+1) }

// weighted draws one of a list by its weights; one with weight 0 never comes.
func weighted[T any](r *rand.Rand, list []T, weight func(*T) int) *T {
	sum := 0
	for n := range list {
		sum += weight(&list[n])
	}
	at := r.IntN(sum)
	for n := range list {
		if at -= weight(&list[n]); at < 0 {
			return &list[n]
		}
	}
	return &list[len(list)-1]
}

// deck gives each of its cards before any comes twice, as patrons in a town do.
type deck[T any] struct {
	chance *rand.Rand
	cards  []T
	next   int
}

func newDeck[T any](r *rand.Rand, cards []T) *deck[T] { return &deck[T]{chance: r, cards: cards} }

func (d *deck[T]) draw() T {
	if d.next == 0 {
		d.chance.Shuffle(len(d.cards), func(a, b int) { d.cards[a], d.cards[b] = d.cards[b], d.cards[a] })
	}
	card := d.cards[d.next]
	d.next = (d.next + 1) % len(d.cards)
	return card
}

// inventedAt is the moment that keys begin with: real keys carry a time, and
// the program may rely on it. It is fixed, or each start would differ.
func inventedAt() time.Time { return time.Date(2026, time.September, 1, 6, 0, 0, 0, time.UTC) }

// key makes the next UUID of version 7. Keys ascend in the order they are made.
func (m *maker) key() string {
	var u uuid.UUID
	for n := range u {
		u[n] = byte(m.chance.Uint32())
	}
	at := inventedAt().UnixMilli() + m.ids
	m.ids++
	for n := range 6 {
		u[n] = byte(at >> (40 - 8*n))
	}
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

func (m *maker) institutionKey() access.InstitutionID { return access.InstitutionID(m.key()) }

// quoted puts a name in Polish quotation marks.
func quoted(name string) string { return "„" + name + "”" }

// roman writes a number as Polish schools do.
func roman(n int) string {
	var b strings.Builder
	for _, r := range []struct {
		value  int
		digits string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
		{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= r.value; n -= r.value {
			b.WriteString(r.digits)
		}
	}
	return b.String()
}
