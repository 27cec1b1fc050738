package plan

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// askKind asks those who may remark, after the version was opened.
const askKind = "plan.ask"

// askedAtOnce is how many people are told in one transaction.
const askedAtOnce = 100

type askPayload struct {
	Version string `json:"version"`
	Until   string `json:"until"`
}

func askLater(ctx context.Context, tx *db.Tx, version, until string) error {
	_, err := jobs.Enqueue(ctx, tx, askKind, askPayload{version, until}, jobs.Unique(version+"/"+until))
	return err
}

// draftJobs are the jobs of drafting.
func (s *Service) draftJobs(r *jobs.Registry) {
	jobs.On(r, askKind, func(ctx context.Context, _ jobs.Job, p askPayload) error { return s.askRemarks(ctx, p) })
}

// askRemarks tells all who may remark that a version is open. Somebody who is
// told twice by a job that died is told once (notify.Message.Once).
func (s *Service) askRemarks(ctx context.Context, p askPayload) (err error) {
	defer fault.Wrap(&err, "ask for remarks to version %s", p.Version)
	v, plan, err := s.versionByID(ctx, access.System(), p.Version)
	if err != nil || v.State != Remarks || v.UntilOn != p.Until || s.Tell == nil {
		return err
	}
	people, err := s.remarkers(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(people, askedAtOnce) {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, person := range some {
				err := s.Tell(ctx, tx, notify.Message{To: string(person), Topic: TopicPlan, Key: "plan.told.remarks", Args: map[string]string{"plan": plan.Title, "until_date": p.Until},
					Link: textHref(plan.ID), Once: "plan.version/" + v.ID + "/" + p.Until})
				if err != nil {
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

// remarkers are all who may remark: they belong to offices, the association and
// training centers.
func (s *Service) remarkers(ctx context.Context) ([]access.PersonID, error) {
	var at []access.InstitutionID
	for _, kind := range []directory.Kind{directory.Office, directory.Association, directory.Kind(register.TeacherTrainingCenter)} {
		list, err := s.Directory.OfKind(ctx, kind)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			at = append(at, i.ID)
		}
	}
	return s.People.Holders(ctx, access.RemarkPlan, at...)
}
