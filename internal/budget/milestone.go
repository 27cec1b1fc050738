package budget

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
)

// MilestoneKind is what happened to a chosen project.
type MilestoneKind string

// The kinds. Started and Delivered move the project, the others do not.
const (
	Started   MilestoneKind = "started" // work began; says until when
	OneStep   MilestoneKind = "step"
	Delay     MilestoneKind = "delay" // a later day, with the reason
	Delivered MilestoneKind = "delivered"
)

// Milestone is one of them. Spent is all money until that day, in grosze.
type Milestone struct {
	ID      string          `db:"id"`
	Project ProjectID       `db:"project"`
	Kind    MilestoneKind   `db:"kind"`
	Day     string          `db:"day"`
	Words   string          `db:"words"`
	Spent   int64           `db:"spent"`
	Due     string          `db:"due"`
	NotedBy access.PersonID `db:"noted_by"`
	At      int64           `db:"at"`
}

const milestoneColumns = `m.id, m.project, m.kind, m.day, m.words, m.spent, m.due, m.noted_by, m.at`

// Milestones of a project in the order in which they were noted.
func Milestones(ctx context.Context, r db.Reader, ids ...ProjectID) (list []Milestone, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+milestoneColumns+` from budget_milestones m where m.project in (?) order by m.id`, ids)
	if err != nil {
		return nil, err
	}
	return list, r.Select(ctx, &list, query, args...)
}

// Delivery is how far a project is, from its milestones.
type Delivery struct {
	Began, Due, Done string // days, "" until they are known
	Spent            int64
	Delays           int
}

// DeliveryOf sums up the milestones of one project.
func DeliveryOf(list []Milestone) (d Delivery) {
	for _, m := range list {
		d.Spent = m.Spent
		if m.Due != "" {
			d.Due = m.Due
		}
		switch m.Kind {
		case Started:
			d.Began = m.Day
		case Delay:
			d.Delays++
		case Delivered:
			d.Done = m.Day
		}
	}
	return d
}

// Late tells that the day has passed and nothing is delivered.
func (d Delivery) Late(now time.Time) bool {
	end := dayStop(d.Due)
	return d.Done == "" && !end.IsZero() && !now.Before(end)
}

// NewMilestone is a milestone as it was typed. File is a photo, with words for
// those who do not see it.
type NewMilestone struct {
	Kind            MilestoneKind
	Day, Words      string
	Spent, Due, Alt string
	File            files.ID
}

// kindsFor are the milestones that a project in a state can come to.
func kindsFor(st ProjectState) []MilestoneKind {
	switch st {
	case ProjectWon:
		return []MilestoneKind{Started}
	case ProjectInProgress:
		return []MilestoneKind{OneStep, Delay, Delivered}
	}
	return nil
}

// Delivering returns nil when milestones of a project can be noted: it won, and
// the result stands.
func Delivering(p Project, e Edition) error {
	switch {
	case len(kindsFor(p.State)) == 0:
		return fault.New(fault.Conflict, "budget.fault.not_delivering")
	case !e.State.In(Final, Archived):
		return fault.New(fault.Conflict, "budget.fault.not_final")
	}
	return nil
}

// cleaned checks a milestone against those before it: days do not run back, what
// was spent does not come back, and a delay has a later day and a reason.
func (n NewMilestone) cleaned(p Project, before []Milestone, now time.Time) (m Milestone, err error) {
	var fields []fault.Field
	lacks := func(is bool, name, key string) {
		if is {
			fields = append(fields, fault.Field{Name: name, Key: "budget.lack." + key})
		}
	}
	so := DeliveryOf(before)
	m = Milestone{Kind: n.Kind, Day: n.Day, Words: words(n.Words), Spent: so.Spent}
	lacks(!slices.Contains(kindsFor(p.State), n.Kind), "rodzaj", "choose")
	fields = needed(fields, "slowa", m.Words, mostWords)
	day := dayStart(n.Day)
	lacks(day.IsZero() || day.After(now), "dzien", "day_past")
	if len(before) > 0 {
		lacks(day.Before(dayStart(before[len(before)-1].Day)), "dzien", "day_order")
	}
	if text := line(n.Spent); text != "" && text != "0" {
		spent, ok := ParseMoney(text)
		m.Spent = spent
		lacks(!ok, "wydano", "money")
		lacks(ok && spent < so.Spent, "wydano", "spent_less")
	}
	if n.Kind == Started || n.Kind == Delay {
		due := dayStart(n.Due)
		m.Due = n.Due
		lacks(due.IsZero(), "termin", "day")
		lacks(!due.IsZero() && due.Before(day), "termin", "order")
		lacks(n.Kind == Delay && !due.IsZero() && !due.After(dayStart(so.Due)), "termin", "not_later")
	}
	if n.File != "" {
		fields = needed(fields, "opis_zdjecia", line(n.Alt), mostLine)
	}
	return m, fault.InvalidFields(fields)
}

// stepsOfKinds are the names of milestones among the steps of a project.
var stepsOfKinds = map[MilestoneKind]step{
	Started:   {To: ProjectInProgress, By: ByRunner},
	OneStep:   {To: ProjectInProgress, What: "milestone"},
	Delay:     {To: ProjectInProgress, What: "delayed"},
	Delivered: {To: ProjectDelivered, By: ByRunner},
}

// AddMilestone notes what happened to a chosen project and tells its proposer
// and watchers. Who may: whoever runs the edition, once the result stands.
func (s *Service) AddMilestone(ctx context.Context, who access.Actor, id ProjectID, n NewMilestone) (err error) {
	defer fault.Wrap(&err, "note a milestone of project %s", id)
	p, e, err := s.delivers(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	noted := newID()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		before, err := Milestones(ctx, tx, id)
		if err != nil {
			return err
		}
		one, err := n.cleaned(p, before, now)
		if err != nil {
			return err
		}
		st := stepsOfKinds[one.Kind]
		st.Words, st.Args = one.Words, map[string]string{"until_date": one.Due}
		if st.What == "" {
			_, err = s.move(ctx, tx, e, p, st)
		} else {
			_, err = s.note(ctx, tx, p, st)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into budget_milestones (id, project, kind, day, words, spent, due, noted_by, at) values `+db.Marks(1, 9),
			noted, id, one.Kind, one.Day, one.Words, one.Spent, one.Due, who.Person, now.Unix()); err != nil {
			return err
		}
		if n.File != "" {
			if err := s.addPicture(ctx, tx, who, id, noted, n.File, line(n.Alt)); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "milestone", p, e)
	})
}

// delivers reads a project of which the actor notes milestones.
func (s *Service) delivers(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	if p, e, err = s.projectRun(ctx, who, id); err != nil {
		return p, e, err
	}
	return p, e, Delivering(p, e)
}

// projectRun reads a project of an edition that the actor runs.
func (s *Service) projectRun(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	if p, e, err = s.SeesProject(ctx, who, id); err != nil {
		return p, e, err
	}
	return p, e, s.Runs(ctx, who, e)
}

// Picture is a picture of a campaign or of works.
type Picture struct {
	File      files.ID `db:"file"`
	Milestone string   `db:"milestone"`
	Alt       string   `db:"alt"`
}

// PictureUse is what such pictures are taken for.
const PictureUse = "budget_picture"

// PictureFiles is the use of pictures, to be declared in wiring.
func PictureFiles() files.Use {
	return files.Use{Name: PictureUse, MaxBytes: 8 << 20, Types: []string{files.JPEG, files.PNG}, Inline: true}
}

// pictureOwner is apart from that of scanned lists of support: those hold names,
// these are public.
func pictureOwner(id ProjectID) files.Owner {
	return files.Owner{Module: "budget_picture", ID: string(id)}
}

// PicturesOf are the pictures of a project.
func PicturesOf(ctx context.Context, r db.Reader, id ProjectID) (list []Picture, err error) {
	return list, r.Select(ctx, &list, `select g.file, g.milestone, g.alt from budget_pictures g where g.project = ? order by g.file`, id)
}

func (s *Service) addPicture(ctx context.Context, tx *db.Tx, who access.Actor, id ProjectID, milestone string, file files.ID, alt string) error {
	if err := s.Files.Claim(ctx, tx, who.By(), PictureUse, file, pictureOwner(id), s.now()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into budget_pictures (file, project, milestone, alt) values (?, ?, ?, ?)`, file, id, milestone, alt)
	return err
}
