package survey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// DefinitionID is the id of one version of a questionnaire.
type DefinitionID string

// programs tells that a questionnaire of that code is made by a program and not
// kept by people: it stands in no list.
func programs(code string) bool { return strings.HasPrefix(code, "_") }

// SaveDefinition keeps a definition as the next version of its code and returns
// its id. Nothing that is kept ever changes: the version that the definition
// states is not looked at, and the same content as a version that is there
// gives that version's id. A definition with faults is refused (Invalid).
// Who may is asked by the caller.
func (s *Service) SaveDefinition(ctx context.Context, tx *db.Tx, by audit.By, d Definition) (id DefinitionID, err error) {
	defer fault.Wrap(&err, "save questionnaire %s", d.Code)
	if err := defInvalid(d.Faults()); err != nil {
		return "", err
	}
	row, err := libRow(d)
	if err != nil {
		return "", err
	}
	var kept []libVersion
	if err := tx.Select(ctx, &kept, `select id, version, digest from survey_definitions where code = ?`, d.Code); err != nil {
		return "", err
	}
	for _, k := range kept {
		if k.Digest == row.Digest {
			return k.ID, nil
		}
		row.Version = max(row.Version, k.Version)
	}
	row.Version++
	row.CreatedBy, row.CreatedAt = by.Person, s.now().Unix()
	err = libInsert(ctx, tx, row)
	if db.Duplicate(err) {
		return "", fault.New(fault.Conflict, "survey.library.fault.raced")
	}
	if err != nil || !row.Listed {
		return row.ID, err
	}
	return row.ID, audit.Record(ctx, tx, by, audit.Entry{Action: "survey.define", Object: "survey_definition", ObjectID: string(row.ID),
		Details: map[string]string{"code": row.Code, "version": strconv.Itoa(row.Version)}}, s.now())
}

// libVersion is a row of survey_definitions without its body.
type libVersion struct {
	ID        DefinitionID `db:"id"`
	Code      string       `db:"code"`
	Version   int          `db:"version"`
	Listed    bool         `db:"listed"`
	Title     string       `db:"title"` // Text as JSON
	Digest    string       `db:"digest"`
	CreatedBy string       `db:"created_by"`
	CreatedAt int64        `db:"created_at"`
	body      string
}

// title is the title of the version in all languages.
func (v libVersion) title() (t Text) {
	if json.Unmarshal([]byte(v.Title), &t) != nil {
		return nil
	}
	return t
}

// libRow is the row of a definition. Its body and digest leave the version out,
// which the column has.
func libRow(d Definition) (libVersion, error) {
	d.Version = 0
	var body bytes.Buffer
	if err := d.Write(&body); err != nil {
		return libVersion{}, err
	}
	if body.Len() > MaxDefinition {
		return libVersion{}, fault.New(fault.TooLarge, "survey.definition.large", "kb", MaxDefinition>>10)
	}
	title, err := json.Marshal(d.Title)
	if err != nil {
		return libVersion{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return libVersion{}, err
	}
	sum := sha256.Sum256(body.Bytes())
	return libVersion{ID: DefinitionID(id.String()), Code: d.Code, Listed: !programs(d.Code), Title: string(title),
		Digest: hex.EncodeToString(sum[:]), body: body.String()}, nil
}

func libInsert(ctx context.Context, tx *db.Tx, v libVersion) error {
	_, err := tx.Exec(ctx, `insert into survey_definitions (id, code, version, listed, title, digest, body, created_by, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.ID, v.Code, v.Version, v.Listed, v.Title, v.Digest, v.body, v.CreatedBy, v.CreatedAt)
	return err
}

// DefinitionByID is one version of a questionnaire; NotFound when there is
// none. What is kept never changes, so it is read once by each process. Nobody
// may change what it returns: it is shared.
func (s *Service) DefinitionByID(ctx context.Context, r db.Reader, id DefinitionID) (d Definition, err error) {
	if kept, ok := s.definitions.Load(id); ok {
		return kept.(Definition), nil
	}
	defer fault.Wrap(&err, "read questionnaire %s", id)
	var row struct {
		Version int    `db:"version"`
		Body    string `db:"body"`
	}
	if err := r.Get(ctx, &row, `select version, body from survey_definitions where id = ?`, id); err != nil {
		return d, err
	}
	// Not Parse: what was taken once stays readable when limits become narrower.
	var file defFile
	if err := json.Unmarshal([]byte(row.Body), &file); err != nil {
		return d, err
	}
	file.Version = row.Version
	file.drawn = keepForms(&file.Definition)
	s.definitions.Store(id, file.Definition)
	return file.Definition, nil
}

// Latest is the newest version of a code with its id; NotFound when there is none.
func (s *Service) Latest(ctx context.Context, r db.Reader, code string) (id DefinitionID, d Definition, err error) {
	err = r.Get(ctx, &id, `select id from survey_definitions where code = ? order by version desc limit 1`, code)
	if err != nil {
		return "", d, err
	}
	d, err = s.DefinitionByID(ctx, r, id)
	return id, d, err
}

// libList is the versions of all questionnaires that people keep, or of one
// code, from the newest on.
func libList(ctx context.Context, r db.Reader, code string) (list []libVersion, err error) {
	const columns = `select id, code, version, listed, title, digest, created_by, created_at from survey_definitions `
	if code == "" {
		err = r.Select(ctx, &list, columns+`where listed order by version desc, id desc`)
	} else {
		err = r.Select(ctx, &list, columns+`where listed and code = ? order by version desc`, code)
	}
	return list, err
}
