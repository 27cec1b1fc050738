package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Held is what one holding keeps about a person.
type Held struct {
	Purpose Purpose
	Holding Holding
	Items   []Item
}

// Gather asks every holding what it keeps about a person, in the order of the
// declarations. One that fails makes the whole fail: half an answer would look
// like a whole one.
func (s *Service) Gather(ctx context.Context, person string) (all []Held, err error) {
	defer fault.Wrap(&err, "gather what is held about a person")
	for _, p := range s.Registry.purposes {
		for _, h := range p.Holds {
			held := Held{Purpose: p, Holding: h}
			if h.Export != nil {
				held.Items, err = h.Export(ctx, person)
			}
			if err != nil {
				return nil, err
			}
			all = append(all, held)
		}
	}
	return all, nil
}

// copyFile is the machine-readable file.
type copyFile struct {
	Format   string        `json:"format"`
	Made     string        `json:"made_at"`
	Person   string        `json:"person"`
	Purposes []copyPurpose `json:"purposes"`
}

type copyPurpose struct {
	Key        string        `json:"key"`
	Title      string        `json:"title"`
	Controller string        `json:"controller"`
	Basis      string        `json:"basis"`
	Keep       string        `json:"kept"`
	Holdings   []copyHolding `json:"holdings"`
}

type copyHolding struct {
	Table    string     `json:"table"`
	Title    string     `json:"title"`
	Withheld string     `json:"withheld,omitempty"`
	Items    []copyItem `json:"items"`
	shown    []shownItem
}

type copyItem struct {
	ID     string            `json:"id,omitempty"`
	At     string            `json:"at,omitempty"`
	Fields map[string]string `json:"fields"`
}

// shownItem is the same for people.
type shownItem struct {
	At     string
	Fields []web.Pair
}

// copyFormat names the shape of the file, for programs that read it.
const copyFormat = "kladka-moje-dane/1"

func (s *Service) copyOf(ctx context.Context, l *i18n.L, person string) (copyFile, error) {
	held, err := s.Gather(ctx, person)
	if err != nil {
		return copyFile{}, err
	}
	f := copyFile{Format: copyFormat, Made: s.Now().UTC().Format(time.RFC3339), Person: person}
	for _, h := range held {
		n := len(f.Purposes)
		if n == 0 || f.Purposes[n-1].Key != h.Purpose.Key {
			keep, err := s.keepWords(ctx, l, h.Purpose.Keep)
			if err != nil {
				return copyFile{}, err
			}
			f.Purposes = append(f.Purposes, copyPurpose{Key: h.Purpose.Key, Title: l.T(h.Purpose.Text + ".title"),
				Controller: l.T("privacy.kind." + string(h.Purpose.Controller)), Basis: h.Purpose.Basis, Keep: keep})
			n++
		}
		f.Purposes[n-1].Holdings = append(f.Purposes[n-1].Holdings, copyOfHolding(l, h))
	}
	return f, nil
}

func copyOfHolding(l *i18n.L, h Held) copyHolding {
	c := copyHolding{Table: h.Holding.Table, Title: l.T(h.Holding.Title), Items: []copyItem{}}
	if h.Holding.Withheld != "" {
		c.Withheld = l.T(h.Holding.Withheld)
	}
	for _, i := range h.Items {
		item, shown := copyItem{ID: i.ID, Fields: map[string]string{}}, shownItem{}
		if !i.At.IsZero() {
			item.At, shown.At = i.At.UTC().Format(time.RFC3339), l.DateTime(i.At.In(web.Warsaw))
		}
		for _, f := range i.Fields {
			item.Fields[f.Key[strings.LastIndexByte(f.Key, '.')+1:]] = f.Value
			shown.Fields = append(shown.Fields, web.Pair{Name: l.T(f.Key), Value: f.Value})
		}
		c.Items, c.shown = append(c.Items, item), append(c.shown, shown)
	}
	return c
}

// Names of the files in the download.
const (
	machineFile = "moje-dane.json"
	peopleFile  = "moje-dane.html"
)

// Copy writes a ZIP with all that is held about a person: once for programs
// (JSON) and once for people (HTML), in the reader's language. The look is
// recorded. It is the person's own right; who asks must have proved to be them.
func (s *Service) Copy(ctx context.Context, by audit.By, l *i18n.L, person string, w io.Writer) (err error) {
	defer fault.Wrap(&err, "copy the data of a person")
	file, err := s.copyOf(ctx, l, person)
	if err != nil {
		return err
	}
	now := s.Now()
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.copy", Object: "person", ObjectID: person, Subject: person, Read: true}, now)
	})
	if err != nil {
		return err
	}
	machine, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	var people bytes.Buffer
	if err := copyView(l, file).Render(ctx, &people); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, part := range []struct {
		name string
		data []byte
	}{{machineFile, machine}, {peopleFile, people.Bytes()}} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: now})
		if err != nil {
			return err
		}
		if _, err := f.Write(part.data); err != nil {
			return err
		}
	}
	return z.Close()
}
