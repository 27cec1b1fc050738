package networking

import (
	"context"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// erase takes a person out of all holdings, as privacy does.
func (h *house) erase(who access.Actor) (rows int) {
	h.t.Helper()
	for _, p := range h.Purposes() {
		for _, x := range p.Holds {
			for again := 0; ; again++ {
				var n int
				h.ok(h.db.Write(h.t.Context(), func(tx *db.Tx) (err error) {
					n, err = x.Erase(h.t.Context(), tx, string(who.Person))
					return err
				}))
				if rows += n; n == 0 {
					break
				}
				if again > 5 {
					h.t.Fatalf("%s: erasing does not end", x.Table)
				}
			}
		}
	}
	return rows
}

// filled lets people do everything once.
func filled(t *testing.T, h *house) (talk string) {
	ctx := t.Context()
	own, jans := h.announce(h.olga, Draft{}), h.announce(h.jan, Draft{Side: Looks})
	h.announce(h.ewa, Draft{Institution: string(h.school)})
	talk = h.ask(h.jan, own)
	h.ok(h.Settle(ctx, h.olga, talk, true, "Tak"))
	h.ok(h.Say(ctx, h.jan, talk, "Ode mnie"))
	h.ok(h.Say(ctx, h.olga, talk, "Ode mnie także"))
	h.ok(h.ShowAddress(ctx, h.jan, talk, "jan@example.org"))
	_, err := h.Introduce(ctx, h.ewa, "wpis:"+own, "wpis:"+jans, "Warto.", "pl")
	h.ok(err)
	said, _, err := h.Talk(ctx, h.olga, talk)
	h.ok(err)
	_, err = h.Report(ctx, h.olga, pieceMessage, said[0].ID, "Bo tak", true)
	h.ok(err)
	list, err := h.Reports(ctx, h.moderator, true)
	h.ok(err)
	h.ok(h.Decide(ctx, h.moderator, list[0].ID, Verdict{Kind: Suspended, Words: "x", Until: "2026-12-01"}))
	_, err = h.Block(ctx, h.iza, pieceEntry, own)
	h.ok(err)
	h.ok(h.LeaveOut(ctx, h.jan, "", true))
	h.ok(h.Attend(ctx, h.jan, "training", "1", false))
	return talk
}

func TestErase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		talk := filled(t, h)
		if h.erase(h.jan) == 0 || h.erase(h.jan) != 0 {
			t.Error("erased nothing, or again and again")
		}
		for query, what := range map[string]string{
			`select count(*) from directory_network_entries where person = ?`:                                  "entries",
			`select count(*) from directory_network_silent where id = ?`:                                       "settings",
			`select count(*) from directory_network_meetings where person = ?`:                                 "meetings",
			`select count(*) from directory_contact_messages where author = ?`:                                 "messages",
			`select count(*) from directory_contact_addresses where person = ?`:                                "addresses",
			`select count(*) from directory_contact_suspensions where person = ?`:                              "suspensions",
			`select count(*) from directory_contact_days where person = ?`:                                     "days",
			`select count(*) from directory_contact_requests where asker = ? or person = ? or answered_by = ?`: "requests",
			`select count(*) from directory_contact_intros where by_person = ? or first = ? or second = ?`:     "introductions",
			`select count(*) from directory_contact_reports where reporter = ? or person = ?`:                  "reports",
			`select count(*) from directory_contact_blocks where blocker = ? or blocked = ?`:                   "blocks",
		} {
			var args []any
			for _, c := range query {
				if c == '?' {
					args = append(args, string(h.jan.Person))
				}
			}
			var n int
			h.ok(h.db.Get(ctx, &n, query, args...))
			if n != 0 {
				t.Errorf("%s: %d left", what, n)
			}
		}
		said, _, err := h.Talk(ctx, h.olga, talk)
		if err != nil || len(said) != 1 {
			t.Error("the other side lost its part", said, err)
		}
		h.who = h.olga
		h.page(requestPath(talk))
		h.page(contactsPath)
	})
}

func TestExportAndSweep(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		filled(t, h)
		registry := privacy.NewRegistry().Declare(h.Purposes()...)
		exported := 0
		for _, p := range registry.Purposes() {
			for _, key := range []string{p.Text + ".title", p.Text + ".why", p.Keep.Since} {
				if !h.Catalog.Has(key) {
					t.Error("no text", key)
				}
			}
			for _, x := range p.Holds {
				if x.Export == nil {
					continue
				}
				items, err := x.Export(ctx, string(h.jan.Person))
				if err != nil {
					t.Error(x.Table, err)
				}
				for _, item := range items {
					for _, f := range item.Fields {
						if !h.Catalog.Has(f.Key) {
							t.Error("no text", f.Key)
						}
						if f.Value == "Ode mnie także" || f.Value == "Bo tak" {
							t.Error("another's words are in the download")
						}
					}
				}
				exported += len(items)
			}
		}
		if exported < 6 {
			t.Errorf("%d things exported", exported)
		}
		h.clock = morning.AddDate(1, 0, 0)
		h.ok(h.Expire(ctx))
		sweepAll(t, h, h.clock.AddDate(2, 0, 0))
		left := map[string]int{}
		for _, table := range []string{"directory_network_entries", "directory_network_topics", "directory_network_meetings", "directory_contact_messages",
			"directory_contact_addresses", "directory_contact_requests", "directory_contact_intros", "directory_contact_reports", "directory_contact_suspensions", "directory_contact_days"} {
			var n int
			h.ok(h.db.Get(ctx, &n, `select count(*) from `+table))
			if n != 0 {
				left[table] = n
			}
		}
		if len(left) > 0 {
			t.Error("left:", left)
		}
	})
}

func sweepAll(t *testing.T, h *house, before time.Time) {
	t.Helper()
	for _, p := range h.Purposes() {
		for _, x := range p.Holds {
			n, err := x.Expired(context.Background(), h.db, before)
			if err != nil {
				t.Fatal(x.Table, err)
			}
			var gone int
			h.ok(h.db.Write(t.Context(), func(tx *db.Tx) (err error) { gone, err = x.Sweep(t.Context(), tx, before, 1000); return err }))
			if gone != n {
				t.Errorf("%s: %d expired, %d swept", x.Table, n, gone)
			}
		}
	}
}
