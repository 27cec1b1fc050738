package training

import (
	"context"
	"net/http"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

// MaterialUse is the name of the use of files of trainings.
const MaterialUse = "training_material"

// Uses are the files that this package takes, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{{Name: MaterialUse, MaxBytes: 20 << 20, Types: append(files.Documents(), files.PNG, files.JPEG)}, admissionUse()}
}

// Material is a file of a training.
type Material struct {
	File     string   `db:"file"`
	Training ID       `db:"training"`
	Title    string   `db:"title"`
	Inside   bool     `db:"inside"` // for people who are in only
	AddedAt  int64    `db:"added_at"`
	Name     string   `db:"-"`
	Size     int64    `db:"-"`
	Type     string   `db:"-"`
	ID       files.ID `db:"-"`
}

// MaterialPath is where a file of a training is fetched.
func MaterialPath(id ID, file string) string { return Path(id) + "/materialy/" + file }

func materialOwner(id ID) files.Owner { return files.Owner{Module: "training", ID: string(id)} }

// Materials are the files of a training; inside adds those for people who are in.
func (s *Service) Materials(ctx context.Context, id ID, inside bool) (all []Material, err error) {
	var rows []Material
	if err := s.db.Select(ctx, &rows, `select file, training, title, inside, added_at from training_materials where training = ? order by added_at, file`, id); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, nil
	}
	list, err := s.Files.Of(ctx, s.db, materialOwner(id))
	if err != nil {
		return nil, err
	}
	there := map[string]files.File{}
	for _, f := range list {
		there[string(f.ID)] = f
	}
	for _, m := range rows {
		f, ok := there[m.File]
		if !ok || m.Inside && !inside {
			continue
		}
		m.ID, m.Name, m.Size, m.Type = f.ID, f.Name, f.Size, f.Type
		all = append(all, m)
	}
	return all, nil
}

// mostMaterials bounds the files of one training.
const mostMaterials = 50

// AddMaterial gives a file that was sent to a training. Who may: whoever
// manages it. Faults: NotFound for a file of another person, Conflict for a
// training that was canceled, Invalid.
func (s *Service) AddMaterial(ctx context.Context, who access.Actor, id ID, file files.ID, title string, inside bool) (err error) {
	defer fault.Wrap(&err, "add material to training %s", id)
	t, err := s.Managed(ctx, who, id)
	if err != nil {
		return err
	}
	title = strings.Join(strings.Fields(title), " ")
	if offerTooLong(title, longestTitle) {
		return fault.InvalidFields([]fault.Field{{Name: "nazwa", Key: "training.offer.lack.long"}})
	}
	if t.State == Canceled {
		return fault.New(fault.Conflict, "training.offer.fault.over")
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select count(*) from training_materials where training = ?`, id); err != nil {
			return err
		}
		if n >= mostMaterials {
			return fault.New(fault.Conflict, "training.offer.fault.materials", "n", mostMaterials)
		}
		if _, err := tx.Exec(ctx, `insert into training_materials (file, training, title, inside, added_at) values (?, ?, ?, ?, ?)`,
			string(file), id, title, inside, now.Unix()); err != nil {
			return err
		}
		if err := s.Files.Claim(ctx, tx, who.By(), MaterialUse, file, materialOwner(id), now); err != nil {
			return err
		}
		return s.offerAct(ctx, tx, who, t, "material", map[string]string{"title": title})
	})
}

// RemoveMaterial takes a file of a training away for good.
func (s *Service) RemoveMaterial(ctx context.Context, who access.Actor, id ID, file files.ID) (err error) {
	defer fault.Wrap(&err, "remove material of training %s", id)
	t, err := s.Managed(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from training_materials where file = ? and training = ?`, string(file), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := s.Files.ReleaseOne(ctx, tx, materialOwner(id), file); err != nil {
			return err
		}
		return s.offerAct(ctx, tx, who, t, "material", map[string]string{"removed": string(file)})
	})
}

// Inside tells whether the actor sees what is for participants: is in the
// training, leads or runs it.
func (s *Service) Inside(ctx context.Context, who access.Actor, t Training) (bool, error) {
	if !who.SignedIn() {
		return false, nil
	}
	err := LeadsIt(ctx, s.db, who, t)
	if err == nil {
		return true, nil
	}
	if fault.KindOf(err) == fault.Internal {
		return false, err
	}
	var states []State
	if err := s.db.Select(ctx, &states, `select state from training_enrollments where person = ? and training = ? and active = ?`, who.Person, t.ID, true); err != nil {
		return false, err
	}
	for _, state := range states {
		if state.In() {
			return true, nil
		}
	}
	return false, nil
}

// ServeMaterial sends a file of a training. Inside tells whether the reader is
// in: the door has found that out, by the account or by the mailed link.
func (s *Service) ServeMaterial(w http.ResponseWriter, r *web.Request, id ID, file string, inside bool) error {
	if _, err := known(file); err != nil {
		return err
	}
	var only bool
	if err := s.db.Get(r.Context(), &only, `select inside from training_materials where file = ? and training = ?`, file, id); err != nil {
		return err
	}
	if only && !inside {
		return fault.ErrNotFound
	}
	return s.Files.Serve(w, r, materialOwner(id), files.ID(file))
}
