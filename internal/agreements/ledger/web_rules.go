package ledger

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// rulesPage lists the versions of the rules.
type rulesPage struct {
	web.Page
	Tabs []web.Link
	May  bool
	Now  *ruleSetView
	All  []web.Link
	Work *progressView // of counting anew, after it was asked for
}

// ruleSetView is one version in words.
type ruleSetView struct {
	From, Words, By string
	Rules           []string
}

func (s *Service) getRules(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	p := rulesPage{Page: r.Page(w, l.T("ledger.rules.title"), crumbs(l)...), Tabs: tabs(r, RulesPath), May: access.ActorOf(r.Request).May(access.EditRules)}
	p.Lead, p.NoIndex = l.T("ledger.rules.lead"), true
	wd, err := s.world(ctx)
	if err != nil {
		return err
	}
	if set := setOn(wd.sets, s.today()); set.ID != "" {
		v, err := s.ruleSetView(ctx, l, wd, set)
		if err != nil {
			return err
		}
		p.Now = &v
	}
	for _, set := range slices.Backward(wd.sets) {
		p.All = append(p.All, web.Link{Text: l.N("ledger.rules.version", len(set.Rules), "date", l.DateText(set.ValidFrom), "n", l.Number(len(set.Rules))), Href: RulesPath + "/" + set.ID})
	}
	if p.Work, err = s.progress(r, r.URL.Query().Get("postep")); err != nil {
		return err
	}
	return r.Render(w, rulesShown(p))
}

func (s *Service) postRebuild(w http.ResponseWriter, r *web.Request) error {
	progress, err := s.RebuildLater(r.Context(), access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	return r.Redirect(w, RulesPath+"?postep="+string(progress))
}

func (s *Service) today() string { return s.now().In(web.Warsaw).Format(time.DateOnly) }

func (s *Service) ruleSetView(ctx context.Context, l *i18n.L, w world, set RuleSet) (v ruleSetView, err error) {
	names, err := s.peopleNames(ctx, []string{set.By})
	if err != nil {
		return v, err
	}
	v = ruleSetView{From: l.DateText(set.ValidFrom), Words: set.Words,
		By: l.T("ledger.rules.by", "who", person(l, names, set.By), "when", l.DateTime(time.Unix(set.At, 0).In(web.Warsaw)))}
	v.Rules, err = s.ruleWords(ctx, l, w, set.Rules)
	return v, err
}

// ruleWords are rules as sentences: when, then where.
func (s *Service) ruleWords(ctx context.Context, l *i18n.L, w world, rules []Rule) (list []string, err error) {
	var topics []string
	var centers []access.InstitutionID
	for _, r := range rules {
		topics, centers = append(topics, r.Topic), append(centers, r.Center)
	}
	names := map[string]string{}
	if s.Topics != nil {
		if names, err = s.Topics.Names(ctx, l, topics); err != nil {
			return nil, err
		}
	}
	where, err := s.Directory.Names(ctx, centers)
	for _, r := range rules {
		var when, then []string
		add := func(to *[]string, set bool, key, word string) {
			if set {
				*to = append(*to, l.T(key, "word", word))
			}
		}
		add(&when, r.Kind != "", "ledger.rule.kind", s.kindName(l, r.Kind))
		add(&when, r.Form != "", "ledger.rule.form", s.worded(l, "ledger.form.", r.Form))
		add(&when, r.Topic != "", "ledger.rule.topic", names[r.Topic])
		add(&when, r.Center != "", "ledger.rule.center", where[r.Center])
		if when == nil {
			when = []string{l.T("ledger.rule.any")}
		}
		add(&then, r.Area != "", "ledger.rule.area", targetName(l, w.areas[r.Area]))
		add(&then, r.Action != "", "ledger.rule.action", targetName(l, w.actions[r.Action]))
		list = append(list, strings.Join(when, "; ")+" → "+strings.Join(then, "; "))
	}
	return list, err
}

// rulesetPage is one version, how far the work is that applies it, and what
// holds before and after.
type rulesetPage struct {
	web.Page
	Tabs     []web.Link
	Set      ruleSetView
	Until    string
	Progress *progressView
}

func (s *Service) getRuleSet(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	id, err := known(r.PathValue("id"))
	if err != nil {
		return err
	}
	wd, err := s.world(ctx)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(wd.sets, func(set RuleSet) bool { return set.ID == id })
	if n < 0 {
		return fault.ErrNotFound
	}
	set := wd.sets[n]
	p := rulesetPage{Page: r.Page(w, l.T("ledger.rules.one", "date", l.DateText(set.ValidFrom)), crumbs(l, web.Link{Text: l.T("ledger.rules.title"), Href: RulesPath})...), Tabs: tabs(r, "")}
	p.NoIndex = true
	if p.Set, err = s.ruleSetView(ctx, l, wd, set); err != nil {
		return err
	}
	if n+1 < len(wd.sets) {
		p.Until = l.T("ledger.rules.until", "date", l.DateText(wd.sets[n+1].ValidFrom))
	}
	if p.Progress, err = s.progress(r, set.Progress); err != nil {
		return err
	}
	return r.Render(w, rulesetShown(p))
}

// newRulesPage is the form of a version, with a preview of what it would move.
type newRulesPage struct {
	web.Page
	Tabs    []web.Link
	From    string
	Words   string
	Rows    []ruleRow
	Kinds   []web.Choice
	Forms   []web.Choice
	Topics  []web.Choice
	Centers []web.Choice
	Areas   []web.Choice
	Actions []web.Choice
	Preview *previewView
}

// ruleRow is a rule of the form under its number; Order is where it shall stand.
type ruleRow struct {
	N     int
	Order string
	Rule
}

type previewView struct {
	Words  string
	Scopes []scopeChange
	Ones   []movedView
}

type scopeChange struct{ Name, Activities, Participations, Hours string }

type movedView struct{ Title, Href, On, Gone, Come string }

// spareRules are the empty rows below the rules of the form.
const spareRules = 3

func (s *Service) getNewRules(w http.ResponseWriter, r *web.Request) error {
	wd, err := s.world(r.Context())
	if err != nil {
		return err
	}
	set := setOn(wd.sets, s.today())
	return s.showNewRules(w, r, wd, RuleSet{ValidFrom: s.today(), Rules: set.Rules}, nil, nil)
}

func (s *Service) showNewRules(w http.ResponseWriter, r *web.Request, wd world, set RuleSet, moved *Moved, refused error) (err error) {
	ctx, l := r.Context(), r.L
	p := newRulesPage{Page: r.Page(w, l.T("ledger.rules.new"), crumbs(l, web.Link{Text: l.T("ledger.rules.title"), Href: RulesPath})...), Tabs: tabs(r, ""), From: set.ValidFrom, Words: set.Words,
		Areas: targetChoices(l, wd.areas), Actions: targetChoices(l, wd.actions)}
	p.NoIndex = true
	for n, rule := range set.Rules {
		p.Rows = append(p.Rows, ruleRow{n + 1, strconv.Itoa(n + 1), rule})
	}
	for range min(spareRules, maxRules-len(p.Rows)) {
		p.Rows = append(p.Rows, ruleRow{N: len(p.Rows) + 1})
	}
	for _, kind := range s.kinds() {
		p.Kinds = append(p.Kinds, web.Choice{Value: kind, Label: s.kindName(l, kind)})
	}
	for _, f := range Forms() {
		p.Forms = append(p.Forms, web.Choice{Value: f, Label: l.T("ledger.form." + f)})
	}
	if s.Topics != nil {
		if p.Topics, err = s.Topics.Choices(ctx, l); err != nil {
			return err
		}
	}
	if p.Centers, err = s.centerChoices(ctx); err != nil {
		return err
	}
	if moved != nil {
		if p.Preview, err = s.previewView(ctx, l, wd, *moved); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if refused != nil {
		p.Page, status = p.WithErrors(refused), fault.KindOf(refused).Status()
	}
	return r.RenderStatus(w, status, newRulesShown(p))
}

// centerChoices are the centers that ever ran something.
func (s *Service) centerChoices(ctx context.Context) (list []web.Choice, err error) {
	var ids []access.InstitutionID
	if err := s.db.Select(ctx, &ids, `select distinct center from ledger_activities where center <> '' limit 200`); err != nil {
		return nil, err
	}
	names, err := s.Directory.Names(ctx, ids)
	for _, id := range ids {
		list = append(list, web.Choice{Value: string(id), Label: names[id]})
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return cmp.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	return list, err
}

func (s *Service) previewView(ctx context.Context, l *i18n.L, w world, m Moved) (*previewView, error) {
	v := &previewView{Words: l.N("ledger.preview.words", m.Activities, "n", l.Number(m.Activities), "seen", l.Number(m.Seen))}
	themes := map[string]string{}
	for _, scope := range slices.Sorted(maps.Keys(m.ByScope)) {
		c := m.ByScope[scope]
		v.Scopes = append(v.Scopes, scopeChange{s.scopeName(l, w, themes, scope), change(l, c.Activities), change(l, c.Participations), change(l, c.Minutes/lesson)})
	}
	for _, one := range m.Examples {
		names := func(scopes []Scope) string {
			var list []string
			for _, scope := range scopes {
				list = append(list, s.scopeName(l, w, themes, scope))
			}
			return strings.Join(list, "; ")
		}
		v.Ones = append(v.Ones, movedView{s.titleOf(l, one.Activity), ActivityHref(one.Ref), l.DateText(one.On), names(one.Gone), names(one.Come)})
	}
	return v, nil
}

// change writes a number with its sign.
func change(l *i18n.L, n int64) string {
	switch {
	case n > 0:
		return "+" + l.Number(int(n))
	case n < 0:
		return "−" + l.Number(int(-n))
	}
	return "0"
}

// rulesOf reads the form: rows with a place, in the order of their places.
func rulesOf(r *web.Request) RuleSet {
	set := RuleSet{ValidFrom: r.Value("valid_from"), Words: strings.TrimSpace(r.Value("words"))}
	type placed struct {
		order int
		rule  Rule
	}
	var rows []placed
	for n := 1; n <= maxRules; n++ {
		no := strconv.Itoa(n)
		order, err := strconv.Atoi(r.Value("miejsce" + no))
		if err != nil {
			continue
		}
		rows = append(rows, placed{order, Rule{Kind: r.Value("rodzaj" + no), Form: r.Value("forma" + no), Topic: r.Value("temat" + no),
			Center: access.InstitutionID(r.Value("osrodek" + no)), Area: r.Value("obszar" + no), Action: r.Value("zadanie" + no)}})
	}
	slices.SortStableFunc(rows, func(a, b placed) int { return a.order - b.order })
	for _, row := range rows {
		set.Rules = append(set.Rules, row.rule)
	}
	return set
}

func (s *Service) postNewRules(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	wd, err := s.world(ctx)
	if err != nil {
		return err
	}
	set := rulesOf(r)
	if r.Value("krok") != "zapisz" {
		moved, err := s.Preview(ctx, who, set)
		if err != nil && fault.KindOf(err) == fault.Invalid {
			return s.showNewRules(w, r, wd, set, nil, err)
		}
		if err != nil {
			return err
		}
		return s.showNewRules(w, r, wd, set, &moved, nil)
	}
	saved, err := s.SaveRules(ctx, who, set)
	if err != nil && fault.KindOf(err) == fault.Invalid {
		return s.showNewRules(w, r, wd, set, nil, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.ledger_rules")
	return r.Redirect(w, RulesPath+"/"+saved.ID)
}
