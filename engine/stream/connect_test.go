package stream

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// cluster starts a cluster in this process.
func cluster(t *testing.T, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// at gives the configuration of a cluster; it waits long, for a machine that is busy.
func at(c *kfake.Cluster) Config {
	return Config{Brokers: c.ListenAddrs(), Auth: Auth{Mechanism: Plaintext}, Patience: time.Minute}
}

func connects(t *testing.T, c Config) error {
	t.Helper()
	s, err := c.connect(t.Context())
	if err == nil {
		s.Close()
	}
	return err
}

// refused asserts that an error is an AccessError with these texts in what it says.
func refused(t *testing.T, err error, texts ...string) {
	t.Helper()
	var access *AccessError
	if !errors.As(err, &access) {
		t.Fatalf("got %v, want an AccessError", err)
	}
	says := access.Error() + "\n" + access.Check
	for _, text := range texts {
		if !strings.Contains(says, text) {
			t.Errorf("the error does not say %q:\n%s", text, says)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Config
		want string // "" where it is in order
	}{
		{"loopback", Config{Brokers: []string{"127.0.0.1:9092", "localhost:9093", "[::1]:9094"}, Auth: Auth{Mechanism: Plaintext}}, ""},
		{"no broker", Config{Auth: Auth{Mechanism: Plaintext}}, "no broker"},
		{"no port", Config{Brokers: []string{"127.0.0.1"}, Auth: Auth{Mechanism: Plaintext}}, "want host:port"},
		{"port 0", Config{Brokers: []string{"127.0.0.1:0"}, Auth: Auth{Mechanism: Plaintext}}, "1 to 65535"},
		{"far in plaintext", Config{Brokers: []string{"127.0.0.1:9092", "10.0.0.1:9092"}, Auth: Auth{Mechanism: Plaintext}}, "broker 10.0.0.1:9092 is not on this machine"},
		{"a name like this machine's", Config{Brokers: []string{"localhost.example:9092"}, Auth: Auth{Mechanism: Plaintext}}, "is not on this machine"},
		{"insisted upon", Config{Brokers: []string{"10.0.0.1:9092"}, Auth: Auth{Mechanism: Plaintext, Insist: true}}, ""},
		{"no password", Config{Brokers: []string{"10.0.0.1:9096"}, Auth: Auth{Mechanism: SCRAM, User: "u"}}, "needs a user and a password"},
		{"no certificate", Config{Brokers: []string{"10.0.0.1:9094"}, Auth: Auth{Mechanism: MTLS}}, "needs a client certificate"},
		{"not a certificate", Config{Brokers: []string{"10.0.0.1:9094"}, Auth: Auth{Mechanism: MTLS, Certificate: []byte("x"), Key: []byte("y")}}, "read the client certificate"},
		{"not an authority", Config{Brokers: []string{"10.0.0.1:9098"}, Auth: Auth{Mechanism: IAM, CA: []byte("x")}}, "no PEM certificate"},
		{"no mechanism", Config{Brokers: []string{"10.0.0.1:9098"}}, "must be one of"},
	} {
		err := c.c.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// TestConnectRefusesStrangeBrokers: the seed is on this machine and names a broker
// that is not.
func TestConnectRefusesStrangeBrokers(t *testing.T) {
	dial := Config{Auth: Auth{Mechanism: Plaintext}}.dialer(nil)
	if _, err := dial(t.Context(), "tcp", "192.0.2.1:9092"); !errors.Is(err, errPlaintext) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestConnectSCRAM(t *testing.T) {
	ca := newAuthority(t, "test authority")
	k := cluster(t, kfake.TLS(ca.serverTLS(t, false)), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "acme", "right"))
	c := at(k)
	c.Auth = Auth{Mechanism: SCRAM, User: "acme", Password: "right", CA: ca.pem}
	if err := connects(t, c); err != nil {
		t.Errorf("the right password: %v", err)
	}
	c.Auth.Password, c.Patience = "wrong", time.Second
	var away *UnreachableError
	err := connects(t, c) // this cluster hangs up on a wrong password
	if !errors.As(err, &away) || !strings.Contains(away.Check, "wrong credentials") {
		t.Errorf("a wrong password, without an answer: got %v", err)
	}
	c.Patience = time.Minute
	k.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) { // Kafka says so
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		resp.ErrorMessage = kmsg.StringPtr("Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512")
		return resp, nil, true
	})
	refused(t, connects(t, c), "SASL_AUTHENTICATION_FAILED", "due to invalid credentials", "user acme", "SCRAM-SHA-512", "check user and password")
	c.Auth.Password = "right"
	c.Auth.CA = newAuthority(t, "another authority").pem
	err = connects(t, c)
	if !errors.As(err, &away) || !strings.Contains(away.Check, "--tls-ca") {
		t.Errorf("a broker's certificate from elsewhere: got %v", err)
	}
}

func TestConnectMutualTLS(t *testing.T) {
	ca := newAuthority(t, "test authority")
	c := at(cluster(t, kfake.TLS(ca.serverTLS(t, true))))
	connect := func(by *authority, until time.Time) error {
		cert, key := by.issue(t, "generator", until)
		c.Auth = Auth{Mechanism: MTLS, CA: ca.pem, Certificate: cert, Key: key}
		return connects(t, c)
	}
	if err := connect(ca, time.Time{}); err != nil {
		t.Errorf("a certificate of the authority: %v", err)
	}
	refused(t, connect(newAuthority(t, "another authority"), time.Time{}), "CN=generator", "mutual TLS", "comes from an authority that the cluster trusts")
	refused(t, connect(ca, time.Now().Add(-time.Hour)), "CN=generator", "valid until", "expired certificate")
}

// TestConnectWrongProtocol: one side speaks TLS, the other does not.
func TestConnectWrongProtocol(t *testing.T) {
	ca := newAuthority(t, "test authority")
	c := at(cluster(t))
	c.Auth = Auth{Mechanism: SCRAM, User: "u", Password: "p", CA: ca.pem}
	c.Patience = time.Second
	var away *UnreachableError
	if err := connects(t, c); !errors.As(err, &away) {
		t.Errorf("TLS to a plain listener: got %v", err)
	}
	c.Brokers = cluster(t, kfake.TLS(ca.serverTLS(t, false))).ListenAddrs()
	c.Auth = Auth{Mechanism: Plaintext}
	if err := connects(t, c); !errors.As(err, &away) || !strings.Contains(away.Check, "TLS") {
		t.Errorf("plaintext to a TLS listener: got %v", err)
	}
}

// TestConnectNotKafka: what answers is no broker, and at once.
func TestConnectNotKafka(t *testing.T) {
	for name, says := range map[string]string{
		"a TLS alert": "\x15\x03\x03\x00\x02\x02\x46", // as Kafka's TLS listener answers a plain request
		"HTTP":        "HTTP/1.1 400 Bad Request\r\n\r\n",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 1024))
				_, _ = conn.Write([]byte(says))
				conn.Close()
			}
		}()
		var away *UnreachableError
		err = connects(t, Config{Brokers: []string{l.Addr().String()}, Auth: Auth{Mechanism: Plaintext}, Patience: time.Minute})
		if !errors.As(err, &away) || !strings.Contains(away.Check, "9096 scram") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestConnectUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	c := Config{Brokers: []string{dead}, Auth: Auth{Mechanism: Plaintext}, Patience: 300 * time.Millisecond}
	var away *UnreachableError
	if err := connects(t, c); !errors.As(err, &away) || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), dead) {
		t.Errorf("got %v, want an UnreachableError that names the broker and says why", err)
	}
	// A dead seed beside one that lives is no reason to fail.
	c = at(cluster(t))
	c.Brokers = append([]string{dead}, c.Brokers...)
	if err := connects(t, c); err != nil {
		t.Errorf("a dead seed beside one that lives: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("told to stop")
	cancel(stop)
	c.Brokers = []string{dead}
	if _, err := c.connect(ctx); !errors.Is(err, stop) {
		t.Errorf("got %v, want the reason why the context ended", err)
	}
}

// TestPatience: a cluster that is starting answers so for a while.
func TestPatience(t *testing.T) {
	k := cluster(t)
	left := 3
	k.ControlKey(int16(kmsg.CreateTopics), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if left--; left < 0 {
			return nil, nil, false
		}
		k.KeepControl()
		resp := req.ResponseKind().(*kmsg.CreateTopicsResponse)
		topic := kmsg.NewCreateTopicsResponseTopic()
		topic.ErrorCode = kerr.NotController.Code
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	if made, err := at(k).Create(t.Context(), NewTopic("t")); err != nil || !made {
		t.Errorf("got %v, %v after %d answers of a cluster that is starting", made, err, 3-left)
	}
	if left >= 0 {
		t.Error("the cluster was not asked as often as it takes")
	}
}

func TestTopic(t *testing.T) {
	c := at(cluster(t, kfake.NumBrokers(2)))
	var missing *TopicMissingError
	if _, err := c.Describe(t.Context(), "acme-telemetry"); !errors.As(err, &missing) {
		t.Errorf("before there is one: got %v", err)
	}
	want := NewTopic("acme-telemetry")
	for _, first := range []bool{true, false} {
		if made, err := c.Create(t.Context(), want); err != nil || made != first {
			t.Fatalf("create: got %v, %v, want %v", made, err, first)
		}
	}
	got, err := c.Describe(t.Context(), want.Name)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID == [16]byte{} {
		t.Error("the topic has no id")
	}
	if got.Partitions != 20 || got.Retention != want.Retention || got.Compression != "gzip" || got.MinInSync != 1 || got.Replication != 2 {
		t.Errorf("got %+v: want 20 partitions on 2 brokers, one of them in sync at least, 7 days, gzip", got)
	}
}

func TestTopicAccepts(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	topic := func(change func(*Topic)) Topic {
		t := NewTopic("t")
		change(&t)
		return t
	}
	week := topic(func(*Topic) {})
	after := topic(func(t *Topic) { t.After = time.Hour })
	for _, c := range []struct {
		name  string
		topic Topic
		age   time.Duration
		ahead time.Duration
		want  string
	}{
		{"of today", week, time.Hour, 0, ""},
		{"just not deleted", week, 7*24*time.Hour - time.Second, 0, ""},
		{"deleted at once", week, 7 * 24 * time.Hour, 0, "setting retention.ms: records are deleted 168h0m0s after their timestamp, and these begin at 2026-11-23T12:00:00Z"},
		{"kept for ever", topic(func(t *Topic) { t.Retention = -1 }), 1e5 * time.Hour, 0, ""},
		{"older than allowed", topic(func(t *Topic) { t.Before = time.Hour }), 2 * time.Hour, 0, "message.timestamp.before.max.ms"},
		{"an hour ahead", after, 0, time.Hour, ""},
		{"further ahead", after, 0, time.Hour + time.Second, "message.timestamp.after.max.ms"},
		{"the brokers' clock", topic(func(t *Topic) { t.LogAppendTime = true }), 0, 0, "message.timestamp.type"},
		{"compacted", topic(func(t *Topic) { t.Compacted = true }), 0, 0, "cleanup.policy"},
	} {
		err := c.topic.Accepts(now.Add(-c.age), c.ahead, now)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
