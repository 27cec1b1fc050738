package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/seal"
)

// openCmd opens a sealed box that was downloaded after the close: two people bring
// their shares of the key to a machine of their own choice. The key and what is in
// the envelopes are in memory and nowhere else; what may be published is written
// only when --out asks for it.
type openCmd struct {
	Open  string   `placeholder:"EXPORT" help:"Open a sealed box that was downloaded from the page of the count, with two shares of its key, and count every pool by its own rule."`
	Share []string `sep:"none" placeholder:"FILE" help:"File of a share of the key; give one for each share. Without it the shares are asked for."`
	Out   string   `placeholder:"DIR" help:"With --open: folder to write the ballots of each pool to, as they are published."`
}

// run opens, counts and prints.
func (cmd *openCmd) run(in io.Reader, s *streams, asJSON bool) error {
	f, err := os.Open(cmd.Open)
	if err != nil {
		return err
	}
	defer f.Close()
	box, err := result.ReadBox(f)
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Open, err)
	}
	fmt.Fprintf(s.err, "%s (%d)\nSHA-256 of the rules and ballots: %s\nKey: %s\nCompare both with the page of the rules and with the first line of each share.\n",
		tally.OneLine(box.Edition.Title), box.Edition.Year, box.Edition.RulesHash, box.Public.Fingerprint())
	opener, err := cmd.join(in, s.err, box.Public)
	if err != nil {
		return err
	}
	defer opener.Close()
	pools, err := box.Open(opener)
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Open, err)
	}
	opener.Close()
	if asJSON {
		err = printOpenedJSON(s.out, pools)
	} else {
		err = printOpened(s.out, pools)
	}
	if err != nil {
		return err
	}
	return cmd.write(s.err, pools)
}

// join makes the key of the shares, from files or from the terminal.
func (cmd *openCmd) join(in io.Reader, ask io.Writer, key seal.Public) (*seal.Opener, error) {
	need, _, err := key.Shares()
	if err != nil {
		return nil, err
	}
	var shares []seal.Share
	defer func() {
		for _, s := range shares {
			s.Forget()
		}
	}()
	if len(cmd.Share) == 0 {
		shares, err = askShares(in, ask, key, need)
	} else {
		shares, err = readShares(cmd.Share, key)
	}
	if err != nil {
		return nil, err
	}
	return seal.Join(key, shares...)
}

// readShares reads shares from files and says in which one something is wrong.
func readShares(files []string, key seal.Public) (shares []seal.Share, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return shares, err
		}
		share, err := seal.ParseShare(string(text))
		clear(text)
		if err == nil {
			shares = append(shares, share)
			err = key.Belongs(share)
		}
		if err != nil {
			return shares, fmt.Errorf("%s: %s", file, explain(err))
		}
	}
	return shares, nil
}

// askShares asks for so many shares. They are seen on the screen while they are
// typed: four lines of letters cannot be typed blind. A slip is told, and the share
// asked for again.
func askShares(in io.Reader, ask io.Writer, key seal.Public, need int) (shares []seal.Share, err error) {
	lines := bufio.NewScanner(in)
	for len(shares) < need {
		fmt.Fprintf(ask, "Share %d of %d, four lines, and Enter:\n", len(shares)+1, need)
		text, ok := nextShare(lines)
		if !ok {
			return shares, errors.Join(lines.Err(), fmt.Errorf("%d shares of the key are needed, %d were given", need, len(shares)))
		}
		share, err := seal.ParseShare(text)
		if err == nil {
			err = key.Belongs(share)
		}
		if err == nil {
			for _, other := range shares {
				if other.No == share.No {
					err = errors.New("this share was given already; another person's is needed")
				}
			}
		}
		if err != nil {
			fmt.Fprintln(ask, explain(err))
			continue
		}
		shares = append(shares, share)
	}
	return shares, nil
}

// nextShare gathers four lines that are not empty, or fewer and an empty one.
func nextShare(lines *bufio.Scanner) (text string, ok bool) {
	for n := 0; n < 4 && lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			if n > 0 {
				break
			}
			continue
		}
		text += line + "\n"
		n++
	}
	return text, text != ""
}

// openedJSON is a pool as --json prints it.
type openedJSON struct {
	Name        string             `json:"name"`
	Envelopes   int                `json:"envelopes"`
	Copies      int                `json:"copies"`
	Unreadable  int                `json:"unreadable"`
	Invalid     int                `json:"invalid"`
	Valid       int                `json:"valid"`
	OutcomeHash string             `json:"outcome_sha256"`
	PlainHash   string             `json:"plain_sha256"`
	FileHash    string             `json:"file_sha256,omitempty"`
	Certificate *tally.Certificate `json:"certificate,omitempty"`
	Partial     bool               `json:"second_count_partial,omitempty"`
	Differ      string             `json:"differ,omitempty"`
	Outcome     result.Outcome     `json:"outcome"`
}

func printOpenedJSON(out io.Writer, pools []result.OpenedPool) error {
	list := make([]openedJSON, len(pools))
	for i, p := range pools {
		n := p.Numbers
		list[i] = openedJSON{Name: p.Pool.Name, Envelopes: n.Envelopes, Copies: n.Copies, Unreadable: n.Unreadable, Invalid: n.Invalid, Valid: n.Valid,
			OutcomeHash: p.OutcomeHash, PlainHash: p.PlainHash, FileHash: p.FileHash, Certificate: p.Certificate, Outcome: p.Outcome}
		if p.Outcome.Few { // the steps tell what voters paid
			list[i].Certificate, list[i].Partial = nil, p.Certificate != nil && !p.Certificate.Full()
		}
		if p.Differ != nil {
			list[i].Differ = p.Differ.Error()
		}
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

// printOpened prints for people: what was in the box, who wins, and the hashes that
// the server publishes too.
func printOpened(out io.Writer, pools []result.OpenedPool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range pools {
		n := p.Numbers
		fmt.Fprintf(w, "%s\n%d envelopes, %d copies, %d unreadable, %d invalid, %d valid ballots\n", tally.OneLine(p.Pool.Name), n.Envelopes, n.Copies, n.Unreadable, n.Invalid, n.Valid)
		if p.Differ != nil {
			fmt.Fprintf(w, "THE TWO COUNTS DIFFER, and nobody may rely on what follows: %v\n", p.Differ)
		}
		fmt.Fprintln(w, "PLACE\tCOST\tVOTES\tSCORE\tPROJECT\tNAME")
		place := map[budget.ProjectID]int{}
		for i, id := range p.Outcome.Winners {
			place[id] = i + 1
		}
		for _, s := range p.Outcome.Standings {
			won := "-"
			if at := place[s.Project]; at > 0 {
				won = strconv.Itoa(at)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\n", won, zloty(s.Cost), s.Votes, s.Score, s.Project, tally.OneLine(p.Titles[s.Project]))
		}
		for _, b := range p.Outcome.Rule.Barred {
			fmt.Fprintf(w, "%s may not win beside %s, which won in an earlier pool.\n", b.Project, b.By)
		}
		switch {
		case p.Numbers.Unopened:
			fmt.Fprintf(w, "Fewer than %d electors: this pool is not opened, and its envelopes are not in the file.\n", budget.LeastElectors)
		case p.Outcome.Few:
			fmt.Fprintf(w, "Fewer than %d ballots: winners stand by their votes, and rounds and prices are left out.\n", result.LeastBallots)
		}
		if c := p.Certificate; c != nil && !c.Full() && p.Outcome.Few {
			fmt.Fprintln(w, "The second count repeated some of the earlier steps.")
		} else if c != nil && !c.Full() {
			fmt.Fprintf(w, "The second count repeated %d of %d earlier steps: %v\n", len(c.Checked), c.Steps, c.Checked)
		}
		fmt.Fprintf(w, "%d projects win and cost %s of %s.\noutcome %s\n", len(p.Outcome.Winners), zloty(p.Outcome.Cost), zloty(p.Outcome.Budget), p.OutcomeHash)
		if p.FileHash != "" {
			fmt.Fprintf(w, "ballots %s\n", p.FileHash)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// zloty writes grosze as a decimal number.
func zloty(grosze int64) string { return fmt.Sprintf("%d.%02d", grosze/100, grosze%100) }

// write writes the ballots of each pool into a new file; one that is there already
// is not overwritten. Pools with too few ballots have none.
func (cmd *openCmd) write(tell io.Writer, pools []result.OpenedPool) error {
	if cmd.Out == "" {
		return nil
	}
	if err := os.MkdirAll(cmd.Out, 0o700); err != nil {
		return err
	}
	for _, p := range pools {
		if p.File == nil {
			fmt.Fprintf(tell, "%s: fewer than %d ballots, which nobody may see one by one; no file is written\n", tally.OneLine(p.Pool.Name), result.LeastBallots)
			continue
		}
		name := filepath.Join(cmd.Out, fmt.Sprintf("glosy-%d.pb", p.Pool.No))
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(p.File)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintln(tell, name)
	}
	return nil
}
