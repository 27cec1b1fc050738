package demo

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
)

// enliven lets the invented people do a little, so that a stranger finds lists
// with something in them: an invitation on its way, one that waits for the
// head's word, somebody who says that they work here, somebody who acts for
// the head. It goes the ways that people go, rights included.
func enliven(ctx context.Context, people *access.Service, dir *directory.Service, world World) (err error) {
	defer fault.Wrap(&err, "let the invented people act")
	secretary, at, err := actorOf(ctx, people, world, access.SchoolSecretary, "")
	if err != nil {
		return err
	}
	head, _, err := actorOf(ctx, people, world, access.SchoolHead, at)
	if err != nil {
		return err
	}
	deputy, _, err := actorOf(ctx, people, world, access.DeputyHead, at)
	if err != nil {
		return err
	}
	resident, _, err := actorOf(ctx, people, world, access.Resident, "")
	if err != nil {
		return err
	}
	invited := access.Invitee{Name: "Zuzanna Zaproszona", Email: "zuzanna.zaproszona@example.org", Role: access.Teacher, Institution: at}
	if _, err := people.Invite(ctx, head, []access.Invitee{invited}); err != nil {
		return err
	}
	prepared := access.Invitee{Name: "Karol Przygotowany", Email: "karol.przygotowany@example.org", Role: access.SchoolSpecialist, Institution: at}
	if err := people.PrepareInvitations(ctx, secretary, at, []access.Invitee{prepared}); err != nil {
		return err
	}
	if err := people.ClaimPlace(ctx, resident, at, access.Teacher); err != nil {
		return err
	}
	if err := class(ctx, people, dir, world, head, at); err != nil {
		return err
	}
	return people.Entrust(ctx, head, access.Proxy{Agent: deputy.Person, Institution: at, Role: access.SchoolHead,
		Scope: "Sprawy kadrowe i zapisy na szkolenia podczas urlopu dyrekcji.", Until: time.Now().AddDate(0, 3, 0).Unix()})
}

// class makes a class with its tutor, whose cards can be printed.
func class(ctx context.Context, people *access.Service, dir *directory.Service, world World, head access.Actor, at access.InstitutionID) error {
	tutor, _, err := actorOf(ctx, people, world, access.ClassTutor, at)
	if err != nil {
		return err
	}
	id, err := dir.CreateClass(ctx, head, at, "4b", directory.SchoolYear(time.Now()))
	if err != nil {
		return err
	}
	if _, err := dir.AddPupils(ctx, head, at, id, pupils); err != nil {
		return err
	}
	_, err = dir.SetTutor(ctx, head, at, id, tutor.Person)
	return err
}

var pupils = []string{"Antoni Borówka", "Lena Czereśnia", "Oleh Dzwinka", "Maja Fiołek", "Filip Grabowy", "Zofia Jagoda", "Iwan Kalyna",
	"Hanna Listopad", "Tymon Modrzew", "Pola Narcyz", "Solomija Osyka", "Wiktor Paproć", "Alicja Róg", "Jan Świerk", "Nina Wrzos",
	"Tadej Barwinok", "Julia Chaber", "Stanisław Dereń", "Daryna Kaczan", "Leon Łubin", "Helena Mięta", "Marko Rumianek", "Zuzanna Szałwia"}

// actorOf is the first person of the world with the role, in the institution
// when one is given, and where the role is held.
func actorOf(ctx context.Context, people *access.Service, world World, role access.Role, at access.InstitutionID) (access.Actor, access.InstitutionID, error) {
	for _, p := range world.People {
		for _, h := range p.Roles {
			if h.Role == role && (at == "" || h.Institution == at) {
				a, err := people.Actor(ctx, p.ID)
				return a, h.Institution, err
			}
		}
	}
	return access.Actor{}, "", fault.ErrNotFound
}
