package web

import (
	"context"
	"log/slog"
	"net/http"
)

// Counts counts visits in steps of ten minutes and nothing finer (package counts).
type Counts interface {
	// Add counts a visit of a door. Failed tells that the fault was ours.
	Add(door string, failed bool)
}

// Quiet makes a door of which nothing remains: no line in the log, no number of
// the request, no trace, no metric of its own, no memory of forms, whatever
// becomes of the visit (an answer, a refusal, a panic). It is only counted, in
// steps of ten minutes. An error of ours is counted as well and its text is lost:
// the text could tell who, and its time when. Casting a vote, well-being, reports
// and anonymous surveys stand behind quiet doors.
//
// What the shell calls keeps quiet too: a wrapper of sessions asks Quietly and
// writes nothing, and a handler logs nothing and tells no event.
func Quiet() Option { return func(d *door) { d.quiet = true } }

// Quietly tells that the request is at a quiet door.
func Quietly(ctx context.Context) bool { return visitOf(ctx).quiet }

// quietAt tells whether an address leads to a quiet door. One that was knocked
// at by the wrong method is as quiet as by the right one.
func (s *Shell) quietAt(r *http.Request, pattern string) bool {
	if d := s.doors[pattern]; d != nil {
		return d.quiet
	}
	if pattern != "" {
		return false
	}
	for _, p := range s.patternsAt(r) {
		if d := s.doors[p]; d != nil && d.quiet {
			return true
		}
	}
	return false
}

// hush takes back, at the last moment, what a quiet answer must not carry.
func (r *recorder) hush() {
	if r.quiet {
		r.Header().Del("X-Request-Id")
		r.Header().Set("Cache-Control", "no-store")
	}
}

var nowhere = slog.New(slog.DiscardHandler)

// log is where a visit may be written down: nowhere, if its door is quiet.
func (v *visit) log(l *slog.Logger) *slog.Logger {
	if v.quiet {
		return nowhere
	}
	return l
}

// log is the log for what goes wrong with this request.
func (r *Request) log() *slog.Logger { return visitOf(r.Context()).log(r.Shell.Log) }
