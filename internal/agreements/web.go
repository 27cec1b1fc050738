package agreements

import (
	"net/http"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// The pages of one agreement, after Href.
const (
	tabDesk    = "/prowadzenie"
	tabJoint   = "/wspolne"
	tabExperts = "/eksperci"
)

func deskHref(id ID, rest string) string { return Href(id) + tabDesk + rest }

// deedHref is the form of a deed; of is the thing that it is about, "" for the
// agreement itself.
func deedHref(id ID, deed, of string) string {
	if of != "" {
		return Href(id) + tabDesk + "/" + deed + "?dla=" + of
	}
	return Href(id) + tabDesk + "/" + deed
}

func arrangementHref(g Arrangement) string { return Href(g.Agreement) + "/ustalenia/" + g.ID }
func requestsHref(q Request) string        { return Href(q.Agreement) + tabExperts + "#" + q.ID }
func yearHref(id ID, year int) string      { return Href(id) + "/rok/" + number(year) }
func traceHref(trace string) string        { return "/sprawa/" + trace }

// Routes opens the doors of the package. Whose agreement it is, is the
// service's to check.
func (s *Service) Routes(sh *web.Shell) {
	may, once, one := access.Can(access.ManageAgreements), web.Idempotent(), Path+"/{id}"
	sh.Handle("GET "+Path, web.Public, s.getList)
	sh.Handle("GET "+NewPath, may, s.getNew)
	sh.Handle("POST "+NewPath, may, s.postNew, once)
	sh.Handle("GET "+one, web.Public, s.getOne)
	sh.Handle("GET "+one+"/obszar/{area}", web.Public, s.getArea)
	sh.Handle("GET "+one+"/ustalenia/{arrangement}", web.Public, s.getArrangement)
	sh.Handle("GET "+one+"/rok/{year}", web.Public, s.getYear)
	sh.Handle("POST "+one+"/rok/{year}", may, s.postConfirm, once)
	sh.Handle("GET "+one+"/pliki/{file}", web.Public, s.getFile)
	sh.Handle("GET "+one+tabDesk, may, s.getDesk)
	sh.Handle("GET "+one+tabDesk+"/{deed}", may, s.getDeed)
	sh.Handle("POST "+one+tabDesk+"/{deed}", may, s.postDeed, once)
	sh.Handle("POST "+one+"/pliki", may, s.postFile, Uses()[0].Room())
	sh.Handle("POST "+one+"/pliki/{file}/usun", may, s.postRemoveFile, once)
	sh.Handle("GET "+one+tabJoint, may, s.getJoint)
	sh.Handle("POST "+one+tabJoint, may, s.postJoint, once)
	sh.Handle("GET "+one+tabExperts, may, s.getExperts)
	sh.Handle("POST "+one+tabExperts+"/{request}/cofnij", may, s.postWithdraw, once)
	sh.AddNav(22, "agreements.title", Path, web.Public)
	sh.AddDesk(s.desk)
}

// idOf is the agreement of the address.
func idOf(r *web.Request) ID { return ID(r.PathValue("id")) }

// tabs are the pages of those who run an agreement.
func tabs(l *i18n.L, id ID, here string) []web.Link {
	all := []web.Link{{Text: l.T("agreements.tab.page"), Href: Href(id)}, {Text: l.T("agreements.tab.desk"), Href: Href(id) + tabDesk},
		{Text: l.T("agreements.tab.joint"), Href: Href(id) + tabJoint}, {Text: l.T("agreements.tab.experts"), Href: Href(id) + tabExperts}}
	for n := range all {
		all[n].Current = all[n].Href == Href(id)+here
	}
	return all
}

// revisionOf is what stood on the actor's screen; what is none fits no row.
func revisionOf(r *web.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	return n
}

// shown tells whether a fault is shown with the form, which keeps its words.
func shown(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Invalid || kind == fault.Conflict)
}

func statusOf(wrong error) int {
	if e := fault.As(wrong); e != nil {
		return e.Kind.Status()
	}
	return http.StatusOK
}

// stopOf is a fault of no field, in words.
func stopOf(l *i18n.L, wrong error) string {
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		return l.T(e.Key, e.Args...)
	}
	return ""
}

// money writes grosze: 1 250,50 zł.
func money(l *i18n.L, grosze int64) string {
	return l.T("agreements.money", "zl", l.Number(int(grosze/100)), "gr", strconv.Itoa(int(grosze%100/10))+strconv.Itoa(int(grosze%10)))
}

// hours writes minutes in whole lesson hours.
func hours(l *i18n.L, minutes int64) string {
	whole, _ := ledger.LessonHours(minutes)
	return l.N("agreements.hours", int(whole))
}

// dayText is a day in words, "" for none.
func dayText(l *i18n.L, day string) string {
	if day == "" {
		return ""
	}
	return l.DateText(day)
}

// span is from one day to another.
func span(l *i18n.L, from, to string) string {
	if to == "" {
		return l.T("agreements.since_day", "date", l.DateText(from))
	}
	return l.T("agreements.span", "from", l.DateText(from), "to", l.DateText(to))
}

func stateName(l *i18n.L, st State) string { return l.T("agreements.state." + string(st)) }

func stateKind(st State) string {
	return map[State]string{InForce: "ok", Expired: "warn", Terminated: "bad"}[st]
}

func progressName(l *i18n.L, g Arrangement, today string) string {
	if g.Late(today) {
		return l.T("agreements.progress.late")
	}
	return l.T("agreements.progress." + string(g.State))
}

func progressKind(g Arrangement, today string) string {
	if g.Late(today) {
		return "warn"
	}
	return map[Progress]string{Done: "ok", Dropped: "bad"}[g.State]
}

// name is an area with its number: "3. Diagnoza".
func (a Area) name() string { return number(a.No) + ". " + a.Title }

func (s *Service) getFile(w http.ResponseWriter, r *web.Request) error {
	if _, err := s.Find(r.Context(), access.ActorOf(r.Request), idOf(r)); err != nil {
		return err
	}
	if err := known(r.PathValue("file")); err != nil {
		return err
	}
	return s.Files.Serve(w, r, owner(idOf(r)), files.ID(r.PathValue("file")))
}

func (s *Service) postFile(w http.ResponseWriter, r *web.Request) error {
	id, who := idOf(r), access.ActorOf(r.Request)
	if _, err := s.managed(r.Context(), who, id); err != nil {
		return err // before anything is stored
	}
	form, err := s.Files.Receive(r, who.By(), AttachmentUse, "plik")
	if err == nil && form.File.ID == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "plik", Key: "agreements.fault.file"}})
	}
	if err == nil {
		err = s.Attach(r.Context(), who, id, form.File.ID, form.Values.Get("nazwa"))
	}
	if shown(err) {
		return s.showDesk(w, r, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.agreements.attached")
	return r.Redirect(w, deskHref(id, "#pliki"))
}

func (s *Service) postRemoveFile(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	file := r.PathValue("file")
	if err := known(file); err != nil {
		return err
	}
	if err := s.Detach(r.Context(), access.ActorOf(r.Request), idOf(r), files.ID(file)); err != nil {
		return err
	}
	r.Notify(w, "notice.agreements.detached")
	return r.Redirect(w, deskHref(idOf(r), "#pliki"))
}
