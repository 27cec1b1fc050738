package takeover

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/training"
)

// A face is a participant as the rows of a center know one: the same account or
// address and the same name. Faces hold hashes only; whose one is stands in the
// enrollments and papers that are its members.

// seen is a row that shows somebody: an enrollment, or an old paper beside which
// no enrollment is known.
type seen struct {
	Kind        string `db:"kind"`
	ID          string `db:"id"`
	WhoKey      string `db:"who_key"`
	Person      string `db:"person"`
	Name        string `db:"name"`
	Email       string `db:"email"`
	EmailKey    string `db:"email_key"`
	Institution string `db:"institution"`
	Typed       string `db:"typed"`
	Number      string `db:"number_key"`
	PaperKind   string `db:"paper_kind"`
	Words       string `db:"words"`
	Birth       string `db:"-"`
}

const (
	rowEnrollment = "enrollment"
	rowPaper      = "paper"
)

// lookAtOnce is how many rows one transaction looks at.
const lookAtOnce = 200

// newEnrollments and newPapers are rows of a center that have no face yet.
const (
	newEnrollments = `select 'enrollment' as kind, e.id, e.who_key, e.person, e.name, e.email, e.email_key, e.institution, e.institution_name as typed, '' as number_key,
		'' as paper_kind, '' as words
		from training_enrollments e join training_trainings t on t.id = e.training left join training_merge_members m on m.kind = 'enrollment' and m.row_id = e.id
		where t.center = ? and m.row_id is null and e.name <> '' and e.state <> 'pending' order by e.id limit ?`
	newPapers = `select 'paper' as kind, p.id, '' as who_key, p.person, p.name, '' as email, '' as email_key, '' as institution, '' as typed, p.number_key, p.kind as paper_kind,
		coalesce(k.words, '') as words
		from training_papers p left join training_taken k on k.object = p.id left join training_merge_members m on m.kind = 'paper' and m.row_id = p.id
		where p.center = ? and p.imported and p.enrollment = '' and m.row_id is null order by p.id limit ?`
)

// Look finds possible duplicates among the participants of a center who are new
// since the last look. Each is compared with those alone that share a key with
// it. It may run at any time and more than once.
func (s *Service) Look(ctx context.Context, center access.InstitutionID) (err error) {
	defer fault.Wrap(&err, "look for duplicates at %s", center)
	for _, query := range []string{newEnrollments, newPapers} {
		for {
			var rows []seen
			if err := s.db.Select(ctx, &rows, query, center, lookAtOnce); err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.meet(ctx, tx, center, rows) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookEverywhere looks at all centers that have trainings or papers.
func (s *Service) lookEverywhere(ctx context.Context) error {
	var centers []access.InstitutionID
	if err := s.db.Select(ctx, &centers, `select center from training_trainings union select center from training_papers`); err != nil {
		return err
	}
	for _, center := range centers {
		if err := s.Look(ctx, center); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return forgetFaces(ctx, tx) })
}

func (s *Service) meet(ctx context.Context, tx *db.Tx, center access.InstitutionID, rows []seen) error {
	for _, row := range rows {
		var old OldPaper
		if row.Kind == rowPaper && s.openWords(row.PaperKind+":"+row.Number, row.Words, &old) {
			row.Birth, row.Institution, row.Typed = old.Birth, old.Place.ID, old.Place.Typed
		}
		face, fresh, err := s.faceOf(ctx, tx, center, row)
		if err != nil {
			return err
		}
		// Somebody else may have looked at the same moment.
		if _, err := tx.Exec(ctx, `insert into training_merge_members (kind, row_id, face) values (?, ?, ?) on conflict do nothing`, row.Kind, row.ID, face.ID); err != nil {
			return err
		}
		if fresh {
			if err := s.compare(ctx, tx, center, face, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// face is a row of the faces.
type face struct {
	ID       string `db:"id"`
	Face     string `db:"face"`
	EmailKey string `db:"email_key"`
	Called   string `db:"called"`
	Placed   string `db:"placed"`
	Born     string `db:"born"`
}

// faceOf finds the face of a row, or makes it.
func (s *Service) faceOf(ctx context.Context, tx *db.Tx, center access.InstitutionID, row seen) (f face, fresh bool, err error) {
	at, given := firstOf(row.Institution, i18n.Fold(row.Typed)), givenName(row.Name)
	who := row.WhoKey
	if row.Kind == rowPaper {
		who = firstOf(row.Person, row.Birth+"/"+at)
	}
	f = face{ID: newID(), Face: s.mac("face", who, called(row.Name)), EmailKey: row.EmailKey, Called: s.mac("called", called(row.Name))}
	if at != "" {
		f.Placed = s.mac("placed", given, at)
	}
	if row.Birth != "" {
		f.Born = s.mac("born", given, row.Birth)
	}
	n, err := tx.Exec(ctx, `insert into training_merge_faces (id, center, face, email_key, called, placed, born, at) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (center, face) do nothing`, f.ID, center, f.Face, f.EmailKey, f.Called, f.Placed, f.Born, s.now().Unix())
	if err != nil || n > 0 {
		return f, n > 0, err
	}
	return f, false, tx.Get(ctx, &f, `select id, face, email_key, called, placed, born from training_merge_faces where center = ? and face = ?`, center, f.Face)
}

func firstOf(all ...string) string {
	for _, v := range all {
		if v != "" {
			return v
		}
	}
	return ""
}

// mostAlike bounds whom one name is compared with: a name that hundreds share
// tells nothing.
const mostAlike = 50

// compare asks the rule about a new face and each that shares a key with it.
func (s *Service) compare(ctx context.Context, tx *db.Tx, center access.InstitutionID, f face, row seen) error {
	var others []string
	for _, by := range []struct{ query, key string }{
		{`select id from training_merge_faces where center = ? and email_key = ? and id <> ? order by id limit ?`, f.EmailKey},
		{`select id from training_merge_faces where center = ? and called = ? and id <> ? order by id limit ?`, f.Called},
		{`select id from training_merge_faces where center = ? and placed = ? and id <> ? order by id limit ?`, f.Placed},
		{`select id from training_merge_faces where center = ? and born = ? and id <> ? order by id limit ?`, f.Born},
	} {
		if by.key == "" {
			continue
		}
		var some []string
		if err := tx.Select(ctx, &some, by.query, center, by.key, f.ID, mostAlike); err != nil {
			return err
		}
		others = append(others, some...)
	}
	slices.Sort(others)
	mine := s.known(row)
	for _, id := range slices.Compact(others) {
		other, err := s.rowOf(ctx, tx, id)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		reason, alike := Alike(mine, s.known(other))
		if !alike {
			continue
		}
		a, b := min(f.ID, id), max(f.ID, id)
		if _, err := tx.Exec(ctx, `insert into training_merge_pairs (id, center, a, b, reason, state) values (?, ?, ?, ?, ?, ?) on conflict do nothing`,
			newID(), center, a, b, reason, PairOpen); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) known(row seen) Known {
	return Known{Account: row.Person, Name: row.Name, EmailKey: row.EmailKey, Institution: firstOf(row.Institution, i18n.Fold(row.Typed)), Birth: row.Birth}
}

// rowOf is the newest row of a face, which says how the person is called.
func (s *Service) rowOf(ctx context.Context, r db.Reader, id string) (row seen, err error) {
	err = r.Get(ctx, &row, `select 'enrollment' as kind, e.id, e.who_key, e.person, e.name, e.email, e.email_key, e.institution, e.institution_name as typed, '' as number_key,
		'' as paper_kind, '' as words from training_merge_members m join training_enrollments e on e.id = m.row_id
		where m.face = ? and m.kind = 'enrollment' and e.name <> '' order by e.id desc limit 1`, id)
	if fault.KindOf(err) != fault.NotFound {
		return row, err
	}
	err = r.Get(ctx, &row, `select 'paper' as kind, p.id, '' as who_key, p.person, p.name, '' as email, '' as email_key, '' as institution, '' as typed, p.number_key, p.kind as paper_kind,
		coalesce(k.words, '') as words from training_merge_members m join training_papers p on p.id = m.row_id left join training_taken k on k.object = p.id
		where m.face = ? and m.kind = 'paper' order by p.id desc limit 1`, id)
	var old OldPaper
	if err == nil && s.openWords(row.PaperKind+":"+row.Number, row.Words, &old) {
		row.Birth, row.Institution, row.Typed = old.Birth, old.Place.ID, old.Place.Typed
	}
	return row, err
}

// forgetFaces takes away what stands for nobody any more.
func forgetFaces(ctx context.Context, tx *db.Tx) error {
	for _, query := range []string{
		`delete from training_merge_members where kind = 'enrollment' and not exists (select 1 from training_enrollments e where e.id = training_merge_members.row_id and e.name <> '')`,
		`delete from training_merge_members where kind = 'paper' and not exists (select 1 from training_papers p where p.id = training_merge_members.row_id)`,
		`delete from training_merge_moved where pair in (select p.id from training_merge_pairs p where
			not exists (select 1 from training_merge_members m where m.face = p.a) or not exists (select 1 from training_merge_members m where m.face = p.b))`,
		`delete from training_merge_pairs where not exists (select 1 from training_merge_members m where m.face = training_merge_pairs.a)
			or not exists (select 1 from training_merge_members m where m.face = training_merge_pairs.b)`,
		`delete from training_merge_faces where not exists (select 1 from training_merge_members m where m.face = training_merge_faces.id)`,
	} {
		if _, err := tx.Exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// Gathered are the enrollments and papers of a participant and of everybody who
// was merged with them, for those who import at the center.
type Gathered struct {
	Enrollments []GatheredRow
	Papers      []GatheredRow
}

// GatheredRow is one of them, in its original words.
type GatheredRow struct {
	ID       string         `db:"id"`
	Name     string         `db:"name"`
	Title    string         `db:"title"`
	Number   string         `db:"number"`
	At       int64          `db:"at"`
	Day      string         `db:"day"`
	State    training.State `db:"state"`
	Training training.ID    `db:"training"`
}

// mostGathered bounds what is shown of one person.
const mostGathered = 200

// together are the faces merged with one, itself among them, and who is kept.
func together(ctx context.Context, r db.Reader, id string) (all []string, err error) {
	all = []string{id}
	for n := 0; n < len(all) && len(all) < mostGathered; n++ {
		var next []string
		if err := r.Select(ctx, &next, `select b from training_merge_pairs where a = ? and state = ? union select a from training_merge_pairs where b = ? and state = ?`,
			all[n], PairMerged, all[n], PairMerged); err != nil {
			return nil, err
		}
		for _, other := range next {
			if !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all, nil
}

func gatheredBy(ctx context.Context, r db.Reader, faces []string) (g Gathered, err error) {
	args := append(anys(faces), mostGathered)
	err = r.Select(ctx, &g.Enrollments, `select e.id, e.name, t.title, '' as number, t.starts_at as at, '' as day, e.state, e.training from training_merge_members m
		join training_enrollments e on e.id = m.row_id join training_trainings t on t.id = e.training
		where m.kind = 'enrollment' and m.face in `+db.Marks(1, len(faces))+` order by t.starts_at desc, e.id desc limit ?`, args...)
	if err != nil {
		return g, err
	}
	ids := make([]any, 0, 2*len(faces))
	ids = append(append(ids, anys(faces)...), anys(faces)...)
	return g, r.Select(ctx, &g.Papers, `select p.id, p.name, p.title, p.number, p.issued_at as at, p.issued_on as day, '' as state, p.training from training_papers p
		where p.id in (select m.row_id from training_merge_members m where m.kind = 'paper' and m.face in `+db.Marks(1, len(faces))+`)
		or p.enrollment in (select m.row_id from training_merge_members m where m.kind = 'enrollment' and m.face in `+db.Marks(1, len(faces))+`)
		order by p.issued_on desc, p.id desc limit ?`, append(ids, mostGathered)...)
}
