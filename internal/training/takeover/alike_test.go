package takeover

import "testing"

func TestAlike(t *testing.T) {
	anna := Known{Name: "Anna Nowak", EmailKey: "k1", Institution: "sp1"}
	for name, c := range map[string]struct {
		a, b Known
		want Reason
	}{
		"same name, other mail, same school":   {anna, Known{Name: "anna nowak", EmailKey: "k2", Institution: "sp1"}, NameAndPlace},
		"surname first":                        {anna, Known{Name: "Nowak Anna", EmailKey: "k2"}, SameName},
		"same name, other mail":                {anna, Known{Name: "Anna Nowak", EmailKey: "k2", Institution: "lo2"}, SameName},
		"same name, no mail":                   {anna, Known{Name: "Anna Nowak"}, SameName},
		"same name, same birth":                {Known{Name: "Anna Nowak", Birth: "1980-05-01"}, Known{Name: "Anna Nowak", Birth: "1980-05-01"}, NameAndBirth},
		"changed surname, same mail":           {anna, Known{Name: "Anna Kowal", EmailKey: "k1"}, NewSurname},
		"changed surname, same birth":          {Known{Name: "Anna Nowak", Birth: "1980-05-01"}, Known{Name: "Anna Kowal", Birth: "1980-05-01"}, SurnameBirth},
		"double surname":                       {anna, Known{Name: "Anna Nowak-Kowal", EmailKey: "k2", Institution: "sp1"}, DoubleSurname},
		"account and guest":                    {Known{Account: "p", Name: "Anna Nowak"}, Known{Name: "Anna Nowak"}, SameName},
		"two people of one name":               {Known{Name: "Anna Nowak", Birth: "1980-05-01"}, Known{Name: "Anna Nowak", Birth: "1991-05-01"}, ""},
		"two births beat a mail":               {Known{Name: "Anna Nowak", EmailKey: "k", Birth: "1980-05-01"}, Known{Name: "Anna Kowal", EmailKey: "k", Birth: "1991-05-01"}, ""},
		"two accounts":                         {Known{Account: "p", Name: "Anna Nowak"}, Known{Account: "q", Name: "Anna Nowak"}, ""},
		"an account gathers its own address":   {anna, Known{Account: "p", Name: "Anna Nowak", EmailKey: "k1"}, ""},
		"mailbox of a school":                  {anna, Known{Name: "Ewa Kowal", EmailKey: "k1", Institution: "sp1"}, ""},
		"same first name, same school":         {anna, Known{Name: "Anna Kowal", EmailKey: "k2", Institution: "sp1"}, ""},
		"double surname in another school":     {anna, Known{Name: "Anna Nowak-Kowal", Institution: "lo2"}, ""},
		"same birth, other first name (twins)": {Known{Name: "Anna Nowak", Birth: "1980-05-01"}, Known{Name: "Ewa Nowak", Birth: "1980-05-01"}, ""},
		"no addresses are not one address":     {Known{Name: "Anna Nowak"}, Known{Name: "Anna Kowal"}, ""},
		"names without letters":                {Known{Name: "--", EmailKey: "k"}, Known{Name: "..", EmailKey: "k"}, ""},
	} {
		for _, sides := range [][2]Known{{c.a, c.b}, {c.b, c.a}} {
			if got, alike := Alike(sides[0], sides[1]); got != c.want || alike != (c.want != "") {
				t.Errorf("%s: %q %v, want %q", name, got, alike, c.want)
			}
		}
	}
}
