package vote

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"os"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func TestZZPaperShot(t *testing.T) {
	p := newPapers(t, testkit.SQLite(t, modules))
	p.declares(25)
	who := p.officer
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/found" {
			r2 := httptest.NewRequestWithContext(access.WithActor(r.Context(), who), "POST", PaperHref(p.e.ID), nil)
			_ = r2
			rec := p.post(who, PaperHref(p.e.ID), "imie", "Anna Nowak", "urodzenie", "1990-01-31", "adres", "Długa 5/1")
			w.Header().Set("Content-Type", "text/html")
			w.Write(rec.Body.Bytes())
			return
		}
		r.Header.Set("Accept-Language", string(i18n.PL))
		p.shell.ServeHTTP(w, r.WithContext(access.WithActor(r.Context(), who)))
	}))
	defer srv.Close()
	shot := func(name, path string, wide string) {
		h := "1500"
		os.Remove("/tmp/v3_" + name + ".png")
		cmd := exec.Command(os.Getenv("KLADKA_TEST_CHROMIUM"), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--screenshot=/tmp/v3_"+name+".png", "--window-size="+wide+","+h, srv.URL+path)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Log(string(out), err)
		}
	}
	shot("found", "/found", "1280")
	shot("found390", "/found", "500")
	no := p.batch(20)
	who = p.anna
	sec := lines(20)
	sec[5] = "7"
	p.types(no, p.anna, sec)
	shot("differs", batchHref(Batch{Edition: p.e.ID, No: no}), "1280")
	no2, err := p.OpenBatch(t.Context(), p.anna, p.e.ID, NewBatch{Pool: p.pool, Size: 30})
	p.ok(err)
	_ = no2
	shot("list", BatchesHref(p.e.ID), "1280")
	p.ok(p.DropBatch(t.Context(), p.officer, p.e.ID, no2, "a"))
	p.ok(p.DropBatch(t.Context(), p.officer, p.e.ID, no, "a"))
	no3, err := p.OpenBatch(t.Context(), p.anna, p.e.ID, NewBatch{Pool: p.pool, Size: 22})
	p.ok(err)
	p.TypeBallots(t.Context(), p.anna, p.e.ID, no3, map[int]string{1: "1 2", 2: "x"})
	shot("type", batchHref(Batch{Edition: p.e.ID, No: no3}), "500")
	shot("ballot", PaperHref(p.e.ID)+"/karta/"+string(p.pool), "1280")
	shot("form", PaperHref(p.e.ID)+"/oswiadczenie?druk=duzy", "1280")
	p.e = p.closed(p.e)
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	shot("closed", BatchesHref(p.e.ID), "500")
	pdf := exec.Command(os.Getenv("KLADKA_TEST_CHROMIUM"), "--headless=new", "--no-sandbox", "--disable-gpu", "--print-to-pdf=/tmp/v3_ballot.pdf", srv.URL+PaperHref(p.e.ID)+"/karta/"+string(p.pool))
	pdf.Run()
}
