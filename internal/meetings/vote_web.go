package meetings

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func voteHref(m MeetingID, vote string) string { return Href(m) + "/glosowania/" + vote }

// voteRoutes: the door at which votes are cast is quiet and remembers no form.
// To send one twice is refused by the list of those who voted.
func (s *Service) voteRoutes(sh *web.Shell) {
	one, once := Path+"/{id}/glosowania", web.Idempotent()
	sh.Handle("GET "+one+"/nowe", recordsGuard(), s.getNewVote)
	sh.Handle("POST "+one+"/nowe", recordsGuard(), s.postNewVote, once)
	sh.Handle("GET "+one+"/{vote}", access.SignedIn, s.getVote)
	sh.Handle("POST "+one+"/{vote}/glos", access.SignedIn, s.postCast, web.Quiet())
	sh.Handle("POST "+one+"/{vote}/zamknij", recordsGuard(), s.postCloseVote, once)
	sh.Handle("POST "+one+"/{vote}/uniewaznij", recordsGuard(), s.postCancelVote, once)
	sh.Handle("GET "+SeriesPath+"/{id}/glosowanie", runsGuard(), s.getVoting)
	sh.Handle("POST "+SeriesPath+"/{id}/glosowanie", runsGuard(), s.postVoting, once)
	sh.AddDesk(s.deskVotes)
}

// choicesOf are values with their names.
func choicesOf[T ~string](l *i18n.L, key string, values []T) (list []web.Choice) {
	for _, v := range values {
		list = append(list, web.Choice{Value: string(v), Label: l.T(key + string(v))})
	}
	return list
}

// wayChoices are the ways to vote, each with what it means for the voters.
func wayChoices(l *i18n.L) []web.Choice {
	list := choicesOf(l, "meetings.vote.way_", Ways())
	for n, c := range list {
		list[n].Hint = l.T("meetings.vote.hint_" + c.Value)
	}
	return list
}

func rulesForm(r *web.Request) Rules {
	return Rules{Way: Way(r.Value("sposob")), Quorum: Quorum(r.Value("kworum")), Majority: Majority(r.Value("wiekszosc"))}
}

func (s *Service) getNewVote(w http.ResponseWriter, r *web.Request) error {
	return s.showVoteForm(w, r, nil, nil)
}

func (s *Service) postNewVote(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, rules := MeetingID(r.PathValue("id")), rulesForm(r)
	vote, err := s.OpenVote(r.Context(), access.ActorOf(r.Request), id, ItemID(r.Value("punkt")), r.Value("pytanie"), rules)
	if refused(err) {
		return s.showVoteForm(w, r, &rules, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "vote_opened", voteHref(id, vote))
}

func (s *Service) showVoteForm(w http.ResponseWriter, r *web.Request, rules *Rules, refusal error) error {
	ctx, l := r.Context(), r.L
	m, err := s.meetingRecord(ctx, access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	usual, err := VotingOf(ctx, s.db, m.Series, m.Kind)
	if err != nil {
		return err
	}
	if rules == nil {
		rules = &usual
	}
	p := formPage{Page: s.frame(w, r, m, l.T("meetings.vote.new")).WithErrors(refusal), Text: l.T("meetings.vote.new_text", "quorum", l.T("meetings.vote.quorum_"+string(usual.Quorum))),
		Action: Href(m.ID) + "/glosowania/nowe", Button: l.T("meetings.vote.open"), Back: web.Link{Text: l.T("meetings.tab.minutes"), Href: writeHref(m.ID)},
		Hidden: []web.Pair{{Name: "punkt", Value: r.Value("punkt")}}}
	p.Fields = []templ.Component{refusalView(stopOf(l, refusal)),
		web.Field(p.Page, web.Input{Name: "pytanie", Label: l.T("meetings.vote.field_question"), Value: r.Value("pytanie"), Required: true}),
		web.Radios(p.Page, web.Pick{Name: "sposob", Label: l.T("meetings.vote.field_way"), Choices: wayChoices(l), Value: string(rules.Way), Required: true}),
		web.Radios(p.Page, web.Pick{Name: "wiekszosc", Label: l.T("meetings.vote.field_majority"), Choices: choicesOf(l, "meetings.vote.majority_", Majorities()), Value: string(rules.Majority), Required: true})}
	return p.form(w, r, refusal)
}

func (s *Service) getVoting(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	series, err := s.seriesRun(ctx, access.ActorOf(r.Request), SeriesID(r.PathValue("id")))
	if err != nil {
		return err
	}
	rules, err := VotingOf(ctx, s.db, series.ID, series.Kind)
	if err != nil {
		return err
	}
	p := formPage{Page: r.Page(w, l.T("meetings.vote.rules"), web.Link{Text: l.T("meetings.title"), Href: Path}, web.Link{Text: series.Title, Href: SeriesHref(series.ID)}),
		Text: l.T("meetings.vote.rules_text"), Action: SeriesHref(series.ID) + "/glosowanie", Button: l.T("meetings.save"), Back: web.Link{Text: series.Title, Href: SeriesHref(series.ID)}}
	p.Fields = []templ.Component{
		web.Radios(p.Page, web.Pick{Name: "kworum", Label: l.T("meetings.vote.field_quorum"), Choices: choicesOf(l, "meetings.vote.quorum_", Quorums()), Value: string(rules.Quorum), Required: true}),
		web.Radios(p.Page, web.Pick{Name: "wiekszosc", Label: l.T("meetings.vote.field_majority"), Choices: choicesOf(l, "meetings.vote.majority_", Majorities()), Value: string(rules.Majority), Required: true}),
		web.Radios(p.Page, web.Pick{Name: "sposob", Label: l.T("meetings.vote.field_way"), Choices: wayChoices(l), Value: string(rules.Way), Required: true})}
	return p.form(w, r, nil)
}

func (s *Service) postVoting(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := SeriesID(r.PathValue("id"))
	if err := s.SetVoting(r.Context(), access.ActorOf(r.Request), id, rulesForm(r)); err != nil {
		return err
	}
	return done(w, r, "saved", SeriesHref(id))
}

func (s *Service) getVote(w http.ResponseWriter, r *web.Request) error {
	return s.showVote(w, r, url.Values{}, nil)
}

func (s *Service) showVote(w http.ResponseWriter, r *web.Request, typed url.Values, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingAttended(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	v, err := voteByID(ctx, s.db, m.ID, r.PathValue("vote"))
	if err != nil {
		return err
	}
	cast, voted, err := s.Turnout(ctx, who, v)
	if err != nil {
		return err
	}
	present, err := presentAt(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	_, absent := seatPresent(ctx, s.db, who, m.ID)
	p := sheetPage{Page: s.frame(w, r, m, v.Question).WithErrors(refusal), Stop: stopOf(l, refusal), Back: web.Link{Text: l.T("meetings.tab.minutes"), Href: MinutesHref(m.ID)}}
	row := voteRow(l, v)
	p.Badge, p.Kind = row.Badge, row.Kind
	p.Facts = []web.Fact{{Name: l.T("meetings.vote.field_way"), Value: l.T("meetings.vote.way_" + string(v.Way))},
		{Name: l.T("meetings.vote.field_majority"), Value: l.T("meetings.vote.majority_" + string(v.Majority))}, {Name: l.T("meetings.vote.field_quorum"), Value: l.T("meetings.vote.quorum_" + string(v.Quorum))}}
	if v.State == VoteOpen {
		p.Badge, p.Kind = l.T("meetings.vote.state_open"), "warn"
		if v.Way != Hands {
			p.Facts = append(p.Facts, web.Fact{Name: l.T("meetings.vote.cast"), Value: l.T("meetings.paper.present_of", "n", cast, "of", present)})
		}
	}
	if v.Way == Secret {
		p.Words = []string{l.T("meetings.vote.secret_is"), l.T("meetings.vote.secret_not")}
	}
	p.Whys = voteWhys(l, v)
	if p.Table, err = s.namedTable(ctx, l, v); err != nil {
		return err
	}
	may := v.State == VoteOpen && v.Way != Hands && !voted && absent == nil
	p.Next = voteNext(l, v, may, voted)
	p.Forms = voteForms(l, p.Page, m, v, may, Records(who, m) == nil, typed)
	return r.RenderStatus(w, statusOf(refusal), sheetView(p))
}

// voteWhys is the reason of a result, with the numbers.
func voteWhys(l *i18n.L, v Vote) []web.Reason {
	switch v.State {
	case VoteCanceled:
		return []web.Reason{{Text: v.Reason, Human: true}}
	case VoteOpen:
		return nil
	}
	why := web.Reason{Text: l.T("meetings.vote.why_"+string(v.Verdict), "need", v.VotesNeed, "quorum", v.QuorumNeeds, "for", v.For, "present", v.Present),
		Rule: l.T("meetings.vote.majority_"+string(v.Majority)) + " " + l.T("meetings.vote.quorum_"+string(v.Quorum))}
	add := func(key string, n int) {
		why.Numbers = append(why.Numbers, web.Pair{Name: l.T("meetings.vote." + key), Value: l.Number(n)})
	}
	add("entitled", v.Entitled)
	add("present", v.Present)
	if v.Verdict != TooFew {
		add("for", v.For)
		add("against", v.Against)
		add("abstain", v.Abstain)
	}
	return []web.Reason{why}
}

// namedTable is who voted how in a vote by names, once it is closed.
func (s *Service) namedTable(ctx context.Context, l *i18n.L, v Vote) (*sheetTable, error) {
	if v.Way != Names || v.State != VoteClosed {
		return nil, nil
	}
	var list []struct {
		Person string `db:"person"`
		Choice Choice `db:"choice"`
	}
	if err := s.db.Select(ctx, &list, `select n.person, n.choice from meetings_named n join meetings_invitations v on v.id = n.invitation where n.vote = ? order by v.sort_key, v.id`, v.ID); err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range list {
		ids = append(ids, x.Person)
	}
	names, err := s.People.NamesOf(ctx, ids)
	t := sheetTable{Caption: l.T("meetings.vote.named"), Columns: []string{l.T("meetings.vote.who"), l.T("meetings.vote.how")}}
	for _, x := range list {
		name := names[x.Person]
		if name == "" {
			name = l.T("meetings.action.gone")
		}
		t.Rows = append(t.Rows, []string{name, l.T("meetings.vote." + string(x.Choice))})
	}
	return &t, err
}

func voteNext(l *i18n.L, v Vote, may, voted bool) web.Step {
	switch {
	case v.State != VoteOpen:
		return web.Step{What: l.T("meetings.vote.next_over"), Who: l.T("meetings.paper.who_records")}
	case may:
		return web.Step{What: l.T("meetings.vote.next_cast"), Who: l.T("meetings.vote.who_you")}
	case voted:
		return web.Step{What: l.T("meetings.vote.next_voted"), Who: l.T("meetings.paper.who_records")}
	}
	return web.Step{What: l.T("meetings.vote.next_close"), Who: l.T("meetings.paper.who_records")}
}

// voteForms are the ballot for who may cast one, and the end of the vote for who
// records.
func voteForms(l *i18n.L, page web.Page, m Meeting, v Vote, may, records bool, typed url.Values) (list []deedForm) {
	base := voteHref(m.ID, v.ID)
	if may {
		ballot := deedForm{Title: l.T("meetings.vote.ballot"), Action: base + "/glos", Button: l.T("meetings.vote.cast_button"), Sees: l.T("meetings.vote.sees_" + string(v.Way)),
			SeesMore: l.T("meetings.vote.sees_" + string(v.Way) + "_more"), Fields: []templ.Component{
				web.Radios(page, web.Pick{Name: "glos", Label: v.Question, Choices: choicesOf(l, "meetings.vote.", Choices()), Required: true})}}
		list = append(list, ballot)
	}
	if !records || v.State != VoteOpen {
		return list
	}
	end := deedForm{Title: l.T("meetings.vote.close"), Text: l.T("meetings.vote.close_text"), Action: base + "/zamknij", Button: l.T("meetings.vote.close_button"), Ghost: may}
	if v.Way == Hands {
		end.Text = l.T("meetings.vote.hands_text")
		for _, f := range [][2]string{{"za", "for"}, {"przeciw", "against"}, {"wstrzymuje", "abstain"}} {
			end.Fields = append(end.Fields, web.Field(page, web.Input{Name: f[0], Label: l.T("meetings.vote." + f[1]), Type: "number", Value: typed.Get(f[0]), Short: true, Required: true}))
		}
	}
	return append(list, end, deedForm{Title: l.T("meetings.vote.cancel"), Text: l.T("meetings.vote.cancel_text"), Action: base + "/uniewaznij", Button: l.T("meetings.vote.cancel_button"), Ghost: true,
		Fields: []templ.Component{web.Field(page, web.Input{Name: "powod", Label: l.T("meetings.vote.field_reason"), Value: typed.Get("powod"), Required: true})}})
}

// afterVote ends a form on the page of a vote.
func (s *Service) afterVote(w http.ResponseWriter, r *web.Request, notice string, err error) error {
	if refused(err) {
		return s.showVote(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, voteHref(MeetingID(r.PathValue("id")), r.PathValue("vote")))
}

func (s *Service) postCast(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	return s.afterVote(w, r, "cast", s.Cast(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), r.PathValue("vote"), Choice(r.Value("glos"))))
}

func (s *Service) postCloseVote(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	hands := Tally{For: whole(r.Value("za")), Against: whole(r.Value("przeciw")), Abstain: whole(r.Value("wstrzymuje"))}
	return s.afterVote(w, r, "vote_closed", s.CloseVote(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), r.PathValue("vote"), hands))
}

func (s *Service) postCancelVote(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	return s.afterVote(w, r, "vote_canceled", s.CancelVote(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), r.PathValue("vote"), r.Value("powod")))
}

// deskVotes tells that a vote waits at a meeting where the person is present.
func (s *Service) deskVotes(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared {
		return nil, nil
	}
	var list []Vote
	if err := s.db.Select(ctx, &list, `select `+voteColumns+` from meetings_attendance a join meetings_votes b on b.meeting = a.meeting
		where a.person = ? and a.present = ? and b.state = ? and b.way <> ? order by b.opened_at, b.id limit 5`, speaks(who), true, VoteOpen, Hands); err != nil {
		return nil, err
	}
	for _, v := range list {
		_, voted, err := s.Turnout(ctx, who, v)
		if err != nil {
			return nil, err
		}
		if !voted {
			items = append(items, web.DeskItem{Rank: 5, Title: r.L.T("meetings.vote.desk"), Text: v.Question, Href: voteHref(v.Meeting, v.ID)})
		}
	}
	return items, nil
}
