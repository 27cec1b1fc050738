package survey

import (
	"context"
	"net/http"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Names of the fields of forms.
const (
	fieldOfficer    = "osoba"
	fieldSeats      = "miejsca"
	fieldForm       = "formularz"
	fieldDefinition = "definicja"
	fieldSection    = "sekcja"
	fieldStep       = "krok"
)

// largeForm is room for long answers, written as browsers write them.
const largeForm = 2 << 20

// Routes opens the doors of the package. Whatever has to do with answering is
// quiet, in every mode: a door that is quiet for some rounds only would tell
// which they are.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	s.libraryRoutes(sh, d)
	if d.Fresh == nil {
		d.Fresh = d.Own
	}
	h := roundHandlers{s, d}
	const one = "/ankieta/{round}"
	sh.Handle("GET /ankiety/{round}", d.Public, h.moved, web.Quiet())
	sh.Handle("GET "+one, d.Own, h.getAnswer, web.Quiet())
	sh.Handle("POST "+one, d.Own, h.postAnswer, web.Quiet(), web.Body(largeForm))
	sh.Handle("GET "+one+"/dziekujemy", d.Own, h.getThanks, web.Quiet())
	sh.Handle("GET "+one+"/{unit}/{key}", d.Public, h.getLink, web.Quiet())
	sh.Handle("POST "+one+"/{unit}/{key}", d.Public, h.postLink, web.Quiet(), web.Body(largeForm))
	sh.Handle("GET "+one+"/{unit}/{key}/dziekujemy", d.Public, h.getLinkThanks, web.Quiet())

	sh.Handle("GET "+one+"/druk", d.Own, h.getPrint)
	sh.Handle("GET "+one+"/papier", d.Own, h.getUnits)
	sh.Handle("GET "+one+"/papier/{unit}", d.Own, h.getPaper)
	sh.Handle("POST "+one+"/papier/{unit}", d.Own, h.postMark, web.Idempotent())
	sh.Handle("POST "+one+"/papier/{unit}/link", d.Own, h.postSeats, web.Idempotent())
	sh.Handle("GET "+one+"/papier/{unit}/formularz", d.Own, h.getSheet, web.Quiet())
	sh.Handle("POST "+one+"/papier/{unit}/formularz", d.Own, h.postSheet, web.Quiet(), web.Body(largeForm))

	sh.Handle("GET "+one+"/przebieg", d.Own, h.getRound)
	sh.Handle("GET "+one+"/miejsca/{unit}", d.Own, h.getGrant)
	sh.Handle("POST "+one+"/miejsca/{unit}", d.Own, h.postGrant, web.Idempotent())
	// Making a key and opening envelopes cannot be taken back.
	h.custody.Mount(sh, one+"/klucz", d.Own, d.Fresh, keyOwner{h})
	sh.Handle("GET "+one+"/otwarcie", d.Own, h.getOpening)
	sh.Handle("POST "+one+"/otwarcie", d.Fresh, h.postShare)
	sh.Handle("GET "+one+"/wyniki", d.Own, h.getResults)
	sh.AddDesk(h.desk)
}

type roundHandlers struct {
	*Service
	doors Doors
}

func (h roundHandlers) by(r *web.Request) audit.By   { return h.doors.By(r) }
func (h roundHandlers) person(r *web.Request) string { return h.doors.Person(r) }

// moved sends on from the address that stands in letters.
func (h roundHandlers) moved(w http.ResponseWriter, r *web.Request) error {
	return r.Redirect(w, Path(RoundID(r.PathValue("round"))))
}

// roundView is the round that an address leads to.
type roundView struct {
	rd    Round
	def   Definition
	owner Owner
}

func (h roundHandlers) view(ctx context.Context, id RoundID) (v roundView, err error) {
	if v.rd, err = h.RoundByID(ctx, h.db, id); err != nil {
		return v, err
	}
	if v.owner = h.owners[v.rd.Owner]; v.owner == nil {
		return v, fault.ErrNotFound
	}
	v.def, err = h.DefinitionByID(ctx, h.db, v.rd.Definition)
	return v, err
}

func (h roundHandlers) viewed(r *web.Request) (roundView, error) {
	return h.view(r.Context(), RoundID(r.PathValue("round")))
}

// run is a round of which the person who asks is in charge.
func (h roundHandlers) run(r *web.Request) (roundView, error) {
	v, err := h.viewed(r)
	if err != nil {
		return v, err
	}
	return v, v.owner.Runs(r.Context(), r, v.rd)
}

func (v roundView) title(r *web.Request) string {
	text, _ := v.def.Title.In(r.L)
	return text
}

// crumbs lead to the matter of the round.
func (v roundView) crumbs(r *web.Request) []web.Link {
	return []web.Link{v.owner.Page(r.L, v.rd)}
}

// officeCrumbs lead to it by the page of who runs the round.
func (v roundView) officeCrumbs(r *web.Request) []web.Link {
	return append(v.crumbs(r), web.Link{Text: r.L.T("survey.run.title"), Href: Path(v.rd.ID) + "/przebieg"})
}

func moment(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

// wholeDay is the last whole day before a moment at which a round closes, when
// that is a midnight. Most rounds close so, and nobody reads "12 December, 0:00"
// as the end of the eleventh.
func wholeDay(closes int64) (last time.Time, whole bool) {
	at := moment(closes)
	return at.AddDate(0, 0, -1), at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0
}

// until is how long a round takes answers, as it stands behind the word "until".
func until(l *i18n.L, rd Round) string {
	if last, whole := wholeDay(rd.ClosesAt); whole {
		return l.T("survey.until_day", "date", l.Date(last))
	}
	return l.DateTime(moment(rd.ClosesAt))
}

// about is the line that says of what a questionnaire is.
func (v roundView) about(r *web.Request) (web.Link, error) {
	if o, ok := v.owner.(About); ok {
		return o.About(r.Context(), r.L, v.rd)
	}
	return web.Link{}, nil
}

func (h roundHandlers) people(ctx context.Context, ids ...string) (map[string]string, error) {
	if h.names == nil || len(ids) == 0 {
		return nil, nil
	}
	return h.names.People(ctx, ids)
}

func (h roundHandlers) units(ctx context.Context, ids ...string) (map[string]string, error) {
	if h.names == nil || len(ids) == 0 {
		return nil, nil
	}
	return h.names.Units(ctx, ids)
}

// called is the name of an id, the id itself where nobody knows one.
func called(names map[string]string, id string) string {
	if name := names[id]; name != "" {
		return name
	}
	return id
}

// desk puts rounds that wait for an answer on a person's desk.
func (h roundHandlers) desk(r *web.Request) ([]web.DeskItem, error) {
	person := h.person(r)
	if person == "" {
		return nil, nil
	}
	rounds, err := h.Waiting(r.Context(), h.db, person)
	if err != nil {
		return nil, err
	}
	var items []web.DeskItem
	for _, rd := range rounds {
		if o, ok := h.owners[rd.Owner].(OnDesk); ok {
			item, err := o.Desk(r.Context(), r.L, rd)
			if err != nil {
				return nil, err
			}
			if item.Title != "" {
				items = append(items, item)
			}
			continue
		}
		d, err := h.DefinitionByID(r.Context(), h.db, rd.Definition)
		if err != nil {
			return nil, err
		}
		title, _ := d.Title.In(r.L)
		items = append(items, web.DeskItem{Rank: deskRank, Title: r.L.T("survey.desk.title", "title", title), Text: r.L.T("survey.mode." + string(rd.Mode) + ".short"),
			Href: Path(rd.ID), By: until(r.L, rd)})
	}
	return items, nil
}

// deskRank is behind what has a term of days.
const deskRank = 40
