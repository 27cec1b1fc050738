package search

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// A docid is a document's place in the order of results: seven bits for the
// rank of its kind, sixteen for its date (newer is smaller, none is last), forty
// for a number made of its id. So the engine gives results in our order by
// itself, the results of a kind are one range, and counting them reads no rows.
//
// Two documents of the same kind and date get the same number about once in a
// million documents; the later one then takes the next (see place).
const (
	rankShift = 56
	dateShift = 40
	tieMask   = 1<<dateShift - 1
	noDate    = 1<<16 - 1
)

// firstDay is where the days of dates are counted from; 65534 days reach 2129.
var firstDay = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)

func docID(rank int, date, id string) int64 {
	day := int64(noDate)
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		day = noDate - 1 - min(max(int64(t.Sub(firstDay)/(24*time.Hour)), 0), noDate-1)
	}
	sum := sha256.Sum256([]byte(id))
	tie := int64(binary.BigEndian.Uint64(sum[:8]) & tieMask)
	return int64(rank)<<rankShift | day<<dateShift | tie
}

// span is a range of docids, both ends included.
type span struct{ lo, hi int64 }

// everything is the span of all kinds.
var everything = span{0, 1<<63 - 1}

func spanOf(k Kind) span {
	lo := int64(k.Rank) << rankShift
	return span{lo, lo + 1<<rankShift - 1}
}
