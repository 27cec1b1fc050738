package training

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// mostSent is how many files one applicant may send within an hour: enough to
// send each paper several times over, too few to fill a disk. A guest has no
// account whose uploads could be counted.
const mostSent = 2 * mostRequired

func admissionUse() files.Use {
	return files.Use{Name: AdmissionUse, MaxBytes: 10 << 20, Types: []string{files.PDF, files.JPEG, files.PNG}}
}

func admissionOwner(id EnrollmentID) files.Owner {
	return files.Owner{Module: AdmissionUse, ID: string(id)}
}

// sentPaper is a file that an applicant sent for one of the papers asked for.
type sentPaper struct {
	No   int      `db:"no"`
	File files.ID `db:"file"`
	At   int64    `db:"at"`
}

func sentPapers(ctx context.Context, r db.Reader, id EnrollmentID) (list []sentPaper, err error) {
	return list, r.Select(ctx, &list, `select no, file, at from training_sent where enrollment = ? order by no`, id)
}

// sends tells whether papers of admission are taken from the enrollment: the
// address of a guest is confirmed, and the training is not over.
func (e Enrollment) sends(t Training) bool {
	return t.Admission && (t.State == Published || t.State == Postponed) && slices.Contains([]State{Applied, Waiting, Offered, Qualified, Confirmed}, e.State)
}

// maySend returns nil when the enrollment can send the paper now: it is asked
// for, and the center does not have it yet.
func maySend(ctx context.Context, r db.Reader, e Enrollment, no int) error {
	t, err := ByID(ctx, r, e.Training)
	if err != nil {
		return err
	}
	var n int
	if err := r.Get(ctx, &n, `select count(*) from training_required where training = ? and no = ?`, t.ID, no); err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	if !e.sends(t) {
		return fault.New(fault.Conflict, "training.people.fault.papers_over")
	}
	err = r.Get(ctx, &n, `select count(*) from training_received where enrollment = ? and no = ?`, e.ID, no)
	if err == nil && n > 0 {
		err = fault.New(fault.Conflict, "training.people.fault.paper_there")
	}
	return err
}

// SendPaper gives a file to an application as one of the papers asked for, in
// place of one sent before. Who may: the holder of the enrollment, who sent the
// file. NotFound for a paper that nobody asked for; Conflict when the center has
// it already, or takes none any more.
func (s *Service) SendPaper(ctx context.Context, h Holder, id EnrollmentID, no int, file files.ID) (err error) {
	defer fault.Wrap(&err, "paper %d of enrollment %s", no, id)
	if _, err := s.open(ctx, h, id); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := EnrollmentByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := maySend(ctx, tx, e, no); err != nil {
			return err
		}
		if err := s.dropPaper(ctx, tx, id, no); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into training_sent (enrollment, no, file, at) values (?, ?, ?, ?)
			on conflict (enrollment, no) do update set file = excluded.file, at = excluded.at`, id, no, file, now.Unix()); err != nil {
			return err
		}
		return s.Files.Claim(ctx, tx, h.Actor.By(), AdmissionUse, file, admissionOwner(id), now)
	})
}

// TakePaper takes a paper back that the holder sent and the center has not
// noted yet. One that is not there is no fault.
func (s *Service) TakePaper(ctx context.Context, h Holder, id EnrollmentID, no int) (err error) {
	defer fault.Wrap(&err, "take back paper %d of enrollment %s", no, id)
	e, err := s.open(ctx, h, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := maySend(ctx, tx, e, no); err != nil {
			return err
		}
		return s.dropPaper(ctx, tx, id, no)
	})
}

// dropPaper deletes what was sent for one paper.
func (s *Service) dropPaper(ctx context.Context, tx *db.Tx, id EnrollmentID, no int) error {
	var old files.ID
	err := tx.Get(ctx, &old, `delete from training_sent where enrollment = ? and no = ? returning file`, id, no)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = s.Files.ReleaseOne(ctx, tx, admissionOwner(id), old)
	}
	if errors.Is(err, fault.ErrNotFound) {
		return nil // an administrator deleted the file already
	}
	return err
}

// dropPapers deletes everything that was sent with one application.
func (s *Service) dropPapers(ctx context.Context, tx *db.Tx, id EnrollmentID) error {
	if _, err := tx.Exec(ctx, `delete from training_sent where enrollment = ?`, id); err != nil {
		return err
	}
	return s.Files.Release(ctx, tx, admissionOwner(id))
}

const papersAtOnce = 100

// forgetPapers deletes the papers of applications that need none any more: of
// trainings that are over or canceled, and of people who left by themselves. Of
// who was refused they stay until the training is over, for the decision may be
// questioned.
func (s *Service) forgetPapers(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "forget papers of admission")
	for {
		var ids []EnrollmentID
		err := s.db.Select(ctx, &ids, `select distinct x.enrollment from training_sent x join training_enrollments e on e.id = x.enrollment
			join training_trainings t on t.id = e.training where t.state in (?, ?, ?) or e.state in (?, ?, ?) order by x.enrollment limit ?`,
			Held, Closed, Canceled, Resigned, Lapsed, Dropped, papersAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				if err := s.dropPapers(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// placePaper is one paper asked for, as its applicant sees it.
type placePaper struct {
	No    string
	Field string // name of the field of the file
	Name  string
	State string
	Kind  string
	File  string // what was sent, "" for nothing
	Href  string
	Open  bool // may still be sent
}

func paperField(no int) string { return "plik-" + strconv.Itoa(no) }

// placePapers are the papers asked for, with what became of each. Lacking is how
// many are neither sent nor at the center.
func (s *Service) placePapers(ctx context.Context, l *i18n.L, e Enrollment, t Training, base string) (list []placePaper, lacking int, err error) {
	required, err := requiredPapers(ctx, s.db, t.ID)
	if err != nil || len(required) == 0 || !t.Admission {
		return nil, 0, err
	}
	received, err := receivedPapers(ctx, s.db, t.ID)
	if err != nil {
		return nil, 0, err
	}
	names, err := s.sentNames(ctx, e.ID)
	if err != nil {
		return nil, 0, err
	}
	open := e.sends(t)
	for n, name := range required {
		no := n + 1
		p := placePaper{No: strconv.Itoa(no), Field: paperField(no), Name: name, State: l.T("training.people.papers.lacks"), Kind: "warn", Open: open}
		if sent, ok := names[no]; ok {
			p.File, p.Href = sent, base+"/zalaczniki?nr="+p.No
			p.State, p.Kind = l.T("training.people.papers.sent"), ""
		}
		if received[e.ID][no] {
			p.State, p.Kind, p.Open = l.T("training.people.papers.received"), "ok", false
		}
		if p.Kind == "warn" {
			lacking++
		}
		list = append(list, p)
	}
	return list, lacking, nil
}

// sentNames are the files of an application, by the number of the paper.
func (s *Service) sentNames(ctx context.Context, id EnrollmentID) (map[int]string, error) {
	sent, err := sentPapers(ctx, s.db, id)
	if err != nil || len(sent) == 0 {
		return nil, err
	}
	there, err := s.Files.Of(ctx, s.db, admissionOwner(id))
	names := map[int]string{}
	for _, x := range sent {
		for _, f := range there {
			if f.ID == x.File {
				names[x.No] = f.Name + " (" + files.Bytes(f.Size) + ")"
			}
		}
	}
	return names, err
}

// paperNo is the number of a paper in an address.
func paperNo(text string) (int, error) {
	no, err := strconv.Atoi(text)
	if err != nil || no < 1 || no > mostRequired {
		return 0, fault.ErrNotFound
	}
	return no, nil
}

// getPlacePaper shows a paper to who sent it.
func (s *Service) getPlacePaper(w http.ResponseWriter, r *web.Request) error {
	keepSecret(w)
	h, id := holderOf(r)
	e, err := s.open(r.Context(), h, id)
	if err != nil {
		return err
	}
	no, err := paperNo(r.URL.Query().Get("nr"))
	if err != nil {
		return err
	}
	var file files.ID
	if err := s.db.Get(r.Context(), &file, `select file from training_sent where enrollment = ? and no = ?`, e.ID, no); err != nil {
		return err
	}
	return s.Files.Serve(w, r, admissionOwner(e.ID), file)
}

// postPlacePaper takes a paper. Who holds the enrollment, whether the paper is
// asked for and how often somebody tried is settled before a byte is read.
func (s *Service) postPlacePaper(w http.ResponseWriter, r *web.Request) error {
	keepSecret(w)
	h, id := holderOf(r)
	no, err := paperNo(r.URL.Query().Get("nr"))
	if err != nil {
		return err
	}
	e, err := s.open(r.Context(), h, id)
	if err != nil {
		return err
	}
	if err = maySend(r.Context(), s.db, e, no); err == nil {
		err = s.receivePaper(r, h, e, no)
	}
	return s.paperDone(w, r, "notice.people.paper_sent", err)
}

func (s *Service) receivePaper(r *web.Request, h Holder, e Enrollment, no int) error {
	if err := s.countSent(r.Context(), e.ID); err != nil {
		return err
	}
	form, err := s.Files.Receive(r, h.Actor.By(), AdmissionUse, paperField(no))
	if err == nil && form.File.ID == "" {
		err = fault.InvalidFields([]fault.Field{{Name: paperField(no), Key: "training.people.fault.file"}})
	}
	if err != nil {
		return err
	}
	return s.SendPaper(r.Context(), h, e.ID, no, form.File.ID)
}

// countSent counts a file before it is read. Too many: fault of kind TooMany,
// for the rest of the hour.
func (s *Service) countSent(ctx context.Context, id EnrollmentID) error {
	key, hour := s.tryKey("sent", string(id)), hourOf(s.now())
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into training_tries (key, hour, n) values (?, ?, 1)
			on conflict (key, hour) do update set n = training_tries.n + 1 where training_tries.n < ?`, key, hour, mostSent)
		if err == nil && n == 0 {
			err = fault.New(fault.TooMany, "training.people.fault.many_files")
		}
		return err
	})
}

func (s *Service) postTakePaper(w http.ResponseWriter, r *web.Request) error {
	keepSecret(w)
	if err := r.Form(); err != nil {
		return err
	}
	h, id := holderOf(r)
	no, err := paperNo(r.Value("nr"))
	if err == nil {
		err = s.TakePaper(r.Context(), h, id, no)
	}
	return s.paperDone(w, r, "notice.people.paper_gone", err)
}

// paperDone goes back to the page of the enrollment, or shows it with what stood
// in the way.
func (s *Service) paperDone(w http.ResponseWriter, r *web.Request, notice string, err error) error {
	if f := fault.As(err); f != nil && slices.Contains([]fault.Kind{fault.Conflict, fault.Invalid, fault.TooMany}, f.Kind) {
		return s.showPlace(w, r, f.Kind.Status(), f)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, placePath(r)+"#dokumenty-zgloszenia")
}

// sentTo are the files of an application for the officer, each under the name of
// the paper that it was sent as.
func (s *Service) sentTo(ctx context.Context, e Enrollment, required []string, path string) (links []web.Link, err error) {
	there, err := s.Files.Of(ctx, s.db, admissionOwner(e.ID))
	if err != nil || len(there) == 0 {
		return nil, err
	}
	sent, err := sentPapers(ctx, s.db, e.ID)
	for _, f := range there {
		text := f.Name + " (" + files.Bytes(f.Size) + ")"
		if n := slices.IndexFunc(sent, func(x sentPaper) bool { return x.File == f.ID }); n >= 0 && sent[n].No <= len(required) {
			text = required[sent[n].No-1] + ": " + text
		}
		links = append(links, web.Link{Text: text, Href: path + "/plik/" + string(f.ID)})
	}
	return links, err
}

// getAdmissionFile opens a paper of an applicant for whoever runs the training.
// The look is in the log.
func (s *Service) getAdmissionFile(w http.ResponseWriter, r *web.Request) error {
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	file, err := known(r.PathValue("file"))
	if err != nil {
		return err
	}
	if _, err := s.Files.Find(r.Context(), admissionOwner(e.ID), files.ID(file)); err != nil {
		return err
	}
	by, now := access.ActorOf(r.Request).By(), s.now()
	if err := s.db.Write(r.Context(), func(tx *db.Tx) error { return paperRead(r.Context(), tx, by, t, e, now) }); err != nil {
		return err
	}
	return s.Files.Serve(w, r, admissionOwner(e.ID), files.ID(file))
}

func paperRead(ctx context.Context, tx *db.Tx, by audit.By, t Training, e Enrollment, now time.Time) error {
	return audit.Record(ctx, tx, by, audit.Entry{Action: "training.paper_read", Object: "enrollment", ObjectID: string(e.ID),
		Institution: string(t.Center), Subject: e.Person, Read: true}, now)
}
