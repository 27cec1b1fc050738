// Package web is the shell in which every page stands: the layout, the guards
// at the doors, headers, languages, error pages, and the parts that pages
// share (facets, pages of lists, forms, progress, and the three promises
// Why, WhoSees and Next).
//
// A module registers its doors with Shell.Handle: a pattern, a guard and a
// handler that returns an error. There is no way to register a door without
// a guard. Handlers are thin: read the form, call the service with the actor,
// draw the page. The shell turns an error into a status and a page, once.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"

	"kladka/assets"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Config is what the shell is made of.
type Config struct {
	Catalog *i18n.Catalog
	Assets  *assets.Set
	Log     *slog.Logger
	Now     func() time.Time

	Demo     bool   // invented data: strip, loopback only, no proxies
	Scale    string // scale of the demo, for the strip
	HTTPS    bool   // people reach us by https: Secure cookies, HSTS
	TileURL  string // template of map tiles, "" for none; extends the CSP
	TileBy   string // whom to name as the source of the tiles
	Rate     int    // requests per second and address, as a courtesy; 0 for no limit
	Proxied  bool   // believe the last address of X-Forwarded-For
	Operator string // who runs this installation, for the footer

	Repeats Repeats // remembers forms of idempotent doors; nil for not
	Counts  Counts  // counts visits of quiet doors; nil for not
}

// Handler answers a request or returns an error for the shell to show.
type Handler func(w http.ResponseWriter, r *Request) error

// Guard decides who may pass a door. Its name stands in the golden file of
// all doors.
type Guard interface {
	Name() string
	// Allow returns nil, or a fault of kind SignedOut, Forbidden or NotFound.
	Allow(r *Request) error
}

// Route is one door, for the golden file.
type Route struct {
	Pattern string
	Guard   string
	Demo    bool
	Quiet   bool
}

// Shell answers all requests. Make it with New, give it doors with Handle,
// then use it as an http.Handler.
type Shell struct {
	Config
	mux       *http.ServeMux
	routes    []Route
	doors     map[string]*door // by pattern
	nav       []navEntry
	navGroups map[string]string // field by address, see GroupNav
	account   []navEntry
	desk      []func(r *Request) ([]DeskItem, error)
	first     []func(r *Request) ([]StepItem, error)
	front     []func(r *Request) ([]Doorway, error)
	viewer    func(*Request) Viewer
	inner     http.Handler // sessions, then the mux
	limit     *limiter
	origin    *http.CrossOriginProtection
	headers   [][2]string
	handler   http.Handler

	stopping chan struct{}
	stop     sync.Once
}

// Viewer is what the layout shows of the person who looks.
type Viewer struct {
	SignedIn bool
	Person   string // id; "" for a stranger
	Name     string
	Hat      string // "Działasz jako", in words of the reader's language
	HatKey   string // of the hat worn now; forms carry it (see Once)
	Hats     []Hat  // all that can be worn; the switch is drawn for two or more
	For      string // on whose behalf the person acts now, in words
	Shared   bool   // at a shared computer: leaves no trace, signs out when idle
}

// Hat is what a person can act as.
type Hat struct {
	Key     string
	Words   string // in the reader's language
	Current bool
}

// New makes a shell. Sessions wraps the mux so that handlers find out who
// asks; viewer tells it to the layout.
func New(c Config, sessions func(http.Handler) http.Handler, viewer func(*Request) Viewer) *Shell {
	s := &Shell{Config: c, mux: http.NewServeMux(), doors: map[string]*door{}, viewer: viewer,
		limit: newLimiter(c.Rate, c.Now), origin: http.NewCrossOriginProtection(), stopping: make(chan struct{})}
	s.headers = securityHeaders(c)
	s.inner = sessions(http.HandlerFunc(s.dispatch))
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1200), gzhttp.CompressionLevel(3),
		gzhttp.EnableZstd(false), gzhttp.ContentTypeFilter(compressible))
	if err != nil {
		panic(err) // only constants above can be wrong
	}
	s.handler = compress(http.HandlerFunc(s.guarded))
	s.prefsRoutes()
	s.sharedRoutes()
	return s
}

// compressible leaves event streams alone: they must reach the reader at once.
func compressible(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return kind != "text/event-stream" && (strings.HasPrefix(kind, "text/") ||
		slices.Contains([]string{"application/json", "application/geo+json", "image/svg+xml"}, kind))
}

// Uncompressed sends the answer as it is: one that holds a secret beside words
// of the request, whose length under compression would tell of both (BREACH), or
// one that costs less to send than to compress.
func Uncompressed(w http.ResponseWriter) { w.Header().Set(gzhttp.HeaderNoCompression, "1") }

// Option changes a door.
type Option func(*door)

type door struct {
	handler Handler
	guard   Guard
	body    int64
	once    bool
	quiet   bool
}

// Body lets a request carry up to n bytes instead of 256 kB.
func Body(n int64) Option { return func(d *door) { d.body = n } }

const (
	plainBody = 256 << 10
	formIn    = 30 * time.Second
)

// Handle opens a door: a pattern of http.ServeMux with its method, who may
// pass, and what happens then.
func (s *Shell) Handle(pattern string, g Guard, h Handler, options ...Option) {
	d := &door{handler: h, guard: g, body: plainBody}
	for _, o := range options {
		o(d)
	}
	if d.quiet && d.once {
		panic("web: " + pattern + " is quiet and idempotent at once") // a mistake in the wiring
	}
	s.doors[pattern] = d
	s.routes = append(s.routes, Route{Pattern: pattern, Guard: g.Name(), Quiet: d.quiet})
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.enter(w, r, d)
	})
}

// HandleDemo opens a door that is there only when the data is invented.
func (s *Shell) HandleDemo(pattern string, g Guard, h Handler, options ...Option) {
	if !s.Demo {
		return
	}
	s.Handle(pattern, g, h, options...)
	s.routes[len(s.routes)-1].Demo = true
}

// Stopping is closed when the program is told to stop. An answer that has no
// end of its own, such as an event stream, ends then; others finish.
func (s *Shell) Stopping() <-chan struct{} { return s.stopping }

// Stop ends the endless answers.
func (s *Shell) Stop() { s.stop.Do(func() { close(s.stopping) }) }

// Routes lists all doors with their guards.
func (s *Shell) Routes() []Route { return slices.Clone(s.routes) }

func (s *Shell) enter(w http.ResponseWriter, r *http.Request, d *door) {
	visitOf(r.Context()).door = r.Pattern
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, d.body)
	}
	if d.body <= plainBody {
		// A form arrives at once; whoever sends it by the drop holds a
		// connection. Not every connection can have a deadline: tests have none.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(formIn))
	}
	req := s.request(r)
	if err := s.pass(w, req, d); err != nil {
		s.fail(w, req, err)
	}
}

// pass asks the guard and looks at the hidden fields of a form before the
// handler runs. When the guard refuses a form that was drawn for another hat,
// the hat is what the person must hear of.
func (s *Shell) pass(w http.ResponseWriter, r *Request, d *door) error {
	refused := d.guard.Allow(r)
	if refused != nil && fault.KindOf(refused) != fault.Forbidden {
		return refused
	}
	var h hidden
	if r.Method == http.MethodPost {
		var err error
		if h, err = hiddenOf(r.Request); err == nil {
			err = sameHat(r, h)
		}
		if refused == nil || fault.KindOf(err) == fault.Conflict {
			refused = err
		}
	}
	if refused != nil {
		return refused
	}
	return s.run(w, r, d, h)
}

func (s *Shell) run(w http.ResponseWriter, r *Request, d *door, h hidden) error {
	if d.once && h.key != "" && s.Repeats != nil {
		return s.runOnce(w, r, d, h.key)
	}
	return d.handler(w, r)
}

// ServeHTTP is the way of every request: recover and log, the house rules,
// compression, session, door, guard, handler.
func (s *Shell) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/assets/") && s.hostAllowed(r) {
		s.Assets.ServeHTTP(w, r)
		return
	}
	began := time.Now()
	v := s.visitOf(r)
	rec := &recorder{ResponseWriter: w, status: http.StatusOK, quiet: v.quiet}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	defer s.finish(rec, r, v, began)
	h := rec.Header()
	if !v.quiet {
		h.Set("X-Request-Id", v.id)
	}
	for _, pair := range s.headers {
		h[pair[0]] = []string{pair[1]}
	}
	s.handler.ServeHTTP(rec, r)
}

// finish logs the door and the answer, not what was asked there and by whom. A
// panic becomes the apology page. Of a quiet door nothing is logged at all.
func (s *Shell) finish(rec *recorder, r *http.Request, v *visit, began time.Time) {
	p := recover()
	if p == http.ErrAbortHandler && !v.quiet {
		panic(p)
	}
	if p != nil {
		v.failed = true
		v.log(s.Log).Error("panic", "request", v.id, "door", v.door, "panic", p, "stack", stack())
		if !rec.wrote && p != http.ErrAbortHandler {
			s.fail(rec, s.request(r), fault.New(fault.Internal, "fault.internal"))
		}
	}
	v.log(s.Log).Info("request", "id", v.id, "door", v.door, "status", rec.status, "ms", time.Since(began).Milliseconds())
	if !rec.wrote {
		rec.hush()
	}
	if v.quiet && v.pattern != "" && s.Counts != nil {
		s.Counts.Add(v.pattern, v.failed)
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
}

// guarded keeps the house rules that hold for every door.
func (s *Shell) guarded(w http.ResponseWriter, r *http.Request) {
	err := s.houseRules(r)
	if err != nil {
		s.fail(w, s.request(r), err)
		return
	}
	s.inner.ServeHTTP(w, r)
}

func (s *Shell) houseRules(r *http.Request) error {
	switch {
	case !s.hostAllowed(r):
		return fault.New(fault.Forbidden, "fault.demo_host")
	case s.origin.Check(r) != nil:
		return fault.New(fault.Forbidden, "fault.cross_origin")
	case !s.limit.allow(clientAddress(r, s.Proxied)):
		return fault.New(fault.TooMany, "fault.too_many")
	case !textual(r.URL.Path):
		return fault.ErrNotFound // no address of ours holds broken letters
	case len(r.URL.RawQuery) > 8<<10:
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return nil
}

// dispatch finds the door, or says that there is none.
func (s *Shell) dispatch(w http.ResponseWriter, r *http.Request) {
	if visitOf(r.Context()).pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	if allowed := s.methodsAt(r); len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.failStatus(w, s.request(r), http.StatusMethodNotAllowed, fault.New(fault.BadRequest, "fault.method"))
		return
	}
	s.fail(w, s.request(r), fault.ErrNotFound)
}

func (s *Shell) methodsAt(r *http.Request) []string {
	var allowed []string
	for _, method := range knocks {
		if s.patternBy(r, method) != "" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// knocks are the methods of our doors.
var knocks = []string{http.MethodGet, http.MethodPost}

// patternsAt are the doors at an address, by whatever method.
func (s *Shell) patternsAt(r *http.Request) []string {
	var all []string
	for _, method := range knocks {
		if p := s.patternBy(r, method); p != "" {
			all = append(all, p)
		}
	}
	return all
}

func (s *Shell) patternBy(r *http.Request, method string) string {
	other := r.Clone(r.Context())
	other.Method = method
	_, pattern := s.mux.Handler(other)
	return pattern
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
	quiet  bool
}

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
		r.hush()
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if !r.wrote {
		r.wrote = true
		r.hush()
	}
	return r.ResponseWriter.Write(b)
}

// Flush sends what was written so far: the compression looks for http.Flusher
// and does not unwrap, and without it an event stream would wait in a buffer.
func (r *recorder) Flush() {
	if !r.wrote {
		r.hush()
	}
	if err := http.NewResponseController(r.ResponseWriter).Flush(); err == nil {
		r.wrote = true
	}
}

// Unwrap lets http.ResponseController find the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// visit is what the log tells of a request: its number and the door's pattern.
// Never the path or the query: they hold secrets of links and people's words.
type visit struct {
	id      string // "" at a quiet door
	door    string // "none" until the door was entered
	pattern string // that the address leads to, "" for none
	quiet   bool
	failed  bool
}

type visitKey struct{}

// visitOf finds the visit; outside of the shell it is an empty one.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// visitOf begins a visit. The door is looked up before anything is written
// down, for a quiet one must not even have a number.
func (s *Shell) visitOf(r *http.Request) *visit {
	v := &visit{door: "none"}
	_, v.pattern = s.mux.Handler(r)
	if v.quiet = s.quietAt(r, v.pattern); !v.quiet {
		v.id = uuid.Must(uuid.NewV7()).String()
	}
	return v
}
