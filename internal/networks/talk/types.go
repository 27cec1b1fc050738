package talk

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// ThreadID is a thread, PostID a post.
type (
	ThreadID string
	PostID   string
)

// Thread is one matter that a network talks about. Instants are UTC seconds.
type Thread struct {
	ID          ThreadID             `db:"id"`
	Network     networks.ID          `db:"network"`
	Center      access.InstitutionID `db:"center"`
	Title       string               `db:"title"`
	Hidden      bool                 `db:"hidden"` // the title too, with the first post
	Closed      bool                 `db:"closed"`
	Author      string               `db:"author"`
	Institution access.InstitutionID `db:"institution"`
	Posts       int                  `db:"posts"` // the number of the last one
	At          int64                `db:"at"`
	LastAt      int64                `db:"last_at"`
	YearEnds    int64                `db:"year_ends"`
}

const threadColumns = `t.id, t.network, t.center, t.title, t.hidden, t.closed, t.author, t.institution, t.posts, t.at, t.last_at, t.year_ends`

// What became of the words of a post that has none.
const (
	withdrawn = "withdrawn" // by its author
	erased    = "erased"    // with the author's account
)

// Post is one post: one thing said in a thread.
type Post struct {
	ID          PostID               `db:"id"`
	Thread      ThreadID             `db:"thread"`
	N           int                  `db:"n"` // 1, 2, 3 … within the thread
	Revision    int64                `db:"revision"`
	Author      string               `db:"author"`
	Institution access.InstitutionID `db:"institution"`
	Words       string               `db:"words"`
	At          int64                `db:"at"`
	EditedAt    int64                `db:"edited_at"`
	Gone        string               `db:"gone"`
	HiddenAt    int64                `db:"hidden_at"`
	HiddenBy    string               `db:"hidden_by"`
	Reason      string               `db:"reason"`
}

const postColumns = `p.id, p.thread, p.n, p.revision, p.author, p.institution, p.words, p.at, p.edited_at, p.gone, p.hidden_at, p.hidden_by, p.reason`

// EditWindow is how long an author mends a post: enough for a slip that is seen
// when it is read again, and over before most have read and answered it.
const EditWindow = 30 * time.Minute

// mends tells whether the author may still change the words at the moment.
func (p Post) mends(at time.Time) bool {
	return p.there() && at.Unix() <= p.At+int64(EditWindow/time.Second)
}

// there tells whether everybody inside reads the words.
func (p Post) there() bool { return p.Gone == "" && p.HiddenAt == 0 }

// Follow is how somebody hears of new posts in a thread.
type Follow string

// The ways. Nothing said is "": whoever posts or is mentioned follows then.
const (
	FollowInbox   Follow = "inbox"   // as notify does: the inbox and gathered letters
	FollowLetters Follow = "letters" // letters of the thread itself, with a link to answer by
	FollowOff     Follow = "off"
)

// Mark is how far somebody read a thread, and how they follow it.
type Mark struct {
	Thread   ThreadID `db:"thread"`
	Seen     int      `db:"seen"`
	Follow   Follow   `db:"follow"`
	Lettered int      `db:"lettered"`
}

// States of a report.
const (
	reportOpen   = "open"
	reportKept   = "kept"
	reportHidden = "hidden"
)

// threadOf reads a thread of a network. Not there: fault.ErrNotFound.
func threadOf(ctx context.Context, r db.Reader, network networks.ID, id ThreadID) (t Thread, err error) {
	if err := known(string(id)); err != nil {
		return t, err
	}
	return t, r.Get(ctx, &t, `select `+threadColumns+` from talk_threads t where t.id = ? and t.network = ?`, id, network)
}

// postOf reads a post of a network with its thread. Not there: fault.ErrNotFound.
func postOf(ctx context.Context, r db.Reader, network networks.ID, id PostID) (p Post, t Thread, err error) {
	if err := known(string(id)); err != nil {
		return p, t, err
	}
	if err := r.Get(ctx, &p, `select `+postColumns+` from talk_posts p where p.id = ?`, id); err != nil {
		return p, t, err
	}
	t, err = threadOf(ctx, r, network, p.Thread)
	return p, t, err
}

// markOf is how somebody stands to a thread; the zero value for not at all.
func markOf(ctx context.Context, r db.Reader, person access.PersonID, id ThreadID) (m Mark, err error) {
	err = r.Get(ctx, &m, `select thread, seen, follow, lettered from talk_marks where person = ? and thread = ?`, person, id)
	if fault.KindOf(err) == fault.NotFound {
		return Mark{Thread: id}, nil
	}
	return m, err
}
