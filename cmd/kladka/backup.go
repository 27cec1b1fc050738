package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"kladka/internal/app"
	"kladka/internal/backup"
	"kladka/internal/platform/db"
	"kladka/internal/platform/files"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/secrets"
)

// notInBackups are the tables whose rows stay behind. What lets somebody in
// now must not do so again months later.
var notInBackups = []string{
	"access_sessions",   // who is signed in, and who is halfway there: nobody is, after a restore
	"access_links",      // links for the first administrator: a spent one would open again
	"access_mail_links", // the same of links sent by mail
	"access_guesses",    // wrong passwords and tries at cards of the last hour
	"repeats",           // forms of the last day: none is sent again over a restore
	// The index of the search: the program makes it anew from the rest.
	"search_docs", "search_facets", "search_queue", "search_kinds", "search_words", "search_word_keys", "search_index",
}

// seeded are the tables in which the program writes by itself when it starts
// over an empty database: rows there do not make a place taken.
var seeded = []string{
	"versions", "properties", "jobs", "jobs_periods", "jobs_progress", "counts",
	"law_params",                                      // numbers of the law, as the program brings them
	"directory_municipalities", "directory_districts", // public registers, likewise
	"directory_topics", "directory_topic_parts", "directory_topic_history", // the vocabulary that the program begins with
	"audit_head", "audit_checkpoints", // the end of a log without rows, signed every hour
	"privacy_runs", "privacy_run_rows", // nightly counts of what ran out: nothing
}

type backupCmd struct {
	File string   `arg:"" type:"path" help:"File to write. One that is there already is not overwritten."`
	To   []string `name:"to" sep:"," placeholder:"RECIPIENT" env:"KLADKA_BACKUP_TO" help:"Encrypt to this age recipient (age1…), whose secret key is kept elsewhere; may be repeated."`
}

// Run writes a backup while the program may go on running.
func (cmd *backupCmd) Run(ctx context.Context, c *Common, s *streams) error {
	to, err := recipients(cmd.To)
	if err != nil {
		return err
	}
	k, err := c.kept()
	if err != nil {
		return err
	}
	if err := k.mayBackupTo(filepath.Dir(cmd.File)); err != nil {
		return err
	}
	d, err := c.openStanding(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	blobs, done, err := c.blobs(ctx, d)
	if err != nil {
		return err
	}
	defer done()
	head, m, err := backup.ToFile(ctx, backup.Source{DB: d, Blobs: blobs, Skip: notInBackups, Program: programVersion(), Keys: k.mark,
		To: to, Now: time.Now, Progress: printProgress(s.err)}, cmd.File)
	if err != nil {
		return err
	}
	tell(s.out, cmd.File, head, m)
	if len(to) == 0 {
		fmt.Fprintln(s.err, "It is not encrypted: whoever has it can read everything. Give a recipient with --to.")
	}
	return errors.Join(k.noteBackup(cmd.File), k.remind(s.err))
}

// blobs are the files that people sent, and what closes their folder. None
// where there is no folder: the backup then refuses rows that name files.
func (c *Common) blobs(ctx context.Context, d *db.DB) (backup.Blobs, func() error, error) {
	none := func() error { return nil }
	tables, err := d.Tables(ctx, d)
	if err != nil {
		return nil, none, err
	}
	known := slices.ContainsFunc(tables, func(t db.Table) bool { return t.Name == "files_blobs" })
	if _, err := os.Stat(c.filesFolder()); !known || errors.Is(err, fs.ErrNotExist) {
		return nil, none, nil
	}
	service, folder, err := c.files(d)
	if err != nil {
		return nil, none, err
	}
	return service, folder.Close, nil
}

func (c *Common) filesFolder() string { return filepath.Join(c.folder(false), "files") }

// files is the service of files without the program around it: it lists, reads
// and writes contents, for which it needs no keys.
func (c *Common) files(d *db.DB) (*files.Service, *files.Folder, error) {
	folder, err := files.OpenFolder(c.filesFolder())
	if err != nil {
		return nil, nil, err
	}
	return files.New(d, folder, secrets.New(), files.NewRegistry(), nil, files.Settings{}, time.Now, slog.New(slog.DiscardHandler)), folder, nil
}

// restored puts files back. The folder is made with the first of them: a
// backup that is refused leaves nothing behind.
type restored struct {
	*Common
	service *files.Service
	folder  *files.Folder
}

func (r *restored) PutBlob(ctx context.Context, key string, body io.Reader) (err error) {
	if r.service == nil {
		if r.service, r.folder, err = r.files(nil); err != nil {
			return err
		}
	}
	return r.service.PutBlob(ctx, key, body)
}

// EachBlob and OpenBlob are not asked for while a backup is restored.
func (r *restored) EachBlob(context.Context, func(string, int64) error) error { return nil }

func (r *restored) OpenBlob(context.Context, string) (io.ReadCloser, error) {
	return nil, fs.ErrNotExist
}

func (r *restored) close() error {
	if r.folder == nil {
		return nil
	}
	return r.folder.Close()
}

func recipients(list []string) ([]age.Recipient, error) {
	if len(list) == 0 {
		return nil, nil
	}
	to, err := age.ParseRecipients(strings.NewReader(strings.Join(list, "\n")))
	if err != nil {
		return nil, fmt.Errorf("--to: want recipients of age (age1…): %w", err)
	}
	return to, nil
}

// openStanding opens a database that must be there, and neither makes nor
// migrates it: a running program of another version may be using it.
func (c *Common) openStanding(ctx context.Context) (*db.DB, error) {
	if path, ok := strings.CutPrefix(c.address(false), "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s: give another with --data or --database", path)
		}
	}
	d, err := db.Open(ctx, c.address(false))
	if err != nil {
		return nil, err
	}
	if err := backup.CheckFinished(ctx, d); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func tell(out io.Writer, file string, head backup.Head, m backup.Manifest) {
	fmt.Fprintf(out, "%s: %d rows of %d tables, %d files (%d bytes), as of %s, by %s\n", file,
		m.Rows(), len(m.Tables), m.Files.Count, m.Files.Bytes, head.At.Format(time.RFC3339), head.Program)
}

// printProgress tells how far the work is, at most once a second.
func printProgress(to io.Writer) func(backup.Progress) {
	last := time.Now()
	return func(p backup.Progress) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		if p.Table != "" {
			fmt.Fprintf(to, "%d rows … %s\n", p.Rows, p.Table)
			return
		}
		fmt.Fprintf(to, "%d rows, %d files, %d MB …\n", p.Rows, p.Files, p.Bytes>>20)
	}
}

type restoreCmd struct {
	File     string   `arg:"" type:"existingfile" help:"Backup to read."`
	Identity []string `name:"identity" type:"existingfile" placeholder:"KEYFILE" help:"File with the secret age key of an encrypted backup; may be repeated."`
	Erasures string   `name:"erasures" type:"existingfile" placeholder:"FILE" help:"Journal of the erasures since the backup. Default: erasures.jsonl in the data folder."`
}

// Run makes an installation of a backup, in an empty place.
func (cmd *restoreCmd) Run(ctx context.Context, c *Common, s *streams) (err error) {
	keys, err := identities(cmd.Identity)
	if err != nil {
		return err
	}
	k, err := c.kept()
	if err != nil {
		return err
	}
	file, err := os.Open(cmd.File)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := k.mayRestore(file, keys); err != nil {
		return err
	}
	journal := cmd.Erasures
	if journal == "" {
		journal = c.journal()
	}
	blobs := &restored{Common: c}
	defer func() { err = errors.Join(err, blobs.close()) }()
	head, m, err := backup.Restore(ctx, file, keys, backup.Place{Address: c.address(false), Blobs: blobs, Modules: app.Modules(),
		Skip: notInBackups, Seeds: seeded, Replay: c.replay(journal, s), Progress: printProgress(s.err)})
	if err != nil {
		return err
	}
	tell(s.out, cmd.File, head, m)
	fmt.Fprintln(s.out, "Restored. Everybody signs in anew.")
	k.remindRestored(s.err, head)
	return nil
}

// journal is where the installation writes down who was erased.
func (c *Common) journal() string { return filepath.Join(c.folder(false), app.Erasures) }

func identities(files []string) (keys []age.Identity, err error) {
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		more, err := age.ParseIdentities(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		keys = append(keys, more...)
	}
	return keys, nil
}

// replay repeats the erasures of the journal on what was restored, before
// anybody can open it.
func (c *Common) replay(journal string, s *streams) func(ctx context.Context, d *db.DB, since time.Time) error {
	return func(ctx context.Context, d *db.DB, since time.Time) error {
		text, err := os.ReadFile(journal)
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(s.err, "There is no journal of erasures at %s: whoever was erased after %s is back. Erase them again, or restore with --erasures FILE.\n", journal, since.Format(time.RFC3339))
			return nil
		}
		if err != nil {
			return err
		}
		list, err := erasures(text, since)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			if err := c.eraseAgain(ctx, d, list, s); err != nil {
				return err
			}
			fmt.Fprintf(s.out, "Erased again: %d people, as the journal says.\n", len(list))
		}
		return keepJournal(c.journal(), journal, text)
	}
}

func erasures(journal []byte, since time.Time) (list []privacy.Erasure, err error) {
	lines, err := backup.ReadErasures(bytes.NewReader(journal), since)
	for _, line := range lines {
		var e privacy.Erasure
		if err := json.Unmarshal(line.Line, &e); err != nil {
			return nil, fmt.Errorf("journal of erasures: %w", err)
		}
		e.At = line.At.Unix()
		list = append(list, e)
	}
	return list, err
}

// eraseAgain needs the program around the database, and the keys of the
// backup: an erasure is a row of the audit log, which other keys would seal
// so that it looked tampered with.
func (c *Common) eraseAgain(ctx context.Context, d *db.DB, list []privacy.Erasure, s *streams) error {
	keys, err := secrets.Read(c.keysFile(false))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%d people were erased since, and to erase them again takes the keys: put your copy of them to %s first", len(list), c.keysFile(false))
	}
	if err != nil {
		return err
	}
	a, err := app.New(ctx, d, app.Settings{Folder: c.folder(false), Keys: keys, Listen: "127.0.0.1:8080"}, c.logger(s.err), time.Now)
	if err != nil {
		return err
	}
	return a.Privacy().ReplayErasures(ctx, list)
}

// keepJournal brings a journal from elsewhere to the place of this
// installation, for the next restore of an old backup.
func keepJournal(to, from string, text []byte) error {
	there, err := os.ReadFile(to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if to == from || bytes.Contains(there, bytes.TrimSpace(text)) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(bytes.TrimSpace(text), '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// programVersion is what the command version prints.
func programVersion() string {
	var b strings.Builder
	if err := (versionCmd{}).Run(&streams{out: &b}); err != nil {
		return "kladka"
	}
	return strings.TrimSpace(b.String())
}
