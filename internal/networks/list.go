package networks

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/search"
	"kladka/internal/platform/web"
)

// Filter narrows the public list.
type Filter struct {
	Topic string
	Year  int    // 0 for all
	Town  string // six digits, or Online
	Open  bool   // takes requests now
}

// Online stands for networks that meet online, in the filter of towns.
const Online = "online"

// Public lists the networks that everybody may see, by their titles.
func (s *Service) Public(ctx context.Context, f Filter, at web.Cursor, n int) (list []Network, more bool, err error) {
	defer fault.Wrap(&err, "list of networks")
	where, args := `n.is_public = ?`, []any{true}
	if f.Year > 0 {
		where, args = where+` and n.school_year = ?`, append(args, f.Year)
	}
	switch f.Town {
	case "":
	case Online:
		where += ` and n.town = ''`
	default:
		where, args = where+` and n.town = ?`, append(args, f.Town)
	}
	if f.Open {
		where, args = where+` and n.is_open = ? and n.state in (?, ?) and (n.places = 0 or n.members < n.places)`, append(args, true, Forming, Active)
	}
	if f.Topic != "" {
		topics, err := s.under(ctx, f.Topic)
		if err != nil || len(topics) == 0 {
			return nil, false, err
		}
		where += ` and exists (select 1 from networks_topics t where t.network = n.id and t.topic in (` + marksOf(len(topics)) + `))`
		for _, t := range topics {
			args = append(args, t)
		}
	}
	tail, args := page(at, "n.title_key", "n.id", args)
	err = s.db.Select(ctx, &list, `select `+columns+` from networks_networks n where `+where+tail+` limit ?`, append(args, n+1)...)
	list, more = cut(list, n, at)
	return list, more, err
}

// under are the topics that count as the one asked for.
func (s *Service) under(ctx context.Context, topic string) (all []string, err error) {
	if known(topic) != nil {
		return nil, nil
	}
	in, err := s.Topics.Under(ctx, []string{topic})
	for id := range in {
		all = append(all, id)
	}
	slices.Sort(all)
	return all[:min(len(all), db.MaxParams/2)], err
}

// Years are the school years that have public networks, the latest first.
func (s *Service) Years(ctx context.Context) (years []int, err error) {
	return years, s.db.Select(ctx, &years, `select distinct school_year from networks_networks where is_public = ? order by school_year desc`, true)
}

// Towns are the municipalities where public networks meet.
func (s *Service) Towns(ctx context.Context) (towns []string, err error) {
	return towns, s.db.Select(ctx, &towns, `select distinct town from networks_networks where is_public = ? and town <> '' order by town`, true)
}

// Own lists the networks of the actor by title: led, joined, asked for, invited
// to, and those of the centers where the actor runs networks.
func (s *Service) Own(ctx context.Context, who access.Actor, at web.Cursor, n int) (list []Network, more bool, err error) {
	defer fault.Wrap(&err, "own networks")
	where, args := `1 = 0`, []any{}
	if who.For == "" && !who.Shared && who.SignedIn() {
		where = `exists (select 1 from networks_members m where m.network = n.id and m.person = ? and m.state in (?, ?, ?))`
		args = append(args, who.Person, Joined, Invited, Asked)
	}
	if led := places(who, access.LeadNetworks); len(led) > 0 && who.For == "" {
		where += ` or n.center in (` + marksOf(len(led)) + `) and exists (select 1 from networks_leads l where l.network = n.id and l.person = ? and l.ended = 0)`
		args = append(addPlaces(args, led), who.Person)
	}
	if run := places(who, access.RunNetworks); len(run) > 0 {
		where += ` or n.center in (` + marksOf(len(run)) + `)`
		args = addPlaces(args, run)
	}
	tail, args := page(at, "n.title_key", "n.id", args)
	err = s.db.Select(ctx, &list, `select `+columns+` from networks_networks n where (`+where+`)`+tail+` limit ?`, append(args, n+1)...)
	list, more = cut(list, n, at)
	return list, more, err
}

func marksOf(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func addPlaces(args []any, list []access.InstitutionID) []any {
	for _, id := range list {
		args = append(args, id)
	}
	return args
}

// NeedFigures is a network that answers a need, with the official figures.
type NeedFigures struct {
	Network
	Figures
}

// OfNeed are the networks that answer a need. Whoever asks: the caller knows who
// may see one that is not public.
func (s *Service) OfNeed(ctx context.Context, need string) (list []NeedFigures, err error) {
	defer fault.Wrap(&err, "networks of need %s", need)
	var rows []Network
	if need == "" {
		return nil, nil
	}
	if err := s.db.Select(ctx, &rows, `select `+columns+` from networks_networks n where n.need = ? order by n.id`, need); err != nil {
		return nil, err
	}
	for _, n := range rows {
		f, err := s.Figures(ctx, n.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, NeedFigures{n, f})
	}
	return list, nil
}

// Title is the title of a meeting or a network for the ledger, with the address of
// its page; "" for what is not public.
func (s *Service) Title(ctx context.Context, id ID, meeting MeetingID) (title, path string, err error) {
	n, err := ByID(ctx, s.db, id)
	if err != nil || !n.Public {
		return "", "", err
	}
	if meeting == "" {
		return n.Title, Href(id), nil
	}
	m, err := MeetingByID(ctx, s.db, meeting)
	return n.Title + ": " + m.Title, Href(id), err
}

// SearchKind is the name under which networks are searched and use topics.
const SearchKind = "network"

// Search is how networks take part in the search of everything. Wiring gives it
// its rank among the kinds. Only public ones are indexed, without their people.
func (s *Service) Search(rank int) search.Kind {
	years := func(_ context.Context, _ *i18n.L, values []string) (map[string]string, error) {
		out := map[string]string{}
		for _, v := range values {
			if year, err := strconv.Atoi(v); err == nil {
				out[v] = yearText(year)
			}
		}
		return out, nil
	}
	return search.Kind{Name: SearchKind, TitleKey: "networks.title", Rank: rank,
		Facets: []search.Facet{
			{Name: "rok", TitleKey: "networks.field.year", Label: years},
			{Name: "gmina", TitleKey: "municipalities.municipality", Label: s.Directory.TownLabels},
			{Name: "temat", TitleKey: "networks.field.topic", Label: func(ctx context.Context, l *i18n.L, values []string) (map[string]string, error) {
				return s.Topics.Names(ctx, l, values)
			}},
		},
		Load: s.searchDocs, After: s.searchAfter}
}

func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }

// searchDocs reads networks for the index. The notes are in Polish, as the names
// of centers are.
func (s *Service) searchDocs(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	defer fault.Wrap(&err, "networks for the index")
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+columns+` from networks_networks n where n.id in (?) and n.is_public = ? order by n.id`, ids, true)
	if err != nil {
		return nil, err
	}
	var rows []Network
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	polish := s.Catalog.In(i18n.PL)
	for _, n := range rows {
		d, err := s.searchDoc(ctx, polish, n)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

func (s *Service) searchDoc(ctx context.Context, l *i18n.L, n Network) (d search.Doc, err error) {
	centers, err := s.Directory.Names(ctx, []access.InstitutionID{n.Center})
	if err != nil {
		return d, err
	}
	topics, err := topicsOf(ctx, s.db, n.ID)
	if err != nil {
		return d, err
	}
	read, err := s.Topics.Resolve(ctx, topics)
	if err != nil {
		return d, err
	}
	words, err := s.Topics.Names(ctx, l, topics)
	d = search.Doc{Kind: SearchKind, ID: string(n.ID), Lang: i18n.PL, Title: n.Title, URL: Href(n.ID), Audience: []string{search.Public},
		Note:   strings.Join([]string{centers[n.Center], yearText(n.SchoolYear), l.T("networks.state." + string(n.State))}, " · "),
		Facets: map[string][]string{"rok": {strconv.Itoa(n.SchoolYear)}}}
	if n.Town != "" {
		d.Facets["gmina"] = []string{n.Town}
	}
	body := []string{n.Goal, n.Audience, centers[n.Center]}
	for _, t := range topics {
		if now := read[t]; now != "" && !slices.Contains(d.Facets["temat"], now) {
			d.Facets["temat"] = append(d.Facets["temat"], now)
			body = append(body, words[t])
		}
	}
	d.Body = strings.Join(body, "\n")
	return d, err
}

func (s *Service) searchAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	return ids, s.db.Select(ctx, &ids, `select id from networks_networks where id > ? and is_public = ? order by id limit ?`, after, true, n)
}

// TopicLinks are networks for the page of a topic, which does not say who reads:
// the public ones, the latest year first. It is made for topics.Lister.
func (s *Service) TopicLinks(ctx context.Context, _ *i18n.L, ids []string) (links []web.Link, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+columns+` from networks_networks n where n.id in (?) and n.is_public = ? order by n.school_year desc, n.title_key, n.id`,
		ids[:min(len(ids), db.MaxParams-1)], true)
	if err != nil {
		return nil, err
	}
	var rows []Network
	err = s.db.Select(ctx, &rows, query, args...)
	for _, n := range rows {
		links = append(links, web.Link{Text: n.Title + " (" + yearText(n.SchoolYear) + ")", Href: Href(n.ID)})
	}
	return links, err
}

// Calendar are the meetings of a person's networks, those that a network lists
// too, for notify.AddCalendar. What was canceled stays in it as canceled.
func (s *Service) Calendar(ctx context.Context, person string, from, to time.Time) (entries []notify.Entry, err error) {
	defer fault.Wrap(&err, "calendar of networks")
	var rows []struct {
		Meeting
		Whole string `db:"whole"`
	}
	const mine = `(select m.network from networks_members m where m.person = ? and m.state = ? union select d.network from networks_leads d where d.person = ? and d.ended = 0)`
	err = s.db.Select(ctx, &rows, `select `+meetingColumns+`, n.title as whole from networks_meetings x join networks_networks n on n.id = x.network
		where x.ends_at >= ? and x.starts_at < ? and (x.network in `+mine+` or x.id in (select l.meeting from networks_listed l where l.network in `+mine+`))
		order by x.starts_at, x.id limit 500`, from.Unix(), to.Unix(), person, Joined, person, person, Joined, person)
	for _, m := range rows {
		entries = append(entries, notify.Entry{ID: "network/" + string(m.ID), Title: m.Whole + ": " + m.Title, Place: m.Place, Link: Href(m.Network),
			From: time.Unix(m.StartsAt, 0), To: time.Unix(m.EndsAt, 0), Canceled: m.State == Canceled, Changed: time.Unix(m.ChangedAt, 0)})
	}
	return entries, err
}
