package access

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// --- mail links

// digits are the six that the asking browser sees.
func (b *browser) digits(purpose linkPurpose) string {
	b.t.Helper()
	return onlyDigits(b.get(sentPath + "?cel=" + string(purpose)).doc.Find("section strong").Text())
}

// ask asks for a link and returns its address.
func (l *lodge) ask(b *browser, path, email string) string {
	l.t.Helper()
	if a := b.send(path, "email", email, "dalej", "/konto"); a.status != http.StatusSeeOther {
		l.t.Fatalf("ask: %d %s", a.status, a.text)
	}
	return linkPath + "/" + l.post.token(l.t, email)
}

func TestLinkSignsIn(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		l.add("Jan Kos", "jan@example.org", "", Held{Teacher, NewInstitutionID()})
		b := l.browser()
		link := l.ask(b, linkPath, "jan@example.org")
		before := b.cookie()
		// Programs that look into mail, however often, change nothing.
		for range 20 {
			scanner := l.browser()
			if a := scanner.do(http.MethodHead, link); a.status != http.StatusOK {
				t.Fatalf("HEAD: %d", a.status)
			}
			a := scanner.get(link)
			if a.status != http.StatusOK || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" ||
				a.doc.Find(`meta[name=robots][content=noindex]`).Length() != 1 || strings.Contains(a.text, "Kos") {
				t.Fatalf("%d %v %s", a.status, a.header, a.text)
			}
			scanner.send(link).want(t, "a program that presses buttons", http.StatusUnprocessableEntity, "")
		}
		if strings.Contains(b.get(link).doc.Find("a[href]").Text(), link) || b.get(link).doc.Find(`[name=cyfry]`).Length() != 0 {
			t.Error("the asking browser needs no digits")
		}
		b.send(link).want(t, "the button", http.StatusSeeOther, "/konto")
		if b.cookie() == before || l.with(before).get("/konto").status == http.StatusOK {
			t.Error("the token was not renewed")
		}
		if b.get("/moje-sprawy").status != http.StatusNoContent {
			t.Error("a teacher is not at the desk")
		}
		b.get("/proba/swiezo").want(t, "a link is no password of just now", http.StatusSeeOther, FreshPath+"?dalej=%2Fproba%2Fswiezo")
		for name, other := range map[string]*browser{"same browser": b, "thief": l.browser()} {
			other.get(link).want(t, name+" again", http.StatusNotFound, "")
			other.send(link, "cyfry", "123456").want(t, name+" replays", http.StatusNotFound, "")
		}
	})
}

func TestLinkInAnotherBrowser(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		l.add("Jan Kos", "jan@example.org", "", Held{Teacher, NewInstitutionID()})
		asker, phone := l.browser(), l.browser()
		link := l.ask(asker, linkPath, "jan@example.org")
		digits := asker.digits(linkSignIn)
		wrong := "000000"
		if digits == wrong {
			wrong = "111111"
		}
		if phone.get(link).doc.Find(`[name=cyfry]`).Length() != 1 {
			t.Error("the digits are not asked for")
		}
		for range linkTries - 1 {
			phone.send(link, "cyfry", wrong).want(t, "wrong digits", http.StatusUnprocessableEntity, "")
		}
		phone.send(link, "cyfry", digits[:3]+" "+digits[3:]).want(t, "right digits at the last try", http.StatusSeeOther, "/moje-sprawy")

		link = l.ask(asker, linkPath, "jan@example.org")
		digits = asker.digits(linkSignIn)
		for i := range linkTries {
			want := http.StatusUnprocessableEntity
			if i == linkTries-1 {
				want = http.StatusNotFound // void, and the page says so
			}
			thief := l.browser()
			if a := thief.send(link, "cyfry", wrong); a.status != want {
				t.Errorf("guess %d: %d", i, a.status)
			}
		}
		for _, b := range []*browser{l.browser(), asker} {
			b.send(link, "cyfry", digits).want(t, "after five guesses", http.StatusNotFound, "")
		}
	})
}

func TestLinkIsSpentOnce(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		ctx := context.Background()
		a, err := l.askLink(ctx, Caller{Network: "192.0.2.1"}, linkSignIn, "nowa@example.org", i18n.PL, "")
		if err != nil {
			t.Fatal(err)
		}
		p := proof{Token: l.post.token(t, "nowa@example.org"), Mark: a.Mark}
		var wait sync.WaitGroup
		var mu sync.Mutex
		entered := 0
		for range 4 {
			wait.Go(func() {
				_, err := l.enterByLink(ctx, p, "Nowa Osoba", i18n.PL)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					entered++
				} else if fault.KindOf(err) != fault.NotFound {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if entered != 1 {
			t.Errorf("%d of four at once", entered)
		}
	})
}

func TestNewestLinkOnlyAndNotForLong(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Jan Kos", "jan@example.org", "")
	b := l.browser()
	older := l.ask(b, linkPath, "jan@example.org")
	newer := l.ask(b, linkPath, "jan@example.org")
	b.get(older).want(t, "the older link", http.StatusNotFound, "")
	b.send(older).want(t, "the older link", http.StatusNotFound, "")
	l.clock.at = l.clock.at.Add(linkLife)
	b.send(newer).want(t, "after a quarter", http.StatusNotFound, "")
	if err := l.SweepLinks(context.Background()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := l.db.Get(context.Background(), &n, `select count(*) from access_mail_links`); err != nil || n != 0 {
		t.Errorf("%d addresses are kept, %v", n, err)
	}
}

// TestNobodyLearnsWhoHasAnAccount compares what a stranger sees, and what the
// program does, for an address with an account and one without.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Jan Kos", "jan@example.org", goodPassword, Held{Administrator, ""})
	for _, path := range []string{linkPath, recoverPath} {
		var seen []string
		for _, email := range []string{"jan@example.org", "nikt@example.org"} {
			b := l.browser()
			before := len(l.post.letters)
			a := b.send(path, "email", email)
			sent := b.get(a.to)
			digits := b.digits(purposeAt(path))
			seen = append(seen, a.to+" "+http.StatusText(a.status)+" "+strings.Replace(sent.text, digits[:3]+" "+digits[3:], "", 1))
			if len(l.post.letters) != before+1 {
				t.Errorf("%s for %s: %d letters; the work must be equal", path, email, len(l.post.letters)-before)
			}
		}
		if seen[0] != seen[1] {
			t.Errorf("%s differs:\n%s\n%s", path, seen[0], seen[1])
		}
	}
	// A stranger's letter about a password opens nothing.
	for _, letter := range l.post.letters {
		if letter.To == "nikt@example.org" && !letter.Secret && linkShape.MatchString(letter.Text) {
			t.Error("a link that opens something in a letter that is not secret")
		}
	}
	var n int
	if err := l.db.Get(context.Background(), &n, `select count(*) from access_people`); err != nil || n != 1 {
		t.Errorf("asking made %d people, %v", n-1, err)
	}
}

func TestLettersAreLimitedQuietly(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	ctx := context.Background()
	ask := func(network, email string) {
		t.Helper()
		if _, err := l.askLink(ctx, Caller{Network: network}, linkSignIn, email, i18n.PL, ""); err != nil {
			t.Fatalf("from %s: %v", network, err)
		}
	}
	for range 10 {
		ask("192.0.2.1", "jan@example.org")
	}
	if n := len(l.post.letters); n != lettersFromNetwork {
		t.Errorf("%d letters from one network", n)
	}
	// The bomber does not keep the owner from asking.
	ask("192.0.2.2", "Jan@Example.org")
	if n := len(l.post.letters); n != lettersFromNetwork+1 {
		t.Errorf("%d letters with the owner's", n)
	}
	for i := range 10 {
		ask("198.51.100."+string(rune('0'+i)), "jan@example.org")
	}
	if n := len(l.post.letters); n != lettersToAddress {
		t.Errorf("%d letters to one address", n)
	}
	l.clock.at = l.clock.at.Add(time.Hour)
	ask("192.0.2.1", "jan@example.org")
	if n := len(l.post.letters); n != lettersToAddress+1 {
		t.Errorf("%d an hour later", n)
	}
	for i := range lettersOfNetwork {
		_, err := l.askLink(ctx, Caller{Network: "203.0.113.9"}, linkSignIn, "a"+strings.Repeat("b", i)+"@example.org", i18n.PL, "")
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.askLink(ctx, Caller{Network: "203.0.113.9"}, linkSignIn, "next@example.org", i18n.PL, ""); fault.KindOf(err) != fault.TooMany {
		t.Errorf("a network without end: %v", err)
	}
	if _, err := l.askLink(ctx, Caller{Network: "192.0.2.1"}, linkSignIn, "nie adres\r\nBcc: x@example.org", i18n.PL, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("header injection: %v", err)
	}
}

func TestLettersHoldNoForeignHost(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	r, err := http.NewRequest(http.MethodPost, l.server.URL+linkPath, strings.NewReader("email=jan%40example.org"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-Host", "evil.example")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(l.post.letters) != 1 || strings.Contains(l.post.letters[0].Text, "evil") || !linkShape.MatchString(l.post.letters[0].Text) {
		t.Errorf("%+v", l.post.letters)
	}
}

func TestNewResident(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		b := l.browser()
		link := l.ask(b, linkPath, "nowa@example.org")
		b.send(link, "name", "x").want(t, "no name", http.StatusUnprocessableEntity, "")
		b.send(link, "name", "Nowa Osoba", "role", "administrator").want(t, "make an account", http.StatusSeeOther, "/konto")
		p, err := personByLogin(context.Background(), d, "nowa@example.org")
		if err != nil {
			t.Fatal(err)
		}
		a, err := l.Actor(context.Background(), p.ID)
		if err != nil || len(a.Roles) != 1 || a.Roles[0] != (Held{Resident, ""}) || p.Password != "" {
			t.Errorf("%+v %v", a.Roles, err)
		}
		// The link of a letter about a forgotten password makes no account.
		l.browser().send(recoverPath, "email", "inna@example.org")
		if n := len(l.post.letters); l.post.letters[n-1].Secret || linkShape.MatchString(l.post.letters[n-1].Text) {
			t.Error("a letter without an account opens something")
		}
	})
}

func TestLinkDoesNotReplaceTheSecondFactor(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
	b := l.browser()
	b.send(l.ask(b, linkPath, "ewa@example.org"))
	b.get("/proba/ludzie").want(t, "not set up", http.StatusSeeOther, "/konto/drugi-krok?dalej=%2Fproba%2Fludzie")
	b.get(appPath).want(t, "setting up after a link alone", http.StatusSeeOther, FreshPath+"?dalej=%2Fkonto%2Fdrugi-krok%2Faplikacja")
	l.enrolled(id)
	b = l.browser()
	b.send(l.ask(b, linkPath, "ewa@example.org")).want(t, "link with a factor", http.StatusSeeOther, SecondStepPath+"?dalej=%2Fkonto")
	if a := b.get("/konto"); a.status == http.StatusOK {
		t.Error("in by a link alone")
	}
}

// --- recovery

func TestRecovery(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		secret, _ := l.enrolled(id)
		thief := l.signIn("ewa@example.org")
		thief.send(SecondStepPath, "kod", codeOf(t, secret, l.clock.at)).want(t, "somebody is in", http.StatusSeeOther, "/moje-sprawy")
		half := l.signIn("ewa@example.org")
		l.clock.at = l.clock.at.Add(time.Minute)
		*l.told = nil

		b := l.browser()
		link := l.ask(b, recoverPath, "ewa@example.org")
		b.send(link, "password", "krótkie").want(t, "a short password", http.StatusUnprocessableEntity, "")
		signIn := l.ask(b, linkPath, "ewa@example.org")
		b.send(link, "password", "czerwony tramwaj pod górę").want(t, "new password", http.StatusSeeOther, SecondStepPath+"?dalej=%2Fkonto")
		if a := b.get("/konto"); a.status == http.StatusOK {
			t.Error("the mailbox opens what needs a second factor")
		}
		for name, other := range map[string]*browser{"session": thief, "halfway": half} {
			if a := other.get("/konto"); a.status == http.StatusOK {
				t.Errorf("the %s of before lives on", name)
			}
		}
		half.send(SecondStepPath, "kod", codeOf(t, secret, l.clock.at)).want(t, "halfway with the old password", http.StatusUnauthorized, "")
		b.get(signIn).want(t, "another link on its way", http.StatusNotFound, "")
		if len(*l.told) != 1 || (*l.told)[0] != "ways.told.password" {
			t.Errorf("told: %v", *l.told)
		}
		if a := l.browser().send(web.SignInPath, "email", "ewa@example.org", "password", goodPassword); a.status != http.StatusUnprocessableEntity {
			t.Errorf("the old password: %d", a.status)
		}
		b.send(SecondStepPath, "kod", codeOf(t, secret, l.clock.at)).want(t, "both", http.StatusSeeOther, "/moje-sprawy")
	})
}

func TestLinksKeepToTheirPurpose(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	ctx := context.Background()
	l.add("Jan Kos", "jan@example.org", "")
	proofOf := func(purpose linkPurpose) proof {
		a, err := l.askLink(ctx, Caller{Network: "192.0.2.1"}, purpose, "jan@example.org", i18n.PL, "")
		if err != nil {
			t.Fatal(err)
		}
		return proof{Token: l.post.token(t, "jan@example.org"), Mark: a.Mark}
	}
	in, again := proofOf(linkSignIn), proofOf(linkFresh)
	if _, err := l.recoverByLink(ctx, in, goodPassword); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a link for signing in sets a password: %v", err)
	}
	if _, err := l.enterByLink(ctx, again, "", i18n.PL); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a link for confirming signs in: %v", err)
	}
	if err := l.confirmByLink(ctx, in, Actor{Person: "p"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a link for signing in confirms: %v", err)
	}
	if err := l.confirmByLink(ctx, again, Actor{Person: "somebody else"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else's link confirms: %v", err)
	}
	if _, err := l.enterByLink(ctx, in, "", i18n.PL); err != nil {
		t.Errorf("the refusals spent it: %v", err)
	}
}

// --- it is still you; sessions

func TestConfirming(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		l.add("Jan Kos", "jan@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
		b := l.signIn("jan@example.org")
		if b.get("/proba/swiezo").status != http.StatusNoContent {
			t.Error("right after the password")
		}
		l.clock.at = l.clock.at.Add(freshFor)
		b.get("/proba/swiezo").want(t, "ten minutes later", http.StatusSeeOther, FreshPath+"?dalej=%2Fproba%2Fswiezo")
		b.send(FreshPath, "password", "nie to hasło wcale").want(t, "wrong", http.StatusUnprocessableEntity, "")
		b.send(FreshPath, "password", "").want(t, "empty", http.StatusUnprocessableEntity, "")
		b.send(FreshPath, "kod", "123456").want(t, "the weaker way", http.StatusUnprocessableEntity, "")
		b.send(FreshPath+"/odnosnik").want(t, "the weaker way", http.StatusConflict, "")
		if b.get("/proba/swiezo").status != http.StatusSeeOther {
			t.Error("a wrong password confirms")
		}
		if a := b.send("/proba/swiezo"); a.status != http.StatusForbidden || a.doc.Find(`main a[href="`+FreshPath+`?dalej=%2F"]`).Length() != 1 {
			t.Errorf("a form that wants a fresh password shows no way to it: %d %s", a.status, a.text)
		}
		before := b.cookie()
		b.send(FreshPath, "password", goodPassword, "dalej", "//evil.example/").want(t, "led away", http.StatusSeeOther, SecurityPath)
		if b.cookie() == before || l.with(before).get("/proba/swiezo").status == http.StatusNoContent {
			t.Error("the token was not renewed")
		}
		if b.get("/proba/swiezo").status != http.StatusNoContent {
			t.Error("not confirmed")
		}
		for range guessesOfKnown + guessesPerAccount {
			b.send(FreshPath, "password", "nie to hasło wcale")
		}
		b.send(FreshPath, "password", goodPassword).want(t, "guessing", http.StatusTooManyRequests, "")
		l.browser().send(FreshPath, "password", goodPassword).want(t, "a stranger", http.StatusUnauthorized, "")
	})
}

func TestConfirmingByLink(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Jan Kos", "jan@example.org", "", Held{Teacher, NewInstitutionID()})
	b := l.browser()
	b.send(l.ask(b, linkPath, "jan@example.org"))
	b.send(SecurityPath+"/haslo", "password", goodPassword).want(t, "first password in an open browser", http.StatusForbidden, "")
	b.send(FreshPath+"/odnosnik", "dalej", "/proba/swiezo").want(t, "ask", http.StatusSeeOther, sentPath+"?cel=fresh")
	link := linkPath + "/" + l.post.token(t, "jan@example.org")
	phone := l.browser()
	if a := phone.get(link); a.doc.Find("main form").Length() != 0 {
		t.Error("another browser may press")
	}
	phone.send(link, "cyfry", "123456").want(t, "another browser", http.StatusConflict, "")
	before := b.cookie()
	b.send(link).want(t, "the button", http.StatusSeeOther, "/proba/swiezo")
	if b.cookie() == before || b.get("/proba/swiezo").status != http.StatusNoContent {
		t.Error("not confirmed under a new token")
	}
	b.send(SecurityPath+"/haslo", "password", goodPassword).want(t, "first password", http.StatusSeeOther, SecurityPath)
	l.signIn("jan@example.org")
}

// Whoever has no password but a second factor confirms with a code of it.
func TestConfirmingByCode(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	id := l.add("Jan Kos", "jan@example.org", "", Held{Teacher, NewInstitutionID()})
	secret, _ := l.enrolled(id)
	b := l.browser()
	b.send(l.ask(b, linkPath, "jan@example.org")).want(t, "link", http.StatusSeeOther, SecondStepPath+"?dalej=%2Fkonto")
	code := codeOf(t, secret, l.clock.at)
	b.send(SecondStepPath, "kod", code).want(t, "code", http.StatusSeeOther, "/moje-sprawy")
	b.get(appPath).want(t, "another app without confirming", http.StatusSeeOther, FreshPath+"?dalej=%2Fkonto%2Fdrugi-krok%2Faplikacja")
	for _, path := range []string{"/kody", "/usun"} {
		b.send(SecurityPath+path, "rodzaj", string(AppFactor)).want(t, path+" without confirming", http.StatusForbidden, "")
	}
	b.send(FreshPath, "kod", code).want(t, "the code of signing in", http.StatusUnprocessableEntity, "")
	b.send(FreshPath+"/odnosnik").want(t, "the weaker way", http.StatusConflict, "")
	l.clock.at = l.clock.at.Add(time.Minute)
	b.send(FreshPath, "kod", codeOf(t, secret, l.clock.at)).want(t, "a new code", http.StatusSeeOther, SecurityPath)
	if n := b.send(SecurityPath + "/kody").doc.Find(".codes code").Length(); n != recoveryN {
		t.Errorf("%d recovery codes", n)
	}
	b.send(SecurityPath+"/usun", "rodzaj", string(AppFactor)).want(t, "remove", http.StatusSeeOther, SecurityPath)
}

func TestSessionList(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		l.add("Jan Kos", "jan@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
		l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
		here, there, third, foreign := l.signIn("jan@example.org"), l.signIn("jan@example.org"), l.signIn("jan@example.org"), l.signIn("ewa@example.org")
		page := here.get(SecurityPath)
		buttons := page.doc.Find(`button[name=sesja]`)
		if page.doc.Find("#sesje ~ ul > li").Length() != 3 || buttons.Length() != 2 {
			t.Fatalf("%s", page.text)
		}
		if foreign.get(SecurityPath).doc.Find(`button[name=sesja]`).Length() != 0 {
			t.Error("one session, and a button to end another")
		}
		first, _ := buttons.First().Attr("value")
		foreign.send(SecurityPath+"/wyloguj", "sesja", first).want(t, "somebody else's session", http.StatusNotFound, "")
		foreign.send(SecurityPath+"/wyloguj", "sesja", "").want(t, "none", http.StatusNotFound, "")
		here.send(SecurityPath+"/wyloguj", "sesja", first).want(t, "end one", http.StatusSeeOther, SecurityPath)
		in := 0
		for _, b := range []*browser{there, third} {
			if b.get("/konto").status == http.StatusOK {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d of two others are in with the next click", in)
		}
		here.send(SecurityPath+"/wyloguj-wszedzie").want(t, "everywhere", http.StatusSeeOther, "/")
		for name, b := range map[string]*browser{"here": here, "there": there, "third": third} {
			if b.get("/konto").status == http.StatusOK {
				t.Errorf("%s is still in", name)
			}
		}
		if foreign.get("/konto").status != http.StatusOK {
			t.Error("somebody else was signed out")
		}
	})
}

func TestChangingThePassword(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Jan Kos", "jan@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
	here, there := l.signIn("jan@example.org"), l.signIn("jan@example.org")
	path := SecurityPath + "/haslo"
	here.send(path, "old", "nie to hasło wcale", "password", "czerwony tramwaj pod górę").want(t, "wrong old one", http.StatusUnprocessableEntity, "")
	here.send(path, "password", "czerwony tramwaj pod górę").want(t, "no old one", http.StatusUnprocessableEntity, "")
	here.send(path, "old", goodPassword, "password", "krótkie").want(t, "short", http.StatusUnprocessableEntity, "")
	before := here.cookie()
	here.send(path, "old", goodPassword, "password", "czerwony tramwaj pod górę").want(t, "changed", http.StatusSeeOther, SecurityPath)
	if here.cookie() == before || here.get("/konto").status != http.StatusOK {
		t.Error("here: not in under a new token")
	}
	if there.get("/konto").status == http.StatusOK {
		t.Error("there: still in")
	}
	here.send(SecurityPath+"/jezyk", "lang", "xx").want(t, "no such language", http.StatusUnprocessableEntity, "")
	here.send(SecurityPath+"/jezyk", "lang", "uk").want(t, "language", http.StatusSeeOther, SecurityPath)
	l.ask(l.browser(), linkPath, "jan@example.org")
	if got := l.post.letters[len(l.post.letters)-1]; got.Lang != i18n.UK || !strings.Contains(got.Text, "Добрий день") {
		t.Errorf("%s: %s", got.Lang, got.Text)
	}
}

func TestWhereSigningInLeads(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Bez Roli", "bez@example.org", goodPassword)
	l.add("Jan Kos", "jan@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
	for _, tt := range []struct{ email, next, want string }{
		{"bez@example.org", "", "/konto"},
		{"jan@example.org", "", "/moje-sprawy"},
		{"jan@example.org", "/instytucje?q=a", "/instytucje?q=a"},
		{"jan@example.org", "//evil.example", "/moje-sprawy"},
		{"jan@example.org", "https://evil.example/", "/moje-sprawy"},
		{"jan@example.org", web.SignInPath + "?dalej=x", "/moje-sprawy"},
		{"jan@example.org", SecondStepPath, "/moje-sprawy"},
	} {
		b := l.browser()
		b.send(web.SignInPath, "email", tt.email, "password", goodPassword, "dalej", tt.next).want(t, tt.email+" "+tt.next, http.StatusSeeOther, tt.want)
		b.get(web.SignInPath+"?dalej="+tt.next).want(t, "again", http.StatusSeeOther, tt.want)
	}
}

// TestPagesOfWaysInEveryLanguage draws every page that a person can open.
func TestPagesOfWaysInEveryLanguage(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
	for _, lang := range i18n.Langs {
		b := l.signIn("ewa@example.org")
		b.get("/jezyk/" + string(lang))
		link := l.ask(b, linkPath, "ewa@example.org")
		for _, path := range []string{linkPath, recoverPath, sentPath + "?cel=signin", link, FreshPath, SecurityPath, SecondStepPath, appPath, listPath} {
			a := b.get(path)
			if a.status != http.StatusOK || a.doc.Find("h1").Length() != 1 || a.doc.Find("html").AttrOr("lang", "") != string(lang) {
				t.Errorf("%s %s: %d", lang, path, a.status)
			}
			if a.doc.Find("[style]").Length() != 0 {
				t.Errorf("%s has styles of its own", path)
			}
		}
		l.clock.at = l.clock.at.Add(time.Hour)
	}
}

// TestDemo: the first of many invented people stand on the page, the others
// behind a word; one click signs in, and one click confirms.
func TestDemo(t *testing.T) {
	l := openLodgeOf(t, testkit.SQLite(t, tables), true)
	var last PersonID
	for i := range demoAtOnce + 3 {
		id, err := l.AddPerson(context.Background(), System(), NewPerson{Name: "Osoba Zmyślona", Email: "o" + string(rune('a'+i)) + "@example.org", Demo: true, Roles: []Held{{Administrator, ""}}})
		if err != nil {
			t.Fatal(err)
		}
		last = id
	}
	real := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
	b := l.browser()
	page := b.get(web.SignInPath)
	if all, more := page.doc.Find("button.person").Length(), page.doc.Find("details button.person").Length(); all != demoAtOnce+3 || more != 3 {
		t.Errorf("%d people, %d of them behind a word", all, more)
	}
	b.send("/konto/przyklad", "osoba", string(real)).want(t, "somebody real", http.StatusNotFound, "")
	b.send("/konto/przyklad", "osoba", string(last)).want(t, "somebody invented", http.StatusSeeOther, "/moje-sprawy")
	if b.get("/proba/ludzie").status != http.StatusNoContent {
		t.Error("an invented person stands before the second step")
	}
	l.clock.at = l.clock.at.Add(freshFor)
	b.send(FreshPath, "dalej", "/proba/swiezo").want(t, "one click", http.StatusSeeOther, "/proba/swiezo")
	real2 := l.signIn("ewa@example.org")
	real2.send(FreshPath).want(t, "one click of somebody real", http.StatusUnprocessableEntity, "")
}
