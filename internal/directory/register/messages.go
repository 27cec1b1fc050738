package register

import "embed"

// Messages are the texts of this package: what is wrong with a file, in words.
//
//go:embed messages
var Messages embed.FS
