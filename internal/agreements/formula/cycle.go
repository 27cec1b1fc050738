package formula

import "slices"

// Cycle is the way from an indicator back to itself, through others or straight:
// "W1", "W3", "W1". Nil when there is none. Of tells which codes the formula of
// an indicator refers to; it is asked once for each.
func Cycle(start string, of func(code string) []string) []string {
	seen := map[string]bool{}
	var walk func(path []string) []string
	walk = func(path []string) []string {
		here := path[len(path)-1]
		seen[here] = true
		for _, next := range of(here) {
			if next == start {
				return append(slices.Clone(path), next)
			}
			if seen[next] {
				continue
			}
			if found := walk(append(slices.Clone(path), next)); found != nil {
				return found
			}
		}
		return nil
	}
	return walk([]string{start})
}
