package register

import "strings"

// RunningKind is the kind of body that runs an institution; labels are messages "running.<code>".
type RunningKind string

const (
	RunByGmina       RunningKind = "gmina"
	RunByCounty      RunningKind = "county"
	RunByCity        RunningKind = "city" // a city with county rights
	RunByVoivodeship RunningKind = "voivodeship"
	RunByMinistry    RunningKind = "ministry"
	RunByNGO         RunningKind = "ngo"
	RunByReligious   RunningKind = "religious"
	RunByCompany     RunningKind = "company"
	RunByPrivate     RunningKind = "private" // a natural person
	RunByUniversity  RunningKind = "university"
	RunByOther       RunningKind = "other"
)

// RunningKinds lists all kinds in display order: public ones first.
func RunningKinds() []RunningKind {
	return []RunningKind{RunByGmina, RunByCity, RunByCounty, RunByVoivodeship, RunByMinistry, RunByUniversity,
		RunByNGO, RunByReligious, RunByCompany, RunByPrivate, RunByOther}
}

// runningNames are the beginnings of the register's names of running bodies, lower case; the longer stand first.
var runningNames = []struct {
	begins string
	kind   RunningKind
}{
	{"miasto na prawach powiatu", RunByCity},
	{"gmina miejska kraków-miasto na prawach powiatu", RunByCity},
	{"gmina", RunByGmina},
	{"powiat", RunByCounty},
	{"samorząd województwa", RunByVoivodeship},
	{"województwo", RunByVoivodeship},
	{"minister", RunByMinistry},
	{"stowarzyszeni", RunByNGO},
	{"fundacj", RunByNGO},
	{"organizacje wyznaniowe", RunByReligious},
	{"organizacje", RunByNGO}, // social organizations and trade unions
	{"osoba fizyczna", RunByPrivate},
	{"osoba zagraniczna", RunByPrivate},
	{"przedsiębiorstw", RunByCompany},
	{"spółki", RunByCompany},
	{"spółdzielni", RunByCompany},
	{"szkoły wyższe", RunByUniversity},
	{"uczelnia", RunByUniversity},
	{"izba", RunByOther},
	{"samorząd", RunByOther}, // chambers, and local-government legal persons
	{"związek rzemiosła", RunByOther},
	{"regionalna izba", RunByOther},
}

// runningByName maps the register's name of a kind, or the name of a public body, to our kind.
func runningByName(name string) (kind RunningKind, known bool) {
	name = strings.ToLower(name)
	if name == "" {
		return "", true
	}
	for _, entry := range runningNames {
		if strings.HasPrefix(name, entry.begins) {
			return entry.kind, true
		}
	}
	return RunByOther, false
}

// runningByTag maps operator_type of the 2022 file. "government" is told apart by the operator's name.
func runningByTag(tag, operator string) (kind RunningKind, known bool) {
	switch tag {
	case "":
		return "", true
	case "government":
		return runningByName(operator)
	case "private":
		return RunByPrivate, true
	case "ngo":
		return RunByNGO, true
	case "religious":
		return RunByReligious, true
	case "consortium":
		return RunByCompany, true
	case "cooperative":
		if strings.Contains(strings.ToLower(operator), "izba") {
			return RunByOther, true
		}
		return RunByCompany, true
	}
	return RunByOther, false
}
