package survey

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/seal"
	"kladka/internal/testkit"
)

func TestOpeningRefuses(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		id, shares := k.start(Anonymous, 12)
		_, others := k.start(Anonymous, 12)
		give := func(who string, round RoundID, share string) error {
			o, err := k.GiveShare(ctx, roundBy(who), round, share, who == "boss")
			if o != nil {
				t.Error("it could be opened")
				o.opener.Close()
			}
			return err
		}
		k.must(k.Answer(ctx, id, "p01", "", k.given("topic", "law")))
		roundWant(t, "before the close", give("o1", id, shares[0]), "survey.fault.early")
		if all := fmt.Sprint(k.dump()); !strings.Contains(all, "survey.early") {
			t.Error("asking early is not noted")
		}
		k.must(k.Close(ctx, roundBoss, id))
		roundWant(t, "no officer", give("p01", id, shares[0]), "custody.fault.no_keeper")
		roundWant(t, "nobody", give("", id, shares[0]), "custody.fault.no_keeper")
		roundWant(t, "words", give("o1", id, "otwórz się"), "seal.fault.share")
		roundWant(t, "a share of another round", give("o1", id, others[0]), "seal.fault.other")
		roundWant(t, "another's share", give("o1", id, shares[1]), "custody.fault.other_share")
		roundWant(t, "the deposit, by an officer", give("o1", id, shares[2]), "custody.fault.other_share")
		roundWant(t, "the first share", give("o1", id, shares[0]), "")
		roundWant(t, "the same share again", give("o1", id, shares[0]), "")
		roundWant(t, "another's share after one's own", give("o1", id, shares[1]), "custody.fault.other_share")
		// The same person as an officer and as whoever runs the round.
		_, err := k.GiveShare(ctx, roundBy("o1"), id, shares[2], true)
		roundWant(t, "one person with two shares", err, "custody.fault.same_person")
		if all := fmt.Sprint(k.dump()); strings.Contains(all, shares[0][:30]) || strings.Contains(all, strings.Split(shares[0], "\n")[1]) {
			t.Error("a share lies open")
		}
		k.clock.add(custody.Waits)
		roundWant(t, "half an hour later", give("o2", id, shares[1]), "")
		k.clock.add(custody.Waits)
		k.must(k.OfficerGone(ctx, roundBoss, id, 1, true))
		roundWant(t, "an officer who is gone", give("o1", id, shares[0]), "custody.fault.no_keeper")
		roundWant(t, "one officer and the deposit", give("boss", id, shares[2]), "")
		k.must(k.OfficerGone(ctx, roundBoss, id, 2, true))
		roundWant(t, "only the deposit left", give("boss", id, shares[2]), "custody.fault.lost")
		roundWant(t, "it can be given up", k.Drop(ctx, roundBoss, id), "")
		roundWant(t, "dropped", give("boss", id, shares[2]), "survey.fault.state")
	})
}

func TestCustodyRefuses(t *testing.T) {
	k, ctx := newRoundKit(t, testkit.SQLite(t, roundModules)), t.Context()
	id := k.plan(Anonymous, 12)
	for _, officers := range [][]string{nil, {"o1"}, {"o1", "o1"}, {"o1", ""}, {"o1", "o2", "o3", "o4"}} {
		_, err := k.MakeKey(ctx, roundBoss, id, officers, false)
		roundWant(t, fmt.Sprint(officers), err, "custody.fault.keepers")
	}
	named := k.plan(Confidential, 12)
	_, err := k.MakeKey(ctx, roundBoss, named, []string{"o1", "o2"}, false)
	roundWant(t, "a key for nothing", err, "survey.fault.state")
	roundWant(t, "no key yet", k.ConfirmShare(ctx, roundBy("o1"), id, "x", false), "custody.fault.no_key")
	shares := k.key(id)
	roundWant(t, "another's share", k.ConfirmShare(ctx, roundBy("o1"), id, shares[1], false), "custody.fault.other_share")
	roundWant(t, "no officer", k.ConfirmShare(ctx, roundBy("p01"), id, shares[1], false), "custody.fault.no_keeper")
	_, err = k.MakeKey(ctx, roundBoss, id, []string{"o1", "o2"}, false)
	roundWant(t, "a second key", err, "custody.fault.key_made")
	again, err := k.MakeKey(ctx, roundBoss, id, []string{"o1", "o3"}, true)
	k.must(err)
	roundWant(t, "a share of the first key", k.ConfirmShare(ctx, roundBy("o1"), id, shares[0], false), "seal.fault.other")
	roundWant(t, "not confirmed anew", k.Open(ctx, roundBoss, id), "survey.fault.no_key")
	k.must(k.ConfirmShare(ctx, roundBy("o1"), id, again[0].Text(), false))
	k.must(k.ConfirmShare(ctx, roundBy("o3"), id, again[1].Text(), false))
	k.must(k.Open(ctx, roundBoss, id))
	_, err = k.MakeKey(ctx, roundBoss, id, []string{"o1", "o2"}, true)
	roundWant(t, "a key while it is open", err, "survey.fault.state")
	if all := fmt.Sprint(k.dump()); strings.Contains(all, strings.Split(again[1].Text(), "\n")[1]) {
		t.Error("a share was stored")
	}
}

// writings are the ways in which a text may stand in a dump.
func writings(text string) []string {
	return []string{text, strings.ToLower(text), hex.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte(text))[:8],
		base64.RawURLEncoding.EncodeToString([]byte(text))[:8], strings.ReplaceAll(text, " ", "+"), fmt.Sprintf("%q", text)}
}

// TestNothingTellsWhose is the attack on casting: everything that is in the
// database is compared before and after somebody answers.
func TestNothingTellsWhose(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		id, _ := k.start(Anonymous, 20)
		k.must(k.Answer(ctx, id, "p09", "", k.given("topic", "law")))
		k.must(k.SetSeats(ctx, roundBoss, id, "sp1", 5, false))
		link, err := k.LinkOf(ctx, d, id, "sp1")
		k.must(err)
		before := k.dump()
		const words = "Sekretne zdanie o dyrekcji"
		k.clock.add(time.Hour)
		g := k.given("topic", "math", "need", "4", "words", words)
		k.must(k.Answer(ctx, id, "p01", "", g))
		after := k.dump()
		for table := range after {
			gone, came := differ(before[table], after[table])
			switch table {
			case "survey_envelopes":
				if len(gone) != 0 || len(came) != 1 || !strings.HasPrefix(came[0], string(id)+"|"+g.Form+"|") {
					t.Errorf("%s: %d gone, %d came", table, len(gone), len(came))
				}
			case "survey_invited":
				if !slices.Equal(gone, []string{string(id) + "|p01|sp1|false"}) || !slices.Equal(came, []string{string(id) + "|p01|sp1|true"}) {
					t.Errorf("%s: %q became %q", table, gone, came)
				}
			default:
				if len(gone)+len(came) > 0 {
					t.Errorf("%s changed: %q became %q", table, gone, came)
				}
			}
		}
		all := fmt.Sprint(after)
		for _, w := range writings(words) {
			if strings.Contains(all, w) {
				t.Errorf("%q lies in the database", w)
			}
		}
		// What the two changed rows could have in common: nothing but the round.
		for _, row := range after["survey_envelopes"] {
			for _, word := range []string{"p01", "sp1", k.clock.now().Format("2006"), fmt.Sprint(k.clock.now().Unix())} {
				if strings.Contains(strings.Join(strings.SplitN(row, "|", 3)[:2], "|"), word) && !strings.Contains(string(id), word) && !strings.Contains(g.Form, word) {
					t.Errorf("an envelope tells %q", word)
				}
			}
		}
		// By the link of a staff room only a seat is taken.
		before = after
		k.must(k.AnswerByLink(ctx, id, "sp1", link.Path[strings.LastIndexByte(link.Path, '/')+1:], k.given("topic", "law", "words", words)))
		for table, rows := range k.dump() {
			gone, came := differ(before[table], rows)
			if n := len(gone) + len(came); n > 0 && table != "survey_envelopes" && table != "survey_links" {
				t.Errorf("%s changed: %q became %q", table, gone, came)
			}
		}
		sizes := map[int]bool{}
		k.must(d.Each(ctx, func(scan func(...any) error) error {
			var sealed []byte
			err := scan(&sealed)
			sizes[len(sealed)] = true
			return err
		}, `select sealed from survey_envelopes`))
		if rd := k.round(id); len(sizes) != 1 || !sizes[seal.SealedSize(rd.Size)] {
			t.Errorf("envelopes of lengths %v", sizes)
		}
	})
}

// differ is what is in one list of rows only.
func differ(before, after []string) (gone, came []string) {
	n := map[string]int{}
	for _, row := range before {
		n[row]--
	}
	for _, row := range after {
		n[row]++
	}
	for row, by := range n {
		if by < 0 {
			gone = append(gone, row)
		} else if by > 0 {
			came = append(came, row)
		}
	}
	return gone, came
}

// TestOpenedIsInOrder casts the same answers in two orders: what is stored after
// the opening is the same, and nothing tells who gave which.
func TestOpenedIsInOrder(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		var stored [2]map[string][]string
		for turn := range stored {
			k, ctx := newRoundKit(t, d), t.Context()
			id, shares := k.start(Anonymous, 40)
			people := roundPeople(36)
			rand.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
			for _, p := range people {
				no := int(p.Person[1]-'0')*10 + int(p.Person[2]-'0')
				k.must(k.Answer(ctx, id, p.Person, "", k.given("topic", []string{"tiki", "math", "law"}[no%3],
					"need", fmt.Sprint(no%5+1), "words", fmt.Sprintf("Zdanie %c%d, o Pani Nowak", 'z'-no%7, no))))
			}
			k.spoil(id)
			k.end(id, shares)
			rd := k.round(id)
			if rd.State != Opened || rd.Envelopes != 39 || rd.Readable != 36 || rd.Unreadable() != 3 || !slices.Contains(k.owner.opened, id) {
				t.Errorf("%+v", rd)
			}
			dump := k.dump()
			for _, table := range []string{"survey_envelopes", "survey_invited", "custody_shares", "survey_answers", "survey_drafts"} {
				if rows := ofRound(dump[table], id); len(rows) > 0 {
					t.Errorf("%s still holds %q", table, rows)
				}
			}
			stored[turn] = map[string][]string{}
			for _, table := range []string{"survey_opened", "survey_texts", "survey_units"} {
				stored[turn][table] = ofRound(dump[table], id)
			}
			k.checkOpened(id)
		}
		if !maps.EqualFunc(stored[0], stored[1], slices.Equal[[]string]) {
			t.Errorf("the order of casting shows: %q and %q", stored[0], stored[1])
		}
	})
}

// ofRound are the rows of a round without its id.
func ofRound(rows []string, id RoundID) (list []string) {
	for _, row := range rows {
		if rest, ok := strings.CutPrefix(row, string(id)+"|"); ok {
			list = append(list, rest)
		}
	}
	return list
}

// spoil lays three envelopes that cannot be read: a copy, noise, and one that was
// sealed for another round.
func (k *roundKit) spoil(id RoundID) {
	rd := k.round(id)
	other := rd
	other.ID = "another"
	moved, err := rd.Public.Seal(roundInfo(other), rd.Size, envelope("sp1", Answers{"topic": {"law"}}))
	k.must(err)
	k.write(func(tx *db.Tx) error {
		if _, err := tx.Exec(k.t.Context(), `insert into survey_envelopes (round, id, sealed)
			select round, 'copy', sealed from survey_envelopes where round = ? limit 1`, id); err != nil {
			return err
		}
		for name, sealed := range map[string][]byte{"noise": []byte("noise"), "moved": moved} {
			if _, err := tx.Exec(k.t.Context(), `insert into survey_envelopes (round, id, sealed) values (?, ?, ?)`, id, name, sealed); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *roundKit) checkOpened(id RoundID) {
	t, ctx := k.t, k.t.Context()
	units, last := map[string]int{}, ""
	k.must(k.Each(ctx, k.d, id, func(unit string, a Answers) error {
		units[unit]++
		now := unit + string(a.Encode())
		if now < last || a["words"] != nil {
			t.Errorf("%q after %q", now, last)
		}
		last = now
		return nil
	}))
	if fmt.Sprint(units) != "map[sp1:18 sp2:18]" {
		t.Error(units)
	}
	texts, err := k.Texts(ctx, k.d, id, "words")
	k.must(err)
	if len(texts) != 36 || !slices.IsSortedFunc(texts, func(a, b TextAnswer) int { return strings.Compare(a.Body, b.Body) }) || !slices.Contains(texts[0].PossibleNames, "Nowak") {
		t.Error(texts)
	}
	part, err := PartOf(ctx, k.d, id)
	k.must(err)
	if part != (Part{Invited: 40, Answered: 36}) {
		t.Errorf("%+v", part)
	}
	roundWant(t, "opened again", func() error { _, err := k.GiveShare(ctx, roundBy("o1"), id, "x", false); return err }(), "survey.fault.state")
	roundWant(t, "dropped after the opening", k.Drop(ctx, roundBoss, id), "survey.fault.state")
	roundWant(t, "an answer after the opening", k.Answer(ctx, id, "p37", "sp1", k.given("topic", "law")), "survey.fault.late")
}

// TestOpeningDies ends a run in the middle: the round stays closed, nothing is
// lost, and the next run has the same outcome.
func TestOpeningDies(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		id, shares := k.start(Anonymous, 12)
		for i, p := range roundPeople(12) {
			k.must(k.Answer(ctx, id, p.Person, "", k.given("topic", "law", "words", fmt.Sprint("Zdanie ", i))))
		}
		k.must(k.Close(ctx, roundBoss, id))
		both := func() *Opening {
			_, err := k.GiveShare(ctx, roundBy("o1"), id, shares[0], false)
			k.must(err)
			o, err := k.GiveShare(ctx, roundBoss, id, shares[2], true)
			k.must(err)
			return o
		}
		o := both()
		// While it runs, nobody else opens.
		_, err := k.GiveShare(ctx, roundBy("o1"), id, shares[0], false)
		k.must(err)
		_, err = k.GiveShare(ctx, roundBy("o2"), id, shares[1], false)
		roundWant(t, "two runs", err, "survey.fault.running")
		gone, cancel := context.WithCancel(ctx)
		all, err := o.read(ctx, roundSample())
		k.must(err)
		k.must(o.write(ctx, all)) // rows are there, and then it dies
		cancel()
		if err := o.Do(gone); err == nil {
			t.Error("a run that was canceled says it is done")
		}
		if rd := k.round(id); rd.State != Closed || k.count(`select count(*) from survey_envelopes where round = ?`, id) != 12 {
			t.Errorf("%+v", rd)
		}
		roundWant(t, "rows of a run that died", k.Each(ctx, d, id, nil), "survey.fault.not_counted")
		o = both()
		k.must(o.Do(ctx))
		if rd := k.round(id); rd.State != Opened || rd.Readable != 12 || k.count(`select count(*) from survey_opened where round = ?`, id) != 12 {
			t.Errorf("%+v", rd)
		}
		_, err = k.Texts(ctx, d, id, "words")
		roundWant(t, "words of twelve", err, "survey.fault.few_texts")
	})
}

func TestPossibleNames(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "[]",
		"Więcej szkoleń. Proszę o TIK.": "[]",
		"Pani Nowak krzyczy":            "[Pani Nowak]",
		"zły jest nasz Kowalski":        "[Kowalski]",
		"Nie. Kowalski nie pomaga":      "[]",
		"To dyr. Łęcka-Żak, (Ania)":     "[Łęcka-Żak Ania]",
		"Ніна Іваненко навчає добре":      "[Ніна Іваненко]",
		"W Krakowie i w SP nr 5 brak sal": "[Krakowie]",
	} {
		if got := fmt.Sprint(PossibleNames(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestSurveySpeed prints figures; it runs only when asked for.
func TestSurveySpeed(t *testing.T) {
	if os.Getenv("KLADKA_SURVEY_SPEED") != "1" {
		t.Skip("KLADKA_SURVEY_SPEED is not 1")
	}
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k := newRoundKit(t, d)
		k.def = k.define(Sample())
		k.speedOfAnswers()
		k.speedOfOpening(20_000)
	})
}

// speedOfAnswers compares answers with the bare transaction: the same two rows
// written, and nothing looked up, checked or sealed.
func (k *roundKit) speedOfAnswers() {
	const n = 1000
	ctx := k.t.Context()
	people := make([]Invited, n)
	for i := range people {
		people[i] = Invited{fmt.Sprintf("0198c0de-0000-7000-8000-%012d", i), fmt.Sprintf("unit-%d", i%300)}
	}
	d, err := k.DefinitionByID(ctx, k.d, k.def)
	k.must(err)
	for _, mode := range []Mode{Anonymous, Confidential} {
		fresh := func() Round {
			id := k.plan(mode, 10)
			k.write(func(tx *db.Tx) error { return k.Invite(ctx, tx, id, people) })
			if mode == Anonymous {
				k.key(id)
			}
			k.must(k.Open(ctx, roundBoss, id))
			return k.round(id)
		}
		r := rand.New(rand.NewPCG(1, 2))
		forms := make([]Given, n)
		for i := range forms {
			forms[i] = Given{Form: NewForm(), Definition: k.def, Answers: fillIn(d, r), At: k.clock.now()}
		}
		for _, hands := range []int{1, 8} {
			rd := fresh()
			f, err := k.fold(ctx, rd, "unit-1", "", forms[0])
			k.must(err)
			bare := k.rate(n, hands, func(i int) error { return k.bare(rd, people[i].Person, f, forms[i]) })
			rd = fresh()
			ours := k.rate(n, hands, func(i int) error { return k.Answer(ctx, rd.ID, people[i].Person, "", forms[i]) })
			k.t.Logf("FIGURE %s %s answers to 30 questions, %d at a time / bare transactions: %.2f (%.0f/s, %.0f/s) (aim 0.3)", k.d.Name(), mode, hands, ours/bare, ours, bare)
		}
	}
}

func (k *roundKit) bare(rd Round, person string, f folded, g Given) error {
	ctx := k.t.Context()
	return k.d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update survey_invited set answered = true where round = ? and person = ?`, rd.ID, person); err != nil {
			return err
		}
		if rd.Mode == Anonymous {
			_, err := tx.Exec(ctx, `insert into survey_envelopes (round, id, sealed) values (?, ?, ?)`, rd.ID, g.Form, f.sealed)
			return err
		}
		_, err := tx.Exec(ctx, `insert into survey_answers (round, id, person, unit, sealed, changed_at) values (?, ?, ?, ?, ?, ?)`,
			rd.ID, person, person, f.unit, f.closed, g.At.Unix())
		return err
	})
}

// rate is how many times a second f is done by so many hands.
func (k *roundKit) rate(n, hands int, f func(i int) error) float64 {
	var wg sync.WaitGroup
	next, errs := make(chan int), make([]error, n)
	began := time.Now()
	for range hands {
		wg.Go(func() {
			for i := range next {
				errs[i] = f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	k.must(errors.Join(errs...))
	return float64(n) / time.Since(began).Seconds()
}

// fillIn answers everything that is asked, by chance.
func fillIn(d Definition, r *rand.Rand) Answers {
	a := Answers{}
	for _, s := range d.Sections {
		for i := range s.Questions {
			q := &s.Questions[i]
			for _, key := range q.keys() {
				switch q.Kind {
				case Scale, Number:
					a[key] = []string{fmt.Sprint(q.Low + r.IntN(q.High-q.Low+1))}
				case FreeText:
					a[key] = []string{fmt.Sprintf("Przydałoby się więcej praktyki, numer %d", r.IntN(1e6))}
				case Multiple, Ranking:
					for _, at := range r.Perm(len(q.Options))[:max(1, q.Least)] {
						a[key] = append(a[key], q.Options[at].ID)
					}
				default:
					a[key] = []string{q.Options[r.IntN(len(q.Options))].ID}
				}
			}
		}
	}
	clean, _ := d.CheckDraft(a)
	return clean
}

func (k *roundKit) speedOfOpening(n int) {
	ctx := k.t.Context()
	id := k.plan(Anonymous, 12)
	shares := k.key(id)
	k.must(k.Open(ctx, roundBoss, id))
	rd := k.round(id)
	d, err := k.DefinitionByID(ctx, k.d, k.def)
	k.must(err)
	r := rand.New(rand.NewPCG(3, 4))
	began := time.Now()
	for done := 0; done < n; done += 100 {
		k.write(func(tx *db.Tx) error {
			for i := range 100 {
				sealed, err := rd.Public.Seal(roundInfo(rd), rd.Size, envelope(fmt.Sprintf("unit-%d", (done+i)%300), fillIn(d, r)))
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `insert into survey_envelopes (round, id, sealed) values (?, ?, ?)`, id, NewForm(), sealed); err != nil {
					return err
				}
			}
			return nil
		})
	}
	k.t.Logf("%d answers of %d bytes sealed and stored in %.1f s", n, rd.Size, time.Since(began).Seconds())
	runtime.GC()
	peak, stop := watchMemory()
	began = time.Now()
	k.end(id, shares)
	took := time.Since(began)
	stop()
	if rd = k.round(id); rd.Readable != n {
		k.t.Errorf("%d of %d read", rd.Readable, n)
	}
	k.t.Logf("FIGURE %s %d sealed answers opened and sorted: %.1f s, memory at most %d MB above the start (aim 30 s)", k.d.Name(), n, took.Seconds(), peak()>>20)
}

// watchMemory looks at the heap twenty times a second.
func watchMemory() (peak func() uint64, stop func()) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	start, most, done, over := m.HeapInuse, uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	return func() uint64 { return most - min(most, start) }, func() { close(done); <-over }
}
