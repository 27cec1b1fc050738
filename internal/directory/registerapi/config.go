// Package registerapi fetches the register of schools from its API (v1.2.0) into a file that package register reads.
//
// It is a convenience and never needed: the same file can be handed in by a person, and nothing else in the program
// asks the network. It is off until somebody who runs the program writes an address into the settings.
//
// The story: Fetch asks for page after page until one is empty, writes them down as they came, as one JSON array of
// pages, and looks at each only to see whether it is a page at all and brings anything new. It trusts the other side
// with nothing. A server that repeats itself, never ends, sends web pages, sends too much or too slowly, or points
// elsewhere is a failure with words for a person (fault.Error), and what was written till then is worth nothing. The
// password goes to the one host of the settings, only over an encrypted line, and into no message or log.
package registerapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kladka/internal/platform/fault"
)

// Secret is a word that is never printed.
type Secret string

const hidden = "(hidden)"

// String hides the word, and so do the other ways in which a value is printed.
func (s Secret) String() string { return hidden }

// GoString hides it from %#v.
func (s Secret) GoString() string { return hidden }

// LogValue hides it from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides it from JSON and from settings that are written out.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Config says where the API is and how much of it is wanted. The zero value is off.
type Config struct {
	// Base is the address of the server, with or without "/api/placowki/". It must be https; http passes for this
	// very machine only. "" means that nothing is ever fetched.
	Base string
	// Login and Password are what the register gave this office, for HTTP Basic. Token is sent instead if it is set.
	Login    string
	Password Secret
	Token    Secret

	// TERYT codes narrow the answer: two digits, four, and six or seven. A narrower answer than a municipality
	// cannot be asked for: the rest of that municipality would look closed.
	Voivodeship, County, Municipality string
	// Closed asks for institutions that were closed as well, with the days of it.
	Closed bool

	Client   *http.Client  // its redirects and cookies are not used; nil: one of our own
	PageSize int           // 0: 100, which is what the API gives by itself
	Limit    int64         // bytes of all pages together; 0: 64 MB, the most that an import reads
	Pages    int           // 0: 5000
	Timeout  time.Duration // for one page, from asking to the last byte; 0: a minute
	Total    time.Duration // for everything; 0: half an hour

	// Wait passes time before an answer is asked for again; nil: it does. Progress hears of each page; nil: nobody does.
	Wait     func(ctx context.Context, d time.Duration) error
	Progress func(pages, rows int)
}

// On reports whether there is an address to ask.
func (c Config) On() bool { return c.Base != "" }

// LogValue names the address and hides the rest.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.host()) }

// String is for people who print settings.
func (c Config) String() string { return "register API at " + c.host() }

func (c Config) host() string {
	address, err := url.Parse(c.Base)
	if err != nil {
		return ""
	}
	return address.Host
}

const (
	maxPage  = 16 << 20 // bytes of one page: a thousand institutions are three
	maxRows  = 300_000  // as package register
	maxTries = 4        // of one page
	maxWait  = 2 * time.Minute
)

// complete fills in what was left out.
func (c Config) complete() Config {
	c.PageSize = or(c.PageSize, 100)
	c.Limit = or(c.Limit, 64<<20)
	c.Pages = or(c.Pages, 5000)
	c.Timeout = or(c.Timeout, time.Minute)
	c.Total = or(c.Total, 30*time.Minute)
	if c.Wait == nil {
		c.Wait = wait
	}
	return c
}

func or[N int | int64 | time.Duration](n, otherwise N) N {
	if n <= 0 {
		return otherwise
	}
	return n
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// address is the address of the list, without a page. It refuses what would send a password in the open or write it
// into logs.
func (c Config) address() (*url.URL, error) {
	if !c.On() {
		return nil, fault.New(fault.Invalid, "registerapi.failed.off")
	}
	address, err := url.Parse(strings.TrimSpace(c.Base))
	switch {
	case err != nil || address.Host == "" || address.RawQuery != "" || address.Fragment != "":
		return nil, fault.New(fault.Invalid, "registerapi.failed.address") // without its text: it may hold a password
	case address.User != nil:
		return nil, fault.New(fault.Invalid, "registerapi.failed.address_login")
	case address.Scheme != "https" && !(address.Scheme == "http" && loopback(address.Hostname())):
		return nil, fault.New(fault.Invalid, "registerapi.failed.unencrypted")
	}
	if !strings.HasSuffix(strings.TrimRight(address.Path, "/"), "/placowki") {
		address = address.JoinPath("api", "placowki/")
	}
	query, err := c.query()
	if err != nil {
		return nil, err
	}
	address.RawQuery = query.Encode()
	return address, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) query() (url.Values, error) {
	query := url.Values{}
	for _, part := range []struct {
		name, code string
		digits     []int
	}{
		{"wojewodztwo_kod_teryt", c.Voivodeship, []int{2}},
		{"powiat_kod_teryt", c.County, []int{4}},
		{"gmina_kod_teryt", c.Municipality, []int{6, 7}},
	} {
		if part.code == "" {
			continue
		}
		if !digits(part.code, part.digits) {
			return nil, fault.New(fault.Invalid, "registerapi.failed.code", "value", clip(part.code))
		}
		query.Set(part.name, part.code)
	}
	if c.Closed {
		query.Set("zlikwidowana", "true")
	}
	return query, nil
}

func digits(code string, lengths []int) bool {
	if strings.Trim(code, "0123456789") != "" {
		return false
	}
	for _, length := range lengths {
		if len(code) == length {
			return true
		}
	}
	return false
}

func clip(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), 60)])
}
