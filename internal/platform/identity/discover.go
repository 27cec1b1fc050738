package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// How long the description of the service is believed, and how soon one that
// failed is tried again.
const (
	describedFor = 24 * time.Hour
	retryAfter   = 10 * time.Second
)

// algorithms are the signatures that we take, if the service announces them.
var algorithms = []string{oidc.RS256, oidc.ES256, oidc.PS256}

// service is what the service said of itself.
type service struct {
	*oidc.Provider
	endpoint   oauth2.Endpoint
	keys       oidc.KeySet
	algorithms []string
	until      time.Time
}

// service describes the service, asking it when that is due. While one request
// asks, others wait for what it finds. A description that is old is better than
// none.
func (p *Provider) service(ctx context.Context) (*service, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	if p.known != nil && now.Before(p.known.until) {
		return p.known, nil
	}
	if !now.Before(p.pause) {
		found, err := p.discover(ctx)
		if err == nil {
			found.until = now.Add(describedFor)
			p.known = found
			return found, nil
		}
		p.pause = now.Add(retryAfter)
		p.Log.Warn("the national sign-in cannot be reached", "err", cut(err))
	}
	if p.known != nil {
		return p.known, nil
	}
	return nil, ErrUnreachable
}

// discover asks the service to describe itself. Whoever asked first may hang up:
// the others wait for the same answer.
func (p *Provider) discover(ctx context.Context) (*service, error) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), mostTime)
	defer stop()
	ctx = oidc.ClientContext(ctx, p.client)
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	var more described
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	s := &service{Provider: found, endpoint: found.Endpoint(), keys: oidc.NewRemoteKeySet(ctx, more.Keys)}
	if err := p.takesAll(s.endpoint.AuthURL, s.endpoint.TokenURL, more.Keys, more.UserInfo); err != nil {
		return nil, err
	}
	for _, a := range more.Algorithms {
		if slices.Contains(algorithms, a) {
			s.algorithms = append(s.algorithms, a)
		}
	}
	if len(s.algorithms) == 0 {
		return nil, errors.New("it announces no signature that we take")
	}
	s.endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		s.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return s, nil
}

// described is what we need of the description beyond what go-oidc reads of it.
type described struct {
	Keys       string   `json:"jwks_uri"`
	UserInfo   string   `json:"userinfo_endpoint"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
}

// takesAll checks the addresses that the service gave. Only that of more claims,
// the last one, may be missing; and only a service on this machine may lead to this
// machine by http.
func (p *Provider) takesAll(list ...string) error {
	for n, address := range list {
		if n == len(list)-1 && address == "" {
			continue
		}
		local, err := trusted(address)
		if err == nil && local && !p.local {
			err = errors.New("it leads to this machine")
		}
		if err != nil {
			return fmt.Errorf("an address of its description: %w", err)
		}
	}
	return nil
}

// cut keeps an error of the description short: the service writes a part of it.
func cut(err error) string {
	text := err.Error()
	return text[:min(len(text), 200)]
}

// bounded ends answers that are too long.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, mostBytes), answer.Body}
	}
	return answer, err
}
