package result

import (
	"bytes"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/db"
	"kladka/internal/platform/seal"
	"kladka/internal/testkit"
)

// exported downloads the sealed box as whoever runs the edition.
func (k *kit) exported() string {
	k.t.Helper()
	w := k.send(k.anna, http.MethodGet, ExportHref(editionID), "", "")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		k.t.Fatalf("%d %v %.200s", w.Code, w.Header(), w.Body.String())
	}
	return w.Body.String()
}

// openOffline opens an exported box with shares, as the command does.
func (k *kit) openOffline(file string, shares ...string) ([]OpenedPool, error) {
	k.t.Helper()
	b, err := ReadBox(strings.NewReader(file))
	if err != nil {
		return nil, err
	}
	var list []seal.Share
	for _, text := range shares {
		s, err := seal.ParseShare(text)
		k.ok(err)
		list = append(list, s)
	}
	opener, err := seal.Join(b.Public, list...)
	if err != nil {
		return nil, err
	}
	defer opener.Close()
	return b.Open(opener)
}

// TestOfflineIsTheSame: what two people find in the file is what the server
// publishes, byte for byte, with everything in the box that does not belong there.
func TestOfflineIsTheSame(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.castAll()
	k.spoil()
	k.refusesExport()
	file := k.exported()
	var noted int
	k.ok(k.db.Get(t.Context(), &noted, `select count(*) from audit_waiting where action = ? and actor = ?`, actExported, "anna"))
	if noted != 1 || k.exported() != file {
		t.Errorf("%d lines in the log; or the same box gave another file", noted)
	}
	if !slices.IsSorted(digestsIn(k, file)) {
		t.Error("envelopes do not stand in the order of their digests")
	}
	pools, err := k.openOffline(file, k.shares[2], k.shares[0])
	k.ok(err)
	k.ok(k.open())
	k.ok(k.drain())
	for _, p := range pools {
		c, err := CountOf(t.Context(), k.db, editionID, p.Pool.ID)
		k.ok(err)
		if p.Numbers != c.Numbers || p.OutcomeHash != c.OutcomeHash || p.PlainHash != c.PlainHash || p.FileHash != c.FileHash && c.Public() || p.Differ != nil {
			t.Errorf("%s: %+v\n%+v", p.Pool.Name, p, c)
		}
		mine, err := p.Outcome.Text()
		k.ok(err)
		if theirs, err := c.Outcome.Text(); err != nil || mine != theirs {
			t.Errorf("%s\n%s", mine, theirs)
		}
	}
	var published bytes.Buffer
	k.ok(k.File(t.Context(), &published, access.Stranger(), editionID, cityPool))
	if !bytes.Equal(pools[0].File, published.Bytes()) || pools[1].File != nil {
		t.Errorf("another file of ballots, or three ballots are shown")
	}
	if again := k.exported(); again != file {
		t.Error("a box that was opened gives another file")
	}
	k.edition.State = budget.Counted
	k.clock = k.clock.AddDate(0, 1, 0)
	k.ok(k.finishDue(t.Context()))
	if w := k.send(k.anna, http.MethodGet, ExportHref(editionID), "", ""); w.Code != http.StatusConflict {
		t.Error("a destroyed box is given out:", w.Code)
	}
}

// refusesExport: who may not, and when nobody may.
func (k *kit) refusesExport() {
	for who, status := range map[*access.Actor]int{{}: http.StatusSeeOther, &k.stranger: http.StatusForbidden, &k.cyryl: http.StatusForbidden} {
		if w := k.send(*who, http.MethodGet, ExportHref(editionID), "", ""); w.Code != status {
			k.t.Errorf("%s: %d, want %d", who.Person, w.Code, status)
		}
	}
	if doc := k.page(k.cyryl, OpenHref(editionID)); doc.Find("#poza").Length() > 0 {
		k.t.Error("a secretary is offered the box")
	}
	if doc := k.page(k.anna, OpenHref(editionID)); doc.Find("#poza").Length() != 1 {
		k.t.Error("nobody is offered the box")
	}
	k.edition.State = budget.Voting
	refuses(k.t, "before the close", k.Export(k.t.Context(), new(bytes.Buffer), k.anna, editionID), "result.fault.early")
	k.edition.State = budget.Closed
	k.exporting <- struct{}{}
	refuses(k.t, "two at once", k.Export(k.t.Context(), new(bytes.Buffer), k.anna, editionID), "result.fault.exporting")
	<-k.exporting
}

// digestsIn are the digests of the first pool's envelopes in a file.
func digestsIn(k *kit, file string) (list []string) {
	b, err := ReadBox(strings.NewReader(file))
	k.ok(err)
	var head boxPool
	k.ok(b.read(&head))
	for range head.Envelopes {
		var sealed []byte
		k.ok(b.read(&sealed))
		list = append(list, seal.Digest(sealed))
	}
	return list
}

// TestOfflineRefuses: a file that is not whole or was changed, and wrong shares.
func TestOfflineRefuses(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.castAll()
	file := k.exported()
	lines := strings.SplitAfter(strings.TrimSuffix(file, "\n"), "\n")
	last := lines[len(lines)-1]
	for name, c := range map[string]struct{ file, words string }{
		"empty":              {"", "ends too early"},
		"a ballot file":      {smallFile, "no sealed box"},
		"a later program":    {strings.Replace(file, `"kladka_box":1`, `"kladka_box":2`, 1), "later program"},
		"a lower cost":       {strings.Replace(file, "400000", "300000", 1), "SHA-256 is not"},
		"another key":        {strings.Replace(file, "kladka-seal-1.2of3.", "kladka-seal-1.2of3.A", 1), "public key is damaged"},
		"the head alone":     {lines[0], "line 2: the file ends too early"},
		"without the end":    {strings.TrimSuffix(file, last+"\n"), "ends too early"},
		"half an envelope":   {file[:len(lines[0])+len(lines[1])+40], "line 3"},
		"one left out":       {strings.Replace(file, lines[5], "", 1), ""},
		"two changed places": {strings.NewReplacer(lines[4], lines[5], lines[5], lines[4]).Replace(file), "SHA-256 is not"},
		"more behind":        {file + "{}\n", "behind the end"},
		"a pool twice":       {strings.Replace(file, `"pool":"`+string(cityPool)+`","envelopes"`, `"pool":"`+string(smallPool)+`","envelopes"`, 1), "another pool"},
	} {
		_, err := k.openOffline(c.file, k.shares[0], k.shares[1])
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want %q", name, err, c.words)
		}
	}
	other, shares, err := seal.Make(2, 3)
	k.ok(err)
	_, err = k.openOffline(file, k.shares[0])
	refuses(t, "one share", err, "seal.fault.few")
	_, err = k.openOffline(file, k.shares[0], k.shares[0])
	refuses(t, "one share twice", err, "seal.fault.twice")
	_, err = k.openOffline(file, k.shares[0], shares[1].Text())
	refuses(t, "a share of another key", err, "seal.fault.other")
	// The document, its hash and the key of a forger: nothing opens.
	k.edition.Title = "Podróbka"
	k.freeze()
	forged := strings.Replace(k.exported(), string(k.public), string(other), 1)
	if _, err := k.openOffline(forged, k.shares[0], k.shares[1]); err == nil {
		t.Error("the key was changed and nobody sees it")
	}
	pools, err := k.openOffline(k.exported(), k.shares[0], k.shares[1])
	if err != nil || pools[0].Numbers.Unreadable != 24 || pools[0].Numbers.Valid != 0 {
		t.Errorf("envelopes open under other rules: %+v, %v", pools, err)
	}
}

// TestExcludedByAnEarlierPool: 1 wins in the first pool, so 5 cannot in the second,
// although everybody there chose it.
func TestExcludedByAnEarlierPool(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.edition.Rules.Pools = []budget.Pool{k.edition.Rules.Pools[1], k.edition.Rules.Pools[0]} // counted by No all the same
	k.edition.Rules.Pools[0].Count.Completion = "add1+greedy"                                 // what is left goes to 6, which one person chose
	k.edition.Rules.Excludes = [][]budget.ProjectID{{projectID(5), projectID(1)}, {projectID(6), projectID(3)}}
	k.freeze()
	k.castAll()
	file := k.exported()
	k.ok(k.open())
	k.ok(k.drain())
	if k.settled[cityPool] != "14/32" || k.settled[smallPool] != "6/5" {
		t.Fatal(k.settled)
	}
	c, err := CountOf(t.Context(), k.db, editionID, smallPool)
	k.ok(err)
	if c.Reasons[1] != (Reason{Project: projectID(5), Why: LostBarred, By: projectID(1)}) || c.PlainHash != c.OutcomeHash {
		t.Errorf("%+v", c.Reasons)
	}
	if got := Command(c.Outcome.Rule, "x.pb"); !strings.Contains(got, " --barred "+string(projectID(5))+"="+string(projectID(1))+" ") {
		t.Error(got)
	}
	doc := k.page(access.Stranger(), PoolHref(editionID, smallPool))
	if words := text(doc.Find("#wykluczone").Closest("section")); !strings.Contains(words, "„Książki”") || !strings.Contains(words, "„Boisko”") {
		t.Error(words)
	}
	if row := text(doc.Find("tr[id='" + string(projectID(5)) + "']")); !strings.Contains(row, "„Boisko”, który został wybrany w puli liczonej wcześniej") {
		t.Error(row)
	}
	if r, err := k.Again(t.Context(), access.Stranger(), editionID, smallPool); err != nil || r.OutcomeHash != c.OutcomeHash || !r.Agree() {
		t.Errorf("counted again: %v", err)
	}
	pools, err := k.openOffline(file, k.shares[0], k.shares[1])
	k.ok(err)
	if pools[1].OutcomeHash != c.OutcomeHash || pools[1].Pool.ID != smallPool {
		t.Error("the file gives another outcome")
	}
}

// TestCertificateIsPublished counts a pool that is too large for a full second
// count, and reads what is said about it.
func TestCertificateIsPublished(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.counted()
	cert := tally.Certificate{Steps: 181, Checked: []int{7, 90}, Seed: "x"}
	stored, err := jsonOf(&cert)
	k.ok(err)
	k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `update budget_counts set certificate = ? where edition = ? and pool = ?`, stored, editionID, cityPool)
		return err
	}))
	k.box.paper = []PaperCount{{cityPool, 5, 4, "Jedna karta wróciła pusta.", 3}}
	k.inEveryLanguage(PoolHref(editionID, cityPool))
	doc := k.page(access.Stranger(), PoolHref(editionID, cityPool))
	if words := text(doc.Find("#drugie").Closest("section")); !strings.Contains(words, "181") || !strings.Contains(words, "7, 90") || !strings.Contains(words, "przekroczyłby") {
		t.Error(words)
	}
	if words := text(doc.Find("#liczby").Closest("section")); !strings.Contains(words, "Oświadczeń: 5, kart: 4.") || !strings.Contains(words, "trafiły do innych: 3.") || !strings.Contains(words, "wróciła pusta") {
		t.Error(words)
	}
	if doc := k.page(access.Stranger(), PoolHref(editionID, smallPool)); doc.Find("#drugie").Length() > 0 {
		t.Error("a full count is told as a part of one")
	}
}

// TestOldBoxOpens: a box that was exported by the first program that could, with
// two shares of its key. It must open for as long as there is version 1.
func TestOldBoxOpens(t *testing.T) {
	k := &kit{t: t}
	var parts []string
	for _, name := range []string{"box.jsonl", "box.share1", "box.share3"} {
		text, err := os.ReadFile("testdata/" + name)
		k.ok(err)
		parts = append(parts, string(text))
	}
	pools, err := k.openOffline(parts[0], parts[1], parts[2])
	k.ok(err)
	want := [][3]string{{"1846169e274fd61978c39ab53f89de2685d45074f66f94e07320317c245b456e", "be946b60aa3c440649fd4cccdaa332a18a386598ca8ac3104561dc77a52782cf", "14"},
		{"4ad751667cd1d0a3b779a73c1515e476aea48ff559402b56c966dd4785be9e89", "", "6"}} // three ballots: neither rounds nor the hash of the file are told
	for i, p := range pools {
		if got := [3]string{p.OutcomeHash, p.FileHash, brief(p.Outcome.Winners)}; got != want[i] || p.PlainHash != p.OutcomeHash {
			t.Errorf("%v, want %v", got, want[i])
		}
	}
}

// FuzzReadBox: whatever the file, there is an error or a whole count, and no panic.
func FuzzReadBox(f *testing.F) {
	text, err := os.ReadFile("testdata/box.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	var shares []seal.Share
	for _, name := range []string{"testdata/box.share1", "testdata/box.share3"} {
		words, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		share, err := seal.ParseShare(string(words))
		if err != nil {
			f.Fatal(err)
		}
		shares = append(shares, share)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	f.Add(bytes.Join(lines[:3], nil))
	f.Add(bytes.Join(append(slices.Clone(lines[:2]), lines[len(lines)-6:]...), nil))
	f.Add([]byte(`{"kladka_box":1,"hash":"` + budget.Hash([]byte("{}")) + `","document":"{}"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := ReadBox(bytes.NewReader(text))
		if err != nil {
			return
		}
		opener, err := seal.Join(b.Public, shares...)
		if err != nil {
			return
		}
		defer opener.Close()
		if pools, err := b.Open(opener); err == nil && len(pools) != len(b.Edition.Rules.Pools) {
			t.Error("pools are missing")
		}
	})
}

// TestLargeCountGetsCertificate: two of forty voters wait for three hundred steps,
// more than the plain count may make here.
func TestLargeCountGetsCertificate(t *testing.T) {
	pool := budget.Pool{ID: "p", Budget: 400_00, Ballot: budget.BallotRules{Type: budget.Approval}, Count: budget.CountRules{Rule: "mes", Utility: "cost", Completion: "add1", Step: 1, Start: "exact"}}
	b := ballots{projects: []budget.BallotProject{{ID: "a", Cost: 100_00, Order: 1}, {ID: "b", Cost: 400_00, Order: 2}}}
	_, order := costs(b.projects)
	for n := range 40 {
		id := budget.ProjectID("a")
		if n < 2 {
			id = "b"
		}
		body, err := pool.Encode(choice(budget.Pick{Project: id}), order)
		if err != nil {
			t.Fatal(err)
		}
		b.bodies = append(b.bodies, body)
	}
	e := budget.Edition{ID: "e", Rules: budget.Rules{Pools: []budget.Pool{pool}}}
	both := newTwoCounts()
	full, err := both.pool(e, pool, b, nil)
	if err != nil || full.certificate != nil || full.plainHash != full.hash() || full.outcome.Steps != 189 {
		t.Fatalf("%+v, %v, %d steps", full.certificate, err, full.outcome.Steps)
	}
	both.most = 2 * 40 * 2 * 12 // twelve passes
	c, err := both.pool(e, pool, b, nil)
	if err != nil || c.implementation != nil || c.certificate == nil || c.text != full.text || c.plainHash != c.hash() {
		t.Fatalf("%+v, %v, %v", c.certificate, c.implementation, err)
	}
	if cert := *c.certificate; cert.Steps != 189 || len(cert.Checked) != 10 || cert.Seed != c.hash() || cert.Full() {
		t.Errorf("%+v", cert)
	}
	both.fast = func(e *tally.Election, r tally.Rule) (*tally.Outcome, error) {
		o, err := tally.Count(e, r)
		o.Steps--
		return o, err
	}
	if c, err := both.pool(e, pool, b, nil); err != nil || c.implementation == nil {
		t.Errorf("a count that ends too early is believed: %v", err)
	}
	for most, want := range map[float64]int{1: leastChecked, 1e12: mostChecked} {
		both.most = most
		if got := both.checkedSteps(c.election, &tally.Outcome{}); got != want {
			t.Errorf("%g: %d checked steps, want %d", most, got, want)
		}
	}
}
