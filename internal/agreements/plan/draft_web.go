package plan

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// textPage is a version of the text, paragraph by paragraph.
type textPage struct {
	web.Page
	Tabs     []web.Link
	Plan     Plan
	Version  Version // zero while nothing is written
	State    string
	Badge    string
	About    []string
	Versions []web.Link
	Against  []web.Link // compare with
	Compared string     // with what, "" for not
	Rows     []paragraphRow
	Run      bool
	Steps    []VersionState
	Write    bool
	Until    string
	All      string // address of all remarks
	Stop     string
	Next     web.Step
}

// paragraphRow is a paragraph, compared or not, with what was said of it.
type paragraphRow struct {
	Difference
	Said string
	Href string
}

// sight is a version that a page is about, with its plan and its fellows.
type sight struct {
	plan Plan
	all  []Version
	v    Version
}

// sightOf finds the version that the address names, the newest one by default.
func (s *Service) sightOf(r *web.Request) (at sight, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if at.plan, err = s.see(ctx, who, ID(r.PathValue("plan"))); err != nil {
		return at, err
	}
	if at.all, err = s.Versions(ctx, who, at.plan); err != nil {
		return at, err
	}
	no := r.PathValue("no")
	if no == "" {
		if len(at.all) > 0 {
			at.v = at.all[0]
		}
		return at, nil
	}
	at.v, err = versionNo(at.all, no)
	return at, err
}

func versionNo(all []Version, no string) (Version, error) {
	n := slices.IndexFunc(all, func(v Version) bool { return strconv.Itoa(v.No) == no })
	if n < 0 {
		return Version{}, fault.ErrNotFound
	}
	return all[n], nil
}

func (s *Service) getText(w http.ResponseWriter, r *web.Request) error { return s.showText(w, r, nil) }

func (s *Service) showText(w http.ResponseWriter, r *web.Request, fail error) error {
	at, err := s.sightOf(r)
	if err != nil {
		return err
	}
	l, v := r.L, at.v
	p := textPage{Page: r.Page(w, l.T("plan.text.title"), crumbs(l, at.plan)...).WithErrors(fail), Plan: at.plan, Version: v, Stop: stopOf(l, fail),
		Run: access.ActorOf(r.Request).May(access.RunPlan), All: versionHref(v) + "/uwagi"}
	p.NoIndex, p.Lead = at.plan.State == Drafting, at.plan.Title
	if v.ID != "" {
		p.State, p.Badge = l.T("plan.version.state."+string(v.State)), map[VersionState]string{Final: "ok", Remarks: "warn"}[v.State]
		p.About = about(l, v)
	}
	for _, one := range at.all {
		p.Versions = append(p.Versions, web.Link{Text: l.T("plan.text.version", "no", one.No), Href: versionHref(one), Current: one.ID == v.ID})
	}
	if p.Run {
		p.Steps, p.Write = stepsFrom(v), v.State != Remarks && v.Unanswered == 0 && (len(at.all) == 0 || at.all[0].ID == v.ID)
		if len(at.all) > 0 && at.all[0].ID != v.ID {
			p.Steps = nil // only the newest goes on
		}
		p.Until = cmp.Or(r.Value("do"), v.UntilOn)
	}
	p.Next = textNext(l, at)
	if p.Tabs, err = s.draftLinks(r, at.plan); err != nil {
		return err
	}
	if err := s.fillText(r, &p, at); err != nil {
		return err
	}
	status := http.StatusOK
	if f := fault.As(fail); f != nil {
		status = f.Kind.Status()
	}
	return r.RenderStatus(w, status, textView(p))
}

// about is what is to be known of a version before it is read.
func about(l *i18n.L, v Version) (list []string) {
	if v.Words != "" {
		list = typedLines(v.Words)
	}
	if v.State == Remarks {
		list = append(list, l.T("plan.text.until", "date", l.DateText(v.UntilOn)))
	}
	if v.Remarks > 0 {
		list = append(list, l.N("plan.text.remarks", v.Remarks)+" "+l.N("plan.text.unanswered", v.Unanswered))
	}
	return list
}

// stepsFrom are the steps that may be taken from a version.
func stepsFrom(v Version) (steps []VersionState) {
	for _, to := range []VersionState{Remarks, Answering, Final} {
		if v.mayGo(v.Revision, to) == nil {
			steps = append(steps, to)
		}
	}
	return steps
}

func textNext(l *i18n.L, at sight) web.Step {
	v := at.v
	step := web.Step{What: l.T("plan.text.next.write"), Who: l.T("plan.association")}
	switch {
	case v.ID == "":
	case v.State == Writing:
		step.What = l.T("plan.text.next.open")
	case v.State == Remarks:
		step.What, step.Who, step.When = l.T("plan.text.next.remark"), l.T("plan.text.remarkers"), l.DateText(v.UntilOn)
	case v.State == Answering && v.Unanswered > 0:
		step.What, step.Href = l.N("plan.text.next.answer", v.Unanswered), versionHref(v)+"/uwagi?bez=tak"
	case v.State == Final:
		step.What, step.Who, step.Href = l.T("plan.text.next.adopt"), l.T("plan.text.towns"), adoptHref(v.Plan)
	case v.State == Past:
		step.What, step.Who, step.Href = l.T("plan.text.next.newer"), "", textHref(v.Plan)
	}
	return step
}

// fillText reads the paragraphs, compares them when asked to, and counts remarks.
func (s *Service) fillText(r *web.Request, p *textPage, at sight) error {
	now, err := paragraphsOf(r.Context(), s.db, at.v.ID)
	if err != nil {
		return err
	}
	for _, one := range at.all {
		if one.No < at.v.No {
			p.Against = append(p.Against, web.Link{Text: r.L.T("plan.text.version", "no", one.No), Href: versionHref(at.v) + "?z=" + strconv.Itoa(one.No)})
		}
	}
	var list []Difference
	if with := r.URL.Query().Get("z"); with != "" {
		old, err := versionNo(at.all, with)
		if err != nil || old.No >= at.v.No {
			return fault.ErrNotFound
		}
		before, err := paragraphsOf(r.Context(), s.db, old.ID)
		if err != nil {
			return err
		}
		p.Compared, list = r.L.T("plan.text.version", "no", old.No), compare(before, now)
	} else {
		for _, one := range now {
			list = append(list, Difference{Kind: "same", Now: one})
		}
	}
	counts, err := s.remarkCounts(r, at.v)
	for _, d := range list {
		row := paragraphRow{Difference: d}
		if d.Kind != "gone" {
			row.Href, row.Said = remarkHref(at.v, d.Now.Key), r.L.N("plan.text.remarks", counts[d.Now.Key])
		}
		p.Rows = append(p.Rows, row)
	}
	return err
}

// remarkCounts are the remarks to each paragraph, those to earlier versions too.
func (s *Service) remarkCounts(r *web.Request, v Version) (map[string]int, error) {
	counts := map[string]int{}
	return counts, s.db.Each(r.Context(), func(scan func(dest ...any) error) error {
		var key string
		var n int
		err := scan(&key, &n)
		counts[key] = n
		return err
	}, `select r.para_key, count(*) from plan_remarks r join plan_versions v on v.id = r.version where r.plan = ? and v.no <= ? group by r.para_key`, v.Plan, v.No)
}

func (s *Service) postStep(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	plan := ID(r.PathValue("plan"))
	to := VersionState(r.Value("krok"))
	err := s.Advance(r.Context(), access.ActorOf(r.Request), plan, seen(r), to, r.Value("do"))
	return done(w, r, err, func(fail error) error { return s.showText(w, r, fail) }, "notice.plan.step", textHref(plan))
}

func (s *Service) getWriting(w http.ResponseWriter, r *web.Request) error {
	return s.showWriting(w, r, nil)
}

func (s *Service) showWriting(w http.ResponseWriter, r *web.Request, fail error) error {
	at, err := s.sightOf(r)
	if err != nil {
		return err
	}
	list, err := paragraphsOf(r.Context(), s.db, at.v.ID)
	if err != nil {
		return err
	}
	var parts []part
	for _, one := range list {
		parts = append(parts, part{one.Text, one.Heading})
	}
	words, body, rev := "", joinText(parts), at.v.Revision
	if at.v.State == Writing {
		words = at.v.Words
	}
	if fail != nil {
		words, body, rev = r.Value("opis"), r.Value("tekst"), seen(r)
	}
	p := newForm(w, r, r.L.T("plan.text.write"), fail, crumbs(r.L, at.plan, web.Link{Text: r.L.T("plan.text.title"), Href: textHref(at.plan.ID)})...)
	p.Intro, p.Hidden = r.L.T("plan.text.write_lead"), []web.Pair{version(rev)}
	p.Parts = []templ.Component{
		web.Textarea(p.Page, web.Area{Name: "tekst", Label: r.L.T("plan.text.body"), Hint: r.L.T("plan.text.body_hint"), Value: body, Rows: 30, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "opis", Label: r.L.T("plan.text.whatsnew"), Value: words, Rows: 3}),
	}
	p.Next = web.Step{What: r.L.T("plan.text.next.open"), Who: r.L.T("plan.association"), Href: textHref(at.plan.ID)}
	return p.render(w, r, fail)
}

func (s *Service) postWriting(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	plan := ID(r.PathValue("plan"))
	err := s.SaveText(r.Context(), access.ActorOf(r.Request), plan, seen(r), r.PostForm.Get("tekst"), r.Value("opis"))
	return done(w, r, err, func(fail error) error { return s.showWriting(w, r, fail) }, "notice.plan.text", textHref(plan))
}

// paragraphPage is a paragraph with all that was said of it.
type paragraphPage struct {
	web.Page
	Version   Version
	Paragraph Paragraph
	Remarks   []remarkRow
	May       bool
	Places    []web.Choice
	Place     string
	Words     string
	Wording   string
	Stop      string
	Next      web.Step
}

// remarkRow is a remark as it is read.
type remarkRow struct {
	Who, When, Version string
	About              string // the paragraph that it is about, where several are listed
	Href               string // of that paragraph
	Words              []string
	Wording            []Stretch // against the paragraph as it stood
	Verdict, Badge     string    // "" while it waits
	Answer             []string
	AnsweredOn         string
	Edit               string // where it is answered, for whoever may
}

func (s *Service) getParagraph(w http.ResponseWriter, r *web.Request) error {
	return s.showParagraph(w, r, nil)
}

func (s *Service) showParagraph(w http.ResponseWriter, r *web.Request, fail error) error {
	at, err := s.sightOf(r)
	if err != nil {
		return err
	}
	list, err := paragraphsOf(r.Context(), s.db, at.v.ID)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(list, func(one Paragraph) bool { return one.Key == r.PathValue("key") })
	if n < 0 {
		return fault.ErrNotFound
	}
	who := access.ActorOf(r.Request)
	p := paragraphPage{Page: r.Page(w, r.L.T("plan.paragraph.title", "no", list[n].No), crumbs(r.L, at.plan,
		web.Link{Text: r.L.T("plan.text.title"), Href: textHref(at.plan.ID)}, web.Link{Text: r.L.T("plan.text.version", "no", at.v.No), Href: versionHref(at.v)})...).WithErrors(fail),
		Version: at.v, Paragraph: list[n], Stop: stopOf(r.L, fail), Place: r.Value("instytucja"), Words: r.Value("uwaga"), Wording: r.Value("brzmienie"), Next: textNext(r.L, at)}
	p.NoIndex = true
	if p.Wording == "" {
		p.Wording = list[n].Text
	}
	remarks, err := s.RemarksTo(r.Context(), at.v, list[n].Key)
	if err != nil {
		return err
	}
	if p.Remarks, err = s.remarkRows(r, at, remarks); err != nil {
		return err
	}
	if at.v.takesRemarks(dayOf(s.now())) {
		p.Places, err = s.placeChoices(r, placesWith(who, access.RemarkPlan))
		p.May = len(p.Places) > 0
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if f := fault.As(fail); f != nil {
		status = f.Kind.Status()
	}
	return r.RenderStatus(w, status, paragraphView(p))
}

func (s *Service) placeChoices(r *web.Request, ids []access.InstitutionID) (list []web.Choice, err error) {
	names, err := s.Directory.Names(r.Context(), ids)
	for _, id := range ids {
		list = append(list, web.Choice{Value: string(id), Label: names[id]})
	}
	return list, err
}

// remarkRows puts remarks into words. Who wrote one for an institution is not
// named to the public: the institution speaks. An expert's name is read by those
// who work on the plan.
func (s *Service) remarkRows(r *web.Request, at sight, list []Remark) (rows []remarkRow, err error) {
	who := access.ActorOf(r.Request)
	var places []access.InstitutionID
	var people []string
	for _, m := range list {
		places = append(places, m.Institution)
		if m.Expert && m.By != "" && (who.May(access.RunPlan) || who.May(access.RemarkPlan)) {
			people = append(people, string(m.By))
		}
	}
	institutions, err := s.Directory.Names(r.Context(), places)
	if err != nil {
		return nil, err
	}
	names, err := s.People.NamesOf(r.Context(), people)
	if err != nil {
		return nil, err
	}
	texts := map[string]map[string]Paragraph{} // by version and key
	for _, m := range list {
		if texts[m.Version] == nil {
			if texts[m.Version], err = s.paragraphsByKey(r, m.Version); err != nil {
				return nil, err
			}
		}
		n := slices.IndexFunc(at.all, func(v Version) bool { return v.ID == m.Version })
		if n < 0 {
			continue
		}
		rows = append(rows, remarkWords(r.L, at.all[n], m, texts[m.Version][m.Key], institutions[m.Institution], names[string(m.By)], who.May(access.RunPlan)))
	}
	return rows, nil
}

func remarkWords(l *i18n.L, v Version, m Remark, of Paragraph, institution, name string, run bool) remarkRow {
	row := remarkRow{Who: institution, When: l.Date(localTime(m.At)), Version: l.T("plan.text.version", "no", v.No), Words: typedLines(m.Words),
		About: l.T("plan.paragraph.title", "no", of.No), Href: remarkHref(v, m.Key)}
	if m.Expert {
		row.Who = cmp.Or(name, l.T("plan.remark.expert")) + ", " + institution
	}
	if m.Wording != "" && m.Wording != of.Text {
		row.Wording = compareWords(of.Text, m.Wording)
	}
	if m.Answer != "" {
		row.Verdict, row.Badge = l.T("plan.verdict."+string(m.Answer)), map[Verdict]string{Taken: "ok", Partly: "warn"}[m.Answer]
		row.AnsweredOn = l.Date(localTime(m.AnsweredAt))
	}
	if m.AnswerWords != "" {
		row.Answer = typedLines(m.AnswerWords)
	}
	if run && (v.State == Remarks || v.State == Answering) {
		row.Edit = remarkPath + "/" + m.ID
	}
	return row
}

func localTime(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

func (s *Service) paragraphsByKey(r *web.Request, version string) (map[string]Paragraph, error) {
	list, err := paragraphsOf(r.Context(), s.db, version)
	all := map[string]Paragraph{}
	for _, one := range list {
		all[one.Key] = one
	}
	return all, err
}

func (s *Service) postRemark(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := s.sightOf(r)
	if err != nil {
		return err
	}
	place, key := access.InstitutionID(r.Value("instytucja")), r.PathValue("key")
	who := access.ActorOf(r.Request)
	if own := placesWith(who, access.RemarkPlan); place == "" && len(own) == 1 {
		place = own[0]
	}
	wording := r.Value("brzmienie")
	_, err = s.AddRemark(r.Context(), who, at.v.ID, key, place, r.Value("uwaga"), wording)
	return done(w, r, err, func(fail error) error { return s.showParagraph(w, r, fail) }, "notice.plan.remark", remarkHref(at.v, key))
}

// remarksPage lists all remarks to a version.
type remarksPage struct {
	web.Page
	Rows  []remarkRow
	Links []web.Link
	Sheet string
	Next  web.Step
}

func (s *Service) getRemarks(w http.ResponseWriter, r *web.Request) error {
	at, err := s.sightOf(r)
	if err != nil {
		return err
	}
	waiting := r.URL.Query().Get("bez") == "tak"
	list, err := s.RemarksOf(r.Context(), access.ActorOf(r.Request), at.v.ID, waiting)
	if err != nil {
		return err
	}
	base := versionHref(at.v) + "/uwagi"
	p := remarksPage{Page: r.Page(w, r.L.T("plan.remarks.title", "no", at.v.No), crumbs(r.L, at.plan, web.Link{Text: r.L.T("plan.text.title"), Href: textHref(at.plan.ID)})...),
		Sheet: base + "/arkusz", Next: textNext(r.L, at)}
	p.NoIndex = at.plan.State == Drafting
	p.Links = []web.Link{{Text: r.L.T("plan.remarks.all"), Href: base, Current: !waiting}, {Text: r.L.T("plan.remarks.waiting"), Href: base + "?bez=tak", Current: waiting}}
	p.Rows, err = s.remarkRows(r, at, list)
	if err != nil {
		return err
	}
	return r.Render(w, remarksView(p))
}

func (s *Service) getRemarksSheet(w http.ResponseWriter, r *web.Request) error {
	at, err := s.sightOf(r)
	if err != nil {
		return err
	}
	list, err := s.RemarksOf(r.Context(), access.ActorOf(r.Request), at.v.ID, false)
	if err != nil {
		return err
	}
	rows, err := s.remarkRows(r, at, list)
	if err != nil {
		return err
	}
	form := sheet.FormatOf(r.URL.Query().Get("format"))
	attached(w, form.ContentType(), form.File("uwagi-wersja-"+strconv.Itoa(at.v.No)))
	var header []string
	for _, c := range []string{"paragraph", "who", "when", "words", "wording", "verdict", "answer"} {
		header = append(header, r.L.T("plan.remarks.column."+c))
	}
	return s.finish(r, sheet.Write(w, form, r.L.T("plan.remarks.title", "no", at.v.No), header, remarkCells(list, rows)))
}

func remarkCells(list []Remark, rows []remarkRow) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for n, row := range rows {
			if !yield([]string{row.About, row.Who, row.When, strings.Join(row.Words, "\n"), list[n].Wording, row.Verdict, strings.Join(row.Answer, "\n")}, nil) {
				return
			}
		}
	}
}

func (s *Service) getAnswer(w http.ResponseWriter, r *web.Request) error {
	return s.showAnswer(w, r, nil)
}

func (s *Service) showAnswer(w http.ResponseWriter, r *web.Request, fail error) error {
	m, v, plan, err := s.remarkByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	at := sight{plan: plan, all: []Version{v}, v: v}
	rows, err := s.remarkRows(r, at, []Remark{m})
	if err != nil {
		return err
	}
	verdict, words, rev := string(m.Answer), m.AnswerWords, m.Revision
	if fail != nil {
		verdict, words, rev = r.Value("odpowiedz"), r.Value("slowa"), seen(r)
	}
	p := newForm(w, r, r.L.T("plan.answer.title"), fail, crumbs(r.L, plan, web.Link{Text: r.L.T("plan.remarks.title", "no", v.No), Href: versionHref(v) + "/uwagi"})...)
	p.Hidden = []web.Pair{version(rev)}
	p.Sees = web.Audience{Short: r.L.T("plan.answer.sees"), More: r.L.T("plan.answer.sees_more")}
	var choices []web.Choice
	for _, one := range Verdicts() {
		choices = append(choices, web.Choice{Value: string(one), Label: r.L.T("plan.verdict." + string(one))})
	}
	rows[0].Edit = ""
	p.Parts = []templ.Component{remarkCard(p.Page, rows[0], true),
		web.Radios(p.Page, web.Pick{Name: "odpowiedz", Label: r.L.T("plan.answer.verdict"), Choices: choices, Value: verdict, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "slowa", Label: r.L.T("plan.answer.words"), Hint: r.L.T("plan.answer.words_hint"), Value: words})}
	p.Next = web.Step{What: r.L.T("plan.answer.next"), Who: r.L.T("plan.program")}
	return p.render(w, r, fail)
}

func (s *Service) postAnswer(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	_, v, _, err := s.remarkByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	err = s.AnswerRemark(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), seen(r), Verdict(r.Value("odpowiedz")), r.Value("slowa"))
	return done(w, r, err, func(fail error) error { return s.showAnswer(w, r, fail) }, "notice.plan.answered", versionHref(v)+"/uwagi?bez=tak")
}
