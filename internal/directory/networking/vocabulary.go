package networking

import (
	"context"
	"strings"

	"kladka/internal/directory/topics"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Vocabulary lets package topics be the Topics of this one.
type Vocabulary struct{ Topics *topics.Service }

// Choices implements Topics.
func (v Vocabulary) Choices(ctx context.Context, l *i18n.L) ([]web.Choice, error) {
	return v.Topics.Choices(ctx, l, topics.Subject)
}

// Names implements Topics: a topic that was merged has the name of the one it
// stands for.
func (v Vocabulary) Names(ctx context.Context, l *i18n.L, ids []string) (map[string]string, error) {
	read, err := v.Resolve(ctx, ids)
	if err != nil {
		return nil, err
	}
	var now []topics.ID
	for _, id := range read {
		now = append(now, topics.ID(id))
	}
	called, err := v.Topics.Names(ctx, l, now)
	names := map[string]string{}
	for id, as := range read {
		if name := called[topics.ID(as)]; name != "" {
			names[id] = name
		}
	}
	return names, err
}

// Resolve implements Topics.
func (v Vocabulary) Resolve(ctx context.Context, ids []string) (map[string]string, error) {
	read := map[string]string{}
	for _, id := range ids {
		now, err := v.Topics.Resolve(ctx, []topics.ID{topics.ID(id)})
		if err != nil {
			return nil, err
		}
		if len(now) > 0 {
			read[id] = string(now[0])
		}
	}
	return read, nil
}

// Under implements Topics. The choices stand in the order of the tree, those
// below others indented.
func (v Vocabulary) Under(ctx context.Context, ids []string) (map[string]bool, error) {
	read, err := v.Resolve(ctx, ids)
	if err != nil {
		return nil, err
	}
	under := map[string]bool{}
	for _, id := range read {
		under[id] = true
	}
	list, err := v.Topics.Choices(ctx, &i18n.L{Lang: i18n.PL}, topics.Subject)
	inside := -1
	for _, c := range list {
		depth := strings.Count(c.Label, "\u2003")
		if inside >= 0 && depth > inside {
			under[c.Value] = true
			continue
		}
		if inside = -1; under[c.Value] {
			inside = depth
		}
	}
	return under, err
}

// Use implements Topics.
func (v Vocabulary) Use(ctx context.Context, tx *db.Tx, kind, object string, ids []string) error {
	list := make([]topics.ID, len(ids))
	for n, id := range ids {
		list[n] = topics.ID(id)
	}
	return topics.Use(ctx, tx, kind, object, list)
}

// Used implements Topics.
func (v Vocabulary) Used(ctx context.Context, kind string, objects []string) (map[string][]string, error) {
	used, err := v.Topics.Used(ctx, kind, objects...)
	out := map[string][]string{}
	for object, ids := range used {
		for _, id := range ids {
			out[object] = append(out[object], string(id))
		}
	}
	return out, err
}
