package vote

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kladka/internal/access/card"
	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
)

func TestTheSamePersonHasTheSameMark(t *testing.T) {
	key := markKey("0123456789abcdef0123456789abcdef")
	anna := Identity{Name: "Anna Maria Żółć-Nowak", Born: "1990-01-31", Address: "ul. Długa 5/12, 30-001 Kraków"}
	for _, c := range []struct {
		name string
		Identity
		same bool
	}{
		{"last name first", Identity{"Żółć-Nowak Anna Maria", "1990-01-31", "Długa 5 m. 12, 30-001 Kraków"}, true},
		{"without marks, in capitals", Identity{"ANNA MARIA ZOLC NOWAK", "1990-01-31", "Ulica Dluga 5/12 30001 KRAKOW"}, false}, // the code is written apart or not
		{"without marks", Identity{"anna maria zolc nowak", "1990-01-31", "ULICA DLUGA 5/12 30-001 KRAKOW"}, true},
		{"other day", Identity{"Anna Maria Żółć-Nowak", "1990-01-30", "ul. Długa 5/12, 30-001 Kraków"}, false},
		{"other flat", Identity{"Anna Maria Żółć-Nowak", "1990-01-31", "ul. Długa 12/5, 30-001 Kraków"}, false},
	} {
		if got := key.person(c.Identity) == key.person(anna); got != c.same {
			t.Errorf("%s: same mark %v, want %v", c.name, got, c.same)
		}
	}
	if key.person(anna) == markKey("another key of an edition......").person(anna) {
		t.Error("two editions give one person the same mark")
	}
	if key.of("a", "bc") == key.of("a", "b", "c") || key.of("slip", "X") == key.of("person", "X") {
		t.Error("marks of different things meet")
	}
}

func TestIdentityIsReadAsPeopleTypeIt(t *testing.T) {
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	good := Identity{Name: "  Jan   Kowalski ", Born: "3.2.2010", Address: "Krótka 1, Kraków"}
	if got, faults := good.read(now); len(faults) > 0 || got.Name != "Jan Kowalski" || got.Born != "2010-02-03" {
		t.Errorf("read %+v, faults %v", got, faults)
	}
	for name, c := range map[string]struct {
		Identity
		at string
	}{
		"one word":      {Identity{"Kowalski", "2010-02-03", "Krótka 1"}, "imie"},
		"no name":       {Identity{"!! ??", "2010-02-03", "Krótka 1"}, "imie"},
		"not a day":     {Identity{"Jan Kowalski", "2010-02-30", "Krótka 1"}, "urodzenie"},
		"not born yet":  {Identity{"Jan Kowalski", "2027-01-01", "Krótka 1"}, "urodzenie"},
		"too long ago":  {Identity{"Jan Kowalski", "1850-01-01", "Krótka 1"}, "urodzenie"},
		"no house":      {Identity{"Jan Kowalski", "2010-02-03", "Krótka"}, "adres"},
		"whole stories": {Identity{"Jan Kowalski", "2010-02-03", "1" + strings.Repeat("a", 300)}, "adres"},
	} {
		_, faults := c.read(now)
		if len(faults) != 1 || faults[0].Name != c.at {
			t.Errorf("%s: faults %v, want one at %s", name, faults, c.at)
		}
	}
	for born, key := range map[string]string{"31.02.1980": "vote.fault.no_such_day", "1980-13-01": "vote.fault.no_such_day", "luty 1980": "vote.fault.born", "31.02.80": "vote.fault.born", "": "vote.fault.born"} {
		if _, faults := (Identity{"Jan Kowalski", born, "Krótka 1"}).read(now); len(faults) != 1 || faults[0].Key != key {
			t.Errorf("%q: %v, want %s", born, faults, key)
		}
	}
	if oldEnough("2010-11-03", 16, now) || !oldEnough("2010-11-02", 16, now) {
		t.Error("the age is counted wrongly on the birthday")
	}
}

func TestCodesFindSlips(t *testing.T) {
	c := drawCode()
	typed := strings.ToLower(strings.Join(c.Groups(), " - "))
	if got, err := ParseCode(typed); err != nil || got != c {
		t.Fatalf("%q is not read: %v", typed, err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(s, c.Letters()) {
		t.Error("a code prints itself")
	}
	letters := c.Letters()
	for i := range len(letters) {
		for _, other := range card.Alphabet {
			if wrong := letters[:i] + string(other) + letters[i+1:]; wrong != letters {
				if _, err := ParseCode(wrong); err == nil {
					t.Errorf("one wrong letter at %d is taken", i)
				}
			}
		}
		if i > 0 && letters[i] != letters[i-1] {
			if _, err := ParseCode(letters[:i-1] + string(letters[i]) + string(letters[i-1]) + letters[i+1:]); err == nil {
				t.Errorf("two letters that changed places at %d are taken", i)
			}
		}
	}
	for _, bad := range []string{"", letters[:11], letters + "A", "0" + letters[1:], strings.Repeat("ż", 12)} {
		if _, err := ParseCode(bad); err == nil {
			t.Errorf("%q is taken for a code", bad)
		}
	}
}

func TestDistrictsAsSheetsWriteThem(t *testing.T) {
	var e budget.Edition
	e.Rules.Pools = []budget.Pool{{ID: "city", Kind: budget.OfCity, Name: "Cały Kraków"}, {ID: "v", Kind: budget.OfDistrict, Name: "Dzielnica V Krowodrza", Area: "5"},
		{ID: "xi", Kind: budget.OfDistrict, Name: "Dzielnica XI Podgórze Duchackie", Area: "11"}, {ID: "xiii", Kind: budget.OfDistrict, Name: "Dzielnica XIII Podgórze", Area: "13"}}
	for typed, want := range map[string]string{"": "city", "5": "city v", "V": "city v", "krowodrza": "city v", "Dzielnica V Krowodrza": "city v", "xiii podgorze": "city xiii", "xi": "city xi",
		"Podgórze": "-", "VI": "-", "dzielnica": "-"} {
		ids, ok := poolsFor(e, typed)
		if got := joinPools(ids); ok && got != want || !ok && want != "-" {
			t.Errorf("%q gives %q, %v; want %q", typed, got, ok, want)
		}
	}
}

func TestPauses(t *testing.T) {
	for wrong, want := range map[int]time.Duration{0: 0, 30: 0, 31: time.Second, 33: 4 * time.Second, 40: 30 * time.Second, 4000: 30 * time.Second} {
		if got := slipTries.pause(wrong); got != want {
			t.Errorf("after %d wrong codes the pause is %v, want %v", wrong, got, want)
		}
	}
	if claimTries.pause(5) != 0 || claimTries.pause(50) != 15*time.Minute {
		t.Error("claims are slowed otherwise than said")
	}
}

func TestOneMailboxUnderManyNames(t *testing.T) {
	for a, b := range map[string]string{"Jan.Kowalski+1@GMail.com": "jankowalski@googlemail.com", "a+b@example.org": "A@example.org"} {
		if foldMailbox(a) != foldMailbox(b) {
			t.Errorf("%s and %s are two mailboxes", a, b)
		}
	}
	if foldMailbox("a.b@example.org") == foldMailbox("ab@example.org") {
		t.Error("two mailboxes are one")
	}
}

func rollOf(t testing.TB, text string) (RollPlan, error) {
	t.Helper()
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(strings.NewReader(text), RollLimits())
	if err != nil {
		return RollPlan{}, err
	}
	var e budget.Edition
	e.Rules.Who.VoteAge = 16
	e.Rules.Pools = []budget.Pool{{ID: "city", Kind: budget.OfCity}, {ID: "v", Kind: budget.OfDistrict, Name: "V Krowodrza"}}
	return readRoll(table, rollColumnsOf(catalog), e, markKey("key"), time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
}

func TestRollSaysWhatIsWrongWhere(t *testing.T) {
	plan, err := rollOf(t, "Imię;Nazwisko;Data urodzenia;Adres zamieszkania;Dzielnica;Uwagi\n"+
		"Anna;Nowak;1990-01-31;Długa 5;V;x\n"+ // 2
		"Anna;Nowak;31.01.1990;ul. Długa 5;V;double\n"+
		"Jan;;1990-01-31;Długa 5;V;\n"+
		"Jan;Kot;wczoraj;Długa 5;V;\n"+
		"Jan;Kot;1990-01-31;Długa;V;\n"+
		"Jan;Kot;1990-01-31;Długa 5;XX;\n"+
		"Mała;Kot;2015-01-31;Długa 5;;\n"+
		"Jan;Kot;1990-01-31;Długa 5;;\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Rows) != 2 || joinPools(plan.Rows[0].Pools) != "city v" || joinPools(plan.Rows[1].Pools) != "city" || plan.Doubles != 1 || len(plan.Unknown) != 1 {
		t.Errorf("plan %+v", plan)
	}
	var got []string
	for _, p := range plan.Problems {
		got = append(got, fmt.Sprintf("%d %s %s", p.N, p.Column, p.Key))
	}
	want := []string{"4 A vote.fault.name", "5 C vote.fault.born", "6 D vote.fault.address", "7 E vote.fault.district", "8 C vote.fault.too_young"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("problems %q, want %q", got, want)
	}
	if _, err := rollOf(t, "Nazwisko i imię;PESEL\nNowak Anna;1\n"); err == nil {
		t.Error("a sheet without birthdays is taken")
	}
}

func FuzzRoll(f *testing.F) {
	f.Add("Imię i nazwisko;Data urodzenia;Adres\nAnna Nowak;1990-01-31;Długa 5\n")
	f.Add("Name,Born,Address\n\"a\nb\",,\n")
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := rollOf(t, text)
		if err == nil && len(plan.Rows)+len(plan.Problems)+plan.Doubles > strings.Count(text, "\n")+strings.Count(text, "\r")+1 {
			t.Errorf("more rows than lines: %+v", plan)
		}
	})
}

func FuzzCode(f *testing.F) {
	f.Add("ABCD-EFGH-JKMN")
	f.Add("аbс 234")
	f.Fuzz(func(t *testing.T, typed string) {
		if c, err := ParseCode(typed); err == nil && len(c.Letters()) != CodeLength {
			t.Errorf("%q gives %d letters", typed, len(c.Letters()))
		}
	})
}
