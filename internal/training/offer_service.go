package training

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Create begins a draft: a form, a title and the center; everything else has a
// default or follows. Who may: whoever manages trainings at the center. Faults:
// Invalid, NotFound for a center that is not there or is closed.
func (s *Service) Create(ctx context.Context, who access.Actor, center access.InstitutionID, form Form, title string) (id ID, err error) {
	defer fault.Wrap(&err, "create training at %s", center)
	if err := who.MayAt(ctx, access.ManageTrainings, center); err != nil {
		return "", err
	}
	title = strings.Join(strings.Fields(title), " ")
	t := Training{Center: center, Form: form, Title: title, AskNeeds: true}
	if err := fault.InvalidFields(titleFaults(t)); err != nil {
		return "", err
	}
	i, err := directory.ByID(ctx, s.db, center)
	if err != nil {
		return "", err
	}
	if i.Closed {
		return "", fault.ErrNotFound
	}
	placeFor(&t, i)
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		if id, err = s.Insert(ctx, tx, who, Whole{Training: t}); err != nil {
			return err
		}
		t.ID = id
		return s.offerAct(ctx, tx, who, t, "create", nil)
	})
}

func titleFaults(t Training) (all []fault.Field) {
	if t.Title == "" {
		all = append(all, fault.Field{Name: "tytul", Key: "training.offer.lack.title"})
	}
	if offerTooLong(t.Title, longestTitle) {
		all = append(all, fault.Field{Name: "tytul", Key: "training.offer.lack.long"})
	}
	if !slices.Contains(Forms(), t.Form) {
		all = append(all, fault.Field{Name: "forma", Key: "training.offer.lack.form"})
	}
	return all
}

// venueOf is the venue at an institution: its name and address.
func venueOf(i directory.Institution) string {
	address := strings.TrimSpace(strings.TrimSpace(i.Street+" "+i.House) + ", " + strings.TrimSpace(i.Postcode+" "+i.City))
	address = strings.Trim(address, ", ")
	if address == "" {
		return i.Name
	}
	return i.Name + ", " + address
}

// offerAct writes the act of staff into the log.
func (s *Service) offerAct(ctx context.Context, tx *db.Tx, who access.Actor, t Training, act string, details map[string]string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training." + act, Object: "training", ObjectID: string(t.ID),
		Institution: string(t.Center), Details: details}, s.now())
}

// Managed is a training for whoever runs it. Others get Forbidden or NotFound.
func (s *Service) Managed(ctx context.Context, who access.Actor, id ID) (Training, error) {
	t, err := ByID(ctx, s.db, id)
	if err != nil {
		return t, err
	}
	if err := Manages(ctx, who, t); err != nil {
		return Training{}, err
	}
	return t, nil
}

// offerChange is one edit of a training under way.
type offerChange struct {
	t      Training
	was    Training
	parts  bool   // something changed that does not lie in the row
	silent bool   // a correction of words: nobody is told
	act    string // for the log, "edit" when ""
	news   News   // NewsChanged when ""
	step   string // of the trace, "" for none
	// after runs when the row is written: what touches the queue comes after the
	// training itself, so that nobody comes in behind it.
	after func(tx *db.Tx) error
}

// editOffer changes a training that somebody had on the screen with revision seen.
// Each change raises the revision. Once it is public, everybody who is in it is
// told, once for the revision; what they agreed to stays with their
// enrollments. Faults: those of Manages, Conflict when somebody was faster or
// the training is over.
func (s *Service) editOffer(ctx context.Context, who access.Actor, id ID, seen int64, do func(tx *db.Tx, c *offerChange) error) (err error) {
	defer fault.Wrap(&err, "change training %s", id)
	if _, err := s.Managed(ctx, who, id); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if t.Revision != seen {
			return fault.New(fault.Conflict, "training.offer.fault.faster")
		}
		if !slices.Contains([]TrainingState{Draft, Published, Postponed}, t.State) {
			return fault.New(fault.Conflict, "training.offer.fault.over")
		}
		c := &offerChange{t: t, was: t}
		if err := do(tx, c); err != nil {
			return err
		}
		if !c.parts && reflect.DeepEqual(c.t, c.was) {
			return nil
		}
		if err := fault.InvalidFields(offerFrozen(c.was, c.t)); err != nil {
			return err
		}
		c.t.Revision, c.t.ChangedAt = seen+1, now.Unix()
		if err := updateTraining(ctx, tx, c.t, seen); err != nil {
			return err
		}
		if c.after != nil {
			if err := c.after(tx); err != nil {
				return err
			}
		}
		return s.afterChange(ctx, tx, who, c)
	})
}

// afterChange writes what follows from a change: the log, the trace, the news.
func (s *Service) afterChange(ctx context.Context, tx *db.Tx, who access.Actor, c *offerChange) error {
	act, news := c.act, c.news
	if act == "" {
		act = "edit"
	}
	if news == "" {
		news = NewsChanged
	}
	details := map[string]string{"revision": strconv.FormatInt(c.t.Revision, 10)}
	if c.t.Why != "" && c.t.Why != c.was.Why {
		details["why"] = c.t.Why
	}
	if err := s.offerAct(ctx, tx, who, c.t, act, details); err != nil {
		return err
	}
	if c.step != "" {
		if err := s.offerStep(ctx, tx, c.t, c.step, c.t.ChangedAt); err != nil {
			return err
		}
	}
	if c.was.State != Draft && !c.silent {
		if err := s.tellAll(ctx, tx, c.t.ID, news, fmt.Sprintf("%s/%d", news, c.t.Revision)); err != nil {
			return err
		}
	}
	return s.touch(ctx, tx, string(c.t.ID))
}

// Publish puts a draft into the catalog. It is Invalid, field by field, while
// something is missing.
func (s *Service) Publish(ctx context.Context, who access.Actor, id ID, seen int64) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		if c.t.State != Draft {
			return fault.New(fault.Conflict, "training.offer.fault.published")
		}
		meetings, err := Meetings(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := fault.InvalidFields(offerLacks(c.t, meetings, s.now())); err != nil {
			return err
		}
		c.t.State, c.t.PublishedAt = Published, s.now().Unix()
		c.act, c.step = "publish", "published"
		if err := startFirst(ctx, tx, &c.t, c.t.PublishedAt); err != nil {
			return err
		}
		c.after = func(tx *db.Tx) error { return s.offerPublished(ctx, tx, c.t) }
		return nil
	})
}

// Postpone takes the dates of a published training away; people keep their
// seats until new dates are set (EditDates). Its meetings stay as they were, so
// that calendars of people will move them and not double them. Why is told to
// the participants.
func (s *Service) Postpone(ctx context.Context, who access.Actor, id ID, seen int64, why string) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		return s.postponeIn(c, why)
	})
}

func (s *Service) postponeIn(c *offerChange, why string) error {
	if c.t.State != Published || offerBegun(c.t, s.now().Unix()) {
		return fault.New(fault.Conflict, "training.offer.fault.postpone")
	}
	if err := whyWords(&why); err != nil {
		return err
	}
	c.t.State, c.t.Why = Postponed, why
	c.t.StartsAt, c.t.EndsAt, c.t.EnrollFrom, c.t.EnrollUntil, c.t.FreeUntil, c.t.DecideAt = 0, 0, 0, 0, 0, 0
	c.act, c.step, c.news = "postpone", "postponed", NewsPostponed
	return nil
}

func offerBegun(t Training, now int64) bool { return t.StartsAt > 0 && t.StartsAt <= now }

// whyWords checks words for participants: why something was decided.
func whyWords(why *string) error {
	*why = strings.TrimSpace(*why)
	switch {
	case *why == "":
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "training.offer.lack.why"}})
	case offerTooLong(*why, longestWhy):
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "training.offer.lack.long"}})
	}
	return nil
}

// Cancel ends a training that will not be held: everybody's seat is given up
// and everybody is told why, in one step. A training that was held cannot be
// canceled any more.
func (s *Service) Cancel(ctx context.Context, who access.Actor, id ID, seen int64, why string) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		return s.cancelIn(ctx, who, c, why)
	})
}

func (s *Service) cancelIn(ctx context.Context, who access.Actor, c *offerChange, why string) error {
	if err := whyWords(&why); err != nil {
		return err
	}
	c.t.State, c.t.Why = Canceled, why
	c.act, c.news = "cancel", NewsCanceled
	if c.was.State == Draft {
		return nil
	}
	c.step = "canceled"
	c.after = func(tx *db.Tx) error { return s.dropAll(ctx, tx, who, c.t) }
	return nil
}

// What is decided about a training with too few people.
const (
	DecideRun      = "run"
	DecidePostpone = "postpone"
	DecideCancel   = "cancel"
)

// Decide says what becomes of a training with fewer people than the minimum:
// it is held all the same, postponed or canceled. Why is asked for the last two
// and told to everybody. Conflict when there is nothing to decide (any more).
func (s *Service) Decide(ctx context.Context, who access.Actor, id ID, seen int64, what, why string) error {
	return s.editOffer(ctx, who, id, seen, func(tx *db.Tx, c *offerChange) error {
		if c.t.State != Published || c.t.MinPeople == 0 || c.t.Decided == DecideRun || offerBegun(c.t, s.now().Unix()) {
			return fault.New(fault.Conflict, "training.offer.fault.decided")
		}
		c.t.Decided = what
		switch what {
		case DecideRun:
			// Nothing changes for anybody: nobody need be told.
			c.silent, c.act = true, "decide"
			return nil
		case DecidePostpone:
			return s.postponeIn(c, why)
		case DecideCancel:
			return s.cancelIn(ctx, who, c, why)
		}
		return fault.InvalidFields([]fault.Field{{Name: "decyzja", Key: "training.offer.lack.choice"}})
	})
}

// Crowd is how many people a training has.
type Crowd struct {
	Seats   int
	Taken   int // held, offered or used
	Waiting int
	In      int // admitted: they count for the minimum
	Active  int // in, or on the way into it
}

// Crowds counts the people of trainings.
func Crowds(ctx context.Context, r db.Reader, ids ...ID) (map[ID]Crowd, error) {
	all := map[ID]Crowd{}
	for some := range slices.Chunk(ids, db.MaxParams) {
		var pools []Pool
		text, args, err := db.In(`select training, '' as pool, coalesce(sum(seats), 0) as seats, coalesce(sum(taken), 0) as taken,
			coalesce(sum(waiting), 0) as waiting from training_pools where training in (?) group by training`, some)
		if err != nil {
			return nil, err
		}
		if err := r.Select(ctx, &pools, text, args...); err != nil {
			return nil, err
		}
		for _, p := range pools {
			all[p.Training] = Crowd{Seats: p.Seats, Taken: p.Taken, Waiting: p.Waiting}
		}
		var states []struct {
			Training ID    `db:"training"`
			State    State `db:"state"`
			N        int   `db:"n"`
		}
		if text, args, err = db.In(`select training, state, count(*) as n from training_enrollments where training in (?) group by training, state`, some); err != nil {
			return nil, err
		}
		if err := r.Select(ctx, &states, text, args...); err != nil {
			return nil, err
		}
		for _, x := range states {
			c := all[x.Training]
			if x.State.In() {
				c.In += x.N
			}
			if x.State.Active() {
				c.Active += x.N
			}
			all[x.Training] = c
		}
	}
	return all, nil
}

// crowd counts those of one.
func crowd(ctx context.Context, r db.Reader, id ID) (Crowd, error) {
	all, err := Crowds(ctx, r, id)
	return all[id], err
}

// centers are the institutions at which the actor manages trainings.
func centers(ctx context.Context, who access.Actor) (all []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Institution != "" && !slices.Contains(all, h.Institution) && who.MayAt(ctx, access.ManageTrainings, h.Institution) == nil {
			all = append(all, h.Institution)
		}
	}
	return all
}

// offerLang is a language of the words, Polish for what we do not have.
func offerLang(text string) i18n.Lang {
	if i18n.Valid(text) {
		return i18n.Lang(text)
	}
	return i18n.PL
}
