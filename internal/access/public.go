package access

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Function is a person in a role that others may know of.
type Function struct {
	Person  PersonID `db:"person"`
	Name    string   `db:"name"`
	SortKey string   `db:"sort_key"`
	Role    Role     `db:"role"`
}

// Heading are the roles whose holders everybody may know by name: the register
// of schools itself publishes who heads a school or another unit in it, and
// heading one is a public function (art. 5 ust. 2 zd. 2 ustawy o dostępie do
// informacji publicznej).
func Heading() []Role { return []Role{SchoolHead, CenterDirector} }

// Advising are the roles whose holders are there for other people's schools.
// Nobody publishes their names, so only those see them who may ask for contact.
func Advising() []Role {
	return []Role{MethodologicalAdviser, Trainer, NetworkCoordinator, AuthorityOfficer}
}

// Functions are the people in such roles at an institution, by rank of the
// role and then by name, at most 100. Led is the institution whose head leads
// it, which may be the same. Everybody sees who heads it; the rest is for those
// who hold UseContacts and sit at no computer that many share. Ended roles,
// roles yet to begin and closed accounts are never among them, nor is any role
// that is not listed in Heading or Advising: teachers are not, pupils least of all.
func (s *Service) Functions(ctx context.Context, who Actor, at, led InstitutionID) ([]Function, error) {
	list, err := s.holders(ctx, led, Heading())
	if err != nil {
		return nil, err
	}
	if who.May(UseContacts) && !who.Shared {
		more, err := s.holders(ctx, at, Advising())
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	slices.SortFunc(list, func(a, b Function) int {
		return cmp.Or(cmp.Compare(a.Role.Rank(), b.Role.Rank()), cmp.Compare(a.SortKey, b.SortKey), cmp.Compare(a.Person, b.Person))
	})
	return list, nil
}

const mostFunctions = 50

func (s *Service) holders(ctx context.Context, at InstitutionID, roles []Role) ([]Function, error) {
	if at == "" {
		return nil, nil // roles of the whole installation stand there
	}
	now := s.now().Unix()
	args := []any{at, now, now}
	for _, r := range roles {
		args = append(args, r)
	}
	var list []Function
	err := s.db.Select(ctx, &list, `select r.person, p.name, p.sort_key, r.role from access_roles r
		join access_people p on p.id = r.person and p.closed_at is null and p.name <> ''
		where r.institution = ? and r.since <= ? and (r.until is null or r.until > ?) and r.role in `+db.Marks(1, len(roles))+`
		order by p.sort_key, p.id limit ?`, append(args, mostFunctions)...)
	return list, err
}

// Holders are the people who hold a permission by a role at one of the
// institutions, each once, for telling them that something waits. Roles of the
// whole installation are not asked: what everybody is told nobody reads.
func (s *Service) Holders(ctx context.Context, p Permission, at ...InstitutionID) ([]PersonID, error) {
	var all []PersonID
	for _, id := range at {
		if id == "" {
			continue
		}
		some, err := s.withPermission(ctx, p, id)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Everywhere are the people who hold a permission by a role of the whole
// installation, the first hundred: the few in the association's office.
func (s *Service) Everywhere(ctx context.Context, p Permission) (ids []PersonID, err error) {
	defer fault.Wrap(&err, "holders of %s everywhere", p)
	var roles []any
	for _, r := range Roles() {
		if r.Gives(p) && r.Everywhere() {
			roles = append(roles, r)
		}
	}
	if len(roles) == 0 {
		return nil, nil
	}
	now := s.now().Unix()
	return ids, s.db.Select(ctx, &ids, `select distinct r.person from access_roles r join access_people q on q.id = r.person and q.closed_at is null
		where r.since <= ? and (r.until is null or r.until > ?) and r.role in `+db.Marks(1, len(roles))+` order by r.person limit 100`, append([]any{now, now}, roles...)...)
}
