package directory

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"sort"
	"strings"
	"sync"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// A roll is the directory in memory: of each institution only what lists
// filter, count and order by. With it a filtered list with all its counts is
// one walk over an array, whatever boxes are ticked, and both databases give
// the same order. Names and addresses stay in the database and are read for
// the twenty rows of a page.
//
// A roll belongs to one version of the directory (design rule 11). It is read
// anew by the first request after a change: about a third of a second with
// 55 000 institutions, a hundredth with the 1 649 of the metropolis.
type roll struct {
	version int64
	entries []entry // ordered by sort key, then id
	at      map[access.InstitutionID]int32
	towns   []Municipality // ordered by sort key, without boundaries
	townAt  map[string]int16
	kinds   codes
	runners codes
	publics codes

	mu       sync.Mutex
	words    map[string]set           // institutions by the beginning of a word
	whole    map[scope]*selection     // lists without filters
	outlines func() (outlines, error) // boundaries of the members, read once
}

// entry is one institution in a roll.
type entry struct {
	id       access.InstitutionID
	key      string
	parts    int32 // open institutions led by this one's head, itself not counted
	pupils   int32 // -1 when unknown
	seat     int16 // index in towns
	runs     int16 // index in towns of the municipality that runs it, -1 for none
	district int16 // 0 for none
	kind     uint8
	runner   uint8
	public   uint8
	closed   bool
	leads    bool
	point    bool // has a place on the map about which there is no doubt
	lat, lon float32
}

// codes number the few values of a column, so that an entry keeps a byte.
type codes struct {
	names []string
	at    map[string]uint8
}

func (c *codes) code(name string) uint8 {
	if n, ok := c.at[name]; ok {
		return n
	}
	if c.at == nil {
		c.at = map[string]uint8{}
	}
	n := uint8(min(len(c.names), 255))
	c.names, c.at[name] = append(c.names, name), n
	return n
}

// countCache keeps the newest roll of this process.
type countCache struct {
	mu   sync.Mutex
	roll *roll
}

// rollNow is the roll of the directory's present version. The version is read
// before the rows: rows that are newer than it are read again next time.
func (s *Service) rollNow(ctx context.Context) (*roll, error) {
	version, err := db.Version(ctx, s.db, versionName)
	if err != nil {
		return nil, err
	}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	if kept := s.counts.roll; kept != nil && kept.version >= version {
		return kept, nil
	}
	r, err := readRoll(ctx, s.db, version)
	if err != nil {
		return nil, err
	}
	calm := context.WithoutCancel(ctx) // whoever asks first may leave, the others wait
	r.outlines = keepSuccess(func() (outlines, error) { return readOutlines(calm, s.db, r) })
	s.counts.roll = r
	return r, nil
}

// keepSuccess remembers the first success and asks again after a failure: a
// database that was away for a moment must not spoil the maps until the next
// import.
func keepSuccess[T any](ask func() (T, error)) func() (T, error) {
	var mu sync.Mutex
	var kept T
	have := false
	return func() (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if have {
			return kept, nil
		}
		v, err := ask()
		if err == nil {
			kept, have = v, true
		}
		return v, err
	}
}

func readRoll(ctx context.Context, q db.Reader, version int64) (_ *roll, err error) {
	defer fault.Wrap(&err, "read the directory's roll")
	r := &roll{version: version, at: map[access.InstitutionID]int32{}, townAt: map[string]int16{},
		words: map[string]set{}, whole: map[scope]*selection{}}
	if r.towns, err = Municipalities(ctx, q); err != nil {
		return nil, err
	}
	for i, t := range r.towns {
		r.townAt[t.ID] = int16(i)
	}
	r.numberValues()
	heads, err := r.readEntries(ctx, q)
	if err != nil {
		return nil, err
	}
	r.countParts(heads)
	return r, nil
}

// numberValues gives the known values the lowest codes, in the order shown;
// what a database of a later version holds beyond them follows.
func (r *roll) numberValues() {
	for _, k := range Kinds() {
		r.kinds.code(string(k))
	}
	for _, k := range runningKinds() {
		r.runners.code(k)
	}
	for _, p := range publicStates {
		r.publics.code(p)
	}
}

func (r *roll) readEntries(ctx context.Context, q db.Reader) (map[access.InstitutionID]access.InstitutionID, error) {
	heads := map[access.InstitutionID]access.InstitutionID{}
	err := q.Each(ctx, func(scan func(dest ...any) error) error {
		var (
			e                            entry
			head                         access.InstitutionID
			kind, town, runner, by, open string
			pupils, district             sql.NullInt64
			lat, lon                     sql.NullFloat64
			doubt                        string
		)
		err := scan(&e.id, &e.key, &kind, &e.closed, &town, &district, &lat, &lon, &doubt, &runner, &by, &open, &pupils, &head)
		if err != nil {
			return err
		}
		e.district, e.pupils = int16(district.Int64), -1
		if pupils.Valid {
			e.pupils = int32(pupils.Int64)
		}
		e.kind, e.runner, e.public = r.kinds.code(kind), r.runners.code(runner), r.publics.code(open)
		e.seat, e.runs = r.town(town), r.town(by)
		e.point = lat.Valid && lon.Valid && doubt == ""
		e.lat, e.lon = float32(lat.Float64), float32(lon.Float64)
		e.leads = head == e.id
		if !e.leads {
			heads[e.id] = head
		}
		r.entries = append(r.entries, e)
		return nil
	}, `select id, sort_key, kind, closed, municipality, district, lat, lon, point_doubt,
		running_kind, running_municipality, public, pupils, head_unit from directory_institutions`)
	slices.SortFunc(r.entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(string(a.id), string(b.id)))
	})
	for i, e := range r.entries {
		r.at[e.id] = int32(i)
	}
	return heads, err
}

func (r *roll) town(id string) int16 {
	if n, ok := r.townAt[id]; ok {
		return n
	}
	return -1
}

func (r *roll) countParts(heads map[access.InstitutionID]access.InstitutionID) {
	for id, head := range heads {
		if n, ok := r.at[head]; ok && !r.entries[r.at[id]].closed {
			r.entries[n].parts++
		}
	}
}

// members are the municipalities to show first: those of the association, or
// all where none is a member.
func (r *roll) members() []Municipality {
	members := make([]Municipality, 0, len(r.towns))
	for _, t := range r.towns {
		if t.Member {
			members = append(members, t)
		}
	}
	if len(members) == 0 {
		return r.towns
	}
	return members
}

// place is how many entries stand before the cursor's row.
func (r *roll) place(c web.Cursor) int32 {
	return int32(sort.Search(len(r.entries), func(i int) bool {
		e := r.entries[i]
		return cmp.Or(strings.Compare(e.key, c.Key), strings.Compare(string(e.id), c.ID)) >= 0
	}))
}

func (r *roll) cursor(n int32) web.Cursor {
	return web.Cursor{Key: r.entries[n].key, ID: string(r.entries[n].id)}
}

// set holds numbers of entries, a bit each.
type set []uint64

func newSet(size int) set      { return make(set, (size+63)/64) }
func (s set) add(n int32)      { s[n>>6] |= 1 << (n & 63) }
func (s set) has(n int32) bool { return s[n>>6]&(1<<(n&63)) != 0 }
func (s set) keepOnly(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}

// keptWords bounds the memory of a roll: with 55 000 institutions a set is 7 kB.
const keptWords = 256

// matching is the set of institutions that have, for each word, a word that
// begins so. No word at all (a question of marks only) matches nothing.
func (s *Service) matching(ctx context.Context, r *roll, words []string) (_ set, err error) {
	defer fault.Wrap(&err, "look for words")
	var all set
	for _, word := range words {
		found, err := s.withWord(ctx, r, word)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = slices.Clone(found)
		} else {
			all.keepOnly(found)
		}
	}
	if all == nil {
		return newSet(len(r.entries)), nil
	}
	return all, nil
}

// withWord asks the database once per version and beginning of a word. The
// beginning is a range over the key (word, institution), read without
// touching the table, in every database alike.
func (s *Service) withWord(ctx context.Context, r *roll, word string) (set, error) {
	r.mu.Lock()
	found := r.words[word]
	r.mu.Unlock()
	if found != nil {
		return found, nil
	}
	found = newSet(len(r.entries))
	from := wordKey(word)
	var id sql.RawBytes
	err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
		if err := scan(&id); err != nil {
			return err
		}
		if n, ok := r.at[access.InstitutionID(id)]; ok {
			found.add(n)
		}
		return nil
	}, `select institution from directory_words where word >= ? and word < ?`, from, from+"g")
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.words) >= keptWords {
		clear(r.words)
	}
	r.words[word] = found
	return found, nil
}

// inOrder reads institutions in the order of the ids.
func inOrder(ctx context.Context, q db.Reader, ids []access.InstitutionID) ([]Institution, error) {
	rows, err := byIDs(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	at := make(map[access.InstitutionID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(rows, func(a, b Institution) int { return at[a.ID] - at[b.ID] })
	return rows, nil
}

func (r *roll) ids(hits []int32) []access.InstitutionID {
	ids := make([]access.InstitutionID, len(hits))
	for i, n := range hits {
		ids[i] = r.entries[n].id
	}
	return ids
}
