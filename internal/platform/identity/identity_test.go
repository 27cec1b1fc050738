package identity_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/identity"
	"kladka/internal/platform/secrets"
	kit "kladka/internal/testkit/identity"
)

// trial is a connection to a service for tests.
type trial struct {
	*identity.Provider
	t      *testing.T
	server *kit.Server
	log    *bytes.Buffer
	mu     sync.Mutex
	clock  time.Time
}

const base = "https://kladka.example.org"

var anna = kit.Knobs{Subject: "abc-1", Given: "Anna", Family: "Nowak", Born: "1990-01-31"}

func (c *trial) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock
}

func (c *trial) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock = c.clock.Add(d)
}

func newTrial(t *testing.T, change func(*identity.Config)) *trial {
	t.Helper()
	c := &trial{t: t, log: &bytes.Buffer{}, clock: time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)}
	c.server = kit.New(t, c.now)
	c.server.Set(anna)
	config := identity.Config{Base: base, Keys: secrets.New(), Now: c.now, Log: slog.New(slog.NewTextHandler(c.log, nil)),
		Settings: identity.Settings{Name: "Login", Issuer: c.server.URL, Client: kit.Client, Secret: kit.Secret}}
	if change != nil {
		change(&config)
	}
	p, err := identity.New(config)
	if err != nil {
		t.Fatal(err)
	}
	c.Provider = p
	return c
}

// ask goes to the service as a browser does and comes back with its answer.
func (c *trial) ask(person, purpose string) (identity.Away, *http.Request) {
	c.t.Helper()
	away, err := c.Begin(c.t.Context(), person, purpose)
	if err != nil {
		c.t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(away.Address)
	if err != nil {
		c.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusFound {
		c.t.Fatalf("the service does not take the question: %d", answer.StatusCode)
	}
	return away, back(answer.Header.Get("Location"), away.Cookie)
}

// back is the request with which somebody comes back.
func back(address string, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

// TestRefusals: whatever is wrong with an answer, nobody is who they say.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*kit.Knobs)
		purpose string
		want    error
	}{
		"another nonce":        {func(k *kit.Knobs) { k.Nonce = "x" }, "p", identity.ErrForeign},
		"expired":              {func(k *kit.Knobs) { k.Expired = true }, "p", identity.ErrForeign},
		"for another client":   {func(k *kit.Knobs) { k.Audience = "other" }, "p", identity.ErrForeign},
		"for several":          {func(k *kit.Knobs) { k.Audience = []string{kit.Client, "other"} }, "p", identity.ErrForeign},
		"to another party":     {func(k *kit.Knobs) { k.Audience, k.Party = []string{kit.Client, "other"}, "other" }, "p", identity.ErrForeign},
		"of another issuer":    {func(k *kit.Knobs) { k.Issuer = "https://other.example" }, "p", identity.ErrForeign},
		"without a signature":  {func(k *kit.Knobs) { k.Unsigned = true }, "p", identity.ErrForeign},
		"by a shared secret":   {func(k *kit.Knobs) { k.Shared = true }, "p", identity.ErrForeign},
		"by an unknown key":    {func(k *kit.Knobs) { k.OtherKey = true }, "p", identity.ErrForeign},
		"nobody":               {func(k *kit.Knobs) { k.Subject = "" }, "p", identity.ErrForeign},
		"a subject too long":   {func(k *kit.Knobs) { k.Subject = strings.Repeat("x", 256) }, "p", identity.ErrForeign},
		"refused":              {func(k *kit.Knobs) { k.Refuse = "access_denied" }, "p", identity.ErrRefused},
		"the service is busy":  {func(k *kit.Knobs) { k.Refuse = "temporarily_unavailable" }, "p", identity.ErrUnreachable},
		"too weak, it says":    {func(k *kit.Knobs) { k.Refuse = "unmet_authentication_requirements" }, "p", identity.ErrLevel},
		"no birthday":          {func(k *kit.Knobs) { k.Born = "" }, "p", identity.ErrNoBirth},
		"a year only":          {func(k *kit.Knobs) { k.Born = "1990" }, "p", identity.ErrNoBirth},
		"a birthday, no year":  {func(k *kit.Knobs) { k.Born = "0000-01-31" }, "p", identity.ErrNoBirth},
		"no name":              {func(k *kit.Knobs) { k.Family = "" }, "p", identity.ErrNoName},
		"user info of another": {func(k *kit.Knobs) { k.InUserInfo, k.OtherPerson = true, true }, "p", identity.ErrForeign},
		"tokens elsewhere":     {func(k *kit.Knobs) { k.Redirects = true }, "p", identity.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			trial, knobs := newTrial(t, nil), anna
			c.change(&knobs)
			trial.server.Set(knobs)
			_, r := trial.ask("osoba", "p")
			claims, purpose, err := trial.Finish(t.Context(), "osoba", r)
			if !errors.Is(err, c.want) || claims != (identity.Claims{}) || purpose != c.purpose {
				t.Errorf("%+v, %q, %v, want %v", claims, purpose, err, c.want)
			}
			if trial.server.Strayed() > 0 {
				t.Error("the secret of the client went elsewhere")
			}
			if trial.log.Len() > 0 {
				t.Errorf("it is logged: %s", trial.log)
			}
		})
	}
}

// TestAnswersOfOthers: an answer counts once, in time, for who asked.
func TestAnswersOfOthers(t *testing.T) {
	c := newTrial(t, nil)
	foreign := func(name, person string, r *http.Request) {
		t.Helper()
		if claims, purpose, err := c.Finish(t.Context(), person, r); !errors.Is(err, identity.ErrForeign) || claims != (identity.Claims{}) || purpose != "" {
			t.Errorf("%s: %+v, %q, %v", name, claims, purpose, err)
		}
	}
	away, r := c.ask("osoba", "edycja 1")
	other, _ := c.ask("osoba", "edycja 2")
	address := r.URL.String()
	foreign("without a cookie", "osoba", back(address))
	foreign("of somebody else", "inna", r)
	foreign("of nobody", "", r)
	foreign("to another question", "osoba", back(address, other.Cookie))
	foreign("without a state", "osoba", back(base+identity.Path+"?code=kod1", away.Cookie))
	foreign("with a foreign issuer", "osoba", back(strings.Replace(address, "iss=", "iss=x", 1), away.Cookie))
	bent := *away.Cookie
	bent.Value = "A" + bent.Value[1:]
	if bent.Value == away.Cookie.Value {
		bent.Value = "B" + bent.Value[1:]
	}
	foreign("with a bent cookie", "osoba", back(address, &bent))
	elsewhere := newTrial(t, nil)
	if _, _, err := elsewhere.Finish(t.Context(), "osoba", r); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("another installation takes it: %v", err)
	}
	c.pass(10 * time.Minute)
	foreign("too late", "osoba", r)
	c.pass(-10 * time.Minute)
	claims, purpose, err := c.Finish(t.Context(), "osoba", r)
	if want := (identity.Claims{Issuer: c.server.URL, Subject: "abc-1", Name: "Anna Nowak", Born: "1990-01-31"}); err != nil || claims != want || purpose != "edycja 1" {
		t.Fatalf("%+v, %q, %v", claims, purpose, err)
	}
	// The cookie was taken away; who kept a copy has a code that is spent.
	if claims, _, err := c.Finish(t.Context(), "osoba", r); !errors.Is(err, identity.ErrForeign) || claims != (identity.Claims{}) {
		t.Errorf("the same answer again: %+v, %v", claims, err)
	}
	if f := c.Forget(); f.MaxAge >= 0 || f.Name != away.Cookie.Name || f.Path != away.Cookie.Path {
		t.Errorf("the cookie stays: %+v", f)
	}
}

// TestTheQuestion: what is sent, and what the person carries.
func TestTheQuestion(t *testing.T) {
	c := newTrial(t, func(c *identity.Config) { c.ACR = "wysoki średni" })
	away, r := c.ask("osoba", "edycja, Długa 5")
	q := c.server.Asked()
	for name, want := range map[string]string{"client_id": kit.Client, "response_type": "code", "scope": "openid profile", "redirect_uri": base + "/tozsamosc/powrot",
		"code_challenge_method": "S256", "prompt": "login", "acr_values": "wysoki średni"} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("state")) < 40 || len(q.Get("nonce")) < 40 || q.Get("state") == q.Get("nonce") || strings.Contains(away.Address, "ug") && strings.Contains(away.Address, "Długa") {
		t.Errorf("the question: %v", q)
	}
	k := away.Cookie
	if !k.HttpOnly || !k.Secure || k.SameSite != http.SameSiteLaxMode || k.Path != identity.Path || k.MaxAge != 600 || strings.Contains(k.Value, q.Get("state")) {
		t.Errorf("the cookie: %+v", k)
	}
	if _, _, err := c.Finish(t.Context(), "osoba", r); !errors.Is(err, identity.ErrLevel) {
		t.Errorf("no level: %v", err)
	}
	for acr, want := range map[string]error{"niski": identity.ErrLevel, "średni": nil} {
		knobs := anna
		knobs.ACR = acr
		c.server.Set(knobs)
		_, r := c.ask("osoba", "x")
		if _, _, err := c.Finish(t.Context(), "osoba", r); !errors.Is(err, want) {
			t.Errorf("%s: %v", acr, err)
		}
	}
	if _, err := c.Begin(t.Context(), "", "x"); err == nil {
		t.Error("nobody goes")
	}
	if _, err := c.Begin(t.Context(), "osoba", strings.Repeat("x", 4000)); err == nil {
		t.Error("a cookie that no browser takes")
	}
}

// TestWhereWordsStand: in the token or in user info, under the names that are set.
func TestWhereWordsStand(t *testing.T) {
	want := "Anna Nowak 1990-01-31"
	for name, c := range map[string]struct {
		knobs  kit.Knobs
		change func(*identity.Config)
	}{
		"user info":      {kit.Knobs{Subject: "1", Given: " Anna", Family: "Nowak", Born: "1990-01-31", InUserInfo: true}, nil},
		"one name":       {kit.Knobs{Subject: "1", Name: "Anna  Nowak", Born: "1990-01-31"}, nil},
		"another name":   {kit.Knobs{Subject: "1", Given: "Ania", Family: "Kot", Name: "Anna Nowak", Born: "1990-01-31"}, func(c *identity.Config) { c.NameClaim = "name" }},
		"another claim":  {kit.Knobs{Subject: "1", Given: "Anna", Family: "Nowak", Name: "1990-01-31"}, func(c *identity.Config) { c.BornClaim = "name" }},
		"for us by name": {kit.Knobs{Subject: "1", Name: "Anna Nowak", Born: "1990-01-31", Audience: []string{"x", kit.Client}, Party: kit.Client}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			trial := newTrial(t, c.change)
			trial.server.Set(c.knobs)
			_, r := trial.ask("osoba", "p")
			claims, _, err := trial.Finish(t.Context(), "osoba", r)
			if err != nil || claims.Name+" "+claims.Born != want {
				t.Errorf("%+v, %v", claims, err)
			}
		})
	}
}

// TestAServiceThatIsDown: the program starts, says so, asks again after a while,
// and goes on with what it knows.
func TestAServiceThatIsDown(t *testing.T) {
	c := newTrial(t, nil)
	down := anna
	down.Down = true
	c.server.Set(down)
	if _, err := c.Begin(t.Context(), "osoba", "p"); !errors.Is(err, identity.ErrUnreachable) {
		t.Fatalf("down: %v", err)
	}
	if c.log.Len() == 0 {
		t.Error("the operator is not told")
	}
	c.server.Set(anna)
	if _, err := c.Begin(t.Context(), "osoba", "p"); !errors.Is(err, identity.ErrUnreachable) {
		t.Errorf("asked again at once: %v", err)
	}
	c.pass(11 * time.Second)
	_, r := c.ask("osoba", "p")
	c.server.Set(down)
	if _, _, err := c.Finish(t.Context(), "osoba", r); !errors.Is(err, identity.ErrUnreachable) {
		t.Errorf("down meanwhile: %v", err)
	}
	c.pass(25 * time.Hour)
	if _, err := c.Begin(t.Context(), "osoba", "p"); err != nil {
		t.Errorf("an old description does not do: %v", err)
	}
}

// TestBadDescriptions: a service that describes itself in a way that is not safe is
// none.
func TestBadDescriptions(t *testing.T) {
	for name, k := range map[string]kit.Knobs{
		"no signature that we take": {Algorithms: []string{"none", "HS256", "EdDSA"}},
		"endless":                   {Endless: true},
		"tokens by http":            {Leads: "http://other.example/token"},
		"no address":                {Leads: "token"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, nil)
			c.server.Set(k)
			if _, err := c.Begin(t.Context(), "osoba", "p"); !errors.Is(err, identity.ErrUnreachable) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestAMisfit: the operator is told that the service does not know this client,
// and not what anybody answered.
func TestAMisfit(t *testing.T) {
	c := newTrial(t, func(c *identity.Config) { c.Secret = "inne" })
	_, r := c.ask("osoba", "p")
	if _, _, err := c.Finish(t.Context(), "osoba", r); !errors.Is(err, identity.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	if text := c.log.String(); !strings.Contains(text, "invalid_client") || strings.Contains(text, "kod1") || strings.Contains(text, "osoba") {
		t.Errorf("the log: %s", text)
	}
}

func TestSettings(t *testing.T) {
	good := identity.Settings{Name: "Login", Issuer: "https://login.example", Client: "a", Secret: "b"}
	for name, c := range map[string]struct {
		base   string
		change func(*identity.Settings)
		ok     bool
	}{
		"good":              {base, func(*identity.Settings) {}, true},
		"on this machine":   {"http://127.0.0.1:8080", func(s *identity.Settings) { s.Issuer = "http://localhost:9000/realm" }, true},
		"no base":           {"", func(*identity.Settings) {}, false},
		"base by http":      {"http://kladka.example.org", func(*identity.Settings) {}, false},
		"no name":           {base, func(s *identity.Settings) { s.Name = " " }, false},
		"no issuer":         {base, func(s *identity.Settings) { s.Issuer = "" }, false},
		"issuer by http":    {base, func(s *identity.Settings) { s.Issuer = "http://login.example" }, false},
		"issuer, a file":    {base, func(s *identity.Settings) { s.Issuer = "file:///etc/passwd" }, false},
		"issuer with names": {base, func(s *identity.Settings) { s.Issuer = "https://a:b@login.example" }, false},
		"no client":         {base, func(s *identity.Settings) { s.Client = "" }, false},
		"no secret":         {base, func(s *identity.Settings) { s.Secret = "" }, false},
	} {
		set := good
		c.change(&set)
		p, err := identity.New(identity.Config{Settings: set, Base: c.base, Keys: secrets.New(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && p.Redirect() != c.base+identity.Path {
			t.Errorf("%s: sends people back to %s", name, p.Redirect())
		}
	}
}

// FuzzFinish: whatever comes back, it is an answer of ours or none.
func FuzzFinish(f *testing.F) {
	f.Add("state=x&code=y", "cookie")
	f.Add("error=access_denied&state=", "")
	p, err := identity.New(identity.Config{Settings: identity.Settings{Name: "L", Issuer: "https://login.example", Client: "a", Secret: "b"}, Base: base,
		Keys: secrets.New(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query, cookie string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: identity.Path, RawQuery: query}, Header: http.Header{}}
		r.AddCookie(&http.Cookie{Name: "kladka_tozsamosc", Value: cookie})
		if _, _, err := p.Finish(t.Context(), "osoba", r); !errors.Is(err, identity.ErrForeign) {
			t.Errorf("%q is taken: %v", query, err)
		}
	})
}
