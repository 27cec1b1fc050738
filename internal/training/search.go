package training

import (
	"context"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/search"
	"kladka/internal/platform/web"
)

// SearchKind is how trainings take part in the search of everything. Wiring
// gives it its rank among the kinds. Drafts are never indexed; a training for
// one staff is found by those who have a Readers key of that institution.
func (s *Service) SearchKind(rank int) search.Kind {
	return search.Kind{Name: SearchKind, TitleKey: "training.title", Rank: rank,
		Facets: []search.Facet{
			{Name: askForm, TitleKey: "training.catalog.facet.forma", Label: formLabels},
			{Name: askPlace, TitleKey: "municipalities.municipality", Label: s.Directory.TownLabels},
			{Name: askTopic, TitleKey: "training.catalog.facet.temat", Label: s.topicLabels},
		},
		Load: s.searchDocs, After: s.searchAfter}
}

// Readers are the keys by which a reader finds trainings that are not for
// everybody: those of the institutions in which they hold a role now.
func Readers(who access.Actor) (keys []string) {
	for _, id := range catalogReaderOf(who, 0).insts {
		keys = append(keys, "inst:"+id)
	}
	return keys
}

func formLabels(_ context.Context, l *i18n.L, values []string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	for _, v := range values {
		out[v] = l.T("training.form." + v)
	}
	return out, nil
}

func (s *Service) topicLabels(ctx context.Context, l *i18n.L, values []string) (map[string]string, error) {
	return s.Topics.Names(ctx, l, values)
}

// searchDocs reads trainings for the index. The notes are in Polish, as the
// names of centers are.
func (s *Service) searchDocs(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	defer fault.Wrap(&err, "trainings for the index")
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+Columns+` from training_trainings t where t.id in (?) and t.state <> ? order by t.id`, ids, Draft)
	if err != nil {
		return nil, err
	}
	var rows []Training
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	more, err := s.searchMore(ctx, ids)
	if err != nil {
		return nil, err
	}
	centers := make([]access.InstitutionID, len(rows))
	towns := make([]string, len(rows))
	for n, t := range rows {
		centers[n], towns[n] = t.Center, t.Municipality
	}
	names, err := s.Directory.Names(ctx, centers)
	if err != nil {
		return nil, err
	}
	places, err := s.Directory.TownLabels(ctx, nil, towns)
	if err != nil {
		return nil, err
	}
	polish := s.Catalog.In(i18n.PL)
	for _, t := range rows {
		docs = append(docs, searchDoc(polish, t, names[t.Center], places[t.Municipality], more[t.ID]))
	}
	return docs, s.searchTopics(ctx, docs, more)
}

// searchExtra is what lies in other tables.
type searchExtra struct{ words, topics []string }

func (s *Service) searchMore(ctx context.Context, ids []string) (map[ID]searchExtra, error) {
	out := map[ID]searchExtra{}
	for _, ask := range []struct {
		query string
		add   func(x *searchExtra, value string)
	}{
		{`select training, name from training_trainers where training in (?) order by training, no`, func(x *searchExtra, v string) { x.words = append(x.words, v) }},
		{`select training, name from training_partners where training in (?) order by training, no`, func(x *searchExtra, v string) { x.words = append(x.words, v) }},
		{`select training, title from training_meetings where training in (?) and title <> '' order by training, starts_at, id`,
			func(x *searchExtra, v string) { x.words = append(x.words, v) }},
		{`select training, topic from training_topics where training in (?) order by training, topic`, func(x *searchExtra, v string) { x.topics = append(x.topics, v) }},
	} {
		query, args, err := db.In(ask.query, ids)
		if err != nil {
			return nil, err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id ID
			var value string
			err := scan(&id, &value)
			x := out[id]
			ask.add(&x, value)
			out[id] = x
			return err
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func searchDoc(l *i18n.L, t Training, center, town string, more searchExtra) search.Doc {
	d := search.Doc{Kind: SearchKind, ID: string(t.ID), Lang: t.Lang, Title: t.Title, URL: Path(t.ID), Audience: []string{search.Public},
		Facets: map[string][]string{askForm: {string(t.Form)}}}
	if t.ForInstitution != "" {
		d.Audience = []string{"inst:" + t.ForInstitution}
		if c := string(t.Center); c != t.ForInstitution {
			d.Audience = append(d.Audience, "inst:"+c)
		}
	}
	if t.Municipality != "" && t.Mode != Online {
		d.Facets[askPlace] = []string{t.Municipality}
	}
	d.Body = strings.Join(full(append([]string{t.Summary, t.AudienceText, t.Body, t.Place, center}, more.words...)...), "\n")
	if t.StartsAt > 0 && t.State != Postponed {
		d.Date = time.Unix(t.StartsAt, 0).In(web.Warsaw).Format(time.DateOnly)
	}
	state := ""
	if t.State == Canceled || t.State == Postponed {
		state = l.T("training.catalog.stand." + string(t.State))
	}
	where := town
	if t.Mode == Online {
		where = l.T("training.catalog.online")
	}
	d.Note = strings.Join(full(l.T("training.form."+string(t.Form)), offerSpan(l, t), where, state), " · ")
	return d
}

// searchTopics adds the topics to the documents: as a facet, and as words.
func (s *Service) searchTopics(ctx context.Context, docs []search.Doc, more map[ID]searchExtra) error {
	var all []string
	for _, x := range more {
		all = append(all, x.topics...)
	}
	if len(all) == 0 || s.Topics == nil {
		return nil
	}
	slices.Sort(all)
	all = slices.Compact(all)
	read, err := s.Topics.Resolve(ctx, all)
	if err != nil {
		return err
	}
	names, err := s.Topics.Names(ctx, s.Catalog.In(i18n.PL), all)
	for n := range docs {
		d := &docs[n]
		for _, id := range more[ID(d.ID)].topics {
			if now := read[id]; now != "" && !slices.Contains(d.Facets[askTopic], now) {
				d.Facets[askTopic] = append(d.Facets[askTopic], now)
				d.Body += "\n" + names[id]
			}
		}
	}
	return err
}

// searchAfter walks the ids of everything that was announced.
func (s *Service) searchAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	err = s.db.Select(ctx, &ids, `select id from training_trainings where id > ? and state <> ? order by id limit ?`, after, Draft, n)
	return ids, err
}

// TopicLinks are trainings for the page of a topic, which does not say who
// reads: those that everybody may see, what comes first. It is made for
// topics.Lister.
func (s *Service) TopicLinks(ctx context.Context, l *i18n.L, ids []string) (links []web.Link, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select id, form, state, title, starts_at, ends_at from training_trainings
		where id in (?) and state <> ? and state <> ? and for_institution = ''`, ids[:min(len(ids), db.MaxParams-2)], Draft, Canceled)
	if err != nil {
		return nil, err
	}
	var rows []Training
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	now := s.now().Unix()
	slices.SortFunc(rows, func(a, b Training) int { return comesFirst(a, b, now) })
	for _, t := range rows {
		links = append(links, web.Link{Text: t.Title + " (" + offerSpan(l, t) + ")", Href: Path(t.ID)})
	}
	return links, nil
}

// comesFirst orders what comes by its date, then what is past, the newest first.
func comesFirst(a, b Training, now int64) int {
	past := func(t Training) bool { return t.State != Postponed && t.StartsAt > 0 && t.StartsAt <= now }
	switch {
	case past(a) != past(b):
		if past(a) {
			return 1
		}
		return -1
	case a.StartsAt != b.StartsAt:
		if (a.StartsAt < b.StartsAt) == past(a) || a.StartsAt == 0 {
			return 1
		}
		return -1
	}
	return strings.Compare(string(a.ID), string(b.ID))
}

// catalogSection is what stands on the page of an institution.
type catalogSection struct {
	l     *i18n.L
	Items []catalogItem
	Staff []catalogItem // ordered for the staff, seen by it alone
	All   string
}

const sectionShows = 5

// OfferSection stands on the page of an institution: see directory.AddSection.
// A center shows what it offers, a school what its own staff was promised.
func (s *Service) OfferSection(r *web.Request, who access.Actor, i directory.Institution) (section directory.Section, err error) {
	defer fault.Wrap(&err, "trainings on the page of %s", i.ID)
	ctx := r.Context()
	ro, err := s.rollNow(ctx)
	if err != nil {
		return section, err
	}
	now := s.now().Unix()
	part := catalogSection{l: r.L}
	if ro.centers.find(string(i.ID)) >= 0 {
		f := catalogFilter{Centers: []string{string(i.ID)}}
		c := ro.sift(f, now, nil, nil)
		if part.Items, err = s.catalogItems(ctx, r.L, ro, ro.ids(c.hits[:min(len(c.hits), sectionShows)])); err != nil {
			return section, err
		}
		part.All = f.href(CatalogPath)
	}
	if n := ro.insts.find(string(i.ID)); n >= 0 && slices.Contains(catalogReaderOf(who, now).insts, string(i.ID)) {
		var ids []ID
		for at := ro.after(now); at < len(ro.entries) && len(ids) < sectionShows; at++ {
			if e := &ro.entries[at]; e.inst == n && e.comes(now) {
				ids = append(ids, e.id)
			}
		}
		if part.Staff, err = s.catalogItems(ctx, r.L, ro, ids); err != nil {
			return section, err
		}
	}
	if part.All == "" && len(part.Staff) == 0 {
		return section, nil
	}
	return directory.Section{Title: r.L.T("training.title"), Rank: 20, Component: offerSectionView(part)}, nil
}
