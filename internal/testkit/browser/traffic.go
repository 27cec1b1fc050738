package browser

import (
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// Weight is what a page takes over the wire, headers included, when nothing of
// it is in the cache.
type Weight struct {
	Bytes    int
	Requests int
	ByHost   map[string]int // requests
}

// traffic remembers what a tab asked for and what it complained of.
type traffic struct {
	mu       sync.Mutex
	requests map[network.RequestID]*exchange
	order    []network.RequestID
	document network.RequestID // the page itself
	said     []saying
	moved    time.Time // when the last request began or ended
}

// exchange is one request.
type exchange struct {
	url    string
	stream bool // has no end
	status int64
	bytes  float64
	failed string
	done   bool
}

// saying is a line of the console.
type saying struct {
	text string
	from network.RequestID // the request that it is about, if any
}

func newTraffic() *traffic {
	return &traffic{requests: map[network.RequestID]*exchange{}, moved: time.Now()}
}

// hear takes an event of the tab; it is called in the order in which the
// browser tells them.
func (tr *traffic) hear(event any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tr.begin(e)
	case *network.EventResponseReceived:
		if x := tr.requests[e.RequestID]; x != nil {
			x.status = e.Response.Status
		}
	case *network.EventLoadingFinished:
		tr.end(e.RequestID, e.EncodedDataLength, "")
	case *network.EventLoadingFailed:
		if e.Canceled {
			e.ErrorText = ""
		}
		tr.end(e.RequestID, 0, e.ErrorText+string(e.BlockedReason))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			tr.said = append(tr.said, saying{e.Entry.Text + " " + e.Entry.URL, e.Entry.NetworkRequestID})
		}
	case *runtime.EventExceptionThrown:
		tr.said = append(tr.said, saying{text: thrown(e.ExceptionDetails)})
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			tr.said = append(tr.said, saying{text: spoken(e)})
		}
	}
}

// begin notes a request. One that was sent elsewhere keeps its number.
func (tr *traffic) begin(e *network.EventRequestWillBeSent) {
	tr.moved = time.Now()
	x := tr.requests[e.RequestID]
	if x == nil {
		x = &exchange{}
		tr.requests[e.RequestID] = x
		tr.order = append(tr.order, e.RequestID)
	}
	x.url, x.stream = e.Request.URL, e.Type == network.ResourceTypeEventSource
	if e.RedirectResponse != nil {
		x.bytes += e.RedirectResponse.EncodedDataLength
	}
	if e.Type == network.ResourceTypeDocument {
		tr.document = e.RequestID
	}
}

func (tr *traffic) end(id network.RequestID, bytes float64, failed string) {
	tr.moved = time.Now()
	if x := tr.requests[id]; x != nil {
		x.done, x.failed = true, failed
		x.bytes += bytes
	}
}

// quiet tells whether nothing is on its way, and has not been for a while.
func (tr *traffic) quiet(while time.Duration) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, x := range tr.requests {
		if !x.done && !x.stream {
			return false
		}
	}
	return time.Since(tr.moved) >= while
}

// forget begins anew, before another page is opened in the same tab.
func (tr *traffic) forget() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.requests, tr.order, tr.said = map[network.RequestID]*exchange{}, nil, nil
}

func (tr *traffic) weight() Weight {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	w := Weight{ByHost: map[string]int{}}
	for _, x := range tr.requests {
		if host := hostOf(x.url); host != "" {
			w.Bytes += int(x.bytes)
			w.Requests++
			w.ByHost[host]++
		}
	}
	return w
}

// complaints are all that a person who opens the console should not see: its
// errors, failed requests, and requests to other hosts than the page's own.
// What the console says of the status of the page itself is no finding: a
// page "not found" is meant to have that status.
func (tr *traffic) complaints(own string) []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var all []string
	for _, s := range tr.said {
		if s.from == "" || s.from != tr.document {
			all = append(all, "console: "+s.text)
		}
	}
	for _, id := range tr.order {
		x := tr.requests[id]
		host := hostOf(x.url)
		if host == "" {
			continue
		}
		if host != own {
			all = append(all, "asks another host: "+x.url)
		}
		if x.failed != "" {
			all = append(all, "request failed: "+x.url+" "+x.failed)
		}
		if x.status >= 400 && id != tr.document {
			all = append(all, fmt.Sprintf("request answered with %d: %s", x.status, x.url))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// status is that of the page itself.
func (tr *traffic) status() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if x := tr.requests[tr.document]; x != nil {
		return int(x.status)
	}
	return 0
}

// hostOf is "" for what does not travel, such as data: addresses.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Host
}

func thrown(e *runtime.ExceptionDetails) string {
	text := e.Text
	if e.Exception != nil {
		text += " " + e.Exception.Description
	}
	return text + " " + e.URL
}

func spoken(e *runtime.EventConsoleAPICalled) string {
	text := string(e.Type)
	for _, a := range e.Args {
		text += " " + string(a.Value) + a.Description
	}
	return text
}
