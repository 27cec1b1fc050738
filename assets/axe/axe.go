// Package axe holds axe-core, the accessibility checker that browser tests run in
// the pages. It is a package of its own, apart from the assets that are served, so
// that only test binaries carry it: import it from tests alone.
package axe

import _ "embed"

//go:embed axe.min.js
var script []byte

// Script returns the source of axe-core, to be evaluated in the page under test. It
// defines window.axe. The caller must not change the bytes.
func Script() []byte {
	return script
}
