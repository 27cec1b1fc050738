package access

import "slices"

// Permission is one thing that a role may let a person do.
type Permission string

// The permissions so far. Each module that follows adds its own here, so that
// one table shows everything.
const (
	SeeDesk         Permission = "desk.see"        // own things to do
	SeeImports      Permission = "register.see"    // differences and reports of the register
	ImportRegister  Permission = "register.import" // take in the register of institutions
	ImportGeography Permission = "register.geo"    // take in boundaries
	CorrectGroups   Permission = "register.group"  // say which units stand under one head
	AddBody         Permission = "institution.add" // bodies outside the register

	ImportOwn          Permission = "register.own"        // take in the register for the institutions one's own authority runs
	ProposeCorrections Permission = "institution.propose" // say what the register has wrong about one's institution
	AcceptCorrections  Permission = "institution.accept"  // make it hold
	EditTopics         Permission = "topics.edit"         // the vocabulary of topics
	UseContacts        Permission = "contacts.use"        // say what one can help with, ask others
	SpeakFor           Permission = "contacts.speak"      // the same in the name of one's institution
	ModerateContacts   Permission = "contacts.moderate"   // what people reported about contacts

	ManageTrainings  Permission = "training.manage"  // the center's offer and its enrollments
	LeadTrainings    Permission = "training.lead"    // attendance of the trainings one leads
	EnrollStaff      Permission = "training.staff"   // enroll the people of one's institution
	ApproveTrainings Permission = "training.approve" // say yes to a teacher's enrollment where it is asked
	SettleTrainings  Permission = "training.settle"  // who pays, paid or not
	ImportTrainings  Permission = "training.import"  // take over old trainings, participants and papers
	IssuePapers      Permission = "papers.issue"     // certificates and diplomas, their register
	SignPapers       Permission = "papers.sign"      // batches that the director signs
	ConfirmPapers    Permission = "papers.confirm"   // papers from elsewhere, whose original the head saw

	RunNeeds      Permission = "needs.run"     // open and close campaigns that ask about needs
	PlanNeeds     Permission = "needs.plan"    // see exactly what institutions declared, answer needs
	DeclareNeeds  Permission = "needs.declare" // say what one's institution needs
	AnswerNeeds   Permission = "needs.answer"  // be asked what one needs oneself
	AdviseNeeds   Permission = "needs.advise"  // say what one saw on a visit
	EnterPapers   Permission = "survey.paper"  // type in answers given on paper
	EditSurveys   Permission = "survey.edit"   // the library of questionnaires
	SupportSchool Permission = "support.run"   // yearly support of schools, for a center
	SupportOwn    Permission = "support.own"   // the same for one's own school

	ManageAgreements Permission = "agreements.manage" // agreements of one's institution: areas, arrangements, what was done together
	EnterFacts       Permission = "facts.enter"       // evidence from outside Kładka, by hand or from a sheet
	EditRules        Permission = "facts.rules"       // which evidence counts for which area and action
	RunPlan          Permission = "plan.run"          // the plan for the quality of education, from diagnosis to approved readings
	EnterReadings    Permission = "plan.readings"     // readings of indicators for one's institution
	RemarkPlan       Permission = "plan.remark"       // remarks on a draft of the plan
	AdoptPlan        Permission = "plan.adopt"        // say when one's municipality adopted it
	RunMeetings      Permission = "meetings.run"      // convene meetings, keep agendas and topics
	RecordMeetings   Permission = "meetings.record"   // minutes and attendance
	JoinMeetings     Permission = "meetings.join"     // propose and support topics, answer invitations
	RunNetworks      Permission = "networks.run"      // make networks, name who coordinates them
	LeadNetworks     Permission = "networks.lead"     // the networks one coordinates
	JoinNetworks     Permission = "networks.join"     // be a member

	BudgetRun   Permission = "budget.run"   // set up and run a participatory budget
	BudgetCheck Permission = "budget.check" // assess projects
	BudgetDesk  Permission = "budget.desk"  // identity at a desk, slips, paper ballots
	BudgetKeep  Permission = "budget.keep"  // keep a share of the key of a vote

	SeePeople     Permission = "people.see"       // names and roles of an institution's people
	ManageStaff   Permission = "staff.manage"     // invite, confirm, end roles
	PrepareActs   Permission = "acts.prepare"     // prepare what the head will approve
	ApproveActs   Permission = "acts.approve"     // make it binding
	SeeRoster     Permission = "roster.see"       // classes and their pupils
	ManageRoster  Permission = "roster.manage"    // change them
	IssueCards    Permission = "cards.issue"      // print pupils' cards
	ManagePeople  Permission = "people.manage"    // accounts of the whole installation
	SeeAudit      Permission = "audit.see"        // the log
	ManagePrivacy Permission = "privacy.manage"   // registers and requests, never content
	EditLaw       Permission = "law.edit"         // numbers of the law, with basis and date
	ManageMail    Permission = "mail.manage"      // letters that wait or failed
	ManageFiles   Permission = "files.manage"     // names and sizes, never content
	SeeJobs       Permission = "operations.jobs"  // work that keeps failing
	RetryJobs     Permission = "operations.retry" // run it again or drop it
)

// Permissions are all permissions in the order of the page /uprawnienia.
func Permissions() []Permission {
	return []Permission{SeeDesk, SeeImports, ImportRegister, ImportGeography, CorrectGroups, AddBody,
		ImportOwn, ProposeCorrections, AcceptCorrections, EditTopics, UseContacts, SpeakFor, ModerateContacts,
		ManageTrainings, LeadTrainings, EnrollStaff, ApproveTrainings, SettleTrainings, ImportTrainings, IssuePapers, SignPapers, ConfirmPapers,
		RunNeeds, PlanNeeds, DeclareNeeds, AnswerNeeds, AdviseNeeds, EnterPapers, EditSurveys, SupportSchool, SupportOwn,
		ManageAgreements, EnterFacts, EditRules, RunPlan, EnterReadings, RemarkPlan, AdoptPlan,
		RunMeetings, RecordMeetings, JoinMeetings, RunNetworks, LeadNetworks, JoinNetworks,
		BudgetRun, BudgetCheck, BudgetDesk, BudgetKeep,
		SeePeople, ManageStaff, PrepareActs, ApproveActs, SeeRoster, ManageRoster, IssueCards,
		ManagePeople, SeeAudit, ManagePrivacy, EditLaw, ManageMail, ManageFiles, SeeJobs, RetryJobs}
}

// Role is what a person is in an institution.
type Role string

// The roles; names as in the glossary.
const (
	Administrator         Role = "administrator"
	AssociationOfficer    Role = "association_officer"
	ForumDelegate         Role = "forum_delegate" // of a municipality to the education forum
	AuthorityOfficer      Role = "authority_officer"
	SchoolHead            Role = "school_head" // also of a counseling center: every institution under a head
	DeputyHead            Role = "deputy_head"
	SchoolSecretary       Role = "school_secretary" // prepares; the head approves
	Teacher               Role = "teacher"
	ClassTutor            Role = "class_tutor"
	SchoolSpecialist      Role = "school_specialist"
	CouncilSupervisor     Role = "council_supervisor" // teacher whom the pupils' council chose
	CenterDirector        Role = "center_director"
	CenterOfficer         Role = "center_officer"
	Trainer               Role = "trainer"
	MethodologicalAdviser Role = "methodological_adviser"
	NetworkCoordinator    Role = "network_coordinator"
	Counselor             Role = "counselor"
	Expert                Role = "expert"
	PartnerRepresentative Role = "partner_representative"
	Caretaker             Role = "caretaker"
	MeetingRecorder       Role = "meeting_recorder"
	Accountant            Role = "accountant" // of a shared service center
	BudgetOfficer         Role = "budget_officer"
	Valuator              Role = "valuator"
	ReportOfficer         Role = "report_officer" // receives confidential reports
	ProtectionOfficer     Role = "protection_officer"
	Auditor               Role = "auditor" // reads, for a limited time
	Pupil                 Role = "pupil"
	Guardian              Role = "guardian"
	Resident              Role = "resident"
)

// grant is one row of the table: what a role gives, how far it reaches, and
// which roles its holder may give to others.
type grant struct {
	role       Role
	everywhere bool // held in the whole installation, not in one institution
	others     bool // sees other people's data, hence a second factor
	limited    bool // must have an end
	runs       bool // reaches what its institution runs; others only units under the same head
	rank       int  // a role gives only roles of a greater rank; see TestNobodyClimbs
	gives      []Permission
	grants     []Role
}

// schoolStaff are the roles that the head of an institution gives.
var schoolStaff = []Role{DeputyHead, SchoolSecretary, Teacher, ClassTutor, SchoolSpecialist, CouncilSupervisor,
	NetworkCoordinator, Counselor, Caretaker, MeetingRecorder, Accountant, ReportOfficer}

// table is the one table of rights. What is not in it is not allowed.
// Pupils and guardians get their roles from the rosters of classes, residents
// by signing in with a mail link.
var table = []grant{
	{role: Administrator, everywhere: true, others: true, rank: 0,
		gives: []Permission{SeeDesk, SeeImports, ImportRegister, ImportGeography, CorrectGroups, AddBody, AcceptCorrections, EditTopics,
			ModerateContacts, SeePeople, ManageStaff, ManagePeople, SeeAudit, EditLaw, ManageMail, ManageFiles, SeeJobs, RetryJobs},
		grants: []Role{Administrator, AssociationOfficer, ForumDelegate, AuthorityOfficer, SchoolHead, CenterDirector, Expert,
			PartnerRepresentative, BudgetOfficer, Valuator, ReportOfficer, ProtectionOfficer, Auditor}},
	{role: AssociationOfficer, everywhere: true, others: true, rank: 1,
		gives: []Permission{SeeDesk, SeeImports, ImportRegister, ImportGeography, CorrectGroups, AddBody, AcceptCorrections, EditTopics,
			UseContacts, ModerateContacts, EditLaw, RunNeeds, PlanNeeds, EditSurveys,
			ManageAgreements, EnterFacts, EditRules, RunPlan, EnterReadings, AdoptPlan, RunMeetings, RecordMeetings, JoinMeetings},
		grants: []Role{ForumDelegate, Expert, PartnerRepresentative}},
	{role: ForumDelegate, rank: 5, gives: []Permission{SeeDesk, UseContacts, DeclareNeeds, EnterFacts, EnterReadings, RemarkPlan, JoinMeetings}},
	{role: AuthorityOfficer, others: true, runs: true, rank: 2,
		gives: []Permission{SeeDesk, SeeImports, ImportOwn, CorrectGroups, AcceptCorrections, UseContacts, SeePeople, ManageStaff,
			RunNeeds, PlanNeeds, DeclareNeeds,
			ManageAgreements, EnterFacts, EnterReadings, RemarkPlan, AdoptPlan, RunMeetings, RecordMeetings, JoinMeetings,
			BudgetRun, BudgetDesk, BudgetKeep},
		grants: []Role{SchoolHead, CenterDirector, BudgetOfficer, Valuator, ReportOfficer, Accountant, Caretaker, MeetingRecorder}},
	{role: SchoolHead, others: true, rank: 3,
		gives: []Permission{SeeDesk, ProposeCorrections, UseContacts, SpeakFor, SeePeople, ManageStaff, PrepareActs, ApproveActs,
			SeeRoster, ManageRoster, IssueCards, EnrollStaff, ApproveTrainings, ConfirmPapers,
			DeclareNeeds, AnswerNeeds, EnterPapers, SupportOwn, JoinMeetings, JoinNetworks,
			BudgetRun, BudgetCheck, BudgetDesk, BudgetKeep},
		grants: schoolStaff},
	{role: DeputyHead, others: true, rank: 4, gives: []Permission{SeeDesk, ProposeCorrections, UseContacts, SpeakFor, SeePeople, PrepareActs, SeeRoster, ManageRoster, IssueCards,
		EnrollStaff, ApproveTrainings, DeclareNeeds, AnswerNeeds, EnterPapers, SupportOwn, JoinMeetings, JoinNetworks,
		BudgetRun, BudgetCheck, BudgetDesk, BudgetKeep}},
	{role: SchoolSecretary, others: true, rank: 4, gives: []Permission{SeeDesk, ProposeCorrections, UseContacts, SeePeople, PrepareActs, SeeRoster, ManageRoster,
		EnrollStaff, DeclareNeeds, EnterPapers, BudgetCheck, BudgetDesk, BudgetKeep}},
	{role: Teacher, rank: 5, gives: []Permission{SeeDesk, UseContacts, AnswerNeeds, JoinNetworks}},
	{role: ClassTutor, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, SeeRoster, IssueCards, AnswerNeeds, JoinNetworks, BudgetDesk}},
	{role: SchoolSpecialist, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, SeeRoster, AnswerNeeds, JoinNetworks}},
	{role: CouncilSupervisor, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, AnswerNeeds, JoinNetworks, BudgetRun, BudgetDesk, BudgetKeep}},
	{role: CenterDirector, others: true, rank: 3,
		gives: []Permission{SeeDesk, ProposeCorrections, EditTopics, UseContacts, SpeakFor, SeePeople, ManageStaff, PrepareActs, ApproveActs,
			ManageTrainings, LeadTrainings, EnrollStaff, ApproveTrainings, SettleTrainings, ImportTrainings, IssuePapers, SignPapers, ConfirmPapers,
			RunNeeds, PlanNeeds, EditSurveys, SupportSchool,
			ManageAgreements, EnterFacts, EditRules, EnterReadings, RemarkPlan, RunMeetings, RecordMeetings, JoinMeetings, RunNetworks},
		grants: []Role{CenterOfficer, Accountant, Trainer, MethodologicalAdviser, NetworkCoordinator, Expert, MeetingRecorder, ReportOfficer}},
	{role: CenterOfficer, others: true, rank: 4, gives: []Permission{SeeDesk, EditTopics, UseContacts, SpeakFor, SeePeople, PrepareActs,
		ManageTrainings, LeadTrainings, EnrollStaff, SettleTrainings, ImportTrainings, IssuePapers,
		RunNeeds, PlanNeeds, EditSurveys, SupportSchool,
		ManageAgreements, EnterFacts, EnterReadings, RunMeetings, RecordMeetings, RunNetworks}},
	{role: Trainer, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, LeadTrainings, LeadNetworks, JoinNetworks}},
	{role: MethodologicalAdviser, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, LeadTrainings, AdviseNeeds, SupportSchool, RemarkPlan, LeadNetworks, JoinNetworks}},
	{role: NetworkCoordinator, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, LeadNetworks, JoinNetworks}},
	{role: Counselor, others: true, rank: 5, gives: []Permission{SeeDesk, UseContacts, AnswerNeeds, JoinNetworks}},
	{role: Expert, rank: 5, gives: []Permission{SeeDesk, UseContacts, RemarkPlan, JoinMeetings}},
	{role: PartnerRepresentative, rank: 5, gives: []Permission{SeeDesk, ProposeCorrections, UseContacts, SpeakFor, JoinMeetings}},
	{role: Caretaker, rank: 5, gives: []Permission{SeeDesk}},
	{role: MeetingRecorder, rank: 5, gives: []Permission{SeeDesk, RecordMeetings}},
	{role: Accountant, others: true, rank: 5, gives: []Permission{SeeDesk, SettleTrainings}},
	{role: BudgetOfficer, others: true, rank: 5, gives: []Permission{SeeDesk, BudgetRun, BudgetCheck, BudgetDesk, BudgetKeep}},
	{role: Valuator, rank: 5, gives: []Permission{SeeDesk, BudgetCheck}},
	{role: ReportOfficer, others: true, rank: 5, gives: []Permission{SeeDesk}},
	{role: ProtectionOfficer, everywhere: true, others: true, rank: 1, gives: []Permission{SeeDesk, SeeAudit, ManagePrivacy, EditLaw}},
	{role: Auditor, everywhere: true, others: true, limited: true, rank: 1, gives: []Permission{SeeDesk, SeeImports, SeeAudit, SeeJobs}},
	{role: Pupil, rank: 9, gives: []Permission{SeeDesk}},
	{role: Guardian, rank: 9, gives: []Permission{SeeDesk}},
	{role: Resident, everywhere: true, rank: 9, gives: []Permission{SeeDesk}},
}

// rows finds the row of a role; the table never changes.
var rows = func() map[Role]*grant {
	m := map[Role]*grant{}
	for i := range table {
		m[table[i].role] = &table[i]
	}
	return m
}()

// Roles are all roles in the order of the page /uprawnienia.
func Roles() []Role {
	roles := make([]Role, len(table))
	for i, g := range table {
		roles[i] = g.role
	}
	return roles
}

var nothing = &grant{rank: 99} // an unknown role gives nothing

func (r Role) grant() *grant {
	if g := rows[r]; g != nil {
		return g
	}
	return nothing
}

// Valid tells whether the role stands in the table.
func (r Role) Valid() bool { return rows[r] != nil }

// Gives tells whether the role gives the permission.
func (r Role) Gives(p Permission) bool { return slices.Contains(r.grant().gives, p) }

// Everywhere tells whether the role is held in the whole installation.
func (r Role) Everywhere() bool { return r.grant().everywhere }

// SeesOthers tells whether the role sees other people's data, so that it
// works only after a second factor.
func (r Role) SeesOthers() bool { return r.grant().others }

// Limited tells whether the role must be given with an end.
func (r Role) Limited() bool { return r.grant().limited }

// Runs tells whether the role reaches the institutions that its own one runs.
func (r Role) Runs() bool { return r.grant().runs }

// Rank orders roles: who holds several shows the one of the smallest rank.
func (r Role) Rank() int { return r.grant().rank }

// MayGive tells whether a holder of the role may give the other one.
func (r Role) MayGive(other Role) bool { return slices.Contains(r.grant().grants, other) }

// Grants lists the roles that a holder of this one may give.
func (r Role) Grants() []Role { return slices.Clone(r.grant().grants) }
