package vote

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"math/big"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
)

// Declared is a declaration as officers see it. Its words are sealed: see Words.
type Declared struct {
	Edition  budget.EditionID `db:"edition"`
	Elector  ElectorID        `db:"elector"`
	Person   access.PersonID  `db:"person"`
	Sealed   string           `db:"sealed"`
	SameName string           `db:"same_name"`
	SameHome string           `db:"same_home"`
	State    string           `db:"state"`
	Drawn    bool             `db:"drawn"`
	First    access.PersonID  `db:"first"`   // officer who looked first
	Finding  string           `db:"finding"` // what they found
	Second   access.PersonID  `db:"second"`
	Words    string           `db:"words"`
	At       int64            `db:"at"`
	Double   bool             `db:"is_double"` // another one is much alike
	// Elsewhere tells that somebody of the same name and date of birth has a place
	// from another source. Whose it is, is told to nobody.
	Elsewhere bool `db:"elsewhere"`
}

// alike tells that another declaration has the same name and day of birth at
// another address, or the same day of birth and address under another spelling.
// One question for each, or SQLite reads all declarations for every one of them.
const alike = `(exists (select 1 from budget_declared o where o.edition = d.edition and o.same_name = d.same_name and o.elector <> d.elector and o.state <> 'refused')
	or exists (select 1 from budget_declared o where o.edition = d.edition and o.same_home = d.same_home and o.elector <> d.elector and o.state <> 'refused'))`

// elsewhere tells that a roll, a desk or a national sign-in knows somebody of the
// same name and day of birth.
const elsewhere = `exists (select 1 from budget_electors p where p.edition = d.edition and p.same_name = d.same_name and p.same_name <> ''
	and p.id <> d.elector and p.source <> 'self')`

const declaredColumns = `d.edition, d.elector, d.person, d.sealed, d.same_name, d.same_home, d.state, d.drawn, d.first, d.finding, d.second, d.words, d.at, ` +
	alike + ` as is_double, ` + elsewhere + ` as elsewhere`

// Findings of an officer.
const (
	FoundRight = "right"
	FoundWrong = "wrong"
)

// Which declarations a list shows.
const (
	ShowDrawn   = "drawn"   // those of the sample
	ShowDoubles = "doubles" // likely doubles, of declarations or of other places
	ShowAll     = "all"
)

// Declarations lists declarations by the random number of the elector, at most
// limit after the given one. Who asks runs the edition.
func (s *Service) Declarations(ctx context.Context, who access.Actor, id budget.EditionID, show string, after ElectorID, limit int) (list []Declared, err error) {
	if _, err := s.runs(ctx, who, id); err != nil {
		return nil, err
	}
	where := ""
	switch show {
	case ShowDrawn:
		where = ` and d.drawn`
	case ShowDoubles:
		where = ` and (` + alike + ` or ` + elsewhere + `)`
	}
	return list, s.db.Select(ctx, &list, `select `+declaredColumns+` from budget_declared d where d.edition = ? and d.elector > ?`+where+` order by d.elector limit ?`,
		id, after, limit)
}

// Declaration is one declaration with its words, for the officer who checks it.
// Reading it is written in the log.
func (s *Service) Declaration(ctx context.Context, who access.Actor, id budget.EditionID, elector ElectorID) (e budget.Edition, d Declared, i Identity, err error) {
	if e, err = s.runs(ctx, who, id); err != nil {
		return e, d, i, err
	}
	if err = s.db.Get(ctx, &d, `select `+declaredColumns+` from budget_declared d where d.edition = ? and d.elector = ?`, id, elector); err != nil {
		return e, d, i, err
	}
	plain, err := s.Keys.Unseal(declaredPurpose, declaredPlace(id, elector), d.Sealed)
	if err != nil {
		return e, d, i, err
	}
	if err := json.Unmarshal(plain, &i); err != nil {
		return e, d, i, err
	}
	at := s.now()
	return e, d, i, s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "vote.declaration_read", Object: "budget_edition", ObjectID: string(e.ID),
			Institution: string(e.Owner), Subject: string(d.Person), Read: true}, at)
	})
}

// sampleSize is how many of so many declarations are drawn, rounded up.
func sampleSize(all, percent int) int { return (all*percent + 99) / 100 }

// DrawSample draws declarations to be checked until the share that the rules
// name is reached, and tells how many were drawn now. It may be repeated as
// declarations come; whoever was drawn stays drawn.
func (s *Service) DrawSample(ctx context.Context, who access.Actor, id budget.EditionID) (drawn int, err error) {
	e, err := s.runs(ctx, who, id)
	if err != nil {
		return 0, err
	}
	if err := s.takes(e, budget.Self); err != nil {
		return 0, err
	}
	var all, had int
	if err := s.db.Get(ctx, &all, `select count(*) from budget_declared where edition = ?`, e.ID); err != nil {
		return 0, err
	}
	var free []ElectorID
	if err := s.db.Select(ctx, &free, `select elector from budget_declared where edition = ? and drawn = ? order by elector`, e.ID, false); err != nil {
		return 0, err
	}
	had = all - len(free)
	want := min(sampleSize(all, e.Rules.Who.Self.DrawnShare)-had, len(free), db.MaxParams-10)
	if want <= 0 {
		return 0, fault.New(fault.Conflict, "vote.fault.drawn_enough")
	}
	if err := shuffle(free); err != nil {
		return 0, err
	}
	at := s.now()
	return drawn, s.db.Write(ctx, func(tx *db.Tx) error {
		query, args, err := db.In(`update budget_declared set drawn = ? where edition = ? and drawn = ? and elector in (?)`, true, e.ID, false, free[:want])
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, query, args...)
		if err != nil {
			return err
		}
		drawn = int(n)
		return note(ctx, tx, who, e, "vote.draw_sample", map[string]string{"n": number(drawn)}, at)
	})
}

// shuffle brings a list into an order that nobody can foresee.
func shuffle[T any](list []T) error {
	for i := len(list) - 1; i > 0; i-- {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return err
		}
		j := n.Int64()
		list[i], list[j] = list[j], list[i]
	}
	return nil
}

// Find is what an officer found about a declaration. Two of them decide: when the
// second finds the same it stands, when they find otherwise the later finding
// waits for another officer, who may be the first. A declaration found wrong
// loses the rights that were not spent; nobody learns whether some were, but the
// sum of such is published with the result. Refusals: Conflict when it was
// decided, when the same officer looks twice in a row, or after the close.
func (s *Service) Find(ctx context.Context, who access.Actor, id budget.EditionID, elector ElectorID, finding, words string) (err error) {
	defer fault.Wrap(&err, "check a declaration of edition %s", id)
	e, err := s.runs(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.takes(e, budget.Self); err != nil {
		return err
	}
	if words, err = readFinding(finding, words); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var d Declared
		if err := tx.Get(ctx, &d, `select `+declaredColumns+` from budget_declared d where d.edition = ? and d.elector = ?`, id, elector); err != nil {
			return err
		}
		switch {
		case d.State != Given:
			return fault.New(fault.Conflict, "vote.fault.decided")
		case d.First == who.Person:
			return fault.New(fault.Conflict, "vote.fault.same_officer")
		case d.Person == who.Person:
			return fault.New(fault.Forbidden, "vote.fault.own_declaration")
		}
		state, err := settleFinding(ctx, tx, d, who.Person, finding, words)
		if err != nil {
			return err
		}
		if state == Refused {
			if err := s.toldRefused(ctx, tx, e, d, words); err != nil {
				return err
			}
		}
		return note(ctx, tx, who, e, "vote.find", map[string]string{"finding": finding}, at)
	})
}

// toldRefused tells whoever declared that two officers found it wrong, why, and
// where to disagree.
func (s *Service) toldRefused(ctx context.Context, tx *db.Tx, e budget.Edition, d Declared, words string) error {
	if s.Tell == nil || d.Person == "" {
		return nil
	}
	return s.Tell(ctx, tx, notify.Message{To: string(d.Person), Topic: budget.News, Key: "vote.told.refused", Args: map[string]string{"title": e.Title, "words": words},
		Link: OwnHref(e.ID), Once: "budget/declared/" + string(d.Elector)})
}

// settleFinding writes a finding, if nobody wrote one meanwhile, and tells the
// state that it leads to.
func settleFinding(ctx context.Context, tx *db.Tx, d Declared, officer access.PersonID, finding, words string) (string, error) {
	state, first, second := Given, officer, access.PersonID("")
	if d.First != "" && d.Finding == finding {
		state, first, second = Confirmed, d.First, officer
		if finding == FoundWrong {
			state = Refused
		}
	}
	n, err := tx.Exec(ctx, `update budget_declared set state = ?, first = ?, second = ?, finding = ?, words = ? where edition = ? and elector = ? and state = ? and first = ?`,
		state, first, second, finding, words, d.Edition, d.Elector, Given, d.First)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", fault.New(fault.Conflict, "vote.fault.decided")
	}
	if state != Refused {
		return state, nil
	}
	return state, void(ctx, tx, d.Edition, `?`, d.Elector)
}

func readFinding(finding, words string) (string, error) {
	var faults []fault.Field
	if finding != FoundRight && finding != FoundWrong {
		faults = append(faults, fault.Field{Name: "wynik", Key: "vote.fault.finding"})
	}
	words = strings.TrimSpace(words)
	if utf8.RuneCountInString(words) > 500 || finding == FoundWrong && words == "" {
		faults = append(faults, fault.Field{Name: "opis", Key: "vote.fault.words"})
	}
	return words, fault.InvalidFields(faults)
}
