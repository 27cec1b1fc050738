package result

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// TestTexts: every language has every text, and every word that is put together
// in Go has its text.
func TestTexts(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range catalog.Check() {
		t.Error(fault)
	}
	var keys []string
	for key := range tally.FaultKeys() {
		keys = append(keys, "result.pb."+string(key))
	}
	for _, why := range slices.Concat(slices.Collect(maps.Values(skipped)), slices.Collect(maps.Values(phases)), []Why{LostOther, WonUntold, LostUntold}) {
		keys = append(keys, "result.why."+string(why))
	}
	for _, s := range []State{Sealed, Opened, Differs, Counted, Final, Destroyed, "early", "held", "decision"} {
		keys = append(keys, "result.next."+string(s), "result.next."+string(s)+"_who")
	}
	for _, action := range []string{actEarly, actOpened, actChecked, actExported, actCounted, actDiffers, actHeld, actFinal, actDestroyed} {
		keys = append(keys, "audit.action."+action)
	}
	for what := range ruleFields {
		keys = append(keys, "result.lack."+strings.ReplaceAll(what, "-", "_"))
	}
	for _, key := range keys {
		if !catalog.Has(key) {
			t.Error("no text", key)
		}
	}
}

// TestPages walks through all pages in all states and languages.
func TestPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	open, pool, small := OpenHref(editionID), PoolHref(editionID, cityPool), PoolHref(editionID, smallPool)
	for _, path := range []string{pool, FileHref(editionID, cityPool), CountHref(editionID, cityPool), OpenHref("01930000-0000-7000-8000-0000000000e9")} {
		if w := k.send(k.anna, http.MethodGet, path, "", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s before the count: %d", path, w.Code)
		}
	}
	k.inEveryLanguage(open, Href(editionID), ReceiptHref(editionID), RecountPath)
	if doc := k.page(k.stranger, open); doc.Find("textarea").Length() > 0 || doc.Find("[data-promise=next]").Length() != 1 {
		t.Error("a stranger can bring a share")
	}
	k.castAll()
	k.spoil()
	k.bringOnPages(open)
	k.ok(k.Wait(t.Context()))
	k.inEveryLanguage(open)
	k.ok(k.drain())
	k.inEveryLanguage(open, Href(editionID), pool, small, CountHref(editionID, cityPool), CountHref(editionID, smallPool))
	if tags := k.page(access.Stranger(), Href(editionID)).Find("tbody .tag"); text(tags.Eq(0)) != "nie zgadzają się" || text(tags.Eq(1)) != "zgadzają się" {
		t.Error(text(tags))
	}
	k.checkPool(pool, small)
	k.checkDecision(open)
	k.inEveryLanguage(open, Href(editionID), pool)
}

func (k *kit) inEveryLanguage(paths ...string) {
	k.t.Helper()
	for _, lang := range i18n.Langs {
		k.lang = lang
		for _, path := range paths {
			k.page(access.Stranger(), path)
			k.page(k.anna, path)
		}
	}
	k.lang = i18n.PL
}

// bringOnPages brings two shares by the forms, wrong ones first.
func (k *kit) bringOnPages(open string) {
	t := k.t
	for who, status := range map[*access.Actor]int{&k.stranger: http.StatusForbidden, {}: http.StatusUnauthorized} {
		if w := k.post(*who, open, custody.ShareField, k.shares[0]); w.Code != status {
			t.Errorf("%s: %d, want %d", who.Person, w.Code, status)
		}
	}
	tired := k.anna
	tired.Fresh = false
	if doc := k.page(tired, open); doc.Find("textarea").Length() > 0 || doc.Find("a[data-prove]").Length() != 1 {
		t.Error("nobody asks who sits there before a share is typed")
	}
	if w := k.post(tired, open, custody.ShareField, k.shares[0]); w.Code != http.StatusForbidden {
		t.Error("a share without the password once more:", w.Code)
	}
	if w := k.post(tired, open+"/ostatecznie"); w.Code != http.StatusForbidden {
		t.Error("the end of protests without the password once more:", w.Code)
	}
	doc := k.whole(open, k.post(k.anna, open, custody.ShareField, "bzdura"), http.StatusUnprocessableEntity)
	if doc.Find("#errsum").Length() != 1 {
		t.Error("a torn share is taken in silence")
	}
	if w := k.post(k.anna, open, custody.ShareField, k.shares[0]); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	if doc := k.page(k.anna, open); doc.Find("textarea").Length() > 0 {
		t.Error("whoever brought a share is asked for it again")
	}
	if doc := k.page(k.boris, open); doc.Find("textarea").Length() != 1 {
		t.Error("the second person is not asked")
	}
	if w := k.post(k.boris, open, custody.ShareField, k.shares[1]); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body.String())
	}
}

func (k *kit) checkPool(pool, small string) {
	t := k.t
	doc := k.page(access.Stranger(), pool)
	rows := doc.Find("#projekty").Closest("section").Find("tbody tr")
	if rows.Length() != 4 || text(rows.First().Find("th")) != "Boisko" || !strings.Contains(text(rows.First()), "wybrany") {
		t.Errorf("%d rows, the first is %q", rows.Length(), text(rows.First()))
	}
	if row := doc.Find("tr[id='" + string(projectID(3)) + "']"); !strings.Contains(text(row), "Zabrakło 2 000 zł") {
		t.Errorf("%q", text(row))
	}
	if doc.Find("[role=alert] li").Length() != 2 {
		t.Error("the differences are not told")
	}
	if n := doc.Find("figure.chart, figure").Length(); n == 0 {
		t.Error("no picture")
	}
	if link := doc.Find("a[download]"); link.Length() != 1 {
		t.Error("no file")
	}
	if doc := k.page(access.Stranger(), small); doc.Find("a[download]").Length() > 0 || !strings.Contains(text(doc.Selection), "mniej niż 20") {
		t.Error("three ballots can be downloaded")
	}
	w := k.send(access.Stranger(), http.MethodGet, pool+"/glosy.pb", "", "")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "VOTES") || strings.Contains(w.Body.String(), "slip") {
		t.Errorf("%d %.200s", w.Code, w.Body.String())
	}
	if name := w.Header().Get("Content-Disposition"); name != `attachment; filename="budzet-szkoly-2026-cala-szkola.pb"` || !strings.HasPrefix(text(doc.Find("p code")), "kladka tally budzet-szkoly-2026-cala-szkola.pb --rule") {
		t.Error(name, text(doc.Find("p code")))
	}
	if w := k.send(k.anna, http.MethodGet, small+"/glosy.pb", "", ""); w.Code != http.StatusConflict {
		t.Error("three ballots were sent:", w.Code)
	}
	doc = k.whole(pool, k.post(access.Stranger(), pool+"/przelicz"), http.StatusOK)
	if text(doc.Find("[role=status] .tag")) != "Wynik jest taki sam" || doc.Find("dd code").Length() != 5 {
		t.Error(text(doc.Find("[role=status]")), doc.Find("dd code").Length())
	}
}

// checkDecision holds the result and makes it final by the forms.
func (k *kit) checkDecision(open string) {
	t := k.t
	if doc := k.page(k.boris, open); doc.Find("form[action$=wstrzymaj]").Length() != 1 {
		t.Error("a deputy head may run the edition and is not asked")
	}
	if doc := k.page(k.cyryl, open); doc.Find("form[action$=wstrzymaj]").Length() != 0 {
		t.Error("a secretary may hold the result")
	}
	k.whole(open, k.post(k.anna, open+"/wstrzymaj", fieldWhy, ""), http.StatusUnprocessableEntity)
	for _, c := range []struct {
		who    access.Actor
		path   string
		status int
	}{{k.cyryl, "/wstrzymaj", http.StatusForbidden}, {k.anna, "/ostatecznie", http.StatusConflict}, {k.anna, "/wstrzymaj", http.StatusSeeOther}} {
		if w := k.post(c.who, open+c.path, fieldWhy, "Protest w sprawie <b>kopert</b>"); w.Code != c.status {
			t.Errorf("%s by %s: %d, want %d", c.path, c.who.Person, w.Code, c.status)
		}
	}
	k.inEveryLanguage(open, Href(editionID), PoolHref(editionID, cityPool))
	if doc := k.page(k.cyryl, open); doc.Find("#ponownie").Length() != 1 || doc.Find("textarea").Length() != 1 {
		t.Error("a keeper cannot have the envelopes opened once more")
	}
	if doc := k.page(access.Stranger(), open); text(doc.Find("blockquote")) != "Protest w sprawie <b>kopert</b>" || doc.Find("blockquote b").Length() > 0 {
		t.Error(text(doc.Find("blockquote")))
	}
	k.clock = k.clock.AddDate(0, 1, 0)
	if w := k.post(k.anna, open+"/ostatecznie"); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	k.ok(k.finishDue(t.Context()))
	if doc := k.page(access.Stranger(), open); doc.Find("#zniszczone").Length() != 1 {
		t.Error("the destruction is not told")
	}
}

// TestDesk: what waits for whom.
func TestDesk(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	desk := func(who access.Actor) string {
		r := &web.Request{Request: httptest.NewRequestWithContext(access.WithActor(t.Context(), who), http.MethodGet, "/", nil), L: k.Catalog.In(i18n.PL), Shell: k.shell}
		items, err := k.desk(r)
		k.ok(err)
		var titles []string
		for _, i := range items {
			titles = append(titles, i.Title)
		}
		return strings.Join(titles, "; ")
	}
	k.ok(k.await(t.Context(), editionID))
	if desk(k.cyryl) != "Urna czeka na otwarcie: Budżet szkoły" || desk(k.stranger) != "" || desk(access.Stranger()) != "" {
		t.Error(desk(k.cyryl), desk(k.stranger))
	}
	k.counted()
	if desk(k.cyryl)+desk(k.anna) != "" {
		t.Error(desk(k.cyryl), desk(k.anna))
	}
	k.ok(k.Hold(t.Context(), k.anna, editionID, "Protest"))
	if desk(k.cyryl) != "" || desk(k.anna) != "Wyniki są wstrzymane i czekają na decyzję: Budżet szkoły" {
		t.Error(desk(k.cyryl), desk(k.anna))
	}
}

// upload sends a file to be counted, with fields of the rule in pairs.
func (k *kit) upload(file string, pairs ...string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		k.ok(form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreateFormFile("plik", "x.pb")
	k.ok(err)
	_, err = part.Write([]byte(file))
	k.ok(err)
	k.ok(form.Close())
	return k.send(access.Stranger(), http.MethodPost, RecountPath, form.FormDataContentType(), body.String())
}

const smallFile = "META\nkey;value\nnum_projects;2\nnum_votes;2\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost;name\n1;60;A & <i>B</i>\n2;50;C\nVOTES\nvoter_id;vote\n1;1,2\n2;2\n"

// TestCountAnyFile: what is wrong is told at its field, with the line.
func TestCountAnyFile(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	mes := []string{"metoda", "mes", "uzytecznosc", "cost", "dopelnienie", "add1", "krok", "1", "poczatek", "exact", "remisy", "votes,id"}
	doc := k.whole(RecountPath, k.upload(smallFile, mes...), http.StatusOK)
	if rows := doc.Find("tbody tr"); rows.Length() != 2 || text(rows.First().Find("th")) != "C" || text(doc.Find(".tag.ok").First()) != "Dwa niezależne liczenia dały ten sam wynik" {
		t.Errorf("%s", text(doc.Find("main")))
	}
	if doc.Find("tbody i").Length() > 0 || !strings.Contains(text(doc.Find("p code")), "--rule mes --utility cost --completion add1 --step 1 --start exact --ties votes,id") {
		t.Error(text(doc.Find("p code")))
	}
	for name, c := range map[string]struct {
		file   string
		pairs  []string
		field  string
		words  string
		status int
	}{
		"empty":           {"", mes, "plik", "wybrać plik", 422},
		"no file of ours": {"Ala ma kota", mes, "plik", "Wiersz 1", 422},
		"unknown project": {strings.Replace(smallFile, "1;1,2", "1;1,3", 1), mes, "plik", "Wiersz 13: nie ma projektu „3”", 422},
		"a step of 0":     {smallFile, slices.Concat(mes, []string{"krok", "0"}), "krok", "od 1", 422},
		"ties":            {smallFile, slices.Concat(mes, []string{"remisy", "rzut monetą"}), "remisy", "Możliwe są", 422},
		"a share":         {smallFile, slices.Concat(mes, []string{"prog_udzialu", "sporo"}), "prog_udzialu", "ułamek", 422},
		"a rule":          {smallFile, slices.Concat(mes, []string{"metoda", "losowanie"}), "metoda", "reguły", 422},
		"a group of one":  {smallFile, slices.Concat(mes, []string{"wykluczenia", "1,2\n2"}), "wykluczenia", "Grupa 2 ma mniej", 422},
		"no such project": {smallFile, slices.Concat(mes, []string{"wykluczenia", "1, <b>x</b>"}), "wykluczenia", "nie ma projektu „<b>x</b>”", 422},
		"groups for ever": {smallFile, slices.Concat(mes, []string{"wykluczenia", strings.Repeat("1,2\n", mostValue)}), "", "", 413},
		"a threshold":     {smallFile, slices.Concat(mes, []string{"prog_glosow", "-1"}), "prog_glosow", "od 0", 422},
		"steps for ever":  {strings.NewReplacer("budget;100", "budget;9", "2;50", "2;900000000000").Replace(smallFile), mes, "", "za duże na stronę", 413},
		"broken":          {smallFile, []string{"metoda", "\xff"}, "", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			w := k.upload(c.file, c.pairs...)
			doc := k.whole(RecountPath, w, c.status)
			if c.field != "" && doc.Find("#errsum a[href='#"+c.field+"']").Length() != 1 || !strings.Contains(text(doc.Selection), c.words) {
				t.Errorf("%s", text(doc.Find("#errsum")))
			}
		})
	}
	if w := k.post(access.Stranger(), RecountPath, "metoda", "greedy"); w.Code != http.StatusBadRequest {
		t.Error("a form without a file:", w.Code)
	}
	k.counting <- struct{}{}
	if w := k.upload(smallFile, mes...); w.Code != http.StatusTooManyRequests {
		t.Error("two counts at once:", w.Code)
	}
	<-k.counting
	k.refusesReading(mes)
	if err := k.limited(func() error { panic("a file that nobody thought of") }); err == nil || fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
}

// refusesReading: while as many files as may be are on their way, a further one is
// refused before it is read; a published pool is counted all the same, and places
// are given back whatever comes.
func (k *kit) refusesReading(rule []string) {
	for range mostReading {
		k.reading <- struct{}{}
	}
	body := strings.NewReader(strings.Repeat("x", 1<<20))
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), access.Stranger()), http.MethodPost, RecountPath, body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	if k.shell.ServeHTTP(w, r); w.Code != http.StatusTooManyRequests || body.Len() < 1<<19 {
		k.t.Errorf("%d, %d bytes are unread", w.Code, body.Len())
	}
	k.counted()
	if w := k.post(access.Stranger(), CountHref(editionID, cityPool)); w.Code != http.StatusOK {
		k.t.Error("files on their way keep others from counting:", w.Code)
	}
	for range mostReading {
		<-k.reading
	}
	k.upload("Ala ma kota", rule...)
	k.post(access.Stranger(), RecountPath, "metoda", "greedy")
	if w := k.upload(smallFile, rule...); w.Code != http.StatusOK || len(k.reading) > 0 {
		k.t.Errorf("%d, %d places are not given back", w.Code, len(k.reading))
	}
}

// TestCountFileWithExclusions: of two projects that exclude each other one wins, the
// other is told why, and the command on the page says the same groups.
func TestCountFileWithExclusions(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	file := strings.Replace(smallFile, "budget;100", "budget;200", 1)
	greedy := []string{"metoda", "greedy", "uzytecznosc", "cost", "poczatek", "exact"}
	winners := func(doc *goquery.Document) (names string) {
		doc.Find("#projekty ~ .scroll tbody tr").Each(func(_ int, row *goquery.Selection) {
			if row.Find(".tag.ok").Length() == 1 {
				names += text(row.Find("th")) + ";"
			}
		})
		return names
	}
	if got := winners(k.whole(RecountPath, k.upload(file, greedy...), http.StatusOK)); got != "C;A & <i>B</i>;" {
		t.Error("without a group win", got)
	}
	for _, k.lang = range i18n.Langs {
		doc := k.whole(RecountPath, k.upload(file, slices.Concat(greedy, []string{"wykluczenia", "2, 1\r\n"})...), http.StatusOK)
		if got := winners(doc); got != "C;" {
			t.Error("with a group win", got)
		}
		if got := text(doc.Find("p code")); !strings.Contains(got, " --exclude 2,1 ") {
			t.Error(got)
		}
		if got := text(doc.Find("#wykluczenia")); got != "2, 1" {
			t.Errorf("the field holds %q", got)
		}
		if k.lang == i18n.PL && !strings.Contains(text(doc.Find("#projekty ~ .scroll tbody tr").Last()), "Nie może wygrać razem z projektem „C”") {
			t.Error("the excluded project is not told why")
		}
	}
}

func TestWord(t *testing.T) {
	for from, want := range map[string]string{"1,2": "1,2", "cost,lot:a-b_C.9": "cost,lot:a-b_C.9", "": "''", "a b": "'a b'", "$(rm x)": "'$(rm x)'", "it's": `'it'\''s'`, "ł": "'ł'"} {
		if got := word(from); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

// TestCountRealFile counts a file of a real vote as a visitor would.
func TestCountRealFile(t *testing.T) {
	path := testkit.Shared(t, "data/pb/Poland_Krakow_2025_Bronowice.pb")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	k := newKit(t, testkit.SQLite(t, modules))
	doc := k.whole(RecountPath, k.upload(string(data), "metoda", "greedy", "uzytecznosc", "cost", "dopelnienie", "none", "poczatek", "exact"), http.StatusOK)
	e, err := tally.Parse(bytes.NewReader(data))
	k.ok(err)
	won := 0
	for _, p := range e.Projects {
		won += min(max(p.Selected, 0), 1)
	}
	if n := doc.Find("tbody .tag.ok").Length(); n != won || won == 0 {
		t.Errorf("%d winners, the file records %d", n, won)
	}
	if words := text(doc.Find("main")); !strings.Contains(words, "W pliku zapisano te same wybrane projekty") {
		t.Error("it is not told that the file records the same winners")
	}
	if head := text(doc.Find("#projekty ~ .scroll thead")); strings.Contains(head, "Punkty") != e.Type.Pointed() {
		t.Errorf("%s: %s", e.Type, head)
	}
}

// TestRecordedWinners: winners that a file records are compared with the counted ones,
// and what it marks in its own way is left out.
func TestRecordedWinners(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	head := "META\nkey;value\nnum_projects;2\nnum_votes;2\nbudget;100\nvote_type;ordinal\nmax_length;2\nPROJECTS\nproject_id;cost;name"
	votes := "VOTES\nvoter_id;vote\n1;1,2\n2;1,2\n" // 1 wins, 2 is too dear
	for name, c := range map[string]struct{ projects, want, not string }{
		"none":  {"\n1;60;A <i>b</i>\n2;50;C\n", "Plik nie podaje", "W pliku zapisano"},
		"same":  {";selected\n1;60;A <i>b</i>;1\n2;50;C;0\n", "te same wybrane projekty", "inne wybrane"},
		"other": {";selected\n1;60;A <i>b</i>;0\n2;50;C;1\n", "Wybrane tylko w pliku: „C”.Wybrane tylko w tym liczeniu: „A <i>b</i>”.", "te same wybrane"},
		"own":   {";selected\n1;60;A <i>b</i>;1\n2;50;C;2\n", "te same wybrane projekty", "inne wybrane"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := k.whole(RecountPath, k.upload(head+c.projects+votes, "metoda", "greedy", "uzytecznosc", "cost", "poczatek", "exact"), http.StatusOK)
			words := text(doc.Find("main"))
			if !strings.Contains(words, c.want) || strings.Contains(words, c.not) || doc.Find("[data-promise=next]").Length() != 1 {
				t.Error(words)
			}
			if row := text(doc.Find("#p1")); !strings.Contains(row, "6024") || doc.Find("#p1 td").Length() != 5 { // cost, supporters, points
				t.Error("points:", row)
			}
		})
	}
	for _, k.lang = range i18n.Langs {
		k.whole(RecountPath, k.upload(head+";selected\n1;60;A;0\n2;50;C;1\n"+votes, "metoda", "greedy", "uzytecznosc", "cost", "poczatek", "exact"), http.StatusOK)
	}
	var r Recorded
	for i := range recordedMost + 2 {
		r.OnlyFile = append(r.OnlyFile, strconv.Itoa(i))
	}
	if words := recordedWords(k.Catalog.In(i18n.PL), &r); len(words) != 2 || !strings.HasSuffix(words[1], "„9” i dalsze: 2.") {
		t.Error(words)
	}
}

func TestFileName(t *testing.T) {
	for want, c := range map[string][2]string{
		"budzet-szkoly-2026-cala-szkola.pb": {"Budżet szkoły", "Cała szkoła"},
		"budzet-2026-pula-1.pb":             {"Budżet 2026", "Pula \"1\"\r\n"},
		"2026.pb":                           {"Бюджет", "Школа"},
	} {
		if got := fileName(budget.Edition{Title: c[0], Year: 2026}, budget.Pool{Name: c[1]}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTieWords: a tie is told with everybody who was equal and with what decided.
func TestTieWords(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	names := map[budget.ProjectID]string{"a": "Ławka", "b": "Zegar"}
	o := Outcome{}
	for _, by := range []string{"cost", "votes", "first", "file", "id", "lot:ziarno"} {
		o.Ties = append(o.Ties, Tie{Round: 2, Tied: []budget.ProjectID{"a", "b"}, By: by, Won: "a"})
	}
	for _, lang := range i18n.Langs {
		if words := strings.Join(tieWords(catalog.In(lang), o, names), " "); strings.Contains(words, "⟦") {
			t.Error(words)
		}
	}
	want := "Runda 2: równe były „Ławka”, „Zegar”. Rozstrzygnęło: losowanie sprzed głosowania. Pierwszeństwo ma „Ławka”."
	if got := tieWords(catalog.In(i18n.PL), o, names)[5]; got != want {
		t.Error(got)
	}
	for _, c := range []struct {
		lang  i18n.Lang
		n     int64
		parts int
		want  string
	}{{i18n.PL, 123_456, 2, "1\u00a0234,56\u00a0zł"}, {i18n.EN, 123_456, 2, "1\u00a0234.56\u00a0zł"}, {i18n.PL, 7, 0, "7"}, {i18n.PL, 7005, 3, "7,005"}, {i18n.PL, 6500, 0, "6\u00a0500"}, {i18n.PL, 39500, 0, "39\u00a0500"}, {i18n.EN, 7005, 3, "7.005"}} {
		if got := money(catalog.In(c.lang), c.n, c.parts); got != c.want {
			t.Errorf("%d of %d in %s: %q, want %q", c.n, c.parts, c.lang, got, c.want)
		}
	}
}

// TestObjecting: results and the page about receipts tell until when one may object
// and where, and when that is over.
func TestObjecting(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	told := func(path, want string) {
		t.Helper()
		main := k.page(access.Stranger(), path).Find("main")
		if !strings.Contains(text(main), want) || main.Find("a[href='/instytucje/"+string(school)+"']").Length() != 1 {
			t.Errorf("%s: no %q in %s", path, want, text(main))
		}
	}
	told(ReceiptHref(editionID), "można złożyć do końca dnia 30 listopada 2026")
	if doc := k.page(access.Stranger(), Href(editionID)); doc.Find("#protest").Length() > 0 {
		t.Error("one may object to a result that is not there")
	}
	k.counted()
	told(Href(editionID), "można złożyć do końca dnia 30 listopada 2026")
	k.inEveryLanguage(Href(editionID), ReceiptHref(editionID))
	k.clock = k.clock.AddDate(0, 1, 0)
	told(Href(editionID), "minął z końcem dnia 30 listopada 2026")
	k.ok(k.finishDue(t.Context()))
	told(ReceiptHref(editionID), "minął z końcem dnia 30 listopada 2026")
	next := k.page(access.Stranger(), Href(editionID)).Find("[data-promise=next] a")
	if href, _ := next.Attr("href"); href != budget.DeliveriesHref(editionID) {
		t.Errorf("the next step is at %q", href)
	}
	l := k.Catalog.In(i18n.PL)
	k.edition.Rules.Calendar.ObjectTo = ""
	if words := objectWords(l, k.edition, Opening{State: Counted}, k.clock); !strings.HasPrefix(words, "Zasady nie podają dnia") {
		t.Error(words)
	}
	if words := objectWords(l, k.edition, Opening{State: Final}, k.clock); words != "Wyniki są ostateczne. Czas na sprzeciwy minął." {
		t.Error(words)
	}
}
