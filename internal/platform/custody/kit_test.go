package custody

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
)

var modules = []schema.Module{
	{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "custody", Files: Migrations},
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, web.Warsaw)

// clock stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

type named struct{}

func (named) People(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		out[id] = "Osoba " + id
	}
	return out, nil
}

type kit struct {
	*Service
	t     testing.TB
	d     *db.DB
	clock *clock
}

func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, seal.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: noon}
	return &kit{New(Config{DB: d, Now: c.now, Keys: secrets.New(), Names: named{}, Catalog: catalog}), t, d, c}
}

func (k *kit) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func box(id string) Box { return Box{"test", id} }

// as is what a person does to a box; the boss runs it.
func as(person, id string) Act {
	return Act{By: audit.By{Person: person, Role: "officer"}, Box: box(id), Institution: "i1", Runs: person == "boss"}
}

// make makes a key of the keepers and answers with the texts of its shares.
func (k *kit) make(id string, people ...string) (texts []string) {
	k.t.Helper()
	shares, err := k.Make(k.t.Context(), as("boss", id), people, false)
	k.must(err)
	for _, s := range shares {
		texts = append(texts, s.Text())
		s.Forget()
	}
	return texts
}

// ready is a key of a and b that is confirmed, with the third share in deposit.
func (k *kit) ready(id string) (texts []string) {
	k.t.Helper()
	texts = k.make(id, "a", "b")
	k.confirm(id, texts, "a", "b", "boss")
	return texts
}

// three is a key of a, b and c that is confirmed.
func (k *kit) three(id string) (texts []string) {
	k.t.Helper()
	texts = k.make(id, "a", "b", "c")
	k.confirm(id, texts, "a", "b", "c")
	return texts
}

func (k *kit) confirm(id string, texts []string, people ...string) {
	k.t.Helper()
	for i, who := range people {
		k.must(k.Confirm(k.t.Context(), as(who, id), texts[i]))
	}
}

func (k *kit) key(id string) Key {
	k.t.Helper()
	key, err := Read(k.t.Context(), k.d, box(id))
	k.must(err)
	return key
}

func (k *kit) count(query string, args ...any) (n int) {
	k.t.Helper()
	k.must(k.d.Get(k.t.Context(), &n, query, args...))
	return n
}

// dump is every row of every table in one text.
func (k *kit) dump() string {
	k.t.Helper()
	var all strings.Builder
	tables, err := k.d.Tables(k.t.Context(), k.d)
	k.must(err)
	for _, table := range tables {
		k.must(k.d.EachRow(k.t.Context(), k.d, table, func(row []any) error {
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				fmt.Fprint(&all, v, "|")
			}
			return nil
		}))
	}
	return all.String()
}

// want fails unless the error is a fault of that key; "" wants none.
func want(t testing.TB, what string, err error, key string) {
	t.Helper()
	f := fault.As(err)
	switch {
	case key == "" && err == nil:
	case f == nil || f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }):
		t.Errorf("%s: %v, want %q", what, err, key)
	}
}
