package privacy

import (
	"net/http"
	"slices"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// purposeLine is a purpose as the register shows it.
type purposeLine struct {
	Key        string
	Title      string
	Why        string
	Controller string
	Basis      string
	Special    string
	Categories string
	Recipients string
	Keep       string
	OnHold     bool
}

func (h handlers) purposeLine(r *web.Request, p Purpose) (purposeLine, error) {
	keep, err := h.keepWords(r.Context(), r.L, p.Keep)
	l := r.L
	return purposeLine{Key: p.Key, Title: l.T(p.Text + ".title"), Why: l.T(p.Text + ".why"), Controller: l.T("privacy.kind." + string(p.Controller)),
		Basis: p.Basis, Special: p.Special, Categories: join(l, p.Categories), Recipients: join(l, p.Recipients), Keep: keep}, err
}

type purposesPage struct {
	web.Page
	Operator string
	Officer  string
	Lines    []purposeLine
}

func (h handlers) purposes(w http.ResponseWriter, r *web.Request) error {
	operator, err := h.Party(r.Context(), "")
	if err != nil {
		return err
	}
	p := purposesPage{Page: r.Page(w, r.L.T("privacy.title")), Operator: partyWords(r.L, operator), Officer: officerWords(r.L, operator)}
	for _, purpose := range h.Registry.purposes {
		line, err := h.purposeLine(r, purpose)
		if err != nil {
			return err
		}
		p.Lines = append(p.Lines, line)
	}
	return r.Render(w, purposesView(p))
}

type noticePage struct {
	web.Page
	Parts []Paragraph
}

func (h handlers) notice(w http.ResponseWriter, r *web.Request) error {
	purpose, ok := h.Registry.Purpose(r.PathValue("purpose"))
	if !ok {
		return fault.ErrNotFound
	}
	institution := r.URL.Query().Get("instytucja")
	if institution != "" {
		// Only an institution that is there may stand in a notice: the page
		// must not lend its words to a made-up address.
		names, err := h.known(r, institution)
		if err != nil {
			return err
		}
		if names[institution] == "" {
			return fault.ErrNotFound
		}
	}
	parts, err := h.FullNotice(r.Context(), r.L, purpose, institution)
	if err != nil {
		return err
	}
	p := noticePage{Page: r.Page(w, r.L.T(purpose.Text+".title"), web.Link{Text: r.L.T("privacy.title"), Href: publicPath}), Parts: parts}
	return r.Render(w, noticeView(p))
}

func (h handlers) known(r *web.Request, institution string) (map[string]string, error) {
	if !isID(institution) {
		return nil, fault.ErrNotFound
	}
	return h.institutions(r, institution)
}

// paragraphs of the template texts, by kind of agreement.
var templateParts = map[AgreementKind][]string{
	Entrustment: {"subject", "instructions", "secrecy", "security", "others", "help", "breach", "end", "audit"},
	JointRules:  {"subject", "shares", "contact", "breach", "end"},
}

type templatePage struct {
	web.Page
	Kind      AgreementKind
	Operator  string
	Institute string
	Parts     []Paragraph
	Lines     []purposeLine // the annex: what is entrusted
}

func (h handlers) template(w http.ResponseWriter, r *web.Request) error {
	kind := AgreementKind(r.PathValue("kind"))
	names, ok := templateParts[kind]
	if !ok {
		return fault.ErrNotFound
	}
	operator, err := h.Party(r.Context(), "")
	if err != nil {
		return err
	}
	p := templatePage{Page: r.Page(w, r.L.T("privacy.agreement."+string(kind)), web.Link{Text: r.L.T("privacy.title"), Href: publicPath}),
		Kind: kind, Operator: partyWords(r.L, operator), Institute: r.L.T("privacy.template.blank")}
	if id := r.URL.Query().Get("instytucja"); id != "" {
		known, err := h.known(r, id)
		if err != nil {
			return err
		}
		if known[id] == "" {
			return fault.ErrNotFound
		}
		p.Institute = known[id]
	}
	for _, name := range names {
		key := "privacy.template." + string(kind) + "." + name
		p.Parts = append(p.Parts, Paragraph{r.L.T("privacy.template.part." + name), r.L.T(key)})
	}
	for _, purpose := range h.Registry.purposes {
		if !slices.Contains(h.Registry.required(purpose.Module), kind) || (kind == Entrustment) != (purpose.Controller == Institution) {
			continue
		}
		line, err := h.purposeLine(r, purpose)
		if err != nil {
			return err
		}
		p.Lines = append(p.Lines, line)
	}
	return r.Render(w, templateView(p))
}
