package app

import (
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/platform/survey"
)

// Needs is what is asked and answered, Evaluation what trainings were worth, and
// Surveys the asking itself; for the demo and for tools.
func (a *App) Needs() *needs.Service { return a.needs }

// Evaluation is what those who took part say.
func (a *App) Evaluation() *evaluation.Service { return a.evaluation }

// Surveys are the rounds of all owners.
func (a *App) Surveys() *survey.Service { return a.surveys }

// Support is the yearly support of schools.
func (a *App) Support() *support.Service { return a.support }
