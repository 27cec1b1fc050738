package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"kladka/internal/platform/db"
)

// What may be wrong with a file, in words for the one who holds it.
var (
	ErrNotBackup = errors.New("this file is not a backup of Kładka")
	ErrNeedsKey  = errors.New("the backup is encrypted: give the file with the secret key (--identity)")
	ErrWrongKey  = errors.New("the backup was encrypted to somebody else: none of the given keys opens it")
	ErrDamaged   = errors.New("the backup is damaged or cut off")
	ErrNewer     = errors.New("the backup was made by a newer program than this one")
)

// Limits of what a file may ask of us. The first maxExpanded bytes may be as
// empty as they like; beyond, a file that grows by more than maxRatio is a trap.
const (
	maxJSON     = 16 << 20
	maxTables   = 2000
	maxExpanded = 4 << 30
	maxRatio    = 1000
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// reader gives the parts of a backup in their order.
type reader struct {
	tar   *tar.Reader
	plain io.Reader // what the tar is read from
	close func()
	at    *tar.Header // the part that comes next, nil behind the last
	buf   []byte
}

// open looks at the beginning of a file and finds its head.
func open(file io.Reader, keys []age.Identity) (_ *reader, _ Head, err error) {
	in := bufio.NewReaderSize(file, 1<<16)
	r := io.Reader(in)
	if start, _ := in.Peek(len(ageMagic)); string(start) == ageMagic {
		if r, err = decrypt(in, keys); err != nil {
			return nil, Head{}, err
		}
	} else if !bytes.HasPrefix(start, []byte(zstdMagic)) {
		return nil, Head{}, ErrNotBackup
	}
	packed := &counted{r: r}
	z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, Head{}, damaged("%v", err)
	}
	plain := &guarded{r: z, packed: packed}
	x := &reader{tar: tar.NewReader(plain), plain: plain, close: z.Close, buf: make([]byte, 64<<10)}
	head, err := x.head()
	if err != nil {
		x.close()
		return nil, Head{}, err
	}
	return x, head, nil
}

const (
	ageMagic  = "age-encryption.org/v1"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

func decrypt(in io.Reader, keys []age.Identity) (io.Reader, error) {
	if len(keys) == 0 {
		return nil, ErrNeedsKey
	}
	r, err := age.Decrypt(in, keys...)
	if other := (*age.NoIdentityMatchError)(nil); errors.As(err, &other) {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, damaged("%v", err)
	}
	return r, nil
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// guarded calls errors by their name and stops a file that expands without end.
type guarded struct {
	r      io.Reader
	packed *counted
	n      int64
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	if g.n > maxExpanded && g.n/maxRatio > g.packed.n {
		return n, damaged("it expands to more than a thousand times its size")
	}
	if err != nil && err != io.EOF {
		err = damaged("%v", err)
	}
	return n, err
}

// next steps to the next part.
func (x *reader) next() (err error) {
	x.at, err = x.tar.Next()
	switch {
	case err == io.EOF:
		x.at = nil
		return nil
	case errors.Is(err, ErrDamaged):
		return err
	case err != nil:
		return damaged("%v", err)
	}
	// A sparse part is short in the file and long when read.
	if x.at.Typeflag != tar.TypeReg || x.at.Size < 0 || x.at.PAXRecords["GNU.sparse.major"] != "" || x.at.PAXRecords["GNU.sparse.map"] != "" {
		return damaged("%q is no plain part", x.at.Name)
	}
	return nil
}

func (x *reader) json(name string, v any) error {
	if x.at == nil || x.at.Name != name {
		return damaged("%s is missing", name)
	}
	if x.at.Size > maxJSON {
		return damaged("%s is too large", name)
	}
	data, err := io.ReadAll(x.tar)
	if err != nil {
		return named(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return damaged("%s: %v", name, err)
	}
	return x.next()
}

// named makes sure that an error of reading says what it means.
func named(err error) error {
	if err == nil || errors.Is(err, ErrDamaged) {
		return err
	}
	return damaged("%v", err)
}

var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (x *reader) head() (h Head, err error) {
	if err := x.next(); err != nil {
		return h, err
	}
	if x.at == nil || x.at.Name != headName {
		return h, ErrNotBackup
	}
	if err := x.json(headName, &h); err != nil {
		return h, err
	}
	if h.Format > Format {
		return h, fmt.Errorf("%w (%s)", ErrNewer, h.Program)
	}
	return h, h.check()
}

func (h Head) check() error {
	if h.Format < 1 || h.At.IsZero() || len(h.Tables) > maxTables {
		return damaged("its head makes no sense")
	}
	seen := map[string]bool{}
	for _, t := range h.Tables {
		if !tableName.MatchString(t.Name) || seen[t.Name] || len(t.Columns) == 0 || len(t.Columns) > db.MaxParams {
			return damaged("its head names a table %q", t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

// table calls f with every line of the table, which must come next, and tells
// what was found. The line is valid until f returns.
func (x *reader) table(t Shape, f func(line []byte) error) (TableSum, error) {
	found, sum := TableSum{Name: t.Name}, sha256.New()
	for n := 1; x.at != nil && x.at.Name == fmt.Sprintf("tables/%s/%05d.jsonl", t.Name, n); n++ {
		if x.at.Size > maxRow+pieceSize {
			return found, damaged("%s is too large", x.at.Name)
		}
		lines := bufio.NewScanner(io.TeeReader(x.tar, sum))
		lines.Buffer(x.buf, maxRow+1)
		for lines.Scan() {
			found.Rows++
			if err := f(lines.Bytes()); err != nil {
				return found, err
			}
		}
		if err := lines.Err(); err != nil {
			return found, named(err)
		}
		if err := x.next(); err != nil {
			return found, err
		}
	}
	found.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return found, nil
}

// files calls f with every file, to be read at once, and tells what was found.
func (x *reader) files(f func(key string, size int64, r io.Reader) error) (found FileSum, err error) {
	list := sha256.New()
	for x.at != nil {
		key, ok := strings.CutPrefix(x.at.Name, "files/")
		if !ok {
			break
		}
		if err := checkKey(key); err != nil {
			return found, damaged("%v", err)
		}
		sum, size := sha256.New(), x.at.Size
		body := io.TeeReader(x.tar, sum)
		if err := f(key, size, body); err != nil {
			return found, err
		}
		// What f did not read belongs to the sum as well.
		if _, err := io.Copy(io.Discard, body); err != nil {
			return found, named(err)
		}
		listFile(list, key, size, sum)
		found.Count++
		found.Bytes += size
		if err := x.next(); err != nil {
			return found, err
		}
	}
	found.SHA256 = hex.EncodeToString(list.Sum(nil))
	return found, nil
}

// end reads the manifest and finds that nothing comes after it.
func (x *reader) end() (m Manifest, err error) {
	if err := x.json(manifestName, &m); err != nil {
		return m, err
	}
	if x.at != nil {
		return m, damaged("something follows the manifest: %q", x.at.Name)
	}
	// Reading to the end checks the last sums of compression and encryption.
	n, err := io.Copy(io.Discard, x.plain)
	if err == nil && n > 0 {
		err = damaged("something follows the manifest")
	}
	return m, named(err)
}
