package register

// Merged is what becomes of a value that people corrected here when the register speaks again.
type Merged string

const (
	// Stands: the register says nothing new, so the correction goes on.
	Stands Merged = "stands"
	// Agreed: the register says now what people said here, so the correction ends by itself.
	Agreed Merged = "agreed"
	// Clash: the register changed the value to something else. Both are shown; ours holds until a person chooses.
	Clash Merged = "clash"
)

// Merge weighs three readings of one value, as text: base is what the register said last time, theirs what it says
// now, ours what people corrected it to.
func Merge(base, theirs, ours string) Merged {
	switch {
	case theirs == ours:
		return Agreed
	case base == theirs:
		return Stands
	}
	return Clash
}
