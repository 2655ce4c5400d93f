//go:build unix

package tui

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"acme/telemetry/tui/tuitest"
)

// The benchmarks run the screen in a terminal, as a person has it: this test binary
// over fakes, or with ACME_BINARY a program of its own (with ACME_LAKE its lake).
//
//	go test ./tui -run xxx -bench Terminal -benchtime 1x -timeout 20m

// BenchmarkTerminalFirstFrame is from the start of the process to the first frame,
// with 10,000 partitions in every table.
func BenchmarkTerminalFirstFrame(b *testing.B) {
	var all []time.Duration
	for b.Loop() {
		for range 20 {
			begin := time.Now()
			x := launch(b, "vast", 100, 30, nil)
			x.See("6 Quality")
			all = append(all, time.Since(begin))
			x.Keys("\x11")
			x.Cmd.Wait()
		}
	}
	percentiles(b, all)
}

// BenchmarkTerminalKey is from a key to the bytes of its frame, in a grid of ten
// million rows and in a statement of 2,000 lines.
func BenchmarkTerminalKey(b *testing.B) {
	for name, c := range map[string]struct{ mode, begin, seen, keys string }{
		"grid":      {"vast", "\x1b2\x0a", "of 10,000,000", "jjjjjjjj\x04\x15lh"},
		"statement": {"lines", "", "line 1", "xyz \x1b[B\x1b[A\x7f"},
	} {
		b.Run(name, func(b *testing.B) {
			x := launch(b, c.mode, 200, 60, nil)
			x.See("6 Quality")
			x.Keys(c.begin)
			for end := time.Now().Add(5 * time.Minute); !strings.Contains(x.Screen(), c.seen) && time.Now().Before(end); {
				time.Sleep(50 * time.Millisecond)
			}
			x.See(c.seen)
			if name == "grid" {
				x.Keys("\t")
				x.See("shift+tab editor")
			}
			time.Sleep(time.Second)
			x.Blind.Store(true)
			var all []time.Duration
			keys := splitKeys(c.keys)
			ticks := processTicks(b, x)
			for b.Loop() {
				for i := range 500 {
					time.Sleep(time.Duration(7+i%31) * time.Millisecond) // not in step with frames
					n := x.Written.Load()
					begin := time.Now()
					x.Keys(keys[i%len(keys)])
					for x.Written.Load() == n && time.Since(begin) < time.Second {
						time.Sleep(100 * time.Microsecond)
					}
					all = append(all, time.Since(begin))
				}
			}
			percentiles(b, all)
			b.ReportMetric(float64(processTicks(b, x)-ticks)*10/float64(len(all)), "cpu-ms/key")
			usage(b, x)
			x.Blind.Store(false)
			x.Keys("\x11")
			x.Cmd.Wait()
		})
	}
}

// BenchmarkTerminalHeld is a key that is held for three seconds in a grid of ten million
// rows, as often as keyboards repeat it and faster than any does: the time from a frame to
// the next, and how many frames a key has. At 30 keys a second keys are 33 ms apart.
func BenchmarkTerminalHeld(b *testing.B) {
	for _, rate := range []int{30, 100} {
		b.Run(fmt.Sprint(rate, " a second"), func(b *testing.B) {
			x := launch(b, "vast", 200, 60, nil)
			x.See("6 Quality")
			x.Keys("\x1b2\x0a")
			for end := time.Now().Add(5 * time.Minute); !strings.Contains(x.Screen(), "of 10,000,000") && time.Now().Before(end); {
				time.Sleep(50 * time.Millisecond)
			}
			x.See("of 10,000,000")
			x.Keys("\t")
			x.See("shift+tab editor")
			time.Sleep(time.Second)
			x.Blind.Store(true)
			var gaps []time.Duration
			keys := 0
			for b.Loop() {
				gaps = append(gaps, held(x, "j", rate, 3*time.Second)...)
				keys += 3 * rate
			}
			frames := float64(len(gaps)) / float64(keys)
			percentiles(b, gaps)
			b.ReportMetric(frames, "frames/key")
			x.Blind.Store(false)
			x.Keys("\x11")
			x.Cmd.Wait()
		})
	}
}

// held sends a key so many times a second and gives how far apart the frames are that
// follow. Bytes that come within two milliseconds are one frame.
func held(x *tuitest.Terminal, key string, rate int, long time.Duration) []time.Duration {
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for end := time.Now().Add(long); time.Now().Before(end); <-tick.C {
			x.Keys(key)
		}
	}()
	var gaps []time.Duration
	var frame, last time.Time
	for n := x.Written.Load(); ; time.Sleep(200 * time.Microsecond) {
		select {
		case <-done:
			return gaps
		default:
		}
		now := time.Now()
		if m := x.Written.Load(); m != n {
			if now.Sub(last) > 2*time.Millisecond {
				if !frame.IsZero() {
					gaps = append(gaps, now.Sub(frame))
				}
				frame = now
			}
			n, last = m, now
		}
	}
}

// BenchmarkTerminalIdle is the processor's share of a screen on which nothing
// happens, and of the Live page with 50,000 events a second, over 20 seconds or ACME_LIVE.
func BenchmarkTerminalIdle(b *testing.B) {
	long := 20 * time.Second
	if text := os.Getenv("ACME_LIVE"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			b.Fatalf("ACME_LIVE: %v", err)
		}
	}
	for name, c := range map[string]struct{ mode, keys string }{"report": {"full", ""}, "live": {"flood", "\x1b4"}} {
		b.Run(name, func(b *testing.B) {
			x := launch(b, c.mode, 100, 30, nil)
			x.See("6 Quality")
			x.Keys(c.keys)
			time.Sleep(2 * time.Second)
			for b.Loop() {
				ticks, bytes, begin := processTicks(b, x), len(x.Bytes()), time.Now()
				time.Sleep(long)
				seconds := time.Since(begin).Seconds()
				b.ReportMetric(float64(processTicks(b, x)-ticks)/seconds, "cpu-%")
				b.ReportMetric(float64(len(x.Bytes())-bytes)/seconds, "bytes/s")
			}
			usage(b, x)
			x.Keys("\x11")
			x.Cmd.Wait()
		})
	}
}

func splitKeys(s string) []string {
	var out []string
	for s != "" {
		n := 1
		if strings.HasPrefix(s, "\x1b[") {
			n = 3
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return out
}

// percentiles reports the middle and the end of durations.
func percentiles(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(all[len(all)/2]), "p50-ms")
	b.ReportMetric(ms(all[(len(all)-1)*99/100]), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// usage reports the memory that the process has, where Linux says it.
func usage(b *testing.B, x *tuitest.Terminal) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", x.Cmd.Process.Pid))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			b.ReportMetric(kb/1024, "rss-MiB")
		}
	}
}

// processTicks is what the process has had of the processor, in hundredths of a second.
func processTicks(b *testing.B, x *tuitest.Terminal) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", x.Cmd.Process.Pid))
	if err != nil {
		b.Skip("no /proc here")
	}
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')'):]))
	var user, system int
	fmt.Sscan(f[12], &user)
	fmt.Sscan(f[13], &system)
	return user + system
}
