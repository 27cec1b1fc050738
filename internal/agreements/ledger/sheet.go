package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// limits bound a sheet of facts: a center's work of five years is some hundreds
// of rows.
func limits() sheet.Limits {
	return sheet.Limits{Bytes: 4 << 20, Rows: 2000, Columns: 30, Cell: longestWords}
}

// Columns are what a sheet of facts is read by.
func Columns() []sheet.Column {
	return []sheet.Column{
		{Name: "title", Titles: []string{"Tytuł", "Nazwa", "Nazwa działania", "Title"}, Required: true},
		{Name: "on", Titles: []string{"Data", "Dzień", "Date"}, Required: true},
		{Name: "words", Titles: []string{"Źródło", "Skąd wiadomo", "Source"}, Required: true},
		{Name: "form", Titles: []string{"Forma", "Form"}},
		{Name: "topics", Titles: []string{"Tematy", "Temat", "Topics"}},
		{Name: "area", Titles: []string{"Obszar porozumienia", "Obszar", "Area"}},
		{Name: "town", Titles: []string{"Gmina", "Municipality"}},
		{Name: "group", Titles: []string{"Grupa", "Group"}},
		{Name: "people", Titles: []string{"Osoby", "Liczba osób", "Uczestnicy", "People"}},
		{Name: "hours", Titles: []string{"Godziny", "Godziny lekcyjne", "Liczba godzin", "Hours"}},
		{Name: "money", Titles: []string{"Kwota", "Kwota zł", "Koszt", "Money"}},
	}
}

// SheetRow is a row of a sheet that was read, with what is wrong with it. The
// hours of a sheet are of one person; rows with the same title and day are of
// one activity.
type SheetRow struct {
	N        int // as the spreadsheet shows it
	Activity string
	Fact     string // makes the key of the fact
	Entry
	Faults []SheetFault
}

// SheetFault is what is wrong with a cell.
type SheetFault struct {
	Column string // its letter
	Key    string
	Args   []string
}

// sheetWorld is what the words of a sheet can mean.
type sheetWorld struct {
	world
	today  string
	towns  map[string]string // by folded name and by code
	topics map[string]string
	forms  map[string]string
	groups map[string]Group
	only   townBound
}

// readRows reads a sheet. The fault is of the whole sheet: no sheet, columns
// that are missing, nothing in it.
func (sw sheetWorld) readRows(r io.Reader, id func() string) ([]SheetRow, error) {
	table, err := sheet.Read(r, limits())
	if err != nil {
		return nil, err
	}
	m, err := table.Match(Columns()...)
	if err != nil {
		return nil, err
	}
	if len(table.Rows) == 0 {
		return nil, fault.New(fault.Invalid, "ledger.fault.sheet_empty")
	}
	activities := map[string]string{}
	var rows []SheetRow
	for _, raw := range table.Rows {
		row := sw.row(m, raw)
		same := row.On + " " + i18n.Fold(row.Title)
		if activities[same] == "" {
			activities[same] = id()
		}
		row.Activity, row.Fact = activities[same], id()
		rows = append(rows, row)
	}
	return rows, nil
}

// row reads one row; what cannot be read is a fault at its column.
func (sw sheetWorld) row(m sheet.Match, raw sheet.Row) SheetRow {
	row := SheetRow{N: raw.N}
	value := func(name string) string { return strings.TrimSpace(m.Value(raw, name)) }
	wrong := func(name, key string, args ...string) {
		row.Faults = append(row.Faults, SheetFault{m.Where(name), "ledger.fault." + key, args})
	}
	row.Title, row.Words, row.Group = value("title"), value("words"), Others
	if row.On = sheetDay(value("on")); row.On == "" {
		row.On = value("on")
	}
	sw.words(&row, value, wrong)
	sw.numbers(&row, value, wrong)
	where := map[string]string{"tytul": "title", "zrodlo": "words", "dzien": "on", "osoby": "people", "godziny": "hours", "kwota": "money"}
	for _, f := range row.Entry.faults(sw.world, sw.today) {
		if name := where[f.Name]; name != "" {
			fault := SheetFault{Column: m.Where(name), Key: f.Key}
			for _, arg := range f.Args {
				fault.Args = append(fault.Args, fmt.Sprint(arg))
			}
			row.Faults = append(row.Faults, fault)
		}
	}
	return row
}

// words reads what must be known here: a form, topics, an area, a municipality,
// a group.
func (sw sheetWorld) words(row *SheetRow, value func(string) string, wrong func(name, key string, args ...string)) {
	if text := value("form"); text != "" {
		if row.Form = sw.forms[i18n.Fold(text)]; row.Form == "" {
			wrong("form", "sheet_word", "word", text)
		}
	}
	for text := range strings.SplitSeq(value("topics"), ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if id := sw.topics[i18n.Fold(text)]; id != "" {
			row.Topics = append(row.Topics, id)
		} else {
			wrong("topics", "sheet_word", "word", text)
		}
	}
	if text := value("area"); text != "" {
		if row.Area = sw.area(text, row.On); row.Area == "" {
			wrong("area", "sheet_area", "word", text)
		}
	}
	if text := value("town"); text != "" {
		if row.Town = sw.towns[i18n.Fold(text)]; row.Town == "" {
			wrong("town", "sheet_word", "word", text)
		} else if sw.only.forbids(row.Town) {
			wrong("town", "own_town")
		}
	}
	if text := value("group"); text != "" {
		group, ok := sw.groups[i18n.Fold(text)]
		if row.Group = group; !ok {
			row.Group = Others
			wrong("group", "sheet_word", "word", text)
		}
	}
}

func (sw sheetWorld) numbers(row *SheetRow, value func(string) string, wrong func(name, key string, args ...string)) {
	people, err := hundredths(value("people"), mostPeople)
	if err != nil || people%100 != 0 {
		wrong("people", "people")
		people = 0
	}
	row.People = int(people / 100)
	hours, err := hundredths(value("hours"), mostHours)
	if err != nil {
		wrong("hours", "hours")
	}
	row.Minutes = minutesOf(hours, row.People)
	if row.Money, err = hundredths(value("money"), mostZloty); err != nil {
		wrong("money", "money")
	}
}

// minutesOf are the minutes of all people from the lesson hours of one, in
// hundredths; without people those of the activity itself. What is less than a
// minute falls away from the sum, not from each.
func minutesOf(hours int64, people int) int64 { return hours * lesson * int64(max(1, people)) / 100 }

// area finds an area that holds on a day by its name; one that two agreements
// have is not found.
func (sw sheetWorld) area(text, on string) string {
	var found []string
	for id, t := range sw.areas {
		if t.holds(on) && i18n.Fold(t.Name) == i18n.Fold(text) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// sheetDay reads a day as sheets have it: 2023-03-05, 5.03.2023, 05/03/2023.
func sheetDay(text string) string {
	text, _, _ = strings.Cut(text, " ") // of a day with midnight
	for _, layout := range []string{time.DateOnly, "2.1.2006", "2/1/2006", "2-1-2006"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day.Format(time.DateOnly)
		}
	}
	return ""
}

// sheetWords gathers what the words of a sheet can mean, in all languages.
func (s *Service) sheetWords(ctx context.Context) (sw sheetWorld, err error) {
	if sw.world, err = s.world(ctx); err != nil {
		return sw, err
	}
	sw.today = s.now().In(web.Warsaw).Format(time.DateOnly)
	sw.towns, sw.topics, sw.forms, sw.groups = map[string]string{}, map[string]string{}, map[string]string{}, map[string]Group{}
	for word, g := range shortGroups() {
		sw.groups[i18n.Fold(word)] = g
	}
	towns, err := directory.Municipalities(ctx, s.db)
	if err != nil {
		return sw, err
	}
	for _, t := range towns {
		sw.towns[i18n.Fold(t.Name)], sw.towns[t.ID] = t.ID, t.ID
	}
	for _, lang := range i18n.Langs {
		l := s.Catalog.In(lang)
		for _, f := range Forms() {
			sw.forms[i18n.Fold(l.T("ledger.form."+f))] = f
		}
		for _, g := range Groups() {
			sw.groups[i18n.Fold(l.T("ledger.group."+string(g)))] = g
		}
		if s.Topics == nil {
			continue
		}
		choices, err := s.Topics.Choices(ctx, l)
		if err != nil {
			return sw, err
		}
		for _, c := range choices {
			sw.topics[i18n.Fold(strings.TrimSpace(c.Label))] = c.Value
		}
	}
	return sw, nil
}

// shortGroups are groups as sheets of earlier years write them in short.
func shortGroups() map[string]Group {
	return map[string]Group{"Nauczyciele": Teachers, "Dyrektorzy": Heads, "Prowadzący oświatę": Managers, "Inni": Others}
}

// sheetStored is a sheet that waits, or was taken.
type sheetStored struct {
	ID          string               `db:"id"`
	Institution access.InstitutionID `db:"institution"`
	Name        string               `db:"name"`
	RowsJSON    string               `db:"rows_json"`
	Good        int                  `db:"good"`
	Bad         int                  `db:"bad"`
	TakenAt     int64                `db:"taken_at"`
	By          string               `db:"by_person"`
	At          int64                `db:"at"`
}

func (h sheetStored) rows() (rows []SheetRow, err error) {
	return rows, json.Unmarshal([]byte(h.RowsJSON), &rows)
}

// LoadSheet reads a sheet and keeps its rows until somebody takes them. Nothing
// is counted yet. Who may: holders of EnterFacts at the institution for which
// it is entered. A sheet that cannot be read is Invalid or TooLarge.
func (s *Service) LoadSheet(ctx context.Context, who access.Actor, at access.InstitutionID, name string, r io.Reader) (id string, err error) {
	defer fault.Wrap(&err, "load a sheet of facts")
	if err := who.MayAt(ctx, access.EnterFacts, at); err != nil {
		return "", err
	}
	unknown, err := s.unknown(ctx, at, Numbers{})
	if err != nil {
		return "", err
	}
	if unknown != nil {
		return "", fault.New(fault.Invalid, "ledger.fault.sheet_for")
	}
	sw, err := s.sheetWords(ctx)
	if err != nil {
		return "", err
	}
	if sw.only, err = s.onlyTown(ctx, at); err != nil {
		return "", err
	}
	rows, err := sw.readRows(r, newID)
	if err != nil {
		return "", err
	}
	good := 0
	for _, row := range rows {
		if len(row.Faults) == 0 {
			good++
		}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return "", err
	}
	id = newID()
	moment := s.now().Unix()
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into ledger_sheets (id, institution, name, rows_json, good, bad, by_person, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			id, at, name, string(text), good, len(rows)-good, string(who.Person), moment)
		return err
	})
}

// sheetFor is a sheet that the actor may take; of others it is not there.
func (s *Service) sheetFor(ctx context.Context, who access.Actor, id string) (h sheetStored, err error) {
	if _, err := known(id); err != nil {
		return h, err
	}
	err = s.db.Get(ctx, &h, `select id, institution, name, rows_json, good, bad, taken_at, by_person, at from ledger_sheets where id = ?`, id)
	if err != nil {
		return h, err
	}
	return h, who.MayAt(ctx, access.EnterFacts, h.Institution)
}

// TakeSheet takes the rows of a sheet that are in order, by a job whose progress
// it names. A sheet with no such row, or that was taken, is Conflict.
func (s *Service) TakeSheet(ctx context.Context, who access.Actor, id string) (_ jobs.ProgressID, err error) {
	defer fault.Wrap(&err, "take sheet %s", id)
	h, err := s.sheetFor(ctx, who, id)
	if err != nil {
		return "", err
	}
	if h.Good == 0 {
		return "", fault.New(fault.Conflict, "ledger.fault.sheet_none")
	}
	at, progress := s.now(), jobs.ProgressID(newID())
	return progress, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update ledger_sheets set taken_at = ? where id = ? and taken_at = 0`, at.Unix(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "ledger.fault.sheet_taken")
		}
		if _, err := jobs.StartProgress(ctx, tx, jobs.Progress{ID: progress, Kind: jobSheet, TitleKey: "ledger.progress.sheet", Owner: string(who.Person)}, at); err != nil {
			return err
		}
		if _, err := jobs.Enqueue(ctx, tx, jobSheet, id, jobs.Unique(id), jobs.WithProgress(progress)); err != nil {
			return err
		}
		return s.recordHand(ctx, tx, who, "ledger.sheet", handRow{ID: id, Institution: h.Institution}, at)
	})
}

// takeSheet enters the rows that are in order. Repeated, it enters none twice.
func (s *Service) takeSheet(ctx context.Context, id string, report func(done, total int64) error) error {
	var stored sheetStored
	err := s.db.Get(ctx, &stored, `select id, institution, name, rows_json, good, bad, taken_at, by_person, at from ledger_sheets where id = ?`, id)
	if err != nil {
		return err
	}
	rows, err := stored.rows()
	if err != nil {
		return jobs.Permanent(err)
	}
	rows = slices.DeleteFunc(rows, func(r SheetRow) bool { return len(r.Faults) > 0 })
	for n, row := range rows {
		h := row.row(row.Activity, stored.By, stored.TakenAt)
		h.Sheet, h.Institution = id, stored.Institution
		err := s.placed(ctx, func(tx *db.Tx, w world) error {
			if err := insertHand(ctx, tx, h); err != nil {
				return err
			}
			in := row.Numbers.intake(h, "sheet/"+row.Fact)
			in.Kind = fromSheet
			return enterHand(ctx, tx, w, in, h, fromSheet, stored.TakenAt)
		})
		if err != nil {
			return fmt.Errorf("row %d: %w", row.N, err)
		}
		if n%50 == 49 || n+1 == len(rows) {
			if err := report(int64(n+1), int64(len(rows))); err != nil {
				return err
			}
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update ledger_sheets set rows_json = '[]' where id = ?`, id)
		return err
	})
}

// sweepSheets deletes sheets that nobody took within a week.
func (s *Service) sweepSheets(ctx context.Context) error {
	before := s.now().AddDate(0, 0, -7).Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from ledger_sheets where taken_at = 0 and at < ?`, before)
		return err
	})
}
