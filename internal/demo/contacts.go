package demo

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/directory/networking"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// said is what an invented person says, under the roof of their role.
type said struct {
	role   access.Role
	school bool // in the name of the institution
	open   bool // to everybody
	side   networking.Side
	words  []string // beginnings of names of topics, any of which will do
	text   string
}

var offers = []said{
	{access.SchoolHead, true, true, networking.Helps, []string{"Rob", "Program", "Infor"},
		"Mamy pracownię robotyki i dwie osoby, które ją prowadzą. Zapraszamy na lekcję otwartą i pożyczymy zestawy."},
	{access.SchoolHead, true, false, networking.Looks, []string{"Ewalu", "Ocenia", "Ocen"},
		"Szukamy szkoły, która odeszła od ocen cząstkowych w klasach 4-6 i opowie, jak rozmawiać o tym z rodzinami."},
	{access.Teacher, false, false, networking.Helps, []string{"Matem"},
		"Od kilku lat prowadzę koło matematyczne dla klas młodszych. Chętnie podzielę się zadaniami i pokażę zajęcia."},
	{access.Teacher, false, false, networking.Looks, []string{"Czyt", "Język", "Eduk"},
		"Szukam kogoś, kto prowadzi klub czytelniczy w świetlicy i zechce wymienić się pomysłami."},
	{access.SchoolSpecialist, false, false, networking.Helps, []string{"Pomoc", "Wspar", "Psych"},
		"Pomogę ułożyć plan wsparcia po powrocie z długiej nieobecności: mam wzory i listę pytań do zespołu."},
	{access.CenterOfficer, true, true, networking.Helps, []string{"Aware", "Dosk", "Rozw"},
		"Pomagamy radom pedagogicznym zaplanować szkolenie na cały rok i znaleźć osobę, która je poprowadzi."},
}

// Contacts lets invented people say what they can help with and what they look
// for, and lets one of them ask another, so that the lists have something on
// them. It goes the ways that people go; a role that the world lacks is left
// out. The topics must be there before.
func Contacts(ctx context.Context, people *access.Service, n *networking.Service, world World) (err error) {
	defer fault.Wrap(&err, "let the invented people offer help")
	choices, err := n.Topics.Choices(ctx, n.Catalog.In(i18n.PL))
	if err != nil || len(choices) == 0 {
		return err
	}
	topic := func(words []string) string {
		if id := topicOf(choices, words); id != "" {
			return id
		}
		return choices[0].Value
	}
	asked := ""
	for _, o := range offers {
		who, at, err := actorOf(ctx, people, world, o.role, "")
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		d := networking.Draft{Side: o.side, Topics: []string{topic(o.words)}, Body: o.text, OpenToAll: o.open, Lang: i18n.PL}
		if o.school {
			d.Institution = string(at)
		}
		id, err := n.Announce(ctx, who, d)
		if err != nil {
			return err
		}
		if asked == "" && o.school {
			asked = id
		}
	}
	asker, _, err := actorOf(ctx, people, world, access.Counselor, "")
	if fault.KindOf(err) == fault.NotFound {
		asker, _, err = actorOf(ctx, people, world, access.Teacher, "")
	}
	if err != nil || asked == "" {
		return err
	}
	_, err = n.Ask(ctx, asker, networking.Question{Entry: asked, Lang: i18n.PL,
		Reason: "Chcemy zobaczyć takie zajęcia przed zakupem zestawów. Czy można przyjść w grudniu w trzy osoby?"})
	return err
}
