package support

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit/center"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "needs/support", Files: Migrations})

// The topics of the kit's vocabulary.
const (
	maths   = "01930000-0000-7000-8000-000000009001"
	algebra = "01930000-0000-7000-8000-000000009002"
	reading = "01930000-0000-7000-8000-000000009003"
)

const declaredNeed = "01930000-0000-7000-8000-000000007001"

// declared is what the school declared in a campaign.
type declared struct{ school access.InstitutionID }

func (x declared) OfSchool(_ context.Context, institution string, year int) ([]Ranked, error) {
	if institution != string(x.school) || year != 2026 {
		return nil, nil
	}
	return []Ranked{{Need: declaredNeed, Topic: reading, Priority: 3, Heads: 7}}, nil
}

const someTraining = "01930000-0000-7000-8000-000000008001"

type offered struct{}

func (offered) Title(_ context.Context, id string) (string, error) {
	if id != someTraining {
		return "", fault.ErrNotFound
	}
	return "Czytanie z pasją", nil
}
func (offered) Path(id string) string { return "/szkolenia/" + id }

// house is the package over the kit.
type house struct {
	*Service
	k       *center.Kit
	adviser access.Actor // of the center, named for nothing yet
	other   access.Actor // officer of another center
	planner access.Actor // of the association
	told    []notify.Message
}

func open(t *testing.T, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{Messages}, Law: Params()})
	h := &house{k: k}
	h.Service = New(Config{DB: d, Now: func() time.Time { return k.Clock }, Log: slog.New(slog.DiscardHandler), People: k.Access, Directory: k.Places, Topics: k.Words,
		Centers: func(context.Context) ([]web.Choice, error) {
			return []web.Choice{{Value: string(k.At), Label: "Centrum Doskonalenia Nauczycieli"}}, nil
		},
		Ranking: declared{k.School}, Catalog: offered{},
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !k.Catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			h.told = append(h.told, m)
			return nil
		}})
	h.Routes(k.Shell)
	h.adviser = k.Person("Danuta Doradca", access.MethodologicalAdviser, k.At)
	h.other = k.Person("Obcy Ośrodek", access.CenterOfficer, k.Other)
	h.planner = k.Person("Ala Związek", access.AssociationOfficer, "")
	return h
}

// begun is a process of the school, with the adviser named.
func (h *house) begun(t testing.TB) string {
	t.Helper()
	id, err := h.Begin(t.Context(), h.k.Officer, Beginning{School: h.k.School, Center: h.k.At, Year: 2026, Person: string(h.adviser.Person)})
	h.k.OK(err)
	return id
}

func (h *house) find(t testing.TB, id string) Whole {
	t.Helper()
	w, err := h.Find(t.Context(), h.k.Officer, id)
	h.k.OK(err)
	return w
}

// rev is the present revision.
func (h *house) rev(t testing.TB, id string) int64 {
	t.Helper()
	return h.find(t, id).Revision
}

// both has both sides agree to a part.
func (h *house) both(t testing.TB, id string, what Part) {
	t.Helper()
	h.k.OK(h.Agree(t.Context(), h.k.Head, id, h.rev(t, id), what))
	h.k.OK(h.Agree(t.Context(), h.adviser, id, h.rev(t, id), what))
}

// diagnosed has two needs and an agreed diagnosis.
func (h *house) diagnosed(t testing.TB) (id string, needs []Need) {
	t.Helper()
	id = h.begun(t)
	h.k.OK(h.AddNeed(t.Context(), h.k.Head, id, h.rev(t, id), Found{Topic: maths, Source: Exams, Grounds: "Średnia niższa niż w gminie."}))
	h.k.OK(h.AddNeed(t.Context(), h.adviser, id, h.rev(t, id), Found{Words: "Praca  w zespołach", Source: Talk}))
	h.k.OK(h.SetWays(t.Context(), h.adviser, id, h.rev(t, id), "Warsztaty i konsultacje."))
	h.both(t, id, ofDiagnosis)
	return id, h.find(t, id).Needs
}

func planFor(needs ...Need) Plan {
	f := Plan{Kind: Workshop, Title: "Matematyka w ruchu", Leader: "Doradztwo metodyczne", Due: "2026-12-01", Hours: 4, Indicator: "Zadania na lekcjach"}
	for _, n := range needs {
		f.Needs = append(f.Needs, n.ID)
	}
	return f
}

// planned has an agreed plan with one form that answers the first need.
func (h *house) planned(t testing.TB) (id, form string, needs []Need) {
	t.Helper()
	id, needs = h.diagnosed(t)
	form, err := h.AddForm(t.Context(), h.adviser, id, h.rev(t, id), planFor(needs[0]))
	h.k.OK(err)
	h.k.OK(h.SetGoals(t.Context(), h.k.Head, id, h.rev(t, id), "Lepsze wyniki.\nWięcej zespołów."))
	h.both(t, id, ofPlan)
	return id, form, needs
}

// toldTo are the ends of the keys that came into somebody's inbox.
func (h *house) toldTo(who access.Actor) string {
	var keys []string
	for _, m := range h.told {
		if m.To == string(who.Person) {
			keys = append(keys, strings.TrimPrefix(m.Key, "support.tell."))
		}
	}
	return strings.Join(keys, " ")
}

// deskOf are the titles on the desk of who asks.
func (h *house) deskOf(t testing.TB) (titles []string) {
	t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(t.Context(), h.k.Who), http.MethodGet, "/", nil)
	items, err := h.desk(&web.Request{Request: r, L: h.k.Catalog.In(h.k.Lang), Shell: h.k.Shell})
	h.k.OK(err)
	for _, i := range items {
		titles = append(titles, i.Title)
	}
	return titles
}

type selection = goquery.Selection
