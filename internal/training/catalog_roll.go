package training

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// A catalogRoll is the public offer in memory: of each training only what the
// catalog filters, counts and orders by. With it a filtered list with all its
// counts is one walk over an array, and a page that nothing narrows is not
// counted at all. Titles, places and seats stay in the database and are read
// for the rows of a page: so an enrollment changes nothing here.
//
// A roll belongs to one version of the offer (design rule 11), of the directory
// for the names in it, and of the topics, whose change raises ours (see
// TopicsChanged). The first request after a change brings it up to date: it
// reads the trainings that changed since (see catalog_renew.go).
type catalogRoll struct {
	version   int64
	directory int64
	newest    int64 // changed_at of the newest row that was read
	entries   []catalogEntry
	at        map[ID]int32

	towns    []directory.Municipality
	townAt   map[string]int16
	centers  codebook
	insts    codebook // institutions whose staff a training is for
	eligible codebook // sets of who may enroll
	topics   codebook // sets of topics
	months   []int32  // in which trainings begin, in order
	monthAt  map[int32]int16

	audiences []audienceSet // by code of eligible
	subjects  [][]int16     // by code of topics: what they are read as, and what that is under
	tree      []string      // ids of topics in the order of their tree
	called    map[string]string

	mu    sync.Mutex
	whole map[bool]*catalogCut // lists that nothing narrows, what comes and what is past
	names map[i18n.Lang][]topicName
	rows  map[ID]*Training // that were shown
}

// catalogEntry is one training in a roll.
type catalogEntry struct {
	id          ID
	words       string // folded, each word after a space
	start       int64  // noDate when none is set
	enrollFrom  int64
	enrollUntil int64
	published   int64
	changed     int64
	point       mapPoint
	month       int32 // see monthOf
	eligible    int32
	topics      int32
	town        int16 // index in towns, -1 for none
	center      int32
	inst        int32 // for the staff of whom, -1 for everybody
	form        uint8
	state       uint8
	online      bool
	gratis      bool
	onMap       bool
}

// noDate stands last among the dates.
const noDate = int64(math.MaxInt64)

// audienceSet is who may enroll, in bits; nothing set means everybody.
type audienceSet struct {
	roles, schools uint64
}

type topicName struct {
	id    string
	label string
	n     int16 // in the tree
}

// codebook numbers the few values of a column.
type codebook struct {
	names []string
	at    map[string]int32
}

func (c *codebook) code(name string) int32 {
	if n, ok := c.at[name]; ok {
		return n
	}
	if c.at == nil {
		c.at = map[string]int32{}
	}
	n := int32(len(c.names))
	c.names, c.at[name] = append(c.names, name), n
	return n
}

// find is the code of a name, -1 for one that is not there.
func (c *codebook) find(name string) int32 {
	if n, ok := c.at[name]; ok {
		return n
	}
	return -1
}

// catalogStates are the states that strangers see, by the code in an entry.
var catalogStates = []TrainingState{Published, Postponed, Held, Closed, Canceled}

const codePublished, codePostponed = 0, 1

// comes tells whether somebody could still come: the list that opens first.
func (e *catalogEntry) comes(now int64) bool {
	return e.state == codePostponed || e.state == codePublished && e.start > now
}

// canceledAhead tells of one that people may have in their calendars.
func (e *catalogEntry) canceledAhead(now int64) bool {
	return catalogStates[e.state] == Canceled && e.start > now && e.start != noDate
}

func (e *catalogEntry) open(now int64) bool {
	return e.state == codePublished && e.start > now && e.enrollFrom <= now && (e.enrollUntil == 0 || now < e.enrollUntil)
}

// catalogCache keeps the newest roll of this process.
type catalogCache struct {
	mu   sync.Mutex
	roll *catalogRoll
}

// directoryVersion is the counter of package directory; names of municipalities
// and centers are kept by it.
const directoryVersion = "directory"

// rollNow is the roll of the present version. Versions are read before the
// rows: rows that are newer than they are read again next time.
func (s *Service) rollNow(ctx context.Context) (*catalogRoll, error) {
	version, err := db.Version(ctx, s.db, VersionName)
	if err != nil {
		return nil, err
	}
	places, err := db.Version(ctx, s.db, directoryVersion)
	if err != nil {
		return nil, err
	}
	s.offered.mu.Lock()
	defer s.offered.mu.Unlock()
	kept := s.offered.roll
	if kept != nil && kept.version >= version && kept.directory >= places {
		return kept, nil
	}
	r, err := s.renewedRoll(ctx, kept)
	if err != nil {
		return nil, err
	}
	r.version, r.directory = version, places
	s.offered.roll = r
	return r, nil
}

// TopicsChanged makes the catalog read the vocabulary anew. Wiring calls it when
// a topic was renamed, moved or merged.
func (s *Service) TopicsChanged(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return db.Raise(ctx, tx, VersionName) })
}

// readTowns reads the municipalities, readCenters the names of the centers that
// the entries name.
func (r *catalogRoll) readTowns(ctx context.Context, q db.Reader) (err error) {
	defer fault.Wrap(&err, "municipalities of the catalog")
	r.towns, err = directory.Municipalities(ctx, q)
	r.townAt = make(map[string]int16, len(r.towns))
	for n, t := range r.towns {
		r.townAt[t.ID] = int16(n)
	}
	return err
}

func (s *Service) readCenters(ctx context.Context, r *catalogRoll) (err error) {
	defer fault.Wrap(&err, "centers of the catalog")
	ids := make([]access.InstitutionID, 0, len(r.centers.names))
	for _, id := range r.centers.names {
		ids = append(ids, access.InstitutionID(id))
	}
	names, err := s.Directory.Names(ctx, ids)
	r.called = map[string]string{}
	for id, name := range names {
		r.called[string(id)] = name
	}
	return err
}

func (r *catalogRoll) town(id string) int16 {
	if n, ok := r.townAt[id]; ok {
		return n
	}
	return -1
}

func (r *catalogRoll) townName(id string) string {
	if n := r.town(id); n >= 0 {
		return r.towns[n].Name
	}
	return ""
}

// entryRow is a row as it is read for a roll.
type entryRow struct {
	entry                                 catalogEntry
	form, state, mode, town, center, inst string
	title, summary, place                 string
	price                                 int64
	lat, lon                              sql.NullFloat64
}

const entryColumns = `t.id, t.form, t.state, t.title, t.summary, t.place, t.starts_at, t.enroll_from, t.enroll_until, t.published_at, t.changed_at,
	t.price, t.mode, t.municipality, t.lat, t.lon, t.center, t.for_institution`

func (r *catalogRoll) scan(scan func(dest ...any) error) (e catalogEntry, err error) {
	var x entryRow
	err = scan(&x.entry.id, &x.form, &x.state, &x.title, &x.summary, &x.place, &x.entry.start, &x.entry.enrollFrom, &x.entry.enrollUntil,
		&x.entry.published, &x.entry.changed, &x.price, &x.mode, &x.town, &x.lat, &x.lon, &x.center, &x.inst)
	if err != nil {
		return e, err
	}
	e = x.entry
	e.form = uint8(max(0, slices.Index(Forms(), Form(x.form))))
	e.state = uint8(max(0, slices.Index(catalogStates, TrainingState(x.state))))
	switch {
	case e.state == codePostponed || e.start == 0 && e.state == codePublished:
		e.start = noDate // of what is past, one without a date stands last: at 0
	case e.start > 0:
		e.month = monthOf(e.start)
	}
	e.town = -1
	if Mode(x.mode) != Online {
		e.town = r.town(x.town)
		e.onMap = x.lat.Valid && x.lon.Valid
		e.point = mapPointAt(x.lat.Float64, x.lon.Float64)
	}
	e.online = Mode(x.mode) != OnSite
	e.gratis = x.price == 0
	e.center, e.inst = r.centers.code(x.center), -1
	if x.inst != "" {
		e.inst = r.insts.code(x.inst)
	}
	e.words = " " + i18n.Fold(x.title+" "+x.summary+" "+x.place)
	return e, nil
}

// order puts the entries into the order of the list and finds them by id.
func (r *catalogRoll) order() {
	slices.SortFunc(r.entries, func(a, b catalogEntry) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.id, b.id)) })
	r.at = make(map[ID]int32, len(r.entries))
	seen := map[int32]bool{}
	for n := range r.entries {
		e := &r.entries[n]
		r.at[e.id] = int32(n)
		if e.month != 0 && !seen[e.month] {
			seen[e.month] = true
			r.months = append(r.months, e.month)
		}
	}
	slices.Sort(r.months)
	r.monthAt = make(map[int32]int16, len(r.months))
	for n, m := range r.months {
		r.monthAt[m] = int16(n)
	}
	r.whole, r.names, r.rows = map[bool]*catalogCut{}, map[i18n.Lang][]topicName{}, map[ID]*Training{}
}

// after is the first entry that begins later.
func (r *catalogRoll) after(now int64) int {
	return sort.Search(len(r.entries), func(n int) bool { return r.entries[n].start > now })
}

// describe works out what the sets of a roll mean: whom they let in, and by
// which topics they are found.
func (s *Service) describe(ctx context.Context, r *catalogRoll) (err error) {
	defer fault.Wrap(&err, "sets of the catalog")
	r.audiences = make([]audienceSet, len(r.eligible.names))
	for n, set := range r.eligible.names {
		r.audiences[n] = audienceOf(set)
	}
	polish := s.Catalog.In(i18n.PL)
	choices, err := s.Topics.Choices(ctx, polish)
	if err != nil {
		return err
	}
	place, above := map[string]int16{}, map[string][]int16{}
	r.tree = r.tree[:0]
	var way []int16
	for n, c := range choices {
		depth := min(strings.Count(c.Label, indent), len(way))
		way = append(way[:depth:depth], int16(n))
		place[c.Value], above[c.Value] = int16(n), way
		r.tree = append(r.tree, c.Value)
	}
	var used []string
	for _, set := range r.topics.names {
		used = append(used, strings.Fields(set)...)
	}
	slices.Sort(used)
	read, err := s.Topics.Resolve(ctx, slices.Compact(used))
	if err != nil {
		return err
	}
	r.subjects = make([][]int16, len(r.topics.names))
	for n, set := range r.topics.names {
		for _, id := range strings.Fields(set) {
			r.subjects[n] = append(r.subjects[n], above[read[id]]...)
		}
		slices.Sort(r.subjects[n])
		r.subjects[n] = slices.Compact(r.subjects[n])
	}
	return nil
}

// indent stands before the name of a topic once for each topic above it: that
// is how Topics.Choices tells of the tree.
const indent = "\u2003"

// audienceOf reads "role:teacher school:primary" into bits.
func audienceOf(set string) (a audienceSet) {
	for _, word := range strings.Fields(set) {
		kind, value, _ := strings.Cut(word, ":")
		switch kind {
		case "role":
			a.roles |= bitAt(slices.Index(catalogRoles, access.Role(value)))
		case "school":
			a.schools |= bitAt(slices.Index(catalogSchools, directory.Kind(value)))
		}
	}
	return a
}

func bitAt(n int) uint64 {
	if n < 0 || n > 63 {
		return 0
	}
	return 1 << n
}

// catalogRoles and catalogSchools are whom trainings can be for, in the order
// shown.
var (
	catalogRoles = []access.Role{access.Teacher, access.ClassTutor, access.SchoolSpecialist, access.SchoolHead, access.DeputyHead, access.SchoolSecretary,
		access.CouncilSupervisor, access.Counselor, access.Trainer, access.MethodologicalAdviser, access.NetworkCoordinator, access.CenterDirector,
		access.CenterOfficer, access.AuthorityOfficer, access.Accountant, access.Caretaker, access.MeetingRecorder, access.Expert,
		access.PartnerRepresentative, access.ForumDelegate, access.AssociationOfficer, access.Guardian, access.Pupil, access.Resident,
		access.BudgetOfficer, access.Valuator, access.ReportOfficer, access.ProtectionOfficer, access.Auditor, access.Administrator}
	catalogSchools = directory.Kinds()
)

// topicsIn are the topics in the reader's language, in the order of their tree.
func (s *Service) topicsIn(ctx context.Context, r *catalogRoll, l *i18n.L) ([]topicName, error) {
	r.mu.Lock()
	list, known := r.names[l.Lang]
	r.mu.Unlock()
	if known {
		return list, nil
	}
	choices, err := s.Topics.Choices(ctx, l)
	if err != nil {
		return nil, err
	}
	place := make(map[string]int16, len(r.tree))
	for n, id := range r.tree {
		place[id] = int16(n)
	}
	for _, c := range choices {
		if n, ok := place[c.Value]; ok {
			list = append(list, topicName{c.Value, c.Label, n})
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[l.Lang] = list
	return list, nil
}
