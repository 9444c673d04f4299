// Package redistickets keeps sessions and cut-offs in Redis.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	store, err := redistickets.New(redistickets.Config{Client: client})
//
// The client is the caller's: configured, shared and closed by them. One server,
// Sentinel (redis.NewFailoverClient) and Cluster (redis.NewClusterClient) all do.
// It needs Redis 6 or newer, or what speaks its protocol and runs Lua.
//
// # Keys
//
// With the default prefix:
//
//	sealring:session:{id}        a hash: scheme, user, created, seen, expires, address, agent, ticket, nonce
//	sealring:user:{hash}         a sorted set: the ids of a user's sessions, by the millisecond at which they expire
//	sealring:{cutoffs}           a sorted set: cut-offs as JSON, by the microsecond of their Until
//	sealring:{cutoffs}:version   a random text, new with each change
//
// Braces stand for a value in the first two lines and for themselves, a hash tag of
// Redis Cluster, in the last two. The hash is the user's SHA-256. Sessions and lists
// of users have a time to live, so that what has expired goes by itself; cut-offs
// are removed by those that come, an hour after their Until.
//
// # What holds
//
// A request costs one HMGET. An update is one script, which does nothing if there
// is no session: it cannot bring back what has been ended. A session comes into its
// user's list before it comes into being and goes out of it after it is gone, so
// that whatever breaks off in between, the list is only ever too long, and what is
// too much is not given out.
//
// Changes of cut-offs are published on the channel "sealring:{cutoffs}", to which
// Notify listens.
//
// # What is asked of the server
//
// Sessions are no cache. A server that may evict keys signs people out, and one
// that keeps nothing on disk does so when it restarts, and forgets cut-offs, which
// lets people back in; Warnings tells of both. A failover may lose the last changes
// that the new master had not received yet: a session that was ended in that moment
// is alive again (min-replicas-to-write bounds that). docs/sessions.md has the
// settings and the permissions.
package redistickets
