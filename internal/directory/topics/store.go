package topics

import (
	"context"
	"encoding/json"
	"fmt"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

const columns = `id, code, kind, coalesce(parent, ''), state, coalesce(into_topic, ''), stands_for, name_pl, name_en, name_uk,
	synonyms, from_date, until_date, basis, created_at, updated_at, revision`

// read reads the whole vocabulary.
func read(ctx context.Context, r db.Reader) (v *vocabulary, err error) {
	defer fault.Wrap(&err, "read the vocabulary")
	var list []*Topic
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		t, err := scanned(scan)
		list = append(list, t)
		return err
	}, `select `+columns+` from directory_topics`)
	if err != nil {
		return nil, err
	}
	parts := map[ID][]ID{}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var topic, part ID
		err := scan(&topic, &part)
		parts[topic] = append(parts[topic], part)
		return err
	}, `select topic, part from directory_topic_parts order by topic, part`)
	if err != nil {
		return nil, err
	}
	return build(list, parts), nil
}

func scanned(scan func(dest ...any) error) (*Topic, error) {
	t := &Topic{Names: map[i18n.Lang]string{}, Synonyms: map[i18n.Lang][]string{}}
	var pl, en, uk, synonyms string
	err := scan(&t.ID, &t.Code, &t.Kind, &t.Parent, &t.State, &t.Into, &t.StandsFor, &pl, &en, &uk, &synonyms,
		&t.From, &t.Until, &t.Basis, &t.CreatedAt, &t.UpdatedAt, &t.Revision)
	if err != nil {
		return nil, err
	}
	t.Names[i18n.PL], t.Names[i18n.EN], t.Names[i18n.UK] = pl, en, uk
	if synonyms != "" {
		if err := json.Unmarshal([]byte(synonyms), &t.Synonyms); err != nil {
			return nil, fmt.Errorf("synonyms of %s: %w", t.Code, err)
		}
	}
	return t, nil
}

func synonymsText(t *Topic) string {
	some := map[i18n.Lang][]string{}
	for lang, list := range t.Synonyms {
		if len(list) > 0 {
			some[lang] = list
		}
	}
	if len(some) == 0 {
		return ""
	}
	text, _ := json.Marshal(some) // strings always encode
	return string(text)
}

// optional is nil for "", for columns that may be null.
func optional(id ID) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// insert writes a new topic. A code that is taken is a broken constraint.
func insert(ctx context.Context, tx *db.Tx, t *Topic) error {
	_, err := tx.Exec(ctx, `insert into directory_topics (id, code, kind, parent, state, into_topic, stands_for, name_pl, name_en, name_uk,
			synonyms, from_date, until_date, basis, created_at, updated_at, revision)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Code, t.Kind, optional(t.Parent), t.State, optional(t.Into), t.StandsFor, t.Names[i18n.PL], t.Names[i18n.EN], t.Names[i18n.UK],
		synonymsText(t), t.From, t.Until, t.Basis, t.CreatedAt, t.UpdatedAt, t.Revision)
	return err
}

// update writes a topic that still has the revision, and raises it. Who was
// slower gets a Conflict.
func update(ctx context.Context, tx *db.Tx, t *Topic, revision int64) error {
	n, err := tx.Exec(ctx, `update directory_topics set parent = ?, state = ?, into_topic = ?, name_pl = ?, name_en = ?, name_uk = ?,
			synonyms = ?, from_date = ?, until_date = ?, basis = ?, updated_at = ?, revision = revision + 1
		where id = ? and revision = ?`,
		optional(t.Parent), t.State, optional(t.Into), t.Names[i18n.PL], t.Names[i18n.EN], t.Names[i18n.UK],
		synonymsText(t), t.From, t.Until, t.Basis, t.UpdatedAt, t.ID, revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return errEdited
	}
	t.Revision = revision + 1
	return nil
}

// errEdited is what the slower of two editors gets.
var errEdited = fault.New(fault.Conflict, "topics.conflict.edited")

// settle writes for each topic the one that is read in its stead. Queries need
// it; everybody else follows the pointers.
func settle(ctx context.Context, tx *db.Tx) error {
	v, err := read(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range v.list {
		stands := v.resolve(t.ID)
		if stands == t.StandsFor || stands == "" {
			continue
		}
		if _, err := tx.Exec(ctx, `update directory_topics set stands_for = ? where id = ?`, stands, t.ID); err != nil {
			return err
		}
	}
	return nil
}
