package access

import (
	"context"
	"net/http"

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

// Can lets in people one of whose roles gives the permission. At which
// institution it does is the service's to check.
func Can(p Permission) web.Guard { return can{p} }

type can struct{ permission Permission }

func (c can) Name() string { return "can " + string(c.permission) }

func (c can) Allow(r *web.Request) error { return ActorOf(r.Request).Must(c.permission) }

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
