// Package redisserver is what stores in Redis have in common: listening for news,
// words for the server's errors, and what the server has to be warned of.
package redisserver
