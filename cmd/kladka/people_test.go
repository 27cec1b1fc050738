package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/directory"
)

// staffHouse is a data folder with the sample of the register, a head and a
// secretary of its first school, and a teacher.
func staffHouse(t *testing.T) (dir string, school, other directory.Institution) {
	t.Helper()
	dir = t.TempDir()
	must(t, "import", "rspo", sample, "--apply", "--data", dir)
	ctx := context.Background()
	a, done, err := (&Common{Data: dir}).build(ctx, &streams{io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	var numbers []int
	if err := a.DB().Select(ctx, &numbers, `select rspo from directory_institutions where rspo is not null and closed = ? and head_unit = id order by rspo limit 2`, false); err != nil || len(numbers) != 2 {
		t.Fatal(numbers, err)
	}
	for i, to := range []*directory.Institution{&school, &other} {
		if *to, err = directory.ByRSPO(ctx, a.DB(), numbers[i]); err != nil {
			t.Fatal(err)
		}
	}
	for address, role := range map[string]access.Role{"glowa@example.org": access.SchoolHead, "biuro@example.org": access.SchoolSecretary, "lekcje@example.org": access.Teacher} {
		_, err := a.Access().AddPerson(ctx, access.System(), access.NewPerson{Name: "Osoba Próbna", Email: address, Roles: []access.Held{{Role: role, Institution: school.ID}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir, school, other
}

func TestImportPeople(t *testing.T) {
	dir, school, other := staffHouse(t)
	file := filepath.Join(t.TempDir(), "kadra.csv")
	if err := os.WriteFile(file, []byte("osoba;mail;rola\nAnna Nowak;anna@example.org;pedagog\nZły Dyrektor;zly@example.org;dyrektor\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at, elsewhere := strconv.Itoa(*school.RSPO), strconv.Itoa(*other.RSPO)
	args := func(institution, by string, more ...string) []string {
		return append([]string{"import", "people", file, "--institution", institution, "--by", by, "--data", dir}, more...)
	}
	for name, refused := range map[string][]string{
		"nobody":            args(at, "nikt@example.org", "--apply"),
		"no address":        args(at, "glowa", "--apply"),
		"a teacher":         args(at, "lekcje@example.org", "--apply"),
		"another school":    args(elsewhere, "glowa@example.org", "--apply"),
		"no such number":    args("1", "glowa@example.org", "--apply"),
		"no such id":        args(string(access.NewInstitutionID()), "glowa@example.org", "--apply"),
		"without by":        {"import", "people", file, "--institution", at, "--data", dir, "--apply"},
		"no sheet (a page)": {"import", "people", sample, "--institution", at, "--by", "glowa@example.org", "--data", dir, "--apply"},
	} {
		if out, err := command(t, refused...); err == nil || strings.Contains(explain(err), "⟦") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	report := func(by string, more ...string) (r peopleReport) {
		t.Helper()
		if err := json.Unmarshal([]byte(must(t, args(at, by, append(more, "--json")...)...)), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	for range 2 {
		if r := report("glowa@example.org"); r.New != 1 || r.Problems != 1 || r.Applied || r.Links != nil {
			t.Errorf("without --apply: %+v", r)
		}
	}
	t.Setenv("LC_ALL", "pl_PL.UTF-8")
	if out := must(t, args(string(school.ID), "glowa@example.org")...); !strings.Contains(out, "Niczego nie zmieniono") || !strings.Contains(out, "wiersz 3") || strings.Contains(out, "⟦") {
		t.Error(out)
	}
	if r := report("biuro@example.org", "--apply"); !r.Applied || !r.Prepared || r.Links != nil {
		t.Errorf("a secretary: %+v", r)
	}
	if err := os.WriteFile(file, []byte("osoba;mail\nJan Kos;jan@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sent := report("glowa@example.org", "--apply")
	if !sent.Applied || len(sent.Links) != 1 || !strings.Contains(sent.Links[0].URL, "/zaproszenie/") || sent.Batch == "" {
		t.Errorf("the head: %+v", sent)
	}
	if r := report("glowa@example.org", "--apply"); r.New != 0 || r.Known != 1 || r.Applied || r.Batch != "" {
		t.Errorf("the same sheet again: %+v", r)
	}
	undo := []string{"import", "undo", string(sent.Batch), "--data", dir}
	var undone undoReport
	if err := json.Unmarshal([]byte(must(t, append(undo, "--json")...)), &undone); err != nil || undone != (undoReport{Undone: 1}) {
		t.Errorf("taken back: %+v, %v", undone, err)
	}
	for name, refused := range map[string][]string{"twice": undo, "no such import": {"import", "undo", "0198c0de", "--data", dir}} {
		if out, err := command(t, refused...); err == nil || strings.Contains(explain(err), "⟦") {
			t.Errorf("taken back %s: %v\n%s", name, err, out)
		}
	}
	if out := must(t, args(at, "glowa@example.org", "--apply")...); !strings.Contains(out, "kladka import undo ") {
		t.Errorf("nothing says how to take it back: %s", out)
	}
}
