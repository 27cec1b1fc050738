package survey

import (
	"embed"
	"fmt"
)

//go:embed ready
var ready embed.FS

// Codes of the ready questionnaires.
const (
	AfterCode   = "after"    // evaluation right after a training
	LaterCode   = "later"    // what of it was of use, some weeks later
	MeetingCode = "meeting3" // three questions after a meeting
)

// Ready are the questionnaires that come with the program, in its three
// languages. They are copies: what a caller changes is the caller's.
func Ready() []Definition {
	return []Definition{readyOne(AfterCode), readyOne(LaterCode), readyOne(MeetingCode)}
}

// Sample is a questionnaire of thirty questions of all kinds, to try out and to
// measure with.
func Sample() Definition { return readyOne("sample30") }

func readyOne(code string) Definition {
	f, err := ready.Open("ready/" + code + ".json")
	if err != nil {
		panic(err) // the files are part of the program
	}
	defer f.Close()
	d, err := Parse(f)
	if err != nil {
		panic(fmt.Sprintf("ready questionnaire %s: %v", code, err))
	}
	return d
}
