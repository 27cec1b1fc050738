package needs

import (
	"context"
	"testing"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
)

// ruleTopics call a topic by its id.
type ruleTopics struct{ Topics }

func (ruleTopics) Names(_ context.Context, _ *i18n.L, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		names[id] = id
	}
	return names, nil
}

// TestPersonalForm keeps the question of one choice required, with a way to say
// that it does not matter: otherwise its release would tell how many left it out.
func TestPersonalForm(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{Config: Config{Catalog: catalog, Topics: ruleTopics{}}}
	d, err := s.personalDefinition(t.Context(), "c", Settings{People: true, Topics: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range d.Sections {
		for _, q := range section.Questions {
			if q.Kind == survey.Single && !q.Required {
				t.Errorf("%s may be left out", q.ID)
			}
		}
	}
	if _, fields := d.Check(survey.Answers{"when": {"morning"}}); len(fields) == 0 {
		t.Error("an answer without a form was taken")
	}
	if _, fields := d.Check(survey.Answers{"form": {personalAnyForm}}); len(fields) != 0 {
		t.Errorf("no favorite form: %v", fields)
	}
}
