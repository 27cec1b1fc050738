package meetings

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// MinutesHref is the page of the minutes of a meeting.
func MinutesHref(id MeetingID) string { return Href(id) + "/protokol" }

func writeHref(id MeetingID) string { return MinutesHref(id) + "/pisz" }

// paperPage are the minutes as they are read; the PDF and the text say the same.
type paperPage struct {
	web.Page
	Of         Meeting
	Paper      Paper
	Tabs       []web.Link
	Badge      string
	Kind       string
	Facts      []web.Fact
	Items      []paperItem
	Objections []objectionRow
	Next       web.Step
	Why        *web.Reason // why they were adopted without a vote
	Public     bool        // the reader sees them only because they were published
	Writes     bool
	Runs       bool
	Objects    bool
	Deeds      []deedForm
	Downloads  []web.Link
	Places     []web.Choice // items, for an objection
	Stop       string
	Typed      string
}

// paperItem is an item with what the minutes say of it.
type paperItem struct {
	Item
	Heading string
	Lines   []string
	Rows    []paperRow
}

// paperRow is a decision, a task or a vote in one line.
type paperRow struct {
	Label, Text, Href, Badge, Kind string
	More                           []string
}

// objectionRow is an objection as it is read.
type objectionRow struct {
	Objection
	Where, Who, When string
	Answers          deedForm
}

// paperData is everything that minutes are drawn from.
type paperData struct {
	m          Meeting
	p          Paper
	items      []Item
	texts      map[ItemID]Text
	decisions  []Decision
	actions    []Action
	votes      []Vote
	objections []Objection
	present    int
	entitled   int
	names      map[string]string // people and institutions by id
}

// paperData reads the minutes whole. Names of people are left out for whoever
// sees them only because they were published.
func (s *Service) paperData(ctx context.Context, m Meeting, public bool) (x paperData, err error) {
	x.m = m
	err = s.db.Snapshot(ctx, func(r db.Reader) (err error) {
		if x.p, err = PaperOf(ctx, r, m.ID); err != nil {
			return err
		}
		if x.items, err = ItemsOf(ctx, r, m.ID); err != nil {
			return err
		}
		if x.texts, err = textsOf(ctx, r, m.ID); err != nil {
			return err
		}
		if x.decisions, err = DecisionsOf(ctx, r, m.ID); err != nil {
			return err
		}
		if x.actions, err = actionsOf(ctx, r, m.ID); err != nil {
			return err
		}
		if x.votes, err = votesOf(ctx, r, m.ID); err != nil {
			return err
		}
		if x.present, err = presentAt(ctx, r, m.ID); err != nil {
			return err
		}
		if !public {
			if x.objections, err = objectionsOf(ctx, r, m.ID); err != nil {
				return err
			}
		}
		return r.Get(ctx, &x.entitled, `select count(*) from meetings_invitations where meeting = ?`, m.ID)
	})
	if err != nil {
		return x, err
	}
	return x, s.nameAll(ctx, &x, public)
}

func (s *Service) nameAll(ctx context.Context, x *paperData, public bool) error {
	var people []string
	places := []access.InstitutionID{x.m.Owner}
	for _, a := range x.actions {
		people, places = append(people, string(a.Person)), append(places, a.Institution)
	}
	for _, o := range x.objections {
		people, places = append(people, string(o.Person)), append(places, o.Institution)
	}
	for _, d := range x.decisions {
		places = append(places, d.Institution)
	}
	if public {
		people = nil
	}
	names, err := s.People.NamesOf(ctx, people)
	if err != nil {
		return err
	}
	x.names = map[string]string{}
	for id, name := range names {
		x.names[id] = name
	}
	units, err := s.Directory.Names(ctx, places)
	for id, name := range units {
		x.names[string(id)] = name
	}
	delete(x.names, "")
	return err
}

// paperSeen reads a meeting whose minutes the actor may read: who may read the
// meeting, and anybody once they were published.
func (s *Service) paperSeen(ctx context.Context, who access.Actor, id MeetingID) (m Meeting, public bool, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, false, err
	}
	refusal := s.Attends(ctx, who, m)
	if refusal == nil {
		return m, false, nil
	}
	p, err := PaperOf(ctx, s.db, id)
	if err == nil && p.PublishedAt == 0 {
		err = refusal
	}
	return m, true, err
}

func (s *Service) getPaper(w http.ResponseWriter, r *web.Request) error {
	return s.showPaper(w, r, "", nil)
}

func (s *Service) showPaper(w http.ResponseWriter, r *web.Request, typed string, refusal error) error {
	p, err := s.paperPage(w, r, refusal)
	if err != nil {
		return err
	}
	p.Typed = typed
	return r.RenderStatus(w, statusOf(refusal), paperView(p))
}

// statusOf is the status of a form that was refused.
func statusOf(refusal error) int {
	if e := fault.As(refusal); e != nil {
		return e.Kind.Status()
	}
	return http.StatusOK
}

// stopOf is a refusal that belongs to no field, in words.
func stopOf(l *i18n.L, refusal error) string {
	if e := fault.As(refusal); e != nil && len(e.Fields) == 0 {
		return l.T(e.Key, e.Args...)
	}
	return ""
}

// refused tells whether a fault is shown with the form, which keeps its words.
func refused(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Invalid || kind == fault.Conflict)
}

func (s *Service) paperPage(w http.ResponseWriter, r *web.Request, refusal error) (p paperPage, err error) {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, public, err := s.paperSeen(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return p, err
	}
	x, err := s.paperData(ctx, m, public)
	if err != nil {
		return p, err
	}
	if x.p.SentAt == 0 && Records(who, m) != nil {
		x.texts = nil // a draft is read by those who write it, until they send it round
	}
	p = paperPage{Page: s.frame(w, r, m, l.T("meetings.paper.title", "title", m.Title)).WithErrors(refusal), Of: m, Paper: x.p, Public: public, Stop: stopOf(l, refusal)}
	p.NoIndex = x.p.PublishedAt == 0
	p.Facts, p.Items, p.Downloads = paperFacts(l, x), paperItems(l, x, public), paperDownloads(l, m.ID)
	if public {
		p.Crumbs, p.Next = nil, web.Step{What: l.T("meetings.paper.next_public")}
		p.Badge, p.Kind = l.T("meetings.paper.state_adopted"), "ok"
		return p, nil
	}
	clock, err := clockOf(ctx, s.db, x.p)
	if err != nil {
		return p, err
	}
	now := s.now().Unix()
	p.Tabs = Tabs(l, who, m, "/protokol")
	p.Runs, p.Writes = Runs(who, m.Kind, m.Owner) == nil, Records(who, m) == nil && m.written(x.p) == nil
	p.Objects = x.p.SentAt > 0 && x.p.AdoptedAt == 0 && now < x.p.UntilAt
	p.Badge, p.Kind = paperState(l, x.p)
	p.Next, p.Why = paperNext(l, m, x.p, clock.Waits(now)), paperWhy(l, x.p)
	p.Objections = objectionRows(l, x, p.Runs)
	p.Deeds = paperDeeds(l, m, x.p, p.Runs, clock.Waits(now))
	for _, i := range x.items {
		p.Places = append(p.Places, web.Choice{Value: string(i.ID), Label: itemHeading(l, i)})
	}
	return p, nil
}

func itemHeading(l *i18n.L, i Item) string {
	if i.Kind == Standing {
		return strconv.Itoa(i.No) + ". " + l.T("meetings.paper.standing")
	}
	return strconv.Itoa(i.No) + ". " + i.Title
}

func paperState(l *i18n.L, p Paper) (text, kind string) {
	switch {
	case p.PublishedAt > 0:
		return l.T("meetings.paper.state_published"), "ok"
	case p.AdoptedAt > 0:
		return l.T("meetings.paper.state_adopted"), "ok"
	case p.SentAt > 0:
		return l.T("meetings.paper.state_sent"), "warn"
	}
	return l.T("meetings.paper.state_draft"), ""
}

func paperFacts(l *i18n.L, x paperData) []web.Fact {
	facts := []web.Fact{{Name: l.T("meetings.fact.when"), Value: span(l, x.m)}, {Name: l.T("meetings.fact.place"), Value: x.m.Place},
		{Name: l.T("meetings.fact.owner"), Value: x.names[string(x.m.Owner)]}, {Name: l.T("meetings.paper.chair"), Value: x.p.Chair},
		{Name: l.T("meetings.paper.recorder"), Value: x.p.Recorder}}
	if x.m.State.Over() || x.present > 0 {
		facts = append(facts, web.Fact{Name: l.T("meetings.paper.present"), Value: l.T("meetings.paper.present_of", "n", x.present, "of", x.entitled)})
	}
	if x.p.AdoptedAt > 0 {
		facts = append(facts, web.Fact{Name: l.T("meetings.paper.adopted_on"), Value: l.Date(localDay(x.p.AdoptedAt))})
	}
	var there []web.Fact
	for _, f := range facts {
		if f.Value != "" {
			there = append(there, f)
		}
	}
	return there
}

// paperItems are the items with what the minutes say; a pause of which nothing
// is said is left out.
func paperItems(l *i18n.L, x paperData, public bool) (list []paperItem) {
	for _, i := range x.items {
		item := paperItem{Item: i, Heading: itemHeading(l, i)}
		for text := range strings.SplitSeq(x.texts[i.ID].Text, "\n") {
			if text = strings.TrimSpace(text); text != "" {
				item.Lines = append(item.Lines, text)
			}
		}
		for _, v := range x.votes {
			if v.Item == i.ID && v.State != VoteOpen {
				row := voteRow(l, v)
				if public {
					row.Href = ""
				}
				item.Rows = append(item.Rows, row)
			}
		}
		for _, d := range x.decisions {
			if d.Item == i.ID {
				item.Rows = append(item.Rows, decisionRow(l, d, x.names, public))
			}
		}
		for _, a := range x.actions {
			if a.Item == i.ID {
				item.Rows = append(item.Rows, actionRow(l, a, x.names, public))
			}
		}
		if i.Kind != Pause || len(item.Lines) > 0 {
			list = append(list, item)
		}
	}
	return list
}

func decisionRow(l *i18n.L, d Decision, names map[string]string, public bool) paperRow {
	row := paperRow{Label: l.T("meetings.paper.decision", "no", d.Number()), Text: d.Title, Badge: l.T("meetings.decision.state_" + string(d.State)),
		Kind: map[DecisionState]string{DecisionDone: "ok", DecisionWithdrawn: "bad"}[d.State], Href: DecisionHref(d.Meeting, d.ID)}
	if public {
		row.Href = ""
	}
	for text := range strings.SplitSeq(d.Words, "\n") {
		row.More = append(row.More, text)
	}
	if d.Words == "" {
		row.More = nil
	}
	if name := names[string(d.Institution)]; name != "" {
		row.More = append(row.More, l.T("meetings.decision.by", "who", name))
	}
	if d.DueOn != "" {
		row.More = append(row.More, l.T("meetings.due", "day", l.DateText(d.DueOn)))
	}
	return row
}

func actionRow(l *i18n.L, a Action, names map[string]string, public bool) paperRow {
	row := paperRow{Label: l.T("meetings.paper.action", "no", a.No), Text: a.What, Badge: l.T("meetings.action.state_" + string(a.State)),
		Kind: map[ActionState]string{ActionDone: "ok", ActionCanceled: "bad"}[a.State], Href: ActionHref(a.Meeting, a.ID)}
	who := actionWho(l, a, names)
	if public {
		row.Href, who = "", names[string(a.Institution)]
	}
	row.More = []string{joined(", ", who, l.T("meetings.due", "day", l.DateText(a.DueOn)))}
	return row
}

// actionWho is who shall do it, by name.
func actionWho(l *i18n.L, a Action, names map[string]string) string {
	name := a.Name
	if a.Person != "" {
		if name = names[string(a.Person)]; name == "" {
			name = l.T("meetings.action.gone")
		}
	}
	return joined(" – ", name, names[string(a.Institution)])
}

func voteRow(l *i18n.L, v Vote) paperRow {
	row := paperRow{Label: l.T("meetings.paper.vote", "no", v.No), Text: v.Question, Href: voteHref(v.Meeting, v.ID)}
	if v.State == VoteCanceled {
		row.Badge, row.Kind, row.More = l.T("meetings.vote.state_canceled"), "bad", []string{v.Reason}
		return row
	}
	row.Badge, row.Kind = l.T("meetings.vote.verdict_"+string(v.Verdict)), map[Verdict]string{Carried: "ok", TooFew: "warn", NoneHere: "warn"}[v.Verdict]
	if v.Verdict != TooFew && v.Cast() > 0 {
		row.More = append(row.More, l.T("meetings.vote.counts", "for", v.For, "against", v.Against, "abstain", v.Abstain))
	}
	row.More = append(row.More, l.T("meetings.vote.way_"+string(v.Way)))
	return row
}

func paperDownloads(l *i18n.L, id MeetingID) []web.Link {
	base := MinutesHref(id)
	return []web.Link{{Text: l.T("meetings.paper.pdf"), Href: base + "/pdf"}, {Text: l.T("meetings.paper.text"), Href: base + "/tekst"},
		{Text: l.T("meetings.paper.calendar"), Href: base + "/terminy.ics"}}
}

// paperNext is what comes next with the minutes, who does it and until when.
func paperNext(l *i18n.L, m Meeting, p Paper, waits Waits) web.Step {
	runs := l.T("meetings.paper.who_runs")
	switch {
	case p.AdoptedAt > 0:
		return web.Step{What: l.T("meetings.paper.next_adopted"), Href: SeriesHref(m.Series) + "/decyzje"}
	case waits == WaitsDays:
		return web.Step{What: l.T("meetings.paper.next_days"), Who: l.T("meetings.paper.who_all"), When: until(l, p.UntilAt)}
	case waits == WaitsSending && !m.State.Over():
		return web.Step{What: l.T("meetings.paper.next_write"), Who: l.T("meetings.paper.who_records"), When: dayWords(l, m.StartsAt), Href: writeHref(m.ID)}
	case waits == WaitsNothing:
		return web.Step{What: l.T("meetings.paper.next_job"), Who: l.T("meetings.paper.who_program")}
	}
	return web.Step{What: l.T("meetings.paper.next_" + string(waits)), Who: runs}
}

func paperWhy(l *i18n.L, p Paper) *web.Reason {
	if p.AdoptedAt == 0 || !p.Silently {
		return nil
	}
	return &web.Reason{Text: l.T("meetings.paper.why_silent"), Rule: l.T("meetings.paper.rule_silent"),
		Numbers: []web.Pair{{Name: l.T("meetings.paper.sent_on"), Value: l.Date(localDay(p.SentAt))}, {Name: l.T("meetings.paper.until"), Value: until(l, p.UntilAt)}}}
}

func objectionRows(l *i18n.L, x paperData, runs bool) (rows []objectionRow) {
	for _, o := range x.objections {
		row := objectionRow{Objection: o, Where: l.T("meetings.objection.whole"), When: l.Date(localDay(o.At)),
			Who: joined(", ", x.names[string(o.Person)], x.names[string(o.Institution)])}
		for _, i := range x.items {
			if i.ID == o.Item {
				row.Where = itemHeading(l, i)
			}
		}
		if runs && o.State == Raised && x.p.AdoptedAt == 0 {
			row.Answers = deedForm{Action: MinutesHref(x.m.ID) + "/uwagi/" + o.ID}
		}
		rows = append(rows, row)
	}
	return rows
}

// paperDeeds are the buttons of whoever runs the meeting.
func paperDeeds(l *i18n.L, m Meeting, p Paper, runs bool, waits Waits) (list []deedForm) {
	if !runs {
		return nil
	}
	add := func(may bool, act, path string, hidden ...web.Pair) {
		if may {
			list = append(list, deedForm{Title: l.T("meetings.paper.do_" + act), Text: l.T("meetings.paper.do_" + act + "_text"), Button: l.T("meetings.paper.do_" + act + "_button"),
				Action: MinutesHref(m.ID) + path, Hidden: hidden})
		}
	}
	add(m.State.In(Held, MinutesDraft) && (waits == WaitsSending || waits == WaitsAgain), "send", "/rozeslij")
	add(waits == WaitsDays && p.AdoptedAt == 0, "adopt", "/przyjmij")
	add(p.AdoptedAt > 0 && p.PublishedAt == 0, "publish", "/opublikuj", web.Pair{Name: "publicznie", Value: "tak"})
	add(p.PublishedAt > 0, "hide", "/opublikuj", web.Pair{Name: "publicznie", Value: "nie"})
	return list
}
