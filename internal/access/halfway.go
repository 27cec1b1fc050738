package access

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"kladka/internal/platform/web"
)

// halfway is somebody who proved the first step and has a second factor. There
// is no session yet: who learned a password is as much a stranger as before.
type halfway struct {
	Person PersonID `json:"person"`
	Method Method   `json:"method"`
	At     int64    `json:"at"`
	Print  string   `json:"print"` // of the password: a new one ends it
}

const (
	halfwayKey  = "halfway"
	halfwayLife = 10 * time.Minute
)

func (s *Service) passwordPrint(p Person) string {
	return hex.EncodeToString(s.keys.MAC("halfway", string(p.ID), p.Password)[:16])
}

// goHalfway remembers the first step under a new token. Whoever was signed in
// in this browser is not any more.
func (s *Service) goHalfway(r *web.Request, id PersonID, method Method) error {
	ctx := r.Context()
	p, err := s.personOf(ctx, id)
	if err != nil {
		return err
	}
	data, err := json.Marshal(halfway{id, method, s.now().Unix(), s.passwordPrint(p)})
	if err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.keep(ctx, session{Asked: map[string]string{halfwayKey: string(data)}})
	return nil
}

// halfwayOf is who stands before the second step in this browser.
func (s *Service) halfwayOf(ctx context.Context) (h halfway, ok bool) {
	v := s.session(ctx)
	if v.Person != "" || json.Unmarshal([]byte(v.Asked[halfwayKey]), &h) != nil {
		return halfway{}, false
	}
	if s.now().Sub(time.Unix(h.At, 0)) > halfwayLife {
		return halfway{}, false
	}
	p, err := s.personOf(ctx, h.Person)
	return h, err == nil && h.Print == s.passwordPrint(p)
}
