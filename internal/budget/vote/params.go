package vote

import "kladka/internal/platform/law"

// KeepMonths bounds how long electors are known, should nobody end the protests
// of an edition: the end of the protests deletes them earlier.
const KeepMonths = "vote.keep"

// Params are the numbers of this package, to be declared in wiring.
func Params() []law.Param {
	return []law.Param{{Key: KeepMonths, Unit: law.Months, Title: "vote.param.keep", Least: 1,
		Default: []law.Default{{Value: "12", Basis: "uchwała o budżecie obywatelskim, regulamin szkoły (podstawa do sprawdzenia)"}}}}
}
