package directory

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// ByID reads one institution; fault.NotFound when there is none.
func ByID(ctx context.Context, r db.Reader, id access.InstitutionID) (i Institution, err error) {
	defer fault.Wrap(&err, "institution %s", id)
	err = r.Get(ctx, &i, `select `+columns+` from directory_institutions where id = ?`, id)
	return i, err
}

// ByRSPO reads the institution of a number of the register; fault.NotFound when there is none.
func ByRSPO(ctx context.Context, r db.Reader, rspo int) (i Institution, err error) {
	defer fault.Wrap(&err, "institution with RSPO number %d", rspo)
	err = r.Get(ctx, &i, `select `+columns+` from directory_institutions where rspo = ?`, rspo)
	return i, err
}

// byIDs reads institutions, in no promised order. Ids that are not there are left out.
func byIDs(ctx context.Context, r db.Reader, ids []access.InstitutionID) (all []Institution, err error) {
	for some := range slices.Chunk(ids, db.MaxParams) {
		query, args, err := db.In(`select `+columns+` from directory_institutions where id in (?)`, some)
		if err != nil {
			return nil, err
		}
		var part []Institution
		if err := r.Select(ctx, &part, query, args...); err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, nil
}

// Municipalities reads all municipalities that the directory knows, by name,
// without their boundaries, which are long and seldom wanted.
func Municipalities(ctx context.Context, r db.Reader) (list []Municipality, err error) {
	err = r.Select(ctx, &list, `select id, terc, name, sort_key, county, voivodeship, member, hex_col, hex_row,
		'' as boundary, boundary_source from directory_municipalities order by sort_key, id`)
	return list, err
}

// Save writes institutions as they are given, new ones and known ones alike,
// for the demo. It computes the sort key and the words, and makes a unit
// without head unit its own. Of a known one all columns are replaced and the
// revision is raised. Parents may stand anywhere in the list. When parents
// were set, call Regroup after the last Save.
func (s *Service) Save(ctx context.Context, tx *db.Tx, list []Institution) error {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return err
	}
	list = slices.Clone(list)
	for n := range list {
		s.complete(&list[n])
	}
	return save(ctx, tx, list)
}

// complete fills what follows from the rest of the row.
func (s *Service) complete(i *Institution) {
	i.SortKey = i18n.SortKey(i.Name)
	if i.HeadUnit == "" {
		i.HeadUnit = i.ID
	}
	if i.UpdatedAt == 0 {
		i.UpdatedAt = s.now().Unix()
	}
	i.Revision = max(1, i.Revision)
	if i.Lat != nil && i.PointSource == "" {
		i.PointSource = cmp.Or(i.Source, string(i.Origin))
	}
	// An office that says it belongs to a municipality acts for the one it stands in (see Over).
	if i.Kind == Office && i.RunningMunicipality == "" && runByMunicipality(i.RunningKind) {
		i.RunningMunicipality = i.Municipality
	}
}

// save writes complete rows and their words, in batches.
func save(ctx context.Context, tx *db.Tx, list []Institution) error {
	if err := writeInstitutions(ctx, tx, list, onConflictReplace); err != nil {
		return err
	}
	return replaceWords(ctx, tx, list)
}

// columnCount is the number of columns that values gives; a test counts both.
const columnCount = 43

func (i *Institution) values() []any {
	return []any{i.ID, i.RSPO, i.Origin, i.Kind, i.Name, i.OfficialName, i.SortKey, i.Closed, i.ClosedOn, i.ClosedWhy,
		i.Municipality, i.District, i.Delegatura, i.City, i.Street, i.House, i.Flat, i.Postcode, i.Lat, i.Lon, i.PointDoubt, i.PointSource,
		i.REGON, i.NIP, i.Phone, i.Email, i.Website, i.RunningID, i.RunningName, i.RunningKind, i.RunningMunicipality,
		i.Supervising, i.Public, i.Pupils, i.FoundedOn, i.RegisterParent, i.Corrected, i.OfficerParent, i.HeadUnit,
		i.Stated, i.Source, i.UpdatedAt, i.Revision}
}

const (
	onConflictKeep    = ` on conflict (id) do nothing`
	onConflictReplace = ` on conflict (id) do update set
		rspo = excluded.rspo, origin = excluded.origin, kind = excluded.kind, name = excluded.name,
		official_name = excluded.official_name, sort_key = excluded.sort_key, closed = excluded.closed,
		closed_on = excluded.closed_on, closed_why = excluded.closed_why, municipality = excluded.municipality,
		district = excluded.district, delegatura = excluded.delegatura, city = excluded.city, street = excluded.street,
		house = excluded.house, flat = excluded.flat, postcode = excluded.postcode, lat = excluded.lat, lon = excluded.lon,
		point_doubt = excluded.point_doubt, point_source = excluded.point_source, regon = excluded.regon, nip = excluded.nip, phone = excluded.phone,
		email = excluded.email, website = excluded.website, running_id = excluded.running_id,
		running_name = excluded.running_name, running_kind = excluded.running_kind,
		running_municipality = excluded.running_municipality, supervising = excluded.supervising,
		public = excluded.public, pupils = excluded.pupils, founded_on = excluded.founded_on,
		register_parent = excluded.register_parent, corrected = excluded.corrected,
		officer_parent = excluded.officer_parent, head_unit = excluded.head_unit, stated = excluded.stated,
		source = excluded.source, updated_at = excluded.updated_at, revision = directory_institutions.revision + 1`
	// onConflictGuarded writes a row only over the revision that it carries.
	onConflictGuarded = onConflictReplace + ` where directory_institutions.revision = excluded.revision`
)

// writeInstitutions inserts rows in as few statements as MaxParams allows.
func writeInstitutions(ctx context.Context, tx *db.Tx, list []Institution, onConflict string) error {
	list = parentsFirst(list)
	for some := range slices.Chunk(list, db.MaxParams/columnCount) {
		args := make([]any, 0, len(some)*columnCount)
		for n := range some {
			args = append(args, some[n].values()...)
		}
		_, err := tx.Exec(ctx, `insert into directory_institutions (`+columns+`) values `+
			db.Marks(len(some), columnCount)+onConflict, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeGuarded writes rows and tells their revisions after that. Fresh ones are
// left out when their key or number is taken; known ones, which carry the
// revision that they were read with, when another has been made since or the
// row is gone.
func writeGuarded(ctx context.Context, tx *db.Tx, list []Institution, fresh bool) (map[access.InstitutionID]int64, error) {
	onConflict := onConflictGuarded
	if fresh {
		onConflict = ` on conflict do nothing`
	}
	written := make(map[access.InstitutionID]int64, len(list))
	for some := range slices.Chunk(list, db.MaxParams/columnCount) {
		args := make([]any, 0, len(some)*columnCount)
		for n := range some {
			args = append(args, some[n].values()...)
		}
		err := tx.Each(ctx, func(scan func(dest ...any) error) error {
			var id access.InstitutionID
			var revision int64
			err := scan(&id, &revision)
			written[id] = revision
			return err
		}, `insert into directory_institutions (`+columns+`) values `+
			db.Marks(len(some), columnCount)+onConflict+` returning id, revision`, args...)
		if err != nil {
			return nil, err
		}
	}
	if fresh {
		return written, nil
	}
	return written, takeOutGone(ctx, tx, list, written)
}

// takeOutGone removes what was inserted because the row to be replaced is gone:
// it carries the revision it came with, while a replaced one has the next.
func takeOutGone(ctx context.Context, tx *db.Tx, list []Institution, written map[access.InstitutionID]int64) error {
	for n := range list {
		id := list[n].ID
		if revision, there := written[id]; there && revision == list[n].Revision {
			if _, err := tx.Exec(ctx, `delete from directory_institutions where id = ?`, id); err != nil {
				return err
			}
			delete(written, id)
		}
	}
	return nil
}

// parentsFirst orders rows so that what a row refers to stands before it: a
// foreign key is looked at after each statement.
func parentsFirst(list []Institution) []Institution {
	depth := make(map[access.InstitutionID]int, len(list))
	at := make(map[access.InstitutionID]*Institution, len(list))
	for n := range list {
		at[list[n].ID] = &list[n]
	}
	for n := range list {
		depthOf(&list[n], at, depth)
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Institution) int { return cmp.Compare(depth[a.ID], depth[b.ID]) })
	return list
}

// depthOf counts the rows of the list that must stand before this one. A row
// on the way back to itself counts as first, or it would go round for ever.
func depthOf(i *Institution, at map[access.InstitutionID]*Institution, depth map[access.InstitutionID]int) int {
	if i == nil {
		return 0
	}
	if d, known := depth[i.ID]; known {
		return d
	}
	depth[i.ID] = 0
	d := 0
	for _, up := range []*access.InstitutionID{i.RegisterParent, i.OfficerParent, i.RunningID} {
		if up != nil && *up != i.ID && at[*up] != nil {
			d = max(d, 1+depthOf(at[*up], at, depth))
		}
	}
	depth[i.ID] = d
	return d
}

// ensureMunicipalities adds those that are not known yet. What is known stays
// as it is: a file of the register does not rename a municipality.
func ensureMunicipalities(ctx context.Context, tx *db.Tx, list []Municipality) error {
	const cols = 9
	for some := range slices.Chunk(list, db.MaxParams/cols) {
		args := make([]any, 0, len(some)*cols)
		for _, m := range some {
			args = append(args, m.ID, m.TERC, m.Name, i18n.SortKey(m.Name), m.County, m.Voivodeship, m.Member, m.HexCol, m.HexRow)
		}
		_, err := tx.Exec(ctx, `insert into directory_municipalities
			(id, terc, name, sort_key, county, voivodeship, member, hex_col, hex_row) values `+
			db.Marks(len(some), cols)+` on conflict (id) do nothing`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}
