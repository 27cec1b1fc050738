package registerapi

import "embed"

// Messages are the texts of this package: why the register's API gave no file.
//
//go:embed messages
var Messages embed.FS
