package papers

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/training"
	"kladka/internal/training/badge"
)

// A badge is the paper for machines. Its key is the center's: a new one is made
// on a page, the old one stays to be verified with. One that fell into other
// hands is revoked, and the badges are to be fetched anew.

// SigningKey is a key of a center.
type SigningKey struct {
	ID        string `db:"id"`
	Public    string `db:"public"`
	Sealed    string `db:"sealed"`
	Since     int64  `db:"since"`
	RetiredAt int64  `db:"retired_at"`
	RevokedAt int64  `db:"revoked_at"`
}

func keysOf(ctx context.Context, r db.Reader, center access.InstitutionID) (list []SigningKey, err error) {
	return list, r.Select(ctx, &list, `select id, public, sealed, since, retired_at, revoked_at from training_signing_keys where center = ? order by id desc`, center)
}

// firstKey makes a key for a center that has none.
func (s *Service) firstKey(ctx context.Context, tx *db.Tx, who access.Actor, center access.InstitutionID, at time.Time) error {
	var n int
	err := tx.Get(ctx, &n, `select count(*) from training_signing_keys where center = ? and retired_at = 0 and revoked_at = 0`, center)
	if err != nil || n > 0 {
		return err
	}
	return s.addKey(ctx, tx, who, center, at)
}

func (s *Service) addKey(ctx context.Context, tx *db.Tx, who access.Actor, center access.InstitutionID, at time.Time) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	id := newID()
	_, err = tx.Exec(ctx, `insert into training_signing_keys (id, center, public, sealed, since, made_by) values (?, ?, ?, ?, ?, ?)`,
		id, center, badge.Multikey(public), s.Keys.Seal("training paper signing", id, private.Seed()), at.Unix(), who.Person)
	return err
}

// SigningKeys are those of a center, the newest first, for who signs its papers.
func (s *Service) SigningKeys(ctx context.Context, who access.Actor, center access.InstitutionID) ([]SigningKey, error) {
	if err := mayAt(ctx, who, access.SignPapers, center); err != nil {
		return nil, err
	}
	return keysOf(ctx, s.db, center)
}

// RotateKey makes a new key for the badges of a center. The one before is
// retired, and what it signed stays good; or revoked, when somebody else may
// have it, and nothing that it signed is believed any more. For who signs.
func (s *Service) RotateKey(ctx context.Context, who access.Actor, center access.InstitutionID, revoke bool) (err error) {
	defer fault.Wrap(&err, "new signing key of %s", center)
	if err := mayAt(ctx, who, access.SignPapers, center); err != nil {
		return err
	}
	now, action := s.now(), "training.papers.key"
	return s.db.Write(ctx, func(tx *db.Tx) error {
		query := `update training_signing_keys set retired_at = ? where center = ? and retired_at = 0 and revoked_at = 0`
		if revoke {
			query, action = `update training_signing_keys set revoked_at = ? where center = ? and retired_at = 0 and revoked_at = 0`, "training.papers.key_revoked"
		}
		if _, err := tx.Exec(ctx, query, now.Unix(), center); err != nil {
			return err
		}
		if err := s.addKey(ctx, tx, who, center, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "institution", ObjectID: string(center), Institution: string(center)}, now)
	})
}

// RevokeKey ends the trust in a retired key of a center that fell into other
// hands: no badge that it signed is believed any more. For who signs there. The
// present key is revoked by RotateKey, which makes another; it, a revoked one,
// and one of another center are a Conflict.
func (s *Service) RevokeKey(ctx context.Context, who access.Actor, center access.InstitutionID, id string) (err error) {
	defer fault.Wrap(&err, "revoke signing key %s", id)
	if err := mayAt(ctx, who, access.SignPapers, center); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_signing_keys set revoked_at = ? where id = ? and center = ? and retired_at <> 0 and revoked_at = 0`, now.Unix(), id, center)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "papers.fault.key_revoked")
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.key_revoked", Object: "institution", ObjectID: string(center), Institution: string(center),
			Details: map[string]string{"key": id}}, now)
	})
}

// issuerPath is the folder of the addresses of issuers.
const issuerPath = CheckPath + "/wystawca"

func (s *Service) issuerID(center access.InstitutionID) string {
	return s.Base + issuerPath + "/" + string(center) + ".json"
}

func (s *Service) statusID(center access.InstitutionID) string {
	return s.Base + issuerPath + "/" + string(center) + "/odwolane.json"
}

// statusType is the list of revoked badges of Open Badges 3.0.
const statusType = "1EdTechRevocationList"

func badgeKeys(list []SigningKey) ([]badge.Key, error) {
	keys := make([]badge.Key, len(list))
	moment := func(at int64) (t time.Time) {
		if at != 0 {
			t = time.Unix(at, 0)
		}
		return t
	}
	for n, k := range list {
		public, err := badge.ParseMultikey(k.Public)
		if err != nil {
			return nil, err
		}
		keys[n] = badge.Key{Public: public, Retired: moment(k.RetiredAt), Revoked: moment(k.RevokedAt)}
	}
	return keys, nil
}

// Issuer is the document of a center that tells its name and all its keys, for
// anybody. A center without keys is not there.
func (s *Service) Issuer(ctx context.Context, center access.InstitutionID) ([]byte, error) {
	list, err := keysOf(ctx, s.db, center)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.ErrNotFound
	}
	keys, err := badgeKeys(list)
	if err != nil {
		return nil, err
	}
	data, err := badge.Controller(s.issuerID(center), keys)
	if err != nil {
		return nil, err
	}
	c, err := s.settingsOf(ctx, center)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	doc["type"], doc["name"], doc["url"] = "Profile", c.FullName, s.Base+"/instytucje/"+string(center)
	return json.Marshal(doc)
}

// Revoked is the list of badges of a center that hold no more: of papers that
// were voided, and of those that a correction replaced. Their ids were drawn at
// random and tell nothing to who does not have the badge.
func (s *Service) Revoked(ctx context.Context, center access.InstitutionID) ([]byte, error) {
	type entry struct {
		ID      string `json:"id"`
		Revoked bool   `json:"revoked"`
		Reason  string `json:"revocationReason,omitempty"`
	}
	list := struct {
		ID      string  `json:"id"`
		Issuer  string  `json:"issuer"`
		Revoked []entry `json:"revokedCredential"`
	}{s.statusID(center), s.issuerID(center), []entry{}}
	// Who never issued a badge has no list: an empty one would say that it is an issuer.
	keys, err := keysOf(ctx, s.db, center)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fault.ErrNotFound
	}
	err = s.db.Each(ctx, func(scan func(...any) error) error {
		var id, state string
		if err := scan(&id, &state); err != nil {
			return err
		}
		reason := "voided"
		if State(state) != Voided {
			reason = "replaced by a correction"
		}
		list.Revoked = append(list.Revoked, entry{"urn:uuid:" + id, true, reason})
		return nil
	}, `select b.badge, p.state from training_paper_badges b join training_papers p on p.id = b.paper
		where p.center = ? and (p.state = 'voided' or b.version < p.version) order by b.badge`, center)
	if err != nil {
		return nil, err
	}
	return json.Marshal(list)
}

// Badge is the badge of a paper, signed with the key of today; the name stands
// in it only when withName says so, which the handler decides: the holder alone.
// The same paper and key give the same bytes. A voided paper has none any more;
// an installation without https makes none (NotFound), for nobody could trust
// the address of the issuer.
func (s *Service) Badge(ctx context.Context, p Paper, withName bool) ([]byte, error) {
	if !s.givesBadges() {
		return nil, fault.ErrNotFound
	}
	if p.State == Voided {
		return nil, fault.New(fault.Conflict, "papers.fault.voided")
	}
	var ids struct{ Badge, Subject string }
	if err := s.db.Get(ctx, &ids, `select badge, subject from training_paper_badges where paper = ? and version = ?`, p.ID, p.Version); err != nil {
		return nil, err
	}
	private, err := s.signingKey(ctx, p.Center)
	if err != nil {
		return nil, err
	}
	c, err := s.settingsOf(ctx, p.Center)
	if err != nil {
		return nil, err
	}
	b := s.badgeOf(p, c)
	b.ID, b.SubjectID = "urn:uuid:"+ids.Badge, "urn:uuid:"+ids.Subject
	if withName {
		b.HolderName = p.Name
	}
	public, _ := private.Public().(ed25519.PublicKey)
	return badge.Sign(b, private, badge.Method(b.Issuer.ID, public), time.Unix(p.IssuedAt, 0))
}

// givesBadges tells whether badges can be made here.
func (s *Service) givesBadges() bool { return strings.HasPrefix(s.Base, "https://") }

func (s *Service) badgeOf(p Paper, c Center) badge.Badge {
	l := s.Catalog.In(i18n.PL)
	kind := "CertificateOfCompletion"
	if p.Kind == training.Diploma {
		kind = "Certification"
	}
	achievement := "urn:uuid:" + string(p.Training)
	if p.Training == "" {
		achievement = "urn:uuid:" + string(p.ID)
	}
	return badge.Badge{Issuer: badge.Issuer{ID: s.issuerID(p.Center), Name: c.FullName, URL: s.Base + "/instytucje/" + string(p.Center)},
		Achievement: badge.Achievement{ID: achievement, Name: p.Title, Type: kind, Lang: "pl", Hours: p.Hours,
			Description: l.T("papers.badge.description", "title", p.Title, "hours", l.N("papers.pdf.hours", p.Hours)), Criteria: l.T("papers.badge.criteria." + string(p.Kind))},
		Number: p.Number, Hours: p.Hours, From: dayAt(p.StartsOn), Until: dayAt(p.EndsOn), Awarded: time.Unix(p.IssuedAt, 0),
		Status: badge.Status{ID: s.statusID(p.Center), Type: statusType}}
}

func dayAt(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, web.Warsaw)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (s *Service) signingKey(ctx context.Context, center access.InstitutionID) (ed25519.PrivateKey, error) {
	list, err := keysOf(ctx, s.db, center)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		if k.RetiredAt == 0 && k.RevokedAt == 0 {
			seed, err := s.Keys.Unseal("training paper signing", k.ID, k.Sealed)
			if err != nil {
				return nil, err
			}
			return ed25519.NewKeyFromSeed(seed), nil
		}
	}
	return nil, fault.ErrNotFound
}

// Verdict is what we say of a badge that somebody sent.
type Verdict string

// The verdicts. Forged is everything that our signature does not stand under.
const (
	Genuine  Verdict = "genuine"
	Replaced Verdict = "replaced" // by a correction
	Void     Verdict = "voided"
	Distrust Verdict = "revoked" // signed with a key that is not believed any more
	Forged   Verdict = "forged"
)

// CheckBadge tells what a badge is worth, to anybody. Paper is the one that it
// was made of, when it is ours.
func (s *Service) CheckBadge(ctx context.Context, data []byte) (v Verdict, p Paper, err error) {
	var head struct {
		ID     string          `json:"id"`
		Issuer json.RawMessage `json:"issuer"`
	}
	if json.Unmarshal(data, &head) != nil {
		return Forged, p, nil
	}
	center, ours := s.centerOfIssuer(head.Issuer)
	if !ours {
		return Forged, p, nil
	}
	list, err := keysOf(ctx, s.db, center)
	if err != nil {
		return "", p, err
	}
	keys, err := badgeKeys(list)
	if err != nil {
		return "", p, err
	}
	switch err := errors.Join(badge.Verify(data, badge.Find(s.issuerID(center), keys)), badge.Examine(data, s.now())); {
	case errors.Is(err, badge.ErrRevoked):
		return Distrust, p, nil
	case err != nil:
		return Forged, p, nil
	}
	return s.worth(ctx, strings.TrimPrefix(head.ID, "urn:uuid:"))
}

// worth is the verdict about a badge whose signature is ours.
func (s *Service) worth(ctx context.Context, id string) (Verdict, Paper, error) {
	var row struct {
		Paper   ID  `db:"paper"`
		Version int `db:"version"`
	}
	err := s.db.Get(ctx, &row, `select paper, version from training_paper_badges where badge = ?`, id)
	if errors.Is(err, fault.ErrNotFound) {
		return Forged, Paper{}, nil
	}
	if err != nil {
		return "", Paper{}, err
	}
	p, err := paperByID(ctx, s.db, row.Paper)
	switch {
	case err != nil:
		return "", p, err
	case p.State == Voided:
		return Void, p, nil
	case row.Version < p.Version:
		return Replaced, p, nil
	}
	return Genuine, p, nil
}

func (s *Service) centerOfIssuer(raw json.RawMessage) (access.InstitutionID, bool) {
	var id string
	if json.Unmarshal(raw, &id) != nil {
		var profile struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &profile) != nil {
			return "", false
		}
		id = profile.ID
	}
	rest, ok := strings.CutPrefix(id, s.Base+issuerPath+"/")
	center, ok2 := strings.CutSuffix(rest, ".json")
	return access.InstitutionID(center), ok && ok2 && isID(center)
}
