package budget

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// News is the kind of news of this module in people's settings.
const News = "budget"

// NotifyTopics are the kinds of news of this module, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: News}} }

const (
	tellKind   = "budget.tell"
	tellAtOnce = 200 // people in one transaction
)

// told puts news about a project into inboxes, in the transaction of the deed:
// those who propose or watch one project are few. The text is the message
// "budget.told." and the key, with the title as the argument "title" and what
// else args give. Version is that of the project after the step: each step is
// told once, however often the transaction runs.
func (s *Service) told(ctx context.Context, tx *db.Tx, people []access.PersonID, key string, project ProjectID, version int64, title string, args map[string]string) error {
	all := map[string]string{"title": title}
	maps.Copy(all, args)
	link := ProjectHref(project)
	if key == "opinion_asked" {
		link += "/ocena" // whoever is asked finds the form, not the page that everybody reads
	}
	return s.tellAll(ctx, tx, people, notify.Message{Topic: News, Key: "budget.told." + key, Args: all, Link: link,
		Once: "budget/project/" + string(project) + "/" + key + "/" + strconv.FormatInt(version, 10)})
}

func (s *Service) tellAll(ctx context.Context, tx *db.Tx, people []access.PersonID, m notify.Message) error {
	if s.Tell == nil {
		return nil
	}
	for _, id := range people {
		m.To = string(id)
		if err := s.Tell(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

// telling is news of an edition, for many and therefore after the deed.
type telling struct {
	Edition EditionID `json:"edition"`
	Key     string    `json:"key"`             // of the text "budget.told.edition_…"
	Round   int64     `json:"round,omitempty"` // tells news of one kind apart
}

// toRunners are the news that only those who run an edition need.
var toRunners = []string{"stuck"}

// newsOf are the states of which followers of an edition's projects are told.
var newsOf = []State{Voting, Closed, Counted, Final, Canceled}

func (s *Service) tellEditionLater(ctx context.Context, tx *db.Tx, e Edition) error {
	if !e.State.In(newsOf...) {
		return nil
	}
	return s.tellLater(ctx, tx, telling{Edition: e.ID, Key: string(e.State)})
}

func (s *Service) tellLater(ctx context.Context, tx *db.Tx, t telling) error {
	if s.Tell == nil {
		return nil
	}
	_, err := jobs.Enqueue(ctx, tx, tellKind, t, jobs.Unique(string(t.Edition)+"/"+t.Key+"/"+strconv.FormatInt(t.Round, 10)))
	return err
}

// tellEdition may run again at any point: nobody is told twice.
func (s *Service) tellEdition(ctx context.Context, t telling) (err error) {
	defer fault.Wrap(&err, "tell of edition %s", t.Edition)
	e, err := EditionByID(ctx, s.db, t.Edition)
	if err != nil {
		return err
	}
	people, err := s.People.Holders(ctx, access.BudgetRun, e.Owner)
	if err != nil {
		return err
	}
	if !slices.Contains(toRunners, t.Key) {
		some, err := followersOf(ctx, s.db, e.ID)
		if err != nil {
			return err
		}
		people = append(people, some...)
	}
	slices.Sort(people)
	m := notify.Message{Topic: News, Key: "budget.told.edition_" + t.Key, Args: map[string]string{"title": e.Title}, Link: Href(e.ID),
		Once: "budget/edition/" + string(e.ID) + "/" + t.Key + "/" + strconv.FormatInt(t.Round, 10)}
	for some := range slices.Chunk(slices.Compact(people), tellAtOnce) {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.tellAll(ctx, tx, some, m) }); err != nil {
			return err
		}
	}
	return nil
}

// followersOf are those who proposed or watch a project of an edition.
func followersOf(ctx context.Context, r db.Reader, id EditionID) (list []access.PersonID, err error) {
	return list, r.Select(ctx, &list, `select p.proposer from budget_projects p where p.edition = ? and p.proposer <> '' and p.state not in (?, ?)
		union select w.person from budget_project_watchers w join budget_projects p on p.id = w.project where p.edition = ?`, id, ProjectDraft, ProjectWithdrawn, id)
}
