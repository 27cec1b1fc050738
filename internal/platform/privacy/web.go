package privacy

import (
	"net/http"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Doors are who may pass, and who asks.
type Doors struct {
	Own        web.Guard // everybody who is signed in, about themselves
	Fresh      web.Guard // the same, having proved a moment ago to be them
	Protection web.Guard // data-protection officers
	By         func(*web.Request) audit.By
	Mine       func(*web.Request) ([]string, error) // institutions of who asks; nil for none
}

// The places of the pages.
const (
	publicPath    = "/prywatnosc"
	templatePath  = publicPath + "/umowa/"
	dataPath      = "/konto/moje-dane"
	consentsPath  = "/konto/zgody"
	officePath    = "/administracja/prywatnosc"
	deletionPath  = officePath + "/usuwanie"
	requestsPath  = officePath + "/wnioski"
	agreementPath = officePath + "/umowy"
	partyPath     = officePath + "/administratorzy"
	disposalPath  = officePath + "/brakowanie"
)

// pageSize is how many rows a list shows.
const pageSize = 50

type handlers struct {
	*Service
	Doors
}

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	h := handlers{s, d}
	sh.Handle("GET "+publicPath, web.Public, h.purposes)
	sh.Handle("GET "+publicPath+"/{purpose}", web.Public, h.notice)
	sh.Handle("GET "+templatePath+"{kind}", web.Public, h.template)

	sh.Handle("GET "+dataPath, d.Own, h.data)
	sh.Handle("GET "+dataPath+"/pobierz", d.Fresh, h.download)
	sh.Handle("GET "+dataPath+"/wniosek", d.Own, h.getAsk)
	sh.Handle("POST "+dataPath+"/wniosek", d.Own, h.postAsk)
	sh.Handle("GET "+ownRequestPath+"{id}", d.Own, h.ownRequest)
	sh.Handle("GET "+consentsPath, d.Own, h.consents)
	sh.Handle("POST "+consentsPath+"/{id}/wycofaj", d.Own, h.withdraw)

	sh.Handle("GET "+officePath, d.Protection, h.overview)
	sh.Handle("GET "+requestsPath, d.Protection, h.requests)
	sh.Handle("GET "+requestsPath+"/{id}", d.Protection, h.request)
	sh.Handle("POST "+requestsPath+"/{id}/{deed}", d.Protection, h.postRequest)
	sh.Handle("GET "+deletionPath, d.Protection, h.deletion)
	sh.Handle("POST "+deletionPath+"/policz", d.Protection, h.postPlan)
	sh.Handle("GET "+deletionPath+"/{run}", d.Protection, h.report)
	sh.Handle("POST "+deletionPath+"/{purpose}/{deed}", d.Protection, h.postHold)
	sh.Handle("GET "+agreementPath, d.Protection, h.agreements)
	sh.Handle("POST "+agreementPath, d.Protection, h.postAgreement)
	sh.Handle("POST "+agreementPath+"/{id}/koniec", d.Protection, h.postEnd)
	sh.Handle("GET "+partyPath, d.Protection, h.party)
	sh.Handle("POST "+partyPath, d.Protection, h.postParty)
	sh.Handle("GET "+disposalPath, d.Protection, h.disposal)
	sh.Handle("POST "+disposalPath, d.Protection, h.postDisposal)
}

// officePage begins a page of the officer.
func (h handlers) officePage(w http.ResponseWriter, r *web.Request, title string) web.Page {
	p := r.Page(w, r.L.T(title), web.Link{Text: r.L.T("privacy.office"), Href: officePath})
	p.NoIndex = true
	return p
}

// refused draws a form again with what is wrong; other faults go to the shell.
func refused(why error, draw func() error) error {
	if fault.KindOf(why) != fault.Invalid {
		return why
	}
	return draw()
}

// find turns what was typed into an institution: "" is the operator's.
func (h handlers) find(r *web.Request, words string) (string, error) {
	wrong := fault.InvalidFields([]fault.Field{{Name: "instytucja", Key: "privacy.fault.institution"}})
	if words == "" || len(words) > 300 {
		return "", wrong
	}
	ids, err := h.Names.Find(r.Context(), words)
	if err != nil {
		return "", err
	}
	if len(ids) != 1 {
		return "", wrong
	}
	return ids[0], nil
}

// institutionName is a name for a page; the operator's side is said in words.
func institutionName(l *i18n.L, names map[string]string, id string) string {
	switch {
	case id == "":
		return l.T("privacy.operator")
	case names[id] != "":
		return names[id]
	}
	return l.T("privacy.institution_gone")
}

func personName(l *i18n.L, names map[string]string, id string) string {
	if names[id] != "" {
		return names[id]
	}
	return l.T("privacy.person_gone")
}

func dateOf(l *i18n.L, at int64) string { return l.Date(time.Unix(at, 0).In(web.Warsaw)) }

func momentOf(l *i18n.L, at int64) string { return l.DateTime(time.Unix(at, 0).In(web.Warsaw)) }

// unique are the ids that are not empty, each once.
func unique(ids ...string) []string {
	seen, out := map[string]bool{"": true}, []string(nil)
	for _, id := range ids {
		if !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	return out
}

func (h handlers) people(r *web.Request, ids ...string) (map[string]string, error) {
	if ids = unique(ids...); len(ids) == 0 {
		return nil, nil
	}
	return h.Names.People(r.Context(), ids)
}

func (h handlers) institutions(r *web.Request, ids ...string) (map[string]string, error) {
	if ids = unique(ids...); len(ids) == 0 {
		return nil, nil
	}
	return h.Names.Institutions(r.Context(), ids)
}
