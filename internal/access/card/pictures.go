package card

import "slices"

// pictures are those that a picture PIN is made of. Each has a shape of its own, so
// that nobody needs colors to tell them apart, and a name that a child knows
// in each of the three languages. The drawings are assets/img/pictures. Names
// are part of stored PINs: one may be added at the end, none may change or go.
var pictures = []string{
	"apple", "balloon", "bell", "boat", "book", "car",
	"clock", "cup", "fish", "flower", "heart", "house",
	"key", "kite", "ladder", "moon", "mushroom", "pencil",
	"rocket", "snail", "snowman", "star", "tree", "umbrella",
}

// Pictures are the names of the pictures in the order in which they are shown:
// six columns of four are three of eight on a telephone. The order is fixed,
// because a child remembers where a picture was.
func Pictures() []string { return slices.Clone(pictures) }

// PictureKey is the message key of a picture's name.
func PictureKey(picture string) string { return "card.picture." + picture }

// PictureAsset is the logical name of its drawing, for assets.Set.URL.
func PictureAsset(picture string) string { return "picture-" + picture + ".svg" }
