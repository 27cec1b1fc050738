package db

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestAgain(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"serialization": {&pgconn.PgError{Code: "40001"}, true},
		"deadlock":      {fmt.Errorf("move seat: %w", &pgconn.PgError{Code: "40P01"}), true},
		"duplicate":     {&pgconn.PgError{Code: "23505"}, false},
		"lost":          {fmt.Errorf("x: %w", driver.ErrBadConn), true},
		"ours":          {errors.New("40001"), false},
	} {
		if got := again(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPauseGrows(t *testing.T) {
	var longest time.Duration
	for i := range attempts {
		p := pause(i)
		if base := 5 * time.Millisecond << i; p < base/2 || p >= base*3/2 {
			t.Errorf("pause %d is %v", i, p)
		}
		longest += 5 * time.Millisecond << i * 3 / 2
	}
	if longest > 5*time.Second {
		t.Errorf("a write may wait %v", longest)
	}
}

func TestBind(t *testing.T) {
	long := "select 1 where 1 in (" + strings.Repeat("?,", 50) + "?)"
	for _, c := range []struct {
		engine      Engine
		query, want string
	}{
		{SQLite, "a = ? and b = ?", "a = ? and b = ?"},
		{Postgres, "a = ? and b = ?", "a = $1 and b = $2"},
		{Postgres, "no marks", "no marks"},
	} {
		r := &rebinder{engine: c.engine}
		for range 2 { // the second comes from memory
			if got := r.bind(c.query); got != c.want {
				t.Errorf("%s: %q", c.engine, got)
			}
		}
	}
	r := &rebinder{engine: Postgres}
	if got := r.bind(long); !strings.HasSuffix(got, "$51)") {
		t.Errorf("%q", got)
	}
	if _, kept := r.known.Load(long); kept {
		t.Error("a statement with a long list is kept for ever")
	}
}

func TestMarks(t *testing.T) {
	for want, got := range map[string]string{"(?)": Marks(1, 1), "(?,?),(?,?),(?,?)": Marks(3, 2), "": Marks(0, 2)} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
