package vote

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/identity"
	"kladka/internal/platform/sheet"
	"kladka/internal/testkit"
	center "kladka/internal/testkit/identity"
)

// connect connects the kit with a national sign-in for tests.
func (k *kit) connect(base string) *center.Server {
	k.t.Helper()
	server := center.New(k.t, k.now)
	p, err := identity.New(identity.Config{Base: base, Keys: k.Keys, Now: k.now, Log: slog.New(slog.DiscardHandler),
		Settings: identity.Settings{Name: "Login.example", Issuer: server.URL, Client: center.Client, Secret: center.Secret}})
	k.ok(err)
	k.Service.Identity = p
	return server
}

// says is what the service says of somebody.
func says(subject string, i Identity) identity.Claims {
	return identity.Claims{Issuer: "https://login.example", Subject: subject, Name: i.Name, Born: i.Born}
}

// at is where they say they live.
func at(address string) Residence { return Residence{Address: address, Sure: true} }

// rolled puts people on the roll of an edition.
func (k *kit) rolled(e budget.Edition, people ...Identity) {
	k.t.Helper()
	text := "Imię i nazwisko;Data urodzenia;Adres\n"
	for _, i := range people {
		text += i.Name + ";" + i.Born + ";" + i.Address + "\n"
	}
	table, err := sheet.Read(strings.NewReader(text), RollLimits())
	k.ok(err)
	plan, err := k.PlanRoll(k.t.Context(), e, table)
	k.ok(err)
	roll, err := k.PutRoll(k.t.Context(), k.clerk, e, plan)
	k.ok(err)
	k.ok(k.UseRoll(k.t.Context(), k.clerk, e.ID, roll))
	k.drain()
}

// places counts the electors of an edition.
func (k *kit) places(e budget.Edition) (n int) {
	k.t.Helper()
	k.ok(k.db.Get(k.t.Context(), &n, `select count(*) from budget_electors where edition = ?`, e.ID))
	return n
}

// declines checks that a refusal has the key, and that nothing was written.
func (k *kit) declines(what string, e budget.Edition, key string, do func() error) {
	k.t.Helper()
	before, limits, after := k.places(e), 0, 0
	k.ok(k.db.Get(k.t.Context(), &limits, `select count(*) from budget_limits where edition = ?`, e.ID))
	err := do()
	if f := fault.As(err); f == nil || f.Key != key {
		k.t.Errorf("%s: %v, want %s", what, err, key)
	}
	k.ok(k.db.Get(k.t.Context(), &after, `select count(*) from budget_limits where edition = ?`, e.ID))
	if n := k.places(e); n != before || after != limits {
		k.t.Errorf("%s: %d places after %d, %d marks after %d", what, n, before, after, limits)
	}
}

func (k *kit) confirms(who access.Actor, e budget.Edition, c identity.Claims, home Residence) func() error {
	return func() error { _, err := k.Confirm(k.t.Context(), who, e.ID, c, home); return err }
}

func TestConfirm(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.notConnected()
		k.connect("https://kladka.example.org")
		k.refusedToConfirm()
		k.onePersonOneRight()
		k.namesakes()
		k.lookedAt()
		k.refusedDeclarations()
	})
}

// notConnected: the rules name the source, and there is none.
func (k *kit) notConnected() {
	k.t.Helper()
	e := k.edition(k.clerk, "wieliczka", sources(budget.OIDC))
	k.declines("nothing is connected", e, "vote.fault.not_a_source", k.confirms(k.voter(), e, says("1", anna), at("Długa 5")))
	obstacles, err := k.Obstacles(k.t.Context(), k.db, e)
	k.ok(err)
	if len(obstacles) != 1 {
		k.t.Errorf("a vote may open for nobody: %v", obstacles)
	}
}

func (k *kit) refusedToConfirm() {
	k.t.Helper()
	off := k.edition(k.clerk, "wieliczka", sources(budget.Roll))
	k.declines("an edition without it", off, "vote.fault.not_a_source", k.confirms(k.voter(), off, says("1", anna), at("Długa 5")))
	e := k.edition(k.clerk, "wieliczka", func(r *budget.Rules) { r.Who.Sources, r.Who.VoteAge = []budget.Source{budget.OIDC}, 16 })
	if obstacles, err := k.Obstacles(k.t.Context(), k.db, e); err != nil || len(obstacles) != 0 {
		k.t.Errorf("obstacles while electors come by themselves: %v, %v", obstacles, err)
	}
	k.declines("nobody", e, "fault.signed_out", k.confirms(k.nobody, e, says("1", anna), at("Długa 5")))
	acting, who := k.voter(), k.voter()
	acting.For = k.resident.Person
	k.declines("for somebody else", e, "vote.fault.for_another", k.confirms(acting, e, says("1", anna), at("Długa 5")))
	k.declines("without an address", e, "fault.invalid", k.confirms(who, e, says("1", anna), at("gdzieś")))
	k.declines("unsure", e, "fault.invalid", k.confirms(who, e, says("1", anna), Residence{Address: "Długa 5"}))
	k.declines("without a birthday", e, "vote.fault.identity_born", k.confirms(who, e, says("1", Identity{Name: "Anna Nowak"}), at("Długa 5")))
	k.declines("without a name", e, "vote.fault.identity_name", k.confirms(who, e, says("1", Identity{Name: "Anna", Born: "1990-01-31"}), at("Długa 5")))
	k.declines("without an identifier", e, "vote.fault.identity_foreign", k.confirms(who, e, says("", anna), at("Długa 5")))
	day := local(e.Rules.Calendar.VoteFrom)
	tomorrow, today := day.AddDate(-16, 0, 1).Format(time.DateOnly), day.AddDate(-16, 0, 0).Format(time.DateOnly)
	k.declines("too young by a day", e, "vote.fault.too_young", k.confirms(who, e, says("1", Identity{Name: "Anna Nowak", Born: tomorrow}), at("Długa 5")))
	_, err := k.CheckIn(k.t.Context(), k.officer, e.ID, Identity{Name: "Anna Nowak", Born: tomorrow, Address: "Długa 5"}, "")
	refuses(k.t, "too young at the desk", err, fault.Invalid)
	k.ok(k.confirms(who, e, says("1", Identity{Name: "Anna Nowak", Born: today}), at("Długa 5"))())
	k.declines("a second time", e, "vote.fault.have_place", k.confirms(who, e, says("1", Identity{Name: "Anna Nowak", Born: today}), at("Długa 5")))
	clock := k.clock
	k.clock = time.Unix(e.Rules.Calendar.VoteTo, 0)
	k.declines("after the last hour", e, "vote.fault.not_now", k.confirms(k.voter(), e, says("2", anna), at("Długa 6")))
	k.clock = clock
	city := k.edition(k.clerk, "krakow_2025", sources(budget.OIDC))
	k.declines("without a district", city, "fault.invalid", k.confirms(k.voter(), city, says("1", anna), at("Długa 5")))
	home := at("Długa 5")
	home.District = string(districts(city)[1].ID)
	inDistrict := k.voter()
	k.ok(k.confirms(inDistrict, city, says("1", anna), home)())
	id, err := k.ElectorOf(k.t.Context(), k.db, inDistrict, city)
	k.ok(err)
	want, _ := poolsFor(city, home.District)
	if rights, err := Rights(k.t.Context(), k.db, city.ID, id); err != nil || len(rights) != len(want) || len(want) == 0 {
		k.t.Errorf("%d rights of %d: %v", len(rights), len(want), err)
	}
}

// onePersonOneRight: the same person comes with everything that could look like
// another one.
func (k *kit) onePersonOneRight() {
	k.t.Helper()
	ctx := k.t.Context()
	e := k.edition(k.clerk, "wieliczka", sources(budget.Roll, budget.Desk, budget.Slips, budget.OIDC))
	jan, ewa := Identity{Name: "Jan Kot", Born: "1980-01-31", Address: "Długa 6, Kraków"}, Identity{Name: "Ewa Lis", Born: "1970-01-31", Address: "Długa 7, Kraków"}
	k.rolled(e, anna, jan, ewa)
	first := k.voter()
	k.declines("another address than the roll has", e, "vote.fault.same_name", k.confirms(first, e, says("1", anna), at("Krótka 1")))
	k.declines("with a middle name", e, "vote.fault.same_name", k.confirms(first, e, says("1", Identity{Name: "Anna Maria Nowak", Born: anna.Born}), at(anna.Address)))
	id, err := k.Confirm(ctx, first, e.ID, says("1", Identity{Name: "NOWAK Anna", Born: anna.Born}), at("ul. Długa 5 m. 1 Kraków"))
	k.ok(err)
	var source budget.Source
	k.ok(k.db.Get(ctx, &source, `select source from budget_electors where edition = ? and id = ? and person = ?`, e.ID, id, first.Person))
	if source != budget.Roll || k.places(e) != 3 {
		k.t.Errorf("the place on the roll: source %s, %d places", source, k.places(e))
	}
	k.declines("the same identifier on a second account", e, "vote.fault.identity_used", k.confirms(k.voter(), e, says("1", Identity{Name: "Inna Osoba", Born: "1960-01-31"}), at("Inna 1")))
	k.declines("a place that is taken", e, "vote.fault.place_taken", k.confirms(k.voter(), e, says("2", anna), at(anna.Address)))
	_, err = k.Claim(ctx, k.voter(), e.ID, jan)
	k.ok(err)
	k.declines("a place claimed from the roll", e, "vote.fault.place_taken", k.confirms(k.voter(), e, says("3", jan), at(jan.Address)))
	found, err := k.CheckIn(ctx, k.officer, e.ID, ewa, "")
	k.ok(err)
	_, err = k.HandOut(ctx, k.officer, e.ID, []ElectorID{found.Elector})
	k.ok(err)
	k.declines("somebody with a slip", e, "vote.fault.place_taken", k.confirms(k.voter(), e, says("4", ewa), at(ewa.Address)))
	k.declines("somebody with a slip, at another address", e, "vote.fault.same_name", k.confirms(k.voter(), e, says("4", ewa), at("Krótka 1")))
}

// namesakes: a roll that comes after the sign-in gives no second right by itself,
// and the desk is told.
func (k *kit) namesakes() {
	k.t.Helper()
	ctx := k.t.Context()
	e := k.edition(k.clerk, "wieliczka", sources(budget.Roll, budget.Desk, budget.OIDC))
	k.ok(k.confirms(k.voter(), e, says("1", anna), at("Krótka 1"))())
	k.declines("the same words by another identifier", e, "vote.fault.declared_already", k.confirms(k.voter(), e, says("2", anna), at("Krótka 1")))
	k.rolled(e, anna)
	if k.places(e) != 2 {
		k.t.Fatalf("%d places", k.places(e))
	}
	_, err := k.Claim(ctx, k.voter(), e.ID, anna)
	if f := fault.As(err); f == nil || f.Key != "vote.fault.same_name" {
		k.t.Errorf("a second right from the roll: %v", err)
	}
	there, err := k.CheckIn(ctx, k.officer, e.ID, anna, "")
	k.ok(err)
	other, err := k.CheckIn(ctx, k.officer, e.ID, Identity{Name: "Adam Nowak", Born: anna.Born, Address: anna.Address}, "")
	k.ok(err)
	if !there.Alike || there.Bound || other.Alike {
		k.t.Errorf("at the desk: %+v, %+v", there, other)
	}
	k.ok(k.db.Write(ctx, func(tx *db.Tx) error { return ForgetElectors(ctx, tx, e.ID, k.clock) }))
	n := 0
	k.ok(k.db.Get(ctx, &n, `select count(*) from budget_electors where edition = ? and (same_name <> '' or mark <> '' or person <> '')`, e.ID))
	if n != 0 {
		k.t.Errorf("%d electors are still somebody", n)
	}
}

// refusedDeclarations: a declaration that two officers found wrong takes nobody's
// place, unless a vote was cast with it.
func (k *kit) refusedDeclarations() {
	k.t.Helper()
	ctx := k.t.Context()
	e := k.edition(k.clerk, "wieliczka", sources(budget.OIDC, budget.Self))
	for _, c := range []struct {
		id    Identity
		voted bool
	}{{anna, false}, {Identity{Name: "Jan Wójcik", Born: "1975-03-02", Address: "Prosta 4"}, true}} {
		wrong := c.id
		wrong.Address = "Zmyślona 9"
		elector, err := k.Declare(ctx, k.voter(), e.ID, wrong, "", true)
		k.ok(err)
		if c.voted {
			ok, err := k.spends(e, elector, Online)
			if k.ok(err); !ok {
				k.t.Fatal("the right was not spent")
			}
		}
		k.ok(k.Find(ctx, k.clerk, e.ID, elector, FoundWrong, "Nie mieszka tu"))
		k.ok(k.Find(ctx, k.officer, e.ID, elector, FoundWrong, "Nie mieszka tu"))
		second := k.confirms(k.voter(), e, says("refused "+c.id.Name, c.id), at(c.id.Address))
		if c.voted {
			k.declines("a second vote", e, "vote.fault.same_name", second)
		} else {
			k.ok(second())
		}
	}
}

// lookedAt: officers see that a declaration may be of somebody who has a place.
func (k *kit) lookedAt() {
	k.t.Helper()
	ctx := k.t.Context()
	e := k.edition(k.clerk, "wieliczka", sources(budget.OIDC, budget.Self))
	k.ok(k.confirms(k.voter(), e, says("1", anna), at("Krótka 1"))())
	_, err := k.Declare(ctx, k.voter(), e.ID, anna, "", true)
	k.ok(err)
	_, err = k.Declare(ctx, k.voter(), e.ID, Identity{Name: "Adam Kot", Born: "1970-01-31", Address: "Inna 8"}, "", true)
	k.ok(err)
	k.declines("somebody who declared", e, "vote.fault.same_name", k.confirms(k.voter(), e, says("2", Identity{Name: "Kot Adam", Born: "1970-01-31"}), at("Nowa 1")))
	list, err := k.Declarations(ctx, k.clerk, e.ID, ShowDoubles, "", 10)
	k.ok(err)
	if len(list) != 1 || !list[0].Elsewhere || list[0].Double {
		k.t.Errorf("likely doubles: %+v", list)
	}
	if all, err := k.Declarations(ctx, k.clerk, e.ID, ShowAll, "", 10); err != nil || len(all) != 2 {
		k.t.Errorf("%d declarations, %v", len(all), err)
	}
	for _, h := range k.Purposes()[0].Holds {
		if h.Table != "budget_electors" {
			continue
		}
		if n, err := h.Expired(ctx, k.db, k.clock.Add(time.Hour)); err != nil || n != 0 {
			k.t.Errorf("%d places go before the vote, %v", n, err)
		}
		after := time.Unix(e.Rules.Calendar.VoteTo, 0).Add(time.Hour)
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error { _, err := h.Sweep(ctx, tx, after, 10); return err }))
		n, err := h.Expired(ctx, k.db, after)
		k.ok(err)
		left := 0
		k.ok(k.db.Get(ctx, &left, `select count(*) from budget_electors where same_name <> ''`))
		if n != 0 || left != 0 {
			k.t.Errorf("%d and %d places are somebody after their time", n, left)
		}
	}
}

// TestAgeCountsByTheDayHere: a vote that opens at midnight opens the day before in
// UTC, and those who have their birthday on that day vote.
func TestAgeCountsByTheDayHere(t *testing.T) {
	for _, c := range []struct {
		opens string
		want  bool
	}{{"2026-11-04T22:59:00Z", false}, {"2026-11-04T23:00:00Z", true}, {"2026-11-05T12:00:00Z", true}, {"2026-11-03T23:30:00Z", false}} {
		at, err := time.Parse(time.RFC3339, c.opens)
		if err != nil {
			t.Fatal(err)
		}
		if got := oldEnough("2010-11-05", 16, at); got != c.want {
			t.Errorf("opens %s: old enough %t", c.opens, got)
		}
	}
}

// TestAClaimWaitsForTheSignIn: a roll comes and its place is claimed while somebody
// of the same name is being written down by the national sign-in.
func TestAClaimWaitsForTheSignIn(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.connect("https://kladka.example.org")
		e, signed, claims := k.edition(k.clerk, "wieliczka", sources(budget.Roll, budget.OIDC)), k.voter(), k.voter()
		key, err := k.markKey(t.Context(), e.ID)
		k.ok(err)
		pools, _ := poolsFor(e, "")
		place := func(source budget.Source, person access.PersonID, i Identity) newcomer {
			return newcomer{Elector: Elector{Edition: e.ID, ID: newElector(), Source: source, Person: person}, Mark: key.person(i), Same: key.sameName(i), Pools: pools}
		}
		elsewhere := anna
		elsewhere.Address = "Krótka 1"
		row, fresh, claimed := place(budget.Roll, "", anna), place(budget.OIDC, signed.Person, elsewhere), make(chan error, 1)
		var once sync.Once
		k.ok(d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := bindIn(t.Context(), tx, signed, e, fresh.Mark, fresh.Same); fault.KindOf(err) != fault.NotFound {
				return err
			}
			if err := addOnly(t.Context(), tx, fresh, []string{fresh.Same}); err != nil {
				return err
			}
			once.Do(func() {
				go func() {
					err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := add(t.Context(), tx, []newcomer{row}); return err })
					if err == nil {
						_, err = k.Claim(t.Context(), claims, e.ID, anna)
					}
					claimed <- err
				}()
			})
			time.Sleep(300 * time.Millisecond) // the claim has come as far as it can
			return nil
		}))
		if f := fault.As(<-claimed); f == nil || f.Key != "vote.fault.same_name" {
			t.Errorf("the claim: %v", f)
		}
	})
}

// TestConfirmAtOnce: one identity from many windows, and one person by two ways at
// the same moment, get one right.
func TestConfirmAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.connect("https://kladka.example.org")
		e := k.edition(k.clerk, "wieliczka", sources(budget.Roll, budget.OIDC))
		k.rolled(e, Identity{Name: "Kto Inny", Born: "1950-01-31", Address: "Inna 9"})
		accounts := make(chan access.Actor, 40)
		for range cap(accounts) {
			accounts <- k.voter()
		}
		if won := atonce(8, func() bool { return k.confirms(<-accounts, e, says("1", anna), at("Długa 5"))() == nil }); won != 1 {
			t.Errorf("one identity got %d rights", won)
		}
		key, err := k.markKey(t.Context(), e.ID)
		k.ok(err)
		pools, _ := poolsFor(e, "")
		for n := range 6 {
			i := Identity{Name: fmt.Sprintf("Osoba Numer%c", 'a'+n), Born: "1990-01-31", Address: "Długa 6"}
			row := newcomer{Elector: Elector{Edition: e.ID, ID: newElector(), Source: budget.Roll}, Mark: key.person(i), Same: key.sameName(i), Pools: pools}
			turn := make(chan bool, 2)
			won := atonce(2, func() bool {
				if turn <- true; len(turn) == 2 {
					return k.confirms(<-accounts, e, says(i.Name, i), at("Krótka 1"))() == nil
				}
				err := k.db.Write(t.Context(), func(tx *db.Tx) error { _, err := add(t.Context(), tx, []newcomer{row}); return err })
				if err == nil {
					_, err = k.Claim(t.Context(), <-accounts, e.ID, i)
				}
				return err == nil
			})
			if won != 1 {
				t.Errorf("%s got %d rights", i.Name, won)
			}
		}
	})
}
