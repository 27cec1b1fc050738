package training

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// newcomer is somebody at the door of a training: everything was looked up and
// checked that needs no lock, and only the seat is missing.
type newcomer struct {
	t        Training // as it was when the words were checked
	e        Enrollment
	who      access.Actor
	approved bool
	noSeat   bool // of a guest: the link alone, see Applicant.NoSeat
	at       int64
	done     chan struct{} // closed when receipt and err stand
	receipt  Receipt
	err      error
}

// offered is what everybody who comes to one training needs to know of it.
type offered struct {
	t        Training
	eligible Eligible
	pools    []string
	tracks   []string
	agreed   string
	first    firstOf
}

// errStale is an offer that changed between the form and the seat. The words are
// checked again with the new one.
var errStale = errors.New("the offer changed meanwhile")

// offers remembers what was read of the trainings that people enroll in, for one
// version of the public offer. Whether the training still is what was read is
// asked again when the queue is held.
type offers struct {
	mu      sync.Mutex
	version int64
	known   map[ID]offered
}

// mostOffers bounds the memory; it is more than a center has open at once.
const mostOffers = 500

func (o *offers) get(version int64, id ID) (found offered, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.version == version {
		found, ok = o.known[id]
	}
	return found, ok
}

func (o *offers) put(version int64, new offered) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.version != version || len(o.known) >= mostOffers {
		o.version, o.known = version, nil
	}
	if o.known == nil {
		o.known = map[ID]offered{}
	}
	o.known[new.t.ID] = new
}

func (o *offers) forget(id ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.known, id)
}

// offer is what newcomers need to know, outside of any transaction.
func (s *Service) offer(ctx context.Context, r *db.DB, id ID) (o offered, err error) {
	version, err := db.Version(ctx, r, VersionName)
	if err != nil {
		return o, err
	}
	if o, ok := s.offers.get(version, id); ok {
		return o, nil
	}
	t, err := ByID(ctx, r, id)
	if err != nil {
		return o, err
	}
	if o, err = readOffer(ctx, r, t); err == nil {
		s.offers.put(version, o)
	}
	return o, err
}

func readOffer(ctx context.Context, r db.Reader, t Training) (o offered, err error) {
	o.t = t
	if o.eligible, err = EligibleFor(ctx, r, t.ID); err != nil {
		return o, err
	}
	pools, err := Pools(ctx, r, t.ID)
	if err != nil {
		return o, err
	}
	for _, p := range pools {
		o.pools = append(o.pools, p.Name)
	}
	meetings, err := Meetings(ctx, r, t.ID)
	if err != nil {
		return o, err
	}
	for _, m := range meetings {
		if m.Track != "" && !slices.Contains(o.tracks, m.Track) {
			o.tracks = append(o.tracks, m.Track)
		}
	}
	if o.first, err = first(ctx, r, t); err != nil {
		return o, err
	}
	o.agreed, err = agreementTo(ctx, r, t)
	return o, err
}

// newcomer checks the words of a form against the offer and makes the
// enrollment, without a state yet. Of an account the name and the address are
// the account's.
func (s *Service) newcomer(ctx context.Context, who access.Actor, o offered, a Applicant, how How, at int64) (*newcomer, error) {
	if err := mayEnroll(o.t, how, a.SeenRev, at); err != nil {
		return nil, err
	}
	if a.Person != "" {
		p, err := s.People.Reachable(ctx, a.Person)
		if err != nil {
			return nil, err
		}
		if p.ClosedAt != nil {
			return nil, fault.ErrNotFound
		}
		a.Name, a.Email, a.Lang = p.Name, p.Email, orLang(a.Lang, p.Lang)
	}
	if err := a.check(o.t, how, o.tracks); err != nil {
		return nil, err
	}
	from, err := s.homeOf(ctx, a.Institution)
	if err != nil {
		return nil, err
	}
	if err := s.fitsStaffTraining(ctx, o.t, a.Institution); err != nil {
		return nil, err
	}
	if err := s.ofThatStaff(ctx, o.t, a, how); err != nil {
		return nil, err
	}
	if err := o.admits(who, a, how); err != nil {
		return nil, err
	}
	if err := o.eligible.fits(a.Role, from.Kind, from.by(o.t)); err != nil {
		return nil, err
	}
	if err := s.goesFirst(ctx, o, a, how, at); err != nil {
		return nil, err
	}
	e := Enrollment{ID: EnrollmentID(newID()), Training: o.t.ID, Pool: poolFor(o.pools, from.by(o.t)), Active: true, Person: string(a.Person),
		Name: a.Name, NameKey: nameKey(a.Name), Email: a.Email, EmailKey: s.emailKey(a.Email), Phone: a.Phone, Lang: orLang(a.Lang, i18n.PL),
		Institution: string(a.Institution), Role: a.Role, BySeat: from.BySeat, ByRunning: from.ByRunning, How: how, Track: a.Track,
		Agreed: o.agreed, AgreedRev: o.t.Revision, Payer: a.Payer, Revision: 1, CreatedAt: at, ChangedAt: at}
	if a.Institution == "" {
		e.TypedName = a.TypedName
	}
	if e.Payer == "" {
		e.Payer = o.t.Payer
	}
	if who.Person != a.Person {
		e.EnrolledBy = string(who.Person)
	}
	if a.Needs != "" && o.t.AskNeeds {
		e.Needs = s.sealNeeds(e.ID, a.Needs)
	}
	e.WhoKey = s.whoKey(e)
	if how == ByGuest {
		if e.HoldUntil, err = s.holdUntil(ctx, o.t, at); err != nil {
			return nil, err
		}
	}
	n := &newcomer{t: o.t, e: e, who: who, at: at, noSeat: a.NoSeat}
	return n, s.approveOwn(ctx, n)
}

func orLang(a, b i18n.Lang) i18n.Lang {
	if a != "" {
		return a
	}
	return b
}

// approveOwn: who may say yes for the institution says it by enrolling.
func (s *Service) approveOwn(ctx context.Context, n *newcomer) error {
	if !n.t.Approval || n.e.Institution == "" || n.e.How == ByPhone || n.who.Person == "" {
		return nil
	}
	units, err := s.approvedAt(ctx, n.e.Institution)
	if err != nil {
		return err
	}
	for _, at := range units {
		err := n.who.MayAt(ctx, access.ApproveTrainings, at)
		if n.approved = err == nil; n.approved {
			n.e.ApprovedBy, n.e.ApprovedAt = string(n.who.Person), n.at
			return nil
		}
		if fault.KindOf(err) != fault.Forbidden {
			return err
		}
	}
	return nil
}

// whoKey finds the same person again: by account, by address, or, where there
// is neither, by what was said on the phone.
func (s *Service) whoKey(e Enrollment) string {
	switch {
	case e.Person != "":
		return "person:" + e.Person
	case e.EmailKey != "":
		return "mail:" + e.EmailKey
	}
	return "name:" + s.emailKey(i18n.Fold(e.Name)+"|"+e.Institution+i18n.Fold(e.TypedName)+"|"+e.Phone)
}

// homeOf is where an institution of the directory lies and who runs it.
func (s *Service) homeOf(ctx context.Context, id access.InstitutionID) (home, error) {
	if id == "" {
		return home{}, nil
	}
	i, err := directory.ByID(ctx, s.db, id)
	if fault.KindOf(err) == fault.NotFound {
		return home{}, fault.InvalidFields([]fault.Field{{Name: fieldPlace, Key: "training.queue.fault.field.placowka"}})
	}
	return home{i.Kind, i.Municipality, i.RunningMunicipality}, err
}

// fitsStaffTraining lets into a training that a head ordered only the staff of
// that institution and of its units.
func (s *Service) fitsStaffTraining(ctx context.Context, t Training, at access.InstitutionID) error {
	if t.ForInstitution == "" || string(at) == t.ForInstitution {
		return nil
	}
	own := false
	if at != "" {
		var err error
		if own, err = s.Directory.Leads(ctx, access.InstitutionID(t.ForInstitution), at); err != nil {
			return err
		}
	}
	if !own {
		return fault.New(fault.Conflict, "training.queue.fault.not_for_school")
	}
	return nil
}

// ofThatStaff lets into such a training only people of whom it is known that
// they belong to the staff: an account with a role there, or somebody whom the
// head or the center enrolls. What a stranger says proves nothing, and a letter
// to whatever address is no proof either.
func (s *Service) ofThatStaff(ctx context.Context, t Training, a Applicant, how How) error {
	if t.ForInstitution == "" || how == ByHead || how == ByPhone {
		return nil
	}
	if how == BySwap {
		return fault.New(fault.Conflict, "training.queue.fault.swap_staff")
	}
	if how == BySelf && a.Person != "" {
		holds, err := s.People.HoldsAt(ctx, a.Person, a.Institution, access.Roles()...)
		if err != nil || holds {
			return err
		}
	}
	return fault.New(fault.Conflict, "training.queue.fault.not_for_school")
}

// young tells the roles of pupils and of those who answer for them. Trainings are
// for the staff of schools, unless one names these.
func young(r access.Role) bool { return r == access.Pupil || r == access.Guardian }

// admits refuses pupils, guardians and whoever sits at a shared computer, unless
// the training is for them by name. A stranger cannot say that they are one.
func (o offered) admits(who access.Actor, a Applicant, how How) error {
	own := how == BySelf
	is := young(a.Role) || own && who.Shared
	if own && len(who.Roles) > 0 && !slices.ContainsFunc(who.Roles, func(h access.Held) bool { return !young(h.Role) }) {
		is = true
	}
	named := slices.ContainsFunc(o.eligible.Roles, func(r access.Role) bool { return young(r) && (r == a.Role || own && who.Has(r)) })
	if is && (how == ByGuest || !named) {
		return fault.New(fault.Conflict, "training.queue.fault.not_for_young")
	}
	return nil
}

// holdUntil is until when a guest's seat is kept; not beyond the beginning.
func (s *Service) holdUntil(ctx context.Context, t Training, at int64) (int64, error) {
	v, err := s.Law.Int(ctx, s.db, HoldMinutes, time.Unix(at, 0))
	until := at + v.Int*60
	if t.StartsAt > 0 {
		until = min(until, t.StartsAt)
	}
	return until, err
}

// comeIn seats newcomers of one training in the order given, or lets them wait.
// Each gets a receipt; an error is that of the whole transaction. It is errStale
// when the offer is another than the one that was checked.
func (s *Service) comeIn(ctx context.Context, tx *db.Tx, list []*newcomer) error {
	id, at := list[0].t.ID, int64(0)
	for _, n := range list {
		n.receipt, n.err = Receipt{}, nil // this may be the second run
		at = max(at, n.at)
	}
	known, err := s.knownHere(ctx, tx, id, list)
	if err != nil {
		return err
	}
	lines, err := s.linesFor(ctx, tx, list, known, at)
	if err != nil {
		return err
	}
	var rows []*Enrollment
	var new []*newcomer
	for _, n := range list {
		old := known.find(n.e, at)
		if old != nil && old.elsewhere(n.e) && lines[old.Pool] != nil {
			if err := s.endElsewhere(ctx, tx, lines[old.Pool], old, at); err != nil {
				return err
			}
			old = nil
		}
		if old != nil {
			if err := s.welcomeBack(ctx, tx, n, old); err != nil {
				return err
			}
			continue
		}
		e := n.e
		s.sit(lines[e.Pool], &e, n)
		n.receipt = Receipt{ID: e.ID, State: e.State}
		known.add(e)
		rows, new = append(rows, &e), append(new, n)
	}
	if err := insertEnrollments(ctx, tx, rows); err != nil {
		return err
	}
	for i, e := range rows {
		if err := s.tellNew(ctx, tx, lines[e.Pool].t, *e, new[i]); err != nil {
			return err
		}
	}
	return flushAll(ctx, tx, lines)
}

// linesFor takes hold of the pools of newcomers, always in the same order, and
// first ends there what ran out.
func (s *Service) linesFor(ctx context.Context, tx *db.Tx, list []*newcomer, known knownPeople, at int64) (map[string]*queueLine, error) {
	over := map[string]bool{} // pools with a former enrollment whose time ran out
	for _, n := range list {
		over[n.e.Pool] = over[n.e.Pool] || false
	}
	for _, e := range known {
		if e.ranOut(at) {
			over[e.Pool] = true
		} else if e.State == Pending {
			over[e.Pool] = over[e.Pool] || false // see elsewhere
		}
	}
	lines := map[string]*queueLine{}
	for _, pool := range slices.Sorted(maps.Keys(over)) {
		l, err := s.holdPool(ctx, tx, list[0].t.ID, pool)
		if fault.KindOf(err) == fault.NotFound && !slices.ContainsFunc(list, func(n *newcomer) bool { return n.e.Pool == pool }) {
			continue // of a stranger who stayed behind in a pool that is gone
		}
		if fault.KindOf(err) == fault.NotFound {
			err = errStale
		}
		if err != nil {
			return nil, err
		}
		if err := l.stillOffers(ctx, tx, list); err != nil {
			return nil, err
		}
		if over[pool] || l.p.Free() == 0 {
			if err := s.lapse(ctx, tx, l, at); err != nil {
				return nil, err
			}
		}
		lines[pool] = l
	}
	return lines, nil
}

// stillOffers tells whether the offer, now that the queue is held, is the one
// that the newcomers had before them.
func (l *queueLine) stillOffers(ctx context.Context, tx *db.Tx, list []*newcomer) error {
	var now Training
	if err := tx.Get(ctx, &now, `select revision, state from training_trainings where id = ?`, l.p.Training); err != nil {
		return err
	}
	for _, n := range list {
		if now.Revision != n.t.Revision || now.State != n.t.State {
			return errStale
		}
	}
	l.t = list[0].t
	return nil
}

// sit gives the newcomer a seat or a place in the queue. A guest without a seat
// comes to the queue when the mailed link is used, an applicant of a course with
// admission when an officer has decided.
func (s *Service) sit(l *queueLine, e *Enrollment, n *newcomer) {
	seated := false
	switch {
	case n.t.Admission:
	case e.How != ByGuest || l.p.Free() > 0 && !n.noSeat:
		seated = l.come(e, string(n.who.Person), n.at)
	}
	e.State = entry(n.t, e.How, n.approved, seated)
}

func flushAll(ctx context.Context, tx *db.Tx, lines map[string]*queueLine) error {
	for _, pool := range slices.Sorted(maps.Keys(lines)) {
		if err := lines[pool].flush(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// tellNew tells the person, the heads who are asked, and other modules.
func (s *Service) tellNew(ctx context.Context, tx *db.Tx, t Training, e Enrollment, n *newcomer) error {
	if e.State == Pending {
		return s.tell(ctx, tx, e, NewsLink, "link")
	}
	if e.How == ByPhone || e.How == ByHead {
		if err := s.record(ctx, tx, n.who, "enroll_"+string(e.How), t, e, n.at, nil); err != nil {
			return err
		}
	}
	return s.tellState(ctx, tx, t, e, n.at)
}

// tellState tells what has become of an enrollment that is confirmed by its person.
func (s *Service) tellState(ctx context.Context, tx *db.Tx, t Training, e Enrollment, at int64) error {
	if err := s.tellEnrolled(ctx, tx, t, e, at); err != nil {
		return err
	}
	news := map[State]News{Applied: NewsApplied, Waiting: NewsWaiting, Confirmed: NewsConfirmed}[e.State]
	if err := s.tell(ctx, tx, e, news, string(news)); err != nil {
		return err
	}
	if e.State == Applied && t.Approval && e.ApprovedBy == "" {
		return s.tell(ctx, tx, e, NewsAsked, "asked")
	}
	return nil
}

// welcomeBack answers somebody who is enrolled already: nothing is done. A guest
// is told by letter only, so that nobody learns who is enrolled.
func (s *Service) welcomeBack(ctx context.Context, tx *db.Tx, n *newcomer, old *acquaintance) error {
	n.receipt = Receipt{ID: old.ID, State: old.State, Known: true}
	if n.e.How == BySelf && old.State == Pending && old.Person == "" {
		return s.ownWords(ctx, tx, n, old)
	}
	if n.e.How != ByGuest && n.e.How != BySwap {
		return nil
	}
	n.receipt.State = Pending
	news := NewsKnown
	if old.State == Pending {
		news = NewsLink
	}
	e, err := EnrollmentByID(ctx, tx, old.ID)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, e, news, "again/"+strconv.FormatInt(n.at/3600, 10))
}

// ownWords puts what an account says of itself in the place of what somebody
// typed with its address: that may have been anybody. A seat in the queue of
// another municipality is given back by the caller before (see comeIn); a place
// that a colleague hands over is of the colleague's institution.
func (s *Service) ownWords(ctx context.Context, tx *db.Tx, n *newcomer, old *acquaintance) error {
	e, err := EnrollmentByID(ctx, tx, old.ID)
	if err != nil || e.SwappedFrom != "" {
		return err
	}
	needs, err := s.sealAgain(n.e, e.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update training_enrollments set name = ?, name_key = ?, phone = ?, lang = ?, institution = ?, institution_name = ?, role = ?,
			by_seat = ?, by_running = ?, needs = ?, track = ?, payer = ?, agreed = ?, agreed_rev = ?, approved_by = ?, approved_at = ?,
			revision = revision + 1, changed_at = ?
		where id = ? and state = ?`, n.e.Name, n.e.NameKey, n.e.Phone, n.e.Lang, n.e.Institution, n.e.TypedName, n.e.Role,
		n.e.BySeat, n.e.ByRunning, needs, n.e.Track, n.e.Payer, n.e.Agreed, n.e.AgreedRev, n.e.ApprovedBy, n.e.ApprovedAt, n.at, e.ID, Pending)
	return err
}

// acquaintance is what is needed of somebody who is enrolled to know them again.
type acquaintance struct {
	ID         EnrollmentID `db:"id"`
	WhoKey     string       `db:"who_key"`
	EmailKey   string       `db:"email_key"`
	Person     string       `db:"person"`
	State      State        `db:"state"`
	Pool       string       `db:"pool"`
	HoldUntil  int64        `db:"hold_until"`
	OfferUntil int64        `db:"offer_until"`
	Swapped    string       `db:"swapped_from"`
}

// elsewhere tells whether a stranger's unconfirmed enrollment stands in another
// queue than the account with its address belongs to.
func (a acquaintance) elsewhere(n Enrollment) bool {
	return n.How == BySelf && a.State == Pending && a.Person == "" && a.Swapped == "" && a.Pool != n.Pool
}

// endElsewhere ends such an enrollment: the account comes in its own queue.
func (s *Service) endElsewhere(ctx context.Context, tx *db.Tx, l *queueLine, old *acquaintance, at int64) error {
	e, err := EnrollmentByID(ctx, tx, old.ID)
	if err != nil {
		return err
	}
	old.State, old.HoldUntil = Pending, 0 // ran out: it is found no more
	if err := s.end(ctx, tx, l, &e, Lapsed, ActLapsed, "", at); err != nil {
		return err
	}
	return s.offerNext(ctx, tx, l, at)
}

func (a acquaintance) ranOut(at int64) bool {
	return Enrollment{State: a.State, HoldUntil: a.HoldUntil, OfferUntil: a.OfferUntil}.ranOut(at)
}

// knownPeople are enrollments that count, of people among whom newcomers may be.
type knownPeople []acquaintance

func (k *knownPeople) add(e Enrollment) {
	*k = append(*k, acquaintance{e.ID, e.WhoKey, e.EmailKey, e.Person, e.State, e.Pool, e.HoldUntil, e.OfferUntil, e.SwappedFrom})
}

// find is the enrollment of the same person or address, nil for none. What ran
// out was ended before and is none.
func (k knownPeople) find(n Enrollment, at int64) *acquaintance {
	for i, e := range k {
		same := e.WhoKey == n.WhoKey || e.EmailKey != "" && e.EmailKey == n.EmailKey && (e.Person == "" || n.Person == "")
		if same && !e.ranOut(at) {
			return &k[i]
		}
	}
	return nil
}

// knownHere finds the newcomers who are enrolled already, and some others who
// share an address with them.
func (s *Service) knownHere(ctx context.Context, tx *db.Tx, id ID, list []*newcomer) (known knownPeople, err error) {
	for some := range slices.Chunk(list, 200) {
		var keys, mails []string
		for _, n := range some {
			keys, mails = append(keys, n.e.WhoKey), append(mails, n.e.EmailKey)
		}
		query, args, err := db.In(`select id, who_key, email_key, person, state, pool, hold_until, offer_until, swapped_from from training_enrollments
				where training = ? and active and who_key in (?)
			union select id, who_key, email_key, person, state, pool, hold_until, offer_until, swapped_from from training_enrollments
				where training = ? and active and email_key <> '' and email_key in (?)`, id, keys, id, mails)
		if err != nil {
			return nil, err
		}
		var found knownPeople
		if err := tx.Select(ctx, &found, query, args...); err != nil {
			return nil, err
		}
		known = append(known, found...)
	}
	return known, nil
}

const insertColumns = `id, training, pool, state, seated, active, place, who_key, person, name, name_key, email, email_key, phone, lang, institution,
	institution_name, role, by_seat, by_running, how, enrolled_by, needs, track, agreed, agreed_rev, payer, hold_until, offer_until,
	approved_by, approved_at, swapped_from, moved_from, created_at, changed_at`

// insertWidth is their number; it stays below the marks of statements that are
// kept read (see package db).
const insertWidth = 35

func (e *Enrollment) insertValues() []any {
	return []any{e.ID, e.Training, e.Pool, e.State, e.Seated, e.Active, e.Place, e.WhoKey, e.Person, e.Name, e.NameKey, e.Email, e.EmailKey, e.Phone, e.Lang,
		e.Institution, e.TypedName, e.Role, e.BySeat, e.ByRunning, e.How, e.EnrolledBy, e.Needs, e.Track, e.Agreed, e.AgreedRev, e.Payer, e.HoldUntil,
		e.OfferUntil, e.ApprovedBy, e.ApprovedAt, e.SwappedFrom, e.MovedFrom, e.CreatedAt, e.ChangedAt}
}

// insertEnrollments writes new rows. One of the same person that somebody wrote
// meanwhile is errFaster.
func insertEnrollments(ctx context.Context, tx *db.Tx, rows []*Enrollment) error {
	for some := range slices.Chunk(rows, db.MaxParams/insertWidth) {
		args := make([]any, 0, len(some)*insertWidth)
		for _, e := range some {
			args = append(args, e.insertValues()...)
		}
		n, err := tx.Exec(ctx, `insert into training_enrollments (`+insertColumns+`) values `+db.Marks(len(some), insertWidth)+` on conflict do nothing`, args...)
		if err != nil {
			return err
		}
		if n != int64(len(some)) {
			return errFaster
		}
	}
	return nil
}
