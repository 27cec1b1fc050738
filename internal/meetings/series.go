package meetings

import (
	"context"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// How much fits into the texts of the module, in letters.
const (
	longestTitle = 200
	longestLine  = 300
	longestWords = 4000
)

// line is a text of one line as it is kept, words one of several.
func line(text string) string  { return strings.Join(strings.Fields(text), " ") }
func words(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }

func tooLong(text string, most int) bool { return len([]rune(text)) > most }

// needed checks a text that must be there.
func needed(fields []fault.Field, name, text string, most int) []fault.Field {
	switch {
	case text == "":
		return append(fields, fault.Field{Name: name, Key: "meetings.lack.empty"})
	case tooLong(text, most):
		return append(fields, fault.Field{Name: name, Key: "meetings.lack.long", Args: []any{"n", most}})
	}
	return fields
}

// free checks a text that may be empty.
func free(fields []fault.Field, name, text string, most int) []fault.Field {
	if text == "" {
		return fields
	}
	return needed(fields, name, text, most)
}

// stale says that somebody else wrote meanwhile.
func stale() error { return fault.New(fault.Conflict, "meetings.fault.stale") }

// changedOne turns an update of no row into the conflict that it is.
func changedOne(n int64, err error) error {
	if err == nil && n == 0 {
		return stale()
	}
	return err
}

// NewSeries is what is said of a series when it is made.
type NewSeries struct {
	Kind  Kind
	Owner access.InstitutionID
	Title string
	Words string
}

// AddSeries makes a series. Who may: whoever runs meetings of that kind for the
// owner. Heads' meetings belong to an office: only it has heads below it.
func (s *Service) AddSeries(ctx context.Context, who access.Actor, n NewSeries) (id SeriesID, err error) {
	defer fault.Wrap(&err, "add a series of meetings")
	if !slices.Contains(Kinds(), n.Kind) {
		return "", fault.InvalidFields([]fault.Field{{Name: "rodzaj", Key: "meetings.lack.empty"}})
	}
	owner, err := directory.ByID(ctx, s.db, n.Owner)
	if err != nil {
		return "", err
	}
	if err := Runs(who, n.Kind, n.Owner); err != nil {
		return "", err
	}
	n.Title, n.Words = line(n.Title), words(n.Words)
	fields := free(needed(nil, "nazwa", n.Title, longestTitle), "opis", n.Words, longestWords)
	if n.Kind == Heads && owner.Kind != directory.Office {
		fields = append(fields, fault.Field{Name: "rodzaj", Key: "meetings.lack.office"})
	}
	if len(fields) > 0 {
		return "", fault.InvalidFields(fields)
	}
	id, now := SeriesID(newID()), s.now()
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into meetings_series (id, revision, kind, owner, title, title_key, words, ended, created_at, changed_at)
			values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`, id, n.Kind, n.Owner, n.Title, i18n.SortKey(n.Title), n.Words, false, now.Unix(), now.Unix()); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "series", "meetings_series", string(id), n.Owner, nil)
	})
}

// record writes the log of a deed.
func (s *Service) record(ctx context.Context, tx *db.Tx, who access.Actor, act, object, id string, owner access.InstitutionID, details map[string]string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "meetings." + act, Object: object, ObjectID: id, Institution: string(owner), Details: details}, s.now())
}

// AddMember names a member of a Forum, a group or a council: a person, or an
// institution for which whoever joins meetings there speaks. Naming one again
// changes nothing. Who may: whoever runs the series.
func (s *Service) AddMember(ctx context.Context, who access.Actor, id SeriesID, person access.PersonID, at access.InstitutionID) (err error) {
	defer fault.Wrap(&err, "name a member of series %s", id)
	series, err := s.seriesRun(ctx, who, id)
	if err != nil {
		return err
	}
	if series.Kind == Heads {
		return fault.New(fault.Conflict, "meetings.fault.heads_unnamed")
	}
	if person == "" && at == "" {
		return fault.InvalidFields([]fault.Field{{Name: "instytucja", Key: "meetings.lack.empty"}})
	}
	if at != "" {
		if _, err := directory.ByID(ctx, s.db, at); err != nil {
			return err
		}
	}
	if person != "" {
		if _, err := s.People.Actor(ctx, person); err != nil {
			return err
		}
	}
	row, at2 := newID(), s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into meetings_members (id, series, person, institution, since) values (?, ?, ?, ?, ?)
			on conflict (series, person, institution) do nothing`, row, id, person, at, at2); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "member", "meetings_series", string(id), series.Owner, map[string]string{"institution": string(at)})
	})
}

// RemoveMember takes a member out; what the member said stays. Who may: whoever
// runs the series.
func (s *Service) RemoveMember(ctx context.Context, who access.Actor, id SeriesID, member string) (err error) {
	defer fault.Wrap(&err, "take a member out of series %s", id)
	series, err := s.seriesRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from meetings_members where id = ? and series = ?`, member, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.record(ctx, tx, who, "member_out", "meetings_series", string(id), series.Owner, nil)
	})
}

// SeriesFor are the series that the actor runs, records or belongs to, by
// title. It reads the first 300 that stand: bodies are few.
func (s *Service) SeriesFor(ctx context.Context, who access.Actor) (list []Series, err error) {
	defer fault.Wrap(&err, "series of an actor")
	var all []Series
	if err := s.db.Select(ctx, &all, `select `+SeriesColumns+` from meetings_series s where s.ended = ? order by s.title_key, s.id limit 300`, false); err != nil {
		return nil, err
	}
	for _, one := range all {
		err := s.SeesSeries(ctx, who, one)
		if err == nil {
			list = append(list, one)
		} else if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
	}
	return list, nil
}

// Audiences are the keys by which the steps of matters are read that only those
// who belong to a series may see; the page of a matter adds them to its reader.
func (s *Service) Audiences(ctx context.Context, who access.Actor) (keys []string, err error) {
	list, err := s.SeriesFor(ctx, who)
	for _, one := range list {
		keys = append(keys, seriesAudience(one.ID))
	}
	return keys, err
}

func seriesAudience(id SeriesID) string { return "series:" + string(id) }
