package privacy

import (
	"context"
	"strings"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Paragraph is a part of a notice with its heading.
type Paragraph struct {
	Title string
	Text  string
}

// Notice is what stands above fields that take personal data: one line that
// says who sees it and how long, and "więcej" with controller, officer, purpose,
// basis and rights (GDPR art. 13). It is drawn from the same record as the
// nightly deletion. It is shown, never "accepted". Institution "" when the
// form is not one institution's. An unknown purpose is an error.
func (s *Service) Notice(ctx context.Context, l *i18n.L, purpose, institution string) (a web.Audience, err error) {
	p, ok := s.Registry.Purpose(purpose)
	if !ok {
		return a, fault.New(fault.Internal, "fault.internal", "purpose", purpose)
	}
	keep, err := s.keepWords(ctx, l, p.Keep)
	if err != nil {
		return a, err
	}
	a.Short = l.T("privacy.notice.short", "recipients", join(l, p.Recipients), "keep", keep)
	parts, err := s.FullNotice(ctx, l, p, institution)
	if err != nil {
		return a, err
	}
	texts := make([]string, 0, len(parts))
	for _, part := range parts {
		if part.Title != "" {
			texts = append(texts, part.Title+": "+part.Text)
		}
	}
	a.More = strings.Join(texts, " ")
	return a, nil
}

// FullNotice is the whole text of the notice, part by part.
func (s *Service) FullNotice(ctx context.Context, l *i18n.L, p Purpose, institution string) ([]Paragraph, error) {
	controller, officer, err := s.whoAnswers(ctx, l, p, institution)
	if err != nil {
		return nil, err
	}
	keep, err := s.keepWords(ctx, l, p.Keep)
	if err != nil {
		return nil, err
	}
	basis := p.Basis
	if p.Special != "" {
		basis += "; " + p.Special
	}
	part := func(name, text string) Paragraph { return Paragraph{l.T("privacy.part." + name), text} }
	given := "privacy.given.needed"
	if p.Voluntary {
		given = "privacy.given.voluntary"
	}
	return []Paragraph{
		part("controller", controller),
		part("officer", officer),
		part("why", l.T(p.Text+".why")),
		part("basis", basis+"."),
		part("categories", join(l, p.Categories)+"."),
		part("recipients", join(l, p.Recipients)+"."),
		part("keep", keep+"."),
		part("given", l.T(given)),
		part("rights", rightsWords(l, p.Basis)),
	}, nil
}

// whoAnswers says who the controller is and how to reach the officer.
func (s *Service) whoAnswers(ctx context.Context, l *i18n.L, p Purpose, institution string) (controller, officer string, err error) {
	operator, err := s.Party(ctx, "")
	if err != nil {
		return "", "", err
	}
	if p.Controller == Operator {
		return l.T("privacy.controller.operator", "operator", partyWords(l, operator)), officerWords(l, operator), nil
	}
	if institution == "" {
		text := l.T("privacy.controller."+string(p.Controller)+"_any", "operator", partyWords(l, operator))
		return text, l.T("privacy.officer.any"), nil
	}
	own, err := s.Party(ctx, institution)
	if err != nil {
		return "", "", err
	}
	text := l.T("privacy.controller."+string(p.Controller), "institution", partyWords(l, own), "operator", partyWords(l, operator))
	return text, officerWords(l, own), nil
}

func partyWords(l *i18n.L, p Party) string {
	if p.Name == "" {
		return l.T("privacy.operator_unknown")
	}
	return join(nil, []string{p.Name, p.Address, p.Mail, p.Phone})
}

func officerWords(l *i18n.L, p Party) string {
	if p.OfficerMail == "" {
		return l.T("privacy.officer.unknown")
	}
	return join(nil, []string{p.OfficerName, p.OfficerMail, p.OfficerPhone}) + "."
}

// join lists texts with commas. With a language they are message keys.
func join(l *i18n.L, texts []string) string {
	var out []string
	for _, t := range texts {
		if l != nil && t != "" {
			t = l.T(t)
		}
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, ", ")
}

func rightsWords(l *i18n.L, basis string) string {
	var out []string
	for _, r := range rights(basis) {
		out = append(out, l.T("privacy.right."+string(r)))
	}
	return strings.Join(out, " ")
}
