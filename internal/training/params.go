package training

import "kladka/internal/platform/law"

// Numbers that are settings with a date. None was found in an act that we could
// read; each says so. Domain brief, sections 1 and 3.
const (
	ShortHours     = "training.short_hours"     // forms up to so many lesson hours ask for full attendance
	ShortThreshold = "training.short_threshold" // percent, of short forms
	LongThreshold  = "training.long_threshold"  // percent, of longer ones
	FreeDays       = "training.free_days"       // working days before the beginning until which one resigns freely
	OfferHours     = "training.offer_hours"     // how long an offered seat waits for the answer
	HoldMinutes    = "training.hold_minutes"    // how long a guest's seat waits for the mailed link
)

// Params are these numbers, to be declared in wiring.
func Params() []law.Param {
	one := func(key string, unit law.Unit, value string) law.Param {
		return law.Param{Key: key, Unit: unit, Title: "training.param." + key[len("training."):],
			Default: []law.Default{{Value: value, Basis: "praktyka placówek doskonalenia (podstawa do sprawdzenia)"}}}
	}
	return []law.Param{
		one(ShortHours, law.Count, "10"),
		one(ShortThreshold, law.Percent, "100"),
		one(LongThreshold, law.Percent, "75"),
		one(FreeDays, law.Days, "7"),
		one(OfferHours, law.Count, "48"),
		one(HoldMinutes, law.Count, "60"),
		keepParam(),
		one(LateMinutes, law.Count, "15"),
	}
}
