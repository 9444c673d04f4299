package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection/sqlstore"
)

// A serverClock is what the server of a store says the time is. Its zero value is
// that of a store that has no server with a clock of its own.
type serverClock struct {
	server string        // what it is, such as "Redis"
	ahead  time.Duration // of this machine
	err    error         // why it does not say
}

// askClock asks the server of the store with a URL, which is a good one.
func askClock(ctx context.Context, name string) (c serverClock) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	scheme, _, _ := strings.Cut(name, ":")
	var at time.Time
	switch scheme {
	case "redis", "rediss":
		c.server = "Redis"
		at, c.err = redisTime(ctx, name)
	case "postgres", "postgresql", "mysql", "mariadb":
		c.server, at, c.err = sqlTime(ctx, name)
	default:
		return c
	}
	if c.err == nil {
		c.ahead = at.Sub(now())
	}
	return c
}

func redisTime(ctx context.Context, name string) (time.Time, error) {
	client, _, err := redisClient(name)
	if err != nil {
		return time.Time{}, err
	}
	defer client.Close()
	return client.Time(ctx).Result()
}

// clockQueries ask for seconds since 1970, which no time zone changes.
var clockQueries = map[sqlstore.Dialect]string{
	sqlstore.PostgreSQL: "SELECT extract(epoch FROM clock_timestamp())::bigint",
	sqlstore.MariaDB:    "SELECT UNIX_TIMESTAMP()",
}

func sqlTime(ctx context.Context, name string) (server string, at time.Time, err error) {
	cfg, err := sqlConfig(name)
	if err != nil {
		return "", time.Time{}, err
	}
	defer cfg.DB.Close()
	var seconds int64
	err = cfg.DB.QueryRowContext(ctx, clockQueries[cfg.Dialect]).Scan(&seconds)
	return cfg.Dialect.String(), time.Unix(seconds, 0), err
}

// checkServerClock compares it with the clock of this machine.
func checkServerClock(x *examination) []finding {
	c := x.clock
	direction := "ahead of"
	if c.ahead < 0 {
		direction = "behind"
	}
	switch {
	case c.err != nil:
		return []finding{{note, "clock", fmt.Sprintf("the %s server does not say what time it is: %v", c.server, c.err), "whether its clock agrees with this machine's was not seen", ""}}
	case c.ahead.Abs() <= clockTolerance:
		return nil
	}
	return []finding{{
		warning, "clock", fmt.Sprintf("the clock of the %s server is %s %s this machine's", c.server, span(c.ahead.Abs()), direction),
		"the clock of this machine or of the server is wrong; logins expire too early or too late", mendClocks,
	}}
}
