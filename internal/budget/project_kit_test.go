package budget

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// projectKit is the kit with an edition of the city and one of the school that
// take projects in October 2026, and the people whom projects need.
type projectKit struct {
	*kit
	city, pupils Edition

	neighbor, third         access.Actor // residents who hold a role somewhere else
	second                  access.Actor // runs the city's budget beside the officer
	deputy, secretary, head access.Actor // of the school
	outsider                access.Actor // a head elsewhere
}

func newProjectKit(t testing.TB, d *db.DB) *projectKit {
	t.Helper()
	k := &projectKit{kit: newKit(t, d)}
	k.neighbor, k.third = k.person("Bogdan Sąsiad", access.Teacher, k.elsewhere), k.person("Celina Trzecia", access.Teacher, k.elsewhere)
	k.second, k.head = k.judge, k.kit.head
	k.deputy, k.secretary = k.person("Jan Zastępca", access.DeputyHead, k.school), k.person("Krystyna Sekretarz", access.SchoolSecretary, k.school)
	k.outsider = k.person("Halina Obca", access.SchoolHead, k.elsewhere)
	k.city = k.opened(City, k.office, Rules{Signatures: 2, SignatureDays: 10, ProtestDays: 10, NoTwins: true, Who: Who{ProposeAge: 16},
		Pools: []Pool{poolOf(1, OfCity, 500_000_00, 25_000_00, 200_000_00), poolOf(2, OfDistrict, 100_000_00, 2_500_00, 40_000_00)}})
	k.pupils = k.opened(School, k.school, Rules{ProtestDays: 3, Pools: []Pool{poolOf(1, OfSchool, 5_000_00, 0, 3_000_00)}})
	return k
}

func poolOf(n int, kind PoolKind, money, least, most int64) Pool {
	return Pool{ID: PoolID(testID(100 + n)), No: n, Kind: kind, Name: "Pula " + string(kind), Budget: money, MinCost: least, MaxCost: most}
}

// opened is a published edition whose filing is on, with rules that no template has.
func (k *projectKit) opened(kind Kind, owner access.InstitutionID, rules Rules) Edition {
	k.t.Helper()
	rules.Calendar = Calendar{FilingFrom: "2026-09-28", FilingTo: "2026-10-27", CheckTo: "2027-01-25", ProtestTo: "2027-03-01", WithdrawTo: "2027-04-29", DrawOn: "2027-05-04"}
	id, title, now := EditionID(newID()), "Budżet "+string(kind), k.clock.Unix()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(k.t.Context(), `insert into budget_editions (id, trace, owner, kind, state, title, title_key, year, rules, published_at, created_at, changed_at) values `+db.Marks(1, 12),
			id, newID(), owner, kind, Published, title, i18n.SortKey(title), 2026, rules, now, now, now)
		return err
	}))
	return k.edition(id)
}

// written is a draft that lacks nothing, filed one that was sent.
func (k *projectKit) written(who access.Actor, e Edition, title, amount string) ProjectID {
	k.t.Helper()
	ctx := k.t.Context()
	id, err := k.StartProject(ctx, who, e.ID, Idea{Pool: e.Rules.Pools[0].ID, Title: title, Words: "Dla wszystkich.", Category: "greenery"})
	k.ok(err)
	k.ok(k.SavePlace(ctx, who, id, Where{Place: "Dziedziniec", Spot: "50.0614, 19.9366"}))
	k.ok(k.AddItem(ctx, who, id, "Hamak", amount, "oferta sklepu"))
	return id
}

func (k *projectKit) filed(who access.Actor, e Edition, title, amount string) ProjectID {
	k.t.Helper()
	id := k.written(who, e, title, amount)
	k.ok(k.FileProject(k.t.Context(), who, id, Declared{OldEnough: true}))
	return id
}

// formed is a project of the city whose merits are checked, turned one that the
// officer rejected.
func (k *projectKit) formed(title string) ProjectID {
	k.t.Helper()
	id := k.filed(k.resident, k.city, title, "26 000")
	k.ok(k.CountList(k.t.Context(), k.officer, id, PaperList{Valid: 2}))
	k.ok(k.PassForm(k.t.Context(), k.valuator, id))
	return id
}

func (k *projectKit) turned(title string) ProjectID {
	k.t.Helper()
	id := k.formed(title)
	k.ok(k.Decide(k.t.Context(), k.officer, id, Decision{Code: NotFeasible, Reason: "Nie da się."}))
	_, err := k.Publish(k.t.Context(), k.officer, k.city.ID)
	k.ok(err)
	return id
}

func (k *projectKit) project(id ProjectID) Project {
	k.t.Helper()
	p, err := ProjectByID(k.t.Context(), k.db, id)
	k.ok(err)
	return p
}

func (k *projectKit) in(id ProjectID, want ProjectState) {
	k.t.Helper()
	if p := k.project(id); p.State != want {
		k.t.Fatalf("%s is %s, want %s", p.Title, p.State, want)
	}
}

func (k *projectKit) refuses(what string, err error, kind fault.Kind) {
	k.t.Helper()
	refuses(k.t, what, err, kind)
}

// heard are the news about projects that somebody was told.
func (k *projectKit) heard(who access.Actor) string {
	return strings.ReplaceAll(k.toldTo(who), "budget.told.project_", "")
}

// sent sends a form that must be taken, and gives the page to go on with.
func (k *projectKit) sent(who access.Actor, path string, pairs ...string) string {
	k.t.Helper()
	w := k.post(who, path, pairs...)
	if w.Code != http.StatusSeeOther {
		k.t.Fatalf("%s: status %d: %.300s", path, w.Code, w.Body.String())
	}
	return w.Header().Get("Location")
}
