package portfolio

import (
	"archive/zip"
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
	"kladka/internal/training"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "training/portfolio", Files: Migrations})

// issued are papers of one person; others have none.
type issued struct {
	person string
	list   []Paper
}

func (x *issued) OfPerson(_ context.Context, person string) ([]Paper, error) {
	if person != x.person {
		return nil, nil
	}
	return x.list, nil
}

func (x *issued) Copy(_ context.Context, person, paper string) (io.ReadCloser, error) {
	if person != x.person {
		return nil, fault.ErrNotFound
	}
	return io.NopCloser(strings.NewReader("signed " + paper)), nil
}

type nets struct{ person string }

func (x nets) HoursOf(_ context.Context, person string) ([]Hours, error) {
	if person != x.person {
		return nil, nil
	}
	return []Hours{{ID: string(center.TestID(70)), Title: "Sieć matematyczna", Year: 2025, Day: "2026-05-20", Hours: 6}}, nil
}

// house is the package over the kit.
type house struct {
	*Service
	k      *center.Kit
	papers *issued
	told   []notify.Message
}

func open(t *testing.T, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{Messages}, Files: Uses()})
	h := &house{k: k, papers: &issued{person: string(k.Ewa.Person)}}
	h.Service = New(Config{DB: d, Now: func() time.Time { return k.Clock }, Log: slog.New(slog.DiscardHandler), Keys: k.Keys, People: k.Access, Directory: k.Places,
		Files: k.Files, EmailKey: k.EmailKey, Papers: h.papers, Networks: nets{string(k.Ewa.Person)}, Texts: k.Catalog.In(i18n.PL),
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !k.Catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			h.told = append(h.told, m)
			return nil
		}})
	h.Routes(k.Shell)
	return h
}

var words = Words{Title: "Ocenianie  kształtujące", Issuer: "Ośrodek Łódzki", Form: "course", Hours: 15, DoneOn: "2026-10-03"}

func picture(t testing.TB) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (h *house) scan(t testing.TB, who access.Actor) files.ID {
	t.Helper()
	f, err := h.Files.Store(t.Context(), who.By(), use, "skan.png", bytes.NewReader(picture(t)))
	h.k.OK(err)
	return f.ID
}

// added is an entry of somebody with a scan.
func (h *house) added(t testing.TB, who access.Actor) Entry {
	t.Helper()
	id, err := h.Add(t.Context(), who, words, h.scan(t, who))
	h.k.OK(err)
	return h.entry(t, who, id)
}

func (h *house) entry(t testing.TB, who access.Actor, id string) Entry {
	t.Helper()
	e, err := h.Entry(t.Context(), who, id)
	h.k.OK(err)
	return e
}

func (h *house) asked(t testing.TB, who access.Actor, at access.InstitutionID) Entry {
	t.Helper()
	e := h.added(t, who)
	h.k.OK(h.Ask(t.Context(), who, e.ID, e.Revision, at))
	return h.entry(t, who, e.ID)
}

func TestRefusals(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		k, ctx := h.k, t.Context()
		shared, proxy := k.Ewa, k.Ewa
		shared.Shared, proxy.For = true, k.Head.Person
		for name, x := range map[string]struct {
			who  access.Actor
			kind fault.Kind
		}{"a stranger": {access.Stranger(), fault.SignedOut}, "at a shared computer": {shared, fault.Forbidden}, "for another": {proxy, fault.Forbidden}} {
			_, err := h.Folder(ctx, x.who)
			center.Refuses(t, name+" reads", err, x.kind)
			_, err = h.Add(ctx, x.who, words, "")
			center.Refuses(t, name+" adds", err, x.kind)
		}
		e := h.added(t, k.Ewa)
		for name, who := range map[string]access.Actor{"another teacher": k.Jan, "the head": k.Head, "the director of a center": k.Director} {
			_, err := h.Entry(ctx, who, e.ID)
			center.Refuses(t, name+" reads", err, fault.NotFound)
			center.Refuses(t, name+" changes", h.Change(ctx, who, e.ID, Change{Words: words, Revision: 1}), fault.NotFound)
			center.Refuses(t, name+" removes", h.Remove(ctx, who, e.ID, 1), fault.NotFound)
			center.Refuses(t, name+" asks", h.Ask(ctx, who, e.ID, 1, k.School), fault.NotFound)
			center.Refuses(t, name+" writes a note", h.SetNote(ctx, who, keyOf(External, e.ID), "x", 0), fault.NotFound)
			_, err = h.Printout(ctx, who, []string{keyOf(External, e.ID)})
			center.Refuses(t, name+" prints", err, fault.NotFound)
		}
		_, err := h.Add(ctx, k.Jan, words, files.ID(e.Scan))
		center.Refuses(t, "somebody else's scan", err, fault.NotFound)
		center.Refuses(t, "not asked yet", h.Decide(ctx, k.Head, e.ID, e.Revision, true, ""), fault.NotFound)
		center.Refuses(t, "another school is asked", h.Ask(ctx, k.Ewa, e.ID, e.Revision, k.Other), fault.Invalid)
		k.OK(h.Ask(ctx, k.Ewa, e.ID, e.Revision, k.School))
		e = h.entry(t, k.Ewa, e.ID)
		secretary := k.Person("Sabina Sekretarz", access.SchoolSecretary, k.School)
		for name, who := range map[string]access.Actor{"a secretary": secretary, "a deputy": k.Deputy, "a teacher": k.Jan} {
			center.Refuses(t, name+" confirms", h.Decide(ctx, who, e.ID, e.Revision, true, ""), fault.Forbidden)
			_, _, err := h.Waiting(ctx, who, web.Cursor{}, 10)
			center.Refuses(t, name+" sees what waits", err, fault.Forbidden)
		}
		center.Refuses(t, "another school's head confirms", h.Decide(ctx, k.OtherHead, e.ID, e.Revision, true, ""), fault.NotFound)
		if list, _, err := h.Waiting(ctx, k.OtherHead, web.Cursor{}, 10); err != nil || len(list) != 0 {
			t.Errorf("another school's head sees %d, %v", len(list), err)
		}
		center.Refuses(t, "a no without a reason", h.Decide(ctx, k.Head, e.ID, e.Revision, false, " "), fault.Invalid)
		ownPaper(t, h)
	})
}

// ownPaper: a head has a portfolio as well, and confirms nothing in it.
func ownPaper(t *testing.T, h *house) {
	k, ctx := h.k, t.Context()
	e := h.added(t, k.Head)
	center.Refuses(t, "a lone head asks", h.Ask(ctx, k.Head, e.ID, e.Revision, k.School), fault.Invalid)
	second := k.Person("Druga Szefowa", access.SchoolHead, k.School)
	k.OK(h.Ask(ctx, k.Head, e.ID, e.Revision, k.School))
	e = h.entry(t, k.Head, e.ID)
	center.Refuses(t, "a head confirms her own paper", h.Decide(ctx, k.Head, e.ID, e.Revision, true, ""), fault.Forbidden)
	k.OK(h.Decide(ctx, second, e.ID, e.Revision, true, ""))
}

func TestConfirmation(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		k, ctx := h.k, t.Context()
		first, second := h.asked(t, k.Ewa, k.School), h.asked(t, k.Jan, k.School)
		center.Refuses(t, "asked twice", h.Ask(ctx, k.Ewa, first.ID, first.Revision, k.School), fault.Conflict)
		page, more, err := h.Waiting(ctx, k.Head, web.Cursor{}, 1)
		if k.OK(err); len(page) != 1 || page[0].ID != first.ID || !more {
			t.Fatalf("first page %+v", page)
		}
		page, more, err = h.Waiting(ctx, k.Head, web.Cursor{ID: page[0].Ask}, 1)
		if k.OK(err); len(page) != 1 || page[0].ID != second.ID || more {
			t.Fatalf("second page %+v", page)
		}
		if page, _, err = h.Waiting(ctx, k.Head, web.Cursor{ID: page[0].Ask, Back: true}, 1); err != nil || page[0].ID != first.ID {
			t.Errorf("back: %+v %v", page, err)
		}
		// The owner corrects the entry while the head looks at it.
		changed := words
		changed.Hours = 20
		k.OK(h.Change(ctx, k.Ewa, first.ID, Change{Words: changed, Revision: first.Revision}))
		center.Refuses(t, "what was on the screen is old", h.Decide(ctx, k.Head, first.ID, first.Revision, true, ""), fault.Conflict)
		first = h.entry(t, k.Ewa, first.ID)
		k.OK(h.Decide(ctx, k.Head, first.ID, first.Revision, true, ""))
		k.OK(h.Decide(ctx, k.Head, second.ID, second.Revision, false, "Okazano inną stronę."))
		first, second = h.entry(t, k.Ewa, first.ID), h.entry(t, k.Jan, second.ID)
		if first.State != Confirmed || first.Place != "Szkoła Podstawowa nr 1" || first.DecidedBy != string(k.Head.Person) || first.DecidedAt != k.Clock.Unix() {
			t.Errorf("confirmed %+v", first)
		}
		if second.State != Refused || second.Reason == "" || len(h.told) != 2 || h.told[0].Key != "portfolio.tell.confirmed" || h.told[1].To != string(k.Jan.Person) {
			t.Errorf("refused %+v, told %+v", second, h.told)
		}
		center.Refuses(t, "decided twice", h.Decide(ctx, k.Head, first.ID, first.Revision, false, "x"), fault.NotFound)
		// Saving the same words changes nothing; others drop the confirmation.
		k.OK(h.Change(ctx, k.Ewa, first.ID, Change{Words: changed, Revision: first.Revision}))
		if e := h.entry(t, k.Ewa, first.ID); e.State != Confirmed {
			t.Error("saving the same words dropped the confirmation")
		}
		k.OK(h.Change(ctx, k.Ewa, first.ID, Change{Words: changed, Revision: first.Revision, Drop: true}))
		if e := h.entry(t, k.Ewa, first.ID); e.State != Typed || e.Place != "" || e.DecidedBy != "" || e.Scan != "" {
			t.Errorf("a changed entry keeps its confirmation: %+v", e)
		}
		if list, err := h.Files.Of(ctx, d, ownerOf(first.ID)); err != nil || len(list) != 0 {
			t.Errorf("the scan stays: %v %v", list, err)
		}
		group(t, h)
		withdrawn := h.asked(t, k.Ewa, k.School)
		k.OK(h.Withdraw(ctx, k.Ewa, withdrawn.ID, withdrawn.Revision))
		if n, err := h.waitingFor(ctx, k.Head); err != nil || n != 0 {
			t.Errorf("%d wait, %v", n, err)
		}
	})
}

// group: the head of a group confirms what people of its units ask.
func group(t *testing.T, h *house) {
	k, unit := h.k, center.TestID(9)
	k.Write(func(ctx context.Context, tx *db.Tx) error {
		err := k.Places.Save(ctx, tx, []directory.Institution{{ID: unit, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Szkoła w zespole",
			Municipality: "120611", RegisterParent: &k.Other}})
		if err != nil {
			return err
		}
		return k.Places.Regroup(ctx, tx)
	})
	e := h.asked(t, k.Person("Ula Żak", access.Teacher, unit), unit)
	head, err := k.Access.Actor(t.Context(), k.OtherHead.Person)
	k.OK(err)
	head.Roles, head.Locked = k.OtherHead.Roles, nil
	if list, _, err := h.Waiting(t.Context(), head, web.Cursor{}, 10); err != nil || len(list) != 1 {
		t.Fatalf("the head of the group sees %d, %v", len(list), err)
	}
	k.OK(h.Decide(t.Context(), head, e.ID, e.Revision, true, ""))
}

// filled is a portfolio with one item of each kind, and what must not be in it.
func (h *house) filled(t testing.TB) {
	t.Helper()
	k := h.k
	tr := k.Publish(t, func(tr *training.Training) { tr.State = training.Closed })
	mine := k.Put(tr, k.Ewa, training.Issued, func(e *training.Enrollment) { e.Hours = 8 })
	k.Put(tr, k.Jan, training.Completed, func(e *training.Enrollment) { e.Hours = 7 })
	other := k.Publish(t, func(tr *training.Training) {
		tr.State, tr.Title, tr.SchoolYear = training.Closed, "Praca głosem", 2025
	})
	k.Put(other, k.Ewa, training.Absent, func(e *training.Enrollment) { e.Hours = 1 })
	guest := k.Put(other, access.Stranger(), training.Completed, func(e *training.Enrollment) { e.Name, e.Email, e.Hours = "Ewa Łoś", k.Email(k.Ewa), 5 })
	k.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_enrollments set email_key = ? where id = ?`, k.EmailKey(k.Email(k.Ewa)), guest.ID)
		return err
	})
	h.papers.list = []Paper{
		{ID: "01930000-0000-7000-8000-000000000081", Enrollment: mine.ID, Kind: training.Certificate, Number: "17/KR/2026", Title: tr.Title, Hours: 8, Signed: true, Path: "/x"},
		{ID: "01930000-0000-7000-8000-000000000082", Kind: training.Certificate, Number: "3/2019", Title: "Tablica", Issuer: "WOM", Form: training.Course, Hours: 40, EndsOn: "2020-03-01"},
		{ID: "01930000-0000-7000-8000-000000000083", Kind: training.Certificate, Number: "4/2019", Title: "Unieważnione", Hours: 99, EndsOn: "2020-03-01", Voided: true},
	}
	h.added(t, k.Ewa)
}

func TestFolder(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		k, ctx := h.k, t.Context()
		h.filled(t)
		f, err := h.Folder(ctx, k.Ewa)
		k.OK(err)
		all, years := SumsOf(f.Items)
		if all.Here != 53 || all.Networks != 6 || all.Elsewhere != 15 || all.Total() != 74 || all.Items != 5 {
			t.Errorf("sums %+v", all)
		}
		if len(years) != 3 || years[0].Year != 2026 || years[0].Total() != 23 || years[1].Year != 2025 || years[1].Total() != 11 || years[2].Year != 2019 {
			t.Errorf("years %+v", years)
		}
		notes(t, h, f)
		erased(t, h)
	})
}

func notes(t *testing.T, h *house, f Folder) {
	k, ctx := h.k, t.Context()
	key := f.Items[0].Key
	k.OK(h.SetNote(ctx, k.Ewa, key, "Karty pracy w 4b", 0))
	center.Refuses(t, "written over", h.SetNote(ctx, k.Ewa, key, "inna", 0), fault.Conflict)
	_, n, err := h.NoteOf(ctx, k.Ewa, key)
	if k.OK(err); n.Text != "Karty pracy w 4b" || strings.Contains(n.Sealed, "Karty") {
		t.Errorf("note %+v", n)
	}
	_, _, err = h.NoteOf(ctx, k.Jan, key)
	center.Refuses(t, "another reads a note", err, fault.NotFound)
	if _, err := h.open(string(k.Jan.Person), n); err == nil {
		t.Error("a note opens for another person")
	}
	items, err := h.exportNotes(ctx, string(k.Ewa.Person))
	if k.OK(err); len(items) != 1 || items[0].Fields[0].Value != n.Text {
		t.Errorf("download %+v", items)
	}
	k.OK(h.SetNote(ctx, k.Ewa, key, "", n.Revision))
	if there, err := h.noted(ctx, string(k.Ewa.Person)); err != nil || len(there) != 0 {
		t.Errorf("notes %v %v", there, err)
	}
}

func erased(t *testing.T, h *house) {
	k, ctx := h.k, t.Context()
	e := h.asked(t, k.Ewa, k.School)
	k.OK(h.Decide(ctx, k.Head, e.ID, e.Revision, true, "Widziałam."))
	theirs := h.added(t, k.Jan)
	k.OK(h.SetNote(ctx, k.Ewa, keyOf(External, e.ID), "prywatne", 0))
	f, err := h.Folder(ctx, k.Ewa)
	k.OK(err)
	k.OK(h.SetNote(ctx, k.Ewa, f.Items[len(f.Items)-1].Key, "o szkoleniu", 0))
	privacy.NewRegistry().Declare(h.Purposes()...) // panics at what is missing
	for _, x := range h.Purposes()[0].Holds {
		if !k.Catalog.Has(x.Title) {
			t.Errorf("%s has no title", x.Table)
		}
		items, err := x.Export(ctx, string(k.Ewa.Person))
		if k.OK(err); len(items) == 0 {
			t.Errorf("%s is not in the download", x.Table)
		}
		k.Write(func(ctx context.Context, tx *db.Tx) error {
			_, err := x.Erase(ctx, tx, string(k.Ewa.Person))
			return err
		})
		if items, err := x.Export(ctx, string(k.Ewa.Person)); err != nil || len(items) != 0 {
			t.Errorf("%s after erasure: %v %v", x.Table, items, err)
		}
	}
	if list, err := h.Files.Of(ctx, h.db, ownerOf(e.ID)); err != nil || len(list) != 0 {
		t.Errorf("scans stay: %v %v", list, err)
	}
	if there, err := h.noted(ctx, string(k.Ewa.Person)); err != nil || len(there) != 0 {
		t.Errorf("notes stay: %v %v", there, err)
	}
	h.entry(t, k.Jan, theirs.ID)
}

func TestWords(t *testing.T) {
	const today = "2026-11-23"
	if faults := words.check(today); len(faults) != 0 {
		t.Errorf("good words: %v", faults)
	}
	for field, change := range map[string]func(*Words){
		"tytul": func(w *Words) { w.Title = "" }, "organizator": func(w *Words) { w.Issuer = strings.Repeat("ż", longestIssuer+1) },
		"forma": func(w *Words) { w.Form = "none" }, "godziny": func(w *Words) { w.Hours = 0 }, "dzien": func(w *Words) { w.DoneOn = "2026-11-24" },
	} {
		w := words
		change(&w)
		if faults := w.check(today); len(faults) != 1 || faults[0].Name != field {
			t.Errorf("%s: %v", field, faults)
		}
	}
	for day, year := range map[string]int{"2026-08-31": 2025, "2026-09-01": 2026, "2026-02-30": 0, "": 0} {
		if got := yearOf(day); got != year {
			t.Errorf("%s: %d", day, got)
		}
	}
	if got := fileName(7, "Żółw i/../jaźń", ".png"); got != "zalaczniki/007-zolw-i-jazn.png" {
		t.Error(got)
	}
}

func TestPrint(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k, ctx := h.k, t.Context()
	h.filled(t)
	e := h.asked(t, k.Ewa, k.School)
	k.OK(h.Decide(ctx, k.Head, e.ID, e.Revision, true, ""))
	_, err := h.Printout(ctx, k.Ewa, nil)
	center.Refuses(t, "nothing ticked", err, fault.Invalid)
	f, err := h.Folder(ctx, k.Ewa)
	k.OK(err)
	var keys []string
	for _, i := range f.Of(2026, 2019) {
		keys = append(keys, i.Key)
	}
	p, err := h.Printout(ctx, k.Ewa, keys)
	k.OK(err)
	var out bytes.Buffer
	k.OK(h.Archive(ctx, &out, p))
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	k.OK(err)
	got := map[string][]byte{}
	for _, part := range z.File {
		r, err := part.Open()
		k.OK(err)
		if got[part.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 4 || string(got["zalaczniki/003-matematyka-w-ruchu.pdf"]) != "signed 01930000-0000-7000-8000-000000000081" || len(got["zalaczniki/001-ocenianie-ksztaltujace.png"]) == 0 {
		t.Errorf("%d parts", len(got))
		for name := range got {
			t.Log(name)
		}
	}
	printed(t, got["zestawienie.pdf"])
	if f := os.Getenv("OUTPDF"); f != "" {
		os.WriteFile(f, got["zestawienie.pdf"], 0o600)
	}
}

func printed(t *testing.T, list []byte) {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		testkit.Missing(t, "pdftotext")
	}
	cmd := exec.CommandContext(t.Context(), program, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(list)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{"Zestawienie doskonalenia zawodowego", "Ewa Łoś", "Rok szkolny 2019/2020", "Rok szkolny 2026/2027", "17/KR/2026", "Za zgodność z oryginałem", "Razem: 78 godzin",
		"Hanna", "Strona 1 z", "Pieczęć i podpis"} {
		if !strings.Contains(text, want) {
			t.Errorf("the print lacks %q: %s", want, text)
		}
	}
	for _, never := range []string{"Sieć matematyczna", "Praca głosem", "⟦"} {
		if strings.Contains(text, never) {
			t.Errorf("the print holds %q", never)
		}
	}
}
