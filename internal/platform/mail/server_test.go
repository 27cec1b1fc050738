package mail

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"mime"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// postbox is a real SMTP server that keeps what it is given.
type postbox struct {
	*smtp.Server
	port  int
	roots *x509.CertPool

	mu      sync.Mutex
	letters []arrived
	refuse  func(to string) error // asked at RCPT
	data    func() error          // asked after the words
	delay   time.Duration
	users   []string
}

type arrived struct {
	From, To string
	Raw      string
}

func newPostbox(t *testing.T, security string) *postbox {
	t.Helper()
	p := &postbox{}
	p.Server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &talk{box: p}, nil }))
	p.Domain, p.ErrorLog, p.AllowInsecureAuth = "mx.example", log.New(io.Discard, "", 0), true
	lend := httptest.NewTLSServer(nil) // for its certificate of 127.0.0.1
	p.roots = x509.NewCertPool()
	p.roots.AddCert(lend.Certificate())
	certificate := &tls.Config{Certificates: lend.TLS.Certificates}
	lend.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	switch security {
	case "starttls":
		p.TLSConfig = certificate
	case "tls":
		l = tls.NewListener(l, certificate)
	}
	go p.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *postbox) settings(security string) *SMTP {
	return &SMTP{Host: "127.0.0.1", Port: p.port, TLS: security, From: "Kładka <kladka@mail.example>", roots: p.roots, timeout: 5 * time.Second}
}

func (p *postbox) got() []arrived {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]arrived{}, p.letters...)
}

type talk struct {
	box      *postbox
	from, to string
}

func (s *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "tajne" {
			return smtp.ErrAuthFailed
		}
		s.box.mu.Lock()
		defer s.box.mu.Unlock()
		s.box.users = append(s.box.users, user)
		return nil
	}), nil
}

func (s *talk) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }

func (s *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to != "" {
		return &smtp.SMTPError{Code: 452, Message: "one recipient only"}
	}
	s.to = to
	if s.box.refuse != nil {
		return s.box.refuse(to)
	}
	return nil
}

func (s *talk) Data(r io.Reader) error {
	time.Sleep(s.box.delay)
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.box.data != nil {
		if err := s.box.data(); err != nil {
			return err
		}
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.letters = append(s.box.letters, arrived{s.from, s.to, string(raw)})
	return nil
}

func (s *talk) Reset()        { s.from, s.to = "", "" }
func (s *talk) Logout() error { return nil }

// read takes a letter apart as a mail program does: header, then text with the
// lines that belong together joined (RFC 3676).
func read(t *testing.T, a arrived) (netmail.Header, string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(a.Raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || !strings.EqualFold(params["charset"], "utf-8") || params["format"] != "flowed" {
		t.Errorf("type %q (%v)", m.Header.Get("Content-Type"), err)
	}
	return m.Header, unflow(decoded(t, m))
}

func subject(t *testing.T, h netmail.Header) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil {
		t.Error(err)
	}
	return s
}

func unflow(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n") {
		line = strings.TrimPrefix(line, " ")
		b.WriteString(line)
		if !strings.HasSuffix(line, " ") {
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
