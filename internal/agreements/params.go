package agreements

import "kladka/internal/platform/law"

// Numbers that are settings with a date; the parties may agree on others.
const (
	ExpiryDays = "agreements.expiry_days" // before the last day of an agreement its parties are told
	DueDays    = "agreements.due_days"    // before the day of an arrangement or an answer
	KeepMonths = "agreements.keep"        // who wrote what, after it was written
)

// Params are these numbers, to be declared in wiring.
func Params() []law.Param {
	one := func(key string, unit law.Unit, value, basis string) law.Param {
		return law.Param{Key: key, Unit: unit, Title: "agreements.param." + key[len("agreements."):], Default: []law.Default{{Value: value, Basis: basis}}}
	}
	return []law.Param{
		one(ExpiryDays, law.Days, "90", "ustalenie stron porozumienia (podstawa do sprawdzenia)"),
		one(DueDays, law.Days, "3", "ustalenie stron porozumienia (podstawa do sprawdzenia)"),
		one(KeepMonths, law.Months, "60", "jednolity rzeczowy wykaz akt (podstawa do sprawdzenia)"),
	}
}
