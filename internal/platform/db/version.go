package db

import (
	"context"
	"embed"
	"errors"

	"kladka/internal/platform/fault"
)

// Migrations are the tables of this package: versions and properties.
//
//go:embed migrations
var Migrations embed.FS

// Version reads a counter that is raised with every change of what a cache
// holds (design rule 11). A counter never raised is 0.
func Version(ctx context.Context, r Reader, name string) (int64, error) {
	var n int64
	err := r.Get(ctx, &n, `select n from versions where name = ?`, name)
	if errors.Is(err, fault.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// Raise raises a counter inside the transaction of the change, so that no
// process can see the new rows with the old number.
func Raise(ctx context.Context, tx *Tx, name string) error {
	_, err := tx.Exec(ctx, `insert into versions (name, n) values (?, 1)
		on conflict (name) do update set n = versions.n + 1`, name)
	return err
}

// Property reads a fact about the database itself, such as whether it holds
// invented data. A property never set is "".
func Property(ctx context.Context, r Reader, name string) (string, error) {
	var v string
	err := r.Get(ctx, &v, `select value from properties where name = ?`, name)
	if errors.Is(err, fault.ErrNotFound) {
		return "", nil
	}
	return v, err
}

// SetProperty writes a fact about the database itself.
func SetProperty(ctx context.Context, tx *Tx, name, value string) error {
	_, err := tx.Exec(ctx, `insert into properties (name, value) values (?, ?)
		on conflict (name) do update set value = excluded.value`, name, value)
	return err
}

// RaiseAll raises every counter by far more than it was raised since a backup
// was made, so that no cache takes restored rows for those it knows.
func RaiseAll(ctx context.Context, tx *Tx) error {
	_, err := tx.Exec(ctx, `update versions set n = n + 1000000`)
	return err
}

// DropProperty takes a fact about the database itself away.
func DropProperty(ctx context.Context, tx *Tx, name string) error {
	_, err := tx.Exec(ctx, `delete from properties where name = ?`, name)
	return err
}
