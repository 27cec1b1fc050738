package networks

import (
	"context"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit/center"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "networks", Files: Migrations})

// Two topics of the kit's vocabulary, one below the other, and the two municipalities.
const (
	maths   = "01930000-0000-7000-8000-000000009001"
	algebra = "01930000-0000-7000-8000-000000009002"
	city    = "126101"
	town    = "120611"
)

// house is the package over the kit: a center with its officer, a coordinator, an
// adviser who leads nothing yet, and a coordinator of another center.
type house struct {
	*Service
	k           *center.Kit
	coordinator access.Actor
	adviser     access.Actor
	foreign     access.Actor // coordinator of another center
	outside     access.Actor // officer of another center
	told        []notify.Message
}

func open(t *testing.T, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{Messages}, Law: Params(), Files: Uses()})
	h := &house{k: k}
	now := func() time.Time { return k.Clock }
	h.Service = New(Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Catalog: k.Catalog, People: k.Access, Directory: k.Places,
		Topics: k.Words, Files: k.Files, Law: k.Law, Bus: events.NewBus(d, k.Registry, now), Base: "https://kladka.example",
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !k.Catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			h.told = append(h.told, m)
			return nil
		}})
	h.Routes(k.Shell)
	h.coordinator = k.Person("Kalina Kora", access.NetworkCoordinator, k.At)
	h.adviser = k.Person("Danuta Doradca", access.MethodologicalAdviser, k.At)
	h.foreign = k.Person("Fryderyk Inny", access.NetworkCoordinator, k.Other)
	h.outside = k.Person("Obcy Ośrodek", access.CenterOfficer, k.Other)
	return h
}

// charter is what a network of the kit says of itself.
func charter(title string) Charter {
	return Charter{Title: title, Goal: "Wspólnie uczyć się nauczania matematyki.", Audience: "Nauczycielki i nauczyciele klas 4–8", Town: city,
		Topics: []string{algebra}, Places: 3, Public: true, Open: true}
}

// made is a public network that is gathered, with its coordinator.
func (h *house) made(t *testing.T, title string) ID {
	t.Helper()
	id, err := h.Make(t.Context(), h.k.Officer, Opening{Charter: charter(title), Center: h.k.At, Year: 2026, Coordinator: h.coordinator.Person})
	h.k.OK(err)
	return id
}

// plan is a meeting on a day.
func plan(title, day string) Plan {
	return Plan{Title: title, Program: "Lekcja otwarta i rozmowa.", Place: "Szkoła Podstawowa nr 1", Link: "https://spotkania.example/1", Day: day, From: "16:00", To: "18:15"}
}

// active is a network at work with three meetings, of which the first was on 20
// November: the kit's clock stands at 23 November.
func (h *house) active(t *testing.T, title string) (id ID, meetings []MeetingID) {
	t.Helper()
	id = h.made(t, title)
	for n, day := range []string{"2026-11-20", "2027-01-15", "2027-04-16"} {
		m, err := h.Meet(t.Context(), h.coordinator, id, plan("Spotkanie "+strconv.Itoa(n+1), day))
		h.k.OK(err)
		meetings = append(meetings, m)
	}
	h.k.OK(h.Begin(t.Context(), h.coordinator, id, h.network(t, id).Revision))
	return id, meetings
}

// joins has somebody ask and be taken in.
func (h *house) joins(t *testing.T, id ID, who ...access.Actor) {
	t.Helper()
	for _, one := range who {
		_, err := h.Ask(t.Context(), one, id, "Uczę matematyki.")
		h.k.OK(err)
		m, err := memberOf(t.Context(), h.db, id, string(one.Person))
		h.k.OK(err)
		if m.State == Asked {
			h.k.OK(h.Decide(t.Context(), h.coordinator, id, m.ID, Joined, ""))
		}
	}
}

func (h *house) network(t *testing.T, id ID) Network {
	t.Helper()
	n, err := ByID(t.Context(), h.db, id)
	h.k.OK(err)
	return n
}

func (h *house) meet(t *testing.T, id MeetingID) Meeting {
	t.Helper()
	m, err := MeetingByID(t.Context(), h.db, id)
	h.k.OK(err)
	return m
}

// standing is how somebody stands to a network.
func (h *house) standing(t *testing.T, id ID, who access.Actor) MemberState {
	t.Helper()
	m, err := memberOf(t.Context(), h.db, id, string(who.Person))
	h.k.OK(err)
	return m.State
}

// toldTo are the ends of the keys that came into somebody's inbox.
func (h *house) toldTo(who access.Actor) string {
	var keys []string
	for _, m := range h.told {
		if m.To == string(who.Person) {
			keys = append(keys, strings.TrimPrefix(m.Key, "networks.tell."))
		}
	}
	return strings.Join(keys, " ")
}

// deskOf are the titles on the desk of who asks.
func (h *house) deskOf(t *testing.T, who access.Actor) string {
	t.Helper()
	items, err := h.deskItems(t.Context(), who, h.k.Catalog.In(h.k.Lang))
	h.k.OK(err)
	var titles []string
	for _, i := range items {
		titles = append(titles, i.Title)
	}
	return strings.Join(titles, "; ")
}

// emitted reads all events of a type in the order in which they were told.
func emitted[E events.Event](t *testing.T, h *house) (all []E, versions []int64) {
	t.Helper()
	_, err := h.db.Spread(t.Context())
	h.k.OK(err)
	h.k.OK(events.Replay(t.Context(), h.db, "", func(_ context.Context, e E, m events.Meta) error {
		all, versions = append(all, e), append(versions, m.Version)
		return nil
	}))
	return all, versions
}

var first web.Cursor
