package settlement

import "kladka/internal/platform/web"

func buyerFacts(p duesPage, b buyerRow) []web.Fact {
	facts := []web.Fact{{Name: p.T("settlement.column.buyer"), Value: b.Buyer}, {Name: p.T("settlement.column.nip"), Value: b.NIP}}
	if b.Recipient != "" {
		facts = append(facts, web.Fact{Name: p.T("settlement.column.recipient"), Value: b.Recipient})
	}
	return facts
}
