package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// SQLite reads the text of a statement anew each time it is run, and for a
// short statement that costs more than running it. So each connection keeps
// the statements that it has read. (pgx does the same for PostgreSQL.)

const (
	// maxKept bounds the memory of a connection: a statement takes some 10 kB.
	maxKept = 200
	// Longer statements, and those with a list of arguments, come in too many
	// shapes to meet one again.
	longestKept = 4000
	marksKept   = 40
)

// keeping opens connections that keep their statements.
type keeping struct{ driver.Connector }

func newKeeping(address string) (keeping, error) {
	c, err := sqlite.NewConnector(address)
	return keeping{c}, err
}

// Connect implements driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(fullConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of %T lacks methods", c), c.Close())
	}
	return &keeper{fullConn: full, kept: map[string]*keptStmt{}}, nil
}

// fullConn is what database/sql wants of a connection, wholly.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keeper is a connection. database/sql uses it from one goroutine at a time.
type keeper struct {
	fullConn
	kept map[string]*keptStmt
}

type keptStmt struct {
	driver.Stmt
	busy bool // its rows are being read
}

// ExecContext implements driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.fullConn.ExecContext(ctx, query, args)
	}
	res, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		k.forget(query, s)
	}
	return res, err
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.fullConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		k.forget(query, s)
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, s}, nil
}

// statement is the statement of that text, read now or before; nil for one
// that is not kept, or whose rows are just being read.
func (k *keeper) statement(ctx context.Context, query string) (*keptStmt, error) {
	if s := k.kept[query]; s != nil {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if !worthKeeping(query) {
		return nil, nil
	}
	if len(k.kept) >= maxKept {
		k.makeRoom()
	}
	s, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	kept := &keptStmt{Stmt: s}
	k.kept[query] = kept
	return kept, nil
}

// worthKeeping leaves out what changes the schema or the connection, and
// scripts of several statements.
func worthKeeping(query string) bool {
	if len(query) > longestKept || strings.Contains(query, ";") || strings.Count(query, "?") > marksKept {
		return false
	}
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	switch strings.ToLower(word) {
	case "select", "insert", "update", "delete", "with":
		return true
	}
	return false
}

// makeRoom forgets any statement that is not being used.
func (k *keeper) makeRoom() {
	for query, s := range k.kept {
		if !s.busy {
			k.forget(query, s)
			return
		}
	}
}

// forget closes a statement. What closing may tell, it told before.
func (k *keeper) forget(query string, s *keptStmt) {
	delete(k.kept, query)
	s.Close() //nolint:errcheck // see above
}

// Close implements driver.Conn. A file whose statements are open stays open.
func (k *keeper) Close() error {
	for query, s := range k.kept {
		k.forget(query, s)
	}
	return k.fullConn.Close()
}

// keptRows gives the statement back when they are closed.
type keptRows struct {
	driver.Rows
	of *keptStmt
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
