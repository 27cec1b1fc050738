package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
)

// Taking a list back withdraws the invitations that nobody accepted, and the
// act that the head has not decided on. Who accepted has an account and a role
// by now; that role ends on the person's page, where it is said what goes with
// it.

// staffUndoer is who takes a list back: the program, or a person with all their
// rights of this moment, those held for somebody else among them. That the
// person may decide on lists there was asked before.
func (s *Service) staffUndoer(ctx context.Context, b importing.Batch) (Actor, error) {
	if b.UndoneBy == "" {
		return System(), nil
	}
	id := PersonID(b.UndoneBy)
	a, err := s.actorOrNobody(ctx, id)
	if err != nil || !a.SignedIn() {
		return a, err
	}
	for _, st := range a.account.standsAt(s.now()) {
		a.Roles = append(a.Roles, st.Held)
	}
	return a, nil
}

// mayUndoStaff tells whether the person may take a line back: an invitation who
// may give its role, an act who prepared it or may decide on it.
func mayUndoStaff(ctx context.Context, who Actor, b importing.Batch, role Role) (bool, error) {
	if b.Shape == staffPrepared && who.SignedIn() && string(who.Person) == b.SettledBy {
		return true, nil
	}
	var err error
	if b.Shape == staffPrepared {
		err = who.MayAt(ctx, ApproveActs, InstitutionID(b.Scope))
	} else {
		err = who.MayGive(ctx, role, InstitutionID(b.Scope))
	}
	if err != nil && fault.As(err) == nil {
		return false, err
	}
	return err == nil, nil
}

// undoStaff takes lines back that were sent or prepared.
func (s *Service) undoStaff(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
	who, err := s.staffUndoer(ctx, b)
	if err != nil {
		return nil, err
	}
	var kept []importing.Outcome
	var open []importing.Line
	for _, l := range lines {
		i, _, _ := s.inviteeOf(b.ID, b.Scope, l)
		may, err := mayUndoStaff(ctx, who, b, i.Role)
		if err != nil {
			return nil, err
		}
		if may {
			open = append(open, l)
		} else {
			kept = append(kept, importing.Outcome{N: l.N, Held: keptRight})
		}
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) {
		done := map[string]bool{}
		for _, l := range open {
			if err := s.withdrawStaff(ctx, tx, who, b, l, done, at); err != nil {
				return nil, err
			}
		}
		outcomes, err := staffFates(ctx, tx, open)
		for n, o := range outcomes {
			if done[open[n].Object] {
				outcomes[n] = importing.Outcome{N: o.N}
			}
		}
		return slices.Concat(kept, outcomes), err
	}, nil
}

// withdrawStaff withdraws what a line made, while it is open, and notes it among
// what is done. The condition stands in the statement: who accepts or approves
// at this moment is either first or too late. The lines of a prepared list share
// one act.
func (s *Service) withdrawStaff(ctx context.Context, tx *db.Tx, who Actor, b importing.Batch, l importing.Line, done map[string]bool, at time.Time) error {
	if done[l.Object] {
		return nil
	}
	what, _, id := cutObject(l.Object)
	action := "access.withdraw"
	var n int64
	var err error
	if what == "act" {
		action = "access.withdraw_act"
		n, err = tx.Exec(ctx, `update access_acts set state = 'withdrawn', decided_by = ?, decided_at = ? where id = ? and state = 'waiting'`, who.Person, at.Unix(), id)
	} else {
		n, err = tx.Exec(ctx, `update access_invitations set state = 'withdrawn', settled_at = ? where id = ? and state = 'open'`, at.Unix(), id)
	}
	if err != nil || n == 0 {
		return err
	}
	done[l.Object] = true
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: what, ObjectID: id, Institution: b.Scope}, at)
}

// staffFates tells, in the order of the lines, what stands against taking each
// of them back; nothing where it is open.
func staffFates(ctx context.Context, r db.Reader, lines []importing.Line) ([]importing.Outcome, error) {
	var invitations, acts []any
	for _, l := range lines {
		switch what, _, id := cutObject(l.Object); what {
		case "invitation":
			invitations = append(invitations, id)
		case "act":
			if !slices.Contains(acts, any(id)) {
				acts = append(acts, id)
			}
		}
	}
	type fate struct{ state, person string }
	fates := map[string]fate{}
	read := func(query string, ids []any) error {
		for some := range slices.Chunk(ids, db.MaxParams) {
			err := r.Each(ctx, func(scan func(dest ...any) error) error {
				var id string
				var f fate
				err := scan(&id, &f.state, &f.person)
				fates[id] = f
				return err
			}, query+db.Marks(1, len(some)), some...)
			if err != nil {
				return err
			}
		}
		return nil
	}
	err := errors.Join(read(`select id, state, person from access_invitations where id in `, invitations),
		read(`select id, state, '' as person from access_acts where id in `, acts))
	outcomes := make([]importing.Outcome, len(lines))
	for n, l := range lines {
		what, at, id := cutObject(l.Object)
		f := fates[id]
		outcomes[n] = importing.Outcome{N: l.N, Held: keptBecause[what+" "+f.state]}
		if what == "invitation" && f.state == "accepted" && f.person != "" {
			outcomes[n].Object = personObject(string(at), f.person)
		}
	}
	return outcomes, err
}

// keptBecause is why a line stays, by what it made and how that stands now. What
// is not in it goes: an open invitation, an act that waits, is withdrawn already
// or was never written because the work stopped before.
var keptBecause = map[string]string{
	"invitation accepted":  keptAccepted,
	"invitation withdrawn": keptWithdrawn,
	"invitation ":          importing.HeldGone,
	"act approved":         keptApproved,
	"act refused":          keptRefused,
}

// canUndoStaff tells for the page before an undo which lines it would leave.
func (s *Service) canUndoStaff(ctx context.Context, lines []importing.Line) (map[int]string, error) {
	outcomes, err := staffFates(ctx, s.db, lines)
	kept := map[int]string{}
	for _, o := range outcomes {
		if o.Held != "" {
			kept[o.N] = o.Held
		}
	}
	return kept, err
}
