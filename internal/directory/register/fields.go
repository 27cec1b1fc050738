package register

import (
	"fmt"
	"slices"
	"strconv"
)

// field is one comparable part of a Record: how it reads as text and how it is taken over.
type field struct {
	name string
	text func(*Record) string
	take func(to, from *Record)
}

func textField(name string, at func(*Record) *string) field {
	return field{name,
		func(r *Record) string { return *at(r) },
		func(to, from *Record) { *at(to) = *at(from) }}
}

// fields in the order in which changes are listed.
var fields = []field{
	{"type", func(r *Record) string { return string(r.Type) }, func(to, from *Record) { to.Type = from.Type }},
	textField("name", func(r *Record) *string { return &r.Name }),
	textField("official_name", func(r *Record) *string { return &r.OfficialName }),
	textField("municipality", func(r *Record) *string { return &r.Municipality }),
	textField("municipality_name", func(r *Record) *string { return &r.MunicipalityName }),
	textField("county", func(r *Record) *string { return &r.County }),
	textField("voivodeship", func(r *Record) *string { return &r.Voivodeship }),
	textField("delegatura", func(r *Record) *string { return &r.Delegatura }),
	textField("city", func(r *Record) *string { return &r.City }),
	textField("street", func(r *Record) *string { return &r.Street }),
	textField("house", func(r *Record) *string { return &r.House }),
	textField("flat", func(r *Record) *string { return &r.Flat }),
	textField("post_code", func(r *Record) *string { return &r.PostCode }),
	{"point", pointOf, func(to, from *Record) { to.Lat, to.Lon, to.HasPoint = from.Lat, from.Lon, from.HasPoint }},
	textField("regon", func(r *Record) *string { return &r.REGON }),
	textField("nip", func(r *Record) *string { return &r.NIP }),
	textField("phone", func(r *Record) *string { return &r.Phone }),
	textField("email", func(r *Record) *string { return &r.Email }),
	textField("website", func(r *Record) *string { return &r.Website }),
	textField("running_name", func(r *Record) *string { return &r.RunningName }),
	{"running_kind", func(r *Record) string { return string(r.RunningKind) },
		func(to, from *Record) { to.RunningKind = from.RunningKind }},
	textField("public", func(r *Record) *string { return &r.Public }),
	{"pupils", pupilsOf, func(to, from *Record) { to.Pupils, to.HasPupils = from.Pupils, from.HasPupils }},
	{"parent", func(r *Record) string { return numberText(r.Parent) },
		func(to, from *Record) { to.Parent = from.Parent }},
	{"children", func(r *Record) string { return numbers(r.Children) },
		func(to, from *Record) { to.Children = slices.Clone(from.Children) }},
	textField("founded_on", func(r *Record) *string { return &r.FoundedOn }),
	textField("closed_on", func(r *Record) *string { return &r.ClosedOn }),
	textField("started_on", func(r *Record) *string { return &r.StartedOn }),
	textField("post_office", func(r *Record) *string { return &r.PostOffice }),
	textField("running_regon", func(r *Record) *string { return &r.RunningREGON }),
	textField("running_nip", func(r *Record) *string { return &r.RunningNIP }),
	textField("pupil_category", func(r *Record) *string { return &r.PupilCategory }),
	textField("specifics", func(r *Record) *string { return &r.Specifics }),
	textField("sports_grounds", func(r *Record) *string { return &r.SportsGrounds }),
	textField("languages", func(r *Record) *string { return &r.Languages }),
	textField("specialists", func(r *Record) *string { return &r.Specialists }),
}

// Fields lists the names of all fields that Compare watches, in the order in which changes are listed. Labels are
// messages "field.<name>".
func Fields() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

func pointOf(r *Record) string {
	if !r.HasPoint {
		return ""
	}
	return pointText(*r)
}

// pointText keeps seven decimals, about a centimeter: beyond that two files differ by rounding only.
func pointText(r Record) string { return fmt.Sprintf("%.7f, %.7f", r.Lat, r.Lon) }

func pupilsOf(r *Record) string {
	if !r.HasPupils {
		return ""
	}
	return strconv.Itoa(r.Pupils)
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// TextOf is one field of a record as text, the way changes show it; "" for a field that Compare does not watch.
func TextOf(field string, r *Record) string {
	for _, f := range fields {
		if f.name == field {
			return f.text(r)
		}
	}
	return ""
}

// PointText writes a place the way the field "point" does.
func PointText(lat, lon float64) string { return pointText(Record{Lat: lat, Lon: lon}) }
