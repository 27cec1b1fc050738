package browser

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// sample serves a page without faults, with something put into its main part
// and its style, under a strict policy.
func sample(t *testing.T, main, style string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, `a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid #a60 }
			.skip { position: absolute; left: -999rem } .skip:focus { left: 0 }
			nav a, p > a:only-child, button, input { display: inline-block; min-height: 30px; min-width: 30px }
			main { padding: 1rem } `+style)
	})
	mux.HandleFunc("GET /script.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `document.querySelector('h1').dataset.scripts = 'ran'`)
	})
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'")
		title := "Sample " + r.Header.Get("Accept-Language")
		if c, err := r.Cookie("who"); err == nil {
			title += " " + c.Value
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusUnprocessableEntity)
			title += " refused " + r.PostFormValue("word")
		}
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>%s</title><meta name="viewport" content="width=device-width">
			<link rel="stylesheet" href="/style.css"><script src="/script.js" defer></script></head><body>
			<a class="skip" href="#main">Skip</a><header><nav><a href="/">Start</a></nav></header>
			<main id="main" tabindex="-1"><h1>%[1]s</h1>%s</main></body></html>`, title, main)
	}
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("POST /{$}", page)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// all makes every check and joins what they find.
func all(t *testing.T, tab *Tab) string {
	t.Helper()
	findings, err := tab.Findings(Page{Status: tab.Status()})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(findings, "\n")
}

func TestPageWithoutFaults(t *testing.T) {
	b := Start(t)
	url := sample(t, `<p>Words with <a href="/">a link</a> among them.</p><details><summary>More</summary><p>Unfolded</p></details>
		<form method="post"><label for="d">Day</label> <input type="date" id="d"><input type="radio" name="r" aria-label="one"><input type="radio" name="r" checked aria-label="two">
		<button>Send</button></form>`, `summary { min-height: 30px }`)
	for _, v := range []View{Desk, {Width: 390, Lang: "uk"}, {Width: 390, Lang: "en", Dark: true, Scripts: true}, {Width: 1280, Lang: "pl", ForcedColors: true}} {
		tab := b.Open(t, url, v)
		if got := all(t, tab); got != "" {
			t.Errorf("%s: %s", v, got)
		}
		// Axe needs scripts; those of the page must not run because of it.
		if ran := Must(t, func() (bool, error) { return ask[bool](tab, `document.querySelector('h1').dataset.scripts === 'ran'`) }); ran != v.Scripts {
			t.Errorf("%s: the page's script ran: %t", v, ran)
		}
	}
}

// TestFaults breaks a page in each way that the checks must find.
func TestFaults(t *testing.T) {
	b := Start(t)
	for _, c := range []struct {
		name, main, style, want string
	}{
		{"contrast", `<p>pale</p>`, `main p { color: #ddd }`, "color-contrast"},
		{"contrast when unfolded", `<details><summary>More</summary><p>pale</p></details>`, `main p { color: #ddd }`, "color-contrast"},
		{"no label", `<input type="text">`, ``, "label (critical)"},
		{"wide", `<p class="wide">w</p>`, `.wide { width: 2000px }`, "the widest is #main p.wide"},
		{"cut", `<p class="cut">some words that do not fit</p>`, `.cut { width: 50px; overflow: hidden; white-space: nowrap }`, "cuts off its words"},
		{"squeezed", `<p class="thin">seven quite usual words in one column</p>`, `.thin { width: 3rem }`, "is squeezed: 7 words in 6 lines"},
		{"small", `<ul><li><a href="/" class="small">x</a></li></ul>`, `.small { display: inline-block; width: 10px; min-width: 0; min-height: 0 }`, "less than 24 × 24"},
		{"no focus shown", `<p><a href="/" class="plain">link</a></p>`, `a.plain:focus-visible { outline: 0 }`, "does not show that it has the focus"},
		{"positive tabindex", `<p><a href="/" tabindex="3">link</a></p>`, ``, "positive tabindex"},
		{"covered", `<p><a href="/">link</a></p>`, `main { position: relative } main::after { content: ""; position: absolute; inset: 0; z-index: 2 }`, "is covered by"},
		{"off screen", `<p><a href="/" class="off">link</a></p>`, `.off { position: fixed; left: -500px }`, "is not on the screen when focused"},
		{"hidden in what scrolls", `<p class="box"><a href="/" class="far">link</a></p>`, `.box { overflow: clip; width: 50px; height: 40px } .far { margin-left: 80px }`, "is not on the screen when focused"},
		{"inline style", `<p style="color:red">red</p>`, ``, "console:"},
		{"inline script", `<script>alert(1)</script>`, ``, "console:"},
		{"picture missing", `<img src="/none.png" alt="">`, ``, "console:"},
		{"another host", `<img src="http://127.0.0.2:9/none.png" alt="">`, ``, "asks another host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := all(t, b.Open(t, sample(t, c.main, c.style), Desk)); !strings.Contains(got, c.want) {
				t.Errorf("%q is not in what was found:\n%s", c.want, got)
			}
		})
	}
}

func TestStatusAndWeight(t *testing.T) {
	b := Start(t)
	tab := b.Open(t, sample(t, `<p>x</p>`, `/*`+strings.Repeat(" ", 130_000)+`*/`), Desk)
	found, err := tab.Findings(Page{Status: http.StatusNotFound})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"answered with 200, not 404", "weighs 13"} {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("%q is not in %q", want, found)
		}
	}
	if w := tab.Weight(); w.Requests != 3 || len(w.ByHost) != 1 {
		t.Errorf("got %+v", w)
	}
}

// TestViews asks the page itself how it is looked at.
func TestViews(t *testing.T) {
	b := Start(t)
	url := sample(t, ``, ``)
	for _, c := range []struct {
		view View
		ask  string
	}{
		{View{Width: 390, Lang: "uk", Scripts: true}, `innerWidth === 390 && document.title === 'Sample uk' && document.querySelector('h1').dataset.scripts === 'ran'`},
		{View{Width: 390, Lang: "uk"}, `document.querySelector('h1').dataset.scripts === undefined`},
		{View{Width: 390, Dark: true}, `matchMedia('(prefers-color-scheme: dark)').matches`},
		{View{Width: 1280}, `matchMedia('(prefers-color-scheme: light)').matches && matchMedia('(prefers-reduced-motion)').matches`},
		{View{Width: 1280, ForcedColors: true}, `matchMedia('(forced-colors: active)').matches`},
		{View{Width: 1280, Print: true}, `matchMedia('print').matches`},
		{View{Width: 1280, Cookies: []*http.Cookie{{Name: "who", Value: "me"}}}, `document.title.endsWith(' me')`},
	} {
		tab := b.Open(t, url, c.view)
		if ok := Must(t, func() (bool, error) { return ask[bool](tab, c.ask) }); !ok {
			t.Errorf("%s: not %s", c.view, c.ask)
		}
	}
}

func TestSend(t *testing.T) {
	b := Start(t)
	for _, scripts := range []bool{true, false} {
		tab := b.Open(t, sample(t, `<form method="post"><label>Word <input name="word"></label></form>`, ``), View{Width: 390, Lang: "pl", Scripts: scripts})
		if err := tab.Send("form", map[string]string{"word": "żółć"}); err != nil {
			t.Fatal(err)
		}
		title := Must(t, func() (string, error) { return ask[string](tab, `document.title`) })
		if tab.Status() != http.StatusUnprocessableEntity || title != "Sample pl refused żółć" {
			t.Errorf("got %d %q", tab.Status(), title)
		}
		if got := Must(t, tab.Console); len(got) != 0 {
			t.Errorf("the console tells %q", got)
		}
	}
}

// TestScreenshot: the picture is as wide as the screen and as high as the page.
func TestScreenshot(t *testing.T) {
	b := Start(t)
	tab := b.Open(t, sample(t, `<p class="tall">x</p>`, `.tall { height: 3000px }`), View{Width: 390})
	picture, err := png.DecodeConfig(bytes.NewReader(Must(t, tab.Screenshot)))
	if err != nil {
		t.Fatal(err)
	}
	if picture.Width != 390 || picture.Height < 3000 {
		t.Errorf("got %d × %d", picture.Width, picture.Height)
	}
}

// TestWholeKeepsPages: the walks over a shared computer go back in a browser that
// shows a kept page again, which is what they are afraid of.
func TestWholeKeepsPages(t *testing.T) {
	url := sample(t, `<p><a href="/?next">link</a></p>`, ``)
	tab := StartWhole(t).Open(t, url, Desk)
	Must(t, func() (bool, error) {
		return ask[bool](tab, `(addEventListener('pageshow', e => document.querySelector('h1').dataset.kept = e.persisted), true)`)
	})
	if err := tab.Click("main a"); err != nil {
		t.Fatal(err)
	}
	if err := tab.Back(); err != nil {
		t.Fatal(err)
	}
	kept := Must(t, func() (bool, error) { return ask[bool](tab, `document.querySelector('h1').dataset.kept === 'true'`) })
	if !kept {
		t.Error("the browser did not keep the page")
	}
}
