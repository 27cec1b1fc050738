package survey

import (
	"context"
	"fmt"
	"strconv"

	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Measures are the measures by which PublishRound publishes the rounds of an
// owner, to be declared in wiring. They are an owner's own, so that rounds of
// different owners do not stand in each other's way (see disclosure.Publish).
// An owner that publishes questions by measures of its own does not publish the
// same ones by these.
func Measures(owner string) []disclosure.Measure {
	list := []disclosure.Measure{
		{Name: measureName(owner, "single"), TitleKey: "survey.measure.single", Class: disclosure.Opinion, Each: true},
		{Name: measureName(owner, "scale"), TitleKey: "survey.measure.scale", Class: disclosure.Opinion, Each: true, Ordered: true},
	}
	for least := range 2 {
		for most := range mostChoices + 1 {
			list = append(list, disclosure.Measure{Name: measureName(owner, choices(least, most)), TitleKey: "survey.measure.choice",
				Class: disclosure.Opinion, Least: least, Most: most})
		}
	}
	return list
}

// mostChoices bounds the numbers of choices that have a measure. A question with
// another bound is not published: the rule would be too weak for it.
const mostChoices = 10

func measureName(owner, shape string) string { return "survey." + owner + "." + shape }

// choices is the shape of a question with several answers: from least to most, 0
// for no bound.
func choices(least, most int) string {
	return "choice." + strconv.Itoa(least) + "." + strconv.Itoa(most)
}

// closedQuestion is a question, or a row of a matrix, that can be counted.
type closedQuestion struct {
	key        string // as in Answers
	shape      string // of its measure; "" for none
	categories []string
	some       bool // it is asked only after certain answers
	q          *Question
	row        *Option
}

// closed are the questions that can be counted: no words, no free numbers.
func (d Definition) closed() (list []closedQuestion) {
	for i := range d.Sections {
		s := &d.Sections[i]
		for j := range s.Questions {
			q := &s.Questions[j]
			c := closedQuestion{key: q.ID, q: q, some: s.When != nil || q.When != nil}
			switch q.Kind {
			case Single, Matrix:
				c.shape = "single"
				c.categories = optionIDs(q.Options, true)
			case Scale:
				c.shape = "scale"
				for v := q.Low; v <= q.High; v++ {
					c.categories = append(c.categories, strconv.Itoa(v))
				}
			case Multiple, Ranking:
				c.categories = optionIDs(q.Options, false)
				c.shape = q.choiceShape(len(c.categories))
			default:
				continue
			}
			if c.some {
				c.categories = append(c.categories, disclosure.NotAsked)
				if c.shape == "scale" { // not asked has no place on a scale
					c.shape = "single"
				}
			}
			if q.Kind != Matrix {
				list = append(list, c)
				continue
			}
			for k := range q.Rows {
				c.key, c.row = q.ID+"."+q.Rows[k].ID, &q.Rows[k]
				list = append(list, c)
			}
		}
	}
	return list
}

// choiceShape is the measure that tells the bounds of the form.
func (q *Question) choiceShape(categories int) string {
	least, most := q.least(), q.most()
	if len(optionIDs(q.Options, true)) > categories {
		least = 0 // who chose what stands alone counts in none
	}
	if most >= categories {
		most = 0 // all of them: that binds nobody
	}
	if least > 1 || most > mostChoices {
		return ""
	}
	return choices(least, most)
}

// optionIDs are the options in their order; without alone, those that can stand
// with others.
func optionIDs(options []Option, alone bool) (ids []string) {
	for _, o := range options {
		if alone || !o.Alone {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// chosen are the categories of one respondent, and whether they count at all:
// who passed a question by does not.
func (c closedQuestion) chosen(a Answers) (categories []string, counts bool) {
	values := a[c.key]
	if len(values) == 0 {
		if c.some { // not asked, or asked and passed by: words that decide it may be gone
			return []string{disclosure.NotAsked}, true
		}
		return nil, false
	}
	for _, v := range values {
		if at := optionAt(c.q.Options, v); at >= 0 && c.q.Options[at].Alone && c.q.Kind == Multiple {
			continue
		}
		categories = append(categories, v)
	}
	return categories, true
}

// Count is the tally of a round that is counted: for each closed question, or row
// of a matrix, how many chose what, by unit. It is for disclosure alone and is
// shown to nobody.
func (s *Service) Count(ctx context.Context, r db.Reader, round RoundID) ([]disclosure.Count, error) {
	_, d, err := s.counted(ctx, r, round)
	if err != nil {
		return nil, err
	}
	questions := d.closed()
	counts := make([]disclosure.Count, len(questions))
	for i, q := range questions {
		counts[i] = disclosure.Count{Key: q.key, Counts: disclosure.NewCounts(q.categories...)}
	}
	err = s.Each(ctx, r, round, func(unit string, a Answers) error {
		for i, q := range questions {
			if categories, ok := q.chosen(a); ok {
				counts[i].Add(unit, categories...)
			}
		}
		return nil
	})
	return counts, err
}

// PublishRound publishes one release per closed question of a round, on a plan
// that the owner fixed before the round began. Counts are those of Count, read
// before the transaction. Answers without a name raise k (see Unsigned). It tells
// the questions that cannot be published because no measure has their bounds. Published again, nothing changes.
func (s *Service) PublishRound(ctx context.Context, tx *db.Tx, round RoundID, plan, label string, counts []disclosure.Count) (left []string, err error) {
	defer fault.Wrap(&err, "publish round %s", round)
	if s.releases == nil {
		return nil, fmt.Errorf("survey: nobody publishes")
	}
	rd, d, err := s.counted(ctx, tx, round)
	if err != nil {
		return nil, err
	}
	unsigned, err := MostUnsigned(ctx, tx, round)
	if err != nil {
		return nil, err
	}
	shapes := map[string]string{}
	for _, q := range d.closed() {
		shapes[q.key] = q.shape
	}
	for _, c := range counts {
		if shapes[c.Key] == "" {
			left = append(left, c.Key)
			continue
		}
		_, err := s.releases.Publish(ctx, tx, disclosure.Release{Measure: measureName(rd.Owner, shapes[c.Key]), Plan: plan,
			Period: disclosure.Period{From: rd.OpensAt, Until: rd.ClosesAt, Label: label}, Object: releaseObject(round, c.Key), K: publishK + unsigned}, c.Counts)
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// publishK is k of all that Measures declares: unsigned answers are added to it.
const publishK = 5

// releaseObject is what a release of one question is about.
func releaseObject(round RoundID, key string) string { return "survey/" + string(round) + "/" + key }

// published are the releases of a round, in the order of its questions.
func (s *Service) published(ctx context.Context, l *i18n.L, rd Round, d Definition) (views []disclosure.View, err error) {
	if s.releases == nil {
		return nil, nil
	}
	for n, q := range d.closed() {
		if q.shape == "" {
			continue
		}
		table, err := s.releases.Latest(ctx, s.db, measureName(rd.Owner, q.shape), releaseObject(rd.ID, q.key))
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		views = append(views, disclosure.View{Table: table, ID: "pytanie-" + strconv.Itoa(n+1), Caption: q.title(l), Names: q.names(l)})
	}
	return views, nil
}

func (c closedQuestion) title(l *i18n.L) string {
	title, _ := c.q.Title.In(l)
	if c.row != nil {
		row, _ := c.row.Text.In(l)
		title += " – " + row
	}
	return title
}

// names are the categories in words.
func (c closedQuestion) names(l *i18n.L) map[string]string {
	names := map[string]string{disclosure.NotAsked: l.T("survey.results.not_asked")}
	for _, o := range c.q.Options {
		names[o.ID], _ = o.Text.In(l)
	}
	return names
}
