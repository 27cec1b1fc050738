package papers

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/training"
)

// What can be done to a paper after it was issued. Each act is for those who
// issue papers at its center, needs a reason, and deletes nothing. A form sent
// with an old revision is a Conflict.

var errVoided = fault.New(fault.Conflict, "papers.fault.voided")

// Void ends a paper. Strangers who check it learn of the class of the reason,
// its words stay in the register. The person has completed the training still
// and can get a paper with a new number.
func (s *Service) Void(ctx context.Context, who access.Actor, id ID, revision int64, class, reason string) (err error) {
	defer fault.Wrap(&err, "void paper %s", id)
	if !slices.Contains(VoidClasses(), class) {
		return fault.InvalidFields([]fault.Field{{Name: "rodzaj", Key: "papers.fault.class"}})
	}
	if reason, err = reasonOf(reason); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.own(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := s.turn(ctx, tx, p, revision, `state = 'voided', void_class = ?, void_reason = ?, voided_on = ?`, class, reason, dayOf(now)); err != nil {
			return err
		}
		if p.Enrollment != "" {
			if err := training.MarkIssued(ctx, tx, p.Enrollment, false, now.Unix()); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
		}
		// Nothing of it is signed any more.
		if _, err := tx.Exec(ctx, `update training_paper_copies set signing = '' where paper = ? and signing in (?, ?)`, id, prepared, sentOut); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from training_batch_items where copy in (select id from training_paper_copies where paper = ?) and state <> ?`, id, signed); err != nil {
			return err
		}
		err = s.emit(ctx, tx, PaperVoided{Paper: string(p.ID), Kind: string(p.Kind), Number: p.Number, Training: string(p.Training), Enrollment: string(p.Enrollment),
			Center: string(p.Center), Class: class}, p, now)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, who, p, "void", map[string]string{"class": class, "reason": reason}, now)
	})
}

// turn changes the row of a paper that is not voided, at the revision seen.
func (s *Service) turn(ctx context.Context, tx *db.Tx, p Paper, revision int64, set string, args ...any) error {
	if p.State == Voided {
		return errVoided
	}
	n, err := tx.Exec(ctx, `update training_papers set `+set+`, revision = revision + 1 where id = ? and revision = ? and state <> 'voided'`,
		append(args, p.ID, revision)...)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "papers.fault.changed")
	}
	return err
}

// changed writes what happened into the log and the matter.
func (s *Service) changed(ctx context.Context, tx *db.Tx, who access.Actor, p Paper, what string, details map[string]string, at time.Time) error {
	details["number"] = p.Number
	err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers." + what, Object: "paper", ObjectID: string(p.ID), Institution: string(p.Center),
		Subject: p.Person, Details: details}, at)
	if err != nil {
		return err
	}
	if err := s.step(ctx, tx, p, what, at); err != nil {
		return err
	}
	return s.touch(ctx, tx, string(p.ID))
}

// Fix is the right content of a paper that was wrong.
type Fix struct {
	Name, BirthDay, BirthPlace, Title string
	Hours                             int
	StartsOn, EndsOn                  string
}

func (f *Fix) check(now time.Time) error {
	f.Name, f.Title = strings.Join(strings.Fields(f.Name), " "), strings.Join(strings.Fields(f.Title), " ")
	var faults []fault.Field
	add := func(field, key string) {
		faults = append(faults, fault.Field{Name: field, Key: "papers.fault." + key, Args: []any{"n", 300}})
	}
	if n := utf8.RuneCountInString(f.Name); n < 3 || n > 120 || strings.Contains(f.Name, "@") {
		add("imie", "name")
	}
	if n := utf8.RuneCountInString(f.Title); n < 3 || n > 300 {
		add("tytul", "title")
	}
	if f.Hours < 1 || f.Hours > 2000 {
		add("godziny", "hours")
	}
	if !isDay(f.StartsOn) {
		add("od", "day")
	}
	if !isDay(f.EndsOn) || f.EndsOn < f.StartsOn {
		add("do", "day")
	}
	b := Birth{f.BirthDay, f.BirthPlace}
	if e := fault.As(b.check(now)); e != nil {
		faults = append(faults, e.Fields...)
	}
	f.BirthPlace = b.Place
	return fault.InvalidFields(faults)
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// apply puts the right words in place and names what they changed.
func (f Fix) apply(c Content) (Content, []string) {
	var changed []string
	put := func(name string, to *string, value string) {
		if *to != value {
			*to, changed = value, append(changed, name)
		}
	}
	put("name", &c.Name, f.Name)
	put("birth_day", &c.BirthDay, f.BirthDay)
	put("birth_place", &c.BirthPlace, f.BirthPlace)
	put("title", &c.Title, f.Title)
	put("starts", &c.StartsOn, f.StartsOn)
	put("ends", &c.EndsOn, f.EndsOn)
	if c.Hours != f.Hours {
		c.Hours, changed = f.Hours, append(changed, "hours")
	}
	return c, changed
}

// Correct prints a paper anew with other words under the same number: version 2
// and on. What changed and why stays in the register. A diploma takes a new form.
func (s *Service) Correct(ctx context.Context, who access.Actor, id ID, revision int64, f Fix, why string) (CopyID, error) {
	now := s.now()
	if err := f.check(now); err != nil {
		return "", err
	}
	return s.another(ctx, who, id, revision, correction, why, func(c Content) (Content, []string) {
		c, changed := f.apply(c)
		c.Correction, c.Duplicate = dayOf(now), ""
		return c, changed
	})
}

// Duplicate prints a paper once more, in the words that hold now, with the mark
// DUPLIKAT and the day. A diploma takes a new form.
func (s *Service) Duplicate(ctx context.Context, who access.Actor, id ID, revision int64, why string) (CopyID, error) {
	now := s.now()
	return s.another(ctx, who, id, revision, duplicate, why, func(c Content) (Content, []string) {
		c.Duplicate = dayOf(now)
		return c, nil
	})
}

// another adds a print to a paper that is not voided and was printed here.
func (s *Service) another(ctx context.Context, who access.Actor, id ID, revision int64, what, why string, change func(Content) (Content, []string)) (_ CopyID, err error) {
	defer fault.Wrap(&err, "%s of paper %s", what, id)
	why, err = reasonOf(why)
	if err != nil {
		return "", err
	}
	now, copied := s.now(), CopyID(newID())
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.own(ctx, tx, who, id)
		if err != nil {
			return err
		}
		return s.anotherIn(ctx, tx, who, p, revision, copyRow{ID: copied, What: what, Why: why, By: string(who.Person), At: now}, change)
	})
	if err != nil {
		return "", err
	}
	return copied, s.print(ctx, copied)
}

func (s *Service) anotherIn(ctx context.Context, tx *db.Tx, who access.Actor, p Paper, revision int64, row copyRow, change func(Content) (Content, []string)) error {
	copies, err := copiesOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if len(copies) == 0 {
		return fault.New(fault.Conflict, "papers.fault.imported")
	}
	last := copies[len(copies)-1]
	words, err := s.unseal(last.ID, last.Content)
	if err != nil {
		return err
	}
	words, fields := change(words)
	state := Duplicated
	if row.No, row.Changed = last.No+1, strings.Join(fields, " "); row.What == correction {
		if len(fields) == 0 {
			return fault.New(fault.Conflict, "papers.fault.nothing_changed")
		}
		state = Corrected
		p.Version++
		if _, err := tx.Exec(ctx, `insert into training_paper_badges (paper, version, badge, subject) values (?, ?, ?, ?)`, p.ID, p.Version, uuid.NewString(), uuid.NewString()); err != nil {
			return err
		}
	}
	if p.Kind == training.Diploma {
		if p.Blank, err = takeBlank(ctx, tx, p, who, row.At); err != nil {
			return err
		}
	}
	err = s.turn(ctx, tx, p, revision, `state = ?, version = ?, name = ?, name_key = ?, name_fold = ?, title = ?, hours = ?, starts_on = ?, ends_on = ?, changed_on = ?, blank = ?`,
		state, p.Version, words.Name, i18n.SortKey(words.Name), foldOf(words.Name), words.Title, words.Hours, words.StartsOn, words.EndsOn, changedOn(p, row), p.Blank)
	if err != nil {
		return err
	}
	if err := s.addCopy(ctx, tx, p, words, row); err != nil {
		return err
	}
	return s.changed(ctx, tx, who, p, row.What, map[string]string{"reason": row.Why, "changed": row.Changed}, row.At)
}

// changedOn is the day of the last correction: a duplicate changes nothing.
func changedOn(p Paper, row copyRow) string {
	if row.What == correction {
		return dayOf(row.At)
	}
	return p.ChangedOn
}

// Reprint takes the next form for the last print of a diploma whose form was
// spoiled in the printer.
func (s *Service) Reprint(ctx context.Context, who access.Actor, id ID, revision int64, reason string) (serial string, err error) {
	defer fault.Wrap(&err, "reprint paper %s", id)
	if reason, err = reasonOf(reason); err != nil {
		return "", err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.own(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if p.Kind != training.Diploma || p.Blank == "" {
			return fault.New(fault.Conflict, "papers.fault.no_blank")
		}
		if serial, err = takeBlank(ctx, tx, p, who, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update training_blanks set state = ?, reason = ?, changed_by = ?, changed_at = ? where center = ? and serial = ? and state = ?`,
			BlankSpoiled, reason, who.Person, now.Unix(), p.Center, p.Blank, BlankUsed)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "papers.fault.blank_gone")
		}
		if _, err := tx.Exec(ctx, `update training_paper_copies set blank = ? where paper = ? and blank = ?`, serial, id, p.Blank); err != nil {
			return err
		}
		if err := s.turn(ctx, tx, p, revision, `blank = ?`, serial); err != nil {
			return err
		}
		return s.changed(ctx, tx, who, p, "reprint", map[string]string{"reason": reason, "spoiled": p.Blank, "serial": serial}, now)
	})
	return serial, err
}

// Ways are how a paper is handed over. The last is written by the program.
func Ways() []string { return []string{"in_person", "post", "downloaded"} }

// HandOver records that the holder got the paper. Once recorded it stays.
func (s *Service) HandOver(ctx context.Context, who access.Actor, id ID, revision int64, how, day string) (err error) {
	defer fault.Wrap(&err, "hand over paper %s", id)
	now := s.now()
	at, e := time.Parse(time.DateOnly, day)
	if how != "in_person" && how != "post" {
		return fault.InvalidFields([]fault.Field{{Name: "sposob", Key: "papers.fault.way"}})
	}
	if e != nil || day > dayOf(now) {
		return fault.InvalidFields([]fault.Field{{Name: "dzien", Key: "papers.fault.day"}})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.own(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if day < p.IssuedOn {
			return fault.InvalidFields([]fault.Field{{Name: "dzien", Key: "papers.fault.day"}})
		}
		if p.HandedAt != 0 {
			return fault.New(fault.Conflict, "papers.fault.handed")
		}
		if err := s.turn(ctx, tx, p, revision, `handed_at = ?, handed_how = ?, handed_by = ?`, at.Add(12*time.Hour).Unix(), how, who.Person); err != nil {
			return err
		}
		return s.changed(ctx, tx, who, p, "handed", map[string]string{"how": how, "day": day}, now)
	})
}

// downloaded notes the first download by the holder.
func (s *Service) downloaded(ctx context.Context, p Paper) error {
	if p.HandedAt != 0 {
		return nil
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_papers set handed_at = ?, handed_how = 'downloaded', revision = revision + 1 where id = ? and handed_at = 0 and state <> 'voided'`, now, p.ID)
		return err
	})
}
