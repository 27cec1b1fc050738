package topics

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/testkit"
)

func TestActsRefuse(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b<a", "c")
		a, b, c := h.topic("a"), h.topic("b"), h.topic("c")
		for _, tt := range []struct {
			who  access.Actor
			kind fault.Kind
		}{{access.Stranger(), fault.SignedOut}, {as(access.Teacher, "x"), fault.Forbidden}, {as(access.SchoolHead, "x"), fault.Forbidden},
			{as(access.AuthorityOfficer, "x"), fault.Forbidden}} {
			_, err := h.Create(ctx, tt.who, record("nowe", ""))
			wantKind(t, err, tt.kind, "")
			wantKind(t, h.Edit(ctx, tt.who, c.ID, c.Revision, record("c", "")), tt.kind, "")
			wantKind(t, h.Move(ctx, tt.who, c.ID, c.Revision, a.ID), tt.kind, "")
			wantKind(t, h.Merge(ctx, tt.who, Merging{c.ID, c.Revision, a.ID, a.Revision, 0}), tt.kind, "")
			wantKind(t, h.Unmerge(ctx, tt.who, c.ID, c.Revision), tt.kind, "")
			wantKind(t, h.Divide(ctx, tt.who, c.ID, c.Revision, []ID{a.ID, b.ID}), tt.kind, "")
			wantKind(t, h.Undivide(ctx, tt.who, c.ID, c.Revision), tt.kind, "")
			wantKind(t, h.Retire(ctx, tt.who, c.ID, c.Revision), tt.kind, "")
			wantKind(t, h.Restore(ctx, tt.who, c.ID, c.Revision), tt.kind, "")
		}
		_, err := h.Create(ctx, editor, record("a", ""))
		wantKind(t, err, fault.Invalid, "topics.fault.code_taken")
		r := record("d", "")
		r.Names[i18n.EN] = "TOPIC  A"
		_, err = h.Create(ctx, editor, r)
		wantKind(t, err, fault.Invalid, "topics.fault.namesake")
		_, err = h.Create(ctx, editor, record("d", "none"))
		wantKind(t, err, fault.Invalid, "topics.fault.parent_unknown")
		wantKind(t, h.Move(ctx, editor, a.ID, a.Revision, b.ID), fault.Invalid, "topics.fault.parent_below")
		wantKind(t, h.Move(ctx, editor, "none", 1, b.ID), fault.NotFound, "")
		wantKind(t, h.Retire(ctx, editor, a.ID, a.Revision), fault.Conflict, "topics.fault.children")
		wantKind(t, h.Unmerge(ctx, editor, a.ID, a.Revision), fault.Conflict, "topics.conflict.state")
		wantKind(t, h.Undivide(ctx, editor, a.ID, a.Revision), fault.Conflict, "topics.conflict.state")
		wantKind(t, h.Restore(ctx, editor, a.ID, a.Revision), fault.Conflict, "topics.conflict.state")
		wantKind(t, h.merge("a", "b"), fault.Invalid, "topics.fault.merge_below")
		// Somebody else was faster.
		h.must(h.Move(ctx, editor, c.ID, c.Revision, a.ID))
		wantKind(t, h.Edit(ctx, editor, c.ID, c.Revision, record("c", "")), fault.Conflict, "topics.conflict.edited")
		wantKind(t, h.Move(ctx, editor, c.ID, c.Revision, ""), fault.Conflict, "topics.conflict.edited")
		wantKind(t, h.Merge(ctx, editor, Merging{b.ID, b.Revision, c.ID, c.Revision, 0}), fault.Conflict, "topics.conflict.edited")
	})
}

func TestEditKeepsTheOldName(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a")
		was := h.topic("a")
		r := record("a", "nie-ma")
		r.Code = "inny-kod"
		r.Kind, r.Names[i18n.PL], r.Synonyms = Policy, "Całkiem nowa", map[i18n.Lang][]string{i18n.UK: {"інше"}}
		h.must(h.Edit(ctx, editor, was.ID, was.Revision, r))
		is := h.topic("a")
		if is.Code != "a" || is.Kind != Subject || is.Parent != "" || is.Revision != 2 || is.Names[i18n.PL] != "Całkiem nowa" ||
			!slices.Equal(is.Synonyms[i18n.PL], []string{"Temat a"}) || !slices.Equal(is.Synonyms[i18n.UK], []string{"інше"}) {
			t.Errorf("got %+v", is)
		}
		l := h.catalog.In(i18n.PL)
		if ids, err := h.Find(ctx, l, "temat a", 5); err != nil || !slices.Equal(ids, []ID{is.ID}) {
			t.Errorf("the old name finds %v, %v", ids, err)
		}
		// Sent as it is: nothing happens.
		h.must(h.Edit(ctx, editor, is.ID, is.Revision, mustRecord(h, "a")))
		if again := h.topic("a"); again.Revision != 2 {
			t.Errorf("revision %d", again.Revision)
		}
		history, err := historyOf(ctx, d, is.ID)
		if err != nil || len(history) != 2 || history[0].Act != actEdited || history[0].Person != someEditor ||
			!slices.Equal(former(history, func(r Record) string { return r.Names[i18n.PL] }, "Całkiem nowa"), []string{"Temat a"}) {
			t.Errorf("got %+v, %v", history, err)
		}
		h.must(testkit.Drain(t, d, jobs.NewRegistry(), h.now)) // brings what follows the acts to its tables
		var logged, told int
		h.must(d.Get(ctx, &logged, `select count(*) from audit_waiting where action = 'topics.edit' and object_id = ?`, is.ID))
		h.must(d.Get(ctx, &told, `select count(*) from events where name = 'topics.changed' and subject = ?`, is.ID))
		if logged != 1 || told != 2 || len(h.touched) != 2 {
			t.Errorf("logged %d, told %d, touched %d", logged, told, len(h.touched))
		}
	})
}

func mustRecord(h *house, code string) Record {
	h.t.Helper()
	v, err := h.vocabularyNow(h.t.Context())
	h.must(err)
	return v.record(h.topic(code))
}

func TestMergeMovesNothing(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b", "c")
		h.must(h.use("o1", "a"))
		h.must(h.use("o2", "a", "b"))
		a, b := h.topic("a"), h.topic("b")
		wantKind(t, h.Merge(ctx, editor, Merging{a.ID, a.Revision, b.ID, b.Revision, 1}), fault.Conflict, "topics.conflict.uses")
		h.must(h.merge("a", "b"))
		h.must(h.merge("b", "c"))
		for object, want := range map[string]string{"o1": "c", "o2": "c"} {
			if got := h.about(object); got != want {
				t.Errorf("%s is about %q, want %q", object, got, want)
			}
		}
		rows := func() (n int) {
			h.must(d.Get(ctx, &n, `select count(*) from directory_topic_uses where topic = ?`, a.ID))
			return n
		}
		if rows() != 2 {
			t.Error("the merge rewrote what names the topic")
		}
		c := h.topic("c")
		if ids, err := h.Resolve(ctx, []ID{a.ID, b.ID, c.ID, "none"}); err != nil || !slices.Equal(ids, []ID{c.ID}) {
			t.Errorf("got %v, %v", ids, err)
		}
		if counts, err := h.Count(ctx); err != nil || counts[c.ID]["offer"] != 2 || len(counts) != 1 {
			t.Errorf("got %v, %v", counts, err)
		}
		if ids, err := h.ByTopic(ctx, c.ID, "offer", "", 10); err != nil || !slices.Equal(ids, []string{"o1", "o2"}) {
			t.Errorf("got %v, %v", ids, err)
		}
		// Whoever saves the form of o1 as it is read keeps what was chosen once.
		h.must(h.use("o1", "c"))
		if rows() != 2 {
			t.Error("saving again rewrote what names the topic")
		}
		// A new use of a merged topic means the one it stands for.
		h.must(h.use("o3", "a"))
		if rows() != 2 || h.about("o3") != "c" {
			t.Errorf("%d rows, o3 is about %s", rows(), h.about("o3"))
		}
		a = h.topic("a")
		h.must(h.Unmerge(ctx, editor, a.ID, a.Revision))
		for object, want := range map[string]string{"o1": "a", "o2": "a c", "o3": "c"} {
			if got := h.about(object); got != want {
				t.Errorf("after the undo %s is about %q, want %q", object, got, want)
			}
		}
	})
}

func TestUnmergeRefusesWhatIsTaken(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("p", "a<p", "b")
		h.must(h.merge("a", "b"))
		r := record("nowy-a", "")
		r.Names = record("a", "").Names
		id, err := h.Create(ctx, editor, r)
		h.must(err)
		a := h.topic("a")
		wantKind(t, h.Unmerge(ctx, editor, a.ID, a.Revision), fault.Conflict, "topics.conflict.namesake")
		h.must(h.Retire(ctx, editor, id, 1))
		h.must(h.Retire(ctx, editor, h.topic("p").ID, 1))
		wantKind(t, h.Unmerge(ctx, editor, a.ID, a.Revision), fault.Conflict, "topics.conflict.parent")
		h.must(h.merge("p", "b"))
		h.must(h.Unmerge(ctx, editor, a.ID, a.Revision))
		if a = h.topic("a"); a.State != Current || a.Parent != h.topic("b").ID {
			t.Errorf("got %+v", a)
		}
	})
}

func TestSplitWaitsForOwners(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b", "c", "z")
		h.must(h.use("o1", "a"))
		h.must(h.use("o2", "a", "z"))
		h.must(h.merge("z", "a"))
		a, b, c := h.topic("a"), h.topic("b"), h.topic("c")
		h.must(h.Divide(ctx, editor, a.ID, a.Revision, []ID{b.ID, c.ID}))
		if got := h.about("o1"); got != "a" {
			t.Errorf("o1 is about %q: somebody chose for its owner", got)
		}
		if ids, err := h.Waiting(ctx, a.ID, "offer", "", 10); err != nil || !slices.Equal(ids, []string{"o1", "o2"}) {
			t.Errorf("waiting: %v, %v", ids, err)
		}
		if parts, err := h.Parts(ctx, a.ID); err != nil || h.codesOf(parts) != "b c" && h.codesOf(parts) != "c b" {
			t.Errorf("parts: %v, %v", parts, err)
		}
		wantKind(t, h.use("o3", "a"), fault.Invalid, "topics.fault.not_offered")
		wantKind(t, h.use("o3", "z"), fault.Invalid, "topics.fault.not_offered")
		h.must(h.use("o1", "a")) // may stay where it was
		choose := func(object string, part ID) error {
			return d.Write(ctx, func(tx *db.Tx) error { return Choose(ctx, tx, "offer", object, a.ID, []ID{part}) })
		}
		wantKind(t, choose("o9", b.ID), fault.NotFound, "")
		h.must(choose("o1", b.ID))
		h.must(choose("o2", c.ID)) // named it twice, once through the merged one
		if h.about("o1") != "b" || h.about("o2") != "c" {
			t.Errorf("o1 %s, o2 %s", h.about("o1"), h.about("o2"))
		}
		if waiting, err := h.splitWaiting(ctx); err != nil || len(waiting) != 0 {
			t.Errorf("got %v, %v", waiting, err)
		}
		a = h.topic("a")
		h.must(h.Undivide(ctx, editor, a.ID, a.Revision))
		if a = h.topic("a"); a.State != Current || h.about("o1") != "b" {
			t.Errorf("got %+v, o1 %s", a, h.about("o1"))
		}
		if parts, err := h.Parts(ctx, a.ID); err != nil || parts != nil {
			t.Errorf("parts: %v, %v", parts, err)
		}
	})
}

func TestUseRefusesAndReplaces(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b<a", "c<b", "d")
		write := func(ids ...ID) error {
			return d.Write(ctx, func(tx *db.Tx) error { return Use(ctx, tx, "offer", "o1", ids) })
		}
		wantKind(t, write("none"), fault.Invalid, "topics.fault.unknown")
		wantKind(t, write(make([]ID, mostTopics+1)...), fault.Invalid, "topics.fault.too_many")
		h.must(h.use("o1", "c", "d", "c"))
		h.must(h.use("o2", "b"))
		if got, err := h.ByTopic(ctx, h.topic("a").ID, "offer", "", 10); err != nil || !slices.Equal(got, []string{"o1", "o2"}) {
			t.Errorf("got %v, %v", got, err)
		}
		if got, err := h.ByTopic(ctx, h.topic("a").ID, "offer", "o1", 1); err != nil || !slices.Equal(got, []string{"o2"}) {
			t.Errorf("got %v, %v", got, err)
		}
		if n, err := h.CountWithin(ctx, h.topic("a").ID); err != nil || n["offer"] != 2 {
			t.Errorf("got %v, %v", n, err)
		}
		h.must(h.Retire(ctx, editor, h.topic("d").ID, 1))
		h.must(h.use("o1", "d", "b"))
		if h.about("o1") != "b d" {
			t.Errorf("got %q", h.about("o1"))
		}
		wantKind(t, h.use("o2", "d"), fault.Invalid, "topics.fault.not_offered")
		h.must(write())
		if h.about("o1") != "" {
			t.Errorf("got %q", h.about("o1"))
		}
	})
}

func TestInstitutionsSpeakForThemselves(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b")
		mine, other := h.school("Moja szkoła"), h.school("Inna szkoła")
		head := as(access.SchoolHead, mine)
		want := []ID{h.topic("a").ID}
		wantKind(t, h.SetInstitution(ctx, access.Stranger(), mine, nil, want), fault.SignedOut, "")
		wantKind(t, h.SetInstitution(ctx, as(access.Teacher, mine), mine, nil, want), fault.Forbidden, "")
		wantKind(t, h.SetInstitution(ctx, head, other, nil, want), fault.Forbidden, "")
		wantKind(t, h.SetInstitution(ctx, editor, mine, nil, want), fault.Forbidden, "")
		wantKind(t, h.SetInstitution(ctx, as(access.SchoolHead, otherID), otherID, nil, want), fault.NotFound, "")
		wantKind(t, h.SetInstitution(ctx, head, mine, nil, []ID{"none"}), fault.Invalid, "topics.fault.unknown")
		r := record("forma", "")
		r.Kind = TrainingForm
		form, err := h.Create(ctx, editor, r)
		h.must(err)
		wantKind(t, h.SetInstitution(ctx, head, mine, nil, []ID{form}), fault.Invalid, "topics.fault.not_offered")
		h.must(h.SetInstitution(ctx, head, mine, nil, want))
		wantKind(t, h.SetInstitution(ctx, head, mine, nil, nil), fault.Conflict, "topics.conflict.institution")
		h.must(h.SetInstitution(ctx, head, mine, want, []ID{h.topic("b").ID, h.topic("a").ID}))
		used, err := h.Used(ctx, OfInstitutions, string(mine), string(other))
		if err != nil || h.codesOf(used[string(mine)]) != "a b" || len(used) != 1 {
			t.Errorf("got %v, %v", used, err)
		}
	})
}

// Two editors merge at once, each into the other's topic, or into the same: the
// vocabulary never has a circle and no act is half done.
func TestMergesAtOnce(t *testing.T) {
	testkit.EachIsolation(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.touch = nil
		for round := range 5 {
			n := string(rune('a' + round))
			h.add("x"+n, "y"+n, "z"+n)
			x, y, z := h.topic("x"+n), h.topic("y"+n), h.topic("z"+n)
			acts := []func() error{
				func() error { return h.Merge(ctx, editor, Merging{x.ID, x.Revision, y.ID, y.Revision, 0}) },
				func() error { return h.Merge(ctx, editor, Merging{y.ID, y.Revision, x.ID, x.Revision, 0}) },
				func() error { return h.Move(ctx, editor, x.ID, x.Revision, z.ID) },
				func() error { return h.Move(ctx, editor, z.ID, z.Revision, x.ID) },
				func() error { return h.Move(ctx, editor, z.ID, z.Revision, y.ID) },
			}
			errs := make([]error, len(acts))
			var wg sync.WaitGroup
			for i, act := range acts {
				wg.Go(func() { errs[i] = act() })
			}
			wg.Wait()
			won := 0
			for i, err := range errs {
				if err == nil {
					won++
				} else if k := fault.KindOf(err); k != fault.Conflict && k != fault.Invalid {
					t.Errorf("act %d: %v", i, err)
				}
			}
			if won == 0 {
				t.Error("nobody won")
			}
			v, err := read(ctx, d)
			h.must(err)
			for _, topic := range v.list {
				if above := v.above(topic.ID); len(above) >= Levels || slices.Contains(v.ids(above), topic.ID) {
					t.Errorf("%s stands below %d", topic.Code, len(above))
				}
				if target := v.byID[v.resolve(topic.ID)]; target == nil || target.State == Merged || target.ID != topic.StandsFor {
					t.Errorf("%s leads to %+v, stands for %s", topic.Code, target, topic.StandsFor)
				}
				if p := v.byID[topic.Parent]; topic.State == Current && p != nil && p.State != Current {
					t.Errorf("%s stands below %s, which is %s", topic.Code, p.Code, p.State)
				}
			}
		}
	})
}

func (v *vocabulary) ids(list []*Topic) (ids []ID) {
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestSeedOnce(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		errs := make([]error, 2)
		h.touch = nil
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = h.Seed(ctx) })
		}
		wg.Wait()
		h.must(errs[0])
		h.must(errs[1])
		v, err := h.vocabularyNow(ctx)
		h.must(err)
		kinds := map[Kind]int{}
		for _, topic := range v.list {
			kinds[topic.Kind]++
			if len(v.above(topic.ID)) >= Levels || topic.StandsFor != topic.ID || topic.ID != seededID(topic.Code) {
				t.Errorf("%+v", topic)
			}
			for _, lang := range i18n.Langs {
				if other := v.namesake(topic, lang); other != nil {
					t.Errorf("%s and %s are called alike in %s", topic.Code, other.Code, lang)
				}
			}
		}
		if kinds[Subject] < 150 || kinds[TrainingForm] < 12 || kinds[Policy] != 0 {
			t.Errorf("%v", kinds)
		}
		version, _ := db.Version(ctx, d, versionName)
		a := h.topic("matematyka")
		h.must(h.Retire(ctx, editor, a.ID, a.Revision))
		h.must(h.Seed(ctx))
		if now, _ := db.Version(ctx, d, versionName); now != version+1 || h.topic("matematyka").State != Retired {
			t.Error("seeding again changed something")
		}
		for lang, alphabet := range map[i18n.Lang]string{i18n.UK: "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"} {
			for _, topic := range v.list {
				if !strings.ContainsAny(strings.ToLower(topic.Names[lang]), alphabet) {
					t.Errorf("%s is called %q in %s", topic.Code, topic.Names[lang], lang)
				}
			}
		}
	})
}

func TestSearchFindsTopicsInUse(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b", "c", "e")
		h.must(h.merge("a", "b"))
		h.must(h.Retire(ctx, editor, h.topic("c").ID, 1))
		var ids []string
		for after := ""; ; after = ids[len(ids)-1] {
			some, err := h.idsAfter(ctx, after, 3)
			h.must(err)
			if len(some) == 0 {
				break
			}
			ids = append(ids, some...)
		}
		docs, err := h.documents(ctx, append(ids, "none"))
		if err != nil || len(ids) != 4 || len(docs) != 2 {
			t.Fatalf("%d ids, %+v, %v", len(ids), docs, err)
		}
		for _, doc := range docs {
			if doc.ID == string(h.topic("b").ID) && (doc.Title != "Temat b" || !strings.Contains(doc.Body, "Temat a") || !strings.Contains(doc.Body, "Тема b") || strings.Contains(doc.Body, "Temat b")) {
				t.Errorf("%+v", doc)
			}
		}
	})
}
