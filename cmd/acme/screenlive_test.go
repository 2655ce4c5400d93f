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

// background starts a verb, which ends with the test if it has not by then.
func (s *onScreen) background(args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.Command(s.acme, args...)
	cmd.Env = s.environ("")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// broker starts a broker that keeps all, and gives its address. Who publishes before it has
// made its topic makes that, and has to say the same of it.
func (s *onScreen) broker() string {
	s.t.Helper()
	address := freePort(s.t)
	s.background("broker", "-q", "--listen", address, "--data", filepath.Join(s.home, "kafka"), "--retention", "forever")
	return address
}

// TestCheck30Export: the Live page follows an exporter that runs elsewhere by the figures
// that it serves, and the topic itself, from before the lake has its first object. When the exporter is killed its stage says so;
// when it is back, so are the figures, and the screen was never left.
func TestCheck30Export(t *testing.T) {
	s := &onScreen{t: t, acme: screenProgram(t), home: t.TempDir()}
	s.lake = filepath.Join(s.home, "lake")
	figures := freePort(t)
	broker := s.broker()
	s.background("generate", "-q", "--to", "kafka", "--brokers", broker, "--create-topic", "--retention", "forever", "--scenario", "streaming", "--from", "2025-08-11T17", "--for", "4h", "--rate", "400")
	export := func() *exec.Cmd {
		return s.background("export", "-q", "--lake", s.lake, "--brokers", broker, "--follow", "--member", "a", "--buffer-interval", "2s", "--metrics-listen", figures)
	}
	x := s.open(t, 120, 30, "live", []string{"--screen", "live", "--live", "http://" + figures + "/metrics", "--brokers", broker})
	x.See("does not answer") // an exporter that is not there yet, and a lake that has no object
	exporter := export()
	events := regexp.MustCompile(`"event_id":"EVENT_`)
	delivered := regexp.MustCompile(`delivered [1-9]`)
	wait := func(what string, x *tuitest.Terminal, ok func(string) bool) {
		t.Helper()
		for end := time.Now().Add(3 * time.Minute); !ok(x.Screen()); time.Sleep(50 * time.Millisecond) {
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
	s := &onScreen{t: t, acme: screenProgram(t), home: t.TempDir(), lake: "s3://" + s3test.Bucket + "/lake"}
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
	x.Keys("\x15pipeline up --speed 1200 --for 30m --set arrivals.mean_per_hour=5000\r")
	x.Until("a stage that is ill", func() bool {
		text := words(x.Screen())
		return strings.Contains(text, "! exporter") && strings.Contains(text, "puts were tried again, and nothing was stored since") && strings.Contains(text, "nothing is lost")
	})
	x.Keys("\x1b5")
	x.Until("the reason", func() bool { return strings.Contains(words(x.Screen()), "403 AccessDenied") })
	server.Break(nil)
	x.Keys("\x1b4")
	x.See("✓ exporter")
	x.Keys("K")
	x.See("it has ended")
	x.See("✓ exporter")
	x.Keys("\x1b5")
	x.See("1 done")
	x.Keys(keyQuit)
	x.Ended(0)
}

// TestCheck30FullLake: when the disk of the lake is full under a pipeline, the Live page says
// so and that nothing is lost; when there is room it goes on by itself, and at its end every
// event is delivered that was published.
func TestCheck30FullLake(t *testing.T) {
	s := newOnScreen(t, 1, 200)
	disk := t.TempDir()
	cmd := s.mounted(t, `mount -t tmpfs -o size=20m tmpfs "$1" && head -c 20900000 /dev/zero >"$1/ballast"`, disk, "tui", "--lake", s.lake, "--screen", "sql")
	if cmd == nil {
		t.Skip("a full disk needs a namespace to mount a small one in: unshare -Urm")
	}
	drop := filepath.Join(t.TempDir(), "drop")
	if err := os.WriteFile(drop, []byte("#!/bin/sh\nrm '"+disk+"/ballast'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Env, cmd.Dir = s.environ(t.Name(), "EDITOR="+drop), s.home
	x := tuitest.Start(t, cmd, 120, 30, nil)
	x.See("query-1")
	x.Keys("\x1b4")
	x.See("u begin")
	x.Keys("u")
	x.See("acme pipeline up")
	x.Keys("\x15pipeline up --lake " + filepath.Join(disk, "lake") + " --speed 600 --for 30m --set arrivals.mean_per_hour=5000\r")
	x.Until("why the stage is ill", func() bool {
		text := words(x.Screen())
		return strings.Contains(text, "! exporter") && strings.Contains(text, "the disk of the lake is full") && strings.Contains(text, "nothing is lost")
	})
	x.Keys("\x1b2" + keyF2 + "\x1be") // the editor is one that makes room
	x.See("query-1")
	x.Keys("\x1b4")
	x.See("✓ exporter")
	x.Keys("K")
	x.See("it has ended")
	m := regexp.MustCompile(`published ([\d,]+) +delivered ([\d,]+)`).FindStringSubmatch(x.Screen())
	if m == nil || m[1] != m[2] || m[1] == "0" || !strings.Contains(x.Screen(), "exporter lag 0") {
		t.Errorf("at the end: %q\n%s", m, x.Screen())
	}
	x.Keys(keyQuit)
	x.Ended(0)
}
