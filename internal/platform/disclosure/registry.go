package disclosure

import (
	"fmt"
	"slices"
	"strconv"
)

// Registry holds the declared measures. It is filled while the program is put
// together and only read afterwards.
type Registry struct {
	measures []Measure
	byName   map[string]int
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{byName: map[string]int{}} }

// Declare adds measures and returns the registry. One declared twice, or of
// which the rule would not know what to do, is a mistake in the wiring and
// panics, as http.ServeMux does.
func (r *Registry) Declare(measures ...Measure) *Registry {
	for _, m := range measures {
		if _, known := r.byName[m.Name]; known || m.Name == "" || m.TitleKey == "" {
			panic(fmt.Sprintf("disclosure: measure %q is declared twice or has no title", m.Name))
		}
		if err := m.check(); err != nil {
			panic(fmt.Sprintf("disclosure: measure %q: %v", m.Name, err))
		}
		r.byName[m.Name] = len(r.measures)
		r.measures = append(r.measures, m)
	}
	return r
}

// Measures are all declared measures in the order of their declaration.
func (r *Registry) Measures() []Measure { return slices.Clone(r.measures) }

// Measure is the declaration of a name.
func (r *Registry) Measure(name string) (Measure, bool) {
	i, ok := r.byName[name]
	if !ok {
		return Measure{}, false
	}
	return r.measures[i], true
}

// least is the smallest k of a class. Sensitive measures of a whole city take
// 30 (Release.K).
var least = map[Class]int{Official: 0, Declared: 5, Opinion: 5, Sensitive: 10}

// k is the threshold of the measure.
func (m Measure) k() int { return max(m.K, least[m.Class]) }

func (m Measure) check() error {
	k, known := least[m.Class]
	switch {
	case !known:
		return fmt.Errorf("there is no class %q", m.Class)
	case m.K != 0 && m.K < k:
		return fmt.Errorf("k is %d, less than the %d of its class", m.K, k)
	case m.Ordered && !m.Each:
		return fmt.Errorf("ordered, but not a single choice")
	case m.Each && (m.Most != 0 || m.Least != 0 || m.Mean):
		return fmt.Errorf("a single choice has no mean and no number of choices")
	case m.Least < 0 || m.Most < 0 || m.Most > 0 && m.Least > m.Most:
		return fmt.Errorf("from %d to %d choices", m.Least, m.Most)
	case m.Mean && (m.Low >= m.High || m.Most != 0 || m.Least != 0):
		return fmt.Errorf("the mean of a scale from %d to %d", m.Low, m.High)
	case m.Mean && (m.Class == Sensitive || m.Class == Official):
		return fmt.Errorf("a mean of class %s", m.Class)
	}
	return nil
}

// steps are the categories of a scale whose mean is published.
func (m Measure) steps() []string {
	var list []string
	for v := m.Low; v <= m.High; v++ {
		list = append(list, strconv.Itoa(v))
	}
	return list
}
