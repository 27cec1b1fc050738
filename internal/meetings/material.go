package meetings

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

// MaterialUse is what files of a meeting are taken for.
const MaterialUse = "meeting_material"

// Uses are the uses of files of this package, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{materialUse()}
}

func materialUse() files.Use {
	return files.Use{Name: MaterialUse, MaxBytes: 20 << 20, Types: append(files.Documents(), files.PNG, files.JPEG)}
}

func materialOwner(id MeetingID) files.Owner { return files.Owner{Module: "meetings", ID: string(id)} }

const mostMaterials = 60 // of one meeting

// AddMaterial gives a file that was sent to a meeting or to one of its items.
// Who may: whoever runs the meeting, until it is archived or canceled. A file of
// somebody else is not there.
func (s *Service) AddMaterial(ctx context.Context, who access.Actor, id MeetingID, item ItemID, file files.ID, title string) (err error) {
	defer fault.Wrap(&err, "add material to meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if title = line(title); tooLong(title, longestTitle) {
		return fault.InvalidFields(needed(nil, "nazwa", title, longestTitle))
	}
	if item != "" {
		if _, err := ItemByID(ctx, s.db, id, item); err != nil {
			return err
		}
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_meetings set changed_at = ? where id = ? and state not in (?, ?)
			and (select count(*) from meetings_materials f where f.meeting = meetings_meetings.id) < ?`, now.Unix(), id, Archived, Canceled, mostMaterials)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.materials", "n", mostMaterials)
		}
		if _, err := tx.Exec(ctx, `insert into meetings_materials (file, meeting, item, title, added_at) values (?, ?, ?, ?, ?)`, string(file), id, item, title, now.Unix()); err != nil {
			return err
		}
		if err := s.Files.Claim(ctx, tx, who.By(), MaterialUse, file, materialOwner(id), now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "material", "meeting", string(id), m.Owner, nil)
	})
}

// RemoveMaterial takes a file away for good. Who may: whoever runs the meeting.
func (s *Service) RemoveMaterial(ctx context.Context, who access.Actor, id MeetingID, file files.ID) (err error) {
	defer fault.Wrap(&err, "remove material of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from meetings_materials where file = ? and meeting = ?`, string(file), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := s.Files.ReleaseOne(ctx, tx, materialOwner(id), file); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "material_out", "meeting", string(id), m.Owner, nil)
	})
}

func (s *Service) postMaterial(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id"))
	if _, err := s.meetingRun(ctx, who, id); err != nil {
		return err
	}
	f, err := s.Files.Receive(r, who.By(), MaterialUse, "plik")
	if err == nil && f.File.ID == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "plik", Key: "meetings.lack.empty"}})
	}
	if err == nil {
		err = s.AddMaterial(ctx, who, id, ItemID(f.Values.Get("punkt")), f.File.ID, f.Values.Get("nazwa"))
	}
	if invalid(err) {
		return s.showAgenda(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "material", Href(id)+"/porzadek")
}

func (s *Service) postMaterialOut(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "material_out", "/porzadek", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.RemoveMaterial(ctx, who, id, files.ID(r.Value("plik")))
	})
}

// getMaterial sends a file to those who may read the meeting.
func (s *Service) getMaterial(w http.ResponseWriter, r *web.Request) error {
	m, err := s.meetingSeen(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := known(r.PathValue("plik")); err != nil {
		return err
	}
	return s.Files.Serve(w, r, materialOwner(m.ID), files.ID(r.PathValue("plik")))
}
