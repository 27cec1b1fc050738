package access

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
)

// An approved list of staff is an import like that of a register: a line for
// each invitation, taken in by the person's own rights, and taken back as a
// whole while nobody has accepted. The lines are about people who have not come
// yet, so they are kept for staffLinesKept days only, and an address stands in
// them under a seal.

// ImportKind is the name of a staff among the kinds of imports.
const ImportKind = "people"

// Shapes of a list: sent at once, or passed to the head as one act.
const (
	staffSent     = "invite"
	staffPrepared = "prepare"
)

// staffLinesKept is how many days the lines of a list are kept. An invitation
// itself ends after seven.
const staffLinesKept = 30

// Why a line was not sent, or not taken back.
const (
	heldRight      = "staff.held.right"
	heldUnreadable = "staff.held.unreadable"
	keptRight      = "staff.kept.right"
	keptAccepted   = "staff.kept.accepted"
	keptWithdrawn  = "staff.kept.withdrawn"
	keptApproved   = "staff.kept.approved"
	keptRefused    = "staff.kept.refused"
)

// ConnectImports gives the module the keeper of imports and declares its kind
// there. It is called once, in wiring; until then no list can be sent.
func (s *Service) ConnectImports(i *importing.Service) {
	s.imports = i
	i.Declare(importing.Kind{
		Name: ImportKind, TitleKey: "staff.import.kind", KeyTitle: "staff.field.email",
		FieldLabel: func(l *i18n.L, field string) string { return l.T("staff.field." + field) },
		Value:      func(_ context.Context, l *i18n.L, _, value string) string { return l.T("role." + value) },
		Shape:      func(l *i18n.L, shape string) string { return l.T("staff.import." + shape) },
		Problem:    staffProblemWords,
		Link:       staffLink,
		Apply:      s.applyStaff,
		Undo:       s.undoStaff,
		Finish:     s.finishStaff,
		CanUndo:    s.canUndoStaff,
		KeepDays:   staffLinesKept,
	})
}

// Importer is a person as package importing wants to know them, for imports of
// staff only: who may invite at an institution, or prepares it for the head,
// sees and decides on its lists. Which lines of a list somebody may send or take
// back is looked at line by line.
func (s *Service) Importer(who Actor) importing.Who {
	return importing.Who{By: who.By(),
		May: func(ctx context.Context, _ importing.Act, kind, scope string) error {
			if kind != ImportKind || scope == "" {
				return who.refusal()
			}
			_, err := s.mayInviteStaff(ctx, who, InstitutionID(scope))
			return err
		},
		Scopes: func(_ context.Context, kind string) (all bool, scopes []string, err error) {
			for _, h := range who.Roles {
				if kind != ImportKind || !h.Role.Gives(SeePeople) || !h.Role.Gives(ManageStaff) && !h.Role.Gives(PrepareActs) {
					continue
				}
				if h.Role.Everywhere() {
					return true, nil, nil
				}
				scopes = append(scopes, string(h.Institution))
			}
			return false, scopes, nil
		},
	}
}

// staffLine is what a line keeps of an invitee beside the name.
type staffLine struct {
	Email string    `json:"email"` // sealed for this batch
	Role  Role      `json:"role"`
	Lang  i18n.Lang `json:"lang,omitempty"`
	Until int64     `json:"until,omitempty"`
	Hat   string    `json:"hat,omitempty"` // of who approved for somebody else
}

// staffSeal is the purpose of the key under which addresses stand in lines.
const staffSeal = "staff.line"

// inviteeOf reads a line. False when it was sealed under keys that are no more.
func (s *Service) inviteeOf(b importing.BatchID, at string, line importing.Line) (i Invitee, hat string, ok bool) {
	var kept staffLine
	if json.Unmarshal(line.Record, &kept) != nil {
		return i, "", false
	}
	email, err := s.keys.Unseal(staffSeal, string(b), kept.Email)
	i = Invitee{Name: line.Name, Email: string(email), Lang: kept.Lang, Role: kept.Role, Institution: InstitutionID(at), Until: kept.Until}
	return i, kept.Hat, err == nil
}

// staffLines are the lines of a list. The page shows of an address what tells a
// wrong one from a right one.
func (s *Service) staffLines(b importing.BatchID, who Actor, list []Invitee) iter.Seq2[importing.Line, error] {
	return func(yield func(importing.Line, error) bool) {
		for _, i := range list {
			kept := staffLine{Email: s.keys.Seal(staffSeal, string(b), []byte(i.Email)), Role: i.Role, Lang: i.Lang, Until: i.Until}
			if who.For != "" {
				kept.Hat = who.Hat
			}
			record, err := json.Marshal(kept)
			line := importing.Line{Action: importing.ActionNew, Key: mask(i.Email), Name: i.Name, Record: record,
				Fields: []importing.Field{{Name: "role", After: string(i.Role)}}}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// takeInStaff notes an approved list as an import and takes it in at once. When
// it cannot even begin, nothing of the list stays.
func (s *Service) takeInStaff(ctx context.Context, who Actor, at InstitutionID, prepares bool, list StaffList) (done StaffDone, err error) {
	defer fault.Wrap(&err, "invite a staff")
	if s.imports == nil {
		return done, errors.New("access: no service of imports is connected")
	}
	batch := importing.Batch{ID: importing.NewID(), Kind: ImportKind, Shape: staffSent, Scope: string(at), Read: list.Read}
	if prepares {
		batch.Shape = staffPrepared
	}
	asks := s.Importer(who)
	batch, err = s.imports.Show(ctx, asks, batch, s.staffLines(batch.ID, who, list.Invitees),
		func(*importing.Batch) ([]importing.Problem, error) { return list.Problems, nil })
	if err != nil {
		return done, err
	}
	links := map[string]InvitationLink{}
	applied, err := s.imports.ApplyNow(context.WithValue(ctx, staffLinksKey{}, links), asks, batch.ID, importing.Everything, false)
	if err != nil {
		return done, errors.Join(err, s.forgetUndecided(context.WithoutCancel(ctx), batch.ID))
	}
	done = StaffDone{Batch: batch.ID, Prepared: prepares, Taken: applied.TakenIn, Held: applied.Held}
	return done, s.imports.EachLine(ctx, importing.Program(), batch.ID, func(l importing.Line) error {
		if link, sent := links[l.Object]; sent && l.State == importing.LineApplied {
			done.Links = append(done.Links, link)
		}
		return nil
	})
}

// forgetUndecided drops a list that was refused at the last moment.
func (s *Service) forgetUndecided(ctx context.Context, id importing.BatchID) error {
	b, err := s.imports.ByID(ctx, importing.Program(), id)
	if err != nil || b.State != importing.Shown {
		return err
	}
	return s.imports.Discard(ctx, importing.Program(), id)
}

// staffLinksKey finds in a context where the links of invitations are put, by
// the object of their lines. A link is known at the moment of making only and
// written nowhere, so it cannot come back by way of the lines.
type staffLinksKey struct{}

// staffFits tells what forbids an invitation of a list: a fault of the row, or
// of the right of who sends or prepares it. own is that person's address.
func staffFits(ctx context.Context, who Actor, prepares bool, i Invitee, own string, now time.Time) error {
	if err := i.check(now); err != nil {
		return err
	}
	if !who.SignedIn() {
		return who.refusal() // the program itself invites nobody
	}
	if prepares {
		// What the head could not send is not prepared either.
		if !SchoolHead.MayGive(i.Role) && !CenterDirector.MayGive(i.Role) {
			return fault.InvalidFields([]fault.Field{{Name: "role", Key: "access.fault.role"}})
		}
		if err := who.MayAt(ctx, PrepareActs, i.Institution); err != nil {
			return err
		}
	} else if err := who.MayGive(ctx, i.Role, i.Institution); err != nil {
		return err
	}
	if login, _ := loginOf(i.Email); login == own {
		return fault.InvalidFields([]fault.Field{{Name: "email", Key: "access.fault.own_invitation"}})
	}
	return nil
}

// staffSender is who answers for a list that is taken in: its approver, with the
// rights of this moment. Who approved for somebody else does so under that hat
// alone, and nobody when the hat is no more.
func (s *Service) staffSender(ctx context.Context, b importing.Batch, hat string) (Actor, error) {
	if b.SettledBy != b.Person || !strings.HasPrefix(hat, proxyHat) {
		return s.actorOrNobody(ctx, PersonID(b.SettledBy))
	}
	acc, _, err := s.readAccount(ctx, PersonID(b.SettledBy))
	if errors.Is(err, fault.ErrNotFound) {
		return Stranger(), nil
	}
	a := acc.wear(PersonID(b.SettledBy), hat, bothSteps, s.now())
	if err != nil || a.Hat != hat {
		return Stranger(), err
	}
	a.reach = s.directory
	return a, nil
}

// actorOrNobody is a person in their own name; a stranger who may nothing when
// the account is closed or it was no person.
func (s *Service) actorOrNobody(ctx context.Context, id PersonID) (Actor, error) {
	a, err := s.Actor(ctx, id)
	if errors.Is(err, fault.ErrNotFound) {
		return Stranger(), nil
	}
	return a, err
}

// staffBatch is what taking in some lines will write.
type staffBatch struct {
	who      Actor
	lines    []int // numbers, beside the invitees
	invitees []Invitee
	letters  []drafted
	links    []InvitationLink
	held     []importing.Outcome
}

// applyStaff sends the invitations of some lines, or readies them for the act
// that finishStaff writes.
func (s *Service) applyStaff(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
	w, err := s.sortStaff(ctx, b, lines, at)
	if err != nil {
		return nil, err
	}
	if b.Shape == staffPrepared {
		for _, n := range w.lines {
			w.held = append(w.held, importing.Outcome{N: n, Object: actObject(b.ID)})
		}
		return func(context.Context, *db.Tx) ([]importing.Outcome, error) { return w.held, nil }, nil
	}
	if w.letters, w.links, err = s.draft(ctx, w.who, w.invitees); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) { return s.writeStaff(ctx, tx, w, at) }, nil
}

// sortStaff parts lines that are to be sent from those that no longer may or
// need be: rights and the list of people are looked at anew.
func (s *Service) sortStaff(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (w staffBatch, err error) {
	_, hat, _ := s.inviteeOf(b.ID, b.Scope, lines[0])
	if w.who, err = s.staffSender(ctx, b, hat); err != nil {
		return w, err
	}
	own, err := s.ownLogin(ctx, w.who)
	if err != nil {
		return w, err
	}
	plan := StaffPlan{Institution: InstitutionID(b.Scope)}
	for _, line := range lines {
		i, _, ok := s.inviteeOf(b.ID, b.Scope, line)
		if !ok {
			w.held = append(w.held, importing.Outcome{N: line.N, Held: heldUnreadable})
			continue
		}
		if err := staffFits(ctx, w.who, b.Shape == staffPrepared, i, own, at); err != nil {
			if fault.As(err) == nil {
				return w, err // the database, not the right
			}
			w.held = append(w.held, importing.Outcome{N: line.N, Held: heldRight})
			continue
		}
		plan.New = append(plan.New, StaffRow{line.N, i})
	}
	known, err := s.knownStaff(ctx, &plan)
	for _, row := range plan.New {
		login, _ := loginOf(row.Email)
		if why := known[login+" "+string(row.Role)]; why != "" {
			w.held = append(w.held, importing.Outcome{N: row.N, Held: why})
			continue
		}
		w.lines, w.invitees = append(w.lines, row.N), append(w.invitees, row.Invitee)
	}
	return w, err
}

func (s *Service) writeStaff(ctx context.Context, tx *db.Tx, w staffBatch, at time.Time) ([]importing.Outcome, error) {
	outcomes := append([]importing.Outcome(nil), w.held...)
	if len(w.lines) == 0 {
		return outcomes, nil
	}
	tokens := make([]any, len(w.lines))
	for n, i := range w.invitees {
		if err := s.insertInvitation(ctx, tx, w.who, "", i, w.letters[n], at); err != nil {
			return nil, err
		}
		tokens[n] = hashToken(w.letters[n].token)
	}
	ids := map[any]string{}
	err := tx.Each(ctx, func(scan func(dest ...any) error) error {
		var id, token string
		err := scan(&id, &token)
		ids[token] = id
		return err
	}, `select id, token from access_invitations where token in `+db.Marks(1, len(tokens)), tokens...)
	if err != nil {
		return nil, err
	}
	links, _ := ctx.Value(staffLinksKey{}).(map[string]InvitationLink)
	for n, i := range w.invitees {
		object := invitationObject(string(i.Institution), ids[tokens[n]])
		outcomes = append(outcomes, importing.Outcome{N: w.lines[n], Object: object})
		if links != nil {
			links[object] = w.links[n]
		}
	}
	return outcomes, nil
}

// finishStaff writes the one act of a list that was prepared: the head approves
// all of it with one click. Its id is that of the batch, so that a job which
// comes twice writes it once.
func (s *Service) finishStaff(ctx context.Context, b importing.Batch, undone bool, at time.Time) (importing.Step, error) {
	if undone || b.Shape != staffPrepared {
		return nil, nil
	}
	var list []Invitee
	hat := ""
	err := s.imports.EachLine(ctx, importing.Program(), b.ID, func(l importing.Line) error {
		i, worn, ok := s.inviteeOf(b.ID, b.Scope, l)
		if ok && l.State == importing.LineApplied {
			list, hat = append(list, i), worn
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	who, err := s.staffSender(ctx, b, hat)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	heads, err := s.withPermission(ctx, ApproveActs, InstitutionID(b.Scope))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) {
		return nil, s.writeStaffAct(ctx, tx, who, b, string(payload), heads, at)
	}, nil
}

func (s *Service) writeStaffAct(ctx context.Context, tx *db.Tx, who Actor, b importing.Batch, payload string, heads []PersonID, at time.Time) error {
	n, err := tx.Exec(ctx, `insert into access_acts (id, institution, kind, payload, prepared_by, prepared_at, state)
		values (?, ?, ?, ?, ?, ?, 'waiting') on conflict (id) do nothing`, b.ID, b.Scope, inviteAct, payload, b.SettledBy, at.Unix())
	if err != nil || n == 0 {
		return err
	}
	for _, head := range heads {
		if err := s.tell(ctx, tx, head, "notify.act", map[string]string{"who_person": b.SettledBy}, ActsPath, false); err != nil {
			return err
		}
	}
	by := who.By()
	by.Person = cmp.Or(by.Person, b.SettledBy) // whose right ended this very moment
	return audit.Record(ctx, tx, by, audit.Entry{Action: "access.prepare", Object: "act", ObjectID: string(b.ID), Institution: b.Scope,
		Details: map[string]string{"kind": inviteAct}}, at)
}

// Objects of lines: an invitation, the act of a list that was prepared, and
// the person who accepted. The institution stands in them because the address of
// a page does.
func invitationObject(at, id string) string { return "invitation/" + at + "/" + id }

func personObject(at, id string) string { return "person/" + at + "/" + id }

func actObject(b importing.BatchID) string { return "act//" + string(b) }

func cutObject(object string) (what string, at InstitutionID, id string) {
	what, rest, _ := strings.Cut(object, "/")
	place, id, _ := strings.Cut(rest, "/")
	return what, InstitutionID(place), id
}

// staffLink leads to where something can be done about a line.
func staffLink(object string) string {
	switch what, at, id := cutObject(object); what {
	case "invitation":
		return staffPath(at)
	case "person":
		return staffPath(at) + "/" + id
	case "act":
		return ActsPath
	}
	return ""
}

// staffProblemWords puts the names of roles among the arguments into words.
func staffProblemWords(l *i18n.L, p importing.Problem) map[string]string {
	words := make(map[string]string, len(p.Args))
	for name, value := range p.Args {
		if name == "role" {
			value = l.T("role." + value)
		}
		words[name] = value
	}
	return words
}

// ImportLinesOf makes a test for lines of imports of staff: is this one about
// the person? For whoever must find what is kept about somebody. It knows a line
// by the address of the account, and by the invitations to the person where the
// account is erased already.
func (s *Service) ImportLinesOf(ctx context.Context, r db.Reader, person string) (func(b importing.Batch, l importing.Line) bool, error) {
	var login string
	if err := r.Get(ctx, &login, `select coalesce((select login from access_people where id = ?), '')`, person); err != nil {
		return nil, err
	}
	invitations, err := s.InvitationsOf(ctx, r, person)
	if err != nil {
		return nil, fmt.Errorf("invitations of a person: %w", err)
	}
	objects := map[string]bool{}
	for _, id := range invitations {
		objects[id] = true
	}
	return func(b importing.Batch, l importing.Line) bool {
		if b.Kind != ImportKind || person == "" {
			return false
		}
		what, _, id := cutObject(l.Object)
		if what == "invitation" && objects[id] || what == "person" && id == person {
			return true
		}
		i, _, ok := s.inviteeOf(b.ID, b.Scope, l)
		at, valid := loginOf(i.Email)
		return ok && valid && at == login
	}, nil
}
