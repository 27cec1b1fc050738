package registerapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"kladka/internal/platform/fault"
)

// Result counts what was fetched.
type Result struct {
	Pages int // with institutions
	Rows  int
	Bytes int64
}

// Fetch writes all pages to w, as one JSON array of pages, the last of them empty: that is how package register knows
// the file to be whole. Who may do it, the caller decides (ImportRegister). The error is a *fault.Error of kind Invalid
// for settings that cannot be used and of kind Conflict for a server that does not do its part, or the error of w or
// ctx. After an error what is in w is no file.
func Fetch(ctx context.Context, c Config, w io.Writer) (result Result, err error) {
	defer fault.Wrap(&err, "fetch the register")
	address, err := c.address()
	if err != nil {
		return Result{}, err
	}
	c = c.complete()
	ctx, cancel := context.WithTimeoutCause(ctx, c.Total, failed("slow"))
	defer cancel()
	f := &fetching{config: c, address: address, client: c.client(), out: w,
		pages: map[[sha256.Size]byte]bool{}, numbers: map[string]bool{}}
	if err := f.all(ctx); err != nil {
		return Result{}, err
	}
	return f.result, nil
}

// Temp is Fetch into a new file in dir ("" is the system's place for such). The caller removes it.
func Temp(ctx context.Context, c Config, dir string) (path string, result Result, err error) {
	defer fault.Wrap(&err, "fetch the register")
	if _, err := c.address(); err != nil {
		return "", Result{}, err
	}
	file, err := os.CreateTemp(dir, "rspo-*.json") // readable by its owner only
	if err != nil {
		return "", Result{}, err
	}
	result, err = Fetch(ctx, c, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", Result{}, errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), result, nil
}

// failed is a failure of the other side.
func failed(key string, args ...any) error {
	return fault.New(fault.Conflict, "registerapi.failed."+key, args...)
}

// client follows redirects within the host only, and a few: what is sent to the register goes nowhere else.
func (c Config) client() *http.Client {
	client := &http.Client{}
	if c.Client != nil {
		client.Transport = c.Client.Transport
	}
	client.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if first := before[0].URL; next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
			return failed("redirect", "host", clip(next.URL.Host))
		}
		if len(before) > 3 {
			return failed("redirects")
		}
		return nil
	}
	return client
}

// fetching is one walk over the pages.
type fetching struct {
	config  Config
	address *url.URL
	client  *http.Client
	out     io.Writer
	result  Result
	pages   map[[sha256.Size]byte]bool
	numbers map[string]bool
}

func (f *fetching) all(ctx context.Context) error {
	if err := f.write([]byte("[")); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if n > f.config.Pages {
			return failed("endless", "pages", f.config.Pages)
		}
		body, err := f.page(ctx, n)
		if err != nil {
			return err
		}
		p, err := parse(body)
		if err != nil {
			return err
		}
		if n > 1 {
			body = append([]byte(",\n"), body...)
		}
		if err := f.write(body); err != nil {
			return err
		}
		if len(p.numbers) == 0 {
			break
		}
		if err := f.take(p); err != nil {
			return err
		}
		if p.total > 0 && len(f.numbers) >= p.total { // an envelope says when it is over
			break
		}
	}
	return f.write([]byte("]\n"))
}

// take counts a page and refuses one that brings nothing new: a server that forgets which page it was asked for would
// be asked for ever. A page that overlaps the one before is usual when a school is entered meanwhile; package register
// reports the doubles and does not take such a file for whole.
func (f *fetching) take(p page) error {
	if f.pages[p.sum] {
		return failed("repeats", "page", f.result.Pages+1)
	}
	f.pages[p.sum] = true
	before := len(f.numbers)
	for _, number := range p.numbers {
		f.numbers[number] = true
	}
	if len(f.numbers) == before {
		return failed("repeats", "page", f.result.Pages+1)
	}
	f.result.Pages++
	f.result.Rows += len(p.numbers)
	if f.result.Rows > maxRows {
		return failed("too_many", "rows", maxRows)
	}
	if f.config.Progress != nil {
		f.config.Progress(f.result.Pages, f.result.Rows)
	}
	return nil
}

// write keeps to the limit before it writes, so that no disk is filled.
func (f *fetching) write(data []byte) error {
	if f.result.Bytes+int64(len(data)) > f.config.Limit {
		return failed("too_large", "limit", max(1, f.config.Limit>>20))
	}
	n, err := f.out.Write(data)
	f.result.Bytes += int64(n)
	return err
}

// request asks for one page.
func (f *fetching) request(ctx context.Context, n int) (*http.Request, error) {
	address := *f.address
	query := address.Query()
	query.Set("page", strconv.Itoa(n))
	query.Set("pageSize", strconv.Itoa(f.config.PageSize))
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, failed("address")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "kladka")
	switch {
	case f.config.Token != "":
		request.Header.Set("Authorization", "Bearer "+string(f.config.Token))
	case f.config.Login != "":
		request.SetBasicAuth(f.config.Login, string(f.config.Password))
	}
	return request, nil
}
