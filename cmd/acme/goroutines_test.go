package main

import (
	"os"
	"runtime"
	"strconv"
	"time"
)

// goroutinesFile is the variable that names the file in which a program that is a test
// keeps how many goroutines it has, for tests that only see its screen.
const goroutinesFile = "ACME_TEST_GOROUTINES"

// countGoroutines begins to keep it, where the variable asks for that.
func countGoroutines() {
	name := os.Getenv(goroutinesFile)
	if name == "" {
		return
	}
	go func() {
		for ; ; time.Sleep(50 * time.Millisecond) {
			if os.WriteFile(name+".new", []byte(strconv.Itoa(runtime.NumGoroutine())), 0o600) != nil || os.Rename(name+".new", name) != nil {
				return // the test is over
			}
		}
	}()
}
