// Package identity is a small national sign-in for tests: it describes itself,
// lets everybody in who asks properly, and can be made to lie.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// The client that the service knows.
const (
	Client = "kladka"
	Secret = "tajne"
)

// Knobs are who signs in there and what is wrong with the answer. The zero value
// of a knob leaves all right.
type Knobs struct {
	Subject, Given, Family, Name, Born, ACR string

	Refuse      string // the error that people come back with
	Down        bool   // everything answers 503
	Nonce       string // instead of the one that was asked for
	Issuer      string
	Audience    any
	Party       string // azp
	Expired     bool
	Unsigned    bool     // alg none
	Shared      bool     // signed with the secret of the client (HS256)
	OtherKey    bool     // signed by a key that is not published
	Algorithms  []string // that the service announces
	Endless     bool     // the description has no end
	Leads       string   // address of the token endpoint in the description
	InUserInfo  bool     // name and date of birth stand there alone
	OtherPerson bool     // user info is about somebody else
	Redirects   bool     // the token endpoint leads elsewhere
}

// Server is the service. Turn its knobs with Set.
type Server struct {
	URL string
	now func() time.Time
	key *ecdsa.PrivateKey

	mu    sync.Mutex
	knobs Knobs
	asked url.Values // the last question
	codes map[string]url.Values
	had   int
	stray int
}

// New starts a service that lives as long as the test.
func New(t testing.TB, now func() time.Time) *Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{now: now, key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.describe)
	mux.HandleFunc("GET /keys", s.keys)
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /userinfo", s.userInfo)
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stray++
	})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Knobs().Down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Set turns the knobs, and Knobs reads them.
func (s *Server) Set(k Knobs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
}

// Knobs are the knobs as they are now.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// Asked is the last question that somebody was sent with.
func (s *Server) Asked() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Strayed is how often somebody followed the token endpoint elsewhere.
func (s *Server) Strayed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stray
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	k := s.Knobs()
	if k.Endless {
		for range 3 << 20 / 64 {
			fmt.Fprintf(w, "%64s", "")
		}
	}
	if k.Algorithms == nil {
		k.Algorithms = []string{"ES256", "HS256", "none"}
	}
	tokens := s.URL + "/token"
	if k.Leads != "" {
		tokens = k.Leads
	}
	about := map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": tokens,
		"jwks_uri": s.URL + "/keys", "id_token_signing_alg_values_supported": k.Algorithms}
	if k.InUserInfo {
		about["userinfo_endpoint"] = s.URL + "/userinfo"
	}
	answer(w, about)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func part(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s *Server) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := s.key.PublicKey.Bytes()
	if err != nil {
		panic(err) // a key of P-256 has bytes
	}
	answer(w, map[string]any{"keys": []any{map[string]string{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1",
		"x": part(point[1:33]), "y": part(point[33:])}}})
}

// authorize lets in whoever asks, without a question, and sends them back.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q, k := r.URL.Query(), s.Knobs()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != Client || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" {
		http.Error(w, "bad question", http.StatusBadRequest)
		return
	}
	to := url.Values{"state": {q.Get("state")}, "iss": {s.URL}}
	s.mu.Lock()
	s.asked = q
	if k.Refuse != "" {
		to.Set("error", k.Refuse)
	} else {
		s.had++
		code := fmt.Sprint("kod", s.had)
		s.codes[code] = q
		to.Set("code", code)
	}
	s.mu.Unlock()
	back.RawQuery = to.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// token trades a code once, to the client that asked for it.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if s.Knobs().Redirects {
		http.Redirect(w, r, s.URL+"/elsewhere", http.StatusTemporaryRedirect)
		return
	}
	wrong := func(status int, word string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": word})
	}
	if client, secret, _ := r.BasicAuth(); client != Client || secret != Secret {
		wrong(http.StatusUnauthorized, "invalid_client")
		return
	}
	code := r.PostFormValue("code")
	s.mu.Lock()
	asked, ok := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || part(sum[:]) != asked.Get("code_challenge") || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		wrong(http.StatusBadRequest, "invalid_grant")
		return
	}
	answer(w, map[string]any{"access_token": "dostep", "token_type": "Bearer", "expires_in": 60, "id_token": s.idToken(asked.Get("nonce"))})
}

// person is what the service says of who signs in.
func (k Knobs) person() map[string]any {
	words := map[string]any{}
	for name, value := range map[string]string{"given_name": k.Given, "family_name": k.Family, "name": k.Name, "birthdate": k.Born} {
		if value != "" {
			words[name] = value
		}
	}
	return words
}

func (s *Server) idToken(nonce string) string {
	k, now := s.Knobs(), s.now()
	claims := map[string]any{"iss": s.URL, "aud": Client, "sub": k.Subject, "nonce": nonce, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	if !k.InUserInfo {
		for name, value := range k.person() {
			claims[name] = value
		}
	}
	if k.ACR != "" {
		claims["acr"] = k.ACR
	}
	if k.Nonce != "" {
		claims["nonce"] = k.Nonce
	}
	if k.Issuer != "" {
		claims["iss"] = k.Issuer
	}
	if k.Audience != nil {
		claims["aud"] = k.Audience
	}
	if k.Party != "" {
		claims["azp"] = k.Party
	}
	if k.Expired {
		claims["exp"] = now.Add(-time.Minute).Unix()
	}
	return s.sign(k, claims)
}

func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	k := s.Knobs()
	if r.Header.Get("Authorization") != "Bearer dostep" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	words := k.person()
	words["sub"] = k.Subject
	if k.OtherPerson {
		words["sub"] = "somebody else"
	}
	answer(w, words)
}
