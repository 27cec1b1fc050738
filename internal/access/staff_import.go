package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
)

// A staff comes in from the sheet that the office keeps anyway: a row for each
// person, with a name, an address and a role. The sheet is read and compared
// with who is there already; nothing of it is kept. What the person then
// approves goes the way of every invitation, so a sheet opens no door that the
// form for one person would not. Only then is the list noted as an import (see
// staff_import_kind.go), so that all of it can be taken back at once.

// StaffLimits bound a sheet of staff: the largest school has some three hundred.
func StaffLimits() sheet.Limits {
	return sheet.Limits{Bytes: 2 << 20, Rows: 500, Columns: 40, Cell: 400}
}

// StaffRow is somebody to invite, with the row of the sheet.
type StaffRow struct {
	N int
	Invitee
}

// StaffKnown is a row for which there is nothing to do, and why: a message key.
type StaffKnown struct {
	StaffRow
	Key  string
	Args []any
}

// StaffProblem is what is wrong in a row: the field (name, email, role) and a
// message key with its arguments. A row with a problem is left out.
type StaffProblem struct {
	N     int
	Field string
	Key   string
	Args  []any
}

// Words are what is wrong, for people.
func (p StaffProblem) Words(l *i18n.L) string {
	args := slices.Clone(p.Args)
	for i, arg := range args {
		if role, ok := arg.(Role); ok {
			args[i] = l.T("role." + string(role))
		}
	}
	return l.T(p.Key, args...)
}

// StaffPlan is what a sheet would do at an institution.
type StaffPlan struct {
	Institution InstitutionID
	Prepares    bool // who asks may only prepare it; the head approves
	New         []StaffRow
	Known       []StaffKnown
	Problems    []StaffProblem
	Unknown     []string // headings that nobody claims
}

// Invitees are those to invite.
func (p StaffPlan) Invitees() []Invitee {
	list := make([]Invitee, len(p.New))
	for i, row := range p.New {
		list[i] = row.Invitee
	}
	return list
}

// List is what of a plan is kept once the person says yes.
func (p StaffPlan) List() StaffList {
	list := StaffList{Invitees: p.Invitees()}
	rows := map[int]bool{}
	for _, row := range p.New {
		rows[row.N] = true
	}
	for _, x := range p.Problems {
		rows[x.N] = true
		list.Problems = append(list.Problems, importing.Problem{Row: x.N, Level: importing.LevelError, Key: x.Key, Args: wordsOf(x.Args)})
	}
	for _, k := range p.Known {
		rows[k.N] = true
		list.Problems = append(list.Problems, importing.Problem{Row: k.N, Level: importing.LevelNote, Key: k.Key, Args: wordsOf(k.Args)})
	}
	list.Read = len(rows)
	return list
}

// wordsOf makes a map of the arguments of a message.
func wordsOf(pairs []any) map[string]string {
	words := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		words[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
	return words
}

// StaffList is what a person approves: whom to invite, and what was found about
// the other rows of the sheet.
type StaffList struct {
	Invitees []Invitee           `json:"list"`
	Problems []importing.Problem `json:"problems,omitempty"`
	Read     int                 `json:"read"` // rows with somebody in them
}

// staffExample is the address in the template sheet; its row is never invited.
const staffExample = "anna.przykladowa@example.org"

// staffWords are the words by which a sheet is read, in all languages.
type staffWords struct {
	columns []sheet.Column
	roles   map[string]Role // folded
}

// staffColumns are the columns that are looked for, in the order of the
// template. A name may also stand in two columns, and "adres" is one of mail when
// no other column is.
var staffColumns = []string{"name", "email", "role", "first", "last", "address"}

// staffWordsOf gathers the words from the texts, those of the reader first: a
// missing column is named by them. A role is known by its id, its name, the
// halves of a name in both forms, and the words that schools use for it. A half
// that two roles share counts for neither.
func staffWordsOf(c *i18n.Catalog, reader i18n.Lang) staffWords {
	w := staffWords{roles: map[string]Role{}}
	langs := slices.Insert(slices.DeleteFunc(slices.Clone(i18n.Langs[:]), func(l i18n.Lang) bool { return l == reader }), 0, reader)
	for _, name := range staffColumns {
		column := sheet.Column{Name: name}
		for _, lang := range langs {
			column.Titles = append(column.Titles, wordsIn(c.In(lang).T("staff.heads."+name))...)
		}
		w.columns = append(w.columns, column)
	}
	halves := map[string]Role{}
	for _, role := range Roles() {
		w.roles[i18n.Fold(string(role))] = role
		for _, lang := range langs {
			l := c.In(lang)
			whole := l.T("role." + string(role))
			w.roles[i18n.Fold(whole)] = role
			for half := range strings.SplitSeq(strings.NewReplacer(" lub ", ";", " або ", ";", " or ", ";").Replace(whole), ";") {
				key := i18n.Fold(half)
				if other, taken := halves[key]; taken && other != role {
					halves[key] = ""
					continue
				}
				halves[key] = role
			}
			if key := "staff.words." + string(role); c.Has(key) {
				for _, word := range wordsIn(l.T(key)) {
					w.roles[i18n.Fold(word)] = role
				}
			}
		}
	}
	for word, role := range halves {
		if _, taken := w.roles[word]; !taken && role != "" {
			w.roles[word] = role
		}
	}
	return w
}

// wordsIn cuts a text of several words at semicolons.
func wordsIn(text string) []string {
	var words []string
	for word := range strings.SplitSeq(text, ";") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// rolesIn reads the cell of roles: one, or several with commas or signs of
// addition between. Empty is a teacher; ok is false for a word that is no role,
// and for too many.
func (w staffWords) rolesIn(cell string) (roles []Role, ok bool) {
	if cell == "" {
		return []Role{Teacher}, true
	}
	if role, known := w.roles[i18n.Fold(cell)]; known {
		return []Role{role}, true
	}
	for word := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(",;+", r) }) {
		role, known := w.roles[i18n.Fold(word)]
		if !known {
			return nil, false
		}
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles, len(roles) > 0 && len(roles) <= rolesInRow
}

// rolesInRow is how many roles one row may name.
const rolesInRow = 2

// readStaff turns the rows of a sheet into people to invite to an institution.
// It is pure: it knows neither who asks nor who is there. The error is a fault
// of the sheet as a whole: a column that is missing or stands twice.
func readStaff(t *sheet.Table, w staffWords, at InstitutionID, lang i18n.Lang) (p StaffPlan, err error) {
	p.Institution = at
	m, err := t.Match(w.columns...)
	if err != nil {
		return p, err
	}
	p.Unknown = m.Unknown
	if missing := w.missing(m); missing != nil {
		return p, fault.New(fault.Invalid, "sheet.fault.missing_columns", "names", strings.Join(missing, ", "))
	}
	mail := "email"
	if !m.Has(mail) {
		mail = "address"
	}
	seen := &staffSeen{rows: map[string]StaffRow{}, roles: map[string]int{}}
	for _, row := range t.Rows {
		name := m.Value(row, "name")
		if name == "" {
			name = strings.TrimSpace(m.Value(row, "first") + " " + m.Value(row, "last"))
		}
		person := StaffRow{row.N, Invitee{Name: name, Email: m.Value(row, mail), Lang: lang, Institution: at}}
		if name == "" && person.Email == "" && m.Value(row, "role") == "" {
			continue // only columns that are not ours
		}
		roles, ok := w.rolesIn(m.Value(row, "role"))
		problems := person.problems()
		if !ok {
			problems = append(problems, StaffProblem{N: row.N, Field: "role", Key: "staff.fault.role", Args: []any{"word", m.Value(row, "role")}})
		}
		if problems != nil {
			p.Problems = append(p.Problems, problems...)
			continue
		}
		seen.take(&p, person, roles)
	}
	return p, nil
}

// missing are the columns without which there is nobody to invite.
func (w staffWords) missing(m sheet.Match) []string {
	var names []string
	if !m.Has("name") && !(m.Has("first") && m.Has("last")) {
		names = append(names, w.columns[0].Titles[0])
	}
	if !m.Has("email") && !m.Has("address") {
		names = append(names, w.columns[1].Titles[0])
	}
	return names
}

// problems are what is wrong with a name and an address by themselves.
func (r StaffRow) problems() []StaffProblem {
	var all []StaffProblem
	if key := staffName(r.Name); key != "" {
		all = append(all, StaffProblem{N: r.N, Field: "name", Key: key})
	}
	switch login, ok := loginOf(r.Email); {
	case !ok:
		all = append(all, StaffProblem{N: r.N, Field: "email", Key: "access.fault.email"})
	case login == staffExample:
		all = append(all, StaffProblem{N: r.N, Field: "email", Key: "staff.fault.example"})
	}
	return all
}

// staffName tells what is wrong with a name, "" when nothing. It goes into a
// letter to somebody whom we do not know, so it holds neither addresses nor
// formulas nor numbers of documents.
func staffName(name string) string {
	if n := utf8.RuneCountInString(name); n < 3 || n > 120 {
		return "access.fault.name"
	}
	letters := strings.ContainsFunc(name, unicode.IsLetter)
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" -–.,'’ʼ", r)
	})
	if !letters || odd {
		return "staff.fault.name_signs"
	}
	return ""
}

// staffSeen finds rows that repeat one another.
type staffSeen struct {
	rows  map[string]StaffRow // by address: the first
	roles map[string]int      // by address and role: the row
}

// take adds a person with each role that stands for the first time. One address
// under two names is a mistake: a mailbox of the office lets anybody in.
func (s *staffSeen) take(p *StaffPlan, person StaffRow, roles []Role) {
	login, _ := loginOf(person.Email)
	first, twice := s.rows[login]
	if twice && i18n.Fold(first.Name) != i18n.Fold(person.Name) {
		p.Problems = append(p.Problems, StaffProblem{N: person.N, Field: "email", Key: "staff.fault.shared_address", Args: []any{"name", first.Name, "row", first.N}})
		return
	}
	if !twice {
		s.rows[login] = person
	}
	for _, role := range roles {
		person.Role = role
		key := login + " " + string(role)
		if row, twice := s.roles[key]; twice {
			p.Known = append(p.Known, StaffKnown{person, "staff.known.twice", []any{"row", row}})
			continue
		}
		s.roles[key] = person.N
		p.New = append(p.New, person)
	}
}

// PlanStaff reads a sheet and tells what it would do at the institution, in the
// words of the reader's language. Nothing is written. Who asks sees the people
// there and gives some role there, or prepares acts for the head; others get the
// refusal, and an institution that is not there is NotFound. A role that the
// person may not give is a problem of its row, as is the person's own address.
func (s *Service) PlanStaff(ctx context.Context, who Actor, at InstitutionID, lang i18n.Lang, t *sheet.Table) (p StaffPlan, err error) {
	prepares, err := s.mayInviteStaff(ctx, who, at)
	if err != nil {
		return p, err
	}
	names, err := s.directory.Names(ctx, []InstitutionID{at})
	if err != nil {
		return p, err
	}
	if names[at] == "" {
		return p, fault.ErrNotFound
	}
	if p, err = readStaff(t, staffWordsOf(s.catalog, lang), at, lang); err != nil {
		return p, err
	}
	p.Prepares = prepares
	if err := s.refuseRows(ctx, who, &p); err != nil {
		return p, err
	}
	err = s.knownRows(ctx, &p)
	slices.SortStableFunc(p.Problems, func(a, b StaffProblem) int { return a.N - b.N })
	slices.SortStableFunc(p.Known, func(a, b StaffKnown) int { return a.N - b.N })
	return p, err
}

// mayInviteStaff tells whether the actor invites at the institution or only
// prepares it for the head.
func (s *Service) mayInviteStaff(ctx context.Context, who Actor, at InstitutionID) (prepares bool, err error) {
	if !who.SignedIn() {
		return false, who.refusal() // the program itself invites nobody
	}
	if err := who.MayAt(ctx, SeePeople, at); err != nil {
		return false, err
	}
	if len(s.givable(ctx, who, at)) > 0 {
		return false, nil
	}
	return true, who.MayAt(ctx, PrepareActs, at)
}

// refuseRows takes the rows out that the actor may not invite.
func (s *Service) refuseRows(ctx context.Context, who Actor, p *StaffPlan) error {
	var own string
	if err := s.db.Get(ctx, &own, `select login from access_people where id = ?`, who.Person); err != nil {
		return err
	}
	may := s.givable(ctx, who, p.Institution)
	if p.Prepares {
		may = preparable(who, p.Institution)
	}
	p.New = slices.DeleteFunc(p.New, func(row StaffRow) bool {
		login, _ := loginOf(row.Email)
		switch {
		case !slices.Contains(may, row.Role):
			p.Problems = append(p.Problems, StaffProblem{N: row.N, Field: "role", Key: "staff.fault.not_yours", Args: []any{"role", row.Role}})
		case login == own:
			p.Problems = append(p.Problems, StaffProblem{N: row.N, Field: "email", Key: "access.fault.own_invitation"})
		default:
			return false
		}
		return true
	})
	return nil
}

// knownRows takes the rows out for which somebody has the role already, was
// invited to it, or waits for the head's word.
func (s *Service) knownRows(ctx context.Context, p *StaffPlan) error {
	known, err := s.knownStaff(ctx, p)
	if err != nil {
		return err
	}
	p.New = slices.DeleteFunc(p.New, func(row StaffRow) bool {
		login, _ := loginOf(row.Email)
		key := known[login+" "+string(row.Role)]
		if key != "" {
			p.Known = append(p.Known, StaffKnown{StaffRow: row, Key: key})
		}
		return key != ""
	})
	return nil
}

// knownStaff finds addresses with roles for which nothing is to be done, and
// the reason of each.
func (s *Service) knownStaff(ctx context.Context, p *StaffPlan) (map[string]string, error) {
	known := map[string]string{} // address and role to the reason
	for _, look := range []func(context.Context, *StaffPlan, map[string]string) error{s.preparedStaff, s.invitedStaff, s.presentStaff} {
		if err := look(ctx, p, known); err != nil {
			return nil, err
		}
	}
	return known, nil
}

func (s *Service) preparedStaff(ctx context.Context, p *StaffPlan, known map[string]string) error {
	var waiting []string
	if err := s.db.Select(ctx, &waiting, `select payload from access_acts where institution = ? and state = 'waiting' and kind = ?`, p.Institution, inviteAct); err != nil {
		return err
	}
	for _, payload := range waiting {
		var list []Invitee
		if json.Unmarshal([]byte(payload), &list) != nil {
			continue // the page of acts shows that it cannot be read
		}
		for _, i := range list {
			login, _ := loginOf(i.Email)
			known[login+" "+string(i.Role)] = "staff.known.act"
		}
	}
	return nil
}

func (s *Service) invitedStaff(ctx context.Context, p *StaffPlan, known map[string]string) error {
	return s.eachLogin(ctx, known, "staff.known.invited", `select login, role from access_invitations
		where institution = ? and state = 'open' and expires_at > ?`, p.Institution, s.now().Unix())
}

func (s *Service) presentStaff(ctx context.Context, p *StaffPlan, known map[string]string) error {
	logins := map[string]bool{}
	for _, row := range p.New {
		login, _ := loginOf(row.Email)
		logins[login] = true
	}
	now := s.now().Unix()
	for some := range slices.Chunk(keysOf(logins), db.MaxParams-3) {
		args := []any{p.Institution, now, now}
		for _, login := range some {
			args = append(args, login)
		}
		if err := s.eachLogin(ctx, known, "staff.known.role", `select q.login, r.role from access_people q join access_roles r on r.person = q.id
			where q.closed_at is null and r.institution = ? and r.since <= ? and (r.until is null or r.until > ?)
				and q.login in `+db.Marks(1, len(some)), args...); err != nil {
			return err
		}
	}
	return nil
}

func keysOf(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	return keys
}

func (s *Service) eachLogin(ctx context.Context, known map[string]string, key, query string, args ...any) error {
	return s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var login, role string
		if err := scan(&login, &role); err != nil {
			return err
		}
		known[login+" "+role] = key
		return nil
	}, query, args...)
}

// StaffDone is what came of an approved list.
type StaffDone struct {
	Batch    importing.BatchID // the page importing.Path(Batch) shows it and takes it back
	Prepared bool              // it waits for the head
	Taken    int               // invitations sent, or passed to the head
	Held     int               // not sent: the batch says why
	Links    []InvitationLink  // of those sent, for the case that no letters leave this machine
}

// InviteStaff sends the invitations of an approved list: at once by who may give
// the roles, as one act for the head by who prepares. Rights are looked at anew,
// so a list that was made up or is old gains nothing: with one row that may not
// be sent, nothing is. The list is noted as an import of the institution, which
// UndoNow of package importing takes back.
func (s *Service) InviteStaff(ctx context.Context, who Actor, at InstitutionID, list StaffList) (done StaffDone, err error) {
	done.Prepared, err = s.mayInviteStaff(ctx, who, at)
	if err != nil {
		return done, err
	}
	if len(list.Invitees) == 0 {
		return done, fault.New(fault.Invalid, "staff.fault.nobody")
	}
	if most := rolesInRow * StaffLimits().Rows; len(list.Invitees) > most {
		return done, fault.New(fault.Invalid, "sheet.fault.too_many_rows", "n", most)
	}
	for _, i := range list.Invitees {
		if i.Institution != at {
			return done, fault.New(fault.Forbidden, "fault.forbidden")
		}
	}
	own, err := s.ownLogin(ctx, who)
	if err != nil {
		return done, err
	}
	for _, i := range list.Invitees {
		if err := staffFits(ctx, who, done.Prepared, i, own, s.now()); err != nil {
			return done, err
		}
	}
	return s.takeInStaff(ctx, who, at, done.Prepared, list)
}

// ActorByAddress is the person of an address with all roles held now, for the
// command line: whoever may start the program with its database may act in
// anybody's name, and the log says in whose. NotFound when there is no account.
func (s *Service) ActorByAddress(ctx context.Context, address string) (Actor, error) {
	login, ok := loginOf(address)
	if !ok {
		return Actor{}, fault.ErrNotFound
	}
	p, err := personByLogin(ctx, s.db, login)
	if err != nil {
		return Actor{}, err
	}
	return s.Actor(ctx, p.ID)
}

// sealedStaff is how a plan waits in the form of its page for the person's
// word: sealed, for one person at one institution, and not for long. Nothing of
// the sheet is kept on this side.
type sealedStaff struct {
	At int64 `json:"at"`
	StaffList
}

// staffPatience is how long a page with a plan can be approved.
const staffPatience = 2 * time.Hour

func staffPlace(who Actor, at InstitutionID) string { return string(at) + " " + string(who.Person) }

func (s *Service) sealStaff(who Actor, p StaffPlan) (string, error) {
	sealed := sealedStaff{s.now().Unix(), p.List()}
	for i := range sealed.Invitees {
		sealed.Invitees[i].Institution = "" // the seal holds it
	}
	data, err := json.Marshal(sealed)
	if err != nil {
		return "", err
	}
	return s.keys.Seal("staff", staffPlace(who, p.Institution), data), nil
}

// openStaff is what sealStaff sealed. What was made up, belongs to somebody or
// somewhere else, or is too old is a Conflict: read the sheet again.
func (s *Service) openStaff(who Actor, at InstitutionID, text string) (StaffList, error) {
	stale := fault.New(fault.Conflict, "staff.fault.stale")
	data, err := s.keys.Unseal("staff", staffPlace(who, at), text)
	if err != nil {
		return StaffList{}, stale
	}
	var sealed sealedStaff
	if err := json.Unmarshal(data, &sealed); err != nil {
		return StaffList{}, err
	}
	if age := s.now().Sub(time.Unix(sealed.At, 0)); age < 0 || age > staffPatience {
		return StaffList{}, stale
	}
	for i := range sealed.Invitees {
		sealed.Invitees[i].Institution = at
	}
	return sealed.StaffList, nil
}
