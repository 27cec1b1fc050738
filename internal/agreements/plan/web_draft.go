package plan

import (
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

// The addresses of diagnosis and drafting. What belongs to a plan follows its id.
const (
	textPath      = Path + "/tekst"
	remarkPath    = Path + "/uwaga"
	adoptPath     = Path + "/przyjecie"
	diagnosisPath = Path + "/diagnoza"
	sourcePath    = Path + "/zrodlo"
	findingPath   = Path + "/wniosek"
)

func textHref(id ID) string       { return textPath + "/" + string(id) }
func adoptHref(id ID) string      { return adoptPath + "/" + string(id) }
func diagnosisHref(id ID) string  { return diagnosisPath + "/" + string(id) }
func sourceHref(id string) string { return sourcePath + "/" + id }

func versionHref(v Version) string { return textHref(v.Plan) + "/wersja/" + strconv.Itoa(v.No) }

// remarkHref is where a paragraph of a version is remarked on.
func remarkHref(v Version, key string) string { return versionHref(v) + "/akapit/" + key }

// draftRoutes opens the doors of diagnosis, drafting, adoption, of the sheets of
// municipalities and the report. What is public here is public with its plan:
// whether somebody may see a draft, the service says.
func (s *Service) draftRoutes(sh *web.Shell) {
	run, once := access.Can(access.RunPlan), web.Idempotent()
	of := "/{plan}"
	sh.Handle("GET "+textPath+of, web.Public, s.getText)
	sh.Handle("GET "+textPath+of+"/pisanie", run, s.getWriting)
	sh.Handle("POST "+textPath+of+"/pisanie", run, s.postWriting, once)
	sh.Handle("POST "+textPath+of+"/krok", run, s.postStep, once)
	sh.Handle("GET "+textPath+of+"/wersja/{no}", web.Public, s.getText)
	sh.Handle("GET "+textPath+of+"/wersja/{no}/uwagi", web.Public, s.getRemarks)
	sh.Handle("GET "+textPath+of+"/wersja/{no}/uwagi/arkusz", web.Public, s.getRemarksSheet)
	sh.Handle("GET "+textPath+of+"/wersja/{no}/akapit/{key}", web.Public, s.getParagraph)
	sh.Handle("POST "+textPath+of+"/wersja/{no}/akapit/{key}", access.Can(access.RemarkPlan), s.postRemark, once)
	sh.Handle("GET "+remarkPath+"/{id}", run, s.getAnswer)
	sh.Handle("POST "+remarkPath+"/{id}", run, s.postAnswer, once)
	sh.Handle("GET "+adoptPath+of, web.Public, s.getAdoptions)
	sh.Handle("GET "+adoptPath+of+"/{town}", access.Can(access.AdoptPlan), s.getAdopt)
	sh.Handle("POST "+adoptPath+of+"/{town}", access.Can(access.AdoptPlan), s.postAdopt, once)
	s.diagnosisRoutes(sh)
	sh.Handle("GET "+TownPath, web.Public, s.getTowns)
	sh.Handle("GET "+TownPath+"/{code}", web.Public, s.getTown)
	sh.Handle("GET "+ReportPath+of+"/{year}", web.Public, s.getReport)
	sh.AddDesk(s.draftDesk)
}

func (s *Service) diagnosisRoutes(sh *web.Shell) {
	run, once := access.Can(access.RunPlan), web.Idempotent()
	sh.Handle("GET "+diagnosisPath+"/{plan}", web.Public, s.getDiagnosis)
	sh.Handle("GET "+diagnosisPath+"/{plan}/zrodlo", run, s.getNewSource)
	sh.Handle("POST "+diagnosisPath+"/{plan}/zrodlo", run, s.postNewSource, once)
	sh.Handle("GET "+diagnosisPath+"/{plan}/wniosek", run, s.getNewFinding)
	sh.Handle("POST "+diagnosisPath+"/{plan}/wniosek", run, s.postNewFinding, once)
	sh.Handle("GET "+findingPath+"/{id}", run, s.getFinding)
	sh.Handle("POST "+findingPath+"/{id}", run, s.postFinding, once)
	one := sourcePath + "/{id}"
	sh.Handle("GET "+one, web.Public, s.getSource)
	sh.Handle("GET "+one+"/dane", web.Public, s.getSourceSheet)
	sh.Handle("GET "+one+"/zmien", run, s.getEditSource)
	sh.Handle("POST "+one+"/zmien", run, s.postEditSource, once)
	sh.Handle("GET "+one+"/liczba", run, s.getDatum)
	sh.Handle("POST "+one+"/liczba", run, s.postDatum, once)
	sh.Handle("GET "+one+"/arkusz", run, s.getUpload)
	sh.Handle("POST "+one+"/arkusz", run, s.postUpload, web.Body(figureLimits().Bytes+64<<10))
	sh.Handle("POST "+one+"/wlasne", run, s.postOwn, once)
}

// draftLinks are the pages of a plan: itself, and those of this part.
func (s *Service) draftLinks(r *web.Request, p Plan) (list []web.Link, err error) {
	for _, one := range [][2]string{{"plan", Href(p.ID)}, {"diagnosis", diagnosisHref(p.ID)}, {"text", textHref(p.ID)}, {"adoption", adoptHref(p.ID)}, {"towns", TownPath},
		{"report", ReportHref(p.ID, reportYear(p, directory.SchoolYear(s.now())))}} {
		list = append(list, web.Link{Text: r.L.T("plan.tab." + one[0]), Href: one[1], Current: strings.HasPrefix(r.URL.Path, one[1])})
	}
	return list, nil
}

// RemarkDays is how many days there are at least for remarks on a version.
const RemarkDays = "plan.remark_days"

func draftParams() []law.Param {
	return []law.Param{{Key: RemarkDays, Unit: law.Days, Title: "plan.param.remark_days", Least: 1,
		Default: []law.Default{{Value: "14", Basis: "ustalenie stron porozumienia (podstawa do sprawdzenia)"}}}}
}

// draftDesk tells what waits: remarks for an answer, a version to be remarked on,
// a final one to be adopted.
func (s *Service) draftDesk(r *web.Request) (items []web.DeskItem, err error) {
	who := access.ActorOf(r.Request)
	if !who.May(access.RunPlan) && !who.May(access.RemarkPlan) && !who.May(access.AdoptPlan) {
		return nil, nil
	}
	var list []Version
	err = s.db.Select(r.Context(), &list, `select `+versionColumns+` from plan_versions v where v.state in (?, ?, ?) order by v.id desc limit 20`, Remarks, Answering, Final)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		item, err := s.deskItem(r, who, v)
		if err != nil {
			return nil, err
		}
		if item.Href != "" {
			items = append(items, item)
		}
	}
	return items, nil
}

func (s *Service) deskItem(r *web.Request, who access.Actor, v Version) (item web.DeskItem, err error) {
	p, err := ByID(r.Context(), s.db, v.Plan)
	if err != nil {
		return item, err
	}
	l := r.L
	switch {
	case v.State == Final:
		return s.adoptItem(r, who, p, v)
	case who.May(access.RunPlan) && v.Unanswered > 0:
		return web.DeskItem{Rank: 40, Title: l.N("plan.desk.answer", v.Unanswered), Text: p.Title, Href: versionHref(v) + "/uwagi?bez=tak"}, nil
	case who.May(access.RemarkPlan) && v.takesRemarks(dayOf(s.now())):
		return web.DeskItem{Rank: 50, Title: l.T("plan.desk.remark"), Text: p.Title, Href: textHref(p.ID), By: l.DateText(v.UntilOn)}, nil
	}
	return item, nil
}

// adoptItem asks an office whose municipality has not adopted the newest final
// version; the association has the page of all.
func (s *Service) adoptItem(r *web.Request, who access.Actor, p Plan, v Version) (item web.DeskItem, err error) {
	if who.May(access.RunPlan) || !who.May(access.AdoptPlan) || p.State == Closed {
		return item, nil
	}
	newest, err := finalOf(r.Context(), s.db, p.ID)
	if err != nil || newest.ID != v.ID {
		return item, err
	}
	towns, err := s.adoptsFor(r.Context(), who)
	if err != nil {
		return item, err
	}
	acts, err := Adoptions(r.Context(), s.db, v.ID)
	for town := range towns {
		if _, is := acts[town]; !is {
			return web.DeskItem{Rank: 55, Title: r.L.T("plan.desk.adopt"), Text: p.Title, Href: adoptHref(p.ID)}, err
		}
	}
	return item, err
}

// stopOf is a fault of no field, in words.
func stopOf(l *i18n.L, fail error) string {
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		return l.T(f.Key, f.Args...)
	}
	return ""
}
