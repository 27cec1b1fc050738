package talk

import "kladka/internal/platform/law"

// KeepMonths is how long after its school year the discussion of a network is
// kept. No act that we could read has the number.
const KeepMonths = "talk.keep"

// Params are the numbers of this package, to be declared in wiring.
func Params() []law.Param {
	return []law.Param{{Key: KeepMonths, Unit: law.Months, Title: "talk.param.keep",
		Default: []law.Default{{Value: "12", Basis: "następny rok pracy sieci (podstawa do sprawdzenia)"}}}}
}
