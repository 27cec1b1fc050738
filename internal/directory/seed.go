package directory

import (
	"context"
	"embed"
	"encoding/csv"
	"strconv"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// seeds are the members of the metropolis association with their TERYT codes
// (domain.md, section 1), and Kraków's districts.
//
// The tile map is of hexagons that stand on a point; odd rows are shifted half
// a tile to the right (hex_row 1 and 3). Neighbors on the map are neighbors on
// the ground as far as six sides allow, with Kraków in the middle.
//
//go:embed seed
var seeds embed.FS

const (
	krakow      = "126101"
	malopolskie = "małopolskie"
)

// District is a district of a municipality; only Kraków's are known by name.
type District struct {
	Municipality string `db:"municipality"`
	Number       int    `db:"number"`
	Name         string `db:"name"`
}

// Seed writes the members of the metropolis and Kraków's districts. It is
// called at every start: what is there already is corrected where it differs
// and otherwise left alone, so that the version of the directory stands still.
func (s *Service) Seed(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "seed the municipalities")
	members, err := seedMembers()
	if err != nil {
		return err
	}
	districts, err := seedDistricts()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		touched, err := seed(ctx, tx, members, districts)
		if err != nil || touched == 0 {
			return err
		}
		return db.Raise(ctx, tx, versionName)
	})
}

func seed(ctx context.Context, tx *db.Tx, members []Municipality, districts []District) (touched int64, err error) {
	for _, m := range members {
		n, err := tx.Exec(ctx, `insert into directory_municipalities
			(id, terc, name, sort_key, county, voivodeship, member, hex_col, hex_row) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (id) do update set terc = excluded.terc, name = excluded.name, sort_key = excluded.sort_key,
				county = excluded.county, voivodeship = excluded.voivodeship, member = excluded.member,
				hex_col = excluded.hex_col, hex_row = excluded.hex_row
			where directory_municipalities.terc <> excluded.terc or directory_municipalities.name <> excluded.name
				or directory_municipalities.county <> excluded.county
				or directory_municipalities.voivodeship <> excluded.voivodeship
				or directory_municipalities.member <> excluded.member
				or directory_municipalities.hex_col <> excluded.hex_col
				or directory_municipalities.hex_row <> excluded.hex_row`,
			m.ID, m.TERC, m.Name, m.SortKey, m.County, m.Voivodeship, m.Member, m.HexCol, m.HexRow)
		if err != nil {
			return 0, err
		}
		touched += n
	}
	for _, d := range districts {
		n, err := tx.Exec(ctx, `insert into directory_districts (municipality, number, name) values (?, ?, ?)
			on conflict (municipality, number) do update set name = excluded.name
			where directory_districts.name <> excluded.name`, d.Municipality, d.Number, d.Name)
		if err != nil {
			return 0, err
		}
		touched += n
	}
	return touched, nil
}

func seedMembers() ([]Municipality, error) {
	rows, err := seedRows("seed/members.csv")
	if err != nil {
		return nil, err
	}
	var list []Municipality
	for _, row := range rows {
		col, err := strconv.Atoi(row[3])
		if err != nil {
			return nil, err
		}
		line, err := strconv.Atoi(row[4])
		if err != nil {
			return nil, err
		}
		list = append(list, Municipality{ID: row[0][:6], TERC: row[0], Name: row[1], SortKey: i18n.SortKey(row[1]),
			County: row[2], Voivodeship: malopolskie, Member: true, HexCol: col, HexRow: line})
	}
	return list, nil
}

func seedDistricts() ([]District, error) {
	rows, err := seedRows("seed/krakow_districts.csv")
	if err != nil {
		return nil, err
	}
	var list []District
	for _, row := range rows {
		number, err := strconv.Atoi(row[0])
		if err != nil {
			return nil, err
		}
		list = append(list, District{Municipality: krakow, Number: number, Name: row[1]})
	}
	return list, nil
}

// seedRows reads a table without its header.
func seedRows(name string) (rows [][]string, err error) {
	defer fault.Wrap(&err, "%s", name)
	f, err := seeds.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err = csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}
