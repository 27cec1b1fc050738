package access

import (
	"net/http/httptest"
	"testing"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func TestCanAny(t *testing.T) {
	teacher := Actor{Person: "p", Roles: []Held{{Role: Teacher, Institution: "i"}}}
	for _, c := range []struct {
		who   Actor
		guard web.Guard
		want  fault.Kind
		ok    bool
	}{
		{teacher, CanAny(ManagePeople, UseContacts), 0, true},
		{teacher, CanAny(ManagePeople, SeeAudit), fault.Forbidden, false},
		{teacher, CanAny(), fault.Forbidden, false},
		{Stranger(), CanAny(UseContacts), fault.SignedOut, false},
		{Stranger(), CanAny(), fault.SignedOut, false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		err := c.guard.Allow(&web.Request{Request: r.WithContext(WithActor(r.Context(), c.who))})
		if c.ok != (err == nil) || err != nil && fault.KindOf(err) != c.want {
			t.Errorf("%s: %v", c.guard.Name(), err)
		}
	}
}
