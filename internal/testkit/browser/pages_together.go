package browser

import "slices"

// togetherPages are agreements, the evidence under them, the plan of quality,
// meetings and networks. What they show is in every demo or put there by the stage.
func togetherPages() []Page {
	return slices.Concat(agreementPages(), evidencePages(), planPages(), planTextPages(), planOfficePages(), bodyPages(), meetingPages(), minutesPages(),
		largePages(), networkPages())
}

// agreementPages are the register and one agreement, for everybody and for the
// officers of its parties.
func agreementPages() []Page {
	return []Page{
		{Name: "agreements", Path: "/porozumienia"},
		{Name: "agreements-fresh", Path: "/porozumienia", Fresh: true},
		{Name: "agreement", Staged: "agreement"},
		{Name: "agreement-officer", Staged: "agreement", Role: "center_officer"},
		{Name: "agreement-under", Staged: "agreement-under"},
		{Name: "agreement-none", Path: "/porozumienia/nie-ma", Status: 404},
		{Name: "agreement-new", Path: "/porozumienia/nowe", Role: "association_officer"},
		{Name: "agreement-new-refused", Path: "/porozumienia/nowe", Role: "association_officer", Form: `main form[action="/porozumienia/nowe"]`, Status: 422},
		{Name: "agreement-area", Staged: "agreement-area"},
		{Name: "agreement-arrangement", Staged: "agreement-arrangement"},
		{Name: "agreement-year", Staged: "agreement-year"},
		{Name: "agreement-year-officer", Staged: "agreement-year-now", Role: "association_officer"},
		{Name: "agreement-desk", Staged: "agreement-desk", Role: "association_officer"},
		{Name: "agreement-draft", Staged: "agreement-draft", Role: "association_officer"},
		{Name: "agreement-annex", Staged: "agreement-annex", Role: "association_officer"},
		{Name: "agreement-arrange", Staged: "agreement-arrange", Role: "association_officer"},
		{Name: "agreement-move", Staged: "agreement-move", Role: "association_officer"},
		{Name: "agreement-answer", Staged: "agreement-answer", Role: "center_director"},
		{Name: "agreement-joint", Staged: "agreement-joint", Role: "center_officer"},
		{Name: "agreement-experts", Staged: "agreement-experts", Role: "association_officer"},
	}
}

// evidencePages are the ledger: facts, rules, and what is typed in.
func evidencePages() []Page {
	return []Page{
		{Name: "ledger", Path: "/porozumienia/rejestr", Role: "association_officer"},
		{Name: "ledger-hand", Staged: "ledger-hand", Role: "association_officer"},
		{Name: "ledger-training", Staged: "ledger-training", Role: "center_officer"},
		{Name: "ledger-type", Path: "/porozumienia/rejestr/dopisz", Role: "forum_delegate"},
		{Name: "ledger-type-refused", Path: "/porozumienia/rejestr/dopisz", Role: "forum_delegate", Form: `main form[action="/porozumienia/rejestr/dopisz"]`, Status: 422},
		{Name: "ledger-sheet", Path: "/porozumienia/rejestr/arkusz", Role: "association_officer"},
		{Name: "ledger-sheet-shown", Staged: "ledger-sheet", Role: "association_officer"},
		{Name: "ledger-rules", Path: "/porozumienia/rejestr/zasady", Role: "association_officer"},
		{Name: "ledger-ruleset", Staged: "ledger-ruleset", Role: "center_officer"},
		{Name: "ledger-rules-new", Path: "/porozumienia/rejestr/zasady/nowe", Role: "association_officer"},
	}
}

// planPages are the plan as everybody reads it.
func planPages() []Page {
	return []Page{
		{Name: "plans", Path: "/plan-jakosci"},
		{Name: "plans-fresh", Path: "/plan-jakosci", Fresh: true},
		{Name: "plan", Staged: "plan"},
		{Name: "plan-officer", Staged: "plan", Role: "association_officer"},
		{Name: "plan-goal", Staged: "plan-goal"},
		{Name: "plan-action", Staged: "plan-action"},
		{Name: "indicator-formula", Staged: "indicator-formula"},
		{Name: "indicator-towns", Staged: "indicator-towns"},
		{Name: "plan-towns", Path: "/plan-jakosci/gmina"},
		{Name: "plan-town", Path: "/plan-jakosci/gmina/126101"},
		{Name: "plan-town-office", Path: "/plan-jakosci/gmina/126101", Role: "authority_officer"},
		{Name: "plan-year", Staged: "plan-year-last"},
		{Name: "diagnosis", Staged: "diagnosis"},
		{Name: "source", Staged: "source"},
	}
}

// planTextPages are the text of the plan, the remarks and who adopted it.
func planTextPages() []Page {
	return []Page{
		{Name: "plan-text", Staged: "plan-text"},
		{Name: "plan-version", Staged: "plan-version"},
		{Name: "plan-paragraph", Staged: "plan-paragraph"},
		{Name: "plan-paragraph-now", Staged: "plan-paragraph-now", Role: "forum_delegate"},
		{Name: "plan-remarks", Staged: "plan-remarks"},
		{Name: "plan-remark", Staged: "plan-remark", Role: "association_officer"},
		{Name: "plan-writing", Staged: "plan-writing", Role: "association_officer"},
		{Name: "plan-adopted", Staged: "plan-adopted"},
		{Name: "plan-adopt", Staged: "plan-adopt", Role: "authority_officer"},
	}
}

// planOfficePages are those of who writes the plan and of who enters readings.
func planOfficePages() []Page {
	return []Page{
		{Name: "plan-new", Path: "/plan-jakosci/plan/nowy", Role: "association_officer"},
		{Name: "plan-edit", Staged: "plan-edit", Role: "association_officer"},
		{Name: "plan-area-new", Staged: "plan-area-new", Role: "association_officer"},
		{Name: "plan-area-edit", Staged: "plan-area-edit", Role: "association_officer"},
		{Name: "plan-goal-new", Staged: "plan-goal-new", Role: "association_officer"},
		{Name: "plan-goal-edit", Staged: "plan-goal-edit", Role: "association_officer"},
		{Name: "plan-action-new", Staged: "plan-action-new", Role: "association_officer"},
		{Name: "plan-action-edit", Staged: "plan-action-edit", Role: "association_officer"},
		{Name: "plan-action-move", Staged: "plan-action-move", Role: "association_officer"},
		{Name: "indicator-new", Staged: "indicator-new", Role: "association_officer"},
		{Name: "indicator-new-refused", Staged: "indicator-new", Role: "association_officer", Form: `main form[action$="/wskaznik"]`, Status: 422},
		{Name: "indicator-edit", Staged: "indicator-towns-edit", Role: "association_officer"},
		{Name: "themes", Path: "/plan-jakosci/tematy", Role: "association_officer"},
		{Name: "theme", Staged: "theme", Role: "association_officer"},
		{Name: "readings", Path: "/plan-jakosci/odczyty", Role: "association_officer"},
		{Name: "reading-new", Staged: "reading-new", Role: "authority_officer"},
		{Name: "reading", Staged: "reading", Role: "association_officer"},
		{Name: "source-new", Staged: "diagnosis-source", Role: "association_officer"},
		{Name: "source-edit", Staged: "source-edit", Role: "association_officer"},
		{Name: "source-sheet", Staged: "source-sheet", Role: "association_officer"},
		{Name: "source-figure", Staged: "source-figure", Role: "association_officer"},
		{Name: "finding-new", Staged: "diagnosis-finding", Role: "association_officer"},
		{Name: "finding", Staged: "finding", Role: "association_officer"},
	}
}

// bodyPages are the bodies that meet, and the topics that are raised there.
func bodyPages() []Page {
	return []Page{
		{Name: "meetings", Path: "/spotkania", Role: "school_head"},
		{Name: "meetings-none", Path: "/spotkania", Role: "partner_representative"},
		{Name: "series", Staged: "series-heads", Role: "school_head"},
		{Name: "series-forum", Staged: "series-forum", Role: "association_officer"},
		{Name: "series-new", Path: "/cykle-spotkan/nowy", Role: "association_officer"},
		{Name: "series-plan", Staged: "series-heads-plan", Role: "authority_officer"},
		{Name: "series-voting", Staged: "series-heads-voting", Role: "authority_officer"},
		{Name: "standing", Staged: "series-heads-standing", Role: "school_head"},
		{Name: "meeting-topics", Path: "/spotkania/tematy", Role: "school_head"},
		{Name: "propose", Path: "/tematy-spotkan/nowy", Role: "school_head"},
		{Name: "propose-refused", Path: "/tematy-spotkan/nowy", Role: "school_head", Form: `main form[action="/tematy-spotkan/nowy"]`, Status: 422},
		{Name: "meeting-topic", Staged: "topic-taught", Role: "school_head"},
		{Name: "meeting-topic-new", Staged: "topic-new", Role: "school_head"},
		{Name: "meeting-topic-office", Staged: "topic-new", Role: "authority_officer"},
		{Name: "meeting-topic-others", Staged: "topic-new", Role: "association_officer", Status: 404},
	}
}

// meetingPages are one meeting on its way, from the plan to the door.
func meetingPages() []Page {
	return []Page{
		{Name: "meeting", Staged: "meeting-next", Role: "school_head"},
		{Name: "meeting-office", Staged: "meeting-next", Role: "authority_officer"},
		{Name: "meeting-over", Staged: "meeting-over", Role: "school_head"},
		{Name: "meeting-plan", Staged: "meeting-plan", Role: "association_officer"},
		{Name: "meeting-others", Staged: "meeting-next", Role: "pupil", Status: 404},
		{Name: "meeting-edit", Staged: "meeting-next-edit", Role: "authority_officer"},
		{Name: "agenda", Staged: "meeting-next-agenda", Role: "authority_officer"},
		{Name: "agenda-item", Staged: "meeting-item", Role: "authority_officer"},
		{Name: "seats", Staged: "meeting-next-seats", Role: "authority_officer"},
		{Name: "program", Staged: "forum-program", Role: "expert"},
		{Name: "program-office", Staged: "forum-program", Role: "association_officer"},
		{Name: "meeting-attendance", Staged: "meeting-over-attendance", Role: "meeting_recorder"},
	}
}

// minutesPages are what was said, decided, and is to be done.
func minutesPages() []Page {
	return []Page{
		{Name: "minutes", Staged: "meeting-over-minutes"},
		{Name: "minutes-draft", Staged: "forum-minutes", Role: "forum_delegate"},
		{Name: "minutes-write", Staged: "forum-write", Role: "association_officer"},
		{Name: "decision", Staged: "decision", Role: "school_head"},
		{Name: "decision-office", Staged: "decision", Role: "authority_officer"},
		{Name: "decision-new", Staged: "forum-decide", Role: "association_officer"},
		{Name: "decision-edit", Staged: "forum-decision-edit", Role: "association_officer"},
		{Name: "action-new", Staged: "forum-act", Role: "association_officer"},
		{Name: "action", Staged: "action", Role: "school_head"},
		{Name: "action-edit", Staged: "forum-action-edit", Role: "association_officer"},
		{Name: "own-actions", Path: "/spotkania/zadania", Role: "school_head"},
		{Name: "vote-new", Staged: "forum-vote", Role: "association_officer"},
		{Name: "vote", Staged: "vote", Role: "association_officer"},
		{Name: "vote-names", Staged: "vote-names", Role: "forum_delegate"},
	}
}

// largePages are what a large meeting has beyond the others.
func largePages() []Page {
	return []Page{
		{Name: "large", Staged: "meeting-next-large", Role: "authority_officer"},
		{Name: "guests", Staged: "meeting-next-guests", Role: "authority_officer"},
		{Name: "tables", Staged: "meeting-next-tables", Role: "authority_officer"},
		{Name: "share", Staged: "meeting-next-share", Role: "school_head"},
		{Name: "door", Staged: "meeting-next-door", Role: "authority_officer"},
		{Name: "floor", Staged: "meeting-next-floor", Role: "authority_officer"},
		{Name: "floor-ask", Staged: "floor"},
		{Name: "floor-ask-refused", Staged: "floor", Form: "main form", Status: 422},
	}
}

// networkPages are networks, for everybody, for members and for who leads them.
func networkPages() []Page {
	return []Page{
		{Name: "networks", Path: "/sieci-wspolpracy"},
		{Name: "networks-fresh", Path: "/sieci-wspolpracy", Fresh: true},
		{Name: "networks-own", Path: "/sieci-wspolpracy/moje", Role: "teacher"},
		{Name: "network-new", Path: "/sieci-wspolpracy/nowa", Role: "center_officer"},
		{Name: "network", Staged: "network"},
		{Name: "network-member", Staged: "network", Role: "teacher"},
		{Name: "network-forming", Staged: "network-forming", Role: "teacher"},
		{Name: "network-plan", Staged: "network-plan", Role: "teacher"},
		{Name: "network-plan-leads", Staged: "network-plan", Role: "network_coordinator"},
		{Name: "network-members", Staged: "network-members", Role: "teacher"},
		{Name: "network-members-leads", Staged: "network-members", Role: "network_coordinator"},
		{Name: "network-materials", Staged: "network-materials", Role: "teacher"},
		{Name: "network-dates", Staged: "network-dates", Role: "teacher"},
		{Name: "network-dates-leads", Staged: "network-dates", Role: "network_coordinator"},
		{Name: "network-meeting", Staged: "network-meeting", Role: "teacher"},
		{Name: "network-meeting-leads", Staged: "network-held", Role: "network_coordinator"},
		{Name: "network-report", Staged: "network-report", Role: "network_coordinator"},
		{Name: "network-report-done", Staged: "network-last-report", Role: "center_officer"},
		{Name: "network-settings", Staged: "network-settings", Role: "network_coordinator"},
		{Name: "network-talks", Staged: "network-talks", Role: "teacher"},
		{Name: "network-talk", Staged: "network-talk", Role: "teacher"},
		{Name: "network-talk-leads", Staged: "network-talk", Role: "network_coordinator"},
		{Name: "network-talk-post", Staged: "network-talk-post", Role: "methodological_adviser"},
		{Name: "network-talk-reports", Staged: "network-talk-reports", Role: "methodological_adviser"},
		{Name: "network-talk-letter-gone", Path: "/odpowiedz/nie-ma/nie-ma", Status: 404},
	}
}
