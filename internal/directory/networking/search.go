package networking

import (
	"context"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Audience keys of the documents: entries open to all are everybody's, the
// others are found by readers who may use contacts, to whom wiring gives the
// second key.
const (
	AudienceAll  = "public"
	AudienceUses = "role:contacts"
)

// Document is an entry as the search has it. Its fields are those of
// search.Doc, so that wiring converts one to the other.
type Document struct {
	Kind, ID string
	Lang     i18n.Lang
	Title    string
	Body     string
	Codes    []string
	URL      string
	Note     string
	Date     string
	Facets   map[string][]string
	Audience []string
}

// Audience are the keys of a reader that concern this package.
func Audience(who access.Actor) []string {
	if who.May(access.UseContacts) {
		return []string{AudienceUses}
	}
	return nil
}

// Documents are the entries that stand, of those given. Left out are the
// personal ones of people who blocked somebody: a search has no way of its own
// to leave one reader out. They are on the list, which has.
func (s *Service) Documents(ctx context.Context, ids []string) (docs []Document, err error) {
	defer fault.Wrap(&err, "documents of entries")
	if len(ids) == 0 {
		return nil, nil
	}
	q := s.visible(access.System(), s.now())
	q.in(`e.id`, ids[:min(len(ids), db.MaxParams/2)])
	q.and(`(e.owner = ? or not exists (select 1 from directory_contact_blocks b where b.blocker = e.person))`, ownInstitution)
	var list []Entry
	if err := s.db.Select(ctx, &list, `select `+entryColumns+` from `+entriesFrom+` where `+q.where()+` order by e.id`, q.args...); err != nil {
		return nil, err
	}
	if err := s.withTopics(ctx, list); err != nil {
		return nil, err
	}
	l := s.Catalog.In(i18n.PL)
	w, err := s.wordsFor(ctx, l, list, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		d := Document{Kind: EntryKind, ID: e.ID, Lang: i18n.PL, Title: w.title(e), Body: strings.TrimSpace(e.Body + "\n" + w.place(e.Institution)), URL: entryPath(e.ID),
			Note: w.owner(e), Date: midnight(unix(e.ChangedAt)).Format("2006-01-02"), Audience: []string{AudienceUses},
			Facets: map[string][]string{"strona": {string(e.Side)}, "temat": e.Topics}}
		if town := w.towns[e.Institution]; town != "" {
			d.Facets["gmina"] = []string{town}
		}
		if e.OpenToAll {
			d.Audience = []string{AudienceAll, AudienceUses}
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// TopicLinks are entries for the page of a topic, which does not say who reads:
// those that everybody may see. It is made for topics.Lister.
func (s *Service) TopicLinks(ctx context.Context, l *i18n.L, ids []string) (links []web.Link, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	q := s.visible(access.Stranger(), s.now())
	q.in(`e.id`, ids[:min(len(ids), db.MaxParams/2)])
	var list []Entry
	if err := s.db.Select(ctx, &list, `select `+entryColumns+` from `+entriesFrom+` where `+q.where()+` order by e.id desc`, q.args...); err != nil {
		return nil, err
	}
	if err := s.withTopics(ctx, list); err != nil {
		return nil, err
	}
	w, err := s.wordsFor(ctx, l, list, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		links = append(links, web.Link{Text: w.owner(e) + ": " + lower(w.title(e)), Href: entryPath(e.ID)})
	}
	return links, nil
}

// After walks the ids of all entries that stand.
func (s *Service) After(ctx context.Context, after string, n int) (ids []string, err error) {
	err = s.db.Select(ctx, &ids, `select id from directory_network_entries where state = ? and id > ? order by id limit ?`, stateOpen, after, n)
	return ids, err
}
