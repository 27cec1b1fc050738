package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"kladka/internal/app"
	"kladka/internal/backup"
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

// A backup in the middle of an import holds the register whole or not at all.
func TestBackupDuringImport(t *testing.T) {
	dir, away := filepath.Join(t.TempDir(), "data"), t.TempDir()
	must(t, "migrate", "--data", dir)
	register := largeRegister(t)
	ended := make(chan error, 1)
	go func() {
		ended <- run(t.Context(), []string{"import", "rspo", register, "--apply", "--data", dir}, io.Discard, io.Discard)
	}()
	var seen []int64
	for i := 0; ; i++ {
		file := filepath.Join(away, fmt.Sprint(i))
		must(t, "backup", file, "--data", dir)
		got := sumsOf(t, file)
		seen = append(seen, got["directory_institutions"].Rows)
		place := filepath.Join(t.TempDir(), "data")
		must(t, "restore", file, "--data", place) // checks every foreign key
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			must(t, "backup", file+"-end", "--data", dir)
			whole := sumsOf(t, file+"-end")["directory_institutions"].Rows
			for _, n := range seen {
				if n != 0 && n != whole {
					t.Errorf("%d of %d institutions: %v", n, whole, seen)
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
		if !slices.ContainsFunc(tables, func(t db.Table) bool { return t.Name == name }) {
			t.Errorf("there is no table %s", name)
		}
	}
}
