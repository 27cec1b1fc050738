package survey

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/testkit"
)

func TestRoundRefuses(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		k.write(func(tx *db.Tx) error {
			_, err := k.Create(ctx, tx, roundBoss, Round{Owner: "test", Definition: k.def, Mode: Named, OpensAt: 5, ClosesAt: 5})
			roundWant(t, "no day", err, "survey.fault.days")
			_, err = k.Create(ctx, tx, roundBoss, Round{Owner: "test", Definition: "none", Mode: Named, OpensAt: 1, ClosesAt: 5})
			roundWant(t, "no definition", err, "fault.not_found")
			for _, rd := range []Round{{Owner: "other", Mode: Named}, {Owner: "test", Mode: "open"}} {
				if rd.Definition, rd.ClosesAt = k.def, 5; fault.KindOf(func() error { _, err := k.Create(ctx, tx, roundBoss, rd); return err }()) != fault.Internal {
					t.Error(rd)
				}
			}
			return nil
		})
		few := k.plan(Anonymous, LeastInvited-1)
		k.key(few)
		roundWant(t, "nine invited", k.Open(ctx, roundBoss, few), "survey.fault.few_invited")
		k.write(func(tx *db.Tx) error { return k.Invite(ctx, tx, few, roundPeople(LeastInvited)) }) // nine of them again
		roundWant(t, "ten invited", k.Open(ctx, roundBoss, few), "")
		roundWant(t, "opened twice", k.Open(ctx, roundBoss, few), "survey.fault.state")
		roundWant(t, "no such round", k.Open(ctx, roundBoss, "none"), "fault.not_found")

		keyless := k.plan(Anonymous, 20)
		roundWant(t, "no key", k.Open(ctx, roundBoss, keyless), "survey.fault.no_key")
		shares, err := k.MakeKey(ctx, roundBoss, keyless, []string{"o1", "o2", "o3"}, false)
		k.must(err)
		for i, share := range shares {
			roundWant(t, "not confirmed by all", k.Open(ctx, roundBoss, keyless), "survey.fault.no_key")
			k.must(k.ConfirmShare(ctx, roundBy(fmt.Sprintf("o%d", i+1)), keyless, share.Text(), false))
		}
		k.must(k.OfficerGone(ctx, roundBoss, keyless, 2, true))
		roundWant(t, "an officer is gone", k.Open(ctx, roundBoss, keyless), "survey.fault.no_key")
		k.must(k.OfficerGone(ctx, roundBoss, keyless, 2, false))
		roundWant(t, "all are there", k.Open(ctx, roundBoss, keyless), "")
		k.write(func(tx *db.Tx) error {
			roundWant(t, "other questions while open", k.SetDefinition(ctx, tx, roundBoss, keyless, k.def), "survey.fault.state")
			roundWant(t, "a day that is past", k.Reschedule(ctx, tx, roundBoss, keyless, 5, 6), "survey.fault.days")
			return nil
		})
	})
}

func TestAnswerRefuses(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		for _, mode := range []Mode{Anonymous, Confidential, Named} {
			id := k.plan(mode, 12)
			if mode == Anonymous {
				k.key(id)
			}
			answer := func(person, unit string, g Given) error { return k.Answer(ctx, id, person, unit, g) }
			roundWant(t, "planned", answer("p01", "", k.given("topic", "tiki")), "survey.fault.not_yet")
			k.must(k.Open(ctx, roundBoss, id))
			early := k.given("topic", "tiki")
			early.At = roundNoon.Add(-time.Second)
			roundWant(t, "before the hour", answer("p01", "", early), "survey.fault.not_yet")
			late := k.given("topic", "tiki")
			late.At = roundNoon.Add(7 * 24 * time.Hour)
			roundWant(t, "at the hour of the close", answer("p01", "", late), "survey.fault.late")
			roundWant(t, "a stranger", answer("x1", "", k.given("topic", "tiki")), "survey.fault.not_invited")
			roundWant(t, "nobody", answer("", "sp1", k.given("topic", "tiki")), "survey.fault.not_invited")
			roundWant(t, "required", answer("p01", "", k.given("need", "3")), "fault.invalid")
			roundWant(t, "no such option", answer("p01", "", k.given("topic", "none")), "fault.invalid")
			roundWant(t, "not of this survey", answer("p01", "", k.given("topic", "tiki", "other", "x")), "fault.invalid")
			old := k.given("topic", "tiki")
			old.Definition = "an older one"
			roundWant(t, "an older definition", answer("p01", "", old), "survey.fault.changed")
			odd := k.given("topic", "tiki")
			odd.Form = "short"
			roundWant(t, "no number", answer("p01", "", odd), "fault.bad_request")
			if n := k.count(`select count(*) from survey_invited where round = ? and answered = true`, id); n != 0 {
				t.Errorf("%d marked", n)
			}
			roundWant(t, "whoever is eligible", answer("x2", "sp9", k.given("topic", "law")), "")
			roundWant(t, "on the list of sp1, saying sp9", answer("p01", "sp9", k.given("topic", "law")), "")
			rosters, err := Rosters(ctx, d, id)
			k.must(err)
			if fmt.Sprint(rosters) != "map[sp1:6 sp2:6 sp9:1]" {
				t.Error(rosters)
			}
			roundWant(t, "closed", errors.Join(k.Close(ctx, roundBoss, id), answer("p02", "", k.given("topic", "tiki"))), "survey.fault.late")
			roundWant(t, "closed twice", k.Close(ctx, roundBoss, id), "survey.fault.state")
			roundWant(t, "dropped", errors.Join(k.Drop(ctx, roundBoss, id), answer("p02", "", k.given("topic", "tiki"))), "survey.fault.dropped")
		}
	})
}

func TestAnswerOnceOrReplace(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		id, _ := k.start(Anonymous, 12)
		g := k.given("topic", "tiki")
		for _, what := range []string{"first", "the same form again"} {
			roundWant(t, what, k.Answer(ctx, id, "p01", "", g), "")
		}
		roundWant(t, "another form", k.Answer(ctx, id, "p01", "", k.given("topic", "law")), "survey.fault.already")
		roundWant(t, "saved", k.SaveDraft(ctx, id, "p02", "", k.given("topic", "law")), "survey.fault.no_drafts")
		roundWant(t, "eligible", k.Answer(ctx, id, "x1", "sp3", k.given("topic", "law")), "")
		roundWant(t, "eligible again", k.Answer(ctx, id, "x1", "sp3", k.given("topic", "law")), "survey.fault.already")
		if n := k.count(`select count(*) from survey_envelopes where round = ?`, id); n != 2 {
			t.Errorf("%d envelopes", n)
		}
		id, _ = k.start(Confidential, 3)
		seat := func() Answers {
			seat, err := seatOf(ctx, d, id, "p01")
			k.must(err)
			a, err := k.begun(ctx, d, seat, "p01")
			k.must(err)
			return a
		}
		roundWant(t, "a stranger's draft", k.SaveDraft(ctx, id, "x9", "", k.given("need", "2")), "survey.fault.not_invited")
		if seat() != nil {
			t.Error("something was begun")
		}
		k.must(k.SaveDraft(ctx, id, "p01", "", k.given("need", "2")))
		if a := seat(); a["need"][0] != "2" {
			t.Error(a)
		}
		k.must(k.Answer(ctx, id, "p01", "", k.given("topic", "tiki", "words", "Pani Nowak prosi")))
		if a := seat(); a["topic"][0] != "tiki" || a["need"] != nil {
			t.Error("not what was sent:", a)
		}
		k.must(k.Answer(ctx, id, "p01", "", k.given("topic", "law")))
		if a := seat(); a["topic"][0] != "law" || k.count(`select count(*) from survey_answers where round = ?`, id) != 1 {
			t.Error("not replaced:", a)
		}
		if all := fmt.Sprint(k.dump()); strings.Contains(all, "Nowak") || strings.Contains(all, "tiki|") {
			t.Error("answers lie open")
		}
		if roundWant(t, "before the close", k.Each(ctx, d, id, nil), "survey.fault.not_counted"); len(k.owner.opened) != 0 {
			t.Error(k.owner.opened)
		}
		k.clock.add(8 * 24 * time.Hour)
		k.must(k.closeDue(ctx))
		if rd := k.round(id); rd.State != Closed || !slices.Contains(k.owner.opened, id) {
			t.Error(rd, k.owner.opened)
		}
		k.must(k.Each(ctx, d, id, func(unit string, a Answers) error {
			if unit != "sp1" || a["topic"][0] != "law" || a["words"] != nil {
				t.Error(unit, a)
			}
			return nil
		}))
		roundWant(t, "who said what, confidentially", k.EachNamed(ctx, d, id, nil), "survey.fault.not_named")
		_, err := k.Texts(ctx, d, id, "words")
		roundWant(t, "one answer's words", err, "survey.fault.few_texts")
	})
}

// TestAnswerWhileItCloses lets a round close between the look at it and the
// transaction: nothing is laid down, however the answer comes.
func TestAnswerWhileItCloses(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		for _, mode := range []Mode{Anonymous, Confidential} {
			id, _ := k.start(mode, 12)
			asked, err := seatOf(ctx, d, id, "p01")
			k.must(err)
			stranger, err := seatOf(ctx, d, id, "x1")
			k.must(err)
			stranger.Unit = "sp1"
			k.must(k.Close(ctx, roundBoss, id))
			for person, seat := range map[string]roundSeat{"p01": asked, "x1": stranger} {
				g := k.given("topic", "law")
				f, err := k.fold(ctx, seat.Round, "sp1", person, g)
				k.must(err)
				err = d.Write(ctx, func(tx *db.Tx) error { return k.cast(ctx, tx, seat, person, f, g) })
				roundWant(t, person, err, "survey.fault.late")
			}
			if n := k.count(`select count(*) from survey_envelopes where round = ?`, id) + k.count(`select count(*) from survey_answers where round = ?`, id); n != 0 {
				t.Errorf("%s: %d answers", mode, n)
			}
		}
	})
}

// TestAnswerRace sends forms of one person at once: one of them is the answer.
func TestAnswerRace(t *testing.T) {
	testkit.EachIsolation(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		id, _ := k.start(Anonymous, 12)
		k.must(k.SetSeats(ctx, roundBoss, id, "sp1", 3, false))
		l, err := k.LinkOf(ctx, d, id, "sp1")
		k.must(err)
		key := l.Path[strings.LastIndexByte(l.Path, '/')+1:]
		race := func(n int, f func(i int) error) (done int) {
			var wg sync.WaitGroup
			errs := make([]error, n)
			for i := range n {
				wg.Go(func() { errs[i] = f(i) })
			}
			wg.Wait()
			for _, err := range errs {
				switch fault.KindOf(err) {
				case fault.Conflict:
				default:
					k.must(err)
					done++
				}
			}
			return done
		}
		same := k.given("topic", "tiki")
		for what, got := range map[string][2]int{
			"different forms": {race(6, func(int) error { return k.Answer(ctx, id, "p01", "", k.given("topic", "law")) }), 1},
			"the same form":   {race(6, func(int) error { return k.Answer(ctx, id, "p02", "", same) }), 6},
			"eligible":        {race(6, func(int) error { return k.Answer(ctx, id, "x1", "sp1", k.given("topic", "law")) }), 1},
			"by link":         {race(6, func(int) error { return k.AnswerByLink(ctx, id, "sp1", key, k.given("topic", "law")) }), 3},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %d done, want %d", what, got[0], got[1])
			}
		}
		if n := k.count(`select count(*) from survey_envelopes where round = ?`, id); n != 6 {
			t.Errorf("%d envelopes", n)
		}
		part, err := PartOf(ctx, d, id)
		k.must(err)
		if part != (Part{Invited: 13, Answered: 3, Seats: 3, Used: 3}) {
			t.Errorf("%+v", part)
		}
	})
}

func TestLinksAndPaper(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		for _, mode := range []Mode{Anonymous, Confidential} {
			id, _ := k.start(mode, 12)
			key := func(unit string) string {
				l, err := k.LinkOf(ctx, d, id, unit)
				k.must(err)
				return l.Path[strings.LastIndexByte(l.Path, '/')+1:]
			}
			by := func(unit, key string) error { return k.AnswerByLink(ctx, id, unit, key, k.given("topic", "law")) }
			roundWant(t, "no seats yet", by("sp1", key("sp1")), "survey.fault.link_full")
			roundWant(t, "negative seats", k.SetSeats(ctx, roundBoss, id, "sp1", -1, false), "survey.fault.seats")
			k.must(k.SetSeats(ctx, roundBoss, id, "sp1", 2, false))
			roundWant(t, "another unit's key", by("sp1", key("sp2")), "fault.not_found")
			roundWant(t, "no key", by("sp1", ""), "fault.not_found")
			g := k.given("topic", "math")
			for range 2 { // the same form is one answer and one seat
				roundWant(t, "by link", k.AnswerByLink(ctx, id, "sp1", key("sp1"), g), "")
			}
			roundWant(t, "the last seat", by("sp1", key("sp1")), "")
			roundWant(t, "full", by("sp1", key("sp1")), "survey.fault.link_full")
			roundWant(t, "fewer than used", k.SetSeats(ctx, roundBoss, id, "sp1", 1, false), "survey.fault.seats")
			old := key("sp1")
			k.must(k.SetSeats(ctx, roundBoss, id, "sp1", 3, true))
			roundWant(t, "a link that was replaced", by("sp1", old), "fault.not_found")
			roundWant(t, "the new link", by("sp1", key("sp1")), "")

			roundWant(t, "no form was handed in", k.AnswerOnPaper(ctx, id, "sp1", k.given("topic", "law")), "survey.fault.paper_full")
			_, err := k.MarkPaper(ctx, roundBoss, id, "sp1", []string{"p02", "x7"})
			roundWant(t, "people of another unit", err, "survey.fault.nobody_marked")
			n, err := k.MarkPaper(ctx, roundBoss, id, "sp1", []string{"p01", "p03", "p02"})
			if k.must(err); n != 2 {
				t.Errorf("%d marked", n)
			}
			for _, want := range []string{"", "", "survey.fault.paper_full"} {
				roundWant(t, "on paper", k.AnswerOnPaper(ctx, id, "sp1", k.given("topic", "law")), want)
			}
			roundWant(t, "on paper for another unit", k.AnswerOnPaper(ctx, id, "sp2", k.given("topic", "law")), "survey.fault.paper_full")
			rows := k.count(`select count(*) from survey_answers where round = ?`, id)
			for range 2 {
				roundWant(t, "again, online", k.Answer(ctx, id, "p01", "", k.given("topic", "law")), "survey.fault.already")
			}
			if n := k.count(`select count(*) from survey_answers where round = ?`, id); n != rows {
				t.Errorf("%d answers more than people who gave them", n-rows)
			}
			late := k.given("topic", "law")
			late.At = roundNoon.AddDate(0, 1, 0)
			roundWant(t, "late, by link", k.AnswerByLink(ctx, id, "sp1", key("sp1"), late), "survey.fault.late")
		}
	})
}

func TestDropTells(t *testing.T) {
	k, ctx := newRoundKit(t, testkit.SQLite(t, roundModules)), t.Context()
	id, _ := k.start(Anonymous, 12)
	k.must(k.Answer(ctx, id, "p03", "", k.given("topic", "law")))
	k.must(k.Drop(ctx, roundBoss, id))
	registry := jobs.NewRegistry()
	k.Jobs(registry)
	k.must(testkit.Drain(t, k.d, registry, k.clock.now))
	if want := []string{"custodian o1", "custodian o2", "dropped p03"}; !slices.Equal(k.told.what, want) {
		t.Error(k.told.what)
	}
	if n := k.count(`select count(*) from survey_envelopes`); n != 0 {
		t.Errorf("%d envelopes are left", n)
	}
}

func TestNamedAnswers(t *testing.T) {
	k, ctx := newRoundKit(t, testkit.SQLite(t, roundModules)), t.Context()
	id, _ := k.start(Named, 2)
	k.must(k.Answer(ctx, id, "p02", "", k.given("topic", "law", "words", "Proszę")))
	roundWant(t, "before the close", k.EachNamed(ctx, k.d, id, nil), "survey.fault.not_counted")
	k.must(k.Close(ctx, roundBoss, id))
	var got string
	k.must(k.EachNamed(ctx, k.d, id, func(person, unit string, a Answers) error {
		got += fmt.Sprint(person, " ", unit, " ", a["topic"], a["words"])
		return nil
	}))
	if got != "p02 sp2 [law] [Proszę]" {
		t.Error(got)
	}
}

// FuzzUnfold reads what anybody who knows the public key may have sealed.
func FuzzUnfold(f *testing.F) {
	f.Add(envelope("sp1", Answers{"topic": {"law"}}))
	f.Add([]byte{})
	f.Add([]byte{200, 1})
	f.Fuzz(func(t *testing.T, plain []byte) {
		unit, body, err := unfold(plain)
		if err != nil {
			return
		}
		a, err := DecodeAnswers(body)
		if err == nil && string(envelope(unit, a)) != string(plain) {
			t.Errorf("%q is also %q", plain, envelope(unit, a))
		}
	})
}
