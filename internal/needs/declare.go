package needs

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// declareSeat is one quality in which somebody may speak in a campaign.
type declareSeat struct {
	Asked
	As   As
	Send bool   // may send, and not prepare alone
	by   string // of a visit: who wrote what lies there, "" while nothing does
}

// declareSeats are all qualities in which the actor may speak, by name of the
// institution. Heads and their deputies speak for the units that they lead, a
// secretary prepares or types a signed form in. Officers and delegates speak for
// their own office, for its people and as the running authority, and for no school.
func (s *Service) declareSeats(ctx context.Context, who access.Actor, id CampaignID) (seats []declareSeat, err error) {
	var own, heads, sends []access.InstitutionID
	for _, h := range who.Roles {
		switch {
		case !h.Role.Gives(access.DeclareNeeds) || h.Institution == "":
			continue
		case h.Role.Runs() || h.Role == access.ForumDelegate:
			own = append(own, h.Institution)
		default:
			heads = append(heads, h.Institution)
			if h.Role != access.SchoolSecretary {
				sends = append(sends, h.Institution)
			}
		}
	}
	led, err := s.Directory.Led(ctx, heads)
	if err != nil {
		return nil, err
	}
	may, err := s.Directory.Led(ctx, sends)
	if err != nil {
		return nil, err
	}
	list, err := askedAmong(ctx, s.db, id, append(led, own...))
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		switch office := !campaignTeaches(a); {
		case office && slices.Contains(own, a.Institution):
			seats = append(seats, declareSeat{Asked: a, As: AsOffice, Send: true}, declareSeat{Asked: a, As: AsAuthority, Send: true})
		case !office && slices.Contains(led, a.Institution):
			seats = append(seats, declareSeat{Asked: a, As: AsSchool, Send: slices.Contains(may, a.Institution)})
		}
	}
	return seats, nil
}

// declareMay returns the seat in which the actor speaks for an institution. One
// that the campaign does not ask is a Conflict that says so.
func (s *Service) declareMay(ctx context.Context, who access.Actor, c Campaign, at access.InstitutionID, as As) (seat declareSeat, err error) {
	if c.State == Draft {
		return seat, fault.ErrNotFound
	}
	if as == AsAdviser {
		if err := who.Must(access.AdviseNeeds); err != nil {
			return seat, err
		}
	} else if err := who.Must(access.DeclareNeeds); err != nil {
		return seat, err
	}
	list, err := askedAmong(ctx, s.db, c.ID, []access.InstitutionID{at})
	if err != nil {
		return seat, err
	}
	if len(list) == 0 {
		return seat, fault.New(fault.Conflict, "needs.answer.fault.scope")
	}
	if as == AsAdviser && campaignTeaches(list[0]) {
		return s.declareVisit(ctx, who, c, list[0])
	}
	seats, err := s.declareSeats(ctx, who, c.ID)
	if err != nil {
		return seat, err
	}
	n := slices.IndexFunc(seats, func(x declareSeat) bool { return x.Institution == at && x.As == as })
	if n < 0 {
		return seat, fault.New(fault.Forbidden, "fault.forbidden")
	}
	return seats[n], nil
}

// declareVisit is the seat of an adviser about an institution. A report that is
// there belongs to who wrote it and to the advisers of the same center; others
// neither read nor change it, and are told that it is there, so that they do
// not go on asking. That of an account that is gone belongs to nobody.
func (s *Service) declareVisit(ctx context.Context, who access.Actor, c Campaign, a Asked) (seat declareSeat, err error) {
	seat = declareSeat{Asked: a, As: AsAdviser, Send: true}
	d, err := declarationAt(ctx, s.db, c.ID, a.Institution, AsAdviser)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return seat, nil
	}
	if seat.by = d.By; err != nil || d.By == string(who.Person) {
		return seat, err
	}
	advise := slices.DeleteFunc(slices.Clone(access.Roles()), func(r access.Role) bool { return !r.Gives(access.AdviseNeeds) })
	for _, h := range who.Roles {
		if d.By == "" || h.Institution == "" || !h.Role.Gives(access.AdviseNeeds) {
			continue
		}
		if with, err := s.People.HoldsAt(ctx, access.PersonID(d.By), h.Institution, advise...); with || err != nil {
			return seat, err
		}
	}
	return seat, fault.New(fault.Conflict, "needs.answer.fault.visited")
}

// Declared is what somebody says for an institution.
type Declared struct {
	Revision int64 // that the form showed; 0 when there was nothing
	Lines    []Line
	Paper    bool // typed from a form that the head signed
	Send     bool // or keep as a draft
}

// Declare keeps a declaration as a draft or sends it; one that was sent is
// replaced by the next one until the close. Whoever prepares only may send what
// they typed from a signed form, and then the heads are told, as they are when
// something waits to be sent. Conflicts: the campaign is not open (any more),
// the institution is not asked, somebody else wrote meanwhile, a draft over
// what was sent, the report of a visit is that of another center. Invalid at
// "papier": whoever prepares only sends without paper; at "ile-…": more people
// than can be there, see declareMost. The moment that decides is that of the request.
func (s *Service) Declare(ctx context.Context, who access.Actor, id CampaignID, at access.InstitutionID, as As, d Declared) (out Declaration, err error) {
	defer fault.Wrap(&err, "declare for %s in campaign %s", at, id)
	now := s.now()
	c, err := CampaignByID(ctx, s.db, id)
	if err != nil {
		return out, err
	}
	seat, err := s.declareMay(ctx, who, c, at, as)
	if err != nil {
		return out, err
	}
	d.Paper = d.Paper && as == AsSchool && who.MayAt(ctx, access.EnterPapers, at) == nil
	if d.Send && !seat.Send && !d.Paper {
		return out, fault.InvalidFields([]fault.Field{{Name: "papier", Key: "needs.answer.fault.prepare"}})
	}
	if err := fault.InvalidFields(declareTooMany(d.Lines, declareMost(seat.Asked, as))); err != nil {
		return out, err
	}
	heads, err := s.declareHeads(ctx, who, seat)
	if err != nil {
		return out, err
	}
	out = Declaration{ID: newID(), Campaign: id, Institution: at, As: as, Sent: d.Send, Paper: d.Paper, By: string(who.Person), ChangedAt: now.Unix()}
	if d.Send {
		out.SentAt = now.Unix()
	}
	return out, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := declareOpen(ctx, tx, id, now); err != nil {
			return err
		}
		if err := s.declareRow(ctx, tx, &out, d, seat); err != nil {
			return err
		}
		if d.Send {
			err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.declare", Object: "needs_declaration", ObjectID: out.ID, Institution: string(at),
				Details: map[string]string{"as": string(as)}}, now)
			if err != nil {
				return err
			}
		}
		return s.declareTell(ctx, tx, c, out, heads)
	})
}

// declareOpen refuses what comes before the opening or after the close. It
// touches the campaign, so that a close waits for it and it for a close.
func declareOpen(ctx context.Context, tx *db.Tx, id CampaignID, now time.Time) error {
	n, err := tx.Exec(ctx, `update needs_campaigns set changed_at = changed_at where id = ? and state = ? and opens_at <= ? and closes_at > ?`, id, Open, now.Unix(), now.Unix())
	if err != nil || n > 0 {
		return err
	}
	c, err := CampaignByID(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case c.State == Dropped:
		return fault.New(fault.Conflict, "needs.answer.fault.dropped")
	case c.State == Open && now.Unix() < c.OpensAt:
		return fault.New(fault.Conflict, "needs.answer.fault.early")
	}
	return fault.New(fault.Conflict, "needs.answer.fault.late", "date", campaignLastDay(c.ClosesAt).Format("2.01.2006"))
}

// declareRow writes the declaration over the revision that the form showed. What
// officers said about own words stays with the words.
func (s *Service) declareRow(ctx context.Context, tx *db.Tx, out *Declaration, d Declared, seat declareSeat) error {
	kept, err := declarationAt(ctx, tx, out.Campaign, out.Institution, out.As)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err == nil && out.As == AsAdviser && kept.By != seat.by {
		return declareStale() // it came, or changed hands, since it was asked whose it is
	}
	merged := map[string]string{}
	if err != nil {
		err = declareNew(ctx, tx, out, d)
	} else {
		merged, err = declareOver(ctx, tx, out, kept, d)
	}
	if err != nil {
		return err
	}
	for n, l := range d.Lines {
		if l.Topic == "" {
			l.Merged = merged[textsKey(l.Words)]
		}
		if _, err := tx.Exec(ctx, `insert into needs_lines (declaration, no, topic, words, priority, heads, merged) values (?, ?, ?, ?, ?, ?, ?)`,
			out.ID, n+1, l.Topic, l.Words, l.Priority, l.Heads, l.Merged); err != nil {
			return err
		}
	}
	return nil
}

// declareStale says that somebody else wrote meanwhile.
func declareStale() error { return fault.New(fault.Conflict, "needs.answer.fault.stale") }

func declareNew(ctx context.Context, tx *db.Tx, out *Declaration, d Declared) error {
	out.Revision = 1
	if d.Revision != 0 {
		return declareStale()
	}
	n, err := tx.Exec(ctx, `insert into needs_declarations (id, campaign, institution, as_what, revision, sent, paper, by_person, sent_at, changed_at)
		values (?, ?, ?, ?, 1, ?, ?, ?, ?, ?) on conflict (campaign, institution, as_what) do nothing`,
		out.ID, out.Campaign, out.Institution, out.As, out.Sent, out.Paper, out.By, out.SentAt, out.ChangedAt)
	if err == nil && n == 0 {
		err = declareStale()
	}
	return err
}

// declareOver writes over what lies there, takes its lines away and returns what
// officers said about their words.
func declareOver(ctx context.Context, tx *db.Tx, out *Declaration, kept Declaration, d Declared) (map[string]string, error) {
	if kept.Sent && !d.Send {
		return nil, fault.New(fault.Conflict, "needs.answer.fault.sent")
	}
	out.ID, out.Revision = kept.ID, kept.Revision+1
	n, err := tx.Exec(ctx, `update needs_declarations set revision = revision + 1, sent = ?, paper = ?, by_person = ?, sent_at = ?, changed_at = ?
		where id = ? and revision = ? and by_person = ?`, out.Sent, out.Paper, out.By, out.SentAt, out.ChangedAt, kept.ID, d.Revision, kept.By)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, declareStale()
	}
	lines, err := linesOf(ctx, tx, kept.ID)
	if err != nil {
		return nil, err
	}
	merged := map[string]string{}
	for _, l := range lines {
		merged[textsKey(l.Words)] = l.Merged
	}
	_, err = tx.Exec(ctx, `delete from needs_lines where declaration = ?`, kept.ID)
	return merged, err
}

// declareHeads are the heads to be told of what somebody else prepared or typed.
func (s *Service) declareHeads(ctx context.Context, who access.Actor, seat declareSeat) ([]access.PersonID, error) {
	if seat.Send {
		return nil, nil
	}
	heads, err := s.People.Holders(ctx, access.ApproveActs, seat.Institution)
	return slices.DeleteFunc(heads, func(id access.PersonID) bool { return id == who.Person }), err
}

func (s *Service) declareTell(ctx context.Context, tx *db.Tx, c Campaign, d Declaration, heads []access.PersonID) error {
	if s.Tell == nil {
		return nil
	}
	m := notify.Message{Topic: TopicNeeds, Key: "needs.told.prepared", Link: declareHref(c.ID, d.Institution, d.As), Once: "needs/" + d.ID + "/prepared",
		Args: map[string]string{"title": c.Title, "until_date": campaignLastDay(c.ClosesAt).Format(time.DateOnly), "by_person": d.By}}
	if d.Sent {
		m.Key, m.Once = "needs.told.paper", "needs/"+d.ID+"/paper"
	}
	for _, id := range heads {
		m.To = string(id)
		if err := s.Tell(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw makes a sent declaration a draft again, until the close. Who asks may
// send there.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id CampaignID, at access.InstitutionID, as As, revision int64) (err error) {
	defer fault.Wrap(&err, "withdraw the declaration of %s in campaign %s", at, id)
	now := s.now()
	c, err := CampaignByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	seat, err := s.declareMay(ctx, who, c, at, as)
	if err != nil {
		return err
	}
	if !seat.Send {
		return fault.New(fault.Forbidden, "needs.answer.fault.prepare")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := declareOpen(ctx, tx, id, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update needs_declarations set revision = revision + 1, sent = ?, sent_at = 0, changed_at = ?
			where campaign = ? and institution = ? and as_what = ? and revision = ? and sent and (as_what <> ? or by_person = ?)`,
			false, now.Unix(), id, at, as, revision, AsAdviser, seat.by)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "needs.answer.fault.stale")
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.withdraw", Object: "needs_campaign", ObjectID: string(id), Institution: string(at),
			Details: map[string]string{"as": string(as)}}, now)
	})
}

const declarationColumns = `d.id, d.campaign, d.institution, d.as_what, d.revision, d.sent, d.paper, d.by_person, d.sent_at, d.changed_at`

func declarationAt(ctx context.Context, r db.Reader, id CampaignID, at access.InstitutionID, as As) (d Declaration, err error) {
	err = r.Get(ctx, &d, `select `+declarationColumns+` from needs_declarations d where d.campaign = ? and d.institution = ? and d.as_what = ?`, id, at, as)
	return d, err
}

func linesOf(ctx context.Context, r db.Reader, declaration string) (list []Line, err error) {
	err = r.Select(ctx, &list, `select declaration, no, topic, words, priority, heads, merged from needs_lines where declaration = ? order by no`, declaration)
	return list, err
}

// DeclarationOf reads what an institution said, for those who may write it, who
// plan with it, and the authority that runs it. There is none: fault.ErrNotFound.
func (s *Service) DeclarationOf(ctx context.Context, who access.Actor, id CampaignID, at access.InstitutionID, as As) (c Campaign, d Declaration, lines []Line, err error) {
	defer fault.Wrap(&err, "declaration of %s in campaign %s", at, id)
	if c, err = CampaignByID(ctx, s.db, id); err != nil {
		return c, d, nil, err
	}
	if _, may := s.declareMay(ctx, who, c, at, as); may != nil {
		if plans := Plans(ctx, who, c); plans != nil {
			if plans = who.MayAt(ctx, access.PlanNeeds, at); plans != nil {
				return c, d, nil, may
			}
		}
		if d, err = declarationAt(ctx, s.db, id, at, as); err == nil && !d.Sent {
			err = fault.ErrNotFound // a draft is nobody's business
		}
	} else {
		d, err = declarationAt(ctx, s.db, id, at, as)
	}
	if err != nil {
		return c, d, nil, err
	}
	lines, err = linesOf(ctx, s.db, d.ID)
	return c, d, lines, err
}

// declareDue tells what waits for the actor in open campaigns: each seat that
// has sent nothing.
func (s *Service) declareDue(ctx context.Context, who access.Actor, c Campaign) (due []declareSeat, sent int, err error) {
	seats, err := s.declareSeats(ctx, who, c.ID)
	if err != nil || len(seats) == 0 {
		return nil, 0, err
	}
	var ids []access.InstitutionID
	for _, x := range seats {
		ids = append(ids, x.Institution)
	}
	query, args, err := db.In(`select `+declarationColumns+` from needs_declarations d where d.campaign = ? and d.sent and d.institution in (?)`, c.ID, ids)
	if err != nil {
		return nil, 0, err
	}
	var list []Declaration
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return nil, 0, err
	}
	for _, x := range seats {
		if slices.ContainsFunc(list, func(d Declaration) bool { return d.Institution == x.Institution && d.As == x.As }) {
			sent++
		} else {
			due = append(due, x)
		}
	}
	return due, sent, nil
}

// declareTopics are the topics of a campaign with their names, in the order of
// the vocabulary, those merged since under the name they have now.
func (s *Service) declareTopics(ctx context.Context, l *i18n.L, c Campaign) ([]web.Choice, error) {
	ids, err := campaignTopicIDs(ctx, s.db, c.ID)
	if err != nil {
		return nil, err
	}
	names, err := s.Topics.Names(ctx, l, ids)
	if err != nil {
		return nil, err
	}
	all, err := s.Topics.Choices(ctx, l)
	if err != nil {
		return nil, err
	}
	var list []web.Choice
	for _, c := range all {
		if slices.Contains(ids, c.Value) {
			list = append(list, web.Choice{Value: c.Value, Label: names[c.Value]})
		}
	}
	for _, id := range ids {
		if names[id] != "" && !slices.ContainsFunc(list, func(c web.Choice) bool { return c.Value == id }) {
			list = append(list, web.Choice{Value: id, Label: names[id]})
		}
	}
	return list, nil
}
