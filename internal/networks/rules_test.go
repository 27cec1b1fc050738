package networks

import (
	"slices"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func TestTexts(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, lack := range catalog.Check() {
		t.Error(lack)
	}
}

func TestHeir(t *testing.T) {
	if got := heir(nil); got != "" {
		t.Error("nobody is left, but", got)
	}
	if got := heir([]Lead{{Person: "a", Duty: Deputy}, {Person: "b", Duty: Deputy}}); got != "a" {
		t.Error("the deputy named first goes on, not", got)
	}
}

func TestLacking(t *testing.T) {
	leads := []Lead{{Duty: Coordinator}}
	for _, x := range []struct {
		name    string
		n       Network
		leads   []Lead
		planned int
		want    int
	}{
		{"nothing is there", Network{}, nil, 0, 3},
		{"a deputy alone", Network{Goal: "x"}, []Lead{{Duty: Deputy}}, 3, 1},
		{"a meeting too few", Network{Goal: "x"}, leads, 2, 1},
		{"all is there", Network{Goal: "x"}, leads, 3, 0},
	} {
		if got := lacking(x.n, x.leads, x.planned, 3); len(got) != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
}

func TestMayCome(t *testing.T) {
	open := Network{State: Active, Open: true, Places: 2, Members: 1}
	closed, full, ended := open, open, open
	closed.Open, full.Members, ended.State = false, 2, Closed
	for _, x := range []struct {
		name string
		n    Network
		st   Standing
		may  bool
	}{
		{"a teacher", open, Standing{}, true},
		{"again after a refusal", open, Standing{Member: Refused}, true},
		{"again after leaving", open, Standing{Member: Left}, true},
		{"somebody removed", open, Standing{Member: Removed}, false},
		{"a member", open, Standing{Member: Joined}, false},
		{"who leads it", open, Standing{Leads: true}, false},
		{"where no requests are taken", closed, Standing{}, false},
		{"invited where no requests are taken", closed, Standing{Member: Invited, Welcome: true}, true},
		{"recommended by a head where no requests are taken", closed, Standing{Member: Invited}, false},
		{"invited where it is full", full, Standing{Member: Invited}, false},
		{"where it is over", ended, Standing{Member: Invited}, false},
	} {
		if err := mayCome(x.n, x.st); (err == nil) != x.may {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

func TestDecidable(t *testing.T) {
	states := []MemberState{Asked, Invited, Joined, Refused, Left, Removed}
	want := map[MemberState][]MemberState{Joined: {Asked}, Refused: {Asked}, Removed: {Invited, Joined}, Left: {Removed}}
	for _, to := range states {
		for _, from := range states {
			if got := decidable(from, to); got != slices.Contains(want[to], from) {
				t.Errorf("%s → %s: %v", from, to, got)
			}
		}
	}
}

func TestMarks(t *testing.T) {
	m := Meeting{ID: "m"}
	can := []Member{{Person: "a", Institution: "s"}, {Person: "b"}}
	had := []Attendance{{ID: "1", Meeting: "m", Person: "b", Revision: 1, Present: true, Minutes: 90}, {ID: "2", Meeting: "m", Person: "left", Revision: 1, Present: true, Minutes: 90}}
	for _, x := range []struct {
		name string
		note Note
		want []Attendance
	}{
		{"the same again", Note{Length: 90, Present: []string{"b", "left"}}, nil},
		{"one more", Note{Length: 90, Present: []string{"a", "b", "left"}}, []Attendance{{Meeting: "m", Person: "a", Present: true, Minutes: 90, Institution: "s"}}},
		{"somebody struck out keeps the minutes for the void", Note{Length: 60, Present: []string{"left"}, Partly: map[string]int{"left": 90}},
			[]Attendance{{ID: "1", Meeting: "m", Person: "b", Revision: 1, Minutes: 90}}},
		{"somebody went earlier", Note{Length: 90, Present: []string{"b", "left"}, Partly: map[string]int{"b": 45}},
			[]Attendance{{ID: "1", Meeting: "m", Person: "b", Revision: 1, Present: true, Minutes: 45}}},
	} {
		got, err := marks(m, x.note, can, had)
		if err != nil || !slices.Equal(got, x.want) {
			t.Errorf("%s: %+v %v", x.name, got, err)
		}
	}
	if _, err := marks(m, Note{Present: []string{"stranger"}}, can, had); err == nil {
		t.Error("a stranger on the list")
	}
}

func TestSpan(t *testing.T) {
	n := Network{SchoolYear: 2026}
	for _, x := range []struct {
		day, from, to string
		field         string
	}{
		{"2026-11-20", "16:00", "18:15", ""},
		{"2026-09-01", "8:00", "9:00", ""},
		{"2027-08-31", "8:00", "9:00", ""},
		{"2026-08-31", "8:00", "9:00", "dzien"},
		{"2027-09-01", "8:00", "9:00", "dzien"},
		{"2026-13-01", "8:00", "9:00", "dzien"},
		{"2026-11-20", "25:00", "9:00", "od"},
		{"2026-11-20", "8:00", "", "do"},
		{"2026-11-20", "9:00", "9:00", "do"},
		{"2026-11-20", "8:00", "18:01", "do"},
	} {
		_, _, faults := span(n, x.day, x.from, x.to, "")
		if x.field == "" && len(faults) > 0 || x.field != "" && (len(faults) != 1 || faults[0].Name != x.field) {
			t.Errorf("%s %s–%s: %+v, want %q", x.day, x.from, x.to, faults, x.field)
		}
	}
}

func TestIsLink(t *testing.T) {
	for link, want := range map[string]bool{"https://spotkania.example/a": true, "http://x": true, "javascript:alert(1)": false, "//x": false, "spotkanie": false, "https:": false} {
		if isLink(link) != want {
			t.Error(link, "is taken otherwise than", want)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add("Spotkanie", "https://x.example", "2026-11-20", "16:00", "18:00")
	f.Add("\xff", "javascript:x", "2026-02-30", "-1:00", "99.99")
	f.Fuzz(func(t *testing.T, title, link, day, from, to string) {
		n := Network{SchoolYear: 2026}
		m, faults := Plan{Title: title, Link: link, Day: day, From: from, To: to}.planned(n)
		if len(faults) > 0 {
			return
		}
		if m.EndsAt <= m.StartsAt || m.StartsAt < yearEnds(2025).Unix() || m.StartsAt >= yearEnds(2026).Unix() || !isLink(m.Link) || m.Title == "" {
			t.Errorf("taken: %+v", m)
		}
	})
}

func TestReportDue(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, web.Warsaw) }
	for at, want := range map[time.Time]bool{day(2027, time.May, 30): false, day(2027, time.May, 31): true, day(2028, time.January, 1): true} {
		if reportDue(2026, at) != want {
			t.Error(at, "want", want)
		}
	}
}

func TestLeadRoles(t *testing.T) {
	roles := leadRoles()
	if !slices.Contains(roles, access.NetworkCoordinator) || slices.Contains(roles, access.Teacher) || slices.Contains(roles, access.CenterOfficer) {
		t.Error("who can be named:", roles)
	}
}
