package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
)

// Limits of images, checked before a pixel is unpacked. A picture of a phone
// has 12 million pixels; unpacking takes about 8 bytes for each.
const (
	maxPixels     = 32_000_000
	maxSide       = 20_000
	maxGIFPixels  = 64_000_000 // of all frames together, a byte each
	maxGIFFrames  = 1000
	maxJPEGScans  = 64 // each goes over the whole picture again
	thumbSide     = 320
	jpegQuality   = 90
	thumbQuality  = 80
	isImageHuge   = "files.refused.image_huge"
	isImageBroken = "files.refused.image_broken"
)

// picture is an image drawn anew: only pixels came over.
type picture struct {
	data   []byte
	thumb  []byte
	width  int
	height int
}

// redraw unpacks an image, turns it as its orientation says, and packs it
// again. What is not a pixel is lost on the way: place, date, camera, serial
// numbers, comments, the small picture of before it was cut, and whatever was
// appended. So is the color profile.
func redraw(data []byte, k kind) (picture, error) {
	config, err := configOf(data, k)
	if err != nil {
		return picture{}, refused(isImageBroken)
	}
	if config.Width <= 0 || config.Height <= 0 {
		return picture{}, refused(isImageBroken)
	}
	if config.Width > maxSide || config.Height > maxSide || config.Width*config.Height > maxPixels {
		return picture{}, refused(isImageHuge, "n", maxPixels/1_000_000)
	}
	switch k.name {
	case JPEG:
		return redrawJPEG(data)
	case GIF:
		return redrawGIF(data)
	}
	return redrawPNG(data)
}

func configOf(data []byte, k kind) (image.Config, error) {
	switch k.name {
	case JPEG:
		return jpeg.DecodeConfig(bytes.NewReader(data))
	case GIF:
		return gif.DecodeConfig(bytes.NewReader(data))
	}
	return png.DecodeConfig(bytes.NewReader(data))
}

func redrawJPEG(data []byte) (picture, error) {
	if bytes.Count(data, []byte{0xff, 0xda}) > maxJPEGScans {
		return picture{}, refused(isImageBroken)
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return picture{}, refused(isImageBroken)
	}
	m = upright(m, orientation(data))
	return pack(m, func(w io.Writer, m image.Image, small bool) error {
		quality := jpegQuality
		if small {
			quality = thumbQuality
		}
		return jpeg.Encode(w, m, &jpeg.Options{Quality: quality})
	})
}

func redrawPNG(data []byte) (picture, error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return picture{}, refused(isImageBroken)
	}
	return pack(m, func(w io.Writer, m image.Image, _ bool) error { return png.Encode(w, m) })
}

func redrawGIF(data []byte) (picture, error) {
	frames, pixels, err := measureGIF(data)
	if err != nil {
		return picture{}, refused(isImageBroken)
	}
	if frames > maxGIFFrames || pixels > maxGIFPixels {
		return picture{}, refused(isImageHuge, "n", maxPixels/1_000_000)
	}
	all, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil || len(all.Image) == 0 {
		return picture{}, refused(isImageBroken)
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, all); err != nil {
		return picture{}, refused(isImageBroken)
	}
	first := image.NewNRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	draw.Draw(first, all.Image[0].Bounds(), all.Image[0], all.Image[0].Bounds().Min, draw.Src)
	p, err := pack(first, func(w io.Writer, m image.Image, small bool) error {
		if !small {
			return nil
		}
		return png.Encode(w, m)
	})
	p.data = out.Bytes()
	return p, err
}

// pack writes the image and its thumbnail.
func pack(m image.Image, encode func(w io.Writer, m image.Image, small bool) error) (picture, error) {
	var whole, small bytes.Buffer
	if err := encode(&whole, m, false); err != nil {
		return picture{}, err
	}
	if err := encode(&small, shrink(m), true); err != nil {
		return picture{}, err
	}
	size := m.Bounds().Size()
	return picture{whole.Bytes(), small.Bytes(), size.X, size.Y}, nil
}

// shrink fits an image into a square of thumbSide; small ones stay.
func shrink(m image.Image) image.Image {
	size := m.Bounds().Size()
	longest := max(size.X, size.Y)
	if longest <= thumbSide {
		return m
	}
	small := image.NewNRGBA(image.Rect(0, 0, max(1, size.X*thumbSide/longest), max(1, size.Y*thumbSide/longest)))
	draw.BiLinear.Scale(small, small.Bounds(), m, m.Bounds(), draw.Src, nil)
	return small
}

// upright turns and mirrors as EXIF's orientation (1 to 8) says.
func upright(m image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return m
	}
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	from := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(from, from.Bounds(), m, b.Min, draw.Src)
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	to := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := turned(orientation, x, y, w, h)
			copy(to.Pix[to.PixOffset(tx, ty):][:4], from.Pix[from.PixOffset(x, y):][:4])
		}
	}
	return to
}

// turned is where a pixel of an image of w by h comes to stand.
func turned(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}

// orientation reads the one thing of EXIF that the picture needs; 1 when there
// is none or it makes no sense.
func orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, length := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || length < 2 || at+2+length > len(data) {
			return 1
		}
		segment := data[at+4 : at+2+length]
		if tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(tiff)
		}
		at += 2 + length
	}
	return 1
}

func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	start := int64(order.Uint32(tiff[4:]))
	if start+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[start+2:]
	for range order.Uint16(tiff[start:]) {
		if len(entries) < 12 {
			break
		}
		const tag = 0x0112
		if order.Uint16(entries) == tag {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			break
		}
		entries = entries[12:]
	}
	return 1
}

var errGIF = errors.New("not a whole GIF")

// measureGIF walks over the blocks of a GIF without unpacking them and counts
// frames and their pixels.
func measureGIF(data []byte) (frames, pixels int, err error) {
	g := gifWalk{data: data}
	head := g.take(13)
	g.take(tableSize(head[10]))
	for g.err == nil {
		switch g.take(1)[0] {
		case 0x21: // an extension
			g.take(1)
			g.blocks()
		case 0x2c: // a frame
			d := g.take(9)
			frames++
			pixels += int(binary.LittleEndian.Uint16(d[4:])) * int(binary.LittleEndian.Uint16(d[6:]))
			g.take(tableSize(d[8]))
			g.take(1)
			g.blocks()
			if frames > maxGIFFrames || pixels > maxGIFPixels {
				return frames, pixels, nil
			}
		case 0x3b:
			return frames, pixels, g.err
		default:
			return 0, 0, errGIF
		}
	}
	return 0, 0, g.err
}

func tableSize(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

type gifWalk struct {
	data []byte
	err  error
}

// take returns the next n bytes; zeros after the end.
func (g *gifWalk) take(n int) []byte {
	if len(g.data) < n {
		g.err = errGIF
		return make([]byte, n)
	}
	out := g.data[:n]
	g.data = g.data[n:]
	return out
}

func (g *gifWalk) blocks() {
	for g.err == nil {
		n := int(g.take(1)[0])
		if n == 0 {
			return
		}
		g.take(n)
	}
}
