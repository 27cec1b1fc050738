package identity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Finish takes the answer with which somebody came back, and the purpose that was
// given to Begin. The purpose is known, and told with an error too, once the answer
// is one to a question of this person; else it is "". The errors are those above.
func (p *Provider) Finish(ctx context.Context, person string, r *http.Request) (c Claims, purpose string, err error) {
	w, err := p.remember(person, r)
	if err != nil {
		return c, "", err
	}
	q := r.URL.Query()
	if !same(q.Get("state"), w.State) || q.Has("iss") && q.Get("iss") != p.Issuer {
		return c, "", ErrForeign
	}
	if word := q.Get("error"); word != "" {
		return c, w.Purpose, p.refusal(word)
	}
	ctx, stop := context.WithTimeout(ctx, 2*mostTime)
	defer stop()
	c, err = p.read(oidc.ClientContext(ctx, p.client), q.Get("code"), w)
	return c, w.Purpose, err
}

// refusals are the words with which a service sends people back without an answer.
var refusals = map[string]error{
	"access_denied":                     ErrRefused,
	"login_required":                    ErrRefused,
	"interaction_required":              ErrRefused,
	"consent_required":                  ErrRefused,
	"account_selection_required":        ErrRefused,
	"unmet_authentication_requirements": ErrLevel,
}

// misfits are words that are about this installation and not about a person: the
// operator is told.
var misfits = []string{"invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "unsupported_response_type"}

func (p *Provider) refusal(word string) error {
	if err := refusals[word]; err != nil {
		return err
	}
	p.tellMisfit(word)
	return ErrUnreachable
}

func (p *Provider) tellMisfit(word string) {
	if slices.Contains(misfits, word) {
		p.Log.Warn("the national sign-in refuses this installation", "word", word)
	}
}

// read trades the code for a token, checks it, and reads what it says.
func (p *Provider) read(ctx context.Context, code string, w waiting) (c Claims, err error) {
	s, err := p.service(ctx)
	if err != nil {
		return c, err
	}
	if code == "" {
		return c, ErrForeign
	}
	token, err := p.oauth(s).Exchange(ctx, code, oauth2.VerifierOption(w.Verifier))
	if err != nil {
		return c, p.notTraded(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.verify(ctx, s, raw, w.Nonce)
	if err != nil {
		return c, err
	}
	words := words{}
	if err := id.Claims(&words); err != nil {
		return c, ErrForeign
	}
	if levels := strings.Fields(p.ACR); len(levels) > 0 && !slices.Contains(levels, words.text("acr")) {
		return c, ErrLevel
	}
	c = Claims{Issuer: p.Issuer, Subject: id.Subject, Name: p.name(words), Born: p.born(words)}
	if (c.Name == "" || c.Born == "") && s.UserInfoEndpoint() != "" {
		if err := p.askMore(ctx, s, id, token, &c); err != nil {
			return Claims{}, err
		}
	}
	switch {
	case c.Name == "":
		return Claims{}, ErrNoName
	case c.Born == "":
		return Claims{}, ErrNoBirth
	}
	return c, nil
}

// notTraded sorts the refusals of a code: the service is down, takes us for nobody,
// or does not know the code (any more).
func (p *Provider) notTraded(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		p.tellMisfit(answer.ErrorCode)
		if answer.Response != nil && answer.Response.StatusCode >= 500 || slices.Contains(misfits, answer.ErrorCode) {
			return ErrUnreachable
		}
		return ErrForeign
	}
	return unreachable(err)
}

// unreachable tells a line that broke from an answer that makes no sense.
func unreachable(err error) error {
	if line := (*url.Error)(nil); errors.As(err, &line) {
		return ErrUnreachable
	}
	return ErrForeign
}

// verify checks a token: signature, issuer, for whom, until when, and that it
// answers the question with this nonce.
func (p *Provider) verify(ctx context.Context, s *service, raw, nonce string) (*oidc.IDToken, error) {
	keys := &watched{KeySet: s.keys}
	id, err := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{ClientID: p.Client, SupportedSigningAlgs: s.algorithms, Now: p.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, unreachable(keys.err)
	}
	var by struct {
		Party string `json:"azp"`
	}
	if err := id.Claims(&by); err != nil || by.Party != "" && by.Party != p.Client || by.Party == "" && len(id.Audience) > 1 {
		return nil, ErrForeign
	}
	if id.Subject == "" || len(id.Subject) > 255 || id.Issuer != p.Issuer || !same(id.Nonce, nonce) {
		return nil, ErrForeign
	}
	return id, nil
}

// watched remembers why a signature was not checked: the verifier tells words only.
type watched struct {
	oidc.KeySet
	err error
}

func (k *watched) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	k.err = err
	return payload, err
}

// askMore asks the service for what the token leaves out. The answer must be about
// the same person.
func (p *Provider) askMore(ctx context.Context, s *service, id *oidc.IDToken, token *oauth2.Token, c *Claims) error {
	if id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil {
		return ErrForeign
	}
	more, err := s.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return ErrUnreachable
	}
	words := words{}
	if more.Subject != id.Subject || more.Claims(&words) != nil {
		return ErrForeign
	}
	if c.Name == "" {
		c.Name = p.name(words)
	}
	if c.Born == "" {
		c.Born = p.born(words)
	}
	return nil
}

// words are the claims of an answer by name.
type words map[string]any

// text is a claim that is a text, on one line.
func (w words) text(name string) string {
	text, _ := w[name].(string)
	return strings.Join(strings.Fields(text), " ")
}

func (p *Provider) name(w words) string {
	if p.NameClaim != "" {
		return w.text(p.NameClaim)
	}
	if given, family := w.text("given_name"), w.text("family_name"); given != "" && family != "" {
		return given + " " + family
	}
	return w.text("name")
}

// born is a whole day. A service may tell the year alone, or 0000 for it: then we
// know nothing.
func (p *Provider) born(w words) string {
	claim := p.BornClaim
	if claim == "" {
		claim = "birthdate"
	}
	day, err := time.Parse(time.DateOnly, w.text(claim))
	if err != nil || day.Year() < 1850 {
		return ""
	}
	return day.Format(time.DateOnly)
}
