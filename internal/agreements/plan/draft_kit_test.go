package plan

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// drafting is the kit with a plan in the drafting.
type drafting struct {
	*kit
	plan     ID
	stranger access.Actor
}

func newDrafting(t testing.TB, d *db.DB) *drafting {
	t.Helper()
	k := &drafting{kit: newKit(t, d)}
	plan, err := k.SavePlan(t.Context(), k.officer, Plan{Title: "Plan jakości", YearFrom: 2025, YearTo: 2027})
	k.ok(err)
	k.plan = plan
	return k
}

// refuses checks that an error is a fault of a kind and, when named, of a key.
func (k *drafting) refuses(what string, err error, kind fault.Kind, key ...string) {
	k.t.Helper()
	refuses(k.t, what, err, kind)
	if f := fault.As(err); f != nil && len(key) > 0 && f.Key != key[0] {
		k.t.Errorf("%s: %v, want %s", what, err, key[0])
	}
}

// toldTo are the keys that came into somebody's inbox.
func (k *drafting) toldTo(who access.Actor) string {
	var keys []string
	for _, m := range k.told {
		if m.To == string(who.Person) {
			keys = append(keys, m.Key)
		}
	}
	return strings.Join(keys, " ")
}

func (k *drafting) newest() Version {
	k.t.Helper()
	v, err := latest(k.t.Context(), k.db, k.plan)
	k.ok(err)
	return v
}

func (k *drafting) current() Plan {
	k.t.Helper()
	p, err := ByID(k.t.Context(), k.db, k.plan)
	k.ok(err)
	return p
}

// keyOf is the key of a paragraph of the newest version, by its words.
func (k *drafting) keyOf(words string) string {
	k.t.Helper()
	list, err := paragraphsOf(k.t.Context(), k.db, k.newest().ID)
	k.ok(err)
	for _, p := range list {
		if p.Text == words {
			return p.Key
		}
	}
	k.t.Fatalf("no paragraph %q in %v", words, list)
	return ""
}

// answers sends a form and wants a status; pairs are names and values.
func (k *drafting) answers(want int, who access.Actor, path string, pairs ...string) {
	k.t.Helper()
	if w := k.post(who, path, pairs...); w.Code != want {
		k.t.Fatalf("POST %s: status %d, want %d", path, w.Code, want)
	}
}

// missing wants pages not to be there.
func (k *drafting) missing(who access.Actor, paths ...string) {
	k.t.Helper()
	for _, path := range paths {
		if w := k.get(who, path); w.Code != http.StatusNotFound {
			k.t.Errorf("%s: status %d, want 404", path, w.Code)
		}
	}
}

// inAll draws a page in all languages; it has what it should, and one h1.
func (k *drafting) inAll(who access.Actor, path, has string) {
	k.t.Helper()
	for _, k.lang = range i18n.Langs {
		doc := k.page(who, path)
		if doc.Find(has).Length() == 0 || doc.Find("h1").Length() != 1 {
			k.t.Errorf("%s in %s lacks %s, or has %d h1", path, k.lang, has, doc.Find("h1").Length())
		}
	}
	k.lang = i18n.PL
}
