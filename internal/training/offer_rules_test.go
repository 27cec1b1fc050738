package training

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

var offerNow = time.Date(2026, time.November, 23, 9, 0, 0, 0, web.Warsaw)

func onDay(text string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, web.Warsaw)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

// wholeOffer is an offer in which nothing is missing.
func wholeOffer() (Training, []Meeting) {
	t := Training{ID: "x", Center: "c", Form: Workshop, Title: "Warsztat", Summary: "W skrócie.", Place: "Kraków", Capacity: 20, Payer: Nobody, Mode: OnSite, Paper: Certificate}
	m := []Meeting{{ID: "m1", StartsAt: onDay("2026-12-14 09:00"), EndsAt: onDay("2026-12-14 12:00"), Hours: 4}}
	spanOf(&t, m)
	return t, m
}

func fieldsOf(all []fault.Field) string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name+":"+strings.TrimPrefix(f.Key, "training.offer.lack."))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestLacks(t *testing.T) {
	for name, x := range map[string]struct {
		change func(t *Training, m *[]Meeting)
		want   string
	}{
		"nothing":           {func(*Training, *[]Meeting) {}, ""},
		"title":             {func(t *Training, _ *[]Meeting) { t.Title = " " }, "tytul:title"},
		"form":              {func(t *Training, _ *[]Meeting) { t.Form = "dance" }, "forma:form"},
		"center":            {func(t *Training, _ *[]Meeting) { t.Center = "" }, "osrodek:center"},
		"summary":           {func(t *Training, _ *[]Meeting) { t.Summary = "" }, "skrot:summary"},
		"no meetings":       {func(t *Training, m *[]Meeting) { *m = nil; t.StartsAt = 0 }, "spotkania:meetings"},
		"staff, undated":    {func(t *Training, m *[]Meeting) { *m, t.StartsAt, t.Form, t.ForInstitution = nil, 0, StaffTraining, "s" }, ""},
		"staff, by nobody":  {func(t *Training, _ *[]Meeting) { t.Form = StaffTraining }, "zamawia:for"},
		"in the past":       {func(t *Training, _ *[]Meeting) { t.StartsAt = offerNow.Unix() }, "spotkania:past"},
		"no place":          {func(t *Training, _ *[]Meeting) { t.Place = "" }, "miejsce:place"},
		"online":            {func(t *Training, _ *[]Meeting) { t.Place, t.Mode = "", Online }, ""},
		"hybrid, no place":  {func(t *Training, _ *[]Meeting) { t.Place, t.Mode = "", Hybrid }, "miejsce:place"},
		"no seats":          {func(t *Training, _ *[]Meeting) { t.Capacity = 0 }, "miejsca:capacity"},
		"until after begin": {func(t *Training, _ *[]Meeting) { t.EnrollUntil = t.StartsAt + 1 }, "zapisy_do:until"},
		"until at begin":    {func(t *Training, _ *[]Meeting) { t.EnrollUntil = t.StartsAt }, ""},
		"until is past":     {func(t *Training, _ *[]Meeting) { t.EnrollUntil = offerNow.Unix() }, "zapisy_do:until_past"},
		"window empty":      {func(t *Training, _ *[]Meeting) { t.EnrollUntil = t.StartsAt - 60; t.EnrollFrom = t.EnrollUntil }, "zapisy_do:window"},
		"from after begin":  {func(t *Training, _ *[]Meeting) { t.EnrollFrom = t.StartsAt }, "zapisy_do:until"},
		"free after begin":  {func(t *Training, _ *[]Meeting) { t.FreeUntil = t.StartsAt + 1 }, "rezygnacja_do:free"},
		"minimum undecided": {func(t *Training, _ *[]Meeting) { t.MinPeople = 5 }, "decyzja:decide"},
		"minimum too large": {func(t *Training, _ *[]Meeting) { t.MinPeople, t.DecideAt = 21, t.StartsAt-1 }, "minimum:minimum"},
		"decided too late":  {func(t *Training, _ *[]Meeting) { t.MinPeople, t.DecideAt = 5, t.StartsAt }, "decyzja:decide_late"},
		"price, no payer":   {func(t *Training, _ *[]Meeting) { t.Price = 1 }, "platnik:payer"},
		"workshop, diploma": {func(t *Training, _ *[]Meeting) { t.Paper = Diploma }, "dokument:no_diploma"},
		"workshop, none":    {func(t *Training, _ *[]Meeting) { t.Paper = NoPaper }, ""},
		"course, certificate": {func(t *Training, _ *[]Meeting) {
			t.Form, t.ConsentNo, t.Framework, t.LegalBasis = QualificationCourse, "1", "2", "3"
		}, "dokument:diploma"},
		"course, no consent": {func(t *Training, _ *[]Meeting) { t.Form, t.Paper = QualificationCourse, Diploma }, "podstawa:basis ramowy:framework zgoda:consent"},
	} {
		tr, m := wholeOffer()
		x.change(&tr, &m)
		if got := fieldsOf(offerLacks(tr, m, offerNow)); got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

func TestFrozen(t *testing.T) {
	was, _ := wholeOffer()
	is := was
	is.Form, is.Center, is.Paper, is.Admission, is.Approval, is.QuotaBy, is.ForInstitution = Course, "d", NoPaper, true, true, ByRunning, "s"
	was.State = Draft
	if got := offerFrozen(was, is); len(got) != 0 {
		t.Errorf("a draft is frozen: %v", got)
	}
	for _, state := range []TrainingState{Published, Postponed} {
		was.State = state
		if got := fieldsOf(offerFrozen(was, is)); strings.Count(got, ":frozen") != 7 {
			t.Errorf("%s: %s", state, got)
		}
		free := was
		free.Title, free.Price, free.Capacity, free.Threshold = "Inny", 100, 30, 80
		if got := offerFrozen(was, free); len(got) != 0 {
			t.Errorf("%s: %v", state, got)
		}
	}
}

func TestDecision(t *testing.T) {
	start := offerNow.Add(10 * 24 * time.Hour).Unix()
	for name, x := range map[string]struct {
		t                Training
		in               int
		below, due, late bool
	}{
		"no minimum":   {Training{State: Published, StartsAt: start}, 0, false, false, false},
		"enough":       {Training{State: Published, StartsAt: start, MinPeople: 5, DecideAt: offerNow.Unix()}, 5, false, false, false},
		"far":          {Training{State: Published, StartsAt: start, MinPeople: 5, DecideAt: offerNow.Add(decideNear).Unix() + 1}, 4, true, false, false},
		"near":         {Training{State: Published, StartsAt: start, MinPeople: 5, DecideAt: offerNow.Add(decideNear).Unix()}, 4, true, true, false},
		"a second":     {Training{State: Published, StartsAt: start, MinPeople: 5, DecideAt: offerNow.Unix() + 1}, 4, true, true, false},
		"late":         {Training{State: Published, StartsAt: start, MinPeople: 5, DecideAt: offerNow.Unix()}, 4, true, true, true},
		"decided":      {Training{State: Published, StartsAt: start, MinPeople: 5, DecideAt: offerNow.Unix(), Decided: DecideRun}, 4, true, false, false},
		"postponed":    {Training{State: Postponed, MinPeople: 5}, 4, true, false, false},
		"already runs": {Training{State: Published, StartsAt: offerNow.Unix(), MinPeople: 5, DecideAt: offerNow.Unix() - 1}, 4, true, false, false},
	} {
		d := decisionOf(x.t, Crowd{In: x.in}, offerNow)
		if d.Below != x.below || d.Due != x.due || d.Late != x.late {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestMoved: hours on the wall stay over the change of the clock, days to skip
// push a meeting and those after it by a week, and all dates move.
func TestMoved(t *testing.T) {
	tr, _ := wholeOffer()
	meetings := []Meeting{{StartsAt: onDay("2026-10-19 16:00"), EndsAt: onDay("2026-10-19 18:00"), Hours: 2}, {StartsAt: onDay("2026-10-26 16:00"), EndsAt: onDay("2026-10-26 18:00"), Hours: 2}}
	tr.EnrollUntil, tr.DecideAt, tr.Decided, tr.Why, tr.State = onDay("2026-10-16 12:00"), onDay("2026-10-15 12:00"), DecideRun, "x", Published
	spanOf(&tr, meetings)
	all, err := repeat(tr, meetings, Repetition{From: "2027-03-15", Rule: calendar.Rule{Times: 2, Skip: []string{"2027-03-29"}}})
	if err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	// From the 22nd its second meeting would be on the 29th, which is skipped.
	for n, want := range [][]string{{"2027-03-15 16:00", "2027-03-22 16:00"}, {"2027-03-22 16:00", "2027-04-05 16:00"}} {
		for k, text := range want {
			if got := all[n].Meetings[k]; got.StartsAt != onDay(text) || got.EndsAt != onDay(text)+7200 || got.ID != "" {
				t.Errorf("%d/%d: %v, want %s", n, k, time.Unix(got.StartsAt, 0).In(web.Warsaw), text)
			}
		}
	}
	one := all[0].Training
	if one.EnrollUntil != onDay("2027-03-12 12:00") || one.DecideAt != onDay("2027-03-11 12:00") || one.FreeUntil != 0 || one.State != Draft || one.Decided != "" || one.Why != "" ||
		one.StartsAt != onDay("2027-03-15 16:00") || one.EndsAt != onDay("2027-03-22 18:00") || one.Hours != 4 {
		t.Errorf("%+v", one)
	}
	if meetings[0].StartsAt != onDay("2026-10-19 16:00") {
		t.Error("the pattern was moved")
	}
	for name, r := range map[string]Repetition{"od": {From: "2027-02-30", Rule: calendar.Rule{Times: 1}}, "razy": {From: "2027-03-15"},
		"razy ": {From: "2027-03-15", Rule: calendar.Rule{Times: mostRepeats + 1}}} {
		_, err := repeat(tr, meetings, r)
		if e := fault.As(err); e == nil || e.Fields[0].Name != strings.TrimSpace(name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := repeat(tr, nil, Repetition{From: "2027-03-15", Rule: calendar.Rule{Times: 1}}); fault.KindOf(err) != fault.Conflict {
		t.Error(err)
	}
}

func TestSpan(t *testing.T) {
	var tr Training
	m := []Meeting{{StartsAt: 300, EndsAt: 400, Hours: 2, Track: "B"}, {StartsAt: 100, EndsAt: 200, Hours: 1}, {StartsAt: 300, EndsAt: 500, Hours: 3, Track: "A"}}
	spanOf(&tr, m)
	if tr.StartsAt != 100 || tr.EndsAt != 500 || tr.Hours != 4 || m[0].No != 1 || m[1].Track != "A" {
		t.Errorf("%+v %+v", tr, m)
	}
}

func TestGrosze(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "120": 12000, "1 200,50": 120050, "99.9 zł": 9990, "0,05": 5, "x": -1, "1,234": -1, "-5": -1, "1,": -1, ",5": -1, "9999999999": -1} {
		got, ok := grosze(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d %v", text, got, ok)
		}
	}
	for _, n := range []int64{1, 10, 99, 100, 12345, 500000} {
		if got, ok := grosze(groszeText(n)); !ok || got != n {
			t.Errorf("%d: %q", n, groszeText(n))
		}
	}
}

// FuzzFields: whatever comes in a form, the reader of fields tells or takes it.
func FuzzFields(f *testing.F) {
	f.Add("2026-03-29T02:30", "12", "1,50")
	f.Add("2026-10-25 02:30", "", "1 000 zł")
	f.Add("T", "-1", ",")
	f.Fuzz(func(t *testing.T, moment, number, price string) {
		x := offerFields{v: map[string][]string{"m": {moment}, "n": {number}, "p": {price}, "wiersze": {number}, "s0_dzien": {moment}, "s0_od": {number}, "s0_do": {price}}}
		if m := x.moment("m"); m != 0 && len(x.faults) == 0 && momentField(m) == "" {
			t.Error(m)
		}
		if n := x.number("n"); n < 0 {
			t.Error(n)
		}
		if p := x.price("p"); p < 0 {
			t.Error(p)
		}
		x.meetings()
		x.series()
	})
}

// TestClockChange: the hour that is not there is refused, the one that comes
// twice is the first.
func TestClockChange(t *testing.T) {
	x := offerFields{v: map[string][]string{"a": {"2027-03-28T02:30"}, "b": {"2026-10-25T02:30"}, "c": {"2026-10-25"}}}
	if x.moment("a"); fieldsOf(x.faults) != "a:never" {
		t.Error(fieldsOf(x.faults))
	}
	if got := x.moment("b"); got != time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).Unix() {
		t.Error(got)
	}
	if x.moment("c"); fieldsOf(x.faults) != "a:never c:moment" {
		t.Error(fieldsOf(x.faults))
	}
}

func TestMeetingRows(t *testing.T) {
	v := map[string][]string{"wiersze": {"4"}, "s0_dzien": {"2026-12-14"}, "s0_od": {"9:00"}, "s0_do": {"12:00"}, "s1_dzien": {"2026-12-15"}, "s1_od": {"9:00"}, "s1_do": {"8:00"},
		"s3_dzien": {"2026-12-16"}, "s3_od": {"25:00"}, "s3_do": {"12:00"}}
	x := offerFields{v: v}
	all, rows := x.meetings()
	if fmt.Sprint(rows) != "[0 1 3]" || fieldsOf(x.faults) != "s3_od:hour" {
		t.Error(rows, fieldsOf(x.faults))
	}
	x.faults = nil
	_, faults := newMeetings(Training{}, nil, all[1:2])
	if err := x.ownRows(fault.InvalidFields(faults), []int{1}); fieldsOf(fault.As(err).Fields) != "s1_do:ends" {
		t.Error(err)
	}
}
