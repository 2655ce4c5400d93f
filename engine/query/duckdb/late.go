package duckdb

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
)

// Parquet keeps each value of a column that repeats itself once, and of such a column
// DuckDB asks a function for those values, not for each row: often a thousand times less.
// It asks for values that no row needs too, such as an empty text that a CASE keeps from a
// cast. That is wrong for a function that fails, and DuckDB's interface for C has no way to
// say that it may.
//
// So a function that may fail is two: NAME_late never fails, and gives an error as a value
// beside its results; acme_late_TYPE fails when it is given such a value. It gives a struct,
// and a function that gives one DuckDB asks for rows alone. A macro of the function's name
// joins them:
//
//	result              what NAME_late gives
//	VARCHAR, BLOB       the same; an error is lateMark and its text
//	8 bytes or less     a HUGEINT whose lower half is the result; the upper one is 0, or 1
//	                    for an error, and the lower half is its number among lateErrors
//	HUGEINT, lists      a struct of the result: such functions are asked for each row
const (
	lateSuffix = "_late"
	lateField  = "v"
	lateOpen   = "acme_late_"
	lateMark   = "\x00acme fails\x00"
)

// lateTypes are the results that acme_late_TYPE takes out of what may be an error.
var lateTypes = map[string]string{
	"BOOLEAN": "HUGEINT", "INTEGER": "HUGEINT", "BIGINT": "HUGEINT", "DOUBLE": "HUGEINT", "FLOAT": "HUGEINT", "VARCHAR": "VARCHAR", "BLOB": "BLOB",
}

// lateMacro is the macro of a function that may fail. It casts, because of an argument
// that is NULL for every row DuckDB makes a NULL without a type of the call, before
// anything is run.
func lateMacro(f dialect.ScalarFunction) string {
	params := make([]string, len(f.Params))
	for i := range params {
		params[i] = fmt.Sprintf("p%d", i)
	}
	list := strings.Join(params, ", ")
	code := f.Name + lateSuffix + "(" + list + ")"
	if _, ok := lateTypes[f.Result]; ok {
		code = lateOpen + strings.ToLower(f.Result) + "(" + code + ")"
	}
	return fmt.Sprintf("CREATE MACRO %s(%s) AS CAST(struct_extract(%s, '%s') AS %s)", f.Name, list, code, lateField, f.Result)
}

// lateErrors are the texts of errors that are values now, each under a number. It holds
// the latest ones: a value is looked at soon after it was made, and a column of Parquet has
// no more than 20,000 that DuckDB asks for before it looks.
type lateErrors struct {
	mu    sync.Mutex
	known map[string]uint64
	texts [1 << 17]string // of error n at n modulo their number
	next  uint64
}

// keep gives the number of a text.
func (l *lateErrors) keep(text string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.known[text]; ok && l.next-n < uint64(len(l.texts))/2 {
		return n
	}
	if l.known == nil {
		l.known = map[string]uint64{}
	}
	n, slot := l.next, &l.texts[l.next%uint64(len(l.texts))]
	if old := *slot; n >= uint64(len(l.texts)) && l.known[old] == n-uint64(len(l.texts)) {
		delete(l.known, old)
	}
	*slot, l.known[text], l.next = text, n, n+1
	return n
}

// find gives the error of a number.
func (l *lateErrors) find(n uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n >= l.next || l.next-n > uint64(len(l.texts)) {
		return fmt.Errorf("the text of error %d of a function is no longer known: so many came after it", n)
	}
	return errors.New(l.texts[n%uint64(len(l.texts))])
}

// lateResult writes results or errors as acme_late_TYPE takes them.
type lateResult struct {
	to     vectorWriter
	typ    string // of the results
	scale  int    // how many of them a HUGEINT has place for; 0 where they are texts
	errors *lateErrors
}

func newLateResult(out duck.Vector, typ string, errors *lateErrors) lateResult {
	l := lateResult{to: newVectorWriter(out), typ: typ, errors: errors}
	if lateTypes[typ] == "HUGEINT" {
		l.scale = 16 / width(typ)
	}
	return l
}

func (l lateResult) set(row int, value any, failed error) error {
	switch {
	case failed != nil && l.scale > 0:
		put(l.to, row, [2]uint64{l.errors.keep(failed.Error()), 1})
	case failed != nil:
		return l.to.set(row, l.typ, lateMark+failed.Error())
	case value == nil || l.scale == 0:
		if text, ok := value.(string); ok && strings.HasPrefix(text, lateMark) {
			return fmt.Errorf("[[NOT_SUPPORTED]] a text that begins with %q is not supported by the local engine", lateMark)
		}
		return l.to.set(row, l.typ, value)
	default:
		put(l.to, row, [2]uint64{})
		return l.to.set(l.scale*row, l.typ, value) // the lower half lies first
	}
	return nil
}

// width is the bytes of a value of a type that lateTypes has as HUGEINT.
func width(typ string) int {
	switch typ {
	case "BOOLEAN":
		return 1
	case "INTEGER", "FLOAT":
		return 4
	}
	return 8
}

// lateOpener is acme_late_TYPE.
type lateOpener struct {
	typ    string
	errors *lateErrors
}

func (o *lateOpener) call(chunk duck.DataChunk, out duck.Vector) error {
	rows := int(duck.DataChunkGetSize(chunk))
	vec := duck.DataChunkGetVector(chunk, 0)
	in := newVectorReader(vec)
	out = duck.StructVectorGetChild(out, 0)
	if lateTypes[o.typ] != "HUGEINT" {
		for row := range rows {
			if in.null(row) {
				continue
			}
			if text, failed := strings.CutPrefix(in.view(row), lateMark); failed {
				return errors.New(text)
			}
		}
		duck.VectorReferenceVector(out, vec)
		return nil
	}
	pairs := unsafe.Slice((*[2]uint64)(in.data), rows)
	for row := range pairs {
		if pairs[row][1] != 0 && !in.null(row) {
			return o.errors.find(pairs[row][0])
		}
	}
	data := duck.VectorGetData(out)
	switch width(o.typ) {
	case 1:
		lowerHalves(unsafe.Slice((*uint8)(data), rows), pairs)
	case 4:
		lowerHalves(unsafe.Slice((*uint32)(data), rows), pairs)
	default:
		lowerHalves(unsafe.Slice((*uint64)(data), rows), pairs)
	}
	if in.valid != nil {
		duck.VectorEnsureValidityWritable(out)
		words := (rows + 63) / 64
		copy(unsafe.Slice((*uint64)(duck.VectorGetValidity(out)), words), unsafe.Slice((*uint64)(in.valid), words))
	}
	return nil
}

func lowerHalves[N uint8 | uint32 | uint64](out []N, pairs [][2]uint64) {
	for i := range out {
		out[i] = N(pairs[i][0])
	}
}
