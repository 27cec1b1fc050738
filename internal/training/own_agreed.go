package training

import (
	"context"
	"encoding/json"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Agreed is the offer as somebody agreed to it: what a participant may hold the
// center to. It is kept with the enrollment as JSON, and only grows.
type Agreed struct {
	Title     string          `json:"title"`
	Mode      Mode            `json:"mode"`
	Place     string          `json:"place,omitempty"`
	Hours     int             `json:"hours"`
	Price     int64           `json:"price,omitempty"` // grosze
	Payer     Payer           `json:"payer,omitempty"`
	FreeUntil int64           `json:"free_until,omitempty"` // as in Training, 0 by the law's number
	Paper     Paper           `json:"paper,omitempty"`
	Meetings  []AgreedMeeting `json:"meetings,omitempty"`
}

// AgreedMeeting is one meeting of it.
type AgreedMeeting struct {
	ID       MeetingID `json:"id"`
	Title    string    `json:"title,omitempty"`
	StartsAt int64     `json:"starts_at"`
	EndsAt   int64     `json:"ends_at"`
	Place    string    `json:"place,omitempty"`
}

// agreementTo is the offer as it stands, as JSON for Enrollment.Agreed. Take it
// in the transaction of the enrollment, together with the revision.
func agreementTo(ctx context.Context, r db.Reader, t Training) (string, error) {
	meetings, err := Meetings(ctx, r, t.ID)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(agreedNow(t, meetings))
	return string(text), err
}

func agreedNow(t Training, meetings []Meeting) Agreed {
	a := Agreed{Title: t.Title, Mode: t.Mode, Place: t.Place, Hours: t.Hours, Price: t.Price, Payer: t.Payer, FreeUntil: t.FreeUntil, Paper: t.Paper}
	for _, m := range meetings {
		a.Meetings = append(a.Meetings, AgreedMeeting{m.ID, m.Title, m.StartsAt, m.EndsAt, m.Place})
	}
	return a
}

// agreed is what somebody agreed to, false where nothing was kept (an
// enrollment taken over from an older system).
func (e Enrollment) agreed() (a Agreed, ok bool) {
	return a, json.Unmarshal([]byte(e.Agreed), &a) == nil && a.Title != ""
}

// Difference is one thing of the offer that is not as it was agreed to.
type Difference struct {
	Name     string
	Was, Now string
}

// differences are what changed between two offers, in words of the reader.
func differences(l *i18n.L, was, now Agreed) (list []Difference) {
	add := func(key, a, b string) {
		if a != b {
			list = append(list, Difference{l.T("training.people.offer." + key), dashed(a), dashed(b)})
		}
	}
	add("title", was.Title, now.Title)
	add("dates", was.dates(l), now.dates(l))
	add("mode", l.T("training.mode."+string(was.Mode)), l.T("training.mode."+string(now.Mode)))
	add("place", was.places(), now.places())
	add("hours", l.N("training.people.hours", was.Hours), l.N("training.people.hours", now.Hours))
	add("price", toldPrice(l, was.Price), toldPrice(l, now.Price))
	if was.Price > 0 || now.Price > 0 {
		add("payer", l.T("training.payer."+string(was.Payer)), l.T("training.payer."+string(now.Payer)))
	}
	add("free", toldMoment(l, was.FreeUntil), toldMoment(l, now.FreeUntil))
	add("paper", l.T("training.paper."+string(was.Paper)), l.T("training.paper."+string(now.Paper)))
	return list
}

// dates are the meetings, one a line.
func (a Agreed) dates(l *i18n.L) string {
	text := ""
	for n, m := range a.Meetings {
		if n > 0 {
			text += "\n"
		}
		text += toldSpan(l, m.StartsAt, m.EndsAt)
	}
	return text
}

// places are where the meetings are: the training's place, then the others, each once.
func (a Agreed) places() string {
	text, seen := a.Place, map[string]bool{a.Place: true, "": true}
	for _, m := range a.Meetings {
		if !seen[m.Place] {
			seen[m.Place] = true
			if text != "" {
				text += "\n"
			}
			text += m.Place
		}
	}
	return text
}

// toldSpan is from when to when by the clock in Kraków: "poniedziałek, 14
// grudnia 2026, 9:00–15:00".
func toldSpan(l *i18n.L, from, to int64) string {
	if from == 0 {
		return l.T("training.people.no_date")
	}
	a, b := time.Unix(from, 0).In(web.Warsaw), time.Unix(to, 0).In(web.Warsaw)
	if to <= from {
		return l.Day(a) + ", " + a.Format("15:04")
	}
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return l.Day(a) + ", " + a.Format("15:04") + "–" + b.Format("15:04")
	}
	return l.Day(a) + ", " + a.Format("15:04") + " – " + l.Day(b) + ", " + b.Format("15:04")
}

// toldMoment is an instant in words, "" for none.
func toldMoment(l *i18n.L, at int64) string {
	if at == 0 {
		return ""
	}
	return l.DateTime(time.Unix(at, 0).In(web.Warsaw))
}

// toldPrice is a price in words: free of charge is said.
func toldPrice(l *i18n.L, grosze int64) string {
	if grosze == 0 {
		return l.T("training.people.free_of_charge")
	}
	return Money(l, grosze)
}

func dashed(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
