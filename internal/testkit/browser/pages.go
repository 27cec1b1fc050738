package browser

import (
	"net/http"
	"slices"
)

// Page is a page worth looking at. Where its address holds an id, links are
// followed from a page without one, so that the list knows no ids.
type Page struct {
	Name   string
	Path   string
	Mailed string   // name of an address that came in a letter, instead of a path
	Staged string   // name of an address at which the stage has put something, instead of a path
	Follow []string // links to follow from there: patterns of their addresses
	Role   string   // who looks, as the table of rights calls it; "" a stranger
	Status int      // with which it is answered, 0 for 200

	Press  string            // what to click first, where it is to be seen
	Form   string            // what to send first: a selector
	Fields map[string]string // and what to put into it

	Map   bool // may weigh twice as much, for the script of the map
	Fresh bool // in an installation that is new and has no administrator yet
}

// Refused tells that the line is a plain refusal: somebody asks for a page that
// is not there, or not theirs.
func (p Page) Refused() bool {
	return p.Status >= http.StatusForbidden && p.Status <= http.StatusConflict && p.Form == "" && p.Press == "" && !p.Fresh
}

// Patterns of addresses to follow.
const (
	anInstitution = `^/instytucje/[0-9a-f-]{36}$`
	aGroup        = `^/instytucje/[0-9a-f-]{36}/zespol$`
	anImport      = `^/administracja/wczytania/[0-9a-f-]{36}$`
	corrections   = `^/instytucje/[0-9a-f-]{36}/poprawki$`
	itsTopics     = `^/instytucje/[0-9a-f-]{36}/tematy$`
	aReport       = `^/administracja/zgloszenia-kontaktow/[0-9a-f-]{36}$`
	aPerson       = `^/administracja/osoby/[0-9a-f-]{36}$`
	staff         = `^/instytucje/[0-9a-f-]{36}/osoby$`
	aMember       = `^/instytucje/[0-9a-f-]{36}/osoby/[0-9a-f-]{36}$`
	anInviting    = `^/instytucje/[0-9a-f-]{36}/osoby/zapros$`
	aLetter       = `^/administracja/poczta/[0-9a-f-]{36}$`
	aLogRow       = `^/administracja/dziennik/[0-9a-f-]{36}`
	aParameter    = `^/administracja/prawo/law\.`
	aPurpose      = `^/prywatnosc/[a-z]+\.`
	anAgreement   = `^/prywatnosc/umowa/`
	classes       = `^/instytucje/[0-9a-f-]{36}/klasy$`
	aClass        = `^/instytucje/[0-9a-f-]{36}/klasy/[0-9a-f-]{36}$`
	aPupil        = `^/instytucje/[0-9a-f-]{36}/klasy/[0-9a-f-]{36}/uczniowie/[0-9a-f-]{36}$`
	cards         = `^/instytucje/[0-9a-f-]{36}/klasy/[0-9a-f-]{36}/karty$`
	aSheet        = `^/instytucje/[0-9a-f-]{36}/osoby/wczytaj$`
	ownRequest    = `^/konto/moje-dane/wnioski/[0-9a-f-]{36}$`
	aRequest      = `^/administracja/prywatnosc/wnioski/[0-9a-f-]{36}$`
	aJoining      = `^/instytucje/[0-9a-f-]{36}/dolacz$`
)

// SetupToken stands in a path for the secret of the first administrator's link.
const SetupToken = "{token}"

// SlipCode stands in a field for the code of a slip.
const SlipCode = "{slip}"

// Pages are all pages worth looking at, each state of them that looks otherwise
// on a line of its own. A test of package app finds doors without a line here.
func Pages() []Page {
	return slices.Concat(publicPages(), ownPages(), waysIn(), officePages(), staffPages(), administrationPages(),
		searchPages(), topicPages(), contactPages(), importPages(), correctionPages(), trainingPages(), needsPages(), togetherPages(), budgetPages())
}

func publicPages() []Page {
	return []Page{
		{Name: "front", Path: "/"},
		{Name: "front-menu", Path: "/", Press: ".menu > summary"},
		{Name: "front-fresh", Path: "/", Fresh: true},
		{Name: "institutions", Path: "/instytucje"},
		{Name: "institutions-found", Path: "/instytucje?q=szkola&gmina=126101"},
		{Name: "institutions-groups", Path: "/instytucje?licz=zespoly&wedlug=organ&rodzaj=primary&rodzaj=complex&status=public&zamkniete=1"},
		{Name: "institutions-none", Path: "/instytucje?q=takiej+szkoly+nie+ma&rodzaj=primary"},
		{Name: "institutions-fresh", Path: "/instytucje", Fresh: true},
		{Name: "institution", Path: "/instytucje?rodzaj=primary", Follow: []string{anInstitution}},
		{Name: "institution-complex", Path: "/instytucje?rodzaj=complex", Follow: []string{anInstitution}},
		{Name: "institution-body", Path: "/instytucje?rodzaj=office", Follow: []string{anInstitution}},
		{Name: "map", Path: "/instytucje/mapa", Map: true},
		{Name: "map-found", Path: "/instytucje/mapa?rodzaj=primary&gmina=126101", Map: true},
		{Name: "municipalities", Path: "/gminy"},
		{Name: "municipality-city", Path: "/gminy/126101"},
		{Name: "municipality", Path: "/gminy/121905"},
		{Name: "rights", Path: "/uprawnienia"},
		{Name: "matter", Staged: "matter"},
		{Name: "matter-teacher", Staged: "matter", Role: "teacher"},
		{Name: "matter-none", Path: "/sprawa/nie-ma", Status: 404},
		{Name: "guide", Path: "/jak-korzystac"},
		{Name: "help", Path: "/pomoc"},
		{Name: "not-found", Path: "/nie-ma-takiej-strony", Status: 404},
		{Name: "bad-filter", Path: "/instytucje?gmina=nie-ma", Status: 400},
	}
}

// ownPages are those of people who sign in.
func ownPages() []Page {
	return []Page{
		{Name: "sign-in", Path: "/konto/zaloguj"},
		{Name: "sign-in-refused", Path: "/konto/zaloguj", Form: `main form[action="/konto/zaloguj"]`, Status: 422},
		{Name: "setup", Path: "/konto/pierwsze/" + SetupToken, Fresh: true},
		{Name: "setup-refused", Path: "/konto/pierwsze/" + SetupToken, Fresh: true, Form: "main form", Fields: map[string]string{"password": "krótkie"}, Status: 422},
		{Name: "account-head", Path: "/konto", Role: "school_head"},
		{Name: "account-administrator", Path: "/konto", Role: "administrator"},
		{Name: "desk-head", Path: "/moje-sprawy", Role: "school_head"},
		{Name: "desk-association", Path: "/moje-sprawy", Role: "association_officer"},
		{Name: "desk-administrator", Path: "/moje-sprawy", Role: "administrator"},
		{Name: "desk-resident", Path: "/moje-sprawy", Role: "resident"},
		{Name: "front-signed-in", Path: "/", Role: "pupil"},
		{Name: "forbidden", Path: "/administracja/zadania", Role: "teacher", Status: 403},
	}
}

// officePages are those of officers and of the administrator.
func officePages() []Page {
	return []Page{
		{Name: "register", Path: "/administracja/rejestr", Role: "association_officer"},
		{Name: "register-refused", Path: "/administracja/rejestr", Role: "association_officer", Form: "main form[enctype]", Status: 422},
		{Name: "register-reader", Path: "/administracja/rejestr", Role: "authority_officer"},
		{Name: "institution-officer", Path: "/instytucje?rodzaj=complex", Follow: []string{anInstitution}, Role: "association_officer"},
		{Name: "group", Path: "/instytucje?rodzaj=primary", Follow: []string{anInstitution, aGroup}, Role: "association_officer"},
		{Name: "group-refused", Path: "/instytucje?rodzaj=primary", Follow: []string{anInstitution, aGroup}, Role: "association_officer",
			Form: `main form[action$="/zespol"]`, Fields: map[string]string{"wybor": "under"}, Status: 422},
		{Name: "body", Path: "/instytucje/nowa", Role: "association_officer"},
		{Name: "body-refused", Path: "/instytucje/nowa", Role: "association_officer", Form: `main form[action="/instytucje/nowa"]`,
			Fields: map[string]string{"www": "javascript:alert(1)", "nip": "123"}, Status: 422},
		{Name: "jobs", Path: "/administracja/zadania", Role: "administrator"},
	}
}

// waysIn are the pages around signing in and one's own account.
func waysIn() []Page {
	return []Page{
		{Name: "link-ask", Path: "/konto/odnosnik"},
		{Name: "link-sent", Path: "/konto/odnosnik", Form: `main form[action="/konto/odnosnik"]`, Fields: map[string]string{"email": "ktos@example.org"}},
		{Name: "link", Mailed: "odnosnik"},
		{Name: "invitation", Mailed: "zaproszenie"},
		{Name: "unsubscribe", Mailed: "wypisz"},
		{Name: "recover", Path: "/konto/nie-pamietam"},
		{Name: "security", Path: "/konto/bezpieczenstwo", Role: "school_head"},
		{Name: "second-step", Path: "/konto/drugi-krok", Role: "class_tutor"},
		{Name: "second-app", Path: "/konto/drugi-krok/aplikacja", Role: "class_tutor"},
		{Name: "second-list", Path: "/konto/drugi-krok/lista", Role: "class_tutor"},
		{Name: "fresh", Path: "/konto/potwierdz", Role: "teacher"},
		{Name: "inbox", Path: "/konto/powiadomienia", Role: "school_head"},
		{Name: "inbox-empty", Path: "/konto/powiadomienia", Role: "caretaker"},
		{Name: "notify-settings", Path: "/konto/powiadomienia/ustawienia", Role: "teacher"},
		{Name: "proxies", Path: "/konto/zastepstwa", Role: "school_head"},
		{Name: "proxies-none", Path: "/konto/zastepstwa", Role: "teacher"},
		{Name: "acts-head", Path: "/konto/do-zatwierdzenia", Role: "school_head"},
		{Name: "acts-secretary", Path: "/konto/do-zatwierdzenia", Role: "school_secretary"},
		{Name: "my-data", Path: "/konto/moje-dane", Role: "teacher"},
		{Name: "my-request", Path: "/konto/moje-dane/wniosek", Role: "teacher"},
		{Name: "own-request", Path: "/konto/moje-dane", Follow: []string{ownRequest}, Role: "teacher"},
		{Name: "link-refused", Path: "/konto/odnosnik", Form: `main form[action="/konto/odnosnik"]`, Status: 422},
		{Name: "link-gone", Path: "/konto/odnosnik/nie-ma", Status: 404},
		{Name: "security-refused", Path: "/konto/bezpieczenstwo", Role: "school_head", Form: `main form[action$="/haslo"]`, Status: 422},
		{Name: "second-app-refused", Path: "/konto/drugi-krok/aplikacja", Role: "class_tutor", Form: `main form[action^="/konto/drugi-krok/aplikacja"]`, Status: 422},
		{Name: "consents", Path: "/konto/zgody", Role: "teacher"},
		{Name: "who-looked", Path: "/konto/kto-zagladal", Role: "teacher"},
		{Name: "account-hats", Path: "/konto", Role: "methodological_adviser"},
		{Name: "card", Path: "/konto/karta?nr=12345674"},
		{Name: "finished", Path: "/konto/koniec"},
		{Name: "law", Path: "/prawo"},
		{Name: "privacy", Path: "/prywatnosc"},
		{Name: "purpose", Path: "/prywatnosc", Follow: []string{aPurpose}},
		{Name: "agreement-text", Path: "/prywatnosc/umowa/entrustment"},
	}
}

// staffPages are those of an institution about its people.
func staffPages() []Page {
	return []Page{
		{Name: "staff", Path: "/konto", Follow: []string{anInstitution, staff}, Role: "school_secretary"},
		{Name: "member", Path: "/konto", Follow: []string{anInstitution, staff, aMember}, Role: "school_head"},
		{Name: "invite", Path: "/konto", Follow: []string{anInstitution, staff, anInviting}, Role: "school_head"},
		{Name: "invite-refused", Path: "/konto", Follow: []string{anInstitution, staff, anInviting}, Role: "school_head", Form: `main form[action$="/zapros"]`, Status: 422},
		{Name: "invite-prepare", Path: "/konto", Follow: []string{anInstitution, staff, anInviting}, Role: "school_secretary"},
		{Name: "sheet", Path: "/konto", Follow: []string{anInstitution, staff, aSheet}, Role: "school_head"},
		{Name: "classes", Path: "/konto", Follow: []string{anInstitution, classes}, Role: "deputy_head"},
		{Name: "classes-tutor", Path: "/konto", Follow: []string{anInstitution, classes}, Role: "class_tutor"},
		{Name: "class", Path: "/konto", Follow: []string{anInstitution, classes, aClass}, Role: "deputy_head"},
		{Name: "class-tutor", Path: "/konto", Follow: []string{anInstitution, classes, aClass}, Role: "class_tutor"},
		{Name: "pupil", Path: "/konto", Follow: []string{anInstitution, classes, aClass, aPupil}, Role: "deputy_head"},
		{Name: "cards", Path: "/konto", Follow: []string{anInstitution, classes, aClass, cards}, Role: "class_tutor"},
		{Name: "join", Path: "/instytucje?rodzaj=complex", Follow: []string{anInstitution, aJoining}, Role: "resident"},
	}
}

// administrationPages are those of the whole installation.
func administrationPages() []Page {
	return []Page{
		{Name: "administration", Path: "/administracja", Role: "administrator"},
		{Name: "administration-protection", Path: "/administracja", Role: "protection_officer"},
		{Name: "people", Path: "/administracja/osoby", Role: "administrator"},
		{Name: "people-found", Path: "/administracja/osoby?q=a&rola=teacher", Role: "administrator"},
		{Name: "people-none", Path: "/administracja/osoby?q=nikt+taki", Role: "administrator"},
		{Name: "person", Path: "/administracja/osoby", Follow: []string{aPerson}, Role: "administrator"},
		{Name: "invitations", Path: "/administracja/zaproszenia", Role: "administrator"},
		{Name: "invitations-refused", Path: "/administracja/zaproszenia", Role: "administrator", Form: `main form[action="/administracja/zaproszenia"]`, Status: 422},
		{Name: "audit", Path: "/administracja/dziennik", Role: "administrator"},
		{Name: "audit-row", Path: "/administracja/dziennik", Follow: []string{aLogRow}, Role: "administrator"},
		{Name: "mail", Path: "/administracja/poczta", Role: "administrator"},
		{Name: "letter", Path: "/administracja/poczta", Follow: []string{aLetter}, Role: "administrator"},
		{Name: "files", Path: "/administracja/pliki", Role: "administrator"},
		{Name: "law-office", Path: "/administracja/prawo", Role: "association_officer"},
		{Name: "law-parameter", Path: "/administracja/prawo", Follow: []string{aParameter}, Role: "association_officer"},
		{Name: "privacy-office", Path: "/administracja/prywatnosc", Role: "protection_officer"},
		{Name: "privacy-requests", Path: "/administracja/prywatnosc/wnioski", Role: "protection_officer"},
		{Name: "privacy-request", Path: "/administracja/prywatnosc/wnioski", Follow: []string{aRequest}, Role: "protection_officer"},
		{Name: "privacy-deletion", Path: "/administracja/prywatnosc/usuwanie", Role: "protection_officer"},
		{Name: "privacy-agreements", Path: "/administracja/prywatnosc/umowy", Role: "protection_officer"},
		{Name: "privacy-parties", Path: "/administracja/prywatnosc/administratorzy", Role: "protection_officer"},
		{Name: "privacy-disposal", Path: "/administracja/prywatnosc/brakowanie", Role: "protection_officer"},
	}
}

// searchPages are the search of everything.
func searchPages() []Page {
	return []Page{
		{Name: "search", Path: "/szukaj"},
		{Name: "search-found", Path: "/szukaj?q=matematyka", Role: "teacher"},
		{Name: "search-kind", Path: "/szukaj?q=szkola&rodzaj=institution"},
		{Name: "search-narrowed", Path: "/szukaj?q=szkola&rodzaj=institution&typ=primary"},
		{Name: "search-mistyped", Path: "/szukaj?q=matemtyka"},
		{Name: "search-none", Path: "/szukaj?q=takiego+s%C5%82owa+nie+ma+zupe%C5%82nie"},
		{Name: "search-phrase", Path: "/szukaj?q=%22ocenianie+kszta%C5%82tuj%C4%85ce%22", Role: "school_head"},
	}
}

// topicPages are the vocabulary, to readers and to its editors.
func topicPages() []Page {
	return []Page{
		{Name: "topics", Path: "/tematy"},
		{Name: "topics-found", Path: "/tematy?q=ocenianie"},
		{Name: "topics-none", Path: "/tematy?q=takiego+tematu+nie+ma"},
		{Name: "topic", Path: "/tematy/matematyka", Role: "association_officer"},
		{Name: "topic-split", Path: "/tematy/technika"},
		{Name: "topics-editor", Path: "/administracja/tematy", Role: "association_officer"},
		{Name: "topic-new", Path: "/administracja/tematy/nowy", Role: "association_officer"},
		{Name: "topic-new-refused", Path: "/administracja/tematy/nowy", Role: "association_officer", Form: `main form[action="/administracja/tematy/nowy"]`, Status: 422},
		{Name: "topic-edit", Path: "/administracja/tematy/ocenianie-ksztaltujace", Role: "association_officer"},
		{Name: "topic-edit-merged", Path: "/administracja/tematy/ocenianie-wewnatrzszkolne", Role: "association_officer"},
		{Name: "topic-merge", Path: "/administracja/tematy/matematyka/scal", Role: "association_officer"},
		{Name: "topic-effects", Staged: "topic-effects", Role: "association_officer"},
		{Name: "topic-divide", Path: "/administracja/tematy/matematyka/podziel", Role: "association_officer"},
		{Name: "topics-waiting", Path: "/administracja/tematy/oczekujace", Role: "association_officer"},
		{Name: "topics-load", Path: "/administracja/tematy/wczytaj", Role: "association_officer"},
		{Name: "topics-institution", Path: "/konto", Follow: []string{anInstitution, itsTopics}, Role: "school_head"},
	}
}

// contactPages are those of people who help each other.
func contactPages() []Page {
	return []Page{
		{Name: "helpers", Path: "/kto-pomoze"},
		{Name: "helpers-teacher", Path: "/kto-pomoze", Role: "teacher"},
		{Name: "helpers-none", Path: "/kto-pomoze?gmina=121905&strona=looks", Role: "teacher"},
		{Name: "helpers-fresh", Path: "/kto-pomoze", Fresh: true},
		{Name: "entry", Staged: "entry-school_head"},
		{Name: "entry-other", Staged: "entry-teacher", Role: "school_head"},
		{Name: "entry-other-refused", Staged: "entry-teacher", Role: "school_head", Form: `main form[action$="/prosba"]`, Status: 422},
		{Name: "entry-own", Staged: "entry-teacher", Role: "teacher"},
		{Name: "entry-new", Path: "/kto-pomoze/nowy", Role: "school_head"},
		{Name: "entry-new-refused", Path: "/kto-pomoze/nowy", Role: "school_head", Form: `main form[action="/kto-pomoze"]`, Status: 422},
		{Name: "entry-change", Staged: "entry-change", Role: "teacher"},
		{Name: "contacts", Path: "/kontakty", Role: "school_head"},
		{Name: "contacts-asker", Path: "/kontakty", Role: "counselor"},
		{Name: "contacts-none", Path: "/kontakty", Role: "expert"},
		{Name: "request-head", Staged: "request", Role: "school_head"},
		{Name: "request-asker", Staged: "request", Role: "counselor"},
		{Name: "talk-asker", Staged: "talk", Role: "counselor"},
		{Name: "talk-owner", Staged: "talk", Role: "teacher"},
		{Name: "report", Staged: "report", Role: "counselor"},
		{Name: "introduce", Staged: "introduce", Role: "counselor"},
		{Name: "intro", Staged: "intro", Role: "teacher"},
		{Name: "intro-by", Staged: "intro", Role: "counselor"},
		{Name: "blocks", Path: "/konto/blokady", Role: "center_officer"},
		{Name: "blocks-none", Path: "/konto/blokady", Role: "teacher"},
		{Name: "hints", Path: "/konto/podpowiedzi", Role: "school_head"},
		{Name: "reports", Path: "/administracja/zgloszenia-kontaktow", Role: "association_officer"},
		{Name: "reported", Path: "/administracja/zgloszenia-kontaktow", Follow: []string{aReport}, Role: "association_officer"},
	}
}

// importPages are those of imports of every kind.
func importPages() []Page {
	return []Page{
		{Name: "imports", Path: "/administracja/wczytania", Role: "association_officer"},
		{Name: "imports-none", Path: "/administracja/wczytania", Role: "school_secretary"},
		{Name: "difference", Path: "/administracja/wczytania", Follow: []string{anImport}, Role: "association_officer"},
		{Name: "difference-new", Staged: "import-shown-new", Role: "association_officer"},
		{Name: "difference-changed", Staged: "import-shown-changed", Role: "association_officer"},
		{Name: "difference-problems", Staged: "import-shown-problems", Role: "association_officer"},
		{Name: "difference-reader", Staged: "import-shown", Role: "authority_officer"},
		{Name: "import-applied", Staged: "import-applied", Role: "association_officer"},
		{Name: "import-undo", Staged: "import-undo", Role: "association_officer"},
		{Name: "import-staff", Staged: "import-staff", Role: "school_head"},
	}
}

// correctionPages are what institutions say against the register.
func correctionPages() []Page {
	return []Page{
		{Name: "corrections", Path: "/konto", Follow: []string{anInstitution, corrections}, Role: "school_head"},
		{Name: "corrections-refused", Path: "/konto", Follow: []string{anInstitution, corrections}, Role: "school_head", Form: `main form[action$="/poprawki"]`, Status: 422},
		{Name: "corrections-officer", Staged: "corrections", Role: "association_officer"},
		{Name: "corrections-waiting", Path: "/administracja/poprawki", Role: "association_officer"},
		{Name: "institution-moved", Staged: "moved"},
		{Name: "institution-head", Path: "/konto", Follow: []string{anInstitution}, Role: "school_head"},
	}
}
