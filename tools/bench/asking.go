package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// asking measures a form of thirty questions as somebody who is signed in gets
// it, and runs the measurements that lie in the packages of surveys and needs:
// answers against bare transactions, opening sealed answers, the map of needs.
func asking(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := formPage(ctx, t, e); err != nil {
			return err
		}
	}
	return figures(ctx, t, []string{"KLADKA_SURVEY_SPEED=1", "KLADKA_NEEDS_SPEED=1"}, "./internal/platform/survey", "./internal/needs/...")
}

// formPage is the form, empty, all on one page, against the bare handler.
func formPage(ctx context.Context, t *table, e engine) error {
	h, err := demoHouse(ctx, e, 0)
	if err != nil {
		return err
	}
	defer h.stop()
	who, cookie, err := h.as(ctx, access.Teacher)
	if err != nil {
		return err
	}
	h.app.Surveys().Declare("bench", asker{})
	page, err := h.ask(ctx, who)
	if err != nil {
		return err
	}
	body, header, err := fetchAs(cookie, page, "")
	if err != nil {
		return err
	}
	bare, stop, err := served(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", header.Get("Content-Type"))
		w.Write(body)
	}))
	if err != nil {
		return err
	}
	defer stop()
	plain, full, err := alternating(7, func() (time.Duration, error) { return costAs(cookie, bare, 300, "") },
		func() (time.Duration, error) { return costAs(cookie, page, 300, "") })
	if err != nil {
		return err
	}
	t.add(e.name+": form of 30 questions, signed in / bare handler", fmt.Sprintf("%s (%d µs, %d kB)", times(ratioOf(full, plain)), full[0].Microseconds(), len(body)>>10), "4x")
	return nil
}

// ask opens a confidential round of thirty questions to one person.
func (h *house) ask(ctx context.Context, who access.Actor) (address string, err error) {
	rounds := h.app.Surveys()
	now := time.Now()
	rd := survey.Round{Owner: "bench", Object: "bench", Mode: survey.Confidential, OpensAt: now.Unix() - 1, ClosesAt: now.Add(time.Hour).Unix()}
	err = h.db.Write(ctx, func(tx *db.Tx) error {
		if rd.Definition, err = rounds.SaveDefinition(ctx, tx, audit.By{}, survey.Sample()); err != nil {
			return err
		}
		id, err := rounds.Create(ctx, tx, audit.By{}, rd)
		if err != nil {
			return err
		}
		address = h.base + survey.Path(id)
		if err := rounds.Invite(ctx, tx, id, []survey.Invited{{Person: string(who.Person), Unit: string(who.Roles[0].Institution)}}); err != nil {
			return err
		}
		return rounds.OpenIn(ctx, tx, audit.By{}, id)
	})
	return address, err
}

// asker owns the round of a measurement. Nobody runs it.
type asker struct{}

var errNobody = errors.New("nobody runs a measurement")

func (asker) Runs(context.Context, *web.Request, survey.Round) error { return errNobody }
func (asker) Sees(context.Context, *web.Request, survey.Round) error { return errNobody }
func (asker) Eligible(context.Context, *web.Request, survey.Round) (string, error) {
	return "", errNobody
}
func (asker) PaperAt(context.Context, *web.Request, survey.Round) ([]string, error) { return nil, nil }
func (asker) Page(*i18n.L, survey.Round) web.Link                                   { return web.Link{Text: "bench", Href: "/"} }
func (asker) Next(context.Context, *i18n.L, survey.Round, string) (web.Step, error) {
	return web.Step{}, nil
}
func (asker) Opened(context.Context, *db.Tx, survey.Round) error { return nil }
