package meetings

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

const (
	similarLook = 500 // topics of a series that are compared
	similarMost = 5
	similarWord = 3 // letters: shorter words say nothing
)

// Similar are topics of the series that say much the same as a title and its
// words, the most alike first: of all words of the shorter title at least half,
// in any inflection. Who asks must be allowed to read the series.
func (s *Service) Similar(ctx context.Context, who access.Actor, id SeriesID, title, subject string) (list []Topic, err error) {
	defer fault.Wrap(&err, "similar topics in series %s", id)
	series, err := SeriesByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := s.SeesSeries(ctx, who, series); err != nil {
		return nil, err
	}
	var all []Topic
	err = s.db.Select(ctx, &all, `select `+TopicColumns+` from meetings_topics t where t.series = ? and t.state in (?, ?, ?, ?) order by t.id desc limit ?`,
		id, Proposed, Accepted, Deferred, OnAgenda, similarLook)
	if err != nil {
		return nil, err
	}
	mine, score := s.gist(title), map[TopicID]int{}
	for _, t := range all {
		if n := alike(mine, s.gist(t.Title)); n >= 50 || subject != "" && subject == t.Subject && n > 0 {
			score[t.ID] = n
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b Topic) int {
		return cmp.Or(cmp.Compare(score[b.ID], score[a.ID]), cmp.Compare(b.Supports, a.Supports), strings.Compare(string(a.ID), string(b.ID)))
	})
	return list[:min(len(list), similarMost)], nil
}

// gist is what a title is about: for each word that says something, its base forms.
func (s *Service) gist(title string) (list [][]string) {
	for _, w := range strings.FieldsFunc(i18n.Fold(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len([]rune(w)) < similarWord {
			continue
		}
		forms := []string{w}
		if s.Lemmas != nil {
			forms = s.Lemmas.Lemmas(w)
		}
		list = append(list, forms)
	}
	return list
}

// alike is how many of a hundred words of the shorter title stand in the other.
func alike(a, b [][]string) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return 0
	}
	n := 0
	for _, w := range a {
		if slices.ContainsFunc(b, func(v []string) bool {
			return slices.ContainsFunc(w, func(form string) bool { return slices.Contains(v, form) })
		}) {
			n++
		}
	}
	return 100 * n / len(a)
}
