package browser

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// View is how somebody looks at a page.
type View struct {
	Width        int // in CSS pixels
	Dark         bool
	Lang         string // that the browser asks for
	Scripts      bool   // scripts run
	Cookies      []*http.Cookie
	ForcedColors bool // high contrast of the system
	Print        bool // as on paper
}

// String names the view in reports and in names of files: "390-dark-uk-noscript".
func (v View) String() string {
	words := []string{strconv.Itoa(v.Width), "light", v.Lang}
	if v.Dark {
		words[1] = "dark"
	}
	for _, w := range []struct {
		word string
		said bool
	}{{"noscript", !v.Scripts}, {"forced", v.ForcedColors}, {"print", v.Print}} {
		if w.said {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, "-")
}

// height is that of a usual screen of the width.
func (v View) height() int {
	if v.Width < 600 {
		return 844
	}
	return 800
}

// media are the wishes of the person that style sheets can ask about. Motion is
// always reduced, so that nothing is caught halfway through a transition.
func (v View) media() emulation.SetEmulatedMediaParams {
	scheme, colors, medium := "light", "none", "screen"
	if v.Dark {
		scheme = "dark"
	}
	if v.ForcedColors {
		colors = "active"
	}
	if v.Print {
		medium = "print"
	}
	return emulation.SetEmulatedMediaParams{Media: medium, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
		{Name: "forced-colors", Value: colors},
	}}
}

// set makes the tab look that way from now on.
func (v View) set(url string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(v.Width), Height: int64(v.height()), DeviceScaleFactor: 1})
		if err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, v.media()); err != nil {
			return err
		}
		// Without this only one of several tabs would have the focus.
		_, err = cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		if err != nil {
			return err
		}
		if err := scripts(v.Scripts)(ctx, t); err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"Accept-Language": v.Lang}})
		if err != nil || len(v.Cookies) == 0 {
			return err
		}
		_, err = cdp.Call(ctx, t, network.SetCookies, network.SetCookiesParams{Cookies: v.cookies(url)})
		return err
	})
}

// scripts turns the scripts of pages on or off.
func scripts(on bool) func(context.Context, *chromedp.Target) error {
	return func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}
}

func (v View) cookies(url string) []*network.CookieParam {
	var all []*network.CookieParam
	for _, c := range v.Cookies {
		all = append(all, &network.CookieParam{Name: c.Name, Value: c.Value, URL: url, HTTPOnly: c.HttpOnly, Secure: c.Secure})
	}
	return all
}
