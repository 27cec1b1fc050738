// Command bench prints what the program costs, as ratios in one run.
//
// The limit that pages are held against is a bare net/http handler that writes
// the same bytes from memory. Requests come from a second process over
// loopback, so that the CPU time measured is the server's alone; rounds of
// both handlers alternate, so that a noisy machine is noisy for both.
//
//	go run ./tools/bench            # everything, some fifteen minutes
//	go run ./tools/bench -only pages # one part
//
// Figures that concern both databases are taken on PostgreSQL as well when
// KLADKA_BENCH_POSTGRES (or KLADKA_TEST_POSTGRES) is the address of a server.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 2 && slices.Contains([]string{"client", "storm", "enroll", "answer", "vote"}, os.Args[1]) {
		process := map[string]func([]string) error{"client": client, "storm": storm, "enroll": enrollClient, "answer": answerClient, "vote": voteClient}[os.Args[1]]
		if err := process(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	only := flag.String("only", "", "one part: pages, signedin, checks, people, storm, writes, growth, import, start, weight, find, country, enroll, training, asking, together, budget (budget.count, budget.vote)")
	flag.Parse()
	if err := run(context.Background(), *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part is one group of figures.
type part struct {
	name string
	f    func(ctx context.Context, t *table) error
}

func run(ctx context.Context, only string) error {
	t := &table{}
	for _, p := range []part{{"pages", pages}, {"signedin", signedIn}, {"checks", checks}, {"people", people},
		{"storm", storms}, {"writes", writes}, {"growth", growth}, {"import", imports}, {"start", start}, {"weight", weight},
		{"find", finds}, {"country", country}, {"enroll", enrolls}, {"training", trainings}, {"asking", asking}, {"together", together}, {"budget.count", budgetCounts}, {"budget.vote", budgetVotes}} {
		if only != "" && only != p.name && !strings.HasPrefix(p.name, only+".") {
			continue
		}
		if err := p.f(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	t.print(os.Stdout)
	return nil
}

// table is the result: what, how much, and what was aimed at.
type table struct{ rows [][3]string }

func (t *table) add(what, value, aim string) {
	t.rows = append(t.rows, [3]string{what, value, aim})
	fmt.Fprintln(os.Stderr, what, value)
}

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%-62s %22s   %s\n", "WHAT", "MEASURED", "AIM")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%-62s %22s   %s\n", r[0], r[1], r[2])
	}
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// served runs a handler on loopback until the function returned is called.
func served(h http.Handler) (base string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h}
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), func() { server.Close() }, nil
}

// cpu is the CPU time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot fail for ourselves
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cost is the server's CPU per request for n requests of a second process.
func cost(url string, n int, encoding string) (time.Duration, error) {
	return costAs("", url, n, encoding)
}

// costAs is cost with a cookie.
func costAs(cookie, url string, n int, encoding string) (time.Duration, error) {
	before := cpu()
	c := exec.Command(os.Args[0], "client", url, strconv.Itoa(n), encoding, cookie)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return 0, err
	}
	return (cpu() - before) / time.Duration(n), nil
}

// client sends the requests, one after another on each of two connections.
func client(args []string) error {
	url, encoding, cookie := args[0], args[2], args[3]
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2}
	c := &http.Client{Transport: transport}
	for range n {
		req, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if encoding != "" {
			req.Header.Set("Accept-Encoding", encoding)
		}
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		res, err := c.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %d", url, res.StatusCode)
		}
	}
	return nil
}

// fetch is a page's bytes.
func fetch(url, encoding string) ([]byte, http.Header, error) { return fetchAs("", url, encoding) }

// fetchAs is fetch with a cookie.
func fetchAs(cookie, url, encoding string) ([]byte, http.Header, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	if encoding != "" {
		req.Header.Set("Accept-Encoding", encoding)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableCompression: true}}).Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s: %d", url, res.StatusCode)
	}
	b, err := io.ReadAll(res.Body)
	return b, res.Header, err
}

// against measures a page and the bare handler writing the same bytes, in
// alternating rounds, and returns the median ratio and the page's cost.
func against(page, encoding string) (ratio float64, each time.Duration, err error) {
	body, header, err := fetch(page, "")
	if err != nil {
		return 0, 0, err
	}
	bare, stop, err := served(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", header.Get("Content-Type"))
		w.Write(body)
	}))
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	const rounds, requests = 5, 400
	var ratios []float64
	var costs []time.Duration
	for range rounds {
		b, err := cost(bare, requests, "")
		if err != nil {
			return 0, 0, err
		}
		p, err := cost(page, requests, encoding)
		if err != nil {
			return 0, 0, err
		}
		ratios = append(ratios, float64(p)/float64(b))
		costs = append(costs, p)
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	return ratios[rounds/2], costs[rounds/2], nil
}

func times(x float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0") + "x" }
