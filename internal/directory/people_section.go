package directory

import (
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// ContactLink is the page on which who asks can ask a person for contact in
// this institution, "" when they cannot.
type ContactLink func(r *web.Request, who access.Actor, person access.PersonID, at access.InstitutionID) string

// ShowPeople puts the people who work at an institution in public roles on its
// page (see access.Functions for who sees whom). It is called once, in wiring,
// after ConnectPeople; a nil link offers no contact.
func (s *Service) ShowPeople(link ContactLink) {
	s.AddSection(func(r *web.Request, who access.Actor, i Institution) (Section, error) {
		return s.peopleSection(r, who, i, link)
	})
}

// peoplePart is what the section shows.
type peoplePart struct {
	People []functionary
	Led    web.Link // the unit whose head leads this one, when it is another
	Empty  string
	Note   string
}

type functionary struct {
	Name    string
	Role    string
	Contact web.Link
}

func (s *Service) peopleSection(r *web.Request, who access.Actor, i Institution, link ContactLink) (section Section, err error) {
	if i.Closed || s.people == nil {
		return section, nil
	}
	ctx, member := r.Context(), who.May(access.UseContacts) && !who.Shared
	led := i.HeadUnit
	if !i.headIsPublic() && !member {
		led = ""
	}
	list, err := s.people.Functions(ctx, who, i.ID, led)
	if err != nil || len(list) == 0 && !member {
		return section, err
	}
	part := peoplePart{Note: r.L.T("corrections.people.note")}
	if member {
		part.Note = r.L.T("corrections.people.note_member")
	}
	for _, f := range list {
		one := functionary{Name: f.Name, Role: r.L.T("role." + string(f.Role))}
		if member && link != nil && f.Person != who.Person && f.Person != who.For {
			at := i.ID
			if slices.Contains(access.Heading(), f.Role) {
				at = i.HeadUnit
			}
			if address := link(r, who, f.Person, at); address != "" {
				one.Contact = web.Link{Text: r.L.T("corrections.people.ask", "name", f.Name), Href: address}
			}
		}
		part.People = append(part.People, one)
	}
	if len(list) == 0 {
		part.Empty = r.L.T("corrections.people.none")
	}
	if !i.Leads() {
		known, err := names(ctx, s.db, []access.InstitutionID{i.HeadUnit})
		if err != nil {
			return section, err
		}
		part.Led = web.Link{Text: known[i.HeadUnit], Href: href(i.HeadUnit)}
	}
	return Section{Title: r.L.T("corrections.people.title"), Rank: 5, Component: peopleView(r.L, part)}, nil
}

// headIsPublic tells whether everybody may know who heads the institution: the
// register publishes it of the units in it, and offices and public universities
// are run by people in public functions. Of a company, an NGO or an association
// nobody publishes it but they themselves.
func (i Institution) headIsPublic() bool {
	return i.RSPO != nil || i.Kind == Office || i.Origin == Invented && !slices.Contains(Bodies(), i.Kind)
}
