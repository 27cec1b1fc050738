package browser

// Page is a page worth looking at. Where its address holds an id, links are
// followed from a page without one, so that the list knows no ids.
type Page struct {
	Name   string
	Path   string
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
)

// SetupToken stands in a path for the secret of the first administrator's link.
const SetupToken = "{token}"

// Pages are all pages worth looking at, each state of them that looks otherwise
// on a line of its own. A test of package app finds doors without a line here.
func Pages() []Page {
	return append(append(publicPages(), ownPages()...), officePages()...)
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
