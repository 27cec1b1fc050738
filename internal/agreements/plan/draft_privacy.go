package plan

import "kladka/internal/platform/privacy"

// draftPurposes are what diagnosis and drafting hold personal data for. What was
// said for an institution, and how it was answered, is part of the public record
// of the plan and stays; who wrote it goes.
func (s *Service) draftPurposes() []privacy.Purpose {
	p := privacy.Purpose{Key: "plan.remarks", Module: "plan", Text: "plan.purpose.remarks", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
		Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"plan.recipient.remarkers"},
		Keep: privacy.Keep{Param: KeepMonths, Since: "plan.since.end"}}
	const versions = `version in (select v.id from plan_versions v where v.plan in ` + overPlans + `)`
	const plans = `plan in ` + overPlans
	changed := []signature{{"by_person", "title", "changed_at"}}
	for _, t := range []signed{
		{"plan_remarks", "id", plans, []signature{{"by_person", "words", "at"}, {"answered_by", "answer_words", "answered_at"}}},
		{"plan_versions", "id", plans, []signature{{"created_by", "words", "created_at"}}},
		{"plan_adoptions", "town", versions, []signature{{"by_person", "number", "at"}}},
		{"plan_sources", "id", plans, changed},
		{"plan_findings", "id", plans, changed}} {
		p.Holds = append(p.Holds, s.holdSigned(t))
	}
	return []privacy.Purpose{p}
}
