package browser

import (
	_ "embed"
	"fmt"
)

//go:embed page.js
var pageScript string

// look asks the page's script something. The script is put in each time, for
// the page may have been left for another.
func look[T any](tab *Tab, question string) (T, error) {
	if _, err := ask[bool](tab, pageScript); err != nil {
		var none T
		return none, fmt.Errorf("look at %s: %w", tab.url, err)
	}
	return ask[T](tab, "kladkaLook."+question)
}

// Overflow tells whether the page scrolls sideways, as it is and with everything
// unfolded, and names the widest element; where words are cut off; and where
// they stand one below the other in too narrow a column.
func (tab *Tab) Overflow() ([]string, error) { return look[[]string](tab, "overflow()") }

// Targets names what can be pressed and is smaller than 24 × 24 CSS pixels. A
// link among the words of a sentence may be.
func (tab *Tab) Targets() ([]string, error) { return look[[]string](tab, "targets()") }
