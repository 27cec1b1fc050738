package access

// Permission is one thing that a role may let a person do.
type Permission string

// The permissions so far. Each module that follows adds its own here, so that
// one table shows everything.
const (
	SeeDesk         Permission = "desk.see"         // own things to do
	SeeImports      Permission = "register.see"     // differences and reports of the register
	ImportRegister  Permission = "register.import"  // take in the register of institutions
	ImportGeography Permission = "register.geo"     // take in boundaries
	CorrectGroups   Permission = "register.group"   // say which units stand under one head
	AddBody         Permission = "institution.add"  // bodies outside the register
	SeeJobs         Permission = "operations.jobs"  // work that keeps failing
	RetryJobs       Permission = "operations.retry" // run it again or drop it
	ManagePeople    Permission = "people.manage"    // accounts and roles
)

// Permissions are all permissions in the order of the page /uprawnienia.
func Permissions() []Permission {
	return []Permission{SeeDesk, SeeImports, ImportRegister, ImportGeography, CorrectGroups,
		AddBody, SeeJobs, RetryJobs, ManagePeople}
}

// Role is what a person is in an institution.
type Role string

// The roles so far; names as in the glossary.
const (
	Administrator         Role = "administrator"
	AssociationOfficer    Role = "association_officer"
	AuthorityOfficer      Role = "authority_officer"
	SchoolHead            Role = "school_head"
	DeputyHead            Role = "deputy_head"
	Teacher               Role = "teacher"
	SchoolSpecialist      Role = "school_specialist"
	CenterOfficer         Role = "center_officer"
	Counselor             Role = "counselor"
	PartnerRepresentative Role = "partner_representative"
	Pupil                 Role = "pupil"
	Resident              Role = "resident"
)

// grant is one row of the table: what a role gives and how far it reaches.
type grant struct {
	role       Role
	everywhere bool // held in the whole installation, not in one institution
	others     bool // sees other people's data, hence a second factor (from the next issue on)
	gives      []Permission
}

// table is the one table of rights. What is not in it is not allowed.
var table = []grant{
	{Administrator, true, true, []Permission{SeeDesk, SeeImports, ImportRegister, ImportGeography, CorrectGroups, AddBody, SeeJobs, RetryJobs, ManagePeople}},
	{AssociationOfficer, true, true, []Permission{SeeDesk, SeeImports, ImportRegister, ImportGeography, CorrectGroups, AddBody}},
	{AuthorityOfficer, false, true, []Permission{SeeDesk, SeeImports, CorrectGroups}},
	{SchoolHead, false, true, []Permission{SeeDesk}},
	{DeputyHead, false, true, []Permission{SeeDesk}},
	{Teacher, false, false, []Permission{SeeDesk}},
	{SchoolSpecialist, false, true, []Permission{SeeDesk}},
	{CenterOfficer, false, true, []Permission{SeeDesk}},
	{Counselor, false, true, []Permission{SeeDesk}},
	{PartnerRepresentative, false, false, []Permission{SeeDesk}},
	{Pupil, false, false, []Permission{SeeDesk}},
	{Resident, true, false, []Permission{SeeDesk}},
}

// Roles are all roles in the order of the page /uprawnienia.
func Roles() []Role {
	roles := make([]Role, len(table))
	for i, g := range table {
		roles[i] = g.role
	}
	return roles
}

func (r Role) grant() grant {
	for _, g := range table {
		if g.role == r {
			return g
		}
	}
	return grant{role: r} // an unknown role gives nothing
}

// Valid tells whether the role stands in the table.
func (r Role) Valid() bool {
	for _, g := range table {
		if g.role == r {
			return true
		}
	}
	return false
}

// Gives tells whether the role gives the permission.
func (r Role) Gives(p Permission) bool {
	for _, q := range r.grant().gives {
		if q == p {
			return true
		}
	}
	return false
}

// Everywhere tells whether the role is held in the whole installation.
func (r Role) Everywhere() bool { return r.grant().everywhere }

// SeesOthers tells whether the role sees other people's data.
func (r Role) SeesOthers() bool { return r.grant().others }
