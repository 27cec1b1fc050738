package takeover

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"kladka/internal/access"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/schema"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
	"kladka/internal/training/papers"
)

func modules() []schema.Module {
	return append(slices.Clone(center.Modules), schema.Module{Name: "importing", Files: importing.Migrations},
		schema.Module{Name: "training/papers", Files: papers.Migrations}, schema.Module{Name: "training/takeover", Files: Migrations})
}

// house is the kit with this package in it.
type house struct {
	*center.Kit
	s *Service
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: texts()})
	now := func() time.Time { return k.Clock }
	imports := importing.New(importing.Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler)})
	register := papers.New(papers.Config{DB: d, Now: now, Keys: k.Keys, Catalog: k.Catalog, Directory: k.Places, Files: k.Files, Bus: k.Bus, Trainings: nil})
	s := New(Config{DB: d, Now: now, Keys: k.Keys, Catalog: k.Catalog, Trainings: k.Service, Directory: k.Places, Papers: register, Imports: imports})
	s.Routes(k.Shell)
	return &house{k, s}
}

// read makes the difference of a sheet of testdata.
func (h *house) read(kind, file string) importing.Batch {
	h.T.Helper()
	data, err := os.ReadFile("testdata/" + file)
	h.OK(err)
	return h.bytes(kind, data)
}

func (h *house) bytes(kind string, data []byte) importing.Batch {
	h.T.Helper()
	b, err := h.s.Preview(h.T.Context(), h.Officer, kind, h.At, "plik.csv", bytes.NewReader(data))
	h.OK(err)
	return b
}

func (h *house) apply(b importing.Batch) importing.Batch {
	h.T.Helper()
	b, err := h.s.Imports.ApplyNow(h.T.Context(), Importer(h.Officer), b.ID, importing.Everything, true)
	h.OK(err)
	return b
}

func (h *house) undo(b importing.Batch) importing.Batch {
	h.T.Helper()
	b, err := h.s.Imports.UndoNow(h.T.Context(), Importer(h.Officer), b.ID)
	h.OK(err)
	return b
}

// problems are the findings of a batch: row and last part of the key.
func (h *house) problems(b importing.Batch) string {
	h.T.Helper()
	var all []string
	h.OK(h.s.Imports.EachProblem(h.T.Context(), Importer(h.Officer), b.ID, func(p importing.Problem) error {
		if !h.Catalog.Has(p.Key) {
			h.T.Errorf("no text %s", p.Key)
		}
		all = append(all, strings.TrimPrefix(p.Key, "takeover.problem.")+":"+number(p.Row))
		return nil
	}))
	return strings.Join(all, " ")
}

func number(n int) string { return strings.TrimLeft(time.Unix(int64(n), 0).UTC().Format("0405"), "0") }

// whys are the reasons of lines that were held or kept.
func (h *house) whys(b importing.Batch) (all []string) {
	h.T.Helper()
	h.OK(h.s.Imports.EachLine(h.T.Context(), Importer(h.Officer), b.ID, func(l importing.Line) error {
		if l.Why != "" {
			all = append(all, l.Key+" "+l.Why)
		}
		return nil
	}))
	return all
}

func (h *house) n(query string, args ...any) (n int) {
	h.T.Helper()
	h.OK(h.DB.Get(h.T.Context(), &n, query, args...))
	return n
}

func (h *house) want(what string, got, want int) {
	h.T.Helper()
	if got != want {
		h.T.Errorf("%s: %d, want %d", what, got, want)
	}
}

func (h *house) says(what, got, want string) {
	h.T.Helper()
	if got != want {
		h.T.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func (h *house) exec(query string, args ...any) {
	h.T.Helper()
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// TestTakeover takes all three over, reads them again, and takes them back.
func TestTakeover(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.exec(`insert into training_paper_series (code, center, kind, since, current) values ('OBCY', ?, 'certificate', 0, ?)`, h.Other, true)
		h.exec(`insert into training_paper_series (code, center, kind, since, current) values ('WZ', ?, 'certificate', 0, ?)`, h.At, true)
		refusals(h)
		farNumbers(h)
		trainings, people, register := h.takeAll()
		h.repeated()
		h.pages(people)
		h.takenBack(trainings, people, register)
	})
}

func refusals(h *house) {
	ctx, sheet := h.T.Context(), "Tytuł;Data;Godziny\nA;2023-01-01;8\n"
	for name, c := range map[string]struct {
		who  access.Actor
		kind string
		at   access.InstitutionID
		text string
		want fault.Kind
	}{
		"a stranger":          {h.Stranger, Trainings, h.At, sheet, fault.SignedOut},
		"a teacher":           {h.Ewa, Trainings, h.At, sheet, fault.Forbidden},
		"a trainer":           {h.Trainer, Trainings, h.At, sheet, fault.Forbidden},
		"another institution": {h.Officer, Trainings, h.School, sheet, fault.Forbidden},
		"no center":           {h.Officer, Trainings, "", sheet, fault.NotFound},
		"another kind":        {h.Officer, "people", h.At, sheet, fault.NotFound},
		"no columns":          {h.Officer, Trainings, h.At, "Imię;Nazwisko\nA;B\n", fault.Invalid},
		"no sheet":            {h.Officer, Certificates, h.At, "%PDF-1.4", fault.Invalid},
		"nothing":             {h.Officer, Participants, h.At, "", fault.Invalid},
		"a column twice":      {h.Officer, Trainings, h.At, "Tytuł;Tytuł;Data;Godziny\nA;B;2023-01-01;8\n", fault.Invalid},
	} {
		_, err := h.s.Preview(ctx, c.who, c.kind, c.at, "x.csv", strings.NewReader(c.text))
		center.Refuses(h.T, name, err, c.want)
	}
	h.want("batches of refused sheets", h.n(`select count(*) from importing_batches`), 0)
}

// farNumbers jump: whoever takes them over ticks that off, and taking them back
// brings the series back.
func farNumbers(h *house) {
	const head = "Numer;Imię i nazwisko;Tytuł;Data wydania;Godziny\n"
	row := func(number string) string { return number + ";Anna Daleka;Skok;2024-03-07;8\n" }
	near := h.bytes(Certificates, []byte(head+row("1000/WZ/2024")+row("2000/WZ/2024")))
	h.says("no jump", h.problems(near), "")
	h.want("nothing to tick off", near.GuardN, 0)
	b := h.bytes(Certificates, []byte(head+row("50000/WZ/2024")+row("5/WZ/2024")+row("50001/WZ/2024")+row("1006/WZ/2024")))
	h.says("jumps", h.problems(b), "jump:5 jump:2")
	h.want("to tick off", b.GuardN, 2)
	_, err := h.s.Imports.ApplyNow(h.T.Context(), Importer(h.Officer), b.ID, importing.Everything, false)
	center.Refuses(h.T, "jumps and nobody said so", err, fault.Invalid)
	b = h.apply(b)
	h.nextNumber("training.certificate/WZ/2024", 50002)
	after := h.bytes(Certificates, []byte(head+row("50900/WZ/2024")))
	h.says("above what is there by now", h.problems(after), "")
	h.undo(b)
	h.nextNumber("training.certificate/WZ/2024", 1)
	h.want("papers left of the jumps", h.n(`select count(*) from training_papers`), 0)
}

func (h *house) takeAll() (trainings, people, register importing.Batch) {
	trainings = h.read(Trainings, "szkolenia.csv")
	h.says("trainings", h.problems(trainings), "column: day:5 form:6 hours:6 not_over:7 twice:8")
	h.want("new trainings", trainings.New, 3)
	_, err := h.s.Imports.ApplyNow(h.T.Context(), Importer(h.Officer), trainings.ID, importing.Everything, false)
	center.Refuses(h.T, "rows left out and nobody said so", err, fault.Invalid)
	trainings = h.apply(trainings)
	h.want("taken trainings", trainings.TakenIn, 3)
	h.want("closed", h.n(`select count(*) from training_trainings where state = 'closed' and center = ?`, h.At), 3)

	people = h.read(Participants, "uczestnicy.csv")
	h.says("people", h.problems(people), "training:9 email:10 yes:10 name:11 rspo:12 shared_address:7 shared_address:8")
	people = h.apply(people)
	h.want("taken people", people.TakenIn, 6)
	h.want("completed", h.n(`select count(*) from training_enrollments where state = 'completed' and how = 'import' and not seated`), 5)
	h.want("at the school", h.n(`select count(*) from training_enrollments where institution = ? and by_seat = '126101'`, h.School), 4)

	register = h.read(Certificates, "dokumenty.csv")
	h.says("papers", h.problems(register), "year:9 far:10 kind:11 series:12 number_clash:5 number_clash:6")
	register = h.apply(register)
	h.want("taken papers", register.TakenIn, 4)
	h.want("marked as imported", h.n(`select count(*) from training_papers where imported and center = ?`, h.At), 4)
	h.want("issued", h.n(`select count(*) from training_enrollments where state = 'certificate_issued'`), 1)
	h.nextNumber("training.certificate/WZ/2023", 18)
	return trainings, people, register
}

func (h *house) nextNumber(series string, want int64) {
	h.T.Helper()
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		if n, err := counter.Current(ctx, tx, series); err != nil || n != want-1 {
			h.T.Errorf("last number of %s: %d (%v), want %d", series, n, err, want-1)
		}
		return nil
	})
}

// repeated reads the same sheets again: nothing is left to do, and a paper of the
// same number for somebody else is refused.
func (h *house) repeated() {
	for kind, file := range map[string]string{Trainings: "szkolenia.csv", Participants: "uczestnicy.csv", Certificates: "dokumenty.csv"} {
		b := h.read(kind, file)
		h.want(file+" again", b.Changes(), 0)
	}
	b := h.bytes(Certificates, []byte("Numer;Imię i nazwisko;Tytuł;Data wydania;Godziny\n17/wz/2023;Zła Osoba;Matematyka w ruchu;2023-03-07;8\n17/WZ/2023;Anna Przykładna;Inny;2023-03-07;8\n"))
	h.says("a number that is there", h.problems(b), "number_clash:2 number_clash:3")
	b = h.bytes(Certificates, []byte("Numer;Imię i nazwisko;Tytuł;Data wydania;Godziny\n17/wz/2023;Zła Osoba;Matematyka w ruchu;2023-03-07;8\n"))
	h.says("a number that is another's", h.problems(b), "number_taken:2")
	b = h.bytes(Certificates, []byte("Numer;Imię i nazwisko;Tytuł;Data wydania;Godziny\n17/WZ/2023;Anna Przykładna;Inny;2023-03-07;8\n"))
	h.says("a paper with other words", h.problems(b), "paper_differs:2")

	win, err := charmap.Windows1250.NewEncoder().Bytes([]byte("Kod;Tytuł;Data;Godziny\r\nW-18/2023;Ocenianie kształtujące – żółw;05.03.2023;12\r\n"))
	h.OK(err)
	b = h.bytes(Trainings, win)
	h.want("changed", b.Changed, 1)
	b = h.apply(b)
	h.want("a changed title", h.n(`select count(*) from training_trainings where title = 'Ocenianie kształtujące – żółw' and hours = 12`), 1)
	h.want("trainers without a column", h.n(`select count(*) from training_trainers where name in ('Jan Wzorcowy', 'Ewa Próbna')`), 2)
	b = h.undo(b)
	h.want("the former title", h.n(`select count(*) from training_trainings where title = 'Ocenianie kształtujące' and hours = 10`), 1)
	h.want("undone", b.TakenBack, 1)
}

// takenBack undoes in the order in which nothing hangs on anything, after trying
// another one.
func (h *house) takenBack(trainings, people, register importing.Batch) {
	h.exec(`update training_papers set revision = revision + 1 where number = 'CDN.4011.3.2019'`)
	register = h.undo(register)
	h.nextNumber("training.certificate/WZ/2023", 1)
	h.says("a paper that was touched", strings.Join(h.whys(register), ", "), "CDN.4011.3.2019 "+importing.KeptEdited)
	h.want("papers left", h.n(`select count(*) from training_papers`), 1)
	h.want("issued", h.n(`select count(*) from training_enrollments where state = 'certificate_issued'`), 0)
	h.exec(`update training_enrollments set hours = 1 where name = 'Celina Wspólna'`)
	people = h.undo(people)
	h.want("people kept", people.Kept, 1)
	h.want("people left", h.n(`select count(*) from training_enrollments`), 1)
	trainings = h.undo(trainings)
	h.want("trainings kept", trainings.Kept, 1)
	h.says("a training with somebody in it", strings.Join(h.whys(trainings), ", "), "W-18/2023 "+importing.KeptUsed)
	h.want("trainings left", h.n(`select count(*) from training_trainings`), 1)
	h.want("rows of the old system left", h.n(`select count(*) from training_taken where kind = 'training'`), 2) // by code, and by day
}
