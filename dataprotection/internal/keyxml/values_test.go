package keyxml_test

import (
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// localZone makes the local time zone one that is 5 hours behind UTC.
func localZone(t *testing.T) {
	t.Helper()
	saved := time.Local
	time.Local = time.FixedZone("here", -5*3600)
	t.Cleanup(func() { time.Local = saved })
}

// What .NET 10 makes of each text.
func TestParseDate(t *testing.T) {
	localZone(t)
	const year = "2006-01-02T15:04:05.0000000-07:00"
	for _, row := range []struct{ name, text, want string }{
		{"UTC", "2014-01-01T00:00:00Z", "2014-01-01T00:00:00.0000000+00:00"},
		{"lower-case z", "2014-01-01T00:00:00z", "2014-01-01T00:00:00.0000000+00:00"},
		{"no zone is local time", "2014-01-01T00:00:00", "2014-01-01T00:00:00.0000000-05:00"},
		{"white space around", " \t2014-01-01T00:00:00Z\r\n", "2014-01-01T00:00:00.0000000+00:00"},
		{"no-break space around", "\u00a02014-01-01T00:00:00Z\u00a0", "2014-01-01T00:00:00.0000000+00:00"},
		{"one digit", "2014-01-01T00:00:00.5Z", "2014-01-01T00:00:00.5000000+00:00"},
		{"seven digits", "2014-01-01T00:00:00.1234567Z", "2014-01-01T00:00:00.1234567+00:00"},
		{"eight digits, up", "2014-01-01T00:00:00.12345678Z", "2014-01-01T00:00:00.1234568+00:00"},
		{"eight digits, half up", "2014-01-01T00:00:00.12345675Z", "2014-01-01T00:00:00.1234568+00:00"},
		{"nine digits, down", "2014-01-01T00:00:00.123456749Z", "2014-01-01T00:00:00.1234567+00:00"},
		{"nineteen digits", "2014-01-01T00:00:00.1234567890123456789+05:30", "2014-01-01T00:00:00.1234568+05:30"},
		{"rounded into the next second", "2014-01-01T00:00:00.99999999Z", "2014-01-01T00:00:01.0000000+00:00"},
		{"rounded into the next year", "2014-12-31T23:59:59.99999999Z", "2015-01-01T00:00:00.0000000+00:00"},
		{"offset of 14 hours", "2014-01-01T00:00:00+14:00", "2014-01-01T00:00:00.0000000+14:00"},
		{"offset of -14 hours", "2014-01-01T00:00:00-14:00", "2014-01-01T00:00:00.0000000-14:00"},
		{"odd offset", "2014-01-01T00:00:00+13:59", "2014-01-01T00:00:00.0000000+13:59"},
		{"offset of -0", "2014-01-01T00:00:00-00:00", "2014-01-01T00:00:00.0000000+00:00"},
		{"date", "2014-01-01", "2014-01-01T00:00:00.0000000-05:00"},
		{"date with zone", "2014-01-01+02:00", "2014-01-01T00:00:00.0000000+02:00"},
		{"month", "2014-01", "2014-01-01T00:00:00.0000000-05:00"},
		{"year", "2014", "2014-01-01T00:00:00.0000000-05:00"},
		{"year with zone", "2014Z", "2014-01-01T00:00:00.0000000+00:00"},
		{"leap day", "2016-02-29T00:00:00Z", "2016-02-29T00:00:00.0000000+00:00"},
		{"first moment", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000+00:00"},
		{"last moment", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999+00:00"},
		{"empty", "", ""},
		{"blank", "  ", ""},
		{"blank for T", "2014-01-01 00:00:00Z", ""},
		{"lower-case t", "2014-01-01t00:00:00Z", ""},
		{"no seconds", "2014-01-01T00:00Z", ""},
		{"hour 24", "2014-01-01T24:00:00Z", ""},
		{"second 60", "2014-01-01T23:59:60Z", ""},
		{"no leap day", "2014-02-29T00:00:00Z", ""},
		{"day 31 of June", "2014-06-31T00:00:00Z", ""},
		{"month 13", "2014-13-01T00:00:00Z", ""},
		{"month 0", "2014-00-01T00:00:00Z", ""},
		{"single digits", "2014-1-1T00:00:00Z", ""},
		{"fraction without digits", "2014-01-01T00:00:00.Z", ""},
		{"comma", "2014-01-01T00:00:00,5Z", ""},
		{"fraction of a day", "2014-01-01.5Z", ""},
		{"blank before the zone", "2014-01-01T00:00:00 Z", ""},
		{"something after", "2014-01-01T00:00:00Zx", ""},
		{"zone by name", "2014-01-01T00:00:00UTC", ""},
		{"offset above 14 hours", "2014-01-01T00:00:00+14:01", ""},
		{"offset of 99 hours", "2014-01-01T00:00:00+99:00", ""},
		{"offset without minutes", "2014-01-01T00:00:00+02", ""},
		{"offset without colon", "2014-01-01T00:00:00+0200", ""},
		{"year 0", "0000-01-01T00:00:00Z", ""},
		{"year with five digits", "12014-01-01T00:00:00Z", ""},
		{"negative year", "-2014-01-01T00:00:00Z", ""},
		{"before the first moment", "0001-01-01T00:00:00+14:00", ""},
		{"after the last moment", "9999-12-31T23:59:59-14:00", ""},
		{"rounded beyond the last moment", "9999-12-31T23:59:59.99999999Z", ""},
		{"basic format", "20140101T000000Z", ""},
		{"day first", "01/01/2014", ""},
		// .NET reads these two as of today. What depends on the day of reading is refused.
		{"time alone", "12:00:00Z", ""},
		{"day alone", "---31", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := keyxml.ParseDate(row.text)
			switch {
			case row.want == "" && (err == nil || !got.IsZero()):
				t.Errorf("ParseDate(%q) = %v, %v, want an error and no date", row.text, got, err)
			case row.want != "" && (err != nil || got.Format(year) != row.want):
				t.Errorf("ParseDate(%q) = %s, %v, want %s", row.text, got.Format(year), err, row.want)
			}
		})
	}
}

func TestFormatDate(t *testing.T) {
	west := time.FixedZone("", -8*3600)
	for _, row := range []struct {
		name string
		date time.Time
		want string
	}{
		{"no fraction", time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), "2014-01-01T00:00:00Z"},
		{"zeros trimmed", time.Date(2026, 4, 29, 15, 6, 8, 628510000, time.UTC), "2026-04-29T15:06:08.62851Z"},
		{"XKM-16 seven digits", time.Date(2026, 4, 29, 15, 6, 8, 123456700, time.UTC), "2026-04-29T15:06:08.1234567Z"},
		{"cut to 100 ns", time.Date(2026, 4, 29, 15, 6, 8, 123456799, time.UTC), "2026-04-29T15:06:08.1234567Z"},
		{"offset kept", time.Date(2015, 3, 1, 19, 13, 19, 757385400, west), "2015-03-01T19:13:19.7573854-08:00"},
		{"offset of nothing", time.Date(2015, 3, 1, 19, 13, 19, 0, time.FixedZone("", 0)), "2015-03-01T19:13:19Z"},
		{"offset with seconds", time.Date(1890, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 3208)), "1889-12-31T23:06:32Z"},
		{"first moment", time.Time{}, "0001-01-01T00:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := keyxml.FormatDate(row.date); got != row.want {
				t.Errorf("FormatDate(%v) = %s, want %s", row.date, got, row.want)
			}
		})
	}
}

// What .NET 10 makes of each text, except where a comment says otherwise.
func TestParseGUID(t *testing.T) {
	const id = "3d6d01fd-c0e7-44ae-82dd-013b996b4093"
	const small = "00000001-0002-0003-0405-060708090a0b"
	for _, row := range []struct{ name, text, want string }{
		{"D", "3d6d01fd-c0e7-44ae-82dd-013b996b4093", id},
		{"D in capitals", "3D6D01FD-C0E7-44AE-82DD-013B996B4093", id},
		{"D with blanks around", " 3d6d01fd-c0e7-44ae-82dd-013b996b4093\n", id},
		{"N", "3d6d01fdc0e744ae82dd013b996b4093", id},
		{"B", "{3d6d01fd-c0e7-44ae-82dd-013b996b4093}", id},
		{"P", "(3d6d01fd-c0e7-44ae-82dd-013b996b4093)", id},
		{"X", "{0x3d6d01fd,0xc0e7,0x44ae,{0x82,0xdd,0x01,0x3b,0x99,0x6b,0x40,0x93}}", id},
		{"X in capitals, with blanks", " {0X3D6D01FD, 0xC0E7,0x44ae, {0x82,0xdd,0x1,0x3b,0x99,0x6b,0x40,0x93}} ", id},
		{"X with few digits", "{0x1,0x2,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0xb}}", small},
		{"X with many zeros", "{0x000000001,0x00002,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0x00b}}", small},
		{"empty", "", ""},
		{"XKM-13 a word in braces", "{invalid}", ""},
		{"star", "*", ""},
		{"star with a blank", " *", ""},
		{"too short", "3d6d01fdc0e744ae82dd013b996b409", ""},
		{"too long", "3d6d01fdc0e744ae82dd013b996b40933", ""},
		{"no hexadecimal digit", "3d6d01fg-c0e7-44ae-82dd-013b996b4093", ""},
		{"hyphen missing", "3d6d01fd-c0e744ae-82dd-013b996b4093", ""},
		{"N in braces", "{3d6d01fdc0e744ae82dd013b996b4093}", ""},
		{"brace not closed", "{3d6d01fd-c0e7-44ae-82dd-013b996b4093", ""},
		{"brace not opened", "3d6d01fd-c0e7-44ae-82dd-013b996b4093}", ""},
		{"mixed brackets", "(3d6d01fd-c0e7-44ae-82dd-013b996b4093}", ""},
		{"blanks in braces", "{ 3d6d01fd-c0e7-44ae-82dd-013b996b4093 }", ""},
		{"something after", "3d6d01fd-c0e7-44ae-82dd-013b996b4093 x", ""},
		{"X without inner braces", "{0x1,0x2,0x3,0x4,0x5,0x6,0x7,0x8,0x9,0xa,0xb}", ""},
		{"X with a field too many", "{0x1,0x2,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0xb,0xc}}", ""},
		{"X with a field that is too large", "{0x100000001,0x2,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0xb}}", ""},
		{"X with a byte that is too large", "{0x1,0x2,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0x10b}}", ""},
		{"X with a field without digits", "{0x,0x2,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0xb}}", ""},
		{"X without 0x", "{1,0x2,0x3,{0x4,0x5,0x6,0x7,0x8,0x9,0xa,0xb}}", ""},
		// .NET reads these by accident of its number parser.
		{"sign for a digit", "+d6d01fd-c0e7-44ae-82dd-013b996b4093", ""},
		{"0x in D", "0x6d01fd-c0e7-44ae-82dd-013b996b4093", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := keyxml.ParseGUID(row.text)
			switch {
			case row.want == "" && (err == nil || got != [16]byte{}):
				t.Errorf("ParseGUID(%q) = %x, %v, want an error and no id", row.text, got, err)
			case row.want != "" && (err != nil || keyxml.FormatGUID(got) != row.want):
				t.Errorf("ParseGUID(%q) = %s, %v, want %s", row.text, keyxml.FormatGUID(got), err, row.want)
			}
		})
	}
}
