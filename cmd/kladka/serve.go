package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/alecthomas/kong"

	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/identity"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/secrets"
)

type serveCmd struct {
	Demo     scale  `name:"demo" placeholder:"SCALE" help:"Fill an empty database with an invented metropolis and serve it, on this machine only. SCALE is school or metropolis."`
	Listen   string `default:"127.0.0.1:8080" env:"KLADKA_LISTEN" help:"Address to listen on."`
	HTTPS    bool   `name:"https" env:"KLADKA_HTTPS" help:"People reach this server by https, through a proxy: secure cookies, HSTS."`
	Proxied  bool   `env:"KLADKA_PROXIED" help:"A proxy of ours stands in front: believe the last address in X-Forwarded-For."`
	TileURL  string `name:"tile-url" env:"KLADKA_TILE_URL" help:"Address of map tiles with {z}, {x} and {y}; none by default. Extends the content security policy."`
	TileBy   string `name:"tile-by" env:"KLADKA_TILE_BY" help:"Source of the tiles, named on the map."`
	Operator string `env:"KLADKA_OPERATOR" help:"Who runs this installation, for the footer."`
	Rate     int    `default:"50" env:"KLADKA_RATE" help:"Requests per second that one address may make, with a burst of ten seconds' worth; 0 for no limit."`

	mailFlags
	identityFlags
}

// identityFlags are the settings of a national sign-in that vouches for voters.
type identityFlags struct {
	IdentityName      string `name:"identity-name" env:"KLADKA_IDENTITY_NAME" help:"Name of a national sign-in (OpenID Connect) that vouches for voters, as people know it. Needs --base."`
	IdentityIssuer    string `name:"identity-issuer" env:"KLADKA_IDENTITY_ISSUER" placeholder:"URL" help:"Its issuer; none is connected without."`
	IdentityClient    string `name:"identity-client" env:"KLADKA_IDENTITY_CLIENT" help:"What it calls this installation (client id)."`
	IdentitySecret    string `name:"identity-secret" env:"KLADKA_IDENTITY_SECRET" help:"The secret shared with it; better set in the environment."`
	IdentityACR       string `name:"identity-acr" env:"KLADKA_IDENTITY_ACR" help:"Levels of assurance (acr) that are enough, divided by blanks; any by default."`
	IdentityScopes    string `name:"identity-scopes" env:"KLADKA_IDENTITY_SCOPES" help:"What it is asked for, divided by blanks; openid profile by default."`
	IdentityBornClaim string `name:"identity-born-claim" env:"KLADKA_IDENTITY_BORN_CLAIM" help:"Claim with the date of birth; birthdate by default."`
	IdentityNameClaim string `name:"identity-name-claim" env:"KLADKA_IDENTITY_NAME_CLAIM" help:"Claim with the whole name; by default given_name and family_name, or name."`
}

// provider is the connection to it, nil when none is set.
func (cmd *identityFlags) provider(base string, keys *secrets.Keys, log *slog.Logger) (*identity.Provider, error) {
	if *cmd == (identityFlags{}) {
		return nil, nil
	}
	return identity.New(identity.Config{Base: base, Keys: keys, Now: time.Now, Log: log, Settings: identity.Settings{Name: cmd.IdentityName, Issuer: cmd.IdentityIssuer,
		Client: cmd.IdentityClient, Secret: cmd.IdentitySecret, ACR: cmd.IdentityACR, Scopes: cmd.IdentityScopes, BornClaim: cmd.IdentityBornClaim, NameClaim: cmd.IdentityNameClaim}})
}

// mailFlags are the settings of letters, for the commands that write some.
type mailFlags struct {
	Base         string `env:"KLADKA_BASE" placeholder:"URL" help:"How people reach this server, for links in letters: https://kladka.example. Needed with a mail server."`
	MailHost     string `name:"mail-host" env:"KLADKA_MAIL_HOST" help:"Mail server (SMTP). Without one, letters wait on the page /administracja/poczta."`
	MailPort     int    `name:"mail-port" env:"KLADKA_MAIL_PORT" help:"Its port; by default 587, or 465 with --mail-tls=tls."`
	MailUser     string `name:"mail-user" env:"KLADKA_MAIL_USER" help:"User of the mail server."`
	MailPassword string `name:"mail-password" env:"KLADKA_MAIL_PASSWORD" help:"Password of the mail server; better set in the environment."`
	MailTLS      string `name:"mail-tls" env:"KLADKA_MAIL_TLS" default:"starttls" enum:"starttls,tls,none" help:"How the talk with it is encrypted; none is for this machine only."`
	MailFrom     string `name:"mail-from" env:"KLADKA_MAIL_FROM" help:"Sender of the letters: Kładka <kladka@example.org>."`
	ReplyTo      string `name:"reply-to" env:"KLADKA_REPLY_TO" help:"Address for people's answers."`
}

// smtp is the mail server, nil when none is set.
func (cmd *mailFlags) smtp() *mail.SMTP {
	if cmd.MailHost == "" {
		return nil
	}
	return &mail.SMTP{Host: cmd.MailHost, Port: cmd.MailPort, User: cmd.MailUser, Password: cmd.MailPassword, TLS: cmd.MailTLS, From: cmd.MailFrom}
}

// scale is the flag --demo, with or without a value.
type scale string

// IsBool lets kong accept --demo without a value.
func (*scale) IsBool() bool { return true }

// Decode reads --demo or --demo=SCALE.
func (s *scale) Decode(ctx *kong.DecodeContext) error {
	*s = scale(demo.Metropolis)
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	value := ctx.Scan.Pop().String()
	if !demo.Valid(value) {
		return fmt.Errorf("--demo=%s: want school or metropolis", value)
	}
	*s = scale(value)
	return nil
}

// Run serves until the process is told to stop.
func (cmd *serveCmd) Run(ctx context.Context, c *Common, s *streams) error {
	if cmd.Demo != "" && !loopback(cmd.Listen) {
		return errDemoListen
	}
	d, _, err := c.open(ctx, cmd.Demo != "")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := demo.CheckKind(ctx, d, string(cmd.Demo)); err != nil {
		return err
	}
	keys, err := c.keys(cmd.Demo != "")
	if err != nil {
		return err
	}
	log := c.logger(s.err)
	known, err := cmd.provider(cmd.Base, keys, log)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, d, app.Settings{Folder: c.folder(cmd.Demo != ""), Keys: keys, Identity: known, SMTP: cmd.smtp(), ReplyTo: cmd.ReplyTo, Base: cmd.Base, Listen: cmd.Listen, HTTPS: cmd.HTTPS, Proxied: cmd.Proxied, TileURL: cmd.TileURL,
		TileBy: cmd.TileBy, Operator: cmd.Operator, Rate: cmd.Rate, Demo: string(cmd.Demo)}, log, time.Now)
	if err != nil {
		return err
	}
	if cmd.Demo != "" {
		if err := demo.Fill(ctx, d, a.Access(), a.Directory(), demo.Modules{Contacts: a.Networking(), Trainings: a.Training(), Papers: a.Papers(), Needs: a.Needs(), Evaluation: a.Evaluation(), Support: a.Support(),
			Agreements: a.Agreements(), Ledger: a.Ledger(), Plan: a.Plan(), Meetings: a.Meetings(), Networks: a.Networks(),
			Budget: a.Budget(), Votes: a.Votes(), Results: a.Results()}, demo.Scale(cmd.Demo)); err != nil {
			return err
		}
		// Invented acts of the past look like rows that nobody linked for weeks.
		if _, err := a.Audit().Link(ctx); err != nil {
			return err
		}
	}
	return a.Serve(ctx, func(at net.Addr) { cmd.announce(ctx, a, at, s) })
}

// announce says where the program is, and how the first administrator gets in.
func (cmd *serveCmd) announce(ctx context.Context, a *app.App, at net.Addr, s *streams) {
	base := "http://" + at.String()
	fmt.Fprintln(s.out, "Kładka:", base)
	if cmd.Demo != "" {
		return
	}
	token, err := a.Access().SetupToken(ctx)
	if err != nil {
		fmt.Fprintln(s.err, "kladka: no setup link:", err)
		return
	}
	if token != "" {
		fmt.Fprintf(s.out, "First administrator (once, within 24 hours): %s/konto/pierwsze/%s\n", base, token)
	}
}

func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var errDemoListen = fmt.Errorf("a demo listens on this machine only: use --listen 127.0.0.1:PORT")
