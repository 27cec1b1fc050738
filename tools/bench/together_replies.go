package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/meetings"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// invitedHeads is how many answer one invitation at once.
const invitedHeads = 300

// replies lets all heads of an authority answer an invitation at once, by the
// form, and looks whether each answer is there.
func replies(ctx context.Context, t *table, e engine) error {
	h, err := demoHouse(ctx, e, 0)
	if err != nil {
		return err
	}
	defer h.stop()
	id, cookies, err := h.invited(ctx, invitedHeads)
	if err != nil {
		return err
	}
	before := cpu()
	told, err := answerAll(h.base+meetings.Href(id)+"/odpowiedz", cookies)
	spent := cpu() - before
	if err != nil {
		return err
	}
	got, err := meetings.RepliesOf(ctx, h.db, id)
	if err != nil {
		return err
	}
	slices.Sort(told.Waits)
	t.add(fmt.Sprintf("%s: %d heads answer at once: kept yes / no / lost / other answers", e.name, invitedHeads), fmt.Sprintf("%d / %d / %d / %d", got.Coming, got.Away, got.Waiting, told.Other), "150 / 150 / 0 / 0")
	t.add(e.name+": the heads' answers, all in, the slowest, server CPU", fmt.Sprintf("%.2f s, %.2f s, %.2f s", told.Seconds, told.Waits[len(told.Waits)-1], spent.Seconds()), "nothing lost")
	return nil
}

// invited is a meeting in a month with so many heads, each with a session.
func (h *house) invited(ctx context.Context, n int) (id meetings.MeetingID, cookies []string, err error) {
	officer, _, err := h.as(ctx, access.AuthorityOfficer)
	if err != nil {
		return "", nil, err
	}
	var people []access.DemoPerson
	for i := range n {
		people = append(people, access.DemoPerson{ID: access.NewPersonID(), NewPerson: access.NewPerson{Name: fmt.Sprintf("Osoba Zaproszona %d", i),
			Email: fmt.Sprintf("zaproszona.%d@example.org", i), Lang: i18n.PL, Demo: true, Roles: []access.Held{{Role: access.SchoolHead, Institution: access.NewInstitutionID()}}}})
	}
	id = meetings.MeetingID(access.NewPersonID())
	err = h.db.Write(ctx, func(tx *db.Tx) error {
		if err := h.app.Access().AddDemoPeople(ctx, tx, people); err != nil {
			return err
		}
		return convened(ctx, tx, officer.Roles[0].Institution, id, people)
	})
	for _, p := range people {
		if err != nil {
			return "", nil, err
		}
		var cookie string
		cookie, err = signIn(h.base+"/konto/przyklad", url.Values{"osoba": {string(p.ID)}}, "")
		cookies = append(cookies, cookie)
	}
	return id, cookies, err
}

// convened writes a meeting that everybody was invited to.
func convened(ctx context.Context, tx *db.Tx, owner access.InstitutionID, id meetings.MeetingID, people []access.DemoPerson) error {
	now, series := time.Now().Unix(), string(access.NewPersonID())
	later := now + 30*24*3600
	_, err := tx.Exec(ctx, `insert into meetings_series (id, kind, owner, title, title_key, created_at, changed_at) values (?, ?, ?, 'Narady', 'narady', ?, ?)`, series, meetings.Heads, owner, now, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into meetings_meetings (id, trace, series, kind, owner, state, title, title_key, school_year, starts_at, ends_at, topics_until, reply_until, announced_at,
		convened_at, created_at, changed_at) values `+db.Marks(1, 17), id, access.NewPersonID(), series, meetings.Heads, owner, meetings.Convened, "Narada", "narada", 2026, later, later+7200,
		later, later, now, now, now, now)
	if err != nil {
		return err
	}
	var seats, units [][]any
	for _, p := range people {
		seat, unit := string(access.NewPersonID()), p.Roles[0].Institution
		seats, units = append(seats, []any{seat, id, p.ID, access.SchoolHead, unit}), append(units, []any{id, unit, seat})
	}
	return errors.Join(writeRows(ctx, tx, `insert into meetings_invitations (id, meeting, person, role, institution) values `, seats),
		writeRows(ctx, tx, `insert into meetings_units (meeting, unit, invitation) values `, units))
}

// answerAll has a second process answer for each cookie, all at once.
func answerAll(address string, cookies []string) (told enrolled, err error) {
	c := exec.Command(os.Args[0], "answer", address)
	c.Stdin = strings.NewReader(strings.Join(cookies, "\n"))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, os.Stderr
	if err := c.Run(); err != nil {
		return told, err
	}
	return told, json.Unmarshal(out.Bytes(), &told)
}

// answerClient is the second process: every other cookie says yes, the rest no.
func answerClient(args []string) error {
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var told enrolled
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for n, cookie := range strings.Split(string(in), "\n") {
		all.Go(func() {
			start := time.Now()
			err := postForm(client, args[0], cookie, url.Values{"odpowiedz": {[]string{"yes", "no"}[n%2]}, "_klucz": {rand.Text()}})
			mu.Lock()
			defer mu.Unlock()
			told.Waits = append(told.Waits, time.Since(start).Seconds())
			if err != nil {
				told.Other++
				if told.Other == 1 {
					fmt.Fprintln(os.Stderr, err)
				}
				return
			}
			told.In++
		})
	}
	all.Wait()
	told.Seconds = time.Since(began).Seconds()
	return json.NewEncoder(os.Stdout).Encode(told)
}

// postForm posts a form that answers with a redirect.
func postForm(client *http.Client, address, cookie string, form url.Values) error {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", cookie)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusSeeOther {
		return errors.New(res.Status)
	}
	return nil
}
