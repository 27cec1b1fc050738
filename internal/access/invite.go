package access

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 7 * 24 * time.Hour

// Invitation is a role that waits for somebody to take it.
type Invitation struct {
	ID          string        `db:"id"`
	Name        string        `db:"name"`
	Login       string        `db:"login"`
	Lang        i18n.Lang     `db:"lang"`
	Role        Role          `db:"role"`
	Institution InstitutionID `db:"institution"`
	RoleUntil   *int64        `db:"role_until"`
	Inviter     PersonID      `db:"inviter"`
	PreparedBy  PersonID      `db:"prepared_by"`
	State       string        `db:"state"` // open, accepted, withdrawn
	MadeAt      int64         `db:"made_at"`
	ExpiresAt   int64         `db:"expires_at"`
}

const invitationColumns = `id, name, login, lang, role, institution, role_until, inviter, prepared_by, state, made_at, expires_at`

// Invitee is whom to invite to what. It is also the payload of a prepared act.
type Invitee struct {
	Name        string        `json:"name"`
	Email       string        `json:"email"`
	Lang        i18n.Lang     `json:"lang,omitempty"`
	Role        Role          `json:"role"`
	Institution InstitutionID `json:"institution,omitempty"`
	Until       int64         `json:"until,omitempty"` // end of the role, 0 for none
}

func (n Invitee) check(now time.Time) error {
	var faults []fault.Field
	if l := utf8.RuneCountInString(n.Name); l < 3 || l > 120 {
		faults = append(faults, fault.Field{Name: "name", Key: "access.fault.name"})
	} else if oddName(n.Name) {
		faults = append(faults, fault.Field{Name: "name", Key: "staff.fault.name_signs"})
	}
	if _, ok := loginOf(n.Email); !ok {
		faults = append(faults, fault.Field{Name: "email", Key: "access.fault.email"})
	}
	if !n.Role.Valid() || n.Role.Everywhere() != (n.Institution == "") {
		faults = append(faults, fault.Field{Name: "role", Key: "access.fault.role"})
	}
	if n.Until != 0 && n.Until <= now.Unix() {
		faults = append(faults, fault.Field{Name: "until", Key: "access.fault.until_past"})
	}
	if n.Role.Limited() && (n.Until == 0 || n.Until > now.Add(longestLimited).Unix()) {
		faults = append(faults, fault.Field{Name: "until", Key: "access.fault.until_needed"})
	}
	return fault.InvalidFields(faults)
}

// Invite asks people to take roles: all of them or, when one row is at fault,
// none. Who asks must be able to give each role there (see Actor.MayGive) and
// invites nobody to their own address. An open invitation of the same person
// to the same role is replaced: only the newest link works. The links come
// back for the case that no letters leave this machine.
func (s *Service) Invite(ctx context.Context, who Actor, list []Invitee) ([]InvitationLink, error) {
	return s.invite(ctx, who, "", list)
}

// InvitationLink is an invitation with its secret, known only here and in the letter.
type InvitationLink struct {
	Invitee
	URL string
}

func (s *Service) invite(ctx context.Context, who Actor, preparedBy PersonID, list []Invitee) ([]InvitationLink, error) {
	now := s.now()
	if err := s.checkInvitees(ctx, who, list, now); err != nil {
		return nil, err
	}
	letters, links, err := s.draft(ctx, who, list)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		for n, i := range list {
			if err := s.insertInvitation(ctx, tx, who, preparedBy, i, letters[n], now); err != nil {
				return err
			}
		}
		return nil
	})
	return links, err
}

func (s *Service) checkInvitees(ctx context.Context, who Actor, list []Invitee, now time.Time) error {
	if !who.SignedIn() {
		return who.refusal() // the program itself invites nobody: somebody must answer for it
	}
	own := ""
	if err := s.db.Get(ctx, &own, `select login from access_people where id = ?`, who.Person); err != nil {
		return err
	}
	for _, i := range list {
		if err := i.check(now); err != nil {
			return err
		}
		if err := who.MayGive(ctx, i.Role, i.Institution); err != nil {
			return err
		}
		// Nobody raises themselves by an invitation of their own.
		if login, _ := loginOf(i.Email); login == own {
			return fault.InvalidFields([]fault.Field{{Name: "email", Key: "access.fault.own_invitation"}})
		}
	}
	return nil
}

// drafted is what a letter needs that must not be made in a transaction.
type drafted struct {
	token  string
	letter Letter
}

func (s *Service) draft(ctx context.Context, who Actor, list []Invitee) ([]drafted, []InvitationLink, error) {
	var letters []drafted
	var links []InvitationLink
	names, err := s.institutionNames(ctx, list)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range list {
		token := rand.Text()
		url := s.letters.URL("/zaproszenie/" + token)
		l := s.catalog.In(langOr(i.Lang))
		place := names[i.Institution]
		if i.Institution == "" {
			place = l.T("rights.everywhere")
		}
		letters = append(letters, drafted{token, Letter{To: i.Email, Lang: l.Lang, Secret: true, Subject: l.T("letter.invitation"),
			Text: l.T("letter.invitation_text", "name", i.Name, "inviter", who.Name, "role", l.T("role."+string(i.Role)), "place", place,
				"link", url, "until", l.Date(s.now().Add(InvitationLife)))}})
		links = append(links, InvitationLink{i, url})
	}
	return letters, links, nil
}

func langOr(l i18n.Lang) i18n.Lang {
	if i18n.Valid(string(l)) {
		return l
	}
	return i18n.PL
}

func (s *Service) institutionNames(ctx context.Context, list []Invitee) (map[InstitutionID]string, error) {
	if s.directory == nil {
		return nil, nil
	}
	var ids []InstitutionID
	for _, i := range list {
		if i.Institution != "" {
			ids = append(ids, i.Institution)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.directory.Names(ctx, ids)
}

func (s *Service) insertInvitation(ctx context.Context, tx *db.Tx, who Actor, preparedBy PersonID, i Invitee, d drafted, now time.Time) error {
	login, _ := loginOf(i.Email)
	if _, err := tx.Exec(ctx, `update access_invitations set state = 'withdrawn', settled_at = ?
		where login = ? and role = ? and institution = ? and state = 'open'`, now.Unix(), login, i.Role, i.Institution); err != nil {
		return err
	}
	var until *int64
	if i.Until != 0 {
		until = &i.Until
	}
	id := uuid.Must(uuid.NewV7()).String()
	if _, err := tx.Exec(ctx, `insert into access_invitations (id, token, name, login, lang, role, institution, role_until, inviter, prepared_by, state, made_at, expires_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)`, id, hashToken(d.token), i.Name, login, langOr(i.Lang), i.Role, i.Institution, until,
		inviterOf(who), preparedBy, now.Unix(), now.Add(InvitationLife).Unix()); err != nil {
		return err
	}
	if err := s.letters.Send(ctx, tx, d.letter); err != nil {
		return err
	}
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.invite", Object: "invitation", ObjectID: id, Institution: string(i.Institution),
		Details: map[string]string{"role": string(i.Role), "prepared_by": string(preparedBy)}}, now)
}

// inviterOf is the person in whose right the invitation stands: the principal
// when somebody acts for another.
func inviterOf(who Actor) PersonID {
	if who.For != "" {
		return who.For
	}
	return who.Person
}

// InvitationBy finds an open invitation by the secret of its link. One that was
// spent, withdrawn, replaced, is out of date, or whose inviter may no longer
// give the role, is NotFound.
func (s *Service) InvitationBy(ctx context.Context, token string) (Invitation, error) {
	var i Invitation
	err := s.db.Get(ctx, &i, `select `+invitationColumns+` from access_invitations where token = ? and state = 'open' and expires_at > ?`,
		hashToken(token), s.now().Unix())
	if err != nil {
		return i, err
	}
	inviter, err := s.Actor(ctx, i.Inviter)
	if err == nil {
		err = inviter.MayGive(ctx, i.Role, i.Institution)
	}
	if k := fault.KindOf(err); k == fault.Forbidden || k == fault.SignedOut {
		return i, fault.ErrNotFound
	}
	return i, err
}

// Accept spends an invitation. A person who is signed in takes the role with
// the account of the invited address; a stranger makes the account. The link
// proves the mailbox, so a stolen link lets nobody into an account that exists:
// whoever holds one signs in first (Conflict tells so).
func (s *Service) Accept(ctx context.Context, who Actor, token string, n NewPerson) (PersonID, error) {
	i, err := s.InvitationBy(ctx, token)
	if err != nil {
		return "", err
	}
	version, err := versionNow(ctx, s.db, i.Inviter)
	if err != nil {
		return "", err
	}
	// Asked again after the version was read: what changes from now on shows.
	if i, err = s.InvitationBy(ctx, token); err != nil {
		return "", err
	}
	p, existing, err := s.acceptedBy(ctx, who, i, n)
	if err != nil {
		return "", err
	}
	heads, err := s.leaders(ctx, i)
	if err != nil {
		return "", err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		// Hashing took a while: who invited may have lost the right meanwhile.
		if v, err := versionNow(ctx, tx, i.Inviter); err != nil || v != version {
			return errors.Join(err, fault.New(fault.Conflict, "access.fault.try_again"))
		}
		spent, err := tx.Exec(ctx, `update access_invitations set state = 'accepted', settled_at = ?, person = ?
			where id = ? and state = 'open' and expires_at > ?`, now.Unix(), p.ID, i.ID, now.Unix())
		if err != nil {
			return err
		}
		if spent == 0 {
			return fault.ErrNotFound
		}
		if !existing {
			if err := insertPerson(ctx, tx, p, nil, now.Unix()); err != nil {
				return err
			}
		}
		var until int64
		if i.RoleUntil != nil {
			until = *i.RoleUntil
		}
		if err := giveRole(ctx, tx, p.ID, Held{i.Role, i.Institution}, now.Unix(), until, i.Inviter); err != nil {
			return err
		}
		by := audit.By{Person: string(p.ID), Role: string(i.Role), Institution: string(i.Institution)}
		if err := audit.Record(ctx, tx, by, audit.Entry{Action: "access.accept", Object: "invitation", ObjectID: i.ID, Institution: string(i.Institution),
			Subject: string(p.ID), Details: map[string]string{"role": string(i.Role)}}, now); err != nil {
			return err
		}
		for _, head := range heads {
			if err := s.tell(ctx, tx, head, "notify.second_head", map[string]string{"who_person": string(p.ID)}, staffPath(i.Institution), true); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, i.Inviter, "notify.accepted", map[string]string{"who_person": string(p.ID)}, staffPath(i.Institution), false)
	})
	return p.ID, err
}

func versionNow(ctx context.Context, r db.Reader, id PersonID) (v int64, err error) {
	err = r.Get(ctx, &v, `select version from access_people where id = ?`, id)
	return v, err
}

// leaders are those who lead the institution already when somebody is about to
// lead it as well: a second head must not come unseen.
func (s *Service) leaders(ctx context.Context, i Invitation) ([]PersonID, error) {
	if !i.Role.Gives(ApproveActs) || i.Institution == "" {
		return nil, nil
	}
	return s.withPermission(ctx, ApproveActs, i.Institution)
}

func (s *Service) acceptedBy(ctx context.Context, who Actor, i Invitation, n NewPerson) (p Person, existing bool, err error) {
	p, err = personByLogin(ctx, s.db, i.Login)
	switch {
	case err == nil && who.Person == p.ID:
		return p, true, nil
	case err == nil && who.SignedIn():
		return p, true, fault.New(fault.Forbidden, "access.fault.other_invitee")
	case err == nil:
		return p, true, fault.New(fault.Conflict, "access.fault.invitee_known")
	case !errors.Is(err, fault.ErrNotFound):
		return p, false, err
	case who.SignedIn():
		return p, false, fault.New(fault.Forbidden, "access.fault.other_invitee")
	}
	n.Email, n.Lang = i.Login, langOr(n.Lang)
	if n.Password == "" {
		return p, false, fault.InvalidFields([]fault.Field{{Name: "password", Key: "access.fault.password_short", Args: []any{"n", minPassword}}})
	}
	p, err = s.prepare(ctx, n)
	return p, false, err
}

// Withdraw voids an open invitation. Who may give its role may withdraw it.
func (s *Service) Withdraw(ctx context.Context, who Actor, id string) error {
	var i Invitation
	if err := s.db.Get(ctx, &i, `select `+invitationColumns+` from access_invitations where id = ?`, id); err != nil {
		return err
	}
	if err := who.MayGive(ctx, i.Role, i.Institution); err != nil {
		return hide(err)
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update access_invitations set state = 'withdrawn', settled_at = ? where id = ? and state = 'open'`, now.Unix(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "access.fault.settled")
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.withdraw", Object: "invitation", ObjectID: id, Institution: string(i.Institution)}, now)
	})
}

// hide answers "no such thing" instead of "not for you" where the existence of
// the thing is itself somebody's matter.
func hide(err error) error {
	if err != nil && fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// Invitations are the open ones of an institution, newest first, for those
// who see its people.
func (s *Service) Invitations(ctx context.Context, who Actor, at InstitutionID) ([]Invitation, error) {
	if err := who.MayAt(ctx, SeePeople, at); err != nil {
		return nil, err
	}
	var list []Invitation
	err := s.db.Select(ctx, &list, `select `+invitationColumns+` from access_invitations
		where institution = ? and state = 'open' and expires_at > ? order by id desc limit 200`, at, s.now().Unix())
	return list, err
}
