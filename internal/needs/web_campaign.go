package needs

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

func (s *Service) campaignRoutes(sh *web.Shell) {
	run, plan := access.Can(access.RunNeeds), access.Can(access.PlanNeeds)
	one := CampaignPath + "/{id}"
	sh.Handle("GET "+Path, web.Public, s.getPublic)
	sh.Handle("GET "+CampaignPath, access.SignedIn, s.getCampaigns)
	sh.Handle("GET "+CampaignPath+"/nowa", run, s.getNew)
	sh.Handle("POST "+CampaignPath+"/nowa", run, s.postNew, web.Idempotent())
	sh.Handle("GET "+one, access.SignedIn, s.getCampaign)
	sh.Handle("GET "+one+"/ustawienia", run, s.getSettings)
	sh.Handle("POST "+one+"/ustawienia", run, s.postSettings, web.Idempotent())
	sh.Handle("POST "+one+"/przygotuj", run, s.postPrepare, web.Idempotent())
	sh.Handle("POST "+one+"/otworz", run, s.postOpen, web.Idempotent())
	sh.Handle("GET "+one+"/koniec", run, s.getEnd)
	sh.Handle("POST "+one+"/termin", run, s.postMove, web.Idempotent())
	sh.Handle("POST "+one+"/zamknij", run, s.postClose, web.Idempotent())
	sh.Handle("POST "+one+"/zaniechaj", run, s.postDrop, web.Idempotent())
	sh.Handle("GET "+one+"/postep", plan, s.getProgress)
	sh.Handle("POST "+one+"/przypomnij", run, s.postRemind, web.Idempotent())
	sh.Handle("GET "+one+"/wlasnymi-slowami", plan, s.getTexts)
	sh.Handle("POST "+one+"/wlasnymi-slowami", plan, s.postText, web.Idempotent())
	sh.AddNav(14, "needs.title", Path, web.Public)
	sh.AddDesk(s.campaignDesk)
	sh.AddFirstSteps(s.campaignFirst)
	sh.AddDoorway(s.campaignDoorway)
}

func campaignCrumbs(l *i18n.L, c Campaign, more ...web.Link) []web.Link {
	return append([]web.Link{{Text: l.T("needs.title"), Href: Path}, {Text: l.T("needs.campaign.list"), Href: CampaignPath}, {Text: c.Title, Href: CampaignHref(c.ID)}}, more...)
}

// campaignTown is a map of names of municipalities.
func (s *Service) campaignTowns(ctx context.Context) (map[string]string, error) {
	return s.publishTowns(ctx)
}

func campaignUntil(l *i18n.L, c Campaign) string { return l.Date(campaignLastDay(c.ClosesAt)) }

func campaignStateKind(st State) string {
	return map[State]string{Open: "ok", Closed: "warn", Dropped: "bad"}[st]
}

// publicPage is what is going on, for everybody.
type publicPage struct {
	web.Page
	Open  []publicCampaign
	Past  []web.Link
	Links []web.Link
	Own   []web.DeskItem // what waits for whoever looks
}

type publicCampaign struct {
	Title, Href, Words, Until, Year, Asker string
	Size, Mode                             string
}

func (s *Service) getPublic(w http.ResponseWriter, r *web.Request) error {
	ctx, l, now := r.Context(), r.L, s.now()
	p := publicPage{Page: r.Page(w, l.T("needs.title"))}
	p.Lead = l.T("needs.campaign.public.lead")
	open, err := campaignList(ctx, s.db, `c.state = ? and c.closes_at > ?`, Open, now.Unix())
	if err != nil {
		return err
	}
	for _, c := range open {
		row, err := s.publicCampaign(ctx, l, c)
		if err != nil {
			return err
		}
		if r.Viewer().SignedIn {
			row.Href = CampaignHref(c.ID)
		}
		p.Open = append(p.Open, row)
	}
	var years []int
	if err := s.db.Select(ctx, &years, `select distinct school_year from needs_campaigns where state in ('closed', 'ranked') order by school_year desc limit 20`); err != nil {
		return err
	}
	for _, y := range years {
		p.Past = append(p.Past, web.Link{Text: l.T("needs.campaign.public.year", "year", publishYear(y)), Href: Path + "/" + strconv.Itoa(y)})
	}
	who := access.ActorOf(r.Request)
	if who.SignedIn() {
		p.Links = append(p.Links, web.Link{Text: l.T("needs.campaign.list"), Href: CampaignPath})
	}
	if who.May(access.PlanNeeds) {
		p.Links = append(p.Links, web.Link{Text: l.T("needs.campaign.silent"), Href: SilentPath})
	}
	if p.Own, err = s.answerDesk(r); err != nil {
		return err
	}
	return r.Render(w, publicView(p))
}

func (s *Service) publicCampaign(ctx context.Context, l *i18n.L, c Campaign) (row publicCampaign, err error) {
	names, err := s.Directory.Names(ctx, []access.InstitutionID{c.Owner})
	if err != nil {
		return row, err
	}
	n, towns, err := askedSize(ctx, s.db, c.ID)
	if err != nil {
		return row, err
	}
	row = publicCampaign{Title: c.Title, Words: c.Words, Until: campaignUntil(l, c), Year: publishYear(c.SchoolYear), Asker: names[c.Owner],
		Size: l.N("needs.campaign.institutions", n) + " · " + l.N("needs.campaign.towns", towns), Mode: l.T("needs.campaign.mode.none")}
	if c.People {
		row.Mode = l.T("needs.campaign.mode." + string(c.Mode))
	}
	return row, nil
}

// campaignsPage lists campaigns: what one runs, and what is asked.
type campaignsPage struct {
	web.Page
	MayRun bool
	Items  []campaignItem
	Own    []web.DeskItem
}

type campaignItem struct{ Title, Href, State, Kind, Year, Until string }

func (s *Service) getCampaigns(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	p := campaignsPage{Page: r.Page(w, l.T("needs.campaign.list"), web.Link{Text: l.T("needs.title"), Href: Path}), MayRun: who.May(access.RunNeeds)}
	p.NoIndex = true
	all, err := campaignList(ctx, s.db, `c.id <> ''`)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State == Draft || c.State == Dropped {
			if err := Runs(ctx, who, c); err != nil {
				if fault.As(err) == nil {
					return err
				}
				continue
			}
		}
		item := campaignItem{Title: c.Title, Href: CampaignHref(c.ID), State: l.T("needs.state." + string(c.State)), Kind: campaignStateKind(c.State), Year: publishYear(c.SchoolYear)}
		if c.ClosesAt > 0 {
			item.Until = l.T("needs.campaign.until", "date", campaignUntil(l, c))
		}
		p.Items = append(p.Items, item)
	}
	if p.Own, err = s.answerDesk(r); err != nil {
		return err
	}
	return r.Render(w, campaignsView(p))
}

// settingsPage is the form of a draft.
type settingsPage struct {
	web.Page
	Path, Revision string
	New            bool
	Owners         []web.Choice
	Set            Settings
	Mode           string
	Years          []web.Choice
	Centers        []web.Choice
	Modes          []web.Choice
	Topics         []web.Choice
	Towns, Kinds   []web.Choice
	Office         bool // asks only what it runs
	Stop           string
}

// settingsOf reads the form.
func settingsOf(r *web.Request) Settings {
	set := Settings{Title: r.Value("tytul"), Words: r.Value("slowa"), Owner: access.InstitutionID(r.Value("prowadzi")), Center: access.InstitutionID(r.Value("osrodek")),
		ClosesOn: r.Value("do"), Topics: r.Request.Form["tematy"], Towns: r.Request.Form["gminy"], Kinds: r.Request.Form["rodzaje"]}
	number := func(name string) int {
		n, err := strconv.Atoi(r.Value(name))
		if err != nil {
			return -1
		}
		return n
	}
	set.SchoolYear, set.FirstDays = number("rok"), number("pierwszenstwo")
	for n := range set.Weights {
		set.Weights[n] = number("waga" + strconv.Itoa(n+1))
	}
	set.Revision, _ = strconv.ParseInt(r.Value("wersja"), 10, 64)
	switch r.Value("tryb") {
	case "none":
		set.Mode = survey.Confidential
	default:
		set.People, set.Mode = true, survey.Mode(r.Value("tryb"))
	}
	return set
}

func settingsMode(set Settings) string {
	if !set.People && set.Mode != "" {
		return "none"
	}
	return string(set.Mode)
}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	set, err := s.settingsBegin(r.Context(), r.L, access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	return s.showSettings(w, r, http.StatusOK, Campaign{}, set, nil)
}

// settingsBegin are the settings of a new campaign: those of the latest one of
// the same institution, without its days.
func (s *Service) settingsBegin(ctx context.Context, l *i18n.L, who access.Actor) (set Settings, err error) {
	now := s.now().In(web.Warsaw)
	set = Settings{SchoolYear: directory.SchoolYear(now), Weights: [3]int{1, 2, 3}, FirstDays: 7}
	if now.Month() < time.September {
		set.SchoolYear++
	}
	if v, err := s.Law.Int(ctx, s.db, FirstDays, now); err == nil {
		set.FirstDays = int(v.Int)
	}
	set.Title = l.T("needs.campaign.title_begin", "year", publishYear(set.SchoolYear))
	owners, err := s.campaignOwners(ctx, who)
	if err != nil || len(owners) == 0 {
		return set, err
	}
	set.Owner = owners[0].ID
	last, err := campaignList(ctx, s.db, `c.owner = ? and c.state <> ?`, set.Owner, Dropped)
	if err != nil || len(last) == 0 {
		return set, err
	}
	old, err := s.campaignSettings(ctx, last[0])
	old.Revision, old.Title, old.ClosesOn, old.SchoolYear = 0, set.Title, "", set.SchoolYear
	return old, err
}

func (s *Service) getSettings(w http.ResponseWriter, r *web.Request) error {
	c, err := s.campaignRun(r.Context(), access.ActorOf(r.Request), CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if c.State != Draft {
		return fault.New(fault.Conflict, "needs.campaign.fault.not_draft")
	}
	set, err := s.campaignSettings(r.Context(), c)
	if err != nil {
		return err
	}
	return s.showSettings(w, r, http.StatusOK, c, set, nil)
}

// showSettings draws the form; the zero campaign is a new one.
func (s *Service) showSettings(w http.ResponseWriter, r *web.Request, status int, c Campaign, set Settings, fail error) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	title, path, crumbs := l.T("needs.campaign.new"), CampaignPath+"/nowa", []web.Link{{Text: l.T("needs.title"), Href: Path}, {Text: l.T("needs.campaign.list"), Href: CampaignPath}}
	if c.ID != "" {
		title, path, crumbs = l.T("needs.campaign.settings"), CampaignHref(c.ID)+"/ustawienia", campaignCrumbs(l, c)
	}
	p := settingsPage{Page: r.Page(w, title, crumbs...).WithErrors(fail), Path: path, New: c.ID == "", Set: set, Mode: settingsMode(set), Revision: strconv.FormatInt(set.Revision, 10)}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = l.T(f.Key, f.Args...)
		if c.ID != "" && f.Kind == fault.Conflict { // the next press is about what lies now
			p.Revision = strconv.FormatInt(c.Revision, 10)
		}
	}
	if p.New {
		owners, err := s.campaignOwners(ctx, who)
		if err != nil {
			return err
		}
		for _, o := range owners {
			p.Owners = append(p.Owners, web.Choice{Value: string(o.ID), Label: o.Name})
		}
		if len(owners) == 0 && p.Stop == "" {
			p.Stop = l.T("needs.campaign.fault.no_owner")
		}
	}
	if set.Owner != "" {
		owner, err := directory.ByID(ctx, s.db, set.Owner)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		p.Office = owner.Kind == directory.Office
	}
	if err := s.settingsChoices(ctx, l, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, settingsView(p))
}

func (s *Service) settingsChoices(ctx context.Context, l *i18n.L, p *settingsPage) (err error) {
	year := directory.SchoolYear(s.now())
	for y := year; y <= year+2; y++ {
		p.Years = append(p.Years, web.Choice{Value: strconv.Itoa(y), Label: publishYear(y)})
	}
	for _, mode := range []string{string(survey.Anonymous), string(survey.Confidential), "none"} {
		p.Modes = append(p.Modes, web.Choice{Value: mode, Label: l.T("needs.campaign.mode." + mode), Hint: l.T("needs.campaign.mode." + mode + "_text")})
	}
	if p.Centers, err = s.campaignCenters(ctx); err != nil {
		return err
	}
	if p.Topics, err = s.Topics.Choices(ctx, l); err != nil {
		return err
	}
	towns, err := directory.Municipalities(ctx, s.db)
	if err != nil {
		return err
	}
	members, err := s.campaignMembers(ctx)
	if err != nil {
		return err
	}
	for _, t := range towns {
		if members[t.ID] {
			p.Towns = append(p.Towns, web.Choice{Value: t.ID, Label: t.Name})
		}
	}
	for _, k := range campaignKinds() {
		p.Kinds = append(p.Kinds, web.Choice{Value: string(k), Label: campaignKind(l, string(k))})
	}
	return nil
}

func campaignKind(l *i18n.L, kind string) string { return l.T("type." + kind) }

func (s *Service) postNew(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	set := settingsOf(r)
	id, err := s.CreateCampaign(r.Context(), access.ActorOf(r.Request), set)
	if campaignAgain(err) {
		return s.showSettings(w, r, fault.KindOf(err).Status(), Campaign{}, set, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.saved")
	return r.Redirect(w, CampaignHref(id))
}

// campaignAgain tells that a form is to be shown again with what is wrong.
func campaignAgain(err error) bool {
	k := fault.KindOf(err)
	return err != nil && (k == fault.Invalid || k == fault.Conflict)
}

func (s *Service) postSettings(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who, id := r.Context(), access.ActorOf(r.Request), CampaignID(r.PathValue("id"))
	set := settingsOf(r)
	err := s.SaveCampaign(ctx, who, id, set)
	if campaignAgain(err) {
		c, failed := s.campaignRun(ctx, who, id)
		if failed != nil {
			return failed
		}
		set.Owner = c.Owner
		return s.showSettings(w, r, fault.KindOf(err).Status(), c, set, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.saved")
	return r.Redirect(w, CampaignHref(id))
}

// campaignPage is one campaign: for whoever runs or plans with it what to do
// next, for the others what they are asked.
type campaignPage struct {
	web.Page
	C           Campaign
	Path        string
	Tabs        []web.Link
	State, Kind string
	Stop        string
	Words       string
	Facts       []web.Fact
	Figures     []web.Figure
	Own         []web.DeskItem // what the reader may still say
	Said        []web.Link     // what they said already
	Interest    string
	Links       []web.Link // paper forms, the round
	Runs        bool
	Lacks       []string
	Preview     *Preview
	Towns       []web.Fact
	Few         *web.Reason // too few people to hide among
	Key         []web.Link  // custody of the key
	NeedsKey    bool        // the round is to be prepared
	MayOpen     bool
	Revision    string
	Next        *web.Step
	Ended       *web.Reason // why it ended early, or was dropped
	Results     []web.Link
}

func (s *Service) getCampaign(w http.ResponseWriter, r *web.Request) error {
	return s.showCampaign(w, r, http.StatusOK, nil)
}

func (s *Service) showCampaign(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	runs, plans := Runs(ctx, who, c), Plans(ctx, who, c)
	if unseen := c.State == Draft || c.State == Dropped && c.OpensAt == 0; unseen && runs != nil {
		if fault.As(runs) == nil {
			return runs
		}
		return fault.ErrNotFound // nobody was asked, so it is nobody's business
	}
	p := campaignPage{Page: r.Page(w, c.Title, campaignCrumbs(l, c)[:2]...), C: c, Path: CampaignHref(c.ID), State: l.T("needs.state." + string(c.State)),
		Kind: campaignStateKind(c.State), Words: c.Words, Runs: runs == nil, Revision: strconv.FormatInt(c.Revision, 10)}
	p.NoIndex = true
	if f := fault.As(fail); f != nil {
		p.Stop = l.T(f.Key, f.Args...)
		for _, x := range f.Fields {
			p.Stop = l.T(x.Key, x.Args...)
		}
	}
	if plans == nil && c.State != Draft {
		p.Tabs = Tabs(l, c.ID, "")
	}
	if err := s.campaignFacts(ctx, l, c, &p); err != nil {
		return err
	}
	if err := s.campaignOwn(r, c, &p); err != nil {
		return err
	}
	if p.Runs && c.State == Draft {
		err = s.campaignDraft(ctx, l, who, c, &p)
	} else {
		err = s.campaignCourse(ctx, l, c, plans == nil, &p)
	}
	if err != nil {
		return err
	}
	return r.RenderStatus(w, status, campaignView(p))
}

func (s *Service) campaignFacts(ctx context.Context, l *i18n.L, c Campaign, p *campaignPage) error {
	names, err := s.Directory.Names(ctx, []access.InstitutionID{c.Owner, c.Center})
	if err != nil {
		return err
	}
	row, err := s.publicCampaign(ctx, l, c)
	if err != nil {
		return err
	}
	p.Facts = []web.Fact{{Name: l.T("needs.campaign.fact.year"), Value: row.Year}, {Name: l.T("needs.campaign.fact.owner"), Value: names[c.Owner]}}
	if c.Center != "" {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("needs.campaign.fact.center"), Value: names[c.Center]})
	}
	if c.ClosesAt > 0 {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("needs.campaign.fact.until"), Value: row.Until})
	}
	if c.State != Draft {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("needs.campaign.fact.asked"), Value: row.Size})
	}
	p.Facts = append(p.Facts, web.Fact{Name: l.T("needs.campaign.fact.people"), Value: row.Mode})
	for what, key := range map[string]string{actDropped: "needs.campaign.dropped", actClosed: "needs.campaign.closed_early"} {
		words, at, err := campaignActOf(ctx, s.db, c.ID, what)
		if err != nil {
			return err
		}
		if words != "" && (p.Ended == nil || what == actDropped) {
			p.Ended = &web.Reason{Text: words, Human: true, About: l.T(key, "date", l.Date(time.Unix(at, 0).In(web.Warsaw)))}
		}
	}
	return nil
}

// campaignDraft says what a draft lacks, whom it would ask, and what comes next.
func (s *Service) campaignDraft(ctx context.Context, l *i18n.L, who access.Actor, c Campaign, p *campaignPage) error {
	set, err := s.campaignSettings(ctx, c)
	if err != nil {
		return err
	}
	for _, f := range set.faults(s.now()) {
		p.Lacks = append(p.Lacks, l.T(f.Key, f.Args...))
	}
	v, err := s.Preview(ctx, who, c.ID)
	if err != nil {
		return err
	}
	p.Preview = &v
	names, err := s.campaignTowns(ctx)
	if err != nil {
		return err
	}
	for _, t := range v.Towns {
		value := l.N("needs.campaign.institutions", t.Institutions)
		if c.People {
			value += " · " + l.N("needs.campaign.people", t.People)
		}
		p.Towns = append(p.Towns, web.Fact{Name: names[t.Town], Value: value})
	}
	slices.SortFunc(p.Towns, func(a, b web.Fact) int { return strings.Compare(i18n.SortKey(a.Name), i18n.SortKey(b.Name)) })
	if v.Institutions == 0 {
		p.Lacks = append(p.Lacks, l.T("needs.campaign.fault.nobody"))
	}
	anonymous := c.People && c.Mode == survey.Anonymous
	if anonymous && !v.Enough(c.Mode) {
		p.Few = &web.Reason{Text: l.T("needs.campaign.fault.few", "n", v.People, "least", survey.LeastInvited), Rule: l.T("needs.campaign.few_way")}
	}
	if len(p.Lacks) > 0 || p.Few != nil {
		p.Next = &web.Step{What: l.T("needs.campaign.next.settings"), Who: l.T("needs.campaign.next.officer"), Href: CampaignHref(c.ID) + "/ustawienia"}
		return nil
	}
	p.MayOpen = true
	if anonymous {
		return s.campaignKey(ctx, l, c, p)
	}
	p.Next = &web.Step{What: l.T("needs.campaign.next.open"), Who: l.T("needs.campaign.next.officer")}
	return nil
}

// campaignKey says how far the key of an anonymous campaign is.
func (s *Service) campaignKey(ctx context.Context, l *i18n.L, c Campaign, p *campaignPage) error {
	p.MayOpen = false
	if c.Round == "" {
		p.NeedsKey = true
		p.Next = &web.Step{What: l.T("needs.campaign.next.prepare"), Who: l.T("needs.campaign.next.officer")}
		return nil
	}
	key := survey.Path(c.Round) + "/klucz"
	keepers, err := survey.Custody(ctx, s.db, c.Round)
	if err != nil {
		return err
	}
	p.MayOpen = len(keepers) > 0
	for _, k := range keepers {
		if !k.Deposit() && (k.Gone || !k.Confirmed) {
			p.MayOpen = false
		}
	}
	p.Key = []web.Link{{Text: l.T("needs.campaign.key"), Href: key}}
	if p.MayOpen {
		p.Next = &web.Step{What: l.T("needs.campaign.next.open"), Who: l.T("needs.campaign.next.officer")}
	} else {
		p.Next = &web.Step{What: l.T("needs.campaign.next.key"), Who: l.T("needs.campaign.next.key_officers"), Href: key}
	}
	return nil
}

// campaignCourse says how a campaign goes that was opened.
func (s *Service) campaignCourse(ctx context.Context, l *i18n.L, c Campaign, plans bool, p *campaignPage) error {
	if c.State == Ranked || c.State == Closed {
		p.Results = []web.Link{{Text: l.T("needs.campaign.public.year", "year", publishYear(c.SchoolYear)), Href: Path + "/" + strconv.Itoa(c.SchoolYear)}}
	}
	if plans && c.State != Dropped {
		if err := s.campaignFigures(ctx, l, c, p); err != nil {
			return err
		}
	}
	var err error
	p.Next, err = s.campaignNext(ctx, l, c, p.Runs)
	return err
}

func (s *Service) campaignFigures(ctx context.Context, l *i18n.L, c Campaign, p *campaignPage) error {
	towns, err := s.ProgressTowns(ctx, access.System(), c)
	if err != nil {
		return err
	}
	sum := progressSum(towns)
	base := CampaignHref(c.ID)
	p.Figures = []web.Figure{{Value: l.Number(sum.Sent), Label: l.T("needs.campaign.figure.sent"), More: l.T("needs.campaign.figure.of", "n", sum.Asked), Href: base + "/postep"}}
	if c.Round != "" && sum.Part.Invited >= partLeast {
		p.Figures = append(p.Figures, web.Figure{Value: l.Number(sum.Part.Answered), Label: l.T("needs.campaign.figure.people"), More: l.T("needs.campaign.figure.of", "n", sum.Part.Invited)})
	}
	waiting, err := textsWaiting(ctx, s.db, c.ID)
	if err != nil {
		return err
	}
	p.Figures = append(p.Figures, web.Figure{Value: l.Number(waiting), Label: l.T("needs.campaign.figure.words"), Href: base + "/wlasnymi-slowami"})
	return nil
}

// campaignNext is what happens next with a campaign, and who does it.
func (s *Service) campaignNext(ctx context.Context, l *i18n.L, c Campaign, runs bool) (*web.Step, error) {
	officer := l.T("needs.campaign.next.officer")
	switch c.State {
	case Open:
		return &web.Step{What: l.T("needs.campaign.next.close"), Who: l.T("needs.campaign.next.itself"), When: campaignUntil(l, c)}, nil
	case Closed:
		if c.Round != "" {
			rd, err := s.Surveys.RoundByID(ctx, s.db, c.Round)
			if err != nil {
				return nil, err
			}
			if rd.Mode == survey.Anonymous && rd.State == survey.Closed {
				step := &web.Step{What: l.T("needs.campaign.next.opening"), Who: l.T("needs.campaign.next.key_officers")}
				if runs {
					step.Href = survey.Path(c.Round) + "/otwarcie"
				}
				return step, nil
			}
		}
		return &web.Step{What: l.T("needs.campaign.next.rank"), Who: l.T("needs.campaign.next.itself")}, nil
	case Ranked:
		step := &web.Step{What: l.T("needs.campaign.next.answer"), Who: officer}
		if runs {
			step.Href = CampaignHref(c.ID) + "/lista"
		}
		return step, nil
	}
	return nil, nil
}

func (s *Service) postPrepare(w http.ResponseWriter, r *web.Request) error {
	round, err := s.Prepare(r.Context(), access.ActorOf(r.Request), CampaignID(r.PathValue("id")))
	if campaignAgain(err) {
		return s.showCampaign(w, r, fault.KindOf(err).Status(), err)
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, survey.Path(round)+"/klucz")
}

func (s *Service) postOpen(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := CampaignID(r.PathValue("id"))
	revision, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	err := s.Open(r.Context(), access.ActorOf(r.Request), id, revision)
	if campaignAgain(err) {
		return s.showCampaign(w, r, fault.KindOf(err).Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.opened")
	return r.Redirect(w, CampaignHref(id))
}

// endPage holds the ways in which a campaign ends.
type endPage struct {
	web.Page
	C         Campaign
	Path      string
	Until     string
	Reason    string
	Stop      string
	MayMove   bool
	MayDrop   bool
	Anonymous bool
}

func (s *Service) getEnd(w http.ResponseWriter, r *web.Request) error {
	return s.showEnd(w, r, http.StatusOK, nil)
}

func (s *Service) showEnd(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	l := r.L
	c, err := s.campaignRun(r.Context(), access.ActorOf(r.Request), CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := endPage{Page: r.Page(w, l.T("needs.campaign.end"), campaignCrumbs(l, c)...).WithErrors(fail), C: c, Path: CampaignHref(c.ID), Reason: r.Value("powod"),
		Until: r.Value("do"), MayMove: c.State == Open && s.now().Unix() < c.ClosesAt && r.Value("zaniechanie") == "" && !strings.HasSuffix(r.URL.Path, "/zaniechaj"),
		MayDrop:   c.State == Draft || c.State == Open || c.State == Closed,
		Anonymous: c.People && c.Mode == survey.Anonymous}
	p.NoIndex = true
	if p.Until == "" && c.ClosesAt > 0 {
		p.Until = campaignLastDay(c.ClosesAt).Format(time.DateOnly)
	}
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = l.T(f.Key, f.Args...)
	}
	return r.RenderStatus(w, status, endView(p))
}

// postEnd does one of the ways and shows the page again when it is refused.
func (s *Service) postEnd(w http.ResponseWriter, r *web.Request, notice string, do func(ctx context.Context, who access.Actor, id CampaignID) error) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := CampaignID(r.PathValue("id"))
	err := do(r.Context(), access.ActorOf(r.Request), id)
	if campaignAgain(err) {
		return s.showEnd(w, r, fault.KindOf(err).Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, CampaignHref(id))
}

func (s *Service) postMove(w http.ResponseWriter, r *web.Request) error {
	return s.postEnd(w, r, "notice.needs.moved", func(ctx context.Context, who access.Actor, id CampaignID) error {
		return s.Reschedule(ctx, who, id, r.Value("do"))
	})
}

func (s *Service) postClose(w http.ResponseWriter, r *web.Request) error {
	return s.postEnd(w, r, "notice.needs.closed", func(ctx context.Context, who access.Actor, id CampaignID) error {
		return s.Close(ctx, who, id, r.Value("powod"))
	})
}

func (s *Service) postDrop(w http.ResponseWriter, r *web.Request) error {
	return s.postEnd(w, r, "notice.needs.dropped", func(ctx context.Context, who access.Actor, id CampaignID) error {
		if r.Value("potwierdzam") != "tak" {
			return fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "needs.campaign.fault.sure"}})
		}
		return s.Drop(ctx, who, id, r.Value("powod"))
	})
}

// settingsNumber writes a number of the form, nothing for one that was none.
func settingsNumber(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// campaignDropText says what is lost.
func campaignDropText(p endPage) string {
	switch {
	case p.C.State == Draft:
		return p.T("needs.campaign.drop_draft")
	case p.Anonymous:
		return p.T("needs.campaign.drop_sealed")
	}
	return p.T("needs.campaign.drop_text")
}

// campaignLines are the lines of plain words, each a paragraph.
func campaignLines(words string) (lines []string) {
	for line := range strings.Lines(words) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
