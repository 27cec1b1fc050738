package files

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

const (
	listPath   = "/administracja/pliki"
	filesShown = 50 // on one page
	askUse     = "cel"
	askState   = "stan"
)

// Doors are who may pass, and who asks; access answers both.
type Doors struct {
	Office web.Guard // who keeps the installation running
	By     func(*web.Request) audit.By
}

// Routes opens the administrator's pages. They show names and sizes, never
// content: there is no door here that sends a file. Modules open theirs.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	sh.Handle("GET "+listPath, d.Office, s.getList)
	sh.Handle("GET "+listPath+"/{id}", d.Office, s.getOne)
	sh.Handle("POST "+listPath+"/{id}/usun", d.Office, func(w http.ResponseWriter, r *web.Request) error {
		return s.postDelete(w, r, d.By(r))
	})
}

// listPage is the administrator's list.
type listPage struct {
	web.Page
	Sees    web.Audience
	Tiles   []web.Pair
	Uses    []useRow
	Rows    []fileRow
	Facets  []web.Facet
	Pager   web.Pager
	Filters bool
}

type useRow struct{ Use, Files, Bytes, Unclaimed, Limit, Kept string }

type fileRow struct{ Href, Name, Use, Size, Sent, Owner, State, Tag string }

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	f := s.filterOf(r.URL.Query())
	files, more, err := s.list(r.Context(), f, at, filesShown)
	if err != nil {
		return err
	}
	t, err := s.totals(r.Context())
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("files.title")), Facets: s.facets(r, f), Filters: len(f.uses)+len(f.states) > 0, Sees: sees(r)}
	p.NoIndex = true
	p.Tiles, p.Uses = tiles(r, t), s.useRows(r, t)
	for _, file := range files {
		p.Rows = append(p.Rows, rowOf(r, file))
	}
	if n := len(files); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: string(files[0].ID)}, web.Cursor{ID: string(files[n-1].ID)}, more)
	}
	return r.Render(w, listView(p))
}

func sees(r *web.Request) web.Audience {
	return web.Audience{Short: r.L.T("files.sees"), More: r.L.T("files.sees_more")}
}

// filterOf reads the filters; what is none of them is left out.
func (s *Service) filterOf(q url.Values) (f filter) {
	for _, u := range q[askUse] {
		if _, known := s.uses.uses[u]; known && !slices.Contains(f.uses, u) {
			f.uses = append(f.uses, u)
		}
	}
	for _, state := range []string{stateUnclaimed, stateOwned, stateDated} {
		if slices.Contains(q[askState], state) {
			f.states = append(f.states, state)
		}
	}
	return f
}

func (s *Service) facets(r *web.Request, f filter) []web.Facet {
	use := web.Facet{Key: askUse, Title: r.L.T("files.use"), Open: true}
	for _, u := range s.uses.Uses() {
		use.Options = append(use.Options, web.FacetOption{Value: u.Name, Label: useName(r, u.Name), N: -1, Checked: slices.Contains(f.uses, u.Name)})
	}
	state := web.Facet{Key: askState, Title: r.L.T("files.state"), Open: true}
	for value, label := range map[string]string{stateUnclaimed: "files.unclaimed", stateOwned: "files.owned", stateDated: "files.dated"} {
		state.Options = append(state.Options, web.FacetOption{Value: value, Label: r.L.T(label), N: -1, Checked: slices.Contains(f.states, value)})
	}
	slices.SortFunc(state.Options, func(a, b web.FacetOption) int { return int(a.Value[0]) - int(b.Value[0]) })
	return []web.Facet{use, state}
}

// useName is what people call a use: a text of the module that declared it.
func useName(r *web.Request, use string) string {
	if key := "files.use." + use; r.Shell.Catalog.Has(key) {
		return r.L.T(key)
	}
	return use
}

func tiles(r *web.Request, t Totals) []web.Pair {
	n := r.L.Number
	return []web.Pair{
		{Name: r.L.T("files.contents"), Value: n(t.Contents)},
		{Name: r.L.T("files.space"), Value: Bytes(t.Bytes)},
		{Name: r.L.T("files.doomed"), Value: n(t.Doomed)},
		{Name: r.L.T("files.loose"), Value: n(t.Loose)},
	}
}

// useRows shows every use that is declared or has files left over.
func (s *Service) useRows(r *web.Request, t Totals) (rows []useRow) {
	totals := map[string]UseTotal{}
	for _, u := range t.Uses {
		totals[u.Use] = u
	}
	names := map[string]bool{}
	for _, u := range s.uses.Uses() {
		names[u.Name] = true
		kept := r.L.T("files.kept_by_owner")
		if u.KeepDays > 0 {
			kept = r.L.N("files.kept_days", u.KeepDays)
		}
		rows = append(rows, rowOfUse(r, u.Name, totals[u.Name], Bytes(u.MaxBytes), kept))
	}
	for _, u := range t.Uses {
		if !names[u.Use] {
			rows = append(rows, rowOfUse(r, u.Use, u, "–", r.L.T("files.undeclared")))
		}
	}
	return rows
}

func rowOfUse(r *web.Request, use string, t UseTotal, limit, kept string) useRow {
	return useRow{useName(r, use), r.L.Number(t.Files), Bytes(t.Bytes), r.L.Number(t.Unclaimed), limit, kept}
}

func rowOf(r *web.Request, f File) fileRow {
	row := fileRow{Href: listPath + "/" + string(f.ID), Name: f.Name, Use: useName(r, f.Use), Size: Bytes(f.Size),
		Sent: r.L.DateTime(f.Sent.In(web.Warsaw)), Owner: "–"}
	if f.Owner != (Owner{}) {
		row.Owner = f.Owner.Module + " " + f.Owner.ID
	}
	row.State, row.Tag = stateOf(r, f)
	return row
}

func stateOf(r *web.Request, f File) (state, tag string) {
	switch {
	case f.Owner == (Owner{}):
		return r.L.T("files.unclaimed"), "idle"
	case !f.Keep.IsZero():
		return r.L.T("files.until", "date", r.L.Date(f.Keep.In(web.Warsaw))), "warn"
	}
	return r.L.T("files.owned"), "ok"
}

// onePage is one file: what is known of it, and its deletion.
type onePage struct {
	web.Page
	File   fileRow
	ID     string
	Facts  []web.Pair
	Reason string
	Sees   web.Audience
}

var idShape = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (s *Service) getOne(w http.ResponseWriter, r *web.Request) error {
	return s.showOne(w, r, http.StatusOK, nil)
}

func (s *Service) showOne(w http.ResponseWriter, r *web.Request, status int, refused error) error {
	id := r.PathValue("id")
	if !idShape.MatchString(id) {
		return fault.ErrNotFound
	}
	f, err := oneFile(r.Context(), s.db, ` where f.id = ?`, id)
	if err != nil {
		return err
	}
	p := onePage{Page: r.Page(w, f.Name, web.Link{Text: r.L.T("files.title"), Href: listPath}).WithErrors(refused),
		File: rowOf(r, f), ID: id, Reason: r.Value("powod"),
		Sees: web.Audience{Short: r.L.T("files.reason_sees"), More: r.L.T("files.reason_sees_more")}}
	p.NoIndex = true
	p.Facts = []web.Pair{
		{Name: r.L.T("files.use"), Value: p.File.Use}, {Name: r.L.T("files.type"), Value: kinds[f.Type].ending()},
		{Name: r.L.T("files.size"), Value: p.File.Size}, {Name: r.L.T("files.sent"), Value: p.File.Sent},
		{Name: r.L.T("files.owner"), Value: p.File.Owner}, {Name: r.L.T("files.state"), Value: p.File.State},
	}
	return r.RenderStatus(w, status, oneView(p))
}

// ending is what people call a type: "JPG".
func (k kind) ending() string {
	if len(k.extensions) == 0 {
		return "–"
	}
	return k.extensions[0]
}

func (s *Service) postDelete(w http.ResponseWriter, r *web.Request, by audit.By) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !idShape.MatchString(id) {
		return fault.ErrNotFound
	}
	err := s.Delete(r.Context(), by, ID(id), r.PostFormValue("powod"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showOne(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.file_deleted")
	return r.Redirect(w, listPath)
}
