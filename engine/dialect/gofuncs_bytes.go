package dialect

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

func bytesGoFunctions() []ScalarFunction {
	return slices.Concat([]ScalarFunction{
		fn("from_utf8", "BLOB,VARCHAR", func(a []any) (any, error) { return fromUTF8(a[0].([]byte), "\uFFFD") }),
		fn("from_utf8_with", "BLOB,VARCHAR,VARCHAR", func(a []any) (any, error) { return fromUTF8(a[0].([]byte), a[1].(string)) }),
		fn("replacement", "BIGINT,VARCHAR", func(a []any) (any, error) {
			switch n := a[0].(int64); {
			case n < 0 && n >= math.MinInt32:
				return nil, failed{"GENERIC_INTERNAL_ERROR", fmt.Sprintf("Invalid code point 0x%X", uint32(n))}
			case n > utf8.MaxRune || n < 0 || !utf8.ValidRune(rune(n)):
				return nil, badArg("Invalid replacement character")
			default:
				return string(rune(n)), nil
			}
		}),
		fn("from_hex", "BLOB,BOOLEAN,BLOB", fromHex),
		fn("to_base32", "BLOB,VARCHAR", func(a []any) (any, error) { return base32.StdEncoding.EncodeToString(a[0].([]byte)), nil }),
		fn("from_base32", "BLOB,BOOLEAN,BLOB", func(a []any) (any, error) { return fromBase32(string(a[0].([]byte))) }),
		fn("from_base64", "BLOB,BOOLEAN,BLOB", func(a []any) (any, error) { return fromBase64(a[0].([]byte), "+/") }),
		fn("from_base64url", "BLOB,BOOLEAN,BLOB", func(a []any) (any, error) { return fromBase64(a[0].([]byte), "-_") }),
		fn("pad_bytes", "BLOB,BIGINT,BLOB,BOOLEAN,BLOB", padBytes),
	}, numberBytesGoFunctions(), digestGoFunctions())
}

// numberBytesGoFunctions turn numbers into bytes and back, the highest byte first.
func numberBytesGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("to_bytes", "BIGINT,INTEGER,BLOB", func(a []any) (any, error) {
			return binary.BigEndian.AppendUint64(nil, uint64(a[0].(int64)))[8-a[1].(int32):], nil
		}),
		fn("from_bytes", "BLOB,INTEGER,BIGINT", func(a []any) (any, error) {
			b, n := a[0].([]byte), int(a[1].(int32))
			switch {
			case len(b) != n:
				return nil, badArg("expected %d-byte input, but got instead: %d", n, len(b))
			case n == 4:
				return int64(int32(binary.BigEndian.Uint32(b))), nil
			}
			return int64(binary.BigEndian.Uint64(b)), nil
		}),
		fn("real_bytes", "FLOAT,BLOB", func(a []any) (any, error) {
			u := math.Float32bits(a[0].(float32))
			if u&0x7fffffff > 0x7f800000 {
				u = 0x7fc00000 // the one NaN that Trino writes
			}
			return binary.BigEndian.AppendUint32(nil, u), nil
		}),
		fn("double_bytes", "DOUBLE,BLOB", func(a []any) (any, error) {
			d := a[0].(float64)
			u := math.Float64bits(d)
			if math.IsNaN(d) {
				u = 0x7ff8000000000000
			}
			return binary.BigEndian.AppendUint64(nil, u), nil
		}),
		fn("bytes_real", "BLOB,FLOAT", func(a []any) (any, error) {
			b := a[0].([]byte)
			if len(b) != 4 {
				return nil, badArg("Input floating-point value must be exactly 4 bytes long")
			}
			return math.Float32frombits(binary.BigEndian.Uint32(b)), nil
		}),
		fn("bytes_double", "BLOB,DOUBLE", func(a []any) (any, error) {
			b := a[0].([]byte)
			if len(b) != 8 {
				return nil, badArg("Input floating-point value must be exactly 8 bytes long")
			}
			return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
		}),
	}
}

// fromUTF8 replaces every sequence that is no character, as long as it goes.
func fromUTF8(b []byte, with string) (any, error) {
	if utf8.RuneCountInString(with) > 1 {
		return nil, badArg("Replacement character string must empty or a single character")
	}
	if utf8.Valid(b) {
		return string(b), nil
	}
	var out strings.Builder
	for len(b) > 0 {
		n, ok := sequence8(b)
		if ok {
			out.Write(b[:n])
		} else {
			out.WriteString(with)
		}
		b = b[n:]
	}
	return out.String(), nil
}

// sequence8 gives the length of the first sequence of b by its lead byte, up to
// six, cut where it breaks off, and whether it is a character.
func sequence8(b []byte) (int, bool) {
	size := 1
	switch c := b[0]; {
	case c < 0x80:
		return 1, true
	case c&0xe0 == 0xc0:
		size = 2
	case c&0xf0 == 0xe0:
		size = 3
	case c&0xf8 == 0xf0:
		size = 4
	case c&0xfc == 0xf8:
		size = 5
	case c&0xfe == 0xfc:
		size = 6
	}
	for i := 1; i < size; i++ {
		if i >= len(b) || b[i]&0xc0 != 0x80 {
			return i, false
		}
	}
	return size, utf8.Valid(b[:size])
}

func fromHex(a []any) (any, error) {
	b := a[0].([]byte)
	if len(b)%2 != 0 {
		return nil, badArg("invalid input length %d", len(b))
	}
	out := make([]byte, len(b)/2)
	for i, c := range b {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			shown := rune(int16(int8(c))) & 0xffff // a byte as Java widens it
			if a[1].(bool) {
				return nil, badArg("not a hexadecimal digit: \"%c\" = %d", shown, int8(c))
			}
			return nil, badArg("invalid hex character: %c", shown)
		}
		out[i/2] = out[i/2]<<4 | byte(d)
	}
	return out, nil
}

// fromBase32 takes input with or without padding, in capitals.
func fromBase32(s string) (any, error) {
	s = strings.TrimRight(s, "=")
	n := 0 // in UTF-16 units
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	if m := n % 8; m == 1 || m == 3 || m == 6 {
		return nil, badArg("Invalid input length %d", n)
	}
	for _, r := range s {
		if r >= 'A' && r <= 'Z' || r >= '2' && r <= '7' {
			continue
		}
		if r <= 0x20 || r >= 0x7f {
			return nil, badArg("Unrecognized character: 0x%x", r)
		}
		return nil, badArg("Unrecognized character: %c", r)
	}
	// Bits left over count for nothing.
	out := []byte{}
	acc, have := uint32(0), 0
	for i := range len(s) {
		acc = acc<<5 | uint32(strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", s[i]))
		if have += 5; have >= 8 {
			have -= 8
			out = append(out, byte(acc>>have))
		}
	}
	return out, nil
}

// fromBase64 takes what Java's decoder takes, padding optional; extra are the two
// characters beside letters and digits.
func fromBase64(b []byte, extra string) (any, error) {
	alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + extra
	if len(b) == 1 {
		return nil, badArg("Input byte[] should at least have 2 bytes for base64 bytes")
	}
	end := len(b)
	for i, c := range b {
		if strings.IndexByte(alphabet, c) >= 0 {
			continue
		}
		if c != '=' {
			return nil, badArg("Illegal base64 character %x", uint32(int32(int8(c))))
		}
		// One = ends three characters, two end two.
		at := i % 4
		if at < 2 || at == 2 && (i+1 >= len(b) || b[i+1] != '=') {
			return nil, badArg("Input byte array has wrong 4-byte ending unit")
		}
		if after := i + 4 - at; len(b) > after {
			return nil, badArg("Input byte array has incorrect ending byte at %d", after)
		}
		end = i
		break
	}
	if end%4 == 1 {
		return nil, badArg("Last unit does not have enough valid bits")
	}
	out, _ := base64.NewEncoding(alphabet).WithPadding(base64.NoPadding).DecodeString(string(b[:end]))
	return out, nil
}

func padBytes(a []any) (any, error) {
	b, size, with, left := a[0].([]byte), a[1].(int64), a[2].([]byte), a[3].(bool)
	switch {
	case size < 0 || size > math.MaxInt32:
		return nil, badArg("Target length must be in the range [0..2147483647]")
	case len(with) == 0:
		return nil, badArg("Padding bytes must not be empty")
	case int64(len(b)) >= size:
		return b[:size], nil
	case size > 1<<24:
		return nil, badArg("Target length is too large")
	}
	fill := make([]byte, size-int64(len(b)))
	for i := range fill {
		fill[i] = with[i%len(with)]
	}
	if left {
		return append(fill, b...), nil
	}
	return append(slices.Clone(b), fill...), nil
}
