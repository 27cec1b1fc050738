package papers

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/search"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// SearchName is the kind of papers in the search of everything.
const SearchName = "paper"

// Audience are the keys of a reader that concern this package: officers find the
// papers of their center, and holders (by the key of the person, which wiring
// gives everybody) their own.
func Audience(who access.Actor) (keys []string) {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.IssuePapers) {
			keys = append(keys, "papers:"+string(h.Institution))
		}
	}
	return keys
}

// SearchKind is how papers are found: by their number as a whole, and by name.
// One address leads officers to the register and holders to their own page.
func (s *Service) SearchKind(rank int) search.Kind {
	return search.Kind{Name: SearchName, TitleKey: "papers.title.search", Rank: rank, Load: s.documents, After: s.idsAfter}
}

func (s *Service) documents(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	q, args, err := db.In(`select `+paperColumns+` from training_papers p where p.id in (?) order by p.id`, ids)
	if err != nil {
		return nil, err
	}
	var list []Paper
	if err := s.db.Select(ctx, &list, q, args...); err != nil {
		return nil, err
	}
	l := s.Catalog.In(i18n.PL)
	for _, p := range list {
		docs = append(docs, document(l, p))
	}
	return docs, nil
}

// document is a paper as the search has it. Birth data are not given to it.
func document(l *i18n.L, p Paper) search.Doc {
	d := search.Doc{Kind: SearchName, ID: string(p.ID), Lang: i18n.PL, Title: p.Number + ", " + p.Name, Body: p.Title, Codes: []string{p.Number, p.NumberKey},
		URL: foundPath + "/" + string(p.ID), Note: l.T("training.paper." + string(p.Kind)), Date: p.IssuedOn, Audience: []string{"papers:" + string(p.Center)}}
	if p.Person != "" {
		d.Audience = append(d.Audience, "person:"+p.Person)
	}
	return d
}

func (s *Service) idsAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	return ids, s.db.Select(ctx, &ids, `select id from training_papers where id > ? order by id limit ?`, after, n)
}

// foundPath is where the search leads.
const foundPath = "/dokumenty/znalezione"

// getFound leads who found a paper to the page that is theirs.
func (s *Service) getFound(w http.ResponseWriter, r *web.Request) error {
	p, err := paperByID(r.Context(), s.db, ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	if who.MayAt(r.Context(), access.IssuePapers, p.Center) == nil {
		return r.Redirect(w, RegisterPath+"/"+string(p.ID))
	}
	if p.Person == "" || p.Person != string(who.Person) || p.Enrollment == "" {
		return fault.ErrNotFound
	}
	return r.Redirect(w, training.EnrollPath+"/"+string(p.Enrollment)+"/dokument")
}

func enrollmentID(id string) training.EnrollmentID { return training.EnrollmentID(id) }
