package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A walk goes through pages as a person does: it clicks what is to be seen,
// types letter by letter what a field takes, goes back, keeps a file. Each step
// waits for what follows, for stepTime at most, and fails when nothing follows.
// Nothing of it needs the scripts of the page.

// Visit opens an address in the tab, as who types it or follows a link in a letter.
func (tab *Tab) Visit(address string) error {
	return tab.leads("visit "+address, func() error { return tab.do(chromedp.Navigate(address)) })
}

// Click clicks the first thing to be seen that the selector names, and waits for
// the page that follows.
func (tab *Tab) Click(selector string) error {
	return tab.leads("click "+selector, func() error { return tab.point(selector) })
}

// Wait waits for a page that follows by itself: a script or a refresh leads there.
func (tab *Tab) Wait(act func() error) error { return tab.leads("wait", act) }

// Toggle clicks what changes the page in place, such as a box to tick.
func (tab *Tab) Toggle(selector string) error {
	if err := tab.point(selector); err != nil {
		return fmt.Errorf("toggle %s: %w", selector, err)
	}
	return tab.settle()
}

// Type clicks into a field and writes over what is in it.
func (tab *Tab) Type(selector, text string) error {
	if err := tab.point(selector); err != nil {
		return fmt.Errorf("type into %s: %w", selector, err)
	}
	_, err := ask[bool](tab, `(document.activeElement.select?.(), true)`)
	if err != nil {
		return err
	}
	// Key by key would lose letters that no key has.
	err = tab.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
	if err != nil {
		return fmt.Errorf("type into %s: %w", selector, err)
	}
	got, err := ask[string](tab, `document.activeElement.value ?? ''`)
	if err == nil && got != text {
		err = fmt.Errorf("%s holds %q, not %q", selector, got, text)
	}
	return err
}

// Pick chooses the option of a list whose words hold the given ones.
func (tab *Tab) Pick(selector, words string) error {
	found, err := ask[bool](tab, fmt.Sprintf(`(() => {
		const list = document.querySelector(%q);
		const option = [...list.options].find(o => !o.disabled && o.text.includes(%q));
		if (!option) return false;
		list.focus();
		list.value = option.value;
		for (const name of ['input', 'change']) list.dispatchEvent(new Event(name, {bubbles: true}));
		return true;
	})()`, selector, words))
	if err == nil && !found {
		err = fmt.Errorf("%s offers no %q", selector, words)
	}
	return err
}

// Attach puts a file of this machine into a field.
func (tab *Tab) Attach(selector, file string) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	return tab.do(chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}

// Download clicks what is answered with a file, and returns the file. The page
// stays as it is.
func (tab *Tab) Download(selector, folder string) ([]byte, error) {
	c := chromedp.FromContext(tab.ctx)
	_, err := chromedp.CallBrowser(tab.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: c.BrowserContextID, DownloadPath: folder})
	if err != nil {
		return nil, err
	}
	if err := tab.point(selector); err != nil {
		return nil, fmt.Errorf("download by %s: %w", selector, err)
	}
	for range int(stepTime / (50 * time.Millisecond)) {
		time.Sleep(50 * time.Millisecond)
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		if len(files) == 1 && !strings.HasSuffix(files[0].Name(), ".crdownload") && !strings.HasPrefix(files[0].Name(), ".") {
			return os.ReadFile(filepath.Join(folder, files[0].Name()))
		}
	}
	return nil, fmt.Errorf("no file came by %s", selector)
}

// Back presses the button Back of the browser. A page that the browser kept
// whole comes without a request and without being loaded.
func (tab *Tab) Back() error {
	_, err := tab.back()
	return err
}

// back tells whether the browser asks first whether to send a form again.
func (tab *Tab) back() (asks bool, err error) {
	err = tab.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		history, err := cdp.Call(ctx, t, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		if history.CurrentIndex == 0 {
			return errors.New("nothing was before")
		}
		_, err = cdp.Call(ctx, t, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: history.Entries[history.CurrentIndex-1].ID})
		return err
	}))
	if err != nil {
		return false, fmt.Errorf("back: %w", err)
	}
	time.Sleep(400 * time.Millisecond) // a kept page may ask for itself anew
	if err := tab.settled(); err != nil {
		return false, fmt.Errorf("back: %w", err)
	}
	at, err := ask[string](tab, `location.href`)
	return strings.HasPrefix(at, "chrome-error:"), err
}

// Resend goes back; where the browser asks whether to send a form once more,
// the answer is yes. Asked tells whether it did.
func (tab *Tab) Resend() (asked bool, err error) {
	asked, err = tab.back()
	if err != nil || !asked {
		return asked, err
	}
	return true, tab.leads("send again", func() error {
		return tab.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, page.Reload, page.ReloadParams{})
			return err
		}))
	})
}

// Sleep lets the clock of the page move on, as when the computer slept. Only
// the scripts of the page notice.
func (tab *Tab) Sleep(d time.Duration) error {
	_, err := ask[bool](tab, fmt.Sprintf(`(() => { const now = Date.now; Date.now = () => now() + %d; return true })()`, d.Milliseconds()))
	return err
}

// Address is the path of the page, with its query.
func (tab *Tab) Address() (string, error) {
	whole, err := ask[string](tab, `location.href`)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(whole)
	if err != nil {
		return "", err
	}
	return u.RequestURI(), nil
}

// Words are those of the elements that the selector names, each as people see
// it or, where it is folded, as it stands there.
func (tab *Tab) Words(selector string) ([]string, error) {
	return ask[[]string](tab, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => (e.innerText || e.textContent).replace(/\s+/g, ' ').trim())`, selector))
}

// Source is the whole page with what is not to be seen, to look for what should
// not be there.
func (tab *Tab) Source() (string, error) {
	return ask[string](tab, `document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map(e => e.value).join('\n')`)
}

// leads does something after which another page comes, and waits for it.
func (tab *Tab) leads(what string, act func() error) error {
	before := tab.traffic.page()
	tab.traffic.forget()
	if err := act(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	for began := time.Now(); tab.traffic.page() == before; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > stepTime {
			return fmt.Errorf("%s: no page follows", what)
		}
	}
	err := tab.settled()
	tab.first = tab.traffic.weight()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// settled is settle while pages change: a question put to the page that just
// goes away has no answer.
func (tab *Tab) settled() (err error) {
	for range 5 {
		if err = tab.settle(); err == nil || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// spot is where to click, or why one cannot.
type spot struct {
	X, Y float64
	Why  string
}

// point clicks with the mouse on the first thing to be seen that the selector
// names. It must not be covered by another.
func (tab *Tab) point(selector string) error {
	quoted, err := json.Marshal(selector)
	if err != nil {
		return err
	}
	at, err := ask[spot](tab, fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll(%s)];
		const e = all.find(e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0);
		if (!e) return {X: 0, Y: 0, Why: all.length ? 'it is hidden' : 'it is not there'};
		e.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'});
		const box = e.getClientRects()[0];
		const x = box.left + box.width / 2, y = box.top + box.height / 2;
		const hit = document.elementFromPoint(x, y);
		if (!hit || !(e.contains(hit) || hit.contains(e) || e.labels && [...e.labels].some(l => l.contains(hit))))
			return {X: 0, Y: 0, Why: 'it is covered by ' + (hit ? hit.outerHTML.slice(0, 100) : 'nothing')};
		return {X: x, Y: y, Why: e.disabled ? 'it is switched off' : ''};
	})()`, quoted))
	if err != nil {
		return err
	}
	if at.Why != "" {
		return errors.New(at.Why)
	}
	return tab.do(chromedp.MouseClickXY(at.X, at.Y))
}

// page is the request with which the page was asked for.
func (tr *traffic) page() network.RequestID {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.document
}

// Width is that of the screen on which the tab is looked at.
func (tab *Tab) Width() int { return tab.view.Width }
