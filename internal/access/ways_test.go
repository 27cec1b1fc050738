package access

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access/otp"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// Tests of the ways in: first what must not work.

// wayPost keeps the letters of a test.
type wayPost struct {
	mu      sync.Mutex
	letters []Letter
}

func (b *wayPost) Send(_ context.Context, _ *db.Tx, l Letter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, l)
	return nil
}
func (*wayPost) URL(path string) string { return "https://kladka.example" + path }
func (*wayPost) Delivers() bool         { return true }

var linkShape = regexp.MustCompile(`https://kladka\.example` + linkPath + `/([A-Z0-9]+)`)

// token is the secret of the link in the newest letter to the address.
func (b *wayPost) token(t *testing.T, to string) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.letters) - 1; i >= 0; i-- {
		if m := linkShape.FindStringSubmatch(b.letters[i].Text); b.letters[i].To == to && m != nil {
			if !b.letters[i].Secret {
				t.Error("a letter with a link is not marked as secret")
			}
			return m[1]
		}
	}
	t.Fatalf("no letter with a link to %s", to)
	return ""
}

// lodge is a running program with nothing but access in it.
type lodge struct {
	*Service
	t      *testing.T
	clock  *clock
	post   *wayPost
	told   *[]string
	server *httptest.Server
}

const goodPassword = "zielony most nad Wisłą"

func openLodge(t *testing.T, d *db.DB) *lodge {
	t.Helper()
	return openLodgeOf(t, d, false)
}

func openLodgeOf(t *testing.T, d *db.DB, demo bool) *lodge {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	post, told := &wayPost{}, &[]string{}
	s := New(Config{DB: d, Catalog: catalog, Log: slog.New(slog.DiscardHandler), Now: c.now, Demo: demo, Letters: post,
		Tell: func(_ context.Context, _ *db.Tx, _ PersonID, key string, _ map[string]string, _ string, _ bool) error {
			*told = append(*told, key)
			return nil
		}})
	sh := web.New(web.Config{Demo: demo, Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: c.now}, s.Sessions, s.Viewer)
	s.Routes(sh)
	answer := func(w http.ResponseWriter, _ *web.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	sh.Handle("GET /moje-sprawy", Can(SeeDesk), answer)
	sh.Handle("GET /proba/ludzie", Can(ManagePeople), answer)
	sh.Handle("GET /proba/swiezo", Both(SignedIn, Fresh), answer)
	sh.Handle("POST /proba/swiezo", Both(SignedIn, Fresh), answer)
	server := httptest.NewServer(sh)
	t.Cleanup(server.Close)
	return &lodge{s, t, c, post, told, server}
}

func (l *lodge) add(name, email, password string, roles ...Held) PersonID {
	l.t.Helper()
	id, err := l.AddPerson(context.Background(), System(), NewPerson{Name: name, Email: email, Password: password, Roles: roles})
	if err != nil {
		l.t.Fatal(err)
	}
	return id
}

// enrolled gives a person an app, and returns its secret and recovery codes.
func (l *lodge) enrolled(id PersonID) (secret string, recovery []string) {
	l.t.Helper()
	v := session{ID: "set up in a test", Person: id, Level: oneStep}
	d := l.newDraft(AppFactor)
	recovery, err := l.enroll(context.Background(), Actor{Person: id}, v, d, codeOf(l.t, d.Secret, l.clock.at))
	if err != nil {
		l.t.Fatal(err)
	}
	l.clock.at = l.clock.at.Add(time.Minute) // the code is spent
	return d.Secret, recovery
}

func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := otp.Code(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// browser is one without scripts that keeps cookies and follows nothing.
type browser struct {
	t      *testing.T
	client *http.Client
	base   string
}

func (l *lodge) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return &browser{l.t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, l.server.URL}
}

type answer struct {
	status int
	to     string
	header http.Header
	doc    *goquery.Document
	text   string
}

func (b *browser) do(method, path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "pl")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answer{res.StatusCode, res.Header.Get("Location"), res.Header, doc, strings.Join(strings.Fields(doc.Find("main").Text()), " ")}
	if strings.Contains(a.text, "⟦") {
		b.t.Errorf("%s %s lacks a text: %s", method, path, a.text)
	}
	return a
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do(http.MethodGet, path) }
func (b *browser) send(path string, pairs ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, pairs...)
}

func (b *browser) cookie() string {
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == "kladka_session" {
			return c.Value
		}
	}
	return ""
}

// with is another browser that carries a stolen or planted cookie.
func (l *lodge) with(cookie string) *browser {
	b := l.browser()
	at, err := url.Parse(b.base)
	if err != nil {
		l.t.Fatal(err)
	}
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "kladka_session", Value: cookie}})
	return b
}

func (l *lodge) signIn(email string) *browser {
	l.t.Helper()
	b := l.browser()
	if a := b.send(web.SignInPath, "email", email, "password", goodPassword); a.status != http.StatusSeeOther {
		l.t.Fatalf("sign in as %s: %d %s", email, a.status, a.text)
	}
	return b
}

func (a answer) want(t *testing.T, what string, status int, to string) {
	t.Helper()
	if a.status != status || a.to != to {
		t.Errorf("%s: %d to %q, want %d to %q; %.300s", what, a.status, a.to, status, to, a.text)
	}
}

// --- the second factor

func TestPasswordAloneReachesNobody(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		b := l.signIn("ewa@example.org")
		b.get("/proba/ludzie").want(t, "not set up", http.StatusSeeOther, "/konto/drugi-krok?dalej=%2Fproba%2Fludzie")
		secret, _ := l.enrolled(id)
		if a := b.get("/konto"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, web.SignInPath) {
			t.Errorf("the session of before is still good: %d %s", a.status, a.to)
		}
		b = l.browser()
		b.send(web.SignInPath, "email", "ewa@example.org", "password", goodPassword, "dalej", "/proba/ludzie").
			want(t, "password", http.StatusSeeOther, "/konto/drugi-krok?dalej=%2Fproba%2Fludzie")
		for _, path := range []string{"/konto", "/moje-sprawy", "/proba/ludzie", SecurityPath, FreshPath, appPath, listPath} {
			if a := b.get(path); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, web.SignInPath) {
				t.Errorf("halfway at %s: %d %s", path, a.status, a.to)
			}
		}
		if a := b.send(SecondStepPath, "kod", "000000"); a.status != http.StatusUnprocessableEntity || a.doc.Find(".errsum a").Length() != 1 {
			t.Errorf("a wrong code: %d", a.status)
		}
		before := b.cookie()
		b.send(SecondStepPath, "kod", codeOf(t, secret, l.clock.at), "dalej", "/proba/ludzie").want(t, "code", http.StatusSeeOther, "/proba/ludzie")
		if b.get("/proba/ludzie").status != http.StatusNoContent {
			t.Error("both steps do not suffice")
		}
		if after := b.cookie(); after == before || l.with(before).get("/konto").status != http.StatusSeeOther {
			t.Error("the token of halfway lives on")
		}
	})
}

func TestEnrollingInTheBrowser(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		other := l.signIn("ewa@example.org")
		b := l.signIn("ewa@example.org")
		if n := b.get(SecondStepPath + "?dalej=/proba/ludzie").doc.Find(`a[href^="` + SecondStepPath + `/"]`).Length(); n != 2 {
			t.Fatalf("%d ways to choose from", n)
		}
		page := b.get(appPath + "?dalej=/proba/ludzie")
		if page.header.Get("Cache-Control") != "no-store" || page.doc.Find("svg.qr path").Length() != 1 {
			t.Error("the page of the secret may be kept, or has no picture")
		}
		secret := strings.Join(strings.Fields(page.doc.Find("details code").Text()), "")
		draft := page.doc.Find(`input[name=szkic]`).AttrOr("value", "")
		b.send(appPath, "szkic", draft, "kod", "123").want(t, "wrong code", http.StatusUnprocessableEntity, "")
		b.send(appPath, "szkic", draft+"A", "kod", codeOf(t, secret, l.clock.at)).want(t, "forged draft", http.StatusConflict, "")
		other.send(appPath, "szkic", draft, "kod", codeOf(t, secret, l.clock.at)).want(t, "draft of another session", http.StatusConflict, "")
		before := b.cookie()
		done := b.send(appPath, "szkic", draft, "kod", codeOf(t, secret, l.clock.at), "dalej", "/proba/ludzie")
		if done.status != http.StatusOK || done.doc.Find(".codes code").Length() != recoveryN || done.doc.Find(`a.btn[href="/proba/ludzie"]`).Length() != 1 {
			t.Fatalf("%d %s", done.status, done.text)
		}
		if b.cookie() == before || l.with(before).get("/konto").status != http.StatusSeeOther {
			t.Error("the token was not renewed")
		}
		if b.get("/proba/ludzie").status != http.StatusNoContent {
			t.Error("not in after enrolling")
		}
		if a := other.get("/konto"); !strings.HasPrefix(a.to, web.SignInPath) {
			t.Error("a session with a password alone lives on")
		}
		if len(*l.told) != 1 || (*l.told)[0] != "ways.told.factor_added" {
			t.Errorf("told: %v", *l.told)
		}
		// The code typed to set it up cannot be used again to sign in.
		b = l.signIn("ewa@example.org")
		b.send(SecondStepPath, "kod", codeOf(t, secret, l.clock.at)).want(t, "the code of setting up", http.StatusUnprocessableEntity, "")
		recovery := done.doc.Find(".codes code").First().Text()
		b.send(SecondStepPath, "kod", strings.ToLower(recovery)).want(t, "recovery code", http.StatusSeeOther, "/moje-sprawy")
		l.signIn("ewa@example.org").send(SecondStepPath, "kod", recovery).want(t, "recovery code again", http.StatusUnprocessableEntity, "")
	})
}

func TestPrintedListInTheBrowser(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
	b := l.signIn("ewa@example.org")
	page := b.get(listPath)
	codes := page.doc.Find(".codes code").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if len(codes) != otp.OnList {
		t.Fatalf("%d codes", len(codes))
	}
	draft := page.doc.Find(`input[name=szkic]`).AttrOr("value", "")
	v := session{Person: id}
	if err := l.db.Get(context.Background(), &v.ID, `select id from access_sessions where person = ?`, id); err != nil {
		t.Fatal(err)
	}
	d, err := l.openDraft(v, draft)
	if err != nil {
		t.Fatal(err)
	}
	n := d.mustProve()
	b.send(listPath, "szkic", draft, "kod", codes[n%otp.OnList]).want(t, "another code of the list", http.StatusUnprocessableEntity, "")
	b.send(appPath, "szkic", draft, "kod", codes[n-1]).want(t, "draft of the other kind", http.StatusBadRequest, "")
	if a := b.send(listPath, "szkic", draft, "kod", codes[n-1]); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.text)
	}
	// All codes work once each, the proving one as well, and the last ones remind.
	for i, code := range codes {
		b := l.signIn("ewa@example.org")
		b.send(SecondStepPath, "kod", code).want(t, "code "+code, http.StatusSeeOther, "/moje-sprawy")
		reminded := b.get("/konto").doc.Find(".notice").Length() == 1
		if reminded != (otp.OnList-i-1 <= fewCodes) {
			t.Errorf("after %d codes, reminded: %v", i+1, reminded)
		}
	}
	// An empty list is no leave to set up a factor with the password alone.
	b = l.browser()
	b.send(web.SignInPath, "email", "ewa@example.org", "password", goodPassword).want(t, "list used up", http.StatusSeeOther, SecondStepPath)
	if a := b.get(appPath); !strings.HasPrefix(a.to, web.SignInPath) {
		t.Errorf("halfway may set up another factor: %d %s", a.status, a.to)
	}
}

func TestEnrollingNeedsThePasswordOfJustNow(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
	b := l.signIn("ewa@example.org")
	page := b.get(appPath)
	secret := strings.Join(strings.Fields(page.doc.Find("details code").Text()), "")
	draft := page.doc.Find(`input[name=szkic]`).AttrOr("value", "")
	l.clock.at = l.clock.at.Add(freshFor + time.Second)
	b.get(appPath).want(t, "left alone", http.StatusSeeOther, FreshPath+"?dalej="+url.QueryEscape(appPath))
	b.get(SecondStepPath).want(t, "left alone", http.StatusSeeOther, FreshPath+"?dalej="+url.QueryEscape(SecondStepPath))
	l.clock.at = l.clock.at.Add(draftLife)
	b.send(appPath, "szkic", draft, "kod", codeOf(t, secret, l.clock.at)).want(t, "an old draft", http.StatusConflict, "")
}

func TestCodesWorkOnce(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		ctx := context.Background()
		id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		secret, recovery := l.enrolled(id)
		for _, name := range []string{"app", "recovery"} {
			code := recovery[0]
			if name == "app" {
				code = codeOf(t, secret, l.clock.at)
			}
			var wait sync.WaitGroup
			var mu sync.Mutex
			passed := 0
			for range 4 {
				wait.Go(func() {
					_, err := l.passSecond(ctx, Caller{Network: "192.0.2.1"}, id, code)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						passed++
					} else if k := fault.KindOf(err); k != fault.Invalid {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			wait.Wait()
			if passed != 1 {
				t.Errorf("%s: %d of four at once pass with one code", name, passed)
			}
			l.clock.at = l.clock.at.Add(16 * time.Minute)
			if _, err := l.passSecond(ctx, Caller{Network: "192.0.2.1"}, id, code); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s, later: %v", name, err)
			}
		}
	})
}

// Two requests may both find the code new before either spends it.
func TestStepIsSpentOnce(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		ctx := context.Background()
		id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		l.enrolled(id)
		step := l.clock.at.Unix() / otp.Period
		for i, want := range []bool{true, false} {
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, right, err := l.spendFactor(ctx, tx, id, "", step, true, l.clock.at.Unix())
				if right != want {
					t.Errorf("use %d: %v", i+1, right)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTwoWhoEnrollAtOnce(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		var wait sync.WaitGroup
		var mu sync.Mutex
		done := 0
		for _, kind := range []Factor{AppFactor, ListFactor} {
			wait.Go(func() {
				dr := l.newDraft(kind)
				typed := ""
				if kind == AppFactor {
					typed = codeOf(t, dr.Secret, l.clock.at)
				} else {
					typed = dr.Codes[dr.mustProve()-1]
				}
				_, err := l.enroll(context.Background(), Actor{Person: id}, session{ID: string(kind), Person: id, Level: oneStep}, dr, typed)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if fault.KindOf(err) != fault.Forbidden {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if done != 1 {
			t.Errorf("%d set up a factor with the password alone", done)
		}
	})
}

func TestGuessingCodes(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		ctx := context.Background()
		id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		secret, _ := l.enrolled(id)
		*l.told = nil
		for range 20 {
			if _, err := l.passSecond(ctx, Caller{Network: "192.0.2.1"}, id, "12"); fault.KindOf(err) != fault.Invalid {
				t.Fatalf("what is no code is no guess: %v", err)
			}
		}
		wrong := codeOf(t, otp.NewSecret(), l.clock.at)
		for i := range codesPerPerson {
			network := "192.0.2." + string(rune('1'+i))
			if _, err := l.passSecond(ctx, Caller{Network: network}, id, wrong); fault.KindOf(err) != fault.Invalid {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		for range 3 {
			if _, err := l.passSecond(ctx, Caller{Network: "192.0.2.77"}, id, codeOf(t, secret, l.clock.at)); fault.KindOf(err) != fault.TooMany {
				t.Errorf("after too many: %v", err)
			}
		}
		if len(*l.told) != 1 || (*l.told)[0] != "ways.told.guesses" {
			t.Errorf("told: %v", *l.told)
		}
		l.clock.at = l.clock.at.Add(16 * time.Minute)
		if _, err := l.passSecond(ctx, Caller{Network: "192.0.2.1"}, id, codeOf(t, secret, l.clock.at)); err != nil {
			t.Errorf("a quarter later: %v", err)
		}
	})
}

func TestSecretsAreNotInTheDatabase(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	id := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
	secret, recovery := l.enrolled(id)
	var sealed string
	var hashes []string
	ctx := context.Background()
	err := errors.Join(l.db.Get(ctx, &sealed, `select secret from access_factors where person = ?`, id), l.db.Select(ctx, &hashes, `select hash from access_codes where person = ?`, id))
	if err != nil || len(hashes) != recoveryN {
		t.Fatal(err, len(hashes))
	}
	if strings.Contains(sealed, secret) {
		t.Error("the secret of the app lies in clear")
	}
	for _, h := range hashes {
		if strings.Contains(strings.Join(recovery, " "), h) || h == hashToken(recovery[0]) {
			t.Error("a code lies in clear, or under a hash that anybody can compute")
		}
	}
	other := openLodge(t, l.db) // other keys
	if _, err := other.passSecond(ctx, Caller{Network: "192.0.2.1"}, id, codeOf(t, secret, l.clock.at)); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("opened with other keys: %v", err)
	}
}

func TestRemovingAndResetting(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		ctx := context.Background()
		admin := l.add("Ewa Łoś", "ewa@example.org", goodPassword, Held{Administrator, ""})
		teacher := l.add("Jan Kos", "jan@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
		secret, _ := l.enrolled(admin)
		l.enrolled(teacher)
		who := func(id PersonID) Actor {
			a, err := l.Actor(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		both := func(id PersonID) session { return session{ID: "x", Person: id, Level: bothSteps} }
		for _, tt := range []struct {
			name string
			err  error
			want fault.Kind
		}{
			{"password alone removes", l.removeFactor(ctx, who(teacher), session{ID: "x", Person: teacher, Level: oneStep}, AppFactor), fault.Forbidden},
			{"needed by a role", l.removeFactor(ctx, who(admin), both(admin), AppFactor), fault.Conflict},
			{"not there", l.removeFactor(ctx, who(teacher), both(teacher), "king"), fault.NotFound},
			{"teacher resets", l.ResetFactors(ctx, who(teacher), admin, "zgubiony telefon"), fault.Forbidden},
			{"stranger resets", l.ResetFactors(ctx, Stranger(), admin, "zgubiony telefon"), fault.SignedOut},
			{"own reset", l.ResetFactors(ctx, who(admin), admin, "zgubiony telefon"), fault.Forbidden},
			{"no reason", l.ResetFactors(ctx, who(admin), teacher, "  ab "), fault.Invalid},
			{"nobody", l.ResetFactors(ctx, who(admin), NewPersonID(), "zgubiony telefon"), fault.NotFound},
		} {
			if tt.err == nil || fault.KindOf(tt.err) != tt.want {
				t.Errorf("%s: %v", tt.name, tt.err)
			}
		}
		proxy := who(admin)
		proxy.Person, proxy.For = teacher, admin
		if err := l.ResetFactors(ctx, proxy, admin, "zgubiony telefon"); fault.KindOf(err) != fault.Forbidden || err == nil {
			t.Errorf("in the place of the person: %v", err)
		}
		if err := l.removeFactor(ctx, who(teacher), both(teacher), AppFactor); err != nil {
			t.Errorf("not needed: %v", err)
		}
		if has, err := l.Factors(ctx, teacher); err != nil || has != (Factors{}) {
			t.Errorf("left: %+v, %v", has, err)
		}
		b := l.signIn("ewa@example.org")
		b.send(SecondStepPath, "kod", codeOf(t, secret, l.clock.at))
		boss := l.add("Ola Sum", "ola@example.org", "", Held{Administrator, ""})
		*l.told = nil
		if err := l.ResetFactors(ctx, who(boss), admin, "zgubiony telefon, znam osobiście"); err != nil {
			t.Fatal(err)
		}
		if a := b.get("/konto"); a.status == http.StatusOK {
			t.Error("the session lives on after the reset")
		}
		if len(*l.told) != 1 || (*l.told)[0] != "ways.told.factor_reset" {
			t.Errorf("told: %v", *l.told)
		}
		if _, err := d.Spread(ctx); err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := d.Get(ctx, &rows, `select count(*) from audit_waiting where action = 'access.factor.reset' and actor = ? and subject = ?`, boss, admin); err != nil || rows != 1 {
			t.Errorf("%d rows in the log, %v", rows, err)
		}
	})
}
