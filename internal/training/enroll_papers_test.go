package training

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// openFiles lets the module of the test take its files in.
func (k *kit) openFiles() {
	k.t.Helper()
	folder, err := files.OpenFolder(filepath.Join(k.t.TempDir(), "sent"))
	k.ok(err)
	uses := files.NewRegistry()
	for _, u := range Uses() {
		uses.Declare(u)
	}
	k.Files = files.New(k.db, folder, k.Keys, uses, nil, files.Settings{}, func() time.Time { return k.now }, k.Log)
}

// upload sends a form with one file.
func (k *kit) upload(path, field, name string, data []byte) *httptest.ResponseRecorder {
	k.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if name != "" {
		f, err := m.CreateFormFile(field, name)
		k.ok(err)
		_, err = f.Write(data)
		k.ok(err)
	}
	k.ok(m.Close())
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), k.who), http.MethodPost, path, &b)
	r.Header.Set("Accept-Language", string(k.lang))
	r.Header.Set("Content-Type", m.FormDataContentType())
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}

func (k *kit) filesOf(e Enrollment) []files.File {
	k.t.Helper()
	list, err := k.Files.Of(k.t.Context(), k.db, admissionOwner(e.ID))
	k.ok(err)
	return list
}

func picture(t testing.TB) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPapersOfAdmission(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.openFiles()
		tr := k.publish(t, func(tr *Training) { tr.Form, tr.Admission = QualificationCourse, true })
		k.ok(k.RequirePapers(t.Context(), k.officer, tr.ID, []string{"Dyplom", "Zaświadczenie o zatrudnieniu"}))
		e := k.visitor(tr, Applied, func(e *Enrollment) { e.Place, e.Seated = 0, false })
		own := k.put(tr, k.ewa, Applied, func(e *Enrollment) { e.Place, e.Seated = 0, false })
		k.papersAreRefused(t, tr, e, own)
		k.papersAreSent(t, e, own)
		k.papersAreRead(t, tr, e)
		k.papersEnd(t, tr, e, own)
	})
}

// papersAreRefused to everybody but the holder, and where nobody asked for them.
func (k *kit) papersAreRefused(t *testing.T, tr Training, e, own Enrollment) {
	base, mine := k.guestPath(e), EnrollPath+"/"+string(own.ID)
	pending := k.visitor(tr, Pending, func(e *Enrollment) { e.Email, e.HoldUntil = "inna@example.org", k.now.Add(time.Hour).Unix() })
	plain := k.put(k.publish(t, nil), k.jan, Confirmed, nil)
	send := func(who access.Actor, path string) int {
		k.who = who
		return k.upload(path+"/zalaczniki?nr=1", "plik-1", "dyplom.png", picture(t)).Code
	}
	for name, c := range map[string]struct {
		who  access.Actor
		path string
		want int
	}{
		"a wrong secret":           {k.stranger, EnrollPath + "/" + string(e.ID) + "/" + strings.Repeat("a", 32), http.StatusNotFound},
		"a colleague":              {k.jan, mine, http.StatusNotFound},
		"the officer":              {k.officer, mine, http.StatusNotFound},
		"an unconfirmed address":   {k.stranger, k.guestPath(pending), http.StatusConflict},
		"a training without these": {k.jan, EnrollPath + "/" + string(plain.ID), http.StatusNotFound},
	} {
		if got := send(c.who, c.path); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	k.who = k.stranger
	for nr, want := range map[string]int{"3": http.StatusNotFound, "0": http.StatusNotFound, "x": http.StatusNotFound} {
		if got := k.upload(base+"/zalaczniki?nr="+nr, "plik-"+nr, "a.png", picture(t)).Code; got != want {
			t.Errorf("paper %s: %d", nr, got)
		}
	}
	if doc := k.whole("nothing chosen", k.upload(base+"/zalaczniki?nr=1", "plik-1", "", nil), http.StatusUnprocessableEntity); doc.Find(`.errsum a[href="#plik-1"]`).Length() != 1 {
		t.Error("no file, and no fault at its field")
	}
	if doc := k.whole("a page", k.upload(base+"/zalaczniki?nr=1", "plik-1", "a.html", []byte("<html>")), http.StatusUnprocessableEntity); doc.Find(`.errsum a[href="#plik-1"]`).Length() != 1 {
		t.Error("a file of another kind, and no fault at its field")
	}
	if len(k.filesOf(e))+len(k.filesOf(own))+len(k.filesOf(pending)) != 0 {
		t.Error("something was taken all the same")
	}
}

// papersAreSent, replaced and taken back, by the link and by the account.
func (k *kit) papersAreSent(t *testing.T, e, own Enrollment) {
	base, mine := k.guestPath(e), EnrollPath+"/"+string(own.ID)
	k.who = k.stranger
	doc := k.page(base)
	if got := text(doc.Find(`[data-promise="next"] a`)); got != "Dołącz 2 brakujące dokumenty" || doc.Find(`#dokumenty-zgloszenia input[type=file]`).Length() != 2 || doc.Find(`#dokumenty-zgloszenia [data-promise="who-sees"]`).Length() != 1 {
		t.Errorf("what is asked: %q", got)
	}
	for _, name := range []string{"stary.png", "dyplom.png"} {
		if w := k.upload(base+"/zalaczniki?nr=1", "plik-1", name, picture(t)); w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", name, w.Code, text(k.whole(name, w, w.Code).Find("main")))
		}
	}
	if list := k.filesOf(e); len(list) != 1 || list[0].Name != "dyplom.png" {
		t.Errorf("files: %+v", list)
	}
	if got := text(k.page(base).Find(`#dokumenty-zgloszenia a`)); !strings.HasPrefix(got, "dyplom.png") {
		t.Errorf("shown: %q", got)
	}
	if w := k.get(base + "/zalaczniki?nr=1"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the holder opens it: %d", w.Code)
	}
	if w := k.get(base + "/zalaczniki?nr=2"); w.Code != http.StatusNotFound {
		t.Errorf("a paper not sent: %d", w.Code)
	}
	k.who = k.ewa
	k.upload(mine+"/zalaczniki?nr=2", "plik-2", "praca.png", picture(t))
	if len(k.filesOf(own)) != 1 {
		t.Error("the account sent nothing")
	}
	k.who = k.jan
	if w := k.get(mine + "/zalaczniki?nr=2"); w.Code != http.StatusNotFound {
		t.Errorf("a colleague opens it: %d", w.Code)
	}
	k.who = k.ewa
	k.inAllLanguages(mine)
	if w := k.post(mine+"/zalaczniki/usun", "nr", "2"); w.Code != http.StatusSeeOther || len(k.filesOf(own)) != 0 {
		t.Errorf("taken back: %d", w.Code)
	}
	k.upload(mine+"/zalaczniki?nr=2", "plik-2", "praca.png", picture(t))
	for range mostSent {
		_ = k.countSent(t.Context(), own.ID)
	}
	refuses(t, "without end", k.countSent(t.Context(), own.ID), fault.TooMany)
}

// papersAreRead by whoever runs the training, which is in the log; what the
// center has is not replaced any more.
func (k *kit) papersAreRead(t *testing.T, tr Training, e Enrollment) {
	page := peoplePath(tr.ID) + "/kwalifikacja/" + string(e.ID)
	k.who = k.officer
	doc := k.page(page)
	href := doc.Find(`a[href*="/plik/"]`).AttrOr("href", "")
	if got := text(doc.Find(`a[href*="/plik/"]`)); !strings.HasPrefix(got, "Dyplom: dyplom.png") {
		t.Errorf("the officer sees %q", got)
	}
	if w := k.get(href); w.Code != http.StatusOK {
		t.Errorf("the officer opens it: %d", w.Code)
	}
	var read int
	k.ok(k.db.Get(t.Context(), &read, `select count(*) from audit_waiting where action = 'training.paper_read' and object_id = ?`, e.ID))
	if read != 1 {
		t.Errorf("%d looks in the log", read)
	}
	for name, who := range map[string]access.Actor{"the trainer": k.trainer, "a teacher": k.ewa, "an officer elsewhere": k.person("Inna", access.CenterOfficer, k.other)} {
		k.who = who
		if w := k.get(href); w.Code != http.StatusForbidden {
			t.Errorf("%s opens it: %d", name, w.Code)
		}
	}
	k.ok(k.ReceivePapers(t.Context(), k.officer, e.ID, []int{1}))
	k.who = k.stranger
	base := k.guestPath(e)
	if w := k.upload(base+"/zalaczniki?nr=1", "plik-1", "nowy.png", picture(t)); w.Code != http.StatusConflict {
		t.Errorf("replaced what the center has: %d", w.Code)
	}
	if k.page(base).Find(`#dokumenty-zgloszenia input[type=file]`).Length() != 1 {
		t.Error("there is a field for what the center has")
	}
}

// papersEnd with the application, or with the training.
func (k *kit) papersEnd(t *testing.T, tr Training, e, own Enrollment) {
	ctx := t.Context()
	k.ok(k.forgetPapers(ctx))
	if len(k.filesOf(e)) != 1 || len(k.filesOf(own)) != 1 {
		t.Fatal("papers went too early")
	}
	k.ok(k.Resign(ctx, Holder{Actor: k.ewa}, own.ID, ""))
	k.ok(k.forgetPapers(ctx))
	if len(k.filesOf(own)) != 0 || len(k.filesOf(e)) != 1 {
		t.Error("papers of who withdrew stay, or others went")
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set state = ? where id = ?`, Held, tr.ID)
		return err
	})
	k.ok(k.forgetPapers(ctx))
	var rows int
	k.ok(k.db.Get(ctx, &rows, `select count(*) from training_sent`))
	if len(k.filesOf(e)) != 0 || rows != 0 {
		t.Errorf("papers stay after the training, %d rows", rows)
	}
}

// What the page of an enrollment asks for: the code while a meeting runs, and
// words for the paper at the end.
func TestWhatThePageAsks(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	door := func(w http.ResponseWriter, _ *web.Request) error { w.WriteHeader(http.StatusOK); return nil }
	k.shell.Handle("GET "+EnrollPath+"/{id}/dokument", access.SignedIn, door)
	k.shell.Handle("GET "+EnrollPath+"/{id}/{key}/dokument", web.Public, door)
	tr := k.publish(t, nil)
	m := k.first(tr)
	guest, own := k.visitor(tr, Confirmed, nil), k.put(tr, k.ewa, Confirmed, nil)
	codes := func(path string) (href, next string) {
		doc := k.page(path)
		return doc.Find(`a.btn[href^="`+presencePath(m.ID)+`"]`).AttrOr("href", ""), doc.Find(`[data-promise="next"] a`).AttrOr("href", "")
	}
	if href, _ := codes(k.guestPath(guest)); href != "" {
		t.Error("a code three weeks before")
	}
	k.now = time.Unix(m.StartsAt, 0).Add(time.Minute)
	if href, next := codes(k.guestPath(guest)); href != PresenceLink(m.ID, guest.ID, k.Key(guest)) || next != href {
		t.Errorf("a guest: %q, next %q", href, next)
	}
	k.who = k.ewa
	mine := EnrollPath + "/" + string(own.ID)
	if href, next := codes(mine); href != PresenceLink(m.ID, own.ID, "") || next != href {
		t.Errorf("an account: %q, next %q", href, next)
	}
	_, err := k.TypeCode(t.Context(), Holder{Actor: k.ewa}, m.ID, own.ID, codeAt(k.Keys, m.ID, k.now))
	k.ok(err)
	if href, _ := codes(mine); href != "" {
		t.Error("who is marked is asked again")
	}
	k.now = time.Unix(m.EndsAt, 0).Add(48 * time.Hour)
	missing := true
	k.AskForPaper(func(context.Context, EnrollmentID) (bool, error) { return missing, nil })
	paper := func(state State) (href, next string) {
		k.putState(own, state)
		doc := k.page(mine)
		return doc.Find(`a.btn[href="`+mine+`/dokument"]`).AttrOr("href", ""), text(doc.Find(`[data-promise="next"] a`))
	}
	if href, _ := paper(Confirmed); href != "" {
		t.Error("a paper before completion")
	}
	if href, next := paper(Completed); href == "" || !strings.HasPrefix(next, "Podaj dane do zaświadczenia") {
		t.Errorf("data are not asked for: %q", next)
	}
	k.inAllLanguages(mine)
	missing = false
	if href, next := paper(Completed); href == "" || next != "" {
		t.Errorf("with the data: %q, %q", href, next)
	}
	if href, next := paper(Issued); href == "" || next != "Dokument jest gotowy" {
		t.Errorf("issued: %q, %q", href, next)
	}
}
