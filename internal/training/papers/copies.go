package papers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/jobs"
	"kladka/internal/training"
)

// What a print is.
const (
	original   = "original"
	correction = "correction"
	duplicate  = "duplicate"
)

// Where the signature of a print stands.
const (
	unsigned = ""
	prepared = "prepared" // in a batch that has not gone out
	sentOut  = "out"
	signed   = "signed"  // the signed file is here
	byHand   = "by_hand" // printed, signed and kept on paper
)

// Copy is one print of a paper.
type Copy struct {
	ID         CopyID `db:"id"`
	Paper      ID     `db:"paper"`
	No         int    `db:"no"`
	What       string `db:"what"`
	Version    int    `db:"version"`
	Content    string `db:"content"` // sealed
	Changed    string `db:"changed"`
	Why        string `db:"why"`
	MadeOn     string `db:"made_on"`
	By         string `db:"by_person"`
	At         int64  `db:"at"`
	File       string `db:"file"`
	SHA256     string `db:"sha256"`
	Size       int64  `db:"size"`
	Blank      string `db:"blank"`
	Signing    string `db:"signing"`
	SignedFile string `db:"signed_file"`
	SignedAt   int64  `db:"signed_at"`
}

const copyColumns = `c.id, c.paper, c.no, c.what, c.version, c.content, c.changed, c.why, c.made_on, c.by_person, c.at, c.file, c.sha256, c.size, c.blank,
	c.signing, c.signed_file, c.signed_at`

func copiesOf(ctx context.Context, r db.Reader, id ID) (list []Copy, err error) {
	return list, r.Select(ctx, &list, `select `+copyColumns+` from training_paper_copies c where c.paper = ? order by c.no`, id)
}

func copyByID(ctx context.Context, r db.Reader, id CopyID) (c Copy, err error) {
	if !isID(string(id)) {
		return c, fault.ErrNotFound
	}
	return c, r.Get(ctx, &c, `select `+copyColumns+` from training_paper_copies c where c.id = ?`, id)
}

// copyRow is what a new print says of itself.
type copyRow struct {
	ID                     CopyID
	No                     int
	What, Changed, Why, By string
	At                     time.Time
}

func (s *Service) addCopy(ctx context.Context, tx *db.Tx, p Paper, words Content, c copyRow) error {
	sealed, err := s.seal(c.ID, words)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into training_paper_copies (id, paper, no, what, version, content, changed, why, made_on, by_person, at, blank)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, c.ID, p.ID, c.No, c.What, p.Version, sealed, c.Changed, c.Why, dayOf(c.At), c.By, c.At.Unix(), p.Blank)
	return err
}

func ownerOf(id CopyID) files.Owner { return files.Owner{Module: usePaper, ID: string(id)} }

// print makes the PDF of a print and keeps it, once. It runs after the commit of
// the paper: when it fails, the paper stands, and the next who asks prints it.
func (s *Service) print(ctx context.Context, id CopyID) (err error) {
	defer fault.Wrap(&err, "print %s", id)
	c, err := copyByID(ctx, s.db, id)
	if err != nil || c.File != "" {
		return err
	}
	data, err := s.draw(ctx, c)
	if err != nil {
		return err
	}
	f, err := s.Files.Store(ctx, audit.By{}, usePaper, "dokument.pdf", bytes.NewReader(data))
	if err != nil {
		return err
	}
	sum, now := sha256.Sum256(data), s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_paper_copies set file = ?, sha256 = ?, size = ? where id = ? and file = ''`,
			f.ID, hex.EncodeToString(sum[:]), len(data), id)
		if err != nil || n == 0 { // somebody was faster; the file is nobody's, and swept
			return err
		}
		return s.Files.Claim(ctx, tx, audit.By{}, usePaper, f.ID, ownerOf(id), now)
	})
}

// pdfOf reads the PDF of a print as it was made.
func (s *Service) pdfOf(ctx context.Context, id CopyID) (io.ReadCloser, Copy, error) {
	c, err := copyByID(ctx, s.db, id)
	if err != nil {
		return nil, c, err
	}
	if c.File == "" {
		if err := s.print(ctx, id); err != nil {
			return nil, c, err
		}
		if c, err = copyByID(ctx, s.db, id); err != nil {
			return nil, c, err
		}
	}
	r, err := s.Files.Open(ctx, ownerOf(id), files.ID(c.File))
	return r, c, err
}

// jobIssue is the work that issues the papers of a training.
const jobIssue = "papers.issue"

// batch is what the job needs to know.
type batch struct {
	Training string
	Person   string
	For      string
	Role     string
	Center   string
}

// IssueAll issues the papers of all who are ready, in the background. The
// progress may be watched by who asked. What is missing for all is a Conflict.
func (s *Service) IssueAll(ctx context.Context, who access.Actor, id training.ID) (progress jobs.ProgressID, err error) {
	o, err := s.Outlook(ctx, who, id)
	if err != nil {
		return "", err
	}
	if len(o.Missing) > 0 {
		return "", fault.New(fault.Conflict, o.Missing[0])
	}
	if o.Ready == 0 {
		return "", fault.New(fault.Conflict, "papers.fault.nobody_ready")
	}
	by, now := who.By(), s.now()
	work := batch{Training: string(id), Person: by.Person, For: by.For, Role: by.Role, Center: by.Institution}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		progress, err = jobs.StartProgress(ctx, tx, jobs.Progress{ID: progress, Kind: jobIssue, TitleKey: "papers.progress", Owner: by.Person, Total: int64(o.Ready)}, now)
		if err != nil {
			return err
		}
		_, err = jobs.Enqueue(ctx, tx, jobIssue, work, jobs.Unique(string(id)), jobs.WithProgress(progress))
		return err
	})
	return progress, err
}

// actor is who asked for the work, with the one role that gave the right, as the
// log names them.
func (b batch) actor() access.Actor {
	return access.Actor{Person: access.PersonID(b.Person), For: access.PersonID(b.For),
		Roles: []access.Held{{Role: access.Role(b.Role), Institution: access.InstitutionID(b.Center)}}}
}

// stillMay tells whether who asked for the work may do it now: between the
// question and the work, somebody may have taken the role away. Of one who acts
// for another person, that person's right is asked, and that both accounts are open.
func (s *Service) stillMay(ctx context.Context, b batch, center access.InstitutionID) (bool, error) {
	if b.Person == "" {
		return true, nil // the program itself
	}
	if s.People == nil {
		return false, nil
	}
	who, err := s.People.Actor(ctx, access.PersonID(b.Person))
	if err == nil && b.For != "" {
		who, err = s.People.Actor(ctx, access.PersonID(b.For))
	}
	if err == nil {
		err = who.MayAt(ctx, access.IssuePapers, center)
	}
	switch {
	case err == nil:
		return true, nil
	case fault.KindOf(err) == fault.Internal:
		return false, err
	}
	return false, nil
}

// issueBatch issues one paper after the other, each in a transaction of its own
// with its number, and prints each. What fails for one person, such as birth
// data taken back meanwhile, leaves the others alone; run again, it goes on. It
// stops when who asked for it may not issue papers any more.
func (s *Service) issueBatch(ctx context.Context, job jobs.Job, b batch) error {
	t, err := training.ByID(ctx, s.db, training.ID(b.Training))
	if err != nil {
		return jobs.Permanent(err)
	}
	list, err := s.candidates(ctx, t)
	if err != nil {
		return err
	}
	var ready []Candidate
	for _, c := range list {
		if c.Ready() {
			ready = append(ready, c)
		}
	}
	failed := 0
	for n := 0; n < len(ready); n += printChunk {
		if may, err := s.stillMay(ctx, b, t.Center); err != nil {
			return err
		} else if !may {
			return s.stopBatch(ctx, job)
		}
		chunk := ready[n:min(n+printChunk, len(ready))]
		missed, err := s.issueChunk(ctx, b.actor(), t, chunk)
		if err != nil {
			return err
		}
		failed += missed
		if err := jobs.Report(ctx, s.db, job.Progress, int64(n+len(chunk)), int64(len(ready)), s.now()); err != nil {
			return err
		}
	}
	return s.endBatch(ctx, job, failed)
}

// Papers are issued one after the other, for their numbers stand in line anyway,
// and printed by as many at once as a small server has processors.
const (
	printChunk  = 40
	printAtOnce = 2
)

// issueChunk issues the papers of some people and prints them. It counts those
// who got none, because something changed meanwhile.
func (s *Service) issueChunk(ctx context.Context, who access.Actor, t training.Training, people []Candidate) (missed int, err error) {
	var copies []CopyID
	for _, c := range people {
		_, copied, err := s.issue(ctx, who, t, c.Enrollment.ID)
		switch {
		case err == nil:
			copies = append(copies, copied)
		case fault.KindOf(err) == fault.Internal:
			return missed, err
		default:
			missed++
		}
	}
	errs := make([]error, printAtOnce)
	var wg sync.WaitGroup
	for lane := range printAtOnce {
		wg.Go(func() {
			for n := lane; n < len(copies) && errs[lane] == nil; n += printAtOnce {
				errs[lane] = s.print(ctx, copies[n])
			}
		})
	}
	wg.Wait()
	return missed, errors.Join(errs...)
}

// stopBatch ends the work without the rest of the papers, for good.
func (s *Service) stopBatch(ctx context.Context, job jobs.Job) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return jobs.Finish(ctx, tx, job.Progress, jobs.ProgressFailed, "papers.progress.stopped", now)
	})
}

func (s *Service) endBatch(ctx context.Context, job jobs.Job, failed int) error {
	note, now := "papers.progress.done", s.now()
	if failed > 0 {
		note = "papers.progress.partly"
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return jobs.Finish(ctx, tx, job.Progress, jobs.ProgressDone, note, now) })
}
