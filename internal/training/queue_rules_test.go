package training

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func TestMayEnroll(t *testing.T) {
	const start, now = 100_000, 50_000
	for name, c := range map[string]struct {
		change func(*Training)
		how    How
		seen   int64
		at     int64
		want   string // key of the fault
	}{
		"yes":                     {how: BySelf, seen: 3, at: now},
		"a draft is not there":    {change: func(t *Training) { t.State = Draft }, how: BySelf, seen: 3, at: now, want: "fault.not_found"},
		"postponed":               {change: func(t *Training) { t.State = Postponed }, how: ByPhone, at: now, want: "training.queue.fault.closed"},
		"canceled":                {change: func(t *Training) { t.State = Canceled }, how: BySelf, seen: 3, at: now, want: "training.queue.fault.closed"},
		"a second before":         {how: BySelf, seen: 3, at: start - 1},
		"as it begins":            {how: BySelf, seen: 3, at: start, want: "training.queue.fault.begun"},
		"phone as it begins":      {how: ByPhone, at: start, want: "training.queue.fault.begun"},
		"too early":               {change: func(t *Training) { t.EnrollFrom = now + 1 }, how: ByGuest, seen: 3, at: now, want: "training.queue.fault.early"},
		"in the first second":     {change: func(t *Training) { t.EnrollFrom = now }, how: ByGuest, seen: 3, at: now},
		"in the last second":      {change: func(t *Training) { t.EnrollUntil = now + 1 }, how: ByHead, at: now},
		"late by a second":        {change: func(t *Training) { t.EnrollUntil = now }, how: ByHead, at: now, want: "training.queue.fault.late"},
		"phone is not bound":      {change: func(t *Training) { t.EnrollUntil = now }, how: ByPhone, at: now},
		"an older offer":          {how: BySelf, seen: 2, at: now, want: "training.queue.fault.changed"},
		"no offer seen":           {how: ByGuest, at: now, want: "training.queue.fault.changed"},
		"phone with an older one": {how: ByPhone, seen: 2, at: now, want: "training.queue.fault.changed"},
		"no date yet":             {change: func(t *Training) { t.StartsAt = 0 }, how: BySelf, seen: 3, at: now},
	} {
		tr := Training{State: Published, Revision: 3, StartsAt: start}
		if c.change != nil {
			c.change(&tr)
		}
		got := ""
		if f := fault.As(mayEnroll(tr, c.how, c.seen, c.at)); f != nil {
			got = f.Key
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestFits(t *testing.T) {
	roles := Eligible{Roles: []access.Role{access.Teacher, access.SchoolHead}, Schools: []directory.Kind{"primary"}, Municipalities: []string{city}}
	for name, c := range map[string]struct {
		e    Eligible
		role access.Role
		kind directory.Kind
		at   string
		want string
	}{
		"nobody is left out":    {},
		"all fit":               {roles, access.Teacher, "primary", city, ""},
		"another role":          {roles, access.Trainer, "primary", city, "training.queue.fault.not_for_role"},
		"another school":        {roles, access.Teacher, "kindergarten", city, "training.queue.fault.not_for_school"},
		"a typed school":        {roles, access.Teacher, "", "", "training.queue.fault.not_for_school"},
		"another municipality":  {roles, access.SchoolHead, "primary", town, "training.queue.fault.not_for_municipality"},
		"only one kind matters": {Eligible{Municipalities: []string{town}}, "", "", town, ""},
	} {
		got := ""
		if f := fault.As(c.e.fits(c.role, c.kind, c.at)); f != nil {
			got = f.Key
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := (home{BySeat: city, ByRunning: town}).by(Training{QuotaBy: ByRunning}); got != town {
		t.Errorf("by running: %s", got)
	}
	for _, c := range [][2]string{{city, city}, {town, ""}, {"", ""}} {
		if got := poolFor([]string{"", city}, c[0]); got != c[1] {
			t.Errorf("pool for %q: %q", c[0], got)
		}
	}
}

func TestEntry(t *testing.T) {
	for name, c := range map[string]struct {
		t        Training
		how      How
		approved bool
		seated   bool
		want     State
	}{
		"seat":                  {Training{}, BySelf, false, true, Confirmed},
		"no seat":               {Training{}, ByPhone, false, false, Waiting},
		"guest":                 {Training{}, ByGuest, false, true, Pending},
		"guest without a seat":  {Training{}, ByGuest, false, false, Pending},
		"approval":              {Training{Approval: true}, BySelf, false, true, Applied},
		"approval, said":        {Training{Approval: true}, ByHead, true, true, Confirmed},
		"approval, no seat":     {Training{Approval: true}, BySelf, false, false, Waiting},
		"admission":             {Training{Admission: true}, BySelf, false, false, Applied},
		"admission on approval": {Training{Admission: true, Approval: true}, BySelf, true, false, Applied},
	} {
		if got := entry(c.t, c.how, c.approved, c.seated); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestOfferUntil(t *testing.T) {
	const h = int64(3600)
	for name, c := range map[string]struct {
		state  TrainingState
		starts int64
		want   int64
	}{
		"no date":           {Postponed, 0, 148 * h},
		"far away":          {Published, 1000 * h, 148 * h},
		"not past two left": {Published, 149 * h, 147 * h},
		"six hours left":    {Published, 106 * h, 104 * h},
		"a second less":     {Published, 106*h - 1, 0},
		"begun":             {Published, 90 * h, 0},
		"canceled":          {Canceled, 1000 * h, 0},
		"held":              {Held, 1000 * h, 0},
	} {
		if got := offerUntil(Training{State: c.state, StartsAt: c.starts}, 48, 100*h); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	for state, over := range map[State][2]bool{Pending: {false, true}, Offered: {false, true}, Qualified: {false, true}, Waiting: {false, false}, Confirmed: {false, false}} {
		e := Enrollment{State: state, HoldUntil: 50, OfferUntil: 50}
		if e.ranOut(49) != over[0] || e.ranOut(50) != over[1] {
			t.Errorf("%s: %v %v", state, e.ranOut(49), e.ranOut(50))
		}
	}
}

// Who agreed to other dates is not bound by the new ones.
func TestFreeUntil(t *testing.T) {
	at := func(day, hour int) int64 {
		return time.Date(2026, time.December, day, hour, 0, 0, 0, web.Warsaw).Unix()
	}
	tr := Training{Title: "Matematyka", State: Published, StartsAt: at(14, 9), EndsAt: at(14, 15)}
	agreed := func(from, to int64) Enrollment {
		text, err := json.Marshal(Agreed{Title: "Matematyka", Meetings: []AgreedMeeting{{ID: "a", StartsAt: from, EndsAt: to}}})
		if err != nil {
			t.Fatal(err)
		}
		return Enrollment{Agreed: string(text)}
	}
	these, law := agreed(at(14, 9), at(14, 15)), at(3, 9)
	for name, c := range map[string]struct {
		change func(*Training)
		e      Enrollment
		want   int64
	}{
		"by the law's number":        {e: these, want: law},
		"the training's own":         {change: func(t *Training) { t.FreeUntil = at(10, 8) }, e: these, want: at(10, 8)},
		"nobody yet":                 {want: law},
		"nothing was kept":           {e: Enrollment{Agreed: ""}, want: law},
		"postponed":                  {change: func(t *Training) { t.State, t.StartsAt, t.EndsAt = Postponed, 0, 0 }, e: these, want: 0},
		"postponed, a day was left":  {change: func(t *Training) { t.State, t.FreeUntil = Postponed, at(1, 8) }, e: these, want: 0},
		"no date":                    {change: func(t *Training) { t.StartsAt, t.EndsAt = 0, 0 }, e: these, want: 0},
		"another beginning":          {e: agreed(at(7, 9), at(14, 15)), want: at(14, 9)},
		"another end":                {e: agreed(at(14, 9), at(14, 16)), want: at(14, 9)},
		"another, past the free day": {change: func(t *Training) { t.FreeUntil = at(1, 8) }, e: agreed(at(1, 9), at(1, 15)), want: at(14, 9)},
		"agreed to no date":          {e: Enrollment{Agreed: `{"title":"Matematyka"}`}, want: at(14, 9)},
	} {
		tr := tr
		if c.change != nil {
			c.change(&tr)
		}
		if got := max(0, freeUntil(tr, c.e, 7).Unix()); got != c.want {
			t.Errorf("%s: %s, want %s", name, time.Unix(got, 0), time.Unix(c.want, 0))
		}
	}
}

func TestEaster(t *testing.T) {
	for _, day := range []string{"1818-03-22", "1943-04-25", "2000-04-23", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"} {
		want, _ := time.Parse(time.DateOnly, day)
		if got := easter(want.Year()); !got.Equal(want) {
			t.Errorf("%d: %s, want %s", want.Year(), got.Format(time.DateOnly), day)
		}
	}
}

func TestWorkdays(t *testing.T) {
	at := func(text string) time.Time {
		day, err := time.ParseInLocation("2006-01-02 15:04", text, web.Warsaw)
		if err != nil {
			t.Fatal(err)
		}
		return day
	}
	var free []string
	for day := at("2026-01-01 12:00"); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
		if holiday(day.Year(), day.Month(), day.Day()) {
			free = append(free, day.Format("01-02"))
		}
	}
	want := []string{"01-01", "01-06", "04-05", "04-06", "05-01", "05-03", "05-24", "06-04", "08-15", "11-01", "11-11", "12-24", "12-25", "12-26"}
	if !slices.Equal(free, want) {
		t.Errorf("holidays of 2026: %v", free)
	}
	if holiday(2024, time.December, 24) {
		t.Error("24 December was no holiday in 2024")
	}
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-12-14 09:00", 7, "2026-12-03 09:00"}, // over a weekend
		{"2026-12-28 09:00", 1, "2026-12-23 09:00"}, // over Christmas
		{"2027-04-01 09:00", 3, "2027-03-26 09:00"}, // over Easter and the change of the clock
		{"2026-06-05 23:59", 1, "2026-06-03 23:59"}, // over Corpus Christi
		{"2026-12-14 00:30", 1, "2026-12-11 00:30"},
		{"2026-12-14 09:00", 0, "2026-12-14 09:00"},
	} {
		if got := workdaysBefore(at(c.from), c.n); !got.Equal(at(c.want)) {
			t.Errorf("%d before %s: %s, want %s", c.n, c.from, got, c.want)
		}
	}
}

func TestApplicantCheck(t *testing.T) {
	good := Applicant{Name: "Anna Nowak", Email: "anna@example.org", TypedName: "Przedszkole w Liszkach"}
	for name, c := range map[string]struct {
		change func(*Applicant)
		how    How
		want   string
	}{
		"good":                         {how: ByGuest},
		"no name":                      {change: func(a *Applicant) { a.Name = "A" }, how: ByGuest, want: fieldName},
		"a name with a link":           {change: func(a *Applicant) { a.Name = "zajrzyj na <zly.example>" }, how: ByGuest, want: fieldName},
		"a name over lines":            {change: func(a *Applicant) { a.Name = "Anna\r\nBcc: x" }, how: ByGuest, want: fieldName},
		"no address":                   {change: func(a *Applicant) { a.Email = "" }, how: ByGuest, want: fieldEmail},
		"no address is good on a call": {change: func(a *Applicant) { a.Email = "" }, how: ByPhone},
		"two addresses":                {change: func(a *Applicant) { a.Email = "a@example.org, b@example.org" }, how: ByGuest, want: fieldEmail},
		"an address with a name":       {change: func(a *Applicant) { a.Email = "Anna <a@example.org>" }, how: ByGuest, want: fieldEmail},
		"no institution":               {change: func(a *Applicant) { a.TypedName = "" }, how: ByGuest, want: fieldTyped},
		"no such session":              {change: func(a *Applicant) { a.Track = "z" }, how: ByGuest, want: fieldTrack},
		"a session":                    {change: func(a *Applicant) { a.Track = "a" }, how: ByGuest},
		"the center pays":              {change: func(a *Applicant) { a.Payer = Center }, how: ByGuest, want: fieldPayer},
		"the school pays":              {change: func(a *Applicant) { a.Payer = School }, how: ByGuest},
	} {
		a := good
		if c.change != nil {
			c.change(&a)
		}
		got := ""
		if f := fault.As(a.check(Training{Price: 100, Payer: Participant}, c.how, []string{"a", "b"})); f != nil && len(f.Fields) == 1 {
			got = f.Fields[0].Name
		} else if f != nil {
			got = f.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
