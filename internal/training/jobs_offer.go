package training

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// TopicOffer is what those who run trainings are told, by the notification's
// settings.
const TopicOffer = "training.offer"

func (s *Service) offerJobs(r *jobs.Registry) {
	r.Every("training.offer.decide", time.Hour, s.RemindDecisions)
}

// RemindDecisions tells the officers of a center that a training has too few
// people and that the day to decide is near: once for each such day.
func (s *Service) RemindDecisions(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "remind of decisions")
	if s.Tell == nil {
		return nil
	}
	due, _, err := s.pressing(ctx, "")
	if err != nil {
		return err
	}
	for _, d := range due {
		officers, err := s.People.Holders(ctx, access.ManageTrainings, d.Center)
		if err != nil {
			return err
		}
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range officers {
				m := notify.Message{To: string(id), Topic: TopicOffer, Key: "training.offer.tell.decide", Link: DeskPath(d.ID) + "/decyzja",
					Args: map[string]string{"title": d.Title, "people": strconv.Itoa(d.crowd.In), "min": strconv.Itoa(d.MinPeople), "until_at": strconv.FormatInt(d.DecideAt, 10)},
					Once: fmt.Sprintf("training/%s/decide/%d", d.ID, d.DecideAt)}
				if err := s.Tell(ctx, tx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
