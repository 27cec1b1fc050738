package topics

import (
	"net/http"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// joinPage is the page of merging: first which topic, then what it means.
type joinPage struct {
	web.Page
	Topic        *Topic
	Action       string
	Back         string
	Pick         web.Pick
	Target       *Topic
	Revision     string
	IntoRevision string
	Uses         int
	Lists        []usesView
	Why          web.Reason
	Next         web.Step
}

func (s *Service) getMerge(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	p, err := s.joinPage(w, r, v, t, ID(r.Value(fieldInto)))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(p.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, mergeView(p))
}

func (s *Service) joinPage(w http.ResponseWriter, r *web.Request, v *vocabulary, t *Topic, into ID) (p joinPage, err error) {
	p = joinPage{Page: r.Page(w, r.L.T("topics.merge.title", "name", t.Name(r.L.Lang)), crumbs(r, t)...), Topic: t,
		Action: editorHref(t) + "/scal", Back: editorHref(t)}
	p.NoIndex = true
	p.Pick = web.Pick{Name: fieldInto, Label: r.L.T("topics.merge.pick"), Hint: r.L.T("topics.merge.pick_hint"), Prompt: r.L.T("topics.choose"), Value: string(into), Required: true,
		Choices: v.choices(r.L.Lang, t.Kind, func(o *Topic) bool { return o.ID == t.ID })}
	if into == "" {
		return p, nil
	}
	b := v.byID[into]
	if key := v.mergeFault(t, b); key != "" {
		p.Page = p.WithErrors(fault.InvalidFields([]fault.Field{{Name: fieldInto, Key: key}}))
		return p, nil
	}
	p.Target = b
	p.Revision, p.IntoRevision = strconv.FormatInt(t.Revision, 10), strconv.FormatInt(b.Revision, 10)
	counts, err := countOf(r.Context(), s.db, v.readAs(t.ID))
	if err != nil {
		return p, err
	}
	p.Uses = sum(counts)
	p.Why = web.Reason{Text: r.L.T("topics.merge.why", "from", t.Name(r.L.Lang), "into", b.Name(r.L.Lang)), Rule: r.L.T("topics.merge.rule")}
	for _, f := range s.useFacts(r.L, counts) {
		p.Why.Numbers = append(p.Why.Numbers, web.Pair{Name: f.Name, Value: f.Value})
	}
	p.Lists, err = s.allUses(r, t, counts)
	p.Next = web.Step{What: r.L.T("topics.merge.next"), Who: r.L.T("topics.edit.next_who"), When: r.L.T("topics.edit.next_when")}
	return p, err
}

// mostListed is how many uses of a kind stand on the page of a merge; of more,
// the number tells.
const mostListed = 200

// allUses lists what names the topic, of each kind that has a lister.
func (s *Service) allUses(r *web.Request, t *Topic, counts map[string]int) (list []usesView, err error) {
	for _, l := range s.listers {
		if counts[l.Kind] == 0 {
			continue
		}
		ids, err := s.ByTopic(r.Context(), t.ID, l.Kind, "", mostListed)
		if err != nil {
			return nil, err
		}
		u := usesView{Title: r.L.T(l.TitleKey) + ": " + r.L.Number(counts[l.Kind])}
		if u.Links, err = l.Links(r.Context(), r.L, ids); err != nil {
			return nil, err
		}
		if hidden := counts[l.Kind] - len(u.Links); hidden > 0 {
			u.More = r.L.N("topics.and_more", hidden)
		}
		list = append(list, u)
	}
	if n := sum(counts) - s.listed(counts); n > 0 {
		list = append(list, usesView{Title: r.L.T("topics.uses.other") + ": " + r.L.Number(n)})
	}
	return list, nil
}

// listed counts the uses of kinds that have a lister.
func (s *Service) listed(counts map[string]int) (n int) {
	for _, l := range s.listers {
		n += counts[l.Kind]
	}
	return n
}

func (s *Service) postMerge(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	m := Merging{Topic: t.ID, Revision: revision(r, "rewizja"), Into: ID(r.Value(fieldInto)), IntoRevision: revision(r, "rewizja_drugiego"),
		Uses: int(revision(r, "uzycia"))}
	err = s.Merge(r.Context(), access.ActorOf(r.Request), m)
	if fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.joinPage(w, r, v, t, m.Into)
		if pageErr != nil {
			return pageErr
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, mergeView(p))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.topics.merged")
	return r.Redirect(w, editorHref(t))
}

// splitPage is the page of splitting.
type splitPage struct {
	web.Page
	Topic    *Topic
	Action   string
	Back     string
	New      string
	Revision string
	Picks    []web.Pick
	Uses     []web.Fact
	Why      web.Reason
	Next     web.Step
}

// mostParts is how many parts the form offers.
const mostParts = 4

func partField(n int) string {
	if n == 0 {
		return fieldParts
	}
	return fieldParts + "_" + strconv.Itoa(n+1)
}

func (s *Service) getSplit(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	p, err := s.splitPage(w, r, v, t)
	if err != nil {
		return err
	}
	return r.Render(w, splitView(p))
}

func (s *Service) splitPage(w http.ResponseWriter, r *web.Request, v *vocabulary, t *Topic) (p splitPage, err error) {
	p = splitPage{Page: r.Page(w, r.L.T("topics.split.title", "name", t.Name(r.L.Lang)), crumbs(r, t)...), Topic: t,
		Action: editorHref(t) + "/podziel", Back: editorHref(t), New: newPath, Revision: strconv.FormatInt(t.Revision, 10)}
	p.NoIndex = true
	choices := v.choices(r.L.Lang, t.Kind, func(o *Topic) bool { return o.ID == t.ID })
	for n := range mostParts {
		p.Picks = append(p.Picks, web.Pick{Name: partField(n), Label: r.L.T("topics.split.part", "n", n+1), Prompt: r.L.T("topics.choose"),
			Value: r.Value(partField(n)), Choices: choices, Required: n < 2})
	}
	counts, err := countOf(r.Context(), s.db, v.readAs(t.ID))
	if err != nil {
		return p, err
	}
	p.Uses = s.useFacts(r.L, counts)
	p.Why = web.Reason{Text: r.L.T("topics.split.why"), Rule: r.L.T("topics.split.rule")}
	p.Next = web.Step{What: r.L.T("topics.split.next"), Who: r.L.T("topics.split.next_who"), When: r.L.T("topics.split.next_when")}
	return p, nil
}

func (s *Service) postSplit(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	var parts []ID
	for n := range mostParts {
		if id := r.Value(partField(n)); id != "" {
			parts = append(parts, ID(id))
		}
	}
	err = s.Divide(r.Context(), access.ActorOf(r.Request), t.ID, revision(r, "rewizja"), parts)
	if fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.splitPage(w, r, v, t)
		if pageErr != nil {
			return pageErr
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, splitView(p))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.topics.split")
	return r.Redirect(w, editorHref(t))
}

// waitingPage lists what waits for its owners after splits.
type waitingPage struct {
	web.Page
	Topics []waitingView
	Next   web.Step
}

type waitingView struct {
	Name, Href string
	Parts      []web.Link
	Lists      []usesView
}

func (s *Service) getWaiting(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return err
	}
	waiting, err := s.splitWaiting(ctx)
	if err != nil {
		return err
	}
	p := waitingPage{Page: r.Page(w, r.L.T("topics.waiting.title"), crumbs(r, nil)...)}
	p.NoIndex = true
	for _, t := range waiting {
		view := waitingView{Name: t.Name(r.L.Lang), Href: editorHref(t.Topic)}
		if view.Parts, err = s.Links(ctx, r.L, v.parts[t.ID]); err != nil {
			return err
		}
		if view.Lists, err = s.allUses(r, t.Topic, t.Counts); err != nil {
			return err
		}
		p.Topics = append(p.Topics, view)
	}
	p.Next = web.Step{What: r.L.T("topics.split.next"), Who: r.L.T("topics.split.next_who"), When: r.L.T("topics.split.next_when")}
	return r.Render(w, waitingPageView(p))
}
