package needs

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// progressView shows who has answered.
type progressViewPage struct {
	web.Page
	C        Campaign
	Path     string
	Tabs     []web.Link
	Stop     string
	Figures  []web.Figure
	Towns    []progressTownRow
	People   bool
	Rows     []progressRow
	Pager    web.Pager
	Filter   web.Pick
	Silent   bool
	MayTell  bool
	Reminded string // when, "" for not today
	Silence  int    // institutions that have not sent
}

type progressTownRow struct{ Name, Asked, Sent, People string }

type progressRow struct {
	Name, Town, State, Kind string
	Links                   []web.Link // what it said
}

func (s *Service) getProgress(w http.ResponseWriter, r *web.Request) error {
	return s.showProgress(w, r, http.StatusOK, nil)
}

func (s *Service) showProgress(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	towns, err := s.ProgressTowns(ctx, who, c)
	if err != nil {
		return err
	}
	p := progressViewPage{Page: r.Page(w, l.T("needs.tab.progress"), campaignCrumbs(l, c)...), C: c, Path: CampaignHref(c.ID) + "/postep", People: c.Round != "",
		Silent: r.URL.Query().Get("kto") == "brak"}
	p.NoIndex = true
	if f := fault.As(fail); f != nil {
		p.Stop = l.T(f.Key, f.Args...)
	}
	if Plans(ctx, who, c) == nil {
		p.Tabs = Tabs(l, c.ID, "/postep")
	}
	names, err := s.campaignTowns(ctx)
	if err != nil {
		return err
	}
	p.progressHead(l, towns, names, r.URL.Query().Get("gmina"))
	if err := s.progressList(r, c, names, &p); err != nil {
		return err
	}
	if Runs(ctx, who, c) == nil && c.State == Open && s.now().Unix() < c.ClosesAt {
		p.MayTell = true
		_, at, err := campaignActOf(ctx, s.db, c.ID, actReminded)
		if err != nil {
			return err
		}
		if day := func(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }; at > 0 && day(time.Unix(at, 0)) == day(s.now()) {
			p.Reminded = l.DateTime(time.Unix(at, 0).In(web.Warsaw))
		}
	}
	return r.RenderStatus(w, status, progressShow(p))
}

// progressHead fills the sums and the table of municipalities.
func (p *progressViewPage) progressHead(l *i18n.L, towns []ProgressTown, names map[string]string, town string) {
	sum := progressSum(towns)
	p.Silence = sum.Asked - sum.Sent
	p.Figures = []web.Figure{{Value: l.Number(sum.Sent), Label: l.T("needs.campaign.figure.sent"), More: l.T("needs.campaign.figure.of", "n", sum.Asked)}}
	if p.People {
		p.Figures = append(p.Figures, web.Figure{Value: progressPart(l, sum), Label: l.T("needs.campaign.figure.people")})
	}
	progressOrder(towns, names, i18n.SortKey)
	p.Filter = web.Pick{Name: "gmina", Label: l.T("needs.campaign.progress.town"), Prompt: l.T("needs.campaign.progress.all_towns"), Value: town, Required: true, Short: true}
	for _, t := range towns {
		p.Towns = append(p.Towns, progressTownRow{names[t.Town], l.Number(t.Asked), l.Number(t.Sent), progressPart(l, t)})
		p.Filter.Choices = append(p.Filter.Choices, web.Choice{Value: t.Town, Label: names[t.Town]})
	}
}

// progressPart is the participation of people, from five invited on.
func progressPart(l *i18n.L, t ProgressTown) string {
	if t.Part.Invited < partLeast {
		return l.T("needs.campaign.progress.few", "n", partLeast)
	}
	text := l.T("needs.campaign.progress.part", "n", t.Part.Answered, "of", t.Part.Invited)
	if t.Part.Used > 0 {
		text += " + " + l.N("needs.campaign.progress.links", t.Part.Used)
	}
	return text
}

func (s *Service) progressList(r *web.Request, c Campaign, towns map[string]string, p *progressViewPage) error {
	ctx, l := r.Context(), r.L
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	rows, more, err := s.Progress(ctx, access.ActorOf(r.Request), c, p.Filter.Value, p.Silent, at)
	if err != nil || len(rows) == 0 {
		return err
	}
	first, last := rows[0], rows[len(rows)-1]
	p.Pager = web.PagerFor(r.URL, at, web.Cursor{Key: first.SortKey, ID: string(first.Institution)}, web.Cursor{Key: last.SortKey, ID: string(last.Institution)}, more)
	var ids []access.InstitutionID
	for _, row := range rows {
		ids = append(ids, row.Institution)
	}
	names, err := s.Directory.Names(ctx, ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		out := progressRow{Name: names[row.Institution], Town: towns[row.BySeat], State: l.T("needs.campaign.progress.none")}
		switch {
		case row.Sent():
			out.State, out.Kind = l.T("needs.campaign.progress.sent"), "ok"
		case slices.ContainsFunc(row.Said, func(d Declaration) bool { return d.As != AsAdviser }):
			out.State, out.Kind = l.T("needs.campaign.progress.draft"), "warn"
		}
		for _, d := range row.Said {
			if d.Sent {
				text := l.T("needs.as." + string(d.As))
				if d.Paper {
					text += ", " + l.T("needs.campaign.progress.paper")
				}
				out.Links = append(out.Links, web.Link{Text: text, Href: declarePrint(c.ID, d.Institution, d.As)})
			}
		}
		p.Rows = append(p.Rows, out)
	}
	return nil
}

func (s *Service) postRemind(w http.ResponseWriter, r *web.Request) error {
	id := CampaignID(r.PathValue("id"))
	err := s.Remind(r.Context(), access.ActorOf(r.Request), id)
	if campaignAgain(err) {
		return s.showProgress(w, r, fault.KindOf(err).Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.reminded")
	return r.Redirect(w, CampaignHref(id)+"/postep")
}

// textsPage is where own words get a topic.
type textsPage struct {
	web.Page
	C      Campaign
	Path   string
	Tabs   []web.Link
	Stop   string
	Topics []web.Choice
	Rows   []textsRow
	Done   []textsRow
	Voices []textsVoice
	Why    string // why people's words are not here
	Least  bool
}

type textsRow struct {
	Key, Words, Who, Heads, Names, Topic string
	Value                                string
}

type textsVoice struct{ Words, Names string }

func (s *Service) getTexts(w http.ResponseWriter, r *web.Request) error {
	return s.showTexts(w, r, http.StatusOK, nil)
}

func (s *Service) showTexts(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	c, list, err := s.OwnTexts(ctx, who, CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := textsPage{Page: r.Page(w, l.T("needs.tab.words"), campaignCrumbs(l, c)...), C: c, Path: CampaignHref(c.ID) + "/wlasnymi-slowami", Tabs: Tabs(l, c.ID, "/wlasnymi-slowami")}
	p.NoIndex = true
	if f := fault.As(fail); f != nil {
		p.Stop = l.T(f.Key, f.Args...)
		for _, x := range f.Fields {
			p.Stop = l.T(x.Key, x.Args...)
		}
	}
	if p.Topics, err = s.Topics.Choices(ctx, l); err != nil {
		return err
	}
	p.Topics = append([]web.Choice{{Value: noTopic, Label: l.T("needs.campaign.words.no_topic")}}, p.Topics...)
	if err := s.textsRows(r, list, &p); err != nil {
		return err
	}
	voices, err := s.PersonalTexts(ctx, who, c)
	if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
		p.Why, err = l.T(f.Key, f.Args...), nil
	}
	if err != nil {
		return err
	}
	for _, v := range voices {
		p.Voices = append(p.Voices, textsVoice{v.Body, strings.Join(v.PossibleNames, ", ")})
	}
	return r.RenderStatus(w, status, textsView(p))
}

func (s *Service) textsRows(r *web.Request, list []OwnText, p *textsPage) error {
	var ids []access.InstitutionID
	var topics []string
	for _, t := range list {
		ids, topics = append(ids, t.Institutions...), append(topics, t.Merged)
	}
	slices.Sort(ids)
	names, err := s.Directory.Names(r.Context(), slices.Compact(ids))
	if err != nil {
		return err
	}
	called, err := s.Topics.Names(r.Context(), r.L, topics)
	if err != nil {
		return err
	}
	for _, t := range list {
		row := textsRow{Key: t.Key, Words: t.Words, Heads: r.L.N("needs.campaign.people", t.Heads), Names: strings.Join(t.PossibleNames, ", "), Topic: called[t.Merged], Value: t.Merged}
		var who []string
		for _, id := range t.Institutions {
			who = append(who, names[id])
		}
		row.Who = strings.Join(who, ", ")
		if t.Merged == noTopic {
			row.Topic = r.L.T("needs.campaign.words.no_topic")
		}
		if t.Merged == "" {
			p.Rows = append(p.Rows, row)
		} else {
			p.Done = append(p.Done, row)
		}
	}
	return nil
}

func (s *Service) postText(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, topic := CampaignID(r.PathValue("id")), r.Value("temat-"+r.Value("tekst"))
	err := error(nil)
	if r.Value("cofnij") == "tak" {
		topic = ""
	} else if topic == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "temat", Key: "needs.answer.fault.topic"}})
	}
	if err == nil {
		err = s.MergeText(r.Context(), access.ActorOf(r.Request), id, r.Value("tekst"), topic)
	}
	if campaignAgain(err) {
		return s.showTexts(w, r, fault.KindOf(err).Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.merged")
	return r.Redirect(w, CampaignHref(id)+"/wlasnymi-slowami")
}
