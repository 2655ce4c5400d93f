package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// inflateAfter unpacks blocks that were coded knowing what stood before.
func inflateAfter(data, before []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReaderDict(bytes.NewReader(data), before))
}

// oneRow counts a line that is not plain as a row.
func oneRow([]byte) int64 { return 1 }

// Whatever the text, what the coder takes comes back from the standard library's
// decoder, and each of its lines is a row.
func checkCoder(t rapid.TB, c *recordCoder, text []byte, start int, delimited, last bool) (taken bool) {
	t.Helper()
	out, rows, ok := c.encode([]byte("kept"), &Block{Text: text, Start: start, Delimited: delimited, Last: last}, oneRow)
	if !ok {
		if string(out) != "kept" {
			t.Fatalf("a block that was not taken left %d bytes", len(out))
		}
		return false
	}
	data := out[len("kept"):]
	if !last {
		// As a stream's last block ends: an empty one that says so.
		data = append(bytes.Clone(data), 1, 0, 0, 0xff, 0xff)
	}
	got, err := inflateAfter(data, text[:start])
	if err != nil || !bytes.Equal(got, text[start:]) {
		t.Fatalf("%q after %q came back as %q, %v", text[start:], text[:start], got, err)
	}
	if want := int64(bytes.Count(text[start:], []byte("\n"))); delimited && rows != want {
		t.Fatalf("%q: %d rows, want %d", text[start:], rows, want)
	}
	return true
}

func TestRecordCoder(t *testing.T) {
	const a, b, other = `{"k":"x","n":1,"s":"abc"}`, `{"k":"longer value here","n":-2.5,"s":""}`, `{"k":"x","n":1}`
	long := `{"k":"` + strings.Repeat("v", 70_000) + `","n":1,"s":"` + strings.Repeat("ab", 300) + `"}`
	many := strings.Builder{}
	for i := range 3000 {
		fmt.Fprintf(&many, `{"k":"%x","n":%d,"s":"%s"}`+"\n", i*i*2654435761, i%7, strings.Repeat("z", i%300))
	}
	var c recordCoder
	for _, v := range []struct {
		text      string
		start     int
		delimited bool
		taken     bool
	}{
		{a + "\n", 0, true, true}, {a + "\n" + a + "\n" + b + "\n" + a + "\n", 0, true, true}, {a + b + a + a, 0, false, true},
		{a + "\n" + b + "\n" + a + "\n", len(a) + 1, true, true}, {a + b + a, len(a), false, true}, {a + "\n" + b + "\n" + a + "\n", 5, true, true},
		{long + "\n" + a + "\n" + long + "\n" + long + "\n", 0, true, true}, {many.String(), 0, true, true}, {many.String(), 8000, true, true},
		{a + "\n" + other + "\n" + a + "\n", 0, true, true}, {a + other + a, 0, false, false}, {a + "\n{\n" + a + "\n", 0, true, true}, {a + "\n\n" + a + "\n", 0, true, true},
		{"x\n" + a + "\n", 0, true, true}, {a + "\n" + strings.Repeat(other+"\n", 20), 0, true, false}, {a + "\n" + `{"k":"\n","n":1,"s":""}` + "\n", 0, true, true},
		{a + "\n" + "{\"k\":\"\r\",\"n\":1,\"s\":\"\"}" + "\n", 0, true, true}, {a + "\n" + "{\"k\":\"\n\",\"n\":1,\"s\":\"\"}" + "\n", 0, true, false},
		{"", 0, true, false}, {"\n", 0, true, false}, {"text", 0, false, false}, {a, 0, true, false}, {`{"k":"}"}` + "\n" + a + "\n", 0, true, true},
	} {
		for _, last := range []bool{true, false} {
			if taken := checkCoder(t, &c, []byte(v.text), v.start, v.delimited, last); taken != v.taken {
				t.Errorf("%.80q from %d, delimited %v: taken %v, want %v", v.text, v.start, v.delimited, taken, v.taken)
			}
		}
	}
}

func TestRecordCoderProperty(t *testing.T) {
	var c recordCoder
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.IntRange(1, 5).Draw(t, "keys")
		delimited := rapid.Bool().Draw(t, "delimited")
		var text bytes.Buffer
		starts := []int{}
		for i := range rapid.IntRange(1, 120).Draw(t, "records") {
			starts = append(starts, text.Len())
			if i > 60 && rapid.IntRange(0, 70).Draw(t, "odd") == 0 {
				text.WriteString(rapid.SampledFrom([]string{"", "x", `{"k0":1}`, `{"k0":`}).Draw(t, "what"))
			} else {
				for k := range keys {
					value := rapid.SampledFrom([]string{`"a"`, `"b"`, `1`, `2.5`, `null`, `true`, `""`, `"a longer value"`, `"` + strings.Repeat("w", 300) + `"`, fmt.Sprintf(`"%d"`, i*7919), fmt.Sprint(i)}).Draw(t, "value")
					fmt.Fprintf(&text, `%s"k%d":%s`, map[bool]string{true: "{", false: ","}[k == 0], k, value)
				}
				text.WriteString("}")
			}
			if delimited {
				text.WriteByte('\n')
			}
		}
		start := rapid.SampledFrom(starts).Draw(t, "start")
		checkCoder(t, &c, text.Bytes(), start, delimited, rapid.Bool().Draw(t, "last"))
	})
}

// The coder has no memory: what it coded before does not change what it codes.
func TestRecordCoderForgets(t *testing.T) {
	text := []byte{}
	for i := range 200 {
		text = fmt.Appendf(text, `{"id":"%x","kind":"%s","n":%d,"share":%d.5,"at":"2025-08-11T10:%02d:%02dZ"}`+"\n", i*i*2654435761, []string{"start", "stop", "pause"}[i%3], i/7, i%13, i/60, i%60)
	}
	var used, fresh recordCoder
	block := func(text []byte, last bool) *Block { return &Block{Text: text, Delimited: true, Last: last} }
	used.encode(nil, block([]byte(strings.Repeat(`{"other":"shape"}`+"\n", 50)), false), oneRow)
	used.encode(nil, block(text[:bytes.LastIndexByte(text[:len(text)/2], '\n')+1], false), oneRow)
	a, _, _ := used.encode(nil, block(text, true), oneRow)
	b, _, ok := fresh.encode(nil, block(text, true), oneRow)
	if !ok || !bytes.Equal(a, b) {
		t.Errorf("%d bytes after other blocks, %d bytes alone", len(a), len(b))
	}
}

// What was seen of records when they came saves the coder looking, and changes nothing:
// not their bytes, and not where one of another shape is among them.
func TestRecordCoderSeen(t *testing.T) {
	shapes := []string{`{"k":"%x","n":%d,"s":null}`, `{"k":"%x","n":%d}`, `{"k":"\\%x","n":%d,"s":null}`}
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		var s Shape
		var k Known
		start, plain := 0, true
		others := rapid.Bool().Draw(t, "others")
		n := rapid.IntRange(1, 60).Draw(t, "records")
		begin := rapid.IntRange(0, n-1).Draw(t, "begin")
		for i := range n {
			form := shapes[0]
			if others && rapid.IntRange(0, 9).Draw(t, "shape") == 0 {
				form = rapid.SampledFrom(shapes).Draw(t, "other")
			}
			record := fmt.Appendf(nil, form, rapid.IntRange(0, 1<<rapid.IntRange(1, 60).Draw(t, "bits")).Draw(t, "k"), rapid.IntRange(-9, 9).Draw(t, "n"))
			if i == begin {
				start, plain = len(text), true
			}
			if s.Plain(record) {
				k.Add(&s, len(text), i == begin)
			} else {
				k.Add(nil, len(text), i == begin)
				plain = false
			}
			text = append(append(text, record...), '\n')
		}
		var a, b recordCoder
		of := Block{Text: text, Start: start, Delimited: true, Last: true}
		want, wantCount, wantOK := a.encode(nil, &of, oneRow)
		of.Known = &k
		got, count, ok := b.encode(nil, &of, oneRow)
		if !plain && len(k.keys) > 0 {
			t.Fatalf("a record that is not plain is taken for known: %q", text[start:])
		}
		if ok != wantOK || count != wantCount || !bytes.Equal(got, want) {
			t.Fatalf("%q after %q: %v %v in %d bytes, and %v %v in %d without what was seen", text[start:], text[:start], ok, count, len(got), wantOK, wantCount, len(want))
		}
	})
}

func FuzzRecordCoder(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"a\":2}\n", "{\"a\":\"x\",\"b\":\"y\"}\n{\"a\":\"x\",\"b\":\"z\"}\n", "{\"a\":1}{\"a\":1}", "{\"a\":1}\nx\n{\"a\":1}\n"} {
		f.Add([]byte(s), 0, true, true)
		f.Add([]byte(s), 8, false, false)
	}
	var c recordCoder
	f.Fuzz(func(t *testing.T, text []byte, start int, delimited, last bool) {
		if start < 0 || start > len(text) {
			return
		}
		if delimited && (len(text) == 0 || text[len(text)-1] != '\n') {
			return // a delimited block ends with a newline
		}
		checkCoder(t, &c, text, start, delimited, last)
	})
}

// A coder that is wrong costs time and nothing else: a block that does not come
// back is refused.
func TestCoderProves(t *testing.T) {
	text := []byte(strings.Repeat(`{"k":"x","n":1,"s":"abc"}`+"\n", 100))
	for _, last := range []bool{true, false} {
		b := &Block{Text: text, Delimited: true, Last: last}
		c := &Coder{}
		out, rows, ok := c.Encode(nil, b, oneRow)
		if !ok || rows != 100 {
			t.Fatalf("last %v: a good block is refused, or counted as %d rows", last, rows)
		}
		for i := range out {
			bad := bytes.Clone(out)
			bad[i] ^= 0x10
			if c.comesBack(bad, b) && !sameText(t, bad, text) {
				t.Fatalf("last %v: byte %d changed, and the block was taken", last, i)
			}
		}
		for _, bad := range [][]byte{out[:len(out)/2], append(bytes.Clone(out), out...)} {
			if c.comesBack(bad, b) {
				t.Errorf("last %v: %d bytes in place of %d were taken", last, len(bad), len(out))
			}
		}
	}
}

// sameText says that packed unpacks to text all the same: not every bit of a
// deflate stream means something.
func sameText(t *testing.T, packed, text []byte) bool {
	t.Helper()
	got, _ := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	return bytes.Equal(got, text)
}
