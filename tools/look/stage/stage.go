// Package stage puts something on every page of a demo, for the tool look and
// for the tests in a browser: lists that are not empty, links that were mailed,
// a difference of the register, work that failed.
package stage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit/browser"
)

// House is a demo that runs, and its address.
type House struct {
	*app.App
	Base string
}

// Furnish lets things happen in a demo. Sample is an invented file of the
// register; fresh is a new installation without an administrator.
func Furnish(ctx context.Context, full, fresh House, sample []byte) (*browser.Site, error) {
	// First what waits already: the runner that fails on purpose knows no other work.
	if err := full.Drain(ctx); err != nil {
		return nil, err
	}
	if err := browser.ParkJob(ctx, full.DB()); err != nil {
		return nil, err
	}
	token, err := fresh.Access().SetupToken(ctx)
	if err != nil {
		return nil, err
	}
	site := &browser.Site{Base: full.Base, Fresh: fresh.Base, Token: token, People: map[string]string{}, Paths: map[string]string{}}
	actors, err := full.Access().DemoPeople(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range actors {
		for _, held := range a.Roles {
			if site.People[string(held.Role)] == "" {
				site.People[string(held.Role)] = string(a.Person)
			}
		}
	}
	if err := full.find(ctx, site, sample); err != nil {
		return nil, err
	}
	if err := full.train(ctx, site); err != nil {
		return nil, err
	}
	if err := full.ask(ctx, site); err != nil {
		return nil, err
	}
	if err := full.meetUp(ctx, site); err != nil {
		return nil, err
	}
	if err := full.elect(ctx, site); err != nil {
		return nil, err
	}
	return site, full.happen(ctx, site)
}

// happen lets people do what leaves something to look at, and collects the
// addresses that came in letters.
func (h House) happen(ctx context.Context, site *browser.Site) error {
	teacher, err := h.Access().Reachable(ctx, access.PersonID(site.People["teacher"]))
	if err != nil {
		return err
	}
	if err := h.askForLink(teacher.Email); err != nil {
		return err
	}
	by := audit.By{Person: site.People["administrator"], Role: "administrator"}
	if _, err := h.Mail().SendTest(ctx, by, "proba@example.org", i18n.PL); err != nil {
		return err
	}
	if err := h.look(ctx, site); err != nil {
		return err
	}
	asks := audit.By{Person: site.People["teacher"], Role: "teacher"}
	if _, err := h.Privacy().Ask(ctx, asks, "", "access", "Proszę o kopię wszystkich moich danych."); err != nil {
		return err
	}
	if err := h.Privacy().Plan(ctx, audit.By{Person: site.People["protection_officer"], Role: "protection_officer"}); err != nil {
		return err
	}
	// Urgent letters are written by jobs, rows of the log are linked by one.
	if err := h.Drain(ctx); err != nil {
		return err
	}
	if _, err := h.Audit().Link(ctx); err != nil {
		return err
	}
	for name, want := range map[string]struct{ to, link string }{
		"zaproszenie": {"zuzanna.zaproszona@example.org", `/zaproszenie/[A-Z0-9]+`},
		"odnosnik":    {teacher.Email, `/konto/odnosnik/[A-Za-z0-9_-]+`},
		"wypisz":      {h.address(ctx, site, "deputy_head"), `/powiadomienia/wypisz/[A-Za-z0-9_-]+`},
	} {
		if site.Paths[name], err = h.mailed(ctx, want.to, want.link); err != nil {
			return err
		}
	}
	return nil
}

// look lets somebody read a record, which the person can see afterwards.
func (h House) look(ctx context.Context, site *browser.Site) error {
	by := audit.By{Person: site.People["protection_officer"], Role: "protection_officer"}
	return h.Audit().Read(ctx, by, audit.Entry{Action: "access.export", Object: "person", ObjectID: site.People["teacher"], Subject: site.People["teacher"]})
}

func (h House) address(ctx context.Context, site *browser.Site, role string) string {
	p, err := h.Access().Reachable(ctx, access.PersonID(site.People[role]))
	if err != nil {
		return ""
	}
	return p.Email
}

// askForLink asks for a mail link as a stranger does.
func (h House) askForLink(email string) error {
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(h.Base+"/konto/odnosnik", url.Values{"email": {email}})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("ask for a mail link: %s", res.Status)
	}
	return nil
}

// mailed finds a link in the letters to an address.
func (h House) mailed(ctx context.Context, to, pattern string) (string, error) {
	letters, err := h.Mail().Outbox(ctx, to)
	if err != nil {
		return "", err
	}
	shape := regexp.MustCompile(pattern)
	for _, l := range letters {
		if link := shape.FindString(l.Text); link != "" {
			return link, nil
		}
	}
	var subjects []string
	for _, l := range letters {
		subjects = append(subjects, l.Subject)
	}
	return "", fmt.Errorf("no link %s in the letters to %s (%s)", pattern, to, strings.Join(subjects, "; "))
}
