package app_test

// What the doors below lead to: the budgets of the city and of the school that
// are over, and those that go on.
const (
	cityOver   = `(select id from budget_editions where kind = 'city' and state = 'final')`
	cityFiling = `(select id from budget_editions where kind = 'city' and state = 'published')`
	schoolVote = `(select id from budget_editions where kind = 'school' and state = 'voting')`
	poolOver   = `select min(pool) from budget_counts where edition = ` + cityOver
)

// budgetDoors say the same of participatory budgets as togetherDoors. What
// anybody could still do there by an empty form is tried where it is over, or
// where it was not yet the time for it.
var budgetDoors = []door{
	{"/budzet-obywatelski/{id}/archiwum", `select ` + cityFiling},
	{"/budzet-obywatelski/{id}/projekty/nowy", `select ` + cityFiling},
	{"/budzet-obywatelski/{id}/uprawnienia/klasy", `select ` + schoolVote},
	{"/budzet-obywatelski/{id}/glosowanie", `select ` + schoolVote},
	{"/glosowanie/{pool}", `select min(pool) from budget_rights where edition = ` + schoolVote},
	{"/klasy/{class}", `select min(class) from budget_electors where class <> '' and edition = ` + schoolVote},
	{"/budzet-obywatelski/{id}", `select ` + cityOver},
	{"/scenariusz/{scenariusz}", `select 'tajne-glosowanie'`},
	{"/pula/{pool}", poolOver},
	{"/urna/{pool}", poolOver},
	{"/wyniki/{pool}", poolOver},
	{"/zamkniecie/{pool}", poolOver},
	{"/karta/{pool}", poolOver},
	{"/dlaczego/{project}", `select min(p.id) from budget_projects p where p.state = 'lost' and p.pool = (` + poolOver + `)`},
	{"/kartki/{box}", `select '1'`},
	{"/partie/{no}", `select '1'`},
	{"/oswiadczenia/{elector}", ""}, // nobody declared a right
	{"/spis/{roll}", ""},            // none was uploaded
	{"/projekt-obywatelski/{project}/protest", `select min(id) from budget_projects where state = 'upheld' and edition = ` + cityOver},
	{"/projekt-obywatelski/{project}", `select min(id) from budget_projects where state = 'delivered' and edition = ` + cityOver},
	{"/edycja/{etap}", `select 'pomysl'`},
}
