package files

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/blob"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations},
		{Name: "audit", Files: audit.Migrations}, {Name: "files", Files: Migrations}}
}

// clock is a time that only the test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(c.at.Load(), 0) }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d / time.Second)) }

// house is a service with all around it.
type house struct {
	*Service
	t     *testing.T
	clock *clock
	dir   string
}

func newHouse(t *testing.T, d *db.DB, change ...func(s *Settings)) *house {
	t.Helper()
	c := &clock{}
	// The folder's own times are the machine's.
	c.at.Store(time.Now().Unix())
	dir := t.TempDir()
	folder, err := OpenFolder(dir)
	check(t, err)
	t.Cleanup(func() { check(t, folder.Close()) })
	uses := NewRegistry()
	all := everything()
	uses.Declare(all)
	uses.Declare(Use{Name: "poster", MaxBytes: 1 << 20, Types: Images(), Inline: true})
	uses.Declare(Use{Name: "note", MaxBytes: 1000, Types: []string{Text}, KeepDays: 30})
	set := Settings{Spool: t.TempDir()}
	for _, f := range change {
		f(&set)
	}
	return &house{New(d, folder, secrets.New(), uses, nil, set, c.now, slog.New(slog.DiscardHandler)), t, c, dir}
}

var ola, jan = audit.By{Person: "ola"}, audit.By{Person: "jan"}

var course = Owner{"training", "1"}

func (h *house) store(by audit.By, use, name string, data []byte) File {
	h.t.Helper()
	f, err := h.Store(h.t.Context(), by, use, name, bytes.NewReader(data))
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func (h *house) claim(by audit.By, use string, id ID, owner Owner) error {
	return h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		return h.Claim(h.t.Context(), tx, by, use, id, owner, h.now())
	})
}

func (h *house) release(owner Owner) {
	h.t.Helper()
	check(h.t, h.db.Write(h.t.Context(), func(tx *db.Tx) error { return h.Release(h.t.Context(), tx, owner) }))
}

func (h *house) sweep() Swept {
	h.t.Helper()
	done, err := h.Sweep(h.t.Context())
	check(h.t, err)
	return done
}

func (h *house) read(owner Owner, id ID) (string, error) {
	r, err := h.Open(h.t.Context(), owner, id)
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return string(data), err
}

// onDisk lists all files in the folder, whatever they are called.
func (h *house) onDisk() (list []string) {
	h.t.Helper()
	check(h.t, filepath.WalkDir(h.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, path)
		}
		return err
	}))
	return list
}

func (h *house) count(query string) (n int) {
	h.t.Helper()
	check(h.t, h.db.Get(h.t.Context(), &n, query))
	return n
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) { f(t, newHouse(t, d)) })
}

func TestStoreRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for title, c := range map[string]struct {
			use, name string
			in        io.Reader
			kind      fault.Kind
			key       string
		}{
			"empty":      {"note", "a.txt", strings.NewReader(""), fault.Invalid, tooEmpty},
			"too large":  {"note", "a.txt", strings.NewReader(strings.Repeat("a", 1001)), fault.TooLarge, "files.refused.too_large"},
			"body ended": {"note", "a.txt", http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(strings.Repeat("a", 99))), 9), fault.TooLarge, "files.refused.too_large"},
			"went away":  {"note", "a.txt", io.MultiReader(strings.NewReader("abc"), broken{}), fault.BadRequest, "fault.bad_request"},
			"other type": {"poster", "a.txt", strings.NewReader("abc"), fault.Invalid, "files.refused.type"},
			"active":     {"poster", "a.png", strings.NewReader("<svg/>"), fault.Invalid, isActive},
			"no use":     {"other", "a.txt", strings.NewReader("abc"), fault.Internal, ""},
		} {
			_, err := h.Store(t.Context(), ola, c.use, c.name, c.in)
			if e := fault.As(err); err == nil || fault.KindOf(err) != c.kind || e != nil && e.Key != c.key {
				t.Errorf("%s: %v", title, err)
			}
		}
		if n := h.count(`select count(*) from files_files`) + h.count(`select count(*) from files_blobs`) + h.count(`select count(*) from files_loose`); n != 0 || len(h.onDisk()) != 0 {
			t.Errorf("%d rows, files %v", n, h.onDisk())
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestStoreClaimRelease(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		photo := phonePhoto(t, halves(64, 32), 6, binary.BigEndian)
		f := h.store(ola, "poster", "../Plakat.JPG", photo)
		if f.Name != "Plakat.jpg" || f.Type != JPEG || f.Width != 32 || f.Height != 64 || !f.Image() || f.Owner != (Owner{}) {
			t.Errorf("%+v", f)
		}
		if _, err := h.read(course, f.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("read before the claim: %v", err)
		}
		for title, c := range map[string]struct {
			by    audit.By
			use   string
			id    ID
			owner Owner
		}{
			"somebody else's": {jan, "poster", f.ID, course},
			"for another use": {ola, "note", f.ID, course},
			"no such file":    {ola, "poster", "0", course},
			"the program":     {audit.By{}, "poster", f.ID, course},
		} {
			if err := h.claim(c.by, c.use, c.id, c.owner); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s: %v", title, err)
			}
		}
		if err := h.claim(ola, "poster", f.ID, Owner{"training", ""}); err == nil {
			t.Error("claimed for nobody")
		}
		for range 2 {
			if err := h.claim(ola, "poster", f.ID, course); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.claim(ola, "poster", f.ID, Owner{"training", "2"}); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("claimed twice: %v", err)
		}
		got, err := h.read(course, f.ID)
		if err != nil || strings.Contains(got, camera) || int64(len(got)) != f.Size {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if _, err := h.read(Owner{"training", "2"}, f.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("read by another owner: %v", err)
		}
		for _, path := range h.onDisk() {
			if strings.Contains(path, "lakat") || strings.HasSuffix(path, ".jpg") || strings.HasSuffix(path, ".attrs") {
				t.Errorf("a name tells something: %s", path)
			}
		}
		h.release(course)
		if list, err := h.Of(t.Context(), h.db, course); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
		h.clock.pass(time.Minute)
		h.sweep()
		h.clock.pass(doomedFor)
		if h.sweep(); len(h.onDisk()) != 0 || h.count(`select count(*) from files_loose`) != 0 {
			t.Errorf("left: %v", h.onDisk())
		}
	})
}

func TestReleaseOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b := h.store(ola, "note", "a.txt", []byte("a")), h.store(ola, "note", "b.txt", []byte("b"))
		check(t, h.claim(ola, "note", a.ID, course))
		check(t, h.claim(ola, "note", b.ID, Owner{"training", "2"}))
		one := func(o Owner, id ID) error {
			return h.db.Write(t.Context(), func(tx *db.Tx) error { return h.ReleaseOne(t.Context(), tx, o, id) })
		}
		if err := one(course, b.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("another's file: %v", err)
		}
		if err := one(course, a.ID); err != nil || h.count(`select count(*) from files_files`) != 1 {
			t.Errorf("%v", err)
		}
	})
}

// The same content is kept once, and nobody can tell: the same work is done,
// and no answer differs.
func TestKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		data := []byte("the same words")
		first := h.store(ola, "note", "a.txt", data)
		wrote := len(h.onDisk())
		second := h.store(jan, "note", "b.txt", data)
		if len(h.onDisk()) != wrote+1 {
			t.Errorf("the second upload wrote %d objects, the first %d", len(h.onDisk())-wrote, wrote)
		}
		if first.ID == second.ID || first.Size != second.Size || second.Name != "b.txt" {
			t.Errorf("%+v, %+v", first, second)
		}
		check(t, h.claim(ola, "note", first.ID, course))
		check(t, h.claim(jan, "note", second.ID, Owner{"training", "2"}))
		h.sweep()
		if len(h.onDisk()) != 1 || h.count(`select count(*) from files_blobs`) != 1 {
			t.Errorf("kept: %v", h.onDisk())
		}
		h.release(course)
		h.sweep()
		h.clock.pass(time.Hour)
		h.sweep()
		if got, err := h.read(Owner{"training", "2"}, second.ID); err != nil || got != string(data) {
			t.Errorf("the other's file is gone: %q, %v", got, err)
		}
	})
}

func TestNamesRevealNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.store(ola, "note", "a.txt", []byte("known"))
		other := newHouse(t, h.db)
		if h.digest("00") == other.digest("00") {
			t.Error("the digest does not depend on the key")
		}
		if !objectShape.MatchString(f.object) {
			t.Errorf("object %q", f.object)
		}
	})
}

func TestUnclaimedAndExpired(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.store(ola, "note", "left.txt", []byte("left"))
		kept, dated := h.store(ola, "note", "a.txt", []byte("a")), h.store(ola, "note", "b.txt", []byte("b"))
		check(t, h.claim(ola, "note", kept.ID, course))
		check(t, h.claim(ola, "note", dated.ID, Owner{"training", "2"}))
		check(t, h.db.Write(t.Context(), func(tx *db.Tx) error { return h.Keep(t.Context(), tx, course, time.Time{}) }))
		h.clock.pass(unclaimedFor - time.Minute)
		if done := h.sweep(); done.Unclaimed != 0 {
			t.Errorf("too early: %+v", done)
		}
		h.clock.pass(2 * time.Minute)
		if done := h.sweep(); done.Unclaimed != 1 || done.Expired != 0 {
			t.Errorf("%+v", done)
		}
		h.clock.pass(30 * 24 * time.Hour)
		if done := h.sweep(); done.Expired != 1 {
			t.Errorf("%+v", done)
		}
		if _, err := h.Find(t.Context(), course, kept.ID); err != nil {
			t.Errorf("the file without a term: %v", err)
		}
		if n := h.count(`select count(*) from files_days`); n != 0 {
			t.Errorf("%d days are still counted", n)
		}
	})
}

// An upload that the collector gave up must not come to life.
func TestUploadThatTookTooLong(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w, c := h.half("slow")
		h.clock.pass(uploadFor + time.Minute)
		if h.sweep(); len(h.onDisk()) != 0 {
			t.Errorf("left: %v", h.onDisk())
		}
		_, err := h.enter(t.Context(), ola, h.uses.uses["note"], c, w)
		if fault.KindOf(err) != fault.Conflict || h.count(`select count(*) from files_blobs`) != 0 {
			t.Errorf("%v", err)
		}
		w, c = h.half("marked, its bytes still there")
		check(t, h.giveUp(t.Context(), h.now().Add(uploadFor+time.Minute)))
		_, err = h.enter(t.Context(), ola, h.uses.uses["note"], c, w)
		if fault.KindOf(err) != fault.Conflict || h.count(`select count(*) from files_blobs`) != 0 {
			t.Errorf("marked: %v", err)
		}
	})
}

// The collector comes to a file that waited a day while its claim is not yet
// committed: the claim holds.
func TestDropDuringClaim(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		f := h.store(ola, "note", "a.txt", []byte("words"))
		h.clock.pass(unclaimedFor + time.Minute)
		dropped := make(chan error, 1)
		once := sync.OnceFunc(func() {
			go func() {
				_, err := h.dropUnclaimed(t.Context(), h.now().Add(-unclaimedFor))
				dropped <- err
			}()
		})
		check(t, d.Write(t.Context(), func(tx *db.Tx) error {
			if err := h.Claim(t.Context(), tx, ola, "note", f.ID, course, h.now()); err != nil {
				return err
			}
			once()
			time.Sleep(200 * time.Millisecond) // only a test may wait in here
			return nil
		}))
		check(t, <-dropped)
		if got, err := h.read(course, f.ID); err != nil || got != "words" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// The collector comes to a content while the transaction that links it again
// is not yet committed: it must wait, and then let the content be.
func TestLetGoDuringLinking(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		old := h.store(ola, "note", "a.txt", []byte("words"))
		check(t, h.claim(ola, "note", old.ID, course))
		h.release(course)
		h.sweep()
		h.clock.pass(time.Hour)
		w, c := h.half("words")
		f := &File{ID: "01234567-0123-7123-8123-0123456789ab", Use: "note", Name: "a.txt", Type: Text, Size: c.size}
		let := make(chan error, 1)
		once := sync.OnceFunc(func() {
			go func() {
				_, err := h.letGo(t.Context(), h.now())
				let <- err
			}()
		})
		check(t, d.Write(t.Context(), func(tx *db.Tx) error {
			if err := f.insert(t.Context(), tx, ola, c, w, h.now()); err != nil {
				return err
			}
			once()
			time.Sleep(200 * time.Millisecond) // only a test may wait in here
			return nil
		}))
		if err := <-let; err != nil {
			t.Errorf("the collector failed: %v", err)
		}
		h.clock.pass(time.Hour)
		h.sweep()
		check(t, h.claim(ola, "note", f.ID, course))
		if got, err := h.read(course, f.ID); err != nil || got != "words" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// half is an upload that wrote its bytes, but not yet its row.
func (h *house) half(text string) (written, content) {
	h.t.Helper()
	sp, err := h.spool(strings.NewReader(text), h.uses.uses["note"])
	check(h.t, err)
	h.t.Cleanup(sp.close)
	c, err := h.inspect(h.t.Context(), sp, h.uses.uses["note"], "a.txt")
	check(h.t, err)
	w, err := h.write(h.t.Context(), c)
	check(h.t, err)
	return w, c
}

// The collector looks between the two halves of an upload whose content it is
// about to let go: whatever the order, the new file has its bytes.
func TestLinkedWhileDoomed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for title, sweeps := range map[string]struct{ before, between int }{
			"marked before":           {1, 0},
			"marked between":          {0, 1},
			"marked and gone between": {1, 1},
			"gone before":             {2, 0},
			"all between":             {0, 2},
		} {
			owner := Owner{"training", title}
			old := h.store(ola, "note", "a.txt", []byte(title))
			check(t, h.claim(ola, "note", old.ID, owner))
			h.release(owner)
			look := func(n int) {
				for range n {
					h.clock.pass(time.Hour)
					h.sweep()
				}
			}
			look(sweeps.before)
			w, c := h.half(title)
			look(sweeps.between)
			f, err := h.enter(t.Context(), jan, h.uses.uses["note"], c, w)
			check(t, err)
			check(t, h.claim(jan, "note", f.ID, owner))
			look(3)
			if got, err := h.read(owner, f.ID); err != nil || got != title {
				t.Errorf("%s: %q, %v", title, got, err)
			}
		}
		if n := len(h.onDisk()); n != 5 {
			t.Errorf("%d objects for 5 files", n)
		}
	})
}

// A mark that came while a file was being written must go, not wait.
func TestMarkOfUsedContentGoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.store(ola, "note", "a.txt", []byte("a"))
		check(t, h.claim(ola, "note", f.ID, course))
		check(t, h.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `update files_blobs set doomed_at = ?`, h.now().Unix())
			return err
		}))
		h.clock.pass(time.Hour)
		h.sweep()
		if _, err := h.read(course, f.ID); err != nil || h.count(`select count(doomed_at) from files_blobs`) != 0 {
			t.Errorf("%v", err)
		}
	})
}

// Everybody at once: the same few contents are sent, claimed, released and
// collected by several collectors whose clock runs. At no moment may a claimed
// file lack its bytes; in the end nothing may be left over.
func TestAllAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.set.PerDayFiles = 1 << 20
		var senders, collectors sync.WaitGroup
		var stop atomic.Bool
		var kept, late atomic.Int64
		for n := range 4 {
			senders.Go(func() {
				for i := range 25 {
					h.sendAndCheck(fmt.Sprintf("p%d", n), i, &kept, &late)
				}
			})
		}
		for range 2 {
			collectors.Go(func() {
				for !stop.Load() {
					h.clock.pass(20 * time.Minute)
					if _, err := h.Sweep(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		senders.Wait()
		stop.Store(true)
		collectors.Wait()
		for range 3 {
			h.clock.pass(25 * time.Hour)
			h.sweep()
		}
		t.Logf("%d kept, %d given up", kept.Load(), late.Load())
		if n := h.count(`select count(*) from files_files`); n != int(kept.Load()) {
			t.Errorf("%d rows, %d kept", n, kept.Load())
		}
		if blobs := h.count(`select count(*) from files_blobs`); blobs != len(h.onDisk()) || blobs > 3 {
			t.Errorf("%d contents, on disk %v", blobs, h.onDisk())
		}
		if kept.Load() == 0 {
			t.Error("nothing was kept: the test shows nothing")
		}
	})
}

func (h *house) sendAndCheck(person string, i int, kept, late *atomic.Int64) {
	by, owner, text := audit.By{Person: person}, Owner{"training", fmt.Sprintf("%s-%d", person, i)}, fmt.Sprintf("content %d", i%3)
	f, err := h.Store(h.t.Context(), by, "all", "a.txt", strings.NewReader(text))
	if err == nil {
		err = h.claim(by, "all", f.ID, owner)
	}
	if k := fault.KindOf(err); err != nil && (k == fault.Conflict || k == fault.NotFound) {
		late.Add(1) // the clock ran a day while it was under way
		return
	}
	if err != nil {
		h.t.Error(err)
		return
	}
	got, err := h.read(owner, f.ID)
	for range 5 { // a look outside of a transaction may be refused at SERIALIZABLE
		if err == nil || fault.KindOf(err) == fault.NotFound {
			break
		}
		got, err = h.read(owner, f.ID)
	}
	if err != nil || got != text {
		h.t.Errorf("%s: %q, %v", owner.ID, got, err)
	}
	if i%4 != 0 {
		if err := h.db.Write(h.t.Context(), func(tx *db.Tx) error { return h.Release(h.t.Context(), tx, owner) }); err != nil {
			h.t.Error(err)
		}
		return
	}
	kept.Add(1)
}

func TestDayIsFull(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, func(s *Settings) { s.PerDayFiles, s.PerDayBytes = 3, 1000 })
		send := func(by audit.By, size int) error {
			_, err := h.Store(t.Context(), by, "note", "a.txt", strings.NewReader(strings.Repeat("a", size)))
			return err
		}
		full := func(err error) bool {
			e := fault.As(err)
			return e != nil && e.Kind == fault.TooMany && e.Key == "files.refused.day_full"
		}
		check(t, send(ola, 600))
		if err := send(ola, 600); !full(err) || h.count(`select count(*) from files_files`) != 1 {
			t.Errorf("bytes: %v", err)
		}
		check(t, send(ola, 10))
		if err := send(ola, 10); !full(err) {
			t.Errorf("number: %v", err)
		}
		check(t, send(jan, 10))
		for range 5 {
			check(t, send(audit.By{}, 10)) // the program itself
		}
		h.clock.pass(24 * time.Hour)
		check(t, send(ola, 10))
	})
}

func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range atOnce {
			if !h.begin("ola") {
				t.Fatal("not even the first ones")
			}
		}
		_, err := h.Store(t.Context(), ola, "note", "a.txt", strings.NewReader("a"))
		if e := fault.As(err); e == nil || e.Key != "files.refused.at_once" {
			t.Error(err)
		}
		h.end("ola")
		h.store(ola, "note", "a.txt", []byte("a"))
		if h.sending["ola"] != atOnce-1 {
			t.Errorf("%d under way", h.sending["ola"])
		}
	})
}

type scanner struct {
	found string
	err   error
	got   []byte
}

func (s *scanner) Scan(_ context.Context, r io.Reader) (string, error) {
	s.got, _ = io.ReadAll(r)
	return s.found, s.err
}

func TestScanner(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sc := &scanner{}
		h.scanner = sc
		photo := phonePhoto(t, halves(8, 8), 1, binary.BigEndian)
		h.store(ola, "poster", "a.jpg", photo)
		if !bytes.Equal(sc.got, photo) {
			t.Error("the scanner did not see the file as it was sent")
		}
		sc.found = "EICAR"
		_, err := h.Store(t.Context(), ola, "note", "a.txt", strings.NewReader("a"))
		if e := fault.As(err); e == nil || e.Key != "files.refused.harmful" {
			t.Error(err)
		}
		sc.found, sc.err = "", errors.New("it is down")
		if _, err := h.Store(t.Context(), ola, "note", "a.txt", strings.NewReader("a")); err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("taken without a look: %v", err)
		}
	})
}

func TestStray(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.store(ola, "poster", "a.png", pngOf(t, halves(9, 9)))
		check(t, h.claim(ola, "poster", f.ID, course))
		half, _ := h.half("under way")
		stray := objectName(h.digest("00"))
		check(t, h.PutBlob(t.Context(), stray, strings.NewReader("stray")))
		tmp := stray + ".1a2b3c.tmp"
		check(t, h.folder.bucket.WriteAll(t.Context(), tmp, []byte("left"), nil))
		check(t, h.folder.bucket.WriteAll(t.Context(), "README", []byte("not ours"), nil))
		if n, err := h.Stray(t.Context()); n != 0 || err != nil {
			t.Errorf("young ones: %d, %v", n, err)
		}
		h.clock.pass(strayFor + time.Minute)
		if n, err := h.Stray(t.Context()); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if _, err := h.deleteObjects(t.Context()); err != nil {
			t.Error(err)
		}
		for object, want := range map[string]bool{stray: false, tmp: false, half.object: true, f.object: true, f.thumb: true, "README": true} {
			if there, err := h.folder.bucket.Exists(t.Context(), object); there != want || err != nil {
				t.Errorf("%s is there: %v, %v", object, there, err)
			}
		}
	})
}

// The folder of another installation must not be emptied.
func TestWrongFolder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range strayLeast + 1 {
			check(t, h.folder.bucket.WriteAll(t.Context(), objectName(h.digest(fmt.Sprint(i))), []byte("x"), nil))
		}
		h.clock.pass(strayFor + time.Minute)
		if _, err := h.Stray(t.Context()); !errors.Is(err, ErrWrongFolder) || h.count(`select count(*) from files_loose`) != 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestHeldAndErase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.store(ola, "note", "a.txt", []byte("mine"))
		check(t, h.claim(ola, "note", f.ID, course))
		h.store(ola, "note", "draft.txt", []byte("draft"))
		other := h.store(jan, "note", "b.txt", []byte("his"))
		held, err := h.Held(t.Context(), "ola")
		if err != nil || len(held) != 2 || held[0].ID != f.ID {
			t.Fatalf("%v, %v", held, err)
		}
		if list, err := h.Held(t.Context(), ""); err != nil || len(list) != 0 {
			t.Errorf("nobody's: %v, %v", list, err)
		}
		r, err := h.OpenHeld(t.Context(), "ola", f.ID)
		check(t, err)
		if data, err := io.ReadAll(r); string(data) != "mine" || err != nil {
			t.Errorf("%q, %v", data, err)
		}
		check(t, r.Close())
		if _, err := h.OpenHeld(t.Context(), "ola", other.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("another's: %v", err)
		}
		check(t, h.db.Write(t.Context(), func(tx *db.Tx) error { return h.Erase(t.Context(), tx, "ola") }))
		if held, err := h.Held(t.Context(), "ola"); err != nil || len(held) != 0 {
			t.Errorf("%v, %v", held, err)
		}
		if list, err := h.Of(t.Context(), h.db, course); err != nil || len(list) != 1 {
			t.Errorf("the course lost its file: %v, %v", list, err)
		}
		if n := h.count(`select count(*) from files_files`); n != 2 {
			t.Errorf("%d rows", n)
		}
		if n := h.count(`select count(*) from files_days where person = 'ola'`); n != 0 {
			t.Errorf("%d days", n)
		}
	})
}

func TestBackup(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		photo, note := h.store(ola, "poster", "a.png", pngOf(t, halves(400, 9))), h.store(ola, "note", "a.txt", []byte("note"))
		h.half("not yet a file")
		saved := map[string][]byte{}
		check(t, h.EachBlob(t.Context(), func(key string, size int64) error {
			r, err := h.OpenBlob(t.Context(), key)
			if err != nil {
				return err
			}
			defer r.Close()
			saved[key], err = io.ReadAll(r)
			if int64(len(saved[key])) != size {
				t.Errorf("%s: %d bytes, listed %d", key, len(saved[key]), size)
			}
			return err
		}))
		if len(saved) != 3 || saved[photo.object] == nil || saved[photo.thumb] == nil || string(saved[note.object]) != "note" {
			t.Fatalf("%d saved", len(saved))
		}
		empty := newHouse(t, h.db)
		empty.keys = h.keys
		for key, data := range saved {
			check(t, empty.PutBlob(t.Context(), key, bytes.NewReader(data)))
			check(t, empty.VerifyBlob(t.Context(), key))
		}
		for _, key := range []string{"../../etc/passwd", "a/../" + note.object, note.object + "/x", "README", ""} {
			if err := empty.PutBlob(t.Context(), key, strings.NewReader("x")); err == nil {
				t.Errorf("%q was written", key)
			}
			if _, err := empty.OpenBlob(t.Context(), key); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%q: %v", key, err)
			}
		}
		check(t, empty.PutBlob(t.Context(), note.object, strings.NewReader("altered")))
		if err := empty.VerifyBlob(t.Context(), note.object); !errors.Is(err, ErrAltered) {
			t.Error(err)
		}
	})
}

func TestOpenFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f, err := OpenFolder(dir)
	check(t, err)
	defer f.Close()
	check(t, f.put(t.Context(), "ab/c", strings.NewReader("x")))
	if err := f.put(t.Context(), "ab/d", io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
		t.Error("half an object was written")
	}
	all, err := f.bucket.List(&blob.ListOptions{}).Next(t.Context())
	if err != nil || all.Key != "ab/c" {
		t.Errorf("%v, %v", all, err)
	}
	if there, _ := f.bucket.Exists(t.Context(), "ab/d"); there {
		t.Error("half an object is there")
	}
}

func TestOnField(t *testing.T) {
	err := OnField(refused(isActive), "plik")
	if e := fault.As(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Name != "plik" || e.Fields[0].Key != isActive || e.Kind != fault.Invalid {
		t.Error(err)
	}
	if other := errors.New("x"); OnField(other, "plik") != other {
		t.Error("another error was changed")
	}
}
