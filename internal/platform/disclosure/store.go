package disclosure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Now      func() time.Time
	Registry *Registry
}

// Service stores plans and releases and reads them. It has no guard of its own:
// a release is made to be seen, and who publishes it has checked who asks.
type Service struct {
	db       *db.DB
	now      func() time.Time
	registry *Registry
}

// New makes the service.
func New(c Config) *Service { return &Service{c.DB, c.Now, c.Registry} }

// Fix stores a tree before the period begins, merged by Plan.Least, and returns
// it as it stands from now on. Fixed again with the same units it stays; with
// others it is a Conflict. Units that are no tree are an error of the caller.
func (s *Service) Fix(ctx context.Context, tx *db.Tx, p Plan) (_ Plan, err error) {
	defer fault.Wrap(&err, "fix the plan of %s", p.Object)
	if _, err := grow(p.Units); err != nil {
		return p, err
	}
	if p.Least > 0 {
		p.Units = Merge(p.Units, p.Least)
	}
	t, err := grow(p.Units)
	if err != nil {
		return p, err
	}
	p.Units = t.units
	if p.ID == "" {
		p.ID = uuid.Must(uuid.NewV7()).String()
	}
	known, err := planByID(ctx, tx, p.ID)
	if err == nil {
		if known.Tree != t.print() {
			return p, fault.New(fault.Conflict, "disclosure.fault.fixed")
		}
		return p, json.Unmarshal([]byte(known.Units), &p.Units)
	}
	if !errors.Is(err, fault.ErrNotFound) {
		return p, err
	}
	return p, insertPlan(ctx, tx, p, t, s.now().Unix())
}

// print is the fingerprint of a tree: who counts where, and under whom.
func (t tree) print() string {
	h := sha256.New()
	for i, u := range t.units {
		parent := ""
		if t.parents[i] >= 0 {
			parent = t.units[t.parents[i]].ID
		}
		fmt.Fprintf(h, "%q %q %q\n", u.ID, parent, u.Members)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Plan reads a fixed tree.
func (s *Service) Plan(ctx context.Context, r db.Reader, id string) (_ Plan, err error) {
	defer fault.Wrap(&err, "read plan %s", id)
	row, err := planByID(ctx, r, id)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{ID: row.ID, Owner: row.Owner, Object: row.Object, Least: row.Least}
	return p, json.Unmarshal([]byte(row.Units), &p.Units)
}

// Check tells whether a release may be published, as far as that is known
// before the period is over: Conflict "disclosure.fault.overlap" when a stored
// release of the same measure reaches into its period and its units. Ask before
// people are asked.
func (s *Service) Check(ctx context.Context, r db.Reader, rel Release) (err error) {
	defer fault.Wrap(&err, "check release of %s", rel.Measure)
	if _, known := s.registry.Measure(rel.Measure); !known {
		return fmt.Errorf("measure %q is not declared", rel.Measure)
	}
	plan, err := planByID(ctx, r, rel.Plan)
	if err != nil {
		return err
	}
	return s.overlap(ctx, r, rel, plan)
}

// overlap refuses two releases of a measure that share a unit and a moment: one
// less the other would be the people of the difference. Releases about
// different things of exactly the same period and tree are no difference of
// each other.
func (s *Service) overlap(ctx context.Context, r db.Reader, rel Release, plan planRow) error {
	with, err := overlapping(ctx, r, rel, plan)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "disclosure.fault.overlap", "label", with)
}

// Publish computes a release and stores it for good. Published again it is the
// stored one, whatever the counts are now: late answers belong to the next
// period. It is a Conflict while the period is not over
// ("disclosure.fault.open"), when the tree was fixed after it
// ("disclosure.fault.late"), and when it overlaps another ("disclosure.fault.overlap").
// Only here does the time depend on the number of answers, and only in what the
// caller does to count them.
func (s *Service) Publish(ctx context.Context, tx *db.Tx, rel Release, c Counts) (_ ReleaseID, err error) {
	defer fault.Wrap(&err, "publish %s of %s", rel.Measure, rel.Object)
	m, known := s.registry.Measure(rel.Measure)
	if !known {
		return "", fmt.Errorf("measure %q is not declared", rel.Measure)
	}
	// Two at once: the second waits here and then sees the first.
	if err := db.Raise(ctx, tx, "disclosure:"+rel.Measure); err != nil {
		return "", err
	}
	if id, err := published(ctx, tx, rel); !errors.Is(err, fault.ErrNotFound) {
		return id, err
	}
	plan, err := planByID(ctx, tx, rel.Plan)
	if err != nil {
		return "", err
	}
	now := s.now().Unix()
	switch {
	case rel.Period.From >= rel.Period.Until:
		return "", fmt.Errorf("the period ends before it begins")
	case rel.Period.Until > now:
		return "", fault.New(fault.Conflict, "disclosure.fault.open")
	case plan.FixedAt >= rel.Period.Until:
		return "", fault.New(fault.Conflict, "disclosure.fault.late")
	}
	if err := s.overlap(ctx, tx, rel, plan); err != nil {
		return "", err
	}
	body, err := table(m, rel, plan, c)
	if err != nil {
		return "", err
	}
	id := ReleaseID(uuid.Must(uuid.NewV7()).String())
	return id, insertRelease(ctx, tx, id, rel, body, now)
}

// table is the stored form of a release.
func table(m Measure, rel Release, plan planRow, c Counts) ([]byte, error) {
	m.K = max(m.k(), rel.K)
	if m.Class == Official {
		m.K = 0
	}
	var units []Unit
	if err := json.Unmarshal([]byte(plan.Units), &units); err != nil {
		return nil, err
	}
	t, err := Rule(m, units, c)
	if err != nil {
		return nil, err
	}
	t.Object, t.Period = rel.Object, rel.Period
	return json.Marshal(t)
}

// Read reads a stored release.
func (s *Service) Read(ctx context.Context, r db.Reader, id ReleaseID) (t Table, err error) {
	defer fault.Wrap(&err, "read release %s", id)
	var body string
	if err := r.Get(ctx, &body, `select body from disclosure_releases where id = ?`, string(id)); err != nil {
		return t, err
	}
	t.Release = id
	return t, json.Unmarshal([]byte(body), &t)
}

// Query chooses among stored releases; empty fields choose all.
type Query struct {
	Measure string
	Object  string
	Plan    string
}

// Head is a stored release without its table.
type Head struct {
	ID      ReleaseID
	Measure string
	Object  string
	Plan    string
	Period  Period
}

// Find lists releases, the latest period first.
func (s *Service) Find(ctx context.Context, r db.Reader, q Query) (_ []Head, err error) {
	defer fault.Wrap(&err, "find releases")
	return heads(ctx, r, q)
}

// Latest reads the release of a measure about an object with the latest period;
// fault.ErrNotFound when there is none.
func (s *Service) Latest(ctx context.Context, r db.Reader, measure, object string) (Table, error) {
	list, err := s.Find(ctx, r, Query{Measure: measure, Object: object})
	if err != nil {
		return Table{}, err
	}
	if len(list) == 0 {
		return Table{}, fault.ErrNotFound
	}
	return s.Read(ctx, r, list[0].ID)
}

type planRow struct {
	ID      string `db:"id"`
	Owner   string `db:"owner"`
	Object  string `db:"object"`
	Least   int    `db:"least"`
	Units   string `db:"units"`
	Tree    string `db:"tree"`
	FixedAt int64  `db:"fixed_at"`
}

func planByID(ctx context.Context, r db.Reader, id string) (p planRow, err error) {
	err = r.Get(ctx, &p, `select id, owner, object, least, units, tree, fixed_at from disclosure_plans where id = ?`, id)
	return p, err
}

func insertPlan(ctx context.Context, tx *db.Tx, p Plan, t tree, at int64) error {
	units, err := json.Marshal(p.Units)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into disclosure_plans (id, owner, object, least, units, tree, fixed_at) values (?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Owner, p.Object, p.Least, string(units), t.print(), at)
	if err != nil {
		return err
	}
	var rows [][]any
	for leaf := range t.leafOf {
		rows = append(rows, []any{p.ID, leaf})
	}
	return insertLeaves(ctx, tx, rows)
}

func insertLeaves(ctx context.Context, tx *db.Tx, rows [][]any) error {
	for len(rows) > 0 {
		some := rows[:min(len(rows), db.MaxParams/2)]
		rows = rows[len(some):]
		var args []any
		for _, row := range some {
			args = append(args, row...)
		}
		if _, err := tx.Exec(ctx, `insert into disclosure_leaves (plan, leaf) values `+db.Marks(len(some), 2), args...); err != nil {
			return err
		}
	}
	return nil
}

// overlapping is the label of a release that a new one would overlap.
func overlapping(ctx context.Context, r db.Reader, rel Release, plan planRow) (label string, err error) {
	p := rel.Period
	err = r.Get(ctx, &label, `select r.label from disclosure_releases r join disclosure_plans p on p.id = r.plan
		where r.measure = ? and r.from_at < ? and r.until_at > ?
		and not (r.from_at = ? and r.until_at = ? and p.tree = ? and r.object <> ?)
		and not (r.from_at = ? and r.until_at = ? and r.plan = ? and r.object = ?)
		and exists (select 1 from disclosure_leaves theirs join disclosure_leaves ours on ours.leaf = theirs.leaf
			where theirs.plan = r.plan and ours.plan = ?)
		order by r.id limit 1`,
		rel.Measure, p.Until, p.From, p.From, p.Until, plan.Tree, rel.Object, p.From, p.Until, rel.Plan, rel.Object, rel.Plan)
	return label, err
}

func published(ctx context.Context, r db.Reader, rel Release) (ReleaseID, error) {
	var id string
	err := r.Get(ctx, &id, `select id from disclosure_releases where measure = ? and plan = ? and object = ? and from_at = ? and until_at = ?`,
		rel.Measure, rel.Plan, rel.Object, rel.Period.From, rel.Period.Until)
	return ReleaseID(id), err
}

func insertRelease(ctx context.Context, tx *db.Tx, id ReleaseID, rel Release, body []byte, at int64) error {
	_, err := tx.Exec(ctx, `insert into disclosure_releases (id, measure, plan, object, from_at, until_at, label, body, published_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(id), rel.Measure, rel.Plan, rel.Object, rel.Period.From, rel.Period.Until, rel.Period.Label, string(body), at)
	return err
}

func heads(ctx context.Context, r db.Reader, q Query) (list []Head, err error) {
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var h Head
		err := scan(&h.ID, &h.Measure, &h.Object, &h.Plan, &h.Period.From, &h.Period.Until, &h.Period.Label)
		list = append(list, h)
		return err
	}, `select id, measure, object, plan, from_at, until_at, label from disclosure_releases
		where (measure = ? or ? = '') and (object = ? or ? = '') and (plan = ? or ? = '')
		order by until_at desc, from_at desc, id desc`, q.Measure, q.Measure, q.Object, q.Object, q.Plan, q.Plan)
	return list, err
}
