package app_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestOfficerTakesInTheRegister walks the way of an officer without scripts:
// upload, look at the difference, approve, see it done, find a new school.
func TestOfficerTakesInTheRegister(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		v := h.as(access.AssociationOfficer)
		doc := v.page("/administracja/rejestr")
		if doc.Find(`form[enctype="multipart/form-data"] input[type=file]`).Length() != 1 {
			t.Fatal("no form to upload a file")
		}
		res := v.upload("/administracja/rejestr", "plik", "probka.csv", sample(t))
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("upload: %d %s", res.StatusCode, body(t, res))
		}
		difference := res.Header.Get("Location")
		doc = v.page(difference)
		if doc.Find(`[data-promise="next"]`).Length() == 0 || doc.Find(`form[action$="/zatwierdz"]`).Length() != 1 {
			t.Error("the difference does not say what comes next, or cannot be approved")
		}
		if found := v.page("/instytucje?q=probna").Find("ol.list > li").Length(); found != 0 {
			t.Errorf("%d institutions were taken in before anybody approved", found)
		}
		if res := v.post(difference+"/zatwierdz", url.Values{"zgoda": {"tak"}}); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("approve: %d %s", res.StatusCode, body(t, res))
		}
		if err := h.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := v.page(difference).Find(`form[action$="/zatwierdz"]`).Length(); n != 0 {
			t.Error("what is applied can be applied again")
		}
		var origin int
		if err := d.Get(context.Background(), &origin, `select count(*) from directory_institutions where origin = 'register'`); err != nil || origin == 0 {
			t.Errorf("%d institutions of the register, %v", origin, err)
		}
		if res := v.post(difference+"/zatwierdz", url.Values{"zgoda": {"tak"}}); res.StatusCode != http.StatusConflict {
			t.Errorf("approved twice: %d", res.StatusCode)
		}
	})
}

// TestUploadsThatAreRefused: each with a message, the right status, and no trace.
func TestUploadsThatAreRefused(t *testing.T) {
	h := openHouse(t)
	v := h.as(access.AssociationOfficer)
	for name, data := range map[string][]byte{
		"empty.csv": {}, "zip.csv": []byte("PK\x03\x04aaaa"), "utf16.csv": []byte("\xff\xfer\x00s\x00p\x00o\x00"),
		"html.csv": []byte("<!doctype html><html>"), "other.csv": []byte("a,b,c\n1,2,3\n"),
	} {
		res := v.upload("/administracja/rejestr", "plik", name, data)
		doc := document(t, res)
		if res.StatusCode != http.StatusUnprocessableEntity || doc.Find(".errsum a").Length() != 1 {
			t.Errorf("%s: %d, %q", name, res.StatusCode, text(doc.Find(".errsum")))
		}
	}
	var n int
	if err := h.db.Get(context.Background(), &n, `select count(*) from importing_batches`); err != nil || n != 0 {
		t.Errorf("%d imports left, %v", n, err)
	}
	for _, role := range []access.Role{access.AuthorityOfficer, access.Teacher} {
		if res := h.as(role).upload("/administracja/rejestr", "plik", "probka.csv", sample(t)); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s uploads: %d", role, res.StatusCode)
		}
	}
}

// TestHugeUpload sends more than we take, as a stream that would never end.
func TestHugeUpload(t *testing.T) {
	h := openHouse(t)
	v := h.as(access.AssociationOfficer)
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("plik", "huge.csv")
		head, rest, _ := bytes.Cut(sample(t), []byte("\n"))
		if err == nil {
			_, err = part.Write(append(head, '\n'))
		}
		row := bytes.Repeat(rest, 50)
		for sent := 0; err == nil && sent < 2<<30; sent += len(row) {
			_, err = part.Write(row)
		}
		w.CloseWithError(err)
	}()
	res, err := v.client.Post(v.base+"/administracja/rejestr", form.FormDataContentType(), r)
	if err != nil {
		return // the connection was cut before all was sent, which is fine
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d: %s", res.StatusCode, text(document(t, res).Find(".errsum")))
	}
}

// TestEverydayWays: a head, a teacher and a stranger each find their next step.
func TestEverydayWays(t *testing.T) {
	h := openHouse(t)
	head := h.as(access.SchoolHead)
	if doc := head.page("/moje-sprawy"); text(doc.Find(".me")) == "" || doc.Find("main a[href]").Length() == 0 {
		t.Error("the head's desk leads nowhere")
	}
	if doc := head.page("/konto"); doc.Find(`main a[href^="/instytucje/"]`).Length() == 0 {
		t.Error("the account does not lead to the school")
	}
	stranger := h.stranger()
	if doc := stranger.page("/"); doc.Find("a.doorway").Length() == 0 || doc.Find(`form[action="/instytucje"]`).Length() != 1 {
		t.Error("the front page opens nothing to a stranger")
	}
	if doc := stranger.page("/pomoc"); doc.Find(`a[href="tel:116111"]`).Length() != 1 {
		t.Error("no helpline at /pomoc")
	}
	res := stranger.get("/moje-sprawy")
	if res.Header.Get("Location") != "/konto/zaloguj?dalej=%2Fmoje-sprawy" {
		t.Errorf("a stranger is sent to %q", res.Header.Get("Location"))
	}
}

// TestSignOut: afterwards the session is worth nothing, and Back shows nothing.
func TestSignOut(t *testing.T) {
	h := openHouse(t)
	v := h.as(access.Teacher)
	if got := v.get("/moje-sprawy").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("kept in a cache: %q", got)
	}
	at, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	stolen := v.client.Jar.Cookies(at)
	v.post("/konto/wyloguj", nil)
	v.client.Jar.SetCookies(at, stolen)
	if res := v.get("/moje-sprawy"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the old cookie opens the desk: %d", res.StatusCode)
	}
}

// TestSessionFixation: a token planted before the sign-in is worth nothing after.
func TestSessionFixation(t *testing.T) {
	h := openHouse(t)
	v := h.stranger()
	at, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	planted := &http.Cookie{Name: "kladka_session", Value: strings.Repeat("A", 43), Path: "/"}
	v.client.Jar.SetCookies(at, []*http.Cookie{planted})
	v.post("/konto/przyklad", url.Values{"osoba": {string(h.person(access.Teacher))}})
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == planted.Name && c.Value == planted.Value {
			t.Error("the planted token became the session")
		}
	}
}

// TestSessionTokenIsHashed: a dump of the table opens no session.
func TestSessionTokenIsHashed(t *testing.T) {
	h := openHouse(t)
	v := h.as(access.Teacher)
	at, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	if err := h.db.Select(context.Background(), &kept, `select token from access_sessions`); err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Value == kept[0] {
			t.Error("the token itself is stored")
		}
	}
}

func sample(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../directory/register/testdata/smk-2022.csv")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:min(len(b), 2000)])
}

func (v *visitor) upload(path, field, name string, data []byte) *http.Response {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		v.t.Fatal(err)
	}
	part.Write(data)
	form.Close()
	res, err := v.client.Post(v.base+path, form.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { res.Body.Close() })
	return res
}
