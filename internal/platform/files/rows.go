package files

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// row is a file as it lies in the database.
type row struct {
	ID         ID     `db:"id"`
	Object     string `db:"object"`
	UseName    string `db:"use_name"`
	Name       string `db:"name"`
	Type       string `db:"type"`
	Size       int64  `db:"size"`
	Width      int    `db:"width"`
	Height     int    `db:"height"`
	UploadedAt int64  `db:"uploaded_at"`
	Module     string `db:"module"`
	Owner      string `db:"owner"`
	KeepUntil  *int64 `db:"keep_until"`
	Thumb      string `db:"thumb"`
	ThumbSize  int64  `db:"thumb_size"`
}

const fileColumns = `select f.id, f.object, f.use_name, f.name, f.type, f.size, f.width, f.height, f.uploaded_at, f.module, f.owner, f.keep_until,
	b.thumb, b.thumb_size from files_files f join files_blobs b on b.object = f.object`

func (r row) file() File {
	f := File{ID: r.ID, Use: r.UseName, Name: r.Name, Type: r.Type, Size: r.Size, Width: r.Width, Height: r.Height,
		Owner: Owner{r.Module, r.Owner}, Sent: time.Unix(r.UploadedAt, 0), object: r.Object, thumb: r.Thumb, thumbOf: r.ThumbSize}
	if r.KeepUntil != nil {
		f.Keep = time.Unix(*r.KeepUntil, 0)
	}
	return f
}

// selectFiles reads files; rest is the statement from "where" on.
func selectFiles(ctx context.Context, q db.Reader, rest string, args ...any) ([]File, error) {
	var rows []row
	if err := q.Select(ctx, &rows, fileColumns+rest, args...); err != nil {
		return nil, err
	}
	list := make([]File, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.file())
	}
	return list, nil
}

func oneFile(ctx context.Context, q db.Reader, rest string, args ...any) (File, error) {
	list, err := selectFiles(ctx, q, rest, args...)
	if err == nil && len(list) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return File{}, err
	}
	return list[0], nil
}
