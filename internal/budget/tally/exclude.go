package tally

import (
	"fmt"
	"slices"
	"strings"
)

// ExcludeFault is what is wrong with a group of projects of which at most one may
// win. Group counts from 1. Project is an id that the election does not have; "" when
// the group has fewer than two projects, and so excludes nothing.
type ExcludeFault struct {
	Group   int
	Project string
}

func (f *ExcludeFault) Error() string {
	if f.Project == "" {
		return fmt.Sprintf("exclude: group %d has fewer than two projects", f.Group)
	}
	return fmt.Sprintf("exclude: no project %q", shorten(f.Project))
}

// excludeFlag is how the command kladka tally names a group.
const excludeFlag = "--exclude"

// ParseExcludes reads groups for Rule.Excludes: ids with commas between, one group a
// line, or as the command line has them, "--exclude a,b --exclude c,d". Empty lines are
// none. It returns an *ExcludeFault for a project that is not there and for a group of
// one: whoever wrote it meant something else.
func (e *Election) ParseExcludes(text string) (groups [][]int, err error) {
	for line := range strings.SplitSeq(strings.ReplaceAll(text, excludeFlag, "\n"), "\n") {
		line = strings.Trim(strings.TrimPrefix(strings.TrimSpace(line), "="), " \t'\"")
		if line == "" {
			continue
		}
		var group []int
		for id := range strings.SplitSeq(line, ",") {
			if id = strings.TrimSpace(id); id == "" {
				continue
			}
			p := e.Find(id)
			if p < 0 {
				return nil, &ExcludeFault{len(groups) + 1, id}
			}
			if !slices.Contains(group, p) {
				group = append(group, p)
			}
		}
		if len(group) < 2 {
			return nil, &ExcludeFault{Group: len(groups) + 1}
		}
		groups = append(groups, group)
	}
	return groups, nil
}
