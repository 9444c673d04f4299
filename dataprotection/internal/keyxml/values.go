package keyxml

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	errGUID = errors.New("not a GUID")
	errDate = errors.New("not a date and time")

	guidPlain = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
	guidText  = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	guidHex   = regexp.MustCompile(`^(?i)\{0x0*([0-9a-f]{1,8}),0x0*([0-9a-f]{1,4}),0x0*([0-9a-f]{1,4}),\{` +
		strings.Repeat(`0x0*([0-9a-f]{1,2}),`, 7) + `0x0*([0-9a-f]{1,2})\}\}$`)
	dateText = regexp.MustCompile(`^(\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d:\d\d)?)?)?)(\.\d+)?(Z|z|[+-]\d\d:\d\d)?$`)
)

// parseGUID reads the text forms of .NET (N, D, B, P and X). It leaves out what
// .NET reads by accident, such as a sign in place of a digit.
func parseGUID(s string) (id [16]byte, err error) {
	s = strings.TrimSpace(s)
	if fields := guidHex.FindStringSubmatch(strings.Join(strings.Fields(s), "")); fields != nil {
		s = hexFields(fields[1:])
	}
	if n := len(s); n == 38 && (s[0] == '{' && s[n-1] == '}' || s[0] == '(' && s[n-1] == ')') {
		s = s[1 : n-1]
	}
	if guidText.MatchString(s) {
		s = strings.ReplaceAll(s, "-", "")
	}
	if !guidPlain.MatchString(s) {
		return id, errGUID
	}
	_, err = hex.Decode(id[:], []byte(s))
	return id, err
}

// hexFields pads the fields of form X to their full width.
func hexFields(fields []string) string {
	var b strings.Builder
	for i, f := range fields {
		width := 2
		switch i {
		case 0:
			width = 8
		case 1, 2:
			width = 4
		}
		fmt.Fprintf(&b, "%0*s", width, f)
	}
	return b.String()
}

// formatGUID is the form D in lower case.
func formatGUID(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// parseDate reads an XML Schema dateTime as .NET does: to 100 ns, rounded half up;
// a date, a month or a year alone; without a zone in local time. It leaves out
// times and days without a year, for which .NET takes those of today.
func parseDate(s string) (time.Time, error) {
	m := dateText.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || m[2] != "" && len(m[1]) != len("2006-01-02T15:04:05") {
		return time.Time{}, errDate
	}
	layout := "2006-01-02T15:04:05"[:len(m[1])]
	t, err := parseIn(layout, m[1], strings.ToUpper(m[3]))
	if err != nil {
		return time.Time{}, errDate
	}
	t = t.Add(parseFraction(m[2]))
	if !isWritable(t) {
		return time.Time{}, errDate
	}
	return t, nil
}

func parseIn(layout, value, zone string) (time.Time, error) {
	if zone == "" {
		return time.ParseInLocation(layout, value, time.Local)
	}
	return time.Parse(layout+"Z07:00", value+zone)
}

// lastDate is the last moment that .NET knows.
var lastDate = time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC)

// isWritable reports whether t is a moment with an offset that .NET has too: in
// the years 1 to 9999, at most 14 hours from UTC.
func isWritable(t time.Time) bool {
	_, offset := t.Zone()
	inRange := func(year int) bool { return 1 <= year && year <= 9999 }
	return inRange(t.Year()) && inRange(t.UTC().Year()) && -14*3600 <= offset && offset <= 14*3600
}

// parseFraction reads ".ddd…" of a second.
func parseFraction(s string) time.Duration {
	if s == "" {
		return 0
	}
	digits := (s[1:] + "00000000")[:8]
	n, _ := strconv.Atoi(digits)
	return time.Duration((n+5)/10) * 100
}

// formatDate writes what the reference writes, with the offset of t. An offset
// with seconds, as local times of long ago have, would come out as another moment.
func formatDate(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	return t.Truncate(100).Format("2006-01-02T15:04:05.9999999Z07:00")
}

// KeyName is the friendly name of a key.
func KeyName(id [16]byte) string { return "key-" + formatGUID(id) }

// RevocationName is the friendly name of the revocation of one key.
func RevocationName(keyID [16]byte) string { return "revocation-" + formatGUID(keyID) }

// RevocationOfAllName is the friendly name of the revocation of all keys before a date.
func RevocationOfAllName(before time.Time) string {
	name := before.UTC().Truncate(100).Format("20060102T150405.9999999")
	return "revocation-" + strings.Replace(name, ".", "", 1) + "Z"
}
