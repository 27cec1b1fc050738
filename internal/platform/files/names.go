package files

import (
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of a name: most file systems take 255 bytes, and a page must show it.
const (
	maxNameBytes = 200
	maxNameRunes = 100
	maxMarks     = 2 // combining marks on one letter; more cover other lines
	noName       = "plik"
)

// CleanName makes a name that somebody typed harmless, for pages and for the
// disks it will be saved on: without folders, control and invisible letters
// (those that turn the direction of writing hide "exe" as "gpj"), letters that
// file systems refuse, names that Windows reserves, and dots before endings
// that would run. It is never empty, and cleaning it again changes nothing.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = tidy(norm.NFC.String(name))
	stem, ending := splitEnding(name)
	stem = undot(stem)
	if reserved.MatchString(stem) {
		stem = "_" + stem
	}
	stem = shorten(stem, len(ending))
	if stem == "" {
		stem = noName
	}
	return stem + ending
}

// reserved are the devices of Windows; "CON.txt" is one of them as well.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])([ .].*)?$`)

// tidy drops and replaces single letters.
func tidy(name string) string {
	var b strings.Builder
	marks := 0
	for _, r := range name {
		switch {
		case unicode.In(r, unicode.Zs) || r == '\t' || r == '\n' || r == '\r':
			r = ' '
		case !unicode.IsGraphic(r), unicode.In(r, unicode.Co, unicode.Cf), r == utf8.RuneError, filler(r):
			continue
		case strings.ContainsRune(`<>:"|?*`, r):
			r = '_'
		}
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if marks <= maxMarks {
			b.WriteRune(r)
		}
	}
	name = strings.Join(strings.Fields(b.String()), " ")
	return norm.NFC.String(strings.Trim(name, " ."))
}

// filler are letters that are drawn as nothing.
func filler(r rune) bool {
	return r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2800' ||
		unicode.Is(unicode.Variation_Selector, r)
}

// splitEnding cuts the ending with its dot off; a date ("plan 11.2026") or a
// sentence has none.
func splitEnding(name string) (stem, ending string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || !endingShape.MatchString(name[i+1:]) {
		return name, ""
	}
	return strings.TrimRight(name[:i], " ."), strings.ToLower(name[i:])
}

var endingShape = regexp.MustCompile(`^[A-Za-z0-9]{0,9}[A-Za-z][A-Za-z0-9]{0,9}$`)

// running are endings that some system runs: "umowa.exe.pdf" must not look
// like a program whose ending was hidden.
var running = regexp.MustCompile(`(?i)\.(exe|com|bat|cmd|scr|pif|msi|msp|cpl|jar|js|jse|vbs?|vbe|wsf|wsh|ws|ps1|psm1|hta|htm|html|xhtml|svg|xml|lnk|url|reg|dll|app|dmg|pkg|sh|bash|command|php|phtml|py|pl|rb|apk|docm|xlsm|pptm|dotm|xlam|iso|img|chm|inf|scf|gadget|appx|msix|jnlp)($|[. _])`)

func undot(stem string) string {
	for {
		next := running.ReplaceAllString(stem, "_$1$2")
		if next == stem {
			return stem
		}
		stem = next
	}
}

// shorten cuts the stem between letters so that the whole name fits.
func shorten(stem string, ending int) string {
	runes := 0
	for i, r := range stem {
		if runes++; runes > maxNameRunes-ending || i+utf8.RuneLen(r) > maxNameBytes-ending {
			// What is cut may have hidden a dot or a space before it.
			return norm.NFC.String(strings.TrimRight(stem[:i], " ."))
		}
	}
	return stem
}

// fitting is the clean name with an ending of the kind: its own when it
// agrees, the kind's first when there is none. Ok is false when it disagrees.
func fitting(name string, k kind) (_ string, ok bool) {
	clean := CleanName(name)
	_, ending := splitEnding(clean)
	if ending == "" {
		return CleanName(clean + "." + k.extensions[0]), true
	}
	return clean, slices.Contains(k.extensions, ending[1:])
}

// disposition is the header that names a download (RFC 6266): letters beyond
// ASCII stand in filename*, and old programs get a plain likeness.
func disposition(inline bool, name string) string {
	how := "attachment"
	if inline {
		how = "inline"
	}
	plain := asciiName(name)
	header := mime.FormatMediaType(how, map[string]string{"filename": plain})
	if plain != name {
		header += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return header
}

// asciiName is a likeness of the name in letters that every program takes.
func asciiName(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.M, r):
		case r == 'ł':
			b.WriteByte('l')
		case r == 'Ł':
			b.WriteByte('L')
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._- ", r)):
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}

func joined(list []string) string { return strings.Join(list, ", ") }
