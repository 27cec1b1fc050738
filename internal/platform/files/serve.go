package files

import (
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// sandboxed goes with every file: whatever a browser takes it for, it may load
// nothing, run nothing, and is a stranger to our pages.
const sandboxed = "sandbox; default-src 'none'"

// Serve sends a file of the owner. The module guards the door and calls it;
// a file of another owner is fault.ErrNotFound, so an id alone opens nothing.
// It is a download, but for images of a use that says Inline. Parts of a file
// can be asked for, and a copy that is still good need not be sent again.
func (s *Service) Serve(w http.ResponseWriter, r *web.Request, owner Owner, id ID) (err error) {
	defer fault.Wrap(&err, "serve file %s", id)
	f, err := s.Find(r.Context(), owner, id)
	if err != nil {
		return err
	}
	inline := s.uses.uses[f.Use].Inline && kinds[f.Type].image
	return s.send(w, r, f.object, `"`+string(f.ID)+`"`, f.Type, disposition(inline, f.Name))
}

// Thumb sends the small picture of an image of the owner, at most 320 pixels
// wide and high. What is no image has none: fault.ErrNotFound.
func (s *Service) Thumb(w http.ResponseWriter, r *web.Request, owner Owner, id ID) (err error) {
	defer fault.Wrap(&err, "serve small picture %s", id)
	f, err := s.Find(r.Context(), owner, id)
	if err != nil {
		return err
	}
	if !f.Image() {
		return fault.ErrNotFound
	}
	kind, name := PNG, strings.TrimSuffix(f.Name, "."+kinds[f.Type].extensions[0])+".png"
	if f.Type == JPEG {
		kind, name = JPEG, f.Name
	}
	return s.send(w, r, f.thumb, `"`+string(f.ID)+`-s"`, kind, disposition(true, name))
}

// send writes the headers that keep a file from running, and the bytes. The
// tag is made of the file's id, not of its content: two people who sent the
// same must not learn of each other.
func (s *Service) send(w http.ResponseWriter, r *web.Request, object, tag, kind, disposition string) error {
	in, err := s.folder.open(r.Context(), object)
	if err != nil {
		return err
	}
	defer in.Close()
	h := w.Header()
	h.Set("Content-Type", contentType(kind))
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Security-Policy", sandboxed)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Download-Options", "noopen")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Etag", tag)
	h.Set("Cache-Control", cacheRule(r))
	h.Add("Vary", "Cookie")
	h.Set(gzhttp.HeaderNoCompression, "1") // it would take the ranges away
	http.ServeContent(w, r.Request, "", time.Time{}, in)
	return nil
}

// contentType is one of our own list, never what a sender said.
func contentType(name string) string {
	if _, known := kinds[name]; !known {
		return "application/octet-stream"
	}
	return name
}

// cacheRule is that of pages: what a signed-in person sees stays on no disk.
func cacheRule(r *web.Request) string {
	if r.Viewer().SignedIn {
		return "private, no-store"
	}
	return "no-cache"
}
