package papers

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

const ourPrint = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"

// gapped is our print with a signature dictionary that says a, b, c and has a
// gap of what is in contents; tail stands after it.
func gapped(name, contents, tail string, fit func(a, b, c int) [3]int) []byte {
	head := ourPrint + "9 0 obj\n<< /Type /Sig /ByteRange "
	const ranges = "[0 %010d %010d %010d]"
	a := len(head) + len(fmt.Sprintf(ranges, 0, 0, 0)) + len(name)
	n := fit(a, a+len(contents), len(tail))
	return []byte(head + fmt.Sprintf(ranges, n[0], n[1], n[2]) + name + contents + tail)
}

func asTheyAre(a, b, c int) [3]int { return [3]int{a, b, c} }

// contentsOf is the hexadecimal string of what SignForTest made, with its brackets.
func contentsOf(data []byte) string {
	at := bytes.LastIndex(data, []byte("/Contents ")) + len("/Contents ")
	return string(data[at : at+bytes.IndexByte(data[at:], '>')+1])
}

// cmsOf is a SignedData with a digest and whatever else, without a key: nobody
// checks the key here, so what is left out must be refused by its shape.
func cmsOf(t *testing.T, kind asn1.ObjectIdentifier, hash asn1.ObjectIdentifier, digests ...[]byte) string {
	t.Helper()
	der := func(v any, params ...string) []byte {
		out, err := asn1.MarshalWithParams(v, strings.Join(params, ","))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	box := func(class, tag int, parts ...[]byte) []byte {
		return der(asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: bytes.Join(parts, nil)})
	}
	var attributes []byte
	for _, d := range digests {
		attributes = append(attributes, box(0, asn1.TagSequence, der(oidMessageDigest), box(0, asn1.TagSet, der(d)))...)
	}
	algorithm := box(0, asn1.TagSequence, der(hash))
	signer := box(0, asn1.TagSequence, der(1), box(0, asn1.TagSequence), algorithm, box(2, 0, attributes), algorithm, der([]byte{1}))
	signed := box(0, asn1.TagSequence, der(1), box(0, asn1.TagSet, algorithm), box(0, asn1.TagSequence, der(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1})), box(0, asn1.TagSet, signer))
	return "<" + hex.EncodeToString(append(box(0, asn1.TagSequence, der(kind), box(2, 0, signed)), 0, 0, 0)) + ">"
}

func TestSignature(t *testing.T) {
	good := pades(t, []byte(ourPrint))
	at := bytes.LastIndex(good, []byte("/ByteRange"))
	const tail = " >>\nendobj\n%%EOF\n"
	sha := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	// Made with the right hash: what is covered does not hold the gap, so the
	// hash of a first draft with a gap of the same size is that of the last.
	fit := func(kind, hash asn1.ObjectIdentifier, times int) []byte {
		draft := cmsOf(t, kind, hash, slicesOf(make([]byte, 32), times)...)
		f := gapped(" /Contents ", draft, tail, asTheyAre)
		sum := sha256.Sum256(append(bytes.Clone(f[:len(f)-len(tail)-len(draft)]), tail...))
		return gapped(" /Contents ", cmsOf(t, kind, hash, slicesOf(sum[:], times)...), tail, asTheyAre)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"signed":                       {good, ""},
		"signed twice":                 {pades(t, good), ""},
		"made by hand":                 {fit(oidSignedData, sha, 1), ""},
		"no signature":                 {[]byte(ourPrint), "unsigned"},
		"only the word":                {[]byte(ourPrint + "/ByteRange ["), "bad_signature"},
		"words that look like one":     {forged([]byte(ourPrint)), "bad_signature"},
		"a forged one after a real":    {forged(good), "bad_signature"},
		"something added after":        {append(bytes.Clone(good), "%%EOF\n"...), "bad_signature"},
		"a byte changed within":        {bytes.Replace(good, []byte("/Adobe.PPKLite"), []byte("/Adobe.PPKLitf"), 1), "bad_signature"},
		"a byte changed after":         {bytes.Replace(good, []byte("endobj\n%%EOF\n"), []byte("endobj\n%%EOF\t"), 2), "bad_signature"},
		"signed before it was printed": {append([]byte(ourPrint), good[len(ourPrint):at]...), "unsigned"},
		"the signature of another":     {gapped(" /Contents ", contentsOf(pades(t, []byte("%PDF-1.4 other"))), tail, asTheyAre), "bad_signature"},
		"empty":                        {gapped(" /Contents ", "<00>", tail, asTheyAre), "bad_signature"},
		"no hexadecimal string":        {gapped(" /Contents ", "(words)", tail, asTheyAre), "bad_signature"},
		"a gap of something else":      {gapped(" /Reason ", contentsOf(good), tail, asTheyAre), "bad_signature"},
		"an empty gap":                 {gapped(" /Contents ", "<00>", tail, func(a, _, c int) [3]int { return [3]int{a, a, c + 4} }), "bad_signature"},
		"a gap in the print":           {gapped(" /Contents ", "<00>", tail, func(a, b, c int) [3]int { return [3]int{9, b, c} }), "bad_signature"},
		"beyond the file":              {gapped(" /Contents ", "<00>", tail, func(a, b, c int) [3]int { return [3]int{a, b, 1 << 31} }), "bad_signature"},
		"other data":                   {fit(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, sha, 1), "bad_signature"},
		"an old hash":                  {fit(oidSignedData, asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, 1), "bad_signature"},
		"two hashes":                   {fit(oidSignedData, sha, 2), "bad_signature"},
		"no hash":                      {fit(oidSignedData, sha, 0), "bad_signature"},
	} {
		if got := unsignedWhy(c.data, int64(len(ourPrint))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func slicesOf(b []byte, times int) (all [][]byte) {
	for range times {
		all = append(all, b)
	}
	return all
}
