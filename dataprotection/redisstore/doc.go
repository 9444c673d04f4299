// Package redisstore keeps a key ring in a Redis list, in the layout of ASP.NET
// Core, whose programs may use the same list.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	store, err := redisstore.New(redisstore.Config{Client: client})
//
// The client is the caller's: configured, shared and closed by them. One server,
// Sentinel (redis.NewFailoverClient) and Cluster (redis.NewClusterClient) all do;
// the ring is one key and so lies on one node. It needs Redis 6 or newer, or what
// speaks its protocol and runs Lua.
//
// # Reading and writing
//
// Each item of the list is an element on one line, without byte order mark or
// declaration. Elements are brought into that form when they are added; their
// names are not kept. Every call is one script, which Redis runs alone: what a
// script has compared is still so when it writes, whoever else writes, .NET
// programs included. A version is a hash of the items, which the server computes,
// so that a poll that finds nothing new carries nothing.
//
// An element that is there already, byte for byte, is not added again: the client
// repeats commands whose answer got lost.
//
// # News
//
// Each change is published on the channel "sealring:{KEY}", and Notify listens
// there and to keyspace notifications, which tell of what .NET programs append if
// the server's setting notify-keyspace-events includes "Kl" or "KA". Without it,
// and when an access list forbids the channels, polling sees all.
//
// # What is asked of the server
//
// A key ring is no cache. A server that may evict the list, that lets it expire or
// that keeps nothing on disk loses every login with it; Snapshot.Warnings says so,
// as far as INFO, CONFIG GET and PTTL may be asked, which happens once a minute.
// A failover may lose the last changes that the new master had not received yet
// (min-replicas-to-write bounds that), a running ring holds on to revocations
// that it has seen. docs/load-balancing.md has the settings and the permissions.
package redisstore
