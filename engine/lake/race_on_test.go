//go:build race

package lake

// scale is how much smaller the largest tests are under the race detector,
// which makes them some twenty times slower and looks at other things.
const scale = 10
