package assets

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
)

var urlRef = regexp.MustCompile(`url\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s]*))\s*\)`)

func (s *Set) addStyle(name string, css []byte) error {
	css, err := s.rewriteRefs(css)
	if err != nil {
		return err
	}
	return s.add(name, css)
}

// rewriteRefs puts hashed names in place of the names in url(...). A reference
// counts by its base name alone, since all assets are served from one folder. What
// does not resolve is an error, an address elsewhere included: the visitor's browser
// is never sent to other people's servers. So is a style that imports another one:
// the page links both, which is quicker.
func (s *Set) rewriteRefs(css []byte) ([]byte, error) {
	var out bytes.Buffer
	end := 0
	for _, m := range urlRef.FindAllSubmatchIndex(css, -1) {
		ref := firstGroup(css, m)
		if isLocal(ref) {
			continue
		}
		served, ok := s.urls[path.Base(ref)]
		if !ok || isElsewhere(ref) || path.Ext(ref) == ".css" {
			return nil, fmt.Errorf("url(%s) is not one of the assets", ref)
		}
		out.Write(css[end:m[0]])
		fmt.Fprintf(&out, "url(%q)", served)
		end = m[1]
	}
	out.Write(css[end:])
	return out.Bytes(), nil
}

// isLocal reports whether the reference stays within the style or the page: inlined
// data, or a fragment such as #default#VML, which Leaflet has for old browsers.
func isLocal(ref string) bool {
	return strings.HasPrefix(ref, "data:") || strings.HasPrefix(ref, "#")
}

func isElsewhere(ref string) bool {
	return strings.Contains(ref, ":") || strings.HasPrefix(ref, "//")
}

// firstGroup returns the group that took part in the match.
func firstGroup(b []byte, m []int) string {
	for i := 2; i < len(m); i += 2 {
		if m[i] >= 0 {
			return string(b[m[i]:m[i+1]])
		}
	}
	return ""
}
