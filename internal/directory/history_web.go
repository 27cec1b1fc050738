package directory

import (
	"context"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// pastItem is one change as the page of the institution tells it.
type pastItem struct {
	When, Text string
	Links      []web.Link
}

// shownPast is how many changes a page tells.
const shownPast = 50

// pastView puts the history into sentences, the latest first. What happened when
// the institution came into the directory is told only beside other changes.
func (s *Service) pastView(ctx context.Context, l *i18n.L, i Institution) (items []pastItem, err error) {
	list, err := s.History(ctx, i.ID)
	if err != nil || len(list) == 0 || len(list) == 1 && list[0].Field == Appeared {
		return nil, err
	}
	called, err := names(ctx, s.db, parentsIn(list))
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if len(items) == shownPast {
			break
		}
		item := pastItem{When: l.Date(time.Unix(p.At, 0).In(web.Warsaw)), Text: pastText(l, p)}
		if p.Field == "parent" {
			for _, id := range []string{p.Before, p.After} {
				if name := called[access.InstitutionID(id)]; name != "" {
					item.Links = append(item.Links, web.Link{Text: name, Href: href(access.InstitutionID(id))})
				}
			}
		}
		items = append(items, item)
	}
	return items, nil
}

func parentsIn(list []Past) (ids []access.InstitutionID) {
	for _, p := range list {
		if p.Field != "parent" {
			continue
		}
		for _, id := range []string{p.Before, p.After} {
			if id != "" {
				ids = append(ids, access.InstitutionID(id))
			}
		}
	}
	return ids
}

// pastText says what changed. The register does not say who took over whom, so
// neither do we: it tells who is under whom, and who is closed.
func pastText(l *i18n.L, p Past) string {
	switch p.Field {
	case Appeared:
		return l.T("past.appeared")
	case "parent":
		switch {
		case p.Before == "":
			return l.T("past.parent.joined")
		case p.After == "":
			return l.T("past.parent.left")
		}
		return l.T("past.parent.moved")
	case "closed":
		return closingText(l, p)
	case "type":
		return l.T("past.type", "before", l.T("type."+p.Before), "after", l.T("type."+p.After))
	}
	return l.T("past."+p.Field, "before", orNone(l, p.Before), "after", orNone(l, p.After))
}

func closingText(l *i18n.L, p Past) string {
	if p.After == "" {
		return l.T("past.reopened")
	}
	why, day, _ := strings.Cut(p.After, " ")
	if why == ClosedByRegister && day != "" {
		return l.T("past.closed_on", "date", l.DateText(day))
	}
	return l.T("past.closed")
}

func orNone(l *i18n.L, value string) string {
	if value == "" {
		return l.T("past.none")
	}
	return value
}
