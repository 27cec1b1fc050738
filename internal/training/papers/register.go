package papers

import (
	"context"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

const pageRows = 50

// Filter narrows a register. Kind must be set: the two registers never mix.
type Filter struct {
	Kind  Kind
	Words string // a number, or the beginning of a name
	State State
}

func (f Filter) where(center access.InstitutionID) (string, []any) {
	where, args := `p.center = ? and p.kind = ?`, []any{center, f.Kind}
	if f.State != "" {
		where, args = where+` and p.state = ?`, append(args, f.State)
	}
	if f.Words == "" {
		return where, args
	}
	either, names := []any{NumberKey(f.Words)}, ""
	for word := range strings.FieldsSeq(i18n.Fold(f.Words)) {
		names += ` and p.name_fold like ?`
		either = append(either, "% "+word+"%") // a folded word has letters and digits only
	}
	if names == "" {
		return where + ` and p.number_key = ?`, append(args, either...)
	}
	where, args = where+` and (p.number_key = ? or (1 = 1`+names+`))`, append(args, either...)
	return where, args
}

// Register is a page of the register of a center, the newest number first, for
// who issues papers there.
func (s *Service) Register(ctx context.Context, who access.Actor, center access.InstitutionID, f Filter, at web.Cursor) (list []Paper, more bool, err error) {
	defer fault.Wrap(&err, "register of %s", center)
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return nil, false, err
	}
	where, args := f.where(center)
	order := "desc"
	switch {
	case at.Back:
		where, args, order = where+` and (p.sort > ? or p.sort = ? and p.id > ?)`, append(args, at.Key, at.Key, at.ID), "asc"
	case at.ID != "":
		where, args = where+` and (p.sort < ? or p.sort = ? and p.id < ?)`, append(args, at.Key, at.Key, at.ID)
	}
	err = s.db.Select(ctx, &list, `select `+paperColumns+` from training_papers p where `+where+` order by p.sort `+order+`, p.id `+order+` limit ?`, append(args, pageRows+1)...)
	if more = len(list) > pageRows; more {
		list = list[:pageRows]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, more, err
}

// Open is a paper of the register with its prints. Looking at it is noted.
func (s *Service) Open(ctx context.Context, who access.Actor, id ID) (p Paper, copies []Copy, last Content, err error) {
	if p, err = s.own(ctx, s.db, who, id); err != nil {
		return p, nil, last, err
	}
	if copies, err = copiesOf(ctx, s.db, id); err != nil {
		return p, nil, last, err
	}
	if len(copies) > 0 {
		if last, err = s.unseal(copies[len(copies)-1].ID, copies[len(copies)-1].Content); err != nil {
			return p, nil, last, err
		}
	}
	now := s.now()
	return p, copies, last, s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.read", Object: "paper", ObjectID: string(id), Institution: string(p.Center), Subject: p.Person, Read: true}, now)
	})
}

// noteFile writes that the file of a print was taken from the register.
func (s *Service) noteFile(ctx context.Context, who access.Actor, p Paper, c Copy) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.file", Object: "paper", ObjectID: string(p.ID), Institution: string(p.Center),
			Subject: p.Person, Read: true, Details: map[string]string{"print": string(c.ID)}}, now)
	})
}

// Sheet writes a register as a sheet: the oldest number first, without birth
// data. Carrying it away is noted.
func (s *Service) Sheet(ctx context.Context, who access.Actor, l *i18n.L, center access.InstitutionID, f Filter, format sheet.Format, w io.Writer) error {
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return err
	}
	now := s.now()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.export", Object: "institution", ObjectID: string(center), Institution: string(center),
			Details: map[string]string{"kind": string(f.Kind)}}, now)
	})
	if err != nil {
		return err
	}
	var header []string
	for _, name := range []string{"number", "issued", "name", "title", "form", "hours", "starts", "ends", "state", "handed", "handed_how", "blank", "changed", "voided", "reason", "imported"} {
		header = append(header, l.T("papers.column."+name))
	}
	return sheet.Write(w, format, l.T("papers.register."+string(f.Kind)), header, s.rows(ctx, l, center, f))
}

func (s *Service) rows(ctx context.Context, l *i18n.L, center access.InstitutionID, f Filter) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		where, args := f.where(center)
		for key, id := "", ""; ; {
			var list []Paper
			err := s.db.Select(ctx, &list, `select `+paperColumns+` from training_papers p where `+where+` and (p.sort > ? or p.sort = ? and p.id > ?) order by p.sort, p.id limit 500`,
				append(slices.Clone(args), key, key, id)...)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range list {
				if !yield(rowOf(l, p), nil) {
					return
				}
				key, id = p.Sort, string(p.ID)
			}
			if len(list) < 500 {
				return
			}
		}
	}
}

func rowOf(l *i18n.L, p Paper) []string {
	handed, how, imported := "", "", ""
	if p.HandedAt != 0 {
		handed, how = dayOf(time.Unix(p.HandedAt, 0)), l.T("papers.way."+p.HandedHow)
	}
	if p.Imported {
		imported = l.T("papers.yes")
	}
	return []string{p.Number, p.IssuedOn, p.Name, p.Title, formName(l, p.Form), strconv.Itoa(p.Hours), p.StartsOn, p.EndsOn, l.T("papers.state." + string(p.State)),
		handed, how, p.Blank, p.ChangedOn, p.VoidedOn, p.VoidReason, imported}
}

func formName(l *i18n.L, f training.Form) string {
	if f == "" {
		return ""
	}
	return l.T("training.form." + string(f))
}

// Owned is a paper as its holder and the portfolio see it.
type Owned struct {
	Paper
	CenterName string
	Signed     bool   // the signed file can be fetched
	Path       string // of the page where the holder fetches it, "" for none
}

// OfPerson are the papers of somebody with an account, the newest first: those
// made out to the account, and those of enrollments that the account gathered
// since. Whoever calls it answers for who sees them.
func (s *Service) OfPerson(ctx context.Context, person string) (list []Owned, err error) {
	return s.ofPerson(ctx, person, "")
}

// ofPerson is OfPerson; with the key of the person's address, those of
// enrollments come too that nobody gathered and that were made with it.
func (s *Service) ofPerson(ctx context.Context, person, emailKey string) (list []Owned, err error) {
	defer fault.Wrap(&err, "papers of a person")
	if person == "" {
		return nil, nil
	}
	var papers []Paper
	args := append([]any{person}, enrolledBy(person, emailKey)...)
	err = s.db.Select(ctx, &papers, `select `+paperColumns+` from training_papers p where p.person = ? or (p.person = '' and p.enrollment in
		`+enrolled+`) order by p.issued_on desc, p.id desc limit 500`, args...)
	if err != nil {
		return nil, err
	}
	for _, p := range papers {
		o := Owned{Paper: p}
		if o.CenterName, err = s.centerName(ctx, p); err != nil {
			return nil, err
		}
		if p.Enrollment != "" {
			o.Path = training.EnrollPath + "/" + string(p.Enrollment) + "/dokument"
		}
		if o.Signed, err = s.hasSigned(ctx, p.ID); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// enrolled are the enrollments of a person: of the account, and, where the key of
// the confirmed address is not "", those of that address that no account has.
const enrolled = `(select e.id from training_enrollments e where e.person = ? or (e.person = '' and e.email_key = ? and e.email_key <> ''))`

func enrolledBy(person, emailKey string) []any { return []any{person, emailKey} }

// ofToday picks the signed prints with the words that hold now: what a correction
// replaced is not handed out any more.
const ofToday = `c.paper = ? and c.signing = ? and c.version = (select p.version from training_papers p where p.id = c.paper)`

func (s *Service) hasSigned(ctx context.Context, id ID) (bool, error) {
	var n int
	err := s.db.Get(ctx, &n, `select count(*) from training_paper_copies c where `+ofToday, id, signed)
	return n > 0, err
}

// centerName is how the center called itself, or how the directory calls it.
func (s *Service) centerName(ctx context.Context, p Paper) (string, error) {
	c, err := s.settingsOf(ctx, p.Center)
	if err != nil || c.FullName != "" || s.Directory == nil {
		return c.FullName, err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{p.Center})
	return names[p.Center], err
}

// OfEnrollment is the paper of an enrollment that holds, or the last voided one;
// ErrNotFound when there is none.
func (s *Service) OfEnrollment(ctx context.Context, id training.EnrollmentID) (p Paper, err error) {
	return p, s.db.Get(ctx, &p, `select `+paperColumns+` from training_papers p where p.enrollment = ?
		order by case when p.state = 'voided' then 1 else 0 end, p.id desc limit 1`, id)
}

// signedCopy is the newest print of a paper, in the words that hold now, whose
// signed file is here.
func (s *Service) signedCopy(ctx context.Context, id ID) (c Copy, err error) {
	return c, s.db.Get(ctx, &c, `select `+copyColumns+` from training_paper_copies c where `+ofToday+` order by c.no desc limit 1`, id, signed)
}

// SignedOf opens the newest signed file of a paper of that person; another's,
// and one that is not signed, is ErrNotFound.
func (s *Service) SignedOf(ctx context.Context, person, id string) (io.ReadCloser, error) {
	list, err := s.OfPerson(ctx, person)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, func(o Owned) bool { return string(o.ID) == id }) {
		return nil, fault.ErrNotFound
	}
	c, err := s.signedCopy(ctx, ID(id))
	if err != nil {
		return nil, err
	}
	return s.Files.Open(ctx, ownerOf(c.ID), files.ID(c.SignedFile))
}
