package web

import (
	"net/http"
)

// At a shared computer (Viewer.Shared: a pupil with a printed card) the next
// person must find nothing of the one before. Pages stay on no disk, a person
// who went away is signed out after three minutes, and a mark in the browser
// keeps addresses from being carried over.

// AlivePath is called by the script while somebody works on a page without
// loading another, so that the session does not run out under their hands.
const AlivePath = "/konto/jestem"

const (
	// IdleMinutes is how long nothing may happen at a shared computer. The
	// session must end after the same time by itself.
	IdleMinutes  = 3
	idleSeconds  = "180"
	idleRefresh  = idleSeconds + ";url=" + FinishedPath
	sharedCookie = "kladka_shared"
)

func (s *Shell) sharedRoutes() {
	s.Handle("POST "+AlivePath, Public, func(w http.ResponseWriter, _ *Request) error {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// markShared remembers until the browser is closed that people take turns at
// it, and forgets it when somebody signs in who does not.
func (r *Request) markShared(w http.ResponseWriter, v Viewer) {
	if w == nil || !v.SignedIn || v.Shared == r.sharedComputer() {
		return
	}
	c := r.Shell.cookie(sharedCookie, "1", 0) // until the browser is closed
	if !v.Shared {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (r *Request) sharedComputer() bool {
	_, err := r.Cookie(sharedCookie)
	return err == nil
}

// FinishShared answers what ends a visit to a shared computer, and leads to the
// page that says so. Browsers keep whole pages for the button Back, also those
// that no cache may store, and without scripts show them as they were; they let
// go of them when the cookies are cleared.
func (r *Request) FinishShared(w http.ResponseWriter) error {
	LeaveNothing(w)
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	return r.Redirect(w, FinishedPath+"?"+wasShared+"=1")
}

// wasShared tells the page after FinishShared that the mark of the computer went
// with all cookies. Who comes there by themselves is no shared computer.
const wasShared = "wspolny"

// StayShared marks the computer anew, on the page after FinishShared.
func (r *Request) StayShared(w http.ResponseWriter) {
	if r.Value(wasShared) == "" {
		return
	}
	r.markShared(w, Viewer{SignedIn: true, Shared: true})
}

// LeaveNothing tells the browser to forget the pages it keeps. The answers
// that sign a person out, and the page after, call it.
func LeaveNothing(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Clear-Site-Data", `"cache"`)
}
