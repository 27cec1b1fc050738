package ledger

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// numbersForm are the fields of numbers as they were typed.
type numbersForm struct {
	Town, Group, People, Hours, Money string
	Towns, Groups                     []web.Choice
}

func readNumbers(value func(string) string) numbersForm {
	return numbersForm{Town: value("gmina"), Group: value("grupa"), People: value("osoby"), Hours: value("godziny"), Money: value("kwota")}
}

// numbers reads the form; the hours in it are of one person.
func (f numbersForm) numbers() (n Numbers, err error) {
	var faults []fault.Field
	wrong := func(name, key string) { faults = append(faults, fault.Field{Name: name, Key: "ledger.fault." + key}) }
	n.Town, n.Group = f.Town, Group(f.Group)
	people, err := hundredths(f.People, mostPeople)
	if err != nil || people%100 != 0 {
		wrong("osoby", "people")
	}
	hours, err := hundredths(f.Hours, mostHours)
	if err != nil {
		wrong("godziny", "hours")
	}
	if n.Money, err = hundredths(f.Money, mostZloty); err != nil {
		wrong("kwota", "money")
	}
	n.People = int(people / 100)
	n.Minutes = minutesOf(hours, n.People)
	if faults != nil {
		return n, fault.InvalidFields(faults)
	}
	return n, nil
}

func (s *Service) numbersForm(ctx context.Context, l *i18n.L, f numbersForm) (numbersForm, error) {
	towns, err := directory.Municipalities(ctx, s.db)
	for _, t := range towns {
		f.Towns = append(f.Towns, web.Choice{Value: t.ID, Label: t.Name})
	}
	for _, g := range Groups() {
		f.Groups = append(f.Groups, web.Choice{Value: string(g), Label: l.T("ledger.group." + string(g))})
	}
	if f.Group == "" {
		f.Group = string(Teachers)
	}
	return f, err
}

// handPage is the form of an activity outside Kładka.
type handPage struct {
	web.Page
	Tabs    []web.Link
	E       Entry
	N       numbersForm
	Where   []web.Choice
	Forms   []web.Choice
	Topics  []web.Choice
	Areas   []web.Choice
	Actions []web.Choice
	File    web.Input
}

// entersAt are the institutions for which the actor enters facts: those of the
// own roles, and for a role of the whole installation the associations.
func (s *Service) entersAt(ctx context.Context, who access.Actor) (list []web.Choice, err error) {
	var ids []access.InstitutionID
	for _, h := range who.Roles {
		if !h.Role.Gives(access.EnterFacts) {
			continue
		}
		if h.Institution != "" {
			ids = append(ids, h.Institution)
			continue
		}
		all, err := s.Directory.OfKind(ctx, directory.Association)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			ids = append(ids, i.ID)
		}
	}
	names, err := s.Directory.Names(ctx, ids)
	for _, id := range ids {
		if !slices.ContainsFunc(list, func(c web.Choice) bool { return c.Value == string(id) }) {
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, err
}

func (s *Service) getHand(w http.ResponseWriter, r *web.Request) error {
	return s.showHand(w, r, nil, Entry{On: s.now().In(web.Warsaw).Format(time.DateOnly)}, numbersForm{})
}

func (s *Service) showHand(w http.ResponseWriter, r *web.Request, refused error, e Entry, n numbersForm) (err error) {
	ctx, l := r.Context(), r.L
	p := handPage{Page: r.Page(w, l.T("ledger.hand.title"), crumbs(l)...), Tabs: tabs(r, HandPath), E: e}
	p.NoIndex = true
	use := Uses()[0]
	p.File = web.Input{Name: "plik", Type: "file", Label: l.T("ledger.hand.file"), Hint: l.T("ledger.hand.file_hint", "kinds", use.Endings(), "size", files.Bytes(use.MaxBytes)), Accept: use.Accept()}
	if p.N, err = s.numbersForm(ctx, l, n); err != nil {
		return err
	}
	if p.Where, err = s.entersAt(ctx, access.ActorOf(r.Request)); err != nil {
		return err
	}
	wd, err := s.world(ctx)
	if err != nil {
		return err
	}
	for _, f := range Forms() {
		p.Forms = append(p.Forms, web.Choice{Value: f, Label: l.T("ledger.form." + f)})
	}
	p.Areas, p.Actions = targetChoices(l, wd.areas), targetChoices(l, wd.actions)
	if s.Topics != nil {
		if p.Topics, err = s.Topics.Choices(ctx, l); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if refused != nil {
		p.Page, status = p.WithErrors(refused), fault.KindOf(refused).Status()
	}
	return r.RenderStatus(w, status, handShown(p))
}

// targetChoices are targets to choose from, with their days where they have some.
func targetChoices(l *i18n.L, all map[string]Target) (list []web.Choice) {
	for _, t := range targetsOf(all) {
		label := t.Name
		if t.ValidTo != "" {
			label = l.T("ledger.until", "name", t.Name, "date", l.DateText(t.ValidTo))
		}
		list = append(list, web.Choice{Value: t.ID, Label: label, Group: t.OwnerName})
	}
	return list
}

func (s *Service) postHand(w http.ResponseWriter, r *web.Request) error {
	who := access.ActorOf(r.Request)
	f, err := s.Files.Receive(r, who.By(), SourceUse, "plik")
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return err
	}
	value := func(name string) string { return strings.TrimSpace(f.Values.Get(name)) }
	e := Entry{Title: oneLine(value("tytul")), Words: value("zrodlo"), Form: value("forma"), Topics: known36(f.Values["tematy"]), Area: value("obszar"), Action: value("zadanie"),
		Institution: access.InstitutionID(value("dla")), On: value("dzien")}
	form := readNumbers(value)
	n, wrong := form.numbers()
	e.Numbers = n
	if err = joinFaults(err, wrong); err != nil {
		return s.showHand(w, r, err, e, form)
	}
	ref, err := s.AddHand(r.Context(), who, e, f.File.ID)
	if err != nil && fault.KindOf(err) == fault.Invalid {
		return s.showHand(w, r, err, e, form)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.ledger_entered")
	return r.Redirect(w, ActivityHref(ref))
}

// joinFaults puts the fields of two refusals together.
func joinFaults(a, b error) error {
	var fields []fault.Field
	for _, err := range []error{a, b} {
		if f := fault.As(err); f != nil {
			fields = append(fields, f.Fields...)
		}
	}
	if a == nil && b == nil {
		return nil
	}
	return fault.InvalidFields(fields)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// known36 keeps what could be ids: topics are joined by commas.
func known36(ids []string) (list []string) {
	for _, id := range ids {
		if _, err := known(id); err == nil && len(list) < 20 {
			list = append(list, id)
		}
	}
	return list
}
