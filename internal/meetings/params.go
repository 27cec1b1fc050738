package meetings

import "kladka/internal/platform/law"

// Numbers that are settings with a date. No act rules the form of these
// meetings (domain brief, section 11); each says so.
const (
	NoticeDays    = "meetings.notice"    // a meeting is announced so many days before
	TopicDays     = "meetings.topics"    // topics close so many days before
	ReplyDays     = "meetings.reply"     // replies are asked for so many days before
	MinutesDays   = "meetings.minutes"   // minutes are ready within so many days
	ObjectionDays = "meetings.objection" // without objections minutes are adopted after so many days
	KeepMonths    = "meetings.keep"      // who proposed, supported, answered and came, after the school year
)

// Params are these numbers, to be declared in wiring.
func Params() []law.Param {
	one := func(key string, unit law.Unit, value, basis string) law.Param {
		return law.Param{Key: key, Unit: unit, Title: "meetings.param." + key[len("meetings."):], Least: 1,
			Default: []law.Default{{Value: value, Basis: basis}}}
	}
	const custom = "zwyczaj narad, regulamin organu prowadzącego (podstawa do sprawdzenia)"
	return []law.Param{
		one(NoticeDays, law.Days, "14", custom),
		one(TopicDays, law.Days, "7", custom),
		one(ReplyDays, law.Days, "3", custom),
		one(MinutesDays, law.Days, "7", custom),
		one(ObjectionDays, law.Days, "7", custom),
		one(KeepMonths, law.Months, "60", "jednolity rzeczowy wykaz akt (do sprawdzenia)"),
	}
}
