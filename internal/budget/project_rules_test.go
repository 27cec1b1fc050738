package budget

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Every state but the first can be reached, and only ends have no way on.
func TestMoves(t *testing.T) {
	reached := map[ProjectState]bool{ProjectDraft: true}
	for range ProjectStates() {
		for _, m := range Moves() {
			if reached[m.From] {
				reached[m.To] = true
			}
		}
	}
	ends := []ProjectState{ProjectUpheld, ProjectLost, ProjectDelivered, ProjectWithdrawn, ProjectMerged}
	for _, st := range ProjectStates() {
		goesOn := slices.ContainsFunc(Moves(), func(m Move) bool { return m.From == st })
		if !reached[st] || goesOn == st.In(ends...) {
			t.Errorf("%s: reached %v, goes on %v", st, reached[st], goesOn)
		}
	}
	for _, c := range []struct {
		from, to ProjectState
		by       Mover
		want     bool
	}{
		{ProjectDraft, ProjectFiled, ByProposer, true},
		{ProjectDraft, ProjectFiled, ByRunner, false},
		{ProjectDraft, ProjectAccepted, ByRunner, false},
		{ProjectFormal, ProjectAccepted, ByRunner, false}, // never without a look at its merits
		{ProjectMerit, ProjectRejected, ByRunner, true},
		{ProjectMerit, ProjectRejected, ByChecker, false}, // who checks does not reject
		{ProjectRejected, ProjectAccepted, ByRunner, false},
		{ProjectRejected, ProjectWithdrawn, ByProposer, false},
		{ProjectProtested, ProjectRestored, ByRunner, false}, // but by another person
		{ProjectProtested, ProjectRestored, ByOther, true},
		{ProjectOnBallot, ProjectWithdrawn, ByProposer, false},
		{ProjectOnBallot, ProjectWon, ByRunner, false}, // votes decide
		{ProjectUpheld, ProjectOnBallot, ByProgram, false},
	} {
		if got := MayMove(c.from, c.to, c.by); got != c.want {
			t.Errorf("%s to %s by %s: %v", c.from, c.to, c.by, got)
		}
	}
}

// The days of a protest end with a local midnight, whatever the clock does meanwhile.
func TestMidnightAfter(t *testing.T) {
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, web.Warsaw)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct {
		from string
		days int
		want string
	}{
		{"2026-05-25 09:00", 10, "2026-06-05 00:00"},
		{"2026-05-25 23:59", 10, "2026-06-05 00:00"},
		{"2026-10-20 12:00", 10, "2026-10-31 00:00"}, // summer time ends within
		{"2026-03-25 00:00", 10, "2026-04-05 00:00"}, // it begins within
		{"2026-12-31 23:59", 0, "2027-01-01 00:00"},
	} {
		if got := midnightAfter(at(c.from).Unix(), c.days); got != at(c.want).Unix() {
			t.Errorf("%d days after %s: %s", c.days, c.from, time.Unix(got, 0).In(web.Warsaw))
		}
	}
	p := Project{State: ProjectRejected, PublishedAt: 1, ProtestUntil: at("2026-06-05 00:00").Unix()}
	if err := Protesting(p, at("2026-06-04 23:59")); err != nil {
		t.Error(err)
	}
	if Protesting(p, at("2026-06-05 00:00")) == nil {
		t.Error("a protest at the midnight itself was taken")
	}
	p.PublishedAt = 0
	if Protesting(p, at("2026-06-01 00:00")) == nil {
		t.Error("a protest against a decision that nobody published was taken")
	}
}

func TestMissing(t *testing.T) {
	pool := Pool{Budget: 500_000, MinCost: 10_000, MaxCost: 300_000}
	whole := Project{Title: "Hamaki", Words: "Na dziedzińcu.", Place: "dziedziniec"}
	items := func(amounts ...int64) (list []Item) {
		for _, a := range amounts {
			list = append(list, Item{Name: "rzecz", Amount: a})
		}
		return list
	}
	for _, c := range []struct {
		name  string
		p     Project
		items []Item
		want  string
	}{
		{"whole", whole, items(10_000), ""},
		{"the most", whole, items(100_000, 200_000), ""},
		{"without a place", Project{Title: "Hamaki", Words: "Na dziedzińcu."}, items(10_000), "miejsce"},
		{"without anything", Project{}, nil, "tytul opis miejsce pozycje"},
		{"a grosz too little", whole, items(9_999), "pozycje"},
		{"a grosz too much", whole, items(300_000, 1), "pozycje"},
	} {
		var names []string
		for _, f := range Missing(c.p, c.items, pool) {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if most := (Pool{Budget: 100, MaxCost: 300}).MostCost(); most != 100 {
		t.Errorf("a project may cost %d of a pool of 100", most)
	}
}

func TestPartial(t *testing.T) {
	p := Project{Proposer: "anna", Institution: "szkola"}
	for _, c := range []struct {
		name   string
		owner  access.InstitutionID
		person access.PersonID
		at     access.InstitutionID
		signed bool
		bars   bool
	}{
		{"a stranger to it", "urzad", "jan", "urzad", false, false},
		{"the proposer", "urzad", "anna", "urzad", false, true},
		{"the proposer, in a school", "szkola", "anna", "szkola", false, true},
		{"who signed", "urzad", "jan", "urzad", true, true},
		{"of the proposer's institution", "urzad", "jan", "szkola", false, true},
		{"of the school that runs the edition", "szkola", "jan", "szkola", false, false},
	} {
		key := Partial(p, c.owner, c.person, []access.InstitutionID{c.at}, c.signed)
		if (key != "") != c.bars {
			t.Errorf("%s: %q", c.name, key)
		}
	}
}

func TestDecidable(t *testing.T) {
	now := time.Unix(1000, 0)
	p := Project{DecidedBy: "anna"}
	heard := Protest{HearingAt: 1000, Opinion: "słuszny"}
	for _, c := range []struct {
		name   string
		kind   Kind
		t      Protest
		person access.PersonID
		kept   bool
	}{
		{"another person after the hearing", City, heard, "jan", false},
		{"the same person", City, heard, "anna", true},
		{"before the hearing", City, Protest{HearingAt: 1001, Opinion: "słuszny"}, "jan", true},
		{"without a hearing", School, Protest{}, "jan", true},
		{"a city without the council", City, Protest{HearingAt: 1000}, "jan", true},
		{"a school without a council", School, Protest{HearingAt: 1000}, "jan", false},
	} {
		if err := Decidable(p, c.kind, c.t, c.person, now); (err != nil) != c.kept {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestDecisionCheck(t *testing.T) {
	merit, form := Project{State: ProjectMerit}, Project{State: ProjectFormal}
	yes, no, asked := Opinion{Verdict: Feasible}, Opinion{Verdict: Infeasible}, Opinion{Verdict: Asked}
	for _, c := range []struct {
		name     string
		p        Project
		d        Decision
		opinions []Opinion
		want     fault.Kind
	}{
		{"accepted by one", merit, Decision{Accept: true}, []Opinion{yes}, fault.Internal},
		{"accepted by nobody", merit, Decision{Accept: true}, nil, fault.Conflict},
		{"one is awaited", merit, Decision{Accept: true}, []Opinion{yes, asked}, fault.Conflict},
		{"against an opinion, without words", merit, Decision{Accept: true}, []Opinion{yes, no}, fault.Invalid},
		{"against an opinion, with words", merit, Decision{Accept: true, Reason: "Da się."}, []Opinion{yes, no}, fault.Internal},
		{"form not passed", form, Decision{Accept: true}, []Opinion{yes}, fault.Conflict},
		{"rejected without a code", merit, Decision{Reason: "Nie."}, nil, fault.Invalid},
		{"rejected without words", merit, Decision{Code: NotOwnLand}, nil, fault.Invalid},
		{"rejected with the program's code", merit, Decision{Code: NoSupport, Reason: "Nie."}, nil, fault.Invalid},
		{"rejected for its form", form, Decision{Code: Incomplete, Reason: "Brak."}, nil, fault.Internal},
	} {
		err := c.d.check(c.p, c.opinions)
		if fault.KindOf(err) != c.want || (err == nil) != (c.want == fault.Internal) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestRejectionNamesItsFields: the summary of a refused decision says of each
// field what it lacks.
func TestRejectionNamesItsFields(t *testing.T) {
	want := map[string]string{"kod": "budget.lack.code", "uzasadnienie": "budget.lack.reason"}
	f := fault.As(Decision{}.check(Project{State: ProjectMerit}, nil))
	if f == nil || len(f.Fields) != len(want) {
		t.Fatal("an empty rejection:", f)
	}
	for _, field := range f.Fields {
		if want[field.Name] != field.Key {
			t.Errorf("%s: %s", field.Name, field.Key)
		}
	}
}

// TestTemplateOfSchools: slips vote, and the roster says to whom one is handed.
func TestTemplateOfSchools(t *testing.T) {
	if who := schoolRules(2026).Who; !who.Has(Roster) || !who.Has(Slips) || len(who.Sources) != 2 {
		t.Error("sources of the template:", who.Sources)
	}
}

func TestParseSpot(t *testing.T) {
	for text, want := range map[string]Spot{
		"50.0614, 19.9366":      {50_061_400, 19_936_600},
		"50.0614,19.9366":       {50_061_400, 19_936_600},
		"50,0614; 19,9366":      {50_061_400, 19_936_600},
		"50.06141234° 19.9366°": {50_061_412, 19_936_600},
		"50 19":                 {50_000_000, 19_000_000},
		"":                      {},
	} {
		if got, ok := ParseSpot(text); !ok || got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"Rynek", "50.0614", "19.9366, 50.0614", "0, 0", "-50, 19", "50.06.14, 19", "50,0614,19,9366", "91, 200", "5e1, 19"} {
		if got, ok := ParseSpot(text); ok {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]int64{"450": 45_000, "450,5": 45_050, "1 250,50 zł": 125_050, "1 250.50": 125_050, "0,01": 1} {
		if got, ok := ParseMoney(text); !ok || got != want {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "0", "-5", "dużo", "1,234", "99999999999", "1e9", "1,5,5"} {
		if got, ok := ParseMoney(text); ok {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func FuzzParseSpot(f *testing.F) {
	for _, seed := range []string{"50.0614, 19.9366", "50,0614; 19,9366", "", "x", "50.9999999999999999999, 19"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := ParseSpot(text)
		if !ok || !s.There() {
			return
		}
		again, ok := ParseSpot(s.Words())
		if !ok || again.Lat/10 != s.Lat/10 || again.Lon/10 != s.Lon/10 {
			t.Errorf("%q: %v, written as %q, read as %v", text, s, s.Words(), again)
		}
	})
}
