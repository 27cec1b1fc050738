package settlement

import (
	"errors"
	"iter"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

const (
	listPath  = "/osrodek/rozliczenia"
	buyerPath = "/nabywcy"
	tail      = "/rozliczenie"
	pageSize  = 30
)

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell) {
	settle := access.Can(access.SettleTrainings)
	buy := access.CanAny(access.SettleTrainings, access.EnrollStaff)
	sh.Handle("GET "+listPath, settle, s.getList)
	sh.Handle("GET "+training.CenterPath+"/{id}"+tail, settle, s.getDues)
	sh.Handle("POST "+training.CenterPath+"/{id}"+tail, settle, s.postDues, web.Idempotent())
	sh.Handle("GET "+training.CenterPath+"/{id}"+tail+"/arkusz", settle, s.getSheet)
	sh.Handle("POST "+training.CenterPath+"/{id}"+tail+"/oswiadczenie", access.CanAny(access.SettleTrainings, access.ApproveTrainings), s.postStatement, web.Idempotent())
	sh.Handle("GET "+buyerPath+"/{institution}", buy, s.getBuyer)
	sh.Handle("POST "+buyerPath+"/{institution}", buy, s.postBuyer)
}

// centers are the institutions at which the actor settles trainings.
func centers(who access.Actor) (all []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Role.Gives(access.SettleTrainings) && !slices.Contains(all, h.Institution) {
			all = append(all, h.Institution)
		}
	}
	return all
}

type listPage struct {
	web.Page
	Rows  []overviewRow
	Pager web.Pager
}

type overviewRow struct {
	Href, Title, When, People, Unpaid, Paid, Waived string
	Open                                            bool
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	before, beforeID := int64(math.MaxInt64), training.ID("")
	if at.ID != "" {
		if before, err = strconv.ParseInt(at.Key, 10, 64); err != nil {
			return fault.ErrNotFound
		}
		beforeID = training.ID(at.ID)
	}
	var all []Overview
	for _, center := range centers(who) {
		some, err := s.Overviews(ctx, who, center, before, beforeID, pageSize+1)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	p := listPage{Page: r.Page(w, r.L.T("settlement.title"))}
	p.NoIndex, p.Lead = true, r.L.T("settlement.lead")
	more := len(all) > pageSize
	all = all[:min(len(all), pageSize)]
	for _, o := range all {
		row := overviewRow{Href: training.DeskPath(o.ID) + tail, Title: o.Title, People: r.L.Number(o.People), Open: o.Unpaid > 0,
			Unpaid: training.Money(r.L, o.Unpaid), Paid: training.Money(r.L, o.Paid), Waived: training.Money(r.L, o.Waived)}
		if o.StartsAt > 0 {
			row.When = r.L.Date(day(o.StartsAt))
		}
		p.Rows = append(p.Rows, row)
	}
	if more {
		last := all[len(all)-1]
		p.Pager.Next = web.WithQuery(r.URL, "po", web.Cursor{Key: strconv.FormatInt(last.StartsAt, 10), ID: string(last.ID)}.String())
	}
	return r.Render(w, listView(p))
}

type duesPage struct {
	web.Page
	Tabs    []web.Link
	Base    string // address of the training for those who run it
	Heading string
	Rows    []dueRow
	Sums    []web.Figure
	Buyers  []buyerRow
	Form    dueForm
	Today   string
	Why     web.Reason // of the exemption
}

type dueRow struct {
	ID, Name, Institution, Payer, Amount, State, StateKind, Detail string
	Late, Chosen                                                   bool
}

type buyerRow struct {
	Href, ID, Institution, Buyer, NIP, Recipient, Statement string
	Missing                                                 bool
}

type dueForm struct {
	State, PaidOn, Invoice, Note string
	Chosen                       []string
}

func (s *Service) getDues(w http.ResponseWriter, r *web.Request) error {
	return s.showDues(w, r, dueForm{}, nil)
}

func (s *Service) showDues(w http.ResponseWriter, r *web.Request, form dueForm, wrong error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	t, dues, err := s.Dues(ctx, who, training.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := duesPage{Page: r.Page(w, r.L.T("settlement.of", "title", t.Title), web.Link{Text: r.L.T("settlement.title"), Href: listPath}), Tabs: training.Tabs(r.L, t.ID, tail),
		Base: training.DeskPath(t.ID), Heading: t.Title, Form: form, Today: s.now().In(web.Warsaw).Format(time.DateOnly)}
	p.NoIndex = true
	if p.Form.PaidOn == "" {
		p.Form.PaidOn = p.Today
	}
	sums := SumOf(dues)
	p.Sums = []web.Figure{{Value: r.L.Number(sums.People), Label: r.L.T("settlement.people")},
		{Value: training.Money(r.L, sums.Unpaid), Label: r.L.T("settlement.state.unpaid")},
		{Value: training.Money(r.L, sums.Paid), Label: r.L.T("settlement.state.paid")},
		{Value: training.Money(r.L, sums.Waived), Label: r.L.T("settlement.state.waived")}}
	names, err := s.institutions(r, dues)
	if err != nil {
		return err
	}
	for _, d := range dues {
		p.Rows = append(p.Rows, s.dueRow(r.L, d, names, form.Chosen))
	}
	if p.Buyers, err = s.buyerRows(r, t, dues, names); err != nil {
		return err
	}
	vat, err := s.Law.Text(ctx, s.db, VATExemption, s.now())
	if err != nil {
		return err
	}
	p.Why = web.Reason{Text: r.L.T("settlement.vat_why"), Rule: vat.Text + " (" + vat.Basis + ")"}
	if wrong != nil {
		p.Page = p.Page.WithErrors(wrong)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, duesView(p))
	}
	return r.Render(w, duesView(p))
}

// institutions names those that owe something.
func (s *Service) institutions(r *web.Request, dues []Due) (map[access.InstitutionID]string, error) {
	var ids []access.InstitutionID
	for _, d := range dues {
		if id := access.InstitutionID(d.Institution); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return s.Directory.Names(r.Context(), ids)
}

func (s *Service) dueRow(l *i18n.L, d Due, names map[access.InstitutionID]string, chosen []string) dueRow {
	row := dueRow{ID: string(d.Enrollment), Name: d.Name, Institution: names[access.InstitutionID(d.Institution)], Payer: l.T("training.payer." + string(d.Payer)),
		Amount: training.Money(l, d.Amount), State: l.T("settlement.state." + string(d.State)), Late: d.Late(), Chosen: slices.Contains(chosen, string(d.Enrollment))}
	if row.Institution == "" {
		row.Institution = d.TypedName
	}
	row.StateKind = map[State]string{Paid: "ok", Unpaid: "warn"}[d.State]
	switch {
	case d.State == Paid:
		row.Detail = l.DateText(d.PaidOn)
	case d.Note != "":
		row.Detail = d.Note
	}
	if d.Invoice != "" {
		if row.Detail != "" {
			row.Detail += ", "
		}
		row.Detail += l.T("settlement.invoice_no", "no", d.Invoice)
	}
	return row
}

// buyerRows are the institutions that pay, each with its buyer and statement.
func (s *Service) buyerRows(r *web.Request, t training.Training, dues []Due, names map[access.InstitutionID]string) (rows []buyerRow, err error) {
	said, err := s.statements(r.Context(), t.ID)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, d := range dues {
		if d.Institution == "" || seen[d.Institution] || d.Payer == training.Participant {
			continue
		}
		seen[d.Institution] = true
		row := buyerRow{Href: buyerPath + "/" + d.Institution, ID: d.Institution, Institution: names[access.InstitutionID(d.Institution)]}
		b, err := buyerOf(r.Context(), s.db, d.Institution)
		switch {
		case errors.Is(err, fault.ErrNotFound):
			row.Missing = true
		case err != nil:
			return nil, err
		}
		row.Buyer, row.NIP, row.Recipient = b.Name, b.NIP, b.Recipient
		if st, ok := said[d.Institution]; ok {
			row.Statement = r.L.T("settlement.share."+st.Share) + ", " + r.L.Date(day(st.At))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *Service) postDues(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	form := dueForm{State: r.Value("stan"), PaidOn: r.Value("dnia"), Invoice: r.Value("faktura"), Note: r.Value("powod"), Chosen: r.PostForm["kto"]}
	which := make([]training.EnrollmentID, len(form.Chosen))
	for n, id := range form.Chosen {
		which[n] = training.EnrollmentID(id)
	}
	id := training.ID(r.PathValue("id"))
	err := s.Mark(r.Context(), access.ActorOf(r.Request), id, which, Change{State: State(form.State), PaidOn: form.PaidOn, Invoice: form.Invoice, Note: form.Note})
	if fault.KindOf(err) == fault.Invalid {
		return s.showDues(w, r, form, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.settlement.marked")
	return r.Redirect(w, training.DeskPath(id)+tail)
}

func (s *Service) postStatement(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := training.ID(r.PathValue("id"))
	if err := s.State(r.Context(), access.ActorOf(r.Request), id, access.InstitutionID(r.Value("placowka")), r.Value("czesc")); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return s.showDues(w, r, dueForm{}, err)
		}
		return err
	}
	r.Notify(w, "notice.settlement.stated")
	return r.Redirect(w, training.DeskPath(id)+tail)
}

// getSheet is the list for the accountant. Reading it is logged: it holds names.
func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	t, dues, err := s.Dues(ctx, who, training.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	names, err := s.institutions(r, dues)
	if err != nil {
		return err
	}
	buyers := map[string]Buyer{}
	for _, d := range dues {
		if _, known := buyers[d.Institution]; d.Institution == "" || known {
			continue
		}
		b, err := buyerOf(ctx, s.db, d.Institution)
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		buyers[d.Institution] = b
	}
	now := s.now()
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.dues_sheet", Object: "training", ObjectID: string(t.ID), Institution: string(t.Center), Read: true}, now)
	}); err != nil {
		return err
	}
	f := sheet.FormatOf(r.URL.Query().Get("format"))
	head := w.Header()
	head.Set("Content-Type", f.ContentType())
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="`+f.File("rozliczenie-"+now.In(web.Warsaw).Format(time.DateOnly))+`"`)
	var header []string
	for _, c := range []string{"name", "institution", "payer", "buyer", "nip", "address", "recipient", "recipient_address", "amount", "state", "paid_on", "invoice", "note"} {
		header = append(header, r.L.T("settlement.column."+c))
	}
	return sheet.Write(w, f, r.L.T("settlement.title"), header, sheetRows(r.L, dues, names, buyers))
}

func sheetRows(l *i18n.L, dues []Due, names map[access.InstitutionID]string, buyers map[string]Buyer) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, d := range dues {
			school := names[access.InstitutionID(d.Institution)]
			if school == "" {
				school = d.TypedName
			}
			b := buyers[d.Institution]
			if d.Payer == training.Participant {
				b = Buyer{} // the person pays: the school's buyer is not theirs
			}
			amount := strconv.FormatInt(d.Amount/100, 10) + "," + strconv.Itoa(int(d.Amount%100/10)) + strconv.Itoa(int(d.Amount%10))
			if !yield([]string{d.Name, school, l.T("training.payer." + string(d.Payer)), b.Name, b.NIP, b.Address, b.Recipient, b.RecipientAddress, amount,
				l.T("settlement.state." + string(d.State)), d.PaidOn, d.Invoice, d.Note}, nil) {
				return
			}
		}
	}
}

type buyerPage struct {
	web.Page
	Action      string
	Institution string
	Buyer       Buyer
	Proposed    bool
	Back        string
}

func (s *Service) getBuyer(w http.ResponseWriter, r *web.Request) error {
	b, i, err := s.BuyerOf(r.Context(), access.ActorOf(r.Request), access.InstitutionID(r.PathValue("institution")))
	if err != nil {
		return err
	}
	return r.Render(w, buyerView(s.buyerPage(w, r, b, i)))
}

func (s *Service) buyerPage(w http.ResponseWriter, r *web.Request, b Buyer, i directory.Institution) buyerPage {
	p := buyerPage{Page: r.Page(w, r.L.T("settlement.buyer.title")), Action: buyerPath + "/" + string(i.ID), Institution: i.Name, Buyer: b, Proposed: b.Revision == 0}
	p.NoIndex = true
	return p
}

func (s *Service) postBuyer(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at := r.PathValue("institution")
	revision, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	b := Buyer{Institution: at, Name: r.Value("nabywca"), NIP: r.Value("nip"), Address: r.Value("adres"), Recipient: r.Value("odbiorca"),
		RecipientAddress: r.Value("adres-odbiorcy"), Email: r.Value("email"), Revision: revision}
	who := access.ActorOf(r.Request)
	err := s.SetBuyer(r.Context(), who, b)
	if fault.KindOf(err) == fault.Invalid {
		_, i, failed := s.BuyerOf(r.Context(), who, access.InstitutionID(at))
		if failed != nil {
			return failed
		}
		p := s.buyerPage(w, r, b, i)
		p.Page = p.Page.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, buyerView(p))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.settlement.buyer")
	return r.Redirect(w, buyerPath+"/"+at)
}
