package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stop is an element at which Tab ought to stop.
type stop struct {
	Name string `json:"name"`
	Odd  string `json:"odd"`
}

// here is where the focus is.
type here struct {
	At       int      `json:"at"` // in the list of stops, -1 elsewhere
	Name     string   `json:"name"`
	Scroller bool     `json:"scroller"` // the browser stops at what scrolls by itself
	Parts    bool     `json:"parts"`    // has several stops inside, as a date has
	Outside  bool     `json:"outside"`  // at none: the end of the page
	Wrong    []string `json:"wrong"`
}

// walkLength is how far the walk goes: a longer page repeats itself.
const walkLength = 150

// Keyboard walks through the page by Tab, from the top, through at most 150
// stops. Every visible link, button and field must be reached in the order of
// the page, must then be on the screen, not covered, and must show the focus.
// The first stop is the link that skips to the main part, and does so.
func (tab *Tab) Keyboard() ([]string, error) {
	stops, err := look[[]stop](tab, "prepare()")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, s := range stops {
		if s.Odd != "" {
			found = append(found, s.Name+" "+s.Odd)
		}
	}
	wrong, err := tab.walk(stops)
	if err != nil {
		return nil, err
	}
	skip, err := tab.skip()
	return append(append(found, wrong...), skip...), err
}

// walk presses Tab until the page ends. A place that the walk does not leave,
// or to which it comes back, is a trap.
func (tab *Tab) walk(stops []stop) (found []string, err error) {
	next, still := 0, 0
	for next < min(len(stops), walkLength) {
		at, err := tab.tabTo()
		if err != nil {
			return nil, err
		}
		switch {
		case at.Outside:
			return append(found, missed(stops[next:])...), nil
		case at.At == next-1 && at.Parts || at.At < 0 && at.Scroller:
			if still++; still > 10 {
				return append(found, "the keyboard does not get out of "+at.Name), nil
			}
		case at.At < next:
			return append(found, fmt.Sprintf("Tab goes to %s after %s", at.Name, nameBefore(stops, next))), nil
		default:
			found = append(found, missed(stops[next:at.At])...)
			for _, w := range at.Wrong {
				found = append(found, at.Name+" "+w)
			}
			next, still = at.At+1, 0
		}
	}
	if len(stops) > walkLength {
		return found, nil
	}
	return tab.leave(found, len(stops))
}

// leave presses Tab at the end of the page: the focus must go on.
func (tab *Tab) leave(found []string, n int) ([]string, error) {
	for range 8 {
		at, err := tab.tabTo()
		if err != nil {
			return nil, err
		}
		if at.Outside || n <= 1 || at.At >= 0 && at.At != n-1 {
			return found, nil
		}
	}
	return append(found, "the keyboard does not get out of the last stop"), nil
}

// tabTo presses Tab and tells where that led.
func (tab *Tab) tabTo() (here, error) {
	if err := tab.do(chromedp.KeyEvent(kb.Tab)); err != nil {
		return here{}, err
	}
	return ask[here](tab, "kladkaLook.step()")
}

// skip follows the first link of the page.
func (tab *Tab) skip() ([]string, error) {
	if _, err := look[bool](tab, "top()"); err != nil {
		return nil, err
	}
	if _, err := tab.tabTo(); err != nil {
		return nil, err
	}
	on, err := ask[bool](tab, "kladkaLook.onSkip()")
	if err != nil || !on {
		return []string{"the first stop is not the link that skips to the main part"}, err
	}
	if err := tab.do(chromedp.KeyEvent(kb.Enter)); err != nil {
		return nil, err
	}
	inMain, err := ask[bool](tab, "kladkaLook.inMain()")
	if err != nil || inMain {
		return nil, err
	}
	return []string{"the link that skips to the main part does not move the focus there"}, nil
}

func missed(stops []stop) (found []string) {
	for _, s := range stops {
		found = append(found, "Tab does not reach "+s.Name)
	}
	return found
}

func nameBefore(stops []stop, next int) string {
	if next == 0 {
		return "the beginning"
	}
	return stops[next-1].Name
}
