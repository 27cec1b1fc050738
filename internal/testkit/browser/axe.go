package browser

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"

	"kladka/assets/axe"
)

// Violation is a rule of accessibility that a page breaks.
type Violation struct {
	Rule   string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []Node `json:"nodes"`
}

// Node is one element that breaks it.
type Node struct {
	Target  []string `json:"target"` // selectors; several when inside frames
	HTML    string   `json:"html"`
	Summary string   `json:"failureSummary"`
}

// shownNodes is how many elements a finding names: more of them break the rule
// in the same way as a rule.
const shownNodes = 3

// String is the violation with the first elements that break it.
func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", v.Rule, v.Impact, v.Help)
	for i, n := range v.Nodes {
		if i == shownNodes {
			fmt.Fprintf(&b, "\n    and %d more", len(v.Nodes)-i)
			break
		}
		fmt.Fprintf(&b, "\n    %s  %s\n      %s", strings.Join(n.Target, " "), n.HTML, strings.Join(strings.Fields(n.Summary), " "))
	}
	return b.String()
}

// axeRun opens every details first, because axe passes over what is hidden, and
// closes them afterwards. Preloading is off: axe would fetch style sheets again,
// which the policy of the page forbids and the console would show. The page is
// made long meanwhile: on a short one the open menu would lie over the footer.
// The fields of the navigation push what is below them aside instead of lying
// over it: nobody has a menu open and wants what it covers.
const axeRun = `(async () => {
	const closed = [...document.querySelectorAll('details:not([open])')];
	const fields = document.querySelectorAll('.fold > :not(summary)');
	closed.forEach(d => d.open = true);
	fields.forEach(f => f.style.position = 'static');
	document.body.style.minHeight = '400vh';
	try {
		const result = await axe.run(document, {
			preload: false,
			resultTypes: ['violations'],
			runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
		});
		return result.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,
			nodes: v.nodes.map(n => ({target: n.target.flat(), html: n.html.slice(0, 160), failureSummary: n.failureSummary}))}));
	} finally {
		document.body.style.minHeight = '';
		fields.forEach(f => f.style.position = '');
		closed.forEach(d => d.open = false);
	}
})()`

// Axe runs axe-core with the rules of WCAG 2.2 AA and its advice on good
// practice, with everything unfolded that can be. Axe waits for promises, which
// a tab without scripts never keeps; so scripts are on meanwhile. Those of the
// page do not run even then, because they were passed over when it was read.
func (tab *Tab) Axe() (violations []Violation, err error) {
	if err := tab.do(chromedp.Func(scripts(true))); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tab.do(chromedp.Func(scripts(tab.view.Scripts)))) }()
	if _, err := ask[bool](tab, string(axe.Script())+"\n;true"); err != nil {
		return nil, fmt.Errorf("put axe into %s: %w", tab.url, err)
	}
	violations, err = ask[[]Violation](tab, axeRun)
	if err != nil {
		return nil, fmt.Errorf("axe in %s: %w", tab.url, err)
	}
	return violations, nil
}
