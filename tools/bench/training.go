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
	"regexp"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/training"
)

// Enrollments are measured as people do them: signed in, by the form. How the
// catalog and the papers do is measured by tests inside their packages, as they
// need large tables; here those are run and read.

const (
	crowdSize  = 2000 // people who want a seat at once
	crowdSeats = 300
)

// enrolls measures enrollment through HTTP against a bare transaction, and a
// crowd that comes at once.
func enrolls(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := enrollsOn(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

func enrollsOn(ctx context.Context, t *table, e engine) error {
	h, err := demoHouse(ctx, e, 0)
	if err != nil {
		return err
	}
	defer h.stop()
	officer, _, err := h.as(ctx, access.CenterOfficer)
	if err != nil {
		return err
	}
	school, cookies, err := h.teachers(ctx, crowdSize)
	if err != nil {
		return err
	}
	bare, err := bareEnrollments(ctx, h, officer, crowdSize)
	if err != nil {
		return err
	}
	if file := os.Getenv("KLADKA_BENCH_PROFILE"); file != "" {
		out, err := os.Create(file + "-" + e.name)
		if err != nil {
			return err
		}
		defer out.Close()
		if err := pprof.StartCPUProfile(out); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	for _, c := range []struct {
		seats, atOnce int
	}{{crowdSize, 16}, {crowdSeats, crowdSize}} {
		id, err := h.offer(ctx, officer, c.seats)
		if err != nil {
			return err
		}
		told, err := enrollAll(h.base+training.Path(id)+"/zapis", school, cookies, c.atOnce)
		if err != nil {
			return err
		}
		if c.atOnce < crowdSize {
			rate := float64(told.In) / told.Seconds
			t.add(fmt.Sprintf("%s: enrollments through HTTP, %d at a time / bare transactions", e.name, c.atOnce), fmt.Sprintf("%.2f (%.0f/s, %.0f/s)", rate/bare, rate, bare), "0.35")
			continue
		}
		if err := crowded(ctx, t, h, e, id, told); err != nil {
			return err
		}
	}
	return nil
}

// crowded tells what came of a crowd: how long they waited, and whether the
// seats and the order are right.
func crowded(ctx context.Context, t *table, h *house, e engine, id training.ID, told enrolled) error {
	var seated, waiting, jumped int
	for dest, query := range map[*int]string{
		&seated:  `select count(*) from training_enrollments where training = ? and seated = ?`,
		&waiting: `select count(*) from training_enrollments where training = ? and state = 'waiting' and seated <> ?`,
		&jumped: `select count(*) from training_enrollments w where w.training = ? and w.state = 'waiting' and exists
			(select 1 from training_enrollments x where x.training = w.training and x.seated = ? and x.place > w.place)`,
	} {
		if err := h.db.Get(ctx, dest, query, id, true); err != nil {
			return err
		}
	}
	slices.Sort(told.Waits)
	t.add(fmt.Sprintf("%s: %d people for %d seats at once: seated / waiting / before their turn / other answers", e.name, crowdSize, crowdSeats),
		fmt.Sprintf("%d / %d / %d / %d", seated, waiting, jumped, told.Other), "300 / 1700 / 0 / 0")
	if len(told.Waits) > 0 {
		t.add(e.name+": the crowd's answers, median and p99", fmt.Sprintf("%.2f s, %.2f s", told.Waits[len(told.Waits)/2], told.Waits[len(told.Waits)*99/100]), "p99 2 s")
	}
	return nil
}

// teachers are new people of one school, each with a session.
func (h *house) teachers(ctx context.Context, n int) (school access.InstitutionID, cookies []string, err error) {
	head, _, err := h.as(ctx, access.SchoolHead)
	if err != nil {
		return "", nil, err
	}
	school = head.Roles[0].Institution
	cookies, err = h.teachersAt(ctx, school, n)
	return school, cookies, err
}

// teachersAt are new people of a school, each with a session.
func (h *house) teachersAt(ctx context.Context, school access.InstitutionID, n int) (cookies []string, err error) {
	var people []access.DemoPerson
	for i := range n {
		people = append(people, access.DemoPerson{ID: access.NewPersonID(), NewPerson: access.NewPerson{Name: fmt.Sprintf("Osoba Zapisana %d", i),
			Email: fmt.Sprintf("zapisana.%d@example.org", i), Lang: i18n.PL, Demo: true, Roles: []access.Held{{Role: access.Teacher, Institution: school}}}})
	}
	if err := h.db.Write(ctx, func(tx *db.Tx) error { return h.app.Access().AddDemoPeople(ctx, tx, people) }); err != nil {
		return nil, err
	}
	for _, p := range people {
		cookie, err := signIn(h.base+"/konto/przyklad", url.Values{"osoba": {string(p.ID)}}, "")
		if err != nil {
			return nil, err
		}
		cookies = append(cookies, cookie)
	}
	return cookies, nil
}

// offer is a published training with so many seats.
func (h *house) offer(ctx context.Context, officer access.Actor, seats int) (id training.ID, err error) {
	start := time.Now().AddDate(0, 0, 30)
	w := training.Whole{Training: training.Training{Center: officer.Roles[0].Institution, Form: training.Lecture, State: training.Published, Title: "Wykład dla wielu",
		Capacity: seats, Place: "aula", PublishedAt: time.Now().Unix()},
		Meetings: []training.Meeting{{StartsAt: start.Unix(), EndsAt: start.Add(2 * time.Hour).Unix(), Hours: 2}}}
	err = h.db.Write(ctx, func(tx *db.Tx) error {
		id, err = h.app.Training().Insert(ctx, tx, officer, w)
		return err
	})
	return id, err
}

// bareEnrollments is how many transactions a second take a seat and write a
// row, and nothing else.
func bareEnrollments(ctx context.Context, h *house, officer access.Actor, n int) (float64, error) {
	id, err := h.offer(ctx, officer, n)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for i := range n {
		key := training.EnrollmentID(access.NewPersonID())
		err := h.db.Write(ctx, func(tx *db.Tx) error {
			var place int64
			if err := tx.Get(ctx, &place, `update training_pools set taken = taken + 1, seq = seq + 1 where training = ? and pool = '' and taken < seats returning seq`, id); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `insert into training_enrollments (id, training, pool, state, seated, active, place, who_key, name, name_key, email, email_key, how, created_at, changed_at)
				values (?, ?, '', 'confirmed', ?, ?, ?, ?, ?, '', '', '', 'self', ?, ?)`, key, id, true, true, place, "bare:"+strconv.Itoa(i), "Osoba "+strconv.Itoa(i), began.Unix(), began.Unix())
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// enrolled is what the process of the crowd has seen.
type enrolled struct {
	In, Other int
	Seconds   float64
	Waits     []float64 // seconds
}

func enrollAll(address string, school access.InstitutionID, cookies []string, atOnce int) (told enrolled, err error) {
	c := exec.Command(os.Args[0], "enroll", address, string(school), strconv.Itoa(atOnce))
	c.Stdin = strings.NewReader(strings.Join(cookies, "\n"))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, os.Stderr
	if err := c.Run(); err != nil {
		return told, err
	}
	return told, json.Unmarshal(out.Bytes(), &told)
}

// enrollClient is the second process: each cookie on its standard input
// enrolls once.
func enrollClient(args []string) error {
	atOnce, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var told enrolled
	var mu sync.Mutex
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	began := time.Now()
	for _, cookie := range strings.Split(string(in), "\n") {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			start := time.Now()
			err := enrollOne(client, args[0], args[1], cookie)
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

func enrollOne(client *http.Client, address, school, cookie string) error {
	form := url.Values{"placowka": {school}, "wersja": {"1"}, "_klucz": {rand.Text()}}
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

// ratioLine is how measuring tests print a figure: "FIGURE name: value (aim)".
var ratioLine = regexp.MustCompile(`FIGURE (.+?): (.+?)(?: \(aim (.+)\))?$`)

// trainings runs the measurements that lie in the packages of training.
func trainings(ctx context.Context, t *table) error {
	return figures(ctx, t, []string{"KLADKA_TRAINING_SPEED=1"}, "./internal/training/...")
}

// figures runs the measuring tests of packages and takes the lines that they print.
func figures(ctx context.Context, t *table, env []string, packages ...string) error {
	out, err := goTest(ctx, env, append([]string{"-v", "-timeout", "60m", "-run", "Speed"}, packages...)...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		if m := ratioLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			t.add(m[1], m[2], m[3])
		}
	}
	return nil
}
