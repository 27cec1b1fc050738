package needs

import "kladka/internal/platform/law"

// Numbers that are settings with a date; none was found in an act that we could
// read, and each says so. Domain brief, section 2.
const (
	SilentDays = "needs.silent_days" // after so many days a need without an answer is on the report
	FirstDays  = "needs.first_days"  // those who asked may enroll first for so many days
	KeepMonths = "needs.keep"        // what institutions declared and who asked to be told, after the school year
)

// Params are these numbers, to be declared in wiring.
func Params() []law.Param {
	one := func(key string, unit law.Unit, value, basis string) law.Param {
		return law.Param{Key: key, Unit: unit, Title: "needs.param." + key[len("needs."):],
			Default: []law.Default{{Value: value, Basis: basis}}}
	}
	return []law.Param{
		one(SilentDays, law.Days, "90", "ustalenie stron porozumienia (podstawa do sprawdzenia)"),
		one(FirstDays, law.Days, "7", "ustalenie stron porozumienia (podstawa do sprawdzenia)"),
		one(KeepMonths, law.Months, "36", "jednolity rzeczowy wykaz akt (do sprawdzenia)"),
	}
}
