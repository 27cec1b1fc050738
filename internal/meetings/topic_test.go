package meetings

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// oneVoice shows who may propose and support, and that one head has one voice.
func oneVoice(t *testing.T, k *kit) {
	ctx := t.Context()
	series := k.heads()
	refusals(ctx, t, k, series)
	id := k.proposed(k.head, series, "Ocenianie wspierające ucznia")
	for what, who := range map[string]access.Actor{"a head of another authority": k.townHead, "a delegate": k.delegate, "a stranger": k.stranger} {
		refuses(t, "support by "+what, k.Support(ctx, who, id), fault.NotFound)
	}
	refuses(t, "the deputy after the head", k.Support(ctx, k.deputy, id), fault.Conflict)
	k.ok(k.Support(ctx, k.complexHead, id))
	k.ok(k.Support(ctx, k.twoHead, id))
	right := k.twoHead
	right.Roles = []access.Held{{Role: access.SchoolHead, Institution: k.right}}
	refuses(t, "the same head from the other unit", k.Support(ctx, right, id), fault.Conflict)
	if got := k.topic(id).Supports; got != 3 {
		t.Errorf("%d voices, want 3: school, complex, and the head of two units", got)
	}
	k.ok(k.Unsupport(ctx, right, id))
	refuses(t, "the proposer's voice taken back", k.Unsupport(ctx, k.head, id), fault.Conflict)
	if got := k.topic(id).Supports; got != 2 {
		t.Errorf("%d voices after one was taken back, want 2", got)
	}
	voicesAtOnce(ctx, t, k, id, right)
}

func refusals(ctx context.Context, t *testing.T, k *kit, series SeriesID) {
	t.Helper()
	for what, c := range map[string]struct {
		who  access.Actor
		kind fault.Kind
	}{
		"not signed in":               {k.nobody, fault.SignedOut},
		"a stranger":                  {k.stranger, fault.Forbidden},
		"a head of another authority": {k.townHead, fault.Forbidden},
		"the officer who runs it":     {k.clerk, fault.Forbidden},
	} {
		_, err := k.Propose(ctx, c.who, Proposal{Series: series, Title: "Temat"})
		refuses(t, "proposal by "+what, err, c.kind)
	}
	_, err := k.Propose(ctx, k.townHead, Proposal{Series: series, Title: "Temat"})
	if f := fault.As(err); f == nil || f.Key != "meetings.fault.other_authority" {
		t.Errorf("a head of another authority is not told why: %v", err)
	}
	_, err = k.Propose(ctx, k.head, Proposal{Series: series, Title: " "})
	refuses(t, "an empty title", err, fault.Invalid)
	_, err = k.AddSeries(ctx, k.townClerk, NewSeries{Kind: Heads, Owner: k.cityOffice, Title: "Cudze"})
	refuses(t, "a series of another authority", err, fault.Forbidden)
	_, err = k.AddSeries(ctx, k.officer, NewSeries{Kind: Heads, Owner: k.cityOffice, Title: "Cudze"})
	refuses(t, "heads' meetings by the association", err, fault.Forbidden)
}

// voicesAtOnce: the two units of one head press the button in the same moment.
func voicesAtOnce(ctx context.Context, t *testing.T, k *kit, id TopicID, right access.Actor) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		wg.Go(func() {
			who := k.twoHead
			if n%2 == 1 {
				who = right
			}
			errs[n] = k.Support(ctx, who, id)
		})
	}
	wg.Wait()
	given := 0
	for _, err := range errs {
		if err == nil {
			given++
		} else if fault.KindOf(err) != fault.Conflict {
			t.Errorf("a second voice: %v", err)
		}
	}
	if got := k.topic(id).Supports; given != 1 || got != 3 {
		t.Errorf("%d of 8 voices of one head were taken, %d counted; want 1 and 3", given, got)
	}
}

// topicFollowed walks a topic up to what followed from it.
func topicFollowed(t *testing.T, k *kit) {
	ctx := t.Context()
	series := k.heads()
	one := k.proposed(k.head, series, "Ocenianie wspierające w szkole")
	two := k.proposed(k.complexHead, series, "Wspierające ocenianie")
	k.ok(k.Support(ctx, k.twoHead, one))
	k.ok(k.Support(ctx, k.twoHead, two))
	refuses(t, "merge by a head", k.Merge(ctx, k.head, two, one), fault.Forbidden)
	refuses(t, "merge by another authority", k.Merge(ctx, k.townClerk, two, one), fault.NotFound)
	refuses(t, "merge with itself", k.Merge(ctx, k.clerk, one, one), fault.Invalid)
	similar, err := k.Similar(ctx, k.head, series, "Ocenianie wspierające", "")
	k.ok(err)
	if len(similar) != 2 {
		t.Errorf("%d similar topics, want both", len(similar))
	}
	k.ok(k.Merge(ctx, k.clerk, two, one))
	if got := k.topic(one).Supports; got != 3 {
		t.Errorf("%d voices after merging, want 3: nobody twice", got)
	}
	refuses(t, "decline without a reason", k.Decide(ctx, k.clerk, one, Declined, ""), fault.Invalid)
	refuses(t, "decide by a head", k.Decide(ctx, k.head, one, Accepted, ""), fault.Forbidden)
	k.ok(k.Decide(ctx, k.clerk, one, Deferred, "Wrócimy w styczniu."))
	k.ok(k.Decide(ctx, k.clerk, one, Accepted, ""))
	refuses(t, "decide about a merged one", k.Decide(ctx, k.clerk, two, Accepted, ""), fault.Conflict)
	m := k.planned(k.clerk, series)
	_, err = k.AddItem(ctx, k.clerk, m, NewItem{Topic: one, Minutes: 20})
	k.ok(err)
	k.ok(k.Followed(ctx, k.topic(one).Trace, "published", "/szkolenia/x", Figures{Seats: 20}))
	k.ok(k.Followed(ctx, k.topic(one).Trace, "held", "/szkolenia/x", Figures{}))
	k.drain()
	if got := k.toldTo(k.head); strings.Contains(got, "topic_held") {
		t.Error("a workshop was told as held before anybody was known to have completed it")
	}
	k.ok(k.Followed(ctx, k.topic(one).Trace, "held", "/szkolenia/x", Figures{People: 18, Hours: 108}))
	k.ok(k.Followed(ctx, k.topic(one).Trace, "held", "/szkolenia/x", Figures{People: 18, Hours: 108}))
	k.ok(k.Followed(ctx, "unknown", "held", "/szkolenia/x", Figures{}))
	k.drain()
	// The proposer of the merged one is told of what became of the other.
	if got := k.toldTo(k.complexHead); !strings.HasSuffix(got, "topic_published meetings.told.topic_held") || strings.Count(got, "topic_held") != 1 {
		t.Errorf("the head of the merged topic was told %q", got)
	}
	if got := k.toldTo(k.head); !strings.Contains(got, "topic_deferred") || !strings.Contains(got, "topic_on_agenda") {
		t.Errorf("the proposer was told %q", got)
	}
	if got := k.toldTo(k.townHead); got != "" {
		t.Errorf("another authority was told %q", got)
	}
}

// TestHiddenName: peers do not read a hidden name or school anywhere.
func TestHiddenName(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	series := k.heads()
	w := k.post(k.head, TopicPath+"/nowy", "cykl", string(series), "tytul", "Przemoc wobec kadry", "ukryj", "tak")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("proposal: status %d: %s", w.Code, w.Body)
	}
	path := w.Header().Get("Location")
	for _, c := range []struct {
		who   access.Actor
		reads bool
	}{{k.complexHead, false}, {k.head, true}, {k.clerk, true}} {
		for _, address := range []string{path, TopicsPath, Path} {
			body := text(k.page(c.who, address).Find("main"))
			if shown := strings.Contains(body, "Hanna Głowa") || strings.Contains(body, "Szkoła Podstawowa nr 1"); shown && !c.reads || !shown && c.reads && address == path {
				t.Errorf("%s reads the hidden name at %s: %v", c.who.Name, address, shown)
			}
		}
	}
	if got := k.get(k.townHead, path).Code; got != http.StatusNotFound {
		t.Errorf("a head of another authority: status %d, want 404", got)
	}
	if got := k.get(k.stranger, path).Code; got != http.StatusForbidden {
		t.Errorf("a stranger: status %d, want 403", got)
	}
	// A similar one is shown before it is sent, and sent when it is meant.
	doc := k.whole(path, k.post(k.complexHead, TopicPath+"/nowy", "cykl", string(series), "tytul", "Przemoc wobec kadry szkoły"), http.StatusOK)
	if doc.Find("#podobne-tematy a").Length() != 1 || doc.Find("input[name=mimo_to]").Length() != 1 {
		t.Error("the similar topic is not shown")
	}
	w = k.post(k.complexHead, TopicPath+"/nowy", "cykl", string(series), "tytul", "Przemoc wobec kadry szkoły", "mimo_to", "tak")
	if w.Code != http.StatusSeeOther {
		t.Errorf("sent anyway: status %d", w.Code)
	}
	w = k.post(k.townHead, TopicPath+"/nowy", "cykl", string(series), "tytul", "Cudzy temat")
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "innego organu") {
		t.Errorf("a head of another authority: status %d without the reason", w.Code)
	}
}
