package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"

	"kladka/internal/access"
	"kladka/internal/testkit/browser"
)

func TestProbeBack(t *testing.T) {
	b := browser.Start(t)
	h := openHouse(t)
	drop := ""
	inner := h.Handler()
	s2 := httptest.NewServer(probeLog(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		r.Header.Del("Accept-Encoding")
		inner.ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			if k != drop {
				w.Header()[k] = v
			}
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	})))
	defer s2.Close()
	head := h.as(access.SchoolHead)
	classes := "/instytucje/" + string(h.schoolOf(access.SchoolHead)) + "/klasy"
	res := head.post(classes, url.Values{"nazwa": {"9z"}, "rok": {head.page(classes).Find(`input[name="rok"]`).First().AttrOr("value", "")}})
	class := res.Header.Get("Location")
	head.post(class+"/uczniowie", url.Values{"osoby": {"Żaneta Ćwiąkalska\nJan Lis"}})
	res = head.post(class+"/karty", url.Values{"kto": {"bez"}})
	paper, _ := io.ReadAll(res.Body)
	cards := printedCards(t, paper)
	v := h.stranger()
	v.enterByCard(cards[0], true)
	for _, scripts := range []bool{false, true} {
		for _, d := range []string{"", "Clear-Site-Data", "nowait"} {
			drop = d
			fmt.Println("---", scripts, d)
			tab := b.Open(t, s2.URL+"/konto/karta?nr="+url.QueryEscape(cards[0].number), browser.View{Width: 390, Lang: "uk", Scripts: scripts})
			tab.Type(`[name=kod]`, cards[0].secret)
			tab.Click("main form button")
			for _, n := range walkPictures {
				tab.Click(`.pictures button[value="` + n + `"]`)
			}
			fmt.Println(tab.Address())
			if os.Getenv("KONTO") != "" {
				tab.Click("main a[href='/pomoc']")
			}
			tab.Click("header button.finish-now")
			if d != "nowait" {
				sleepMS(500)
			}
			go tab.Back()
			sleepMS(1200)
			a, _ := tab.Address()
			w, _ := tab.Words("main")
			fmt.Println(scripts, d, a, w)
		}
	}
}
