package training

import (
	"strings"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// key names the texts of a piece of news. Of a place that changes hands there
// are more: for who is asked to take it, for who takes it, and for who gave it.
func (n notice) key() string {
	if n.News == NewsSwapped && !n.e.State.Active() {
		return "swapped_out"
	}
	if n.News == NewsLink && n.e.SwappedFrom != "" {
		return "link_swap"
	}
	return string(n.News)
}

func (n notice) subject(l *i18n.L) string {
	return l.T("training.people.letter."+n.key()+".subject", "title", n.t.Title)
}

// text is the letter: what happened and what comes next, the training, the
// place in the queue with its rule, what changed, and the link.
func (n notice) text(l *i18n.L, withCalendar bool) string {
	parts := []string{l.T("training.people.letter.hello"), n.lead(l)}
	if n.News == NewsConfirmed && n.e.SwappedFrom != "" {
		parts = append(parts, l.T("training.people.letter.from_colleague"))
	}
	if why := strings.TrimSpace(n.why()); why != "" {
		parts = append(parts, l.T("training.people.letter.why", "why", why))
	}
	if n.e.State == Waiting && n.place.Place > 0 {
		parts = append(parts, standingText(l, n.place, n.pool))
	}
	if n.News == NewsChanged {
		parts = append(parts, n.changes(l)...)
	}
	parts = append(parts, n.facts(l), l.T("training.people.letter.link."+n.door(), "link", n.link))
	if withCalendar {
		parts = append(parts, l.T("training.people.letter.calendar"))
	}
	if n.to.person == "" {
		parts = append(parts, l.T("training.people.letter.secret"))
	}
	return strings.Join(append(parts, n.signature(l)), "\n\n")
}

// lead is the sentence of the news itself.
func (n notice) lead(l *i18n.L) string {
	until := n.e.OfferUntil
	if n.News == NewsLink {
		until = n.e.HoldUntil
	}
	return l.T("training.people.letter."+n.key()+".text", "title", n.t.Title, "until", dashed(toldMoment(l, until)),
		"starts", toldSpan(l, n.t.StartsAt, 0), "hours", l.N("training.people.hours", n.e.Hours))
}

// why are the words of a person that go with the news: of the head or the
// officer who refused, or of who canceled the training.
func (n notice) why() string {
	switch n.News {
	case NewsRejected:
		return n.e.Note
	case NewsCanceled, NewsPostponed:
		return n.t.Why
	}
	return ""
}

// door tells what the page behind the link is for now.
func (n notice) door() string {
	switch {
	case n.News == NewsLink:
		return "confirm"
	case n.News == NewsPaper:
		return "paper"
	case n.News == NewsCompleted && n.e.State == Completed && n.t.Paper != NoPaper:
		return "birth"
	case n.e.State.Active():
		return "own"
	}
	return "past"
}

// changes are what was agreed to and what is now, a paragraph each.
func (n notice) changes(l *i18n.L) (parts []string) {
	was, ok := n.e.agreed()
	if !ok {
		return nil
	}
	for _, d := range differences(l, was, agreedNow(n.t, n.meetings)) {
		parts = append(parts, l.T("training.people.letter.change", "name", d.Name, "was", d.Was, "now", d.Now))
	}
	return parts
}

// facts are when, where and by whom.
func (n notice) facts(l *i18n.L) string {
	lines := []string{l.T("training.people.letter.fact", "name", l.T("training.people.offer.title"), "value", n.t.Title)}
	if n.t.State != Postponed {
		for _, m := range n.meetings {
			lines = append(lines, l.T("training.people.letter.fact", "name", l.T("training.people.offer.date"), "value", meetingLine(l, m)))
		}
	}
	place := n.t.Place
	if n.t.Mode == Online {
		place = l.T("training.mode.online")
	}
	if place != "" {
		lines = append(lines, l.T("training.people.letter.fact", "name", l.T("training.people.offer.place"), "value", place))
	}
	return strings.Join(lines, "\n")
}

// meetingLine is when a meeting is, and where when it has a room or a place of its own.
func meetingLine(l *i18n.L, m Meeting) string {
	line := toldSpan(l, m.StartsAt, m.EndsAt)
	for _, more := range []string{m.Title, m.Place, m.Room} {
		if more != "" {
			line += ", " + more
		}
	}
	return line
}

func (n notice) signature(l *i18n.L) string {
	name := n.center.Name
	if name == "" {
		name = l.T("training.people.letter.center")
	}
	return "-- \n" + name + "\n" + l.T("training.people.letter.sent_by")
}

// standingText is place and rule in one sentence: "Jesteś 3. z 11 osób na liście
// rezerwowej; miejsca przyznajemy według kolejności zgłoszeń w puli gminy
// Skawina (5 miejsc)."
func standingText(l *i18n.L, p Position, pool string) string {
	return l.N("training.people.place", p.Waiting, "place", p.Place) + " " + ruleText(l, p, pool)
}

// ruleText is by which rule seats are given.
func ruleText(l *i18n.L, p Position, pool string) string {
	seats := l.N("training.people.seats", p.Seats)
	switch {
	case pool != "":
		return l.T("training.people.rule.pool", "town", pool, "seats", seats)
	case p.Quotas:
		return l.T("training.people.rule.rest", "seats", seats)
	}
	return l.T("training.people.rule.all", "seats", seats)
}

// standingReason is the same as data for the page.
func standingReason(l *i18n.L, p Position, pool string) web.Reason {
	return web.Reason{Text: standingText(l, p, pool), Rule: l.T("training.people.rule.more"), Numbers: []web.Pair{
		{Name: l.T("training.people.number.place"), Value: l.Number(p.Place)}, {Name: l.T("training.people.number.waiting"), Value: l.Number(p.Waiting)},
		{Name: l.T("training.people.number.seats"), Value: l.Number(p.Seats)}, {Name: l.T("training.people.number.taken"), Value: l.Number(p.Taken)}}}
}
