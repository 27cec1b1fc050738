package topics

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// OfInstitutions is the kind of object that institutions are.
const OfInstitutions = "institution"

// Chosen tells that an object is about other topics than before.
type Chosen struct {
	Kind   string `json:"kind"`
	Object string `json:"object"`
}

// EventName implements events.Event.
func (Chosen) EventName() string { return "topics.chosen" }

// institutions lists institutions on the pages of topics.
func (s *Service) institutions() Lister {
	return Lister{Kind: OfInstitutions, TitleKey: "topics.uses.institution", Rank: 10,
		Links: func(ctx context.Context, _ *i18n.L, ids []string) ([]web.Link, error) {
			if s.directory == nil || len(ids) == 0 {
				return nil, nil
			}
			asked := make([]access.InstitutionID, len(ids))
			for n, id := range ids {
				asked[n] = access.InstitutionID(id)
			}
			names, err := s.directory.Names(ctx, asked)
			if err != nil {
				return nil, err
			}
			var links []web.Link
			for _, id := range asked {
				if names[id] != "" {
					links = append(links, web.Link{Text: names[id], Href: "/instytucje/" + string(id)})
				}
			}
			slices.SortStableFunc(links, func(a, b web.Link) int {
				return strings.Compare(i18n.SortKey(a.Text), i18n.SortKey(b.Text))
			})
			return links, nil
		}}
}

// SetInstitution says what an institution deals with. Who asks must speak for
// it (SpeakFor there). Before are the topics that the form showed: when others
// hold by now, somebody was faster and it is a Conflict. Invalid: a topic that
// is no longer offered, or not of the kind of topics.
func (s *Service) SetInstitution(ctx context.Context, who access.Actor, id access.InstitutionID, before, topics []ID) (err error) {
	defer fault.Wrap(&err, "topics of institution %s", id)
	if err := who.MayAt(ctx, access.SpeakFor, id); err != nil {
		return err
	}
	if _, err := directory.ByID(ctx, s.db, id); err != nil {
		return err
	}
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		if t := v.byID[topic]; t != nil && t.Kind != Subject {
			return fault.InvalidFields([]fault.Field{{Name: fieldTopics, Key: "topics.fault.not_offered"}})
		}
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := resolved(ctx, tx, OfInstitutions, string(id))
		if err != nil {
			return err
		}
		if !slices.Equal(now, sorted(before)) {
			return fault.New(fault.Conflict, "topics.conflict.institution")
		}
		if err := Use(ctx, tx, OfInstitutions, string(id), topics); err != nil {
			return onField(err)
		}
		if s.bus != nil {
			err := s.bus.Emit(ctx, tx, Chosen{OfInstitutions, string(id)}, events.Envelope{Subject: string(id), At: at})
			if err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "topics.institution", Object: "institution", ObjectID: string(id),
			Institution: string(id)}, at)
	})
}

// resolved are the topics of an object as they are read now, sorted.
func resolved(ctx context.Context, r db.Reader, kind, object string) (ids []ID, err error) {
	err = r.Select(ctx, &ids, `select distinct t.stands_for from directory_topic_uses u join directory_topics t on t.id = u.topic
		where u.kind = ? and u.object = ?`, kind, object)
	return sorted(ids), err
}

func sorted(ids []ID) []ID {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// onField puts a fault of Use at the field of the form.
func onField(err error) error {
	if e := fault.As(err); e != nil && e.Kind == fault.Invalid {
		return fault.InvalidFields([]fault.Field{{Name: fieldTopics, Key: e.Key, Args: e.Args}})
	}
	return err
}

const fieldTopics = "tematy"

func (s *Service) institutionRoutes(sh *web.Shell) {
	may := access.Can(access.SpeakFor)
	sh.Handle("GET /instytucje/{id}/tematy", may, s.getInstitution)
	sh.Handle("POST /instytucje/{id}/tematy", may, s.postInstitution, web.Idempotent())
}

// institutionPage lets an institution choose its topics.
type institutionPage struct {
	web.Page
	Action string
	Back   string
	Before string
	Groups []choiceGroup
	Old    []oldChoice // split and retired ones that it still names
	Next   web.Step
}

// choiceGroup is a branch of the tree as boxes to tick.
type choiceGroup struct {
	Title   string
	Chosen  string // how many are ticked, "" for none
	Open    bool
	Choices []boxChoice
}

type boxChoice struct {
	Value, Label string
	Checked      bool
}

type oldChoice struct {
	boxChoice
	Why string
}

func (s *Service) getInstitution(w http.ResponseWriter, r *web.Request) error {
	p, err := s.institutionPage(w, r, nil)
	if err != nil {
		return err
	}
	return r.Render(w, institutionView(p))
}

func idOf(text string) (access.InstitutionID, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", fault.ErrNotFound
	}
	return access.InstitutionID(text), nil
}

// institutionPage draws the form; typed is what was ticked in one that was
// refused, nil for none.
func (s *Service) institutionPage(w http.ResponseWriter, r *web.Request, typed []ID) (p institutionPage, err error) {
	ctx := r.Context()
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return p, err
	}
	if err := access.ActorOf(r.Request).MayAt(ctx, access.SpeakFor, id); err != nil {
		return p, err
	}
	i, err := directory.ByID(ctx, s.db, id)
	if err != nil {
		return p, err
	}
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return p, err
	}
	now, err := resolved(ctx, s.db, OfInstitutions, string(id))
	if err != nil {
		return p, err
	}
	chosen := now
	if typed != nil {
		chosen = typed
	}
	p.Page = r.Page(w, r.L.T("topics.institution.title"), web.Link{Text: r.L.T("institutions.title"), Href: "/instytucje"},
		web.Link{Text: i.Name, Href: "/instytucje/" + string(id)})
	p.NoIndex = true
	p.Lead = r.L.T("topics.institution.lead", "name", i.Name)
	p.Back = "/instytucje/" + string(id)
	p.Action = p.Back + "/tematy"
	p.Before = joined(now)
	p.Groups = v.groups(r.L, chosen)
	p.Old = v.old(r.L, now, chosen)
	p.Next = web.Step{What: r.L.T("topics.institution.next"), Who: r.L.T("topics.institution.next_who"), When: r.L.T("topics.institution.next_when")}
	return p, nil
}

func joined(ids []ID) string {
	words := make([]string, len(ids))
	for n, id := range ids {
		words[n] = string(id)
	}
	return strings.Join(words, " ")
}

func idsOf(words []string) []ID {
	ids := []ID{}
	for _, w := range words {
		if w != "" && !slices.Contains(ids, ID(w)) {
			ids = append(ids, ID(w))
		}
	}
	return ids
}

// groups are the branches of the tree of topics as boxes.
func (v *vocabulary) groups(l *i18n.L, chosen []ID) (list []choiceGroup) {
	for _, top := range v.ordered(v.children(""), l.Lang) {
		if top.Kind != Subject {
			continue
		}
		g := choiceGroup{Title: top.Name(l.Lang)}
		n := 0
		var walk func(t *Topic, before string)
		walk = func(t *Topic, before string) {
			label := t.Name(l.Lang)
			if t.ID == top.ID {
				label = l.T("topics.whole", "name", label)
			}
			ticked := slices.Contains(chosen, t.ID)
			if ticked {
				n++
			}
			g.Choices = append(g.Choices, boxChoice{string(t.ID), before + label, ticked})
			for _, c := range v.ordered(v.children(t.ID), l.Lang) {
				next := ""
				if t.ID != top.ID {
					next = before + t.Name(l.Lang) + " › "
				}
				walk(c, next)
			}
		}
		walk(top, "")
		if g.Open = n > 0; g.Open {
			g.Chosen = l.N("topics.chosen_n", n)
		}
		list = append(list, g)
	}
	return list
}

// old are topics that are named and no longer offered: split ones wait for a
// choice, retired ones may stay.
func (v *vocabulary) old(l *i18n.L, now, chosen []ID) (list []oldChoice) {
	for _, id := range now {
		t := v.byID[id]
		if t == nil || t.State == Current {
			continue
		}
		o := oldChoice{boxChoice: boxChoice{string(id), t.Name(l.Lang), slices.Contains(chosen, id)}, Why: l.T("topics.institution.retired")}
		if t.State == Split {
			var parts []string
			for _, part := range v.parts[id] {
				if p := v.byID[v.resolve(part)]; p != nil {
					parts = append(parts, p.Name(l.Lang))
				}
			}
			o.Why = l.T("topics.institution.split", "parts", strings.Join(parts, ", "))
		}
		list = append(list, o)
	}
	return list
}

func (s *Service) postInstitution(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	typed := idsOf(r.PostForm[fieldTopics])
	err = s.SetInstitution(r.Context(), access.ActorOf(r.Request), id, idsOf(strings.Fields(r.Value("bylo"))), typed)
	if fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.institutionPage(w, r, typed)
		if pageErr != nil {
			return pageErr
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, institutionView(p))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.topics.institution")
	return r.Redirect(w, "/instytucje/"+string(id))
}

// section stands on the page of an institution: its topics, and for who speaks
// for it the way to choose them.
func (s *Service) section(r *web.Request, who access.Actor, i directory.Institution) (section directory.Section, err error) {
	ctx := r.Context()
	used, err := s.Used(ctx, OfInstitutions, string(i.ID))
	if err != nil {
		return section, err
	}
	p := sectionPart{L: r.L}
	if p.Links, err = s.Links(ctx, r.L, used[string(i.ID)]); err != nil {
		return section, err
	}
	if who.May(access.SpeakFor) && !i.Closed {
		err := who.MayAt(ctx, access.SpeakFor, i.ID)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return section, err
		}
		if err == nil {
			p.Edit = "/instytucje/" + string(i.ID) + "/tematy"
		}
	}
	if len(p.Links) == 0 && p.Edit == "" {
		return section, nil
	}
	return directory.Section{Title: r.L.T("topics.institution.section"), Rank: 30, Component: sectionView(p)}, nil
}

// sectionPart is what the section shows.
type sectionPart struct {
	L     *i18n.L
	Links []web.Link
	Edit  string
}
