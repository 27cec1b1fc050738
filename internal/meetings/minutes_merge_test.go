package meetings

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, base, mine, theirs, want, clash string }{
		{"nobody", "a b c", "a b c", "a b c", "a b c", ""},
		{"only I", "a b c", "a B c d", "a b c", "a B c d", ""},
		{"only they", "a b c", "a b c", "b c", "b c", ""},
		{"different lines", "a b c", "A b c", "a b C", "A b C", ""},
		{"neighboring lines", "a b c", "a B c", "a b C", "a B C", ""},
		{"both add at the end", "a", "a mine", "a theirs", "a theirs mine", ""},
		{"both begin an empty text", "", "one two", "three", "three one two", ""},
		{"both add the same", "a", "a new", "a new", "a new", ""},
		{"what both typed alike stands once", "a", "a same mine", "a same theirs", "a same theirs mine", ""},
		{"the same change", "a b", "a B", "a B", "a B", ""},
		{"both take the same away", "a b c", "a c", "a c", "a c", ""},
		{"the same line in two ways", "a b c", "a M c", "a T c", "a T M c", "T|M"},
		{"changed and taken away", "a b c", "a c", "a B c", "a B c", "B|"},
		{"taken away and changed", "a b c", "a B c", "a c", "a B c", "|B"},
		{"one over the edge of the other", "a b c", "M c", "a T", "a T M c", "a T|M c"},
		{"between lines that are taken away", "a b c d", "a d", "a b new c d", "a b new c d", "b new c|"},
		{"a line moves while another is added", "a b c", "c a b", "a b c d", "c a b d", ""},
		{"both write into an empty line", "a ", "a mine", "a theirs", "a theirs mine", ""},
		{"what comes twice", "a x", "a xyz", "a theirs xyz", "a theirs xyz", ""},
		{"two places", "a b c d e", "A b c d M", "a b X d T", "A b X d T M", "T|M"},
	} {
		lines, clashes := merge(linesOf(c.base), linesOf(c.mine), linesOf(c.theirs))
		var marks []string
		for _, x := range clashes {
			marks = append(marks, strings.Join(x.Theirs, " ")+"|"+strings.Join(x.Mine, " "))
		}
		if got := strings.Join(lines, " "); got != c.want || strings.Join(marks, ";") != c.clash {
			t.Errorf("%s: %q, clash %q; want %q, %q", c.name, got, marks, c.want, c.clash)
		}
	}
}

// lost is a line that was typed (it is not of base as often) and is not there.
func lost(base, typed, merged []string) string {
	count := func(list []string, line string) (n int) {
		for _, l := range list {
			if l == line {
				n++
			}
		}
		return n
	}
	for _, l := range typed {
		if n := count(typed, l); n > count(base, l) && count(merged, l) < n-count(base, l) {
			return l
		}
	}
	return ""
}

func checkMerge(t interface{ Fatalf(string, ...any) }, base, mine, theirs []string) {
	lines, clashes := merge(base, mine, theirs)
	for _, typed := range [][]string{mine, theirs} {
		if l := lost(base, typed, lines); l != "" {
			t.Fatalf("%q is lost: base %q, mine %q, theirs %q became %q", l, base, mine, theirs, lines)
		}
	}
	// Whoever changed nothing leaves the other's text as it is, also without its
	// deletions; and what is merged again changes nothing.
	if slices.Equal(base, mine) && (!slices.Equal(lines, theirs) || clashes != nil) {
		t.Fatalf("their text became %q: %s", lines, cmp.Diff(theirs, lines))
	}
	if slices.Equal(base, theirs) && (!slices.Equal(lines, mine) || clashes != nil) {
		t.Fatalf("my text became %q: %s", lines, cmp.Diff(mine, lines))
	}
	if again, _ := merge(lines, lines, lines); !slices.Equal(again, lines) {
		t.Fatalf("%q became %q without a change", lines, again)
	}
	// What both wrote alike is no clash.
	for _, x := range clashes {
		if slices.Equal(x.Theirs, x.Mine) {
			t.Fatalf("no clash: %q", x)
		}
	}
}

// TestNothingTypedIsLost edits texts of few different lines, so that the same
// lines meet often: the hard case.
func TestNothingTypedIsLost(t *testing.T) {
	text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "x1", "x2"}), 0, 8)
	rapid.Check(t, func(r *rapid.T) {
		checkMerge(r, text.Draw(r, "base"), text.Draw(r, "mine"), text.Draw(r, "theirs"))
	})
}

func FuzzMerge(f *testing.F) {
	f.Add("a\nb", "a\nB", "A\nb")
	f.Add("", "x\ny", "y\nx")
	f.Add("a\na\na", "a", "a\na\nb\na")
	f.Fuzz(func(t *testing.T, base, mine, theirs string) {
		if len(base)+len(mine)+len(theirs) > 2000 {
			return
		}
		split := func(s string) []string { return strings.Split(s, "\n") }
		checkMerge(t, split(base), split(mine), split(theirs))
	})
}
