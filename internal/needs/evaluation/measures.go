package evaluation

import (
	"context"
	"slices"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/survey"
)

// asked is one question that is counted, and how it is published.
type asked struct {
	Stage   Stage
	Key     string // in survey.Answers
	Measure disclosure.Measure
	// Categories in public order; of a mean the numbers from Low to High.
	Categories []string
	// As is the category that an option counts in, where they differ.
	As map[string]string
}

// questions are all that is published. One question is published in one way: a
// mean beside the counts of the same answers would tell more than either.
//
// Of what is asked later the way of using it is not among them, though the ready
// questionnaire has it: it is asked only of those who used something, so how many
// answered would be, exactly, how many used something. "Nothing stood in the way"
// is no category either: it excludes the others, so that the numbers of the others
// would bound each other.
var questions = []asked{
	scale(After, "overall", false),
	scale(After, "useful", true),
	scale(After, "trainer", true),
	scale(After, "conditions", true),
	fit("pace"), fit("level"), fit("practice"),
	{Stage: Later, Key: "used", Measure: disclosure.Measure{Mean: true, Low: 0, High: 2}, Categories: []string{"0", "1", "2"},
		As: map[string]string{"no": "0", "partly": "1", "yes": "2"}},
	{Stage: Later, Key: "obstacles", Categories: []string{"time", "equipment", "support", "topic", "practice"}},
	scale(ofMeeting, "useful", true),
	scale(ofMeeting, "voice", true),
}

// The measures that lists show.
const (
	usefulKey = "useful"
	usedKey   = "used"
)

func scale(stage Stage, key string, mean bool) asked {
	a := asked{Stage: stage, Key: key, Categories: []string{"1", "2", "3", "4", "5"}}
	if mean {
		a.Measure = disclosure.Measure{Mean: true, Low: 1, High: 5}
	} else {
		a.Measure = disclosure.Measure{Each: true, Ordered: true}
	}
	return a
}

func fit(row string) asked {
	return asked{Stage: After, Key: "fit." + row, Measure: disclosure.Measure{Each: true, Ordered: true}, Categories: []string{"too_little", "right", "too_much"}}
}

// name is the measure in package disclosure.
func (a asked) name() string { return "evaluation." + string(a.Stage) + "." + a.Key }

// Measures are what is counted, to be declared in wiring.
func Measures() []disclosure.Measure {
	list := make([]disclosure.Measure, len(questions))
	for n, q := range questions {
		m := q.Measure
		m.Name, m.TitleKey, m.Class = q.name(), "evaluation.measure."+string(q.Stage)+"."+q.Key, disclosure.Opinion
		list[n] = m
	}
	return list
}

// questionOf finds a question by the name of its measure.
func questionOf(measure string) (asked, bool) {
	n := slices.IndexFunc(questions, func(q asked) bool { return q.name() == measure })
	if n < 0 {
		return asked{}, false
	}
	return questions[n], true
}

// remarkKey is the question in own words of a stage.
func remarkKey(stage Stage) string {
	switch stage {
	case Later:
		return "example"
	case ofMeeting:
		return "next"
	}
	return "change"
}

// definition is what is asked: the ready questionnaire of the stage, of later
// use without what cannot be published. A change of it becomes a new version.
func (s *Service) definition(ctx context.Context, tx *db.Tx, stage Stage) (survey.DefinitionID, error) {
	code := map[Stage]string{After: survey.AfterCode, Later: survey.LaterCode, ofMeeting: survey.MeetingCode}[stage]
	for _, d := range survey.Ready() {
		if d.Code == code {
			return s.Surveys.SaveDefinition(ctx, tx, audit.By{}, trimmed(d, stage))
		}
	}
	panic("evaluation: no ready questionnaire " + code) // the files are part of the program
}

// trimmed is a ready questionnaire with the questions that we count and the one
// in own words.
func trimmed(d survey.Definition, stage Stage) survey.Definition {
	d.Code = "_eval_" + d.Code
	ours := func(id string) bool {
		return id == remarkKey(stage) || id == "fit" || slices.ContainsFunc(questions, func(q asked) bool { return q.Stage == stage && q.Key == id })
	}
	for n := range d.Sections {
		d.Sections[n].Questions = slices.DeleteFunc(d.Sections[n].Questions, func(q survey.Question) bool { return !ours(q.ID) })
	}
	d.Sections = slices.DeleteFunc(d.Sections, func(x survey.Section) bool { return len(x.Questions) == 0 })
	return d
}

// tally counts the answers of the rounds of a group, question by question, all
// in one unit: the group.
type tally struct {
	unit    string
	answers int
	counts  map[string]*disclosure.Counts // by measure
}

func newTally(unit string, stage Stage) *tally {
	t := &tally{unit: unit, counts: map[string]*disclosure.Counts{}}
	for _, q := range questions {
		if q.Stage == stage {
			c := disclosure.NewCounts(q.Categories...)
			t.counts[q.name()] = &c
		}
	}
	return t
}

// several tells that people tick as many categories as they like. Whoever ticked
// none answered as well: left out, the others would be known to have ticked one.
func (a asked) several() bool { return !a.Measure.Each && !a.Measure.Mean }

// add counts one person. A question left out counts for nothing, but where several
// answers are ticked; neither does an option that is in no category.
func (t *tally) add(stage Stage, a survey.Answers) {
	t.answers++
	for _, q := range questions {
		values := a[q.Key]
		if q.Stage != stage {
			continue
		}
		var in []string
		for _, v := range values {
			if as := q.As[v]; as != "" {
				v = as
			}
			if slices.Contains(q.Categories, v) && !slices.Contains(in, v) {
				in = append(in, v)
			}
		}
		if len(in) > 0 || q.several() {
			t.counts[q.name()].Add(t.unit, in...)
		}
	}
}

// percentOf is a mean of use, in tenths from 0 to 20, as percent.
func percentOf(tenths int) int { return tenths * 5 }
