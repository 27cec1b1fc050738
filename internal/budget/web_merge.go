package budget

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) mergeRoutes(sh *web.Shell) {
	one, once := ProjectPath+"/{project}/polaczenie", web.Idempotent()
	sh.Handle("GET "+one, access.SignedIn, s.getMerge)
	sh.Handle("POST "+one, access.SignedIn, s.onPage("merge_offered", "/polaczenie", s.offerTyped, s.showMerge), once)
	sh.Handle("POST "+one+"/odpowiedz", access.SignedIn, s.onPage("merge_answered", "/polaczenie", s.answerTyped, s.showMerge), once)
}

func (s *Service) offerTyped(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
	return s.OfferMerge(ctx, who, id, MergeOffer{Number: typedNumber(r.Value("numer")), Stays: r.Value("kto") == "ten", Items: r.Value("koszty") != "", Words: r.Value("wiadomosc")})
}

// answerTyped answers the offer of the form, or takes it back.
func (s *Service) answerTyped(ctx context.Context, who access.Actor, _ ProjectID, r *web.Request) error {
	switch offer := r.Value("propozycja"); r.Value("odpowiedz") {
	case "tak":
		return s.AnswerMerge(ctx, who, offer, true)
	case "nie":
		return s.AnswerMerge(ctx, who, offer, false)
	case "cofam":
		return s.TakeBackMerge(ctx, who, offer)
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

// mergePage is where two proposers agree on one project.
type mergePage struct {
	partView
	Offers []mergeLine
	Offer  bool // the reader can offer now
	Until  string
	Sides  []web.Choice
}

type mergeLine struct {
	ID, Other, Href, Sense, Words, When, State string
	Waits, Answers, TakesBack                  bool
}

func (s *Service) getMerge(w http.ResponseWriter, r *web.Request) error {
	return s.showMerge(w, r, nil)
}

// showMerge is for the proposer, and for those who run the edition to read.
func (s *Service) showMerge(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	part, err := s.partPage(w, r, "merge", refusal)
	if err != nil {
		return err
	}
	p, e, mine := part.Of, part.Edition, part.Of.Mine(who)
	if !mine && s.Runs(ctx, who, e) != nil {
		return fault.New(fault.Forbidden, "budget.fault.not_yours")
	}
	v := mergePage{partView: part, Until: dayText(l, e.Rules.Calendar.WithdrawTo),
		Sides: []web.Choice{{Value: "tamten", Label: l.T("budget.merge.side_other")}, {Value: "ten", Label: l.T("budget.merge.side_this")}}}
	v.Offer = mine && MayMove(p.State, ProjectMerged, ByProposer) && Cutoff(e, s.now()) == nil
	list, err := MergesOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		of, err := ProjectByID(ctx, s.db, m.otherThan(p.ID))
		if err != nil {
			return err
		}
		waits := m.Answer == MergeWaiting
		v.Offers = append(v.Offers, mergeLine{ID: m.ID, Other: of.Title, Href: ProjectHref(of.ID), Sense: l.T("budget.merge.sense_" + m.sense(p.ID)), Words: m.Words,
			When: moment(l, m.OfferedAt), State: l.T("budget.merge.answer_" + m.state()), Waits: waits,
			Answers: waits && mine && m.asked() == p.ID, TakesBack: waits && mine && m.For == p.ID})
	}
	return r.RenderStatus(w, statusOf(refusal), mergeView(v))
}

func (m Merge) otherThan(id ProjectID) ProjectID {
	if m.Into == id {
		return m.Project
	}
	return m.Into
}

// sense says for one of the two whether it goes or stays, and with whose costs.
func (m Merge) sense(id ProjectID) string {
	word := "goes"
	if m.Into == id {
		word = "stays"
	}
	if m.Items {
		word += "_items"
	}
	return word
}

func (m Merge) state() string {
	if m.Answer == MergeWaiting {
		return "waiting"
	}
	return m.Answer
}
