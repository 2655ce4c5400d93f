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
		return taken[callable](duck.ScalarFunctionGetExtraInfo(info)).call(duck.DataChunk{Ptr: chunkPtr}, duck.Vector{Ptr: outPtr})
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

// registerScalars makes functions of the dialect's scalar functions of DuckDB's, and
// macros of those that may fail.
func (s *session) registerScalars(functions ...dialect.ScalarFunction) error {
	errors := &lateErrors{}
	for typ, from := range lateTypes {
		open := &lateOpener{typ: typ, errors: errors}
		if err := s.registerScalar(lateOpen+strings.ToLower(typ), []string{from}, typ, true, false, open); err != nil {
			return err
		}
	}
	macros := []string{"BEGIN"} // at once: DuckDB takes a millisecond for each transaction
	for _, f := range functions {
		name, result, boxed := f.Name, f.Result, false
		if !f.Sure {
			name += lateSuffix
			if from, ok := lateTypes[f.Result]; ok {
				result = from
			} else {
				boxed = true
			}
			macros = append(macros, lateMacro(f))
		}
		if err := s.registerScalar(name, f.Params, result, boxed, f.OnNull, &scalar{def: f, errors: errors}); err != nil {
			return err
		}
	}
	if err := s.exec(strings.Join(append(macros, "COMMIT"), ";\n")); err != nil {
		return fmt.Errorf("making the macros of functions that may fail: %w", err)
	}
	return nil
}

// callable is a function in Go as DuckDB calls it: a chunk of arguments in, a vector of
// results out.
type callable interface {
	call(chunk duck.DataChunk, out duck.Vector) error
}

// registerScalar makes fn a function of DuckDB's; boxed says that it gives its result in a
// struct.
func (s *session) registerScalar(name string, params []string, result string, boxed, onNull bool, fn callable) error {
	f := duck.CreateScalarFunction()
	defer duck.DestroyScalarFunction(&f)
	duck.ScalarFunctionSetName(f, name)
	for _, p := range params {
		t, err := logicalType(p)
		if err != nil {
			return fmt.Errorf("registering the function %s: %w", name, err)
		}
		duck.ScalarFunctionAddParameter(f, t)
		duck.DestroyLogicalType(&t)
	}
	t, err := logicalType(result)
	if err != nil {
		return fmt.Errorf("registering the function %s: %w", name, err)
	}
	if boxed {
		value := t
		t = duck.CreateStructType([]duck.LogicalType{value}, []string{lateField})
		duck.DestroyLogicalType(&value)
	}
	duck.ScalarFunctionSetReturnType(f, t)
	duck.DestroyLogicalType(&t)
	if onNull {
		duck.ScalarFunctionSetSpecialHandling(f)
	}
	cell, free := give(fn)
	duck.ScalarFunctionSetExtraInfo(f, cell, free)
	duck.ScalarFunctionSetFunction(f, unsafe.Pointer(C.acme_three(C.acmeScalar)))
	if duck.RegisterScalarFunction(s.conn, f) == duck.StateError {
		return fmt.Errorf("registering the function %s(%v) %s failed", name, params, result)
	}
	return nil
}
