package access

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func isBusy(err error) bool {
	e := fault.As(err)
	return e != nil && e.Kind == fault.TooMany && e.Key == busyKey
}

func TestTurns(t *testing.T) {
	line := &turns{slots: make(chan struct{}, 1), most: 2, longest: time.Minute}
	done, err := line.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { _, err := line.take(ctx); gone <- err }()
	came := make(chan error, 1)
	go func() {
		done, err := line.take(t.Context())
		if err == nil {
			done()
		}
		came <- err
	}()
	for line.waiting.Load() != 2 {
		time.Sleep(time.Millisecond)
	}
	if _, err := line.take(t.Context()); !isBusy(err) {
		t.Errorf("beyond the line: %v", err)
	}
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: %v", err)
	}
	done()
	if err := <-came; err != nil {
		t.Errorf("who waited: %v", err)
	}
	if n := line.waiting.Load(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestALineThatDoesNotMove(t *testing.T) {
	line := &turns{slots: make(chan struct{}, 1), most: 2, longest: 10 * time.Millisecond}
	if _, err := line.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := line.take(t.Context()); !isBusy(err) {
		t.Errorf("got %v", err)
	}
}

// Who was told to wait, or went away, did not guess.
func TestWaitingIsNoGuess(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, _ := service(t, d)
		ctx := t.Context()
		const email, password = "anna@example.org", "a long enough password"
		if _, err := s.AddPerson(ctx, System(), NewPerson{Name: "Anna Lipnicka", Email: email, Password: password, Roles: []Held{{Role: Resident}}}); err != nil {
			t.Fatal(err)
		}
		open := s.hashing
		s.hashing = &turns{slots: make(chan struct{}), most: 0, longest: time.Second} // nobody's turn ever comes
		for range guessesPerAccount + 5 {
			if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.7"}, email, password); !isBusy(err) {
				t.Errorf("got %v", err)
			}
		}
		gone, leave := context.WithCancel(ctx)
		s.hashing = &turns{slots: make(chan struct{}), most: 10, longest: time.Minute}
		time.AfterFunc(20*time.Millisecond, leave)
		if _, err := s.CheckPassword(gone, Caller{Network: "192.0.2.7"}, email, password); !errors.Is(err, context.Canceled) {
			t.Errorf("who went away: %v", err)
		}
		s.hashing = open
		if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.7"}, email, password); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		var n int
		if err := s.db.Get(ctx, &n, `select coalesce(sum(n), 0) from access_guesses`); err != nil || n != 0 {
			t.Errorf("%d guesses are counted, %v", n, err)
		}
	})
}

func TestRetryLater(t *testing.T) {
	w := httptest.NewRecorder()
	retryLater(w, fault.New(fault.TooMany, "access.fault.too_many"))
	if got := w.Header().Get("Retry-After"); got != "" {
		t.Errorf("a guesser is told %q", got)
	}
	retryLater(w, busy())
	if got := w.Header().Get("Retry-After"); got != "20" {
		t.Errorf("got %q", got)
	}
}
