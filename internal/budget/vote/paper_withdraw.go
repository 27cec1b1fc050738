package vote

import (
	"context"
	"encoding/hex"
	"slices"

	"kladka/internal/access"
	"kladka/internal/access/card"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/privacy"
)

// A declaration can be taken by mistake: of another pool, or of somebody who then
// wants to vote at home. The right may be given back as long as the ballot is
// certainly not among the others, and no longer:
//
//   - A declaration is named by a number that is shown once, when it is taken, and
//     written on the signed sheet. Nobody is looked for by name: whether the right
//     of a neighbor was spent on a page or on paper cannot be asked here, for
//     without the number every answer is the same one.
//   - When a batch of a pool is begun, the numbers of that pool are forgotten. A
//     ballot that was handed out before could lie in the batch. What was taken
//     afterwards cannot.
//   - An officer who has the ballot in hand, apart from the others, asks; another
//     officer types the number from the same sheet. Both are in the log, and how
//     many were withdrawn is published.
//   - The hours of voting must last. Afterwards nobody could use the right, and a
//     ballot that is missing is explained when the pool is finished.
//
// A row of what was taken holds no time, and the elector in it can be read only
// with the number (hide).

// takenLength is how many letters the number of a declaration has: seven drawn ones
// and one of check. It is typed by officers under their names, so that nobody guesses
// among 31^7.
const takenLength = 8

// NewNumber draws the number of a declaration, for the form in which it is taken.
func NewNumber() Code {
	drawn := card.Draw(takenLength - 1)
	return Code{drawn + string(checkLetter(drawn))}
}

// readTaken reads the number of a declaration as people type it.
func readTaken(typed string) (Code, error) {
	letters, err := card.Letters(typed, takenLength)
	if err != nil || len(letters) != takenLength || letters[takenLength-1] != checkLetter(letters[:takenLength-1]) {
		return Code{}, codeFault("vote.fault.paper_number")
	}
	return Code{letters}, nil
}

// taken is the mark of a declaration.
func (k markKey) taken(c Code) string { return k.of("paper", c.Letters()) }

// hide makes of an elector what only the number of the declaration turns back, by
// the same step.
func (k markKey) hide(c Code, pool budget.PoolID, id string) (string, error) {
	bits, err := hex.DecodeString(id)
	if err != nil {
		return "", err
	}
	pad, err := hex.DecodeString(k.of("paper elector", c.Letters(), string(pool)))
	if err != nil {
		return "", err
	}
	for i := range bits {
		bits[i] ^= pad[i%len(pad)]
	}
	return hex.EncodeToString(bits), nil
}

// keepTaken notes that declarations of these pools can be withdrawn.
func keepTaken(ctx context.Context, tx *db.Tx, key markKey, e budget.EditionID, c Code, elector ElectorID, pools []budget.PoolID) error {
	for _, pool := range pools {
		hidden, err := key.hide(c, pool, string(elector))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into budget_paper_taken (edition, mark, pool, hidden) values (?, ?, ?, ?)`, e, key.taken(c), pool, hidden)
		if db.Duplicate(err) {
			return fault.New(fault.Conflict, "fault.conflict") // a number drawn twice
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takenBefore tells that this very declaration was taken under the number: the form
// was sent twice. A number of another declaration is a Conflict.
func takenBefore(ctx context.Context, tx *db.Tx, key markKey, e budget.EditionID, c Code, elector ElectorID, pools []budget.PoolID) (bool, error) {
	var rows []takenRow
	err := tx.Select(ctx, &rows, `select `+takenColumns+` from budget_paper_taken t where t.edition = ? and t.mark = ? order by t.pool`, e, key.taken(c))
	if err != nil || len(rows) == 0 {
		return false, err
	}
	for i, row := range rows {
		hidden, err := key.hide(c, row.Pool, string(elector))
		if err != nil {
			return false, err
		}
		if len(rows) != len(pools) || row.Pool != pools[i] || row.Hidden != hidden {
			return false, fault.New(fault.Conflict, "fault.conflict")
		}
	}
	return true, nil
}

// forgetTaken makes all declarations of a pool final: a batch of it is begun, or it
// is finished. While somebody asks to withdraw one, and that can still be answered,
// asked is refused.
func forgetTaken(ctx context.Context, tx *db.Tx, e budget.EditionID, pool budget.PoolID, answerable bool) error {
	if answerable {
		asked := 0
		if err := tx.Get(ctx, &asked, `select count(*) from budget_paper_taken where edition = ? and pool = ? and first <> ''`, e, pool); err != nil {
			return err
		}
		if asked > 0 {
			return fault.New(fault.Conflict, "vote.fault.paper_asked_first")
		}
	}
	_, err := tx.Exec(ctx, `delete from budget_paper_taken where edition = ? and pool = ?`, e, pool)
	return err
}

// takenRow is a declaration in one pool.
type takenRow struct {
	Mark   string          `db:"mark"`
	Pool   budget.PoolID   `db:"pool"`
	Hidden string          `db:"hidden"`
	First  access.PersonID `db:"first"`
	Words  string          `db:"words"`
}

const takenColumns = `t.mark, t.pool, t.hidden, t.first, t.words`

// Asked is a declaration that an officer asks to withdraw. Mark names it on pages,
// and is no number.
type Asked struct {
	Mark  string
	First access.PersonID
	Words string
	Pools []budget.PoolID
}

// AskedToWithdraw are the declarations that wait for a second officer. How many
// were withdrawn is told to nobody before the close.
func AskedToWithdraw(ctx context.Context, r db.Reader, e budget.EditionID) (list []Asked, err error) {
	var rows []takenRow
	err = r.Select(ctx, &rows, `select `+takenColumns+` from budget_paper_taken t where t.edition = ? and t.first <> '' order by t.mark, t.pool`, e)
	for _, row := range rows {
		if n := len(list) - 1; n >= 0 && list[n].Mark == row.Mark {
			list[n].Pools = append(list[n].Pools, row.Pool)
			continue
		}
		list = append(list, Asked{row.Mark, row.First, row.Words, []budget.PoolID{row.Pool}})
	}
	return list, err
}

// Withdrawal is what an officer says who asks to withdraw a declaration.
type Withdrawal struct {
	Number string // of the declaration, as it was typed
	Words  string // why, without anybody's name
	Apart  bool   // the ballot lies before the officer, and never lay among others
}

// withdrawing reads the edition and the mark of a declaration by its number.
func (s *Service) withdrawing(ctx context.Context, who access.Actor, id budget.EditionID, typed string) (e budget.Edition, key markKey, c Code, err error) {
	if e, err = s.paperDesk(ctx, who, id, access.BudgetDesk); err == nil {
		err = votes(e, s.now())
	}
	if err == nil {
		c, err = readTaken(typed)
	}
	if err == nil {
		key, err = s.markKey(ctx, e.ID)
	}
	return e, key, c, err
}

// AskWithdraw asks another officer to withdraw a declaration. Who may: BudgetDesk at
// the owner, within the hours of voting. Faults: Invalid at the fields kod (a number
// that no declaration has which could be withdrawn, whatever the reason), opis and
// osobno; Conflict vote.fault.paper_asked when somebody has asked.
func (s *Service) AskWithdraw(ctx context.Context, who access.Actor, id budget.EditionID, w Withdrawal) (err error) {
	defer fault.Wrap(&err, "ask to withdraw a declaration of edition %s", id)
	e, key, c, err := s.withdrawing(ctx, who, id, w.Number)
	if err != nil {
		return err
	}
	words, err := readWords(w.Words)
	if err != nil {
		return err
	}
	if !w.Apart {
		return fault.InvalidFields([]fault.Field{{Name: "osobno", Key: "vote.fault.paper_apart"}})
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_paper_taken set first = ?, words = ? where edition = ? and mark = ? and first = ''`, who.Person, words, e.ID, key.taken(c))
		if err != nil {
			return err
		}
		rows, err := takenOf(ctx, tx, e.ID, key.taken(c))
		switch {
		case err != nil:
			return err
		case n == 0 && len(rows) > 0:
			return fault.New(fault.Conflict, "vote.fault.paper_asked")
		case n == 0:
			return codeFault("vote.fault.paper_number_none")
		}
		return note(ctx, tx, who, e, "vote.paper_ask", map[string]string{"pools": poolNames(e, rows), "words": words}, at)
	})
}

func takenOf(ctx context.Context, r db.Reader, e budget.EditionID, mark string) (rows []takenRow, err error) {
	return rows, r.Select(ctx, &rows, `select `+takenColumns+` from budget_paper_taken t where t.edition = ? and t.mark = ? order by t.pool`, e, mark)
}

func poolNames(e budget.Edition, rows []takenRow) string {
	var names []string
	for _, row := range rows {
		pool, _ := e.Pool(row.Pool)
		names = append(names, pool.Name)
	}
	return joinWords(names)
}

// Withdraw gives the rights of a declaration back, in its pools of which no batch
// was begun since. Who may: BudgetDesk at the owner, within the hours of voting, not
// who asked for it (Forbidden vote.fault.paper_asked_self). Faults: those of
// AskWithdraw at kod; Conflict vote.fault.paper_not_asked, and paper_withdraw_over
// when begun batches have more ballots than declarations would be left.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id budget.EditionID, typed string) (err error) {
	defer fault.Wrap(&err, "withdraw a declaration of edition %s", id)
	e, key, c, err := s.withdrawing(ctx, who, id, typed)
	if err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := takenOf(ctx, tx, e.ID, key.taken(c))
		switch {
		case err != nil:
			return err
		case len(rows) == 0:
			return codeFault("vote.fault.paper_number_none")
		case rows[0].First == "":
			return fault.New(fault.Conflict, "vote.fault.paper_not_asked")
		case isOne(who, rows[0].First):
			return fault.New(fault.Forbidden, "vote.fault.paper_asked_self")
		}
		for _, row := range rows { // in one order everywhere
			if err := giveBack(ctx, tx, key, e.ID, c, row); err != nil {
				return err
			}
		}
		return note(ctx, tx, who, e, "vote.paper_withdraw", map[string]string{"pools": poolNames(e, rows), "with_person": string(rows[0].First)}, at)
	})
}

// giveBack gives one right back. A right that was spent on a page or with a slip is
// never touched.
func giveBack(ctx context.Context, tx *db.Tx, key markKey, e budget.EditionID, c Code, row takenRow) error {
	if err := hold(ctx, tx, e, row.Pool); err != nil {
		return err
	}
	// Once the pool is held: a batch that was begun meanwhile has taken the row.
	n, err := tx.Exec(ctx, `delete from budget_paper_taken where edition = ? and mark = ? and pool = ? and first = ?`, e, row.Mark, row.Pool, row.First)
	if err == nil && n == 0 {
		err = codeFault("vote.fault.paper_number_none")
	}
	if err != nil {
		return err
	}
	elector, err := key.hide(c, row.Pool, row.Hidden)
	if err != nil {
		return err
	}
	// Whoever finds this elector's own declaration wrong at the same moment waits here,
	// and then finds the right unspent.
	if _, err := tx.Exec(ctx, `update budget_declared set state = state where edition = ? and elector = ?`, e, elector); err != nil {
		return err
	}
	n, err = tx.Exec(ctx, `update budget_rights set spent = ?, way = '' where edition = ? and pool = ? and elector = ? and spent = ? and way = ?`,
		false, e, row.Pool, elector, true, Paper)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "fault.conflict")
	}
	if err != nil {
		return err
	}
	// Somebody whose declaration of their own was found wrong meanwhile gets nothing back.
	if err := void(ctx, tx, e, `select d.elector from budget_declared d where d.edition = ? and d.elector = ? and d.state = ?`, e, elector, Refused); err != nil {
		return err
	}
	if err := enoughDeclared(ctx, tx, e, row.Pool); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update budget_paper_pools set withdrawn = withdrawn + 1 where edition = ? and pool = ?`, e, row.Pool)
	return err
}

// enoughDeclared refuses fewer declarations than batches that were begun have
// ballots: the ballot must be one of these.
func enoughDeclared(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID) error {
	n, err := declared(ctx, r, e, pool)
	if err != nil {
		return err
	}
	ballots := 0
	if err := r.Get(ctx, &ballots, `select coalesce(sum(size), 0) from budget_paper_batches where edition = ? and pool = ? and state <> ?`, e, pool, BatchDropped); err != nil {
		return err
	}
	if ballots > n {
		return fault.New(fault.Conflict, "vote.fault.paper_withdraw_over")
	}
	return nil
}

// KeepDeclaration answers that a declaration is not withdrawn; the number stands and
// may be used again. Words say why, and are in the log. Who may: BudgetDesk at the
// owner, who asked for it too. ErrNotFound when nobody asks.
func (s *Service) KeepDeclaration(ctx context.Context, who access.Actor, id budget.EditionID, mark, words string) (err error) {
	defer fault.Wrap(&err, "keep a declaration of edition %s", id)
	e, err := s.paperDesk(ctx, who, id, access.BudgetDesk)
	if err == nil {
		words, err = readWords(words)
	}
	if err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := takenOf(ctx, tx, e.ID, mark)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(row takenRow) bool { return row.First == "" })
		if len(rows) == 0 {
			return fault.ErrNotFound
		}
		if _, err := tx.Exec(ctx, `update budget_paper_taken set first = '', words = '' where edition = ? and mark = ?`, e.ID, mark); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.paper_keep", map[string]string{"pools": poolNames(e, rows), "with_person": string(rows[0].First), "words": words}, at)
	})
}

// holdTaken are declarations that can be withdrawn, with the officer who asks. When
// that one is erased, nobody asks any more.
func holdTaken() privacy.Holding {
	h := holdRows("budget_paper_taken", "paper_taken", "edition")
	h.Erase = func(ctx context.Context, tx *db.Tx, person string) (int, error) {
		n, err := tx.Exec(ctx, `update budget_paper_taken set first = '', words = '' where first = ?`, person)
		return int(n), err
	}
	return h
}
