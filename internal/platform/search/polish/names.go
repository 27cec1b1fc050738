package polish

import "strings"

// nameBase is the base form of a name the dictionary has not, where its end can
// belong to nothing else: surnames like Korczakowska, places like Mistrzejowice.
func (d *Dictionary) nameBase(folded string) string {
	if !d.letters.plain(folded) || len(folded) > longest {
		return folded
	}
	for _, end := range []string{"iego", "iemu", "iej", "imi", "ich", "im", "ie", "i", "a"} {
		if stem, ok := strings.CutSuffix(folded, end); ok && len(stem) > root+2 && (strings.HasSuffix(stem, "sk") || strings.HasSuffix(stem, "ck")) {
			return stem + "i"
		}
	}
	for _, end := range []string{"ach", "ami", "om", ""} {
		stem, ok := strings.CutSuffix(folded, end)
		if ok && len(stem) > root+2 && (strings.HasSuffix(stem, "ic") || strings.HasSuffix(stem, "yc")) {
			return stem + "e"
		}
	}
	return folded
}

// verbalNoun is the base form of a noun like "uczenie" from any of its forms.
func verbalNoun(form string) string {
	for _, end := range []string{"iami", "iach", "iom", "iem", "ia", "iu", "ie", ""} {
		if stem, ok := strings.CutSuffix(form, end); ok {
			return stem + "ie"
		}
	}
	return form
}
