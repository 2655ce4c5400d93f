package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/stream"
)

// brokerOptions is what `acme broker` needs.
type brokerOptions struct {
	listen     string
	folder     string // in the user's data folder, where data is empty
	data       string
	topic      string
	partitions int32
	retention  string
}

// add gives a command the flags that say what broker to run, with the address and the
// folder that it has where none is given.
func (o *brokerOptions) add(cmd *cobra.Command, listen, folder string) {
	o.folder = folder
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", listen, "address on this machine, host:port; port 0 takes a free one")
	f.StringVar(&o.data, "data", "", "folder of the broker's log (default: "+folder+" in the user's data folder)")
	f.Int32Var(&o.partitions, "partitions", stream.NewTopic("").Partitions, "partitions of the topic, when it is made")
	f.StringVar(&o.retention, "retention", "168h", "how long the topic keeps a record after its timestamp, when it is made: a duration, or forever")
}

func (p *program) newBrokerCmd() *cobra.Command {
	o := &brokerOptions{}
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Run a local Kafka for development, kept on disk",
		Long: `broker runs a Kafka of one broker on this machine until it is stopped: any Kafka
client can use it, no Java is needed, and what was written is there again at the
next start. It makes the topic with the deployment's settings if there is none.

It is for development and demonstrations: it listens on this machine only, asks
nobody who they are, and has no replicas. In production use Amazon MSK or Apache
Kafka. Its address goes to stdout when it is ready.`,
		Example: `  acme broker
  acme broker --listen 127.0.0.1:19092 --data ./kafka
  acme broker --retention forever    # for telemetry of last year`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runBroker(cmd.Context(), o) },
	}
	o.add(cmd, "127.0.0.1:9092", "acme-broker")
	cmd.Flags().StringVarP(&o.topic, "topic", "t", defaultTopic, "topic that is made if there is none")
	return cmd
}

// brokerGarbage is how much more than what is in use the broker's heap may grow to, in
// percent. What it keeps is little, an index, and each answer to a consumer is garbage
// at once: by Go's own 100 collecting it was half of the broker's work.
const brokerGarbage = 400

func (p *program) runBroker(ctx context.Context, o *brokerOptions) error {
	b, err := p.startBroker(ctx, o)
	if err != nil {
		return err
	}
	// All of its log was read, and is garbage now: more than that of the next hour.
	debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(brokerGarbage))
	if _, err := fmt.Fprintln(p.stdout, b.Address()); err != nil {
		return errors.Join(err, b.close())
	}
	<-ctx.Done()
	if err := b.close(); err != nil {
		return err
	}
	p.note("acme: the broker has stopped; its log stays in %s", p.short(b.data))
	return nil // it was told to stop, and did
}

// localBroker is a broker that runs in this process, on a folder of its own.
type localBroker struct {
	*stream.Broker
	data string
	lock *os.File
}

// brokerFolder gives the folder of a broker's log.
func (p *program) brokerFolder(o *brokerOptions) string {
	if o.data != "" {
		return filepath.Clean(o.data)
	}
	return filepath.Join(p.userFolder("XDG_DATA_HOME", filepath.Join(".local", "share")), o.folder)
}

// startBroker starts a broker and says so.
func (p *program) startBroker(ctx context.Context, o *brokerOptions) (*localBroker, error) {
	topic := stream.NewTopic(o.topic)
	topic.Partitions = o.partitions
	var err error
	if topic.Retention, err = parseRetention(o.retention); err != nil {
		return nil, err
	}
	if topic.Name == "" || topic.Partitions < 1 {
		return nil, usagef("a topic needs a name and a partition at least: --topic %q --partitions %d", topic.Name, topic.Partitions)
	}
	b := &localBroker{data: p.brokerFolder(o)}
	if err := os.MkdirAll(b.data, 0o700); err != nil {
		return nil, fmt.Errorf("make the broker's folder: %w", err)
	}
	if b.lock, err = lockFolder(b.data); err != nil {
		return nil, withHint(exitFailed, "stop the other one, or choose another folder with --data", fmt.Errorf("take the broker's folder %s: %w", p.short(b.data), err))
	}
	b.Broker, err = stream.StartBroker(ctx, stream.BrokerConfig{
		Listen: o.listen, Dir: b.data, Topic: topic,
		Complain: func(what string) { p.note("acme: broker: %s", what) },
	})
	if err != nil {
		_ = b.lock.Close()
		return nil, explainBrokerError(o, err)
	}
	what := "has topic"
	if b.Made() {
		what = "made topic"
	}
	p.note("acme: broker for development on %s, log in %s; %s %s", b.Address(), p.short(b.data), what, topic.Name)
	return b, nil
}

// close stops the broker when everything is written, and gives its folder free.
func (b *localBroker) close() error {
	b.Close()
	return b.lock.Close()
}

func explainBrokerError(o *brokerOptions, err error) error {
	var config *stream.ListenError
	switch {
	case errors.As(err, &config):
		return withHint(exitUsage, "for other machines to reach it, run Amazon MSK or Apache Kafka", err)
	case errors.Is(err, syscall.EADDRINUSE):
		return withHint(exitFailed, "something listens on "+o.listen+" already, perhaps another acme broker; choose another address with --listen", err)
	}
	return err
}

// parseRetention reads a duration, or forever.
func parseRetention(text string) (time.Duration, error) {
	if text == "forever" {
		return -1, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond {
		return 0, usagef("--retention %s: want a duration such as 168h, or forever", text)
	}
	return d, nil
}

// short gives a path as a person would write it.
func (p *program) short(path string) string {
	if rest, ok := cutFolder(path, p.env["HOME"]); ok {
		return filepath.Join("~", rest)
	}
	return path
}

// cutFolder gives what of a path is inside a folder.
func cutFolder(path, folder string) (string, bool) {
	if folder == "" {
		return "", false
	}
	rest, err := filepath.Rel(folder, path)
	return rest, err == nil && filepath.IsLocal(rest)
}
