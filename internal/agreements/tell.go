package agreements

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// TopicAgreements is what people are told of by this package.
const TopicAgreements = "agreements"

// NotifyTopics are the kinds of news of this package, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicAgreements}} }

// speakers are the people who speak for parties of an agreement; with which, for
// those that it accepts only.
func (s *Service) speakers(ctx context.Context, w Whole, which func(Party) bool) (all []access.PersonID, err error) {
	var at []access.InstitutionID
	for _, p := range w.Parties {
		if which != nil && !which(p) {
			continue
		}
		if p.Institution != "" {
			at = append(at, p.Institution)
		}
		if p.Association {
			officers, err := s.People.Everywhere(ctx, access.ManageAgreements)
			if err != nil {
				return nil, err
			}
			all = append(all, officers...)
		}
	}
	if len(at) > 0 {
		officers, err := s.People.Holders(ctx, access.ManageAgreements, at...)
		if err != nil {
			return nil, err
		}
		all = append(all, officers...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// tell puts the same sentence, agreements.tell.WHAT, into the inboxes of people.
func (s *Service) tell(ctx context.Context, tx *db.Tx, to []access.PersonID, what, once string, args map[string]string, link string) error {
	if s.Tell == nil {
		return nil
	}
	for _, person := range to {
		if err := s.Tell(ctx, tx, notify.Message{To: string(person), Topic: TopicAgreements, Key: "agreements.tell." + what, Args: args, Link: link, Once: once}); err != nil {
			return err
		}
	}
	return nil
}

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("agreements.remind", 24*time.Hour, s.Remind)
}

// Remind tells the parties of what is due: an agreement that ends soon, an
// arrangement and an answer to a request before their day and after it. Each is
// told once, however often this runs.
func (s *Service) Remind(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "remind parties of agreements")
	for _, remind := range []func(context.Context, string) error{s.remindExpiry, s.remindArrangements, s.remindRequests} {
		if err := remind(ctx, dayOf(s.now())); err != nil {
			return err
		}
	}
	return nil
}

// before is the day so many days of a number of the law after today.
func (s *Service) before(ctx context.Context, param string) (string, error) {
	days, err := s.Law.Int(ctx, s.db, param, s.now())
	return dayOf(days.After(s.now())), err
}

// mostReminded bounds one run; the next day goes on.
const mostReminded = 500

func (s *Service) remindExpiry(ctx context.Context, today string) error {
	until, err := s.before(ctx, ExpiryDays)
	if err != nil {
		return err
	}
	var ids []ID
	if err := s.db.Select(ctx, &ids, `select a.id from agreements_agreements a where a.state = ? and a.valid_to <> '' and a.valid_to >= ? and a.valid_to <= ? order by a.id limit ?`,
		InForce, today, until, mostReminded); err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.remind(ctx, id, nil, "expires", "agreement/"+string(id)+"/expires", Href(id), func(w Whole) map[string]string {
			return map[string]string{"title": w.Title, "until_date": w.ValidTo}
		}); err != nil {
			return err
		}
	}
	return nil
}

// remind tells the parties one sentence about a matter of an agreement.
func (s *Service) remind(ctx context.Context, id ID, which func(Party) bool, what, once, link string, args func(Whole) map[string]string) error {
	w, err := whole(ctx, s.db, id)
	if err != nil {
		return err
	}
	to, err := s.speakers(ctx, w, which)
	if err != nil || len(to) == 0 {
		return err
	}
	with := args(w)
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.tell(ctx, tx, to, what, once+"/"+with["until_date"], with, link) })
}

func (s *Service) remindArrangements(ctx context.Context, today string) error {
	until, err := s.before(ctx, DueDays)
	if err != nil {
		return err
	}
	var list []Arrangement
	if err := s.db.Select(ctx, &list, `select `+arrangementColumns+` from agreements_arrangements g where g.state in (?, ?) and g.due <= ? order by g.due desc, g.id limit ?`,
		Planned, InProgress, until, mostReminded); err != nil {
		return err
	}
	for _, g := range list {
		what := "due"
		if g.Late(today) {
			what = "late"
		}
		if err := s.remind(ctx, g.Agreement, nil, what, "arrangement/"+g.ID+"/"+what, arrangementHref(g), func(Whole) map[string]string {
			return map[string]string{"what": g.Title, "until_date": g.Due}
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remindRequests(ctx context.Context, today string) error {
	until, err := s.before(ctx, DueDays)
	if err != nil {
		return err
	}
	var list []Request
	if err := s.db.Select(ctx, &list, `select `+requestColumns+` from agreements_requests q where q.state = ? and q.answer_by <= ? order by q.answer_by desc, q.id limit ?`, Asked, until, mostReminded); err != nil {
		return err
	}
	for _, q := range list {
		what, which := "answer", func(p Party) bool { return p.ID == q.To }
		if q.AnswerBy < today {
			what, which = "unanswered", func(p Party) bool { return p.ID == q.To || p.ID == q.From }
		}
		if err := s.remind(ctx, q.Agreement, which, what, "request/"+q.ID+"/"+what, requestsHref(q), func(Whole) map[string]string {
			return map[string]string{"topic": q.Topic, "until_date": q.AnswerBy}
		}); err != nil {
			return err
		}
	}
	return nil
}

func unix(at int64) time.Time { return time.Unix(at, 0) }

func number(n int) string { return strconv.Itoa(n) }
