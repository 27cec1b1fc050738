package training

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/privacy"
)

// FromNeed is a training that a decision about a need asks for.
type FromNeed struct {
	ID     ID     // of the draft to be made; whoever decided chose it
	Need   string // that it answers
	Trace  string // of the need: the matter goes on
	Center access.InstitutionID
	Form   Form
	Title  string
	Topics []string
	// Pools are the seats: "" for everybody, six digits for a municipality by seat.
	Pools     map[string]int
	FirstDays int // so many days those below enroll alone, 0: nobody does
	// Institutions that named the need, each with the units that it leads, and
	// people who asked by name to be told.
	Institutions []access.InstitutionID
	People       []access.PersonID
	By           access.PersonID // who decided
}

// OpenFromNeed makes the draft of a training that answers a need. It follows an
// event and so asks for nobody's right: who decided was asked. Doing it twice
// with the same id makes one draft.
func (s *Service) OpenFromNeed(ctx context.Context, o FromNeed) (err error) {
	defer fault.Wrap(&err, "open training %s from need %s", o.ID, o.Need)
	if _, err := known(string(o.ID)); err != nil {
		return err
	}
	if !slices.Contains(Forms(), o.Form) {
		return fault.New(fault.Invalid, "training.offer.lack.form")
	}
	for _, n := range o.Pools { // seats that cannot be summed would close the center's list
		if n < 0 || n > mostSeats {
			return fault.New(fault.Invalid, "training.offer.lack.capacity")
		}
	}
	i, err := directory.ByID(ctx, s.db, o.Center)
	if err != nil {
		return err
	}
	units, err := s.Directory.Led(ctx, o.Institutions)
	if err != nil {
		return err
	}
	t := Training{ID: o.ID, Trace: o.Trace, Need: o.Need, Center: o.Center, Form: o.Form, Title: strings.Join(strings.Fields(o.Title), " "),
		AskNeeds: true, QuotaBy: ByPlace, FirstDays: min(max(o.FirstDays, 0), mostFirstDays), CreatedBy: string(o.By)}
	placeFor(&t, i)
	who := access.Actor{Person: o.By}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select count(*) from training_trainings where id = ?`, o.ID); err != nil || n > 0 {
			return err
		}
		if _, err := s.Insert(ctx, tx, who, Whole{Training: t, Pools: o.Pools, Topics: o.Topics}); err != nil {
			return err
		}
		if err := saveFirst(ctx, tx, o.ID, units, o.People); err != nil {
			return err
		}
		return s.offerAct(ctx, tx, who, t, "create", map[string]string{"need": o.Need})
	})
}

// placeFor sets what follows from the center and the form of a new training.
func placeFor(t *Training, center directory.Institution) {
	t.Place, t.Municipality, t.Lat, t.Lon = venueOf(center), center.Municipality, center.Lat, center.Lon
	switch t.Form {
	case QualificationCourse:
		t.Paper, t.Admission, t.Exam = Diploma, true, true
	case Webinar:
		t.Mode, t.Place, t.Lat, t.Lon = Online, "", nil, nil
	}
}

// saveFirst writes who enrolls first.
func saveFirst(ctx context.Context, tx *db.Tx, id ID, institutions []access.InstitutionID, people []access.PersonID) error {
	add := func(kind, of string) error {
		_, err := tx.Exec(ctx, `insert into training_first (training, kind, id) values (?, ?, ?) on conflict do nothing`, id, kind, of)
		return err
	}
	var all []error
	for _, one := range institutions {
		all = append(all, add(firstInstitution, string(one)))
	}
	for _, one := range people {
		all = append(all, add(firstPerson, string(one)))
	}
	return errors.Join(all...)
}

// first reads who enrolls first in a training, nobody when the time is not set.
func first(ctx context.Context, r db.Reader, t Training) (firstOf, error) {
	if t.FirstUntil == 0 {
		return nil, nil
	}
	all := firstOf{}
	return all, r.Each(ctx, func(scan func(dest ...any) error) error {
		var kind, id string
		if err := scan(&kind, &id); err != nil {
			return err
		}
		all[[2]string{kind, id}] = true
		return nil
	}, `select kind, id from training_first where training = ?`, t.ID)
}

// FirstCount is how many enroll first: official figures without names.
type FirstCount struct {
	Institutions int `db:"institutions"`
	People       int `db:"people"`
}

func countFirst(ctx context.Context, r db.Reader, id ID) (c FirstCount, err error) {
	return c, r.Get(ctx, &c, `select cast(coalesce(sum(case when kind = ? then 1 else 0 end), 0) as integer) as institutions,
		cast(coalesce(sum(case when kind = ? then 1 else 0 end), 0) as integer) as people from training_first where training = ?`,
		firstInstitution, firstPerson, id)
}

// SetFirst says for how many days those who asked for the training enroll
// alone: 0 to 30, and in a draft only, for once it is public people count on
// what they read. Who may: whoever manages the training.
func (s *Service) SetFirst(ctx context.Context, who access.Actor, id ID, seen int64, days int) error {
	if days < 0 || days > mostFirstDays {
		return fault.InvalidFields([]fault.Field{{Name: "dni", Key: "training.offer.first.fault.days", Args: []any{"most", mostFirstDays}}})
	}
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		if c.t.State != Draft {
			return fault.New(fault.Conflict, "training.offer.first.fault.public")
		}
		c.t.FirstDays = days
		return nil
	})
}

// EndFirst opens a public training to all now. Nobody's place in the queue
// changes by it.
func (s *Service) EndFirst(ctx context.Context, who access.Actor, id ID, seen int64) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		now := s.now().Unix()
		if c.t.FirstUntil <= now {
			return fault.New(fault.Conflict, "training.offer.first.fault.over")
		}
		c.t.FirstUntil = now
		c.silent, c.act = true, "end_first"
		return nil
	})
}

// startFirst reckons, as a training becomes public, until when those who asked
// enroll alone.
func startFirst(ctx context.Context, tx *db.Tx, t *Training, at int64) error {
	n, err := countFirst(ctx, tx, t.ID)
	t.FirstUntil = 0
	if err == nil && n.Institutions+n.People > 0 {
		t.FirstUntil = firstEnds(*t, at)
	}
	return err
}

// forgetFirst deletes the people who enrolled first once that time is over, or
// when the training is.
func (s *Service) forgetFirst(ctx context.Context) error {
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from training_first where kind = ? and training in (select t.id from training_trainings t
			where t.first_until > 0 and t.first_until <= ? or t.state in (?, ?, ?))`, firstPerson, now, Held, Closed, Canceled)
		return err
	})
}

// goesFirst refuses a newcomer who has to wait for those who go first.
func (s *Service) goesFirst(ctx context.Context, o offered, a Applicant, how How, at int64) error {
	if at >= o.t.FirstUntil {
		return nil
	}
	if how == ByGuest && a.Person == "" {
		return o.t.firstForGuest()
	}
	place, err := s.provenPlace(ctx, a.Person, a.Institution, how)
	if err != nil {
		return err
	}
	return o.first.mayGo(o.t, a.Person, place, at)
}

// provenPlace is the institution of somebody when it is known that they belong
// to it: their account has a role there, or the head or the center said so by
// enrolling them. Else "".
func (s *Service) provenPlace(ctx context.Context, person access.PersonID, at access.InstitutionID, how How) (access.InstitutionID, error) {
	if at == "" || how == ByHead || how == ByPhone {
		return at, nil
	}
	if person == "" {
		return "", nil
	}
	holds, err := s.People.HoldsAt(ctx, person, at, access.Roles()...)
	if err != nil || !holds {
		return "", err
	}
	return at, nil
}

// firstFor tells whether the reader of a page may enroll while others wait: nil
// when they may, or when nobody goes first. A stranger waits: only an account
// tells of whom it is.
func (s *Service) firstFor(ctx context.Context, who access.Actor, t Training) error {
	if t.FirstUntil <= s.now().Unix() {
		return nil
	}
	if !who.SignedIn() {
		return t.firstForGuest()
	}
	own, err := s.ownPlaces(ctx, who)
	if err != nil {
		return err
	}
	if len(own) == 0 {
		return s.firstOfAny(ctx, t, who.Person, []access.InstitutionID{""})
	}
	ids := make([]access.InstitutionID, len(own))
	for n, place := range own {
		ids[n] = access.InstitutionID(place.Value)
	}
	return s.firstOfAny(ctx, t, who.Person, ids)
}

// firstAt is the same for a head who enrolls the staff of an institution.
func (s *Service) firstAt(ctx context.Context, t Training, at access.InstitutionID) error {
	return s.firstOfAny(ctx, t, "", []access.InstitutionID{at})
}

func (s *Service) firstOfAny(ctx context.Context, t Training, person access.PersonID, own []access.InstitutionID) error {
	at := s.now().Unix()
	if t.FirstUntil <= at {
		return nil
	}
	all, err := first(ctx, s.db, t)
	if err != nil {
		return err
	}
	for _, place := range own {
		if all.has(person, place) {
			return nil
		}
	}
	return all.mayGo(t, person, "", at)
}

// holdFirst are the people among those who go first. The hourly work deletes
// them long before the enrollments themselves.
func (s *Service) holdFirst() privacy.Holding {
	return privacy.Holding{Table: "training_first", Title: "training.holding.first", Keeps: "training.keeps.first",
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, title string
				if err := scan(&id, &title); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, Fields: []privacy.Field{{Key: "training.export.training", Value: title}}})
				return nil
			}, `select t.id, t.title from training_first f join training_trainings t on t.id = f.training where f.kind = ? and f.id = ? order by t.id`,
				firstPerson, person)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `delete from training_first where kind = ? and id = ?`, firstPerson, person)
			return int(n), err
		},
		Expired: kept, Sweep: notYet}
}
