package backup

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

func TestRoundTrip(t *testing.T) {
	for _, from := range engines() {
		for _, to := range engines() {
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				d := from.full(t, modules())
				fillSample(t, d)
				files := &memory{files: map[string]string{"ab/cd.pdf": "%PDF", "empty": "", "zażółć gęślą": strings.Repeat("x", 3<<20)}}
				src := source(d)
				src.Blobs = files
				data, m := backup(t, src)
				if m.Files.Count != 3 || len(m.Tables) != 8 || m.Rows() != 19 {
					t.Errorf("%d rows of %d tables, %d files", m.Rows(), len(m.Tables), m.Files.Count)
				}
				p, back := place(to.empty(t)), &memory{}
				p.Blobs = back
				if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p); err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(files.files, back.files) {
					t.Error("the files differ")
				}
				checkRestored(t, p.Address, m)
			})
		}
	}
}

func checkRestored(t *testing.T, address string, want Manifest) {
	t.Helper()
	d := openAt(t, address)
	if err := CheckFinished(t.Context(), d); err != nil {
		t.Error(err)
	}
	_, got := backup(t, source(d))
	if diff := cmp.Diff(sums(want), sums(got)); diff != "" {
		t.Error(diff)
	}
	if n := number(t, d, `select count(*) from sample_sessions`); n != 0 {
		t.Error("sessions live again")
	}
	if n := number(t, d, `select n from versions where name = 'directory'`); n < 1000 {
		t.Errorf("the counter stands at %d", n)
	}
	if n := number(t, d, `select n from sample_parents where id = 'a'`); n != 1<<53+1 {
		t.Errorf("%d", n)
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into sample_children (id, turn, parent) values ('orphan', 1, 'nobody')`)
		return err
	})
	if err == nil {
		t.Error("foreign keys are not looked at any more")
	}
}

// A dump of both databases is the same file but for the word that names them.
func TestSameBytesFromBothDatabases(t *testing.T) {
	var first map[string]TableSum
	for _, e := range engines() {
		d := e.full(t, modules())
		fillSample(t, d)
		_, m := backup(t, source(d))
		if first == nil {
			first = sums(m)
		} else if diff := cmp.Diff(first, sums(m)); diff != "" {
			t.Error(diff)
		}
	}
}

// Writers move amounts between rows, and write parents with their children:
// a backup never sees half of that.
func TestWhileOthersWrite(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		run(t, d, `insert into sample_law (key, value) values ('a', 1000), ('b', 1000)`)
		ctx, stop := context.WithCancel(t.Context())
		var writes atomic.Int64
		ended := make(chan error, 1)
		go func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := d.Write(context.Background(), func(tx *db.Tx) error { return move(tx, i) }); err != nil {
					ended <- err
					return
				}
				writes.Add(1)
				time.Sleep(time.Millisecond)
			}
			ended <- nil
		}()
		type taken struct {
			data []byte
			sums Manifest
		}
		var all []taken
		for range 4 {
			for before := writes.Load(); writes.Load() < before+10 && len(ended) == 0; {
				time.Sleep(time.Millisecond)
			}
			data, m := backup(t, source(d))
			all = append(all, taken{data, m})
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		for _, b := range all {
			wantBalance(t, b.data, b.sums)
		}
	})
}

func move(tx *db.Tx, i int) error {
	ctx := context.Background()
	id := "p" + strings.Repeat("x", i%7) + time.Now().Format(time.RFC3339Nano)
	_, err := tx.Exec(ctx, `update sample_law set value = value - 1 where key = 'a'`)
	if err == nil {
		_, err = tx.Exec(ctx, `insert into sample_parents (id, n) values (?, ?)`, id, i)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `insert into sample_children (id, turn, parent) values (?, 1, ?)`, id, id)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `update sample_law set value = value + 1 where key = 'b'`)
	}
	return err
}

func wantBalance(t *testing.T, data []byte, m Manifest) {
	t.Helper()
	p := place("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p); err != nil {
		t.Fatal(err)
	}
	d := openAt(t, p.Address)
	if n := number(t, d, `select sum(value) from sample_law where key in ('a', 'b')`); n != 2000 {
		t.Errorf("the sum is %d", n)
	}
	moved := number(t, d, `select value - 1000 from sample_law where key = 'b'`)
	if p, c := sums(m)["sample_parents"].Rows, sums(m)["sample_children"].Rows; p != c || p != moved || p == 0 {
		t.Errorf("%d parents, %d children, %d moves", p, c, moved)
	}
}

func TestRefusesTakenPlaces(t *testing.T) {
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	data, _ := backup(t, source(d))
	restore := func(p Place) error {
		_, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p)
		return err
	}
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			p := place(e.empty(t))
			if err := restore(p); err != nil {
				t.Fatal(err)
			}
			if err := restore(p); !errors.Is(err, errTaken) {
				t.Errorf("over rows: %v", err)
			}
			d := openAt(t, p.Address)
			// What a program writes by itself at its first start is nothing.
			for _, table := range []string{"sample_children", "sample_parents", "sample_bytes", "sample_loose"} {
				run(t, d, "delete from "+table)
			}
			d.Close()
			if err := restore(p); err != nil {
				t.Errorf("over seeds: %v", err)
			}
			d = openAt(t, p.Address)
			if number(t, d, `select count(*) from sample_parents`) != 5 {
				t.Error("nothing came back")
			}
		})
	}
}

func TestRefusesTablesOfAnotherProgram(t *testing.T) {
	d := testkit.SQLite(t, modules())
	data, _ := backup(t, source(d))
	for _, e := range engines() {
		p := place(e.empty(t))
		other := openAt(t, p.Address)
		run(t, other, `create table somebodys (id text primary key)`)
		other.Close()
		_, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p)
		if err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("%s: %v", e.name, err)
		}
		if n := number(t, openAt(t, p.Address), `select count(*) from somebodys`); n != 0 {
			t.Error(n)
		}
	}
}

// A program that runs on the empty file would go on writing into what is
// thrown away.
func TestRefusesFileInUse(t *testing.T) {
	data, _ := backup(t, source(testkit.SQLite(t, modules())))
	file := filepath.Join(t.TempDir(), "kladka.db")
	running := openAt(t, "sqlite:"+file)
	run(t, running, `create table goose_db_version (version_id bigint, is_applied boolean)`)
	run(t, running, `insert into goose_db_version values (202611010900, true)`)
	run(t, running, `create table versions (name text primary key, n bigint not null)`)
	_, _, err := Restore(t.Context(), bytes.NewReader(data), nil, place("sqlite:"+file))
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Error(err)
	}
}

// The log of a file that was deleted would be played over the new one.
func TestRefusesLogOfAnotherFile(t *testing.T) {
	data, _ := backup(t, source(testkit.SQLite(t, modules())))
	file := filepath.Join(t.TempDir(), "kladka.db")
	if err := os.WriteFile(file+"-wal", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Restore(t.Context(), bytes.NewReader(data), nil, place("sqlite:"+file))
	if err == nil || !strings.Contains(err.Error(), "kladka.db-wal is left") {
		t.Error(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Error("restored")
	}
}

func TestOldShape(t *testing.T) {
	for _, from := range engines() {
		for _, to := range engines() {
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				d := from.full(t, modules(lateFile))
				fillSample(t, d)
				data, _ := backup(t, source(d))
				p := place(to.empty(t))
				if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p); err != nil {
					t.Fatal(err)
				}
				back := openAt(t, p.Address)
				if n := number(t, back, `select count(*) from sample_parents where late = 'migrated'`); n != 5 {
					t.Errorf("%d rows have the new column", n)
				}
				// Rows that a migration writes are not written twice, nor lost.
				if n := number(t, back, `select sum(value) from sample_law`); n != 7+2 {
					t.Errorf("the law says %d", n)
				}
			})
		}
	}
}

func TestNewerProgram(t *testing.T) {
	d := testkit.SQLite(t, modules())
	data, _ := backup(t, source(d))
	p := place("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	p.Modules = modules(lateFile)
	_, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "kladka test") || !strings.Contains(err.Error(), "202601010003") {
		t.Error(err)
	}
	wantNothing(t, p.Address)
}

// wantNothing finds no trace of a restore that was refused.
func wantNothing(t *testing.T, address string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Dir(strings.TrimPrefix(address, "sqlite:")))
	if err != nil && !os.IsNotExist(err) || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestEncrypted(t *testing.T) {
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	mine, hers := identity(t), identity(t)
	src := source(d)
	src.To = []age.Recipient{mine.Recipient(), hers.Recipient()}
	data, m := backup(t, src)
	for _, word := range []string{"kladka", "sample", "gęślą"} {
		if bytes.Contains(data, []byte(word)) {
			t.Errorf("%q can be read", word)
		}
	}
	for name, c := range map[string]struct {
		keys []age.Identity
		want error
	}{"none": {nil, ErrNeedsKey}, "wrong": {[]age.Identity{identity(t)}, ErrWrongKey}} {
		p := place("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
		if _, _, err := Restore(t.Context(), bytes.NewReader(data), c.keys, p); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		wantNothing(t, p.Address)
	}
	for _, key := range []age.Identity{mine, hers} {
		p := place("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
		if _, _, err := Restore(t.Context(), bytes.NewReader(data), []age.Identity{identity(t), key}, p); err != nil {
			t.Error(err)
		}
		checkRestored(t, p.Address, m)
	}
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A restore that fails after the rows were loaded leaves nothing that opens,
// and the next one begins anew.
func TestFailsInTheMiddle(t *testing.T) {
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	src := source(d)
	src.Blobs = &memory{files: map[string]string{"a": "1", "b": "2"}}
	data, m := backup(t, src)
	for _, e := range engines() {
		for name, spoil := range map[string]func(p *Place){
			"file":   func(p *Place) { p.Blobs = &memory{put: func(key string) error { return stopAt(key == "b") }} },
			"replay": func(p *Place) { p.Replay = func(context.Context, *db.DB, time.Time) error { return errStop } },
		} {
			t.Run(e.name+" "+name, func(t *testing.T) {
				p := place(e.empty(t))
				p.Blobs = &memory{}
				whole := p
				spoil(&p)
				if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p); !errors.Is(err, errStop) {
					t.Fatal(err)
				}
				if e.name == "sqlite" {
					wantNothing(t, p.Address)
				} else if err := CheckFinished(t.Context(), openAt(t, p.Address)); !errors.Is(err, ErrUnfinished) {
					t.Errorf("it would open: %v", err)
				}
				if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, whole); err != nil {
					t.Fatal(err)
				}
				checkRestored(t, p.Address, m)
			})
		}
	}
}

func stopAt(now bool) error {
	if now {
		return errStop
	}
	return nil
}

// TestKilled kills a process in the middle of a restore, as a power cut does.
func TestKilled(t *testing.T) {
	if address := os.Getenv("KLADKA_TEST_KILLED"); address != "" {
		dieWhileRestoring(t, address)
	}
	d := testkit.SQLite(t, modules())
	fillSample(t, d)
	src := source(d)
	src.Blobs = &memory{files: map[string]string{"a": "1"}}
	data, m := backup(t, src)
	file := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			p := place(e.empty(t))
			cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
			cmd.Env = append(os.Environ(), "KLADKA_TEST_KILLED="+p.Address, "KLADKA_TEST_FILE="+file)
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("%v: %s", err, out)
			}
			p.Blobs = &memory{}
			_, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p)
			if path, ok := strings.CutPrefix(p.Address, "sqlite:"); ok {
				if _, found := os.Stat(path); !os.IsNotExist(found) {
					t.Error("a database stands there")
				}
				if err == nil || !strings.Contains(err.Error(), "interrupted") {
					t.Error(err)
				}
				for _, end := range []string{"", "-wal", "-shm"} {
					os.Remove(path + ".restoring" + end)
				}
				_, _, err = Restore(t.Context(), bytes.NewReader(data), nil, p)
			}
			if err != nil {
				t.Fatal(err)
			}
			checkRestored(t, p.Address, m)
		})
	}
}

func dieWhileRestoring(t *testing.T, address string) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(os.Getenv("KLADKA_TEST_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	p := place(address)
	p.Blobs = &memory{put: func(string) error {
		defer time.Sleep(time.Minute)
		return self.Kill()
	}}
	_, _, err = Restore(context.Background(), file, nil, p)
	t.Fatalf("it lives: %v", err)
}

// The moment from which erasures are repeated lies before the backup's first
// reading, and they are repeated in the newest shape, before anybody looks.
func TestReplay(t *testing.T) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			d := e.full(t, modules(lateFile))
			fillSample(t, d)
			data, _ := backup(t, source(d))
			p := place(e.empty(t))
			calls := 0
			p.Replay = func(ctx context.Context, d *db.DB, since time.Time) error {
				calls++
				if !since.Before(at) || since.Before(at.Add(-24*time.Hour)) {
					t.Errorf("since %v", since)
				}
				if err := CheckFinished(ctx, d); !errors.Is(err, ErrUnfinished) {
					t.Errorf("it could be opened: %v", err)
				}
				run(t, d, `update sample_parents set note = 'erased', late = '' where id = 'ą'`)
				return nil
			}
			if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p); err != nil {
				t.Fatal(err)
			}
			if n := number(t, openAt(t, p.Address), `select count(*) from sample_parents where note = 'erased'`); n != 1 || calls != 1 {
				t.Errorf("%d erased in %d calls", n, calls)
			}
		})
	}
}

// A row that refers to nothing is found, and nothing stays.
func TestOrphansAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, "sqlite:"+file)
	migrateSample(t, d)
	raw, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(`pragma foreign_keys = 0; insert into sample_children (id, turn, parent) values ('orphan', 1, 'nobody')`); err != nil {
		t.Fatal(err)
	}
	data, _ := backup(t, source(d))
	for _, e := range engines() {
		p := place(e.empty(t))
		if _, _, err := Restore(t.Context(), bytes.NewReader(data), nil, p); err == nil || !strings.Contains(err.Error(), "sample_children") {
			t.Errorf("%s: %v", e.name, err)
		}
	}
}

func TestWhatCannotBeBackedUp(t *testing.T) {
	d := testkit.SQLite(t, modules())
	src := source(d)
	src.Skip = []string{"sample_parents"}
	if _, _, err := Write(t.Context(), src, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "sample_children refers") {
		t.Error(err)
	}
	run(t, d, `insert into sample_loose (a, b) values ('x', 'a word')`) // SQLite lets it in
	if _, _, err := Write(t.Context(), source(d), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "table sample_loose: column b holds") {
		t.Error(err)
	}
	withFiles := testkit.SQLite(t, modules())
	run(t, withFiles, `create table files_blobs (object text primary key)`)
	run(t, withFiles, `insert into files_blobs (object) values ('ab/cd')`)
	if _, _, err := Write(t.Context(), source(withFiles), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "there are files") {
		t.Errorf("a backup without its files: %v", err)
	}
	src = source(testkit.SQLite(t, modules()))
	src.Blobs = &memory{files: map[string]string{"../keys.json": "x"}}
	if _, _, err := Write(t.Context(), src, &bytes.Buffer{}); err == nil {
		t.Error("a file outside the folder is taken")
	}
}

func TestFileGoneMeanwhile(t *testing.T) {
	src := source(testkit.SQLite(t, modules()))
	src.Blobs = &memory{files: map[string]string{"a": "1", "b": "2"}, gone: "a"}
	data, m := backup(t, src)
	_, found, err := Verify(t.Context(), bytes.NewReader(data), nil, nil)
	if err != nil || m.Files.Count != 1 || found.Files != m.Files {
		t.Errorf("%v, %v", m.Files, err)
	}
}

func TestColumnsInAnotherOrder(t *testing.T) {
	a := []db.Column{{Name: "a", Kind: db.Text}, {Name: "b", Kind: db.Integer}}
	b := slices.Clone(a)
	slices.Reverse(b)
	if !sameColumns(a, b) || sameColumns(a, a[:1]) || sameColumns(a[:1], a) {
		t.Error("wrong")
	}
}
