package evaluation

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/survey"
)

// remark is what somebody wrote in own words.
type remark struct {
	Digest   string // names it, without its words
	Body     string
	Names    []string // words that may be names
	Withheld bool     // the center did not pass it on
}

// digest names a remark within its round. It is keyed: whoever has the table
// cannot try words out.
func (s *Service) digest(id survey.RoundID, body string) string {
	return hex.EncodeToString(s.Keys.MAC("needs.eval.remark", string(id), body)[:16])
}

// remarks are the words given in a closed round, in an order that says nothing of
// who wrote them: that of their digests. Fewer than five answers to the round:
// the Conflict survey.fault.few_texts.
func (s *Service) remarks(ctx context.Context, x round) (list []remark, err error) {
	texts, err := s.Surveys.Texts(ctx, s.db, x.ID, remarkKey(formOf(x.Kind, x.Stage)))
	if err != nil {
		return nil, err
	}
	var withheld []string
	if err := s.db.Select(ctx, &withheld, `select digest from needs_eval_withheld where round = ?`, x.ID); err != nil {
		return nil, err
	}
	for _, t := range texts {
		r := remark{Digest: s.digest(x.ID, t.Body), Body: t.Body, Names: t.PossibleNames}
		r.Withheld = slices.Contains(withheld, r.Digest)
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b remark) int { return cmp.Compare(a.Digest, b.Digest) })
	return list, nil
}

// PassOn shows the remarks of a round to those who led, but for those withheld,
// by whoever runs the center's trainings; doing it again replaces what was
// chosen. Before the close, or with fewer than five answers, it is a Conflict.
func (s *Service) PassOn(ctx context.Context, who access.Actor, kind Kind, id string, stage Stage, withhold []string) (err error) {
	defer fault.Wrap(&err, "pass on remarks about %s", id)
	sub, err := storedByID(ctx, s.db, kind, id)
	if err != nil {
		return err
	}
	if err := who.MayAt(ctx, access.ManageTrainings, sub.Center); err != nil {
		return err
	}
	x, err := s.roundAbout(ctx, kind, id, stage)
	if err != nil {
		return err
	}
	list, err := s.remarks(ctx, x)
	if err != nil {
		return err
	}
	// What the form names and is not there was never shown.
	withhold = slices.DeleteFunc(slices.Clone(withhold), func(d string) bool {
		return !slices.ContainsFunc(list, func(r remark) bool { return r.Digest == d })
	})
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update needs_eval_rounds set remarks_at = ? where id = ?`, now.Unix(), x.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from needs_eval_withheld where round = ?`, x.ID); err != nil {
			return err
		}
		for _, d := range withhold {
			if _, err := tx.Exec(ctx, `insert into needs_eval_withheld (round, digest) values (?, ?) on conflict (round, digest) do nothing`, x.ID, d); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.eval.remarks", Object: "evaluation", ObjectID: string(x.ID), Institution: string(sub.Center),
			Details: map[string]string{"withheld": strconv.Itoa(len(withhold))}}, now)
	})
}

// roundAbout is the round of a stage; ErrNotFound when there is none.
func (s *Service) roundAbout(ctx context.Context, kind Kind, id string, stage Stage) (round, error) {
	rounds, err := roundsOf(ctx, s.db, kind, id)
	if err != nil {
		return round{}, err
	}
	n := slices.IndexFunc(rounds, func(x round) bool { return x.Stage == stage })
	if n < 0 {
		return round{}, fault.ErrNotFound
	}
	return rounds[n], nil
}
