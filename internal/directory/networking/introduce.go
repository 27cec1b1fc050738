package networking

import (
	"context"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const stateMet = "met"

// Intro is what a third person suggests: that two get to know each other.
// Nobody learns how the other one answered, until both have said yes; a no and
// a silence look the same.
type Intro struct {
	ID         string    `db:"id"`
	By         string    `db:"by_person"`
	ByRole     string    `db:"by_role"`
	ByAt       string    `db:"by_at"`
	First      string    `db:"first"`
	FirstRole  string    `db:"first_role"`
	FirstAt    string    `db:"first_at"`
	Second     string    `db:"second"`
	SecondRole string    `db:"second_role"`
	SecondAt   string    `db:"second_at"`
	Lang       i18n.Lang `db:"lang"`
	Why        string    `db:"why"`
	FirstSays  string    `db:"first_says"`
	SecondSays string    `db:"second_says"`
	State      string    `db:"state"`
	Request    string    `db:"request"`
	CreatedAt  int64     `db:"created_at"`
	EndsAt     int64     `db:"ends_at"`
}

const introColumns = `n.id, n.by_person, n.by_role, n.by_at, n.first, n.first_role, n.first_at, n.second, n.second_role, n.second_at, n.lang, n.why,
	n.first_says, n.second_says, n.state, n.request, n.created_at, n.ends_at`

// StateAt is the state at a moment.
func (n Intro) StateAt(now time.Time) string {
	if n.State == stateOpen && n.EndsAt <= now.Unix() {
		return stateExpired
	}
	return n.State
}

// Acquaintance is somebody whom the actor can introduce: the author of an entry
// or the other side of a talk. The key names where they were met, not them.
type Acquaintance struct {
	Key    string
	Person string
	Role   string
	At     string
}

// acquaintance finds whom a key names, among those whom the actor may see.
func (s *Service) acquaintance(ctx context.Context, who access.Actor, key string) (a Acquaintance, err error) {
	kind, id, _ := strings.Cut(key, ":")
	a.Key = key
	switch kind {
	case "wpis":
		e, mine, err := s.Entry(ctx, who, id)
		if err != nil {
			return a, err
		}
		if mine || e.Owner != ownPerson {
			return a, fault.ErrNotFound
		}
		a.Person, a.Role, a.At = e.Person, e.Role, e.Institution
	case "rozmowa":
		q, p, err := s.request(ctx, who, id)
		if err != nil {
			return a, err
		}
		a.Person, a.Role, a.At = q.Asker, q.AskerRole, q.AskerAt
		if p == askerPart {
			a.Person, a.Role, a.At = q.Person, q.Role, q.Institution
		}
		if q.State != stateAccepted || a.Person == "" {
			return a, fault.ErrNotFound
		}
	default:
		return a, fault.ErrNotFound
	}
	return a, nil
}

// Acquaintances are the people to whom the author of an entry can be introduced:
// those with whom the actor talks, and authors of entries about the same topics.
func (s *Service) Acquaintances(ctx context.Context, who access.Actor, e Entry) (list []Acquaintance, err error) {
	seen := map[string]bool{e.Person: true, string(who.Person): true, "": true}
	add := func(a Acquaintance) {
		if !seen[a.Person] {
			seen[a.Person] = true
			list = append(list, a)
		}
	}
	var talks []Request
	err = s.db.Select(ctx, &talks, `select `+requestColumns+` from directory_contact_requests q where q.state = ? and (q.asker = ? or q.owner = ? and q.person = ?)
		order by q.id desc limit ?`, stateAccepted, string(who.Person), ownPerson, string(who.Person), mostShown)
	if err != nil {
		return nil, err
	}
	for _, q := range talks {
		a := Acquaintance{Key: "rozmowa:" + q.ID, Person: q.Asker, Role: q.AskerRole, At: q.AskerAt}
		if q.Asker == string(who.Person) {
			a.Person, a.Role, a.At = q.Person, q.Role, q.Institution
		}
		add(a)
	}
	near, _, _, err := s.List(ctx, who, Filter{Topics: e.Topics, Owners: []string{ownPerson}}, web.Cursor{})
	if err != nil {
		return nil, err
	}
	for _, o := range near {
		add(Acquaintance{Key: "wpis:" + o.ID, Person: o.Person, Role: o.Role, At: o.Institution})
	}
	return list, nil
}

// Introduce suggests to two people that they get to know each other. Who may:
// whoever may use contacts and can see both. Faults: NotFound, Invalid, TooMany.
// If one of the two blocked the other, or one blocked the actor, the row is the
// same, and they are not shown it.
func (s *Service) Introduce(ctx context.Context, who access.Actor, first, second, why string, lang i18n.Lang) (id string, err error) {
	defer fault.Wrap(&err, "introduce two people")
	if err := s.mayAsk(ctx, who, ""); err != nil {
		return "", err
	}
	one, err := s.acquaintance(ctx, who, first)
	if err != nil {
		return "", err
	}
	why = tidy(why)
	faults := checkText("powod", why, mostText)
	other, err := s.acquaintance(ctx, who, second)
	if err != nil && fault.KindOf(err) == fault.Internal {
		return "", err
	}
	if err != nil || other.Person == one.Person || other.Person == string(who.Person) {
		faults = append(faults, fault.Field{Name: "komu", Key: "networking.fault.whom"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return "", err
	}
	if !i18n.Valid(string(lang)) {
		lang = i18n.PL
	}
	now, h := s.now(), hat(who)
	n := Intro{ID: newID(), By: string(who.Person), First: one.Person, Second: other.Person}
	return n.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.mayUse(ctx, tx, who); err != nil {
			return err
		}
		if err := s.take(ctx, tx, n.By, "intros", introsADay, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into directory_contact_intros (id, by_person, by_role, by_at, first, first_role, first_at, second, second_role, second_at,
			lang, why, state, created_at, ends_at, last_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, n.ID, n.By, string(h.Role), string(h.Institution),
			n.First, one.Role, one.At, n.Second, other.Role, other.At, lang, why, stateOpen, now.Unix(), now.AddDate(0, 0, silenceDays).Unix(), now.Unix())
		if err != nil {
			return err
		}
		return s.tellIntro(ctx, tx, n)
	})
}

func (s *Service) tellIntro(ctx context.Context, tx *db.Tx, n Intro) error {
	apart, err := blockedEitherWay(ctx, tx, n.First, n.Second)
	if err != nil || apart {
		return err
	}
	return s.tellAll(ctx, tx, n.By, []string{n.First, n.Second}, "networking.tell.intro", introPath(n.ID), "intro/"+n.ID, map[string]string{"by_person": n.By})
}

func blockedEitherWay(ctx context.Context, r db.Reader, a, b string) (bool, error) {
	var n int
	err := r.Get(ctx, &n, `select count(*) from directory_contact_blocks where blocker = ? and blocked = ? or blocker = ? and blocked = ?`, a, b, b, a)
	return n > 0, err
}

// Place of somebody in an introduction.
const (
	introBy     = "by"
	introFirst  = "first"
	introSecond = "second"
)

// Introduction is one for who asks and their place in it; NotFound for others,
// and for the two when one of them wants nothing of the other.
func (s *Service) Introduction(ctx context.Context, who access.Actor, id string) (n Intro, place string, err error) {
	return s.intro(ctx, s.db, who, id)
}

func (s *Service) intro(ctx context.Context, r db.Reader, who access.Actor, id string) (n Intro, place string, err error) {
	if err := who.Must(access.UseContacts); err != nil {
		return n, "", err
	}
	if _, err := known(id); err != nil {
		return n, "", err
	}
	if err := r.Get(ctx, &n, `select `+introColumns+` from directory_contact_intros n where n.id = ?`, id); err != nil {
		return n, "", err
	}
	switch {
	case who.For != "":
		return Intro{}, "", fault.ErrNotFound
	case n.By == string(who.Person):
		return n, introBy, nil
	case n.First == string(who.Person):
		place = introFirst
	case n.Second == string(who.Person):
		place = introSecond
	default:
		return Intro{}, "", fault.ErrNotFound
	}
	apart, err := blockedEitherWay(ctx, r, n.First, n.Second)
	if err != nil {
		return Intro{}, "", err
	}
	deaf, err := blockersOf(ctx, r, n.By, []string{string(who.Person)})
	if err != nil {
		return Intro{}, "", err
	}
	if apart || deaf[string(who.Person)] {
		return Intro{}, "", fault.ErrNotFound
	}
	return n, place, nil
}

// Reply answers an introduction. The second yes opens the talk. Faults:
// NotFound, Conflict when the actor has answered or it is over.
func (s *Service) Reply(ctx context.Context, who access.Actor, id string, yes bool) (talk string, err error) {
	defer fault.Wrap(&err, "answer introduction %s", id)
	if err := s.mayAsk(ctx, who, ""); err != nil {
		return "", err
	}
	says := "no"
	if yes {
		says = "yes"
	}
	now, request := s.now(), newID()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		talk = ""
		_, place, err := s.intro(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if place == introBy {
			return fault.ErrNotFound
		}
		query := `update directory_contact_intros set first_says = ? where id = ? and first_says = '' and state = ? and ends_at > ?`
		if place == introSecond {
			query = `update directory_contact_intros set second_says = ? where id = ? and second_says = '' and state = ? and ends_at > ?`
		}
		n, err := tx.Exec(ctx, query, says, id, stateOpen, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.settled")
		}
		talk, err = s.meet(ctx, tx, id, request, now)
		return err
	})
	return talk, err
}

// meet opens the talk when both have said yes.
func (s *Service) meet(ctx context.Context, tx *db.Tx, id, request string, now time.Time) (string, error) {
	n, err := tx.Exec(ctx, `update directory_contact_intros set state = ?, request = ? where id = ? and state = ? and first_says = 'yes' and second_says = 'yes'`,
		stateMet, request, id, stateOpen)
	if err != nil || n == 0 {
		return "", err
	}
	var i Intro
	if err := tx.Get(ctx, &i, `select `+introColumns+` from directory_contact_intros n where n.id = ?`, id); err != nil {
		return "", err
	}
	at := now.Unix()
	_, err = insertRequest(ctx, tx, Request{ID: request, Intro: id, Asker: i.First, AskerRole: i.FirstRole, AskerAt: i.FirstAt, Owner: ownPerson, Person: i.Second,
		Role: i.SecondRole, Institution: i.SecondAt, Lang: i.Lang, Reason: "", State: stateAccepted, AnsweredBy: i.Second, CreatedAt: at, EndsAt: i.EndsAt,
		AnsweredAt: &at, LastAt: at})
	if err != nil {
		return "", err
	}
	for _, person := range []string{i.First, i.Second} {
		if err := s.tell(ctx, tx, person, "networking.tell.met", requestPath(request), "intro/"+id+"/met", nil); err != nil {
			return "", err
		}
	}
	return request, s.tell(ctx, tx, i.By, "networking.tell.met_by", introPath(id), "intro/"+id+"/met", nil)
}

// Introductions are those of the actor, made or received, the newest first.
func (s *Service) Introductions(ctx context.Context, who access.Actor) (list []Intro, err error) {
	if who.For != "" {
		return nil, nil
	}
	me := string(who.Person)
	err = s.db.Select(ctx, &list, `select `+introColumns+` from directory_contact_intros n where n.by_person = ? or (n.first = ? or n.second = ?)
		and not exists (select 1 from directory_contact_blocks b where b.blocker = n.first and b.blocked = n.second or b.blocker = n.second and b.blocked = n.first
			or b.blocker = ? and b.blocked = n.by_person)
		order by n.id desc limit ?`, me, me, me, me, mostShown)
	return list, err
}
