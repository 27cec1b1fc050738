package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/plan"
	"kladka/internal/budget"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/meetings"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/networks"
	"kladka/internal/networks/talk"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/law"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Here the packages that know nothing of each other are introduced: names for
// the log, addresses for letters, letters for access.

// names finds the names of people and institutions for pages of the platform.
type names struct {
	access    *access.Service
	directory *directory.Service
}

func (n names) People(ctx context.Context, ids []string) (map[string]string, error) {
	return n.access.OfficeNames(ctx, ids)
}

// Veiled are those whom the log does not name.
func (n names) Veiled(ctx context.Context, ids []string) (map[string]bool, error) {
	return n.access.InRostersOnly(ctx, ids)
}

func (n names) Institutions(ctx context.Context, ids []string) (map[string]string, error) {
	list := make([]access.InstitutionID, len(ids))
	for i, id := range ids {
		list[i] = access.InstitutionID(id)
	}
	found, err := n.directory.Names(ctx, list)
	out := make(map[string]string, len(found))
	for id, name := range found {
		out[string(id)] = name
	}
	return out, err
}

// Find finds institutions by the beginnings of words of their names.
func (n names) Find(ctx context.Context, words string) ([]string, error) {
	return n.directory.FindNames(ctx, words, 20)
}

// addressees knows whom letters and notifications go to.
type addressees struct{ access *access.Service }

func (a addressees) Addressee(ctx context.Context, id string) (notify.Addressee, error) {
	p, err := a.access.Reachable(ctx, access.PersonID(id))
	return notify.Addressee{Name: p.Name, Email: p.Email, Lang: p.Lang, Active: p.ClosedAt == nil}, err
}

// letters sends what access writes.
type letters struct{ mail *mail.Service }

func (l letters) Send(ctx context.Context, tx *db.Tx, x access.Letter) error {
	_, err := l.mail.Send(ctx, tx, mail.Letter{To: x.To, Lang: x.Lang, Subject: x.Subject, Text: x.Text, Secret: x.Secret, Person: string(x.Person), Topic: "access.letter"})
	return err
}

func (l letters) URL(path string) string { return l.mail.URL(path) }

func (l letters) Delivers() bool { return l.mail.Leaves() }

// Topics of notifications that people can set apart.
const (
	topicAccount = "account" // what concerns the safety of the account: at once
	topicPeople  = "people"  // invitations, confirmations, approvals
	topicPrivacy = "privacy" // requests about one's data
)

func notices() *notify.Registry {
	r := notify.NewRegistry()
	r.Declare(notify.Topic{Key: topicAccount, Urgent: true, Default: notify.Now},
		notify.Topic{Key: topicPeople}, notify.Topic{Key: topicPrivacy})
	r.Declare(networking.NotifyTopics()...)
	r.Declare(training.NotifyTopics()...)
	r.Declare(notify.Topic{Key: training.TopicOffer})
	r.Declare(needs.NotifyTopics()...)
	r.Declare(evaluation.NotifyTopics()...)
	r.Declare(support.NotifyTopics()...)
	r.Declare(agreements.NotifyTopics()...)
	r.Declare(plan.NotifyTopics()...)
	r.Declare(meetings.NotifyTopics()...)
	r.Declare(networks.NotifyTopics()...)
	r.Declare(talk.NotifyTopics()...)
	r.Declare(budget.NotifyTopics()...)
	return r
}

// tell puts what access has to say into inboxes.
func (m *modules) tell(ctx context.Context, tx *db.Tx, person access.PersonID, key string, args map[string]string, link string, urgent bool) error {
	topic := topicPeople
	if urgent {
		topic = topicAccount
	}
	return m.notify.Tell(ctx, tx, notify.Message{To: string(person), Topic: topic, Key: key, Args: args, Link: link, Urgent: urgent})
}

func (m *modules) tellPrivacy(ctx context.Context, tx *db.Tx, person, key string, args map[string]string, link string) error {
	return m.notify.Tell(ctx, tx, notify.Message{To: person, Topic: topicPrivacy, Key: key, Args: args, Link: link})
}

// ownAddress is the address of who asks, for a test letter to oneself.
func (m *modules) ownAddress(r *web.Request) (string, error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() {
		return "", fault.New(fault.SignedOut, "fault.signed_out")
	}
	p, err := m.access.Reachable(r.Context(), who.Person)
	return p.Email, err
}

// institutionsOf are those in which who asks holds a role now.
func institutionsOf(r *web.Request) ([]string, error) {
	var ids []string
	for _, h := range access.ActorOf(r.Request).Roles {
		if h.Institution != "" {
			ids = append(ids, string(h.Institution))
		}
	}
	return ids, nil
}

// auditMonths is how long the personal parts of the log are kept.
func (m *modules) auditMonths(ctx context.Context, d *db.DB, now time.Time) (int, error) {
	v, err := m.law.Int(ctx, d, law.AuditKeep, now)
	return int(v.Int), err
}

// Erasures is the file in the data folder that lists who was erased, for the
// case that an older backup is restored. It holds ids, no names.
const Erasures = "erasures.jsonl"

// journalOf writes erasures into a file, one JSON a line, and makes sure that
// each lies on the disk before anything is erased.
func journalOf(path string) func(privacy.Erasure) error {
	var one sync.Mutex
	return func(e privacy.Erasure) error {
		one.Lock()
		defer one.Unlock()
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(append(line, '\n'))
		return errors.Join(err, f.Sync(), f.Close())
	}
}

type administrationPage struct {
	web.Page
	Places []web.Figure
}

// getAdministration lists the places of administration that the person may enter.
func (a *App) getAdministration(w http.ResponseWriter, r *web.Request) error {
	p := administrationPage{Page: r.Page(w, r.L.T("nav.administration"))}
	who := access.ActorOf(r.Request)
	for _, place := range administration {
		if who.May(place.permission) {
			p.Places = append(p.Places, web.Figure{Value: r.L.T("administration." + place.key), Label: r.L.T("administration." + place.key + "_text"), Href: place.href})
		}
	}
	if len(p.Places) == 0 {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return r.Render(w, administrationView(p))
}

var administration = []struct {
	key, href  string
	permission access.Permission
}{
	{"people", "/administracja/osoby", access.ManagePeople},
	{"invitations", "/administracja/zaproszenia", access.ManagePeople},
	{"register", "/administracja/rejestr", access.SeeImports},
	{"imports", importing.ListPath, access.SeeImports},
	{"corrections", "/administracja/poprawki", access.AcceptCorrections},
	{"topics", "/administracja/tematy", access.EditTopics},
	{"bodies", "/instytucje/nowa", access.AddBody},
	{"contacts", "/administracja/zgloszenia-kontaktow", access.ModerateContacts},
	{"audit", "/administracja/dziennik", access.SeeAudit},
	{"privacy", "/administracja/prywatnosc", access.ManagePrivacy},
	{"law", "/administracja/prawo", access.EditLaw},
	{"mail", "/administracja/poczta", access.ManageMail},
	{"files", "/administracja/pliki", access.ManageFiles},
	{"jobs", "/administracja/zadania", access.SeeJobs},
}
