package budget

import "kladka/internal/platform/law"

// KeepMonths is how long it is kept who made an edition, proposed, supported and
// decided, after the edition's last change.
const KeepMonths = "budget.keep"

// Params are the numbers that are settings with a date, to be declared in
// wiring. Numbers of a single edition stand in its rules, each with its source.
func Params() []law.Param {
	return []law.Param{{Key: KeepMonths, Unit: law.Months, Title: "budget.param.keep", Least: 1,
		Default: []law.Default{{Value: "60", Basis: "jednolity rzeczowy wykaz akt (podstawa do sprawdzenia)"}}}}
}
