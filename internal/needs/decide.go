package needs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// The steps of a need's trace that a decision writes: needs.need.trace.training…
const decideStep = "needs.need.trace."

// decideThing is the kind of a decision in traces.
const decideThing = "decision"

// Decide answers a need: with a training, of which a draft is made at the
// center, with a network, a consultation or a workshop, which wait on the list
// of orders, or with a refusal and its reason. A need may be answered several
// times. Everybody who reported it is told. Seen is the revision of the need on
// the actor's screen.
//
// Who may: whoever plans with the campaign (see Plans). Faults: NotFound for
// others of a draft, Forbidden; Conflict while the campaign runs, when the need
// is settled or somebody was faster; Invalid for fields of the form, and for a
// training at a center where the actor does not plan: the center decides on it.
func (s *Service) Decide(ctx context.Context, who access.Actor, id NeedID, seen int64, v Verdict) (_ DecisionID, err error) {
	defer fault.Wrap(&err, "decide about need %s", id)
	n, c, err := s.decidable(ctx, who, id)
	if err != nil {
		return "", err
	}
	v.Title, v.Words = strings.Join(strings.Fields(v.Title), " "), strings.TrimSpace(strings.ReplaceAll(v.Words, "\r\n", "\n"))
	if v.Kind == Declined {
		v = Verdict{Kind: Declined, Words: v.Words}
	}
	if err := s.checkVerdict(ctx, who, n, c, v); err != nil {
		return "", err
	}
	d := Decision{ID: DecisionID(newID()), Need: id, Kind: v.Kind, Title: v.Title, Words: v.Words, Center: v.Center, Seats: v.Seats,
		State: orderPlanned, By: string(who.Person), At: s.now().Unix()}
	if v.Kind != Declined {
		d.Target = newID()
	}
	return d.ID, s.db.Write(ctx, func(tx *db.Tx) error { return s.decideIn(ctx, tx, who, c, n, d, v, seen) })
}

// decidable is the need for whoever may answer it, with its campaign.
func (s *Service) decidable(ctx context.Context, who access.Actor, id NeedID) (n Need, c Campaign, err error) {
	if n, err = NeedByID(ctx, s.db, id); err != nil {
		return n, c, err
	}
	if c, err = CampaignByID(ctx, s.db, n.Campaign); err != nil {
		return n, c, err
	}
	if err = Plans(ctx, who, c); err != nil {
		return n, c, err
	}
	switch c.State {
	case Draft:
		err = fault.ErrNotFound
	case Closed, Ranked:
	default:
		err = fault.New(fault.Conflict, "needs.need.fault.runs")
	}
	return n, c, err
}

func (s *Service) checkVerdict(ctx context.Context, who access.Actor, n Need, c Campaign, v Verdict) error {
	centers, err := s.decideCenters(ctx, who, c)
	if err != nil {
		return err
	}
	var ids []access.InstitutionID
	for _, one := range centers {
		ids = append(ids, access.InstitutionID(one.Value))
	}
	if v.Kind == Training && slices.Contains(ids, v.Center) {
		own, err := s.decideTrains(ctx, who, centers)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(own, func(c web.Choice) bool { return c.Value == string(v.Center) }) {
			return fault.InvalidFields([]fault.Field{{Name: "osrodek", Key: "needs.need.fault.hand_over"}})
		}
	}
	var towns []string
	if err := s.db.Select(ctx, &towns, `select distinct by_seat from needs_asked where campaign = ?`, c.ID); err != nil {
		return err
	}
	var named []access.InstitutionID
	if v.Kind == Workshop {
		err = s.db.Select(ctx, &named, `select unit from needs_ranks where need = ? and level = ? and unit = ?`, n.ID, OfOne, v.Institution)
	}
	if err != nil {
		return err
	}
	return v.check(ids, towns, named)
}

// decideIn writes a decision with all that follows from it.
func (s *Service) decideIn(ctx context.Context, tx *db.Tx, who access.Actor, c Campaign, n Need, d Decision, v Verdict, seen int64) error {
	done, err := tx.Exec(ctx, `update needs_needs set revision = revision + 1 where id = ? and revision = ? and settled = ?`, n.ID, seen, false)
	if err == nil && done == 0 {
		err = s.decideLate(ctx, tx, n.ID)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into needs_decisions (id, need, kind, title, words, center, target, seats, state, by_person, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.Need, d.Kind, d.Title, d.Words, d.Center, d.Target, d.Seats, d.State, d.By, d.At); err != nil {
		return err
	}
	if err := orderSave(ctx, tx, d, v); err != nil {
		return err
	}
	if err := decideTrace(ctx, tx, c, n, d); err != nil {
		return err
	}
	at := time.Unix(d.At, 0)
	if err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.decide", Object: rankThing, ObjectID: string(n.ID), Institution: string(c.Owner),
		Details: map[string]string{"kind": string(d.Kind), "decision": string(d.ID)}}, at); err != nil {
		return err
	}
	meta := events.Envelope{Subject: string(n.ID), Version: seen + 1, Trace: trace.ID(n.Trace), At: at}
	if d.Kind != Declined {
		if err := s.emit(ctx, tx, Ordered{n.ID, c.ID, d.ID, d.Kind, d.Target, d.Center}, meta); err != nil {
			return err
		}
	}
	if err := s.emit(ctx, tx, WasAnswered{n.ID, c.ID, d.ID, d.Kind, n.Topic, c.SchoolYear}, meta); err != nil {
		return err
	}
	return tellLater(ctx, tx, d.ID, toldDecided)
}

func (s *Service) emit(ctx context.Context, tx *db.Tx, e events.Event, o events.Envelope) error {
	if s.Bus == nil {
		return nil
	}
	return s.Bus.Emit(ctx, tx, e, o)
}

// decideLate tells why a need did not take a decision.
func (s *Service) decideLate(ctx context.Context, tx *db.Tx, id NeedID) error {
	n, err := NeedByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if n.Settled {
		return fault.New(fault.Conflict, "needs.need.fault.settled")
	}
	return fault.New(fault.Conflict, "needs.need.fault.faster")
}

// decideTrace writes the step for those who run the campaign and those who
// carry it out.
func decideTrace(ctx context.Context, tx *db.Tx, c Campaign, n Need, d Decision) error {
	to := map[access.InstitutionID]bool{c.Owner: true, c.Center: true, d.Center: true}
	for _, at := range slices.Sorted(maps.Keys(to)) {
		if at == "" {
			continue
		}
		if err := trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(n.Trace), Kind: decideThing, ID: string(d.ID), FromKind: rankThing, FromID: string(n.ID),
			TitleKey: decideStep + string(d.Kind), At: d.At, Audience: "inst:" + string(at)}); err != nil {
			return err
		}
	}
	return nil
}

// Settle says that nothing is left to answer of a need, or that something is
// after all. Who may, and the faults: as of Decide.
func (s *Service) Settle(ctx context.Context, who access.Actor, id NeedID, seen int64, settled bool) (err error) {
	defer fault.Wrap(&err, "settle need %s", id)
	n, c, err := s.decidable(ctx, who, id)
	if err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var said int
		if err := tx.Get(ctx, &said, `select count(*) from needs_decisions where need = ?`, id); err != nil {
			return err
		}
		if settled && said == 0 {
			return fault.New(fault.Conflict, "needs.need.fault.unanswered")
		}
		done, err := tx.Exec(ctx, `update needs_needs set revision = revision + 1, settled = ? where id = ? and revision = ? and settled <> ?`, settled, id, seen, settled)
		if err == nil && done == 0 {
			err = fault.New(fault.Conflict, "needs.need.fault.faster")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.settle", Object: rankThing, ObjectID: string(n.ID), Institution: string(c.Owner),
			Details: map[string]string{"settled": strconv.FormatBool(settled)}}, at)
	})
}

// Decisions are the answers to a need, the oldest first, whoever asks.
func Decisions(ctx context.Context, r db.Reader, id NeedID) (all []Decision, err error) {
	return all, r.Select(ctx, &all, `select id, need, kind, title, words, center, target, seats, state, by_person, at from needs_decisions
		where need = ? order by at, id`, id)
}

// decisionByID reads one as it lies.
func decisionByID(ctx context.Context, r db.Reader, id DecisionID) (d Decision, err error) {
	if _, err := known(string(id)); err != nil {
		return d, err
	}
	return d, r.Get(ctx, &d, `select id, need, kind, title, words, center, target, seats, state, by_person, at from needs_decisions where id = ?`, id)
}

// declaredHeads are the people whom institutions declared for a need: all, and
// by municipality of the seat.
func (s *Service) declaredHeads(ctx context.Context, n Need) (all Rank, towns map[string]int, err error) {
	var rows []Rank
	err = s.db.Select(ctx, &rows, `select campaign, level, unit, topic, need, place, score, heads, low, middle, high, who from needs_ranks
		where need = ? and level in (?, ?)`, n.ID, Metropolis, BySeat)
	towns = map[string]int{}
	for _, r := range rows {
		if r.Level == Metropolis {
			all = r
		} else {
			towns[r.Unit] += r.Heads
		}
	}
	return all, towns, err
}

// OfferIn is an Offer that can say what was used later in the reader's language.
type OfferIn interface {
	AnsweredIn(ctx context.Context, l *i18n.L, need string) ([]Answered, error)
}

// answered are the trainings of a need, none where no module tells.
func (s *Service) answered(ctx context.Context, l *i18n.L, id NeedID) ([]Answered, error) {
	if o, speaks := s.Offer.(OfferIn); speaks {
		return o.AnsweredIn(ctx, l, string(id))
	}
	if s.Offer == nil {
		return nil, nil
	}
	return s.Offer.Answered(ctx, string(id))
}

// compareDecisions orders the newest first.
func compareDecisions(a, b Decision) int {
	return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.ID, a.ID))
}
