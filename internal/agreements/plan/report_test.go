package plan

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
)

func TestSplitFile(t *testing.T) {
	for in, want := range map[string][2]string{"2026": {"2026", ""}, "2026.pdf": {"2026", "pdf"}, "120611.xlsx": {"120611", "xlsx"}, "a.csv": {"a", "csv"}, "2026.exe": {"2026.exe", ""}} {
		if name, as := splitFile(in); name != want[0] || as != want[1] {
			t.Errorf("%s: %s %s", in, name, as)
		}
	}
}

func TestReportYear(t *testing.T) {
	p := Plan{YearFrom: 2025, YearTo: 2027}
	for this, want := range map[int]int{2024: 2025, 2025: 2025, 2026: 2025, 2027: 2026, 2028: 2027, 2040: 2027} {
		if got := reportYear(p, this); got != want {
			t.Errorf("in %d: %d, want %d", this, got, want)
		}
	}
}

// papers are the sheet of a municipality and the report, of another plan that
// is in force.
func (k *drafting) papers() {
	p, _, a := k.adopted()
	k.indicator(p, "W1", func(i *Indicator) {
		i.Action, i.Formula, i.Target, i.TargetYear = a.ID, "participations(action=A1)", "10", 2028
	})
	k.indicator(p, "W2", func(i *Indicator) {
		i.Action, i.Way, i.Asked, i.Formula, i.Adds, i.Source = a.ID, Entered, AskTowns, "", true, "arkusz gminy"
	})
	k.took(3)
	k.exactForAll()
	k.took(6)
	k.townPaper()
	k.reportPaper(p)
}

// emptyPapers: where there is nothing, the sheet of a municipality says so.
func (k *drafting) emptyPapers() {
	k.inAll(k.stranger, TownPath, "a[href='"+TownHref(town)+"']")
	k.inAll(k.stranger, TownHref(town), "h1")
	page := words(k.page(k.stranger, TownHref(town)).Selection)
	for _, want := range []string{"nie ma w rejestrze niczego z tej gminy", "nie obowiązuje żaden plan", "Nic nie czeka"} {
		if !strings.Contains(page, want) {
			k.t.Errorf("the empty sheet does not say %q", want)
		}
	}
	k.missing(k.stranger, TownHref("999999"), TownHref("146501"), TownHref(town)+".exe", ReportHref(k.plan, 2025))
	k.missing(k.officer, ReportHref(k.plan, 2024), ReportHref(k.plan, 2025)+"x", ReportHref(ID(newID()), 2025))
	k.inAll(k.officer, ReportHref(k.plan, 2025), "h2")
}

// took has people of the town take part in a training of the first action.
func (k *drafting) took(people int) {
	k.t.Helper()
	for n := range people {
		k.ok(k.facts.Take(k.t.Context(), ledger.Intake{Key: "training.completed/" + string(testID(900+n)), Version: 1, Kind: "training.completed",
			Activity: ledger.Ref{Kind: "training", ID: string(testID(800))}, On: "2026-10-10", SchoolYear: 2026, Institution: string(testID(30)), BySeat: town, ByRunning: town,
			Group: ledger.Teachers, PersonKey: string(testID(700 + n)), People: 1, Minutes: 90}))
	}
	k.drain()
}

// exactForAll: three teachers of a village are three to whoever reads, and the
// page says what that tells of people.
func (k *drafting) exactForAll() {
	k.t.Helper()
	for _, who := range []access.Actor{k.stranger, k.cityClerk, k.townClerk, k.officer} {
		doc := k.page(who, TownHref(town))
		took, groups := words(doc.Find("[aria-labelledby=took] tbody")), words(doc.Find("[aria-labelledby=groups] tbody"))
		if !strings.Contains(took, "Uczestnictwa33") || !strings.Contains(groups, "nauczyciele336") {
			k.t.Errorf("%s reads %s and %s", who.Name, took, groups)
		}
		if got := words(doc.Find("article > p")); !strings.Contains(got, "Kto to widzi? Wszyscy: liczby uczestnictw są jawne") {
			k.t.Errorf("%s does not read who sees it: %s", who.Name, got)
		}
	}
}

func (k *drafting) townPaper() {
	k.inAll(k.stranger, TownHref(town), "th:contains('Przedszkole')")
	doc := k.page(k.stranger, TownHref(town))
	for selector, want := range map[string]string{"[aria-labelledby=took] tbody tr:nth-child(2)": "Uczestnictwa660", "[aria-labelledby=groups] tbody tr:first-child": "6612",
		"[aria-labelledby=actions] tbody tr": "A1. Warsztaty doradców", "[aria-labelledby=indicators] tbody tr:first-child": "6", "[aria-labelledby=needs] table": "czeka na odpowiedź",
		"[aria-labelledby=acts] table": "Warsztat o autyzmie", "[aria-labelledby=open] table": "W2"} {
		if got := words(doc.Find(selector).First()); !strings.Contains(got, want) {
			k.t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	k.files(TownHref(town), "Uczestnictwa")
	if page := words(k.page(k.stranger, TownHref(town)+"?rok=2025").Selection); !strings.Contains(page, "2025/2026") || !strings.Contains(page, "nie ma w rejestrze niczego") {
		k.t.Error("the year before is not empty")
	}
}

func (k *drafting) reportPaper(p Plan) {
	k.inAll(k.stranger, ReportHref(p.ID, 2026), "th:contains('W1.')")
	doc := k.page(k.stranger, ReportHref(p.ID, 2026))
	for selector, want := range map[string]string{"[aria-labelledby=actions] tbody tr": "A1. Warsztaty doradców", "[aria-labelledby=indicators] tbody tr:first-child": "6",
		"[aria-labelledby=lacking] table": "W2"} {
		if got := words(doc.Find(selector).First()); !strings.Contains(got, want) {
			k.t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	if n := doc.Find(".scroll[aria-labelledby=towns] tbody tr").Length(); n != 15 {
		k.t.Errorf("%d municipalities are listed", n)
	}
	k.files(ReportHref(p.ID, 2026), "W1")
}

// files are the PDF and the sheets of a paper.
func (k *drafting) files(base, has string) {
	k.t.Helper()
	for as, begins := range map[string]string{".pdf": "%PDF-", ".xlsx": "PK", ".csv": "\ufeff"} {
		w := k.get(k.stranger, base+as)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), begins) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			k.t.Errorf("%s%s: %d, %d bytes", base, as, w.Code, w.Body.Len())
		}
		if as == ".csv" && !strings.Contains(w.Body.String(), has) {
			k.t.Errorf("%s%s lacks %s", base, as, has)
		}
	}
}
