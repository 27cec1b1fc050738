package center

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"
)

// The parts of a CMS SignedData (RFC 5652) that a signature of a PDF has.
type (
	cmsContent struct {
		Type asn1.ObjectIdentifier
	}
	cmsSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	cmsAttribute struct {
		Type   asn1.ObjectIdentifier
		Values asn1.RawValue
	}
	cmsSigner struct {
		Version    int
		Who        cmsSerial
		Hash       pkix.AlgorithmIdentifier
		Attributes asn1.RawValue
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	cmsSigned struct {
		Version      int
		Hashes       []pkix.AlgorithmIdentifier `asn1:"set"`
		Inner        cmsContent
		Certificates asn1.RawValue
		Signers      []cmsSigner `asn1:"set"`
	}
	cmsInfo struct {
		Type    asn1.ObjectIdentifier
		Content cmsSigned `asn1:"explicit,tag:0"`
	}
)

var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSA         = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// room is how many bytes a file keeps for its signature.
const room = 4096

// SignForTest signs a PDF as signing programs do: the file, byte by byte, with
// a signature appended, made with a key and a certificate of its own. No program
// that knows certificates trusts it.
func SignForTest(pdf []byte) ([]byte, error) {
	const ranges = "[0 %010d %010d %010d]"
	head := "\n9 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange "
	tail := []byte(" >>\nendobj\n%%EOF\n")
	a := len(pdf) + len(head) + len(fmt.Sprintf(ranges, 0, 0, 0)) + len(" /Contents ")
	b := a + 2 + 2*room
	var before bytes.Buffer
	before.Write(pdf)
	fmt.Fprintf(&before, head+ranges+" /Contents ", a, b, len(tail))
	der, err := cms(before.Bytes(), tail)
	if err != nil {
		return nil, err
	}
	if len(der) > room {
		return nil, fmt.Errorf("a signature of %d bytes", len(der))
	}
	fmt.Fprintf(&before, "<%s>", hex.EncodeToString(append(der, make([]byte, room-len(der))...)))
	return append(before.Bytes(), tail...), nil
}

func cms(parts ...[]byte) ([]byte, error) {
	key, cert, err := signer()
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, p := range parts {
		sum.Write(p)
	}
	var attributes []byte
	for _, a := range []struct {
		kind  asn1.ObjectIdentifier
		value any
	}{{oidContentType, oidData}, {oidMessageDigest, sum.Sum(nil)}} {
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, err
		}
		one, err := asn1.Marshal(cmsAttribute{a.kind, asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: value}})
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, one...)
	}
	set, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: attributes})
	if err != nil {
		return nil, err
	}
	hashed := sha256.Sum256(set)
	signature, err := key.Sign(rand.Reader, hashed[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	hash := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	own := func(bytes []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes}
	}
	return asn1.Marshal(cmsInfo{oidSignedData, cmsSigned{Version: 1, Hashes: []pkix.AlgorithmIdentifier{hash}, Inner: cmsContent{oidData}, Certificates: own(cert.Raw),
		Signers: []cmsSigner{{1, cmsSerial{asn1.RawValue{FullBytes: cert.RawIssuer}, cert.SerialNumber}, hash, own(attributes),
			pkix.AlgorithmIdentifier{Algorithm: oidECDSA}, signature}}}})
}

// signer is a key with a certificate that it signed itself.
func signer() (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Osoba Testowa"}, NotBefore: from, NotAfter: from.AddDate(5, 0, 0)}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(raw)
	return key, cert, err
}
