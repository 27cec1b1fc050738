package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"kladka/internal/backup"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/secrets"
)

type verifyCmd struct {
	Anchor   []string `name:"anchor" type:"existingfile" placeholder:"FILE" help:"File of checkpoints that were kept elsewhere; may be repeated."`
	Backup   string   `name:"backup" type:"existingfile" placeholder:"FILE" help:"Check this backup instead of the audit log."`
	Identity []string `name:"identity" type:"existingfile" placeholder:"KEYFILE" help:"File with the secret age key of an encrypted backup; may be repeated."`
}

// errNotWhole is the end of a verification that found something: the report
// has told what.
var errNotWhole = errors.New("the audit log is not whole")

// Run checks the audit log of the installation, or a backup. It changes nothing.
func (cmd *verifyCmd) Run(ctx context.Context, c *Common, s *streams) error {
	if cmd.Backup != "" {
		return cmd.backup(ctx, s)
	}
	anchors, err := cmd.anchors()
	if err != nil {
		return err
	}
	keys, err := secrets.Read(c.keysFile(false))
	if err != nil {
		return err
	}
	d, err := c.openStanding(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	report, err := audit.Verify(ctx, d, audit.TrustKeys(keys), anchors, time.Now())
	if err != nil {
		return err
	}
	l, err := terminalTexts()
	if err != nil {
		return err
	}
	if err := report.Write(s.out, l); err != nil {
		return err
	}
	if !report.OK() {
		return errNotWhole
	}
	return nil
}

func (cmd *verifyCmd) anchors() (all []audit.Checkpoint, err error) {
	for _, path := range cmd.Anchor {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		list, err := audit.ReadAnchors(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

func (cmd *verifyCmd) backup(ctx context.Context, s *streams) error {
	keys, err := identities(cmd.Identity)
	if err != nil {
		return err
	}
	f, err := os.Open(cmd.Backup)
	if err != nil {
		return err
	}
	defer f.Close()
	head, m, err := backup.Verify(ctx, f, keys, printProgress(s.err))
	if err != nil {
		return err
	}
	tell(s.out, cmd.Backup, head, m)
	fmt.Fprintln(s.out, "It is whole.")
	return nil
}
