package budget

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
)

// A campaign is what a proposer says for the project before the vote. The rules
// are one for all: so many letters, so many pictures, one poster of one layout,
// from the day the project is accepted until the last hour of voting. The office
// writes nothing here; it can only take down what breaks the law, with a reason
// that everybody reads.

const (
	mostSlogan   = 120
	mostCampaign = 900
	mostPictures = 3
)

// Campaign of a project; the zero one is none.
type Campaign struct {
	Slogan    string `db:"slogan"`
	Words     string `db:"words"`
	DownWhy   string `db:"down_why"`
	ChangedAt int64  `db:"changed_at"`
}

// CampaignHref is the campaign page of a project.
func CampaignHref(id ProjectID) string { return ProjectHref(id) + "/kampania" }

// CampaignOf reads the campaign of a project.
func CampaignOf(ctx context.Context, r db.Reader, id ProjectID) (c Campaign, err error) {
	var list []Campaign
	err = r.Select(ctx, &list, `select c.slogan, c.words, c.down_why, c.changed_at from budget_campaigns c where c.project = ?`, id)
	if err != nil || len(list) == 0 {
		return c, err
	}
	return list[0], nil
}

// HasCampaign tells whether a project has a campaign page: every one that goes to
// the vote or went to it.
func HasCampaign(p Project) bool {
	return p.State.In(ProjectAccepted, ProjectRestored, ProjectOnBallot, ProjectWon, ProjectLost, ProjectInProgress, ProjectDelivered)
}

// Campaigning returns nil while the campaign of a project can be written.
func Campaigning(p Project, e Edition, now time.Time) error {
	ends := e.Rules.Calendar.VoteTo
	if !p.State.In(ProjectAccepted, ProjectRestored, ProjectOnBallot) || !e.State.In(Published, Frozen, Voting) || ends > 0 && now.Unix() >= ends {
		return fault.New(fault.Conflict, "budget.fault.campaign_closed")
	}
	return nil
}

// campaigns reads a project whose campaign the actor writes.
func (s *Service) campaigns(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, err error) {
	if p, e, err = s.own(ctx, who, id); err != nil {
		return p, e, err
	}
	if err := Campaigning(p, e, s.now()); err != nil {
		return p, e, err
	}
	c, err := CampaignOf(ctx, s.db, id)
	if err == nil && c.DownWhy != "" {
		err = fault.New(fault.Conflict, "budget.fault.campaign_down")
	}
	return p, e, err
}

// SaveCampaign writes the words of a campaign. Who may: the proposer, and nobody
// for the proposer.
func (s *Service) SaveCampaign(ctx context.Context, who access.Actor, id ProjectID, slogan, text string) (err error) {
	defer fault.Wrap(&err, "save the campaign of project %s", id)
	if _, _, err := s.campaigns(ctx, who, id); err != nil {
		return err
	}
	slogan, text = line(slogan), words(text)
	if err := fault.InvalidFields(needed(needed(nil, "haslo", slogan, mostSlogan), "tekst", text, mostCampaign)); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.keepCampaign(ctx, tx, id, Campaign{Slogan: slogan, Words: text})
	})
}

// keepCampaign writes a campaign, but for one that was taken down meanwhile.
func (s *Service) keepCampaign(ctx context.Context, tx *db.Tx, id ProjectID, c Campaign) error {
	n, err := tx.Exec(ctx, `insert into budget_campaigns (project, slogan, words, down_why, changed_at) values (?, ?, ?, ?, ?)
		on conflict (project) do update set slogan = excluded.slogan, words = excluded.words, down_why = excluded.down_why, changed_at = excluded.changed_at
		where budget_campaigns.down_why = ''`, id, c.Slogan, c.Words, c.DownWhy, s.now().Unix())
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "budget.fault.campaign_down")
	}
	return err
}

// AddCampaignPicture adds a picture with words for those who do not see it.
func (s *Service) AddCampaignPicture(ctx context.Context, who access.Actor, id ProjectID, file files.ID, alt string) (err error) {
	defer fault.Wrap(&err, "add a picture to the campaign of project %s", id)
	if _, _, err := s.campaigns(ctx, who, id); err != nil {
		return err
	}
	alt = line(alt)
	fields := needed(nil, "opis_zdjecia", alt, mostLine)
	if file == "" {
		fields = append(fields, fault.Field{Name: "zdjecie", Key: "budget.lack.picture"})
	}
	if err := fault.InvalidFields(fields); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select count(*) from budget_pictures g where g.project = ? and g.milestone = ''`, id); err != nil {
			return err
		}
		if n >= mostPictures {
			return fault.New(fault.Conflict, "budget.fault.pictures", "n", mostPictures)
		}
		return s.addPicture(ctx, tx, who, id, "", file, alt)
	})
}

// DropCampaignPicture takes one away.
func (s *Service) DropCampaignPicture(ctx context.Context, who access.Actor, id ProjectID, file files.ID) (err error) {
	defer fault.Wrap(&err, "drop a picture of the campaign of project %s", id)
	if _, _, err := s.campaigns(ctx, who, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.dropPictures(ctx, tx, id, file) })
}

// dropPictures takes pictures of a campaign away.
func (s *Service) dropPictures(ctx context.Context, tx *db.Tx, id ProjectID, list ...files.ID) error {
	for _, file := range list {
		n, err := tx.Exec(ctx, `delete from budget_pictures where file = ? and project = ? and milestone = ''`, file, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := s.Files.ReleaseOne(ctx, tx, pictureOwner(id), file); err != nil {
			return err
		}
	}
	return nil
}

// TakeDown empties a campaign that breaks the law or the rules of the edition,
// for good. Everybody reads why; the proposer is told. Who may: whoever runs the
// edition. It is the only thing that they can do to a campaign.
func (s *Service) TakeDown(ctx context.Context, who access.Actor, id ProjectID, why string) (err error) {
	defer fault.Wrap(&err, "take the campaign of project %s down", id)
	p, e, err := s.projectRun(ctx, who, id)
	if err != nil {
		return err
	}
	why = words(why)
	if err := fault.InvalidFields(needed(nil, "powod", why, mostWords)); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.keepCampaign(ctx, tx, id, Campaign{DownWhy: why}); err != nil {
			return err
		}
		pictures, err := PicturesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, one := range pictures {
			if one.Milestone != "" {
				continue
			}
			if err := s.dropPictures(ctx, tx, id, one.File); err != nil {
				return err
			}
		}
		if _, err := s.note(ctx, tx, p, step{To: p.State, What: "campaign_down", Words: why}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "campaign_down", p, e)
	})
}
