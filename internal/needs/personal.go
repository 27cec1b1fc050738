package needs

import (
	"context"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// RoundOwner is the kind under which this module owns rounds of package survey.
const RoundOwner = "needs"

// Owner answers for the rounds of campaigns, to be declared to package survey
// in wiring under the kind RoundOwner.
func (s *Service) Owner() survey.Owner { return personalOwner{s} }

type personalOwner struct{ s *Service }

// Runs is whoever runs the campaign: closing and dropping go through its pages,
// the key through those of the round.
func (o personalOwner) Runs(ctx context.Context, r *web.Request, rd survey.Round) error {
	_, err := o.s.campaignRun(ctx, access.ActorOf(r.Request), CampaignID(rd.Object))
	return err
}

// Sees is everybody: releases are public.
func (o personalOwner) Sees(context.Context, *web.Request, survey.Round) error { return nil }

// Eligible lets somebody answer who came to an institution after the opening.
func (o personalOwner) Eligible(ctx context.Context, r *web.Request, rd survey.Round) (string, error) {
	who := access.ActorOf(r.Request)
	if err := who.Must(access.AnswerNeeds); err != nil {
		return "", err
	}
	var held []access.InstitutionID
	for _, h := range who.Roles {
		if h.Role.Gives(access.AnswerNeeds) && !h.Role.Everywhere() {
			held = append(held, h.Institution)
		}
	}
	unit, err := o.s.personalUnit(ctx, CampaignID(rd.Object), held)
	if err == nil && unit == "" {
		err = fault.New(fault.Forbidden, "needs.answer.fault.not_asked")
	}
	return string(unit), err
}

// personalUnit is the asked institution for which somebody answers who works at
// some: itself, or the head unit of a part; the first by name of several.
func (s *Service) personalUnit(ctx context.Context, id CampaignID, held []access.InstitutionID) (access.InstitutionID, error) {
	for _, at := range slices.Clone(held) {
		i, err := directory.ByID(ctx, s.db, at)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return "", err
		}
		held = append(held, i.HeadUnit)
	}
	list, err := askedAmong(ctx, s.db, id, held)
	for _, a := range list {
		if campaignTeaches(a) {
			return a.Institution, err
		}
	}
	return "", err
}

// askedAmong are those of the institutions that a campaign asks, by name.
func askedAmong(ctx context.Context, r db.Reader, id CampaignID, held []access.InstitutionID) (list []Asked, err error) {
	held = slices.DeleteFunc(slices.Clone(held), func(at access.InstitutionID) bool { return at == "" })
	slices.Sort(held)
	held = slices.Compact(held)
	if len(held) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select campaign, institution, kind, by_seat, by_running, runner, roster from needs_asked
		where campaign = ? and institution in (?) order by sort_key, institution`, id, held[:min(len(held), db.MaxParams-1)])
	if err != nil {
		return nil, err
	}
	return list, r.Select(ctx, &list, query, args...)
}

// PaperAt are the asked institutions where the actor keeps the roll.
func (o personalOwner) PaperAt(ctx context.Context, r *web.Request, rd survey.Round) (units []string, err error) {
	who := access.ActorOf(r.Request)
	var heads []access.InstitutionID
	for _, h := range who.Roles {
		if h.Role.Gives(access.EnterPapers) && !h.Role.Everywhere() {
			heads = append(heads, h.Institution)
		}
	}
	led, err := o.s.Directory.Led(ctx, heads)
	if err != nil {
		return nil, err
	}
	list, err := askedAmong(ctx, o.s.db, CampaignID(rd.Object), led)
	for _, a := range list {
		if campaignTeaches(a) {
			units = append(units, string(a.Institution))
		}
	}
	return units, err
}

// Page is the page of the campaign.
func (o personalOwner) Page(l *i18n.L, rd survey.Round) web.Link {
	return web.Link{Text: l.T("needs.campaign.one"), Href: CampaignHref(CampaignID(rd.Object))}
}

// About is the campaign, by its title.
func (o personalOwner) About(ctx context.Context, l *i18n.L, rd survey.Round) (web.Link, error) {
	c, err := CampaignByID(ctx, o.s.db, CampaignID(rd.Object))
	return web.Link{Text: c.Title, Href: CampaignHref(c.ID)}, err
}

// Next tells of the offer to be told, which stands apart from the answers.
func (o personalOwner) Next(ctx context.Context, l *i18n.L, rd survey.Round, person string) (web.Step, error) {
	c, err := CampaignByID(ctx, o.s.db, CampaignID(rd.Object))
	if err != nil {
		return web.Step{}, err
	}
	step := web.Step{What: l.T("needs.answer.next.results"), Who: l.T("needs.answer.next.those_who_run"), When: l.Date(campaignLastDay(c.ClosesAt).AddDate(0, 0, 1))}
	if person != "" {
		step.What, step.Href, step.Who = l.T("needs.answer.next.interest"), interestPath(c.ID), ""
		step.When = ""
	}
	return step, nil
}

// Opened asks for the ranking: the answers are there.
func (o personalOwner) Opened(ctx context.Context, tx *db.Tx, rd survey.Round) error {
	return o.s.rankLater(ctx, tx, CampaignID(rd.Object))
}

// personalAnyForm is the answer of somebody who has no favorite form. The question
// must be answered, so that its release counts everybody who answered: how many
// left a question out would be a number of its own, about few people.
const personalAnyForm = "any"

// personalForms and personalTimes are the options of two questions.
var (
	personalForms = []string{"workshop", "course", "online", "network", "consultation", "lesson", personalAnyForm}
	personalTimes = []string{"morning", "afternoon", "evening", "saturday", "holidays"}
)

const personalOther = 300 // letters of own words

// PersonalCode is the code of the questionnaire of a campaign.
func PersonalCode(id CampaignID) string { return "_needs_" + publishOption(string(id)) }

// personalDefinition is what people are asked about themselves: up to five
// topics of the campaign in their order, one form, several times of day, and
// own words. The zero definition where people are not asked.
func (s *Service) personalDefinition(ctx context.Context, id CampaignID, set Settings) (d survey.Definition, err error) {
	defer fault.Wrap(&err, "questions of campaign %s", id)
	if !set.People {
		return d, nil
	}
	names := map[i18n.Lang]map[string]string{}
	for _, lang := range i18n.Langs {
		if names[lang], err = s.Topics.Names(ctx, s.Catalog.In(lang), set.Topics); err != nil {
			return d, err
		}
	}
	topics := survey.Question{ID: "topics", Kind: survey.Ranking, Title: s.personalText("topics"), Help: s.personalText("topics_help"), Most: publishMostTopics}
	for _, topic := range set.Topics {
		text := survey.Text{}
		for _, lang := range i18n.Langs {
			text[lang] = strings.TrimSpace(names[lang][topic])
		}
		if text[i18n.PL] != "" {
			topics.Options = append(topics.Options, survey.Option{ID: publishOption(topic), Text: text})
		}
	}
	topics.Most = min(topics.Most, len(topics.Options))
	return survey.Definition{Code: PersonalCode(id), Title: s.personalText("title"), Intro: s.personalText("intro"), Thanks: s.personalText("thanks"),
		Sections: []survey.Section{{ID: "needs", Title: s.personalText("section"), Questions: []survey.Question{topics,
			{ID: "form", Kind: survey.Single, Required: true, Title: s.personalText("form"), Options: s.personalOptions("form", personalForms)},
			{ID: "when", Kind: survey.Multiple, Title: s.personalText("when"), Options: s.personalOptions("when", personalTimes)},
			{ID: "other", Kind: survey.FreeText, Title: s.personalText("other"), Help: s.personalText("other_help"), Most: personalOther}}}}}, nil
}

func (s *Service) personalText(key string) survey.Text {
	text := survey.Text{}
	for _, lang := range i18n.Langs {
		text[lang] = s.Catalog.In(lang).T("needs.answer.ask." + key)
	}
	return text
}

func (s *Service) personalOptions(question string, ids []string) (list []survey.Option) {
	for _, id := range ids {
		list = append(list, survey.Option{ID: id, Text: s.personalText(question + "_" + id)})
	}
	return list
}

// Interest are the topics of a campaign about which the person asked to be told.
func (s *Service) Interest(ctx context.Context, who access.Actor, id CampaignID) (topics []string, err error) {
	defer fault.Wrap(&err, "interest in campaign %s", id)
	if _, _, err := s.interestMay(ctx, who, id); err != nil {
		return nil, err
	}
	return topics, s.db.Select(ctx, &topics, `select topic from needs_interest where campaign = ? and person = ? order by topic`, id, who.Person)
}

// interestMay tells who may ask to be told: whoever is asked about themselves.
// It is done in person, and not at a computer that others use next.
func (s *Service) interestMay(ctx context.Context, who access.Actor, id CampaignID) (c Campaign, unit access.InstitutionID, err error) {
	if c, err = CampaignByID(ctx, s.db, id); err != nil {
		return c, "", err
	}
	switch {
	case c.State == Draft || c.State == Dropped:
		return c, "", fault.ErrNotFound
	case who.Shared || who.For != "":
		return c, "", fault.New(fault.Forbidden, "needs.answer.fault.in_person")
	}
	if err := who.Must(access.AnswerNeeds); err != nil {
		return c, "", err
	}
	var held []access.InstitutionID
	for _, h := range who.Roles {
		if h.Role.Gives(access.AnswerNeeds) {
			held = append(held, h.Institution)
		}
	}
	if unit, err = s.personalUnit(ctx, id, held); err == nil && unit == "" {
		err = fault.New(fault.Forbidden, "needs.answer.fault.not_asked")
	}
	return c, unit, err
}

// SetInterest says about which topics of a campaign the person wants to be told,
// by name; none takes it back. It is kept apart from the answers, and somebody
// may ask about a topic without having named it.
func (s *Service) SetInterest(ctx context.Context, who access.Actor, id CampaignID, topics []string) (err error) {
	defer fault.Wrap(&err, "interest in campaign %s", id)
	_, unit, err := s.interestMay(ctx, who, id)
	if err != nil {
		return err
	}
	offered, err := campaignTopicIDs(ctx, s.db, id)
	if err != nil {
		return err
	}
	slices.Sort(topics)
	topics = slices.Compact(topics)
	for _, t := range topics {
		if !slices.Contains(offered, t) {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from needs_interest where campaign = ? and person = ?`, id, who.Person); err != nil {
			return err
		}
		for _, t := range topics {
			if _, err := tx.Exec(ctx, `insert into needs_interest (campaign, person, topic, institution) values (?, ?, ?, ?)`, id, who.Person, t, unit); err != nil {
				return err
			}
		}
		return nil
	})
}

// personalOpen is the round that is open to the actor and that they have not
// answered: "" for none.
func (s *Service) personalOpen(ctx context.Context, who access.Actor, c Campaign, now time.Time) (open, answered bool, err error) {
	if c.Round == "" || c.State != Open || !who.SignedIn() || !who.May(access.AnswerNeeds) {
		return false, false, nil
	}
	asked, answered, err := survey.HasAnswered(ctx, s.db, c.Round, string(who.Person))
	if err != nil || !asked {
		return false, false, err
	}
	return now.Unix() < c.ClosesAt, answered, nil
}
