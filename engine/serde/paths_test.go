package serde

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"
)

var mixed = []Column{
	{Name: "s", Type: Of(String)}, {Name: "i", Type: Of(Int)}, {Name: "l", Type: Of(BigInt)},
	{Name: "d", Type: Of(Double)}, {Name: "b", Type: Of(Boolean)}, {Name: "t", Type: Of(Date)},
	{Name: "unread", Type: Of(Int)}, {Name: "s_2", Type: Of(String)},
}

var mixedProject = []int{0, 1, 2, 3, 4, 5, 7}

// small makes a reader whose buffer is so small that every line takes the way
// of an undelimited object of many megabytes.
func small(tb testing.TB, o Options) *Reader {
	r := mixedReader(tb, o)
	r.src.size, r.src.long = 16, 24
	return r
}

func mixedReader(tb testing.TB, o Options) *Reader {
	r, err := New(mixed, mixedProject, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// dump gives everything a reader says of an object.
func dump(r *Reader, name string, body io.Reader) string {
	var out strings.Builder
	r.Open(name, body)
	for {
		b, err := r.Next()
		if err != nil {
			fmt.Fprintf(&out, "%v\n", err)
			break
		}
		for i := range b.Rows {
			for c := range b.Columns {
				v := &b.Columns[c]
				fmt.Fprintf(&out, "%t ", v.IsNull(i))
				switch {
				case v.Offsets != nil:
					fmt.Fprintf(&out, "%q ", v.Bytes(i))
				case v.Ints != nil:
					fmt.Fprint(&out, v.Ints[i], " ")
				case v.BigInts != nil:
					fmt.Fprint(&out, v.BigInts[i], " ")
				case v.Doubles != nil:
					fmt.Fprint(&out, v.Doubles[i], " ")
				default:
					fmt.Fprint(&out, v.Bools[i], " ")
				}
			}
			out.WriteByte('\n')
		}
	}
	s := r.Stats()
	if r.err != io.EOF { // how far it had read ahead is no answer
		s.RawBytes, s.Bytes, s.Members = 0, 0, 0
	}
	fmt.Fprintf(&out, "%+v", s)
	return out.String()
}

// odd is a generator of lines that look like JSON and often are not.
func odd() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		`{`, `}`, `[`, `]`, `:`, `,`, `;`, `=`, `=>`, ` `, "\t", `"s"`, `"S"`, `"i"`, `"l":`, `"d":`, `"b":`, `"t":`, `"unread":`, `"s_2":`, `"x":`,
		`{"s":`, `"a\u00e9b"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\udc00x"`, `"\\"`, `"\`, `"日本語"`, "\"\xff\"", "\"\xed\xa0\x80\"", `'q'`, `null`, `NULL`, `true`, `False`,
		`1`, `-7`, `007`, `08`, `0x1F`, `1.50`, `1e3`, `-0.0`, `3000000000`, `99999999999999999999`, `NaN`, `"2024-02-30"`, `"2024-01-05 x"`, `19000`,
		`/* c */`, `// c`, `#`, `/`, `"`, `'`, "\n", "\r\n", "\r", `{"i":1}`, `{"s":"x","i":2}`, `[1,2]`, "\x00", "\f", `\`, `"s.2":`,
	})
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 24).Draw(t, "pieces"), "") })
}

// samePaths fails where the fast path, the slow path and the way through tiny
// buffers do not say the same of an object.
func samePaths(tb testing.TB, body string) {
	for _, o := range []Options{{}, {IgnoreMalformed: true}} {
		want := mixedReader(tb, o)
		want.parse.simple = false
		slow := dump(want, "f.json", strings.NewReader(body))
		if got := dump(mixedReader(tb, o), "f.json", strings.NewReader(body)); got != slow {
			tb.Fatalf("fast path of %q (%+v):\n%s\nslow path:\n%s", body, o, got, slow)
		}
		if got := dump(small(tb, o), "f.json", iotest.OneByteReader(strings.NewReader(body))); got != slow {
			tb.Fatalf("tiny buffers of %q (%+v):\n%s\nwhole:\n%s", body, o, got, slow)
		}
	}
}

func TestPathsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { samePaths(t, odd().Draw(rt, "object")) })
}

func FuzzPaths(f *testing.F) {
	for _, seed := range []string{
		`{"s":"x","i":1,"l":2,"d":1.25,"b":true,"t":"2025-08-11","unread":3,"s_2":"y"}`,
		`{"S":"x","I":-1, "d": 1e400,"zz":{"a":[1,{"b":null}]}}` + "\n" + `{"i":"7.9"}{"i":8}`,
		`{'s':bare;"i"=0x10 /* c */}` + "\r\n\r" + `[1,,"3"]`,
		"\xef\xbb\xbf{\"s\":\"\xff\\ud83d\\ude00\\\\\"}", `{"i":{}}`, `{"s":"\u00`, `{"s":"\u+041\-"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { samePaths(t, string(body)) })
}

// FuzzGzip holds that no bytes under a .gz name make the reader panic, and that
// what it accepts unpacks to the same as the library says.
func FuzzGzip(f *testing.F) {
	var good bytes.Buffer
	w := gzip.NewWriter(&good)
	w.Write([]byte(`{"s":"x"}` + "\n"))
	w.Close()
	f.Add(good.Bytes())
	f.Add(append(good.Bytes(), good.Bytes()...))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, body []byte) {
		r := mixedReader(t, Options{IgnoreMalformed: true, MaxBytes: 1 << 20})
		got := dump(r, "f.gz", bytes.NewReader(body))
		if r.err != io.EOF {
			return
		}
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatalf("read %q from bytes that are not gzip: %v", got, err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || int64(len(plain)) != r.Stats().Bytes {
			t.Fatalf("read %d bytes, the library %d and %v", r.Stats().Bytes, len(plain), err)
		}
	})
}
