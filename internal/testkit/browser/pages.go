package browser

import "slices"

// Page is a page worth looking at. Where its address holds an id, links are
// followed from a page without one, so that the list knows no ids.
type Page struct {
	Name   string
	Path   string
	Mailed string   // name of a link in a letter, instead of a path
	Follow []string // links to follow from there: patterns of their addresses
	Role   string   // who looks, as the table of rights calls it; "" a stranger
	Status int      // with which it is answered, 0 for 200

	Press  string            // what to click first, where it is to be seen
	Form   string            // what to send first: a selector
	Fields map[string]string // and what to put into it

	Map   bool // may weigh twice as much, for the script of the map
	Fresh bool // in an installation that is new and has no administrator yet
}

// Patterns of addresses to follow.
const (
	anInstitution = `^/instytucje/[0-9a-f-]{36}$`
	aGroup        = `^/instytucje/[0-9a-f-]{36}/zespol$`
	anImport      = `^/administracja/rejestr/[0-9a-f-]{36}$`
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

// Pages are all pages worth looking at, each state of them that looks otherwise
// on a line of its own. A test of package app finds doors without a line here.
func Pages() []Page {
	return slices.Concat(publicPages(), ownPages(), waysIn(), officePages(), staffPages(), administrationPages())
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
		{Name: "difference", Path: "/administracja/rejestr", Follow: []string{anImport}, Role: "association_officer"},
		{Name: "difference-changed", Path: "/administracja/rejestr", Follow: []string{anImport, `\?co=changed$`}, Role: "association_officer"},
		{Name: "difference-problems", Path: "/administracja/rejestr", Follow: []string{anImport, `\?co=problems$`}, Role: "association_officer"},
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
