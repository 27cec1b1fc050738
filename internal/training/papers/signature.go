package papers

import (
	"bytes"
	"crypto"
	_ "crypto/sha256" // the hashes of messageDigest
	_ "crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"regexp"
	"strconv"
)

// What a file must bear to count as signed: a signature dictionary whose
// /ByteRange covers the whole file but the gap of its own /Contents, and in the
// gap a CMS SignedData whose messageDigest is the hash of what is covered. So a
// file to which somebody merely added words is not signed, nor is one that was
// changed after it was.
//
// Who signed is not checked: there is no list of trusted certificates here, and
// the page says so. Whoever closes the batch answers for that.

var (
	rangeName  = []byte("/ByteRange")
	rangeShape = regexp.MustCompile(`^/ByteRange\s*\[\s*0\s+([0-9]{1,10})\s+([0-9]{1,10})\s+([0-9]{1,10})\s*\]`)
	gapShape   = regexp.MustCompile(`/Contents\s*$`)
	white      = []byte(" \t\r\n\f\x00")
)

// oid names of CMS (RFC 5652) and of the hashes that signatures may use.
var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidHashes        = map[string]crypto.Hash{
		"2.16.840.1.101.3.4.2.1": crypto.SHA256, "2.16.840.1.101.3.4.2.2": crypto.SHA384, "2.16.840.1.101.3.4.2.3": crypto.SHA512,
	}
)

type (
	cmsInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,optional,tag:0"`
	}
	cmsSigned struct {
		Version      int
		Hashes       []pkix.AlgorithmIdentifier `asn1:"set"`
		Inner        cmsInfo
		Certificates asn1.RawValue   `asn1:"optional,tag:0"`
		Revocations  asn1.RawValue   `asn1:"optional,tag:1"`
		Signers      []asn1.RawValue `asn1:"set"`
	}
	cmsSigner struct {
		Version    int
		Who        asn1.RawValue
		Hash       pkix.AlgorithmIdentifier
		Attributes asn1.RawValue `asn1:"optional,tag:0"`
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
		Unsigned   asn1.RawValue `asn1:"optional,tag:1"`
	}
	cmsAttribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
)

// unsignedWhy tells why a file does not count as signed: "" when it does,
// "unsigned" without a signature dictionary, "bad_signature" when its last one
// does not fit the file. The first size bytes are our print: the signature must
// cover them.
func unsignedWhy(data []byte, size int64) string {
	at := bytes.LastIndex(data, rangeName)
	if at < 0 {
		return "unsigned"
	}
	m := rangeShape.FindSubmatch(data[at:])
	if m == nil {
		return "bad_signature"
	}
	var n [3]int64
	for i := range n {
		n[i], _ = strconv.ParseInt(string(m[i+1]), 10, 64) // ten digits fit
	}
	a, b, c := n[0], n[1], n[2]
	if a < size || a >= b || b+c != int64(len(data)) || !gapShape.Match(data[max(0, a-40):a]) {
		return "bad_signature"
	}
	der, ok := hexString(data[a:b])
	if !ok || !signs(der, data[:a], data[b:]) {
		return "bad_signature"
	}
	return ""
}

// hexString reads a hexadecimal string of a PDF, which must be all there is.
func hexString(gap []byte) ([]byte, bool) {
	if len(gap) < 4 || gap[0] != '<' || gap[len(gap)-1] != '>' {
		return nil, false
	}
	digits := make([]byte, 0, len(gap))
	for _, c := range gap[1 : len(gap)-1] {
		if bytes.IndexByte(white, c) < 0 {
			digits = append(digits, c)
		}
	}
	if len(digits)%2 != 0 {
		digits = append(digits, '0')
	}
	out, err := hex.DecodeString(string(digits))
	return out, err == nil
}

// signs tells whether der is a CMS SignedData, with nothing but zeros after it,
// of one signer whose messageDigest is the hash of the parts.
func signs(der []byte, parts ...[]byte) bool {
	var info cmsInfo
	rest, err := asn1.Unmarshal(der, &info)
	if err != nil || len(bytes.Trim(rest, "\x00")) > 0 || !info.Type.Equal(oidSignedData) {
		return false
	}
	var all cmsSigned
	if !whole(info.Content.Bytes, &all) || len(all.Signers) != 1 {
		return false
	}
	var signer cmsSigner
	if !whole(all.Signers[0].FullBytes, &signer) || len(signer.Signature) == 0 {
		return false
	}
	hash, known := oidHashes[signer.Hash.Algorithm.String()]
	digest, there := messageDigest(signer.Attributes.Bytes)
	if !known || !there {
		return false
	}
	sum := hash.New()
	for _, p := range parts {
		sum.Write(p)
	}
	return bytes.Equal(sum.Sum(nil), digest)
}

// messageDigest finds the attribute among the signed ones, where it must stand
// once and with one value.
func messageDigest(attributes []byte) (digest []byte, there bool) {
	for len(attributes) > 0 {
		var a cmsAttribute
		rest, err := asn1.Unmarshal(attributes, &a)
		if err != nil {
			return nil, false
		}
		attributes = rest
		if !a.Type.Equal(oidMessageDigest) {
			continue
		}
		if there || len(a.Values) != 1 || !whole(a.Values[0].FullBytes, &digest) {
			return nil, false
		}
		there = true
	}
	return digest, there
}

// whole reads one value that is all there is.
func whole(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}
