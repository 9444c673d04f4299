package main

import (
	"fmt"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/redisstore"
)

// openRedis takes the URLs of go-redis, with the name of the list as ?key=.
func openRedis(name string) (dataprotection.Store, error) {
	client, key, err := redisClient(name)
	if err != nil {
		return nil, err
	}
	store, err := redisstore.New(redisstore.Config{Client: client, Key: key})
	if err != nil {
		return nil, fmt.Errorf("--store %s: %w", withoutPassword(name), err)
	}
	return store, nil
}

func redisClient(name string) (client *redis.Client, key string, err error) {
	u, err := parseURL(name, "redis://USER:PASSWORD@HOST:PORT/DATABASE?key=LIST")
	if err != nil {
		return nil, "", err
	}
	logging.Disable() // it says again, and again, what the error says
	q := u.Query()
	key = q.Get("key")
	q.Del("key")
	u.RawQuery = q.Encode()
	options, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, "", usagef("--store %s: %v", withoutPassword(name), err)
	}
	return redis.NewClient(options), key, nil
}
