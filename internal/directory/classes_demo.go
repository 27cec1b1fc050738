package directory

import (
	"context"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// DemoClass is an invented class. All keys are given, so that every demo has
// the same classes under the same addresses. Closed and Pupils are not read.
type DemoClass struct {
	ClassGroup
	Members []DemoMember // in the order of the register
}

// DemoMember is an invented pupil.
type DemoMember struct {
	ID   access.PersonID
	Name string
}

// AddDemoClasses makes classes with their pupils in the transaction of the
// demo. Outside a demo the first pupil is refused. A tutor is given the role
// with the people of the demo; here only the class learns of it.
func (s *Service) AddDemoClasses(ctx context.Context, tx *db.Tx, classes []DemoClass) (err error) {
	defer fault.Wrap(&err, "add invented classes")
	now := s.now()
	for _, c := range classes {
		if err := insertClass(ctx, tx, c.ClassGroup, now); err != nil {
			return err
		}
		for n, m := range c.Members {
			if err := s.people.AddDemoPupil(ctx, tx, m.ID, strings.TrimSpace(m.Name), c.Institution); err != nil {
				return err
			}
			if err := insertMember(ctx, tx, c.ID, m.ID, n+1, now); err != nil {
				return err
			}
		}
	}
	return nil
}
