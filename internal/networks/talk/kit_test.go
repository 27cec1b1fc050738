package talk

import (
	"context"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/repeats"
	"kladka/internal/schema"
	"kladka/internal/testkit/center"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "networks", Files: networks.Migrations},
	schema.Module{Name: "networks/talk", Files: Migrations})

var refuses = center.Refuses

// house is the discussion over a real network of the kit: with its coordinator,
// two teachers inside (Ewa, Iza), one who is not (Jan), and the coordinator of
// another network.
type house struct {
	*Service
	t           *testing.T
	k           *center.Kit
	net         *networks.Service
	id          networks.ID
	coordinator access.Actor
	foreign     access.Actor
	mu          sync.Mutex
	told        []notify.Message
	letters     []mail.Letter
}

// Send keeps a letter, and has the mail service take it, which refuses what cannot
// be sent.
func (h *house) Send(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error) {
	id, err := h.k.Mail.Send(ctx, tx, l)
	if err == nil {
		h.letters = append(h.letters, l)
	}
	return id, err
}

func (h *house) URL(path string) string { return "https://kladka.example" + path }

func open(t *testing.T, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{networks.Messages, Messages}, Law: append(networks.Params(), Params()...), Files: networks.Uses()})
	h := &house{t: t, k: k}
	now := func() time.Time { return k.Clock }
	tell := func(_ context.Context, _ *db.Tx, m notify.Message) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if !k.Catalog.Has(m.Key) {
			t.Errorf("no text %s", m.Key)
		}
		if strings.HasPrefix(m.Topic, "talk.") {
			h.told = append(h.told, m)
		}
		return nil
	}
	h.net = networks.New(networks.Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Catalog: k.Catalog, People: k.Access, Directory: k.Places,
		Topics: k.Words, Files: k.Files, Law: k.Law, Bus: events.NewBus(d, k.Registry, now), Tell: tell})
	h.Service = New(Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Catalog: k.Catalog, Keys: k.Keys, Place: h.net, People: k.Access,
		Schools: k.Places, Mail: h, Tell: tell})
	h.net.Talk = h.Section
	k.Shell.Repeats = repeats.New(d, now)
	h.net.Routes(k.Shell)
	h.Routes(k.Shell)
	h.Jobs(k.Registry)
	h.coordinator = k.Person("Kalina Kora", access.NetworkCoordinator, k.At)
	h.foreign = k.Person("Fryderyk Inny", access.NetworkCoordinator, k.At)
	h.id = h.network("Matematyka w ruchu", h.coordinator, k.Ewa, k.Iza)
	return h
}

// network makes one with its people.
func (h *house) network(title string, leads access.Actor, people ...access.Actor) networks.ID {
	h.t.Helper()
	ctx, k := h.t.Context(), h.k
	id, err := h.net.Make(ctx, k.Officer, networks.Opening{Charter: networks.Charter{Title: title, Goal: "Uczyć się razem.", Town: "126101", Places: 9, Public: true, Open: true},
		Center: k.At, Year: 2026, Coordinator: leads.Person})
	k.OK(err)
	for _, who := range people {
		_, err := h.net.Ask(ctx, who, id, "")
		k.OK(err)
		k.OK(h.net.Decide(ctx, leads, id, h.membership(id, who), networks.Joined, ""))
	}
	return id
}

// membership is the id of somebody's standing in a network.
func (h *house) membership(id networks.ID, who access.Actor) (member string) {
	h.t.Helper()
	h.k.OK(h.k.DB.Get(h.t.Context(), &member, `select id from networks_members where network = ? and person = ?`, id, who.Person))
	return member
}

// thread is one that somebody opens, with posts after the first.
func (h *house) thread(by access.Actor, title string, answers ...access.Actor) ThreadID {
	h.t.Helper()
	id, err := h.Open(h.t.Context(), by, h.id, Draft{Title: title, Words: "Jak zaczynacie lekcję?"})
	h.k.OK(err)
	for _, who := range answers {
		_, err := h.Answer(h.t.Context(), who, h.id, id, Draft{Words: "Od zabawy: https://example.org/zabawa."})
		h.k.OK(err)
	}
	return id
}

// page are the posts of a thread from its first on.
func (h *house) page(id ThreadID) []Post {
	h.t.Helper()
	list, _, err := h.posts(h.t.Context(), id, cursor(0), onPage)
	h.k.OK(err)
	return list
}

// toldTo are the ends of the keys that came into somebody's inbox since the start.
func (h *house) toldTo(who access.Actor) string {
	var keys []string
	for _, m := range h.told {
		if m.To == string(who.Person) {
			keys = append(keys, strings.TrimPrefix(m.Key, "talk.tell."))
		}
	}
	return strings.Join(keys, " ")
}

// mailed has somebody who chose letters get one about an answer, and returns the
// parts of the link in it.
func (h *house) mailed(to, from access.Actor, id ThreadID) (letter, secret string) {
	h.t.Helper()
	ctx, before := h.t.Context(), len(h.letters)
	h.k.OK(h.SetFollow(ctx, to, h.id, id, FollowLetters))
	_, err := h.Answer(ctx, from, h.id, id, Draft{Words: "Proszę o Wasze zdanie."})
	h.k.OK(err)
	h.k.Clock = h.k.Clock.Add(gathers + time.Minute)
	h.k.Drain()
	if len(h.letters) != before+1 {
		h.t.Fatalf("%d letters, want one more than %d", len(h.letters), before)
	}
	l := h.letters[before]
	if l.To != h.k.Email(to) || !l.Secret {
		h.t.Errorf("letter to %s, secret %v", l.To, l.Secret)
	}
	return linkIn(h.t, l.Text)
}

// linkIn finds the link to answer by in the words of a letter.
func linkIn(t *testing.T, words string) (letter, secret string) {
	t.Helper()
	for line := range strings.SplitSeq(words, "\n") {
		if u, err := url.Parse(line); err == nil && strings.HasPrefix(u.Path, ReplyPath+"/") {
			parts := strings.Split(u.Path, "/")
			return parts[2], parts[3]
		}
	}
	t.Fatal("no link in", words)
	return "", ""
}
