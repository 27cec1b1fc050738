package assets

import (
	"net/http"
	"strconv"
	"strings"
)

// ServeHTTP serves the file named by a path that URL returned. Other paths, those
// with the hash of an older release among them, are not found: to answer with the
// present content would let caches keep it for a year under the wrong name.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	// The name is looked up in a map and never joined to a path of a file system,
	// so there is nothing to climb out of.
	name, ok := strings.CutPrefix(r.URL.Path, Prefix)
	f := s.hashed[name]
	if !ok || f == nil {
		// During an upgrade an old server may be asked for a new file. Its "not
		// found" must not outlive it in a cache.
		h.Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	body, encoding := f.negotiate(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	// A strong tag promises the same bytes, so each encoding has its own.
	etag := `"` + f.hash + `"`
	if encoding != "" {
		etag = `"` + f.hash + "-" + encoding + `"`
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", etag)
	h.Add("Vary", "Accept-Encoding")
	if noneMatch(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(body) // an error means that the visitor went away
}

// negotiate picks the form that the client likes best, and among equals the
// smallest. The plain form is the last resort even for a client that refuses it, as
// a page without its style would help nobody.
func (f *file) negotiate(accept string) (body []byte, encoding string) {
	weights := parseAccept(accept)
	// Plain that is not mentioned is acceptable, but less than anything asked for.
	body, best := f.plain, weights["identity"]
	for _, form := range []struct {
		encoding string
		body     func() []byte
	}{{"br", f.brotli}, {"gzip", f.gzip}} {
		weight, ok := weights[form.encoding]
		if !ok {
			weight = weights["*"]
		}
		if weight == 0 || weight < best || weight == best && encoding != "" {
			continue
		}
		if b := form.body(); b != nil {
			body, encoding, best = b, form.encoding, weight
		}
	}
	return body, encoding
}

// parseAccept returns the weight of each coding in an Accept-Encoding header. A
// weight that cannot be read counts as 0, so that a broken header costs speed and
// not the content.
func parseAccept(accept string) map[string]float64 {
	weights := map[string]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "" {
			continue
		}
		weights[coding] = 1
		key, value, found := strings.Cut(params, "=")
		if found && strings.EqualFold(strings.TrimSpace(key), "q") {
			weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(weight >= 0 && weight <= 1) {
				weight = 0
			}
			weights[coding] = weight
		}
	}
	return weights
}

// noneMatch reports whether the client already has the content with this tag. The
// comparison is the weak one, as the standard asks: a proxy may have weakened it.
func noneMatch(headers []string, etag string) bool {
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}
