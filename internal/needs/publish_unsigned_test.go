package needs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
)

// TestPublishFakes is the attack by the link of a staff room: the head of a school
// whose four teachers answered makes up forty more answers and subtracts them.
// Nothing about the four can be read, and the page says how many came by the link.
func TestPublishFakes(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.measures()
		c := k.faked(t, 0, 40)
		if diff := slices.Compare(k.published(c), []string{MeasureForm, MeasureTopics, MeasureWhen}); diff != 0 {
			t.Fatal(k.published(c))
		}
		for _, m := range publishPeopleMeasures {
			table, err := k.publishedBelow(t.Context(), c.ID, m.measure)
			k.ok(err)
			if table.K != publishK+40 || slices.ContainsFunc(table.Nodes, func(n disclosure.Node) bool { return n.Shown }) {
				t.Errorf("%s tells: %+v", m.measure, table)
			}
		}
		for _, path := range []string{Path + "/2027?co=osoby&kampania=" + string(c.ID), CampaignHref(c.ID) + "/glosy"} {
			for _, lang := range i18n.Langs {
				k.lang = lang
				k.page(k.head, path)
			}
			k.lang = i18n.PL
			got := text(k.page(k.head, path).Find("[data-unsigned]"))
			if !strings.HasPrefix(got, "W całej kampanii 40 odpowiedzi przyszło bez logowania") || !strings.Contains(got, "od 45 osób, a nie od 5") {
				t.Errorf("%s: %q", path, got)
			}
		}
	})
}

// TestPublishFewUnsigned: a link that some of many used hides little, and the units
// of one head are one hand.
func TestPublishFewUnsigned(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.measures()
	c := k.faked(t, 56, 4)
	table, err := k.publishedTable(t.Context(), c.ID, MeasureTopics)
	k.ok(err)
	// 28 of the large school and two by the link chose maths, 34 did not.
	if cell := table.Cell("all", maths); table.K != 9 || !cell.Shown || cell.N != 30 {
		t.Errorf("k %d, %+v", table.K, cell)
	}
	part := directory.Institution{ID: testID(41), Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Filia", Municipality: city, HeadUnit: k.small}
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.dir.Save(ctx, tx, []directory.Institution{part}) })
	o := Campaign{Round: survey.RoundID(newID())}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := k.Surveys.Create(ctx, tx, k.officer.By(), survey.Round{ID: o.Round, Owner: RoundOwner, Object: newID(), Definition: k.version(c), Mode: survey.Confidential,
			OpensAt: k.clock.Unix(), ClosesAt: k.clock.Unix() + 3600})
		if err != nil {
			return err
		}
		return k.Surveys.OpenIn(ctx, tx, k.officer.By(), o.Round)
	})
	for unit, n := range map[access.InstitutionID]int{k.school: 4, k.small: 3, part.ID: 2} {
		k.unsigned(o, unit, n)
	}
	if most, err := k.publishUnsigned(t.Context(), o); err != nil || most != 5 {
		t.Errorf("%d by one hand: %v", most, err)
	}
}

// faked is a ranked campaign in which the four teachers of the small school
// answered, so many of the large one, and so many came by the small school's link.
func (k *kit) faked(t testing.TB, others, fakes int) Campaign {
	t.Helper()
	ctx, round := t.Context(), survey.RoundID(newID())
	c := k.campaign(t, func(c *Campaign) {
		c.People, c.Round, c.OpensAt, c.ClosesAt = true, round, k.clock.Unix(), k.clock.Unix()+3600
	})
	def, err := k.personalDefinition(ctx, c.ID, Settings{People: true, Topics: []string{maths, reading, autism, machine}})
	k.ok(err)
	var version survey.DefinitionID
	k.write(func(ctx context.Context, tx *db.Tx) error {
		plan, err := k.Disclosure.Fix(ctx, tx, disclosure.Plan{Owner: RoundOwner, Object: "campaign/" + string(c.ID), Units: []disclosure.Unit{{ID: "all", Name: "Metropolia"},
			{ID: city, Parent: "all", Name: "Miasto"}, {ID: string(k.small), Parent: city, Order: "1", Name: "Mała"}, {ID: string(k.school), Parent: city, Order: "2", Name: "Duża"}}})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update needs_campaigns set plan = ? where id = ?`, plan.ID, c.ID); err != nil {
			return err
		}
		if version, err = k.Surveys.SaveDefinition(ctx, tx, k.officer.By(), def); err != nil {
			return err
		}
		if _, err = k.Surveys.Create(ctx, tx, k.officer.By(), survey.Round{ID: round, Owner: RoundOwner, Object: string(c.ID), Definition: version, Mode: survey.Confidential,
			OpensAt: c.OpensAt, ClosesAt: c.ClosesAt}); err != nil {
			return err
		}
		return k.Surveys.OpenIn(ctx, tx, k.officer.By(), round)
	})
	k.publishAnswers(c, version, k.small, 4, 0, 1)
	if others > 0 {
		k.publishAnswers(c, version, k.school, others, others/2, 0)
	}
	k.unsigned(c, k.small, fakes)
	k.clock = k.clock.Add(2 * time.Hour)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update needs_campaigns set state = 'closed' where id = ?`, c.ID); err != nil {
			return err
		}
		return k.Surveys.CloseIn(ctx, tx, k.officer.By(), round)
	})
	k.ok(k.rank(ctx, c.ID))
	return k.read(c.ID)
}

func (k *kit) version(c Campaign) survey.DefinitionID {
	k.t.Helper()
	rd, err := k.Surveys.RoundByID(k.t.Context(), k.db, c.Round)
	k.ok(err)
	return rd.Definition
}

// unsigned are n answers by the link of a unit; every other one wants maths.
func (k *kit) unsigned(c Campaign, unit access.InstitutionID, n int) {
	k.t.Helper()
	ctx := k.t.Context()
	k.ok(k.Surveys.GrantSeats(ctx, k.officer.By(), c.Round, string(unit), n))
	link, err := k.Surveys.LinkOf(ctx, k.db, c.Round, string(unit))
	k.ok(err)
	version := k.version(c)
	for i := range n {
		a := survey.Answers{"topics": {publishOption([]string{maths, machine}[i%2])}, "form": {"workshop"}, "when": {"morning"}}
		err := k.Surveys.AnswerByLink(ctx, c.Round, string(unit), link.Path[strings.LastIndexByte(link.Path, '/')+1:],
			survey.Given{Form: survey.NewForm(), Definition: version, Answers: a, At: k.clock})
		if err != nil {
			k.t.Fatal(fmt.Errorf("answer %d: %w", i, err))
		}
	}
}
