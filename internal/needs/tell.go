package needs

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
)

// TopicNeeds is what people are told of by this module, by the notification's
// settings.
const TopicNeeds = "needs"

// NotifyTopics are the kinds of news of this module, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicNeeds}} }

// What is told of a decision: that it was made, and what came of an order.
const (
	toldDecided = "decided"
	tellKind    = "needs.tell"
	tellAtOnce  = 200 // people in one transaction
)

type tellPayload struct {
	Decision DecisionID `json:"decision"`
	What     string     `json:"what"`
}

func (s *Service) needJobs(r *jobs.Registry) {
	jobs.On(r, tellKind, func(ctx context.Context, _ jobs.Job, p tellPayload) error { return s.tellBack(ctx, p) })
}

// tellLater has everybody who reported the need told, after the transaction.
func tellLater(ctx context.Context, tx *db.Tx, id DecisionID, what string) error {
	_, err := jobs.Enqueue(ctx, tx, tellKind, tellPayload{id, what}, jobs.Unique(string(id)+"/"+what))
	return err
}

// voice is one declaration that names a need.
type voice struct {
	Institution access.InstitutionID `db:"institution"`
	As          As                   `db:"as_what"`
	By          access.PersonID      `db:"by_person"`
}

// voices are all who reported a need. People are those who asked under their own
// name to be told; who answered the survey without that stays unknown here.
type voices struct {
	Said   []voice
	Run    []access.InstitutionID // run by an authority that spoke for all its schools
	People []access.PersonID
}

// first are the institutions whose people enroll first: those that named the
// need, those an adviser named it for, and those whose running authority did.
func (v voices) first() []access.InstitutionID {
	all := slices.Clone(v.Run)
	for _, one := range v.Said {
		if one.As != AsAuthority {
			all = append(all, one.Institution)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// speakers are the institutions whose office is told. What an adviser saw was
// not said by the institution: the adviser is told of it.
func (v voices) speakers() (all []access.InstitutionID) {
	for _, one := range v.Said {
		if one.As != AsAdviser {
			all = append(all, one.Institution)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// told are the people who are told: who sent a declaration, the office of each
// institution that named the need (holders), and who asked by name. Each once.
func (v voices) told(holders []access.PersonID) []access.PersonID {
	all := slices.Concat(holders, v.People)
	for _, one := range v.Said {
		all = append(all, one.By)
	}
	all = slices.DeleteFunc(all, func(id access.PersonID) bool { return id == "" })
	slices.Sort(all)
	return slices.Compact(all)
}

// tellTopics are the topics that count as the need's: its own, and those that
// the vocabulary reads as the same now.
func (s *Service) tellTopics(ctx context.Context, n Need) ([]string, error) {
	var named []string
	err := s.db.Select(ctx, &named, `select topic from needs_topics where campaign = ?
		union select `+rankTopic+` from needs_declarations d join needs_lines l on l.declaration = d.id where d.campaign = ?
		union select topic from needs_interest where campaign = ?`, n.Campaign, n.Campaign, n.Campaign)
	if err != nil {
		return nil, err
	}
	read, err := s.Topics.Resolve(ctx, append(named, n.Topic))
	if err != nil {
		return nil, err
	}
	here := cmp.Or(read[n.Topic], n.Topic)
	list := []string{n.Topic}
	for _, topic := range named {
		if topic != "" && topic != n.Topic && cmp.Or(read[topic], topic) == here {
			list = append(list, topic)
		}
	}
	return list, nil
}

// voices finds who reported a need.
func (s *Service) voices(ctx context.Context, n Need) (v voices, err error) {
	defer fault.Wrap(&err, "who reported need %s", n.ID)
	topics, err := s.tellTopics(ctx, n)
	if err != nil {
		return v, err
	}
	query, args, err := db.In(`select distinct d.institution, d.as_what, d.by_person from needs_declarations d join needs_lines l on l.declaration = d.id
		where d.campaign = ? and d.sent = ? and `+rankTopic+` in (?) order by d.institution`, n.Campaign, true, topics)
	if err != nil {
		return v, err
	}
	if err := s.db.Select(ctx, &v.Said, query, args...); err != nil {
		return v, err
	}
	for _, one := range v.Said {
		if one.As != AsAuthority {
			continue
		}
		var run []access.InstitutionID
		if err := s.db.Select(ctx, &run, `select institution from needs_asked where campaign = ? and runner = ?`, n.Campaign, one.Institution); err != nil {
			return v, err
		}
		v.Run = append(v.Run, run...)
	}
	if query, args, err = db.In(`select distinct person from needs_interest where campaign = ? and topic in (?)`, n.Campaign, topics); err != nil {
		return v, err
	}
	return v, s.db.Select(ctx, &v.People, query, args...)
}

// tellKey is what is told, by what was decided and what came of it.
func tellKey(d Decision, what string) string {
	if what == toldDecided {
		what = string(d.Kind)
	}
	return "needs.need.tell." + what
}

// tellBack tells everybody who reported a need what was decided about it. It may
// run again at any point: nobody is told twice.
func (s *Service) tellBack(ctx context.Context, p tellPayload) (err error) {
	defer fault.Wrap(&err, "tell of decision %s", p.Decision)
	d, err := decisionByID(ctx, s.db, p.Decision)
	if err != nil {
		return err
	}
	n, err := NeedByID(ctx, s.db, d.Need)
	if err != nil {
		return err
	}
	v, err := s.voices(ctx, n)
	if err != nil {
		return err
	}
	holders, err := s.People.Holders(ctx, access.DeclareNeeds, v.speakers()...)
	if err != nil {
		return err
	}
	names, err := s.Topics.Names(ctx, s.Catalog.In(i18n.PL), []string{n.Topic})
	if err != nil {
		return err
	}
	people := v.told(holders)
	m := notify.Message{Topic: TopicNeeds, Key: tellKey(d, p.What), Args: map[string]string{"topic": names[n.Topic], "title": d.Title},
		Link: NeedHref(n.ID), Once: "need/" + string(d.ID) + "/" + p.What}
	for some := range slices.Chunk(people, tellAtOnce) {
		if err := s.tellAll(ctx, some, m); err != nil {
			return err
		}
	}
	at := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into needs_tellings (decision, what, people, at) values (?, ?, ?, ?) on conflict (decision, what) do nothing`,
			d.ID, p.What, len(people), at)
		return err
	})
}

// tellAll tells people the same in one transaction.
func (s *Service) tellAll(ctx context.Context, people []access.PersonID, m notify.Message) error {
	if s.Tell == nil {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, id := range people {
			m.To = string(id)
			if err := s.Tell(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}
