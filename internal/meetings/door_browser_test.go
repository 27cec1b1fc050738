package meetings

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
)

// TestDoorWithoutNetwork scans while the network is lost: the code stays in the
// browser, over a page that is loaded anew, and is sent when there is a network.
func TestDoorWithoutNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	b := browser.Start(t)
	k, ctx := newKit(t, testkit.SQLite(t, modules)), t.Context()
	id := k.convened(k.clerk, k.heads())
	k.ok(k.AddTable(ctx, k.clerk, id, "Oceny", 4))
	k.ok(k.OpenFloor(ctx, k.recorder, id))
	f, err := FloorOf(ctx, k.db, id)
	k.ok(err)
	k.ok(k.NameDuty(ctx, k.clerk, id, k.stranger.Person))
	k.atMeeting(id, 0)
	var lost atomic.Bool
	who := k.stranger
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if lost.Load() && strings.HasSuffix(r.URL.Path, ".json") {
			panic(http.ErrAbortHandler)
		}
		k.shell.ServeHTTP(w, r.WithContext(access.WithActor(r.Context(), who)))
	}))
	t.Cleanup(site.Close)

	tab := b.Open(t, site.URL+DoorHref(id), browser.View{Width: 390, Lang: "pl", Scripts: true})
	glance(t, tab, "door")
	lost.Store(true)
	k.ok(tab.Type("#kod", k.codeOf(id, string(k.seatOf(id, k.head).ID))))
	k.ok(tab.Toggle("#drzwi button"))
	k.waits(tab, "#drzwi-stan", "Nie ma połączenia")
	if k.crowdOf(id).Came != 0 {
		t.Fatal("a code came without a network")
	}
	k.ok(tab.Visit(site.URL + DoorHref(id)))
	lost.Store(false)
	k.waits(tab, "#drzwi-wejscia", "Hanna Głowa")
	if n := k.crowdOf(id).Came; n != 1 {
		t.Errorf("%d came after the network was back", n)
	}
	for _, page := range []struct {
		who  access.Actor
		path string
	}{{k.stranger, DoorHref(id) + "?kod=" + k.codeOf(id, string(k.seatOf(id, k.twoHead).ID))}, {k.head, Href(id) + "/udzial"}, {k.nobody, FloorHref(f.Code)}} {
		who = page.who
		glance(t, b.Open(t, site.URL+page.path, browser.View{Width: 390, Lang: "uk", Scripts: true}), page.path)
	}
}

// waits waits until the page says the words, some seconds at most.
func (k *kit) waits(tab *browser.Tab, selector, words string) {
	k.t.Helper()
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		said, err := tab.Words(selector)
		k.ok(err)
		if strings.Contains(strings.Join(said, " "), words) {
			return
		}
	}
	k.t.Fatalf("%s does not say %q", selector, words)
}

func glance(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	found, err := tab.Glance(browser.Page{})
	if err != nil || len(found) > 0 {
		t.Errorf("%s: %v\n%s", name, err, strings.Join(found, "\n"))
	}
}
