package main

import (
	"fmt"
	"net/url"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/redisstore"
)

// openRedis takes the URLs of go-redis, with the name of the list as ?key=.
func openRedis(name string) (dataprotection.Store, error) {
	u, err := url.Parse(name)
	if err != nil {
		return nil, usagef("--store: the URL cannot be read; it has the form redis://USER:PASSWORD@HOST:PORT/DATABASE?key=LIST")
	}
	q := u.Query()
	key := q.Get("key")
	q.Del("key")
	u.RawQuery = q.Encode()
	options, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, usagef("--store %s: %v", u.Redacted(), err)
	}
	store, err := redisstore.New(redisstore.Config{Client: redis.NewClient(options), Key: key})
	if err != nil {
		return nil, fmt.Errorf("--store %s: %w", u.Redacted(), err)
	}
	return store, nil
}
