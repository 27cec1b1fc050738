package otp

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the white border that readers need, in modules.
const quiet = 4

// QR is a code as a drawing that a template writes out itself:
//
//	<svg class="qr" viewBox={ q.ViewBox() } role="img" aria-label=…>
//		<rect width={ q.Width() } height={ q.Width() } fill="#fff"></rect><path d={ q.Path } fill="#000"></path>
//	</svg>
//
// There is no style in it, so the content security policy has nothing to stop,
// and no address, so the secret in it gets into no log and no cache of pictures.
type QR struct {
	Size int    // of a side in modules, the white border included
	Path string // of all dark modules
}

// NewQR draws a text, with the redundancy that survives a crease or a stain. A
// text of more than some two thousand bytes is an error.
func NewQR(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return QR{}, err
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for code.Black(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", start+quiet, y+quiet, x-start, x-start)
			}
		}
	}
	return QR{Size: code.Size + 2*quiet, Path: b.String()}, nil
}

// ViewBox is the attribute of that name.
func (q QR) ViewBox() string { return fmt.Sprintf("0 0 %d %d", q.Size, q.Size) }

// Width is the side as an attribute.
func (q QR) Width() string { return fmt.Sprint(q.Size) }

// SVG is the whole drawing as a file, without a name for screen readers: what
// stands beside it (the secret in letters) says the same.
func (q QR) SVG() string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="%s" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path d="%s" fill="#000"/></svg>`,
		q.ViewBox(), q.Size, q.Size, q.Path)
}
