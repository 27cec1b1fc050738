package networks

import "kladka/internal/platform/law"

// Numbers that are settings with a date; none was found in an act that we could
// read, and each says so. Domain brief, section 2.
const (
	MeetingsLeast = "networks.meetings_least" // a yearly plan has at least so many meetings
	MeetingsMost  = "networks.meetings_most"  // and usually no more than so many
	Places        = "networks.places"         // members that a new network offers
	KeepMonths    = "networks.keep"           // who was a member and at which meeting, after the school year
)

// Params are these numbers, to be declared in wiring.
func Params() []law.Param {
	one := func(key string, unit law.Unit, value, basis string) law.Param {
		return law.Param{Key: key, Unit: unit, Title: "networks.param." + key[len("networks."):], Default: []law.Default{{Value: value, Basis: basis}}}
	}
	return []law.Param{
		one(MeetingsLeast, law.Count, "3", "zwyczaj pracy sieci (podstawa do sprawdzenia)"),
		one(MeetingsMost, law.Count, "5", "zwyczaj pracy sieci (podstawa do sprawdzenia)"),
		one(Places, law.Count, "25", "zwyczaj pracy sieci (podstawa do sprawdzenia)"),
		one(KeepMonths, law.Months, "60", "jednolity rzeczowy wykaz akt placówki (podstawa do sprawdzenia)"),
	}
}
