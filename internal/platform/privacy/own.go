package privacy

import (
	"context"
	"time"

	"kladka/internal/platform/db"
)

// ownModule needs no agreement to be open: a person may ask for their rights
// whether or not their institution has signed.
const ownModule = "privacy"

// ownPurposes are the purposes of this package itself: requests of persons and
// consents.
func (s *Service) ownPurposes() []Purpose {
	return []Purpose{{
		Key: "privacy.requests", Module: ownModule, Text: "privacy.purpose.requests", Controller: Institution,
		Basis:      "art. 6 ust. 1 lit. c RODO w związku z art. 12 i 15–22 RODO",
		Categories: []string{"privacy.category.identity", "privacy.category.words"},
		Recipients: []string{"privacy.recipient.protection"},
		Keep:       Keep{Param: RequestsKeep, Since: "privacy.since.answer"},
		Holds: []Holding{{Table: "privacy_requests", Title: "privacy.holding.requests", Keeps: "privacy.keeps.requests",
			Export: s.exportRequests, Erase: eraseRequests, Expired: expiredRequests, Sweep: sweepRequests}},
	}, {
		Key: "privacy.consents", Module: ownModule, Text: "privacy.purpose.consents", Controller: Operator,
		Basis:      "art. 6 ust. 1 lit. c RODO w związku z art. 7 ust. 1 RODO",
		Categories: []string{"privacy.category.identity", "privacy.category.consents"},
		Recipients: []string{"privacy.recipient.protection"},
		Keep:       Keep{Param: ConsentsKeep, Since: "privacy.since.withdrawal"},
		Holds: []Holding{{Table: "privacy_consents", Title: "privacy.holding.consents", Keeps: "privacy.keeps.consents",
			Export: s.exportConsents, Expired: expiredConsents, Sweep: sweepConsents}},
	}}
}

func (s *Service) exportRequests(ctx context.Context, person string) ([]Item, error) {
	var all []Request
	err := s.DB.Select(ctx, &all, `select `+requestColumns+` from privacy_requests where person = ? order by id`, person)
	items := make([]Item, 0, len(all))
	for _, r := range all {
		items = append(items, Item{ID: r.ID, At: time.Unix(r.ReceivedAt, 0), Fields: []Field{
			{"privacy.export.kind", string(r.Kind)}, {"privacy.export.state", string(r.State)}, {"privacy.export.words", r.Words},
			{"privacy.export.answer", r.Answer}, {"privacy.export.due_on", r.DueOn}}})
	}
	return items, err
}

// eraseRequests blanks the words; that a request was made and answered stays,
// for the office must be able to show it.
func eraseRequests(ctx context.Context, tx *db.Tx, person string) (int, error) {
	n, err := tx.Exec(ctx, `update privacy_requests set words = '', answer = '', prolong_reason = ''
		where person = ? and (words <> '' or answer <> '' or prolong_reason <> '')`, person)
	return int(n), err
}

func expiredRequests(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from privacy_requests where closed_at > 0 and closed_at < ?`, before.Unix())
	return n, err
}

func sweepRequests(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, `delete from privacy_requests where id in
		(select id from privacy_requests where closed_at > 0 and closed_at < ? order by closed_at limit ?)`, before.Unix(), limit)
	return int(n), err
}

func (s *Service) exportConsents(ctx context.Context, person string) ([]Item, error) {
	all, err := s.Consents(ctx, person)
	items := make([]Item, 0, len(all))
	for _, c := range all {
		item := Item{ID: c.ID, At: time.Unix(c.GivenAt, 0), Fields: []Field{
			{"privacy.export.purpose", c.Purpose}, {"privacy.export.text", c.Text}, {"privacy.export.relation", string(c.Relation)}}}
		if !c.Standing() {
			item.Fields = append(item.Fields, Field{"privacy.export.withdrawn", time.Unix(c.WithdrawnAt, 0).UTC().Format(time.RFC3339)})
		}
		items = append(items, item)
	}
	return items, err
}

func expiredConsents(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from privacy_consents where withdrawn_at > 0 and withdrawn_at < ?`, before.Unix())
	return n, err
}

func sweepConsents(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, `delete from privacy_consents where id in
		(select id from privacy_consents where withdrawn_at > 0 and withdrawn_at < ? order by withdrawn_at limit ?)`, before.Unix(), limit)
	return int(n), err
}
