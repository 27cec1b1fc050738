package networking

import (
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// sectionPart is what an institution helps with and looks for.
type sectionPart struct {
	l            *i18n.L
	Helps, Looks []item
	Add          string // address of the form, "" for who may not
}

// Section stands on the page of an institution: see directory.AddSection. Who
// sees which entries is as on the list.
func (s *Service) Section(r *web.Request, who access.Actor, i directory.Institution) (section directory.Section, err error) {
	ctx := r.Context()
	q := s.visible(who, s.now())
	q.and(`e.owner = ?`, ownInstitution)
	q.and(`e.institution = ?`, string(i.ID))
	var list []Entry
	if err := s.db.Select(ctx, &list, `select `+entryColumns+` from `+entriesFrom+` where `+q.where()+` order by e.id desc limit 20`, q.args...); err != nil {
		return section, err
	}
	speaks, err := speaksFor(ctx, who, string(i.ID))
	if err != nil || len(list) == 0 && !speaks || i.Closed {
		return section, err
	}
	if err := s.withTopics(ctx, list); err != nil {
		return section, err
	}
	names, err := s.wordsFor(ctx, r.L, list, nil, nil)
	if err != nil {
		return section, err
	}
	part := sectionPart{l: r.L}
	for _, e := range list {
		it := names.item(e, s.now())
		it.Title = names.topicList(e.Topics)
		if e.Side == Helps {
			part.Helps = append(part.Helps, it)
		} else {
			part.Looks = append(part.Looks, it)
		}
	}
	if speaks {
		part.Add = listPath + "/nowy?imie=" + string(i.ID)
	}
	return directory.Section{Title: r.L.T("networking.section"), Rank: 30, Component: sectionView(part)}, nil
}

// lines are the lines of a text that hold something.
func lines(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
