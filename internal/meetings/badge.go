package meetings

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"rsc.io/qr"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
)

// A badge has a code: a figure and nine letters or figures, at random. It says
// nothing of its holder and opens nothing: only people at the door of that
// meeting can do anything with it. The first figure tells it from any name that
// is typed into the same field; the alphabet leaves out what looks alike.
const (
	codeLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // 32: five bits each
	codeFigures = "23456789"
	codeLength  = 10
)

// newCode makes a code of so many signs, the first a figure.
func newCode(length int) string {
	raw := make([]byte, length)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	for n, b := range raw {
		if n == 0 {
			raw[n] = codeFigures[b%8]
		} else {
			raw[n] = codeLetters[b%32]
		}
	}
	return string(raw)
}

// codeIn finds the code in what a scanner or a hand typed: the code itself, with
// or without its dash and in any case, or the address that a badge's picture
// holds. Anything else is no code.
func codeIn(text string) (code string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > 300 {
		return "", false
	}
	if _, query, found := strings.Cut(text, "?"); found {
		values, err := url.ParseQuery(query)
		if err != nil {
			return "", false
		}
		text = values.Get("kod")
	}
	text = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(text))
	if len(text) != codeLength || !strings.Contains(codeFigures, text[:1]) {
		return "", false
	}
	for _, letter := range text {
		if !strings.ContainsRune(codeLetters, letter) {
			return "", false
		}
	}
	return text, true
}

// shownCode is a code as people read it.
func shownCode(code string) string {
	if len(code) != codeLength {
		return code
	}
	return code[:5] + "-" + code[5:]
}

// badge is the code of one seat or one guest.
type badge struct {
	Code    string    `db:"code"`
	Meeting MeetingID `db:"meeting"`
	Holder  string    `db:"holder"`
	Guest   bool      `db:"guest"`
}

const badgeColumns = `b.code, b.meeting, b.holder, b.guest`

// badgesOf makes the codes that are missing and returns all of a meeting by
// their holders. Two who ask at once get the same codes: a holder has one.
func (s *Service) badgesOf(ctx context.Context, id MeetingID) (map[string]badge, error) {
	var without []badge
	err := s.db.Select(ctx, &without, `select v.id as holder from meetings_invitations v
		where v.meeting = ? and not exists (select 1 from meetings_badges b where b.holder = v.id) order by v.id`, id)
	if err != nil {
		return nil, err
	}
	var guests []string
	if err := s.db.Select(ctx, &guests, `select g.id from meetings_guests g where g.meeting = ?
		and not exists (select 1 from meetings_badges b where b.holder = g.id) order by g.id`, id); err != nil {
		return nil, err
	}
	for _, g := range guests {
		without = append(without, badge{Holder: g, Guest: true})
	}
	if len(without) > 0 {
		rows := make([][]any, len(without))
		for n, b := range without {
			rows[n] = []any{newCode(codeLength), id, b.Holder, b.Guest}
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return insertBadges(ctx, tx, rows) }); err != nil {
			return nil, err
		}
	}
	var all []badge
	if err := s.db.Select(ctx, &all, `select `+badgeColumns+` from meetings_badges b where b.meeting = ? order by b.code`, id); err != nil {
		return nil, err
	}
	byHolder := make(map[string]badge, len(all))
	for _, b := range all {
		byHolder[b.Holder] = b
	}
	return byHolder, nil
}

func insertBadges(ctx context.Context, tx *db.Tx, rows [][]any) error {
	for _, row := range rows {
		if _, err := tx.Exec(ctx, `insert into meetings_badges (code, meeting, holder, guest) values (?, ?, ?, ?) on conflict (holder) do nothing`, row...); err != nil {
			return err
		}
	}
	return nil
}

// paperBadge is one badge on paper.
type paperBadge struct {
	Name, From, Table string
	Code              string // as it is read
	Address           string // what the picture holds
}

// badgeTexts are the words that all badges share.
type badgeTexts struct {
	Title, Owner string
	Lang         i18n.Lang
}

const (
	badgeWide, badgeHigh = 85.0, 62.0 // millimeters
	badgesAcross         = 2
	badgesDown           = 4
	badgePad             = 5.0
	badgeCode            = 22.0 // side of the picture
)

// writeBadges writes badges to be cut out, eight on a page, each with a picture
// that a scanner or a telephone reads.
func writeBadges(w io.Writer, at time.Time, t badgeTexts, list []paperBadge) error {
	d := pdf.New(pdf.Meta{Title: t.Title, Author: t.Owner, Lang: string(t.Lang), At: at})
	const onPage = badgesAcross * badgesDown
	var fail error
	for first := 0; first < len(list); first += onPage {
		d.Room(pdf.High)
		d.Picture(pdf.Wide, badgesDown*badgeHigh, func(c *pdf.Canvas) {
			for n, b := range list[first:min(len(list), first+onPage)] {
				x, y := float64(n%badgesAcross)*badgeWide, float64(n/badgesAcross)*badgeHigh
				if err := drawBadge(c, t, b, x, y); err != nil {
					fail = err
				}
			}
		})
	}
	if fail != nil {
		return fail
	}
	return d.Write(w)
}

func drawBadge(c *pdf.Canvas, t badgeTexts, b paperBadge, x, y float64) (err error) {
	grey, black := pdf.RGB{R: 110, G: 110, B: 110}, pdf.RGB{}
	c.Rect(x, y, badgeWide, badgeHigh, 0, pdf.Paint{Line: &grey, Width: 0.15})
	c.Within(x, y, badgeWide, badgeHigh, func() {
		down := y + badgePad
		for _, part := range []struct {
			text       string
			size, wide float64
			bold       bool
			lines      int
		}{{t.Title, 3.2, badgeWide - 2*badgePad, false, 2}, {b.Name, nameSize(b.Name), badgeWide - 2*badgePad, true, 2}, {b.From, 3.4, badgeWide - badgeCode - 3*badgePad, false, 4}} {
			for _, text := range fitted(part.text, part.wide, part.size, part.lines) {
				down += part.size * 1.25
				c.Text(x+badgePad, down, text, pdf.Ink{Size: part.size, Bold: part.bold, Color: black})
			}
			down += 1.8
		}
		bottom := y + badgeHigh - badgePad
		c.Text(x+badgePad, bottom, t.Owner, pdf.Ink{Size: 2.8, Color: grey})
		if b.Table != "" {
			c.Text(x+badgePad, bottom-4.6, b.Table, pdf.Ink{Size: 3.6, Bold: true, Color: black})
		}
		if b.Code != "" {
			left := x + badgeWide - badgePad - badgeCode
			c.Text(left+badgeCode/2, bottom, b.Code, pdf.Ink{Size: 2.8, Color: black, Align: 0.5})
			err = drawQR(c, b.Address, left, bottom-4-badgeCode, badgeCode)
		}
	})
	return err
}

// nameSize is the largest type in which a name stands on two lines at most.
func nameSize(name string) float64 {
	const wide = badgeWide - 2*badgePad
	if len(fitted(name, wide, 6.4, 9)) == 1 {
		return 6.4
	}
	for size := 5.2; size > 3.4; size -= 0.4 {
		if lines := fitted(name, wide, size, 9); len(lines) <= 2 && !slices.ContainsFunc(lines, func(l string) bool { return len([]rune(l)) > lettersIn(wide, size) }) {
			return size
		}
	}
	return 3.4
}

// lettersIn is how many letters a line holds. One is taken for a little more
// than half as wide as high: names are seldom wider.
func lettersIn(wide, size float64) int { return max(1, int(wide/(size*0.56))) }

// fitted breaks a text into at most so many lines of about that width, between
// words and after hyphens.
func fitted(text string, wide, size float64, most int) (lines []string) {
	room := lettersIn(wide, size)
	for _, word := range strings.Fields(strings.ReplaceAll(text, "-", "- ")) {
		n := len(lines)
		if n == 0 {
			lines = append(lines, word)
			continue
		}
		longer := lines[n-1] + " " + word
		if strings.HasSuffix(lines[n-1], "-") {
			longer = lines[n-1] + word
		}
		if len([]rune(longer)) <= room {
			lines[n-1] = longer
		} else {
			lines = append(lines, word)
		}
	}
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] += "…"
	}
	return lines
}

// drawQR draws a code as rectangles, sharp at every size. Around it is white.
func drawQR(c *pdf.Canvas, text string, x, y, side float64) error {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	black, module := pdf.RGB{}, side/float64(code.Size)
	for _, run := range darkRuns(code) {
		// A hair higher than the module, lest printers leave white lines between rows.
		c.Rect(x+float64(run.X)*module, y+float64(run.Y)*module, float64(run.Wide)*module, module*1.02, 0, pdf.Paint{Fill: &black})
	}
	return nil
}

// darkRun is a row of dark modules beside each other.
type darkRun struct{ X, Y, Wide int }

func darkRuns(code *qr.Code) (runs []darkRun) {
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for code.Black(x, y) {
				x++
			}
			if x > start {
				runs = append(runs, darkRun{start, y, x - start})
			}
		}
	}
	return runs
}

// screenCode is a code on a page: its dark parts in units of a module, with the
// white around it that scanners need.
type screenCode struct {
	Box  string // viewBox
	Runs []darkRun
}

func screenCodeOf(text string) (screenCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return screenCode{}, err
	}
	return screenCode{Box: fmt.Sprintf("-4 -4 %d %d", code.Size+8, code.Size+8), Runs: darkRuns(code)}, nil
}
