package access

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// The guards of doors. Public itself is the shell's.
var (
	// SignedIn lets in everybody whom we know.
	SignedIn web.Guard = signedIn{}
	// SignedOut lets in strangers only: signing in twice makes no sense.
	SignedOut web.Guard = signedOut{}
)

type signedIn struct{}

func (signedIn) Name() string { return "signed in" }

func (signedIn) Allow(r *web.Request) error {
	if !ActorOf(r.Request).SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	return nil
}

type signedOut struct{}

func (signedOut) Name() string { return "signed out" }

func (signedOut) Allow(r *web.Request) error {
	if ActorOf(r.Request).SignedIn() {
		return fault.New(fault.Conflict, "access.already_in")
	}
	return nil
}

// Fresh lets in people who typed their password within the last minutes, for
// what would hurt most on a computer left alone. Others are asked for it.
var Fresh web.Guard = fresh{}

type fresh struct{}

func (fresh) Name() string { return "signed in afresh" }

func (fresh) Allow(r *web.Request) error {
	a := ActorOf(r.Request)
	if !a.SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	if !a.Fresh {
		return notFresh()
	}
	return nil
}

// FreshFor asks those who hold the permission to have typed their password
// within the last minutes; who only prepares for them is let in.
func FreshFor(p Permission) web.Guard { return freshForHolders{p} }

type freshForHolders struct{ p Permission }

func (g freshForHolders) Name() string { return "fresh for " + string(g.p) }

func (g freshForHolders) Allow(r *web.Request) error {
	if a := ActorOf(r.Request); a.May(g.p) && !a.Fresh {
		return notFresh()
	}
	return nil
}

// Both lets in whom two guards let in: a right, and a password typed just now.
func Both(a, b web.Guard) web.Guard { return both{a, b} }

type both struct{ a, b web.Guard }

func (g both) Name() string { return g.a.Name() + ", " + g.b.Name() }

func (g both) Allow(r *web.Request) error {
	if err := g.a.Allow(r); err != nil {
		return err
	}
	return g.b.Allow(r)
}

// Can lets in people one of whose roles gives the permission. At which
// institution it does is the service's to check.
func Can(p Permission) web.Guard { return can{p} }

type can struct{ permission Permission }

func (c can) Name() string { return "can " + string(c.permission) }

func (c can) Allow(r *web.Request) error { return ActorOf(r.Request).Must(c.permission) }

// CanAny lets in people one of whose roles gives one of the permissions.
func CanAny(p ...Permission) web.Guard { return canAny(p) }

type canAny []Permission

func (c canAny) Name() string {
	names := make([]string, len(c))
	for i, p := range c {
		names[i] = string(p)
	}
	return "can " + strings.Join(names, " or ")
}

func (c canAny) Allow(r *web.Request) (err error) {
	if len(c) == 0 {
		return ActorOf(r.Request).refusal() // no permission is none that anybody has
	}
	for _, p := range c {
		refusal := ActorOf(r.Request).Must(p)
		if refusal == nil {
			return nil
		}
		// A second step that would open one door says more than a plain no.
		if d := (*web.Detour)(nil); err == nil || errors.As(refusal, &d) {
			err = refusal
		}
	}
	return err
}

type actorKey struct{}

// ActorOf is who asks. Handlers pass it on; nothing below a handler calls it.
func ActorOf(r *http.Request) Actor { return actorOf(r.Context()) }

func actorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// WithActor makes a context in which a is the one who asks, for tests.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}
