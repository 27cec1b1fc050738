package pdf

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kladka/internal/platform/fault"
)

// Card is one sign-in card.
type Card struct {
	Name     string
	Class    string   // "klasa 7b"
	Register string   // "nr 12 w dzienniku"; may be empty
	School   string   // may be empty
	Number   string   // the public number, as it is to be read
	Address  string   // what the QR code holds: public, never the secret
	Groups   []string // the secret, in groups
}

// CardTexts are the words of a sheet of cards in the reader's language.
type CardTexts struct {
	Title        string
	Lang         string
	Author       string
	Instructions string // to the tutor: cut, fold, hand out
	FoldBack     string // along the first line
	FoldIn       string // along the second
	Number       string // above the public number
	Inside       string // "the secret is inside"
	Secret       string // above the secret
	Keep         string // below it
	How          string // above the steps
	Steps        [3]string
	Page         func(n, of int) string
}

// A sheet holds four strips over the whole width, each folded twice like a
// letter. Printing on one side is enough, so no printer has to hit the back:
//
//	| outside        : secret        : how to sign in |
//	                back            inward
//
// Folded inward, the third part covers the secret; the first, folded back,
// stays outside with the name. The secret then lies between two layers of paper.
const (
	cardsOnPage = 4
	cardTop     = 25.0
	cardHeight  = 64.5
	foldBack    = 70.0
	foldIn      = 141.0 // the part that goes inside is a millimeter narrower
	maxCards    = 1000
)

var errSecretInAddress = errors.New("the address of a card holds its secret")

// Cards writes a sheet of cards to w. Nothing of them is kept: to print a card
// again is to make a new secret. A card without a secret, or with the secret in
// its address, is an error, and nothing is written.
func Cards(w io.Writer, at time.Time, t CardTexts, cards []Card) (err error) {
	defer fault.Wrap(&err, "print %d cards", len(cards))
	if len(cards) == 0 || len(cards) > maxCards {
		return fmt.Errorf("a sheet holds 1 to %d cards", maxCards)
	}
	for _, c := range cards {
		if err := c.check(); err != nil {
			return err // without the name: it would get into the log
		}
	}
	d := New(Meta{Title: t.Title, Author: t.Author, Lang: t.Lang, At: at, Page: t.Page})
	for i, c := range cards {
		if i%cardsOnPage == 0 {
			d.addPage()
			d.cardInstructions(t)
		}
		d.card(t, c, cardTop+float64(i%cardsOnPage)*cardHeight)
	}
	return d.Write(w)
}

func (c Card) check() error {
	secret := strings.Join(c.Groups, "")
	if len(secret) < 8 || len(c.Groups) > 4 || c.Name == "" || c.Number == "" || c.Address == "" {
		return errors.New("a card is not complete")
	}
	bare := strings.NewReplacer("-", "", " ", "", "%20", "", "+", "").Replace(strings.ToUpper(c.Address))
	if strings.Contains(bare, strings.ToUpper(secret)) {
		return errSecretInAddress
	}
	return nil
}

func (d *Document) cardInstructions(t CardTexts) {
	d.text(8, 6, pageWidth-16, 11, true, black, 1, t.Title)
	d.text(8, 11.2, pageWidth-16, 8, false, muted, 3, t.Instructions)
	d.rule(0, cardTop, pageWidth, cardTop, 0.2, black)
}

func (d *Document) card(t CardTexts, c Card, y float64) {
	d.rule(0, y+cardHeight, pageWidth, y+cardHeight, 0.2, black)
	d.fold(foldBack, y, t.FoldBack)
	d.fold(foldIn, y, t.FoldIn)
	d.cardOutside(t, c, y)
	d.cardSecret(t, c, y)
	d.cardSteps(t, y)
}

// fold draws a dashed line over the strip and says beside it which way to fold.
func (d *Document) fold(x, y float64, text string) {
	d.rule(x, y, x, y+cardHeight, 0.25, grey, 2.5, 1.6)
	d.style(7, false, muted)
	text = printable(text)
	middle := y + cardHeight/2 + d.width(text)/2
	d.f.TransformBegin()
	d.f.TransformRotate(90, x+3, middle)
	d.at(x+3, middle, text)
	d.f.TransformEnd()
}

// text writes lines from y downward and returns where they end.
func (d *Document) text(x, y, width, size float64, bold bool, c color, limit int, text string) float64 {
	lines := d.wrap(text, size, bold, width, limit)
	d.style(size, bold, c)
	for _, l := range lines {
		d.at(x, y+size*mmPerPoint, l)
		y += line(size)
	}
	return y
}

func (d *Document) cardOutside(t CardTexts, c Card, y float64) {
	const x, width = 8.0, foldBack - 8 - 4
	size := 15.0
	for size > 11 && len(d.wrap(c.Name, size, true, width, 0)) > 2 {
		size -= 1
	}
	end := d.text(x, y+4, width, size, true, black, 3, c.Name)
	about := c.Class
	if c.Register != "" {
		about = strings.TrimPrefix(about+", "+c.Register, ", ")
	}
	end = d.text(x, end+0.6, width, 10, false, black, 2, about)
	d.text(x, end+0.4, width, 8, false, muted, 2, c.School)
	const side = 24.0
	bottom := y + cardHeight - 5
	d.qr(c.Address, x, bottom-side, side)
	beside := x + side + 4
	below := d.text(beside, bottom-side-0.6, foldBack-beside-3, 8, false, muted, 1, t.Number)
	below = d.text(beside, below, foldBack-beside-2, 15, true, black, 1, c.Number)
	d.text(beside, below+1, foldBack-beside-3, 8, false, muted, 3, t.Inside)
}

// cardSecret sets each letter in a cell of its own, so that none hides behind
// its neighbor and a finger can follow.
func (d *Document) cardSecret(t CardTexts, c Card, y float64) {
	const x, width, size, cell, step = foldBack + 7, foldIn - foldBack - 14, 25.0, 9.6, 11.6
	d.text(x, y+4, width, 11, true, black, 1, t.Secret)
	top := y + 11
	for n, group := range c.Groups {
		d.style(size, true, black)
		left := x + 4
		for _, r := range printable(group) {
			letter := string(r)
			d.at(left+(cell-d.width(letter))/2, top+float64(n)*step+size*mmPerPoint, letter)
			left += cell
		}
	}
	d.text(x, top+float64(len(c.Groups))*step+3, width, 8, false, muted, 4, t.Keep)
}

// cardSteps takes the largest type in which all three steps fit: sentences are
// longer in one language than in another, and so are addresses.
func (d *Document) cardSteps(t CardTexts, y float64) {
	const x, width, number, gap = foldIn + 8, pageWidth - foldIn - 8 - 7, 5, 1.2
	end := d.text(x, y+4, width, 11, true, black, 2, t.How) + 1.5
	size := 9.0
	for ; size > 6.5; size -= 0.5 {
		height := 0.0
		for _, step := range t.Steps {
			height += float64(len(d.wrap(step, size, false, width-number, 0)))*line(size) + gap
		}
		if end+height < y+cardHeight-3 {
			break
		}
	}
	for n, step := range t.Steps {
		d.style(size, true, black)
		d.at(x, end+size*mmPerPoint, fmt.Sprintf("%d.", n+1))
		end = d.text(x+number, end, width-number, size, false, black, 8, step) + gap
	}
}
