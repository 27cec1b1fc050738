package register

import "strings"

// Type is the kind of an institution. The codes are ours and stable; labels are messages "type.<code>".
type Type string

const (
	Kindergarten               Type = "kindergarten"
	PreschoolPoint             Type = "preschool_point"
	PreschoolGroup             Type = "preschool_group"
	Primary                    Type = "primary"
	LowerSecondary             Type = "lower_secondary"
	GeneralSecondary           Type = "general_secondary"
	TechnicalSecondary         Type = "technical_secondary"
	VocationalFirst            Type = "vocational_first"
	VocationalSecond           Type = "vocational_second"
	SpecialVocational          Type = "special_vocational"
	PostSecondary              Type = "post_secondary"
	Music                      Type = "music"
	Arts                       Type = "arts"
	Complex                    Type = "complex"
	CounselingCenter           Type = "counseling_center"
	SpecialistCounselingCenter Type = "specialist_counseling_center"
	TeacherTrainingCenter      Type = "teacher_training_center"
	PedagogicalLibrary         Type = "pedagogical_library"
	YouthCenter                Type = "youth_center"
	SportsCenter               Type = "sports_center"
	Dormitory                  Type = "dormitory"
	SpecialCenter              Type = "special_center"
	YouthCareCenter            Type = "youth_care_center"
	ContinuingEducation        Type = "continuing_education"
	NonpublicFacility          Type = "nonpublic_facility"
	YouthHostel                Type = "youth_hostel"
	Administration             Type = "administration"
	Other                      Type = "other"
)

// Types lists all types in the order in which pages show them: the way of a child through school first, then what
// helps schools, then the rest.
func Types() []Type {
	return []Type{
		Kindergarten, PreschoolPoint, PreschoolGroup, Primary, LowerSecondary,
		GeneralSecondary, TechnicalSecondary, VocationalFirst, VocationalSecond, SpecialVocational, PostSecondary,
		Music, Arts, Complex,
		CounselingCenter, SpecialistCounselingCenter, TeacherTrainingCenter, PedagogicalLibrary,
		YouthCenter, SportsCenter, Dormitory, SpecialCenter, YouthCareCenter,
		ContinuingEducation, NonpublicFacility, YouthHostel, Administration, Other,
	}
}

// typeByName knows the names the register itself uses, in lower case: all 42 of the 2020 exports and those the
// register has added or kept besides.
var typeByName = map[string]Type{
	"przedszkole":                      Kindergarten,
	"punkt przedszkolny":               PreschoolPoint,
	"zespół wychowania przedszkolnego": PreschoolGroup,
	"szkoła podstawowa":                Primary,
	"gimnazjum":                        LowerSecondary,
	"liceum ogólnokształcące":          GeneralSecondary,
	"liceum ogólnokształcące uzupełniające dla absolwentów zasadniczych szkół zawodowych": GeneralSecondary,
	"liceum profilowane":      GeneralSecondary,
	"bednarska szkoła realna": GeneralSecondary,
	"technikum":               TechnicalSecondary,
	"technikum uzupełniające dla absolwentów zasadniczych szkół zawodowych": TechnicalSecondary,
	"branżowa szkoła i stopnia":                                                 VocationalFirst,
	"zasadnicza szkoła zawodowa":                                                VocationalFirst,
	"branżowa szkoła ii stopnia":                                                VocationalSecond,
	"szkoła specjalna przysposabiająca do pracy":                                SpecialVocational,
	"szkoła policealna":                                                         PostSecondary,
	"kolegium pracowników służb społecznych":                                    PostSecondary,
	"kolegium nauczycielskie":                                                   PostSecondary,
	"nauczycielskie kolegium języków obcych":                                    PostSecondary,
	"szkoła pomaturalna bibliotekarska i animatorów kultury":                    PostSecondary,
	"szkoła muzyczna i stopnia":                                                 Music,
	"szkoła muzyczna ii stopnia":                                                Music,
	"ogólnokształcąca szkoła muzyczna i stopnia":                                Music,
	"ogólnokształcąca szkoła muzyczna ii stopnia":                               Music,
	"policealna szkoła muzyczna":                                                Music,
	"poznańska szkoła chóralna":                                                 Music,
	"liceum sztuk plastycznych":                                                 Arts,
	"policealna szkoła plastyczna":                                              Arts,
	"ogólnokształcąca szkoła sztuk pięknych":                                    Arts,
	"ogólnokształcąca szkoła baletowa":                                          Arts,
	"szkoła sztuki tańca":                                                       Arts,
	"szkoła sztuki cyrkowej":                                                    Arts,
	"inna szkoła artystyczna":                                                   Arts,
	"placówki artystyczne (ognisko artystyczne)":                                Arts,
	"zespół szkół i placówek oświatowych":                                       Complex,
	"poradnia psychologiczno-pedagogiczna":                                      CounselingCenter,
	"poradnia specjalistyczna":                                                  SpecialistCounselingCenter,
	"placówka doskonalenia nauczycieli":                                         TeacherTrainingCenter,
	"biblioteki pedagogiczne":                                                   PedagogicalLibrary,
	"młodzieżowy dom kultury":                                                   YouthCenter,
	"pałac młodzieży":                                                           YouthCenter,
	"ognisko pracy pozaszkolnej":                                                YouthCenter,
	"pozaszkolna placówka specjalistyczna":                                      YouthCenter,
	"ogród jordanowski":                                                         YouthCenter,
	"międzyszkolny ośrodek sportowy":                                            SportsCenter,
	"bursa":                                                                     Dormitory,
	"specjalny ośrodek szkolno-wychowawczy":                                     SpecialCenter,
	"specjalny ośrodek wychowawczy":                                             SpecialCenter,
	"ośrodek rewalidacyjno-wychowawczy":                                         SpecialCenter,
	"młodzieżowy ośrodek wychowawczy":                                           YouthCareCenter,
	"młodzieżowy ośrodek socjoterapii ze szkołami":                              YouthCareCenter,
	"młodzieżowy ośrodek socjoterapii bez szkół":                                YouthCareCenter,
	"okręgowy ośrodek wychowawczy":                                              YouthCareCenter,
	"zakład poprawczy":                                                          YouthCareCenter,
	"schronisko dla nieletnich":                                                 YouthCareCenter,
	"zakład poprawczy i schronisko dla nieletnich":                              YouthCareCenter,
	"placówka kształcenia ustawicznego - bez szkół":                             ContinuingEducation,
	"placówka kształcenia ustawicznego ze szkołami":                             ContinuingEducation,
	"centrum kształcenia zawodowego":                                            ContinuingEducation,
	"centrum kształcenia praktycznego":                                          ContinuingEducation,
	"ośrodek dokształcania i doskonalenia zawodowego":                           ContinuingEducation,
	"niepubliczna placówka kształcenia ustawicznego i praktycznego":             ContinuingEducation,
	"niepubliczna placówka kształcenia ustawicznego i praktycznego ze szkołami": ContinuingEducation,
	"niepubliczna placówka oświatowo-wychowawcza w systemie oświaty":            NonpublicFacility,
	"szkolne schronisko młodzieżowe":                                            YouthHostel,
	"dom wczasów dziecięcych":                                                   YouthHostel,
	"kuratorium oświaty":                                                        Administration,
	"centrum usług wspólnych":                                                   Administration,
	"zeas (zespół obsługi ekonomiczno-administracyjnej szkół)":                  Administration,
	"centralna komisja egzaminacyjna":                                           Administration,
	"okręgowa komisja egzaminacyjna":                                            Administration,
	"specjalistyczna jednostka nadzoru":                                         Administration,
}

// typeOf maps a name of the register's own list. An unknown name becomes Other, and the caller says so.
func typeOf(name string) (t Type, known bool) {
	t, known = typeByName[strings.ToLower(name)]
	if !known {
		return Other, false
	}
	return t, true
}
