//go:build !race

package lake

const scale = 1
