package papers

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// batchesPage lists the batches of a center.
type batchesPage struct {
	page
	Unsigned int
	Rows     []batchRow
	Next     string
	Hows     []web.Choice
}

type batchRow struct{ Href, When, How, State, Mark, Items string }

func rowOfBatch(l *i18n.L, b Batch) batchRow {
	row := batchRow{Href: SignPath + "/" + b.ID, When: l.DateTime(time.Unix(b.MadeAt, 0).In(web.Warsaw)), How: l.T("papers.how." + b.How),
		State: l.T("papers.batch." + b.State), Items: l.T("papers.batch.signed_of", "signed", l.Number(b.Signed), "all", l.Number(b.Items))}
	if b.State == batchDone {
		row.Mark = "ok"
	}
	return row
}

func (s *Service) getBatches(w http.ResponseWriter, r *web.Request) error {
	cursor, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	who, center := access.ActorOf(r.Request), at(r, access.IssuePapers)
	list, more, err := s.Batches(r.Context(), who, center, cursor)
	if err != nil {
		return err
	}
	p := batchesPage{page: officePage(w, r, r.L.T("papers.title.sign"), SignPath)}
	if p.Unsigned, err = s.Unsigned(r.Context(), who, center); err != nil {
		return err
	}
	for _, how := range []string{electronic, inHand} {
		p.Hows = append(p.Hows, web.Choice{Value: how, Label: r.L.T("papers.how." + how), Hint: r.L.T("papers.how." + how + "_hint")})
	}
	for _, b := range list {
		p.Rows = append(p.Rows, rowOfBatch(r.L, b))
	}
	if more {
		p.Next = web.WithQuery(r.URL, "od", web.Cursor{ID: list[len(list)-1].ID}.String())
	}
	return r.Render(w, batchesView(p))
}

func (s *Service) postBatch(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, err := s.Gather(r.Context(), access.ActorOf(r.Request), at(r, access.IssuePapers), training.ID(r.Value("szkolenie")), r.Value("sposob"))
	return back(w, r, err, SignPath+"/"+id, "notice.papers.batch")
}

// batchPage is one batch.
type batchPage struct {
	page
	Path     string
	Row      batchRow
	ByHand   bool
	Out      bool // may be sent out
	Back     bool // something may come back
	Open     bool
	MayClose bool
	Items    []itemRow
	Strays   []strayRow
}

type (
	itemRow  struct{ Number, Name, State, Mark, Matched, Href string }
	strayRow struct{ Name, Why string }
)

func (s *Service) getBatch(w http.ResponseWriter, r *web.Request) error {
	return s.showBatch(w, r, http.StatusOK, nil)
}

func (s *Service) showBatch(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	who := access.ActorOf(r.Request)
	b, items, strays, err := s.BatchByID(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	p := batchPage{page: officePage(w, r, r.L.T("papers.title.batch"), SignPath), Path: SignPath + "/" + b.ID, Row: rowOfBatch(r.L, b), ByHand: b.How == inHand,
		Out: b.State != batchDone, Back: b.State != batchDone && b.How == electronic, Open: b.State != batchDone, MayClose: who.MayAt(r.Context(), access.SignPapers, b.Center) == nil}
	p.Page = p.WithErrors(fail)
	for _, i := range items {
		row := itemRow{Number: i.Number, Name: i.Name, State: r.L.T("papers.item." + i.State), Href: RegisterPath + "/" + string(i.Paper)}
		if i.State == signed {
			row.Mark = "ok"
		}
		if i.Matched != "" {
			row.Matched = r.L.T("papers.matched." + i.Matched)
		}
		p.Items = append(p.Items, row)
	}
	for _, x := range strays {
		p.Strays = append(p.Strays, strayRow{x.Name, r.L.T("papers.stray." + x.Why)})
	}
	return r.RenderStatus(w, status, batchView(p))
}

func (s *Service) postOut(w http.ResponseWriter, r *web.Request) error {
	if _, _, _, err := s.BatchByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id")); err != nil {
		return err
	}
	out := &lateHead{w: w, name: "do-podpisu.zip"}
	return s.SendOut(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), out)
}

// lateHead writes the head of a download with its first byte, so that a refusal
// before it is still a page.
type lateHead struct {
	w    http.ResponseWriter
	name string
	sent bool
}

func (l *lateHead) Write(b []byte) (int, error) {
	if !l.sent {
		l.sent = true
		h := l.w.Header()
		h.Set("Content-Type", "application/zip")
		h.Set("Content-Disposition", `attachment; filename="`+l.name+`"`)
		h.Set("Cache-Control", "no-store")
	}
	return l.w.Write(b)
}

// postBack takes what was signed: a ZIP, or several PDFs chosen at once.
func (s *Service) postBack(w http.ResponseWriter, r *web.Request) error {
	who, id := access.ActorOf(r.Request), r.PathValue("id")
	if _, _, _, err := s.BatchByID(r.Context(), who, id); err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	var sum Returned
	left := int64(maxReturned)
	for range maxEntries {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tooLarge(err)
		}
		if part.FormName() != "plik" || part.FileName() == "" {
			continue
		}
		data, err := readPart(part, &left)
		if err != nil {
			return err
		}
		got, err := s.TakeBack(r.Context(), who, id, part.FileName(), data)
		if e := refused(err); e != nil {
			return s.showBatch(w, r, e.Kind.Status(), err)
		}
		if err != nil {
			return err
		}
		sum.Matched, sum.Strays = sum.Matched+got.Matched, sum.Strays+got.Strays
	}
	return back(w, r, nil, SignPath+"/"+id, "notice.papers.back", "n", strconv.Itoa(sum.Matched), "strays", strconv.Itoa(sum.Strays))
}

func readPart(part *multipart.Part, left *int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(part, *left+1))
	if err != nil {
		return nil, tooLarge(err)
	}
	if *left -= int64(len(data)); *left < 0 {
		return nil, fault.New(fault.TooLarge, "fault.too_large")
	}
	return data, nil
}

func tooLarge(err error) error {
	if e := (*http.MaxBytesError)(nil); errors.As(err, &e) {
		return fault.New(fault.TooLarge, "fault.too_large")
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

func (s *Service) postClose(w http.ResponseWriter, r *web.Request) error {
	err := s.CloseBatch(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	return back(w, r, err, SignPath+"/"+r.PathValue("id"), "notice.papers.closed")
}

// keysPage are the keys of badges.
type keysPage struct {
	page
	Rows   []keyRow
	Former bool // there is a retired key
}

// keyRow is a key; ID is set when it can be revoked alone.
type keyRow struct{ ID, Public, Since, State, Mark string }

func (s *Service) getKeys(w http.ResponseWriter, r *web.Request) error {
	list, err := s.SigningKeys(r.Context(), access.ActorOf(r.Request), at(r, access.SignPapers))
	if err != nil {
		return err
	}
	p := keysPage{page: officePage(w, r, r.L.T("papers.title.keys"), keysPath)}
	for _, k := range list {
		row := keyRow{Public: k.Public, Since: r.L.Date(time.Unix(k.Since, 0).In(web.Warsaw)), State: r.L.T("papers.key.current"), Mark: "ok"}
		switch {
		case k.RevokedAt != 0:
			row.State, row.Mark = r.L.T("papers.key.revoked"), "bad"
		case k.RetiredAt != 0:
			row.ID, row.State, row.Mark = k.ID, r.L.T("papers.key.retired"), ""
			p.Former = true
		}
		p.Rows = append(p.Rows, row)
	}
	return r.Render(w, keysView(p))
}

func (s *Service) postKeys(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if id := r.Value("klucz"); id != "" {
		err := s.RevokeKey(r.Context(), access.ActorOf(r.Request), at(r, access.SignPapers), id)
		return back(w, r, err, keysPath, "notice.papers.key_revoked")
	}
	err := s.RotateKey(r.Context(), access.ActorOf(r.Request), at(r, access.SignPapers), r.Value("wyciek") == "tak")
	return back(w, r, err, keysPath, "notice.papers.key")
}
