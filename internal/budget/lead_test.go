package budget

import (
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// TestLead: in each phase the first sentence says what it means for the reader, and
// until when, to pupils and to residents, with signatures and without.
func TestLead(t *testing.T) {
	catalog, err := i18n.Load(Messages, web.Messages)
	if err != nil {
		t.Fatal(err)
	}
	calendar := Calendar{FilingFrom: "2026-10-05", FilingTo: "2026-10-23", CheckTo: "2026-11-06", ProtestTo: "2026-11-12", DrawOn: "2026-11-16",
		VoteFrom: time.Date(2026, time.November, 24, 8, 0, 0, 0, web.Warsaw).Unix(), VoteTo: time.Date(2026, time.November, 26, 15, 0, 0, 0, web.Warsaw).Unix(),
		ResultsBy: "2026-11-27", ObjectTo: "2026-12-11"}
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 12, 0, 0, 0, web.Warsaw) }
	for _, lang := range i18n.Langs {
		for _, kind := range Kinds() {
			seen := map[string]string{}
			for name, c := range map[string]struct {
				state State
				now   time.Time
				signs int
				day   string // of the month, "" where the sentence has none
			}{
				"draft": {Draft, at(10, 1), 0, ""}, "canceled": {Canceled, at(10, 1), 0, ""}, "archived": {Archived, at(12, 20), 0, ""},
				"upcoming": {Published, at(10, 1), 0, "5"}, "filing": {Published, at(10, 10), 0, "23"}, "support": {Published, at(10, 10), 12, "23"},
				"checking": {Published, at(11, 1), 0, "6"}, "protests": {Published, at(11, 9), 0, "12"}, "drawing": {Published, at(11, 16), 0, "24"},
				"ready": {Frozen, at(11, 20), 0, "24"}, "voting": {Voting, at(11, 25), 0, "26"}, "counting": {Closed, at(11, 26), 0, "27"},
				"results": {Counted, at(11, 28), 0, "11"}, "delivery": {Final, at(12, 20), 0, ""},
			} {
				e := Edition{Kind: kind, State: c.state, PublishedAt: 1, Words: "Zapraszamy!", Rules: Rules{Calendar: calendar, Signatures: c.signs}}
				lead := e.lead(catalog.In(lang), c.now)
				if strings.ContainsAny(lead, "⟦{") || !strings.Contains(lead, c.day) {
					t.Errorf("%s, %s, %s: %q", lang, kind, name, lead)
				}
				if other := seen[lead]; other != "" {
					t.Errorf("%s, %s: %s and %s read alike", lang, kind, name, other)
				}
				seen[lead] = name
			}
		}
	}
}
