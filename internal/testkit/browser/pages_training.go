package browser

import "slices"

// trainingPages are the offer of centers, the places in it, attendance, papers
// and old records. What they show is in every demo or put there by the stage.
func trainingPages() []Page {
	return slices.Concat(catalogPages(), placePages(), offerPages(), peoplePages(), attendancePages(), paperPages(), recordPages(), portfolioPages())
}

// catalogPages are what everybody sees of the offer.
func catalogPages() []Page {
	return []Page{
		{Name: "trainings", Path: "/szkolenia"},
		{Name: "trainings-found", Path: "/szkolenia?q=klas&gmina=126101"},
		{Name: "trainings-none", Path: "/szkolenia?q=takiego+szkolenia+nie+ma"},
		{Name: "trainings-past", Path: "/szkolenia?kiedy=dawne"},
		{Name: "trainings-fresh", Path: "/szkolenia", Fresh: true},
		{Name: "trainings-month", Path: "/szkolenia/kalendarz"},
		{Name: "trainings-map", Path: "/szkolenia/mapa", Map: true},
		{Name: "training", Staged: "training-full"},
		{Name: "training-webinar", Staged: "training-webinar", Role: "teacher"},
		{Name: "training-tracks", Staged: "training-conference"},
		{Name: "training-staff", Staged: "training-staff", Role: "school_head"},
		{Name: "training-over", Staged: "training-certified"},
		{Name: "training-desk", Staged: "training-few", Role: "center_officer"},
	}
}

// placePages are one person's place in a training, with an account and by the
// mailed link, and the pages of who sends others.
func placePages() []Page {
	return []Page{
		{Name: "enroll", Staged: "enroll"},
		{Name: "enroll-refused", Staged: "enroll", Form: `main form[action$="/zapis"]`, Status: 422},
		{Name: "enroll-full", Staged: "enroll-full", Role: "teacher"},
		{Name: "enroll-tracks", Staged: "enroll-tracks", Role: "teacher"},
		{Name: "place-offered", Staged: "place-offered", Role: "teacher"},
		{Name: "place-online", Staged: "place-webinar", Role: "teacher"},
		{Name: "place-asks", Staged: "place-asks", Role: "teacher"},
		{Name: "place-completed", Staged: "place-certified", Role: "teacher"},
		{Name: "place-pending", Staged: "place-pending"},
		{Name: "place-guest", Staged: "place-guest"},
		{Name: "place-history", Staged: "own-history", Role: "teacher"},
		{Name: "own-trainings", Path: "/moje-szkolenia", Role: "teacher"},
		{Name: "own-trainings-none", Path: "/moje-szkolenia", Role: "expert"},
		{Name: "staff-trainings", Path: "/kadra/szkolenia", Role: "school_head"},
		{Name: "staff-trainings-none", Path: "/kadra/szkolenia", Role: "center_director"},
		{Name: "staff-enroll", Staged: "staff-enroll", Role: "school_head"},
		{Name: "staff-enroll-refused", Staged: "staff-enroll", Role: "school_head", Form: `main form[action^="/kadra/szkolenia/zapis"]`, Status: 422},
	}
}

// offerPages are those of who writes the offer.
func offerPages() []Page {
	return []Page{
		{Name: "shelf", Path: "/osrodek/szkolenia", Role: "center_officer"},
		{Name: "offer-new", Path: "/osrodek/szkolenia/nowe", Role: "center_officer"},
		{Name: "offer-new-refused", Path: "/osrodek/szkolenia/nowe", Role: "center_officer", Form: `main form[action="/osrodek/szkolenia/nowe"]`, Status: 422},
		{Name: "offer", Staged: "offer-full", Role: "center_officer"},
		{Name: "offer-draft", Staged: "offer-draft", Role: "center_officer"},
		{Name: "offer-words", Staged: "words-course", Role: "center_officer"},
		{Name: "offer-dates", Staged: "dates-conference", Role: "center_officer"},
		{Name: "offer-places", Staged: "places-full", Role: "center_officer"},
		{Name: "offer-terms", Staged: "terms-asks", Role: "center_officer"},
		{Name: "offer-leaders", Staged: "leaders-full", Role: "center_officer"},
		{Name: "offer-publish", Staged: "publish-draft", Role: "center_officer"},
		{Name: "offer-decide", Staged: "decide-few", Role: "center_officer"},
		{Name: "offer-cancel", Staged: "cancel-full", Role: "center_officer"},
		{Name: "offer-cancel-refused", Staged: "cancel-full", Role: "center_officer", Form: `main form[action$="/odwolaj"]`, Status: 422},
		{Name: "offer-postpone", Staged: "postpone-full", Role: "center_officer"},
		{Name: "offer-repeat", Staged: "repeat-full", Role: "center_officer"},
		{Name: "offer-materials", Staged: "materials-full", Role: "center_officer"},
	}
}

// peoplePages are the enrollments of a training, for who runs it.
func peoplePages() []Page {
	return []Page{
		{Name: "desk-people", Staged: "people-full", Role: "center_officer"},
		{Name: "desk-people-none", Staged: "people-draft", Role: "center_officer"},
		{Name: "desk-person", Staged: "desk-person", Role: "center_officer"},
		{Name: "desk-needs", Staged: "needs-empty", Role: "center_officer"},
		{Name: "desk-phone", Staged: "phone-full", Role: "center_officer"},
		{Name: "desk-phone-refused", Staged: "phone-full", Role: "center_officer", Form: `main form[action$="/telefon"]`, Status: 422},
		{Name: "desk-substitutes", Staged: "substitutes-full", Role: "center_officer"},
		{Name: "desk-admission", Staged: "admission-course", Role: "center_officer"},
		{Name: "desk-applicant", Staged: "desk-applicant", Role: "center_officer"},
		{Name: "desk-history", Staged: "history-certified", Role: "center_officer"},
	}
}

// attendancePages are the lists, on a phone and for paper, and what comes of them.
func attendancePages() []Page {
	return []Page{
		{Name: "lead", Path: "/prowadze", Role: "trainer"},
		{Name: "take", Staged: "take-now", Role: "trainer"},
		{Name: "take-later", Staged: "take-later", Role: "trainer"},
		{Name: "take-over", Staged: "take-over", Role: "trainer"},
		{Name: "code", Staged: "code-now", Role: "trainer"},
		{Name: "presence", Staged: "presence-now"},
		{Name: "presence-own", Staged: "presence-own", Role: "teacher"},
		{Name: "attendance", Staged: "attendance-over", Role: "center_officer"},
		{Name: "settle-over", Staged: "settle-over", Role: "center_officer"},
		{Name: "settle-closed", Staged: "settle-paid", Role: "center_officer"},
		{Name: "account", Staged: "account-over", Role: "center_officer"},
		{Name: "account-closed", Staged: "account-closed", Role: "center_officer"},
		{Name: "course-record", Staged: "record-course", Role: "center_officer"},
		{Name: "prints", Staged: "prints-full", Role: "center_officer"},
		{Name: "prints-list", Staged: "list-over", Role: "trainer"},
	}
}

// paperPages are certificates and diplomas, for the center, the holder and
// whoever checks them.
func paperPages() []Page {
	return []Page{
		{Name: "papers-training", Staged: "papers-certified", Role: "center_officer"},
		{Name: "papers-training-open", Staged: "papers-full", Role: "center_officer"},
		{Name: "papers-candidate", Staged: "candidate", Role: "center_officer"},
		{Name: "papers-issuing", Staged: "issuing", Role: "center_officer"},
		{Name: "papers-register", Path: "/osrodek/rejestr", Role: "center_officer"},
		{Name: "papers-register-none", Path: "/osrodek/rejestr?q=nikt+taki", Role: "center_officer"},
		{Name: "papers-settings", Path: "/osrodek/rejestr/ustawienia", Role: "center_officer"},
		{Name: "paper", Staged: "paper", Role: "center_officer"},
		{Name: "paper-corrected", Staged: "paper-corrected", Role: "center_officer"},
		{Name: "paper-voided", Staged: "paper-voided", Role: "center_officer"},
		{Name: "paper-correct", Staged: "paper-correct", Role: "center_officer"},
		{Name: "blanks", Path: "/osrodek/blankiety", Role: "center_officer"},
		{Name: "blanks-model", Path: "/osrodek/blankiety/wzor", Role: "center_director"},
		{Name: "signing", Path: "/osrodek/podpis", Role: "center_director"},
		{Name: "signing-batch", Staged: "batch", Role: "center_director"},
		{Name: "signing-keys", Path: "/osrodek/podpis/klucze", Role: "center_director"},
		{Name: "paper-holder", Staged: "holder", Role: "teacher"},
		{Name: "paper-birth", Staged: "birth", Role: "teacher"},
		{Name: "paper-guest", Staged: "holder-guest"},
		{Name: "check", Path: "/zaswiadczenia"},
		{Name: "check-number", Staged: "number"},
		{Name: "check-badge", Path: "/zaswiadczenia/odznaka"},
		{Name: "verified", Staged: "verified"},
		{Name: "verified-corrected", Staged: "verified-corrected"},
		{Name: "verified-voided", Staged: "verified-voided"},
		{Name: "verified-wrong", Path: "/zaswiadczenia/1-PCDN-2026/ABCDEFGHIJKLMNOP", Status: 404},
	}
}

// recordPages are money and what came from older systems.
func recordPages() []Page {
	return []Page{
		{Name: "settlements", Path: "/osrodek/rozliczenia", Role: "center_officer"},
		{Name: "dues", Staged: "dues-paid", Role: "center_officer"},
		{Name: "dues-free", Staged: "dues-full", Role: "center_officer"},
		{Name: "buyer", Staged: "buyer", Role: "school_head"},
		{Name: "takeover", Path: "/osrodek/przejecie", Role: "center_officer"},
		{Name: "takeover-difference", Staged: "takeover-shown", Role: "center_officer"},
		{Name: "pairs", Path: "/osrodek/powtorzenia", Role: "center_officer"},
		{Name: "pair", Path: "/osrodek/powtorzenia", Follow: []string{`^/osrodek/powtorzenia/[0-9a-f-]{36}$`}, Role: "center_officer"},
	}
}

// portfolioPages are what a teacher learned, and what the head confirms of it.
func portfolioPages() []Page {
	const note = `^/moje-doskonalenie/.+/notatka$`
	return []Page{
		{Name: "portfolio", Path: "/moje-doskonalenie", Role: "teacher"},
		{Name: "portfolio-none", Path: "/moje-doskonalenie", Role: "expert"},
		{Name: "portfolio-new", Path: "/moje-doskonalenie/nowe", Role: "teacher"},
		{Name: "portfolio-new-refused", Path: "/moje-doskonalenie/nowe", Role: "teacher", Form: `main form[enctype]`, Status: 422},
		{Name: "portfolio-entry", Staged: "learned", Role: "teacher"},
		{Name: "portfolio-note", Path: "/moje-doskonalenie", Follow: []string{note}, Role: "teacher"},
		{Name: "portfolio-print", Path: "/moje-doskonalenie/zestawienie", Role: "teacher"},
		{Name: "portfolio-head", Path: "/kadra/dokumenty", Role: "school_head"},
	}
}
