package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// What access puts on "Moje sprawy": what waits for the person under the hat
// that is worn, and what somebody new in a role begins with. Both are computed
// from the data at each look; nothing remembers that they were shown.

func (s *Service) deskRoutes(sh *web.Shell) {
	sh.AddDesk(s.desk)
	sh.AddFirstSteps(s.firstSteps)
}

const (
	expiresSoon = 2 * 24 * time.Hour // an invitation
	endsSoon    = 7 * 24 * time.Hour // acting for somebody
)

// proxiesPath is the page of acting for one another.
const proxiesPath = "/konto/zastepstwa"

func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	who := ActorOf(r.Request)
	if !who.SignedIn() {
		return nil, nil
	}
	var items []web.DeskItem
	items = append(items, s.lockedOnDesk(r, who)...)
	items = append(items, s.proxiesOnDesk(r, who)...)
	for _, look := range []func(*web.Request, Actor) ([]web.DeskItem, error){s.actsOnDesk, s.claimsOnDesk, s.expiringOnDesk} {
		more, err := look(r, who)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// lockedOnDesk tells which roles wait for the second step of signing in.
func (s *Service) lockedOnDesk(r *web.Request, who Actor) []web.DeskItem {
	if len(who.Locked) == 0 {
		return nil
	}
	var roles []string
	for _, h := range who.Locked {
		if words := r.L.T("role." + string(h.Role)); !slices.Contains(roles, words) {
			roles = append(roles, words)
		}
	}
	return []web.DeskItem{{Rank: 1, Title: r.L.T("desk.second"), Text: r.L.T("desk.second_text", "roles", strings.Join(roles, ", ")), Href: SecondStepPath}}
}

// proxiesOnDesk tells the agent that acting for somebody ends soon.
func (s *Service) proxiesOnDesk(r *web.Request, who Actor) []web.DeskItem {
	if who.account == nil {
		return nil
	}
	now := s.now()
	var items []web.DeskItem
	for _, st := range who.account.standsAt(now) {
		if st.until == 0 || st.until > now.Add(endsSoon).Unix() {
			continue
		}
		items = append(items, web.DeskItem{Rank: 30, Title: r.L.T("desk.proxy", "name", st.name), Text: r.L.T("desk.proxy_text"), Href: proxiesPath,
			By: r.L.Date(time.Unix(st.until-1, 0).In(web.Warsaw))})
	}
	return items
}

func (s *Service) actsOnDesk(r *web.Request, who Actor) ([]web.DeskItem, error) {
	if !who.May(ApproveActs) {
		return nil, nil
	}
	acts, _, err := s.ActsFor(r.Context(), who)
	if err != nil || len(acts) == 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 8, Title: r.L.N("desk.acts", len(acts)), Text: r.L.T("desk.acts_text", "name", acts[0].Preparer), Href: ActsPath}}, nil
}

// claimsOnDesk counts those who say that they work where the actor may confirm it.
func (s *Service) claimsOnDesk(r *web.Request, who Actor) ([]web.DeskItem, error) {
	roles := map[InstitutionID][]any{}
	for _, h := range who.Roles {
		if h.Institution == "" || !h.Role.Gives(ManageStaff) {
			continue
		}
		for _, role := range ClaimedRoles {
			if h.Role.MayGive(role) {
				roles[h.Institution] = append(roles[h.Institution], role)
			}
		}
	}
	var items []web.DeskItem
	for _, at := range institutionsIn(who.Roles) {
		if len(roles[at]) == 0 {
			continue
		}
		var n int
		err := s.db.Get(r.Context(), &n, `select count(*) from access_claims c join access_people p on p.id = c.person and p.closed_at is null
			where c.institution = ? and c.state = 'open' and c.person <> ? and c.role in `+db.Marks(1, len(roles[at])), append([]any{at, who.Person}, roles[at]...)...)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			items = append(items, web.DeskItem{Rank: 9, Title: r.L.N("desk.claims", n), Text: r.L.T("desk.claims_text"), Href: staffPath(at)})
		}
	}
	return items, nil
}

// institutionsIn are those of the roles, each once, in their order.
func institutionsIn(held []Held) []InstitutionID {
	var ids []InstitutionID
	for _, h := range held {
		if h.Institution != "" && !slices.Contains(ids, h.Institution) {
			ids = append(ids, h.Institution)
		}
	}
	return ids
}

// expiringOnDesk tells of own invitations that nobody took yet, where the hat
// that is worn shows them.
func (s *Service) expiringOnDesk(r *web.Request, who Actor) ([]web.DeskItem, error) {
	if !who.May(SeePeople) && !who.May(ManagePeople) {
		return nil, nil
	}
	ctx, now := r.Context(), s.now()
	var rows []struct {
		At    InstitutionID `db:"institution"`
		N     int           `db:"n"`
		First int64         `db:"first"`
	}
	err := s.db.Select(ctx, &rows, `select institution, count(*) as n, min(expires_at) as first from access_invitations
		where inviter = ? and state = 'open' and expires_at > ? and expires_at <= ? group by institution order by first, institution limit 20`,
		inviterOf(who), now.Unix(), now.Add(expiresSoon).Unix())
	if err != nil {
		return nil, err
	}
	var items []web.DeskItem
	for _, row := range rows {
		may := who.Must(ManagePeople)
		if row.At != "" {
			may = who.MayAt(ctx, SeePeople, row.At)
		}
		if may == nil {
			items = append(items, web.DeskItem{Rank: 25, Title: r.L.N("desk.expiring", row.N), Text: r.L.T("desk.expiring_text"), Href: staffPath(row.At),
				By: r.L.DateTime(time.Unix(row.First, 0).In(web.Warsaw))})
		}
	}
	return items, nil
}

// firstSteps are those of the roles under the hat that is worn. Who acts for
// somebody else begins nothing there.
func (s *Service) firstSteps(r *web.Request) ([]web.StepItem, error) {
	who := ActorOf(r.Request)
	if !who.SignedIn() || who.For != "" {
		return nil, nil
	}
	b := &beginning{Service: s, r: r, who: who, told: map[string]bool{}}
	held := slices.Concat(who.Roles, who.Locked)
	if slices.ContainsFunc(held, func(h Held) bool { return h.Role.SeesOthers() }) {
		has, err := s.Factors(r.Context(), who.Person)
		if err != nil {
			return nil, err
		}
		b.add(1, "second", SecurityPath, has.Any())
	}
	for _, h := range held {
		if err := b.of(h); err != nil {
			return nil, err
		}
	}
	return b.steps, nil
}

// beginning gathers the first steps of one person.
type beginning struct {
	*Service
	r     *web.Request
	who   Actor
	told  map[string]bool
	steps []web.StepItem
}

func (b *beginning) add(rank int, key, href string, done bool) {
	if b.told[key+href] {
		return
	}
	b.told[key+href] = true
	b.steps = append(b.steps, web.StepItem{Rank: rank, Title: b.r.L.T("first." + key), Text: b.r.L.T("first." + key + "_text"), Href: href, Done: done})
}

// when adds a step that is done when the query finds a row.
func (b *beginning) when(rank int, key, href, query string, args ...any) error {
	var done bool
	if err := b.db.Get(b.r.Context(), &done, `select exists (`+query+`)`, args...); err != nil {
		return err
	}
	b.add(rank, key, href, done)
	return nil
}

func (b *beginning) of(h Held) error {
	switch h.Role {
	case Administrator:
		return b.ofAdministrator()
	case SchoolHead, CenterDirector:
		return b.ofHead(h)
	case SchoolSecretary, DeputyHead, CenterOfficer:
		return b.ofOffice(h)
	case ClassTutor:
		return b.ofTutor(h)
	case Pupil:
		return b.ofPupil()
	}
	return nil
}

func (b *beginning) ofAdministrator() error {
	if err := b.invitedTo(40, "officer", "/instytucje", AuthorityOfficer, AssociationOfficer); err != nil {
		return err
	}
	return b.invitedTo(50, "protection", staffPath(""), ProtectionOfficer)
}

// invitedTo is done when somebody holds one of the roles or was asked to.
func (b *beginning) invitedTo(rank int, key, href string, roles ...Role) error {
	now := b.now().Unix()
	args := []any{now, now}
	var some []any
	for _, role := range roles {
		some = append(some, role)
	}
	args = append(append(append(args, some...), now), some...)
	marks := db.Marks(1, len(roles))
	return b.when(rank, key, href, `select 1 from access_roles where since <= ? and (until is null or until > ?) and role in `+marks+`
		union all select 1 from access_invitations where state = 'open' and expires_at > ? and role in `+marks, args...)
}

func (b *beginning) ofHead(h Held) error {
	if err := b.staffed(h); err != nil {
		return err
	}
	now := b.now().Unix()
	err := b.when(30, "secretary", staffPath(h.Institution)+"/zapros", `select 1 from access_roles where institution = ? and since <= ? and (until is null or until > ?)
			and role in ('school_secretary', 'deputy_head', 'center_officer')
		union all select 1 from access_invitations where institution = ? and state = 'open' and expires_at > ?
			and role in ('school_secretary', 'deputy_head', 'center_officer')`, h.Institution, now, now, h.Institution, now)
	if err != nil {
		return err
	}
	if err := b.classes(h); err != nil {
		return err
	}
	return b.when(60, "proxy", proxiesPath, `select 1 from access_proxies where principal = ? and ended_at is null and until > ?`, b.who.Person, now)
}

func (b *beginning) ofOffice(h Held) error {
	if err := b.staffed(h); err != nil {
		return err
	}
	return b.classes(h)
}

// staffed is done when somebody but the heads and the person is there, was
// asked in, or waits for the head's word.
func (b *beginning) staffed(h Held) error {
	now := b.now().Unix()
	return b.when(20, "staff", staffSheetPath(h.Institution), `select 1 from access_roles where institution = ? and person <> ? and since <= ? and (until is null or until > ?)
			and role not in ('pupil', 'guardian', 'school_head', 'center_director')
		union all select 1 from access_invitations where institution = ? and state = 'open' and expires_at > ?
		union all select 1 from access_acts where institution = ? and state = 'waiting'`,
		h.Institution, b.who.Person, now, now, h.Institution, now, h.Institution)
}

func classesPath(at InstitutionID) string { return "/instytucje/" + string(at) + "/klasy" }

// HasDoor tells whether the house has a door, for links to what another
// package may or may not have built.
func HasDoor(r *web.Request, pattern string) bool {
	return slices.ContainsFunc(r.Shell.Routes(), func(d web.Route) bool { return d.Pattern == pattern })
}

const classesDoor = "GET /instytucje/{id}/klasy"

// classes are begun when a pupil stands in a roster.
func (b *beginning) classes(h Held) error {
	if !h.Role.Gives(ManageRoster) || !HasDoor(b.r, classesDoor) {
		return nil
	}
	return b.when(40, "classes", classesPath(h.Institution), `select 1 from access_roles where institution = ? and role = 'pupil' and until is null`, h.Institution)
}

func (b *beginning) ofTutor(h Held) error {
	if !HasDoor(b.r, classesDoor) {
		return nil
	}
	return b.when(30, "cards", classesPath(h.Institution), `select 1 from access_cards where issued_by = ?`, b.who.Person)
}

// ofPupil is for pupils who came by another way than the card that they have.
func (b *beginning) ofPupil() error {
	var card struct {
		Has bool `db:"has"`
		Set bool `db:"set_up"`
	}
	err := b.db.Get(b.r.Context(), &card, `select exists (select 1 from access_cards where person = ? and voided_at is null) as has,
		exists (select 1 from access_cards where person = ? and voided_at is null and pin <> '') as set_up`, b.who.Person, b.who.Person)
	if err == nil && card.Has {
		b.add(10, "pin", cardPath, card.Set)
	}
	return err
}

// Led are the institutions, of those given, in which somebody is the head or
// was asked to become it. It is for the desk of those who run schools.
func Led(ctx context.Context, r db.Reader, ids []InstitutionID, now time.Time) (map[InstitutionID]bool, error) {
	led := map[InstitutionID]bool{}
	for some := range slices.Chunk(ids, db.MaxParams/2-3) {
		at := now.Unix()
		var args []any
		for _, id := range some {
			args = append(args, id)
		}
		marks := db.Marks(1, len(some))
		query := `select institution from access_roles where role in ('school_head', 'center_director') and since <= ? and (until is null or until > ?) and institution in ` + marks + `
			union select institution from access_invitations where role in ('school_head', 'center_director') and state = 'open' and expires_at > ? and institution in ` + marks
		err := r.Each(ctx, func(scan func(dest ...any) error) error {
			var id InstitutionID
			if err := scan(&id); err != nil {
				return err
			}
			led[id] = true
			return nil
		}, query, slices.Concat([]any{at, at}, args, []any{at}, args)...)
		if err != nil {
			return nil, err
		}
	}
	return led, nil
}
