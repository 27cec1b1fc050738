package papers

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// CheckPath is where strangers check papers.
const CheckPath = "/zaswiadczenia"

// Limits of questions, in a quarter of an hour. A network is a whole school.
const (
	wrongPerNetwork = 60  // keys that open nothing
	namesPerNetwork = 60  // names tried
	namesPerPaper   = 12  // at one paper, whoever asks
	filesPerNetwork = 120 // badges and PDFs looked at
)

func quarter(t time.Time) int64 { return t.Unix() / (15 * 60) }

// count counts a question under a keyed hash; TooMany over the limit. It is
// written before anything is looked up, so that questions sent at once cannot
// slip through together.
func (s *Service) count(ctx context.Context, limit int, parts ...string) error {
	key, now := hex.EncodeToString(s.Keys.MAC("training paper tries", parts...)), s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into training_paper_tries (key, quarter, n) values (?, ?, 1)
			on conflict (key, quarter) do update set n = training_paper_tries.n + 1 where training_paper_tries.n < ?`, key, quarter(now), limit)
		if err == nil && n == 0 {
			return fault.New(fault.TooMany, "papers.fault.too_many")
		}
		return err
	})
}

// Find is the paper of a number and a key, for anybody. A wrong number and a
// wrong key look alike and take as long: the key is compared even when there is
// no such number, and either is counted against the network that asks. TooMany
// comes only after many wrong ones, NotFound else.
func (s *Service) Find(ctx context.Context, network, number, key string) (Paper, error) {
	key = plainKey(key)
	p, err := s.match(ctx, NumberKey(number), key)
	if err != nil || p.ID != "" {
		return p, err
	}
	if err := s.count(ctx, wrongPerNetwork, "key", network); err != nil {
		return Paper{}, err
	}
	return Paper{}, fault.ErrNotFound
}

// nobody stands for the papers that are not there.
var nobody = Paper{KeyHash: hashKey("NOBODYNOBODYNOBO")}

func (s *Service) match(ctx context.Context, number, key string) (found Paper, err error) {
	var list []Paper
	err = s.db.Select(ctx, &list, `select `+paperColumns+` from training_papers p where p.number_key = ? order by p.id limit 20`, number)
	for _, p := range append(list, nobody) {
		if p.fits(key) && key != "" {
			found = p
		}
	}
	return found, err
}

// SameName tells whether the paper was made out to somebody of that name, for
// who has its key. Order of the words, marks and capitals do not count. Each
// question is counted, right or wrong, and takes the same time.
func (s *Service) SameName(ctx context.Context, network string, p Paper, name string) (bool, error) {
	if err := s.count(ctx, namesPerPaper, "name of", string(p.ID)); err != nil {
		return false, err
	}
	if err := s.count(ctx, namesPerNetwork, "names", network); err != nil {
		return false, err
	}
	return hmac.Equal(s.Keys.MAC("training paper name", folded(name)), s.Keys.MAC("training paper name", folded(p.Name))), nil
}

func folded(name string) string {
	if len(name) > 500 {
		name = name[:500]
	}
	words := strings.Fields(i18n.Fold(name))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// Public is what anybody with the key may know of a paper. It has no name.
type Public struct {
	Kind      Kind
	Number    string
	Title     string
	Form      string
	Hours     int
	StartsOn  string
	EndsOn    string
	IssuedOn  string
	Center    string
	State     State
	Version   int
	ChangedOn string
	VoidedOn  string
	VoidClass string
	Imported  bool
}

// Public reads what the verification page shows.
func (s *Service) Public(ctx context.Context, p Paper) (Public, error) {
	c, err := s.settingsOf(ctx, p.Center)
	if err != nil {
		return Public{}, err
	}
	if c.FullName == "" {
		if c.FullName, err = s.centerName(ctx, p); err != nil {
			return Public{}, err
		}
	}
	return Public{Kind: p.Kind, Number: p.Number, Title: p.Title, Form: string(p.Form), Hours: p.Hours, StartsOn: p.StartsOn, EndsOn: p.EndsOn, IssuedOn: p.IssuedOn,
		Center: c.FullName, State: p.State, Version: p.Version, ChangedOn: p.ChangedOn, VoidedOn: p.VoidedOn, VoidClass: p.VoidClass, Imported: p.Imported}, nil
}
