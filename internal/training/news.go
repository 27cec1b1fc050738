package training

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// News is what somebody is told about an enrollment.
type News string

// The news. Each is a letter and, for people with an account, a line in the inbox.
const (
	NewsLink      News = "link"      // a guest: use this link within an hour
	NewsKnown     News = "known"     // a guest enrolled again: you are in already, here is the link
	NewsConfirmed News = "confirmed" // seat confirmed, with the calendar entry
	NewsApplied   News = "applied"   // waits for the head or an officer
	NewsAsked     News = "asked"     // to the heads: approve
	NewsWaiting   News = "waiting"   // on the list, with place and rule
	NewsOffered   News = "offered"   // answer until
	NewsQualified News = "qualified" // admitted, confirm until
	NewsLapsed    News = "lapsed"
	NewsOver      News = "over" // the training took place, and they were still waiting for a seat or a decision
	NewsResigned  News = "resigned"
	NewsRejected  News = "rejected"
	NewsSwapped   News = "swapped" // somebody takes over the place
	NewsMoved     News = "moved"   // to another date
	NewsReminder  News = "reminder"
	NewsChanged   News = "changed" // the training was changed; what you agreed to, and what is new
	NewsPostponed News = "postponed"
	NewsCanceled  News = "canceled"
	NewsCompleted News = "completed" // hours settled: completed or absent
	NewsPaper     News = "paper"     // the paper is there
)

// letterJob asks for the letter about one enrollment, lettersJob for those to
// everybody in a training.
type letterJob struct {
	Enrollment EnrollmentID `json:"enrollment"`
	News       News         `json:"news"`
	Once       string       `json:"once"`
}

type lettersJob struct {
	Training ID     `json:"training"`
	News     News   `json:"news"`
	Once     string `json:"once"`
}

// The kinds of these jobs.
const (
	letterKind  = "training.letter"
	lettersKind = "training.letters"
)

// tell has a person told, by a job after the commit. Once names what is told,
// within the enrollment: the same is told once, however often it is asked for.
// What is no longer true when the job runs is not told (see News.stands).
func (s *Service) tell(ctx context.Context, tx *db.Tx, e Enrollment, n News, once string) error {
	return jobs.EnqueueLater(ctx, tx, letterKind, letterJob{e.ID, n, once})
}

// TellPaper is for package papers: the paper of this enrollment is there.
func (s *Service) TellPaper(ctx context.Context, tx *db.Tx, id EnrollmentID, once string) error {
	return jobs.EnqueueLater(ctx, tx, letterKind, letterJob{id, NewsPaper, once})
}

// tellAll has everybody who is in the training, or on the way into it, told; of
// its cancellation also those whom that put out of it.
func (s *Service) tellAll(ctx context.Context, tx *db.Tx, id ID, n News, once string) error {
	return jobs.EnqueueLater(ctx, tx, lettersKind, lettersJob{id, n, once})
}

// stands tells whether a piece of news is still true of an enrollment: between
// the deed and the letter people go on.
func (n News) stands(e Enrollment) bool {
	switch n {
	case NewsLink:
		return e.State == Pending
	case NewsApplied, NewsAsked:
		return e.State == Applied
	case NewsWaiting:
		return e.State == Waiting
	case NewsOffered:
		return e.State == Offered
	case NewsQualified:
		return e.State == Qualified
	case NewsConfirmed, NewsReminder:
		return e.State.In()
	case NewsLapsed, NewsOver:
		return e.State == Lapsed
	case NewsResigned:
		return e.State == Resigned
	case NewsRejected:
		return e.State == Rejected
	case NewsCanceled:
		return e.State == Dropped
	case NewsChanged, NewsPostponed:
		return e.State.Active() && e.State != Pending
	case NewsCompleted:
		return slices.Contains([]State{Completed, Issued, Absent}, e.State)
	case NewsPaper:
		return e.State == Issued
	}
	return true // NewsKnown, NewsSwapped, NewsMoved
}

// atOnce tells the news that need an answer or were asked for: they go as a
// letter of their own to everybody. The rest is gathered for people with an
// account.
func (n News) atOnce() bool {
	return slices.Contains([]News{NewsLink, NewsKnown, NewsConfirmed, NewsOffered, NewsQualified, NewsSwapped, NewsMoved,
		NewsChanged, NewsPostponed, NewsCanceled}, n)
}

// enters tells the news whose letter enters the meetings into the calendar,
// strikes the ones that take them out of it.
func (n News) enters() bool {
	return slices.Contains([]News{NewsConfirmed, NewsSwapped, NewsMoved, NewsChanged}, n)
}

func (n News) strikes() bool {
	return slices.Contains([]News{NewsResigned, NewsRejected, NewsLapsed, NewsPostponed, NewsCanceled, NewsSwapped, NewsMoved}, n)
}

// Topics of notifications. Letters of their own are sent whatever is chosen
// here; the inbox keeps a copy.
const (
	topicOwn      = "training.own"
	topicLetters  = "training.letters"
	topicReminder = "training.reminder"
	topicStaff    = "training.staff"
)

// NotifyTopics are to be declared in wiring.
func NotifyTopics() []notify.Topic {
	return []notify.Topic{{Key: topicOwn}, {Key: topicReminder, Urgent: true}, {Key: topicStaff}, {Key: topicLetters, Default: notify.Never}}
}
