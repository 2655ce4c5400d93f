//go:build unix

package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/store/s3/s3test"
	"acme/telemetry/tui/tuitest"
)

// freePort gives an address of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestCheck30Export: the Live page follows an exporter that runs elsewhere by the figures
// that it serves, and the topic itself. When the exporter is killed its stage says so;
// when it is back, so are the figures, and the screen was never left.
func TestCheck30Export(t *testing.T) {
	s := &onScreen{t: t, acme: acmeBinary(t), home: t.TempDir()}
	s.lake = filepath.Join(s.home, "lake")
	figures := freePort(t)
	background := func(args ...string) *exec.Cmd {
		cmd := exec.Command(s.acme, args...)
		cmd.Env = s.environ("")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		return cmd
	}
	broker := freePort(t)
	background("broker", "-q", "--listen", broker, "--data", filepath.Join(s.home, "kafka"), "--retention", "forever")
	background("generate", "-q", "--to", "kafka", "--brokers", broker, "--create-topic", "--scenario", "streaming", "--from", "2025-08-11T17", "--for", "4h", "--rate", "400")
	export := func() *exec.Cmd {
		return background("export", "-q", "--lake", s.lake, "--brokers", broker, "--follow", "--member", "a", "--buffer-interval", "2s", "--metrics-listen", figures)
	}
	exporter := export()
	for end := time.Now().Add(time.Minute); !exists(filepath.Join(s.lake, "telemetry")) && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	x := s.open(t, 120, 30, "live", []string{"--screen", "live", "--live", "http://" + figures + "/metrics", "--brokers", broker})
	events := regexp.MustCompile(`"event_id":"EVENT_`)
	delivered := regexp.MustCompile(`delivered [1-9]`)
	wait := func(what string, x *tuitest.Terminal, ok func(string) bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !ok(x.Screen()); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never: %s; screen:\n%s", what, x.Screen())
			}
		}
	}
	wait("events in the tail and a rate", x, func(s string) bool {
		return events.MatchString(s) && delivered.MatchString(s) && !strings.Contains(s, "✗")
	})
	if err := exporter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = exporter.Wait()
	wait("a stage that is ill", x, func(s string) bool {
		return strings.Contains(s, "✗ exporter does not answer") && strings.Contains(s, "refused")
	})
	export()
	wait("the figures again", x, func(s string) bool { return strings.Contains(s, "✓ exporter lag") && delivered.MatchString(s) })
	x.Keys(keyQuit)
	x.Ended(0)
}

// TestCheck30Refused: a bucket that refuses what the pipeline puts makes its stage ill, with
// how often it was tried, and the log says why; when it is allowed again it goes on by
// itself, and the screen was never left.
func TestCheck30Refused(t *testing.T) {
	server := s3test.Start(t)
	s := &onScreen{t: t, acme: acmeBinary(t), home: t.TempDir(), lake: "s3://" + s3test.Bucket + "/lake"}
	for name, value := range server.Env() {
		s.env = append(s.env, name+"="+value)
	}
	s.run("generate", "-q", "--scenario", "streaming", "--from", "2025-08-11T17", "--for", "1h", "--set", "arrivals.mean_per_hour=200")
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "live"})
	x.See("No pipeline runs here")
	server.Break(func(r *http.Request) s3test.Fault {
		if op := s3test.Operation(r); op == "PutObject" || op == "CreateMultipartUpload" {
			return s3test.Answer(http.StatusForbidden, "AccessDenied")
		}
		return nil
	})
	x.Keys("u")
	x.See("pipeline up")
	x.Keys("\x15pipeline up --speed 1200 --for 2s\r")
	x.Until("a stage that is ill", func() bool {
		text := words(x.Screen())
		return strings.Contains(text, "! exporter") && strings.Contains(text, "puts were tried again, and nothing was stored since") && strings.Contains(text, "nothing is lost")
	})
	x.Keys("\x1b5")
	x.Until("the reason", func() bool { return strings.Contains(words(x.Screen()), "403 AccessDenied") })
	server.Break(nil)
	x.See("1 done")
	x.Keys("\x1b4")
	x.See("✓ exporter")
	x.Keys(keyQuit)
	x.Ended(0)
}
