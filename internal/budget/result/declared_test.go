package result

import (
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestDeclarationsAreTold: the numbers of declarations stay when the declarations are
// gone, and a check that was not made is said in words.
func TestDeclarationsAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		told  *vote.Told
		words string
	}{
		"none are taken":  {nil, ""},
		"all was checked": {&vote.Told{Given: 40, Wanted: 4, Drawn: 4, Checked: 4, Refused: 1}, ""},
		"nobody drew":     {&vote.Told{Given: 40, Wanted: 4}, "Zasady: losuje się 10%"},
		"one is left":     {&vote.Told{Given: 40, Wanted: 4, Drawn: 5, Checked: 4}, "Zasady: losuje się 10%"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t, testkit.SQLite(t, modules))
			k.edition.Rules.Who.Self.DrawnShare = 10
			for pool, turnout := range k.box.turnout {
				turnout.Declared = c.told
				k.box.turnout[pool] = turnout
			}
			k.counted()
			k.box.turnout = nil
			k.inEveryLanguage(Href(editionID))
			k.lang = i18n.PL
			doc := k.page(access.Stranger(), Href(editionID))
			part := doc.Find("#oswiadczenia").Parent()
			if (part.Length() == 1) != (c.told != nil) || (part.Find(".card").Length() == 1) != (c.words != "") || !strings.Contains(text(part), c.words) {
				t.Error(text(part))
			}
			if c.told != nil && !strings.Contains(text(part), "Złożone oświadczenia40") {
				t.Error(text(part))
			}
		})
	}
}
