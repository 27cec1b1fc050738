package files

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Store takes a file in for a use and returns it as nobody's yet: claim it
// within a day (Claim). It runs outside of any transaction. The faults it
// returns are for the sender: Invalid (what is wrong with the file), TooLarge,
// TooMany (enough for today, or too many at once), Conflict (it took longer
// than a day). Put them at a field of a form with OnField.
//
// The answer, and the work done for it, are the same whether or not the
// content was here before.
func (s *Service) Store(ctx context.Context, by audit.By, use, name string, r io.Reader) (_ File, err error) {
	defer fault.Wrap(&err, "store a file for %s", use)
	u, known := s.uses.uses[use]
	if !known {
		return File{}, fmt.Errorf("use %q is not declared", use)
	}
	done, err := s.admit(ctx, by)
	if err != nil {
		return File{}, err
	}
	defer done()
	sp, err := s.spool(r, u)
	if err != nil {
		return File{}, err
	}
	defer sp.close()
	c, err := s.inspect(ctx, sp, u, name)
	if err != nil {
		return File{}, err
	}
	w, err := s.write(ctx, c)
	if err != nil {
		return File{}, err
	}
	f, err := s.enter(ctx, by, u, c, w)
	if fault.KindOf(err) == fault.Conflict {
		// The collector looked for our objects before they were written, and
		// will not come again. No row names them, nor ever will.
		return File{}, errors.Join(err, s.folder.remove(ctx, w.object), s.removeThumb(ctx, w))
	}
	return f, err
}

func (s *Service) removeThumb(ctx context.Context, w written) error {
	if w.thumb == "" {
		return nil
	}
	return s.folder.remove(ctx, w.thumb)
}

// OnField turns a fault of Store into one of a field, so that it is shown in
// the form; other errors stay as they are.
func OnField(err error, field string) error {
	e := fault.As(err)
	if e == nil || e.Kind != fault.Invalid && e.Kind != fault.TooLarge && e.Kind != fault.TooMany {
		return err
	}
	return fault.InvalidFields([]fault.Field{{Name: field, Key: e.Key, Args: e.Args}})
}

// spooled is an upload in a file that has no name any more: when the process
// dies, nothing stays.
type spooled struct {
	file *os.File
	size int64
}

func (s *Service) spool(r io.Reader, u Use) (_ *spooled, err error) {
	file, err := os.CreateTemp(s.set.Spool, "kladka-upload-*") // mode 600
	if err != nil {
		return nil, err
	}
	sp := &spooled{file: file}
	defer func() {
		if err != nil {
			sp.close()
		}
	}()
	if err := os.Remove(file.Name()); err != nil {
		return nil, err
	}
	sp.size, err = io.Copy(file, io.LimitReader(r, u.MaxBytes+1))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) || sp.size > u.MaxBytes {
		return nil, fault.New(fault.TooLarge, "files.refused.too_large", "limit", Bytes(u.MaxBytes))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fault.New(fault.BadRequest, "fault.bad_request") // the sender went away
	}
	return sp, err
}

func (sp *spooled) close() { _ = sp.file.Close() } // nothing of it is needed any more

// content is what will be kept, after all checks.
type content struct {
	kind   kind
	name   string
	data   io.ReaderAt
	size   int64
	sum    string // SHA-256 in hex
	thumb  []byte
	width  int
	height int
}

// inspect refuses or makes harmless. As many as s.looking holds run at once.
func (s *Service) inspect(ctx context.Context, sp *spooled, u Use, name string) (c content, err error) {
	select {
	case s.looking <- struct{}{}:
		defer func() { <-s.looking }()
	case <-ctx.Done():
		return c, ctx.Err()
	}
	if c, err = look(sp.file, sp.size, u, name); err != nil {
		return c, err
	}
	if err := s.scan(ctx, sp); err != nil {
		return c, err
	}
	if c.kind.image {
		if err := c.redraw(sp); err != nil {
			return c, err
		}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, c.reader()); err != nil {
		return c, err
	}
	c.sum = hex.EncodeToString(sum.Sum(nil))
	return c, nil
}

// look decides by the content, the name and the use whether a file is taken.
func look(r io.ReaderAt, size int64, u Use, name string) (content, error) {
	c := content{data: r, size: size}
	var err error
	if c.kind, err = kindOf(r, size, name); err != nil {
		return c, err
	}
	if !u.takes(c.kind) {
		return c, refused("files.refused.type", "types", u.Endings())
	}
	var fits bool
	if c.name, fits = fitting(name, c.kind); !fits {
		return c, refused("files.refused.ending", "name", c.name, "ending", c.kind.extensions[0])
	}
	switch {
	case c.kind.zipped:
		err = checkOffice(r, size)
	case c.kind.name == PDF:
		err = checkPDF(r, size)
	}
	return c, err
}

func (u Use) takes(k kind) bool {
	for _, t := range u.Types {
		if t == k.name {
			return true
		}
	}
	return false
}

func (s *Service) scan(ctx context.Context, sp *spooled) error {
	if s.scanner == nil {
		return nil
	}
	found, err := s.scanner.Scan(ctx, io.NewSectionReader(sp.file, 0, sp.size))
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	if found != "" {
		s.log.Warn("a scanner refused a file", "found", found)
		return refused("files.refused.harmful")
	}
	return nil
}

func (c *content) redraw(sp *spooled) error {
	data := make([]byte, sp.size)
	if _, err := sp.file.ReadAt(data, 0); err != nil && err != io.EOF {
		return err
	}
	p, err := redraw(data, c.kind)
	if err != nil {
		return err
	}
	c.data, c.size = bytes.NewReader(p.data), int64(len(p.data))
	c.thumb, c.width, c.height = p.thumb, p.width, p.height
	return nil
}

func (c content) reader() io.Reader { return io.NewSectionReader(c.data, 0, c.size) }

// written are the objects of one upload that lie in the folder.
type written struct {
	object string
	digest string
	thumb  string // "" for what is no image
}

// write puts the bytes into the folder, always: whether they are there already
// must make no difference that anybody could measure. A row in files_loose
// stands first.
func (s *Service) write(ctx context.Context, c content) (written, error) {
	w := written{digest: s.digest(c.sum)}
	w.object = objectName(w.digest)
	objects := []string{w.object}
	if c.thumb != nil {
		sum := sha256.Sum256(c.thumb)
		w.thumb = objectName(s.digest(hex.EncodeToString(sum[:])))
		objects = append(objects, w.thumb)
	}
	at := s.now().Unix()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		for _, o := range objects {
			_, err := tx.Exec(ctx, `insert into files_loose (object, since, going) values (?, ?, ?)`, o, at, false)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return w, err
	}
	if err := s.folder.put(ctx, w.object, c.reader()); err != nil {
		return w, err
	}
	if w.thumb != "" {
		err = s.folder.put(ctx, w.thumb, bytes.NewReader(c.thumb))
	}
	return w, err
}

// digest is what we call a content. Without the key nobody can tell from it
// what the content is, nor ask for one they know.
func (s *Service) digest(sum string) string { return hex.EncodeToString(s.keys.MAC("files", sum)) }

// objectName is a name that was never used: the digest and a chance. The
// first two letters spread the objects over folders.
func objectName(digest string) string {
	chance := make([]byte, 8)
	rand.Read(chance) // never fails, see crypto/rand
	return digest[:2] + "/" + digest + "." + hex.EncodeToString(chance)
}

// enter writes the rows of a file whose bytes lie in the folder. It fails with
// a Conflict when the collector gave the upload up.
func (s *Service) enter(ctx context.Context, by audit.By, u Use, c content, w written) (File, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return File{}, err
	}
	at := s.now()
	f := File{ID: ID(id.String()), Use: u.Name, Name: c.name, Type: c.kind.name, Size: c.size, Width: c.width, Height: c.height,
		Sent: time.Unix(at.Unix(), 0)}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := addBytes(ctx, tx, by, c.size, s.set.PerDayBytes, at); err != nil {
			return err
		}
		return f.insert(ctx, tx, by, c, w, at)
	})
	return f, err
}

func (f *File) insert(ctx context.Context, tx *db.Tx, by audit.By, c content, w written, at time.Time) (err error) {
	if f.object, f.thumb, err = settle(ctx, tx, c, w, at); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into files_files (id, object, use_name, name, type, size, width, height, uploaded_by, uploaded_at, module, owner)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')`, f.ID, f.object, f.Use, f.Name, f.Type, f.Size, f.Width, f.Height, by.Person, at.Unix())
	return err
}

// settle names the content: a new row takes our objects, a row that stands
// makes them surplus. Either way the row of the content is locked from here to
// the commit and no longer doomed, so the collector lets it be.
func settle(ctx context.Context, tx *db.Tx, c content, w written, at time.Time) (object, thumb string, err error) {
	var row struct{ Object, Thumb string }
	err = tx.Get(ctx, &row, `insert into files_blobs (object, digest, size, thumb, thumb_size) values (?, ?, ?, ?, ?)
		on conflict (digest) do update set doomed_at = null
		returning object, thumb`, w.object, w.digest, c.size, w.thumb, len(c.thumb))
	if err != nil {
		return "", "", err
	}
	for _, o := range []string{w.object, w.thumb} {
		if o == "" {
			continue
		}
		if err := unhold(ctx, tx, o, row.Object != w.object, at); err != nil {
			return "", "", err
		}
	}
	return row.Object, row.Thumb, nil
}

// unhold ends the time in which an object is being written: it is named now,
// or surplus and for the collector to take.
func unhold(ctx context.Context, tx *db.Tx, object string, surplus bool, at time.Time) (err error) {
	var n int64
	if surplus {
		n, err = tx.Exec(ctx, `update files_loose set going = ?, since = ? where object = ? and going = ?`, true, at.Unix(), object, false)
	} else {
		n, err = tx.Exec(ctx, `delete from files_loose where object = ? and going = ?`, object, false)
	}
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "files.took_too_long")
	}
	return err
}

// Bytes writes a size for people: "10 MB", the same in all our languages.
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d\u00a0B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d\u00a0kB", (n+500)/1000)
	case n < 1_000_000_000:
		return fmt.Sprintf("%d\u00a0MB", (n+500_000)/1_000_000)
	}
	return fmt.Sprintf("%d\u00a0GB", (n+500_000_000)/1_000_000_000)
}
