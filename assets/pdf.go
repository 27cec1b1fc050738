package assets

import (
	"embed"
	"fmt"
)

// The fonts of printed papers are no part of Set: no browser asks for them.
//
//go:embed pdf/source-sans-3-regular.ttf pdf/source-sans-3-bold.ttf
var paper embed.FS

// PaperFont returns the font of printed papers in TrueType: Source Sans 3, cut to
// Latin (Vietnamese included) and Cyrillic letters. Each call returns a copy.
func PaperFont(bold bool) []byte {
	name := "pdf/source-sans-3-regular.ttf"
	if bold {
		name = "pdf/source-sans-3-bold.ttf"
	}
	font, err := paper.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("assets: %v", err)) // embedded by the line above
	}
	return font
}
