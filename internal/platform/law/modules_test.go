package law

import (
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/schema"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "law", Files: Migrations}}
