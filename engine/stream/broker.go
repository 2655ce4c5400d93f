package stream

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
)

// BrokerConfig says where a development broker listens and keeps its log.
type BrokerConfig struct {
	// Listen is host:port on this machine's loopback; port 0 takes a free one.
	Listen string
	// Dir is the folder with its topics, messages, groups and positions; in memory
	// where empty. Only one broker may run on a folder: the caller sees to that.
	Dir string
	// Topic is made if it is not there.
	Topic Topic
	// Complain is told what the broker itself finds wrong, such as a full disk.
	Complain func(string)
}

// Broker is a Kafka cluster of one broker on this machine, in this process: a twin for
// development, without Java and without a network. It speaks Kafka's protocol to any
// client, has transactions and groups, and writes every batch to the disk before it
// answers. It has no replicas, no quotas and no authentication, and nobody has proved
// it in production; for that there is Kafka.
type Broker struct {
	cluster *kfake.Cluster
	address string
	made    bool
}

// ListenError is an address that a development broker does not listen on.
type ListenError struct{ Address, Why string }

func (e *ListenError) Error() string { return fmt.Sprintf("listen on %q: %s", e.Address, e.Why) }

// StartBroker starts a broker and gives it when it answers and has its topic.
func StartBroker(ctx context.Context, cfg BrokerConfig) (*Broker, error) {
	host, text, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, &ListenError{cfg.Listen, "want host:port"}
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, &ListenError{cfg.Listen, fmt.Sprintf("port %q is not one of 0 to 65535", text)}
	}
	if !onLoopback(cfg.Listen) {
		return nil, &ListenError{cfg.Listen, "a development broker asks nobody who they are, so it listens on this machine only: 127.0.0.1, ::1 or localhost"}
	}
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(int(port)), kfake.ClusterID("acme-broker"),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return net.Listen(network, net.JoinHostPort(host, port))
		}),
		kfake.WithLogger(complaints{cfg.Complain}),
	}
	if cfg.Dir != "" {
		opts = append(opts, kfake.DataDir(cfg.Dir), kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, fmt.Errorf("start a broker on %s with folder %s: %w", cfg.Listen, cfg.Dir, err)
	}
	b := &Broker{cluster: cluster, address: cluster.ListenAddrs()[0]}
	b.made, err = b.Config().Create(ctx, cfg.Topic)
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Address gives host:port.
func (b *Broker) Address() string { return b.address }

// Made says whether the topic was made just now, and not found.
func (b *Broker) Made() bool { return b.made }

// Config says how to reach it.
func (b *Broker) Config() Config {
	return Config{Brokers: []string{b.address}, Auth: Auth{Mechanism: Plaintext}}
}

// Close stops the broker when it has written down everything.
func (b *Broker) Close() { b.cluster.Close() }

// complaints passes on what kfake finds wrong.
type complaints struct{ to func(string) }

// Logf is kfake's.
func (c complaints) Logf(level kfake.LogLevel, format string, args ...any) {
	if c.to != nil && level == kfake.LogLevelError {
		c.to(fmt.Sprintf(format, args...))
	}
}
