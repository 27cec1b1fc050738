// Package identity connects the program to one service that vouches for people:
// a national sign-in that speaks OpenID Connect. It is no way into an account.
// Somebody who is signed in here is sent there, proves who they are, and comes
// back with three things that the service tells us: a name, a date of birth and
// an identifier of its own.
//
// # How somebody goes and comes back
//
// Begin makes the address to which the person goes, and a cookie. In the cookie
// lies, sealed under the keys of the installation, what waits for the answer: the
// state, the nonce, the secret of PKCE, and what all of it is for. It is bound to
// the person who is signed in, opens for ten minutes and is taken away by the
// first answer, right or wrong. Nothing of it is in the database.
//
// Finish takes the answer at one fixed address (Path). It trades the code for a
// signed token, checks who signed it, for whom, until when and that it answers
// this very question, and gives back Claims. Tokens are dropped at once, and
// nothing about an answer is logged: neither what it said nor why it was refused.
//
// # What is believed
//
// The description of the service is read when it is first needed, and again after
// a day or a failure, so that the program starts while the service is down. All
// addresses in it must be https, or all of it on this machine for a trial.
// Signatures are RS256, ES256 or PS256, as the service announces; a token without
// a signature, or signed with a shared secret, is no token. Answers are bounded
// in bytes and in time, and lead nowhere else.
//
// The package has no pages and no texts: whoever asked puts its errors into words.
package identity

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"kladka/internal/platform/secrets"
)

// Path is where the service sends people back to. The operator registers it
// there, with the address of the installation before it.
const Path = "/tozsamosc/powrot"

// Settings are what an operator says of the service.
type Settings struct {
	Name   string // as people know it: "Login.gov.pl"
	Issuer string // https://…, or http on this machine
	Client string // what the service calls this installation
	Secret string

	// ACR are levels of assurance that are enough, divided by blanks; "" takes any.
	ACR string
	// Scopes are what is asked for, divided by blanks; "" is "openid profile".
	Scopes string
	// BornClaim and NameClaim are where the date of birth and the whole name stand;
	// "" is birthdate, and given_name with family_name or else name.
	BornClaim string
	NameClaim string
}

// Config is what a Provider is made of.
type Config struct {
	Settings
	Base string // how people reach us: https://kladka.example.org
	Keys *secrets.Keys
	Now  func() time.Time
	Log  *slog.Logger
}

// Claims are what the service says of somebody. Subject is who they are there, and
// means something together with Issuer only. Born is YYYY-MM-DD.
type Claims struct {
	Issuer, Subject, Name, Born string
}

// What can go wrong on the way. No error says more than this: the rest would be
// about a person.
var (
	// ErrRefused: the person changed their mind there.
	ErrRefused = errors.New("identity: the person said no")
	// ErrUnreachable: the service does not answer, or takes us for nobody. To be
	// tried again later.
	ErrUnreachable = errors.New("identity: the service does not answer")
	// ErrForeign: the answer is none to a question of this person, or it is forged,
	// too late, or sent for the second time.
	ErrForeign = errors.New("identity: the answer is not ours")
	// ErrLevel: the person proved who they are by a means that is not enough.
	ErrLevel = errors.New("identity: the level of assurance is not enough")
	// ErrNoName and ErrNoBirth: the service did not tell that.
	ErrNoName  = errors.New("identity: no name was told")
	ErrNoBirth = errors.New("identity: no date of birth was told")
)

// Provider is the connection to the service. Make it with New.
type Provider struct {
	Config
	redirect string
	secure   bool // cookies go by https alone
	local    bool // the service is on this machine
	client   *http.Client

	mu    sync.Mutex
	known *service
	pause time.Time // until then the service is not asked for its description
}

// New makes the connection, without asking the service anything. Its error says
// which setting is wrong.
func New(c Config) (*Provider, error) {
	p := &Provider{Config: c}
	switch {
	case strings.TrimSpace(c.Name) == "":
		return nil, errors.New("national sign-in: it has no name (KLADKA_IDENTITY_NAME)")
	case c.Client == "" || c.Secret == "":
		return nil, errors.New("national sign-in: the client or its secret is missing (KLADKA_IDENTITY_CLIENT, KLADKA_IDENTITY_SECRET)")
	case c.Base == "":
		return nil, errors.New("national sign-in: it sends people back to this server, whose address is not set (KLADKA_BASE)")
	}
	var err error
	if p.local, err = trusted(c.Issuer); err != nil {
		return nil, fmt.Errorf("national sign-in: the issuer (KLADKA_IDENTITY_ISSUER): %w", err)
	}
	if _, err = trusted(c.Base); err != nil {
		return nil, fmt.Errorf("national sign-in: the address of this server (KLADKA_BASE): %w", err)
	}
	p.redirect, p.secure = strings.TrimSuffix(c.Base, "/")+Path, strings.HasPrefix(c.Base, "https:")
	p.client = outside()
	return p, nil
}

// Name is what people call the service.
func (p *Provider) Name() string { return p.Settings.Name }

// Redirect is the address that is to be registered with the service.
func (p *Provider) Redirect() string { return p.redirect }

// trusted takes https anywhere and http on this machine, and tells the latter.
func trusted(address string) (local bool, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false, errors.New("not an address")
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	local = host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case u.Scheme == "https", u.Scheme == "http" && local:
		return local, nil
	}
	return false, errors.New("it must be https")
}

// Bounds of an answer of the service.
const (
	mostBytes = 1 << 20
	mostTime  = 8 * time.Second
)

// outside is the client that talks with the service. It follows no redirects: one
// would carry the secret of the client to wherever it leads.
func outside() *http.Client {
	return &http.Client{Timeout: mostTime, Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (p *Provider) scopes() []string {
	list := strings.Fields(p.Scopes)
	if len(list) == 0 {
		list = []string{"openid", "profile"}
	}
	if !slices.Contains(list, "openid") {
		list = append([]string{"openid"}, list...)
	}
	return list
}

func (p *Provider) oauth(s *service) *oauth2.Config {
	return &oauth2.Config{ClientID: p.Client, ClientSecret: p.Secret, Endpoint: s.endpoint, RedirectURL: p.redirect, Scopes: p.scopes()}
}

// random is 256 bits as letters.
func random() string {
	var b [32]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}
