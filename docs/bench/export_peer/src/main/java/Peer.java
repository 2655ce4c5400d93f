import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.filesystem.OutputFileConfig;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.DateTimeBucketAssigner;

/**
 * Exports a topic, to the offsets that it ends at now, as gzip objects of lines in folders
 * of the hour: exactly once, by checkpoints. Arguments: brokers, topic, folder.
 */
public class Peer {
  /** A record's bytes and a line end, gzip level 1. */
  static class Lines implements BulkWriter.Factory<byte[]> {
    @Override
    public BulkWriter<byte[]> create(FSDataOutputStream out) throws IOException {
      GZIPOutputStream zip =
          new GZIPOutputStream(out, 1 << 16) {
            {
              def.setLevel(1);
            }
          };
      return new BulkWriter<>() {
        @Override
        public void addElement(byte[] record) throws IOException {
          zip.write(record);
          zip.write('\n');
        }

        @Override
        public void flush() throws IOException {
          zip.flush();
        }

        @Override
        public void finish() throws IOException {
          zip.finish();
        }
      };
    }
  }

  /** Records as they are. */
  public static class Raw implements DeserializationSchema<byte[]> {
    @Override
    public byte[] deserialize(byte[] record) {
      return record;
    }

    @Override
    public boolean isEndOfStream(byte[] record) {
      return false;
    }

    @Override
    public TypeInformation<byte[]> getProducedType() {
      return PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;
    }
  }

  public static void main(String[] args) throws Exception {
    Configuration c = new Configuration();
    c.setString("execution.checkpointing.interval", "30 s");
    c.setString("taskmanager.memory.network.max", "128mb");
    c.setString("rest.port", "0");
    var env = StreamExecutionEnvironment.createLocalEnvironment(Runtime.getRuntime().availableProcessors(), c);
    env.getConfig().enableObjectReuse();
    var source =
        KafkaSource.<byte[]>builder()
            .setBootstrapServers(args[0])
            .setTopics(args[1])
            .setGroupId("export-peer")
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setBounded(OffsetsInitializer.latest())
            .setProperty("isolation.level", "read_committed")
            .setProperty("fetch.max.bytes", "67108864")
            .setProperty("max.partition.fetch.bytes", "8388608")
            .setProperty("max.poll.records", "5000")
            .setDeserializer(KafkaRecordDeserializationSchema.valueOnly(new Raw()))
            .build();
    var sink =
        FileSink.forBulkFormat(new Path(args[2]), new Lines())
            .withBucketAssigner(new DateTimeBucketAssigner<>("'year='yyyy/'month='MM/'day='dd/'hour='HH"))
            .withOutputFileConfig(OutputFileConfig.builder().withPartSuffix(".gz").build())
            .build();
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "topic").sinkTo(sink);
    env.execute("export");
    System.exit(0);
  }
}
