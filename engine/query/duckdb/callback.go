package duckdb

/*
#include <stdlib.h>
#include <stdint.h>

typedef void (*acme_one)(void *);
typedef void (*acme_two)(void *, void *);
typedef void (*acme_three)(void *, void *, void *);

void acmeDelete(void *);
void acmeScalar(void *, void *, void *);
void acmeScanBind(void *);
void acmeScanInit(void *);
void acmeScanLocal(void *);
void acmeScanFill(void *, void *);
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"strings"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
)

// DuckDB calls back into Go with the pointers it was given. What they point to
// is a cell of C memory that holds the handle of a Go value: Go memory must not
// be kept by C, and a handle is no address.

// give makes a cell for v and the function that frees it.
func give(v any) (cell, free unsafe.Pointer) {
	cell = C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0))))
	*(*cgo.Handle)(cell) = cgo.NewHandle(v)
	return cell, unsafe.Pointer(C.acme_one(C.acmeDelete))
}

// taken gives the value of a cell.
func taken[T any](cell unsafe.Pointer) T { return (*(*cgo.Handle)(cell)).Value().(T) }

//export acmeDelete
func acmeDelete(cell unsafe.Pointer) {
	(*(*cgo.Handle)(cell)).Delete()
	C.free(cell)
}

// guarded runs a callback. A panic must not unwind through C: it becomes an
// error of the statement.
func guarded(fail func(string), f func() error) {
	defer func() {
		if p := recover(); p != nil {
			fail(fmt.Sprintf("%s%v", panicMark, p))
		}
	}()
	if err := f(); err != nil {
		fail(err.Error())
	}
}

const panicMark = "acme panic: "

//export acmeScalar
func acmeScalar(infoPtr, chunkPtr, outPtr unsafe.Pointer) {
	info := duck.FunctionInfo{Ptr: infoPtr}
	guarded(func(text string) { duck.ScalarFunctionSetError(info, text) }, func() error {
		f := taken[*scalar](duck.ScalarFunctionGetExtraInfo(info))
		return f.call(duck.DataChunk{Ptr: chunkPtr}, duck.Vector{Ptr: outPtr})
	})
}

//export acmeScanBind
func acmeScanBind(infoPtr unsafe.Pointer) {
	info := duck.BindInfo{Ptr: infoPtr}
	guarded(func(text string) { duck.BindSetError(info, text) }, func() error {
		scans := taken[*scanTable](duck.BindGetExtraInfo(info))
		id := duck.BindGetParameter(info, 0)
		defer duck.DestroyValue(&id)
		s, err := scans.find(duck.GetInt64(id))
		if err != nil {
			return err
		}
		for _, c := range s.columns {
			t, err := columnType(c.typ)
			if err != nil {
				return err
			}
			duck.BindAddResultColumn(info, c.name, t)
			duck.DestroyLogicalType(&t)
		}
		duck.BindSetCardinality(info, duck.IdxT(s.rowsAbout()), false)
		cell, free := give(s)
		duck.BindSetBindData(info, cell, free)
		return nil
	})
}

//export acmeScanInit
func acmeScanInit(infoPtr unsafe.Pointer) {
	info := duck.InitInfo{Ptr: infoPtr}
	guarded(func(text string) { duck.InitSetError(info, text) }, func() error {
		s := taken[*scan](duck.InitGetBindData(info))
		asked := make([]int, duck.InitGetColumnCount(info))
		for i := range asked {
			asked[i] = -1 // DuckDB asks for a row's number where it needs no column
			if c := duck.InitGetColumnIndex(info, duck.IdxT(i)); uint64(c) < uint64(len(s.columns)) {
				asked[i] = int(c)
			}
		}
		cell, free := give(s.start(asked))
		duck.InitSetInitData(info, cell, free)
		duck.InitSetMaxThreads(info, duck.IdxT(max(1, min(s.threads, len(s.objects)))))
		return nil
	})
}

//export acmeScanLocal
func acmeScanLocal(infoPtr unsafe.Pointer) {
	info := duck.InitInfo{Ptr: infoPtr}
	guarded(func(text string) { duck.InitSetError(info, text) }, func() error {
		cell, free := give(&scanThread{})
		duck.InitSetInitData(info, cell, free)
		return nil
	})
}

//export acmeScanFill
func acmeScanFill(infoPtr, chunkPtr unsafe.Pointer) {
	info := duck.FunctionInfo{Ptr: infoPtr}
	guarded(func(text string) { duck.FunctionSetError(info, text) }, func() error {
		run := taken[*scanRun](duck.FunctionGetInitData(info))
		thread := taken[*scanThread](duck.FunctionGetLocalInitData(info))
		return run.fill(thread, duck.DataChunk{Ptr: chunkPtr})
	})
}

// registerScan makes the table function acme_scan(id), which reads one of scans.
// Only views of our own call it: the gate lets no statement name it.
func (s *session) registerScan(scans *scanTable) error {
	f := duck.CreateTableFunction()
	defer duck.DestroyTableFunction(&f)
	duck.TableFunctionSetName(f, scanFunction)
	t := duck.CreateLogicalType(duck.TypeBigInt)
	duck.TableFunctionAddParameter(f, t)
	duck.DestroyLogicalType(&t)
	cell, free := give(scans)
	duck.TableFunctionSetExtraInfo(f, cell, free)
	duck.TableFunctionSetBind(f, unsafe.Pointer(C.acme_one(C.acmeScanBind)))
	duck.TableFunctionSetInit(f, unsafe.Pointer(C.acme_one(C.acmeScanInit)))
	duck.TableFunctionSetLocalInit(f, unsafe.Pointer(C.acme_one(C.acmeScanLocal)))
	duck.TableFunctionSetFunction(f, unsafe.Pointer(C.acme_two(C.acmeScanFill)))
	duck.TableFunctionSupportsProjectionPushdown(f, true)
	if duck.RegisterTableFunction(s.conn, f) == duck.StateError {
		return fmt.Errorf("registering the table function %s failed", scanFunction)
	}
	return nil
}

// registerScalars makes functions of the dialect's scalar functions of DuckDB's.
//
// Of a column that has each value once, as Parquet keeps it, DuckDB calls a function of
// all values that there are, also of those that no row asks for: such as an empty text
// that a CASE keeps from a cast. That is wrong for a function that fails, and
// DuckDB's interface for C has no way to say that it may. But DuckDB does not do it with
// a function that gives a struct: so one that may fail gives its result in one, and a
// macro of its name takes it out. The macro casts it too: of an argument that is NULL for
// every row DuckDB makes a NULL without a type of the call, before anything is run.
func (s *session) registerScalars(functions ...dialect.ScalarFunction) error {
	macros := []string{"BEGIN"} // at once: DuckDB takes a millisecond for each transaction
	for _, f := range functions {
		if err := s.registerScalar(&scalar{def: f}); err != nil {
			return err
		}
		if f.Sure {
			continue
		}
		params := make([]string, len(f.Params))
		for i := range params {
			params[i] = fmt.Sprintf("p%d", i)
		}
		list := strings.Join(params, ", ")
		macros = append(macros, fmt.Sprintf("CREATE MACRO %s(%s) AS CAST(struct_extract(%s(%s), '%s') AS %s)", f.Name, list, f.Name+boxedSuffix, list, boxedField, f.Result))
	}
	if err := s.exec(strings.Join(append(macros, "COMMIT"), ";\n")); err != nil {
		return fmt.Errorf("making the macros of functions that may fail: %w", err)
	}
	return nil
}

// The function in Go of a macro, and the field of its results.
const (
	boxedSuffix = "_boxed"
	boxedField  = "v"
)

func (s *session) registerScalar(fn *scalar) error {
	f := duck.CreateScalarFunction()
	defer duck.DestroyScalarFunction(&f)
	name := fn.def.Name
	if !fn.def.Sure {
		name += boxedSuffix
	}
	duck.ScalarFunctionSetName(f, name)
	for _, p := range fn.def.Params {
		t, err := logicalType(p)
		if err != nil {
			return fmt.Errorf("registering the function %s: %w", fn.def.Name, err)
		}
		duck.ScalarFunctionAddParameter(f, t)
		duck.DestroyLogicalType(&t)
	}
	t, err := logicalType(fn.def.Result)
	if err != nil {
		return fmt.Errorf("registering the function %s: %w", fn.def.Name, err)
	}
	if !fn.def.Sure {
		value := t
		t = duck.CreateStructType([]duck.LogicalType{value}, []string{boxedField})
		duck.DestroyLogicalType(&value)
	}
	duck.ScalarFunctionSetReturnType(f, t)
	duck.DestroyLogicalType(&t)
	if fn.def.OnNull {
		duck.ScalarFunctionSetSpecialHandling(f)
	}
	cell, free := give(fn)
	duck.ScalarFunctionSetExtraInfo(f, cell, free)
	duck.ScalarFunctionSetFunction(f, unsafe.Pointer(C.acme_three(C.acmeScalar)))
	if duck.RegisterScalarFunction(s.conn, f) == duck.StateError {
		return fmt.Errorf("registering the function %s(%v) %s failed", fn.def.Name, fn.def.Params, fn.def.Result)
	}
	return nil
}
