package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/testkit"
)

// notPersonal are the tables that no purpose holds, and why. An id of a person
// alone is no name: it means nothing once the person's own row is erased.
var notPersonal = map[string]string{
	"versions":                     "counters of changes",
	"properties":                   "what the database says of itself",
	"jobs":                         "payloads hold ids, and go with the job",
	"jobs_periods":                 "names of periodic work",
	"jobs_progress":                "the id of who waits; gone after a week",
	"events":                       "ids, numbers and keys",
	"trace_steps":                  "ids and message keys",
	"trace_links":                  "ids of matters",
	"counts":                       "numbers of visits, of nobody",
	"access_links":                 "digests of setup links, which are nobody's yet",
	"access_guesses":               "keyed hashes, gone within the hour",
	"custody_keys":                 "public halves of keys and an envelope of random bytes",
	"budget_mark_keys":             "sealed keys of marks, which are nobody's",
	"budget_rights":                "random numbers of electors, with no time and no choice",
	"budget_slips":                 "random numbers of pieces of paper",
	"budget_tries":                 "keyed hashes, gone within a day",
	"budget_envelopes":             "sealed votes, nobody's",
	"budget_envelope_counts":       "numbers",
	"budget_envelope_digests":      "digests of sealed votes, nobody's",
	"budget_paper_rows":            "sealed lines of ballots on paper, nobody's",
	"budget_project_items":         "what a project costs",
	"budget_project_steps":         "what happened to a project, in the words of decisions",
	"budget_campaigns":             "public words about a project, which name nobody",
	"budget_pictures":              "which picture belongs to what",
	"budget_explained":             "what was worked out of a count",
	"budget_openings":              "where a count stands",
	"budget_ballots":               "opened votes in the order of their content, nobody's",
	"budget_counts":                "outcomes of counts",
	"audit_chain":                  "keyed marks and salted digests",
	"audit_head":                   "the end of the chain",
	"audit_erasures":               "places in the chain",
	"audit_checkpoints":            "signed states of the chain",
	"files_blobs":                  "contents by keyed digest; whose they are stands in files_files",
	"files_loose":                  "names of objects, drawn",
	"privacy_agreements":           "papers of institutions; ids of who entered them",
	"privacy_holds":                "purposes; ids of who placed the hold",
	"privacy_runs":                 "nightly deletions",
	"privacy_run_rows":             "numbers of rows",
	"privacy_erasures":             "ids of who was erased: without them a backup would bring them back",
	"privacy_consent_texts":        "texts as they were shown to everybody",
	"privacy_records":              "titles of files of an office, which hold no personal words",
	"directory_municipalities":     "public register",
	"directory_districts":          "public register",
	"directory_institutions":       "public register of institutions, contacts of offices",
	"directory_words":              "words of names of institutions",
	"directory_sources":            "what the public register stated",
	"directory_history":            "names, addresses and parents of institutions; ids of imports",
	"directory_topics":             "words of the vocabulary",
	"directory_topic_parts":        "into which topics one was split",
	"directory_topic_uses":         "topics of things, by their ids",
	"directory_topic_history":      "changes of the vocabulary; ids of editors, as in a record of an office",
	"directory_network_topics":     "topics of entries; whose they are stands in directory_network_entries",
	"importing_batches":            "names of files and numbers; ids of who read and settled them",
	"search_docs":                  "copies of what modules show; replaced or deleted after the original",
	"search_facets":                "keys",
	"search_queue":                 "ids that wait to be indexed",
	"search_kinds":                 "versions of the index",
	"search_words":                 "words of public documents",
	"search_word_keys":             "letters left out of these words",
	"directory_import_corrections": "rows of the public register",
	"access_year_keys":             "sealed keys of school years",
	"counter_series":               "numbers",
	"training_trainings":           "offers; ids of who wrote them",
	"training_meetings":            "days, rooms; the id of who closed the list",
	"training_pools":               "numbers of seats",
	"training_eligible":            "roles, kinds of schools, municipalities",
	"training_partners":            "institutions that organize together",
	"training_topics":              "topics of trainings",
	"training_materials":           "files of a training; names of files lie with the files",
	"training_queue":               "ids in the order of the queue: whose they are stands in training_enrollments",
	"training_told":                "ids of what was told",
	"training_tries":               "keyed hashes, gone after two days",
	"training_code_tries":          "ids and numbers, gone a day after the meeting",
	"training_required":            "names of papers that a course asks for",
	"training_buyers":              "institutions, as on an invoice; ids of who entered them",
	"training_statements":          "statements of institutions; ids of who made them",
	"training_paper_series":        "numbers",
	"training_paper_models":        "forms of papers",
	"training_blanks":              "numbers of blank forms",
	"training_batches":             "batches of papers, by number",
	"training_batch_items":         "papers in batches, by id",
	"training_batch_strays":        "names of files, deleted when the batch closes",
	"training_signing_keys":        "keys, sealed",
	"training_paper_badges":        "random numbers of badges",
	"training_paper_tries":         "keyed hashes, gone after a day",
	"survey_definitions":           "questionnaires; ids of who wrote them",
	"survey_rounds":                "what was asked and when, and numbers",
	"survey_links":                 "how many may answer by the link of a staff room; its key stands nowhere",
	"survey_paper":                 "numbers of forms on paper",
	"survey_units":                 "numbers of those asked, instead of their list",
	"disclosure_plans":             "institutions and how many people are asked there",
	"disclosure_leaves":            "ids of institutions",
	"disclosure_releases":          "published numbers; what is hidden is not in them",
	"needs_topics":                 "topics of campaigns",
	"needs_scope":                  "municipalities and kinds of institutions",
	"needs_asked":                  "institutions, and how many people were asked there",
	"needs_needs":                  "topics that somebody named; who, stands in needs_declarations and needs_interest",
	"needs_ranks":                  "sums of what institutions declared",
	"needs_releases":               "names of published numbers, and what maps draw of them",
	"needs_plans":                  "forms and days of what is to be offered",
	"needs_plan_seats":             "numbers of seats",
	"needs_orders":                 "what was ordered from a center",
	"needs_tellings":               "how many were told",
	"needs_eval_subjects":          "titles of trainings",
	"needs_eval_groups":            "published numbers; what is published together",
	"needs_eval_rounds":            "when is asked about a training, and how many",
	"needs_eval_withheld":          "keyed digests of words, of nobody",
	"needs_support_needs":          "what a school lacks, in words about the school",
	"needs_support_forms":          "forms of work; who leads is a role or an institution",
	"needs_support_answers":        "which needs a form of work answers",
	"needs_support_plans":          "plans as they were agreed, without who agreed",
	"needs_eval_years":             "sums of published numbers",
	"networks_topics":              "topics of networks",
	"networks_schools":             "schools that a network invited",
	"networks_listed":              "meetings of one network in the plan of another",
	"networks_tasks":               "tasks for self-study; who did one stands in networks_done",
	"networks_materials":           "titles of files",
	"networks_polls":               "titles of questions",
	"networks_dates":               "proposed dates; who can come stands in networks_votes",
	"agreements_parties":           "institutions",
	"agreements_areas":             "areas of agreements",
	"agreements_outcomes":          "expected outcomes",
	"agreements_annexes":           "annexes",
	"agreements_attachments":       "titles of files",
	"agreements_results":           "activities of the ledger",
	"agreements_confirmed":         "figures as parties confirmed them",
	"ledger_latest":                "keys of facts",
	"ledger_activities":            "what facts are about, without titles",
	"ledger_places":                "where activities count",
	"ledger_years":                 "school years",
	"ledger_totals":                "sums",
	"ledger_presence":              "sums",
	"ledger_rules":                 "rules",
	"meetings_boxes":               "numbers of a vote under way, of nobody",
	"meetings_floor":               "whether questions are taken at a meeting",
	"meetings_items":               "items of agendas; who speaks is named as on the agenda that is read out",
	"meetings_large":               "seats, stream and deadline of a large meeting",
	"meetings_materials":           "titles of files",
	"meetings_papers":              "states of minutes; who signs stands in them as typed public functions",
	"meetings_series":              "series of meetings",
	"meetings_steps":               "what became of topics",
	"meetings_tables":              "tables by topic",
	"meetings_texts":               "minutes: an office's record, its authors are in meetings_saves",
	"meetings_units":               "units for which somebody is invited",
	"meetings_usual":               "usual agendas; who speaks is named as on them",
	"meetings_voters":              "seats that voted while a secret vote is open, without the choice; gone at its close",
	"meetings_voting":              "rules of voting",
	"plan_actions":                 "actions of the plan",
	"plan_areas":                   "areas of the plan",
	"plan_figures":                 "public figures",
	"plan_finding_figures":         "figures that a finding rests on",
	"plan_finding_goals":           "goals of findings",
	"plan_goals":                   "goals",
	"plan_indicators":              "indicators",
	"plan_paragraphs":              "text of the plan",
	"plan_themes":                  "themes",
}

// A table that nobody has thought about fails here.
// heldTwice are the tables whose rows name two people for two purposes: who said
// something, and who judged it.
var heldTwice = []string{"talk_posts", "talk_reports"}

func TestPurposesHoldEveryTable(t *testing.T) {
	h := openHouse(t)
	tables, err := h.db.Tables(t.Context(), h.db)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, p := range h.Privacy().Registry.Purposes() {
		for _, x := range p.Holds {
			if other, twice := held[x.Table]; twice && !slices.Contains(heldTwice, x.Table) {
				t.Errorf("%s is in %s and in %s", x.Table, other, p.Key)
			}
			held[x.Table] = p.Key
		}
	}
	there := map[string]bool{}
	for _, table := range tables {
		there[table.Name] = true
		reason, none := notPersonal[table.Name]
		switch {
		case held[table.Name] == "" && !none:
			t.Errorf("%s: which purpose holds it, or why does it hold nobody's data?", table.Name)
		case held[table.Name] != "" && none:
			t.Errorf("%s is in %s, and not personal because: %s", table.Name, held[table.Name], reason)
		}
	}
	for table := range held {
		if !there[table] {
			t.Errorf("there is no table %s", table)
		}
	}
	if len(held) < 20 || len(there) < 40 {
		t.Errorf("%d of %d tables hold personal data: did the list break?", len(held), len(there))
	}
}

// Every key of a purpose is a text, and every holding answers on both databases.
func TestPurposesAnswer(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		c, ctx := h.Texts(), t.Context()
		text := func(key string) {
			if !c.Has(key) {
				t.Errorf("there is no text %q", key)
			}
		}
		for _, p := range h.Privacy().Registry.Purposes() {
			for _, key := range append(append([]string{p.Text + ".title", p.Text + ".why"}, p.Categories...), p.Recipients...) {
				text(key)
			}
			if p.Keep.Since != "" {
				text(p.Keep.Since)
			}
			if p.Keep.Param != "" {
				if _, err := h.Privacy().Law.Int(ctx, d, p.Keep.Param, time.Now()); err != nil {
					t.Errorf("%s: %v", p.Key, err)
				}
			}
			for _, x := range p.Holds {
				for _, key := range []string{x.Title, x.Withheld, x.Keeps} {
					if key != "" {
						text(key)
					}
				}
				if x.Sweep == nil {
					continue
				}
				before := time.Now().AddDate(-10, 0, 0)
				n, err := x.Expired(ctx, d, before)
				if err != nil || n != 0 {
					t.Errorf("%s: %d %v", x.Table, n, err)
				}
				err = d.Write(ctx, func(tx *db.Tx) error {
					n, err = x.Sweep(ctx, tx, before, 5)
					return err
				})
				if err != nil || n != 0 {
					t.Errorf("%s: %d %v", x.Table, n, err)
				}
			}
		}
	})
}

// heldZIP is what a person downloads.
type heldZIP struct {
	Person   string
	Purposes []struct {
		Key      string
		Holdings []struct {
			Table string
			Items []struct {
				ID     string
				At     string
				Fields map[string]string
			}
		}
	}
	text string // of both files
}

func (z heldZIP) fields(t *testing.T, table string) []map[string]string {
	t.Helper()
	for _, p := range z.Purposes {
		for _, h := range p.Holdings {
			if h.Table != table {
				continue
			}
			var all []map[string]string
			for _, i := range h.Items {
				all = append(all, i.Fields)
			}
			return all
		}
	}
	t.Fatalf("%s is not in the download", table)
	return nil
}

func (v *visitor) held() heldZIP {
	v.t.Helper()
	res := v.get("/konto/moje-dane/pobierz")
	if res.StatusCode == http.StatusSeeOther {
		v.post("/konto/potwierdz", url.Values{"dalej": {"/konto/moje-dane"}})
		res = v.get("/konto/moje-dane/pobierz")
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/zip" || res.Header.Get("Cache-Control") != "no-store" {
		v.t.Fatalf("download: %d %v", res.StatusCode, res.Header)
	}
	data, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		v.t.Fatal(err)
	}
	var out heldZIP
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			v.t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			v.t.Fatal(err)
		}
		out.text += string(text)
		if strings.HasSuffix(f.Name, ".json") {
			if err := json.Unmarshal(text, &out); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	return out
}

// A demo person downloads all that is held about them, and nothing of others.
func TestHeldIsDownloaded(t *testing.T) {
	h := openHouse(t)
	ctx := t.Context()
	teacher, head := h.person(access.Teacher), h.person(access.SchoolHead)
	t1, err := h.Access().Actor(ctx, teacher)
	if err != nil {
		t.Fatal(err)
	}
	h2, err := h.Access().Actor(ctx, head)
	if err != nil {
		t.Fatal(err)
	}
	h.write(func(tx *db.Tx) error {
		return h.Notify().Tell(ctx, tx, notify.Message{To: string(teacher), Topic: "people", Key: "notify.successor", Link: "/moje-sprawy"})
	})
	if err := h.Audit().Read(ctx, audit.By{Person: string(head), Role: string(access.SchoolHead)}, audit.Entry{Action: "privacy.copy", Object: "person", ObjectID: string(teacher), Subject: string(teacher)}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Audit().Link(ctx); err != nil {
		t.Fatal(err)
	}
	v := h.as(access.Teacher)
	if rows := v.page("/konto/moje-dane").Find("main").Text(); !strings.Contains(rows, "Powiadomienia") || !strings.Contains(rows, "Role") {
		t.Error(rows)
	}
	z := v.held()
	if z.Person != string(teacher) {
		t.Errorf("of %s", z.Person)
	}
	if got := z.fields(t, "access_people"); len(got) != 1 || got[0]["name"] != t1.Name || !strings.Contains(got[0]["email"], "@example.org") {
		t.Errorf("%v", got)
	}
	if got := z.fields(t, "access_roles"); len(got) == 0 || got[0]["place"] == "" || got[0]["role"] == "" {
		t.Errorf("%v", got)
	}
	if got := z.fields(t, "access_sessions"); len(got) == 0 || got[0]["seen"] == "" {
		t.Errorf("%v", got)
	}
	if got := z.fields(t, "notify_items"); len(got) != 1 || got[0]["text"] == "" {
		t.Errorf("%v", got)
	}
	if got := z.fields(t, "audit_rows"); len(got) != 1 || got[0]["role"] == "" || got[0]["action"] == "" {
		t.Errorf("%v", got)
	}
	people, err := h.Access().DemoPeople(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.Person != teacher && (strings.Contains(z.text, p.Name) || strings.Contains(z.text, string(p.Person))) {
			t.Errorf("%s is in somebody else's download", p.Name)
		}
	}
	if h2.Name == t1.Name || len(people) < 10 {
		t.Error("the test compares nobody")
	}
	for _, secret := range []string{"argon2", "purposes.", "account_data.", "rosters."} {
		if strings.Contains(z.text, secret) {
			t.Errorf("%q is in the download", secret)
		}
	}
	// A stranger gets nothing.
	if res := h.stranger().get("/konto/moje-dane/pobierz"); res.StatusCode == http.StatusOK {
		t.Error("a stranger downloads")
	}
}

func (h *house) write(f func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), query, args...)
		return err
	})
}

func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	if err := h.db.Get(context.Background(), &n, query, args...); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// places scans all texts of all tables for words, and names where they are.
func (h *house) places(words ...string) (found []string) {
	h.t.Helper()
	ctx := context.Background()
	tables, err := h.db.Tables(ctx, h.db)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name == "search_index" {
			continue // tokens of search_docs, which are looked at; of a type that only the search reads
		}
		err := h.db.EachRow(ctx, h.db, table, func(row []any) error {
			for i, v := range row {
				text := strings.ToLower(fmt.Sprint(v))
				for _, w := range words {
					if place := table.Name + "." + table.Columns[i].Name; strings.Contains(text, strings.ToLower(w)) && !slices.Contains(found, place) {
						found = append(found, place)
					}
				}
			}
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return found
}

const (
	erasedName    = "Świętosława Wyjątkowa-Próbna"
	erasedAddress = "Swietoslawa.Wyjatkowa@Example.org"
)

// stillNamed are the places in which the name of an erased person stays, and
// why. Each is a weakness to be mended.
var stillNamed = map[string]string{}

// eraseMe makes a person with everything that the program can hold, and
// returns the id. The head invited her, so others were told of her.
func eraseMe(h *house) (person access.PersonID, head access.Actor) {
	h.t.Helper()
	ctx, s := context.Background(), h.Access()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	head, err := s.Actor(ctx, h.person(access.SchoolHead))
	must(err)
	school := head.Roles[0].Institution
	asked := access.Invitee{Name: erasedName, Email: erasedAddress, Lang: i18n.PL, Role: access.Teacher, Institution: school}
	links, err := s.Invite(ctx, head, []access.Invitee{asked})
	must(err)
	_, token, _ := strings.Cut(links[0].URL, "/zaproszenie/")
	person, err = s.Accept(ctx, access.Stranger(), token, access.NewPerson{Name: erasedName, Password: "bardzo długie hasło"})
	must(err)
	// One that nobody answered, and a prepared one beside somebody else's.
	again := asked
	again.Role = access.ClassTutor
	_, err = s.Invite(ctx, head, []access.Invitee{again})
	must(err)
	secretary, err := s.AddPerson(ctx, access.System(), access.NewPerson{Name: "Sekretariat Szkoły", Email: "sekretariat@example.org", Roles: []access.Held{{Role: access.SchoolSecretary, Institution: school}}})
	must(err)
	clerk, err := s.Actor(ctx, secretary)
	must(err)
	other := access.Invitee{Name: "Ktoś Inny", Email: "ktos.inny@example.org", Role: access.Teacher, Institution: school}
	must(s.PrepareInvitations(ctx, clerk, school, []access.Invitee{again, other}))
	must(s.PrepareInvitations(ctx, clerk, school, []access.Invitee{again}))
	own, err := s.Actor(ctx, person)
	must(err)
	must(s.ClaimPlace(ctx, own, school, access.Trainer))
	must(s.Entrust(ctx, head, access.Proxy{Agent: person, Institution: school, Role: access.SchoolHead, Until: time.Now().Add(48 * time.Hour).Unix(),
		Scope: "podpisuje za dyrekcję: " + erasedName}))
	h.write(func(tx *db.Tx) error {
		if err := h.Notify().Tell(ctx, tx, notify.Message{To: string(person), Topic: "people", Key: "notify.accepted", Args: map[string]string{"name": erasedName}}); err != nil {
			return err
		}
		_, err := h.Mail().Send(ctx, tx, mail.Letter{To: erasedAddress, Lang: i18n.PL, Subject: erasedName, Text: erasedName, Person: string(person), Topic: "test"})
		return err
	})
	now := time.Now().Unix()
	h.exec(`insert into access_sessions (token, id, person, data, device, begun_at, seen_at, expires_at) values ('t', 's', ?, ?, 'x', ?, ?, ?)`, person, erasedName, now, now, now+3600)
	h.exec(`insert into access_factors (person, kind, secret, step, confirmed_at) values (?, 'printed', '', 0, ?)`, person, now)
	h.exec(`insert into access_codes (person, kind, number, hash, made_at) values (?, 'printed', 1, 'x', ?)`, person, now)
	h.exec(`insert into access_mail_links (login, purpose, email, token, browser, digits, tries, expires_at) values (?, 'fresh', ?, 'y', '', '', 0, ?)`, strings.ToLower(erasedAddress), erasedAddress, now+900)
	h.exec(`insert into files_blobs (object, digest, size, thumb, thumb_size) values ('o', 'd', 1, '', 0)`)
	h.exec(`insert into files_files (id, object, use_name, name, type, size, width, height, uploaded_by, uploaded_at, module, owner) values ('f', 'o', 'u', ?, 'x', 1, 0, 0, ?, ?, '', '')`, erasedName+".pdf", person, now)
	h.exec(`insert into access_roles (person, institution, role, since) values (?, '', 'resident', ?)`, person, now)
	for i, closed := range []bool{false, true} {
		h.exec(`insert into directory_classes (id, institution, school_year, name, name_key, sort_key, tutor, closed, created_at) values (?, ?, 2020, ?, ?, ?, ?, ?, ?)`,
			fmt.Sprint("class", i), school, fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(i), person, closed, now)
	}
	h.exec(`insert into directory_class_members (class, person, number, since) values ('class0', ?, 1, ?)`, person, now)
	_, err = h.Privacy().Ask(ctx, audit.By{Person: string(person)}, "", "access", "Nazywam się "+erasedName+" i proszę o kopię danych")
	must(err)
	must(h.Audit().Read(ctx, audit.By{Person: string(head.Person)}, audit.Entry{Action: "privacy.copy", Object: "person", ObjectID: string(person), Subject: string(person), Details: map[string]string{"name": erasedName}}))
	return person, head
}

// Attack: somebody who was erased is still found somewhere.
func TestErasedPersonIsNowhere(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		ctx := t.Context()
		person, head := eraseMe(h)
		words := []string{erasedName, "wyjątkowa", "wyjatkowa", strings.ToLower(erasedAddress)}
		for _, place := range []string{"access_people.name", "access_people.login", "access_invitations.name", "access_acts.payload", "access_proxies.scope",
			"access_sessions.data", "access_mail_links.email", "audit_waiting.details", "notify_items.args", "files_files.name", "privacy_requests.words"} {
			if !slices.Contains(h.places(words...), place) {
				t.Errorf("the test does not write %s", place)
			}
		}
		officer := audit.By{Person: string(h.person(access.ProtectionOfficer)), Role: string(access.ProtectionOfficer)}
		e, err := h.Privacy().Erase(ctx, officer, string(person), "OR.1431.1.2026")
		if err != nil || !e.Done || e.Report["access.accounts/access_people"] != 1 {
			t.Fatalf("%+v %v", e, err)
		}
		for _, place := range h.places(words...) {
			if stillNamed[place] == "" {
				t.Errorf("%s still names the person", place)
			}
		}
		if n := h.count(`select count(*) from notify_items where person = ?`, person); n != 0 {
			t.Errorf("%d notifications", n)
		}
		for _, table := range []string{"access_words", "access_sessions", "access_factors", "access_codes", "access_claims", "mail_letters"} {
			if n := h.count(`select count(*) from `+table+` where person = ?`, person); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
		h.checkRecord(person, head)
		if names, err := h.Access().NamesOf(ctx, []string{string(person)}); err != nil || names[string(person)] != "" {
			t.Errorf("%v %v", names, err)
		}
		if _, err := h.Access().Actor(ctx, person); err == nil {
			t.Error("the account is open")
		}
		// Once more changes nothing, and the work that follows does not fail.
		if e, err := h.Privacy().Erase(ctx, officer, string(person), "OR.1431.2.2026"); err != nil || !e.Done || e.Report["access.accounts/access_people"] != 0 {
			t.Errorf("%+v %v", e, err)
		}
		if err := h.Drain(ctx); err != nil {
			t.Error(err)
		}
		if _, err := h.Audit().Link(ctx); err != nil {
			t.Fatal(err)
		}
		report, err := h.Audit().Verify(ctx, nil)
		if err != nil || !report.OK() || report.Erased < 3 {
			t.Errorf("%+v %v", report, err)
		}
	})
}

// checkRecord wants the official record whole: offices by id, what others did.
func (h *house) checkRecord(person access.PersonID, head access.Actor) {
	h.t.Helper()
	if n := h.count(`select count(*) from access_roles where person = ? and role = 'teacher' and until is not null`, person); n != 1 {
		h.t.Errorf("%d offices are on record", n)
	}
	if n := h.count(`select count(*) from access_roles where person = ?`, person); n != 1 {
		h.t.Errorf("%d roles", n)
	}
	if n := h.count(`select count(*) from access_people where id = ? and name = '' and email = '' and password = '' and closed_at is not null and login = '#' || id`, person); n != 1 {
		h.t.Error("the bare account is not there")
	}
	if n := h.count(`select count(*) from directory_classes where tutor = ? and closed`, person); n != 1 {
		h.t.Errorf("%d closed classes are on record", n)
	}
	if n := h.count(`select count(*) from directory_classes where id like 'class%' and tutor = ''`); n != 1 {
		h.t.Errorf("%d open classes wait for a tutor", n)
	}
	if n := h.count(`select count(*) from directory_class_members where person = ?`, person); n != 0 {
		h.t.Errorf("%d places in rosters", n)
	}
	if n := h.count(`select count(*) from access_proxies where agent = ? and scope = '' and ended_at is not null`, person); n != 1 {
		h.t.Errorf("%d proxies", n)
	}
	if n := h.count(`select count(*) from access_acts where state = 'waiting' and payload like '%ktos.inny%'`); n != 1 {
		h.t.Errorf("%d acts about others wait", n)
	}
	if n := h.count(`select count(*) from access_acts where state = 'refused' and payload = '[]'`); n != 1 {
		h.t.Errorf("%d acts about nobody are closed", n)
	}
	if n := h.count(`select count(*) from access_invitations where person = ? and inviter = ? and login = '' and state <> 'open'`, person, head.Person); n != 2 {
		h.t.Errorf("%d invitations are on record", n)
	}
}

// Accounts run out by themselves two years after they were closed, others never.
func TestErasedByAge(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		ctx := t.Context()
		person, _ := eraseMe(h)
		h.exec(`update access_people set closed_at = ? where id = ?`, time.Now().AddDate(0, -25, 0).Unix(), person)
		if err := h.Access().Close(ctx, h.administrator(), h.person(access.Pupil)); err != nil {
			t.Fatal(err)
		}
		h.exec(`insert into notify_people (person, hour) values (?, 9)`, person)
		h.exec(`update directory_class_members set until = ? where person = ?`, time.Now().AddDate(-3, 0, 0).Unix(), person)
		before := time.Now().AddDate(0, -24, 0)
		for range 2 { // in whatever order, and again
			for _, p := range h.Privacy().Registry.Purposes() {
				for _, x := range p.Holds {
					if p.Module != "access" && p.Module != "directory" {
						continue
					}
					if err := d.Write(ctx, func(tx *db.Tx) error { _, err := x.Sweep(ctx, tx, before, 500); return err }); err != nil {
						t.Fatal(x.Table, err)
					}
					if n, err := x.Expired(ctx, d, before); err != nil || n != 0 {
						t.Errorf("%s: %d left, %v", x.Table, n, err)
					}
				}
			}
		}
		if n := h.count(`select count(*) from directory_classes where id = 'class1' and tutor = ''`); n != 1 {
			t.Error("a tutor of 2020 is still known")
		}
		if n := h.count(`select count(*) from access_people where name = ''`); n != 1 {
			t.Errorf("%d accounts ran out", n)
		}
		for _, table := range []string{"access_words", "access_factors", "access_codes", "notify_people", "notify_items", "directory_class_members"} {
			if n := h.count(`select count(*) from `+table+` where person = ?`, person); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	})
}

// What ended lately stays, what ended long ago goes, what waits is kept.
func TestErasedAfterTheirEnd(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		eraseMe(h)
		old := time.Now().AddDate(-3, 0, 0).Unix()
		tables := map[string]int{}
		for _, name := range []string{"access_invitations", "access_claims", "access_acts", "access_proxies"} {
			tables[name] = h.count(`select count(*) from ` + name)
		}
		sweep := func() map[string]int {
			gone := map[string]int{}
			for _, p := range h.Privacy().Registry.Purposes() {
				for _, x := range p.Holds {
					if _, here := tables[x.Table]; !here {
						continue
					}
					n, err := x.Expired(t.Context(), d, time.Now().AddDate(-1, 0, 0))
					if err != nil {
						t.Fatal(err)
					}
					done := 0
					h.write(func(tx *db.Tx) (err error) {
						done, err = x.Sweep(t.Context(), tx, time.Now().AddDate(-1, 0, 0), 500)
						return err
					})
					if n != done {
						t.Errorf("%s: %d counted, %d deleted", x.Table, n, done)
					}
					gone[x.Table] = done
				}
			}
			return gone
		}
		for table, n := range sweep() {
			if n != 0 {
				t.Errorf("%s: %d are gone that have just begun", table, n)
			}
		}
		h.exec(`update access_invitations set settled_at = ? where state = 'accepted'`, old)
		h.exec(`update access_invitations set expires_at = ? where state = 'open'`, old)
		h.exec(`update access_acts set decided_at = ? where payload like '%ktos.inny%'`, old)
		h.exec(`update access_claims set state = 'refused', decided_at = ?`, old)
		h.exec(`update access_proxies set until = ?`, old)
		want := map[string]int{"access_invitations": tables["access_invitations"], "access_claims": tables["access_claims"], "access_acts": 1, "access_proxies": tables["access_proxies"]}
		for table, n := range sweep() {
			if n != want[table] {
				t.Errorf("%s: %d are gone, want %d", table, n, want[table])
			}
		}
	})
}

func (h *house) administrator() access.Actor {
	h.t.Helper()
	a, err := h.Access().Actor(context.Background(), h.person(access.Administrator))
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// Only a purpose that is declared has a notice; each of them must have one in
// every language.
func TestPurposesAreShown(t *testing.T) {
	h := openHouse(t)
	v := h.stranger()
	links := v.page("/prywatnosc").Find(`a[href^="/prywatnosc/"]`)
	if links.Length() < 10 {
		t.Errorf("%d links", links.Length())
	}
	for _, p := range h.Privacy().Registry.Purposes() {
		body := text(v.page("/prywatnosc/" + p.Key).Find("main"))
		if !strings.Contains(body, "RODO") || strings.Contains(body, p.Text+".") {
			t.Errorf("%s: %s", p.Key, body)
		}
	}
}
