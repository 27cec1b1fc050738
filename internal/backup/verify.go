package backup

import (
	"context"
	"io"
	"slices"

	"filippo.io/age"
)

// Verify reads a whole backup and finds every row readable and every sum
// right, or says what is wrong. It changes nothing and needs no database.
func Verify(ctx context.Context, file io.Reader, keys []age.Identity, progress func(Progress)) (Head, Manifest, error) {
	x, head, err := open(file, keys)
	if err != nil {
		return head, Manifest{}, err
	}
	defer x.close()
	if progress == nil {
		progress = func(Progress) {}
	}
	var found Manifest
	var p Progress
	for _, t := range head.Tables {
		p.Table = t.Name
		sum, err := x.table(t, func(line []byte) error {
			if _, err := readRow(line, t.Columns); err != nil {
				return damaged("table %s: %v", t.Name, err)
			}
			if p.Rows++; p.Rows%1000 == 0 {
				progress(p)
			}
			return ctx.Err()
		})
		if err != nil {
			return head, found, err
		}
		found.Tables = append(found.Tables, sum)
	}
	p.Table = ""
	found.Files, err = x.files(func(_ string, size int64, _ io.Reader) error {
		p.Files++
		p.Bytes += size
		progress(p)
		return ctx.Err()
	})
	if err != nil {
		return head, found, err
	}
	told, err := x.end()
	if err != nil {
		return head, found, err
	}
	return head, found, told.compare(found)
}

// compare holds what the manifest tells against what was found.
func (m Manifest) compare(found Manifest) error {
	if m.Files != found.Files {
		return damaged("the files are not those of the manifest")
	}
	if !slices.Equal(m.Tables, found.Tables) {
		for i, t := range found.Tables {
			if i >= len(m.Tables) || m.Tables[i] != t {
				return damaged("table %s is not that of the manifest", t.Name)
			}
		}
		return damaged("the manifest tells of tables that are not there")
	}
	return nil
}
