package directory

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// waitingRows is how many corrections one page shows.
const waitingRows = 20

// waitingPage lists what waits for a decision at many institutions.
type waitingPage struct {
	web.Page
	Items []correctionItem
	Pager web.Pager
	Next  web.Step
}

func (s *Service) getWaiting(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.Waiting(ctx, who, at, waitingRows)
	if err != nil {
		return err
	}
	places, err := s.placesOf(ctx, list)
	if err != nil {
		return err
	}
	p := waitingPage{Page: r.Page(w, l.T("corrections.waiting_title"), web.Link{Text: l.T("nav.administration"), Href: "/administracja"})}
	p.NoIndex = true
	if p.Items, err = s.correctionItems(r, who, places, list); err != nil {
		return err
	}
	for n := range p.Items {
		p.Items[n].From = "lista"
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: string(list[0].ID)}, web.Cursor{ID: string(list[len(list)-1].ID)}, more)
	}
	p.Next = web.Step{What: l.T("corrections.next_decide"), Who: l.T("corrections.next_you"), When: l.T("corrections.next_when")}
	return r.Render(w, waitingView(p))
}

// placesOf reads the institutions of some corrections.
func (s *Service) placesOf(ctx context.Context, list []Correction) (map[access.InstitutionID]Institution, error) {
	var ids []access.InstitutionID
	for _, c := range list {
		ids = append(ids, c.Institution)
	}
	slices.Sort(ids)
	rows, err := byIDs(ctx, s.db, slices.Compact(ids))
	at := make(map[access.InstitutionID]Institution, len(rows))
	for _, i := range rows {
		at[i.ID] = i
	}
	return at, err
}

// Waiting are the proposals, and the corrections that clash with the register,
// for which who asks may decide, the oldest first: n of them from a place in the
// list on, and whether there are more. Who asks must hold AcceptCorrections
// somewhere; whose institutions count is as in Over.
func (s *Service) Waiting(ctx context.Context, who access.Actor, from web.Cursor, n int) (list []Correction, more bool, err error) {
	defer fault.Wrap(&err, "corrections that wait")
	if err := who.Must(access.AcceptCorrections); err != nil {
		return nil, false, err
	}
	rest, args := waitingFor(who)
	order := ` order by c.id`
	switch {
	case from.ID != "" && from.Back:
		rest, args, order = rest+` and c.id < ?`, append(args, from.ID), order+` desc`
	case from.ID != "":
		rest, args = rest+` and c.id > ?`, append(args, from.ID)
	}
	err = s.db.Select(ctx, &list, `select c.`+strings.ReplaceAll(correctionColumns, ", ", ", c.")+rest+order+` limit ?`, append(args, n+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(list) > n; more {
		list = list[:n]
	}
	if from.Back {
		slices.Reverse(list)
	}
	return list, more, nil
}

// waitingFor is the rest of a query for what waits for somebody's decision.
func waitingFor(who access.Actor) (rest string, args []any) {
	rest = ` from directory_corrections c join directory_institutions b on b.id = c.institution
		join directory_institutions h on h.id = b.head_unit
		where (c.state = ? or (c.state = ? and c.registered <> c.was and c.registered <> c.value))`
	args = []any{CorrectionProposed, CorrectionHolding}
	var ids []any
	for _, held := range who.Roles {
		if !held.Role.Gives(access.AcceptCorrections) {
			continue
		}
		if held.Role.Everywhere() {
			return rest, args
		}
		ids = append(ids, held.Institution)
	}
	if who.System() {
		return rest, args
	}
	// The same as Over, for the offices of all roles at once.
	rest += ` and exists (select 1 from directory_institutions a where a.id in ` + db.Marks(1, len(ids)) + `
		and (a.id = b.id or b.head_unit = a.id or b.running_id = a.id or h.running_id = a.id or (a.kind = ? and a.running_municipality <> ''
			and (b.running_municipality = a.running_municipality or h.running_municipality = a.running_municipality))))`
	return rest, append(append(args, ids...), Office)
}

// correctionsDesk tells those who decide how much waits.
func (s *Service) correctionsDesk(r *web.Request) ([]web.DeskItem, error) {
	who := access.ActorOf(r.Request)
	if !who.May(access.AcceptCorrections) {
		return nil, nil
	}
	rest, args := waitingFor(who)
	var n int
	if err := s.db.Get(r.Context(), &n, `select count(*)`+rest, args...); err != nil || n == 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 25, Title: r.L.N("corrections.desk", n), Text: r.L.T("corrections.desk_text"), Href: waitingPath}}, nil
}

// office is who runs an institution, as far as it has a row here.
type office struct {
	ID   access.InstitutionID `db:"id"`
	Name string               `db:"name"`
}

// offices are those whose officers reach an institution because they run it:
// Over, asked from the other side.
func (s *Service) offices(ctx context.Context, i Institution) (list []office, err error) {
	err = s.db.Select(ctx, &list, `select a.id, a.name from directory_institutions a
		join directory_institutions b on b.id = ? join directory_institutions h on h.id = b.head_unit
		where a.closed = ? and (a.id = b.running_id or a.id = h.running_id or (a.kind = ? and a.running_municipality <> ''
			and (a.running_municipality = b.running_municipality or a.running_municipality = h.running_municipality)))
		order by a.sort_key, a.id limit 20`, i.ID, false, Office)
	return list, err
}

// deciders are the officers to be told that something waits.
func (s *Service) deciders(ctx context.Context, i Institution) ([]access.PersonID, error) {
	if s.people == nil || s.tell == nil {
		return nil, nil
	}
	list, err := s.offices(ctx, i)
	if err != nil {
		return nil, err
	}
	var ids []access.InstitutionID
	for _, o := range list {
		ids = append(ids, o.ID)
	}
	return s.people.Holders(ctx, access.AcceptCorrections, ids...)
}

// tellProposed tells the officers, once for all fields of a form.
func (s *Service) tellProposed(ctx context.Context, tx *db.Tx, who access.Actor, i Institution, officers []access.PersonID) error {
	for _, id := range officers {
		if id == who.Person {
			continue
		}
		err := s.tell(ctx, tx, id, "notify.correction_proposed", map[string]string{"who_person": string(who.Person), "name": i.Name}, correctionsPath(i.ID), false)
		if err != nil {
			return err
		}
	}
	return nil
}

// tellSettled tells who proposed what became of it.
func (s *Service) tellSettled(ctx context.Context, tx *db.Tx, who access.Actor, i Institution, c Correction, key string) error {
	if s.tell == nil || c.Person == "" || c.Person == who.Person {
		return nil
	}
	return s.tell(ctx, tx, c.Person, "notify.correction_"+key, map[string]string{"name": i.Name}, correctionsPath(i.ID), false)
}
