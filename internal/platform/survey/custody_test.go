package survey

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/secrets"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// before are the modules as they were before keys moved to package custody.
func before(t *testing.T) (list []schema.Module) {
	t.Helper()
	old := fstest.MapFS{}
	names, err := fs.Glob(Migrations, "migrations/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := Migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(name, "202611221441") {
			old[name] = &fstest.MapFile{Data: text}
		}
	}
	for _, m := range roundModules {
		switch m.Name {
		case "survey":
			list = append(list, schema.Module{Name: "survey", Files: old})
		case "custody": // comes with the move
		default:
			list = append(list, m)
		}
	}
	return list
}

// TestKeysMove brings a round with its key over: its officers open it with the
// shares that they have.
func TestKeysMove(t *testing.T) {
	testkit.EachDB(t, before(t), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		public, shares, err := seal.Make(custody.Needed, custody.Parts)
		if err != nil {
			t.Fatal(err)
		}
		err = d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into survey_rounds (id, owner, object, definition, mode, state, opens_at, closes_at, public_key)
				values ('r1', 'test', 'k1', 'd', 'anonymous', 'closed', 1000, 2000, ?), ('r2', 'test', 'k1', 'd', 'named', 'open', 1000, 2000, '')`, public)
			if err != nil {
				return err
			}
			if _, err = tx.Exec(ctx, `insert into survey_custody (round, no, person, confirmed, gone) values
				('r1', 1, 'o1', true, false), ('r1', 2, 'o2', true, true), ('r1', 3, '', true, false)`); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `insert into survey_shares (round, person, no, sealed, until) values ('r1', 'o1', 1, 'x', 9999999999)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := schema.Migrate(ctx, d, roundModules); err != nil {
			t.Fatal(err)
		}
		k := New(Config{DB: d, Now: (&roundClock{at: roundNoon}).now, Keys: secrets.New()})
		keepers, err := Custody(ctx, d, "r1")
		if err != nil || len(keepers) != 3 || keepers[0] != (custody.Keeper{No: 1, Person: "o1", Confirmed: true}) || !keepers[1].Gone || !keepers[2].Deposit() || keepers.Usable() != 2 {
			t.Fatal(keepers, err)
		}
		if none, err := Custody(ctx, d, "r2"); err != nil || len(none) != 0 {
			t.Error(none, err)
		}
		o, err := k.GiveShare(ctx, roundBy("o1"), "r1", shares[0].Text(), false)
		if err != nil || o != nil {
			t.Fatal("a share that waited under the old key is taken for the second", o, err)
		}
		o, err = k.GiveShare(ctx, roundBoss, "r1", shares[2].Text(), true)
		if err != nil || o == nil {
			t.Fatal(o, err)
		}
		o.opener.Close()
	})
}
