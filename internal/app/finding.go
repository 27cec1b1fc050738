package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/topics"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/search"
	"kladka/internal/platform/web"
	"kladka/internal/training"
	"kladka/internal/training/papers"
	"kladka/internal/training/takeover"
)

// Here the search of everything, the vocabulary and the contacts meet: who is
// found by whom, and which change has what indexed anew.

// ranks are the order of the groups on the page of results.
const (
	rankTopics     = 20
	rankOffers     = 30
	rankTrainings  = 15
	rankNetworks   = 18
	rankPapers     = 40
	rankAgreements = 25
	rankMeetings   = 27
	rankBudgets    = 28
)

// finding makes the services of finding. They stand on access and directory.
func (m *modules) finding(d *db.DB, log *slog.Logger, now func() time.Time) {
	m.topics = topics.New(topics.Config{DB: d, Directory: m.directory, Bus: m.bus, Imports: m.importing, Now: now, Log: log,
		Touch: func(ctx context.Context, tx *db.Tx, id string) error {
			return search.Touch(ctx, tx, topics.SearchName, id)
		},
		Names: m.access.OfficeNames})
	m.networking = networking.New(networking.Config{DB: d, Now: now, People: m.access, Topics: networking.Vocabulary{Topics: m.topics},
		Catalog: m.catalog, Tell: m.notify.Tell, Touch: touches(networking.EntryKind)})
	m.importing.Declare(m.topics.ImportKind())
	m.topics.AddLister(topics.Lister{Kind: networking.EntryKind, TitleKey: "networking.title.list", Rank: rankOffers, Links: m.networking.TopicLinks})
	m.directory.AddSection(m.networking.Section)
	events.On(m.bus, "networking.entries", func(ctx context.Context, e access.Left, _ events.Meta) error { return m.networking.Left(ctx, e) })
	m.search = search.New(search.Config{DB: d, Words: m.words, Catalog: m.catalog, Now: now, Log: log})
	m.search.Declare(m.institutions())
	events.On(m.bus, "search.topics", func(ctx context.Context, e topics.Chosen, _ events.Meta) error {
		return d.Write(ctx, func(tx *db.Tx) error { return search.Touch(ctx, tx, e.Kind, e.Object) })
	})
	events.On(m.bus, "search.topics", func(ctx context.Context, _ topics.Changed, _ events.Meta) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			return errors.Join(search.TouchAll(ctx, tx, directory.SearchName), search.TouchAll(ctx, tx, networking.EntryKind))
		})
	})
	m.search.Declare(m.topics.SearchKind(rankTopics))
	m.search.Declare(m.entries())
}

// lateNames are names for the service of imports, which is made before the
// directory that it names institutions by.
type lateNames struct{ m *modules }

func (n lateNames) People(ctx context.Context, ids []string) (map[string]string, error) {
	return names{n.m.access, n.m.directory}.People(ctx, ids)
}

func (n lateNames) Institutions(ctx context.Context, ids []string) (map[string]string, error) {
	return names{n.m.access, n.m.directory}.Institutions(ctx, ids)
}

// touches has things of a kind indexed anew.
func touches(kind string) func(ctx context.Context, tx *db.Tx, ids ...string) error {
	return func(ctx context.Context, tx *db.Tx, ids ...string) error { return search.Touch(ctx, tx, kind, ids...) }
}

// institutions are found by the topics that they work on as well.
func (m *modules) institutions() search.Kind {
	k := m.directory.SearchKind(m.catalog.In(i18n.PL))
	load := k.Load
	k.Load = func(ctx context.Context, ids []string) ([]search.Doc, error) {
		docs, err := load(ctx, ids)
		if err != nil || len(docs) == 0 {
			return docs, err
		}
		used, err := m.topics.Used(ctx, topics.OfInstitutions, ids...)
		if err != nil {
			return nil, err
		}
		var all []topics.ID
		for _, list := range used {
			all = append(all, list...)
		}
		called, err := m.topics.Names(ctx, m.catalog.In(i18n.PL), all)
		if err != nil {
			return nil, err
		}
		for n := range docs {
			for _, id := range used[docs[n].ID] {
				docs[n].Body += "\n" + called[id]
			}
		}
		return docs, nil
	}
	return k
}

// entries lets the search find who helps with what.
func (m *modules) entries() search.Kind {
	labels := func(prefix string) func(context.Context, *i18n.L, []string) (map[string]string, error) {
		return func(_ context.Context, l *i18n.L, values []string) (map[string]string, error) {
			out := map[string]string{}
			for _, v := range values {
				out[v] = l.T(prefix + v)
			}
			return out, nil
		}
	}
	return search.Kind{Name: networking.EntryKind, TitleKey: "networking.title.list", Rank: rankOffers,
		Facets: []search.Facet{
			{Name: "strona", TitleKey: "networking.facet.side", Label: labels("networking.side.")},
			{Name: "temat", TitleKey: "networking.facet.topic", Label: networking.Vocabulary{Topics: m.topics}.Names},
			{Name: "gmina", TitleKey: "municipalities.municipality", Label: m.directory.TownLabels},
		},
		Load: func(ctx context.Context, ids []string) ([]search.Doc, error) {
			found, err := m.networking.Documents(ctx, ids)
			docs := make([]search.Doc, len(found))
			for n, d := range found {
				docs[n] = search.Doc(d)
			}
			return docs, err
		},
		After: m.networking.After}
}

// audience is by which keys a reader is found things: those of everybody are
// the search's own.
func (m *modules) audience(r *web.Request) []string {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared {
		return nil // on a shared computer a person finds what everybody finds
	}
	series, err := m.meetings.Readers(r.Context(), who)
	if err != nil {
		series = nil // finds less, and the search goes on
	}
	return slices.Concat([]string{"person:" + string(who.Person)}, networking.Audience(who), papers.Audience(who), training.Readers(who), series)
}

// importers says who may do what with imports of each kind.
func (m *modules) importers(r *web.Request) importing.Who {
	who := access.ActorOf(r.Request)
	kinds := map[string]importing.Who{
		directory.ImportKind: m.directory.Importer(who),
		topics.ImportName:    topics.Importer(who),
		access.ImportKind:    m.access.Importer(who),
	}
	for _, kind := range takeover.Kinds() {
		kinds[kind] = takeover.Importer(who)
	}
	return importing.ByKind(who.By(), kinds)
}

// refers tells which institutions the other modules name, so that undoing an
// import removes none of them.
func (m *modules) refers(ctx context.Context, r db.Reader, ids []string) (map[string]bool, error) {
	named := map[string]bool{}
	for _, ask := range []func(context.Context, db.Reader, []string) (map[string]bool, error){
		m.access.Refers, m.topics.Refers, m.networking.Refers, m.privacy.Refers} {
		found, err := ask(ctx, r, ids)
		if err != nil {
			return nil, err
		}
		maps.Copy(named, found)
	}
	return named, nil
}

// touchInstitutions has institutions indexed anew, and what stands on them.
func touchInstitutions(ctx context.Context, tx *db.Tx, ids ...string) error {
	return errors.Join(search.Touch(ctx, tx, directory.SearchName, ids...), networking.TouchOf(ctx, tx, ids...))
}
