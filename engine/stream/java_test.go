package stream

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"acme/telemetry/schema"
)

// TestJavaAgrees writes 1,000 keys with this package and with the console producer of
// Kafka itself, and reads them with Kafka's console consumer: each key must lie on
// one partition, whoever wrote it, and Java must read what is published here, in batches
// that are packed by their records' shape.
// ACME_KAFKA names the broker and ACME_KAFKA_JAVA how to run a class of Kafka's.
func TestJavaAgrees(t *testing.T) {
	java, address := strings.Fields(os.Getenv("ACME_KAFKA_JAVA")), os.Getenv("ACME_KAFKA")
	if len(java) == 0 || address == "" {
		t.Skip("needs a broker, ACME_KAFKA, and Kafka's own tools, ACME_KAFKA_JAVA")
	}
	c := Config{Brokers: []string{address}, Auth: Auth{Mechanism: Plaintext}, Patience: time.Minute}
	records := make([]schema.Record, 1000)
	lines := &bytes.Buffer{}
	for i := range records {
		key := []string{"CUST_%08x", "%d", "a longer key with blanks and punctuation; number %d!", "Kundin Nº %d in Zürich 日本"}[i%4]
		records[i] = schema.Record{Arrival: time.Now().UnixMilli(), Key: fmt.Appendf(nil, key, i*7919), Value: fmt.Appendf(nil, `{"event_id":"EVENT_%08x","n":%d}`, i*7919, i)}
		fmt.Fprintf(lines, "%s\t%s\n", records[i].Key, records[i].Value)
	}
	tool := func(class string, args ...string) *exec.Cmd {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		t.Cleanup(cancel)
		return exec.CommandContext(ctx, java[0], append(append(java[1:len(java):len(java)], class, "--bootstrap-server", address), args...)...)
	}
	ours, theirs := newTopic(t, c), newTopic(t, c)
	p, err := NewProducer(t.Context(), c, Publication{Topic: ours, Run: ours})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	produce := tool("org.apache.kafka.tools.ConsoleProducer", "--topic", theirs, "--reader-property", "parse.key=true")
	produce.Stdin = lines
	if out, err := produce.CombinedOutput(); err != nil {
		t.Fatalf("Java's producer: %v\n%s", err, out)
	}
	read := func(topic string) map[string]string { // "key value" -> partition
		consume := tool("org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--from-beginning", "--isolation-level", "read_committed",
			"--max-messages", "1000", "--timeout-ms", "60000", "--formatter-property", "print.key=true", "--formatter-property", "print.partition=true")
		var says bytes.Buffer
		consume.Stderr = &says
		out, err := consume.Output()
		if err != nil {
			t.Fatalf("Java's consumer: %v\n%s", err, says.String())
		}
		at := map[string]string{}
		for line := range strings.Lines(string(out)) {
			f := strings.Split(strings.TrimSuffix(line, "\n"), "\t") // Partition:7, key, value
			if len(f) == 3 {
				at[f[1]+" "+f[2]] = f[0]
			}
		}
		return at
	}
	our, their := read(ours), read(theirs)
	partitions, different := map[string]bool{}, 0
	for i := range records {
		name := string(records[i].Key) + " " + string(records[i].Value)
		if our[name] == "" || our[name] != their[name] {
			different++
			t.Errorf("key %q: on %q by us, on %q by Java", records[i].Key, our[name], their[name])
		}
		partitions[our[name]] = true
	}
	t.Logf("%d keys by us, %d by Java, %d on another partition; %d partitions used", len(our), len(their), different, len(partitions))
	if len(partitions) != 20 {
		t.Errorf("%d partitions used, want 20", len(partitions))
	}
}
