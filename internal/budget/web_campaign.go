package budget

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

func (s *Service) campaignRoutes(sh *web.Shell) {
	one, once := ProjectPath+"/{project}/kampania", web.Idempotent()
	sh.Handle("GET "+one, web.Public, s.getCampaign)
	sh.Handle("GET "+one+"/plakat.pdf", web.Public, s.getPoster)
	sh.Handle("POST "+one, access.SignedIn, s.onCampaign("campaign", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.SaveCampaign(ctx, who, id, r.Value("haslo"), r.Value("tekst"))
	}), once)
	sh.Handle("POST "+one+"/zdjecie", access.SignedIn, s.postCampaignPicture, PictureFiles().Room())
	sh.Handle("POST "+one+"/zdjecie/usun", access.SignedIn, s.onCampaign("picture_gone", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		if err := known(r.Value("plik")); err != nil {
			return err
		}
		return s.DropCampaignPicture(ctx, who, id, files.ID(r.Value("plik")))
	}))
	sh.Handle("POST "+one+"/zdejmij", runsGuard(), s.onCampaign("campaign_down", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.TakeDown(ctx, who, id, r.Value("powod"))
	}))
}

func (s *Service) onCampaign(notice string, do deed) web.Handler {
	return s.onPage(notice, "/kampania", do, s.showCampaign)
}

// campaignPage is what a proposer says for a project.
type campaignPage struct {
	partView
	Says         Campaign
	Pictures     []pictureLine
	Facts        []web.Fact
	Slogan, Text string // as they stand in the form
	Writes       bool   // the reader writes it now
	More         bool   // and can add a picture
	TakeDown     bool
	Accept       string
}

func (s *Service) getCampaign(w http.ResponseWriter, r *web.Request) error {
	return s.showCampaign(w, r, nil)
}

func (s *Service) showCampaign(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	part, err := s.partPage(w, r, "campaign", refusal)
	if err != nil {
		return err
	}
	p, e := part.Of, part.Edition
	if !HasCampaign(p) {
		return fault.ErrNotFound
	}
	v := campaignPage{partView: part, Facts: posterFacts(l, p, e), Accept: PictureFiles().Accept()}
	v.NoIndex = e.Kind == School
	if v.Says, err = CampaignOf(ctx, s.db, p.ID); err != nil {
		return err
	}
	pictures, err := PicturesOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	v.Pictures = pictureLines(p.ID, pictures, "")
	v.Slogan, v.Text = v.Says.Slogan, v.Says.Words
	if refusal != nil {
		v.Slogan, v.Text = r.Value("haslo"), r.Value("tekst")
	}
	v.Writes = v.Says.DownWhy == "" && p.Mine(who) && Campaigning(p, e, s.now()) == nil
	v.More = len(v.Pictures) < mostPictures
	v.TakeDown = v.Says.ChangedAt != 0 && v.Says.DownWhy == "" && s.Runs(ctx, who, e) == nil
	return r.RenderStatus(w, statusOf(refusal), campaignView(v))
}

// posterFacts are what stands on the page and on the poster of every project.
func posterFacts(l *i18n.L, p Project, e Edition) []web.Fact {
	pool, _ := e.Pool(p.Pool)
	facts := []web.Fact{{Name: l.T("budget.project.fact.number"), Value: strconv.Itoa(p.Number)}, {Name: l.T("budget.project.fact.pool"), Value: pool.Name},
		{Name: l.T("budget.project.fact.place"), Value: p.Place}, {Name: l.T("budget.project.fact.cost"), Value: Money(l, p.Cost)}}
	if c := e.Rules.Calendar; c.VoteFrom > 0 {
		facts = append(facts, web.Fact{Name: l.T("budget.campaign.vote"), Value: l.T("budget.span", "from", moment(l, c.VoteFrom), "to", EndWords(l, c.VoteTo))})
	}
	return facts
}

func (s *Service) postCampaignPicture(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project"))
	if _, _, err := s.campaigns(ctx, who, id); err != nil {
		return err
	}
	f, err := s.Files.Receive(r, who.By(), PictureUse, "zdjecie")
	if err == nil {
		err = s.AddCampaignPicture(ctx, who, id, f.File.ID, f.Values.Get("opis_zdjecia"))
	}
	if invalid(err) {
		return s.showCampaign(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "picture", CampaignHref(id))
}

// getPoster sends the poster of a project: one layout for all, with a code that
// leads to the campaign page.
func (s *Service) getPoster(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	p, e, err := s.SeesProject(ctx, access.ActorOf(r.Request), ProjectID(r.PathValue("project")))
	if err != nil {
		return err
	}
	if !HasCampaign(p) {
		return fault.ErrNotFound
	}
	says, err := CampaignOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	meta := pdf.Meta{Title: p.Title, Author: e.Title, Lang: string(l.Lang), At: s.now()}
	if err := pdf.Form(&file, meta, false, "", posterOf(p, e, says, posterFacts(l, p, e), s.Base+CampaignHref(p.ID))); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="plakat-`+strconv.Itoa(p.Number)+`.pdf"`)
	_, err = w.Write(file.Bytes())
	return err
}

// posterOf lays a poster out on a page of A4, in millimeters.
func posterOf(p Project, e Edition, says Campaign, facts []web.Fact, address string) []pdf.Placed {
	const left, wide, code = 20, 170, 55
	placed := []pdf.Placed{{X: left, Y: 30, Width: wide, Size: 18, Text: e.Title}, {X: left, Y: 58, Width: wide, Size: 36, Text: p.Title}}
	if says.Slogan != "" {
		placed = append(placed, pdf.Placed{X: left, Y: 165, Width: wide, Size: 20, Text: says.Slogan})
	}
	placed = append(placed, pdf.Placed{X: left, Y: 218, Size: code, Text: address, Code: true})
	for n, f := range facts {
		placed = append(placed, pdf.Placed{X: left + code + 8, Y: 222 + 11*float64(n), Width: wide - code - 8, Size: 12, Text: f.Name + ": " + f.Value})
	}
	return append(placed, pdf.Placed{X: left, Y: 281, Width: wide, Size: 9, Text: address})
}
