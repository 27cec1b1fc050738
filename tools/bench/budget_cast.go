package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/db"
)

const (
	castsInRound = 400
	castRounds   = 3
	castsAtOnce  = 16
	lastAtOnce   = 64
)

// spell is what some votes took, each: the time that goes by, and the CPU of
// this process, in which the database runs when it is SQLite.
type spell struct{ wall, cpu []time.Duration }

func (s *spell) take(n int, f func() error) error {
	before, began := cpu(), time.Now()
	if err := f(); err != nil {
		return err
	}
	s.wall, s.cpu = append(s.wall, time.Since(began)/time.Duration(n)), append(s.cpu, (cpu()-before)/time.Duration(n))
	return nil
}

// casts measures votes as a second process sends them over loopback, with slips
// and with accounts, against the bare transaction.
func (p *poll) casts(ctx context.Context, t *table, e engine) error {
	const all = castRounds * castsInRound
	codes, err := p.codes(ctx, all)
	if err != nil {
		return err
	}
	cookies, err := p.accounts(ctx, all)
	if err != nil {
		return err
	}
	bare, err := p.newBare(ctx, 2*all)
	if err != nil {
		return err
	}
	var alone, together, slips, accounts spell
	for round := range castRounds {
		var bySlip, byAccount []ballotForm
		for i := round * castsInRound; i < (round+1)*castsInRound; i++ {
			bySlip = append(bySlip, p.form(i, "", codes[i]))
			byAccount = append(byAccount, p.form(i, cookies[i], ""))
		}
		for _, one := range []struct {
			into *spell
			f    func() error
		}{
			{&alone, func() error { return bare.run(ctx, castsInRound, 1) }},
			{&slips, func() error { return p.castAll(bySlip) }},
			{&accounts, func() error { return p.castAll(byAccount) }},
			{&together, func() error { return bare.run(ctx, castsInRound, castsAtOnce) }},
		} {
			if err := one.into.take(castsInRound, one.f); err != nil {
				return err
			}
		}
	}
	for _, c := range []struct {
		name string
		spell
	}{{"with slips", slips}, {"with accounts", accounts}} {
		name := fmt.Sprintf("%s: votes %s through HTTP, %d at a time", e.name, c.name, castsAtOnce)
		t.add(name+" / bare transactions", fmt.Sprintf("%.2f (%.0f/s, %.0f/s)", ratioOf(clone(alone.wall), clone(c.wall)), rate(c.wall), rate(alone.wall)), "0.35")
		t.add(name+" / bare transactions, as many at a time", fmt.Sprintf("%.2f (%.0f/s)", ratioOf(clone(together.wall), clone(c.wall)), rate(together.wall)), "–")
		t.add(name+", CPU of the server", fmt.Sprintf("%d µs, bare %d µs", median(clone(c.cpu)).Microseconds(), median(clone(alone.cpu)).Microseconds()), "–")
	}
	return p.sealing(t, e)
}

func clone(list []time.Duration) []time.Duration { return append([]time.Duration(nil), list...) }

func rate(each []time.Duration) float64 { return 1 / median(clone(each)).Seconds() }

// sealing tells what closing an envelope costs: no way of casting does without.
func (p *poll) sealing(t *table, e engine) error {
	if e.name != "SQLite" {
		return nil
	}
	const n = 500
	before := cpu()
	if _, err := p.seals(p.pool, p.order, n, p.choice); err != nil {
		return err
	}
	t.add("closing an envelope, CPU", fmt.Sprintf("%d µs", ((cpu()-before)/n).Microseconds()), "–")
	return nil
}

// codes prints slips.
func (p *poll) codes(ctx context.Context, n int) (codes []string, err error) {
	for len(codes) < n {
		_, printed, err := p.app.Votes().Print(ctx, p.runner, p.id, min(vote.MostSlips, n-len(codes)), "")
		if err != nil {
			return nil, err
		}
		for _, c := range printed {
			codes = append(codes, c.Letters())
		}
	}
	return codes, nil
}

// accounts gives rights to people who are signed in.
func (p *poll) accounts(ctx context.Context, n int) (cookies []string, err error) {
	if _, cookies, err = p.teachers(ctx, n); err != nil {
		return nil, err
	}
	var people []access.PersonID
	if err := p.db.Select(ctx, &people, `select id from access_people where email like 'zapisana.%'`); err != nil {
		return nil, err
	}
	var electors, rights [][]any
	for _, person := range people {
		id := vote.NewEnvelope() // 128 random bits as well
		electors = append(electors, []any{p.id, id, budget.Roll, person})
		for _, pool := range p.edition.Rules.Pools {
			rights = append(rights, []any{p.id, pool.ID, id})
		}
	}
	return cookies, p.db.Write(ctx, func(tx *db.Tx) error {
		return errors.Join(writeRows(ctx, tx, `insert into budget_electors (edition, id, source, person) values `, electors),
			writeRows(ctx, tx, `insert into budget_rights (edition, pool, elector) values `, rights))
	})
}

// bareVotes are votes of the second pool that need nothing any more but their
// transaction.
type bareVotes struct {
	*poll
	voters []vote.ElectorID
	sealed [][]byte
}

func (p *poll) newBare(ctx context.Context, n int) (*bareVotes, error) {
	order, err := p.orderOf(ctx, p.green.ID)
	if err != nil {
		return nil, err
	}
	sealed, err := p.seals(p.green, order, n, func(n int) (c budget.Choice) {
		for i, points := range p.green.Ballot.Points {
			c.Picks = append(c.Picks, budget.Pick{Project: order[(n+i)%len(order)], Points: points})
		}
		return c
	})
	return &bareVotes{p, p.rights(n), sealed}, err
}

// run casts n of them, so many at once.
func (b *bareVotes) run(ctx context.Context, n, atOnce int) error {
	errs := make([]error, atOnce)
	var all sync.WaitGroup
	for w := range atOnce {
		all.Go(func() {
			for i := w; i < n && errs[w] == nil; i += atOnce {
				errs[w] = b.cast(ctx, b.voters[i], b.sealed[i])
			}
		})
	}
	all.Wait()
	b.voters, b.sealed = b.voters[n:], b.sealed[n:]
	return errors.Join(errs...)
}

func (b *bareVotes) cast(ctx context.Context, who vote.ElectorID, sealed []byte) error {
	one := vote.Ballot{Pool: b.green.ID, Elector: who, Way: vote.Online, Envelope: vote.NewEnvelope()}
	return b.db.Write(ctx, func(tx *db.Tx) error { return vote.Put(ctx, tx, b.id, one, "", sealed) })
}

// ballotForm is a ballot as a browser sends it.
type ballotForm struct{ Cookie, Body string }

// form is the ballot of the n-th voter under a new number.
func (p *poll) form(n int, cookie, code string) ballotForm {
	form := url.Values{"krok": {"glosuje"}, "koperta": {vote.NewEnvelope()}}
	if code != "" {
		form.Set("kod", code)
	}
	for _, pick := range p.choice(n).Picks {
		form.Set("p_"+string(pick.Project), strconv.Itoa(pick.Points))
	}
	return ballotForm{cookie, form.Encode()}
}

// castAll sends ballots, each of which must be taken.
func (p *poll) castAll(forms []ballotForm) error {
	told, err := p.send(forms, castsAtOnce)
	if err != nil {
		return err
	}
	for _, r := range told.Receipts {
		if r == "" {
			return fmt.Errorf("votes were refused: %v", told.Status)
		}
	}
	return nil
}

// voted is what the process of the voters has seen.
type voted struct {
	Receipts []string // by form, "" for a refusal
	Status   map[int]int
	Waits    []float64 // seconds
	Seconds  float64
}

func (p *poll) send(forms []ballotForm, atOnce int) (told voted, err error) {
	var in, out bytes.Buffer
	if err := json.NewEncoder(&in).Encode(forms); err != nil {
		return told, err
	}
	c := exec.Command(os.Args[0], "vote", p.base+vote.VoteHref(p.id)+"/"+string(p.pool.ID), strconv.Itoa(atOnce))
	c.Stdin, c.Stdout, c.Stderr = &in, &out, os.Stderr
	if err := c.Run(); err != nil {
		return told, err
	}
	return told, json.Unmarshal(out.Bytes(), &told)
}

// voteClient is the second process: it sends every form on its standard input once.
func voteClient(args []string) error {
	atOnce, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var forms []ballotForm
	if err := json.NewDecoder(os.Stdin).Decode(&forms); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	told := voted{Receipts: make([]string, len(forms)), Status: map[int]int{}, Waits: make([]float64, len(forms))}
	var mu sync.Mutex
	var all sync.WaitGroup
	next := make(chan int)
	began := time.Now()
	for range atOnce {
		all.Go(func() {
			for i := range next {
				start := time.Now()
				digest, status := voteOne(client, args[0], forms[i])
				told.Receipts[i], told.Waits[i] = digest, time.Since(start).Seconds()
				mu.Lock()
				told.Status[status]++
				mu.Unlock()
			}
		})
	}
	for i := range forms {
		next <- i
	}
	close(next)
	all.Wait()
	told.Seconds = time.Since(began).Seconds()
	return json.NewEncoder(os.Stdout).Encode(told)
}

// digestShown stands before the digest of a receipt.
const digestShown = "data-digest>"

// voteOne sends a ballot and reads the digest of the receipt; the status is 0 when
// no answer came.
func voteOne(client *http.Client, address string, f ballotForm) (digest string, status int) {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(f.Body))
	if err != nil {
		return "", 0
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if f.Cookie != "" {
		req.Header.Set("Cookie", f.Cookie)
	}
	res, err := client.Do(req)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return "", 0
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return "", res.StatusCode
	}
	_, from, _ := bytes.Cut(page, []byte(digestShown))
	found, _, _ := bytes.Cut(from, []byte("<"))
	return string(found), res.StatusCode
}

// inBox is how many envelopes of the city lie in the box, and how many rights
// were spent there.
func (p *poll) inBox(ctx context.Context) (envelopes, spent int, err error) {
	err = errors.Join(p.db.Get(ctx, &envelopes, `select count(*) from budget_envelopes where edition = ? and pool = ?`, p.id, p.pool.ID),
		p.db.Get(ctx, &spent, `select count(*) from budget_rights where edition = ? and pool = ? and spent = ?`, p.id, p.pool.ID, true))
	return envelopes, spent, err
}

// lastMinutes lets very many people vote at once. Each tenth sends the form
// twice, as who lost the answer does, and each twentieth votes on two devices
// with one slip.
func (p *poll) lastMinutes(ctx context.Context, t *table, e engine) error {
	voters := manyVoters / smaller(e)
	codes, err := p.codes(ctx, voters)
	if err != nil {
		return err
	}
	var forms []ballotForm
	var of []int // voter of the form
	second := 0
	for n, code := range codes {
		form := p.form(n, "", code)
		forms, of = append(forms, form), append(of, n)
		if n%10 == 0 {
			forms, of = append(forms, form), append(of, n)
		}
		if n%20 == 5 {
			forms, of = append(forms, p.form(n+1, "", code)), append(of, n)
			second++
		}
	}
	rand.Shuffle(len(forms), func(i, j int) { forms[i], forms[j], of[i], of[j] = forms[j], forms[i], of[j], of[i] })
	envelopes, spent, err := p.inBox(ctx)
	if err != nil {
		return err
	}
	before := cpu()
	told, err := p.send(forms, lastAtOnce)
	if err != nil {
		return err
	}
	used := cpu() - before
	envelopesAfter, spentAfter, err := p.inBox(ctx)
	if err != nil {
		return err
	}
	shown, doubled := map[string]bool{}, 0
	mine := make([]string, voters)
	for i, r := range told.Receipts {
		if r == "" {
			continue
		}
		if shown[r] = true; mine[of[i]] != "" && mine[of[i]] != r {
			doubled++
		}
		mine[of[i]] = r
	}
	other := len(forms) - told.Status[http.StatusOK] - told.Status[http.StatusConflict]
	name := fmt.Sprintf("%s: %d voters in the last minutes, %d at a time", e.name, voters, lastAtOnce)
	t.add(name+": envelopes / rights spent / receipts", fmt.Sprintf("%d / %d / %d", envelopesAfter-envelopes, spentAfter-spent, len(shown)), "all the same")
	t.add(name+": two receipts / second devices refused / other answers", fmt.Sprintf("%d / %d of %d / %d", doubled, told.Status[http.StatusConflict], second, other), "0 / all / 0")
	t.add(name+": all answered in", fmt.Sprintf("%.1f s (%.0f/s, %d µs CPU each)", told.Seconds, float64(len(forms))/told.Seconds, used.Microseconds()/int64(len(forms))), "–")
	t.add(name+": answers, median and p99", fmt.Sprintf("%.0f ms, %.0f ms", middle(told.Waits, 50)*1000, middle(told.Waits, 99)*1000), "p99 2 s")
	return nil
}
