package files

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

func TestNothingButPixels(t *testing.T) {
	for title, order := range map[string]binary.ByteOrder{"intel": binary.LittleEndian, "motorola": binary.BigEndian} {
		photo := phonePhoto(t, halves(64, 32), 6, order)
		p, err := redraw(photo, kinds[JPEG])
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Exif", camera, gpsMark, comment, appended} {
			if !bytes.Contains(photo, []byte(secret)) {
				t.Fatalf("%s: the photo lacks %q, the test shows nothing", title, secret)
			}
			if bytes.Contains(p.data, []byte(secret)) || bytes.Contains(p.thumb, []byte(secret)) {
				t.Errorf("%s: %q came over", title, secret)
			}
		}
		m, err := jpeg.Decode(bytes.NewReader(p.data))
		if err != nil {
			t.Fatal(err)
		}
		// Turned by a quarter to the right: what was left is above.
		if m.Bounds().Dx() != 32 || m.Bounds().Dy() != 64 || p.width != 32 || p.height != 64 {
			t.Errorf("%s: %v, %d x %d", title, m.Bounds(), p.width, p.height)
		}
		if !reddish(m, 16, 8) || reddish(m, 16, 56) {
			t.Errorf("%s: red is not above", title)
		}
	}
}

func reddish(m image.Image, x, y int) bool {
	r, _, b, _ := m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y).RGBA()
	return r > 0x8000 && b < 0x8000
}

// A picture of one marked corner, turned by each of the eight orientations,
// must come out with the corner where EXIF says.
func TestOrientations(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 3, 2))
	m.Pix[0], m.Pix[3] = 255, 255        // the corner above, left
	for o, want := range map[int][4]int{ // width, height, x, y
		0: {3, 2, 0, 0}, 1: {3, 2, 0, 0}, 2: {3, 2, 2, 0}, 3: {3, 2, 2, 1}, 4: {3, 2, 0, 1},
		5: {2, 3, 0, 0}, 6: {2, 3, 1, 0}, 7: {2, 3, 1, 2}, 8: {2, 3, 0, 2}, 9: {3, 2, 0, 0},
	} {
		got := upright(m, o)
		if size := got.Bounds().Size(); size.X != want[0] || size.Y != want[1] {
			t.Errorf("%d: %v", o, size)
		}
		if r, _, _, _ := got.At(want[2], want[3]).RGBA(); r != 0xffff {
			t.Errorf("%d: the corner is not at %d,%d", o, want[2], want[3])
		}
	}
}

func TestOrientationOfBrokenPhotos(t *testing.T) {
	good := append([]byte{0xff, 0xd8}, exif(8, binary.BigEndian)...)
	if got := orientation(good); got != 8 {
		t.Fatalf("orientation %d", got)
	}
	for n := range good {
		if got := orientation(good[:n]); got != 1 && got != 8 {
			t.Errorf("cut at %d: %d", n, got)
		}
	}
	far := bytes.Replace(good, []byte{0, 0, 0, 8}, []byte{0xff, 0xff, 0xff, 0xfe}, 1)
	if got := orientation(far); got != 1 {
		t.Errorf("an offset beyond the end: %d", got)
	}
}

func TestThumbs(t *testing.T) {
	for title, c := range map[string]struct {
		data []byte
		kind string
		w, h int
	}{
		"wide jpeg":  {jpegOf(t, halves(1000, 500)), JPEG, 320, 160},
		"high png":   {pngOf(t, halves(100, 1000)), PNG, 32, 320},
		"thread":     {pngOf(t, halves(5000, 1)), PNG, 320, 1},
		"small stay": {pngOf(t, halves(10, 7)), PNG, 10, 7},
		"gif":        {gifOf(t, 5), GIF, 40, 30},
	} {
		p, err := redraw(c.data, kinds[c.kind])
		if err != nil {
			t.Fatal(title, err)
		}
		m, format, err := image.Decode(bytes.NewReader(p.thumb))
		if err != nil || m.Bounds().Dx() != c.w || m.Bounds().Dy() != c.h || (format == "jpeg") != (c.kind == JPEG) {
			t.Errorf("%s: %v, %s, %v", title, m.Bounds(), format, err)
		}
	}
}

func TestRedrawKeepsWhatIsSeen(t *testing.T) {
	p, err := redraw(gifOf(t, 5), kinds[GIF])
	if err != nil {
		t.Fatal(err)
	}
	if g, err := gif.DecodeAll(bytes.NewReader(p.data)); err != nil || len(g.Image) != 5 || g.Delay[1] != 10 {
		t.Errorf("%v", err)
	}
	from := halves(9, 5)
	if p, err = redraw(pngOf(t, from), kinds[PNG]); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(p.data))
	if err != nil || !reddish(m, 0, 0) || reddish(m, 8, 4) {
		t.Errorf("%v", err)
	}
	// The same pixels are the same bytes: that is what is kept once.
	again, err := redraw(append(pngOf(t, from), "tail"...), kinds[PNG])
	if err != nil || !bytes.Equal(again.data, p.data) {
		t.Errorf("not the same: %v", err)
	}
}

func TestMeasureGIF(t *testing.T) {
	frames, pixels, err := measureGIF(gifOf(t, 7))
	if frames != 7 || pixels != 7*40*30 || err != nil {
		t.Errorf("%d frames, %d pixels, %v", frames, pixels, err)
	}
	whole := gifOf(t, 2)
	for n := range len(whole) {
		if _, _, err := measureGIF(whole[:n]); err == nil {
			t.Errorf("cut at %d is whole", n)
		}
	}
}
