package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/access/card"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/vote"
	"kladka/internal/directory"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/register"
	"kladka/internal/directory/registerapi"
	"kladka/internal/directory/topics"
	"kladka/internal/meetings"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/networks"
	"kladka/internal/networks/talk"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/counts"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/events"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/law"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/repeats"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/search"
	"kladka/internal/platform/search/polish"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/training"
	"kladka/internal/training/papers"
	"kladka/internal/training/portfolio"
	"kladka/internal/training/settlement"
	"kladka/internal/training/takeover"
)

// Modules are all packages that own tables, in the order of the house.
func Modules() []schema.Module {
	return []schema.Module{
		{Name: "db", Files: db.Migrations},
		{Name: "jobs", Files: jobs.Migrations},
		{Name: "events", Files: events.Migrations},
		{Name: "trace", Files: trace.Migrations},
		{Name: "counts", Files: counts.Migrations},
		{Name: "repeats", Files: repeats.Migrations},
		{Name: "audit", Files: audit.Migrations},
		{Name: "importing", Files: importing.Migrations},
		{Name: "law", Files: law.Migrations},
		{Name: "mail", Files: mail.Migrations},
		{Name: "notify", Files: notify.Migrations},
		{Name: "files", Files: files.Migrations},
		{Name: "privacy", Files: privacy.Migrations},
		{Name: "access", Files: access.Migrations},
		{Name: "directory", Files: directory.Migrations},
		{Name: "directory/topics", Files: topics.Migrations},
		{Name: "directory/networking", Files: networking.Migrations},
		{Name: "search", Files: search.Migrations},
		{Name: "counter", Files: counter.Migrations},
		{Name: "training", Files: training.Migrations},
		{Name: "training/papers", Files: papers.Migrations},
		{Name: "training/takeover", Files: takeover.Migrations},
		{Name: "training/portfolio", Files: portfolio.Migrations},
		{Name: "training/settlement", Files: settlement.Migrations},
		{Name: "custody", Files: custody.Migrations},
		{Name: "survey", Files: survey.Migrations},
		{Name: "disclosure", Files: disclosure.Migrations},
		{Name: "needs", Files: needs.Migrations},
		{Name: "needs/evaluation", Files: evaluation.Migrations},
		{Name: "needs/support", Files: support.Migrations},
		{Name: "agreements/ledger", Files: ledger.Migrations},
		{Name: "agreements", Files: agreements.Migrations},
		{Name: "agreements/plan", Files: plan.Migrations},
		{Name: "meetings", Files: meetings.Migrations},
		{Name: "networks", Files: networks.Migrations},
		{Name: "networks/talk", Files: talk.Migrations},
		{Name: "budget", Files: budget.Migrations},
		{Name: "budget/vote", Files: vote.Migrations},
		{Name: "budget/result", Files: result.Migrations},
	}
}

// Catalog is the texts of all modules.
func Catalog() (*i18n.Catalog, error) {
	return i18n.Load(web.Messages, Messages, audit.Messages, law.Messages, mail.Messages, notify.Messages, files.Messages, privacy.Messages,
		access.Messages, card.Messages, sheet.Messages, directory.Messages, register.Messages, geometry.Messages,
		registerapi.Messages, importing.Messages, search.Messages, topics.Messages, networking.Messages,
		training.Messages, papers.Messages, settlement.Messages, takeover.Messages, portfolio.Messages,
		seal.Messages, custody.Messages, survey.Messages, disclosure.Messages, needs.Messages, evaluation.Messages, support.Messages,
		chart.Messages, ledger.Messages, agreements.Messages, plan.Messages, meetings.Messages, networks.Messages, talk.Messages,
		budget.Messages, vote.Messages, result.Messages)
}

type modules struct {
	shell     *web.Shell
	catalog   *i18n.Catalog
	jobs      *jobs.Registry
	bus       *events.Bus
	counts    *counts.Counter
	repeats   *repeats.Store
	audit     *audit.Log
	law       *law.Service
	mail      *mail.Service
	notify    *notify.Service
	files     *files.Service
	privacy   *privacy.Service
	access    *access.Service
	directory *directory.Service

	importing  *importing.Service
	words      *polish.Lazy
	search     *search.Service
	topics     *topics.Service
	networking *networking.Service
	training   *training.Service
	papers     *papers.Service
	settlement *settlement.Service
	takeover   *takeover.Service
	portfolio  *portfolio.Service

	surveys    *survey.Service
	disclosure *disclosure.Service
	needs      *needs.Service
	evaluation *evaluation.Service
	support    *support.Service

	ledger     *ledger.Service
	agreements *agreements.Service
	plan       *plan.Service
	meetings   *meetings.Service
	networks   *networks.Service
	talk       *talk.Service
	replays    []replay // of all events that are evidence

	custody *custody.Service
	budget  *budget.Service
	votes   *vote.Service
	results *result.Service
}

// New builds the program over a migrated database.
func New(ctx context.Context, d *db.DB, set Settings, log *slog.Logger, now func() time.Time) (*App, error) {
	catalog, err := Catalog()
	if err != nil {
		return nil, err
	}
	assetSet, err := assets.Load()
	if err != nil {
		return nil, err
	}
	a := &App{settings: set, db: d, log: log}
	m := &a.modules
	m.catalog = catalog
	m.jobs = jobs.NewRegistry()
	m.bus = events.NewBus(d, m.jobs, now)
	m.counts, m.repeats = counts.New(d, log, now), repeats.New(d, now)
	if err := m.services(d, set, log, now); err != nil {
		return nil, err
	}
	m.shell = web.New(web.Config{Catalog: catalog, Assets: assetSet, Log: log, Now: now,
		Demo: set.Demo != "", HTTPS: set.HTTPS, Proxied: set.Proxied, TileURL: set.TileURL, TileBy: set.TileBy,
		Rate: set.Rate, Operator: set.Operator, Repeats: m.repeats, Counts: m.counts,
	}, m.access.Sessions, m.access.Viewer)
	a.runner = jobs.NewRunner(d, m.jobs, now, log)

	a.homeRoutes()
	a.operationsRoutes()
	a.matterRoutes()
	m.access.Routes(m.shell)
	m.directory.Routes(m.shell)
	m.topics.Routes(m.shell)
	m.networking.Routes(m.shell)
	m.training.Routes(m.shell)
	m.papers.Routes(m.shell)
	m.settlement.Routes(m.shell)
	m.takeover.Routes(m.shell)
	m.portfolio.Routes(m.shell)
	m.needs.Routes(m.shell)
	m.evaluation.Routes(m.shell)
	m.support.Routes(m.shell)
	m.agreements.Routes(m.shell)
	m.ledger.Routes(m.shell)
	m.plan.Routes(m.shell)
	m.meetings.Routes(m.shell)
	m.networks.Routes(m.shell)
	m.talk.Routes(m.shell)
	m.budgetRoutes()
	m.platformRoutes()
	m.periodic(d, now)
	if err := m.law.Seed(ctx); err != nil {
		return nil, err
	}
	for _, seed := range []func(context.Context) error{m.directory.Seed, m.topics.Seed, m.search.Start} {
		if err := seed(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// services makes the services and introduces them to each other.
func (m *modules) services(d *db.DB, set Settings, log *slog.Logger, now func() time.Time) (err error) {
	keys := set.Keys
	if keys == nil {
		keys = secrets.New() // a run whose seals nobody needs to open later
	}
	m.mail, err = mail.New(mail.Config{DB: d, Keys: keys, Catalog: m.catalog, Log: log, Now: now, Demo: set.Demo != "", SMTP: set.SMTP,
		ReplyTo: set.ReplyTo, Base: set.Base, Listen: set.Listen})
	if err != nil {
		return err
	}
	m.access = access.New(access.Config{DB: d, Catalog: m.catalog, Log: log, Now: now, HTTPS: set.HTTPS, Demo: set.Demo != "",
		Keys: keys, Letters: letters{m.mail}, Tell: m.tell, Bus: m.bus})
	m.importing = importing.New(importing.Config{DB: d, Names: lateNames{m}, Now: now, Log: log})
	m.directory = directory.New(directory.Config{DB: d, Now: now, Log: log, TileURL: set.TileURL, TileBy: set.TileBy,
		Imports: m.importing, Touch: touchInstitutions, Refers: m.refers, Tell: m.tell})
	m.access.Connect(m.directory)
	m.access.ConnectImports(m.importing)
	m.directory.ConnectPeople(m.access)
	m.directory.ShowPeople(nil)
	events.On(m.bus, "directory.classes", func(ctx context.Context, e access.Left, _ events.Meta) error { return m.directory.TutorLeft(ctx, e) })
	who := names{m.access, m.directory}
	m.notify = notify.New(notify.Config{DB: d, Keys: keys, Catalog: m.catalog, Log: log, Now: now, Post: m.mail, People: addressees{m.access}, Topics: notices()})
	m.words = &polish.Lazy{}
	m.finding(d, log, now)
	m.law = law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(access.Params()...).Declare(directory.Params()...).Declare(training.Params()...).Declare(settlement.Params()...).
		Declare(needs.Params()...).Declare(evaluation.Params()...).Declare(support.Params()...).
		Declare(agreements.Params()...).Declare(meetings.Params()...).Declare(meetings.VoteParams()...).Declare(meetings.LargeParams()...).Declare(plan.Params()...).Declare(networks.Params()...).Declare(talk.Params()...).
		Declare(budget.Params()...).Declare(vote.Params()...), Names: who, Now: now})
	m.audit = audit.New(audit.Config{DB: d, Keys: keys, Names: who, Now: now, Log: log, Folder: set.Folder,
		Keep: func(ctx context.Context) (int, error) { return m.auditMonths(ctx, d, now()) }})
	folder, err := files.OpenFolder(filepath.Join(set.Folder, "files"))
	if err != nil {
		return err
	}
	uses := files.NewRegistry()
	for _, use := range slices.Concat(training.Uses(), papers.Uses(), portfolio.Uses(), ledger.Uses(), agreements.Uses(), meetings.Uses(), networks.Uses(), []files.Use{budget.SupportFiles(), budget.PictureFiles()}) {
		uses.Declare(use)
	}
	m.files = files.New(d, folder, keys, uses, nil, files.Settings{}, now, log)
	m.teaching(d, set, keys, log, now) // before privacy: the registry asks every module what it holds
	m.asking(d, keys, log, now)
	m.together(d, set, keys, log, now)
	m.deciding(d, set, keys, log, now)
	m.privacy = privacy.New(privacy.Config{DB: d, Registry: privacy.NewRegistry().Declare(m.purposes(now)...), Law: m.law, Names: who, Now: now, Log: log,
		Journal: journalOf(filepath.Join(set.Folder, Erasures)), Tell: m.tellPrivacy})
	return nil
}

// platformRoutes opens the doors of the platform's packages, behind guards of access.
func (m *modules) platformRoutes() {
	sh, by := m.shell, access.By
	m.audit.Routes(sh, audit.Doors{Own: access.SignedIn, Office: access.Can(access.SeeAudit), By: by})
	m.law.Routes(sh, law.Doors{Law: access.Can(access.EditLaw), By: by})
	m.mail.Routes(sh, mail.Doors{Office: access.Can(access.ManageMail), By: by, Address: m.ownAddress})
	m.notify.Routes(sh, notify.Doors{Own: access.SignedIn, By: by})
	m.files.Routes(sh, files.Doors{Office: access.Can(access.ManageFiles), By: by})
	m.search.Routes(sh, search.Doors{Audience: m.audience})
	m.surveys.Routes(sh, survey.Doors{Own: access.SignedIn, Fresh: access.Fresh, Library: access.Can(access.EditSurveys), Public: web.Public, By: by,
		Person: func(r *web.Request) string { return string(access.ActorOf(r.Request).Person) }})
	m.importing.Routes(sh, importing.Doors{Office: access.CanAny(access.SeeImports, access.EditTopics, access.ManageStaff, access.PrepareActs, access.ImportTrainings), Who: m.importers})
	sh.AddAccount(30, "account.nav.inbox", "/konto/powiadomienia")
	sh.AddAccount(40, "networking.blocks", "/konto/blokady")
	sh.AddAccount(45, "networking.hints", "/konto/podpowiedzi")
	sh.AddNav(17, "papers.title.register", papers.RegisterPath, access.Can(access.IssuePapers))
	sh.AddNav(18, "training.desk.lead", training.LeadPath, leadsOnly{})
	sh.AddNav(19, "evaluation.title.center", evaluation.CenterPath, access.Can(access.ManageTrainings))
	sh.AddNav(19, "evaluation.title.led", evaluation.LeadPath, leadsOnly{})
	sh.AddNav(40, "networking.title.list", "/kto-pomoze", web.Public)
	sh.GroupNav("nav.group.places", "/instytucje", "/gminy", "/tematy", "/kto-pomoze")
	sh.GroupNav("nav.group.training", training.CatalogPath, training.CenterPath, papers.RegisterPath, training.LeadPath,
		evaluation.CenterPath, evaluation.LeadPath, support.Path, networks.Path)
	sh.AddNav(23, "meetings.title", meetings.Path, access.CanAny(access.JoinMeetings, access.RunMeetings, access.RecordMeetings))
	sh.AddNav(24, "budget.title", budget.Path, web.Public)
	sh.GroupNav("nav.group.together", plan.Path, agreements.Path, meetings.Path)
	sh.AddAccount(60, "account.nav.data", "/konto/moje-dane")
	sh.AddAccount(70, "account.nav.consents", "/konto/zgody")
	sh.AddAccount(80, "account.nav.looked", "/konto/kto-zagladal")
	m.privacy.Routes(sh, privacy.Doors{Own: access.SignedIn, Fresh: access.Fresh, Protection: access.Can(access.ManagePrivacy), By: by, Mine: institutionsOf})
}

// periodic is the work that is done whether or not anybody asks.
func (m *modules) periodic(d *db.DB, now func() time.Time) {
	j := m.jobs
	j.Every("access.sweep", time.Hour, m.access.Sweep)
	j.Every("access.links.sweep", time.Hour, m.access.SweepLinks)
	j.Every("repeats.sweep", time.Hour, m.repeats.Sweep)
	j.Every("counts.sweep", 24*time.Hour, m.counts.Sweep)
	j.Every("db.log", 24*time.Hour, d.TruncateLog)
	jobs.SweepProgress(j, d, now)
	m.directory.Jobs(j)
	m.networking.Jobs(j)
	m.training.Jobs(j)
	m.papers.Jobs(j)
	m.takeover.Jobs(j)
	m.surveys.Jobs(j)
	m.needs.Jobs(j)
	m.evaluation.Jobs(j)
	m.ledger.Jobs(j)
	m.agreements.Jobs(j)
	m.plan.Jobs(j)
	m.meetings.Jobs(j)
	m.networks.Jobs(j)
	m.talk.Jobs(j)
	m.custody.Jobs(j)
	m.budget.Jobs(j)
	m.votes.Jobs(j)
	m.votes.CastJobs(j)
	m.results.Jobs(j)
	j.Every("access.year_keys", 24*time.Hour, m.access.SweepYearKeys)
	m.importing.Jobs(j)
	m.search.Jobs(j)
	m.audit.Jobs(j)
	m.mail.Jobs(j)
	m.notify.Jobs(j)
	m.files.Jobs(j)
	m.privacy.Jobs(j)
}

// Access and Directory are for the command line and the demo.
func (a *App) Access() *access.Service { return a.access }

// Imports takes differences in and back.
func (a *App) Imports() *importing.Service { return a.importing }

// Topics is the vocabulary, Networking who helps whom, Search the index.
func (a *App) Topics() *topics.Service { return a.topics }

// Networking is for the demo.
func (a *App) Networking() *networking.Service { return a.networking }

// Search is the index of everything.
func (a *App) Search() *search.Service { return a.search }

// Directory is the list of institutions.
func (a *App) Directory() *directory.Service { return a.directory }

// DB is the database underneath.
func (a *App) DB() *db.DB { return a.db }

// Shell is for tools that list the doors.
func (a *App) Shell() *web.Shell { return a.shell }

// Texts are all texts of the program.
func (a *App) Texts() *i18n.Catalog { return a.catalog }
