package training

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"kladka/internal/platform/calendar"
)

// Letters put meetings into people's calendars, change them there, and strike
// them out. Each meeting has one identity for good and the training's revision
// as its sequence, so that programs keep the newest.
//
// One meeting goes as a request (or a cancellation), which programs act upon by
// themselves. They read no further than the first event of a request, so several
// meetings go as a published calendar, which the person takes in with one click;
// those struck out are marked as canceled in it.

// alarmBefore is when calendar programs ring: on the day before.
const alarmBefore = 24 * time.Hour

// calendarFor is the calendar of a letter with its method, "" for none.
func (s *Service) calendarFor(n notice, struck bool) ([]byte, string, error) {
	if !struck && !(n.enters() && n.e.State.In()) {
		return nil, "", nil
	}
	events := s.eventsOf(n, struck)
	if len(events) == 0 {
		return nil, "", nil
	}
	c := calendar.Calendar{Name: n.t.Title, Lang: string(n.t.Lang), Method: calendar.Publish, Events: events}
	if len(events) == 1 && events[0].OrganizerMail != "" {
		if c.Method = calendar.Request; events[0].Canceled {
			c.Method = calendar.Cancel
		}
	}
	var b bytes.Buffer
	err := calendar.Write(&b, c)
	if errors.Is(err, calendar.ErrEvent) && c.Method != calendar.Publish { // an address that programs would not take
		c.Method = calendar.Publish
		err = calendar.Write(&b, c)
	}
	return b.Bytes(), c.Method, err
}

// eventsOf are the person's meetings, and those agreed to that are no more.
func (s *Service) eventsOf(n notice, struck bool) (list []calendar.Event) {
	organizer := s.Mail.Sender()
	if organizer == "" {
		organizer = n.center.Email
	}
	event := func(m AgreedMeeting, place string, canceled bool) {
		if m.StartsAt == 0 {
			return
		}
		title := n.t.Title
		if m.Title != "" && m.Title != title {
			title += ": " + m.Title
		}
		list = append(list, calendar.Event{UID: string(m.ID) + "@kladka", Title: title, Place: place, URL: s.Mail.URL(s.pathFor(n.e, false)),
			Starts: time.Unix(m.StartsAt, 0), Ends: time.Unix(max(m.StartsAt, m.EndsAt), 0), Sequence: int(n.t.Revision), Stamp: n.now,
			Changed: time.Unix(n.t.ChangedAt, 0), Canceled: canceled, Organizer: n.center.Name, OrganizerMail: organizer, Attendee: n.to.email, Alarm: alarmBefore})
	}
	for _, m := range n.meetings {
		event(AgreedMeeting{m.ID, m.Title, m.StartsAt, m.EndsAt, m.Place}, placeOf(n.t, m), struck)
	}
	was, _ := n.e.agreed()
	for _, m := range was.Meetings {
		if !slices.ContainsFunc(n.meetings, func(now Meeting) bool { return now.ID == m.ID }) {
			event(m, m.Place, true)
		}
	}
	return list
}

// placeOf is where a meeting is: its own place or the training's, with the room.
func placeOf(t Training, m Meeting) string {
	place := m.Place
	if place == "" {
		place = t.Place
	}
	if m.Room != "" && place != "" {
		return place + ", " + m.Room
	}
	return place + m.Room
}
