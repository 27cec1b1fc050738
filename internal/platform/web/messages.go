package web

import "embed"

// Messages are the texts of the shell.
//
//go:embed messages
var Messages embed.FS
