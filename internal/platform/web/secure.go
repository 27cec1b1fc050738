package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// securityHeaders are the same for every page. The policy allows nothing
// inline and no other host, but for the tiles of the map when an address of
// tiles is set.
func securityHeaders(c Config) [][2]string {
	images := "'self' data:"
	// "{s}" stands for the first letter of several tile servers; no URL may
	// hold a brace in its host, so it is set aside while parsing.
	const letter = "any-letter"
	if u, err := url.Parse(strings.Replace(c.TileURL, "{s}", letter, 1)); err == nil && u.Host != "" {
		images += " " + u.Scheme + "://" + strings.Replace(u.Host, letter, "*", 1)
	}
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src " + images +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	headers := [][2]string{
		{"Content-Security-Policy", policy},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		{"Referrer-Policy", "same-origin"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()"},
	}
	if c.HTTPS {
		headers = append(headers, [2]string{"Strict-Transport-Security", "max-age=31536000"})
	}
	return headers
}

// hostAllowed keeps a demo on this machine: a page elsewhere that makes its
// name point here (DNS rebinding), or a proxy that would publish one-click
// sign-in to the world, is turned away.
func (s *Shell) hostAllowed(r *http.Request) bool {
	if !s.Demo {
		return true
	}
	for name := range r.Header {
		if proxyHeader(name) {
			return false
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// proxyHeader tells whether a header is one that proxies add.
func proxyHeader(name string) bool {
	switch name {
	case "Forwarded", "Via", "X-Real-Ip", "True-Client-Ip":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "Cf-")
}

// clientAddress is the network for limits: an IPv4 address, or the /64 that
// one IPv6 customer has, who would else have as many addresses as guesses.
// Behind a proxy it is the last address that the proxy itself wrote down, in
// the last line of the header; earlier ones are claims.
func clientAddress(r *http.Request, proxied bool) string {
	if proxied {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if a, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
			return network(a)
		}
	}
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	return network(a.Addr())
}

func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// limiter is a courtesy: it slows one address that asks too fast. It lives in
// this process only; guesses at secrets are counted in a table instead.
type limiter struct {
	perSecond int
	now       func() time.Time
	mu        sync.Mutex
	known     map[string]*rate.Limiter
}

func newLimiter(perSecond int, now func() time.Time) *limiter {
	return &limiter{perSecond: perSecond, now: now, known: map[string]*rate.Limiter{}}
}

func (l *limiter) allow(address string) bool {
	if l.perSecond <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.known[address]
	if one == nil {
		// Forgetting everybody now and then bounds the memory, and costs
		// no more than a fresh allowance.
		if len(l.known) >= 10_000 {
			clear(l.known)
		}
		// A school behind one address loads its pages at the bell: hence
		// the burst of ten seconds' worth.
		one = rate.NewLimiter(rate.Limit(l.perSecond), 10*l.perSecond)
		l.known[address] = one
	}
	return one.AllowN(l.now(), 1)
}

func stack() string { return string(debug.Stack()) }

// Local tells whether a path stays on this site, so that a link of the kind
// "back to" cannot send people elsewhere.
func Local(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Host == "" && u.Scheme == ""
}

// cookie makes a cookie of ours: not for scripts, not for other sites.
func (s *Shell) cookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: s.HTTPS, SameSite: http.SameSiteLaxMode}
}
