package survey

import (
	"context"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// keyOwner puts the pages of package custody among those of a round.
type keyOwner struct{ roundHandlers }

// Key is the page of the key of an anonymous round.
func (o keyOwner) Key(r *web.Request) (custody.View, error) {
	v, err := o.viewed(r)
	if err != nil {
		return custody.View{}, err
	}
	if v.rd.Mode != Anonymous {
		return custody.View{}, fault.ErrNotFound
	}
	refused := v.owner.Runs(r.Context(), r, v.rd)
	return custody.View{Box: keyBox(v.rd.ID), By: o.by(r), Title: v.title(r), Path: keyPath(v.rd.ID), Crumbs: v.keyCrumbs(r, refused == nil),
		Refused: refused, MayMake: v.rd.State == Planned, Over: v.rd.State == Opened || v.rd.State == Dropped,
		Intro: r.L.T("survey.key.intro"), Lost: r.L.T("survey.key.lost"), Nobody: r.L.T("survey.key.nobody"), Next: runNext(r.L, v.rd, false)}, nil
}

// Keepers are the officers whom the round's owner names.
func (o keyOwner) Keepers(r *web.Request, b custody.Box) ([]string, error) {
	v, err := o.view(r.Context(), RoundID(b.ID))
	if err != nil {
		return nil, err
	}
	if chooser, ok := v.owner.(KeyOfficers); ok {
		return chooser.Officers(r.Context(), r, v.rd)
	}
	return nil, nil
}

// After is the round's part in what was done with its key.
func (o keyOwner) After(ctx context.Context, tx *db.Tx, b custody.Box, what custody.Change, k custody.Key) error {
	return o.keyChanged(ctx, tx, RoundID(b.ID), what, k)
}

func keyPath(id RoundID) string { return Path(id) + "/klucz" }

func (v roundView) keyCrumbs(r *web.Request, runs bool) []web.Link {
	if runs {
		return v.officeCrumbs(r)
	}
	return v.crumbs(r)
}

// keyView is a round whose opening the person who asks may see: they run it, or
// keep a share.
func (h roundHandlers) keyView(r *web.Request) (v roundView, keepers custody.Keepers, runs bool, err error) {
	if v, err = h.viewed(r); err != nil {
		return v, nil, false, err
	}
	if v.rd.Mode != Anonymous {
		return v, nil, false, fault.ErrNotFound
	}
	if keepers, err = Custody(r.Context(), h.db, v.rd.ID); err != nil {
		return v, nil, false, err
	}
	refused := v.owner.Runs(r.Context(), r, v.rd)
	if _, officer := keepers.Of(h.person(r)); officer || refused == nil {
		return v, keepers, refused == nil, nil
	}
	return v, nil, false, refused
}
