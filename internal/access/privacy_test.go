package access

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// What a prepared act says of one person goes, what it says of others stays.
func TestActWithoutPerson(t *testing.T) {
	const me, login = "01990000-0000-7000-8000-000000000001", "me@example.org"
	mine, other := Invitee{Name: "Ja Sama", Email: "Me@Example.org"}, Invitee{Name: "Inny Ktoś", Email: "other@example.org"}
	list := func(all ...Invitee) string {
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, c := range map[string]struct {
		kind, payload, rest string
		named               bool
	}{
		"of others":         {inviteAct, list(other), list(other), false},
		"among others":      {inviteAct, list(other, mine), list(other), true},
		"alone":             {inviteAct, list(mine), "[]", true},
		"twice":             {inviteAct, list(mine, mine), "[]", true},
		"nobody left":       {inviteAct, "[]", "[]", false},
		"unreadable":        {inviteAct, "{", "{", false},
		"another kind":      {"class_tutor", `{"person":"` + me + `","who":"Ja Sama"}`, "{}", true},
		"of others, a kind": {"class_tutor", `{"person":"x","who":"Ja Sama"}`, "", false},
	} {
		rest, named := withoutPerson(c.kind, c.payload, me, login)
		if named != c.named || named && rest != c.rest {
			t.Errorf("%s: %s %v", name, rest, named)
		}
	}
	// Somebody without an account is nobody's invitee.
	if _, named := withoutPerson(inviteAct, list(Invitee{Email: ""}), me, ""); named {
		t.Error("an empty address is somebody")
	}
}

func holder(t *testing.T, d *db.DB) *Service {
	t.Helper()
	texts, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{DB: d, Catalog: texts, Now: time.Now})
}

// holdingOf finds a holding by its table.
func holdingOf(t *testing.T, s *Service, table string) privacy.Holding {
	t.Helper()
	for _, p := range s.Purposes(nil) {
		for _, h := range p.Holds {
			if h.Table == table {
				return h
			}
		}
	}
	t.Fatalf("nobody holds %s", table)
	return privacy.Holding{}
}

// An open account never runs out; a pupil's account keeps its login, which is
// no address; what a sweep takes it takes once.
func TestAccountsRunOut(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s := holder(t, d)
		ctx := context.Background()
		add := func(name, email string, held ...Held) PersonID {
			id, err := s.AddPerson(ctx, System(), NewPerson{Name: name, Email: email, Roles: held})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		old, open := add("Dawno Zamknięta", "old@example.org", Held{Administrator, ""}, Held{Resident, ""}), add("Nadal Czynna", "open@example.org")
		closed := time.Now().AddDate(-3, 0, 0).Unix()
		var left []string
		h := holdingOf(t, s, "access_people")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `update access_people set closed_at = ? where id = ?`, closed, old); err != nil {
				return err
			}
			p := private{s, func(_ context.Context, _ *db.Tx, person string) error { left = append(left, person); return nil }}
			n, err := p.people().Sweep(ctx, tx, time.Now().AddDate(-2, 0, 0), 10)
			if n != 1 {
				t.Errorf("%d ran out", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(slices.Compact(left), []string{string(old)}) {
			t.Errorf("told of %v", left)
		}
		if n, err := h.Expired(ctx, d, time.Now()); n != 0 || err != nil {
			t.Errorf("%d left, %v", n, err)
		}
		p, err := s.Reachable(ctx, old)
		if err != nil || p.Name != "" || p.Email != "" || p.Login != "#"+string(old) || *p.ClosedAt != closed {
			t.Errorf("%+v %v", p, err)
		}
		if p, err := s.Reachable(ctx, open); err != nil || p.Name == "" || p.ClosedAt != nil {
			t.Errorf("%+v %v", p, err)
		}
		spans, err := spansOf(ctx, d, old)
		if err != nil || len(spans) != 1 || spans[0].Role != Administrator || spans[0].until == 0 {
			t.Errorf("%+v %v", spans, err)
		}
		// The address is free for a new account.
		if again := add("Dawno Zamknięta", "old@example.org"); again == old {
			t.Error("the same account")
		}
	})
}

// Nobody has an id "", and nothing is erased for it.
func TestErasingNobody(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s := holder(t, d)
		ctx := context.Background()
		for _, p := range s.Purposes(nil) {
			for _, h := range p.Holds {
				for _, id := range []string{"", "nobody"} {
					err := d.Write(ctx, func(tx *db.Tx) error {
						n, err := h.Erase(ctx, tx, id)
						if n != 0 {
							t.Errorf("%s: %d", h.Table, n)
						}
						return err
					})
					if err != nil {
						t.Error(h.Table, err)
					}
					if h.Export == nil {
						continue
					}
					if items, err := h.Export(ctx, id); err != nil || len(items) != 0 {
						t.Errorf("%s: %v %v", h.Table, items, err)
					}
				}
			}
		}
	})
}
