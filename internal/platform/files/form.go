package files

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

const (
	formFields = 200       // of a form with a file
	formText   = 256 << 10 // bytes of all its other fields
)

// Room is the option of a door that takes a form with a file of the use.
func (u Use) Room() web.Option { return web.Body(u.MaxBytes + formText + 64<<10) }

// Form is a form with a file, as it came in.
type Form struct {
	Values url.Values
	File   File // zero when none was chosen
}

// Receive reads a multipart form with at most one file, in the field of that
// name, and stores the file while it streams in. A fault of the file stands at
// that field; the other values are there nevertheless, to show the form again.
// The file is nobody's until it is claimed (Claim).
func (s *Service) Receive(r *web.Request, by audit.By, use, field string) (f Form, err error) {
	f.Values = url.Values{}
	parts, err := r.MultipartReader()
	if err != nil {
		return f, fault.New(fault.BadRequest, "fault.bad_request")
	}
	var refusal error
	left, sent := int64(formText), false
	for range formFields {
		part, err := parts.NextPart()
		if err == io.EOF {
			return f, refusal
		}
		if err != nil {
			return f, formFault(err)
		}
		if name := part.FileName(); part.FormName() == field && name != "" && !sent {
			sent = true
			f.File, err = s.Store(r.Context(), by, use, name, part)
			if refusal = OnField(err, field); fault.KindOf(refusal) != fault.Invalid && refusal != nil {
				return f, refusal
			}
			continue
		}
		if err := f.text(part, &left); err != nil {
			return f, err
		}
	}
	return f, fault.New(fault.BadRequest, "fault.bad_request")
}

// text reads a field that is no file. A file that nobody asked for is skipped.
func (f Form) text(part *multipart.Part, left *int64) error {
	if part.FileName() != "" || part.FormName() == "" {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(part, *left+1))
	if err != nil {
		return formFault(err)
	}
	if *left -= int64(len(data)); *left < 0 {
		return fault.New(fault.TooLarge, "fault.too_large")
	}
	if !utf8.Valid(data) || strings.IndexByte(string(data), 0) >= 0 {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	f.Values.Add(part.FormName(), string(data))
	return nil
}

func formFault(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "fault.too_large")
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}
