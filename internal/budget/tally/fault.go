package tally

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Bounds on foreign input. The amounts leave room for sums in 64 bits: even
// maxProjects of the dearest projects stay below 2^63.
const (
	maxBytes    = 512 << 20
	maxProjects = 50_000
	maxDecimals = 6
	maxMoney    = 100_000_000_000_000 // in smallest units
	maxPoints   = 1_000_000_000       // in smallest units
	maxWarnings = 100
)

// FaultKey names a fault, for programs that tell it in the reader's language.
type FaultKey string

// The faults of a file, and (from FaultSpaces on) what is only warned of. The
// comment names the arguments.
const (
	FaultTooLarge       FaultKey = "too_large"
	FaultTooMany        FaultKey = "too_many" // of what
	FaultEncoding       FaultKey = "encoding"
	FaultSection        FaultKey = "section"         // the line that stands where a section should
	FaultMissingSection FaultKey = "missing_section" // section
	FaultColumns        FaultKey = "columns"         // columns found, columns in the heading
	FaultMissingColumn  FaultKey = "missing_column"  // column
	FaultTwiceColumn    FaultKey = "twice_column"    // column
	FaultMissingMeta    FaultKey = "missing_meta"    // key
	FaultTwiceMeta      FaultKey = "twice_meta"      // key
	FaultNumber         FaultKey = "number"          // text
	FaultVoteType       FaultKey = "vote_type"       // text
	FaultBudget         FaultKey = "budget"          // amount
	FaultCost           FaultKey = "cost"            // project, amount
	FaultNoID           FaultKey = "no_id"
	FaultTwiceProject   FaultKey = "twice_project"   // project
	FaultUnknownProject FaultKey = "unknown_project" // project
	FaultTwiceOnBallot  FaultKey = "twice_on_ballot" // project
	FaultTwiceVoter     FaultKey = "twice_voter"     // voter, line of the first
	FaultPoints         FaultKey = "points"          // text
	FaultPointsCount    FaultKey = "points_count"    // projects, points
	FaultCountProjects  FaultKey = "count_projects"  // declared, found
	FaultCountVotes     FaultKey = "count_votes"     // declared, found
	FaultProjectVotes   FaultKey = "project_votes"   // project, declared, found
	FaultProjectScore   FaultKey = "project_score"   // project, declared, found
	FaultManyChosen     FaultKey = "many_chosen"     // ballots, allowed
	FaultNotOne         FaultKey = "not_one"         // chosen
	FaultFewChosen      FaultKey = "few_chosen"      // ballots, needed
	FaultManyPoints     FaultKey = "many_points"     // ballots, allowed
	FaultDearBallot     FaultKey = "dear_ballot"     // ballots, allowed
	FaultSpaces         FaultKey = "spaces"          // text
	FaultNoVotes        FaultKey = "no_votes"        //
	FaultSelected       FaultKey = "selected"        // project, text
	FaultUnsupported    FaultKey = "unsupported"     // key, value
	FaultPlaces         FaultKey = "places"          //
	FaultMore           FaultKey = "more"            // how many further warnings
)

var faultTexts = map[FaultKey]string{
	FaultTooLarge:       "the file is too large",
	FaultTooMany:        "too many %s",
	FaultEncoding:       "not UTF-8 text",
	FaultSection:        "expected META, PROJECTS or VOTES in this order, found %q",
	FaultMissingSection: "no section %s",
	FaultColumns:        "%s columns, but the heading has %s",
	FaultMissingColumn:  "no column %q",
	FaultTwiceColumn:    "two columns %q",
	FaultMissingMeta:    "META does not say %q",
	FaultTwiceMeta:      "META says %q twice, and differently",
	FaultNumber:         "%q is not a number that we take",
	FaultVoteType:       "unknown vote type %q",
	FaultBudget:         "a budget of %s",
	FaultCost:           "project %s costs %s",
	FaultNoID:           "a project without an id that ballots can name",
	FaultTwiceProject:   "project %q stands here twice",
	FaultUnknownProject: "no project %q",
	FaultTwiceOnBallot:  "project %q is twice on one ballot",
	FaultTwiceVoter:     "voter %q voted before, in line %s",
	FaultPoints:         "%q are not points that we take",
	FaultPointsCount:    "%s projects, but %s points",
	FaultCountProjects:  "META declares %s projects, there are %s",
	FaultCountVotes:     "META declares %s votes, there are %s",
	FaultProjectVotes:   "project %s declares %s votes, the ballots hold %s",
	FaultProjectScore:   "project %s declares the score %s, the ballots hold %s",
	FaultManyChosen:     "%s ballots name more projects than %s",
	FaultNotOne:         "%s projects on a ballot for one",
	FaultFewChosen:      "%s ballots name fewer projects than %s",
	FaultManyPoints:     "%s ballots give more points than %s",
	FaultDearBallot:     "%s ballots name projects that cost more than %s together",
	FaultSpaces:         "spaces or signs in the number %q",
	FaultNoVotes:        "there are no votes",
	FaultSelected:       "project %s has the unknown mark %q in the column of the selected",
	FaultUnsupported:    "%s is %q, which is not counted here",
	FaultPlaces:         "some ballots are shorter than others, and no scores say what their places are worth",
	FaultMore:           "%s further warnings",
}

// FaultKeys are all keys with their text in English, for programs that
// translate them.
func FaultKeys() map[FaultKey]string {
	all := make(map[FaultKey]string, len(faultTexts))
	for key, text := range faultTexts {
		all[key] = text
	}
	return all
}

// Fault is what is wrong with an election. Line counts from 1 in the file; 0
// when it is about the whole or there is no file.
type Fault struct {
	Line int
	Key  FaultKey
	Args []string
}

// Error is the fault in one line of English.
func (f *Fault) Error() string {
	args := make([]any, len(f.Args))
	for i, a := range f.Args {
		args[i] = shorten(a)
	}
	text := fmt.Sprintf(faultTexts[f.Key], args...)
	if f.Line == 0 {
		return text
	}
	return "line " + strconv.Itoa(f.Line) + ": " + text
}

// shorten keeps foreign text from filling the screen.
func shorten(s string) string {
	const most = 80
	if s = OneLine(s); len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// OneLine is foreign text without line ends and other signs that steer a
// terminal.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), " ")
}
