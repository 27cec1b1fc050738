package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Source is what a backup is made of.
type Source struct {
	DB       *db.DB
	Blobs    Blobs    // nil when there are no files
	Skip     []string // tables whose rows are left out
	Program  string   // version of the program, for people
	Keys     string   // see Head
	To       []age.Recipient
	Now      func() time.Time
	Progress func(Progress) // nil for none; called often
}

// Names of the parts, and how large a piece of a table grows before it is
// written: tar wants the size of a part before its bytes.
const (
	headName     = "kladka.json"
	manifestName = "manifest.json"
	pieceSize    = 1 << 20
	filesTable   = "files_blobs" // platform/files names its contents there
	maxRow       = 64 << 20
	window       = 4 << 20 // of the compression: memory of writer and reader
)

// Write writes a backup of the source, as it is at the moment of the call.
// Files that people add or drop while it runs may or may not be in it; each
// file that the rows of the moment speak of and that is not deleted is.
func Write(ctx context.Context, src Source, to io.Writer) (_ Head, _ Manifest, err error) {
	defer fault.Wrap(&err, "write the backup")
	if src.Progress == nil {
		src.Progress = func(Progress) {}
	}
	out, finish, err := envelope(to, src.To)
	if err != nil {
		return Head{}, Manifest{}, err
	}
	w := &writer{Source: src, tar: tar.NewWriter(out)}
	err = src.DB.Snapshot(ctx, func(r db.Reader) error { return w.tables(ctx, r) })
	if err == nil {
		err = w.files(ctx)
	}
	if err == nil {
		err = w.json(manifestName, w.manifest)
	}
	if err == nil {
		err = w.tar.Close()
	}
	// Also after an error: the compression holds goroutines.
	return w.head, w.manifest, errors.Join(err, finish())
}

// envelope compresses and encrypts.
func envelope(to io.Writer, recipients []age.Recipient) (io.Writer, func() error, error) {
	closeAge := func() error { return nil }
	if len(recipients) > 0 {
		w, err := age.Encrypt(to, recipients...)
		if err != nil {
			return nil, nil, err
		}
		to, closeAge = w, w.Close
	}
	z, err := zstd.NewWriter(to, zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(2))
	if err != nil {
		return nil, nil, err
	}
	return z, func() error { return errors.Join(z.Close(), closeAge()) }, nil
}

type writer struct {
	Source
	tar      *tar.Writer
	head     Head
	manifest Manifest
	progress Progress
}

func (w *writer) tables(ctx context.Context, r db.Reader) error {
	// What was erased from this moment on is not in the backup for certain,
	// so the moment is taken before the first reading.
	at := w.Now().UTC().Truncate(time.Second)
	tables, err := w.DB.Tables(ctx, r)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(tables), func(t db.Table) bool { return slices.Contains(w.Skip, t.Name) })
	if err := w.describe(ctx, r, at, kept); err != nil {
		return err
	}
	for _, t := range kept {
		if err := w.table(ctx, r, t); err != nil {
			return err
		}
	}
	return nil
}

// describe writes the head.
func (w *writer) describe(ctx context.Context, r db.Reader, at time.Time, tables []db.Table) (err error) {
	w.head = Head{Format: Format, Program: w.Program, At: at, Engine: w.DB.Name(), Skipped: w.Skip, Keys: w.Keys}
	for _, t := range tables {
		for _, p := range t.Parents {
			if slices.Contains(w.Skip, p) {
				return fmt.Errorf("table %s refers to rows of %s, which are left out: it could not be restored", t.Name, p)
			}
		}
		w.head.Tables = append(w.head.Tables, Shape{t.Name, t.Columns})
	}
	if w.head.Data, err = db.Property(ctx, r, "data"); err != nil {
		return err
	}
	if w.head.Migrations, err = w.DB.Migrated(ctx, r); err != nil {
		return err
	}
	return w.json(headName, w.head)
}

// table writes a table in pieces; together they are its lines.
func (w *writer) table(ctx context.Context, r db.Reader, t db.Table) error {
	sum, piece, n := sha256.New(), make([]byte, 0, pieceSize+pieceSize/4), 0
	done := TableSum{Name: t.Name}
	flush := func() error {
		n++
		sum.Write(piece)
		err := w.part(fmt.Sprintf("tables/%s/%05d.jsonl", t.Name, n), piece)
		piece = piece[:0]
		w.progress.Table, w.progress.Rows = t.Name, w.manifest.Rows()+done.Rows
		w.Progress(w.progress)
		return err
	}
	err := w.DB.EachRow(ctx, r, t, func(row []any) error {
		before := len(piece)
		if piece = appendRow(piece, row); len(piece)-before > maxRow {
			return fmt.Errorf("a row of table %s has more than %d MB", t.Name, maxRow>>20)
		}
		done.Rows++
		if len(piece) < pieceSize {
			return nil
		}
		return flush()
	})
	if err == nil && len(piece) > 0 {
		err = flush()
	}
	done.SHA256 = hex.EncodeToString(sum.Sum(nil))
	w.manifest.Tables = append(w.manifest.Tables, done)
	return err
}

func (w *writer) files(ctx context.Context) error {
	w.progress.Table = ""
	list := sha256.New()
	for _, t := range w.manifest.Tables {
		if w.Blobs == nil && t.Name == filesTable && t.Rows > 0 {
			return errors.New("there are files, and the backup cannot reach them")
		}
	}
	if w.Blobs != nil {
		err := w.Blobs.EachBlob(ctx, func(key string, size int64) error { return w.file(ctx, list, key, size) })
		if err != nil {
			return err
		}
	}
	w.manifest.Files.SHA256 = hex.EncodeToString(list.Sum(nil))
	return nil
}

func (w *writer) file(ctx context.Context, list hash.Hash, key string, size int64) (err error) {
	defer fault.Wrap(&err, "file %s", key)
	if err := checkKey(key); err != nil {
		return err
	}
	r, err := w.Blobs.OpenBlob(ctx, key)
	if errors.Is(err, fs.ErrNotExist) || fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if err := w.tar.WriteHeader(w.header("files/"+key, size)); err != nil {
		return err
	}
	sum := sha256.New()
	// tar refuses more bytes than announced, and Flush fewer.
	if _, err := io.Copy(io.MultiWriter(w.tar, sum), r); err != nil {
		return err
	}
	if err := w.tar.Flush(); err != nil {
		return err
	}
	listFile(list, key, size, sum)
	w.manifest.Files.Count++
	w.manifest.Files.Bytes += size
	w.progress.Files, w.progress.Bytes = w.manifest.Files.Count, w.manifest.Files.Bytes
	w.Progress(w.progress)
	return ctx.Err()
}

func listFile(list io.Writer, key string, size int64, sum hash.Hash) {
	fmt.Fprintf(list, "%s %d %x\n", key, size, sum.Sum(nil))
}

func (w *writer) json(name string, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return w.part(name, b.Bytes())
}

func (w *writer) part(name string, data []byte) error {
	if err := w.tar.WriteHeader(w.header(name, int64(len(data)))); err != nil {
		return err
	}
	_, err := w.tar.Write(data)
	return err
}

func (w *writer) header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.head.At}
}
