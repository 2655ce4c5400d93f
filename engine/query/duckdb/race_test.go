//go:build race

package duckdb

import "math"

// The race detector maps far more address space than any limit allows.
const addressSpace = math.MaxUint64
