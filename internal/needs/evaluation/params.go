package evaluation

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/law"
)

// Numbers that are settings with a date. No act names them: the parties of the
// agreement settle them. Domain brief, section 2.
const (
	OpenDays   = "needs.eval_open_days"   // so long people may answer
	LaterWeeks = "needs.eval_later_weeks" // so long after the end they are asked again, 6 to 8
	WaitDays   = "needs.eval_wait_days"   // so long we wait for the lists of attendance
	LowPercent = "needs.eval_low_percent" // later use below this share is low
)

// Params are these numbers, to be declared in wiring.
func Params() []law.Param {
	one := func(key string, unit law.Unit, value string, least int64) law.Param {
		return law.Param{Key: key, Unit: unit, Title: "evaluation.param." + key[len("needs.eval_"):], Least: least,
			Default: []law.Default{{Value: value, Basis: "ustalenie stron porozumienia (podstawa do sprawdzenia)"}}}
	}
	return []law.Param{one(OpenDays, law.Days, "14", 3), one(LaterWeeks, law.Count, "6", 6), one(WaitDays, law.Days, "7", 1),
		one(LowPercent, law.Percent, "50", 1)}
}

// settings are the numbers on a day.
func (s *Service) settings(ctx context.Context, r db.Reader, on time.Time) (t Times, err error) {
	for _, one := range []struct {
		key  string
		into *int
	}{{OpenDays, &t.OpenDays}, {LaterWeeks, &t.LaterWeeks}, {WaitDays, &t.WaitDays}, {LowPercent, &t.LowPercent}} {
		v, err := s.Law.Int(ctx, r, one.key, on)
		if err != nil {
			return t, err
		}
		*one.into = int(v.Int)
	}
	return t, nil
}
