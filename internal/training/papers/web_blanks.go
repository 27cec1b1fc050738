package papers

import (
	"net/http"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

// blanksPage is the register of official forms.
type blanksPage struct {
	page
	Figures     []web.Figure
	Gaps        string
	Rows        []blankRow
	Next        string
	First, Last string
	States      []web.Choice
	Reason      string
	Serial      string
}

type blankRow struct{ Serial, State, Mark, Number, Href, Reason string }

func (s *Service) getBlanks(w http.ResponseWriter, r *web.Request) error {
	return s.showBlanks(w, r, http.StatusOK, nil)
}

func (s *Service) showBlanks(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	center := at(r, access.IssuePapers)
	after := web.Cursor{Key: r.Value("po")}
	if strings.Trim(after.Key, "0123456789abcdef") != "" {
		after.Key = ""
	}
	list, more, tally, err := s.Blanks(r.Context(), access.ActorOf(r.Request), center, "", after)
	if err != nil {
		return err
	}
	gaps, err := s.Gaps(r.Context(), center)
	if err != nil {
		return err
	}
	p := blanksPage{page: officePage(w, r, r.L.T("papers.title.blanks"), BlanksPath), Gaps: strings.Join(gaps, ", "), First: r.Value("od"), Last: r.Value("do"),
		Serial: r.Value("numer"), Reason: r.Value("powod")}
	p.Page = p.WithErrors(fail)
	for _, state := range []BlankState{BlankReceived, BlankUsed, BlankSpoiled, BlankReturned} {
		n := 0
		for _, t := range tally {
			if t.State == state {
				n = t.N
			}
		}
		p.Figures = append(p.Figures, web.Figure{Value: r.L.Number(n), Label: r.L.T("papers.blank." + string(state))})
	}
	for _, state := range []BlankState{BlankSpoiled, BlankReturned} {
		p.States = append(p.States, web.Choice{Value: string(state), Label: r.L.T("papers.blank." + string(state))})
	}
	for _, b := range list {
		row := blankRow{Serial: b.Serial, State: r.L.T("papers.blank." + string(b.State)), Number: b.Number, Reason: b.Reason}
		if b.Paper != "" {
			row.Href = RegisterPath + "/" + string(b.Paper)
		}
		if b.State == BlankSpoiled {
			row.Mark = "warn"
		}
		p.Rows = append(p.Rows, row)
	}
	if more {
		p.Next = BlanksPath + query("po", list[len(list)-1].SerialKey)
	}
	return r.RenderStatus(w, status, blanksView(p))
}

func (s *Service) postBlanks(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	n, err := s.ReceiveBlanks(r.Context(), access.ActorOf(r.Request), at(r, access.IssuePapers), r.Value("od"), r.Value("do"))
	if e := refused(err); e != nil {
		return s.showBlanks(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, BlanksPath, "notice.papers.blanks", "n", strconv.Itoa(n))
}

func (s *Service) postBlank(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.SetBlank(r.Context(), access.ActorOf(r.Request), at(r, access.IssuePapers), strings.ToUpper(r.Value("numer")), BlankState(r.Value("stan")), r.Value("powod"))
	if e := refused(err); e != nil {
		return s.showBlanks(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, BlanksPath, "notice.papers.blank")
}

// modelPage is the official form and the places of our data on it.
type modelPage struct {
	page
	Center    string
	File      string
	Landscape bool
	Fields    []spotRow
	MayChange bool
}

type spotRow struct{ Name, Label, X, Y, Width, Size string }

func millimeters(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (s *Service) getModel(w http.ResponseWriter, r *web.Request) error {
	return s.showModel(w, r, http.StatusOK, nil)
}

func (s *Service) showModel(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who, center := r.Context(), access.ActorOf(r.Request), at(r, access.IssuePapers)
	may := mayModel(ctx, who, center)
	if may != nil {
		if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
			return err
		}
	}
	m, err := s.modelOf(ctx, center)
	if err != nil {
		return err
	}
	p := modelPage{page: officePage(w, r, r.L.T("papers.title.model"), BlanksPath), Center: string(center), Landscape: m.Landscape, MayChange: may == nil}
	p.Page = p.WithErrors(fail)
	if m.File != "" {
		p.File = BlanksPath + "/wzor/plik" + query("osrodek", string(center))
	}
	for _, name := range ModelFields() {
		at := m.Places[name]
		p.Fields = append(p.Fields, spotRow{name, r.L.T("papers.field." + name), millimeters(at.X), millimeters(at.Y), millimeters(at.Width), millimeters(at.Size)})
	}
	return r.RenderStatus(w, status, modelView(p))
}

func (s *Service) postModel(w http.ResponseWriter, r *web.Request) error {
	who := access.ActorOf(r.Request)
	form, err := s.Files.Receive(r, who.By(), useModel, "plik")
	if refused(err) != nil {
		return s.showModel(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	center := access.InstitutionID(form.Values.Get("osrodek"))
	m := Model{Landscape: form.Values.Get("poziomo") == "tak", Places: map[string]Spot{}}
	for _, name := range ModelFields() {
		value := func(part string) float64 {
			v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(form.Values.Get(name+"-"+part)), ",", "."), 64)
			if err != nil {
				return 0
			}
			return v
		}
		m.Places[name] = Spot{X: value("x"), Y: value("y"), Width: value("szer"), Size: value("pismo")}
	}
	err = s.SetModel(r.Context(), who, center, m, form.File.ID)
	if e := refused(err); e != nil {
		return s.showModel(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, BlanksPath+"/wzor"+query("osrodek", string(center)), "notice.papers.model")
}

func (s *Service) getModelFile(w http.ResponseWriter, r *web.Request) error {
	ctx, who, center := r.Context(), access.ActorOf(r.Request), at(r, access.IssuePapers)
	if mayModel(ctx, who, center) != nil {
		if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
			return err
		}
	}
	m, err := s.modelOf(ctx, center)
	if err != nil {
		return err
	}
	return s.Files.Serve(w, r, modelOwner(center), files.ID(m.File))
}
