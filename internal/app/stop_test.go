package app_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"kladka/internal/app"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// TestStop: when the program is told to stop, a request in flight finishes,
// an endless one ends, and Serve returns without an error.
func TestStop(t *testing.T) {
	d := testkit.SQLite(t, app.Modules())
	ctx, stop := context.WithCancel(context.Background())
	a, err := app.New(ctx, d, app.Settings{Listen: "127.0.0.1:0", Folder: t.TempDir()}, slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan struct{}, 2)
	a.Shell().Handle("GET /powoli", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		entered <- struct{}{}
		time.Sleep(300 * time.Millisecond)
		_, err := io.WriteString(w, "zrobione")
		return err
	})
	a.Shell().Handle("GET /bez-konca", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		entered <- struct{}{}
		<-r.Shell.Stopping()
		return nil
	})
	address := make(chan string, 1)
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, func(at net.Addr) { address <- "http://" + at.String() }) }()
	base := <-address
	answers := make(chan string, 2)
	for _, path := range []string{"/powoli", "/bez-konca"} {
		go func() {
			res, err := http.Get(base + path)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			answers <- path + " " + string(b)
		}()
	}
	<-entered
	<-entered
	stop()
	got := map[string]bool{<-answers: true, <-answers: true}
	if !got["/powoli zrobione"] || !got["/bez-konca "] {
		t.Errorf("answers %v", got)
	}
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Serve does not return")
	}
}
