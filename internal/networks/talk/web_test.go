package talk

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

// TestPages opens every page as those who may, in all languages, and every door as
// those who may not.
func TestPages(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	id := h.thread(k.Ewa, "Początek lekcji", k.Iza, h.coordinator)
	post := h.page(id)[1]
	_, err := h.Complaint(t.Context(), k.Ewa, h.id, post.ID, "Nie na temat.")
	k.OK(err)
	letter, secret := h.mailed(k.Ewa, k.Iza, id)
	base := networks.TalkHref(h.id)
	k.Who = k.Iza
	before, err := markOf(t.Context(), h.db, k.Iza.Person, id)
	k.OK(err)
	_, err = h.Answer(t.Context(), h.coordinator, h.id, id, Draft{Words: "Jeszcze jedno."})
	k.OK(err)
	k.Send(http.MethodHead, ThreadHref(h.id, id), nil)
	if after, err := markOf(t.Context(), h.db, k.Iza.Person, id); err != nil || after != before {
		t.Errorf("HEAD read the thread: %+v %+v %v", before, after, err)
	}
	pages := []string{base, ThreadHref(h.id, id), PostHref(h.id, id, post.ID), networks.Href(h.id)}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		k.Lang = lang
		for _, who := range []access.Actor{k.Ewa, k.Iza, h.coordinator, k.Officer} {
			k.Who = who
			for _, path := range pages {
				h.sound(t, path)
			}
		}
		k.Who = h.coordinator
		h.sound(t, base+reportsTab)
		k.Who = access.Stranger()
		h.sound(t, ReplyPath+"/"+letter+"/"+secret)
	}
	k.Lang = i18n.PL
	for who, want := range map[*access.Actor]int{&k.Jan: http.StatusForbidden, &h.foreign: http.StatusForbidden, &k.OtherHead: http.StatusForbidden, &k.Stranger: http.StatusSeeOther} {
		k.Who = *who
		for _, path := range pages[:3] {
			if w := k.Get(path); w.Code != want && (want != http.StatusSeeOther || w.Code != http.StatusUnauthorized) {
				t.Errorf("%s for %q: %d", path, who.Name, w.Code)
			}
		}
	}
	k.Who = k.Ewa
	if w := k.Get(base + reportsTab); w.Code != http.StatusForbidden {
		t.Error("a member reads reports:", w.Code)
	}
	if w := k.Get(PostHref(h.id, ThreadID(newID()), post.ID)); w.Code != http.StatusNotFound {
		t.Error("a post of another thread:", w.Code)
	}
}

// sound checks what holds on every page: one heading, the next step, no address
// of mail, no script of ours needed.
func (h *house) sound(t *testing.T, path string) {
	t.Helper()
	doc := h.k.Page(path)
	if n := doc.Find("main h1").Length(); n != 1 {
		t.Errorf("%s: %d headings", path, n)
	}
	if doc.Find(`[data-promise="next"]`).Length() == 0 {
		t.Errorf("%s says nothing of the next step", path)
	}
	if strings.Contains(doc.Find("main").Text(), "@") {
		t.Errorf("%s shows an address", path)
	}
	if n := doc.Find(`main form[method="post"]:has(textarea)`).Not(`:has([data-promise="who-sees"])`).Length(); n != 0 {
		t.Errorf("%s takes words without saying who reads them", path)
	}
	seen := map[string]bool{}
	for _, n := range doc.Find("[id]").Nodes {
		for _, a := range n.Attr {
			if a.Key == "id" && seen[a.Val] {
				t.Errorf("%s: twice id %s", path, a.Val)
			} else if a.Key == "id" {
				seen[a.Val] = true
			}
		}
	}
}

// TestForms walks through a discussion by the forms alone.
func TestForms(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k, base := h.k, networks.TalkHref(h.id)
	k.Who = k.Ewa
	w := k.Post(base, "_klucz", "k1", "tytul", "Ułamki", "slowa", "Zobaczcie https://example.org/a_(b). <script>alert(1)</script>", "osoby", string(k.Iza.Person))
	if again := k.Post(base, "_klucz", "k1", "tytul", "Ułamki", "slowa", "Zobaczcie"); w.Code != http.StatusSeeOther || again.Header().Get("Location") != w.Header().Get("Location") {
		t.Fatal("opened:", w.Code, w.Header().Get("Location"), again.Header().Get("Location"))
	}
	path := w.Header().Get("Location")
	doc := k.Page(path)
	if a := doc.Find("li[data-post] a[rel]"); a.Length() != 1 || a.AttrOr("href", "") != "https://example.org/a_(b)" || doc.Find("main script").Length() != 0 {
		t.Error("words:", center.Text(doc.Find("li[data-post]")))
	}
	if text := center.Text(doc.Find("li[data-post]")); !strings.Contains(text, "Ewa Łoś, Szkoła Podstawowa nr 1") || !strings.Contains(text, "Wspomniane osoby: Iza Wilk") {
		t.Error("author:", text)
	}
	if n := k.Page(base).Find("[data-thread]").Length(); n != 1 {
		t.Errorf("sent twice: %d threads", n)
	}
	if w := k.Post(path, "slowa", " "); w.Code != http.StatusUnprocessableEntity {
		t.Error("an empty post:", w.Code)
	}
	k.Who = k.Iza
	if row := k.Page(base).Find("[data-thread]"); !strings.Contains(center.Text(row), "1 nowy wpis") {
		t.Error("unread:", center.Text(row))
	}
	k.Page(path)
	if row := k.Page(base).Find("[data-thread]"); strings.Contains(center.Text(row), "nowy") {
		t.Error("read:", center.Text(row))
	}
	if w := k.Post(path+"/obserwowanie", "sposob", "letters"); w.Code != http.StatusSeeOther {
		t.Error("followed:", w.Code)
	}
	h.judgedByForms(t, path)
	h.answersByLink(t, path)
}

func (h *house) judgedByForms(t *testing.T, path string) {
	k := h.k
	post, _ := k.Page(path).Find("li[data-post] h2 ~ p a[href*='/wpisy/']").Attr("href")
	if w := k.Post(post+"/zgloszenie", "uwaga", "To reklama."); w.Code != http.StatusSeeOther {
		t.Error("reported:", w.Code)
	}
	k.Who = h.coordinator
	if rows := k.Page(networks.TalkHref(h.id) + reportsTab).Find("[data-post]"); rows.Length() != 1 || !strings.Contains(center.Text(rows), "To reklama.") {
		t.Error("reports:", center.Text(rows))
	}
	if w := k.Post(post+"/ukrycie", "powod", "krótko"); w.Code != http.StatusUnprocessableEntity {
		t.Error("hidden without a reason:", w.Code)
	}
	if w := k.Post(post+"/ukrycie", "powod", "Reklama nie jest rozmową."); w.Code != http.StatusSeeOther {
		t.Error("hidden:", w.Code)
	}
	for _, who := range []access.Actor{k.Ewa, h.coordinator, k.Iza} {
		k.Who = who
		text := center.Text(k.Page(post).Find("main"))
		if knows := who.Person != k.Iza.Person; strings.Contains(text, "Zobaczcie") != knows || strings.Contains(text, "Reklama nie jest") != knows || strings.Contains(text, "Ułamki") != (who.Person == h.coordinator.Person) {
			t.Errorf("a hidden post for %s: %s", who.Name, text)
		}
	}
	k.Who = h.coordinator
	if w := k.Post(post + "/przywrocenie"); w.Code != http.StatusSeeOther {
		t.Error("shown:", w.Code)
	}
	k.Who = k.Ewa
	if w := k.Post(post, "wersja", "1", "slowa", "Inaczej."); w.Code != http.StatusConflict {
		t.Error("mended an older revision:", w.Code)
	}
	if w := k.Post(post + "/wycofanie"); w.Code != http.StatusUnprocessableEntity {
		t.Error("withdrawn unconfirmed:", w.Code)
	}
	if w := k.Post(post+"/wycofanie", "potwierdzam", "tak"); w.Code != http.StatusSeeOther {
		t.Error("withdrawn:", w.Code)
	}
}

// answersByLink: the page of a link has one form and no other page of the network;
// opening it changes nothing.
func (h *house) answersByLink(t *testing.T, path string) {
	k := h.k
	id := ThreadID(path[strings.LastIndex(path, "/")+1:])
	letter, secret := h.mailed(k.Iza, k.Ewa, id)
	link := ReplyPath + "/" + letter + "/" + secret
	k.Who = access.Stranger()
	before, _ := threadOf(t.Context(), h.db, h.id, id)
	for range 2 {
		doc := k.Page(link)
		if doc.Find(`main form[method="post"]`).Length() != 1 || strings.Contains(doc.Find("main").Text(), "Proszę o Wasze zdanie") || !strings.Contains(doc.Find("main").Text(), k.Iza.Name) {
			t.Error("the page of a link:", center.Text(doc.Find("main")))
		}
	}
	if after, _ := threadOf(t.Context(), h.db, h.id, id); after != before {
		t.Error("opening a link changed the thread")
	}
	k.Who = k.Ewa
	if w := k.Get(link); w.Code != http.StatusForbidden {
		t.Error("a link of another person:", w.Code)
	}
	k.Who = access.Stranger()
	if w := k.Get(link[:len(link)-1] + "!"); w.Code != http.StatusNotFound {
		t.Error("a changed link:", w.Code)
	}
	for range 2 {
		if w := k.Post(link, "_klucz", "k2", "slowa", "Zgadzam się."); w.Code != http.StatusSeeOther {
			t.Error("answered:", w.Code)
		}
	}
	if w := k.Post(link, "_klucz", "k3", "slowa", "Zgadzam się."); w.Code != http.StatusConflict {
		t.Error("answered twice:", w.Code)
	}
	if doc := k.Page(link); doc.Find("main form").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "jest już w rozmowie") {
		t.Error("a used link:", center.Text(doc.Find("main")))
	}
	if w := k.Get(path); w.Code == http.StatusOK {
		t.Error("a link opens the thread")
	}
}

// TestTurning walks a thread of three pages forward and back.
func TestTurning(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	id := h.thread(h.coordinator, "Długa rozmowa")
	h.fill(id, 45)
	h.k.Who = h.k.Ewa
	path := ThreadHref(h.id, id)
	var seen []string
	for path != "" && len(seen) < 5 {
		doc := h.k.Page(path)
		posts := doc.Find("li[data-post]")
		seen = append(seen, fmt.Sprintf("%s–%s", posts.First().AttrOr("id", ""), posts.Last().AttrOr("id", "")))
		path = doc.Find("a[rel=next]").AttrOr("href", "")
	}
	if got := strings.Join(seen, " "); got != "wpis-1–wpis-20 wpis-21–wpis-40 wpis-41–wpis-45" {
		t.Error("forward:", got)
	}
	doc := h.k.Page(strings.Split(latest(h.id, Thread{ID: id, Posts: 45}), "#")[0])
	if doc.Find("a[rel=next]").Length() != 0 || doc.Find("li[data-post]").First().AttrOr("id", "") != "wpis-26" {
		t.Error("the last page:", doc.Find("li[data-post]").First().AttrOr("id", ""))
	}
	if got := h.k.Get(ThreadHref(h.id, id) + "?od=zmyslone").Code; got != http.StatusBadRequest {
		t.Error("a made-up place:", got)
	}
}

// fill adds posts until a thread has so many.
func (h *house) fill(id ThreadID, to int) {
	h.t.Helper()
	people := []access.Actor{h.k.Ewa, h.k.Iza, h.coordinator}
	h.k.OK(h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		var from int
		if err := tx.Get(h.t.Context(), &from, `select posts from talk_threads where id = ?`, id); err != nil {
			return err
		}
		for n := from + 1; n <= to; n++ {
			_, err := tx.Exec(h.t.Context(), `insert into talk_posts (id, thread, n, author, institution, words, at) values (?, ?, ?, ?, ?, ?, ?)`,
				newID(), id, n, people[n%3].Person, h.k.School, "Wpis o lekcji z ułamkami.", h.k.Clock.Unix())
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(h.t.Context(), `update talk_threads set posts = ? where id = ?`, to, id)
		return err
	}))
}

// TestTalkSpeed prints figures; it runs only when asked for.
func TestTalkSpeed(t *testing.T) {
	if os.Getenv("KLADKA_TALK_SPEED") != "1" {
		t.Skip("KLADKA_TALK_SPEED is not 1")
	}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.t, h.k.Who = t, h.k.Ewa
		short, long := h.thread(h.coordinator, "Krótka"), h.thread(h.coordinator, "Długa")
		h.fill(short, 20)
		h.fill(long, 2000)
		end := "?do=" + cursor(beyond).String()
		base := h.took(ThreadHref(h.id, short))
		for _, page := range []struct{ name, path string }{{"first", ThreadHref(h.id, long)}, {"middle", after(h.id, long, 1000)}, {"last", ThreadHref(h.id, long) + end}} {
			took := h.took(page.path)
			t.Logf("FIGURE %s thread of 2 000 posts, %s page / thread of 20: %.2f (%v, %v) (aim 1.5)", d.Name(), page.name, took.Seconds()/base.Seconds(), took, base)
		}
	})
}

// took is the middle of the times of a page, once it was opened a few times.
func (h *house) took(path string) time.Duration {
	var times []time.Duration
	for n := range 51 {
		at := time.Now()
		if w := h.k.Get(path); w.Code != http.StatusOK {
			h.t.Fatal(path, w.Code)
		}
		if n >= 10 {
			times = append(times, time.Since(at))
		}
	}
	slices.Sort(times)
	return times[len(times)/2].Round(10 * time.Microsecond)
}

func TestLetterAt(t *testing.T) {
	for said, want := range map[string]string{
		"2026-11-23 09:00": "2026-11-23 09:10",
		"2026-11-23 19:55": "2026-11-24 07:00", // night
		"2026-11-24 02:00": "2026-11-24 07:00",
		"2026-11-27 19:49": "2026-11-27 19:59",
		"2026-11-27 20:00": "2026-11-30 07:00", // Friday evening
		"2026-11-28 12:00": "2026-11-30 07:00", // Saturday
		"2026-11-30 06:55": "2026-11-30 07:05",
		"2026-12-31 22:00": "2027-01-01 07:00", // over the end of a year
		"2027-03-27 23:00": "2027-03-29 07:00", // over the change of the clock
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", said, web.Warsaw)
		if err != nil {
			t.Fatal(err)
		}
		if got := letterAt(at).Format("2006-01-02 15:04"); got != want {
			t.Errorf("said at %s, told at %s, want %s", said, got, want)
		}
	}
}

func TestFitting(t *testing.T) {
	long := strings.Repeat("ż", mostWords)
	var list []Post
	for range shownPosts + 1 {
		list = append(list, Post{Words: long})
	}
	few, more := fitting(list)
	if !more || len(few) != 5 { // 12 000 bytes each
		t.Errorf("%d long posts, more %v", len(few), more)
	}
	list = make([]Post, shownPosts+1)
	if few, more = fitting(list); !more || len(few) != shownPosts {
		t.Errorf("%d posts, more %v", len(few), more)
	}
	if few, more = fitting(list[:2]); more || len(few) != 2 {
		t.Errorf("%d posts, more %v", len(few), more)
	}
}

func FuzzLinked(f *testing.F) {
	for _, words := range []string{"", "bez adresu", "https://example.org", "(https://example.org/a_(b)).", "http://", "https://kto@example.org/", "javascript:alert(1)", "https://a.pl,https://b.pl!"} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var all strings.Builder
		for _, p := range linked(line) {
			all.WriteString(p.Text)
			if p.Href != "" && (p.Href != p.Text || !strings.HasPrefix(p.Href, "http") || strings.ContainsAny(p.Href, "<>\" ")) {
				t.Errorf("%q leads to %q", p.Text, p.Href)
			}
			if p.Text == "" {
				t.Error("an empty part")
			}
		}
		if all.String() != line {
			t.Errorf("%q became %q", line, all.String())
		}
	})
}
