package vote

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/sheet"
	"kladka/internal/testkit"
)

func sources(list ...budget.Source) func(*budget.Rules) {
	return func(r *budget.Rules) { r.Who.Sources = list }
}

var anna = Identity{Name: "Anna Nowak", Born: "1990-01-31", Address: "Długa 5/1, Kraków"}

// TestTwoDevicesOneCode: whatever comes at once, a right is spent once, and a
// slip is handed to one person once.
func TestTwoDevicesOneCode(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		e := k.edition(k.clerk, "wieliczka", sources(budget.Desk, budget.Slips))
		_, codes, err := k.Print(t.Context(), k.clerk, e.ID, 3, "")
		k.ok(err)
		person := k.elector(e, k.resident)
		e = k.voting(e)
		slip, err := k.ElectorOfSlip(t.Context(), e, "net", codes[0].Letters())
		k.ok(err)
		won := atonce(8, func() bool {
			ok, err := k.spends(e, slip, Slip)
			return err == nil && ok
		})
		if won != 1 {
			t.Errorf("%d of 8 devices voted with one code", won)
		}
		// The desk gives a slip while the same person votes from an account.
		var votes atomic.Int32
		handed := atonce(6, func() bool {
			if ok, err := k.spends(e, person, Online); err == nil && ok {
				votes.Add(1)
			}
			_, err := k.HandOut(t.Context(), k.officer, e.ID, []ElectorID{person})
			return err == nil
		})
		if handed+int(votes.Load()) != 1 {
			t.Errorf("%d slips and %d votes for one person", handed, votes.Load())
		}
	})
}

// atonce runs the same so many times together and tells how often it was true.
func atonce(n int, do func() bool) int {
	var won atomic.Int32
	var all sync.WaitGroup
	start := make(chan struct{})
	for range n {
		all.Go(func() {
			<-start
			if do() {
				won.Add(1)
			}
		})
	}
	close(start)
	all.Wait()
	return int(won.Load())
}

func TestPupilsAndSlips(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		ctx := t.Context()
		k.roster(22)
		e := k.edition(k.head, "school", sources(budget.Roster, budget.Slips))
		_, _, err := k.Print(ctx, k.tutor, e.ID, 5, "")
		refuses(t, "printing by somebody who does not run it", err, fault.Forbidden)
		_, _, err = k.Print(ctx, k.head, e.ID, 30, "")
		refuses(t, "more slips than anybody needs", err, fault.Invalid)
		fresh, err := k.AddClass(ctx, k.tutor, e.ID, k.class)
		k.ok(err)
		if fresh != 22 {
			t.Fatalf("%d of 22 pupils on the roll", fresh)
		}
		_, err = k.AddClass(ctx, k.tutor, e.ID, k.class)
		refuses(t, "the same class again", err, fault.Conflict)
		obstacles, err := k.Obstacles(ctx, d, e)
		k.ok(err)
		if len(obstacles) != 1 {
			t.Errorf("obstacles before slips: %v", obstacles)
		}
		box, codes, err := k.Print(ctx, k.head, e.ID, 24, "")
		k.ok(err)
		if obstacles, err = k.Obstacles(ctx, d, e); err != nil || len(obstacles) != 0 {
			t.Errorf("obstacles with 24 slips: %v, %v", obstacles, err)
		}
		if left, err := SlipsLeft(ctx, d, e); err != nil || left != 22+spareSlips(22)-24 {
			t.Errorf("%d slips left, %v", left, err)
		}
		k.storedApart(e, codes)
		k.handOut(e)
		e = k.voting(e)
		k.tries(e, codes)
		k.settling(e, box, codes)
	})
}

// storedApart checks that nothing of a slip leads to a person, and that the order
// of printing is not the order of the rows.
func (k *kit) storedApart(e budget.Edition, codes []Code) {
	k.t.Helper()
	var slips []struct {
		ID     ElectorID `db:"id"`
		Mark   string    `db:"mark"`
		Person string    `db:"person"`
	}
	k.ok(k.db.Select(k.t.Context(), &slips, `select id, mark, person from budget_electors where edition = ? and source = ? order by id`, e.ID, budget.Slips))
	if len(slips) != len(codes) {
		k.t.Fatalf("%d slips stored, %d printed", len(slips), len(codes))
	}
	key, err := k.markKey(k.t.Context(), e.ID)
	k.ok(err)
	same := 0
	for i, s := range slips {
		if s.Person != "" || strings.Contains(s.Mark, codes[i].Letters()) {
			k.t.Errorf("slip %+v says too much", s)
		}
		if s.Mark == key.slip(codes[i].Letters()) {
			same++
		}
	}
	if same > len(codes)/2 {
		k.t.Errorf("%d of %d slips lie in the order of printing", same, len(codes))
	}
}

// handOut gives slips to the class, some of it twice.
func (k *kit) handOut(e budget.Edition) {
	k.t.Helper()
	ctx := k.t.Context()
	_, _, pupils, err := k.ClassRoll(ctx, k.tutor, e.ID, k.class)
	k.ok(err)
	var all []ElectorID
	for _, p := range pupils {
		all = append(all, p.Elector)
	}
	_, err = k.HandOut(ctx, k.resident, e.ID, all)
	refuses(k.t, "handing out by a stranger", err, fault.Forbidden)
	n, err := k.HandOut(ctx, k.tutor, e.ID, all[:20])
	k.ok(err)
	if n != 20 {
		k.t.Errorf("%d slips noted, want 20", n)
	}
	foreign := k.edition(k.clerk, "wieliczka", nil)
	voter := k.elector(foreign, k.resident)
	_, err = k.HandOut(ctx, k.tutor, e.ID, []ElectorID{voter})
	refuses(k.t, "a slip for an elector of another edition", err, fault.Conflict)
	if rights, err := Rights(ctx, k.db, foreign.ID, voter); err != nil || len(rights) != 1 {
		k.t.Errorf("rights of another edition after that: %v, %v", rights, err)
	}
	if rights, err := Rights(ctx, k.db, e.ID, voter); err != nil || len(rights) != 0 {
		k.t.Errorf("an elector has rights in another edition: %v, %v", rights, err)
	}
	_, err = k.HandOut(ctx, k.tutor, e.ID, all[:1])
	refuses(k.t, "a second slip", err, fault.Conflict)
	k.ok(k.TakeBack(ctx, k.tutor, e.ID, all[0]))
	refuses(k.t, "taking back twice", k.TakeBack(ctx, k.tutor, e.ID, all[0]), fault.Conflict)
}

// tries types wrong codes until they are slowed.
func (k *kit) tries(e budget.Edition, codes []Code) {
	k.t.Helper()
	ctx := k.t.Context()
	_, err := k.ElectorOfSlip(ctx, e, "lab", codes[0].Letters()[:11])
	refuses(k.t, "a code that lacks a letter", err, fault.Invalid)
	for range slipTries.free + 1 {
		_, err = k.ElectorOfSlip(ctx, e, "lab", drawCode().Letters())
		refuses(k.t, "a code of no slip", err, fault.Invalid)
	}
	_, err = k.ElectorOfSlip(ctx, e, "lab", drawCode().Letters())
	refuses(k.t, "a guess during the pause", err, fault.TooMany)
	if _, err := k.ElectorOfSlip(ctx, e, "lab", codes[0].Letters()); err != nil {
		k.t.Errorf("who has a slip waits for those who guess: %v", err)
	}
	_, err = k.ElectorOfSlip(ctx, e, "elsewhere", drawCode().Letters())
	refuses(k.t, "a wrong code from another network", err, fault.Invalid)
}

// settling votes with two slips, loses the box of others, and counts what is left.
func (k *kit) settling(e budget.Edition, box int, codes []Code) {
	k.t.Helper()
	ctx := k.t.Context()
	second, lost, err := k.Print(ctx, k.head, e.ID, 8, "")
	k.ok(err)
	for _, c := range []Code{codes[0], codes[1], lost[0]} {
		id, err := k.ElectorOfSlip(ctx, e, "elsewhere", c.Letters())
		k.ok(err)
		if ok, err := k.spends(e, id, Slip); err != nil || !ok {
			k.t.Fatalf("a slip does not vote: %v, %v", ok, err)
		}
	}
	before, err := RightsIn(ctx, k.db, e.ID)
	k.ok(err)
	k.ok(k.VoidBox(ctx, k.head, e.ID, second, "Pudełko zginęło"))
	after, err := RightsIn(ctx, k.db, e.ID)
	k.ok(err)
	pool := e.Rules.Pools[0].ID
	if before[pool] != 32 || after[pool] != 24 {
		k.t.Errorf("rights %d and, without the lost box, %d: what is left tells who voted", before[pool], after[pool])
	}
	_, err = k.ElectorOfSlip(ctx, e, "elsewhere", lost[1].Letters())
	refuses(k.t, "a slip of a lost box", err, fault.Conflict)
	_, err = Spent(ctx, k.db, e)
	refuses(k.t, "turnout before the close", err, fault.Conflict)
	refuses(k.t, "counting before the close", k.CountBox(ctx, k.head, e.ID, box, 2, ""), fault.Conflict)
	e = k.closed(e)
	k.settles(e, box)
	c, err := Slips(ctx, k.db, e)
	k.ok(err)
	if c != (SlipCount{Printed: 24, Lost: 8, Handed: 19, LeftOver: 4, Used: 3}) || c.Missing() != 1 {
		k.t.Errorf("slips %+v, missing %d", c, c.Missing())
	}
	spent, err := Spent(ctx, k.db, e)
	k.ok(err)
	if len(spent) != 1 || spent[0] != (Spending{Pool: pool, Source: budget.Slips, Way: Slip, N: 3, Void: 1}) {
		k.t.Errorf("spent %+v", spent)
	}
}

func TestElectorsOfACity(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		ctx := t.Context()
		e := k.edition(k.clerk, "wieliczka", sources(budget.Roll, budget.Desk, budget.Slips))
		table, err := sheet.Read(strings.NewReader("Imię i nazwisko;Data urodzenia;Adres\nAnna Nowak;1990-01-31;Długa 5/1, Kraków\nJan Kot;1980-01-31;Długa 6, Kraków\n"), RollLimits())
		k.ok(err)
		plan, err := k.PlanRoll(ctx, e, table)
		k.ok(err)
		_, err = k.PutRoll(ctx, k.resident, e, plan)
		refuses(t, "a roll of somebody who does not run it", err, fault.Forbidden)
		for range 2 { // the same sheet again adds nobody
			roll, err := k.PutRoll(ctx, k.clerk, e, plan)
			k.ok(err)
			k.ok(k.UseRoll(ctx, k.clerk, e.ID, roll))
			refuses(t, "using it twice", k.UseRoll(ctx, k.clerk, e.ID, roll), fault.Conflict)
			k.drain()
		}
		in, err := RightsIn(ctx, d, e.ID)
		k.ok(err)
		if in[e.Rules.Pools[0].ID] != 2 {
			t.Errorf("%d rights after a roll of two", in[e.Rules.Pools[0].ID])
		}
		k.claims(e)
		_, err = k.CheckIn(ctx, k.resident, e.ID, anna, "")
		refuses(t, "a stranger at the desk", err, fault.Forbidden)
		found, err := k.CheckIn(ctx, k.officer, e.ID, Identity{Name: "Nowak Anna", Born: "31.01.1990", Address: "ul. Długa 5 m. 1 Kraków"}, "")
		k.ok(err)
		if found.New || !found.Bound || found.Source != budget.Roll || len(found.Free) != 1 {
			t.Errorf("at the desk: %+v", found)
		}
		fresh, before := Identity{Name: "Nowa Osoba", Born: "1990-01-31", Address: "Inna 1"}, k.places(e)
		stranger, err := k.CheckIn(ctx, k.officer, e.ID, fresh, "")
		k.ok(err)
		if !stranger.Absent || stranger.Alike || stranger.Elector != "" || k.places(e) != before {
			t.Errorf("somebody who is not on the list: %+v", stranger)
		}
		if typo, err := k.CheckIn(ctx, k.officer, e.ID, Identity{Name: anna.Name, Born: anna.Born, Address: "Długa 55"}, ""); err != nil || !typo.Absent || !typo.Alike {
			t.Errorf("a slip of the finger: %+v, %v", typo, err)
		}
		stranger, err = k.AddAtDesk(ctx, k.officer, e.ID, fresh, "")
		k.ok(err)
		if !stranger.New || stranger.Bound {
			t.Errorf("somebody new at the desk: %+v", stranger)
		}
		k.forgotten(e)
		k.declarations()
		k.erased()
	})
}

// claims binds places of the roll to accounts.
func (k *kit) claims(e budget.Edition) {
	k.t.Helper()
	ctx := k.t.Context()
	_, err := k.Claim(ctx, k.nobody, e.ID, anna)
	refuses(k.t, "a claim of nobody", err, fault.SignedOut)
	id, err := k.Claim(ctx, k.resident, e.ID, anna)
	k.ok(err)
	if got, err := k.ElectorOf(ctx, k.db, k.resident, e); err != nil || got != id {
		k.t.Errorf("the elector of the account: %v, %v", got, err)
	}
	_, err = k.Claim(ctx, k.resident, e.ID, Identity{Name: "Jan Kot", Born: "1980-01-31", Address: "Długa 6 Kraków"})
	refuses(k.t, "a second place", err, fault.Conflict)
	other := k.voter()
	_, err = k.Claim(ctx, other, e.ID, anna)
	refuses(k.t, "a place that is taken", err, fault.Conflict)
	for range claimTries.free { // and the place that was taken
		_, err = k.Claim(ctx, other, e.ID, Identity{Name: "Jan Kot", Born: "1980-01-30", Address: "Długa 6 Kraków"})
		refuses(k.t, "a wrong birthday", err, fault.Invalid)
	}
	_, err = k.Claim(ctx, other, e.ID, Identity{Name: "Jan Kot", Born: "1980-01-31", Address: "Długa 6 Kraków"})
	refuses(k.t, "a guess too soon", err, fault.TooMany)
	acting := other
	acting.For = k.resident.Person
	_, err = k.ElectorOf(ctx, k.db, acting, e)
	refuses(k.t, "voting for somebody else", err, fault.Forbidden)
}

// forgotten ends the protests: no account and no mark is left.
func (k *kit) forgotten(e budget.Edition) {
	k.t.Helper()
	ctx := k.t.Context()
	for range 2 {
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error { return ForgetElectors(ctx, tx, e.ID, k.clock) }))
	}
	n := 0
	k.ok(k.db.Get(ctx, &n, `select count(*) from budget_electors where person <> '' or mark <> ''`))
	if n != 0 {
		k.t.Errorf("%d electors are still somebody", n)
	}
	_, err := k.CheckIn(ctx, k.officer, e.ID, anna, "")
	refuses(k.t, "a desk after the end", err, fault.Conflict)
}

// checking draws a sample and finds the first declaration wrong.
func (k *kit) checking(e budget.Edition, id ElectorID) {
	k.t.Helper()
	ctx := k.t.Context()
	_, _, _, err := k.Declaration(ctx, k.resident, e.ID, id)
	refuses(k.t, "reading by a stranger", err, fault.Forbidden)
	n, err := k.DrawSample(ctx, k.clerk, e.ID)
	k.ok(err)
	if n != 1 {
		k.t.Errorf("%d of 2 drawn at 50%%", n)
	}
	_, err = k.DrawSample(ctx, k.clerk, e.ID)
	refuses(k.t, "drawing more than the share", err, fault.Conflict)
	_, _, words, err := k.Declaration(ctx, k.clerk, e.ID, id)
	k.ok(err)
	if words != anna {
		k.t.Errorf("the words are %+v", words)
	}
	e = k.voting(e)
	if ok, err := k.spends(e, id, Online); err != nil || !ok {
		k.t.Fatalf("the right is not there: %v %v", ok, err)
	}
	refuses(k.t, "wrong without a reason", k.Find(ctx, k.clerk, e.ID, id, FoundWrong, ""), fault.Invalid)
	k.ok(k.Find(ctx, k.clerk, e.ID, id, FoundRight, ""))
	refuses(k.t, "the same officer twice", k.Find(ctx, k.clerk, e.ID, id, FoundRight, ""), fault.Conflict)
	k.ok(k.Find(ctx, k.officer, e.ID, id, FoundWrong, "Nie mieszka tu"))
	k.ok(k.Find(ctx, k.clerk, e.ID, id, FoundWrong, "Nie mieszka tu"))
	if len(k.told) != 1 || k.told[0].Args["words"] != "Nie mieszka tu" {
		k.t.Errorf("told of the refusal: %v", k.told)
	}
	refuses(k.t, "a decision undone", k.Find(ctx, k.officer, e.ID, id, FoundRight, ""), fault.Conflict)
	in, err := RightsIn(ctx, k.db, e.ID)
	k.ok(err)
	if in[e.Rules.Pools[0].ID] != 1 {
		k.t.Errorf("%d rights stand, want 1", in[e.Rules.Pools[0].ID])
	}
	e = k.closed(e)
	spent, err := Spent(ctx, k.db, e)
	k.ok(err)
	if len(spent) != 1 || spent[0].N != 1 || spent[0].Void != 1 {
		k.t.Errorf("spent %+v: the vote of a refused declaration is to be published", spent)
	}
}

// declarations makes declarations up to the limits.
func (k *kit) declarations() {
	k.t.Helper()
	ctx, who := k.t.Context(), k.voter()
	off := k.edition(k.clerk, "wieliczka", nil)
	_, err := k.Declare(ctx, who, off.ID, anna, "", true)
	refuses(k.t, "a declaration where the rules take none", err, fault.Conflict)
	e := k.edition(k.clerk, "wieliczka", func(r *budget.Rules) {
		r.Who.Sources, r.Who.VoteAge, r.Who.Self = []budget.Source{budget.Self}, 16, budget.SelfLimits{PerAddress: 2, PerMailbox: 1, DrawnShare: 50}
	})
	for what, c := range map[string]struct {
		i    Identity
		sure bool
	}{"unsure": {anna, false}, "too young": {Identity{Name: "Mała Anna", Born: "2015-01-31", Address: "Długa 5"}, true}, "no words": {Identity{}, true}} {
		_, err := k.Declare(ctx, who, e.ID, c.i, "", c.sure)
		refuses(k.t, what, err, fault.Invalid)
	}
	first, err := k.Declare(ctx, who, e.ID, anna, "", true)
	k.ok(err)
	_, err = k.Declare(ctx, who, e.ID, Identity{Name: "Inna Osoba", Born: "1990-01-31", Address: "Inna 5"}, "", true)
	refuses(k.t, "a second one of an account", err, fault.Conflict)
	_, err = k.Declare(ctx, k.voter(), e.ID, Identity{Name: "NOWAK Anna", Born: "31.01.1990", Address: "ul. Długa 5 m 1 Kraków"}, "", true)
	refuses(k.t, "the same person from another account", err, fault.Conflict)
	_, err = k.Declare(ctx, k.voter(), e.ID, Identity{Name: "Nowak Hanna", Born: "31.01.1990", Address: "Długa 5/1 Kraków"}, "", true)
	k.ok(err)
	third := k.voter()
	_, err = k.Declare(ctx, third, e.ID, Identity{Name: "Adam Nowak", Born: "1960-01-31", Address: "Długa 5/1 Kraków"}, "", true)
	refuses(k.t, "a third one from an address", err, fault.Conflict)
	if _, err := k.ElectorOf(ctx, k.db, third, e); fault.KindOf(err) != fault.NotFound {
		k.t.Errorf("a refused declaration made an elector: %v", err)
	}
	doubles, err := k.Declarations(ctx, k.clerk, e.ID, ShowDoubles, "", 10)
	k.ok(err)
	if len(doubles) != 2 {
		k.t.Errorf("%d likely doubles, want 2", len(doubles))
	}
	k.checking(e, first)
}

// erased erases somebody who declared: their right stays, nobody's.
func (k *kit) erased() {
	k.t.Helper()
	ctx, who := k.t.Context(), k.voter()
	e := k.edition(k.clerk, "wieliczka", sources(budget.Self))
	_, err := k.Declare(ctx, who, e.ID, anna, "", true)
	k.ok(err)
	person := string(who.Person)
	for _, h := range k.Purposes()[0].Holds {
		if h.Export != nil {
			items, err := h.Export(ctx, person)
			k.ok(err)
			if len(items) != 1 {
				k.t.Errorf("%s: %d items of the person", h.Table, len(items))
			}
		}
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error { _, err := h.Erase(ctx, tx, person); return err }))
		n, err := h.Expired(ctx, k.db, k.clock.Add(-30*24*time.Hour))
		k.ok(err)
		if n != 0 {
			k.t.Errorf("%s: %d rows expired too soon", h.Table, n)
		}
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error { _, err := h.Sweep(ctx, tx, k.clock.Add(time.Hour), 10); return err }))
		if n, err = h.Expired(ctx, k.db, k.clock.Add(time.Hour)); err != nil || n != 0 {
			k.t.Errorf("%s: %d rows stay after the sweep, %v", h.Table, n, err)
		}
	}
	if _, err := k.ElectorOf(ctx, k.db, who, e); fault.KindOf(err) != fault.NotFound {
		k.t.Errorf("the erased person is still an elector: %v", err)
	}
	in, err := RightsIn(ctx, k.db, e.ID)
	k.ok(err)
	if in[e.Rules.Pools[0].ID] != 1 {
		k.t.Error("an erasure takes a right away, and with it what the numbers say")
	}
}

// TestSpareSlipsAreNoElectors: twelve pupils and twenty slips are twelve electors; with
// twenty pupils there are enough. Where nobody notes who was given a slip, each is one.
func TestSpareSlipsAreNoElectors(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		k.roster(12)
		e := k.edition(k.head, "school", sources(budget.Roster, budget.Slips))
		_, err := k.AddClass(ctx, k.tutor, e.ID, k.class)
		k.ok(err)
		_, _, err = k.Print(ctx, k.head, e.ID, 20, "")
		k.ok(err)
		for _, c := range []struct {
			pupils, people int
			sources        []budget.Source
		}{{12, 12, e.Rules.Who.Sources}, {12, LeastElectors, []budget.Source{budget.Slips}}, {20, LeastElectors, e.Rules.Who.Sources}} {
			for c.pupils > 12 {
				c.pupils--
				k.ok(d.Write(ctx, func(tx *db.Tx) error {
					_, err := add(ctx, tx, []newcomer{{Elector: Elector{Edition: e.ID, ID: newElector(), Source: budget.Roster}}})
					return err
				}))
			}
			e.Rules.Who.Sources = c.sources
			n, err := someElectors(ctx, d, e, e.Rules.Pools[0].ID)
			k.ok(err)
			obstacles, err := k.Obstacles(ctx, d, e)
			k.ok(err)
			granted, err := GrantedBy(ctx, d, e.ID)
			k.ok(err)
			lists, err := ListsOf(ctx, d, e)
			k.ok(err)
			line := grantLines(e, granted, lists)[0]
			if few := c.people < LeastElectors; n != c.people || (len(obstacles) == 1) != few || line.Short != few || line.N != 20 || line.Spare != 20-c.people {
				t.Errorf("%v: %d people, %v, %+v", c, n, obstacles, line)
			}
		}
	})
}
