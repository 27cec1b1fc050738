package directory

import (
	"context"
	"net/http"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const townsPath = "/gminy"

func townHref(id string) string { return townsPath + "/" + id }

// townsPage lists the municipalities with their official figures.
type townsPage struct {
	web.Page
	Picture picture
	Rows    []townRow
	Sum     townRow
}

// townRow holds one municipality's figures both ways of counting.
type townRow struct {
	Municipality
	BySeat      figures
	ByAuthority figures
}

func (s *Service) getTowns(w http.ResponseWriter, r *web.Request) error {
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return err
	}
	out, err := ro.outlines()
	if err != nil {
		return err
	}
	p := townsPage{Page: r.Page(w, r.L.T("municipalities.title")), Picture: townPicture(r.L, ro, out, "")}
	p.Picture.Name = r.L.T("municipalities.map")
	seat, authority := ro.figuresBy(false), ro.figuresBy(true)
	for _, m := range ro.members() {
		n := ro.townAt[m.ID]
		row := townRow{m, seat[n], authority[n]}
		p.Sum.BySeat.add(row.BySeat)
		p.Sum.ByAuthority.add(row.ByAuthority)
		p.Rows = append(p.Rows, row)
	}
	return r.Render(w, townsView(p))
}

func (f *figures) add(other figures) {
	f.Institutions += other.Institutions
	f.Groups += other.Groups
	f.Pupils += other.Pupils
	f.PupilsKnown += other.PupilsKnown
}

// townPicture draws the members, each with the number of its institutions by
// seat and a link to its page.
func townPicture(l *i18n.L, ro *roll, out outlines, here string) picture {
	all := ro.everything(scope{})
	p := drawTowns(l, ro.members(), out, func(m Municipality) (int, string) {
		return int(all.towns[ro.townAt[m.ID]]), townHref(m.ID)
	})
	for i, m := range ro.members() {
		p.Tiles[i].Here = m.ID == here
	}
	return p
}

// townPage is the public page of a municipality.
type townPage struct {
	web.Page
	Town      Municipality
	Rows      townRow
	Kinds     []kindRow
	Districts []districtRow
	Picture   picture
	List      string
	ByRunner  string
}

type kindRow struct {
	Label             string
	Seat, Runs        int
	SeatHref, RunHref string
}

type districtRow struct {
	Number int
	Name   string
	N      int
}

func (s *Service) getTown(w http.ResponseWriter, r *web.Request) error {
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return err
	}
	n, known := ro.townAt[r.PathValue("key")]
	if !known {
		return fault.ErrNotFound
	}
	out, err := ro.outlines()
	if err != nil {
		return err
	}
	m := ro.towns[n]
	p := townPage{Page: r.Page(w, m.Name, web.Link{Text: r.L.T("municipalities.title"), Href: townsPath}), Town: m,
		Rows: townRow{m, ro.figuresBy(false)[n], ro.figuresBy(true)[n]}, Kinds: ro.kindRows(r.L, m.ID),
		Picture: townPicture(r.L, ro, out, m.ID)}
	p.Picture.Name, p.Picture.Small = r.L.T("institution.map.town", "name", m.Name), true
	of := Filter{Municipalities: []string{m.ID}}
	p.List = of.href(listPath)
	of.ByAuthority = true
	p.ByRunner = of.href(listPath)
	p.Districts, err = s.districtRows(r.Context(), ro, n)
	if err != nil {
		return err
	}
	return r.Render(w, townView(p))
}

// kindRows counts the open institutions of a municipality by kind.
func (r *roll) kindRows(l *i18n.L, town string) []kindRow {
	seat := r.sift(Filter{Municipalities: []string{town}}, nil)
	runs := r.sift(Filter{Municipalities: []string{town}, scope: scope{ByAuthority: true}}, nil)
	var rows []kindRow
	for i, k := range Kinds() {
		if seat.kinds[i] == 0 && runs.kinds[i] == 0 {
			continue
		}
		f := Filter{Kinds: []Kind{k}, Municipalities: []string{town}}
		row := kindRow{Label: kindLabel(l, k), Seat: int(seat.kinds[i]), Runs: int(runs.kinds[i]), SeatHref: f.href(listPath)}
		f.ByAuthority = true
		row.RunHref = f.href(listPath)
		rows = append(rows, row)
	}
	return rows
}

func (s *Service) districtRows(ctx context.Context, ro *roll, town int16) ([]districtRow, error) {
	var list []District
	err := s.db.Select(ctx, &list, `select municipality, number, name from directory_districts where municipality = ? order by number`, ro.towns[town].ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	counts := map[int]int{}
	for i := range ro.entries {
		if e := &ro.entries[i]; e.seat == town && !e.closed {
			counts[int(e.district)]++
		}
	}
	rows := make([]districtRow, len(list))
	for i, d := range list {
		rows[i] = districtRow{d.Number, d.Name, counts[d.Number]}
	}
	return rows, nil
}

// districtsCounted tells whether any institution was put into a district: until the
// boundaries are imported, nobody knows, and zeros would lie.
func (p townPage) districtsCounted() bool {
	for _, d := range p.Districts {
		if d.N > 0 {
			return true
		}
	}
	return false
}

// pupils writes a sum of pupils with how much of it is known.
func (p townsPage) pupils(f figures) string { return pupilsText(p.L, f) }
func (p townPage) pupils(f figures) string  { return pupilsText(p.L, f) }

func pupilsText(l *i18n.L, f figures) string {
	switch f.PupilsKnown {
	case 0:
		return l.T("municipalities.unknown")
	case f.Institutions:
		return l.Number(f.Pupils)
	}
	return l.T("municipalities.pupils_of", "n", f.Pupils, "known", f.PupilsKnown, "all", f.Institutions)
}

// where tells in which county and voivodeship a municipality lies.
func (p townPage) where() string {
	switch {
	case p.Town.County == "" && p.Town.Voivodeship == "":
		return p.T("municipalities.code", "code", p.Town.ID)
	case p.Town.Member:
		return p.T("municipalities.where_member", "county", p.Town.County, "voivodeship", p.Town.Voivodeship, "code", p.Town.ID)
	}
	return p.T("municipalities.where", "county", p.Town.County, "voivodeship", p.Town.Voivodeship, "code", p.Town.ID)
}
