package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/training"
)

// How the archives of together are made.

const (
	areasOfArchive   = 7
	actionsOfArchive = 24
	yearOfArchive    = 2022 // the first one with facts
	factsOfActivity  = 50
	peopleOfArchive  = 15_000
)

// keptHouse is demoHouse in a place that stays.
func keptHouse(ctx context.Context, e engine, name string) (*house, error) {
	dir, err := os.MkdirTemp("", "kladka-bench")
	if err != nil {
		return nil, err
	}
	address := "sqlite:" + filepath.Join(keptFolder(name), "kladka.db")
	if e.name != "SQLite" {
		address, err = keptDatabase(ctx, name)
	} else {
		err = os.MkdirAll(keptFolder(name), 0o700)
	}
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	return openOn(ctx, d, dir, app.Settings{Demo: string(demo.Metropolis)}, func(h *house) error {
		var n int
		if err := h.db.Get(ctx, &n, `select count(*) from access_people`); err != nil || n > 0 {
			return err
		}
		return demo.Fill(ctx, h.db, h.app.Access(), h.app.Directory(), demo.Modules{Contacts: h.app.Networking()}, demo.Metropolis)
	})
}

// keptDatabase is the address of a database of that name, made when it is not there.
func keptDatabase(ctx context.Context, name string) (string, error) {
	server := os.Getenv("KLADKA_BENCH_POSTGRES")
	if server == "" {
		server = os.Getenv("KLADKA_TEST_POSTGRES")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer admin.Close()
	if _, err := admin.ExecContext(ctx, "create database "+name); err != nil && !strings.Contains(err.Error(), "42P04") {
		return "", err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// fill writes the agreement, the plan and the facts, and counts them.
func (a *archive) fill(ctx context.Context, facts int) error {
	officer, _, err := a.as(ctx, access.AssociationOfficer)
	if err != nil {
		return err
	}
	officer.Fresh = true
	if err := a.fillAgreement(ctx, officer); err != nil {
		return err
	}
	if err := a.fillPlan(ctx, officer); err != nil {
		return err
	}
	if err := a.find(ctx); err != nil {
		return err
	}
	if err := a.fillFacts(ctx, facts); err != nil {
		return err
	}
	return a.ledger.Rebuild(ctx, func(int64, int64) error { return nil })
}

func (a *archive) fillAgreement(ctx context.Context, officer access.Actor) error {
	w := agreements.Whole{Agreement: agreements.Agreement{Title: archiveAgreement, SignedOn: "2022-10-27", ValidFrom: "2022-10-27", State: agreements.InForce},
		Parties:     []agreements.Party{{Name: "Stowarzyszenie", Association: true}, {Name: "Centrum"}},
		Signatories: []agreements.Signatory{{Party: 1, Name: "Jan Kowal", Function: "dyrekcja"}, {Party: 2, Name: "Maria Kowal", Function: "dyrekcja"}},
		Outcomes:    []agreements.Outcome{{Words: "Więcej osób korzysta z oferty", Baseline: 2021}, {Words: "Dobre spotkania", Group: ledger.Heads, Baseline: 2022}, {Words: "Oświata zarządzana lepiej", Group: ledger.Managers}}}
	for n := range areasOfArchive {
		w.Areas = append(w.Areas, agreements.Area{Title: fmt.Sprintf("Obszar współpracy %d", n+1), Words: "Słowa obszaru."})
	}
	_, err := a.agreements.Add(ctx, officer, w)
	return err
}

// fillPlan writes a plan with actions, indicators of each sort, and readings.
func (a *archive) fillPlan(ctx context.Context, officer access.Actor) error {
	id, err := a.plans.SavePlan(ctx, officer, plan.Plan{Title: archivePlan, Words: "Wspólny plan.", YearFrom: yearOfArchive, YearTo: yearOfArchive + 6})
	if err != nil {
		return err
	}
	goal, err := a.plans.SaveGoal(ctx, officer, plan.Goal{Plan: id, Title: "Każda szkoła ma doradcę", Words: "Po prostu.", Theme: plan.Inclusion})
	for n := range actionsOfArchive {
		if err == nil {
			_, err = a.plans.SaveAction(ctx, officer, plan.Action{Plan: id, Goal: goal, Code: fmt.Sprintf("A%d", n+1), Title: fmt.Sprintf("Działanie %d", n+1), Kind: plan.Optional})
		}
	}
	for n, formula := range archiveFormulas() {
		i := plan.Indicator{Plan: id, Goal: goal, Code: fmt.Sprintf("W%d", n+1), Title: fmt.Sprintf("Wskaźnik %d", n+1), Unit: "osoby", Way: plan.ByFormula, Formula: formula,
			Frequency: plan.Yearly, Baseline: "10", BaselineYear: 2022, Target: "5000", TargetYear: 2028}
		if formula == "" {
			i.Way, i.Asked, i.Adds = plan.Entered, plan.AskTowns, true
		}
		if err != nil {
			return err
		}
		var made plan.IndicatorID
		if made, err = a.plans.SaveIndicator(ctx, officer, i, ""); err == nil && formula == "" {
			err = a.fillReadings(ctx, made)
		}
	}
	if err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update plan_plans set state = ? where id = ?`, plan.Adopted, id)
		if err == nil {
			_, err = tx.Exec(ctx, `update plan_actions set state = ? where plan = ?`, plan.InProgress, id)
		}
		return err
	})
}

// archiveFormulas are those of forty indicators: of each action one, and some
// that divide, look back, and lean on others.
func archiveFormulas() []string {
	list := []string{"", "people(all)", "people(action=A1, group=teachers) / participations(all) * 100", "indicator(W2) - indicator(W2, year=-1)", "participations(all, by=running) / reading(W1)",
		"(people(action=A1) + people(action=A2) + people(action=A3) + people(action=A4)) / people(all) * 100",
		"hours(kind=training, group=heads) / people(kind=training, group=heads)", "indicator(W3) + indicator(W6) + indicator(W7)", "", "money(all)"}
	for n := range actionsOfArchive {
		list = append(list, fmt.Sprintf("people(action=A%d)", n+1))
	}
	return append(list, "", "", "activities(all)", "facts(all) / activities(all)", "hours(all)", "participations(all, group=managers)")
}

func (a *archive) fillReadings(ctx context.Context, of plan.IndicatorID) error {
	var rows [][]any
	for year := yearOfArchive; year < directory.SchoolYear(time.Now()); year++ {
		for n, town := range a.towns {
			id := string(access.NewPersonID())
			rows = append(rows, []any{id, of, town, year, fmt.Sprint(100 + n), id, plan.Approved, time.Now().Unix(), time.Now().Unix(), id})
		}
	}
	return a.write(ctx, `insert into plan_readings (id, indicator, town, school_year, value, institution, state, at, decided_at, slot) values `, rows)
}

// write inserts rows in one transaction.
func (a *archive) write(ctx context.Context, into string, rows [][]any) error {
	return a.db.Write(ctx, func(tx *db.Tx) error { return writeRows(ctx, tx, into, rows) })
}

func writeRows(ctx context.Context, tx *db.Tx, into string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	for some := range slices.Chunk(rows, db.MaxParams/len(rows[0])) {
		if _, err := tx.Exec(ctx, into+db.Marks(len(some), len(some[0])), slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return nil
}

func person(n int) string { return fmt.Sprintf("person%d", n*7919%peopleOfArchive) }

// fillFacts writes activities spread evenly from the first school day on, every
// second one joint, with fifty facts each. The latest of them have a training
// that gives them a title, since those are what lists show. The last of the
// municipalities is a village: one person comes to one of a hundred.
func (a *archive) fillFacts(ctx context.Context, facts int) error {
	begin := time.Date(yearOfArchive, time.September, 1, 12, 0, 0, 0, time.UTC)
	all, days := facts/factsOfActivity, int(time.Since(begin).Hours()/24)
	officer, _, err := a.as(ctx, access.CenterOfficer)
	if err != nil {
		return err
	}
	const batch = 200 // activities in a transaction
	for from := 0; from < all; from += batch {
		err := a.db.Write(ctx, func(tx *db.Tx) error {
			var r rowsOfFacts
			for n := from; n < min(all, from+batch); n++ {
				on, id := begin.AddDate(0, 0, n*days/all), string(access.NewPersonID())
				late := on.AddDate(0, 0, 10)
				if late.After(time.Now()) || on.Month() == time.August || all < 2*batch {
					made, err := a.held(ctx, tx, officer, on, n)
					if err != nil {
						return err
					}
					id = string(made)
				}
				a.activity(&r, n, id, on)
			}
			return r.write(ctx, tx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// held is a training that took place.
func (a *archive) held(ctx context.Context, tx *db.Tx, officer access.Actor, on time.Time, n int) (training.ID, error) {
	return a.app.Training().Insert(ctx, tx, officer, training.Whole{Training: training.Training{Center: officer.Roles[0].Institution, Form: training.Workshop, State: training.Published,
		Title: fmt.Sprintf("Warsztat %d", n), Capacity: factsOfActivity, Place: "sala", PublishedAt: on.Unix()},
		Meetings: []training.Meeting{{StartsAt: on.Unix(), EndsAt: on.Add(2 * time.Hour).Unix(), Hours: 2}}})
}

// rowsOfFacts are rows of the ledger's tables.
type rowsOfFacts struct{ facts, latest, activities, places, joint [][]any }

func (a *archive) activity(r *rowsOfFacts, n int, id string, on time.Time) {
	day, year, kind := on.Format(time.DateOnly), directory.SchoolYear(on), training.SearchKind
	area, action := a.areas[n/2%len(a.areas)], a.actions[n%len(a.actions)]
	r.activities = append(r.activities, []any{kind, id, "workshop", area, action, day, year})
	scopes := []ledger.Scope{ledger.All, ledger.Kind(kind), ledger.Action(action)}
	if day >= "2022-10-27" && n%2 == 0 {
		r.joint = append(r.joint, []any{string(access.NewPersonID()), kind, id, a.agreement, on.Unix()})
		scopes = append(scopes, ledger.Area(area))
	} else if day >= "2022-10-27" {
		scopes = append(scopes, ledger.Near(area))
	}
	for _, scope := range scopes {
		owner := ""
		switch scope {
		case ledger.Action(action):
			owner = string(a.plan)
		case ledger.Area(area), ledger.Near(area):
			owner = string(a.agreement)
		}
		r.places = append(r.places, []any{kind, id, scope, owner, year, strings.ReplaceAll(day, "-", "")})
	}
	for i := range factsOfActivity {
		village := len(a.towns) - 1
		fact, town := string(access.NewPersonID()), a.towns[(n+i)%village]
		if i == 0 && n%100 == 0 {
			town = a.towns[village]
		}
		key := "bench/" + fact
		r.facts = append(r.facts, []any{fact, key, 1, 1, "training.completed", "event", kind, id, day, year, town, town, ledger.Groups()[i%4],
			person(n*factsOfActivity + i), true, 1, 90, 0, on.Unix()})
		r.latest = append(r.latest, []any{key, 1, fact})
	}
}

func (r rowsOfFacts) write(ctx context.Context, tx *db.Tx) error {
	return errors.Join(
		writeRows(ctx, tx, `insert into ledger_facts (id, key, version, sign, kind, source, activity_kind, activity, on_date, school_year, by_seat, by_running, grp, person_key,
			keyed, people, minutes, money, taken_at) values `, r.facts),
		writeRows(ctx, tx, `insert into ledger_latest (key, version, fact) values `, r.latest),
		writeRows(ctx, tx, `insert into ledger_activities (kind, id, form, areas, actions, on_date, school_year) values `, r.activities),
		writeRows(ctx, tx, `insert into ledger_places (kind, id, scope, owner, school_year, sort_key) values `, r.places),
		writeRows(ctx, tx, `insert into ledger_joint (id, kind, activity, agreement, at) values `, r.joint))
}
