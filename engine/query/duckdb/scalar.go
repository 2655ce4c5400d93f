package duckdb

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
)

// scalar is a function of the dialect's in Go, as DuckDB calls it.
type scalar struct {
	def    dialect.ScalarFunction
	errors *lateErrors
	memos  sync.Pool // of *memo; one for each call that runs
}

func (f *scalar) call(chunk duck.DataChunk, out duck.Vector) error {
	rows := int(duck.DataChunkGetSize(chunk))
	in := make([]vectorReader, len(f.def.Params))
	for i := range in {
		in[i] = newVectorReader(duck.DataChunkGetVector(chunk, duck.IdxT(i)))
		if item, ok := strings.CutSuffix(f.def.Params[i], "[]"); ok {
			items, err := in[i].flatten(item, rows)
			if err != nil {
				return fmt.Errorf("arguments of %s: %w", f.def.Name, err)
			}
			defer duck.DestroyVector(&items)
		}
	}
	if f.def.Bits != nil {
		return f.bits(&in[0], newLateResult(out, f.def.Result, f.errors), rows)
	}
	set := f.writer(out)
	known, _ := f.memos.Get().(*memo)
	if known == nil {
		known = newMemo(f.def.Params)
	}
	defer f.memos.Put(known)
	rest := newConstants(in, f.def.Params)
	for row := range rows {
		result, ok := known.find(in, row)
		var failed error
		if !ok {
			if result, failed = f.answer(in, rest, row); failed == nil {
				known.keep(result)
			}
		}
		switch err := set(row, result, failed); {
		case err != nil && err == failed: // in its own words, which name its class
			return err
		case err != nil:
			return fmt.Errorf("result of %s: %w", f.def.Name, err)
		}
	}
	return nil
}

// answer calls the function for one row.
func (f *scalar) answer(in []vectorReader, same constants, row int) (any, error) {
	args := make([]any, len(in)) // the callee's to keep
	null := false
	for i := range in {
		if args[i] = same.argument(in, i, row); args[i] == nil {
			null = true
		}
	}
	if null && !f.def.OnNull {
		return nil, nil
	}
	return f.def.Call(args)
}

// writer writes what the function gives, as one that never fails, as one of late.go, or
// into a struct, where it fails at once.
func (f *scalar) writer(out duck.Vector) func(row int, result any, failed error) error {
	_, late := lateTypes[f.def.Result]
	if late && !f.def.Sure {
		return newLateResult(out, f.def.Result, f.errors).set
	}
	if !f.def.Sure {
		out = duck.StructVectorGetChild(out, 0)
	}
	w := newVectorWriter(out)
	return func(row int, result any, failed error) error {
		if failed != nil {
			return failed
		}
		return w.set(row, f.def.Result, result)
	}
}

// bits calls a function of one text that gives numbers, on texts where they lie.
func (f *scalar) bits(in *vectorReader, out lateResult, rows int) error {
	for row := range rows {
		if in.null(row) {
			out.to.setNull(row)
			continue
		}
		bits, ok, err := f.def.Bits(in.view(row))
		if err != nil || !ok {
			if err := out.set(row, nil, err); err != nil {
				return err
			}
			continue
		}
		put(out.to, row, [2]uint64{bits, 0})
	}
	return nil
}

// constants are arguments that were read last: a pattern or a delimiter is the same for
// every row, and DuckDB hands over one for each.
type constants []constant

type constant struct {
	typ   string
	width int // of its bytes in a vector; 0 for what the callee may change
	bytes []byte
	value any
}

func newConstants(in []vectorReader, params []string) constants {
	c := make(constants, len(in))
	for i, typ := range params {
		c[i].typ = typ
		switch typ {
		case "BOOLEAN":
			c[i].width = 1
		case "INTEGER", "FLOAT":
			c[i].width = 4
		case "BIGINT", "DOUBLE":
			c[i].width = 8
		case "VARCHAR": // a text is its length, and itself or where it lies
			c[i].width = 16
		}
	}
	return c
}

// argument is argument i of a row.
func (c constants) argument(in []vectorReader, i, row int) any {
	v, last := &in[i], &c[i]
	if last.width == 0 || v.null(row) {
		return argument(v, last.typ, row)
	}
	bytes := v.bytes(row, last.width)
	if last.bytes == nil || string(bytes) != string(last.bytes) {
		last.bytes, last.value = bytes, argument(v, last.typ, row)
	}
	return last.value
}

// flatten copies the elements that the lists of some rows have, of the type named.
// DuckDB makes flat what it hands over, but not what lies in it: elements that are all
// the same NULL it may keep once. The caller destroys the vector.
func (r *vectorReader) flatten(typ string, rows int) (duck.Vector, error) {
	first, behind := uint64(math.MaxUint64), uint64(0)
	for row := range rows {
		if entry := at[[2]uint64](r, row); !r.null(row) && entry[1] > 0 {
			first, behind = min(first, entry[0]), max(behind, entry[0]+entry[1])
		}
	}
	n := duck.IdxT(0)
	if behind > 0 {
		n = duck.IdxT(behind - first)
	}
	t, err := logicalType(typ)
	if err != nil {
		return duck.Vector{}, err
	}
	defer duck.DestroyLogicalType(&t)
	flat, chosen := duck.CreateVector(t, n+1), duck.CreateSelectionVector(n+1)
	defer duck.DestroySelectionVector(&chosen)
	order := unsafe.Slice(duck.SelectionVectorGetDataPtr(chosen), n)
	for i := range order {
		order[i] = duck.SelT(first + uint64(i))
	}
	duck.VectorCopySel(duck.ListVectorGetChild(r.vec), flat, chosen, n, 0, 0)
	items := newVectorReader(flat)
	r.items, r.first = &items, int(min(first, behind))
	return flat, nil
}

// argument reads row i in the shape that dialect.ScalarFunction states.
func argument(v *vectorReader, typ string, i int) any {
	if v.null(i) {
		return nil
	}
	if item, ok := strings.CutSuffix(typ, "[]"); ok {
		entry := at[[2]uint64](v, i)
		items := v.items
		if items == nil { // of a list in a list, which was copied with it
			r := newVectorReader(duck.ListVectorGetChild(v.vec))
			items = &r
		}
		out := make([]any, entry[1])
		for k := range out {
			out[k] = argument(items, item, int(entry[0])-v.first+k)
		}
		return out
	}
	switch typ {
	case "BOOLEAN":
		return at[bool](v, i)
	case "INTEGER":
		return at[int32](v, i)
	case "BIGINT":
		return at[int64](v, i)
	case "HUGEINT":
		return hugeInt(v, i)
	case "DOUBLE":
		return at[float64](v, i)
	case "FLOAT":
		return at[float32](v, i)
	case "BLOB":
		return []byte(v.text(i))
	}
	return v.text(i)
}

// vectorWriter writes values one by one into a vector of any length.
type vectorWriter struct {
	vec  duck.Vector
	data unsafe.Pointer
}

func newVectorWriter(vec duck.Vector) vectorWriter {
	return vectorWriter{vec: vec, data: duck.VectorGetData(vec)}
}

func (w vectorWriter) setNull(row int) {
	duck.VectorEnsureValidityWritable(w.vec)
	duck.ValiditySetRowInvalid(duck.VectorGetValidity(w.vec), duck.IdxT(row))
}

func put[T any](w vectorWriter, row int, v T) {
	*(*T)(unsafe.Add(w.data, row*int(unsafe.Sizeof(v)))) = v
}

func (w vectorWriter) set(row int, typ string, value any) error {
	if value == nil {
		w.setNull(row)
		return nil
	}
	if item, ok := strings.CutSuffix(typ, "[]"); ok {
		if items, ok := value.([]any); ok {
			return w.setList(row, item, items)
		}
		return fmt.Errorf("%T is no %s", value, typ)
	}
	switch v := value.(type) {
	case bool:
		put(w, row, v)
	case int32:
		put(w, row, v)
	case int64:
		put(w, row, v)
	case float64:
		put(w, row, v)
	case float32:
		put(w, row, v)
	case string:
		if len(v) <= inlineText && utf8.ValidString(v) {
			text := stringT{length: uint32(len(v))}
			copy(text.rest[:], v)
			put(w, row, text)
			break
		}
		duck.VectorAssignStringElement(w.vec, duck.IdxT(row), v)
	case []byte:
		duck.VectorAssignStringElementLen(w.vec, duck.IdxT(row), v)
	case *big.Int:
		if v.BitLen() > 127 {
			return fmt.Errorf("%v does not fit 128 bits", v)
		}
		low := new(big.Int).And(v, new(big.Int).SetUint64(1<<64-1))
		put(w, row, [2]uint64{low.Uint64(), uint64(new(big.Int).Rsh(v, 64).Int64())})
	default:
		return fmt.Errorf("%T is no value of DuckDB's", value)
	}
	return nil
}

func (w vectorWriter) setList(row int, item string, items []any) error {
	from := duck.ListVectorGetSize(w.vec)
	size := from + duck.IdxT(len(items))
	duck.ListVectorReserve(w.vec, size)
	duck.ListVectorSetSize(w.vec, size)
	child := newVectorWriter(duck.ListVectorGetChild(w.vec))
	for i, v := range items {
		if err := child.set(int(from)+i, item, v); err != nil {
			return err
		}
	}
	put(w, row, [2]uint64{uint64(from), uint64(len(items))})
	return nil
}
