// Package result opens the ballot box of an edition, counts what was in it and
// publishes the outcome, so that anybody can count again.
//
// # From the box to the result
//
//	sealed → opened → counted → final → destroyed
//
// After the close two custodians bring their shares of the key (package
// custody). With the second one an Opening runs in this process, for the key is
// nowhere else: every envelope is opened, decoded and checked against the rules
// of its pool, copies of one envelope are dropped, and what is left is stored
// sorted by its content, which tells nothing of the order in which it came. A run
// that dies leaves the box as it was, and two shares are asked for again. A pool that
// had fewer than vote.LeastElectors rights at the close is not opened, here or
// elsewhere: its envelopes are counted, and its projects lose for that reason.
//
// Then no key is needed any more, and a job counts, pool after pool in the order of
// their numbers: a project that may not win beside a winner of an earlier pool is
// barred. Each pool is counted twice, by two implementations that share no code but
// the definitions (package tally); where the slow one would need days, it follows
// the fast one at the steps that prove the outcome and at some drawn ones, and the
// page says so (tally.Certificate).
// When they differ, nothing is published and those who run the edition are told:
// a result of which we are not sure is none. When they agree, the outcome is
// stored as canonical JSON with its SHA-256, the projects are settled as won or
// lost, and the edition is counted.
//
// The numbers are published with it, whether or not they please: rights that were
// spent, envelopes in the box, ballots that were opened. Where they differ the
// page says by how much.
//
// # After it
//
// A result is final when the days for objections are over, or later, when a
// protest was looked into (Hold). Only then envelopes and keys are destroyed, on
// record: a recount from the sealed envelopes must be possible until nobody may
// ask for one. The ballots stay, sorted, as the open data of the vote: each pool
// of its own, without any word about voters, unless it has so few ballots that a
// neighbor could be recognized (LeastBallots).
//
// Three rules hold everywhere:
//
//  1. Nothing about choices is known to anyone before the box is opened, and
//     nothing about single ballots before the count is published.
//  2. Whatever is published can be counted again: on the page, by the command
//     `kladka tally`, by anybody's program.
//  3. What a voter chose cannot be read from a receipt, a page or a file, except
//     where everybody in a pool chose alike or an answer is one of a kind and its
//     author says so. Rare rankings stay in the file: a count with them left out
//     could not be repeated.
package result

import (
	"context"
	"embed"
	"log/slog"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Editions is package budget as this package needs it; Budget is one.
type Editions interface {
	ByID(ctx context.Context, r db.Reader, id budget.EditionID) (budget.Edition, error)
	// Runs returns nil when the actor may run the edition, Sees when they may read it.
	Runs(ctx context.Context, who access.Actor, e budget.Edition) error
	Sees(ctx context.Context, who access.Actor, e budget.Edition) error
	// Serves returns nil when the actor may do what the permission names with the
	// votes; at a school that is for its own people.
	Serves(ctx context.Context, who access.Actor, p access.Permission, e budget.Edition) error
	// Canceled are the editions that were public and will never be counted.
	Canceled(ctx context.Context, r db.Reader) ([]budget.EditionID, error)
	// Uncounted are the editions of some owners whose vote is over and whose result
	// does not stand yet.
	Uncounted(ctx context.Context, r db.Reader, owners []access.InstitutionID) ([]budget.Edition, error)
	// OnBallot are the projects of a pool in the drawn order.
	OnBallot(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) ([]budget.BallotProject, error)
	// Frozen is the document of a frozen edition, whose SHA-256 is its RulesHash.
	Frozen(ctx context.Context, id budget.EditionID) (string, error)
	// Settle says which projects of a pool won and which lost.
	Settle(ctx context.Context, tx *db.Tx, edition budget.EditionID, pool budget.PoolID, winners, lost []budget.ProjectID) error
	// MoveTo brings the edition from one state to the next; a Conflict when it is
	// not in the first.
	MoveTo(ctx context.Context, tx *db.Tx, who access.Actor, id budget.EditionID, from, to budget.State) error
}

// Box is the ballot box; VoteBox is one.
type Box interface {
	// Close closes the boxes of an edition whose hours are over and publishes
	// their digests; a Conflict while votes may still be on their way.
	Close(ctx context.Context, e budget.Edition) error
	// Count is how many envelopes lie in the closed box of a pool.
	Count(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) (int, error)
	// Lie is how many envelopes lie in a box now, closed or not.
	Lie(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) (int, error)
	// Each calls f with every envelope.
	Each(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID, f func(sealed []byte) error) error
	// Turnout is how many rights each pool had and how many were spent.
	Turnout(ctx context.Context, r db.Reader, e budget.Edition) (map[budget.PoolID]Turnout, error)
	// Paper is what came of the ballots on paper, for the pools that had some.
	Paper(ctx context.Context, r db.Reader, edition budget.EditionID) ([]PaperCount, error)
	// Destroy deletes the envelopes of an edition, and whose the rights were. It
	// may be called again. Tables are those in which no trace of deleted rows may
	// stay, nor of the order in which the others came.
	Destroy(ctx context.Context, tx *db.Tx, edition budget.EditionID, at time.Time) (int, error)
	Tables() []string
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
}

// Config is what the module is made of.
type Config struct {
	DB       *db.DB
	Now      func() time.Time
	Log      *slog.Logger
	Catalog  *i18n.Catalog
	People   People
	Editions Editions
	Box      Box
	Keys     *custody.Service
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
}

// Service is the module.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
	twoCounts
	// opening are the runs of this process.
	opening sync.WaitGroup
	// counting lets one recount for a visitor run at a time in this process, for
	// the sake of everybody else's pages; other processes have their own.
	counting chan struct{}
	// reading lets few visitors' files at a time into the memory of this process. It is
	// not the slot of counting, or whoever sends a file by the drop would keep everybody
	// from counting a published result again.
	reading chan struct{}
	// exporting lets one box at a time be put in order in this process.
	exporting chan struct{}
	last      lastFile
}

// New makes the module.
func New(c Config) *Service {
	return &Service{Config: c, db: c.DB, now: c.Now, twoCounts: newTwoCounts(), counting: make(chan struct{}, 1), reading: make(chan struct{}, mostReading), exporting: make(chan struct{}, 1)}
}
