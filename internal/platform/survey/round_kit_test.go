package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
)

var roundModules = []schema.Module{
	{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "custody", Files: custody.Migrations}, {Name: "survey", Files: Migrations},
}

// roundNoon is when tests begin.
var roundNoon = time.Date(2026, 11, 22, 12, 0, 0, 0, web.Warsaw)

// roundClock is a clock that stands until it is moved.
type roundClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *roundClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *roundClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// roundOwner runs rounds of the kind "test". Its person is in the header
// Test-Who; "boss" runs, units of others are what paper says.
type roundOwner struct {
	mu     sync.Mutex
	opened []RoundID
}

func (o *roundOwner) who(r *web.Request) string { return r.Header.Get("Test-Who") }

func (o *roundOwner) Runs(_ context.Context, r *web.Request, _ Round) error {
	if o.who(r) == "boss" {
		return nil
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

func (o *roundOwner) Sees(_ context.Context, r *web.Request, _ Round) error { return nil }

func (o *roundOwner) Eligible(_ context.Context, r *web.Request, _ Round) (string, error) {
	if o.who(r) == "guest" {
		return "sp1", nil
	}
	return "", fault.New(fault.Forbidden, "survey.fault.not_invited")
}

func (o *roundOwner) PaperAt(_ context.Context, r *web.Request, _ Round) ([]string, error) {
	if o.who(r) == "secretary" {
		return []string{"sp1"}, nil
	}
	return nil, nil
}

func (o *roundOwner) Page(*i18n.L, Round) web.Link {
	return web.Link{Text: "Potrzeby 2026/2027", Href: "/potrzeby"}
}

func (o *roundOwner) Next(context.Context, *i18n.L, Round, string) (web.Step, error) {
	return web.Step{What: "Wyniki ukażą się w grudniu."}, nil
}

func (o *roundOwner) Opened(_ context.Context, _ *db.Tx, rd Round) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opened = append(o.opened, rd.ID)
	return nil
}

// roundTold remembers whom Tell told what.
type roundTold struct {
	mu   sync.Mutex
	what []string
}

func (t *roundTold) Tell(_ context.Context, _ *db.Tx, what, person string, _ Round, title Text) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if title[i18n.PL] == "" {
		return fmt.Errorf("no title")
	}
	t.what = append(t.what, what+" "+person)
	return nil
}

type roundNames struct{}

func (roundNames) People(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		out[id] = "Osoba " + id
	}
	return out, nil
}

func (roundNames) Units(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		if id != "nameless" {
			out[id] = "Szkoła " + id
		}
	}
	return out, nil
}

// roundKit is a service over a database, with an owner and a clock.
type roundKit struct {
	*Service
	t     testing.TB
	d     *db.DB
	clock *roundClock
	owner *roundOwner
	told  *roundTold
	def   DefinitionID
}

var roundBoss = audit.By{Person: "boss", Role: "planner"}

func newRoundKit(t testing.TB, d *db.DB) *roundKit {
	t.Helper()
	k := &roundKit{t: t, d: d, clock: &roundClock{at: roundNoon}, owner: &roundOwner{}, told: &roundTold{}}
	k.Service = New(Config{DB: d, Now: k.clock.now, Keys: secrets.New(), Names: roundNames{}, Tell: k.told})
	k.Declare("test", k.owner)
	k.def = k.define(roundSample())
	return k
}

func roundText(pl string) Text {
	return Text{i18n.PL: pl, i18n.EN: pl + " (en)", i18n.UK: pl + " (uk)"}
}

// roundSample has a choice, a scale and words.
func roundSample() Definition {
	options := func(ids ...string) (list []Option) {
		for _, id := range ids {
			list = append(list, Option{ID: id, Text: roundText("Odpowiedź " + id)})
		}
		return list
	}
	return Definition{Code: "probna", Title: roundText("Potrzeby kadry"), Intro: roundText("Kilka pytań."), Thanks: roundText("Dziękujemy."), Sections: []Section{
		{ID: "one", Title: roundText("Szkolenia"), Questions: []Question{
			{ID: "topic", Kind: Single, Title: roundText("Jaki temat?"), Required: true, Options: options("tiki", "math", "law")},
			{ID: "need", Kind: Scale, Title: roundText("Jak pilnie?"), Low: 1, High: 5},
		}},
		{ID: "two", Title: roundText("Słowa"), Questions: []Question{{ID: "words", Kind: FreeText, Title: roundText("Co jeszcze?"), Most: 200}}},
	}}
}

func (k *roundKit) define(d Definition) (id DefinitionID) {
	k.t.Helper()
	k.write(func(tx *db.Tx) (err error) { id, err = k.SaveDefinition(k.t.Context(), tx, roundBoss, d); return err })
	return id
}

func (k *roundKit) write(f func(tx *db.Tx) error) {
	k.t.Helper()
	if err := k.d.Write(k.t.Context(), f); err != nil {
		k.t.Fatal(err)
	}
}

func (k *roundKit) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// plan is a round of a week with n people p01, p02… of the units sp1 and sp2 by turns.
func (k *roundKit) plan(mode Mode, n int) (id RoundID) {
	k.t.Helper()
	k.write(func(tx *db.Tx) (err error) {
		id, err = k.Create(k.t.Context(), tx, roundBoss, Round{Owner: "test", Object: "k1", Definition: k.def, Mode: mode,
			OpensAt: roundNoon.Unix(), ClosesAt: roundNoon.Add(7 * 24 * time.Hour).Unix()})
		if err != nil {
			return err
		}
		return k.Invite(k.t.Context(), tx, id, roundPeople(n))
	})
	return id
}

func roundPeople(n int) (list []Invited) {
	for i := range n {
		list = append(list, Invited{fmt.Sprintf("p%02d", i+1), []string{"sp1", "sp2"}[i%2]})
	}
	return list
}

// key makes and confirms a key kept by the officers o1 and o2; the third share
// is in deposit.
func (k *roundKit) key(id RoundID) (shares []string) {
	k.t.Helper()
	made, err := k.MakeKey(k.t.Context(), roundBoss, id, []string{"o1", "o2"}, false)
	k.must(err)
	for _, s := range made {
		shares = append(shares, s.Text())
	}
	k.must(k.ConfirmShare(k.t.Context(), roundBy("o1"), id, shares[0], false))
	k.must(k.ConfirmShare(k.t.Context(), roundBy("o2"), id, shares[1], false))
	k.must(k.ConfirmShare(k.t.Context(), roundBoss, id, shares[2], true))
	return shares
}

func roundBy(person string) audit.By { return audit.By{Person: person, Role: "officer"} }

// start is an open round; an anonymous one has its key, whose shares are returned.
func (k *roundKit) start(mode Mode, n int) (id RoundID, shares []string) {
	k.t.Helper()
	id = k.plan(mode, n)
	if mode == Anonymous {
		shares = k.key(id)
	}
	k.must(k.Open(k.t.Context(), roundBoss, id))
	return id, shares
}

// given is a form with answers sent now.
func (k *roundKit) given(pairs ...string) Given {
	a := Answers{}
	for i := 0; i+1 < len(pairs); i += 2 {
		a[pairs[i]] = append(a[pairs[i]], pairs[i+1])
	}
	return Given{Form: NewForm(), Definition: k.def, Answers: a, At: k.clock.now()}
}

// end closes a round and opens it with two shares.
func (k *roundKit) end(id RoundID, shares []string) {
	k.t.Helper()
	k.must(k.Close(k.t.Context(), roundBoss, id))
	o, err := k.GiveShare(k.t.Context(), roundBy("o1"), id, shares[0], false)
	if err != nil || o != nil {
		k.t.Fatal(o, err)
	}
	o, err = k.GiveShare(k.t.Context(), roundBy("o2"), id, shares[1], false)
	k.must(err)
	k.must(o.Do(k.t.Context()))
}

func (k *roundKit) round(id RoundID) Round {
	k.t.Helper()
	rd, err := k.RoundByID(k.t.Context(), k.d, id)
	k.must(err)
	return rd
}

// dump is every row of every table, by table.
func (k *roundKit) dump() map[string][]string {
	k.t.Helper()
	all := map[string][]string{}
	tables, err := k.d.Tables(k.t.Context(), k.d)
	k.must(err)
	for _, table := range tables {
		k.must(k.d.EachRow(k.t.Context(), k.d, table, func(row []any) error {
			var cells []string
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				cells = append(cells, fmt.Sprint(v))
			}
			all[table.Name] = append(all[table.Name], strings.Join(cells, "|"))
			return nil
		}))
	}
	return all
}

func (k *roundKit) count(query string, args ...any) (n int) {
	k.t.Helper()
	k.must(k.d.Get(k.t.Context(), &n, query, args...))
	return n
}

// roundWant fails unless the error is a fault of that key; "" wants none.
func roundWant(t testing.TB, what string, err error, key string) {
	t.Helper()
	f := fault.As(err)
	switch {
	case key == "" && err == nil:
	case f == nil || f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }):
		t.Errorf("%s: %v, want %q", what, err, key)
	}
}
