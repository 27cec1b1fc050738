package survey

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// LibraryPath is the list of questionnaires. What belongs to one stands below
// "kod", apart from the rounds, whose ids follow /ankiety/ as well.
const (
	LibraryPath = "/ankiety/wzory"
	libOnePath  = LibraryPath + "/kod/"
	libFilePath = LibraryPath + "/z-pliku"
	libPackPath = LibraryPath + "/z-zestawu"
)

// Names of fields in forms and addresses.
const (
	libFieldFile    = "plik"
	libFieldCode    = "kod"
	libFieldVersion = "wersja"
	libFieldLang    = "jezyk"
)

// libraryRoutes opens the doors of the library.
func (s *Service) libraryRoutes(sh *web.Shell, d Doors) {
	h := libPages{s, d.By}
	sh.Handle("GET "+LibraryPath, d.Library, h.list)
	sh.Handle("GET "+libFilePath, d.Library, h.askFile)
	sh.Handle("POST "+libFilePath, d.Library, h.takeFile, web.Body(MaxDefinition+64<<10))
	sh.Handle("POST "+libPackPath, d.Library, h.takeReady)
	sh.Handle("GET "+libOnePath+"{code}", d.Library, h.one)
	sh.Handle("GET "+libOnePath+"{code}/druk", d.Library, h.print)
	sh.Handle("GET "+libOnePath+"{code}/plik", d.Library, h.export)
}

type libPages struct {
	*Service
	by func(*web.Request) audit.By
}

// libEntry is a questionnaire in the list.
type libEntry struct {
	Title    string
	Lang     string
	Code     string
	Version  int
	Versions int
	Used     int // rounds, of all versions
}

func (e libEntry) href() string { return libOnePath + e.Code }

type libListPage struct {
	web.Page
	Entries []libEntry
	Ready   []libEntry // that nobody has added yet
}

func (h libPages) list(w http.ResponseWriter, r *web.Request) error {
	rows, err := libList(r.Context(), h.db, "")
	if err != nil {
		return err
	}
	used, err := libUsed(r.Context(), h.db)
	if err != nil {
		return err
	}
	p := libListPage{Page: r.Page(w, r.L.T("survey.library.title"))}
	p.Lead, p.NoIndex = r.L.T("survey.library.lead"), true
	p.Entries = libEntries(r.L, rows, used)
	for _, d := range Ready() {
		if !slices.ContainsFunc(p.Entries, func(e libEntry) bool { return e.Code == d.Code }) {
			title, lang := paperText(r.L, d.Title)
			p.Ready = append(p.Ready, libEntry{Title: title, Lang: lang, Code: d.Code})
		}
	}
	return r.Render(w, libListView(p))
}

// libEntries gathers the versions of each code, which come from the newest on,
// and puts the codes in the order of their titles.
func libEntries(l *i18n.L, rows []libVersion, used map[DefinitionID]int) []libEntry {
	at := map[string]int{}
	var all []libEntry
	for _, v := range rows {
		i, known := at[v.Code]
		if !known {
			i = len(all)
			at[v.Code] = i
			title, lang := paperText(l, v.title())
			all = append(all, libEntry{Title: title, Lang: lang, Code: v.Code, Version: v.Version})
		}
		all[i].Versions++
		all[i].Used += used[v.ID]
	}
	slices.SortFunc(all, func(a, b libEntry) int {
		return cmp.Or(cmp.Compare(i18n.SortKey(a.Title), i18n.SortKey(b.Title)), cmp.Compare(a.Code, b.Code))
	})
	return all
}

// libUsed counts the rounds of each version.
func libUsed(ctx context.Context, r db.Reader) (map[DefinitionID]int, error) {
	var rows []struct {
		Definition DefinitionID `db:"definition"`
		N          int          `db:"n"`
	}
	err := r.Select(ctx, &rows, `select definition, count(*) as n from survey_rounds group by definition`)
	used := map[DefinitionID]int{}
	for _, row := range rows {
		used[row.Definition] = row.N
	}
	return used, err
}

type libFilePage struct {
	web.Page
	Code string // of the questionnaire that gets a new version; "" for a new one
}

func (h libPages) filePage(w http.ResponseWriter, r *web.Request, code string) libFilePage {
	p := libFilePage{Page: r.Page(w, r.L.T("survey.library.from_file"), libCrumb(r.L)), Code: code}
	if code != "" {
		p.Title = r.L.T("survey.library.next_version")
		p.Crumbs = append(p.Crumbs, web.Link{Text: code, Href: libOnePath + code})
	}
	p.NoIndex = true
	return p
}

func libCrumb(l *i18n.L) web.Link {
	return web.Link{Text: l.T("survey.library.title"), Href: LibraryPath}
}

func (h libPages) askFile(w http.ResponseWriter, r *web.Request) error {
	code := r.URL.Query().Get(libFieldCode)
	if code != "" {
		if _, err := h.versions(r.Context(), code); err != nil {
			return err
		}
	}
	return r.Render(w, libFileView(h.filePage(w, r, code)))
}

// takeFile keeps a questionnaire from a file. What is wrong with it is shown
// above the form, place by place.
func (h libPages) takeFile(w http.ResponseWriter, r *web.Request) error {
	code := ""
	d, err := libUpload(r)
	if r.MultipartForm != nil && defPlain(r.Value(libFieldCode)) {
		code = r.Value(libFieldCode)
	}
	if err == nil {
		err = h.fits(r.Context(), d, code)
	}
	if err == nil {
		return h.keep(w, r, d)
	}
	e := fault.As(err)
	if e == nil || e.Kind != fault.Invalid {
		return err
	}
	p := h.filePage(w, r, code)
	p.Errors = libFileFaults(e)
	return r.RenderStatus(w, http.StatusUnprocessableEntity, libFileView(p))
}

// libUpload reads the file of the form. The door takes no more bytes than a
// questionnaire may have, so that it is never laid on a disk.
func libUpload(r *web.Request) (d Definition, err error) {
	if err := r.ParseMultipartForm(2 * MaxDefinition); err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return d, fault.New(fault.TooLarge, "survey.definition.large", "kb", MaxDefinition>>10)
		}
		return d, fault.New(fault.BadRequest, "fault.bad_request")
	}
	file, _, err := r.FormFile(libFieldFile)
	if err != nil {
		return d, fault.New(fault.Invalid, "survey.library.fault.no_file")
	}
	defer file.Close()
	return Parse(file)
}

// libFileFaults are the faults of a file at the field it was chosen in.
func libFileFaults(e *fault.Error) []fault.Field {
	if len(e.Fields) == 0 {
		return []fault.Field{{Name: libFieldFile, Key: e.Key, Args: e.Args}}
	}
	fields := slices.Clone(e.Fields)
	for i := range fields {
		fields[i].Name = libFieldFile
	}
	return fields
}

// fits refuses what a person may not keep under that code: a code of a
// program's, another than the page is about, or one that is there already.
func (h libPages) fits(ctx context.Context, d Definition, code string) error {
	switch {
	case programs(d.Code):
		return fault.New(fault.Invalid, "survey.library.fault.program")
	case code != "" && d.Code != code:
		return fault.New(fault.Invalid, "survey.library.fault.other", "code", d.Code, "wanted", code)
	case code == "":
		rows, err := libList(ctx, h.db, d.Code)
		if err == nil && len(rows) > 0 {
			err = fault.New(fault.Invalid, "survey.library.fault.exists", "code", d.Code)
		}
		return err
	}
	return nil
}

// keep saves and leads to the page of the questionnaire.
func (h libPages) keep(w http.ResponseWriter, r *web.Request, d Definition) error {
	err := h.db.Write(r.Context(), func(tx *db.Tx) error {
		_, err := h.SaveDefinition(r.Context(), tx, h.by(r), d)
		return err
	})
	if err != nil {
		return err
	}
	r.Notify(w, "notice.survey_defined")
	return r.Redirect(w, libOnePath+d.Code)
}

// takeReady adds a questionnaire that comes with the program.
func (h libPages) takeReady(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	for _, d := range Ready() {
		if d.Code == r.Value(libFieldCode) {
			return h.keep(w, r, d)
		}
	}
	return fault.ErrNotFound
}

// versions are the versions of a code that people keep, the newest first.
func (h libPages) versions(ctx context.Context, code string) ([]libVersion, error) {
	if !defPlain(code) {
		return nil, fault.ErrNotFound
	}
	rows, err := libList(ctx, h.db, code)
	if err == nil && len(rows) == 0 {
		err = fault.ErrNotFound
	}
	return rows, err
}

// libLine is a version in the history.
type libLine struct {
	Version int
	Who     string
	When    string
	Used    int
	Shown   bool
}

type libOnePage struct {
	web.Page
	Def   Definition
	Shown web.Page // of the preview, in its language
	Lang  Lang
	Langs []web.Link
	Lines []libLine
	Code  string
	Query string // of the version and the language, for the paper and the file
}

// chosen reads which version is meant, and in which language it is shown.
func (h libPages) chosen(r *web.Request) (rows []libVersion, d Definition, lang Lang, err error) {
	if rows, err = h.versions(r.Context(), r.PathValue("code")); err != nil {
		return nil, d, "", err
	}
	q := r.URL.Query()
	want := rows[0]
	if v := q.Get(libFieldVersion); v != "" {
		i := slices.IndexFunc(rows, func(row libVersion) bool { return strconv.Itoa(row.Version) == v })
		if i < 0 {
			return nil, d, "", fault.ErrNotFound
		}
		want = rows[i]
	}
	lang = r.L.Lang
	if l := q.Get(libFieldLang); i18n.Valid(l) {
		lang = Lang(l)
	}
	d, err = h.DefinitionByID(r.Context(), h.db, want.ID)
	return rows, d, lang, err
}

func (h libPages) one(w http.ResponseWriter, r *web.Request) error {
	rows, d, lang, err := h.chosen(r)
	if err != nil {
		return err
	}
	title, _ := d.Title.In(r.L)
	p := libOnePage{Page: r.Page(w, title, libCrumb(r.L)), Def: d, Lang: lang, Code: d.Code}
	p.NoIndex = true
	p.Shown = p.Page
	p.Shown.L = r.Shell.Catalog.In(lang)
	p.Query = libQuery(d.Version, lang)
	for _, l := range i18n.Langs {
		p.Langs = append(p.Langs, web.Link{Text: r.L.T("survey.library.lang." + string(l)), Href: libOnePath + d.Code + libQuery(d.Version, l), Current: l == lang})
	}
	if p.Lines, err = h.lines(r, rows, d.Version, lang); err != nil {
		return err
	}
	return r.Render(w, libOneView(p))
}

func libQuery(version int, lang Lang) string {
	return "?" + url.Values{libFieldVersion: {strconv.Itoa(version)}, libFieldLang: {string(lang)}}.Encode()
}

// lines are the history of a questionnaire.
func (h libPages) lines(r *web.Request, rows []libVersion, shown int, lang Lang) ([]libLine, error) {
	used, err := libUsed(r.Context(), h.db)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	if h.names != nil {
		var ids []string
		for _, v := range rows {
			if v.CreatedBy != "" && !slices.Contains(ids, v.CreatedBy) {
				ids = append(ids, v.CreatedBy)
			}
		}
		if names, err = h.names.People(r.Context(), ids); err != nil {
			return nil, err
		}
	}
	var lines []libLine
	for _, v := range rows {
		l := libLine{Version: v.Version, Who: names[v.CreatedBy], When: r.L.Date(time.Unix(v.CreatedAt, 0).In(web.Warsaw)),
			Used: used[v.ID], Shown: v.Version == shown}
		if l.Who == "" {
			l.Who = r.L.T("survey.library.by_program")
			if v.CreatedBy != "" {
				l.Who = r.L.T("survey.library.by_somebody")
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

type libPrintPage struct {
	web.Page
	Def   Definition
	Shown web.Page
	Lang  Lang
	Title string
}

func (h libPages) print(w http.ResponseWriter, r *web.Request) error {
	_, d, lang, err := h.chosen(r)
	if err != nil {
		return err
	}
	l := r.Shell.Catalog.In(lang)
	title, _ := d.Title.In(l)
	p := libPrintPage{Page: r.Page(w, title, libCrumb(r.L), web.Link{Text: d.Code, Href: libOnePath + d.Code}), Def: d, Lang: lang, Title: title}
	p.NoIndex = true
	p.Shown = p.Page
	p.Shown.L = l
	return r.Render(w, libPrintView(p))
}

// export gives the file from which the version can be read again.
func (h libPages) export(w http.ResponseWriter, r *web.Request) error {
	_, d, _, err := h.chosen(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "application/json; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="ankieta-`+d.Code+`-`+strconv.Itoa(d.Version)+`.json"`)
	_, err = w.Write(b.Bytes())
	return err
}
