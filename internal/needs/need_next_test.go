package needs

import (
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/i18n"
)

// TestNeedNext names, for each state of a need, what comes next for those who plan
// and for those who reported it, and where its date stands.
func TestNeedNext(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	l := catalog.In(i18n.PL)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	course := Decision{ID: "d", Kind: Training, Title: "Tiki", Target: "t"}
	at := func(state, later string) []Answered {
		return []Answered{{ID: "t", Title: "Tiki", State: "training.state." + state, Path: "/s", DeskPath: "/d", StartsAt: now.AddDate(0, 0, 3).Unix(), LaterUse: later}}
	}
	for name, c := range map[string]struct {
		stand     needStand
		decisions []Decision
		trainings []Answered
		plans     bool
		key, href string
		when      bool
	}{
		"nobody decided":         {stand: needOpen, plans: true, key: "decide", href: "/potrzeby/potrzeba/n/decyzja"},
		"nobody decided, waits":  {stand: needOpen, key: "await"},
		"declined":               {stand: needDeclined, plans: true, key: "declined", href: "/potrzeby/potrzeba/n/decyzja"},
		"declined, reads":        {stand: needDeclined, key: "declined_read", href: "#decyzje"},
		"some are left":          {stand: needPartly, decisions: []Decision{course}, trainings: at("published", ""), plans: true, key: "partly", href: "/potrzeby/potrzeba/n/decyzja"},
		"some are left, follows": {stand: needPartly, decisions: []Decision{course}, trainings: at("published", ""), key: "starts", href: "/s", when: true},
		"made for all":           {stand: needWhole, decisions: []Decision{course}, trainings: at("published", ""), plans: true, key: "starts", href: "/d", when: true},
		"not made yet":           {stand: needWhole, decisions: []Decision{course}, plans: true, key: "draft"},
		"postponed":              {stand: needWhole, decisions: []Decision{course}, trainings: at("postponed", ""), key: "postponed", href: "/s"},
		"to be asked later":      {stand: needWhole, decisions: []Decision{course}, trainings: at("closed", ""), key: "ask", href: "/s"},
		"over":                   {stand: needWhole, decisions: []Decision{course}, trainings: at("closed", "70%"), plans: true, key: "settle", href: "#zamkniecie"},
		"an order after it": {stand: needWhole, decisions: []Decision{course, {ID: "o", Kind: Network, Title: "Sieć", Target: "x", State: orderPlanned}}, trainings: at("closed", "70%"),
			key: "order", href: "#o"},
		"settled": {stand: needSettled, key: "settled", href: "/potrzeby/potrzeba/n/slad"},
	} {
		v := needSight{Need: Need{ID: "n"}, Campaign: Campaign{State: Ranked}, May: needReader{Plans: c.plans}, Left: needLeft{Left: 12, Stand: c.stand}, Decisions: c.decisions, Trainings: c.trainings}
		got := needNext(l, v, now)
		want := l.T("needs.need.next."+c.key, "title", "Tiki")
		switch c.key {
		case "partly":
			want = l.N("needs.need.next.partly", 12)
		case "order":
			want = l.T("needs.need.next.order", "title", "Sieć")
		}
		if got.What != want || strings.ReplaceAll(got.Href, NeedPath, "/potrzeby/potrzeba") != c.href || (got.When != "") != c.when {
			t.Errorf("%s: %+v, want %q to %q", name, got, want, c.href)
		}
	}
}
