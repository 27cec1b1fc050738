package papers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/privacy"
	"kladka/internal/testkit"
	"kladka/internal/training"
)

func TestPages(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	tr := h.closed(training.Certificate)
	e, waiting := h.completed(tr, "Żaneta Gżegżółka", string(ewa.Person), true), h.completed(tr, "Bez Daty", "", false)
	p := h.issued(e)
	for _, part := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"every page in every language", func(t *testing.T) { everyPage(t, h, tr, waiting, p) }},
		{"strangers verify", func(t *testing.T) { strangers(t, h, p) }},
		{"names are asked", func(t *testing.T) { namesAsked(t, h, p) }},
		{"the holder", func(t *testing.T) { theHolder(t, h, e, waiting) }},
		{"badges are checked", func(t *testing.T) { badgePages(t, h, p) }},
		{"acts", func(t *testing.T) { actPages(t, h, p) }},
		{"privacy", func(t *testing.T) { purposes(t, h) }},
		{"files are noted", func(t *testing.T) { filesNoted(t, h) }},
		{"guests of the address", func(t *testing.T) { guestsOfAddress(t, h) }},
		{"a stolen key", func(t *testing.T) { stolenKeyPage(t, h) }},
		{"no badges without https", func(t *testing.T) { withoutHTTPS(t, h) }},
	} {
		t.Run(part.name, func(t *testing.T) {
			h.t, h.who, h.lang = t, access.Stranger(), i18n.PL
			part.run(t)
		})
	}
}

func everyPage(t *testing.T, h *house, tr training.ID, waiting training.EnrollmentID, p Paper) {
	batch, err := h.Gather(t.Context(), officer, center, "", electronic)
	h.ok(err)
	h.ok(h.SendOut(t.Context(), officer, batch, &bytes.Buffer{}))
	_, err = h.TakeBack(t.Context(), officer, batch, "obcy.pdf", []byte("%PDF-1.4 x"))
	h.ok(err)
	_, err = h.ReceiveBlanks(t.Context(), officer, center, "A 1", "A 4")
	h.ok(err)
	office := []string{papersPath(tr), papersPath(tr) + "/" + string(waiting), RegisterPath, RegisterPath + "?rodzaj=swiadectwa&q=x", RegisterPath + "/" + string(p.ID),
		RegisterPath + "/" + string(p.ID) + "/popraw", settingsPath, BlanksPath, BlanksPath + "/wzor", SignPath, SignPath + "/" + batch, keysPath}
	public := []string{CheckPath, badgePath, CheckPath + "/9-X-2020", VerifyPath(p.Number, h.key(p))}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		h.lang, h.who = lang, director
		for _, path := range office {
			doc := h.page(path)
			if doc.Find("h1").Length() != 1 || doc.Find(`meta[name="robots"]`).Length() == 0 {
				t.Errorf("%s has no single heading, or is indexed", path)
			}
			doc.Find("input.input, textarea, select").Each(func(_ int, x *goquery.Selection) {
				id, _ := x.Attr("id")
				if _, named := x.Attr("aria-label"); !named && doc.Find(fmt.Sprintf(`label[for="%s"]`, id)).Length() == 0 {
					t.Errorf("%s: a field without a label: %s", path, id)
				}
			})
		}
		h.who = access.Stranger()
		for _, path := range public {
			h.page(path)
		}
	}
	for _, who := range []access.Actor{ewa, trainer, rival} {
		h.who = who
		for _, path := range []string{papersPath(tr), RegisterPath + "/" + string(p.ID), SignPath + "/" + batch} {
			if got := h.get(path).Code; got != http.StatusForbidden && got != http.StatusNotFound {
				t.Errorf("%s sees %s: %d", who.Name, path, got)
			}
		}
	}
}

var onceFields = regexp.MustCompile(`name="_[a-z]+" value="[^"]*"`)

// same is a page without what is drawn anew for each form.
func same(body string) string { return onceFields.ReplaceAllString(body, "") }

func strangers(t *testing.T, h *house, p Paper) {
	key := h.key(p)
	w := h.get(VerifyPath(p.Number, key))
	doc := h.whole("verified", w, http.StatusOK)
	if body := w.Body.String(); strings.Contains(body, "Gżegżółka") || !strings.Contains(text(doc.Find("dl.facts")), "Ośrodek Doskonalenia") {
		t.Error("the name is told, or the center is not")
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if !strings.Contains(w.Header().Get("X-Robots-Tag"), "noindex") {
		t.Error("it may be indexed")
	}
	// With the number alone the page is the same, whether it exists or not.
	there, not := h.get(CheckPath+"/"+p.NumberKey), h.get(CheckPath+"/9-KR-2026")
	if there.Code != http.StatusOK || not.Code != there.Code || same(strings.ReplaceAll(not.Body.String(), "9/KR/2026", p.Number)) != same(there.Body.String()) &&
		same(strings.NewReplacer("9/KR/2026", p.Number, "9-KR-2026", p.NumberKey).Replace(not.Body.String())) != same(there.Body.String()) {
		t.Error("a number that exists is told from one that does not")
	}
	// So is a wrong key.
	wrong := strings.Map(func(r rune) rune { return 'A' + (r-'A'+1)%8 }, key)
	a, b := h.get(CheckPath+"/"+p.NumberKey+"/"+wrong), h.get(CheckPath+"/9-KR-2026/"+wrong)
	if a.Code != http.StatusNotFound || b.Code != a.Code || same(strings.NewReplacer("9/KR/2026", p.Number, "9-KR-2026", p.NumberKey).Replace(b.Body.String())) != same(a.Body.String()) {
		t.Errorf("wrong keys are told apart: %d, %d", a.Code, b.Code)
	}
	if got := h.post(CheckPath, "numer", "1/kr/2026", "klucz", strings.ToLower(spaced(key))); got.Code != http.StatusSeeOther || got.Header().Get("Location") != VerifyPath(p.Number, key) {
		t.Errorf("%d to %s", got.Code, got.Header().Get("Location"))
	}
	h.whole("no key", h.post(CheckPath, "numer", "1/KR/2026", "klucz", "ABC"), http.StatusUnprocessableEntity)
	limited := 0
	for range wrongPerNetwork + 5 {
		if h.get(CheckPath+"/9-KR-2026/"+wrong).Code == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited == 0 || h.get(VerifyPath(p.Number, key)).Code != http.StatusOK {
		t.Error("guessing has no end, or the right key is shut out")
	}
}

func namesAsked(t *testing.T, h *house, p Paper) {
	path := VerifyPath(p.Number, h.key(p))
	for typed, want := range map[string]string{"zaneta gzegzolka": "Zgadza się", "Gżegżółka  Żaneta": "Zgadza się", "Jan Nowak": "nie został wystawiony"} {
		doc := h.whole(typed, h.post(path, "nazwisko", typed), http.StatusOK)
		if got := text(doc.Find(".notice")); !strings.Contains(got, want) {
			t.Errorf("%q: %s", typed, got)
		}
	}
	last := 0
	for range namesPerPaper {
		last = h.post(path, "nazwisko", "Anna Inna").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("names can be tried for ever: %d", last)
	}
}

func theHolder(t *testing.T, h *house, e, waiting training.EnrollmentID) {
	at := training.EnrollPath + "/" + string(e) + "/dokument"
	if got := h.get(at).Code; got != http.StatusNotFound {
		t.Errorf("a stranger: %d", got)
	}
	h.who = ewa
	if doc := h.page(at); doc.Find(`form[action$="/odznaka.json"]`).Length() != 1 || doc.Find(`form[action$="/plik"]`).Length() != 0 {
		t.Error("no badge, or an unsigned file")
	}
	if got := h.post(at + "/odznaka.json"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Gżegżółka") {
		t.Errorf("the own badge: %d", got.Code)
	}
	h.who = access.Stranger()
	guest := training.EnrollPath + "/" + string(waiting) + "/klucz/dokument"
	doc := h.page(guest)
	if doc.Find(`[data-promise="who-sees"]`).Length() != 1 || doc.Find(`input[name="urodzenie"]`).Length() != 1 {
		t.Error("birth data are not asked")
	}
	h.whole("no place", h.post(guest, "urodzenie", "1980-01-01"), http.StatusUnprocessableEntity)
	if got := h.post(guest, "urodzenie", "1980-01-01", "miejsce", "Bochnia").Code; got != http.StatusSeeOther {
		t.Errorf("birth data: %d", got)
	}
	if strings.Contains(h.get(guest).Body.String(), "Bochnia") {
		t.Error("birth data are shown again")
	}
	refuses(t, "birth of an issued one", h.GiveBirth(t.Context(), training.Holder{Key: "klucz"}, e, Birth{"1980-01-01", "Bochnia"}), fault.Conflict)
}

func badgePages(t *testing.T, h *house, p Paper) {
	w := h.get(VerifyPath(p.Number, h.key(p)) + "/odznaka.json")
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Gżegżółka") {
		t.Fatalf("public badge: %d", w.Code)
	}
	send := func(data string) string {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("plik", "odznaka.json")
		h.ok(err)
		_, err = part.Write([]byte(data))
		h.ok(err)
		h.ok(form.Close())
		doc := h.whole("badge", h.send(http.MethodPost, badgePath, body.String(), form.FormDataContentType()), http.StatusOK)
		return text(doc.Find(".tag"))
	}
	if got := send(w.Body.String()); !strings.Contains(got, "Prawdziwa") {
		t.Error(got)
	}
	if got := send(strings.Replace(w.Body.String(), "Zażółć", "Inny", 1)); !strings.Contains(got, "Nieprawdziwa") {
		t.Error(got)
	}
	for path, want := range map[string]int{issuerPath + "/" + string(center) + ".json": 200, issuerPath + "/" + string(other) + ".json": 404, issuerPath + "/x.json": 404,
		issuerPath + "/" + string(center) + "/odwolane.json": 200, issuerPath + "/" + string(other) + "/odwolane.json": 404} {
		if got := h.get(path).Code; got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
}

func actPages(t *testing.T, h *house, p Paper) {
	h.who = director
	tr := p.Training
	w := h.post(papersPath(tr))
	h.ok(jobs.NewRunner(h.db, h.jobs, h.now, h.Log).Drain(t.Context()))
	if doc := h.page(w.Header().Get("Location")); !strings.Contains(text(doc.Find("#postep")), "wystawione") {
		t.Error(text(doc.Find("#postep")))
	}
	path := RegisterPath + "/" + string(p.ID)
	rev := fmt.Sprint(h.paper(p.ID).Revision)
	h.whole("no reason", h.post(path+"/uniewaznij", "wersja", rev, "rodzaj", "mistake"), http.StatusUnprocessableEntity)
	if got := h.post(path+"/wydano", "wersja", rev, "sposob", "in_person", "dzien", "2026-11-23").Code; got != http.StatusSeeOther {
		t.Errorf("handing over: %d", got)
	}
	if got := h.post(path+"/uniewaznij", "wersja", rev, "rodzaj", "mistake", "powod", "stara strona").Code; got != http.StatusConflict {
		t.Errorf("an old page: %d", got)
	}
	if got := h.post(path+"/uniewaznij", "wersja", fmt.Sprint(h.paper(p.ID).Revision), "rodzaj", "mistake", "powod", "omyłka w nazwisku").Code; got != http.StatusSeeOther {
		t.Errorf("voiding: %d", got)
	}
	h.who = access.Stranger()
	got := text(h.page(VerifyPath(p.Number, h.key(p))).Find("main"))
	if !strings.Contains(got, "wystawiono omyłkowo") || strings.Contains(got, "nazwisku") {
		t.Errorf("a voided paper: %s", got)
	}
	for format, want := range map[string]string{"csv": "text/csv", "xlsx": "application/vnd"} {
		h.who = officer
		if w := h.get(RegisterPath + "/arkusz?format=" + format); !strings.HasPrefix(w.Header().Get("Content-Type"), want) {
			t.Errorf("%s: %d %s", format, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func purposes(t *testing.T, h *house) {
	list := h.Purposes()
	privacy.NewRegistry().Declare(list...) // panics when something is missing
	for _, hold := range list[0].Holds {
		if hold.Export == nil {
			continue
		}
		items, err := hold.Export(t.Context(), string(ewa.Person))
		if err != nil || hold.Table != "training_paper_births" && len(items) != 1 {
			t.Errorf("%s: %+v %v", hold.Table, items, err)
		}
	}
	docs, err := h.documents(t.Context(), []string{string(h.issuedOf(ewa).ID)})
	if err != nil || len(docs) != 1 || len(docs[0].Audience) != 2 || docs[0].Codes[0] != "1/KR/2026" {
		t.Errorf("%+v %v", docs, err)
	}
	if missing := h.Catalog.Check(); len(missing) > 0 {
		t.Error(missing)
	}
}

func (h *house) issuedOf(who access.Actor) Paper {
	list, err := h.OfPerson(h.t.Context(), string(who.Person))
	h.ok(err)
	return list[0].Paper
}

// filesNoted: nothing leaves the register before the log knows of it.
func filesNoted(t *testing.T, h *house) {
	p := h.issued(h.completed(h.closed(training.Certificate), "Plik Pobrany", "", true))
	copies, err := copiesOf(t.Context(), h.db, p.ID)
	h.ok(err)
	h.who = officer
	if got := h.get(RegisterPath + "/" + string(p.ID) + "/plik/" + string(copies[0].ID)); got.Code != http.StatusOK || !strings.HasPrefix(got.Body.String(), "%PDF-") {
		t.Errorf("the file: %d", got.Code)
	}
	if n := h.noted("training.papers.file", string(p.ID)); n != 1 {
		t.Errorf("%d rows of the log", n)
	}
	h.who = rival
	if got := h.get(RegisterPath + "/" + string(p.ID) + "/plik/" + string(copies[0].ID)).Code; got != http.StatusNotFound || h.noted("training.papers.file", string(p.ID)) != 1 {
		t.Errorf("a rival: %d", got)
	}
}

// guestsOfAddress: what somebody gave as a guest under the address of the account
// is theirs, for the copy of their data and for erasure.
func guestsOfAddress(t *testing.T, h *house) {
	ctx := t.Context()
	tr := h.closed(training.Certificate)
	mail := func(e training.EnrollmentID, email string) training.EnrollmentID {
		h.exec(`update training_enrollments set email_key = ? where id = ?`, h.holders.EmailKey(email), e)
		return e
	}
	mine, other := mail(h.completed(tr, "Gość Ewa", "", true), "ewa@szkola.example"), mail(h.completed(tr, "Gość Jan", "", true), "jan@szkola.example")
	paper := mail(h.completed(tr, "Gość Ewa Druga", "", true), "ewa@szkola.example")
	issued := h.issued(paper)
	exported := func(table string) (ids string) {
		t.Helper()
		for _, hold := range h.Purposes()[0].Holds {
			if hold.Table == table {
				items, err := hold.Export(ctx, string(ewa.Person))
				h.ok(err)
				for _, it := range items {
					ids += it.ID + " "
				}
			}
		}
		return ids
	}
	if strings.Contains(exported("training_paper_births"), string(mine)) {
		t.Error("without an address")
	}
	h.people.emails[ewa.Person] = "ewa@szkola.example"
	if got := exported("training_paper_births"); !strings.Contains(got, string(mine)) || strings.Contains(got, string(other)) {
		t.Errorf("births: %s", got)
	}
	if got := exported("training_papers"); !strings.Contains(got, string(issued.ID)) {
		t.Errorf("papers: %s", got)
	}
	if list, err := h.OfPerson(ctx, string(ewa.Person)); err != nil || slices.ContainsFunc(list, func(o Owned) bool { return o.ID == issued.ID }) {
		t.Errorf("the portfolio has what was not gathered: %v", err)
	}
	h.ok(h.db.Write(ctx, func(tx *db.Tx) error {
		_, err := h.holdBirths().Erase(ctx, tx, string(ewa.Person))
		return err
	}))
	for e, want := range map[training.EnrollmentID]bool{mine: false, other: true, paper: true} {
		if b, err := h.birthOf(ctx, h.db, e); err != nil || b.whole() != want {
			t.Errorf("%v, want %v (%v)", b, want, err)
		}
	}
}

// stolenKeyPage: a former key is revoked by its own button.
func stolenKeyPage(t *testing.T, h *house) {
	h.ok(h.RotateKey(t.Context(), director, center, false))
	h.who = director
	doc := h.page(keysPath)
	id, _ := doc.Find(`input[name="klucz"]`).First().Attr("value")
	if id == "" || doc.Find("#uniewaznienie").Length() != 1 {
		t.Fatal("no button, or no warning")
	}
	if got := h.post(keysPath, "klucz", id).Code; got != http.StatusSeeOther {
		t.Errorf("revoking: %d", got)
	}
	doc = h.page(keysPath)
	if again, _ := doc.Find(`input[name="klucz"]`).First().Attr("value"); again == id {
		t.Error("it can be revoked again")
	}
	if got := h.post(keysPath, "klucz", id).Code; got != http.StatusConflict {
		t.Errorf("revoking twice: %d", got)
	}
	keys, err := h.SigningKeys(t.Context(), director, center)
	if h.ok(err); keys[0].RetiredAt != 0 || keys[0].RevokedAt != 0 {
		t.Error("the key of today went with it")
	}
}

func withoutHTTPS(t *testing.T, h *house) {
	h.Base = "http://kladka.example"
	defer func() { h.Base = base }()
	e := h.completed(h.closed(training.Certificate), "Bez Szyfru", string(ewa.Person), true)
	p := h.issued(e)
	at := VerifyPath(p.Number, h.key(p))
	if h.page(at).Find(`a[href$="/odznaka.json"]`).Length() != 0 {
		t.Error("a link to no badge")
	}
	if got := h.get(at + "/odznaka.json").Code; got != http.StatusNotFound {
		t.Errorf("the public door: %d", got)
	}
	h.who = ewa
	own := training.EnrollPath + "/" + string(e) + "/dokument"
	if h.page(own).Find(`form[action$="/odznaka.json"]`).Length() != 0 {
		t.Error("a button for no badge")
	}
	if got := h.post(own + "/odznaka.json").Code; got != http.StatusNotFound {
		t.Errorf("the holder's door: %d", got)
	}
}

func FuzzNumberAndKey(f *testing.F) {
	f.Add("17/KR/2026", "ABCDEFGHJKLMNPQR")
	f.Add(" 17 - kr-2026", "abcd efgh-jklm npqr")
	f.Add("\xff../..", "ŻŻŻŻ")
	f.Fuzz(func(t *testing.T, number, key string) {
		n := NumberKey(number)
		if NumberKey(n) != n || strings.ContainsAny(n, "/?#% ") {
			t.Errorf("%q is %q", number, n)
		}
		if k := plainKey(key); k != "" && (len(k) != keyLength || plainKey(k) != k) {
			t.Errorf("%q is %q", key, k)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("%PDF-1.4 kladka-paper:01930000-0000-7000-8000-000000000001 /ByteRange ["))
	f.Add([]byte("PK\x03\x04"))
	f.Add(pades(f, []byte(ourPrint)))
	sum := sha256.Sum256([]byte(ourPrint))
	item := Item{Copy: "01930000-0000-7000-8000-000000000001", Size: int64(len(ourPrint)), SHA256: hex.EncodeToString(sum[:])}
	f.Fuzz(func(t *testing.T, data []byte) {
		if i, why := newMatcher([]Item{item}).match(data); why == "" && (i.Copy == "" || !bytes.HasPrefix(data, []byte(ourPrint)) || !bytes.Contains(data, []byte("/Contents"))) {
			t.Error("matched with nothing")
		}
		_ = unzip(data, func(string, []byte) error { return nil })
	})
}
