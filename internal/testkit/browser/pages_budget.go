package browser

import (
	"net/http"
	"slices"
)

// budgetPages are participatory budgets of a city and of a school. What they show
// is in every demo or put there by the stage.
func budgetPages() []Page {
	return slices.Concat(editionPages(), settingPages(), projectPages(), judgingPages(), electorPages(), paperVotePages(), votingPages(), resultPages())
}

// editionPages are editions as everybody reads them.
func editionPages() []Page {
	return []Page{
		{Name: "budgets", Path: "/budzet-obywatelski"},
		{Name: "budgets-fresh", Path: "/budzet-obywatelski", Fresh: true},
		{Name: "budget", Staged: "budget-now"},
		{Name: "budget-runs", Staged: "budget-now", Role: "budget_officer"},
		{Name: "budget-voting", Staged: "budget-voting", Role: "school_head"},
		{Name: "budget-over", Staged: "budget-over"},
		{Name: "budget-none", Path: "/budzet-obywatelski/nie-ma", Status: 404},
		{Name: "budget-rules", Staged: "budget-now-rules"},
		{Name: "budget-prices", Staged: "budget-now-prices", Role: "valuator"},
		{Name: "budget-draw", Staged: "budget-over-draw"},
		{Name: "budget-school", Path: "/budzet-obywatelski/szkola", Role: "council_supervisor"},
		{Name: "budget-cost-help", Path: "/budzet-obywatelski/szkola/od-pomyslu-do-kosztu"},
		{Name: "budget-lesson-plan", Path: "/budzet-obywatelski/szkola/scenariusz/tajne-glosowanie"},
		{Name: "budget-lesson", Staged: "budget-over-lesson"},
		{Name: "budget-delivered", Staged: "budget-over-delivered"},
	}
}

// settingPages are the forms of who runs an edition.
func settingPages() []Page {
	return []Page{
		{Name: "budget-new", Path: "/budzet-obywatelski/nowa", Role: "budget_officer"},
		{Name: "budget-new-refused", Path: "/budzet-obywatelski/nowa", Role: "budget_officer", Form: `main form[action="/budzet-obywatelski/nowa"]`, Status: 422},
		{Name: "budget-draft", Staged: "budget-draft", Role: "budget_officer"},
		{Name: "budget-settings", Staged: "budget-draft-settings", Role: "budget_officer"},
		{Name: "budget-settings-late", Staged: "budget-now-settings", Role: "budget_officer", Status: http.StatusConflict},
		{Name: "budget-pool-settings", Staged: "budget-draft-pool", Role: "budget_officer"},
		{Name: "budget-calendar", Staged: "budget-now-calendar", Role: "budget_officer"},
		{Name: "budget-amounts", Staged: "budget-draft-amounts", Role: "budget_officer"},
		{Name: "budget-excludes", Staged: "budget-now-excludes", Role: "budget_officer"},
		{Name: "budget-cancel", Staged: "budget-now-cancel", Role: "budget_officer"},
		{Name: "budget-thaw", Staged: "budget-voting-thaw", Role: "school_head"},
	}
}

// projectPages are projects, their proposers and who supports them.
func projectPages() []Page {
	return []Page{
		{Name: "budget-projects", Staged: "budget-now-projects", Map: true},
		{Name: "budget-projects-school", Staged: "budget-voting-projects"},
		{Name: "budget-project-new", Staged: "budget-now-project-new", Role: "resident"},
		{Name: "budget-project-new-refused", Staged: "budget-now-project-new", Role: "resident", Form: `main form[action$="/projekty/nowy"]`, Status: 422},
		{Name: "budget-project-idea", Staged: "project-draft-idea", Role: "school_specialist"},
		{Name: "budget-project-place", Staged: "project-draft-place", Role: "school_specialist", Map: true},
		{Name: "budget-project-cost", Staged: "project-draft-cost", Role: "school_specialist"},
		{Name: "budget-project-send", Staged: "project-draft-send", Role: "school_specialist"},
		{Name: "budget-project", Staged: "project-accepted", Map: true},
		{Name: "budget-project-own", Staged: "project-support", Role: "teacher", Map: true},
		{Name: "budget-project-others", Staged: "project-draft", Role: "pupil", Status: 404},
		{Name: "budget-support", Staged: "project-support-list", Role: "resident"},
		{Name: "budget-support-desk", Staged: "project-support-list", Role: "budget_officer"},
		{Name: "budget-merge", Staged: "project-accepted-merge", Role: "budget_officer"},
		{Name: "budget-campaign", Staged: "project-campaigned-campaign"},
		{Name: "budget-campaign-runs", Staged: "project-campaigned-campaign", Role: "school_head"},
		{Name: "budget-delivery", Staged: "project-delivered-news"},
		{Name: "budget-delivery-runs", Staged: "project-delivered-news", Role: "budget_officer"},
	}
}

// judgingPages are those of who judges projects, and protests.
func judgingPages() []Page {
	return []Page{
		{Name: "budget-checks", Staged: "budget-now-checks", Role: "valuator"},
		{Name: "budget-check", Staged: "project-checked-check", Role: "valuator"},
		{Name: "budget-check-runs", Staged: "project-checked-check", Role: "budget_officer"},
		{Name: "budget-protest", Staged: "project-protested-protest", Role: "pupil"},
		{Name: "budget-protest-office", Staged: "project-protested-protest", Role: "authority_officer"},
	}
}

// electorPages are who may vote.
func electorPages() []Page {
	return []Page{
		{Name: "budget-electors", Staged: "budget-over-electors", Role: "budget_officer"},
		{Name: "budget-roll", Staged: "budget-roll", Role: "budget_officer"},
		{Name: "budget-desk", Staged: "budget-desk", Role: "budget_officer"},
		{Name: "budget-declared", Staged: "budget-declared", Role: "budget_officer"},
		{Name: "budget-declaration", Staged: "budget-declaration", Role: "budget_officer"},
		{Name: "budget-own", Staged: "budget-own", Role: "pupil"},
		{Name: "budget-own-there", Staged: "budget-own", Role: "resident"},
		{Name: "budget-classes", Staged: "budget-voting-classes", Role: "school_head"},
		{Name: "budget-class", Staged: "budget-class", Role: "class_tutor"},
		{Name: "budget-slips", Staged: "budget-voting-slips", Role: "school_head"},
		{Name: "budget-slip-box", Staged: "budget-over-slip-box", Role: "budget_officer"},
		{Name: "budget-key", Staged: "budget-voting-key", Role: "school_head"},
	}
}

// paperVotePages are ballots on paper, typed twice.
func paperVotePages() []Page {
	return []Page{
		{Name: "budget-paper", Staged: "budget-over-paper", Role: "budget_officer"},
		{Name: "budget-paper-form", Staged: "budget-over-paper-form", Role: "budget_officer"},
		{Name: "budget-paper-withdraw", Staged: "budget-over-paper-withdraw", Role: "budget_officer"},
		{Name: "budget-paper-ballot", Staged: "budget-paper-line", Role: "budget_officer"},
		{Name: "budget-batches", Staged: "budget-over-batches", Role: "budget_officer"},
		{Name: "budget-batch", Staged: "budget-over-batch", Role: "budget_officer"},
	}
}

// votingPages are those of who votes.
func votingPages() []Page {
	return []Page{
		{Name: "budget-slip", Path: "/kartka"},
		{Name: "budget-vote", Staged: "budget-voting-vote"},
		{Name: "budget-vote-refused", Staged: "budget-voting-vote", Form: `main form[action$="/glosowanie"]`, Status: 422},
		{Name: "budget-ballot", Staged: "budget-voting-vote", Form: `main form[action$="/glosowanie"]`, Fields: map[string]string{"kod": SlipCode}},
		{Name: "budget-ballot-others", Staged: "budget-ballot", Role: "pupil"},
		{Name: "budget-ballot-change", Staged: "budget-ballot-change", Status: 409},
		{Name: "budget-box", Staged: "budget-over-box"},
	}
}

// resultPages are what came of a vote, and why.
func resultPages() []Page {
	return []Page{
		{Name: "budget-count", Staged: "budget-over-count"},
		{Name: "budget-count-runs", Staged: "budget-over-count", Role: "budget_officer"},
		{Name: "budget-results", Staged: "budget-over-results"},
		{Name: "budget-receipt", Staged: "budget-over-receipt"},
		{Name: "budget-result", Staged: "budget-pool"},
		{Name: "budget-why", Staged: "budget-why"},
		{Name: "budget-steps", Staged: "budget-pool-steps"},
		{Name: "budget-compare", Staged: "budget-pool-compare"},
		{Name: "budget-again", Staged: "budget-pool-again"},
		{Name: "budget-recount", Path: "/budzet-obywatelski/przelicz"},
		{Name: "budget-recount-refused", Path: "/budzet-obywatelski/przelicz", Form: `main form[action="/budzet-obywatelski/przelicz"]`, Status: 422},
	}
}
