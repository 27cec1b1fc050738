package meetings

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/testkit"
)

// minutesKit is a kit that knows the numbers of votes.
func minutesKit(t *testing.T, d *db.DB) *kit {
	t.Helper()
	k := newKit(t, d)
	k.Law = law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(Params()...).Declare(VoteParams()...), Now: func() time.Time { return k.clock }})
	k.ok(k.Law.Seed(t.Context()))
	return k
}

// recorded is a heads' meeting that has begun, with one item.
func (k *kit) recorded() (id MeetingID, item ItemID) {
	k.t.Helper()
	id = k.convened(k.clerk, k.heads())
	k.atMeeting(id, 10*time.Minute)
	return id, k.itemOf(id)
}

// TestOnBothDatabases runs what needs no database of its own. Each case begins at
// the same hour, with series and meetings of its own and nothing told yet; the
// clock moves all meetings there are, so the one that counts what it tells is first.
func TestOnBothDatabases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := minutesKit(t, d)
		began := k.clock
		for _, c := range []struct {
			name string
			run  func(t *testing.T, k *kit)
		}{{"a meeting goes its way", goesItsWay}, {"forum and group", forumAndGroup}, {"one voice", oneVoice}, {"a topic is followed", topicFollowed},
			{"the agenda goes on", agendaGoesOn}, {"experts are asked", expertsAreAsked}, {"decisions and tasks", decisionsAndTasks},
			{"two people write one minute", twoWrite}, {"votes", votes}, {"adoption", adopted}, {"large", large}, {"forgotten", forgotten}} {
			t.Run(c.name, func(t *testing.T) {
				k.t, k.clock = t, began
				k.drain()
				k.told, k.held, k.attended, k.asked = nil, nil, nil, nil
				c.run(t, k)
			})
		}
	})
}

// itemOf puts an item on the agenda of a meeting, whatever its state.
func (k *kit) itemOf(id MeetingID) ItemID {
	k.t.Helper()
	i := Item{ID: ItemID(newID()), Meeting: id, Kind: Plain, Title: "Sprawy bieżące"}
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error { return putItem(k.t.Context(), tx, i) }))
	return i.ID
}

// came notes who sits at the table.
func (k *kit) came(id MeetingID, people ...access.Actor) {
	k.t.Helper()
	list, err := InvitationsOf(k.t.Context(), k.db, id)
	k.ok(err)
	for _, v := range list {
		for _, who := range people {
			if v.Person == who.Person {
				k.ok(k.Note(k.t.Context(), k.clerk, id, []Came{{Invitation: v.ID, Present: true}}))
			}
		}
	}
}

func twoWrite(t *testing.T, k *kit) {
	id, item := k.recorded()
	ctx := t.Context()
	save := func(who access.Actor, base int64, sent bool, text string) Saved {
		t.Helper()
		saved, err := k.SaveText(ctx, who, id, Typed{Item: item, Base: base, Sent: sent, Words: text})
		k.ok(err)
		return saved
	}
	one := save(k.recorder, 0, false, "Otwarto.")
	save(k.clerk, one.Revision, false, "Otwarto.\nPani burmistrz powitała.")
	both := save(k.recorder, one.Revision, false, "Otwarto.\nUsta")
	if both.Text != "Otwarto.\nPani burmistrz powitała.\nUsta" || !both.Joined || len(both.Clashes) != 0 {
		t.Errorf("joined: %+v", both)
	}
	// The recorder typed on while that was being saved.
	if on := save(k.recorder, both.Revision, true, "Otwarto.\nUstalono plan."); on.Text != "Otwarto.\nPani burmistrz powitała.\nUstalono plan." {
		t.Errorf("typed on: %q", on.Text)
	}
	if again := save(k.recorder, both.Revision, true, "Otwarto.\nUstalono plan."); again.Text != "Otwarto.\nPani burmistrz powitała.\nUstalono plan." {
		t.Errorf("sent twice: %q", again.Text)
	}
	// Somebody else's words are not taken out by claiming them as a base.
	if foreign := save(k.clerk, both.Revision, true, "Dopisek."); !strings.Contains(foreign.Text, "Ustalono plan.") {
		t.Errorf("foreign base: %q", foreign.Text)
	}
	now, err := textOf(ctx, k.db, item)
	k.ok(err)
	clash := save(k.clerk, now.Revision, false, strings.Replace(now.Text, "Otwarto.", "Otwarto o dziesiątej.", 1))
	clash = save(k.recorder, now.Revision, false, strings.Replace(now.Text, "Otwarto.", "Otwarto punktualnie.", 1))
	if len(clash.Clashes) != 1 || !strings.Contains(clash.Text, "o dziesiątej") || !strings.Contains(clash.Text, "punktualnie") {
		t.Errorf("clash: %+v", clash)
	}
	k.ok(k.Hold(ctx, k.clerk, id, 90))
	refuses(t, "sending with two wordings", k.SendMinutes(ctx, k.clerk, id), fault.Conflict)
	k.ok(k.SettleClashes(ctx, k.recorder, id, item))
	k.ok(k.SendMinutes(ctx, k.clerk, id))
	for name, who := range map[string]access.Actor{"a head": k.head, "another authority": k.townClerk, "nobody": k.nobody} {
		if _, err := k.SaveText(ctx, who, id, Typed{Item: item, Words: "x"}); err == nil {
			t.Errorf("%s writes minutes", name)
		}
	}
}

// TestManyWriteAtOnce has ten people add a line each to the same empty item.
func TestManyWriteAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := minutesKit(t, d)
		id, item := k.recorded()
		var all sync.WaitGroup
		for n := range 10 {
			all.Add(1)
			go func() {
				defer all.Done()
				who := []access.Actor{k.recorder, k.clerk}[n%2]
				if _, err := k.SaveText(t.Context(), who, id, Typed{Item: item, Words: fmt.Sprintf("wiersz %d", n)}); err != nil {
					t.Error(err)
				}
			}()
		}
		all.Wait()
		got, err := textOf(t.Context(), k.db, item)
		k.ok(err)
		if lines := splitLines(got.Text); len(lines) != 10 {
			t.Errorf("%d lines: %q", len(lines), lines)
		}
	})
}

func adopted(t *testing.T, k *kit) {
	id, item := k.recorded()
	ctx := t.Context()
	_, err := k.SaveText(ctx, k.recorder, id, Typed{Item: item, Words: "Ustalono."})
	k.ok(err)
	refuses(t, "sent before the meeting was held", k.SendMinutes(ctx, k.clerk, id), fault.Conflict)
	refuses(t, "an objection to nothing", k.Object(ctx, k.head, id, "", "Nie tak"), fault.Conflict)
	k.ok(k.Hold(ctx, k.clerk, id, 90))
	refuses(t, "a recorder does not send", k.SendMinutes(ctx, k.recorder, id), fault.Forbidden)
	k.ok(k.SendMinutes(ctx, k.clerk, id))
	refuses(t, "sent twice", k.SendMinutes(ctx, k.clerk, id), fault.Conflict)
	refuses(t, "published too soon", k.PublishMinutes(ctx, k.clerk, id, true), fault.Conflict)
	refuses(t, "another authority's head", k.Object(ctx, k.townHead, id, "", "Nie tak"), fault.NotFound)
	k.ok(k.Object(ctx, k.head, id, item, "Termin był inny."))
	k.clock = k.clock.AddDate(0, 0, 9)
	k.ok(k.adoptDue(ctx))
	if st := k.meeting(id).State; st != MinutesDraft {
		t.Fatalf("adopted over an objection: %s", st)
	}
	list, err := objectionsOf(ctx, k.db, id)
	k.ok(err)
	k.ok(k.AnswerObjection(ctx, k.clerk, id, list[0].ID, Taken, "Poprawione."))
	refuses(t, "answered twice", k.AnswerObjection(ctx, k.clerk, id, list[0].ID, Dismissed, "Jednak nie."), fault.Conflict)
	text, err := textOf(ctx, k.db, item)
	k.ok(err)
	_, err = k.SaveText(ctx, k.recorder, id, Typed{Item: item, Base: text.Revision, Words: "Ustalono na piątek."})
	k.ok(err)
	k.ok(k.adoptDue(ctx))
	if st := k.meeting(id).State; st != MinutesDraft {
		t.Fatalf("nobody saw the new words: %s", st)
	}
	k.ok(k.SendMinutes(ctx, k.clerk, id))
	k.ok(k.adoptDue(ctx))
	k.ok(k.Object(ctx, k.deputy, id, "", "Zgoda?"))
	list, err = objectionsOf(ctx, k.db, id)
	k.ok(err)
	k.ok(k.AnswerObjection(ctx, k.clerk, id, list[1].ID, Dismissed, "Tak było."))
	k.clock = k.clock.AddDate(0, 0, 8)
	refuses(t, "the time is over", k.Object(ctx, k.head, id, "", "Za późno"), fault.Conflict)
	k.ok(k.adoptDue(ctx))
	p, err := PaperOf(ctx, k.db, id)
	k.ok(err)
	var saves int
	k.ok(k.db.Get(ctx, &saves, `select count(*) from meetings_saves where item = ?`, item))
	if k.meeting(id).State != MinutesAdopted || !p.Silently || saves != 0 {
		t.Errorf("not adopted: %+v, %d saves", p, saves)
	}
	if _, err := k.SaveText(ctx, k.recorder, id, Typed{Item: item, Words: "x"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("adopted minutes change: %v", err)
	}
}

func decisionsAndTasks(t *testing.T, k *kit) {
	id, item := k.recorded()
	ctx := t.Context()
	var ordered []Ordered
	events.On(k.Bus, "kit.ordered", func(_ context.Context, e Ordered, _ events.Meta) error { ordered = append(ordered, e); return nil })
	var decisions []string
	for n := range 2 {
		x, err := k.AddDecision(ctx, k.recorder, id, NewDecision{Item: item, Title: fmt.Sprintf("Postanowienie %d", n+1), DueOn: "2026-12-31"})
		k.ok(err)
		decisions = append(decisions, x)
	}
	if list, err := StandingDecisions(ctx, k.db, k.meeting(id).Series); err != nil || len(list) != 2 || list[1].Number() != "2/2026" {
		t.Errorf("standing: %+v %v", list, err)
	}
	if _, err := k.AddDecision(ctx, k.recorder, id, NewDecision{Item: item, Title: "", DueOn: "2026-02-30"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no title, no day: %v", err)
	}
	order := Order{Decision: decisions[0], Title: "Warsztat", Center: k.center, Seats: 20}
	refuses(t, "a recorder orders nothing", k.OrderWorkshop(ctx, k.recorder, id, order), fault.Forbidden)
	refuses(t, "no center", k.OrderWorkshop(ctx, k.clerk, id, Order{Decision: decisions[0], Title: "W", Center: k.school, Seats: 5}), fault.Invalid)
	k.ok(k.OrderWorkshop(ctx, k.clerk, id, order))
	refuses(t, "ordered twice", k.OrderWorkshop(ctx, k.clerk, id, order), fault.Conflict)
	refuses(t, "no Forum", k.MakeArrangement(ctx, k.clerk, id, decisions[0], "x/y"), fault.Invalid)
	k.drain()
	plan, err := k.PlanFor(ctx, decisions[0])
	if err != nil || len(ordered) != 1 || ordered[0].Target != plan.Target || plan.Trace != k.meeting(id).Trace {
		t.Errorf("plan %+v, %v, events %+v", plan, err, ordered)
	}
	k.ok(k.SettleDecision(ctx, k.recorder, id, decisions[1], DecisionDone, "Zrobione."))
	refuses(t, "settled twice", k.SettleDecision(ctx, k.recorder, id, decisions[1], DecisionWithdrawn, "Nie."), fault.Conflict)
	task := NewAction{Item: item, What: "Przesłać listę", Person: k.head.Person, DueOn: dayOf(k.clock.AddDate(0, 0, 10).Unix())}
	action, err := k.AddAction(ctx, k.recorder, id, task)
	k.ok(err)
	if _, err := k.AddAction(ctx, k.recorder, id, NewAction{Item: item, What: "x", Person: k.townHead.Person, DueOn: "2026-12-31"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a task for somebody without a seat: %v", err)
	}
	reminders := func() (n int) {
		for _, m := range k.told {
			if m.To == string(k.head.Person) && (strings.HasSuffix(m.Key, "action_before") || strings.HasSuffix(m.Key, "action_after")) {
				n++
			}
		}
		return n
	}
	for _, step := range [][2]int{{0, 0}, {8, 1}, {0, 1}, {3, 2}, {0, 2}} {
		k.clock = k.clock.AddDate(0, 0, step[0])
		k.ok(k.remindDue(ctx))
		if got := reminders(); got != step[1] {
			t.Errorf("%s: %d reminders, want %d", k.clock, got, step[1])
		}
	}
	refuses(t, "somebody else's task", k.EndAction(ctx, k.twoHead, id, action, ActionDone, "Gotowe"), fault.Forbidden)
	k.ok(k.EndAction(ctx, k.head, id, action, ActionDone, "Wysłane"))
	refuses(t, "ended twice", k.EndAction(ctx, k.head, id, action, ActionCanceled, "Nie"), fault.Conflict)
	k.namesGo(t, id)
}

// namesGo erases the head from minutes, and lets the time of keeping end for all.
func (k *kit) namesGo(t *testing.T, id MeetingID) {
	t.Helper()
	ctx, later, shown := t.Context(), k.clock.AddDate(2, 0, 0), 0
	for _, h := range k.minutesPurpose().Holds {
		items, err := h.Export(ctx, string(k.head.Person))
		k.ok(err)
		shown += len(items)
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := h.Erase(ctx, tx, string(k.head.Person)); err != nil {
				return err
			}
			_, err := h.Sweep(ctx, tx, later, 100)
			return err
		}))
		if n, err := h.Expired(ctx, k.db, later); err != nil || n != 0 {
			t.Errorf("%s: %d names stay, %v", h.Table, n, err)
		}
	}
	var named int
	k.ok(k.db.Get(ctx, &named, `select count(*) from meetings_actions where meeting = ? and (person <> '' or name <> '' or by_person <> '')`, id))
	if shown != 1 || named != 0 {
		t.Errorf("shown %d, named %d", shown, named)
	}
}

func votes(t *testing.T, k *kit) {
	id, item := k.recorded()
	ctx := t.Context()
	k.came(id, k.head, k.twoHead)
	secret := Rules{Way: Secret, Majority: Simple}
	if _, err := k.OpenVote(ctx, k.recorder, id, item, "Wniosek?", secret); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a secret vote of two: %v", err)
	}
	k.came(id, k.complexHead)
	vote, err := k.OpenVote(ctx, k.recorder, id, item, "Wniosek?", secret)
	k.ok(err)
	refuses(t, "a deputy who was not noted", k.Cast(ctx, k.deputy, id, vote, For), fault.Forbidden)
	refuses(t, "the recorder has no seat", k.Cast(ctx, k.recorder, id, vote, For), fault.Forbidden)
	refuses(t, "another authority", k.Cast(ctx, k.townHead, id, vote, For), fault.NotFound)
	refuses(t, "no choice", k.Cast(ctx, k.head, id, vote, "maybe"), fault.Invalid)
	k.ok(k.Cast(ctx, k.head, id, vote, For))
	refuses(t, "twice", k.Cast(ctx, k.head, id, vote, Against), fault.Conflict)
	k.ok(k.Cast(ctx, k.twoHead, id, vote, For))
	refuses(t, "twice for the second unit", k.Cast(ctx, k.at(k.twoHead, k.right), id, vote, For), fault.Conflict)
	refuses(t, "sent with an open vote", k.SendMinutes(ctx, k.clerk, id), fault.Conflict)
	k.ok(k.Cast(ctx, k.complexHead, id, vote, Against))
	k.ok(k.CloseVote(ctx, k.recorder, id, vote, Tally{}))
	v, err := voteByID(ctx, k.db, id, vote)
	k.ok(err)
	if v.Verdict != Carried || v.For != 2 || v.Against != 1 || v.Present != 3 {
		t.Errorf("counted: %+v", v)
	}
	refuses(t, "after the close", k.Cast(ctx, k.head, id, vote, For), fault.Conflict)
	refuses(t, "closed twice", k.CloseVote(ctx, k.recorder, id, vote, Tally{}), fault.Conflict)
	k.nothingSecret(t, vote)
	few, err := k.OpenVote(ctx, k.recorder, id, item, "Drugi?", secret)
	k.ok(err)
	k.ok(k.Cast(ctx, k.head, id, few, Against))
	k.ok(k.CloseVote(ctx, k.recorder, id, few, Tally{}))
	if v, err := voteByID(ctx, k.db, id, few); err != nil || v.Verdict != TooFew || v.Cast() != 0 {
		t.Errorf("one ballot has a result: %+v %v", v, err)
	}
	hands, err := k.OpenVote(ctx, k.recorder, id, item, "Trzeci?", Rules{Way: Hands, Majority: Absolute})
	k.ok(err)
	refuses(t, "a ballot where hands are counted", k.Cast(ctx, k.head, id, hands, For), fault.Conflict)
	refuses(t, "more hands than people", k.CloseVote(ctx, k.recorder, id, hands, Tally{For: 4}), fault.Invalid)
	k.ok(k.CloseVote(ctx, k.recorder, id, hands, Tally{For: 1, Against: 1, Abstain: 1}))
	if _, err := k.AddDecision(ctx, k.recorder, id, NewDecision{Item: item, Title: "Mimo to", Vote: hands}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("decided without a majority: %v", err)
	}
}

// nothingSecret looks for what could tell who voted how, or who voted.
func (k *kit) nothingSecret(t *testing.T, vote string) {
	t.Helper()
	for _, query := range []string{`select count(*) from meetings_voters where vote = ?`, `select count(*) from meetings_boxes where vote = ?`,
		`select count(*) from meetings_named where vote = ?`} {
		var n int
		if err := k.db.Get(t.Context(), &n, query, vote); err != nil || n != 0 {
			t.Errorf("%s: %d %v", query, n, err)
		}
	}
}
