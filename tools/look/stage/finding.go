package stage

import (
	"bytes"
	"context"
	"fmt"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/topics"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit/browser"
)

// invented is an institution of the sample that moves in the later version of it.
const invented = 910002

// find furnishes the pages of finding: imports, corrections, topics, contacts.
func (h House) find(ctx context.Context, site *browser.Site, sample []byte) error {
	for _, furnish := range []func(context.Context, *browser.Site) error{
		func(ctx context.Context, site *browser.Site) error { return h.readRegister(ctx, site, sample) },
		h.correct, h.sortTopics, h.contact, h.inviteStaff,
	} {
		if err := furnish(ctx, site); err != nil {
			return err
		}
	}
	return nil
}

// as is whoever holds a role, with all their rights.
func (h House) as(ctx context.Context, site *browser.Site, role access.Role) (access.Actor, error) {
	who, err := h.Access().Actor(ctx, access.PersonID(site.People[string(role)]))
	if err != nil {
		return who, fmt.Errorf("the demo has nobody who is %s: %w", role, err)
	}
	return who, nil
}

// placeOf is where somebody holds a role.
func placeOf(who access.Actor, role access.Role) access.InstitutionID {
	for _, held := range who.Roles {
		if held.Role == role {
			return held.Institution
		}
	}
	return ""
}

// readRegister takes in an invented file of the register, corrects one of its
// institutions and reads a later file, so that there is a difference to look at
// with both sides in it.
func (h House) readRegister(ctx context.Context, site *browser.Site, sample []byte) error {
	officer, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	first, err := h.Directory().Preview(ctx, officer, "rejestr-2022.csv", bytes.NewReader(sample))
	if err != nil {
		return err
	}
	if _, err := h.Directory().Apply(ctx, officer, first.ID, true); err != nil {
		return err
	}
	site.Paths["import-applied"] = importing.Path(first.ID)
	moved, err := directory.ByRSPO(ctx, h.DB(), invented)
	if err != nil {
		return err
	}
	ids, err := h.Directory().Propose(ctx, officer, moved.ID, []directory.FieldValue{{Field: "street", Value: "Prawdziwa"}}, "Rada zmieniła nazwę ulicy.")
	if err != nil {
		return err
	}
	if err := h.Directory().Accept(ctx, officer, ids[0], ""); err != nil {
		return err
	}
	later, err := h.Directory().Preview(ctx, officer, "rejestr-2023.csv", bytes.NewReader(browser.Later(sample)))
	shown := importing.Path(later.ID)
	for name, path := range map[string]string{
		"import-undo": site.Paths["import-applied"] + "/cofniecie", "import-shown": shown, "import-shown-new": shown + "?co=new",
		"import-shown-changed": shown + "?co=changed", "import-shown-problems": shown + "?co=problems",
		"corrections": "/instytucje/" + string(moved.ID) + "/poprawki", "moved": "/instytucje/" + string(moved.ID),
	} {
		site.Paths[name] = path
	}
	return err
}

// correct lets a head propose three corrections, of which an officer accepts one
// and refuses one.
func (h House) correct(ctx context.Context, site *browser.Site) error {
	head, err := h.as(ctx, site, access.SchoolHead)
	if err != nil {
		return err
	}
	officer, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	ids, err := h.Directory().Propose(ctx, head, placeOf(head, access.SchoolHead), []directory.FieldValue{
		{Field: "website", Value: "https://szkola.example.org"}, {Field: "phone", Value: "12 000 00 01"}, {Field: "house", Value: "12a"},
	}, "Tak jest w statucie i na tablicy przy wejściu.")
	if err != nil {
		return err
	}
	if err := h.Directory().Accept(ctx, officer, ids[0], ""); err != nil {
		return err
	}
	return h.Directory().Refuse(ctx, officer, ids[1], "To numer prywatny, szkoła ma podać służbowy.")
}

// sortTopics has a school name its topics, and an editor merge one topic and
// split another.
func (h House) sortTopics(ctx context.Context, site *browser.Site) error {
	head, err := h.as(ctx, site, access.SchoolHead)
	if err != nil {
		return err
	}
	editor, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	named := func(name string) (topics.Topic, error) {
		found, err := h.Topics().Find(ctx, h.Texts().In(i18n.PL), name, 1)
		if err != nil || len(found) == 0 {
			return topics.Topic{}, fmt.Errorf("no topic %s: %w", name, err)
		}
		return h.Topics().ByID(ctx, found[0])
	}
	all := map[string]topics.Topic{}
	var ids []topics.ID
	for _, name := range []string{"Matematyka", "Tutoring i mentoring szkolny", "Ocenianie kształtujące", "Ocenianie wewnątrzszkolne", "Technika", "Informatyka"} {
		t, err := named(name)
		if err != nil {
			return err
		}
		all[name], ids = t, append(ids, t.ID)
	}
	if err := h.Topics().SetInstitution(ctx, head, placeOf(head, access.SchoolHead), nil, ids[:5]); err != nil {
		return err
	}
	from, into := all["Ocenianie wewnątrzszkolne"], all["Ocenianie kształtujące"]
	err = h.Topics().Merge(ctx, editor, topics.Merging{Topic: from.ID, Revision: from.Revision, Into: into.ID, IntoRevision: into.Revision, Uses: 1})
	if err != nil {
		return err
	}
	site.Paths["topic-effects"] = "/administracja/tematy/matematyka/scal?z_czym=" + string(all["Informatyka"].ID)
	split := all["Technika"]
	return h.Topics().Divide(ctx, editor, split.ID, split.Revision, []topics.ID{all["Matematyka"].ID, all["Informatyka"].ID})
}

// contact has people ask, talk, introduce, block and report. That the head was
// asked and has not answered yet is in every demo.
func (h House) contact(ctx context.Context, site *browser.Site) error {
	n := h.Networking()
	people := map[access.Role]access.Actor{}
	for _, role := range []access.Role{access.SchoolHead, access.Teacher, access.Counselor, access.SchoolSpecialist, access.CenterOfficer} {
		who, err := h.as(ctx, site, role)
		if err != nil {
			return err
		}
		people[role] = who
	}
	entries, err := h.entries(ctx, site, people)
	if err != nil {
		return err
	}
	asker := people[access.Counselor]
	sent, err := n.Sent(ctx, asker)
	if err != nil || len(sent) == 0 {
		return fmt.Errorf("the demo has no request: %w", err)
	}
	site.Paths["request"] = "/kontakty/" + sent[0].ID
	talk, err := h.talk(ctx, site, people[access.Teacher], asker, entries[access.Teacher])
	if err != nil {
		return err
	}
	intro, err := n.Introduce(ctx, asker, "rozmowa:"+talk, "wpis:"+entries[access.SchoolSpecialist].ID, "Pracujecie nad tym samym: zajęcia po lekcjach.", i18n.PL)
	if err != nil {
		return err
	}
	site.Paths["introduce"], site.Paths["intro"] = "/przedstawienia/nowe?pierwsza=rozmowa:"+talk, "/przedstawienia/"+intro
	_, err = n.Block(ctx, people[access.CenterOfficer], "wpis", entries[access.SchoolSpecialist].ID)
	return err
}

// entries are what the people of the demo offer.
func (h House) entries(ctx context.Context, site *browser.Site, people map[access.Role]access.Actor) (map[access.Role]networking.Entry, error) {
	entries := map[access.Role]networking.Entry{}
	for role, who := range people {
		own, err := h.Networking().Mine(ctx, who)
		if err != nil {
			return nil, err
		}
		for _, e := range own {
			if e.Side == networking.Helps { // the schools' are open to all
				entries[role] = e
				site.Paths["entry-"+string(role)] = "/kto-pomoze/" + e.ID
			}
		}
	}
	site.Paths["entry-change"] = site.Paths["entry-teacher"] + "/zmien"
	return entries, nil
}

// talk is a request that was accepted, with what was said since, and a report of it.
func (h House) talk(ctx context.Context, site *browser.Site, teacher, asker access.Actor, about networking.Entry) (string, error) {
	n := h.Networking()
	talk, err := n.Ask(ctx, asker, networking.Question{Entry: about.ID, Lang: i18n.PL, Reason: "Układamy kółko na nowy rok i szukamy zadań dla klas 4-6."})
	if err != nil {
		return "", err
	}
	site.Paths["talk"] = "/kontakty/" + talk
	if err := n.Settle(ctx, teacher, talk, true, ""); err != nil {
		return "", err
	}
	for _, said := range []struct {
		who  access.Actor
		text string
	}{
		{teacher, "Dzień dobry! Mam trzy zestawy zadań i opis zajęć. Co będzie najbardziej potrzebne?"},
		{asker, "Najbardziej zestawy na pierwsze półrocze.\nCzy można zobaczyć takie zajęcia?"},
		{teacher, "Zapraszam w każdy czwartek po południu."},
	} {
		if err := n.Say(ctx, said.who, talk, said.text); err != nil {
			return "", err
		}
	}
	if err := n.ShowAddress(ctx, teacher, talk, "matematyka@szkola.example.org"); err != nil {
		return "", err
	}
	said, _, err := n.Talk(ctx, asker, talk)
	if err != nil {
		return "", err
	}
	site.Paths["report"] = "/kontakty/zglos?co=wiadomosc&id=" + said[2].ID
	if _, err := n.Report(ctx, teacher, "wiadomosc", said[1].ID, "Sprawdzamy, jak wygląda zgłoszenie.", true); err != nil {
		return "", err
	}
	return talk, nil
}

// inviteStaff has a head invite people by a list.
func (h House) inviteStaff(ctx context.Context, site *browser.Site) error {
	head, err := h.as(ctx, site, access.SchoolHead)
	if err != nil {
		return err
	}
	at := placeOf(head, access.SchoolHead)
	list := access.StaffList{Read: 3, Problems: []importing.Problem{{Row: 4, About: "zofia.bledna", Level: importing.LevelError, Key: "access.fault.email"}}}
	for _, one := range []struct{ name, email string }{{"Zenobia Listowa", "zenobia.listowa@example.org"}, {"Zygmunt Listowy", "zygmunt.listowy@example.org"}} {
		list.Invitees = append(list.Invitees, access.Invitee{Name: one.name, Email: one.email, Lang: i18n.PL, Role: access.Teacher, Institution: at})
	}
	done, err := h.Access().InviteStaff(ctx, head, at, list)
	site.Paths["import-staff"] = importing.Path(done.Batch)
	return err
}
