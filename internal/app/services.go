package app

import (
	"kladka/internal/platform/audit"
	"kladka/internal/platform/mail"
)

// Mail is the letters, for tools that look at the pages of a demo.
func (a *App) Mail() *mail.Service { return a.mail }

// Audit is the log of official acts.
func (a *App) Audit() *audit.Log { return a.audit }
