package browser

// Desk is the view in which every page must be without a fault: the usual one.
var Desk = View{Width: 1280, Lang: "pl", Scripts: true}

// Turns are the other views that a test takes one of for each page, by the place
// of the page in the list; so a page keeps its view from day to day.
func Turns() []View {
	return []View{
		{Width: 390, Lang: "pl", Scripts: true},
		{Width: 1280, Lang: "en", Dark: true, Scripts: true},
		{Width: 390, Lang: "uk", Scripts: true},
		{Width: 1280, Lang: "pl"},
		{Width: 390, Lang: "pl", Dark: true},
		{Width: 390, Lang: "en", Scripts: true},
		{Width: 1280, Lang: "uk", Scripts: true, ForcedColors: true},
	}
}

// Every is all views in which the tool look takes a picture of every page.
func Every() []View {
	return []View{
		Desk,
		{Width: 1280, Lang: "pl", Dark: true, Scripts: true},
		{Width: 390, Lang: "pl", Scripts: true},
		{Width: 390, Lang: "pl", Dark: true, Scripts: true},
		{Width: 390, Lang: "en", Scripts: true},
		{Width: 390, Lang: "uk", Scripts: true},
		{Width: 1280, Lang: "pl"},
		{Width: 1280, Lang: "pl", Scripts: true, ForcedColors: true},
		{Width: 720, Lang: "pl", Scripts: true, Print: true},
	}
}
