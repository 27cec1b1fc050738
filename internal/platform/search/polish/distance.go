package polish

// Far is the distance of words that have nothing to do with each other.
const Far = 4

// Distance is how many slips of the keyboard lie between two words: a letter too
// many, missing, or another, or two neighbors swapped (Damerau and Levenshtein,
// no letter touched twice). From 4 on, and for words of over 64 letters, it is
// Far. It compares letters as they are: fold both to make "ł" and "l" one.
func Distance(a, b string) int {
	if a == b {
		return 0
	}
	return within(a, b, Far)
}

// within is the distance, or far if it is that or more.
func within(a, b string, far int) int {
	var left, right [longest]rune
	x, ok := runes(&left, a)
	y, ok2 := runes(&right, b)
	if !ok || !ok2 || len(x)-len(y) >= far || len(y)-len(x) >= far {
		return far
	}
	var rows [3][longest + 1]int
	for j := range len(y) + 1 {
		rows[0][j] = j
	}
	for i := range x {
		if nextRow(&rows[(i+1)%3], &rows[i%3], &rows[(i+2)%3], x, y, i) >= far {
			return far
		}
	}
	return min(rows[len(x)%3][len(y)], far)
}

// nextRow fills the row of letter i from the row before and the one before that,
// and gives its least number: below that the distance cannot end. Columns more
// than Far away from the diagonal are not needed.
func nextRow(row, before, twoBefore *[longest + 1]int, x, y []rune, i int) int {
	from, to := max(0, i-Far), min(len(y), i+1+Far)
	row[from], row[min(to+1, longest)] = Far, Far
	if from == 0 {
		row[0] = i + 1
	}
	least := row[from]
	for j := from; j < to; j++ {
		d := before[j]
		if x[i] != y[j] {
			d = 1 + min(d, row[j], before[j+1])
		}
		if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
			d = min(d, twoBefore[j-1]+1)
		}
		row[j+1] = d
		least = min(least, d)
	}
	if to < len(y) {
		row[to+1] = Far
	}
	return least
}

func runes(into *[longest]rune, s string) ([]rune, bool) {
	n := 0
	for _, r := range s {
		if n == longest {
			return nil, false
		}
		into[n] = r
		n++
	}
	return into[:n], true
}
