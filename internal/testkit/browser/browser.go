// Package browser looks at pages through a real browser, as people do: it finds
// what breaks accessibility rules, what the keyboard cannot reach, what is wider
// than the screen, what the console complains of, what is too small for a finger,
// and what a page weighs. It also takes pictures.
//
// Every check returns findings in words, so that a test and the tool look can
// use the same checks; an error means that the check itself could not be made.
// Tests begin with Start and wrap checks in Must:
//
//	b := browser.Start(t)
//	tab := b.Open(t, server.URL+"/instytucje", browser.View{Width: 390, Lang: "pl", Scripts: true})
//	for _, finding := range browser.Must(t, tab.Overflow) { … }
//
// pages.go lists all pages worth looking at; every new page gets a line there.
package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// stepTime is how long one step may take: a browser that hangs must fail a
// test and not hold it up for ten minutes.
const stepTime = 30 * time.Second

// Browser is a running Chromium. Its tabs may be used at once, each by one
// goroutine.
type Browser struct {
	ctx  context.Context
	stop func()
}

// flags keep Chromium from everything but showing our pages: no sandbox, because
// tests in containers run as root; no network of its own; scroll bars that take
// no room, as on telephones, so that a width is the width of the page.
var flags = []chromedp.ExecAllocatorOption{
	chromedp.NoSandbox,
	chromedp.NoFirstRun,
	chromedp.NoDefaultBrowserCheck,
	chromedp.Flag("headless", "new"),
	chromedp.Flag("disable-gpu", true),
	chromedp.Flag("disable-quic", true),
	chromedp.Flag("disable-background-networking", true),
	chromedp.Flag("disable-component-update", true),
	chromedp.Flag("disable-sync", true),
	chromedp.Flag("disable-extensions", true),
	chromedp.Flag("disable-default-apps", true),
	chromedp.Flag("disable-breakpad", true),
	chromedp.Flag("disable-dev-shm-usage", true),
	chromedp.Flag("disable-background-timer-throttling", true),
	chromedp.Flag("disable-backgrounding-occluded-windows", true),
	chromedp.Flag("disable-renderer-backgrounding", true),
	chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"),
	chromedp.Flag("force-color-profile", "srgb"),
	chromedp.Flag("font-render-hinting", "none"),
	chromedp.Flag("hide-scrollbars", true),
	chromedp.Flag("password-store", "basic"),
}

// Launch starts the Chromium at the path. Its profile is a new folder, which is
// removed when the browser is closed.
func Launch(path string) (*Browser, error) {
	allocator, stopAll := chromedp.NewExecAllocator(context.Background(),
		append([]chromedp.ExecAllocatorOption{chromedp.ExecPath(path)}, flags...)...)
	ctx, stop := chromedp.NewContext(allocator)
	b := &Browser{ctx: ctx, stop: func() { stop(); stopAll() }}
	if err := b.begin(); err != nil {
		b.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

// begin starts the process. Its life hangs on the context of the first step,
// so that step must not have a time limit of its own.
func (b *Browser) begin() error {
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(b.ctx) }()
	select {
	case err := <-started:
		return err
	case <-time.After(3 * stepTime): // a busy machine is slow to start it
		return context.DeadlineExceeded
	}
}

// Close ends the process and removes its profile.
func (b *Browser) Close() { b.stop() }
