package training

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// speaksBy tells whether the person confirms by themselves: by an account, or by
// a mailed link.
func (e Enrollment) speaksBy() bool { return e.Person != "" || e.Email != "" }

// confirmFor is where staff note the yes of an admitted person, "" where the
// person says it.
func confirmFor(e Enrollment, path string) string {
	if e.State != Qualified || e.speaksBy() {
		return ""
	}
	return path + "/potwierdz"
}

// ConfirmFor notes that somebody who was admitted, and has neither an account
// nor an address, said yes on the phone or at the desk. Whoever runs the
// training may; the log says who did. Conflict for those who confirm by
// themselves, too late, and in any other state.
func (s *Service) ConfirmFor(ctx context.Context, who access.Actor, id EnrollmentID) error {
	at := s.now()
	e, err := s.managedOne(ctx, who, id)
	if err != nil {
		return err
	}
	_, err = s.take(ctx, who, e, at, func(ctx context.Context, t *turn) error {
		switch {
		case t.missed(), t.e.State == Lapsed:
			return fault.New(fault.Conflict, "training.queue.fault.hold_over")
		case t.e.speaksBy():
			return fault.New(fault.Conflict, "training.desk.fault.own_word")
		case t.e.State == Confirmed:
			return nil
		case t.e.State != Qualified:
			return fault.New(fault.Conflict, "training.queue.fault.state")
		}
		if err := t.e.to(Confirmed); err != nil {
			return err
		}
		t.e.OfferUntil = 0
		if err := t.save(ctx); err != nil {
			return err
		}
		return t.staffDid(ctx, true, "confirm", nil)
	})
	return err
}

func (s *Service) postConfirmFor(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	err = s.ConfirmFor(r.Context(), access.ActorOf(r.Request), e.ID)
	return s.personDone(w, r, personPath(t.ID, e.ID), "notice.desk.confirmed", err)
}
