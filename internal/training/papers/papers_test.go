package papers

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
	testcenter "kladka/internal/testkit/center"
	"kladka/internal/training"
)

func TestPapers(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		for _, part := range []struct {
			name string
			run  func(*testing.T, *house)
		}{{"refusals", refusals}, {"life of a certificate", lifeOfCertificate}, {"diplomas and blanks", diplomas}, {"signing", signing}, {"signed anew", signedAnew}, {"badges", badges},
			{"batch", batchJob}, {"taken over", takenOver}, {"register", register}} {
			t.Run(part.name, func(t *testing.T) {
				h.t = t
				part.run(t, h)
			})
		}
	})
}

func refusals(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Certificate)
	unborn, ready := h.completed(tr, "Anna Bez", "", false), h.completed(tr, "Ewa Łoś", string(ewa.Person), true)
	_, err := h.Issue(ctx, officer, unborn)
	refuses(t, "no birth data", err, fault.Conflict)
	for _, who := range []access.Actor{rival, trainer, ewa} {
		_, err := h.Issue(ctx, who, ready)
		refuses(t, "issue by "+who.Name, err, fault.NotFound)
		_, err = h.Outlook(ctx, who, tr)
		refuses(t, "outlook of "+who.Name, err, fault.NotFound)
	}
	_, err = h.Issue(ctx, access.Stranger(), ready)
	refuses(t, "stranger", err, fault.SignedOut)
	h.exec(`update training_trainings set state = 'held' where id = ?`, tr)
	_, err = h.Issue(ctx, officer, ready)
	refuses(t, "not closed", err, fault.Conflict)
	h.exec(`update training_trainings set state = 'closed' where id = ?`, tr)
	h.exec(`update training_enrollments set state = 'absent' where id = ?`, ready)
	_, err = h.Issue(ctx, officer, ready)
	refuses(t, "absent", err, fault.Conflict)
	refuses(t, "birth of the absent", h.TypeBirth(ctx, officer, ready, Birth{"1980-01-01", "Kraków"}), fault.Conflict)
	refuses(t, "birth tomorrow", h.TypeBirth(ctx, officer, unborn, Birth{"2026-12-01", "Kraków"}), fault.Invalid)
	refuses(t, "no place", h.TypeBirth(ctx, officer, unborn, Birth{"1980-01-01", " "}), fault.Invalid)
	refuses(t, "a code of another center", h.SetCenter(ctx, rival, Center{Center: other, FullName: "X", Place: "Y", Signs: "Z",
		Codes: map[Kind]string{training.Certificate: "KR", training.Diploma: "INNE"}}), fault.Invalid)
	var n int
	h.ok(h.db.Get(ctx, &n, `select count(*) from counter_series`))
	if n != 0 {
		t.Error("a refusal used a number")
	}
}

func lifeOfCertificate(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Certificate)
	e := h.completed(tr, "Ewa Łoś", string(ewa.Person), true)
	p := h.issued(e)
	if p.Number != "1/KR/2026" || p.NumberKey != "1-KR-2026" || p.State != Issued || p.Hours != 9 || !slices.Contains(h.touched, string(p.ID)) {
		t.Errorf("%+v", p)
	}
	if _, err := h.Issue(ctx, officer, e); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued twice: %v", err)
	}
	got, err := training.EnrollmentByID(ctx, h.db, e)
	if err != nil || got.State != training.Issued {
		t.Error("the enrollment does not know", got.State, err)
	}
	copies, err := copiesOf(ctx, h.db, p.ID)
	if err != nil || len(copies) != 1 || copies[0].File == "" || strings.Contains(copies[0].Content, "Łoś") {
		t.Fatalf("%+v %v", copies, err)
	}
	fix := Fix{Name: "Ewa Maria Łoś", BirthDay: "1980-05-01", BirthPlace: "Łódź", Title: p.Title, Hours: 10, StartsOn: p.StartsOn, EndsOn: p.EndsOn}
	_, err = h.Correct(ctx, rival, p.ID, p.Revision, fix, "literówka w imieniu")
	refuses(t, "correct by a rival", err, fault.NotFound)
	_, err = h.Correct(ctx, officer, p.ID, p.Revision, fix, "bo")
	refuses(t, "no reason", err, fault.Invalid)
	_, err = h.Correct(ctx, officer, p.ID, p.Revision, fix, "literówka w imieniu")
	h.ok(err)
	c := h.paper(p.ID)
	if c.Number != p.Number || c.Version != 2 || c.State != Corrected || c.Name != "Ewa Maria Łoś" || c.KeyHash != p.KeyHash {
		t.Errorf("corrected: %+v", c)
	}
	_, err = h.Correct(ctx, officer, p.ID, p.Revision, fix, "ze starej strony")
	refuses(t, "an old page", err, fault.Conflict)
	_, err = h.Correct(ctx, officer, p.ID, c.Revision, fix, "nic się nie zmienia")
	refuses(t, "nothing changed", err, fault.Conflict)
	_, err = h.Duplicate(ctx, officer, p.ID, c.Revision, "zgubiony oryginał")
	h.ok(err)
	copies, err = copiesOf(ctx, h.db, p.ID)
	if err != nil || len(copies) != 3 || copies[1].Changed != "name hours" || copies[1].Why != "literówka w imieniu" || copies[2].What != duplicate {
		t.Errorf("%+v %v", copies, err)
	}
	h.ok(h.HandOver(ctx, officer, p.ID, h.paper(p.ID).Revision, "post", "2026-11-23"))
	refuses(t, "handed twice", h.HandOver(ctx, officer, p.ID, h.paper(p.ID).Revision, "in_person", "2026-11-23"), fault.Conflict)
	h.ok(h.Void(ctx, officer, p.ID, h.paper(p.ID).Revision, "mistake", "wystawione omyłkowo"))
	refuses(t, "voided twice", h.Void(ctx, officer, p.ID, h.paper(p.ID).Revision, "mistake", "wystawione omyłkowo"), fault.Conflict)
	_, err = h.Duplicate(ctx, officer, p.ID, h.paper(p.ID).Revision, "zgubiony oryginał")
	refuses(t, "duplicate of a voided one", err, fault.Conflict)
	if again := h.issued(e); again.Number != "2/KR/2026" {
		t.Errorf("after voiding: %s", again.Number)
	}
	list, err := h.OfPerson(ctx, string(ewa.Person))
	if err != nil || len(list) != 2 || list[0].CenterName != "Ośrodek Doskonalenia" {
		t.Errorf("%+v %v", list, err)
	}
}

func diplomas(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Diploma)
	a, b := h.completed(tr, "Ala Kot", "", true), h.completed(tr, "Olo Pies", "", true)
	_, err := h.Issue(ctx, officer, a)
	refuses(t, "no blank", err, fault.Conflict)
	_, err = h.ReceiveBlanks(ctx, trainer, center, "MEN-I 001", "MEN-I 003")
	refuses(t, "blanks by a trainer", err, fault.Forbidden)
	n, err := h.ReceiveBlanks(ctx, officer, center, "MEN-I 001", "MEN-I 003")
	if h.ok(err); n != 3 {
		t.Errorf("%d blanks", n)
	}
	_, err = h.ReceiveBlanks(ctx, officer, center, "MEN-I 003", "MEN-I 009")
	refuses(t, "a serial twice", err, fault.Conflict)
	_, err = h.ReceiveBlanks(ctx, officer, center, "MEN-I 006", "MEN-I 006")
	h.ok(err)
	gaps, err := h.Gaps(ctx, center)
	if h.ok(err); strings.Join(gaps, ",") != "MEN-I 004,MEN-I 005" {
		t.Errorf("gaps %v", gaps)
	}
	p := h.issued(a)
	if p.Number != "1/KRS/2026" || p.Blank != "MEN-I 001" || p.Kind != training.Diploma {
		t.Errorf("%+v", p)
	}
	serial, err := h.Reprint(ctx, officer, p.ID, p.Revision, "drukarka pogniotła kartkę")
	if h.ok(err); serial != "MEN-I 002" || h.paper(p.ID).Blank != serial {
		t.Errorf("reprinted on %s", serial)
	}
	h.ok(h.SetBlank(ctx, officer, center, "MEN-I 003", BlankReturned, "zwrot do kuratorium"))
	refuses(t, "return a used one", h.SetBlank(ctx, officer, center, "MEN-I 002", BlankReturned, "zwrot do kuratorium"), fault.Conflict)
	if q := h.issued(b); q.Blank != "MEN-I 006" || q.Number != "2/KRS/2026" {
		t.Errorf("%+v", q)
	}
	list, _, tally, err := h.Blanks(ctx, officer, center, "", web.Cursor{})
	if h.ok(err); len(list) != 4 || len(tally) != 3 || list[0].State != BlankSpoiled || list[1].Number != "1/KRS/2026" {
		t.Errorf("%+v %+v", list, tally)
	}
}

// pades appends a signature as signing programs do.
func pades(t testing.TB, data []byte) []byte {
	t.Helper()
	out, err := testcenter.SignForTest(data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forged appends words that look like a signature to nobody but a search.
func forged(data []byte) []byte {
	return append(slices.Clone(data), "\n9 0 obj\n<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>\nendobj\n%%EOF\n"...)
}

func signing(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Certificate)
	for _, name := range []string{"Jan A", "Jan B", "Jan C", "Jan D"} {
		h.issued(h.completed(tr, name, "", true))
	}
	id, err := h.Gather(ctx, officer, center, tr, electronic)
	h.ok(err)
	_, err = h.Gather(ctx, officer, center, tr, electronic)
	refuses(t, "gathered twice", err, fault.Conflict)
	_, err = h.TakeBack(ctx, officer, id, "x.pdf", nil)
	refuses(t, "back before out", err, fault.Conflict)
	refuses(t, "out by a rival", h.SendOut(ctx, rival, id, io.Discard), fault.NotFound)
	var out bytes.Buffer
	h.ok(h.SendOut(ctx, officer, id, &out))
	pdfs := unpacked(t, out.Bytes())
	if len(pdfs) != 4 || !strings.HasSuffix(pdfs[0].name, "-KR-2026.pdf") {
		t.Fatalf("%d files", len(pdfs))
	}
	rewritten := pades(t, bytes.Replace(pdfs[1].data, []byte("%PDF-1.3"), []byte("%PDF-1.7"), 1))
	back := packed(t, map[string][]byte{"a-sig.pdf": pades(t, pdfs[0].data), "bb.pdf": rewritten, "c.pdf": pdfs[2].data, "d.pdf": pades(t, []byte("%PDF-1.4 other")), "e.txt": []byte("hello"),
		"a again.pdf": pades(t, pdfs[0].data), "forged.pdf": forged(pdfs[3].data), "d-signed.pdf": pades(t, pdfs[3].data)})
	r, err := h.TakeBack(ctx, officer, id, "paczka.zip", back)
	if h.ok(err); r.Matched != 2 || r.Strays != 6 {
		t.Errorf("%+v", r)
	}
	_, items, strays, err := h.BatchByID(ctx, officer, id)
	h.ok(err)
	why := map[string]string{}
	for _, s := range strays {
		why[s.Name] = s.Why
	}
	if why["bb.pdf"] != "rewritten" || why["forged.pdf"] != "bad_signature" || why["c.pdf"] != "unsigned" || why["d.pdf"] != "unknown" || why["e.txt"] != "not_pdf" || len(items) != 4 {
		t.Errorf("%v", why)
	}
	matched := map[string]int{}
	for _, i := range items {
		matched[i.Matched]++
	}
	if matched[byBytes] != 2 {
		t.Errorf("%v", matched)
	}
	if out, back := h.noted("training.papers.out", id), h.noted("training.papers.back", id); out != 1 || back != 1 {
		t.Errorf("what went out and came back is in the log %d and %d times", out, back)
	}
	refuses(t, "closed by an officer", h.CloseBatch(ctx, officer, id), fault.Forbidden)
	stale := director
	stale.Fresh = false
	refuses(t, "closed without the password", h.CloseBatch(ctx, stale, id), fault.Forbidden)
	h.ok(h.CloseBatch(ctx, director, id))
	refuses(t, "closed twice", h.CloseBatch(ctx, director, id), fault.Conflict)
	if len(h.holders.told) != 2 {
		t.Errorf("told %v", h.holders.told)
	}
	hand, err := h.Gather(ctx, officer, center, tr, inHand)
	h.ok(err)
	h.ok(h.CloseBatch(ctx, director, hand))
	if n, err := h.Unsigned(ctx, officer, center); err != nil || len(h.holders.told) != 4 || n == 0 {
		t.Errorf("%d unsigned, told %d, %v", n, len(h.holders.told), err)
	}
	bomb := packed(t, map[string][]byte{"big.pdf": make([]byte, maxSigned+1)})
	if err := unzip(bomb, func(string, []byte) error { return nil }); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a bomb: %v", err)
	}
	refuses(t, "no zip", unzip([]byte("PK\x03\x04 nonsense"), func(string, []byte) error { return nil }), fault.Invalid)
}

type packedFile struct {
	name string
	data []byte
}

func unpacked(t *testing.T, data []byte) (list []packedFile) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, packedFile{f.Name, all})
	}
	return list
}

func packed(t *testing.T, all map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(a) - len(b) })
	for _, name := range names {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(all[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func badges(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Certificate)
	p := h.issued(h.completed(tr, "Żaneta Gżegżółka", "", true))
	check := func(what string, data []byte, want Verdict) {
		t.Helper()
		if got, _, err := h.CheckBadge(ctx, data); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", what, got, err, want)
		}
	}
	public, err := h.Badge(ctx, p, false)
	h.ok(err)
	own, err := h.Badge(ctx, p, true)
	h.ok(err)
	if bytes.Contains(public, []byte("Gżegżółka")) || !bytes.Contains(own, []byte("Gżegżółka")) || bytes.Contains(public, []byte(h.key(p))) {
		t.Error("the name is in the wrong badge, or the key in one")
	}
	check("public", public, Genuine)
	check("own", own, Genuine)
	check("altered", bytes.Replace(public, []byte("Zażółć"), []byte("Zazolc"), 1), Forged)
	check("nonsense", []byte(`{"issuer":7}`), Forged)
	check("of others", bytes.ReplaceAll(public, []byte(base), []byte("https://other.example")), Forged)
	refuses(t, "rotated by an officer", h.RotateKey(ctx, officer, center, false), fault.Forbidden)
	h.ok(h.RotateKey(ctx, director, center, false))
	check("after the key was changed", public, Genuine)
	second, err := h.Badge(ctx, p, false)
	h.ok(err)
	h.ok(h.RotateKey(ctx, director, center, true))
	check("of a revoked key", second, Distrust)
	check("of the retired key", public, Genuine)
	stolenKey(t, h, public, check)
	public2, err := h.Badge(ctx, p, false)
	h.ok(err)
	check("of the key of today", public2, Genuine)
	third, err := h.Badge(ctx, p, false)
	h.ok(err)
	_, err = h.Correct(ctx, officer, p.ID, p.Revision, Fix{Name: p.Name, BirthDay: "1980-05-01", BirthPlace: "Łódź", Title: p.Title, Hours: 8, StartsOn: p.StartsOn, EndsOn: p.EndsOn}, "mniej godzin")
	h.ok(err)
	check("before the correction", third, Replaced)
	fourth, err := h.Badge(ctx, h.paper(p.ID), false)
	h.ok(err)
	check("after the correction", fourth, Genuine)
	h.ok(h.Void(ctx, officer, p.ID, h.paper(p.ID).Revision, "wrong_person", "nie ta osoba"))
	check("voided", fourth, Void)
	_, err = h.Badge(ctx, h.paper(p.ID), false)
	refuses(t, "badge of a voided paper", err, fault.Conflict)
	data, err := h.Revoked(ctx, center)
	h.ok(err)
	var head struct{ ID string }
	h.ok(json.Unmarshal(fourth, &head))
	if !bytes.Contains(data, []byte(head.ID)) {
		t.Errorf("%s is not in %s", head.ID, data)
	}
	issuer, err := h.Issuer(ctx, center)
	if h.ok(err); bytes.Count(issuer, []byte("publicKeyMultibase")) != 3 || bytes.Contains(issuer, []byte("sealed")) {
		t.Errorf("%s", issuer)
	}
}

// stolenKey revokes the oldest key, which was retired before.
func stolenKey(t *testing.T, h *house, old []byte, check func(string, []byte, Verdict)) {
	t.Helper()
	ctx := t.Context()
	keys, err := h.SigningKeys(ctx, director, center)
	h.ok(err)
	current, oldest := keys[0].ID, keys[len(keys)-1].ID
	refuses(t, "revoked by an officer", h.RevokeKey(ctx, officer, center, oldest), fault.Forbidden)
	refuses(t, "revoked by a rival", h.RevokeKey(ctx, rival, other, oldest), fault.Conflict)
	refuses(t, "the key of today", h.RevokeKey(ctx, director, center, current), fault.Conflict)
	h.ok(h.RevokeKey(ctx, director, center, oldest))
	refuses(t, "revoked twice", h.RevokeKey(ctx, director, center, oldest), fault.Conflict)
	check("of a stolen key", old, Distrust)
}

// A correction leaves the signed print of before in the register, and nowhere else.
func signedAnew(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Certificate)
	e := h.completed(tr, "Ola Nowa", string(ewa.Person), true)
	p := h.issued(e)
	sign := func() {
		t.Helper()
		id, err := h.Gather(ctx, officer, center, tr, electronic)
		h.ok(err)
		var out bytes.Buffer
		h.ok(h.SendOut(ctx, officer, id, &out))
		for _, f := range unpacked(t, out.Bytes()) {
			r, err := h.TakeBack(ctx, officer, id, f.name, pades(t, f.data))
			if h.ok(err); r.Matched != 1 {
				t.Errorf("%+v", r)
			}
		}
		h.ok(h.CloseBatch(ctx, director, id))
	}
	has := func(what string, want bool) {
		t.Helper()
		in, err := h.SignedOf(ctx, string(ewa.Person), string(p.ID))
		if err == nil {
			h.ok(in.Close())
		}
		if got, e := h.hasSigned(ctx, p.ID); e != nil || got != want || (err == nil) != want {
			t.Errorf("%s: %v %v %v", what, got, e, err)
		}
	}
	sign()
	has("signed", true)
	_, err := h.Correct(ctx, officer, p.ID, h.paper(p.ID).Revision, Fix{Name: "Ola Stara", BirthDay: "1980-05-01", BirthPlace: "Łódź", Title: p.Title, Hours: 9, StartsOn: p.StartsOn, EndsOn: p.EndsOn}, "inne nazwisko")
	h.ok(err)
	has("corrected", false)
	sign()
	has("signed anew", true)
}

// noted counts rows of the log.
func (h *house) noted(action, object string) (n int) {
	h.t.Helper()
	_, err := h.db.Spread(h.t.Context())
	h.ok(err)
	h.ok(h.db.Get(h.t.Context(), &n, `select (select count(*) from audit_waiting where action = ? and object_id = ?) + (select count(*) from audit_rows where action = ? and object_id = ?)`,
		action, object, action, object))
	return n
}

func batchJob(t *testing.T, h *house) {
	ctx, tr := t.Context(), h.closed(training.Certificate)
	for range 3 {
		h.completed(tr, "Jan Nowak", "", true)
	}
	h.completed(tr, "Bez Daty", "", false)
	progress, err := h.IssueAll(ctx, officer, tr)
	h.ok(err)
	h.ok(jobs.NewRunner(h.db, h.jobs, h.now, h.Log).Drain(ctx))
	p, err := jobs.ReadProgress(ctx, h.db, progress)
	if h.ok(err); p.State != jobs.ProgressDone || p.Done != 3 {
		t.Errorf("%+v", p)
	}
	o, err := h.Outlook(ctx, officer, tr)
	if h.ok(err); o.Ready != 0 || len(o.Candidates) != 4 {
		t.Errorf("%d ready of %d", o.Ready, len(o.Candidates))
	}
	_, err = h.IssueAll(ctx, officer, tr)
	refuses(t, "nobody ready", err, fault.Conflict)
	dismissed(t, h, h.closed(training.Certificate))
}

// dismissed loses the right between the question and the work.
func dismissed(t *testing.T, h *house, tr training.ID) {
	ctx := t.Context()
	h.completed(tr, "Jan Nowak", "", true)
	progress, err := h.IssueAll(ctx, officer, tr)
	h.ok(err)
	h.people.gone = officer.Person
	h.ok(jobs.NewRunner(h.db, h.jobs, h.now, h.Log).Drain(ctx))
	h.people.gone = ""
	p, err := jobs.ReadProgress(ctx, h.db, progress)
	if h.ok(err); p.State != jobs.ProgressFailed || p.Note != "papers.progress.stopped" {
		t.Errorf("%+v", p)
	}
	if o, err := h.Outlook(ctx, officer, tr); err != nil || o.Ready != 1 {
		t.Errorf("%d wait, %v", o.Ready, err)
	}
}

func takenOver(t *testing.T, h *house) {
	ctx := t.Context()
	old := Old{Center: center, Kind: training.Certificate, Number: "500/KR/2026", Name: "Stara Osoba", Title: "Dawny kurs", Hours: 5, StartsOn: "2026-01-02", EndsOn: "2026-01-03", IssuedOn: "2026-01-04"}
	take := func(o Old) (id ID, key string, err error) {
		err = h.db.Write(ctx, func(tx *db.Tx) error {
			id, key, err = h.TakeIn(ctx, tx, o, h.now())
			return err
		})
		return id, key, err
	}
	id, key, err := take(old)
	h.ok(err)
	_, _, err = take(old)
	refuses(t, "a number twice", err, fault.Conflict)
	if p, err := h.Find(ctx, "n", "500/kr/2026", strings.ToLower(key)); err != nil || !p.Imported {
		t.Errorf("%+v %v", p, err)
	}
	if p := h.issued(h.completed(h.closed(training.Certificate), "Nowa Osoba", "", true)); p.Number != "501/KR/2026" {
		t.Errorf("after 500: %s", p.Number)
	}
	foreign := old
	foreign.Center, foreign.Number = other, "900/KR/2026"
	_, _, err = take(foreign)
	h.ok(err)
	if p := h.issued(h.completed(h.closed(training.Certificate), "Inna Osoba", "", true)); p.Number != "502/KR/2026" {
		t.Errorf("after a number of another center: %s", p.Number)
	}
	undone(t, h, old, take)
	old.Number = "RO-55/2019 (odpis)"
	odd, _, err := take(old)
	h.ok(err)
	for _, want := range []bool{true, false} {
		var gone bool
		h.ok(h.db.Write(ctx, func(tx *db.Tx) (err error) {
			gone, err = h.TakeOut(ctx, tx, odd)
			return err
		}))
		if gone != want {
			t.Errorf("taken out: %v", gone)
		}
	}
	_, err = h.Duplicate(ctx, officer, id, 1, "zgubiony oryginał")
	refuses(t, "duplicate of an imported one", err, fault.Conflict)
}

// undone takes numbers back: the series goes back with them, while nobody went on.
func undone(t *testing.T, h *house, old Old, take func(Old) (ID, string, error)) {
	ctx := t.Context()
	at := func(number string) ID {
		t.Helper()
		o := old
		o.Number = number
		id, _, err := take(o)
		h.ok(err)
		return id
	}
	out := func(id ID) {
		t.Helper()
		h.ok(h.db.Write(ctx, func(tx *db.Tx) error {
			gone, err := h.TakeOut(ctx, tx, id)
			if !gone {
				t.Error("it stays")
			}
			return err
		}))
	}
	last := func(code string, want int64) {
		t.Helper()
		if n, err := counter.Current(ctx, h.db, counterName(training.Certificate, code, 2026)); err != nil || n != want {
			t.Errorf("last of %s: %d %v, want %d", code, n, err, want)
		}
	}
	slip, lower := at("99999/KR/2026"), at("600/KR/2026")
	last("KR", 99999)
	out(slip)
	last("KR", 600)
	high := at("700/KR/2026")
	out(lower)
	last("KR", 700)
	out(high)
	last("KR", 502)
	// A code that is nobody's raises nothing until the center takes it.
	at("40/NOWY/2026")
	last("NOWY", 0)
	set := func(code string) {
		t.Helper()
		h.ok(h.SetCenter(ctx, officer, Center{Center: center, FullName: "Ośrodek Doskonalenia", Place: "Kraków", Signs: "Ewa Łoś", Codes: map[Kind]string{training.Certificate: code, training.Diploma: "KRS"}}))
	}
	set("NOWY")
	last("NOWY", 40)
	set("KR")
}

func register(t *testing.T, h *house) {
	ctx := t.Context()
	all, _, err := h.Register(ctx, officer, center, Filter{Kind: training.Certificate}, web.Cursor{})
	if h.ok(err); len(all) < 10 {
		t.Fatalf("%d papers", len(all))
	}
	for _, p := range all {
		if p.Kind != training.Certificate {
			t.Error("a diploma in the register of certificates")
		}
	}
	for words, want := range map[string]int{"zaneta": 1, "Gżeg Żan": 1, "500/kr/2026": 1, "500-KR-2026": 1, "%": 0, "nikt taki": 0} {
		list, _, err := h.Register(ctx, officer, center, Filter{Kind: training.Certificate, Words: words}, web.Cursor{})
		if h.ok(err); len(list) != want {
			t.Errorf("%q finds %d", words, len(list))
		}
	}
	_, _, err = h.Register(ctx, ewa, center, Filter{Kind: training.Certificate}, web.Cursor{})
	refuses(t, "register for a teacher", err, fault.Forbidden)
	for _, format := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		var out bytes.Buffer
		h.ok(h.Sheet(ctx, officer, h.Catalog.In(i18n.PL), center, Filter{Kind: training.Diploma}, format, &out))
		if format == sheet.CSV && strings.Count(out.String(), "KRS/2026") != 2 {
			t.Error(out.String())
		}
	}
}

// Whoever fails gives the number back, and those who issue at once get each
// their own: 1 to n, without a gap.
func TestNumbersHaveNoGaps(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		tr := h.closed(training.Certificate)
		const people = 6
		var all []training.EnrollmentID
		for range people {
			all = append(all, h.completed(tr, "Jan Nowak", "", true))
		}
		train, err := training.ByID(t.Context(), d, tr)
		h.ok(err)
		var wg sync.WaitGroup
		broken := errors.New("broken")
		for n, id := range all {
			wg.Go(func() {
				if n%3 == 0 { // fails after it took a number
					b := draft{paper: ID(newID()), copied: CopyID(newID()), key: newKey(), birth: Birth{"1980-01-01", "Łódź"}, at: h.now()}
					err := d.Write(context.Background(), func(tx *db.Tx) error {
						if err := h.issueIn(context.Background(), tx, officer, tr, id, b); err != nil {
							return err
						}
						return broken
					})
					if !errors.Is(err, broken) {
						t.Error(err)
					}
				}
				for range 2 { // the second is refused
					if _, _, err := h.issue(context.Background(), officer, train, id); err != nil && fault.KindOf(err) != fault.Conflict {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var seqs []int64
		h.ok(d.Select(t.Context(), &seqs, `select seq from training_papers order by seq`))
		for n, seq := range seqs {
			if seq != int64(n+1) {
				t.Fatalf("numbers %v", seqs)
			}
		}
		if len(seqs) != people {
			t.Errorf("%d papers", len(seqs))
		}
	})
}

// TestSpeed issues a thousand papers. It runs when asked for.
func TestSpeed(t *testing.T) {
	if os.Getenv("KLADKA_TRAINING_SPEED") == "" {
		t.Skip("KLADKA_TRAINING_SPEED is not set")
	}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		tr := h.closed(training.Certificate)
		for range 1000 {
			h.completed(tr, "Żaneta Ґжегжулка", "", true)
		}
		_, err := h.IssueAll(t.Context(), officer, tr)
		h.ok(err)
		began := time.Now()
		h.ok(jobs.NewRunner(d, h.jobs, h.now, h.Log).Drain(t.Context()))
		took := time.Since(began)
		t.Logf("1000 papers in %v", took)
		if took > 30*time.Second {
			t.Error("more than 30 seconds")
		}
	})
}
