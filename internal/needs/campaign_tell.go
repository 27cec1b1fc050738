package needs

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

const (
	askedKind   = "needs.asked"   // everybody asked is told that a campaign opened
	remindKind  = "needs.remind"  // whoever has not answered is told again
	droppedKind = "needs.dropped" // everybody asked is told that it was given up
)

type askedJob struct {
	Campaign CampaignID `json:"campaign"`
	Day      string     `json:"day,omitempty"` // of a reminder
}

func (s *Service) campaignJobs(r *jobs.Registry) {
	r.Every("needs.close", 5*time.Minute, s.CloseDue)
	jobs.On(r, askedKind, func(ctx context.Context, _ jobs.Job, j askedJob) error { return s.campaignTellAsked(ctx, j) })
	jobs.On(r, remindKind, func(ctx context.Context, _ jobs.Job, j askedJob) error { return s.campaignTellAsked(ctx, j) })
	jobs.On(r, droppedKind, func(ctx context.Context, _ jobs.Job, j askedJob) error { return s.campaignTellDropped(ctx, j) })
}

// Remind tells all who have not answered, once more: institutions that have not
// sent, and people. At most once a day. Who asks must run the campaign.
func (s *Service) Remind(ctx context.Context, who access.Actor, id CampaignID) (err error) {
	defer fault.Wrap(&err, "remind of campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	if c.State != Open || now.Unix() >= c.ClosesAt {
		return fault.New(fault.Conflict, "needs.campaign.fault.not_open")
	}
	day := now.In(web.Warsaw).Format(time.DateOnly)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := campaignAct(ctx, tx, id, actReminded, "", string(who.Person), now)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, "needs.campaign.fault.reminded")
		}
		if _, err := jobs.Enqueue(ctx, tx, remindKind, askedJob{id, day}, jobs.Unique(string(id)+" "+day), jobs.At(now)); err != nil {
			return err
		}
		return s.campaignLog(ctx, tx, who, c, "remind", nil, now)
	})
}

const campaignTellBatch = 100

// campaignTellAsked tells those who have not answered what they are asked. Each is told
// once under the same name, so the job may run again.
func (s *Service) campaignTellAsked(ctx context.Context, j askedJob) (err error) {
	defer fault.Wrap(&err, "tell who is asked in %s", j.Campaign)
	c, err := CampaignByID(ctx, s.db, j.Campaign)
	if err != nil || c.State != Open || s.Tell == nil {
		return err
	}
	if err := s.campaignTellInstitutions(ctx, c, j.Day); err != nil {
		return err
	}
	if err := s.campaignTellPeople(ctx, c, j.Day); err != nil || c.Center == "" || j.Day != "" {
		return err
	}
	advisers, err := s.People.Holders(ctx, access.AdviseNeeds, c.Center)
	if err != nil {
		return err
	}
	return s.campaignTellAll(ctx, advisers, s.campaignNews(c, "advise", "", answerVisitPath(c.ID)))
}

// campaignTellInstitutions goes through the institutions that have not sent: an office
// until it sent in either quality.
func (s *Service) campaignTellInstitutions(ctx context.Context, c Campaign, day string) error {
	for after := ""; ; {
		var ids []access.InstitutionID
		err := s.db.Select(ctx, &ids, `select a.institution from needs_asked a where a.campaign = ? and a.institution > ?
			and not exists (select 1 from needs_declarations d where d.campaign = a.campaign and d.institution = a.institution and d.sent and d.as_what <> ?)
			order by a.institution limit ?`, c.ID, after, AsAdviser, campaignTellBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			people, err := s.People.Holders(ctx, access.DeclareNeeds, id)
			if err != nil {
				return err
			}
			if err := s.campaignTellAll(ctx, people, s.campaignNews(c, "declare", day, declarePath(c.ID))); err != nil {
				return err
			}
		}
		after = string(ids[len(ids)-1])
	}
}

func (s *Service) campaignTellPeople(ctx context.Context, c Campaign, day string) error {
	if c.Round == "" {
		return nil
	}
	for after := ""; ; {
		silent, err := survey.Silent(ctx, s.db, c.Round, after, campaignTellBatch)
		if err != nil || len(silent) == 0 {
			return err
		}
		var people []access.PersonID
		for _, p := range silent {
			people = append(people, access.PersonID(p.Person))
		}
		if err := s.campaignTellAll(ctx, people, s.campaignNews(c, "answer", day, survey.Path(c.Round))); err != nil {
			return err
		}
		after = silent[len(silent)-1].Person
	}
}

// campaignTellDropped tells everybody who could have declared, and who did, that the
// campaign was given up. Those who answered for themselves are told by their round.
func (s *Service) campaignTellDropped(ctx context.Context, j askedJob) (err error) {
	defer fault.Wrap(&err, "tell that %s was dropped", j.Campaign)
	c, err := CampaignByID(ctx, s.db, j.Campaign)
	if err != nil || s.Tell == nil {
		return err
	}
	reason, _, err := campaignActOf(ctx, s.db, c.ID, actDropped)
	if err != nil {
		return err
	}
	news := s.campaignNews(c, "dropped", "", Path)
	news.Args["reason"] = reason
	var wrote []access.PersonID
	if err := s.db.Select(ctx, &wrote, `select distinct by_person from needs_declarations where campaign = ? and by_person <> '' order by by_person`, c.ID); err != nil {
		return err
	}
	if err := s.campaignTellAll(ctx, wrote, news); err != nil {
		return err
	}
	for after := ""; ; {
		var ids []access.InstitutionID
		err := s.db.Select(ctx, &ids, `select institution from needs_asked where campaign = ? and institution > ? order by institution limit ?`, c.ID, after, campaignTellBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		people, err := s.People.Holders(ctx, access.DeclareNeeds, ids...)
		if err != nil {
			return err
		}
		if err := s.campaignTellAll(ctx, people, news); err != nil {
			return err
		}
		after = string(ids[len(ids)-1])
	}
}

// campaignNews is a message about a campaign: what tells which, a day that it
// is a reminder.
func (s *Service) campaignNews(c Campaign, what, day, link string) notify.Message {
	m := notify.Message{Topic: TopicNeeds, Key: "needs.told." + what, Link: link, Once: "needs/" + string(c.ID) + "/" + what,
		Args: map[string]string{"title": c.Title, "until_date": campaignLastDay(c.ClosesAt).Format(time.DateOnly)}}
	if day != "" {
		m.Key, m.Once = m.Key+"_again", m.Once+"/"+day
	}
	return m
}

func (s *Service) campaignTellAll(ctx context.Context, people []access.PersonID, m notify.Message) error {
	if len(people) == 0 || s.Tell == nil {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, id := range people {
			m.To = string(id)
			if err := s.Tell(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}
