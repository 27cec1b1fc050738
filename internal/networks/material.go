package networks

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

// MaterialUse is the name of the use of files of networks.
const MaterialUse = "networks_material"

// Uses are the files that this package takes, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{{Name: MaterialUse, MaxBytes: 20 << 20, Types: append(files.Documents(), files.PNG, files.JPEG)}}
}

// mostMaterials bounds the files of one network.
const mostMaterials = 100

func owner(id ID) files.Owner { return files.Owner{Module: "networks", ID: string(id)} }

// Material is a file of a network.
type Material struct {
	files.File
	Title string
}

// Share gives a file that the actor sent to a network. Who may: its members and
// those who lead it, while it works. Faults: NotFound for a file of another
// person, Conflict, Invalid.
func (s *Service) Share(ctx context.Context, who access.Actor, id ID, file files.ID, title string) (err error) {
	defer fault.Wrap(&err, "share a file in network %s", id)
	n, _, err := s.entered(ctx, who, id, toEnter)
	if err != nil {
		return err
	}
	title = line(title)
	if err := fault.InvalidFields(wrong(nil, "nazwa", title, 0, mostTitle)); err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `insert into networks_materials (file, network, title, at) select ?, ?, ?, ?
			where (select count(*) from networks_materials where network = ?) < ?`, string(file), id, title, now.Unix(), id, mostMaterials)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "networks.fault.too_many", "n", mostMaterials)
		}
		if err != nil {
			return err
		}
		if err := s.Files.Claim(ctx, tx, who.By(), MaterialUse, file, owner(id), now); err != nil {
			return err
		}
		return record(ctx, tx, who, n, "shared", "", now, map[string]string{"title": title})
	})
}

// Unshare takes a file away for good. Who may: whoever leads the network.
func (s *Service) Unshare(ctx context.Context, who access.Actor, id ID, file files.ID) (err error) {
	defer fault.Wrap(&err, "take a file of network %s away", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `delete from networks_materials where file = ? and network = ?`, string(file), id)
		if err == nil && rows == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := s.Files.ReleaseOne(ctx, tx, owner(id), file); err != nil {
			return err
		}
		return record(ctx, tx, who, n, "unshared", "", s.now(), map[string]string{"network_file": string(file)})
	})
}

// Materials are the files of a network in the order in which they were shared.
// The caller has checked who reads.
func (s *Service) Materials(ctx context.Context, id ID) (list []Material, err error) {
	titles := map[string]string{}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var file, title string
		err := scan(&file, &title)
		titles[file] = title
		return err
	}, `select file, title from networks_materials where network = ?`, id)
	if err != nil || len(titles) == 0 {
		return nil, err
	}
	all, err := s.Files.Of(ctx, s.db, owner(id))
	for _, f := range all {
		if title, there := titles[string(f.ID)]; there {
			list = append(list, Material{f, title})
		}
	}
	return list, err
}

// getMaterial sends a file to those inside.
func (s *Service) getMaterial(w http.ResponseWriter, r *web.Request) error {
	id, file := ID(r.PathValue("id")), r.PathValue("file")
	if _, _, err := s.entered(r.Context(), access.ActorOf(r.Request), id, toEnter); err != nil {
		return err
	}
	if err := known(file); err != nil {
		return err
	}
	return s.Files.Serve(w, r, owner(id), files.ID(file))
}
