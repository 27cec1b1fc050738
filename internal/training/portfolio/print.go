package portfolio

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
)

// mostChosen bounds one print, and with it the size of the archive.
const mostChosen = 300

// attachment is a copy that goes with the list.
type attachment struct {
	no   int
	name string // in the archive
	open func(ctx context.Context) (io.ReadCloser, error)
}

// Printout is the list that a head certifies, with the copies that go with it.
type Printout struct {
	name   string
	at     time.Time
	items  []Item
	copies map[string]attachment // by key of the item
	people map[string]string
}

// Printout takes the items chosen by their keys out of the actor's own
// portfolio. Faults: SignedOut, Forbidden, NotFound for what is not in it,
// Invalid when nothing or too much is chosen.
func (s *Service) Printout(ctx context.Context, who access.Actor, keys []string) (p Printout, err error) {
	defer fault.Wrap(&err, "print the portfolio")
	f, err := s.Folder(ctx, who)
	if err != nil {
		return p, err
	}
	if len(keys) == 0 {
		return p, fault.InvalidFields([]fault.Field{{Name: "co", Key: "portfolio.fault.nothing"}})
	}
	if len(keys) > mostChosen {
		return p, fault.InvalidFields([]fault.Field{{Name: "co", Key: "portfolio.fault.much", Args: []any{"n", mostChosen}}})
	}
	for _, key := range keys {
		if _, there := f.Item(key); !there {
			return p, fault.ErrNotFound
		}
	}
	p = Printout{name: who.Name, at: s.now(), copies: map[string]attachment{}}
	for _, i := range f.Items {
		if slices.Contains(keys, i.Key) {
			p.items = append(p.items, i)
		}
	}
	// The list is read from the oldest on, as such lists are.
	slices.Reverse(p.items)
	if p.people, err = s.deciders(ctx, p.items); err != nil {
		return p, err
	}
	return p, s.attach(ctx, string(who.Person), &p)
}

// deciders are the names of who confirmed entries.
func (s *Service) deciders(ctx context.Context, items []Item) (map[string]string, error) {
	var ids []string
	for _, i := range items {
		if i.Entry != nil && i.Entry.DecidedBy != "" && !slices.Contains(ids, i.Entry.DecidedBy) {
			ids = append(ids, i.Entry.DecidedBy)
		}
	}
	return s.People.NamesOf(ctx, ids)
}

// attach finds the copies, in the order of the list.
func (s *Service) attach(ctx context.Context, person string, p *Printout) error {
	for _, i := range p.items {
		a := attachment{no: len(p.copies) + 1}
		switch {
		case i.Entry != nil && i.Entry.Scan != "":
			f, err := s.Files.Find(ctx, ownerOf(i.Entry.ID), files.ID(i.Entry.Scan))
			if errors.Is(err, fault.ErrNotFound) {
				continue // an administrator deleted it as harmful
			}
			if err != nil {
				return err
			}
			owner, id := ownerOf(i.Entry.ID), f.ID
			a.name = fileName(a.no, i.Title, ending(f.Name))
			a.open = func(ctx context.Context) (io.ReadCloser, error) { return s.Files.Open(ctx, owner, id) }
		case i.Paper != nil && i.Paper.Signed:
			id := i.Paper.ID
			a.name = fileName(a.no, i.Title, ".pdf")
			a.open = func(ctx context.Context) (io.ReadCloser, error) { return s.Papers.Copy(ctx, person, id) }
		default:
			continue
		}
		p.copies[i.Key] = a
	}
	return nil
}

func ending(name string) string {
	n := strings.LastIndexByte(name, '.')
	if n < 0 || len(name)-n > 5 {
		return ""
	}
	return name[n:]
}

// fileName is a name within the archive that every system takes: a number and
// letters of the title.
func fileName(no int, title, ending string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case plain[r] != 0:
			b.WriteRune(plain[r])
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return fmt.Sprintf("zalaczniki/%03d-%s", no, strings.TrimSuffix(b.String(), "-")) + ending
}

var plain = map[rune]rune{'ą': 'a', 'ć': 'c', 'ę': 'e', 'ł': 'l', 'ń': 'n', 'ó': 'o', 'ś': 's', 'ź': 'z', 'ż': 'z'}

// PDF writes the list. It is in Polish, whatever the reader's language: it goes
// to an office.
func (s *Service) PDF(w io.Writer, p Printout) error {
	l := s.Texts
	d := pdf.New(pdf.Meta{Title: l.T("portfolio.print.title"), Author: p.name, Lang: string(i18n.PL), At: p.at,
		Page: func(n, of int) string { return l.T("portfolio.print.page", "n", n, "of", of) }})
	d.Heading(1, l.T("portfolio.print.title"))
	d.Paragraph(p.name)
	d.Paragraph(l.T("portfolio.print.made", "date", l.Date(localTime(p.at))))
	all, years := SumsOf(p.items)
	slices.Reverse(years)
	n := 0
	for _, y := range years {
		d.Heading(2, l.T("portfolio.year", "year", yearText(y.Year)))
		var rows [][]string
		for _, i := range p.items {
			if i.Year == y.Year {
				n++
				rows = append(rows, p.row(l, n, i))
			}
		}
		d.Table([]pdf.Column{{Title: l.T("portfolio.print.no"), Share: 0.6}, {Title: l.T("portfolio.column.title"), Share: 3}, {Title: l.T("portfolio.column.issuer"), Share: 2},
			{Title: l.T("portfolio.column.day"), Share: 1.7}, {Title: l.T("portfolio.column.hours"), Share: 1.1, Right: true}, {Title: l.T("portfolio.print.proof"), Share: 2.4}}, rows)
		d.Paragraph(l.T("portfolio.print.sum_year", "year", yearText(y.Year), "hours", l.N("portfolio.hours", y.Total())))
	}
	d.Heading(3, l.T("portfolio.print.sum", "hours", l.N("portfolio.hours", all.Total())))
	s.printCopies(d, p)
	d.Space(6)
	// A header and its first row stay on one page: so the words, the stamp and
	// the signature do. Blanks that do not break make the row high enough.
	room := strings.Repeat("\u00a0", 250)
	d.Table([]pdf.Column{{Title: l.T("portfolio.print.certified") + ". " + l.T("portfolio.print.certified_text"), Share: 1.2}, {Title: l.T("portfolio.print.place"), Share: 0.8},
		{Title: l.T("portfolio.print.sign")}}, [][]string{{"", "", room}})
	return d.Write(w)
}

func (s *Service) printCopies(d *pdf.Document, p Printout) {
	if len(p.copies) == 0 {
		return
	}
	l := s.Texts
	d.Heading(2, l.T("portfolio.print.copies"))
	var rows [][]string
	for _, i := range p.items {
		if a, there := p.copies[i.Key]; there {
			rows = append(rows, []string{strconv.Itoa(a.no), i.Title, strings.TrimPrefix(a.name, "zalaczniki/")})
		}
	}
	d.Table([]pdf.Column{{Title: l.T("portfolio.print.no"), Share: 0.5}, {Title: l.T("portfolio.column.title"), Share: 3}, {Title: l.T("portfolio.print.file"), Share: 2.4}}, rows)
}

// row is one line of the printed list.
func (p Printout) row(l *i18n.L, n int, i Item) []string {
	title := i.Title
	if i.Form != "" {
		title += " (" + formName(l, i.Form) + ")"
	}
	proof := proofOf(l, i, p.people)
	if a, there := p.copies[i.Key]; there {
		proof += "; " + l.T("portfolio.print.attached", "n", a.no)
	}
	return []string{strconv.Itoa(n), title, i.Issuer, l.DateText(i.Day), strconv.Itoa(i.Hours), proof}
}

// proofOf says in words what stands behind an item: a paper with its number,
// somebody who saw the original, or the owner's word.
func proofOf(l *i18n.L, i Item, people map[string]string) string {
	switch {
	case i.Paper != nil:
		return l.T("portfolio.proof.paper", "kind", l.T("training.paper."+string(i.Paper.Kind)), "number", i.Paper.Number)
	case i.Entry != nil && i.Entry.State == Confirmed:
		return l.T("portfolio.proof.typed") + "; " + confirmedText(l, *i.Entry, people)
	case i.Kind == External:
		return l.T("portfolio.proof.typed")
	case i.Kind == Network:
		return l.T("portfolio.proof.network")
	}
	return l.T("portfolio.proof.here")
}

// confirmedText names the institution, who and when.
func confirmedText(l *i18n.L, e Entry, people map[string]string) string {
	who := people[e.DecidedBy]
	if who == "" {
		who = l.T("role." + string(e.DecidedRole)) // the account is gone, the act stays
	}
	return l.T("portfolio.proof.confirmed", "place", e.Place, "who", who, "date", l.Date(localTime(time.Unix(e.DecidedAt, 0))))
}

func formName(l *i18n.L, form string) string {
	switch form {
	case Postgraduate, OtherForm, "network":
		return l.T("portfolio.form." + form)
	}
	return l.T("training.form." + form)
}

// Archive writes the list and all copies as a ZIP, one after the other, so that
// no more than one lies in memory.
func (s *Service) Archive(ctx context.Context, w io.Writer, p Printout) (err error) {
	defer fault.Wrap(&err, "archive of the portfolio")
	var list bytes.Buffer
	if err := s.PDF(&list, p); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	put := func(name string, r io.Reader) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: p.at})
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return err
	}
	if err := put("zestawienie.pdf", &list); err != nil {
		return err
	}
	for _, i := range p.items {
		a, there := p.copies[i.Key]
		if !there {
			continue
		}
		r, err := a.open(ctx)
		if err != nil {
			return err
		}
		if err := errors.Join(put(a.name, r), r.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}
