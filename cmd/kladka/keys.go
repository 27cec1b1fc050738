package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"kladka/internal/backup"
	"kladka/internal/platform/secrets"
)

type keysCmd struct {
	Copy keysCopyCmd `cmd:"" help:"Copy the keys to a place apart from the data and its backups."`
}

type keysCopyCmd struct {
	File string `arg:"" type:"path" help:"File to write. One that is there already is not overwritten."`
}

// Run copies the keys. The copy is worth as much as they are: whoever has it
// and a backup has everything, so the two never lie in one folder.
func (cmd *keysCopyCmd) Run(c *Common, s *streams) error {
	k, err := c.kept()
	if err != nil {
		return err
	}
	if k.mark == "" {
		return fmt.Errorf("there are no keys at %s yet: the program makes them when it first starts", k.keys)
	}
	to := filepath.Dir(cmd.File)
	if sameFolder(to, k.data) || sameFolder(to, k.BackupFolder) {
		return fmt.Errorf("the data or their backups lie in %s: keep the keys apart from them", to)
	}
	if err := copyKeys(k.keys, cmd.File); err != nil {
		return err
	}
	fmt.Fprintln(s.out, cmd.File)
	return k.noteCopy(cmd.File)
}

// copyKeys writes a new file that only its owner may read. It asks nothing of
// the file system that a memory stick could not do.
func copyKeys(from, to string) (err error) {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(data))
	return errors.Join(err, f.Sync(), f.Close())
}

// keysFile is where the keys of the installation lie.
func (c *Common) keysFile(demo bool) string {
	if c.Secrets != "" {
		return c.Secrets
	}
	return filepath.Join(c.folder(demo), "keys.json")
}

// kept is what the program remembers, beside the data, of where its backups
// and the copy of its keys went, so that they do not meet in one folder.
type kept struct {
	BackupFolder string    `json:"backup_folder,omitempty"`
	KeysFolder   string    `json:"keys_folder,omitempty"`
	KeysCopied   string    `json:"keys_copied,omitempty"` // mark of the keys that were copied
	KeysCopiedAt time.Time `json:"keys_copied_at,omitzero"`

	data string // folder of the data
	keys string // file of the keys
	mark string // of the keys that lie there, "" when there are none
}

func (c *Common) kept() (*kept, error) {
	k := &kept{data: c.folder(false), keys: c.keysFile(false)}
	text, err := os.ReadFile(k.path())
	if err == nil {
		if err = json.Unmarshal(text, k); err != nil {
			return nil, fmt.Errorf("%s: %w", k.path(), err)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	keys, err := secrets.Read(k.keys)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	k.mark = hex.EncodeToString(keys.MAC("mark of the keys")[:8])
	return k, nil
}

func (k *kept) path() string { return filepath.Join(k.data, "kept.json") }

func (k *kept) save() error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.data, 0o700); err != nil {
		return err
	}
	return os.WriteFile(k.path(), append(text, '\n'), 0o600)
}

func (k *kept) noteBackup(file string) (err error) {
	k.BackupFolder, err = filepath.Abs(filepath.Dir(file))
	return errors.Join(err, k.save())
}

func (k *kept) noteCopy(file string) (err error) {
	k.KeysFolder, err = filepath.Abs(filepath.Dir(file))
	k.KeysCopied, k.KeysCopiedAt = k.mark, time.Now().UTC().Truncate(time.Second)
	return errors.Join(err, k.save())
}

// mayBackupTo refuses the folders in which the keys or their copy lie.
func (k *kept) mayBackupTo(folder string) error {
	if sameFolder(folder, filepath.Dir(k.keys)) || sameFolder(folder, k.KeysFolder) {
		return fmt.Errorf("the keys of this installation lie in %s: a backup never lies beside them", folder)
	}
	return nil
}

// remind says that the keys were never copied.
func (k *kept) remind(to io.Writer) error {
	if k.mark == "" || k.KeysCopied == k.mark {
		return nil
	}
	_, err := fmt.Fprintf(to, "The keys in %s were never copied, and no backup holds them: kladka keys copy FILE\n", k.keys)
	return err
}

// mayRestore refuses to lay rows beside keys that are not theirs.
func (k *kept) mayRestore(file io.ReadSeeker, identities []age.Identity) error {
	head, err := backup.ReadHead(file, identities)
	if err != nil {
		return err
	}
	if k.mark != "" && head.Keys != "" && head.Keys != k.mark {
		return fmt.Errorf("the keys in %s are not those of this backup: put the right ones there; or, if they are lost, move these away", k.keys)
	}
	return nil
}

// remindRestored says that the keys must be put in their place.
func (k *kept) remindRestored(to io.Writer, head backup.Head) {
	if k.mark == "" && head.Keys != "" {
		fmt.Fprintf(to, "Put your copy of the keys to %s before the program starts: it would make new ones, and printed cards, waiting letters and seals of the audit log would be lost.\n", k.keys)
	}
}

func sameFolder(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
