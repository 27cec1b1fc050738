package vote

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// The attacker of these tests holds the database, its log, a copy taken while
// people voted, the logs of the program, and is told for each voter which envelope
// is theirs. Half of the voters even tell how they voted, so that the attacker can
// learn what envelopes of either choice look like. What is wanted is how the other
// half voted.

// sight is one voter as the attacker sees them.
type sight struct {
	sealed []byte
	id     string
	place  int // among the others, in the order in which the database keeps or writes them
	choice int // 0 or 1: known of the first half, to be guessed of the other
}

// features are everything by which the attacker tells envelopes apart: the whole
// of one, its length, its number, its place, and each of its bytes.
func features(s []sight) [][]int {
	bodies, all := map[string]int{}, make([][]int, len(s))
	longest := 0
	for _, one := range s {
		longest = max(longest, len(one.sealed))
	}
	for i, one := range s {
		if _, seen := bodies[string(one.sealed)]; !seen {
			bodies[string(one.sealed)] = len(bodies)
		}
		f := []int{bodies[string(one.sealed)] % spread, len(one.sealed) % spread, int(one.id[0]) % spread, one.place * 8 / len(s), one.place % 2}
		for n := range longest {
			v := 0
			if n < len(one.sealed) {
				v = 1 + int(one.sealed[n])>>4
			}
			f = append(f, v)
		}
		all[i] = f
	}
	return all
}

// spread is more than the values of any feature.
const spread = 4096

// guessed is how many of the second half the attacker guesses right by the best of
// all features, each with the rule that fits the first half best.
func guessed(f [][]int, choice []int) (best int) {
	half := len(choice) / 2
	var seen [spread][2]int
	for n := range f[0] {
		for i := range half {
			seen[f[i][n]][choice[i]]++
		}
		right := 0
		for i := half; i < len(choice); i++ {
			guess := 0
			if v := seen[f[i][n]]; v[1] > v[0] {
				guess = 1
			}
			if guess == choice[i] {
				right++
			}
		}
		best = max(best, right)
		for i := range half {
			seen[f[i][n]] = [2]int{}
		}
	}
	return best
}

// shuffles is how often choices are dealt out anew in a permutation test.
const shuffles = 199

// luck tells how often the attack does as well when choices are dealt out by
// chance: a share, at least 1/(shuffles+1). A small one means that the attacker
// knows something.
func luck(s []sight) float64 {
	f, choice := features(s), make([]int, len(s))
	for i, one := range s {
		choice[i] = one.choice
	}
	truth, as := guessed(f, choice), 1
	deal := rand.New(rand.NewPCG(8, uint64(len(s))))
	for range shuffles {
		deal.Shuffle(len(choice), func(i, j int) { choice[i], choice[j] = choice[j], choice[i] })
		if guessed(f, choice) >= truth {
			as++
		}
	}
	return float64(as) / (shuffles + 1)
}

const (
	// suspicious is a share that chance brings about once in fifty tests; an attack
	// must do so well three times on fresh votes before it counts.
	suspicious = 0.02
	attempts   = 3
	voters     = 80
)

// TestNobodyGuessesAChoice lets people vote for one of two projects, and the
// attacker guess.
func TestNobodyGuessesAChoice(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		p := newKit(t, d).polling(nil, budget.Approval)
		var shares []float64
		for range attempts {
			shares = append(shares, luck(p.watched(t, voters)))
			if shares[len(shares)-1] > suspicious {
				return
			}
		}
		t.Error("the attacker knows how people voted:", shares)
	})
}

// watched lets n new people vote, half of them for one project and half for four
// others, and looks at what the database holds of each. Who chooses what is drawn:
// the order in which people come says nothing of it, unlike their envelopes perhaps.
func (p *polls) watched(t *testing.T, n int) (s []sight) {
	t.Helper()
	on, of, drawn := p.on(budget.Approval), map[string]int{}, rand.Perm(n)
	for i, id := range p.electors(n) {
		choice := drawn[i] % 2
		b := p.given(budget.Approval, id, [...]budget.Choice{on.crosses(1), on.crosses(2, 3, 4, 8)}[choice])
		_, err := p.cast(t.Context(), p.e, on, b)
		p.ok(err)
		of[b.Envelope] = choice
	}
	p.ok(p.db.Each(t.Context(), func(scan func(...any) error) error {
		one := sight{place: len(s)}
		if err := scan(&one.id, &one.sealed); err != nil {
			return err
		}
		var known bool
		if one.choice, known = of[one.id]; known {
			s = append(s, one)
		}
		return nil
	}, `select id, sealed from budget_envelopes`)) // as the database keeps them: no order is asked for
	return s
}

// writings are all ways in which the projects of an edition could be written down.
func (p *polls) writings(t *testing.T) (all [][]byte) {
	t.Helper()
	for _, b := range p.on(budget.Approval).Projects {
		raw, err := hex.DecodeString(strings.ReplaceAll(string(b.ID), "-", ""))
		p.ok(err)
		all = append(all, []byte(b.ID), raw, []byte(hex.EncodeToString(raw)), []byte(strings.ToUpper(string(b.ID))), []byte(b.Title))
	}
	return all
}

func holds(t *testing.T, what string, data []byte, writings [][]byte) {
	t.Helper()
	for _, w := range writings {
		if bytes.Contains(data, w) {
			t.Errorf("%s holds a project: %q", what, w)
			return
		}
	}
}

// rows are all rows of all tables.
func (p *polls) rows(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	tables, err := d.Tables(t.Context(), d)
	p.ok(err)
	for _, table := range tables {
		p.ok(d.EachRow(t.Context(), d, table, func(row []any) error {
			all[table.Name] = append(all[table.Name], fmt.Sprintf("%q", row))
			return nil
		}))
	}
	return all
}

// TestVotingLeavesTwoRows: whatever is written while people vote is the mark of the
// right and the envelope. No job, session, event, line of a log or of an audit, and
// no memory of forms; and no project stands in any byte of it.
func TestVotingLeavesTwoRows(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		p := k.polling(nil, budget.Approval)
		var log bytes.Buffer
		k.shell.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		who := p.kit.voter()
		p.elector(p.e, who)
		on := p.on(budget.Approval)
		path := VoteHref(p.e.ID) + "/" + string(on.Pool.ID)
		before := p.rows(t, d)
		v := url.Values{fieldEnvelope: {NewEnvelope()}, fieldStep: {stepCast}, fieldOf(on.order[2]): {crossed}}
		for range 2 {
			if w := p.send(who, http.MethodPost, path, v); w.Code != http.StatusOK {
				t.Fatal("status", w.Code)
			}
		}
		var changed []string
		for table, list := range p.rows(t, d) {
			for _, row := range list {
				if !slices.Contains(before[table], row) {
					changed = append(changed, table)
					holds(t, table, []byte(row), p.writings(t))
				}
			}
		}
		if slices.Sort(changed); !slices.Equal(changed, []string{"budget_envelopes", "budget_rights"}) {
			t.Error("voting wrote:", changed)
		}
		if log.Len() > 0 {
			t.Error("the log says:", log.String())
		}
	})
}

// TestNoProjectInTheLogOfSQLite: neither the log of the database nor a copy of both
// files, taken between two votes, holds a project that was not there before.
func TestNoProjectInTheLogOfSQLite(t *testing.T) {
	d := testkit.SQLite(t, modules)
	p := newKit(t, d).polling(nil, budget.Approval)
	var file string
	p.ok(d.SQL().QueryRow(`select file from pragma_database_list where name = 'main'`).Scan(&file))
	var people [4]ElectorID
	copy(people[:], p.electors(len(people)))
	writings, on := p.writings(t), p.on(budget.Approval)
	p.ok(d.TruncateLog(t.Context()))
	var middle []byte
	for i, id := range people {
		_, err := p.cast(t.Context(), p.e, on, p.given(budget.Approval, id, on.crosses(i+1)))
		p.ok(err)
		if i == 1 {
			middle = copied(t, file)
		}
	}
	wal, err := os.ReadFile(file + "-wal")
	p.ok(err)
	if len(wal) == 0 || !bytes.Contains(wal, []byte("budget_")) && !bytes.Contains(wal, []byte(people[0])) {
		t.Fatal("the log holds nothing of the votes: the test sees too little")
	}
	if whole, err := os.ReadFile(file); err != nil || !bytes.Contains(whole, writings[0]) {
		t.Fatal("the projects are not even where they are kept: the test looks for the wrong bytes")
	}
	holds(t, "the log", wal, writings)
	half, err := db.Open(t.Context(), "sqlite:"+string(middle))
	p.ok(err)
	defer half.Close()
	n := 0
	p.ok(Envelopes(t.Context(), half, p.e.ID, on.Pool.ID, func(sealed []byte) error {
		n++
		holds(t, "an envelope of the copy", sealed, writings)
		return nil
	}))
	if n != 2 {
		t.Error("envelopes in the copy:", n)
	}
}

// copied takes a copy of the database with its log, as a backup from outside would,
// and tells where it lies.
func copied(t *testing.T, file string) []byte {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(file + end)
		if err == nil {
			err = os.WriteFile(to+end, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return []byte(to)
}

// TestNoProjectInTheLogOfPostgres: whoever reads xmin or the log learns which
// envelope came with which right, which is why the envelope is sealed; and nothing
// else.
func TestNoProjectInTheLogOfPostgres(t *testing.T) {
	d := testkit.Postgres(t, modules, "")
	p := newKit(t, d).polling(nil, budget.Approval)
	ctx, raw, on := t.Context(), d.SQL(), p.on(budget.Approval)
	people, writings := p.electors(4), p.writings(t)
	text := func(query string, args ...any) (s string) {
		t.Helper()
		p.ok(raw.QueryRowContext(ctx, query, args...).Scan(&s))
		return s
	}
	// Pages that are read for the first time are marked, and would come into the log
	// whole.
	_, err := raw.ExecContext(ctx, `vacuum`)
	p.ok(err)
	from := text(`select pg_current_wal_insert_lsn()::text`)
	for i, id := range people {
		_, err := p.cast(ctx, p.e, on, p.given(budget.Approval, id, on.crosses(i+1)))
		p.ok(err)
	}
	to := text(`select pg_current_wal_flush_lsn()::text`)
	if n := text(`select count(*)::text from budget_rights r join budget_envelopes e on e.xmin = r.xmin where r.spent`); n != "4" {
		t.Errorf("pairs by xmin: %s; what the other tests give the attacker for free is not what a dump tells", n)
	}
	folder := text(`show data_directory`)
	wal, err := serverLog(text, folder, from, to)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		t.Log("the log of the server cannot be read from here")
		return
	}
	p.ok(err)
	holds(t, "the log", wal, writings)
	if dumped := waldump(ctx, folder, from, to); dumped != nil {
		holds(t, "pg_waldump", dumped, writings)
	}
}

// serverLog is what the server wrote into its log between two places. A file of the
// log is an old one that is written over, so what lies behind the last place is
// nothing of today.
func serverLog(text func(query string, args ...any) string, folder, from, to string) ([]byte, error) {
	at := func(lsn string) (file string, offset int) {
		file = text(`select file_name from pg_walfile_name_offset($1::pg_lsn)`, lsn)
		offset, _ = strconv.Atoi(text(`select file_offset::text from pg_walfile_name_offset($1::pg_lsn)`, lsn))
		return filepath.Join(folder, "pg_wal", file), offset
	}
	first, begin := at(from)
	last, end := at(to)
	wal, err := os.ReadFile(first)
	if err != nil || first == last {
		return wal[min(begin, len(wal)):min(end, len(wal))], err
	}
	rest, err := os.ReadFile(last)
	return append(wal[begin:], rest[:min(end, len(rest))]...), err
}

// waldump reads the log by the server's own tool; nil where there is none.
func waldump(ctx context.Context, folder, from, to string) []byte {
	tool, err := exec.LookPath("pg_waldump")
	if bin, e := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err != nil && e == nil {
		tool = filepath.Join(strings.TrimSpace(string(bin)), "pg_waldump")
	}
	if tool == "" {
		return nil
	}
	out, err := exec.CommandContext(ctx, tool, "--path", filepath.Join(folder, "pg_wal"), "--start", from, "--end", to).Output()
	if err != nil {
		return nil
	}
	return out
}
