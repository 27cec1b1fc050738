package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"kladka/internal/app"
	"kladka/internal/backup"
	"kladka/internal/platform/db"
)

// notInBackups are the tables whose rows stay behind: a backup that is restored
// must not sign anybody in, open a spent link, or remember guesses.
var notInBackups = []string{"access_sessions", "access_links", "access_guesses"}

// seeded are the tables in which the program writes by itself when it starts
// over an empty database: rows there do not make a place taken.
var seeded = []string{"versions", "properties", "jobs", "jobs_periods", "jobs_progress", "directory_municipalities", "directory_districts"}

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
	head, m, err := backup.ToFile(ctx, backup.Source{DB: d, Skip: notInBackups, Program: programVersion(), Keys: k.mark,
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
func (cmd *restoreCmd) Run(ctx context.Context, c *Common, s *streams) error {
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
		journal = filepath.Join(c.folder(false), "erasures.jsonl")
	}
	head, m, err := backup.Restore(ctx, file, keys, backup.Place{Address: c.address(false), Modules: app.Modules(),
		Skip: notInBackups, Seeds: seeded, Replay: replay(journal, s), Progress: printProgress(s.err)})
	if err != nil {
		return err
	}
	tell(s.out, cmd.File, head, m)
	fmt.Fprintln(s.out, "Restored. Everybody signs in anew.")
	k.remindRestored(s.err, head)
	return nil
}

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

// replay repeats the erasures of the journal on what was restored.
func replay(journal string, s *streams) func(ctx context.Context, d *db.DB, since time.Time) error {
	return func(_ context.Context, _ *db.DB, since time.Time) error {
		f, err := os.Open(journal)
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(s.err, "There is no journal of erasures at %s: whoever was erased after %s is back. Erase them again, or restore with --erasures FILE.\n", journal, since.Format(time.RFC3339))
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		list, err := backup.ReadErasures(f, since)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			return fmt.Errorf("%d people were erased since, and this version of the program cannot repeat it", len(list))
		}
		return nil
	}
}

// programVersion is what the command version prints.
func programVersion() string {
	var b strings.Builder
	if err := (versionCmd{}).Run(&streams{out: &b}); err != nil {
		return "kladka"
	}
	return strings.TrimSpace(b.String())
}
