package browser

import "slices"

// needsPages are those of asking what people need, of the surveys it is asked
// with, of what trainings were worth, and of the support of schools. What they
// show is in every demo or put there by the stage.
func needsPages() []Page {
	return slices.Concat(campaignPages(), answerPages(), roundPages(), rankPages(), needPages(), evaluationPages(), supportPages())
}

// campaignPages are a campaign to everybody and to those who run it.
func campaignPages() []Page {
	return []Page{
		{Name: "needs", Path: "/potrzeby"},
		{Name: "needs-teacher", Path: "/potrzeby", Role: "teacher"},
		{Name: "needs-fresh", Path: "/potrzeby", Fresh: true},
		{Name: "needs-year", Staged: "needs-year"},
		{Name: "needs-year-nothing", Path: "/potrzeby/2019"},
		{Name: "campaigns", Path: "/potrzeby/kampanie", Role: "association_officer"},
		{Name: "campaigns-head", Path: "/potrzeby/kampanie", Role: "school_head"},
		{Name: "campaigns-pupil", Path: "/potrzeby/kampanie", Role: "pupil"},
		{Name: "campaign-new", Path: "/potrzeby/kampanie/nowa", Role: "association_officer"},
		{Name: "campaign-new-authority", Path: "/potrzeby/kampanie/nowa", Role: "authority_officer"},
		{Name: "campaign-new-refused", Path: "/potrzeby/kampanie/nowa", Role: "association_officer", Form: `main form[action="/potrzeby/kampanie/nowa"]`, Status: 422},
		{Name: "campaign-draft", Staged: "campaign-draft", Role: "association_officer"},
		{Name: "campaign-draft-others", Staged: "campaign-draft", Role: "teacher", Status: 404},
		{Name: "campaign-settings", Staged: "campaign-draft-ustawienia", Role: "association_officer"},
		{Name: "campaign-open", Staged: "campaign-now", Role: "association_officer"},
		{Name: "campaign-open-head", Staged: "campaign-now", Role: "school_head"},
		{Name: "campaign-open-teacher", Staged: "campaign-now", Role: "teacher"},
		{Name: "campaign-ranked", Staged: "campaign-last", Role: "association_officer"},
		{Name: "campaign-ranked-head", Staged: "campaign-last", Role: "school_head"},
		{Name: "campaign-end", Staged: "campaign-now-koniec", Role: "association_officer"},
		{Name: "campaign-end-draft", Staged: "campaign-draft-koniec", Role: "association_officer"},
		{Name: "campaign-end-over", Staged: "campaign-last-koniec", Role: "association_officer"},
		{Name: "campaign-progress", Staged: "campaign-now-postep", Role: "association_officer"},
		{Name: "campaign-progress-over", Staged: "campaign-last-postep", Role: "center_officer"},
		{Name: "campaign-progress-refused", Staged: "campaign-now-postep", Role: "school_head", Status: 403},
		{Name: "campaign-words", Staged: "campaign-last-wlasnymi-slowami", Role: "association_officer"},
		{Name: "campaign-words-waiting", Staged: "campaign-now-wlasnymi-slowami", Role: "association_officer"},
	}
}

// answerPages are what institutions and people say.
func answerPages() []Page {
	return []Page{
		{Name: "declare-choose", Staged: "campaign-now-zgloszenie", Role: "authority_officer"},
		{Name: "declare", Staged: "campaign-declare", Role: "school_head"},
		{Name: "declare-secretary", Staged: "campaign-declare", Role: "school_secretary"},
		{Name: "declare-print", Staged: "campaign-print", Role: "school_head"},
		{Name: "visit", Staged: "campaign-now-wizyta", Role: "methodological_adviser"},
		{Name: "interest", Staged: "campaign-now-powiadom", Role: "teacher"},
		{Name: "survey-anonymous", Staged: "round-now", Role: "teacher"},
		{Name: "survey-refused", Staged: "round-now", Role: "teacher", Form: `main form[method="post"]`, Status: 422},
		{Name: "survey-others", Staged: "round-now", Role: "pupil", Status: 403},
		{Name: "survey-over", Staged: "round-last", Role: "teacher", Status: 409},
		{Name: "survey-evaluation", Staged: "evaluation-asks", Role: "teacher"},
		{Name: "survey-evaluation-refused", Staged: "evaluation-asks", Role: "teacher", Form: `main form[method="post"]`, Status: 422},
		{Name: "survey-thanks", Staged: "round-last-thanks", Role: "teacher"},
		{Name: "survey-link", Staged: "link"},
		{Name: "survey-link-thanks", Staged: "link-thanks"},
	}
}

// roundPages are those of whoever runs a round, keeps its key, or keeps the
// roll of a school, and the library of questionnaires.
func roundPages() []Page {
	const aQuestionnaire = `^/ankiety/wzory/kod/[a-z0-9_]+$`
	return []Page{
		{Name: "round", Staged: "round-now-run", Role: "association_officer"},
		{Name: "round-others", Staged: "round-now-run", Role: "teacher", Status: 403},
		{Name: "round-key", Staged: "round-now-key", Role: "association_officer"},
		{Name: "round-key-officer", Staged: "round-now-key", Role: "center_director"},
		{Name: "round-key-none", Staged: "round-draft-key", Role: "association_officer"},
		{Name: "round-early", Staged: "round-now-opening", Role: "association_officer"},
		{Name: "round-opening", Staged: "round-closed-opening", Role: "association_officer"},
		{Name: "round-opening-refused", Staged: "round-closed-opening", Role: "association_officer", Form: `main form[action$="/otwarcie"]`, Status: 422},
		{Name: "round-results", Staged: "round-last-results", Role: "association_officer"},
		{Name: "round-results-none", Staged: "round-now-results", Role: "teacher"},
		{Name: "round-print", Staged: "round-now-print", Role: "school_secretary"},
		{Name: "round-papers", Staged: "round-now-papers", Role: "school_secretary"},
		{Name: "round-paper", Staged: "round-now-paper", Role: "school_secretary"},
		{Name: "round-typing", Staged: "round-now-typing", Role: "school_secretary"},
		{Name: "questionnaires", Path: "/ankiety/wzory", Role: "association_officer"},
		{Name: "questionnaire", Path: "/ankiety/wzory", Follow: []string{aQuestionnaire}, Role: "association_officer"},
		{Name: "questionnaire-print", Path: "/ankiety/wzory", Follow: []string{aQuestionnaire, `/druk`}, Role: "association_officer"},
		{Name: "questionnaire-load", Path: "/ankiety/wzory/z-pliku", Role: "association_officer"},
		{Name: "questionnaire-load-refused", Path: "/ankiety/wzory/z-pliku", Role: "association_officer", Form: "main form[enctype]", Status: 422},
	}
}

// rankPages are the order of what was declared, and what was published.
func rankPages() []Page {
	return []Page{
		{Name: "rank", Staged: "campaign-last-lista", Role: "association_officer"},
		{Name: "rank-head", Staged: "campaign-last-lista", Role: "school_head"},
		{Name: "rank-authority", Staged: "campaign-last-lista", Role: "authority_officer"},
		{Name: "rank-none", Staged: "campaign-now-lista", Role: "association_officer"},
		{Name: "heat", Staged: "campaign-last-mapa", Role: "association_officer"},
		{Name: "heat-none", Staged: "campaign-now-mapa", Role: "association_officer"},
		{Name: "voices", Staged: "campaign-last-glosy", Role: "association_officer"},
		{Name: "voices-none", Staged: "campaign-now-glosy", Role: "association_officer"},
		{Name: "unanswered", Path: "/potrzeby/bez-odpowiedzi", Role: "association_officer"},
		{Name: "unanswered-authority", Path: "/potrzeby/bez-odpowiedzi", Role: "authority_officer"},
	}
}

// needPages are one need, what was decided, and what came of it.
func needPages() []Page {
	return []Page{
		{Name: "need", Staged: "need-taught", Role: "association_officer"},
		{Name: "need-head", Staged: "need-taught", Role: "school_head"},
		{Name: "need-teacher", Staged: "need-taught", Role: "teacher"},
		{Name: "need-others", Staged: "need-taught", Role: "pupil", Status: 404},
		{Name: "need-declined", Staged: "need-declined", Role: "association_officer"},
		{Name: "need-open", Staged: "need-open", Role: "center_officer"},
		{Name: "need-trace", Staged: "need-taught-trace", Role: "association_officer"},
		{Name: "need-trace-short", Staged: "need-open-trace", Role: "association_officer"},
		{Name: "need-decide", Staged: "need-open-decide", Role: "association_officer"},
		{Name: "need-decide-refused", Staged: "need-open-decide", Role: "association_officer", Form: "#formularz", Fields: map[string]string{"tytul": ""}, Status: 422},
		{Name: "orders", Path: "/potrzeby/zlecenia", Role: "center_officer"},
		{Name: "orders-none", Path: "/potrzeby/zlecenia", Role: "authority_officer"},
		{Name: "order-end", Staged: "order-end", Role: "center_officer"},
		{Name: "first", Staged: "first-draft", Role: "center_officer"},
	}
}

// evaluationPages are what those who took part said.
func evaluationPages() []Page {
	return []Page{
		{Name: "evaluated", Path: "/prowadze/oceny", Role: "trainer"},
		{Name: "evaluated-none", Path: "/prowadze/oceny", Role: "methodological_adviser"},
		{Name: "evaluation-trainer", Staged: "evaluation-done", Role: "trainer"},
		{Name: "evaluation-center", Staged: "evaluation-done", Role: "center_officer"},
		{Name: "evaluation-now", Staged: "evaluation-now", Role: "center_officer"},
		{Name: "evaluations", Path: "/osrodek/oceny", Role: "center_officer"},
		{Name: "evaluations-public", Path: "/szkolenia/oceny"},
		{Name: "evaluations-fresh", Path: "/szkolenia/oceny", Fresh: true},
	}
}

// supportPages are the yearly work of a center with a school.
func supportPages() []Page {
	return []Page{
		{Name: "supports", Path: "/wspomaganie", Role: "center_officer"},
		{Name: "supports-head", Path: "/wspomaganie", Role: "school_head"},
		{Name: "support-new", Path: "/wspomaganie/nowe", Role: "center_officer"},
		{Name: "support-new-head", Path: "/wspomaganie/nowe", Role: "school_head"},
		{Name: "support-unmet", Path: "/wspomaganie/niezaspokojone", Role: "center_officer"},
		{Name: "support", Staged: "support", Role: "school_head"},
		{Name: "support-fresh", Staged: "support-fresh", Role: "center_officer"},
		{Name: "support-others", Staged: "support-fresh", Role: "school_head", Status: 404},
		{Name: "support-plan", Staged: "support-plan", Role: "school_head"},
		{Name: "support-plan-print", Staged: "support-print", Role: "school_head"},
		{Name: "support-forms", Staged: "support-forms", Role: "center_officer"},
		{Name: "support-effects", Staged: "support-effects", Role: "center_officer"},
		{Name: "support-need", Staged: "support-need", Role: "school_head"},
		{Name: "support-new-form", Staged: "support-new-form", Role: "center_officer"},
		{Name: "support-form", Staged: "support-form", Role: "center_officer"},
		{Name: "support-form-held", Staged: "support-form-held", Role: "school_head"},
	}
}
