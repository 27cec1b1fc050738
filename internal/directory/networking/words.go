package networking

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Addresses of the pages.
const (
	listPath     = "/kto-pomoze"
	contactsPath = "/kontakty"
	introsPath   = "/przedstawienia"
	reportPath   = "/kontakty/zglos"
	blocksPath   = "/konto/blokady"
	hintsPath    = "/konto/podpowiedzi"
	casesPath    = "/administracja/zgloszenia-kontaktow"
)

func entryPath(id string) string   { return listPath + "/" + id }
func requestPath(id string) string { return contactsPath + "/" + id }
func introPath(id string) string   { return introsPath + "/" + id }

func unix(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

// words are the names that a page needs: of topics, people and institutions.
type words struct {
	l      *i18n.L
	topics map[string]string
	people map[string]string
	places map[string]string // institution: its name
	towns  map[string]string // institution: its municipality
	called map[string]string // municipality: its name
}

// wordsFor looks up the names for entries, people and institutions at once.
func (s *Service) wordsFor(ctx context.Context, l *i18n.L, list []Entry, people, places []string) (*words, error) {
	w := &words{l: l, places: map[string]string{}, towns: map[string]string{}, called: map[string]string{}}
	for _, e := range list {
		if e.Owner == ownPerson {
			people = append(people, e.Person)
		}
		places = append(places, e.Institution)
	}
	var err error
	if w.topics, err = s.Topics.Names(ctx, l, topicsOf(list)); err != nil {
		return nil, err
	}
	if w.people, err = s.People.NamesOf(ctx, distinct(people)); err != nil {
		return nil, err
	}
	for some := range slices.Chunk(distinct(places), db.MaxParams) {
		text, args, err := db.In(`select i.id, i.name, i.municipality, m.name from directory_institutions i
			join directory_municipalities m on m.id = i.municipality where i.id in (?)`, some)
		if err != nil {
			return nil, err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id, name, town, called string
			if err := scan(&id, &name, &town, &called); err != nil {
				return err
			}
			w.places[id], w.towns[id], w.called[town] = name, town, called
			return nil
		}, text, args...)
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// distinct are the ids, each once and none empty.
func distinct(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// title says what an entry is: "Może pomóc: matematyka, ocenianie".
func (w *words) title(e Entry) string {
	return w.l.T("networking.title."+string(e.Side), "topics", w.topicList(e.Topics))
}

func (w *words) topicList(ids []string) string {
	var names []string
	for _, id := range ids {
		if name := w.topics[id]; name != "" && !slices.Contains(names, name) {
			names = append(names, lower(name))
		}
	}
	if len(names) == 0 {
		return w.l.T("networking.no_topic")
	}
	return strings.Join(names, ", ")
}

// lower writes a name inside a sentence; "STEM" stays as it is.
func lower(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	second, _ := utf8.DecodeRuneInString(name[size:])
	if unicode.IsUpper(second) {
		return name
	}
	return string(unicode.ToLower(first)) + name[size:]
}

// person is a name, or that the account is gone.
func (w *words) person(id string) string {
	if name := w.people[id]; name != "" {
		return name
	}
	return w.l.T("networking.nobody")
}

func (w *words) place(id string) string { return w.places[id] }

// hat is "Nauczycielka lub nauczyciel, SP nr 4".
func (w *words) hat(role, at string) string {
	var parts []string
	if role != "" {
		parts = append(parts, w.l.T("role."+role))
	}
	if name := w.places[at]; name != "" {
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}

// owner is whose entry it is.
func (w *words) owner(e Entry) string {
	if e.Owner == ownInstitution {
		return w.place(e.Institution)
	}
	return w.full(e.Person, e.Role, e.Institution)
}

// full is a person with the hat.
func (w *words) full(person, role, at string) string {
	if h := w.hat(role, at); h != "" {
		return w.person(person) + " (" + h + ")"
	}
	return w.person(person)
}
