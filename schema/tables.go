package schema

// Databases of the catalog.
const (
	TelemetryDatabase  = "acme_telemetry"
	DimensionsDatabase = "acme_streaming_data"
)

// The names of the event tables.
const (
	EventsJSON    = "video_telemetry_json"
	EventsParquet = "video_telemetry_parquet"
	EventsDaily   = "video_telemetry_parquet_day"
)

// The columns of an event that say who somebody is. They are personal data; so is
// whatever else an event tells of them.
const (
	CustomerID    = "customer_id"
	ClientAddress = "ip_address"
)

// Events gives the table of video events as gzip JSON, the one Firehose writes.
func Events() Table {
	return Table{
		Database: TelemetryDatabase, Name: EventsJSON, Prefix: "telemetry/",
		Doc:        "Video player events as Firehose delivers them: gzip JSON, partitioned by arrival hour (UTC).",
		Columns:    eventColumns(),
		Partitions: hourPartitions(),
	}
}

// EventsMigrated gives the table of the same events as Parquet.
func EventsMigrated() Table {
	t := Events()
	t.Name, t.Prefix, t.Parquet = EventsParquet, "telemetry_parquet/", true
	t.Doc = "The same events as Parquet, for Athena to scan less."
	return t
}

// EventsByDay gives the table of the same events as Parquet, a partition a day: where
// an hour is small, fewer and larger objects are read faster.
func EventsByDay() Table {
	t := EventsMigrated()
	t.Name, t.Prefix = EventsDaily, "telemetry_parquet_day/"
	t.Doc = "The same events as Parquet, a partition a day: fewer and larger objects."
	t.Partitions = t.Partitions[:3:3]
	return t
}

// Titles gives the dimension table of what is watched.
func Titles() Table {
	return Table{
		Database: DimensionsDatabase, Name: "titles", Prefix: "dimensions/titles/",
		Doc: "The catalogue: one row a title.",
		Columns: []Column{
			{Name: "title_id", Type: String, Prefix: "TITLE_", Doc: "Identifier; joins to the events."},
			{Name: "title_name", Type: String, Doc: "Name shown to viewers."},
			{Name: "title_type", Type: String, Enum: []string{"movie", "series", "documentary"}, Doc: "Kind of title."},
			{Name: "genre", Type: String, Doc: "Main genre."},
			{Name: "release_date", Type: String, Doc: "Day of release, ISO 8601."},
			{Name: "duration_minutes", Type: Int, Min: 1, Max: 600, Doc: "Runtime in minutes."},
			{Name: "popularity_score", Type: Double, Min: 0, Max: 100, Scale: 2, Doc: "Relative popularity, 100 for the most popular title."},
		},
	}
}

// Customers gives the dimension table of who watches.
func Customers() Table {
	return Table{
		Database: DimensionsDatabase, Name: "customers", Prefix: "dimensions/customers/",
		Doc: "The audience: one row a customer.",
		Columns: []Column{
			{Name: "customer_id", Type: String, Prefix: "CUST_", Doc: "Identifier; joins to the events."},
			{Name: "subscription_tier", Type: String, Enum: []string{"free_with_ads", "basic", "standard", "premium"}, Doc: "Plan; it caps the quality."},
			{Name: "country", Type: String, Enum: countries(), Doc: "Home country."},
			{Name: "signup_date", Type: String, Doc: "Day the account was made, ISO 8601."},
			{Name: "is_active", Type: Boolean, Doc: "Whether the subscription runs."},
			{Name: "lifetime_value", Type: Double, Min: 0, Max: 100000, Scale: 2, Doc: "Revenue so far, US dollars."},
		},
	}
}

// Tables gives every table of the catalog, events first.
func Tables() []Table {
	return []Table{Events(), EventsMigrated(), Titles(), Customers(), EventsByDay()}
}

func countries() []string { return []string{"United States", "United Kingdom", "Canada"} }

func hourPartitions() []Column {
	return []Column{
		{Name: "year", Type: Int, Min: 1970, Max: 9999, Doc: "Year of arrival, UTC."},
		{Name: "month", Type: Int, Min: 1, Max: 12, Doc: "Month of arrival, UTC."},
		{Name: "day", Type: Int, Min: 1, Max: 31, Doc: "Day of arrival, UTC."},
		{Name: "hour", Type: Int, Min: 0, Max: 23, Doc: "Hour of arrival, UTC."},
	}
}

func eventColumns() []Column {
	return []Column{
		{Name: "event_id", Type: String, Prefix: "EVENT_", Doc: "Identifier of the event, unique unless a producer sent it twice."},
		{Name: "customer_id", Type: String, Prefix: "CUST_", Doc: "Who watches; the Kafka key; joins to customers."},
		{Name: "title_id", Type: String, Prefix: "TITLE_", Doc: "What is watched; joins to titles."},
		{Name: "session_id", Type: String, Prefix: "SESSION_", Doc: "One playback from start to stop or complete."},
		{Name: "event_type", Type: String, Enum: []string{"start", "stop", "pause", "resume", "complete"}, Doc: "What happened."},
		{Name: "event_timestamp", Type: String, Doc: "When it happened by the clock of the device: ISO 8601, UTC, microseconds."},
		{Name: "watch_duration_seconds", Type: Int, Max: 86400, Doc: "Seconds watched in the session so far; 0 at start."},
		{Name: "position_seconds", Type: Int, Max: 86400, Doc: "Position in the title, seconds; at most its runtime."},
		{Name: "completion_percentage", Type: Double, Max: 100, Scale: 2, Doc: "Position as a share of the runtime, per cent."},
		{Name: "device_type", Type: String, Enum: []string{"mobile", "web", "tv", "tablet"}, Doc: "Class of device."},
		{Name: "device_id", Type: String, Prefix: "DEVICE_", Doc: "Identifier of the device."},
		{Name: "device_os", Type: String, Enum: []string{"iOS", "Android", "Windows", "macOS", "Linux", "ChromeOS", "Roku OS", "Fire TV", "Apple TV", "Android TV", "Smart TV OS"}, Doc: "Operating system; which ones depends on device_type."},
		{Name: "app_version", Type: String, Doc: "Version of the player, X.Y.Z."},
		{Name: "quality", Type: String, Enum: []string{"SD", "HD", "4K"}, Doc: "Rung of the ladder being played."},
		{Name: "bandwidth_mbps", Type: Double, Max: 1000, Scale: 2, Doc: "Measured throughput, megabits a second."},
		{Name: "buffering_events", Type: Int, Max: 1000, Doc: "Rebuffers in the session so far."},
		{Name: "buffering_duration_seconds", Type: Int, Max: 3600, Doc: "Seconds spent rebuffering so far; 0 where buffering_events is 0."},
		{Name: "error_count", Type: Int, Max: 100, Doc: "Player errors in the session so far."},
		{Name: "ip_address", Type: String, Doc: "IPv4 address of the viewer: personal data."},
		{Name: "country", Type: String, Enum: countries(), Doc: "Country by the address."},
		{Name: "state", Type: String, MayBeEmpty: true, Doc: "State or province; may be empty."},
		{Name: "city", Type: String, Doc: "City by the address."},
		{Name: "isp", Type: String, Doc: "Internet provider."},
		{Name: "connection_type", Type: String, Enum: []string{"wifi", "mobile", "fiber", "cable", "dsl", "satellite"}, Doc: "Last hop of the network."},
	}
}
