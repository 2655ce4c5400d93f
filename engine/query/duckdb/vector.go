package duckdb

import (
	"strings"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/serde"
)

// inlineText is how long a text may be to lie in its duckdb_string_t itself.
const inlineText = 12

// stringT is duckdb_string_t: a length, then either the text itself or its first
// four bytes and where it lies. The address is no field: text that lies in its
// place would be a pointer to the garbage collector.
type stringT struct {
	length uint32
	rest   [inlineText]byte
}

// address is where a text that is not inline lies. s must lie in DuckDB's memory.
func (s *stringT) address() unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&s.rest[4])) }

func (s *stringT) setAddress(p unsafe.Pointer) { *(*uintptr)(unsafe.Pointer(&s.rest[4])) = uintptr(p) }

// vectorReader reads a flat vector of DuckDB's. It is valid as long as the chunk.
type vectorReader struct {
	vec   duck.Vector
	data  unsafe.Pointer
	valid unsafe.Pointer // nil where every row is valid
	items *vectorReader  // the elements of a list that is an argument, from first on
	first int
}

func newVectorReader(v duck.Vector) vectorReader {
	return vectorReader{vec: v, data: duck.VectorGetData(v), valid: duck.VectorGetValidity(v)}
}

func (r *vectorReader) null(i int) bool {
	if r.valid == nil {
		return false
	}
	word := *(*uint64)(unsafe.Add(r.valid, i>>6*8))
	return word&(1<<(uint(i)&63)) == 0
}

// text copies the text of row i.
func (r *vectorReader) text(i int) string { return strings.Clone(r.view(i)) }

// view is the text of row i in DuckDB's memory, gone with the chunk.
func (r *vectorReader) view(i int) string {
	s := (*stringT)(unsafe.Add(r.data, i*int(unsafe.Sizeof(stringT{}))))
	if s.length <= inlineText {
		return unsafe.String(&s.rest[0], s.length)
	}
	return unsafe.String((*byte)(s.address()), s.length)
}

// bytes is the fixed-width value of row i in DuckDB's memory, gone with the chunk.
func (r *vectorReader) bytes(i, width int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(r.data, i*width)), width)
}

func at[T any](r *vectorReader, i int) T {
	var zero T
	return *(*T)(unsafe.Add(r.data, i*int(unsafe.Sizeof(zero))))
}

// fillColumn writes a column of a batch into a vector of an output chunk.
func fillColumn(vec duck.Vector, v *serde.Vector, rows int) {
	data := duck.VectorGetData(vec)
	switch kind := v.Column.Type.Kind; kind {
	case serde.Int, serde.Date:
		copy(unsafe.Slice((*int32)(data), rows), v.Ints)
	case serde.TinyInt:
		narrow(unsafe.Slice((*int8)(data), rows), v.Ints)
	case serde.SmallInt:
		narrow(unsafe.Slice((*int16)(data), rows), v.Ints)
	case serde.BigInt, serde.Timestamp:
		copy(unsafe.Slice((*int64)(data), rows), v.BigInts)
	case serde.Decimal:
		fillDecimal(data, v, rows)
	case serde.Double:
		copy(unsafe.Slice((*float64)(data), rows), v.Doubles)
	case serde.Real:
		narrow(unsafe.Slice((*float32)(data), rows), v.Doubles)
	case serde.Boolean:
		copy(unsafe.Slice((*bool)(data), rows), v.Bools)
	case serde.List, serde.Map, serde.Struct:
		fillNested(vec, data, v, rows)
	default:
		fillText(vec, data, v, rows)
	}
	if v.Nulls > 0 {
		duck.VectorEnsureValidityWritable(vec)
		words := (rows + 63) / 64
		copy(unsafe.Slice((*uint64)(duck.VectorGetValidity(vec)), words), v.Valid[:words])
	}
}

// narrow copies numbers that are known to fit.
func narrow[N int8 | int16 | int32 | float32, W int32 | int64 | float64](out []N, in []W) {
	for i := range out {
		out[i] = N(in[i])
	}
}

// fillDecimal writes digits in the width that DuckDB keeps them by precision.
func fillDecimal(data unsafe.Pointer, v *serde.Vector, rows int) {
	switch p := v.Column.Type.Precision; {
	case p <= 4:
		narrow(unsafe.Slice((*int16)(data), rows), v.BigInts)
	case p <= 9:
		narrow(unsafe.Slice((*int32)(data), rows), v.BigInts)
	case p <= 18:
		copy(unsafe.Slice((*int64)(data), rows), v.BigInts)
	default:
		copy(unsafe.Slice((*[2]uint64)(data), rows), v.Wide)
	}
}

// fillNested writes lists, maps and structs, which are vectors of vectors.
func fillNested(vec duck.Vector, data unsafe.Pointer, v *serde.Vector, rows int) {
	if v.Column.Type.Kind == serde.Struct {
		for p := range v.Parts {
			fillColumn(duck.StructVectorGetChild(vec, duck.IdxT(p)), &v.Parts[p], rows)
		}
		return
	}
	entries := unsafe.Slice((*[2]uint64)(data), rows)
	for i := range entries {
		entries[i] = [2]uint64{uint64(v.Offsets[i]), uint64(v.Offsets[i+1] - v.Offsets[i])}
	}
	n := v.Parts[0].Rows()
	duck.ListVectorReserve(vec, duck.IdxT(n))
	duck.ListVectorSetSize(vec, duck.IdxT(n))
	child := duck.ListVectorGetChild(vec)
	if v.Column.Type.Kind == serde.List {
		fillColumn(child, &v.Parts[0], n)
		return
	}
	for p := range v.Parts { // a map is a list of structs of a key and a value
		fillColumn(duck.StructVectorGetChild(child, duck.IdxT(p)), &v.Parts[p], n)
	}
}

// fillText writes texts with one call into DuckDB: all of them are handed over
// as one, which the vector keeps, and then each row is made to point at its own
// part. The texts are valid UTF-8 or bytes, which is why the call without a check is right.
func fillText(vec duck.Vector, data unsafe.Pointer, v *serde.Vector, rows int) {
	out := unsafe.Slice((*stringT)(data), rows)
	var heap unsafe.Pointer
	if len(v.Text) > inlineText {
		duck.UnsafeVectorAssignStringElementLen(vec, 0, v.Text)
		heap = out[0].address()
	}
	for i := range out {
		from, to := v.Offsets[i], v.Offsets[i+1]
		s := &out[i]
		*s = stringT{length: to - from}
		if s.length <= inlineText {
			copy(s.rest[:], v.Text[from:to])
		} else {
			copy(s.rest[:4], v.Text[from:])
			s.setAddress(unsafe.Add(heap, from))
		}
	}
}

// fillConstant writes one value into all rows of a vector.
func fillConstant(vec duck.Vector, value any, rows int) {
	data := duck.VectorGetData(vec)
	switch v := value.(type) {
	case nil:
		duck.VectorEnsureValidityWritable(vec)
		clear(unsafe.Slice((*uint64)(duck.VectorGetValidity(vec)), (rows+63)/64))
	case int8:
		fill(unsafe.Slice((*int8)(data), rows), v)
	case int16:
		fill(unsafe.Slice((*int16)(data), rows), v)
	case int32:
		fill(unsafe.Slice((*int32)(data), rows), v)
	case float32:
		fill(unsafe.Slice((*float32)(data), rows), v)
	case int64:
		fill(unsafe.Slice((*int64)(data), rows), v)
	case float64:
		fill(unsafe.Slice((*float64)(data), rows), v)
	case bool:
		fill(unsafe.Slice((*bool)(data), rows), v)
	case string:
		if rows > 0 {
			duck.VectorAssignStringElement(vec, 0, v)
			out := unsafe.Slice((*stringT)(data), rows)
			fill(out, out[0])
		}
	}
}

func fill[T any](out []T, v T) {
	for i := range out {
		out[i] = v
	}
}
