package needs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
)

// noTopic is what stands in Line.Merged of own words that fit no topic.
const noTopic = "none"

// textsKey is the same for words that differ in case, marks or spaces only.
func textsKey(words string) string {
	if words == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(i18n.Fold(words)))
	return hex.EncodeToString(sum[:8])
}

// OwnText is what institutions wrote in their own words, alike ones together.
type OwnText struct {
	Key           string
	Words         string // as the first wrote it
	Merged        string // topic, noTopic, or "" while nobody decided
	Institutions  []access.InstitutionID
	Heads         int
	PossibleNames []string // a warning: what may name a person
	lines         []Line
}

// OwnTexts are the own words in declarations that were sent, those without a
// decision first. Who asks must plan with the campaign.
func (s *Service) OwnTexts(ctx context.Context, who access.Actor, id CampaignID) (c Campaign, list []OwnText, err error) {
	defer fault.Wrap(&err, "own words of campaign %s", id)
	if c, err = CampaignByID(ctx, s.db, id); err != nil {
		return c, nil, err
	}
	if err := Plans(ctx, who, c); err != nil {
		return c, nil, err
	}
	list, err = textsOf(ctx, s.db, id)
	return c, list, err
}

const textsMost = 2000 // lines that are read at once

func textsOf(ctx context.Context, r db.Reader, id CampaignID) (list []OwnText, err error) {
	var rows []struct {
		Line
		Institution access.InstitutionID `db:"institution"`
	}
	err = r.Select(ctx, &rows, `select l.declaration, l.no, l.topic, l.words, l.priority, l.heads, l.merged, d.institution from needs_declarations d
		join needs_lines l on l.declaration = d.id
		where d.campaign = ? and d.sent and l.topic = '' and l.words <> '' order by l.declaration, l.no limit ?`, id, textsMost)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, row := range rows {
		key := textsKey(row.Words)
		n, known := at[key]
		if !known {
			n = len(list)
			at[key] = n
			list = append(list, OwnText{Key: key, Words: row.Words, Merged: row.Merged, PossibleNames: survey.PossibleNames(row.Words)})
		}
		t := &list[n]
		if row.Merged == "" {
			t.Merged = "" // one of them came after the decision
		}
		t.Heads += max(row.Heads, 0)
		t.lines = append(t.lines, row.Line)
		if !slices.Contains(t.Institutions, row.Institution) {
			t.Institutions = append(t.Institutions, row.Institution)
		}
	}
	slices.SortStableFunc(list, func(a, b OwnText) int {
		return cmp.Or(cmp.Compare(textsDone(a), textsDone(b)), cmp.Compare(b.Heads, a.Heads), strings.Compare(i18n.SortKey(a.Words), i18n.SortKey(b.Words)))
	})
	return list, nil
}

func textsDone(t OwnText) int {
	if t.Merged == "" {
		return 0
	}
	return 1
}

// MergeText gives a topic of the vocabulary to own words, to all that read
// alike; "none" says that no topic fits, "" takes the decision back. The words
// stay as they were written. After the close the needs are ranked anew. Who asks
// must plan with the campaign.
func (s *Service) MergeText(ctx context.Context, who access.Actor, id CampaignID, key, topic string) (err error) {
	defer fault.Wrap(&err, "give own words of campaign %s a topic", id)
	c, list, err := s.OwnTexts(ctx, who, id)
	if err != nil {
		return err
	}
	if c.State == Dropped || c.State == Draft {
		return fault.New(fault.Conflict, "needs.campaign.fault.not_open")
	}
	if topic != "" && topic != noTopic {
		read, err := s.Topics.Resolve(ctx, []string{topic})
		if err != nil {
			return err
		}
		if topic = read[topic]; topic == "" {
			return fault.InvalidFields([]fault.Field{{Name: "temat", Key: "needs.answer.fault.topic"}})
		}
	}
	n := slices.IndexFunc(list, func(t OwnText) bool { return t.Key == key })
	if n < 0 {
		return fault.New(fault.Conflict, "needs.campaign.fault.words_gone")
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		touched := int64(0)
		for _, l := range list[n].lines {
			// The words again: the declaration may have been written anew meanwhile.
			n, err := tx.Exec(ctx, `update needs_lines set merged = ? where declaration = ? and no = ? and words = ?`, topic, l.Declaration, l.No, l.Words)
			if err != nil {
				return err
			}
			touched += n
		}
		if touched == 0 {
			return fault.New(fault.Conflict, "needs.campaign.fault.words_gone")
		}
		if err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.merge", Object: "needs_campaign", ObjectID: string(id), Institution: string(c.Owner),
			Details: map[string]string{"topic": topic}}, now); err != nil {
			return err
		}
		if c.State == Open {
			return nil
		}
		return s.rankLater(ctx, tx, id)
	})
}

// textsWaiting is how many own words wait for a decision, alike ones as one. It
// stands on desks, so it reads nothing where nothing waits.
func textsWaiting(ctx context.Context, r db.Reader, id CampaignID) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from needs_declarations d join needs_lines l on l.declaration = d.id
		where d.campaign = ? and d.sent and l.topic = '' and l.words <> '' and l.merged = ''`, id)
	if err != nil || n == 0 {
		return 0, err
	}
	n = 0
	list, err := textsOf(ctx, r, id)
	for _, t := range list {
		n += 1 - textsDone(t)
	}
	return n, err
}

// PersonalTexts are the own words of people in the campaign's round, without
// unit and sorted, with a warning where they may name somebody. Who asks must
// plan with the campaign. Before the answers are there, or while they are too
// few to hide in, it is the Conflict of package survey.
func (s *Service) PersonalTexts(ctx context.Context, who access.Actor, c Campaign) ([]survey.TextAnswer, error) {
	if err := Plans(ctx, who, c); err != nil {
		return nil, err
	}
	if c.Round == "" {
		return nil, nil
	}
	return s.Surveys.Texts(ctx, s.db, c.Round, "other")
}
