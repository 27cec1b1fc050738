package directory

import (
	"context"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// runByMunicipality tells whether the kind of running body is a municipality.
func runByMunicipality(kind string) bool {
	return kind == string(register.RunByGmina) || kind == string(register.RunByCity)
}

// runners finds the municipality that a running body's name means.
type runners struct {
	byName map[string][]Municipality
	known  map[string]Municipality
}

func newRunners(list []Municipality) runners {
	r := runners{byName: map[string][]Municipality{}, known: map[string]Municipality{}}
	for _, m := range list {
		name := i18n.Fold(m.Name)
		r.byName[name] = append(r.byName[name], m)
		r.known[m.ID] = m
	}
	return r
}

// of is the key of the municipality that runs an institution, or "".
// Names of municipalities repeat, and a wrong answer would give an officer
// rights over strangers, so a name counts only when one municipality fits:
//  1. one of that name in the county where the institution stands;
//  2. with none there, one of that name in the voivodeship: a village
//     municipality may have its school in the town next door;
//  3. two that fit (a town and the village around it) are no answer.
func (r runners) of(runningName, runningKind, seat string) string {
	name := municipalityNamed(runningName)
	if name == "" || !runByMunicipality(runningKind) {
		return ""
	}
	at, known := r.known[seat]
	if !known {
		return ""
	}
	var near, far []string
	for _, m := range r.byName[name] {
		switch {
		case m.Voivodeship != at.Voivodeship:
		case countyKey(m.County) == countyKey(at.County):
			near = append(near, m.ID)
		default:
			far = append(far, m.ID)
		}
	}
	if len(near) == 0 {
		near = far
	}
	if len(near) != 1 {
		return ""
	}
	return near[0]
}

// municipalityWords begin the name of a municipality as a running body; the
// longer stand first.
var municipalityWords = []string{
	"gmina miejsko wiejska ", "gmina miejska ", "gmina wiejska ", "gmina miasto ", "gmina ",
	"miasto stoleczne ", "miasto i gmina ", "miasto gmina ", "miasto ",
}

// municipalityNamed is the folded name of the municipality in "Gmina Miejska
// Kraków-Miasto na prawach powiatu", or "" when no municipality is named.
func municipalityNamed(runningName string) string {
	name := strings.TrimSuffix(i18n.Fold(runningName), " miasto na prawach powiatu")
	for _, words := range municipalityWords {
		if rest, found := strings.CutPrefix(name, words); found {
			return rest
		}
	}
	return ""
}

// countyKey makes "m. Kraków" and "Kraków" one: the register calls a city with
// county rights by its bare name.
func countyKey(county string) string {
	return strings.TrimPrefix(i18n.Fold(county), "m ")
}

// Over tells whether officers of a reach b: a is b, a is the head unit of b (a
// complex and its parts have one head), a runs b or the head unit of b, or a
// is the office of the municipality that runs b. An office acts for
// a municipality when its own running_municipality says so; where it stands is
// not enough, for a county's office stands in a city that it does not run.
func (s *Service) Over(ctx context.Context, a, b access.InstitutionID) (_ bool, err error) {
	defer fault.Wrap(&err, "does %s reach %s", a, b)
	if a == "" || b == "" {
		return false, nil
	}
	if a == b {
		return true, nil
	}
	var n int
	err = s.db.Get(ctx, &n, `select count(*) from directory_institutions b
		join directory_institutions h on h.id = b.head_unit
		join directory_institutions a on a.id = ?
		where b.id = ? and (b.head_unit = a.id or b.running_id = a.id or h.running_id = a.id
			or (a.kind = ? and a.running_municipality <> ''
				and (b.running_municipality = a.running_municipality or h.running_municipality = a.running_municipality)))`,
		a, b, Office)
	return n > 0, err
}

// Leads tells whether a is b, or the head unit of b: a complex and its parts
// have one head.
func (s *Service) Leads(ctx context.Context, a, b access.InstitutionID) (_ bool, err error) {
	defer fault.Wrap(&err, "does %s lead %s", a, b)
	if a == "" || b == "" {
		return false, nil
	}
	var n int
	err = s.db.Get(ctx, &n, `select count(*) from directory_institutions where id = ? and (id = ? or head_unit = ?)`, b, a, a)
	return n > 0, err
}

// Names are the names of institutions. Ids that are not there are left out.
func (s *Service) Names(ctx context.Context, ids []access.InstitutionID) (map[access.InstitutionID]string, error) {
	return names(ctx, s.db, ids)
}

func names(ctx context.Context, r db.Reader, ids []access.InstitutionID) (_ map[access.InstitutionID]string, err error) {
	defer fault.Wrap(&err, "names of institutions")
	found := map[access.InstitutionID]string{}
	for len(ids) > 0 {
		some := ids[:min(len(ids), db.MaxParams)]
		ids = ids[len(some):]
		query, args, err := db.In(`select id, name from directory_institutions where id in (?)`, some)
		if err != nil {
			return nil, err
		}
		err = r.Each(ctx, func(scan func(dest ...any) error) error {
			var id access.InstitutionID
			var name string
			if err := scan(&id, &name); err != nil {
				return err
			}
			found[id] = name
			return nil
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
