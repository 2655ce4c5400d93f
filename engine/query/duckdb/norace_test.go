//go:build !race

package duckdb

const addressSpace = 0 // the default
