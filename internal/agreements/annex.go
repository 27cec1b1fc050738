package agreements

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
)

// Amendment is an annex as it is typed in.
type Amendment struct {
	Annex
	Ends []string // ids of areas that end when the annex begins to hold
	New  Area     // an area that begins with it; without a title there is none
}

// Amend writes an annex: it may set a new last day, end areas and begin one.
// What an area that ended has done stays under it. Who may: see runs. Faults:
// Invalid, Conflict when the agreement is no longer, or not yet, in force.
func (s *Service) Amend(ctx context.Context, who access.Actor, id ID, seen int64, m Amendment) error {
	m.Words, m.New.Title, m.New.Words = tidyLines(m.Words), tidy(m.New.Title), tidyLines(m.New.Words)
	return s.change(ctx, who, id, seen, "annex", func(tx *db.Tx, w *Whole) error {
		if w.State != InForce {
			return errSettled
		}
		if err := fault.InvalidFields(m.check(*w)); err != nil {
			return err
		}
		m.ID, m.Agreement, m.No = newID(), id, len(w.Annexes)+1
		if err := insertAnnex(ctx, tx, m.Annex); err != nil {
			return err
		}
		for _, area := range m.Ends {
			// An area that holds for a shorter time already keeps its day.
			if _, err := tx.Exec(ctx, `update agreements_areas set valid_to = ? where id = ? and agreement = ? and (valid_to = '' or valid_to > ?)`,
				dayBefore(m.HoldsFrom), area, id, dayBefore(m.HoldsFrom)); err != nil {
				return err
			}
		}
		from := m.HoldsFrom
		if m.ValidTo != "" {
			if from = min(from, m.ValidTo); w.ValidTo != "" {
				from = min(from, w.ValidTo)
			}
			w.ValidTo = m.ValidTo
			if _, err := tx.Exec(ctx, `delete from agreements_proposals where agreement = ?`, id); err != nil {
				return err
			}
		}
		if m.New.Title != "" {
			m.New.ValidFrom, m.New.ValidTo = m.HoldsFrom, ""
			if err := s.addArea(ctx, tx, w, m.New); err != nil {
				return err
			}
		}
		return ledger.PlaceAgain(ctx, tx, from)
	})
}

func (m Amendment) check(w Whole) (x lacks) {
	x.day("podpisano", m.SignedOn, true)
	x.day("od", m.HoldsFrom, true)
	x.day("do", m.ValidTo, false)
	x.text("tresc", m.Words, longestWords, true)
	x.text("obszar", m.New.Title, longestTitle, false)
	x.text("obszar_opis", m.New.Words, longestWords, false)
	if validDay(m.HoldsFrom) && m.HoldsFrom < w.ValidFrom {
		x.add("od", "outside")
	}
	if validDay(m.ValidTo) && m.ValidTo < m.HoldsFrom {
		x.add("do", "before")
	}
	for _, id := range m.Ends {
		// One that begins later than the annex would end before it began.
		if a, ok := w.area(id); !ok || a.ValidFrom >= m.HoldsFrom {
			x.add("koniec", "choose")
		}
	}
	return x
}

// Propose says that a party wishes to prolong the agreement until a day. The
// others are told. It binds nobody: what is agreed is written as an annex.
func (s *Service) Propose(ctx context.Context, who access.Actor, id ID, party, until, words string) (err error) {
	defer fault.Wrap(&err, "propose to prolong agreement %s", id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	p, err := speaksFor(who, w, party)
	if err != nil {
		return err
	}
	words = tidyLines(words)
	var x lacks
	x.day("do", until, true)
	x.text("slowa", words, longestWords, false)
	if validDay(until) && until <= w.ValidTo {
		x.add("do", "longer")
	}
	if err := fault.InvalidFields(x); err != nil {
		return err
	}
	if w.State != InForce {
		return errSettled
	}
	now := s.now()
	tell, err := s.speakers(ctx, w, func(other Party) bool { return other.ID != p.ID })
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into agreements_proposals (id, agreement, party, until, words, by_person, at) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (agreement, party) do update set until = excluded.until, words = excluded.words, by_person = excluded.by_person, at = excluded.at`,
			newID(), id, p.ID, until, words, who.Person, now.Unix()); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, tell, "proposed", "agreement/"+string(id)+"/proposed/"+p.ID+"/"+until,
			map[string]string{"title": w.Title, "party": p.Name, "until_date": until}, Href(id)); err != nil {
			return err
		}
		return s.done(ctx, tx, who, w, "proposed", map[string]string{"agreement_until": until}, now)
	})
}

// Proposals are the wishes to prolong that nobody settled yet.
func (s *Service) Proposals(ctx context.Context, id ID) (list []Proposal, err error) {
	return list, s.db.Select(ctx, &list, `select id, agreement, party, until, words, by_person, at from agreements_proposals where agreement = ? order by at, id`, id)
}

// AttachmentUse is the name of the use of files of agreements.
const AttachmentUse = "agreement"

// Uses are the files that this package takes, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{{Name: AttachmentUse, MaxBytes: 20 << 20, Types: append(files.Documents(), files.PNG, files.JPEG)}}
}

func owner(id ID) files.Owner { return files.Owner{Module: "agreements", ID: string(id)} }

// Attach gives a file that was sent to an agreement. Faults: NotFound for a file
// of another person, Invalid, Conflict when there are too many.
func (s *Service) Attach(ctx context.Context, who access.Actor, id ID, file files.ID, title string) (err error) {
	defer fault.Wrap(&err, "attach a file to agreement %s", id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	title = tidy(title)
	var x lacks
	x.text("nazwa", title, longestTitle, true)
	if err := fault.InvalidFields(x); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select count(*) from agreements_attachments where agreement = ?`, id); err != nil {
			return err
		}
		if n >= mostParts {
			return fault.New(fault.Conflict, "agreements.fault.many")
		}
		if _, err := tx.Exec(ctx, `insert into agreements_attachments (file, agreement, title, added_at) values (?, ?, ?, ?)`, string(file), id, title, now.Unix()); err != nil {
			return err
		}
		if err := s.Files.Claim(ctx, tx, who.By(), AttachmentUse, file, owner(id), now); err != nil {
			return err
		}
		return s.done(ctx, tx, who, w, "attached", map[string]string{"title": title}, now)
	})
}

// Detach takes a file of an agreement away for good.
func (s *Service) Detach(ctx context.Context, who access.Actor, id ID, file files.ID) (err error) {
	defer fault.Wrap(&err, "take a file of agreement %s away", id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from agreements_attachments where file = ? and agreement = ?`, string(file), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := s.Files.ReleaseOne(ctx, tx, owner(id), file); err != nil {
			return err
		}
		return s.done(ctx, tx, who, w, "detached", map[string]string{"agreement_file": string(file)}, now)
	})
}

// Attachments are the files of an agreement.
func (s *Service) Attachments(ctx context.Context, id ID) (all []Attachment, err error) {
	if err := s.db.Select(ctx, &all, `select file, agreement, title, added_at from agreements_attachments where agreement = ? order by added_at, file`, id); err != nil || len(all) == 0 {
		return nil, err
	}
	list, err := s.Files.Of(ctx, s.db, owner(id))
	if err != nil {
		return nil, err
	}
	there := map[string]files.File{}
	for _, f := range list {
		there[string(f.ID)] = f
	}
	for n := range all {
		f := there[all[n].File]
		all[n].Name, all[n].Size = f.Name, f.Size
	}
	return slices.DeleteFunc(all, func(a Attachment) bool { return a.Name == "" }), nil
}
