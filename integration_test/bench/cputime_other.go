//go:build !unix

package main

import "time"

var start = time.Now()

// processorTime is the time on the wall, for want of a better one.
func processorTime() time.Duration { return time.Since(start) }
