package meetings

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) topicRoutes(sh *web.Shell) {
	one := TopicPath + "/{id}"
	sh.Handle("GET "+TopicsPath, reads(), s.getTopics)
	sh.Handle("GET "+TopicPath+"/nowy", access.Can(access.JoinMeetings), s.getPropose)
	sh.Handle("POST "+TopicPath+"/nowy", access.Can(access.JoinMeetings), s.postPropose, web.Idempotent())
	sh.Handle("GET "+one, reads(), s.getTopic)
	sh.Handle("POST "+one+"/poparcie", access.Can(access.JoinMeetings), s.postSupport, web.Idempotent())
	sh.Handle("POST "+one+"/poparcie/cofnij", access.Can(access.JoinMeetings), s.postUnsupport)
	sh.Handle("POST "+one+"/wycofaj", access.Can(access.JoinMeetings), s.postWithdraw)
	sh.Handle("POST "+one+"/decyzja", runsGuard(), s.postDecide, web.Idempotent())
	sh.Handle("POST "+one+"/polacz", runsGuard(), s.postMerge, web.Idempotent())
	sh.Handle("POST "+one+"/porzadek", runsGuard(), s.postOnto, web.Idempotent())
}

// topicsPage is the list of topics of the series that the reader sees.
type topicsPage struct {
	web.Page
	Series   []Series
	At       SeriesID
	States   []web.Choice
	State    string
	Rows     []topicLine
	Pager    web.Pager
	Proposes bool
}

type topicLine struct {
	Title, Href, State, Badge, Series, Supports, When string
}

const topicsOnPage = 30

func (s *Service) getTopics(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := topicsPage{Page: r.Page(w, r.L.T("meetings.topic.list"), web.Link{Text: r.L.T("meetings.title"), Href: Path}), At: SeriesID(r.Value("cykl")),
		State: r.Value("stan"), Proposes: who.May(access.JoinMeetings)}
	p.NoIndex = true
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	if p.Series, err = s.SeriesFor(ctx, who); err != nil {
		return err
	}
	for _, st := range []TopicState{Proposed, Accepted, Deferred, OnAgenda, Decided, Done, Declined, Merged, Withdrawn} {
		p.States = append(p.States, web.Choice{Value: string(st), Label: r.L.T("meetings.topic.state." + string(st))})
	}
	rows, more, err := s.topicsIn(ctx, p.Series, p.At, TopicState(p.State), at)
	if err != nil {
		return err
	}
	for _, t := range rows {
		n := slices.IndexFunc(p.Series, func(one Series) bool { return one.ID == t.Series })
		p.Rows = append(p.Rows, topicLine{Title: t.Title, Href: TopicHref(t.ID), State: r.L.T("meetings.topic.state." + string(t.State)), Badge: topicBadge(t.State),
			Series: p.Series[n].Title, Supports: r.L.N("meetings.topic.supports", t.Supports), When: dayWords(r.L, t.ProposedAt)})
	}
	if n := len(rows); n > 0 {
		place := func(t Topic) web.Cursor { return web.Cursor{Key: t.TitleKey, ID: string(t.ID)} }
		p.Pager = web.PagerFor(r.URL, at, place(rows[0]), place(rows[n-1]), more)
	}
	return r.Render(w, topicsView(p))
}

// topicsIn reads a page of topics by title.
func (s *Service) topicsIn(ctx context.Context, list []Series, only SeriesID, state TopicState, at web.Cursor) (rows []Topic, more bool, err error) {
	var ids []SeriesID
	for _, one := range list {
		if only == "" || only == one.ID {
			ids = append(ids, one.ID)
		}
	}
	if len(ids) == 0 {
		return nil, false, nil
	}
	side, order := "t.title_key > ? or t.title_key = ? and t.id > ?", "t.title_key, t.id"
	if at.Back {
		side, order = "t.title_key < ? or t.title_key = ? and t.id < ?", "t.title_key desc, t.id desc"
	}
	states := []TopicState{state}
	if state == "" {
		states = []TopicState{Proposed, Accepted, Deferred, OnAgenda, Decided, Done, Declined}
	}
	query, args, err := db.In(`select `+TopicColumns+` from meetings_topics t where t.series in (?) and t.state in (?) and (`+side+`) order by `+order+` limit ?`,
		ids, states, at.Key, at.Key, at.ID, topicsOnPage+1)
	if err != nil {
		return nil, false, err
	}
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, false, err
	}
	if more = len(rows) > topicsOnPage; more {
		rows = rows[:topicsOnPage]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

func topicBadge(s TopicState) string {
	switch s {
	case Accepted, Decided, Done:
		return "ok"
	case Declined, Withdrawn:
		return "bad"
	case Deferred:
		return "warn"
	}
	return ""
}

// topicPage is the one address of a matter, with its steps.
type topicPage struct {
	web.Page
	Of       Topic
	Series   Series
	State    string
	Badge    string
	Facts    []web.Fact
	Reason   string
	Steps    []stepLine
	Next     web.Step
	Trace    string
	Supports bool // may give a voice now
	Gave     bool // the head has given it, from whichever unit
	TakeBack bool
	Own      bool // may withdraw it
	Runs     bool
	Others   []web.Choice // to merge into
	Meetings []web.Choice // whose agenda takes it
}

type stepLine struct {
	When, What, Words string
	Figures           []web.Pair
	Href              string
}

func (s *Service) getTopic(w http.ResponseWriter, r *web.Request) error {
	return s.showTopic(w, r, http.StatusOK, nil)
}

func (s *Service) showTopic(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	t, err := TopicByID(ctx, s.db, TopicID(r.PathValue("id")))
	if err != nil {
		return err
	}
	series, err := SeriesByID(ctx, s.db, t.Series)
	if err != nil {
		return err
	}
	if err := s.SeesSeries(ctx, who, series); err != nil {
		return err
	}
	p := topicPage{Page: r.Page(w, t.Title, web.Link{Text: r.L.T("meetings.title"), Href: Path}, web.Link{Text: r.L.T("meetings.topic.list"), Href: TopicsPath}).WithErrors(refusal),
		Of: t, Series: series, State: r.L.T("meetings.topic.state." + string(t.State)), Badge: topicBadge(t.State), Trace: traceHref(t.Trace),
		Runs: Runs(who, t.Kind, t.Owner) == nil, Reason: t.Reason}
	p.NoIndex = true
	if err := s.topicVoice(ctx, who, &p); err != nil {
		return err
	}
	if p.Facts, err = s.topicFacts(r, who, t, series); err != nil {
		return err
	}
	steps, err := StepsOf(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	for _, st := range steps {
		p.Steps = append(p.Steps, stepOf(r.L, st))
	}
	if p.Runs {
		if err := s.topicDeeds(ctx, r.L, &p); err != nil {
			return err
		}
	}
	p.Next = web.Step{What: r.L.T("meetings.topic.next." + string(t.State)), Who: r.L.T("meetings.topic.next_who." + string(t.State))}
	return r.RenderStatus(w, status, topicView(p))
}

func stepOf(l *i18n.L, st StepRow) stepLine {
	line := stepLine{When: l.DateTime(time.Unix(st.At, 0).In(web.Warsaw)), What: l.T("meetings.step." + st.What), Words: st.Words, Href: st.Path}
	f := figuresOf(st.Figures)
	for _, one := range []struct {
		key string
		n   int
	}{{"seats", f.Seats}, {"people", f.People}, {"hours", f.Hours}} {
		if one.n > 0 {
			line.Figures = append(line.Figures, web.Pair{Name: l.T("meetings.figure." + one.key), Value: l.Number(one.n)})
		}
	}
	return line
}

// topicVoice finds out whether the reader's voice can be given or was.
func (s *Service) topicVoice(ctx context.Context, who access.Actor, p *topicPage) error {
	seat, err := s.SeatOf(ctx, who, p.Series)
	if fault.KindOf(err) == fault.Forbidden || fault.KindOf(err) == fault.SignedOut {
		return nil
	}
	if err != nil {
		return err
	}
	query, args, err := db.In(`select v.topic, v.unit, v.voice, v.person, v.at from meetings_supports v where v.topic = ? and v.unit in (?) order by v.unit limit 1`, p.Of.ID, seat.Keys)
	if err != nil {
		return err
	}
	var v Support
	err = s.db.Get(ctx, &v, query, args...)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	p.Gave, p.Own = err == nil, p.Of.Proposer == speaks(who) && (p.Of.State == Proposed || p.Of.State == Accepted || p.Of.State == Deferred)
	p.Supports = p.Of.State.Open() && !p.Gave
	p.TakeBack = p.Of.State.Open() && p.Gave && v.Person == speaks(who) && p.Of.Proposer != speaks(who)
	return nil
}

// topicFacts say who proposed a topic: a hidden name only to those who run the
// series, and to the proposer.
func (s *Service) topicFacts(r *web.Request, who access.Actor, t Topic, series Series) (facts []web.Fact, err error) {
	ctx, l := r.Context(), r.L
	by := l.T("meetings.topic.hidden")
	if !t.Hidden || Runs(who, t.Kind, t.Owner) == nil || t.Proposer == speaks(who) {
		names, err := s.People.NamesOf(ctx, []string{string(t.Proposer)})
		if err != nil {
			return nil, err
		}
		places, err := s.Directory.Names(ctx, []access.InstitutionID{t.Institution})
		if err != nil {
			return nil, err
		}
		by = joined(", ", names[string(t.Proposer)], places[t.Institution])
		if t.Hidden {
			by += " (" + l.T("meetings.topic.hidden_note") + ")"
		}
	}
	facts = []web.Fact{{Name: l.T("meetings.fact.series"), Value: series.Title, Href: SeriesHref(series.ID)},
		{Name: l.T("meetings.fact.proposed"), Value: dayWords(l, t.ProposedAt)}, {Name: l.T("meetings.fact.by"), Value: by},
		{Name: l.T("meetings.fact.supports"), Value: l.N("meetings.topic.supports", t.Supports)}}
	if t.Subject != "" {
		names, err := s.Vocabulary.Names(ctx, l, []string{t.Subject})
		if err != nil {
			return nil, err
		}
		facts = append(facts, web.Fact{Name: l.T("meetings.fact.subject"), Value: names[t.Subject]})
	}
	if t.Into != "" {
		into, err := TopicByID(ctx, s.db, t.Into)
		if err != nil {
			return nil, err
		}
		facts = append(facts, web.Fact{Name: l.T("meetings.fact.into"), Value: into.Title, Href: TopicHref(into.ID)})
	}
	if t.Meeting != "" {
		m, err := MeetingByID(ctx, s.db, t.Meeting)
		if err != nil {
			return nil, err
		}
		if s.Sees(ctx, who, m) == nil {
			facts = append(facts, web.Fact{Name: l.T("meetings.fact.meeting"), Value: m.Title + " (" + span(l, m) + ")", Href: Href(m.ID)})
		}
	}
	return facts, nil
}

// topicDeeds are what those who run the series can do with a topic now.
func (s *Service) topicDeeds(ctx context.Context, l *i18n.L, p *topicPage) error {
	if p.Of.State != Proposed && p.Of.State != Accepted && p.Of.State != Deferred {
		return nil
	}
	var others []Topic
	err := s.db.Select(ctx, &others, `select `+TopicColumns+` from meetings_topics t where t.series = ? and t.id <> ? and t.state in (?, ?, ?, ?) order by t.title_key, t.id limit 300`,
		p.Of.Series, p.Of.ID, Proposed, Accepted, Deferred, OnAgenda)
	if err != nil {
		return err
	}
	for _, o := range others {
		p.Others = append(p.Others, web.Choice{Value: string(o.ID), Label: o.Title + " (" + l.N("meetings.topic.supports", o.Supports) + ")"})
	}
	var meetings []Meeting
	err = s.db.Select(ctx, &meetings, `select `+MeetingColumns+` from meetings_meetings m where m.series = ? and m.state in (?, ?, ?, ?) order by m.starts_at, m.id limit 50`,
		p.Of.Series, Planned, AgendaOpen, AgendaClosed, Convened)
	for _, m := range meetings {
		p.Meetings = append(p.Meetings, web.Choice{Value: string(m.ID), Label: m.Title + " (" + span(l, m) + ")"})
	}
	return err
}

// proposePage is a proposal with topics that say much the same.
type proposePage struct {
	formPage
	Similar []topicLine
}

func (s *Service) getPropose(w http.ResponseWriter, r *web.Request) error {
	return s.proposeForm(w, r, nil, nil)
}

func (s *Service) proposeForm(w http.ResponseWriter, r *web.Request, similar []Topic, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	p := proposePage{formPage: formPage{Page: r.Page(w, l.T("meetings.topic.propose"), web.Link{Text: l.T("meetings.title"), Href: Path},
		web.Link{Text: l.T("meetings.topic.list"), Href: TopicsPath}).WithErrors(refusal), Text: l.T("meetings.topic.propose_text"),
		Sees: l.T("meetings.topic.sees"), SeesMore: l.T("meetings.topic.sees_more"), Action: TopicPath + "/nowy", Button: l.T("meetings.topic.send"),
		Back: web.Link{Text: l.T("meetings.topic.list"), Href: TopicsPath}}}
	series, err := s.seriesJoined(ctx, who)
	if err != nil {
		return err
	}
	subjects, err := s.Vocabulary.Choices(ctx, l)
	if err != nil {
		return err
	}
	for _, t := range similar {
		p.Similar = append(p.Similar, topicLine{Title: t.Title, Href: TopicHref(t.ID), Supports: l.N("meetings.topic.supports", t.Supports), State: l.T("meetings.topic.state." + string(t.State))})
	}
	if len(similar) > 0 {
		p.Button, p.Hidden = l.T("meetings.topic.send_anyway"), []web.Pair{{Name: "mimo_to", Value: "tak"}}
	}
	p.Fields = []templ.Component{
		web.Select(p.Page, web.Pick{Name: "cykl", Label: l.T("meetings.field.series"), Choices: series, Value: r.Value("cykl"), Required: true}),
		web.Field(p.Page, web.Input{Name: "tytul", Label: l.T("meetings.field.topic"), Hint: l.T("meetings.field.topic_hint"), Value: r.Value("tytul"), Required: true}),
		web.Textarea(p.Page, web.Area{Name: "opis", Label: l.T("meetings.field.why"), Hint: l.T("meetings.field.why_hint"), Value: r.Value("opis")}),
		web.Select(p.Page, web.Pick{Name: "haslo", Label: l.T("meetings.field.subject"), Choices: subjects, Value: r.Value("haslo"), Prompt: l.T("meetings.choose_none")}),
		web.Check(p.Page, web.Box{Name: "ukryj", Label: l.T("meetings.field.hide"), Hint: l.T("meetings.field.hide_hint"), Checked: r.Value("ukryj") != ""})}
	p.NoIndex = true
	status := http.StatusOK
	if refusal != nil {
		status = http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, proposeView(p))
}

// seriesJoined are the series to which the actor can propose.
func (s *Service) seriesJoined(ctx context.Context, who access.Actor) (list []web.Choice, err error) {
	all, err := s.SeriesFor(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		_, err := s.SeatOf(ctx, who, one)
		if err == nil {
			list = append(list, web.Choice{Value: string(one.ID), Label: one.Title})
		} else if fault.KindOf(err) != fault.Forbidden {
			return nil, err
		}
	}
	return list, nil
}

func (s *Service) postPropose(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	n := Proposal{Series: SeriesID(r.Value("cykl")), Title: r.Value("tytul"), Words: r.Value("opis"), Subject: r.Value("haslo"), Hidden: r.Value("ukryj") != ""}
	if r.Value("mimo_to") == "" {
		similar, err := s.Similar(ctx, who, n.Series, n.Title, n.Subject)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if len(similar) > 0 {
			return s.proposeForm(w, r, similar, nil)
		}
	}
	id, err := s.Propose(ctx, who, n)
	if invalid(err) {
		return s.proposeForm(w, r, nil, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "proposed", TopicHref(id))
}

// onTopic does a deed with the topic of the address and goes back to its page.
func (s *Service) onTopic(w http.ResponseWriter, r *web.Request, notice string, do func(ctx context.Context, who access.Actor, id TopicID) error) error {
	id := TopicID(r.PathValue("id"))
	err := do(r.Context(), access.ActorOf(r.Request), id)
	if invalid(err) {
		return s.showTopic(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, TopicHref(id))
}

func (s *Service) postSupport(w http.ResponseWriter, r *web.Request) error {
	return s.onTopic(w, r, "supported", s.Support)
}

func (s *Service) postUnsupport(w http.ResponseWriter, r *web.Request) error {
	return s.onTopic(w, r, "unsupported", s.Unsupport)
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	return s.onTopic(w, r, "withdrawn", s.Withdraw)
}

func (s *Service) postDecide(w http.ResponseWriter, r *web.Request) error {
	return s.onTopic(w, r, "decided", func(ctx context.Context, who access.Actor, id TopicID) error {
		return s.Decide(ctx, who, id, TopicState(r.Value("decyzja")), r.Value("uzasadnienie"))
	})
}

func (s *Service) postMerge(w http.ResponseWriter, r *web.Request) error {
	return s.onTopic(w, r, "merged", func(ctx context.Context, who access.Actor, id TopicID) error {
		return s.Merge(ctx, who, id, TopicID(r.Value("do")))
	})
}

func (s *Service) postOnto(w http.ResponseWriter, r *web.Request) error {
	return s.onTopic(w, r, "onto", func(ctx context.Context, who access.Actor, id TopicID) error {
		_, err := s.AddItem(ctx, who, MeetingID(r.Value("spotkanie")), NewItem{Topic: id, Minutes: 15})
		return err
	})
}
