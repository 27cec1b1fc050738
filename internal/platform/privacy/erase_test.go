package privacy

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func TestEraseRefuses(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	e.note(t, anna, 1, e.now)
	_, err := e.Erase(t.Context(), local, anna, "wniosek 1")
	want(t, fault.Forbidden, err)
	_, err = e.Erase(t.Context(), officer, "anna", "wniosek 1")
	want(t, fault.NotFound, err)
	_, err = e.Erase(t.Context(), officer, anna, "")
	want(t, fault.Invalid, err)
	if n := e.left(t, `select count(*) from notes_words where words <> ''`); n != 1 || len(e.journal) != 0 {
		t.Error("a refused erasure erased")
	}
}

func TestErase(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 5, e.now)
		e.note(t, jan, 2, e.now)
		lines, err := e.EraseReport(t.Context(), anna)
		must(t, err)
		if len(lines) != 3 || lines[0].Items != 5 || !lines[0].Erased || lines[2].Holding.Table != "privacy_consents" || lines[2].Erased {
			t.Errorf("%+v", lines)
		}
		done, err := e.Erase(t.Context(), officer, anna, "wniosek 1")
		must(t, err)
		if !done.Done || done.Report["notes.words/notes_words"] != 5 {
			t.Errorf("%+v", done)
		}
		if n := e.left(t, `select count(*) from notes_words where person = ? and words <> ''`, anna); n != 0 {
			t.Errorf("%d notes stay", n)
		}
		if n := e.left(t, `select count(*) from notes_words where words <> ''`); n != 2 {
			t.Errorf("another's notes: %d", n)
		}
		if len(e.journal) != 1 || e.journal[0].Person != anna || e.journal[0].ID != done.ID {
			t.Errorf("%+v", e.journal)
		}
		all, err := e.Erasures(t.Context(), e.now)
		if err != nil || len(all) != 1 || !all[0].Done || all[0].Report["notes.words/notes_words"] != 5 {
			t.Errorf("%+v, %v", all, err)
		}
		if all, err := e.Erasures(t.Context(), e.now.AddDate(0, 0, 1)); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestEraseWaitsForTheJournal(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	e.note(t, anna, 1, e.now)
	e.deaf = true
	if _, err := e.Erase(t.Context(), officer, anna, "wniosek 1"); err == nil {
		t.Error("erased without a journal")
	}
	if n := e.left(t, `select count(*) from notes_words where words <> ''`); n != 1 {
		t.Error("erased before it was written down outside")
	}
	e.deaf = false
	must(t, e.Nightly(t.Context()))
	if n := e.left(t, `select count(*) from notes_words where words <> ''`); n != 0 || len(e.journal) != 1 {
		t.Errorf("the night did not go on: %d, %d", n, len(e.journal))
	}
}

func TestEraseGoesOnAfterAFault(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 1, e.now)
		_, err := e.Ask(t.Context(), asAnna, "", "erasure", "proszę usunąć")
		must(t, err)
		e.broken = true
		begun, err := e.Erase(t.Context(), officer, anna, "wniosek 1")
		if err == nil || begun.Done {
			t.Fatalf("%+v %v", begun, err)
		}
		if n := e.left(t, `select count(*) from privacy_requests where words <> ''`); n != 0 {
			t.Error("one broken holding stopped the others")
		}
		e.broken = false
		must(t, e.Nightly(t.Context()))
		all, err := e.Erasures(t.Context(), e.now)
		if err != nil || !all[0].Done || e.left(t, `select count(*) from notes_words where words <> ''`) != 0 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func TestEraseOnHold(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 1, e.now)
		must(t, e.Hold(t.Context(), officer, "notes.words", "kontrola"))
		lines, err := e.EraseReport(t.Context(), anna)
		must(t, err)
		if !lines[0].OnHold || lines[0].Erased {
			t.Errorf("%+v", lines[0])
		}
		begun, err := e.Erase(t.Context(), officer, anna, "wniosek 1")
		must(t, err)
		if begun.Done || len(e.journal[0].Held) != 1 || e.left(t, `select count(*) from notes_words where words <> ''`) != 1 {
			t.Errorf("%+v", begun)
		}
		must(t, e.Release(t.Context(), officer, "notes.words"))
		must(t, e.Nightly(t.Context()))
		if e.left(t, `select count(*) from notes_words where words <> ''`) != 0 {
			t.Error("released and not erased")
		}
	})
}

// A backup older than the erasure is restored: the person stands there again.
func TestReplay(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 3, e.now)
		list := []Erasure{{ID: newID(), Person: anna, At: e.now.Unix(), By: guard, Reason: "wniosek 1"}, {ID: "x", Person: "y"}}
		if err := e.ReplayErasures(t.Context(), list); err == nil {
			t.Error("what is no erasure passes in silence")
		}
		if e.left(t, `select count(*) from notes_words where words <> ''`) != 0 {
			t.Error("the person stands again")
		}
		// Once more, after the person's data came back another way.
		e.note(t, anna, 1, e.now)
		must(t, e.ReplayErasures(t.Context(), list[:1]))
		all, err := e.Erasures(t.Context(), e.now)
		if err != nil || len(all) != 1 || !all[0].Done || e.left(t, `select count(*) from notes_words where words <> ''`) != 0 {
			t.Errorf("%+v %v", all, err)
		}
		if len(e.journal) != 0 {
			t.Error("a replay was written into the journal again")
		}
	})
}

func TestCopy(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 2, e.now)
		e.note(t, jan, 3, e.now)
		var b bytes.Buffer
		must(t, e.Copy(t.Context(), asAnna, catalog(t).In(i18n.PL), anna, &b))
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		must(t, err)
		files := map[string]string{}
		for _, f := range z.File {
			r, err := f.Open()
			must(t, err)
			text, err := io.ReadAll(r)
			must(t, err)
			files[f.Name] = string(text)
		}
		var c copyFile
		must(t, json.Unmarshal([]byte(files[machineFile]), &c))
		if c.Format != copyFormat || c.Person != anna || c.Purposes[0].Key != "notes.words" || len(c.Purposes[0].Holdings[0].Items) != 2 ||
			c.Purposes[0].Holdings[0].Items[0].Fields["words"] != "sekret <b>" {
			t.Errorf("%s", files[machineFile])
		}
		if people := files[peopleFile]; strings.Count(people, "sekret &lt;b&gt;") != 2 || strings.Contains(people, "⟦") || strings.Contains(people, "sekret <b>") {
			t.Error(people)
		}
		if n := e.left(t, `select count(*) from audit_waiting where action = 'privacy.copy' and subject = ?`, anna); n != 1 {
			t.Errorf("%d lines in the log", n)
		}
	})
}
