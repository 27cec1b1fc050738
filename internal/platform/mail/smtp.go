package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// check tells what is wrong with the settings, and who the sender is.
func (c *SMTP) check() (*netmail.Address, error) {
	from, err := netmail.ParseAddress(c.From)
	if err == nil {
		_, err = addressOf(from.Address)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("sender %q: want \"Name <address>\"", c.From)
	case c.Host == "":
		return nil, errors.New("the SMTP server has no name")
	case c.Port < 0 || c.Port > 65535:
		return nil, fmt.Errorf("SMTP port %d", c.Port)
	case c.TLS == "none" && !loopback(c.Host):
		return nil, fmt.Errorf("SMTP server %s: without TLS only a server on this machine is spoken to", c.Host)
	case c.TLS != "" && c.TLS != "starttls" && c.TLS != "tls" && c.TLS != "none":
		return nil, fmt.Errorf("SMTP security %q: want starttls, tls or none", c.TLS)
	}
	from.Name = oneLine(from.Name)
	return from, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *SMTP) client(hello string) (*gomail.Client, error) {
	port, timeout := c.Port, c.timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	options := []gomail.Option{gomail.WithTimeout(timeout), gomail.WithHELO(hello), gomail.WithoutNoop(), gomail.WithoutSMTPUTF8(),
		gomail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: c.roots, MinVersion: tls.VersionTLS12})}
	switch c.TLS {
	case "tls":
		options, port = append(options, gomail.WithSSL()), or(port, 465)
	case "none":
		options, port = append(options, gomail.WithTLSPolicy(gomail.NoTLS)), or(port, 25)
	default: // a server that offers no encryption is refused, not spoken to in clear
		options, port = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory)), or(port, 587)
	}
	options = append(options, gomail.WithPort(port))
	if c.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	return gomail.NewClient(c.Host, options...)
}

func or(port, usual int) int {
	if port == 0 {
		return usual
	}
	return port
}

// compose makes the letter as it travels.
func (s *Service) compose(id, to string, lang string, w words, at time.Time) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP), gomail.WithCharset(gomail.CharsetUTF8))
	m.FromMailAddress(s.from)
	m.ToMailAddress(&netmail.Address{Address: to})
	if s.replyTo != "" {
		m.ReplyToMailAddress(&netmail.Address{Address: s.replyTo})
	}
	m.Subject(w.Subject)
	m.SetDateWithValue(at)
	m.SetMessageIDWithValue(id + "@" + domainOf(s.from.Address))
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("Content-Language", lang)
	switch {
	case strings.HasPrefix(w.Unsubscribe, "https:"):
		if err := m.SetListUnsubscribeOneClick(w.Unsubscribe); err != nil {
			return nil, err
		}
	case w.Unsubscribe != "":
		m.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+w.Unsubscribe+">")
	}
	m.SetBodyString("text/plain; format=flowed", flow(w.Text))
	if w.Calendar != "" {
		// As another form of the same letter, not as a file beside it: that is
		// what programs take in by themselves. In base64, for its ends of lines
		// must arrive as they are.
		m.AddAlternativeString(gomail.ContentType("text/calendar; method="+w.Method), w.Calendar, gomail.WithPartEncoding(gomail.EncodingB64))
	}
	return m, nil
}

// hand gives a letter to the server. Whether the server took it is decided by
// its answer to the words; how the talk ends afterwards is not.
func (s *Service) hand(ctx context.Context, m *gomail.Msg) error {
	c, err := s.smtp.client(domainOf(s.from.Address))
	if err != nil {
		return &failure{trouble: unreachable}
	}
	if err := c.DialWithContext(ctx); err != nil {
		return failureOf(err)
	}
	err = c.Send(m)
	_ = c.Close() // a server that hangs up without a good-bye has the letter all the same
	if err != nil {
		return failureOf(err)
	}
	return nil
}

// The troubles, as the page names them (mail.trouble.…).
const (
	refused     = "refused"     // for good: no such mailbox, not wanted
	busy        = "busy"        // for now, or our settings are refused
	unreachable = "unreachable" // no talk came about
	unreadable  = "unreadable"  // the key is another one than when it was written
)

// failure is why a letter was not taken. Its words hold no address and nothing
// that the server said, which often repeats the address.
type failure struct {
	trouble string
	code    int
	step    string
}

func (f *failure) Error() string {
	return fmt.Sprintf("letter not taken: %s %d %s", f.trouble, f.code, f.step)
}

// failureOf tells what will not change (the reader's mailbox, the words) from
// what may: a full disk there, greylisting, or settings here, which somebody
// will mend, so that nobody's letter is given up because of them.
func failureOf(err error) error {
	var sent *gomail.SendError
	if !errors.As(err, &sent) || sent.ErrorCode() == 0 {
		return &failure{trouble: unreachable, step: stepOf(err)}
	}
	f := &failure{trouble: busy, code: sent.ErrorCode(), step: sent.Reason.String()}
	switch sent.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		if f.code >= 500 {
			f.trouble = refused
		}
	}
	return f
}

// stepOf names the kind of an error of the network, without its words.
func stepOf(err error) string {
	var n net.Error
	var t *tls.CertificateVerificationError
	switch {
	case errors.As(err, &t):
		return "certificate"
	case errors.As(err, &n) && n.Timeout():
		return "timeout"
	case errors.As(err, &n):
		return "network"
	case strings.Contains(strings.ToLower(err.Error()), "auth"):
		return "authentication"
	}
	return "conversation"
}
