// Package internal pins the libraries of the parts that are being built, until
// each is imported where it is used; then this file goes.
package internal

import (
	_ "codeberg.org/go-pdf/fpdf"
	_ "filippo.io/age"
	_ "github.com/arran4/golang-ical"
	_ "github.com/emersion/go-smtp"
	_ "github.com/gabriel-vasile/mimetype"
	_ "github.com/gorilla/feeds"
	_ "github.com/pquerna/otp/totp"
	_ "github.com/wneessen/go-mail"
	_ "github.com/xuri/excelize/v2"
	_ "gocloud.dev/blob/fileblob"
	_ "golang.org/x/image/draw"
	_ "rsc.io/qr"
)
