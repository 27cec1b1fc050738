package talk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestTalk(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.t = t
		h.refusals()
		h.links()
		h.mends()
		h.judges()
		h.tells()
		h.writesLetters()
		h.forgets()
		h.over()
	})
}

// refusals: a stranger, a teacher who is in no network, the coordinator of another
// network, somebody who acts for another, a member who was removed.
func (h *house) refusals() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(k.Ewa, "Początek lekcji", k.Iza)
	other := h.network("Inna sieć", h.foreign, k.Jan)
	foreign, err := h.Open(ctx, k.Jan, other, Draft{Title: "Cudza rozmowa", Words: "Słowa."})
	k.OK(err)
	post := h.page(id)[0].ID
	all := func(who access.Actor, network networks.ID, thread ThreadID, post PostID) []error {
		_, open := h.Open(ctx, who, network, Draft{Title: "Rozmowa", Words: "Słowa."})
		_, answer := h.Answer(ctx, who, network, thread, Draft{Words: "Słowa."})
		_, mend := h.Mend(ctx, who, network, post, 0, "Inne.")
		_, withdraw := h.Withdraw(ctx, who, network, post)
		_, report := h.Complaint(ctx, who, network, post, "")
		_, hide := h.Hide(ctx, who, network, post, "Nie wolno tak pisać.")
		_, restore := h.Restore(ctx, who, network, post)
		_, keep := h.Keep(ctx, who, network, post)
		return []error{open, answer, mend, withdraw, report, hide, restore, keep, h.SetFollow(ctx, who, network, thread, FollowInbox), h.Shut(ctx, who, network, thread, true)}
	}
	for n, err := range all(access.Stranger(), h.id, id, post) {
		if kind := fault.KindOf(err); err == nil || kind != fault.SignedOut {
			t.Errorf("deed %d by a stranger: %v", n, err)
		}
	}
	for _, who := range []access.Actor{k.Jan, h.foreign, k.OtherHead} {
		for n, err := range all(who, h.id, id, post) {
			if err == nil || fault.KindOf(err) != fault.Forbidden {
				t.Errorf("deed %d by %s: %v", n, who.Name, err)
			}
		}
	}
	for n, err := range all(h.coordinator, h.id, foreign, h.page(foreign)[0].ID)[1:] {
		if err == nil || fault.KindOf(err) != fault.NotFound {
			t.Errorf("deed %d on a thread of another network: %v", n+1, err)
		}
	}
	for _, err := range all(k.Iza, h.id, id, post)[5:8] {
		refuses(t, "judging by a member", err, fault.Forbidden)
	}
	_, err = h.Keep(ctx, h.coordinator, h.id, post) // the member's report was taken
	k.OK(err)
	refuses(t, "closing by a member", h.Shut(ctx, k.Iza, h.id, id, true), fault.Forbidden)
	_, err = h.Mend(ctx, k.Iza, h.id, post, 0, "Cudze słowa.")
	refuses(t, "mending another's post", err, fault.Forbidden)
	agent := k.Officer
	agent.For = k.Director.Person
	_, err = h.Answer(ctx, agent, h.id, id, Draft{Words: "W cudzym imieniu."})
	refuses(t, "a post in another's name", err, fault.Forbidden)
	h.badDrafts(id)
}

func (h *house) badDrafts(id ThreadID) {
	ctx, k := h.t.Context(), h.k
	many := Draft{Words: "Wszyscy!"}
	for range mostMentions + 1 {
		many.Mentions = append(many.Mentions, newID())
	}
	for name, d := range map[string]Draft{"no words": {Words: "  \r\n "}, "too many words": {Words: strings.Repeat("ż", mostWords+1)},
		"a mention of somebody outside": {Words: "Cześć", Mentions: []string{string(k.Jan.Person)}}, "too many mentions": many} {
		_, err := h.Answer(ctx, k.Ewa, h.id, id, d)
		refuses(h.t, name, err, fault.Invalid)
	}
	_, err := h.Open(ctx, k.Ewa, h.id, Draft{Title: "ab", Words: "Słowa."})
	refuses(h.t, "a short title", err, fault.Invalid)
	_, err = h.Answer(ctx, k.Ewa, h.id, "nie-ma", Draft{Words: "Słowa."})
	refuses(h.t, "no such thread", err, fault.NotFound)
	refuses(h.t, "no way to follow", h.SetFollow(ctx, k.Ewa, h.id, id, "gołąb"), fault.Invalid)
}

// links: one person, one thread, one answer, fourteen days, nobody else, and
// nobody who is no longer inside.
func (h *house) links() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(h.coordinator, "Odpowiedzi pocztą", k.Iza)
	letter, secret := h.mailed(k.Ewa, k.Iza, id)
	stranger := access.Stranger()
	if a, err := h.follow(ctx, stranger, letter, secret); err != nil || a.Stop != nil || a.Name != k.Ewa.Name || len(h.page(id)) != 3 {
		t.Error("the link opened:", err, a.Stop, a.Name, len(h.page(id)))
	}
	_, err := h.ReplyBy(ctx, k.Iza, letter, secret, "Nie moje.")
	refuses(t, "a link of another person", err, fault.Forbidden)
	_, err = h.ReplyBy(ctx, stranger, letter, strings.Repeat("a", len(secret)), "Zgaduję.")
	refuses(t, "a guessed secret", err, fault.NotFound)
	_, err = h.ReplyBy(ctx, stranger, newID(), secret, "Inny list.")
	refuses(t, "the secret of another letter", err, fault.NotFound)
	_, err = h.ReplyBy(ctx, stranger, letter, secret, " ")
	refuses(t, "no words", err, fault.Invalid)
	_, err = h.ReplyBy(ctx, stranger, letter, secret, "Od rozmowy.")
	k.OK(err)
	_, err = h.ReplyBy(ctx, k.Ewa, letter, secret, "Od rozmowy.")
	refuses(t, "the same link again", err, fault.Conflict)
	if list := h.page(id); len(list) != 4 || list[3].Author != string(k.Ewa.Person) || list[3].Institution != k.School {
		t.Errorf("after one answer by mail: %d posts", len(list))
	}
	letter, secret = h.mailed(k.Ewa, k.Iza, id)
	k.OK(h.Shut(ctx, h.coordinator, h.id, id, true))
	_, err = h.ReplyBy(ctx, stranger, letter, secret, "Zamknięte?")
	refuses(t, "a closed thread", err, fault.Conflict)
	k.OK(h.Shut(ctx, h.coordinator, h.id, id, false))
	k.OK(h.net.Decide(ctx, h.coordinator, h.id, h.membership(h.id, k.Ewa), networks.Removed, "Na własną prośbę."))
	_, err = h.ReplyBy(ctx, stranger, letter, secret, "Jeszcze ja.")
	refuses(t, "a member who was removed", err, fault.Forbidden)
	k.OK(h.net.Decide(ctx, h.coordinator, h.id, h.membership(h.id, k.Ewa), networks.Left, ""))
	_, err = h.net.Ask(ctx, k.Ewa, h.id, "")
	k.OK(err)
	k.OK(h.net.Decide(ctx, h.coordinator, h.id, h.membership(h.id, k.Ewa), networks.Joined, ""))
	k.Clock = k.Clock.Add(linkHolds + time.Second)
	_, err = h.ReplyBy(ctx, stranger, letter, secret, "Po czasie.")
	refuses(t, "an expired link", err, fault.Conflict)
	k.Clock = k.Clock.Add(letterStays)
	k.OK(h.Sweep(ctx))
	_, err = h.ReplyBy(ctx, stranger, letter, secret, "Po miesiącu.")
	refuses(t, "a link that was forgotten", err, fault.NotFound)
	k.Clock = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
}

// mends: within the window, not once it was reported; withdrawn at any time.
func (h *house) mends() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(k.Ewa, "Poprawki", k.Iza)
	post := h.page(id)[1]
	_, err := h.Mend(ctx, k.Iza, h.id, post.ID, post.Revision, "Od zagadki.")
	k.OK(err)
	_, err = h.Mend(ctx, k.Iza, h.id, post.ID, post.Revision, "Od drugiej karty.")
	refuses(t, "the revision of before", err, fault.Conflict)
	if p := h.page(id)[1]; p.Words != "Od zagadki." || p.EditedAt == 0 {
		t.Errorf("mended: %+v", p)
	}
	_, err = h.Complaint(ctx, k.Ewa, h.id, post.ID, "Nie na temat.")
	k.OK(err)
	_, err = h.Complaint(ctx, k.Ewa, h.id, post.ID, "")
	refuses(t, "reported twice", err, fault.Conflict)
	_, err = h.Mend(ctx, k.Iza, h.id, post.ID, 0, "Co innego.")
	refuses(t, "mending what was reported", err, fault.Conflict)
	_, err = h.Withdraw(ctx, k.Iza, h.id, post.ID)
	refuses(t, "withdrawing what was reported", err, fault.Conflict)
	_, err = h.Keep(ctx, h.coordinator, h.id, post.ID)
	k.OK(err)
	k.Clock = k.Clock.Add(EditWindow + time.Second)
	_, err = h.Mend(ctx, k.Iza, h.id, post.ID, 0, "Za późno.")
	refuses(t, "mending after the window", err, fault.Conflict)
	_, err = h.Withdraw(ctx, k.Iza, h.id, post.ID)
	k.OK(err)
	if p := h.page(id)[1]; p.Words != "" || p.Gone != withdrawn {
		t.Errorf("withdrawn: %+v", p)
	}
	_, err = h.Complaint(ctx, k.Ewa, h.id, post.ID, "")
	refuses(t, "reporting nothing", err, fault.Conflict)
}

// judges: hidden with a reason, shown again, reports settled, never an own one.
func (h *house) judges() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(h.coordinator, "Porządek", k.Iza)
	list := h.page(id)
	h.told = nil
	_, err := h.Complaint(ctx, k.Ewa, h.id, list[0].ID, "Obraża.")
	k.OK(err)
	if h.toldTo(h.coordinator) != "" || h.toldTo(k.Officer) != "reported" {
		t.Error("a report about who leads:", h.toldTo(h.coordinator), h.toldTo(k.Officer))
	}
	_, err = h.Keep(ctx, h.coordinator, h.id, list[0].ID)
	refuses(t, "settling a report of an own post", err, fault.Forbidden)
	_, err = h.Hide(ctx, h.coordinator, h.id, list[0].ID, "Sam to ukryję i przywrócę.")
	refuses(t, "settling it by hiding the own post", err, fault.Forbidden)
	if items, err := h.deskItems(ctx, h.coordinator, k.Catalog.In(i18n.PL)); err != nil || len(items) != 0 {
		t.Error("own report on the desk:", items, err)
	}
	if items, err := h.deskItems(ctx, k.Officer, k.Catalog.In(i18n.PL)); err != nil || len(items) != 1 {
		t.Error("the desk of the center:", items, err)
	}
	_, err = h.Hide(ctx, k.Officer, h.id, list[0].ID, "krótko")
	refuses(t, "hiding without a reason", err, fault.Invalid)
	_, err = h.Hide(ctx, k.Officer, h.id, list[0].ID, "Narusza zasady sieci.")
	k.OK(err)
	_, err = h.Hide(ctx, k.Officer, h.id, list[0].ID, "Narusza zasady sieci.")
	refuses(t, "hiding twice", err, fault.Conflict)
	if h.toldTo(h.coordinator) != "hidden" || h.toldTo(k.Ewa) != "settled_hidden" {
		t.Error("told:", h.toldTo(h.coordinator), h.toldTo(k.Ewa))
	}
	if th, err := threadOf(ctx, h.db, h.id, id); err != nil || !th.Hidden {
		t.Error("the title of a hidden thread is shown", err)
	}
	_, err = h.Restore(ctx, h.coordinator, h.id, list[0].ID)
	refuses(t, "showing an own post that the center hid", err, fault.Forbidden)
	_, err = h.Restore(ctx, k.Officer, h.id, list[0].ID)
	k.OK(err)
	_, err = h.Restore(ctx, k.Officer, h.id, list[0].ID)
	refuses(t, "showing what is shown", err, fault.Conflict)
	if th, err := threadOf(ctx, h.db, h.id, id); err != nil || th.Hidden {
		t.Error("the title stays hidden", err)
	}
	k.OK(h.Shut(ctx, h.coordinator, h.id, id, true))
	_, err = h.Answer(ctx, k.Iza, h.id, id, Draft{Words: "Mimo to."})
	refuses(t, "a post in a closed thread", err, fault.Conflict)
}

// tells: a new thread to all, posts to those who follow and once a day, mentions
// to those mentioned, nobody of their own.
func (h *house) tells() {
	t, ctx, k := h.t, h.t.Context(), h.k
	h.told = nil
	id := h.thread(k.Ewa, "Wiadomości")
	if h.toldTo(k.Ewa) != "" || h.toldTo(k.Iza) != "opened" || h.toldTo(h.coordinator) != "opened" || h.toldTo(k.Jan) != "" {
		t.Error("opened:", h.told)
	}
	h.told = nil
	_, err := h.Answer(ctx, k.Iza, h.id, id, Draft{Words: "Pytanie do prowadzenia.", Mentions: []string{string(h.coordinator.Person), string(k.Iza.Person)}})
	k.OK(err)
	if h.toldTo(k.Ewa) != "answered" || h.toldTo(h.coordinator) != "mentioned" || h.toldTo(k.Iza) != "" {
		t.Error("answered:", h.told)
	}
	first := h.told[0].Once
	k.OK(h.SetFollow(ctx, h.coordinator, h.id, id, FollowOff))
	h.told = nil
	_, err = h.Answer(ctx, k.Iza, h.id, id, Draft{Words: "I jeszcze."})
	k.OK(err)
	if h.toldTo(k.Ewa) != "answered" || h.toldTo(h.coordinator) != "" || h.told[0].Once != first {
		t.Error("the second answer of a day:", h.told)
	}
	list, _, err := h.threads(ctx, k.Ewa.Person, h.id, web.Cursor{}, onPage)
	k.OK(err)
	if at := slices.IndexFunc(list, func(x Listed) bool { return x.ID == id }); at < 0 || list[at].Posts-list[at].Seen != 2 {
		t.Errorf("unread: %+v", list)
	}
}

// writesLetters: what was said meanwhile is one letter; what was read, and own
// words, are in none; whoever left the network gets none.
func (h *house) writesLetters() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(h.coordinator, "Listy", k.Iza)
	h.letters = nil
	k.OK(h.SetFollow(ctx, k.Ewa, h.id, id, FollowLetters))
	for _, words := range []string{"Pierwsza odpowiedź.", "Druga odpowiedź."} {
		_, err := h.Answer(ctx, k.Iza, h.id, id, Draft{Words: words})
		k.OK(err)
	}
	_, err := h.Answer(ctx, k.Ewa, h.id, id, Draft{Words: "Moje własne."})
	k.OK(err)
	_, err = h.Answer(ctx, k.Iza, h.id, id, Draft{Words: "Trzecia odpowiedź."})
	k.OK(err)
	k.Clock = k.Clock.Add(gathers + time.Minute)
	k.Drain()
	if len(h.letters) != 1 || !strings.Contains(h.letters[0].Text, "Iza Wilk, Liceum nr 2") || !strings.Contains(h.letters[0].Text, "Trzecia odpowiedź.") {
		t.Fatal("letters:", h.letters)
	}
	for _, words := range []string{"Moje własne.", "Pierwsza odpowiedź.", "osoba", "@"} { // own, read before answering, addresses
		if strings.Contains(h.letters[0].Text, words) {
			t.Errorf("the letter says %q: %s", words, h.letters[0].Text)
		}
	}
	k.OK(h.net.Go(ctx, k.Ewa, h.id))
	_, err = h.Answer(ctx, k.Iza, h.id, id, Draft{Words: "Już bez Ewy."})
	k.OK(err)
	k.OK(h.write(ctx, letterJob{k.Ewa.Person, id}))
	if len(h.letters) != 1 {
		t.Error("a letter to somebody who left")
	}
	_, err = h.net.Ask(ctx, k.Ewa, h.id, "")
	k.OK(err)
	k.OK(h.net.Decide(ctx, h.coordinator, h.id, h.membership(h.id, k.Ewa), networks.Joined, ""))
}

// forgets: the words of somebody erased go, the place stays; after the time of the
// law everything goes.
func (h *house) forgets() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(k.Iza, "Do zapomnienia", h.coordinator, k.Iza)
	_, err := h.Complaint(ctx, k.Iza, h.id, h.page(id)[1].ID, "Skarga.")
	k.OK(err)
	all := h.Purposes()
	for _, hold := range all[0].Holds {
		items, err := hold.Export(ctx, string(k.Iza.Person))
		k.OK(err)
		if len(items) == 0 && (hold.Title == "talk.holding.posts" || hold.Title == "talk.holding.reports") {
			t.Error("nothing to download of", hold.Title)
		}
		k.Write(func(ctx context.Context, tx *db.Tx) error {
			n, err := hold.Erase(ctx, tx, string(k.Iza.Person))
			if err == nil && n > 0 {
				if n, err = hold.Erase(ctx, tx, string(k.Iza.Person)); n != 0 {
					t.Errorf("%s is erased for ever", hold.Title)
				}
			}
			return err
		})
	}
	list := h.page(id)
	if len(list) != 3 || list[0].Words != "" || list[2].Words != "" || list[0].Gone != erased || list[0].Author == string(k.Iza.Person) || list[1].Words == "" {
		t.Errorf("after erasing: %+v", list)
	}
	end := time.Date(2027, time.September, 1, 0, 0, 0, 0, web.Warsaw)
	for _, before := range []time.Time{end, end.Add(time.Second)} {
		left := 0
		for _, hold := range all[0].Holds {
			n, err := hold.Expired(ctx, h.db, before)
			k.OK(err)
			left += n
			k.Write(func(ctx context.Context, tx *db.Tx) error {
				if before == end {
					return nil
				}
				_, err := hold.Sweep(ctx, tx, before, 100)
				return err
			})
		}
		if (left > 0) != (before != end) {
			t.Errorf("%d rows are past their time at %v", left, before)
		}
	}
	if _, err := threadOf(ctx, h.db, h.id, id); fault.KindOf(err) != fault.NotFound {
		t.Error("a thread stays after its time:", err)
	}
}

// over: a closed network is read and takes no posts, signed in or by a letter.
func (h *house) over() {
	t, ctx, k := h.t, h.t.Context(), h.k
	id := h.thread(h.coordinator, "Ostatnia rozmowa", k.Ewa)
	letter, secret := h.mailed(k.Ewa, h.coordinator, id)
	n, err := networks.ByID(ctx, h.db, h.id)
	k.OK(err)
	k.OK(h.net.Close(ctx, k.Officer, h.id, n.Revision, "Koniec programu sieci."))
	_, err = h.Answer(ctx, k.Ewa, h.id, id, Draft{Words: "Po wszystkim."})
	refuses(t, "a post in a closed network", err, fault.Conflict)
	_, err = h.Open(ctx, h.coordinator, h.id, Draft{Title: "Nowa", Words: "Po wszystkim."})
	refuses(t, "a thread in a closed network", err, fault.Conflict)
	_, err = h.ReplyBy(ctx, access.Stranger(), letter, secret, "Po wszystkim.")
	refuses(t, "an answer by letter in a closed network", err, fault.Conflict)
	if len(h.page(id)) != 3 {
		t.Error("posts in a closed network")
	}
}

// TestAtOnce: answers at once get numbers one after another, and a link that is
// sent twice at once answers once.
func TestAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		id := h.thread(h.coordinator, "Naraz")
		letter, secret := h.mailed(h.k.Ewa, h.k.Iza, id)
		var group sync.WaitGroup
		errs := make([]error, 10)
		for n := range errs {
			group.Go(func() {
				if n < 6 {
					_, errs[n] = h.Answer(t.Context(), []access.Actor{h.k.Iza, h.coordinator}[n%2], h.id, id, Draft{Words: "Naraz."})
				} else {
					_, errs[n] = h.ReplyBy(t.Context(), access.Stranger(), letter, secret, "Z listu.")
				}
			})
		}
		group.Wait()
		if err := errors.Join(errs[:6]...); err != nil {
			t.Error(err)
		}
		list := h.page(id)
		byLetter := 0
		for n, p := range list {
			if p.N != n+1 {
				t.Errorf("post %d has the number %d", n+1, p.N)
			}
			if p.Words == "Z listu." {
				byLetter++
			}
		}
		if len(list) != 9 || byLetter != 1 {
			t.Errorf("%d posts, %d by letter", len(list), byLetter)
		}
	})
}
