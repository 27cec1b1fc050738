package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"kladka/internal/platform/fault"
)

// The names of the hidden fields of Once.
const (
	onceKey = "_klucz"
	onceHat = "_jako"
)

// newOnceKey is 128 random bits in hex.
func newOnceKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; it ends the program instead
	return hex.EncodeToString(b[:])
}

// Repeats remembers how forms were answered, so that one that is sent twice
// (an impatient press, a line that broke, Back and again) is done once. It is
// shared by all processes.
type Repeats interface {
	// Claim takes the form for a request that is about to run, or tells how
	// it was answered. Neither means that it is being done right now.
	Claim(ctx context.Context, form Sent) (mine bool, answer *Answer, err error)
	// Answered remembers the answer to a claimed form.
	Answered(ctx context.Context, form Sent, a Answer) error
	// Release forgets a claimed form: it failed, or was answered by a page.
	Release(ctx context.Context, form Sent) error
}

// Sent is one form that was sent: the digest of its key, the person, the door.
type Sent struct {
	Hash   string // hex of SHA-256 over door, person and key
	Door   string
	Person string // "" for a stranger, whom only the key tells apart
}

// Answer is a redirect and the notice that went with it.
type Answer struct {
	Status   int
	Location string
	Notice   string // value of the cookie; "" for none
}

// Idempotent makes a door take a form once: when the same key (see Once) is
// sent again by the same person within a day, the handler does not run and the
// answer is the redirect of the first time. Only redirects are remembered. What
// failed may be sent again.
//
// The memory is written beside the handler's transaction and not in it. When
// the program dies between the two, the form stays claimed: sent again it is
// refused with the advice to look first, and never done twice.
func Idempotent() Option { return func(d *door) { d.once = true } }

// hidden are the fields of Once that came with a form.
type hidden struct {
	key    string
	hat    string
	hatted bool // the form told a hat, be it none
}

// hiddenOf reads the fields of Once without taking the form from the handler.
// A file that is uploaded is not read for them: they stand first in the form.
func hiddenOf(r *http.Request) (hidden, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return hidden{}, nil
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return hidden{}, formFault(err)
		}
		return hidden{r.PostForm.Get(onceKey), r.PostForm.Get(onceHat), r.PostForm.Has(onceHat)}, nil
	case "multipart/form-data":
		return peekHidden(r, params["boundary"]), nil
	}
	return hidden{}, nil
}

// peekSize is enough for the hidden fields with the headers of their parts.
const peekSize = 4 << 10

func peekHidden(r *http.Request, boundary string) hidden {
	if boundary == "" || r.Body == nil {
		return hidden{}
	}
	b := bufio.NewReaderSize(r.Body, peekSize)
	start, _ := b.Peek(peekSize) // an error comes again when the handler reads
	r.Body = struct {
		io.Reader
		io.Closer
	}{b, r.Body}
	return hiddenIn(start, boundary)
}

// hiddenIn reads the first parts of a form until one that is not ours.
func hiddenIn(start []byte, boundary string) hidden {
	var h hidden
	parts := multipart.NewReader(bytes.NewReader(start), boundary)
	for range 2 {
		part, err := parts.NextPart()
		if err != nil || part.FileName() != "" {
			return h
		}
		name := part.FormName()
		if name != onceKey && name != onceHat {
			return h
		}
		value, err := io.ReadAll(io.LimitReader(part, 200))
		if err != nil {
			return h
		}
		if name == onceKey {
			h.key = string(value)
		} else {
			h.hat, h.hatted = string(value), true
		}
	}
	return h
}

// formFault tells a body that is too long from one that is broken.
func formFault(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "fault.too_large")
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

// as is what a form says of the person for whom it was drawn: the hat, and a
// digest of the person, because two pupils of one school wear the same hat.
func (v Viewer) as() string {
	if v.Person == "" {
		return v.HatKey
	}
	sum := sha256.Sum256([]byte("web.as\x00" + v.Person))
	return v.HatKey + "~" + hex.EncodeToString(sum[:6])
}

// sameHat refuses a form that was drawn for another hat or another person than
// the one who sends it. A bare hat is taken as well.
func sameHat(r *Request, h hidden) error {
	if !h.hatted {
		return nil
	}
	if v := r.Viewer(); h.hat == v.as() || h.hat != "" && h.hat == v.HatKey {
		return nil
	}
	return fault.New(fault.Conflict, "fault.other_hat")
}

// A repeat that meets the first one at work waits for its answer: after a
// double press the browser listens to the second request only.
const (
	repeatPatience = 3 * time.Second
	repeatPause    = 50 * time.Millisecond
)

// runOnce lets the handler run unless the form was answered already.
func (s *Shell) runOnce(w http.ResponseWriter, r *Request, d *door, key string) error {
	form := sent(r, key)
	for waited := time.Duration(0); ; waited += repeatPause {
		mine, answer, err := s.Repeats.Claim(r.Context(), form)
		switch {
		case err != nil:
			return err
		case answer != nil:
			s.repeat(w, r, *answer)
			return nil
		case mine:
			return s.runClaimed(w, r, d, form)
		case waited >= repeatPatience:
			return fault.New(fault.Conflict, "fault.being_done")
		}
		select {
		case <-r.Context().Done():
			return fault.New(fault.Conflict, "fault.being_done")
		case <-time.After(repeatPause):
		}
	}
}

func sent(r *Request, key string) Sent {
	person := r.Viewer().Person
	sum := sha256.Sum256([]byte(strings.Join([]string{r.Pattern, person, key}, "\x00")))
	return Sent{Hash: hex.EncodeToString(sum[:]), Door: r.Pattern, Person: person}
}

// runClaimed runs the handler and remembers its redirect. Whatever else comes
// of it, a panic included, sets the form free. The person may have gone away
// meanwhile; the memory must be written all the same.
func (s *Shell) runClaimed(w http.ResponseWriter, r *Request, d *door, form Sent) (err error) {
	ctx := context.WithoutCancel(r.Context())
	kept := false
	defer func() {
		if kept {
			return
		}
		if free := s.Repeats.Release(ctx, form); free != nil {
			s.Log.Error("form not set free", "request", r.ID(), "door", form.Door, "err", free)
		}
	}()
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	if err := d.handler(rec, r); err != nil {
		return err
	}
	a, ok := answerOf(rec)
	if !ok {
		return nil
	}
	kept = true
	if err := s.Repeats.Answered(ctx, form, a); err != nil {
		s.Log.Error("answer not remembered", "request", r.ID(), "door", form.Door, "err", err)
	}
	return nil
}

func answerOf(rec *recorder) (Answer, bool) {
	to := rec.Header().Get("Location")
	if rec.status != http.StatusSeeOther && rec.status != http.StatusFound || to == "" {
		return Answer{}, false
	}
	a := Answer{Status: rec.status, Location: to}
	for _, line := range rec.Header().Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == noticeCookie && c.MaxAge >= 0 {
			a.Notice = c.Value
		}
	}
	return a, true
}

// repeat gives the answer of the first time.
func (s *Shell) repeat(w http.ResponseWriter, r *Request, a Answer) {
	if a.Notice != "" {
		http.SetCookie(w, s.cookie(noticeCookie, a.Notice, time.Minute))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r.Request, a.Location, a.Status)
}
