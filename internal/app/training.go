package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/topics"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/search"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/training"
	"kladka/internal/training/papers"
	"kladka/internal/training/portfolio"
	"kladka/internal/training/settlement"
	"kladka/internal/training/takeover"
)

// Here the training center's work meets the rest of the house.

// teaching makes the services of training. They stand on everything that was
// made before.
func (m *modules) teaching(d *db.DB, set Settings, keys *secrets.Keys, log *slog.Logger, now func() time.Time) {
	m.training = training.New(training.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, People: m.access, Directory: m.directory,
		Topics: networking.Vocabulary{Topics: m.topics}, Files: m.files, Law: m.law, Mail: m.mail, Bus: m.bus, Base: set.Base,
		Tell: m.notify.Tell, Touch: touches(training.SearchKind), Meet: meeters{m}})
	m.notify.AddCalendar(m.training.Calendar)
	m.search.Declare(m.training.SearchKind(rankTrainings))
	m.topics.AddLister(topics.Lister{Kind: training.SearchKind, TitleKey: "training.title", Rank: rankTrainings, Links: m.training.TopicLinks})
	m.directory.AddSection(m.training.OfferSection)
	events.On(m.bus, "training.topics", func(ctx context.Context, _ topics.Changed, _ events.Meta) error {
		return errors.Join(m.training.TopicsChanged(ctx), d.Write(ctx, func(tx *db.Tx) error {
			return errors.Join(search.TouchAll(ctx, tx, training.SearchKind), search.TouchAll(ctx, tx, networks.SearchKind))
		}))
	})
	m.papers = papers.New(papers.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, People: m.access, Trainings: m.training, Directory: m.directory, Files: m.files,
		Bus: m.bus, Base: set.Base, Touch: touches(papers.SearchName)})
	m.search.Declare(m.papers.SearchKind(rankPapers))
	m.takeover = takeover.New(takeover.Config{DB: d, Now: now, Keys: keys, Catalog: m.catalog, Trainings: m.training, Directory: m.directory, Papers: m.papers,
		Imports: m.importing})
	m.portfolio = portfolio.New(portfolio.Config{DB: d, Now: now, Log: log, Keys: keys, People: m.access, Directory: m.directory, Files: m.files,
		EmailKey: m.training.EmailKey, Papers: ownPapers{m.papers}, Networks: networkHours{m}, Texts: m.catalog.In(i18n.PL), Tell: m.notify.Tell})
	m.settlement = settlement.New(settlement.Config{DB: d, Now: now, Directory: m.directory, Law: m.law, Texts: m.catalog.In(i18n.PL)})
}

// Training is the center's offer and who comes to it.
func (a *App) Training() *training.Service { return a.training }

// Papers are the certificates and diplomas of the centers.
func (a *App) Papers() *papers.Service { return a.papers }

// Portfolio is what teachers learned, here and elsewhere.
func (a *App) Portfolio() *portfolio.Service { return a.portfolio }

// Takeover takes in the records of older systems.
func (a *App) Takeover() *takeover.Service { return a.takeover }

// meeters is whom one will meet at a training, as networking knows.
type meeters struct{ m *modules }

func (n meeters) Attend(ctx context.Context, who access.Actor, kind, id string, show bool) error {
	return n.m.networking.Attend(ctx, who, kind, id, show)
}

func (n meeters) StayAway(ctx context.Context, who access.Actor, kind, id string) error {
	return n.m.networking.StayAway(ctx, who, kind, id)
}

func (n meeters) Meeting(ctx context.Context, who access.Actor, kind, id string) ([]training.Met, error) {
	list, err := n.m.networking.Meeting(ctx, who, kind, id)
	if err != nil {
		return nil, err
	}
	var at []access.InstitutionID
	for _, a := range list {
		at = append(at, access.InstitutionID(a.Institution))
	}
	called, err := n.m.directory.Names(ctx, at)
	met := make([]training.Met, len(list))
	for i, a := range list {
		met[i] = training.Met{Person: a.Person, Name: a.Name, Role: a.Role, Institution: called[access.InstitutionID(a.Institution)]}
	}
	return met, err
}

// ownPapers are the papers issued here, as a portfolio sees them.
type ownPapers struct{ papers *papers.Service }

func (o ownPapers) OfPerson(ctx context.Context, person string) (list []portfolio.Paper, err error) {
	all, err := o.papers.OfPerson(ctx, person)
	for _, p := range all {
		list = append(list, portfolio.Paper{ID: string(p.ID), Enrollment: p.Enrollment, Kind: p.Kind, Number: p.Number, Title: p.Title, Issuer: p.CenterName, Form: p.Form,
			Hours: p.Hours, EndsOn: p.EndsOn, IssuedOn: p.IssuedOn, Voided: p.State == papers.Voided, Path: p.Path, Signed: p.Signed})
	}
	return list, err
}

func (o ownPapers) Copy(ctx context.Context, person, paper string) (io.ReadCloser, error) {
	return o.papers.SignedOf(ctx, person, paper)
}

// leadsOnly shows the trainer's own page to trainers: who runs the offer comes to
// attendance from the training itself, and has sections enough.
type leadsOnly struct{}

func (leadsOnly) Name() string { return "leads trainings and runs none" }

func (leadsOnly) Allow(r *web.Request) error {
	who := access.ActorOf(r.Request)
	if who.May(access.ManageTrainings) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return who.Must(access.LeadTrainings)
}
