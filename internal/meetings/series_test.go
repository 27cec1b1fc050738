package meetings

import (
	"net/http"
	"slices"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// forumAndGroup: delegates and parties belong to the Forum with one seat for
// an institution, a working group is whom somebody named.
func forumAndGroup(t *testing.T, k *kit) {
	ctx := t.Context()
	forum := k.forum()
	refuses(t, "a party named by a delegate", k.AddMember(ctx, k.delegate, forum, "", k.center), fault.Forbidden)
	refuses(t, "a party named by an authority", k.AddMember(ctx, k.townClerk, forum, "", k.center), fault.NotFound)
	refuses(t, "nobody", k.AddMember(ctx, k.officer, forum, "", ""), fault.Invalid)
	refuses(t, "a member of heads' meetings", k.AddMember(ctx, k.clerk, k.heads(), k.expert.Person, ""), fault.Conflict)
	k.ok(k.AddMember(ctx, k.officer, forum, "", k.center))
	k.ok(k.AddMember(ctx, k.officer, forum, "", k.center))
	series, err := SeriesByID(ctx, k.db, forum)
	k.ok(err)
	seats, err := k.seats(ctx, series)
	k.ok(err)
	if len(seats) != 3 {
		t.Errorf("seats %+v, want two delegates and the center", seats)
	}
	topic := k.proposed(k.delegate, forum, "Wspólna diagnoza")
	k.ok(k.Support(ctx, k.director, topic))
	refuses(t, "the expert of a center that has spoken", k.Support(ctx, k.expert, topic), fault.Conflict)
	refuses(t, "a head at the Forum", k.Support(ctx, k.head, topic), fault.NotFound)
	id := k.announced(k.officer, forum)
	k.ok(k.Answer(ctx, k.director, id, Comes, ""))
	if keys, err := k.Audiences(ctx, k.townDelega); err != nil || !slices.Equal(keys, []string{seriesAudience(forum)}) {
		t.Errorf("a delegate reads %v (%v)", keys, err)
	}
	group, err := k.AddSeries(ctx, k.clerk, NewSeries{Kind: Group, Owner: k.cityOffice, Title: "Zespół do spraw włączania"})
	k.ok(err)
	empty := k.planned(k.clerk, group)
	refuses(t, "announce to nobody", k.Announce(ctx, k.clerk, empty, ""), fault.Conflict)
	k.ok(k.AddMember(ctx, k.clerk, group, k.head.Person, ""))
	k.ok(k.Announce(ctx, k.clerk, empty, ""))
	k.ok(k.Answer(ctx, k.head, empty, Comes, ""))
	refuses(t, "a head who was not named", k.Answer(ctx, k.complexHead, empty, Comes, ""), fault.NotFound)
}

// TestLateMeeting: too late for the notice it needs a reason, which all read.
func TestLateMeeting(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	id := k.planned(k.clerk, k.heads())
	k.clock = k.clock.AddDate(0, 0, 20)
	doc := k.page(k.clerk, Href(id))
	if doc.Find("#powod_terminu").Length() != 1 {
		t.Error("no field for the reason")
	}
	k.whole("a late announcement", k.post(k.clerk, Href(id)+"/oglos"), http.StatusUnprocessableEntity)
	if w := k.post(k.clerk, Href(id)+"/oglos", "powod_terminu", "Zmiana przepisów od poniedziałku"); w.Code != http.StatusSeeOther {
		t.Fatalf("with a reason: status %d", w.Code)
	}
	for _, lang := range i18n.Langs {
		k.lang = lang
		for _, who := range []access.Actor{k.head, k.clerk} {
			for _, path := range []string{Path, TopicsPath, Href(id)} {
				k.page(who, path)
			}
		}
		k.page(k.clerk, Href(id)+"/porzadek")
		k.page(k.clerk, Href(id)+"/zaproszenia")
		k.page(k.clerk, ProgramHref(id))
		k.page(k.head, TopicPath+"/nowy")
	}
	k.lang = i18n.PL
	w := k.post(k.clerk, Href(id)+"/zmien", "wersja", "1", "tytul", "Inna", "dzien", "2026-12-20", "od", "10:00", "do", "11:00")
	if w.Code != http.StatusConflict {
		t.Errorf("a change of an old reading: status %d, want 409", w.Code)
	}
	k.whole("a time that ends before it begins", k.post(k.clerk, Href(id)+"/zmien", "wersja", "3", "tytul", "Inna", "dzien", "2026-12-20", "od", "10:00", "do", "09:00"), http.StatusUnprocessableEntity)
}
