package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// cookieName is the cookie in which lies what waits for an answer.
const cookieName = "kladka_tozsamosc"

const (
	waits      = 10 * time.Minute
	mostCookie = 3000 // bytes; browsers take four thousand with the name
	sealedFor  = "identity.waiting"
)

// waiting is what we must know when somebody comes back.
type waiting struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Purpose  string `json:"p"`
	Until    int64  `json:"u"`
}

// Away is somebody about to go to the service: where, and what they carry.
type Away struct {
	Address string
	Cookie  *http.Cookie
}

// Begin sends a person who is signed in to the service. Purpose is what the answer
// is for, in words of whoever asks; nobody else can read or change it. The service
// is asked to let the person sign in anew, because the computer may be everybody's.
// ErrUnreachable when the service does not answer.
//
// The address must not be the answer to a form: the policy of our pages lets forms
// lead to us alone. It is a link, or a refresh.
func (p *Provider) Begin(ctx context.Context, person, purpose string) (Away, error) {
	s, err := p.service(ctx)
	if err != nil {
		return Away{}, err
	}
	w := waiting{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), Purpose: purpose, Until: p.Now().Add(waits).Unix()}
	plain, err := json.Marshal(w)
	if err != nil {
		return Away{}, err
	}
	sealed := p.Keys.Seal(sealedFor, p.place(person), plain)
	if person == "" || len(sealed) > mostCookie {
		return Away{}, errors.New("identity: nobody asks, or for too much")
	}
	options := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("nonce", w.Nonce), oauth2.S256ChallengeOption(w.Verifier), oauth2.SetAuthURLParam("prompt", "login")}
	if levels := strings.Fields(p.ACR); len(levels) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(levels, " ")))
	}
	return Away{p.oauth(s).AuthCodeURL(w.State, options...), p.cookie(sealed, waits)}, nil
}

// place binds what waits to a person, and to the service that was asked.
func (p *Provider) place(person string) string { return p.Issuer + " " + p.Client + " " + person }

// Forget is the cookie that takes the other away. Whoever calls Finish sets it,
// whatever Finish says.
func (p *Provider) Forget() *http.Cookie { return p.cookie("", -time.Second) }

// cookie goes to one address. Lax lets it come with the person whom another site
// sends back, and with nothing else from there.
func (p *Provider) cookie(value string, age time.Duration) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: Path, MaxAge: int(age.Seconds()), HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode}
}

// remember reads what waits for the answer to a question of this person.
func (p *Provider) remember(person string, r *http.Request) (w waiting, err error) {
	c, err := r.Cookie(cookieName)
	if err != nil || person == "" || len(c.Value) > mostCookie {
		return w, ErrForeign
	}
	plain, err := p.Keys.Unseal(sealedFor, p.place(person), c.Value)
	if err != nil {
		return w, ErrForeign
	}
	if err := json.Unmarshal(plain, &w); err != nil || w.State == "" || w.Nonce == "" || p.Now().Unix() >= w.Until {
		return waiting{}, ErrForeign
	}
	return w, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
