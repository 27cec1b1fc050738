package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"kladka/internal/testkit/browser"
)

// looker works through the pictures.
type looker struct {
	options
	browser *browser.Browser
	site    *browser.Site
}

// all takes the pictures, some at once, and tells how far it is. When it is
// told to end, the pictures that are left say so.
func (l *looker) all(ctx context.Context, shots []*shot) []*shot {
	queue := make(chan *shot)
	var working sync.WaitGroup
	for range max(1, l.atOnce) {
		working.Go(func() {
			for s := range queue {
				s.err = l.take(s)
			}
		})
	}
	for i, s := range shots {
		if ctx.Err() != nil {
			s.err = ctx.Err()
			continue
		}
		fmt.Fprintf(os.Stderr, "\r%d of %d  %-60s", i+1, len(shots), s.file())
		queue <- s
	}
	close(queue)
	working.Wait()
	fmt.Fprintln(os.Stderr)
	return shots
}

// take makes the picture before the checks, which move the focus about.
func (l *looker) take(s *shot) error {
	tab, err := l.browser.Look(l.site, s.page, s.view)
	if err != nil {
		return err
	}
	defer tab.Close()
	s.weight = tab.Weight()
	picture, err := tab.Screenshot()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(l.out, s.file()), picture, 0o644); err != nil {
		return err
	}
	if l.picture {
		return nil
	}
	s.found, err = tab.Findings(s.page)
	return err
}
