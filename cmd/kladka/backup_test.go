package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/backup"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/secrets"
	"kladka/internal/testkit"
)

// both runs the program and returns what it printed on both streams.
func both(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, &out)
	return out.String(), err
}

// installation is a data folder with the real register of the sample in it.
func installation(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	must(t, "import", "rspo", sample, "--apply", "--data", dir)
	return dir
}

// sumsOf are the checksums of all tables of a backup but the counters.
func sumsOf(t *testing.T, file string, keys ...age.Identity) map[string]backup.TableSum {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, m, err := backup.Verify(t.Context(), f, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]backup.TableSum{}
	for _, s := range m.Tables {
		if s.Name != "versions" {
			out[s.Name] = s
		}
	}
	return out
}

// TestRestoreDrill is what an operator should do now and then: back up, restore
// elsewhere, compare. All tables go to another database and back to SQLite.
func TestRestoreDrill(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { drill(t, "--data", filepath.Join(t.TempDir(), "middle")) })
	t.Run("postgres", func(t *testing.T) {
		// The program was started there once: that is an empty place.
		drill(t, "--database", testkit.PostgresAddress(t, app.Modules(), ""), "--data", filepath.Join(t.TempDir(), "middle"))
	})
}

func drill(t *testing.T, middle ...string) {
	dir, away := installation(t), t.TempDir()
	files := make([]string, 3)
	for i := range files {
		files[i] = filepath.Join(away, fmt.Sprint(i, ".kladka"))
	}
	out, err := both(t, "backup", files[0], "--data", dir)
	if err != nil || !strings.Contains(out, "not encrypted") {
		t.Fatal(out, err)
	}
	want := sumsOf(t, files[0])
	if want["directory_institutions"].Rows < 6 || len(want) < 10 {
		t.Fatalf("%v", want)
	}
	for _, skipped := range notInBackups {
		if _, there := want[skipped]; there {
			t.Errorf("%s is in the backup", skipped)
		}
	}
	back := filepath.Join(away, "back")
	must(t, append([]string{"restore", files[0]}, middle...)...)
	must(t, append([]string{"backup", files[1]}, middle...)...)
	must(t, "restore", files[1], "--data", back)
	must(t, "backup", files[2], "--data", back)
	for _, f := range files[1:] {
		if diff := cmp.Diff(want, sumsOf(t, f)); diff != "" {
			t.Error(diff)
		}
	}
	if out := must(t, "migrate", "--data", back); !strings.HasPrefix(out, "0 ") {
		t.Errorf("the shape is not that of this program: %s", out)
	}
	// The register again changes nothing: the rows mean what they meant.
	if out := must(t, "import", "rspo", sample, "--json", "--data", back); !strings.Contains(out, `"new":0`) || !strings.Contains(out, `"changed":0`) {
		t.Error(out)
	}
	if _, err := both(t, append([]string{"restore", files[0]}, middle...)...); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("over data: %v", err)
	}
}

// A backup in the middle of an import holds whole pieces of it, each with the
// word that it is done, and what is restored goes on where the backup stopped.
func TestBackupDuringImport(t *testing.T) {
	dir, away := filepath.Join(t.TempDir(), "data"), t.TempDir()
	must(t, "migrate", "--data", dir)
	register := largeRegister(t)
	ended := make(chan error, 1)
	go func() {
		ended <- run(t.Context(), []string{"import", "rspo", register, "--apply", "--data", dir}, io.Discard, io.Discard)
	}()
	var seen, finished []int64
	for i := 0; ; i++ {
		file := filepath.Join(away, fmt.Sprint(i))
		must(t, "backup", file, "--data", dir)
		got := sumsOf(t, file)
		seen = append(seen, got["directory_institutions"].Rows)
		place := filepath.Join(t.TempDir(), "data")
		must(t, "restore", file, "--data", place) // checks every foreign key
		copyKeysTo(t, dir, place)
		world(t, &Common{Data: place}, func(a *app.App) {
			if n, goesOn := goOn(t, a); goesOn {
				finished = append(finished, n)
			}
		})
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			must(t, "backup", file+"-end", "--data", dir)
			whole := sumsOf(t, file+"-end")["directory_institutions"].Rows
			for _, n := range finished {
				if n != whole {
					t.Errorf("%d of %d institutions after going on: %v", n, whole, seen)
				}
			}
			if whole < 1000 {
				t.Errorf("%d institutions", whole)
			}
			t.Logf("institutions in the backups: %v", seen)
			return
		default:
		}
	}
}

// goOn checks that every institution has a line that says so, and lets an
// import that stands half-way run to its end. It tells how many there are then.
func goOn(t *testing.T, a *app.App) (n int64, goesOn bool) {
	t.Helper()
	ctx, d := t.Context(), a.DB()
	count := func(query string) (n int64) {
		if err := d.Get(ctx, &n, query); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const institutions = `select count(*) from directory_institutions where origin = 'register'`
	if there, said := count(institutions), count(`select count(*) from importing_lines where state = 'applied'`); there != said {
		t.Errorf("%d institutions, %d lines applied", there, said)
	}
	if count(`select count(*) from importing_batches where state = 'applying'`) == 0 {
		return 0, false
	}
	// The job that takes over waits for minutes; here it is its time.
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update jobs set due_at = 0 where state = 'waiting'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	return count(institutions), true
}

// largeRegister is a file that takes a moment to take in.
func largeRegister(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		number, rest, _ := strings.Cut(line, ",")
		if number == "rspo" {
			b.WriteString(line)
		}
		for i := 0; number == "910004" && i < 1000; i++ {
			fmt.Fprintf(&b, "%d,%s", 920000+i, rest)
		}
	}
	file := filepath.Join(t.TempDir(), "register.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEncryptedBackup(t *testing.T) {
	dir, away := installation(t), t.TempDir()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, k *age.X25519Identity) string {
		file := filepath.Join(away, name)
		if err := os.WriteFile(file, []byte("# created: today\n"+k.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	mine, wrong := write("mine.txt", key), write("wrong.txt", other)
	t.Setenv("KLADKA_BACKUP_TO", key.Recipient().String())
	file := filepath.Join(away, "x.kladka")
	if out, err := both(t, "backup", file, "--data", dir); err != nil || strings.Contains(out, "not encrypted") {
		t.Fatal(out, err)
	}
	for _, args := range [][]string{
		{"restore", file}, {"restore", file, "--identity", wrong}, {"restore", file, "--identity", file},
		{"verify", "--backup", file}, {"verify", "--backup", file, "--identity", wrong},
	} {
		empty := filepath.Join(away, "empty")
		if out, err := both(t, append(args, "--data", empty)...); err == nil || strings.Contains(out+err.Error(), "SECRET") {
			t.Errorf("%v: %s %v", args, out, err)
		}
		if _, err := os.Stat(filepath.Join(empty, "kladka.db")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v left a database", args)
		}
	}
	must(t, "verify", "--backup", file, "--identity", mine)
	must(t, "restore", file, "--identity", wrong, "--identity", mine, "--data", filepath.Join(away, "new"))
	if _, err := both(t, "backup", filepath.Join(away, "y"), "--data", dir, "--to", "age1nobody"); err == nil {
		t.Error("a wrong recipient is taken")
	}
}

func TestBackupRefuses(t *testing.T) {
	dir, away := installation(t), t.TempDir()
	file := filepath.Join(away, "x.kladka")
	must(t, "backup", file, "--data", dir)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(away, "missing")
	for _, args := range [][]string{
		{"backup", file, "--data", dir},                         // it stands
		{"backup", filepath.Join(dir, "x"), "--data", dir},      // where the keys lie
		{"backup", filepath.Join(away, "y"), "--data", missing}, // no database
		{"restore", sample, "--data", missing},                  // no backup
		{"verify", "--backup", sample},
	} {
		if _, err := both(t, args...); err == nil {
			t.Errorf("%v: taken", args)
		}
	}
	if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
		t.Error("a folder was made")
	}
	after, _ := os.ReadFile(file)
	if !bytes.Equal(before, after) {
		t.Error("the backup was overwritten")
	}
	cut := filepath.Join(away, "cut.kladka")
	if err := os.WriteFile(cut, before[:len(before)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"restore", cut, "--data", missing}, {"verify", "--backup", cut}} {
		if _, err := both(t, args...); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// The keys never lie beside a backup, and somebody says so until they are copied.
func TestKeysAreKeptApart(t *testing.T) {
	dir, away, safe := installation(t), t.TempDir(), t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	os.Remove(keys)
	if _, err := both(t, "keys", "copy", filepath.Join(safe, "keys"), "--data", dir); err == nil {
		t.Error("there are no keys to copy")
	}
	if _, err := secrets.Open(keys); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(away, "1")
	if out, err := both(t, "backup", file, "--data", dir); err != nil || !strings.Contains(out, "never copied") {
		t.Error(out, err)
	}
	root, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	var secret struct{ Root string }
	if err := json.Unmarshal(root, &secret); err != nil || secret.Root == "" {
		t.Fatal(err)
	}
	for _, place := range []string{filepath.Join(dir, "copy"), filepath.Join(away, "copy")} {
		if _, err := both(t, "keys", "copy", place, "--data", dir); err == nil {
			t.Errorf("%s: copied beside the data", place)
		}
	}
	copied := filepath.Join(safe, "keys")
	must(t, "keys", "copy", copied, "--data", dir)
	if _, err := both(t, "keys", "copy", copied, "--data", dir); err == nil {
		t.Error("overwritten")
	}
	got, _ := os.ReadFile(copied)
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 || !bytes.Equal(got, root) {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := both(t, "backup", filepath.Join(safe, "2"), "--data", dir); err == nil {
		t.Error("backed up beside the keys")
	}
	if out, err := both(t, "backup", filepath.Join(away, "2"), "--data", dir); err != nil || strings.Contains(out, "never copied") {
		t.Error(out, err)
	}
	// Restoring: without keys a reminder, with others a refusal.
	fresh := filepath.Join(t.TempDir(), "data")
	if out, err := both(t, "restore", file, "--data", fresh); err != nil || !strings.Contains(out, "Put your copy of the keys") {
		t.Error(out, err)
	}
	strange := filepath.Join(t.TempDir(), "data")
	if _, err := secrets.Open(filepath.Join(strange, "keys.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := both(t, "restore", file, "--data", strange); err == nil || !strings.Contains(err.Error(), "not those of this backup") {
		t.Error(err)
	}
}

func TestErasuresAreNotForgotten(t *testing.T) {
	dir, away := installation(t), t.TempDir()
	file := filepath.Join(away, "x")
	must(t, "backup", file, "--data", dir)
	if out, err := both(t, "restore", file, "--data", filepath.Join(away, "none")); err != nil || !strings.Contains(out, "no journal of erasures") {
		t.Error(out, err)
	}
	for name, journal := range map[string]string{"damaged": `{"person":`, "undated": `{"person":"a"}`} {
		place := filepath.Join(away, name)
		writeJournal(t, place, journal)
		if _, err := both(t, "restore", file, "--data", place); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(place, "kladka.db*")); len(left) != 0 {
			t.Errorf("%s: %v", name, left)
		}
	}
	old := filepath.Join(away, "old")
	writeJournal(t, old, fmt.Sprintf(`{"person":"a","at":%d}`, time.Now().Add(-48*time.Hour).Unix()))
	if out, err := both(t, "restore", file, "--data", old); err != nil || strings.Contains(out, "no journal") {
		t.Error(out, err)
	}
}

func writeJournal(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "erasures.jsonl"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A database whose restore was interrupted opens for nobody.
func TestHalfRestoredDoesNotOpen(t *testing.T) {
	dir, away := installation(t), t.TempDir()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, "kladka.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(tx *db.Tx) error { return db.SetProperty(t.Context(), tx, "restoring", "begun") })
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"migrate"}, {"serve", "--listen", "127.0.0.1:0"}, {"import", "rspo", sample}, {"backup", filepath.Join(away, "x")}, {"verify"}} {
		if _, err := both(t, append(args, "--data", dir)...); args[0] != "verify" && !errors.Is(err, backup.ErrUnfinished) || err == nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestProgressIsQuiet(t *testing.T) {
	var out bytes.Buffer
	p := printProgress(&out)
	for i := range 1000 {
		p(backup.Progress{Table: "x", Rows: int64(i)})
	}
	if out.Len() != 0 {
		t.Errorf("within the first second: %s", out.String())
	}
}

// What is left out of backups, or does not count, must be tables that exist.
func TestListsOfTables(t *testing.T) {
	d := testkit.SQLite(t, app.Modules())
	tables, err := d.Tables(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(slices.Clone(notInBackups), seeded...) {
		if name == "search_index" {
			continue // on SQLite no table but an index of its own kind
		}
		if !slices.ContainsFunc(tables, func(t db.Table) bool { return t.Name == name }) {
			t.Errorf("there is no table %s", name)
		}
	}
}

// world is the program over a data folder, as serve makes it, for tests that
// must do what people do.
func world(t *testing.T, c *Common, use func(a *app.App)) {
	t.Helper()
	d, _, err := c.open(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	keys, err := c.keys(false)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), d, app.Settings{Folder: c.folder(false), Keys: keys, Listen: "127.0.0.1:8080"}, c.logger(io.Discard), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	use(a)
}

// copyKeysTo brings the keys to another place, as an operator does.
func copyKeysTo(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(from, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "keys.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

const gone = "Świętosława Wyjątkowa"

// addGone makes the person who will be erased, and one who stays.
func addGone(t *testing.T, a *app.App) access.PersonID {
	t.Helper()
	var id access.PersonID
	for name, email := range map[string]string{gone: "gone@example.org", "Anna Zostaje": "stays@example.org"} {
		p, err := a.Access().AddPerson(t.Context(), access.System(), access.NewPerson{Name: name, Email: email, Roles: []access.Held{{Role: access.Administrator}}})
		if err != nil {
			t.Fatal(err)
		}
		if name == gone {
			id = p
		}
	}
	err := a.Audit().Read(t.Context(), audit.By{Person: string(id)}, audit.Entry{Action: "privacy.copy", Object: "person", ObjectID: string(id), Subject: string(id), Details: map[string]string{"name": gone}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Audit().Link(t.Context()); err != nil {
		t.Fatal(err)
	}
	return id
}

// Attack: an older backup brings back somebody who was erased since.
func TestErasedPersonIsNotRestored(t *testing.T) {
	for name, place := range map[string]func(t *testing.T) (from, to Common){
		"sqlite": func(t *testing.T) (Common, Common) {
			return Common{Data: filepath.Join(t.TempDir(), "a")}, Common{Data: filepath.Join(t.TempDir(), "b")}
		},
		"postgres": func(t *testing.T) (Common, Common) {
			return Common{Data: filepath.Join(t.TempDir(), "a"), Database: testkit.PostgresAddress(t, app.Modules(), "")},
				Common{Data: filepath.Join(t.TempDir(), "b"), Database: testkit.PostgresAddress(t, app.Modules(), "")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := place(t)
			notRestored(t, &from, &to)
		})
	}
}

func notRestored(t *testing.T, from, to *Common) {
	args := func(c *Common, more ...string) []string {
		if c.Database != "" {
			more = append(more, "--database", c.Database)
		}
		return append(more, "--data", c.Data)
	}
	file := filepath.Join(t.TempDir(), "old")
	var id access.PersonID
	world(t, from, func(a *app.App) { id = addGone(t, a) })
	must(t, args(from, "backup", file)...)
	world(t, from, func(a *app.App) {
		if e, err := a.Privacy().Erase(t.Context(), audit.By{Person: "x"}, string(id), "OR.1431.1.2026"); err != nil || !e.Done {
			t.Fatal(e, err)
		}
	})
	journal := filepath.Join(from.Data, "erasures.jsonl")
	// Without the keys the erasure cannot be sealed, so nothing is restored.
	if out, err := both(t, args(to, "restore", file, "--erasures", journal)...); err == nil || !strings.Contains(err.Error(), "takes the keys") {
		t.Fatal(out, err)
	}
	copyKeysTo(t, from.Data, to.Data)
	if out, err := both(t, args(to, "restore", file, "--erasures", journal)...); err != nil || !strings.Contains(out, "Erased again: 1 people") {
		t.Fatal(out, err)
	}
	world(t, to, func(a *app.App) {
		names, err := a.Access().NamesOf(t.Context(), []string{string(id)})
		if err != nil || names[string(id)] != "" {
			t.Errorf("%v %v", names, err)
		}
		if !slices.Contains(allNames(t, a.DB()), "Anna Zostaje") {
			t.Error("others are gone as well")
		}
		if _, err := a.Audit().Link(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if out, err := both(t, args(to, "verify")...); err != nil {
		t.Error(out, err)
	}
	// The journal came along, so a second restore erases as well, by itself.
	again := &Common{Data: filepath.Join(t.TempDir(), "c")}
	copyKeysTo(t, from.Data, again.Data)
	brought, err := os.ReadFile(filepath.Join(to.Data, "erasures.jsonl"))
	if err != nil || !bytes.Contains(brought, []byte(id)) || bytes.Contains(brought, []byte(gone)) {
		t.Errorf("%s %v", brought, err)
	}
	if err := os.WriteFile(filepath.Join(again.Data, "erasures.jsonl"), brought, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "restore", file, "--data", again.Data)
	world(t, again, func(a *app.App) {
		if slices.Contains(allNames(t, a.DB()), gone) {
			t.Error("she is back")
		}
	})
}

func allNames(t *testing.T, d *db.DB) (names []string) {
	t.Helper()
	if err := d.Select(t.Context(), &names, `select name from access_people`); err != nil {
		t.Fatal(err)
	}
	return names
}

// An erasure that cannot be repeated leaves no database that opens.
func TestErasureThatFailsRestoresNothing(t *testing.T) {
	c, file := &Common{Data: filepath.Join(t.TempDir(), "a")}, filepath.Join(t.TempDir(), "x")
	world(t, c, func(a *app.App) { addGone(t, a) })
	must(t, "backup", file, "--data", c.Data)
	to := filepath.Join(t.TempDir(), "b")
	copyKeysTo(t, c.Data, to)
	writeJournal(t, to, fmt.Sprintf(`{"id":"1","person":"nobody of ours","at":%d}`, time.Now().Unix()))
	if _, err := both(t, "restore", file, "--data", to); err == nil || !strings.Contains(err.Error(), "no erasure of ours") {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(to, "kladka.db*")); len(left) != 0 {
		t.Errorf("%v", left)
	}
}

// Files go with the rows that name them, and come back.
func TestFilesComeBack(t *testing.T) {
	c, away := &Common{Data: filepath.Join(t.TempDir(), "a")}, t.TempDir()
	key := "ab/" + strings.Repeat("ab", 32) + ".0123456789abcdef"
	world(t, c, func(a *app.App) {
		if err := a.Files().PutBlob(t.Context(), key, strings.NewReader("content")); err != nil {
			t.Fatal(err)
		}
		err := a.DB().Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into files_blobs (object, digest, size, thumb, thumb_size) values (?, 'd', 7, '', 0)`, key)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	file := filepath.Join(away, "x")
	if out := must(t, "backup", file, "--data", c.Data); !strings.Contains(out, "1 files (7 bytes)") {
		t.Error(out)
	}
	to := filepath.Join(t.TempDir(), "b")
	must(t, "restore", file, "--data", to)
	data, err := os.ReadFile(filepath.Join(to, "files", filepath.FromSlash(key)))
	if err != nil || string(data) != "content" {
		t.Errorf("%q %v", data, err)
	}
	// Rows that name files, and no folder: that is no backup.
	if err := os.RemoveAll(filepath.Join(c.Data, "files")); err != nil {
		t.Fatal(err)
	}
	if out, err := both(t, "backup", filepath.Join(away, "y"), "--data", c.Data); err == nil || !strings.Contains(err.Error(), "there are files") {
		t.Error(out, err)
	}
}

// A place in which the program was started, and did its periodic work, is empty.
func TestStartedOnceIsEmpty(t *testing.T) {
	c, file := &Common{Data: filepath.Join(t.TempDir(), "a")}, filepath.Join(t.TempDir(), "x")
	world(t, c, func(a *app.App) { addGone(t, a) })
	must(t, "backup", file, "--data", c.Data)
	started := filepath.Join(t.TempDir(), "b")
	copyKeysTo(t, c.Data, started)
	serving(t, func(base, _ string) {
		for _, path := range []string{"/", "/prywatnosc", "/prawo"} {
			res, err := http.Get(base + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
		time.Sleep(time.Second) // of linking, checkpoints, the nightly count
	}, "serve", "--listen", "127.0.0.1:0", "--data", started)
	world(t, &Common{Data: started}, func(a *app.App) {
		err := errors.Join(a.Privacy().Nightly(t.Context()), a.Drain(t.Context()))
		if _, e := a.Audit().Checkpoint(t.Context()); errors.Join(err, e) != nil {
			t.Fatal(err, e)
		}
	})
	if out, err := both(t, "restore", file, "--data", started); err != nil {
		t.Fatal(out, err)
	}
	if out, err := both(t, "restore", file, "--data", started); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Error(out, err)
	}
}

// A demo stays one: nobody serves its invented people as real.
func TestRestoredDemoIsADemo(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "demo"), filepath.Join(t.TempDir(), "x")
	serving(t, func(string, string) {}, "serve", "--demo=school", "--listen", "127.0.0.1:0", "--data", dir)
	must(t, "backup", file, "--data", dir)
	back := filepath.Join(t.TempDir(), "back")
	must(t, "restore", file, "--data", back)
	if _, err := both(t, "serve", "--listen", "127.0.0.1:0", "--data", back); err == nil || !strings.Contains(err.Error(), "--demo=school") {
		t.Error(err)
	}
	if _, err := both(t, "import", "rspo", sample, "--apply", "--data", back); err == nil || !strings.Contains(err.Error(), "--demo=school") {
		t.Error(err)
	}
	serving(t, func(base, _ string) {
		res, err := http.Get(base + "/konto/zaloguj")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		if err != nil || !bytes.Contains(page, []byte("/konto/przyklad")) {
			t.Error("nobody to be", err)
		}
	}, "serve", "--demo=school", "--listen", "127.0.0.1:0", "--data", back)
}

// Attack: somebody with the database changes, removes or cuts off rows of the log.
func TestVerifyNamesTampering(t *testing.T) {
	c := &Common{Data: filepath.Join(t.TempDir(), "a")}
	anchor := filepath.Join(t.TempDir(), "anchors")
	world(t, c, func(a *app.App) {
		id := addGone(t, a)
		for i := range 5 {
			err := a.Audit().Read(t.Context(), audit.By{Person: string(id)}, audit.Entry{Action: "privacy.copy", Object: "person", ObjectID: fmt.Sprint(i)})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.Audit().Link(t.Context()); err != nil {
			t.Fatal(err)
		}
		k, err := a.Audit().Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(anchor, []byte(k.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if out, err := both(t, "verify", "--anchor", anchor, "--data", c.Data); err != nil {
		t.Fatal(out, err)
	}
	whole, err := os.ReadFile(filepath.Join(c.Data, "kladka.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LC_ALL", "en_US.UTF-8")
	for told, statements := range map[string][]string{
		"CHANGED: entry no. 2":                      {`update audit_rows set action = 'privacy.gone' where id = (select row_id from audit_chain where seq = 2)`},
		"SILENTLY: entry no. 1":                     {`update audit_rows set details = '', salt_details = '' where id = (select row_id from audit_chain where seq = 1)`},
		"REMOVED: entries are missing from no. 3":   {`delete from audit_rows where id = (select row_id from audit_chain where seq = 3)`, `delete from audit_chain where seq = 3`},
		"TRUNCATED: entries are missing from no. 5": {`delete from audit_rows where id in (select row_id from audit_chain where seq > 4)`, `delete from audit_chain where seq > 4`},
	} {
		t.Run(told, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "b")
			copyKeysTo(t, c.Data, dir)
			if err := os.WriteFile(filepath.Join(dir, "kladka.db"), whole, 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, "kladka.db"))
			if err != nil {
				t.Fatal(err)
			}
			err = d.Write(t.Context(), func(tx *db.Tx) error {
				for _, s := range statements {
					if _, err := tx.Exec(t.Context(), s); err != nil {
						return err
					}
				}
				return nil
			})
			if err := errors.Join(err, d.Close()); err != nil {
				t.Fatal(err)
			}
			// main ends with 1 on any error.
			out, err := both(t, "verify", "--anchor", anchor, "--data", dir)
			if !errors.Is(err, errNotWhole) || !strings.Contains(out, told) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
