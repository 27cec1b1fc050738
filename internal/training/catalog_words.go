package training

import (
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// catalogSeats is what the pools of a training come to. Names of people and
// their number beside a single name are nobody's business: only sums are shown.
type catalogSeats struct {
	Seats, Free, Waiting int
	QuotaOnly            bool // what is free is promised to municipalities
}

func seatsOf(pools []Pool) (s catalogSeats) {
	open := 0
	for _, p := range pools {
		s.Seats, s.Free, s.Waiting = s.Seats+p.Seats, s.Free+p.Free(), s.Waiting+p.Waiting
		if p.Name == "" {
			open += p.Free()
		}
	}
	s.QuotaOnly = s.Free > 0 && open == 0
	return s
}

// offerStand is whether one can enroll at a moment, as data: the key of the
// words, and what goes into them.
type offerStand struct {
	Key  string // training.catalog.stand.…
	N    int    // the number that bends the words, -1 where none does
	All  int
	When int64
	Kind string // of the badge
	Open bool   // a form can be sent, be it for the waiting list
}

// standOf answers it. The reasons stand in the order of their weight: of
// several the one is told that would remain without the others.
func standOf(t Training, s catalogSeats, now int64) offerStand {
	plain := func(key, kind string, when int64) offerStand {
		return offerStand{Key: key, N: -1, Kind: kind, When: when}
	}
	switch {
	case t.State == Canceled:
		return plain("canceled", "bad", 0)
	case t.State == Postponed:
		return plain("postponed", "warn", 0)
	case t.State == Held || t.State == Closed || t.EndsAt > 0 && t.EndsAt <= now:
		return plain("held", "", 0)
	case t.State != Published:
		return plain("draft", "", 0)
	case t.StartsAt > 0 && t.StartsAt <= now:
		return plain("running", "", 0)
	case t.EnrollUntil > 0 && t.EnrollUntil <= now:
		return plain("ended", "", t.EnrollUntil)
	case t.EnrollFrom > now:
		return plain("not_yet", "warn", t.EnrollFrom)
	}
	o := offerStand{N: s.Free, All: s.Seats, Kind: "ok", Open: true}
	switch {
	case s.Free == 0 && s.Waiting == 0:
		o.Key, o.N, o.Kind = "full", -1, "warn"
	case s.Free == 0:
		o.Key, o.N, o.Kind = "queue", s.Waiting, "warn"
	case s.QuotaOnly:
		o.Key = "left_quota"
	case s.Seats == 1:
		o.Key, o.N = "single", -1
	default:
		o.Key = "left"
	}
	return o
}

// words are the seats line: "zostało 4 z 20 miejsc".
func (o offerStand) words(l *i18n.L) string {
	key := "training.catalog.stand." + o.Key
	switch {
	case o.N >= 0 && o.Key == "queue":
		return l.N(key, o.N)
	case o.N >= 0:
		return l.N(key, o.N, "all", o.All)
	case o.When > 0:
		return l.T(key, "when", shortMoment(l, o.When))
	}
	return l.T(key)
}

// reason tells somebody why there is no form to fill in, nil where there is one.
func (o offerStand) reason(l *i18n.L, t Training) *web.Reason {
	if o.Open {
		return nil
	}
	key := "training.catalog.why." + o.Key
	r := web.Reason{Text: l.T(key), Human: o.Key == "canceled" || o.Key == "postponed"}
	if o.When > 0 {
		r.Text = l.T(key, "when", shortMoment(l, o.When))
	}
	if r.Human && t.Why != "" {
		r.Text += " " + l.T("training.catalog.why.words", "why", t.Why)
	}
	r.Rule = l.T("training.catalog.rule." + o.Key)
	return &r
}

// shortMoment is a day and, unless it is midnight, the hour.
func shortMoment(l *i18n.L, at int64) string {
	t := time.Unix(at, 0).In(web.Warsaw)
	if t.Hour() == 0 && t.Minute() == 0 {
		return l.Date(t)
	}
	return l.DateTime(t)
}

// offerPrice is what it costs, in words.
func offerPrice(l *i18n.L, price int64) string {
	if price == 0 {
		return l.T("training.catalog.gratis")
	}
	return Money(l, price)
}

// offerSpan is when a training is. One of several days has its first and last.
func offerSpan(l *i18n.L, t Training) string {
	if t.StartsAt == 0 || t.State == Postponed {
		return l.T("training.catalog.no_date")
	}
	a, b := time.Unix(t.StartsAt, 0).In(web.Warsaw), time.Unix(max(t.EndsAt, t.StartsAt), 0).In(web.Warsaw)
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return hoursOfDay(l, a, b)
	}
	return l.T("training.catalog.span", "from", l.Day(a)+", "+clock(a), "to", l.Day(b))
}

// hoursOfDay is "poniedziałek, 14 grudnia 2026, 9:00–15:00".
func hoursOfDay(l *i18n.L, a, b time.Time) string {
	if !b.After(a) {
		return l.Day(a) + ", " + clock(a)
	}
	return l.Day(a) + ", " + clock(a) + "–" + clock(b)
}

// clock is the hour as people write it, without a zero before it.
func clock(t time.Time) string { return t.Format("15:04")[zeroHour(t):] }

func zeroHour(t time.Time) int {
	if t.Hour() < 10 {
		return 1
	}
	return 0
}
