package dialect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the machine's zones may be missing, or older than these
)

// Zones: the names that Trino knows, and the number of a zone, by which a value
// carries its zone where the type of its expression cannot say it.

// zoneNames are the zones of Trino by their region, UTC and its other names left
// out.
var zoneNames = map[string]string{
	"": `CET CST6CDT Cuba EET EST5EDT Egypt Eire GB GB-Eire Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal
ROK Singapore Turkey W-SU WET`,
	"Africa": `Abidjan Accra Addis_Ababa Algiers Asmara Asmera Bamako Bangui Banjul Bissau Blantyre Brazzaville Bujumbura Cairo Casablanca Ceuta Conakry Dakar Dar_es_Salaam Djibouti
Douala El_Aaiun Freetown Gaborone Harare Johannesburg Juba Kampala Khartoum Kigali Kinshasa Lagos Libreville Lome Luanda Lubumbashi Lusaka Malabo Maputo Maseru Mbabane
Mogadishu Monrovia Nairobi Ndjamena Niamey Nouakchott Ouagadougou Porto-Novo Sao_Tome Timbuktu Tripoli Tunis Windhoek`,
	"America": `Adak Anchorage Anguilla Antigua Araguaina Argentina/Buenos_Aires Argentina/Catamarca Argentina/ComodRivadavia Argentina/Cordoba Argentina/Jujuy Argentina/La_Rioja
Argentina/Mendoza Argentina/Rio_Gallegos Argentina/Salta Argentina/San_Juan Argentina/San_Luis Argentina/Tucuman Argentina/Ushuaia Aruba Asuncion Atikokan Atka Bahia
Bahia_Banderas Barbados Belem Belize Blanc-Sablon Boa_Vista Bogota Boise Buenos_Aires Cambridge_Bay Campo_Grande Cancun Caracas Catamarca Cayenne Cayman Chicago Chihuahua
Ciudad_Juarez Coral_Harbour Cordoba Costa_Rica Coyhaique Creston Cuiaba Curacao Danmarkshavn Dawson Dawson_Creek Denver Detroit Dominica Edmonton Eirunepe El_Salvador
Ensenada Fort_Nelson Fort_Wayne Fortaleza Glace_Bay Godthab Goose_Bay Grand_Turk Grenada Guadeloupe Guatemala Guayaquil Guyana Halifax Havana Hermosillo
Indiana/Indianapolis Indiana/Knox Indiana/Marengo Indiana/Petersburg Indiana/Tell_City Indiana/Vevay Indiana/Vincennes Indiana/Winamac Indianapolis Inuvik Iqaluit Jamaica
Jujuy Juneau Kentucky/Louisville Kentucky/Monticello Knox_IN Kralendijk La_Paz Lima Los_Angeles Louisville Lower_Princes Maceio Managua Manaus Marigot Martinique
Matamoros Mazatlan Mendoza Menominee Merida Metlakatla Mexico_City Miquelon Moncton Monterrey Montevideo Montreal Montserrat Nassau New_York Nipigon Nome Noronha
North_Dakota/Beulah North_Dakota/Center North_Dakota/New_Salem Nuuk Ojinaga Panama Pangnirtung Paramaribo Phoenix Port-au-Prince Port_of_Spain Porto_Acre Porto_Velho
Puerto_Rico Punta_Arenas Rainy_River Rankin_Inlet Recife Regina Resolute Rio_Branco Rosario Santa_Isabel Santarem Santiago Santo_Domingo Sao_Paulo Scoresbysund Shiprock
Sitka St_Barthelemy St_Johns St_Kitts St_Lucia St_Thomas St_Vincent Swift_Current Tegucigalpa Thule Thunder_Bay Tijuana Toronto Tortola Vancouver Virgin Whitehorse
Winnipeg Yakutat Yellowknife`,
	"Antarctica": `Casey Davis DumontDUrville Macquarie Mawson McMurdo Palmer Rothera South_Pole Syowa Troll Vostok`,
	"Arctic":     `Longyearbyen`,
	"Asia": `Aden Almaty Amman Anadyr Aqtau Aqtobe Ashgabat Ashkhabad Atyrau Baghdad Bahrain Baku Bangkok Barnaul Beirut Bishkek Brunei Calcutta Chita Choibalsan Chongqing Chungking
Colombo Dacca Damascus Dhaka Dili Dubai Dushanbe Famagusta Gaza Harbin Hebron Ho_Chi_Minh Hong_Kong Hovd Irkutsk Istanbul Jakarta Jayapura Jerusalem Kabul Kamchatka
Karachi Kashgar Kathmandu Katmandu Khandyga Kolkata Krasnoyarsk Kuala_Lumpur Kuching Kuwait Macao Macau Magadan Makassar Manila Muscat Nicosia Novokuznetsk Novosibirsk
Omsk Oral Phnom_Penh Pontianak Pyongyang Qatar Qostanay Qyzylorda Rangoon Riyadh Saigon Sakhalin Samarkand Seoul Shanghai Singapore Srednekolymsk Taipei Tashkent Tbilisi
Tehran Tel_Aviv Thimbu Thimphu Tokyo Tomsk Ujung_Pandang Ulaanbaatar Ulan_Bator Urumqi Ust-Nera Vientiane Vladivostok Yakutsk Yangon Yekaterinburg Yerevan`,
	"Atlantic": `Azores Bermuda Canary Cape_Verde Faeroe Faroe Jan_Mayen Madeira Reykjavik South_Georgia St_Helena Stanley`,
	"Australia": `ACT Adelaide Brisbane Broken_Hill Canberra Currie Darwin Eucla Hobart LHI Lindeman Lord_Howe Melbourne NSW North Perth Queensland South Sydney Tasmania Victoria West
Yancowinna`,
	"Brazil": `Acre DeNoronha East West`,
	"Canada": `Atlantic Central Eastern Mountain Newfoundland Pacific Saskatchewan Yukon`,
	"Chile":  `Continental EasterIsland`,
	"Europe": `Amsterdam Andorra Astrakhan Athens Belfast Belgrade Berlin Bratislava Brussels Bucharest Budapest Busingen Chisinau Copenhagen Dublin Gibraltar Guernsey Helsinki
Isle_of_Man Istanbul Jersey Kaliningrad Kiev Kirov Kyiv Lisbon Ljubljana London Luxembourg Madrid Malta Mariehamn Minsk Monaco Moscow Nicosia Oslo Paris Podgorica Prague
Riga Rome Samara San_Marino Sarajevo Saratov Simferopol Skopje Sofia Stockholm Tallinn Tirane Tiraspol Ulyanovsk Uzhgorod Vaduz Vatican Vienna Vilnius Volgograd Warsaw
Zagreb Zaporozhye Zurich`,
	"Indian": `Antananarivo Chagos Christmas Cocos Comoro Kerguelen Mahe Maldives Mauritius Mayotte Reunion`,
	"Mexico": `BajaNorte BajaSur General`,
	"Pacific": `Apia Auckland Bougainville Chatham Chuuk Easter Efate Enderbury Fakaofo Fiji Funafuti Galapagos Gambier Guadalcanal Guam Honolulu Johnston Kanton Kiritimati Kosrae
Kwajalein Majuro Marquesas Midway Nauru Niue Norfolk Noumea Pago_Pago Palau Pitcairn Pohnpei Ponape Port_Moresby Rarotonga Saipan Samoa Tahiti Tarawa Tongatapu Truk Wake
Wallis Yap`,
	"US": `Alaska Aleutian Arizona Central East-Indiana Eastern Hawaii Indiana-Starke Michigan Mountain Pacific Samoa`,
}

// zoneTable gives the zones by name and number, built when it is first asked for.
var zoneTable struct {
	once    sync.Once
	names   []string       // in order; the number of a zone is its index after namedZone
	numbers map[string]int // the index in names
	loaded  sync.Map       // of locations by name
}

// The numbers of zones: 0 is UTC, up to 2*maxOffset+1 an offset, from namedZone
// on a name. They mean nothing outside one process.
const (
	maxOffset = 14 * 60
	namedZone = 2000
)

func zoneIndex() map[string]int {
	zoneTable.once.Do(func() {
		for region, list := range zoneNames {
			for _, name := range strings.Fields(list) {
				if region != "" {
					name = region + "/" + name
				}
				zoneTable.names = append(zoneTable.names, name)
			}
		}
		slices.Sort(zoneTable.names)
		zoneTable.numbers = map[string]int{}
		for i, name := range zoneTable.names {
			zoneTable.numbers[name] = i
		}
	})
	return zoneTable.numbers
}

// zoneNumber gives the number of a zone's normal name.
func zoneNumber(z string) int64 {
	if z == "" || z == "UTC" {
		return 0
	}
	if m := offsetPattern.FindStringSubmatch(z); m != nil {
		return int64(offsetSeconds(m)/60 + maxOffset + 1)
	}
	return int64(namedZone + zoneIndex()[z])
}

// zoneName is the way back.
func zoneName(n int64) string {
	zoneIndex()
	switch {
	case n == 0:
		return "UTC"
	case n <= 2*maxOffset+1:
		return offsetText(int(n-maxOffset-1)*60, "UTC")
	}
	return zoneTable.names[n-namedZone]
}

// utcNames are the zones that Trino shows as UTC.
const utcNames = " UTC Z UCT UT GMT GMT0 Greenwich Universal Zulu Etc/UTC Etc/UCT Etc/GMT Etc/GMT0 Etc/Universal "

// shortOffset is an offset whose hour has one digit, as it may stand after UTC.
var shortOffset = regexp.MustCompile(`^[+-]\d(?::\d\d)?$`)

// offsetPattern is an offset: +5, +05, +0530 or +05:30.
var offsetPattern = regexp.MustCompile(`^([+-])(?:(\d)|(\d\d)(?::?(\d\d))?)$`)

// normalZone gives the name that Trino shows for a zone: UTC, +02:00 or an IANA
// name. Case matters.
func normalZone(z string) (string, bool) {
	if _, ok := zoneIndex()[z]; ok {
		return z, true
	}
	if strings.Contains(utcNames, " "+z+" ") && z != "" {
		return "UTC", true
	}
	rest, etc := strings.CutPrefix(z, "Etc/")
	prefixed := false
	for _, p := range []string{"UTC", "GMT", "UT"} {
		if after, ok := strings.CutPrefix(rest, p); ok {
			rest, prefixed = after, true
			if etc && p == "GMT" { // Etc/GMT+5 is west of Greenwich
				rest = strings.NewReplacer("+", "-", "-", "+").Replace(rest)
			}
			if shortOffset.MatchString(rest) {
				rest = rest[:1] + "0" + rest[1:]
			}
			break
		}
	}
	m := offsetPattern.FindStringSubmatch(rest)
	if m == nil || etc && !prefixed {
		return "", false
	}
	switch off := offsetSeconds(m); {
	case off > maxOffset*60 || off < -maxOffset*60 || len(m[4]) > 0 && m[4] > "59":
		return "", false
	default:
		return offsetText(off, "UTC"), true
	}
}

// location gives the zone of a normal name.
func location(z string) *time.Location {
	if z == "" || z == "UTC" {
		return time.UTC
	}
	if loc, ok := zoneTable.loaded.Load(z); ok {
		return loc.(*time.Location)
	}
	loc := time.UTC
	if m := offsetPattern.FindStringSubmatch(z); m != nil {
		loc = time.FixedZone(z, offsetSeconds(m))
	} else if l, err := time.LoadLocation(z); err == nil {
		loc = l
	}
	zoneTable.loaded.Store(z, loc)
	return loc
}

// offsetSeconds gives the seconds of a match of offsetPattern.
func offsetSeconds(m []string) int {
	h, _ := strconv.Atoi(m[2] + m[3])
	mi, _ := strconv.Atoi(m[4])
	n := h*3600 + mi*60
	if m[1] == "-" {
		return -n
	}
	return n
}

// offsetAt gives the offset of a zone at an instant in microseconds, in seconds.
func offsetAt(micros int64, zone string) int64 {
	_, off := time.UnixMicro(micros).In(location(zone)).Zone()
	return int64(off)
}
