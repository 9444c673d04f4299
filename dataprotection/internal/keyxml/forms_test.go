package keyxml_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// referenceFiles calls test with each file that ASP.NET Core wrote.
func referenceFiles(t *testing.T, pattern string, test func(t *testing.T, file []byte)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "reference", "*", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), func(t *testing.T) { test(t, file) })
	}
}

var version = regexp.MustCompile(`Version=[0-9.]+`)

// sameBut compares two files, the version of .NET in them aside.
func sameBut(t *testing.T, got, want []byte) {
	t.Helper()
	got, want = version.ReplaceAll(got, []byte("Version=V")), version.ReplaceAll(want, []byte("Version=V"))
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormsOfReferenceFiles(t *testing.T) {
	referenceFiles(t, "*.xml", func(t *testing.T, file []byte) {
		line, err := keyxml.OneLine(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(line, "\n\r\ufeff") || !bytes.HasPrefix(line, []byte("<")) || bytes.HasPrefix(line, []byte("<?")) {
			t.Errorf("OneLine has line breaks, byte order mark or declaration:\n%s", line)
		}
		if got, err := keyxml.File(line); err != nil || !bytes.Equal(got, file) {
			t.Errorf("File(OneLine(file)) = %v\n%s\nwant\n%s", err, got, file)
		}
		want := bytes.TrimPrefix(file, []byte("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
		if got, err := keyxml.Indented(line); err != nil || !bytes.Equal(got, want) {
			t.Errorf("Indented(OneLine(file)) = %v\n%s\nwant\n%s", err, got, want)
		}
	})
}

// What .NET 10 writes when it has read the input.
func TestForms(t *testing.T) {
	for _, row := range []struct{ name, in, indented, line string }{
		{"empty", `<a/>`, `<a />`, `<a />`},
		{"declaration dropped", `<?xml version='1.0' standalone='yes'?><a/>`, `<a />`, `<a />`},
		{"around the root", "<!--x-->\n<a/><?pi y?> ", `<a />`, `<a />`},
		{"line ends", "<a>\r\n<b/>\r\n</a>", "<a>\n  <b />\n</a>", `<a><b /></a>`},
		{"default namespace", `<a xmlns='u'><b xmlns=''><c/></b></a>`, "<a xmlns=\"u\">\n  <b xmlns=\"\">\n    <c />\n  </b>\n</a>", `<a xmlns="u"><b xmlns=""><c /></b></a>`},
		{"comment", `<a><!--c--></a>`, "<a>\n  <!--c-->\n</a>", `<a><!--c--></a>`},
		{"comment and white space", "<a> <!--c-->\n</a>", "<a>\n  <!--c-->\n</a>", `<a><!--c--></a>`},
		{"comment in text", `<a>x<!--c-->y</a>`, `<a>x<!--c-->y</a>`, `<a>x<!--c-->y</a>`},
		{"processing instruction", `<a><?PI  some thing ?><b/></a>`, "<a>\n  <?PI some thing ?>\n  <b />\n</a>", `<a><?PI some thing ?><b /></a>`},
		{"escapes in text", `<a>&lt;&amp;&gt;"'</a>`, `<a>&lt;&amp;&gt;"'</a>`, `<a>&lt;&amp;&gt;"'</a>`},
		{"escapes in attributes", `<a b='&lt;&amp;&gt;"&apos;&#9;&#10;&#13;'/>`, `<a b="&lt;&amp;&gt;&quot;'&#x9;&#xA;&#xD;" />`, `<a b="&lt;&amp;&gt;&quot;'&#x9;&#xA;&#xD;" />`},
		{"line breaks in text", "<a>x\ny&#13;z&#13;&#10;.</a>", "<a>x\ny\nz\n.</a>", "<a>x\ny\nz\n.</a>"},
		{"prefixes", `<p:a xmlns:p='u' p:b='c'/>`, `<p:a xmlns:p="u" p:b="c" />`, `<p:a xmlns:p="u" p:b="c" />`},
		{"beyond ASCII", `<a>é😀</a>`, `<a>é😀</a>`, `<a>é😀</a>`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := keyxml.Indented([]byte(row.in)); err != nil || string(got) != row.indented {
				t.Errorf("Indented(%q) = %q, %v, want %q", row.in, got, err, row.indented)
			}
			if got, err := keyxml.OneLine([]byte(row.in)); err != nil || string(got) != row.line {
				t.Errorf("OneLine(%q) = %q, %v, want %q", row.in, got, err, row.line)
			}
		})
	}
}

func TestFormsRefuse(t *testing.T) {
	long := "<a>" + strings.Repeat("&#62;", keyxml.MaxSize/5-3) + "</a>"
	for name, in := range map[string]string{"cut": "<a", "empty": "", "grows beyond the limit": strings.ReplaceAll(long, "&#62;", "'>' >")} {
		for form, to := range map[string]func([]byte) ([]byte, error){"File": keyxml.File, "Indented": keyxml.Indented, "OneLine": keyxml.OneLine} {
			if got, err := to([]byte(in)); err == nil || got != nil {
				t.Errorf("%s: %s = %d bytes, %v, want an error and nothing else", name, form, len(got), err)
			}
		}
	}
}
