package app_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
)

// staffOf is the address of the staff of the institution in which the demo's
// person of the role holds it.
func (h *house) staffOf(role access.Role) string {
	h.t.Helper()
	a, err := h.Access().Actor(context.Background(), h.person(role))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, held := range a.Roles {
		if held.Role == role {
			return "/instytucje/" + string(held.Institution) + "/osoby"
		}
	}
	h.t.Fatalf("%s nowhere", role)
	return ""
}

// send uploads a sheet as the page's own form does: hidden fields first.
func (v *visitor) send(path, sheet string) *goquery.Document {
	v.t.Helper()
	form := v.page(path).Find(`form[enctype="multipart/form-data"]`)
	if form.Length() != 1 {
		v.t.Fatalf("%s: no form for a sheet", path)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		w.WriteField(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	part, err := w.CreateFormFile("arkusz", "kadra.csv")
	if err != nil {
		v.t.Fatal(err)
	}
	part.Write([]byte(sheet))
	w.Close()
	res, err := v.client.Post(v.base+path, w.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { res.Body.Close() })
	return document(v.t, res)
}

const staffSheet = "Imię i nazwisko;E-mail;Rola\nAnna Nowak;anna.nowak@example.org;nauczycielka\nJan Kos;jan.kos@example.org;pedagog\nZły Dyrektor;zly@example.org;dyrektor\n"

func fields(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		values.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	return values
}

// TestHeadInvitesBySheet: preview, approval, links once; the same sheet again
// finds nobody new. Nothing of the sheet is kept before the approval.
func TestHeadInvitesBySheet(t *testing.T) {
	h := openHouse(t)
	path := h.staffOf(access.SchoolHead) + "/wczytaj"
	head := h.as(access.SchoolHead)
	res := head.get(path + "/wzor.csv")
	if sample := body(t, res); res.StatusCode != http.StatusOK || !strings.Contains(sample, "anna.przykladowa@example.org") {
		t.Errorf("template: %d %q", res.StatusCode, sample)
	} else if doc := head.send(path, sample); doc.Find(`[data-plan="problems"] tbody tr`).Length() != 1 || doc.Find(`[data-plan="new"]`).Length() != 0 {
		t.Error("the row of the template would be invited")
	}
	doc := head.send(path, staffSheet)
	if doc.Find(`[data-plan="new"] tbody tr`).Length() != 2 || text(doc.Find(`[data-plan="problems"] tbody th`)) != "4" {
		t.Fatalf("plan: %s", text(doc.Find("main")))
	}
	form := doc.Find(`form[action$="/zaproszenia"]`)
	sealed := fields(form)
	if strings.Contains(sealed.Get("lista"), "anna") {
		t.Error("the list travels in clear")
	}
	var n int
	count := func() int {
		t.Helper()
		if err := h.db.Get(context.Background(), &n, `select count(*) from access_invitations where login like '%.nowak@example.org' or login like 'jan.kos@%'`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count() != 0 {
		t.Error("invited before anybody approved")
	}
	// Another's sealed list, or one changed on the way, is worth nothing.
	for name, v := range map[string]*visitor{"secretary": h.as(access.SchoolSecretary), "administrator": h.as(access.Administrator)} {
		if res := v.post(form.AttrOr("action", ""), url.Values{"lista": {sealed.Get("lista")}}); res.StatusCode != http.StatusConflict {
			t.Errorf("%s sends the head's list: %d", name, res.StatusCode)
		}
	}
	if res := head.post(form.AttrOr("action", ""), url.Values{"lista": {sealed.Get("lista")[1:]}}); res.StatusCode != http.StatusConflict || count() != 0 {
		t.Errorf("a changed list: %d", res.StatusCode)
	}
	done := document(t, head.post(form.AttrOr("action", ""), sealed))
	if links := done.Find("code.secret"); links.Length() != 2 || !strings.Contains(links.First().Text(), "/zaproszenie/") || count() != 2 {
		t.Errorf("links: %s", text(done.Find("main")))
	}
	again := head.send(path, staffSheet)
	if again.Find(`[data-plan="known"] tbody tr`).Length() != 2 || again.Find(`form[action$="/zaproszenia"]`).Length() != 0 {
		t.Errorf("again: %s", text(again.Find("main")))
	}
}

// TestSecretaryPreparesBySheet: one act for the whole list, one click of the head.
func TestSecretaryPreparesBySheet(t *testing.T) {
	h := openHouse(t)
	at := h.staffOf(access.SchoolSecretary)
	secretary := h.as(access.SchoolSecretary)
	form := secretary.send(at+"/wczytaj", staffSheet).Find(`form[action$="/zaproszenia"]`)
	res := secretary.post(form.AttrOr("action", ""), fields(form))
	if !strings.HasPrefix(res.Header.Get("Location"), importing.ListPath+"/") {
		t.Fatalf("prepared: %d %q", res.StatusCode, res.Header.Get("Location"))
	}
	var acts int
	if err := h.db.Get(context.Background(), &acts, `select count(*) from access_acts where payload like '%anna.nowak@example.org%jan.kos@example.org%' and state = 'waiting'`); err != nil || acts != 1 {
		t.Errorf("%d acts, %v", acts, err)
	}
	if doc := h.as(access.SchoolHead).page("/moje-sprawy"); doc.Find(`ol.list a[href="`+access.ActsPath+`"]`).Length() != 1 {
		t.Error("the head's desk does not tell of it")
	}
}

func TestStaffSheetDoors(t *testing.T) {
	h := openHouse(t)
	path := h.staffOf(access.SchoolHead) + "/wczytaj"
	for _, role := range []access.Role{access.Teacher, access.ClassTutor, access.Pupil, access.CenterDirector, access.ProtectionOfficer} {
		v := h.as(role)
		if res := v.get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s looks: %d", role, res.StatusCode)
		}
		if res := v.upload(path, "arkusz", "kadra.csv", []byte(staffSheet)); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s uploads: %d", role, res.StatusCode)
		}
	}
	head := h.as(access.SchoolHead)
	for name, data := range map[string]string{"empty": "", "page": "<!doctype html><html>", "no address": "osoba;rola\nAnna Nowak;pedagog\n",
		"old": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "10 000 rows": "osoba;mail\n" + strings.Repeat("Anna Nowak;anna@example.org\n", 10_000)} {
		res := head.upload(path, "arkusz", "kadra.csv", []byte(data))
		doc := document(t, res)
		if res.StatusCode != http.StatusUnprocessableEntity || doc.Find(`.errsum a[href="#arkusz"]`).Length() != 1 || strings.Contains(text(doc.Find(".errsum")), "⟦") {
			t.Errorf("%s: %d %q", name, res.StatusCode, text(doc.Find(".errsum")))
		}
	}
	if res := head.upload(path, "inne", "kadra.csv", []byte(staffSheet)); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", res.StatusCode)
	}
	if res := head.upload(path, "arkusz", "kadra.csv", bytes.Repeat([]byte("a;b\n"), 1<<20)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("4 MB: %d", res.StatusCode)
	}
}

// TestDesks: every role's own page stands, its links lead somewhere, and what
// a role cannot do is not offered.
func TestDesks(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) { lookAtDesks(t, openHouseOn(t, d, string(demo.School))) })
}

func lookAtDesks(t *testing.T, h *house) {
	for _, role := range access.Roles() {
		v := h.as(role)
		doc := v.page("/moje-sprawy")
		if strings.Contains(doc.Text(), "⟦") {
			t.Errorf("%s: a text is missing: %s", role, text(doc.Find("main")))
		}
		if doc.Find("section[aria-labelledby=mozesz] a").Length() == 0 {
			t.Errorf("%s: the desk leads nowhere", role)
		}
		doc.Find("main a[href^='/']").Each(func(_ int, s *goquery.Selection) {
			if res := v.get(s.AttrOr("href", "")); res.StatusCode != http.StatusOK && res.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: %s answers %d", role, s.AttrOr("href", ""), res.StatusCode)
			}
		})
	}
	for role, want := range map[access.Role][]string{
		access.Administrator:     {"/administracja/rejestr", "/administracja/poczta", "/konto/bezpieczenstwo", "/administracja/zaproszenia"},
		access.AuthorityOfficer:  {"/konto/bezpieczenstwo"},
		access.SchoolHead:        {"/konto/zastepstwa", h.staffOf(access.SchoolHead) + "/wczytaj"},
		access.Teacher:           {"/konto/powiadomienia/ustawienia"},
		access.ProtectionOfficer: {"/administracja/prywatnosc/administratorzy"},
		access.Resident:          {"/konto/powiadomienia/ustawienia"},
	} {
		steps := h.as(role).page("/moje-sprawy").Find("ol.todo")
		for _, href := range want {
			if steps.Find(`a[href="`+href+`"]`).Length() != 1 {
				t.Errorf("%s: no first step %s in %s", role, href, text(steps))
			}
		}
	}
	if doc := h.as(access.Pupil).page("/moje-sprawy"); doc.Find("ol.todo").Length() != 0 || doc.Find(`main a[href="/pomoc"]`).Length() != 1 {
		t.Error("a pupil's desk is not plain")
	}
}

// TestStepsAreComputed: a step is done when the thing is done, and the list goes
// away with the last of them.
func TestStepsAreComputed(t *testing.T) {
	h := openHouse(t)
	v := h.as(access.Teacher)
	if doc := v.page("/moje-sprawy"); doc.Find("ol.todo > li").Length() != 2 || doc.Find("ol.todo > li.done").Length() != 1 {
		t.Fatalf("steps: %s", text(doc.Find("ol.todo")))
	}
	form := v.page("/konto/powiadomienia/ustawienia").Find("main form").First()
	values := fields(form)
	form.Find("select").Each(func(_ int, s *goquery.Selection) {
		chosen := s.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = s.Find("option").First()
		}
		values.Set(s.AttrOr("name", ""), chosen.AttrOr("value", ""))
	})
	form.Find("input[type=radio][checked]").Each(func(_ int, s *goquery.Selection) { values.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	if res := v.post(form.AttrOr("action", "/konto/powiadomienia/ustawienia"), values); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("settings: %d %s", res.StatusCode, body(t, res))
	}
	if doc := v.page("/moje-sprawy"); doc.Find("ol.todo").Length() != 0 {
		t.Errorf("all is done and still shown: %s", text(doc.Find("ol.todo")))
	}
}

// TestInstitutionDoors: who sees which links on the page of an institution, and
// the navigation to the administration.
func TestInstitutionDoors(t *testing.T) {
	h := openHouse(t)
	path := strings.TrimSuffix(h.staffOf(access.SchoolHead), "/osoby")
	own := func(role access.Role) string { return strings.TrimSuffix(h.staffOf(role), "/osoby") }
	for _, tt := range []struct {
		role   access.Role
		path   string
		people bool
		join   bool
	}{{access.SchoolHead, path, true, false}, {access.SchoolSecretary, own(access.SchoolSecretary), true, false}, {access.Teacher, own(access.Teacher), false, false},
		{access.Resident, path, false, true}, {access.CenterDirector, path, false, true}, {access.Pupil, path, false, false}, {access.Administrator, path, true, true}} {
		path := tt.path
		doc := h.as(tt.role).page(path)
		if got := doc.Find(`main a[href="`+path+`/osoby"]`).Length() == 1; got != tt.people {
			t.Errorf("%s sees the staff: %v", tt.role, got)
		}
		if got := doc.Find(`main a[href="`+path+`/dolacz"]`).Length() == 1; got != tt.join {
			t.Errorf("%s is asked whether they work there: %v", tt.role, got)
		}
	}
	if h.stranger().page(path).Find("[data-doors]").Length() != 0 {
		t.Error("a stranger sees doors")
	}
	for role, want := range map[access.Role]bool{access.Administrator: true, access.ProtectionOfficer: true, access.Auditor: true, access.SchoolHead: false, access.Pupil: false} {
		if got := h.as(role).page("/jak-korzystac").Find(`nav a[href="/administracja"]`).Length() > 0; got != want {
			t.Errorf("%s is led to the administration: %v", role, got)
		}
	}
	foot := h.stranger().page("/").Find("footer")
	if foot.Find(`a[href="/prywatnosc"]`).Length() != 1 || foot.Find(`a[href="/prawo"]`).Length() != 1 {
		t.Error("the footer does not lead to privacy and the law")
	}
}

// item is the thing on the desk that leads to the address.
func (v *visitor) item(href string) *goquery.Selection {
	v.t.Helper()
	return v.page("/moje-sprawy").Find("ol.list li").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return s.Find("h2 a").AttrOr("href", "") == href
	})
}

// TestDeskItems: what waits is shown to whom it waits for, and to nobody else.
func TestDeskItems(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) { lookAtItems(t, openHouseOn(t, d, string(demo.School))) })
}

func lookAtItems(t *testing.T, h *house) {
	ctx := context.Background()
	change := func(query string, args ...any) {
		t.Helper()
		if err := h.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, query, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	head, deputy, teacher := h.as(access.SchoolHead), h.as(access.DeputyHead), h.as(access.Teacher)
	staff := h.staffOf(access.SchoolHead)
	if head.item(access.ActsPath).Length() != 1 || head.item(staff).Length() != 1 || head.item("/konto/powiadomienia").Length() != 1 {
		t.Errorf("the head's desk: %s", text(head.page("/moje-sprawy").Find("ol.list")))
	}
	for name, v := range map[string]*visitor{"deputy": deputy, "teacher": teacher} {
		if v.item(access.ActsPath).Length() != 0 || v.item(staff).Length() != 0 {
			t.Errorf("%s sees what waits for the head", name)
		}
	}

	// Invitations are told of two days before their end, to who sent them.
	change(`delete from access_claims where 1 = 1`)
	soon := time.Now().Add(47 * time.Hour).Unix()
	change(`update access_invitations set expires_at = ? where inviter = ?`, soon+2*60*60, h.person(access.SchoolHead))
	if head.item(staff).Length() != 0 {
		t.Error("an invitation presses two days and an hour before its end")
	}
	change(`update access_invitations set expires_at = ? where inviter = ?`, soon, h.person(access.SchoolHead))
	if i := head.item(staff); i.Length() != 1 || i.Find("p.muted").Length() != 1 {
		t.Errorf("an invitation that runs out: %s", text(i))
	}
	if deputy.item(staff).Length() != 0 {
		t.Error("the deputy is told of the head's invitations")
	}
	change(`update access_invitations set expires_at = ? where inviter = ?`, time.Now().Unix()-1, h.person(access.SchoolHead))
	if head.item(staff).Length() != 0 {
		t.Error("what ran out presses")
	}

	// Acting for somebody that ends is told to the agent, whatever the hat.
	if deputy.item("/konto/zastepstwa").Length() != 0 {
		t.Error("three months are no end")
	}
	change(`update access_proxies set until = ? where agent = ?`, time.Now().Add(6*24*time.Hour).Unix(), h.person(access.DeputyHead))
	change(`update access_people set version = version + 1 where id = ?`, h.person(access.DeputyHead))
	if deputy.item("/konto/zastepstwa").Length() != 1 || head.item("/konto/zastepstwa").Length() != 0 {
		t.Error("the end of acting for somebody")
	}
}

// TestLockedRolesOnDesk: after one step the desk tells what the second opens,
// and what the locked role would show is not there.
func TestLockedRolesOnDesk(t *testing.T) {
	h := openHouse(t)
	at, ok := strings.CutPrefix(strings.TrimSuffix(h.staffOf(access.SchoolHead), "/osoby"), "/instytucje/")
	if !ok {
		t.Fatal(at)
	}
	school := access.InstitutionID(at)
	_, err := h.Access().AddPerson(context.Background(), access.System(), access.NewPerson{Name: "Druga Dyrekcja", Email: "druga@example.org", Password: "zielony most nad Wisłą",
		Roles: []access.Held{{Role: access.SchoolHead, Institution: school}, {Role: access.Teacher, Institution: school}}})
	if err != nil {
		t.Fatal(err)
	}
	v := h.stranger()
	if res := v.post("/konto/zaloguj", url.Values{"email": {"druga@example.org"}, "password": {"zielony most nad Wisłą"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in: %d", res.StatusCode)
	}
	if v.item(access.SecondStepPath).Length() != 1 || v.item(access.ActsPath).Length() != 0 {
		t.Errorf("desk: %s", text(v.page("/moje-sprawy").Find("main")))
	}
	if v.page("/moje-sprawy").Find(`ol.todo a[href="/konto/bezpieczenstwo"]`).Length() != 1 {
		t.Error("the second step is no first step")
	}
}
