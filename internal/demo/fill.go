package demo

import (
	"context"
	"errors"
	"fmt"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/vote"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/meetings"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/search"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

// worldSeed is the seed of every demo, so that what a guide shows is what the
// reader finds.
const worldSeed = 2026

// Modules are those in which the invented people do something; one that is nil
// stays empty.
type Modules struct {
	Contacts   *networking.Service
	Trainings  *training.Service
	Papers     *papers.Service
	Needs      *needs.Service      // with Evaluation, and only with Trainings
	Evaluation *evaluation.Service // as well
	Support    *support.Service    // with Needs

	// What is agreed, decided and done together: all of these or none, and only
	// with Trainings.
	Agreements *agreements.Service
	Ledger     *ledger.Service
	Plan       *plan.Service
	Meetings   *meetings.Service
	Networks   *networks.Service

	// What people decide about money: all of these or none.
	Budget  *budget.Service
	Votes   *vote.Service
	Results *result.Service
}

// Fill writes the world of a scale into an empty database whose municipalities
// are seeded, all in one transaction, together with the word that it is a
// demo. A database that is that demo already is left alone, so an interrupted
// or repeated start does no harm. Whether the database is empty is asked by
// CheckKind, which must come first.
func Fill(ctx context.Context, d *db.DB, people *access.Service, dir *directory.Service, more Modules, scale Scale) (err error) {
	defer fault.Wrap(&err, "fill the database with an invented %s", scale)
	if !Valid(string(scale)) {
		return errors.New("no such scale")
	}
	if done, err := filled(ctx, d, scale); done || err != nil {
		return err
	}
	world := Generate(scale, worldSeed) // outside the transaction, which may run twice
	raced := false
	err = d.Write(ctx, func(tx *db.Tx) error {
		var err error
		if raced, err = filled(ctx, tx, scale); raced || err != nil {
			return err
		}
		return write(ctx, tx, people, dir, scale, world)
	})
	if err != nil {
		// A second process that filled at the same time has won: the same world is there.
		if done, again := filled(ctx, d, scale); again == nil && done {
			return nil
		}
		return err
	}
	if raced {
		return nil
	}
	if err := enliven(ctx, people, dir, world); err != nil {
		return err
	}
	if more.Contacts != nil {
		if err := Contacts(ctx, people, more.Contacts, world); err != nil {
			return err
		}
	}
	if more.Budget != nil {
		if err := Budgets(ctx, d, people, more, world); err != nil {
			return err
		}
	}
	if more.Trainings == nil {
		return nil
	}
	if err := Trainings(ctx, d, people, more.Trainings, more.Papers, world); err != nil {
		return err
	}
	if more.Needs != nil && more.Evaluation != nil {
		if err := Needs(ctx, d, people, more, world); err != nil {
			return err
		}
	}
	if more.Agreements == nil {
		return nil
	}
	return Together(ctx, d, people, more, world)
}

func write(ctx context.Context, tx *db.Tx, people *access.Service, dir *directory.Service, scale Scale, world World) error {
	if err := people.AddDemoPeople(ctx, tx, world.People); err != nil {
		return err
	}
	// Head units come with the world, so the directory need not regroup.
	if err := dir.Save(ctx, tx, world.Institutions); err != nil {
		return err
	}
	if err := search.TouchAll(ctx, tx, directory.SearchName); err != nil {
		return err
	}
	return db.SetProperty(ctx, tx, propertyData, demoOf(scale))
}

// filled tells whether the database is this demo already, and refuses one that
// is something else.
func filled(ctx context.Context, r db.Reader, scale Scale) (bool, error) {
	data, err := dataOf(ctx, r)
	switch {
	case err != nil:
		return false, err
	case data == demoOf(scale):
		return true, nil
	case data != "":
		return false, fmt.Errorf("the database holds %q", data)
	}
	return false, nil
}
