package files

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "plik",
		".":                             "plik",
		"...":                           "plik",
		".pdf":                          "pdf",
		"Plan zajęć.PDF":                "Plan zajęć.pdf",
		"../../etc/passwd":              "passwd",
		`C:\Users\Ola\umowa.pdf`:        "umowa.pdf",
		"a/../../b.txt":                 "b.txt",
		"a\x00b\x1f\x7f.txt":            "ab.txt",
		"faktura\u202efdp.exe":          "fakturafdp.exe",
		"a\u200b\ufeff\u2066b.txt":      "ab.txt",
		"umowa.exe.pdf":                 "umowa_exe.pdf",
		"umowa.pdf.exe":                 "umowa.pdf.exe",
		"a.exe.bat.png":                 "a_exe_bat.png",
		"a.htm .png":                    "a_htm.png",
		"strona.html":                   "strona.html",
		"con.txt":                       "_con.txt",
		"COM1":                          "_COM1",
		"NUL.tar.gz":                    "_NUL.tar.gz",
		"console.txt":                   "console.txt",
		`a<b>c:"d|e?f*.txt`:             "a_b_c__d_e_f_.txt",
		"  wiele \t\n spacji  .  txt  ": "wiele spacji . txt",
		"nazwa. ":                       "nazwa",
		"o\u0301la.txt":                 "óla.txt",
		"z" + strings.Repeat("\u0336", 50) + "a.txt": "z\u0336\u0336a.txt",
		strings.Repeat("ż", 300) + ".pdf":            strings.Repeat("ż", 96) + ".pdf",
		"\xff\xfeabc.txt":                            "abc.txt",
		"\u3164\u2800":                               "plik",
	} {
		if got := CleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"plan.pdf":            `attachment; filename=plan.pdf`,
		"Zażółć gęślą.pdf":    `attachment; filename="Zazolc gesla.pdf"; filename*=UTF-8''Za%C5%BC%C3%B3%C5%82%C4%87%20g%C4%99%C5%9Bl%C4%85.pdf`,
		"школа.txt":           `attachment; filename=_____.txt; filename*=UTF-8''%D1%88%D0%BA%D0%BE%D0%BB%D0%B0.txt`,
		"a+b'c%(1); x=\".pdf": `attachment; filename="a_b_c__1__ x__.pdf"; filename*=UTF-8''a%2Bb%27c%25%281%29%3B%20x%3D%22.pdf`,
	} {
		if got := disposition(false, name); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", name, got, want)
		}
	}
	if got := disposition(true, "a.png"); got != "inline; filename=a.png" {
		t.Error(got)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"", "../a", "a\x00.txt", "umowa.exe.pdf", "a\u202e.exe", "CON", "o\u0301", strings.Repeat("ż", 300), "a.exe.", "\u0301.pdf", "a. .b", "con .exe", "\xff.\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := CleanName(in)
		if again := CleanName(got); again != got {
			t.Fatalf("%q: %q, then %q", in, got, again)
		}
		if got == "" || !utf8.ValidString(got) || len(got) > maxNameBytes || strings.ContainsAny(got, "/\\\x00<>:\"|?*") || strings.Trim(got, " .") != got {
			t.Fatalf("%q: %q", in, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("%q: %q holds %U", in, got, r)
			}
		}
		kind, args, err := mime.ParseMediaType(disposition(false, got))
		if err != nil || kind != "attachment" || args["filename"] != got {
			t.Fatalf("%q: header %q reads %v, %v", got, disposition(false, got), args, err)
		}
	})
}
