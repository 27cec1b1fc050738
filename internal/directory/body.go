package directory

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Body is an institution outside the register, as its form states it. The
// tags are the names of the fields.
type Body struct {
	Key          access.InstitutionID // made with the form, so that sending it twice adds one body
	Kind         Kind                 // rodzaj
	Name         string               // nazwa
	Municipality string               // gmina
	ActsFor      bool                 // prowadzi: the office that runs the schools of its municipality
	City         string               // miejscowosc
	Street       string               // ulica
	House        string               // numer
	Postcode     string               // kod
	Website      string               // www
	Phone        string               // telefon
	Email        string               // email
	NIP          string               // nip
	REGON        string               // regon
}

// AddBody adds an office, an association, an NGO, a university or a company.
// Who asks must hold AddBody. A NIP whose check digit is wrong blocks, since it
// goes onto agreements and invoices; a REGON is informative, so it is taken
// and oddREGON tells that somebody should look at it.
func (s *Service) AddBody(ctx context.Context, who access.Actor, b Body) (id access.InstitutionID, oddREGON bool, err error) {
	defer fault.Wrap(&err, "add a body outside the register")
	if err := who.Must(access.AddBody); err != nil {
		return "", false, err
	}
	b = b.tidy()
	towns, err := Municipalities(ctx, s.db)
	if err != nil {
		return "", false, err
	}
	if err := fault.InvalidFields(b.faults(towns)); err != nil {
		return "", false, err
	}
	if _, err := idOf(string(b.Key)); err != nil {
		b.Key = access.NewInstitutionID()
	}
	row := b.row()
	s.complete(&row)
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := addBody(ctx, tx, row); err != nil {
			return err
		}
		if err := s.touched(ctx, tx, row.ID); err != nil {
			return err
		}
		// An office that acts for a municipality reaches its schools.
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.body", Object: "institution", ObjectID: string(row.ID), Institution: string(row.ID),
			Details: map[string]string{"kind": string(row.Kind), "runs": row.RunningMunicipality}}, now)
	})
	return row.ID, b.REGON != "" && !register.REGONValid(b.REGON), err
}

// addBody writes the row once: a form that is sent again changes nothing, also
// when the body was edited meanwhile.
func addBody(ctx context.Context, tx *db.Tx, row Institution) error {
	there, err := ByID(ctx, tx, row.ID)
	switch {
	case err == nil && there.Origin != ByHand:
		return fault.New(fault.Conflict, "fault.conflict") // a key that is not of our form
	case err == nil:
		return nil
	case fault.KindOf(err) != fault.NotFound:
		return err
	}
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return err
	}
	list := []Institution{row}
	if err := writeInstitutions(ctx, tx, list, onConflictKeep); err != nil {
		return err
	}
	return replaceWords(ctx, tx, list)
}

func (b Body) tidy() Body {
	b.NIP, b.REGON = plainNumber(b.NIP), plainNumber(b.REGON)
	if b.Website != "" && !strings.Contains(b.Website, ":") {
		b.Website = "https://" + b.Website
	}
	return b
}

// plainNumber drops the blanks and dashes that people write into numbers.
func plainNumber(text string) string {
	return strings.TrimPrefix(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text), "PL")
}

// faults lists what is wrong with the form, in the order of its fields.
func (b Body) faults(towns []Municipality) (list []fault.Field) {
	add := func(wrong bool, field, key string) {
		if wrong {
			list = append(list, fault.Field{Name: field, Key: key})
		}
	}
	add(!slices.Contains(Bodies(), b.Kind), "rodzaj", "body.fault.kind")
	add(b.Name == "", "nazwa", "body.fault.name")
	add(utf8.RuneCountInString(b.Name) > 200, "nazwa", "body.fault.long")
	add(!slices.ContainsFunc(towns, func(m Municipality) bool { return m.ID == b.Municipality }), "gmina", "body.fault.municipality")
	add(b.ActsFor && b.Kind != Office, "prowadzi", "body.fault.acts_for")
	for _, f := range []struct{ name, value string }{
		{"miejscowosc", b.City}, {"ulica", b.Street}, {"numer", b.House}, {"telefon", b.Phone}, {"regon", b.REGON},
	} {
		add(utf8.RuneCountInString(f.value) > 100, f.name, "body.fault.long")
	}
	add(b.Postcode != "" && !postcode(b.Postcode), "kod", "body.fault.postcode")
	add(b.Website != "" && !webAddress(b.Website), "www", "body.fault.website")
	add(b.Email != "" && !mailAddress(b.Email), "email", "body.fault.email")
	add(b.NIP != "" && !register.NIPValid(b.NIP), "nip", "body.fault.nip")
	return list
}

func postcode(text string) bool {
	if len(text) != 6 || text[2] != '-' {
		return false
	}
	return strings.Trim(text[:2]+text[3:], "0123456789") == ""
}

// webAddress takes http and https only: it becomes a link.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.Contains(u.Host, ".") &&
		u.User == nil && len(text) <= 200 && !strings.ContainsAny(text, " \"<>")
}

func mailAddress(text string) bool {
	name, host, found := strings.Cut(text, "@")
	return found && name != "" && strings.Contains(host, ".") && len(text) <= 100 && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(" ,;<>\"", r) }) &&
		!strings.Contains(host, "@")
}

func (b Body) row() Institution {
	i := Institution{ID: b.Key, Origin: ByHand, Kind: b.Kind, Name: b.Name, Municipality: b.Municipality,
		City: b.City, Street: b.Street, House: b.House, Postcode: b.Postcode, Website: b.Website, Phone: b.Phone,
		Email: b.Email, NIP: b.NIP, REGON: b.REGON}
	if b.ActsFor {
		i.RunningKind, i.RunningMunicipality = string(register.RunByGmina), b.Municipality
	}
	return i
}
