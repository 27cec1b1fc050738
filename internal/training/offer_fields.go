package training

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// offerFields reads the fields of a form and gathers what is wrong with them.
// An empty field is zero: "not set".
type offerFields struct {
	v      url.Values
	faults []fault.Field
}

func (f *offerFields) bad(name, key string, args ...any) {
	f.faults = append(f.faults, fault.Field{Name: name, Key: "training.offer.lack." + key, Args: args})
}

func (f *offerFields) text(name string) string { return strings.TrimSpace(f.v.Get(name)) }

func (f *offerFields) yes(name string) bool { return f.v.Get(name) != "" }

func (f *offerFields) number(name string) int {
	text := strings.ReplaceAll(f.text(name), " ", "")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 10_000_000 {
		f.bad(name, "number")
		return 0
	}
	return n
}

// moment reads a day with an hour, as the browser's own field writes it or as
// people type it.
func (f *offerFields) moment(name string) int64 {
	text := f.text(name)
	if text == "" {
		return 0
	}
	day, hour, ok := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if !ok {
		f.bad(name, "moment")
		return 0
	}
	return f.at(name, name, day, strings.TrimSpace(hour))
}

// at reads an hour of a day. In the night of March one hour is not there: who
// typed it means another.
func (f *offerFields) at(dayField, hourField, day, hour string) int64 {
	if len(hour) == len("10:00:00") {
		hour = hour[:len("10:00")]
	}
	t, kind, err := calendar.Read(day, hour)
	switch {
	case err == calendar.ErrDay:
		f.bad(dayField, "day")
	case err != nil:
		f.bad(hourField, "hour")
	case kind == calendar.Never:
		f.bad(hourField, "never")
	case t.Year() < 2000 || t.Year() > 2100:
		f.bad(dayField, "day")
	default:
		return t.Unix()
	}
	return 0
}

func (f *offerFields) price(name string) int64 {
	n, ok := grosze(f.text(name))
	if !ok {
		f.bad(name, "price")
	}
	return n
}

// grosze reads an amount of money: "120", "1 200,50", "99.90 zł".
func grosze(text string) (int64, bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "zł"))
	text = strings.NewReplacer(" ", "", "\u00a0", "", ",", ".").Replace(text)
	if text == "" {
		return 0, true
	}
	whole, part, cut := strings.Cut(text, ".")
	digits := func(t string) bool { return strings.Trim(t, "0123456789") == "" }
	if whole == "" || len(whole) > 9 || !digits(whole) || !digits(part) || len(part) > 2 || cut && part == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}

// grosseText is an amount as a form shows it.
func groszeText(n int64) string {
	if n == 0 {
		return ""
	}
	text := strconv.FormatInt(n/100, 10)
	if n%100 != 0 {
		text += "," + strconv.FormatInt(100+n%100, 10)[1:]
	}
	return text
}

// momentField is an instant as the browser's field for one takes it.
func momentField(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).In(web.Warsaw).Format("2006-01-02T15:04")
}

// numberField is a number as a form shows it, "" for none.
func numberField(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yesField(yes bool) string {
	if yes {
		return "tak"
	}
	return ""
}

// mostRows bounds the meetings of one form.
const mostRows = calendar.MostMeetings

// meetingRows are the numbers of the rows of meetings that a form holds.
func meetingRows(v url.Values) (rows []int) {
	n, _ := strconv.Atoi(v.Get("wiersze"))
	for row := range min(max(n, 0), mostRows) {
		rows = append(rows, row)
	}
	return rows
}

// meetings reads the rows that are filled in. The second answer tells which row
// each came from, so that a fault stands at its own.
func (f *offerFields) meetings() (all []Meeting, rows []int) {
	for _, row := range meetingRows(f.v) {
		in := "s" + strconv.Itoa(row) + "_"
		day, from, to := f.text(in+"dzien"), f.text(in+"od"), f.text(in+"do")
		if f.yes(in+"usun") || day == "" && from == "" && to == "" && f.text(in+"tytul") == "" {
			continue
		}
		m := Meeting{ID: MeetingID(f.text(in + "id")), Title: f.text(in + "tytul"), Track: f.text(in + "sesja"), Room: f.text(in + "sala"),
			Place: f.text(in + "gdzie"), Hours: f.number(in + "godziny")}
		m.StartsAt, m.EndsAt = f.at(in+"dzien", in+"od", day, from), f.at(in+"dzien", in+"do", day, to)
		all, rows = append(all, m), append(rows, row)
	}
	if len(all) == mostRows {
		f.bad("spotkania", "many")
	}
	return all, rows
}

// ownRows leads faults of meetings, counted as they were sent on, back to the
// rows of the form, and drops what was said of a field before.
func (f *offerFields) ownRows(err error, rows []int) error {
	e := fault.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	all := slices.Clone(f.faults)
	for _, x := range e.Fields {
		for n, row := range rows {
			if rest, ok := strings.CutPrefix(x.Name, "s"+strconv.Itoa(n)+"_"); ok {
				x.Name = "s" + strconv.Itoa(row) + "_" + rest
				break
			}
		}
		if !slices.ContainsFunc(all, func(y fault.Field) bool { return y.Name == x.Name }) {
			all = append(all, x)
		}
	}
	return fault.InvalidFields(all)
}

// putMeeting writes a meeting into a row of the form.
func putMeeting(v url.Values, row int, m Meeting) {
	in := "s" + strconv.Itoa(row) + "_"
	start, end := time.Unix(m.StartsAt, 0).In(web.Warsaw), time.Unix(m.EndsAt, 0).In(web.Warsaw)
	for name, value := range map[string]string{"id": string(m.ID), "dzien": start.Format(time.DateOnly), "od": start.Format("15:04"), "do": end.Format("15:04"),
		"godziny": numberField(m.Hours), "tytul": m.Title, "sesja": m.Track, "sala": m.Room, "gdzie": m.Place} {
		v.Set(in+name, value)
	}
}
