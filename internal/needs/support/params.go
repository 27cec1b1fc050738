package support

import "kladka/internal/platform/law"

// Keep is how long it is kept who worked in a process, after its school year.
// Nobody found the number in an act; the center's archive rules decide.
const Keep = "support.keep"

// Params are the numbers of this package, to be declared in wiring.
func Params() []law.Param {
	return []law.Param{{Key: Keep, Unit: law.Months, Title: "support.param.keep",
		Default: []law.Default{{Value: "60", Basis: "jednolity rzeczowy wykaz akt placówki (do sprawdzenia)"}}}}
}
