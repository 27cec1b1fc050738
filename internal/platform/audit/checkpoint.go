package audit

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// Checkpoint is a signed state of the chain. One that left the machine proves
// later that the chain up to it is the same: whoever cuts the tail off, or
// writes the whole chain anew, cannot change what others hold in their hands.
type Checkpoint struct {
	Sequence  int64  `json:"sequence" db:"seq"`
	Head      string `json:"head" db:"head"`     // hash of the row with that number
	At        int64  `json:"at" db:"at"`         // UTC seconds
	Erased    int64  `json:"erased" db:"erased"` // erasures by rule until then
	Key       string `json:"key" db:"key"`       // public key of the installation, base64
	Signature string `json:"signature" db:"signature"`
}

func (c Checkpoint) signed() []byte {
	return fields("kladka audit checkpoint 1", number(c.Sequence), c.Head, number(c.At), number(c.Erased), c.Key)
}

// Genuine tells whether the checkpoint was signed with the key.
func (c Checkpoint) Genuine(key ed25519.PublicKey) bool {
	return c.Key == text(key) && signedBy(key, c.signed(), c.Signature)
}

func signedBy(key ed25519.PublicKey, message []byte, signature string) bool {
	sig, err := base64.RawStdEncoding.DecodeString(signature)
	return err == nil && ed25519.Verify(key, message, sig)
}

// String is the line of a file of anchors.
func (c Checkpoint) String() string {
	line, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return string(line)
}

const checkpointColumns = `seq, at, head, erased, key, signature`

// Checkpoint signs the state of the chain now, keeps it, and asks for its
// delivery. An empty chain has none.
func (s *Log) Checkpoint(ctx context.Context) (c Checkpoint, err error) {
	defer fault.Wrap(&err, "checkpoint of the audit log")
	h, err := headOf(ctx, s.DB)
	if err != nil || h.Seq == 0 {
		return c, err
	}
	c = Checkpoint{Sequence: h.Seq, Head: h.Hash, At: s.Now().Unix(), Key: text(s.signing.Public().(ed25519.PublicKey))}
	if err := s.DB.Get(ctx, &c.Erased, `select count(*) from audit_erasures`); err != nil {
		return c, err
	}
	c.Signature = text(ed25519.Sign(s.signing, c.signed()))
	return c, s.DB.Write(ctx, func(tx *db.Tx) error { return keepCheckpoint(ctx, tx, c) })
}

// keepCheckpoint asks for one job that delivers all that wait: when deliveries
// failed until the job was parked, the next hour gives it another try.
func keepCheckpoint(ctx context.Context, tx *db.Tx, c Checkpoint) error {
	_, err := tx.Exec(ctx, `insert into audit_checkpoints (seq, at, head, erased, key, signature) values (?, ?, ?, ?, ?, ?)
		on conflict (seq, at) do nothing`, c.Sequence, c.At, c.Head, c.Erased, c.Key, c.Signature)
	if err != nil {
		return err
	}
	_, err = jobs.Enqueue(ctx, tx, deliverKind, struct{}{}, jobs.Unique("all"))
	return err
}

// LastCheckpoint is the newest checkpoint and whether it has left the machine.
// Without any it is the zero value.
func (s *Log) LastCheckpoint(ctx context.Context) (c Checkpoint, delivered bool, err error) {
	var found struct {
		Checkpoint
		Delivered bool `db:"delivered"`
	}
	err = s.DB.Get(ctx, &found, `select `+checkpointColumns+`, delivered from audit_checkpoints order by seq desc, at desc limit 1`)
	if errors.Is(err, fault.ErrNotFound) {
		err = nil
	}
	return found.Checkpoint, found.Delivered, err
}

// deliver sends what waits, the oldest first. What was sent but could not be
// marked is sent again: anchors may be read twice.
func (s *Log) deliver(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "deliver checkpoints")
	if s.Folder == "" && s.Deliver == nil {
		return nil
	}
	for {
		var waiting []Checkpoint
		err := s.DB.Select(ctx, &waiting, `select `+checkpointColumns+` from audit_checkpoints where delivered = false order by seq, at limit 100`)
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, c := range waiting {
			if err := s.deliverOne(ctx, c); err != nil {
				return err
			}
		}
	}
}

func (s *Log) deliverOne(ctx context.Context, c Checkpoint) error {
	if s.Folder != "" {
		if err := appendLine(filepath.Join(s.Folder, AnchorFile), c.String()); err != nil {
			return err
		}
	}
	if s.Deliver != nil {
		if err := s.Deliver(ctx, c); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update audit_checkpoints set delivered = true where seq = ? and at = ?`, c.Sequence, c.At)
		return err
	})
}

// AnchorFile is the name of the file in Config.Folder.
const AnchorFile = "checkpoints.jsonl"

func appendLine(path, line string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, line+"\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// maxAnchors is more than a checkpoint an hour for a century.
const maxAnchors = 1_000_000

// ReadAnchors reads a file of anchors: one checkpoint as JSON a line, as they
// were delivered; empty lines are passed over. It does not check signatures,
// Verify does.
func ReadAnchors(r io.Reader) ([]Checkpoint, error) {
	var all []Checkpoint
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<10)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" {
			continue
		}
		c, err := parseAnchor(line)
		if err != nil {
			return nil, fmt.Errorf("anchors, line %d: %w", n, err)
		}
		if len(all) == maxAnchors {
			return nil, fmt.Errorf("anchors: more than %d lines", maxAnchors)
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("anchors: %w", err)
	}
	return all, nil
}

func parseAnchor(line string) (Checkpoint, error) {
	var c Checkpoint
	in := json.NewDecoder(strings.NewReader(line))
	in.DisallowUnknownFields()
	if err := in.Decode(&c); err != nil {
		return c, err
	}
	if in.More() {
		return c, errors.New("more than one value")
	}
	if c.Sequence < 1 || c.Head == "" || c.Key == "" || c.Signature == "" {
		return c, errors.New("not a checkpoint")
	}
	return c, nil
}

// Time is when the checkpoint was signed.
func (c Checkpoint) Time() time.Time { return time.Unix(c.At, 0) }
