package register

import "strings"

// hint is what the 2022 file offers instead of a type: names and tags of OpenStreetMap.
type hint struct {
	name     string // official name
	amenity  string
	isced    string
	children bool
}

// typeRule gives its type when every condition it names holds. words is satisfied by any one of them.
type typeRule struct {
	amenity, isced string
	words          []string
	children       bool
	gives          Type
}

// typeRules are tried from the top; the first that holds decides. The order carries the knowledge:
//  1. tags that allow one answer only, with the exceptions inside them first;
//  2. levels of schooling, where the word nearest the beginning was already isolated by ownPart;
//  3. facilities by a telling word. A complex comes before "kształcenia ustawicznego", because complexes carry such
//     words in their names, but needs "zespół szkół" and the like: "Zespół Ekspertów Manager" runs courses;
//  4. whoever has children but no telling word is a complex ("Gminne Centrum Edukacji");
//  5. words of the course trade, which are the widest, last.
var typeRules = []typeRule{
	{words: []string{"doskonalenia nauczycieli"}, gives: TeacherTrainingCenter},
	{amenity: "training", gives: TeacherTrainingCenter},
	{amenity: "library", gives: PedagogicalLibrary},
	{amenity: "kindergarten", words: []string{"punkt "}, gives: PreschoolPoint},
	{amenity: "kindergarten", words: []string{"zespół wychowania"}, gives: PreschoolGroup},
	{amenity: "kindergarten", gives: Kindergarten},
	{amenity: "music_school", gives: Music},
	{amenity: "dancing_school", gives: Arts},
	{amenity: "college", gives: PostSecondary},
	{amenity: "community_centre", gives: YouthCenter},

	{words: []string{"przysposabiająca do pracy"}, gives: SpecialVocational},
	{amenity: "school", words: []string{"szkoła muzyczna"}, gives: Music},
	{amenity: "school", words: []string{"sztuk plastycznych", "sztuk pięknych", "baletowa", "plastyczne"}, gives: Arts},
	{isced: "1;2", gives: Primary},
	{isced: "3", words: []string{"branżowa szkoła ii ", "branżowej ii "}, gives: VocationalSecond},
	{isced: "3", words: []string{"branżow"}, gives: VocationalFirst},
	{isced: "3", words: []string{"technikum"}, gives: TechnicalSecondary},
	{isced: "3", gives: GeneralSecondary},
	{isced: "4", gives: PostSecondary},

	{words: []string{"poradni"}, gives: CounselingCenter}, // narrowed by specialist
	{words: []string{"pomocy psychologiczno-pedagogicznej"}, gives: CounselingCenter},
	{words: []string{" bursa "}, gives: Dormitory},
	{words: []string{"schronisko młodzieżowe"}, gives: YouthHostel},
	{words: []string{"ośrodek wychowawczy", "ośrodek socjoterapii"}, gives: YouthCareCenter},
	{words: []string{"szkolno-wychowawczy", "rewalidacyjno"}, gives: SpecialCenter},
	{words: []string{"ośrodek sportowy"}, gives: SportsCenter},
	{words: []string{"dom kultury", "centrum młodzieży", "kultury młodzieży", "zespół pieśni", "obserwatorium"},
		gives: YouthCenter},
	{words: []string{"biblioteka pedagogiczna", "pedagogiczna biblioteka"}, gives: PedagogicalLibrary},
	{words: []string{"ognisko artystyczne", "ognisko muzyczne"}, gives: Arts},
	{words: []string{"zespół szkół", "zespół szkolno", "zespół placówek", "zespół jednostek", "zespół katolickich",
		"zespół niepublicznych", "zespół państwowych", "zespół publicznych"}, gives: Complex},
	{children: true, gives: Complex},

	{words: []string{"kształcenia ustawicznego"}, gives: ContinuingEducation},
	{words: []string{"oświatowo-wychowawcz", "placówka oświatow", "wychowania pozaszkolnego"}, gives: NonpublicFacility},
	{words: []string{"kształceni", "szkoleni", "szkoleń", "dokształcani", "doskonaleni", "doradztw", "edukac", "naucza",
		"akademia", "instytut", "school", "językó", "języka", "british council"}, gives: ContinuingEducation},
}

// guessType derives a type where a file has none. It is a guess: Compare never lets it overrule a type that a
// register export has stated.
func guessType(h hint) Type {
	name := ownPart(h.name)
	for _, rule := range typeRules {
		if rule.holds(h, name) {
			return specialist(rule.gives, name)
		}
	}
	return Other
}

func (r typeRule) holds(h hint, name string) bool {
	if r.amenity != "" && r.amenity != h.amenity || r.isced != "" && r.isced != h.isced || r.children && !h.children {
		return false
	}
	return len(r.words) == 0 || containsAny(name, r.words)
}

// ownPart lowers a name and drops what names the complex around the school: "Technikum w Zespole Szkół …" is about
// the technical school.
func ownPart(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), " - ", "-")
	for _, around := range []string{" w zespole ", " przy zespole "} {
		if at := strings.Index(name, around); at > 0 {
			name = name[:at]
		}
	}
	return " " + name + " "
}

// specialist tells the two kinds of counseling center apart. The register calls specialist those for one problem or
// one age.
func specialist(t Type, name string) Type {
	words := []string{"specjalistyczna", "wczesnego wspomagania", "wczesnej pomocy", "logopedyczn", "dysleksji"}
	if t == CounselingCenter && containsAny(name, words) {
		return SpecialistCounselingCenter
	}
	return t
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
