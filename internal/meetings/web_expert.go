package meetings

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) expertRoutes(sh *web.Shell) {
	one := Path + "/{id}/program"
	sh.Handle("GET "+one, access.SignedIn, s.getProgram)
	sh.Handle("POST "+one+"/zapros", runsGuard(), s.postAsk, web.Idempotent())
	sh.Handle("POST "+one+"/uwaga", access.SignedIn, s.postRemark, web.Idempotent())
	sh.Handle("POST "+one+"/opinia", access.SignedIn, s.postOpinion, web.Idempotent())
	sh.Handle("POST "+one+"/odpowiedz", runsGuard(), s.postAnswerRemark, web.Idempotent())
}

// programPage is the draft of a program with what experts say about it. Those
// who run the meeting read all of it, an expert the own words.
type programPage struct {
	web.Page
	Of      Meeting
	Tabs    []web.Link
	Lines   []programLine
	Experts []expertLine
	Own     *expertLine // the reader as an expert
	Runs    bool
	Open    bool // remarks are taken
	Until   string
	People  []web.Choice
	Homes   []web.Choice
	V       func(name string) string
}

type programLine struct {
	agendaLine
	Remarks []remarkLine
}

type remarkLine struct{ ID, By, Words, Answer string }

type expertLine struct {
	Expert
	Who, Where, Hours string
	Types             bool // those who run the meeting type for this one
}

func (s *Service) getProgram(w http.ResponseWriter, r *web.Request) error {
	return s.showProgram(w, r, http.StatusOK, nil)
}

func (s *Service) showProgram(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := MeetingByID(ctx, s.db, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	own, err := s.expertFor(ctx, who, m, "")
	runs := Runs(who, m.Kind, m.Owner) == nil
	if err != nil && (!runs || fault.KindOf(err) != fault.NotFound) {
		return err
	}
	p := programPage{Page: s.frame(w, r, m, l.T("meetings.program")).WithErrors(refusal), Of: m, Tabs: Tabs(l, who, m, "/program"), Runs: runs,
		Open: m.State != Canceled && s.now().Unix() < m.ExpertsUntil, V: func(string) string { return "" }}
	if refusal != nil {
		p.V = r.Value
	}
	if m.ExpertsUntil > 0 {
		p.Until = until(l, m.ExpertsUntil)
	}
	if p.Experts, err = s.expertLines(ctx, r, m.ID); err != nil {
		return err
	}
	if p.Lines, err = s.programLines(ctx, r, m, own.ID, runs, p.Experts); err != nil {
		return err
	}
	for n, e := range p.Experts {
		if own.ID != "" && e.ID == own.ID {
			p.Own = &p.Experts[n]
		}
	}
	if !runs {
		p.Experts = nil
	} else if err := s.programChoices(ctx, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, programView(p))
}

func (s *Service) expertLines(ctx context.Context, r *web.Request, id MeetingID) (lines []expertLine, err error) {
	var list []Expert
	if err := s.db.Select(ctx, &list, `select `+ExpertColumns+` from meetings_experts e where e.meeting = ? order by e.id`, id); err != nil {
		return nil, err
	}
	var people []string
	var at []access.InstitutionID
	for _, e := range list {
		people, at = append(people, string(e.Person)), append(at, e.Institution)
	}
	names, err := s.People.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	places, err := s.Directory.Names(ctx, at)
	for _, e := range list {
		line := expertLine{Expert: e, Who: joined("", names[string(e.Person)], e.Name), Where: joined(", ", places[e.Institution], e.From), Types: e.Person == ""}
		if e.Minutes > 0 {
			line.Hours = r.L.N("meetings.minutes", e.Minutes)
		}
		lines = append(lines, line)
	}
	return lines, err
}

// programLines are the items with remarks: all for those who run the meeting,
// an expert's own otherwise.
func (s *Service) programLines(ctx context.Context, r *web.Request, m Meeting, own ExpertID, all bool, experts []expertLine) (lines []programLine, err error) {
	items, _, err := s.agendaOf(ctx, r.L, m)
	if err != nil {
		return nil, err
	}
	if !all {
		items = ownAgenda(items)
	}
	var remarks []struct {
		ID     string   `db:"id"`
		Expert ExpertID `db:"expert"`
		Item   ItemID   `db:"item"`
		Words  string   `db:"words"`
		Answer string   `db:"answer"`
	}
	if err := s.db.Select(ctx, &remarks, `select id, expert, item, words, answer from meetings_remarks where meeting = ? order by at, id`, m.ID); err != nil {
		return nil, err
	}
	for _, i := range items {
		line := programLine{agendaLine: i}
		for _, x := range remarks {
			if x.Item != i.ID || !all && x.Expert != own {
				continue
			}
			one := remarkLine{ID: x.ID, Words: x.Words, Answer: x.Answer}
			for _, e := range experts {
				if e.ID == x.Expert {
					one.By = e.Who
				}
			}
			line.Remarks = append(line.Remarks, one)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// programChoices are whom a program can be opened to.
func (s *Service) programChoices(ctx context.Context, p *programPage) (err error) {
	if p.Homes, err = s.homes(ctx); err != nil {
		return err
	}
	var ids []string
	for _, home := range p.Homes {
		some, err := s.People.Holders(ctx, access.JoinMeetings, access.InstitutionID(home.Value))
		if err != nil {
			return err
		}
		for _, id := range some {
			ids = append(ids, string(id))
		}
	}
	p.People, err = s.choosePeople(ctx, ids)
	return err
}

// onProgram does a deed with a program and goes back to its page.
func (s *Service) onProgram(w http.ResponseWriter, r *web.Request, notice string, do func(ctx context.Context, who access.Actor, id MeetingID) error) error {
	id := MeetingID(r.PathValue("id"))
	err := do(r.Context(), access.ActorOf(r.Request), id)
	if invalid(err) {
		return s.showProgram(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, ProgramHref(id))
}

func (s *Service) postAsk(w http.ResponseWriter, r *web.Request) error {
	return s.onProgram(w, r, "expert", func(ctx context.Context, who access.Actor, id MeetingID) error {
		_, err := s.AskExpert(ctx, who, id, Asked{Person: access.PersonID(r.Value("osoba")), Name: r.Value("nazwisko"), Institution: access.InstitutionID(r.Value("instytucja")),
			From: r.Value("skad"), Until: r.Value("termin")})
		return err
	})
}

func (s *Service) postRemark(w http.ResponseWriter, r *web.Request) error {
	return s.onProgram(w, r, "remark", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Remark(ctx, who, id, ExpertID(r.Value("ekspert")), ItemID(r.Value("punkt")), r.Value("uwaga"))
	})
}

func (s *Service) postOpinion(w http.ResponseWriter, r *web.Request) error {
	return s.onProgram(w, r, "opinion", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Opine(ctx, who, id, ExpertID(r.Value("za_kogo")), r.Value("opinia"), r.Value("dzien"), whole(r.Value("minuty")))
	})
}

func (s *Service) postAnswerRemark(w http.ResponseWriter, r *web.Request) error {
	return s.onProgram(w, r, "remark_answer", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.AnswerRemark(ctx, who, id, r.Value("ktora"), r.Value("odpowiedz"))
	})
}

// typedFor are the experts without an account, for whom somebody types.
func typedFor(experts []expertLine) (list []web.Choice) {
	for _, e := range experts {
		if e.Types {
			list = append(list, web.Choice{Value: string(e.ID), Label: e.Who})
		}
	}
	return list
}

func programItems(lines []programLine) (list []web.Choice) {
	for _, a := range lines {
		list = append(list, web.Choice{Value: string(a.ID), Label: a.Title})
	}
	return list
}

// ownOpinion is what was typed just now, else what the expert said before.
func ownOpinion(p programPage) string {
	if typed := p.V("opinia"); typed != "" || p.Own == nil {
		return typed
	}
	return p.Own.Opinion
}
