package demo_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/demo"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
)

const seed = 2026

func TestSameSeedSameWorld(t *testing.T) {
	for _, scale := range demo.Scales() {
		first, second := demo.Generate(scale, seed), demo.Generate(scale, seed)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%s: %s", scale, diff)
		}
		if other := demo.Generate(scale, seed+1); cmp.Equal(first, other) {
			t.Errorf("%s: another seed gives the same world", scale)
		}
	}
}

// Not every seed is used, but none may lack a place for somebody.
func TestAnySeedMakesAWorld(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 4
	}
	for s := range seeds {
		for _, scale := range demo.Scales() {
			sound(t, demo.Generate(scale, s).Institutions)
		}
	}
}

func TestManyIsAsManyAsAsked(t *testing.T) {
	for _, n := range []int{0, 1, 500, 1_675, 6_000} {
		list := demo.Many(n, seed)
		if len(list) != n {
			t.Errorf("%d institutions, want %d", len(list), n)
		}
		sound(t, list)
	}
}

// The figures stay near those of the real register.
func TestInstitutionsByMunicipality(t *testing.T) {
	want := map[string]int{"126101": 1216, "121905": 101, "120611": 71, "121904": 55, "120616": 33, "120601": 30, "120617": 26,
		"120607": 24, "120615": 22, "120614": 18, "121901": 13, "120605": 12, "120609": 12, "120602": 8, "120608": 8}
	got := map[string]int{}
	for _, i := range registered(demo.Generate(demo.Metropolis, seed)) {
		got[i.Municipality]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestShares(t *testing.T) {
	list := registered(demo.Generate(demo.Metropolis, seed))
	for _, c := range []struct {
		what      string
		low, high int // of a hundred
		is        func(directory.Institution) bool
	}{
		{"kindergartens", 37, 39, func(i directory.Institution) bool { return i.Kind == directory.Kind(register.Kindergarten) }},
		{"complexes", 6, 8, func(i directory.Institution) bool { return i.Kind == directory.Kind(register.Complex) }},
		{"municipal", 45, 49, func(i directory.Institution) bool { return i.RunningMunicipality != "" }},
		{"private", 24, 32, func(i directory.Institution) bool { return i.RunningKind == string(register.RunByPrivate) }},
		{"closed", 1, 3, func(i directory.Institution) bool { return i.Closed }},
		{"drawn on the map", 96, 99, func(i directory.Institution) bool { return i.Lat != nil && i.Lon != nil }},
	} {
		n := 0
		for _, i := range list {
			if c.is(i) {
				n++
			}
		}
		if share := 100 * float64(n) / float64(len(list)); share < float64(c.low) || share > float64(c.high) {
			t.Errorf("%s: %.1f %% of %d, want %d to %d", c.what, share, len(list), c.low, c.high)
		}
	}
}

func TestEveryKindOfRunningBodyAndUnit(t *testing.T) {
	kinds, runners, members := map[directory.Kind]int{}, map[string]int{}, map[string]bool{}
	for _, i := range demo.Generate(demo.Metropolis, seed).Institutions {
		kinds[i.Kind]++
		runners[i.RunningKind]++
		if i.Kind == directory.Office {
			members[i.RunningMunicipality] = true
		}
	}
	for _, k := range []register.Type{register.Kindergarten, register.Primary, register.GeneralSecondary, register.TechnicalSecondary,
		register.VocationalFirst, register.PostSecondary, register.Music, register.Complex, register.CounselingCenter,
		register.YouthCenter, register.Dormitory} {
		if kinds[directory.Kind(k)] == 0 {
			t.Errorf("no %s", k)
		}
	}
	for _, k := range []register.RunningKind{register.RunByCity, register.RunByGmina, register.RunByCounty, register.RunByVoivodeship,
		register.RunByMinistry, register.RunByNGO, register.RunByReligious, register.RunByCompany, register.RunByPrivate} {
		if runners[string(k)] == 0 {
			t.Errorf("none is run by %s", k)
		}
	}
	for k, want := range map[directory.Kind]int{directory.Office: 15, directory.Association: 1, directory.NGO: 8, directory.University: 2,
		directory.Kind(register.TeacherTrainingCenter): 1, directory.Kind(register.PedagogicalLibrary): 1} {
		if kinds[k] != want {
			t.Errorf("%d of %s, want %d", kinds[k], k, want)
		}
	}
	if len(members) != 15 {
		t.Errorf("offices of %d municipalities", len(members))
	}
}

// A complex has parts, all in one house, for one body, under one head.
func TestPartsFollowTheirComplex(t *testing.T) {
	for _, scale := range demo.Scales() {
		list := demo.Generate(scale, seed).Institutions
		byID, parts := map[access.InstitutionID]directory.Institution{}, map[access.InstitutionID]int{}
		for _, i := range list {
			byID[i.ID] = i
		}
		for _, i := range list {
			if i.RegisterParent == nil {
				if !i.Leads() {
					t.Errorf("%s stands alone and is led by another", i.Name)
				}
				continue
			}
			whole := byID[*i.RegisterParent]
			parts[whole.ID]++
			if whole.Kind != directory.Kind(register.Complex) || i.HeadUnit != whole.ID || i.Municipality != whole.Municipality ||
				i.Street != whole.Street || i.House != whole.House || i.RunningName != whole.RunningName || whole.Closed || i.Closed {
				t.Errorf("%s does not fit %s", i.Name, whole.Name)
			}
		}
		for _, i := range list {
			if i.Kind == directory.Kind(register.Complex) && parts[i.ID] < 2 {
				t.Errorf("%s has %d parts", i.Name, parts[i.ID])
			}
		}
	}
}

func TestNamesAreTold(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range demo.Generate(demo.Metropolis, seed).Institutions {
		if seen[i.Name] {
			t.Errorf("%s comes twice", i.Name)
		}
		seen[i.Name] = true
	}
}

// The sign-in page is a list of people; everybody must stand somewhere.
func TestPeopleHoldEveryRole(t *testing.T) {
	for _, scale := range demo.Scales() {
		world := demo.Generate(scale, seed)
		open := map[access.InstitutionID]bool{}
		for _, i := range world.Institutions {
			open[i.ID] = !i.Closed
		}
		held, emails := map[access.Role]int{}, map[string]bool{}
		for n, p := range world.People {
			if n > 0 && world.People[n-1].ID >= p.ID {
				t.Errorf("%s stands in the wrong place", p.Name)
			}
			if emails[p.Email] || !p.Demo || p.Password != "" || !strings.HasSuffix(p.Email, "@example.org") {
				t.Errorf("%s <%s>", p.Name, p.Email)
			}
			emails[p.Email] = true
			for _, h := range p.Roles {
				held[h.Role]++
				if !h.Role.Everywhere() && !open[h.Institution] {
					t.Errorf("%s is %s nowhere", p.Name, h.Role)
				}
			}
		}
		for _, role := range access.Roles() {
			if held[role] == 0 {
				t.Errorf("%s: nobody is %s", scale, role)
			}
		}
		if first := world.People[0]; first.Roles[0].Role != access.SchoolHead || len(world.People) > 40 {
			t.Errorf("%s: first %v, %d people; the page shows 40", scale, first.Roles, len(world.People))
		}
	}
}

func registered(w demo.World) (list []directory.Institution) {
	for _, i := range w.Institutions {
		if i.RSPO != nil {
			list = append(list, i)
		}
	}
	return list
}

var (
	badName  = regexp.MustCompile(`  | $|^ |im\. (w|we|nr) |im\.$|„”|%!|<nil>`)
	postcode = regexp.MustCompile(`^3[0-2]-\d{3}$`)
	webName  = regexp.MustCompile(`^[a-z0-9-]+$`)
)

// sound checks what holds for every invented institution.
func sound(t *testing.T, list []directory.Institution) {
	t.Helper()
	numbers, ids, hosts := map[int]bool{}, map[access.InstitutionID]bool{}, map[string]bool{}
	for _, i := range list {
		key, err := uuid.Parse(string(i.ID))
		if err != nil || key.Version() != 7 || key.Variant() != uuid.RFC4122 || ids[i.ID] {
			t.Errorf("%s: key %s, %v", i.Name, i.ID, err)
		}
		for _, other := range []*access.InstitutionID{i.RunningID, i.RegisterParent} {
			if other != nil && !ids[*other] {
				t.Errorf("%s refers to what does not stand before it", i.Name)
			}
		}
		ids[i.ID] = true
		if i.RSPO != nil {
			if *i.RSPO < 9_000_000 || numbers[*i.RSPO] {
				t.Errorf("%s: number %d", i.Name, *i.RSPO)
			}
			numbers[*i.RSPO] = true
		}
		soundWords(t, i)
		soundAddress(t, i, hosts)
	}
}

func soundWords(t *testing.T, i directory.Institution) {
	t.Helper()
	if badName.MatchString(i.Name) || i.Name == "" {
		t.Errorf("name %q", i.Name)
	}
	if i.NIP != "" && !register.NIPValid(i.NIP) || i.REGON != "" && !register.REGONValid(i.REGON) {
		t.Errorf("%s: NIP %s, REGON %s", i.Name, i.NIP, i.REGON)
	}
	if i.Origin != directory.Invented {
		t.Errorf("%s: origin %s", i.Name, i.Origin)
	}
	if (i.District != nil) != (i.Municipality == "126101") || i.District != nil && (*i.District < 1 || *i.District > 18) {
		t.Errorf("%s: district %v", i.Name, i.District)
	}
}

func soundAddress(t *testing.T, i directory.Institution, hosts map[string]bool) {
	t.Helper()
	if !postcode.MatchString(i.Postcode) || i.City == "" || i.House == "" || !strings.HasPrefix(i.Phone, "12 555 01 ") {
		t.Errorf("%s: %s %s %s %s, %s", i.Name, i.Street, i.House, i.Postcode, i.City, i.Phone)
	}
	if i.Lat != nil && (*i.Lat < 49.88 || *i.Lat > 50.21 || *i.Lon < 19.55 || *i.Lon > 20.37) {
		t.Errorf("%s lies at %v, %v", i.Name, *i.Lat, *i.Lon)
	}
	if i.Email != "" {
		user, ok := strings.CutSuffix(i.Email, "@example.org")
		if !ok || !webName.MatchString(user) || hosts[user] {
			t.Errorf("%s: %s", i.Name, i.Email)
		}
		hosts[user] = true
	}
	if host := strings.TrimPrefix(i.Website, "https://"); i.Website != "" && !webName.MatchString(strings.TrimSuffix(host, ".example")) {
		t.Errorf("%s: %s", i.Name, i.Website)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		demo.Generate(demo.Metropolis, seed)
	}
}
