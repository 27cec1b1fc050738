package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	maxParts    = 2000      // files in the archive
	maxUnpacked = 32 << 20  // their bytes together
	maxTags     = 2_000_000 // "<" in them: what a parser builds of a byte is not a byte
)

// readWorkbook reads the first sheet of an XLSX that is not empty.
func readWorkbook(data []byte, c *collector) (err error) {
	if err := weigh(data); err != nil {
		return err
	}
	// The parser is another's, and a file is made to break it more easily than
	// the parser is made never to break. Its panic is a broken file, no more.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (panic: %.200v)", invalid("broken"), r)
		}
	}()
	// Both limits alike: nothing is unpacked to a temporary file, where the
	// names of people would be left lying.
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked, ShortDatePattern: "yyyy-mm-dd"})
	if err != nil {
		return invalid("broken")
	}
	defer f.Close()
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && !visible {
			continue
		}
		if err := readSheet(f, name, c); err != nil || c.table.Header != nil {
			c.table.Sheet = Clean(name)
			return err
		}
	}
	return nil
}

func readSheet(f *excelize.File, name string, c *collector) error {
	rows, err := f.Rows(name)
	if err != nil {
		return nil // a sheet of charts, or one that is named and not there
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return invalid("broken_row", "row", n)
		}
		if err := c.add(n, cells); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return invalid("broken")
	}
	return nil
}

// weigh unpacks the archive into nothing, and counts. What the archive says of
// its own sizes is not believed.
func weigh(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return invalid("broken")
	}
	if len(archive.File) > maxParts {
		return tooLarge(maxUnpacked)
	}
	if err := recognize(archive); err != nil {
		return err
	}
	s := &scale{}
	for _, part := range archive.File {
		if part.FileInfo().IsDir() {
			continue
		}
		r, err := part.Open()
		if err != nil {
			return invalid("broken")
		}
		_, err = io.Copy(s, r)
		r.Close()
		if s.bytes > maxUnpacked || s.tags > maxTags {
			return tooLarge(maxUnpacked)
		}
		if err != nil {
			return invalid("broken")
		}
	}
	return nil
}

// recognize tells a workbook from other archives by the parts that it must have.
func recognize(archive *zip.Reader) error {
	for _, part := range archive.File {
		switch name := strings.ToLower(strings.ReplaceAll(part.Name, "\\", "/")); {
		case name == "xl/workbook.xml":
			return nil
		case name == "xl/workbook.bin":
			return invalid("old_format")
		}
	}
	return invalid("not_a_sheet")
}

// scale counts what is written to it and stops when it is too much.
type scale struct{ bytes, tags int }

func (s *scale) Write(p []byte) (int, error) {
	s.bytes += len(p)
	s.tags += bytes.Count(p, []byte("<"))
	if s.bytes > maxUnpacked || s.tags > maxTags {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}
