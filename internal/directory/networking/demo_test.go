package networking_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/demo"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/topics"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// TestWithTheVocabulary puts this package on the real vocabulary and lets the
// invented people of a school use it.
func TestWithTheVocabulary(t *testing.T) {
	modules := []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
		{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "access", Files: access.Migrations},
		{Name: "directory", Files: directory.Migrations}, {Name: "topics", Files: topics.Migrations}, {Name: "networking", Files: networking.Migrations}}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		ctx, now, quiet := t.Context(), time.Now, slog.New(slog.DiscardHandler)
		catalog, err := i18n.Load(web.Messages, access.Messages, directory.Messages, networking.Messages, topics.Messages)
		if err != nil {
			t.Fatal(err)
		}
		people := access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: secrets.New(), Demo: true})
		dir := directory.New(directory.Config{DB: d, Now: now, Log: quiet})
		if err := dir.Seed(ctx); err != nil {
			t.Fatal(err)
		}
		people.Connect(dir)
		words := topics.New(topics.Config{DB: d, Directory: dir, Bus: events.NewBus(d, jobs.NewRegistry(), now), Now: now, Log: quiet})
		if err := words.Seed(ctx); err != nil {
			t.Fatal(err)
		}
		n := networking.New(networking.Config{DB: d, Now: now, People: people, Topics: networking.Vocabulary{Topics: words}, Catalog: catalog})
		world := demo.Generate(demo.School, 1)
		err = d.Write(ctx, func(tx *db.Tx) error {
			if err := dir.Save(ctx, tx, world.Institutions); err != nil {
				return err
			}
			if err := dir.Regroup(ctx, tx); err != nil {
				return err
			}
			return people.AddDemoPeople(ctx, tx, world.People)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := demo.Contacts(ctx, people, n, world); err != nil {
			t.Fatal(err)
		}
		check(t, ctx, people, n, words, world)
	})
}

func check(t *testing.T, ctx context.Context, people *access.Service, n *networking.Service, words *topics.Service, world demo.World) {
	t.Helper()
	var head access.Actor
	for _, p := range world.People {
		for _, h := range p.Roles {
			if a, err := people.Actor(ctx, p.ID); err == nil && h.Role == access.SchoolHead && head.Person == "" {
				head = a
			}
		}
	}
	list, total, _, err := n.List(ctx, head, networking.Filter{}, web.Cursor{})
	if err != nil || total < 4 || len(list[0].Topics) != 1 {
		t.Fatal(total, err)
	}
	waiting := 0
	for _, p := range world.People {
		a, err := people.Actor(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		k, err := n.Waiting(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		waiting += k
	}
	if waiting == 0 {
		t.Error("no request waits for anybody")
	}
	used, err := words.Used(ctx, networking.EntryKind, list[0].ID)
	if err != nil || len(used[list[0].ID]) != 1 {
		t.Error("the vocabulary does not know of the entry", used, err)
	}
	// A topic holds what is below it.
	topic, err := words.ByID(ctx, topics.ID(list[0].Topics[0]))
	if err != nil {
		t.Fatal(err)
	}
	if topic.Parent == "" {
		return
	}
	above, _, _, err := n.List(ctx, head, networking.Filter{Topics: []string{string(topic.Parent)}}, web.Cursor{})
	if err != nil || len(above) == 0 {
		t.Error("the topic above does not hold it", err)
	}
}
