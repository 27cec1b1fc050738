package registerapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/fault"
)

// later is an answer that asks for patience, or a line that broke: worth another try.
type later struct {
	after time.Duration // as the server says; 0 when it does not
	cause error         // what a person is told when patience ends
}

func (l *later) Error() string { return l.cause.Error() }
func (l *later) Unwrap() error { return l.cause }

// page fetches one page and tries again a few times where that may help, waiting longer each time.
func (f *fetching) page(ctx context.Context, n int) ([]byte, error) {
	pause := 2 * time.Second
	for try := 1; ; try++ {
		body, err := f.try(ctx, n)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var again *later
		if !errors.As(err, &again) {
			return body, err
		}
		if try == maxTries || again.after > maxWait {
			return nil, again.cause
		}
		if err := f.config.Wait(ctx, max(pause, again.after)); err != nil {
			return nil, cause(ctx, err)
		}
		pause *= 2
	}
}

// cause prefers what a person is told to what the clock says.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

// try asks once. The errors of the network library hold addresses and sometimes more, so they are not passed on.
func (f *fetching) try(ctx context.Context, n int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, f.config.Timeout)
	defer cancel()
	request, err := f.request(ctx, n)
	if err != nil {
		return nil, err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, broken(ctx, err)
	}
	defer response.Body.Close()
	if err := judge(response); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPage+1))
	if err != nil {
		return nil, broken(ctx, err)
	}
	if len(body) > maxPage {
		return nil, failed("page_too_large", "limit", maxPage>>20)
	}
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))), nil
}

func broken(ctx context.Context, err error) error {
	if told := fault.As(err); told != nil { // a redirect that was refused
		return told
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &later{cause: failed("slow")}
	}
	return &later{cause: failed("unreachable")}
}

// judge looks at what stands before the body.
func judge(response *http.Response) error {
	switch code := response.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return failed("login")
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return &later{after: retryAfter(response), cause: failed("busy")}
	case code >= 500:
		return &later{cause: failed("status", "status", code)}
	default:
		return failed("status", "status", code)
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !(strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")) {
		return failed("content_type", "type", clip(kind))
	}
	return nil
}

// retryAfter reads seconds or a date. One that makes no sense counts as none.
func retryAfter(response *http.Response) time.Duration {
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<20)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		now, err := http.ParseTime(response.Header.Get("Date")) // by the server's own clock
		if err == nil && at.After(now) {
			return at.Sub(now)
		}
	}
	return 0
}

// page is what must be known of a page to pass it on.
type page struct {
	numbers []string // of its institutions, as written
	total   int      // what an envelope says, 0 without one
	sum     [sha256.Size]byte
}

// parse checks that a body is a list of institutions, plain or in an envelope.
func parse(body []byte) (page, error) {
	p := page{sum: sha256.Sum256(body)}
	var list []json.RawMessage
	switch {
	case len(body) > 0 && body[0] == '[':
		if json.Unmarshal(body, &list) != nil {
			return p, failed("not_json")
		}
	case len(body) > 0 && body[0] == '{':
		var envelope struct {
			Member []json.RawMessage `json:"hydra:member"`
			Plain  []json.RawMessage `json:"member"`
			Total  json.Number       `json:"hydra:totalItems"`
			Sum    json.Number       `json:"totalItems"`
		}
		if json.Unmarshal(body, &envelope) != nil || envelope.Member == nil && envelope.Plain == nil {
			return p, failed("not_list")
		}
		list = append(envelope.Member, envelope.Plain...)
		p.total, _ = strconv.Atoi(envelope.Total.String() + envelope.Sum.String())
	default:
		return p, failed("not_json")
	}
	for _, raw := range list {
		var one struct {
			Number json.RawMessage `json:"numerRspo"`
		}
		if json.Unmarshal(raw, &one) != nil || one.Number == nil {
			return p, failed("not_list")
		}
		p.numbers = append(p.numbers, strings.Trim(string(one.Number), `"`))
	}
	return p, nil
}
