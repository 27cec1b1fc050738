package law

// The numbers that the platform itself needs. Their bases are cited as far as
// they are known; what nobody has read in the text of the law is not verified,
// and /prawo says so.
const (
	AuditKeep           = "law.audit_keep"           // how long the audit log is kept
	RequestAnswer       = "law.request_answer"       // a person's request about own data
	RequestProlonged    = "law.request_prolonged"    // by how much that may be prolonged
	DigitalConsentAge   = "law.digital_consent_age"  // from which age a pupil consents alone
	PublicInformation   = "law.public_information"   // a request for public information
	AccessibilityAnswer = "law.accessibility_answer" // a request for accessibility
	AccessibilityMost   = "law.accessibility_most"   // the longest time for one
)

// RODO applies from this day (its art. 99).
const gdprApplies = "2018-05-25"

// Platform are the declarations of these numbers.
func Platform() []Param {
	const (
		accessibility = "ustawa o dostępności cyfrowej stron internetowych i aplikacji mobilnych podmiotów publicznych (artykuł do sprawdzenia)"
		information   = "ustawa o dostępie do informacji publicznej (artykuł do sprawdzenia)"
		logs          = "rozporządzenie w sprawie Krajowych Ram Interoperacyjności, Dz.U. 2024 poz. 773 (paragraf do sprawdzenia)"
	)
	one := func(key string, u Unit, value, from, basis string, verified bool) Param {
		return Param{Key: key, Unit: u, Title: "law.param." + key[len("law."):],
			Default: []Default{{ValidFrom: from, Value: value, Basis: basis, Verified: verified}}}
	}
	// Who may change the numbers stands in the log as well, and must not be able
	// to have it emptied by tomorrow.
	log := one(AuditKeep, Months, "24", "", logs, false)
	log.Least = 24
	return []Param{
		log,
		one(RequestAnswer, Months, "1", gdprApplies, "art. 12 ust. 3 RODO", true),
		one(RequestProlonged, Months, "2", gdprApplies, "art. 12 ust. 3 RODO", true),
		one(DigitalConsentAge, Years, "16", gdprApplies, "art. 8 ust. 1 RODO", true),
		one(PublicInformation, Days, "14", "", information, false),
		one(AccessibilityAnswer, Days, "7", "", accessibility, false),
		one(AccessibilityMost, Months, "2", "", accessibility, false),
	}
}
