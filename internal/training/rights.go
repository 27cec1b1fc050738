package training

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Manages returns nil when the actor runs the training for its center. A draft
// of a center that the actor does not run is not there.
func Manages(ctx context.Context, who access.Actor, t Training) error {
	err := who.MayAt(ctx, access.ManageTrainings, t.Center)
	if err != nil && t.State == Draft && fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// LeadsIt returns nil when the actor runs the training or is named among those
// who lead it.
func LeadsIt(ctx context.Context, r db.Reader, who access.Actor, t Training) error {
	err := Manages(ctx, who, t)
	if err == nil || !who.May(access.LeadTrainings) || who.Person == "" {
		return err
	}
	var n int
	if failed := r.Get(ctx, &n, `select count(*) from training_trainers where training = ? and person = ?`, t.ID, who.Person); failed != nil {
		return failed
	}
	if n > 0 {
		return nil
	}
	return err
}

// Paths of the module. Sub-packages hang their own pages below CenterPath.
const (
	CatalogPath = "/szkolenia"
	CenterPath  = "/osrodek/szkolenia" // of those who run trainings
	LeadPath    = "/prowadze"          // of those who lead them
	EnrollPath  = "/zapisy"            // one enrollment, with an account or by the mailed link
	OwnPath     = "/moje-szkolenia"
	StaffPath   = "/kadra/szkolenia" // of heads: the trainings of their staff
)

// Path is the public page of a training, DeskPath the one of those who run it.
func Path(id ID) string     { return CatalogPath + "/" + string(id) }
func DeskPath(id ID) string { return CenterPath + "/" + string(id) }

// Tabs are the pages of one training for those who run it: draw them with
// web.SubNav. Here is what follows DeskPath in the address of this page: "" or "/zapisy".
func Tabs(l *i18n.L, id ID, here string) []web.Link {
	base := DeskPath(id)
	all := []web.Link{
		{Text: l.T("training.tab.offer"), Href: base},
		{Text: l.T("training.tab.enrollments"), Href: base + "/zapisy"},
		{Text: l.T("training.tab.attendance"), Href: base + "/obecnosc"},
		{Text: l.T("training.tab.papers"), Href: base + "/dokumenty"},
		{Text: l.T("training.tab.settlement"), Href: base + "/rozliczenie"},
		{Text: l.T("training.tab.history"), Href: base + "/historia"},
	}
	for n := range all {
		all[n].Current = all[n].Href == base+here
	}
	return all
}
