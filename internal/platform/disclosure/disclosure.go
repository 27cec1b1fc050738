// Package disclosure publishes what people answered so that nobody can be told
// from the numbers, not even by subtraction.
//
// Nothing is counted when somebody asks. There are releases: one measure, one
// tree of units that was fixed before people were asked (Fix), one period that
// is over, computed and stored once (Publish). Pages, filters and exports choose
// among releases; what is hidden in one is not stored anywhere in it.
//
// # Whom the rule is made for
//
// An attacker who knows this package, the tree, how many people could answer
// and how many did, in every unit, and everything published. Who took part is
// no secret here (package survey shows it), so the number of respondents is
// always exact, and every respondent is counted in it: see Counts. What is kept
// is the answers: for every hidden number at least k values stay possible. In a
// unit with fewer answers than that every value stays possible that it can
// have. The tests play this attacker over all small populations, and with
// interval arithmetic over generated large ones.
//
// # The rule
//
// From the root down; below a level that is hidden nothing is shown.
//
//  1. A number is safe when it is at least k and at least k people are not in it.
//     "All four of four" tells as much of each as a list of names would; and
//     of 5 respondents, 4 here and 1 there, a total of 5 is both units' number.
//     So zero is small, the complement counts, and the root is no exception: the
//     exact top of the table is its number of respondents.
//  2. A category is shown in all children of a unit or in none. Units in which
//     nobody answered are left out of the question: their zero is known.
//  3. The categories of a single choice add up to the respondents: they are
//     shown together, everywhere on a level, or not at all. On a scale small
//     neighbors are counted together, from the lowest on, until there are k: but
//     only once, in the root. Joining again in each level leaks: of 13 answers
//     5, 2, 6 in two units of 7 and 6, "4 and 3 in the first two and the last,
//     3 and 3" leaves one possible table.
//  4. When people may choose only so many categories, the shown numbers bound
//     the hidden ones. Of 11 people with one choice each, 5, 2 and 4 of them, a
//     third category of 2 and 2 in two units leaves the first unit exactly 1 in
//     the first category. Such a level is shown only if published numbers alone
//     prove that the hidden ones have room (roomy).
//  5. A mean of a known number of answers is their sum. It is safe when it is k
//     times the width of the scale away from both ends. Two k points are not
//     enough: 1.7 of ten people on a scale to 5, k = 3, says that at most one of
//     them chose 5. Nearer to an end the root shows a band up to the end. A
//     measure publishes its mean or its numbers, never both.
//
// Sensitive measures keep the rule and show bands and five words instead.
//
// # Across releases
//
// Two releases of one measure may not share a moment and a unit (Publish
// refuses, Check tells before), or their difference is a few people. Longer
// periods are sums of what was shown (Sum), and so is a whole made of parts
// that have releases of their own (Roots). The program cannot see that two
// measures count the same answers: who declares measures must not publish one
// question twice, in two trees or two cuts. A question that was asked only after
// a certain answer keeps all respondents, with NotAsked as a category: so it is
// hidden wherever the answer that led to it would be told.
//
// What remains: k counts those whom the attacker does not know. Somebody who
// knows the answers of m people in a group (their own is one) faces k less m. So
// who publishes answers that one person could have made up, as by a link, adds
// their number to k (Release.K).
// And "nearly all" is hidden like "nearly none", but that it is one of the two
// is known.
//
// Releases are not personal data; they are kept for good.
package disclosure

import "embed"

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// Class says how much a number may tell.
type Class string

// The classes. The zero value is none: a measure says its class.
const (
	Official  Class = "official"  // seats, places, hours, money: exact, always
	Declared  Class = "declared"  // what an institution says of itself; in public treated as Opinion
	Opinion   Class = "opinion"   // what people answered: k is 5
	Sensitive Class = "sensitive" // well-being, reports, counseling: k is 10, bands and words
)

// Measure is something that is counted, declared by the module that counts it.
type Measure struct {
	Name     string // "needs.people.topics"
	TitleKey string // message key of its name
	Class    Class
	K        int // 0: by class

	// Each: every respondent counts in exactly one category (single choice).
	// Otherwise in several or none (topics).
	Each bool
	// Ordered, with Each: the order of the categories means something (a scale),
	// so that neighbors may be counted together (Cell.Span) where one alone
	// is too small. Without it a single choice is shown whole or not at all.
	Ordered bool
	// Most and Least bound in how many categories one respondent counts
	// (without Each). 0: nobody knows a bound. A bound that the form has and the
	// measure does not tell makes the rule too weak. An option that excludes the
	// others ("none of these") is no category: who chose it counts in none.
	Most, Least int
	// Mean: the categories are whole numbers from Low to High ("1" … "5"), and
	// only their mean is published, no counts.
	Mean      bool
	Low, High int
}

// Unit is a node of the tree in which a measure is shown.
type Unit struct {
	ID      string
	Parent  string   // "" for the only root
	Order   string   // public sort key among its siblings
	Name    string   // what people read; of merged units all names
	Roster  int      // how many people could answer, of leaves
	Members []string // original ids, when units were merged into this one
}

// Counts is the tally of one question of one round: for each original leaf
// unit how many people answered, and how many of them count in a category. The
// respondents are all who handed in their answers, also those who were not asked
// this question because of another answer: they count in the category NotAsked,
// which the caller adds to a question with a condition. Only who skipped a single
// choice or a scale may be left out. Where several may be chosen, who chose none
// is a respondent too: without them everybody is known to have chosen, and the
// measure must say Least: 1.
type Counts struct {
	Categories  []string                  // in public order
	Respondents map[string]int            // unit → people
	N           map[string]map[string]int // unit → category → people
}

// NotAsked is the category of respondents who were not asked a question because
// of what they answered before.
const NotAsked = "_not_asked"

// Count is the tally of one question (or row of a matrix) of a survey round.
type Count struct {
	Key string // "question" or "question.row", as in survey.Answers
	Counts
}

// Period is a span of time that is over: From ≤ t < Until.
type Period struct {
	From, Until int64  // UTC epoch seconds
	Label       string // "2026/2027"
}

// Plan is a tree of units, fixed before the period.
type Plan struct {
	ID     string // "": one is made
	Owner  string // module, "needs"
	Object string // "campaign/0198…"
	Least  int    // rosters below it are merged (Merge); 0: the units stay as they are
	Units  []Unit
}

// Release asks for a publication.
type Release struct {
	Measure string
	Plan    string
	Period  Period
	Object  string // what it is about: campaign, training; part of the identity
	// K raises the measure's k, and never lowers it: 30 for sensitive measures of a
	// city, and k and m where one person may have made up m of the answers.
	K int
}

// ReleaseID names a stored release.
type ReleaseID string

// Table is what a release shows.
type Table struct {
	Release    ReleaseID `json:"-"`
	Measure    string    `json:"measure"`
	Object     string    `json:"object,omitempty"`
	Period     Period    `json:"period"`
	Class      Class     `json:"class"`
	K          int       `json:"k"`
	Each       bool      `json:"each,omitempty"`
	Mean       bool      `json:"mean,omitempty"`
	Periods    int       `json:"periods,omitempty"` // how many tables were summed, 0 or 1: none
	Categories []string  `json:"categories"`
	Nodes      []Node    `json:"nodes"` // in tree order, parents first
}

// Node is a unit of a table.
type Node struct {
	ID          string   `json:"id"`
	Parent      string   `json:"parent,omitempty"`
	Name        string   `json:"name"`
	Members     []string `json:"members,omitempty"`
	Depth       int      `json:"depth,omitempty"`
	Respondents Cell     `json:"respondents"`
	Shown       bool     `json:"shown,omitempty"` // at least one cell or the mean is shown
	Mean        Cell     `json:"mean,omitzero"`   // in tenths
	Cells       []Cell   `json:"cells,omitempty"` // one per category
}

// Cell is one number, shown or hidden. The zero value is hidden.
type Cell struct {
	Shown bool `json:"s,omitempty"`
	N     int  `json:"n,omitempty"`
	To    int  `json:"t,omitempty"` // end of the band of a sensitive number, else 0
	Word  int  `json:"w,omitempty"` // 1 … 5 of a sensitive number: hardly anybody … nearly everybody
	Span  int  `json:"c,omitempty"` // as colspan: n > 1: counted together with the n-1 following categories; −1: counted in a cell before
	Holes int  `json:"h,omitempty"` // of summed periods: in how many it was hidden
}
