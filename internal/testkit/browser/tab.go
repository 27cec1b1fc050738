package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// Tab is one page, opened in a browser context of its own: with an empty cache
// and no cookies but those of the view.
type Tab struct {
	ctx     context.Context
	stop    func()
	url     string
	view    View
	traffic *traffic
	first   Weight
}

// Show opens a page and waits until it is whole. The tab must be closed.
func (b *Browser) Show(url string, v View) (*Tab, error) {
	tab := &Tab{url: url, view: v, traffic: newTraffic()}
	tab.ctx, tab.stop = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.traffic.hear))
	// As with the browser, the life of the tab hangs on the context of its first
	// step; so that one has no time limit.
	if err := chromedp.Do(tab.ctx); err != nil {
		tab.Close()
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	if err := tab.do(v.set(url), chromedp.Navigate(url)); err != nil {
		tab.Close()
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	if err := tab.settle(); err != nil {
		tab.Close()
		return nil, fmt.Errorf("wait for %s: %w", url, err)
	}
	tab.first = tab.traffic.weight()
	return tab, nil
}

// Close closes the tab and forgets its cookies and cache.
func (tab *Tab) Close() { tab.stop() }

// do takes steps, with a time limit for all of them.
func (tab *Tab) do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(tab.ctx, stepTime)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// ask evaluates an expression in the page and reads its value. The debugger does
// it, so that neither the content security policy of the page nor a switch that
// turns scripts off is in the way.
func ask[T any](tab *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, stepTime)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// settle waits until nothing more is loaded and all fonts are there, which the
// browser asks for only when it lays out the words. A page that goes on loading
// is not waited for beyond some seconds; its checks will tell.
func (tab *Tab) settle() error {
	const step, while = 20 * time.Millisecond, 100 * time.Millisecond
	for range int(8 * time.Second / step) {
		if tab.traffic.quiet(while) {
			done, err := ask[bool](tab, `(document.body.offsetHeight, document.readyState === 'complete' && document.fonts.status === 'loaded')`)
			if err != nil || done {
				return err
			}
		}
		time.Sleep(step)
	}
	return nil
}

// Press clicks what the selector names, for pages that look otherwise then.
// What is not to be seen in this view cannot be pressed and is left alone.
func (tab *Tab) Press(selector string) error {
	there, err := ask[bool](tab, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() ?? false`, selector))
	if err != nil || !there {
		return err
	}
	if err := tab.do(chromedp.Click(chromedp.CSS(selector))); err != nil {
		return fmt.Errorf("press %s: %w", selector, err)
	}
	return tab.settle()
}

// Send fills the fields of the form with the selector and sends it, then waits
// for the page that follows.
func (tab *Tab) Send(form string, fields map[string]string) error {
	values, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	tab.traffic.forget()
	ctx, cancel := context.WithTimeout(tab.ctx, stepTime)
	defer cancel()
	_, err = chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`(() => {
			const form = document.querySelector(%q);
			for (const [name, value] of Object.entries(%s ?? {})) form.elements[name].value = value;
			form.submit();
		})()`, form, values)))
	if err != nil {
		return fmt.Errorf("send %s: %w", form, err)
	}
	err = tab.settle()
	tab.first = tab.traffic.weight()
	return err
}

// Status is the status with which the page was answered.
func (tab *Tab) Status() int { return tab.traffic.status() }

// Weight is what the first view of the page took over the wire.
func (tab *Tab) Weight() Weight { return tab.first }

// Console returns errors and breaches of the content security policy that the
// console shows, failed requests, and requests to another host.
func (tab *Tab) Console() ([]string, error) {
	return tab.traffic.complaints(hostOf(tab.url)), nil
}

// Screenshot is a picture of the whole page, as PNG.
func (tab *Tab) Screenshot() ([]byte, error) {
	if _, err := ask[bool](tab, `(document.activeElement?.blur?.(), scrollTo(0, 0), true)`); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(tab.ctx, stepTime)
	defer cancel()
	return chromedp.Run(ctx, chromedp.FullScreenshot(100))
}
