// Package directory is the list of institutions on which everything stands:
// schools and other units by their RSPO number, the municipalities and
// districts in which they lie, the bodies that run them, and bodies outside
// the register (offices, associations, NGOs, universities).
//
// The register comes in as a file (package register reads it). Nothing is
// applied unseen: the file becomes a difference, the difference is a page and a
// table on the command line, and only then it is taken in. A vanished
// institution is closed, never deleted, because certificates, votes and
// agreements go on naming it.
//
// Units under one head form a group: a complex and its parts. The register
// says who is whose parent; an officer may correct it, and the correction
// survives the next import. So does any other correction (see Correction): the
// register is merged with what people said here, and what an import did can be
// taken back as a whole. Lists can count institutions or groups, and by
// seat (where the house stands) or by running authority (who pays for it):
// county, voivodeship, ministry and NGO schools lie in a municipality that
// does not run them.
package directory

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/importing"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Kind is what an institution is: a type of the register or a body outside it.
type Kind string

// Bodies outside the register of schools.
const (
	Office      Kind = "office"      // a municipality's education department, a ministry
	Association Kind = "association" // the metropolis association
	NGO         Kind = "ngo"
	University  Kind = "university"
	Company     Kind = "company"
)

// Bodies are the kinds outside the register, in the order shown.
func Bodies() []Kind { return []Kind{Office, Association, NGO, University, Company} }

// Kinds are all kinds in the order shown.
func Kinds() []Kind {
	var all []Kind
	for _, t := range register.Types() {
		all = append(all, Kind(t))
	}
	return append(all, Bodies()...)
}

// Origin says where a row came from. Only what the register brought can be
// closed by the register.
type Origin string

// The origins.
const (
	FromRegister Origin = "register"
	ByHand       Origin = "hand"
	Invented     Origin = "demo"
)

// versionName is the counter that is raised with every change of the
// directory; counts kept in memory are keyed by it.
const versionName = "directory"

// Service is the module.
type Service struct {
	db      *db.DB
	now     func() time.Time
	log     *slog.Logger
	tileURL string
	tileBy  string
	counts  countCache
	people  *access.Service // accounts of pupils and tutors; see ConnectPeople
	imports *importing.Service
	touch   func(ctx context.Context, tx *db.Tx, ids ...string) error
	refers  func(ctx context.Context, r db.Reader, ids []string) (map[string]bool, error)
	tell    access.Tell

	sections []SectionFunc
}

// Config is what the module is made of.
type Config struct {
	DB      *db.DB
	Now     func() time.Time
	Log     *slog.Logger
	TileURL string // template of map tiles, "" for none
	TileBy  string // whom to name as their source

	// Imports keeps differences of the register and takes them in. New declares
	// the kind to it. Nil: the register cannot be read.
	Imports *importing.Service
	// Touch is told, in the transaction of the change, which institutions are to
	// be indexed anew. Nil: nobody indexes them.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
	// Refers tells which institutions other modules still name (roles,
	// invitations, offers), so that undoing an import closes them instead of
	// removing them. Nil: it is not known, and nothing is removed.
	Refers func(ctx context.Context, r db.Reader, ids []string) (map[string]bool, error)
	// Tell puts into people's inboxes that a correction waits or was decided on.
	// Nil tells nobody.
	Tell access.Tell
}

// New makes the module.
func New(c Config) *Service {
	s := &Service{db: c.DB, now: c.Now, log: c.Log, tileURL: c.TileURL, tileBy: c.TileBy,
		imports: c.Imports, touch: c.Touch, refers: c.Refers, tell: c.Tell}
	if s.imports != nil {
		s.imports.Declare(s.importKind())
	}
	return s
}

// touched tells the index about changed institutions, in their transaction.
func (s *Service) touched(ctx context.Context, tx *db.Tx, ids ...access.InstitutionID) error {
	if s.touch == nil || len(ids) == 0 {
		return nil
	}
	plain := make([]string, len(ids))
	for n, id := range ids {
		plain[n] = string(id)
	}
	return s.touch(ctx, tx, plain...)
}

// Municipality is a municipality by its six-digit key.
type Municipality struct {
	ID             string `db:"id"`
	TERC           string `db:"terc"` // seven digits, "" when unknown
	Name           string `db:"name"`
	SortKey        string `db:"sort_key"`
	County         string `db:"county"`
	Voivodeship    string `db:"voivodeship"`
	Member         bool   `db:"member"` // of the metropolis association
	HexCol         int    `db:"hex_col"`
	HexRow         int    `db:"hex_row"`
	Boundary       string `db:"boundary"` // GeoJSON geometry, "" until imported
	BoundarySource string `db:"boundary_source"`
}

// Institution is one row of the directory.
type Institution struct {
	ID           access.InstitutionID `db:"id"`
	RSPO         *int                 `db:"rspo"`
	Origin       Origin               `db:"origin"`
	Kind         Kind                 `db:"kind"`
	Name         string               `db:"name"`
	OfficialName string               `db:"official_name"`
	SortKey      string               `db:"sort_key"`
	Closed       bool                 `db:"closed"`
	ClosedOn     string               `db:"closed_on"`
	ClosedWhy    string               `db:"closed_why"`

	Municipality string `db:"municipality"`
	District     *int   `db:"district"`
	Delegatura   string `db:"delegatura"`
	City         string `db:"city"`
	Street       string `db:"street"`
	House        string `db:"house"`
	Flat         string `db:"flat"`
	Postcode     string `db:"postcode"`

	Lat        *float64 `db:"lat"`
	Lon        *float64 `db:"lon"`
	PointDoubt string   `db:"point_doubt"`

	// PointSource is the source that stated the point: the shape of a file, or
	// PointByCorrection and the like. A source without points leaves it.
	PointSource string `db:"point_source"`

	REGON   string `db:"regon"`
	NIP     string `db:"nip"`
	Phone   string `db:"phone"`
	Email   string `db:"email"`
	Website string `db:"website"`

	RunningID           *access.InstitutionID `db:"running_id"`
	RunningName         string                `db:"running_name"`
	RunningKind         string                `db:"running_kind"`
	RunningMunicipality string                `db:"running_municipality"`
	Supervising         string                `db:"supervising"`
	Public              string                `db:"public"`
	Pupils              *int                  `db:"pupils"`
	FoundedOn           string                `db:"founded_on"`

	RegisterParent *access.InstitutionID `db:"register_parent"`
	Corrected      bool                  `db:"corrected"`
	OfficerParent  *access.InstitutionID `db:"officer_parent"`
	HeadUnit       access.InstitutionID  `db:"head_unit"`

	Stated    string `db:"stated"`
	Source    string `db:"source"`
	UpdatedAt int64  `db:"updated_at"`
	Revision  int64  `db:"revision"`
}

// columns are those of Institution, in the order of the table.
const columns = `id, rspo, origin, kind, name, official_name, sort_key, closed, closed_on, closed_why,
	municipality, district, delegatura, city, street, house, flat, postcode, lat, lon, point_doubt, point_source,
	regon, nip, phone, email, website, running_id, running_name, running_kind, running_municipality,
	supervising, public, pupils, founded_on, register_parent, corrected, officer_parent, head_unit,
	stated, source, updated_at, revision`

// Parent is the unit directly above, as corrected by an officer, or nil.
func (i Institution) Parent() *access.InstitutionID {
	if i.Corrected {
		return i.OfficerParent
	}
	return i.RegisterParent
}

// Leads tells whether the unit's head leads the whole group.
func (i Institution) Leads() bool { return i.HeadUnit == i.ID }
