package agreements

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit/center"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "agreements/ledger", Files: ledger.Migrations}, schema.Module{Name: "agreements", Files: Migrations})

// someTraining is the n-th activity that the kit's source knows.
func someTraining(n int) string { return string(center.TestID(8000 + n)) }

// trainings is a source whose activities stand under an area that the test says.
type trainings struct{ area map[string]string }

func (x trainings) Activity(_ context.Context, id string) (ledger.Activity, error) {
	if x.area[id] == "" {
		return ledger.Activity{}, fault.ErrNotFound
	}
	return ledger.Activity{Ref: ledger.Ref{Kind: "training", ID: id}, Form: "workshop", On: "2025-10-15", SchoolYear: 2025, Areas: []string{x.area[id]},
		Title: "Warsztat " + id[len(id)-1:], Path: "/szkolenia/" + id}, nil
}

// targets are the areas, as wiring answers them; there is no plan.
type targets struct{ s *Service }

func (x targets) Areas(ctx context.Context) ([]ledger.Target, error) { return x.s.AreasAll(ctx) }
func (targets) Actions(context.Context) ([]ledger.Target, error)     { return nil, nil }

// house is the package over the kit of a center.
type house struct {
	*Service
	k       *center.Kit
	ledger  *ledger.Service
	source  trainings
	officer access.Actor // of the association
	other   access.Actor // of a center that is no party
	told    []notify.Message
}

func open(t *testing.T, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{Messages, ledger.Messages, chart.Messages}, Law: Params(), Files: Uses()})
	h := &house{k: k, source: trainings{map[string]string{}}}
	now := func() time.Time { return k.Clock }
	h.Service = New(Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Catalog: k.Catalog, People: k.Access, Directory: k.Places, Law: k.Law, Files: k.Files, Bus: k.Bus,
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !k.Catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			h.told = append(h.told, m)
			return nil
		}})
	sources := h.Sources()
	sources["training"] = h.source
	h.ledger = ledger.New(ledger.Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Catalog: k.Catalog, Directory: k.Places, Targets: targets{h.Service}, Sources: sources})
	h.Ledger = h.ledger
	h.ledger.Jobs(k.Registry)
	h.Service.Jobs(k.Registry)
	h.Routes(k.Shell)
	h.ledger.Routes(k.Shell) // below the same address: patterns that clash would panic
	h.officer = k.Person("Ala Związek", access.AssociationOfficer, "")
	h.other = k.Person("Obcy Ośrodek", access.CenterOfficer, k.Other)
	return h
}

// framework is an agreement in force between the association and the center,
// with two areas and an outcome.
func (h *house) framework(t testing.TB) Whole {
	t.Helper()
	id, err := h.Add(t.Context(), h.officer, Whole{
		Agreement:   Agreement{Title: "Porozumienie o współpracy", SignedOn: "2022-10-27", ValidFrom: "2022-10-27", ValidTo: "2027-01-31", State: InForce, Source: "Brzmienie według notatki."},
		Parties:     []Party{{Name: "Stowarzyszenie", Association: true, Ours: "zna gminy\nma skalę"}, {Institution: h.k.At, Name: "Centrum"}},
		Signatories: []Signatory{{Party: 1, Name: "Jan Kowal", Function: "Dyrektor Biura"}},
		Areas:       []Area{{Title: "Programy spotkań"}, {Title: "Wydarzenia"}},
		Outcomes:    []Outcome{{Words: "Więcej osób korzysta z oferty", Baseline: 2021}, {Words: "Dobre spotkania", Group: ledger.Heads}}})
	h.k.OK(err)
	return h.find(t, id)
}

func (h *house) find(t testing.TB, id ID) Whole {
	t.Helper()
	w, err := h.Find(t.Context(), h.officer, id)
	h.k.OK(err)
	return w
}

// happened has the ledger take that people of a group took part in an activity.
func (h *house) happened(t testing.TB, n int, area string, group ledger.Group, keys ...string) ledger.Ref {
	t.Helper()
	ref := ledger.Ref{Kind: "training", ID: someTraining(n)}
	h.source.area[ref.ID] = area
	for _, key := range keys {
		h.k.OK(h.ledger.Take(t.Context(), ledger.Intake{Key: ref.ID + "/" + key, Version: 1, Kind: "training.completed", Activity: ref, On: "2025-10-15", SchoolYear: 2025,
			Group: group, PersonKey: key, People: 1, Minutes: 90}))
	}
	return ref
}

func (h *house) toldTo(who access.Actor) string {
	var keys []string
	for _, m := range h.told {
		if m.To == string(who.Person) {
			keys = append(keys, strings.TrimPrefix(m.Key, "agreements.tell."))
		}
	}
	return strings.Join(keys, " ")
}

func (h *house) deskOf(t testing.TB, who access.Actor) string {
	t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(t.Context(), who), http.MethodGet, "/", nil)
	items, err := h.desk(&web.Request{Request: r, L: h.k.Catalog.In(h.k.Lang), Shell: h.k.Shell})
	h.k.OK(err)
	var titles []string
	for _, i := range items {
		titles = append(titles, i.Title)
	}
	return strings.Join(titles, " | ")
}
