package needs

import (
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// traceStage is one stage on the way of a need, from the voice to what was used
// in class.
type traceStage struct {
	Key   string // needs.trace.stage.…
	Done  bool
	Text  string     // the figure in words, "" where there is none or it is not the reader's
	Lines []web.Link // what there is of it; without an address it is only named
}

// tracePath is the way of one need, as far as it came. Stages that nobody has
// reached are there as well, so that people see what is still to come; those
// that cannot come any more, after a refusal, are not.
func tracePath(l *i18n.L, v needSight) []traceStage {
	path := []traceStage{traceReported(l, v), traceDecided(l, v), traceTold(l, v)}
	training, order, open := false, false, len(v.Decisions) == 0
	for _, d := range v.Decisions {
		training = training || d.Kind == Training
		order = order || d.Kind != Training && d.Kind != Declined
	}
	if order {
		path = append(path, traceCarried(l, v))
	}
	if training || open {
		path = append(path, traceTrainings(l, v)...)
	}
	return path
}

func traceReported(l *i18n.L, v needSight) traceStage {
	st := traceStage{Key: "reported", Done: true, Lines: []web.Link{{Text: v.Campaign.Title, Href: CampaignHref(v.Campaign.ID)}}}
	if v.May.Plans {
		st.Text = l.T("needs.trace.figure.reported", "who", l.N("needs.need.institutions", v.Rank.Who), "people", l.N("needs.need.people", v.Rank.Heads))
	}
	for _, id := range v.May.Own {
		st.Lines = append(st.Lines, web.Link{Text: v.Names[id]})
	}
	if !v.May.Plans && len(v.May.Own) == 0 {
		st.Lines = st.Lines[:0] // the campaign's page is not theirs
	}
	return st
}

func traceDecided(l *i18n.L, v needSight) traceStage {
	st := traceStage{Key: "decided", Done: len(v.Decisions) > 0}
	for _, d := range v.Decisions {
		text := l.T("needs.need.decide." + string(d.Kind))
		if d.Title != "" {
			text += ": " + d.Title
		}
		st.Lines = append(st.Lines, web.Link{Text: text + " (" + needDay(l, d.At) + ")", Href: NeedHref(v.Need.ID) + "#" + string(d.ID)})
	}
	if v.May.Plans && st.Done {
		st.Text = l.T("needs.need.left."+string(v.Left.Stand), "left", l.N("needs.need.people", v.Left.Left))
	}
	return st
}

func traceTold(l *i18n.L, v needSight) traceStage {
	st := traceStage{Key: "told", Done: len(v.Told) > 0}
	people := 0
	for _, t := range v.Told {
		people = max(people, t.People)
	}
	if v.May.Plans && st.Done {
		st.Text = l.N("needs.need.people", people)
	}
	return st
}

// traceCarried are networks, consultations and workshops.
func traceCarried(l *i18n.L, v needSight) traceStage {
	st := traceStage{Key: "carried"}
	for _, d := range v.Decisions {
		if d.Kind == Training || d.Kind == Declined {
			continue
		}
		st.Done = st.Done || d.State == orderDone
		st.Lines = append(st.Lines, web.Link{Text: d.Title + ": " + l.T("needs.order.state."+d.State), Href: NeedHref(v.Need.ID) + "#" + string(d.ID)})
	}
	return st
}

// traceTrainings are the stages of trainings: offer, enrollment, hours, papers,
// later use. The figures are official ones, sums over all trainings that were
// not canceled.
func traceTrainings(l *i18n.L, v needSight) []traceStage {
	offer, people, hours, papers, use := traceStage{Key: "offered"}, traceStage{Key: "enrolled"}, traceStage{Key: "held"}, traceStage{Key: "papers"}, traceStage{Key: "used"}
	seats, enrolled, completed, given, issued := 0, 0, 0, 0, 0
	for _, t := range v.Trainings {
		if needCanceled(t) || t.Path == "" && !v.May.Plans {
			continue
		}
		href := t.Path
		if href == "" {
			href = t.DeskPath
		}
		offer.Lines = append(offer.Lines, web.Link{Text: t.Title + " (" + l.T(t.State) + ")", Href: href})
		offer.Done = offer.Done || t.Path != ""
		seats, enrolled, completed, given, issued = seats+t.Seats, enrolled+t.Enrolled, completed+t.Completed, given+t.Hours, issued+t.Papers
		if t.LaterUse != "" {
			use.Done = true
			use.Lines = append(use.Lines, web.Link{Text: t.Title + ": " + t.LaterUse})
		}
		if t.Low && v.May.Plans {
			use.Text = l.T("needs.need.low_use")
		}
	}
	people.Done, hours.Done, papers.Done = enrolled > 0, completed > 0, issued > 0
	if len(offer.Lines) > 0 {
		offer.Text = l.N("needs.need.seats", seats)
	}
	if people.Done {
		people.Text = l.N("needs.need.people", enrolled)
	}
	if hours.Done {
		hours.Text = l.T("needs.trace.figure.hours", "people", l.N("needs.need.people", completed), "hours", l.N("needs.need.hours", given))
	}
	if papers.Done {
		papers.Text = l.N("needs.need.papers", issued)
	}
	return []traceStage{offer, people, hours, papers, use}
}

// traceHere is the last stage that was reached.
func traceHere(path []traceStage) int {
	here := 0
	for n, st := range path {
		if st.Done {
			here = n
		}
	}
	return here
}
