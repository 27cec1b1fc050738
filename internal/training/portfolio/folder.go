package portfolio

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/training"
)

// Kind is where an item comes from.
type Kind string

// The kinds. They begin the key of an item.
const (
	Training Kind = "s" // completed here
	Register Kind = "d" // a paper of a center here, whose training is older than the program
	External Kind = "w" // typed by the owner
	Network  Kind = "n"
)

func keyOf(k Kind, id string) string { return string(k) + "-" + id }

// Item is one thing in a portfolio.
type Item struct {
	Key    string
	Kind   Kind
	ID     string
	Year   int    // school year
	Day    string // YYYY-MM-DD
	Title  string
	Issuer string
	Form   string
	Hours  int    // lesson hours
	Path   string // of its own page, "" for none
	Paper  *Paper
	Entry  *Entry
	Noted  bool // the owner wrote a note
}

// Sum are the lesson hours of a school year; Year 0 is all of them.
type Sum struct {
	Year                       int
	Here, Networks, Elsewhere  int
	Items, Confirmed, External int
}

// Total are all hours.
func (x Sum) Total() int { return x.Here + x.Networks + x.Elsewhere }

func (x *Sum) add(i Item) {
	x.Items++
	switch i.Kind {
	case Network:
		x.Networks += i.Hours
	case External:
		x.Elsewhere += i.Hours
		if x.External++; i.Entry != nil && i.Entry.State == Confirmed {
			x.Confirmed++
		}
	default:
		x.Here += i.Hours
	}
}

// Folder is the whole portfolio of one person, the newest first.
type Folder struct{ Items []Item }

// Item is the one with that key.
func (f Folder) Item(key string) (Item, bool) {
	n := slices.IndexFunc(f.Items, func(i Item) bool { return i.Key == key })
	if n < 0 {
		return Item{}, false
	}
	return f.Items[n], true
}

// Of are the items of some school years; none given are all.
func (f Folder) Of(years ...int) (items []Item) {
	for _, i := range f.Items {
		if len(years) == 0 || slices.Contains(years, i.Year) {
			items = append(items, i)
		}
	}
	return items
}

// SumsOf adds items up: all of them, and each school year, the newest first.
func SumsOf(items []Item) (all Sum, years []Sum) {
	for _, i := range items {
		all.add(i)
		n := slices.IndexFunc(years, func(x Sum) bool { return x.Year == i.Year })
		if n < 0 {
			n, years = len(years), append(years, Sum{Year: i.Year})
		}
		years[n].add(i)
	}
	slices.SortFunc(years, func(a, b Sum) int { return b.Year - a.Year })
	return all, years
}

// Folder gathers the actor's own portfolio. Faults: SignedOut, Forbidden.
func (s *Service) Folder(ctx context.Context, who access.Actor) (f Folder, err error) {
	defer fault.Wrap(&err, "portfolio")
	if err := own(who); err != nil {
		return f, err
	}
	person := string(who.Person)
	for _, some := range []func(context.Context, string) ([]Item, error){s.fromHere, s.fromElsewhere, s.fromNetworks} {
		items, err := some(ctx, person)
		if err != nil {
			return f, err
		}
		f.Items = append(f.Items, items...)
	}
	noted, err := s.noted(ctx, person)
	if err != nil {
		return f, err
	}
	for n := range f.Items {
		f.Items[n].Noted = noted[f.Items[n].Key]
	}
	slices.SortFunc(f.Items, func(a, b Item) int {
		return cmp.Or(b.Year-a.Year, cmp.Compare(b.Day, a.Day), cmp.Compare(a.Key, b.Key))
	})
	return f, nil
}

// done is an enrollment that was completed.
type done struct {
	ID     training.EnrollmentID `db:"id"`
	Title  string                `db:"title"`
	Form   training.Form         `db:"form"`
	Center access.InstitutionID  `db:"center"`
	Year   int                   `db:"school_year"`
	EndsAt int64                 `db:"ends_at"`
	Hours  int                   `db:"hours"`
}

// mostDone bounds the trainings of one person: one a week for thirty years.
const mostDone = 1500

// completed are the enrollments of a person that were completed: under the
// account, or under its confirmed address from before there was one.
func (s *Service) completed(ctx context.Context, person string) (list []done, err error) {
	p, err := s.People.Reachable(ctx, access.PersonID(person))
	if err != nil {
		return nil, err
	}
	where, args := `e.person = ?`, []any{person}
	if key := s.EmailKey(p.Email); key != "" {
		where, args = `(e.person = ? or e.email_key = ? and e.person = '')`, []any{person, key}
	}
	args = append(args, training.Completed, training.Issued, mostDone)
	return list, s.db.Select(ctx, &list, `select e.id, t.title, t.form, t.center, t.school_year, t.ends_at, e.hours from training_enrollments e
		join training_trainings t on t.id = e.training where `+where+` and e.state in (?, ?) order by e.id desc limit ?`, args...)
}

// fromHere are the trainings completed here with their papers, and papers of our
// centers whose training is not here.
func (s *Service) fromHere(ctx context.Context, person string) (items []Item, err error) {
	list, err := s.completed(ctx, person)
	if err != nil {
		return nil, err
	}
	var papers []Paper
	if s.Papers != nil {
		if papers, err = s.Papers.OfPerson(ctx, person); err != nil {
			return nil, err
		}
	}
	var centers []access.InstitutionID
	for _, d := range list {
		if !slices.Contains(centers, d.Center) {
			centers = append(centers, d.Center)
		}
	}
	names, err := s.names(ctx, centers)
	if err != nil {
		return nil, err
	}
	of := map[training.EnrollmentID]*Paper{}
	for n := range papers {
		if p := &papers[n]; !p.Voided && p.Enrollment != "" && of[p.Enrollment] == nil {
			of[p.Enrollment] = p
		}
	}
	seen := map[training.EnrollmentID]bool{}
	for _, d := range list {
		seen[d.ID] = true
		items = append(items, d.item(names[d.Center], of[d.ID]))
	}
	for n := range papers {
		if p := papers[n]; !p.Voided && !seen[p.Enrollment] {
			items = append(items, Item{Key: keyOf(Register, p.ID), Kind: Register, ID: p.ID, Year: yearOf(p.EndsOn), Day: p.EndsOn, Title: p.Title, Issuer: p.Issuer,
				Form: string(p.Form), Hours: p.Hours, Path: p.Path, Paper: &papers[n]})
		}
	}
	return items, nil
}

func (d done) item(center string, p *Paper) Item {
	i := Item{Key: keyOf(Training, string(d.ID)), Kind: Training, ID: string(d.ID), Year: d.Year, Title: d.Title, Issuer: center, Form: string(d.Form),
		Hours: d.Hours, Path: training.EnrollPath + "/" + string(d.ID), Paper: p}
	if d.EndsAt > 0 {
		i.Day = dayOf(time.Unix(d.EndsAt, 0))
	}
	if i.Hours == 0 && p != nil {
		i.Hours = p.Hours // taken over without the hours attended
	}
	return i
}

func (s *Service) names(ctx context.Context, ids []access.InstitutionID) (map[access.InstitutionID]string, error) {
	all := map[access.InstitutionID]string{}
	for some := range slices.Chunk(ids, db.MaxParams) {
		names, err := s.Directory.Names(ctx, some)
		if err != nil {
			return nil, err
		}
		for id, name := range names {
			all[id] = name
		}
	}
	return all, nil
}

func (s *Service) fromElsewhere(ctx context.Context, person string) (items []Item, err error) {
	var list []Entry
	if err := s.db.Select(ctx, &list, `select `+columns+` from training_portfolio where person = ? order by id desc limit ?`, person, mostEntries); err != nil {
		return nil, err
	}
	for n := range list {
		e := &list[n]
		items = append(items, Item{Key: keyOf(External, e.ID), Kind: External, ID: e.ID, Year: e.Year, Day: e.DoneOn, Title: e.Title, Issuer: e.Issuer, Form: e.Form,
			Hours: e.Hours, Path: entryPath(e.ID), Entry: e})
	}
	return items, nil
}

func (s *Service) fromNetworks(ctx context.Context, person string) (items []Item, err error) {
	if s.Networks == nil {
		return nil, nil
	}
	list, err := s.Networks.HoursOf(ctx, person)
	for _, h := range list {
		items = append(items, Item{Key: keyOf(Network, h.ID+"-"+strconv.Itoa(h.Year)), Kind: Network, ID: h.ID, Year: h.Year, Day: h.Day, Title: h.Title, Form: "network", Hours: h.Hours})
	}
	return items, err
}
