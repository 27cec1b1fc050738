package meetings

import (
	"context"
	"errors"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) floorRoutes(sh *web.Shell) {
	one := Path + "/{id}/pytania"
	sh.Handle("GET "+one, recordsGuard(), s.getFloor)
	sh.Handle("POST "+one+"/otworz", recordsGuard(), s.postFloorOpen, web.Idempotent())
	sh.Handle("POST "+one+"/zamknij", recordsGuard(), s.postFloorClose, web.Idempotent())
	sh.Handle("POST "+one+"/stan", recordsGuard(), s.postModerate, web.Idempotent())
	sh.Handle("GET "+FloorPath+"/{kod}", web.Public, s.getWall)
	sh.Handle("POST "+FloorPath+"/{kod}", web.Public, s.postAsked, web.Idempotent())
}

// floorPage is where questions are moderated.
type floorPage struct {
	web.Page
	Of      Meeting
	Tabs    []web.Link
	Floor   *Floor // nil: never opened
	Taking  bool
	Opens   bool
	Wall    string
	Image   screenCode
	Waiting []Question
	Shown   []Question
	Rest    []Question // answered and put aside
}

func (s *Service) getFloor(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRecord(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := floorPage{Page: s.frame(w, r, m, l.T("meetings.floor.title")), Of: m, Tabs: s.largeTabs(r, who, m, "/pytania"), Opens: m.State != Planned && s.beforeEnd(m) == nil}
	f, err := FloorOf(ctx, s.db, m.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if err == nil {
		p.Floor, p.Taking, p.Wall = &f, s.takes(f, m), ownHost(r)+FloorHref(f.Code)
		if p.Image, err = screenCodeOf(p.Wall); err != nil {
			return err
		}
		list, err := questionsOf(ctx, s.db, m.ID, Waiting, Shown, Answered, Aside)
		if err != nil {
			return err
		}
		p.sort(list)
	}
	return r.Render(w, floorView(p))
}

func (p *floorPage) sort(list []Question) {
	for _, q := range list {
		switch q.State {
		case Waiting:
			p.Waiting = append(p.Waiting, q)
		case Shown:
			p.Shown = append(p.Shown, q)
		default:
			p.Rest = append(p.Rest, q)
		}
	}
}

func (s *Service) postFloorOpen(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "floor", "/pytania", s.OpenFloor)
}

func (s *Service) postFloorClose(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "floor_closed", "/pytania", s.CloseFloor)
}

func (s *Service) postModerate(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "question", "/pytania", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Moderate(ctx, who, id, r.Value("ktore"), QuestionState(r.Value("stan")))
	})
}

// wallPage is what everybody with the code sees: the questions that were shown,
// and a form while the floor is open.
type wallPage struct {
	web.Page
	Meeting string
	Action  string
	Taking  bool
	List    []Question
	Words   string
	Name    string
	Stop    string // why a question was not taken
}

func (s *Service) getWall(w http.ResponseWriter, r *web.Request) error {
	return s.showWall(w, r, http.StatusOK, nil)
}

func (s *Service) showWall(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx := r.Context()
	f, m, err := s.floorBy(ctx, r.PathValue("kod"))
	if err != nil {
		return err
	}
	p := wallPage{Page: r.Page(w, r.L.T("meetings.floor.ask_title")).WithErrors(refusal), Meeting: m.Title, Action: FloorHref(f.Code), Taking: s.takes(f, m)}
	if p.NoIndex = true; refusal != nil {
		p.Words, p.Name = r.Value("pytanie"), r.Value("podpis")
	}
	if e := fault.As(refusal); e != nil && len(e.Fields) == 0 {
		p.Stop = r.L.T(e.Key, e.Args...)
	}
	if p.List, err = questionsOf(ctx, s.db, f.Meeting, Shown, Answered); err != nil {
		return err
	}
	return r.RenderStatus(w, status, wallView(p))
}

// postAsked takes a question. One that comes after the floor closed is shown
// again with the reason, so that the words are not lost.
func (s *Service) postAsked(w http.ResponseWriter, r *web.Request) error {
	code := r.PathValue("kod")
	err := s.Ask(r.Context(), code, r.Value("pytanie"), r.Value("podpis"))
	if kind := fault.KindOf(err); err != nil && (kind == fault.Invalid || kind == fault.Conflict) {
		return s.showWall(w, r, fault.As(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "asked", FloorHref(code))
}
