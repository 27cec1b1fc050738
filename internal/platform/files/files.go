// Package files keeps the files that people send: a photo of an event, a
// signed form, a plan.
//
// A file comes in through Store. It is spooled to a private temporary file,
// looked at (kinds.go: what it is by content, never by what the sender says;
// office.go, pdf.go and image.go: what must not be in it), and written to the
// folder. An image is drawn anew: its place, its date, its camera and whatever
// was hidden in it are gone, and nothing of the original is kept. Then a row is
// written that belongs to nobody yet. The module that asked for the file
// claims it in the transaction of its own thing (Claim), and gives it back
// through Serve, behind a guard of its own.
//
// What must hold, whatever happens at once and whenever the power goes:
//
//  1. A row whose bytes are gone must not be. So an object's name is never
//     used twice, and bytes are deleted only after the commit that took their
//     last row away.
//  2. Bytes without a row must not stay. So a row in files_loose stands before
//     the bytes; what a dead process leaves behind is found there.
//  3. The same content is kept once. Nobody can find out whether somebody else
//     sent it before: every upload is written in full and answered alike, and
//     the surplus is swept away later, by the collector (sweep.go).
//  4. What we hand out never runs: attachment, one of our own few content
//     types, no sniffing, a sandbox around it (serve.go).
//
// The checks are honest, not complete: they stop what is known to be harmful.
// A place for a virus scanner is the interface Scanner.
package files

import (
	"context"
	"embed"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/secrets"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// ID names a file.
type ID string

// Owner is the thing that a file belongs to: a module and the id of a row of it.
type Owner struct {
	Module string
	ID     string
}

// File is what is known of a file without opening it.
type File struct {
	ID      ID
	Use     string
	Name    string // as typed, made harmless; fit for display and download
	Type    string // one of our own list
	Size    int64  // bytes
	Width   int    // of an image, in pixels, upright; 0 for others
	Height  int
	Owner   Owner     // zero until it is claimed
	Sent    time.Time // when it came in
	Keep    time.Time // when it is deleted at the latest; zero for "with its owner"
	object  string
	thumb   string
	thumbOf int64 // bytes of the thumbnail
}

// Image tells whether it is an image, which has a thumbnail.
func (f File) Image() bool { return f.thumb != "" }

// Scanner looks for what is harmful in a file, such as an antivirus program.
// It gets the bytes as they were sent. Found is the name of what it found, ""
// when nothing. While it cannot look, no file is taken in.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) (found string, err error)
}

// Settings are what an operator can set. The zero value works.
type Settings struct {
	PerDayFiles int    // how many files one person may send in a day; 0 for 300
	PerDayBytes int64  // how many bytes; 0 for 1 GiB
	Spool       string // folder for files that are being looked at; "" for the system's
}

func (s Settings) withDefaults() Settings {
	if s.PerDayFiles <= 0 {
		s.PerDayFiles = 300
	}
	if s.PerDayBytes <= 0 {
		s.PerDayBytes = 1 << 30
	}
	return s
}

// Service keeps files. Make it with New.
type Service struct {
	db      *db.DB
	folder  *Folder
	keys    *secrets.Keys
	uses    *Registry
	scanner Scanner
	set     Settings
	now     func() time.Time
	log     *slog.Logger

	looking chan struct{} // as many files are looked at at once: images take memory
	mu      sync.Mutex
	sending map[string]int // uploads of each person under way in this process: a courtesy
}

// lookers bounds the memory that checks take: an image of maxPixels may need
// some 400 MB while it is drawn anew.
const lookers = 2

// New makes the service. The scanner may be nil.
func New(d *db.DB, folder *Folder, keys *secrets.Keys, uses *Registry, scanner Scanner, set Settings, now func() time.Time, log *slog.Logger) *Service {
	return &Service{db: d, folder: folder, keys: keys, uses: uses, scanner: scanner, set: set.withDefaults(), now: now, log: log,
		looking: make(chan struct{}, lookers), sending: map[string]int{}}
}

// Folder is where the bytes lie.
type Folder struct {
	bucket *blob.Bucket
	path   string
}

// OpenFolder opens a folder of this machine, made when it is missing, readable
// by its owner only. It is the one place that knows where bytes lie: a bucket
// elsewhere is to be opened here, by an address in place of the path.
func OpenFolder(path string) (_ *Folder, err error) {
	defer fault.Wrap(&err, "folder of files %s", path)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	bucket, err := fileblob.OpenBucket(path, &fileblob.Options{
		DirFileMode: 0o700,
		NoTempDir:   true, // a rename must stay on one disk
		Metadata:    fileblob.MetadataDontWrite,
	})
	return &Folder{bucket: bucket, path: path}, err
}

// Close closes the folder.
func (f *Folder) Close() error { return f.bucket.Close() }

// put writes an object and waits until the disk has it: the row that names it
// is committed next, and must not outlive its bytes in a power cut.
func (f *Folder) put(ctx context.Context, object string, r io.Reader) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, it drops a half-written object
	w, err := f.bucket.NewWriter(ctx, object, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		cancel()
		return errors.Join(err, ignoreCanceled(w.Close()))
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.sync(object)
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) || gcerrors.Code(err) == gcerrors.Canceled {
		return nil
	}
	return err
}

func (f *Folder) sync(object string) error {
	name := filepath.Join(f.path, filepath.FromSlash(object))
	for _, path := range []string{name, filepath.Dir(name)} {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// open reads an object; one that is not there is fault.ErrNotFound.
func (f *Folder) open(ctx context.Context, object string) (*blob.Reader, error) {
	r, err := f.bucket.NewReader(ctx, object, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fault.ErrNotFound
	}
	return r, err
}

// remove deletes an object; one that is gone already is no error.
func (f *Folder) remove(ctx context.Context, object string) error {
	err := f.bucket.Delete(ctx, object)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}
