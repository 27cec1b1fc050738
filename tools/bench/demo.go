package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
)

// engine is a database to measure on.
type engine struct {
	name string
	open func(ctx context.Context) (d *db.DB, dir string, drop func(), err error)
}

// engines are SQLite and, when there is a server, PostgreSQL.
func engines() []engine {
	list := []engine{{"SQLite", openFile}}
	server := os.Getenv("KLADKA_BENCH_POSTGRES")
	if server == "" {
		server = os.Getenv("KLADKA_TEST_POSTGRES")
	}
	if server != "" {
		list = append(list, engine{"PostgreSQL", func(ctx context.Context) (*db.DB, string, func(), error) { return openServer(ctx, server) }})
	}
	return list
}

func openFile(ctx context.Context) (*db.DB, string, func(), error) {
	dir, err := os.MkdirTemp("", "kladka-bench")
	if err != nil {
		return nil, "", nil, err
	}
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "kladka.db"))
	return d, dir, func() {}, err
}

// openServer makes a database of its own on the server.
func openServer(ctx context.Context, server string) (*db.DB, string, func(), error) {
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return nil, "", nil, err
	}
	name := fmt.Sprintf("kladka_bench_%d_%d", os.Getpid(), time.Now().Unix())
	if _, err := admin.ExecContext(ctx, "create database "+name); err != nil {
		return nil, "", nil, err
	}
	drop := func() {
		if _, err := admin.ExecContext(ctx, "drop database "+name+" with (force)"); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		admin.Close()
	}
	u, err := url.Parse(server)
	if err != nil {
		return nil, "", nil, err
	}
	u.Path = "/" + name
	dir, err1 := os.MkdirTemp("", "kladka-bench")
	d, err2 := db.Open(ctx, u.String())
	return d, dir, drop, errors.Join(err1, err2)
}

// demoHouse is the demo of the metropolis with a crowd in it. With none the
// crowd is left out; n counts all accounts.
func demoHouse(ctx context.Context, e engine, n int) (*house, error) {
	d, dir, drop, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	h, err := openOn(ctx, d, dir, app.Settings{Demo: string(demo.Metropolis)}, func(h *house) error {
		if err := demo.Fill(ctx, h.db, h.app.Access(), h.app.Directory(), demo.Modules{Contacts: h.app.Networking()}, demo.Metropolis); err != nil {
			return err
		}
		return crowd(ctx, h.db, h.app.Access(), n-len(demo.Generate(demo.Metropolis, 0).People))
	})
	if err != nil {
		drop()
		return nil, err
	}
	stop := h.stop
	h.stop = func() { stop(); drop() }
	return h, nil
}

func crowd(ctx context.Context, d *db.DB, people *access.Service, n int) error {
	if n <= 0 {
		return nil
	}
	var at []access.InstitutionID
	if err := d.Select(ctx, &at, `select id from directory_institutions order by id limit 1000`); err != nil {
		return err
	}
	return addCrowd(ctx, d, people, n, at)
}

func addCrowd(ctx context.Context, d *db.DB, people *access.Service, n int, at []access.InstitutionID) error {
	return demo.AddCrowd(ctx, d, people, demo.Crowd(n, 7, at))
}

// as is the actor who holds the role in the demo, and a cookie of a session.
func (h *house) as(ctx context.Context, role access.Role) (access.Actor, string, error) {
	all, err := h.app.Access().DemoPeople(ctx)
	if err != nil {
		return access.Actor{}, "", err
	}
	at := slices.IndexFunc(all, func(a access.Actor) bool { return a.Has(role) })
	if at < 0 {
		return access.Actor{}, "", fmt.Errorf("the demo has nobody who is %s", role)
	}
	cookie, err := signIn(h.base+"/konto/przyklad", url.Values{"osoba": {string(all[at].Person)}}, "")
	return all[at], cookie, err
}

// signIn posts the form and returns the cookie of the session.
func signIn(address string, form url.Values, from string) (string, error) {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if from != "" {
		req.Header.Set("X-Forwarded-For", from)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("signing in: %s", res.Status)
	}
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, "kladka_session") {
			return c.Name + "=" + c.Value, nil
		}
	}
	return "", errors.New("signing in gave no session")
}

// median of the values, which it sorts.
func median[T float64 | time.Duration](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}

// actorOf is who asks with that cookie, as the program finds out.
func (h *house) actorOf(cookie string) (access.Actor, error) {
	var found access.Actor
	req, err := http.NewRequest(http.MethodGet, h.base, nil)
	if err != nil {
		return found, err
	}
	req.Header.Set("Cookie", cookie)
	h.app.Access().Sessions(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { found = access.ActorOf(r) })).ServeHTTP(&nowhere{}, req)
	if !found.SignedIn() {
		return found, errors.New("the session is not known")
	}
	return found, nil
}

// nowhere is a response that nobody reads.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}
func (*nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (*nowhere) WriteHeader(int)             {}
