package stage

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/platform/db"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit/browser"
)

// ask furnishes the pages of needs: most of it every demo has.
func (h House) ask(ctx context.Context, site *browser.Site) error {
	for name, query := range map[string]struct{ before, query string }{
		"campaign-last":   {needs.CampaignPath + "/", `select id from needs_campaigns where state = 'ranked'`},
		"campaign-now":    {needs.CampaignPath + "/", `select id from needs_campaigns where state = 'open'`},
		"round-last":      {survey.Path(""), `select round from needs_campaigns where state = 'ranked'`},
		"round-now":       {survey.Path(""), `select round from needs_campaigns where state = 'open'`},
		"need-taught":     {needs.NeedPath + "/", `select need from needs_decisions where kind = 'training' order by at limit 1`},
		"need-network":    {needs.NeedPath + "/", `select need from needs_decisions where kind = 'network'`},
		"need-declined":   {needs.NeedPath + "/", `select need from needs_decisions where kind = 'declined'`},
		"need-open":       {needs.NeedPath + "/", `select min(n.id) from needs_needs n where not exists (select 1 from needs_decisions d where d.need = n.id)`},
		"matter":          {"/sprawa/", `select trace from training_trainings where id = (select target from needs_decisions where kind = 'training' order by at limit 1)`},
		"order":           {needs.OrdersPath + "/", `select id from needs_orders where state = 'planned'`},
		"support":         {support.Path + "/", `select min(id) from needs_support_processes`},
		"evaluation-done": {evaluation.LeadPath + "/szkolenie/", `select target from needs_decisions where kind = 'training' order by at limit 1`},
	} {
		id, err := h.one(ctx, query.query)
		if err != nil {
			return fmt.Errorf("the demo has no %s: %w", name, err)
		}
		site.Paths[name] = query.before + id
	}
	asked, err := h.one(ctx, `select r.id from survey_rounds r join survey_invited i on i.round = r.id where r.owner = 'evaluation' and r.state = 'open' and i.person = ?`,
		site.People["teacher"])
	if err != nil {
		return fmt.Errorf("nothing asks the teacher: %w", err)
	}
	site.Paths["evaluation-asks"], site.Paths["evaluation-now"] = survey.Path(survey.RoundID(asked)), evaluation.LeadPath+"/szkolenie/"+idOf(site, "certified")
	for _, furnish := range []func(context.Context, *browser.Site) error{h.campaigns, h.rounds, h.supports} {
		if err := furnish(ctx, site); err != nil {
			return err
		}
	}
	return nil
}

// campaigns finds the pages below a campaign, and leaves a draft whose key is to be made.
func (h House) campaigns(ctx context.Context, site *browser.Site) error {
	planner, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	last, err := needs.CampaignByID(ctx, h.DB(), needs.CampaignID(site.Paths["campaign-last"][len(needs.CampaignPath)+1:]))
	if err != nil {
		return err
	}
	topic, err := h.one(ctx, `select min(topic) from needs_topics where campaign = ?`, last.ID)
	if err != nil {
		return err
	}
	id, err := h.Needs().CreateCampaign(ctx, planner, needs.Settings{Title: "Szkic: pytanie o rok następny", SchoolYear: last.SchoolYear + 2, Owner: last.Owner, Center: last.Center,
		People: true, Mode: survey.Anonymous, ClosesOn: time.Now().AddDate(0, 1, 0).Format(time.DateOnly), Weights: [3]int{1, 2, 3}, Topics: []string{topic}})
	if err != nil {
		return err
	}
	round, err := h.Needs().Prepare(ctx, planner, id)
	if err != nil {
		return err
	}
	site.Paths["campaign-draft"], site.Paths["round-draft"] = needs.CampaignHref(id), survey.Path(round)
	head, err := h.as(ctx, site, access.SchoolHead)
	if err != nil {
		return err
	}
	own := "?" + url.Values{"placowka": {string(placeOf(head, access.SchoolHead))}, "jako": {string(needs.AsSchool)}}.Encode()
	site.Paths["campaign-declare"], site.Paths["campaign-print"] = site.Paths["campaign-now"]+"/zgloszenie"+own, site.Paths["campaign-now"]+"/zgloszenie/druk"+own+"&pusty=tak"
	for of, tails := range map[string][]string{"last": {"lista", "mapa", "glosy", "postep", "wlasnymi-slowami", "koniec"}, "now": {"lista", "mapa", "glosy", "postep", "wlasnymi-slowami", "koniec", "zgloszenie", "wizyta", "powiadom"},
		"draft": {"ustawienia", "koniec"}} {
		for _, tail := range tails {
			site.Paths["campaign-"+of+"-"+tail] = site.Paths["campaign-"+of] + "/" + tail
		}
	}
	for _, need := range []string{"taught", "network", "declined", "open"} {
		site.Paths["need-"+need+"-trace"], site.Paths["need-"+need+"-decide"] = site.Paths["need-"+need]+"/slad", site.Paths["need-"+need]+"/decyzja"
	}
	site.Paths["first-draft"] = site.Paths["offer-draft"] + "/pierwszenstwo"
	site.Paths["order-end"] = site.Paths["order"] + "/koniec"
	site.Paths["needs-year"] = fmt.Sprintf("%s/%d", needs.Path, last.SchoolYear)
	return nil
}

// rounds finds the pages below a round, gives out a link, and leaves one round
// that waits for its officers.
func (h House) rounds(ctx context.Context, site *browser.Site) error {
	head, err := h.as(ctx, site, access.SchoolHead)
	if err != nil {
		return err
	}
	unit, round := string(placeOf(head, access.SchoolHead)), survey.RoundID(site.Paths["round-now"][len(survey.Path("")):])
	if err := h.Surveys().SetSeats(ctx, head.By(), round, unit, 12, false); err != nil {
		return err
	}
	l, err := h.Surveys().LinkOf(ctx, h.DB(), round, unit)
	if err != nil {
		return err
	}
	site.Paths["link"], site.Paths["link-thanks"] = l.Path, l.Path+"/dziekujemy"
	deputy := access.PersonID(site.People["deputy_head"])
	if _, err := h.Surveys().MarkPaper(ctx, head.By(), round, unit, []string{string(deputy)}); err != nil {
		return err
	}
	for _, of := range []string{"round-now", "round-draft", "round-last"} {
		for name, tail := range map[string]string{"thanks": "/dziekujemy", "print": "/druk", "papers": "/papier", "run": "/przebieg", "key": "/klucz", "opening": "/otwarcie", "results": "/wyniki"} {
			site.Paths[of+"-"+name] = site.Paths[of] + tail
		}
	}
	site.Paths["round-now-paper"], site.Paths["round-now-typing"] = site.Paths["round-now"]+"/papier/"+unit, site.Paths["round-now"]+"/papier/"+unit+"/formularz"
	return h.closed(ctx, site, round)
}

// closed makes an anonymous round like one that is there, closed and unread.
func (h House) closed(ctx context.Context, site *browser.Site, like survey.RoundID) error {
	planner, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	s, by := h.Surveys(), planner.By()
	rd, err := s.RoundByID(ctx, h.DB(), like)
	if err != nil {
		return err
	}
	var invited []survey.Invited
	for n := range survey.LeastInvited {
		invited = append(invited, survey.Invited{Person: fmt.Sprintf("nobody-%d", n), Unit: "unit"})
	}
	if err := h.DB().Write(ctx, func(tx *db.Tx) (err error) {
		if rd.ID, err = s.Create(ctx, tx, by, survey.Round{Owner: rd.Owner, Object: rd.Object, Definition: rd.Definition, Mode: survey.Anonymous, OpensAt: rd.OpensAt, ClosesAt: rd.ClosesAt}); err != nil {
			return err
		}
		return s.Invite(ctx, tx, rd.ID, invited)
	}); err != nil {
		return err
	}
	officers := []string{string(planner.Person), site.People["center_director"]}
	shares, err := s.MakeKey(ctx, by, rd.ID, officers, false)
	if err != nil {
		return err
	}
	for n, person := range officers {
		own := by
		own.Person = person
		if err := s.ConfirmShare(ctx, own, rd.ID, shares[n].Text(), false); err != nil {
			return err
		}
	}
	forget(shares)
	if err := s.Open(ctx, by, rd.ID); err != nil {
		return err
	}
	site.Paths["round-closed"] = survey.Path(rd.ID)
	site.Paths["round-closed-opening"] = site.Paths["round-closed"] + "/otwarcie"
	if err := s.Close(ctx, by, rd.ID); err != nil {
		return err
	}
	return h.DB().Write(ctx, func(tx *db.Tx) error {
		_, err := s.SaveDefinition(ctx, tx, by, survey.Ready()[0])
		return err
	})
}

func forget(shares []seal.Share) {
	for _, s := range shares {
		s.Forget()
	}
}

// supports finds the pages below a supported school.
func (h House) supports(ctx context.Context, site *browser.Site) error {
	id := site.Paths["support"][len(support.Path)+1:]
	officer, err := h.as(ctx, site, access.CenterOfficer)
	if err != nil {
		return err
	}
	w, err := h.Support().Find(ctx, officer, id)
	if err != nil || len(w.Needs) == 0 || len(w.Forms) < 2 {
		return cmp.Or(err, fmt.Errorf("the support %s has %d needs and %d forms", id, len(w.Needs), len(w.Forms)))
	}
	for name, tail := range map[string]string{"plan": "/plan", "forms": "/formy", "effects": "/efekty", "print": "/plan/druk", "new-form": "/formy/nowa",
		"need": "/potrzeby/" + w.Needs[0].ID, "form": "/formy/" + w.Forms[1].ID, "form-held": "/formy/" + w.Forms[0].ID} {
		site.Paths["support-"+name] = site.Paths["support"] + tail
	}
	// Another center's school has begun with the diagnosis alone.
	var other string
	if err := h.DB().Get(ctx, &other, `select min(id) from directory_institutions where kind = 'counseling_center' and closed = ?`, false); err != nil || other == "" {
		return nil // none to begin with
	}
	fresh, err := h.Support().Begin(ctx, officer, support.Beginning{School: access.InstitutionID(other), Center: w.Center, Year: directory.SchoolYear(time.Now())})
	site.Paths["support-fresh"] = support.Href(fresh)
	return err
}
