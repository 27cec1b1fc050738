// Package register reads files of the Polish register of schools (RSPO) and works out what would change.
//
// The story: an officer hands in a file. Read recognizes its shape from the columns, never from its name, and either
// refuses it with a message key (Refusal) or returns records together with problems. Compare sets the records against
// what the database holds and says what would be new, changed, closed or reopened. Nothing here writes, asks the
// network or looks at a clock: the caller shows the Difference to a person and stores it only when that person agrees.
package register

// Record is one institution as a register file states it.
type Record struct {
	RSPO         int    `json:"rspo"`
	Type         Type   `json:"type"`
	Name         string `json:"name"`          // readable, for lists and headings
	OfficialName string `json:"official_name"` // as registered, capitals and all

	// Municipality is the six-digit TERYT key. Kraków's delegatury (126102 to 126105) are mapped to 126101, and the
	// delegatura is kept aside: the register files Kraków's schools under them, the law knows one municipality.
	Municipality     string `json:"municipality"`
	MunicipalityName string `json:"municipality_name"`
	County           string `json:"county"`
	Voivodeship      string `json:"voivodeship"`
	Delegatura       string `json:"delegatura,omitempty"`

	City     string `json:"city"`
	Street   string `json:"street,omitempty"` // without "ul."; other kinds ("al.", "os.") keep their word
	House    string `json:"house,omitempty"`
	Flat     string `json:"flat,omitempty"`
	PostCode string `json:"post_code,omitempty"`

	Lat      float64 `json:"lat,omitempty"`
	Lon      float64 `json:"lon,omitempty"`
	HasPoint bool    `json:"has_point,omitempty"`

	REGON   string `json:"regon,omitempty"`
	NIP     string `json:"nip,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Email   string `json:"email,omitempty"`
	Website string `json:"website,omitempty"`

	RunningName string      `json:"running_name,omitempty"` // "" for natural persons, whether the file masks them or not
	RunningKind RunningKind `json:"running_kind,omitempty"`
	Public      string      `json:"public,omitempty"` // "public", "nonpublic", "" when the file does not say

	Pupils    int  `json:"pupils,omitempty"`
	HasPupils bool `json:"has_pupils,omitempty"`

	Parent   int   `json:"parent,omitempty"`
	Children []int `json:"children,omitempty"` // ascending

	FoundedOn string `json:"founded_on,omitempty"` // YYYY-MM-DD
	ClosedOn  string `json:"closed_on,omitempty"`  // YYYY-MM-DD

	// What only the export of today and the API state. All of it is plain text and "" where nothing is said, so that
	// a field can be compared and taken over like any other text.
	StartedOn     string `json:"started_on,omitempty"`     // first day of work, YYYY-MM-DD; later than FoundedOn or the same
	PostOffice    string `json:"post_office,omitempty"`    // town of the post office, where it is not City
	RunningREGON  string `json:"running_regon,omitempty"`  // of the running body
	RunningNIP    string `json:"running_nip,omitempty"`    // of the running body; a wrong check digit is never taken
	PupilCategory string `json:"pupil_category,omitempty"` // in the register's words: "Dzieci lub młodzież"
	Specifics     string `json:"specifics,omitempty"`      // in the register's words: "specjalna"; "" for "brak specyfiki"
	SportsGrounds string `json:"sports_grounds,omitempty"` // "boisko, sala gimnastyczna", in the register's words
	Languages     string `json:"languages,omitempty"`      // languages taught, in the register's words, comma and space between
	Specialists   string `json:"specialists,omitempty"`    // employed ones: "speech_therapist", "psychologist", "pedagogue", comma between
}

// Level says how much a problem weighs.
type Level string

const (
	Note    Level = "note"    // worth knowing, nothing was lost
	Warning Level = "warning" // a value looks wrong or was left out
	Error   Level = "error"   // a row was left out, or a number that must be right was not taken
)

// Problem is one finding about a file. Row counts as a spreadsheet does, with the header as row 1, and in JSON it is
// the place of the institution in the file; 0 means that the finding is not about one row.
type Problem struct {
	Row   int               `json:"row,omitempty"`
	RSPO  int               `json:"rspo,omitempty"`
	Level Level             `json:"level"`
	Key   string            `json:"key"`
	Args  map[string]string `json:"args,omitempty"`

	// Field is the field the finding is about. Dropped says that its value was not taken; such a cell states
	// nothing, so Compare keeps what the database holds.
	Field   string `json:"field,omitempty"`
	Dropped bool   `json:"dropped,omitempty"`
}

// File is what Read took from one register file.
type File struct {
	Shape    Shape     `json:"shape"`
	Records  []Record  `json:"records"`
	Problems []Problem `json:"problems,omitempty"`
	Rows     int       `json:"rows"` // rows below the header that were not blank; in JSON, elements of the lists

	// Absent lists fields that the shape may state but this file has no column or property for (the 35-column exports
	// of 2020 lack the number of pupils).
	Absent []string `json:"absent,omitempty"`
}

// States reports whether this file says anything about a field.
func (f File) States(field string) bool {
	for _, absent := range f.Absent {
		if absent == field {
			return false
		}
	}
	return f.Shape.States(field)
}

// Refusal is the error of a file that is not taken at all. Key names a message, Args fill it.
type Refusal struct {
	Key  string
	Args map[string]string
}

// Error returns the message key with its arguments; people are shown the translated message instead.
func (r *Refusal) Error() string {
	text := r.Key
	for _, name := range sortedKeys(r.Args) {
		text += " " + name + "=" + r.Args[name]
	}
	return text
}
